"""The customers of an audience as a list: count and money, one page at a time, the whole of it for a file.

The list's columns are the customer's id, what the mark's analysis says about each (orders, sales …), the day of the
last order and, only when asked for, what is personal. Its rows are as many as the audience's customers, always; a
search narrows them to those whose id, name or e-mail address holds what was typed. Without an audience the list is of
everybody.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

import pandas as pd

from insight.audience import Audience, Mark, columns_of, customer_ids, select
from insight.errors import NotEnoughDataError
from insight.ingest import privacy
from insight.result import Metric, Unit
from insight.workspace.engine import Query, money
from insight.workspace.store import Workspace

PAGE_ROWS = 25
FIRST_ROWS = 5
PERSONAL = ("name", "email", "phone", "birth_date", "postcode", "city")
_CHUNK = 20_000
_WRITTEN = frozenset({"last_comment"})
_FACTS = ("n_orders", "sales", "last_order_on")
# The same money in two periods, under the names that analyses give it: earlier, later.
_PAIRS = (
    ("sales_before", "sales_after"), ("money_before", "money_after"), ("sales_before", "sales"),
    ("sales_earlier", "sales"), ("bought_before", "bought_after"),
)  # fmt: skip
# Money of an analysis' own period: beside it the sum of all time would be read as the same thing.
_OWN_MONEY = frozenset(("sales", "spend", *(name for pair in _PAIRS for name in pair)))
_MARKS_ONLY = frozenset(("heading", "stands", "part", "was_there"))
_RATIOS = frozenset(("chance",))
_AS_GOOD_AS_GONE = Decimal("0.1")
# Where no mark says otherwise, money and orders are those of all time.
Covers = Literal["all_time", "own"]

# What was typed is compared as text; a personal number also as its keyed hash, since nothing else of it is stored.
_FOUND = """
    SELECT selected.* FROM selected
    LEFT JOIN (SELECT customer_id, min(name) AS name, min(email) AS email FROM customers GROUP BY customer_id) AS people
    ON people.customer_id = selected.customer_id
    WHERE contains(lower(selected.customer_id), $typed) OR contains(lower(people.name), $typed)
        OR contains(lower(people.email), $typed) OR selected.customer_id = $hashed
        OR selected.customer_id IN (SELECT customer_id FROM identities WHERE lower(other_id) = $typed)
        OR selected.customer_id IN (SELECT customer_id FROM persons WHERE lower(own_id) = $typed OR own_id = $hashed)
"""
_PEOPLE = """
    SELECT customer_id, min(name) AS name, min(email) AS email, min(phone) AS phone, min(birth_date) AS birth_date,
        min(postcode) AS postcode, min(city) AS city
    FROM customers GROUP BY customer_id
"""


@dataclass(frozen=True)
class Summary:
    """An audience at a glance. `totals` adds up every column of money; `units` names all the list's columns.

    n_orders: None where the mark counts none in its period. covers: whether money and orders are of all time or of the
    mark's own period. lead: the column of money that the list is sorted by unless told otherwise.
    """

    n_customers: int
    totals: dict[str, Decimal]
    n_orders: int | None
    units: dict[str, Unit]
    first: pd.DataFrame = field(repr=False)
    covers: Covers = "all_time"
    lead: str = ""

    @property
    def sales(self) -> Decimal:
        """The money that the mark speaks of: its sales, of the later period where it has two."""
        known = ("sales", "spend", *(later for _, later in _PAIRS), *(earlier for earlier, _ in _PAIRS))
        return next((self.totals[name] for name in known if name in self.totals), Decimal("0.00"))

    @property
    def before_after(self) -> tuple[Decimal, Decimal] | None:
        """What they bought for in the earlier and in the later period, where the mark has two."""
        pair = _pair(self.units)
        return (self.totals[pair[0]], self.totals[pair[1]]) if pair else None

    def per_customer(self) -> dict[str, Metric]:
        """Money and orders per customer, of the same period; empty without customers."""
        if not self.n_customers:
            return {}
        found = {"sales_per_customer": Metric(money(self.sales / self.n_customers), "money")}
        if self.n_orders is not None:
            found["orders_per_customer"] = Metric(self.n_orders / self.n_customers, "number")
        return found


def _pair(units: Iterable[str]) -> tuple[str, str] | None:
    held = set(units)
    return next((pair for pair in _PAIRS if held.issuperset(pair)), None)


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
    with listing(workspace, audience) as query:
        units = units_of(query)
        sums = [name for name, unit in units.items() if unit == "money"]
        orders = next((name for name in ("n_orders", "n_orders_after", "n_orders_before") if name in units), "")
        adding = ", ".join([
            "count(*)", f"coalesce(sum({orders}), 0)" if orders else "0",
            *(f'coalesce(sum("{name}"), 0)' for name in sums),
        ])  # fmt: skip
        count, n_orders, *added = query.one(f"SELECT {adding} FROM listed")  # noqa: S608
        totals = {name: money(total) for name, total in zip(sums, added, strict=True)}
        lead = _lead(units, totals)
        first = query.frame(f"SELECT * FROM listed ORDER BY {order_by(units, lead, True)} LIMIT {FIRST_ROWS}")  # noqa: S608
        covers: Covers = "own" if _OWN_MONEY & set(columns_of(query)) else "all_time"
    return Summary(count, totals, int(n_orders) if orders else None, units, first, covers, lead)


def _lead(units: Mapping[str, Unit], totals: Mapping[str, Decimal]) -> str:
    """The money to sort by: what was bought before, where as good as nothing was bought after; else the default."""
    pair = _pair(units)
    gone = pair is not None and totals[pair[1]] < _AS_GOOD_AS_GONE * totals[pair[0]]
    return pair[0] if pair and gone else default_sort(units)


def page(
    workspace: Workspace, audience: Audience | None, *, sort: str = "", descending: bool = True, number: int = 1,
    personal: bool = False, rows: int = PAGE_ROWS, search: str = "",
) -> ListPage:  # fmt: skip
    """Page `number` (from 1) of the list, `rows` customers a page, sorted by a column of it; ties go by customer id.

    An unknown `sort` falls back to the list's leading column of money. `personal` adds name and addresses where known.
    `search` narrows the list; `n_customers` is then the number found.
    Raises InsightError when the audience cannot be resolved.
    """
    with listing(workspace, audience, personal=personal, search=search) as query:
        units = units_of(query)
        sort = sort if sort in units else _leading(query, units)
        count = query.count("listed")
        n_pages = max(1, -(-count // rows))
        number = min(max(1, number), n_pages)
        found = query.frame(
            f"SELECT * FROM listed ORDER BY {order_by(units, sort, descending)} LIMIT $rows OFFSET $skip",  # noqa: S608
            rows=rows,
            skip=(number - 1) * rows,
        )
    return ListPage(found, units, count, number, n_pages, sort, descending)


def _leading(query: Query, units: Mapping[str, Unit]) -> str:
    pair = _pair(units)
    if pair is None:
        return default_sort(units)
    found = query.one(f"SELECT coalesce(sum({pair[0]}), 0), coalesce(sum({pair[1]}), 0) FROM listed")  # noqa: S608
    return _lead(units, dict(zip(pair, found, strict=True)))


def put_in_order(query: Query, units: Mapping[str, Unit], sort: str, descending: bool) -> None:
    """Temporary table `ordered`: the columns of `listed` and `list_row`, from 1, in the order of the screen."""
    order = order_by(units, sort if sort in units else _leading(query, units), descending)
    query.make("ordered", f"SELECT *, row_number() OVER (ORDER BY {order}) AS list_row FROM listed")  # noqa: S608


def rows_of(query: Query, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """The columns of table `ordered` in its order, whatever its length; rows that were taken out leave gaps."""
    columns = ", ".join(f'"{name}"' for name in names)
    done = 0
    while found := query.rows(
        f"SELECT list_row, {columns} FROM ordered WHERE list_row > $done ORDER BY list_row LIMIT $chunk",  # noqa: S608
        done=done,
        chunk=_CHUNK,
    ):
        yield from (row[1:] for row in found)
        done = int(found[-1][0])


def default_sort(units: Mapping[str, Unit]) -> str:
    """The column a list is sorted by unless told: what was bought (in the later period), else its first money or id."""
    pair = _pair(units)
    known = ("sales", "spend", *(pair[1:] if pair else ()))
    return next((name for name in (*known, *units) if units.get(name) == "money"), "customer_id")


def listing(
    workspace: Workspace, audience: Audience | None, *, personal: bool = False, search: str = ""
) -> Query:  # fmt: skip
    """A query whose table `listed` holds a row a customer; the caller closes it."""
    own: list[str] = []
    if audience is None:
        query = workspace.query()
        query.make("selected", "SELECT customer_id FROM customer_facts")
    elif isinstance(audience, Mark):
        query = select(workspace, audience)
        own = own_columns(query)
    else:
        query = workspace.query()
        query.put("selected", customer_ids(workspace, audience))
    typed = search.strip().lower()
    if typed:
        hashed = privacy.keyed_hash(typed, workspace.secret()) if privacy.is_personal_number(typed) else typed
        query.make("found", _FOUND, typed=typed, hashed=hashed)
        query.make("selected", "SELECT * FROM found")
    facts = [name for name in _FACTS if name not in own]
    if _OWN_MONEY & set(own):
        facts = [name for name in facts if name not in ("sales", "n_orders")]
    # What people wrote is long and goes last, where it pushes nothing out of sight.
    brief, long = [name for name in own if name not in _WRITTEN], [name for name in own if name in _WRITTEN]
    shown = [*(f'selected."{name}"' for name in brief), *(f"customer_facts.{name}" for name in facts)]
    shown += [f'selected."{name}"' for name in long]
    people = ""
    if personal:
        held = [name for name in PERSONAL if query.has_values("customers", name)]
        shown = [*(f"people.{name}" for name in held), *shown]
        people = f"LEFT JOIN ({_PEOPLE}) AS people ON people.customer_id = selected.customer_id" if held else ""
    query.make(
        "listed",
        f"SELECT {', '.join(['selected.customer_id', *shown])} FROM selected "  # noqa: S608
        f"LEFT JOIN customer_facts ON customer_facts.customer_id = selected.customer_id {people}",
    )
    return query


def own_columns(query: Query) -> list[str]:
    """What the mark's analysis says of each customer in table `selected`, for reading: without what only the analysis
    can read or what is said twice."""
    kinds = dict(query.rows("SELECT column_name, column_type FROM (DESCRIBE selected)"))
    # Value tiers keep their measure in öre beside the money itself; `spend` is the sales under another name; the day
    # of the last purchase stands in every list; how long an answer has waited is also told in days. What a mark is
    # found by and another column says in words (segment, group, steps) is not for reading.
    hidden = {"customer_id", "last_on", "latest_on", "waiting", *_MARKS_ONLY}
    hidden |= {"spend"} if "sales" in kinds else set()
    hidden |= {"value"} if kinds.get("value") == "BIGINT" else set()
    return [name for name in columns_of(query) if name not in hidden]


def units_of(query: Query) -> dict[str, Unit]:
    """The unit of every column of table `listed`, by its type and name."""
    found: dict[str, Unit] = {}
    for name, kind in query.rows("SELECT column_name, column_type FROM (DESCRIBE listed)"):
        if kind.startswith("DECIMAL") and kind.endswith(",2)"):
            found[name] = "money"
        elif kind in ("DATE", "TIMESTAMP"):
            found[name] = "date"
        elif name.startswith("days_"):
            found[name] = "days"
        elif kind in ("DOUBLE", "FLOAT") or kind.startswith("DECIMAL"):
            found[name] = "ratio" if name.startswith("share") or name in _RATIOS else "number"
        elif kind == "VARCHAR" or kind.startswith("ENUM") or kind == "BOOLEAN":
            found[name] = "text"
        else:
            found[name] = "count"
    return found


def order_by(units: Mapping[str, Unit], sort: str, descending: bool) -> str:
    """The SQL order of a list: by a column of it, ties by customer id, what is unknown last."""
    name = sort or default_sort(units)
    if name == "customer_id":
        return f"customer_id {'DESC' if descending and sort else 'ASC'}"
    return f'"{name}" {"DESC" if descending else "ASC"} NULLS LAST, customer_id'


def customer_at(
    workspace: Workspace, audience: Audience | None, *, sort: str, descending: bool, index: int, search: str = ""
) -> tuple[str, int]:
    """(customer id, customers in the list) at place `index` (from 0, the last one if beyond) of the sorted list.

    Raises NotEnoughDataError when the list is empty.
    """
    found = page(workspace, audience, sort=sort, descending=descending, number=index + 1, rows=1, search=search)
    if found.rows.empty:
        raise NotEnoughDataError("error.empty_scope")
    return str(found.rows["customer_id"].iloc[0]), found.n_customers
