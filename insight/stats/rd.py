"""Regression discontinuity: does passing a bound itself change what customers do next?

Compares those just above a level's bound with those just below it, each side on its own line. Customers who steer
their spend to reach the bound, or a bound at which something else changes too, make it misleading: `density` shows
whether they pile up on one side.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from insight.stats.means import NO_DIFFERENCE, Difference, difference_from_standard_error
from insight.stats.moments import FloatArray, float_array

MIN_CUSTOMERS = 30
"""Fewest customers inside the bandwidth on each side."""


class Discontinuity(NamedTuple):
    """The jump of the outcome at the bound, in its unit, and the level of either line there.

    `reasons`: `too_few_customers` (under 30 on a side within the bandwidth); then the jump is still given where it can
    be computed. `density`: two-sided p that as many stand within a tenth of the bandwidth above as below; small: they
    pile up on one side.
    """

    difference: Difference
    below: float | None
    above: float | None
    n_below: int
    n_above: int
    density: float | None
    reasons: tuple[str, ...]


def discontinuity(
    running: ArrayLike, outcome: ArrayLike, bound: float, bandwidth: float, confidence_level: float = 0.95
) -> Discontinuity:
    """Local linear regression on each side within ±`bandwidth` of the bound (a bound belongs to the side above).

    Triangular weights 1 - |x - bound|/h, HC1 variance per side, jump = above - below, t with n - 4 df. The bandwidth is
    fixed beforehand, in units of `running` (money in the window that decides the level); twice and half of it should
    tell the same story. Undefined with fewer than three different amounts on a side.
    """
    x, y = float_array(running, "The amounts"), float_array(outcome, "The outcomes")
    if x.shape != y.shape:
        raise ValueError("Amounts and outcomes must cover the same customers.")
    if not (math.isfinite(bound) and math.isfinite(bandwidth) and bandwidth > 0):
        raise ValueError(f"The bandwidth must be above 0, not {bandwidth}.")
    away = (x - bound) / bandwidth
    low, high = (away >= -1) & (away < 0), (away >= 0) & (away <= 1)
    sides = [_level_at_bound(away[side], y[side]) for side in (low, high)]
    n_low, n_high = int(low.sum()), int(high.sum())
    reasons = ("too_few_customers",) if min(n_low, n_high) < MIN_CUSTOMERS else ()
    density = _pile_up(int((low & (away >= -0.1)).sum()), int((high & (away <= 0.1)).sum()))
    if sides[0] is None or sides[1] is None:
        return Discontinuity(NO_DIFFERENCE, None, None, n_low, n_high, density, reasons)
    (below, error_below), (above, error_above) = sides[0], sides[1]
    df = n_low + n_high - 4
    error = math.hypot(error_below, error_above)
    jump = difference_from_standard_error(above - below, error, df, confidence_level)
    return Discontinuity(jump, below, above, n_low, n_high, density, reasons)


def _level_at_bound(away: FloatArray, y: FloatArray) -> tuple[float, float] | None:
    """Weighted least squares of one side: its line's level at the bound and the HC1 standard error of it."""
    weight = 1 - np.abs(away)
    kept = weight > 0
    away, y, weight = away[kept], y[kept], weight[kept]
    if np.unique(away).size < 3:
        return None
    design = np.column_stack([np.ones(away.size), away])
    inverse = np.linalg.inv(design.T @ (weight[:, None] * design))
    line = inverse @ (design.T @ (weight * y))
    residual = weight * (y - design @ line)
    covariance = inverse @ (design.T * residual**2 @ design) @ inverse * away.size / (away.size - 2)
    return float(line[0]), math.sqrt(max(float(covariance[0, 0]), 0.0))


def _pile_up(n_below: int, n_above: int) -> float | None:
    """Exact binomial p of an even split right at the bound."""
    total = n_below + n_above
    return float(stats.binomtest(n_above, total).pvalue) if total else None
