"""Difference and relative lift of two means, from moments: what a treated arm adds per customer over its control.

Unequal variances and sizes everywhere (Welch 1947, Satterthwaite 1946 degrees of freedom): arms of a lift test are
never alike, and spend has a long tail. The decision always uses the absolute difference; the relative lift is a
reading of it, shown only where `relative_lift_rule` allows.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from scipy import special

from insight.stats.moments import Moments, check_count, clean, finite, two_sided_pvalue, two_sided_quantile

MIN_BUYERS = 100
"""Fewest buyers per arm for a relative lift."""
WARN_BUYERS = 250
"""Below this every relative interval is somewhat too narrow (coverage 92-93 % in simulation)."""
MAX_FIELLER_G = 0.1
"""Largest squared relative half-width of the control's mean for a relative lift."""


class Difference(NamedTuple):
    """A difference of two means with its interval; fields that are not defined are None."""

    effect_size: float | None
    ci_lower: float | None
    ci_upper: float | None
    pvalue: float | None
    standard_error: float | None
    df: float | None


class RelativeLift(NamedTuple):
    """m_k / m_0 - 1 with its interval; a ratio, so 0.4 is +40 %. Fields that are not defined are None."""

    rel_effect_size: float | None
    ci_lower: float | None
    ci_upper: float | None
    pvalue: float | None
    standard_error: float | None


class RelativeLiftRule(NamedTuple):
    """Whether a relative lift may be shown: `reasons` against it (empty: it may) and `warnings` beside it."""

    reasons: tuple[str, ...]
    warnings: tuple[str, ...]


class Heterogeneity(NamedTuple):
    """Test that one effect fits all segments; None with fewer than two segments that have a standard error."""

    statistic: float | None
    df: int
    pvalue: float | None


NO_DIFFERENCE = Difference(None, None, None, None, None, None)
NO_LIFT = RelativeLift(None, None, None, None, None)


def _satterthwaite(variance_a: float, n_a: int, variance_b: float, n_b: int) -> float:
    """Degrees of freedom of the sum of two estimated variances of means."""
    share = variance_a / (variance_a + variance_b)  # squares of shares cannot underflow as those of variances can
    return 1 / (share**2 / (n_a - 1) + (1 - share) ** 2 / (n_b - 1))


def _without_interval(ratio: float, error: float | None = None) -> RelativeLift:
    return RelativeLift(finite(ratio - 1), None, None, None, error)


def _lift(ratio: float, low: float, high: float, pvalue: float | None, error: float | None) -> RelativeLift:
    """A lift from its ratio and bounds; an interval too wide for a number is no interval."""
    bounds = (finite(low - 1), finite(high - 1))
    if bounds[0] is None or bounds[1] is None or (pvalue is not None and not math.isfinite(pvalue)):
        return _without_interval(ratio)
    return RelativeLift(finite(ratio - 1), bounds[0], bounds[1], pvalue, finite(error))


def difference_from_standard_error(
    effect_size: float | None, standard_error: float | None, df: float | None, confidence_level: float = 0.95
) -> Difference:
    """Interval and p of an effect whose standard error is known; no df means the normal distribution.

    A standard error of 0 (nobody differs from anybody) gives no interval and no p: nothing was estimated.
    """
    quantile = two_sided_quantile(confidence_level, df)
    if effect_size is None:
        return NO_DIFFERENCE
    if standard_error is None or standard_error <= 0:
        return Difference(effect_size, None, None, None, standard_error, None)
    half = quantile * standard_error
    pvalue = two_sided_pvalue(effect_size / standard_error, df)
    return Difference(effect_size, effect_size - half, effect_size + half, pvalue, standard_error, df)


def welch(treatment: Moments, control: Moments, confidence_level: float = 0.95) -> Difference:
    """Difference treatment - control, its t interval and two-sided p.

    d = m_k - m_0, SE = √(s²_k/n_k + s²_0/n_0), t with Satterthwaite's df (Welch 1947).
    An empty arm gives None throughout; an arm of one customer gives the difference only.
    """
    t, c = clean(treatment), clean(control)
    if t.mean is None or c.mean is None:
        return NO_DIFFERENCE
    effect = t.mean - c.mean
    if t.var is None or c.var is None:
        return Difference(effect, None, None, None, None, None)
    part_t, part_c = t.var / t.n, c.var / c.n
    if part_t + part_c <= 0:
        return Difference(effect, None, None, None, 0.0, None)
    df = _satterthwaite(part_t, t.n, part_c, c.n)
    return difference_from_standard_error(effect, math.sqrt(part_t + part_c), df, confidence_level)


def one_sample(values: Moments, confidence_level: float = 0.95) -> Difference:
    """A mean against 0 with its t interval: paired differences, or one arm's own level."""
    m = clean(values)
    if m.mean is None or m.var is None:
        return Difference(m.mean, None, None, None, None, None)
    return difference_from_standard_error(m.mean, math.sqrt(m.var / m.n), m.n - 1, confidence_level)


def heterogeneity(effects: Sequence[Difference]) -> Heterogeneity:
    """Interaction test over segments: do their effects differ by more than chance? Cochran's (1954) Q.

    Q = Σ w(d - d̄)², w = 1/SE², d̄ the weighted mean; chi-square with K - 1 df, of different customers in each segment.
    """
    known = [
        (effect.effect_size, effect.standard_error**-2)
        for effect in effects
        if effect.effect_size is not None and effect.standard_error
    ]
    df = max(len(known) - 1, 0)
    if df == 0:
        return Heterogeneity(None, 0, None)
    common = sum(size * weight for size, weight in known) / sum(weight for _, weight in known)
    statistic = sum(weight * (size - common) ** 2 for size, weight in known)
    return Heterogeneity(statistic, df, float(special.chdtrc(df, statistic)))


def log_lift(
    treatment: Moments, control: Moments, confidence_level: float = 0.95, df: float | None = None
) -> RelativeLift:
    """Relative lift with the interval on the log scale: the one that the product shows.

    ln R ± t·√(s²_k/(n_k m²_k) + s²_0/(n_0 m²_0)), R = m_k/m_0; exp(·) - 1. t has Satterthwaite's df of the two relative
    variances unless `df` is given. The p is of ln R = 0 (the decision uses the one of `welch`).
    None throughout unless both means are above 0; `standard_error` is on the log scale.
    """
    t, c = clean(treatment), clean(control)
    if t.mean is None or c.mean is None or t.mean <= 0 or c.mean <= 0:
        return NO_LIFT
    ratio = t.mean / c.mean
    if t.var is None or c.var is None:
        return _without_interval(ratio)
    part_t, part_c = t.var / t.n / t.mean / t.mean, c.var / c.n / c.mean / c.mean
    if part_t + part_c <= 0:
        return _without_interval(ratio, 0.0)
    if not (math.isfinite(part_t + part_c) and 0 < ratio < math.inf):
        return _without_interval(ratio)
    freedom = _satterthwaite(part_t, t.n, part_c, c.n) if df is None else df
    error = math.sqrt(part_t + part_c)
    # An interval wider than e^±700 is no interval; exp would overflow on it.
    reach = min(two_sided_quantile(confidence_level, freedom) * error, 700.0)
    factor, pvalue = math.exp(reach), two_sided_pvalue(math.log(ratio) / error, freedom)
    return _lift(ratio, ratio / factor, ratio * factor, pvalue, error)


def delta_lift(treatment: Moments, control: Moments, confidence_level: float = 0.95) -> RelativeLift:
    """Relative lift with the plain delta interval, symmetric around R - 1: for comparison with other tools.

    SE = √(s²_k/(n_k m²_0) + R² s²_0/(n_0 m²_0)), t with Welch's df of the absolute difference. Misses on one side when
    the control is small, so the product shows `log_lift`. None throughout when the control's mean is 0.
    """
    t, c = clean(treatment), clean(control)
    if t.mean is None or c.mean is None or c.mean == 0:
        return NO_LIFT
    ratio = t.mean / c.mean
    if t.var is None or c.var is None:
        return _without_interval(ratio)
    part_t, part_c = t.var / t.n, c.var / c.n
    if part_t + part_c <= 0:
        return _without_interval(ratio, 0.0)
    df = _satterthwaite(part_t, t.n, part_c, c.n)
    error = math.hypot(math.sqrt(part_t), ratio * math.sqrt(part_c)) / abs(c.mean)
    if not math.isfinite(error) or not math.isfinite(ratio):
        return _without_interval(ratio)
    shown = difference_from_standard_error(ratio - 1, error, df, confidence_level)
    return RelativeLift(ratio - 1, shown.ci_lower, shown.ci_upper, shown.pvalue, shown.standard_error)


def fieller_g(control: Moments, confidence_level: float = 0.95) -> float | None:
    """g = z² s²_0/(n_0 m²_0): how unsure the control's own mean is. From 1 on no ratio to it is bounded."""
    c = clean(control)
    if c.mean is None or c.var is None or c.mean == 0:
        return None
    return finite(two_sided_quantile(confidence_level) ** 2 * c.var / c.n / c.mean / c.mean)


def fieller_lift(treatment: Moments, control: Moments, confidence_level: float = 0.95) -> RelativeLift:
    """Relative lift with Fieller's (1954) interval; no interval when it is unbounded (g ≥ 1).

    [R ± z·√((1-g)·s²_k/(n_k m²_0) + R² s²_0/(n_0 m²_0))]/(1-g) - 1, normal quantile z.
    """
    t, c, g = clean(treatment), clean(control), fieller_g(control, confidence_level)
    if t.mean is None or c.mean is None or c.mean == 0:
        return NO_LIFT
    ratio = t.mean / c.mean
    if g is None or g >= 1 or t.var is None or c.var is None or t.var + c.var <= 0:
        return _without_interval(ratio)
    error_t, error_c = math.sqrt(t.var / t.n) / abs(c.mean), math.sqrt(c.var / c.n) / abs(c.mean)
    reach = two_sided_quantile(confidence_level) * math.hypot(math.sqrt(1 - g) * error_t, ratio * error_c)
    return _lift(ratio, (ratio - reach) / (1 - g), (ratio + reach) / (1 - g), None, None)


def relative_lift_rule(
    treatment: Moments, control: Moments, buyers_treatment: int, buyers_control: int, *, may_be_negative: bool = False
) -> RelativeLiftRule:
    """Whether a relative lift may be shown for this figure.

    Reasons against: `may_be_negative` (net profit has no meaningful percentage), `control_mean_not_positive`,
    `treatment_mean_not_positive`, `control_too_uncertain` (g ≥ 0.1 or unknown), `too_few_buyers` (under 100 in an arm).
    Warning: `few_buyers` (under 250 in an arm, intervals slightly too narrow).
    """
    t, c, g = clean(treatment), clean(control), fieller_g(control)
    fewest = min(
        check_count(buyers_treatment, "The number of buyers"), check_count(buyers_control, "The number of buyers")
    )
    failed = {
        "may_be_negative": may_be_negative,
        "control_mean_not_positive": c.mean is None or c.mean <= 0,
        "treatment_mean_not_positive": t.mean is None or t.mean <= 0,
        "control_too_uncertain": g is None or g >= MAX_FIELLER_G,
        "too_few_buyers": fewest < MIN_BUYERS,
    }
    reasons = tuple(code for code, is_so in failed.items() if is_so)
    return RelativeLiftRule(reasons, ("few_buyers",) if not reasons and fewest < WARN_BUYERS else ())
