"""Forgetting a customer: the person goes, the history stays, and the person does not come back with the next file.

What is erased: the customer's row, further ids, comments, order numbers and times of day; in free fields and the
client's own columns whatever fewer than five others have too; the place of the rows in their files; the person's cells
among the rows that were set aside and in the reports. What stays, so that no figure of the past changes: what was
bought, answered and sent on which day, under a random id that nothing leads back from. A keyed hash of each id stays
too: rows with it in a later file are set aside.

The database is written anew, since a deleted row's bytes stay in the file that held it.
"""

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from insight.errors import WorkspaceError
from insight.ingest.report import FileMessage, FileReport
from insight.ingest.schema import TABLES
from insight.workspace.engine import Query, money
from insight.workspace.stored import rewrite, room

_KEPT_TABLES = tuple(name for name in TABLES if name not in ("customers", "identities"))
_TOLD = ("name", "email", "phone")
_SHORT = 4
_HIDDEN = "•••"
# Fields that anybody may write anything in; like the client's own columns, they keep what enough others have too.
_FREE = {"transactions": ("link", "delivery", "device")}
_ENOUGH_OTHERS = 5
_DAYS_ONLY = {"transactions": "ordered_at", "events": "at"}

_FIGURES = """
    SELECT
        (SELECT coalesce(sum(amount), 0) FROM transactions) AS sales,
        (SELECT coalesce(sum(amount), 0) FROM transactions WHERE customer_id IS NOT NULL) AS identified_sales,
        (SELECT count(*) FROM orders) AS orders,
        (SELECT count(*) FROM customer_facts WHERE has_transactions) AS buyers,
        (SELECT count(*) FROM answers) AS answers,
        (SELECT count(*) FROM contacts) AS contacts,
        (SELECT count(*) FROM customers) AS customers
"""
_THEIRS = "list_contains($ids, customer_id)"
_NAMES = ("sales", "identified_sales", "orders", "buyers", "answers", "contacts", "customers")
# The order that each of the person's lines belongs to, as the derived tables count orders.
_ORDERS = """
    CREATE OR REPLACE TEMP TABLE own_orders AS
    SELECT row_no, $alias || '-' || cast(dense_rank() OVER (ORDER BY day, order_key) AS VARCHAR) AS number
    FROM (
        SELECT
            rowid AS row_no, cast(ordered_at AS DATE) AS day,
            CASE
                WHEN order_id IS NOT NULL THEN 'o' || order_id
                WHEN cast(ordered_at AS TIME) <> TIME '00:00:00' THEN 't' || cast(ordered_at AS VARCHAR)
                ELSE 'l' || cast(file_id AS VARCHAR) || ' ' || coalesce(cast(line AS VARCHAR), cast(rowid AS VARCHAR))
            END AS order_key
        FROM transactions WHERE list_contains($ids, customer_id)) AS lines
"""


# A set-aside row's text in which one cell is the id of someone who was forgotten.
_FORGOTTEN_CELL = """
    file_id = $file_id AND list_has_any(
        list_transform(string_split(raw, ';'), lambda cell: sha256(concat($key, trim(cell)))),
        (SELECT list(hash) FROM forgotten))
"""


@dataclass(frozen=True)
class Receipt:
    """What forgetting a customer led to. rows: rows that lost the person, by table; before and after: figures of the
    workspace, equal but for the customer's own row; left_in: files of the workspace where something of the person was
    found afterwards (none, unless somebody put it there by hand). number names the receipt, not the random id: who
    keeps the receipt with the customer's letter shall not find the way back."""

    number: str
    at: str
    rows: Mapping[str, int]
    before: Mapping[str, Decimal | int]
    after: Mapping[str, Decimal | int]
    left_in: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """The receipt as a form: it names nobody."""
        told: dict[str, object] = {"number": self.number, "at": self.at, "rows": dict(self.rows)}
        for name, figures in (("before", self.before), ("after", self.after)):
            told[name] = {key: str(value) if isinstance(value, Decimal) else value for key, value in figures.items()}
        return {**told, "left_in": list(self.left_in)}


@dataclass(frozen=True)
class Person:
    """All ids of a person, and what else tells who it is."""

    ids: tuple[str, ...]
    told: tuple[str, ...]

    def pattern(self) -> str:
        """A pattern for the database that finds the person as whole words, whatever the case."""
        return rf"(?i)(^|[^\pL\pN])({'|'.join(map(re.escape, (*self.ids, *self.told)))})($|[^\pL\pN])"


def person(query: Query, customer_id: str) -> Person:
    """Who the id belongs to. Raises WorkspaceError for an id that the workspace does not know."""
    found = query.rows("SELECT customer_id FROM persons WHERE own_id = $id", id=customer_id)
    head = str(found[0][0]) if found else customer_id
    ids = (head, *(str(row[0]) for row in query.rows("SELECT own_id FROM persons WHERE customer_id = $id", id=head)))
    known = any(
        query.one(f"SELECT count(*) FROM {name} WHERE customer_id = $id", id=head)[0]  # noqa: S608
        for name in TABLES
    )
    if not known:
        raise WorkspaceError("forget.unknown")
    told: list[str] = []
    for source in ("customers", "customers_own"):
        if query.rows("SELECT 1 FROM duckdb_tables() WHERE table_name = $name", name=source):
            cells = query.rows(
                f"SELECT {', '.join(_TOLD)} FROM {source} WHERE list_contains($ids, customer_id)",  # noqa: S608
                ids=list(ids),
            )
            told += [str(cell).strip() for row in cells for cell in row if cell is not None]
    return Person(tuple(dict.fromkeys(ids)), tuple(dict.fromkeys(text for text in told if text)))


def figures(query: Query) -> dict[str, Decimal | int]:
    """What must be the same before and after, but for the number of rows in the customer file."""
    return _named(query.one(_FIGURES))


def check(con: DuckDBPyConnection, before: Mapping[str, Decimal | int]) -> None:
    """Raise WorkspaceError if a figure of the past would change."""
    row = con.execute(_FIGURES).fetchone()
    assert row is not None
    after = _named(row)
    if any(before[name] != after[name] for name in before if name != "customers"):
        raise WorkspaceError("workspace.sums_differ")


def _named(row: Sequence[Any]) -> dict[str, Decimal | int]:
    return {name: money(cell) if "sales" in name else int(cell) for name, cell in zip(_NAMES, row, strict=True)}


def erase(con: DuckDBPyConnection, who: Person, key: str) -> dict[str, int]:
    """Take the person out of every table, where each row has the id of its file; rows by table."""
    alias = f"anonym-{secrets.token_hex(5)}"
    ids = list(who.ids)
    rows: dict[str, int] = {}
    cells = {cell for table in TABLES for cell in _cells(con, table, _THEIRS, {"ids": ids})}
    room(con, ("order_id", *_FREE["transactions"]))
    con.execute(_ORDERS, {"alias": alias, "ids": ids})
    for table in _KEPT_TABLES:
        rows[table] = _count(con, table, _THEIRS, ids)
        if rows[table]:
            _make_anonymous(con, table, alias, ids)
    if rows["transactions"]:
        rewrite(con, "SELECT * FROM transactions")
    con.execute("DROP TABLE own_orders")
    for table, where in (
        ("customers", _THEIRS),
        ("identities", f"{_THEIRS} OR list_contains($ids, other_id)"),
    ):
        rows[table] = _count(con, table, where, ids)
        con.execute(f"DELETE FROM {table} WHERE {where}", {"ids": ids})  # noqa: S608
    pattern = {"pattern": who.pattern()}
    aside = _emptied(con, "regexp_matches(raw, $pattern)", pattern)
    rows["set_aside"] = len(aside)
    _scrub_reports(con, who, cells.union(*aside, who.ids, who.told))
    con.execute(
        "INSERT INTO forgotten SELECT sha256(concat($key, unnest($ids))), CAST(current_date AS DATE)",
        {"key": key, "ids": ids},
    )
    return {name: count for name, count in rows.items() if count}


def _count(con: DuckDBPyConnection, table: str, where: str, ids: Sequence[str]) -> int:
    row = con.execute(f"SELECT count(*) FROM {table} WHERE {where}", {"ids": list(ids)}).fetchone()  # noqa: S608
    return int(row[0]) if row else 0


def _attributes(con: DuckDBPyConnection, table: str) -> list[str]:
    sql = "SELECT column_name FROM attributes WHERE table_name = $table"
    return [str(row[0]) for row in con.execute(sql, {"table": table}).fetchall()]


def _cells(con: DuckDBPyConnection, table: str, where: str, params: Mapping[str, object]) -> set[str]:
    """What stands in the rows and may tell who it is: every text of a customer's row, else numbers of orders, free
    texts and columns of the client's own."""
    fields = [
        spec.name
        for spec in TABLES[table].fields
        if spec.type in ("id", "text") and (table == "customers" or spec.personal or spec.name in _FREE.get(table, ()))
    ]
    fields += [*(["order_id"] if table == "transactions" else []), *_attributes(con, table)]
    names = ", ".join(f'"{name}"' for name in fields)
    found = con.execute(f"SELECT DISTINCT {names} FROM {table} WHERE {where}", dict(params)).fetchall()  # noqa: S608
    return {str(cell).strip() for row in found for cell in row if cell is not None}


def _emptied(con: DuckDBPyConnection, where: str, params: Mapping[str, object]) -> list[set[str]]:
    """Empty the kept text of set-aside rows, which stay counted; the cells that each of them had."""
    found = con.execute(f"SELECT raw FROM set_aside WHERE raw IS NOT NULL AND ({where})", dict(params)).fetchall()  # noqa: S608
    con.execute(f"UPDATE set_aside SET raw = NULL WHERE {where}", dict(params))  # noqa: S608
    return [{cell.strip() for cell in str(raw).split(";")} for (raw,) in found]


def _make_anonymous(con: DuckDBPyConnection, table: str, alias: str, ids: Sequence[str]) -> None:
    empty = [spec.name for spec in TABLES[table].fields if spec.personal and spec.name != "customer_id"]
    changes = [f'"{name}" = NULL' for name in (*empty, "line")]
    changes += [
        f'"{name}" = CASE WHEN "{name}" IN (SELECT "{name}" FROM {table} WHERE NOT {_THEIRS} GROUP BY "{name}" '  # noqa: S608
        f'HAVING count(DISTINCT customer_id) >= {_ENOUGH_OTHERS}) THEN "{name}" ELSE NULL END'
        for name in (*_FREE.get(table, ()), *_attributes(con, table))
    ]
    if table in _DAYS_ONLY:
        time = _DAYS_ONLY[table]
        changes.append(f'"{time}" = date_trunc(\'day\', "{time}")')
    where, source = _THEIRS, ""
    if table == "transactions":
        changes.append("order_id = own_orders.number")
        where, source = f"{where} AND own_orders.row_no = transactions.rowid", "FROM own_orders"
    con.execute(
        f"UPDATE {table} SET customer_id = $alias, {', '.join(changes)} {source} WHERE {where}",  # noqa: S608
        {"alias": alias, "ids": list(ids)},
    )


def _scrub_reports(con: DuckDBPyConnection, who: Person, cells: set[str]) -> None:
    """Hide the person in names of files and texts of reports, and among the examples of columns."""
    for file_id, name, kept in con.execute("SELECT file_id, name, report FROM files").fetchall():
        report = json.loads(without(str(kept), who))
        for column in report["columns"]:
            column["examples"] = [text for text in column["examples"] if text not in cells]
        con.execute(
            "UPDATE files SET name = $name, report = $report WHERE file_id = $file_id",
            {
                "name": without(str(name), who),
                "report": json.dumps(report, ensure_ascii=False),
                "file_id": file_id,
            },
        )


def without(text: str, who: Person) -> str:
    """The text without the person; ids of a few signs are left, they stand for nobody outside a column of ids."""
    words = [re.escape(word) for word in (*who.ids, *who.told) if len(word) > _SHORT]
    return re.sub(rf"(?i)(?<!\w)({'|'.join(words)})(?!\w)", _HIDDEN, text) if words else text


def found_in(folder: Path, who: Person, but: str) -> tuple[str, ...]:
    """The workspace's other files where the person is still to be found. but: the database, which was written anew."""
    words = [word.casefold() for word in (*who.ids, *who.told) if len(word) > _SHORT]
    return tuple(
        sorted(
            path.name
            for path in folder.iterdir()
            if path.is_file() and path.name != but
            for text in [path.read_bytes().decode("utf-8", "replace").casefold()]
            if any(word in text for word in words)
        )
    )


# --- those who were forgotten stay out --------------------------------------------------------------------------------


def any_forgotten(con: DuckDBPyConnection) -> bool:
    """Whether anybody was forgotten in this workspace."""
    return con.execute("SELECT 1 FROM forgotten LIMIT 1").fetchone() is not None


def keep_out(con: DuckDBPyConnection, file_id: int, report: FileReport, key: str) -> FileReport:
    """Set aside the rows of those who were forgotten from a file that was just read, without their cells."""
    if not any_forgotten(con):
        return report
    count, values = 0, {"file_id": file_id, "key": key}
    cells: set[str] = set()
    for table in TABLES:
        ids = ("customer_id", "other_id") if table == "identities" else ("customer_id",)
        known = " OR ".join(
            f"{name} IN (SELECT id FROM (SELECT DISTINCT {name} AS id FROM {table} WHERE file_id = $file_id) AS ids "  # noqa: S608
            "WHERE sha256(concat($key, id)) IN (SELECT hash FROM forgotten))"
            for name in ids
        )
        where = f"file_id = $file_id AND ({known})"
        cells |= _cells(con, table, where, values)
        if table == report.kind:
            gone = f"SELECT file_id, line, 'forgotten', NULL FROM {table} WHERE {where}"  # noqa: S608
            count = len(con.execute(f"INSERT INTO set_aside {gone} RETURNING line", values).fetchall())
        con.execute(f"DELETE FROM {table} WHERE {where}", values)  # noqa: S608
    aside = _emptied(con, _FORGOTTEN_CELL, values)
    cells = cells.union(*aside)
    columns = (replace(one, examples=tuple(t for t in one.examples if t not in cells)) for one in report.columns)
    report = replace(report, columns=tuple(columns))
    if not count:
        return report
    said = FileMessage("aside_forgotten", "warning", {"count": count})
    return replace(
        report, rows=report.rows - count, set_aside=report.set_aside + count, messages=(*report.messages, said),
        figures={**report.figures, **_figures_left(con, report.kind, file_id)},
    )  # fmt: skip


def _figures_left(con: DuckDBPyConnection, kind: str, file_id: int) -> dict[str, Any]:
    row = con.execute(
        f"SELECT count(*), count(DISTINCT customer_id) FROM {kind} WHERE file_id = $file_id",  # noqa: S608
        {"file_id": file_id},
    ).fetchone()
    assert row is not None
    found: dict[str, Any] = {"rows": row[0], "customers": row[1]}
    if kind == "transactions":
        row = con.execute(
            "SELECT coalesce(sum(amount), 0), coalesce(sum(amount) FILTER (WHERE amount < 0), 0), "
            "count(*) FILTER (WHERE amount < 0) FROM transactions WHERE file_id = $file_id",
            {"file_id": file_id},
        ).fetchone()
        assert row is not None
        found |= {"amount_sum": str(row[0]), "amount_negative_sum": str(row[1]), "returns": row[2]}
    return found
