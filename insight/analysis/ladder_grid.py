"""Several dates in a row: the first days of months, quarters or years, and every customer's step at each of them.

Reads customer_months, so a date is the first of a month and its window a number of whole months.
"""

import re
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

# What a customer's months add up to before each date, side by side: one pass over customer_months, no joins. Texts
# between << and >> are repeated for every date, k its place, j the next one.
_WIDE = """
    SELECT
        customer_id,
        min(month_no) AS first_no,
        <<sum(CASE WHEN month_no >= $opened_k AND month_no < $closed_k THEN sales ELSE 0 END) AS sales_k>>,
        <<sum(CASE WHEN month_no >= $opened_k AND month_no < $closed_k THEN {value} ELSE 0 END) AS value_k>>
    FROM customer_months
    WHERE NOT $scoped OR customer_id IN (SELECT customer_id FROM scope)
    GROUP BY customer_id
"""
_VALUES = "SELECT value_k AS value FROM wide"
_VALUE = {"sales": "sales", "orders": "n_orders", "margin": "coalesce(margin, 0)"}

# A customer's step at each date as its place on the ladder: 0 without a step, -1 before their first line.
_BINNED = """
    SELECT
        wide.customer_id,
        12 * year(facts.first_order_on) + month(facts.first_order_on) - 1 AS bought_no,
        <<wide.sales_k AS sales_k>>,
        <<CASE WHEN wide.first_no >= $closed_k THEN -1 WHEN wide.value_k <= 0 THEN 0
            ELSE 1 + {passed} END AS rank_k>>
    FROM wide JOIN customer_facts AS facts ON facts.customer_id = wide.customer_id
"""
_PASSED = "CASE WHEN wide.value_k >= $bound_{number} THEN 1 ELSE 0 END"


def repeated(text: str, places: int) -> str:
    """The text with every part between << and >> written out for each place: names that end in _k, _j for the next."""

    def each(found: re.Match[str]) -> str:
        parts = [re.sub(r"_k\b", f"_{k}", re.sub(r"_j\b", f"_{k + 1}", found[1])) for k in range(places)]
        return ", ".join(parts)

    return re.sub(r"<<(.*?)>>", each, text, flags=re.DOTALL)


def stacked(text: str, places: int) -> str:
    """The text once for every place, as one table: names that end in _k are of the place, _j of the next; k is it."""
    return " UNION ALL ".join(
        re.sub(r"\bk\b", str(k), re.sub(r"_k\b", f"_{k}", re.sub(r"_j\b", f"_{k + 1}", text))) for k in range(places)
    )


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


def make_binned(query: Query, settings: Settings) -> tuple[Grid, tuple[Decimal, ...]]:
    """Temporary table `binned`: customer_id, bought_no (month of the first purchase), sales_k and rank_k for each date.

    rank: the step's place from 1 (lowest), 0 without a step, -1 where the customer has no line before the date. Also
    `ladder_dates(place, month_no, at_date)`. The bounds are proposed from the first date's window.
    """
    found = grid(query, settings)
    count = len(found.dates)
    numbers = [month_number(day) for day in found.dates]
    query.put(
        "ladder_dates",
        pa.table(
            {
                "place": pa.array(range(count), pa.int32()),
                "month_no": pa.array(numbers, pa.int64()),
                "at_date": pa.array(found.dates, pa.date32()),
            }
        ),
    )
    windows: dict[str, object] = {f"opened_{k}": number - found.months for k, number in enumerate(numbers)}
    windows |= {f"closed_{k}": number for k, number in enumerate(numbers)}
    query.make("wide", repeated(_WIDE.replace("{value}", _VALUE[settings["basis"]]), count), **windows)
    query.make("values_start", _VALUES.replace("_k", "_0"))
    query.make("values_end", _VALUES.replace("_k", f"_{count - 1}"))
    bounds = make_steps(query, settings)
    passed = " + ".join(_PASSED.replace("{number}", str(number)) for number in range(len(bounds)))
    limits: dict[str, object] = {f"bound_{number}": bound for number, bound in enumerate(bounds)}
    query.make("binned", repeated(_BINNED.replace("{passed}", passed), count), **windows, **limits)
    return found, bounds
