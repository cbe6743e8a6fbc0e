"""Rows that are a whole order beside rows that are its lines: added up, everything would count twice."""

import re
from collections import defaultdict
from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from insight.ingest.cells import MINUS
from insight.ingest.mapping import Mapped
from insight.ingest.row_kinds import PAYMENT

_MOST_WORDS = 6
_FEWEST = 4
_AGREE = 0.9
_LONGEST = 30


def suspect(mapped: Mapped, labels: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[int, str] | None:
    """(column, word) of the rows that seem to be whole orders, from the first rows; None where there are none.

    The column says what a row is, in a few words; with one of them each order has a single row, and its amount is the
    sum of the order's other rows, of which some have several.
    """
    if mapped.kind != "transactions" or not {"order_id", "amount"} <= mapped.fields.keys():
        return None
    order, amount = mapped.fields["order_id"], mapped.fields["amount"]
    status = mapped.fields.get("status")
    if status is not None:
        # What was paid for an order is no line of it.
        rows = [row for row in rows if not re.search(PAYMENT, row[status].lower())]
    sums = [_whole(row[amount]) for row in rows]
    for at, label in enumerate(labels):
        if not label or (at in mapped.used and at != status):
            continue
        words = {row[at] for row in rows}
        if not 2 <= len(words) <= _MOST_WORDS or any(len(word) > _LONGEST for word in words):
            continue
        for word in sorted(words):
            orders: dict[str, list[list[int]]] = defaultdict(lambda: [[], []])
            for row, amount_of in zip(rows, sums, strict=True):
                if row[order] and amount_of is not None:
                    orders[row[order]][row[at] != word].append(amount_of)
            both = [(heads, lines) for heads, lines in orders.values() if heads and lines]
            agree = [lines for heads, lines in both if len(heads) == 1 and heads[0] == sum(lines)]
            several = sum(len(lines) > 1 for lines in agree)
            if len(both) >= _FEWEST and len(agree) >= _AGREE * len(both) and several >= 0.25 * len(agree):
                return at, word
    return None


def _whole(cell: str) -> int | None:
    """The digits of an amount as one whole number, good for comparing within a column; None without any."""
    digits = re.sub(r"[^0-9]", "", cell[:_LONGEST])
    if not digits:
        return None
    return -int(digits) if any(char in MINUS + "(" for char in cell[:_LONGEST]) else int(digits)


def set_aside(con: DuckDBPyConnection, found: tuple[int, str] | None) -> None:
    """Give the rows of whole orders a reason, where the file bears out what its first rows say. Works on `typed`."""
    if found is None:
        return
    at, word = found
    kind = f"coalesce(raw.c{at}, '') = $word"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE order_heads AS SELECT typed.line, typed.order_id, typed.amount, {kind} AS whole "  # noqa: S608
        "FROM typed JOIN raw USING (line) WHERE typed.reason IS NULL AND typed.order_id IS NOT NULL",
        {"word": word},
    )
    row = con.execute(
        "SELECT count(*), count(*) FILTER (WHERE heads = 1 AND paid = lines) FROM ("
        "SELECT count(*) FILTER (WHERE whole) AS heads, sum(amount) FILTER (WHERE whole) AS paid, "
        "sum(amount) FILTER (WHERE NOT whole) AS lines FROM order_heads GROUP BY order_id) WHERE heads > 0 "
        "AND lines IS NOT NULL"
    ).fetchone()
    if row is not None and row[0] and row[1] >= _AGREE * row[0]:
        con.execute(
            "UPDATE typed SET reason = 'order_sum' FROM order_heads AS heads WHERE heads.line = typed.line "
            "AND heads.whole AND EXISTS (SELECT 1 FROM order_heads AS lines WHERE lines.order_id = heads.order_id "
            "AND NOT lines.whole)"
        )
