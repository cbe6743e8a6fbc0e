"""What the server promises for as long as it runs, and what it leaves behind."""

import asyncio
import gc
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from tests.pages.screen import opened
from ui import server


def answered(kind: str) -> list[dict]:
    sent: list[dict] = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"y")]})

    async def send(message):
        sent.append(message)

    # A thread of its own: a browser test in the same process may hold this one's event loop.
    with ThreadPoolExecutor(1) as other:
        other.submit(asyncio.run, server.Headers(app)({"type": kind}, None, send)).result()
    return sent


def test_every_answer_forbids_fetching_from_elsewhere():
    headers = dict(answered("http")[0]["headers"])
    assert headers[b"x"] == b"y"
    assert b"img-src 'self' data: blob:;" in headers[b"content-security-policy"]
    assert headers[b"x-content-type-options"] == b"nosniff"


def test_what_is_no_page_is_passed_on_as_it_is():
    assert answered("websocket")[0]["headers"] == [(b"x", b"y")]


def test_folders_of_dead_servers_are_removed_and_those_of_living_ones_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead, living, other = (tmp_path / f"kundkompass-{name}-x" for name in (ended.pid, os.getpid(), "test"))
    for folder in (dead, living, other):
        folder.mkdir()
    made = server.private_folder()
    assert made.parent == tmp_path
    assert tempfile.gettempdir() == str(made)
    assert not dead.exists()
    assert living.exists()
    assert other.exists()


def test_the_folder_of_a_session_goes_with_it():
    app = opened()
    folder = app.session_state["workspace"].folder
    assert folder.exists()
    del app
    gc.collect()
    assert not folder.exists()


def test_two_sessions_share_nothing():
    one, other = opened(), opened()
    first, second = one.session_state["workspace"], other.session_state["workspace"]
    assert first.folder != second.folder
    assert first.secret() != second.secret()
    assert first.data_key != second.data_key
