"""The verdict: which arm really sold more, and did it pay, in kronor first."""

import pandas as pd

from insight.analysis.lift_checks import Checked, check
from insight.analysis.lift_measures import (
    METRICS,
    Arm,
    compare_table,
    cuped_table,
    difference,
    read_arms,
    shown_metrics,
    totals,
)
from insight.analysis.lift_rules import COMMON, Trial, make_customers
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError
from insight.result import Chart, Evidence, Message, Metric, Note, Result
from insight.settings import Settings
from insight.stats.decide import Verdict, decide, decide_without_control
from insight.stats.means import Difference, welch
from insight.stats.outliers import sensitivity, winsor_cap
from insight.stats.power import mde_mean
from insight.stats.ratios import break_even_cost, campaign_total, roi_varying_cost
from insight.workspace.engine import Query

_MEMBERS = """
    SELECT customer_id, arm, CASE WHEN n_orders > 0 THEN 'yes' ELSE 'no' END AS bought, assigned_on, n_orders, sales,
        cast(margin AS DECIMAL(18, 2)) AS margin, cast(cost AS DECIMAL(18, 2)) AS contact_cost
    FROM lift_customers
"""
_CAPPED = """
    SELECT arm, count(*) AS n, avg(least(cast(sales AS DOUBLE), $cap)) AS spend_mean,
        var_samp(least(cast(sales AS DOUBLE), $cap)) AS spend_var
    FROM lift_customers GROUP BY arm
"""
_POSITIVE = "SELECT cast(sales AS DOUBLE) AS sales FROM lift_customers WHERE sales > 0"
_UNITS = {
    "arm": "text", "metric": "text", "n_obs": "count", "mean": "number", "effect_size": "number",
    "effect_size_ci_lower": "number", "effect_size_ci_upper": "number", "rel_effect_size": "ratio",
    "rel_effect_size_ci_lower": "ratio", "rel_effect_size_ci_upper": "ratio", "pvalue": "number",
    "pvalue_adjusted": "number",
}  # fmt: skip


def _make_members(query: Query, settings: Settings) -> None:
    make_customers(query, settings)
    query.make("members", _MEMBERS)


def _judge(trial: Trial, arms: dict[str, Arm], checked: Checked) -> Verdict:
    primary = trial.primary

    def compare(first: str, second: str) -> Difference:
        return difference(arms[first], arms[second], primary)

    ratio = checked.ratio.pvalue if checked.ratio else None
    if trial.control is None:
        present = tuple(name for name in trial.arms if name in arms)
        return decide_without_control(present, compare, sample_ratio_pvalue=ratio, complete=True)
    against = {name: compare(name, trial.control) for name in trial.arms if name in arms and name != trial.control}
    return decide(against, compare, sample_ratio_pvalue=ratio, complete=True)


def money_table(query: Query, trial: Trial, arms: dict[str, Arm]) -> pd.DataFrame:
    """A row per arm in money: totals as they are, and against the reference per customer, in total, per krona.

    Columns: arm, n_customers, n_buyers, n_orders, sales, margin, contact_cost, fixed_cost, net_total (n · difference of
    net profit, fixed cost drawn off) with interval, roi with interval, break_even_cost, safe_cost.
    """
    shown = shown_metrics(trial)
    table = totals(query)
    order = {name: place for place, name in enumerate(trial.arms)}
    table = table.sort_values("arm", key=lambda column: column.map(order), ignore_index=True)
    if not shown["margin"]:
        table["margin"] = None
    if not trial.has_cost:
        table["contact_cost"] = None
    table["fixed_cost"] = [trial.fixed_cost.get(name, 0.0) for name in table["arm"]]
    reference = arms[trial.reference]
    extra: list[dict[str, float | None]] = []
    for name in table["arm"]:
        row: dict[str, float | None] = dict.fromkeys(_EFFECTS)
        if name != trial.reference and shown["margin"]:
            margin = difference(arms[name], reference, "margin")
            even = break_even_cost(margin)
            row |= {"break_even_cost": even.cost, "safe_cost": even.safe_cost}
            if shown["net_profit"]:
                fixed = trial.fixed_cost.get(name, 0.0) - trial.fixed_cost.get(trial.reference, 0.0)
                total = campaign_total(difference(arms[name], reference, "net_profit"), arms[name].n)
                row |= {
                    "net_total": _less(total.total, fixed), "net_total_low": _less(total.ci_lower, fixed),
                    "net_total_high": _less(total.ci_upper, fixed),
                }  # fmt: skip
                if arms[name].cost > 0 and trial.control is not None:
                    back = roi_varying_cost(arms[name].margin_and_cost(), reference.moments("margin"))
                    row |= {"roi": back.roi, "roi_low": back.ci_lower, "roi_high": back.ci_upper}
        extra.append(row)
    return pd.concat([table, pd.DataFrame(extra)], axis=1)


def _less(value: float | None, fixed: float) -> float | None:
    return None if value is None else value - fixed


_EFFECTS = (
    "net_total", "net_total_low", "net_total_high", "roi", "roi_low", "roi_high", "break_even_cost", "safe_cost",
)  # fmt: skip
_MONEY_UNITS = {
    "arm": "text", "n_customers": "count", "n_buyers": "count", "n_orders": "count", "sales": "money",
    "margin": "money",
    "contact_cost": "money", "fixed_cost": "money", "net_total": "money", "net_total_low": "money",
    "net_total_high": "money", "roi": "ratio", "roi_low": "ratio", "roi_high": "ratio", "break_even_cost": "money",
    "safe_cost": "money",
}  # fmt: skip


def _capped_note(query: Query, trial: Trial, arms: dict[str, Arm]) -> tuple[Note, ...]:
    """Whether the answer on spend hangs on a few very large buyers: capped at the pooled 99.9th percentile."""
    cap = winsor_cap([row[0] for row in query.rows(_POSITIVE)])
    if cap is None:
        return ()
    capped = {str(row["arm"]): row for _, row in query.frame(_CAPPED, cap=cap).iterrows()}
    notes: list[Note] = []
    for name in arms:
        if name == trial.reference:
            continue
        pair = [Arm(n, arms[n].n, arms[n].buyers, 0.0, capped[n]).moments("spend") for n in (name, trial.reference)]
        found = sensitivity(difference(arms[name], arms[trial.reference], "spend"), welch(*pair))
        if not found.agrees:
            notes.append(Note("hangs_on_large_buyers", {"arm": name, "cap": cap}, "warning"))
    return tuple(notes)


def verdict(query: Query, settings: Settings) -> Result:
    """Which arm beat control on net profit per assigned customer, and what that is worth.

    Table: a row per arm and metric (conversion, orders, spend, margin, net_profit): n_obs, mean, effect_size against
    control with 95 % interval, relative effect where it may be shown, pvalue, pvalue_adjusted (Holm on the primary
    metric). `tables["money"]`: totals, net effect, return and break-even cost per arm; `tables["cuped"]`: with spend
    before taken out. A sample ratio mismatch (p < 0.001) blocks the verdict; arms that differed before are association.
    Raises InsightError for one arm, no complete window, no sales in the window. Methods 1.
    """
    trial = make_customers(query, settings)
    checked = check(query, settings, trial)
    arms = read_arms(query)
    empty = [name for name in trial.arms if name not in arms]
    if len(arms) < 2 or trial.reference not in arms:
        raise NotEnoughDataError("lift.empty_arm", names=", ".join(empty))
    if not any(arm.buyers for arm in arms.values()):
        raise NotEnoughDataError("lift.no_sales", window=trial.window, first=trial.first_on)
    found = _judge(trial, arms, checked)
    table, warnings = compare_table(trial, arms)
    money = money_table(query, trial, arms)
    blocked = found.code == "blocked_srm"
    if blocked:
        effects = [column for column in table.columns if column.startswith(("effect", "rel_", "pvalue"))]
        table[effects] = None
        money[list(_EFFECTS)] = None
    leader = found.best or (found.winners[0] if found.winners else _leader(table, trial))
    tables = {"money": money}
    units = {"money": _MONEY_UNITS}
    if not blocked:
        tables["cuped"] = cuped_table(trial, arms)
        units["cuped"] = {**_UNITS, "variance_reduction": "ratio", "theta": "number"}
    return Result(
        key="lift.verdict",
        headline=_headline(trial, found, checked, money, table, leader, _mde(trial, arms)),
        metrics=_metrics(trial, checked, table, money, leader),
        table=table,
        units=dict(_UNITS),
        basis=trial.basis(Message("lift.rule", {"window": trial.window}), "lift_verdict"),
        chart=Chart(
            "interval", x="arm", y="effect_size", low="effect_size_ci_lower", high="effect_size_ci_upper",
            color="metric",
            title=Message("lift.effect_title", {"metric": Message(f"lift.metric.{trial.primary}")}),
        ),
        drill=("arm",),
        notes=(
            *checked.notes, *trial.notes, *(Note(code, {}, "warning") for code in sorted(warnings)),
            *(Note(code) for code in found.notes if code == "best_of_several"),
            *(Note("empty_arm", {"names": ", ".join(empty)}, "warning") for _ in empty[:1]),
            *(() if blocked else _capped_note(query, trial, arms)),
        ),
        labels={metric: f"lift.metric.{metric}" for metric in METRICS},
        evidence=_evidence(trial, checked),
        tables=tables,
        more_units=units,
    )  # fmt: skip


def _evidence(trial: Trial, checked: Checked) -> Evidence:
    return "control" if checked.drawn and trial.control is not None else "association"


def _leader(table: pd.DataFrame, trial: Trial) -> str | None:
    """The arm with the largest effect on the primary figure, to have something to name."""
    rows = table[(table["metric"] == trial.primary) & table["effect_size"].notna()]
    return None if rows.empty else str(rows.loc[rows["effect_size"].astype(float).idxmax(), "arm"])


def _mde(trial: Trial, arms: dict[str, Arm]) -> float | None:
    """The effect per customer on the primary figure that the test could have seen (power 0.8, largest arm)."""
    reference = arms[trial.reference].moments(trial.primary)
    others = [arm for name, arm in arms.items() if name != trial.reference]
    if reference.var is None or not others:
        return None
    largest = max(others, key=lambda arm: arm.n)
    return mde_mean(reference.var, largest.n, reference.n, comparisons=len(others))


def _metrics(
    trial: Trial, checked: Checked, table: pd.DataFrame, money: pd.DataFrame, leader: str | None
) -> dict[str, Metric]:
    metrics = {"sample_ratio_pvalue": Metric(checked.ratio.pvalue if checked.ratio else None, "number", better=0)}
    if leader is None:
        return metrics
    row = table[(table["arm"] == leader) & (table["metric"] == trial.primary)].iloc[0]
    paid = money[money["arm"] == leader].iloc[0]
    bought = table[(table["arm"] == leader) & (table["metric"] == "conversion")].iloc[0]
    return {
        "effect": Metric(_value(row["effect_size"]), "money", _value(row["effect_size_ci_lower"]),
                         _value(row["effect_size_ci_upper"]), mark={"arm": leader}),
        "net_total": Metric(_value(paid["net_total"]), "money", _value(paid["net_total_low"]),
                            _value(paid["net_total_high"])),
        "conversion": Metric(_value(bought["mean"]), "ratio", mark={"arm": leader, "bought": "yes"}),
        "break_even_cost": Metric(_value(paid["break_even_cost"]), "money", better=0),
        "roi": Metric(_value(paid["roi"]), "ratio", _value(paid["roi_low"]), _value(paid["roi_high"])),
        **metrics,
    }  # fmt: skip


def _value(cell: object) -> float | None:
    return None if cell is None or cell != cell else float(str(cell))


def _headline(
    trial: Trial, found: Verdict, checked: Checked, money: pd.DataFrame, table: pd.DataFrame, leader: str | None,
    seen: float | None,
) -> Message:  # fmt: skip
    """Kronor first: the net effect in all where it is known, else per customer on what stands in for it."""
    if found.code == "blocked_srm":
        return Message("lift.verdict_blocked")
    if not checked.drawn:
        return Message("lift.verdict_not_drawn")
    metric = Message(f"lift.metric.{trial.primary}")
    values: dict[str, object] = {
        "arm": leader or "–", "metric": metric, "seen": seen, "reference": trial.reference,
        "arms": ", ".join(found.winners), "losers": ", ".join(found.losers),
    }  # fmt: skip
    if leader is not None:
        row = table[(table["arm"] == leader) & (table["metric"] == trial.primary)].iloc[0]
        values |= {
            "effect": _value(row["effect_size"]), "low": _value(row["effect_size_ci_lower"]),
            "high": _value(row["effect_size_ci_upper"]),
        }  # fmt: skip
        paid = money[money["arm"] == leader].iloc[0]
        if trial.primary == "net_profit" and found.code in ("beats_control", "best"):
            values |= {"total": _value(paid["net_total"]), "total_low": _value(paid["net_total_low"]),
                       "total_high": _value(paid["net_total_high"])}  # fmt: skip
            return Message("lift.verdict_won_money", values)
    if found.code == "loses" and found.losers:
        worst = table[(table["arm"] == found.losers[0]) & (table["metric"] == trial.primary)].iloc[0]
        values |= {"arm": found.losers[0], "effect": _value(worst["effect_size"])}
    return Message(f"lift.verdict_{found.code}", values)


ANALYSES = (
    Analysis("lift.verdict", verdict, COMMON, _make_members, ("arm", "bought"), ("assignments", "transactions")),
)
