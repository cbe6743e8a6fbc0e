"""Before and after the answer side by side, and change on change for those who answered twice.

Neither says what causes what: those who come to like a shop may buy more, and those who buy more may come to like it.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from insight.analysis.basis import frame
from insight.analysis.nps_rules import GROUPS, NPS_END, NPS_START, Base, needs_nps
from insight.analysis.nps_windows import make_windows
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError
from insight.result import Chart, Message, Metric, Note, Result, Unit
from insight.settings import Setting, Settings
from insight.stats.means import Difference, one_sample, welch
from insight.stats.moments import Moments
from insight.stats.nps import paired_difference
from insight.stats.nps_change import MIN_PAIRS, LineSlope, change_outcome, line_slope
from insight.stats.nps_groups import MIN_CUSTOMERS
from insight.stats.nps_steps import smallest_seen
from insight.workspace.engine import Query, money

_SHOWN_P = 0.05
SCORE_MOVES = ("rose", "same", "fell")
SPEND_MOVES = ("less", "as_much", "more")

# One row a customer: the latest answer with a whole window on either side.
_BOTH = """
    SELECT customer_no, nps_group, score, answered_on, sales_before, sales_after
    FROM (
        SELECT
            earlier.customer_no, earlier.nps_group, earlier.score, earlier.answered_on,
            earlier.sales AS sales_before, later.sales AS sales_after,
            row_number() OVER (PARTITION BY earlier.customer_no
                ORDER BY earlier.answered_on DESC, earlier.answer_no DESC) AS place
        FROM windows AS earlier
        JOIN windows_after AS later ON later.answer_no = earlier.answer_no
        WHERE earlier.whole AND later.whole) AS ranked
    WHERE place = 1
"""
_BOTH_MEMBERS = """
    SELECT facts.customer_id, nps_group AS "group", cast(score AS INTEGER) AS last_score,
        answered_on AS last_answered_on, sales_before AS bought_before,
        sales_after AS bought_after
    FROM both_windows
    JOIN customer_facts AS facts ON facts.rowid = both_windows.customer_no
"""
_BOTH_TABLE = """
    SELECT nps_group, count(*) AS n_customers, avg(cast(sales_before AS DOUBLE)) AS mean_before,
        avg(cast(sales_after AS DOUBLE)) AS mean_after,
        avg(cast(sales_after - sales_before AS DOUBLE)) AS change,
        var_samp(cast(sales_after - sales_before AS DOUBLE)) AS spread
    FROM both_windows
    GROUP BY nps_group
"""

# A customer's latest answer and the latest one so much earlier that the two windows before them do not overlap.
_TWICE = """
    SELECT
        customer_no, first_score, last_score, answered_on, last_score - first_score AS score_change,
        sales_before, sales_after,
        CASE WHEN last_score > first_score THEN 'rose' WHEN last_score < first_score THEN 'fell'
            ELSE 'same' END AS score_move,
        CASE WHEN sales_after > sales_before THEN 'more' WHEN sales_after < sales_before THEN 'less'
            ELSE 'as_much' END AS spend_move
    FROM (
        SELECT
            later.customer_no, earlier.score AS first_score, later.score AS last_score, later.answered_on,
            earlier.sales AS sales_before, later.sales AS sales_after,
            row_number() OVER (PARTITION BY later.customer_no
                ORDER BY earlier.answered_on DESC, earlier.answer_no DESC) AS back
        FROM windows AS later
        JOIN windows AS earlier ON earlier.customer_no = later.customer_no
        WHERE later.latest AND earlier.answered_on <= later.from_on AND earlier.whole) AS pairs
    WHERE back = 1
"""
_TWICE_MEMBERS = """
    SELECT facts.customer_id, score_move, spend_move, first_score, last_score, answered_on AS last_answered_on,
        sales_before AS bought_before, sales_after AS bought_after
    FROM twice
    JOIN customer_facts AS facts ON facts.rowid = twice.customer_no
"""
_CELLS = """
    SELECT score_move, spend_move, count(*) AS n_customers, sum(sales_before) AS sales_before,
        sum(sales_after) AS sales_after
    FROM twice GROUP BY score_move, spend_move
"""
_MOVES = """
    SELECT score_move, count(*) AS n_customers, avg(cast(sales_before AS DOUBLE)) AS mean_before,
        avg(cast(sales_after AS DOUBLE)) AS mean_after,
        avg(cast(sales_after - sales_before AS DOUBLE)) AS change,
        var_samp(cast(sales_after - sales_before AS DOUBLE)) AS spread
    FROM twice GROUP BY score_move
"""
_PAIRS = """
    SELECT first_score, last_score, score_change, cast(sales_after - sales_before AS DOUBLE) AS change FROM twice
"""
_SEVERAL = "SELECT count(*) FROM (SELECT customer_no FROM windows GROUP BY customer_no HAVING count(*) > 1) AS several"

# How many answers have both windows within the data, and how many customers two answers that far apart.
_CARRIED = """
    SELECT
        (SELECT count(*) FROM answers
         WHERE answered_on - to_months(cast($months AS INTEGER)) >= CAST($first AS DATE)
            AND answered_on + to_months(cast($months AS INTEGER)) <= CAST($beyond AS DATE)),
        (SELECT count(*) FROM (
            SELECT customer_id FROM answers
            WHERE answered_on - to_months(cast($months AS INTEGER)) >= CAST($first AS DATE)
            GROUP BY customer_id
            HAVING min(answered_on) + to_months(cast($months AS INTEGER)) <= max(answered_on)) AS twice)
"""


def _months_for(query: Query, place: int) -> int:
    """As many months as the data carry: twelve, else six or three where only they have enough answers."""
    first, _ = query.extent()
    for months in _LENGTHS:
        if query.one(_CARRIED, months=months, first=first, beyond=query.day_after_last())[place] >= 2 * MIN_PAIRS:
            return months
    return _LENGTHS[0]


def _months_both(query: Query) -> int:
    return _months_for(query, 0)


def _months_twice(query: Query) -> int:
    return _months_for(query, 1)


_LENGTHS = (12, 6, 3)
MONTHS_BOTH = Setting("months", "integer", _months_both, low=1, high=60)
MONTHS_TWICE = Setting("months", "integer", _months_twice, low=1, high=60)

_CHANGE_UNITS: dict[str, Unit] = {
    "n_customers": "count", "mean_before": "money", "mean_after": "money", "mean_change": "money",
    "change_low": "money", "change_high": "money",
}  # fmt: skip


def _changes(query: Query, sql: str, column: str, keys: tuple[str, ...]) -> dict[str, dict[str, object]]:
    """Rows by key: mean before and after, and the mean of each customer's own change with its t interval."""
    found: dict[str, dict[str, object]] = {}
    for row in query.frame(sql).to_dict("records"):
        n = int(row["n_customers"])
        change = one_sample(_moments(row))
        found[str(row[column])] = {
            "n_customers": n, "mean_before": float(row["mean_before"]), "mean_after": float(row["mean_after"]),
            "mean_change": change.effect_size,
            "change_low": change.ci_lower if n >= MIN_CUSTOMERS else None,
            "change_high": change.ci_upper if n >= MIN_CUSTOMERS else None,
        }  # fmt: skip
    return {key: found[key] for key in keys if key in found}


def _moments(row: Mapping[Any, Any]) -> Moments:
    spread = None if row["spread"] is None else float(row["spread"])
    return Moments(int(row["n_customers"]), float(row["change"]), spread)


# --- before and after -------------------------------------------------------------------------------------------------


def _make_both(query: Query, settings: Settings) -> Base:
    base = make_windows(query, settings, every=True)
    needs_nps(base)
    make_windows(query, settings, "after", "windows_after", every=True)
    query.make("both_windows", _BOTH)
    return base


def _make_both_members(query: Query, settings: Settings) -> None:
    _make_both(query, settings)
    query.make("members", _BOTH_MEMBERS)


def before_after(query: Query, settings: Settings) -> Result:
    """What each group bought in the `months` before the answer and in the `months` after it, the same customers.

    Only answers whose two windows lie within the data; a customer's latest such answer. Table: group, n_customers,
    mean_before, mean_after, mean_change (mean of each customer's own change) with its t interval from 30 customers on.
    Metric gap: promoters' mean change minus detractors' (Welch). Answers often come soon after a purchase, so that
    spend falls from before to after in every group; the gap takes out what is common to both. Association.
    """
    base = _make_both(query, settings)
    rows = _changes(query, _BOTH_TABLE, "nps_group", GROUPS)
    if not rows:
        raise NotEnoughDataError("nps.no_both_windows", months=settings["months"])
    table = frame([{"group": group, **row} for group, row in rows.items()], ["group", *_CHANGE_UNITS])
    n = int(table["n_customers"].sum())
    gap = _gap(query)
    metrics = {
        "gap": Metric(gap.effect_size, "money", gap.ci_lower, gap.ci_upper) if gap else Metric(None, "money"),
        "gap_pvalue": Metric(gap.pvalue if gap else None, "pvalue", better=0),
        "n_customers": Metric(n, "count", better=0),
    }
    headline = _gap_headline(gap, settings)
    return Result(
        key="nps.before_after",
        headline=headline,
        metrics=metrics,
        table=table,
        units={"group": "text", **_CHANGE_UNITS},
        basis=base.basis(
            "nps_before_after", Message("nps.both_rule", {"months": settings["months"]}),
            unknown_customer=base.n_unknown, window_not_whole=base.n_counted - base.n_unknown - n,
        ),
        chart=Chart(
            "hbar", x="group", y="mean_after", before="mean_before", title=Message("nps.both_title"),
            subtitle=Message("nps.both_subtitle", {"months": settings["months"]}),
        ),
        drill=("group",),
        notes=(*base.notes, Note("answers_follow_purchases")),
        labels={group: f"nps.group.{group}" for group in GROUPS},
        evidence="association",
    )  # fmt: skip


def _gap(query: Query) -> Difference | None:
    """Promoters' change against detractors'; None with fewer than 30 of either."""
    found = {str(row["nps_group"]): _moments(row) for row in query.frame(_BOTH_TABLE).to_dict("records")}
    promoters, detractors = found.get("promoter"), found.get("detractor")
    if promoters is None or detractors is None or min(promoters.n, detractors.n) < MIN_CUSTOMERS:
        return None
    return welch(promoters, detractors)


def _gap_headline(gap: Difference | None, settings: Settings) -> Message:
    if gap is None or gap.effect_size is None or gap.pvalue is None:
        return Message("nps.gap_few", {"few": MIN_CUSTOMERS, "months": settings["months"]})
    values = {"gap": money(abs(gap.effect_size)), "seen": smallest_seen(gap)}
    if gap.pvalue >= _SHOWN_P:
        return Message("nps.gap_none", values)
    return Message("nps.gap_more" if gap.effect_size > 0 else "nps.gap_less", values)


# --- change on change -------------------------------------------------------------------------------------------------


def _make_twice(query: Query, settings: Settings) -> Base:
    base = make_windows(query, settings, every=True)
    query.make("twice", _TWICE)
    return base


def _make_twice_members(query: Query, settings: Settings) -> None:
    _make_twice(query, settings)
    query.make("members", _TWICE_MEMBERS)


def change(query: Query, settings: Settings) -> Result:
    """Change in spend against change in score, for those who answered twice at least `months` apart.

    Spend is that of the `months` before each answer; the two windows do not overlap. Table: score_move (rose, same,
    fell) × spend_move (less, as_much, more), n_customers, share (of the score move), sales_before, sales_after.
    `tables["moves"]`: per score move the mean spend before each answer and its mean change with interval. Metrics:
    slope (money per point of score, least squares, HC3), nps_change (paired, points), n_customers. Association.
    Raises NotEnoughDataError when nobody answered twice that far apart.
    """
    base = _make_twice(query, settings)
    n = query.count("twice")
    if n == 0:
        several = int(query.one(_SEVERAL)[0])
        reason = "nps.no_twice_apart" if several else "nps.no_twice"
        raise NotEnoughDataError(reason, months=settings["months"], n=several)
    pairs = query.arrow(_PAIRS)
    slope = line_slope(pairs["score_change"].to_numpy(), pairs["change"].to_numpy())
    table = _cells(query)
    moves = _changes(query, _MOVES, "score_move", SCORE_MOVES)
    shown = not slope.reasons
    figures = slope.difference
    headline = _change_headline(slope, settings)
    return Result(
        key="nps.change",
        headline=headline,
        metrics={
            "slope": Metric(figures.effect_size, "money", figures.ci_lower, figures.ci_upper)
            if shown else Metric(None, "money"),
            "slope_pvalue": Metric(figures.pvalue if shown else None, "pvalue", better=0),
            "nps_change": _paired(pairs["first_score"].to_numpy(), pairs["last_score"].to_numpy(), base),
            "n_customers": Metric(n, "count", better=0),
        },
        table=table,
        units={
            "score_move": "text", "spend_move": "text", "n_customers": "count", "share": "ratio",
            "sales_before": "money", "sales_after": "money",
        },
        basis=base.basis(
            "nps_change", Message("nps.twice_rule", {"months": settings["months"]}),
            unknown_customer=base.n_unknown, not_in_a_pair=base.n_counted - base.n_unknown - 2 * n,
        ),
        chart=Chart(
            "matrix", x="spend_move", y="score_move", color="share", title=headline,
            subtitle=Message("nps.twice_subtitle", {"months": settings["months"]}),
        ),
        charts=(
            Chart(
                "dots", x="score_move", y="mean_change", low="change_low", high="change_high",
                title=Message("nps.moves_title"), subtitle=Message("nps.moves_subtitle"),
            ),
        ),
        drill=("score_move", "spend_move"),
        notes=base.notes,
        labels={
            **{move: f"nps.score_move.{move}" for move in SCORE_MOVES},
            **{move: f"nps.spend_move.{move}" for move in SPEND_MOVES},
        },
        evidence="association",
        tables={"moves": frame(
            [{"score_move": move, **row} for move, row in moves.items()], ["score_move", *_CHANGE_UNITS]
        )},
        more_units={"moves": {"score_move": "text", **_CHANGE_UNITS}},
    )  # fmt: skip


def _cells(query: Query) -> pd.DataFrame:
    """Every cell, also those where nobody stands; the same to the öre is rare and has its column when it is there."""
    found = {(str(row["score_move"]), str(row["spend_move"])): row for row in query.frame(_CELLS).to_dict("records")}
    sizes = {
        move: sum(int(row["n_customers"]) for (own, _), row in found.items() if own == move) for move in SCORE_MOVES
    }
    rows: list[dict[str, object]] = []
    shown = [spend for spend in SPEND_MOVES if spend != "as_much" or any(own == spend for _, own in found)]
    for move in SCORE_MOVES:
        for spend in shown:
            row = found.get((move, spend))
            n = int(row["n_customers"]) if row else 0
            rows.append({
                "score_move": move, "spend_move": spend, "n_customers": n,
                "share": n / sizes[move] if sizes[move] else None,
                "sales_before": money(row["sales_before"] if row else 0),
                "sales_after": money(row["sales_after"] if row else 0),
            })  # fmt: skip
    return frame(rows, list(rows[0]))


def _paired(first: np.ndarray, last: np.ndarray, base: Base) -> Metric:
    """How the NPS of these customers moved from the one answer to the other."""
    if not base.is_nps or len(first) < MIN_PAIRS:
        return Metric(None, "points")
    moved = paired_difference(first, last)
    return Metric(moved.effect_size, "points", moved.ci_lower, moved.ci_upper)


def _change_headline(slope: LineSlope, settings: Settings) -> Message:
    outcome = change_outcome(slope)
    size = slope.difference.effect_size
    return Message(
        f"nps.change_{outcome}",
        {
            "slope": None if size is None else money(abs(size)),
            "seen": smallest_seen(slope.difference),
            "n": slope.n,
            "needed": MIN_PAIRS,
            "months": settings["months"],
        },
    )


ANALYSES = (
    Analysis(
        "nps.before_after", before_after, (MONTHS_BOTH, NPS_START, NPS_END), _make_both_members, ("group",),
        ("answers", "transactions"),
    ),
    Analysis(
        "nps.change", change, (MONTHS_TWICE, NPS_START, NPS_END), _make_twice_members, ("score_move", "spend_move"),
        ("answers", "transactions"),
    ),
)  # fmt: skip
