"""Adjusted p values: hand-worked, against scipy, and what any order of the list must keep."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from insight.stats.multiplicity import benjamini_hochberg, bonferroni_level, holm

PVALUES = st.lists(st.floats(0, 1), min_size=1, max_size=8)


def test_holm_by_hand():
    # sorted 0.01 0.03 0.04 times 3 2 1 = 0.03 0.06 0.04, and never falling: 0.03 0.06 0.06
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])


def test_benjamini_hochberg_by_hand():
    # sorted 0.01 0.02 0.9 times 3/1 3/2 3/3 = 0.03 0.03 0.9
    assert benjamini_hochberg([0.02, 0.9, 0.01]) == pytest.approx([0.03, 0.9, 0.03])


@settings(deadline=None)
@given(PVALUES)
def test_benjamini_hochberg_equals_scipy(pvalues):
    assert benjamini_hochberg(pvalues) == pytest.approx(list(stats.false_discovery_control(pvalues)))


@settings(deadline=None)
@given(PVALUES, st.randoms(use_true_random=False))
def test_holm_lies_between_raw_and_bonferroni_and_does_not_depend_on_the_order(pvalues, random):
    adjusted = holm(pvalues)
    for raw, value in zip(pvalues, adjusted, strict=True):
        assert raw <= value <= min(1.0, raw * len(pvalues)) + 1e-12
    shuffled = list(enumerate(pvalues))
    random.shuffle(shuffled)
    again = dict(zip([i for i, _ in shuffled], holm([p for _, p in shuffled]), strict=True))
    assert [again[i] for i in range(len(pvalues))] == pytest.approx(adjusted)


def test_a_comparison_without_p_stays_without_and_costs_the_others_nothing():
    assert holm([0.04, None, 0.03]) == [pytest.approx(0.06), None, pytest.approx(0.06)]
    assert holm([None]) == [None]
    assert holm([]) == []


def test_a_p_outside_0_to_1_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([0.5, 1.2])


def test_bonferroni_level_of_five_intervals_at_95_is_99_percent():
    assert bonferroni_level(0.95, 5) == pytest.approx(0.99)
    with pytest.raises(ValueError, match="at least one"):
        bonferroni_level(0.95, 0)
