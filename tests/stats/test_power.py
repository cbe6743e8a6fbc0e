"""Planning: published power, the textbook sample size, and answers that fit each other."""

import math

import numpy as np
import pytest
from scipy import stats

from insight.stats.power import (
    ArmSizes,
    mde_mean,
    mde_rate,
    mde_with_effect,
    optimal_control_share,
    planned_cost,
    power_mean,
    power_rate,
    sample_size_mean,
    sample_size_rate,
    variance_with_effect,
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


def test_more_purchases_of_the_same_baskets_widen_the_spread_by_hand():
    # one in ten buys for 100 kr: mean 10, second moment 1,000, variance 900. Half as many again: mean 15, 1,500 - 225
    assert variance_with_effect(10, 900, 5) == pytest.approx(1500 - 15**2)
    # one basket for everybody and a bit: a rise of buyers would narrow the spread, which is not counted on
    assert variance_with_effect(50, 2500, 25) == 2500
    assert variance_with_effect(-3, 900, 5) == 900
    assert variance_with_effect(10, 900, -5) == 900


def test_customers_who_buy_again_widen_it_more_by_hand():
    # half of the customers come on average twice (Poisson), always for 100 kr: mean 100, second moment
    # (2 + 4)/2 · 100² = 30,000, of which pairs are 4/6. At 2.4 visits: mean 120, (2.4 + 2.4²)/2 · 100² = 40,800
    assert variance_with_effect(100, 20_000, 20, repeat_share=4 / 6) == pytest.approx(40_800 - 120**2)


def test_the_effect_that_widens_its_own_spread_solves_its_equation():
    mde = mde_with_effect(10, 900, 4000, 2000, comparisons=3, correlation=0.4, power=0.9, repeat_share=0.3)
    spread = variance_with_effect(10, 900, mde, 0.3) / 4000 + 900 / 2000
    reach = stats.norm.ppf(1 - 0.05 / 6) + stats.norm.ppf(0.9)
    assert mde == pytest.approx(reach * np.sqrt((1 - 0.16) * spread), rel=1e-12)
    assert mde > mde_mean(900, 4000, 2000, comparisons=3, correlation=0.4, power=0.9)
    assert mde_with_effect(10, 900, 0, 2000) is None
    assert mde_with_effect(10, 900, 4, 4, repeat_share=0.9) is None
    assert mde_with_effect(0, 900, 400, 400) == mde_mean(900, 400, 400)


def test_a_wider_interval_needs_a_larger_effect():
    # at the planned size the always-valid interval reaches 1.55 times as far as 1.96
    plain = mde_mean(900, 500, 500)
    assert mde_mean(900, 500, 500, width=1.55 * 1.959964) == pytest.approx(
        plain * (1.55 * 1.959964 + 0.841621) / (1.959964 + 0.841621)
    )
