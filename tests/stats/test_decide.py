"""The winner rule, one case a verdict, and what no verdict may ever do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insight.stats.decide import decide, decide_without_control
from insight.stats.means import NO_DIFFERENCE, difference_from_standard_error


def effect(size, error=1.0):
    return difference_from_standard_error(size, error, None)


def verdict(sizes, *, srm=0.5, complete=True, error=1.0, **settings):
    """Arms with the given effects on control; pairs differ by the difference of their effects."""
    arms = {f"arm {i}": effect(size, error) for i, size in enumerate(sizes)}

    def compare(first, second):
        return effect(arms[first].effect_size - arms[second].effect_size, error)

    return decide(arms, compare, sample_ratio_pvalue=srm, complete=complete, **settings)


def test_a_broken_sample_ratio_blocks_whatever_the_effect():
    assert verdict([50.0], srm=0.0009)[:4] == ("blocked_srm", (), (), None)


def test_a_test_that_still_runs_has_no_verdict():
    assert verdict([50.0], complete=False).code == "not_complete"


def test_always_valid_intervals_may_be_read_early():
    assert verdict([50.0], complete=False, always_valid=True).code == "beats_control"


def test_a_sample_ratio_without_a_plan_is_noted_and_does_not_block():
    result = verdict([5.0], srm=None)
    assert (result.code, result.notes) == ("beats_control", ("sample_ratio_unchecked",))


def test_nothing_significant_is_no_effect_shown():
    assert verdict([1.9, -1.0]).code == "no_effect"


def test_holm_decides_not_the_raw_p():
    # z = 2.1 is p 0.036 alone, and 0.107 as the smallest of three
    assert verdict([2.1]).code == "beats_control"
    assert verdict([2.1, 0.0, 0.0]).code == "no_effect"


def test_an_arm_below_control_loses():
    result = verdict([-5.0, 0.5])
    assert (result.code, result.losers) == ("loses", ("arm 0",))


def test_one_arm_of_two_beats_control_but_is_not_called_best():
    # Significant against not significant is no difference shown between the two.
    result = verdict([3.0, 1.5])
    assert (result.code, result.winners, result.best) == ("beats_control", ("arm 0",), None)
    assert result.notes == ("best_of_several",)


def test_two_that_beat_control_and_each_other_not_have_no_clear_winner():
    result = verdict([5.0, 4.5, -6.0])
    assert (result.code, result.winners, result.losers) == ("no_clear_winner", ("arm 0", "arm 1"), ("arm 2",))


def test_the_best_beats_every_other_winner_pairwise():
    result = verdict([5.0, 20.0, 6.0])
    assert (result.code, result.best) == ("best", "arm 1")
    assert set(result.pairwise) == {("arm 0", "arm 1"), ("arm 0", "arm 2"), ("arm 1", "arm 2")}


def test_nothing_that_can_be_tested_is_untestable_not_no_effect():
    result = decide({"mail": NO_DIFFERENCE}, lambda a, b: NO_DIFFERENCE, sample_ratio_pvalue=0.4, complete=True)
    assert result.code == "untestable"


def test_without_a_control_only_the_best_arm_is_said():
    sizes = {"mail": 0.0, "sms": 10.0, "post": 1.0}

    def compare(first, second):
        return effect(sizes[first] - sizes[second])

    result = decide_without_control(tuple(sizes), compare, sample_ratio_pvalue=0.4, complete=True)
    assert (result.code, result.best) == ("best", "sms")
    level = decide_without_control(("mail", "post"), compare, sample_ratio_pvalue=0.4, complete=True)
    assert (level.code, level.winners) == ("no_clear_winner", ())
    assert decide_without_control(("mail",), compare, sample_ratio_pvalue=0.4, complete=True).code == "untestable"
    assert decide_without_control(tuple(sizes), compare, sample_ratio_pvalue=0.0, complete=True).code == "blocked_srm"


@settings(deadline=None)
@given(st.lists(st.floats(-8, 8), min_size=1, max_size=6))
def test_a_winner_always_has_its_interval_above_0_and_no_arm_is_both(sizes):
    result = verdict(sizes)
    for arm in result.winners:
        assert sizes[int(arm.split()[1])] > 1.9599
    assert not set(result.winners) & set(result.losers)
    assert (result.best is not None) == (result.code == "best")


def test_a_p_outside_0_to_1_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        verdict([1.0], srm=1.5)
