"""Value tiers: customers cut by what they carry of the total, by bounds, or in equal groups. Ties never split."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
NO_TIER = -1


def by_share(values: IntArray, shares: Sequence[Fraction]) -> IntArray:
    """Tier of each value (0 = best), best first, so that the tiers carry `shares` of the total of all values above 0.

    A customer belongs to the tier in which their own part of the total begins: the first tier holds everyone up to
    and including the one who passes its share. Equal values share a tier. Values of 0 or less have NO_TIER.
    Exact in whole numbers (öre): a customer on the very bound is never moved by rounding.
    """
    tiers = np.full(values.size, NO_TIER, dtype=np.int64)
    positive = values > 0
    if not positive.any():
        return tiers
    levels, place, counts = np.unique(-values[positive], return_inverse=True, return_counts=True)
    sums = -levels * counts
    begins_at = np.cumsum(sums) - sums
    total, reached = int(sums.sum()), Fraction(0)
    limits: list[int] = []
    for part in shares[:-1]:
        reached += part
        limits.append(-int(-reached * total // 1))
    tiers[positive] = np.searchsorted(np.array(limits, dtype=np.int64), begins_at, side="right")[place]
    return tiers


def by_bounds(values: IntArray, bounds: Sequence[int]) -> IntArray:
    """Tier of each value (0 = best) by rising bounds; a lower bound belongs to its tier. 0 or less has NO_TIER."""
    tiers = len(bounds) - np.searchsorted(np.array(bounds, dtype=np.int64), values, side="right")
    return np.where(values > 0, tiers, NO_TIER).astype(np.int64)


def by_rank(values: IntArray, groups: int) -> IntArray:
    """Tier of each value (0 = best) in `groups` equal groups by rank; equal values share the better of their groups.

    Values of 0 or less have NO_TIER and take no part in the ranking.
    """
    tiers = np.full(values.size, NO_TIER, dtype=np.int64)
    positive = values > 0
    falling = np.sort(-values[positive])
    better = np.searchsorted(falling, -values[positive], side="left")
    tiers[positive] = better * groups // max(1, falling.size)
    return tiers
