"""The next step: who is about to climb, who is about to fall, and what it is worth if some of them make it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from insight.analysis.basis import account, basis, frame
from insight.analysis.ladder_migration import window_notes
from insight.analysis.ladder_near import BANDS, GROUPS, NEAR_SETTINGS, Near, make_near
from insight.analysis.ladder_places import told
from insight.analysis.ladder_rules import counted
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError
from insight.result import Chart, Message, Metric, Note, Result, Unit
from insight.settings import Setting, Settings
from insight.stats.proportions import wilson
from insight.workspace.engine import Query, money

REACH = Setting("reach", "number", 0.2, low=0, high=1)
BENEFIT_COST = Setting("benefit_cost", "money", Decimal(25), low=0)

_TABLE = """
    SELECT step, "group", count(*) AS n_customers, sum(sales) AS sales, sum(n_orders) AS n_orders,
        sum(margin) AS margin, sum(to_next) AS missing, avg(days_left) AS days_left, avg(chance) AS chance
    FROM members GROUP BY step, "group"
"""
_NOW = "SELECT step, band, count(*) AS n_customers FROM members WHERE band <> 'top' GROUP BY step, band"
_THEN = "SELECT step, band, n_customers, n_reached FROM chances"
_ALL_NEAR = """
    SELECT count(*) AS n, coalesce(sum(to_next), 0) AS missing, sum(sales) AS sales, sum(margin) AS margin,
        avg(chance) AS chance
    FROM members WHERE climb = 'near'
"""
_ALL_FALLING = "SELECT count(*) AS n, coalesce(sum(sales), 0) AS sales FROM members WHERE fall = 'slipping_step'"
# Those who stand on no step, so that the account closes.
_NO_STEP = "SELECT coalesce(sum(sales), 0) AS sales FROM standing WHERE step = 'none'"

_UNITS: dict[str, Unit] = {
    "step": "text", "group": "text", "n_customers": "count", "sales": "money", "n_orders": "count",
    "to_next": "money", "to_next_per_customer": "money", "days_left": "days", "chance": "ratio", "worth": "money",
    "break_even": "ratio",
}  # fmt: skip
_CHANCE_UNITS: dict[str, Unit] = {
    "step": "text", "band": "text", "n_customers": "count", "n_customers_then": "count", "n_reached": "count",
    "chance": "ratio", "chance_low": "ratio", "chance_high": "ratio",
}  # fmt: skip


_NOBODY: dict[str, Any] = {
    "n_customers": 0, "sales": 0, "n_orders": 0, "margin": None, "missing": None, "days_left": None, "chance": None
}  # fmt: skip


def worth(missing: Decimal, rate: float, n: int, reach: float, cost: Decimal) -> tuple[Decimal, float | None]:
    """(kronor won if the share `reach` of n makes it, the share at which nothing is won or lost; None when none is).

    Who makes it buys at least for what is missing, of which `rate` is margin; the benefit costs `cost` for each of the
    n. worth = reach · rate · missing - n · cost; break-even = n · cost / (rate · missing).
    """
    gain = float(missing) * rate
    value = money(Decimal(str(reach * gain)) - n * cost)
    return value, n * float(cost) / gain if gain > 0 else None


def next_step(query: Query, settings: Settings) -> Result:
    """Customers on the steps by how near the next one is and whether silence would cost them this one.

    Table: step, group (about_to_climb, about_to_fall, either_way, steady: disjoint and complete for those on a step),
    n_customers, sales and n_orders of the window, to_next (what they lack together) and per customer, days_left on
    average until the oldest purchase leaves the window, chance (from history), worth and break_even of a benefit that
    `reach` of them answer. tables['chances']: by step and band, those now, those one window earlier, how many of these
    reached the next step within `horizon` days, Wilson 95 %.
    Raises NotEnoughDataError when nobody stands on a step.
    """
    near = make_near(query, settings)
    found = query.frame(_TABLE).to_dict("records")
    if not found:
        raise NotEnoughDataError("ladder.nobody", end=near.span.end)
    margin_rate = _margin_rate(found)
    of_orders = settings["basis"] == "orders"
    order = {key: rank for rank, key in enumerate(reversed(near.ladder.keys))}
    there = {(str(row["step"]), str(row["group"])): row for row in found}
    rows = [
        _row(there.get((step, group), {**_NOBODY, "step": step, "group": group}), settings, margin_rate, of_orders)
        for step in order
        for group in GROUPS
    ]
    units: dict[str, Unit] = dict(_UNITS)
    if of_orders:
        units |= {"to_next": "count", "to_next_per_customer": "number"}
    chances = _chance_rows(query, near)
    outside = money(query.one(_NO_STEP)[0])
    parts = {str(step): sum((r["sales"] for r in rows if r["step"] == step), money(0)) for step in order}
    return Result(
        key="ladder.next_step",
        headline=_headline(query, settings, of_orders),
        metrics=_metrics(query, settings, margin_rate, of_orders),
        table=frame(rows, list(units)),
        units=units,
        basis=basis(
            account(query, near.span.opened_last, near.span.end), near.span.opened_last, near.span.end,
            formula="next_step", parts={**parts, "none": outside}, n_customers=sum(r["n_customers"] for r in rows),
            rule=told(
                near.rule,
                Message(
                    f"ladder.near_rule_{near.rule.kind}",
                    {
                        "window": near.rule.window("before"), "end": near.span.end, "near": settings["near"],
                        "days": settings["horizon"],
                    },
                ),
            ),
        ),
        chart=Chart(
            "matrix", x="group", y="step", color="n_customers", title=Message("ladder.near_title"),
            subtitle=Message(
                f"ladder.near_subtitle_{near.rule.kind}", {"near": settings["near"], "days": settings["horizon"]}
            ),
        ),
        charts=(
            Chart(
                "matrix", x="band", y="step", color="chance", title=Message("ladder.chance_title"),
                subtitle=Message("ladder.chance_subtitle", {"days": settings["horizon"], "then": near.then}),
            ),
        ) if near.then else (),
        drill=("step", "group", "band"),
        notes=(*window_notes(query, near.span), *_notes(near, settings, margin_rate, of_orders)),
        labels=near_labels(near),
        evidence="association",
        tables={"chances": frame(chances, list(_CHANCE_UNITS))},
        more_units={"chances": _CHANCE_UNITS},
    )  # fmt: skip


def near_labels(near: Near) -> dict[str, str]:
    """Words for steps, groups and bands."""
    own = {key: f"ladder.near.{key}" for key in (*GROUPS, *BANDS, "top", "near", "far", "slipping_step", "safe")}
    return {**near.ladder.labels, **own}


def _margin_rate(found: list[dict[Any, Any]]) -> float | None:
    sales = sum(money(row["sales"]) for row in found)
    margins = [row["margin"] for row in found if row["margin"] is not None]
    return float(sum(money(margin) for margin in margins)) / float(sales) if margins and sales > 0 else None


def _row(row: Mapping[Any, Any], settings: Settings, margin_rate: float | None, of_orders: bool) -> dict[str, Any]:
    n = int(row["n_customers"])
    made: dict[str, Any] = {
        "step": row["step"], "group": row["group"], "n_customers": n, "sales": money(row["sales"]),
        "n_orders": int(row["n_orders"]), "to_next": None, "to_next_per_customer": None,
        "days_left": _known(row["days_left"]),
        "chance": _known(row["chance"]), "worth": None, "break_even": None,
    }  # fmt: skip
    if row["missing"] is None:
        return made
    made["to_next"] = int(row["missing"]) if of_orders else money(row["missing"])
    made["to_next_per_customer"] = int(row["missing"]) / n if of_orders else money(money(row["missing"]) / n)
    if not of_orders and row["group"] in ("about_to_climb", "either_way"):
        rate = 1.0 if settings["basis"] == "margin" or margin_rate is None else margin_rate
        made["worth"], made["break_even"] = worth(
            money(row["missing"]), rate, n, settings["reach"], settings["benefit_cost"]
        )
    return made


def _known(value: Any) -> float | None:
    return None if value is None or value != value else float(value)


def _chance_rows(query: Query, near: Near) -> list[dict[str, Any]]:
    now = {(step, band): int(n) for step, band, n in query.rows(_NOW)}
    then = {(step, band): (int(n), int(reached)) for step, band, n, reached in query.rows(_THEN)}
    rows: list[dict[str, Any]] = []
    for step in reversed(near.ladder.keys[:-1]):
        for band in BANDS:
            n, reached = then.get((step, band), (0, 0))
            if not n and not now.get((step, band)):
                continue
            rate = wilson(reached, n)
            rows.append({
                "step": step, "band": band, "n_customers": now.get((step, band), 0), "n_customers_then": n,
                "n_reached": reached, "chance": rate.rate, "chance_low": rate.ci_lower, "chance_high": rate.ci_upper,
            })  # fmt: skip
    return rows


def _metrics(query: Query, settings: Settings, margin_rate: float | None, of_orders: bool) -> dict[str, Metric]:
    n, missing, _, _, chance = query.one(_ALL_NEAR)
    falling, at_stake = query.one(_ALL_FALLING)
    rate = 1.0 if settings["basis"] == "margin" or margin_rate is None else margin_rate
    value, break_even = worth(money(missing), rate, int(n), settings["reach"], settings["benefit_cost"])
    metrics = {
        "about_to_climb": Metric(int(n), "count", mark={"climb": "near"}),
        "chance_now": Metric(None if chance is None else float(chance), "ratio"),
        "about_to_fall": Metric(int(falling), "count", better=-1, mark={"fall": "slipping_step"}),
        "at_stake": Metric(money(at_stake), "money", better=-1),
    }
    if not of_orders:
        metrics["worth"] = Metric(value, "money")
        metrics["break_even"] = Metric(break_even, "ratio", better=-1)
    return metrics


def _headline(query: Query, settings: Settings, of_orders: bool) -> Message:
    n, missing, *_ = query.one(_ALL_NEAR)
    falling, _ = query.one(_ALL_FALLING)
    values = {"n": int(n), "near": settings["near"], "falling": int(falling), "days": settings["horizon"]}
    if not n:
        return Message("ladder.near_none", values)
    if of_orders:
        return counted("ladder.near_orders", values)
    return counted("ladder.near_headline", {**values, "missing": money(money(missing) / int(n))})


def _notes(near: Near, settings: Settings, margin_rate: float | None, of_orders: bool) -> tuple[Note, ...]:
    found = [] if near.then else [Note("no_chances", {"first": near.span.first_day})]
    if near.then:
        found.append(Note("chances_are_not_effects"))
    if not of_orders:
        found.append(Note("worth_assumed", {"reach": settings["reach"], "cost": settings["benefit_cost"]}))
    if margin_rate is None and not of_orders:
        found.append(Note("worth_without_margin"))
    return tuple(found)


def _list(query: Query, settings: Settings) -> None:
    make_near(query, settings)


ANALYSES = (
    Analysis(
        "ladder.next_step",
        next_step,
        (*NEAR_SETTINGS, REACH, BENEFIT_COST),
        _list,
        ("step", "group", "band", "climb", "fall"),
    ),
)
