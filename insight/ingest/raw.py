"""The raw table: every cell of a file as trimmed text in `raw(line, c0 … cn)`, blank cells NULL."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import duckdb
from duckdb import DuckDBPyConnection

from insight.errors import IngestError
from insight.ingest.cells import SPACES
from insight.ingest.detect import Layout

# A zero-width space or a BOM in the middle is no part of any value either.
BLANKS = SPACES + "\u200b\ufeff"
# Told, not found out: a bare CR within quotes would be taken for a line end.
_LINE_FEED = r", new_line = '\n'"
_AT_ONCE = 16
_APOSTROPHE = "''''"
# DuckDB's names for lists and records.
_NESTED = re.compile(r"\]$|^(?:STRUCT|MAP|UNION|VARIANT)\b")


def csv_source(
    width: int, delimiter: str, skip: int, further: str = "", typed: Mapping[int, str] = MappingProxyType({})
) -> str:
    """The table function that reads a plain text file; the path is the parameter $path.

    further: an option more. typed: columns that the reader gives a type; a cell that is not of it stops the statement.
    """
    columns = ", ".join(f"'c{at}': '{typed.get(at, 'VARCHAR')}'" for at in range(width))
    mark = delimiter.replace("'", "''")
    return (
        f"read_csv($path, auto_detect = false, header = false, skip = {skip}, delim = '{mark}', "
        f"quote = '\"', escape = '\"', columns = {{{columns}}}, "
        f"nullstr = '', strict_mode = true, hive_partitioning = false, compression = 'none', "
        f"max_line_size = 4000000, buffer_size = 8000000{further})"
    )


def change(con: DuckDBPyConnection, table: str, cells: Mapping[str, str], beside: str = "") -> None:
    """Write a temporary table anew with these columns changed: column → SQL.

    An UPDATE of all rows keeps what was and what is in memory until the load is over, which ten million lines have no
    room for; a new table is written out when memory runs short. beside: what the table is joined with.
    """
    replaced = ", ".join(f"{sql} AS {name}" for name, sql in cells.items())
    con.execute(f"CREATE TEMP TABLE changed AS SELECT {table}.* REPLACE ({replaced}) FROM {table} {beside}")  # noqa: S608
    con.execute(f"DROP TABLE {table}")
    con.execute(f"ALTER TABLE changed RENAME TO {table}")


def trim_cells(con: DuckDBPyConnection, width: int) -> None:
    """Take blanks off the ends of cells; a cell with nothing left is NULL. Only columns that have any are touched.

    What keeps Excel's hands off text goes too: ="00012", an apostrophe before each cell.
    """
    codes = ", ".join(str(ord(char)) for char in BLANKS)
    # A few columns at a time: the time to plan one statement grows with the square of its columns.
    for start in range(0, width, _AT_ONCE):
        found = _untrimmed(con, range(start, min(width, start + _AT_ONCE)), codes)
        if found:
            change(con, "raw", found)


def _untrimmed(con: DuckDBPyConnection, columns: Sequence[int], codes: str) -> dict[str, str]:
    """The columns that have something to take off, with the SQL that does."""
    tests = [f"bool_or(unicode(c{at}) IN ({codes}) OR unicode(right(c{at}, 1)) IN ({codes}))" for at in columns]
    tests += [f"bool_or({_formula(f'c{at}')})" for at in columns]
    tests += [f"bool_and(starts_with(c{at}, {_APOSTROPHE}))" for at in columns]
    row = con.execute(f"SELECT {', '.join(tests)} FROM raw").fetchone()  # noqa: S608
    assert row is not None
    found: dict[str, str] = {}
    for place, at in enumerate(columns):
        blank, formula, quoted = row[place :: len(columns)]
        cell = f"nullif(trim(c{at}, '{BLANKS}'), '')" if blank else f"c{at}"
        if formula:
            cell = f"CASE WHEN {_formula(cell)} THEN nullif({cell}[3:-2], '') ELSE {cell} END"
        if quoted:
            cell = f"nullif({cell}[2:], '')"
        if blank or formula or quoted:
            found[f"c{at}"] = cell
    return found


def _formula(cell: str) -> str:
    return f"(starts_with({cell}, '=\"') AND ends_with({cell}, '\"'))"


def from_text(con: DuckDBPyConnection, path: Path, layout: Layout, *, expected: int, offset: int) -> bool:
    """Fill `raw` straight from a plain text file. False when it is not as plain as its first lines: nothing is kept.

    expected: data lines by the count of line ends; offset: what is added to a row's number to get the user's line.
    """
    cells = ", ".join(f"nullif(c{at}, '') AS c{at}" for at in range(layout.width))
    source = csv_source(layout.width, layout.dialect.delimiter, layout.first_line - 1)
    try:
        con.execute(
            "CREATE OR REPLACE TEMP TABLE raw AS "  # noqa: S608
            f"SELECT row_number() OVER () + {offset} AS line, {cells} FROM {source}",
            {"path": str(path)},
        )
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        # Not plain after all: the careful path reads it, record by record. The failed statement has ended the
        # transaction, in which nothing else had happened yet.
        con.execute("ROLLBACK")
        con.execute("BEGIN TRANSACTION")
        return False
    row = con.execute("SELECT count(*) FROM raw").fetchone()
    if row is not None and row[0] == expected:
        trim_cells(con, layout.width)
    if row is None or row[0] != expected or _blank_rows(con, layout.width):
        con.execute("DROP TABLE raw")
        return False
    return True


def _blank_rows(con: DuckDBPyConnection, width: int) -> bool:
    row = con.execute(f"SELECT 1 FROM raw WHERE coalesce({_cells(width)}) IS NULL LIMIT 1").fetchone()  # noqa: S608
    return row is not None


def _cells(width: int) -> str:
    return ", ".join(f"c{at}" for at in range(width)) + (", NULL" if width == 1 else "")


def from_normalised(con: DuckDBPyConnection, path: Path, width: int) -> None:
    """Fill `raw` from the careful path's file, whose first column is the line."""
    cells = ", ".join(f"nullif(c{at + 1}, '') AS c{at}" for at in range(width))
    con.execute(
        "CREATE OR REPLACE TEMP TABLE raw AS "  # noqa: S608
        f"SELECT CAST(c0 AS BIGINT) AS line, {cells} FROM {csv_source(width + 1, ',', 0, _LINE_FEED)}",
        {"path": str(path)},
    )
    trim_cells(con, width)


def from_parquet(con: DuckDBPyConnection, path: Path, limit: int | None = None) -> tuple[str, ...]:
    """Fill `raw` from a Parquet file (its first rows, with a limit); returns its labels. Lines are row numbers.

    Columns of lists and records are left out.
    """
    most = f" LIMIT {limit}" if limit is not None else ""
    source = "read_parquet($path, hive_partitioning = false)"
    try:
        described = con.execute(f"DESCRIBE SELECT * FROM {source}", {"path": str(path)}).fetchall()  # noqa: S608
        names = ", ".join(f"c{at}" for at in range(len(described)))
        flat = [(at, str(row[0]), str(row[1])) for at, row in enumerate(described) if not _NESTED.search(str(row[1]))]
        labels = tuple(label for _, label, _ in flat)
        cells = ", ".join(
            f"nullif({_as_text(f'c{at}', kind)}, '') AS c{place}" for place, (at, _, kind) in enumerate(flat)
        )
        con.execute(
            "CREATE OR REPLACE TEMP TABLE raw AS "  # noqa: S608
            f"SELECT row_number() OVER () AS line, {cells} FROM {source} AS data({names}){most}",
            {"path": str(path)},
        )
    except (duckdb.OutOfMemoryException, duckdb.InterruptException):
        raise
    except duckdb.Error as error:  # damaged pages come in many classes, the bare one among them
        raise IngestError("ingest.file_damaged") from error
    trim_cells(con, len(labels))
    return labels


def _as_text(name: str, kind: str) -> str:
    """A typed cell as text; whole floating point numbers lose their '.0'."""
    if kind in ("DOUBLE", "FLOAT") or kind.startswith("DECIMAL"):
        return (
            f"CASE WHEN {name} = trunc({name}) AND abs({name}) < 1e15 THEN CAST(CAST({name} AS BIGINT) AS VARCHAR) "
            f"ELSE CAST({name} AS VARCHAR) END"
        )
    return f"CAST({name} AS VARCHAR)"


def sample(con: DuckDBPyConnection, width: int, n: int = 400) -> list[tuple[str, ...]]:
    """The first rows of the raw table as text, blank cells ''."""
    columns = ", ".join(f"coalesce(c{at}, '')" for at in range(width))
    return [tuple(row) for row in con.execute(f"SELECT {columns} FROM raw ORDER BY line LIMIT {n}").fetchall()]  # noqa: S608


def tail(con: DuckDBPyConnection, width: int, n: int = 30) -> list[tuple[int, list[str]]]:
    """The last rows with their lines."""
    columns = ", ".join(f"coalesce(c{at}, '')" for at in range(width))
    rows = con.execute(f"SELECT line, {columns} FROM raw ORDER BY line DESC LIMIT {n}").fetchall()  # noqa: S608
    return [(int(row[0]), list(row[1:])) for row in rows]


def worded(
    con: DuckDBPyConnection, width: int, columns: Sequence[int], words: str, n: int = 5000
) -> list[tuple[int, list[str]]]:
    """Rows in which one of the columns begins with one of the words, with their lines."""
    if not columns:
        return []
    cells = ", ".join(f"coalesce(c{at}, '')" for at in range(width))
    hits = " OR ".join(f"regexp_matches(c{at}, $words, 'i')" for at in columns)
    rows = con.execute(
        f"SELECT line, {cells} FROM raw WHERE {hits} ORDER BY line LIMIT {n}",  # noqa: S608
        {"words": words},
    ).fetchall()
    return [(int(row[0]), list(row[1:])) for row in rows]


def drop_lines(con: DuckDBPyConnection, lines: Sequence[int]) -> None:
    """Remove rows by their lines."""
    con.execute("DELETE FROM raw WHERE line IN (SELECT unnest($lines))", {"lines": list(lines)})
