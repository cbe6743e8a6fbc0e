"""Lists leave by the product's own download only: by consent, counted before and in the file."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.rig import go, ready
from tests.browser.test_selection import count_in


def test_no_table_can_be_exported_past_the_consents_and_our_own_file_counts_them(page: Page, url: str, tmp_path: Path):
    go(page, url, "list")
    table = page.locator('[data-testid="stDataFrame"]').first
    expect(table).to_be_visible()
    table.hover()
    toolbar = page.locator('[data-testid="stElementToolbar"]').first
    expect(toolbar).to_be_visible()
    names = toolbar.locator("button").evaluate_all("all => all.map(one => one.getAttribute('aria-label') || '')")
    assert not [name for name in names if re.search("download|csv|export", name, re.IGNORECASE)], names

    page.locator(".st-key-download_list button").click()
    page.locator(".st-key-w_purpose").get_by_role("radio", name="E-post").click()
    said = page.locator(".st-key-take_out").get_by_text("utelämnas")
    expect(said).to_be_visible()
    ready(page)
    counts = [count_in(part) for part in re.findall(r"\d[\d\u00a0]*", said.inner_text())]
    rows, everybody, dropped = counts[:3]
    assert rows + dropped == everybody == count_in(page.locator('[data-testid="stMain"] h1').first.inner_text())
    assert sum(counts[3:]) == dropped
    get = page.locator(".st-key-get_list button")
    expect(get).to_be_enabled()
    with page.expect_download() as waiting:
        get.click()
    assert re.fullmatch(r"kundkompass-kunder-e-post-\d{4}-\d\d-\d\d\.csv", waiting.value.suggested_filename)
    path = tmp_path / "list.csv"
    waiting.value.save_as(path)
    assert len(path.read_text(encoding="utf-8-sig").splitlines()) - 1 == rows  # a head and rows, nothing else
    with page.expect_download() as waiting:
        page.locator(".st-key-get_about button").click()
    about = tmp_path / "about.txt"
    waiting.value.save_as(about)
    assert said.inner_text() in about.read_text(encoding="utf-8-sig")
