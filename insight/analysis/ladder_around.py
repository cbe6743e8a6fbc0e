"""Around the bound: those just above and just below a level's limit, before and after the level began."""

from decimal import Decimal
from typing import Any

import numpy as np

from insight.analysis.basis import frame
from insight.analysis.ladder_migration import window_basis
from insight.analysis.ladder_rules import (
    BOUNDS,
    LADDER_END,
    LADDER_START,
    NAMES,
    WINDOW,
    WINDOW_KIND,
    Rule,
    Windows,
    make_steps,
    make_values,
    window_words,
    windows,
)  # fmt: skip
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError
from insight.result import Chart, Message, Metric, Note, Result, SumCheck, Unit
from insight.settings import Setting, Settings, add_months
from insight.stats.rd import Discontinuity, discontinuity
from insight.workspace.engine import Query, money

AT = Setting("at", "money", None, low=0)
BANDWIDTH = Setting("bandwidth", "money", None, low=0)
_BINS_A_SIDE = 5
_WIDTH = Decimal("0.4")
_PILE_UP = 0.01

# What decides the level is the window before `start`; what came of it, the window after; the check, the one before.
_MEMBERS = """
    SELECT
        running.customer_id,
        CASE WHEN running.value >= $at THEN 'above' ELSE 'below' END AS side,
        cast(least(greatest(floor((running.value - ($at - $width)) / ($width / 5)), 0), 9) AS INTEGER) AS bin,
        running.value AS running,
        coalesce(after.sales, 0) AS sales,
        coalesce(after.n_orders, 0) AS n_orders,
        coalesce(earlier.sales, 0) AS sales_earlier
    FROM values_start AS running
    LEFT JOIN values_end AS after ON after.customer_id = running.customer_id
    LEFT JOIN values_earlier AS earlier ON earlier.customer_id = running.customer_id
    WHERE running.value >= $at - $width AND running.value < $at + $width AND running.value > 0
"""
_TABLE = """
    SELECT bin, side, count(*) AS n_customers, sum(sales) AS sales, sum(sales_earlier) AS sales_earlier
    FROM members GROUP BY bin, side ORDER BY bin
"""
_POINTS = """
    SELECT cast(running AS DOUBLE) AS running, cast(sales AS DOUBLE) AS sales, cast(sales_earlier AS DOUBLE) AS earlier
    FROM members
"""
_UNITS: dict[str, Unit] = {
    "bin": "count", "amount": "money", "side": "text", "n_customers": "count", "sales": "money",
    "sales_per_customer": "money", "earlier_per_customer": "money",
}  # fmt: skip


def _make(query: Query, settings: Settings) -> tuple[Windows, Decimal, Decimal]:
    span = windows(query, settings)
    make_values(query, "values_start", span.opened, span.start, "sales")
    after_end = min(add_months(span.start, span.months), query.day_after_last())
    make_values(query, "values_end", span.start, after_end, "sales")
    make_values(query, "values_earlier", span.opens(span.opened), span.opened, "sales")
    bounds = make_steps(query, settings, Rule("sales", span.months, span.kind, None, span.first_day))
    at: Decimal = settings["at"] or bounds[-1]
    width: Decimal = settings["bandwidth"] or (at * _WIDTH).quantize(Decimal(1)) or Decimal(1)
    query.make("members", _MEMBERS, at=at, width=width)
    return span, at, width


def around(query: Query, settings: Settings) -> Result:
    """Does standing just above a bound at `start` go with buying more in the `window` months after?

    Running: sales in the window before `start`; outcome: sales in the window after it; check: sales in the window
    before the running one, which the level cannot have changed. Local linear regression with triangular weights on
    each side within `bandwidth` (see stats.rd). Table: bin (0 lowest), amount (its lower edge), side, n_customers,
    sales and sales_per_customer after, earlier_per_customer. Metrics: jump with its interval, jump_before, and how many
    stand on either side. Raises NotEnoughDataError when nobody stands near the bound.
    """
    span, at, width = _make(query, settings)
    rows = _rows(query, at, width)
    if not rows:
        raise NotEnoughDataError("ladder.nobody_around", at=at)
    points = query.frame(_POINTS).astype(float)
    running = points["running"].to_numpy()
    jump = discontinuity(running, points["sales"].to_numpy(), float(at), float(width))
    earlier = span.opens(span.opened) >= span.first_day
    check = discontinuity(running, points["earlier"].to_numpy(), float(at), float(width)) if earlier else None
    sides = {side: sum(row["n_customers"] for row in rows if row["side"] == side) for side in ("below", "above")}
    return Result(
        key="ladder.around",
        headline=_headline(jump, at),
        metrics={
            "jump": _jump(jump),
            "jump_before": _jump(check) if check else Metric(None, "money", better=0),
            "n_below": Metric(sides["below"], "count", better=0, mark={"side": "below"}),
            "n_above": Metric(sides["above"], "count", better=0, mark={"side": "above"}),
        },
        table=frame(rows, list(_UNITS)),
        units=_UNITS,
        basis=window_basis(
            query, span, Message("ladder.around_rule", {"at": at, "width": width, "start": span.start}), "around",
            SumCheck(sum(sides.values()), sides),
        ),
        chart=Chart(
            "line", x="amount", y="sales_per_customer", color="side", title=_headline(jump, at),
            subtitle=Message(
                "ladder.around_subtitle",
                {"window": window_words("after", span.months, "rolling"), "start": span.start},
            ),
        ),
        drill=("bin", "side"),
        notes=_notes(jump, span, earlier=earlier),
        labels={"below": "ladder.side.below", "above": "ladder.side.above"},
        evidence="association",
    )  # fmt: skip


def _rows(query: Query, at: Decimal, width: Decimal) -> list[dict[str, Any]]:
    return [
        {
            "bin": int(place), "amount": money(at - width + int(place) * width / _BINS_A_SIDE), "side": side,
            "n_customers": int(n), "sales": money(sales), "sales_per_customer": money(money(sales) / int(n)),
            "earlier_per_customer": money(money(earlier) / int(n)),
        }
        for place, side, n, sales, earlier in query.rows(_TABLE)
    ]  # fmt: skip


def _amount(value: float | None) -> Decimal | None:
    return None if value is None or not np.isfinite(value) else money(round(value, 2))


def _jump(found: Discontinuity) -> Metric:
    effect = found.difference
    return Metric(
        _amount(effect.effect_size), "money", low=_amount(effect.ci_lower),
        high=_amount(effect.ci_upper), better=0,
    )  # fmt: skip


def _headline(jump: Discontinuity, at: Decimal) -> Message:
    metric = _jump(jump)
    values = {"at": at, "jump": metric.value, "low": metric.low, "high": metric.high}
    if metric.value is None or metric.low is None or metric.high is None:
        return Message("ladder.around_unknown", values)
    if metric.low <= 0 <= metric.high:
        return Message("ladder.around_none", values)
    return Message("ladder.around_jump", values)


def _notes(jump: Discontinuity, span: Windows, *, earlier: bool) -> tuple[Note, ...]:
    notes = [Note("around_is_not_proof")]
    notes += [Note(f"around_{reason}", severity="warning") for reason in jump.reasons]
    if jump.density is not None and jump.density < _PILE_UP:
        notes.append(Note("around_pile_up", severity="warning"))
    if not earlier:
        notes.append(Note("no_jump_before", {"first": span.first_day}))
    return tuple(notes)


def _list(query: Query, settings: Settings) -> None:
    _make(query, settings)


ANALYSES = (
    Analysis(
        "ladder.around",
        around,
        (LADDER_START, LADDER_END, BOUNDS, WINDOW, WINDOW_KIND, NAMES, AT, BANDWIDTH),
        _list,
        ("bin", "side"),
    ),
)
