"""Ratios of two means: average receipt, return on contact cost, break-even cost.

A ratio's numerator and denominator come from the same customers, so its variance needs their covariance
(delta method, Deng, Knoblich & Lu 2018). All of it works on `JointMoments` with y the numerator and x the denominator.
"""

import math
from typing import NamedTuple

from insight.stats.means import Difference
from insight.stats.moments import (
    JointMoments,
    Moments,
    check_count,
    clean,
    clean_joint,
    finite,
    two_sided_quantile,
)


class ReturnOnCost(NamedTuple):
    """iROI = incremental margin per krona of contact cost - 1: 0.5 means 50 öre net back for each krona spent.

    The interval is None when it is unbounded or nothing was estimated. `g` is Fieller's share: 0 for a known cost.
    """

    roi: float | None
    ci_lower: float | None
    ci_upper: float | None
    g: float | None


class BreakEven(NamedTuple):
    """Contact cost per customer, in money, at which the contact pays for itself.

    `cost` where the estimate breaks even, `safe_cost` where the lower bound does; None when no cost above 0 would.
    """

    cost: float | None
    safe_cost: float | None
    ci_upper: float | None


class Total(NamedTuple):
    """An effect summed over all customers of the arm, in the figure's unit."""

    total: float | None
    ci_lower: float | None
    ci_upper: float | None


NO_RETURN = ReturnOnCost(None, None, None, None)


def ratio_moments(figures: JointMoments) -> Moments:
    """Moments of a ratio metric r = Σy/Σx, ready for `means.welch` and `means.log_lift`.

    Linearised per customer, l_i = (y_i - r·x_i)/x̄, so var = (s²_y - 2 r s_xy + r² s²_x)/x̄². The mean is r itself.
    Undefined (mean None) when x̄ is 0: nobody ordered.
    """
    f = clean_joint(figures)
    if f.mean_x is None or f.mean_y is None or f.mean_x == 0:
        return Moments(f.n, None, None)
    ratio = f.mean_y / f.mean_x
    if f.var_x is None or f.var_y is None or f.cov_xy is None:
        return Moments(f.n, ratio, None)
    spread = f.var_y - 2 * ratio * f.cov_xy + ratio**2 * f.var_x
    return Moments(f.n, ratio, max(spread, 0.0) / f.mean_x**2)


def roi(margin: Difference, cost_per_contact: float) -> ReturnOnCost:
    """iROI with a known cost per assigned customer: (Δ ± t·SE)/c - 1, Δ from `means.welch` on margin.

    None throughout at cost 0 (nothing was spent, so nothing can be earned on it). ValueError for a negative cost.
    """
    cost = finite(cost_per_contact)
    if cost is None or cost < 0:
        raise ValueError(f"The cost per contact must be 0 or more, not {cost_per_contact}.")
    if cost == 0 or margin.effect_size is None:
        return NO_RETURN
    estimate = margin.effect_size / cost - 1
    if margin.ci_lower is None or margin.ci_upper is None:
        return ReturnOnCost(estimate, None, None, 0.0)
    return ReturnOnCost(estimate, margin.ci_lower / cost - 1, margin.ci_upper / cost - 1, 0.0)


def roi_varying_cost(
    treatment: JointMoments, control_margin: Moments, confidence_level: float = 0.95, *, method: str = "fieller"
) -> ReturnOnCost:
    """iROI when cost differs between customers (postage, redeemed coupons).

    `treatment`: y = margin, x = cost of the treated customers; `control_margin`: the control, which costs nothing.
    ρ = Δ/c̄, var(Δ) = s²_y/n_k + s²_0/n_0, var(c̄) = s²_x/n_k, cov(Δ, c̄) = s_xy/n_k, normal quantile z, g = z² var(c̄)/c̄².
    `method` "fieller" (Fieller 1954; no interval when g ≥ 1) or "delta" (ρ ± z·√(var Δ - 2ρ cov + ρ² var c̄)/c̄).
    """
    if method not in ("fieller", "delta"):
        raise ValueError(f"The method must be fieller or delta, not {method}.")
    t, c, z = clean_joint(treatment), clean(control_margin), two_sided_quantile(confidence_level)
    if t.mean_x is not None and t.mean_x < 0:
        raise ValueError("The mean cost must be 0 or more.")
    if t.mean_y is None or c.mean is None or not t.mean_x:
        return NO_RETURN
    ratio = (t.mean_y - c.mean) / t.mean_x
    if t.var_y is None or t.var_x is None or t.cov_xy is None or c.var is None:
        return ReturnOnCost(ratio - 1, None, None, None)
    var_gain, var_cost, cov = t.var_y / t.n + c.var / c.n, t.var_x / t.n, t.cov_xy / t.n
    if var_gain <= 0:
        return ReturnOnCost(ratio - 1, None, None, None)
    g = z**2 * var_cost / t.mean_x**2
    inside = var_gain - 2 * ratio * cov + ratio**2 * var_cost
    if method == "delta":
        reach = z * math.sqrt(max(inside, 0.0)) / t.mean_x
        return ReturnOnCost(ratio - 1, ratio - reach - 1, ratio + reach - 1, g)
    if g >= 1:
        return ReturnOnCost(ratio - 1, None, None, g)
    shared = cov / var_cost if var_cost > 0 else 0.0
    inside -= g * (var_gain - cov * shared)
    reach = z / t.mean_x * math.sqrt(max(inside, 0.0))
    centre = ratio - g * shared
    return ReturnOnCost(ratio - 1, (centre - reach) / (1 - g) - 1, (centre + reach) / (1 - g) - 1, g)


def break_even_cost(margin: Difference) -> BreakEven:
    """The contact cost per customer at which net profit is 0: the incremental margin itself, and its bounds."""
    point, low, high = margin.effect_size, margin.ci_lower, margin.ci_upper
    return BreakEven(
        point if point is not None and point > 0 else None,
        low if low is not None and low > 0 else None,
        high if high is not None and high > 0 else None,
    )


def campaign_total(effect: Difference, n_treatment: int) -> Total:
    """What the arm brought in all: n_k · d with its interval."""
    n = check_count(n_treatment, "The number of customers")
    scaled = [None if part is None else n * part for part in (effect.effect_size, effect.ci_lower, effect.ci_upper)]
    return Total(scaled[0], scaled[1], scaled[2])
