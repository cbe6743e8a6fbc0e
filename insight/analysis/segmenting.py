"""What every segmentation shares: who counts, what they bought until a day, and the table by segment.

A segmentation lists everyone with at least one purchase. Who stands outside is counted in rows of its own, so that
all customers are accounted for. A segment is relative to all customers; a scope picks whom to show, so that a
customer's segment is the same on every page.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pandas as pd
import pyarrow as pa

from insight.analysis.basis import Account, account, covers, frame, per, share
from insight.analysis.ladder_rules import counted
from insight.analysis.selected import of_scope
from insight.errors import NotEnoughDataError
from insight.result import Chart, Message, Note, Unit
from insight.settings import Settings, add_months
from insight.workspace.engine import Query, money

OUTSIDE = ("none_in_window", "only_returns", "none_yet", "none_no_orders")
BEGINNING = date(1, 1, 1)
COMPARED_MONTHS = 12
_KEPT, _MOST_KEPT = "segments", 3_500_000
CHART = Chart("two_sided", x="segment", y=("share_customers", "share_sales"), subtitle=Message("segments.two_sided"))
Assign = Callable[[Query, Settings, date, str], None]

# A return moves neither the first nor the last purchase nor the number of orders, but lowers sales and margin.
_BOUGHT = """
    SELECT
        facts.customer_id,
        CASE
            WHEN found.n_orders > 0 THEN NULL
            WHEN found.first_on IS NOT NULL THEN 'none_in_window'
            WHEN found.customer_id IS NOT NULL THEN 'only_returns'
            WHEN facts.has_transactions THEN 'none_yet'
            ELSE 'none_no_orders'
        END AS outside,
        found.first_on,
        found.last_on,
        coalesce(found.n_orders, 0) AS n_orders,
        coalesce(found.sales, 0) AS sales,
        found.margin
    FROM customer_facts AS facts
    LEFT JOIN (
        SELECT
            customer_id,
            min(CASE WHEN is_return THEN NULL ELSE ordered_on END) AS first_on,
            max(CASE WHEN is_return OR ordered_on < $start THEN NULL ELSE ordered_on END) AS last_on,
            count(CASE WHEN is_return OR ordered_on < $start THEN NULL ELSE 1 END) AS n_orders,
            sum(CASE WHEN ordered_on < $start THEN 0 ELSE sales END) AS sales,
            sum(CASE WHEN ordered_on < $start THEN NULL ELSE margin END) AS margin
        FROM orders
        WHERE customer_id IS NOT NULL AND ordered_on < $as_of
        GROUP BY customer_id) AS found
    ON found.customer_id = facts.customer_id
"""

# Where all history until after the last order counts, the facts of each customer hold it already.
_BOUGHT_IN_ALL = """
    SELECT
        customer_id,
        CASE WHEN n_orders > 0 THEN NULL WHEN has_transactions THEN 'only_returns' ELSE 'none_no_orders' END AS outside,
        first_order_on AS first_on,
        last_order_on AS last_on,
        cast(n_orders AS BIGINT) AS n_orders,
        sales,
        margin
    FROM customer_facts
"""

_MEMBERS = "SELECT * FROM assigned WHERE customer_id IN (SELECT customer_id FROM scope)"
_BY_SEGMENT = """
    SELECT segment, count(*) AS n_customers, sum(n_orders) AS n_orders, sum(sales) AS sales, sum(margin) AS margin
    FROM members GROUP BY segment
"""
# Of everybody that the segmentation holds, whatever the scope.
_WHOLE = "SELECT count(*) AS n, sum(sales) AS sales FROM assigned WHERE NOT list_contains($outside, segment)"
_BY_SEGMENT_BEFORE = """
    SELECT segment, count(*) AS n_customers, sum(sales) AS sales
    FROM assigned_before
    WHERE NOT $scoped OR customer_id IN (SELECT customer_id FROM scope)
    GROUP BY segment
"""

UNITS: dict[str, Unit] = {
    "segment": "text", "n_customers": "count", "share_customers": "ratio", "sales": "money", "share_sales": "ratio",
    "margin": "money", "n_orders": "count", "receipt": "money", "frequency": "number", "sales_per_customer": "money",
    "n_customers_before": "count", "share_before": "ratio", "change": "count", "change_share": "ratio",
    "sales_before": "money",
}  # fmt: skip


@dataclass(frozen=True)
class Segments:
    """The table by segment with its totals; `n` and `sales` speak of the segmentation, outside rows not counted.

    whole: customers and sales of everybody in the segmentation, where a scope holds one segment of it only.
    grown_from: customers in it a year earlier, where all history counts: a year more of it, and so more of them.
    """

    rows: Sequence[Mapping[str, Any]]
    table: pd.DataFrame
    units: Mapping[str, Unit]
    n: int
    sales: Decimal
    parts: Mapping[str, Decimal]
    account: Account
    compared: date | None
    whole: tuple[int, Decimal] | None = None
    grown_from: int | None = None

    @property
    def inside(self) -> list[Mapping[str, Any]]:
        """The rows of the segmentation that hold customers."""
        return [row for row in self.rows if row["segment"] not in OUTSIDE and row["n_customers"] > 0]


def window_start(settings: Settings, as_of: date) -> date | None:
    """The first day that counts: `window` months before `as_of`, or None where all history counts."""
    months: int | None = settings.get("window")
    return add_months(as_of, -months) if months else None


def make_bought(query: Query, start: date | None, as_of: date) -> None:
    """Temporary table `bought`: every customer, what they bought in [start, as_of), and why they stand outside."""
    if start is None and as_of > query.extent()[1]:
        query.make("bought", _BOUGHT_IN_ALL)
    else:
        query.make("bought", _BOUGHT, start=start or BEGINNING, as_of=as_of)


def make_assigned(query: Query, settings: Settings, assign: Assign, as_of: date, into: str) -> None:
    """Table `into`: every customer's segment at `as_of`, whatever the scope; kept for when another scope is asked."""
    # What is partly bound (centres of clusters) holds more than its settings say.
    key = None if isinstance(assign, partial) else (_KEPT, assign.__module__, repr(sorted(settings.items())), as_of)
    found = query.kept.get(key) if key else None
    if found is None:
        assign(query, settings, as_of, "assigning")
        found = query.arrow("SELECT * FROM assigning")
        if key:
            _keep(query, key, found)
    query.lend(into, found)


def _keep(query: Query, key: tuple[object, ...], found: pa.Table) -> None:
    """Keep the latest segmentations that together hold no more rows than memory has room for beside the data."""
    query.kept[key] = found
    held = [known for known in query.kept if known[0] == _KEPT]
    while sum(query.kept[known].num_rows for known in held) > _MOST_KEPT:
        query.kept.pop(held.pop(0), None)


def make_members(query: Query, settings: Settings, assign: Assign) -> None:
    """Table or view `members`: the scope's customers with their segment at `as_of`."""
    make_assigned(query, settings, assign, settings["as_of"], "assigned")
    if query.scoped:
        query.make("members", _MEMBERS)
    else:
        query.view("members", "SELECT * FROM assigned")


def by_segment(query: Query, settings: Settings, assign: Assign, order: Sequence[str]) -> Segments:
    """Customers, orders and sales by segment at `as_of`, and by the same rule twelve months earlier.

    order: the segments' keys as they are to stand. The year before is left out where the data are too short for it.
    Raises NotEnoughDataError when the scope is empty.
    """
    as_of: date = settings["as_of"]
    make_members(query, settings, assign)
    now = {row[0]: row[1:] for row in query.rows(_BY_SEGMENT)}
    if not now:
        raise NotEnoughDataError("error.empty_scope")
    compared: date | None = add_months(as_of, -COMPARED_MONTHS)
    before: dict[str, tuple[int, Decimal]] | None = None
    # The state then must rest on a whole window, or on a year of history where all of it counts.
    if covers(query.extent()[0], window_start(settings, compared) or add_months(compared, -COMPARED_MONTHS), compared):
        make_assigned(query, settings, assign, compared, "assigned_before")
        before = {segment: (int(n), money(sales)) for segment, n, sales in query.rows(_BY_SEGMENT_BEFORE)}
    else:
        compared = None
    keys = [key for key in order if key in now or (before and key in before)] + [key for key in OUTSIDE if key in now]
    inside = [key for key in keys if key not in OUTSIDE]
    n_before = sum(held for key, (held, _) in (before or {}).items() if key not in OUTSIDE)
    n = sum(int(now[key][0]) for key in inside if key in now)
    sales = sum((money(now[key][2]) for key in inside if key in now), Decimal("0.00"))
    with_margin = any(row[3] is not None for row in now.values())
    rows = [_row(key, now.get(key), before, n, sales, n_before) for key in keys]
    units: dict[str, Unit] = {name: unit for name, unit in UNITS.items() if with_margin or name != "margin"}
    parts = {key: money(now[key][2]) for key in keys if key in now}
    found = account(query, window_start(settings, as_of), as_of)
    one = sum(1 for key in inside if key in now) == 1
    whole = _whole(query) if query.scoped and one else None
    grown_from = n_before if before is not None and window_start(settings, as_of) is None else None
    return Segments(rows, frame(rows, list(units)), units, n, sales, parts, found, compared, whole, grown_from)


def _whole(query: Query) -> tuple[int, Decimal]:
    n, sales = query.rows(_WHOLE, outside=list(OUTSIDE))[0]
    return int(n), money(sales)


def _row(
    key: str, found: tuple[int, int, Decimal, Decimal | None] | None, before: Mapping[str, tuple[int, Decimal]] | None,
    n_all: int, sales_all: Decimal, n_all_before: int,
) -> Mapping[str, Any]:  # fmt: skip
    n, n_orders, raw_sales, margin = found or (0, 0, Decimal(0), None)
    sales, outside = money(raw_sales), key in OUTSIDE
    n_before, sales_before = (None, None) if before is None else before.get(key, (0, Decimal("0.00")))
    return {
        "segment": key,
        "n_customers": int(n),
        "share_customers": None if outside else share(n, n_all),
        "sales": sales,
        "share_sales": None if outside else share(sales, sales_all),
        "margin": None if margin is None else money(margin),
        "n_orders": int(n_orders),
        "receipt": per(sales, int(n_orders)),
        "frequency": int(n_orders) / int(n) if n and not outside else None,
        "sales_per_customer": per(sales, int(n)),
        "n_customers_before": n_before,
        "share_before": None if n_before is None or outside else share(n_before, n_all_before),
        "change": None if n_before is None else int(n) - n_before,
        "change_share": int(n) / n_before - 1 if n_before else None,
        "sales_before": sales_before,
    }


def notes(query: Query, found: Segments) -> tuple[Note, ...]:
    """What must be said about any segmentation: nothing to compare with, a scope, customers outside."""
    remarks: list[Note] = []
    if found.compared is None:
        remarks.append(Note("no_year_before", {"first": query.extent()[0]}))
    if found.grown_from and found.grown_from < found.n:
        values = {"first": query.extent()[0], "before": found.grown_from, "n": found.n}
        remarks.append(Note("history_a_year_longer", values))
    if query.scoped:
        remarks.append(Note("segments_of_all"))
    outside = sum(row["n_customers"] for row in found.rows if row["segment"] in OUTSIDE)
    if outside:
        remarks.append(Note("customers_outside", {"n": outside}))
    if found.n and found.sales <= 0:
        remarks.append(Note("no_net_sales", {}, "warning"))
    return tuple(remarks)


def plain_headline(found: Segments) -> Message | None:
    """The headline where there is nothing to compare: nobody, one customer, no net sales, or a single segment."""
    if found.n == 0:
        return Message("segments.nobody")
    if found.n == 1:
        return Message("segments.one_customer")
    if found.sales <= 0:
        return Message("segments.no_net", {"n": found.n})
    if found.whole and found.whole[1] > 0:
        # That a selection of one segment is all in that segment says nothing: what it is of the whole does.
        shares = {"customers": share(found.n, found.whole[0]), "sales": share(found.sales, found.whole[1])}
        return Message("segments.one_of_all", {"n": found.n, "segment": found.inside[0]["segment"], **shares})
    if len(found.inside) == 1:
        return Message("segments.one_segment", {"n": found.n, "segment": found.inside[0]["segment"]})
    return None


def carries(query: Query, best: Mapping[str, Any]) -> Message:
    """The headline that says what one segment carries: of it all, or of what the selection buys."""
    values = {
        "segment": best["segment"],
        "n": best["n_customers"],
        "sales": best["sales"],
        "share": best["share_sales"],
    }
    return counted(of_scope(query, "segments.carries"), values)
