"""What a workspace holds: rows, customers, sums and dates of every canonical table."""

from insight.ingest.schema import TABLES, Table
from insight.workspace.engine import Query, money

_DATE_FIELDS = {"customers": "joined_on", "transactions": "ordered_at"}


def _date_field(table: Table) -> str:
    dated = [field.name for field in table.fields if field.required and field.type in ("date", "datetime")]
    return dated[0] if dated else _DATE_FIELDS.get(table.name, "")


def describe(query: Query) -> dict[str, dict[str, object]]:
    """Every canonical table by name: rows, distinct customers, columns that hold values (attributes by their label),
    the sum of amounts and of the negative ones (decimal text, transactions only), first and last day (ISO)."""
    return {name: _describe(query, table) for name, table in TABLES.items()}


def _describe(query: Query, table: Table) -> dict[str, object]:
    rows, customers = query.one(f"SELECT count(*), count(DISTINCT customer_id) FROM {table.name}")  # noqa: S608
    columns = [field.name for field in table.fields if rows and query.has_values(table.name, field.name)]
    columns += [
        label
        for (label,) in query.rows(
            "SELECT label FROM attributes WHERE table_name = $name ORDER BY len(column_name), column_name",
            name=table.name,
        )
    ]
    found: dict[str, object] = {
        "rows": rows, "customers": customers, "columns": columns,
        "amount_sum": None, "amount_negative_sum": None, "first": None, "last": None,
    }  # fmt: skip
    if table.name == "transactions":
        total, negative = query.one(
            "SELECT sum(amount), sum(CASE WHEN amount < 0 THEN amount ELSE 0 END) FROM transactions"
        )
        found["amount_sum"] = str(money(total))
        found["amount_negative_sum"] = str(money(negative))
    dated = _date_field(table)
    if dated:
        first, last = query.one(
            f'SELECT cast(min("{dated}") AS DATE), cast(max("{dated}") AS DATE) FROM {table.name}'  # noqa: S608
        )
        found["first"] = first.isoformat() if first else None
        found["last"] = last.isoformat() if last else None
    return found
