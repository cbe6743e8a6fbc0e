"""The customers of an audience as a list: count and money, one page at a time, the whole of it for a file.

The list's columns are the customer's id, what the mark's analysis says about each (orders, sales …), the day of the
last order and, only when asked for, what is personal. Its rows are as many as the audience's customers, always.
Without an audience the list is of everybody.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pandas as pd

from insight.audience import Audience, Mark, columns_of, customer_ids, select
from insight.errors import NotEnoughDataError
from insight.result import Metric, Unit
from insight.workspace.engine import Query, money
from insight.workspace.store import Workspace

PAGE_ROWS = 25
FIRST_ROWS = 5
PERSONAL = ("name", "email", "phone", "birth_date", "postcode", "city")
_CHUNK = 20_000
_FACTS = {"n_orders": "count", "sales": "money", "last_order_on": "date"}


@dataclass(frozen=True)
class Summary:
    """An audience at a glance. `totals` adds up every column of money; `units` names all the list's columns."""

    n_customers: int
    totals: dict[str, Decimal]
    n_orders: int
    units: dict[str, Unit]
    first: pd.DataFrame = field(repr=False)

    @property
    def sales(self) -> Decimal:
        """The money that the mark speaks of: its column `sales` or `spend`, else the customers' whole net sales."""
        return self.totals.get("sales", self.totals.get("spend", Decimal("0.00")))

    def per_customer(self) -> dict[str, Metric]:
        """Money and orders per customer; empty without customers."""
        if not self.n_customers:
            return {}
        return {
            "sales_per_customer": Metric(money(self.sales / self.n_customers), "money"),
            "orders_per_customer": Metric(self.n_orders / self.n_customers, "number"),
        }


@dataclass(frozen=True)
class ListPage:
    """One page of a list: its rows, sorted by `sort`; `number` of `n_pages` from 1, `n_customers` in the whole list."""

    rows: pd.DataFrame = field(repr=False)
    units: dict[str, Unit]
    n_customers: int
    number: int
    n_pages: int
    sort: str
    descending: bool


def summary(workspace: Workspace, audience: Audience | None) -> Summary:
    """Count, sums and the five customers with most money. Raises InsightError when the audience cannot be resolved."""
    with _listed(workspace, audience) as query:
        units = _units(query)
        sums = [name for name, unit in units.items() if unit == "money"]
        adding = ", ".join(
            ["count(*)", "coalesce(sum(n_orders), 0)", *(f'coalesce(sum("{name}"), 0)' for name in sums)]
        )
        count, orders, *totals = query.one(f"SELECT {adding} FROM listed")  # noqa: S608
        first = query.frame(f"SELECT * FROM listed ORDER BY {_order(units, '', True)} LIMIT {FIRST_ROWS}")  # noqa: S608
    return Summary(
        count, {name: money(total) for name, total in zip(sums, totals, strict=True)}, int(orders), units, first
    )


def page(
    workspace: Workspace, audience: Audience | None, *, sort: str = "", descending: bool = True, number: int = 1,
    personal: bool = False, rows: int = PAGE_ROWS,
) -> ListPage:  # fmt: skip
    """Page `number` (from 1) of the list, `rows` customers a page, sorted by a column of it; ties go by customer id.

    An unknown `sort` falls back to the first column of money. `personal` adds name and addresses where known.
    Raises InsightError when the audience cannot be resolved.
    """
    with _listed(workspace, audience, personal=personal) as query:
        units = _units(query)
        sort = sort if sort in units else default_sort(units)
        count = query.count("listed")
        n_pages = max(1, -(-count // rows))
        number = min(max(1, number), n_pages)
        found = query.frame(
            f"SELECT * FROM listed ORDER BY {_order(units, sort, descending)} LIMIT $rows OFFSET $skip",  # noqa: S608
            rows=rows,
            skip=(number - 1) * rows,
        )
    return ListPage(found, units, count, number, n_pages, sort, descending)


def every_row(
    workspace: Workspace, audience: Audience | None, *, sort: str = "", descending: bool = True, personal: bool = False
) -> tuple[Sequence[str], Iterator[tuple[Any, ...]]]:
    """The whole list for a file: its columns and its rows, in the order of the screen."""
    query = _listed(workspace, audience, personal=personal)
    units = _units(query)
    order = _order(units, sort if sort in units else default_sort(units), descending)
    query.make("ordered", f"SELECT *, row_number() OVER (ORDER BY {order}) AS list_row FROM listed")  # noqa: S608
    names = ", ".join(f'"{name}"' for name in units)

    def rows() -> Iterator[tuple[Any, ...]]:
        with query:
            done = 0
            while found := query.rows(
                f"SELECT {names} FROM ordered WHERE list_row > $done ORDER BY list_row LIMIT $chunk",  # noqa: S608
                done=done,
                chunk=_CHUNK,
            ):
                yield from found
                done += len(found)

    return list(units), rows()


def default_sort(units: dict[str, Unit]) -> str:
    """The column a list is sorted by unless told: its first money, else the customer id."""
    return next((name for name, unit in units.items() if unit == "money"), "customer_id")


def _listed(workspace: Workspace, audience: Audience | None, *, personal: bool = False) -> Query:
    """A query whose table `listed` holds a row a customer; the caller closes it."""
    if audience is None:
        query = workspace.query()
        query.make("selected", "SELECT customer_id FROM customer_facts")
        own = []
    elif isinstance(audience, Mark):
        query = select(workspace, audience)
        own = [name for name in columns_of(query) if name != "customer_id"]
        # An analysis may give the same money under the name that its field uses; a list says it once.
        own = [name for name in own if not (name == "spend" and "sales" in own)]
    else:
        query = workspace.query()
        query.put("selected", customer_ids(workspace, audience))
        own = []
    facts = [name for name in _FACTS if name not in own and not (name == "sales" and "spend" in own)]
    shown = [*(f'selected."{name}"' for name in own), *(f"customer_facts.{name}" for name in facts)]
    if personal:
        shown += [f"customers.{name}" for name in PERSONAL if query.has_values("customers", name)]
    query.make(
        "listed",
        f"SELECT {', '.join(['selected.customer_id', *shown])} FROM selected "  # noqa: S608
        "LEFT JOIN customer_facts ON customer_facts.customer_id = selected.customer_id "
        "LEFT JOIN (SELECT customer_id, min(name) AS name, min(email) AS email, min(phone) AS phone, "
        "min(birth_date) AS birth_date, min(postcode) AS postcode, min(city) AS city "
        "FROM customers GROUP BY customer_id) AS customers ON customers.customer_id = selected.customer_id",
    )
    return query


def _units(query: Query) -> dict[str, Unit]:
    """The unit of every column of the list, by its type and name."""
    found: dict[str, Unit] = {}
    for name, kind in query.rows("SELECT column_name, column_type FROM (DESCRIBE listed)"):
        if kind.startswith("DECIMAL") and kind.endswith(",2)"):
            found[name] = "money"
        elif kind in ("DATE", "TIMESTAMP"):
            found[name] = "date"
        elif name.startswith("days_"):
            found[name] = "days"
        elif kind in ("DOUBLE", "FLOAT") or kind.startswith("DECIMAL"):
            found[name] = "ratio" if name.startswith("share") else "number"
        elif kind == "VARCHAR" or kind.startswith("ENUM") or kind == "BOOLEAN":
            found[name] = "text"
        else:
            found[name] = "count"
    return found


def _order(units: dict[str, Unit], sort: str, descending: bool) -> str:
    name = sort or default_sort(units)
    if name == "customer_id":
        return f"customer_id {'DESC' if descending and sort else 'ASC'}"
    return f'"{name}" {"DESC" if descending else "ASC"} NULLS LAST, customer_id'


def customer_at(
    workspace: Workspace, audience: Audience | None, *, sort: str, descending: bool, index: int
) -> tuple[str, int]:
    """(customer id, customers in the list) at place `index` (from 0, the last one if beyond) of the sorted list.

    Raises NotEnoughDataError when the list is empty.
    """
    found = page(workspace, audience, sort=sort, descending=descending, number=index + 1, rows=1)
    if found.rows.empty:
        raise NotEnoughDataError("error.empty_scope")
    return str(found.rows["customer_id"].iloc[0]), found.n_customers
