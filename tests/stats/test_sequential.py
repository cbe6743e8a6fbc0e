"""Peeking: the price of the always-valid interval, its p, and false alarms over 79 looks."""

import math

import numpy as np
import pytest

from insight.stats.means import Difference
from insight.stats.sequential import alpha_per_look, always_valid, always_valid_width


def test_price_at_the_planned_size_is_155_percent_of_the_fixed_interval():
    assert always_valid_width(20_000, 20_000) / 1.959964 == pytest.approx(1.55, abs=0.005)


def test_the_planned_size_is_where_the_interval_is_tightest_for_its_data():
    # Compared at N = 20,000: planning for 20,000 gives a narrower interval than planning for far more or far fewer.
    widths = [always_valid_width(20_000, planned) for planned in (500, 20_000, 800_000)]
    assert widths[1] == min(widths)


def test_width_by_hand_with_alpha_one_over_e():
    # ln α = -1: ρ²N* = 2 + ln 3 = 3.0986 at N = N*; width² = 2·4.0986/3.0986·(ln √4.0986 + 1)
    expected = math.sqrt(2 * 4.098612 / 3.098612 * (0.5 * math.log(4.098612) + 1))
    assert always_valid_width(700, 700, math.exp(-1)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("effect", [3.0, 3.05, -3.02, 2.9, 0.0])
def test_p_is_below_alpha_exactly_when_the_interval_leaves_out_0(effect):
    result = always_valid(Difference(effect, None, None, None, 1.0, None), 5000, 5000)
    assert (result.pvalue < 0.05) == (result.ci_lower > 0 or result.ci_upper < 0)


def test_no_customers_or_no_spread_is_undefined():
    assert always_valid_width(0, 100) is None
    assert always_valid(Difference(1.0, None, None, None, 0.0, None), 10, 100).ci_lower is None
    assert always_valid(Difference(None, None, None, None, None, None), 10, 100).effect_size is None


def test_79_looks_at_an_a_a_test_raise_few_false_alarms_where_plain_looks_raise_many():
    rng, runs = np.random.default_rng(2), 600
    looks = np.arange(500, 20_001, 250)  # 79 of them
    steps = np.diff(np.concatenate([[0], looks]))
    # The z of the difference after each look is Brownian motion over the customers so far.
    z = np.cumsum(rng.normal(size=(runs, looks.size)) * np.sqrt(steps), axis=1) / np.sqrt(looks)
    widths = np.array([always_valid_width(int(n), 20_000) for n in looks])
    plain, valid = (np.abs(z) > 1.96).any(axis=1).mean(), (np.abs(z) > widths).any(axis=1).mean()
    assert plain > 0.25  # methods: 34.5 %
    assert valid < 0.05 + 4 * math.sqrt(0.05 * 0.95 / runs)


def test_alpha_is_split_over_the_declared_looks():
    assert alpha_per_look(0.05, 5) == pytest.approx(0.01)
    with pytest.raises(ValueError, match="at least one look"):
        alpha_per_look(0.05, 0)
    with pytest.raises(ValueError, match="planned number"):
        always_valid_width(10, 0)
