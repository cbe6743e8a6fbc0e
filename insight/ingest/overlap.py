"""Rows of a file that were there already from another file, as when one export ends in March and the next begins there.

Equal means equal in every field below that both sides have filled in the days they share; two equal rows in one file
and one in the other are one row too many. Rows without customer and order number are alike by chance too (the same
price on the same day), so they only count where the rest of the file says that it is the same export: half of the rows
in the shared days are there already.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from duckdb import DuckDBPyConnection

from insight.ingest.report import FileMessage

TIMES = {
    "transactions": "ordered_at", "answers": "answered_on", "contacts": "sent_at", "rewards": "given_on",
    "events": "at", "agreements": "started_on",
}  # fmt: skip
_KEYS = {
    "transactions": (
        "customer_id", "order_id", "amount", "quantity", "article_id", "article", "category", "store", "channel",
    ),
    "answers": ("customer_id", "score", "comment", "touchpoint", "wave"),
    "contacts": ("customer_id", "channel", "message_type", "campaign_id", "category"),
    "rewards": ("customer_id", "kind", "value", "store"),
    "events": ("customer_id", "kind", "step", "channel", "value"),
    "agreements": ("customer_id", "plan", "fee"),
}  # fmt: skip
_NAMED = {"transactions": ("customer_id", "order_id")}
_SURE_SHARE = 0.5
_CHANCE_SHARE = 0.01


@dataclass(frozen=True)
class Overlap:
    """Rows of the file that were there already: how many, from when to when, the money on them (transactions only, as
    text), and how many rows the file has in the days that both sides share."""

    count: int = 0
    first: date | None = None
    last: date | None = None
    total: str | None = None
    shared: int = 0

    @property
    def values(self) -> dict[str, object]:
        """What the messages and the report's figures say of it."""
        return {"count": self.count, "first": str(self.first), "last": str(self.last), "sum": self.total}

    def message(self) -> FileMessage:
        """What the user should know: a warning, or a note where so few rows can be equal by chance."""
        chance = self.count < _CHANCE_SHARE * self.shared
        code = "rows_overlap" if self.total is None else "sales_overlap"
        return FileMessage(code, "note" if chance else "warning", self.values)


def find(con: DuckDBPyConnection, kind: str, file_id: int) -> Overlap:
    """The rows of the file that other files brought before; their lines stand in the temporary table `overlapping`."""
    time = TIMES.get(kind)
    period = None if time is None else _shared_days(con, kind, time, file_id)
    if time is None or period is None:
        return Overlap()
    keys = [f'"{time}"', *_filled_on_both(con, kind, time, file_id, period)]
    named = [f'"{name}"' for name in _NAMED.get(kind, ("customer_id",)) if f'"{name}"' in keys]
    who = " OR ".join(f"{name} IS NOT NULL" for name in named) or "false"
    same = " AND ".join(f"mine.{key} IS NOT DISTINCT FROM there.{key}" for key in keys)
    amount = "amount" if kind == "transactions" else "0"
    inside = f'CAST("{time}" AS DATE) BETWEEN $first AND $last'
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE overlapping AS "  # noqa: S608
        f"WITH there AS (SELECT {', '.join(keys)}, count(*) AS n FROM {kind} "
        f"WHERE file_id <> $file_id AND {inside} GROUP BY {', '.join(keys)}), "
        f"mine AS (SELECT line, {', '.join(keys)}, {who} AS named, {amount} AS money, "
        f"row_number() OVER (PARTITION BY {', '.join(keys)} ORDER BY line) AS place "
        f"FROM {kind} WHERE file_id = $file_id AND {inside}) "
        f'SELECT mine.line, mine.named, mine.money, mine."{time}" AS seen_at '
        f"FROM mine JOIN there ON {same} WHERE mine.place <= there.n",
        {"file_id": file_id, **period},
    )
    shared, shared_named = _row(
        con, f"SELECT count(*), count(*) FILTER (WHERE {who}) FROM {kind} WHERE file_id = $file_id AND {inside}",  # noqa: S608
        file_id=file_id, **period,
    )  # fmt: skip
    found, found_named = _row(con, "SELECT count(*), count(*) FILTER (WHERE named) FROM overlapping")
    same_export = found_named >= _SURE_SHARE * shared_named if shared_named else found >= _SURE_SHARE * shared
    if not same_export:
        con.execute("DELETE FROM overlapping WHERE NOT named")
    count, first, last, total = _row(
        con, "SELECT count(*), CAST(min(seen_at) AS DATE), CAST(max(seen_at) AS DATE), sum(money) FROM overlapping"
    )
    return Overlap(count, first, last, str(total or 0) if kind == "transactions" else None, shared)


def _shared_days(con: DuckDBPyConnection, kind: str, time: str, file_id: int) -> dict[str, date] | None:
    """The days that both the file and the others have rows in, first to last; None where there are none."""
    mine = f'CAST("{time}" AS DATE)'
    first, last, there_first, there_last = _row(
        con,
        f"SELECT min({mine}) FILTER (WHERE file_id = $file_id), max({mine}) FILTER (WHERE file_id = $file_id), "  # noqa: S608
        f"min({mine}) FILTER (WHERE file_id <> $file_id), max({mine}) FILTER (WHERE file_id <> $file_id) FROM {kind}",
        file_id=file_id,
    )
    if first is None or there_first is None:
        return None
    period = {"first": max(first, there_first), "last": min(last, there_last)}
    return period if period["first"] <= period["last"] else None


def _filled_on_both(con: DuckDBPyConnection, kind: str, time: str, file_id: int, period: dict[str, date]) -> list[str]:
    """The fields to compare, quoted: those that both sides have filled in the days they share."""
    names = [f'"{name}"' for name in _KEYS[kind]]
    counts = ", ".join(
        f"count({name}) FILTER (WHERE file_id = $file_id), count({name}) FILTER (WHERE file_id <> $file_id)"
        for name in names
    )
    found = _row(
        con, f'SELECT {counts} FROM {kind} WHERE CAST("{time}" AS DATE) BETWEEN $first AND $last',  # noqa: S608
        file_id=file_id, **period,
    )  # fmt: skip
    return [name for at, name in enumerate(names) if found[2 * at] and found[2 * at + 1]]


def _row(con: DuckDBPyConnection, sql: str, **params: object) -> tuple[Any, ...]:
    row = con.execute(sql, params).fetchone()
    assert row is not None
    return row
