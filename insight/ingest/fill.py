"""Cells that a report leaves blank because the row above says them: order lines, and rows grouped by customer."""

from collections.abc import Sequence

import pyarrow as pa
from duckdb import DuckDBPyConnection

from insight.ingest import footers
from insight.ingest.mapping import Mapped
from insight.ingest.report import FileMessage

_MOST = 500_000


def order_lines(con: DuckDBPyConnection, mapped: Mapped, labels: Sequence[str]) -> list[FileMessage]:
    """Lines of one order, one below the other, of which only the first names customer, date or amount.

    The others get customer and date of the first. Where the first carries the amount of the whole order, the others
    get 0, so that the order is counted once. Only lines right below each other are one order: numbers may come again.
    """
    fields = mapped.fields
    if mapped.kind != "transactions" or not {"order_id", "customer_id", "ordered_at"} <= fields.keys():
        return []
    order, customer, date = (f"c{fields[name]}" for name in ("order_id", "customer_id", "ordered_at"))
    blank = f"SELECT 1 FROM raw WHERE {customer} IS NULL AND {order} IS NOT NULL LIMIT 1"  # noqa: S608
    if con.execute(blank).fetchone() is None:
        return []
    amount = f"c{fields['amount']}" if "amount" in fields else "''"
    con.execute(
        "CREATE OR REPLACE TEMP TABLE order_lines AS "  # noqa: S608
        f"SELECT line, first_value({customer}) OVER block AS customer, first_value({date}) OVER block AS day, "
        f"{customer} IS NULL AS nobody, {amount} IS NULL AS free, first_value({amount}) OVER block AS paid, "
        f"row_number() OVER block > 1 AND ({date} IS NULL OR {date} = first_value({date}) OVER block) AS further "
        "FROM (SELECT *, count(*) FILTER (WHERE changed) OVER (ORDER BY line) AS place FROM (SELECT *, "
        f"{order} IS NULL OR {order} IS DISTINCT FROM lag({order}) OVER (ORDER BY line) AS changed FROM raw)) "
        "WINDOW block AS (PARTITION BY place ORDER BY line)"
    )
    wanted = "further AND nobody AND customer IS NOT NULL"
    row = con.execute(
        f"SELECT count(*) FILTER (WHERE {wanted}), min(line) FILTER (WHERE {wanted}), "  # noqa: S608
        f"count(*) FILTER (WHERE {wanted} AND free AND paid IS NOT NULL) FROM order_lines"
    ).fetchone()
    assert row is not None
    count, line, free = row
    said: list[FileMessage] = []
    if count:
        values = f"{customer} = order_lines.customer, {date} = coalesce(raw.{date}, order_lines.day)"
        if free:
            values += f", {amount} = CASE WHEN free AND paid IS NOT NULL THEN '0' ELSE raw.{amount} END"
        con.execute(f"UPDATE raw SET {values} FROM order_lines WHERE order_lines.line = raw.line AND {wanted}")  # noqa: S608
        label = labels[fields["order_id"]]
        said.append(FileMessage("order_lines_filled", "warning", {"count": count, "free": free}, line, label))
    con.execute("DROP TABLE order_lines")
    return said


def groups(
    con: DuckDBPyConnection, mapped: Mapped, labels: Sequence[str], found: Sequence[tuple[int, list[str]]]
) -> list[FileMessage]:
    """A report grouped by customer, with a part sum below each group: only its first row names the customer."""
    ends = [line for line, cells in found if footers.is_part(cells)]
    if len(ends) < 2 or "customer_id" not in mapped.fields:
        return []
    at = mapped.fields["customer_id"]
    rows = con.execute(f"SELECT line, c{at} FROM raw ORDER BY line LIMIT {_MOST + 1}").fetchall()  # noqa: S608
    if len(rows) > _MOST:
        return []
    waiting, blank, owner = sorted(ends), list[tuple[int, str]](), None
    begins = True
    for line, cell in rows:
        while waiting and line > waiting[0]:
            waiting.pop(0)
            begins = True
        if begins and cell is None:
            return []  # not every group begins with its customer
        if not begins and cell is not None and cell != owner:
            return []  # rows name their customers themselves
        owner, begins = cell if cell is not None else owner, False
        if cell is None:
            blank.append((line, str(owner)))
    if not blank:
        return []
    kinds = pa.schema({"line": pa.int64(), "cell": pa.string()})
    con.register("owners", pa.table([[line for line, _ in blank], [cell for _, cell in blank]], schema=kinds))
    con.execute(f"UPDATE raw SET c{at} = owners.cell FROM owners WHERE owners.line = raw.line")  # noqa: S608
    con.unregister("owners")
    return [FileMessage("groups_filled", "warning", {"count": len(blank)}, blank[0][0], labels[at])]
