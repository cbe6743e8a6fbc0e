"""Concentration: figures one can add in the head, the published Gini, and what any base must keep."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insight.stats.concentration import (
    TopShare,
    best_to_average,
    customers_for,
    gini,
    lorenz,
    p99_to_median,
    top_count,
    top_share,
)

AMOUNTS = st.lists(st.integers(-1000, 100_000), min_size=1, max_size=60).filter(lambda v: max(v) > 0)


def test_gini_1_definition_of_1_to_5():
    assert gini([1, 2, 3, 4, 5]) == pytest.approx(0.26666666666666666, abs=1e-12)


@settings(deadline=None)
@given(AMOUNTS)
def test_gini_equals_half_the_relative_mean_absolute_difference(amounts):
    r = np.maximum(np.asarray(amounts, dtype=float), 0)
    by_definition = np.abs(r[:, None] - r[None, :]).mean() / (2 * r.mean())
    assert gini(amounts) == pytest.approx(by_definition, abs=1e-9)


def test_gini_of_equals_is_0_and_of_one_who_buys_all_is_almost_1():
    assert gini([7, 7, 7]) == pytest.approx(0.0, abs=1e-12)
    assert gini([0] * 99 + [5]) == pytest.approx(0.99)


def test_best_of_four_carries_60_percent():
    assert top_share([5, 60, 15, 20], 0.25) == TopShare(1, pytest.approx(0.6), 60.0)
    assert top_share([5, 60, 15, 20], 0.26).n_customers == 2


@pytest.mark.parametrize(
    ("n", "share", "k"), [(100, 0.07, 7), (10, 0.25, 3), (3, 0.01, 1), (0, 0.5, 0), (1000, 0.29, 290)]
)
def test_a_share_of_customers_is_rounded_up_but_not_by_floating_point(n, share, k):
    assert top_count(n, share) == k


def test_how_many_make_80_percent():
    assert customers_for([60, 20, 15, 5], 0.8) == pytest.approx(0.5)  # 60 + 20 is exactly 80 %
    assert customers_for([60, 20, 15, 5], 0.81) == pytest.approx(0.75)


def test_returns_count_as_nothing_not_as_negative_sales():
    assert top_share([100, -900, 100, 0], 0.5).share == pytest.approx(1.0)


def test_lorenz_by_hand():
    curve = lorenz([10, 70, 20])
    assert curve.share_customers.tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert curve.share_sales.tolist() == pytest.approx([0, 0.7, 0.9, 1])


@settings(deadline=None)
@given(AMOUNTS, st.integers(2, 40))
def test_lorenz_rises_ever_slower_from_0_to_1(amounts, points):
    curve = lorenz(amounts, points)
    assert (curve.share_customers[0], curve.share_sales[0]) == (0, 0)
    assert (curve.share_customers[-1], curve.share_sales[-1]) == (1, pytest.approx(1))
    slopes = np.diff(curve.share_sales) / np.diff(curve.share_customers)
    assert (np.diff(slopes) <= 1e-9).all()
    assert len(curve.share_sales) <= points


@settings(deadline=None)
@given(AMOUNTS, st.randoms(use_true_random=False))
def test_the_order_of_the_customers_changes_nothing(amounts, random):
    shuffled = amounts.copy()
    random.shuffle(shuffled)
    assert gini(shuffled) == pytest.approx(gini(amounts))
    assert top_share(shuffled, 0.2) == pytest.approx(top_share(amounts, 0.2))


def test_best_against_average():
    # the best quarter has 60 of 100, the average customer 25
    assert best_to_average([60, 20, 15, 5], 0.25) == pytest.approx(2.4)


def test_p99_to_median():
    # 0..100: median 50, 99th percentile 99
    assert p99_to_median(range(101)) == pytest.approx(1.98)
    assert p99_to_median([0, 0, 5]) is None
    assert p99_to_median([]) is None


@pytest.mark.parametrize("amounts", [[], [0, 0], [-5, -1]])
def test_no_sales_is_undefined(amounts):
    assert gini(amounts) is None
    assert top_share(amounts, 0.5).share is None
    assert customers_for(amounts, 0.8) is None
    assert best_to_average(amounts, 0.5) is None
    assert lorenz(amounts).share_sales.size == 0


def test_wrong_input_is_refused():
    with pytest.raises(ValueError, match="share of customers"):
        top_share([1, 2], 25)
    with pytest.raises(ValueError, match="finite"):
        gini([1, float("nan")])
    with pytest.raises(ValueError, match="two points"):
        lorenz([1, 2], 1)
