"""Lift in kronor: without a control, with costs that change, with no margin; and what must never be a dash or a NaN."""

import json
import math

import pytest

from insight.analysis import registry
from insight.errors import InsightError
from insight.export import as_json
from tests.analysis.test_lift import LAST, assigned, four_arms, rows_of, run
from tests.build import workspace


def three_arms(**cost):
    """'aa' spends 200 or 100, 'bb' 100 or 50, 'cc' 20 or 10: means 150, 75 and 15; no arm is called control."""
    lines, plan = [LAST], []
    for arm, most in (("aa", 200), ("bb", 100), ("cc", 20)):
        for number in range(100):
            who = f"{arm}{number}"
            lines.append((who, "2024-09-05", most if number % 2 else most / 2, f"o-{who}"))
            plan.append(assigned(who, arm, cost.get(arm)))
    return workspace(lines, assignments=plan)


def paid(result):
    return {row["arm"]: row for row in result.tables["money"].to_dict("records")}


def test_without_control_the_winner_is_told_against_the_best_other_arm_in_kronor():
    result = run(three_arms(aa=5, bb=5, cc=0), window=30, margin_rate=1)
    assert result.headline.key == "lift.verdict_won_uncontrolled"
    assert result.headline.values["arm"] == "aa"  # also the arm that the table compares the others with
    assert result.headline.values["total"] == pytest.approx(100 * (145 - 70))
    half = math.sqrt((2500 + 625) / 99) * 1.975  # t at Welch's 145 degrees of freedom is 1.976
    assert result.metrics["effect"].low == pytest.approx(75 - half, abs=0.05)
    assert paid(result)["aa"]["other"] == "bb"
    assert paid(result)["aa"]["break_even_cost"] == pytest.approx(150 - 75 + 5)
    assert paid(result)["cc"]["effect"] == pytest.approx(15 - 145)
    assert "no_control" in {note.code for note in result.notes}
    assert result.evidence == "control"  # drawn arms are measured; each is the other's control
    dashes = {name for name, metric in result.metrics.items() if metric.value is None}
    assert dashes == {"roi", "sample_ratio_pvalue", "balance_pvalue"}  # no control, no plan, no history


def test_every_arm_has_a_mean_on_every_metric_whatever_its_effect():
    result = run(three_arms(aa=5), window=30, margin_rate=0.5)
    for metric in ("conversion", "orders", "spend", "margin", "net_profit"):
        assert {arm: row.mean for arm, row in rows_of(result, metric).items() if row.mean is None} == {}
    assert rows_of(result, "spend")["aa"].effect_size is None
    assert rows_of(result, "conversion")["cc"].effect_size == 0


def little(**settings):
    made = workspace(
        [
            {"customer_id": "a1", "ordered_at": "2024-09-01", "amount": 100, "cost": 60},
            {"customer_id": "a2", "ordered_at": "2024-09-10", "amount": 30, "cost": 12},
            {"customer_id": "k1", "ordered_at": "2024-09-30", "amount": 30, "cost": 10},
            {"customer_id": "x", "ordered_at": "2024-12-31", "amount": 1, "cost": 0},
        ],
        assignments=[assigned(f"a{i}", "Brev", 6) for i in (1, 2, 3)]
        + [assigned(f"k{i}", "Kontroll", 0) for i in (1, 2, 3)],
    )
    return run(made, window=30, **settings)


def test_a_fixed_cost_enters_net_total_return_and_break_even():
    more = 58 / 3 - 20 / 3  # margin per customer: 58 against 20 among three
    result = little(fixed_cost="Brev:300")
    row = paid(result)["Brev"]
    assert row["total"] == pytest.approx(3 * (more - 6) - 300)
    assert row["roi"] == pytest.approx(more / (6 + 100) - 1)
    assert row["break_even_cost"] is None  # no cost per contact makes up for 100 kr a customer
    assert float(row["net"]) == pytest.approx(58 - 18 - 300)
    assert rows_of(result, "net_profit")["Brev"].mean == pytest.approx(58 / 3 - 106)


def test_a_fixed_cost_turns_a_winner_into_a_loser():
    lines, plan, _ = four_arms(n=1500, seed=11)
    made = workspace(lines, assignments=[row | {"contact_cost": 0} for row in plan])
    won = run(made, window=30, margin_rate=0.5)
    lost = run(made, window=30, margin_rate=0.5, fixed_cost="båda:300000,brev:300000,e-post:300000")
    assert won.metrics["total"].value > 0
    assert lost.headline.key == "lift.verdict_loses"
    assert lost.headline.values["total"] > 0  # told as a loss, without a minus sign


def test_a_cost_that_is_given_counts_as_the_same_cost_in_the_file():
    lines, plan, _ = four_arms(n=300, seed=5)
    costs = {"kontroll": 0, "e-post": 1, "brev": 7, "båda": 8}
    in_file = workspace(lines, assignments=[row | {"contact_cost": costs[row["arm"]]} for row in plan])
    bare = workspace(lines, assignments=plan)
    told = ",".join(f"{arm}:{cost}" for arm, cost in costs.items())
    ours, theirs = run(bare, window=30, margin_rate=0.4, cost=told), run(in_file, window=30, margin_rate=0.4)
    for mine, file in zip(ours.table.to_dict("records"), theirs.table.to_dict("records"), strict=True):
        assert mine == pytest.approx(file)
    for name, value in paid(theirs)["brev"].items():
        assert paid(ours)["brev"][name] == (value if isinstance(value, str) else pytest.approx(value)), name
    # and the depth pages, which ask the data again, say the same
    last = run(bare, "lift.curve", window=30, margin_rate=0.4, cost=told).table.query("decides == 'yes'")
    effects = {row.arm: row.effect for row in last.itertuples()}
    assert effects["brev"] == pytest.approx(rows_of(ours, "net_profit")["brev"].effect_size)


def test_what_is_kept_between_questions_goes_when_the_data_change():
    made = three_arms(aa=5)
    before = run(made, window=30, margin_rate=1)
    more = workspace([("aa1", "2024-09-06", 1000, "new")])
    with more.query() as query:
        extra = query.arrow("SELECT customer_id, ordered_at, amount, order_id FROM transactions")
    made.load_tables({"transactions": extra}, name="more")
    after = run(made, window=30, margin_rate=1)
    assert rows_of(after, "spend")["aa"].mean == pytest.approx(rows_of(before, "spend")["aa"].mean + 10)


def test_without_margin_sales_stand_in_also_in_words():
    result = run(three_arms(aa=5, bb=5), window=30)
    assert result.headline.values["metric"].key == "lift.metric.spend"
    assert result.headline.values["total"] == pytest.approx(100 * (150 - 75))
    assert all(row.mean is None for metric in ("margin", "net_profit") for row in rows_of(result, metric).values())
    assert {"no_margin"} <= {note.code for note in result.notes}
    assert "roi" in result.metrics
    assert result.metrics["roi"].value is None


def test_json_has_null_and_never_a_number_that_is_none():
    made = three_arms(aa=5)
    for settings in ({}, {"margin_rate": 0.4}, {"planned": "aa:1,bb:1,cc:20"}):
        with made.query() as query:
            result = registry.run(query, "lift.verdict", {"window": "30"} | {k: str(v) for k, v in settings.items()})
        form = json.loads(as_json.dumps(as_json.result_json(result, "SEK")))  # refuses NaN by itself
        for row in form["table"]["rows"]:
            assert len(row) == len(form["table"]["columns"])
    blocked = {row[0]: row[4] for row in form["table"]["rows"]}
    assert blocked == {"aa": None, "bb": None, "cc": None}


def test_a_percentage_beside_a_loss_is_told_in_kronor_first():
    # twice as many buy after the letter, and every letter costs more than all that they bought
    lines, plan = [LAST], []
    for number in range(2000):
        arm = ("brev", "sms")[number % 2]
        buys = number % 10 in ((0, 2, 4, 6) if arm == "brev" else (1, 3))
        if buys:
            lines.append((f"k{number}", "2024-09-05", 90 + number % 20, f"o{number}"))
        plan.append(assigned(f"k{number}", arm, 50 if arm == "brev" else 0.1))
    result = run(workspace(lines, assignments=plan), window=30, margin_rate=0.4)
    note = next(note for note in result.notes if note.code == "lift_despite_loss_own")
    assert note.values["arm"] == "brev"
    assert note.values["rel"] == pytest.approx(4 * 98 / (2 * 97) - 1)  # mean baskets 98 and 97 kr
    assert float(note.values["total"]) == pytest.approx(800 * 98 * 0.4 - 1000 * 50)
    assert result.headline.values["arm"] == "sms"


def test_without_a_percentage_the_loss_is_told_beside_the_kronor_of_sales():
    # 60 against 5 buyers: too few for a relative difference, and the letters still cost more than they gave
    lines, plan = [LAST], []
    for number in range(1000):
        arm = ("brev", "sms")[number % 2]
        if number < (120 if arm == "brev" else 10):
            lines.append((f"k{number}", "2024-09-05", 200 + number % 8, f"o{number}"))
        plan.append(assigned(f"k{number}", arm, 100 if arm == "brev" else 1))
    result = run(workspace(lines, assignments=plan), window=30, margin_rate=0.5)
    note = next(note for note in result.notes if note.code == "lift_despite_loss_own_kr")
    sales = {arm: row.mean * row.n_obs for arm, row in rows_of(result, "spend").items()}
    assert float(note.values["total"]) == pytest.approx(sales["brev"] / 2 - 500 * 100)
    assert note.values["more"] == pytest.approx(sales["brev"] - sales["sms"])


def lossy(arms=("brev", "sms", "mejl", "push")):
    """Control: 400 of 1,000 buy for 100, 'brev' 440 at 4.45 kr a letter, the others 410 at no cost.
    At half in margin a letter loses 2.45 kr a customer, 2.2 standard errors."""
    lines, plan = [LAST], []
    for arm in ("kontroll", *arms):
        buyers = {"kontroll": 400, "brev": 440}.get(arm, 410)
        for number in range(1000):
            who = f"{arm}{number}"
            if number < buyers:
                lines.append((who, "2024-09-05", 100, f"o-{who}"))
            plan.append(assigned(who, arm, 4.45 if arm == "brev" else 0))
    return workspace(lines, assignments=plan)


def test_a_loss_that_the_correction_does_not_show_is_told_as_no_difference_shown():
    alone = run(lossy(("brev",)), window=30, margin_rate=0.5)
    several = run(lossy(), window=30, margin_rate=0.5)
    error = 50 * math.sqrt((0.44 * 0.56 + 0.40 * 0.60) / 999)
    p = rows_of(alone, "net_profit")["brev"].pvalue
    assert p == pytest.approx(math.erfc(2.45 / error / math.sqrt(2)), rel=0.01)  # 0.027: shown alone, not times four
    assert alone.headline.key == "lift.verdict_loses"
    assert "lift_despite_loss" in {note.code for note in alone.notes}
    assert several.headline.key == "lift.verdict_no_effect"
    codes = {note.code: note for note in several.notes}
    assert "lift_despite_loss" not in codes
    assert codes["lift_loss_not_shown"].values["p"] == pytest.approx(4 * p)
    assert codes["lift_loss_not_shown"].values["n"] == 4
    assert paid(several)["brev"]["total_high"] < 0
    told = several.tables["effects"].set_index("arm").loc["brev"]
    assert told["pvalue_adjusted"] == pytest.approx(4 * p)


def test_many_looks_cost_about_half_the_width_again():
    # methods 1: at the planned size the always-valid interval is 1.55 times the fixed one
    lines, plan, _ = four_arms(n=500, seed=9)
    made = workspace(lines, assignments=plan)
    one, many = (rows_of(run(made, window=30, looks=looks), "spend")["brev"] for looks in ("one", "many"))
    width = [row.effect_size_ci_upper - row.effect_size_ci_lower for row in (one, many)]
    assert width[1] / width[0] == pytest.approx(1.55, abs=0.02)
    assert many.effect_size == pytest.approx(one.effect_size)
    assert many.pvalue > one.pvalue


def test_a_cost_below_0_in_the_file_is_named_and_gives_way_to_the_one_given():
    made = three_arms(aa=-5, bb=5, cc=0)
    with pytest.raises(InsightError) as refused:
        run(made, window=30, margin_rate=1)
    assert (refused.value.key, refused.value.values["arm"]) == ("lift.negative_cost", "aa")
    result = run(made, window=30, margin_rate=1, cost="aa:5")
    assert result.headline.values["total"] == pytest.approx(100 * (145 - 70))
    last = run(made, "lift.curve", window=30, margin_rate=1, cost="aa:5").table.query(
        "decides == 'yes' and arm == 'aa'"
    )
    assert last["effect"].tolist() == pytest.approx([145 - 70])
