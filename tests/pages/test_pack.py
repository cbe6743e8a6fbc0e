"""The meeting pack in the app: chosen pages become files, a template that is none is said, the story goes along."""

import io

from pptx import Presentation

from insight.recipe import Finding, Recipe, read, write
from tests.build import workspace
from tests.pages.screen import headline, opened, texts
from ui import meeting, nav

RFM = "A headline of our own"


def pack(**address):
    return opened("data/pack", **address)


def test_every_page_of_answers_can_be_taken_along():
    asked = {entry.name: meeting.questions(entry) for entry in nav.entries()}
    assert asked["segments_rfm"] == ("segments.rfm",)
    assert asked["bridge"][:2] == ("ladder.bridge", "ladder.bridge_by")
    assert asked["totals"] == ("lift.totals",)
    assert asked["next_step"][0] == "ladder.next_step"
    without = {entry.name for entry in nav.entries() if not meeting.questions(entry) and entry.section != "data"}
    assert without == {"list", "card"}


def test_chosen_pages_become_files_in_the_chosen_language():
    app = pack(**{"segments.rfm.window": "6"})
    assert app.button(key="pack_build").disabled
    app.multiselect(key="w_pack_pages").set_value(["bridge", "segments-rfm"]).run()
    app.segmented_control(key="w_pack_language").set_value("en").run()
    app.button(key="pack_build").click().run()
    assert not app.exception
    assert headline(app) == "Ta med svaren till mötet"
    # Three answers between the cover, the summary and the definitions.
    assert "Klart: 2 sidor, 6 bilder" in texts(app)
    built = app.session_state["meeting_pack"]
    slides = list(Presentation(io.BytesIO(built.files["deck"])).slides)
    notes = [slide.notes_slide.notes_text_frame.text for slide in slides[2:5]]
    commands = [line.split("WORKSPACE ")[1] for note in notes for line in note.splitlines() if "WORKSPACE" in line]
    assert [line.split()[0] for line in commands] == ["ladder.bridge", "ladder.bridge_by", "segments.rfm"]
    assert "window=6" in notes[2]
    assert notes[2].startswith("Question: ")
    assert len(slides) == 6
    assert len(Presentation(io.BytesIO(built.files["summary"])).slides) == 1
    app.multiselect(key="w_pack_pages").set_value(["bridge"]).run()
    assert not any("Klart:" in text for text in texts(app))


def test_a_further_question_without_an_answer_has_no_slide_and_is_told():
    # No file says a channel, so the page's further questions by field have nothing to be counted from.
    rows = [(name, f"{year}-{month:02d}-10", 100) for name in "abcdef" for year in (2024, 2025) for month in (3, 9)]
    data = workspace(rows)
    write(data.folder, Recipe(story=(Finding("overview", {}),)))
    app = opened("data/pack", workspace=data)
    app.button(key="pack_build").click().run()
    assert not app.exception
    built = app.session_state["meeting_pack"]
    asked = meeting.questions(nav.at("overview"))
    assert built.left_out
    answered = len(asked) - len(built.left_out)
    # Cover and definitions around the answers, and a summary where there are several.
    assert built.slides == answered + 2 + (answered > 1)
    assert f"Klart: 1 fynd, {built.slides} bilder" in texts(app)
    assert any("Utan bild" in text and built.left_out[0] in text for text in texts(app))
    titles = [slide.shapes.title.text_frame.text for slide in Presentation(io.BytesIO(built.files["deck"])).slides]
    assert not any("har fältet ifyllt" in title for title in titles)
    data.close()


def test_a_template_that_is_none_is_said_and_nothing_is_kept():
    app = pack()
    app.multiselect(key="w_pack_pages").set_value(["concentration"]).run()
    app.file_uploader[0].upload("mall.pptx", b"no template").run()
    app.button(key="pack_build").click().run()
    assert app.error[0].value.startswith("Mallen gick inte att läsa")
    assert app.session_state["meeting_pack"] is None


def test_the_story_goes_along_with_its_headlines_and_selections():
    app = opened()
    folder = app.session_state["workspace"].folder
    findings = (
        Finding("segments-rfm", {"scope": "segments.value_tiers;@segment=tier_a"}, RFM, "Say this."),
        Finding("upload", {}, "No answers here"),
    )
    write(folder, Recipe(story=findings))
    assert read(folder).story == findings
    app.switch_page("pages/data/pack.py").run()
    app.button(key="pack_build").click().run()
    assert not app.exception
    built = app.session_state["meeting_pack"]
    # Cover, answer, definitions.
    assert "Klart: 1 fynd, 3 bilder" in texts(app)
    slide = list(Presentation(io.BytesIO(built.files["deck"])).slides)[1]
    notes = slide.notes_slide.notes_text_frame.text
    assert slide.shapes.title.text_frame.text == RFM
    assert notes.startswith("Say this.")
    assert "--scope 'segments.value_tiers;@segment=tier_a'" in notes
    # The reader's own view is as it was.
    assert "scope" not in app.session_state["view"]
