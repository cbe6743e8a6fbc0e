"""Chief, consultant and analyst on the demo company: one visitor does the three jobs one after the other."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import rig, truth, walks
from tests.browser.conftest import visitor


@pytest.fixture(scope="module")
def known() -> truth.Truth:
    return truth.of_demo()


@pytest.fixture(scope="module")
def meeting(browser: Browser, url: str) -> Iterator[Page]:
    for page in visitor(browser, url):
        rig.go(page, url)
        yield page


def test_chief_finds_who_fell_from_gold_hears_them_and_gets_the_slide(
    meeting: Page, known: truth.Truth, tmp_path: Path
):
    walks.check_chief(meeting, known, tmp_path)


def test_analyst_takes_a_step_out_by_consent_and_says_how_it_was_counted(
    meeting: Page, known: truth.Truth, tmp_path: Path
):
    walks.check_analyst(meeting, known, tmp_path)


def test_consultant_prepares_a_story_and_plays_it_in_the_meeting(
    meeting: Page, known: truth.Truth, browser: Browser, url: str, tmp_path: Path
):
    recipe = walks.check_story(meeting, known, tmp_path)
    for page in visitor(browser, url, size="wide"):
        rig.go(page, url, "recipe")
        walks.check_meeting(page, known, recipe)
