"""What a session starts with: the demo company in a private workspace of its own."""

import atexit
from pathlib import Path

import streamlit as st

from data import demo
from insight.workspace.copy import private_copy
from insight.workspace.store import Workspace
from ui import state

DEMO_NAME = "Nordlund & Co"


@st.cache_resource(show_spinner=False)
def _demo_folder() -> Path:
    """The demo company, made once a process; sessions get copies and nobody changes this one."""
    made = Workspace.create()
    made.load_tables(demo.tables(), name=DEMO_NAME, demo=True)
    made.close()
    atexit.register(state.erase, made.folder)
    return made.folder


def open_demo() -> None:
    """Give the session its own copy of the demo company."""
    state.set_workspace(private_copy(_demo_folder()))


def ensure_workspace() -> Workspace:
    """The session's workspace; the demo company at the first visit."""
    if state.workspace() is None:
        open_demo()
    opened = state.workspace()
    assert opened is not None
    return opened
