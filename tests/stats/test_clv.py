"""BG/NBD and Gamma-Gamma: published values on the CDNOW sample, sums by simulation, and histories that cannot be."""

import csv
import os
from collections import defaultdict
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate, stats

from insight.stats.clv import (
    BgNbd,
    GammaGamma,
    alive_probability,
    expected_order_value,
    expected_purchases,
    expected_purchases_new,
    expected_total,
    fit_bg_nbd,
    fit_gamma_gamma,
    holdout_by_tenth,
    lifetime_value,
    model_reasons,
)

ROOT = Path(__file__).parents[2]
CDNOW = Path(os.environ.get("KUNDKOMPASS_DATA", ROOT.parent / "shared" / "data")) / "cdnow" / "transactions.csv"
PUBLISHED = BgNbd(0.243, 4.414, 0.793, 2.426, 0.0, None)  # Fader, Hardie & Lee 2005, table 2
HARDIE_VALUES = GammaGamma(6.25, 3.74, 15.44, None)
needs_cdnow = pytest.mark.skipif(
    not CDNOW.exists(), reason="no cdnow/transactions.csv; KUNDKOMPASS_DATA names the folder of real data"
)


@pytest.fixture(scope="module")
def cdnow():
    """Repeat order days, recency and T in weeks, mean repeat value to 1997-09-30; orders in the 39 weeks after."""
    bought = defaultdict(lambda: defaultdict(float))
    with CDNOW.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            bought[row["customer_id"]][date.fromisoformat(row["order_date"])] += float(row["amount"])
    end, rows = date(1997, 9, 30), []
    for days in bought.values():
        seen = sorted(day for day in days if day <= end)
        later = sum(day > end for day in days)
        x, first = len(seen) - 1, seen[0]
        value = sum(days[day] for day in seen[1:]) / x if x else 0.0
        rows.append((x, (seen[-1] - first).days / 7, (end - first).days / 7, value, later))
    return np.array(rows).T


@pytest.fixture(scope="module")
def fitted(cdnow):
    return fit_bg_nbd(*cdnow[:3])


@needs_cdnow
def test_fader_hardie_lee_2005_table_2_parameters_and_likelihood(fitted):
    assert (fitted.r, fitted.alpha, fitted.a, fitted.b) == pytest.approx((0.243, 4.414, 0.793, 2.426), abs=0.0015)
    assert fitted.log_likelihood == pytest.approx(-9582.4, abs=0.1)


@needs_cdnow
def test_bgnbd_1_hardie_spreadsheet_conditional_expected_purchases(fitted):
    assert expected_purchases(fitted, 39, [2], [30.43], [38.86])[0] == pytest.approx(1.226, abs=0.001)


@needs_cdnow
def test_bgnbd_2_hardie_spreadsheet_expected_purchases_of_a_new_customer(fitted):
    weeks = [0.1429, 1, 3, 31.8571, 32, 78]
    published = [0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.8576]
    assert expected_purchases_new(fitted, weeks).tolist() == pytest.approx(published, abs=0.0015)


@needs_cdnow
def test_cdnow_holdout_of_39_weeks_is_reliable(cdnow, fitted):
    predicted = expected_purchases(fitted, 39, *cdnow[:3])
    result = holdout_by_tenth(predicted, cdnow[4])
    assert result.reliable
    assert sum(result.actual) == cdnow[4].sum()
    assert result.predicted == tuple(sorted(result.predicted))


@needs_cdnow
def test_gamma_gamma_note_025_parameters_on_cdnow(cdnow):
    model = fit_gamma_gamma(cdnow[0], cdnow[3])
    assert (model.p, model.q, model.gamma) == pytest.approx((6.25, 3.74, 15.44), rel=0.01)
    assert model.correlation == pytest.approx(0.1139, abs=5e-4)  # lifetimes documentation, quickstart


def test_gg_1_hardie_note_025_expected_order_value():
    found = expected_order_value(HARDIE_VALUES, [2, 1, 0, 7, 1], [22.35, 11.77, 0, 73.74, 11.77])
    assert found.tolist() == pytest.approx([24.65, 18.91, 35.17, 71.46, 18.91], abs=0.1)


def test_merged_rows_and_days_instead_of_weeks_give_the_same_customers():
    rng = np.random.default_rng(3)
    x, t_x, total = simulate(rng, PUBLISHED, 1500, 40)
    plain = fit_bg_nbd(x, t_x, total)
    doubled = fit_bg_nbd(np.tile(x, 2), np.tile(t_x, 2), np.tile(total, 2))
    weighted = fit_bg_nbd(x, t_x, total, weights=np.full(x.shape, 2.0))
    in_days = fit_bg_nbd(x, t_x * 7, total * 7)
    assert weighted[:4] == pytest.approx(doubled[:4], rel=1e-3)
    assert (in_days.r, in_days.alpha, in_days.a) == pytest.approx((plain.r, plain.alpha * 7, plain.a), rel=2e-3)
    # a density per day is a seventh of one per week, once for each order
    assert in_days.log_likelihood == pytest.approx(plain.log_likelihood - x.sum() * np.log(7), abs=1e-3)


def simulate(rng, model, n, weeks):
    """Histories drawn from the model's own story: gamma rates, beta chances of leaving after each repeat order."""
    rate, leave = rng.gamma(model.r, 1 / model.alpha, n), rng.beta(model.a, model.b, n)
    total = np.full(n, float(weeks))
    x, t_x = np.zeros(n), np.zeros(n)
    for i in range(n):
        time = 0.0
        while True:
            time += rng.exponential(1 / rate[i])
            if time > total[i]:
                break
            x[i], t_x[i] = x[i] + 1, time
            if rng.random() < leave[i]:
                break
    return x, t_x, total


def test_parameters_of_simulated_customers_are_recovered_within_their_errors():
    truth = BgNbd(1.2, 8.0, 0.9, 3.0, 0.0, None)
    found = fit_bg_nbd(*simulate(np.random.default_rng(8), truth, 6000, 60))
    errors = np.sqrt(np.diag(found.covariance))
    apart = np.log(found[:4]) - np.log(truth[:4])
    assert (np.abs(apart) < 4 * errors).all()
    assert (errors < 0.4).all()


HARDLY_ANYBODY_LEAVES = BgNbd(0.2152, 1.97, 334.7, 2328.0, 0.0, None)


@pytest.mark.parametrize(
    ("model", "x", "t_x", "total"),
    [
        (PUBLISHED, 3, 20.0, 30.0),
        (PUBLISHED, 60, 90.0, 95.0),
        (HARDLY_ANYBODY_LEAVES, 2, 3.0, 4.4),  # here the hypergeometric function overflows
        (HARDLY_ANYBODY_LEAVES, 1, 1.0, 2.0),
    ],
)
def test_expected_purchases_equal_the_integral_over_what_a_customer_may_be(model, x, t_x, total):
    """The model's definition: orders still to come at each chance of leaving p, weighted by its likelihood.

    Given p the rate integrates to gamma functions: ∫ rate^(x) e^(-rate·s) over its prior is (up to a factor that
    cancels) (α + s)^-(r + x); a living customer orders (1 - e^(-rate·p·t))/p times in t.
    """
    ahead = 26.0

    def rate_part(time):
        return ((model.alpha + time) / (model.alpha + total)) ** -(model.r + x)

    def alive(p):
        return stats.beta.pdf(p, model.a, model.b) * (1 - p) ** x * rate_part(total)

    def gone(p):
        return stats.beta.pdf(p, model.a, model.b) * p * (1 - p) ** (x - 1) * rate_part(t_x)

    def to_come(p):
        orders = (rate_part(total) - rate_part(total + p * ahead)) / p
        return stats.beta.pdf(p, model.a, model.b) * (1 - p) ** x * orders

    settings = {"points": [0.01, model.a / (model.a + model.b + x)], "epsabs": 0, "epsrel": 1e-9, "limit": 400}
    top = integrate.quad(to_come, 0, 1, **settings)[0]
    bottom = integrate.quad(lambda p: alive(p) + gone(p), 0, 1, **settings)[0]
    assert expected_purchases(model, ahead, [x], [t_x], [total])[0] == pytest.approx(top / bottom, rel=1e-5)


def test_one_time_buyers_are_always_alive_and_long_silence_is_not():
    alive = alive_probability(PUBLISHED, [0, 5, 5], [0, 38, 5], [40, 40, 40])
    assert alive[0] == 1.0
    assert alive[1] > 0.8 > 0.3 > alive[2]


def test_many_orders_stay_finite():
    assert np.isfinite(expected_purchases(PUBLISHED, 52, [400, 900], [150, 199], [200, 200])).all()


def test_a_of_exactly_one_meets_its_neighbours():
    at, beside = (expected_purchases_new(PUBLISHED._replace(a=a), [30.0])[0] for a in (1.0, 1.0001))
    assert at == pytest.approx(beside, rel=1e-3)


def test_no_time_ahead_means_no_orders():
    assert expected_purchases(PUBLISHED, 0, [0, 3], [0, 10], [20, 20]).tolist() == pytest.approx([0, 0], abs=1e-12)


def test_total_interval_holds_its_own_total_and_needs_a_covariance():
    x, t_x, total = simulate(np.random.default_rng(2), PUBLISHED, 3000, 40)
    model = fit_bg_nbd(x, t_x, total)
    result = expected_total(model, 39, x, t_x, total, draws=60)
    assert result.ci_lower < result.value < result.ci_upper
    assert expected_total(model._replace(covariance=None), 39, x, t_x, total) is None


def test_two_years_of_value_by_hand():
    # without discount: expected orders over 24 months × value × margin
    history = ([2], [20.0], [30.0])
    orders = expected_purchases(PUBLISHED, 24 * 365.25 / 12 / 7, *history)[0]
    value = expected_order_value(HARDIE_VALUES, [2], [40.0])[0]
    flat = lifetime_value(PUBLISHED, HARDIE_VALUES, *history, [40.0], margin_rate=0.3, yearly_discount=0.0)[0]
    later = lifetime_value(PUBLISHED, HARDIE_VALUES, *history, [40.0], margin_rate=0.3, yearly_discount=0.1)[0]
    assert flat == pytest.approx(0.3 * orders * value)
    assert flat / 1.1**2 < later < flat


def test_a_model_far_off_is_not_reliable():
    assert not holdout_by_tenth([1.2] * 20, [1.0] * 20).reliable
    assert holdout_by_tenth([1.1] * 20, [1.0] * 20).total_error == pytest.approx(0.1)
    assert holdout_by_tenth([1.0], [0.0]).total_error is None


def test_too_little_gives_no_model():
    assert fit_bg_nbd([0, 0], [0, 0], [5, 9]) is None
    assert fit_bg_nbd([], [], []) is None
    assert fit_gamma_gamma([0, 0], [0, 0]) is None
    assert fit_gamma_gamma([1, 2, 3], [10, 10, 10]) is None
    assert model_reasons([1] * 499 + [0] * 900) == ("too_few_repeat_customers",)
    assert model_reasons([1] * 500) == ()


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: fit_bg_nbd([1.5], [1], [2]), "whole number"),
        (lambda: fit_bg_nbd([1], [3], [2]), "between 0 and T"),
        (lambda: fit_bg_nbd([0], [1], [2]), "recency of 0"),
        (lambda: fit_bg_nbd([1], [1], [2], weights=[-1]), "Weights"),
        (lambda: expected_purchases(PUBLISHED, -1, [1], [1], [2]), "Weeks"),
        (lambda: expected_order_value(GammaGamma(6, 0.9, 15, None), [1], [10]), "infinite"),
        (lambda: holdout_by_tenth([1], [1, 2]), "same customers"),
        (
            lambda: lifetime_value(PUBLISHED, HARDIE_VALUES, [1], [1], [2], [9], margin_rate=2, yearly_discount=0.1),
            "margin rate",
        ),
    ],
)
def test_wrong_input_is_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
