"""What the server does once: headers on every answer, the demo company made ready, and no data left when it stops."""

import os
import shutil
import tempfile
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.commands import navigation
from streamlit.runtime.pages_manager import PagesManager
from streamlit.starlette import App

from ui import logs

# Nothing is fetched from elsewhere: a picture or link target in a customer's name cannot tell anybody who read it.
# Streamlit hands the page a script of our own (`ui/screen.py`) as a blob of its own origin.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws: wss:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
_HEADERS = (
    (b"content-security-policy", _POLICY.encode("ascii")),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)

# With a folder `pages`, Streamlit takes the first visitor for one of its older kind of app, and tells those who come by
# a link that the page does not exist. Our menu is made by `st.navigation`, so it need not guess.
PagesManager.uses_pages_directory = False
logs.guard()


def _no_such_page(_: object) -> None:
    """Say it on the page, in its language, instead of in Streamlit's box."""
    from ui import state

    state.set_trouble("link.no_such_page")


navigation.send_page_not_found = _no_such_page


class Headers:
    """Adds the headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the answer back with its headers."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            await send(message)

        await self._app(scope, receive, sent if scope["type"] == "http" else send)


MIDDLEWARE = [Middleware(Headers)]


_PREFIX = "kundkompass-"


def private_folder() -> Path:
    """A folder of this process's own for all temporary data: sessions end one by one, this takes what is left."""
    _clear_dead()
    made = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
    tempfile.tempdir = str(made)
    return made


def _clear_dead() -> None:
    """Remove what a server that was killed could not; elsewhere than on POSIX there is no safe way to ask for it."""
    if os.name != "posix":
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        pid = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if pid.isdigit() and folder.stat().st_uid == os.getuid() and _gone(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def on_script_error(fault: Exception) -> bool:
    """What breaks outside of a page's own run is said in our words too."""
    from ui import faults

    return faults.outside_a_page(fault)


def _make_demo() -> None:
    from ui import session

    session.demo_folder()


@asynccontextmanager
async def lifespan(_: App) -> AsyncGenerator[None]:
    """From start to stop. The demo company is made beside the start, so that not even the health check waits for it."""
    folder = private_folder()
    threading.Thread(target=_make_demo, name="demo company", daemon=True).start()
    yield
    shutil.rmtree(folder, ignore_errors=True)
