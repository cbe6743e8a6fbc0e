"""Forgetting a customer from the card: asked once, then a receipt, and the list goes on without the person."""

from tests.build import workspace
from tests.pages.screen import headline, opened, texts
from ui.state import CardPlace


def test_the_card_asks_forgets_and_gives_a_receipt():
    made = workspace(
        [("K-1001", "2024-01-03", 100), ("K-1002", "2024-01-04", 50), ("K-1003", "2024-01-04", 20)],
        customers=[{"customer_id": "K-1001", "name": "Ågot Xylander"}, {"customer_id": "K-1002"}],
        identities=[{"customer_id": "K-1001", "other_id": "WEB-77"}],
    )
    app = opened("customers/list", workspace=made)
    app.session_state["card_place"] = CardPlace("", "sales", True, 0)
    app.session_state["personal_shown"] = True
    app.switch_page("pages/customers/card.py").run()
    assert not app.exception
    cells = [str(cell) for table in app.table for cell in table.value.to_numpy().ravel()]
    assert {"Ågot Xylander", "WEB-77"} <= {cell.replace("\\", "") for cell in cells}

    app.button(key="forget").click().run()
    assert any("Glömma kunden?" in text for text in texts(app))
    assert made.manifest.counts["customers"] == 2, "nothing happens before the question is answered"
    app.button(key="forget_no").click().run()
    assert "Kundkort · kund 1 av 3" in texts(app)
    app.button(key="forget").click().run()
    app.button(key="forget_yes").click().run()
    assert not app.exception
    assert headline(app) == "Kunden är glömd"
    said = " ".join(texts(app))
    assert "Köp, kvar utan kund: 1\n" in said
    assert "Ågot" not in said
    assert app.session_state["workspace"].manifest.counts["customers"] == 1
