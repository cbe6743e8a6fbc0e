"""Ratio metrics and return on cost: linearisation on raw rows, Fieller by its own equation, hand-sized money."""

import numpy as np
import pytest
from scipy import stats

from insight.stats.means import NO_DIFFERENCE, Difference, welch
from insight.stats.moments import JointMoments, Moments, joint_moments_of, moments_of
from insight.stats.ratios import (
    NO_RETURN,
    BreakEven,
    ReturnOnCost,
    Total,
    break_even_cost,
    campaign_total,
    ratio_moments,
    roi,
    roi_varying_cost,
)

GAIN = Difference(30.0, 10.0, 50.0, 0.01, 10.0, 100.0)  # 30 kr margin more per customer, 10 to 50


def test_average_receipt_is_linearised_customer_by_customer():
    rng = np.random.default_rng(3)
    orders = rng.poisson(1.5, 200)
    spend = orders * rng.lognormal(5, 0.5, 200)
    ratio = spend.sum() / orders.sum()
    linear = (spend - ratio * orders) / orders.mean()
    result = ratio_moments(joint_moments_of(orders, spend))
    assert result.mean == pytest.approx(ratio)
    assert result.var == pytest.approx(linear.var(ddof=1))


def test_a_constant_price_has_no_spread_in_its_ratio():
    assert ratio_moments(joint_moments_of([1, 2, 4], [50, 100, 200])) == pytest.approx(Moments(3, 50.0, 0.0))


def test_no_orders_means_no_receipt():
    assert ratio_moments(joint_moments_of([0, 0, 0], [0, 0, 0])) == Moments(3, None, None)
    assert ratio_moments(JointMoments(0, None, None, None, None, None)) == Moments(0, None, None)


def test_roi_by_hand_30_kr_margin_for_20_kr():
    assert roi(GAIN, 20) == pytest.approx(ReturnOnCost(0.5, -0.5, 1.5, 0.0))


def test_roi_of_a_free_contact_is_undefined():
    assert roi(GAIN, 0) == NO_RETURN
    assert roi(NO_DIFFERENCE, 5) == NO_RETURN


def test_negative_cost_is_refused():
    with pytest.raises(ValueError, match="cost per contact"):
        roi(GAIN, -1)
    with pytest.raises(ValueError, match="mean cost"):
        roi_varying_cost(JointMoments(10, -1.0, 5.0, 1.0, 1.0, 0.0), Moments(10, 1.0, 1.0))


def test_varying_cost_that_does_not_vary_is_the_known_cost():
    margin, control = Moments(4000, 80.0, 9000.0), Moments(3000, 50.0, 8000.0)
    varying = roi_varying_cost(JointMoments(4000, 20.0, 80.0, 0.0, 9000.0, 0.0), control)
    z, error = stats.norm.ppf(0.975), np.sqrt(9000 / 4000 + 8000 / 3000)
    assert varying.roi == pytest.approx(roi(welch(margin, control), 20).roi)
    assert (varying.ci_lower, varying.ci_upper) == pytest.approx(((30 - z * error) / 20 - 1, (30 + z * error) / 20 - 1))
    assert varying == pytest.approx(
        roi_varying_cost(JointMoments(4000, 20.0, 80.0, 0.0, 9000.0, 0.0), control, method="delta")
    )


@pytest.mark.parametrize("cov", [-600.0, 0.0, 700.0])
def test_fieller_bounds_solve_fiellers_equation(cov):
    treatment, control = JointMoments(100, 20.0, 80.0, 400.0, 9000.0, cov), Moments(300, 50.0, 8000.0)
    result = roi_varying_cost(treatment, control)
    z, v_gain = stats.norm.ppf(0.975), 9000 / 100 + 8000 / 300
    for bound in (result.ci_lower, result.ci_upper):
        rho = bound + 1
        assert (30 - rho * 20) ** 2 == pytest.approx(z**2 * (v_gain - 2 * rho * cov / 100 + rho**2 * 400 / 100))
    assert result.ci_lower < result.roi < result.ci_upper


def test_a_cost_lost_in_its_own_noise_has_no_interval():
    result = roi_varying_cost(JointMoments(4, 1.0, 80.0, 400.0, 9000.0, 0.0), Moments(300, 50.0, 8000.0))
    assert result.roi == pytest.approx(29.0)
    assert (result.ci_lower, result.ci_upper) == (None, None)
    assert result.g > 1


def test_delta_interval_of_a_varying_cost_covers_the_truth_in_simulation():
    rng, inside, runs = np.random.default_rng(5), 0, 400
    for _ in range(runs):
        margin = rng.gamma(0.5, 120, 600)  # mean 60
        cost = 5 + 0.1 * margin + rng.gamma(1, 2, 600)  # mean 13, moves with margin
        control = rng.gamma(0.5, 80, 600)  # mean 40: truth 20/13
        result = roi_varying_cost(joint_moments_of(cost, margin), moments_of(control))
        inside += result.ci_lower <= 20 / 13 - 1 <= result.ci_upper
    spread = 4 * np.sqrt(0.95 * 0.05 / runs)
    assert 0.95 - spread < inside / runs < 0.95 + spread


def test_break_even_is_the_margin_gained_and_safe_at_its_lower_bound():
    assert break_even_cost(GAIN) == BreakEven(30.0, 10.0, 50.0)
    assert break_even_cost(Difference(3.0, -2.0, 8.0, 0.2, 2.5, 100.0)) == BreakEven(3.0, None, 8.0)
    assert break_even_cost(Difference(-3.0, -5.0, -1.0, 0.01, 1.0, 100.0)) == BreakEven(None, None, None)


def test_campaign_total_is_the_effect_times_everyone_assigned():
    assert campaign_total(GAIN, 200_000) == Total(6_000_000.0, 2_000_000.0, 10_000_000.0)
    assert campaign_total(NO_DIFFERENCE, 10) == Total(None, None, None)


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="fieller or delta"):
        roi_varying_cost(JointMoments(10, 1.0, 5.0, 1.0, 1.0, 0.0), Moments(10, 1.0, 1.0), method="guess")
