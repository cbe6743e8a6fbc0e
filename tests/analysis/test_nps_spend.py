"""Score against spend: every sentence of the steps, the picture of all answers, before and after, change on change."""

import math
import random
from decimal import Decimal

import pytest

from insight.analysis import registry
from insight.analysis.nps_steps import names_of
from insight.audience import Mark, mark_of, pairs, scoped_query, select
from insight.errors import InsightError, UsageError
from insight.i18n.catalog import Words
from tests.build import workspace

N = "\u00a0"


def answer(who, score, on="2024-06-01", **more):
    return {"customer_id": who, "score": score, "answered_on": on, **more}


def run(made, key, **settings):
    with made.query() as query:
        return registry.run(query, key, {name: str(value) for name, value in settings.items()})


def said(result):
    return Words("sv", labels=result.labels).message(result.headline)


def steps_of(counts, **more):
    """A workspace whose spend steps 500, 1500, … hold these (promoters, passives, detractors)."""
    rows, answers = [("first", "2020-01-01", 1)], []
    for step, groups in enumerate(counts):
        for score, n in zip((10, 7, 0), groups, strict=True):
            for _ in range(n):
                who = f"k{len(answers):04}"
                rows.append((who, "2024-03-01", 500 + 1000 * step))
                answers.append(answer(who, score))
    return workspace(rows, answers=answers, **more)


def codes(result):
    return [note.code for note in result.notes]


BOUNDS = {"bounds": "1000,2000"}


def test_a_line_is_told_with_its_slope():
    # NPS 0, 20, 40 on 100 answers each
    result = run(steps_of([(30, 40, 30), (40, 40, 20), (50, 40, 10)]), "nps.by_step", **BOUNDS)
    assert result.headline.key == "nps.step_linear"
    assert result.metrics["slope"].value == pytest.approx(20.0)
    assert result.table["fitted"].tolist() == pytest.approx([0.0, 20.0, 40.0])
    assert result.metrics["trend_pvalue"].value < 0.001
    assert said(result).startswith("NPS går med köpen: +20,0 per steg, troligen ")
    assert "steps_rising_evenly" in codes(result)
    assert result.basis.rule.key == "nps.step_rule_tested", "both tests stand in the method"


def test_a_fall_that_is_steeper_at_the_end_is_told_as_uneven_and_falling():
    result = run(steps_of([(80, 15, 5), (76, 16, 8), (10, 20, 70)]), "nps.by_step", **BOUNDS)
    assert result.headline.key == "nps.step_uneven"
    assert "steps_falling_unevenly" in codes(result)


def test_a_bend_is_told_as_uneven():
    result = run(steps_of([(20, 40, 40), (60, 30, 10), (20, 40, 40)]), "nps.by_step", **BOUNDS)
    assert result.headline.key == "nps.step_uneven"
    assert result.metrics["linearity_pvalue"].value < 0.01
    assert "ingen rak linje" in said(result)
    assert "steps_level_unevenly" in codes(result)


def test_no_relation_says_what_could_have_been_seen():
    result = run(steps_of([(30, 40, 30)] * 3), "nps.by_step", **BOUNDS)
    assert result.headline.key == "nps.step_none"
    # slope's SE by hand: residual variance 6000 over Σ(x − 2)² = 200, HC1 300/298; 2.801585 of them
    seen = 2.801585 * math.sqrt(6000 / 200 * 300 / 298)
    assert result.headline.values["seen"] == pytest.approx(seen, rel=1e-5)
    assert said(result) == "Ingen relation visad mellan NPS och köpen: 15,4 per steg hade synts"
    assert "steps_level_evenly" in codes(result)


def test_few_answers_say_so_and_give_no_slope():
    result = run(steps_of([(30, 40, 30), (9, 10, 10), (50, 40, 10)]), "nps.by_step", **BOUNDS)
    assert result.headline.key == "nps.step_too_few"
    assert [metric.value for name, metric in result.metrics.items() if name != "n_answers"] == [None] * 4
    assert "steps_small" in [note.code for note in result.notes]


def test_zero_spenders_are_the_lowest_step():
    made = workspace(
        [("buys", "2024-05-01", 100), ("was", "2022-05-01", 100), ("returned", "2024-05-01", -5)],
        answers=[answer("buys", 9), answer("was", 1), answer("returned", 2)],
    )
    table = run(made, "nps.by_step", bounds="50").table
    assert dict(zip(table["step"], table["n_answers"], strict=True)) == {"none": 2, "step_2": 1}


@pytest.mark.parametrize("bounds", ["0", ",".join(str(n) for n in range(1, 11))])
def test_bounds_that_cannot_be_steps_are_refused(bounds):
    with pytest.raises(UsageError) as refused:
        run(steps_of([(1, 0, 0)]), "nps.by_step", bounds=bounds)
    assert refused.value.key == "nps.too_many_bounds"


def test_steps_are_named_by_their_bounds():
    money = names_of((Decimal(1500), Decimal(10000)), whole=False)
    said = [Words("sv", labels=money).label(key) for key in money]
    assert said == ["Inga köp", f"<{N}1{N}500", f"1{N}500–10{N}000", f"≥{N}10{N}000"]
    said = [Words("en", labels=money).label(key) for key in money]
    assert said == ["No purchases", f"<{N}1,500", "1,500–10,000", f"≥{N}10,000"]
    odd = names_of((Decimal("12.50"), Decimal(40)), whole=False)
    assert Words("sv", labels=odd).label("step_2") == "12,5–40"


def test_a_changed_bound_reads_what_was_kept_and_new_data_do_not():
    made = steps_of([(30, 40, 30), (40, 40, 20), (50, 40, 10)])
    first = run(made, "nps.by_step", **BOUNDS)
    kept = {key[0] for key in made.query().kept}
    again = run(made, "nps.by_step", bounds="2000")
    assert {"nps.base", "nps.windows"} <= kept
    assert again.table["n_answers"].tolist() == [200, 100]
    assert run(steps_of([(30, 40, 30), (40, 40, 20), (50, 40, 10)]), "nps.by_step", bounds="2000").table.equals(
        again.table
    )
    with scoped_query(made, Mark("nps.by_step", pairs(BOUNDS), (("step", "step_3"),))) as query:
        inside = registry.run(query, "nps.by_step", BOUNDS)
    assert inside.table["n_answers"].tolist() == [100]
    made.remove(made.manifest.files[-1].file_id)
    assert "nps.windows" not in {key[0] for key in made.query().kept}
    assert first.metrics["n_answers"].value == 300


def test_every_cell_and_point_of_the_picture_opens_its_customers():
    rows = [(f"k{i}", "2024-05-01", 100 * (i + 1)) for i in range(20)]
    made = workspace(rows, answers=[answer(f"k{i}", 10 if i >= 10 else 3) for i in range(20)])
    result = run(made, "nps.spread", bounds="500,1000,1500")
    cells = {
        (row.score, row.band): (row.n_answers, row.n_customers) for row in result.table.itertuples() if row.n_answers
    }
    assert cells == {
        ("3", "step_1"): (4, 4), ("3", "step_2"): (5, 5), ("3", "step_3"): (1, 1), ("10", "step_3"): (4, 4),
        ("10", "step_4"): (6, 6),
    }  # fmt: skip
    scores = result.tables["scores"].set_index("score")
    assert (scores.loc["3", "typical"], scores.loc["10", "typical"]) == (550, 1550)
    assert scores.loc["5", "typical"] is None
    assert (result.metrics["promoter_median"].value, result.metrics["detractor_median"].value) == (1550, 550)
    for mark, expected in (({"score": "3", "band": "step_2"}, 5), ({"score": "10"}, 10)):
        with select(made, mark_of("nps.spread", pairs({"bounds": "500,1000,1500"}), mark, None)) as query:
            assert query.count("selected") == expected


def test_the_picture_tells_a_rise_in_kronor_and_no_relation_with_what_could_be_seen():
    chance = random.Random(1)
    rows = [(f"k{i}", "2024-05-01", 100 + 10 * i) for i in range(200)]
    rise = run(workspace(rows, answers=[answer(f"k{i}", 10 if i >= 100 else 3) for i in range(200)]), "nps.spread")
    assert said(rise) == f"9–10 köpte i median för 1{N}595{N}kr, 0–6 för 595{N}kr"
    assert rise.headline.key == "nps.spread_rises_money"
    # The same with 29 critics: too few to be set against the promoters in kronor.
    few = [answer(f"k{i}", 10 if i >= 100 else 3) for i in (*range(29), *range(100, 200))]
    assert run(workspace(rows, answers=few), "nps.spread").headline.key == "nps.spread_rises"
    few.append(answer("k29", 3))
    assert run(workspace(rows, answers=few), "nps.spread").headline.key == "nps.spread_rises_money"
    none = run(workspace(rows, answers=[answer(f"k{i}", chance.choice((3, 10))) for i in range(200)]), "nps.spread")
    assert none.headline.key == "nps.spread_none"
    assert none.headline.values["seen"] == pytest.approx(math.tanh(2.801585 / math.sqrt(197)), rel=1e-4)


def both_sides(promoters, detractors):
    """Customers of whom each bought (before, after) their answer on 1 June 2023."""
    rows, answers = [("first", "2022-01-01", 1), ("last", "2024-12-31", 1)], []
    for score, amounts in ((10, promoters), (0, detractors)):
        for before, after in amounts:
            who = f"k{len(answers):03}"
            rows += [(who, "2023-05-31", before), (who, "2023-06-01", after)]
            answers.append(answer(who, score, "2023-06-01"))
    return workspace(rows, answers=answers)


def test_before_and_after_by_hand():
    # promoters 100 → 150 and 100 → 130: mean change 40; detractors 100 → 90 and 100 → 70: −20
    made = both_sides([(100, 150), (100, 130)] * 20, [(100, 90), (100, 70)] * 20)
    result = run(made, "nps.before_after")
    table = result.table.set_index("group")
    assert table.loc["promoter", ["mean_before", "mean_after", "mean_change"]].tolist() == [100, 140, 40]
    assert table.loc["detractor", "mean_change"] == -20
    assert result.metrics["gap"].value == pytest.approx(60)
    assert (result.headline.key, result.evidence) == ("nps.gap_more", "association")
    assert run(
        both_sides([(100, 90)] * 30 + [(100, 95)], [(100, 90)] * 30 + [(100, 94)]), "nps.before_after"
    ).headline.key == ("nps.gap_none")
    assert run(both_sides([(100, 90)] * 29, [(100, 90)] * 40), "nps.before_after").headline.key == "nps.gap_few"


def test_both_windows_must_lie_within_the_data():
    made = workspace(
        [("a", "2022-01-01", 1), ("a", "2024-12-30", 1)],
        answers=[answer("a", 9, "2022-06-01"), answer("b", 9, "2023-06-01"), answer("a", 9, "2024-06-01")],
        customers=[{"customer_id": "b"}],
    )
    result = run(made, "nps.before_after", months=12)
    assert result.table["n_customers"].tolist() == [1]
    assert result.basis.rows_left_out == {"window_not_whole": 2}
    with pytest.raises(InsightError) as refused:
        run(made, "nps.before_after", months=24)
    assert refused.value.key == "nps.no_both_windows"


def twice(moves):
    """Customers who answered 2022-07-01 and 2024-07-01: (score change, spend change) from 5 and 1,000 kr."""
    rows, answers = [("first", "2020-01-01", 1)], []
    for number, (score, spend) in enumerate(moves):
        who = f"k{number:03}"
        rows += [(who, "2022-06-01", 1000), (who, "2024-06-01", 1000 + spend)]
        answers += [answer(who, 5, "2022-07-01"), answer(who, 5 + score, "2024-07-01")]
    return workspace(rows, answers=answers)


def test_change_on_change_by_hand():
    # spend moves 100 kr a point, ±10 kr around it
    moves = [(score, 100 * score + noise) for score in (-2, -1, 0, 1, 2) for noise in (-10, 10) for _ in range(5)]
    result = run(twice(moves), "nps.change")
    assert result.metrics["slope"].value == pytest.approx(100.0)
    assert result.metrics["slope"].low < 100 < result.metrics["slope"].high
    cells = {(row.score_move, row.spend_move): row.n_customers for row in result.table.itertuples()}
    assert cells == {
        ("rose", "less"): 0, ("rose", "more"): 20, ("same", "less"): 5, ("same", "more"): 5, ("fell", "less"): 20,
        ("fell", "more"): 0,
    }  # fmt: skip
    assert result.tables["moves"].set_index("score_move").loc["rose", "mean_change"] == pytest.approx(150.0)
    assert result.headline.key == "nps.change_rises"
    # 5 → 7 takes ten customers from detractor to passive, the rest stay: +20 points of 50
    assert result.metrics["nps_change"].value == pytest.approx(20.0)


def test_no_change_on_change_says_what_could_have_been_seen_and_few_say_so():
    flat = run(twice([(score, noise) for score in (-1, 1) for noise in (-50, 50) for _ in range(10)]), "nps.change")
    assert flat.headline.key == "nps.change_none"
    assert flat.headline.values["seen"] > 0
    few = run(twice([(1, 10), (-1, -10)] * 10), "nps.change")
    assert (few.headline.key, few.metrics["slope"].value) == ("nps.change_too_few", None)


def test_answers_too_close_together_are_no_pair():
    made = workspace(
        [("a", "2020-01-01", 1), ("a", "2024-12-30", 1)],
        answers=[answer("a", 5, "2024-01-01", wave="1"), answer("a", 9, "2024-06-01", wave="2")],
    )
    with pytest.raises(InsightError) as refused:
        run(made, "nps.change", months=12)
    assert (refused.value.key, refused.value.values["n"]) == ("nps.no_twice_apart", 1)
    assert run(made, "nps.change", months=3).metrics["n_customers"].value == 1


def test_retained_are_customers_of_before_who_bought_in_the_window():
    made = workspace(
        [("old", "2022-01-01", 10), ("old", "2024-01-01", 10), ("gone", "2022-01-01", 10), ("new", "2024-02-01", 10)],
        answers=[answer("old", 10), answer("gone", 10), answer("new", 10)],
    )
    table = run(made, "nps.groups").table.set_index("group")
    assert table.loc["promoter", "retained_share"] == pytest.approx(1 / 2)
    assert table.loc["promoter", "bought_share"] == pytest.approx(2 / 3)


def test_standardised_ratio_takes_out_a_difference_in_channel():
    rows, answers = [], []
    for number in range(200):
        web = number % 2 == 0
        promoter = (number // 2) % 4 != 0 if web else (number // 2) % 4 == 0  # three of four promoters shop on the web
        who = f"k{number:03}"
        spend = (300 if web else 100) + number // 2 % 5
        rows.append(
            {"customer_id": who, "ordered_at": "2024-03-01", "amount": spend, "channel": "web" if web else "shop"}
        )
        answers.append(answer(who, 10 if promoter else 0))
    result = run(workspace(rows, answers=answers), "nps.groups")
    assert result.metrics["spend_ratio"].value == pytest.approx(5 / 3, rel=0.02)
    assert result.metrics["spend_ratio_standardised"].value == pytest.approx(1.0, rel=0.02)
    assert result.metrics["spend_more"].value == pytest.approx(result.metrics["spend_ratio"].value - 1)
