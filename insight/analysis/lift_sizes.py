"""Where the arms' sizes part from the plan: the sample ratio by day, channel and earlier purchases.

A diagnosis and no verdict: the one test over all arms decides. Where it fails, the group of customers in which an arm
is short says what to look for (a delivery that failed one day, a channel that dropped its bounces).
"""

from collections.abc import Sequence
from typing import Any

from insight.analysis.basis import frame
from insight.analysis.lift_rules import Trial
from insight.result import Message, Note, Unit
from insight.stats.multiplicity import benjamini_hochberg
from insight.stats.sample_ratio import MISMATCH_PVALUE, sample_ratio_alike, sample_ratio_test
from insight.workspace.engine import Query

SIZE_UNITS: dict[str, Unit] = {
    "division": "text", "value": "text", "n_customers": "count", "arm": "text", "n_in_arm": "count",
    "planned": "count", "pvalue": "pvalue", "pvalue_adjusted": "pvalue", "pvalue_alike": "pvalue",
}  # fmt: skip
_FEWEST_EXPECTED = 5
_MOST_DAYS = 31
_MOST_VALUES = 12

_BY_DAY = """
    SELECT cast(assigned_on AS VARCHAR) AS value, arm, count(*) AS n FROM lift_windows
    WHERE n_arms = 1 AND assigned_on IS NOT NULL GROUP BY assigned_on, arm
"""
_BY_WEEK = """
    SELECT cast(cast(date_trunc('week', assigned_on) AS DATE) AS VARCHAR) AS value, arm, count(*) AS n FROM lift_windows
    WHERE n_arms = 1 AND assigned_on IS NOT NULL GROUP BY date_trunc('week', assigned_on), arm
"""
_BY_SENT = """
    SELECT sent.channel AS value, found.arm, count(*) AS n
    FROM lift_windows AS found
    JOIN (
        SELECT customer_id, min(channel) AS channel FROM assignments
        WHERE coalesce(test, '') = $test AND channel IS NOT NULL GROUP BY customer_id) AS sent
        ON sent.customer_id = found.customer_id
    WHERE found.n_arms = 1
    GROUP BY sent.channel, found.arm
"""
_BY_JOINED = """
    SELECT coalesce(people.value, 'unknown') AS value, found.arm, count(*) AS n
    FROM lift_windows AS found
    LEFT JOIN (SELECT customer_id, max(join_channel) AS value FROM customers GROUP BY customer_id) AS people
        ON people.customer_id = found.customer_id
    WHERE found.n_arms = 1
    GROUP BY coalesce(people.value, 'unknown'), found.arm
"""
_BY_CHANNEL = """
    SELECT coalesce(found.channel_before, 'unknown') AS value, found.arm, count(*) AS n
    FROM lift_windows AS found
    WHERE found.n_arms = 1 AND found.n_orders_before > 0
    GROUP BY coalesce(found.channel_before, 'unknown'), found.arm
"""
_BY_BOUGHT = """
    SELECT CASE WHEN found.n_orders_before > 0 THEN 'yes' ELSE 'no' END AS value, found.arm, count(*) AS n
    FROM lift_windows AS found
    WHERE found.n_arms = 1
    GROUP BY CASE WHEN found.n_orders_before > 0 THEN 'yes' ELSE 'no' END, found.arm
"""


def sizes_table(query: Query, trial: Trial, planned: Sequence[float] | None) -> Any:
    """Sizes against the plan within each day (or week), channel and so on, the most unlikely first; empty without plan.

    From `lift_windows`. A row per value with at least two values beside it and five expected in every arm:
    division (day, week, sent, join_channel, channel, earlier), value, n_customers, the arm that is furthest from its
    plan with n_in_arm and planned (whole customers), its p, p adjusted over all rows (Benjamini-Hochberg), and
    pvalue_alike: whether the division's values are off alike.
    """
    if planned is None:
        return frame([], list(SIZE_UNITS))
    rows: list[dict[str, Any]] = []
    for division, sql in _divisions(query, trial):
        rows += _rows(division, query.rows(sql, test=trial.test), trial.arms, planned)
    for row, pvalue in zip(rows, benjamini_hochberg([row["pvalue"] for row in rows]), strict=True):
        row["pvalue_adjusted"] = pvalue
    return frame(sorted(rows, key=lambda row: (row["pvalue"], -row["n_customers"])), list(SIZE_UNITS))


def _divisions(query: Query, trial: Trial) -> list[tuple[str, str]]:
    days = query.one("SELECT count(DISTINCT assigned_on) FROM lift_windows")[0]
    found = [("day", _BY_DAY) if days <= _MOST_DAYS else ("week", _BY_WEEK)] if days > 1 else []
    if query.has_values("assignments", "channel") and _shared(query.rows(_BY_SENT, test=trial.test), trial.arms):
        found.append(("sent", _BY_SENT))
    if query.has_values("customers", "join_channel"):
        found.append(("join_channel", _BY_JOINED))
    return [*found, ("channel", _BY_CHANNEL), ("earlier", _BY_BOUGHT)]


def _shared(found: list[tuple[Any, ...]], arms: Sequence[str]) -> bool:
    """Whether the contact's channel runs across the arms; where it is what the arms are, it divides nothing."""
    return len({(value, arm) for value, arm, _ in found}) == len(arms) * len({value for value, _, _ in found})


def _rows(
    division: str, found: list[tuple[Any, ...]], arms: Sequence[str], planned: Sequence[float]
) -> list[dict[str, Any]]:
    counts: dict[str, dict[str, int]] = {}
    for value, arm, n in found:
        counts.setdefault(str(value), {})[str(arm)] = int(n)
    largest = sorted(counts, key=lambda value: (-sum(counts[value].values()), value))
    # Days are followed to the end; of channels the largest are enough.
    kept = largest if division in ("day", "week") else largest[:_MOST_VALUES]
    rows: list[dict[str, Any]] = []
    for value in kept if len(kept) > 1 else []:
        sizes = [counts[value].get(arm, 0) for arm in arms]
        test = sample_ratio_test(sizes, planned)
        if test.pvalue is None or min(test.expected) < _FEWEST_EXPECTED:
            continue
        far = max(range(len(arms)), key=lambda place: (sizes[place] - test.expected[place]) ** 2 / test.expected[place])
        rows.append({
            "division": division, "value": value, "n_customers": sum(sizes), "arm": arms[far], "n_in_arm": sizes[far],
            "planned": round(test.expected[far]), "pvalue": test.pvalue, "sizes": sizes,
        })  # fmt: skip
    alike = sample_ratio_alike([row["sizes"] for row in rows], planned)
    return [row | {"pvalue_alike": alike} for row in rows]


def size_notes(found: Any, *, mismatch: bool) -> tuple[Note, ...]:
    """Where to look first: a value that is off while others of its kind are not, or that none stands out."""
    rows = [
        row for row in found.to_dict("records")
        if row["pvalue_alike"] is not None and row["pvalue_alike"] < MISMATCH_PVALUE
        and row["pvalue_adjusted"] < MISMATCH_PVALUE
    ]  # fmt: skip
    if not rows:
        return (Note("sizes_off_evenly", {}, "warning"),) if mismatch and len(found) else ()
    # Where several divisions part, the one that parts most says most; in it the value that is furthest off.
    first = min(rows, key=lambda row: (row["pvalue_alike"], row["pvalue"]))
    values = {name: first[name] for name in ("value", "arm", "n_in_arm", "planned")}
    return (Note("sizes_off_in", {**values, "division": Message(f"lift.trait.{first['division']}")}, "warning"),)
