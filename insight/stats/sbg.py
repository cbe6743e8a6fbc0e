"""Customers with a contract, whose loss is seen: the shifted-beta-geometric model and value formulas.

Each customer has an own chance of leaving per period; those likely to leave go first, so the retention of a cohort
rises with age though nobody's does (Fader & Hardie 2007).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from insight.stats.moments import FloatArray, float_array

MIN_PERIODS = 3
_LOG_BOUND = 12.0


class Sbg(NamedTuple):
    """Parameters of the beta distribution of the chance of leaving; its mean is α/(α + β)."""

    alpha: float
    beta: float


def fit_sbg(survivors: Sequence[float] | ArrayLike) -> Sbg | None:
    """Maximum likelihood from the customers (or per cent) left of one cohort at start and after each period.

    None with fewer than three periods (then the curve of those left is all there is to show), without losses, and when
    the search runs to its bounds. Raises ValueError when the numbers rise.
    """
    left = float_array(survivors, "The survivors")
    if (left < 0).any() or (np.diff(left) > 0).any():
        raise ValueError("The customers left must be 0 or more and never rise.")
    if left.size <= MIN_PERIODS or left[0] == left[-1]:
        return None
    losses, periods = -np.diff(left), np.arange(1.0, left.size)

    def cost(log_parameters: FloatArray) -> float:
        alpha, beta = np.exp(log_parameters)
        start = special.betaln(alpha, beta)
        lost = losses @ (special.betaln(alpha + 1, beta + periods - 1) - start)
        return -float(lost + left[-1] * (special.betaln(alpha, beta + periods[-1]) - start)) / float(left[0])

    found = optimize.minimize(cost, [0.0, 1.0], method="L-BFGS-B", bounds=[(-_LOG_BOUND, _LOG_BOUND)] * 2, tol=1e-14)
    if not np.isfinite(found.fun) or np.abs(found.x).max() >= _LOG_BOUND - 1e-6:
        return None
    return Sbg(*(float(value) for value in np.exp(found.x)))


def hazards_rise(survivors: Sequence[float] | ArrayLike) -> bool:
    """Whether a larger share leaves as the cohort ages (weighted slope above 0): then this model does not fit."""
    left = float_array(survivors, "The survivors")
    at_risk, losses = left[:-1], -np.diff(left)
    kept = at_risk > 0
    if kept.sum() < 2:
        return False
    at_risk, hazard, period = at_risk[kept], losses[kept] / at_risk[kept], np.arange(at_risk.size)[kept]
    centred = period - np.average(period, weights=at_risk)
    return bool(at_risk @ (centred * hazard) > 0)


def sbg_survival(model: Sbg, periods: ArrayLike) -> FloatArray:
    """Share left after each number of periods: S(t) = B(α, β + t)/B(α, β)."""
    t = float_array(periods, "The periods")
    if (t < 0).any():
        raise ValueError("Periods must be 0 or more.")
    return np.exp(special.betaln(model.alpha, model.beta + t) - special.betaln(model.alpha, model.beta))


def sbg_retention(model: Sbg, period: int) -> float:
    """Share of those left before period t who stay through it: (β + t - 1)/(α + β + t - 1)."""
    if period < 1:
        raise ValueError(f"The period must be 1 or more, not {period}.")
    return (model.beta + period - 1) / (model.alpha + model.beta + period - 1)


def residual_lifetime(model: Sbg, period: int, discount: float) -> float:
    """Discounted expected residual lifetime (DERL), in periods, of a customer in period n (Fader & Hardie 2010).

    (β+n-1)/(α+β+n-1)·₂F₁(1, β+n; α+β+n; 1/(1+d)): renewals still to come, the first of them not discounted.
    `discount` per period, above 0.
    """
    if not (math.isfinite(discount) and discount > 0):
        raise ValueError(f"The discount must be above 0, not {discount}.")
    first = sbg_retention(model, period)
    beta = model.beta + period
    return first * float(special.hyp2f1(1.0, beta, model.alpha + beta, 1 / (1 + discount)))


def margin_multiple(retention: float, discount: float) -> float:
    """What a customer is worth in yearly margins: r/(1 + d - r) (Gupta & Lehmann 2003)."""
    if not (0 <= retention <= 1 and discount >= 0) or retention >= 1 + discount:
        raise ValueError(
            "Retention must lie between 0 and 1, below 1 plus the discount, and the discount be 0 or more."
        )
    return retention / (1 + discount - retention)


def contract_value(margin: float, promotion: float, years: int, retention: float, discount: float) -> float:
    """Value of a customer over `years`, in money (Berger & Nasr 1998, case 1).

    Yearly margin at the start of each year, yearly promotion cost at mid-year:
    GC Σ_{i=0}^{n} (r/(1+d))^i - M Σ_{i=1}^{n} r^{i-1}/(1+d)^{i-½}.
    """
    if years < 1 or not (0 <= retention <= 1 and discount >= 0):
        raise ValueError("Years must be 1 or more, retention between 0 and 1 and the discount 0 or more.")
    earned = sum((retention / (1 + discount)) ** i for i in range(years + 1))
    spent = sum(retention ** (i - 1) / (1 + discount) ** (i - 0.5) for i in range(1, years + 1))
    return margin * earned - promotion * spent
