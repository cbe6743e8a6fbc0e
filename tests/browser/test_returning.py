"""A page that is loaded anew comes back to the visitor's own data, for that tab alone, and only once."""

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser import rig
from tests.browser.rig import click, go, ready
from tests.browser.walks import headline

ROWS = "kundnr;köpdatum;belopp\n" + "".join(f"K{k % 7};2025-0{1 + k % 6}-1{k % 9};{100 + k},50\n" for k in range(40))
OWN = "7 kunder"


def test_a_reload_keeps_waiting_files_and_read_ones_and_another_visitor_gets_neither(
    page: Page, url: str, browser: Browser, tmp_path: Path
):
    file = tmp_path / "köp.csv"
    file.write_text(ROWS, encoding="utf-8")
    go(page, url, "upload")
    page.locator('[data-testid="stMain"] input[type=file]').first.set_input_files(file)
    read = page.get_by_role("button", name=re.compile("^Läs in"))
    expect(read).to_be_visible()
    ready(page)

    page.reload()
    expect(read).to_be_visible()
    ready(page)
    click(page, read)
    expect(page.locator(".st-key-to_overview button")).to_be_visible()
    ready(page)

    # What the browser says of the visit when it leaves the page is seen here, and tried by somebody else afterwards.
    page.evaluate("window.onpagehide()")
    left = [cookie for cookie in page.context.cookies() if cookie["name"] == "kundkompass-return"]
    assert len(left) == 1
    assert left[0]["sameSite"] == "Strict"
    assert left[0]["value"].startswith("own.")
    go(page, url, "list")
    assert headline(page).startswith(OWN)
    assert not [cookie for cookie in page.context.cookies() if cookie["name"] == "kundkompass-return"]

    with rig.context(browser) as context:
        context.add_cookies([{"name": "kundkompass-return", "value": left[0]["value"], "url": url}])
        other = context.new_page()
        go(other, url, "list")
        assert not headline(other).startswith(OWN)
        # The name was good for one return: who comes with it later is told that there is nothing behind it.
        expect(other.get_by_text("Det som var inläst finns inte kvar")).to_be_visible()
    page.reload()
    ready(page)
    assert headline(page).startswith(OWN)
