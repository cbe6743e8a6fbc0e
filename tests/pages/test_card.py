"""The customer card on data of odd shape: somebody who is in no register, a rhythm of a day, a firm."""

import pytest

from tests.build import workspace
from tests.pages.screen import opened, texts
from ui.state import CardPlace

# ann buys on ten days in a row and is then silent; bo every tenth day until the last; cy once.
ROWS = [
    *(("ann", f"2025-01-{day:02d}", 500) for day in range(1, 11)),
    *(("bo", f"2025-{month:02d}-{day:02d}", 10) for month in (3, 4) for day in (1, 11, 21)),
    ("cy", "2025-02-01", 1),
]
PLACES = {"ann": 0, "bo": 1, "cy": 2}


@pytest.fixture(scope="module")
def app():
    made = workspace(ROWS, customers=[{"customer_id": "bo", "customer_type": "company"}])
    yield opened(workspace=made)
    made.close()


def card(app, who: str) -> list[str]:
    app.session_state["card_place"] = CardPlace("", "sales", True, PLACES[who])
    app.switch_page("pages/customers/card.py").run()
    assert not app.exception
    assert who == app.header[0].value
    return texts(app)


def test_who_is_in_no_register_has_a_sentence_instead_of_an_empty_heading(app):
    assert any(said.startswith("Uppgifterna säger inget om kunden utöver köpen") for said in card(app, "ann"))
    assert not any(said.startswith("Uppgifterna säger inget") for said in card(app, "bo"))


def test_a_rhythm_without_spread_is_not_written_as_a_range(app):
    said = " ".join(card(app, "ann"))
    assert "ungefär 1 dags mellanrum; minst hälften av uppehållen är så långa (median av 9)" in said
    assert "1–1" not in said


def test_the_ring_of_the_next_purchase_is_explained_only_where_it_is_drawn(app):
    # bo bought on 21 April, the last day, and comes every tenth or eleventh day; ann is months late.
    assert any("Ringen är dagen då nästa köp väntas" in said for said in card(app, "bo"))
    assert not any("Ringen" in said for said in card(app, "ann"))


def test_what_a_customer_is_stands_in_the_pages_language(app):
    card(app, "bo")
    facts = next(table.value for table in app.table if "Kundtyp" in table.value.iloc[:, 0].tolist())
    assert dict(zip(facts.iloc[:, 0], facts.iloc[:, 1], strict=True))["Kundtyp"] == "Företag"
