"""What changed, rule or behaviour? Movers between two runs split into data change, rule change and real change."""

from typing import Any

from insight.analysis.basis import frame
from insight.analysis.ladder_migration import window_basis
from insight.analysis.ladder_places import stand
from insight.analysis.ladder_rules import make_values
from insight.analysis.ladder_what_if import RULES, Rules, make_rules, make_tried_values
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError, UsageError
from insight.result import Chart, Message, Metric, Note, Result, SumCheck, Unit
from insight.settings import Setting, Settings
from insight.workspace.engine import Query, money

CAUSES = ("real", "rule", "data", "several", "nothing", "came_later")
MOVES = ("up", "down", "same")
KNOWN_FILES = Setting("known_files", "integer", None, low=0)

# The earlier run may have known fewer files: corrections and late files since then are data, not behaviour.
_KNOWN_ORDERS = """
    SELECT
        customer_id,
        cast(ordered_at AS DATE) AS ordered_on,
        sum(amount) AS sales,
        sum(coalesce(margin, amount - cost)) AS margin
    FROM transactions
    WHERE ordered_at < $closed AND customer_id IS NOT NULL AND file_id <= $known_files
    GROUP BY customer_id, cast(ordered_at AS DATE)
"""
_KNOWN_VALUES = """
    SELECT
        customer_id,
        sum(sales) AS sales,
        0 AS n_orders,
        sum(margin) AS margin,
        CASE $basis WHEN 'margin' THEN coalesce(sum(margin), 0) ELSE sum(sales) END AS value
    FROM known_orders
    WHERE ordered_on >= $opened AND ordered_on < $closed
        AND (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))
    GROUP BY customer_id
"""
_RUNS = """
    SELECT
        last.customer_id,
        last.sales,
        last.step AS to_step,
        coalesce(known.step, 'none') AS from_step,
        coalesce(known_place.place, 0) AS known_place,
        coalesce(first_place.place, 0) AS first_place,
        coalesce(ruled_place.place, 0) AS ruled_place,
        coalesce(last_place.place, 0) AS last_place,
        first.customer_id IS NOT NULL AS was_there
    FROM standing_last AS last
    LEFT JOIN standing_first AS first ON first.customer_id = last.customer_id
    LEFT JOIN standing_known AS known ON known.customer_id = last.customer_id
    LEFT JOIN standing_ruled AS ruled ON ruled.customer_id = last.customer_id
    LEFT JOIN old_places AS first_place ON first_place.step = first.step
    LEFT JOIN old_places AS known_place ON known_place.step = known.step
    LEFT JOIN new_places AS ruled_place ON ruled_place.step = ruled.step
    LEFT JOIN new_places AS last_place ON last_place.step = last.step
"""
_PLACES = "SELECT step, row_number() OVER (ORDER BY low_bound) AS place FROM ladder_steps"
_NEW_PLACES = "SELECT step, row_number() OVER (ORDER BY low_bound) AS place FROM new_steps"
_MEMBERS = """
    SELECT
        customer_id,
        CASE
            WHEN NOT was_there THEN 'came_later'
            WHEN changes = 0 THEN 'nothing'
            WHEN changes > 1 THEN 'several'
            WHEN known_place <> first_place THEN 'data'
            WHEN first_place <> ruled_place THEN 'rule'
            ELSE 'real'
        END AS cause,
        CASE WHEN NOT was_there OR known_place = last_place THEN 'same'
            WHEN known_place < last_place THEN 'up' ELSE 'down' END AS move,
        from_step,
        to_step,
        sales
    FROM (
        SELECT
            runs.*,
            CASE WHEN known_place <> first_place THEN 1 ELSE 0 END
                + CASE WHEN first_place <> ruled_place THEN 1 ELSE 0 END
                + CASE WHEN ruled_place <> last_place THEN 1 ELSE 0 END AS changes
        FROM runs) AS counted
"""
_TABLE = """
    SELECT cause, move, count(*) AS n_customers, sum(sales) AS sales FROM members GROUP BY cause, move
"""
_UNITS: dict[str, Unit] = {"cause": "text", "move": "text", "n_customers": "count", "sales": "money"}


def make_movers(query: Query, settings: Settings) -> Rules:
    """Temporary table `members`: customer_id, cause, move, from_step (old run), to_step (new run), sales (new run).

    Old run: the rule in force at `start` (its keep rule too), on the files that were known then. New run: the rule
    tried at `end`, on all.
    Between them, in this order: the data as they are now, then the rule tried, then the purchases until `end`.
    """
    rules = make_rules(query, settings)
    span, rule, tried = rules.span, rules.rule, rules.tried
    make_values(query, "values_start", span.opened, span.start, rule.basis)
    stand(query, "standing_first", rule, span.start, rules.bounds, values="values_start")
    known: int | None = settings["known_files"]
    if known is None:
        query.make("standing_known", "SELECT * FROM standing_first")
    elif rule.basis == "orders":
        raise UsageError("ladder.known_needs_money", name="known_files")
    else:
        query.make("known_orders", _KNOWN_ORDERS, closed=span.start, known_files=known)
        query.make("values_known", _KNOWN_VALUES, opened=span.opened, closed=span.start, basis=rule.basis)
        stand(query, "standing_known", rule, span.start, rules.bounds, values="values_known", source="known_orders")
    make_tried_values(query, "values_ruled", "values_start", tried, rule, span.start)
    stand(query, "standing_ruled", tried, span.start, rules.new_bounds, values="values_ruled", steps="new_steps")
    query.make("standing_last", "SELECT * FROM stepped")
    query.make("old_places", _PLACES)
    query.make("new_places", _NEW_PLACES)
    query.make("runs", _RUNS)
    query.make("members", _MEMBERS)
    return rules


def movers(query: Query, settings: Settings) -> Result:
    """Why customers stand elsewhere in the new run than in the old one.

    cause: data (files loaded since: `known_files` counts those of the old run), rule (new bounds or window at the same
    date on the same data), real (their purchases), several, nothing, came_later; disjoint and complete. Two changes
    that cancel each other count as several. Table: cause, move (up, down, same: old run to new), n_customers, sales.
    Raises NotEnoughDataError when nobody has bought before `end`.
    """
    rules = make_movers(query, settings)
    found = {(str(cause), str(move)): (int(n), sales) for cause, move, n, sales in query.rows(_TABLE)}
    if not found:
        raise NotEnoughDataError("ladder.nobody", end=rules.span.end)
    # Causes that move people keep a cell each way, also an empty one, so that the matrix keeps its order.
    cells = [(cause, move) for cause in CAUSES[:-2] for move in MOVES]
    cells = [cell for cell in cells if cell in found or (cell[1] != "same" and any(c == cell[0] for c, _ in found))]
    cells += [(cause, "same") for cause in CAUSES[-2:] if (cause, "same") in found]
    rows: list[dict[str, Any]] = [
        {"cause": cause, "move": move, "n_customers": n, "sales": money(sales)}
        for cause, move in cells
        for n, sales in (found.get((cause, move), (0, 0)),)
    ]
    by_cause = {cause: sum(row["n_customers"] for row in rows if row["cause"] == cause) for cause in CAUSES}
    moved = sum(n for cause, n in by_cause.items() if cause not in ("nothing", "came_later"))
    return Result(
        key="ladder.movers",
        headline=Message("ladder.movers_headline", {"n": moved, "real": by_cause["real"], "rule": by_cause["rule"]}),
        metrics={
            f"cause_{cause}": Metric(by_cause[cause], "count", better=0, mark={"cause": cause})
            for cause in ("real", "rule", "data", "several")
        },
        table=frame(rows, list(_UNITS)),
        units=_UNITS,
        basis=window_basis(
            query, rules.span, Message("ladder.movers_rule", {"start": rules.span.start, "end": rules.span.end}),
            "movers", SumCheck(sum(by_cause.values()), by_cause),
        ),
        chart=Chart(
            "matrix", x="move", y="cause", color="n_customers", title=Message("ladder.movers_title"),
            subtitle=Message("ladder.movers_rule", {"start": rules.span.start, "end": rules.span.end}),
        ),
        drill=("cause", "move"),
        notes=(Note("rule_proposed", {"bounds": rules.new_bounds}),) if rules.proposed else (),
        labels={
            **{cause: f"ladder.cause.{cause}" for cause in CAUSES},
            **{move: f"ladder.move.{move}" for move in MOVES},
        },
    )  # fmt: skip


def _list(query: Query, settings: Settings) -> None:
    make_movers(query, settings)


ANALYSES = (Analysis("ladder.movers", movers, (*RULES, KNOWN_FILES), _list, ("cause", "move")),)
