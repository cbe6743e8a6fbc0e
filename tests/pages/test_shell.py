"""What travels from page to page: language, scope, period, the chosen mark; and what never does: who a customer is."""

import pytest

from insight.audience import Mark, parse
from insight.workspace.store import Workspace
from tests.build import workspace
from tests.pages.screen import headline, opened, plain, texts
from ui.scope import chips
from ui.state import CardPlace

# Ten customers: a spends most and often, j least and long ago; two more are only in the customer file.
ROWS = [
    (name, f"2025-{month:02d}-10", 1000 - 90 * place)
    for place, name in enumerate("abcdefghij")
    for month in range(1 + place, 11)
]


@pytest.fixture(scope="module")
def data():
    made = workspace(ROWS, customers=[{"customer_id": n, "name": f"Namn {n}", "region": "Skåne"} for n in "abxy"])
    yield made
    made.close()


def with_data(page: str, data: Workspace, **address: str):
    app = opened(page, workspace=data, **address)
    assert not app.exception
    return app


def select_segment(app):
    picker = app.get_by_key("w_mark_segments.rfm")
    picker.select_index(0).run()
    return dict(app.session_state["picks"][next(iter(app.session_state["picks"]))])["segment"]


def test_language_of_the_link_names_menu_and_headline(data):
    assert "Segmentation" not in texts(with_data("customers/segments_rfm", data))
    app = with_data("customers/list", data, lang="en")
    assert headline(app) == "12 customers, SEK\u00a040,150 in sales"
    app.get_by_key("language").click().run()
    assert headline(app) == "12 kunder, 40\u00a0150\u00a0kr i försäljning"


def test_chosen_mark_shows_its_customers_and_becomes_the_scope(data):
    app = with_data("customers/segments_rfm", data)
    segment = select_segment(app)
    listed = [text for text in texts(app) if text.startswith("Visa alla ")]
    assert listed, texts(app)
    app.get_by_key("look_within_segments.rfm").click().run()
    assert parse(app.session_state["view"]["scope"]) == Mark("segments.rfm", (), (("segment", segment),))
    count = listed[0].removeprefix("Visa alla ").removesuffix(" kunder")
    assert f"{count} av 12 kunder" in texts(app)
    app.switch_page("pages/customers/list.py").run()
    assert headline(app).startswith(f"{count} kunder, ")


def test_scope_in_a_link_is_followed_and_can_be_taken_away(data):
    app = with_data("customers/list", data, scope="segments.rfm;@segment=champions")
    narrowed = headline(app)
    app.get_by_key("show_all").click().run()
    assert headline(app) != narrowed
    assert "scope" not in app.session_state["view"]


def test_unreadable_scope_is_said_and_dropped(data):
    app = with_data("", data, scope="segments.rfm;@segmnt=champions")
    assert any("segmnt" in plain(warning.value) for warning in app.warning)
    assert "scope" not in app.session_state["view"]


def test_period_is_shared_by_the_pages_that_take_one(data):
    app = with_data("", data)
    app.get_by_key("w_period").set_value("calendar").run()
    assert app.session_state["view"]["start"] == "2025-01-01"
    # The data end on 10 October: a year is read as far as they go, or it would be set against a whole one.
    assert app.session_state["view"]["end"] == "2025-10-11"
    assert "jan 2025" in next(text for text in texts(app) if text.startswith("Översikt ·"))
    app.switch_page("pages/customers/concentration.py").run()
    assert any("jan 2025" in text for text in texts(app))


def test_broken_fiscal_year_begins_in_the_chosen_month(data):
    app = with_data("", data, period="fiscal", fy="9", start="2024-09-01", end="2025-09-01")
    app.get_by_key("w_fiscal_month").set_value(5).run()
    assert (app.session_state["view"]["start"], app.session_state["view"]["end"]) == ("2024-05-01", "2025-05-01")


def test_setting_is_kept_under_its_analysis_and_only_when_it_differs(data):
    app = with_data("customers/segments_rfm", data)
    app.get_by_key("w_segments.rfm.groups").set_value(3).run()
    assert app.session_state["view"]["segments.rfm.groups"] == "3"
    app.get_by_key("w_segments.rfm.groups").set_value(5).run()
    assert "segments.rfm.groups" not in app.session_state["view"]


def test_wrong_setting_in_a_link_is_said_and_the_page_lives(data):
    right = headline(with_data("customers/segments_rfm", data))
    app = with_data("customers/segments_rfm", data, **{"segments.rfm.groups": "many"})
    assert ["many" in plain(error.value) for error in app.error] == [True]
    assert headline(app) == right
    app.get_by_key("reset_segments.rfm").click().run()
    assert "segments.rfm.groups" not in app.session_state["view"]
    assert not app.error


@pytest.mark.parametrize("name", ["scope", "of", "beside", "mark"])
def test_what_a_link_cannot_mean_is_said_without_the_names_of_everything_there_is(data, name):
    app = with_data("", data)
    app.query_params[name] = "junk"
    app.switch_page("pages/customers/list.py").run()
    said = [plain(warning.value) for warning in app.warning]
    assert len(said) == 1
    assert "junk" in said[0]
    assert "segments.rfm" not in said[0]
    assert name not in app.session_state["view"]


def test_scope_that_this_data_does_not_have_is_said(data):
    app = with_data("customers/list", data, scope="segments.rfm;@segment=no_such_segment")
    assert ["no_such_segment" in plain(warning.value) for warning in app.warning] == [True]


def test_what_no_page_asks_for_is_not_kept_of_a_link(data):
    app = with_data("", data, utm_source="letter", **{"segments.rfm.groups": "4"})
    assert app.session_state["view"] == {"segments.rfm.groups": "4"}


def test_chosen_mark_comes_back_from_its_link(data):
    app = with_data("customers/segments_rfm", data)
    segment = select_segment(app)
    link = Mark("segments.rfm", (), (("segment", segment),)).link()
    again = with_data("customers/segments_rfm", data, mark=link)
    assert [text for text in texts(again) if text.startswith("Visa alla ")] == [
        text for text in texts(app) if text.startswith("Visa alla ")
    ]


def test_list_is_sorted_by_what_is_asked_for(data):
    app = with_data("customers/list", data)
    first = app.dataframe[0].value.iloc[0, 0]
    assert first == "a"
    app.get_by_key("w_way").set_value("rising").run()
    assert app.dataframe[0].value.iloc[0, 0] in ("x", "y")


def test_names_are_hidden_until_asked_for(data):
    app = with_data("customers/list", data)
    assert "Namn a" not in app.dataframe[0].value.to_string()
    app.get_by_key("w_personal").set_value(True).run()
    assert "Namn a" in app.dataframe[0].value.to_string()


def test_card_walks_through_the_list_and_hides_names(data):
    app = with_data("customers/list", data)
    app.session_state["card_place"] = CardPlace("", "sales", True, 0)
    app.switch_page("pages/customers/card.py").run()
    assert headline(app) == "10 köp för 10\u00a0000\u00a0kr sedan jan 2025"
    assert not any("Namn a" in table.value.to_string() for table in app.table)
    app.get_by_key("show_personal").click().run()
    assert any("Namn a" in table.value.to_string() for table in app.table)
    app.get_by_key("next").click().run()
    assert headline(app) == "9 köp för 8\u00a0190\u00a0kr sedan feb 2025"
    assert "card" not in "".join(app.session_state["view"])


def test_card_without_a_chosen_customer_leads_to_a_list(data):
    assert headline(with_data("customers/card", data)) == "Välj en kund i en kundlista"


def test_why_this_number_accounts_for_every_row(data):
    app = with_data("customers/segments_rfm", data)
    app.get_by_key("why_segments.rfm").click().run()
    account = next(table.value for table in app.table if "Rader" in table.value.columns)
    read, used = account["Rader"].iloc[0], account["Rader"].iloc[-1]
    assert read == len(ROWS)
    assert read - account["Rader"].iloc[1:-1].sum() == used
    assert any("Differens 0,00\u00a0kr" in text for text in texts(app))
    assert any(code.value == "python -m insight run ARBETSYTA segments.rfm" for code in app.code)


def test_chips_name_what_remains_without_each():
    champions = Mark("segments.rfm", (), (("segment", "champions"),))
    best = Mark("segments.value_tiers", (), (("segment", "tier_a"),), champions)
    assert chips(best) == [
        (champions, Mark("segments.value_tiers", (), (("segment", "tier_a"),))),
        (Mark("segments.value_tiers", (), (("segment", "tier_a"),)), champions),
    ]
    both = parse("and(segments.rfm;@segment=lost|segments.rfm;@segment=champions|segments.value_tiers;@segment=tier_a)")
    assert [rest.link() for _, rest in chips(both) if rest] == [
        "and(segments.rfm;@segment=champions|segments.value_tiers;@segment=tier_a)",
        "and(segments.rfm;@segment=lost|segments.value_tiers;@segment=tier_a)",
        "and(segments.rfm;@segment=lost|segments.rfm;@segment=champions)",
    ]
    assert chips(None) == []
