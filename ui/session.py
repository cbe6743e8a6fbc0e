"""What a session starts with: the demo company in a private workspace of its own."""

import threading
from functools import cache
from pathlib import Path

from data import demo
from insight.workspace.copy import private_copy
from insight.workspace.store import Workspace
from ui import returning, state

DEMO_NAME = demo.NAME
_making = threading.Lock()


@cache
def _make_demo() -> Path:
    made = Workspace.create()
    made.load_tables(demo.tables(), name=DEMO_NAME, demo=True)
    made.close()
    return made.folder


def demo_folder() -> Path:
    """The demo company, made once a process; sessions get copies and nobody changes this one."""
    with _making:
        return _make_demo()


def open_demo() -> None:
    """Give the session its own copy of the demo company; of what was decided before, the words of the trade stay."""
    state.set_workspace(private_copy(demo_folder()), afresh=True)


def ensure_workspace() -> Workspace:
    """The session's workspace: what the tab had open before it was loaded anew, else the demo company."""
    if state.workspace() is None:
        returning.come_back()
    if state.workspace() is None:
        open_demo()
    opened = state.workspace()
    assert opened is not None
    return opened
