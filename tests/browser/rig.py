"""Chromium and the real app, for tests and for `python -m tests.browser.look`."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, expect
from playwright.sync_api import TimeoutError as TookTooLong

ROOT = Path(__file__).resolve().parents[2]
SIZES = {"wide": (1920, 1080), "small": (1366, 768)}
_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "microsoft-edge", "chrome", "msedge")
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
_ARGUMENTS = [
    "--no-sandbox",  # Chromium refuses to start as root otherwise, as in most containers
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
]
# Streamlit says "notRunning" for a moment before a run begins, so the page has to stay at rest for a while. What slides
# open (an expander does, however little motion is asked for) moves what lies below it until it has come to rest.
_AT_REST = """() => {
    const app = document.querySelector('[data-testid="stApp"]');
    const rests = app && app.dataset.testScriptState === 'notRunning'
        && app.dataset.testConnectionState === 'CONNECTED'
        && document.querySelector('[data-testid="stMain"] [data-testid="stElementContainer"]')
        && !document.querySelector('[data-testid="stSkeleton"], [data-stale="true"]')
        && !document.getAnimations().some(
            one => one.playState === 'running' && isFinite(one.effect?.getComputedTiming().endTime));
    if (!rests) { window.restsSince = null; return false; }
    window.restsSince = window.restsSince ?? performance.now();
    return performance.now() - window.restsSince > 400;
}"""


def find_chromium(playwright: Playwright | None = None) -> str | None:
    """Path of a Chromium, Chrome or Edge: `CHROMIUM` in the environment, on the path, in the usual places."""
    if told := os.environ.get("CHROMIUM"):
        return told if Path(told).is_file() else None
    found = next(filter(None, map(shutil.which, _NAMES)), None) or next(filter(os.path.isfile, _PLACES), None)
    if found is None and playwright is not None and Path(playwright.chromium.executable_path).is_file():
        return playwright.chromium.executable_path
    return found


@contextmanager
def serving(log: Path) -> Iterator[str]:
    """Start the app as a user gets it, on a free port, and give its address; stops it and its children at the end."""
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        port = asking.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.headless", "true"]
    command += ["--server.port", str(port), "--server.address", "localhost"]
    url = f"http://localhost:{port}"
    with log.open("wb") as out:
        server = subprocess.Popen(
            command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, start_new_session=sys.platform != "win32"
        )
        try:
            _wait_until_healthy(server, url, log)
            yield url
        finally:
            _stop(server)


def _wait_until_healthy(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"The app ended with code {server.returncode}:\n{log.read_text(errors='replace')}")
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"The app did not answer within a minute:\n{log.read_text(errors='replace')}")


def _stop(server: subprocess.Popen[bytes]) -> None:
    """End the server and what it started (Excel files are read in a child process)."""
    if sys.platform == "win32":
        server.terminate()
    elif server.poll() is None:
        os.killpg(server.pid, signal.SIGTERM)
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def launch(playwright: Playwright, executable: str) -> Browser:
    """A headless Chromium that fetches nothing of its own."""
    return playwright.chromium.launch(executable_path=executable, args=_ARGUMENTS)


def context(browser: Browser, size: str = "small", dark: bool = False, lang: str = "sv") -> BrowserContext:
    """A visitor of their own: window size, theme and browser language; animations at rest."""
    width, height = SIZES[size]
    return browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        locale="sv-SE" if lang == "sv" else "en-GB",
        timezone_id="Europe/Stockholm",
        reduced_motion="reduce",
        accept_downloads=True,
    )


def ready(page: Page, timeout: float = 60) -> None:
    """Wait until the page has drawn everything and rests. Expect the outcome as well: a click may take a moment."""
    page.evaluate("window.restsSince = null")
    page.wait_for_function(_AT_REST, timeout=timeout * 1000)


def go(page: Page, url: str, path: str = "/", lang: str = "sv", **query: str) -> None:
    """Open a page of the app by its path, as a link does, and wait for it."""
    page.goto(f"{url}/{path.lstrip('/')}?{urlencode({'lang': lang, **query})}")
    ready(page)


def click(page: Page, wanted: Locator) -> None:
    """Click when the page rests, as a hand does: a button that is still being moved is missed."""
    expect(wanted).to_be_visible()
    ready(page)
    wanted.click()


def open_by_key(page: Page, picker: Locator) -> None:
    """Open a picker's list. A key that meets a field being drawn anew is lost, and a person presses again."""
    for _ in range(5):
        picker.press("ArrowDown")
        with suppress(TookTooLong):
            page.get_by_role("option").first.wait_for(timeout=5_000)
            return
    expect(page.get_by_role("option").first).to_be_visible()


def shot(page: Page, path: Path, whole: bool = True) -> Path:
    """Save a picture of the page, by default all the way down: Streamlit scrolls inside the window, so that grows."""
    size = page.viewport_size
    if whole and size is not None:
        height = page.evaluate("document.querySelector('[data-testid=\"stMain\"]')?.scrollHeight ?? 0")
        page.set_viewport_size({"width": size["width"], "height": min(max(int(height), size["height"]), 8000)})
        ready(page)
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path)
    if whole and size is not None:
        page.set_viewport_size(size)
    return path


def menu_paths(page: Page) -> list[str]:
    """Paths of the pages in the menu, in its order."""
    links = page.locator('[data-testid="stSidebarNavLink"]')
    hrefs: list[str] = links.evaluate_all("links => links.map(link => new URL(link.href).pathname)")
    return hrefs


def clipped(page: Page) -> list[str]:
    """Texts that are cut off: wider than a box around them that hides what does not fit."""
    texts: list[str] = page.evaluate("""() => {
        const hides = box => getComputedStyle(box).overflowX === 'hidden' && box.clientWidth > 0
            && box.scrollWidth > box.clientWidth + 1;
        const said = e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
        const around = e => [e, e.parentElement, e.parentElement?.parentElement].filter(Boolean);
        return [...document.querySelectorAll('[data-testid="stMain"] :is(p, span, div, label, h1, h2, h3, button)')]
            .filter(e => said(e) && e.checkVisibility() && around(e).some(hides))
            .map(e => e.textContent.trim());
    }""")
    return texts
