"""A selection travels: a click on a mark, its list, its file, the whole app within it, and back again."""

import csv
import io
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

from tests.browser.rig import go, open_by_key, ready


def count_in(text: str) -> int:
    """The first number of a Swedish text: 'Visa alla 1 843 kunder' is 1843."""
    found = re.search(r"\d[\d\u00a0]*", text)
    assert found, text
    return int(found.group().replace("\u00a0", ""))


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


def headline(page: Page) -> str:
    return page.locator('[data-testid="stMain"] h1').first.inner_text()


def address(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.evaluate("location.href")).query)


def test_mark_to_list_to_file_counts_the_same_customers(page: Page, url: str, tmp_path: Path):
    go(page, url, "segments-rfm")
    click_a_mark(page)
    show = page.locator("[class*='st-key-show_list'] button")
    wanted = count_in(show.inner_text())
    show.click()
    expect(page.locator(".st-key-list_ways")).to_be_visible()
    ready(page)
    assert count_in(headline(page)) == wanted
    assert address(page)["of"][0].startswith("segments.rfm;@segment=")
    page.locator(".st-key-download_list button").click()
    get = page.locator(".st-key-get_list button")
    expect(get).to_be_enabled()
    assert count_in(get.inner_text()) == wanted
    with page.expect_download() as waiting:
        get.click()
    path = tmp_path / "list.csv"
    waiting.value.save_as(path)
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig")), delimiter=";"))
    assert rows[0][0] == "Kund"
    assert len(rows) - 1 == wanted
    assert len({row[0] for row in rows[1:]}) == wanted


def test_scope_is_set_by_one_click_and_taken_away_by_its_chip(page: Page, url: str):
    go(page, url, "segments-rfm")
    click_a_mark(page)
    wanted = count_in(page.locator("[class*='st-key-show_list'] button").inner_text())
    page.locator("[class*='st-key-look_within'] button").click()
    chips = page.locator(".st-key-scope")
    expect(chips).to_be_visible()
    ready(page)
    assert count_in(chips.get_by_text("av").inner_text()) == wanted
    assert "scope" in address(page)

    page.locator('[data-testid="stSidebarNav"] a[href*="segments-lifecycle"]').click()
    expect(page).to_have_url(re.compile("segments-lifecycle"))
    expect(chips).to_be_visible()
    ready(page)
    assert "scope" in address(page), "the scope follows to the next page's address"

    chips.locator('[data-testid="stPills"] button, [data-testid="stButtonGroup"] button').first.click()
    expect(chips).to_have_count(0)
    ready(page)
    assert "scope" not in address(page)


def test_a_link_restores_language_scope_and_setting(page: Page, url: str):
    go(page, url, "segments-rfm", lang="en", scope="segments.lifecycle;@segment=active", **{"segments.rfm.groups": "4"})
    expect(page.locator(".st-key-scope")).to_contain_text("customers")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.locator(".st-key-controls button").last.click()
    expect(page.get_by_label("Number of steps", exact=True)).to_have_value("4")


def test_back_leads_to_where_one_came_from(page: Page, url: str):
    go(page, url, "segments-rfm")
    first = headline(page)
    page.locator('[data-testid="stSidebarNav"] a[href*="concentration"]').click()
    expect(page).to_have_url(re.compile("concentration"))
    ready(page)
    for _ in range(3):
        page.go_back()
        ready(page)
        if "segments-rfm" in page.evaluate("location.pathname"):
            break
    assert "segments-rfm" in page.evaluate("location.pathname")
    assert headline(page) == first


def test_every_customer_in_a_list_has_a_card_and_the_address_does_not_say_whose(page: Page, url: str):
    go(page, url, "list")
    ready(page)
    # By keyboard: what a click on a row does. Each key waits for what the one before it led to.
    picker = page.locator(".st-key-w_open input")
    open_by_key(page, picker)
    if not picker.get_attribute("aria-activedescendant"):
        picker.press("ArrowDown")
    expect(picker).to_have_attribute("aria-activedescendant", re.compile("."))
    picker.press("Enter")
    expect(page).to_have_url(re.compile("/card"))
    ready(page)
    name = page.locator('[data-testid="stMain"] h3').first.inner_text()
    assert name
    assert name not in page.evaluate("location.href")
    page.locator(".st-key-next button").click()
    expect(page.locator('[data-testid="stMain"] h3').first).not_to_have_text(name)
