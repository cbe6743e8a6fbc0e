"""The page's headline: what its answer says; while a finding with a heading of its own is played, that heading."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui import story, text


def title(place: DeltaGenerator, said: str) -> None:
    """The one headline of a page. A finding's own heading comes first, and what the page says under it."""
    played = story.played()
    own = played.title if played else ""
    if not own or own == said:
        place.title(text.plain(said), anchor=False)
        return
    with place.container(gap=None, key="own_headline"):
        st.title(text.plain(own), anchor=False)
        st.markdown(text.plain(said))
