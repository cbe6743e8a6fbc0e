"""Buy-till-you-die models for customers without a contract: expected orders (BG/NBD) and order value (Gamma-Gamma).

In the words of that literature, here and nowhere else: `frequency` x = repeat order days, `recency` t_x = first to last
order, `T` = first order to snapshot, all three in weeks; `monetary_value` = mean net value of the repeat order days.
All customers count, also those who bought once.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from insight.stats.moments import FloatArray, check_share, float_array

MIN_REPEAT_CUSTOMERS = 500
MAX_HOLDOUT_ERROR = 0.15
MAX_CORRELATION = 0.1
WEEKS_PER_MONTH = 365.25 / 12 / 7
_LOG_BOUND = 9.0
_STARTS = ([-0.5, -1.5, 0.0, 0.5], [0.0, 0.0, -1.0, 1.0])


class BgNbd(NamedTuple):
    """BG/NBD parameters: orders per week r/α of a living customer, drop-out after an order a/(a + b).

    `covariance` is that of (ln r, ln α, ln a, ln b) from the curvature of the likelihood; None when it is not a peak.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    covariance: FloatArray | None


class GammaGamma(NamedTuple):
    """Gamma-Gamma parameters of the value of an order; `correlation` of frequency and value should be near 0."""

    p: float
    q: float
    gamma: float
    correlation: float | None


class Holdout(NamedTuple):
    """Predicted against actual orders in the period held out: per tenth of customers (lowest prediction first)."""

    predicted: tuple[float, ...]
    actual: tuple[float, ...]
    total_error: float | None
    reliable: bool


class Interval(NamedTuple):
    """A number with its bounds."""

    value: float
    ci_lower: float
    ci_upper: float


def _histories(frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
    x, t_x, total = float_array(frequency, "Frequency"), float_array(recency, "Recency"), float_array(T, "T")
    if not x.shape == t_x.shape == total.shape:
        raise ValueError("Frequency, recency and T must cover the same customers.")
    if (x < 0).any() or (x != np.floor(x)).any():
        raise ValueError("Frequency must be a whole number of repeat order days.")
    if (t_x < 0).any() or (t_x > total + 1e-9).any() or (total <= 0).any():
        raise ValueError("Recency must lie between 0 and T, and T above 0.")
    if ((x == 0) & (t_x > 0)).any():
        raise ValueError("A customer without repeat orders has a recency of 0.")
    return x, t_x, total


def fit_bg_nbd(
    frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, weights: ArrayLike | None = None
) -> BgNbd | None:
    """Maximum likelihood of the BG/NBD (Fader, Hardie & Lee 2005, eq. 6), no penalty.

    Equal histories are merged and time is scaled to 1 before the search, so α starts at the same size for days and
    weeks. None without repeat customers. On a bound of the search (all customers leave alike, or never) the parameters
    stand for that limit and have no covariance. `weights` are customers per row.
    """
    x, t_x, total = _histories(frequency, recency, T)
    weight = np.ones(x.shape) if weights is None else float_array(weights, "The weights")
    if weight.shape != x.shape or (weight < 0).any():
        raise ValueError("Weights must be 0 or more, one a customer.")
    if not (x * weight).any():
        return None
    scale = float(total.max())
    rows, counts = _merged(x, t_x / scale, total / scale, weight)
    orders, place = np.unique(rows[0], return_inverse=True)
    customers = float(counts.sum())

    def cost(log_parameters: FloatArray) -> tuple[float, FloatArray]:
        value, slope = _log_likelihood(log_parameters, rows, counts, orders, place)
        return -value / customers, -slope / customers

    def search(start: ArrayLike, iterations: int) -> optimize.OptimizeResult:
        settings = {"ftol": 1e-12, "gtol": 1e-8, "maxiter": iterations}
        bounds = [(-_LOG_BOUND, _LOG_BOUND)] * 4
        return optimize.minimize(cost, start, jac=True, method="L-BFGS-B", bounds=bounds, options=settings)

    # Two short searches tell which side to start from; only the better one is finished.
    first = min((search(start, 8) for start in _STARTS), key=lambda found: found.fun)
    best = search(first.x, 500)
    if not np.isfinite(best.fun):
        return None
    r, alpha, a, b = np.exp(best.x)
    # The density of x orders carries time to the power of -x; scaling time back takes it out of the likelihood.
    log_likelihood = -best.fun * customers - float(counts @ rows[0]) * math.log(scale)
    inside = np.abs(best.x).max() < _LOG_BOUND - 1e-6
    covariance = _covariance(lambda at: cost(at)[1] * customers, best.x) if inside else None
    return BgNbd(float(r), float(alpha) * scale, float(a), float(b), float(log_likelihood), covariance)


def _merged(
    x: FloatArray, t_x: FloatArray, total: FloatArray, weight: FloatArray
) -> tuple[tuple[FloatArray, FloatArray, FloatArray], FloatArray]:
    """The distinct histories and the customers that have each."""
    order = np.lexsort((x, t_x, total))
    x, t_x, total, weight = x[order], t_x[order], total[order], weight[order]
    fresh = np.ones(x.size, dtype=bool)
    fresh[1:] = (np.diff(x) != 0) | (np.diff(t_x) != 0) | (np.diff(total) != 0)
    counts = np.add.reduceat(weight, np.flatnonzero(fresh)).astype(np.float64)
    return (x[fresh], t_x[fresh], total[fresh]), counts


def _log_likelihood(
    log_parameters: FloatArray,
    rows: tuple[FloatArray, FloatArray, FloatArray],
    counts: FloatArray,
    orders: FloatArray,
    place: NDArray[np.intp],
) -> tuple[float, FloatArray]:
    """Of merged rows, with its slope along the log parameters.

    B(a, b + x)/B(a, b) · Γ(r + x) α^r/Γ(r) · [(α + T)^-(r+x) + a/(b + x - 1) · (α + t_x)^-(r+x)], the last after a
    repeat order only. Gamma functions depend on the orders alone: taken once per number in `orders`, spread by `place`.
    """
    (x, t_x, total), (r, alpha, a, b) = rows, np.exp(log_parameters)
    by_orders = special.gammaln(r + orders) - special.gammaln(r) + r * log_parameters[1]
    by_orders += special.betaln(a, b + orders) - special.betaln(a, b)
    repeated = np.where(orders > 0, b + orders - 1, np.inf)
    with np.errstate(divide="ignore"):
        odds = np.log(a / repeated)
    log_alive, log_ended = np.log(alpha + total), np.log(alpha + t_x)
    alive, ended = -(r + x) * log_alive, odds[place] - (r + x) * log_ended
    both = np.logaddexp(alive, ended)
    value = float(counts @ (by_orders[place] + both))
    gone = counts * np.exp(ended - both)  # customers, weighted by how likely they have left
    there = counts - gone
    customers = np.bincount(place, counts, orders.size)
    gone_by_orders = np.bincount(place, gone, orders.size)
    digamma_all = special.digamma(a + b) - special.digamma(a + b + orders)
    slope_r = customers @ (special.digamma(r + orders) - special.digamma(r) + log_parameters[1])
    slope_r -= there @ log_alive + gone @ log_ended
    slope_alpha = counts.sum() * r / alpha - (r + x) @ (there / (alpha + total) + gone / (alpha + t_x))
    slope_a = customers @ digamma_all + gone.sum() / a
    slope_b = customers @ (digamma_all + special.digamma(b + orders) - special.digamma(b)) - gone_by_orders @ (
        1 / repeated
    )
    return value, np.array([slope_r * r, slope_alpha * alpha, slope_a * a, slope_b * b])


def _covariance(slope: Callable[[FloatArray], FloatArray], at: FloatArray) -> FloatArray | None:
    """Inverse curvature of the negative log likelihood, by central differences of its slope."""
    shifts = np.eye(at.size) * 1e-4
    curvature = np.array([(slope(at + shift) - slope(at - shift)) / 2e-4 for shift in shifts])
    curvature = (curvature + curvature.T) / 2
    if not np.isfinite(curvature).all() or (np.linalg.eigvalsh(curvature) <= 0).any():
        return None
    return np.linalg.inv(curvature).astype(np.float64)


def _not_one(a: float) -> float:
    """The formulas divide by a - 1; at 1 they have a limit, which 1e-6 beside it meets to six digits."""
    return a if abs(a - 1) > 1e-6 else 1 + 1e-6


def _orders_ahead(model: BgNbd, x: FloatArray, ratio: FloatArray) -> FloatArray:
    """Expected orders in the time to come of a customer alive now; ratio = (α+T)/(α+T+t).

    (a+b+x-1)/(a-1)·[1 - ratio^{r+x} ₂F₁(r+x, b+x; a+b+x-1; 1-ratio)], by Euler's transformation
    ratio^{a-1} ₂F₁(a+b-1-r, a-1; a+b+x-1; 1-ratio), whose arguments do not grow with the orders.
    """
    a, b = _not_one(model.a), model.b
    with np.errstate(all="ignore"):
        inner = special.hyp2f1(a + b - 1 - model.r, a - 1, a + b + x - 1, 1 - ratio)
        orders = (a + b + x - 1) / (a - 1) * (1 - ratio ** (a - 1) * inner)
    broken = ~np.isfinite(orders)
    rows = np.flatnonzero(broken)
    for part in np.array_split(rows, rows.size // 20_000 + 1):  # so that the nodes of a part fit in memory
        orders[part] = _orders_by_integral(model, x[part], ratio[part])
    return orders


def _orders_by_integral(model: BgNbd, x: FloatArray, ratio: FloatArray) -> FloatArray:
    """The same where the function overflows (very large a): mean over the chance of leaving p ~ Beta(a, b + x).

    Given p a customer alive orders (1 - (1 + p(1-ratio)/ratio)^-(r+x))/p times.
    """
    nodes, weights = np.polynomial.legendre.leggauss(100)
    orders, place = np.unique(x, return_inverse=True)
    leave = special.betaincinv(model.a, model.b + orders[:, None], (nodes + 1) / 2)[place]
    growth, leave = ((1 - ratio) / ratio)[:, None], np.maximum(leave, 1e-300)
    ahead = -np.expm1(-(model.r + x[:, None]) * np.log1p(leave * growth)) / leave
    return ahead @ (weights / 2)


def expected_purchases_new(model: BgNbd, weeks: ArrayLike) -> FloatArray:
    """Expected repeat orders of a new customer within each number of `weeks` (Fader, Hardie & Lee 2005, eq. 9)."""
    t = float_array(weeks, "Weeks")
    if (t < 0).any():
        raise ValueError("Weeks must be 0 or more.")
    return _orders_ahead(model, np.zeros(t.shape), model.alpha / (model.alpha + t))


def alive_probability(model: BgNbd, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> FloatArray:
    """P(still a customer at the snapshot). One-time buyers always have 1 in this model: say so where it is shown."""
    x, t_x, total = _histories(frequency, recency, T)
    return 1 / (1 + _odds_gone(model, x, t_x, total))


def _odds_gone(model: BgNbd, x: FloatArray, t_x: FloatArray, total: FloatArray) -> FloatArray:
    repeated = np.where(x > 0, model.b + x - 1, 1.0)
    log_odds = np.log(model.a / repeated) + (model.r + x) * np.log((model.alpha + total) / (model.alpha + t_x))
    return np.where(x > 0, np.exp(np.minimum(log_odds, 700.0)), 0.0)


def expected_purchases(
    model: BgNbd, weeks: float, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
) -> FloatArray:
    """Expected order days of each customer in the next `weeks` (Fader, Hardie & Lee 2005, eq. 10)."""
    x, t_x, total = _histories(frequency, recency, T)
    if not (math.isfinite(weeks) and weeks >= 0):
        raise ValueError(f"Weeks must be 0 or more, not {weeks}.")
    ahead = _orders_ahead(model, x, (model.alpha + total) / (model.alpha + total + weeks))
    return ahead / (1 + _odds_gone(model, x, t_x, total))


def expected_total(
    model: BgNbd,
    weeks: float,
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    *,
    draws: int = 200,
    seed: int = 1,
    confidence_level: float = 0.95,
) -> Interval | None:
    """Expected order days of all customers together, interval from what is unsure about the parameters.

    Percentiles over draws from the normal distribution of the log parameters, plus the Poisson noise of a total. None
    without a covariance.
    """
    tail = (1 - check_share(confidence_level, "The confidence level")) / 2
    if model.covariance is None:
        return None
    x, t_x, total = _histories(frequency, recency, T)
    rows, counts = _merged(x, t_x, total, np.ones(x.shape))
    rng = np.random.default_rng(seed)
    centre = np.log([model.r, model.alpha, model.a, model.b])
    sums = []
    for drawn in rng.multivariate_normal(centre, model.covariance, draws):
        r, alpha, a, b = (float(value) for value in np.exp(drawn))
        other = BgNbd(r, alpha, a, b, model.log_likelihood, None)
        sums.append(rng.poisson(float(counts @ expected_purchases(other, weeks, *rows))))
    low, high = np.quantile(sums, [tail, 1 - tail])
    return Interval(float(counts @ expected_purchases(model, weeks, *rows)), float(low), float(high))


def model_reasons(frequency: ArrayLike) -> tuple[str, ...]:
    """Why no model should be fitted: `too_few_repeat_customers` (under 500). Empty: it may."""
    repeat = int((float_array(frequency, "Frequency") > 0).sum())
    return ("too_few_repeat_customers",) if repeat < MIN_REPEAT_CUSTOMERS else ()


def holdout_by_tenth(predicted: ArrayLike, actual: ArrayLike) -> Holdout:
    """Sums of predicted and actual orders per tenth of customers, and the error of the total (0.1 is 10 % too high).

    `reliable` when the total is within 15 %; else the page shows the cohort's average instead of the model.
    """
    said, was = float_array(predicted, "The predicted orders"), float_array(actual, "The actual orders")
    if said.shape != was.shape:
        raise ValueError("Predicted and actual orders must cover the same customers.")
    parts = np.array_split(np.argsort(said, kind="stable"), 10)
    total = float(was.sum())
    error = float(said.sum()) / total - 1 if total > 0 else None
    sums = [tuple(float(values[part].sum()) for part in parts) for values in (said, was)]
    return Holdout(sums[0], sums[1], error, error is not None and abs(error) <= MAX_HOLDOUT_ERROR)


def fit_gamma_gamma(frequency: ArrayLike, monetary_value: ArrayLike) -> GammaGamma | None:
    """Maximum likelihood of the Gamma-Gamma model (Fader & Hardie 2013, note 025, eq. 1a) on x > 0, m > 0.

    None without such customers, when the search fails, or when q ≤ 1 (the mean order value would be infinite).
    """
    x, m = float_array(frequency, "Frequency"), float_array(monetary_value, "Monetary value")
    if x.shape != m.shape:
        raise ValueError("Frequency and monetary value must cover the same customers.")
    used = (x > 0) & (m > 0)
    x, m = x[used], m[used]
    if x.size < 3 or np.ptp(m) == 0:
        return None
    scale = float(m.mean())
    value = m / scale

    def cost(log_parameters: FloatArray) -> float:
        p, q, gamma = np.exp(log_parameters)
        terms = special.gammaln(p * x + q) - special.gammaln(p * x) - special.gammaln(q) + q * np.log(gamma)
        terms += (p * x - 1) * np.log(value) + p * x * np.log(x) - (p * x + q) * np.log(gamma + x * value)
        return -float(terms.mean())

    found = optimize.minimize(
        cost, [1.0, 1.0, 0.0], method="L-BFGS-B", bounds=[(-_LOG_BOUND, _LOG_BOUND)] * 3, tol=1e-13
    )
    p, q, gamma = np.exp(found.x)
    if not np.isfinite(found.fun) or np.abs(found.x).max() >= _LOG_BOUND - 1e-6 or q <= 1:
        return None
    correlation = float(np.corrcoef(x, m)[0, 1]) if np.ptp(x) > 0 else None
    return GammaGamma(float(p), float(q), float(gamma) * scale, correlation)


def expected_order_value(model: GammaGamma, frequency: ArrayLike, monetary_value: ArrayLike) -> FloatArray:
    """E[M | x, m] = (q-1)/(px+q-1)·pγ/(q-1) + px/(px+q-1)·m: own mean, drawn towards everybody's (note 025, eq. 5).

    In money per order day. ValueError for q ≤ 1.
    """
    x, m = float_array(frequency, "Frequency"), float_array(monetary_value, "Monetary value")
    if model.q <= 1:
        raise ValueError("The mean order value is infinite for q of 1 or less.")
    if x.shape != m.shape or (x < 0).any():
        raise ValueError("Frequency must be 0 or more and cover the same customers as monetary value.")
    own = model.p * x / (model.p * x + model.q - 1)
    return (1 - own) * model.p * model.gamma / (model.q - 1) + own * m


def lifetime_value(
    orders: BgNbd,
    values: GammaGamma,
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    monetary_value: ArrayLike,
    *,
    margin_rate: float,
    yearly_discount: float,
    months: int = 24,
) -> FloatArray:
    """Discounted margin per customer over the next `months`: margin rate × Σ E[ΔY]·E[M]/(1+d)^month, d per month.

    In money. Each month's orders are discounted from its end. A horizon, never a whole life.
    """
    if not 1 <= months <= 120:
        raise ValueError(f"The horizon must be 1 to 120 months, not {months}.")
    if not (0 <= margin_rate <= 1 and yearly_discount >= 0):
        raise ValueError("The margin rate must lie between 0 and 1 and the discount be 0 or more.")
    monthly = (1 + yearly_discount) ** (1 / 12)
    before = np.zeros(float_array(frequency, "Frequency").shape)
    discounted = np.zeros(before.shape)
    for month in range(1, months + 1):
        until = expected_purchases(orders, month * WEEKS_PER_MONTH, frequency, recency, T)
        discounted += (until - before) / monthly**month
        before = until
    return margin_rate * expected_order_value(values, frequency, monetary_value) * discounted
