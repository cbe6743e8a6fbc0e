"""The list and the card as a user meets them: searched, taken out by purpose, opened, and found again."""

import pytest

from insight.audience import parse
from insight.workspace import audit
from tests.build import workspace
from tests.pages.screen import headline, opened, texts
from ui.people_words import short_id
from ui.state import CardPlace

ROWS = [(f"k{at:02d}", f"2025-{1 + at % 9:02d}-10", 1000 + 10 * at) for at in range(60)]
# E-mail: yes 0-29, no 30-44, unknown the rest; the last ten are in no register.
CUSTOMERS = [
    {"customer_id": f"k{at:02d}", "name": f"Namn {at}", "email": f"n{at}@x.se",
     **({"consent_email": at < 30} if at < 45 else {})}
    for at in range(50)
]  # fmt: skip
SEGMENT = "segments.value_tiers;@segment=tier_a"


@pytest.fixture
def data():
    made = workspace(ROWS, customers=CUSTOMERS)
    yield made
    made.close()


def with_data(page, data, **address):
    app = opened(page, workspace=data, **address)
    assert not app.exception
    return app


def search(app, typed):
    app.get_by_key("w_search").set_value(typed).run()
    assert not app.exception
    return app


def ids(app) -> list[str]:
    return app.dataframe[0].value.iloc[:, 0].tolist()


def test_search_finds_by_name_address_and_id_and_stays_out_of_the_address(data):
    app = with_data("customers/list", data)
    for typed, found in (("namn 7", ["k07"]), ("N31@x", ["k31"]), ("K5", [f"k{at}" for at in range(59, 49, -1)])):
        assert ids(search(app, typed)) == found
        assert f"{len(found)} av 60 kunder passar sökningen" in texts(app)
        assert typed not in str(app.session_state["view"])
        assert typed not in str(dict(app.query_params))
    search(app, "finns inte")
    assert any(text.startswith("Ingen kund passar") for text in texts(app))
    assert len(ids(search(app, ""))) == 25


def test_a_searched_list_keeps_its_search_through_sorting_and_the_card(data):
    app = search(with_data("customers/list", data), "k5")
    app.get_by_key("w_way").set_value("rising").run()
    assert ids(app)[0] == "k50"
    app.session_state["card_place"] = CardPlace("", "sales", False, 9, "k5")
    app.switch_page("pages/customers/card.py").run()
    assert "Kundkort · kund 10 av 10" in texts(app)
    assert app.get_by_key("next").disabled
    app.get_by_key("to_list").click().run()
    assert ids(app) == [f"k{at}" for at in range(50, 60)]


def test_back_from_the_card_is_the_same_list_at_the_same_page_in_any_language(data):
    app = with_data("customers/list", data, lang="en", of=SEGMENT)
    listed = headline(app)
    app.session_state["card_place"] = CardPlace(SEGMENT, "sales", True, 24)
    app.switch_page("pages/customers/card.py").run()
    assert "of" not in app.query_params
    app.get_by_key("next").click().run()
    app.get_by_key("to_list").click().run()
    assert headline(app) == listed != headline(with_data("customers/list", data, lang="en"))
    assert parse(app.session_state["view"]["of"]) == parse(SEGMENT)
    assert app.session_state["list_place"][1].page == 2


def test_without_a_customer_the_card_leads_to_the_list(data):
    app = with_data("customers/card", data)
    assert headline(app) == "Välj en kund i en kundlista"
    app.get_by_key("to_list").click().run()
    assert headline(app).startswith("60 kunder, ")


def test_the_list_is_taken_out_by_purpose_with_those_left_out_counted_before(data):
    app = with_data("customers/list", data)
    app.get_by_key("download_list").click().run()
    assert "60 av 60 kunder följer med." in texts(app)
    app.get_by_key("w_purpose").set_value("email").run()
    assert "30 av 60 kunder följer med. 30 utelämnas: 15 har sagt nej och 15 har inte svarat." in texts(app)
    assert "Hämta 30 rader" in texts(app)
    app.get_by_key("w_override").set_value(True).run()
    assert app.get_by_key("get_list").disabled
    app.get_by_key("w_reason").set_value("varan återkallas").run()
    assert "50 av 60 kunder följer med. 10 utelämnas: 10 saknar användbar adress." in texts(app)
    assert "Hämta 50 rader" in texts(app)
    assert not app.get_by_key("get_list").disabled
    assert audit.events(data.folder) == []  # nothing has left yet
    app.get_by_key("w_columns_email").set_value(["n_orders"]).run()
    assert not app.exception
    app.get_by_key("w_format").set_value("xlsx").run()
    assert not [button for button in app.get("download_button") if button.key == "get_about"]


def test_data_without_a_consent_say_so_and_leave_everybody_out(data):
    app = with_data("customers/list", data)
    app.get_by_key("download_list").click().run()
    app.get_by_key("w_purpose").set_value("post").run()
    assert any("säger inget om samtycke" in text for text in texts(app))
    assert "Ingen att hämta" in texts(app)
    assert app.get_by_key("get_list").disabled


def test_a_search_narrows_what_is_taken_out(data):
    app = search(with_data("customers/list", data), "k5")
    app.get_by_key("download_list").click().run()
    assert "10 av 10 kunder följer med." in texts(app)


def test_a_log_that_was_tampered_with_stops_the_list(data):
    audit.append(data.folder, "list_exported", {"rows": 1})
    (data.folder / audit.LOG).write_text("", encoding="utf-8")
    app = with_data("customers/list", data)
    app.get_by_key("download_list").click().run()
    assert app.error
    assert not [button for button in app.button if button.key == "get_list"]


def test_the_card_says_why_what_next_and_everything_in_order(data):
    app = with_data("customers/card", data)
    app.session_state["card_place"] = CardPlace("", "customer_id", False, 3)
    app.switch_page("pages/customers/card.py").run()
    said = texts(app)
    assert "k03" in said
    assert any(text.startswith("- Nyligen: ") for text in said)
    assert any(text.startswith("Regeln: ") for text in said)
    assert "För få köp för en rytm: det behövs tre köpdagar. Senaste köpet var för 154 dagar sedan." in said
    assert ["2025-04-10", "Köp", "Köp"] in [row[:3] for row in app.dataframe[0].value.values.tolist()]
    assert not any("Namn 3" in text for text in said)
    app.get_by_key("show_personal").click().run()
    assert "Namn 3, k03" in texts(app)
    app.get_by_key("show_personal").click().run()
    assert not any("Namn 3" in text for text in texts(app))


def test_the_panel_of_those_who_left_tells_what_they_bought_before():
    rows = [("gone", "2024-03-01", 900), ("gone", "2024-04-01", 300)]
    rows += [(f"s{at}", f"202{year}-0{at}-01", 100 * at) for at in range(1, 9) for year in (4, 5)]
    rows += [("s1", "2023-12-31", 1), ("s1", "2025-12-30", 1)]
    made = workspace(rows)
    app = with_data("value/movement", made)
    picker = app.get_by_key("w_mark_ladder.migration")
    there = [place for place, option in enumerate(picker.options) if option.endswith("→ Inga köp")]
    picker.select_index(there[0]).run()
    assert "1 kund som handlade för 1\u00a0200\u00a0kr i den tidigare perioden och 0\u00a0kr i den senare." in texts(
        app
    )
    made.close()


def test_the_code_kept_instead_of_a_personal_number_is_shown_short_and_other_ids_whole():
    code = "0123456789abcdef" * 4
    assert short_id(code) == "0123456789…"
    assert [short_id(name) for name in ("K100045", code[:-1], code.upper())] == ["K100045", code[:-1], code.upper()]
