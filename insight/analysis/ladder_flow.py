"""Flows over several dates: who went where from date to date, and who fell and came back."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from insight.analysis.basis import account, basis, frame
from insight.analysis.ladder_grid import GRAIN, Grid, make_binned, repeated, stacked
from insight.analysis.ladder_history import date_notes
from insight.analysis.ladder_places import Ladder, step_order, told
from insight.analysis.ladder_rules import LEVELED, NEW, NONE, climbs
from insight.analysis.registry import Analysis
from insight.analysis.selected import of_scope
from insight.errors import NotEnoughDataError
from insight.result import Chart, Message, Metric, Result, SumCheck, Unit
from insight.settings import Settings
from insight.stats.proportions import wilson
from insight.workspace.engine import Query, money

PATHS = ("stayed", "climbed", "rose_and_back", "fell_and_back", "fell", "inactive_throughout", "came_later")
_CLEAR = 3.0
_NEWCOMER = 9

# Where a customer stood at the first date against all later ones: one path each.
_PATHS = """
    SELECT
        binned.*,
        CASE
            WHEN rank_0 < 0 THEN 'came_later'
            WHEN greatest(<<rank_k>>) = 0 THEN 'inactive_throughout'
            WHEN rank_last < rank_0 THEN 'fell'
            WHEN least(<<rank_k>>) < rank_0 THEN 'fell_and_back'
            WHEN rank_last > rank_0 THEN 'climbed'
            WHEN greatest(<<rank_k>>) > rank_0 THEN 'rose_and_back'
            ELSE 'stayed'
        END AS path
    FROM binned WHERE rank_last >= 0
"""
# 9 is nobody's step: those who bought for the first time between the two dates.
_MEMBERS = """
    SELECT
        pathed.customer_id,
        earlier.at_date AS from_date,
        later.at_date AS to_date,
        CASE WHEN pathed.bought_no >= earlier.month_no AND pathed.bought_no < later.month_no THEN 'new'
            WHEN pathed.rank_k <= 0 THEN 'none' ELSE 'step_' || pathed.rank_k END AS from_step,
        CASE WHEN pathed.rank_j = 0 THEN 'none' ELSE 'step_' || pathed.rank_j END AS to_step,
        pathed.path,
        cast(pathed.sales_j - pathed.sales_k AS DECIMAL(20, 0)) * 0.01 AS money_change,
        cast(pathed.sales_k AS DECIMAL(20, 0)) * 0.01 AS sales_before,
        cast(pathed.sales_j AS DECIMAL(20, 0)) * 0.01 AS sales_after
    FROM pathed
    JOIN ladder_dates AS earlier ON earlier.place = k
    JOIN ladder_dates AS later ON later.place = earlier.place + 1
    WHERE pathed.rank_j >= 0
"""
_TABLE = """
    SELECT k AS place, rank_from, rank_j AS rank_to, count(*) AS n_customers, sum(money_change) AS money_change
    FROM (
        SELECT
            CASE WHEN binned.bought_no >= earlier.month_no AND binned.bought_no < later.month_no THEN 9
                WHEN binned.rank_k <= 0 THEN 0 ELSE binned.rank_k END AS rank_from,
            binned.rank_j,
            binned.sales_j - binned.sales_k AS money_change
        FROM binned
        JOIN ladder_dates AS earlier ON earlier.place = k
        JOIN ladder_dates AS later ON later.place = earlier.place + 1
        WHERE binned.rank_j >= 0) AS moved
    GROUP BY rank_from, rank_j
"""
_BY_PATH = """
    SELECT path, count(*) AS n_customers, sum(sales_last - sales_0) AS money_change FROM pathed GROUP BY path
"""
_UNITS: dict[str, Unit] = {
    "from_date": "date", "to_date": "date", "from_step": "text", "to_step": "text", "n_customers": "count",
    "share": "ratio", "share_low": "ratio", "share_high": "ratio", "money_change": "money",
}  # fmt: skip
_PATH_UNITS: dict[str, Unit] = {"path": "text", "n_customers": "count", "money_change": "money"}


def _make(query: Query, settings: Settings, *, listed: bool = False) -> tuple[Grid, Ladder]:
    found, ladder = make_binned(query, settings, listed=listed)
    count = len(found.dates)
    query.view("pathed", repeated(_PATHS, count).replace("rank_last", f"rank_{count - 1}"))
    return found, ladder


def _list(query: Query, settings: Settings) -> None:
    found, _ = _make(query, settings, listed=True)
    query.view("members", stacked(_MEMBERS, len(found.dates) - 1))


def flow(query: Query, settings: Settings) -> Result:
    """Movements between neighbouring dates of a grid (`grain`), with every customer's path over all of them.

    Table: from_date, to_date, from_step, to_step, n_customers, share of the row (Wilson 95 %), money_change (sales of
    the window before to_date minus that before from_date). The same cell at other dates is what a share is set
    against. tables['paths']: customers and money by path: stayed, climbed, rose and came back, fell and came back,
    fell, without purchases throughout, came later; disjoint and complete. tables['climb']: passes upwards and
    downwards over each step's bound. Raises NotEnoughDataError with fewer than two dates, or without customers.
    """
    found, ladder = _make(query, settings)
    order = {key: rank for rank, key in enumerate([*step_order(ladder), NEW])}
    counted = _counted(query, found, (NONE, *ladder.keys))
    counted.sort(key=lambda row: (row[0], order[row[2]], order[row[3]]))
    if not counted:
        raise NotEnoughDataError("ladder.nobody", end=found.dates[-1])
    rows = _rows(counted)
    paths = {
        str(path): (int(n), _money(change))
        for path, n, change in query.rows(_BY_PATH.replace("sales_last", f"sales_{len(found.dates) - 1}"))
    }
    path_rows = [
        {"path": path, "n_customers": paths[path][0], "money_change": paths[path][1]} for path in PATHS if path in paths
    ]
    climb, climb_units = climbs(((row[2], row[3], int(row[4])) for row in counted), ladder.keys)
    total = sum((row["money_change"] for row in rows), money(0))
    leak = _leak(rows, ladder.keys)
    return Result(
        key="ladder.flow",
        headline=_headline(query, leak, paths, found),
        metrics={
            path: Metric(paths.get(path, (0, money(0)))[0], "count", better=0, mark={"path": path})
            for path in ("stayed", "fell_and_back", "fell", "climbed")
        },
        table=frame(rows, list(_UNITS)),
        units=_UNITS,
        basis=replace(
            basis(
                account(query, found.opened, found.dates[-1]), found.opened, found.dates[-1], formula="migration",
                rule=told(
                    found.rule,
                    Message("ladder.history_rule", {"window": found.rule.window("before_each"), "n": len(found.dates)}),
                ),
                parts={},
            ),
            sum_check=SumCheck(total, {path: change for path, (_, change) in paths.items()}),
            # As in a comparison of two dates: where both stand on a page, each says which dates are its own.
            windows=((found.opened, found.dates[0]), (found.opened_last, found.dates[-1])),
        ),
        chart=Chart(
            "flow", x="from_step", y="n_customers", color="to_step", title=_headline(query, leak, paths, found),
            subtitle=Message("ladder.flow_subtitle", {"first": found.dates[0], "last": found.dates[-1]}),
        ),
        charts=(
            Chart("hbar", x="path", y="n_customers", title=_round_trips(paths, found), subtitle=_between(found)),
        ),
        drill=("from_date", "to_date", "from_step", "to_step", "path"),
        notes=date_notes(found),
        labels={**ladder.labels, **{path: f"ladder.path.{path}" for path in PATHS}},
        evidence="association",
        tables={"paths": frame(path_rows, list(_PATH_UNITS)), "climb": climb},
        more_units={"paths": _PATH_UNITS, "climb": climb_units},
        leads=("fell", "fell_and_back"),
    )  # fmt: skip


def _money(hundredths: Any) -> Decimal:
    return money(Decimal(int(hundredths)) / 100)


def _counted(query: Query, found: Grid, keys: Sequence[str]) -> list[tuple[Any, ...]]:
    """(from_date, to_date, from_step, to_step, customers, money) of every cell."""
    return [
        (found.dates[k], found.dates[k + 1], NEW if a == _NEWCOMER else keys[a], keys[b], int(n), _money(change))
        for k, a, b, n, change in query.rows(stacked(_TABLE, len(found.dates) - 1))
    ]


def _rows(counted: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    sizes: dict[tuple[date, str], int] = {}
    for row in counted:
        sizes[row[0], row[2]] = sizes.get((row[0], row[2]), 0) + int(row[4])
    rows: list[dict[str, Any]] = []
    for from_date, to_date, from_step, to_step, n, change in counted:
        of_row = wilson(int(n), sizes[from_date, from_step])
        rows.append({
            "from_date": from_date, "to_date": to_date, "from_step": from_step, "to_step": to_step,
            "n_customers": int(n), "share": of_row.rate, "share_low": of_row.ci_lower, "share_high": of_row.ci_upper,
            "money_change": change,
        })  # fmt: skip
    return rows


def _leak(rows: list[dict[str, Any]], steps: Sequence[str]) -> dict[str, Any] | None:
    """The fall by one step that stands out most from the same fall at the other dates; None where none stands out.

    At dates when nobody fell all of the step stayed or rose: they count among the others too.
    """
    best: dict[str, Any] | None = None
    for low, high in pairwise(steps):
        stood = Counter[date]()
        for row in rows:
            if row["from_step"] == high:
                stood[row["from_date"]] += row["n_customers"]
        cells = [row for row in rows if row["from_step"] == high and row["to_step"] == low]
        fell = sum(row["n_customers"] for row in cells)
        for cell in cells:
            n, n_others = stood[cell["from_date"]], stood.total() - stood[cell["from_date"]]
            usual = (fell - cell["n_customers"]) / n_others if n_others else 0.0
            spread = math.sqrt(usual * (1 - usual) * (1 / n + 1 / n_others)) if 0 < usual < 1 else 0.0
            score = (cell["share"] - usual) / spread if spread else 0.0
            if score > _CLEAR and (best is None or score > best["score"]):
                best = {**cell, "usual": usual, "score": score}
    return best


def _values(leak: dict[str, Any]) -> dict[str, object]:
    return {
        "high": leak["from_step"], "low": leak["to_step"], "share": leak["share"], "usual": leak["usual"],
        "start": leak["from_date"], "end": leak["to_date"], "n": leak["n_customers"],
        # The step's size at the date, which figures of the steps show.
        "of": round(leak["n_customers"] / leak["share"]),
    }  # fmt: skip


def _headline(query: Query, leak: dict[str, Any] | None, paths: dict[str, Any], found: Grid) -> Message:
    if leak is not None:
        return Message(of_scope(query, "ladder.flow_leak"), _values(leak))
    return _round_trips(paths, found)


def _round_trips(paths: dict[str, Any], found: Grid) -> Message:
    values = {"back": paths.get("fell_and_back", (0,))[0], "fell": paths.get("fell", (0,))[0]}
    return Message("ladder.flow_round_trips", {**values, "first": found.dates[0], "last": found.dates[-1]})


def _between(found: Grid) -> Message:
    return Message("ladder.paths_title", {"first": found.dates[0], "last": found.dates[-1]})


ANALYSES = (
    Analysis(
        "ladder.flow",
        flow,
        (*LEVELED, GRAIN),
        _list,
        ("from_date", "to_date", "from_step", "to_step", "path"),
    ),
)
