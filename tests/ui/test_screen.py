"""Figures follow the type of the screen they are shown on, and never fall under what they are made for."""

from typing import Any

import pytest

from insight.charts.theme import PROJECTOR_SCALE, sizes
from ui import chrome, state


@pytest.mark.parametrize(
    ("told", "presenting", "scale"),
    [
        (None, False, 1.0),
        ({"root": None}, True, PROJECTOR_SCALE),
        ({"root": 20}, False, 1.25),  # 3840 wide: the page's type is 20 px
        ({"root": 28}, True, 1.75),  # 3840 wide on a projector
        ({"root": 18}, True, PROJECTOR_SCALE),  # a low projector: the figure's box is low, its type stays
        ({"root": 400}, False, 2.5),
    ],
)
def test_figures_grow_with_the_page(
    monkeypatch: pytest.MonkeyPatch, told: dict[str, Any] | None, presenting: bool, scale: float
) -> None:
    monkeypatch.setattr(state, "widget", lambda key: told)
    assert chrome.scale(presenting) == scale
    # What fits is decided by the pixels there are: the sheet has grown as its type has.
    assert chrome.width(970, presenting) == round(970 * scale / chrome.least_scale(presenting))


def test_everything_in_a_figure_grows_alike() -> None:
    plain, large = vars(sizes()), vars(sizes(1.75))
    assert {name: large[name] / plain[name] for name in plain} == pytest.approx(dict.fromkeys(plain, 1.75), rel=0.05)
