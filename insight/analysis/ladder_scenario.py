"""A scenario of the steps: how large they become if people go on moving and arriving as they did. No forecast."""

from datetime import date
from typing import Any

import numpy as np

from insight.analysis.basis import frame, share
from insight.analysis.ladder_migration import window_basis, window_notes
from insight.analysis.ladder_moves import cells, make_members, make_members_then
from insight.analysis.ladder_places import Ladder, knows, step_order, told
from insight.analysis.ladder_rules import LEVELED, NEW, NONE, Rule, Windows
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError
from insight.result import Chart, Message, Metric, Note, Result, SumCheck, Unit
from insight.settings import Setting, Settings, add_months
from insight.stats.migration import order_test, project
from insight.stats.moments import FloatArray
from insight.workspace.engine import Query

PERIODS = Setting("periods", "integer", 2, low=1, high=3)
_FIRST_ORDER = 0.05

_TRIPLES = """
    SELECT earlier.from_step AS first_step, members.from_step, members.to_step, count(*) AS n
    FROM members JOIN members_then AS earlier ON earlier.customer_id = members.customer_id
    WHERE earlier.from_step <> 'new' AND members.from_step <> 'new'
    GROUP BY earlier.from_step, members.from_step, members.to_step
"""
_UNITS: dict[str, Unit] = {
    "at_date": "date", "step": "text", "n_expected": "count", "share_customers": "ratio", "n_change": "count",
}  # fmt: skip


def scenario(query: Query, settings: Settings) -> Result:
    """Customers a step at `end` and after one to three periods of the length from `start` to `end`: x P + inflow.

    P are the row shares of the movement from `start` to `end`, the inflow its newcomers; both are held. Table: at_date,
    step (best first), n_expected (rounded), share_customers, n_change against the period before. Without inflow every
    such chain ends with nobody on the ladder, so no steady state is given. Whether one step back is memory enough is
    tested where the data hold the movement before (see stats.migration); mostly it is not, and a note says so.
    Raises NotEnoughDataError when customers stand on a step that nobody was seen to leave or stay on.
    """
    span, rule, ladder = make_members(query, settings)
    keys = (*ladder.keys, NONE)
    places = {key: place for place, key in enumerate(keys)}
    counts, inflow = np.zeros((len(keys), len(keys))), np.zeros(len(keys))
    for a, b, n, *_ in cells(query, span, rule, ladder):
        if a == NEW:
            inflow[places[b]] += int(n)
        else:
            counts[places[a], places[b]] += int(n)
    now = counts.sum(axis=0) + inflow
    if not now.sum():
        raise NotEnoughDataError("ladder.nobody", end=span.end)
    found = project(now, counts, inflow, settings["periods"])
    if found is None:
        raise NotEnoughDataError("ladder.no_scenario", start=span.start, end=span.end)
    top = ladder.keys[-1]
    first, last = now[places[top]], found[-1][places[top]]
    title = Message("ladder.scenario_headline", {
        "step": top, "before": int(first), "after": round(float(last)), "end": _later(span, settings["periods"]),
    })  # fmt: skip
    words = Message("ladder.scenario_rule", {"start": span.start, "end": span.end, "new": int(inflow.sum())})
    sizes = {key: int(now[places[key]]) for key in keys}
    return Result(
        key="ladder.scenario",
        headline=title,
        metrics={
            "scenario_top": Metric(round(float(last)), "count", before=int(first)),
            "scenario_none": Metric(
                round(float(found[-1][places[NONE]])), "count", before=int(now[places[NONE]]), better=-1
            ),
            "scenario_inflow": Metric(int(inflow.sum()), "count", better=0),
        },
        table=frame(_rows(found, span, ladder), list(_UNITS)),
        units=_UNITS,
        basis=window_basis(query, span, told(rule, words), "scenario", SumCheck(int(now.sum()), sizes)),
        chart=Chart(
            "stacked", x="at_date", y="n_expected", color="step", title=title,
            subtitle=Message("ladder.scenario_subtitle", {"end": span.end}),
        ),
        notes=(Note("scenario_not_forecast"), *_memory(query, span, rule, ladder), *window_notes(query, span)),
        labels=ladder.labels,
        evidence="association",
    )  # fmt: skip


def _later(span: Windows, period: int) -> date:
    """`end` moved on by so many times the months from `start` to `end` (one at least)."""
    months = 12 * (span.end.year - span.start.year) + span.end.month - span.start.month
    return add_months(span.end, period * max(months, 1))


def _rows(found: FloatArray, span: Windows, ladder: Ladder) -> list[dict[str, Any]]:
    places = {key: place for place, key in enumerate((*ladder.keys, NONE))}
    rows: list[dict[str, Any]] = []
    for period, sizes in enumerate(found):
        for step in step_order(ladder):
            n = float(sizes[places[step]])
            before = float(found[period - 1][places[step]]) if period else None
            rows.append({
                "at_date": _later(span, period), "step": step, "n_expected": round(n),
                "share_customers": share(n, float(sizes.sum())),
                "n_change": None if before is None else round(n) - round(before),
            })  # fmt: skip
    return rows


def _memory(query: Query, span: Windows, rule: Rule, ladder: Ladder) -> tuple[Note, ...]:
    """Whether the step before last still matters, from the movement just before; nothing where the data begin later."""
    months = 12 * (span.end.year - span.start.year) + span.end.month - span.start.month
    earlier = add_months(span.start, -max(months, 1))
    then = Windows(earlier, span.start, span.months, span.first_day, span.last_day, span.kind)
    if then.before_data or not knows(query, rule, earlier):
        return ()
    make_members_then(query, then, rule, ladder)
    places = {key: place for place, key in enumerate((*ladder.keys, NONE))}
    counts = np.zeros((len(places),) * 3)
    for first, second, third, n in query.rows(_TRIPLES):
        counts[places[first], places[second], places[third]] += int(n)
    found = order_test(counts)
    if found.pvalue is None:
        return ()
    return (Note("scenario_forgets" if found.pvalue >= _FIRST_ORDER else "scenario_remembers", {"p": found.pvalue}),)


ANALYSES = (Analysis("ladder.scenario", scenario, (*LEVELED, PERIODS)),)
