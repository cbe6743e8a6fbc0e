"""The next step by hand: who lacks what, for how long, how often it happened before, and the drawn hold-out."""

from datetime import date
from decimal import Decimal

import pytest

from insight.analysis import registry
from insight.analysis.ladder_next import worth
from insight.audience import mark_of, pairs, scoped_query, select
from insight.errors import InsightError
from insight.export.assignments import assignments_csv
from insight.i18n.catalog import LANGUAGES, Words
from insight.workspace.store import SourceFile
from tests.build import workspace

# Steps: below 1,000 and from 1,000. One window earlier (2024-01-01) is judged by the 90 days that follow it.
NOW = {"start": "2024-01-01", "end": "2025-01-01", "window": "12", "bounds": "1000"}
ROWS = [
    # Within 10 % of the bound on 2024-01-01; two of four reach it before 31 March.
    ("h1", "2023-06-01", 950), ("h1", "2024-02-01", 50),
    ("h2", "2023-06-01", 900), ("h2", "2024-03-30", 100),
    ("h3", "2023-06-01", 950), ("h3", "2024-03-31", 500),     # the ninetieth day counts no more
    ("h4", "2023-06-01", 950), ("h4", "2024-02-01", 49.99),
    # A purchase counts from the day after it; that of 2023-01-20 counts until 2024-01-20.
    ("h5", "2023-01-20", 600), ("h5", "2024-01-19", 400), ("h6", "2023-01-20", 600), ("h6", "2024-01-20", 400),
    # Now, on 2025-01-01.
    ("near", "2024-02-10", 400), ("near", "2024-08-10", 500),          # 100 left, usual receipt 450: one purchase
    ("far", "2024-10-01", 120), ("far", "2024-11-01", 100), ("far", "2024-12-01", 110),   # 670 left, receipt 110: 7
    ("slips", "2024-01-15", 700), ("slips", "2024-06-01", 400),        # 400 without January: falls, is on the top step
    ("stays", "2024-12-01", 5000),
    (None, "2022-12-31", 70),
]  # fmt: skip


@pytest.fixture(scope="module")
def shop():
    made = workspace(ROWS)
    yield made
    made.destroy()


def customers(shop) -> dict[str, tuple]:
    columns = 'customer_id, step, "group", band, to_next, purchases_left, days_left, usual_receipt'
    with shop.query() as query:
        analysis = registry.find("ladder.next_step")
        analysis.members(query, registry.settings_for(query, analysis, NOW))
        return {row[0]: row[1:] for row in query.rows(f"SELECT {columns} FROM members")}


def test_each_customer_has_what_is_left_in_kronor_purchases_and_days(shop):
    found = customers(shop)
    # The oldest purchase counts until its day a year later: 10 Feb 2025 is 40 days from 1 Jan, 15 Jan is 14.
    assert found["near"] == ("step_1", "about_to_climb", "within_10", Decimal(100), 1, 40, Decimal(450))
    assert found["far"] == ("step_1", "steady", "beyond_50", Decimal(670), 7, 273, Decimal(110))
    assert found["slips"] == ("step_2", "about_to_fall", "top", None, None, 14, Decimal(550))
    assert found["stays"][:3] == ("step_2", "steady", "top")


def test_the_chance_is_how_many_in_the_same_place_made_it_within_the_days(shop):
    with shop.query() as query:
        chances = registry.run(query, "ladder.next_step", NOW).tables["chances"].set_index("band")
    assert tuple(chances.loc["within_10", ["n_customers_then", "n_reached", "n_customers"]]) == (4, 2, 1)
    # Wilson 1927, two of four, z = 1.96: (0.1500, 0.8500)
    assert (chances.loc["within_10", "chance_low"], chances.loc["within_10", "chance_high"]) == pytest.approx(
        (0.1500, 0.8500), abs=5e-5
    )
    # h5 reached 1,000 on the last day that both purchases counted; h6 came a day too late.
    assert tuple(chances.loc["within_50", ["n_customers_then", "n_reached"]]) == (2, 1)


def test_worth_is_what_is_missing_times_the_margin_less_the_cost_for_all():
    # 10 customers lack 100 kr each, margin 40 %, 20 % make it: 80 kr won for 10 × 5 kr; even at 50 / 400.
    assert worth(Decimal(1000), 0.4, 10, 0.2, Decimal(5)) == (Decimal("30.00"), 0.125)
    assert worth(Decimal(0), 0.4, 10, 0.2, Decimal(5)) == (Decimal("-50.00"), None)


def test_counts_and_lists_agree(shop):
    with shop.query() as query:
        result = registry.run(query, "ladder.next_step", NOW)
    assert result.table["n_customers"].sum() == len(customers(shop))
    for name in ("about_to_climb", "about_to_fall"):
        metric = result.metrics[name]
        with select(shop, mark_of("ladder.next_step", pairs(NOW), metric.mark, None)) as query:
            assert query.count("selected") == metric.value


def test_by_number_of_purchases_what_is_left_is_purchases(shop):
    with shop.query() as query:
        result = registry.run(query, "ladder.next_step", {**NOW, "basis": "orders", "bounds": "4"})
    table = result.table[result.table["n_customers"] > 0].set_index("group")
    assert table.loc["about_to_climb", "to_next"] == 1  # only 'far', with three purchases
    assert "worth" not in result.metrics


# --- the draw ---------------------------------------------------------------------------------------------------------

MANY = [(f"c{number:03}", "2024-06-01", 950 if number < 60 else 4900) for number in range(100)]
DRAW = {"start": "2024-01-01", "end": "2025-01-01", "window": "12", "bounds": "1000,5000", "control_share": "0.25"}


@pytest.fixture(scope="module")
def many():
    made = workspace([*MANY, ("old", "2022-06-01", 10)])
    yield made
    made.destroy()


def arms(made, **more) -> dict[str, str]:
    analysis = registry.find("ladder.holdout")
    with made.query() as query:
        assert analysis.members
        analysis.members(query, registry.settings_for(query, analysis, {**DRAW, **more}))
        return dict(query.rows("SELECT customer_id, arm FROM members"))


def test_the_control_is_drawn_within_each_step_and_the_seed_decides(many):
    with many.query() as query:
        table = registry.run(query, "ladder.holdout", DRAW).table
    assert table[["step", "arm", "n_customers"]].to_numpy().tolist() == [
        ["step_2", "offer", 30], ["step_2", "control", 10], ["step_1", "offer", 45], ["step_1", "control", 15],
    ]  # fmt: skip
    assert arms(many) == arms(many)
    assert arms(many, seed="2") != arms(many)
    assert sorted(arms(many, seed="2").values()) == sorted(arms(many).values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_loads_back_as_the_same_assignments(many, language, tmp_path):
    with scoped_query(many, None) as query:
        content = assignments_csv(query, Words(language), "ladder.holdout", pairs({**DRAW, "benefit_cost": "12.50"}))
    file = tmp_path / "draw.csv"
    file.write_bytes(content)
    again = workspace(MANY)
    try:
        (report,) = again.load([SourceFile(file, "draw.csv")])
        assert (report.outcome, report.kind) == ("accept", "assignments")
        with again.query() as query:
            loaded = query.rows("SELECT customer_id, arm, is_control, contact_cost, assigned_on, test FROM assignments")
    finally:
        again.destroy()
    name = "Nästa steg" if language == "sv" else "Next step"
    expected = {
        (who, arm, arm == "control", Decimal(0) if arm == "control" else Decimal("12.5"), date(2024, 6, 2), name)
        for who, arm in arms(many).items()
    }
    assert set(loaded) == expected


def test_the_drawn_file_comes_back_as_a_test_of_what_came_of_it(tmp_path):
    """Twenty are near on 1 July; of the offer's fifteen all buy for 100 in the month after, of the control nobody."""
    asked = {"end": "2024-07-01", "start": "2023-07-01", "window": "12", "bounds": "1000", "control_share": "0.25",
             "assigned_on": "2024-07-01", "test_name": "sommar"}  # fmt: skip
    near = [(f"c{number:02}", "2024-05-01", 950) for number in range(20)]
    made = workspace([*near, ("old", "2022-06-01", 10), ("late", "2024-09-30", 10)])
    try:
        with scoped_query(made, None) as query:
            content = assignments_csv(query, Words("sv"), "ladder.holdout", pairs(asked))
        drawn = arms(made, **{**asked, "bounds": "1000"})
    finally:
        made.destroy()
    file = tmp_path / "draw.csv"
    file.write_bytes(content)
    bought = [(who, "2024-07-15", 100) for who, arm in drawn.items() if arm == "offer"]
    after = workspace([*near, *bought, ("old", "2022-06-01", 10), ("late", "2024-09-30", 10)])
    try:
        (report,) = after.load([SourceFile(file, "draw.csv")])
        assert report.outcome == "accept"
        with after.query() as query:
            result = registry.run(query, "lift.verdict", {"test": "sommar", "window": "30"})
    finally:
        after.destroy()
    table = result.table.set_index(["arm", "metric"])
    assert (table.loc[("offer", "spend"), "n_obs"], table.loc[("offer", "spend"), "mean"]) == (15, 100)
    assert (table.loc[("control", "spend"), "n_obs"], table.loc[("control", "spend"), "mean"]) == (5, 0)
    assert table.loc[("offer", "conversion"), "effect_size"] == 1


def test_nobody_near_is_said(shop):
    with shop.query() as query, pytest.raises(InsightError) as refused:
        registry.run(query, "ladder.holdout", {**NOW, "bounds": "100000"})
    assert refused.value.key == "ladder.nobody_to_draw"
