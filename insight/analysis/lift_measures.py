"""Figures per arm: moments from one SQL pass, and the comparison of each arm with the control."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from insight.analysis.basis import frame
from insight.analysis.lift_rules import Trial
from insight.stats.cuped import cuped
from insight.stats.means import Difference, RelativeLift, log_lift, relative_lift_rule, welch
from insight.stats.moments import JointMoments, Moments
from insight.stats.multiplicity import benjamini_hochberg, holm
from insight.stats.proportions import SMALL_CELL, rate_difference
from insight.stats.ratios import ratio_moments
from insight.stats.sequential import always_valid
from insight.workspace.engine import Query

METRICS = ("conversion", "orders", "spend", "margin", "net_profit")

_MOMENTS = """
    WITH figures AS (
        SELECT
            arm,
            CASE WHEN n_orders > 0 THEN 1.0 ELSE 0.0 END AS conversion,
            cast(n_orders AS DOUBLE) AS orders,
            cast(sales AS DOUBLE) AS spend,
            cast(margin AS DOUBLE) AS margin,
            cast(margin AS DOUBLE) - cast(cost AS DOUBLE) AS net_profit,
            cast(cost AS DOUBLE) AS cost,
            cast(sales_before AS DOUBLE) AS spend_before
        FROM lift_customers)
    SELECT
        arm, count(*) AS n, sum(conversion) AS buyers, avg(cost) AS cost, var_samp(cost) AS cost_var,
        covar_samp(margin, cost) AS margin_cost_cov,
        avg(conversion) AS conversion_mean, var_samp(conversion) AS conversion_var,
        avg(orders) AS orders_mean, var_samp(orders) AS orders_var,
        avg(spend) AS spend_mean, var_samp(spend) AS spend_var, covar_samp(spend, spend_before) AS spend_cov,
        covar_samp(spend, orders) AS spend_orders_cov,
        avg(margin) AS margin_mean, var_samp(margin) AS margin_var, covar_samp(margin, spend_before) AS margin_cov,
        avg(net_profit) AS net_profit_mean, var_samp(net_profit) AS net_profit_var,
        covar_samp(net_profit, spend_before) AS net_profit_cov,
        avg(spend_before) AS before_mean, var_samp(spend_before) AS before_var
    FROM figures
    GROUP BY arm
"""

_TOTALS = """
    SELECT arm, count(*) AS n_customers, sum(CASE WHEN n_orders > 0 THEN 1 ELSE 0 END) AS n_buyers,
        sum(n_orders) AS n_orders, sum(sales) AS sales,
        cast(sum(margin) AS DECIMAL(38, 2)) AS margin, cast(sum(cost) AS DECIMAL(38, 2)) AS contact_cost
    FROM lift_customers
    GROUP BY arm
"""


@dataclass(frozen=True)
class Arm:
    """One arm's moments by metric, its buyers, and per customer its contact cost and its share of a fixed cost.

    A fixed cost is known, so it moves the arm's net profit and leaves its variance alone.
    """

    name: str
    n: int
    buyers: int
    cost: float
    fixed: float
    row: pd.Series

    @property
    def cost_in_all(self) -> float:
        """Contact cost and fixed cost per assigned customer."""
        return self.cost + self.fixed

    def mean(self, metric: str) -> float | None:
        """A metric per assigned customer."""
        found = _number(self.row[f"{metric}_mean"])
        return found - self.fixed if found is not None and metric == "net_profit" else found

    def moments(self, metric: str) -> Moments:
        """n, mean and sample variance of a metric per assigned customer."""
        return Moments(self.n, self.mean(metric), _number(self.row[f"{metric}_var"]))

    def with_before(self, metric: str) -> JointMoments:
        """The metric jointly with spend before the assignment (x)."""
        return JointMoments(
            self.n, _number(self.row["before_mean"]), self.mean(metric),
            _number(self.row["before_var"]), _number(self.row[f"{metric}_var"]), _number(self.row[f"{metric}_cov"]),
        )  # fmt: skip

    def receipt(self) -> Moments:
        """Sales per purchase, linearised per assigned customer; the mean is None where nobody bought."""
        return ratio_moments(JointMoments(
            self.n, _number(self.row["orders_mean"]), _number(self.row["spend_mean"]), _number(self.row["orders_var"]),
            _number(self.row["spend_var"]), _number(self.row["spend_orders_cov"]),
        ))  # fmt: skip

    def margin_and_cost(self) -> JointMoments:
        """Margin (y) jointly with cost in all (x) per assigned customer."""
        return JointMoments(
            self.n, self.cost_in_all, _number(self.row["margin_mean"]), _number(self.row["cost_var"]),
            _number(self.row["margin_var"]), _number(self.row["margin_cost_cov"]),
        )  # fmt: skip


def _number(value: object) -> float | None:
    return None if value is None or value != value else float(str(value))


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A small table as rows by column."""
    return [{str(name): cell for name, cell in row.items()} for row in table.to_dict("records")]


def moments(query: Query) -> pd.DataFrame:
    """Moments of every metric by arm, from `lift_customers`."""
    return query.frame(_MOMENTS)


def arms_of(found: pd.DataFrame, trial: Trial, costs: Mapping[str, float] | None = None) -> dict[str, Arm]:
    """Every arm that has customers, by name in the trial's order.

    costs: cost per contact by arm where it is not the file's; the same for all customers of the arm, so that it moves
    net profit and takes the variance of cost away.
    """
    known: dict[str, Arm] = {}
    for _, row in found.iterrows():
        name, n = str(row["arm"]), int(row["n"])
        if costs and name in costs:
            row = recosted(row, costs[name])
        known[name] = Arm(name, n, int(row["buyers"]), float(row["cost"]), trial.fixed_cost.get(name, 0.0) / n, row)
    return {name: known[name] for name in trial.arms if name in known}


def recosted(row: pd.Series, cost: float) -> pd.Series:
    """An arm's moments with another cost per contact, the same for all its customers."""
    spared = None if row["cost_var"] is None else 0.0
    changed = {"cost": cost, "cost_var": spared, "margin_cost_cov": spared,
               "net_profit_mean": row["margin_mean"] - cost, "net_profit_var": row["margin_var"],
               "net_profit_cov": row.get("margin_cov")}  # fmt: skip
    return pd.Series({**row.to_dict(), **changed})


def totals(query: Query) -> pd.DataFrame:
    """Counts and money per arm, exact: n_customers, n_buyers, n_orders, sales, margin, contact_cost."""
    return query.frame(_TOTALS)


def difference(arm: Arm, other: Arm, metric: str) -> Difference:
    """Arm minus other on a metric: Welch; for conversion with few buyers Newcombe's interval and Fisher's p."""
    if metric == "conversion":
        cells = (arm.buyers, arm.n - arm.buyers, other.buyers, other.n - other.buyers)
        if min(cells) < SMALL_CELL:
            found = rate_difference(arm.buyers, arm.n, other.buyers, other.n)
            return Difference(found.effect_size, found.ci_lower, found.ci_upper, found.pvalue, None, None)
    return welch(arm.moments(metric), other.moments(metric))


def told_difference(trial: Trial, arm: Arm, other: Arm, metric: str) -> Difference:
    """The difference as the verdict tells it: where it is looked at many times, intervals that hold each time."""
    return told(trial, difference(arm, other, metric), arm.n + other.n)


def told(trial: Trial, found: Difference, n: int) -> Difference:
    """A difference between n customers as it is, or with the interval that holds at every look."""
    return always_valid(found, n, max(trial.planned_size or n, n)) if trial.many_looks else found


def relative(arm: Arm, other: Arm, metric: str) -> tuple[RelativeLift | None, tuple[str, ...]]:
    """The relative lift where it may be shown, else None; and the codes of why not, or of a warning."""
    rule = relative_lift_rule(
        arm.moments(metric), other.moments(metric), arm.buyers, other.buyers, may_be_negative=metric == "net_profit"
    )
    if rule.reasons:
        return None, rule.reasons
    return log_lift(arm.moments(metric), other.moments(metric)), rule.warnings


def rivals(trial: Trial, arms: Mapping[str, Arm]) -> dict[str, str]:
    """What each arm is told against: the control; without one the best other arm on the deciding figure."""
    if trial.control is not None:
        return {name: trial.control for name in arms if name != trial.control}
    ranked = sorted(arms, key=lambda name: -(arms[name].mean(trial.primary) or 0.0))
    return {name: ranked[1] if name == ranked[0] else ranked[0] for name in arms}


def shown_metrics(trial: Trial) -> dict[str, bool]:
    """Which metrics have values: margin needs margins, net profit also costs."""
    return {
        "conversion": True, "orders": True, "spend": True, "margin": trial.has_margin,
        "net_profit": trial.has_margin and trial.has_cost,
    }  # fmt: skip


def compare_table(trial: Trial, arms: Mapping[str, Arm]) -> tuple[pd.DataFrame, set[str]]:
    """A row per arm and metric: n_obs, mean, effect against the reference with interval and p, relative lift, and the
    adjusted p (Holm over the arms for the primary metric, Benjamini-Hochberg over the rest). And warning codes."""
    shown = shown_metrics(trial)
    reference = arms[trial.reference]
    rows: list[dict[str, Any]] = []
    warnings: set[str] = set()
    for name in arms:
        for metric in METRICS:
            row: dict[str, Any] = dict.fromkeys(_COLUMNS)
            row |= {"arm": name, "metric": metric, "n_obs": arms[name].n}
            if shown[metric]:
                row["mean"] = arms[name].mean(metric)
                if name != trial.reference:
                    found = told_difference(trial, arms[name], reference, metric)
                    lift, codes = relative(arms[name], reference, metric)
                    warnings |= {code for code in codes if code in ("few_buyers", "too_few_buyers")}
                    row |= {
                        "effect_size": found.effect_size, "effect_size_ci_lower": found.ci_lower,
                        "effect_size_ci_upper": found.ci_upper, "pvalue": found.pvalue,
                    }  # fmt: skip
                    if lift is not None:
                        row |= {
                            "rel_effect_size": lift.rel_effect_size, "rel_effect_size_ci_lower": lift.ci_lower,
                            "rel_effect_size_ci_upper": lift.ci_upper,
                        }  # fmt: skip
            rows.append(row)
    adjust(rows, trial.primary)
    return frame(rows, _COLUMNS), warnings


_COLUMNS = (
    "arm", "metric", "n_obs", "mean", "effect_size", "effect_size_ci_lower", "effect_size_ci_upper", "rel_effect_size",
    "rel_effect_size_ci_lower", "rel_effect_size_ci_upper", "pvalue", "pvalue_adjusted",
)  # fmt: skip


def adjust(rows: list[dict[str, Any]], primary: str) -> None:
    """Adjust the p of rows by arm and metric: Holm over arms on the deciding one, Benjamini-Hochberg on the rest."""
    tested = [row for row in rows if row["pvalue"] is not None]
    for chosen, adjusted in (
        ([row for row in tested if row["metric"] == primary], holm),
        ([row for row in tested if row["metric"] != primary], benjamini_hochberg),
    ):
        for row, pvalue in zip(chosen, adjusted([float(str(row["pvalue"])) for row in chosen]), strict=True):
            row["pvalue_adjusted"] = pvalue


_CUPED_COLUMNS = (
    "arm", "metric", "other", "effect_size", "effect_size_ci_lower", "effect_size_ci_upper", "pvalue",
    "variance_reduction", "theta",
)  # fmt: skip


def cuped_table(trial: Trial, arms: Mapping[str, Arm]) -> pd.DataFrame:
    """The effects on spend, margin and net profit with what the customers spent before taken out (one pooled θ)."""
    shown = shown_metrics(trial)
    against = rivals(trial, arms)
    names = list(arms)
    rows: list[dict[str, object]] = []
    for metric in ("spend", "margin", "net_profit"):
        if not shown[metric]:
            continue
        adjusted = cuped([arms[name].with_before(metric) for name in names])
        by_name = dict(zip(names, adjusted.arms, strict=True))
        for name, other in against.items():
            found = welch(by_name[name], by_name[other])
            rows.append({
                "arm": name, "metric": metric, "other": other, "effect_size": found.effect_size,
                "effect_size_ci_lower": found.ci_lower, "effect_size_ci_upper": found.ci_upper,
                "pvalue": found.pvalue, "variance_reduction": adjusted.variance_reduction, "theta": adjusted.theta,
            })  # fmt: skip
    return frame(rows, _CUPED_COLUMNS)
