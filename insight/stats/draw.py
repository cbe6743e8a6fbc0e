"""A stratified random draw: arms of the wanted shares within every stratum, from a seed.

The same customers in the same order with the same seed give the same draw on every machine (PCG64).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def stratified_draw(strata: NDArray[np.int64], shares: Sequence[float], seed: int) -> NDArray[np.int64]:
    """The place of each customer's arm in `shares`.

    Within a stratum of m customers arm k gets ⌊m·w_k⌋, and the rest go to arms drawn with chances as their fractions,
    so that every customer's chance of an arm is its share. Raises ValueError for shares that are not all above 0.
    """
    weights = np.asarray(shares, dtype=float)
    if weights.size == 0 or not np.isfinite(weights).all() or (weights <= 0).any():
        raise ValueError("Every share must be above 0.")
    weights = weights / weights.sum()
    chance = np.random.Generator(np.random.PCG64(seed))
    arms = np.empty(len(strata), dtype=np.int64)
    for stratum in np.unique(strata):
        places = chance.permutation(np.flatnonzero(strata == stratum))
        arms[places] = np.repeat(np.arange(len(weights)), _quotas(len(places), weights, chance))
    return arms


def _quotas(size: int, weights: NDArray[np.float64], chance: np.random.Generator) -> NDArray[np.int64]:
    """Whole numbers that sum to `size`: systematic sampling of the fractions from a random start."""
    exact = size * weights
    quotas = np.floor(exact + 1e-9).astype(np.int64)
    left = size - int(quotas.sum())
    if left > 0:
        fractions = np.maximum(exact - quotas, 0.0)
        bounds = np.cumsum(fractions) * left / fractions.sum()
        points = chance.random() + np.arange(left)
        np.add.at(quotas, np.minimum(np.searchsorted(bounds, points, side="right"), len(weights) - 1), 1)
    return quotas
