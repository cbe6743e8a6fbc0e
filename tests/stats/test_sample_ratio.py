"""Sample ratio: published p values and the plans that cannot be."""

import numpy as np
import pytest
from scipy import stats

from insight.stats.sample_ratio import SampleRatio, sample_ratio_alike, sample_ratio_exact, sample_ratio_test

GROWTHBOOK = "growthbook/growthbook@8f1db44 packages/back-end/test/stats.test.ts"


@pytest.mark.parametrize(
    ("observed", "planned", "pvalue", "tolerance", "source"),
    [
        pytest.param([1000, 1200], [0.5, 0.5], 2.0079e-05, 5e-10, GROWTHBOOK, id="SRM-1"),
        pytest.param([135, 115], [0.5, 0.5], 0.205903211, 5e-10, GROWTHBOOK, id="SRM-2"),
        pytest.param([310, 98], [0.75, 0.25], 0.647434186, 5e-10, GROWTHBOOK, id="SRM-3"),
        pytest.param([0, 10, 10], [0.34, 0.33, 0.33], 0.005790624, 5e-10, GROWTHBOOK, id="SRM-4"),
        pytest.param([600, 400], [0.5, 0.5], 2.54e-10, 5e-13, "Wikipedia, Sample ratio mismatch", id="SRM-6"),
        pytest.param([821588, 815482], [0.5, 0.5], 1.8e-06, 5e-08, "Kohavi, Tang & Xu 2020, ch. 3", id="SRM-7"),
        pytest.param([53, 47], [0.5, 0.5], 0.5485062355001472, 1e-8, "e10v/tea-tasting test_proportion.py", id="SRM-8"),
    ],
)
def test_published_sample_ratio(observed, planned, pvalue, tolerance, source):
    assert sample_ratio_test(observed, planned).pvalue == pytest.approx(pvalue, abs=tolerance), source


def test_srm_8_tea_tasting_exact_binomial():
    assert sample_ratio_exact(53, 47) == pytest.approx(0.6172994135892521, abs=1e-8)


def test_weights_count_in_proportion_not_as_shares():
    assert sample_ratio_test([310, 98], [3, 1]) == sample_ratio_test([310, 98], [0.75, 0.25])


def test_expected_customers_follow_the_plan():
    assert sample_ratio_test([30, 50, 20], [2, 2, 1]).expected == pytest.approx((40, 40, 20))


def test_mismatch_is_called_below_one_in_a_thousand():
    assert sample_ratio_test([1000, 1200], [1, 1]).mismatch
    assert not sample_ratio_test([135, 115], [1, 1]).mismatch
    assert not sample_ratio_test([0, 0], [1, 1]).mismatch


def test_nobody_assigned_or_one_arm_is_undefined():
    assert sample_ratio_test([0, 0], [1, 1]) == SampleRatio(None, None, 1, (0.0, 0.0))
    assert sample_ratio_test([50], [1]).pvalue is None
    assert sample_ratio_exact(0, 0) is None


@pytest.mark.parametrize(
    ("observed", "planned", "sentence"),
    [
        ([1, 2], [1, 1, 1], "2 arms but 3"),
        ([1, 2], [1, 0], "above 0"),
        ([1, 2], [1, float("nan")], "above 0"),
        ([-1, 2], [1, 1], "whole number"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(observed, planned, sentence):
    with pytest.raises(ValueError, match=sentence):
        sample_ratio_test(observed, planned)


def test_a_loss_in_one_part_is_told_from_a_loss_in_all():
    # by hand: χ² 0, 0 and (50² + 50²)/100 = 50 in the parts, (50² + 50²)/300 = 16.67 of the sum; df = 2
    apart = sample_ratio_alike([[100, 100], [100, 100], [150, 50]], [1, 1])
    assert apart == pytest.approx(stats.chi2.sf(50 - 50**2 * 2 / 300, 2))
    assert sample_ratio_alike([[150, 50], [150, 50], [150, 50]], [1, 1]) == 1
    assert sample_ratio_alike([[3, 4], [0, 0]], [1, 1]) is None


def test_parts_alike_is_close_to_independence_of_part_and_arm():
    parts = [[480, 520, 505], [301, 290, 322], [95, 140, 80]]
    ours = sample_ratio_alike(parts, np.sum(parts, axis=0))
    assert ours == pytest.approx(stats.chi2_contingency(parts).pvalue, rel=1e-9)
