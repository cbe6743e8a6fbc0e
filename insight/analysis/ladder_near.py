"""How far each customer is from the next step, and from losing the present one: the rows behind the next-step list."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa

from insight.analysis.ladder_places import Ladder, make_ladder, stand
from insight.analysis.ladder_rules import BOUNDED, LONGEST_WINDOW, Rule, Windows, make_values, rule_of, windows
from insight.settings import Setting, Settings, add_months
from insight.workspace.engine import Query

# Share of the next bound that is missing, at most.
BANDS = {"within_10": 0.10, "within_25": 0.25, "within_50": 0.50, "beyond_50": 1.0}
GROUPS = ("about_to_climb", "either_way", "about_to_fall", "steady")

HORIZON = Setting("horizon", "integer", 90, low=7, high=365)
NEAR = Setting("near", "integer", 1, low=1, high=10)
NEAR_SETTINGS = (*BOUNDED, HORIZON, NEAR)

_PURCHASES = """
    SELECT
        customer_id,
        ordered_on,
        CASE $basis WHEN 'orders' THEN CASE WHEN is_return THEN 0 ELSE 1 END
            WHEN 'margin' THEN coalesce(margin, 0) ELSE sales END AS value,
        sales,
        is_return
    FROM orders
    WHERE ordered_on >= $opened AND ordered_on < $closed AND customer_id IS NOT NULL
        AND (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))
"""
# Silent for the whole horizon, only what the window then still holds would count. A calendar year keeps all it has
# until it ends; there the question is whether it reaches up to the step that was held when the year began.
_HABITS = """
    SELECT
        customer_id,
        sum(CASE WHEN ordered_on >= $kept THEN value ELSE 0 END) AS value_kept,
        min(CASE WHEN is_return THEN NULL ELSE ordered_on END) AS oldest_on,
        max(CASE WHEN is_return THEN NULL ELSE ordered_on END) AS latest_on,
        count(DISTINCT CASE WHEN is_return THEN NULL ELSE ordered_on END) AS n_days,
        median(CASE WHEN is_return THEN NULL ELSE cast(sales AS DOUBLE) END) AS receipt
    FROM purchases GROUP BY customer_id
"""
_DISTANCE = """
    SELECT
        standing.customer_id,
        standing.step,
        standing.sales,
        standing.n_orders,
        standing.margin,
        standing.value,
        next_step.step AS next_step,
        next_step.low_bound - standing.value AS missing,
        CASE
            WHEN next_step.step IS NULL THEN 'top'
            WHEN next_step.low_bound - standing.value <= 0.10 * next_step.low_bound THEN 'within_10'
            WHEN next_step.low_bound - standing.value <= 0.25 * next_step.low_bound THEN 'within_25'
            WHEN next_step.low_bound - standing.value <= 0.50 * next_step.low_bound THEN 'within_50'
            ELSE 'beyond_50'
        END AS band,
        own_step.low_bound
    FROM {standing} AS standing
    JOIN ladder_steps AS own_step ON own_step.step = standing.step
    LEFT JOIN ladder_steps AS next_step ON next_step.low_bound = own_step.high_bound
"""
# Whether the window's sum, seen the day after each purchase, was at or over the next bound at any time.
_REACHED = """
    SELECT distance.step, distance.band, count(*) AS n_customers,
        sum(CASE WHEN best.top >= distance.value + distance.missing THEN 1 ELSE 0 END) AS n_reached
    FROM distance_then AS distance
    LEFT JOIN (
        SELECT customer_id, max(value) AS top
        FROM (
            SELECT bought.customer_id, bought.ordered_on, sum(purchases_then.value) AS value
            FROM (SELECT DISTINCT customer_id, ordered_on FROM purchases_then WHERE ordered_on >= $from_day) AS bought
            JOIN ladder_days ON ladder_days.day = bought.ordered_on
            JOIN purchases_then ON purchases_then.customer_id = bought.customer_id
                AND purchases_then.ordered_on >= ladder_days.opened
                AND purchases_then.ordered_on <= bought.ordered_on
            GROUP BY bought.customer_id, bought.ordered_on) AS seen
        GROUP BY customer_id) AS best
    ON best.customer_id = distance.customer_id
    WHERE distance.band <> 'top'
    GROUP BY distance.step, distance.band
"""
_HELD = """
    SELECT standing.customer_id, ladder_steps.low_bound
    FROM standing_held AS standing JOIN ladder_steps ON ladder_steps.step = standing.step
"""
_NOTHING_HELD = "SELECT customer_id, low_bound FROM distance WHERE false"
_NO_CHANCES = "SELECT '' AS step, '' AS band, 0 AS n_customers, 0 AS n_reached, cast(0 AS DOUBLE) AS chance WHERE false"
_MEMBERS = """
    SELECT
        distance.customer_id,
        distance.step,
        missing AS to_next,
        purchases_left,
        days_left,
        receipt AS usual_receipt,
        days_between,
        chance,
        latest_on,
        CASE
            WHEN climbs AND falls THEN 'either_way'
            WHEN climbs THEN 'about_to_climb'
            WHEN falls THEN 'about_to_fall'
            ELSE 'steady'
        END AS "group",
        distance.band,
        CASE WHEN climbs THEN 'near' ELSE 'far' END AS climb,
        CASE WHEN falls THEN 'slipping_step' ELSE 'safe' END AS fall,
        sales,
        n_orders,
        margin
    FROM (
        SELECT
            found.*,
            coalesce(band <> 'top' AND purchases_left <= $near, false) AS climbs,
            value_kept < $share * low_bound OR value_kept <= 0 AS falls
        FROM (
            SELECT
                distance.customer_id, distance.step, distance.band, distance.missing,
                greatest(distance.low_bound, coalesce(held.low_bound, 0)) AS low_bound,
                distance.sales, distance.n_orders, distance.margin, coalesce(habits.value_kept, 0) AS value_kept,
                cast(habits.receipt AS DECIMAL(18, 2)) AS receipt,
                habits.latest_on,
                ladder_leaves.leaves_on - cast($closed AS DATE) AS days_left,
                CASE WHEN habits.n_days > 1
                    THEN (habits.latest_on - habits.oldest_on) / cast(habits.n_days - 1 AS DOUBLE) END AS days_between,
                chances.chance,
                CASE WHEN distance.missing IS NULL THEN NULL
                    WHEN $basis = 'orders' THEN cast(distance.missing AS INTEGER)
                    WHEN $basis = 'sales' AND habits.receipt > 0
                        THEN cast(ceil(cast(distance.missing AS DOUBLE) / habits.receipt) AS INTEGER)
                    WHEN $basis = 'margin' AND distance.margin > 0 AND distance.n_orders > 0
                        THEN cast(ceil(cast(distance.missing AS DOUBLE) * distance.n_orders
                            / cast(distance.margin AS DOUBLE)) AS INTEGER)
                END AS purchases_left
            FROM distance
            LEFT JOIN held_steps AS held ON held.customer_id = distance.customer_id
            LEFT JOIN habits ON habits.customer_id = distance.customer_id
            LEFT JOIN ladder_leaves ON ladder_leaves.day = habits.oldest_on
            LEFT JOIN chances ON chances.step = distance.step AND chances.band = distance.band) AS found) AS distance
"""


@dataclass(frozen=True)
class Near:
    """What a next-step list was made with. `then`: the date whose outcome gives the chances."""

    span: Windows
    rule: Rule
    ladder: Ladder
    then: date | None


def _leaves(rule: Rule, day: date) -> date:
    """The day from which a purchase no longer counts."""
    if rule.kind == "calendar":
        return date(day.year + rule.months // LONGEST_WINDOW, 1, 1)
    return add_months(day, rule.months)


def _days(query: Query, name: str, first: date, count: int, rule: Rule, *, leaves: bool) -> None:
    """Temporary table of days: when a purchase that day leaves the window, or where the window up to it begins."""
    days = [first + timedelta(days=step) for step in range(count)]
    other = [_leaves(rule, day) if leaves else rule.opens(day + timedelta(days=1)) for day in days]
    column = "leaves_on" if leaves else "opened"
    query.put(name, pa.table({"day": pa.array(days, pa.date32()), column: pa.array(other, pa.date32())}))


def _chances(query: Query, span: Windows, rule: Rule, ladder: Ladder, horizon: int) -> date | None:
    """Temporary table `chances(step, band, n_customers, n_reached, chance)` from one window earlier; its date."""
    back = LONGEST_WINDOW if rule.kind == "calendar" else span.months
    then = min(add_months(span.end, -back), span.end - timedelta(days=horizon))
    opened = rule.opens(then)
    if opened < span.first_day:
        query.make("chances", _NO_CHANCES)
        return None
    closed = then + timedelta(days=horizon)
    make_values(query, "values_then", opened, then, rule.basis)
    stand(query, "standing_then", rule, then, ladder.bounds, values="values_then")
    query.make("distance_then", _DISTANCE.replace("{standing}", "standing_then"))
    query.make("purchases_then", _PURCHASES, opened=opened, closed=closed, basis=rule.basis)
    _days(query, "ladder_days", then, horizon, rule, leaves=False)
    query.make("reached", _REACHED, from_day=then)
    query.make(
        "chances",
        "SELECT step, band, n_customers, n_reached, cast(n_reached AS DOUBLE) / n_customers AS chance FROM reached",
    )
    return then


def make_near(query: Query, settings: Settings) -> Near:
    """Temporary table `members`: everyone on a step at `end`, with the way to the next one and off this one.

    customer_id, step, band (share of the next bound that is missing), group, climb ('near' when `near` usual
    purchases suffice), fall ('slipping_step' when `horizon` silent days would cost the step; with calendar years when
    the year so far does not reach the step that was held as it began), to_next (money, margin or purchases),
    purchases_left, days_left (until the oldest purchase leaves the window), chance (share of those in the same step
    and band one window earlier who reached the next step within `horizon` days), sales, n_orders and margin of the
    window, usual_receipt (median), days_between purchases, latest_on. With a keep rule a step is lost below that share
    of its bound.
    """
    span = windows(query, settings)
    rule, horizon = rule_of(settings, span), settings["horizon"]
    make_values(query, "values_end", span.opened_last, span.end, rule.basis)
    ladder = make_ladder(query, settings, rule, span.end)
    stand(query, "standing", rule, span.end, ladder.bounds, values="values_end")
    query.make("distance", _DISTANCE.replace("{standing}", "standing"))
    query.make("purchases", _PURCHASES, opened=span.opened_last, closed=span.end, basis=rule.basis)
    query.make("habits", _HABITS, kept=_kept_from(span, rule, horizon))
    query.make("held_steps", _NOTHING_HELD)
    if rule.kind == "calendar":
        make_values(query, "values_held", rule.opens(span.opened_last), span.opened_last, rule.basis)
        stand(query, "standing_held", rule, span.opened_last, ladder.bounds, values="values_held")
        query.make("held_steps", _HELD)
    _days(query, "ladder_leaves", span.opened_last, (span.end - span.opened_last).days, rule, leaves=True)
    then = _chances(query, span, rule, ladder, horizon)
    share = Decimal(1) if rule.keep is None else Decimal(str(rule.keep))
    query.make("members", _MEMBERS, near=settings["near"], basis=rule.basis, closed=span.end, share=share)
    return Near(span, rule, ladder, then)


def _kept_from(span: Windows, rule: Rule, horizon: int) -> date:
    """The first day that still counts after `horizon` silent days."""
    if rule.kind == "calendar":
        return span.opened_last
    return rule.opens(span.end + timedelta(days=horizon))
