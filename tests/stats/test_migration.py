"""Movement: shares by hand, the order test against scipy's, and scenarios that keep their customers."""

import numpy as np
import pytest
from scipy import stats

from insight.stats.migration import OrderTest, order_test, project, transition_rows
from insight.stats.proportions import Rate, wilson


def test_row_shares_by_hand():
    rows = transition_rows([[30, 10], [0, 0]])
    assert rows[0].n == 40
    assert rows[0].shares == (wilson(30, 40), wilson(10, 40))
    assert rows[0].shares[0].rate == pytest.approx(0.75)
    assert rows[1].shares == (Rate(None, None, None), Rate(None, None, None))
    assert (rows[0].grey, rows[1].grey) == (False, True)


def test_order_test_is_the_sum_of_independence_tests_per_middle_step():
    rng = np.random.default_rng(8)
    counts = rng.integers(1, 60, (3, 3, 3))
    parts = [stats.chi2_contingency(counts[:, j, :], correction=False, lambda_="log-likelihood") for j in range(3)]
    result = order_test(counts)
    assert result.statistic == pytest.approx(sum(p.statistic for p in parts))
    assert result.df == 12
    assert result.pvalue == pytest.approx(stats.chi2.sf(result.statistic, 12))


def test_a_chain_without_memory_is_a_perfect_fit_and_a_round_trip_is_not():
    share = np.array([[0.6, 0.4], [0.5, 0.5]])
    without = 1000 * np.einsum("ij,jk->ijk", share, share)
    assert order_test(without.round()).pvalue == pytest.approx(1.0)
    # everybody in step 1 goes back to where they came from
    assert order_test([[[50, 50], [100, 0]], [[50, 50], [0, 100]]]).pvalue < 1e-20


def test_steps_never_seen_cost_no_degrees_of_freedom():
    counts = np.zeros((3, 3, 3))
    counts[:2, 0, :2] = [[20, 30], [25, 25]]
    assert order_test(counts).df == 1
    assert order_test(np.zeros((3, 3, 3))) == OrderTest(None, 0, None)


def test_projection_by_hand():
    # 100 active, 0 inactive; half stay, the inactive never return; 20 new a year
    result = project([100, 0], [[5, 5], [0, 10]], [20, 0], 2)
    assert result.tolist() == [[100, 0], [70, 50], [55, 85]]


def test_projection_keeps_every_customer():
    rng = np.random.default_rng(4)
    result = project([50, 60, 70], rng.integers(1, 9, (3, 3)), [5, 0, 1], 3)
    assert result.sum(axis=1) == pytest.approx([180, 186, 192, 198])


def test_a_step_that_nobody_was_seen_in_gives_no_scenario():
    assert project([10, 5], [[5, 5], [0, 0]], [0, 0], 1) is None
    assert project([10, 0], [[5, 0], [0, 0]], [0, 0], 1) is not None


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: transition_rows([[1, -1], [0, 2]]), "0 or more"),
        (lambda: transition_rows([1, 2]), "2 dimensions"),
        (lambda: order_test([[1, 2], [3, 4]]), "3 dimensions"),
        (lambda: project([1, 2], [[1, 2, 3], [1, 2, 3]], [0, 0], 1), "square matrix"),
        (lambda: project([1, 2], [[1, 2], [1, 2]], [0, 0], 0), "1 to 10"),
        (lambda: project([-1, 2], [[1, 2], [1, 2]], [0, 0], 1), "0 or more"),
    ],
)
def test_wrong_input_is_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
