"""NPS along steps: regressions written out on single answers, exact permutation, and the sentence per outcome."""

from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from insight.stats.nps import Answers
from insight.stats.nps_steps import (
    SameCustomer,
    jonckheere_terpstra,
    slope_mde,
    slope_outcome,
    slope_reasons,
    step_slope,
)

UNEVEN_SIZES = [Answers(40, 35, 50), Answers(60, 30, 45), Answers(33, 20, 15), Answers(90, 25, 30)]


def single_answers(steps):
    """Step number and worth of every single answer."""
    x = np.concatenate([np.full(step.n, i + 1.0) for i, step in enumerate(steps)])
    return x, np.concatenate([np.repeat([100.0, 0.0, -100.0], step) for step in steps])


def hc1(design, y):
    """Least squares and its HC1 covariance (MacKinnon & White 1985), from the single answers."""
    n, k = design.shape
    inverse = np.linalg.inv(design.T @ design)
    beta = inverse @ design.T @ y
    residual = y - design @ beta
    return beta, n / (n - k) * inverse @ (design.T * residual**2 @ design) @ inverse


def test_slope_equals_least_squares_with_hc1_on_single_answers():
    x, y = single_answers(UNEVEN_SIZES)
    beta, covariance = hc1(np.column_stack([np.ones_like(x), x]), y)
    result = step_slope(UNEVEN_SIZES)
    error, reach = np.sqrt(covariance[1, 1]), stats.t.ppf(0.975, len(y) - 2)
    assert (result.intercept, result.difference.effect_size) == pytest.approx(tuple(beta))
    assert result.difference.standard_error == pytest.approx(error)
    assert result.difference.ci_lower == pytest.approx(beta[1] - reach * error)


def test_linearity_equals_the_wald_test_of_squared_and_cubed_step():
    # 1, x, x², x³ is the saturated model of four steps; linear means that the last two are 0 together.
    x, y = single_answers(UNEVEN_SIZES)
    beta, covariance = hc1(np.column_stack([x**p for p in range(4)]), y)
    wald = beta[2:] @ np.linalg.solve(covariance[2:, 2:], beta[2:])
    result = step_slope(UNEVEN_SIZES)
    assert result.linearity_statistic == pytest.approx(wald, rel=1e-6)
    assert (result.linearity_df, result.linearity_pvalue) == (2, pytest.approx(stats.chi2.sf(wald, 2), rel=1e-6))


def test_eight_points_per_step_by_hand():
    # NPS 0, 8, 16 with 100 answers each lie on a line of 8
    result = step_slope([Answers(30, 40, 30), Answers(34, 40, 26), Answers(38, 40, 22)])
    assert result.difference.effect_size == pytest.approx(8.0)
    assert result.intercept == pytest.approx(-8.0)
    assert result.linearity_statistic == pytest.approx(0.0, abs=1e-9)


def test_an_empty_step_keeps_its_place_on_the_line():
    result = step_slope([Answers(30, 40, 30), Answers(0, 0, 0), Answers(38, 40, 22)])
    assert result.difference.effect_size == pytest.approx(8.0)
    assert (result.linearity_df, result.linearity_pvalue) == (0, None)


@pytest.mark.parametrize("steps", [[], [Answers(5, 5, 5)], [Answers(1, 0, 0), Answers(0, 0, 1)]])
def test_too_little_for_a_line_is_undefined(steps):
    assert step_slope(steps).difference.pvalue is None
    assert slope_mde(step_slope(steps)) is None


def test_steps_where_everybody_answers_alike_have_no_linearity_test():
    same = [Answers(50, 0, 0), Answers(0, 50, 0), Answers(50, 0, 0)]
    assert step_slope(same).linearity_pvalue is None


def test_reasons_against_a_slope():
    assert slope_reasons([Answers(30, 0, 0)] * 3) == ()
    assert slope_reasons([Answers(30, 0, 0)] * 2) == ("too_few_steps",)
    assert slope_reasons([Answers(30, 0, 0), Answers(29, 0, 0), Answers(30, 0, 0)]) == ("too_few_answers",)


def test_each_outcome_has_its_code():
    line = [Answers(300, 400, 300), Answers(380, 400, 220), Answers(460, 400, 140)]
    bent = [Answers(300, 400, 300), Answers(600, 300, 100), Answers(300, 400, 300)]
    flat = [Answers(300, 400, 300), Answers(302, 400, 298), Answers(298, 400, 302)]
    assert slope_outcome(step_slope(line)) == "linear"
    assert slope_outcome(step_slope(bent)) == "uneven"
    assert slope_outcome(step_slope(flat)) == "none"
    assert slope_outcome(step_slope(line), ["too_few_answers"]) == "too_few"


def test_what_could_have_been_seen_is_28_standard_errors():
    slope = step_slope(UNEVEN_SIZES)
    assert slope_mde(slope) == pytest.approx((1.959964 + 0.841621) * slope.difference.standard_error, rel=1e-6)


def test_jonckheere_moments_equal_those_over_all_permutations():
    # 7 answers with ties in steps of 2, 2 and 3; every one of the 5,040 orders counted
    answers, step = [0, 0, 1, 1, 1, 2, 2], np.array([0, 0, 1, 1, 2, 2, 2])

    def statistic(values):
        v = np.asarray(values)
        before = step[:, None] < step[None, :]
        return ((v[:, None] < v[None, :]) & before).sum() + 0.5 * ((v[:, None] == v[None, :]) & before).sum()

    every = np.array([statistic(p) for p in permutations(answers)])
    table = np.zeros((3, 3))
    np.add.at(table, (step, answers), 1)
    z = (statistic(answers) - every.mean()) / every.std()
    assert jonckheere_terpstra(table).statistic == pytest.approx(z)


def test_jonckheere_of_two_steps_is_the_rank_sum_test():
    table = [[30, 20, 10], [15, 20, 25]]
    first, second = (np.repeat([0, 1, 2], row) for row in table)
    theirs = stats.mannwhitneyu(first, second, use_continuity=False, method="asymptotic")
    assert jonckheere_terpstra(table).pvalue == pytest.approx(theirs.pvalue)


def test_jonckheere_without_anything_to_order_is_undefined():
    assert jonckheere_terpstra([[5, 0], [9, 0]]) == (None, None)
    assert jonckheere_terpstra([[5, 9]]) == (None, None)
    assert jonckheere_terpstra(np.zeros((2, 2))) == (None, None)


def test_broken_tables_are_refused():
    with pytest.raises(ValueError, match="whole numbers"):
        jonckheere_terpstra([[1, -1], [2, 2]])
    with pytest.raises(ValueError, match="position"):
        step_slope(UNEVEN_SIZES, positions=[1, 2])


def repeated(seed=4, customers=120):
    """Customers with two answers, alike more often than by chance, in steps of their own: (customer, step, worth)."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(customers), 2)
    usual, other = np.repeat(rng.integers(0, 4, customers), 2), rng.integers(0, 4, customers * 2)
    step = np.where(rng.random(customers * 2) < 0.8, usual, other)
    lean = np.repeat(rng.normal(0, 1, customers), 2)
    worth = np.digitize(-(lean + 0.3 * step + rng.normal(0, 0.5, len(who))), [-0.8, 0.4])  # 0 promoter … 2 detractor
    return who, step, worth


def as_counts(who, step, worth):
    table = np.zeros((4, 3), dtype=int)
    np.add.at(table, (step, worth), 1)
    pairs = {}
    for i in range(0, len(who), 2):
        key = (step[i], worth[i], step[i + 1], worth[i + 1])
        pairs[key] = pairs.get(key, 0) + 1
    same = SameCustomer(*(np.array(column) for column in zip(*((*key, n) for key, n in pairs.items()), strict=True)))
    return [Answers(*map(int, row)) for row in table], same


def clustered(design, y, who):
    """Cluster-robust covariance (Liang & Zeger 1986) with n/(n − k), from the single answers."""
    n, k = design.shape
    inverse = np.linalg.inv(design.T @ design)
    beta = inverse @ design.T @ y
    scores = design * (y - design @ beta)[:, None]
    sums = np.zeros((who.max() + 1, k))
    np.add.at(sums, who, scores)
    return beta, n / (n - k) * inverse @ (sums.T @ sums) @ inverse


def test_a_customers_answers_are_clustered_as_from_the_single_answers():
    who, step, worth = repeated()
    steps, same = as_counts(who, step, worth)
    x, y = step + 1.0, np.array([100.0, 0.0, -100.0])[worth]
    beta, covariance = clustered(np.column_stack([np.ones_like(x), x]), y, who)
    found = step_slope(steps, same=same)
    assert found.difference.effect_size == pytest.approx(beta[1])
    assert found.difference.standard_error == pytest.approx(np.sqrt(covariance[1, 1]))
    assert found.difference.standard_error > 1.1 * step_slope(steps).difference.standard_error


def test_linearity_of_clustered_answers_is_the_wald_test_of_the_saturated_model():
    who, step, worth = repeated(seed=9)
    steps, same = as_counts(who, step, worth)
    x, y = step + 1.0, np.array([100.0, 0.0, -100.0])[worth]
    beta, covariance = clustered(np.column_stack([x**p for p in range(4)]), y, who)
    wald = beta[2:] @ np.linalg.solve(covariance[2:, 2:], beta[2:])
    assert step_slope(steps, same=same).linearity_statistic == pytest.approx(wald, rel=1e-6)
