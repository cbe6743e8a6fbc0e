"""Movement on the ladder: from which step to which, in customers and in money."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pandas as pd

from insight.analysis.ladder_rules import (
    BASIS,
    BOUNDS,
    LADDER_END,
    LADDER_START,
    LONGEST_WINDOW,
    NAMES,
    NEW,
    NONE,
    WINDOW,
    Windows,
    climbs,
    make_steps,
    step_keys,
    step_labels,
    windows,
)  # fmt: skip
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError
from insight.result import Basis, Chart, Message, Metric, Note, Result, SumCheck
from insight.settings import Settings, add_months
from insight.stats.proportions import wilson
from insight.workspace.engine import Query, money

_FEW = 30

# Everyone with a line before `end`, both windows side by side: one pass over the orders.
_SUMS = """
    SELECT
        customer_id,
        sum(CASE WHEN ordered_on >= $opened AND ordered_on < $start THEN sales ELSE 0 END) AS sales_before,
        sum(CASE WHEN ordered_on >= $opened_last THEN sales ELSE 0 END) AS sales_after,
        count(CASE WHEN ordered_on >= $opened AND ordered_on < $start AND NOT is_return THEN 1 END) AS n_orders_before,
        count(CASE WHEN ordered_on >= $opened_last AND NOT is_return THEN 1 END) AS n_orders_after,
        sum(CASE WHEN ordered_on >= $opened AND ordered_on < $start THEN {value} ELSE 0 END) AS value_before,
        sum(CASE WHEN ordered_on >= $opened_last THEN {value} ELSE 0 END) AS value_after,
        min(CASE WHEN is_return THEN NULL ELSE ordered_on END) AS first_order_on
    FROM orders
    WHERE ordered_on < $end AND customer_id IS NOT NULL
        AND (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))
    GROUP BY customer_id
"""
_VALUE = {
    "sales": "sales", "orders": "CASE WHEN is_return THEN 0 ELSE 1 END", "margin": "coalesce(margin, 0)"
}  # fmt: skip

# 'new' had never bought before `start`. Steps in braces are written out by `_stepped`.
_MEMBERS = """
    SELECT
        customer_id,
        CASE WHEN first_order_on >= $start THEN 'new' ELSE {step of value_before} END AS from_step,
        {step of value_after} AS to_step,
        sales_before,
        sales_after,
        sales_after - sales_before AS money_change,
        n_orders_before,
        n_orders_after
    FROM ({sums}) AS sums
"""
_THEN = """
    SELECT from_step, to_step, count(*) AS n_customers
    FROM (
        SELECT CASE WHEN first_order_on >= $start THEN 'new' ELSE {step of value_before} END AS from_step,
            {step of value_after} AS to_step
        FROM ({sums}) AS sums) AS stepped
    GROUP BY from_step, to_step
"""

_TABLE = """
    SELECT
        from_step, to_step, count(*) AS n_customers,
        sum(sales_before) AS sales_before, sum(sales_after) AS sales_after, sum(money_change) AS money_change
    FROM members
    GROUP BY from_step, to_step
"""

# Not by way of the cells: the check must be able to fail.
_CHANGE = """
    SELECT coalesce(sum(CASE WHEN ordered_on >= $opened_last THEN sales ELSE 0 END), 0)
        - coalesce(sum(CASE WHEN ordered_on < $start THEN sales ELSE 0 END), 0) AS change
    FROM orders
    WHERE ordered_on >= $opened AND ordered_on < $end AND customer_id IS NOT NULL
        AND (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))
"""

_ROWS = """
    SELECT
        sum(CASE WHEN ordered_on >= $opened AND ordered_on < $end THEN n_lines ELSE 0 END) AS used,
        sum(CASE WHEN ordered_on < $opened THEN n_lines ELSE 0 END) AS earlier,
        sum(CASE WHEN ordered_on >= $end THEN n_lines ELSE 0 END) AS later,
        (SELECT coalesce(sum(n_lines), 0) FROM orders WHERE customer_id IS NULL) AS unidentified
    FROM orders
    WHERE customer_id IS NOT NULL AND (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))
"""


def _days(span: Windows) -> dict[str, object]:
    return {"opened": span.opened, "start": span.start, "opened_last": span.opened_last, "end": span.end}


def _stepped(text: str, count: int, counted: str) -> str:
    """The text with its sums in place and the steps of its values written out, for a ladder of so many bounds."""

    def step(found: re.Match[str]) -> str:
        value = found[1]
        cases = [f"WHEN {value} < $bound_{number} THEN 'step_{number + 1}'" for number in range(count)]
        return f"CASE WHEN {value} <= 0 THEN 'none' {' '.join(cases)} ELSE 'step_{count + 1}' END"

    return re.sub(r"{step of (\w+)}", step, text).replace("{sums}", _SUMS.replace("{value}", _VALUE[counted]))


def _limits(bounds: Sequence[Decimal]) -> dict[str, object]:
    return {f"bound_{number}": bound for number, bound in enumerate(bounds)}


def make_members(query: Query, settings: Settings) -> tuple[Windows, tuple[Decimal, ...]]:
    """Temporary table `members`: customer_id, from_step, to_step, sales before and after; and what rules were used."""
    span = windows(query, settings)
    counted = settings["basis"]
    if not settings["bounds"]:
        # Only proposals look at the values; with bounds given the sums are never kept.
        query.make("sums", _SUMS.replace("{value}", _VALUE[counted]), **_days(span))
        query.make("values_start", "SELECT value_before AS value FROM sums")
        query.make("values_end", "SELECT value_after AS value FROM sums")
    bounds = make_steps(query, settings)
    query.make("members", _stepped(_MEMBERS, len(bounds), counted), **_days(span), **_limits(bounds))
    return span, bounds


def window_basis(query: Query, span: Windows, rule: Message, formula: str, check: SumCheck) -> Basis:
    """The basis of a comparison of two windows: lines used, and those outside or without a customer."""
    used, earlier, later, unidentified = query.one(_ROWS, opened=span.opened, end=span.end)
    left_out = {"earlier": int(earlier or 0), "later": int(later or 0), "unidentified": int(unidentified or 0)}
    return Basis(
        span.opened, span.end, int(used or 0), {reason: n for reason, n in left_out.items() if n}, rule, formula, check
    )


def window_notes(span: Windows) -> tuple[Note, ...]:
    """What must be said about the windows themselves."""
    if span.before_data:
        return (Note("window_before_data", {"opened": span.opened, "first": span.first_day}, "warning"),)
    return ()


def migration(query: Query, settings: Settings) -> Result:
    """Customers by step at `start` and at `end`, with row shares (Wilson 95 %) and the change of their sales.

    Table: from_step, to_step, n_customers, share (of the row), share_low, share_high, sales_before, sales_after,
    money_change (sales of the later window minus the earlier, exact), n_customers_then and share_then (the same
    movement a year before, else one period before; None where the data begin too late): top steps always fall on
    average, so a fall means little without it. Rows best step first; empty cells left out.
    Raises NotEnoughDataError when nobody has bought before `end`. Wilson 1927.
    """
    span, bounds = make_members(query, settings)
    table = query.frame(_TABLE)
    if table.empty:
        raise NotEnoughDataError("ladder.nobody", end=span.end)
    order = {key: rank for rank, key in enumerate([*reversed(step_keys(bounds)), NONE, NEW])}
    table = table.sort_values(["from_step", "to_step"], key=lambda column: column.map(order), ignore_index=True)
    _add_shares(table)
    then = compared_windows(span)
    _add_then(query, table, then, bounds, settings["basis"])
    rank = {key: number for number, key in enumerate(step_keys(bounds), start=1)} | {NONE: 0}
    stood = table[table["from_step"] != NEW]
    worst = _worst_fall(table, rank)
    climbed = stood[stood["to_step"].map(rank) > stood["from_step"].map(rank)]
    fell = stood[stood["to_step"].map(rank) < stood["from_step"].map(rank)]
    change = money(table["money_change"].sum())
    moves = zip(table["from_step"], table["to_step"], table["n_customers"].astype(int), strict=True)
    climb, climb_units = climbs(moves, step_keys(bounds))
    metrics = {
        "climbed": Metric(int(climbed["n_customers"].sum()), "count", before=_then(climbed)),
        "fell": Metric(int(fell["n_customers"].sum()), "count", before=_then(fell), better=-1),
        "climbed_money": Metric(money(climbed["money_change"].sum()), "money"),
        "fell_money": Metric(money(fell["money_change"].sum()), "money"),
        "new": Metric(int(table.loc[table["from_step"] == NEW, "n_customers"].sum()), "count", mark={"from_step": NEW}),
    }
    rule = Message("ladder.rule", {"window": span.months, "start": span.start, "end": span.end})
    basis = window_basis(query, span, rule, "migration", SumCheck(_whole_change(query, span), {"cells": change}))
    return Result(
        key="ladder.migration",
        headline=_headline(worst, metrics, span.end),
        metrics=metrics,
        table=table,
        units={
            "from_step": "text", "to_step": "text", "n_customers": "count", "share": "ratio", "share_low": "ratio",
            "share_high": "ratio", "sales_before": "money", "sales_after": "money", "money_change": "money",
            "n_customers_then": "count", "share_then": "ratio",
        },
        basis=basis,
        chart=Chart(
            "matrix", x="to_step", y="from_step", color="n_customers", title=_share_of_fall(worst),
            subtitle=Message("ladder.matrix_subtitle", {"start": span.start, "end": span.end}),
        ),
        charts=_more_charts(span),
        drill=("from_step", "to_step"),
        notes=(*window_notes(span), *_then_notes(then, span), *_few(table)),
        labels=step_labels(bounds, settings),
        evidence="association",
        tables={"climb": climb},
        more_units={"climb": climb_units},
    )  # fmt: skip


def _add_shares(table: pd.DataFrame) -> None:
    """Adds share, share_low and share_high of the row to the table."""
    totals = table.groupby("from_step")["n_customers"].transform("sum")
    shares = [wilson(int(n), int(total)) for n, total in zip(table["n_customers"], totals, strict=True)]
    table.insert(3, "share", table["n_customers"] / totals)
    table.insert(4, "share_low", [interval.ci_lower for interval in shares])
    table.insert(5, "share_high", [interval.ci_upper for interval in shares])


def _more_charts(span: Windows) -> tuple[Chart, ...]:
    """The same cells in money, and the net over each bound."""
    return (
        Chart(
            "matrix", x="to_step", y="from_step", color="money_change", title=Message("ladder.matrix_money"),
            subtitle=Message("ladder.matrix_money_subtitle", {"start": span.start, "end": span.end}),
        ),
        Chart(
            "hbar", x="step", y="net_climb", title=Message("ladder.climb_title"),
            subtitle=Message("ladder.climb_subtitle"),
        ),
    )  # fmt: skip


def compared_windows(span: Windows) -> Windows | None:
    """The same movement a year before, else one period before; None where its windows begin before the data."""
    months = 12 * (span.end.year - span.start.year) + span.end.month - span.start.month
    for shift in (LONGEST_WINDOW, max(months, 1)):
        start, end = add_months(span.start, -shift), add_months(span.end, -shift)
        then = Windows(start, end, span.months, span.first_day, span.last_day)
        if not then.before_data:
            return then
    return None


def _whole_change(query: Query, span: Windows) -> Decimal:
    """Identified sales of the later window minus the earlier, straight from the orders; windows may overlap."""
    return money(query.one(_CHANGE, **_days(span))[0])


def _add_then(query: Query, table: pd.DataFrame, then: Windows | None, bounds: Sequence[Decimal], counted: str) -> None:
    """Adds n_customers_then and share_then to the table, by the same bounds."""
    if then is None:
        table["n_customers_then"], table["share_then"] = None, None
        return
    found = query.rows(_stepped(_THEN, len(bounds), counted), **_days(then), **_limits(bounds))
    cells = {(a, b): int(n) for a, b, n in found}
    sizes: dict[str, int] = {}
    for (a, _), n in cells.items():
        sizes[a] = sizes.get(a, 0) + n
    places = list(zip(table["from_step"], table["to_step"], strict=True))
    table["n_customers_then"] = [cells.get(place, 0) for place in places]
    shares = [cells.get((a, b), 0) / sizes[a] if sizes.get(a) else None for a, b in places]
    table["share_then"] = pd.Series(shares, dtype=object)


def _then(cells: pd.DataFrame) -> int | None:
    """The customers of some cells in the compared movement; None where there is none."""
    return None if cells["n_customers_then"].isna().any() else int(cells["n_customers_then"].sum())


def _then_notes(then: Windows | None, span: Windows) -> tuple[Note, ...]:
    if then is None:
        return (Note("no_movement_before", {"first": span.first_day}),)
    return (Note("movement_before", {"start": then.start, "end": then.end}),)


def _worst_fall(table: pd.DataFrame, rank: dict[str, int]) -> pd.Series | None:
    """The movement from a step to a lower one (not to inactive) that took most money with it."""
    falls = table[
        (table["from_step"] != NEW)
        & (table["to_step"].map(rank) < table["from_step"].map(rank))
        & (table["to_step"] != NONE)
        & (table["money_change"] < 0)
    ]
    return None if falls.empty else falls.sort_values("money_change", kind="stable").iloc[0]


def _share_of_fall(worst: pd.Series | None) -> Message:
    """The worst fall as a share of its step, against the compared movement."""
    if worst is None:
        return Message("ladder.matrix_title")
    values = {"high": worst["from_step"], "low": worst["to_step"], "share": worst["share"]}
    if worst["share_then"] is None:
        return Message("ladder.fall_share", values)
    return Message("ladder.fall_share_then", {**values, "then": worst["share_then"]})


def _few(table: pd.DataFrame) -> tuple[Note, ...]:
    frame = table.groupby("from_step")["n_customers"].sum()
    few = [str(step) for step, n in frame.items() if n < _FEW]
    return (Note("few_in_row", {"n_rows": len(few), "few": _FEW}),) if few else ()


def _headline(worst: pd.Series | None, metrics: dict[str, Metric], end: date) -> Message:
    """The fall that took most money with it; else how many climbed and fell; or that nobody moved."""
    if worst is not None:
        values = {"high": worst["from_step"], "low": worst["to_step"], "n": worst["n_customers"]}
        return Message("ladder.headline_fell", {**values, "money": -worst["money_change"]})
    fell, climbed = metrics["fell"].value, metrics["climbed"].value
    if fell or climbed:
        up, down = metrics["climbed_money"].value, metrics["fell_money"].value
        return Message("ladder.headline_moved", {"climbed": climbed, "fell": fell, "up": up, "down": down})
    return Message("ladder.headline_still", {"end": end})


def _list(query: Query, settings: Settings) -> None:
    make_members(query, settings)


ANALYSES = (
    Analysis(
        "ladder.migration",
        migration,
        (LADDER_START, LADDER_END, BOUNDS, WINDOW, BASIS, NAMES),
        _list,
        ("from_step", "to_step"),
    ),
)
