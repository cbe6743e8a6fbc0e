"""RFM: scores for recency, frequency and money, and named groups of customers from them.

Score 1 is worst and the highest is best on every figure; for recency that means bought most recently.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from insight.stats.moments import float_array

IntArray = NDArray[np.int64]


class SegmentRule(NamedTuple):
    """A named group: lowest and highest score (both included) of recency, frequency and money."""

    key: str
    recency: tuple[int, int]
    frequency: tuple[int, int]
    money: tuple[int, int]


OTHERS = "others"
DEFAULT_SEGMENTS = (
    SegmentRule("champions", (4, 5), (4, 5), (4, 5)),
    SegmentRule("loyal", (2, 5), (3, 5), (3, 5)),
    SegmentRule("potential_loyal", (3, 5), (1, 3), (1, 3)),
    SegmentRule("new", (4, 5), (1, 1), (1, 1)),
    SegmentRule("promising", (3, 4), (1, 1), (1, 1)),
    SegmentRule("need_attention", (2, 3), (2, 3), (2, 3)),
    SegmentRule("about_to_sleep", (2, 3), (1, 2), (1, 2)),
    SegmentRule("at_risk", (1, 2), (2, 5), (2, 5)),
    SegmentRule("cant_lose", (1, 1), (4, 5), (4, 5)),
    SegmentRule("lost", (1, 2), (1, 2), (1, 2)),
)
"""The map of the public R package `rfm`, scores 1-5, first match wins. In this order `new`, `promising` and `cant_lose`
lie inside rules that come before them, so they stay empty until somebody moves a bound or the order."""


def rank_scores(values: ArrayLike, groups: int = 5, *, reverse: bool = False) -> IntArray:
    """Scores 1..groups by rank with ties together: floor(groups·(rank_min - 1)/N) + 1.

    Equal values always get equal scores, so groups become unequal in size. `reverse` for figures of which less is
    better (days since the last order).
    """
    figures = float_array(values, "The figures")
    _check_groups(groups)
    if figures.size == 0:
        return np.zeros(0, dtype=np.int64)
    figures = -figures if reverse else figures
    # rank_min - 1 is how many are less, and at least m are where the m-th smallest is less: a few cuts tell all scores.
    places = [-(-group * figures.size // groups) - 1 for group in range(1, groups)]
    cuts = np.partition(figures, places)[places]
    return np.searchsorted(cuts, figures, side="left").astype(np.int64) + 1


def quantile_cuts(values: ArrayLike, groups: int = 5) -> tuple[float, ...]:
    """Quantiles of type 7 plus one: the cut points of the R package `rfm`; score i holds cut_{i-1} ≤ v < cut_i."""
    figures = float_array(values, "The figures")
    _check_groups(groups)
    if figures.size == 0:
        raise ValueError("There are no figures to cut.")
    return tuple((np.quantile(figures, np.arange(1, groups) / groups) + 1).tolist())


def quantile_scores(values: ArrayLike, groups: int = 5, *, reverse: bool = False) -> IntArray:
    """Scores 1..groups by `quantile_cuts`; `reverse` turns them round (5 = most recent)."""
    figures = float_array(values, "The figures")
    if figures.size == 0:
        return np.zeros(0, dtype=np.int64)
    scores = bound_scores(figures, quantile_cuts(figures, groups), strict=False)
    return groups + 1 - scores if reverse else scores


def bound_scores(values: ArrayLike, bounds: Sequence[float], *, reverse: bool = False, strict: bool = True) -> IntArray:
    """Scores by given bounds, 1 below the first; a bound belongs to the score above it (bounds 2, 3, 5, 10 → 3-4 is 3).

    Raises ValueError for bounds that do not rise; with `strict` off equal bounds are taken, and the score between them
    is given to nobody.
    """
    figures, cuts = float_array(values, "The figures"), float_array(bounds, "The bounds")
    steps = np.diff(cuts)
    if (steps < 0).any() or (strict and (steps == 0).any()):
        raise ValueError("The bounds must rise from one to the next.")
    scores = np.searchsorted(cuts, figures, side="right").astype(np.int64) + 1
    return len(cuts) + 2 - scores if reverse else scores


def segment_keys(rules: Sequence[SegmentRule] = DEFAULT_SEGMENTS) -> tuple[str, ...]:
    """The keys that `assign_segments` numbers: those of the rules in order, then `others`."""
    return (*(rule.key for rule in rules), OTHERS)


def assign_segments(
    recency: ArrayLike,
    frequency: ArrayLike,
    money: ArrayLike,
    rules: Sequence[SegmentRule] = DEFAULT_SEGMENTS,
    groups: int = 5,
) -> IntArray:
    """For each customer the place of its segment in `segment_keys(rules)`: the first rule that all three scores meet.

    Raises ValueError for scores outside 1..groups, for lists of different length and for rules with crossed bounds.
    """
    scores = [np.asarray(part) for part in (recency, frequency, money)]
    if len({part.shape for part in scores}) != 1:
        raise ValueError("Recency, frequency and money must cover the same customers.")
    _check_groups(groups)
    if any(((part < 1) | (part > groups) | (part != np.floor(part))).any() for part in scores):
        raise ValueError(f"A score must be a whole number from 1 to {groups}.")
    if any(low > high for rule in rules for low, high in rule[1:]):
        raise ValueError("The lowest score of a segment must not be above its highest.")
    # Every combination of scores is looked up once, however many customers there are.
    table = np.full((groups + 1,) * 3, len(rules), dtype=np.int64)
    for place in range(len(rules) - 1, -1, -1):
        (r_low, r_high), (f_low, f_high), (m_low, m_high) = rules[place][1:]
        table[r_low : r_high + 1, f_low : f_high + 1, m_low : m_high + 1] = place
    r, f, m = (part.astype(np.int64) for part in scores)
    return table[r, f, m]


def _check_groups(groups: int) -> None:
    if not 2 <= groups <= 100:
        raise ValueError(f"There must be 2 to 100 groups, not {groups}.")
