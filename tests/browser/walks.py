"""The three jobs of a meeting, as they are done with mouse and keyboard: the same walks on whichever data are open.

Every figure that is met on the way is held against `truth`: on the page, as the count of a list, in the file that was
downloaded and opened again.
"""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from openpyxl import load_workbook
from playwright.sync_api import Download, Locator, Page, expect
from pptx import Presentation

from tests.browser.rig import click, open_by_key, ready
from tests.browser.truth import GOLD, SILVER, Truth

NBSP = "\u00a0"
FELL = f"{GOLD} → {SILVER}"


# --- reading the page -------------------------------------------------------------------------------------------------


def count_in(text: str) -> int:
    """The first number of a Swedish text: 'Visa alla 1 843 kunder' is 1843."""
    found = re.search(r"\d[\d\u00a0]*", text)
    assert found, text
    return int(found.group().replace("\u00a0", ""))


def headline(page: Page) -> str:
    return page.locator('[data-testid="stMain"] h1').first.inner_text()


def address(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.evaluate("location.href")).query)


def figure(page: Page, named: str) -> str:
    """The value of a figure in the page's first row of them, by its name."""
    card = page.locator('[data-testid="stMetric"]').filter(has=page.get_by_text(named, exact=True)).first
    return card.locator('[data-testid="stMetricValue"]').inner_text()


def points(value: object) -> str:
    """A score as the page writes it: one decimal, a comma, a true minus."""
    return f"{value:.1f}".replace("-", "−").replace(".", ",")


def in_scope(page: Page) -> int:
    """How many customers the chips at the top say that the page speaks of."""
    chips = page.locator(".st-key-scope")
    expect(chips).to_be_visible()
    return count_in(chips.get_by_text(" av ").inner_text())


# --- moving about -----------------------------------------------------------------------------------------------------


def turn_to(page: Page, path: str) -> None:
    """Another page by the menu; a link would be another session."""
    link = page.locator(f'[data-testid="stSidebarNav"] a[href$="/{path}"]')
    named = link.inner_text().strip()
    click(page, link)
    expect(page).to_have_url(re.compile(f"/{path}([?]|$)"))
    # The title comes with the page's own run: until then what stands there is the page before.
    expect(page).to_have_title(f"{named} · Kundkompass")
    expect(page.locator('[data-testid="stMain"] h1')).to_have_count(1)
    ready(page)


def choose_mark(page: Page, analysis: str, named: str) -> None:
    """Choose a mark in the list that stands for the figure's clicks, by its name."""
    picker = page.locator(f".st-key-w_mark_{analysis} input")
    open_by_key(page, picker)
    picker.press_sequentially(named.partition(" ")[0])
    click(page, page.get_by_role("option", name=named, exact=True))
    expect(page.locator(f".st-key-panel_{analysis}")).to_be_visible()
    ready(page)


def open_menu(page: Page, key: str, inside: str) -> None:
    """Open a menu, and wait for what it holds."""
    click(page, page.locator(f".st-key-{key} button").first)
    expect(page.locator(f".st-key-{inside}").first).to_be_visible()
    ready(page)


def close_menu(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(page.locator('[data-testid="stPopoverBody"]')).to_have_count(0)
    ready(page)


def download(page: Page, button: Locator, path: Path) -> Download:
    expect(button).to_be_enabled()
    with page.expect_download() as waiting:
        click(page, button)
    waiting.value.save_as(path)
    return waiting.value


def look_within(page: Page, analysis: str) -> None:
    click(page, page.locator(f".st-key-look_within_{analysis} button"))
    expect(page.locator(".st-key-scope")).to_be_visible()
    ready(page)


def show_all(page: Page) -> None:
    click(page, page.locator(".st-key-show_all button"))
    expect(page.locator(".st-key-scope")).to_have_count(0)
    ready(page)


def upload(page: Page, files: list[Path]) -> None:
    """Drop the files on the page and wait until all are read."""
    turn_to(page, "upload")
    page.set_input_files('[data-testid="stMain"] input[type=file]', [str(path) for path in files])
    read = page.locator(".st-key-read button")
    expect(read).to_have_text(re.compile(f"Läs in {len(files)}"))
    click(page, read)
    expect(page.locator(".st-key-to_overview button")).to_be_visible(timeout=60_000)
    ready(page)


# --- the three jobs ---------------------------------------------------------------------------------------------------


def check_chief(page: Page, truth: Truth, tmp_path: Path) -> None:
    """Who fell from gold, what those think of us, and the slide of it."""
    fell = truth.moved(GOLD, SILVER)
    score, n_answers = truth.nps(fell)
    turn_to(page, "movement")
    choose_mark(page, "ladder-migration", FELL)
    assert count_in(page.locator(".st-key-show_list_ladder-migration button").inner_text()) == len(fell)
    look_within(page, "ladder-migration")
    assert in_scope(page) == len(fell)

    turn_to(page, "nps")
    expect(page.locator('[data-testid="stMetric"]').first).to_be_visible()
    assert address(page)["scope"], "the scope follows to the next page"
    assert in_scope(page) == len(fell)
    assert figure(page, "NPS, alla svar") == points(score)
    assert count_in(figure(page, "Svar")) == n_answers

    open_menu(page, "meeting_nps-trend", "pack-as_slides_answer_nps-trend")
    path = tmp_path / "bild.pptx"
    download(page, page.locator(".st-key-pack-as_slides_answer_nps-trend button"), path)
    close_menu(page)
    slides = [{shape.name: shape.text_frame.text for shape in slide.shapes if shape.has_text_frame}
              for slide in Presentation(str(path)).slides]  # fmt: skip
    told = next(slide for slide in slides if "Metric nps" in slide)
    assert told["Metric nps"].splitlines()[0] == points(score)
    assert count_in(told["Metric n_answers"]) == n_answers
    assert headline(page) in told.values()
    assert any(f"{GOLD} → {SILVER}" in text for text in told.values()), "the slide says whom it speaks of"
    show_all(page)


def check_story(page: Page, truth: Truth, tmp_path: Path) -> Path:
    """A story of two findings, one of them within a selection, and the recipe that takes it along; gives its file."""
    fell = truth.moved(GOLD, SILVER)
    turn_to(page, "movement")
    _add_to_story(page, "Rörelsen", 1)
    choose_mark(page, "ladder-migration", FELL)
    look_within(page, "ladder-migration")
    turn_to(page, "nps")
    assert in_scope(page) == len(fell)
    _add_to_story(page, "Vad de som föll tycker", 2)
    show_all(page)
    turn_to(page, "recipe")
    path = tmp_path / "recept.json"
    download(page, page.locator(".st-key-download_recipe button"), path)
    told = path.read_text(encoding="utf-8")
    assert [step["title"] for step in json.loads(told)["story"]] == ["Rörelsen", "Vad de som föll tycker"]
    assert not [name for name in fell if name in told], "a recipe holds no customer"
    return path


def _add_to_story(page: Page, title: str, number: int) -> None:
    open_menu(page, "w_story", "w_story_title")
    page.locator(".st-key-w_story_title input").fill(title)
    click(page, page.get_by_role("button", name="Lägg till den här vyn"))
    expect(page.get_by_text(f"Tillagd som fynd {number}.")).to_be_visible()
    ready(page)
    close_menu(page)


def check_meeting(page: Page, truth: Truth, recipe: Path) -> None:
    """Another day, another visitor: the recipe is taken in and the story played, by the keys of a remote control."""
    fell = truth.moved(GOLD, SILVER)
    score, _ = truth.nps(fell)
    turn_to(page, "recipe")
    click(page, page.locator(".st-key-take_recipe summary"))
    page.locator('input[type="file"]').set_input_files(recipe)
    click(page, page.locator(".st-key-use_recipe button"))
    expect(page.get_by_text("Receptet används nu")).to_be_visible()
    ready(page)
    turn_to(page, "story")
    click(page, page.locator(".st-key-play button"))
    _is_shown(page, 1, "Rörelsen")
    ready(page)
    expect(page.locator('[data-testid="stSidebar"]')).not_to_be_visible()
    choose_mark(page, "ladder-migration", FELL)
    assert count_in(page.locator(".st-key-show_list_ladder-migration button").inner_text()) == len(fell)
    page.keyboard.press("PageDown")
    _is_shown(page, 2, "Vad de som föll tycker")
    ready(page)
    assert in_scope(page) == len(fell)
    assert figure(page, "NPS, alla svar") == points(score)
    page.keyboard.press("PageUp")
    _is_shown(page, 1, "Rörelsen")
    ready(page)
    page.keyboard.press("Escape")
    expect(page.locator('[data-testid="stSidebar"]')).to_be_visible()
    ready(page)
    assert "finding" not in address(page)


def _is_shown(page: Page, number: int, title: str) -> None:
    """The finding is on the projector, under its own heading."""
    expect(page.get_by_text(f"Fynd {number} av 2", exact=True)).to_be_visible()
    expect(page.locator('[data-testid="stMain"] h1')).to_have_text(title)


def check_analyst(page: Page, truth: Truth, tmp_path: Path) -> None:
    """A step of the ladder, its customers, their list by consent as CSV and whole as Excel, and how it was counted."""
    gold = truth.on(GOLD)
    willing = truth.willing(gold)
    turn_to(page, "ladder")
    choose_mark(page, "ladder-steps", GOLD)
    show = page.locator(".st-key-show_list_ladder-steps button")
    assert count_in(show.inner_text()) == len(gold)
    click(page, show)
    expect(page.locator(".st-key-list_ways")).to_be_visible()
    ready(page)
    assert count_in(headline(page)) == len(gold)
    assert address(page)["of"][0].startswith("ladder.steps;")

    # The table itself offers no file: lists leave by the way that counts consents, and by no other.
    table = page.locator('[data-testid="stDataFrame"]').first
    table.hover()
    toolbar = page.locator('[data-testid="stElementToolbar"]').first
    expect(toolbar).to_be_visible()
    names = toolbar.locator("button").evaluate_all("all => all.map(one => one.getAttribute('aria-label') || '')")
    assert not [name for name in names if re.search("download|csv|export", name, re.IGNORECASE)], names

    click(page, page.locator(".st-key-download_list button"))
    everybody = tmp_path / "guld.xlsx"
    click(page, page.locator(".st-key-w_format").get_by_role("radio", name="Excel"))
    get = page.locator(".st-key-get_list button")
    expect(get).to_contain_text(re.compile(r"\d"))
    ready(page)
    assert count_in(get.inner_text()) == len(gold)
    download(page, get, everybody)
    assert set(_column(load_workbook(everybody, read_only=True).worksheets[0])) == gold

    click(page, page.locator(".st-key-w_purpose").get_by_role("radio", name="E-post"))
    said = page.locator(".st-key-take_out").get_by_text("utelämnas")
    expect(said).to_be_visible()
    click(page, page.locator(".st-key-w_format").get_by_role("radio", name="CSV"))
    expect(page.locator(".st-key-get_about")).to_be_visible()
    ready(page)
    rows, whole, dropped = [count_in(part) for part in re.findall(r"\d[\d\u00a0]*", said.inner_text())][:3]
    assert (rows, whole, dropped) == (len(willing), len(gold), len(gold - willing))
    file = download(page, get, tmp_path / "utskick.csv")
    assert re.fullmatch(r"kundkompass-kunder-.*e-post-\d{4}-\d\d-\d\d\.csv", file.suggested_filename)
    told = list(csv.reader(io.StringIO((tmp_path / "utskick.csv").read_text(encoding="utf-8-sig")), delimiter=";"))
    assert sorted(row[0] for row in told[1:]) == sorted(willing)
    download(page, page.locator(".st-key-get_about button"), tmp_path / "om.txt")
    assert said.inner_text() in (tmp_path / "om.txt").read_text(encoding="utf-8-sig")

    turn_to(page, "ladder")
    click(page, page.locator(".st-key-why_ladder-steps button"))
    account = page.locator(".st-key-account_ladder-steps")
    expect(account).to_be_visible()
    ready(page)
    expect(account).to_contain_text("python -m insight run")
    counted, parts = account.locator("table").nth(0), account.locator("table").nth(1)
    assert count_in(counted.locator("tr").last.locator("td").last.inner_text()) == truth.lines
    part = parts.locator("tr").filter(has_text=GOLD).locator("td").last.inner_text()
    assert part.replace(NBSP, "") == f"{truth.money(gold)}kr".replace(".", ",")


def _column(sheet: Any) -> list[str]:
    """The customers of a sheet: what stands under its head 'Kund'."""
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    head = next(place for place, row in enumerate(rows) if row and row[0] == "Kund")
    return [str(row[0]) for row in rows[head + 1 :] if row[0] is not None]


def open_first_card(page: Page) -> str:
    """By keyboard, what a click on a row does: the card of the list's first customer; whose it is.

    Each key waits for what the one before it led to.
    """
    picker = page.locator(".st-key-w_open input")
    open_by_key(page, picker)
    if not picker.get_attribute("aria-activedescendant"):
        picker.press("ArrowDown")
    expect(picker).to_have_attribute("aria-activedescendant", re.compile("."))
    picker.press("Enter")
    expect(page).to_have_url(re.compile("/card"))
    ready(page)
    return page.locator('[data-testid="stMain"] h2').first.inner_text()
