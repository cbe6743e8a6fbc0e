"""NPS: published scores and variances, hand-worked intervals, differences between groups."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from insight.stats.means import NO_DIFFERENCE
from insight.stats.nps import (
    Answers,
    against_rest,
    compare_groups,
    count_answers,
    design_effect,
    nps,
    nps_difference,
    paired_difference,
)

COUNTS = st.builds(Answers, *(st.integers(0, 500) for _ in range(3)))


@pytest.mark.parametrize(
    ("scores", "score", "variance", "error"),
    [
        pytest.param([0, 7, 7, 9, 9, 9], 33.333333333333336, 0.5555555555555556, 30.4, id="NPS-1"),
        pytest.param([7, 9], 50, 0.25, 35.4, id="NPS-2"),
        pytest.param([0, 7, 9], 0, 0.6666666666666666, 47.1, id="NPS-3"),
    ],
)
def test_brendan_r_nps_package_test_01_basics(scores, score, variance, error):
    """brendan-r/NPS tests/testthat/test_01_basics.R"""
    result = nps(count_answers(scores))
    assert result.nps == pytest.approx(score, abs=0.05)
    assert result.variance == pytest.approx(variance, abs=1e-9)
    assert result.standard_error == pytest.approx(error, abs=0.05)


def test_nps_5_cross_validated_whuber_margin_of_error():
    """Half promoters, a third passives, a sixth detractors: 33.3 with variance 5/9."""
    result = nps(Answers(300, 200, 100))
    assert result.nps == pytest.approx(33.333333333333336, abs=1e-6)
    assert result.variance == pytest.approx(0.5555555555555556, abs=1e-6)


def test_nps_6_brendan_r_nps_testdata_1000_answers():
    counts = {0: 74, 1: 10, 2: 22, 3: 35, 4: 40, 5: 140, 6: 41, 7: 57, 8: 119, 9: 227, 10: 235}
    scores = np.repeat(list(counts), list(counts.values()))
    assert nps(count_answers(scores)).nps == pytest.approx(10.0, abs=1e-9)


def test_adjusted_wald_by_hand():
    # 17 answers 10/5/2: n' 20, P' 10.75, D' 2.75: s' 0.4, SE √((0.675 - 0.16)/20)
    result = nps(Answers(10, 5, 2))
    error = math.sqrt(0.515 / 20)
    assert result.nps == pytest.approx(100 * 8 / 17)
    assert (result.ci_lower, result.ci_upper) == pytest.approx((40 - 195.9964 * error, 40 + 195.9964 * error), abs=1e-3)


def test_all_promoters_reach_100_and_not_beyond():
    result = nps(Answers(40, 0, 0))
    assert (result.nps, result.ci_upper, result.variance) == (100.0, 100.0, 0.0)
    assert result.ci_lower < 95  # 40 answers alike are not certainty


def test_no_answer_is_undefined():
    assert nps(Answers(0, 0, 0))[:3] == (None, None, None)
    assert nps_difference(Answers(0, 0, 0), Answers(5, 5, 5)) == NO_DIFFERENCE


@pytest.mark.parametrize(
    ("n", "hidden", "grey"), [(9, True, True), (10, False, True), (29, False, True), (30, False, False)]
)
def test_few_answers_are_hidden_below_10_and_grey_below_30(n, hidden, grey):
    result = nps(Answers(n, 0, 0))
    assert (result.hidden, result.grey) == (hidden, grey)


@pytest.mark.parametrize("scores", [[11], [-1], [7.5], [math.nan], [[1, 2], [3, 4]]])
def test_answers_off_the_scale_are_refused(scores):
    with pytest.raises(ValueError, match="0 to 10"):
        count_answers(scores)


def test_negative_counts_are_refused():
    with pytest.raises(ValueError, match="whole number"):
        nps(Answers(-1, 2, 3))


@settings(deadline=None)
@given(COUNTS.filter(lambda a: a.n > 0))
def test_turning_promoters_and_detractors_round_turns_the_sign(answers):
    there, back = nps(answers), nps(Answers(answers.detractors, answers.passives, answers.promoters))
    assert (there.nps, there.ci_lower, there.ci_upper) == pytest.approx((-back.nps, -back.ci_upper, -back.ci_lower))


def test_difference_by_hand():
    # both with n' 20: s' 0.4 and 0 (P' = D' = 6.75), SE² 0.515/20 and 0.675/20
    result = nps_difference(Answers(10, 5, 2), Answers(6, 5, 6))
    assert result.effect_size == pytest.approx(100 * 8 / 17)
    assert result.standard_error == pytest.approx(100 * math.sqrt(1.19 / 20))
    assert result.pvalue == pytest.approx(2 * stats.norm.sf(0.4 / math.sqrt(1.19 / 20)))


def test_pairs_of_three_groups_are_corrected_by_holm():
    groups = {"a": Answers(100, 50, 50), "b": Answers(60, 60, 80), "c": Answers(70, 60, 70)}
    rows = compare_groups(groups)
    raw = sorted(row.difference.pvalue for row in rows)
    smallest = min(rows, key=lambda row: row.difference.pvalue)
    assert [(row.first, row.second) for row in rows] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert smallest.pvalue_adjusted == pytest.approx(3 * raw[0])


def test_paired_waves_use_each_customers_own_change():
    # changes 100, 0, 200, -100: mean 50
    result = paired_difference([7, 9, 0, 8], [9, 10, 9, 3])
    assert result.effect_size == pytest.approx(50.0)
    assert result.pvalue == pytest.approx(stats.ttest_1samp([100, 0, 200, -100], 0).pvalue)
    with pytest.raises(ValueError, match="same customers"):
        paired_difference([7], [9, 9])


def test_design_effect_of_everybody_answering_once_is_1():
    # k = 1 for all: Σs² = P + D, Σsk = P − D, Σk² = n
    answers = Answers(50, 30, 20)
    assert design_effect(answers, 70, 30, 100) == pytest.approx(1.0)
    assert design_effect(Answers(0, 0, 0), 0, 0, 0) == 1.0


def test_design_effect_of_the_same_answer_twice_is_2():
    # 100 customers twice alike: s is ±2 or 0, so Σs² = 4(P + D)/2 …
    answers = Answers(100, 60, 40)
    assert design_effect(answers, 2 * 140, 2 * 60, 4 * 100) == pytest.approx(2.0)
    once = nps(Answers(100, 60, 40))
    twice = nps(answers, design_effect=2.0)
    assert twice.ci_upper - twice.ci_lower == pytest.approx(math.sqrt(2) * (once.ci_upper - once.ci_lower))
    assert twice.nps == once.nps


def test_design_effect_where_all_answer_alike_is_answers_per_customer():
    assert design_effect(Answers(30, 0, 0), 10 * 9, 10 * 9, 10 * 9) == pytest.approx(3.0)


def test_opposite_answers_never_make_the_interval_narrower():
    # every customer once 10 and once 0: the mean is known exactly, but not claimed to be
    assert design_effect(Answers(50, 0, 50), 0, 0, 200) == 1.0


def test_against_the_rest_by_hand_and_corrected():
    groups = {"a": Answers(60, 20, 20), "b": Answers(30, 40, 30)}
    everybody = Answers(130, 80, 90)
    first, second = against_rest(groups, everybody)
    rest = Answers(70, 60, 70)
    assert first.difference == nps_difference(groups["a"], rest)
    assert first.difference.effect_size == pytest.approx(40.0)
    assert first.pvalue_adjusted == pytest.approx(min(1, 2 * first.difference.pvalue))
    assert second.difference.effect_size == pytest.approx(0 - 100 * (100 - 60) / 200)
    assert against_rest({"all": everybody}, everybody)[0].difference == NO_DIFFERENCE
