"""The climb over each bound: who passed it upwards and who downwards between two dates, and what is left net."""

from typing import Any

import pyarrow as pa

from insight.analysis import ladder_migration
from insight.analysis.basis import frame
from insight.analysis.ladder_migration import window_basis, window_notes
from insight.analysis.ladder_places import Ladder, told
from insight.analysis.ladder_rules import LEVELED, Rule, Windows
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError
from insight.result import Chart, Message, Metric, Result, SumCheck, Unit
from insight.settings import Settings
from insight.workspace.engine import Query, money

WAYS = ("passed_up", "passed_down")

# Whoever stood below a step and now stands on it or higher has passed its bound, and the other way round. Newcomers
# stood nowhere.
_PASSED = """
    SELECT
        moved.customer_id,
        passed.step,
        CASE WHEN earlier.place < later.place THEN 'passed_up' ELSE 'passed_down' END AS way,
        moved.from_step,
        moved.to_step,
        moved.money_change,
        moved.sales_before,
        moved.sales_after
    FROM moved
    JOIN step_places AS earlier ON earlier.step = moved.from_step
    JOIN step_places AS later ON later.step = moved.to_step
    JOIN step_places AS passed ON passed.place > least(earlier.place, later.place)
        AND passed.place <= greatest(earlier.place, later.place)
"""
_TABLE = """
    SELECT step, way, count(*) AS n_customers, sum(money_change) AS money_change FROM members GROUP BY step, way
"""
# By the ends of the way alone: the check must be able to fail.
_HEIGHT = """
    SELECT coalesce(sum(later.place - earlier.place), 0) AS climbed
    FROM moved
    JOIN step_places AS earlier ON earlier.step = moved.from_step
    JOIN step_places AS later ON later.step = moved.to_step
"""
_UNITS: dict[str, Unit] = {"step": "text", "way": "text", "n_customers": "count", "money_change": "money"}
_NET_UNITS: dict[str, Unit] = {
    "step": "text", "n_customers": "count", "n_up": "count", "n_down": "count", "net_climb": "count",
}  # fmt: skip


def make_members(query: Query, settings: Settings) -> tuple[Windows, Rule, Ladder]:
    """View `members`: a row for every bound that a customer has passed: step (whose bound), way, and the movement."""
    found = ladder_migration.make_members(query, settings)
    keys = found[2].keys
    places = {"step": pa.array(("none", *keys)), "place": pa.array(range(len(keys) + 1), pa.int32())}
    query.put("step_places", pa.table(places))
    query.make("moved", "SELECT * FROM members WHERE from_step <> 'new' AND from_step <> to_step")
    query.view("members", _PASSED)
    return found


def climb(query: Query, settings: Settings) -> Result:
    """Passes over each step's bound between `start` and `end`, upwards and downwards, and the net.

    Table, best step first: step, way, n_customers, money_change (sales of the later window minus the earlier).
    tables['net']: step, n_customers (who passed it at all), n_up, n_down, net_climb. A customer who climbs two steps
    passes two bounds; newcomers stood nowhere and pass none. Raises NotEnoughDataError when nobody has moved.
    """
    span, rule, ladder = make_members(query, settings)
    found = {(str(step), str(way)): (int(n), money(change)) for step, way, n, change in query.rows(_TABLE)}
    if not found:
        raise NotEnoughDataError("ladder.nobody_moved", end=span.end)
    rows: list[dict[str, Any]] = [
        {"step": step, "way": way, "n_customers": found[step, way][0], "money_change": found[step, way][1]}
        for step in reversed(ladder.keys)
        for way in WAYS
        if (step, way) in found
    ]
    net: list[dict[str, Any]] = []
    for step in reversed(ladder.keys):
        up, down = (found.get((step, way), (0,))[0] for way in WAYS)
        net.append({"step": step, "n_customers": up + down, "n_up": up, "n_down": down, "net_climb": up - down})
    top = net[0]
    title = Message("ladder.climb_headline", {"step": top["step"], "up": top["n_up"], "down": top["n_down"]})
    days = {"start": span.start, "end": span.end}
    height = SumCheck(int(query.one(_HEIGHT)[0]), {row["step"]: row["net_climb"] for row in net})
    words = Message("ladder.rule", {"window": rule.window("before"), **days})
    return Result(
        key="ladder.climb",
        headline=title,
        metrics={
            way: Metric(top[name], "count", better=better, mark={"step": top["step"], "way": way})
            for way, name, better in (("passed_up", "n_up", 1), ("passed_down", "n_down", -1))
        },
        table=frame(rows, list(_UNITS)),
        units=_UNITS,
        basis=window_basis(query, span, told(rule, words), "climb", height),
        chart=Chart(
            "hbar", x="step", y="net_climb", title=title, subtitle=Message("ladder.climb_subtitle", days),
        ),
        charts=(
            Chart(
                "matrix", x="way", y="step", color="n_customers", title=Message("ladder.ways_title"),
                subtitle=Message("ladder.ways_subtitle", days),
            ),
        ),
        drill=("step", "way"),
        notes=window_notes(span),
        labels={**ladder.labels, **{way: f"ladder.way.{way}" for way in WAYS}},
        evidence="association",
        tables={"net": frame(net, list(_NET_UNITS))},
        more_units={"net": _NET_UNITS},
    )  # fmt: skip


def _list(query: Query, settings: Settings) -> None:
    make_members(query, settings)


ANALYSES = (Analysis("ladder.climb", climb, LEVELED, _list, ("step", "way")),)
