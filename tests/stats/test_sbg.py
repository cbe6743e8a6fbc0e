"""Contractual value: published fits and tables, and the sums that closed forms stand for."""

import numpy as np
import pytest

from insight.stats.sbg import (
    Sbg,
    contract_value,
    fit_sbg,
    hazards_rise,
    margin_multiple,
    residual_lifetime,
    sbg_retention,
    sbg_survival,
)

HIGH_END = [100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1]


def test_sbg_1_fader_hardie_2007_high_end_years_0_to_7():
    """Fader & Hardie 2007, J. Interactive Marketing 21(1): alpha .668, beta 3.806."""
    model = fit_sbg(HIGH_END)
    assert model.alpha == pytest.approx(0.668, abs=0.0006)
    assert model.beta == pytest.approx(3.806, abs=0.0006)


@pytest.mark.parametrize(
    ("r", "d", "multiple"), [(0.6, 0.16, 1.07), (0.7, 0.14, 1.59), (0.8, 0.12, 2.5), (0.9, 0.1, 4.5)]
)
def test_clv_2_gupta_lehmann_2003_margin_multiple(r, d, multiple):
    assert margin_multiple(r, d) == pytest.approx(multiple, abs=0.005)


def test_clv_1_berger_nasr_1998_case_1():
    assert contract_value(260, 50, 10, 0.75, 0.20) == pytest.approx(568.78, abs=0.005)


def test_survivors_made_from_the_model_give_its_parameters_back():
    left = sbg_survival(Sbg(0.7, 2.5), range(9)) * 1e6
    assert fit_sbg(left) == pytest.approx(Sbg(0.7, 2.5), rel=1e-4)


def test_survival_is_the_product_of_retentions():
    model = Sbg(0.668, 3.806)
    product = np.cumprod([sbg_retention(model, t) for t in range(1, 6)])
    assert sbg_survival(model, range(1, 6)).tolist() == pytest.approx(product.tolist())


@pytest.mark.parametrize("period", [1, 4])
def test_derl_equals_the_direct_sum_of_discounted_renewals(period):
    model, discount = Sbg(0.668, 3.806), 0.1
    survival = sbg_survival(model, np.arange(period - 1, period + 6000))
    renewals = survival[1:] / survival[0] / (1 + discount) ** np.arange(survival.size - 1)
    assert residual_lifetime(model, period, discount) == pytest.approx(renewals.sum(), rel=1e-6)


def test_hazards_of_a_published_cohort_fall_and_of_a_bound_term_rise():
    assert not hazards_rise(HIGH_END)
    assert hazards_rise([100, 99, 95, 80, 50])
    assert not hazards_rise([100, 0])


@pytest.mark.parametrize("left", [[100, 90, 80], [100, 100, 100, 100], []])
def test_too_little_or_no_loss_gives_no_model(left):
    assert fit_sbg(left) is None


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: fit_sbg([100, 90, 95, 80]), "never rise"),
        (lambda: residual_lifetime(Sbg(1, 1), 1, 0), "discount"),
        (lambda: sbg_retention(Sbg(1, 1), 0), "period"),
        (lambda: sbg_survival(Sbg(1, 1), [-1]), "0 or more"),
        (lambda: margin_multiple(1.0, 0.0), "below 1 plus"),
        (lambda: contract_value(1, 1, 0, 0.5, 0.1), "1 or more"),
    ],
)
def test_wrong_input_is_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
