"""The steps of the ladder: who stands where, what a customer on each is worth, and what the next step adds."""

import math
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from insight.analysis import ladder_moves
from insight.analysis.basis import account, basis, frame, part, per, share
from insight.analysis.ladder_migration import missing_months, window_notes
from insight.analysis.ladder_places import Ladder, knows, step_order, told
from insight.analysis.ladder_rules import LEVELED, NONE, Rule, Windows, counted
from insight.analysis.registry import Analysis
from insight.analysis.selected import movement_notes, of_scope
from insight.errors import NotEnoughDataError
from insight.result import Chart, Message, Metric, Result, Unit
from insight.settings import Settings
from insight.workspace.engine import Query, money

_MEMBERS = """
    SELECT
        customer_id, to_step AS step, sales_after AS sales, n_orders_after AS n_orders, margin_after AS margin,
        CASE WHEN NOT was_there THEN 'not_yet' WHEN from_step = 'new' THEN 'none' ELSE from_step END AS step_before,
        sales_before, CASE WHEN to_step = 'none' THEN 'on_no_step' ELSE 'on_a_step' END AS stands
    FROM moves
"""
_UNKNOWN = """
    SELECT customer_id, to_step AS step, sales_after AS sales, n_orders_after AS n_orders, margin_after AS margin,
        'not_yet' AS step_before, sales_before,
        CASE WHEN to_step = 'none' THEN 'on_no_step' ELSE 'on_a_step' END AS stands
    FROM moves
"""
_TABLE = """
    SELECT step, count(*) AS n_customers, sum(n_orders) AS n_orders, sum(sales) AS sales, sum(margin) AS margin,
        sum(cast(sales AS DOUBLE) * cast(sales AS DOUBLE)) AS squared
    FROM members GROUP BY step
"""
_BEFORE = """
    SELECT step_before, count(*) AS n_customers, sum(sales_before) AS sales
    FROM members WHERE step_before <> 'not_yet' GROUP BY step_before
"""

_UNITS: dict[str, Unit] = {
    "step": "text", "low_bound": "money", "n_customers": "count", "share_customers": "ratio", "n_orders": "count",
    "sales": "money", "share_sales": "ratio", "margin": "money", "value_per_customer": "money", "receipt": "money",
    "frequency": "number", "to_next": "money", "n_customers_before": "count",
}  # fmt: skip


def make_members(query: Query, settings: Settings) -> tuple[Windows, Rule, Ladder]:
    """View `members`: the step at `end` with the window's figures, step_before (at `start`) and the sales before it.

    Where a file gives the levels without their days, nobody stands anywhere at `start`.
    """
    span, rule, ladder = ladder_moves.make_members(query, settings, name="moves", ended=True)
    query.view("members", _MEMBERS if knows(query, rule, span.start) else _UNKNOWN)
    return span, rule, ladder


def steps(query: Query, settings: Settings) -> Result:
    """Everyone who has bought before `end` by the step that the `window` months before it add up to.

    Table, best step first, 'none' last: step, low_bound (in the ladder's basis: money or purchases; a file's levels
    have none), n_customers, share_customers, n_orders, sales (net of returns), share_sales, margin where there is any,
    value_per_customer (what the ladder counts, per customer), receipt (sales per purchase), frequency (purchases per
    customer), to_next (value_per_customer one step up minus this one's), n_customers_before (at `start`, same bounds;
    None where a file gives today's levels only). Raises NotEnoughDataError when nobody has bought before `end`.
    """
    span, rule, ladder = make_members(query, settings)
    found = {str(row["step"]): row for row in query.frame(_TABLE).to_dict("records")}
    if not found:
        raise NotEnoughDataError("ladder.nobody", end=span.end)
    known = knows(query, rule, span.start)
    before = {str(step): (int(n), money(sales)) for step, n, sales in query.rows(_BEFORE)} if known else {}
    rows = _rows(found, before if known else None, ladder, rule.basis)
    with_margin = any(row["margin"] is not None for row in rows)
    of_orders = rule.basis == "orders"
    left_out = {*(() if with_margin else ("margin",)), *(("low_bound",) if ladder.levels else ())}
    units: dict[str, Unit] = {name: unit for name, unit in _UNITS.items() if name not in left_out}
    if of_orders:
        units |= {"low_bound": "count", "value_per_customer": "number", "to_next": "number"}
    stairs = [
        {"step": row["step"], "per_customer": row["value_per_customer"], "n_customers": row["n_customers"]}
        for row in rows
        if row["step"] != NONE
    ]
    stairs_units: dict[str, Unit] = {
        "step": "text", "per_customer": units["value_per_customer"], "n_customers": "count",
    }  # fmt: skip
    accounted = account(query, span.opened_last, span.end)
    # A window that begins before the data, or over months without any, is no figure to measure a change from.
    compared = {} if span.before_data or missing_months(query, span.opened, span.end)[0] else before
    return Result(
        key="ladder.steps",
        headline=_headline(query, rows),
        metrics=_metrics(rows, compared, _error(found), of_levels=bool(ladder.levels)),
        table=frame(rows, list(units)),
        units=units,
        basis=basis(
            accounted, span.opened_last, span.end, formula="ladder_steps",
            rule=told(rule, Message("ladder.steps_rule", {"window": rule.window("before"), "end": span.end})),
            parts={row["step"]: row["sales"] for row in rows}, n_customers=sum(row["n_customers"] for row in rows),
        ),
        chart=Chart(
            "staircase", x="step", y=("per_customer", "n_customers"), title=_rise(rows, of_orders),
            subtitle=Message(f"ladder.stairs_subtitle_{rule.basis}", {"window": rule.window("during")}),
        ),
        drill=("step",),
        notes=(*movement_notes(query), *(window_notes(query, span) if before else ())),
        labels={**ladder.labels, "on_a_step": "ladder.on_a_step"},
        tables={"stairs": frame(stairs, list(stairs_units))},
        more_units={"stairs": stairs_units},
    )  # fmt: skip


def _rows(
    found: Mapping[str, Mapping[Any, Any]], before: Mapping[str, tuple[int, Decimal]] | None, ladder: Ladder,
    counted: str,
) -> list[dict[str, Any]]:  # fmt: skip
    """The table's rows: every step also when nobody stands on it, best first."""
    n_all = sum(int(row["n_customers"]) for row in found.values())
    sales_all = sum((money(row["sales"]) for row in found.values()), money(0))
    rows: list[dict[str, Any]] = []
    above: Decimal | float | None = None
    # A file's levels have no bounds.
    lows = dict(zip(ladder.keys, (Decimal(0), *ladder.bounds), strict=True)) if ladder.bounds else {}
    for step in step_order(ladder):
        row = found.get(step, {"n_customers": 0, "n_orders": 0, "sales": 0, "margin": None})
        n, orders, sales = int(row["n_customers"]), int(row["n_orders"] or 0), money(row["sales"])
        margin = None if row["margin"] is None else money(row["margin"])
        value = {"orders": orders / n if n else None, "margin": per(margin or money(0), n)}.get(counted, per(sales, n))
        low = lows.get(step)
        rows.append({
            "step": step,
            "low_bound": int(low) if low is not None and counted == "orders" else low,
            "n_customers": n, "share_customers": share(n, n_all), "n_orders": orders, "sales": sales,
            "share_sales": part(sales, sales_all), "margin": margin, "value_per_customer": value,
            "receipt": per(sales, orders) if sales > 0 else None,
            "frequency": orders / n if n and (step != NONE or ladder.levels) else None,
            "to_next": None if above is None or value is None or (step == NONE and ladder.levels) else above - value,  # pyright: ignore[reportOperatorIssue]
            "n_customers_before": None if before is None else before.get(step, (0, money(0)))[0],
        })  # fmt: skip
        above = value
    return rows


def _error(found: Mapping[str, Mapping[Any, Any]]) -> float | None:
    """The standard error of sales per customer on the ladder: s / √n, s² with n − 1; None below two customers."""
    standing = [row for step, row in found.items() if step != NONE]
    n, total = sum(int(row["n_customers"]) for row in standing), sum(float(row["sales"]) for row in standing)
    squared = sum(float(row["squared"]) for row in standing)
    return math.sqrt(max(0.0, squared - total * total / n) / (n - 1) / n) if n > 1 else None


def _metrics(
    rows: list[dict[str, Any]], before: Mapping[str, tuple[int, Decimal]], error: float | None, *, of_levels: bool
) -> dict[str, Metric]:
    top, none = rows[0], rows[-1]
    on_steps = [row for row in rows if row["step"] != NONE]
    n = sum(row["n_customers"] for row in on_steps)
    sales = sum((row["sales"] for row in on_steps), money(0))
    n_before = sum(count for step, (count, _) in before.items() if step != NONE)
    sales_before = sum((money for step, (_, money) in before.items() if step != NONE), money(0))
    all_before = sum((money for _, money in before.values()), money(0))
    top_before = before.get(str(top["step"]), (0, money(0)))
    return {
        "on_ladder": Metric(n, "count", before=n_before or None, mark={"stands": "on_a_step"}),
        "on_top": Metric(top["n_customers"], "count", before=top_before[0] or None, mark={"step": top["step"]}),
        "top_share_sales": Metric(top["share_sales"], "ratio", before=part(top_before[1], all_before)),
        "per_customer_on_ladder": Metric(per(sales, n), "money", before=per(sales_before, n_before), error=error),
        # Those who have stopped only grow with the data's length: that is no change.
        ("without_level" if of_levels else "inactive"): Metric(
            none["n_customers"], "count", better=-1, before=before.get(NONE, (0,))[0] if before and of_levels else None,
            mark={"step": NONE},
        ),
    }  # fmt: skip


def _headline(query: Query, rows: list[dict[str, Any]]) -> Message:
    """How many stand on the best step and what they carry; of a selection on one step, what each of them buys."""
    top = next((row for row in rows if row["n_customers"] and row["step"] != NONE), None)
    if top is None:
        return counted("ladder.headline_all_inactive", {"n": rows[-1]["n_customers"]})
    values = {"step": top["step"], "n": top["n_customers"], "share": top["share_customers"]}
    if top["share_sales"] is None:
        return counted(of_scope(query, "ladder.headline_top"), values)
    if query.scoped and sum(1 for row in rows if row["n_customers"]) == 1:
        return counted("ladder.headline_one_step", {**values, "each": per(top["sales"], top["n_customers"])})
    return counted(of_scope(query, "ladder.headline_top_share"), {**values, "sales_share": top["share_sales"]})


def _rise(rows: list[dict[str, Any]], of_orders: bool) -> Message:
    """The step up to the best step that somebody stands on, in words."""
    for high, low in pairwise(rows):
        if low["step"] != NONE and low["to_next"] is not None:
            key = "ladder.rise_orders" if of_orders else "ladder.rise"
            return Message(key, {"low": low["step"], "high": high["step"], "rise": low["to_next"]})
    return Message("ladder.stairs_title")


def _list(query: Query, settings: Settings) -> None:
    make_members(query, settings)


ANALYSES = (
    Analysis(
        "ladder.steps",
        steps,
        LEVELED,
        _list,
        ("step", "stands"),
    ),
)
