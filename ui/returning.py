"""A page that is loaded anew comes back with what was open: the data that were read, files that wait, the pack.

Streamlit takes a reload for a new visitor. The browser therefore says, for a few seconds after it has left the page,
which visit it was, by a name that is drawn at random and is good for one return to this server. It names nobody, it
is asked for only by this server, and a tab that stays closed opens nothing.
"""

import secrets
from weakref import WeakValueDictionary

import streamlit as st

from ui import state

COOKIE = "kundkompass-return"
# Long enough for a heavy page on a slow machine to load again; short enough that who sits down next finds nothing.
_SECONDS = 20
_JS = (
    "document.cookie = '{name}=; path=/; max-age=0';"
    " window.onpagehide = () => {{ document.cookie = '{name}={token}; path=/; max-age={seconds}; SameSite=Strict'"
    " + (location.protocol === 'https:' ? '; Secure' : ''); }};"
)
# Visits by their tokens, for as long as Streamlit keeps the session that holds them.
_visits: WeakValueDictionary[str, state.Visit] = WeakValueDictionary()


def come_back() -> None:
    """Take over what the visit held that the browser has just left; say so where it held data that are gone."""
    told = str(st.context.cookies.get(COOKIE, ""))
    owned, _, token = told.partition(".")
    left = _visits.pop(token, None) if token else None
    if left is not None:
        state.resume(left)
    elif owned == "own":
        state.set_trouble("ui.returned_to_nothing")


def script() -> str:
    """What the browser runs: forget the visit before this one, and name this one when the page is left."""
    visit = state.keep_visit(secrets.token_urlsafe(32))
    _visits[visit.token] = visit
    opened = state.workspace()
    owned = "own" if state.incoming() or (opened is not None and not opened.manifest.demo) else "demo"
    return _JS.format(name=COOKIE, token=f"{owned}.{visit.token}", seconds=_SECONDS)
