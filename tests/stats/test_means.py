"""Differences of means: published examples, hand-sized cases, and what is undefined stays undefined."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from insight.stats.means import (
    Difference,
    RelativeLift,
    delta_lift,
    fieller_g,
    fieller_lift,
    heterogeneity,
    log_lift,
    one_sample,
    relative_lift_rule,
    welch,
)
from insight.stats.moments import Moments, moments_of, moments_of_sums

# growthbook/growthbook@8f1db44, packages/stats/tests/frequentist/test_tests.py
GROWTHBOOK_CONTROL = moments_of_sums(3407, 1396.87, 52377.9767)
GROWTHBOOK_TREATMENT = moments_of_sums(3461, 2422.7, 134698.29)


def test_welch_1_growthbook_two_sided_ttest_absolute():
    result = welch(GROWTHBOOK_TREATMENT, GROWTHBOOK_CONTROL)
    assert result.effect_size == pytest.approx(0.29, abs=6e-6)
    assert result.ci_lower == pytest.approx(0.04538, abs=6e-6)
    assert result.ci_upper == pytest.approx(0.53462, abs=6e-6)
    assert result.pvalue == pytest.approx(0.02016, abs=6e-6)


def test_welch_2_growthbook_two_sided_ttest_relative_delta():
    result = delta_lift(GROWTHBOOK_TREATMENT, GROWTHBOOK_CONTROL)
    assert result.rel_effect_size == pytest.approx(0.70732, abs=2e-5)
    assert result.standard_error == pytest.approx(0.37879, abs=2e-5)
    assert result.ci_lower == pytest.approx(-0.03526, abs=2e-5)
    assert result.ci_upper == pytest.approx(1.44989, abs=2e-5)
    assert result.pvalue == pytest.approx(0.06191, abs=2e-5)


def test_welch_equals_scipy_on_raw_figures():
    rng = np.random.default_rng(11)
    a, b = rng.lognormal(3, 1, 40), rng.lognormal(3.2, 0.4, 90)
    ours, theirs = welch(moments_of(a), moments_of(b), 0.9), stats.ttest_ind(a, b, equal_var=False)
    interval = theirs.confidence_interval(0.9)
    assert ours.pvalue == pytest.approx(theirs.pvalue, rel=1e-10)
    assert (ours.ci_lower, ours.ci_upper, ours.df) == pytest.approx((interval.low, interval.high, theirs.df))


def test_one_sample_equals_scipy_on_paired_differences():
    values = [1.0, 3.0, -2.0, 5.0, 4.0]
    assert one_sample(moments_of(values)).pvalue == pytest.approx(stats.ttest_1samp(values, 0).pvalue)
    assert one_sample(moments_of([2.0])) == Difference(2.0, None, None, None, None, None)


def test_swapping_the_arms_flips_the_sign_and_nothing_else():
    there, back = welch(GROWTHBOOK_TREATMENT, GROWTHBOOK_CONTROL), welch(GROWTHBOOK_CONTROL, GROWTHBOOK_TREATMENT)
    assert (there.effect_size, there.ci_lower) == pytest.approx((-back.effect_size, -back.ci_upper))
    assert there.pvalue == pytest.approx(back.pvalue)


@pytest.mark.parametrize(
    ("treatment", "control", "effect"),
    [
        (Moments(0, None, None), Moments(50, 2.0, 1.0), None),
        (Moments(1, 5.0, None), Moments(50, 2.0, 1.0), 3.0),
        (Moments(50, 5.0, math.nan), Moments(50, 2.0, 1.0), 3.0),
    ],
)
def test_too_few_customers_leave_interval_and_p_undefined(treatment, control, effect):
    assert welch(treatment, control) == Difference(effect, None, None, None, None, None)


def test_no_buyer_anywhere_gives_a_difference_of_zero_without_interval():
    nobody = Moments(100, 0.0, 0.0)
    assert welch(nobody, nobody) == Difference(0.0, None, None, None, 0.0, None)
    assert log_lift(nobody, nobody) == RelativeLift(None, None, None, None, None)


def test_an_arm_without_variance_still_compares_with_one_that_has_it():
    result = welch(Moments(10, 0.0, 0.0), Moments(25, 2.0, 4.0))
    assert result.standard_error == pytest.approx(0.4)  # 2/√25
    assert result.df == pytest.approx(24)


def test_log_lift_by_hand():
    # R = 1.5; relative variances 900/100/900 = 0.01 and 400/100/400 = 0.01: SE √0.02
    result = log_lift(Moments(100, 30.0, 900.0), Moments(100, 20.0, 400.0))
    reach = stats.t.ppf(0.975, 198) * math.sqrt(0.02)
    assert result.rel_effect_size == pytest.approx(0.5)
    assert result.ci_lower == pytest.approx(1.5 * math.exp(-reach) - 1)
    assert result.ci_upper == pytest.approx(1.5 * math.exp(reach) - 1)


def test_log_lift_of_a_hopelessly_wide_interval_stays_a_number():
    result = log_lift(Moments(2, 1e-6, 1e6), Moments(2, 1.0, 1e6))
    assert math.isfinite(result.ci_upper)


def test_fieller_by_the_root_of_its_own_equation():
    # The bounds are where (m_k - ρ·m_0)² = z²(v_k + ρ² v_0)
    t, c, z = Moments(400, 30.0, 900.0), Moments(100, 20.0, 400.0), stats.norm.ppf(0.975)
    result = fieller_lift(t, c)
    for bound in (result.ci_lower, result.ci_upper):
        rho = 1 + bound
        assert (30 - rho * 20) ** 2 == pytest.approx(z**2 * (900 / 400 + rho**2 * 400 / 100))
    assert result.ci_lower < 0.5 < result.ci_upper


def test_fieller_without_a_bound_gives_no_interval():
    unsure = Moments(20, 1.0, 100.0)  # the control's mean is far inside its own noise
    assert fieller_g(unsure) > 1
    assert fieller_lift(Moments(20, 3.0, 1.0), unsure) == RelativeLift(2.0, None, None, None, None)


def test_relative_lift_is_allowed_with_250_buyers_and_a_sure_control():
    assert relative_lift_rule(Moments(5000, 10.0, 2000.0), Moments(5000, 8.0, 2000.0), 250, 250) == ((), ())


def test_relative_lift_warns_between_100_and_250_buyers():
    rule = relative_lift_rule(Moments(5000, 10.0, 2000.0), Moments(5000, 8.0, 2000.0), 400, 249)
    assert rule == ((), ("few_buyers",))


@pytest.mark.parametrize(
    ("treatment", "control", "buyers", "reason"),
    [
        (Moments(900, 10.0, 9.0), Moments(900, 0.0, 0.0), 300, "control_mean_not_positive"),
        (Moments(900, -1.0, 9.0), Moments(900, 5.0, 9.0), 300, "treatment_mean_not_positive"),
        (Moments(900, 10.0, 9.0), Moments(900, 5.0, 7000.0), 300, "control_too_uncertain"),
        (Moments(900, 10.0, 9.0), Moments(900, 5.0, 9.0), 99, "too_few_buyers"),
    ],
)
def test_each_reason_against_a_relative_lift(treatment, control, buyers, reason):
    assert reason in relative_lift_rule(treatment, control, buyers, 500).reasons


def test_net_profit_never_has_a_relative_lift():
    rule = relative_lift_rule(Moments(900, 10.0, 9.0), Moments(900, 5.0, 9.0), 500, 500, may_be_negative=True)
    assert rule.reasons == ("may_be_negative",)


@pytest.mark.parametrize("level", [0, 1, 1.5, -0.2])
def test_a_confidence_level_outside_0_to_1_is_refused(level):
    with pytest.raises(ValueError, match="confidence level"):
        welch(GROWTHBOOK_TREATMENT, GROWTHBOOK_CONTROL, level)


def test_interaction_by_hand():
    # effects 4 and 10 with errors 1 and 2: weights 1 and ¼, mean 5.2, Q = 1.44 + 23.04/4 = 7.2
    result = heterogeneity([Difference(4, None, None, None, 1.0, None), Difference(10, None, None, None, 2.0, None)])
    assert (result.statistic, result.df) == (pytest.approx(7.2), 1)
    assert result.pvalue == pytest.approx(stats.chi2.sf(7.2, 1))


def test_interaction_of_two_segments_is_the_difference_of_their_effects():
    # √Q is the z of d_1 - d_2
    one, two = Difference(3.0, None, None, None, 0.7, None), Difference(1.0, None, None, None, 0.9, None)
    assert heterogeneity([one, two]).pvalue == pytest.approx(2 * stats.norm.sf(2 / math.hypot(0.7, 0.9)))


def test_interaction_needs_two_segments_with_an_error():
    silent = Difference(3.0, None, None, None, 0.0, None)
    assert heterogeneity([silent, Difference(1.0, None, None, None, 1.0, None)]) == (None, 0, None)
    assert heterogeneity([]) == (None, 0, None)


MOMENTS = st.builds(
    Moments,
    st.integers(0, 10**7),
    st.one_of(st.none(), st.floats(-1e12, 1e12)),
    st.one_of(st.none(), st.floats(0, 1e18), st.just(math.nan)),
)


@settings(deadline=None)
@given(MOMENTS, MOMENTS)
@example(Moments(9, 1e-200, 1e-200), Moments(9, 1e-200, 1e-200))
@example(Moments(9, 1e200, 1e18), Moments(9, 1e-200, 1e18))
def test_any_moments_give_numbers_or_none_and_intervals_in_order(treatment, control):
    for result in (
        welch(treatment, control),
        log_lift(treatment, control),
        delta_lift(treatment, control),
        fieller_lift(treatment, control),
    ):
        assert all(field is None or math.isfinite(field) for field in result)
        assert (result.ci_lower is None) == (result.ci_upper is None)
        assert result.ci_lower is None or result.ci_lower <= result.ci_upper
        assert result.pvalue is None or 0 <= result.pvalue <= 1
