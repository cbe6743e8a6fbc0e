"""The verdict: which arm really sold more, and did it pay, in kronor first."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from insight.analysis.basis import frame
from insight.analysis.lift_checks import Checked, check, check_rows, with_plan
from insight.analysis.lift_figures import (
    FIGURE_UNITS,
    LARGEST,
    WAY_UNITS,
    WAYS,
    capped_moments,
    figures_table,
    hanging_notes,
    large_notes,
    ways_table,
)
from insight.analysis.lift_measures import (
    METRICS,
    Arm,
    arms_of,
    compare_table,
    cuped_table,
    difference,
    moments,
    records,
    told_difference,
    totals,
)
from insight.analysis.lift_money import EFFECTS, UNITS, despite_notes, money_table
from insight.analysis.lift_reading import Reading, reading_of
from insight.analysis.lift_rules import (
    COMMON,
    Trial,
    asked_test,
    costs_per_arm,
    make_customers,
    require_costs,
    with_assumptions,
)
from insight.analysis.registry import Analysis
from insight.result import Chart, Message, Metric, Note, Result, Unit
from insight.settings import Settings, resolve
from insight.stats.decide import Verdict, decide, decide_without_control
from insight.stats.means import Difference
from insight.stats.power import mde_mean
from insight.stats.sequential import always_valid_width
from insight.workspace.engine import Query

_MEMBERS = """
    SELECT customer_id, arm, CASE WHEN n_orders > 0 THEN 'yes' ELSE 'no' END AS bought, assigned_on, n_orders, sales,
        cast(margin AS DECIMAL(18, 2)) AS margin, cast(cost AS DECIMAL(18, 2)) AS contact_cost
    FROM lift_customers
"""
_RESPONSE = """
    SELECT arm, CASE WHEN n_orders > 0 THEN 'yes' ELSE 'no' END AS bought, count(*) AS n_customers,
        sum(n_orders) AS n_orders, sum(sales) AS sales
    FROM lift_customers GROUP BY arm, CASE WHEN n_orders > 0 THEN 'yes' ELSE 'no' END ORDER BY arm, bought DESC
"""
_UNITS: dict[str, Unit] = {
    "arm": "text", "metric": "text", "n_obs": "count", "mean": "number", "effect_size": "number",
    "effect_size_ci_lower": "number", "effect_size_ci_upper": "number", "rel_effect_size": "ratio",
    "rel_effect_size_ci_lower": "ratio", "rel_effect_size_ci_upper": "ratio", "pvalue": "pvalue",
    "pvalue_adjusted": "pvalue",
}  # fmt: skip
_MORE_UNITS: dict[str, dict[str, Unit]] = {
    "money": UNITS, "effects": UNITS,
    "response": {"arm": "text", "bought": "text", "n_customers": "count", "n_orders": "count", "sales": "money"},
    "checks": {"check": "text", "state": "text", "n": "count", "pvalue": "pvalue"},
    "cuped": {**_UNITS, "other": "text", "variance_reduction": "ratio", "theta": "number"},
    "figures": FIGURE_UNITS, "ways": WAY_UNITS,
}  # fmt: skip


def _make_members(query: Query, settings: Settings) -> None:
    make_customers(query, settings)
    query.make("members", _MEMBERS)


def judge(trial: Trial, arms: Mapping[str, Arm], checked: Checked) -> Verdict:
    """What may be said of the arms on the deciding figure, by the winner rule of `stats.decide`."""

    def compare(first: str, second: str) -> Difference:
        return told_difference(trial, arms[first], arms[second], trial.primary)

    ratio, many = checked.ratio.pvalue if checked.ratio else None, trial.many_looks
    if trial.control is None:
        return decide_without_control(tuple(arms), compare, sample_ratio_pvalue=ratio, complete=True, always_valid=many)
    against = {name: compare(name, trial.control) for name in arms if name != trial.control}
    return decide(against, compare, sample_ratio_pvalue=ratio, complete=True, always_valid=many)


@dataclass(frozen=True)
class Judged:
    """A test as it was read with all assumptions, and what may be said of it; `costs` per contact where given."""

    facts: "Facts"
    reading: Reading
    costs: Mapping[str, float]
    found: Verdict


@dataclass(frozen=True)
class Facts:
    """All that the verdict asks of the data, and no assumption of cost or plan in it: those may change at no price."""

    trial: Trial
    checked: Checked
    moments: pd.DataFrame
    totals: pd.DataFrame
    response: pd.DataFrame
    largest: pd.DataFrame
    capped: pd.DataFrame
    caps: Mapping[str, float | None]


_OF_DATA = ("window", "control", "margin_rate", "before")


def _facts(query: Query, settings: Settings) -> Facts:
    """The facts of a test, kept with this state of the data unless a scope narrows them."""
    key = ("lift.verdict", asked_test(query, settings), *(settings[name] for name in _OF_DATA))
    if not query.scoped and key in query.kept:
        return query.kept[key]
    known = {name: text for name, text in settings.chosen if name in ("test", *_OF_DATA)}
    bare = resolve(COMMON, known, query)
    trial = make_customers(query, bare)
    found = Facts(
        trial, check(query, bare, trial), moments(query), totals(query), query.frame(_RESPONSE), query.frame(LARGEST),
        *capped_moments(query),
    )  # fmt: skip
    if not query.scoped:
        query.kept[key] = found
    return found


def judge_test(query: Query, settings: Settings) -> Judged:
    """What `verdict` says of a test, for those who need it without its tables. Raises the same InsightErrors."""
    facts = _facts(query, settings)
    trial = with_assumptions(facts.trial, settings)
    require_costs(trial, settings)
    costs = costs_per_arm(settings, "cost", trial.arms)
    reading = reading_of(trial, with_plan(facts.checked, settings, trial), arms_of(facts.moments, trial, costs))
    return Judged(facts, reading, costs, judge(trial, reading.arms, reading.checked))


def verdict(query: Query, settings: Settings) -> Result:
    """Which arm beat control on net profit per assigned customer, and what that is worth.

    Table: a row per arm and metric (conversion, orders, spend, margin, net_profit): n_obs, mean, effect_size against
    control (without one against the first arm) with 95 % interval, relative effect where it may be shown, pvalue,
    pvalue_adjusted (Holm on the deciding metric, Benjamini-Hochberg on the rest). `tables`: "money" totals, net
    effect, return and break-even cost per arm; "figures" every figure of an arm beside the other's, per customer and
    in all; "ways" the deciding difference counted four ways; "response" arm by bought or not; "checks"; "cuped" with
    spend before taken out, for every money metric. Metrics speak of the leading arm against control, without one
    against the best other arm. A sample ratio mismatch (p < 0.001) blocks the verdict, arms that differed before
    are association without p values, and neither has an effect in its metrics. Raises InsightError: one arm, no
    complete window, no sales. Methods 1.
    """
    judged = judge_test(query, settings)
    facts, reading, costs, found = judged.facts, judged.reading, judged.costs, judged.found
    trial, checked, arms = reading.trial, reading.checked, reading.arms
    table, warnings = compare_table(trial, arms)
    paid = money_table(facts.totals, reading, costs, found)
    claims = reading.claims
    if reading.blocked:
        effects = [column for column in table.columns if column.startswith(("effect", "rel_", "pvalue"))]
        table[effects] = None
    elif not claims:
        table[["pvalue", "pvalue_adjusted"]] = None
    if not claims:
        paid[list(EFFECTS)] = None
    tables = {
        "effects": _effects(paid),
        "money": paid,
        "response": facts.response,
        "checks": check_rows(trial, checked),
        "figures": figures_table(reading, paid, facts.largest),
    }
    if claims:
        tables["cuped"] = cuped_table(trial, arms)
        tables["ways"] = ways_table(reading, facts.capped, facts.caps, costs)
    leader = _leader(found, paid) if claims else None
    return Result(
        key="lift.verdict",
        headline=reading.stop or _headline(trial, found, paid, leader, _mde(trial, arms)),
        metrics=_metrics(arms, checked, paid, leader),
        table=table,
        units=dict(_UNITS),
        basis=trial.basis(Message("lift.rule", {"window": trial.window}), "lift_verdict"),
        chart=_chart(trial, several=len(_effects(paid)) > (1 if trial.control else 2)) if claims else None,
        drill=("arm", "bought"),
        notes=(
            *(despite_notes(trial, paid) if claims else ()), *reading.notes,
            *_warning_notes(warnings), *(Note(code) for code in found.notes if code == "best_of_several"),
            *_empty_notes(trial, arms), *large_notes(reading, tables["figures"]),
            *(hanging_notes(trial, reading, tables["ways"], facts.caps, facts.largest) if claims else ()),
        ),
        labels={
            **{metric: f"lift.metric.{metric}" for metric in METRICS}, **{way: f"lift.way.{way}" for way in WAYS},
            "yes": "lift.bought.yes", "no": "lift.bought.no",
        },
        evidence=reading.evidence,
        tables=tables,
        more_units={name: _MORE_UNITS[name] for name in tables},
    )  # fmt: skip


def _effects(paid: pd.DataFrame) -> pd.DataFrame:
    """The arms that are told against another, largest effect first: what the interval chart draws."""
    told = [row for row in records(paid) if row["effect"] is not None]
    return frame(sorted(told, key=lambda row: -row["effect"]), _EFFECT_COLUMNS)


_EFFECT_COLUMNS = ("arm", "other", "n_customers", "effect", "effect_low", "effect_high", "pvalue_adjusted")


def _chart(trial: Trial, *, several: bool) -> Chart:
    metric = Message(f"lift.metric.{trial.primary}")
    return Chart(
        "interval", x="arm", y="effect", low="effect_low", high="effect_high",
        title=Message("lift.effect_title" if trial.control else "lift.effect_title_uncontrolled", {"metric": metric}),
        subtitle=Message("lift.effect_subtitle_several" if several else "lift.effect_subtitle", {"metric": metric}),
    )  # fmt: skip


def _warning_notes(warnings: set[str]) -> tuple[Note, ...]:
    codes = warnings - {"few_buyers"} if "too_few_buyers" in warnings else warnings
    return tuple(Note(code, {}, "warning") for code in sorted(codes))


def _empty_notes(trial: Trial, arms: Mapping[str, Arm]) -> tuple[Note, ...]:
    empty = [name for name in trial.arms if name not in arms]
    return (Note("empty_arm", {"names": ", ".join(empty)}, "warning"),) if empty else ()


def _leader(found: Verdict, paid: pd.DataFrame) -> str | None:
    """The arm that the verdict speaks of: the best, else the one with the largest effect on the deciding figure."""
    if found.best:
        return found.best
    told = [row for row in records(paid) if row["effect"] is not None]
    if found.winners:
        told = [row for row in told if row["arm"] in found.winners]
    elif found.losers:
        return str(min((row for row in told if row["arm"] in found.losers), key=lambda row: row["effect"])["arm"])
    return str(max(told, key=lambda row: row["effect"])["arm"]) if told else None


def _mde(trial: Trial, arms: Mapping[str, Arm]) -> float | None:
    """The effect per customer on the deciding figure that the test could have seen: power 0.8, the largest arm against
    the reference, each with its own variance; with many looks the wider interval."""
    reference = arms[trial.reference].moments(trial.primary)
    others = [arm for name, arm in arms.items() if name != trial.reference]
    if reference.var is None or not others:
        return None
    largest = max(others, key=lambda arm: arm.n)
    n = largest.n + reference.n
    return mde_mean(
        reference.var, largest.n, reference.n, var_treatment=largest.moments(trial.primary).var,
        comparisons=len(others),
        width=always_valid_width(n, max(trial.planned_size or n, n)) if trial.many_looks else None,
    )  # fmt: skip


def _row(paid: pd.DataFrame, arm: str) -> dict[str, object]:
    return next(dict(row) for row in records(paid) if row["arm"] == arm)


def _metrics(arms: Mapping[str, Arm], checked: Checked, paid: pd.DataFrame, leader: str | None) -> dict[str, Metric]:
    found = {
        "sample_ratio_pvalue": Metric(checked.ratio.pvalue if checked.ratio else None, "pvalue", better=0),
        "balance_pvalue": Metric(checked.balance_pvalue, "pvalue", better=0),
    }
    if leader is None:
        return found
    row = _row(paid, leader)
    other = arms[str(row["other"])]
    buyers = difference(arms[leader], other, "conversion")
    cost = None if row["contact_cost"] is None else arms[leader].cost
    return {
        "total": _estimate(row, "total", "money", {"arm": leader}),
        "effect": _estimate(row, "effect", "money", {"arm": leader}),
        "conversion": Metric(
            arms[leader].mean("conversion"), "ratio", before=other.mean("conversion"),
            mark={"arm": leader, "bought": "yes"},
        ),
        "more_buyers": Metric(buyers.effect_size, "ratio", buyers.ci_lower, buyers.ci_upper),
        "cost_per_contact": Metric(cost, "money", better=-1),
        "break_even_cost": Metric(_number(row["break_even_cost"]), "money", better=0),
        "roi": _estimate(row, "roi", "ratio", {}),
        **found,
    }  # fmt: skip


def _estimate(row: Mapping[str, object], name: str, unit: Unit, mark: Mapping[str, object]) -> Metric:
    value, low, high = (_number(row[column]) for column in (name, f"{name}_low", f"{name}_high"))
    return Metric(value, unit, low, high, mark=mark)


def _number(cell: object) -> float | None:
    return None if cell is None else float(str(cell))


def _headline(trial: Trial, found: Verdict, paid: pd.DataFrame, leader: str | None, seen: float | None) -> Message:
    """Kronor first: what the arm brought in all on the deciding figure, with its interval."""
    if leader is None:
        return Message("lift.verdict_untestable")
    row = _row(paid, leader)
    values: dict[str, object] = {
        "arm": leader, "other": row["other"], "metric": Message(f"lift.metric.{trial.primary}"), "seen": seen,
        "effect": row["effect"], "total": row["total"], "low": row["total_low"], "high": row["total_high"],
        "others": ", ".join(name for name in found.winners if name != leader),
    }  # fmt: skip
    if found.code in ("beats_control", "best"):
        return Message("lift.verdict_won" if trial.control else "lift.verdict_won_uncontrolled", values)
    if found.code == "loses":
        lost = {"total": _less(row["total"]), "low": _less(row["total_high"]), "high": _less(row["total_low"])}
        return Message("lift.verdict_loses", {**values, **lost})
    if found.code == "no_clear_winner":
        return Message("lift.verdict_several" if trial.control else "lift.verdict_no_clear_winner", values)
    return Message(f"lift.verdict_{found.code}", values)


def _less(cell: object) -> float | None:
    number = _number(cell)
    return None if number is None else -number


ANALYSES = (
    Analysis("lift.verdict", verdict, COMMON, _make_members, ("arm", "bought"), ("assignments", "transactions")),
)
