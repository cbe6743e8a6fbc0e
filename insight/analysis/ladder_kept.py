"""Levels that are kept: everybody's step review by review, in one walk along the days.

A step once reached stays while the sum is at least the share `keep` of its bound. The rule looks back to the first
purchases, review by review, so that any month can be rebuilt. With rolling windows the review days are the date itself
and the same day of every month before; with calendar years every 1 January, and a step that is reached during a year
counts at once.

A review with the same sum as the one before moves nobody, so only those are looked at whose purchases enter or leave
the window: the walk costs two looks a purchase, whatever the number of customers and reviews.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from insight.analysis.ladder_rules import Rule
from insight.settings import add_months
from insight.workspace.engine import Query

IntArray = NDArray[np.integer[Any]]

_MOST_REVIEWS = 120
_YEARS_BACK = (1, 2)
_BOUGHT, _PLACES = "ladder.bought", "ladder.places"
# Purchases, and customers times dates, that are kept with a state of the data: about 100 and 50 MB at most.
_MOST_ROWS, _MOST_PLACES = 6_000_000, 50_000_000

_VALUE = {
    "sales": "sales", "orders": "CASE WHEN is_return THEN 0 ELSE 1 END", "margin": "coalesce(margin, 0)"
}  # fmt: skip
_CODES = "SELECT customer_id, cast(row_number() OVER () - 1 AS INTEGER) AS code FROM customer_facts"
_IDS = "SELECT customer_id FROM ladder_codes ORDER BY code"
# In hundredths (öre, and so for purchases): whole numbers compare fast.
_ROWS = """
    SELECT
        ladder_codes.code,
        cast(bought.ordered_on - DATE '1970-01-01' AS INTEGER) AS day_no,
        cast(100 * {value} AS BIGINT) AS hundredths
    FROM {source} AS bought JOIN ladder_codes ON ladder_codes.customer_id = bought.customer_id
    ORDER BY day_no
"""


@dataclass(frozen=True)
class Review:
    """A window that is looked at. settled: a step can be lost at it; else only reached."""

    opened: date
    closed: date
    settled: bool = True


@dataclass(frozen=True)
class Bought:
    """Every purchase and return by day: whose (a place in `ids`), when (days since 1970) and hundredths of the sum."""

    ids: pa.ChunkedArray
    codes: IntArray
    days: IntArray
    hundredths: IntArray


def reviews(rule: Rule, closed: date) -> tuple[Review, ...]:
    """The reviews up to `closed`, oldest first: back to the first day of the data, at most 120."""
    days: list[date] = []
    if rule.kind == "calendar":
        last = (closed - timedelta(days=1)).year
        days = [date(year, 1, 1) for year in range(rule.first_day.year + 1, last + 1)]
    else:
        back = 1
        while len(days) < _MOST_REVIEWS and (day := add_months(closed, -back)) > rule.first_day:
            days.append(day)
            back += 1
        days.reverse()
    settled = rule.kind != "calendar" or (closed.month, closed.day) == (1, 1)
    made = [Review(rule.opens(day), day) for day in days]
    return (*made, Review(rule.opens(closed), closed, settled=settled))


def limits(bounds: Sequence[Decimal], share: Decimal = Decimal(1)) -> IntArray:
    """A share of the bounds in hundredths. Sums are whole hundredths, so the next whole number is the same limit."""
    return np.array([math.ceil(100 * share * bound) for bound in bounds], dtype=np.int64)


def _ranked(sums: IntArray, floors: IntArray) -> IntArray:
    """The place of sums among rising limits: 0 for a sum of 0 or less, else from 1."""
    return np.where(sums > 0, 1 + np.searchsorted(floors, sums, side="right"), 0).astype(np.int8)


def _bought(query: Query, basis: str, source: str) -> Bought:
    """All purchases, the same for every rule: the latest are kept with this state of the data."""
    key = (_BOUGHT, basis)
    if source == "orders" and key in query.kept:
        return query.kept[key]
    query.make("ladder_codes", _CODES)
    rows = query.arrow(_ROWS.replace("{value}", _VALUE[basis]).replace("{source}", source))
    found = Bought(query.arrow(_IDS)["customer_id"], *(rows[name].to_numpy() for name in rows.column_names))
    if source == "orders" and len(found.codes) <= _MOST_ROWS:
        for old in [old for old in query.kept if old[0] == _BOUGHT]:
            query.kept.pop(old, None)
        query.kept[key] = found
    return found


class _Sums:
    """The sums of a window that only moves forward."""

    def __init__(self, bought: Bought) -> None:
        self._bought = bought
        self.values = np.zeros(len(bought.ids), dtype=np.int64)
        self._first: int | None = None
        self._last = 0

    def move(self, review: Review) -> IntArray:
        """Let the window be the review's; whose purchases entered or left it, some of them more than once."""
        first, last = (self._place(day) for day in (review.opened, review.closed))
        if self._first is None:
            self._first, self._last = first, first
        codes, amounts = self._bought.codes, self._bought.hundredths
        entered, left = slice(self._last, last), slice(self._first, first)
        np.add.at(self.values, codes[entered], amounts[entered])
        np.subtract.at(self.values, codes[left], amounts[left])
        self._first, self._last = first, last
        return np.concatenate([codes[entered], codes[left]])

    def _place(self, day: date) -> int:
        # Of the array's own type: else the whole array would be converted at every look.
        return int(np.searchsorted(self._bought.days, np.int32((day - date(1970, 1, 1)).days)))


def walk(
    bought: Bought, settled: Sequence[Review], wanted: Sequence[Review], bounds: Sequence[Decimal], keep: float
) -> dict[date, IntArray]:
    """Everyone's place (0: none) after each review that is wanted: the settled ones in turn, the others beside.

    At a settled review the step is the highest that the bounds give, or the one held as far as the lower limits let it:
    max(entered, min(held, kept)); at the others max(entered, held), and nothing is lost. Both must be in order of time.
    """
    enter, stay = limits(bounds), limits(bounds, Decimal(str(keep)))
    sums, held = _Sums(bought), np.zeros(len(bought.ids), dtype=np.int8)
    found: dict[date, IntArray] = {}
    touched: list[IntArray] = []
    for review in sorted({*settled, *wanted}, key=lambda each: (each.closed, each.settled)):
        touched.append(sums.move(review))
        if not review.settled:
            found[review.closed] = np.maximum(held, _ranked(sums.values, enter))
            continue
        who = np.concatenate(touched)
        touched.clear()
        total = sums.values[who]
        held[who] = np.maximum(_ranked(total, enter), np.minimum(held[who], _ranked(total, stay)))
        if review in wanted:
            found[review.closed] = held.copy()
    return found


def kept_places(
    query: Query, rule: Rule, days: Sequence[date], bounds: Sequence[Decimal], *, source: str = "orders"
) -> tuple[pa.ChunkedArray, dict[date, IntArray]]:
    """All customers' ids, and their places (0: none) at each of the days by the bounds and the keep rule.

    source: a table with the columns of `orders` that the basis needs. The places are everybody's, whatever the scope.
    Several questions on a page ask for the same days, so the latest are kept with this state of the data.
    """
    bought = _bought(query, rule.basis, source)
    found: dict[date, IntArray] = {}
    if source == "orders":
        found = {day: query.kept[key] for day in days if (key := _key(rule, bounds, day)) in query.kept}
    left = sorted({*days} - {*found})
    while left:
        chain = reviews(rule, left[-1])
        settled = tuple(review for review in chain if review.settled)
        # Days whose own reviews are the first of these are passed on the way; a page asks for a year or two back next.
        passed = {*left, *(add_months(left[-1], -12 * years) for years in _YEARS_BACK)}
        ends = {day: made[-1] for day in passed if _begins(settled, made := reviews(rule, day))}
        found |= walk(bought, settled, tuple(ends.values()), bounds, rule.keep or 0.0)
        left = [day for day in left if day not in ends]
    if source == "orders":
        _keep(query, rule, bounds, found)
    return bought.ids, {day: found[day] for day in days}


def _begins(settled: tuple[Review, ...], made: tuple[Review, ...]) -> bool:
    own = tuple(review for review in made if review.settled)
    return settled[: len(own)] == own


def _key(rule: Rule, bounds: Sequence[Decimal], day: date) -> tuple[object, ...]:
    return (_PLACES, rule, tuple(bounds), day)


def _keep(query: Query, rule: Rule, bounds: Sequence[Decimal], found: Mapping[date, IntArray]) -> None:
    for day, places in found.items():
        query.kept.pop(_key(rule, bounds, day), None)
        query.kept[_key(rule, bounds, day)] = places
    known = [old for old in query.kept if old[0] == _PLACES]
    size = sum(len(query.kept[old]) for old in known)
    for old in known:
        if size <= _MOST_PLACES:
            return
        size -= len(query.kept.pop(old))


def make_kept_places(
    query: Query, name: str, rule: Rule, days: Mapping[str, date], bounds: Sequence[Decimal], *, source: str = "orders"
) -> None:
    """Table `name`: customer_id and, under each name in `days`, the place (0: none) at that day (see kept_places)."""
    ids, found = kept_places(query, rule, tuple(days.values()), bounds, source=source)
    query.lend(name, pa.table({"customer_id": ids, **{column: pa.array(found[day]) for column, day in days.items()}}))
