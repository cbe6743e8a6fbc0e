"""The ladder's pages: a setting that cannot be followed leaves the page alive, and potential leads to the planner."""

import pytest

from insight import recipe
from insight.i18n.catalog import Words
from tests.build import workspace
from tests.pages.screen import headline, opened, popovers, texts

ROWS = [
    (f"c{number:02}", f"{year}-0{1 + number % 9}-15", 300 * (1 + number % 5) * (1 + number % 3))
    for number in range(30)
    for year in (2022, 2023, 2024)
    if (number + year) % 4
]
LEVELS = [{"customer_id": f"c{number:02}", "member_level": "Guld" if number % 3 else "Bas"} for number in range(30)]
WORDS = Words("sv")


@pytest.mark.parametrize(
    ("page", "asked", "says"),
    [
        ("value/movement", {"ladder.bounds": "5000,1000"}, "måste stiga"),
        ("value/ladder", {"ladder.window": "60"}, "längre än uppgifterna"),
        ("value/movement", {"ladder.basis": "level"}, "bara dagens medlemsnivå"),
        ("value/what_if", {"ladder.new_window_kind": "calendar", "ladder.new_window": "7"}, "hela år"),
        ("value/ladder", {"ladder.names": "a,b"}, "Ge ett namn per steg"),
    ],
)
def test_a_setting_that_cannot_be_followed_is_said_and_the_page_lives(page, asked, says):
    app = opened(page, workspace(ROWS, LEVELS), lang="sv", **asked)
    assert not app.exception
    assert any(says in text for text in texts(app)), "the reason"
    assert WORDS.t("ui.default_settings") in texts(app), "the way back"
    assert says not in headline(app)
    assert len(app.metric) >= 2, "the answer at the proposed settings"


def test_a_level_column_that_is_none_leaves_the_ladder_by_purchases():
    many = [{"customer_id": f"c{number:02}", "member_level": f"nivå {number}"} for number in range(30)]
    app = opened("value/ladder", workspace(ROWS, many), lang="sv")
    assert not app.exception
    assert any("30 olika värden" in text for text in texts(app))
    assert len(app.metric) >= 5


def test_potential_leads_to_the_planner_with_its_customers_as_scope():
    app = opened("value/potential", lang="sv")
    app.button(key="plan_test").click().run()
    assert not app.exception
    scope = app.session_state["view"]["scope"]
    assert scope.startswith("ladder.potential")
    assert "@room=headroom" in scope
    assert WORDS.t("ui.lift.draw_button") in texts(app), "the planner's own button"


def test_one_sentence_a_page_says_that_a_setting_was_left_out():
    app = opened("value/movement", workspace(ROWS), lang="sv", **{"ladder.bounds": "5000,1000"})
    assert sum("måste stiga" in error.value for error in app.error) == 1, "four sections, one sentence"


def test_a_ladder_without_a_customer_file_leads_to_where_it_is_loaded():
    app = opened("value/ladder", workspace(ROWS), lang="sv")
    assert not app.exception
    assert [button.label for button in app.button if button.key == "load_for_ladder.levels"] == [
        WORDS.t("ui.load_files")
    ]


def test_the_period_picker_names_the_dates_that_the_page_compares():
    """Data from 20 January 2023 to 19 December 2024: windows of eleven months, between 20 January and 19 December."""
    lines = [("a", "2023-01-20", 100), ("b", "2023-06-01", 300), ("a", "2024-12-19", 200)]
    app = opened("value/ladder", workspace(lines), lang="sv")
    said = "20 jan 2024\xa0– 19 dec 2024"
    assert any(said in text for text in texts(app)), "over the headline"
    assert said in popovers(app), "on the picker"


def test_bounds_are_locked_with_one_click_and_let_go_with_another():
    opened_workspace = workspace(ROWS)
    app = opened("value/ladder", opened_workspace, lang="sv")
    assert any("Föreslagna av köpen" in text for text in texts(app))
    app.button(key="lock_ladder.steps").click().run()
    assert not app.exception
    assert len(recipe.read(opened_workspace.folder).ladders) == 1
    assert any("Låsta" in text for text in texts(app))
    app.button(key="lock_ladder.steps").click().run()
    assert recipe.read(opened_workspace.folder).ladders == ()
    assert any("Föreslagna av köpen" in text for text in texts(app))


def test_typed_bounds_that_are_let_go_are_still_the_readers_own():
    app = opened("value/movement", workspace(ROWS), lang="sv", **{"ladder.bounds": "700,2100"})
    app.button(key="lock_ladder.migration").click().run()
    assert "ladder.bounds" not in app.session_state["view"], "the lock holds them now"
    assert any("700" in text and "Låsta" in text for text in texts(app))
    app.button(key="lock_ladder.migration").click().run()
    assert app.session_state["view"]["ladder.bounds"] == "700,2100"
