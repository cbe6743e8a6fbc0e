"""Short runs of the simulations with a known truth; the long ones are `python -m bench.simulations`.

Every limit is the promised one widened by four binomial standard errors of the number of runs, so that a sound method
fails with two seeds in a thousand and a broken one (an interval of 90 % instead of 95) is seen.
"""

import pytest

from bench import simulations
from bench.simulations import binomial_reach, within


def failed(checks):
    return [check for check in checks if not check.passed]


def test_a_a_intervals_cover_and_few_winners_are_declared():
    assert failed(simulations.a_a_tests(runs=600, seed=11)) == []


def test_a_b_tests_have_the_power_that_the_planner_promised():
    assert failed(simulations.a_b_tests(runs=300, seed=12)) == []


def test_always_valid_intervals_survive_79_looks():
    assert failed(simulations.peeking(runs=300, seed=13)) == []


def test_nps_intervals_cover_at_50_200_and_1000_answers():
    assert failed(simulations.nps_scores(runs=3000, seed=14)) == []


def test_nps_slopes_and_spend_ratios_are_recovered():
    assert failed(simulations.nps_slopes(runs=400, seed=15)) == []
    assert failed(simulations.nps_ratios(runs=400, seed=16)) == []


def test_the_limits_would_see_an_interval_that_is_too_narrow():
    # 90 % coverage in 3,000 runs is far outside what 95 % can give by chance
    assert binomial_reach(0.95, 3000) == pytest.approx(4 * 0.00398, abs=1e-4)
    assert not within("narrow", 2700, 3000, 0.94, 0.96, 20_000).passed
    assert within("sound", 2850, 3000, 0.94, 0.96, 20_000).passed


def test_at_the_full_number_the_limits_are_the_promise_itself():
    check = within("full", 1879, 2000, 0.94, 0.96, 2000)
    assert (check.low, check.high, check.passed) == (0.94, 0.96, False)
