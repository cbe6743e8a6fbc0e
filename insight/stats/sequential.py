"""Looking before the end: intervals that hold at every look, and the correction for a few declared looks.

For tests where customers arrive over time (triggered mails, web). In a one-shot mailing all customers are assigned on
day 0 and each look adds outcome time, so what is estimated moves: there one fixed evaluation day, or α/L for L looks.
"""

import math

from insight.stats.means import Difference
from insight.stats.moments import check_count, check_share, finite


def _tuned(planned_n: int, alpha: float) -> float:
    """ρ² of the normal mixture that is tightest when `planned_n` customers are in."""
    planned = check_count(planned_n, "The planned number of customers")
    if planned == 0:
        raise ValueError("The planned number of customers must be above 0.")
    log_alpha = math.log(check_share(alpha, "The significance level"))
    return (-2 * log_alpha + math.log(1 - 2 * log_alpha)) / planned


def always_valid_width(n: int, planned_n: int, alpha: float = 0.05) -> float | None:
    """Half-width of the confidence sequence in standard errors when `n` customers are in; None at 0.

    √(2(Nρ²+1)/(Nρ²) · ln(√(Nρ²+1)/α)), ρ² = (-2 ln α + ln(1 - 2 ln α))/N*: asymptotic confidence sequence, normal
    mixture (Waudby-Smith et al. 2024). At N* about 1.55 times the fixed 95 % interval: the price of looking.
    """
    customers, rho_squared = check_count(n, "The number of customers"), _tuned(planned_n, alpha)
    if customers == 0:
        return None
    mixed = customers * rho_squared
    return math.sqrt(2 * (mixed + 1) / mixed * math.log(math.sqrt(mixed + 1) / alpha))


def always_valid(difference: Difference, n: int, planned_n: int, alpha: float = 0.05) -> Difference:
    """The difference with the interval and p that hold however often one looks.

    `n` = customers of both arms so far. The p is the smallest α at which the sequence (mixture fixed as planned) leaves
    out 0: √(Nρ²+1)·exp(-z²/2 · Nρ²/(Nρ²+1)), at most 1. Undefined where the difference has no standard error.
    """
    width = always_valid_width(n, planned_n, alpha)
    effect, error = finite(difference.effect_size), finite(difference.standard_error)
    if effect is None or error is None or error <= 0 or width is None:
        return Difference(effect, None, None, None, error, None)
    mixed = n * _tuned(planned_n, alpha)
    log_pvalue = 0.5 * math.log(mixed + 1) - (effect / error) ** 2 / 2 * mixed / (mixed + 1)
    pvalue = min(1.0, math.exp(min(log_pvalue, 0.0)))
    return Difference(effect, effect - width * error, effect + width * error, pvalue, error, None)


def alpha_per_look(alpha: float, looks: int) -> float:
    """Significance level of each of L declared looks: α/L."""
    declared = check_count(looks, "The number of looks")
    if declared == 0:
        raise ValueError("There must be at least one look.")
    return check_share(alpha, "The significance level") / declared
