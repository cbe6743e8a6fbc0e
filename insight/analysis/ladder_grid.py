"""Several dates in a row: the first days of months, quarters or years, and every customer's step at each of them.

Reads customer_months, so a date is the first of a month and its window a number of whole months.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyarrow as pa

from insight.analysis.ladder_rules import LONGEST_WINDOW, make_steps, whole_months
from insight.errors import NotEnoughDataError, UsageError
from insight.settings import Setting, Settings, add_months, month_number, month_start
from insight.workspace.engine import Query

GRAINS = {"month": 1, "quarter": 3, "year": 12}
MOST_DATES = 12
_SHORT_HISTORY = 15

# The months of every date's window meet customer_months by equality: a range join is slower by far.
_STATES = """
    SELECT
        months.customer_id,
        ladder_months.place,
        sum(months.sales) AS sales,
        cast(sum(months.n_orders) AS BIGINT) AS n_orders,
        sum(months.margin) AS margin,
        CASE $basis WHEN 'orders' THEN sum(months.n_orders)
            WHEN 'margin' THEN coalesce(sum(months.margin), 0) ELSE sum(months.sales) END AS value
    FROM customer_months AS months
    JOIN ladder_months ON ladder_months.month_no = months.month_no
    WHERE NOT $scoped OR months.customer_id IN (SELECT customer_id FROM scope)
    GROUP BY months.customer_id, ladder_months.place
"""
_VALUES_OF_FIRST = "SELECT customer_id, value FROM states WHERE place = 0"
_VALUES_OF_LAST = "SELECT customer_id, value FROM states WHERE place = (SELECT max(place) FROM states)"

# Everyone with a line before the date, with a step; who has bought nothing by then is not there yet.
_STOOD = """
    SELECT
        known.customer_id,
        ladder_dates.place,
        ladder_dates.at_date,
        coalesce(steps.step, 'none') AS step,
        coalesce(steps.rank, 0) AS step_rank,
        coalesce(states.sales, 0) AS sales,
        coalesce(states.n_orders, 0) AS n_orders,
        states.margin
    FROM (
        SELECT customer_id, min(month_no) AS first_no FROM customer_months
        WHERE NOT $scoped OR customer_id IN (SELECT customer_id FROM scope)
        GROUP BY customer_id) AS known
    JOIN ladder_dates ON known.first_no < ladder_dates.month_no
    LEFT JOIN states ON states.customer_id = known.customer_id AND states.place = ladder_dates.place
    LEFT JOIN (
        SELECT step, low_bound, high_bound, row_number() OVER (ORDER BY low_bound) AS rank FROM ladder_steps) AS steps
    ON states.value > 0 AND states.value >= steps.low_bound AND states.value < steps.high_bound
"""


def default_grain(query: Query) -> str:
    """Quarters, or months where the history is short."""
    first, last = query.extent()
    return "quarter" if whole_months(first, last) >= _SHORT_HISTORY else "month"


GRAIN = Setting("grain", "choice", default_grain, choices=tuple(GRAINS))


@dataclass(frozen=True)
class Grid:
    """Dates, oldest first, each with a window of `months` whole months before it."""

    dates: tuple[date, ...]
    months: int
    first_day: date

    @property
    def opened(self) -> date:
        """The first day of the earliest window."""
        return add_months(self.dates[0], -self.months)

    @property
    def before_data(self) -> bool:
        """Whether the earliest window begins before the first transaction."""
        return self.opened < self.first_day


def grid(query: Query, settings: Settings) -> Grid:
    """The dates that the settings ask for, else the latest dozen whose windows the data hold.

    Raises NotEnoughDataError when fewer than two dates are left, or the window is longer than the data.
    """
    first, last = query.extent()
    after = query.day_after_last()
    end: date = settings["end"] or after
    asked: int | None = settings["window"]
    months = asked or min(LONGEST_WINDOW, max(1, whole_months(first, after) // 2))
    if months > max(1, whole_months(first, after)):
        raise NotEnoughDataError("ladder.window_too_long", window=months, first=first, last=last)
    every = GRAINS[settings["grain"]]
    latest = month_number(end)
    numbers = [number for number in range(month_number(first), latest + 1) if number % every == 0]
    dates = [month_start(number) for number in numbers]
    start: date | None = settings["start"]
    if start is not None:
        if start >= end:
            raise UsageError("setting.period_backwards", start=start, end=end)
        chosen = [day for day in dates if day >= start]
    else:
        chosen = [day for day in dates if add_months(day, -months) >= first]
    chosen = chosen[-MOST_DATES:]
    if len(chosen) < 2:
        raise NotEnoughDataError("ladder.too_few_dates", first=first, last=last, window=months)
    return Grid(tuple(chosen), months, first)


def make_stood(query: Query, settings: Settings) -> tuple[Grid, tuple[Decimal, ...]]:
    """Temporary table `stood`: customer_id, place, at_date, step, step_rank, sales, n_orders, margin; and the bounds.

    A row for every date and everyone who has a line before it. The bounds are proposed from the first date's window.
    """
    found = grid(query, settings)
    numbers = [month_number(day) for day in found.dates]
    query.put(
        "ladder_dates",
        pa.table(
            {
                "place": pa.array(range(len(numbers)), pa.int32()),
                "month_no": pa.array(numbers, pa.int64()),
                "at_date": pa.array(found.dates, pa.date32()),
            }
        ),
    )
    pairs = [(no, place) for place, number in enumerate(numbers) for no in range(number - found.months, number)]
    query.put(
        "ladder_months",
        pa.table(
            {
                "month_no": pa.array([no for no, _ in pairs], pa.int64()),
                "place": pa.array([place for _, place in pairs], pa.int32()),
            }
        ),
    )
    query.make("states", _STATES, basis=settings["basis"])
    query.make("values_start", _VALUES_OF_FIRST)
    query.make("values_end", _VALUES_OF_LAST)
    bounds = make_steps(query, settings)
    query.make("stood", _STOOD)
    return found, bounds
