"""Orders whose first line alone says whose they are and when: the lines below leave order, customer and day blank."""

from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from insight.ingest import footers, raw
from insight.ingest.mapping import Mapped
from insight.ingest.report import FileMessage

_KEYS = ("customer_id", "ordered_at", "order_id")
_OF_ORDER = (*_KEYS, "currency", "status", "store", "channel", "campaign_id")


def continued(con: DuckDBPyConnection, mapped: Mapped, labels: Sequence[str]) -> list[FileMessage]:
    """Lines with an amount and an article, but without day, customer and order: they are the order's above them.

    Only where each line has all of these or none, and some column of words is filled on every line, as articles are: a
    part sum without a word of its own has none. Works on `raw`.
    """
    if mapped.kind != "transactions" or not {"ordered_at", "amount", "customer_id"} <= mapped.fields.keys():
        return []
    keys = [f"c{mapped.fields[name]}" for name in _KEYS if name in mapped.fields]
    day, amount = f"c{mapped.fields['ordered_at']}", f"c{mapped.fields['amount']}"
    below = f"({' AND '.join(f'{key} IS NULL' for key in keys)} AND {amount} IS NOT NULL)"
    row = con.execute(
        f"SELECT count(*) FILTER (WHERE {below}), min(line) FILTER (WHERE {below}), min(line), "  # noqa: S608
        f"count(*) FILTER (WHERE {day} IS NULL AND NOT {below}) FROM raw"
    ).fetchone()
    if row is None or row[0] < 2 or row[1] == row[2] or row[3]:
        return []
    count, line = int(row[0]), int(row[1])
    used = {*(mapped.fields[name] for name in _OF_ORDER if name in mapped.fields), mapped.fields["amount"]}
    words = [at for at, label in enumerate(labels) if label and at not in used]
    if not any(_are_articles(con, f"c{at}") for at in words):
        return []
    columns = [f"c{mapped.fields[name]}" for name in _OF_ORDER if name in mapped.fields]
    last = "last_value({0} IGNORE NULLS) OVER (ORDER BY line)"
    raw.change(con, "raw", {at: f"CASE WHEN {below} THEN {last.format(at)} ELSE {at} END" for at in columns})
    label = labels[mapped.fields.get("order_id", mapped.fields["ordered_at"])]
    return [FileMessage("lines_continued", "warning", {"count": count}, line, label)]


def _are_articles(con: DuckDBPyConnection, column: str) -> bool:
    """Whether a column has words on every line, none of them a word for a sum."""
    row = con.execute(
        f"SELECT count(*) = count({column}), coalesce(bool_and(regexp_matches({column}, '[[:alpha:]]{{2}}')), false), "  # noqa: S608
        f"coalesce(bool_or(regexp_matches({column}, $words, 'i')), true) FROM raw",
        {"words": footers.SQL_WORDS},
    ).fetchone()
    return row is not None and bool(row[0]) and bool(row[1]) and not row[2]
