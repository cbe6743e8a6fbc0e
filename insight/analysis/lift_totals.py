"""Only totals per arm: the same verdict from a line a group, typed in or pasted, without any customer file."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import unquote

from insight.analysis.basis import frame
from insight.analysis.lift_money import is_shown
from insight.analysis.lift_rules import MARGIN_RATE, MOST_ARMS, PLANNED, is_control_word, named
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError, UsageError
from insight.result import Basis, Chart, Message, Metric, Note, Result, Unit
from insight.settings import Setting, Settings
from insight.stats.decide import Verdict, decide, decide_without_control
from insight.stats.means import Difference, log_lift, relative_lift_rule, welch
from insight.stats.moments import Moments, moments_of_sums
from insight.stats.proportions import rate_difference
from insight.stats.ratios import campaign_total
from insight.stats.sample_ratio import SampleRatio, sample_ratio_test
from insight.workspace.engine import Query

TOTALS = Setting("totals", "text", None)
CONTROL = Setting("control", "text", None)
SPREAD = Setting("spread", "number", 1.0, low=0, high=20)
SETTINGS = (TOTALS, CONTROL, PLANNED, MARGIN_RATE, SPREAD)
_LEAST_FIELDS, _MOST_FIELDS = 4, 6
_UNITS: dict[str, Unit] = {
    "arm": "text", "n_customers": "count", "n_buyers": "count", "sales": "money", "conversion": "ratio",
    "net": "money", "other": "text", "buyers_effect": "ratio", "buyers_effect_low": "ratio",
    "buyers_effect_high": "ratio", "rel_sales": "ratio", "effect": "money", "effect_low": "money",
    "effect_high": "money", "pvalue": "pvalue", "pvalue_adjusted": "pvalue",
    "total": "money", "total_low": "money", "total_high": "money",
    "break_even_cost": "money", "break_even_low": "money", "break_even_high": "money",
}  # fmt: skip


@dataclass(frozen=True)
class Group:
    """One arm's totals: customers assigned, buyers, sales, sum of squared sales per customer, cost per contact."""

    name: str
    n: int
    buyers: int
    sales: float
    squares: float | None
    cost: float

    def spend(self, spread: float) -> Moments:
        """Spend per assigned customer; without the squares from the buyers' coefficient of variation `spread`."""
        if self.squares is not None:
            return moments_of_sums(self.n, self.sales, self.squares)
        each = self.sales / self.buyers if self.buyers else 0.0
        return moments_of_sums(self.n, self.sales, self.buyers * each**2 * (1 + spread**2))

    def net(self, spread: float, rate: float) -> Moments:
        """Margin less cost per assigned customer."""
        spend = self.spend(spread)
        return Moments(
            self.n, None if spend.mean is None else rate * spend.mean - self.cost,
            None if spend.var is None else rate**2 * spend.var,
        )  # fmt: skip


def _number(text: str, arm: str) -> float:
    try:
        number = float(Decimal(text.strip().replace("\u00a0", "").replace(" ", "")))
    except InvalidOperation:
        number = math.nan
    if not math.isfinite(number):
        raise UsageError("lift.totals_not_a_number", arm=arm, value=text)
    return number


def _groups(text: str | None) -> list[Group]:
    """The arms of 'NAME,customers,buyers,sales[,sum of squares[,cost]];…', %2C and %3B for signs within a name.

    Raises UsageError that names the arm.
    """
    if not text or not text.strip():
        raise NotEnoughDataError("lift.totals_missing")
    found: list[Group] = []
    for line in filter(None, (line.strip() for line in text.split(";"))):
        name, *cells = [cell.strip() for cell in line.split(",")]
        name = unquote(name)
        if not _LEAST_FIELDS - 1 <= len(cells) <= _MOST_FIELDS - 1:
            raise UsageError("lift.totals_fields", arm=name)
        n, buyers, sales = (_number(cell, name) for cell in cells[:3])
        squares = _number(cells[3], name) if len(cells) > 3 and cells[3] else None
        cost = _number(cells[4], name) if len(cells) > 4 and cells[4] else 0.0
        if n < 1 or buyers < 0 or buyers > n or n != int(n) or buyers != int(buyers):
            raise UsageError("lift.totals_counts", arm=name)
        if cost < 0:
            raise UsageError("lift.negative_cost", arm=name)
        if squares is not None and squares < sales**2 / n * (1 - 1e-9):
            raise UsageError("lift.totals_squares", arm=name)
        found.append(Group(name, int(n), int(buyers), sales, squares, cost))
    if len(found) < 2:
        raise NotEnoughDataError("lift.totals_one")
    if len(found) > MOST_ARMS:
        raise NotEnoughDataError("lift.too_many_arms", n=len(found), most=MOST_ARMS)
    if len({group.name.lower() for group in found}) < len(found):
        raise UsageError("lift.totals_twice")
    return found


def _control(settings: Settings, groups: list[Group]) -> str | None:
    names = tuple(group.name for group in groups)
    if settings["control"]:
        return named(names, settings["control"])
    return next((name for name in names if is_control_word(name)), None)


def _ratio(settings: Settings, groups: list[Group]) -> SampleRatio | None:
    if not settings["planned"]:
        return None
    names = tuple(group.name for group in groups)
    plan = {named(names, name): share for name, share in settings["planned"]}
    missing = [name for name in names if name not in plan]
    if missing:
        raise UsageError("lift.planned_missing", names=", ".join(missing))
    wrong = next((name for name, share in plan.items() if share <= 0), None)
    if wrong:
        raise UsageError("lift.planned_not_positive", name=wrong)
    return sample_ratio_test([group.n for group in groups], [plan[name] for name in names])


def totals(query: Query, settings: Settings) -> Result:  # noqa: ARG001 - asks nothing of the workspace
    """The verdict from totals per arm: customers, buyers, sales, the sum of squares if known, cost per contact.

    Table: a row per arm as typed, its conversion and net (margin_rate · sales less cost), and against `other` (the
    control; without one the best other arm) the difference in share of buyers, rel_sales where it may be shown, effect
    per customer (net with a margin rate, else sales) with 95 % interval, p, total = n · effect, and break_even_cost
    per contact with its interval (None where no cost above 0 would do). Without the sum of
    squares the spread among buyers is assumed (coefficient of variation `spread`, 1 unless said) and noted. Without
    the customers nothing is known of before the test. Raises UsageError that names the arm whose line is wrong.
    """
    groups = _groups(settings["totals"])
    control, ratio, rate = _control(settings, groups), _ratio(settings, groups), settings["margin_rate"]
    figures = {
        group.name: group.spend(settings["spread"]) if rate is None else group.net(settings["spread"], rate)
        for group in groups
    }
    found = _judge(figures, control, ratio)
    blocked = found.code == "blocked_srm"
    rows = _rows(groups, figures, control, settings, told=not blocked)
    for row in rows:
        row["pvalue_adjusted"] = found.adjusted(row["arm"], row["other"]) if row["other"] else None
    metric = "spend" if rate is None else "net_profit"
    leader = _leader(found, rows)
    n_customers = sum(group.n for group in groups)
    title = "lift.effect_title" if control else "lift.effect_title_uncontrolled"
    return Result(
        key="lift.totals",
        headline=_headline(found, leader, metric, control),
        metrics={"sample_ratio_pvalue": Metric(ratio.pvalue if ratio else None, "pvalue", better=0)} | (
            {} if leader is None else {
                "total": Metric(leader["total"], "money", leader["total_low"], leader["total_high"]),
                "effect": Metric(leader["effect"], "money", leader["effect_low"], leader["effect_high"]),
            }
        ),
        table=frame(rows, list(_UNITS)),
        units=dict(_UNITS),
        basis=Basis(None, None, n_customers, {}, Message("lift.totals_rule"), "lift_totals", n_customers=n_customers),
        chart=None if blocked else Chart(
            "interval", x="arm", y="effect", low="effect_low", high="effect_high",
            title=Message(title, {"metric": Message(f"lift.metric.{metric}")}),
        ),
        notes=_notes(groups, rows, control, ratio, rate),
        evidence="association" if blocked else "control",
    )  # fmt: skip


def _judge(figures: Mapping[str, Moments], control: str | None, ratio: SampleRatio | None) -> Verdict:
    def compare(first: str, second: str) -> Difference:
        return welch(figures[first], figures[second])

    pvalue = ratio.pvalue if ratio else None
    if control is None:
        return decide_without_control(tuple(figures), compare, sample_ratio_pvalue=pvalue, complete=True)
    against = {name: compare(name, control) for name in figures if name != control}
    return decide(against, compare, sample_ratio_pvalue=pvalue, complete=True)


def _rows(
    groups: list[Group], figures: Mapping[str, Moments], control: str | None, settings: Settings, *, told: bool
) -> list[dict[str, Any]]:
    by_name = {group.name: group for group in groups}
    ranked = sorted(by_name, key=lambda name: -(figures[name].mean or 0.0))
    rate = settings["margin_rate"]
    rows: list[dict[str, Any]] = []
    for group in groups:
        other = control or (ranked[1] if group.name == ranked[0] else ranked[0])
        row: dict[str, Any] = dict.fromkeys(_UNITS) | {
            "arm": group.name, "n_customers": group.n, "n_buyers": group.buyers, "sales": Decimal(str(group.sales)),
            "conversion": group.buyers / group.n,
            "net": None if rate is None else rate * group.sales - group.cost * group.n,
        }  # fmt: skip
        if group.name != other and told:
            effect = welch(figures[group.name], figures[other])
            row |= {"other": other} | _against(group, by_name[other], effect, settings["spread"])
            row |= {} if rate is None else _break_even(group, effect)
        rows.append(row)
    return rows


def _leader(found: Verdict, rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The arm that the verdict speaks of: the best, the worst loser, else the one with the largest effect."""
    told = [row for row in rows if row["effect"] is not None]
    if found.code == "loses":
        return min((row for row in told if row["arm"] in found.losers), key=lambda row: row["effect"])
    named_best = [row for row in told if row["arm"] in ((found.best,) if found.best else found.winners)]
    return max(named_best or told, key=lambda row: row["effect"], default=None)


def _against(group: Group, other: Group, effect: Difference, spread: float) -> dict[str, Any]:
    buyers = rate_difference(group.buyers, group.n, other.buyers, other.n)
    own, base = group.spend(spread), other.spend(spread)
    rule = relative_lift_rule(own, base, group.buyers, other.buyers)
    total = campaign_total(effect, group.n)
    return {
        "buyers_effect": buyers.effect_size, "buyers_effect_low": buyers.ci_lower,
        "buyers_effect_high": buyers.ci_upper,
        "rel_sales": None if rule.reasons else log_lift(own, base).rel_effect_size,
        "effect": effect.effect_size, "effect_low": effect.ci_lower, "effect_high": effect.ci_upper,
        "pvalue": effect.pvalue, "total": total.total, "total_low": total.ci_lower, "total_high": total.ci_upper,
    }  # fmt: skip


def _break_even(group: Group, effect: Difference) -> dict[str, Any]:
    """The cost per contact at which the arm would net what the other does: its own and what it netted beyond."""
    ends = (effect.effect_size, effect.ci_lower, effect.ci_upper)
    cost, low, high = (None if end is None else end + group.cost for end in ends)
    return {"break_even_cost": cost if cost is not None and cost > 0 else None, "break_even_low": low,
            "break_even_high": high}  # fmt: skip


def _headline(found: Verdict, leader: dict[str, Any] | None, metric: str, control: str | None) -> Message:
    if found.code == "blocked_srm":
        return Message("lift.verdict_blocked")
    if leader is None or found.code == "untestable":
        return Message("lift.verdict_untestable")
    values: dict[str, Any] = {
        "arm": leader["arm"], "other": leader["other"], "metric": Message(f"lift.metric.{metric}"),
        "total": leader["total"], "low": leader["total_low"], "high": leader["total_high"],
    }  # fmt: skip
    if found.code == "loses":
        lost = {"total": -values["total"], "low": -leader["total_high"], "high": -leader["total_low"]}
        return Message("lift.verdict_loses", values | lost)
    if found.code in ("beats_control", "best"):
        return Message("lift.verdict_won" if control else "lift.verdict_won_uncontrolled", values)
    return Message("lift.totals_unclear", values)


def _notes(
    groups: list[Group], rows: list[dict[str, Any]], control: str | None, ratio: SampleRatio | None, rate: float | None
) -> tuple[Note, ...]:
    notes: list[Note] = []
    tested = sum(1 for row in rows if row["pvalue_adjusted"] is not None)
    for row in rows:
        own = control is None and row["net"] is not None and row["net"] < 0
        against = control is not None and rate is not None and row["total_high"] is not None and row["total_high"] < 0
        if (own or against) and (row["rel_sales"] or 0) > 0:
            values = {"arm": row["arm"], "other": row["other"], "rel": row["rel_sales"], "n": tested}
            values |= {"total": row["net"] if own else row["total"], "p": row["pvalue_adjusted"]}
            lost = own or is_shown(row["pvalue_adjusted"])
            code = "lift_despite_loss_own" if own else "lift_despite_loss" if lost else "lift_loss_not_shown"
            notes.append(Note(code, values, "warning" if lost else "note"))
    if ratio is None:
        notes.append(Note("sample_ratio_unchecked", {}, "warning"))
    elif ratio.mismatch:
        notes.append(Note("sample_ratio_mismatch", {"p": ratio.pvalue}, "warning"))
    if control is None:
        notes.append(Note("totals_no_control", {}, "warning"))
    if rate is None:
        notes.append(Note("no_margin", {}, "warning"))
    if any(group.squares is None for group in groups):
        notes.append(Note("spread_assumed", {}, "warning"))
    notes.append(Note("totals_unchecked"))
    return tuple(notes)


ANALYSES = (Analysis("lift.totals", totals, SETTINGS, tables=()),)
