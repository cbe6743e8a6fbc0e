"""Typed rows into the workspace's canonical tables: attributes registered, order kept, customers merged."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from duckdb import DuckDBPyConnection

from insight.ingest.convert import canonical_select
from insight.ingest.opening import Opened
from insight.ingest.schema import fold
from insight.workspace.stored import rewrite

MISSING = "'null', 'nan', '#n/a', '<na>'"
WIDE = 50


def attribute_columns(con: DuckDBPyConnection, kind: str, labels: Sequence[str]) -> dict[str, str]:
    """The table's attribute column for each label, made where there is none yet: label → a1 … an."""
    rows = con.execute("SELECT column_name, label FROM attributes WHERE table_name = $kind", {"kind": kind}).fetchall()
    known = {fold(str(label)) or str(label): str(column) for column, label in rows}
    taken = len(rows)
    found: dict[str, str] = {}
    for label in labels:
        key = fold(label) or label
        if key not in known:
            taken += 1
            column = f"a{taken}"
            con.execute(f"ALTER TABLE {kind} ADD COLUMN {column} VARCHAR")
            con.execute(
                "INSERT INTO attributes VALUES ($kind, $column, $label)",
                {"kind": kind, "column": column, "label": label},
            )
            known[key] = column
        found[label] = known[key]
    return found


def write_rows(
    con: DuckDBPyConnection,
    kind: str,
    present: Sequence[str],
    file_id: int,
    attributes: Mapping[str, str],
    *,
    merge: bool = True,
) -> None:
    """Append the rows of `typed` that have no reason against them. attributes: column a1 … → raw column c0 …

    merge: customers that are known already are updated instead of added a second time.
    """
    worded = _worded(con, list(attributes.values()))
    cells = {
        column: f"CASE WHEN lower(raw.{cell}) IN ({MISSING}) THEN NULL ELSE raw.{cell} END"
        if cell in worded
        else f"raw.{cell}"
        for column, cell in attributes.items()
    }
    names, select = canonical_select(kind, present, file_id, cells)
    source = "typed JOIN raw ON raw.line = typed.line" if attributes else "typed"
    if kind == "customers" and merge:
        _merge_customers(con, names, select, source)
        return
    columns, rows = ", ".join(names), f"SELECT {select} FROM {source} WHERE typed.reason IS NULL"  # noqa: S608
    if kind == "transactions":
        fresh = f"SELECT * FROM ({rows}) AS fresh({columns})"  # noqa: S608
        rewrite(con, f"SELECT * FROM transactions UNION ALL BY NAME {fresh}", present)  # noqa: S608
    else:
        con.execute(f"INSERT INTO {kind} ({columns}) {rows}")


def _worded(con: DuckDBPyConnection, cells: Sequence[str]) -> set[str]:
    """The columns to look through for words that mean nothing: all of them, or in a wide table those that have any.

    A statement with a CASE for each of a thousand columns takes seconds to plan.
    """
    if len(cells) <= WIDE:
        return set(cells)
    found: set[str] = set()
    for start in range(0, len(cells), WIDE):
        part = cells[start : start + WIDE]
        tests = ", ".join(f"bool_or(lower({cell}) IN ({MISSING}))" for cell in part)
        row = con.execute(f"SELECT {tests} FROM raw").fetchone()  # noqa: S608
        assert row is not None
        found |= {cell for cell, hit in zip(part, row, strict=True) if hit}
    return found


def _merge_customers(con: DuckDBPyConnection, names: Sequence[str], select: str, source: str) -> None:
    """One row a customer: what the new file says wins, what it does not say stays as an earlier file said it.

    A known customer keeps the file it first came with, so that taking a later file out again loses nobody.
    """
    aliases = [f"n{at}" for at in range(len(names))]
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE arriving({', '.join(aliases)}) AS "  # noqa: S608
        f"SELECT {select} FROM {source} WHERE typed.reason IS NULL"
    )
    key = aliases[names.index('"customer_id"')]
    changes = ", ".join(
        f"{name} = coalesce(arriving.{alias}, customers.{name})"
        for name, alias in zip(names, aliases, strict=True)
        if name not in ('"customer_id"', "file_id", "line")
    )
    if changes:
        con.execute(f"UPDATE customers SET {changes} FROM arriving WHERE arriving.{key} = customers.customer_id")  # noqa: S608
    con.execute(
        f"INSERT INTO customers ({', '.join(names)}) SELECT {', '.join(aliases)} FROM arriving "  # noqa: S608
        f"WHERE {key} NOT IN (SELECT customer_id FROM customers)"
    )
    con.execute("DROP TABLE arriving")


def split_customers(con: DuckDBPyConnection, fields: Mapping[str, int], file_id: int) -> int:
    """Customer fields on the rows of another kind of file become customers that are not known yet; returns how many."""
    values = ", ".join(f"any_value(raw.c{at}) AS {name}" for name, at in fields.items())
    before = con.execute("SELECT count(*) FROM customers").fetchone()
    con.execute(
        f"INSERT INTO customers (customer_id, {', '.join(fields)}, file_id, line) "  # noqa: S608
        f"SELECT typed.customer_id, {values}, {file_id}, min(typed.line) FROM typed JOIN raw ON raw.line = typed.line "
        "WHERE typed.reason IS NULL AND typed.customer_id IS NOT NULL "
        "AND typed.customer_id NOT IN (SELECT customer_id FROM customers) GROUP BY typed.customer_id"
    )
    after = con.execute("SELECT count(*) FROM customers").fetchone()
    assert before is not None
    assert after is not None
    return int(after[0]) - int(before[0])


# Looks like a personal number: hidden in rows whose columns can't be told apart.
_NUMBER = re.compile(r"\b\d{6,8}\s?[-+]?\s?\d{4}\b")


def write_aside(
    con: DuckDBPyConnection, file_id: int, early: Sequence[tuple[int, str, str]], width: int, hidden: Sequence[int]
) -> None:
    """Book the rows that were set aside: from the careful path, and from `typed` with their cells as text.

    hidden: columns whose cells are personal numbers and are not kept, here neither.
    """
    _book(con, file_id, ((line, reason, _NUMBER.sub("…", text) if hidden else text) for line, reason, text in early))
    cells = ", ".join("'…'" if at in hidden else f"coalesce(raw.c{at}, '')" for at in range(width))
    con.execute(
        f"INSERT INTO set_aside SELECT {file_id}, typed.line, typed.reason, concat_ws(';', {cells}) "  # noqa: S608
        "FROM typed JOIN raw ON raw.line = typed.line WHERE typed.reason IS NOT NULL"
    )


def _book(con: DuckDBPyConnection, file_id: int, rows: Iterable[tuple[int, str, str]]) -> None:
    """Put rows, each a line, a reason and its cells as text, among those set aside."""
    left = iter(rows)
    while part := list(islice(left, 50_000)):
        lines, reasons, texts = zip(*part, strict=True)
        con.execute(
            "INSERT INTO set_aside SELECT $file_id, unnest($lines), unnest($reasons), unnest($texts)",
            {"file_id": file_id, "lines": lines, "reasons": reasons, "texts": texts},
        )


def take_back(con: DuckDBPyConnection, opened: Opened, file_id: int, found: str, reason: str, *, quick: bool) -> None:
    """Set rows that are loaded already aside again: those whose lines stand in the temporary table `found`.

    Their cells are kept as they stand in the file. quick: it was read in bulk, so that there is no table `raw` of it.
    """
    kind, lines = opened.mapped.kind, f"line IN (SELECT line FROM {found})"  # noqa: S608
    if quick:
        rows = con.execute(f"SELECT line FROM {found} ORDER BY line").fetchall()  # noqa: S608
        _book(con, file_id, ((line, reason, text) for line, text in _as_written(opened, [row[0] for row in rows])))
    else:
        cells = ", ".join(f"coalesce(c{at}, '')" for at in range(opened.layout.width))
        con.execute(
            f"INSERT INTO set_aside SELECT $file_id, line, $reason, concat_ws(';', {cells}) FROM raw WHERE {lines}",  # noqa: S608
            {"file_id": file_id, "reason": reason},
        )
        con.execute(f"UPDATE typed SET reason = $reason WHERE {lines}", {"reason": reason})  # noqa: S608
    con.execute(f"DELETE FROM {kind} WHERE file_id = $file_id AND {lines}", {"file_id": file_id})  # noqa: S608


def _as_written(opened: Opened, wanted: Sequence[int]) -> Iterator[tuple[int, str]]:
    """(Line, cells as text) of lines of a file that was read in bulk, where each line is a row. wanted: rising."""
    text, dialect = opened.text, opened.layout.dialect
    assert text is not None
    with text.path.open("rb") as file:
        at = opened.source.first_row - 1
        for line in wanted:
            row = next(islice(file, line - at - 1, None))
            at = line
            (cells,) = csv.reader(
                [row.decode("utf-8-sig").rstrip("\r\n")], delimiter=dialect.delimiter, quotechar=dialect.quote or '"'
            )
            yield line, ";".join(cells)
