"""The pages of answers: fixed steps in one click and back."""

from insight.analysis.nps_steps import PRESETS
from tests.build import workspace
from tests.pages.screen import opened

ROWS = [(f"c{number:03}", "2024-01-15", 200 * (1 + number % 30)) for number in range(120)]
ANSWERS = [
    {"customer_id": f"c{number:03}", "score": (number * 7) % 11, "answered_on": "2024-06-01"} for number in range(120)
]


def test_one_click_sets_the_fixed_steps_and_one_more_goes_back():
    app = opened("voice/nps_spend", workspace(ROWS, answers=ANSWERS), lang="sv")
    bounds = "w_nps.by_step.bounds"
    assert app.text_input(key=bounds).value == ""
    app.button(key="preset_steps").click().run()
    assert not app.exception
    assert app.text_input(key=bounds).value == PRESETS["spend"]
    app.button(key="preset_steps").click().run()
    assert app.text_input(key=bounds).value == ""
