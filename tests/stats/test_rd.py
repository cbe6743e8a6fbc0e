"""Around a bound: exact lines, an independent regression, coverage of a planted jump, and piling up."""

import math

import numpy as np
import pytest

from insight.stats.means import NO_DIFFERENCE
from insight.stats.rd import discontinuity


def test_two_exact_lines_and_their_jump():
    x = np.arange(500, 1500, 5.0)
    y = np.where(x < 1000, 100 + 0.1 * x, 150 + 0.2 * x)
    result = discontinuity(x, y, 1000, 400)
    assert (result.below, result.above) == pytest.approx((200.0, 350.0))
    assert result.difference.effect_size == pytest.approx(150.0)
    assert (result.n_below, result.n_above) == (80, 81)  # the bound itself stands above


def test_jump_and_error_equal_one_regression_with_its_own_line_per_side():
    rng = np.random.default_rng(4)
    x = rng.uniform(0, 2000, 900)
    y = 50 + 0.03 * x + 20 * (x >= 1000) + rng.gamma(1, 1 + x / 50)
    inside = np.abs(x - 1000) <= 500
    away, up, outcome = (x[inside] - 1000) / 500, (x[inside] >= 1000) * 1.0, y[inside]
    weight = 1 - np.abs(away)
    design = np.column_stack([np.ones_like(away), up, away, up * away])
    root = np.sqrt(weight)
    beta = np.linalg.lstsq(design * root[:, None], outcome * root, rcond=None)[0]
    inverse = np.linalg.inv((design * weight[:, None]).T @ design)
    residual = weight * (outcome - design @ beta)
    scale = np.where(up == 1, up.sum() / (up.sum() - 2), (1 - up).sum() / ((1 - up).sum() - 2))
    covariance = inverse @ ((design * (residual**2 * scale)[:, None]).T @ design) @ inverse
    result = discontinuity(x, y, 1000, 500)
    assert result.difference.effect_size == pytest.approx(beta[1])
    assert result.difference.standard_error == pytest.approx(math.sqrt(covariance[1, 1]))


@pytest.mark.parametrize("jump", [0.0, 30.0])
def test_interval_covers_a_planted_jump(jump):
    rng, inside, runs = np.random.default_rng(21), 0, 500
    for _ in range(runs):
        x = rng.lognormal(6.8, 0.6, 1500)
        y = rng.gamma(1.2, (40 + 0.05 * x) / 1.2) + jump * (x >= 1000)
        result = discontinuity(x, y, 1000, 500)
        inside += result.difference.ci_lower <= jump <= result.difference.ci_upper
    assert abs(inside / runs - 0.95) < 4 * math.sqrt(0.95 * 0.05 / runs)


def test_customers_who_steer_to_the_bound_are_seen():
    rng = np.random.default_rng(5)
    x = rng.uniform(500, 1500, 2000)
    steered = np.where((x > 900) & (x < 1000), 1005.0, x)
    assert discontinuity(x, x, 1000, 500).density > 0.001
    assert discontinuity(steered, x, 1000, 500).density < 1e-6


def test_nobody_near_the_bound_is_undefined():
    result = discontinuity([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], 1000, 50)
    assert result.difference == NO_DIFFERENCE
    assert (result.n_below, result.n_above, result.density, result.reasons) == (0, 0, None, ("too_few_customers",))
    assert discontinuity([], [], 1000, 50).difference == NO_DIFFERENCE


def test_equal_amounts_on_one_side_have_no_line():
    x = [990.0] * 40 + list(np.linspace(1000, 1050, 40))
    assert discontinuity(x, x, 1000, 100).difference == NO_DIFFERENCE


def test_few_customers_are_said():
    x = np.linspace(950, 1050, 41)
    assert discontinuity(x, np.sin(x), 1000, 60).reasons == ("too_few_customers",)


def test_wrong_input_is_refused():
    with pytest.raises(ValueError, match="bandwidth"):
        discontinuity([1.0], [1.0], 1000, 0)
    with pytest.raises(ValueError, match="same customers"):
        discontinuity([1.0], [1.0, 2.0], 1000, 10)
