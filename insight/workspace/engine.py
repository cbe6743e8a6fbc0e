"""Queries: static SQL with named parameters, run on one cursor that knows its scope.

`Query` is what an analysis gets. The scope is the temporary table `scope(customer_id)`; a text that names `$scoped`
gets it bound: `(NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))` keeps unidentified sales only where
there is no scope.
"""

import re
from collections.abc import Mapping, MutableMapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
from duckdb import DuckDBPyConnection

from insight.errors import NotEnoughDataError, WorkspaceError

ScopeMark = tuple[str, Mapping[str, str], Mapping[str, str]]

_NAMED = re.compile(r"\$([a-z_][a-z0-9_]*)")
_NAME = re.compile(r"[a-z][a-z0-9_]*")

_EXTENT = """
    SELECT cast(min(ordered_at) AS DATE) AS first_on, cast(max(ordered_at) AS DATE) AS last_on FROM transactions
"""


class Query:
    """One cursor on a workspace with a scope; not to be shared between threads.

    `kept` holds aggregates of this state of the data (small ones, and the latest sums a customer that the ladder bins
    anew for every bound), for questions that are asked again with other assumptions; it is emptied when the data
    change. What a scope narrows is not kept there. `scope_marks` is what the scope was chosen by: (analysis, settings,
    mark) of each of its marks.
    """

    def __init__(
        self, cursor: DuckDBPyConnection, *, currency: str = "SEK", scoped: bool = False,
        kept: MutableMapping[tuple[object, ...], Any] | None = None,
    ) -> None:  # fmt: skip
        self._cursor = cursor
        self.kept: MutableMapping[tuple[object, ...], Any] = {} if kept is None else kept
        self.currency = currency
        self.scoped = scoped
        self.scope_marks: tuple[ScopeMark, ...] = ()
        self._kinds: dict[str, str] = {}
        cursor.execute("CREATE OR REPLACE TEMP TABLE scope (customer_id VARCHAR)")

    def _execute(self, sql: str, params: Mapping[str, object]) -> DuckDBPyConnection:
        named = set(_NAMED.findall(sql))
        bound = {name: value for name, value in {**params, "scoped": self.scoped}.items() if name in named}
        try:
            return self._cursor.execute(sql, bound)
        except duckdb.OutOfMemoryException:
            raise WorkspaceError("workspace.out_of_memory") from None
        except duckdb.InterruptException:
            raise WorkspaceError("workspace.too_slow") from None

    def rows(self, sql: str, **params: object) -> list[tuple[Any, ...]]:
        """Every row of the answer, money as exact Decimals."""
        return self._execute(sql, params).fetchall()

    def one(self, sql: str, **params: object) -> tuple[Any, ...]:
        """The single row of the answer. Raises NotEnoughDataError when there is none."""
        found = self.rows(sql, **params)
        if not found:
            raise NotEnoughDataError("error.no_rows")
        return found[0]

    def frame(self, sql: str, **params: object) -> pd.DataFrame:
        """The answer as a small frame: money as exact Decimals, integers with gaps kept as integers."""
        cursor = self._execute(sql, params)
        names = [column[0] for column in cursor.description or []]
        return pd.DataFrame(cursor.fetchall(), columns=names, dtype=object).infer_objects()

    def arrow(self, sql: str, **params: object) -> pa.Table:
        """The answer as an Arrow table, for what is long: decimals stay decimals."""
        named = set(_NAMED.findall(sql))
        bound = {name: value for name, value in {**params, "scoped": self.scoped}.items() if name in named}
        return self._cursor.sql(sql, params=bound).to_arrow_table()

    def make(self, name: str, sql: str, **params: object) -> None:
        """Keep the answer as temporary table `name` on this cursor, replacing an earlier one."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name} is not one of our table names")
        if self._kinds.get(name) == "VIEW":
            # The answer may be made from what has the name until now.
            self._execute(f"CREATE OR REPLACE TEMP TABLE made_{name} AS {sql}", params)
            self._becomes(name, "TABLE")
            self._cursor.execute(f"ALTER TABLE made_{name} RENAME TO {name}")
            return
        self._execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}", params)
        self._kinds[name] = "TABLE"

    def view(self, name: str, sql: str) -> None:
        """Call a query without parameters `name` on this cursor: what is asked of it decides how much of it is made."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name} is not one of our table names")
        self._becomes(name, "VIEW")
        self._execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {sql}", {})

    def put(self, name: str, table: pa.Table) -> None:
        """Keep an Arrow table as temporary table `name` on this cursor."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name} is not one of our table names")
        self._becomes(name, "TABLE")
        self._cursor.register("arrow_input", table)
        self._cursor.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM arrow_input")  # noqa: S608
        self._cursor.unregister("arrow_input")

    def lend(self, name: str, table: pa.Table) -> None:
        """Call an Arrow table `name` on this cursor, without a copy, replacing an earlier view."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name} is not one of our table names")
        self._becomes(name, "VIEW")
        self._cursor.execute(f"DROP VIEW IF EXISTS {name}")
        self._cursor.register(name, table)

    def _becomes(self, name: str, kind: str) -> None:
        """A name that was a table becomes a view, or the other way: the one cannot replace the other."""
        if self._kinds.get(name, kind) != kind:
            self._cursor.execute(f"DROP {self._kinds[name]} {name}")
        self._kinds[name] = kind

    def extent(self) -> tuple[date, date]:
        """First and last day with a transaction, whatever the scope. Raises NotEnoughDataError without any."""
        first, last = self.one(_EXTENT)
        if first is None:
            raise NotEnoughDataError("error.no_transactions")
        return first, last

    def day_after_last(self) -> date:
        """The default `as_of`: the day after the last transaction, so that all data counts."""
        return self.extent()[1] + timedelta(days=1)

    def count(self, table: str) -> int:
        """Rows of one of our tables."""
        if not _NAME.fullmatch(table):
            raise ValueError(f"{table} is not one of our table names")
        return int(self.one(f"SELECT count(*) FROM {table}")[0])  # noqa: S608

    def has_values(self, table: str, column: str) -> bool:
        """Whether a column of one of our tables holds anything."""
        if not (_NAME.fullmatch(table) and _NAME.fullmatch(column)):
            raise ValueError(f"{table}.{column} is not one of ours")
        return bool(self.one(f'SELECT count("{column}") > 0 FROM {table}')[0])  # noqa: S608

    def close(self) -> None:
        """Give the cursor back."""
        self._cursor.close()

    def __enter__(self) -> "Query":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def money(value: object) -> Decimal:
    """A sum as money with two exact decimals; None counts as nothing sold."""
    return Decimal(str(value or 0)).quantize(Decimal("0.01"))
