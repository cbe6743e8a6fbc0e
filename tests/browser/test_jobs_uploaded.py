"""The same three jobs on files of one's own: register, receipts, mailings and answers, as Swedish systems save them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import rig, truth, walks
from tests.browser.conftest import visitor

BOUNDS = {"ladder.bounds": "2000,6000"}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return truth.messy_files(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def known(files: list[Path]) -> truth.Truth:
    return truth.of_files(files[0].parent)


@pytest.fixture(scope="module")
def meeting(browser: Browser, url: str, files: list[Path]) -> Iterator[Page]:
    for page in visitor(browser, url):
        rig.go(page, url, "recipe", **BOUNDS)
        walks.upload(page, files)
        yield page


def test_every_file_is_read_whole_and_takes_the_demo_companys_place(meeting: Page, known: truth.Truth):
    expect(meeting.get_by_text("Nordlund")).to_have_count(0)
    walks.turn_to(meeting, "list")
    assert walks.count_in(walks.headline(meeting)) == len(known.customers)


def test_chief_finds_who_fell_from_gold_hears_them_and_gets_the_slide(
    meeting: Page, known: truth.Truth, tmp_path: Path
):
    walks.check_chief(meeting, known, tmp_path)


def test_analyst_takes_a_step_out_by_consent_and_says_how_it_was_counted(
    meeting: Page, known: truth.Truth, tmp_path: Path
):
    walks.check_analyst(meeting, known, tmp_path)


def test_consultant_prepares_a_story_and_plays_it_on_the_day_with_the_files_and_the_recipe(
    meeting: Page, known: truth.Truth, browser: Browser, url: str, files: list[Path], tmp_path: Path
):
    recipe = walks.check_story(meeting, known, tmp_path)
    for page in visitor(browser, url, size="wide"):
        rig.go(page, url, "recipe")
        walks.upload(page, files)
        walks.check_meeting(page, known, recipe)
