"""What goes with what, customer by customer: a change in score with a change in spend, a score with what was bought.

All of it is association. Spend has a long tail, so slopes have standard errors that allow for it, and medians and ranks
stand beside the means.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from insight.stats.means import NO_DIFFERENCE, Difference, difference_from_standard_error
from insight.stats.moments import check_share, float_array, two_sided_quantile

MIN_PAIRS = 30
"""Fewest customers for a slope of change on change, and fewest whose score changed."""


class LineSlope(NamedTuple):
    """y per unit of x by least squares; `reasons` against telling it: `too_few`, `no_change` (x hardly moved)."""

    difference: Difference
    intercept: float | None
    n: int
    reasons: tuple[str, ...]


class Middle(NamedTuple):
    """Median with its interval, and the quartiles; None without values."""

    median: float | None
    ci_lower: float | None
    ci_upper: float | None
    lower_quartile: float | None
    upper_quartile: float | None
    mean: float | None
    n: int


class RankCorrelation(NamedTuple):
    """Spearman's rank correlation with interval and p; `smallest_seen` what could have been shown with 80 % power."""

    rho: float | None
    ci_lower: float | None
    ci_upper: float | None
    pvalue: float | None
    smallest_seen: float | None
    n: int


def line_slope(x: ArrayLike, y: ArrayLike, confidence_level: float = 0.95) -> LineSlope:
    """Slope of y on x with HC3 standard error, t with n - 2 df.

    b = Σ(x - x̄)y / Σ(x - x̄)²; Var b = Σ ((x - x̄)e/(1 - h))² / (Σ(x - x̄)²)², h = 1/n + (x - x̄)²/Σ(x - x̄)²
    (MacKinnon & White 1985; Long & Ervin 2000 for small n). Everybody with the same x gives no slope.
    """
    across, up = float_array(x, "x"), float_array(y, "y")
    if across.shape != up.shape:
        raise ValueError("Both changes must cover the same customers.")
    n = across.size
    moved = int((across != 0).sum())
    failed = {"too_few": n < MIN_PAIRS, "no_change": moved < MIN_PAIRS}
    reasons = tuple(code for code, is_so in failed.items() if is_so)
    away = across - across.mean() if n else across
    spread = float(away @ away)
    if n < 3 or spread <= 0:
        return LineSlope(NO_DIFFERENCE, None, n, reasons or ("no_change",))
    slope = float(away @ up) / spread
    intercept = float(up.mean()) - slope * float(across.mean())
    rest = up - intercept - slope * across
    leverage = 1 / n + away**2 / spread
    # A customer alone at one end fixes the line there: nothing is left to tell its uncertainty by.
    pull = np.where(leverage < 1 - 1e-9, away * rest / np.maximum(1 - leverage, 1e-9), 0.0)
    error = math.sqrt(float(pull @ pull)) / spread
    return LineSlope(difference_from_standard_error(slope, error, n - 2, confidence_level), intercept, n, reasons)


def change_outcome(slope: LineSlope, *, alpha: float = 0.05) -> str:
    """Which sentence fits: `too_few`, `rises`, `falls` (a slope beyond chance) or `none`."""
    if slope.reasons or slope.difference.pvalue is None or slope.difference.effect_size is None:
        return "too_few"
    if slope.difference.pvalue >= alpha:
        return "none"
    return "rises" if slope.difference.effect_size > 0 else "falls"


def middle(values: ArrayLike, confidence_level: float = 0.95) -> Middle:
    """Median and quartiles, the median's interval from order statistics, which no tail can move.

    The ranks l and u are those of the binomial(n, ½): P(l ≤ B < u) ≥ the confidence level (Conover 1999, 3.2). With
    fewer than six values no two of them enclose the median that surely, and there is no interval.
    """
    ordered = np.sort(float_array(values, "The values"))
    n = ordered.size
    if n == 0:
        return Middle(None, None, None, None, None, None, 0)
    tail = (1 - check_share(confidence_level, "The confidence level")) / 2
    low = int(stats.binom.ppf(tail, n, 0.5))
    known = low >= 1
    quarter, half, three_quarters = (float(v) for v in np.quantile(ordered, [0.25, 0.5, 0.75]))
    return Middle(
        half, float(ordered[low - 1]) if known else None, float(ordered[n - low]) if known else None,
        quarter, three_quarters, float(ordered.mean()), n,
    )  # fmt: skip


def rank_correlation(
    x: ArrayLike, y: ArrayLike, n_customers: int | None = None, confidence_level: float = 0.95
) -> RankCorrelation:
    """Spearman's rho, ties with their mean rank; interval on Fisher's scale, SE = √((1 + ρ²/2)/(n - 3)).

    Bonett & Wright (2000), eq. 4. `n_customers`: how many different customers stand behind the pairs; answers of one
    customer are alike, so their number decides the width. None for fewer than ten, or when x or y is all the same.
    """
    first, second = float_array(x, "x"), float_array(y, "y")
    if first.shape != second.shape:
        raise ValueError("Both figures must cover the same answers.")
    n = first.size if n_customers is None else min(first.size, n_customers)
    if n < 10 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return RankCorrelation(None, None, None, None, None, n)
    ranks = [stats.rankdata(values) - (first.size + 1) / 2 for values in (first, second)]
    rho = float(ranks[0] @ ranks[1] / math.sqrt((ranks[0] @ ranks[0]) * (ranks[1] @ ranks[1])))
    rho = min(1.0, max(-1.0, rho))
    z = math.atanh(min(0.999999, max(-0.999999, rho)))
    error = math.sqrt((1 + rho**2 / 2) / (n - 3))
    reach = two_sided_quantile(confidence_level) * error
    pvalue = float(2 * stats.norm.sf(abs(z) * math.sqrt(n - 3)))
    seen = math.tanh((two_sided_quantile(0.95) + float(stats.norm.ppf(0.8))) / math.sqrt(n - 3))
    return RankCorrelation(rho, math.tanh(z - reach), math.tanh(z + reach), pvalue, seen, n)
