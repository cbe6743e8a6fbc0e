"""Where a customer stands by the whole rule: on a ladder of bounds, kept or not, or of levels that a file gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyarrow as pa

from insight.analysis import fields
from insight.analysis.ladder_kept import make_kept_places
from insight.analysis.ladder_rules import (
    MOST_STEPS,
    NONE,
    Rule,
    make_standing,
    make_steps,
    put_steps,
    step_keys,
    step_labels,
)  # fmt: skip
from insight.errors import UsageError
from insight.result import Message
from insight.settings import Settings
from insight.workspace.engine import Query

LEVEL_KINDS = (
    "nivå", "niva", "nivåbyte", "nivabyte", "ny nivå", "medlemsnivå", "medlemsniva", "kundnivå", "level",
    "level change", "new level", "member level", "member_level", "tier", "tier change",
)  # fmt: skip

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
class Ladder:
    """The steps, lowest first, with their words; the bounds between them, none where a file gives the levels."""

    keys: tuple[str, ...]
    labels: dict[str, str]
    bounds: tuple[Decimal, ...]
    levels: tuple[str, ...] = ()


def make_ladder(query: Query, settings: Settings, rule: Rule, end: date) -> Ladder:
    """The ladder in force: by bounds (see make_steps), or the file's own levels.

    Levels stand in the order of `names` (lowest first), else by sales per customer in the window before `end`. Raises
    UsageError without levels, for too many, and for names that are not those of the levels.
    """
    if settings["basis"] != "level":
        bounds = make_steps(query, settings, rule)
        return Ladder(step_keys(bounds), step_labels(bounds, settings), bounds)
    _make_levels(query, end)
    worth = {str(level): float(each) for level, each in query.rows(_WORTH, opened=rule.opens(end), closed=end)}
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
        make_kept_places(query, "kept_places", rule, {"place": closed}, bounds, source=source)
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
