"""Cells that a report leaves blank because the row above says them: order lines, and rows grouped by customer."""

import re
from collections.abc import Sequence
from itertools import pairwise

import pyarrow as pa
from duckdb import DuckDBPyConnection

from insight.ingest import footers, raw
from insight.ingest.mapping import Mapped
from insight.ingest.report import FileMessage

_MOST = 500_000
# Fewer customers may be in order by chance.
_FEWEST = 5
_YEAR = 4


def order_lines(con: DuckDBPyConnection, mapped: Mapped, labels: Sequence[str]) -> list[FileMessage]:
    """Lines of one order, one below the other, of which only the first names customer, date or amount.

    The others get customer and date of the first. Where the first carries the amount of the whole order, the others
    get 0, so that the order is counted once (`line_prices` gives each its own where prices agree with the order's).
    Only lines right below each other are one order: numbers may come again.
    """
    fields = mapped.fields
    if mapped.kind != "transactions" or not {"order_id", "customer_id", "ordered_at"} <= fields.keys():
        return []
    order, customer, date = (f"c{fields[name]}" for name in ("order_id", "customer_id", "ordered_at"))
    blank = f"SELECT 1 FROM raw WHERE ({customer} IS NULL OR {date} IS NULL) AND {order} IS NOT NULL LIMIT 1"  # noqa: S608
    if con.execute(blank).fetchone() is None:
        return []
    amount = f"c{fields['amount']}" if "amount" in fields else "''"
    con.execute(
        "CREATE OR REPLACE TEMP TABLE order_lines AS "  # noqa: S608
        f"SELECT line, first_value({customer}) OVER block AS customer, first_value({date}) OVER block AS day, "
        f"{customer} IS NULL OR ({date} IS NULL AND {customer} = first_value({customer}) OVER block) AS nobody, "
        f"{amount} IS NULL AS free, first_value({amount}) OVER block AS paid, "
        f"row_number() OVER block > 1 AND ({date} IS NULL OR {date} = first_value({date}) OVER block) AS further, "
        "place FROM (SELECT *, count(*) FILTER (WHERE changed) OVER (ORDER BY line) AS place FROM (SELECT *, "
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
    return said


def may_be_merged(ids: Sequence[str]) -> bool:
    """Whether the first rows' ids look as in merged cells: each stands once, with blanks below."""
    filled = [cell for cell in ids if cell.strip()]
    blank = len(ids) - len(filled)
    return bool(filled) and bool(ids[0].strip()) and len(set(filled)) == len(filled) and 3 * blank >= len(ids)


def merged(con: DuckDBPyConnection, mapped: Mapped, labels: Sequence[str]) -> list[FileMessage]:
    """Ids that stand on the first row of each customer only, as merged cells are exported: filled down where plain.

    Plain: the first row has an id, each id stands once, a third of the rows or more lack it, and the rows come by
    customer and not by day: ids in order while days are not, or days in order within each group and not from one group
    to the next. A till's list, where blanks are sales to nobody, comes by day. What is near this is told and left.
    """
    if mapped.kind != "transactions" or not {"customer_id", "ordered_at"} <= mapped.fields.keys():
        return []
    at, day = mapped.fields["customer_id"], mapped.fields["ordered_at"]
    rows = con.execute(f"SELECT line, c{at}, c{day} FROM raw ORDER BY line LIMIT {_MOST + 1}").fetchall()  # noqa: S608
    if not rows or len(rows) > _MOST or not may_be_merged([cell or "" for _, cell, _ in rows]):
        return []
    blank = [int(line) for line, cell, _ in rows if cell is None]
    groups: list[list[str]] = []
    for _, cell, when in rows:
        if cell is not None:
            groups.append([])
        groups[-1].append(when or "")
    ids = [str(cell) for _, cell, _ in rows if cell is not None]
    label = labels[at]
    if len(ids) < _FEWEST or not (_by_id(ids, rows) or _by_group(groups)):
        return [FileMessage("ids_maybe_merged", "warning", {"count": len(blank)}, blank[0], label)]
    raw.change(con, "raw", {f"c{at}": f"last_value(c{at} IGNORE NULLS) OVER (ORDER BY line)"})
    return [FileMessage("ids_filled", "warning", {"count": len(blank)}, blank[0], label)]


def _sorted(cells: Sequence[str]) -> bool:
    """Whether cells are in order, one way or the other; days as text are so only where the year comes first."""
    return list(cells) in (sorted(cells), sorted(cells, reverse=True))


def _by_id(ids: Sequence[str], rows: Sequence[tuple[int, str | None, str | None]]) -> bool:
    keys = [f"{cell:0>40}" if cell.isdecimal() else cell for cell in ids]
    return _sorted(keys) and not _sorted([_day(when or "") for _, _, when in rows])


def _by_group(groups: Sequence[Sequence[str]]) -> bool:
    days = [[_day(when) for when in group] for group in groups]
    steps = [one <= other for group in days for one, other in pairwise(group)]
    turns = sum(after[0] < before[-1] for before, after in pairwise(days))
    return len(steps) >= 2 * _FEWEST and all(steps) and 3 * turns >= len(groups)


def _day(cell: str) -> str:
    """A day as text that sorts: its numbers, the year first where it stands last."""
    parts = re.findall(r"\d+", cell)[:3]
    return "-".join(f"{part:0>4}" for part in (parts[::-1] if parts and len(parts[-1]) == _YEAR else parts))


def line_prices(con: DuckDBPyConnection, mapped: Mapped, said: Sequence[FileMessage]) -> list[FileMessage]:
    """Orders whose amount stands on their first line, shared out over their lines by pieces and prices.

    An order is shared out only where pieces × price − discount of its lines add up to its amount to the öre; freight or
    a discount on the whole order leaves it on the first line, as `order_lines` put it. Works on `typed`. Returns what
    `order_lines` said, with what became of the lines without an amount of their own.
    """
    told = next((message for message in said if message.code == "order_lines_filled"), None)
    free = int(str(told.values["free"])) if told is not None else 0
    if told is None or not free:
        return list(said)
    orders = lines = 0
    if {"amount", "unit_price", "quantity"} <= mapped.fields.keys():
        less = " - coalesce(discount, 0)" if "discount" in mapped.fields else ""
        con.execute(
            "CREATE OR REPLACE TEMP TABLE line_amounts AS SELECT typed.line, place, further, amount, "  # noqa: S608
            f"CAST(quantity * unit_price{less} AS DECIMAL(18,2)) AS own FROM typed JOIN order_lines USING (line) "
            "WHERE reason IS NULL"
        )
        con.execute(
            "DELETE FROM line_amounts WHERE place NOT IN (SELECT place FROM line_amounts GROUP BY place "
            "HAVING count(*) > 1 AND count(own) = count(*) AND sum(own) = sum(amount) "
            "AND max(abs(amount)) FILTER (WHERE further) = 0)"
        )
        con.execute(
            "UPDATE typed SET amount = own, amount_exact = own FROM line_amounts WHERE line_amounts.line = typed.line"
        )
        row = con.execute("SELECT count(DISTINCT place), count(*) FILTER (WHERE further) FROM line_amounts").fetchone()
        assert row is not None
        orders, lines = int(row[0]), int(row[1])
    found = list(said)
    if orders:
        found.append(FileMessage("order_lines_shared", "note", {"count": orders}, told.line, told.column))
    if free > lines:
        found.append(FileMessage("order_lines_zero", "warning", {"count": free - lines}, told.line, told.column))
    return found


def headed(con: DuckDBPyConnection, mapped: Mapped, labels: Sequence[str]) -> list[tuple[int, str]]:
    """Purchases listed below a row of its own that names their customer: each gets that customer.

    Only where no row has both: a head has neither day nor amount, a purchase no customer. Returns the heads, which are
    taken out of `raw`, with their cells as text.
    """
    if mapped.kind != "transactions" or not {"customer_id", "ordered_at", "amount"} <= mapped.fields.keys():
        return []
    customer, day, amount = (f"c{mapped.fields[name]}" for name in ("customer_id", "ordered_at", "amount"))
    head, sale = f"({customer} IS NOT NULL AND {day} IS NULL AND {amount} IS NULL)", f"({day} IS NOT NULL)"
    row = con.execute(
        f"SELECT count(*) FILTER (WHERE {head}), count(*) FILTER (WHERE {sale} AND {customer} IS NULL), "  # noqa: S608
        f"count(*) FILTER (WHERE {sale} AND {customer} IS NOT NULL), min(line) FILTER (WHERE {head}), "
        f"min(line) FILTER (WHERE {sale}) FROM raw"
    ).fetchone()
    if row is None or row[0] < 2 or not row[1] or row[2] or row[3] > row[4]:
        return []
    cells = ", ".join(f"c{at}" for at, label in enumerate(labels) if label)
    heads = con.execute(f"SELECT line, concat_ws(';', {cells}) FROM raw WHERE {head} ORDER BY line").fetchall()  # noqa: S608
    raw.change(con, "raw", {customer: f"last_value({customer} IGNORE NULLS) OVER (ORDER BY line)"})
    con.execute(f"DELETE FROM raw WHERE {day} IS NULL AND {amount} IS NULL")  # noqa: S608
    return [(int(line), str(text)) for line, text in heads]


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
