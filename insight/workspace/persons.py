"""Several ids of one person: the identities table joined to every table with a customer id, and undone again.

A row of identities says that `other_id` belongs to the person `customer_id`. Chains and cycles are one person. The id
that stands for a person is the one that nobody else's row claims; in a cycle, the first in order of text among the
claiming ids. An `other_id` that two persons claim who are not the same by other rows is a conflict: none of its claims
count, and it is reported.

`join` gives each row its person's id and keeps the file's own in a column `own_id`; customers of one person become one
row and their own rows wait in `customers_own`. `undo` puts everything back as the files said it. Every change of the
data begins with `undo` and ends with `join`, so reading knows nothing of persons, the order of files does not matter,
and taking the identities file out leaves no trace. Without identities both are a look at an empty table.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

from duckdb import DuckDBPyConnection

from insight.ingest.report import FileMessage
from insight.ingest.schema import TABLES
from insight.workspace.stored import rewrite

MOVED_TABLES = tuple(name for name in TABLES if name not in ("customers", "identities"))

_CLAIMS = """
    CREATE OR REPLACE TEMP TABLE claims AS
    SELECT DISTINCT customer_id, other_id FROM identities WHERE customer_id <> other_id
"""
_SHARED = """
    CREATE OR REPLACE TEMP TABLE shared AS SELECT other_id FROM claims GROUP BY other_id HAVING count(*) > 1
"""
_LINKS = (
    "CREATE OR REPLACE TEMP TABLE links AS SELECT * FROM claims WHERE other_id NOT IN (SELECT other_id FROM shared)"
)

_LABELS = """
    CREATE OR REPLACE TEMP TABLE labels AS
    SELECT id, id AS root FROM (SELECT customer_id AS id FROM links UNION SELECT other_id FROM links) AS ids
"""
# Each group takes the least label of the groups beside it, and those in turn theirs: long chains shrink by halves.
_HOOKS = """
    CREATE OR REPLACE TEMP TABLE hooks AS
    WITH beside AS (
        SELECT mine.root AS one, others.root AS two
        FROM links
        JOIN labels AS mine ON mine.id = links.customer_id
        JOIN labels AS others ON others.id = links.other_id
        WHERE mine.root <> others.root)
    SELECT greatest(one, two) AS root, min(least(one, two)) AS above FROM beside GROUP BY greatest(one, two)
"""
_CLIMB = """
    CREATE OR REPLACE TEMP TABLE climbed AS
    SELECT hooks.root, further.above FROM hooks JOIN hooks AS further ON further.root = hooks.above
"""
_CLIMBED = "UPDATE hooks SET above = climbed.above FROM climbed WHERE climbed.root = hooks.root"
_RELABEL = "UPDATE labels SET root = hooks.above FROM hooks WHERE hooks.root = labels.root"
_ONE_PERSON_AFTER_ALL = """
    CREATE OR REPLACE TEMP TABLE settled AS
    SELECT claims.other_id
    FROM claims JOIN shared USING (other_id) LEFT JOIN labels ON labels.id = claims.customer_id
    GROUP BY claims.other_id
    HAVING count(DISTINCT coalesce(labels.root, claims.customer_id)) = 1
"""
_PERSONS = """
    INSERT INTO persons
    SELECT labels.id, named.person
    FROM labels JOIN (
        SELECT root, coalesce(
            min(CASE WHEN id NOT IN (SELECT other_id FROM links) THEN id ELSE NULL END),
            min(CASE WHEN id IN (SELECT customer_id FROM links) THEN id ELSE NULL END)) AS person
        FROM labels GROUP BY root) AS named ON named.root = labels.root
    WHERE labels.id <> named.person
"""
_IDS = " UNION ".join(f"SELECT customer_id FROM {name}" for name in (*MOVED_TABLES, "customers"))  # noqa: S608
_COUNT_IDS = f"SELECT count(customer_id) FROM ({_IDS}) AS ids"  # noqa: S608
_WITH_PERSONS = """
    SELECT
        transactions.* REPLACE (coalesce(persons.customer_id, transactions.customer_id) AS customer_id),
        CASE WHEN persons.own_id IS NOT NULL THEN transactions.customer_id ELSE NULL END AS own_id
    FROM transactions LEFT JOIN persons ON persons.own_id = transactions.customer_id
"""
_OWN_CUSTOMERS = """
    CREATE TABLE customers_own AS
    WITH together AS (
        SELECT DISTINCT persons.customer_id AS person
        FROM persons JOIN customers ON customers.customer_id = persons.own_id)
    SELECT customers.*, together.person
    FROM customers LEFT JOIN persons ON persons.own_id = customers.customer_id
    JOIN together ON together.person = coalesce(persons.customer_id, customers.customer_id)
"""


@dataclass(frozen=True)
class Joined:
    """What joining the ids led to. ids: different customer ids in the data before, persons: after; rows_moved: rows
    that stand under another id than their file's; customers_merged: customer rows that went into another's; conflicts:
    other ids that are claimed by several persons and therefore left alone."""

    ids: int = 0
    persons: int = 0
    rows_moved: int = 0
    customers_merged: int = 0
    conflicts: int = 0

    @property
    def merged(self) -> int:
        """Ids that turned out to be somebody's who has another."""
        return self.ids - self.persons


def undo(con: DuckDBPyConnection) -> bool:
    """Give every row the id that its file gave it; whether there was anything to undo."""
    if not _any(con, "SELECT 1 FROM persons LIMIT 1"):
        con.execute("DELETE FROM facts_meta")
        return False
    for table in MOVED_TABLES:
        if _has_own_ids(con, table):
            con.execute(f"UPDATE {table} SET customer_id = own_id WHERE own_id IS NOT NULL")  # noqa: S608
            con.execute(f"ALTER TABLE {table} DROP COLUMN own_id")
    if _any(con, "SELECT 1 FROM duckdb_tables() WHERE table_name = 'customers_own'"):
        con.execute("DELETE FROM customers WHERE customer_id IN (SELECT person FROM customers_own)")
        con.execute("INSERT INTO customers BY NAME SELECT * EXCLUDE (person) FROM customers_own")
        con.execute("DROP TABLE customers_own")
    con.execute("DELETE FROM persons")
    con.execute("DELETE FROM facts_meta")
    return True


def join(con: DuckDBPyConnection, *, undone: bool) -> None:
    """Find the persons behind the ids and give every row its person's id. undone: whether `undo` moved any rows."""
    if not _any(con, "SELECT 1 FROM identities LIMIT 1"):
        if undone:
            rewrite(con, "SELECT * FROM transactions")
        return
    conflicts = _find_persons(con)
    ids = _number(con, _COUNT_IDS)
    moved = _move_rows(con, undone)
    own, merged = _merge_customers(con)
    found = Joined(ids, _number(con, _COUNT_IDS), moved + own, merged, conflicts)
    con.execute(
        "INSERT INTO facts_meta SELECT unnest($names), unnest($values)",
        {"names": list(asdict(found)), "values": [str(value) for value in asdict(found).values()]},
    )
    for name in ("claims", "shared", "links", "labels", "hooks", "climbed", "settled"):
        con.execute(f"DROP TABLE IF EXISTS temp.{name}")


def joined(rows: Sequence[tuple[str, str]]) -> Joined:
    """The kept counts from the rows (name, value) of `facts_meta`; all 0 where no ids were joined."""
    known = {field.name for field in fields(Joined)}
    return Joined(**{name: int(value) for name, value in rows if name in known})


def messages(found: Joined, kind: str, moved: int) -> list[FileMessage]:
    """What a file's report says: an identities file, what it led to; any other, how many of its rows moved."""
    if kind != "identities":
        return [FileMessage("persons_rows", "note", {"count": moved})] if moved else []
    values = {"ids": found.ids, "persons": found.persons, "merged": found.merged, "rows": found.rows_moved}
    said = [FileMessage("persons_joined" if found.rows_moved else "persons_none", "note", values)]
    if found.conflicts:
        said.append(FileMessage("persons_conflict", "warning", {"count": found.conflicts}))
    return said


def moved_of(con: DuckDBPyConnection, file_id: int) -> int:
    """How many of a file's rows stand under another id than the file's."""
    parts = [
        f"SELECT count(*) AS n FROM {table} WHERE file_id = $file_id AND own_id IS NOT NULL"  # noqa: S608
        for table in MOVED_TABLES
        if _has_own_ids(con, table)
    ]
    if not parts:
        return 0
    return _number(con, f"SELECT coalesce(sum(n), 0) FROM ({' UNION ALL '.join(parts)}) AS parts", file_id=file_id)  # noqa: S608


def _find_persons(con: DuckDBPyConnection) -> int:
    """Fill `persons`; how many other ids are claimed by several persons.

    An id with one claimant is linked at once. One with several is linked when its claimants turn out to be one person,
    which may settle the next; what remains is a conflict.
    """
    for statement in (_CLAIMS, _SHARED, _LINKS):
        con.execute(statement)
    while True:
        _connect(con)
        con.execute(_ONE_PERSON_AFTER_ALL)
        if not _any(con, "SELECT 1 FROM settled LIMIT 1"):
            break
        con.execute("INSERT INTO links SELECT * FROM claims WHERE other_id IN (SELECT other_id FROM settled)")
        con.execute("DELETE FROM shared WHERE other_id IN (SELECT other_id FROM settled)")
    con.execute(_PERSONS)
    return _number(con, "SELECT count(*) FROM shared")


def _connect(con: DuckDBPyConnection) -> None:
    """Give all ids that links connect the same label."""
    con.execute(_LABELS)
    while True:
        con.execute(_HOOKS)
        if not _any(con, "SELECT 1 FROM hooks LIMIT 1"):
            return
        while True:
            con.execute(_CLIMB)
            if not _any(con, "SELECT 1 FROM climbed LIMIT 1"):
                break
            con.execute(_CLIMBED)
        con.execute(_RELABEL)


def _move_rows(con: DuckDBPyConnection, undone: bool) -> int:
    moved = 0
    for table in MOVED_TABLES:
        n = _number(con, f"SELECT count(*) FROM {table} WHERE customer_id IN (SELECT own_id FROM persons)")  # noqa: S608
        moved += n
        if table == "transactions":
            if n:
                rewrite(con, _WITH_PERSONS)
            elif undone:
                rewrite(con, "SELECT * FROM transactions")
        elif n:
            con.execute(f"ALTER TABLE {table} ADD COLUMN own_id VARCHAR")
            con.execute(
                f"UPDATE {table} SET own_id = persons.own_id, customer_id = persons.customer_id "  # noqa: S608
                f"FROM persons WHERE persons.own_id = {table}.customer_id"
            )
    return moved


def _merge_customers(con: DuckDBPyConnection) -> tuple[int, int]:
    """One row a person: the row of the person's own id first, then as the rows came; of each column the first that is
    filled. A consent that any of the rows denies is denied. Returns rows that moved, and rows that are gone."""
    con.execute(_OWN_CUSTOMERS)
    own = _number(con, "SELECT count(*) FROM customers_own WHERE customer_id <> person")
    if not own:
        con.execute("DROP TABLE customers_own")
        return 0, 0
    names = [str(row[0]) for row in con.execute("DESCRIBE customers").fetchall()]
    parts = ", ".join(f'{_first_filled(name)} AS "{name}"' for name in names if name != "customer_id")
    before = _number(con, "SELECT count(*) FROM customers")
    con.execute("DELETE FROM customers WHERE customer_id IN (SELECT customer_id FROM customers_own)")
    con.execute(
        f"INSERT INTO customers BY NAME SELECT person AS customer_id, {parts} FROM ("  # noqa: S608
        "SELECT *, row_number() OVER (PARTITION BY person ORDER BY customer_id <> person, file_id, line) AS place "
        "FROM customers_own) AS ranked GROUP BY person"
    )
    return own, before - _number(con, "SELECT count(*) FROM customers")


def _first_filled(name: str) -> str:
    if name.startswith("consent_"):
        return f'bool_and("{name}")'
    return f'arg_min("{name}", place)'


def _has_own_ids(con: DuckDBPyConnection, table: str) -> bool:
    return _any(con, "SELECT 1 FROM duckdb_columns() WHERE table_name = $table AND column_name = 'own_id'", table=table)


def _any(con: DuckDBPyConnection, sql: str, **params: object) -> bool:
    return con.execute(sql, params).fetchone() is not None


def _number(con: DuckDBPyConnection, sql: str, **params: object) -> int:
    row = con.execute(sql, params).fetchone()
    assert row is not None
    return int(row[0])
