"""Two groups' answers to one question: what each has, how far apart they are, and how sure that is; in words.

The page, the slide and the sheet of two groups side by side all read this, so that they cannot differ.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from insight.analysis.nps_rules import BY_SCORE
from insight.audience import Audience, Combined, Mark
from insight.export import written
from insight.i18n.catalog import Words
from insight.result import Metric, Number, Result, Unit
from insight.stats.moments import two_sided_quantile
from insight.words import mark_words, sentence

MOST_FIGURES = 6
_LONGEST_HEADLINE = 110
# What a choice by the score settles beforehand.
_OF_SCORE = (
    "nps", "nps_weighted", "promoter_share", "detractor_share", "mean_score", "slope", "response_rate",
)  # fmt: skip
_WHOLE: tuple[Unit, ...] = ("count", "days", "months")
# Of groups that differ in size these say more than sums and counts: the first that an answer has heads the page.
TELLING = (
    "nps", "per_customer_on_ladder", "conversion", "share_again", "response_rate", "receipt", "median_gap", "top_share",
)  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """The first group's figure minus the second's, in the figure's unit, with its 95 % interval where there is one."""

    value: float
    unit: Unit
    low: float | None = None
    high: float | None = None

    @property
    def shown(self) -> bool:
        """Whether the interval leaves out 'no difference'; True where there is no interval to go by."""
        return self.low is None or self.high is None or not self.low <= 0 <= self.high


@dataclass(frozen=True)
class Row:
    """A figure of both groups: its name in the answers, its name in words, and what each has (None: it has none)."""

    key: str
    name: str
    first: Metric
    second: Metric | None
    difference: Difference | None


def difference(first: Metric, second: Metric | None, *, apart: bool) -> Difference | None:
    """How far apart two figures are; None where one of them is missing or is no number.

    apart: the groups have no customer in common, so that their figures err independently of each other. Then, and
    where both figures carry 95 % intervals, the difference has one too, by the square-and-add method that needs no
    symmetry (MOVER: Zou and Donner 2008, Statistics in Medicine 27:1693; Newcombe 1998, Statistics in Medicine 17:873):
    d − √((a − a_low)² + (b_high − b)²) to d + √((a_high − a)² + (b − b_low)²). Of two means with standard errors it is
    d ∓ 1.96 √(e_a² + e_b²), as Welch's for groups that are not small.
    """
    if second is None or first.unit != second.unit or first.unit == "pvalue":
        return None
    a, b = _real(first.value), _real(second.value)
    if a is None or b is None:
        return None
    ends = [_real(end) for end in (first.low, first.high, second.low, second.high)]
    if apart and first.error is not None and second.error is not None:
        reach = two_sided_quantile(0.95) * math.hypot(first.error, second.error)
        return Difference(a - b, first.unit, a - b - reach, a - b + reach)
    if not apart or any(end is None for end in ends):
        return Difference(a - b, first.unit)
    a_low, a_high, b_low, b_high = (float(end) for end in ends if end is not None)
    low = a - b - math.hypot(a - a_low, b_high - b)
    high = a - b + math.hypot(a_high - a, b - b_low)
    return Difference(a - b, first.unit, low, high)


def _real(value: Number | date | None) -> float | None:
    if value is None or isinstance(value, date) or value != value:
        return None
    return float(value)


def rows(
    first: Result | None, second: Result | None, words: Words, *, names: Sequence[str] = (), apart: bool,
    most: int = MOST_FIGURES,
) -> list[Row]:  # fmt: skip
    """A row a figure, six unless told: those that are named, else all of the first group's (or of the second's)."""
    own = first or second
    if own is None:
        return []
    known = words.with_labels({**(second.labels if second else {}), **own.labels})
    theirs = second.metrics if second else {}
    wanted = [name for name in (names or own.metrics) if name in own.metrics or name in theirs][:most]
    found: list[Row] = []
    for name in wanted:
        other = theirs.get(name)
        none = Metric(None, other.unit if other else "number")
        one = first.metrics.get(name, none) if first else none
        found.append(Row(name, written.metric_name(known, own, name), one, other, difference(one, other, apart=apart)))
    return found


def value_words(words: Words, metric: Metric | None, name: str) -> str:
    """'35,0 (31,2 till 38,8)': a figure with its interval; a dash where there is none."""
    if metric is None:
        return "–"
    value = written.metric_words(words, name, metric)
    if metric.low is None or metric.high is None:
        return value
    low, high = written.ends_words(words, name, metric)
    return f"{value} ({words.t('ui.interval', low=low, high=high)})"


def difference_words(words: Words, row: Row) -> str:
    """'+19,0 (+14,2 till +23,7)': the difference in the figure's own unit where it has an interval, else as a card
    says a change (money in per cent); a dash where there is none."""
    found = row.difference
    if found is None or row.second is None:
        return "–"
    if found.low is None or found.high is None:
        before = _real(row.second.value)
        assert before is not None
        return written.change_words(words, before + found.value, before, found.unit)
    decimals = 0 if found.unit in _WHOLE else 1 if max(abs(found.low), abs(found.high)) >= 1 else 2
    said = [_signed(words, end, found.unit, decimals) for end in (found.value, found.low, found.high)]
    return f"{said[0]} ({words.t('ui.interval', low=said[1], high=said[2])})"


def _signed(words: Words, value: float, unit: Unit, decimals: int) -> str:
    if unit == "money":
        return words.money(value, signed=True)
    if unit == "ratio":
        return words.t("ui.points", value=words.number(value * 100, 1, signed=True))
    return words.number(value, decimals, signed=True)


def telling(first: Result | None, second: Result | None, words: Words, *, apart: bool) -> Row | None:
    """The figure that says most of groups of different size; None where none does, or where one group lacks it.

    The best known first, else one whose difference has an interval.
    """
    if first is None or second is None:
        return None
    settled = _OF_SCORE if _by_score(first, second) else ()
    known = [name for name in TELLING if name in first.metrics]
    names = [name for name in (*known, *first.metrics) if name not in settled]
    every = [rows(first, second, words, names=(name,), apart=apart)[0] for name in names]
    found = [row for row in every if row.difference is not None]
    sure = [row for row in found if row.difference is not None and row.difference.low is not None]
    return next((row for row in (*(row for row in found if row.key in TELLING), *sure)), None)


def headline(first: Result | None, second: Result | None, words: Words, names: tuple[str, str], *, apart: bool) -> str:
    """'Stamkunder har 18,9 högre NPS än alla andra (95 %: 14,2 till 23,7)', or that no difference is shown.

    The two names where no figure tells; names that would make it longer than a headline can be are left to what stands
    under it.
    """
    row = telling(first, second, words, apart=apart)
    ours = {words.t(key) for key in ("compare.everybody_else", "compare.all")}
    named = [name.lower() if name in ours else name for name in names]
    if row is None or row.difference is None or row.second is None:
        key = "compare.by_score" if _by_score(first, second) else "compare.two"
        return _capital(words.t(key, first=named[0], second=named[1]))
    a, b = words.value(row.first.value, row.first.unit), words.value(row.second.value, row.second.unit)
    end = "" if row.difference.shown else "_none"
    told = row.difference.shown and a != b and not _of_estimates_alone(row)
    said = (_finding(row, words, named) if told else "") or words.t(
        f"compare.named{end}", metric=row.name, first=a, second=b, first_name=named[0], second_name=named[1]
    )  # fmt: skip
    if len(said) > _LONGEST_HEADLINE:
        said = words.t(f"compare.headline{end}", metric=row.name, first=a, second=b)
    return _capital(said)


def _of_estimates_alone(row: Row) -> bool:
    """Whether the two figures are uncertain and how far apart they are could not be given an interval."""
    assert row.difference is not None
    return row.difference.low is None and _is_estimate(row.first)


def _is_estimate(metric: Metric) -> bool:
    return metric.low is not None or metric.error is not None


def _finding(row: Row, words: Words, named: Sequence[str]) -> str:
    """How much higher or lower the first group's figure is, and how sure that is; '' where that rounds to nothing."""
    found = row.difference
    assert found is not None and row.second is not None
    size = _size(words, abs(found.value), found.unit)
    if size == _size(words, 0.0, found.unit):
        return ""
    way = "higher" if found.value > 0 else "lower"
    if found.low is None or found.high is None:
        values = (words.value(metric.value, metric.unit) for metric in (row.first, row.second))
        sure = words.t("compare.sure_values", **dict(zip(("first", "second"), values, strict=True)))
    else:
        ends = sorted((abs(found.low), abs(found.high)))
        low, high = (_size(words, end, found.unit) for end in ends)
        sure = words.t("compare.sure_interval", low=low, high=high)
    own = f"compare.finding_{row.key}_{way}"
    key = own if words.has(own) else f"compare.finding_{way}"
    return words.t(
        key, metric=row.name, difference=size, first_name=named[0], second_name=named[1], sure=sure
    )  # fmt: skip


def _size(words: Words, size: float, unit: Unit) -> str:
    """A difference without its sign, in the figure's own unit."""
    if unit == "money":
        return words.money(size)
    if unit == "ratio":
        return words.t("ui.points_whole", value=words.number(size * 100, 1))
    return words.number(size, 0 if unit in _WHOLE else 1 if size >= 1 else 2)


def _by_score(*results: Result | None) -> bool:
    """Whether a group was chosen by what its customers answered, so that the score cannot tell it from others."""
    return any(note.code == BY_SCORE for result in results if result for note in result.notes)


def _capital(said: str) -> str:
    return said[:1].upper() + said[1:]


def why_no_interval(found: Sequence[Row], words: Words, *, apart: bool) -> str:
    """Why differences stand without an interval, where a figure of either group has one; '' where nothing is to say."""
    if not any(_is_estimate(row.first) for row in found):
        return ""
    if not apart:
        return words.t("compare.overlapping")
    known = [row.difference for row in found if row.difference is not None]
    return words.t("compare.some_intervals") if any(one.low is None for one in known) else ""


def name_of(audience: Audience, words: Words) -> str:
    """What a group is called in a headline: 'Stamkunder' for a mark, else its whole sentence."""
    if isinstance(audience, Mark) and audience.within is None and audience.mark:
        short = mark_words(words, audience.analysis, dict(audience.mark))
        if short and not short.replace(" ", "").isdecimal():
            return short
    return sentence(audience, words)


def is_everybody_else(other: Audience, scope: Audience | None) -> bool:
    """Whether the second group is all who are not in the first."""
    return scope is not None and other == Combined("not", (scope,))
