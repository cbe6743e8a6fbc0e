"""Concentration: how much of the sales the best customers carry."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from insight.analysis.basis import account, basis, frame, per, share
from insight.analysis.registry import Analysis
from insight.analysis.selected import of_scope
from insight.errors import NotEnoughDataError
from insight.result import Chart, Message, Metric, Note, Result, Unit
from insight.settings import END, START, Setting, Settings, add_months
from insight.stats import concentration as stats
from insight.workspace.engine import Query, money

KEY = "concentration.lorenz"
LONG_MONTHS = 24
_POINTS = 101
_DECILES = 10
_SPOKEN = (0.8, 0.64)

_BOUGHT = """
    SELECT
        customer_id,
        count(CASE WHEN is_return THEN NULL ELSE 1 END) AS n_orders,
        sum(sales) AS sales,
        sum(margin) AS margin
    FROM orders
    WHERE customer_id IS NOT NULL AND ordered_on >= $start AND ordered_on < $end
        AND (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))
    GROUP BY customer_id
"""
# Ties go by customer id, so that the tenths are equal in size and the same every time.
_MEMBERS = """
    SELECT
        customer_id,
        'decile_' || cast(10 * (place - 1) // n + 1 AS VARCHAR) AS "group",
        CASE WHEN place <= $n_best THEN 'top_best' ELSE 'top_rest' END AS part,
        place,
        n_orders,
        sales,
        margin
    FROM (
        SELECT
            customer_id, n_orders, sales, margin,
            row_number() OVER (ORDER BY sales DESC, customer_id) AS place,
            count(*) OVER () AS n
        FROM bought WHERE n_orders > 0) AS ranked
"""
_CENTS = "SELECT cast(sales * 100 AS BIGINT) AS cents FROM members ORDER BY place"
_LONG_CENTS = """
    SELECT cast(sum(sales) * 100 AS BIGINT) AS cents FROM orders
    WHERE customer_id IS NOT NULL AND ordered_on >= $start AND ordered_on < $end
        AND (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))
    GROUP BY customer_id HAVING count(CASE WHEN is_return THEN NULL ELSE 1 END) > 0
    ORDER BY 1 DESC
"""
_BY_GROUP = """
    SELECT "group" AS found, count(*) AS n_customers, sum(n_orders) AS n_orders, sum(sales) AS sales,
        sum(CASE WHEN sales > 0 THEN sales ELSE 0 END) AS positive, min(sales) AS least
    FROM members GROUP BY "group" ORDER BY max(place)
"""
_ONLY_RETURNS = "SELECT coalesce(sum(sales), 0) AS sales, count(*) AS n FROM bought WHERE n_orders = 0"

_UNITS: dict[str, Unit] = {
    "group": "text", "n_customers": "count", "share_customers": "ratio", "sales": "money", "share_sales": "ratio",
    "cumulative_share": "ratio", "least": "money", "sales_per_customer": "money", "n_orders": "count",
}  # fmt: skip
_CURVE_UNITS: dict[str, Unit] = {
    "best_customers": "ratio", "their_sales": "ratio", "group": "text", "spoken": "text",
}  # fmt: skip


def members(query: Query, settings: Settings) -> None:
    """Temporary table `members`: who bought in [start, end), best first.

    group: tenths, decile_1 … decile_10. part: top_best for the best `top` of them, else top_rest.
    """
    query.make("bought", _BOUGHT, start=settings["start"], end=settings["end"])
    (n,) = query.one("SELECT count(*) FROM bought WHERE n_orders > 0")
    query.make("members", _MEMBERS, n_best=stats.top_count(int(n), settings["top"]))


def run(query: Query, settings: Settings) -> Result:
    """How concentrated the sales of [start, end) are on the best customers.

    Customers: those with at least one purchase in the period, by sales after returns; a sum below 0 counts as 0 in
    the shares. Metrics: top_share (of the best `top` of customers), share_needed_80 and _64 (of customers, for that
    share of sales), gini, best_vs_average and best_vs_rest (mean of the best `top` against all, against the others),
    top1_vs_average, p99_vs_median, and top_share_24 and gini_24 over 24 months, since a year overstates concentration
    through chance (Schmittlein, Cooper & Morrison 1993). Table: tenths of customers, best first. tables['curve']: the
    Lorenz curve from the best customer. Raises NotEnoughDataError when nobody bought in the period.
    """
    start, end, top = settings["start"], settings["end"], settings["top"]
    first, last = query.extent()
    members(query, settings)
    values = query.arrow(_CENTS)["cents"].to_numpy().astype(np.float64)
    if not values.size:
        raise NotEnoughDataError("error.no_orders_in_period", start=start, end=end, first=first, last=last)
    rows = _rows(query, values.size)
    returned, n_returned = query.one(_ONLY_RETURNS)
    carried = sum((row["sales"] for row in rows), Decimal("0.00"))
    parts = {"customers": carried} | ({"only_returns": money(returned)} if n_returned else {})
    found = account(query, start, end)
    long_values = _long(query, end, first)
    best = stats.top_share(values, top)
    metrics = _metrics(values, best, top, long_values)
    negative = int((values < 0).sum())
    notes = [Note("sums_below_zero", {"n": negative})] if negative else []
    if n_returned:
        notes.append(Note("only_returned_apart", {"n": n_returned}))
    if long_values is None:
        notes.append(Note("no_24_months", {"first": first}))
    return Result(
        key=KEY,
        headline=_headline(query, values, best),
        metrics=metrics,
        table=frame(rows, list(_UNITS)),
        units=_UNITS,
        basis=basis(
            found, start, end, rule=Message("concentration.rule"), formula="lorenz", parts=parts,
            n_customers=int(values.size),
        ),
        chart=Chart(
            "lorenz", x="best_customers", y="their_sales", color="spoken", subtitle=Message("concentration.measure")
        ),
        charts=(Chart("columns", x="group", y="share_sales", subtitle=Message("concentration.tenths")),),
        drill=("group",),
        notes=tuple(notes),
        labels={f"decile_{place}": f"label.decile_{place}" for place in range(1, _DECILES + 1)}
        | {"top_best": "concentration.best", "top_rest": "concentration.rest"}
        | {"customers": "concentration.customers", "only_returns": "label.only_returns"},
        tables={"curve": _curve(values, top)},
        more_units={"curve": _CURVE_UNITS},
    )  # fmt: skip


def _rows(query: Query, n_all: int) -> list[Mapping[str, Any]]:
    found = query.rows(_BY_GROUP)
    total = sum((positive for *_, positive, _ in found), Decimal(0))
    rows: list[Mapping[str, Any]] = []
    reached = Decimal(0)
    for group, n, n_orders, sales, positive, least in found:
        reached += positive
        rows.append({
            "group": group, "n_customers": int(n), "share_customers": int(n) / n_all, "sales": money(sales),
            "share_sales": share(positive, total), "cumulative_share": share(reached, total), "least": money(least),
            "sales_per_customer": per(sales, int(n)), "n_orders": int(n_orders),
        })  # fmt: skip
    return rows


def _long(query: Query, end: date, first: date) -> np.ndarray | None:
    """Sales per customer over the 24 months before `end`; None where the data do not reach that far back."""
    start = add_months(end, -LONG_MONTHS)
    if start < first:
        return None
    return query.arrow(_LONG_CENTS, start=start, end=end)["cents"].to_numpy().astype(np.float64)


def _metrics(values: np.ndarray, best: stats.TopShare, top: float, long_values: np.ndarray | None) -> dict[str, Metric]:
    n = values.size
    rest = None
    if best.share is not None and best.n_customers < n and best.share < 1:
        rest = (best.share / best.n_customers) / ((1 - best.share) / (n - best.n_customers))
    spread = np.maximum(values, 0)
    average = float(spread.mean())
    long_best = None if long_values is None else stats.top_share(long_values, top).share
    needed = {f"share_needed_{wanted * 100:.0f}": stats.customers_for(values, wanted) for wanted in _SPOKEN}
    figures: dict[str, float | None] = {
        "top_share": best.share, **needed, "gini": stats.gini(values),
        "best_vs_average": stats.best_to_average(values, top), "best_vs_rest": rest,
        "top1_vs_average": float(spread.max()) / average if average > 0 else None,
        "p99_vs_median": stats.p99_to_median(values),
        "top_share_24": long_best, "gini_24": None if long_values is None else stats.gini(long_values),
    }  # fmt: skip
    return {
        name: Metric(
            value, "number" if "_vs_" in name or name.startswith("gini") else "ratio", better=0,
            mark={"part": "top_best"} if name in ("top_share", "best_vs_average", "best_vs_rest") else {},
        )
        for name, value in figures.items()
    }  # fmt: skip


def _curve(values: np.ndarray, top: float) -> pd.DataFrame:
    best = stats.top_count(values.size, top)
    # The curve goes through the very customers that the headline counts, not the nearest of its even points.
    found = stats.lorenz(values, _POINTS, through=best)
    n = values.size
    places = np.round(found.share_customers * n).astype(np.int64)
    # The point speaks of the tenth that its last customer belongs to; the start of the curve of the first.
    tenths = _DECILES * (np.maximum(places, 1) - 1) // n + 1
    return pd.DataFrame({
        "best_customers": found.share_customers, "their_sales": found.share_sales,
        "group": [f"decile_{tenth}" for tenth in tenths], "spoken": (places == best).tolist(),
    })  # fmt: skip


def _headline(query: Query, values: np.ndarray, best: stats.TopShare) -> Message:
    n = int(values.size)
    if n == 1:
        return Message("concentration.one_customer")
    if best.share is None:
        return Message("concentration.no_net", {"n": n})
    if values.min() == values.max():
        return Message("concentration.equal", {"n": n, "each": money(Decimal(int(values[0])) / 100)})
    values_said = {"top": best.n_customers / n, "share": best.share, "n": best.n_customers}
    return Message(of_scope(query, "concentration.headline"), values_said)


SETTINGS = (START, END, Setting("top", "number", 0.25, low=0.001, high=0.999))
ANALYSES = (Analysis(KEY, run, SETTINGS, members, ("group", "part")),)
