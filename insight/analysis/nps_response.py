"""Who answered against who did not, step by step of spend; and the score weighted to the whole base."""

import numpy as np
import pandas as pd

from insight.analysis.nps_rules import MONTHS, NPS_END, NPS_START, Base, answers_of, make_answers, make_spent
from insight.analysis.registry import Analysis
from insight.result import Chart, Message, Metric, Note, Result
from insight.settings import AS_OF, Settings
from insight.stats.nps import Answers, nps
from insight.stats.nps_groups import WeightedScore, post_stratify
from insight.stats.proportions import wilson
from insight.workspace.engine import Query

_STEPS = ("none", *(f"band_{number}" for number in range(1, 6)))

# Everybody who could have answered: known by `as_of`; and whether they have before it.
_RESPONSE = """
    WITH latest AS (
        SELECT customer_id, max_by(nps_group, answered_on) AS nps_group
        FROM counted
        WHERE answered_on < $as_of
        GROUP BY customer_id),
    banded AS (
        SELECT spent.*, latest.nps_group, latest.customer_id IS NOT NULL AS answered,
            CASE WHEN spent.sales <= 0 THEN 0
                ELSE 1 + (5 * (rank() OVER (PARTITION BY spent.sales > 0 ORDER BY spent.sales) - 1))
                    // count(*) OVER (PARTITION BY spent.sales > 0) END AS band
        FROM spent
        LEFT JOIN latest ON latest.customer_id = spent.customer_id)
    SELECT customer_id, sales, n_orders, nps_group, answered, coalesce(main_channel, '') AS channel,
        CASE WHEN last_order_on IS NULL THEN 2
            WHEN date_diff('day', last_order_on, CAST($as_of AS DATE)) <= 90 THEN 0
            WHEN date_diff('day', last_order_on, CAST($as_of AS DATE)) <= 365 THEN 1 ELSE 2 END AS recency,
        CASE WHEN band = 0 THEN 'none' ELSE 'band_' || cast(band AS VARCHAR) END AS step
    FROM banded
"""

_MEMBERS = "SELECT customer_id, step, sales, n_orders, answered FROM responders"

_TABLE = """
    SELECT step, count(*) AS n_customers, sum(sales) AS sales,
        count(CASE WHEN answered THEN 1 END) AS n_answered,
        sum(CASE WHEN answered THEN sales ELSE 0 END) AS sales_answered,
        count(CASE WHEN nps_group = 'promoter' THEN 1 END) AS promoters,
        count(CASE WHEN nps_group = 'passive' THEN 1 END) AS passives,
        count(CASE WHEN nps_group = 'detractor' THEN 1 END) AS detractors
    FROM responders
    GROUP BY step
    ORDER BY step
"""

# Neighbours are alike: first by spend, then by how lately they bought, then by channel.
_STRATA = """
    SELECT count(*) AS n_customers,
        count(CASE WHEN nps_group = 'promoter' THEN 1 END) AS promoters,
        count(CASE WHEN nps_group = 'passive' THEN 1 END) AS passives,
        count(CASE WHEN nps_group = 'detractor' THEN 1 END) AS detractors
    FROM responders
    GROUP BY step, recency, channel
    ORDER BY step = 'none' DESC, step, recency DESC, channel
"""


def _make(query: Query, settings: Settings) -> Base:
    base = make_answers(query, settings)
    make_spent(query, settings)
    query.make("responders", _RESPONSE, as_of=settings["as_of"])
    return base


def _make_members(query: Query, settings: Settings) -> None:
    _make(query, settings)
    query.make("members", _MEMBERS)


def _with_rates(table: pd.DataFrame) -> pd.DataFrame:
    """Response rate with its interval, and what those who answered and those who did not bought on average."""
    rates = [wilson(int(a), int(n)) for a, n in zip(table["n_answered"], table["n_customers"], strict=True)]
    table["response_rate"] = [rate.rate for rate in rates]
    table["response_low"] = [rate.ci_lower for rate in rates]
    table["response_high"] = [rate.ci_upper for rate in rates]
    sales, answered = table["sales"].astype(float), table["sales_answered"].astype(float)
    silent = table["n_customers"] - table["n_answered"]
    with np.errstate(invalid="ignore", divide="ignore"):
        table["mean_spend_answered"] = np.where(table["n_answered"] > 0, answered / table["n_answered"], np.nan)
        table["mean_spend_silent"] = np.where(silent > 0, (sales - answered) / silent, np.nan)
    return table


def _weighted(query: Query) -> WeightedScore:
    strata = query.frame(_STRATA)
    return post_stratify(
        [int(n) for n in strata["n_customers"]], [answers_of(row) for _, row in strata.iterrows()]
    )  # fmt: skip


def response(query: Query, settings: Settings) -> Result:
    """Who answered and who did not, by fifths of spend; and the score weighted to the whole base.

    Table: step (none = bought nothing in the months, band_1 lowest fifth … band_5), n_customers, sales, n_answered,
    response_rate (Wilson), sales_answered, mean_spend_answered, mean_spend_silent. Metrics: response_rate, nps (raw, of
    the customers' latest answers), nps_weighted (post-stratified on spend × recency × channel), sales_coverage (share
    of sales by those who answered), n_effective. Methods 2.
    """
    base = _make(query, settings)
    table = query.frame(_TABLE)
    table = table.sort_values("step", key=lambda column: column.map(_STEPS.index), ignore_index=True)
    table = _with_rates(table)
    counts = [answers_of(row) for _, row in table.iterrows()]
    raw = nps(Answers(*(sum(column) for column in zip(*counts, strict=True))))
    weighted = _weighted(query)
    show = base.is_nps and not raw.hidden
    total = wilson(int(table["n_answered"].sum()), int(table["n_customers"].sum()))
    all_sales, answered = float(table["sales"].astype(float).sum()), float(table["sales_answered"].astype(float).sum())
    metrics = {
        "response_rate": Metric(total.rate, "ratio", total.ci_lower, total.ci_upper),
        "nps": Metric(raw.nps, "points", raw.ci_lower, raw.ci_upper) if show else Metric(None, "points"),
        "nps_weighted": Metric(weighted.nps, "points", weighted.ci_lower, weighted.ci_upper)
        if show else Metric(None, "points"),
        "sales_coverage": Metric(answered / all_sales if all_sales > 0 and answered >= 0 else None, "ratio"),
        "n_effective": Metric(
            round(weighted.n_effective) if show and weighted.n_effective else None, "count", better=0
        ),
    }  # fmt: skip
    values = {
        "rate": total.rate, "raw": metrics["nps"].value, "weighted": metrics["nps_weighted"].value,
        "coverage": metrics["sales_coverage"].value,
    }  # fmt: skip
    told = show and weighted.nps is not None and not base.by_score
    later = int(base.n_counted - table["n_answered"].sum())
    return Result(
        key="nps.response",
        headline=Message("nps.response_headline" if told else "nps.response_headline_plain", values),
        metrics=metrics,
        table=table,
        units={
            "step": "text", "n_customers": "count", "sales": "money", "n_answered": "count", "sales_answered": "money",
            "promoters": "count", "passives": "count", "detractors": "count", "response_rate": "ratio",
            "response_low": "ratio", "response_high": "ratio", "mean_spend_answered": "money",
            "mean_spend_silent": "money",
        },
        basis=base.basis(
            "nps_response", Message("nps.response_rule", {"months": settings["months"], "as_of": settings["as_of"]}),
            not_latest=later,
        ),
        chart=Chart(
            "dots", x="step", y="response_rate", low="response_low", high="response_high",
            title=Message("nps.response_title"),
            subtitle=Message("nps.response_subtitle", {"months": settings["months"]}),
        ),
        drill=("step",),
        notes=(*base.notes, *([Note("weighting_limits")] if told else [])),
        labels={"none": "nps.step.none", **{f"band_{k}": f"nps.band.{k}" for k in range(1, 6)}},
        evidence="association",
    )  # fmt: skip


ANALYSES = (
    Analysis(
        "nps.response",
        response,
        (AS_OF, MONTHS, NPS_START, NPS_END),
        _make_members,
        ("step",),
        ("answers", "transactions"),
    ),
)
