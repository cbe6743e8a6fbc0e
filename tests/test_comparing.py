"""Two groups side by side: how far apart their figures are, how sure that is, and how it is said."""

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, norm, sem

from insight import comparing
from insight.analysis import registry
from insight.audience import Combined, Mark, parse, scoped_query
from insight.i18n.catalog import Words
from insight.result import Basis, Message, Metric, Note, Result
from tests.build import workspace

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


def test_headline_states_the_difference_with_both_names_and_says_when_none_is_shown():
    far, near = Metric(16.0, "points", 13.0, 19.0), Metric(33.0, "points", 29.0, 37.0)
    own: Any = answer(nps=Metric(35.0, "points", 31.0, 39.0))
    names = ("Stamkunder", "Alla andra")
    # By hand: 35 - 16 = 19, and √(4² + 3²) = 5 to either side.
    said = comparing.headline(own, answer(nps=far), SV, names, apart=True)
    assert said == "Stamkunder har 19,0 högre NPS än alla andra (95\u00a0%: 14,0 till 24,0)"
    said = comparing.headline(answer(nps=far), own, EN, ("Regulars", "Everybody else"), apart=True)
    assert said == "Regulars: NPS 19.0 lower than everybody else (95%: 14.0 to 24.0)"
    said = comparing.headline(own, answer(nps=near), SV, names, apart=True)
    assert ": ingen skillnad visad, Stamkunder 35,0" in said
    # Of two uncertain figures whose difference has no interval, nothing is said of which is higher.
    said = comparing.headline(own, answer(nps=near), SV, names, apart=False)
    assert said.endswith(": Stamkunder 35,0 mot alla andra 33,0")
    long = comparing.headline(own, answer(nps=far), SV, ("x" * 120, "y"), apart=True)
    assert long.endswith(": 35,0 mot 16,0")


def test_headline_in_kronor_says_how_much_more_and_equal_figures_say_no_more_than_they_are():
    gold, rest = Metric(Decimal(3640), "money"), Metric(Decimal(2400), "money")
    a, b = (answer(per_customer_on_ladder=metric) for metric in (gold, rest))
    said = comparing.headline(a, b, SV, ("Guld", "Övriga"), apart=True)
    assert said.replace(NB, " ") == "Guld handlar för 1 240 kr mer per kund än Övriga (3 640 kr mot 2 400 kr)"
    said = comparing.headline(b, a, SV, ("Övriga", "Guld"), apart=True)
    assert said.replace(NB, " ") == "Övriga handlar för 1 240 kr mindre per kund än Guld (2 400 kr mot 3 640 kr)"
    assert "mer" not in comparing.headline(a, a, SV, ("Guld", "Övriga"), apart=True)


@pytest.mark.parametrize("which", [0, 1])
def test_a_group_chosen_by_the_score_is_not_told_apart_by_the_score(which):
    sides = [answer(nps=Metric(-100.0, "points")), answer(nps=Metric(35.0, "points", 31.0, 39.0))]
    sides[which] = replace(sides[which], notes=(Note("nps_chosen_by_score", {}, "warning"),))
    said = comparing.headline(sides[0], sides[1], SV, ("Kritiker", "Alla andra"), apart=True)
    assert said == "Kritiker mot alla andra: NPS säger inget där urvalet är gjort efter betyget"


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


def test_what_groups_spend_per_customer_differs_by_an_interval_that_another_library_gives():
    draw = np.random.default_rng(8)
    spend = {f"a{n}": round(draw.gamma(4, 300), 2) for n in range(40)} | {
        f"b{n}": round(draw.gamma(4, 200), 2) for n in range(60)
    }
    # a buys once more after the window, b does not: so the lifecycle's words tell them apart.
    data = workspace(
        [(who, "2025-01-10", amount) for who, amount in spend.items()]
        + [(who, "2025-12-31", 100) for who in spend if who[0] == "a"]
    )
    active = parse("segments.lifecycle;@segment=active")
    found = []
    for scope in (active, Combined("not", (active,))):
        with scoped_query(data, scope) as query:
            found.append(
                registry.run(query, "ladder.steps", {"window": "11", "start": "2025-11-01", "end": "2025-12-01"})
            )
    data.close()
    a, b = ([amount for who, amount in spend.items() if who[0] == name] for name in "ab")
    row = comparing.telling(*found, SV, apart=True)
    assert row is not None and row.key == "per_customer_on_ladder" and row.difference is not None
    error = np.hypot(sem(a), sem(b))
    assert row.difference.value == pytest.approx(np.mean(a) - np.mean(b), abs=0.01)
    assert row.difference.low == pytest.approx(np.mean(a) - np.mean(b) - norm.ppf(0.975) * error, abs=0.01)
    said = comparing.headline(*found, SV, ("Guld", "Övriga"), apart=True).replace(NB, " ")
    assert re.fullmatch(r"Guld handlar för [\d ]+ kr mer per kund än Övriga \(95 %: [\d ]+ kr till [\d ]+ kr\)", said)
    # Groups that share customers: no interval, and no headline that says which is higher.
    assert "mot" in comparing.headline(*found, SV, ("Guld", "Övriga"), apart=False)
