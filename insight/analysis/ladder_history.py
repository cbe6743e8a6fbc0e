"""The ladder over time: how many stand on each step at each date, rebuilt from the purchases, and their sales."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from insight.analysis.basis import account, basis, frame, per, share
from insight.analysis.ladder_grid import GRAIN, Grid, make_binned, stacked
from insight.analysis.ladder_places import step_order, told
from insight.analysis.ladder_rules import LEVELED, NONE
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError
from insight.result import Chart, Message, Metric, Note, Result, Unit
from insight.settings import Settings
from insight.workspace.engine import Query, money

_MEMBERS = """
    SELECT binned.customer_id, ladder_dates.at_date,
        CASE WHEN binned.rank_k = 0 THEN 'none' ELSE 'step_' || binned.rank_k END AS step,
        cast(binned.sales_k AS DECIMAL(20, 0)) * 0.01 AS sales
    FROM binned JOIN ladder_dates ON ladder_dates.place = k
    WHERE binned.rank_k >= 0
"""
_TABLE = """
    SELECT k AS place, rank_k AS rank, count(*) AS n_customers, sum(sales_k) AS sales
    FROM binned WHERE rank_k >= 0 GROUP BY rank_k
"""
_UNITS: dict[str, Unit] = {
    "at_date": "date", "step": "text", "n_customers": "count", "share_customers": "ratio", "sales": "money",
    "value_per_customer": "money",
}  # fmt: skip


def _list(query: Query, settings: Settings) -> None:
    found, _ = make_binned(query, settings, to_last=True, listed=True)
    query.view("members", stacked(_MEMBERS, len(found.dates)))


def history(query: Query, settings: Settings) -> Result:
    """Customers and sales by step at the first day of each month, quarter or year (`grain`), and now.

    The step at a date is what the window before it adds up to (the date itself excluded), for any rule and back to the
    first date whose window the data hold (the latest dozen); the last date is the day after the last whole month.
    Bounds are the same at every date, so that a rise is a rise.
    Table: at_date, step, n_customers, share_customers (of all who have bought by then), sales of the
    window, value_per_customer (sales). Raises NotEnoughDataError with fewer than two dates.
    """
    found, ladder = make_binned(query, settings, to_last=True)
    keys = (NONE, *ladder.keys)
    counted = {
        (found.dates[place], keys[rank]): (int(n), money(Decimal(int(sales)) / 100))
        for place, rank, n, sales in query.rows(stacked(_TABLE, len(found.dates)))
    }
    if not counted:
        raise NotEnoughDataError("ladder.nobody", end=found.dates[-1])
    totals = {day: sum(n for (at, _), (n, _) in counted.items() if at == day) for day in found.dates}
    rows: list[dict[str, Any]] = []
    for day in found.dates:
        for step in step_order(ladder):
            n, sales = counted.get((day, step), (0, money(0)))
            rows.append({
                "at_date": day, "step": step, "n_customers": n, "share_customers": share(n, totals[day]),
                "sales": sales, "value_per_customer": per(sales, n),
            })  # fmt: skip
    last = found.dates[-1]
    closing = {row["step"]: row for row in rows if row["at_date"] == last}
    opening = {row["step"]: row for row in rows if row["at_date"] == found.dates[0]}
    top = ladder.keys[-1]
    values = {"step": top, "before": opening[top]["n_customers"], "after": closing[top]["n_customers"]}
    accounted = account(query, found.opened_last, last)
    before = {"window": found.rule.window("before_each"), "last": last - timedelta(days=1)}
    return Result(
        key="ladder.history",
        headline=Message("ladder.history_headline", values),
        metrics={
            name: Metric(
                closing[step]["n_customers"], "count", better=better,
                # Those who have stopped only grow with the data's length: that is no change.
                before=opening[step]["n_customers"] if step != NONE or ladder.levels else None,
                series=tuple(float(row["n_customers"]) for row in rows if row["step"] == step),
                mark={"at_date": last, "step": step},
            )
            for name, step, better in (("on_top", top, 1), ("inactive", NONE, -1))
        },
        table=frame(rows, list(_UNITS)),
        units=_UNITS,
        basis=basis(
            accounted, found.opened_last, last, formula="ladder_steps",
            rule=told(
                found.rule,
                Message("ladder.history_rule", {"window": found.rule.window("before_each"), "n": len(found.dates)}),
            ),
            parts={step: row["sales"] for step, row in closing.items()},
        ),
        chart=Chart(
            "stacked", x="at_date", y="n_customers", color="step", title=Message("ladder.history_headline", values),
            subtitle=Message("ladder.history_subtitle", before),
        ),
        charts=(
            Chart(
                "stacked", x="at_date", y="sales", color="step", title=Message("ladder.history_sales_title"),
                subtitle=Message("ladder.history_sales_subtitle", before),
            ),
        ),
        drill=("at_date", "step"),
        notes=date_notes(found),
        labels=ladder.labels,
    )  # fmt: skip


def date_notes(found: Grid) -> tuple[Note, ...]:
    """What must be said about the windows of several dates."""
    if found.before_data:
        return (Note("window_before_data", {"opened": found.opened, "first": found.rule.first_day}, "warning"),)
    return ()


ANALYSES = (
    Analysis(
        "ladder.history",
        history,
        (*LEVELED, GRAIN),
        _list,
        ("at_date", "step"),
    ),
)
