"""Two groups side by side: how far apart their figures are, how sure that is, and how it is said."""

from typing import Any

import pandas as pd
import pytest
from scipy.stats import binomtest

from insight import comparing
from insight.audience import Combined, Mark, parse
from insight.i18n.catalog import Words
from insight.result import Basis, Message, Metric, Result

SV, EN = Words("sv"), Words("en")
NB = "\u00a0"


def answer(**metrics: Metric) -> Result:
    return Result("nps.score", Message("rule.none"), metrics, pd.DataFrame(), {}, Basis(None, None, 1))


def share(successes: int, n: int) -> Metric:
    ends = binomtest(successes, n).proportion_ci(method="wilson")
    return Metric(successes / n, "ratio", float(ends.low), float(ends.high))


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17:873, table II, method 10.
    [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090), ((10, 10), (0, 10), 0.6075, 1.0)],
)
def test_difference_of_two_shares_has_the_published_interval(first, second, low, high):
    found = comparing.difference(share(*first), share(*second), apart=True)
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_groups_that_share_customers_have_a_difference_without_interval():
    found = comparing.difference(share(56, 70), share(48, 80), apart=False)
    assert found == comparing.Difference(pytest.approx(0.2), "ratio")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Metric(3, "count"), None),
        (Metric(None, "count"), Metric(3, "count")),
        (Metric(3, "count"), Metric(0.5, "ratio")),
        (Metric(0.01, "pvalue"), Metric(0.5, "pvalue")),
    ],
)
def test_what_cannot_be_set_side_by_side_has_no_difference(first, second):
    assert comparing.difference(first, second, apart=True) is None


def test_headline_names_both_groups_and_says_when_no_difference_is_shown():
    far, near = Metric(16.0, "points", 13.0, 19.0), Metric(33.0, "points", 29.0, 37.0)
    own: Any = answer(nps=Metric(35.0, "points", 31.0, 39.0))
    names = ("Stamkunder", "Alla andra")
    said = comparing.headline(own, answer(nps=far), SV, names, apart=True)
    assert said.endswith(": Stamkunder 35,0 mot alla andra 16,0")
    said = comparing.headline(own, answer(nps=near), SV, names, apart=True)
    assert ": ingen skillnad visad, Stamkunder 35,0" in said
    # Without an interval nothing is said of whether it is shown.
    assert "ingen skillnad" not in comparing.headline(own, answer(nps=near), SV, names, apart=False)
    long = comparing.headline(own, answer(nps=far), SV, ("x" * 120, "y"), apart=True)
    assert long.endswith(": 35,0 mot 16,0")


def test_difference_is_written_in_the_figures_own_unit_where_it_has_an_interval():
    row = comparing.rows(
        answer(nps=Metric(10.0, "points", 6.0, 13.0)), answer(nps=Metric(5.0, "points", 1.0, 8.0)), SV, apart=True
    )[0]
    # By hand: 5 ∓ √(4² + 3²) and 5 + √(3² + 4²).
    assert comparing.difference_words(SV, row) == "+5,0 (0,0 till +10,0)"
    money = comparing.rows(
        answer(spend=Metric(300, "money")), answer(spend=Metric(200, "money")), SV, names=("nothing",), apart=True
    )
    assert money == []


def test_a_mark_is_called_by_its_name_and_everybody_else_is_known():
    gold = Mark("segments.lifecycle", (), (("segment", "active"),))
    assert comparing.name_of(gold, SV) == "Aktiva"
    assert comparing.name_of(gold, EN) == "Active"
    assert comparing.name_of(Combined("or", (gold, gold)), SV).count("Aktiva") == 2
    assert comparing.is_everybody_else(parse("not(segments.lifecycle;@segment=active)"), gold)
    assert not comparing.is_everybody_else(gold, gold)
    assert not comparing.is_everybody_else(gold, None)
