"""What customers and sales can be told apart by: the fields that hold something, by key, and their values in SQL.

Keys are the schema's field names, a few made ones (age_band, first_channel …), and for columns that a file brought
along beyond the schema, their labels as the file has them.
"""

import json
import re
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

from insight.errors import NotEnoughDataError, UsageError
from insight.workspace.engine import Query

UNKNOWN = "unknown"
_COLUMN = re.compile(r"[a-z][a-z0-9_]*")
Level = Literal["order", "line", "customer", "facts"]

_ORDER = ("channel", "store")
_LINE = ("category", "brand", "device", "delivery", "link")
_CUSTOMER = (
    "join_channel", "join_store", "region", "member_level", "is_member", "gender", "age_band", "customer_type",
    "industry", "country", "city", "role",
)  # fmt: skip
_FACTS = ("main_channel", "main_store", "first_channel", "first_store", "n_channels")
_FIRST = ("fields", "first")
_TELLING = """
    SELECT count(DISTINCT channel) AS channels, count(DISTINCT store) AS stores
    FROM orders WHERE ordered_on > (SELECT max(ordered_on) FROM orders) - 365
"""
_SOURCE = {"age_band": "birth_date"}

_PLACES: tuple[tuple[Level, str, tuple[str, ...]], ...] = (
    ("order", "orders", _ORDER), ("line", "transactions", _LINE), ("customer", "customers", _CUSTOMER),
    ("facts", "customer_facts", _FACTS),
)  # fmt: skip

# Youngest age of each band.
_AGES = (0, 25, 35, 45, 55, 65, 75)
AGE_KEYS = (*(f"age_{low}_{high - 1}" for low, high in pairwise(_AGES)), f"age_{_AGES[-1]}")
_AGE_BAND = """
    CASE
        WHEN birth_date IS NULL OR birth_date >= $as_of THEN NULL
        WHEN age < 25 THEN 'age_0_24' WHEN age < 35 THEN 'age_25_34' WHEN age < 45 THEN 'age_35_44'
        WHEN age < 55 THEN 'age_45_54' WHEN age < 65 THEN 'age_55_64' WHEN age < 75 THEN 'age_65_74' ELSE 'age_75'
    END
"""
_AGES_AT = """
    SELECT
        customer_id,
        max(birth_date) AS birth_date,
        year($as_of) - year(max(birth_date))
            - CASE WHEN 100 * month($as_of) + day($as_of) < 100 * month(max(birth_date)) + day(max(birth_date))
                THEN 1 ELSE 0 END AS age
    FROM customers GROUP BY customer_id
"""


@dataclass(frozen=True)
class Dimension:
    """One field: its key, where it lives, and its column there. `own`: a column of the file, its key is its label."""

    key: str
    level: Level
    column: str
    own: bool = False

    @property
    def name(self) -> str:
        """Its catalogue key, or the user's own label."""
        return self.key if self.own else f"field.{self.key}"


def available(query: Query, *, of_customers: bool = False) -> dict[str, Dimension]:
    """The fields that hold at least one value, by key; of_customers leaves out those of orders and lines."""
    found: dict[str, Dimension] = {}
    for level, table, keys in _PLACES:
        if of_customers and level in ("order", "line"):
            continue
        held = _held(query, table, [_SOURCE.get(key, key) for key in keys])
        found |= {key: Dimension(key, level, key) for key in keys if _SOURCE.get(key, key) in held}
    hidden = _personal(query)
    for table, column, label in query.rows("SELECT table_name, column_name, label FROM attributes ORDER BY 1, 2"):
        if label in hidden:
            continue
        wanted = table == "customers" or (table == "transactions" and not of_customers)
        if wanted and label not in found and _COLUMN.fullmatch(column):
            found[label] = Dimension(label, "customer" if table == "customers" else "line", column, own=True)
    return found


def _personal(query: Query) -> set[str]:
    """Labels of columns that were recognised as names, addresses and the like: nobody is told apart by those."""
    reports = [json.loads(row[0]) for row in query.rows("SELECT report FROM files")]
    return {column["label"] for report in reports for column in report["columns"] if column["personal"]}


def _held(query: Query, table: str, columns: list[str]) -> set[str]:
    counts = ", ".join(f"count({column})" for column in columns)
    return {column for column, n in zip(columns, query.one(f"SELECT {counts} FROM {table}"), strict=True) if n}  # noqa: S608


def first(query: Query) -> str | None:
    """The field to begin with: the first that tells the orders of the latest year apart, else the first there is.

    A field may hold something only in years that are not looked at, or the same for every order.
    """
    if _FIRST not in query.kept:
        there = available(query)
        counted = zip(_ORDER, query.one(_TELLING), strict=True)
        query.kept[_FIRST] = next(iter([*(key for key, n in counted if n > 1 and key in there), *there]), None)
    return query.kept[_FIRST]


def find(query: Query, key: str, *, of_customers: bool = False) -> Dimension:
    """The field of that key. Raises UsageError that lists those there are, NotEnoughDataError without any."""
    there = available(query, of_customers=of_customers)
    if key in there:
        return there[key]
    if not there:
        raise NotEnoughDataError("fields.none")
    raise UsageError("fields.unknown", value=key, known=", ".join(there))


def make_values(query: Query, field: Dimension, as_of: date) -> None:
    """Temporary table `field_values`: customer_id, value (text, never empty), a row a customer that has one.

    The latest file's value counts; within a file the first in alphabetical order, so that row order decides nothing.
    """
    column = field.column
    if not _COLUMN.fullmatch(column):
        raise ValueError(f"{column} is not one of our columns")
    if field.key == "age_band" and not field.own:
        query.make("ages", _AGES_AT, as_of=as_of)
        query.make("field_values", f"SELECT customer_id, {_AGE_BAND} AS value FROM ages", as_of=as_of)  # noqa: S608
    elif field.level == "facts":
        query.make(
            "field_values",
            f"SELECT customer_id, cast({column} AS VARCHAR) AS value FROM customer_facts WHERE {column} IS NOT NULL",  # noqa: S608
        )
    else:
        shown = f"CASE WHEN {column} THEN 'member' ELSE 'no_member' END" if column == "is_member" else column
        query.make(
            "field_values",
            f"SELECT customer_id, max({{'file': file_id, 'back': -rank, 'value': value}}).value AS value FROM ("  # noqa: S608
            f"SELECT customer_id, file_id, value, dense_rank() OVER (ORDER BY value) AS rank FROM ("
            f"SELECT customer_id, file_id, trim(cast({shown} AS VARCHAR)) AS value FROM customers "
            f"WHERE {column} IS NOT NULL) AS cast_values WHERE value <> '') AS ranked GROUP BY customer_id",
        )
