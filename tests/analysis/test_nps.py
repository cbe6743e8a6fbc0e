"""NPS by hand, and from simulated customers whose truth is known."""

import random
from datetime import date, timedelta

import pytest

from insight.analysis import registry
from insight.audience import mark_of, pairs, select
from insight.errors import InsightError
from tests.build import workspace


def answer(who, score, on="2024-06-01", **more):
    return {"customer_id": who, "score": score, "answered_on": on, **more}


def run(made, key, **settings):
    with made.query() as query:
        return registry.run(query, key, {name: str(value) for name, value in settings.items()})


def test_published_example_of_six_answers_scores_33():
    # brendan-r/NPS, test_01_basics: 0, 7, 7, 9, 9, 9 → 33.3; under ten answers the page hides it.
    made = workspace([("a", "2024-01-01", 1)], answers=[answer(f"k{i}", s) for i, s in enumerate((0, 7, 7, 9, 9, 9))])
    result = run(made, "nps.score")
    assert result.metrics["nps"].value is None
    assert result.metrics["promoter_share"].value == pytest.approx(0.5)
    assert result.headline.key == "nps.headline_few"


def test_the_thousand_published_answers_score_ten():
    counts = {0: 74, 1: 10, 2: 22, 3: 35, 4: 40, 5: 140, 6: 41, 7: 57, 8: 119, 9: 227, 10: 235}
    scores = [score for score, n in counts.items() for _ in range(n)]
    made = workspace([("a", "2024-01-01", 1)], answers=[answer(f"k{i}", s) for i, s in enumerate(scores)])
    result = run(made, "nps.score")
    assert result.metrics["nps"].value == pytest.approx(10.0)
    # Adjusted Wald by hand: n' = 1003, P' = 462.75, D' = 362.75; s' = .09970; SE = .02848; ± 1.96 SE
    assert (result.metrics["nps"].low, result.metrics["nps"].high) == pytest.approx((4.39, 15.55), abs=0.02)
    assert dict(zip(result.table["group_key"], result.table["n_answers"], strict=True)) == {
        str(score): n for score, n in counts.items()
    }


def test_the_latest_answer_in_a_wave_counts_and_the_rest_are_accounted_for():
    made = workspace(
        [("ann", "2024-01-01", 10)],
        answers=[
            answer("ann", 2, "2024-02-01", wave="vår"), answer("ann", 9, "2024-02-20", wave="vår"),
            answer("ann", 3, "2024-09-01", wave="höst"), answer("bo", 10, "2024-02-01", wave="vår"),
        ],
    )  # fmt: skip
    result = run(made, "nps.score", by="wave")
    counted = {row.group_key: (row.n_answers, row.promoters, row.detractors) for row in result.table.itertuples()}
    assert counted == {"vår": (2, 2, 0), "höst": (1, 0, 1)}
    assert result.basis.rows_left_out == {"repeated": 1}
    assert result.basis.rows_used == 3


@pytest.mark.parametrize(
    "scores",
    [[1, 2, 3, 4, 5] * 8, [0, 25, 50, 75, 100] * 8, [7.5, 8.5, 9.5, 3.5] * 8],
    ids=["stars", "hundred", "decimals"],
)
def test_another_scale_has_a_mean_but_no_nps(scores):
    made = workspace([("a", "2024-01-01", 1)], answers=[answer(f"k{i}", s) for i, s in enumerate(scores)])
    for key in ("nps.score", "nps.trend"):
        result = run(made, key)
        assert result.metrics["nps"].value is None
        assert result.metrics["mean_score"].value == pytest.approx(sum(scores) / len(scores))
        assert "not_nps_scale" in [note.code for note in result.notes]


def customers_with_known_slope(n=3000, slope=0.04, seed=5):
    """Customers in five spend steps; each step up moves `slope` from detractor to promoter: 2 · slope · 100 points."""
    chance = random.Random(seed)
    rows, answers = [], []
    for number in range(n):
        step = number % 5
        who = f"k{number}"
        spend = 500 + 1000 * step
        rows.append((who, "2024-03-01", spend))
        rows.append((who, "2022-03-01", 50_000))  # outside the twelve months: must not count
        promoter = 0.3 + slope * step
        draw = chance.random()
        score = 9 if draw < promoter else 8 if draw < 0.6 + promoter - 0.3 - slope * step + 0.0 else 3
        answers.append(answer(who, score, "2024-06-01"))
    return rows, answers


def test_a_planted_slope_is_found_within_its_interval():
    rows, answers = customers_with_known_slope()
    made = workspace(rows, answers=answers)
    result = run(made, "nps.by_step", bounds="1000,2000,3000,4000")
    truth = []
    for step in range(5):
        group = [a["score"] for i, a in enumerate(answers) if i % 5 == step]
        truth.append(100 * (sum(s >= 9 for s in group) - sum(s <= 6 for s in group)) / len(group))
    assert result.table["nps"].tolist() == pytest.approx(truth)
    assert result.table["n_answers"].tolist() == [600] * 5
    mean = sum(truth) / 5
    by_hand = sum((j - 2) * (value - mean) for j, value in enumerate(truth)) / 10  # equal steps: plain least squares
    assert result.metrics["slope"].value == pytest.approx(by_hand)
    assert result.metrics["slope"].low < by_hand < result.metrics["slope"].high


def test_the_day_of_the_answer_and_the_day_a_year_before_are_on_the_right_side():
    made = workspace(
        [
            ("edge", "2023-06-01", 100),
            ("edge", "2024-06-01", 900),
            ("late", "2023-05-31", 100),
            ("late", "2024-05-31", 7),
        ],
        answers=[answer("edge", 9), answer("late", 9)],
    )
    mark = mark_of("nps.by_step", pairs({"bounds": "50"}), {}, None)
    with select(made, mark) as query:
        found = query.rows("SELECT customer_id, sales FROM selected ORDER BY customer_id")
    assert [(who, float(sales)) for who, sales in found] == [("edge", 100.0), ("late", 7.0)]


def test_promoters_in_kronor_against_detractors_by_hand():
    rows, answers = [], []
    for number in range(80):
        promoter = number % 2 == 0
        who = f"k{number:03}"
        rows += [(who, "2024-02-01", 140 if promoter else 100)] + ([(who, "2024-03-01", 140)] if promoter else [])
        answers.append(answer(who, 10 if promoter else 0))
    made = workspace(rows, answers=answers)
    result = run(made, "nps.groups")
    table = result.table.set_index("group")
    assert table.loc["promoter", "mean_spend"] == pytest.approx(280)
    assert table.loc["detractor", "mean_spend"] == pytest.approx(100)
    assert table["mean_orders"].to_dict() == {"promoter": 2, "detractor": 1}
    assert table["n_customers"].sum() == 80
    assert result.metrics["spend_ratio"].value == pytest.approx(2.8)


def test_a_window_after_the_answer_must_be_whole():
    made = workspace(
        [("old", "2024-01-10", 10), ("old", "2024-03-10", 30), ("young", "2024-12-30", 10)],
        answers=[answer("old", 10, "2024-01-15"), answer("young", 10, "2024-12-01")],
    )
    result = run(made, "nps.groups", side="after", months=6)
    assert result.table["n_customers"].tolist() == [1]
    assert result.table["mean_spend"].tolist() == [30.0]
    with pytest.raises(InsightError) as refused:
        run(made, "nps.groups", side="after", months=24)
    assert refused.value.key == "nps.no_window_after"


def test_response_counts_everybody_and_ties_stand_together():
    rows = [(f"k{i}", "2024-05-01", 100) for i in range(9)] + [("top", "2024-05-01", 900), ("gone", "2020-01-01", 5)]
    made = workspace(rows, answers=[answer("top", 9), answer("k1", 3)])
    result = run(made, "nps.response", as_of="2024-07-01")
    table = {row.step: (row.n_customers, row.n_answered) for row in result.table.itertuples()}
    assert table == {"none": (1, 0), "band_1": (9, 1), "band_5": (1, 1)}
    assert result.metrics["response_rate"].value == pytest.approx(2 / 11)
    assert result.metrics["sales_coverage"].value == pytest.approx(1000 / 1800)


def test_the_lists_hold_each_customer_once():
    since = date(2024, 7, 1)
    rows = [(f"k{i:02}", str(since - timedelta(days=30)), 100 + i) for i in range(20)]
    rows += [("lapsed", "2022-01-01", 50)]
    made = workspace(
        rows, answers=[answer("k00", 2), answer("k19", 10), answer("lapsed", 8, "2022-02-01"), answer("k05", 7)]
    )
    table = run(made, "nps.act", as_of=str(since)).table
    assert dict(zip(table["list"], table["n_customers"], strict=True)) == {
        "detractors": 1, "promoters_top": 1, "lapsed": 1, "silent_top": 1,
    }  # fmt: skip


def test_comments_are_counted_by_word_beginnings():
    made = workspace(
        [("a", "2024-01-01", 1)],
        answers=[
            answer("a", 2, comment="Leveransen var sen"), answer("b", 3, comment="För DYRT och dåligt bemötande"),
            answer("c", 10, comment="Trevlig personal"), answer("d", 9, comment="  "), answer("e", 1),
        ],
    )  # fmt: skip
    table = run(made, "nps.themes").table.set_index("theme")
    assert table.loc["service", ["n_customers", "promoter_share", "detractor_share"]].tolist() == [2, 1.0, 0.5]
    assert table.loc["delivery", "detractor_share"] == 0.5
    assert "queue" not in table.index
