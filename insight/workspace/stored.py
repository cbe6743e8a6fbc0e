"""How transactions lie on disk: in the order that queries rely on for speed, and only the fields that any file has.

A column of ten million empty cells takes as long to write as a filled one, and no file fills them all. The fields that
no file has are therefore not stored: they are generated, always NULL, and read as any other. Who adds rows, or writes
in them, asks for `room` first.
"""

from collections.abc import Collection, Iterable

from duckdb import DuckDBPyConnection

from insight.ingest.schema import SQL_TYPES, TABLES

_COLUMNS = """
    SELECT column_name, data_type, is_generated = 'NEVER' FROM information_schema.columns
    WHERE table_catalog = current_database() AND table_schema = 'main' AND table_name = 'transactions'
    ORDER BY ordinal_position
"""
_FIELDS = {field.name: SQL_TYPES[field.type] for field in TABLES["transactions"].fields}


def room(con: DuckDBPyConnection, names: Iterable[str]) -> None:
    """Make the transactions able to take these fields: an empty table is made anew for them, in one that has rows those
    that are not stored yet are from now on."""
    wanted, (columns, stored) = set(names), _columns(con)
    if not stored:
        con.execute("DROP TABLE transactions")
        _create(con, "transactions", columns, wanted)
    elif not wanted <= stored:
        rewrite(con, "SELECT * FROM transactions", wanted)


def rewrite(con: DuckDBPyConnection, source: str, filled: Iterable[str] = ()) -> None:
    """Write the transactions anew from a SELECT, sorted by customer and time.

    filled: fields that are stored from now on, beside those that are already. A column of the SELECT that the table
    does not have comes with its type.
    """
    columns, stored = _columns(con)
    stored |= set(filled)
    described = {str(row[0]): str(row[1]) for row in con.execute(f"DESCRIBE {source}").fetchall()}
    _create(con, "sorted_transactions", described | columns, stored)
    names = ", ".join(f'"{name}"' for name in described if name in stored or name not in _FIELDS)
    con.execute(
        f"INSERT INTO sorted_transactions ({names}) SELECT {names} FROM ({source}) AS lines "  # noqa: S608
        "ORDER BY customer_id, ordered_at, file_id, line"
    )
    con.execute("DROP TABLE transactions")
    con.execute("ALTER TABLE sorted_transactions RENAME TO transactions")


def _columns(con: DuckDBPyConnection) -> tuple[dict[str, str], set[str]]:
    """The columns of the transactions with their types, and which of them are stored: none while there are no rows."""
    found = con.execute(_COLUMNS).fetchall()
    filled = bool(con.execute("SELECT 1 FROM transactions LIMIT 1").fetchall())
    stored = {str(name) for name, _, there in found if there and filled}
    return {str(name): str(kind) for name, kind, _ in found}, stored


def _create(con: DuckDBPyConnection, table: str, columns: dict[str, str], stored: Collection[str]) -> None:
    """An empty table of transactions that stores these of the fields, and every other column.

    The database gives the NULL its column's type. It evaluates every generated column for each 2,048 rows that are
    inserted, so that a cast of our own on top of that would be paid for thousands of times.
    """
    parts = [
        f'"{name}" {kind}'
        if name in stored or name not in _FIELDS
        else f'"{name}" {kind} GENERATED ALWAYS AS (NULL) VIRTUAL'
        for name, kind in columns.items()
    ]
    con.execute(f"CREATE TABLE {table} ({', '.join(parts)})")
