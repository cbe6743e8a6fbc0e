"""Two dates side by side: what everybody bought before each, where they stood, and the cells that they make.

The sums are the same for every ladder, and so are the cells for every question about one, so the latest are kept with
the state of the data: a moved bound only bins the sums anew, once for all the questions of a page.
"""

from typing import Any, NamedTuple

import pyarrow as pa

from insight.analysis.ladder_kept import make_kept_places
from insight.analysis.ladder_places import Ladder, knows, make_ladder, make_level_places
from insight.analysis.ladder_rules import Rule, Windows, rule_of, windows
from insight.settings import Settings
from insight.workspace.engine import Query

_MOST_KEPT, _MOST_ROWS = 3, 2_000_000
_CELLS_KEPT, _MOST_CELLS = "ladder.cells", 24

# Everyone with a line before `end`, both windows side by side: one pass over the orders, the same for every ladder.
_SUMS = """
    SELECT
        customer_id,
        sum(CASE WHEN ordered_on >= $opened AND ordered_on < $start THEN sales ELSE 0 END) AS sales_before,
        sum(CASE WHEN ordered_on >= $opened_last THEN sales ELSE 0 END) AS sales_after,
        cast(count(CASE WHEN ordered_on >= $opened AND ordered_on < $start AND NOT is_return THEN 1 END) AS INTEGER)
            AS n_orders_before,
        cast(count(CASE WHEN ordered_on >= $opened_last AND NOT is_return THEN 1 END) AS INTEGER) AS n_orders_after,
        sum(CASE WHEN ordered_on >= $opened AND ordered_on < $start THEN margin END) AS margin_before,
        sum(CASE WHEN ordered_on >= $opened_last THEN margin END) AS margin_after,
        min(CASE WHEN is_return THEN NULL ELSE ordered_on END) AS first_order_on,
        min(ordered_on) AS first_on
    FROM orders
    WHERE ordered_on < $end AND customer_id IS NOT NULL
        AND (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))
    GROUP BY customer_id
"""
_ALL = "SELECT * FROM {table}"
_VALUE = {"sales": "sums.sales_{when}", "orders": "sums.n_orders_{when}", "margin": "coalesce(sums.margin_{when}, 0)"}

# 'new' had never bought before `start`. Texts in braces are written out by `_members`. The keys none, step_1 … step_8
# rise with the steps as text too.
_MEMBERS = """
    SELECT
        stood.*,
        CASE WHEN from_step = 'new' THEN 'new' WHEN to_step > from_step THEN 'up'
            WHEN to_step < from_step THEN 'down' ELSE 'same' END AS move
    FROM ({stood}) AS stood
"""
_STOOD = """
    SELECT
        sums.customer_id,
        CASE WHEN sums.first_order_on >= {limits}.start_on THEN 'new' ELSE {from_step} END AS from_step,
        {to_step} AS to_step,
        sums.sales_after - sums.sales_before AS money_change,
        sums.sales_before,
        sums.sales_after,
        sums.n_orders_before,
        sums.n_orders_after,
        sums.margin_after,
        sums.first_on < {limits}.start_on AS was_there
    FROM {sums} AS sums CROSS JOIN {limits} {places}
"""
_BY_BOUNDS = "CASE WHEN {value} <= 0 THEN 'none' {cases} ELSE 'step_{top}' END"
_BY_PLACE = "CASE WHEN coalesce({place}, 0) = 0 THEN 'none' ELSE 'step_' || {place} END"
_JOINED = "LEFT JOIN {places} ON {places}.customer_id = sums.customer_id"

_CELLS = """
    SELECT
        from_step, to_step, count(*) AS n_customers,
        sum(sales_before) AS sales_before, sum(sales_after) AS sales_after, sum(money_change) AS money_change
    FROM {members}
    GROUP BY from_step, to_step
"""


class Cell(NamedTuple):
    """One movement: from a step (or 'new') to a step (or 'none'), whole numbers of customers and exact money."""

    from_step: str
    to_step: str
    n_customers: int
    sales_before: Any
    sales_after: Any
    money_change: Any


def _days(span: Windows) -> dict[str, object]:
    return {"opened": span.opened, "start": span.start, "opened_last": span.opened_last, "end": span.end}


def make_sums(query: Query, name: str, span: Windows) -> None:
    """Table `name`: customer_id; sales, n_orders and margin before and after; first_order_on, first_on (any line).

    The same for every ladder, so the latest are kept with this state of the data: a moved bound only bins them anew,
    and a click reads its customers from them. What a scope narrows is not kept.
    """
    key = ("ladder.sums", *_days(span).values())
    kept = None if query.scoped else query.kept.get(key)
    if kept is None:
        made = f"{name}_made"
        query.make(made, _SUMS, **_days(span))
        query.view(name, _ALL.replace("{table}", made))
        if query.scoped or query.count(name) > _MOST_ROWS:
            return
        kept = query.arrow(_ALL.replace("{table}", made))
        for old in [old for old in query.kept if old[0] == key[0]][: -_MOST_KEPT + 1]:
            query.kept.pop(old, None)
        query.kept[key] = kept
        return
    query.lend(name, kept)


def _members(query: Query, suffix: str, span: Windows, rule: Rule, ladder: Ladder, *, ended: bool = False) -> str:
    """The SQL of who stood where at both dates, on table `sums<suffix>`; makes the tables that it needs beside.

    ended: of a file's levels only those at the end are known; from_step is then 'none'.
    """
    names = {"from_step": "before", "to_step": "after"}
    days = {"before": span.start, "after": span.end}
    limits: dict[str, pa.Array] = {"start_on": pa.array([span.start], pa.date32())}
    texts, joins = {}, ""
    if rule.basis == "level":
        for column, when in names.items():
            if ended and when == "before":
                texts[column] = "'none'"
                continue
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
            value = _VALUE[rule.basis].replace("{when}", when)
            cases = " ".join(
                f"WHEN {value} < ladder_limits{suffix}.bound_{k} THEN 'step_{k + 1}'" for k in range(len(ladder.bounds))
            )
            text = _BY_BOUNDS.replace("{value}", value).replace("{cases}", cases)
            texts[column] = text.replace("{top}", str(len(ladder.keys)))
    query.put(f"ladder_limits{suffix}", pa.table(limits))
    sql = _STOOD.replace("{limits}", f"ladder_limits{suffix}").replace("{sums}", f"sums{suffix}")
    for column, text in texts.items():
        sql = sql.replace(f"{{{column}}}", text)
    return _MEMBERS.replace("{stood}", sql.replace("{places}", joins))


def make_members(
    query: Query, settings: Settings, *, name: str = "members", ended: bool = False
) -> tuple[Windows, Rule, Ladder]:
    """View `name`: customer_id, from_step, to_step, move (up, down, same, new), the change of sales, and the sums.

    Sums: sales and n_orders before and after, margin_after, was_there (any line before `start`). Back come the rules.
    ended: where a file's levels are known at `end` only, from_step is 'none', and nothing is refused.
    """
    span = windows(query, settings)
    rule = rule_of(settings, span)
    make_sums(query, "sums", span)
    ladder = make_ladder(query, settings, rule, span.end)
    unknown = ended and not knows(query, rule, span.start)
    query.view(name, _members(query, "", span, rule, ladder, ended=unknown))
    return span, rule, ladder


def make_members_then(query: Query, then: Windows, rule: Rule, ladder: Ladder) -> None:
    """View `members_then`: the same for another pair of dates, by the same ladder."""
    make_sums(query, "sums_then", then)
    query.view("members_then", _members(query, "_then", then, rule, ladder))


def cells(query: Query, span: Windows, rule: Rule, ladder: Ladder, members: str = "members") -> tuple[Cell, ...]:
    """Every movement between the two dates that somebody made. members: the view that make_members has made."""
    return _kept_cells(query, span, rule, ladder, members)


def cells_then(query: Query, then: Windows, rule: Rule, ladder: Ladder) -> tuple[Cell, ...]:
    """The same for another pair of dates, by the same ladder."""
    return _kept_cells(query, then, rule, ladder, "members_then")


def _kept_cells(query: Query, span: Windows, rule: Rule, ladder: Ladder, members: str) -> tuple[Cell, ...]:
    key = (_CELLS_KEPT, *_days(span).values(), rule, ladder.bounds, ladder.levels)
    if not query.scoped and key in query.kept:
        return query.kept[key]
    if members == "members_then":
        make_members_then(query, span, rule, ladder)
    found = tuple(Cell(*row) for row in query.rows(_CELLS.replace("{members}", members)))
    if not query.scoped:
        for old in [old for old in query.kept if old[0] == _CELLS_KEPT][: -_MOST_CELLS + 1]:
            query.kept.pop(old, None)
        query.kept[key] = found
    return found
