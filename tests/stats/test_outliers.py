"""Caps and whether the answer hangs on a few customers."""

import pytest

from insight.stats.means import Difference
from insight.stats.outliers import Sensitivity, sensitivity, share_of_lift, winsor_cap, winsorise


def effect(size, pvalue):
    return Difference(size, None, None, pvalue, None, None)


def test_cap_looks_only_at_figures_above_0():
    # of 10 20 30 40 50 the 75th percentile is 40, however many zeros and returns stand beside
    assert winsor_cap([0, 0, 0, -5, 10, 20, 30, 40, 50], 0.75) == pytest.approx(40.0)


def test_cap_of_nobody_buying_is_undefined_and_changes_nothing():
    assert winsor_cap([0, 0, -3]) is None
    assert winsorise([0, 7, -3], None).tolist() == [0, 7, -3]


def test_only_what_is_above_the_cap_moves():
    assert winsorise([5, 100, -20, 41], 40.0).tolist() == [5, 40, -20, 40]


@pytest.mark.parametrize(
    ("raw", "capped", "expected"),
    [
        (effect(5, 0.01), effect(3, 0.02), Sensitivity(True, None)),
        (effect(5, 0.01), effect(1, 0.30), Sensitivity(False, "significance")),
        (effect(5, 0.20), effect(4, 0.03), Sensitivity(False, "significance")),
        (effect(5, 0.01), effect(-2, 0.02), Sensitivity(False, "sign")),
        (effect(0.1, 0.90), effect(-0.1, 0.90), Sensitivity(True, None)),
        (effect(None, None), effect(None, None), Sensitivity(True, None)),
    ],
)
def test_what_differs_between_raw_and_capped(raw, capped, expected):
    assert sensitivity(raw, capped) == expected


def test_share_of_lift_by_hand():
    # 5,000 kr from two customers over 1,000 assigned is 5 kr each, of a lift of 4 kr
    assert share_of_lift([3000, 2000], 1000, effect(4.0, 0.04)) == pytest.approx(1.25)
    assert share_of_lift([3000, 2000], 1000, effect(-4.0, 0.04)) is None
    assert share_of_lift([], 0, effect(4.0, 0.04)) is None
