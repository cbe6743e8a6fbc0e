"""Promoters and detractors in money, and weighting to the base: by hand and from a known truth."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from insight.stats.moments import Moments, moments_of
from insight.stats.nps import Answers
from insight.stats.nps_groups import mean_ratio, post_stratify, standardised_ratio


def test_promoters_spend_40_percent_more_by_hand():
    # relative variances 4900/100/4900 = 0.01 and 2500/50/2500 = 0.02; t with 49 df
    result = mean_ratio(Moments(100, 70.0, 4900.0), Moments(50, 50.0, 2500.0))
    reach = stats.t.ppf(0.975, 49) * math.sqrt(0.03)
    assert result.ratio == pytest.approx(1.4)
    assert (result.ci_lower, result.ci_upper) == pytest.approx((1.4 * math.exp(-reach), 1.4 * math.exp(reach)))


@pytest.mark.parametrize(
    ("promoters", "detractors", "reasons"),
    [
        (Moments(29, 70.0, 9.0), Moments(50, 50.0, 9.0), ("too_few_customers",)),
        (Moments(40, 70.0, 9.0), Moments(50, 0.0, 0.0), ("mean_not_positive",)),
        (Moments(0, None, None), Moments(50, 5.0, 1.0), ("too_few_customers", "mean_not_positive")),
    ],
)
def test_no_ratio_without_customers_or_spend(promoters, detractors, reasons):
    assert mean_ratio(promoters, detractors) == (None, None, None, reasons)


def test_ratio_interval_covers_the_truth_in_simulation():
    rng, inside, runs = np.random.default_rng(31), 0, 800
    for _ in range(runs):
        promoters, detractors = rng.gamma(0.8, 175, 300), rng.gamma(0.8, 125, 120)  # truth 1.4
        result = mean_ratio(moments_of(promoters), moments_of(detractors))
        inside += result.ci_lower <= 1.4 <= result.ci_upper
    spread = 4 * math.sqrt(0.95 * 0.05 / runs)
    assert 0.935 - spread < inside / runs < 0.96 + spread


def test_a_ratio_that_is_only_mix_vanishes_when_standardised():
    # Old customers spend 200, new 100, in both groups alike; promoters are mostly old.
    old, new = (
        (Moments(90, 200.0, 400.0), Moments(30, 200.0, 400.0)),
        (Moments(30, 100.0, 100.0), Moments(90, 100.0, 100.0)),
    )
    raw = mean_ratio(Moments(120, 175.0, 900.0), Moments(120, 125.0, 900.0))
    result = standardised_ratio([old, new])
    assert raw.ratio == pytest.approx(1.4)
    assert result.ratio == pytest.approx(1.0)
    assert (result.overlap_share, result.n_strata) == (1.0, 2)


def test_standardised_interval_by_hand():
    # one stratum: the plain ratio with its own interval
    pair = (Moments(100, 70.0, 4900.0), Moments(50, 50.0, 2500.0))
    assert standardised_ratio([pair])[:3] == pytest.approx(mean_ratio(*pair)[:3])


def test_strata_with_only_one_group_are_left_out_and_counted():
    pair = (Moments(60, 70.0, 49.0), Moments(40, 50.0, 25.0))
    alone = (Moments(100, 900.0, 81.0), Moments(0, None, None))
    result = standardised_ratio([pair, alone])
    assert result.ratio == pytest.approx(1.4)
    assert result.overlap_share == pytest.approx(0.5)
    assert standardised_ratio([alone]).reasons == ("no_overlap",)
    assert standardised_ratio([]).overlap_share is None


def test_weighted_score_by_hand():
    # half the base answers +100/0, the other half 0: score 25 at equal weight, though most answers came from the first
    result = post_stratify([500, 500], [Answers(40, 40, 0), Answers(10, 0, 10)])
    assert result.nps == pytest.approx(25.0)
    assert result.weights == pytest.approx((0.5 / 0.8, 0.5 / 0.2))
    variance = 0.25 * (0.25 * 80 / 79) / 80 + 0.25 * (1.0 * 20 / 19) / 20
    assert result.standard_error == pytest.approx(100 * math.sqrt(variance))
    # w 0.625 × 80 and 2.5 × 20: 100² / (31.25 + 125)
    assert result.n_effective == pytest.approx(64.0)


def test_answers_that_mirror_the_base_keep_their_score():
    result = post_stratify([1000, 3000], [Answers(10, 10, 5), Answers(30, 20, 25)])
    assert result.nps == pytest.approx(10.0)
    assert result.n_effective == pytest.approx(100.0)


def test_small_strata_join_the_smaller_neighbour():
    answers = [Answers(50, 0, 0), Answers(5, 0, 0), Answers(16, 0, 0), Answers(60, 0, 0)]
    assert post_stratify([1, 1, 1, 1], answers).strata == (0, 1, 1, 2)


def test_heavy_weights_are_cut_at_five_times_the_mean():
    # 90 % of the base, 2 % of the answers: weight 45 cut to 5, the other 0.102; then scaled to mean 1
    result = post_stratify([900, 100], [Answers(20, 0, 0), Answers(0, 0, 980)])
    raw_rest = 0.1 / 0.98
    mean = (20 * 5 + 980 * raw_rest) / 1000
    assert result.trimmed == 1
    assert result.weights == pytest.approx((5 / mean, raw_rest / mean))


def test_a_base_that_answers_unevenly_is_recovered():
    """Truth: steps of 60 % at -20 and 40 % at +40 points, so +4; the better customers answer four times as often."""
    rng, hits, runs = np.random.default_rng(12), 0, 400
    for _ in range(runs):
        low, high = rng.multinomial(300, [0.2, 0.4, 0.4]), rng.multinomial(800, [0.6, 0.2, 0.2])
        result = post_stratify([6000, 4000], [Answers(*map(int, low)), Answers(*map(int, high))])
        hits += result.ci_lower <= 4 <= result.ci_upper
    assert hits / runs > 0.95 - 4 * math.sqrt(0.95 * 0.05 / runs)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 900), *(st.integers(0, 40),) * 3), max_size=8))
def test_weights_average_to_one_and_every_stratum_is_placed(rows):
    result = post_stratify([r[0] for r in rows], [Answers(*r[1:]) for r in rows])
    assert len(result.strata) == len(rows)
    if result.nps is not None:
        answered = [
            sum(sum(r[1:]) for r, s in zip(rows, result.strata, strict=True) if s == k)
            for k in range(len(result.weights))
        ]
        assert sum(w * n for w, n in zip(result.weights, answered, strict=True)) == pytest.approx(sum(answered))
        assert result.n_effective <= sum(answered) + 1e-6


def test_nobody_answered_is_undefined_and_uneven_lists_are_refused():
    assert post_stratify([100, 50], [Answers(0, 0, 0), Answers(0, 0, 0)]).nps is None
    assert post_stratify([], []).nps is None
    with pytest.raises(ValueError, match="2 strata of customers but 1"):
        post_stratify([1, 2], [Answers(1, 1, 1)])
