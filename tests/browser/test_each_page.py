"""Every page: no text cut off on a small screen, and every rule of axe (WCAG A and AA, good practice), light and dark.

What Streamlit's own page frame does is listed by rule and by the elements it may concern; all else is ours.
"""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.rig import go, ready
from ui.nav import entries

# Rule → what the element's own markup begins with or holds.
_STREAMLITS_OWN = {
    "list": ("stSidebarNavItems",),
    "listitem": ("<li class=",),
    "svg-img-alt": ("metric_chart_",),
    "presentation-role-conflict": ("stFileUploaderDropzone",),
}

_CUT_OFF = """() => [...document.querySelectorAll('[data-testid="stMain"] *')].filter(
    element => getComputedStyle(element).textOverflow === 'ellipsis'
        && element.scrollWidth > element.clientWidth + 1 && element.innerText.trim()
).map(element => element.innerText.trim())"""


def _ours(violations: list[dict[str, Any]]) -> list[str]:
    return [
        f"{violation['id']}: {node['html'][:200]}"
        for violation in violations
        for node in violation["nodes"]
        if not any(part in node["html"] for part in _STREAMLITS_OWN.get(violation["id"], ()))
    ]


@pytest.mark.parametrize("path", ["" if entry.name == "overview" else entry.address for entry in entries()])
def test_page_is_whole_and_shuts_nobody_out(page: Page, url: str, path: str):
    go(page, url, path)
    assert page.evaluate(_CUT_OFF) == []
    light = Axe().run(page).response["violations"]
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    ready(page)
    dark = Axe().run(page).response["violations"]
    assert {"light": _ours(light), "dark": _ours(dark)} == {"light": [], "dark": []}
