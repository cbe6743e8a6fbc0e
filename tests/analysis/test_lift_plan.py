"""Planning, drawing, totals only, and the register: by hand, and the power that was promised."""

import json
import random

import numpy as np
import pytest
from scipy.stats import ttest_ind

from insight.cli import main
from insight.errors import InsightError
from insight.export.as_csv import csv_text
from insight.ingest.options import ReadOptions
from insight.workspace.store import SourceFile
from tests.analysis.test_lift import assigned, run
from tests.build import workspace


def half_buy(n=100):
    """Everyone bought long ago; in the last month half of them spent 100 and the rest nothing."""
    lines = [(f"k{number}", "2024-01-05", 70, f"old{number}") for number in range(n)]
    lines += [(f"k{number}", "2024-12-31", 100, f"new{number}") for number in range(0, n, 2)]
    return workspace(lines)


def test_the_smallest_effect_by_hand():
    result = run(half_buy(), "lift.plan", size=100)
    row = result.table[result.table["n_in_all"] == 100].iloc[0]
    variance = 100 * 50 * 50 / 99
    assert (row["n_treatment"], row["n_control"]) == (50, 50)
    assert row["mde"] == pytest.approx((1.959964 + 0.841621) * np.sqrt(2 * variance / 50), rel=1e-6)
    assert row["mde_cuped"] == pytest.approx(row["mde"])  # all bought alike before
    assert result.metrics["mean"].value == pytest.approx(50)


def test_sizes_cost_and_the_square_root_rule_for_four_arms():
    # K = 4: the control takes 1/(1 + √4) of all
    result = run(half_buy(3000), "lift.plan", size=3000, n_arms=4, cost_per_contact=6, wanted=20)
    row = result.table[result.table["n_in_all"] == 3000].iloc[0]
    assert (row["n_treatment"], row["n_control"]) == (500, 1000)
    assert row["contact_cost"] == 4 * 500 * 6
    # Bonferroni over four: z(1 - 0.05/8) = 2.497705
    assert row["mde"] == pytest.approx((2.497705 + 0.841621) * np.sqrt(2500.8336 * (1 / 500 + 1 / 1000)), rel=1e-5)
    needed = result.metrics["n_needed"].value
    treated = (3.339326 / 20) ** 2 * 2500.8336 * (1 + 1 / 2)
    assert needed == pytest.approx(4 * treated + 2 * treated, abs=6)
    assert result.headline.key == "lift.plan_enough"


def test_the_promised_power_is_had_when_more_customers_buy():
    # 2,000 simulated tests of the promised size: within four standard errors (3.6 points) of 80 %
    lines = [(f"k{number}", "2024-01-05", 70, f"old{number}") for number in range(2000)]
    chance = random.Random(3)
    spent = [round(chance.lognormvariate(5, 0.8), 2) if chance.random() < 0.3 else 0 for _ in range(2000)]
    lines += [(f"k{number}", "2024-12-31", amount, f"n{number}") for number, amount in enumerate(spent) if amount]
    mde = run(workspace(lines), "lift.plan", size=1000).table.set_index("n_in_all").loc[1000, "mde"]
    rng = np.random.default_rng(1)
    baskets = np.array([amount for amount in spent if amount])
    share = len(baskets) / len(spent)
    share_treated = share * (1 + mde / np.mean(spent))
    assert share_treated > 1.3 * share  # an effect that widens the spread
    treated, control = (
        rng.choice(baskets, (2000, 500)) * (rng.random((2000, 500)) < buys) for buys in (share_treated, share)
    )
    error = np.sqrt(treated.var(axis=1, ddof=1) / 500 + control.var(axis=1, ddof=1) / 500)
    found = (np.abs(treated.mean(axis=1) - control.mean(axis=1)) > 1.962 * error).mean()
    assert found == pytest.approx(0.8, abs=0.036)


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        ([("a", "2024-12-31", 5)], "lift.plan_nobody"),
        ([("a", "2024-01-01", 5), ("b", "2024-01-01", 5), ("c", "2024-12-31", 1)], "lift.plan_nothing"),
    ],
)
def test_a_plan_without_history_says_so(lines, key):
    with pytest.raises(InsightError) as refused:
        run(workspace(lines), "lift.plan")
    assert refused.value.key == key


# --- the draw ---------------------------------------------------------------------------------------------------------


def consenting():
    people = [
        {"customer_id": f"k{number:03}", "consent_post": "true", "consent_email": "true", "left_on": None}
        for number in range(80)
    ]
    people[0]["consent_post"] = "false"
    people[1]["consent_post"] = None
    people[2]["consent_email"] = "false"
    people[3]["left_on"] = "2024-06-01"
    lines = [(person["customer_id"], "2024-11-01", 10 + n, f"o{n}") for n, person in enumerate(people)]
    lines.append(("k010", "2024-12-31", 5, "last"))
    return workspace(
        lines, people,
        contacts=[{"customer_id": "k004", "sent_at": "2024-12-25", "channel": "email"},
                  {"customer_id": "k005", "sent_at": "2024-11-01", "channel": "email"}],
        assignments=[assigned("k006", "A", on="2024-12-20"), assigned("k007", "B", on="2024-09-01")],
    )  # fmt: skip


DRAW = {"arms": "kontroll:1,brev:2", "channels": "brev:post", "cost": "brev:6", "test": "Vår, 2025"}


def test_who_is_drawn_and_who_is_not_by_reason():
    result = run(consenting(), "lift.draw", **DRAW)
    excluded = dict(result.tables["excluded"].itertuples(index=False))
    assert excluded == {
        "no_consent_post": 1,
        "unknown_consent_post": 1,
        "has_left": 1,
        "recent_contact": 1,
        "in_test": 1,
    }
    sizes = {row["arm"]: row["n_customers"] for row in result.tables["arms"].to_dict("records")}
    assert (sizes["kontroll"], sizes["brev"]) == (25, 50)
    assert not {"k000", "k001", "k003", "k004", "k006"} & set(result.table["customer_id"])
    assert result.metrics["contact_cost"].value == 50 * 6


def test_unknown_consent_may_be_drawn_when_asked_for_and_a_size_leaves_the_rest():
    result = run(consenting(), "lift.draw", **DRAW, unknown_consent="include", rest_days=0, size=30)
    excluded = dict(result.tables["excluded"].itertuples(index=False))
    assert excluded == {"not_needed": 80 - 3 - 30, "no_consent_post": 1, "has_left": 1, "in_test": 1}
    assert len(result.table) == 30


def test_the_same_seed_draws_the_same_and_another_does_not():
    made = consenting()
    first, same, other = (run(made, "lift.draw", **DRAW, seed=seed).table for seed in (1, 1, 2))
    assert first.equals(same)
    assert not first.equals(other)


def test_the_assignment_file_loads_back_as_it_is(tmp_path):
    made = consenting()
    table = run(made, "lift.draw", **DRAW).table
    file = tmp_path / "tilldelning.csv"
    file.write_text(csv_text(list(table.columns), table.itertuples(index=False)), encoding="utf-8")
    with made.query() as query:
        bought = query.arrow("SELECT customer_id, ordered_at, amount, order_id FROM transactions")
    again = workspace()
    again.load_tables({"transactions": bought}, name="bought")
    report = again.load([SourceFile(file, file.name, ReadOptions())])[0]
    assert (report.kind, report.outcome) == ("assignments", "accept")
    rows = {row.arm: row for row in run(again, "lift.tests").table.itertuples()}
    assert (rows["kontroll"].n_customers, rows["brev"].n_customers) == (25, 50)
    assert (rows["kontroll"].is_control, float(rows["brev"].cost_per_contact)) == (True, 6.0)
    assert rows["brev"].test == "Vår, 2025"


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"arms": "brev:1"}, "lift.draw_arms"),
        ({"arms": "brev:1,BREV:1"}, "lift.draw_arms"),
        ({"arms": "brev:1,kontroll:0"}, "lift.planned_not_positive"),
        ({"channels": "brev:duva"}, "lift.unknown_channel"),
        ({"channels": "sms:post"}, "lift.unknown_arm"),
    ],
)
def test_a_draw_that_cannot_be_made_says_why(settings, key):
    with pytest.raises(InsightError) as refused:
        run(consenting(), "lift.draw", **{**DRAW, "cost": "", **settings})
    assert refused.value.key == key


# --- totals -----------------------------------------------------------------------------------------------------------

SOURCE = "sms,200000,120,54000,,0.1;brev,200000,2935,1320750,,6"


def test_the_sources_own_case_is_a_loss_of_671700_kr_beside_2346_per_cent():
    result = run(workspace(), "lift.totals", totals=SOURCE, margin_rate=0.4)
    rows = {row.arm: row for row in result.table.itertuples()}
    assert rows["brev"].net == pytest.approx(0.4 * 1320750 - 6 * 200000) == pytest.approx(-671700)
    assert rows["brev"].rel_sales == pytest.approx(2935 / 120 - 1)
    # the letter would net what the text message did at a contact cost of Δmargin and 0.10
    assert rows["brev"].break_even_cost == pytest.approx(0.4 * (1320750 - 54000) / 200000 + 0.1)
    assert result.headline.key == "lift.verdict_won_uncontrolled"
    assert (result.headline.values["arm"], result.headline.values["total"]) == ("sms", pytest.approx(1600 + 671700))
    note = next(note for note in result.notes if note.code == "lift_despite_loss_own")
    assert note.values["total"] == pytest.approx(-671700)


@pytest.mark.parametrize(
    ("buyers", "net", "lost"), [(100, -759_720, True), (400, 561_120, False)]
)  # +2 346 % at 0.05 % and at 0.2 % base response: the same percentage, a loss and a gain
def test_the_same_percentage_is_a_loss_at_one_response_and_a_gain_at_another(buyers, net, lost):
    more = round(24.46 * buyers)
    text = f"kontroll,200000,{buyers},{buyers * 450},,0;brev,200000,{more},{more * 450},,6"
    result = run(workspace(), "lift.totals", totals=text, margin_rate=0.4)
    row = result.table.set_index("arm").loc["brev"]
    assert row["net"] == pytest.approx(net)
    assert row["rel_sales"] == pytest.approx(23.46)
    assert row["total"] == pytest.approx(net - 0.4 * 450 * buyers)
    assert result.headline.key == ("lift.verdict_loses" if lost else "lift.verdict_won")
    notes = {note.code: note.values for note in result.notes}
    assert ("lift_despite_loss" in notes) == lost
    if lost:
        assert notes["lift_despite_loss"]["total"] == pytest.approx(row["total"])


def test_totals_with_squares_say_what_the_customers_say():
    chance = random.Random(2)
    lines, plan = [("later", "2024-12-31", 1)], []
    sums: dict[str, list[float]] = {"kontroll": [], "brev": []}
    for number in range(600):
        arm = ("kontroll", "brev")[number % 2]
        amount = round(chance.lognormvariate(5, 0.7), 2) if chance.random() < 0.4 else 0.0
        if amount:
            lines.append((f"k{number}", "2024-09-04", amount, f"o{number}"))
        sums[arm].append(amount)
        plan.append(assigned(f"k{number}", arm))
    text = ";".join(
        f"{arm},300,{sum(map(bool, x))},{sum(x):.2f},{sum(v * v for v in x):.6f}" for arm, x in sums.items()
    )
    totals = run(workspace(), "lift.totals", totals=text).table.set_index("arm").loc["brev"]
    verdict = run(workspace(lines, assignments=plan), window=30)
    spend = next(row for row in verdict.table.itertuples() if row.arm == "brev" and row.metric == "spend")
    assert totals["effect"] == pytest.approx(spend.effect_size)
    assert totals["effect_low"] == pytest.approx(spend.effect_size_ci_lower, rel=1e-6)
    assert totals["pvalue"] == pytest.approx(spend.pvalue, rel=1e-6)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "lift.totals_missing"),
        ("a,10,1,5", "lift.totals_one"),
        ("a,10,1,5;A,10,1,5", "lift.totals_twice"),
        ("a,10,1;b,10,1,5", "lift.totals_fields"),
        ("a,10,x,5;b,10,1,5", "lift.totals_not_a_number"),
        ("a,10,nan,5;b,10,1,5", "lift.totals_not_a_number"),
        ("a,10,1,inf;b,10,1,5", "lift.totals_not_a_number"),
        ("a,10,11,5;b,10,1,5", "lift.totals_counts"),
        ("a,0,0,0;b,10,1,5", "lift.totals_counts"),
        ("a,10,1,5,1;b,10,1,5", "lift.totals_squares"),
        ("a,10,1,5,,-1;b,10,1,5", "lift.negative_cost"),
    ],
)
def test_totals_that_cannot_be_say_which_arm(text, key):
    with pytest.raises(InsightError) as refused:
        run(workspace(), "lift.totals", totals=text)
    assert refused.value.key == key


def test_totals_with_wrong_sizes_show_no_effect():
    # growthbook, SRM: 1000 against 1200 at 50/50 has p = 2.0079e-05
    result = run(
        workspace(), "lift.totals", totals="kontroll,1200,50,100;brev,1000,80,900", planned="kontroll:1,brev:1"
    )
    assert result.headline.key == "lift.verdict_blocked"
    assert result.metrics["sample_ratio_pvalue"].value == pytest.approx(2.0079e-05, abs=5e-10)
    assert result.chart is None
    assert all(value is None for value in result.table["effect"])


# --- register ---------------------------------------------------------------------------------------------------------


def test_the_register_keeps_losers_and_adds_up_only_what_was_measured():
    chance = random.Random(6)
    lines, plan = [("later", "2025-06-30", 1)], []
    spent: dict[tuple[str, str], list[float]] = {}
    tests = (("vinner", "2024-03-01", 40, 1), ("förlorar", "2024-06-01", 0, 30), ("ingen kontroll", "2024-09-01", 0, 1))
    for test, day, rise, cost in tests:
        for number in range(400):
            arm = ("kontroll", "brev")[number % 2] if test != "ingen kontroll" else ("sms", "brev")[number % 2]
            who = f"{test}-{number}"
            amount = round(100 + chance.gauss(0, 20) + (rise if arm == "brev" else 0), 2)
            lines.append((who, day, amount, f"o-{who}"))
            plan.append(assigned(who, arm, cost if arm == "brev" else 0, on=day) | {"test": test})
            spent.setdefault((test, arm), []).append(amount)
    sums = {key: sum(amounts) for key, amounts in spent.items()}
    plan += [assigned(f"ensam-{number}", "alla", 1, on="2024-12-01") | {"test": "ensam"} for number in range(5)]
    lines += [("ensam-1", "2024-11-20", 30, "b"), ("ensam-1", "2024-12-05", 80, "a")]
    result = run(workspace(lines, assignments=plan), "lift.register", margin_rate=1, window=30)
    rows = {row.test: row for row in result.table.itertuples()}
    won = sums["vinner", "brev"] - sums["vinner", "kontroll"] - 200 * 1
    lost = sums["förlorar", "brev"] - sums["förlorar", "kontroll"] - 200 * 30
    assert (rows["vinner"].total, rows["förlorar"].total) == pytest.approx((won, lost))
    assert (rows["vinner"].outcome, rows["förlorar"].outcome) == ("gained", "lost")
    together = result.metrics["net_effect"]
    assert together.value == pytest.approx(won + lost)
    for test, cost in (("vinner", 1), ("förlorar", 30)):
        welch = ttest_ind(spent[test, "brev"], spent[test, "kontroll"], equal_var=False).confidence_interval()
        assert (rows[test].total_low, rows[test].total_high) == pytest.approx(
            (200 * (welch.low - cost), 200 * (welch.high - cost))
        )
    # variances of separate draws add: 200²·(s²/200 + s₀²/200) a test
    variances = [200 * (np.var(spent[test, "brev"], ddof=1) + np.var(spent[test, "kontroll"], ddof=1))
                 for test in ("vinner", "förlorar")]  # fmt: skip
    assert together.high - together.value == pytest.approx(1.959964 * np.sqrt(sum(variances)), rel=1e-6)
    assert result.table["running"].tolist() == pytest.approx([won, won + lost, won + lost])
    pair = rows["ingen kontroll"]
    assert (pair.kind, pair.arm, pair.other) == ("kind_arms", "sms", "brev")
    assert pair.total == pytest.approx(sums["ingen kontroll", "sms"] - (sums["ingen kontroll", "brev"] - 200 * 1))
    alone = result.tables["uncontrolled"].to_dict("records")
    assert [(row["campaign"], row["kind"], float(row["change"])) for row in alone] == [
        ("ensam", "kind_before_after", 50)
    ]
    assert {"false_discovery", "uncontrolled_never_lift"} == {note.code for note in result.notes}


def test_two_arms_share_one_control_in_the_registers_interval():
    # Σ n s² + (Σ n)² s₀²/n₀ with s² = 2,500·n/(n−1): by hand for arms of 100 and a control of 100
    lines, plan = [("later", "2025-06-30", 1)], []
    for arm, level in (("kontroll", 100), ("brev", 150), ("sms", 120)):
        for number in range(100):
            who = f"{arm}{number}"
            lines.append((who, "2024-03-02", level + (50 if number % 2 else -50), f"o{who}"))
            plan.append(assigned(who, arm, 0, on="2024-03-01"))
    made = workspace(lines, assignments=plan)
    result = run(made, "lift.register", margin_rate=1, window=30)
    variance = 2500 * 100 / 99
    error = np.sqrt(2 * 100 * variance + 200**2 * variance / 100)
    together = result.metrics["net_effect"]
    assert together.value == pytest.approx(100 * 50 + 100 * 20)
    assert together.high - together.value == pytest.approx(1.959964 * error, rel=1e-5)
    assert result.table["running"].tolist() == pytest.approx([5000, 7000])
    # a row an arm, and each says what the verdict says: here and there p is Holm's over the two
    verdict = run(made, "lift.verdict", margin_rate=1, window=30)
    paid = verdict.tables["money"].set_index("arm")
    holm = verdict.table.query("metric == 'net_profit'").set_index("arm")["pvalue_adjusted"]
    for row in result.table.itertuples():
        assert (row.total, row.total_low) == pytest.approx((paid.total[row.arm], paid.total_low[row.arm]))
        assert row.pvalue_adjusted == pytest.approx(holm[row.arm])
        assert row.outcome == ("gained" if holm[row.arm] < 0.05 else "unclear")


def test_a_customer_contacted_twice_at_once_counts_in_the_first_test_only():
    # Both tests on the same 40, a week apart, windows of 30 days: +50 to those contacted, 2 a contact. The second adds
    # its cost of 20·2 and none of the purchases that the first has.
    lines, plan = [("later", "2025-06-30", 1)], []
    for number in range(40):
        arm = "brev" if number < 20 else "kontroll"
        who = f"k{number}"
        lines.append((who, "2024-03-12", (150 if arm == "brev" else 100) + number % 2, f"o{number}"))
        for test, day in (("först", "2024-03-01"), ("sedan", "2024-03-08")):
            plan.append(assigned(who, arm, 2 if arm == "brev" else 0, on=day) | {"test": test})
    result = run(workspace(lines, assignments=plan), "lift.register", margin_rate=1, window=30)
    assert result.table["total"].tolist() == pytest.approx([20 * 48, 20 * 48])
    assert result.table["n_counted_before"].tolist() == [0, 20]
    assert result.table["running"].tolist() == pytest.approx([960, 960 - 40])
    assert "counted_in_first" in {note.code for note in result.notes}


def test_a_tests_own_arms_are_no_campaigns_without_control():
    lines = [{"customer_id": "later", "ordered_at": "2025-06-30", "amount": 1}]
    plan = []
    for number in range(40):
        arm = "Brev" if number < 20 else "kontroll"
        lines += [
            {
                "customer_id": f"k{number}", "ordered_at": "2024-03-12", "amount": 100 + number,
                "order_id": f"{name}{number}", "campaign_id": name,
            }
            for name in ("Höst 2024", "brev", "Höst 2024 – brev", "Sommarrea")
        ]  # fmt: skip
        plan.append(assigned(f"k{number}", arm, 1, on="2024-03-01") | {"test": "Höst 2024"})
    result = run(workspace(lines, assignments=plan), "lift.register", margin_rate=1, window=30)
    assert result.tables["uncontrolled"]["campaign"].tolist() == ["Sommarrea"]


def test_the_draw_loads_back_through_the_command_line(capsys, tmp_path):
    sales, drawn, folder = tmp_path / "kop.csv", tmp_path / "tilldelning.csv", str(tmp_path / "ws")
    rows = "".join(f"K{number},2024-0{1 + number % 9}-05,{100 + number}\n" for number in range(90))
    sales.write_text(f"customer_id,ordered_at,amount\n{rows}", encoding="utf-8")
    assert main(["load", folder, str(sales)]) == 0
    capsys.readouterr()
    arms = ["arms=kontroll:1,brev:2", "cost=brev:6", "test=Höst", "sent_on=2024-09-20"]
    assert main(["run", folder, "lift.draw", *arms, "--csv"]) == 0
    drawn.write_text(capsys.readouterr().out, encoding="utf-8")
    assert main(["load", folder, str(drawn), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)["files"][0]
    assert (report["kind"], report["outcome"], report["rows"]) == ("assignments", "accept", 90)
    assert main(["run", folder, "lift.tests", "--json"]) == 0
    table = json.loads(capsys.readouterr().out)["table"]
    found = {row[table["columns"].index("arm")]: row[table["columns"].index("n_customers")] for row in table["rows"]}
    assert found == {"kontroll": 30, "brev": 60}


def test_an_arm_without_a_channel_is_told_with_how_many_said_no():
    made = consenting()
    bare = run(made, "lift.draw", arms="kontroll:1,brev:1", sent_on="2025-01-02", rest_days=0)
    drawn = set(bare.table.loc[bare.table["arm"] == "brev", "customer_id"])
    told = {note.code: note.values for note in bare.notes}
    assert told["draw_no_channel"] == {"names": "brev", "n": len(drawn & {"k000", "k002"})}
    asked = run(made, "lift.draw", arms="kontroll:1,brev:1", channels="brev:post", sent_on="2025-01-02", rest_days=0)
    assert "draw_no_channel" not in {note.code for note in asked.notes}
