"""Overview: sales, customers, orders and receipts of a period, against another, and what drives the change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from insight.analysis.basis import Account, account, basis, covers, frame, part, per, share
from insight.analysis.gaps import gap_notes, identified_notes
from insight.analysis.registry import Analysis
from insight.analysis.selected import movement_notes
from insight.errors import NotEnoughDataError
from insight.result import Chart, Message, Metric, Note, Result, Unit
from insight.settings import END, START, Setting, Settings, add_months, year_before
from insight.stats.drivers import Level, contributions
from insight.workspace.engine import Query, money

KEY = "overview.key_figures"
LAPSE_MONTHS = 12
SPARK_POINTS = 12
KNOWN_AFTER_MONTHS = 24
_STILL = 0.005
_DRIVERS = ("customers", "frequency", "receipt", "returns", "unidentified")
_GROUPS = ("new", "kept", "returned", "lost", "paused", "only_returns")

# Every figure is of the same orders: those of a scope are looked up once, not by every statement.
_CHOSEN = """
    SELECT customer_id, ordered_on, is_return, n_lines, n_margin_lines, sales, margin
    FROM orders WHERE customer_id IN (SELECT customer_id FROM scope)
"""
# A customer's part in a period [start, end): 'kept' bought in the twelve months before it too, 'returned' only earlier,
# 'lost' became silent for twelve months within it.
_ACTIVITY = """
    SELECT
        customer_id,
        CASE
            WHEN n_orders > 0 AND first_on >= $start THEN 'new'
            WHEN n_orders > 0 AND n_recent > 0 THEN 'kept'
            WHEN n_orders > 0 THEN 'returned'
            WHEN last_on >= $lapse_start AND last_on < $lapse_end THEN 'lost'
            WHEN n_lines > 0 THEN 'only_returns'
        END AS "group",
        n_orders,
        sales,
        margin,
        last_on
    FROM (
        SELECT
            customer_id,
            min(CASE WHEN is_return THEN NULL ELSE ordered_on END) AS first_on,
            max(CASE WHEN is_return THEN NULL ELSE ordered_on END) AS last_on,
            count(CASE WHEN is_return OR ordered_on < $start THEN NULL ELSE 1 END) AS n_orders,
            count(CASE WHEN is_return OR ordered_on < $lapse_start OR ordered_on >= $start THEN NULL ELSE 1 END)
                AS n_recent,
            sum(CASE WHEN ordered_on < $start THEN 0 ELSE n_lines END) AS n_lines,
            sum(CASE WHEN ordered_on < $start THEN 0 ELSE sales END) AS sales,
            sum(CASE WHEN ordered_on < $start THEN NULL ELSE margin END) AS margin
        FROM chosen_orders
        WHERE customer_id IS NOT NULL AND ordered_on < $end
        GROUP BY customer_id) AS found
"""
_MEMBERS = """
    SELECT
        coalesce(now.customer_id, before.customer_id) AS customer_id,
        coalesce(now."group", 'paused') AS "group",
        CASE WHEN now.n_orders > 0 THEN 'bought' ELSE 'none' END AS activity,
        coalesce(now.n_orders, 0) AS n_orders,
        coalesce(now.sales, 0) AS sales,
        now.margin,
        coalesce(before.n_orders, 0) AS n_orders_before,
        coalesce(before.sales, 0) AS sales_before,
        now.last_on
    FROM activity AS now
    LEFT JOIN activity_before AS before ON before.customer_id = now.customer_id
    WHERE now."group" IS NOT NULL OR before.n_orders > 0 OR before.sales <> 0
"""
_NO_ONE = "SELECT * FROM activity WHERE \"group\" = ''"
_BY_GROUP = """
    SELECT
        "group" AS found, count(*) AS n_customers, sum(n_orders) AS n_orders, sum(sales) AS sales,
        sum(sales_before) AS sales_before, sum(margin) AS margin
    FROM members GROUP BY "group"
"""
_FIGURES = """
    SELECT
        count(CASE WHEN n_orders > 0 THEN 1 END) AS customers,
        coalesce(sum(n_orders), 0) AS orders,
        coalesce(sum(CASE WHEN n_orders > 0 THEN sales END), 0) AS bought,
        coalesce(sum(CASE WHEN n_orders > 0 THEN 0 ELSE sales END), 0) AS returned,
        count(CASE WHEN "group" = 'new' THEN 1 END) AS new,
        count(CASE WHEN "group" = 'lost' THEN 1 END) AS lost,
        count(CASE WHEN "group" = 'returned' THEN 1 END) AS back
    FROM activity
"""
_FIGURES_BEFORE = _FIGURES.replace("FROM activity", "FROM activity_before")
# Customers here by their purchases; on no step of the ladder, which counts what they add up to.
_SUMS_TO_NOTHING = "SELECT count(*) AS n FROM activity WHERE n_orders > 0 AND sales <= 0"
_ALL_SALES = """
    SELECT
        coalesce(sum(CASE WHEN is_return THEN sales ELSE 0 END), 0) AS returned,
        sum(margin) AS margin,
        sum(n_margin_lines) AS n_margin_lines,
        sum(n_lines) AS n_lines
    FROM chosen_orders
    WHERE ordered_on >= $start AND ordered_on < $end
"""

# Months that end with the period: a day moved back by `shift` falls in the calendar month that stands for its month.
_BINS = """
    SELECT
        customer_id,
        12 * year(moved) + month(moved) - 1 AS bin,
        count(CASE WHEN is_return THEN NULL ELSE 1 END) AS n_orders,
        sum(sales) AS sales,
        sum(CASE WHEN is_return THEN sales ELSE 0 END) AS returned,
        sum(margin) AS margin
    FROM (
        SELECT customer_id, ordered_on - cast($shift AS INTEGER) AS moved, is_return, sales, margin
        FROM chosen_orders
        WHERE ordered_on >= $since AND ordered_on < $end) AS shifted
    GROUP BY customer_id, 12 * year(moved) + month(moved) - 1
"""
_SPARKS = """
    SELECT
        bins.bin,
        sum(bins.sales) AS sales,
        sum(CASE WHEN bins.customer_id IS NULL THEN bins.sales ELSE 0 END) AS unidentified,
        count(CASE WHEN bins.customer_id IS NOT NULL AND bins.n_orders > 0 THEN 1 END) AS customers,
        sum(CASE WHEN bins.customer_id IS NULL THEN 0 ELSE bins.n_orders END) AS orders,
        sum(CASE WHEN bins.customer_id IS NOT NULL AND bins.n_orders > 0 THEN bins.sales ELSE 0 END) AS bought,
        sum(bins.returned) AS returned,
        sum(bins.margin) AS margin,
        count(CASE WHEN facts.first_order_on IS NOT NULL AND bins.bin = facts.first_bin THEN 1 END) AS new
    FROM bins
    LEFT JOIN (
        SELECT
            customer_id,
            first_order_on,
            12 * year(first_order_on - cast($shift AS INTEGER)) + month(first_order_on - cast($shift AS INTEGER)) - 1
                AS first_bin
        FROM customer_facts WHERE first_order_on >= $since) AS facts
    ON facts.customer_id = bins.customer_id
    WHERE bins.bin > $last - 12
    GROUP BY bins.bin
"""
_LOST_BY_BIN = """
    SELECT bin + 12 AS bin, count(*) AS lost
    FROM (
        SELECT bin, lead(bin) OVER (PARTITION BY customer_id ORDER BY bin) AS next_bin
        FROM bins WHERE customer_id IS NOT NULL AND n_orders > 0) AS steps
    WHERE bin <= $last - 12 AND (next_bin IS NULL OR next_bin > bin + 12)
    GROUP BY bin + 12
"""

UNITS: dict[str, Unit] = {
    "group": "text", "n_customers": "count", "n_orders": "count", "sales": "money", "share_sales": "ratio",
    "sales_before": "money", "change": "money", "margin": "money",
}  # fmt: skip
_DRIVER_UNITS: dict[str, Unit] = {"driver": "text", "contribution": "money", "change": "ratio", "sales": "money"}


@dataclass(frozen=True)
class Figures:
    """The figures of one period; money in exact Decimals. `bought`: sales of those who bought, after their returns."""

    account: Account
    customers: int
    orders: int
    bought: Decimal
    returned_earlier: Decimal
    new: int | None
    lost: int | None
    back: int | None
    returns: Decimal
    margin: Decimal | None

    @property
    def values(self) -> dict[str, Any]:
        """The figures by the names of the metrics."""
        sales = self.account.total
        return {
            "sales": sales, "customers": self.customers, "orders": self.orders,
            "receipt": per(self.bought, self.orders),
            "frequency": self.orders / self.customers if self.customers else None,
            "identified_share": part(sales - self.account.unidentified, sales),
            "new_customers": self.new, "lost_customers": self.lost, "returned_customers": self.back,
            "returns": self.returns, "margin": self.margin,
            "identified_sales": sales - self.account.unidentified,
        }  # fmt: skip


_METRICS: dict[str, tuple[Unit, int, Mapping[str, object]]] = {
    "sales": ("money", 1, {}),
    "customers": ("count", 1, {"activity": "bought"}),
    "orders": ("count", 1, {}),
    "receipt": ("money", 1, {}),
    "frequency": ("number", 1, {}),
    "identified_share": ("ratio", 1, {}),
    "new_customers": ("count", 1, {"group": "new"}),
    "lost_customers": ("count", -1, {"group": "lost"}),
    "returned_customers": ("count", 1, {"group": "returned"}),
    "returns": ("money", -1, {}),
    "margin": ("money", 1, {}),
    "identified_sales": ("money", 1, {}),
}


def compared(settings: Settings) -> tuple[date, date] | None:
    """The period that the settings compare with, or None."""
    start, end = settings["start"], settings["end"]
    if settings["compare"] == "year_before":
        return year_before(start, end)
    if settings["compare"] == "previous_period":
        months = 12 * (end.year - start.year) + end.month - start.month
        if start.day == end.day and months:
            return add_months(start, -months), start
        return start - (end - start), start
    return None


def comparable(query: Query, settings: Settings) -> tuple[date, date] | None:
    """The compared period, where the data cover it."""
    other = compared(settings)
    return other if other and covers(query.extent()[0], *other) else None


def comparison_notes(query: Query, settings: Settings) -> tuple[Note, ...]:
    """Why there is no comparison, where one was asked for."""
    other, first = compared(settings), query.extent()[0]
    if other is None or covers(first, *other):
        return ()
    if other[1] <= first:
        return (Note("nothing_to_compare", {"first": first}),)
    return (Note("comparison_not_whole", {"start": other[0], "first": first}, "warning"),)


def _activity(query: Query, name: str, start: date, end: date) -> None:
    opened = add_months(start, -LAPSE_MONTHS)
    # Where the data are too short to tell who was lost, nobody is said to be.
    known = _lost_are_known(query.extent()[0], start, end)
    lapse_end = min(start, add_months(end, -LAPSE_MONTHS)) if known else opened
    query.make(name, _ACTIVITY, start=start, end=end, lapse_start=opened, lapse_end=lapse_end)


def members(query: Query, settings: Settings) -> None:
    """Temporary table `members`: everyone with a part in the period or the compared one, by `group` and `activity`.

    group: new, kept, returned, lost, paused (bought in the compared period, now neither buying nor lost) and
    only_returns. activity: 'bought' for those who bought in the period. sales and sales_before: after returns.
    """
    if query.scoped:
        query.make("chosen_orders", _CHOSEN)
    else:
        query.view("chosen_orders", "SELECT * FROM orders")
    _activity(query, "activity", settings["start"], settings["end"])
    other = comparable(query, settings)
    if other is None:
        query.make("activity_before", _NO_ONE)
    else:
        _activity(query, "activity_before", *other)
    query.make("members", _MEMBERS)


def _figures(query: Query, sql: str, start: date, end: date, first: date) -> Figures:
    customers, orders, bought, returned, new, lost, back = query.one(sql)
    returns, margin, n_margin, _ = query.one(_ALL_SALES, start=start, end=end)
    known = _lost_are_known(first, start, end)
    return Figures(
        account(query, start, end, chosen=True), int(customers), int(orders), money(bought), money(returned),
        int(new) if first < start else None, int(lost) if known else None,
        int(back) if first < add_months(start, -LAPSE_MONTHS) else None, -money(returns),
        money(margin) if n_margin else None,
    )  # fmt: skip


def _lost_are_known(first: date, start: date, end: date) -> bool:
    """Whether the data tell who fell silent in [start, end): who last bought in the twelve months before it."""
    return covers(first, add_months(start, -LAPSE_MONTHS), start) and first < add_months(end, -LAPSE_MONTHS)


def _old_are_known(first: date, start: date) -> bool:
    """Whether the data reach so far back before `start` that a first purchase after it is hardly an old customer's."""
    known_from = add_months(start, -KNOWN_AFTER_MONTHS)
    return covers(first, known_from, start)


def _sparks(query: Query, end: date, first: date) -> dict[str, tuple[float, ...]]:
    """The metrics' last twelve months, the last of them ending with the period; fewer where the data begin later."""
    shift = end.day - 1
    last_day = end - timedelta(days=1 + shift)
    last = 12 * last_day.year + last_day.month - 1
    query.make("bins", _BINS, shift=shift, since=add_months(end, -2 * SPARK_POINTS), end=end)
    found = {
        row[0]: row[1:] for row in query.rows(_SPARKS, shift=shift, since=add_months(end, -SPARK_POINTS), last=last)
    }
    lost = dict(query.rows(_LOST_BY_BIN, last=last))
    begun = first - timedelta(days=shift)
    first_bin = 12 * begun.year + begun.month - 1
    series: dict[str, list[float]] = {name: [] for name in _METRICS}
    for place in range(max(first_bin, last - SPARK_POINTS + 1), last + 1):
        sales, unidentified, customers, orders, bought, returned, margin, new = found.get(
            place, (0, 0, 0, 0, 0, 0, 0, 0)
        )
        series["sales"].append(float(sales))
        series["identified_sales"].append(float(sales - unidentified))
        series["customers"].append(float(customers))
        series["orders"].append(float(orders))
        series["receipt"].append(float(bought) / float(orders) if orders else 0.0)
        series["frequency"].append(float(orders) / float(customers) if customers else 0.0)
        series["identified_share"].append(float(sales - unidentified) / float(sales) if sales > 0 else 0.0)
        series["new_customers"].append(float(new))
        series["lost_customers"].append(float(lost.get(place, 0)))
        series["returns"].append(-float(returned))
        series["margin"].append(float(margin or 0))
    # A month's new and lost customers are told by the months before it: twelve of them for the first month shown.
    if first > add_months(end, -2 * SPARK_POINTS):
        series["new_customers"] = series["lost_customers"] = []
    return {name: tuple(points) for name, points in series.items()}


def _drivers(now: Figures, before: Figures) -> dict[str, Decimal]:
    """What each driver adds to the change of all sales, exact to the öre."""
    parts = contributions(_level(before), _level(now))
    return {
        **{name: Decimal(part) / 100 for name, part in zip(parts._fields, parts, strict=True)},
        "returns": now.returned_earlier - before.returned_earlier,
        "unidentified": now.account.unidentified - before.account.unidentified,
    }


def _level(figures: Figures) -> Level:
    return Level(figures.customers, figures.orders, int(figures.bought * 100))


def run(query: Query, settings: Settings) -> Result:
    """Key figures of [start, end) against the compared period, and the drivers of the change of sales.

    sales: all sales after returns, with or without a customer. customers: with at least one purchase. orders: purchases
    of customers. receipt: sales of those customers, after their returns, per purchase. frequency: orders per customer.
    identified_share: share of sales with a customer. new: first purchase ever, None where the data begin with the
    period. lost: became silent for twelve months within it. returns: returned orders, as a positive amount.
    Table: a row a group, and unidentified sales.
    tables['drivers']: customers × frequency × receipt, returns by those who only returned, unidentified sales; the
    contributions add up to the change of sales exactly. `sales`: the product of the three (on 'receipt'), and the two
    others' own; they add up to sales. Raises NotEnoughDataError for a period without transactions.
    """
    start, end = settings["start"], settings["end"]
    first, last = query.extent()
    members(query, settings)
    now = _figures(query, _FIGURES, start, end, first)
    if not now.account.rows.get("used") and not now.account.rows.get("unidentified"):
        raise NotEnoughDataError("error.no_orders_in_period", start=start, end=end, first=first, last=last)
    other = comparable(query, settings)
    before = _figures(query, _FIGURES_BEFORE, *other, first) if other else None
    sparks = _sparks(query, end, first)
    earlier: dict[str, Any] = dict(before.values) if before else {}
    if other and not _old_are_known(first, other[0]):
        # The earlier a period, the more of its customers look new only because the data begin: a change would lie.
        earlier.pop("new_customers", None)
    metrics = {
        name: Metric(value, unit, before=earlier.get(name), better=better, series=sparks.get(name, ()), mark=mark)
        for name, value in now.values.items()
        if value is not None or name != "margin"
        for unit, better, mark in (_METRICS[name],)
    }
    rows = _groups(query, now, before)
    drivers = _drivers(now, before) if before else {}
    with_margin = now.margin is not None
    units: dict[str, Unit] = {name: unit for name, unit in UNITS.items() if with_margin or name != "margin"}
    rule = Message("overview.key_figures.rule", {"months": LAPSE_MONTHS})
    parts = {row["group"]: row["sales"] for row in rows if row["group"] != "unidentified"}
    title = _drivers_title(drivers)
    return Result(
        key=KEY,
        headline=_headline(now, before, drivers),
        metrics=metrics,
        table=frame(rows, list(units)),
        units=units,
        basis=basis(
            now.account, start, end, rule=rule, formula="key_figures", parts=parts, n_customers=now.customers,
            with_unidentified=True,
        ),
        chart=Chart(
            "driver_tree", x="driver", y="contribution", title=title, subtitle=Message("overview.drivers.measure")
        )
        if before
        else Chart("hbar", x="group", y="sales", subtitle=Message("overview.groups.measure")),
        drill=("group",),
        notes=(
            *movement_notes(query), *comparison_notes(query, settings),
            *(gap_notes(query, (start, end), other) if other else ()), *_notes(query, now, start, other, first),
            *(identified_notes(before.values, now.values, drivers["customers"]) if before else ()),
        ),
        labels={
            **{key: f"overview.group.{key}" for key in (*_GROUPS, "unidentified")},
            **({} if first < start else {"new": "overview.group.bought"}),
            **{key: f"overview.driver.{key}.name" for key in _DRIVERS if key != "unidentified"},
        },
        evidence="before_after" if before else "",
        tables={"drivers": frame(_driver_rows(now, before, drivers), list(_DRIVER_UNITS))} if before else {},
        more_units={"drivers": _DRIVER_UNITS} if before else {},
    )  # fmt: skip


def _groups(query: Query, now: Figures, before: Figures | None) -> list[dict[str, Any]]:
    found = {row[0]: row[1:] for row in query.rows(_BY_GROUP)}
    rows: list[dict[str, Any]] = []
    for key in _GROUPS:
        if key in found:
            n, orders, sales, sales_before, margin = found[key]
            rows.append({
                "group": key, "n_customers": int(n), "n_orders": int(orders), "sales": money(sales),
                "sales_before": money(sales_before) if before else None,
                "margin": None if margin is None else money(margin),
            })  # fmt: skip
    if not query.scoped:
        rows.append({
            "group": "unidentified", "n_customers": None, "n_orders": None, "sales": now.account.unidentified,
            "sales_before": before.account.unidentified if before else None, "margin": None,
        })  # fmt: skip
    for row in rows:
        row["share_sales"] = share(row["sales"], now.account.total)
        row["change"] = None if row["sales_before"] is None else row["sales"] - row["sales_before"]
    return rows


def _driver_rows(now: Figures, before: Figures, drivers: Mapping[str, Decimal]) -> list[dict[str, Any]]:
    ratios = {name: (now.values[name], before.values[name]) for name in ("customers", "frequency", "receipt")}
    sums = {"receipt": now.bought, "returns": now.returned_earlier, "unidentified": now.account.unidentified}
    return [
        {
            "driver": name, "contribution": money(part), "sales": money(sums[name]) if name in sums else None,
            "change": float(ratios[name][0]) / float(ratios[name][1]) - 1
            if name in ratios and ratios[name][0] is not None and ratios[name][1] else None,
        }
        for name, part in drivers.items()
    ]  # fmt: skip


def _notes(query: Query, now: Figures, start: date, other: tuple[date, date] | None, first: date) -> tuple[Note, ...]:
    remarks: list[Note] = []
    to_nothing = int(query.one(_SUMS_TO_NOTHING)[0])
    if to_nothing:
        remarks.append(Note("sums_to_nothing", {"n": to_nothing}))
    if first >= start:
        remarks.append(Note("data_begin_with_period"))
    elif now.new and not _old_are_known(first, start):
        remarks.append(Note("new_may_be_old", {"first": first}))
    elif now.new and other and not _old_are_known(first, other[0]):
        remarks.append(Note("new_not_compared", {"first": first}))
    if now.lost is None:
        remarks.append(Note("lost_not_known", {"months": LAPSE_MONTHS}))
    if query.scoped:
        remarks.append(Note("unidentified_outside_scope"))
    return tuple(remarks)


def _drivers_title(drivers: Mapping[str, Decimal]) -> Message | None:
    largest = sorted((name for name in drivers if drivers[name]), key=lambda name: -abs(drivers[name]))[:2]
    if len(largest) < 2:
        return None
    first, second = largest
    return Message("overview.drivers.title", {
        "first": _phrase(first, drivers[first], "first_"), "gave": drivers[first],
        "second": _phrase(second, drivers[second]), "took": drivers[second],
    })  # fmt: skip


def _phrase(driver: str, contribution: Decimal, form: str = "") -> Message:
    return Message(f"overview.driver.{driver}.{form}{'up' if contribution > 0 else 'down'}")


def _headline(now: Figures, before: Figures | None, drivers: Mapping[str, Decimal]) -> Message:
    sales = now.account.total
    values: dict[str, object] = {"sales": sales, "customers": now.customers}
    if sales <= 0:
        return Message("overview.key_figures.no_net", values)
    if before is None or before.account.total <= 0:
        return Message("overview.key_figures.alone" if now.customers else "overview.key_figures.unknown", values)
    change = float(sales) / float(before.account.total) - 1
    values |= {"change": abs(change), "difference": sales - before.account.total}
    if abs(change) < _STILL:
        return Message("overview.key_figures.still", values)
    best = max(drivers, key=lambda name: drivers[name] * (1 if change > 0 else -1))
    values["driver"] = _phrase(best, drivers[best])
    return Message("overview.key_figures.grew" if change > 0 else "overview.key_figures.fell", values)


SETTINGS = (START, END, Setting("compare", "choice", "year_before", choices=("year_before", "previous_period", "none")))
ANALYSES = (Analysis(KEY, run, SETTINGS, members, ("group", "activity"), listed="activity = 'bought'"),)
