"""Browser tests: one server and one Chromium for all of them, a visitor of their own for each.

Without a Chromium they skip and say so; where `CI=true` promises one, that is a failure. A test whose page asked
anything outside this machine, or threw in its script, fails, whatever it checked.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from tests.browser import rig

_HERE = Path(__file__).parent
# A busy machine may take its time; what is expected has to come all the same.
expect.set_options(timeout=30_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test here is a browser test."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; skips where there is none."""
    with sync_playwright() as playwright:
        executable = rig.find_chromium(playwright)
        if executable is None:
            reason = "no Chromium found: install it (Debian: apt install chromium) or name it in CHROMIUM"
            if os.environ.get("CI") == "true":
                pytest.fail(reason)
            pytest.skip(reason)
        browser = rig.launch(playwright, executable)
        yield browser
        browser.close()


@dataclass(frozen=True)
class FirstRequest:
    """What a visitor saw whose link to a page was the very first request to a server."""

    headlines: int
    chosen: list[str]
    menu: list[str]
    dialogs: int


@pytest.fixture(scope="session")
def server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, FirstRequest]]:
    """Address of the running app, and what its first visitor saw."""
    with rig.serving(tmp_path_factory.mktemp("server") / "log.txt") as address:
        with rig.context(browser) as context:
            page = context.new_page()
            rig.go(page, address, "segments-rfm")
            chosen = page.locator('[data-testid="stSidebarNavLink"][aria-current="page"]')
            seen = FirstRequest(
                page.locator('[data-testid="stMain"] h1').count(),
                chosen.evaluate_all("links => links.map(link => new URL(link.href).pathname)"),
                rig.menu_paths(page),
                page.get_by_role("dialog").count(),
            )
        yield address, seen


@pytest.fixture(scope="session")
def url(server: tuple[str, FirstRequest]) -> str:
    """Address of the running app."""
    return server[0]


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    """A Swedish visitor with a light theme and a small screen."""
    yield from visitor(browser, url)


def visitor(browser: Browser, url: str, size: str = "small", dark: bool = False, lang: str = "sv") -> Iterator[Page]:
    """A page in a context of its own that watches what leaves the machine and what breaks."""
    own = urlsplit(url).netloc
    outside: list[str] = []
    broken: list[str] = []

    def watch(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != own:
            outside.append(request.url)

    with rig.context(browser, size, dark, lang) as context:
        page = context.new_page()
        page.on("request", watch)
        page.on("pageerror", lambda error: broken.append(str(error)))
        yield page
    assert not outside, f"asked outside this machine: {outside}"
    assert not broken, f"errors in the page's script: {broken}"
