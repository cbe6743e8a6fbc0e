"""Planning a test from the workspace's own customers: what a size can see, what size sees an effect, what it costs."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from insight.analysis.basis import frame
from insight.analysis.lift_measures import records
from insight.analysis.lift_rules import DEFAULT_WINDOW, MARGIN_COVER, MARGIN_RATE
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError
from insight.result import Basis, Chart, Message, Metric, Note, Result, Unit
from insight.settings import AS_OF, Setting, Settings
from insight.stats.power import (
    mde_with_effect,
    optimal_control_share,
    planned_cost,
    sample_size_mean,
    variance_with_effect,
)
from insight.workspace.engine import Query

WINDOW = Setting("window", "integer", DEFAULT_WINDOW, low=1, high=365)
N_ARMS = Setting("n_arms", "integer", 1, low=1, high=9)
SIZE = Setting("size", "integer", None, low=4, high=100_000_000)
WANTED = Setting("wanted", "money", None, low=0.0001)
HELD_OUT = Setting("held_out", "number", None, low=0.01, high=0.99)
COST = Setting("cost_per_contact", "money", None, low=0)
POWER = Setting("power", "number", 0.8, low=0.5, high=0.99)
FIGURE = Setting("figure", "choice", "automatic", choices=("automatic", "spend", "margin"))
SETTINGS = (WINDOW, N_ARMS, SIZE, WANTED, HELD_OUT, COST, POWER, MARGIN_RATE, FIGURE, AS_OF)
_BEFORE_DAYS = 365
_SIZES = (500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000)

# The latest window as if a test had begun with it: everyone who had bought before, zeros included.
_HISTORY = """
    WITH people AS (
        SELECT facts.customer_id FROM customer_facts AS facts
        WHERE facts.first_order_on < CAST($start AS DATE)
            AND (NOT $scoped OR facts.customer_id IN (SELECT customer_id FROM scope))),
    bought AS (
        SELECT
            orders.customer_id,
            sum(CASE WHEN orders.ordered_on >= CAST($start AS DATE) THEN cast(orders.sales AS DOUBLE) END) AS spend,
            sum(CASE WHEN orders.ordered_on >= CAST($start AS DATE) THEN cast(orders.margin AS DOUBLE) END) AS margin,
            sum(CASE WHEN orders.ordered_on >= CAST($start AS DATE)
                THEN cast(orders.sales AS DOUBLE) * cast(orders.sales AS DOUBLE) END) AS spend_once,
            sum(CASE WHEN orders.ordered_on >= CAST($start AS DATE)
                THEN cast(orders.margin AS DOUBLE) * cast(orders.margin AS DOUBLE) END) AS margin_once,
            sum(CASE WHEN orders.ordered_on >= CAST($start AS DATE) THEN orders.n_lines END) AS n_lines,
            sum(CASE WHEN orders.ordered_on >= CAST($start AS DATE) THEN orders.n_margin_lines END) AS n_margin_lines,
            max(CASE WHEN orders.ordered_on >= CAST($start AS DATE) AND NOT orders.is_return THEN 1 ELSE 0 END) AS buys,
            sum(CASE WHEN orders.ordered_on < CAST($start AS DATE) THEN cast(orders.sales AS DOUBLE) END) AS before
        FROM orders
        WHERE orders.customer_id IS NOT NULL AND orders.ordered_on >= CAST($first AS DATE)
            AND orders.ordered_on < CAST($end AS DATE)
        GROUP BY orders.customer_id),
    figures AS (
        SELECT
            coalesce(bought.spend, 0) AS spend, coalesce(bought.margin, 0) AS margin, coalesce(bought.buys, 0) AS buys,
            coalesce(bought.before, 0) AS before, bought.n_lines, bought.n_margin_lines,
            coalesce(bought.spend_once, 0) AS spend_once, coalesce(bought.margin_once, 0) AS margin_once
        FROM people LEFT JOIN bought ON bought.customer_id = people.customer_id)
    SELECT
        count(*) AS n, avg(cast(buys AS DOUBLE)) AS conversion,
        avg(spend) AS spend_mean, var_samp(spend) AS spend_var, corr(spend, before) AS spend_corr,
        avg(margin) AS margin_mean, var_samp(margin) AS margin_var, corr(margin, before) AS margin_corr,
        avg(spend_once) AS spend_once, avg(margin_once) AS margin_once,
        sum(n_lines) AS n_lines, sum(n_margin_lines) AS n_margin_lines
    FROM figures
"""
_UNITS: dict[str, Unit] = {
    "n_in_all": "count", "n_treatment": "count", "n_control": "count", "mde": "money", "mde_cuped": "money",
    "mde_share": "ratio", "contact_cost": "money",
}  # fmt: skip


def _history(query: Query, settings: Settings) -> tuple[dict[str, Any], date, date]:
    end: date = settings["as_of"]
    start = end - timedelta(days=settings["window"])
    first = start - timedelta(days=_BEFORE_DAYS)
    found = records(query.frame(_HISTORY, start=start, end=end, first=first))[0]
    return (
        {name: None if value is None or value != value else float(value) for name, value in found.items()},
        start,
        end,
    )


@dataclass(frozen=True)
class Past:
    """The figure that the plan is about, as the customers bought it in the latest window.

    repeat_share: how much of the second moment is of customers who bought more than once (see `stats.power`).
    """

    measure: str
    mean: float
    var: float
    correlation: float
    repeat_share: float


def _measure(settings: Settings, found: dict[str, Any]) -> Past:
    """Mean, variance, correlation with spend before. Raises NotEnoughDataError for margins that are not there."""
    lines = found["n_lines"] or 0.0
    covered = bool(lines) and (found["n_margin_lines"] or 0.0) >= MARGIN_COVER * lines
    wanted = settings["figure"]
    rate = settings["margin_rate"]
    measure = ("margin" if rate is not None or covered else "spend") if wanted == "automatic" else wanted
    if measure == "margin" and rate is None and not covered:
        raise NotEnoughDataError("lift.plan_no_margin")
    # A margin rate scales spend, and nothing else about it.
    column = "spend" if measure == "margin" and rate is not None else measure
    factor = rate if measure == "margin" and rate is not None else 1.0
    mean, var = found[f"{column}_mean"], found[f"{column}_var"]
    second = (var or 0.0) + mean**2
    repeated = max(0.0, min(1.0, 1 - found[f"{column}_once"] / second)) if second > 0 else 0.0
    correlation = max(-0.999, min(0.999, found[f"{column}_corr"] or 0.0))
    return Past(measure, mean * factor, (var or 0.0) * factor**2, correlation, repeated)


def plan(query: Query, settings: Settings) -> Result:
    """What a test of `n_arms` contacted arms and a control can see, by its size in all.

    From the scope's customers as they bought in the latest `window` days before `as_of`: mean and variance per customer
    (zeros included) and the correlation with the 365 days before. Table: n_in_all, n_treatment (each arm), n_control
    (√K times an arm unless `held_out` says otherwise), mde (smallest effect per customer seen with `power` at 5 %,
    Bonferroni over the arms; a contacted arm's spread is that of buying more often),
    mde_cuped (with purchases before taken out), mde_share of the mean, contact_cost. Metrics: mde at `size`
    (everyone unless said), and n_needed with cost_needed for the effect `wanted`. Raises NotEnoughDataError without
    customers who bought before, or when nothing varied. Methods 1.
    """
    found, start, end = _history(query, settings)
    if (found["n"] or 0) < 2:
        raise NotEnoughDataError("lift.plan_nobody", start=start)
    past = _measure(settings, found)
    if not past.var:
        raise NotEnoughDataError("lift.plan_nothing", start=start, end=end)
    arms, everyone = settings["n_arms"], int(found["n"])
    size = settings["size"] or everyone
    sizes = sorted({size, everyone, *(n for n in _SIZES if n <= max(size, everyone))})
    rows = [_row(n, settings, past) for n in sizes if n >= 2 * (arms + 1)]
    if not rows:
        raise NotEnoughDataError("lift.plan_nobody", start=start)
    at = next((row for row in rows if row["n_in_all"] == size), rows[-1])
    needed = _needed(settings, past)
    metrics = {
        "mde": Metric(at["mde"], "money", better=-1), "mde_cuped": Metric(at["mde_cuped"], "money", better=-1),
        "n_needed": Metric(needed["n"] if needed else None, "count", better=-1),
        "n_needed_cuped": Metric(needed["n_cuped"] if needed else None, "count", better=-1),
        "cost_needed": Metric(needed["cost"] if needed else at["contact_cost"], "money", better=-1),
        "mean": Metric(past.mean, "money", better=0),
    }  # fmt: skip
    values = {
        "n": needed["n"] if needed else at["n_in_all"], "effect": settings["wanted"] if needed else at["mde"],
        "metric": Message(f"lift.metric.{past.measure}"),
    }  # fmt: skip
    return Result(
        key="lift.plan",
        headline=Message(_headline_key(needed, everyone), values),
        metrics=metrics,
        table=frame(rows, list(_UNITS)),
        units=dict(_UNITS),
        basis=Basis(
            start, end, everyone, {}, Message("lift.plan_rule", {"window": settings["window"]}), "lift_plan",
            n_customers=everyone,
        ),
        chart=Chart(
            "line", x="n_in_all", y=("mde", "mde_cuped"),
            title=Message("lift.plan_title", {"metric": Message(f"lift.metric.{past.measure}")}),
            subtitle=Message("lift.plan_subtitle", {"power": settings["power"]}),
        ),
        notes=_notes(settings, at, everyone, needed),
        labels={"mde": "column.mde", "mde_cuped": "column.mde_cuped"},
    )  # fmt: skip


def _control_share(settings: Settings) -> float:
    return settings["held_out"] or optimal_control_share(settings["n_arms"])


def _row(n: int, settings: Settings, past: Past) -> dict[str, Any]:
    arms = settings["n_arms"]
    treated = max(1, int(n * (1 - _control_share(settings)) / arms))
    control = n - arms * treated
    common: dict[str, Any] = {"comparisons": arms, "power": settings["power"], "repeat_share": past.repeat_share}
    mde = mde_with_effect(past.mean, past.var, treated, control, **common)
    cost = settings["cost_per_contact"]
    return {
        "n_in_all": n, "n_treatment": treated, "n_control": control, "mde": mde,
        "mde_cuped": mde_with_effect(
            past.mean, past.var, treated, control, correlation=past.correlation, **common
        ),
        "mde_share": mde / past.mean if mde is not None and past.mean > 0 else None,
        "contact_cost": None if cost is None else planned_cost([arms * treated], [float(cost)]),
    }  # fmt: skip


def _needed(settings: Settings, past: Past) -> dict[str, Any] | None:
    """How many customers in all see the wanted effect, plain and narrowed by purchases before, and what that costs."""
    if settings["wanted"] is None:
        return None
    arms, share = settings["n_arms"], _control_share(settings)
    ratio = share / ((1 - share) / arms)
    wanted = float(settings["wanted"])
    plain, narrowed = (
        sample_size_mean(
            wanted, past.var, var_treatment=variance_with_effect(past.mean, past.var, wanted, past.repeat_share),
            control_per_treatment=ratio, comparisons=arms, power=settings["power"], correlation=rho,
        )
        for rho in (0.0, past.correlation)
    )  # fmt: skip
    cost = settings["cost_per_contact"]
    return {
        "n": arms * plain.n_treatment + plain.n_control, "n_cuped": arms * narrowed.n_treatment + narrowed.n_control,
        "cost": None if cost is None else planned_cost([arms * plain.n_treatment], [float(cost)]),
    }  # fmt: skip


def _headline_key(needed: dict[str, Any] | None, everyone: int) -> str:
    if needed is None:
        return "lift.plan_sees"
    return "lift.plan_enough" if needed["n"] <= everyone else "lift.plan_too_few"


def _notes(settings: Settings, at: dict[str, Any], everyone: int, needed: dict[str, Any] | None) -> tuple[Note, ...]:
    notes: list[Note] = [Note("plan_from_history")]
    cost = settings["cost_per_contact"]
    if cost is not None and at["mde"] is not None and float(cost) < at["mde"]:
        notes.append(Note("plan_cost_unseen", {"cost": cost, "mde": at["mde"]}, "warning"))
    if needed is not None and needed["n"] > everyone:
        notes.append(Note("plan_too_few", {"n": needed["n"], "there": everyone}, "warning"))
    return tuple(notes)


ANALYSES = (Analysis("lift.plan", plan, SETTINGS),)
