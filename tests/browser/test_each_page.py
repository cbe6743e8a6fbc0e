"""Every page: no text cut off on a small screen, and every rule of axe (WCAG A and AA, good practice), light and dark.

One visitor walks through the menu, as people do. In the dark only what colour decides is asked again: the elements are
the same. What Streamlit's own page frame does is listed by rule and by the elements it may concern; all else is ours.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.conftest import visitor
from tests.browser.rig import go, ready
from tests.browser.walks import open_first_card, turn_to
from ui.nav import entries

# Rule → what the element's own markup begins with or holds.
_STREAMLITS_OWN = {
    "list": ("stSidebarNavItems",),
    "listitem": ("<li class=",),
    "svg-img-alt": ("metric_chart_",),
    "presentation-role-conflict": ("stFileUploaderDropzone",),
}
_OF_COLOUR = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],  # or axe describes every element that passes, which takes long on long pages
}

_CUT_OFF = """() => [...document.querySelectorAll('[data-testid="stMain"] *')].filter(
    element => getComputedStyle(element).textOverflow === 'ellipsis'
        && element.scrollWidth > element.clientWidth + 1 && element.innerText.trim()
).map(element => element.innerText.trim())"""

_WIDER_THAN_THE_SHEET = """() => [...document.querySelectorAll('[data-testid="stMain"] .dvn-scroller')].filter(
    table => table.scrollWidth > table.clientWidth + 1
).map(table => table.closest('[data-testid="stDataFrame"]').innerText)"""


@pytest.fixture(scope="module")
def walker(browser: Browser, url: str) -> Iterator[Page]:
    for page in visitor(browser, url):
        go(page, url)
        yield page


def _ours(violations: list[dict[str, Any]]) -> list[str]:
    return [
        f"{violation['id']}: {node['html'][:200]}"
        for violation in violations
        for node in violation["nodes"]
        if not any(part in node["html"] for part in _STREAMLITS_OWN.get(violation["id"], ()))
    ]


def _rules_broken(page: Page, within: str | None = None, options: dict[str, Any] | None = None) -> list[str]:
    return _ours(Axe().run(page, context=within, options=options).response["violations"])


@pytest.mark.parametrize("path", ["" if entry.name == "overview" else entry.address for entry in entries()])
def test_page_is_whole_and_shuts_nobody_out(walker: Page, path: str):
    walker.emulate_media(color_scheme="light", reduced_motion="reduce")
    if path == "card":
        turn_to(walker, "list")
        open_first_card(walker)
    else:
        turn_to(walker, path)
    assert walker.evaluate(_CUT_OFF) == []
    assert walker.evaluate(_WIDER_THAN_THE_SHEET) == []
    light = _rules_broken(walker)
    walker.emulate_media(color_scheme="dark", reduced_motion="reduce")
    ready(walker)
    # The menu is the same on every page: its colours in the dark are asked about on the first.
    within = '[data-testid="stMain"]' if path else None
    assert {"light": light, "dark": _rules_broken(walker, within, _OF_COLOUR)} == {"light": [], "dark": []}
