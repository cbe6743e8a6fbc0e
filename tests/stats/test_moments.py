"""Moments: what goes in is what a plain numpy computation on the raw figures gives."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insight.stats.moments import (
    JointMoments,
    Moments,
    clean,
    clean_joint,
    joint_moments_of,
    moments_of,
    moments_of_rate,
    moments_of_sums,
    pool,
)

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=0, max_size=12)


def test_moments_of_2_4_9():
    # mean 5, deviations -3, -1, 4: squares 26, over 2
    assert moments_of([2, 4, 9]) == Moments(3, 5.0, 13.0)


def test_moments_of_nobody_and_of_one_customer_are_undefined_not_zero():
    assert moments_of([]) == Moments(0, None, None)
    assert moments_of([7]) == Moments(1, 7.0, None)


def test_joint_moments_by_hand():
    # x 1 2 3, y 2 2 8: means 2 and 4, covariance ((-1)(-2) + 0 + (1)(4)) / 2 = 3
    assert joint_moments_of([1, 2, 3], [2, 2, 8]) == JointMoments(3, 2.0, 4.0, 1.0, 12.0, 3.0)


def test_typed_totals_give_the_same_moments_as_the_figures():
    assert moments_of_sums(3, 15, 4 + 16 + 81) == pytest.approx(Moments(3, 5.0, 13.0))


def test_typed_totals_without_squares_have_a_mean_and_no_variance():
    assert moments_of_sums(4, 10, None) == Moments(4, 2.5, None)
    assert moments_of_sums(0, 0, 0) == Moments(0, None, None)


def test_squares_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="sum of squares is smaller"):
        moments_of_sums(3, 15, 70)  # at least 75 for any three figures that add up to 15


def test_rate_moments_equal_those_of_zeros_and_ones():
    assert moments_of_rate(3, 10) == pytest.approx(moments_of([1, 1, 1, 0, 0, 0, 0, 0, 0, 0]))


def test_more_buyers_than_customers_is_refused():
    with pytest.raises(ValueError, match="more buyers"):
        moments_of_rate(11, 10)


@pytest.mark.parametrize("n", [-1, 2.5, math.nan])
def test_a_count_that_is_no_count_is_refused(n):
    with pytest.raises(ValueError, match="whole number"):
        clean(Moments(n, 1.0, 1.0))


def test_nan_from_a_data_frame_reads_as_undefined():
    assert clean(Moments(1, 3.0, math.nan)) == Moments(1, 3.0, None)
    assert clean(Moments(0, math.nan, math.nan)) == Moments(0, None, None)


def test_negative_variance_is_refused():
    with pytest.raises(ValueError, match="cannot be negative"):
        clean(Moments(5, 1.0, -0.1))


def test_covariance_beyond_the_variances_is_refused():
    with pytest.raises(ValueError, match="covariance"):
        clean_joint(JointMoments(5, 0, 0, 1.0, 1.0, 1.5))


@settings(deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=4))
def test_pooled_moments_are_those_of_all_figures_in_one_list(groups):
    together = moments_of(np.concatenate([np.asarray(g, dtype=float) for g in groups]))
    pooled = pool(moments_of(g) for g in groups)
    assert pooled.n == together.n
    assert pooled.mean == (None if together.mean is None else pytest.approx(together.mean, abs=1e-6))
    assert pooled.var == (None if together.var is None else pytest.approx(together.var, rel=1e-6, abs=1e-3))
