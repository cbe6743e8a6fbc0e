"""The file's own member levels as steps: what each carries, and whether purchases put the same people there."""

from typing import Any

from insight.analysis import fields
from insight.analysis.basis import account, basis, frame, part, per, share
from insight.analysis.ladder_places import Ladder, make_ladder, stand, step_order, told
from insight.analysis.ladder_rules import BOUNDED, Rule, Windows, counted, make_values, rule_of, windows
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError, UsageError
from insight.result import Chart, Message, Metric, Note, Result, Unit
from insight.settings import Settings
from insight.workspace.engine import Query, money

MOST_LEVELS = 12
NO_LEVEL = "no_level"

_MEMBERS = """
    SELECT
        standing.customer_id,
        coalesce(field_values.value, 'no_level') AS level,
        standing.step,
        standing.sales,
        standing.n_orders,
        standing.margin
    FROM standing LEFT JOIN field_values ON field_values.customer_id = standing.customer_id
"""
_TABLE = """
    SELECT level, count(*) AS n_customers, sum(n_orders) AS n_orders, sum(sales) AS sales, sum(margin) AS margin
    FROM members GROUP BY level
"""
_CROSS = """
    SELECT level, step, count(*) AS n_customers, sum(sales) AS sales FROM members GROUP BY level, step
"""
_LEVELS = "SELECT count(DISTINCT value) AS n FROM field_values"
_UNITS: dict[str, Unit] = {
    "level": "text", "n_customers": "count", "share_customers": "ratio", "n_orders": "count", "sales": "money",
    "share_sales": "ratio", "margin": "money", "sales_per_customer": "money", "receipt": "money",
    "frequency": "number", "to_next": "money",
}  # fmt: skip
_CROSS_UNITS: dict[str, Unit] = {"level": "text", "step": "text", "n_customers": "count", "sales": "money"}


def make_members(query: Query, settings: Settings) -> tuple[Windows, Rule, Ladder]:
    """Temporary table `members`: everyone with a line before `end`, the file's level and the step by purchases."""
    if not query.has_values("customers", "member_level"):
        raise NotEnoughDataError("ladder.no_levels")
    span = windows(query, settings)
    fields.make_values(query, fields.find(query, "member_level"), span.end)
    found = int(query.one(_LEVELS)[0])
    if found > MOST_LEVELS:
        raise UsageError("ladder.too_many_levels", n=found, most=MOST_LEVELS)
    rule = rule_of(settings, span)
    make_values(query, "values_end", span.opened_last, span.end, rule.basis)
    ladder = make_ladder(query, settings, rule, span.end)
    stand(query, "standing", rule, span.end, ladder.bounds, values="values_end")
    query.make("members", _MEMBERS)
    return span, rule, ladder


def levels(query: Query, settings: Settings) -> Result:
    """Customers by the member level in the customer file, as it stands today, with the sales of the window.

    The file knows today's level only, so there is no history of it: compare with the steps by purchases. Table, most
    sales per customer first, those without a level last: level, n_customers, share_customers, n_orders, sales,
    share_sales, margin where known, sales_per_customer, receipt, frequency, to_next. tables['cross']: level × step.
    Raises NotEnoughDataError without levels, UsageError when the column holds more values than levels can have.
    """
    span, rule, ladder = make_members(query, settings)
    found = query.frame(_TABLE).to_dict("records")
    if not found:
        raise NotEnoughDataError("ladder.nobody", end=span.end)
    found.sort(key=lambda row: (row["level"] == NO_LEVEL, -float(row["sales"]) / row["n_customers"], row["level"]))
    rows = _rows(found)
    with_margin = any(row["margin"] is not None for row in rows)
    units: dict[str, Unit] = {name: unit for name, unit in _UNITS.items() if with_margin or name != "margin"}
    order = {key: rank for rank, key in enumerate(step_order(ladder))}
    places = {row["level"]: rank for rank, row in enumerate(rows)}
    cross: list[dict[str, Any]] = [
        {"level": level, "step": step, "n_customers": int(n), "sales": money(sales)}
        for level, step, n, sales in sorted(query.rows(_CROSS), key=lambda row: (places[row[0]], order[row[1]]))
    ]
    best = rows[0]
    return Result(
        key="ladder.levels",
        headline=counted("ladder.levels_headline", {
            "level": best["level"], "n": best["n_customers"], "per": best["sales_per_customer"],
        }),
        metrics={"best_level": Metric(best["n_customers"], "count")},
        table=frame(rows, list(units)),
        units=units,
        basis=basis(
            account(query, span.opened_last, span.end), span.opened_last, span.end, formula="ladder_steps",
            rule=told(rule, Message("ladder.levels_rule", {"window": rule.window("before"), "end": span.end})),
            parts={row["level"]: row["sales"] for row in rows}, n_customers=sum(row["n_customers"] for row in rows),
        ),
        chart=Chart(
            "matrix", x="step", y="level", color="n_customers", title=Message("ladder.levels_cross"),
            subtitle=Message("ladder.levels_cross_subtitle", {"end": span.end}),
        ),
        drill=("level", "step"),
        notes=(Note("level_is_of_today"),),
        labels=ladder.labels | {NO_LEVEL: "ladder.no_level"},
        tables={"cross": frame(cross, list(_CROSS_UNITS))},
        more_units={"cross": _CROSS_UNITS},
    )  # fmt: skip


def _rows(found: list[dict[Any, Any]]) -> list[dict[str, Any]]:
    n_all = sum(int(row["n_customers"]) for row in found)
    sales_all = sum((money(row["sales"]) for row in found), money(0))
    rows: list[dict[str, Any]] = []
    for row in found:
        n, orders, sales = int(row["n_customers"]), int(row["n_orders"]), money(row["sales"])
        each = per(sales, n)
        above = rows[-1]["sales_per_customer"] if rows else None
        rows.append({
            "level": row["level"], "n_customers": n, "share_customers": share(n, n_all), "n_orders": orders,
            "sales": sales, "share_sales": part(sales, sales_all),
            "margin": None if row["margin"] is None else money(row["margin"]), "sales_per_customer": each,
            "receipt": per(sales, orders), "frequency": orders / n,
            "to_next": None if above is None or each is None or row["level"] == NO_LEVEL else above - each,
        })  # fmt: skip
    return rows


def _list(query: Query, settings: Settings) -> None:
    make_members(query, settings)


ANALYSES = (
    Analysis(
        "ladder.levels",
        levels,
        BOUNDED,
        _list,
        ("level", "step"),
        tables=("transactions", "customers"),
    ),
)
