"""Checks before any effect: sample ratio, balance before the test, and what was left out."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from scipy import stats as distributions

from insight.analysis.lift_rules import COMMON, Trial, make_customers
from insight.analysis.registry import Analysis
from insight.errors import UsageError
from insight.result import Chart, Message, Metric, Note, Result
from insight.settings import Settings
from insight.stats.sample_ratio import SampleRatio, sample_ratio_test
from insight.workspace.engine import Query

NOT_DRAWN_PVALUE = 0.001

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
        avg(date_diff('day', facts.first_order_on, assigned_on)) AS tenure_days,
        var_samp(date_diff('day', facts.first_order_on, assigned_on)) AS tenure_var,
        count(facts.first_order_on) AS tenure_n
    FROM lift_customers
    LEFT JOIN customer_facts AS facts
        ON facts.customer_id = lift_customers.customer_id AND facts.first_order_on < lift_customers.assigned_on
    GROUP BY lift_customers.arm
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
    """What the checks found: the sample ratio (None without a plan), whether the arms were alike before, and how."""

    ratio: SampleRatio | None
    balance: pd.DataFrame
    balance_pvalue: float | None
    others: tuple[tuple[str, int], ...]

    @property
    def drawn(self) -> bool:
        """False when the arms differed before the test more than chance allows: chosen, not drawn."""
        return self.balance_pvalue is None or self.balance_pvalue >= NOT_DRAWN_PVALUE

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
        found += [Note("other_test", {"test": test or "–", "n": n}, "warning") for test, n in self.others]
        return tuple(found)


def planned_shares(settings: Settings, trial: Trial) -> list[float] | None:
    """The planned share of every arm in order, or None when no plan was given. Raises UsageError for a wrong plan."""
    if not settings["planned"]:
        return None
    known = {arm.lower(): arm for arm in trial.arms}
    plan: dict[str, float] = {}
    for name, share in settings["planned"]:
        if name.strip().lower() not in known:
            raise UsageError("lift.unknown_arm", name=name, known=", ".join(trial.arms))
        if share <= 0:
            raise UsageError("lift.planned_not_positive", name=name)
        plan[known[name.strip().lower()]] = share
    missing = [arm for arm in trial.arms if arm not in plan]
    if missing:
        raise UsageError("lift.planned_missing", names=", ".join(missing))
    return [plan[arm] for arm in trial.arms]


def _all_sizes(query: Query, trial: Trial) -> list[int]:
    """Everyone who stands in one arm only, complete window or not: the draw is checked, not the outcome."""
    found = dict(query.rows("SELECT arm, count(*) FROM lift_all WHERE n_arms = 1 GROUP BY arm"))
    return [int(found.get(arm, 0)) for arm in trial.arms]


_TRAITS = (
    ("log_spend", "log_spend_mean", "log_spend_var", "n_customers"),
    ("orders", "orders_before", "orders_var", "n_customers"),
    ("bought", "bought_before", "bought_var", "n_customers"),
    ("tenure", "tenure_days", "tenure_var", "tenure_n"),
)


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


def _balance_pvalue(frame: pd.DataFrame) -> float | None:
    """The smallest p over the traits, times their number (Bonferroni); None when no trait can be compared."""
    found: list[float] = []
    for _, mean, var, size in _TRAITS:
        parts = [(int(r[size]), _real(r[mean]), _real(r[var])) for _, r in frame.iterrows()]
        pvalue = _welch_anova(parts)
        if pvalue is not None:
            found.append(pvalue)
    return min(1.0, min(found) * len(found)) if found else None


def _real(value: Any) -> float:
    return 0.0 if value is None or value != value else float(value)


def check(query: Query, settings: Settings, trial: Trial) -> Checked:
    """Run every check on the arms in `lift_all` and `lift_customers`."""
    planned = planned_shares(settings, trial)
    ratio = sample_ratio_test(_all_sizes(query, trial), planned) if planned else None
    balance = query.frame(_BEFORE)
    order = {arm: place for place, arm in enumerate(trial.arms)}
    balance = balance.sort_values("arm", key=lambda column: column.map(order), ignore_index=True)
    others = query.rows(_OTHER_TESTS, test=trial.test, window=trial.window)
    return Checked(ratio, balance, _balance_pvalue(balance), tuple((str(t), int(n)) for t, n in others))


def checks(query: Query, settings: Settings) -> Result:
    """Everything that must be right before an effect may be told.

    Table: a row per arm: n_assigned, n_customers (used), planned (customers the plan would give), spend_before,
    orders_before, bought_before (share), tenure_days. Metrics: sample_ratio_pvalue (χ² over all arms; None without
    `planned`), balance_pvalue (Welch 1951 over four traits, Bonferroni), n_two_arms, n_incomplete, n_unknown.
    """
    trial = make_customers(query, settings)
    found = check(query, settings, trial)
    sizes = dict(zip(trial.arms, _all_sizes(query, trial), strict=True))
    expected = dict(zip(trial.arms, found.ratio.expected, strict=True)) if found.ratio else {}
    table = found.balance[
        ["arm", "n_customers", "spend_before", "orders_before", "bought_before", "tenure_days"]
    ].copy()
    table.insert(1, "n_assigned", [sizes[arm] for arm in table["arm"]])
    table.insert(3, "planned", [expected.get(arm) for arm in table["arm"]])
    ratio = found.ratio.pvalue if found.ratio else None
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
        table=table,
        units={
            "arm": "text", "n_assigned": "count", "n_customers": "count", "planned": "number", "spend_before": "money",
            "orders_before": "number", "bought_before": "ratio", "tenure_days": "days",
        },
        basis=trial.basis(Message("lift.rule", {"window": trial.window}), "lift_checks"),
        chart=Chart("hbar", x="arm", y="spend_before", title=Message("lift.before_title")),
        drill=("arm",),
        notes=(*found.notes, *trial.notes),
    )  # fmt: skip


def _headline(found: Checked) -> Message:
    if found.ratio and found.ratio.mismatch:
        return Message("lift.checks_mismatch", {"p": found.ratio.pvalue})
    if not found.drawn:
        return Message("lift.checks_not_drawn")
    return Message("lift.checks_fine" if found.ratio else "lift.checks_fine_unplanned")


def _make_members(query: Query, settings: Settings) -> None:
    make_customers(query, settings)
    query.make("members", _MEMBERS)


ANALYSES = (Analysis("lift.checks", checks, COMMON, _make_members, ("arm",), ("assignments", "transactions")),)
