"""One arm beside the arm it is told against: every figure per customer and in total, what a few customers carry, and
the deciding difference counted in other ways."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from insight.analysis.basis import frame
from insight.analysis.lift_measures import (
    METRICS,
    Arm,
    adjust,
    records,
    recosted,
    relative,
    shown_metrics,
    told,
    told_difference,
)
from insight.analysis.lift_reading import Reading
from insight.analysis.lift_rules import Trial
from insight.result import Message, Note, Unit
from insight.stats.cuped import cuped, lin_difference
from insight.stats.means import Difference, log_lift, relative_lift_rule, welch
from insight.stats.outliers import sensitivity, share_of_lift
from insight.stats.ratios import campaign_total
from insight.workspace.engine import Query

# The five largest of each arm; only buyers are sorted.
LARGEST = """
    SELECT arm, sum(sales) AS top_sales
    FROM (
        SELECT arm, sales, row_number() OVER (PARTITION BY arm ORDER BY sales DESC, customer_id) AS place
        FROM lift_customers WHERE sales > 0) AS ranked
    WHERE place <= 5
    GROUP BY arm
"""
TOP = 5
MUCH = 0.2
_FEWEST = 25

# Companies' purchases have longer tails than people's.
_CAP_SHARE, _CAP_SHARE_COMPANIES = 0.999, 0.995
_COMPANIES = """
    SELECT count(DISTINCT customer_id) FROM customers
    WHERE customer_type = 'company' AND customer_id IN (SELECT customer_id FROM lift_customers)
"""
_CAPS = """
    SELECT
        quantile_cont(CASE WHEN sales > 0 THEN cast(sales AS DOUBLE) END, $share) AS spend_cap,
        quantile_cont(CASE WHEN margin > 0 THEN cast(margin AS DOUBLE) END, $share) AS margin_cap
    FROM lift_customers
    WHERE sales > 0 OR margin > 0
"""
_CAPPED = """
    SELECT
        arm,
        avg(spend) AS spend_mean, var_samp(spend) AS spend_var,
        avg(margin) AS margin_mean, var_samp(margin) AS margin_var,
        avg(margin - cost) AS net_profit_mean, var_samp(margin - cost) AS net_profit_var,
        var_samp(cost) AS cost_var
    FROM (
        SELECT
            arm,
            least(cast(sales AS DOUBLE), cast($spend_cap AS DOUBLE)) AS spend,
            least(cast(margin AS DOUBLE), cast($margin_cap AS DOUBLE)) AS margin,
            cast(cost AS DOUBLE) AS cost
        FROM lift_customers) AS figures
    GROUP BY arm
"""
FIGURE_UNITS: dict[str, Unit] = {
    "arm": "text", "other": "text", "figure": "text", "mean": "number", "mean_other": "number", "effect": "number",
    "effect_low": "number", "effect_high": "number", "rel": "ratio", "rel_low": "ratio", "rel_high": "ratio",
    "total": "number", "total_other": "number", "total_effect": "number", "total_low": "number",
    "total_high": "number", "pvalue": "pvalue", "pvalue_adjusted": "pvalue",
}  # fmt: skip
WAY_UNITS: dict[str, Unit] = {
    "arm": "text", "other": "text", "way": "text", "effect": "money", "effect_low": "money", "effect_high": "money",
    "pvalue": "pvalue", "variance_reduction": "ratio",
}  # fmt: skip
WAYS = ("plain", "cuped", "lin", "capped")


def capped_moments(query: Query) -> tuple[pd.DataFrame, dict[str, float | None]]:
    """Moments by arm with large purchases cut at the pooled 99.9th percentile of those above 0, and the caps.

    For a test among companies mostly the 99.5th. Methods 1.
    """
    n = query.count("lift_customers")
    companies = query.one(_COMPANIES)[0] if query.has_values("customers", "customer_type") else 0
    share = _CAP_SHARE_COMPANIES if 2 * int(companies) > n else _CAP_SHARE
    spend_cap, margin_cap = query.one(_CAPS, share=share)
    caps = {"spend": spend_cap, "margin": margin_cap, "net_profit": margin_cap}
    return query.frame(_CAPPED, spend_cap=spend_cap, margin_cap=margin_cap), caps


# --- every figure -----------------------------------------------------------------------------------------------------


def figures_table(reading: Reading, paid: pd.DataFrame, largest: pd.DataFrame) -> pd.DataFrame:
    """A row per compared arm and figure, beside `other`; money in kronor, shares 0..1.

    Figures: conversion (total = buyers), orders, spend, margin, contact_cost (with the fixed cost; known, so without
    interval), net_profit, receipt (sales per purchase) and top_share (the five largest customers' share of the arm's
    sales), both of those describing, without p; roi and break_even_cost with the value in `mean` and its interval in
    effect_low and effect_high. `mean` and effects are per assigned customer, `total` is the arm's own sum and
    total_effect = n · effect. None where not known, not defined, or where the checks stop effects.
    """
    trial, arms = reading.trial, reading.arms
    shown = shown_metrics(trial)
    sums = {str(row["arm"]): row for row in records(paid)}
    tops = {str(row["arm"]): float(row["top_sales"]) for row in records(largest)}
    rows: list[dict[str, Any]] = []
    for name, other in reading.against.items():
        own, base = arms[name], arms[other]
        made = [_metric_row(reading, own, base, metric) for metric in METRICS if shown[metric]]
        for row in made:
            column = _SUMS[row["figure"]]
            row |= {"total": _real(sums[name][column]), "total_other": _real(sums[other][column])}
        if trial.has_cost:
            made.insert(-1 if shown["net_profit"] else len(made), _cost_row(own, base))
        made.append(_receipt_row(reading, own, base))
        made.append({"figure": "top_share", "mean": _share(tops, sums, name), "mean_other": _share(tops, sums, other)})
        if reading.claims:
            made += _paid_rows(sums[name])
        rows += [dict.fromkeys(FIGURE_UNITS) | {"arm": name, "other": other} | row for row in made]
    tested = [row | {"metric": row["figure"]} for row in rows]
    adjust(tested, trial.primary)
    for row, adjusted in zip(rows, tested, strict=True):
        row["pvalue_adjusted"] = adjusted["pvalue_adjusted"]
    return frame(rows, list(FIGURE_UNITS))


_SUMS = {
    "conversion": "n_buyers", "orders": "n_orders", "spend": "sales", "margin": "margin", "net_profit": "net",
}  # fmt: skip


def _real(cell: object) -> float | None:
    return None if cell is None or cell != cell else float(str(cell))


def _metric_row(reading: Reading, own: Arm, base: Arm, metric: str) -> dict[str, Any]:
    row: dict[str, Any] = {"figure": metric, "mean": own.mean(metric), "mean_other": base.mean(metric)}
    if not reading.claims:
        return row
    found = told_difference(reading.trial, own, base, metric)
    total = campaign_total(found, own.n)
    lift, _ = relative(own, base, metric)
    if lift is not None:
        row |= {"rel": lift.rel_effect_size, "rel_low": lift.ci_lower, "rel_high": lift.ci_upper}
    return row | {
        "effect": found.effect_size, "effect_low": found.ci_lower, "effect_high": found.ci_upper,
        "pvalue": found.pvalue, "total_effect": total.total, "total_low": total.ci_lower, "total_high": total.ci_upper,
    }  # fmt: skip


def _cost_row(own: Arm, base: Arm) -> dict[str, Any]:
    each, other = own.cost_in_all, base.cost_in_all
    return {
        "figure": "contact_cost", "mean": each, "mean_other": other, "effect": each - other, "total": each * own.n,
        "total_other": other * base.n, "total_effect": (each - other) * own.n,
    }  # fmt: skip


def _receipt_row(reading: Reading, own: Arm, base: Arm) -> dict[str, Any]:
    """Sales per purchase: other customers buy in each arm, so its difference describes and proves nothing."""
    mine, theirs = own.receipt(), base.receipt()
    row: dict[str, Any] = {"figure": "receipt", "mean": mine.mean, "mean_other": theirs.mean}
    if not reading.claims:
        return row
    found = welch(mine, theirs)
    row |= {"effect": found.effect_size, "effect_low": found.ci_lower, "effect_high": found.ci_upper}
    if not relative_lift_rule(mine, theirs, own.buyers, base.buyers).reasons:
        lift = log_lift(mine, theirs)
        row |= {"rel": lift.rel_effect_size, "rel_low": lift.ci_lower, "rel_high": lift.ci_upper}
    return row


def _share(tops: Mapping[str, float], sums: Mapping[str, Mapping[str, Any]], name: str) -> float | None:
    sales = float(sums[name]["sales"])
    return min(tops[name] / sales, 1.0) if name in tops and sales > 0 else None


def _paid_rows(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name, low, high in (
        ("break_even_cost", "break_even_low", "break_even_high"), ("roi", "roi_low", "roi_high"),
    ):  # fmt: skip
        if row[name] is not None:
            found.append({"figure": name, "mean": row[name], "effect_low": row[low], "effect_high": row[high]})
    return found


def large_notes(reading: Reading, found: pd.DataFrame) -> tuple[Note, ...]:
    """Arms whose five largest customers carry a fifth of the sales or more."""
    shares: dict[str, float] = {}
    for row in records(found):
        if row["figure"] == "top_share":
            shares |= {
                name: share for name, share in ((row["arm"], row["mean"]), (row["other"], row["mean_other"]))
                if share is not None
            }  # fmt: skip
    return tuple(
        Note("few_carry_sales", {"arm": name, "share": share, "n": TOP}, "warning")
        for name, share in sorted(shares.items())
        if share >= MUCH and reading.arms[name].buyers >= _FEWEST
    )


# --- the deciding difference in other ways ----------------------------------------------------------------------------


def ways_table(
    reading: Reading, capped: pd.DataFrame, caps: Mapping[str, float | None], costs: Mapping[str, float]
) -> pd.DataFrame:
    """The deciding difference per customer of each arm, counted four ways; the first decides, the others are beside it.

    plain (Welch); cuped (spend before taken out with one θ, Deng et al. 2013); lin (a θ for each arm, Lin 2013); capped
    (large purchases cut, winsorised). variance_reduction: how much of the spread spend before takes away.
    """
    trial, arms, metric = reading.trial, reading.arms, reading.trial.primary
    names = list(arms)
    adjusted = cuped([arms[name].with_before(metric) for name in names])
    flat = dict(zip(names, adjusted.arms, strict=True))
    cut = _capped_arms(arms, capped, costs) if caps[metric] is not None else arms
    rows: list[dict[str, Any]] = []
    for name, other in reading.against.items():
        own, base = arms[name], arms[other]
        found: dict[str, Difference] = {
            "plain": welch(own.moments(metric), base.moments(metric)),
            "cuped": welch(flat[name], flat[other]),
            "lin": lin_difference(own.with_before(metric), base.with_before(metric)),
            "capped": welch(cut[name].moments(metric), cut[other].moments(metric)),
        }
        for way, difference in found.items():
            shown = told(trial, difference, own.n + base.n)
            rows.append({
                "arm": name, "other": other, "way": way, "effect": shown.effect_size, "effect_low": shown.ci_lower,
                "effect_high": shown.ci_upper, "pvalue": shown.pvalue,
                "variance_reduction": adjusted.variance_reduction if way == "cuped" else None,
            })  # fmt: skip
    return frame(rows, list(WAY_UNITS))


def _capped_arms(arms: Mapping[str, Arm], capped: pd.DataFrame, costs: Mapping[str, float]) -> dict[str, Arm]:
    rows = {str(row["arm"]): row for _, row in capped.iterrows()}
    return {
        name: replace(arm, row=recosted(rows[name], costs[name]) if name in costs else rows[name])
        for name, arm in arms.items()
    }


def hanging_notes(
    trial: Trial, reading: Reading, ways: pd.DataFrame, caps: Mapping[str, float | None], largest: pd.DataFrame
) -> tuple[Note, ...]:
    """Arms whose answer is another one once a few very large purchases are cut, with the five largest's share of it."""
    cap = caps[trial.primary]
    if cap is None:
        return ()
    tops = {str(row["arm"]): float(row["top_sales"]) for row in records(largest)}
    by_way = {(row["arm"], row["way"]): row for row in records(ways)}
    notes: list[Note] = []
    for name, other in reading.against.items():
        raw, cut = (_difference(by_way[name, way]) for way in ("plain", "capped"))
        if sensitivity(raw, cut).agrees:
            continue
        spend = told_difference(trial, reading.arms[name], reading.arms[other], "spend")
        carried = share_of_lift([tops.get(name, 0.0)], reading.arms[name].n, spend)
        values = {
            "arm": name, "cap": cap, "share": carried, "n": TOP, "metric": Message(f"lift.capped.{trial.primary}"),
        }  # fmt: skip
        code = "hangs_on_large_buyers" if carried is None else "hangs_on_large_buyers_share"
        notes.append(Note(code, values, "warning"))
    return tuple(notes)


def _difference(row: Mapping[str, Any]) -> Difference:
    return Difference(row["effect"], row["effect_low"], row["effect_high"], row["pvalue"], None, None)
