"""Lift by hand, against tea-tasting, and with the traps that must stop a verdict."""

import random
from datetime import date, timedelta

import pandas as pd
import pytest
import tea_tasting as tt

from insight.analysis import registry
from insight.errors import InsightError
from tests.build import workspace

SENT = date(2024, 9, 1)


def assigned(who, arm, cost=None, on=SENT, **more):
    return {"customer_id": who, "arm": arm, "assigned_on": str(on), "contact_cost": cost, "test": "brev", **more}


def run(made, key="lift.verdict", **settings):
    with made.query() as query:
        return registry.run(query, key, {name: str(value) for name, value in settings.items()})


def rows_of(result, metric):
    table = result.table[result.table["metric"] == metric]
    return {row.arm: row for row in table.itertuples()}


LAST = ("later", "2024-12-31", 1)


def test_three_against_three_by_hand():
    made = workspace(
        [
            {"customer_id": "a1", "ordered_at": "2024-09-01", "amount": 100, "cost": 60},  # day 0 counts
            {"customer_id": "a2", "ordered_at": "2024-09-10", "amount": 50, "cost": 20},
            {"customer_id": "a2", "ordered_at": "2024-09-12", "amount": -20, "cost": -8},  # a return lowers spend
            {"customer_id": "a3", "ordered_at": "2024-10-01", "amount": 999, "cost": 1},  # day 30: outside
            {"customer_id": "k1", "ordered_at": "2024-09-30", "amount": 30, "cost": 10},  # day 29: inside
            {"customer_id": "x", "ordered_at": "2024-12-31", "amount": 1, "cost": 0},
        ],
        assignments=[assigned(f"a{i}", "Brev", 6) for i in (1, 2, 3)]
        + [assigned(f"k{i}", "Kontroll", 0) for i in (1, 2, 3)],
    )
    result = run(made, window=30)
    spend, orders, margin = rows_of(result, "spend"), rows_of(result, "orders"), rows_of(result, "margin")
    assert (spend["Brev"].mean, spend["Kontroll"].mean) == pytest.approx((130 / 3, 10))
    assert (orders["Brev"].mean, orders["Kontroll"].mean) == pytest.approx((2 / 3, 1 / 3))
    assert (margin["Brev"].mean, margin["Kontroll"].mean) == pytest.approx((58 / 3, 20 / 3))
    assert rows_of(result, "net_profit")["Brev"].mean == pytest.approx(58 / 3 - 6)
    assert rows_of(result, "net_profit")["Brev"].effect_size == pytest.approx(58 / 3 - 6 - 20 / 3)
    paid = result.tables["money"].set_index("arm")
    assert float(paid.loc["Brev", "total"]) == pytest.approx(3 * (58 / 3 - 6 - 20 / 3))
    assert float(paid.loc["Brev", "break_even_cost"]) == pytest.approx(58 / 3 - 20 / 3)
    assert [note.code for note in result.notes].count("sample_ratio_unchecked") == 1


def four_arms(n=1200, seed=3):
    chance = random.Random(seed)
    lines, plan, people = [LAST], [], []
    for number in range(4 * n):
        arm = ("kontroll", "e-post", "brev", "båda")[number % 4]
        who = f"k{number}"
        buys = chance.random() < 0.25 + 0.03 * (number % 4)
        orders = 1 + (chance.random() < 0.3) if buys else 0
        amounts = [round(chance.lognormvariate(5.5, 0.8), 2) for _ in range(orders)]
        lines += [
            (who, str(SENT + timedelta(days=chance.randrange(30))), x, f"{who}-{i}") for i, x in enumerate(amounts)
        ]
        plan.append(assigned(who, arm))
        people.append({"arm": arm, "bought": int(buys), "orders": orders, "spend": sum(amounts)})
    return lines, plan, pd.DataFrame(people)


def test_four_arms_agree_with_tea_tasting_to_the_ninth_decimal():
    lines, plan, people = four_arms()
    result = run(workspace(lines, assignments=plan), window=30)
    for arm in ("e-post", "brev", "båda"):
        pair = people[people["arm"].isin(["kontroll", arm])].assign(
            variant=lambda d: (d["arm"] != "kontroll").astype(int)
        )
        theirs = tt.Experiment(conversion=tt.Mean("bought"), orders=tt.Mean("orders"), spend=tt.Mean("spend")).analyze(
            pair
        )
        for metric in ("conversion", "orders", "spend"):
            ours, other = rows_of(result, metric)[arm], theirs[metric]
            assert ours.effect_size == pytest.approx(other.effect_size, rel=1e-9)
            assert ours.effect_size_ci_lower == pytest.approx(other.effect_size_ci_lower, rel=1e-9)
            assert ours.effect_size_ci_upper == pytest.approx(other.effect_size_ci_upper, rel=1e-9)
            assert ours.pvalue == pytest.approx(other.pvalue, rel=1e-9)


def test_sizes_against_the_plan_block_the_verdict():
    # growthbook, SRM: 1000 against 1200 at 50/50 has p = 2.0079e-05
    plan = [assigned(f"a{i}", "A") for i in range(1000)] + [
        assigned(f"b{i}", "B", is_control=True) for i in range(1200)
    ]
    made = workspace([LAST, ("a1", "2024-09-02", 10), ("b1", "2024-09-02", 10)], assignments=plan)
    assert run(made, "lift.checks", planned="A:0.5,B:0.5", window=30).metrics[
        "sample_ratio_pvalue"
    ].value == pytest.approx(2.0079e-05, abs=5e-10)
    result = run(made, planned="A:0.5,B:0.5", window=30)
    assert "sample_ratio_mismatch" in [note.code for note in result.notes]
    assert result.headline.key == "lift.verdict_blocked"
    assert result.table["effect_size"].isna().all()


def test_chosen_arms_get_no_effect_claimed():
    chance = random.Random(1)
    lines, plan = [LAST], []
    for number in range(600):
        best = number % 2 == 0
        who = f"k{number}"
        lines.append((who, "2024-05-01", (900 if best else 100) * (0.5 + chance.random()), f"f{number}"))
        lines.append((who, "2024-09-05", 500 if best else 50, f"e{number}"))
        plan.append(assigned(who, "VIP" if best else "Kontroll", 1))
    result = run(workspace(lines, assignments=plan), window=30, margin_rate=0.4)
    assert result.headline.key == "lift.verdict_not_drawn"
    assert result.evidence == "association"
    assert "arms_not_drawn" in [note.code for note in result.notes]


def test_who_is_left_out_is_counted_and_the_arm_plays_no_part():
    plan = [assigned("a", "A"), assigned("a", "B"), assigned("b", "A"), assigned("c", "b "), assigned("d", "B"),
            assigned("late", "A", on=date(2024, 12, 20)), assigned("nobody", "A")]  # fmt: skip
    made = workspace([LAST, ("b", "2024-09-02", 10), ("c", "2024-09-03", 20), ("d", "2024-09-03", 5)], assignments=plan)
    result = run(made, window=30, control="B")
    codes = {note.code for note in result.notes}
    assert {
        "customers_in_two_arms",
        "windows_incomplete",
        "arm_spellings",
        "assigned_unknown",
        "no_margin",
        "no_cost",
    } <= codes
    assert result.basis.rows_left_out == {"two_arms": 1, "window_incomplete": 1}
    assert {row.arm: row.n_obs for row in rows_of(result, "spend").values()} == {"B": 2, "A": 2}
    assert rows_of(result, "net_profit")["A"].mean is None or pd.isna(rows_of(result, "net_profit")["A"].mean)


@pytest.mark.parametrize(
    ("plan", "settings", "key"),
    [
        ([assigned("a", "A")], {}, "lift.one_arm"),
        ([assigned("a", "A", -1), assigned("b", "B", 1)], {}, "lift.negative_cost"),
        ([assigned("a", "A"), assigned("b", "B")], {"window": 365}, "lift.window_not_complete"),
        ([assigned("a", "A"), assigned("b", "B")], {"window": 30}, "lift.no_sales"),
        ([assigned("a", "A"), assigned("b", "B")], {"test": "okänt"}, "lift.unknown_test"),
        ([assigned("a", "A"), assigned("b", "B")], {"control": "C"}, "lift.unknown_arm"),
        ([assigned("a", "A"), assigned("b", "B")], {"planned": "A:1"}, "lift.planned_missing"),
        ([assigned("a", "A"), assigned("b", "B")], {"planned": "A:1,B:1,C:1"}, "lift.unknown_arm"),
        ([assigned("a", "A"), assigned("b", "B")], {"planned": "A:nan,B:1"}, "setting.not_a_number"),
        ([assigned("a", "A"), assigned("b", "B")], {"cost": "A:inf"}, "setting.not_a_number"),
        ([assigned("a", "A"), assigned("b", "B")], {"margin_rate": "nan"}, "setting.not_a_number"),
        ([assigned("a", "A"), assigned("b", "B")], {"fixed_cost": "A:1e400"}, "setting.not_a_number"),
    ],
)
def test_what_cannot_be_judged_says_why(plan, settings, key):
    made = workspace([LAST], assignments=plan)
    with pytest.raises(InsightError) as refused:
        run(made, **settings)
    assert refused.value.key == key


def test_a_winner_is_told_in_kronor_and_a_costly_one_is_not():
    lines, plan, _ = four_arms(n=1500, seed=11)
    cheap = [row | {"contact_cost": 0 if row["arm"] == "kontroll" else 1} for row in plan]
    dear = [row | {"contact_cost": 0 if row["arm"] == "kontroll" else 60} for row in plan]
    won = run(
        workspace(lines, assignments=cheap), window=30, margin_rate=0.5, planned="kontroll:1,e-post:1,brev:1,båda:1"
    )
    lost = run(workspace(lines, assignments=dear), window=30, margin_rate=0.5)
    assert won.headline.key in ("lift.verdict_won", "lift.verdict_several")
    assert won.evidence == "control"
    assert lost.headline.key == "lift.verdict_loses"


def staggered(short_on=None, n=300):
    """Two arms at 1:1 over five days; on one day half of arm B is lost."""
    plan, lines = [], [LAST]
    for number in range(n * 5):
        day = SENT + timedelta(days=number % 5)
        arm = "AB"[(number // 5) % 2]
        if day == short_on and arm == "B" and (number // 10) % 2:
            continue
        plan.append(assigned(f"k{number}", arm, on=day, is_control=arm == "A"))
        lines.append((f"k{number}", str(day), 10 + number % 7, f"o{number}"))
    return workspace(lines, assignments=plan)


def test_a_day_on_which_an_arm_was_lost_is_named():
    short = SENT + timedelta(days=2)
    result = run(staggered(short), "lift.checks", planned="A:1,B:1", window=30)
    # by hand: 150 against 75 on that day, 112.5 planned in each: χ² = 2·37.5²/112.5 = 25
    worst = result.tables["sizes"].iloc[0]
    assert (worst["division"], worst["value"], worst["n_customers"]) == ("day", str(short), 225)
    assert worst["planned"] == 112  # whole customers
    assert worst["pvalue"] == pytest.approx(5.733e-07, rel=1e-3)  # χ² of 25 with one degree of freedom
    told = {note.code: note.values for note in result.notes}
    assert told["sizes_off_in"]["value"] == str(short)


def test_an_even_loss_is_no_single_days_and_without_a_plan_nothing_is_said():
    made = staggered()
    even = run(made, "lift.checks", planned="A:1,B:2", window=30)
    assert "sizes_off_evenly" in {note.code for note in even.notes}
    assert run(made, "lift.checks", window=30).tables["sizes"].empty
    fine = run(made, "lift.checks", planned="A:1,B:1", window=30)
    assert not {note.code for note in fine.notes} & {"sizes_off_in", "sizes_off_evenly"}


def test_a_window_that_nobody_chose_stands_among_the_checks():
    made = workspace(
        [("a", "2024-09-02", 10), ("b", "2024-09-12", 20)], assignments=[assigned("a", "A"), assigned("b", "B")]
    )
    states = dict(run(made).tables["checks"][["check", "state"]].itertuples(index=False))
    assert states["short"] == "care"
    assert "short" not in set(run(made, window=12).tables["checks"]["check"])


def test_two_arms_marked_as_control_are_told_until_one_is_chosen():
    lines, plan, _ = four_arms(n=60)
    marked = [row | {"is_control": row["arm"] in ("kontroll", "e-post")} for row in plan]
    made = workspace(lines, assignments=marked)
    result = run(made, window=30)
    told = {note.code: note.values for note in result.notes}["several_controls"]
    assert (told["arm"], told["names"]) == ("e-post", "kontroll")
    assert "controls" in set(result.tables["checks"]["check"])
    chosen = run(made, window=30, control="kontroll")
    assert "several_controls" not in {note.code for note in chosen.notes}


def test_the_verdicts_table_has_the_columns_that_others_read():
    lines, plan, _ = four_arms(n=60)
    bare = run(workspace(lines, assignments=plan), window=30)
    assert list(bare.table.columns) == [
        "arm", "metric", "n_obs", "mean", "effect_size", "effect_size_ci_lower", "effect_size_ci_upper",
        "rel_effect_size", "rel_effect_size_ci_lower", "rel_effect_size_ci_upper", "pvalue", "pvalue_adjusted",
    ]  # fmt: skip
    assert len(bare.table) == 4 * 5
    assert set(bare.table["metric"]) == {"conversion", "orders", "spend", "margin", "net_profit"}
    unknown = bare.table[bare.table["metric"].isin(["margin", "net_profit"])]
    assert unknown["mean"].isna().all() and unknown["effect_size"].isna().all()
    assert {"no_margin", "sample_ratio_unchecked"} <= {note.code for note in bare.notes}
