"""The view travels: a click on a mark, the whole app within it, the address that holds it all, the way back."""

import re

from playwright.sync_api import Page, expect

from tests.browser.rig import click, go, ready
from tests.browser.walks import address, count_in, headline, in_scope, open_first_card, turn_to


def click_a_mark(page: Page) -> None:
    """Click the widest bar of the segments' figure, as a hand does: move there first."""
    bars = page.locator('[data-testid="stPlotlyChart"] .point path')
    expect(bars.first).to_be_visible()
    ready(page)
    boxes = [box for bar in bars.all() if (box := bar.bounding_box())]
    widest = max(boxes, key=lambda box: box["width"])
    x, y = widest["x"] + widest["width"] / 2, widest["y"] + widest["height"] / 2
    page.mouse.move(x - 3, y - 3)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.up()
    expect(page.locator("[class*='st-key-panel']")).to_be_visible()
    ready(page)


def test_a_clicked_mark_becomes_the_scope_of_all_pages_comes_back_from_its_link_and_goes_with_its_chip(
    page: Page, url: str
):
    go(page, url, "segments-rfm", **{"segments.rfm.groups": "4"})
    first = headline(page)
    click_a_mark(page)
    wanted = count_in(page.locator("[class*='st-key-show_list'] button").inner_text())
    click(page, page.locator("[class*='st-key-look_within'] button"))
    expect(page.locator(".st-key-scope")).to_be_visible()
    ready(page)
    assert in_scope(page) == wanted

    turn_to(page, "segments-lifecycle")
    assert in_scope(page) == wanted
    assert "segments.rfm;groups=4;@segment=" in address(page)["scope"][0]

    # One press of Back is one step, and the page shows what its address says: the selection, then the mark alone.
    page.go_back()
    page.wait_for_url("**/segments-rfm?*scope=*")
    ready(page)
    assert in_scope(page) == wanted
    page.go_back()
    expect(page.locator(".st-key-scope")).to_have_count(0)
    ready(page)
    assert "scope" not in address(page)
    assert headline(page) == first

    # The address alone, in another visitor's hands, is the same view: settings, selection and language.
    page.go_forward()
    expect(page.locator(".st-key-scope")).to_be_visible()
    ready(page)
    held = {name: values[0] for name, values in address(page).items()}
    go(page, url, "segments-rfm", **{**held, "lang": "en"})
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".st-key-scope").get_by_text(f"{wanted:,} of ")).to_be_visible()
    click(page, page.locator(".st-key-controls button").last)
    expect(page.get_by_label("Number of steps", exact=True)).to_have_value("4")
    page.keyboard.press("Escape")
    expect(page.locator('[data-testid="stPopoverBody"]')).to_have_count(0)

    chips = page.locator(".st-key-scope")
    click(page, chips.locator('[data-testid="stPills"] button, [data-testid="stButtonGroup"] button').first)
    expect(chips).to_have_count(0)
    ready(page)
    assert "scope" not in address(page)


# --- by keyboard alone ------------------------------------------------------------------------------------------------


_FOCUSED = """() => {
    const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
    const rings = x => x.outlineStyle !== 'none' && parseFloat(x.outlineWidth) > 0 || x.boxShadow !== 'none';
    const border = x => {
        while (x && parseFloat(getComputedStyle(x).borderTopWidth) === 0) x = x.parentElement;
        return x && getComputedStyle(x).borderTopColor;
    };
    const fields = [...document.querySelectorAll('[data-testid="stMain"] input')].filter(x => x !== e);
    const framed = e.tagName === 'INPUT' && fields.some(x => border(x) !== border(e));
    const around = [e, e.parentElement, e.parentElement?.parentElement, e.closest('[data-baseweb]')].filter(Boolean);
    return {
        body: e === document.body, text: (e.innerText || e.getAttribute('aria-label') || '').trim(),
        at: [...document.querySelectorAll('[class*=st-key-]')].filter(box => box.contains(e)).map(box => box.className),
        seen: r.width > 0 && r.bottom > 0 && r.top < innerHeight
            && (framed || around.some(x => rings(getComputedStyle(x)))),
    };
}"""


def tab_to(page: Page, wanted: str, most: int = 120) -> None:
    """Tab until the focus stands inside the element of that key, and see that it shows on the way there."""
    for _ in range(most):
        page.keyboard.press("Tab")
        found = page.evaluate(_FOCUSED)
        if any(f"st-key-{wanted}" in name for name in found["at"]):
            assert found["seen"], f"the focus on {found['text']} does not show"
            return
    raise AssertionError(f"{wanted} is not reached by Tab")


def test_from_the_start_page_to_a_customers_card_and_back_by_keyboard_alone(page: Page, url: str):
    go(page, url)
    tab_to(page, "behind_overview-key_figures")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/list"))
    ready(page)
    tab_to(page, "w_open")
    name = open_first_card(page)
    assert name
    assert name not in page.evaluate("location.href")
    tab_to(page, "next")
    page.keyboard.press("Enter")
    expect(page.locator('[data-testid="stMain"] h2').first).not_to_have_text(name)
    ready(page)
    tab_to(page, "to_list")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/list"))
    ready(page)
