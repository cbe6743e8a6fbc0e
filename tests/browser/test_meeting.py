"""In the meeting: who fell, how satisfied they are, kept under a name; and a story that leaves with its recipe."""

import json
import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser import rig
from tests.browser.rig import go, open_by_key, ready
from tests.browser.test_selection import address, count_in, headline


def choose_mark(page: Page, analysis: str, named: str) -> None:
    """Choose a mark in the list that stands for the figure's clicks, by its name."""
    picker = page.locator(f".st-key-w_mark_{analysis} input")
    open_by_key(page, picker)
    picker.press_sequentially(named.partition(" ")[0])
    page.get_by_role("option", name=named, exact=True).click()
    expect(page.locator("[class*='st-key-panel']")).to_be_visible()
    ready(page)


def open_menu(page: Page, key: str, inside: str) -> None:
    """Open one of the menus at the top, and wait for what it holds."""
    page.locator(f".st-key-{key} button").first.click()
    expect(page.locator(f".st-key-{inside}").first).to_be_visible()
    ready(page)


def close_menu(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(page.locator('[data-testid="stPopoverBody"]')).to_have_count(0)
    ready(page)


def test_chief_finds_who_fell_from_gold_hears_how_satisfied_they_are_and_keeps_them(page: Page, url: str):
    go(page, url, "movement")
    choose_mark(page, "ladder-migration", "Guld → Silver")
    fell = count_in(page.locator("[class*='st-key-show_list'] button").inner_text())
    page.locator("[class*='st-key-look_within'] button").click()
    chips = page.locator(".st-key-scope")
    expect(chips).to_be_visible()
    ready(page)
    assert count_in(chips.get_by_text("av").inner_text()) == fell

    page.locator('[data-testid="stSidebarNav"] a[href$="/nps"]').click()
    expect(page).to_have_url(re.compile("/nps"))
    expect(page.locator('[data-testid="stMetric"]').first).to_be_visible()
    ready(page)
    assert address(page)["scope"], "the scope follows to the next page"
    assert count_in(page.locator(".st-key-scope").get_by_text("av").inner_text()) == fell

    open_menu(page, "w_audiences", "do_save_scope")
    page.locator(".st-key-w_save_scope input").fill("Föll från guld")
    page.locator(".st-key-do_save_scope button").click()
    kept = page.locator('[class*="st-key-pick_"]')
    expect(kept).to_contain_text("Föll från guld")
    ready(page)
    close_menu(page)
    page.locator(".st-key-show_all button").click()
    expect(chips).to_have_count(0)
    ready(page)
    open_menu(page, "w_audiences", "w_beside")
    kept.locator("button").click()
    expect(chips).to_be_visible()
    ready(page)
    assert count_in(chips.get_by_text("av").inner_text()) == fell


def turn_to(page: Page, path: str) -> None:
    """Another page by the menu; a link would be another session."""
    page.locator(f'[data-testid="stSidebarNav"] a[href$="/{path}"]').click()
    expect(page).to_have_url(re.compile(f"/{path}([?]|$)"))
    expect(page.locator('[data-testid="stMain"] h1')).to_have_count(1)
    ready(page)


def test_consultant_prepares_a_story_takes_it_to_the_meeting_and_plays_it_by_arrow_key(
    page: Page, url: str, browser: Browser, tmp_path: Path
):
    go(page, url, "segments-rfm", scope="segments.lifecycle;@segment=active")
    finding = headline(page)
    for number, path in enumerate(("segments-rfm", "concentration"), start=1):
        if number > 1:
            turn_to(page, path)
        open_menu(page, "w_story", "w_story_title")
        page.locator(".st-key-w_story_title input").fill(f"Om {path}")
        page.get_by_role("button", name="Lägg till den här vyn").click()
        expect(page.get_by_text(f"Tillagd som fynd {number}.")).to_be_visible()
        ready(page)
        close_menu(page)
    turn_to(page, "recipe")
    with page.expect_download() as waiting:
        page.locator(".st-key-download_recipe button").click()
    saved = tmp_path / "recipe.json"
    waiting.value.save_as(saved)
    assert [step["title"] for step in json.loads(saved.read_text(encoding="utf-8"))["story"]] == [
        "Om segments-rfm",
        "Om concentration",
    ]

    with rig.context(browser, "wide") as context:
        meeting = context.new_page()
        go(meeting, url, "recipe")
        meeting.locator(".st-key-take_recipe summary").click()
        meeting.locator('input[type="file"]').set_input_files(saved)
        meeting.locator(".st-key-use_recipe button").click()
        expect(meeting.get_by_text("Receptet används nu")).to_be_visible()
        ready(meeting)
        turn_to(meeting, "story")
        meeting.locator(".st-key-play button").click()
        expect(meeting.get_by_text("Fynd 1 av 2 · Om segments-rfm")).to_be_visible()
        ready(meeting)
        assert headline(meeting) == finding
        expect(meeting.locator('[data-testid="stSidebar"]')).not_to_be_visible()
        meeting.keyboard.press("ArrowRight")
        expect(meeting.get_by_text("Fynd 2 av 2 · Om concentration")).to_be_visible()
        ready(meeting)
        meeting.keyboard.press("PageUp")
        expect(meeting.get_by_text("Fynd 1 av 2 · Om segments-rfm")).to_be_visible()
        ready(meeting)
        meeting.keyboard.press("Escape")
        expect(meeting.locator('[data-testid="stSidebar"]')).to_be_visible()
        ready(meeting)
        assert "finding" not in address(meeting)
