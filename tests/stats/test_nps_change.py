"""Slopes of change on change, medians with intervals, rank correlation: against formulas written out, and scipy."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from insight.stats.nps_change import change_outcome, line_slope, middle, rank_correlation

RNG = np.random.default_rng(3)
X, NOISE = RNG.integers(-3, 4, 60), RNG.normal(0, 40, 60)


def test_slope_equals_least_squares_with_hc3_written_out():
    y = 25.0 * X + NOISE
    design = np.column_stack([np.ones(60), X])
    inverse = np.linalg.inv(design.T @ design)
    beta = inverse @ design.T @ y
    hat = np.einsum("ij,jk,ik->i", design, inverse, design)
    rest = (y - design @ beta) / (1 - hat)
    covariance = inverse @ (design.T * rest**2 @ design) @ inverse  # MacKinnon & White (1985), HC3
    found = line_slope(X, y)
    assert found.difference.effect_size == pytest.approx(beta[1])
    assert found.difference.standard_error == pytest.approx(math.sqrt(covariance[1, 1]))
    reach = stats.t.ppf(0.975, 58) * math.sqrt(covariance[1, 1])
    assert found.difference.ci_lower == pytest.approx(beta[1] - reach)
    assert (found.n, found.reasons) == (60, ())


def test_three_points_by_hand():
    # x −1, 0, 1 and y 0, 10, 20: 10 a step, and nothing left over to be uncertain about
    found = line_slope([-1, 0, 1], [0, 10, 20])
    assert found.difference.effect_size == pytest.approx(10.0)
    assert found.difference.pvalue is None
    assert found.reasons == ("too_few", "no_change")


@pytest.mark.parametrize(
    ("x", "outcome"), [(X, "rises"), (-X, "falls"), (np.roll(X, 7), "none"), (np.zeros(60), "too_few")]
)
def test_each_outcome_has_its_code(x, outcome):
    assert change_outcome(line_slope(x, 40.0 * X + NOISE)) == outcome


def test_too_few_and_unequal_lists():
    assert line_slope(X[:20], NOISE[:20]).reasons[0] == "too_few"
    assert line_slope([], []).difference.effect_size is None
    with pytest.raises(ValueError, match="same customers"):
        line_slope([1, 2], [1])


def test_median_interval_of_the_first_ten_numbers():
    # Binomial(10, ½): P(B ≤ 1) = 0.0107, P(B ≤ 2) = 0.0547, so the 2nd and the 9th (Conover 1999, table A3)
    found = middle(range(1, 11))
    assert (found.median, found.ci_lower, found.ci_upper) == (5.5, 2.0, 9.0)
    assert (found.lower_quartile, found.upper_quartile, found.mean, found.n) == (3.25, 7.75, 5.5, 10)


def test_five_values_cannot_enclose_the_median_surely():
    assert middle([1, 2, 3, 4, 5])[:3] == (3.0, None, None)
    assert middle([3, 1, 2, 6, 5, 4])[:3] == (3.5, 1.0, 6.0)
    assert middle([])[:3] == (None, None, None)


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=80))
def test_the_median_lies_within_its_interval(values):
    found = middle(values)
    assert found.ci_lower <= found.median <= found.ci_upper


def test_rank_correlation_equals_scipys_with_ties():
    x, y = RNG.integers(0, 11, 200), RNG.lognormal(5, 1, 200).round(-2)
    found, theirs = rank_correlation(x, y), stats.spearmanr(x, y)
    assert found.rho == pytest.approx(theirs.statistic)
    assert found.pvalue == pytest.approx(theirs.pvalue, abs=0.01)


def test_rank_correlation_interval_by_hand():
    # rho 1 − 6·Σd²/(n(n² − 1)) with two neighbours swapped among twelve: Σd² = 2
    y = np.arange(12.0)
    y[[4, 5]] = y[[5, 4]]
    found = rank_correlation(np.arange(12), y)
    rho = 1 - 12 / (12 * 143)
    reach = 1.959964 * math.sqrt((1 + rho**2 / 2) / 9)
    assert found.rho == pytest.approx(rho)
    assert found.ci_lower == pytest.approx(math.tanh(math.atanh(rho) - reach), rel=1e-6)


def test_fewer_customers_than_answers_widen_the_interval():
    x, y = RNG.integers(0, 11, 200), RNG.lognormal(5, 1, 200)
    alone, shared = rank_correlation(x, y), rank_correlation(x, y, 50)
    assert shared.rho == alone.rho
    assert shared.ci_upper - shared.ci_lower > 1.5 * (alone.ci_upper - alone.ci_lower)
    assert shared.smallest_seen == pytest.approx(math.tanh(2.801585 / math.sqrt(47)), rel=1e-5)


def test_nothing_to_rank_is_undefined():
    assert rank_correlation([5] * 20, range(20)).rho is None
    assert rank_correlation(range(5), range(5)).rho is None
