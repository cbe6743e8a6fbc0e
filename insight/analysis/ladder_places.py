"""Where a customer stands when more than one window decides: levels that are kept, and levels that a file gives.

A kept level: a step once reached stays while the sum is at least the share `keep` of its bound. The rule looks back to
the first purchases, review by review, so that any month can be rebuilt. With rolling windows the review days are the
date itself and the same day of every month before; with calendar years every 1 January, and a step that is reached
during a year counts at once.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa

from insight.analysis import fields
from insight.analysis.ladder_rules import (
    MOST_STEPS,
    NONE,
    Windows,
    make_standing,
    make_steps,
    put_steps,
    step_keys,
    step_labels,
    window_opened,
    window_words,
)  # fmt: skip
from insight.errors import UsageError
from insight.result import Message
from insight.settings import Settings, add_months
from insight.workspace.engine import Query

_MOST_REVIEWS = 120
_KEPT, _MOST_KEPT, _MOST_ROWS = "ladder.places", 6, 2_000_000
LEVEL_KINDS = (
    "nivå", "niva", "nivåbyte", "nivabyte", "ny nivå", "medlemsnivå", "medlemsniva", "kundnivå", "level",
    "level change", "new level", "member level", "member_level", "tier", "tier change",
)  # fmt: skip

_VALUE = {
    "sales": "sales", "orders": "CASE WHEN is_return THEN 0 ELSE 1 END", "margin": "coalesce(margin, 0)"
}  # fmt: skip
_REVIEWED = """
    SELECT customer_id, {sums}
    FROM {source}
    WHERE ordered_on < $closed AND customer_id IS NOT NULL
        AND (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))
    GROUP BY customer_id
"""
# In hundredths (öre, and so for purchases): whole numbers compare fast.
_SUM = """cast(100 * sum(CASE WHEN ordered_on >= $opened_{k} AND ordered_on < $closed_{k} THEN {value} ELSE 0 END)
        AS BIGINT) AS review_{k}"""
_PLACES = "SELECT customer_id, cast({place} AS TINYINT) AS place FROM reviewed"
_ALL = "SELECT * FROM {table}"
_HELD = """
    SELECT
        standing.customer_id,
        CASE WHEN coalesce(places.place, 0) = 0 THEN 'none' ELSE 'step_' || places.place END AS step,
        standing.sales,
        standing.n_orders,
        standing.margin,
        standing.value
    FROM {standing} AS standing LEFT JOIN {places} AS places ON places.customer_id = standing.customer_id
"""
_HISTORY = "SELECT count(*) AS n FROM events WHERE list_contains($kinds, lower(trim(kind))) AND step IS NOT NULL"
_LEVELS_AT = """
    SELECT customer_id, max({'day': "at", 'level': trim(step)}).level AS value
    FROM events
    WHERE list_contains($kinds, lower(trim(kind))) AND trim(step) <> '' AND "at" < $closed
    GROUP BY customer_id
"""
_EVERY_LEVEL = """
    SELECT DISTINCT trim(step) AS level FROM events
    WHERE list_contains($kinds, lower(trim(kind))) AND trim(step) <> ''
"""
_WORTH = """
    SELECT field_values.value AS level, coalesce(avg(cast(bought.sales AS DOUBLE)), 0) AS each
    FROM field_values LEFT JOIN (
        SELECT customer_id, sum(sales) AS sales FROM orders
        WHERE ordered_on >= $opened AND ordered_on < $closed AND customer_id IS NOT NULL GROUP BY customer_id) AS bought
    ON bought.customer_id = field_values.customer_id
    GROUP BY field_values.value
"""
_PLACED = """
    SELECT field_values.customer_id, level_places.place
    FROM field_values JOIN level_places ON level_places.level = field_values.value
    WHERE NOT $scoped OR field_values.customer_id IN (SELECT customer_id FROM scope)
"""


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


@dataclass(frozen=True)
class Ladder:
    """The steps, lowest first, with their words; the bounds between them, none where a file gives the levels."""

    keys: tuple[str, ...]
    labels: dict[str, str]
    bounds: tuple[Decimal, ...]
    levels: tuple[str, ...] = ()


def make_ladder(query: Query, settings: Settings, end: date, opened: date) -> Ladder:
    """The ladder in force: by bounds (see make_steps, whose tables must be there), or the file's own levels.

    Levels stand in the order of `names` (lowest first), else by sales per customer in [opened, end). Raises
    UsageError without levels, for too many, and for names that are not those of the levels.
    """
    if settings["basis"] != "level":
        bounds = make_steps(query, settings)
        return Ladder(step_keys(bounds), step_labels(bounds, settings), bounds)
    _make_levels(query, end)
    worth = {str(level): float(each) for level, each in query.rows(_WORTH, opened=opened, closed=end)}
    levels = {str(row[0]) for row in query.rows(_EVERY_LEVEL, kinds=list(LEVEL_KINDS))} if _dated(query) else set(worth)
    if len(levels) > MOST_STEPS:
        raise UsageError("ladder.too_many_levels", name="basis", n=len(levels), most=MOST_STEPS)
    names: tuple[str, ...] | None = settings["names"]
    if names and set(names) != levels:
        raise UsageError("ladder.names_are_not_levels", name="names", known=", ".join(sorted(levels)))
    order = names or tuple(sorted(levels, key=lambda level: (worth.get(level, 0.0), level)))
    places = {"level": pa.array(order, pa.string()), "place": pa.array(range(1, len(order) + 1), pa.int32())}
    query.put("level_places", pa.table(places))
    # Sums place nobody here; the table is there for what joins it.
    put_steps(query, "ladder_steps", ())
    keys = tuple(f"step_{number}" for number in range(1, len(order) + 1))
    return Ladder(keys, {**dict(zip(keys, order, strict=True)), NONE: "ladder.no_level"}, (), order)


def _dated(query: Query) -> bool:
    return bool(query.one(_HISTORY, kinds=list(LEVEL_KINDS))[0])


def knows(query: Query, rule: Rule, closed: date) -> bool:
    """Whether the steps at that day can be told: a file's levels without their days are those of today."""
    return rule.basis != "level" or closed >= query.day_after_last() or _dated(query)


def _make_levels(query: Query, closed: date) -> None:
    """Temporary table `field_values`: customer_id, value: the level before `closed`.

    From events of the kind 'level' where there are any; else the customer file's level, which is today's only.
    """
    if _dated(query):
        query.make("field_values", _LEVELS_AT, kinds=list(LEVEL_KINDS), closed=closed)
        return
    if not query.has_values("customers", "member_level"):
        raise UsageError("ladder.no_levels", name="basis")
    if closed < query.day_after_last():
        # Only the present is known: an earlier step would be a guess.
        raise UsageError("ladder.level_of_today", name="basis", day=closed)
    fields.make_values(query, fields.find(query, "member_level"), closed)


def make_level_places(query: Query, name: str, closed: date) -> None:
    """Temporary table `name`: customer_id, place (from 1) on the ladder of the file's levels before `closed`."""
    _make_levels(query, closed)
    query.make(name, _PLACED)


# --- levels that are kept ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Review:
    """A window that is looked at. settled: a step can be lost at it; else only reached."""

    opened: date
    closed: date
    settled: bool = True


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


def ranked(value: str, count: int, limit: str) -> str:
    """SQL: the place of a value among `count` limits `<limit>_0` …: 0 for a value of 0 or less, else from 1."""
    passed = " + ".join(f"CASE WHEN {value} >= {limit}_{number} THEN 1 ELSE 0 END" for number in range(count))
    return f"CASE WHEN {value} <= 0 THEN 0 ELSE 1 + {passed} END"


def carried(values: Sequence[tuple[str, bool]], count: int, before: str = "0", of: str = "$") -> str:
    """SQL: the place after the reviews of `values` (column, whether a step can be lost), from the place `before`.

    of: where `limits` are: parameters, or nothing for columns. At a settled review the step is the highest that the
    bounds give, or the one held as far as the lower limits let it: max(entered, min(held, kept)).
    """
    held = before
    for value, settled in values:
        kept = f"least({held}, {ranked(value, count, f'{of}floor')})" if settled else held
        held = f"greatest({ranked(value, count, f'{of}bound')}, {kept})"
    return held


def limits(bounds: Sequence[Decimal], keep: float | None) -> dict[str, int]:
    """The limits of `ranked` and `carried` in hundredths: `bound_0` … and, for a keep rule, `floor_0` …

    Sums are whole hundredths, so the next whole number above a limit is the same limit.
    """
    found = {f"bound_{number}": math.ceil(100 * bound) for number, bound in enumerate(bounds)}
    if keep is not None:
        share = Decimal(str(keep))
        found |= {f"floor_{number}": math.ceil(100 * share * bound) for number, bound in enumerate(bounds)}
    return found


def make_kept_places(
    query: Query, name: str, rule: Rule, closed: date, bounds: Sequence[Decimal], *, source: str = "orders"
) -> None:
    """Table `name`: customer_id, place (0: none) at `closed` by the bounds and the keep rule.

    source: a table with the columns of `orders` that the basis needs. Several questions on a page ask for the same
    places, so the latest are kept with this state of the data; what a scope narrows is not.
    """
    key = (_KEPT, closed, rule, tuple(bounds))
    keepable = not query.scoped and source == "orders"
    if keepable and key in query.kept:
        query.lend(name, query.kept[key])
        return
    made = reviews(rule, closed)
    value = _VALUE[rule.basis]
    sums = ", ".join(_SUM.replace("{k}", str(k)).replace("{value}", value) for k in range(len(made)))
    days: dict[str, object] = {f"opened_{k}": review.opened for k, review in enumerate(made)}
    days |= {f"closed_{k}": review.closed for k, review in enumerate(made)}
    query.make("reviewed", _REVIEWED.replace("{sums}", sums).replace("{source}", source), closed=closed, **days)
    place = carried([(f"review_{k}", review.settled) for k, review in enumerate(made)], len(bounds))
    made_name = f"{name}_made"
    query.make(made_name, _PLACES.replace("{place}", place), **limits(bounds, rule.keep))
    query.view(name, _ALL.replace("{table}", made_name))
    if keepable and query.count(made_name) <= _MOST_ROWS:
        for old in [old for old in query.kept if old[0] == _KEPT][: -_MOST_KEPT + 1]:
            query.kept.pop(old, None)
        query.kept[key] = query.arrow(_ALL.replace("{table}", made_name))


def stand(
    query: Query, name: str, rule: Rule, closed: date, bounds: Sequence[Decimal], *, values: str,
    steps: str = "ladder_steps", source: str = "orders",
) -> None:  # fmt: skip
    """Temporary table `name` as `make_standing` makes it, with the step that the whole rule gives.

    values: a table of `make_values` for the rule's window before `closed`.
    """
    make_standing(query, name, closed, values=values, steps=steps)
    if rule.basis == "level":
        make_level_places(query, "level_places_at", closed)
    elif rule.keep is not None:
        make_kept_places(query, "kept_places", rule, closed, bounds, source=source)
    else:
        return
    places = "level_places_at" if rule.basis == "level" else "kept_places"
    query.make(name, _HELD.replace("{standing}", name).replace("{places}", places))


def told(rule: Rule, message: Message) -> Message:
    """A rule's sentence with what it says about keeping a step, or about levels of a file."""
    if rule.basis == "level":
        return Message("ladder.rule_of_levels", {"rule": message})
    if rule.keep is None:
        return message
    return Message(f"ladder.rule_kept_{rule.kind}", {"rule": message, "keep": rule.keep})


def step_order(ladder: Ladder) -> tuple[str, ...]:
    """Best step first, those without a step last."""
    return (*reversed(ladder.keys), NONE)
