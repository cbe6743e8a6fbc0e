"""Survival: a published remission study, hand-made curves, and the lapse limit of known gaps."""

import math

import numpy as np
import pytest
from scipy import stats

from insight.stats.survival import (
    Lapse,
    LogRank,
    kaplan_meier,
    lapse_rule,
    log_rank,
    median_survival,
    restricted_mean,
    survival_at,
)

# Freireich et al. 1963, weeks of remission, as in Cox 1972 and every textbook since.
TREATED = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
TREATED_ENDED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def test_freireich_1963_remission_curve_of_6_mp():
    """Kleinbaum & Klein, Survival Analysis, table 2.1: .8571 .8067 .7529 .6902 .6275 .5378 .4482; median 23."""
    curve = kaplan_meier(TREATED, TREATED_ENDED)
    assert curve.times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert curve.survival.tolist() == pytest.approx([0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482], abs=5e-5)
    assert curve.n_at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert median_survival(curve) == 23


def test_freireich_1963_log_rank_is_1679():
    """Kleinbaum & Klein, Survival Analysis, ch. 2: log-rank 16.79 with 1 df."""
    result = log_rank([(TREATED, TREATED_ENDED), (PLACEBO, [1] * 21)])
    assert result.statistic == pytest.approx(16.79, abs=5e-3)
    assert result.df == 1


def test_curve_equals_scipy_and_its_log_log_interval():
    data = stats.CensoredData(
        uncensored=[t for t, e in zip(TREATED, TREATED_ENDED, strict=True) if e],
        right=[t for t, e in zip(TREATED, TREATED_ENDED, strict=True) if not e],
    )
    theirs = stats.ecdf(data).sf
    interval = theirs.confidence_interval(0.95, method="log-log")
    curve = kaplan_meier(TREATED, TREATED_ENDED)
    for i, time in enumerate(curve.times):
        assert curve.survival[i] == pytest.approx(theirs.evaluate(time))
        assert curve.ci_lower[i] == pytest.approx(interval.low.evaluate(time))
        assert curve.ci_upper[i] == pytest.approx(interval.high.evaluate(time))


def test_log_rank_of_two_groups_equals_scipy():
    rng = np.random.default_rng(6)
    a, b = rng.exponential(5, 40).round(1) + 0.1, rng.exponential(8, 50).round(1) + 0.1
    assert log_rank([(a, [1] * 40), (b, [1] * 50)]).pvalue == pytest.approx(stats.logrank(a, b).pvalue, rel=1e-9)


def test_log_rank_of_three_groups_does_not_depend_on_their_order():
    rng = np.random.default_rng(9)
    groups = [(rng.integers(1, 20, 30), rng.integers(0, 2, 30)) for _ in range(3)]
    there, back = log_rank(groups), log_rank(groups[::-1])
    assert there.df == 2
    assert there.statistic == pytest.approx(back.statistic)


def test_weights_are_so_many_customers():
    twice = kaplan_meier([3, 3, 5, 8, 8], [1, 1, 0, 1, 1])
    weighted = kaplan_meier([3, 5, 8], [1, 0, 1], weights=[2, 1, 2])
    assert weighted.survival.tolist() == pytest.approx(twice.survival.tolist())
    assert weighted.ci_lower.tolist() == pytest.approx(twice.ci_lower.tolist())


def test_late_entry_counts_only_from_then_on():
    # of the two at risk at 2 one ends; the third enters at 4, so two are at risk at 6
    curve = kaplan_meier([2, 6, 9], [1, 1, 0], entry=[0, 0, 4])
    assert curve.n_at_risk.tolist() == [2, 2]
    assert curve.survival.tolist() == pytest.approx([0.5, 0.25])


def test_when_nobody_is_left_the_interval_runs_from_0_to_the_bound_before():
    curve = kaplan_meier([1, 2], [1, 1])
    assert curve.survival.tolist() == [0.5, 0.0]
    assert curve.ci_lower[1] == 0.0
    assert curve.ci_upper[1] == curve.ci_upper[0]


def test_nothing_ended_leaves_an_empty_curve_at_1():
    curve = kaplan_meier([3, 4], [0, 0])
    assert curve.times.size == 0
    assert survival_at(curve, [10]).tolist() == [1.0]
    assert median_survival(curve) is None
    assert restricted_mean(curve, 7) == 7
    assert kaplan_meier([], []).times.size == 0


def test_restricted_mean_by_hand():
    # 1 until 2, ½ until 5, 0 after: 2 + 1.5
    assert restricted_mean(kaplan_meier([2, 5], [1, 1]), 10) == pytest.approx(3.5)
    assert restricted_mean(kaplan_meier([2, 5], [1, 1]), 4) == pytest.approx(3.0)


def test_log_rank_without_groups_or_ends_is_undefined():
    assert log_rank([([1, 2], [1, 1])]) == LogRank(None, 0, None)
    assert log_rank([([1, 2], [1, 1]), ([], [])]) == LogRank(None, 0, None)
    assert log_rank([([1, 2], [0, 0]), ([3, 4], [0, 0])]) == LogRank(None, 1, None)


def test_lapse_limit_of_gaps_counted_by_hand():
    # 90 return after 10 days, 8 after 100, 2 are still silent after 900: silent 9 → 98/100 return, silent 10 → 8/10,
    # silent 100 → 0/2
    result = lapse_rule([10, 100, 900], [1, 1, 0], weights=[90, 8, 2])
    rates = dict(result.curve)
    assert rates[9] == pytest.approx(0.98)
    assert rates[10] == pytest.approx(0.8)
    assert (result.limit, result.reached, result.return_rate) == (100, True, 0.0)
    assert max(rates) == 535  # 900 - 365: beyond it nobody was watched for a whole year more


def test_a_base_that_always_returns_gets_the_default_and_its_rate():
    # 30 % of those silent return in each following year: hazard is constant
    rate = -math.log(0.7) / 365
    gaps = np.arange(1, 2001)
    weights = np.exp(-rate * (gaps - 1)) - np.exp(-rate * gaps)
    result = lapse_rule([*gaps, 2001], [1] * 2000 + [0], weights=[*weights * 1e6, math.exp(-rate * 2000) * 1e6])
    assert (result.limit, result.reached) == (365, False)
    assert result.return_rate == pytest.approx(0.30, abs=1e-6)


def test_open_gaps_lower_the_return_rate_against_completed_gaps_alone():
    with_open = dict(lapse_rule([30, 400, 900], [1, 1, 0], weights=[50, 30, 20]).curve)
    completed = dict(lapse_rule([30, 400, 900], [1, 1, 1], weights=[50, 30, 1e-9]).curve)
    assert with_open[100] == pytest.approx(0.6)
    assert completed[100] == pytest.approx(1.0)


def test_data_shorter_than_the_horizon_cannot_know():
    assert lapse_rule([10, 20, 200], [1, 1, 0]) == Lapse(365, False, None, ())
    assert lapse_rule([], []) == Lapse(365, False, None, ())


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: kaplan_meier([-1], [1]), "0 or more"),
        (lambda: kaplan_meier([1, 2], [1]), "same customers"),
        (lambda: kaplan_meier([1], [1], entry=[1]), "before its duration"),
        (lambda: kaplan_meier([float("nan")], [1]), "finite"),
        (lambda: restricted_mean(kaplan_meier([1], [1]), 0), "above 0"),
        (lambda: lapse_rule([1], [1], target=1.5), "still returns"),
        (lambda: lapse_rule([1], [1], default=900), "default within"),
    ],
)
def test_wrong_input_is_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
