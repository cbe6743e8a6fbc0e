"""Every test in the workspace, losers kept: what each netted, what they netted together, and how many may be chance."""

from typing import Any

from insight.analysis import registry
from insight.analysis.basis import frame
from insight.analysis.lift_reading import Reading, read
from insight.analysis.lift_rules import DEFAULT_WINDOW, LIFT_WINDOW, MARGIN_RATE, find_tests
from insight.analysis.registry import Analysis
from insight.errors import InsightError
from insight.result import Basis, Chart, Message, Metric, Note, Result, Unit
from insight.settings import Settings, resolve
from insight.stats.means import Difference, difference_from_standard_error
from insight.stats.multiplicity import benjamini_hochberg
from insight.workspace.engine import Query

SETTINGS = (LIFT_WINDOW, MARGIN_RATE)
_ALPHA = 0.05
_MEMBERS = """
    SELECT customer_id, coalesce(test, '') AS test, min(assigned_on) AS assigned_on
    FROM assignments
    WHERE arm IS NOT NULL AND (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))
    GROUP BY customer_id, coalesce(test, '')
"""
_SIZES = "SELECT test, count(*), min(assigned_on) FROM members GROUP BY test"
# A campaign without anybody left out: what its customers bought in as many days before and after.
_BEFORE_AFTER = """
    SELECT
        coalesce(sum(CASE WHEN orders.ordered_on < sent.assigned_on THEN orders.sales END), 0) AS sales_before,
        coalesce(sum(CASE WHEN orders.ordered_on >= sent.assigned_on THEN orders.sales END), 0) AS sales_after
    FROM members AS sent
    LEFT JOIN orders ON orders.customer_id = sent.customer_id
        AND orders.ordered_on >= sent.assigned_on - cast($window AS INTEGER)
        AND orders.ordered_on < sent.assigned_on + cast($window AS INTEGER)
    WHERE sent.test = $test
"""
_ATTRIBUTED = """
    SELECT campaign_id, count(DISTINCT customer_id) AS n_buyers, sum(sales) AS sales
    FROM orders
    WHERE campaign_id IS NOT NULL AND (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))
    GROUP BY campaign_id ORDER BY sum(sales) DESC, campaign_id LIMIT 50
"""
_UNITS: dict[str, Unit] = {
    "test": "text", "first_on": "date", "n_customers": "count", "kind": "text", "outcome": "text", "leader": "text",
    "net_effect": "money", "net_effect_low": "money", "net_effect_high": "money", "pvalue": "pvalue",
    "pvalue_adjusted": "pvalue", "running": "money",
}  # fmt: skip
_UNCONTROLLED_UNITS: dict[str, Unit] = {
    "campaign": "text", "kind": "text", "n_buyers": "count", "sales_before": "money", "sales": "money",
    "change": "money",
}  # fmt: skip


def _whole_effect(reading: Reading) -> Difference:
    """What all contacted arms netted together against the control, in money: Σ n_k(m_k − m_0).

    Variance Σ n_k s²_k + (Σ n_k)² s²_0/n_0: the control is the same for all of them.
    """
    base = reading.arms[reading.trial.reference].moments("net_profit")
    treated = [arm for name, arm in reading.arms.items() if name != reading.trial.control]
    contacted = sum(arm.n for arm in treated)
    total = sum(arm.n * ((arm.mean("net_profit") or 0.0) - (base.mean or 0.0)) for arm in treated)
    variances = [arm.moments("net_profit").var for arm in treated]
    if base.var is None or any(var is None for var in variances):
        return Difference(total, None, None, None, None, None)
    spread = sum(arm.n * (var or 0.0) for arm, var in zip(treated, variances, strict=True))
    return difference_from_standard_error(total, (spread + contacted**2 * base.var / base.n) ** 0.5, None)


def _row(query: Query, test: str, settings: Settings) -> dict[str, Any]:
    """One test's line: what may be said of it, or why nothing may."""
    chosen = {name: value for name, value in settings.chosen if name in ("window", "margin_rate")} | {"test": test}
    verdict = registry.find("lift.verdict")
    row: dict[str, Any] = dict.fromkeys((*_UNITS, "standard_error")) | {"test": test, "kind": "kind_none"}
    try:
        reading = read(query, resolve(verdict.settings, chosen, query))
    except InsightError as refusal:
        return row | {"outcome": refusal.key}
    trial = reading.trial
    row |= {"leader": max(reading.arms, key=lambda name: reading.arms[name].mean(trial.primary) or 0.0)}
    if not reading.claims:
        return row | {"kind": "kind_association", "outcome": _stopped(reading)}
    if trial.control is None:
        return row | {"kind": "kind_arms", "outcome": "no_control"}
    if trial.primary != "net_profit":
        return row | {"kind": "kind_control", "outcome": "no_money"}
    found = _whole_effect(reading)
    row |= {"standard_error": found.standard_error}
    outcome = "unclear" if found.pvalue is None or found.pvalue >= _ALPHA else "gained"
    if outcome == "gained" and (found.effect_size or 0.0) < 0:
        outcome = "lost"
    return row | {
        "kind": "kind_control", "outcome": outcome, "net_effect": found.effect_size, "net_effect_low": found.ci_lower,
        "net_effect_high": found.ci_upper, "pvalue": found.pvalue,
    }  # fmt: skip


def _stopped(reading: Reading) -> str:
    if reading.blocked:
        return "blocked"
    return "other_times" if reading.checked.drawn else "not_drawn"


def _uncontrolled(query: Query, single: list[str], settings: Settings) -> list[dict[str, Any]]:
    window = settings["window"] or DEFAULT_WINDOW
    rows: list[dict[str, Any]] = []
    for test in single:
        before, after = query.one(_BEFORE_AFTER, test=test, window=window)
        rows.append({"campaign": test, "kind": "kind_before_after", "n_buyers": None, "sales_before": before,
                     "sales": after, "change": after - before})  # fmt: skip
    # A campaign that is one of the tests has its row there, and says more than attribution can.
    tests = {str(row[0]) for row in query.rows("SELECT DISTINCT test FROM members")}
    for name, buyers, sales in query.rows(_ATTRIBUTED):
        if name in tests:
            continue
        rows.append({"campaign": name, "kind": "kind_attribution", "n_buyers": int(buyers), "sales_before": None,
                     "sales": sales, "change": None})  # fmt: skip
    return rows


def register(query: Query, settings: Settings) -> Result:
    """All tests, oldest first, with the net effect of all their contacted arms together against the control.

    Table: test, first_on, n_customers, kind (measured against control, drawn arms against each other, association,
    none), outcome (gained, lost, unclear, or why nothing may be said), leader (the arm ahead on the deciding
    figure), net_effect in money with 95 % interval, p, p adjusted over the tests (Benjamini-Hochberg) and running,
    the sum of net effects so far. Tests that may not claim an effect add nothing. `tables["uncontrolled"]`:
    campaigns without a control: 'before and after' for those with one group, 'attribution' for campaigns named on
    purchases; never lift. Raises NotEnoughDataError when the scope holds no test.
    """
    names, single = find_tests(query)
    query.make("members", _MEMBERS)
    sizes = {str(test): (int(n), first) for test, n, first in query.rows(_SIZES)}
    rows = [_row(query, test, settings) for test in names if test in sizes]
    for row in rows:
        row |= {"n_customers": sizes[row["test"]][0], "first_on": sizes[row["test"]][1]}
    rows.sort(key=lambda row: (str(row["first_on"]), row["test"]))
    _add_up(rows)
    told = [row for row in rows if row["net_effect"] is not None]
    total = sum(row["net_effect"] for row in told)
    lost = sum(1 for row in told if row["net_effect"] < 0)
    uncontrolled = _uncontrolled(query, [name for name in single if name in sizes], settings)
    together = _together(told, total)
    values = {"n": len(told), "total": total, "tests": len(rows), "low": together.low, "high": together.high}
    said = "register_none" if not told else "register_alone" if together.low is None else "register_headline"
    return Result(
        key="lift.register",
        headline=Message(f"lift.{said}", values),
        metrics={
            "net_effect": together, "n_tests": Metric(len(rows), "count", better=0),
            "n_lost": Metric(lost, "count", better=-1),
        },
        table=frame(rows, list(_UNITS)),
        units=dict(_UNITS),
        basis=Basis(None, None, sum(n for n, _ in sizes.values()), {}, Message("lift.register_rule"), "lift_register"),
        chart=Chart(
            "interval", x="test", y="net_effect", low="net_effect_low", high="net_effect_high",
            title=Message("lift.register_title"), subtitle=Message("lift.register_subtitle"),
        ) if told else None,
        drill=("test",),
        notes=_notes(rows, uncontrolled),
        labels=_labels(rows),
        tables={"uncontrolled": frame(uncontrolled, list(_UNCONTROLLED_UNITS))},
        more_units={"uncontrolled": _UNCONTROLLED_UNITS},
    )  # fmt: skip


def _together(told: list[dict[str, Any]], total: float) -> Metric:
    """The sum of the tests' net effects; tests are of different draws, so their variances add."""
    if not told:
        return Metric(None, "money")
    errors = [row["standard_error"] for row in told]
    if any(error is None for error in errors):
        return Metric(total, "money")
    found = difference_from_standard_error(total, sum(error**2 for error in errors) ** 0.5, None)
    return Metric(total, "money", found.ci_lower, found.ci_upper)


def _add_up(rows: list[dict[str, Any]]) -> None:
    """The running sum of net effects in time order, and p adjusted over the tests that have one."""
    running = 0.0
    for row in rows:
        running += row["net_effect"] or 0.0
        row["running"] = running
    tested = [row for row in rows if row["pvalue"] is not None]
    for row, pvalue in zip(tested, benjamini_hochberg([row["pvalue"] for row in tested]), strict=True):
        row["pvalue_adjusted"] = pvalue


_OUTCOMES = ("gained", "lost", "unclear", "blocked", "not_drawn", "other_times", "no_control", "no_money")
_KINDS = ("kind_control", "kind_arms", "kind_association", "kind_none", "kind_before_after", "kind_attribution")


def _labels(rows: list[dict[str, Any]]) -> dict[str, str]:
    found = {kind: f"lift.{kind}" for kind in _KINDS} | {outcome: f"lift.outcome.{outcome}" for outcome in _OUTCOMES}
    return found | {row["outcome"]: "lift.outcome.refused" for row in rows if row["outcome"] not in _OUTCOMES}


def _notes(rows: list[dict[str, Any]], uncontrolled: list[dict[str, Any]]) -> tuple[Note, ...]:
    tested = [row for row in rows if row["pvalue"] is not None]
    shown = sum(1 for row in tested if row["pvalue"] < _ALPHA)
    notes: list[Note] = []
    if tested:
        notes.append(Note("false_discovery", {"n": len(tested), "shown": shown, "chance": _ALPHA * len(tested)}))
    if uncontrolled:
        notes.append(Note("uncontrolled_never_lift", {"n": len(uncontrolled)}))
    return tuple(notes)


def _make_members(query: Query, settings: Settings) -> None:  # noqa: ARG001 - the shape of every analysis
    query.make("members", _MEMBERS)


ANALYSES = (Analysis("lift.register", register, SETTINGS, _make_members, ("test",), ("assignments", "transactions")),)
