"""RFM: published cut points and segments, ties together, and rules by hand."""

import csv
import os
from collections import defaultdict
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insight.stats.rfm import (
    DEFAULT_SEGMENTS,
    SegmentRule,
    assign_segments,
    bound_scores,
    quantile_cuts,
    quantile_scores,
    rank_scores,
    segment_keys,
)

ROOT = Path(__file__).parents[2]
ORDERS = Path(os.environ.get("KUNDKOMPASS_DATA", ROOT.parent / "shared" / "data")) / "rfm_orders" / "orders.csv"
MPG = """21 21 22.8 21.4 18.7 18.1 14.3 24.4 22.8 19.2 17.8 16.4 17.3 15.2 10.4 10.4 14.7 32.4 30.4 33.9 21.5 15.5 15.2
    13.3 19.2 27.3 26 30.4 15.8 19.7 15 21.4"""


def test_rfm_0_rsquaredacademy_rfm_test_utils_cuts_of_mtcars_mpg():
    cuts = quantile_cuts([float(v) for v in MPG.split()])
    assert cuts == pytest.approx((16.2, 18.92, 22.0, 25.08), abs=1e-9)


@pytest.mark.skipif(
    not ORDERS.exists(), reason="no rfm_orders/orders.csv; KUNDKOMPASS_DATA names the folder of real data"
)
def test_rfm_1_rsquaredacademy_rfm_segments_of_4906_orders():
    """rsquaredacademy/rfm tests/testthat/test-rfm-segment.R and test-rfm-table.R, reference date 2006-12-31."""
    orders = defaultdict(list)
    with ORDERS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            orders[row["customer_id"]].append((date.fromisoformat(row["order_date"]), int(row["revenue"])))
    days = [(date(2006, 12, 31) - max(day for day, _ in bought)).days for bought in orders.values()]
    counts = np.array([len(bought) for bought in orders.values()])
    spend = np.array([sum(amount for _, amount in bought) for bought in orders.values()])
    places = assign_segments(quantile_scores(days, reverse=True), quantile_scores(counts), quantile_scores(spend))
    keys = np.array(segment_keys())[places]
    found = {
        key: (int((keys == key).sum()), int(counts[keys == key].sum()), int(spend[keys == key].sum()))
        for key in set(keys)
    }
    assert found == {
        "about_to_sleep": (50, 127, 10914),
        "at_risk": (86, 438, 44178),
        "champions": (158, 1234, 120178),
        "lost": (111, 244, 20955),
        "loyal": (278, 1708, 166712),
        "need_attention": (35, 144, 13287),
        "others": (48, 210, 22061),
        "potential_loyal": (229, 801, 65873),
    }


def test_rank_scores_of_ten_different_values_are_two_each():
    assert rank_scores(range(10)).tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_ties_stay_together_at_their_lowest_rank():
    # seven customers with one order share rank 1; ranks 8, 9, 10 give floor(35/10) + 1 = 4, 5, 5
    assert rank_scores([1, 1, 1, 1, 1, 1, 1, 2, 3, 9]).tolist() == [1] * 7 + [4, 5, 5]


def test_fewest_days_since_the_last_order_score_best():
    assert rank_scores([400, 3, 90, 10, 200], reverse=True).tolist() == [1, 5, 3, 4, 2]


@settings(deadline=None)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=50), st.integers(2, 7), st.booleans())
def test_scores_follow_the_values_stay_in_range_and_ignore_the_order(values, groups, reverse):
    scores = rank_scores(values, groups, reverse=reverse)
    assert scores.min() >= 1
    assert scores.max() <= groups
    for a, score_a in zip(values, scores, strict=True):
        for b, score_b in zip(values, scores, strict=True):
            if a == b:
                assert score_a == score_b
            elif (a < b) != reverse:
                assert score_a <= score_b
    assert rank_scores(values[::-1], groups, reverse=reverse).tolist() == scores[::-1].tolist()


def test_a_bound_belongs_to_the_score_above_it():
    assert bound_scores([1, 2, 3, 4, 5, 9, 10, 70], [2, 3, 5, 10]).tolist() == [1, 2, 3, 3, 4, 4, 5, 5]
    assert bound_scores([10, 40, 400], [30, 365], reverse=True).tolist() == [3, 2, 1]


def test_quantiles_that_coincide_are_taken():
    assert set(quantile_scores([5, 5, 5, 5]).tolist()) == {1}
    assert set(quantile_scores([5, 5, 5, 5], reverse=True).tolist()) == {5}


@pytest.mark.parametrize(
    ("scores", "key"),
    [
        ((5, 5, 5), "champions"),
        ((2, 3, 3), "loyal"),
        ((5, 1, 1), "potential_loyal"),
        ((2, 2, 2), "need_attention"),
        ((2, 1, 1), "about_to_sleep"),
        ((1, 5, 5), "at_risk"),
        ((1, 1, 1), "lost"),
        ((5, 1, 5), "others"),
    ],
)
def test_default_map_first_match_wins(scores, key):
    assert segment_keys()[assign_segments(*([s] for s in scores))[0]] == key


def test_own_rules_in_their_own_order():
    rules = (SegmentRule("lovers", (1, 3), (3, 3), (1, 3)), SegmentRule("all", (1, 3), (1, 3), (1, 2)))
    places = assign_segments([3, 3, 1], [3, 1, 1], [1, 2, 3], rules, groups=3)
    assert [segment_keys(rules)[p] for p in places] == ["lovers", "all", "others"]


def test_every_combination_of_scores_has_one_segment():
    grid = np.array(np.meshgrid(*[range(1, 6)] * 3)).reshape(3, -1)
    places = assign_segments(*grid)
    expected = []
    for r, f, m in grid.T:
        match = (
            i
            for i, rule in enumerate(DEFAULT_SEGMENTS)
            if rule.recency[0] <= r <= rule.recency[1]
            and rule.frequency[0] <= f <= rule.frequency[1]
            and rule.money[0] <= m <= rule.money[1]
        )
        expected.append(next(match, len(DEFAULT_SEGMENTS)))
    assert places.tolist() == expected


def test_no_customers_have_no_scores():
    assert rank_scores([]).size == 0
    assert quantile_scores([]).size == 0
    assert assign_segments([], [], []).size == 0


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: bound_scores([1], [3, 2]), "must rise"),
        (lambda: bound_scores([1], [3, 3]), "must rise"),
        (lambda: assign_segments([1], [1], [6]), "1 to 5"),
        (lambda: assign_segments([1, 2], [1], [1]), "same customers"),
        (lambda: assign_segments([1], [1], [1], (SegmentRule("x", (5, 1), (1, 1), (1, 1)),)), "lowest score"),
        (lambda: rank_scores([1.0], groups=1), "2 to 100 groups"),
        (lambda: quantile_cuts([]), "no figures"),
        (lambda: rank_scores([1.0, float("nan")]), "finite"),
    ],
)
def test_wrong_input_is_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
