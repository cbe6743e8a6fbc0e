"""The recipe's page: what it says it holds is what the file holds, and a file is used whole or not at all."""

from collections.abc import Iterator

import pytest

from insight import recipe
from insight.recipe import FileMemory, Finding, Recipe, SavedAudience
from insight.workspace.store import Workspace
from tests.build import workspace
from tests.pages.screen import headline, opened, texts

FULL = Recipe(
    files=(FileMemory("transactions", ("Kund-nr", "X17", "Dag"), {"amount": "X17", "channel": None}),),
    settings={"segments.rfm.groups": "3", "nobody.knows": "1"},
    words={"sv": {"köp": "besök, besöket, besök, besöken, besöks"}},
    audiences=(SavedAudience("Våra bästa", "segments.rfm;@segment=champions", 12, "other-1"),),
    story=(Finding("segments-rfm", {"scope": "segments.lifecycle;@segment=active"}, "Vilka är de?"),),
)


@pytest.fixture
def data() -> Iterator[Workspace]:
    made = workspace([(name, f"2025-{month:02d}-10", 100) for name in "abc" for month in range(1, 11)])
    yield made
    made.close()


def dropped(data: Workspace, content: str):
    app = opened("data/recipe", workspace=data)
    app.file_uploader[0].upload("recept.json", content.encode(), "application/json").run()
    return app


def test_page_says_what_is_held_with_the_settings_of_the_moment(data):
    recipe.write(data.folder, FULL)
    app = opened("data/recipe", workspace=data, **{"ladder.bounds": "100,200"})
    assert headline(app) == (
        "Receptet minns hur filer läses, inställningar, branschens ord, sparade urval och en berättelse"
    )
    said = "\n".join(texts(app))
    for line in (
        "Transaktioner: 3 kolumner; Belopp från X17",
        "Egna gränser: 100,200",
        "Våra bästa: RFM-segment: Stamkunder",
        "1: Vilka är de? (Segment · inom Livscykel: Aktiva)",
    ):
        assert f"- {line}" in said


def test_file_is_used_when_told_to_and_not_before(data):
    app = dropped(data, recipe.to_text(FULL))
    assert recipe.read(data.folder) == Recipe()
    app.get_by_key("use_recipe").click().run()
    kept = recipe.read(data.folder)
    assert (kept.files, kept.words, kept.story) == (FULL.files, FULL.words, FULL.story)
    assert app.session_state["view"] == {"segments.rfm.groups": "3"}, "a setting that nothing answers to is left out"
    app.switch_page("pages/customers/segments_rfm.py").run()
    assert app.get_by_key("w_segments.rfm.groups").value == 3


def test_file_that_is_none_is_refused_whole(data):
    app = dropped(data, recipe.to_text(FULL).replace("segments.rfm;@segment", "no.such;@segment"))
    assert len(app.error) == 1
    assert "use_recipe" not in [button.key for button in app.button]
    assert recipe.read(data.folder) == Recipe()
