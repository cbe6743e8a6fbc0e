"""What the server lets through, and that the look arrives in a browser: typefaces, colours, nothing from outside."""

import base64
import http.client
import os
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from insight.charts.theme import DARK, LIGHT, Palette
from tests.browser.rig import go, ready


def upgrade(url: str, **headers: str) -> int:
    """Status of a WebSocket handshake with the app: 101 when it is let in."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.putrequest("GET", "/_stcore/stream", skip_host="Host" in headers)
    key = base64.b64encode(os.urandom(16)).decode()
    wanted = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key}
    for name, value in {**wanted, **headers}.items():
        connection.putheader(name, value)
    connection.endheaders()
    try:
        return connection.getresponse().status
    finally:
        connection.close()


def status(url: str, method: str, path: str) -> int:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request(method, path)
    try:
        return connection.getresponse().status
    finally:
        connection.close()


def test_own_page_may_talk_to_the_server(url):
    assert upgrade(url, Origin=url) == 101


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Host": "evil.example"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
    ],
    ids=["foreign page", "foreign name for this machine", "both (DNS rebinding)"],
)
def test_foreign_pages_and_names_are_turned_away(url, headers):
    assert upgrade(url, **headers) == 403


def test_upload_without_the_visitors_token_is_refused(url):
    assert status(url, "PUT", "/_stcore/upload_file/anybody/anything") in (400, 403)


def test_agent_api_is_off(url):
    assert status(url, "POST", "/_stcore/agent/interact") in (403, 404, 405)


@pytest.mark.parametrize("path", ["/app/static/../requirements.txt", "/app/static/%2e%2e/%2e%2e/etc/passwd"])
def test_only_static_files_are_served(url, path):
    assert status(url, "GET", path) in (400, 403, 404)


def test_typefaces_colours_and_logo_arrive_in_the_light_and_in_the_dark(page: Page, url: str):
    go(page, url)
    heading = page.locator('[data-testid="stMain"] h1').first
    expect(heading).to_be_visible()
    assert heading.evaluate("e => getComputedStyle(e).fontFamily").startswith('"Source Serif"')
    loaded = page.evaluate(
        "() => document.fonts.ready.then(all => [...all].filter(f => f.status === 'loaded').map(f => f.family))"
    )
    # Streamlit's own fallback would be "Source Sans".
    assert {"IBM Plex Sans", "Source Serif"} <= {family.strip('"') for family in loaded}
    wears(page, LIGHT)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.reload()
    ready(page)
    wears(page, DARK)


def wears(page: Page, colours: Palette) -> None:
    for place, colour in (("stApp", colours.page), ("stSidebar", colours.sidebar)):
        channels = tuple(int(colour[start : start + 2], 16) for start in (1, 3, 5))
        expect(page.locator(f'[data-testid="{place}"]')).to_have_css("background-color", f"rgb{channels}")
    logo = page.locator('[data-testid="stSidebarLogo"]')
    assert logo.evaluate("e => e.complete && e.naturalWidth") > 0
