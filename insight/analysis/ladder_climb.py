"""The climb over each bound: who passed it upwards and who downwards between two dates, and what is left net."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from insight.analysis import ladder_moves
from insight.analysis.basis import frame
from insight.analysis.ladder_migration import window_basis, window_notes
from insight.analysis.ladder_moves import Cell
from insight.analysis.ladder_places import Ladder, told
from insight.analysis.ladder_rules import LEVELED, NEW, NONE, Rule, Windows
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
_UNITS: dict[str, Unit] = {"step": "text", "way": "text", "n_customers": "count", "money_change": "money"}
_NET_UNITS: dict[str, Unit] = {
    "step": "text", "n_customers": "count", "n_up": "count", "n_down": "count", "net_climb": "count",
}  # fmt: skip


def make_members(query: Query, settings: Settings) -> tuple[Windows, Rule, Ladder]:
    """View `members`: a row for every bound that a customer has passed: step (whose bound), way, and the movement."""
    found = ladder_moves.make_members(query, settings, name="moves")
    keys = found[2].keys
    places = {"step": pa.array(("none", *keys)), "place": pa.array(range(len(keys) + 1), pa.int32())}
    query.put("step_places", pa.table(places))
    query.view("moved", "SELECT * FROM moves WHERE from_step <> 'new' AND from_step <> to_step")
    query.view("members", _PASSED)
    return found


def climb(query: Query, settings: Settings) -> Result:
    """Passes over each step's bound between `start` and `end`, upwards and downwards, and the net.

    Table, best step first: step, way, n_customers, money_change (sales of the later window minus the earlier).
    tables['net']: step, n_customers (who passed it at all), n_up, n_down, net_climb. A customer who climbs two steps
    passes two bounds; newcomers stood nowhere and pass none. Raises NotEnoughDataError when nobody has moved.
    """
    span, rule, ladder = make_members(query, settings)
    moved = [cell for cell in ladder_moves.cells(query, span, rule, ladder, "moves") if cell.from_step != NEW]
    found = _passes(moved, ladder.keys)
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
    # By the ends of each way alone: the check must be able to fail.
    places = {NONE: 0, **{key: place for place, key in enumerate(ladder.keys, start=1)}}
    risen = sum((places[cell.to_step] - places[cell.from_step]) * int(cell.n_customers) for cell in moved)
    height = SumCheck(risen, {row["step"]: row["net_climb"] for row in net})
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
        notes=window_notes(query, span),
        labels={**ladder.labels, **{way: f"ladder.way.{way}" for way in WAYS}},
        evidence="association",
        tables={"net": frame(net, list(_NET_UNITS))},
        more_units={"net": _NET_UNITS},
    )  # fmt: skip


def _passes(moved: Sequence[Cell], steps: Sequence[str]) -> dict[tuple[str, str], tuple[int, Decimal]]:
    """Customers and money by step (whose bound was passed) and way."""
    keys = (NONE, *steps)
    found: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for cell in moved:
        a, b = keys.index(cell.from_step), keys.index(cell.to_step)
        way = WAYS[0] if a < b else WAYS[1]
        for step in keys[min(a, b) + 1 : max(a, b) + 1]:
            n, change = found.get((step, way), (0, money(0)))
            found[step, way] = (n + int(cell.n_customers), change + money(cell.money_change))
    return found


def _list(query: Query, settings: Settings) -> None:
    make_members(query, settings)


ANALYSES = (Analysis("ladder.climb", climb, LEVELED, _list, ("step", "way")),)
