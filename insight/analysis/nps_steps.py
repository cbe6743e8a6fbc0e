"""NPS by spend step: is it true here that the score rises with what customers buy, and by how much a step?"""

from decimal import Decimal

import pandas as pd
import pyarrow as pa

from insight.analysis.ladder_rules import BOUNDS, propose_bounds
from insight.analysis.nps_rules import MONTHS, NPS_END, NPS_START, ON, Base, answers_of, make_answers
from insight.analysis.nps_score import scored
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError, UsageError
from insight.result import Chart, Message, Metric, Note, Result
from insight.settings import Settings
from insight.stats.nps_steps import MIN_ANSWERS, slope_mde, slope_outcome, slope_reasons, step_slope
from insight.workspace.engine import Query

NONE = "none"
_MOST_BOUNDS = 9
_BASES = {"spend": "sales", "orders": "orders", "margin": "margin"}

# What each answering customer bought in the months before the answer, the answer's day excluded; zero included.
_VALUES = """
    SELECT
        counted.customer_id,
        counted.wave,
        counted.score,
        counted.nps_group,
        counted.answered_on,
        coalesce(sum(orders.sales), 0) AS sales,
        count(CASE WHEN NOT orders.is_return THEN 1 END) AS n_orders,
        coalesce(sum(orders.margin), 0) AS margin,
        CASE $measure WHEN 'orders' THEN count(CASE WHEN NOT orders.is_return THEN 1 END)
            WHEN 'margin' THEN coalesce(sum(orders.margin), 0) ELSE coalesce(sum(orders.sales), 0) END AS value
    FROM counted
    LEFT JOIN orders ON orders.customer_id = counted.customer_id
        AND orders.ordered_on < counted.answered_on
        AND orders.ordered_on >= cast(counted.answered_on - to_months(cast($months AS INTEGER)) AS DATE)
    WHERE counted.known
    GROUP BY counted.customer_id, counted.wave, counted.score, counted.nps_group, counted.answered_on
"""

_QUANTILES = """
    SELECT quantile_cont(cast(value AS DOUBLE), [0.2, 0.4, 0.6, 0.8]) AS found FROM spend_before WHERE value > 0
"""

_STEPPED = """
    SELECT spend_before.*, coalesce(steps.step, 'none') AS step
    FROM spend_before
    LEFT JOIN nps_step_bounds AS steps ON spend_before.value > 0
        AND spend_before.value >= steps.low_bound AND spend_before.value < steps.high_bound
"""

_TABLE = """
    SELECT
        step,
        count(*) AS n_answers,
        count(DISTINCT customer_id) AS n_customers,
        sum(CASE WHEN nps_group = 'promoter' THEN 1 ELSE 0 END) AS promoters,
        sum(CASE WHEN nps_group = 'passive' THEN 1 ELSE 0 END) AS passives,
        sum(CASE WHEN nps_group = 'detractor' THEN 1 ELSE 0 END) AS detractors,
        avg(cast(value AS DOUBLE)) AS mean_value
    FROM stepped
    GROUP BY step
"""

_MEMBERS = """
    SELECT customer_id, step, count(*) AS n_answers, max_by(score, answered_on) AS last_score,
        max_by(sales, answered_on) AS sales_before, max_by(n_orders, answered_on) AS n_orders_before
    FROM stepped
    GROUP BY customer_id, step
"""

_EARLY = """
    SELECT count(*) FROM spend_before
    WHERE answered_on - to_months(cast($months AS INTEGER)) < CAST($first AS DATE)
"""


def _make(query: Query, settings: Settings) -> tuple[Base, tuple[Decimal, ...]]:
    base = make_answers(query, settings)
    query.make("spend_before", _VALUES, months=settings["months"], measure=settings["on"])
    bounds = _bounds(query, settings)
    money = pa.decimal128(20, 2)
    lows, highs = [Decimal(0), *bounds], [*bounds, Decimal(10) ** 17]
    query.put(
        "nps_step_bounds",
        pa.table(
            {
                "step": pa.array([f"step_{number}" for number in range(1, len(bounds) + 2)]),
                "low_bound": pa.array([low.quantize(Decimal("0.01")) for low in lows], money),
                "high_bound": pa.array([high.quantize(Decimal("0.01")) for high in highs], money),
            }
        ),
    )
    query.make("stepped", _STEPPED)
    return base, bounds


def _bounds(query: Query, settings: Settings) -> tuple[Decimal, ...]:
    asked: tuple[Decimal, ...] | None = settings["bounds"]
    if not asked:
        return propose_bounds(query.one(_QUANTILES)[0] or (), _BASES[settings["on"]])
    bounds = tuple(bound for bound in asked if bound > 0)
    if not bounds or len(bounds) > _MOST_BOUNDS:
        raise UsageError("ladder.too_many_bounds", most=_MOST_BOUNDS)
    return bounds


def _make_members(query: Query, settings: Settings) -> None:
    _make(query, settings)
    query.make("members", _MEMBERS)


def by_step(query: Query, settings: Settings) -> Result:
    """NPS per step of what was bought in the `months` before the answer, and the slope per step.

    Table: step (none, step_1 …), low_bound, high_bound, n_answers, n_customers, promoters, passives, detractors,
    mean_value, nps, nps_low, nps_high. Metrics: slope in points a step (OLS, HC1), linearity_pvalue (Wald χ², J − 2
    df), correlation is association: satisfaction may follow spend or the other way. Methods 2.
    Raises NotEnoughDataError when no answer comes from a known customer.
    """
    base, bounds = _make(query, settings)
    table = query.frame(_TABLE)
    if table.empty:
        raise NotEnoughDataError("nps.no_known_customers")
    keys = [NONE, *(f"step_{number}" for number in range(1, len(bounds) + 2))]
    lows = dict(zip(keys, [None, Decimal(0), *bounds], strict=True))
    highs = dict(zip(keys, [Decimal(0), *bounds, None], strict=True))
    table = table.sort_values("step", key=lambda column: column.map(keys.index), ignore_index=True)
    table.insert(1, "low_bound", pd.Series([lows[step] for step in table["step"]], dtype=object))
    table.insert(2, "high_bound", pd.Series([highs[step] for step in table["step"]], dtype=object))
    table = scored(table, is_nps=base.is_nps)

    large = table[table["n_answers"] >= MIN_ANSWERS] if base.is_nps else table.head(0)
    steps = [answers_of(row) for _, row in large.iterrows()]
    places = [float(keys.index(step)) for step in large["step"]]
    slope = step_slope(steps, places)
    outcome = slope_outcome(slope, slope_reasons(steps)) if base.is_nps else "other_scale"
    seen = slope_mde(slope)
    told = outcome in ("linear", "uneven", "none")
    figures = slope.difference
    metrics = {
        "slope": Metric(
            figures.effect_size if told else None, "points",
            figures.ci_lower if told else None, figures.ci_upper if told else None,
        ),
        "slope_pvalue": Metric(figures.pvalue if told else None, "pvalue", better=0),
        "linearity_pvalue": Metric(slope.linearity_pvalue if told else None, "pvalue", better=0),
        "n_answers": Metric(int(table["n_answers"].sum()), "count"),
    }  # fmt: skip
    unit = "money" if settings["on"] != "orders" else "number"
    return Result(
        key="nps.by_step",
        headline=Message(
            f"nps.step_{outcome}",
            {
                "slope": figures.effect_size, "low": figures.ci_lower, "high": figures.ci_upper, "seen": seen,
                "measure": Message(f"nps.measure.{settings['on']}"), "n": int(table["n_answers"].sum()),
            },
        ),
        metrics=metrics,
        table=table,
        units={
            "step": "text", "low_bound": unit, "high_bound": unit, "n_answers": "count", "n_customers": "count",
            "promoters": "count", "passives": "count", "detractors": "count", "mean_value": unit, "nps": "points",
            "nps_low": "points", "nps_high": "points",
        },
        basis=base.basis(
            "nps_by_step", Message("nps.step_rule", {"months": settings["months"]}), unknown_customer=base.n_unknown
        ),
        chart=Chart("dots", x="step", y="nps", low="nps_low", high="nps_high", title=Message("nps.steps_title")),
        drill=("step",),
        notes=(*base.notes, *_notes(query, settings, table)),
        labels={step: f"nps.step.{step}" for step in keys},
        evidence="association",
    )  # fmt: skip


def _notes(query: Query, settings: Settings, table: pd.DataFrame) -> tuple[Note, ...]:
    found: list[Note] = []
    small = int((table["n_answers"] < MIN_ANSWERS).sum())
    if small:
        found.append(Note("steps_small", {"n": small, "few": MIN_ANSWERS}))
    if query.count("transactions"):
        early = query.one(_EARLY, months=settings["months"], first=query.extent()[0])[0]
        if early:
            found.append(Note("answers_before_data", {"n": early, "months": settings["months"]}, "warning"))
    return tuple(found)


ANALYSES = (
    Analysis(
        "nps.by_step",
        by_step,
        (ON, BOUNDS, MONTHS, NPS_START, NPS_END),
        _make_members,
        ("step",),
        ("answers", "transactions"),
    ),
)
