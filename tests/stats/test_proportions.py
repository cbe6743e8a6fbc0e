"""Rates: published examples, textbook intervals, and edges where nobody or everybody bought."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from insight.stats.proportions import (
    Rate,
    RateDifference,
    fisher_exact,
    newcombe,
    rate_delta_lift,
    rate_difference,
    wald_difference,
    wilson,
)


def test_prop_1_growthbook_two_sided_ttest_binom():
    # growthbook/growthbook@8f1db44: 16 of 30 against 14 of 28
    result = rate_delta_lift(16, 30, 14, 28)
    assert result.rel_effect_size == pytest.approx(0.06667, abs=2e-5)
    assert result.standard_error == pytest.approx(0.2717, abs=2e-5)
    assert result.ci_lower == pytest.approx(-0.47767, abs=2e-5)
    assert result.ci_upper == pytest.approx(0.61101, abs=2e-5)
    assert result.pvalue == pytest.approx(0.80707, abs=2e-5)


def test_prop_2_spotify_confidence_chisquared_difference():
    # spotify/confidence tests/frequentist/test_chisquared.py: 500 of 1,009 against 42 of 104
    result = wald_difference(500, 1009, 42, 104)
    assert result.effect_size == pytest.approx(0.091694, abs=2e-6)
    assert result.ci_lower == pytest.approx(-0.0075254411815593725, abs=2e-6)
    assert result.ci_upper == pytest.approx(0.190913, abs=2e-6)
    assert result.pvalue == pytest.approx(0.074866, abs=2e-6)


def test_prop_4_tea_tasting_fisher_13_of_47_against_19_of_53():
    # e10v/tea-tasting tests/metrics/test_proportion.py
    assert fisher_exact(13, 47, 19, 53) == pytest.approx(0.3999948918153569, abs=1e-6)
    # the same page's z without correction is the pooled test that stands beside the textbook interval
    assert wald_difference(13, 47, 19, 53).pvalue == pytest.approx(0.3809096823118986, abs=1e-6)


@pytest.mark.parametrize(
    ("x1", "n1", "x2", "n2", "low", "high"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (10, 10, 0, 20, 0.6791, 1.0000),
        (10, 10, 0, 10, 0.6075, 1.0000),
    ],
)
def test_newcombe_1998_table_ii_method_10(x1, n1, x2, n2, low, high):
    """Newcombe 1998, Stat. Med. 17: 873-890, table II, hybrid score without continuity correction."""
    result = newcombe(x1, n1, x2, n2)
    assert result.ci_lower == pytest.approx(low, abs=5.1e-5)
    assert result.ci_upper == pytest.approx(high, abs=5.1e-5)


@settings(deadline=None)
@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from([0.8, 0.95]))
def test_wilson_equals_scipy_and_holds_the_rate(counts, level):
    hits, n = counts
    ours, theirs = wilson(hits, n, level), stats.binomtest(hits, n).proportion_ci(level, method="wilson")
    assert (ours.ci_lower, ours.ci_upper) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    assert 0 <= ours.ci_lower <= ours.rate <= ours.ci_upper <= 1


def test_wilson_of_nobody_is_undefined():
    assert wilson(0, 0) == Rate(None, None, None)


def test_wilson_at_the_ends_reaches_exactly_0_and_1():
    assert wilson(0, 20).ci_lower == 0.0
    assert wilson(20, 20).ci_upper == 1.0


def test_wald_p_equals_chi_square_without_correction():
    theirs = stats.chi2_contingency([[30, 70], [45, 55]], correction=False)
    assert wald_difference(30, 100, 45, 100).pvalue == pytest.approx(theirs.pvalue)


def test_everybody_bought_everywhere_has_no_interval():
    assert wald_difference(5, 5, 8, 8) == RateDifference(0.0, None, None, None, "wald")


def test_few_buyers_turn_to_newcombe_and_fisher():
    small = rate_difference(9, 1000, 30, 1000)
    assert small.method == "newcombe"
    assert small.pvalue == pytest.approx(stats.fisher_exact([[9, 991], [30, 970]]).pvalue)


def test_ten_buyers_and_more_use_welch_on_zeros_and_ones():
    result = rate_difference(10, 100, 30, 100)
    theirs = stats.ttest_ind([1] * 10 + [0] * 90, [1] * 30 + [0] * 70, equal_var=False)
    assert result.method == "welch"
    assert result.pvalue == pytest.approx(theirs.pvalue)


def test_an_empty_arm_is_undefined_in_every_method():
    for method in (newcombe, wald_difference, rate_difference):
        assert method(0, 0, 5, 10)[:4] == (None, None, None, None)
        assert method(5, 10, 0, 0)[:4] == (None, None, None, None)
    assert fisher_exact(0, 0, 5, 10) is None


@pytest.mark.parametrize(("hits", "n"), [(-1, 10), (11, 10), (1, -2), (1.5, 3)])
def test_counts_that_cannot_be_are_refused(hits, n):
    with pytest.raises(ValueError, match=r"whole number|more buyers"):
        wilson(hits, n)
