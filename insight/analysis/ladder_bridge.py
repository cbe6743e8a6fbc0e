"""The money bridge: from the sales of one window to those of the next, every krona in exactly one class."""

from collections.abc import Mapping
from decimal import Decimal

import pandas as pd

from insight.analysis.ladder_migration import window_notes
from insight.analysis.ladder_rules import (
    LADDER_END,
    LADDER_START,
    WINDOW,
    WINDOW_KIND,
    Windows,
    window_words,
    windows,
)  # fmt: skip
from insight.analysis.registry import Analysis
from insight.analysis.selected import movement_notes
from insight.errors import NotEnoughDataError, WorkspaceError
from insight.result import Basis, Chart, Message, Metric, Note, Result, SumCheck
from insight.settings import Settings
from insight.workspace.engine import Query, money

CLASSES = ("new", "returned", "up", "down", "flat", "lost", "returns", "unidentified")
_YOUNG_MONTHS = 24

# One class a customer, by purchases: bought in both windows, in one, or only returned goods. Sales are net of returns.
_MEMBERS = """
    WITH sums AS (
        SELECT
            customer_id,
            sum(CASE WHEN ordered_on >= $opened AND ordered_on < $start THEN sales ELSE 0 END) AS money_before,
            sum(CASE WHEN ordered_on >= $opened_last AND ordered_on < $end THEN sales ELSE 0 END) AS money_after,
            sum(CASE WHEN ordered_on >= $opened AND ordered_on < $start AND NOT is_return THEN 1 ELSE 0 END)
                AS n_orders_before,
            sum(CASE WHEN ordered_on >= $opened_last AND ordered_on < $end AND NOT is_return THEN 1 ELSE 0 END)
                AS n_orders_after,
            sum(CASE WHEN (ordered_on >= $opened AND ordered_on < $start)
                OR (ordered_on >= $opened_last AND ordered_on < $end) THEN 1 ELSE 0 END) AS n_rows,
            sum(CASE WHEN ordered_on < $opened_last AND NOT is_return THEN 1 ELSE 0 END) AS n_orders_earlier
        FROM orders
        WHERE ordered_on < $end AND customer_id IS NOT NULL
            AND (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))
        GROUP BY customer_id)
    SELECT
        customer_id,
        CASE
            WHEN n_orders_before > 0 AND n_orders_after > 0 AND money_after > money_before THEN 'up'
            WHEN n_orders_before > 0 AND n_orders_after > 0 AND money_after < money_before THEN 'down'
            WHEN n_orders_before > 0 AND n_orders_after > 0 THEN 'flat'
            WHEN n_orders_before > 0 THEN 'lost'
            WHEN n_orders_after > 0 AND n_orders_earlier > 0 THEN 'returned'
            WHEN n_orders_after > 0 THEN 'new'
            ELSE 'returns'
        END AS class,
        money_after - money_before AS money_change,
        money_before,
        money_after,
        n_orders_before,
        n_orders_after
    FROM sums
    WHERE n_rows > 0
"""

_TABLE = """
    SELECT class, count(*) AS n_customers, sum(money_before) AS money_before, sum(money_after) AS money_after,
        sum(money_change) AS money_change
    FROM members
    GROUP BY class
"""

_TOTALS = """
    SELECT
        coalesce(sum(CASE WHEN early THEN sales ELSE 0 END), 0) AS opening,
        coalesce(sum(CASE WHEN late THEN sales ELSE 0 END), 0) AS closing,
        coalesce(sum(CASE WHEN early AND customer_id IS NULL THEN sales ELSE 0 END), 0) AS unidentified_before,
        coalesce(sum(CASE WHEN late AND customer_id IS NULL THEN sales ELSE 0 END), 0) AS unidentified_after,
        coalesce(sum(CASE WHEN early OR late THEN n_lines ELSE 0 END), 0) AS used,
        coalesce(sum(CASE WHEN early OR late THEN 0 ELSE n_lines END), 0) AS outside
    FROM (
        SELECT customer_id, sales, n_lines, ordered_on >= $opened AND ordered_on < $start AS early,
            ordered_on >= $opened_last AND ordered_on < $end AS late
        FROM orders
        WHERE NOT $scoped OR customer_id IN (SELECT customer_id FROM scope)) AS windowed
"""


def _list(query: Query, settings: Settings) -> None:
    make_members(query, settings)


def make_members(query: Query, settings: Settings) -> Windows:
    """Temporary table `members`: customer_id, class, money before, after and change; and the windows used."""
    span = windows(query, settings)
    query.make("members", _MEMBERS, opened=span.opened, start=span.start, opened_last=span.opened_last, end=span.end)
    return span


def period_totals(query: Query, span: Windows) -> tuple[Decimal, Decimal, int, int]:
    """(sales of the earlier window, of the later, lines in either, lines in neither), with or without a customer."""
    opening, closing, _, _, used, outside = query.one(
        _TOTALS, opened=span.opened, start=span.start, opened_last=span.opened_last, end=span.end
    )
    return money(opening), money(closing), int(used), int(outside)


def bridge(query: Query, settings: Settings) -> Result:
    """Opening sales + new + returned + up + down + flat + lost + returns + unidentified = closing sales, to the öre.

    The windows are [start − window, start) and [end − window, end). Table: class, n_customers, money_before,
    money_after, money_change; the class 'unidentified' has no customers, only money. Metrics: opening, closing,
    difference; buyers in either window. tables['customers']: what each class adds to the number of buyers.
    Raises NotEnoughDataError when nothing was sold in either window.
    """
    span = make_members(query, settings)
    opening, closing, anonymous_before, anonymous_after, used, outside = query.one(
        _TOTALS, opened=span.opened, start=span.start, opened_last=span.opened_last, end=span.end
    )
    table = query.frame(_TABLE)
    if table.empty and not anonymous_before and not anonymous_after:
        raise NotEnoughDataError("ladder.nobody", end=span.end)
    if not query.scoped:
        table.loc[len(table)] = [
            "unidentified",
            0,
            anonymous_before,
            anonymous_after,
            anonymous_after - anonymous_before,
        ]
    order = {key: rank for rank, key in enumerate(CLASSES)}
    table = table.sort_values("class", key=lambda column: column.map(order), ignore_index=True)
    parts = {str(row["class"]): money(row["money_change"]) for _, row in table.iterrows()}
    opening, closing = money(opening), money(closing)
    check = SumCheck(closing - opening, parts)
    if check.difference != 0:
        raise WorkspaceError("workspace.sums_differ")
    people = {str(row["class"]): int(row["n_customers"]) for _, row in table.iterrows()}
    customers = _customers(people)
    metrics = {
        "opening": Metric(opening, "money", better=0),
        "closing": Metric(closing, "money", before=opening),
        "difference": Metric(closing - opening, "money"),
        "new_money": Metric(parts.get("new", money(0)), "money", mark={"class": "new"}),
        "lost_money": Metric(parts.get("lost", money(0)), "money", better=1, mark={"class": "lost"}),
        "buyers": _buyers(people),
    }
    rule = bridge_rule(span)
    return Result(
        key="ladder.bridge",
        headline=_headline(opening, closing, parts),
        metrics=metrics,
        table=table,
        units={
            "class": "text", "n_customers": "count", "money_before": "money", "money_after": "money",
            "money_change": "money",
        },
        basis=Basis(
            span.opened, span.end, int(used), {"outside_windows": int(outside)} if outside else {}, rule, "bridge",
            check, windows=span.both,
        ),
        chart=Chart("bridge", x="class", y="money_change", title=Message("ladder.bridge_title")),
        charts=(
            Chart(
                "bridge", x="class", y="n_change", title=Message("ladder.bridge_customers"),
                subtitle=Message("ladder.bridge_customers_subtitle"),
            ),
        ),
        drill=("class",),
        notes=(*movement_notes(query), *window_notes(query, span), *young(span)),
        labels={key: f"ladder.class.{key}" for key in CLASSES},
        evidence="before_after",
        tables={"customers": customers},
        more_units={"customers": {"class": "text", "n_customers": "count", "n_change": "count"}},
        leads=("closing",),
    )  # fmt: skip


def bridge_rule(span: Windows) -> Message:
    """The bridge's rule in words: its two windows."""
    window = window_words("during", span.months, span.kind)
    return Message("ladder.bridge_rule", {"window": window, "start": span.start, "end": span.end})


def _customers(people: Mapping[str, int]) -> pd.DataFrame:
    """What each class adds to the number of buyers, from the earlier window to the later."""
    rows = [
        {"class": key, "n_customers": people[key], "n_change": sign * people[key]}
        for key, sign in (("new", 1), ("returned", 1), ("lost", -1))
        if key in people
    ]
    return pd.DataFrame(rows, columns=["class", "n_customers", "n_change"])


def _buyers(people: Mapping[str, int]) -> Metric:
    """Customers with a purchase in the later window, and in the earlier."""
    both = sum(people.get(key, 0) for key in ("up", "down", "flat"))
    return Metric(both + people.get("new", 0) + people.get("returned", 0), "count", before=both + people.get("lost", 0))


def young(span: Windows) -> tuple[Note, ...]:
    """History that begins less than two years before the first window: some of the 'new' may be old."""
    months = 12 * (span.opened_last.year - span.first_day.year) + span.opened_last.month - span.first_day.month
    return (Note("new_may_be_old", {"first": span.first_day}),) if months < _YOUNG_MONTHS else ()


def _headline(opening: object, closing: object, parts: Mapping[str, Decimal]) -> Message:
    change = money(closing) - money(opening)
    values: dict[str, object] = {"change": change, "closing": closing, "opening": opening}
    if change == 0:
        return Message("ladder.bridge_same", values)
    most = max(parts, key=lambda key: money(parts[key]) * (1 if change > 0 else -1))
    values["carrier"] = Message(f"ladder.carrier.{most}")
    return Message("ladder.bridge_up" if change > 0 else "ladder.bridge_down", values)


ANALYSES = (
    Analysis(
        "ladder.bridge",
        bridge,
        (LADDER_START, LADDER_END, WINDOW, WINDOW_KIND),
        _list,
        ("class",),
    ),
)
