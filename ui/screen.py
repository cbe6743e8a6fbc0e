"""How large the page's type is on the visitor's screen, told by the browser, so that charts are drawn at its scale.

Type grows by the style's own rules on large screens (`ui/chrome.py`); figures have sizes in pixels and must be told.
"""

from typing import Any

import streamlit as st
from streamlit.components import v2

from ui import state

_KEY = "screen"
# A root of so many pixels is the type that figures are made for.
_MADE_FOR = 16
# The largest that is believed: a figure larger than this has no place on a page.
_MOST = 2.5
_JS = """
export default function({ data, setStateValue }) {
    const tell = () => {
        const root = Math.round(parseFloat(getComputedStyle(document.documentElement).fontSize) * 2) / 2;
        const wanted = root > data.enough ? root : null;
        if (wanted !== data.told) setStateValue('root', wanted);
    };
    let waiting;
    const soon = () => { clearTimeout(waiting); waiting = setTimeout(tell, 300); };
    window.addEventListener('resize', soon);
    soon();
    return () => { clearTimeout(waiting); window.removeEventListener('resize', soon); };
}
"""


@st.cache_resource(show_spinner=False)
def _component() -> Any:
    """Registered once a server: Streamlit warns of a name that is registered again."""
    return v2.component("kundkompass_screen", js=_JS)


def scale(least: float) -> float:
    """How much larger than on a desk figures are drawn: as the page's type, at least `least`."""
    root = (state.widget(_KEY) or {}).get("root")
    return min(max(least, float(root or 0) / _MADE_FOR), _MOST)


def listen(least: float) -> None:
    """Have the browser tell its type size where that is larger than `least` times the usual; elsewhere it is silent."""
    told = (state.widget(_KEY) or {}).get("root")
    _component()(key=_KEY, data={"enough": least * _MADE_FOR, "told": told}, on_root_change=_heard)


def _heard() -> None:
    """The run that follows draws the figures anew."""
