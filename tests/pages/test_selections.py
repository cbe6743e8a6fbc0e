"""Audiences that are kept: saved, picked again, joined, counted again on new data, and taken away only when asked."""

from collections.abc import Iterator

import pytest

from insight import recipe
from insight.audience import Combined, Mark, parse
from insight.ingest.options import FileMemory
from insight.workspace.store import Workspace
from tests.build import workspace
from tests.pages.screen import opened, plain, texts
from ui import state

# Ten customers: a buys in ten months, j in one.
ROWS = [
    (name, f"2025-{month:02d}-10", 1000 - 90 * place)
    for place, name in enumerate("abcdefghij")
    for month in range(1 + place, 11)
]
TOP = Mark("concentration.lorenz", (), (("group", "decile_1"),))


@pytest.fixture
def data() -> Iterator[Workspace]:
    made = workspace(ROWS)
    yield made
    made.close()


def with_menu(page: str, data: Workspace, **address: str):
    app = opened(page, workspace=data, **address)
    app.session_state["w_audiences"] = True
    return app.run()


def segments(data: Workspace) -> list[Mark]:
    app = opened("customers/segments_rfm", workspace=data)
    return [Mark("segments.rfm", (), mark) for mark in _marks(app)]


def _marks(app):
    picker = app.get_by_key("w_mark_segments.rfm")
    found = []
    for place in range(len(picker.options)):
        picker = app.get_by_key("w_mark_segments.rfm")
        picker.select_index(place).run()
        found.append(app.session_state["picks"][Mark("segments.rfm").link()])
    return found


def test_chosen_mark_is_saved_and_picked_again_on_another_page(data):
    app = opened("customers/segments_rfm", workspace=data)
    app.get_by_key("w_mark_segments.rfm").select_index(0).run()
    app.get_by_key("w_save_segments.rfm").set_value("Våra *bästa*")
    app.get_by_key("do_save_segments.rfm").click().run()
    saved = recipe.read(data.folder).audiences[0]
    assert (saved.name, saved.data_key) == ("Våra *bästa*", data.data_key)
    app.switch_page("pages/customers/list.py").run()
    app.session_state["w_audiences"] = True
    app.run()
    app.get_by_key("pick_Våra *bästa*").click().run()
    assert app.session_state["view"]["scope"] == saved.link
    assert f"{saved.n_customers} av 10 kunder" in texts(app)


def test_two_of_the_same_name_are_told_apart(data):
    first, second = segments(data)[:2]
    recipe.write(data.folder, recipe.Recipe(audiences=(recipe.SavedAudience("Bästa", first.link()),)))
    app = with_menu("customers/list", data, scope=second.link())
    app.get_by_key("w_save_scope").set_value("bästa")
    app.get_by_key("do_save_scope").click().run()
    assert any("Det finns redan ett urval som heter bästa" in text for text in texts(app))
    assert [saved.link for saved in recipe.read(data.folder).audiences] == [first.link()]


def test_a_name_of_120_characters_is_saved_whole_and_a_longer_one_is_refused_and_said(data):
    first = segments(data)[0]
    app = with_menu("customers/list", data, scope=first.link())
    app.get_by_key("w_save_scope").set_value("x" * 121)
    app.get_by_key("do_save_scope").click().run()
    assert "Namnet är 121 tecken. Korta det till högst 120 och spara igen." in texts(app)
    assert not recipe.read(data.folder).audiences
    app.get_by_key("w_save_scope").set_value("x" * 120)
    app.get_by_key("do_save_scope").click().run()
    assert [saved.name for saved in recipe.read(data.folder).audiences] == ["x" * 120]


def test_looking_within_leads_to_the_top_of_the_page_and_its_chips(data):
    app = opened("customers/segments_rfm", workspace=data)
    app.get_by_key("w_mark_segments.rfm").select_index(0).run()
    assert not any("scrollTo" in html.body for html in app.get("html"))
    app.get_by_key("look_within_segments.rfm").click().run()
    assert any("kundkompassTop !== 1" in html.body for html in app.get("html"))
    assert app.session_state["view"]["scope"].startswith("segments.rfm;@segment=")


@pytest.mark.parametrize("how", ["and", "or", "not"])
def test_saved_audience_joins_the_scope_as_asked(data, how):
    first, second = segments(data)[:2]
    recipe.write(data.folder, recipe.Recipe(audiences=(recipe.SavedAudience("Bästa", first.link()),)))
    app = with_menu("customers/list", data, scope=second.link())
    app.get_by_key("w_audience_how").set_value(how).run()
    app.get_by_key("pick_Bästa").click().run()
    assert parse(app.session_state["view"]["scope"]) == Combined(how, (second, first))


def test_audience_is_counted_again_and_the_change_is_said(data):
    mark = Mark("concentration.lorenz", (), ())
    recipe.write(
        data.folder,
        recipe.Recipe(audiences=(recipe.SavedAudience("Köpare", mark.link(), 7, data.data_key[:-1] + "0"),)),
    )
    app = with_menu("customers/list", data)
    assert "10 kunder, 3 fler än förra gången" in texts(app)
    assert recipe.read(data.folder).audiences[0].n_before == 7


def test_audience_that_this_data_cannot_tell_says_why(data):
    recipe.write(
        data.folder, recipe.Recipe(audiences=(recipe.SavedAudience("Missnöjda", "nps.act;@list=call"),))
    )  # fmt: skip
    app = with_menu("customers/list", data)
    assert any("Det finns inga NPS-svar" in text for text in texts(app))
    assert app.get_by_key("pick_Missnöjda").disabled


def test_audience_goes_only_when_the_question_is_answered(data):
    first = segments(data)[0]
    recipe.write(data.folder, recipe.Recipe(audiences=(recipe.SavedAudience("Bästa", first.link()),)))
    app = with_menu("customers/list", data)
    app.session_state["opened_parts"] = frozenset({"delete_Bästa"})
    app.run()
    assert "Ta bort Bästa?" in [plain(text) for text in texts(app)]
    assert recipe.read(data.folder).audiences
    app.get_by_key("delete_Bästa_yes").click().run()
    assert not recipe.read(data.folder).audiences


def test_the_demo_company_is_a_clean_start_with_the_words_of_the_trade(data, tmp_path):
    first, words = segments(data)[0], {"sv": {"kund": "medlem, medlemmen, medlemmar, medlemmarna"}}
    files = (FileMemory("transactions", ("Kund", "Dag", "X17"), {"amount": "X17"}, {"signs": "swap"}),)
    saved = recipe.SavedAudience("Bästa", first.link())
    recipe.write(data.folder, recipe.Recipe(files=files, audiences=(saved,), words=words, settings={"period": "r12"}))
    refused = tmp_path / "in"
    refused.write_text("<html>", encoding="utf-8")
    app = opened("data/upload", workspace=data)
    app.session_state["incoming_files"] = (state.Incoming(refused, "lista.xls"),)
    app.run()
    assert "lista.xls" in texts(app)
    app.get_by_key("back_to_demo").click().run()
    app.get_by_key("back_to_demo_yes").click().run()
    assert app.session_state["workspace"].folder != data.folder
    assert recipe.read(app.session_state["workspace"].folder) == recipe.Recipe(words=words)
    assert not refused.exists()
    assert not app.session_state["incoming_files"]
    assert "lista.xls" not in " ".join(texts(app))
