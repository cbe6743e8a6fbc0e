"""The stratified draw: whole numbers that add up, fair chances, and the same draw from the same seed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insight.stats.draw import stratified_draw


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=200),
    st.lists(st.integers(1, 9), min_size=2, max_size=6),
    st.integers(0, 2**31 - 1),
)
def test_every_stratum_is_divided_within_one_customer_of_its_shares(strata, weights, seed):
    strata = np.array(strata)
    arms = stratified_draw(strata, weights, seed)
    for stratum in set(strata.tolist()):
        inside = arms[strata == stratum]
        for arm, weight in enumerate(weights):
            exact = len(inside) * weight / sum(weights)
            assert abs((inside == arm).sum() - exact) < 1 + 1e-6


def test_whole_shares_come_out_exactly():
    strata = np.repeat([0, 1], 40)
    arms = stratified_draw(strata, [1, 3], seed=5)
    assert [(arms[strata == k] == 0).sum() for k in (0, 1)] == [10, 10]


def test_the_seed_decides():
    strata = np.zeros(100, dtype=int)
    first, same, other = (stratified_draw(strata, [1, 1], seed) for seed in (1, 1, 2))
    assert (first == same).all()
    assert (first != other).any()


def test_every_customer_has_the_chance_of_its_share():
    # 7 customers, shares 1:2: 4,000 draws give each customer a share of arm 0 within four standard errors of 1/3
    draws = np.array([stratified_draw(np.zeros(7, dtype=int), [1, 2], seed) == 0 for seed in range(4000)])
    assert np.abs(draws.mean(axis=0) - 1 / 3).max() < 4 * np.sqrt(2 / 9 / 4000)


@pytest.mark.parametrize("shares", [[], [1, 0], [1, -1], [1, float("nan")]])
def test_shares_must_be_above_0(shares):
    with pytest.raises(ValueError, match="above 0"):
        stratified_draw(np.zeros(3, dtype=int), shares, 1)
