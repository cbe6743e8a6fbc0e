"""The first minute: a link to a page as a server's very first request, and the change of language."""

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser import rig


def test_a_link_to_a_page_works_as_the_first_request_of_all(browser: Browser, tmp_path: Path):
    """A server that has shown nothing yet knows our menu; the old form of Streamlit would list files instead."""
    with rig.serving(tmp_path / "log.txt") as url, rig.context(browser) as context:
        page = context.new_page()
        rig.go(page, url, "segments-rfm")
        expect(page.locator('[data-testid="stMain"] h1').first).to_be_visible()
        chosen = page.locator('[data-testid="stSidebarNavLink"][aria-current="page"]')
        expect(chosen).to_have_count(1)
        assert chosen.evaluate("link => new URL(link.href).pathname") == "/segments-rfm"
        assert "/" in rig.menu_paths(page)
        # Streamlit would say "Page not found" in a dialog and show the start page behind it.
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_language_changes_everything_and_stays(page: Page, url: str):
    rig.go(page, url)
    menu = page.locator('[data-testid="stSidebarNav"]')
    expect(menu).to_contain_text("Översikt")
    expect(page.locator("html")).to_have_attribute("lang", "sv")
    swedish = page.locator('[data-testid="stMain"] h1').first.inner_text()

    page.get_by_role("radio", name="English").or_(page.get_by_role("button", name="English")).first.click()
    expect(menu).to_contain_text("Overview")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    rig.ready(page)
    english = page.locator('[data-testid="stMain"] h1').first.inner_text()
    assert english != swedish

    menu.locator('a[href*="segments-rfm"]').click()
    expect(menu.locator('a[href*="segments-rfm"]')).to_have_attribute("aria-current", "page")
    rig.ready(page)
    expect(menu).to_contain_text("Overview")
    page.reload()
    rig.ready(page)
    expect(menu).to_contain_text("Overview")
