"""Movement on the ladder: from which step to which, in customers and in money."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import pandas as pd

from insight.analysis.ladder_moves import Cell, cells, cells_then, make_members
from insight.analysis.ladder_places import knows, step_order, told
from insight.analysis.ladder_rules import LEVELED, LONGEST_WINDOW, NEW, NONE, Rule, Windows, climbs, counted
from insight.analysis.registry import Analysis
from insight.analysis.selected import chosen_by_step, of_scope
from insight.errors import NotEnoughDataError
from insight.result import Basis, Chart, Message, Metric, Note, Result, SumCheck
from insight.settings import Settings, add_months, month_number, month_start
from insight.stats.proportions import wilson
from insight.workspace.engine import Query, money

_FEW = 30

# Not by way of the cells: the check must be able to fail.
_CHANGE = """
    SELECT coalesce(sum(CASE WHEN ordered_on >= $opened_last THEN sales ELSE 0 END), 0)
        - coalesce(sum(CASE WHEN ordered_on >= $opened AND ordered_on < $start THEN sales ELSE 0 END), 0) AS change
    FROM orders
    WHERE ordered_on < $end AND customer_id IS NOT NULL
        AND (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))
"""

# Months of the windows without a single line, with or without a customer: those before the data are told elsewhere.
_MISSING = """
    SELECT count(*) AS n, min(spanned.month_no) AS first_no
    FROM (SELECT unnest(range($opened, $closed)) AS month_no) AS spanned
    WHERE spanned.month_no > (SELECT min(month_no) FROM month_cube)
        AND spanned.month_no < (SELECT max(month_no) FROM month_cube)
        AND spanned.month_no NOT IN (SELECT month_no FROM month_cube)
"""
# By sums as the ladder counts, and by purchases as the bridge and the overview do.
_BOTH_WAYS = """
    SELECT
        coalesce(sum(CASE WHEN to_step <> 'none' THEN 1 ELSE 0 END), 0) AS on_step,
        coalesce(sum(CASE WHEN n_orders_after > 0 THEN 1 ELSE 0 END), 0) AS bought,
        coalesce(sum(CASE WHEN to_step = 'none' AND from_step NOT IN ('none', 'new') THEN 1 ELSE 0 END), 0) AS stopped,
        coalesce(sum(CASE WHEN n_orders_before > 0 AND n_orders_after = 0 THEN 1 ELSE 0 END), 0) AS lost,
        coalesce(sum(CASE WHEN to_step <> 'none' AND from_step = 'none' THEN 1 ELSE 0 END), 0) AS back,
        coalesce(sum(CASE WHEN n_orders_before = 0 AND n_orders_after > 0 AND from_step <> 'new' THEN 1 ELSE 0 END), 0)
            AS returned
    FROM members
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


def window_basis(query: Query, span: Windows, rule: Message, formula: str, check: SumCheck) -> Basis:
    """The basis of a comparison of two windows: lines used, and those outside or without a customer."""
    key = ("ladder.rows", span.opened, span.end)
    if query.scoped or key not in query.kept:
        found = query.one(_ROWS, opened=span.opened, end=span.end)
        if not query.scoped:
            query.kept[key] = found
    else:
        found = query.kept[key]
    used, earlier, later, unidentified = found
    left_out = {"earlier": int(earlier or 0), "later": int(later or 0), "unidentified": int(unidentified or 0)}
    return Basis(
        span.opened, span.end, int(used or 0), {reason: n for reason, n in left_out.items() if n}, rule, formula, check,
        windows=span.both,
    )  # fmt: skip


def missing_months(query: Query, opened: date, closed: date) -> tuple[int, date | None]:
    """(months of [opened, closed) inside the data without any line, the first day of the first of them)."""
    n, first = query.one(_MISSING, opened=month_number(opened), closed=month_number(closed - timedelta(days=1)) + 1)
    return int(n), None if first is None else month_start(int(first))


def sees_lapses(first_day: date, opened: date) -> bool:
    """Whether the data begin a year before the window: else nobody can be seen to have stopped before it."""
    return add_months(first_day, LONGEST_WINDOW) <= opened


def window_notes(query: Query, span: Windows) -> tuple[Note, ...]:
    """What must be said about the windows themselves."""
    notes: list[Note] = []
    missing, gap = missing_months(query, span.opened, span.end)
    if missing:
        notes.append(Note("months_missing", {"n": missing, "first": gap}, "warning"))
    if span.before_data:
        notes.append(Note("window_before_data", {"opened": span.opened, "first": span.first_day}, "warning"))
    if span.kind == "calendar" and (span.start.month, span.start.day) != (span.end.month, span.end.day):
        notes.append(Note("years_not_alike", {"start": span.start, "end": span.end}, "warning"))
    return tuple(notes)


def migration(query: Query, settings: Settings) -> Result:
    """Customers by step at `start` and at `end`, with row shares (Wilson 95 %) and the change of their sales.

    Table: from_step, to_step, n_customers, share (of the row), share_low, share_high, sales_before, sales_after,
    money_change (sales of the later window minus the earlier, exact), n_customers_then and share_then (the same
    movement a year before, else one period before; None where the data begin too late): top steps always fall on
    average, so a fall means little without it. Rows best step first; empty cells left out.
    Raises NotEnoughDataError when nobody has bought before `end`. Wilson 1927.
    """
    span, rule, ladder = make_members(query, settings)
    table = pd.DataFrame(cells(query, span, rule, ladder), columns=list(Cell._fields), dtype=object).infer_objects()
    if table.empty:
        raise NotEnoughDataError("ladder.nobody", end=span.end)
    order = {key: rank for rank, key in enumerate([*step_order(ladder), NEW])}
    table = table.sort_values(["from_step", "to_step"], key=lambda column: column.map(order), ignore_index=True)
    _add_shares(table)
    then = None if chosen_by_step(query) else compared_windows(query, span, rule)
    earlier = cells_then(query, then, rule, ladder) if then else ()
    _add_then(table, earlier if then else None)
    rank = {key: number for number, key in enumerate(ladder.keys, start=1)} | {NONE: 0}
    stood = table[table["from_step"] != NEW]
    worst = _worst_fall(table, rank)
    climbed = stood[stood["to_step"].map(rank) > stood["from_step"].map(rank)]
    fell = stood[stood["to_step"].map(rank) < stood["from_step"].map(rank)]
    change = money(table["money_change"].sum())
    moves = zip(table["from_step"], table["to_step"], table["n_customers"].astype(int), strict=True)
    climb, climb_units = climbs(moves, ladder.keys)
    then_moved = _moved_then(query, span, then, earlier, rank)
    metrics = {
        "climbed": Metric(int(climbed["n_customers"].sum()), "count", before=then_moved["up"], mark={"move": "up"}),
        "fell": Metric(
            int(fell["n_customers"].sum()), "count", before=then_moved["down"], better=-1, mark={"move": "down"}
        ),
        "climbed_money": Metric(money(climbed["money_change"].sum()), "money", mark={"move": "up"}),
        "fell_money": Metric(money(fell["money_change"].sum()), "money", mark={"move": "down"}),
        "new": Metric(int(table.loc[table["from_step"] == NEW, "n_customers"].sum()), "count", mark={"from_step": NEW}),
    }
    words = Message("ladder.rule", {"window": rule.window("before"), "start": span.start, "end": span.end})
    check = SumCheck(_whole_change(query, span), {"cells": change})
    basis = window_basis(query, span, told(rule, words), "migration", check)
    of_levels = bool(ladder.levels)
    return Result(
        key="ladder.migration",
        headline=_headline(worst, metrics, span.end, of_levels=of_levels),
        metrics=metrics,
        table=table,
        units={
            "from_step": "text", "to_step": "text", "n_customers": "count", "share": "ratio", "share_low": "ratio",
            "share_high": "ratio", "sales_before": "money", "sales_after": "money", "money_change": "money",
            "n_customers_then": "count", "share_then": "ratio",
        },
        basis=basis,
        chart=Chart(
            "matrix", x="to_step", y="from_step", color="n_customers",
            title=_share_of_fall(query, worst, of_levels=of_levels),
            subtitle=Message("ladder.matrix_subtitle", {"start": span.start, "end": span.end}),
        ),
        charts=_more_charts(span),
        drill=("from_step", "to_step"),
        notes=(
            *window_notes(query, span), *_then_notes(query, then, span), *_few(table),
            *_by_purchases(query, span, rule),
        ),
        labels={**ladder.labels, **{move: f"ladder.moved.{move}" for move in ("up", "down", "same")}},
        evidence="association",
        tables={"climb": climb},
        more_units={"climb": climb_units},
        leads=("fell", "fell_money") if worst is not None else (),
    )  # fmt: skip


def _add_shares(table: pd.DataFrame) -> None:
    """Adds share, share_low and share_high of the row to the table."""
    totals = table.groupby("from_step")["n_customers"].transform("sum")
    shares = [wilson(int(n), int(total)) for n, total in zip(table["n_customers"], totals, strict=True)]
    table.insert(3, "share", table["n_customers"] / totals)
    table.insert(4, "share_low", [interval.ci_lower for interval in shares])
    table.insert(5, "share_high", [interval.ci_upper for interval in shares])


def _more_charts(span: Windows) -> tuple[Chart, ...]:
    """The same cells in money."""
    return (
        Chart(
            "matrix", x="to_step", y="from_step", color="money_change", title=Message("ladder.matrix_money"),
            subtitle=Message("ladder.matrix_money_subtitle", {"start": span.start, "end": span.end}),
        ),
    )  # fmt: skip


def compared_windows(query: Query, span: Windows, rule: Rule) -> Windows | None:
    """The same movement a year before, else one period before; None where its windows begin before the data."""
    months = 12 * (span.end.year - span.start.year) + span.end.month - span.start.month
    for shift in (LONGEST_WINDOW, max(months, 1)):
        start, end = add_months(span.start, -shift), add_months(span.end, -shift)
        then = Windows(start, end, span.months, span.first_day, span.last_day, span.kind)
        if not then.before_data and knows(query, rule, start):
            return then
    return None


def _whole_change(query: Query, span: Windows) -> Decimal:
    """Identified sales of the later window minus the earlier, straight from the orders; windows may overlap."""
    days = {"opened": span.opened, "start": span.start, "opened_last": span.opened_last, "end": span.end}
    key = ("ladder.change", *days.values())
    if query.scoped:
        return money(query.one(_CHANGE, **days)[0])
    if key not in query.kept:
        query.kept[key] = money(query.one(_CHANGE, **days)[0])
    return query.kept[key]


def _by_purchases(query: Query, span: Windows, rule: Rule) -> tuple[Note, ...]:
    """How the ladder's counts, by sums, differ from those by purchases; nothing where they do not."""
    if rule.basis == "level" or rule.keep is not None:
        return ()
    key = ("ladder.both_ways", span, rule.basis)
    found: dict[str, object] = {} if query.scoped else query.kept.get(key, {})
    if not found:
        found = {str(name): int(n) for name, n in query.frame(_BOTH_WAYS).iloc[0].items()}
        if not query.scoped:
            query.kept[key] = found
    same = all(found[a] == found[b] for a, b in (("on_step", "bought"), ("stopped", "lost"), ("back", "returned")))
    return () if same else (Note("sums_not_purchases", found),)


def _add_then(table: pd.DataFrame, earlier: Sequence[Cell] | None) -> None:
    """Adds n_customers_then and share_then to the table, by the same bounds; None: there is nothing to compare with."""
    if earlier is None:
        table["n_customers_then"], table["share_then"] = None, None
        return
    found = {(cell.from_step, cell.to_step): int(cell.n_customers) for cell in earlier}
    sizes: dict[str, int] = {}
    for (a, _), n in found.items():
        sizes[a] = sizes.get(a, 0) + n
    places = list(zip(table["from_step"], table["to_step"], strict=True))
    table["n_customers_then"] = [found.get(place, 0) for place in places]
    shares = [found.get((a, b), 0) / sizes[a] if sizes.get(a) else None for a, b in places]
    table["share_then"] = pd.Series(shares, dtype=object)


def _moved_then(
    query: Query, span: Windows, then: Windows | None, earlier: Sequence[Cell], rank: dict[str, int]
) -> dict[str, int | None]:
    """How many climbed and fell in the compared movement; None where the data could not have shown them all.

    Who comes back climbs from 'none'. Where the data begin less than a year before the compared windows, hardly anybody
    can be seen to have stopped before them; and over months without data people fall and climb that did neither.
    """
    if then is None or missing_months(query, then.opened, span.end)[0]:
        return {"up": None, "down": None}
    stood = [(rank[cell.to_step] - rank[cell.from_step], int(cell.n_customers)) for cell in earlier if cell[0] != NEW]
    climbed = sum(n for rise, n in stood if rise > 0)
    fell = sum(n for rise, n in stood if rise < 0)
    return {"up": climbed if sees_lapses(span.first_day, then.opened) else None, "down": fell}


def _then_notes(query: Query, then: Windows | None, span: Windows) -> tuple[Note, ...]:
    if chosen_by_step(query):
        return (Note("chosen_by_step", {}, "warning"),)
    if then is None:
        return (Note("no_movement_before", {"first": span.first_day}),)
    notes = [Note("movement_before", {"start": then.start, "end": then.end})]
    missing, gap = missing_months(query, then.opened, span.opened)
    if missing:
        notes.append(Note("months_missing_then", {"n": missing, "first": gap}, "warning"))
    elif not sees_lapses(span.first_day, then.opened):
        notes.append(Note("climbed_not_compared", {"first": span.first_day, "start": then.start}))
    return tuple(notes)


def _worst_fall(table: pd.DataFrame, rank: dict[str, int]) -> pd.Series | None:
    """The movement from a step to a lower one, or to none, that took most money with it."""
    falls = table[
        (table["from_step"] != NEW)
        & (table["to_step"].map(rank) < table["from_step"].map(rank))
        & (table["money_change"] < 0)
    ]
    return None if falls.empty else falls.sort_values("money_change", kind="stable").iloc[0]


def _share_of_fall(query: Query, worst: pd.Series | None, *, of_levels: bool) -> Message:
    """The worst fall as a share of its step, against the compared movement."""
    if worst is None:
        return Message("ladder.matrix_title")
    values = {"high": worst["from_step"], "low": worst["to_step"], "share": worst["share"]}
    said = "stop_share" if worst["to_step"] == NONE and not of_levels else "fall_share"
    if worst["share_then"] is None:
        return Message(of_scope(query, f"ladder.{said}"), values)
    return Message(of_scope(query, f"ladder.{said}_then"), {**values, "then": worst["share_then"]})


def _few(table: pd.DataFrame) -> tuple[Note, ...]:
    frame = table.groupby("from_step")["n_customers"].sum()
    few = [str(step) for step, n in frame.items() if n < _FEW]
    return (Note("few_in_row", {"n_rows": len(few), "few": _FEW}),) if few else ()


def _headline(worst: pd.Series | None, metrics: dict[str, Metric], end: date, *, of_levels: bool) -> Message:
    """The fall that took most money with it; else how many climbed and fell; or that nobody moved."""
    if worst is not None:
        values = {"high": worst["from_step"], "low": worst["to_step"], "n": worst["n_customers"]}
        said = "stopped" if worst["to_step"] == NONE and not of_levels else "fell"
        return counted(f"ladder.headline_{said}", {**values, "money": -worst["money_change"]})
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
        LEVELED,
        _list,
        ("from_step", "to_step", "move"),
    ),
)
