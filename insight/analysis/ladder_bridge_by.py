"""The money bridge by a field: store, channel, recruitment, region …; every class and value adds up to the whole."""

from decimal import Decimal
from typing import Any

from insight.analysis import fields
from insight.analysis.basis import frame
from insight.analysis.ladder_bridge import CLASSES, bridge_rule, make_members, period_totals, young
from insight.analysis.ladder_migration import window_notes
from insight.analysis.ladder_rules import LADDER_END, LADDER_START, WINDOW, WINDOW_KIND, Windows
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError, WorkspaceError
from insight.result import Basis, Chart, Message, Metric, Result, SumCheck, Unit
from insight.settings import Setting, Settings
from insight.workspace.engine import Query, money

MOST_VALUES = 12
_REST = ("other_values", fields.UNKNOWN)


BY = Setting("by", "text", fields.first)

# A customer's class is that of all their purchases; the money stands where it was spent, or with the customer's value.
_PARTS = """
    SELECT
        spent.customer_id,
        coalesce(classes.class, 'unidentified') AS class,
        coalesce(nullif(trim(cast(spent.value AS VARCHAR)), ''), 'unknown') AS raw,
        sum(CASE WHEN spent.day >= $opened AND spent.day < $start THEN spent.sales ELSE 0 END) AS money_before,
        sum(CASE WHEN spent.day >= $opened_last AND spent.day < $end THEN spent.sales ELSE 0 END) AS money_after
    FROM ({spent}) AS spent LEFT JOIN classes ON classes.customer_id = spent.customer_id
    WHERE ((spent.day >= $opened AND spent.day < $start) OR (spent.day >= $opened_last AND spent.day < $end))
        AND (NOT $scoped OR spent.customer_id IN (SELECT customer_id FROM scope))
    GROUP BY spent.customer_id, coalesce(classes.class, 'unidentified'),
        coalesce(nullif(trim(cast(spent.value AS VARCHAR)), ''), 'unknown')
"""
_BY_ORDER = "SELECT customer_id, ordered_on AS day, sales, {column} AS value FROM orders"
_BY_LINE = "SELECT customer_id, ordered_at AS day, amount AS sales, {column} AS value FROM transactions"
_BY_CUSTOMER = """
    SELECT orders.customer_id, orders.ordered_on AS day, orders.sales, field_values.value
    FROM orders LEFT JOIN field_values ON field_values.customer_id = orders.customer_id
"""
_SHOWN = """
    SELECT raw, CASE WHEN place <= $most OR raw = 'unknown' THEN raw ELSE 'other_values' END AS value
    FROM (
        SELECT raw, row_number() OVER (ORDER BY sum(money_before) + sum(money_after) DESC, raw) AS place
        FROM parts GROUP BY raw) AS placed
"""
_MEMBERS = """
    SELECT
        parts.customer_id, shown.value, parts.class, sum(parts.money_after) - sum(parts.money_before) AS money_change,
        sum(parts.money_before) AS money_before, sum(parts.money_after) AS money_after
    FROM parts JOIN shown ON shown.raw = parts.raw
    WHERE parts.customer_id IS NOT NULL
    GROUP BY parts.customer_id, shown.value, parts.class
"""
_TABLE = """
    SELECT shown.value, parts.class, count(DISTINCT parts.customer_id) AS n_customers,
        sum(parts.money_before) AS money_before, sum(parts.money_after) AS money_after
    FROM parts JOIN shown ON shown.raw = parts.raw
    GROUP BY shown.value, parts.class
"""
_UNITS: dict[str, Unit] = {
    "value": "text", "class": "text", "n_customers": "count", "money_before": "money", "money_after": "money",
    "money_change": "money",
}  # fmt: skip


def _field(query: Query, settings: Settings) -> fields.Dimension:
    if settings["by"] is None:
        raise NotEnoughDataError("fields.none")
    return fields.find(query, settings["by"])


def make_parts(query: Query, settings: Settings) -> tuple[Windows, fields.Dimension]:
    """Temporary tables `parts` (customer or none, class, raw value, money) and `members`, a row a customer and mark."""
    field = _field(query, settings)
    span = make_members(query, settings)
    query.make("classes", "SELECT customer_id, class FROM members")
    if field.level in ("order", "line"):
        spent = (_BY_ORDER if field.level == "order" else _BY_LINE).replace("{column}", field.column)
    else:
        fields.make_values(query, field, span.end)
        spent = _BY_CUSTOMER
    sql = _PARTS.replace("{spent}", spent)
    query.make("parts", sql, opened=span.opened, start=span.start, opened_last=span.opened_last, end=span.end)
    query.make("shown", _SHOWN, most=MOST_VALUES)
    query.make("members", _MEMBERS)
    return span, field


def bridge_by(query: Query, settings: Settings) -> Result:
    """The bridge's classes divided by a field of orders or lines (where, on what it was spent) or of customers.

    Table: value, class, n_customers, money_before, money_after, money_change; the largest dozen values, the rest in
    'other_values'. All cells together are closing minus opening, exactly. Raises UsageError for an unknown
    field, NotEnoughDataError without fields or when nothing was sold in either window.
    """
    span, field = make_parts(query, settings)
    found = [(str(v), str(c), int(n), money(b), money(a)) for v, c, n, b, a in query.rows(_TABLE)]
    if not found:
        raise NotEnoughDataError("ladder.nobody", end=span.end)
    sizes: dict[str, Decimal] = {}
    for value, _, _, before, after in found:
        sizes[value] = sizes.get(value, money(0)) + before + after
    places = {c: place for place, c in enumerate(CLASSES)}
    found.sort(key=lambda row: (row[0] in _REST, -sizes[row[0]], row[0], places[row[1]]))
    rows: list[dict[str, Any]] = [
        {
            "value": value, "class": group, "n_customers": n, "money_before": before, "money_after": after,
            "money_change": after - before,
        }
        for value, group, n, before, after in found
    ]  # fmt: skip
    opening, closing, used, outside = period_totals(query, span)
    changes = {value: sum((r["money_change"] for r in rows if r["value"] == value), money(0)) for value in sizes}
    check = SumCheck(closing - opening, changes)
    if check.difference != 0:
        raise WorkspaceError("workspace.sums_differ")
    return Result(
        key="ladder.bridge_by",
        headline=_headline(changes),
        metrics={
            "opening": Metric(opening, "money", better=0),
            "closing": Metric(closing, "money", before=opening),
            "difference": Metric(closing - opening, "money"),
        },
        table=frame(rows, list(_UNITS)),
        units=_UNITS,
        basis=Basis(
            span.opened, span.end, used, {"outside_windows": outside} if outside else {},
            bridge_rule(span), "bridge", check, windows=span.both,
        ),
        chart=Chart(
            "matrix", x="class", y="value", color="money_change", title=_headline(changes),
            subtitle=Message("ladder.bridge_by_subtitle", {"field": field.name if field.own else Message(field.name)}),
        ),
        drill=("value", "class"),
        notes=(*window_notes(query, span), *young(span)),
        labels={key: f"ladder.class.{key}" for key in CLASSES},
        evidence="before_after",
    )  # fmt: skip


def _headline(changes: dict[str, Decimal]) -> Message:
    """The value that carried most of the change, in the direction of the whole."""
    total = sum(changes.values(), money(0))
    known = {value: change for value, change in changes.items() if value not in _REST} or changes
    most = max(known, key=lambda value: known[value] * (1 if total >= 0 else -1))
    return Message("ladder.bridge_by_headline", {"value": most, "change": known[most], "total": total})


def _list(query: Query, settings: Settings) -> None:
    make_parts(query, settings)


ANALYSES = (
    Analysis(
        "ladder.bridge_by", bridge_by, (LADDER_START, LADDER_END, WINDOW, WINDOW_KIND, BY), _list, ("value", "class")
    ),
)
