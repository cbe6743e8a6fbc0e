"""The rules that all ladder questions share: windows, bounds, steps and their names.

A customer's step at a date is what the `window` months before it (the date excluded) add up to, or what the calendar
year does up to that date. A lower bound belongs to its step; a sum of 0 or less is 'none'. Steps are keyed `step_1`
(below the first bound) and up. What a level that is kept means: ladder_kept; levels of the file's own: ladder_places.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa

from insight.errors import NotEnoughDataError, UsageError
from insight.result import Message, Unit
from insight.settings import Setting, Settings, add_months
from insight.workspace.engine import Query

NONE = "none"
NEW = "new"
MOST_STEPS = 8
LONGEST_WINDOW = 12
_WHOLE_FROM = 10
_ENDLESS = Decimal(10) ** 17

BASIS = Setting("basis", "choice", "sales", choices=("sales", "orders", "margin"))
ANY_BASIS = Setting("basis", "choice", "sales", choices=(*BASIS.choices, "level"))
BOUNDS = Setting("bounds", "amounts", None, low=0)
NAMES = Setting("names", "names", None)
WINDOW = Setting("window", "integer", None, low=1, high=60)
WINDOW_KIND = Setting("window_kind", "choice", "rolling", choices=("rolling", "calendar"))
KEEP = Setting("keep", "number", None, low=0, high=1)
LADDER_START = Setting("start", "date", None)
LADDER_END = Setting("end", "date", None)
# What every ladder of bounds takes, and what one that may also be the file's own levels takes.
BOUNDED = (LADDER_START, LADDER_END, BOUNDS, WINDOW, WINDOW_KIND, BASIS, KEEP, NAMES)
LEVELED = (LADDER_START, LADDER_END, BOUNDS, WINDOW, WINDOW_KIND, ANY_BASIS, KEEP, NAMES)

# What each customer bought in the window of months before a date: `value` in the ladder's basis, and sales.
_VALUES = """
    SELECT
        customer_id,
        sum(sales) AS sales,
        sum(CASE WHEN is_return THEN 0 ELSE 1 END) AS n_orders,
        sum(margin) AS margin,
        CASE $basis WHEN 'orders' THEN sum(CASE WHEN is_return THEN 0 ELSE 1 END)
            WHEN 'margin' THEN coalesce(sum(margin), 0) ELSE sum(sales) END AS value
    FROM orders
    WHERE ordered_on >= $opened AND ordered_on < $closed AND customer_id IS NOT NULL
        AND (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))
    GROUP BY customer_id
"""


# Everyone with a line before a day. The facts know first purchases; who only returned by then is looked up.
_KNOWN = """
    SELECT customer_id, first_order_on FROM customer_facts
    WHERE first_order_on < $closed AND (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))
    UNION ALL
    SELECT DISTINCT orders.customer_id, cast(NULL AS DATE) AS first_order_on
    FROM orders JOIN customer_facts AS facts ON facts.customer_id = orders.customer_id
    WHERE orders.is_return AND orders.ordered_on < $closed
        AND (facts.first_order_on IS NULL OR facts.first_order_on >= $closed)
        AND (NOT $scoped OR orders.customer_id IN (SELECT customer_id FROM scope))
"""
# Names in braces are tables of ours, put in by `make_standing`.
_STANDING = """
    SELECT
        bought.customer_id,
        coalesce(steps.step, 'none') AS step,
        coalesce(found.sales, 0) AS sales,
        coalesce(found.n_orders, 0) AS n_orders,
        found.margin,
        coalesce(found.value, 0) AS value
    FROM known_customers AS bought
    LEFT JOIN {values} AS found ON found.customer_id = bought.customer_id
    LEFT JOIN {steps} AS steps ON found.value > 0 AND found.value >= steps.low_bound AND found.value < steps.high_bound
"""


# Of everybody, also where the question is about some: a customer's step is the same whoever it is seen among.
_QUANTILES = """
    SELECT quantile_cont(cast(value AS DOUBLE), [0.5, 0.8, 0.95]) AS found
    FROM (
        SELECT CASE $basis WHEN 'orders' THEN sum(CASE WHEN is_return THEN 0 ELSE 1 END)
            WHEN 'margin' THEN coalesce(sum(margin), 0) ELSE sum(sales) END AS value
        FROM orders
        WHERE ordered_on >= $opened AND ordered_on < $closed AND customer_id IS NOT NULL
        GROUP BY customer_id) AS counted
    WHERE value > 0
"""


def window_opened(closed: date, months: int, kind: str) -> date:
    """The first day of the window that ends before `closed`: so many months, or so many calendar years begun."""
    if kind == "calendar":
        return date((closed - timedelta(days=1)).year - months // LONGEST_WINDOW + 1, 1, 1)
    return add_months(closed, -months)


@dataclass(frozen=True)
class Windows:
    """Two windows by one rule, the earlier ending at `start` and the later at `end` (both days excluded).

    Rolling: `months` months each. Calendar: from 1 January of the year of the last day (of an earlier year with 24
    months or more), so that 1 January sees the whole year before it.
    """

    start: date
    end: date
    months: int
    first_day: date
    last_day: date
    kind: str = "rolling"

    def opens(self, closed: date) -> date:
        """The first day of the window that ends before `closed`."""
        return window_opened(closed, self.months, self.kind)

    @property
    def opened(self) -> date:
        """The first day of the earlier window."""
        return self.opens(self.start)

    @property
    def both(self) -> tuple[tuple[date, date], tuple[date, date]]:
        """The earlier and the later window, [start, end)."""
        return (self.opened, self.start), (self.opened_last, self.end)

    @property
    def opened_last(self) -> date:
        """The first day of the later window."""
        return self.opens(self.end)

    @property
    def before_data(self) -> bool:
        """Whether the earlier window begins before the first transaction: its sums may then be too small."""
        return self.opened < self.first_day


@dataclass(frozen=True)
class Rule:
    """How a history becomes a step: what is counted, over which window, and the share of a bound that keeps a step."""

    basis: str
    months: int
    kind: str
    keep: float | None
    first_day: date

    def opens(self, closed: date) -> date:
        """The first day of the window that ends before `closed`."""
        return window_opened(closed, self.months, self.kind)

    def window(self, form: str) -> Message:
        """The window in words (see window_words)."""
        return window_words(form, self.months, self.kind)


def rule_of(settings: Settings, span: Windows) -> Rule:
    """The rule in force."""
    return Rule(settings["basis"], span.months, span.kind, settings["keep"], span.first_day)


def whole_months(first: date, last: date) -> int:
    """Whole months from `first` to `last`."""
    months = 12 * (last.year - first.year) + last.month - first.month
    return months if add_months(first, months) <= last else months - 1


def windows(query: Query, settings: Settings) -> Windows:
    """The two windows that the settings ask for, or the two latest, longest equal ones that the data holds.

    Raises UsageError for a window that is longer than the data or a part of a calendar year, NotEnoughDataError when
    the data are shorter than two months.
    """
    first, last = query.extent()
    after = query.day_after_last()
    end: date = settings["end"] or after
    kind: str = settings["window_kind"]
    asked = asked_months(settings)
    if settings["start"] is None:
        months = asked or min(LONGEST_WINDOW, max(0, whole_months(first, end) // 2))
        if months < 1:
            raise NotEnoughDataError("ladder.too_short", first=first, last=last)
        start = add_months(end, -months)
    else:
        start = settings["start"]
        months = asked or min(LONGEST_WINDOW, max(1, whole_months(first, start)))
    if start >= end:
        raise UsageError("setting.period_backwards", start=start, end=end)
    if months > max(1, whole_months(first, after)):
        raise too_long(settings, months, first, last)
    return Windows(start, end, months, first, last, kind)


def too_long(settings: Settings, months: int, first: date, last: date) -> UsageError:
    """The refusal of a window that is longer than the data; `name` is the setting that asked for it."""
    name = "window" if settings["window"] else "window_kind"
    return UsageError("ladder.window_too_long", name=name, window=months, first=first, last=last)


def asked_months(settings: Settings) -> int | None:
    """The window asked for in months; a calendar year unless told where it is one, else None: the data decide.

    Raises UsageError for a calendar window that is not of whole years.
    """
    asked: int | None = settings["window"]
    if settings["window_kind"] != "calendar":
        return asked
    if asked and asked % LONGEST_WINDOW:
        raise UsageError("ladder.whole_years", name="window", window=asked)
    return asked or LONGEST_WINDOW


def window_words(form: str, months: int, kind: str) -> Message:
    """The window in words. form: 'before' (a date follows), 'during', 'after' (a date follows)."""
    if kind == "calendar" and months > LONGEST_WINDOW:
        return Message(f"ladder.window.{form}_years", {"years": months // LONGEST_WINDOW})
    part = "year" if kind == "calendar" else "month" if months == 1 else "months"
    return Message(f"ladder.window.{form}_{part}", {"window": months})


def counted(key: str, values: Mapping[str, object]) -> Message:
    """A sentence about `n` customers; about a single one it has words of its own."""
    return Message(f"{key}_one" if values["n"] == 1 else key, values)


def nice(value: float, *, whole: bool) -> Decimal:
    """A bound that people say: one or two significant figures (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 × 10ⁿ)."""
    if value <= 0:
        return Decimal(0)
    power = int(np.floor(np.log10(value)))
    nearest = min((1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10), key=lambda step: abs(step - value / 10**power))
    found = Decimal(str(nearest)).scaleb(power)
    return max(Decimal(1), found.to_integral_value()) if whole else found


def propose_bounds(quantiles: Sequence[float | None], basis: str) -> tuple[Decimal, ...]:
    """Rising bounds near the given quantiles of the positive values, rounded so that they can be said aloud.

    Equal proposals collapse, so few or equal customers give fewer steps; at least one bound comes back.
    """
    found = {nice(value, whole=basis == "orders" or value >= _WHOLE_FROM) for value in quantiles if value}
    return tuple(sorted(found)) or (Decimal(1),)


def make_values(query: Query, name: str, opened: date, closed: date, basis: str) -> None:
    """Temporary table `name`: customer_id, sales, n_orders, margin, value of [opened, closed)."""
    query.make(name, _VALUES, opened=opened, closed=closed, basis=basis)


def make_steps(query: Query, settings: Settings, rule: Rule) -> tuple[Decimal, ...]:
    """The bounds in force, also as temporary table `ladder_steps(step, low_bound, high_bound)` on the query.

    The user's bounds, else those proposed (see proposal). Raises UsageError for too many.
    """
    asked: tuple[Decimal, ...] | None = settings["bounds"]
    bounds = checked_bounds(asked) if asked else proposal(query, rule).bounds
    put_steps(query, "ladder_steps", bounds)
    return bounds


def base_windows(query: Query, rule: Rule) -> tuple[tuple[date, date], tuple[date, date]]:
    """The windows [opened, closed) that bounds are proposed from: the one before the latest, else the latest."""
    after = query.day_after_last()
    start = add_months(after, -rule.months)
    return (rule.opens(start), start), (rule.opens(after), after)


@dataclass(frozen=True)
class Proposal:
    """Bounds, and the window [opened, closed) whose purchases they were proposed from."""

    bounds: tuple[Decimal, ...]
    opened: date
    closed: date


def proposal(query: Query, rule: Rule) -> Proposal:
    """Bounds near quantiles of the base window, whatever the dates and the scope that are asked about.

    So a rise is a rise: the ladder is the same for every date, and for a part of the customers that of them all.
    """
    key = ("ladder.base", rule.basis, rule.months, rule.kind)
    if key not in query.kept:
        before, latest = base_windows(query, rule)
        (opened, closed), found = before, _quantiles(query, rule, before)
        if not found:
            (opened, closed), found = latest, _quantiles(query, rule, latest)
        query.kept[key] = Proposal(propose_bounds(found or (), rule.basis), opened, closed)
    return query.kept[key]


def _quantiles(query: Query, rule: Rule, window: tuple[date, date]) -> Sequence[float] | None:
    return query.one(_QUANTILES, opened=window[0], closed=window[1], basis=rule.basis)[0]


def checked_bounds(asked: Sequence[Decimal], name: str = "bounds") -> tuple[Decimal, ...]:
    """The bounds above 0 of the setting `name`. Raises UsageError when none or too many are left."""
    bounds = tuple(bound for bound in asked if bound > 0)
    if not bounds or len(bounds) >= MOST_STEPS:
        raise UsageError("ladder.too_many_bounds", name=name, most=MOST_STEPS - 1)
    return bounds


def put_steps(query: Query, name: str, bounds: Sequence[Decimal]) -> None:
    """Temporary table `name`: step, low_bound, high_bound."""
    lows = [Decimal(0), *bounds]
    highs = [*bounds, _ENDLESS]
    money = pa.decimal128(20, 2)
    query.put(
        name,
        pa.table(
            {
                "step": pa.array(step_keys(bounds)),
                "low_bound": pa.array([_cents(low) for low in lows], money),
                "high_bound": pa.array([_cents(high) for high in highs], money),
            }
        ),
    )


def make_standing(
    query: Query, name: str, closed: date, *, values: str = "values_end", steps: str = "ladder_steps"
) -> None:
    """Temporary table `name`: everyone with a line before `closed`: customer_id, step, sales, n_orders, margin, value.

    values: a table of `make_values` for the window that ends at `closed`; steps: one of `make_steps`.
    """
    make_known(query, closed)
    query.make(name, _STANDING.replace("{values}", values).replace("{steps}", steps))


def make_known(query: Query, closed: date) -> None:
    """Temporary table `known_customers`: everyone with a line before the day, and first_order_on (NULL: none yet)."""
    query.make("known_customers", _KNOWN, closed=closed)


def _cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"))


def step_keys(bounds: Sequence[Decimal]) -> tuple[str, ...]:
    """The steps from lowest to highest."""
    return tuple(f"step_{number}" for number in range(1, len(bounds) + 2))


def step_labels(bounds: Sequence[Decimal], settings: Settings) -> dict[str, str]:
    """Words for the steps: the user's names where given (as many as there are steps), else the house's own.

    Raises UsageError when the names do not fit the steps.
    """
    keys = step_keys(bounds)
    names: tuple[str, ...] | None = settings["names"]
    if names:
        if len(names) != len(keys):
            raise UsageError("ladder.names_do_not_fit", name="names", given=len(names), needed=len(keys))
        return dict(zip(keys, names, strict=True))
    metals = 4
    prefix = "ladder.metal" if len(keys) <= metals else "ladder.level"
    return {key: f"{prefix}.{number}" for number, key in enumerate(keys, start=1)}


_CLIMB_UNITS: dict[str, Unit] = {"step": "text", "n_up": "count", "n_down": "count", "net_climb": "count"}


def climbs(moves: Iterable[tuple[str, str, int]], steps: Sequence[str]) -> tuple[pd.DataFrame, dict[str, Unit]]:
    """Passes over each step's bound, from (from_step, to_step, customers); newcomers stood nowhere and do not climb.

    Table, best step first: step, n_up (stood below, now on it or higher), n_down (the other way), net_climb.
    """
    rank = {NONE: 0, **{step: number for number, step in enumerate(steps, start=1)}}
    found = [(rank[a], rank[b], n) for a, b, n in moves if a != NEW]
    rows: list[dict[str, object]] = []
    for step in reversed(steps):
        up = sum(n for a, b, n in found if a < rank[step] <= b)
        down = sum(n for a, b, n in found if b < rank[step] <= a)
        rows.append({"step": step, "n_up": up, "n_down": down, "net_climb": up - down})
    return pd.DataFrame(rows, columns=list(_CLIMB_UNITS)), dict(_CLIMB_UNITS)
