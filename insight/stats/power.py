"""Planning a test: what a size can see, what size sees an effect, and what it costs.

Normal approximation throughout, two-sided. Bonferroni over the m primary comparisons: what Holm needs at worst.
Before a test only: after it the interval says what the data say, and no power is computed from its outcome.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from scipy import special

from insight.stats.moments import check_count, check_share, finite


class ArmSizes(NamedTuple):
    """Customers per treated arm and in the control."""

    n_treatment: int
    n_control: int


def _quantile(alpha: float, comparisons: int) -> float:
    if comparisons < 1:
        raise ValueError(f"There must be at least one comparison, not {comparisons}.")
    return float(special.ndtri(1 - check_share(alpha, "The significance level") / comparisons / 2))


def _reach(alpha: float, power: float, comparisons: int) -> float:
    """How many standard errors an effect must measure to be seen with the wanted power."""
    return _quantile(alpha, comparisons) + float(special.ndtri(check_share(power, "The power")))


def _positive(value: float, name: str) -> float:
    number = finite(value)
    if number is None or number <= 0:
        raise ValueError(f"{name} must be above 0, not {value}.")
    return number


def _variance(value: float) -> float:
    number = finite(value)
    if number is None or number < 0:
        raise ValueError(f"A variance must be 0 or more, not {value}.")
    return number


def _variances(var: float, var_treatment: float | None) -> tuple[float, float]:
    """Variance of the control and of a treated arm."""
    control = _variance(var)
    return control, control if var_treatment is None else _variance(var_treatment)


def _kept(correlation: float) -> float:
    """Share of the variance that CUPED leaves: 1 - ρ²."""
    if not -1 < correlation < 1:
        raise ValueError(f"The correlation must lie between -1 and 1, not {correlation}.")
    return 1 - correlation**2


def mde_mean(
    var: float,
    n_treatment: int,
    n_control: int,
    *,
    var_treatment: float | None = None,
    alpha: float = 0.05,
    power: float = 0.8,
    comparisons: int = 1,
    correlation: float = 0.0,
    width: float | None = None,
) -> float | None:
    """Smallest true difference per customer that the sizes can see, in the unit of the figure; None with an empty arm.

    (z_{1-α/m/2} + z_power)·√((1 - ρ²)(s²_k/n_k + s²_0/n_0)), ρ the correlation of the figure with itself in the period
    before (0 without CUPED). `var` is the control's; `var_treatment` (default the same) where the arms' spreads differ.
    `width`: the interval's half-width in standard errors where it is not z_{1-α/m/2} (always-valid intervals).
    """
    n_t, n_c = check_count(n_treatment, "The number of customers"), check_count(n_control, "The number of customers")
    kept, control, treated = _kept(correlation), *_variances(var, var_treatment)
    reach = _reach(alpha, power, comparisons) if width is None else width + float(special.ndtri(power))
    if n_t == 0 or n_c == 0:
        return None
    return reach * math.sqrt(kept * (treated / n_t + control / n_c))


def variance_with_effect(mean: float, var: float, effect: float, repeat_share: float = 0.0) -> float:
    """Variance of a treated arm whose mean is `effect` above the control's because everybody there buys more often.

    Each customer's rate of purchases rises by the share L = effect/mean and baskets stay as they are. Of the second
    moment E = s² + m² the part of single purchases grows by 1 + L, and the part q (`repeat_share`) of pairs of
    purchases of one customer by (1 + L)² (Poisson): (1 - q)E(1 + L) + qE(1 + L)² - m²(1 + L)². Never below the
    control's own variance; the control's where its mean or the effect is not above 0.
    """
    control, share = _variance(var), _repeated(repeat_share)
    if mean <= 0 or effect <= 0:
        return control
    more, second = 1 + effect / mean, control + mean**2
    return max(control, (1 - share) * second * more + (share * second - mean**2) * more**2)


def mde_with_effect(
    mean: float,
    var: float,
    n_treatment: int,
    n_control: int,
    *,
    repeat_share: float = 0.0,
    alpha: float = 0.05,
    power: float = 0.8,
    comparisons: int = 1,
    correlation: float = 0.0,
) -> float | None:
    """`mde_mean` where the effect itself widens the treated arm's spread (`variance_with_effect`).

    The d that solves d² = R²(1 - ρ²)(s²_k(d)/n_k + s²_0/n_0), R the sum of the two quantiles: a quadratic in d. The
    control's variance alone promises too much power, about three points at an effect of a tenth. None with an empty
    arm, and where the arm is so small that no effect outgrows the spread it brings.
    """
    plain = mde_mean(
        var, n_treatment, n_control, alpha=alpha, power=power, comparisons=comparisons, correlation=correlation
    )
    if plain is None or mean <= 0:
        return plain
    share, second = _repeated(repeat_share), var + mean**2
    scaled = _reach(alpha, power, comparisons) ** 2 * _kept(correlation) / n_treatment
    once = scaled * (second * (1 + share) - 2 * mean**2) / mean
    twice = 1 - scaled * (share * second - mean**2) / mean**2
    if twice <= 0:
        return None
    return max(plain, (once + math.sqrt(once**2 + 4 * twice * plain**2)) / (2 * twice))


def _repeated(share: float) -> float:
    number = finite(share)
    if number is None or not 0 <= number <= 1:
        raise ValueError(f"The share of repeated purchases must lie between 0 and 1, not {share}.")
    return number


def power_mean(
    effect: float,
    var: float,
    n_treatment: int,
    n_control: int,
    *,
    var_treatment: float | None = None,
    alpha: float = 0.05,
    comparisons: int = 1,
) -> float | None:
    """Chance that a true difference of `effect` per customer is found; None with an empty arm or without variance."""
    n_t, n_c = check_count(n_treatment, "The number of customers"), check_count(n_control, "The number of customers")
    control, treated = _variances(var, var_treatment)
    if n_t == 0 or n_c == 0:
        return None
    return _power(effect, math.sqrt(treated / n_t + control / n_c), _quantile(alpha, comparisons))


def sample_size_mean(
    effect: float,
    var: float,
    *,
    control_per_treatment: float = 1.0,
    var_treatment: float | None = None,
    alpha: float = 0.05,
    power: float = 0.8,
    comparisons: int = 1,
    correlation: float = 0.0,
) -> ArmSizes:
    """Customers per treated arm and in the control that see a difference of `effect`; control = ratio × treated arm."""
    size = _positive(abs(effect), "The wanted effect")
    ratio = _positive(control_per_treatment, "The size of the control against a treated arm")
    control, treated = _variances(var, var_treatment)
    spread = (treated + control / ratio) * _kept(correlation)
    n = (_reach(alpha, power, comparisons) / size) ** 2 * spread
    return _sizes(n, ratio)


def power_rate(
    effect: float, rate_control: float, n_treatment: int, n_control: int, *, alpha: float = 0.05, comparisons: int = 1
) -> float | None:
    """Chance that `rate_control + effect` is found to differ from `rate_control`, each rate with its own variance."""
    n_t, n_c = check_count(n_treatment, "The number of customers"), check_count(n_control, "The number of customers")
    base = check_share(rate_control, "The rate of the control")
    treated = check_share(base + effect, "The rate with the effect")
    if n_t == 0 or n_c == 0:
        return None
    error = math.sqrt(treated * (1 - treated) / n_t + base * (1 - base) / n_c)
    return _power(effect, error, _quantile(alpha, comparisons))


def mde_rate(
    rate_control: float,
    n_treatment: int,
    n_control: int,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    comparisons: int = 1,
) -> float | None:
    """Smallest rise of a rate that the sizes can see, in share units; None with an empty arm or if none is enough."""
    n_t, n_c = check_count(n_treatment, "The number of customers"), check_count(n_control, "The number of customers")
    base, reach = check_share(rate_control, "The rate of the control"), _reach(alpha, power, comparisons)
    if n_t == 0 or n_c == 0:
        return None

    def excess(rise: float) -> float:
        treated = base + rise
        return rise - reach * math.sqrt(max(treated * (1 - treated), 0.0) / n_t + base * (1 - base) / n_c)

    if excess(1 - base) <= 0:
        return None
    low, high = 0.0, 1 - base
    while high - low > 1e-12:
        middle = (low + high) / 2
        low, high = (low, middle) if excess(middle) > 0 else (middle, high)
    return high


def sample_size_rate(
    effect: float,
    rate_control: float,
    *,
    control_per_treatment: float = 1.0,
    alpha: float = 0.05,
    power: float = 0.8,
    comparisons: int = 1,
) -> ArmSizes:
    """Customers per treated arm and in the control that see a rate of `rate_control + effect`."""
    size = _positive(abs(effect), "The wanted effect")
    ratio = _positive(control_per_treatment, "The size of the control against a treated arm")
    base = check_share(rate_control, "The rate of the control")
    treated = check_share(base + effect, "The rate with the effect")
    spread = treated * (1 - treated) + base * (1 - base) / ratio
    return _sizes((_reach(alpha, power, comparisons) / size) ** 2 * spread, ratio)


def optimal_control_share(treated_arms: int) -> float:
    """Share of all customers that the control should hold: n_0 = √K·n_k, so √K/(K + √K) (Dunnett 1955)."""
    arms = check_count(treated_arms, "The number of treated arms")
    if arms == 0:
        raise ValueError("There must be at least one treated arm.")
    return 1 / (1 + math.sqrt(arms))


def planned_cost(sizes: Sequence[int], cost_per_contact: Sequence[float], fixed_cost: float = 0.0) -> float:
    """What the contacts of a plan cost, in money: Σ n_k·c_k + fixed cost. ValueError for negative costs."""
    if len(sizes) != len(cost_per_contact):
        raise ValueError(f"There are {len(sizes)} arms but {len(cost_per_contact)} costs.")
    if fixed_cost < 0 or any(cost < 0 for cost in cost_per_contact):
        raise ValueError("A cost must be 0 or more.")
    counts = [check_count(n, "The number of customers") for n in sizes]
    return fixed_cost + sum(n * cost for n, cost in zip(counts, cost_per_contact, strict=True))


def _power(effect: float, error: float, quantile: float) -> float | None:
    if error <= 0:
        return None
    size = abs(effect) / error
    return float(special.ndtr(size - quantile) + special.ndtr(-size - quantile))


def _sizes(n_treatment: float, ratio: float) -> ArmSizes:
    """Rounded up; the hair taken off keeps an exact answer from becoming one customer more by rounding error."""
    return ArmSizes(max(2, math.ceil(n_treatment - 1e-9)), max(2, math.ceil(n_treatment * ratio - 1e-9)))
