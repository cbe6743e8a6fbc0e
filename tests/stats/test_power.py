"""Planning: published power, the textbook sample size, and answers that fit each other."""

import math

import pytest

from insight.stats.power import (
    ArmSizes,
    mde_mean,
    mde_rate,
    optimal_control_share,
    planned_cost,
    power_mean,
    power_rate,
    sample_size_mean,
    sample_size_rate,
)


def test_power_1_spotify_confidence_g_power_rates():
    # spotify/confidence tests/frequentist/test_chisquared.py: 34 %, rise 1 point, α 3 %
    assert power_rate(0.01, 0.34, 225725, 22572, alpha=0.03) == pytest.approx(0.8, abs=0.004)


def test_power_2_spotify_confidence_g_power_mean():
    assert power_mean(0.03, 45, 859896, 859896) == pytest.approx(0.8345828, abs=0.005)


def test_the_textbook_size_for_half_a_standard_deviation():
    # 2·(1.959964 + 0.841621)²/0.25 = 62.79 per arm
    assert sample_size_mean(0.5, 1.0) == ArmSizes(63, 63)


def test_the_textbook_size_for_10_against_15_percent():
    # (1.959964 + 0.841621)²·(0.1·0.9 + 0.15·0.85)/0.05² = 682.9 per arm
    assert sample_size_rate(0.05, 0.10) == ArmSizes(683, 683)


def test_size_and_mde_of_a_mean_are_each_others_inverse():
    sizes = sample_size_mean(4.0, 2500.0, control_per_treatment=0.25, comparisons=3, correlation=0.6)
    seen = mde_mean(2500.0, *sizes, comparisons=3, correlation=0.6)
    assert seen == pytest.approx(4.0, rel=1e-3)
    assert seen <= 4.0
    assert sizes.n_control == pytest.approx(sizes.n_treatment / 4, abs=1)


def test_size_power_and_mde_of_a_rate_are_each_others_inverse():
    sizes = sample_size_rate(0.01, 0.05, control_per_treatment=2, power=0.9)
    assert power_rate(0.01, 0.05, *sizes) == pytest.approx(0.9, abs=1e-3)
    assert mde_rate(0.05, *sizes, power=0.9) == pytest.approx(0.01, rel=1e-3)


def test_a_correlation_of_06_saves_36_percent_of_the_customers():
    plain, helped = sample_size_mean(1.0, 10_000.0), sample_size_mean(1.0, 10_000.0, correlation=0.6)
    assert helped.n_treatment / plain.n_treatment == pytest.approx(0.64, abs=1e-4)


def test_a_treated_arm_that_spreads_more_needs_more_customers():
    # variances 1 and 3 average to 2: twice the customers of variance 1
    assert sample_size_mean(0.5, 1.0, var_treatment=3.0).n_control == pytest.approx(2 * 62.79, abs=1)
    assert mde_mean(1.0, 100, 100, var_treatment=3.0) == pytest.approx(mde_mean(2.0, 100, 100))
    assert power_mean(0.5, 1.0, 50, 50, var_treatment=3.0) == pytest.approx(power_mean(0.5, 2.0, 50, 50))


def test_a_fall_is_as_easy_to_see_as_a_rise():
    assert power_mean(-0.03, 45, 5000, 900) == power_mean(0.03, 45, 5000, 900)


def test_no_effect_is_found_as_often_as_alpha():
    assert power_mean(0.0, 45, 500, 500, alpha=0.05) == pytest.approx(0.05)


def test_the_control_of_four_arms_holds_a_third():
    # n_0 = √4 n_k = 2 n_k of 6 n_k
    assert optimal_control_share(4) == pytest.approx(1 / 3)
    assert optimal_control_share(1) == pytest.approx(0.5)


def test_the_root_rule_beats_its_neighbours():
    arms, customers = 9, 90_000

    def seen(control_share):
        n_control = round(customers * control_share)
        return mde_mean(100.0, (customers - n_control) // arms, n_control)

    best = optimal_control_share(arms)
    assert seen(best) < min(seen(best * 0.8), seen(best * 1.2))


def test_cost_of_a_plan_by_hand():
    assert planned_cost([1000, 500, 200], [5.0, 0.5, 0.0], 300) == pytest.approx(5550.0)


def test_empty_arms_and_no_variance_are_undefined():
    assert mde_mean(10.0, 0, 100) is None
    assert power_mean(1.0, 10.0, 100, 0) is None
    assert power_mean(1.0, 0.0, 100, 100) is None
    assert mde_rate(0.5, 0, 10) is None
    assert power_rate(0.1, 0.5, 0, 10) is None


def test_no_rise_of_a_rate_is_enough_with_two_customers():
    assert mde_rate(0.5, 2, 2) is None


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: mde_mean(10.0, 10, 10, power=1.0), "power"),
        (lambda: mde_mean(10.0, 10, 10, comparisons=0), "at least one"),
        (lambda: mde_mean(10.0, 10, 10, correlation=1.0), "correlation"),
        (lambda: mde_mean(-1.0, 10, 10), "variance"),
        (lambda: sample_size_mean(0.0, 10.0), "wanted effect"),
        (lambda: sample_size_rate(0.6, 0.5), "rate with the effect"),
        (lambda: sample_size_mean(math.nan, 10.0), "wanted effect"),
        (lambda: optimal_control_share(0), "treated arm"),
        (lambda: planned_cost([1], [1.0, 2.0]), "1 arms but 2 costs"),
        (lambda: planned_cost([1], [-1.0]), "cost must be 0"),
    ],
)
def test_plans_that_cannot_be_are_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
