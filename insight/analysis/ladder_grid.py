"""Several dates in a row, a month, a quarter or a year apart, and every customer's step at each of them.

Reads customer_months, so a date is the first of a month and its window a number of whole months. The last date is the
day after the last whole month, so that nothing of it is missing; the others stand whole steps before it.
"""

import re
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from insight.analysis.ladder_places import (
    Ladder,
    Review,
    Rule,
    carried,
    limits,
    make_ladder,
    make_level_places,
    ranked,
    reviews,
)  # fmt: skip
from insight.analysis.ladder_rules import LONGEST_WINDOW, asked_months, whole_months
from insight.errors import NotEnoughDataError, UsageError
from insight.settings import Setting, Settings, month_number, month_start
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
        {reviewed}
    FROM customer_months
    WHERE NOT $scoped OR customer_id IN (SELECT customer_id FROM scope)
    GROUP BY customer_id
"""
_VALUES = "SELECT value_k AS value FROM wide"
_VALUE = {"sales": "sales", "orders": "n_orders", "margin": "coalesce(margin, 0)", "level": "sales"}
_REVIEWED = ", sum(CASE WHEN month_no >= $from_{n} AND month_no < $until_{n} THEN {value} ELSE 0 END) AS review_{n}"

# A customer's step at each date as its place on the ladder: 0 without a step, -1 before their first line.
_BINNED = """
    SELECT
        wide.customer_id,
        12 * year(facts.first_order_on) + month(facts.first_order_on) - 1 AS bought_no,
        <<wide.sales_k AS sales_k>>,
        <<CASE WHEN wide.first_no >= $closed_k THEN -1 ELSE {place_k} END AS rank_k>>
    FROM {wide} AS wide JOIN customer_facts AS facts ON facts.customer_id = wide.customer_id {joined}
"""
_LEVEL_JOIN = "LEFT JOIN places_{n} ON places_{n}.customer_id = wide.customer_id"


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
    """Dates, oldest first, each with the window that the rule gives it."""

    dates: tuple[date, ...]
    rule: Rule

    @property
    def opened(self) -> date:
        """The first day of the earliest window."""
        return self.rule.opens(self.dates[0])

    @property
    def opened_last(self) -> date:
        """The first day of the latest window."""
        return self.rule.opens(self.dates[-1])

    @property
    def before_data(self) -> bool:
        """Whether the earliest window begins before the first transaction."""
        return self.opened < self.rule.first_day


def grid(query: Query, settings: Settings) -> Grid:
    """The dates that the settings ask for, else the latest dozen whose windows the data hold.

    Raises NotEnoughDataError when fewer than two dates are left, or the window is longer than the data.
    """
    first, last = query.extent()
    after = query.day_after_last()
    end: date = settings["end"] or after
    months = asked_months(settings) or min(LONGEST_WINDOW, max(1, whole_months(first, after) // 2))
    if months > max(1, whole_months(first, after)):
        raise NotEnoughDataError("ladder.window_too_long", window=months, first=first, last=last)
    rule = Rule(settings["basis"], months, settings["window_kind"], settings["keep"], first)
    every = GRAINS[settings["grain"]]
    latest = month_number(end)
    dates = [month_start(number) for number in range(latest, month_number(first) - 1, -every)][::-1]
    start: date | None = settings["start"]
    if start is not None:
        if start >= end:
            raise UsageError("setting.period_backwards", start=start, end=end)
        chosen = [day for day in dates if day >= start]
    else:
        chosen = [day for day in dates if rule.opens(day) >= first]
    chosen = chosen[-MOST_DATES:]
    if len(chosen) < 2:
        raise NotEnoughDataError("ladder.too_few_dates", first=first, last=last, window=months)
    return Grid(tuple(chosen), rule)


def make_binned(query: Query, settings: Settings) -> tuple[Grid, Ladder]:
    """Temporary table `binned`: customer_id, bought_no (month of the first purchase), sales_k and rank_k for each date.

    rank: the step's place from 1 (lowest), 0 without a step, -1 where the customer has no line before the date. Also
    `ladder_dates(place, month_no, at_date)`. The bounds are proposed from the first date's window.
    """
    found = grid(query, settings)
    rule, count = found.rule, len(found.dates)
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
    days: dict[str, object] = {f"opened_{k}": month_number(rule.opens(day)) for k, day in enumerate(found.dates)}
    days |= {f"closed_{k}": number for k, number in enumerate(numbers)}
    looked = _settled(found) if rule.keep is not None and rule.basis != "level" else ()
    days |= {f"from_{n}": month_number(review.opened) for n, review in enumerate(looked)}
    days |= {f"until_{n}": month_number(review.closed) for n, review in enumerate(looked)}
    reviewed = "".join(_REVIEWED.replace("{n}", str(n)) for n in range(len(looked)))
    wide = _WIDE.replace("{reviewed}", reviewed).replace("{value}", _VALUE[rule.basis])
    query.make("wide", repeated(wide, count), **days)
    query.make("values_start", _VALUES.replace("_k", "_0"))
    query.make("values_end", _VALUES.replace("_k", f"_{count - 1}"))
    ladder = make_ladder(query, settings, found.dates[-1], found.opened_last)
    text = repeated(_BINNED, count)
    joined, source = "", "wide"
    if ladder.levels:
        for k, day in enumerate(found.dates):
            make_level_places(query, f"places_{k}", day)
            joined += " " + _LEVEL_JOIN.replace("{n}", str(k))
            text = text.replace(f"{{place_{k}}}", f"coalesce(places_{k}.place, 0)")
    elif looked:
        source = _held(found, looked, len(ladder.bounds))
        for k in range(count):
            text = text.replace(f"{{place_{k}}}", f"wide.place_{k}")
    else:
        for k in range(count):
            text = text.replace(f"{{place_{k}}}", ranked(f"wide.value_{k}", len(ladder.bounds), "bound"))
    query.make(
        "binned", text.replace("{joined}", joined).replace("{wide}", source), **days, **limits(ladder.bounds, rule.keep)
    )
    return found, ladder


def _settled(found: Grid) -> tuple[Review, ...]:
    """Every review of any of the dates at which a step can be lost, oldest first."""
    every = {review for day in found.dates for review in reviews(found.rule, day) if review.settled}
    return tuple(sorted(every, key=lambda review: review.closed))


def _held(found: Grid, looked: tuple[Review, ...], bounds: int) -> str:
    """SQL for the table `wide` with place_k for each date: layer by layer, each going on from the one before."""
    source, held, done = "wide", "0", 0
    for k, day in enumerate(found.dates):
        due = [(f"review_{n}", True) for n, review in enumerate(looked) if n >= done and review.closed <= day]
        done += len(due)
        source = f"(SELECT *, {carried(due, bounds, held)} AS held_{k} FROM {source})"  # noqa: S608
        held = f"held_{k}"
    places = ", ".join(
        f"greatest(held_{k}, {ranked(f'value_{k}', bounds, 'bound')}) AS place_{k}" for k in range(len(found.dates))
    )
    return f"(SELECT *, {places} FROM {source})"  # noqa: S608
