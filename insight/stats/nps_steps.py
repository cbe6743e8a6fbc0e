"""NPS along steps of spend or frequency: points per step, whether the steps lie on a line, and what could be seen.

Works on counts per step, so a million answers cost one aggregate query. An association: spend may follow satisfaction
or the other way round.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from insight.stats.means import Difference, difference_from_standard_error
from insight.stats.moments import check_share, two_sided_pvalue
from insight.stats.nps import Answers, checked

MIN_STEPS = 3
MIN_ANSWERS = 30
"""Fewest answers in each step for a slope."""
WORTH = np.array([100.0, 0.0, -100.0])


class StepSlope(NamedTuple):
    """NPS points per step, and the test of linearity. Fields that are not defined are None.

    `difference.effect_size` is the slope. `linearity_pvalue` below 0.01: the steps do not lie on a line.
    """

    difference: Difference
    intercept: float | None
    n: int
    linearity_statistic: float | None
    linearity_df: int
    linearity_pvalue: float | None


class SameCustomer(NamedTuple):
    """Pairs of answers by one customer, counted: for each pair the step (place in the list of steps, from 0) and the
    group (0 promoter, 1 passive, 2 detractor) of either answer, and how many such pairs there are, each pair once."""

    first_step: NDArray[np.int64]
    first_group: NDArray[np.int64]
    second_step: NDArray[np.int64]
    second_group: NDArray[np.int64]
    n: NDArray[np.int64]


class TrendTest(NamedTuple):
    """Jonckheere-Terpstra test of an ordered trend: standardised statistic (above 0: rising) and two-sided p."""

    statistic: float | None
    pvalue: float | None


def _table(steps: Sequence[Answers]) -> np.ndarray:
    return np.array([checked(step) for step in steps], dtype=float).reshape(-1, 3)


def step_slope(
    steps: Sequence[Answers],
    positions: Sequence[float] | None = None,
    confidence_level: float = 0.95,
    same: SameCustomer | None = None,
) -> StepSlope:
    """Least-squares slope of +100/0/-100 on the step number with HC1 standard error, t with n - 2 df.

    `positions` are the step numbers (default 1, 2, 3 …); steps without answers are left out. Linearity: Wald χ² that
    the step means lie on a line, HC1 variances of the saturated model, J - 2 df; None when it cannot be had (fewer than
    three steps, or all answers alike in too many of them). `same`: customers who answered more than once, whose
    answers are then not taken for independent (cluster-robust: Liang & Zeger 1986; never narrower than without).
    """
    table = _table(steps)
    places = np.arange(1.0, len(table) + 1) if positions is None else np.asarray(positions, dtype=float)
    if places.shape != (len(table),) or not np.isfinite(places).all():
        raise ValueError("Every step needs one number as its position.")
    filled = table.sum(axis=1) > 0
    if same is not None:
        moved = np.cumsum(filled) - 1
        same = same._replace(first_step=moved[same.first_step], second_step=moved[same.second_step])
    table, places = table[filled], places[filled]
    sizes = table.sum(axis=1)
    n = int(sizes.sum())
    if n < 3 or np.unique(places).size < 2:
        return StepSlope(Difference(None, None, None, None, None, None), None, n, None, max(len(places) - 2, 0), None)
    means = table @ WORTH / sizes
    centre = float(sizes @ places) / n
    spread = float(sizes @ (places - centre) ** 2)
    slope = float((sizes * (places - centre)) @ means) / spread
    intercept = float(sizes @ means) / n - slope * centre
    pull = (places - centre)[:, None] * (WORTH - (intercept + slope * places)[:, None])
    meat = float((table * pull**2).sum())
    if same is not None:
        alike = pull[same.first_step, same.first_group] * pull[same.second_step, same.second_group]
        meat = max(meat, meat + 2 * float(same.n @ alike))
    error = math.sqrt(meat * n / (n - 2)) / spread
    difference = difference_from_standard_error(slope, error, n - 2, confidence_level)
    statistic = _linearity(table, places, means, same)
    df = max(len(places) - 2, 0)
    pvalue = None if statistic is None else float(stats.chi2.sf(statistic, df))
    return StepSlope(difference, intercept, n, statistic, df, pvalue)


def _linearity(table: np.ndarray, places: np.ndarray, means: np.ndarray, same: SameCustomer | None) -> float | None:
    """Wald statistic of the part of the step means that no line can reach."""
    steps, sizes = len(places), table.sum(axis=1)
    n = sizes.sum()
    if steps < 3 or n <= steps:
        return None
    away = (WORTH - means[:, None]) / sizes[:, None]
    covariance = np.diag((table * away**2).sum(axis=1))
    if same is not None:
        alike = same.n * away[same.first_step, same.first_group] * away[same.second_step, same.second_group]
        np.add.at(covariance, (same.first_step, same.second_step), alike)
        np.add.at(covariance, (same.second_step, same.first_step), alike)
    line = np.column_stack([np.ones(steps), places])
    off_line = np.linalg.svd(line)[0][:, 2:]
    spread = off_line.T @ (covariance * n / (n - steps)) @ off_line
    if np.linalg.matrix_rank(spread) < steps - 2:
        return None
    apart = off_line.T @ means
    return float(apart @ np.linalg.solve(spread, apart))


def slope_reasons(steps: Sequence[Answers]) -> tuple[str, ...]:
    """Why no slope should be told: `too_few_steps` (under 3), `too_few_answers` (a step under 30). Empty: it may."""
    sizes = _table(steps).sum(axis=1)
    failed = {"too_few_steps": len(sizes) < MIN_STEPS, "too_few_answers": bool((sizes < MIN_ANSWERS).any())}
    return tuple(code for code, is_so in failed.items() if is_so)


def slope_outcome(
    slope: StepSlope, reasons: Sequence[str] = (), *, alpha: float = 0.05, linearity_alpha: float = 0.01
) -> str:
    """Which sentence fits: `too_few`, `uneven` (not a line), `linear` (a slope, no sign against a line), `none`."""
    if reasons or slope.difference.pvalue is None:
        return "too_few"
    if slope.linearity_pvalue is not None and slope.linearity_pvalue < linearity_alpha:
        return "uneven"
    return "linear" if slope.difference.pvalue < alpha else "none"


def smallest_seen(difference: Difference, *, alpha: float = 0.05, power: float = 0.8) -> float | None:
    """The effect that these data could have shown: (z_{1-α/2} + z_power)·SE."""
    error = difference.standard_error
    reach = special.ndtri(1 - check_share(alpha, "The significance level") / 2)
    reach += special.ndtri(check_share(power, "The power"))
    return None if error is None or error <= 0 else float(reach * error)


def slope_mde(slope: StepSlope, *, alpha: float = 0.05, power: float = 0.8) -> float | None:
    """The slope, in points per step, that these answers could have shown."""
    return smallest_seen(slope.difference, alpha=alpha, power=power)


def jonckheere_terpstra(counts: ArrayLike) -> TrendTest:
    """Trend over ordered steps without assuming equal distances between answers.

    `counts`: a row per step in order, a column per answer in order (three groups, or 0-10). Large-sample test with
    the variance for ties (Lehmann 1975; Hollander, Wolfe & Chicken 2014, 6.2). None where nothing can be ordered.
    """
    table = np.asarray(counts, dtype=float)
    if table.ndim != 2 or not np.isfinite(table).all() or (table < 0).any() or (table != np.floor(table)).any():
        raise ValueError("Counts must be a table of whole numbers of 0 or more.")
    rows, columns, total = table.sum(axis=1), table.sum(axis=0), table.sum()
    if total < 3:
        return TrendTest(None, None)
    later = table.sum(axis=0) - np.cumsum(table, axis=0)  # answers in the steps after each step
    above = later.sum(axis=1, keepdims=True) - np.cumsum(later, axis=1)
    statistic = float((table * (above + later / 2)).sum())
    expected = (total**2 - (rows**2).sum()) / 4

    def cubic(m: np.ndarray) -> float:
        return float((m * (m - 1) * (2 * m + 5)).sum())

    def pairs(m: np.ndarray) -> float:
        return float((m * (m - 1)).sum())

    def triples(m: np.ndarray) -> float:
        return float((m * (m - 1) * (m - 2)).sum())

    variance = (cubic(np.array([total])) - cubic(rows) - cubic(columns)) / 72
    variance += triples(rows) * triples(columns) / (36 * total * (total - 1) * (total - 2))
    variance += pairs(rows) * pairs(columns) / (8 * total * (total - 1))
    if variance <= 1e-9:
        return TrendTest(None, None)
    z = float((statistic - expected) / math.sqrt(variance))
    return TrendTest(z, two_sided_pvalue(z))
