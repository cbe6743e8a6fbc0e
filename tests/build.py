"""Small workspaces from plain Python rows, for tests.

    workspace([("ann", "2024-01-03", 100), ("bo", "2024-02-01", "49.50", "order 7"), (None, "2024-02-01", 20)])
    workspace([{"customer_id": "ann", "ordered_at": "2024-01-03", "amount": 100, "channel": "web"}],
              customers=[{"customer_id": "ann", "region": "Skåne", "Boende": "Villa"}],
              answers=[{"customer_id": "ann", "score": 9, "answered_on": "2024-01-10"}])

Values may be text, numbers, dates or None; the workspace's own types do the rest. Keys of customers and transactions
that the schema does not know become attributes, as unmapped columns of a file do.
"""

import shutil
import tempfile
import weakref
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from insight.analysis import registry
from insight.audience import Audience, scoped_query
from insight.ingest.schema import TABLES
from insight.result import Result
from insight.workspace.store import Workspace

Row = Mapping[str, Any] | Sequence[Any]
_SHORT: tuple[str, ...] = ("customer_id", "ordered_at", "amount", "order_id")


def empty() -> Workspace:
    """An empty workspace in a temporary folder that goes when nothing holds the workspace any more."""
    folder = Path(tempfile.mkdtemp(prefix="kundkompass-test-"))
    made = Workspace.create(folder)
    weakref.finalize(made, shutil.rmtree, folder, ignore_errors=True)
    return made


def workspace(
    rows: Iterable[Row] = (), customers: Iterable[Mapping[str, Any]] = (), **tables: Iterable[Mapping[str, Any]]
) -> Workspace:
    """A temporary workspace that holds the rows.

    rows: transactions, as mappings or as (customer_id, ordered_at, amount[, order_id]). customers and the other
    canonical tables: mappings. Its folder goes when nothing holds the workspace any more.
    """
    transactions = [row if isinstance(row, Mapping) else dict(zip(_SHORT, row, strict=False)) for row in rows]
    given: dict[str, list[Mapping[str, Any]]] = {"transactions": [*transactions], "customers": list(customers)}
    given |= {name: list(table) for name, table in tables.items()}
    made = empty()
    filled = {name: _table(name, table) for name, table in given.items() if table}
    if filled:
        made.load_tables(filled, name="test")
    for name in ("transactions", "customers"):
        _attributes(made, name, given[name])
    return made


def run(made: Workspace, key: str, chosen: Mapping[str, str], scope: Audience | None = None) -> Result:
    """The answer of one analysis, within a selection where one is given."""
    with scoped_query(made, scope) as query:
        return registry.run(query, key, chosen)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _table(name: str, rows: list[Mapping[str, Any]]) -> pa.Table:
    known = [field.name for field in TABLES[name].fields if any(field.name in row for row in rows)]
    columns = list(dict.fromkeys([*known, "customer_id"]))
    return pa.table({column: pa.array([_text(row.get(column)) for row in rows], pa.string()) for column in columns})


def _attributes(made: Workspace, name: str, rows: list[Mapping[str, Any]]) -> None:
    known = {field.name for field in TABLES[name].fields}
    labels = list(dict.fromkeys(key for row in rows for key in row if key not in known))
    if not labels:
        return
    made.close()
    with duckdb.connect(str(made.folder / made.manifest.database)) as con:
        for number, label in enumerate(labels, start=1):
            con.execute(f"ALTER TABLE {name} ADD COLUMN a{number} VARCHAR")
            con.execute("INSERT INTO attributes VALUES (?, ?, ?)", [name, f"a{number}", label])
            values = [[_text(row.get(label)), line] for line, row in enumerate(rows, start=2)]
            con.executemany(f"UPDATE {name} SET a{number} = ? WHERE line = ?", values)
