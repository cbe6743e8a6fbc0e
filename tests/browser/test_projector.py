"""On the projector: nothing of the first figure lies under the bar at the foot, and type is clearly larger."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import visitor
from tests.browser.rig import go

# The figure itself, not the icon of the button that enlarges it.
_FIGURE = "[class*=st-key-fit_] :is(.main-svg, [data-testid=stEChartsChart] svg)"
_ENDS = """() => {
    const svg = document.querySelector('FIGURE'), box = svg.closest('[class*=st-key-fit_]');
    const bar = document.querySelector('[data-testid=stBottomBlockContainer]').getBoundingClientRect();
    return {
        figure: svg.getBoundingClientRect().bottom, box: box.getBoundingClientRect().bottom, bar: bar.top,
        height: svg.getBoundingClientRect().height,
        type: parseFloat(getComputedStyle(document.documentElement).fontSize),
    };
}""".replace("FIGURE", _FIGURE)
_WHOLE = f"() => {{ const e = ({_ENDS})(); return e.figure <= e.bar && e.figure <= e.box + 1; }}"


@pytest.mark.parametrize(("width", "height", "type_size"), [(1920, 1080, 24), (1366, 768, 18)])
def test_figures_end_above_the_bar_and_type_is_larger(
    browser: Browser, url: str, width: int, height: int, type_size: int
) -> None:
    for page in visitor(browser, url):
        page.set_viewport_size({"width": width, "height": height})
        for path in ("segments-rfm", "concentration", "cross"):
            go(page, url, path, visa="1")
            expect(page.locator(_FIGURE).first).to_be_visible()
            page.wait_for_function(_WHOLE)
            ends = page.evaluate(_ENDS)
            assert ends["type"] >= type_size
            assert ends["height"] > height / 4, "a figure that is too low to be read"
