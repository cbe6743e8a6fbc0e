"""Promoters, passives and detractors in money; and who answered against who did not."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from insight.analysis.nps_rules import MONTHS, NPS_END, NPS_START, Base, answers_of, make_answers
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError
from insight.result import Chart, Message, Metric, Note, Result
from insight.settings import AS_OF, Setting, Settings
from insight.stats.moments import Moments, moments_of
from insight.stats.nps import Answers, nps
from insight.stats.nps_groups import MIN_CUSTOMERS, mean_ratio, post_stratify, standardised_ratio
from insight.stats.proportions import wilson
from insight.workspace.engine import Query, money

GROUPS = ("promoter", "passive", "detractor")
SIDE = Setting("side", "choice", "before", choices=("before", "after"))

# One row a customer: the latest answer whose window is whole, with what was bought in the window before or after it.
_VALUES = """
    WITH latest AS (
        SELECT customer_id, answered_on, nps_group, score,
            row_number() OVER (PARTITION BY customer_id ORDER BY answered_on DESC, wave DESC) AS place
        FROM counted
        WHERE known AND ($side = 'before' OR answered_on + to_months(cast($months AS INTEGER)) <= CAST($after AS DATE)))
    SELECT
        latest.customer_id,
        latest.nps_group,
        latest.score,
        latest.answered_on,
        coalesce(sum(orders.sales), 0) AS sales,
        count(CASE WHEN NOT orders.is_return THEN 1 END) AS n_orders,
        sum(CASE WHEN NOT orders.is_return THEN orders.sales END) AS purchases,
        sum(orders.margin) AS margin,
        count(DISTINCT CASE WHEN NOT orders.is_return THEN orders.channel END) AS n_channels,
        min(facts.first_order_on) AS first_order_on,
        coalesce(min(facts.main_channel), '') AS main_channel
    FROM latest
    JOIN customer_facts AS facts ON facts.customer_id = latest.customer_id
    LEFT JOIN orders ON orders.customer_id = latest.customer_id
        AND (($side = 'before' AND orders.ordered_on < latest.answered_on
                AND orders.ordered_on >= cast(latest.answered_on - to_months(cast($months AS INTEGER)) AS DATE))
            OR ($side = 'after' AND orders.ordered_on >= latest.answered_on
                AND orders.ordered_on < cast(latest.answered_on + to_months(cast($months AS INTEGER)) AS DATE)))
    WHERE latest.place = 1
    GROUP BY latest.customer_id, latest.nps_group, latest.score, latest.answered_on
"""

_MEMBERS = """
    SELECT customer_id, nps_group AS "group", score AS last_score, answered_on AS last_answered_on, sales, n_orders
    FROM nps_values
"""

_FRAME = """
    SELECT nps_group, cast(sales AS DOUBLE) AS sales, n_orders, cast(purchases AS DOUBLE) AS purchases,
        cast(margin AS DOUBLE) AS margin, n_channels, main_channel,
        least(3, greatest(0, date_diff('month', first_order_on, answered_on) // 12)) AS tenure
    FROM nps_values
"""

_EXACT = """SELECT nps_group, sum(sales) AS sales FROM nps_values GROUP BY nps_group"""


def _make(query: Query, settings: Settings) -> tuple[Base, int]:
    base = make_answers(query, settings)
    query.make("nps_values", _VALUES, side=settings["side"], months=settings["months"], after=query.day_after_last())
    return base, query.count("nps_values")


def _make_members(query: Query, settings: Settings) -> None:
    _make(query, settings)
    query.make("members", _MEMBERS)


def _share(values: pd.Series) -> float | None:
    return float(values.mean()) if len(values) else None


def _row(group: str, part: pd.DataFrame, sales: Mapping[str, object]) -> dict[str, object]:
    orders = int(part["n_orders"].sum())
    buyers = part[part["n_orders"] > 0]
    has_margin = part["margin"].notna().any()
    return {
        "group": group,
        "n_customers": len(part),
        "sales": money(sales.get(group)),
        "mean_spend": float(part["sales"].mean()),
        "median_spend": float(part["sales"].median()),
        "mean_orders": float(part["n_orders"].mean()),
        "receipt": float(part["purchases"].sum()) / orders if orders else None,
        "mean_margin": float(part["margin"].fillna(0).mean()) if has_margin else None,
        "bought_share": len(buyers) / len(part),
        "multichannel_share": _share(buyers["n_channels"] > 1),
    }


def _moments(frame: pd.DataFrame, group: str, column: str) -> Moments:
    return moments_of(frame.loc[frame["nps_group"] == group, column].to_numpy(dtype=float))


def groups(query: Query, settings: Settings) -> Result:
    """What promoters, passives and detractors bought in a fixed window before or after their latest answer.

    Table: group, n_customers, sales, mean_spend, median_spend, mean_orders, receipt, mean_margin, bought_share,
    multichannel_share; means include those who bought nothing. Metrics: spend_ratio, orders_ratio (promoters'
    mean over detractors', log-delta interval), spend_ratio_standardised (equal tenure × channel).
    """
    base, n = _make(query, settings)
    if n == 0:
        raise NotEnoughDataError(f"nps.no_window_{settings['side']}", months=settings["months"])
    frame = query.frame(_FRAME)
    sales = dict(query.rows(_EXACT))
    rows = [
        _row(group, frame[frame["nps_group"] == group], sales)
        for group in GROUPS
        if (frame["nps_group"] == group).any()
    ]
    table = pd.DataFrame(rows)
    metrics: dict[str, Metric] = {}
    for name, column in (("spend_ratio", "sales"), ("orders_ratio", "n_orders")):
        ratio = mean_ratio(_moments(frame, "promoter", column), _moments(frame, "detractor", column))
        shown = base.is_nps and not ratio.reasons
        metrics[name] = Metric(
            ratio.ratio if shown else None,
            "number",
            ratio.ci_lower if shown else None,
            ratio.ci_upper if shown else None,
        )
    even = standardised_ratio(_strata(frame)) if base.is_nps else None
    metrics["spend_ratio_standardised"] = Metric(
        even.ratio if even else None, "number", even.ci_lower if even else None, even.ci_upper if even else None
    )
    metrics["n_customers"] = Metric(len(frame), "count", better=0)
    dropped = base.n_counted - len(frame)
    headline = _headline(metrics, settings, is_nps=base.is_nps)
    return Result(
        key="nps.groups",
        headline=headline,
        metrics=metrics,
        table=table,
        units={
            "group": "text", "n_customers": "count", "sales": "money", "mean_spend": "money", "median_spend": "money",
            "mean_orders": "number", "receipt": "money", "mean_margin": "money", "bought_share": "ratio",
            "multichannel_share": "ratio",
        },
        basis=base.basis(
            "nps_groups", Message(f"nps.groups_rule_{settings['side']}", {"months": settings["months"]}),
            not_latest_or_unknown=dropped,
        ),
        chart=Chart("hbar", x="group", y="mean_spend", title=headline, subtitle=Message("nps.money_title")),
        drill=("group",),
        notes=(*base.notes, *_few(table)),
        labels={group: f"nps.group.{group}" for group in GROUPS},
        evidence="association",
    )  # fmt: skip


def _strata(frame: pd.DataFrame) -> list[tuple[Moments, Moments]]:
    return [
        (_moments(part, "promoter", "sales"), _moments(part, "detractor", "sales"))
        for _, part in frame.groupby(["tenure", "main_channel"])
    ]


def _few(table: pd.DataFrame) -> tuple[Note, ...]:
    few = int((table["n_customers"] < MIN_CUSTOMERS).sum())
    return (Note("groups_too_few", {"n": few, "few": MIN_CUSTOMERS}),) if few else ()


def _headline(metrics: Mapping[str, Metric], settings: Settings, *, is_nps: bool) -> Message:
    ratio = metrics["spend_ratio"]
    if not is_nps:
        return Message("nps.step_other_scale")
    if ratio.value is None or ratio.low is None or ratio.high is None:
        return Message("nps.money_few", {"few": MIN_CUSTOMERS})
    more = [float(str(end)) - 1 for end in (ratio.value, ratio.low, ratio.high)]
    values: dict[str, object] = dict(zip(("more", "low", "high"), more, strict=True))
    if ratio.low > 1:
        return Message(f"nps.money_more_{settings['side']}", values)
    return Message("nps.money_less" if ratio.high < 1 else "nps.money_same", values)


# Everybody who could have answered: known by `as_of`; and whether they have in the twelve months before it.
_RESPONSE = """
    WITH base AS (
        SELECT facts.customer_id, coalesce(sum(orders.sales), 0) AS sales,
            count(CASE WHEN NOT orders.is_return THEN 1 END) AS n_orders
        FROM customer_facts AS facts
        LEFT JOIN orders ON orders.customer_id = facts.customer_id AND orders.ordered_on < $as_of
            AND orders.ordered_on >= cast(CAST($as_of AS DATE) - to_months(cast($months AS INTEGER)) AS DATE)
        WHERE NOT $scoped OR facts.customer_id IN (SELECT customer_id FROM scope)
        GROUP BY facts.customer_id),
    latest AS (
        SELECT customer_id, max_by(nps_group, answered_on) AS nps_group
        FROM counted
        WHERE answered_on < $as_of
        GROUP BY customer_id),
    banded AS (
        SELECT base.customer_id, base.sales, base.n_orders, latest.nps_group,
            latest.customer_id IS NOT NULL AS answered,
            CASE WHEN base.sales <= 0 THEN 0
                ELSE 1 + (5 * (rank() OVER (PARTITION BY base.sales > 0 ORDER BY base.sales) - 1))
                    // count(*) OVER (PARTITION BY base.sales > 0) END AS band
        FROM base
        LEFT JOIN latest ON latest.customer_id = base.customer_id)
    SELECT customer_id, sales, n_orders, nps_group, answered,
        CASE WHEN band = 0 THEN 'none' ELSE 'band_' || cast(band AS VARCHAR) END AS step
    FROM banded
"""

_RESPONSE_TABLE = """
    SELECT step, count(*) AS n_customers, sum(sales) AS sales,
        sum(CASE WHEN answered THEN 1 ELSE 0 END) AS n_answered,
        sum(CASE WHEN answered THEN sales ELSE 0 END) AS sales_answered,
        sum(CASE WHEN nps_group = 'promoter' THEN 1 ELSE 0 END) AS promoters,
        sum(CASE WHEN nps_group = 'passive' THEN 1 ELSE 0 END) AS passives,
        sum(CASE WHEN nps_group = 'detractor' THEN 1 ELSE 0 END) AS detractors
    FROM members
    GROUP BY step
    ORDER BY step
"""


def _make_response(query: Query, settings: Settings) -> None:
    make_answers(query, settings)
    query.make("members", _RESPONSE, as_of=settings["as_of"], months=settings["months"])


def response(query: Query, settings: Settings) -> Result:
    """Who answered and who did not, by fifths of spend; and the score weighted to the whole base.

    Table: step (none = bought nothing in the months, band_1 lowest fifth … band_5), n_customers, sales, n_answered,
    response_rate (Wilson), sales_answered, mean_spend_answered, mean_spend_silent. Metrics: response_rate, nps,
    nps_weighted (post-stratified to the base), sales_coverage, n_effective.
    """
    base = make_answers(query, settings)
    _make_response(query, settings)
    table = query.frame(_RESPONSE_TABLE)
    order = ["none", *(f"band_{number}" for number in range(1, 6))]
    table = table.sort_values("step", key=lambda column: column.map(order.index), ignore_index=True)
    rates = [wilson(int(a), int(n)) for a, n in zip(table["n_answered"], table["n_customers"], strict=True)]
    table["response_rate"] = [rate.rate for rate in rates]
    table["response_low"] = [rate.ci_lower for rate in rates]
    table["response_high"] = [rate.ci_upper for rate in rates]
    sales = table["sales"].astype(float)
    answered = table["sales_answered"].astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        table["mean_spend_answered"] = np.where(table["n_answered"] > 0, answered / table["n_answered"], np.nan)
        silent = table["n_customers"] - table["n_answered"]
        table["mean_spend_silent"] = np.where(silent > 0, (sales - answered) / silent, np.nan)
    counts = [answers_of(row) for _, row in table.iterrows()]
    raw = nps(Answers(*(sum(column) for column in zip(*counts, strict=True))))
    weighted = post_stratify([int(n) for n in table["n_customers"]], counts)
    show = base.is_nps and not raw.hidden
    total = wilson(int(table["n_answered"].sum()), int(table["n_customers"].sum()))
    all_sales = float(sales.sum())
    metrics = {
        "response_rate": Metric(total.rate, "ratio", total.ci_lower, total.ci_upper),
        "nps": Metric(
            raw.nps if show else None, "points", raw.ci_lower if show else None, raw.ci_upper if show else None
        ),
        "nps_weighted": Metric(
            weighted.nps if show else None,
            "points",
            weighted.ci_lower if show else None,
            weighted.ci_upper if show else None,
        ),
        "sales_coverage": Metric(float(answered.sum()) / all_sales if all_sales > 0 else None, "ratio"),
        "n_effective": Metric(
            round(weighted.n_effective) if show and weighted.n_effective else None, "count", better=0
        ),
    }
    values = {"rate": total.rate, "raw": metrics["nps"].value, "weighted": metrics["nps_weighted"].value,
              "coverage": metrics["sales_coverage"].value}  # fmt: skip
    return Result(
        key="nps.response",
        headline=Message("nps.response_headline" if show else "nps.response_headline_plain", values),
        metrics=metrics,
        table=table,
        units={
            "step": "text", "n_customers": "count", "sales": "money", "n_answered": "count", "sales_answered": "money",
            "promoters": "count", "passives": "count", "detractors": "count", "response_rate": "ratio",
            "response_low": "ratio", "response_high": "ratio", "mean_spend_answered": "money",
            "mean_spend_silent": "money",
        },
        basis=base.basis(
            "nps_response", Message("nps.response_rule", {"months": settings["months"], "as_of": settings["as_of"]})
        ),
        chart=Chart("dots", x="step", y="response_rate", low="response_low", high="response_high",
                    title=Message("nps.response_title")),
        drill=("step",),
        notes=(*base.notes, Note("weighting_limits")),
        labels={"none": "nps.step.none", **{f"band_{k}": f"nps.band.{k}" for k in range(1, 6)}},
        evidence="association",
    )  # fmt: skip


ANALYSES = (
    Analysis(
        "nps.groups", groups, (SIDE, MONTHS, NPS_START, NPS_END), _make_members, ("group",), ("answers", "transactions")
    ),
    Analysis(
        "nps.response",
        response,
        (AS_OF, MONTHS, NPS_START, NPS_END),
        _make_response,
        ("step",),
        ("answers", "transactions"),
    ),
)
