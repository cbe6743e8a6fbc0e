"""Several comparisons at once: adjusted p values and intervals that hold together.

A p of None (nothing could be tested) stays None and does not count in the size of the family.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from insight.stats.moments import check_share


def holm(pvalues: Sequence[float | None]) -> list[float | None]:
    """Holm's (1979) step-down p values: p̃_(i) = max over j ≤ i of min(1, (m - j + 1)·p_(j)), in the given order."""
    return _adjusted(pvalues, _holm_sorted)


def benjamini_hochberg(pvalues: Sequence[float | None]) -> list[float | None]:
    """Benjamini & Hochberg's (1995) step-up p values for exploratory lists: min over j ≥ i of min(1, m/j·p_(j))."""
    return _adjusted(pvalues, _benjamini_hochberg_sorted)


def bonferroni_level(confidence_level: float, comparisons: int) -> float:
    """The confidence level per interval at which `comparisons` intervals hold together: 1 - (1 - level)/m."""
    if comparisons < 1:
        raise ValueError(f"There must be at least one comparison, not {comparisons}.")
    return 1 - (1 - check_share(confidence_level, "The confidence level")) / comparisons


def _holm_sorted(p: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum.accumulate(np.arange(p.size, 0, -1) * p)


def _benjamini_hochberg_sorted(p: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.minimum.accumulate((p * p.size / np.arange(1, p.size + 1))[::-1])[::-1]


def _adjusted(
    pvalues: Sequence[float | None], rule: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> list[float | None]:
    places = [i for i, p in enumerate(pvalues) if p is not None and not np.isnan(p)]
    known = np.array([pvalues[i] for i in places], dtype=float)
    if ((known < 0) | (known > 1)).any():
        raise ValueError("A p value must lie between 0 and 1.")
    order = np.argsort(known, kind="stable")
    adjusted: list[float | None] = [None] * len(pvalues)
    for place, value in zip(order, np.minimum(rule(known[order]), 1.0), strict=True):
        adjusted[places[place]] = float(value)
    return adjusted
