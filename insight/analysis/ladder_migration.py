"""Movement on the ladder: from which step to which, in customers and in money."""

import re
from datetime import date
from decimal import Decimal

import pandas as pd
import pyarrow as pa

from insight.analysis.ladder_kept import make_kept_places
from insight.analysis.ladder_places import Ladder, knows, make_ladder, make_level_places, step_order, told
from insight.analysis.ladder_rules import (
    LEVELED,
    LONGEST_WINDOW,
    NEW,
    NONE,
    Rule,
    Windows,
    climbs,
    counted,
    rule_of,
    windows,
)  # fmt: skip
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError
from insight.result import Basis, Chart, Message, Metric, Note, Result, SumCheck
from insight.settings import Settings, add_months
from insight.stats.proportions import wilson
from insight.workspace.engine import Query, money

_FEW = 30
_MOST_KEPT, _MOST_ROWS = 3, 2_000_000

# Everyone with a line before `end`, both windows side by side: one pass over the orders, the same for every ladder.
_SUMS = """
    SELECT
        customer_id,
        sum(CASE WHEN ordered_on >= $opened AND ordered_on < $start THEN sales ELSE 0 END) AS sales_before,
        sum(CASE WHEN ordered_on >= $opened_last THEN sales ELSE 0 END) AS sales_after,
        cast(count(CASE WHEN ordered_on >= $opened AND ordered_on < $start AND NOT is_return THEN 1 END) AS INTEGER)
            AS n_orders_before,
        cast(count(CASE WHEN ordered_on >= $opened_last AND NOT is_return THEN 1 END) AS INTEGER) AS n_orders_after,
        min(CASE WHEN is_return THEN NULL ELSE ordered_on END) AS first_order_on
        {margins}
    FROM orders
    WHERE ordered_on < $end AND customer_id IS NOT NULL
        AND (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))
    GROUP BY customer_id
"""
_MARGINS = """,
        sum(CASE WHEN ordered_on >= $opened AND ordered_on < $start THEN coalesce(margin, 0) ELSE 0 END)
            AS margin_before,
        sum(CASE WHEN ordered_on >= $opened_last THEN coalesce(margin, 0) ELSE 0 END) AS margin_after
"""
_ALL = "SELECT * FROM {table}"
_VALUE = {"sales": "sales", "orders": "n_orders", "margin": "margin", "level": "sales"}

# 'new' had never bought before `start`. Texts in braces are written out by `_members`.
_MEMBERS = """
    SELECT
        sums.customer_id,
        CASE WHEN sums.first_order_on >= {limits}.start_on THEN 'new' ELSE {from_step} END AS from_step,
        {to_step} AS to_step,
        sums.sales_after - sums.sales_before AS money_change,
        sums.sales_before,
        sums.sales_after,
        sums.n_orders_before,
        sums.n_orders_after
    FROM {sums} AS sums CROSS JOIN {limits} {places}
"""
_BY_BOUNDS = "CASE WHEN sums.{value} <= 0 THEN 'none' {cases} ELSE 'step_{top}' END"
_BY_PLACE = "CASE WHEN coalesce({place}, 0) = 0 THEN 'none' ELSE 'step_' || {place} END"
_JOINED = "LEFT JOIN {places} ON {places}.customer_id = sums.customer_id"

_TABLE = """
    SELECT
        from_step, to_step, count(*) AS n_customers,
        sum(sales_before) AS sales_before, sum(sales_after) AS sales_after, sum(money_change) AS money_change
    FROM members
    GROUP BY from_step, to_step
"""
_THEN = "SELECT from_step, to_step, count(*) AS n_customers FROM members_then GROUP BY from_step, to_step"

# Not by way of the cells: the check must be able to fail.
_CHANGE = """
    SELECT coalesce(sum(CASE WHEN ordered_on >= $opened_last THEN sales ELSE 0 END), 0)
        - coalesce(sum(CASE WHEN ordered_on >= $opened AND ordered_on < $start THEN sales ELSE 0 END), 0) AS change
    FROM orders
    WHERE ordered_on < $end AND customer_id IS NOT NULL
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


def make_sums(query: Query, name: str, span: Windows, basis: str) -> None:
    """Table `name`: customer_id, sales, n_orders (and margin) before and after, first_order_on.

    The same for every ladder, so the latest are kept with this state of the data: a moved bound only bins them anew,
    and a click reads its customers from them. What a scope narrows is not kept.
    """
    sql = _SUMS.replace("{margins}", _MARGINS if basis == "margin" else "")
    key = ("ladder.sums", *_days(span).values(), basis == "margin")
    kept = None if query.scoped else query.kept.get(key)
    if kept is None:
        made = f"{name}_made"
        query.make(made, sql, **_days(span))
        query.view(name, _ALL.replace("{table}", made))
        if query.scoped or query.count(name) > _MOST_ROWS:
            return
        kept = query.arrow(_ALL.replace("{table}", made))
        for old in [old for old in query.kept if old[0] == key[0]][: -_MOST_KEPT + 1]:
            query.kept.pop(old, None)
        query.kept[key] = kept
        return
    query.lend(name, kept)


def _members(query: Query, suffix: str, span: Windows, rule: Rule, ladder: Ladder) -> str:
    """The SQL of who stood where at both dates, on table `sums<suffix>`; makes the tables that it needs beside."""
    names = {"from_step": "before", "to_step": "after"}
    days = {"before": span.start, "after": span.end}
    limits: dict[str, pa.Array] = {"start_on": pa.array([span.start], pa.date32())}
    texts, joins = {}, ""
    if rule.basis == "level":
        for column, when in names.items():
            places = f"places_{when}{suffix}"
            make_level_places(query, places, days[when])
            texts[column] = _BY_PLACE.replace("{place}", f"{places}.place")
            joins += " " + _JOINED.replace("{places}", places)
    elif rule.keep is not None:
        places = f"places{suffix}"
        make_kept_places(query, places, rule, days, ladder.bounds)
        texts = {column: _BY_PLACE.replace("{place}", f"{places}.{when}") for column, when in names.items()}
        joins = _JOINED.replace("{places}", places)
    else:
        cents = pa.decimal128(20, 2)
        limits |= {f"bound_{k}": pa.array([bound], cents) for k, bound in enumerate(ladder.bounds)}
        for column, when in names.items():
            value = f"{_VALUE[rule.basis]}_{when}"
            cases = " ".join(
                f"WHEN sums.{value} < ladder_limits{suffix}.bound_{k} THEN 'step_{k + 1}'"
                for k in range(len(ladder.bounds))
            )
            text = _BY_BOUNDS.replace("{value}", value).replace("{cases}", cases)
            texts[column] = text.replace("{top}", str(len(ladder.keys)))
    query.put(f"ladder_limits{suffix}", pa.table(limits))
    sql = _MEMBERS.replace("{limits}", f"ladder_limits{suffix}").replace("{sums}", f"sums{suffix}")
    for column, text in texts.items():
        sql = sql.replace(f"{{{column}}}", text)
    return re.sub(r"{places}", joins, sql)


def make_members(query: Query, settings: Settings) -> tuple[Windows, Rule, Ladder]:
    """View `members`: customer_id, from_step, to_step, the change of sales, sales before and after; the rules used."""
    span = windows(query, settings)
    rule = rule_of(settings, span)
    make_sums(query, "sums", span, rule.basis)
    ladder = make_ladder(query, settings, rule, span.end)
    query.view("members", _members(query, "", span, rule, ladder))
    return span, rule, ladder


def make_members_then(query: Query, then: Windows, rule: Rule, ladder: Ladder) -> None:
    """View `members_then`: the same for another pair of dates, by the same ladder."""
    make_sums(query, "sums_then", then, rule.basis)
    query.view("members_then", _members(query, "_then", then, rule, ladder))


def window_basis(query: Query, span: Windows, rule: Message, formula: str, check: SumCheck) -> Basis:
    """The basis of a comparison of two windows: lines used, and those outside or without a customer."""
    used, earlier, later, unidentified = query.one(_ROWS, opened=span.opened, end=span.end)
    left_out = {"earlier": int(earlier or 0), "later": int(later or 0), "unidentified": int(unidentified or 0)}
    return Basis(
        span.opened, span.end, int(used or 0), {reason: n for reason, n in left_out.items() if n}, rule, formula, check
    )


def window_notes(span: Windows) -> tuple[Note, ...]:
    """What must be said about the windows themselves."""
    notes: list[Note] = []
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
    table = query.frame(_TABLE)
    if table.empty:
        raise NotEnoughDataError("ladder.nobody", end=span.end)
    order = {key: rank for rank, key in enumerate([*step_order(ladder), NEW])}
    table = table.sort_values(["from_step", "to_step"], key=lambda column: column.map(order), ignore_index=True)
    _add_shares(table)
    then = compared_windows(query, span, rule)
    _add_then(query, table, then, rule, ladder)
    rank = {key: number for number, key in enumerate(ladder.keys, start=1)} | {NONE: 0}
    stood = table[table["from_step"] != NEW]
    worst = _worst_fall(table, rank)
    climbed = stood[stood["to_step"].map(rank) > stood["from_step"].map(rank)]
    fell = stood[stood["to_step"].map(rank) < stood["from_step"].map(rank)]
    change = money(table["money_change"].sum())
    moves = zip(table["from_step"], table["to_step"], table["n_customers"].astype(int), strict=True)
    climb, climb_units = climbs(moves, ladder.keys)
    metrics = {
        "climbed": Metric(int(climbed["n_customers"].sum()), "count", before=_then(climbed)),
        "fell": Metric(int(fell["n_customers"].sum()), "count", before=_then(fell), better=-1),
        "climbed_money": Metric(money(climbed["money_change"].sum()), "money"),
        "fell_money": Metric(money(fell["money_change"].sum()), "money"),
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
            title=_share_of_fall(worst, of_levels=of_levels),
            subtitle=Message("ladder.matrix_subtitle", {"start": span.start, "end": span.end}),
        ),
        charts=_more_charts(span),
        drill=("from_step", "to_step"),
        notes=(*window_notes(span), *_then_notes(then, span), *_few(table)),
        labels=ladder.labels,
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
    return money(query.one(_CHANGE, **_days(span))[0])


def _add_then(query: Query, table: pd.DataFrame, then: Windows | None, rule: Rule, ladder: Ladder) -> None:
    """Adds n_customers_then and share_then to the table, by the same bounds."""
    if then is None:
        table["n_customers_then"], table["share_then"] = None, None
        return
    make_members_then(query, then, rule, ladder)
    cells = {(a, b): int(n) for a, b, n in query.rows(_THEN)}
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
    """The movement from a step to a lower one, or to none, that took most money with it."""
    falls = table[
        (table["from_step"] != NEW)
        & (table["to_step"].map(rank) < table["from_step"].map(rank))
        & (table["money_change"] < 0)
    ]
    return None if falls.empty else falls.sort_values("money_change", kind="stable").iloc[0]


def _share_of_fall(worst: pd.Series | None, *, of_levels: bool) -> Message:
    """The worst fall as a share of its step, against the compared movement."""
    if worst is None:
        return Message("ladder.matrix_title")
    values = {"high": worst["from_step"], "low": worst["to_step"], "share": worst["share"]}
    said = "stop_share" if worst["to_step"] == NONE and not of_levels else "fall_share"
    if worst["share_then"] is None:
        return Message(f"ladder.{said}", values)
    return Message(f"ladder.{said}_then", {**values, "then": worst["share_then"]})


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
        ("from_step", "to_step"),
    ),
)
