"""Agreement with tea-tasting, an independent library, on four arms of spend with a long tail."""

import numpy as np
import pandas as pd
import pytest
import tea_tasting as tt

from insight.stats.means import log_lift, welch
from insight.stats.moments import joint_moments_of, moments_of
from insight.stats.multiplicity import benjamini_hochberg, holm
from insight.stats.ratios import ratio_moments

SIZES = {0: 4000, 1: 1500, 2: 2500, 3: 900}
TREATED = (1, 2, 3)


@pytest.fixture(scope="module")
def customers():
    rng = np.random.default_rng(2024)
    frames = []
    for arm, n in SIZES.items():
        orders = rng.poisson(0.4 * (1 + 0.15 * arm), n)
        spend = np.where(orders > 0, orders * rng.lognormal(5, 0.9, n), 0.0)
        frames.append(pd.DataFrame({"variant": arm, "orders": orders, "spend": spend, "bought": (orders > 0) * 1}))
    return pd.concat(frames, ignore_index=True)


@pytest.fixture(scope="module")
def theirs(customers):
    experiment = tt.Experiment(
        spend=tt.Mean("spend"),
        bought=tt.Mean("bought"),
        receipt=tt.RatioOfMeans("spend", "orders"),
    )
    return experiment.analyze(customers, control=0, all_variants=True)


def ours(customers, metric, arm):
    rows = customers[customers["variant"] == arm]
    if metric == "receipt":
        return ratio_moments(joint_moments_of(rows["orders"], rows["spend"]))
    return moments_of(rows[metric])


@pytest.mark.parametrize("arm", TREATED)
@pytest.mark.parametrize("metric", ["spend", "bought", "receipt"])
def test_difference_relative_lift_intervals_and_p_agree_to_1e_9(customers, theirs, metric, arm):
    treatment, control = ours(customers, metric, arm), ours(customers, metric, 0)
    absolute, relative, expected = welch(treatment, control), log_lift(treatment, control), theirs[0, arm][metric]
    found = {
        "control": control.mean,
        "treatment": treatment.mean,
        "effect_size": absolute.effect_size,
        "effect_size_ci_lower": absolute.ci_lower,
        "effect_size_ci_upper": absolute.ci_upper,
        "rel_effect_size": relative.rel_effect_size,
        "rel_effect_size_ci_lower": relative.ci_lower,
        "rel_effect_size_ci_upper": relative.ci_upper,
        "pvalue": absolute.pvalue,
    }
    for name, value in found.items():
        assert value == pytest.approx(getattr(expected, name), rel=1e-9, abs=1e-9), name


@pytest.mark.parametrize(
    ("adjust", "their_adjust", "settings"),
    [
        (holm, tt.adjust_fwer, {"arbitrary_dependence": True, "method": "bonferroni"}),
        (benjamini_hochberg, tt.adjust_fdr, {"arbitrary_dependence": False}),
    ],
)
def test_adjusted_p_agrees_to_1e_9(customers, theirs, adjust, their_adjust, settings):
    control = ours(customers, "spend", 0)
    adjusted = adjust([welch(ours(customers, "spend", arm), control).pvalue for arm in TREATED])
    expected = {
        row["comparison"]: row["pvalue_adj"]
        for row in their_adjust({str(arm): theirs[0, arm] for arm in TREATED}, "spend", **settings).to_dicts()
    }
    assert adjusted == pytest.approx([expected[str(arm)] for arm in TREATED], rel=1e-9, abs=1e-9)
