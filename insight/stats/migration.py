"""Movement between steps: shares of each row with intervals, whether one step back is memory enough, and a scenario.

A steady state is not offered: without new customers every such chain ends with everybody inactive.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from insight.stats.moments import FloatArray
from insight.stats.proportions import Rate, wilson

GREY_BELOW = 30
"""Rows with fewer customers are shown as uncertain."""


class TransitionRow(NamedTuple):
    """From one step: its customers and, for each step they went to, the share with Wilson's interval."""

    n: int
    shares: tuple[Rate, ...]
    grey: bool


class OrderTest(NamedTuple):
    """Likelihood-ratio test of first against second order; None when no cell can tell."""

    statistic: float | None
    df: int
    pvalue: float | None


def _counts(counts: ArrayLike, dimensions: int) -> FloatArray:
    table = np.asarray(counts, dtype=float)
    if table.ndim != dimensions or not np.isfinite(table).all():
        raise ValueError(f"Counts must be a table of {dimensions} dimensions.")
    if (table < 0).any() or (table != np.floor(table)).any():
        raise ValueError("Counts must be whole numbers of 0 or more.")
    return table


def transition_rows(counts: ArrayLike, confidence_level: float = 0.95) -> tuple[TransitionRow, ...]:
    """P_ij = n_ij/n_i. of a matrix of customers (from, to), each with its Wilson interval; None in empty rows."""
    table = _counts(counts, 2)
    return tuple(
        TransitionRow(
            int(row.sum()),
            tuple(wilson(int(cell), int(row.sum()), confidence_level) for cell in row),
            bool(row.sum() < GREY_BELOW),
        )
        for row in table
    )


def order_test(counts: ArrayLike) -> OrderTest:
    """Does the step before last still matter? Anderson & Goodman (1957) LR of order 1 against order 2.

    `counts[i, j, k]`: customers in i, then j, then k. G² = 2 Σ n_ijk ln(n_ijk n_.j. / (n_ij. n_.jk)), chi-square
    with Σ_j (r_j - 1)(c_j - 1) df, r_j and c_j the steps seen before and after j.
    """
    table = _counts(counts, 3)
    statistic, df = 0.0, 0
    for middle in np.moveaxis(table, 1, 0):
        seen = middle[middle.sum(axis=1) > 0][:, middle.sum(axis=0) > 0]
        if min(seen.shape) < 2:
            continue
        expected = seen.sum(axis=1, keepdims=True) * seen.sum(axis=0) / seen.sum()
        filled = seen > 0
        statistic += 2 * float((seen[filled] * np.log(seen[filled] / expected[filled])).sum())
        df += (seen.shape[0] - 1) * (seen.shape[1] - 1)
    if df == 0:
        return OrderTest(None, 0, None)
    # Rounding can leave a perfect fit a hair below 0.
    return OrderTest(max(statistic, 0.0), df, float(stats.chi2.sf(max(statistic, 0.0), df)))


def project(
    start: Sequence[float] | ArrayLike, counts: ArrayLike, inflow: Sequence[float] | ArrayLike, periods: int
) -> FloatArray | None:
    """Customers per step now and after each period, a scenario: x_{t+1} = x_t P + inflow, a row per period.

    P are the row shares of `counts`. None when customers stand in a step that nobody was seen to leave or stay in:
    nothing is known of where they go. One to three periods are sensible.
    """
    table = _counts(counts, 2)
    now, new = np.asarray(start, dtype=float), np.asarray(inflow, dtype=float)
    if table.shape[0] != table.shape[1] or now.shape != (len(table),) or new.shape != now.shape:
        raise ValueError("Start and inflow need one number for each step of a square matrix.")
    if not 1 <= periods <= 10:
        raise ValueError(f"A scenario covers 1 to 10 periods, not {periods}.")
    if not (np.isfinite(now).all() and np.isfinite(new).all()) or (now < 0).any() or (new < 0).any():
        raise ValueError("Customers must be 0 or more.")
    sizes = table.sum(axis=1)
    shares = np.divide(table, sizes[:, None], out=np.zeros_like(table), where=sizes[:, None] > 0)
    rows = [now]
    for _ in range(periods):
        if (rows[-1][sizes == 0] > 0).any():
            return None
        rows.append(rows[-1] @ shares + new)
    return np.array(rows)
