"""Campaign pages as a visitor meets them: a draw without consent asks first, wrong sizes stand before anything else."""

from datetime import date, timedelta

from tests.build import workspace
from tests.pages.screen import opened, texts
from tests.pages.test_upload import press

SENT = date(2024, 9, 1)


def _company():
    """Sixty customers who may be drawn, ten of whom have said no to post; a test with an arm that is half lost."""
    people = [
        {"customer_id": f"k{number:02}", "consent_post": "false" if number < 10 else "true"} for number in range(60)
    ]
    lines = [(f"k{number:02}", "2024-08-20", 100 + number, f"o{number}") for number in range(60)]
    lines += [(f"k{number:02}", "2024-12-20", 80 + number, f"d{number}") for number in range(0, 60, 3)]
    lines += [(f"t{number}", str(SENT + timedelta(days=1)), 50, f"t{number}") for number in range(300)]
    plan = [
        {"customer_id": f"t{number}", "test": "höst", "arm": "brev" if number < 80 else "kontroll",
         "assigned_on": str(SENT), "contact_cost": 1}
        for number in range(300)
    ]  # fmt: skip
    return workspace([*lines, ("later", "2024-12-31", 1, "later")], people, assignments=plan)


def test_a_draw_without_a_channel_asks_before_it_draws():
    app = press(opened("campaigns/plan", _company()), "draw_now")
    assert not app.exception
    assert any("ingens samtycke frågas efter" in text for text in texts(app))
    assert not any("kunder lottade till" in text for text in texts(app))
    app = press(app, "draw_without_consent")
    assert not app.exception
    assert any("kunder lottade till 2 grupper" in text for text in texts(app))
    assert any("har sagt nej till någon kanal" in text for text in texts(app))


def test_wrong_sizes_show_the_sizes_and_no_difference():
    app = opened("campaigns/verdict", _company(), planned="brev:1,kontroll:1")
    assert not app.exception
    said = texts(app)
    assert "Inget utslag: grupperna blev inte så stora som planerat" in said
    cells = [str(cell) for table in app.table for cell in table.value.to_numpy().ravel()]
    assert {"80.0", "220.0", "150.0"} <= set(cells)


def test_without_purchases_in_the_latest_window_the_plan_says_why_and_the_draw_stands():
    lines = [(f"k{number}", "2024-01-10", 100 + number, f"o{number}") for number in range(20)]
    app = opened("campaigns/plan", workspace([*lines, ("later", "2024-12-31", 1, "later")]))
    assert not app.exception
    assert any("Ingen i urvalet köpte mellan" in said for said in texts(app))
    assert [button.key for button in app.button if button.key == "draw_now"] == ["draw_now"]


def test_the_arms_of_a_draw_are_named_in_the_page_s_language():
    named = {
        language: list(opened("campaigns/plan", _company(), lang=language).get("data_editor")[0].value.iloc[:, 0])
        for language in ("sv", "en")
    }
    assert named == {"sv": ["Kontroll", "Utskick"], "en": ["Control", "Mailing"]}
