"""Those who bought, did they come back? Repeat purchase among responders, and the same in the control."""

from datetime import timedelta
from typing import Any

from insight.analysis.basis import frame
from insight.analysis.lift_rules import COMMON, make_customers
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError
from insight.result import Basis, Chart, Message, Metric, Note, Result, Unit
from insight.settings import Setting, Settings
from insight.stats.proportions import rate_difference, wilson
from insight.workspace.engine import Query

AGAIN = Setting("again_days", "integer", 35, low=1, high=365)

# First purchase in the window, then a further purchase on a later day within $days of it.
_MEMBERS = """
    WITH first AS (
        SELECT found.customer_id, found.arm, min(orders.ordered_on) AS first_on
        FROM lift_customers AS found
        JOIN orders ON orders.customer_id = found.customer_id AND NOT orders.is_return
            AND orders.ordered_on >= found.assigned_on
            AND orders.ordered_on < found.assigned_on + cast($window AS INTEGER)
        GROUP BY found.customer_id, found.arm)
    SELECT
        first.customer_id,
        first.arm,
        CASE
            WHEN first.first_on + cast($days AS INTEGER) >= CAST($after AS DATE) THEN 'too_early'
            WHEN count(later.ordered_on) > 0 THEN 'yes'
            ELSE 'no'
        END AS again,
        first.first_on,
        count(later.ordered_on) AS n_orders,
        coalesce(sum(later.sales), 0) AS sales
    FROM first
    LEFT JOIN orders AS later ON later.customer_id = first.customer_id AND NOT later.is_return
        AND later.ordered_on > first.first_on AND later.ordered_on <= first.first_on + cast($days AS INTEGER)
    GROUP BY first.customer_id, first.arm, first.first_on
"""
_COUNTS = """
    SELECT arm, count(*) AS n_customers,
        sum(CASE WHEN again = 'too_early' THEN 0 ELSE 1 END) AS n_followed,
        sum(CASE WHEN again = 'yes' THEN 1 ELSE 0 END) AS n_again
    FROM members GROUP BY arm
"""
_RESPONSE = "SELECT arm, again, count(*) AS n_customers FROM members GROUP BY arm, again ORDER BY arm, again"
_UNITS: dict[str, Unit] = {
    "arm": "text", "n_customers": "count", "n_followed": "count", "n_again": "count", "share_again": "ratio",
    "share_again_low": "ratio", "share_again_high": "ratio", "difference": "ratio", "difference_low": "ratio",
    "difference_high": "ratio", "pvalue": "pvalue",
}  # fmt: skip


def _make_members(query: Query, settings: Settings) -> None:
    trial = make_customers(query, settings)
    query.make("members", _MEMBERS, window=trial.window, days=settings["again_days"], after=query.day_after_last())


def repeat(query: Query, settings: Settings) -> Result:
    """Share of those who bought in the window who bought again within `again_days` of their first purchase in it.

    Table: arm, n_customers (who bought), n_followed (whose days are all in the data), n_again of those, share_again
    with Wilson's 95 % interval, and against the control (without one none) the difference with interval and p. The
    base are buyers, whom the contact itself has picked, so the difference between arms is an association.
    `tables["response"]`: arm by bought again, not, or too early to say.
    Raises NotEnoughDataError when nobody bought.
    """
    trial = make_customers(query, settings)
    days, after = settings["again_days"], query.day_after_last()
    query.make("members", _MEMBERS, window=trial.window, days=days, after=after)
    counts = {str(row["arm"]): row for row in query.frame(_COUNTS).to_dict("records")}
    if not counts:
        raise NotEnoughDataError("lift.no_sales", window=trial.window, first=trial.first_on)
    base = counts.get(trial.control or "")
    rows: list[dict[str, Any]] = []
    for arm in (name for name in trial.arms if name in counts):
        n, again = int(counts[arm]["n_followed"]), int(counts[arm]["n_again"])
        share = wilson(again, n)
        row: dict[str, Any] = dict.fromkeys(_UNITS) | {
            "arm": arm, "n_customers": int(counts[arm]["n_customers"]), "n_followed": n, "n_again": again,
            "share_again": share.rate, "share_again_low": share.ci_lower, "share_again_high": share.ci_upper,
        }  # fmt: skip
        if base is not None and arm != trial.control:
            found = rate_difference(again, n, int(base["n_again"]), int(base["n_followed"]))
            row |= {
                "difference": found.effect_size, "difference_low": found.ci_lower, "difference_high": found.ci_upper,
                "pvalue": found.pvalue,
            }  # fmt: skip
        rows.append(row)
    best = max(rows, key=lambda row: float(str(row["share_again"] or 0)))
    used, every = (sum(int(str(row[name])) for row in rows) for name in ("n_followed", "n_customers"))
    return Result(
        key="lift.repeat",
        headline=Message("lift.repeat_headline", {"arm": best["arm"], "share": best["share_again"], "days": days}),
        metrics={"share_again": Metric(
            best["share_again"], "ratio", best["share_again_low"], best["share_again_high"],  # type: ignore[arg-type]
            mark={"arm": best["arm"], "again": "yes"},
        )},
        table=frame(rows, list(_UNITS)),
        units=dict(_UNITS),
        basis=Basis(
            trial.first_on, trial.last_on + timedelta(days=trial.window), used,
            {"too_early": every - used} if every > used else {}, Message("lift.repeat_rule", {"days": days}),
            "lift_repeat", n_customers=every,
        ),
        chart=Chart(
            "dots", x="arm", y="share_again", low="share_again_low", high="share_again_high",
            title=Message("lift.repeat_title", {"days": days}), subtitle=Message("lift.repeat_subtitle"),
        ),
        drill=("arm", "again"),
        notes=(Note("responders_pick_themselves"),),
        evidence="association",
        labels={"yes": "lift.again.yes", "no": "lift.again.no"},
        tables={"response": query.frame(_RESPONSE)},
        more_units={"response": {"arm": "text", "again": "text", "n_customers": "count"}},
    )  # fmt: skip


ANALYSES = (
    Analysis("lift.repeat", repeat, (*COMMON, AGAIN), _make_members, ("arm", "again"), ("assignments", "transactions")),
)
