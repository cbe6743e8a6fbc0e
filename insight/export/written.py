"""How an answer's figures are written for people: cards, column heads, cells; alike on page, slide and sheet."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd

from insight.analysis import registry
from insight.audience import Pairs
from insight.i18n.catalog import Words
from insight.result import Basis, Metric, Result, Unit

_MILLIONS_FROM = 10_000_000
_HELPERS = ("_low", "_high")
_MEASURES = ("points", "number", "score")
# Shares that are one share less another: they are told in percentage points.
_SHARES_APART = ("difference", "buyers_effect", "more_buyers")


def undefined(value: object) -> bool:
    """Whether a cell holds nothing."""
    return value is None or value is pd.NaT or (isinstance(value, float) and value != value)


# --- the head of an answer --------------------------------------------------------------------------------------------


def period_words(words: Words, basis: Basis) -> str:
    """The period of an answer; for one that looks back from a day, the last day that counts; two windows by both."""
    if basis.windows is not None:
        earlier, later = (words.period(*window) for window in basis.windows)
        return words.t("period.two", earlier=earlier, later=later)
    if basis.start is None and basis.end is not None:
        return words.t("ui.as_of", day=basis.end - timedelta(days=1))
    return words.period(basis.start, basis.end)


def eyebrow_parts(words: Words, result: Result) -> list[str]:
    """What stands above a headline: the question, its period, its base."""
    basis = result.basis
    parts = [words.t(f"analysis.{result.key}.title")]
    if basis.start or basis.end:
        parts.append(period_words(words, basis))
    if basis.n_customers is not None:
        parts.append(words.t("ui.n_customers", n=basis.n_customers))
    return parts


# --- cards ------------------------------------------------------------------------------------------------------------


def metric_name(words: Words, result: Result, name: str) -> str:
    """A metric's name: its own in this analysis where it has one."""
    own = f"metric.{result.key}.{name}"
    return words.t(own) if words.has(own) else words.t(f"metric.{name}")


def metric_words(words: Words, name: str, metric: Metric) -> str:
    """A metric's value; one share less another in percentage points."""
    if is_shares_apart(name, metric.unit) and metric.value is not None:
        return points_words(words, metric.value)
    return words.value(metric.value, metric.unit)


def ends_words(words: Words, name: str, metric: Metric) -> tuple[str, str]:
    """The ends of a metric's interval, in the unit and with the decimals of its value."""
    if is_shares_apart(name, metric.unit):
        return points_words(words, metric.low), points_words(words, metric.high)
    low, high = (words.value(end, metric.unit, like=metric.value) for end in (metric.low, metric.high))
    return low, high


def is_shares_apart(name: str, unit: Unit | None) -> bool:
    """Whether a column or a metric holds one share less another, or an end of its interval."""
    base = next((name.removesuffix(end) for end in _HELPERS if name.endswith(end)), name)
    return unit == "ratio" and base in _SHARES_APART


def points_words(words: Words, share: Any) -> str:
    """One share less another: '+12,7 pe'."""
    return words.t("ui.points", value=words.number(Decimal(str(share)) * 100, 1, signed=True))


def against_words(words: Words, result: Result, chosen: Pairs) -> str:
    """What a change is set against: 'mot året före'; empty where the earlier figure itself says more."""
    known = {setting.name for setting in registry.find(result.key).settings}
    if "compare" in known:
        kind = dict(chosen).get("compare", "year_before")
        return words.t(f"ui.against_{kind}") if words.has(f"ui.against_{kind}") else ""
    return words.t("ui.against_year_before") if result.key.startswith("segments.") else ""


def change_of(words: Words, metric: Metric, name: str = "") -> tuple[str, int, str]:
    """What stands under a figure: (change or interval, 1 better, -1 worse or 0, grey words beside)."""
    if metric.low is not None and metric.high is not None:
        low, high = ends_words(words, name, metric)
        return words.t("ui.interval", low=low, high=high), 0, ""
    if metric.before is None or metric.value is None or isinstance(metric.value, date):
        return "", 0, ""
    value, before = float(metric.value), float(metric.before)
    sign = (value > before) - (value < before)
    grey = words.t("ui.against", value=words.value(metric.before, metric.unit, like=metric.value))
    return change_words(words, value, before, metric.unit), sign * metric.better, grey


def change_words(words: Words, value: float, before: float, unit: str) -> str:
    """A change as a card says it: money in per cent, shares in percentage points, the rest in its own unit."""
    difference = value - before
    if unit == "ratio":
        return words.t("ui.points", value=words.number(difference * 100, 1, signed=True))
    if unit == "money" and before > 0:
        return words.percent(difference / before, 1, signed=True)
    if unit == "money":
        return words.money(difference, signed=True)
    decimals = 0 if unit in ("count", "days", "months") else 1 if abs(difference) >= 1 else 2
    return words.number(difference, decimals, signed=True)


# --- tables -----------------------------------------------------------------------------------------------------------


def named(words: Words, analysis: str, column: str) -> bool:
    """Whether a column has a name for people; others are there for figures and marks."""
    return words.has(f"column.{analysis}.{column}") or words.has(f"column.{column}")


def shown(words: Words, result: Result, column: str) -> bool:
    """Whether a column is for people: it has a name in the catalogue and is not the end of an interval."""
    return named(words, result.key, column) and not column.endswith(_HELPERS)


def column_name(words: Words, analysis: str, column: str) -> str:
    """A column's name, its own in this analysis where it has one; the ends of an interval after what they enclose."""
    own = f"column.{analysis}.{column}"
    if words.has(own):
        return words.t(own)
    if words.has(f"column.{column}"):
        return words.t(f"column.{column}")
    base, _, end = column.rpartition("_")
    if f"_{end}" in _HELPERS and named(words, analysis, base):
        return words.t(f"column.end_{end}", name=column_name(words, analysis, base))
    return column


def head(words: Words, column: str, unit: Unit, values: Sequence[Any], analysis: str = "") -> str:
    """A column's head with its unit: 'Försäljning, mn kr', 'Andel av kunderna, %'."""
    name = column_name(words, analysis, column)
    if unit == "money":
        key = "ui.head_money_m" if in_millions(values) else "ui.head_money"
        return words.t(key, name=name, unit=words.unit_of_money())
    if is_shares_apart(column, unit):
        return f"{name}, {words.t('common.percentage_points')}"
    return f"{name}, %" if unit == "ratio" else name


def in_millions(values: Sequence[Any]) -> bool:
    """Whether a column of money is written in millions."""
    return any(abs(value) >= _MILLIONS_FROM for value in values if not undefined(value))


def is_change(column: str) -> bool:
    """Whether a column tells a change: its numbers carry their sign."""
    return (
        column.startswith("change") or column.endswith(("_change", "contribution")) or is_shares_apart(column, "ratio")
    )


def formatter(words: Words, unit: Unit, values: Sequence[Any], *, signed: bool = False) -> Callable[[Any], str]:
    """How the cells of a column are written, the unit standing in the head; one precision for all of them."""
    millions = unit == "money" and in_millions(values)
    fine = unit == "ratio" and any(0 < abs(float(value)) < 0.1 for value in values if not undefined(value))
    large = any(abs(float(value)) >= 10 for value in values if not undefined(value)) if unit in _MEASURES else True
    decimals = 1 if large or unit == "points" else 2
    # Costs of a few kronor are told by their öre.
    sizes = [abs(float(value)) for value in values if not undefined(value)] if unit == "money" else []
    small = 2 if sizes and 0 < max(sizes) < 10 else 0

    def write(value: Any) -> str:
        if undefined(value):
            return "–"
        if unit == "money":
            scaled = Decimal(str(value)) / (1_000_000 if millions else 1)
            return words.number(scaled, 1 if millions else small, signed=signed)
        if unit == "ratio":
            return words.number(Decimal(str(value)) * 100, 1 if fine else 0, signed=signed)
        if unit in ("count", "days", "months"):
            return words.number(value, signed=signed)
        if unit == "pvalue":
            return words.pvalue(value)
        if unit in _MEASURES:
            return words.number(value, decimals, signed=signed)
        if isinstance(value, date):
            return value.isoformat()[:10]
        return words.label(value)

    return write
