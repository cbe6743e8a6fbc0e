"""Several dates in a row, a month, a quarter or a year apart, and every customer's step at each of them.

Reads customer_months, so a date is the first of a month and its window a number of whole months. The dates are those
where months, quarters or years begin; what is told over time may end with the day after the last whole month.
"""

import math
import re
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from insight.analysis.ladder_kept import make_kept_places
from insight.analysis.ladder_places import Ladder, make_ladder, make_level_places
from insight.analysis.ladder_rules import LONGEST_WINDOW, Rule, asked_months, too_long, whole_months
from insight.errors import NotEnoughDataError, UsageError
from insight.settings import Setting, Settings, month_number, month_start
from insight.workspace.engine import Query

GRAINS = {"month": 1, "quarter": 3, "year": 12}
MOST_DATES = 12
_SHORT_HISTORY = 15

# What a customer's months add up to before each date, side by side, in hundredths (öre, and so for purchases): one
# pass over customer_months. Texts between << and >> are repeated for every date, k its place, j the next one.
_WIDE = """
    SELECT summed.*, 12 * year(facts.first_order_on) + month(facts.first_order_on) - 1 AS bought_no
    FROM (
        SELECT
            customer_id,
            cast(min(month_no) AS INTEGER) AS first_no,
            <<{sales_k}>>
            {values}
        FROM customer_months
        WHERE NOT $scoped OR customer_id IN (SELECT customer_id FROM scope)
        GROUP BY customer_id) AS summed
    JOIN customer_facts AS facts ON facts.customer_id = summed.customer_id
"""
_SUM = "cast(100 * sum(CASE WHEN month_no >= ${a} AND month_no < ${b} THEN {value} ELSE 0 END) AS BIGINT) AS {name}"
_VALUE = {"sales": "sales", "orders": "n_orders", "margin": "coalesce(margin, 0)", "level": "sales"}
_ALL = "SELECT * FROM wide_made"
_MOST_KEPT, _MOST_ROWS = 2, 1_000_000

# A customer's step at each date as its place on the ladder: 0 without a step, -1 before their first line.
_BINNED = """
    SELECT
        wide.customer_id,
        wide.bought_no,
        <<wide.sales_k AS sales_k>>,
        <<CASE WHEN wide.first_no >= grid_limits.closed_k THEN -1 ELSE {place_k} END AS rank_k>>
    FROM wide {joined} CROSS JOIN grid_limits
"""
_KEPT_JOIN = "JOIN kept_places AS kept ON kept.customer_id = wide.customer_id"
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


def grid(query: Query, settings: Settings, *, to_last: bool = False) -> Grid:
    """The dates that the settings ask for, else the latest dozen whose windows the data hold.

    to_last: the last date is the day after the last whole month, however long after the one before.

    Raises NotEnoughDataError when fewer than two dates are left, UsageError where a setting is the reason.
    """
    first, last = query.extent()
    after = query.day_after_last()
    end: date = settings["end"] or after
    months = asked_months(settings) or min(LONGEST_WINDOW, max(1, whole_months(first, after) // 2))
    if months > max(1, whole_months(first, after)):
        raise too_long(settings, months, first, last)
    rule = Rule(settings["basis"], months, settings["window_kind"], settings["keep"], first)
    every = GRAINS[settings["grain"]]
    latest = month_number(end)
    numbers = [number for number in range(month_number(first), latest + 1) if number % every == 0]
    dates = [month_start(number) for number in (*numbers, *([latest] if to_last and latest % every else []))]
    start: date | None = settings["start"]
    if start is not None:
        if start >= end:
            raise UsageError("setting.period_backwards", start=start, end=end)
        chosen = [day for day in dates if day >= start]
    else:
        chosen = [day for day in dates if rule.opens(day) >= first]
    chosen = chosen[-MOST_DATES:]
    if len(chosen) < 2:
        asked = [name for name in ("window", "grain", "window_kind") if name in dict(settings.chosen)]
        if asked:
            raise UsageError("ladder.too_few_dates", name=asked[0], first=first, last=last, window=months)
        raise NotEnoughDataError("ladder.too_few_dates", first=first, last=last, window=months)
    return Grid(tuple(chosen), rule)


def make_binned(
    query: Query, settings: Settings, *, to_last: bool = False, listed: bool = False
) -> tuple[Grid, Ladder]:
    """Table `binned`: customer_id, bought_no (month of the first purchase), sales_k (in öre) and rank_k for each date.

    rank: the step's place from 1 (lowest), 0 without a step, -1 where the customer has no line before the date. Also
    `ladder_dates(place, month_no, at_date)`. The bounds are those for any two dates. to_last: see grid.
    listed: only some customers will be asked for, so `binned` need not be made for all.
    """
    found = grid(query, settings, to_last=to_last)
    rule, count = found.rule, len(found.dates)
    numbers = [month_number(day) for day in found.dates]
    dates = {"place": pa.array(range(count), pa.int32()), "month_no": pa.array(numbers, pa.int64())}
    query.put("ladder_dates", pa.table({**dates, "at_date": pa.array(found.dates, pa.date32())}))
    _make_wide(query, found)
    column = "sales" if rule.basis in ("sales", "level") else "value"
    ladder = make_ladder(query, settings, rule, found.dates[-1])
    row = {f"bound_{n}": math.ceil(100 * bound) for n, bound in enumerate(ladder.bounds)}
    row |= {f"closed_{k}": number for k, number in enumerate(numbers)}
    query.put("grid_limits", pa.table({name: pa.array([limit], pa.int64()) for name, limit in row.items()}))
    text, joined = repeated(_BINNED, count), ""
    if ladder.levels:
        places = [f"coalesce(places_{k}.place, 0)" for k in range(count)]
        joined = " ".join(_LEVEL_JOIN.replace("{n}", str(k)) for k in range(count))
        for k, day in enumerate(found.dates):
            make_level_places(query, f"places_{k}", day)
    elif rule.keep is not None:
        places = [f"kept.place_{k}" for k in range(count)]
        joined = _KEPT_JOIN
        days = {f"place_{k}": day for k, day in enumerate(found.dates)}
        make_kept_places(query, "kept_places", rule, days, ladder.bounds)
    else:
        places = [_ranked(f"wide.{column}_{k}", len(ladder.bounds)) for k in range(count)]
    for k, place in enumerate(places):
        text = text.replace(f"{{place_{k}}}", place)
    text = text.replace("{joined}", joined)
    if listed:
        query.view("binned", text)
    else:
        query.make("binned", text)
    return found, ladder


def _ranked(value: str, count: int) -> str:
    """SQL: the place of a value among the bounds: 0 for a value of 0 or less, else from 1."""
    passed = " + ".join(f"CASE WHEN {value} >= grid_limits.bound_{number} THEN 1 ELSE 0 END" for number in range(count))
    return f"CASE WHEN {value} <= 0 THEN 0 ELSE 1 + {passed} END"


def _summed(first: str, last: str, value: str, name: str) -> str:
    text = _SUM.replace("{a}", first).replace("{b}", last)
    return text.replace("{value}", value).replace("{name}", name)


def _make_wide(query: Query, found: Grid) -> None:
    """Table `wide`, the same for every ladder: the latest are kept with this state of the data, but not a scope's."""
    rule, count = found.rule, len(found.dates)
    key = ("ladder.wide", found.dates, rule.basis, rule.months, rule.kind)
    if not query.scoped and key in query.kept:
        query.lend("wide", query.kept[key])
        return
    days: dict[str, object] = {f"opened_{k}": month_number(rule.opens(day)) for k, day in enumerate(found.dates)}
    days |= {f"closed_{k}": month_number(day) for k, day in enumerate(found.dates)}
    value = _VALUE[rule.basis]
    own = rule.basis not in ("sales", "level")
    values = [_summed(f"opened_{k}", f"closed_{k}", value, f"value_{k}") for k in range(count) if own]
    text = repeated(_WIDE.replace("{values}", "".join(f", {one}" for one in values)), count)
    for k in range(count):
        text = text.replace(f"{{sales_{k}}}", _summed(f"opened_{k}", f"closed_{k}", "sales", f"sales_{k}"))
    query.make("wide_made", text, **days)
    query.view("wide", _ALL)
    if query.scoped or query.count("wide_made") > _MOST_ROWS:
        return
    for old in [old for old in query.kept if old[0] == key[0]][: -_MOST_KEPT + 1]:
        query.kept.pop(old, None)
    query.kept[key] = query.arrow(_ALL)
