"""CUPED against regressions written out on the raw rows: an independent way to the same numbers."""

import numpy as np
import pytest

from insight.stats.cuped import cuped, lin_difference, pooled_theta
from insight.stats.means import Difference, welch
from insight.stats.moments import JointMoments, Moments, joint_moments_of, moments_of


def four_arms(seed=7):
    """Rows of four unequal arms with a planted effect of 0, 1, 2 and 3 and a slope of 0.6 on the period before."""
    rng = np.random.default_rng(seed)
    rows = []
    for effect, n in enumerate([400, 150, 250, 90]):
        x = rng.lognormal(3, 0.8, n)
        rows.append((x, effect + 0.6 * x + rng.gamma(2, 5, n)))
    return rows


def test_theta_equals_least_squares_with_a_level_per_arm():
    rows = four_arms()
    x, y = np.concatenate([r[0] for r in rows]), np.concatenate([r[1] for r in rows])
    arm = np.repeat(np.arange(4), [len(r[0]) for r in rows])
    design = np.column_stack([arm == k for k in range(4)] + [x]).astype(float)
    coefficients = np.linalg.lstsq(design, y, rcond=None)[0]
    assert pooled_theta([joint_moments_of(*r) for r in rows]) == pytest.approx(coefficients[-1], rel=1e-10)
    # The level of each arm at the common mean of x is its adjusted mean.
    adjusted = cuped([joint_moments_of(*r) for r in rows]).arms
    assert [a.mean for a in adjusted] == pytest.approx(list(coefficients[:4] + coefficients[-1] * x.mean()), rel=1e-10)


def test_adjusted_moments_equal_those_of_adjusted_rows():
    rows = four_arms()
    within = [(x - x.mean(), y - y.mean()) for x, y in rows]
    theta = sum((a * b).sum() for a, b in within) / sum((a * a).sum() for a, _ in within)
    x_mean = np.concatenate([x for x, _ in rows]).mean()
    result = cuped([joint_moments_of(*r) for r in rows])
    for (x, y), arm in zip(rows, result.arms, strict=True):
        assert arm == pytest.approx(moments_of(y - theta * (x - x_mean)))


def test_variance_reduction_is_the_squared_within_arm_correlation():
    rows = four_arms()
    x = np.concatenate([r[0] - r[0].mean() for r in rows])
    y = np.concatenate([r[1] - r[1].mean() for r in rows])
    rho = (x * y).sum() / np.sqrt((x * x).sum() * (y * y).sum())
    assert cuped([joint_moments_of(*r) for r in rows]).variance_reduction == pytest.approx(rho**2)


def test_a_covariate_that_does_not_vary_changes_nothing():
    arms = [JointMoments(50, 4.0, 10.0, 0.0, 9.0, 0.0), JointMoments(60, 4.0, 12.0, 0.0, 8.0, 0.0)]
    result = cuped(arms)
    assert result.theta == 0.0
    assert result.arms == (Moments(50, 10.0, 9.0), Moments(60, 12.0, 8.0))
    assert result.variance_reduction == pytest.approx(0.0)


def test_theta_does_not_take_up_the_effect():
    # In both arms y does not depend on x; between them both differ. A θ of the total would be far from 0.
    arms = [JointMoments(100, 0.0, 0.0, 1.0, 1.0, 0.0), JointMoments(100, 10.0, 10.0, 1.0, 1.0, 0.0)]
    assert pooled_theta(arms) == 0.0


def test_empty_and_single_customer_arms_stay_undefined():
    result = cuped([JointMoments(0, None, None, None, None, None), JointMoments(1, 3.0, 4.0, None, None, None)])
    assert result.arms == (Moments(0, None, None), Moments(1, 4.0, None))
    assert result.variance_reduction is None


def test_lin_equals_least_squares_with_interaction():
    (x0, y0), (x1, y1) = four_arms()[0], four_arms()[3]
    x, y = np.concatenate([x1, x0]), np.concatenate([y1, y0])
    treated = np.repeat([1.0, 0.0], [len(x1), len(x0)])
    centred = x - x.mean()
    design = np.column_stack([np.ones_like(x), treated, centred, treated * centred])
    coefficient = np.linalg.lstsq(design, y, rcond=None)[0][1]
    result = lin_difference(joint_moments_of(x1, y1), joint_moments_of(x0, y0))
    assert result.effect_size == pytest.approx(coefficient, rel=1e-9)


def test_lin_covers_a_heterogeneous_effect_in_unequal_arms():
    rng, inside, runs = np.random.default_rng(19), 0, 600
    for _ in range(runs):
        x1, x0 = rng.gamma(2, 2, 1500), rng.gamma(2, 2, 250)  # mean 4
        y1, y0 = 1 + 1.5 * x1 + rng.normal(0, 2, 1500), 0.5 * x0 + rng.normal(0, 2, 250)  # true effect 1 + 4 = 5
        result = lin_difference(joint_moments_of(x1, y1), joint_moments_of(x0, y0))
        inside += result.ci_lower <= 5 <= result.ci_upper
    spread = 4 * np.sqrt(0.95 * 0.05 / runs)
    assert 0.95 - spread < inside / runs < 0.95 + spread


def test_lin_with_two_customers_has_a_difference_only():
    tiny = joint_moments_of([1, 2], [3, 5])
    result = lin_difference(tiny, tiny)
    assert result == Difference(0.0, None, None, None, None, None)


def test_cuped_narrows_the_interval_on_related_periods():
    rows = four_arms()
    raw = welch(moments_of(rows[1][1]), moments_of(rows[0][1]))
    arms = cuped([joint_moments_of(*r) for r in rows]).arms
    assert welch(arms[1], arms[0]).standard_error < 0.8 * raw.standard_error
