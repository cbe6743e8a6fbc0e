"""What if: other bounds, another window or a keep rule; who changes step at once, and what the levels would cost."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from insight.analysis.basis import account, basis, frame, share
from insight.analysis.ladder_places import make_ladder, stand, told
from insight.analysis.ladder_rules import (
    BOUNDED,
    LONGEST_WINDOW,
    NONE,
    Rule,
    Windows,
    checked_bounds,
    counted,
    make_values,
    nice,
    put_steps,
    rule_of,
    step_keys,
    step_labels,
    whole_months,
    windows,
)  # fmt: skip
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError, UsageError
from insight.result import Chart, Message, Metric, Note, Result, Unit
from insight.settings import Setting, Settings
from insight.workspace.engine import Query, money

_SAME_VALUES = "SELECT * FROM {known}"
NEW_BOUNDS = Setting("new_bounds", "amounts", None, low=0)
NEW_WINDOW = Setting("new_window", "integer", None, low=1, high=60)
NEW_WINDOW_KIND = Setting("new_window_kind", "choice", "same", choices=("same", "rolling", "calendar"))
NEW_KEEP = Setting("new_keep", "number", None, low=0, high=1)
LEVEL_COSTS = Setting("level_costs", "names", None)
RULES = (*BOUNDED, NEW_BOUNDS, NEW_WINDOW, NEW_WINDOW_KIND, NEW_KEEP)
_RAISED = 1.25

_MEMBERS = """
    SELECT
        standing.customer_id,
        standing.step AS from_step,
        stepped.step AS to_step,
        CASE WHEN coalesce(now_step.place, 0) = coalesce(new_step.place, 0) THEN 'same'
            WHEN coalesce(now_step.place, 0) < coalesce(new_step.place, 0) THEN 'up' ELSE 'down' END AS move,
        standing.sales,
        standing.n_orders,
        standing.margin
    FROM standing
    JOIN stepped ON stepped.customer_id = standing.customer_id
    LEFT JOIN (SELECT step, low_bound, row_number() OVER (ORDER BY low_bound) AS place FROM ladder_steps) AS now_step
    ON now_step.step = standing.step
    LEFT JOIN (SELECT step, low_bound, row_number() OVER (ORDER BY low_bound) AS place FROM new_steps) AS new_step
    ON new_step.step = stepped.step
"""
_TABLE = """
    SELECT from_step, to_step, count(*) AS n_customers, sum(sales) AS sales
    FROM members GROUP BY from_step, to_step
"""
_LEVELS_NOW = """
    SELECT from_step AS step, count(*) AS n, sum(sales) AS sales, sum(margin) AS margin FROM members GROUP BY from_step
"""
_LEVELS_NEW = """
    SELECT to_step AS step, count(*) AS n, sum(sales) AS sales, sum(margin) AS margin FROM members GROUP BY to_step
"""
_UNITS: dict[str, Unit] = {
    "from_step": "text", "to_step": "text", "n_customers": "count", "share": "ratio", "sales": "money"
}  # fmt: skip
_LEVEL_UNITS: dict[str, Unit] = {
    "to_step": "text", "bound_now": "money", "bound_new": "money", "n_now": "count", "n_new": "count",
    "n_change": "count", "sales_now": "money", "sales_new": "money", "cost_now": "money", "cost_new": "money",
    "margin_new": "money",
}  # fmt: skip


@dataclass(frozen=True)
class Rules:
    """The rule in force and the one tried, on the same days."""

    span: Windows
    rule: Rule
    bounds: tuple[Decimal, ...]
    tried: Rule
    new_bounds: tuple[Decimal, ...]
    proposed: bool


def tried_bounds(bounds: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    """What is tried when nothing is asked for: the highest bound a quarter up, rounded so that it can be said."""
    *lower, top = bounds
    raised = nice(float(top) * _RAISED, whole=True)
    return (*lower, raised if raised > top else top + max(Decimal(1), top / 4))


def _tried(settings: Settings, rule: Rule) -> Rule:
    """The rule tried: the one in force where nothing else is said. Raises UsageError for a part of a calendar year."""
    kind = rule.kind if settings["new_window_kind"] == "same" else settings["new_window_kind"]
    months: int = settings["new_window"] or (rule.months if kind == rule.kind else LONGEST_WINDOW)
    if kind == "calendar" and months % LONGEST_WINDOW:
        raise UsageError("ladder.whole_years", name="new_window", window=months)
    keep = rule.keep if settings["new_keep"] is None else settings["new_keep"]
    return Rule(rule.basis, months, kind, keep, rule.first_day)


def make_rules(query: Query, settings: Settings) -> Rules:
    """Temporary tables `ladder_steps`, `new_steps`, `standing` (rule in force) and `stepped` (new rule) at `end`."""
    span = windows(query, settings)
    rule = rule_of(settings, span)
    tried = _tried(settings, rule)
    if tried.months > max(1, whole_months(span.first_day, query.day_after_last())):
        raise UsageError(
            "ladder.window_too_long", name="new_window" if settings["new_window"] else "new_window_kind",
            window=tried.months, first=span.first_day, last=span.last_day,
        )  # fmt: skip
    make_values(query, "values_end", span.opened_last, span.end, rule.basis)
    bounds = make_ladder(query, settings, rule, span.end).bounds
    asked: tuple[Decimal, ...] | None = settings["new_bounds"]
    new_bounds = checked_bounds(asked, "new_bounds") if asked else bounds if tried != rule else tried_bounds(bounds)
    put_steps(query, "new_steps", new_bounds)
    stand(query, "standing", rule, span.end, bounds, values="values_end")
    make_tried_values(query, "values_new", "values_end", tried, rule, span.end)
    stand(query, "stepped", tried, span.end, new_bounds, values="values_new", steps="new_steps")
    return Rules(span, rule, bounds, tried, new_bounds, proposed=not asked and tried == rule)


def make_tried_values(query: Query, name: str, known: str, tried: Rule, rule: Rule, closed: date) -> None:
    """Table `name` of `make_values` by the rule tried; `known` is that by the rule in force, often of the same days."""
    if (tried.opens(closed), tried.basis) == (rule.opens(closed), rule.basis):
        query.view(name, _SAME_VALUES.replace("{known}", known))
    else:
        make_values(query, name, tried.opens(closed), closed, tried.basis)


def _list(query: Query, settings: Settings) -> None:
    make_rules(query, settings)
    query.make("members", _MEMBERS)


def level_costs(settings: Settings, count: int) -> tuple[Decimal, ...]:
    """What a customer on each step costs in benefits, lowest first; 0 where nothing is said.

    Raises UsageError when an amount cannot be read or there are more amounts than steps.
    """
    asked: tuple[str, ...] = settings["level_costs"] or ()
    if len(asked) > count:
        raise UsageError("ladder.names_do_not_fit", name="level_costs", given=len(asked), needed=count)
    costs: list[Decimal] = []
    for text in asked:
        try:
            costs.append(Decimal(text))
        except ArithmeticError:
            raise UsageError("setting.not_a_number", name="level_costs", value=text) from None
    return (*costs, *[Decimal(0)] * (count - len(costs)))


def what_if(query: Query, settings: Settings) -> Result:
    """Everyone's step at `end` by the rule in force and by the one tried, on the same purchases.

    The rule tried: `new_bounds`, `new_window`, `new_window_kind` and `new_keep` (see ladder_kept), each as in force
    where nothing is said; with none of them the highest bound is a quarter up. Table: from_step (in force), to_step
    (tried), n_customers, share of the row, sales. tables['levels']: each level's bounds, customers, sales and benefit
    cost (`level_costs` a customer, lowest first) by both rules, and the margin the new level carries.
    Raises NotEnoughDataError when nobody has bought before `end`.
    """
    rules = make_rules(query, settings)
    query.make("members", _MEMBERS)
    longest = max((rules.bounds, rules.new_bounds), key=len)
    order = {key: rank for rank, key in enumerate((*reversed(step_keys(longest)), NONE))}
    found = sorted(query.rows(_TABLE), key=lambda row: (order[row[0]], order[row[1]]))
    if not found:
        raise NotEnoughDataError("ladder.nobody", end=rules.span.end)
    sizes: dict[str, int] = {}
    for row in found:
        sizes[row[0]] = sizes.get(row[0], 0) + int(row[2])
    rows: list[dict[str, Any]] = [
        {
            "from_step": a, "to_step": b, "n_customers": int(n), "share": share(int(n), sizes[a]), "sales": money(sales)
        }
        for a, b, n, sales in found
    ]  # fmt: skip
    levels = _levels(query, rules, settings, longest)
    moves = {str(move): int(n) for move, n in query.rows("SELECT move, count(*) AS n FROM members GROUP BY move")}
    return Result(
        key="ladder.what_if",
        headline=_headline(moves, levels, rules),
        metrics=_metrics(moves, levels),
        table=frame(rows, list(_UNITS)),
        units=_UNITS,
        basis=basis(
            account(query, rules.span.opened_last, rules.span.end), rules.span.opened_last, rules.span.end,
            formula="what_if", n_customers=sum(sizes.values()),
            rule=told(
                rules.tried,
                Message("ladder.what_if_rule", {"window": rules.tried.window("before"), "end": rules.span.end}),
            ),
            parts={step: sum((r["sales"] for r in rows if r["from_step"] == step), money(0)) for step in sizes},
        ),
        chart=Chart(
            "matrix", x="to_step", y="from_step", color="n_customers", title=Message("ladder.what_if_title"),
            subtitle=Message("ladder.what_if_subtitle"),
        ),
        charts=_level_charts(levels),
        drill=("from_step", "to_step"),
        notes=_notes(rules),
        labels=_labels(longest, settings),
        tables={"levels": frame(levels, list(_LEVEL_UNITS))},
        more_units={"levels": _LEVEL_UNITS},
    )  # fmt: skip


def _level_charts(levels: list[dict[str, Any]]) -> tuple[Chart, ...]:
    """How large each level becomes, what it carries and, where amounts are given, what its benefits cost."""
    names = ["n", "sales", *(["cost"] if any(row["cost_now"] or row["cost_new"] for row in levels) else [])]
    return tuple(
        Chart(
            "bar",
            x="to_step",
            y=f"{name}_new",
            before=f"{name}_now",
            title=Message(f"ladder.levels_{name}_title"),
            subtitle=Message("ladder.levels_subtitle"),
        )
        for name in names
    )


def _labels(longest: tuple[Decimal, ...], settings: Settings) -> dict[str, str]:
    names: tuple[str, ...] | None = settings["names"]
    keys = step_keys(longest)
    if names and len(names) == len(keys):
        return step_labels(longest, settings)
    return step_labels(longest, Settings({"names": None}, {}))


def _levels(query: Query, rules: Rules, settings: Settings, longest: tuple[Decimal, ...]) -> list[dict[str, Any]]:
    now = {row[0]: row[1:] for row in query.rows(_LEVELS_NOW)}
    new = {row[0]: row[1:] for row in query.rows(_LEVELS_NEW)}
    keys = step_keys(longest)
    costs = dict(zip(keys, level_costs(settings, len(keys)), strict=True))
    lows_now = dict(zip(step_keys(rules.bounds), (Decimal(0), *rules.bounds), strict=True))
    lows_new = dict(zip(step_keys(rules.new_bounds), (Decimal(0), *rules.new_bounds), strict=True))
    rows: list[dict[str, Any]] = []
    for key in (*reversed(keys), NONE):
        n_now, sales_now, _ = now.get(key, (0, 0, None))
        n_new, sales_new, margin_new = new.get(key, (0, 0, None))
        cost = costs.get(key, Decimal(0))
        rows.append({
            "to_step": key, "bound_now": lows_now.get(key), "bound_new": lows_new.get(key), "n_now": int(n_now),
            "n_new": int(n_new), "n_change": int(n_new) - int(n_now), "sales_now": money(sales_now),
            "sales_new": money(sales_new), "cost_now": money(int(n_now) * cost), "cost_new": money(int(n_new) * cost),
            "margin_new": None if margin_new is None else money(margin_new),
        })  # fmt: skip
    return rows


def _metrics(moves: dict[str, int], levels: list[dict[str, Any]]) -> dict[str, Metric]:
    costs = [sum((row[name] for row in levels), money(0)) for name in ("cost_now", "cost_new")]
    metrics = {
        "moved_up": Metric(moves.get("up", 0), "count", better=0, mark={"move": "up"}),
        "moved_down": Metric(moves.get("down", 0), "count", better=0, mark={"move": "down"}),
        "same_step": Metric(moves.get("same", 0), "count", better=0, mark={"move": "same"}),
    }
    if any(costs):
        metrics["level_cost"] = Metric(costs[1], "money", before=costs[0], better=-1)
    return metrics


def _headline(moves: dict[str, int], levels: list[dict[str, Any]], rules: Rules) -> Message:
    """What the tried rule would change; where nobody has written one, said of the bounds that are tried instead."""
    said = _change(moves, levels)
    if not rules.proposed:
        return said
    return Message("ladder.what_if_example", {"bounds": rules.new_bounds, "said": said})


def _change(moves: dict[str, int], levels: list[dict[str, Any]]) -> Message:
    up, down = moves.get("up", 0), moves.get("down", 0)
    cost = sum((row["cost_new"] - row["cost_now"] for row in levels), money(0))
    if not up and not down:
        return Message("ladder.what_if_nobody")
    if not up or not down:
        return counted("ladder.what_if_up" if up else "ladder.what_if_down", {"n": up or down, "cost": cost})
    if cost:
        return Message("ladder.what_if_cost", {"up": up, "down": down, "cost": cost})
    return Message("ladder.what_if_moves", {"up": up, "down": down})


def _notes(rules: Rules) -> tuple[Note, ...]:
    notes: list[Note] = []
    if rules.proposed:
        notes.append(Note("rule_proposed", {"bounds": rules.new_bounds}))
    if rules.tried.keep is not None and rules.tried.opens(rules.tried.opens(rules.span.end)) < rules.span.first_day:
        notes.append(Note("keep_before_data", {"first": rules.span.first_day}))
    return tuple(notes)


ANALYSES = (
    Analysis(
        "ladder.what_if",
        what_if,
        (*RULES, LEVEL_COSTS),
        _list,
        ("from_step", "to_step", "move"),
    ),
)
