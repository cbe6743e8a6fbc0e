"""Lifecycle: who is new, active, won back, slipping or lost, by a rule in days that stands on the page."""

from collections.abc import Mapping
from datetime import date, timedelta

from insight.analysis import segmenting
from insight.analysis.basis import basis
from insight.analysis.registry import Analysis
from insight.errors import UsageError
from insight.result import Message, Metric, Note, Result
from insight.settings import AS_OF, Setting, Settings
from insight.workspace.engine import Query

KEY = "segments.lifecycle"
STATES = ("new", "active", "returned", "slipping", "lost")

# The first purchase of the latest `new_days` days, and the last one before them: a silence of `lost_days` or more
# between the two is a comeback. It cannot hide within those days, as they are fewer than the days that make one lost.
_RECENT = """
    SELECT
        customer_id,
        min(CASE WHEN ordered_on >= $recent THEN ordered_on END) AS first_recent_on,
        max(CASE WHEN ordered_on < $recent THEN ordered_on END) AS last_before_on
    FROM orders
    WHERE customer_id IS NOT NULL AND NOT is_return AND ordered_on < $as_of
    GROUP BY customer_id
"""
_ASSIGNED = """
    SELECT
        bought.customer_id,
        CASE
            WHEN bought.outside IS NOT NULL THEN bought.outside
            WHEN bought.first_on >= $recent THEN 'new'
            WHEN recent.first_recent_on - recent.last_before_on >= $lost_days THEN 'returned'
            WHEN cast($as_of AS DATE) - bought.last_on < $active_days THEN 'active'
            WHEN cast($as_of AS DATE) - bought.last_on < $lost_days THEN 'slipping'
            ELSE 'lost'
        END AS segment,
        cast($as_of AS DATE) - bought.last_on AS days_since_last,
        bought.first_on,
        bought.n_orders,
        bought.sales,
        bought.margin
    FROM bought LEFT JOIN recent ON recent.customer_id = bought.customer_id
"""
_GAPS = """
    SELECT
        count(gap) AS n,
        quantile_cont(cast(gap AS DOUBLE), 0.5) AS median,
        quantile_cont(cast(gap AS DOUBLE), 0.9) AS p90
    FROM (
        SELECT ordered_on - lag(ordered_on) OVER (PARTITION BY customer_id ORDER BY ordered_on) AS gap
        FROM orders
        WHERE customer_id IS NOT NULL AND NOT is_return AND ordered_on < $as_of
            AND (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))) AS gaps
    WHERE gap > 0
"""


def assign(query: Query, settings: Settings, as_of: date, into: str) -> None:
    """Temporary table `into`: every customer with the state at `as_of`, or why they stand outside."""
    _check(settings)
    recent = as_of - timedelta(days=settings["new_days"])
    segmenting.make_bought(query, segmenting.window_start(settings, as_of), as_of)
    query.make("recent", _RECENT, as_of=as_of, recent=recent)
    query.make(
        into,
        _ASSIGNED,
        as_of=as_of,
        recent=recent,
        active_days=settings["active_days"],
        lost_days=settings["lost_days"],
    )


def _check(settings: Settings) -> None:
    if not settings["new_days"] <= settings["active_days"] < settings["lost_days"]:
        raise UsageError(
            "lifecycle.days_not_rising", new=settings["new_days"], active=settings["active_days"],
            lost=settings["lost_days"],
        )  # fmt: skip


def members(query: Query, settings: Settings) -> None:
    """Temporary table `members` with the state as `segment`; raises as `run` does."""
    segmenting.make_members(query, settings, assign)


def run(query: Query, settings: Settings) -> Result:
    """Customers by state at `as_of`, by days: first match of

    new: first purchase within `new_days`; returned: bought within `new_days` after `lost_days` or more of silence;
    active: bought within `active_days`; slipping: silent for `active_days` up to `lost_days`; lost: silent for longer.
    A bound belongs to the later state. Table: see `segmenting.UNITS`. Metrics also median_gap and p90_gap: days between
    purchases, over all completed gaps (long gaps that are still open are not in them). Raises UsageError when the
    days do not rise, NotEnoughDataError for an empty scope.
    """
    _check(settings)
    found = segmenting.by_segment(query, settings, assign, STATES)
    as_of = settings["as_of"]
    n_gaps, median, p90 = query.one(_GAPS, as_of=as_of)
    rule = Message(
        "segments.lifecycle.rule", {name: settings[name] for name in ("new_days", "active_days", "lost_days")}
    )
    rows = {row["segment"]: row for row in found.rows}
    metrics = {"customers": Metric(found.n, "count")}
    # Where all history counts, who is lost stays lost: their number rises by itself, which is no bad news.
    lost = -1 if found.grown_from is None else 0
    for state, better in (("active", 1), ("new", 1), ("slipping", -1), ("lost", lost), ("returned", 1)):
        if state in rows:
            row = rows[state]
            metrics[state] = Metric(
                row["n_customers"], "count", before=row["n_customers_before"], better=better, mark={"segment": state}
            )
    if n_gaps:
        metrics |= {"median_gap": Metric(median, "days", better=0), "p90_gap": Metric(p90, "days", better=0)}
    return Result(
        key=KEY,
        headline=_headline(found, rows),
        metrics=metrics,
        table=found.table,
        units=found.units,
        basis=basis(
            found.account, segmenting.window_start(settings, as_of), as_of, rule=rule, formula="lifecycle",
            parts=found.parts, n_customers=found.n,
        ),
        chart=segmenting.CHART,
        drill=("segment",),
        notes=(*segmenting.notes(query, found), *_notes(query, settings, median)),
        labels={key: f"label.{key}" for key in (*STATES, *segmenting.OUTSIDE)},
    )  # fmt: skip


def _notes(query: Query, settings: Settings, median: float | None) -> tuple[Note, ...]:
    remarks: list[Note] = []
    first = query.extent()[0]
    if settings["as_of"] - timedelta(days=settings["lost_days"]) < first:
        remarks.append(Note("nobody_can_be_lost", {"first": first, "days": settings["lost_days"]}, "warning"))
    if median is not None and median >= settings["active_days"]:
        remarks.append(Note("rhythm_longer_than_rule", {"median": median, "days": settings["active_days"]}, "warning"))
    return tuple(remarks)


def _headline(found: segmenting.Segments, rows: Mapping[str, Mapping[str, object]]) -> Message:
    if plain := segmenting.plain_headline(found):
        return plain
    for state in ("slipping", "lost"):
        row = rows.get(state)
        if row and row["n_customers"]:
            key = f"segments.lifecycle.{state}" if row["n_customers"] != 1 else f"segments.lifecycle.{state}_one"
            return Message(key, {"n": row["n_customers"], "sales": row["sales"]})
    return Message("segments.lifecycle.all_here", {"n": found.n})


SETTINGS = (
    AS_OF,
    Setting("new_days", "integer", 90, low=1),
    Setting("active_days", "integer", 180, low=1),
    Setting("lost_days", "integer", 365, low=2),
    Setting("window", "integer", None, low=1, high=120),
)
ANALYSES = (Analysis(KEY, run, SETTINGS, members, ("segment",), listed="n_orders > 0"),)
