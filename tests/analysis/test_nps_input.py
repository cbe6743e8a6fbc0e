"""Which answers count: scales, stray scores, future dates, unknown customers, one answer in all, several of one."""

import pyarrow as pa
import pytest

from insight.analysis import registry
from insight.audience import Mark, scoped_query
from insight.errors import InsightError, NotEnoughDataError, UsageError
from insight.i18n.catalog import Words
from tests.build import workspace

KEYS = [key for key in registry.analyses() if key.startswith("nps.")]
BOUGHT = [(f"k{i:02}", f"2024-0{1 + i % 5}-01", 100 + i) for i in range(40)]


def answer(who, score, on="2024-06-01", **more):
    return {"customer_id": who, "score": score, "answered_on": on, **more}


def run(made, key="nps.score", **settings):
    with made.query() as query:
        return registry.run(query, key, {name: str(value) for name, value in settings.items()})


def refusal(made, key, **settings):
    with pytest.raises(InsightError) as refused:
        run(made, key, **settings)
    return refused.value


FILES = {
    "stars": [1, 2, 3, 4, 5, 5],
    "hundred": [0, 25, 50, 75, 100, 98],
    "decimals": [7.5, 8.5, 9.5, 3.5, 0.1, 6.2],
}


@pytest.mark.parametrize("scores", FILES.values(), ids=FILES)
def test_another_scale_is_told_as_a_mean_everywhere_and_never_as_nps(scores):
    made = workspace(BOUGHT, answers=[answer(f"k{i:02}", scores[i % len(scores)]) for i in range(36)])
    for key in KEYS:
        try:
            result = run(made, key)
        except NotEnoughDataError as refused:
            for language in ("sv", "en"):
                assert Words(language).t(refused.key, **refused.values)
            continue
        assert "nps" not in result.metrics or result.metrics["nps"].value is None
        assert "nps" not in result.table.columns
        assert "promoters" not in result.table.columns or not result.table["promoters"].any()
        assert "detractors" not in set(result.table.get("list", ()))
        assert "not_nps_scale" in [note.code for note in result.notes]
    assert sum(run(made).table["n_answers"]) == 36
    assert refusal(made, "nps.groups").key == "nps.other_scale"


def test_scores_of_0_to_100_are_counted_in_ten_bands_between_round_numbers():
    made = workspace(BOUGHT, answers=[answer(f"k{i:02}", 5 * i) for i in range(21)])
    result = run(made)
    names = [result.labels[key] for key in result.table["group_key"]]
    assert names == [f"{low}–{low + 10}" for low in range(0, 100, 10)]
    assert result.table["n_answers"].tolist() == [2] * 9 + [3]  # 100 belongs to the last band


def test_a_scope_of_low_scores_is_no_other_scale():
    answers = [answer(f"k{i:02}", 2 + i % 3 if i < 12 else 9) for i in range(36)]
    made = workspace([(f"k{i:02}", "2024-05-01", 1000 if i < 12 else 10) for i in range(36)], answers=answers)
    low = Mark("nps.by_step", (("bounds", "500"),), (("step", "step_2"),))
    with scoped_query(made, low) as query:
        result = registry.run(query, "nps.score")
    assert (result.metrics["n_answers"].value, result.metrics["nps"].value) == (12, -100.0)


def test_one_answer_in_all_is_too_few_and_not_a_scale_of_its_own():
    made = workspace(BOUGHT, answers=[answer("k00", 4)])
    result = run(made)
    assert (result.headline.key, result.metrics["nps"].value) == ("nps.headline_few", None)
    assert run(made, "nps.by_step").headline.key == "nps.step_too_few"
    assert run(made, "nps.groups").headline.key == "nps.money_few"
    assert run(made, "nps.spread").headline.key == "nps.spread_few"
    assert refusal(made, "nps.change").key == "nps.no_twice"


def test_a_file_of_stars_stands_aside_where_another_has_scores():
    made = workspace(BOUGHT, answers=[answer(f"k{i:02}", 10 if i % 2 else 0) for i in range(20)])
    stars = {"customer_id": [f"k{i:02}" for i in range(8)], "score": ["5"] * 8, "answered_on": ["2024-06-01"] * 8}
    made.load_tables({"answers": pa.table(stars)}, name="second")
    result = run(made)
    assert (result.metrics["nps"].value, result.metrics["n_answers"].value) == (0.0, 20)
    assert result.basis.rows_left_out == {"other_scale": 8}
    assert "answers_other_scale" in [note.code for note in result.notes]


def test_a_stray_later_score_does_not_hide_the_customers_real_one():
    answers = [answer(f"k{i:02}", 9) for i in range(39)]
    answers += [answer("k39", 8, "2024-06-01"), answer("k39", 55, "2024-06-03")]
    result = run(workspace(BOUGHT, answers=answers))
    assert result.basis.rows_left_out == {"off_scale": 1}
    assert result.basis.rows_used == 40


def test_answers_of_the_future_are_left_out_and_said():
    answers = [answer(f"k{i:02}", 9) for i in range(12)] + [answer("k20", 1, "2999-01-01")]
    result = run(workspace(BOUGHT, answers=answers))
    assert (result.metrics["nps"].value, result.basis.rows_left_out) == (100.0, {"future": 1})
    assert "answers_future" in [note.code for note in result.notes]
    refused = refusal(workspace(BOUGHT, answers=[answer("k20", 1, "2999-01-01")]), "nps.score")
    assert (refused.key, refused.values["future"]) == ("nps.none_counts", 1)


def test_unknown_customers_count_in_the_score_and_nowhere_else():
    answers = [answer(f"k{i:02}", 9) for i in range(10)] + [answer(f"x{i}", 0) for i in range(10)]
    made = workspace(BOUGHT, answers=answers)
    assert run(made).metrics["nps"].value == 0.0
    steps = run(made, "nps.by_step")
    assert steps.metrics["n_answers"].value == 10
    assert steps.basis.rows_left_out == {"unknown_customer": 10}
    nobody = workspace(BOUGHT, answers=answers[10:])
    assert refusal(nobody, "nps.by_step").key == "nps.no_known_customers"


def test_the_distribution_has_all_eleven_scores():
    made = workspace(BOUGHT, answers=[answer("k00", 0), answer("k01", 9)])
    table = run(made).table
    assert table["group_key"].tolist() == [str(score) for score in range(11)]
    assert table["n_answers"].tolist() == [1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]


def test_small_groups_are_hidden_or_uncertain_and_counted():
    answers = [
        answer(f"k{i:02}", 10 if i % 2 else 0, touchpoint=place)
        for place, first, n in (("nine", 0, 9), ("ten", 9, 10), ("thirty", 100, 30))
        for i in range(first, first + n)
    ]
    result = run(workspace(BOUGHT, answers=answers), by="touchpoint")
    table = result.table.set_index("group_key")
    assert table["base_size"].to_dict() == {"nine": "hidden", "ten": "few", "thirty": "enough"}
    assert [value is None for value in table.loc[["nine", "ten"], "nps"]] == [True, False]
    notes = {note.code: note.values for note in result.notes}
    assert (notes["groups_hidden"]["n"], notes["groups_hidden"]["answers"], notes["groups_grey"]["n"]) == (1, 9, 1)
    assert set(result.tables["drawn"]["group_key"]) == {"ten", "thirty"}


def test_each_group_is_tested_against_the_rest_with_correction():
    def place(name, first, ups, downs):
        return [answer(f"{name}{i}", 10 if i < ups else 0, touchpoint=name) for i in range(first + ups + downs)]

    answers = place("good", 0, 80, 20) + place("even", 0, 50, 50) + place("same", 0, 50, 50)
    result = run(workspace(BOUGHT, answers=answers), by="touchpoint")
    table = result.table.set_index("group_key")
    assert table.loc["good", "difference"] == pytest.approx(60.0)  # 60 against 0
    assert table.loc["good", "pvalue_adjusted"] < 0.001
    assert table.loc["even", "difference"] == pytest.approx(-30.0)  # 0 against 30 of the other two
    assert (result.chart.title.key, result.chart.title.values["group"]) == ("nps.groups_above", "good")
    alike = run(workspace(BOUGHT, answers=place("even", 0, 50, 50) + place("same", 0, 50, 50)), by="touchpoint")
    assert alike.chart.title.key == "nps.groups_same"


def test_age_is_that_of_the_day_of_the_answer():
    made = workspace(
        BOUGHT,
        customers=[
            {"customer_id": "k00", "birth_date": "1989-06-02"}, {"customer_id": "k01", "birth_date": "1989-06-01"},
        ],
        answers=[answer("k00", 9), answer("k01", 9), answer("k02", 9)],
    )  # fmt: skip
    table = run(made, by="age_band").table
    assert dict(zip(table["group_key"], table["n_answers"], strict=True)) == {
        "age_25_34": 1, "age_35_44": 1, "unknown": 1
    }  # fmt: skip


def test_any_field_segment_or_step_divides_the_answers():
    made = workspace(
        [{"customer_id": who, "ordered_at": on, "amount": amount, "store": "Lund"} for who, on, amount in BOUGHT],
        customers=[{"customer_id": f"k{i:02}", "region": "Skåne", "Boende": "Villa"} for i in range(40)],
        answers=[answer(f"k{i:02}", i % 11) for i in range(40)],
    )
    for by in ("store", "region", "Boende", "rfm", "value_tiers", "lifecycle", "ladder", "nps_group"):
        assert sum(run(made, by=by).table["n_answers"]) == 40, by
    with pytest.raises(UsageError) as refused:
        run(made, by="shoe_size")
    assert "Boende" in refused.value.values["known"]


def test_four_waves_of_the_same_answer_are_told_with_the_width_of_one():
    people = [(f"k{i:02}", 10 if i % 2 else 0) for i in range(40)]
    once = run(workspace(BOUGHT, answers=[answer(who, score) for who, score in people]))
    four = run(workspace(BOUGHT, answers=[
        answer(who, score, wave=str(wave)) for who, score in people for wave in range(4)
    ]))  # fmt: skip
    width = {name: found.metrics["nps"].high - found.metrics["nps"].low for name, found in (("1", once), ("4", four))}
    assert four.metrics["n_answers"].value == 160
    assert width["4"] == pytest.approx(width["1"], rel=0.06)
