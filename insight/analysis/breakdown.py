"""Sales by month with the year before, and by any field of sales or customers."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from insight.analysis import fields
from insight.analysis.basis import account, basis, frame, part, per, share
from insight.analysis.overview import comparable, comparison_notes
from insight.analysis.registry import Analysis
from insight.analysis.selected import of_scope
from insight.errors import NotEnoughDataError
from insight.result import Chart, Message, Metric, Note, Result, Unit
from insight.settings import END, START, Setting, Settings, month_number, month_start, year_before
from insight.workspace.engine import Query, money

SERIES, BREAKDOWN = "overview.series", "overview.breakdown"
OTHERS, UNIDENTIFIED = "other_values", "unidentified"
MOST_VALUES = 30
ONE_DAY = timedelta(days=1)
_LAST = (OTHERS, fields.UNKNOWN, UNIDENTIFIED)
_MEASURES = {
    "sales": "sales", "customers": "n_customers", "orders": "n_orders", "receipt": "receipt",
    "identified_share": "identified_share", "margin": "margin",
}  # fmt: skip

_MONTHS = """
    SELECT
        customer_id,
        month_no,
        count(CASE WHEN is_return THEN NULL ELSE 1 END) AS n_orders,
        sum(sales) AS sales,
        sum(margin) AS margin
    FROM orders
    WHERE ordered_on >= $start AND ordered_on < $end
        AND (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))
    GROUP BY customer_id, month_no
"""
_BY_MONTH = """
    SELECT
        month_no,
        sum(sales) AS sales,
        sum(CASE WHEN customer_id IS NULL THEN sales ELSE 0 END) AS unidentified,
        sum(CASE WHEN customer_id IS NULL OR n_orders = 0 THEN 0 ELSE sales END) AS listed,
        count(CASE WHEN customer_id IS NULL OR n_orders = 0 THEN NULL ELSE 1 END) AS n_customers,
        sum(CASE WHEN customer_id IS NULL THEN 0 ELSE n_orders END) AS n_orders,
        sum(margin) AS margin
    FROM months GROUP BY month_no
"""
_MONTH_MEMBERS = """
    SELECT
        customer_id,
        make_date(cast(month_no // 12 AS INTEGER), cast(month_no % 12 + 1 AS INTEGER), 1) AS "month",
        n_orders,
        sales,
        margin
    FROM months WHERE customer_id IS NOT NULL AND n_orders > 0
"""
_SERIES_UNITS: dict[str, Unit] = {
    "month": "date", "sales": "money", "n_customers": "count", "n_orders": "count", "receipt": "money",
    "identified_share": "ratio", "margin": "money", "sales_listed": "money", "before": "money",
    "part_from": "date", "part_to": "date",
}  # fmt: skip

# An order's part in a value is a purchase unless its net there is below 0: the rule of orders, on the part.
_LINES = """
    SELECT customer_id, raw, count(CASE WHEN sales < 0 THEN NULL ELSE 1 END) AS n_orders, sum(sales) AS sales,
        sum(margin) AS margin
    FROM (
        SELECT
            customer_id, raw, ordered_on, order_key, sum(amount) AS sales, sum(line_margin) AS margin
        FROM (
            SELECT
                customer_id, {column} AS raw, amount, coalesce(margin, amount - cost) AS line_margin,
                cast(ordered_at AS DATE) AS ordered_on,
                coalesce('o' || order_id, CASE
                    WHEN cast(ordered_at AS TIME) <> TIME '00:00:00' AND customer_id IS NOT NULL
                    THEN 't' || cast(ordered_at AS VARCHAR)
                    ELSE 'l' || cast(file_id AS VARCHAR) || ' ' || cast(line AS VARCHAR) END) AS order_key
            FROM transactions
            WHERE ordered_at >= $start AND ordered_at < $end
                AND (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))) AS lines
        GROUP BY customer_id, raw, ordered_on, order_key) AS parts
    GROUP BY customer_id, raw
"""
_ORDERS = """
    SELECT customer_id, {column} AS raw, count(CASE WHEN is_return THEN NULL ELSE 1 END) AS n_orders,
        sum(sales) AS sales, sum(margin) AS margin
    FROM orders
    WHERE ordered_on >= $start AND ordered_on < $end
        AND (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))
    GROUP BY customer_id, {column}
"""
_CUSTOMERS = """
    SELECT
        orders.customer_id,
        CASE WHEN orders.customer_id IS NULL THEN 'unidentified' ELSE field_values.value END AS raw,
        count(CASE WHEN orders.is_return THEN NULL ELSE 1 END) AS n_orders,
        sum(orders.sales) AS sales,
        sum(orders.margin) AS margin
    FROM orders LEFT JOIN field_values ON field_values.customer_id = orders.customer_id
    WHERE orders.ordered_on >= $start AND orders.ordered_on < $end
        AND (NOT $scoped OR orders.customer_id IN (SELECT customer_id FROM scope))
    GROUP BY orders.customer_id, CASE WHEN orders.customer_id IS NULL THEN 'unidentified' ELSE field_values.value END
"""
_SHOWN = """
    SELECT raw, CASE WHEN place <= $most OR raw = 'unidentified' THEN raw ELSE 'other_values' END AS value
    FROM (
        SELECT raw, row_number() OVER (ORDER BY sales DESC, raw) AS place
        FROM (
            SELECT coalesce(nullif(trim(cast(raw AS VARCHAR)), ''), 'unknown') AS raw, sum(sales) AS sales
            FROM (SELECT raw, sales FROM parts UNION ALL SELECT raw, 0 AS sales FROM parts_before) AS both_periods
            GROUP BY coalesce(nullif(trim(cast(raw AS VARCHAR)), ''), 'unknown')) AS summed) AS placed
"""
_BY_CUSTOMER = """
    SELECT
        parts.customer_id, shown.value, cast(sum(parts.n_orders) AS BIGINT) AS n_orders, sum(parts.sales) AS sales,
        sum(parts.margin) AS margin
    FROM parts
    JOIN shown ON shown.raw = coalesce(nullif(trim(cast(parts.raw AS VARCHAR)), ''), 'unknown')
    GROUP BY parts.customer_id, shown.value
"""
_BY_CUSTOMER_BEFORE = _BY_CUSTOMER.replace("parts.", "parts_before.").replace("FROM parts", "FROM parts_before")
_MEMBERS = "SELECT * FROM by_customer WHERE customer_id IS NOT NULL AND n_orders > 0"
_BY_VALUE = """
    SELECT
        value,
        sum(sales) AS sales,
        sum(CASE WHEN customer_id IS NULL THEN sales ELSE 0 END) AS unidentified,
        sum(CASE WHEN customer_id IS NULL OR n_orders = 0 THEN 0 ELSE sales END) AS listed,
        count(CASE WHEN customer_id IS NULL OR n_orders = 0 THEN NULL ELSE 1 END) AS n_customers,
        sum(CASE WHEN customer_id IS NULL THEN 0 ELSE n_orders END) AS n_orders,
        sum(margin) AS margin
    FROM by_customer GROUP BY value
"""
_BY_VALUE_BEFORE = _BY_VALUE.replace("FROM by_customer", "FROM by_customer_before")
_BREAKDOWN_UNITS: dict[str, Unit] = {
    "value": "text", "sales": "money", "share_sales": "ratio", "sales_before": "money", "change": "money",
    "change_share": "ratio", "n_customers": "count", "n_customers_before": "count", "n_orders": "count",
    "receipt": "money", "margin": "money", "identified_share": "ratio", "sales_listed": "money",
}  # fmt: skip
_EMPTY = (0, 0, 0, 0, 0, None)
_NOTHING: Mapping[str, Any] = {
    "sales": money(0), "n_customers": 0, "n_orders": 0, "receipt": None, "identified_share": None, "margin": None,
    "sales_listed": money(0),
}  # fmt: skip


# --- by month ---------------------------------------------------------------------------------------------------------


def series_members(query: Query, settings: Settings) -> None:
    """Temporary table `members`: customer_id, month (its first day), n_orders, sales: who bought in each month."""
    query.make("months", _MONTHS, start=settings["start"], end=settings["end"])
    query.make("members", _MONTH_MEMBERS)


def _month_rows(query: Query) -> dict[int, dict[str, Any]]:
    return {
        int(month): {
            "month": month_start(int(month)),
            "sales": money(sales), "n_customers": int(n), "n_orders": int(orders), "sales_listed": money(listed),
            "receipt": per(money(listed), int(orders)),
            "identified_share": part(sales - unidentified, sales),
            "margin": None if margin is None else money(margin),
        }
        for month, sales, unidentified, listed, n, orders, margin in query.rows(_BY_MONTH)
    }  # fmt: skip


def series(query: Query, settings: Settings) -> Result:
    """Sales, customers, orders and receipts by calendar month in [start, end), and the measure a year before.

    Table: month, sales (all), n_customers, n_orders, receipt, identified_share, sales_listed (the sales of those
    customers, after returns), before (the measure in the same month and days a year earlier; None before the data);
    where a month is not whole, part_from and part_to: the first and the last day counted of it.
    Raises NotEnoughDataError for a period without transactions.
    """
    first, last = query.extent()
    # Days ahead of the data would set a month that has begun against a whole one.
    start, end = settings["start"], max(settings["start"], min(settings["end"], last + ONE_DAY))
    column = _MEASURES[settings["measure"]]
    earlier = year_before(start, end)
    query.make("months", _MONTHS, start=earlier[0], end=earlier[1])
    before = _month_rows(query)
    series_members(query, settings)
    now = _month_rows(query)
    if not now:
        raise NotEnoughDataError("error.no_orders_in_period", start=start, end=end, first=first, last=last)
    first_month = month_number(first)
    rows: list[dict[str, Any]] = []
    for month in range(max(month_number(start), first_month), min(month_number(end - ONE_DAY), month_number(last)) + 1):
        row = {
            "month": month_start(month),
            **_NOTHING,
            **now.get(month, {}),
            **_part_of(month_start(month), start, end),
        }
        known = earlier[0] >= first or month - 12 > first_month
        row["before"] = before.get(month - 12, _NOTHING).get(column) if known and month - 12 >= first_month else None
        rows.append(row)
    with_margin = any(row["margin"] is not None for row in rows)
    if column == "margin" and not with_margin:
        raise NotEnoughDataError("tiers.no_margin")
    units: dict[str, Unit] = {name: unit for name, unit in _SERIES_UNITS.items() if with_margin or name != "margin"}
    units["before"] = units[column]
    cut = [row for row in rows if row["part_to"] is not None]
    if not cut:
        del units["part_from"], units["part_to"]
    found = account(query, start, end)
    has_before = any(row["before"] is not None for row in rows)
    return Result(
        key=SERIES,
        headline=_series_headline(rows, column, settings["measure"]),
        metrics={"sales": Metric(found.total, "money")},
        table=frame(rows, list(units)),
        units=units,
        basis=basis(
            found, start, end, rule=Message("overview.series.rule"), formula="series", with_unidentified=True,
            parts={"months": sum((row["sales"] for row in rows), money(0)) - found.unidentified},
        ),
        chart=Chart(
            "line", x="month", y=column, before="before" if has_before else "",
            part=("part_from", "part_to") if cut else None,
            subtitle=Message(
                f"overview.series.{'before' if has_before else 'alone'}{'_cut' if cut else ''}",
                {"measure": Message(f"overview.series.measure.{settings['measure']}")},
            ),
        ),
        drill=("month",),
        notes=_series_notes(cut, first, has_before),
        labels={"months": "overview.series.months"},
        evidence="before_after" if has_before else "",
    )  # fmt: skip


def _part_of(month: date, start: date, end: date) -> dict[str, date | None]:
    """The first and the last day of a month that [start, end) holds, None where it holds them all."""
    after = month_start(month_number(month) + 1)
    if start <= month and end >= after:
        return {"part_from": None, "part_to": None}
    return {"part_from": max(start, month), "part_to": min(end, after) - ONE_DAY}


def _series_notes(cut: list[dict[str, Any]], first: date, has_before: bool) -> tuple[Note, ...]:
    remarks = [
        Note(
            "month_not_whole" if row["before"] is None else "month_not_whole_either",
            {"month": row["month"], "days": _days(row["part_from"], row["part_to"])},
        )
        for row in cut
    ]
    if not has_before:
        remarks.append(Note("no_year_before", {"first": first}))
    return tuple(remarks)


def _days(first: date, last: date) -> Message:
    key = "overview.series.one_day" if first == last else "overview.series.days"
    return Message(key, {"first": first, "last": last})


def _series_headline(rows: list[dict[str, Any]], column: str, measure: str) -> Message:
    name = Message(f"overview.series.name.{measure}")
    # A month without any figure a year before says nothing of growth; where most are such, none is spoken of.
    # Where there are whole months, a day or two of another is none to count.
    whole = [row for row in rows if row["part_to"] is None] or rows
    both = [row for row in whole if row["before"] and row[column] is not None]
    if 2 * len(both) >= len(whole):
        above = sum(row[column] > row["before"] for row in both)
        key = "overview.series.against" if len(whole) == len(rows) else "overview.series.against_whole"
        return Message(key, {"name": name, "above": above, "n": len(both)})
    best = max(whole, key=lambda row: (row["sales"], row["month"]))
    key = "overview.series.best" if len(whole) > 1 else "overview.series.one"
    return Message(key, {"month": best["month"], "sales": best["sales"]})


# --- by a field -------------------------------------------------------------------------------------------------------


def first_field(query: Query) -> str | None:
    """The default field: the first that holds something."""
    return fields.first(query)


def _field(query: Query, settings: Settings) -> fields.Dimension:
    if settings["by"] is None:
        raise NotEnoughDataError("fields.none")
    return fields.find(query, settings["by"])


def breakdown_members(query: Query, settings: Settings) -> None:
    """Temporary table `members`: customer_id, value, n_orders, sales: who bought under each value of the field."""
    field = _field(query, settings)
    start, end = settings["start"], settings["end"]
    other = comparable(query, settings) or (start, start)
    if field.level in ("customer", "facts"):
        fields.make_values(query, field, end)
    sql = {"order": _ORDERS, "line": _LINES}.get(field.level, _CUSTOMERS).replace("{column}", field.column)
    query.make("parts", sql, start=start, end=end)
    query.make("parts_before", sql, start=other[0], end=other[1])
    query.make("shown", _SHOWN, most=MOST_VALUES)
    query.make("by_customer", _BY_CUSTOMER)
    query.make("by_customer_before", _BY_CUSTOMER_BEFORE)
    query.make("members", _MEMBERS)


def breakdown(query: Query, settings: Settings) -> Result:
    """Sales, customers, orders and receipts of [start, end) by the values of a field, against the compared period.

    by: a field of orders or lines (channel, store, category …: sales with and without a customer), or of customers
    (region, recruitment …: unidentified sales in a row of their own), or a column that a file brought along. The
    largest thirty values; the rest in 'other_values'. A customer counts under every value they bought under.
    Table: value, sales, share_sales, sales_before, change, change_share, n_customers, n_customers_before, n_orders,
    receipt, margin where there, identified_share, sales_listed (those customers' sales there, after returns).
    Raises UsageError for an unknown field, NotEnoughDataError without fields or transactions in the period.
    """
    start, end = settings["start"], settings["end"]
    first, last = query.extent()
    field = _field(query, settings)
    breakdown_members(query, settings)
    found = account(query, start, end)
    if not found.rows.get("used") and not found.rows.get("unidentified"):
        raise NotEnoughDataError("error.no_orders_in_period", start=start, end=end, first=first, last=last)
    with_before = comparable(query, settings) is not None
    rows = _value_rows(query, with_before, found.total)
    with_margin = any(row["margin"] is not None for row in rows)
    units: dict[str, Unit] = {name: unit for name, unit in _BREAKDOWN_UNITS.items() if with_margin or name != "margin"}
    name = field.name if field.own else Message(field.name)
    of_values = {row["value"]: row["sales"] for row in rows if row["value"] != UNIDENTIFIED}
    if field.level in ("order", "line"):
        # Every value holds sales without a customer too: the check sets all of them against the total.
        of_values = {"values": sum(of_values.values(), money(0)) - found.unidentified}
    return Result(
        key=BREAKDOWN,
        headline=_breakdown_headline(query, rows, with_before),
        metrics={"sales": Metric(found.total, "money"), "values": Metric(len(rows), "count", better=0)},
        table=frame(rows, list(units)),
        units=units,
        basis=basis(
            found, start, end, rule=Message(f"overview.breakdown.rule_{field.level}", {"field": name}),
            formula="breakdown", parts=of_values, with_unidentified=True,
        ),
        chart=Chart(
            "hbar", x="value", y="sales", before="sales_before" if with_before else "",
            subtitle=Message("overview.breakdown.measure", {"field": name}),
        ),
        drill=("value",),
        notes=(*comparison_notes(query, settings), *_breakdown_notes(rows)),
        labels=_value_labels(rows),
        evidence="before_after" if with_before else "",
    )  # fmt: skip


def _value_labels(rows: list[dict[str, Any]]) -> Mapping[str, str]:
    fixed = {*_LAST, *fields.AGE_KEYS, "member", "no_member"}
    return {"values": "overview.breakdown.values"} | {
        row["value"]: f"label.{row['value']}" for row in rows if row["value"] in fixed
    }


def _value_rows(query: Query, with_before: bool, total: Any) -> list[dict[str, Any]]:
    before = {row[0]: row[1:] for row in query.rows(_BY_VALUE_BEFORE)} if with_before else {}
    now = {row[0]: row[1:] for row in query.rows(_BY_VALUE)}
    rows: list[dict[str, Any]] = []
    for value in {**now, **before}:
        sales, unidentified, listed, n, orders, margin = now.get(value, _EMPTY)
        earlier = money(before.get(value, _EMPTY)[0]) if with_before else None
        listless = value == UNIDENTIFIED
        rows.append({
            "value": value, "sales": money(sales), "share_sales": share(money(sales), total), "sales_before": earlier,
            "change": None if earlier is None else money(sales) - earlier,
            "change_share": float(sales) / float(earlier) - 1 if earlier is not None and earlier > 0 else None,
            "n_customers": None if listless else int(n),
            "n_customers_before": int(before.get(value, _EMPTY)[3]) if with_before and not listless else None,
            "n_orders": None if listless else int(orders), "receipt": per(money(listed), int(orders)),
            "margin": None if margin is None else money(margin),
            "identified_share": part(sales - unidentified, sales), "sales_listed": None if listless else money(listed),
        })  # fmt: skip
    rank = {value: place for place, value in enumerate(_LAST, start=1)}
    return sorted(rows, key=lambda row: (rank.get(row["value"], 0), -row["sales"], row["value"]))


def _breakdown_headline(query: Query, rows: list[dict[str, Any]], with_before: bool) -> Message:
    named = [row for row in rows if row["value"] not in _LAST]
    if not named:
        return Message("overview.breakdown.unknown")
    moved = max(named, key=lambda row: abs(row["change"] or 0))
    if with_before and len(named) > 1 and moved["change"]:
        key = "overview.breakdown.grew" if moved["change"] > 0 else "overview.breakdown.fell"
        return Message(key, {"value": moved["value"], "change": abs(moved["change"]), "sales": moved["sales"]})
    best = named[0]
    if best["share_sales"] is None:
        return Message("overview.breakdown.no_net", {"value": best["value"], "sales": best["sales"]})
    return Message(
        of_scope(query, "overview.breakdown.carries"),
        {"value": best["value"], "share": best["share_sales"], "sales": best["sales"]},
    )


def _breakdown_notes(rows: list[dict[str, Any]]) -> tuple[Note, ...]:
    return (Note("other_values", {"most": MOST_VALUES}),) if any(row["value"] == OTHERS for row in rows) else ()


COMPARE = Setting("compare", "choice", "year_before", choices=("year_before", "previous_period", "none"))
ANALYSES = (
    Analysis(
        SERIES, series,
        # The same days as the key figures, so that the months add up to them; one that is not whole is said to be so.
        (START, END, Setting("measure", "choice", "sales", choices=tuple(_MEASURES))),
        series_members, ("month",),
    ),
    Analysis(
        BREAKDOWN, breakdown, (START, END, Setting("by", "text", first_field), COMPARE), breakdown_members, ("value",)
    ),
)  # fmt: skip
