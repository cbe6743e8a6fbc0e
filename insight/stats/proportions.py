"""Rates: the interval of one, the difference of two, and what to do when buyers are few.

Rates of large arms go through `means` as every other figure does. With fewer than ten buyers (or non-buyers) in an arm
`rate_difference` turns to Newcombe's interval and Fisher's exact test, which need no large numbers.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy import stats

from insight.stats.means import Difference, RelativeLift, delta_lift, welch
from insight.stats.moments import Moments, check_count, moments_of_rate, two_sided_pvalue, two_sided_quantile

SMALL_CELL = 10
"""Below so many buyers or non-buyers in an arm the large-sample interval of a rate is not used."""


class Rate(NamedTuple):
    """A share with its interval, all 0..1; None without customers."""

    rate: float | None
    ci_lower: float | None
    ci_upper: float | None


class RateDifference(NamedTuple):
    """Difference of two rates, in share units (0.01 is one percentage point). `method` says what was used."""

    effect_size: float | None
    ci_lower: float | None
    ci_upper: float | None
    pvalue: float | None
    method: str


def _counts(successes: int, n: int) -> tuple[int, int]:
    hits, count = check_count(successes, "The number of buyers"), check_count(n, "The number of customers")
    if hits > count:
        raise ValueError(f"There cannot be more buyers ({hits}) than customers ({count}).")
    return hits, count


def wilson(successes: int, n: int, confidence_level: float = 0.95) -> Rate:
    """Share with Wilson's (1927) score interval: inside 0..1 and sound for small n."""
    hits, count = _counts(successes, n)
    z = two_sided_quantile(confidence_level)
    if count == 0:
        return Rate(None, None, None)
    rate, spread = hits / count, z * z / count
    centre = (rate + spread / 2) / (1 + spread)
    reach = z * math.sqrt(rate * (1 - rate) / count + spread / (4 * count)) / (1 + spread)
    # At 0 and at n the bound is exactly 0 or 1; rounding would leave it a hair beside.
    low = 0.0 if hits == 0 else centre - reach
    high = 1.0 if hits == count else centre + reach
    return Rate(rate, low, high)


def newcombe(
    successes_treatment: int, n_treatment: int, successes_control: int, n_control: int, confidence_level: float = 0.95
) -> RateDifference:
    """Difference of two rates with the hybrid score interval (Newcombe 1998, method 10) and Fisher's exact p."""
    t = wilson(successes_treatment, n_treatment, confidence_level)
    c = wilson(successes_control, n_control, confidence_level)
    if t.rate is None or t.ci_lower is None or t.ci_upper is None:
        return RateDifference(None, None, None, None, "newcombe")
    if c.rate is None or c.ci_lower is None or c.ci_upper is None:
        return RateDifference(None, None, None, None, "newcombe")
    effect = t.rate - c.rate
    low = effect - math.hypot(t.rate - t.ci_lower, c.ci_upper - c.rate)
    high = effect + math.hypot(t.ci_upper - t.rate, c.rate - c.ci_lower)
    pvalue = fisher_exact(successes_treatment, n_treatment, successes_control, n_control)
    return RateDifference(effect, low, high, pvalue, "newcombe")


def fisher_exact(successes_treatment: int, n_treatment: int, successes_control: int, n_control: int) -> float | None:
    """Two-sided p of Fisher's exact test; None when an arm is empty."""
    hits_t, count_t = _counts(successes_treatment, n_treatment)
    hits_c, count_c = _counts(successes_control, n_control)
    if count_t == 0 or count_c == 0:
        return None
    pvalues = stats.fisher_exact([[hits_t, count_t - hits_t], [hits_c, count_c - hits_c]])
    return min(1.0, float(np.asarray(pvalues)[1]))


def wald_difference(
    successes_treatment: int, n_treatment: int, successes_control: int, n_control: int, confidence_level: float = 0.95
) -> RateDifference:
    """Difference with the textbook interval (unpooled variances) and the pooled chi-square p, no continuity correction.

    What many tools print; here for comparison with them. The p is None when everybody or nobody bought.
    """
    hits_t, count_t = _counts(successes_treatment, n_treatment)
    hits_c, count_c = _counts(successes_control, n_control)
    z = two_sided_quantile(confidence_level)
    if count_t == 0 or count_c == 0:
        return RateDifference(None, None, None, None, "wald")
    rate_t, rate_c = hits_t / count_t, hits_c / count_c
    effect, pooled = rate_t - rate_c, (hits_t + hits_c) / (count_t + count_c)
    error = math.sqrt(rate_t * (1 - rate_t) / count_t + rate_c * (1 - rate_c) / count_c)
    pooled_error = math.sqrt(pooled * (1 - pooled) * (1 / count_t + 1 / count_c))
    if pooled_error == 0:
        return RateDifference(effect, None, None, None, "wald")
    pvalue = two_sided_pvalue(effect / pooled_error)
    return RateDifference(effect, effect - z * error, effect + z * error, pvalue, "wald")


def rate_difference(
    successes_treatment: int, n_treatment: int, successes_control: int, n_control: int, confidence_level: float = 0.95
) -> RateDifference:
    """Difference of two conversion rates by the rule of the product.

    Welch on the zeros and ones (`method` "welch"); with fewer than 10 buyers or non-buyers in either arm Newcombe's
    interval and Fisher's test ("newcombe").
    """
    hits_t, count_t = _counts(successes_treatment, n_treatment)
    hits_c, count_c = _counts(successes_control, n_control)
    if min(hits_t, count_t - hits_t, hits_c, count_c - hits_c) < SMALL_CELL:
        return newcombe(hits_t, count_t, hits_c, count_c, confidence_level)
    large: Difference = welch(moments_of_rate(hits_t, count_t), moments_of_rate(hits_c, count_c), confidence_level)
    return RateDifference(large.effect_size, large.ci_lower, large.ci_upper, large.pvalue, "welch")


def rate_delta_lift(
    successes_treatment: int, n_treatment: int, successes_control: int, n_control: int, confidence_level: float = 0.95
) -> RelativeLift:
    """Relative lift of two rates with the plain delta interval and t: `means.delta_lift` with variances p(1 - p).

    The variance has n in the denominator, as the tools that print this interval do; for comparison with them.
    """
    arms = (_counts(successes_treatment, n_treatment), _counts(successes_control, n_control))
    rates = [(count, hits / count if count else None) for hits, count in arms]
    treatment, control = [Moments(count, p, None if p is None else p * (1 - p)) for count, p in rates]
    return delta_lift(treatment, control, confidence_level)
