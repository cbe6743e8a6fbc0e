"""Net Promoter Score: the score, its interval, and the difference between groups, in points from -100 to 100.

Answers 9-10 are promoters, 7-8 passives, 0-6 detractors; the score is 100 times the share of promoters minus that of
detractors. Each answer counts +100, 0 or -100, so the score is a mean and everything below treats it as one.
"""

import math
from collections.abc import Mapping
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from insight.stats.means import NO_DIFFERENCE, Difference, difference_from_standard_error, one_sample
from insight.stats.moments import FloatArray, check_count, moments_of, two_sided_quantile
from insight.stats.multiplicity import holm

HIDE_BELOW = 10
"""With fewer answers no score is shown."""
GREY_BELOW = 30
"""With fewer answers the score is shown as uncertain."""


class Answers(NamedTuple):
    """How many answered 9-10, 7-8 and 0-6."""

    promoters: int
    passives: int
    detractors: int

    @property
    def n(self) -> int:
        """All answers."""
        return self.promoters + self.passives + self.detractors


class Score(NamedTuple):
    """The score in points with its interval; None without answers.

    `variance` is of one answer counted +1, 0, -1 (n in the denominator) and `standard_error` the plain one of the score
    in points. `hidden` under 10 answers, `grey` under 30: how it may be shown, the numbers are there all the same.
    """

    nps: float | None
    ci_lower: float | None
    ci_upper: float | None
    n: int
    variance: float | None
    standard_error: float | None
    hidden: bool
    grey: bool


class PairDifference(NamedTuple):
    """Difference first - second in points, its p adjusted (Holm) over all compared at once; no `second`: the rest."""

    first: str
    second: str
    difference: Difference
    pvalue_adjusted: float | None


def checked(answers: Answers) -> Answers:
    """The same counts as ints; ValueError for negative or broken counts."""
    return Answers(*(check_count(count, "The number of answers") for count in answers))


def points(scores: ArrayLike) -> FloatArray:
    """+100, 0 or -100 for each answer. ValueError unless every answer is a whole number from 0 to 10."""
    values = np.asarray(scores, dtype=float)
    if values.ndim != 1 or not np.isin(values, np.arange(11)).all():
        raise ValueError("Every answer must be a whole number from 0 to 10.")
    return 100.0 * ((values >= 9).astype(float) - (values <= 6))


def count_answers(scores: ArrayLike) -> Answers:
    """Promoters, passives and detractors among answers 0-10; ValueError on any other scale."""
    worth = points(scores)
    return Answers(int((worth > 0).sum()), int((worth == 0).sum()), int((worth < 0).sum()))


def _adjusted(answers: Answers, effect: float = 1.0) -> tuple[float, float]:
    """Score and standard error of the adjusted Wald method, as shares: three answers added, ¾, 1½ and ¾ of them."""
    n = answers.n + 3
    up, down = answers.promoters + 0.75, answers.detractors + 0.75
    centre = (up - down) / n
    return centre, math.sqrt(effect * ((up + down) / n - centre**2) / n)


def design_effect(answers: Answers, squares: float, products: float, sizes: float) -> float:
    """How many times wider the variance is because customers who answered several times answer alike; at least 1.

    `squares` Σ s², `products` Σ s·k and `sizes` Σ k² over customers, k the customer's answers and s their sum of +1, 0
    and -1. Σ (s - k·m)² over customers against Σ (w - m)² over answers, m the mean (Kish 1965; Liang & Zeger 1986).
    Where everybody answers alike there is nothing to compare and it is Σ k²/n: as many answers as customers count.
    """
    counts = checked(answers)
    if counts.n == 0:
        return 1.0
    mean = (counts.promoters - counts.detractors) / counts.n
    plain = counts.promoters + counts.detractors - counts.n * mean**2
    if plain <= 1e-9 * counts.n:
        return max(1.0, sizes / counts.n)
    return max(1.0, (squares - 2 * mean * products + mean**2 * sizes) / plain)


def nps(answers: Answers, confidence_level: float = 0.95, design_effect: float = 1.0) -> Score:
    """The score s = 100(P - D)/n with the adjusted Wald interval.

    n' = n + 3, P' = P + ¾, D' = D + ¾; s' ± z·√(((P'+D')/n' - s'²)/n'), kept within -100..100 (after Rocks 2016). The
    score shown is the raw one; the plain Wald interval covers 65-90 % at n = 10, this one 93-96 %. `design_effect`
    widens the variance where customers answered more than once.
    """
    counts, z = checked(answers), two_sided_quantile(confidence_level)
    n = counts.n
    if n == 0:
        return Score(None, None, None, 0, None, None, True, True)
    share = (counts.promoters - counts.detractors) / n
    variance = (counts.promoters + counts.detractors) / n - share**2
    centre, error = _adjusted(counts, design_effect)
    low, high = max(-100.0, 100 * (centre - z * error)), min(100.0, 100 * (centre + z * error))
    plain_error = 100 * math.sqrt(design_effect * variance / n)
    return Score(100 * share, low, high, n, variance, plain_error, n < HIDE_BELOW, n < GREY_BELOW)


def nps_difference(
    first: Answers, second: Answers, confidence_level: float = 0.95, effects: tuple[float, float] = (1.0, 1.0)
) -> Difference:
    """Difference first - second of two groups of different customers, in points; `effects` their design effects.

    The effect is the raw one; interval and p come from the adjusted scores, z = (s'_1 - s'_2)/√(SE²_1 + SE²_2), so the
    interval's middle is s'_1 - s'_2. None when a group has no answer.
    """
    a, b = checked(first), checked(second)
    if a.n == 0 or b.n == 0:
        return NO_DIFFERENCE
    raw = 100 * ((a.promoters - a.detractors) / a.n - (b.promoters - b.detractors) / b.n)
    (centre_a, error_a), (centre_b, error_b) = _adjusted(a, effects[0]), _adjusted(b, effects[1])
    shown = difference_from_standard_error(
        100 * (centre_a - centre_b), 100 * math.hypot(error_a, error_b), None, confidence_level
    )
    return shown._replace(effect_size=raw)


def compare_groups(
    groups: Mapping[str, Answers], confidence_level: float = 0.95, effects: Mapping[str, float] | None = None
) -> list[PairDifference]:
    """Every pair of groups, Holm over all of them; pass only the groups that are shown."""
    pairs, known = list(combinations(groups, 2)), effects or {}
    differences = [
        nps_difference(groups[a], groups[b], confidence_level, (known.get(a, 1.0), known.get(b, 1.0))) for a, b in pairs
    ]
    adjusted = holm([difference.pvalue for difference in differences])
    return [PairDifference(a, b, d, p) for (a, b), d, p in zip(pairs, differences, adjusted, strict=True)]


def against_rest(
    groups: Mapping[str, Answers],
    everybody: Answers,
    confidence_level: float = 0.95,
    effects: Mapping[str, float] | None = None,
) -> list[PairDifference]:
    """Each group against all other answers, Holm over the groups; `everybody` counts the groups and who is in none.

    The rest has the design effect of the group: a customer's answers are as alike outside it as in it.
    """
    total, known = checked(everybody), effects or {}
    found: list[tuple[str, Difference]] = []
    for name, group in groups.items():
        rest = Answers(*(all_of - own for all_of, own in zip(total, checked(group), strict=True)))
        effect = known.get(name, 1.0)
        found.append((name, nps_difference(group, rest, confidence_level, (effect, effect))))
    adjusted = holm([difference.pvalue for _, difference in found])
    return [PairDifference(name, "", d, p) for (name, d), p in zip(found, adjusted, strict=True)]


def paired_difference(earlier: ArrayLike, later: ArrayLike, confidence_level: float = 0.95) -> Difference:
    """Change in points among customers who answered twice, later - earlier, from each customer's own difference."""
    before, after = points(earlier), points(later)
    if before.shape != after.shape:
        raise ValueError("Both waves must hold the same customers.")
    return one_sample(moments_of(after - before), confidence_level)
