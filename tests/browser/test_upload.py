"""From a file on the desk to the overview, as a consultant does it."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.rig import go, ready
from tests.pages.test_upload import CUSTOMERS, SWEDISH


def test_drop_read_overview(page: Page, url: str, tmp_path: Path):
    sales, people = tmp_path / "kvitton.csv", tmp_path / "kunder.csv"
    sales.write_bytes(SWEDISH.encode("cp1252"))
    people.write_text(CUSTOMERS, encoding="utf-8")
    go(page, url, "upload")
    page.set_input_files('[data-testid="stMain"] input[type=file]', [str(sales), str(people)])
    read = page.locator(".st-key-read button")
    expect(read).to_have_text(re.compile("Läs in 2"))
    ready(page)
    read.click()
    onward = page.locator(".st-key-to_overview button")
    expect(onward).to_be_visible(timeout=60_000)
    ready(page)
    expect(page.get_by_text("Läst med anmärkningar").or_(page.get_by_text("Läst", exact=True)).first).to_be_visible()
    onward.click()
    expect(page.locator('[data-testid="stMain"] h1').first).to_contain_text("174")
    expect(page.get_by_text("Nordlund")).to_have_count(0)
