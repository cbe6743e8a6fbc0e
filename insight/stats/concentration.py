"""Concentration: how much of the sales the best customers carry.

Figures below 0 (returns over purchases) count as 0. Ties keep the order given, so sort by customer id first.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from insight.stats.moments import FloatArray, check_share, float_array


class TopShare(NamedTuple):
    """The best k = ⌈qN⌉ customers: their number, share of the sales (0..1) and the amount that the last of them has."""

    n_customers: int
    share: float | None
    least: float | None


class Lorenz(NamedTuple):
    """Points of the Lorenz curve, best customers first, from (0, 0) to (1, 1)."""

    share_customers: FloatArray
    share_sales: FloatArray


def _best_first(values: ArrayLike) -> FloatArray:
    floored = np.maximum(float_array(values, "The amounts"), 0.0)
    return floored[np.argsort(-floored, kind="stable")]


def gini(values: ArrayLike) -> float | None:
    """Gini coefficient 2Σ i·r_(i)/(NΣr) - (N+1)/N, r rising; 0 when all are equal. None without sales."""
    rising = _best_first(values)[::-1]
    total = float(rising.sum())
    if total <= 0:
        return None
    n = rising.size
    return max(0.0, float(2 * (np.arange(1, n + 1) @ rising) / (n * total) - (n + 1) / n))


def top_count(n: int, share: float) -> int:
    """k = ⌈qN⌉ customers; the hair taken off keeps 7 % of 100 at 7, which floating point makes 8."""
    return min(n, math.ceil(check_share(share, "The share of customers") * n - 1e-9))


def top_share(values: ArrayLike, share: float) -> TopShare:
    """What the best `share` of customers carry of all sales ("25 % → 64 %")."""
    ranked = _best_first(values)
    k, total = top_count(ranked.size, share), float(ranked.sum())
    if k == 0 or total <= 0:
        return TopShare(k, None, None)
    return TopShare(k, float(ranked[:k].sum() / total), float(ranked[k - 1]))


def customers_for(values: ArrayLike, sales_share: float) -> float | None:
    """Smallest share of customers, best first, that makes `sales_share` of the sales ("18 % make 80 %")."""
    wanted = check_share(sales_share, "The share of sales")
    ranked = _best_first(values)
    total = float(ranked.sum())
    if total <= 0:
        return None
    reached = np.cumsum(ranked)
    # Relative slack against rounding: customers that make exactly 80 % are enough.
    return float((np.searchsorted(reached, wanted * total * (1 - 1e-12)) + 1) / ranked.size)


def lorenz(values: ArrayLike, points: int = 101, through: int | None = None) -> Lorenz:
    """At most `points` points of the curve, evenly spread over the customers; empty without sales.

    through: a number of customers that gets a point of its own beside them.
    """
    if points < 2:
        raise ValueError("A curve needs at least two points.")
    ranked = _best_first(values)
    total = float(ranked.sum())
    if total <= 0:
        return Lorenz(np.zeros(0), np.zeros(0))
    even = np.linspace(0, ranked.size, min(points, ranked.size + 1)).round().astype(int)
    places = np.unique(even if through is None else np.append(even, through))
    reached = np.concatenate([[0.0], np.cumsum(ranked)])
    return Lorenz(places / ranked.size, reached[places] / reached[-1])


def best_to_average(values: ArrayLike, share: float) -> float | None:
    """Mean of the best `share` of customers over the mean of all: "a best customer is worth 2.6 average ones"."""
    top, n = top_share(values, share), float_array(values, "The amounts").size
    return None if top.share is None else top.share * n / top.n_customers


def p99_to_median(values: ArrayLike) -> float | None:
    """99th percentile over the median (type 7); None when the median is 0."""
    floored = np.maximum(float_array(values, "The amounts"), 0.0)
    if floored.size == 0:
        return None
    high, middle = np.quantile(floored, [0.99, 0.5])
    return float(high / middle) if middle > 0 else None
