"""What a test was worth in money: totals per arm as they are, and what the arm brought against the one it is told
against, in all and per krona of contact cost."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pandas as pd

from insight.analysis.basis import frame
from insight.analysis.lift_measures import Arm, difference, records, relative, shown_metrics, told_difference
from insight.analysis.lift_reading import Reading
from insight.analysis.lift_rules import Trial
from insight.result import Note, Unit
from insight.stats.decide import Verdict
from insight.stats.means import Difference
from insight.stats.ratios import NO_RETURN, ReturnOnCost, break_even_cost, campaign_total, roi, roi_varying_cost
from insight.workspace.engine import money

UNITS: dict[str, Unit] = {
    "arm": "text", "n_customers": "count", "n_buyers": "count", "n_orders": "count", "sales": "money",
    "margin": "money", "contact_cost": "money", "fixed_cost": "money", "net": "money", "other": "text",
    "rel_sales": "ratio", "more_sales": "money", "effect": "money", "effect_low": "money", "effect_high": "money",
    "total": "money", "total_low": "money", "total_high": "money", "roi": "ratio", "roi_low": "ratio",
    "roi_high": "ratio", "break_even_cost": "money", "break_even_low": "money", "break_even_high": "money",
    "pvalue_adjusted": "pvalue",
}  # fmt: skip
EFFECTS = tuple(UNITS)[tuple(UNITS).index("rel_sales") :]
SHOWN_PVALUE = 0.05


def money_table(found: pd.DataFrame, reading: Reading, costs: Mapping[str, float], judged: Verdict) -> pd.DataFrame:
    """A row per arm in money, from the arms' `totals`; costs: per contact where it is not the file's.

    As they are: n_customers, n_buyers, n_orders, sales, margin, contact_cost, fixed_cost, and net = margin - both
    costs, which holds what customers would have bought anyway. Against `other` (the control; without one the best
    other arm): rel_sales, more_sales in all, effect per customer on the deciding figure, total = n · effect, roi on
    cost in all beyond the other's (only against a control), break_even_cost per contact where both arms would net the
    same (None where no cost above 0 would) and its interval break_even_low, break_even_high; each with its 95 %
    interval; pvalue_adjusted: of the effect, by Holm, as the verdict judges it. None where it is not defined or known.
    """
    trial, arms, against = reading.trial, reading.arms, reading.against
    shown = shown_metrics(trial)
    rows: list[dict[str, object]] = []
    for name, row in _as_they_are(found, trial, costs).items():
        full: dict[str, object] = dict.fromkeys(UNITS) | row | {"other": against.get(name)}
        if not shown["margin"]:
            full["margin"] = None
        if not trial.has_cost:
            full["contact_cost"] = full["fixed_cost"] = None
        if shown["net_profit"]:
            full["net"] = money(row["margin"]) - money(row["contact_cost"]) - money(row["fixed_cost"])
        if name in against:
            full |= _against(trial, arms[name], arms[against[name]])
            full["pvalue_adjusted"] = judged.adjusted(name, against[name])
        rows.append(full)
    return frame(rows, list(UNITS))


def _as_they_are(found: pd.DataFrame, trial: Trial, costs: Mapping[str, float]) -> dict[str, dict[str, object]]:
    rows: dict[str, dict[str, Any]] = {str(row["arm"]): dict(row) for row in records(found)}
    for name, row in rows.items():
        row["fixed_cost"] = money(trial.fixed_cost.get(name, 0))
        if name in costs:
            row["contact_cost"] = money(Decimal(str(costs[name])) * int(row["n_customers"]))
    return {name: rows[name] for name in trial.arms if name in rows}


def _against(trial: Trial, arm: Arm, other: Arm) -> dict[str, object]:
    shown = shown_metrics(trial)
    effect = told_difference(trial, arm, other, trial.primary)
    total = campaign_total(effect, arm.n)
    lift, _ = relative(arm, other, "spend")
    sales = campaign_total(difference(arm, other, "spend"), arm.n)
    row: dict[str, object] = {
        "rel_sales": lift.rel_effect_size if lift else None, "more_sales": sales.total,
        "effect": effect.effect_size, "effect_low": effect.ci_lower, "effect_high": effect.ci_upper,
        "total": total.total, "total_low": total.ci_lower, "total_high": total.ci_upper,
    }  # fmt: skip
    if shown["margin"]:
        even = _moved(told_difference(trial, arm, other, "margin"), other.cost_in_all - arm.fixed)
        row |= {
            "break_even_cost": break_even_cost(even).cost, "break_even_low": even.ci_lower,
            "break_even_high": even.ci_upper,
        }  # fmt: skip
    if shown["net_profit"] and trial.control is not None:
        back = _return(trial, arm, other)
        row |= {"roi": back.roi, "roi_low": back.ci_lower, "roi_high": back.ci_upper}
    return row


def _return(trial: Trial, arm: Arm, other: Arm) -> ReturnOnCost:
    """What a krona of the arm's cost beyond the other's brought: known cost plainly, varying cost by Fieller (1954)."""
    spent = arm.cost_in_all - other.cost_in_all
    if spent <= 0:
        return NO_RETURN
    costs = arm.margin_and_cost()
    if other.cost_in_all > 0 or not costs.var_x:
        return roi(told_difference(trial, arm, other, "margin"), spent)
    return roi_varying_cost(costs, other.moments("margin"))


def _moved(effect: Difference, by: float) -> Difference:
    """The same difference with a known amount added."""
    ends = [None if end is None else end + by for end in (effect.effect_size, effect.ci_lower, effect.ci_upper)]
    return effect._replace(effect_size=ends[0], ci_lower=ends[1], ci_upper=ends[2])


def despite_notes(trial: Trial, paid: pd.DataFrame) -> tuple[Note, ...]:
    """More sales and less money: the arms that shine in sales while they lose kronor, per cent where there is one.

    That an arm lost against another is said where its Holm-adjusted p shows it. Where only the interval of that arm
    alone lies below 0, the same kronor stand with what they are: no difference shown.
    """
    found: list[Note] = []
    tested = sum(1 for row in records(paid) if row["pvalue_adjusted"] is not None)
    for row in records(paid):
        if trial.primary != "net_profit" or not row["more_sales"] or row["more_sales"] <= 0:
            continue
        of_its_own = trial.control is None and row["net"] < 0
        if of_its_own or (row["total_high"] is not None and row["total_high"] < 0):
            lost = of_its_own or is_shown(row["pvalue_adjusted"])
            code = "lift_despite_loss_own" if of_its_own else "lift_despite_loss" if lost else "lift_loss_not_shown"
            values = {
                "arm": row["arm"], "other": row["other"], "total": row["net"] if of_its_own else row["total"],
                "rel": row["rel_sales"], "more": row["more_sales"], "n": tested, "p": row["pvalue_adjusted"],
            }  # fmt: skip
            severity = "warning" if lost else "note"
            found.append(Note(code if row["rel_sales"] is not None else f"{code}_kr", values, severity))
    return tuple(found)


def is_shown(pvalue: object) -> bool:
    """Whether an adjusted p shows a difference; what was not tested shows none."""
    return pvalue is not None and float(str(pvalue)) < SHOWN_PVALUE
