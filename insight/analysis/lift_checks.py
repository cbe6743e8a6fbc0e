"""Checks before any effect: sample ratio, balance before the test, and what was left out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats as distributions

from insight.analysis.basis import frame
from insight.analysis.lift_rules import COMMON, Trial, make_customers, named
from insight.analysis.lift_sizes import SIZE_UNITS, size_notes, sizes_table
from insight.analysis.registry import Analysis
from insight.errors import UsageError
from insight.result import Chart, Message, Metric, Note, Result, Unit
from insight.settings import Settings
from insight.stats.sample_ratio import SampleRatio, sample_ratio_test
from insight.workspace.engine import Query

NOT_DRAWN_PVALUE = 0.001
# Windows that lie further apart than this are other times of the year; nearer, it is said and nothing is stopped.
MOST_DAYS_APART = 7

# What the arms were like before: the same customers' figures up to the assignment. Logs tame a few large buyers.
_BEFORE = """
    SELECT
        lift_customers.arm,
        count(*) AS n_customers,
        avg(cast(sales_before AS DOUBLE)) AS spend_before,
        avg(ln(1 + greatest(0, cast(sales_before AS DOUBLE)))) AS log_spend_mean,
        var_samp(ln(1 + greatest(0, cast(sales_before AS DOUBLE)))) AS log_spend_var,
        avg(cast(n_orders_before AS DOUBLE)) AS orders_before,
        var_samp(cast(n_orders_before AS DOUBLE)) AS orders_var,
        avg(CASE WHEN n_orders_before > 0 THEN 1.0 ELSE 0.0 END) AS bought_before,
        var_samp(CASE WHEN n_orders_before > 0 THEN 1.0 ELSE 0.0 END) AS bought_var,
        avg(CASE WHEN first_order_on < assigned_on THEN date_diff('day', first_order_on, assigned_on) END)
            AS tenure_days,
        var_samp(CASE WHEN first_order_on < assigned_on THEN date_diff('day', first_order_on, assigned_on) END)
            AS tenure_var,
        count(CASE WHEN first_order_on < assigned_on THEN 1 END) AS tenure_n,
        avg(date_diff('day', DATE '2000-01-01', assigned_on)) AS day_mean,
        var_samp(date_diff('day', DATE '2000-01-01', assigned_on)) AS day_var
    FROM lift_customers
    GROUP BY lift_customers.arm
"""

# Figures from the customer file that no campaign moves: age, and how the customer once came in.
_PEOPLE = """
    SELECT
        lift_customers.arm,
        avg(date_diff('day', people.birth_date, assigned_on) / 365.25) AS age_mean,
        var_samp(date_diff('day', people.birth_date, assigned_on) / 365.25) AS age_var,
        count(people.birth_date) AS age_n
    FROM lift_customers
    LEFT JOIN (SELECT customer_id, max(birth_date) AS birth_date FROM customers GROUP BY customer_id) AS people
        ON people.customer_id = lift_customers.customer_id
    GROUP BY lift_customers.arm
"""
_BY_JOIN_CHANNEL = """
    SELECT lift_customers.arm, coalesce(people.value, '') AS value, count(*) AS n
    FROM lift_customers
    LEFT JOIN (SELECT customer_id, max(join_channel) AS value FROM customers GROUP BY customer_id) AS people
        ON people.customer_id = lift_customers.customer_id
    GROUP BY lift_customers.arm, coalesce(people.value, '')
"""
_BY_CHANNEL = """
    SELECT arm, coalesce(channel_before, '') AS value, count(*) AS n
    FROM lift_customers
    WHERE n_orders_before > 0
    GROUP BY arm, coalesce(channel_before, '')
"""
# Classes of spend before, each about 2.7 times the one below: no sorting, and equal spend is always in one class.
_BY_TIER = """
    SELECT arm, cast(floor(ln(greatest(1, cast(sales_before AS DOUBLE)))) AS VARCHAR) AS value, count(*) AS n
    FROM lift_customers
    WHERE n_orders_before > 0
    GROUP BY arm, floor(ln(greatest(1, cast(sales_before AS DOUBLE))))
"""

_OTHER_TESTS = """
    SELECT coalesce(other.test, '') AS test, count(DISTINCT other.customer_id) AS n
    FROM assignments AS other
    JOIN lift_customers ON lift_customers.customer_id = other.customer_id
    WHERE coalesce(other.test, '') <> $test
        AND other.assigned_on < lift_customers.assigned_on + cast($window AS INTEGER)
        AND other.assigned_on + cast($window AS INTEGER) > lift_customers.assigned_on
    GROUP BY coalesce(other.test, '')
    ORDER BY n DESC, test
"""

_MEMBERS = """SELECT customer_id, arm, sales_before, n_orders_before, sales, n_orders FROM lift_customers"""


@dataclass(frozen=True)
class Checked:
    """What the checks found: the sample ratio (None without a plan), whether the arms were alike before, and how.

    pvalues: per trait that could be compared; balance_pvalue the smallest of them, times their number (Bonferroni).
    days_apart: how far the arms' mean assignment days lie apart, where chance does not explain it, else 0.
    """

    ratio: SampleRatio | None
    sizes: tuple[int, ...]
    balance: pd.DataFrame
    pvalues: Mapping[str, float]
    others: tuple[tuple[str, int], ...]
    days_apart: float = 0.0

    @property
    def balance_pvalue(self) -> float | None:
        """One p for all traits; None when no trait can be compared."""
        return min(1.0, min(self.pvalues.values()) * len(self.pvalues)) if self.pvalues else None

    @property
    def drawn(self) -> bool:
        """False when the arms differed before the test more than chance allows: chosen, not drawn."""
        return self.balance_pvalue is None or self.balance_pvalue >= NOT_DRAWN_PVALUE

    @property
    def same_time(self) -> bool:
        """False when the arms were assigned at other times: what happened in between is no effect."""
        return self.days_apart <= MOST_DAYS_APART

    @property
    def notes(self) -> tuple[Note, ...]:
        """What must be said before any effect."""
        found: list[Note] = []
        if self.ratio is None or self.ratio.pvalue is None:
            found.append(Note("sample_ratio_unchecked", {}, "warning"))
        elif self.ratio.mismatch:
            found.append(Note("sample_ratio_mismatch", {"p": self.ratio.pvalue}, "warning"))
        if not self.drawn:
            found.append(Note("arms_not_drawn", {"p": self.balance_pvalue}, "warning"))
        if self.days_apart:
            code = "arms_other_days" if self.same_time else "arms_other_times"
            found.append(Note(code, {"days": round(self.days_apart)}, "warning"))
        found += [Note("other_test", {"test": test or "–", "n": n}, "warning") for test, n in self.others]
        return tuple(found)


def planned_shares(settings: Settings, trial: Trial) -> list[float] | None:
    """The planned share of every arm in order, or None when no plan was given. Raises UsageError for a wrong plan."""
    if not settings["planned"]:
        return None
    plan: dict[str, float] = {}
    for name, share in settings["planned"]:
        if share <= 0:
            raise UsageError("lift.planned_not_positive", name=name)
        plan[named(trial.arms, name)] = share
    missing = [arm for arm in trial.arms if arm not in plan]
    if missing:
        raise UsageError("lift.planned_missing", names=", ".join(missing))
    return [plan[arm] for arm in trial.arms]


def _all_sizes(query: Query, trial: Trial) -> tuple[int, ...]:
    """Everyone who stands in one arm only, complete window or not: the draw is checked, not the outcome."""
    found = dict(query.rows("SELECT arm, count(*) FROM lift_windows WHERE n_arms = 1 GROUP BY arm"))
    return tuple(int(found.get(arm, 0)) for arm in trial.arms)


_TRAITS = (
    ("log_spend", "log_spend_mean", "log_spend_var", "n_customers"),
    ("orders", "orders_before", "orders_var", "n_customers"),
    ("bought", "bought_before", "bought_var", "n_customers"),
    ("tenure", "tenure_days", "tenure_var", "tenure_n"),
    ("age", "age_mean", "age_var", "age_n"),
)
_FEWEST_EXPECTED = 5


def _welch_anova(parts: list[tuple[int, float, float]]) -> float | None:
    """Welch's (1951) test that k means are equal, from (n, mean, variance); None where nothing varies or k < 2."""
    known = [(n, mean, var) for n, mean, var in parts if n > 1 and var > 0]
    k = len(known)
    if k < 2 or k < len(parts):
        return None
    weights = [n / var for n, _, var in known]
    total = sum(weights)
    centre = sum(w * mean for w, (_, mean, _) in zip(weights, known, strict=True)) / total
    between = sum(w * (mean - centre) ** 2 for w, (_, mean, _) in zip(weights, known, strict=True)) / (k - 1)
    spread = sum((1 - w / total) ** 2 / (n - 1) for w, (n, _, _) in zip(weights, known, strict=True))
    statistic = between / (1 + 2 * (k - 2) / (k**2 - 1) * spread)
    return float(distributions.f.sf(statistic, k - 1, (k**2 - 1) / (3 * spread)))


def _same_shares(found: pd.DataFrame) -> float | None:
    """χ² that the arms divide alike; values too rare to be expected five times in every arm are put together."""
    counts = found.pivot_table(index="arm", columns="value", values="n", aggfunc="sum", fill_value=0).to_numpy(float)
    if counts.size == 0 or len(counts) < 2:
        return None
    share = counts.sum(axis=1).min() / counts.sum()
    rare = counts.sum(axis=0) * share < _FEWEST_EXPECTED
    cells = np.column_stack([counts[:, ~rare], counts[:, rare].sum(axis=1)]) if rare.any() else counts
    cells = cells[:, cells.sum(axis=0) * share >= _FEWEST_EXPECTED]
    if cells.shape[1] < 2:
        return None
    _, pvalue, _, _ = distributions.chi2_contingency(cells, correction=False)
    return float(str(pvalue))


def _pvalues(query: Query, balance: pd.DataFrame) -> dict[str, float]:
    """p per trait that can be compared: Welch (1951) for figures, χ² for groups."""
    found: dict[str, float | None] = {}
    for trait, mean, var, size in _TRAITS:
        if mean in balance.columns:
            parts = [(int(row[size]), _real(row[mean]), _real(row[var])) for row in balance.to_dict("records")]
            found[trait] = _welch_anova(parts)
    found["tier"] = _same_shares(query.frame(_BY_TIER))
    found["channel"] = _same_shares(query.frame(_BY_CHANNEL))
    if query.has_values("customers", "join_channel"):
        found["join_channel"] = _same_shares(query.frame(_BY_JOIN_CHANNEL))
    return {trait: pvalue for trait, pvalue in found.items() if pvalue is not None}


def _days_apart(balance: pd.DataFrame) -> float:
    """How far the arms' mean days lie apart: from a day on, and where Welch's test says that it is not chance."""
    rows = balance.to_dict("records")
    means = [_real(row["day_mean"]) for row in rows]
    apart = max(means, default=0.0) - min(means, default=0.0)
    # All of an arm on one day is the usual case: next to no variance, not none.
    spread = [(int(row["n_customers"]), _real(row["day_mean"]), max(_real(row["day_var"]), 1e-6)) for row in rows]
    pvalue = _welch_anova(spread)
    return apart if apart >= 1 and pvalue is not None and pvalue < NOT_DRAWN_PVALUE else 0.0


def _real(value: Any) -> float:
    return 0.0 if value is None or value != value else float(value)


def check(query: Query, settings: Settings, trial: Trial) -> Checked:
    """Run every check on the arms in `lift_windows` and `lift_customers`."""
    balance = query.frame(_BEFORE)
    if query.has_values("customers", "birth_date"):
        balance = balance.merge(query.frame(_PEOPLE), on="arm")
    order = {arm: place for place, arm in enumerate(trial.arms)}
    balance = balance.sort_values("arm", key=lambda column: column.map(order), ignore_index=True)
    others = query.rows(_OTHER_TESTS, test=trial.test, window=trial.window)
    found = Checked(
        None,
        _all_sizes(query, trial),
        balance,
        _pvalues(query, balance),
        tuple((str(t), int(n)) for t, n in others),
        _days_apart(balance),
    )
    return with_plan(found, settings, trial)


def with_plan(found: Checked, settings: Settings, trial: Trial) -> Checked:
    """The same checks with the sizes held against the planned shares. Raises UsageError for a wrong plan."""
    planned = planned_shares(settings, trial)
    return replace(found, ratio=sample_ratio_test(found.sizes, planned) if planned else None)


def check_rows(trial: Trial, found: Checked) -> pd.DataFrame:
    """A row per check: its name, its state (ok, care, ask, stop, unknown), how many customers it is about, its p."""
    ratio = found.ratio.pvalue if found.ratio else None
    sizes = "ask" if ratio is None else "stop" if found.ratio and found.ratio.mismatch else "ok"
    alike = "unknown" if found.balance_pvalue is None else "ok" if found.drawn else "stop"
    rows: list[dict[str, Any]] = [
        {"check": "sizes", "state": sizes, "n": trial.n_assigned, "pvalue": ratio},
        {"check": "alike", "state": alike, "n": trial.n_assigned, "pvalue": found.balance_pvalue},
    ]
    counted = {
        "window": trial.n_incomplete, "one_arm": trial.n_two_arms, "dated": trial.n_undated,
        "known": trial.n_unknown, "other_test": max((n for _, n in found.others), default=0),
    }  # fmt: skip
    if found.days_apart:
        state = "care" if found.same_time else "stop"
        rows.append({"check": "days", "state": state, "n": round(found.days_apart), "pvalue": None})
    if trial.control is None:
        rows.append({"check": "control", "state": "care", "n": len(trial.arms), "pvalue": None})
    if trial.more_controls:
        rows.append({"check": "controls", "state": "care", "n": 1 + len(trial.more_controls), "pvalue": None})
    if trial.shortened:
        rows.append({"check": "short", "state": "care", "n": trial.window, "pvalue": None})
    rows += [
        {"check": name, "state": "care" if n else "ok", "n": n, "pvalue": None}
        for name, n in counted.items()
        if n or name in ("window", "one_arm")
    ]
    return frame(rows, ("check", "state", "n", "pvalue"))


_UNITS: dict[str, Unit] = {
    "arm": "text", "n_assigned": "count", "n_customers": "count", "planned": "count", "spend_before": "money",
    "orders_before": "number", "bought_before": "ratio", "tenure_days": "days", "age": "number",
}  # fmt: skip


def checks(query: Query, settings: Settings) -> Result:
    """Everything that must be right before an effect may be told.

    Table: a row per arm: n_assigned, n_customers (used), planned (customers the plan would give), spend_before,
    orders_before, bought_before (share), tenure_days, age. `tables`: "checks", the p of every trait ("balance"), and
    with a plan the sizes by day, channel and earlier purchases ("sizes"), which says where to look and decides nothing.
    Metrics: sample_ratio_pvalue (χ² over all arms; None without `planned`), balance_pvalue (Bonferroni over the traits:
    Welch 1951 on spend, orders, share of buyers, tenure and age; χ² on spend tier, channel bought in and recruitment
    channel),
    n_two_arms, n_incomplete, n_unknown.
    """
    trial = make_customers(query, settings)
    found = check(query, settings, trial)
    sizes = dict(zip(trial.arms, found.sizes, strict=True))
    expected = dict(zip(trial.arms, map(round, found.ratio.expected), strict=True)) if found.ratio else {}
    rows = [
        {
            **{name: None if row.get(name) != row.get(name) else row.get(name) for name in _UNITS},
            "n_assigned": sizes[row["arm"]], "planned": expected.get(row["arm"]),
            "age": row["age_mean"] if row.get("age_n") else None,
        }
        for row in found.balance.to_dict("records")
    ]  # fmt: skip
    ratio = found.ratio.pvalue if found.ratio else None
    parts = sizes_table(query, trial, planned_shares(settings, trial))
    metrics = {
        "sample_ratio_pvalue": Metric(ratio, "pvalue", better=0),
        "balance_pvalue": Metric(found.balance_pvalue, "pvalue", better=0),
        "n_two_arms": Metric(trial.n_two_arms, "count", better=-1),
        "n_incomplete": Metric(trial.n_incomplete, "count", better=-1),
        "n_unknown": Metric(trial.n_unknown, "count", better=-1),
    }
    return Result(
        key="lift.checks",
        headline=_headline(found),
        metrics=metrics,
        table=frame(rows, list(_UNITS)),
        units=dict(_UNITS),
        basis=trial.basis(Message("lift.rule", {"window": trial.window}), "lift_checks"),
        chart=Chart("hbar", x="arm", y="spend_before", title=Message("lift.before_title")),
        drill=("arm",),
        notes=(*found.notes, *size_notes(parts, mismatch=bool(found.ratio and found.ratio.mismatch)), *trial.notes),
        labels={
            **{name: f"lift.trait.{name}" for name in (*found.pvalues, *parts["division"])},
            "yes": "lift.before.yes", "no": "lift.before.no",
        },
        tables={
            "checks": check_rows(trial, found),
            "balance": frame([{"trait": name, "pvalue": p} for name, p in found.pvalues.items()], ("trait", "pvalue")),
            "sizes": parts,
        },
        more_units={
            "checks": {"check": "text", "state": "text", "n": "count", "pvalue": "pvalue"},
            "balance": {"trait": "text", "pvalue": "pvalue"},
            "sizes": SIZE_UNITS,
        },
    )  # fmt: skip


def _headline(found: Checked) -> Message:
    if found.ratio and found.ratio.mismatch:
        return Message("lift.checks_mismatch", {"p": found.ratio.pvalue})
    if not found.drawn:
        return Message("lift.checks_not_drawn")
    if not found.same_time:
        return Message("lift.checks_other_times", {"days": round(found.days_apart)})
    return Message("lift.checks_fine" if found.ratio else "lift.checks_fine_unplanned")


def _make_members(query: Query, settings: Settings) -> None:
    make_customers(query, settings)
    query.make("members", _MEMBERS)


ANALYSES = (Analysis("lift.checks", checks, COMMON, _make_members, ("arm",), ("assignments", "transactions")),)
