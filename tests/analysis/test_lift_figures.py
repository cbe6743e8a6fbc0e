"""Every figure of an arm beside the other, and the deciding difference counted in other ways: by hand and by others."""

import random

import numpy as np
import pytest

from tests.analysis.test_lift import LAST, assigned, run
from tests.build import workspace

PAIR = [assigned(f"a{i}", "Brev", 6) for i in range(4)] + [assigned(f"k{i}", "Kontroll", 0) for i in range(2)]


def figures(result, arm="Brev"):
    found = result.tables["figures"]
    return {row["figure"]: row for row in found.to_dict("records") if row["arm"] == arm}


def small(**settings):
    lines = [
        LAST,
        ("a0", "2024-09-02", 300, "1"), ("a0", "2024-09-05", 100, "2"), ("a1", "2024-09-03", 200, "3"),
        ("k0", "2024-09-02", 150, "4"),
    ]  # fmt: skip
    return run(workspace(lines, assignments=PAIR), window=30, margin_rate=0.5, **settings)


def test_every_figure_per_customer_and_in_all_by_hand():
    rows = figures(small())
    each = {name: (row["mean"], row["mean_other"]) for name, row in rows.items()}
    assert each["conversion"] == (0.5, 0.5)
    assert each["orders"] == (0.75, 0.5)
    assert each["spend"] == (150, 75)
    assert each["margin"] == (75, 37.5)
    assert each["contact_cost"] == (6, 0)
    assert each["net_profit"] == (69, 37.5)
    assert each["receipt"] == pytest.approx((200, 150))  # 600 kr in three purchases, 150 kr in one
    whole = {name: (row["total"], row["total_other"], row["total_effect"]) for name, row in rows.items()}
    assert whole["conversion"] == (2, 1, 0)
    assert whole["orders"] == pytest.approx((3, 1, 4 * 0.25))
    assert whole["spend"] == pytest.approx((600, 150, 4 * 75))
    assert whole["margin"] == pytest.approx((300, 75, 4 * 37.5))
    assert whole["contact_cost"] == pytest.approx((24, 0, 24))
    assert whole["net_profit"] == pytest.approx((276, 75, 4 * 31.5))
    assert rows["break_even_cost"]["mean"] == pytest.approx(37.5)
    assert rows["roi"]["mean"] == pytest.approx(37.5 / 6 - 1)
    assert rows["top_share"]["mean"] == 1.0


def test_a_fixed_cost_is_part_of_the_contacts_cost():
    rows = figures(small(fixed_cost="Brev:40"))
    assert rows["contact_cost"]["mean"] == 16
    assert rows["contact_cost"]["total"] == 64
    assert rows["net_profit"]["total"] == 276 - 40
    assert rows["break_even_cost"]["mean"] == pytest.approx(27.5)


def test_a_known_cost_returns_with_the_t_interval_of_the_margin():
    result = small()
    rows = figures(result)
    low, high = rows["margin"]["effect_low"], rows["margin"]["effect_high"]
    assert (rows["roi"]["effect_low"], rows["roi"]["effect_high"]) == pytest.approx((low / 6 - 1, high / 6 - 1))
    assert (rows["break_even_cost"]["effect_low"], rows["break_even_cost"]["effect_high"]) == (low, high)


def test_what_a_control_cost_is_not_spent_for_the_difference():
    # both were called at 4 kr, the arm had a letter at 6 kr more: the return is on the 6 kr
    plan = [row | {"contact_cost": 10 if row["arm"] == "Brev" else 4} for row in PAIR]
    lines = [LAST, ("a0", "2024-09-02", 400, "1"), ("a1", "2024-09-03", 200, "3"), ("k0", "2024-09-02", 150, "4")]
    rows = figures(run(workspace(lines, assignments=plan), window=30, margin_rate=0.5))
    assert rows["roi"]["mean"] == pytest.approx((75 - 37.5) / 6 - 1)
    assert rows["break_even_cost"]["mean"] == pytest.approx(75 - 37.5 + 4)


def many(n=500, seed=5, **largest):
    """A test with a covariate: spend before and in the window go together; `largest` adds to one customer's spend."""
    chance = random.Random(seed)
    lines, plan, rows = [LAST], [], []
    for number in range(2 * n):
        arm, who = ("Kontroll", "Brev")[number % 2], f"k{number}"
        usual = chance.lognormvariate(5, 0.6)
        before = round(usual * chance.lognormvariate(0, 0.3), 2)
        after = round(usual * chance.lognormvariate(0, 0.3) + (15 if arm == "Brev" else 0), 2) + largest.get(who, 0)
        lines += [(who, "2024-06-01", before, f"b{number}"), (who, "2024-09-04", after, f"a{number}")]
        plan.append(assigned(who, arm))
        rows.append((arm == "Brev", before, after))
    return workspace(lines, assignments=plan), np.array(rows, dtype=float)


def ways(result):
    return {row["way"]: row for row in result.tables["ways"].to_dict("records")}


def test_lins_line_is_the_interacted_regression_solved_by_least_squares():
    made, rows = many()
    found = ways(run(made, window=30))
    treated, x, y = rows.T
    centred = x - x.mean()
    design = np.column_stack([np.ones(len(x)), treated, centred, treated * centred])
    weights, *_ = np.linalg.lstsq(design, y, rcond=None)
    assert found["lin"]["effect"] == pytest.approx(weights[1], rel=1e-9)
    # robust errors (HC0) of the same regression, by hand; ours has n - 2 in place of n
    residual = y - design @ weights
    bread = np.linalg.inv(design.T @ design)
    error = np.sqrt((bread @ (design.T * residual**2) @ design @ bread)[1, 1])
    half = (found["lin"]["effect_high"] - found["lin"]["effect_low"]) / 2
    assert half == pytest.approx(1.959964 * error, rel=0.02)


def test_cuped_is_the_regression_with_one_slope_and_narrows_the_interval():
    made, rows = many()
    found = ways(run(made, window=30))
    treated, x, y = rows.T
    design = np.column_stack([np.ones(len(x)), treated, x])
    weights, *_ = np.linalg.lstsq(design, y, rcond=None)
    # one θ pooled within the arms is the slope of that regression, so its difference is the same
    assert found["cuped"]["effect"] == pytest.approx(weights[1], rel=1e-9)
    width = {way: row["effect_high"] - row["effect_low"] for way, row in found.items()}
    gain = found["cuped"]["variance_reduction"]
    assert gain > 0.3
    assert width["cuped"] == pytest.approx(width["plain"] * np.sqrt(1 - gain), rel=0.01)


def test_the_capped_line_is_the_difference_of_values_cut_at_the_pooled_percentile():
    made, rows = many(k1=90_000)
    result = run(made, window=30)
    treated, _, y = rows.T
    cut = np.minimum(y, np.quantile(y, 0.999))
    assert ways(result)["capped"]["effect"] == pytest.approx(cut[treated == 1].mean() - cut[treated == 0].mean())
    assert ways(result)["plain"]["effect"] == pytest.approx(y[treated == 1].mean() - y[treated == 0].mean())
    notes = {note.code: note.values for note in result.notes}
    brev = np.sort(y[treated == 1])[-5:].sum()
    assert notes["few_carry_sales"]["share"] == pytest.approx(brev / y[treated == 1].sum())
    assert notes["hangs_on_large_buyers_share"]["share"] == pytest.approx(
        brev / 500 / (y[treated == 1].mean() - y[treated == 0].mean())
    )


def test_among_companies_the_cap_is_lower():
    # 1,000 buyers spend 1 to 1,000 kr: type 7 percentiles 99.9 and 99.5 are 999.001 and 995.005
    lines = [LAST] + [(f"k{n}", "2024-09-02", n + 1, f"o{n}") for n in range(1000)]
    plan = [assigned(f"k{n}", ("A", "B")[n % 2]) for n in range(1000)]
    for kind, cap in (("person", 999.001), ("company", 995.005)):
        people = [{"customer_id": f"k{n}", "customer_type": kind} for n in range(1000)]
        found = ways(run(workspace(lines, people, assignments=plan), window=30, control="A"))["capped"]
        cut = np.minimum(np.arange(1, 1001), cap)
        assert found["effect"] == pytest.approx(cut[1::2].mean() - cut[::2].mean())
