"""Moments of an arm: the one shape in which data reaches the statistics of means.

SQL returns counts, means and sample variances (`var_samp`, `covar_samp`), and everything in `means`, `ratios` and
`cuped` works on those few numbers, so a test over ten million lines costs one aggregate query.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

FloatArray = NDArray[np.float64]


class Moments(NamedTuple):
    """Customers, mean per customer and sample variance (n - 1 in the denominator) of one figure in one arm.

    `mean` is None without customers, `var` is None with fewer than two.
    """

    n: int
    mean: float | None
    var: float | None


class JointMoments(NamedTuple):
    """Moments of two figures of the same customers: x and y with their sample covariance.

    In CUPED x is the figure before the test and y the one after it; in a ratio y is the numerator, x the denominator.
    """

    n: int
    mean_x: float | None
    mean_y: float | None
    var_x: float | None
    var_y: float | None
    cov_xy: float | None


def finite(value: Any) -> float | None:
    """The value as a float; None for None, NaN and infinities, so that an undefined number never looks like one."""
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def check_count(value: Any, name: str) -> int:
    """The value as an int; ValueError when it is negative or has decimals."""
    number = float(value)
    if not math.isfinite(number) or number < 0 or number != int(number):
        raise ValueError(f"{name} must be a whole number of 0 or more, not {value}.")
    return int(number)


def check_share(value: Any, name: str) -> float:
    """The value as a float strictly between 0 and 1; ValueError otherwise."""
    number = float(value)
    if not 0 < number < 1:
        raise ValueError(f"{name} must lie between 0 and 1, not {value}.")
    return number


def two_sided_quantile(confidence_level: float, df: float | None = None) -> float:
    """How many standard errors a two-sided interval reaches: of the normal distribution, or of t when df is given."""
    tail = (1 + check_share(confidence_level, "The confidence level")) / 2
    return float(special.ndtri(tail) if df is None else special.stdtrit(df, tail))


def two_sided_pvalue(statistic: float, df: float | None = None) -> float:
    """Two-sided p of a standardised effect: normal, or t when df is given."""
    size = -abs(statistic)
    return float(2 * (special.ndtr(size) if df is None else special.stdtr(df, size)))


def clean(moments: Moments) -> Moments:
    """The same moments with NaN as None and decimals as floats; ValueError for a negative count or variance."""
    n = check_count(moments.n, "The number of customers")
    var = finite(moments.var) if n > 1 else None
    if var is not None and var < 0:
        raise ValueError(f"A variance cannot be negative, not {moments.var}.")
    return Moments(n, finite(moments.mean) if n else None, var)


def clean_joint(moments: JointMoments) -> JointMoments:
    """`clean` for two figures; without a full set of second moments all of them are None."""
    x = clean(Moments(moments.n, moments.mean_x, moments.var_x))
    y = clean(Moments(moments.n, moments.mean_y, moments.var_y))
    cov = finite(moments.cov_xy)
    if x.var is None or y.var is None or cov is None:
        return JointMoments(x.n, x.mean, y.mean, None, None, None)
    if cov**2 > x.var * y.var * (1 + 1e-6):
        raise ValueError("The covariance is larger than the two variances allow.")
    return JointMoments(x.n, x.mean, y.mean, x.var, y.var, cov)


def moments_of(values: ArrayLike) -> Moments:
    """Moments of raw figures, one a customer."""
    array = np.asarray(values, dtype=float)
    if not np.isfinite(array).all():
        raise ValueError("Every figure must be a finite number.")
    n = array.size
    return Moments(n, float(array.mean()) if n else None, float(array.var(ddof=1)) if n > 1 else None)


def joint_moments_of(x: ArrayLike, y: ArrayLike) -> JointMoments:
    """Joint moments of raw figures, one pair a customer."""
    first, second = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if first.shape != second.shape:
        raise ValueError("The two figures must cover the same customers.")
    mx, my = moments_of(first), moments_of(second)
    if mx.n < 2:
        return JointMoments(mx.n, mx.mean, my.mean, None, None, None)
    cov = float(((first - first.mean()) * (second - second.mean())).sum() / (mx.n - 1))
    return JointMoments(mx.n, mx.mean, my.mean, mx.var, my.var, cov)


def moments_of_sums(n: int, total: float, total_squares: float | None) -> Moments:
    """Moments from totals typed in by hand: customers, sum and sum of squares (None when not known).

    Squares minus the squared mean cancels digits; good enough for typed totals, never used on data we hold.
    Raises ValueError when the squares are smaller than the sum allows.
    """
    count = check_count(n, "The number of customers")
    if count == 0:
        return Moments(0, None, None)
    if total_squares is None or count < 2:
        return Moments(count, total / count, None)
    spread = total_squares - total**2 / count
    if spread < -1e-9 * abs(total_squares):
        raise ValueError("The sum of squares is smaller than the sum and the number of customers allow.")
    return Moments(count, total / count, max(spread, 0.0) / (count - 1))


def moments_of_rate(successes: int, n: int) -> Moments:
    """Moments of a yes-or-no figure: conversion, with its sample variance n/(n - 1)·p(1 - p)."""
    count, hits = check_count(n, "The number of customers"), check_count(successes, "The number of buyers")
    if hits > count:
        raise ValueError(f"There cannot be more buyers ({hits}) than customers ({count}).")
    if count == 0:
        return Moments(0, None, None)
    rate = hits / count
    return Moments(count, rate, rate * (1 - rate) * count / (count - 1) if count > 1 else None)


def pool(parts: Iterable[Moments]) -> Moments:
    """Moments of all customers of several groups together (Chan, Golub & LeVeque 1983: exact, nothing cancels)."""
    known = [part for part in map(clean, parts) if part.n]
    n = sum(part.n for part in known)
    if n == 0:
        return Moments(0, None, None)
    if any(part.mean is None for part in known):
        return Moments(n, None, None)
    mean = sum(part.n * (part.mean or 0.0) for part in known) / n
    if n < 2 or any(part.var is None and part.n > 1 for part in known):
        return Moments(n, mean, None)
    spread = sum((part.n - 1) * (part.var or 0.0) + part.n * ((part.mean or 0.0) - mean) ** 2 for part in known)
    return Moments(n, mean, spread / (n - 1))


def float_array(values: Sequence[float] | ArrayLike, name: str) -> FloatArray:
    """One-dimensional finite floats; ValueError with the name of the input otherwise."""
    array = np.asarray(values, dtype=float)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one list of numbers.")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must hold finite numbers only.")
    return array
