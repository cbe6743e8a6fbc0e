"""Drawing a test: who may be contacted, and into which arm each of them falls. Its table is the assignment file."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pyarrow as pa

from insight.analysis import lift_segments
from insight.analysis.basis import frame
from insight.analysis.lift_rules import COST, MOST_ARMS, costs_per_arm, is_control_word, named
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError, UsageError
from insight.result import Basis, Message, Metric, Note, Result, Unit
from insight.settings import Setting, Settings, day_after_last
from insight.stats.draw import stratified_draw
from insight.workspace.engine import Query

NAME = Setting("test", "text", None)
ARMS = Setting("arms", "shares", (("kontroll", 1.0), ("utskick", 1.0)))
CHANNELS = Setting("channels", "names", None)
SENT_ON = Setting("sent_on", "date", day_after_last)
REST = Setting("rest_days", "integer", 14, low=0, high=365)
UNKNOWN = Setting("unknown_consent", "choice", "exclude", choices=("exclude", "include"))
SIZE = Setting("size", "integer", None, low=2, high=100_000_000)
SEED = Setting("seed", "integer", 1, low=0, high=2**31 - 1)
WITHIN = Setting("within", "text", None)
SETTINGS = (NAME, ARMS, CHANNELS, SENT_ON, REST, UNKNOWN, SIZE, SEED, WITHIN, COST)
CONSENTS = ("email", "sms", "post")
_YEAR = 365
_RUNNING_DAYS = 30
_NOT_DRAWN = "not_needed"

# Why a customer stays outside, the first reason that holds; NULL for those who may be drawn.
_PEOPLE = """
    SELECT
        facts.customer_id,
        CASE
            WHEN people.left_on <= CAST($day AS DATE) THEN 'has_left'
            WHEN $email AND people.consent_email = 0 THEN 'no_consent_email'
            WHEN $sms AND people.consent_sms = 0 THEN 'no_consent_sms'
            WHEN $post AND people.consent_post = 0 THEN 'no_consent_post'
            WHEN $unknown AND $email AND people.consent_email IS NULL THEN 'unknown_consent_email'
            WHEN $unknown AND $sms AND people.consent_sms IS NULL THEN 'unknown_consent_sms'
            WHEN $unknown AND $post AND people.consent_post IS NULL THEN 'unknown_consent_post'
            WHEN running.customer_id IS NOT NULL THEN 'in_test'
            WHEN recent.customer_id IS NOT NULL THEN 'recent_contact'
        END AS reason,
        coalesce(bought.sales, 0) AS sales_before
    FROM customer_facts AS facts
    LEFT JOIN (
        SELECT customer_id, max(left_on) AS left_on,
            min(CASE WHEN consent_email THEN 1 WHEN NOT consent_email THEN 0 END) AS consent_email,
            min(CASE WHEN consent_sms THEN 1 WHEN NOT consent_sms THEN 0 END) AS consent_sms,
            min(CASE WHEN consent_post THEN 1 WHEN NOT consent_post THEN 0 END) AS consent_post
        FROM customers GROUP BY customer_id) AS people ON people.customer_id = facts.customer_id
    LEFT JOIN (
        SELECT DISTINCT customer_id FROM assignments
        WHERE assigned_on <= CAST($day AS DATE) AND assigned_on > CAST($running_from AS DATE)) AS running
        ON running.customer_id = facts.customer_id
    LEFT JOIN (
        SELECT DISTINCT customer_id FROM contacts
        WHERE sent_at >= CAST($rest_from AS DATE) AND sent_at < CAST($day AS DATE)) AS recent
        ON recent.customer_id = facts.customer_id
    LEFT JOIN (
        SELECT customer_id, sum(sales) AS sales FROM orders
        WHERE ordered_on >= CAST($year_from AS DATE) AND ordered_on < CAST($day AS DATE) GROUP BY customer_id) AS bought
        ON bought.customer_id = facts.customer_id
    WHERE NOT $scoped OR facts.customer_id IN (SELECT customer_id FROM scope)
"""
_STRATA = """
    SELECT people.customer_id,
        dense_rank() OVER (ORDER BY people.tier, coalesce(named.value, '')) AS stratum, people.tier
    FROM (
        SELECT customer_id, 0 AS tier FROM lift_people WHERE reason IS NULL AND sales_before <= 0
        UNION ALL
        SELECT customer_id, ntile(4) OVER (ORDER BY sales_before, customer_id) AS tier
        FROM lift_people WHERE reason IS NULL AND sales_before > 0) AS people
    LEFT JOIN lift_values AS named ON named.customer_id = people.customer_id
    ORDER BY people.customer_id
"""
# Contacted without a channel: nobody was asked for a consent, so how many of them have said no to one is told.
_SAID_NO = """
    SELECT count(DISTINCT members.customer_id)
    FROM members JOIN customers ON customers.customer_id = members.customer_id
    WHERE members.reason = 'drawn' AND list_contains($arms, members.arm)
        AND (NOT customers.consent_email OR NOT customers.consent_sms OR NOT customers.consent_post)
"""
_MEMBERS = """
    SELECT people.customer_id, drawn.arm, coalesce(people.reason, drawn.reason) AS reason, people.sales_before
    FROM lift_people AS people LEFT JOIN lift_drawn AS drawn ON drawn.customer_id = people.customer_id
"""
_UNITS: dict[str, Unit] = {
    "customer_id": "text", "test": "text", "arm": "text", "assigned_on": "date", "channel": "text",
    "contact_cost": "money", "is_control": "text",
}  # fmt: skip
_MORE_UNITS: dict[str, dict[str, Unit]] = {
    "arms": {"arm": "text", "n_customers": "count", "channel": "text", "spend_before": "money", "cost": "money"},
    "excluded": {"reason": "text", "n_customers": "count"},
}


def _channels(settings: Settings, arms: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Channels by arm from ARM:email+post,…; raises UsageError for an unknown arm or channel."""
    found: dict[str, tuple[str, ...]] = {}
    for part in settings["channels"] or ():
        name, _, channels = part.rpartition(":")
        used = tuple(channel.strip().lower() for channel in channels.split("+"))
        unknown = [channel for channel in used if channel not in CONSENTS]
        if unknown:
            raise UsageError("lift.unknown_channel", name=unknown[0], known=", ".join(CONSENTS))
        found[named(arms, name)] = used
    return found


def _arms(settings: Settings) -> dict[str, float]:
    arms = {unquote(name).strip(): share for name, share in settings["arms"]}
    if len(arms) < 2 or len({name.lower() for name in arms}) < len(settings["arms"]):
        raise UsageError("lift.draw_arms")
    if len(arms) > MOST_ARMS:
        raise UsageError("lift.too_many_arms", n=len(arms), most=MOST_ARMS)
    for name, share in arms.items():
        if share <= 0:
            raise UsageError("lift.planned_not_positive", name=name)
    return arms


def _make_drawn(query: Query, settings: Settings) -> dict[str, float]:
    """Temporary tables `lift_people` (everyone with the reason to stay outside) and `lift_drawn`; the arms' shares."""
    arms = _arms(settings)
    used = {channel for channels in _channels(settings, tuple(arms)).values() for channel in channels}
    day: date = settings["sent_on"]
    query.make(
        "lift_people", _PEOPLE, day=day, unknown=settings["unknown_consent"] == "exclude",
        rest_from=day - timedelta(days=settings["rest_days"]), year_from=day - timedelta(days=_YEAR),
        running_from=day - timedelta(days=_RUNNING_DAYS), **{channel: channel in used for channel in CONSENTS},
    )  # fmt: skip
    if settings["within"]:
        lift_segments.make_values(query, settings["within"], day)
    else:
        query.make("lift_values", "SELECT customer_id, '' AS value FROM customer_facts")
    found = query.arrow(_STRATA)
    n = found.num_rows
    if n < 2 * len(arms):
        raise NotEnoughDataError("lift.draw_nobody", n=n)
    size = min(settings["size"] or n, n)
    whole = sum(arms.values())
    shares = [share / whole * size / n for share in arms.values()]
    spare = 1 - size / n
    strata = found["stratum"].to_numpy().astype(np.int64)
    places = stratified_draw(strata, [*shares, spare] if spare > 0 else shares, settings["seed"])
    names = np.array([*arms, None], dtype=object)
    query.put("lift_drawn", pa.table({
        "customer_id": found["customer_id"],
        "arm": pa.array(names[places], pa.string()),
        "reason": pa.array(np.where(places < len(arms), "drawn", _NOT_DRAWN), pa.string()),
    }))  # fmt: skip
    return arms


def _make_members(query: Query, settings: Settings) -> None:
    _make_drawn(query, settings)
    query.make("members", _MEMBERS)


def draw(query: Query, settings: Settings) -> Result:
    """A random draw of the scope's customers into arms, stratified by spend in the year before (none and quarters).

    Outside, by the first reason that holds: has left, no consent (or unknown, unless `unknown_consent=include`) for any
    channel that an arm uses, in a test that began in the last 30 days, contacted within `rest_days`. A customer whom
    one arm may not reach is in no arm, so that the arms stay alike. An arm without a channel asks no consent; a note
    says how many of its customers have said no to one. `size` draws only so many. Table: the assignment
    file, a row a customer: customer_id, test, arm, assigned_on, channel, contact_cost, is_control; it loads as it is.
    `tables`: "arms" with n_customers, spend before and cost; "excluded" by reason. The same seed and data give the same
    draw. Raises UsageError for arms or channels that are not, NotEnoughDataError when hardly anybody is left.
    """
    arms = _make_drawn(query, settings)
    query.make("members", _MEMBERS)
    costs = costs_per_arm(settings, "cost", tuple(arms))
    channels = _channels(settings, tuple(arms))
    day: date = settings["sent_on"]
    name = settings["test"] or f"test {day.isoformat()}"
    drawn = query.arrow("SELECT customer_id, arm FROM members WHERE reason = 'drawn' ORDER BY customer_id").to_pandas()
    control = {arm: is_control_word(arm) for arm in arms}
    table = pd.DataFrame({
        "customer_id": drawn["customer_id"].astype(object), "test": name, "arm": drawn["arm"].astype(object),
        "assigned_on": day, "channel": drawn["arm"].map({arm: "+".join(channels.get(arm, ())) or None for arm in arms}),
        "contact_cost": drawn["arm"].map({arm: Decimal(str(costs.get(arm, 0))) for arm in arms}),
        "is_control": drawn["arm"].map({arm: str(control[arm]).lower() for arm in arms}),
    })  # fmt: skip
    sizes = {str(arm): (int(n), float(mean)) for arm, n, mean in query.rows(
        "SELECT arm, count(*), avg(cast(sales_before AS DOUBLE)) FROM members WHERE reason = 'drawn' GROUP BY arm"
    )}  # fmt: skip
    excluded = query.rows(
        "SELECT reason, count(*) FROM members WHERE reason <> 'drawn' GROUP BY reason ORDER BY count(*) DESC, reason"
    )
    rows: list[dict[str, Any]] = [
        {
            "arm": arm, "n_customers": sizes.get(arm, (0, 0.0))[0], "channel": "+".join(channels.get(arm, ())) or None,
            "spend_before": sizes.get(arm, (0, None))[1], "cost": sizes.get(arm, (0, 0.0))[0] * costs.get(arm, 0.0),
        }
        for arm in arms
    ]  # fmt: skip
    left_out = {str(reason): int(n) for reason, n in excluded}
    return Result(
        key="lift.draw",
        headline=Message("lift.draw_headline", {"n": len(table), "arms": len(arms)}),
        metrics={
            "n_drawn": Metric(len(table), "count", better=0, mark={"reason": "drawn"}),
            "n_excluded": Metric(sum(left_out.values()), "count", better=0),
            "contact_cost": Metric(sum(row["cost"] for row in rows), "money", better=-1),
        },
        table=table,
        units=dict(_UNITS),
        basis=Basis(day, None, len(table), left_out, Message("lift.draw_rule", {"seed": settings["seed"]}), "lift_draw",
                    n_customers=len(table)),
        drill=("arm", "reason"),
        notes=_notes(query, unasked_arms(settings), has_control=any(control.values())),
        tables={
            "arms": frame(rows, list(_MORE_UNITS["arms"])),
            "excluded": frame(
                [{"reason": why, "n_customers": n} for why, n in left_out.items()], list(_MORE_UNITS["excluded"])
            ),
        },
        more_units=dict(_MORE_UNITS),
    )  # fmt: skip


def unasked_arms(settings: Settings) -> tuple[str, ...]:
    """The contacted arms that name no channel, so that no consent is asked for them."""
    arms = tuple(_arms(settings))
    channels = _channels(settings, arms)
    return tuple(arm for arm in arms if not is_control_word(arm) and arm not in channels)


def _notes(query: Query, unasked: tuple[str, ...], *, has_control: bool) -> tuple[Note, ...]:
    found: list[Note] = []
    if unasked:
        n = int(query.one(_SAID_NO, arms=list(unasked))[0])
        found.append(Note("draw_no_channel", {"names": ", ".join(unasked), "n": n}, "warning"))
    if not has_control:
        found.append(Note("draw_no_control", {}, "warning"))
    return tuple(found)


ANALYSES = (Analysis("lift.draw", draw, SETTINGS, _make_members, ("arm", "reason"), ("transactions",)),)
