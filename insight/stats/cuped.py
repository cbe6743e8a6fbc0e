"""CUPED: use what the same customers spent before the test to narrow the interval of what they spent in it.

The covariate x is the metric in a fixed period that ends before assignment (0 for new customers), so the arms differ in
it by chance alone; taking out θ·x removes that chance and leaves the effect (Deng et al. 2013).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from insight.stats.means import NO_DIFFERENCE, Difference, difference_from_standard_error
from insight.stats.moments import JointMoments, Moments, clean_joint


class Cuped(NamedTuple):
    """Adjusted moments per arm, in the order given, ready for `means.welch` and `means.log_lift`.

    `theta` is in units of y per unit of x; `variance_reduction` is the share of the within-arm variance of y that is
    gone (0.3 is "variance -30 %"), None when y does not vary.
    """

    theta: float
    arms: tuple[Moments, ...]
    variance_reduction: float | None


def pooled_theta(arms: Sequence[JointMoments]) -> float:
    """θ = Σ_k (n_k - 1)·cov_k(x, y) / Σ_k (n_k - 1)·var_k(x); 0 when x does not vary.

    From within-arm moments: a θ of the total would take up part of the effect itself.
    """
    known = [arm for arm in map(clean_joint, arms) if arm.var_x is not None]
    spread = sum((arm.n - 1) * (arm.var_x or 0.0) for arm in known)
    shared = sum((arm.n - 1) * (arm.cov_xy or 0.0) for arm in known)
    return shared / spread if spread > 0 else 0.0


def cuped(arms: Sequence[JointMoments]) -> Cuped:
    """Moments of y - θ(x - x̄) per arm, x̄ over the customers of all arms, one θ for all (`pooled_theta`).

    Mean m_k - θ(x̄_k - x̄), variance s²_y + θ² s²_x - 2 θ s_xy. Centring on the common mean leaves the level of y where
    it was, so relative lifts keep their meaning; centring per arm would undo the adjustment.
    """
    known = [clean_joint(arm) for arm in arms]
    theta = pooled_theta(known)
    filled = [arm for arm in known if arm.mean_x is not None]
    customers = sum(arm.n for arm in filled)
    grand_mean = sum(arm.n * (arm.mean_x or 0.0) for arm in filled) / customers if customers else 0.0
    adjusted = tuple(_adjust(arm, theta, grand_mean) for arm in known)
    before = sum((arm.n - 1) * (arm.var_y or 0.0) for arm in known)
    after = sum((arm.n - 1) * (arm.var or 0.0) for arm in adjusted)
    return Cuped(theta, adjusted, 1 - after / before if before > 0 else None)


def _adjust(arm: JointMoments, theta: float, grand_mean: float) -> Moments:
    if arm.mean_x is None or arm.mean_y is None:
        return Moments(arm.n, None, None)
    mean = arm.mean_y - theta * (arm.mean_x - grand_mean)
    if arm.var_x is None or arm.var_y is None or arm.cov_xy is None:
        return Moments(arm.n, mean, None)
    spread = arm.var_y + theta**2 * arm.var_x - 2 * theta * arm.cov_xy
    return Moments(arm.n, mean, max(spread, 0.0))


def lin_difference(treatment: JointMoments, control: JointMoments, confidence_level: float = 0.95) -> Difference:
    """Difference with one θ per arm, for very unequal arms whose effect depends on x (Lin 2013, interacted form).

    d = (m_k - m_0) - θ_k(x̄_k - x̄) + θ_0(x̄_0 - x̄), x̄ over both arms: the treatment coefficient of the regression of y
    on arm, x - x̄ and their product. Variance = Σ residual variance/n + (θ_k - θ_0)² s²_x/N, the last term because x̄ is
    itself estimated. Normal quantile: it is a large-sample form. Undefined with fewer than three customers in an arm.
    """
    t, c = clean_joint(treatment), clean_joint(control)
    if t.mean_x is None or t.mean_y is None or c.mean_x is None or c.mean_y is None:
        return NO_DIFFERENCE
    customers = t.n + c.n
    grand_mean = (t.n * t.mean_x + c.n * c.mean_x) / customers
    theta_t, theta_c = pooled_theta([t]), pooled_theta([c])
    effect = t.mean_y - c.mean_y - theta_t * (t.mean_x - grand_mean) + theta_c * (c.mean_x - grand_mean)
    residual_t, residual_c = _residual_variance(t, theta_t), _residual_variance(c, theta_c)
    if residual_t is None or residual_c is None or t.var_x is None or c.var_x is None:
        return Difference(effect, None, None, None, None, None)
    pooled_x = ((t.n - 1) * t.var_x + (c.n - 1) * c.var_x) / (customers - 2)
    variance = residual_t / t.n + residual_c / c.n + (theta_t - theta_c) ** 2 * pooled_x / customers
    return difference_from_standard_error(effect, math.sqrt(variance), None, confidence_level)


def _residual_variance(arm: JointMoments, theta: float) -> float | None:
    """Variance around the arm's own line; n - 2 because level and slope were fitted."""
    if arm.n < 3 or arm.var_x is None or arm.var_y is None or arm.cov_xy is None:
        return None
    spread = max(arm.var_y + theta**2 * arm.var_x - 2 * theta * arm.cov_xy, 0.0)
    return spread * (arm.n - 1) / (arm.n - 2)
