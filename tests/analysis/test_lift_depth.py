"""Lift day by day, repeat purchase, by groups of customers and by what was sold: by hand and from a planted truth."""

import random
from datetime import date, timedelta

import pyarrow as pa
import pytest
from scipy import stats

from insight.analysis import registry
from tests.analysis.test_lift import LAST, SENT, assigned, rows_of, run
from tests.build import workspace

PAIR = [assigned(who, arm) for who, arm in (("a1", "Brev"), ("a2", "Brev"), ("k1", "Kontroll"), ("k2", "Kontroll"))]


def test_the_curve_sums_day_by_day_and_ends_at_the_verdict():
    lines = [LAST, ("a1", "2024-09-01", 10), ("a1", "2024-09-03", 20, "two"), ("k1", "2024-09-02", 6)]
    made = workspace(lines, assignments=PAIR)
    table = run(made, "lift.curve", window=3).table.set_index("day")
    assert table["effect"].tolist() == pytest.approx([5, 5 - 3, 15 - 3])
    interval = stats.ttest_ind([30, 0], [6, 0], equal_var=False).confidence_interval()
    assert (table.loc[2, "effect_low"], table.loc[2, "effect_high"]) == pytest.approx((interval.low, interval.high))
    assert table["decides"].tolist() == ["no", "no", "yes"]
    verdict = rows_of(run(made, window=3), "spend")["Brev"]
    assert verdict.effect_size == pytest.approx(table.loc[2, "effect"])
    assert verdict.effect_size_ci_lower == pytest.approx(table.loc[2, "effect_low"])


def test_the_curve_pays_the_contact_on_day_0_and_counts_a_return_when_it_comes():
    lines = [LAST, ("a1", "2024-09-02", 100), ("a1", "2024-09-04", -40, "back"), ("k2", "2024-09-01", 1)]
    made = workspace(lines, assignments=[row | {"contact_cost": 6 if row["arm"] == "Brev" else 0} for row in PAIR])
    result = run(made, "lift.curve", window=5, margin_rate=0.5)
    assert result.table["effect"].tolist() == pytest.approx([-6.25, 25 - 6.25, 18.75, 15 - 6.25, 8.75])
    assert result.metrics["paid_back"].value == 1


def test_repeat_purchase_counts_later_days_of_those_whose_days_are_all_there():
    lines = [
        ("x", "2024-11-01", 1),
        ("a1", "2024-09-02", 5), ("a1", "2024-09-02", 5, "same day"), ("a1", "2024-09-20", 5, "again"),
        ("a2", "2024-09-29", 5), ("a2", "2024-11-01", 5, "again, but not all of its days are there"),
        ("k1", "2024-09-02", 5), ("k1", "2024-10-08", 5, "on day 36"), ("k2", "2024-09-03", 5),
    ]  # fmt: skip
    result = run(workspace(lines, assignments=PAIR), "lift.repeat", window=30)
    rows = {row.arm: row for row in result.table.itertuples()}
    assert (rows["Brev"].n_customers, rows["Brev"].n_followed, rows["Brev"].n_again) == (2, 1, 1)
    assert (rows["Kontroll"].n_customers, rows["Kontroll"].n_followed, rows["Kontroll"].n_again) == (2, 2, 0)
    assert rows["Brev"].difference == pytest.approx(1.0)
    assert result.evidence == "association"
    assert result.basis.rows_left_out == {"too_early": 1}


def by_region(effects, n=400, seed=4):
    """A test in two regions with the given rise of spend per customer in each."""
    chance = random.Random(seed)
    lines, plan, people = [LAST], [], []
    for number in range(2 * n):
        region = ("Norr", "Syd")[number % 2]
        arm = ("Brev", "Kontroll")[number // 2 % 2]
        amount = 200 + chance.gauss(0, 40) + (effects[region] if arm == "Brev" else 0)
        lines.append((f"k{number}", "2024-09-05", round(amount, 2), f"o{number}"))
        plan.append(assigned(f"k{number}", arm))
        people.append({"customer_id": f"k{number}", "region": region})
    return workspace(lines, people, assignments=plan), lines[1:]


def test_groups_with_different_effects_are_told_apart():
    made, lines = by_region({"Norr": 60, "Syd": 0})
    result = run(made, "lift.segments", by="region")
    assert result.headline.key == "lift.segments_differ"
    assert result.headline.values["segment"] == "Norr"
    assert result.metrics["interaction"].value < 0.001
    rows = {row.segment: row for row in result.table.itertuples()}
    north = [float(line[2]) for line in lines[::2]]
    interval = stats.ttest_ind(north[::2], north[1::2], equal_var=False).confidence_interval()
    assert (rows["Norr"].effect_low, rows["Norr"].effect_high) == pytest.approx((interval.low, interval.high))
    assert rows["Norr"].pvalue <= rows["Norr"].pvalue_adjusted
    response = result.tables["response"]
    assert response["n_customers"].sum() == 800
    assert set(response["bought"]) == {"yes"}


def test_groups_with_the_same_effect_are_not_told_apart():
    made, _ = by_region({"Norr": 30, "Syd": 30})
    result = run(made, "lift.segments", by="region")
    assert result.headline.key == "lift.segments_alike"
    # (1.959964 + 0.841621) standard errors of the difference between the two: what the test could have seen
    half = [(row.effect_high - row.effect_low) / 2 for row in result.table.itertuples()]
    errors = [width / stats.t.ppf(0.975, 398) for width in half]
    assert result.headline.values["seen"] == pytest.approx(
        2.801585 * (errors[0] ** 2 + errors[1] ** 2) ** 0.5, rel=1e-3
    )
    assert {note.code for note in result.notes} >= {"exploratory"}


def test_groups_are_those_before_the_test():
    # everyone buys for the first time after the letter: nobody had a value class then
    made, _ = by_region({"Norr": 30, "Syd": 0}, n=60)
    assert set(run(made, "lift.segments", by="value_tiers").table["segment"]) == {"none_yet"}


def goods(who, day, amount, category, order):
    return {"customer_id": who, "ordered_at": day, "amount": amount, "category": category, "order_id": order}


def test_what_sold_adds_up_and_shows_what_was_bought_anyway():
    lines = [
        goods("later", "2024-12-31", 1, "stol", "z"),
        goods("a1", "2024-09-02", 100, "stol", "1"), goods("a1", "2024-09-02", 30, "lampa", "1"),
        goods("a2", "2024-09-03", 50, "stol", "2"), goods("a2", "2024-09-20", -10, None, "3"),
        goods("k1", "2024-09-02", 40, "lampa", "4"), goods("k2", "2024-10-01", 999, "stol", "5"),
    ]  # fmt: skip
    result = run(workspace(lines, assignments=PAIR), "lift.sold", window=30)
    rows = {row.value: row for row in result.table.itertuples()}
    assert (rows["stol"].mean, rows["stol"].anyway, rows["stol"].effect) == pytest.approx((75, 0, 75))
    assert (rows["lampa"].mean, rows["lampa"].anyway, rows["lampa"].effect) == pytest.approx((15, 20, -5))
    assert rows["unknown"].effect == pytest.approx(-5)
    assert rows["stol"].share_difference == pytest.approx(75 / 65)
    assert result.basis.sum_check.difference == 0
    assert result.headline.values["value"] == "stol"


def chosen_arms():
    chance = random.Random(1)
    lines, plan = [LAST], []
    for number in range(400):
        best = number % 2 == 0
        lines.append((f"k{number}", "2024-05-01", (900 if best else 100) * (0.5 + chance.random()), f"f{number}"))
        lines.append(goods(f"k{number}", "2024-09-05", 500 if best else 50, "stol", f"e{number}"))
        plan.append(assigned(f"k{number}", "VIP" if best else "Kontroll", 1))
    return workspace(lines, assignments=plan)


@pytest.mark.parametrize("key", ["lift.curve", "lift.segments", "lift.sold"])
def test_chosen_arms_get_no_effect_on_any_page(key):
    made = chosen_arms()
    result = run(made, key, margin_rate=0.4)
    assert result.headline.key == "lift.verdict_not_drawn"
    assert result.chart is None
    assert all(value is None for value in result.table["effect"])


def test_chosen_arms_get_no_kronor_and_no_p_in_the_verdict():
    result = run(chosen_arms(), margin_rate=0.4, window=30)
    assert "effect" not in result.metrics
    assert all(row["total"] is None for row in result.tables["money"].to_dict("records"))
    assert result.table["pvalue"].isna().all()
    assert rows_of(result, "spend")["VIP"].effect_size == pytest.approx(450)  # shown, as an association


def test_arms_from_one_hat_are_hardly_ever_called_chosen():
    # 60 draws at p < 0.001: more than one alarm has a chance below 0.002
    chance = random.Random(8)
    lines = [LAST]
    for number in range(300):
        day = SENT - timedelta(days=chance.randrange(1, 300))
        lines.append((f"k{number}", str(day), round(chance.lognormvariate(6, 1), 2), f"o{number}"))
    lines += [(f"k{number}", "2024-09-03", 10, f"after{number}") for number in range(0, 300, 3)]
    made = workspace(lines, assignments=[assigned("k0", "A"), assigned("k1", "B")])
    alarms = 0
    for seed in range(60):
        chance = random.Random(seed)
        arms = pa.table({"who": [f"k{n}" for n in range(300)], "drawn": [chance.choice("AB") for _ in range(300)]})
        with made.query() as query:
            query.put("drawn_arms", arms)
            query.make("assignments", _AS_ASSIGNED)  # stands before the file's own
            alarms += registry.run(query, "lift.checks", {"window": "30"}).headline.key == "lift.checks_not_drawn"
    assert alarms <= 1


_AS_ASSIGNED = """
    SELECT who AS customer_id, drawn AS arm, 'brev' AS test, DATE '2024-09-01' AS assigned_on,
        CAST(NULL AS DECIMAL(18, 4)) AS contact_cost, false AS is_control
    FROM drawn_arms
"""


def test_arms_that_bought_alike_pass_and_the_missing_plan_is_asked_for():
    lines = [LAST] + [(f"k{n}", str(date(2024, 6, 1)), 100 + n % 7, f"o{n}") for n in range(200)]
    lines += [(f"k{n}", "2024-09-03", 10, f"after{n}") for n in range(50)]
    plan = [assigned(f"k{n}", ("Brev", "Kontroll")[n // 7 % 2]) for n in range(200)]
    result = run(workspace(lines, assignments=plan), "lift.checks", window=30)
    assert result.headline.key == "lift.checks_fine_unplanned"
    states = dict(zip(result.tables["checks"]["check"], result.tables["checks"]["state"], strict=True))
    assert states == {"sizes": "ask", "alike": "ok", "window": "ok", "one_arm": "ok"}


@pytest.mark.parametrize(("days", "claims"), [(0, True), (3, True), (50, False)])
def test_arms_assigned_at_other_times_get_no_effect_claimed(days, claims):
    lines, plan = [LAST], []
    for number in range(400):
        arm, on = ("Kontroll", SENT) if number % 2 else ("Brev", SENT + timedelta(days=days))
        lines.append((f"k{number}", str(on + timedelta(days=2)), 100 + number % 7, f"o{number}"))
        plan.append(assigned(f"k{number}", arm, on=on))
    result = run(workspace(lines, assignments=plan), window=30)
    assert (result.headline.key != "lift.verdict_other_times") == claims
    assert ("effect" in result.metrics) == claims
    states = dict(zip(result.tables["checks"]["check"], result.tables["checks"]["state"], strict=True))
    assert states.get("days") == {0: None, 3: "care", 50: "stop"}[days]
    assert result.evidence == ("control" if claims else "association")


def test_customers_who_arrive_at_random_are_not_taken_for_other_times():
    chance = random.Random(3)
    lines, plan = [LAST], []
    for number in range(600):
        on = SENT + timedelta(days=chance.randrange(60))
        lines.append((f"k{number}", str(on), 100 + number % 7, f"o{number}"))
        plan.append(assigned(f"k{number}", ("Kontroll", "Brev")[number % 2], on=on))
    checks = run(workspace(lines, assignments=plan), "lift.checks", window=30).tables["checks"]
    assert "days" not in set(checks["check"])
