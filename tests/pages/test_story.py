"""A story: views added on their pages, put in order, played with everything that was chosen, and left again."""

from collections.abc import Iterator

import pytest

from insight import recipe
from insight.recipe import Finding, Recipe, SavedAudience
from insight.workspace.store import Workspace
from tests.build import workspace
from tests.pages.screen import headline, opened, plain, texts

ROWS = [
    (name, f"2025-{month:02d}-10", 1000 - 90 * place)
    for place, name in enumerate("abcdefghij")
    for month in range(1 + place, 11)
]
LOYAL = "segments.lifecycle;@segment=active"
STORY = (
    Finding("segments-rfm", {"segments.rfm.groups": "3"}, "Först"),
    Finding("list", {"scope": LOYAL}, "Sedan", "Säg det *lugnt*"),
    Finding("overview", {}),
)


@pytest.fixture
def data() -> Iterator[Workspace]:
    made = workspace(ROWS)
    yield made
    made.close()


def told(data: Workspace, story=STORY, **address: str):
    recipe.write(data.folder, Recipe(story=story))
    app = opened("data/story", workspace=data, **address)
    assert not app.exception
    return app


def test_view_is_added_with_its_settings_scope_and_chosen_mark_but_no_language(data):
    app = opened("customers/segments_rfm", workspace=data, lang="en", scope=LOYAL, **{"segments.rfm.groups": "3"})
    app.get_by_key("w_mark_segments.rfm").select_index(0).run()
    app.session_state["w_story"] = True
    app.run()
    app.get_by_key("w_story_title").set_value("Who they are")
    app.get_by_key("w_story_note").set_value("Pause here")
    next(button for button in app.button if button.label == "Add this view").click().run()
    added = recipe.read(data.folder).story[0]
    assert (added.page, added.title, added.note) == ("segments-rfm", "Who they are", "Pause here")
    assert added.view["mark"].startswith("segments.rfm;groups=3;@segment=")
    assert {k: v for k, v in added.view.items() if k != "mark"} == {"scope": LOYAL, "segments.rfm.groups": "3"}


def test_a_note_that_is_too_long_is_told_and_nothing_of_it_is_cut_or_saved(data):
    app = opened("customers/segments_rfm", workspace=data)
    app.session_state["w_story"] = True
    app.run()
    pasted = "å" * 2_003
    app.get_by_key("w_story_note").set_value(pasted)
    next(button for button in app.button if button.label == "Lägg till den här vyn").click().run()
    assert not recipe.read(data.folder).story
    assert app.get_by_key("w_story_note").value == pasted
    assert any("2\u00a0003 tecken" in said and "Korta den med 3" in said for said in texts(app))
    app.get_by_key("w_story_note").set_value(pasted[:2_000])
    next(button for button in app.button if button.label == "Lägg till den här vyn").click().run()
    assert [len(finding.note) for finding in recipe.read(data.folder).story] == [2_000]
    assert app.get_by_key("w_story_note").value == ""


def test_one_customers_card_is_never_added(data):
    app = opened("customers/card", workspace=data)
    app.session_state["w_story"] = True
    app.run()
    assert "Den här sidan kan inte läggas till. Öppna en fråga i menyn först." in texts(app)


def test_findings_are_moved_and_taken_away(data):
    app = told(data)
    assert headline(app) == "Berättelsen har 3 fynd"
    app.get_by_key("down_0").click().run()
    assert [finding.title for finding in recipe.read(data.folder).story] == ["Sedan", "Först", ""]
    app.get_by_key("delete_finding_2").click().run()
    assert len(recipe.read(data.folder).story) == 3
    app.get_by_key("delete_finding_2_yes").click().run()
    assert [finding.title for finding in recipe.read(data.folder).story] == ["Sedan", "Först"]


@pytest.mark.parametrize(
    ("story", "lang", "question"),
    [
        (STORY, "sv", "Ta bort alla 3 fynd ur berättelsen?"),
        (STORY, "en", "Remove all 3 findings from the story?"),
        (STORY[:1], "sv", "Ta bort fyndet ur berättelsen?"),
    ],
)
def test_the_whole_story_is_cleared_in_one_step_after_a_question(data, story, lang, question):
    app = told(data, story, lang=lang)
    app.get_by_key("clear_story").click().run()
    assert question in texts(app)
    app.get_by_key("clear_story_no").click().run()
    assert recipe.read(data.folder).story == story
    app.get_by_key("clear_story").click().run()
    app.get_by_key("clear_story_yes").click().run()
    assert not app.exception
    assert recipe.read(data.folder).story == ()
    assert headline(app) == {"sv": "Berättelsen är tom", "en": "The story is empty"}[lang]


def test_title_and_note_are_changed_for_the_finding_that_stands_there(data):
    app = told(data)
    app.get_by_key("down_0").click().run()
    app.get_by_key("w_title_0").set_value("Nytt")
    app.get_by_key("save_0").click().run()
    assert [finding.title for finding in recipe.read(data.folder).story] == ["Nytt", "Först", ""]
    assert recipe.read(data.folder).story[0].note == STORY[1].note


def test_story_is_played_forth_and_back_and_left_where_it_was_started(data):
    app = told(data, lang="en", scope=LOYAL)
    app.get_by_key("play").click().run()
    assert "Finding 1 of 3" in texts(app)
    # Its own heading is the page's; what the page found stands under it.
    assert headline(app) == "Först"
    assert headline(opened("customers/segments_rfm", workspace=data, lang="en", **STORY[0].view)) in texts(app)
    assert app.session_state["view"] == {
        "lang": "en", "visa": "1", "finding": "1", "segments.rfm.groups": "3",
    }  # fmt: skip
    app.get_by_key("forward").click().run()
    assert headline(app) == "Sedan"
    assert app.session_state["view"]["scope"] == LOYAL
    assert "segments.rfm.groups" not in app.session_state["view"]
    assert not any("Säg det" in text for text in texts(app)), "a note is the presenter's until asked for"
    app.get_by_key("note").click().run()
    assert any("Säg det *lugnt*" in plain(text) for text in texts(app))
    app.get_by_key("forward").click().run()
    assert app.get_by_key("forward").disabled
    app.get_by_key("leave").click().run()
    assert headline(app) == "The story has 3 findings"
    assert app.session_state["view"] == {"lang": "en", "scope": LOYAL}


def test_finding_without_a_title_is_called_by_what_it_says_and_of_whom(data):
    untitled = Finding("segments-rfm", {"scope": LOYAL, "segments.rfm.groups": "3"})
    app = told(data, (untitled, Finding("list", {"scope": LOYAL})))
    said = headline(opened("customers/segments_rfm", workspace=data, **untitled.view))
    named = [plain(sub.value) for sub in app.subheader]
    assert named == [f"1. {said} · Livscykel: Aktiva", "2. Kundlista · Livscykel: Aktiva"]
    # The reader's own view is as it was.
    assert "scope" not in app.session_state["view"]


def test_finding_from_a_link_is_left_for_the_story(data):
    recipe.write(data.folder, Recipe(story=STORY))
    app = opened("value/ladder", workspace=data, visa="1", finding="2", scope=LOYAL)
    app.get_by_key("leave").click().run()
    assert headline(app) == "Berättelsen har 3 fynd"
    assert app.session_state["view"] == {}


def test_finding_beyond_the_story_and_a_page_that_is_gone_are_said(data):
    recipe.write(data.folder, Recipe(story=(Finding("no-such-page"),)))
    app = opened(workspace=data, visa="1", finding="7")
    assert ["fynd 7" in plain(warning.value) for warning in app.warning] == [True]
    app = told(data, (Finding("no-such-page"),))
    app.get_by_key("play").click().run()
    assert ["no-such-page" in plain(warning.value) for warning in app.warning] == [True]


def test_arrows_lead_through_the_pages_where_no_story_is_played(data):
    app = opened(workspace=data, visa="1")
    first = headline(app)
    assert app.get_by_key("back").disabled
    app.get_by_key("forward").click().run()
    assert headline(app) != first
    app.get_by_key("back").click().run()
    assert headline(app) == first


def test_finding_names_its_saved_audience(data):
    recipe.write(data.folder, Recipe(story=STORY, audiences=(SavedAudience("Våra trogna", LOYAL),)))
    app = opened("data/story", workspace=data)
    assert "Kundlista · inom Våra trogna" in texts(app)
