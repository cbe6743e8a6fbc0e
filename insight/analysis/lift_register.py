"""Every test in the workspace, losers kept: what the verdict says of each contacted arm, what they netted together, and
how many may be chance."""

from typing import Any, NamedTuple

import pyarrow as pa

from insight.analysis import registry
from insight.analysis.basis import frame
from insight.analysis.lift_measures import Arm, told_difference
from insight.analysis.lift_reading import Reading
from insight.analysis.lift_rules import DEFAULT_WINDOW, LIFT_WINDOW, MARGIN_RATE, find_tests
from insight.analysis.lift_verdict import judge_test
from insight.analysis.registry import Analysis
from insight.errors import InsightError
from insight.result import Basis, Chart, Message, Metric, Note, Result, Unit
from insight.settings import Settings, resolve
from insight.stats.decide import Verdict
from insight.stats.means import difference_from_standard_error
from insight.stats.multiplicity import benjamini_hochberg
from insight.stats.ratios import campaign_total
from insight.workspace.engine import Query

SETTINGS = (LIFT_WINDOW, MARGIN_RATE)
_ALPHA = 0.05
# An arm by its commonest spelling, as in the verdict.
_MEMBERS = """
    SELECT drawn.customer_id, coalesce(drawn.test, '') AS test, names.arm, min(drawn.assigned_on) AS assigned_on
    FROM assignments AS drawn
    JOIN (
        SELECT test_key, arm_key, arm
        FROM (
            SELECT coalesce(test, '') AS test_key, lower(trim(arm)) AS arm_key, trim(arm) AS arm,
                row_number() OVER (
                    PARTITION BY coalesce(test, ''), lower(trim(arm)) ORDER BY count(*) DESC, trim(arm)) AS place
            FROM assignments WHERE arm IS NOT NULL
            GROUP BY coalesce(test, ''), lower(trim(arm)), trim(arm)) AS spelled
        WHERE place = 1) AS names
        ON names.test_key = coalesce(drawn.test, '') AND names.arm_key = lower(trim(drawn.arm))
    WHERE NOT $scoped OR drawn.customer_id IN (SELECT customer_id FROM scope)
    GROUP BY drawn.customer_id, coalesce(drawn.test, ''), names.arm
"""
_SIZES = """
    SELECT test, arm, count(*) AS n, min(assigned_on) AS first_on FROM members GROUP BY test, arm ORDER BY test, arm
"""
# Contacted in two tests whose windows meet: what such a customer buys is counted in the first of them.
_MEETING = """
    WITH told AS (
        SELECT members.customer_id, members.test, members.arm, members.assigned_on, register_told.place,
            register_told.days
        FROM members JOIN register_told ON register_told.test = members.test AND register_told.arm = members.arm)
    SELECT later.test, later.arm, count(DISTINCT later.customer_id)
    FROM told AS later
    JOIN told AS earlier ON earlier.customer_id = later.customer_id AND earlier.place < later.place
        AND later.assigned_on < earlier.assigned_on + earlier.days
        AND earlier.assigned_on < later.assigned_on + later.days
    GROUP BY later.test, later.arm
"""
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
    "test": "text", "arm": "text", "other": "text", "first_on": "date", "n_customers": "count", "kind": "text",
    "outcome": "text", "metric": "text", "total": "money", "total_low": "money", "total_high": "money",
    "pvalue": "pvalue", "pvalue_adjusted": "pvalue", "pvalue_over_tests": "pvalue", "n_counted_before": "count",
    "running": "money", "named": "text",
}  # fmt: skip
_UNCONTROLLED_UNITS: dict[str, Unit] = {
    "campaign": "text", "kind": "text", "n_buyers": "count", "sales_before": "money", "sales": "money",
    "change": "money",
}  # fmt: skip


class Told(NamedTuple):
    """A test as the verdict read and judged it; None and why, where it cannot be computed."""

    test: str
    reading: Reading | None
    found: Verdict | None
    refused: str


def _told(query: Query, test: str, settings: Settings) -> Told:
    chosen = {name: value for name, value in settings.chosen if name in ("window", "margin_rate")} | {"test": test}
    try:
        judged = judge_test(query, resolve(registry.find("lift.verdict").settings, chosen, query))
    except InsightError as refusal:
        return Told(test, None, None, refusal.key)
    return Told(test, judged.reading, judged.found, "")


# --- a row an arm -----------------------------------------------------------------------------------------------------


def _rows(told: Told, arms: list[str]) -> list[dict[str, Any]]:
    """A row per arm that is told against another, with the verdict's own difference; or why nothing may be said."""
    empty: dict[str, Any] = dict.fromkeys(_UNITS) | {"test": told.test, "kind": "kind_none"}
    if told.reading is None or told.found is None:
        return [empty | {"arm": arm, "outcome": told.refused} for arm in arms]
    reading, trial = told.reading, told.reading.trial
    if not reading.claims:
        stopped = empty | {"kind": "kind_association", "outcome": _stopped(reading)}
        return [stopped | {"arm": arm, "other": other} for arm, other in reading.against.items()]
    rows: list[dict[str, Any]] = []
    for arm, other in _once(reading).items():
        effect = told_difference(trial, reading.arms[arm], reading.arms[other], trial.primary)
        total = campaign_total(effect, reading.arms[arm].n)
        adjusted = told.found.adjusted(arm, other)
        rows.append(empty | {
            "arm": arm, "other": other, "kind": "kind_control" if trial.control else "kind_arms",
            "outcome": _outcome(told.found, arm, total.total, adjusted, controlled=trial.control is not None),
            "metric": trial.primary, "total": total.total, "total_low": total.ci_lower, "total_high": total.ci_upper,
            "pvalue": effect.pvalue, "pvalue_adjusted": adjusted,
        })  # fmt: skip
    return rows


def _once(reading: Reading) -> dict[str, str]:
    """What each arm is told against; without a control the leading arm and the second best are told once, as a pair."""
    if reading.trial.control is not None:
        return dict(reading.against)
    leader = max(reading.against, key=lambda name: reading.arms[name].mean(reading.trial.primary) or 0.0)
    return {arm: other for arm, other in reading.against.items() if arm == leader or reading.against[leader] != arm}


def _outcome(found: Verdict, arm: str, total: float | None, adjusted: float | None, *, controlled: bool) -> str:
    """What the verdict says of an arm: it gave more, it gave less, or no difference is shown."""
    if controlled:
        return "gained" if arm in found.winners else "lost" if arm in found.losers else "unclear"
    if adjusted is None or adjusted >= _ALPHA or total is None:
        return "unclear"
    return "gained" if total > 0 else "lost"


def _stopped(reading: Reading) -> str:
    if reading.blocked:
        return "blocked"
    return "other_times" if reading.checked.drawn else "not_drawn"


# --- the sum of all ---------------------------------------------------------------------------------------------------


def _summed(told: Told) -> bool:
    """Whether a test belongs in the sum: net against a control, where an effect may be told."""
    reading = told.reading
    return reading is not None and reading.claims and bool(reading.trial.control) and _in_money(reading)


def _in_money(reading: Reading) -> bool:
    return reading.trial.primary == "net_profit"


def _met_before(query: Query, tests: list[Told]) -> dict[tuple[str, str], int]:
    """Per test and arm: customers whose purchases another test before it counts."""
    rows = [
        (told.test, arm, place, told.reading.trial.window)
        for place, told in enumerate(tests) if told.reading is not None
        for arm in told.reading.against
    ]  # fmt: skip
    query.put("register_told", pa.table({
        name: pa.array([row[place] for row in rows], kind)
        for place, (name, kind) in enumerate(
            (("test", pa.string()), ("arm", pa.string()), ("place", pa.int32()), ("days", pa.int32()))
        )
    }))  # fmt: skip
    return {(str(test), str(arm)): int(n) for test, arm, n in query.rows(_MEETING)}


def _add_up(query: Query, tests: list[Told], rows: list[dict[str, Any]]) -> Metric:
    """The running sum of net effects in time order, written into the rows, and the whole with its interval.

    An arm adds n·(net - net of the control). Customers whom an earlier test counts add their cost and no purchases:
    c·Δmargin - n·Δcost for the c others. The arms of a test share their control, so a test's variance is
    Σ c²s²/n + (Σ c)²s₀²/n₀; tests are of different draws, so theirs add.
    """
    summed = [told for told in tests if _summed(told)]
    met = _met_before(query, summed)
    running, variance, known = 0.0, 0.0, True
    by_test = {told.test: told for told in summed}
    counted: dict[str, int] = {}
    for row in rows:
        told = by_test.get(row["test"])
        if told is not None and told.reading is not None and row["total"] is not None:
            own, base = told.reading.arms[row["arm"]], told.reading.arms[row["other"]]
            twice = min(met.get((row["test"], row["arm"]), 0), own.n)
            margin = (own.mean("margin") or 0.0) - (base.mean("margin") or 0.0)
            running += row["total"] - twice * margin
            row["n_counted_before"] = twice
            spread, c = own.moments("net_profit").var, own.n - twice
            known = known and spread is not None
            variance += c**2 * (spread or 0.0) / own.n
            counted[row["test"]] = counted.get(row["test"], 0) + c
        row["running"] = running
    for test, c in counted.items():
        reading = by_test[test].reading
        part = _control_part(reading.arms[reading.trial.reference], c) if reading is not None else None
        known, variance = known and part is not None, variance + (part or 0.0)
    if not counted:
        return Metric(None, "money")
    whole = difference_from_standard_error(running, variance**0.5 if known else None, None)
    return Metric(running, "money", whole.ci_lower, whole.ci_upper)


def _control_part(control: Arm, counted: int) -> float | None:
    spread = control.moments("net_profit").var
    return None if spread is None else counted**2 * spread / control.n


# --- campaigns without a control --------------------------------------------------------------------------------------


def _uncontrolled(query: Query, single: list[str], arms: dict[str, list[str]], window: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for test in single:
        before, after = query.one(_BEFORE_AFTER, test=test, window=window)
        rows.append({"campaign": test, "kind": "kind_before_after", "n_buyers": None, "sales_before": before,
                     "sales": after, "change": after - before})  # fmt: skip
    # A campaign that is a test or one of its arms has its row there, and says more than attribution can.
    tests = {_plain(name) for test, names in arms.items() for arm in names
             for name in (test, arm, test + arm, arm + test)}  # fmt: skip
    for name, buyers, sales in query.rows(_ATTRIBUTED):
        if _plain(str(name)) in tests:
            continue
        rows.append({"campaign": name, "kind": "kind_attribution", "n_buyers": int(buyers), "sales_before": None,
                     "sales": sales, "change": None})  # fmt: skip
    return rows


def _plain(name: str) -> str:
    """A name without capitals, blanks and signs: 'Höstbrev 2025 – brev' is 'höstbrev2025brev'."""
    return "".join(sign for sign in name.casefold() if sign.isalnum())


# --- the answer -------------------------------------------------------------------------------------------------------


def register(query: Query, settings: Settings) -> Result:
    """All tests, oldest first, a row per contacted arm with what the verdict says of it.

    Table: test, arm, other (what it is told against: the control; without one the best other arm), first_on,
    n_customers (assigned), kind (measured against control, drawn arms against each other, association, none), outcome
    (gained, lost, unclear as the verdict judges them, or why nothing may be said), metric (the figure that decides),
    total = n·effect on it in money with 95 % interval, p, p adjusted within the test (Holm) and over all tests
    (Benjamini-Hochberg), n_counted_before, and running: the sum of net against controls so far. A customer contacted
    in two tests at the same time counts once there, in the first; the contact's cost counts each time. Tests that may
    not claim an effect, or have no control or no costs, add nothing. `tables["uncontrolled"]`: campaigns without a
    control: 'before and after' for those with one group, 'attribution' for campaigns named on purchases; never lift.
    Raises NotEnoughDataError when the scope holds no test.
    """
    names, single = find_tests(query)
    query.make("members", _MEMBERS)
    sizes = {(str(test), str(arm)): (int(n), first) for test, arm, n, first in query.rows(_SIZES)}
    arms: dict[str, list[str]] = {}
    for test, arm in sizes:
        arms.setdefault(test, []).append(arm)
    began = {test: min(str(sizes[test, arm][1]) for arm in found) for test, found in arms.items()}
    tests = [_told(query, test, settings) for test in sorted(filter(arms.get, names), key=lambda name: began[name])]
    rows = [row for told in tests for row in _rows(told, arms[told.test])]
    for row in rows:
        row["n_customers"], row["first_on"] = sizes.get((row["test"], row["arm"]), (0, None))
        row["named"] = f"{row['test']}: {row['arm']}" if row["test"] else row["arm"]
    together = _add_up(query, tests, rows)
    _over_tests(rows)
    uncontrolled = _uncontrolled(
        query, [name for name in single if name in arms], arms, settings["window"] or DEFAULT_WINDOW
    )
    told = any(row["total"] is not None for row in rows)
    return Result(
        key="lift.register",
        headline=_headline(tests, together),
        metrics={
            "net_effect": together, "n_tests": Metric(len(tests), "count", better=0),
            "n_lost": Metric(sum(1 for row in rows if (row["total"] or 0) < 0), "count", better=-1),
        },
        table=frame(rows, list(_UNITS)),
        units=dict(_UNITS),
        basis=Basis(None, None, sum(n for n, _ in sizes.values()), {}, Message("lift.register_rule"), "lift_register"),
        chart=Chart(
            "interval", x="named", y="total", low="total_low", high="total_high",
            title=Message("lift.register_title"), subtitle=Message("lift.register_subtitle"),
        ) if told else None,
        drill=("test", "arm"),
        notes=_notes(rows, uncontrolled),
        labels=_labels(rows),
        tables={"uncontrolled": frame(uncontrolled, list(_UNCONTROLLED_UNITS))},
        more_units={"uncontrolled": _UNCONTROLLED_UNITS},
    )  # fmt: skip


def _headline(tests: list[Told], together: Metric) -> Message:
    summed = sum(1 for told in tests if _summed(told))
    values = {"n": summed, "tests": len(tests), "total": together.value, "low": together.low, "high": together.high}
    said = "register_none" if not summed else "register_alone" if together.low is None else "register_headline"
    return Message(f"lift.{said}", values)


def _over_tests(rows: list[dict[str, Any]]) -> None:
    """p over all tests, of those adjusted within their test: it never says more than the verdict."""
    tested = [row for row in rows if row["pvalue_adjusted"] is not None]
    for row, pvalue in zip(tested, benjamini_hochberg([row["pvalue_adjusted"] for row in tested]), strict=True):
        row["pvalue_over_tests"] = pvalue


_OUTCOMES = ("gained", "lost", "unclear", "blocked", "not_drawn", "other_times")
_REFUSED = {
    "lift.window_not_complete": "not_over", "lift.no_sales": "no_sales", "lift.no_dates": "no_dates",
    "lift.negative_cost": "bad_cost", "lift.empty_arm": "empty",
}  # fmt: skip
_KINDS = ("kind_control", "kind_arms", "kind_association", "kind_none", "kind_before_after", "kind_attribution")


def _labels(rows: list[dict[str, Any]]) -> dict[str, str]:
    found = {kind: f"lift.{kind}" for kind in _KINDS} | {outcome: f"lift.outcome.{outcome}" for outcome in _OUTCOMES}
    found |= {row["metric"]: f"lift.metric.{row['metric']}" for row in rows if row["metric"]}
    return found | {
        row["outcome"]: f"lift.outcome.{_REFUSED.get(row['outcome'], 'refused')}"
        for row in rows if row["outcome"] not in _OUTCOMES
    }  # fmt: skip


def _notes(rows: list[dict[str, Any]], uncontrolled: list[dict[str, Any]]) -> tuple[Note, ...]:
    tested = [row for row in rows if row["pvalue_over_tests"] is not None]
    shown = [row["pvalue_over_tests"] for row in tested if row["outcome"] in ("gained", "lost")]
    notes: list[Note] = []
    if tested:
        notes.append(Note("false_discovery", {
            "n": len(tested), "shown": len(shown), "chance": _ALPHA * len(tested),
            "kept": sum(1 for pvalue in shown if pvalue < _ALPHA),
        }))  # fmt: skip
    twice = sum(row["n_counted_before"] or 0 for row in rows)
    if twice:
        notes.append(Note("counted_in_first", {"n": twice}))
    if uncontrolled:
        notes.append(Note("uncontrolled_never_lift", {"n": len(uncontrolled)}))
    return tuple(notes)


def _make_members(query: Query, settings: Settings) -> None:  # noqa: ARG001 - the shape of every analysis
    query.make("members", _MEMBERS)


ANALYSES = (
    Analysis("lift.register", register, SETTINGS, _make_members, ("test", "arm"), ("assignments", "transactions")),
)
