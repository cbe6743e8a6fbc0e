"""Where the potential is: what happens anyway, the headroom against twins, and how often such a step is taken."""

from datetime import date
from decimal import Decimal
from typing import Any

from insight.analysis.basis import account, basis, frame
from insight.analysis.ladder_migration import window_notes
from insight.analysis.ladder_places import Ladder, make_ladder, stand, told
from insight.analysis.ladder_rules import BOUNDED, NONE, Windows, make_values, rule_of, windows
from insight.analysis.registry import Analysis
from insight.analysis.selected import of_scope
from insight.errors import NotEnoughDataError
from insight.result import Chart, Message, Metric, Note, Result, Unit
from insight.settings import Settings, add_months
from insight.stats.power import mde_mean
from insight.stats.proportions import wilson
from insight.workspace.engine import Query, money

MIN_TWINS = 50

# What twins share, seen from a day: months since the first purchase, what and where it was, main channel, orders.
_TRAITS = """
    SELECT
        standing.customer_id,
        standing.step,
        standing.sales,
        CASE WHEN facts.first_order_on >= $half_year THEN 'under_6' WHEN facts.first_order_on >= $year THEN 'under_12'
            ELSE 'over_12' END AS tenure,
        CASE WHEN standing.n_orders <= 2 THEN cast(standing.n_orders AS VARCHAR) WHEN standing.n_orders <= 4 THEN '3-4'
            WHEN standing.n_orders <= 9 THEN '5-9' ELSE '10+' END AS orders_band,
        coalesce(entry.category, '') AS category,
        coalesce(ways.channel, '') AS channel
    FROM {standing} AS standing
    JOIN customer_facts AS facts ON facts.customer_id = standing.customer_id
    LEFT JOIN entry ON entry.customer_id = standing.customer_id
    LEFT JOIN (
        SELECT customer_id, max({'n': n, 'name': channel}).name AS channel
        FROM (
            SELECT customer_id, channel, count(*) AS n FROM orders
            WHERE ordered_on >= $opened AND ordered_on < $closed AND NOT is_return
                AND customer_id IS NOT NULL AND channel IS NOT NULL
            GROUP BY customer_id, channel) AS counted
        GROUP BY customer_id) AS ways ON ways.customer_id = standing.customer_id
    WHERE standing.step <> 'none'
"""
_ENTRY = """
    SELECT transactions.customer_id, min(transactions.category) AS category
    FROM transactions
    JOIN customer_facts AS facts ON facts.customer_id = transactions.customer_id
        AND facts.first_order_on = cast(transactions.ordered_at AS DATE)
    WHERE transactions.category IS NOT NULL
    GROUP BY transactions.customer_id
"""
# Next year's sales of those with the same traits; where they are too few, without the category, then the channel.
_TWINS = """
    SELECT tenure, orders_band, category, channel, grouping_id(category, channel) AS level, count(*) AS n,
        quantile_cont(cast(next_sales AS DOUBLE), 0.75) AS q75
    FROM (
        SELECT traits_then.*, coalesce(after.sales, 0) AS next_sales
        FROM traits_then LEFT JOIN values_end AS after ON after.customer_id = traits_then.customer_id) AS followed
    GROUP BY GROUPING SETS (
        (tenure, orders_band, category, channel), (tenure, orders_band, channel), (tenure, orders_band))
    HAVING count(*) >= $least
"""
_MEMBERS = """
    SELECT
        traits.customer_id,
        traits.step,
        traits.sales,
        cast(greatest(0, coalesce(own.q75, wider.q75, widest.q75) - cast(traits.sales AS DOUBLE)) AS DECIMAL(18, 2))
            AS headroom,
        CASE WHEN coalesce(own.q75, wider.q75, widest.q75) IS NULL THEN 'no_twins'
            WHEN coalesce(own.q75, wider.q75, widest.q75) > cast(traits.sales AS DOUBLE) THEN 'headroom'
            ELSE 'at_twins' END AS room
    FROM traits
    LEFT JOIN twins AS own ON own.level = 0 AND own.tenure = traits.tenure AND own.orders_band = traits.orders_band
        AND own.category = traits.category AND own.channel = traits.channel
    LEFT JOIN twins AS wider ON wider.level = 2 AND wider.tenure = traits.tenure
        AND wider.orders_band = traits.orders_band AND wider.channel = traits.channel
    LEFT JOIN twins AS widest ON widest.level = 3 AND widest.tenure = traits.tenure
        AND widest.orders_band = traits.orders_band
"""
_TABLE = """
    SELECT step, count(*) AS n_customers, sum(sales) AS sales, coalesce(sum(headroom), 0) AS headroom,
        sum(CASE WHEN room = 'headroom' THEN 1 ELSE 0 END) AS n_room,
        sum(CASE WHEN room = 'no_twins' THEN 1 ELSE 0 END) AS n_no_twins,
        var_samp(cast(sales AS DOUBLE)) AS variance
    FROM members GROUP BY step
"""
_MOVED = """
    SELECT before.step AS from_step, coalesce(now.step, 'none') AS to_step, count(*) AS n
    FROM standing_before AS before LEFT JOIN standing AS now ON now.customer_id = before.customer_id
    WHERE before.step <> 'none'
    GROUP BY before.step, coalesce(now.step, 'none')
"""
_UNITS: dict[str, Unit] = {
    "step": "text", "n_customers": "count", "sales": "money", "sales_per_customer": "money",
    "expected_per_customer": "money", "expected": "money", "n_room": "count", "headroom": "money",
    "headroom_per_customer": "money", "step_up": "ratio", "step_up_low": "ratio", "step_up_high": "ratio",
    "potential": "money", "potential_low": "money", "potential_high": "money", "n_no_twins": "count",
}  # fmt: skip


def make_members(query: Query, settings: Settings) -> tuple[Windows, Ladder]:
    """Temporary table `members`: those on a step at `end`, with sales, headroom against twins, and room (how it is)."""
    span = windows(query, settings)
    rule = rule_of(settings, span)
    make_values(query, "values_start", span.opened, span.start, rule.basis)
    make_values(query, "values_end", span.opened_last, span.end, rule.basis)
    ladder = make_ladder(query, settings, rule, span.end)
    stand(query, "standing", rule, span.end, ladder.bounds, values="values_end")
    stand(query, "standing_before", rule, span.start, ladder.bounds, values="values_start")
    query.make("entry", _ENTRY)
    _traits(query, "traits", "standing", span.opened_last, span)
    _traits(query, "traits_then", "standing_before", span.opened, span, then=True)
    query.make("twins", _TWINS, least=MIN_TWINS)
    query.make("members", _MEMBERS)
    return span, ladder


def _traits(query: Query, name: str, standing: str, opened: date, span: Windows, *, then: bool = False) -> None:
    closed = span.start if then else span.end
    query.make(
        name, _TRAITS.replace("{standing}", standing), opened=opened, closed=closed, half_year=add_months(closed, -6),
        year=add_months(closed, -12),
    )  # fmt: skip


def potential(query: Query, settings: Settings) -> Result:
    """For each step: what happens anyway, the room up to twins, and that room times how often a step up is taken.

    Table, best step first: step, n_customers, sales, sales_per_customer; expected_per_customer and expected (Σ_j P_ij
    (m_j - m_i), P the movement from `start` to `end`, m sales per customer at `end`; 'none' counts 0); n_room (below
    their twins), headroom (their 75th percentile of next year's sales minus own, never below 0) in all and per
    customer; step_up (share that stood higher at `end` than at `start`, Wilson 95 %); potential = headroom × step_up
    with its range; n_no_twins. Twins share tenure, orders, entry category and main channel, at least 50 of them.
    Without twins on a step its headroom and potential are None, not 0; so is what happens anyway on a step where nobody
    stood at `start`. An association: only a test shows what can be won. Raises NotEnoughDataError when nobody stands on
    a step.
    """
    span, ladder = make_members(query, settings)
    found = {str(row["step"]): row for row in query.frame(_TABLE).to_dict("records")}
    if not found:
        raise NotEnoughDataError("ladder.nobody", end=span.end)
    moved = {(str(a), str(b)): int(n) for a, b, n in query.rows(_MOVED)}
    keys = ladder.keys
    means = {step: float(row["sales"]) / int(row["n_customers"]) for step, row in found.items()} | {NONE: 0.0}
    rows = [_row(step, found[step], moved, means, keys) for step in reversed(keys) if step in found]
    none = money(query.one("SELECT coalesce(sum(sales), 0) AS sales FROM standing WHERE step = 'none'")[0])
    best = max((row for row in rows if row["potential"] is not None), key=lambda row: row["potential"], default=None)
    return Result(
        key="ladder.potential",
        headline=_headline(query, best, rows),
        metrics=_metrics(rows, best, found),
        table=frame(rows, list(_UNITS)),
        units=_UNITS,
        basis=basis(
            account(query, span.opened_last, span.end), span.opened_last, span.end, formula="potential",
            rule=told(
                rule_of(settings, span),
                Message("ladder.potential_rule", {"start": span.start, "end": span.end, "least": MIN_TWINS}),
            ),
            parts={**{row["step"]: row["sales"] for row in rows}, NONE: none},
            n_customers=sum(row["n_customers"] for row in rows),
        ),
        chart=_charts(best)[0],
        charts=_charts(best)[1:],
        drill=("step",),
        notes=(*window_notes(query, span), *((Note("potential_is_not_proven"),) if best else ()), *_twinless(rows)),
        labels=ladder.labels,
        evidence="association",
    )  # fmt: skip


def _row(
    step: str, row: Any, moved: dict[tuple[str, str], int], means: dict[str, float], keys: tuple[str, ...]
) -> dict[str, Any]:
    n, sales = int(row["n_customers"]), money(row["sales"])
    headroom = money(row["headroom"]) if int(row["n_no_twins"]) < n else None
    stood = sum(count for (a, _), count in moved.items() if a == step)
    higher = sum(count for (a, b), count in moved.items() if a == step and b != NONE and keys.index(b) > keys.index(a))
    rate = wilson(higher, stood)
    expected = sum(
        count / stood * (means.get(b, 0.0) - means[step]) for (a, b), count in moved.items() if a == step
    ) if stood else None  # fmt: skip
    return {
        "step": step, "n_customers": n, "sales": sales, "sales_per_customer": money(sales / n),
        "expected_per_customer": expected if expected is None else money(round(expected, 2)),
        "expected": expected if expected is None else money(round(expected * n, 2)),
        "n_room": int(row["n_room"]), "headroom": headroom, "headroom_per_customer": headroom and money(headroom / n),
        "step_up": rate.rate, "step_up_low": rate.ci_lower, "step_up_high": rate.ci_upper,
        "potential": _times(headroom, rate.rate), "potential_low": _times(headroom, rate.ci_lower),
        "potential_high": _times(headroom, rate.ci_upper), "n_no_twins": int(row["n_no_twins"]),
    }  # fmt: skip


def _times(amount: Decimal | None, share: float | None) -> Decimal | None:
    return None if amount is None or share is None else money(round(float(amount) * share, 2))


def _sum(rows: list[dict[str, Any]], name: str) -> Decimal | None:
    """The sum of the steps that have the figure; None when no step has."""
    known = [row[name] for row in rows if row[name] is not None]
    return sum(known, money(0)) if known else None


def _metrics(rows: list[dict[str, Any]], best: dict[str, Any] | None, found: dict[str, Any]) -> dict[str, Metric]:
    half = best["n_customers"] // 2 if best else 0
    variance = found[best["step"]]["variance"] if best else None
    seen = mde_mean(float(variance), half, half) if variance is not None and variance == variance else None
    return {
        "potential": Metric(
            _sum(rows, "potential"), "money", low=_sum(rows, "potential_low"), high=_sum(rows, "potential_high")
        ),
        "headroom": Metric(_sum(rows, "headroom"), "money"),
        "expected": Metric(_sum(rows, "expected"), "money"),
        "best_step": Metric(best["n_customers"], "count", mark={"step": best["step"]})
        if best
        else Metric(None, "count"),
        "test_sees": Metric(money(round(seen, 2)) if seen else None, "money", better=-1),
    }


def _charts(best: dict[str, Any] | None) -> tuple[Chart, ...]:
    """Potential, and room beside what happens anyway; the latter alone where nobody has twins."""
    anyway = ("expected_per_customer",)
    beside = Chart(
        "columns", x="step", y=("headroom_per_customer", *anyway) if best else anyway,
        title=Message("ladder.headroom_title" if best else "ladder.anyway_title"),
        subtitle=Message("ladder.headroom_subtitle" if best else "ladder.anyway_subtitle"),
    )  # fmt: skip
    if best is None:
        return (beside,)
    return (
        Chart(
            "hbar", x="step", y="potential", low="potential_low", high="potential_high",
            title=Message("ladder.potential_title"), subtitle=Message("ladder.potential_subtitle"),
        ),
        beside,
    )  # fmt: skip


def _headline(query: Query, best: dict[str, Any] | None, rows: list[dict[str, Any]]) -> Message:
    if best is None:
        return Message("ladder.potential_unknown")
    total = _sum(rows, "potential") or money(0)
    if total <= 0:
        return Message("ladder.potential_none")
    return Message(
        of_scope(query, "ladder.potential_headline"),
        {"step": best["step"], "potential": best["potential"], "share": float(best["potential"]) / float(total)},
    )


def _twinless(rows: list[dict[str, Any]]) -> tuple[Note, ...]:
    n = sum(row["n_no_twins"] for row in rows)
    return (Note("without_twins", {"n": n, "least": MIN_TWINS}),) if n else ()


def _list(query: Query, settings: Settings) -> None:
    make_members(query, settings)


ANALYSES = (
    Analysis(
        "ladder.potential",
        potential,
        BOUNDED,
        _list,
        ("step", "room"),
    ),
)
