"""Time until something happens, when for some it has not happened yet: survival curves and the lapse rule.

Customers whose time is still running (censored) count as long as they were seen and no longer. Everything takes
weights, so a million gaps cost one row per distinct length.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from insight.stats.moments import FloatArray, check_share, float_array, two_sided_quantile


class Survival(NamedTuple):
    """Kaplan-Meier curve: one row per time at which something ended.

    `survival` holds from its time on; before the first it is 1. `n_at_risk` just before the time.
    """

    times: FloatArray
    survival: FloatArray
    ci_lower: FloatArray
    ci_upper: FloatArray
    n_at_risk: FloatArray
    n_events: FloatArray


class LogRank(NamedTuple):
    """Test that groups share one curve; None when nothing can be compared."""

    statistic: float | None
    df: int
    pvalue: float | None


class Lapse(NamedTuple):
    """After how many silent days a customer counts as lapsed.

    `limit` is the smallest silence after which at most `target` return within the horizon; when no silence does
    (`reached` False) it is the proposed default. `return_rate` is the share that still returns after `limit`; None when
    the data are too short to know. `curve`: (silent days, share that returns) as far as it can be known.
    """

    limit: int
    reached: bool
    return_rate: float | None
    curve: tuple[tuple[int, float], ...]


def _sample(
    durations: ArrayLike, ended: ArrayLike, entry: ArrayLike | None, weights: ArrayLike | None
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Checked durations, weight of an end, entry times and weights."""
    time = float_array(durations, "The durations")
    over = np.asarray(ended).astype(bool)
    start = np.full(time.shape, -np.inf) if entry is None else float_array(entry, "The entry times")
    weight = np.ones(time.shape) if weights is None else float_array(weights, "The weights")
    if not time.shape == over.shape == start.shape == weight.shape:
        raise ValueError("Durations, ends, entries and weights must cover the same customers.")
    if (time < 0).any() or (weight < 0).any():
        raise ValueError("Durations and weights must be 0 or more.")
    if (start >= time).any():
        raise ValueError("A customer must enter before its duration ends.")
    return time, weight * over, start, weight


def kaplan_meier(
    durations: ArrayLike,
    ended: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> Survival:
    """S(t) = Π(1 - d_u/r_u) with Greenwood's variance on the scale log(-log S) (Kalbfleisch & Prentice 1980).

    `ended`: the time ended in an event (else it is censored there). `entry`: seen only from this time on (contracts
    older than the data). Interval: S^exp(∓z·se), se² = Σ d/(r(r - d))/ln² S; where S is 0 it runs from 0 to the bound
    before. Empty without events.
    """
    time, end_weight, start, weight = _sample(durations, ended, entry, weights)
    z = two_sided_quantile(confidence_level)
    times = np.unique(time[end_weight > 0])
    order, entries = np.argsort(time, kind="stable"), np.argsort(start, kind="stable")
    left = np.concatenate([[0.0], np.cumsum(weight[order])])[np.searchsorted(time[order], times, side="left")]
    come = np.concatenate([[0.0], np.cumsum(weight[entries])])[np.searchsorted(start[entries], times, side="left")]
    at_risk = come - left
    events = np.bincount(np.searchsorted(times, time[end_weight > 0]), end_weight[end_weight > 0], len(times))
    events = events.astype(float)
    left_over = at_risk - events
    left_over[left_over <= 1e-9 * at_risk] = 0.0  # sums of weights leave a hair where nobody is left
    survival = np.cumprod(left_over / at_risk).astype(np.float64)
    alive = survival > 0
    greenwood = np.cumsum(np.divide(events, at_risk * left_over, out=np.zeros_like(events), where=alive))
    low, high = np.zeros(times.size), np.ones(times.size)
    log_survival = np.log(survival[alive])
    # Beyond e^700 the interval is all of 0..1, and exp would overflow.
    reach = np.minimum(z * np.sqrt(greenwood[alive]) / np.maximum(-log_survival, 1e-300), 700.0)
    low[alive], high[alive] = np.exp(log_survival * np.exp(reach)), np.exp(log_survival * np.exp(-reach))
    if not alive.all():
        high[~alive] = high[alive][-1] if alive.any() else 1.0
    return Survival(times, survival, low, high, at_risk, events)


def survival_at(curve: Survival, at: ArrayLike) -> FloatArray:
    """S at the given times: 1 before the first end, the last value after the last."""
    places = np.searchsorted(curve.times, np.asarray(at, dtype=float), side="right")
    return np.concatenate([[1.0], curve.survival])[places]


def median_survival(curve: Survival) -> float | None:
    """The first time at which half are gone; None when the curve does not come down that far."""
    gone = np.flatnonzero(curve.survival <= 0.5 + 1e-12)
    return float(curve.times[gone[0]]) if gone.size else None


def restricted_mean(curve: Survival, until: float) -> float:
    """Mean time alive up to `until`: the area under the curve, for when the median is not reached."""
    if not (math.isfinite(until) and until > 0):
        raise ValueError(f"The end of the period must be above 0, not {until}.")
    times = curve.times[curve.times < until]
    levels = np.concatenate([[1.0], curve.survival[: times.size]])
    return float(levels @ np.diff(np.concatenate([[0.0], times, [until]])))


def log_rank(groups: Sequence[tuple[ArrayLike, ArrayLike]]) -> LogRank:
    """Log-rank test (Mantel 1966) over two or more groups of (durations, ended), hypergeometric variance, K - 1 df."""
    samples = [_sample(durations, ended, None, None)[:2] for durations, ended in groups]
    samples = [sample for sample in samples if sample[0].size]
    df = max(len(samples) - 1, 0)
    if df == 0:
        return LogRank(None, 0, None)
    times = np.unique(np.concatenate([time[event > 0] for time, event in samples]))
    at_risk = np.array([len(time) - np.searchsorted(np.sort(time), times, side="left") for time, _ in samples], float)
    events = np.array(
        [np.bincount(np.searchsorted(times, time[event > 0]), minlength=len(times)) for time, event in samples], float
    )
    risk, died = at_risk.sum(axis=0), events.sum(axis=0)
    apart = (events - at_risk * died / risk).sum(axis=1)[:-1]
    factor = died * (risk - died) / (risk**2 * np.maximum(risk - 1, 1))
    spread = np.diag((factor * risk * at_risk).sum(axis=1)) - (factor * at_risk) @ at_risk.T
    spread = spread[:-1, :-1]
    if times.size == 0 or np.linalg.matrix_rank(spread) < df:
        return LogRank(None, df, None)
    statistic = float(apart @ np.linalg.solve(spread, apart))
    return LogRank(statistic, df, float(stats.chi2.sf(statistic, df)))


def lapse_rule(
    gaps: ArrayLike,
    returned: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    horizon: int = 365,
    target: float = 0.10,
    longest: int = 730,
    default: int = 365,
) -> Lapse:
    """The data's own lapse limit from gaps between orders, in days, the open last gap of each customer censored.

    P(return within `horizon` | silent L) = 1 - S(L + horizon)/S(L), S by Kaplan-Meier; the smallest L ≤ `longest` with
    at most `target`. Gaps that were completed alone would call half the customers lapsed who still return. Known only
    where the data reach: L + horizon within the longest gap seen. Run it per band of frequency: frequent buyers
    dominate pooled gaps.
    """
    check_share(target, "The share that still returns")
    if horizon < 1 or longest < 1 or not 1 <= default <= longest:
        raise ValueError("Horizon, longest limit and default must be whole days, the default within the longest.")
    days = float_array(gaps, "The gaps")
    curve = kaplan_meier(days, returned, weights=weights)
    reach = int(min(longest, days.max() - horizon)) if days.size else 0
    limits = np.arange(1, max(reach, 0) + 1)
    silent = survival_at(curve, limits)
    known = silent > 0
    limits, silent = limits[known], silent[known]
    rates = 1 - survival_at(curve, limits + horizon) / silent
    low_enough = np.flatnonzero(rates <= target)
    points = tuple(zip(limits.tolist(), rates.tolist(), strict=True))
    if low_enough.size:
        first = int(low_enough[0])
        return Lapse(int(limits[first]), True, float(rates[first]), points)
    return Lapse(default, False, dict(points).get(default), points)
