"""The first minute: a link to a page as a server's very first request, and the change of language."""

from playwright.sync_api import Page, expect

from tests.browser import rig
from tests.browser.conftest import FirstRequest


def test_a_link_to_a_page_works_as_the_first_request_of_all(server: tuple[str, FirstRequest]):
    """A server that has shown nothing yet knows our menu; the old form of Streamlit would list files instead."""
    _, seen = server
    assert seen.headlines == 1
    assert seen.chosen == ["/segments-rfm"]
    assert "/" in seen.menu
    # Streamlit would say "Page not found" in a dialog and show the start page behind it.
    assert seen.dialogs == 0


def test_the_language_changes_everything_and_stays(page: Page, url: str):
    rig.go(page, url)
    menu = page.locator('[data-testid="stSidebarNav"]')
    expect(menu).to_contain_text("Översikt")
    expect(page.locator("html")).to_have_attribute("lang", "sv")
    swedish = page.locator('[data-testid="stMain"] h1').first.inner_text()

    rig.click(page, page.get_by_role("radio", name="English").or_(page.get_by_role("button", name="English")).first)
    expect(menu).to_contain_text("Overview")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    rig.ready(page)
    english = page.locator('[data-testid="stMain"] h1').first.inner_text()
    assert english != swedish

    rig.click(page, menu.locator('a[href*="segments-rfm"]'))
    expect(menu.locator('a[href*="segments-rfm"]')).to_have_attribute("aria-current", "page")
    rig.ready(page)
    expect(menu).to_contain_text("Overview")
    page.reload()
    rig.ready(page)
    expect(menu).to_contain_text("Overview")
