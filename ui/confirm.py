"""Buttons that take something away ask once, in place, before they do."""

from collections.abc import Callable

import streamlit as st

from ui import state, text, view


def button(
    label: str, act: Callable[..., object], *, key: str, question: str, icon: str = "", args: tuple[object, ...] = ()
) -> None:
    """A quiet button; pressed, it gives way to its question with a yes that acts and a no that does not."""
    if state.opened(key):
        ask(act, key=key, question=question, yes=label, args=args)
    else:
        st.button(label, key=key, type="tertiary", icon=icon or None, on_click=state.toggle, args=(key,))


def ask(act: Callable[..., object], *, key: str, question: str, yes: str, args: tuple[object, ...] = ()) -> None:
    """The question itself, for what was begun elsewhere (`state.toggle(key)`)."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"ask_{key}"):
        st.markdown(text.plain(question), width="content")
        st.button(yes, key=f"{key}_yes", on_click=_done, args=(act, key, args))
        st.button(view.t("ui.keep"), key=f"{key}_no", type="tertiary", on_click=state.toggle, args=(key,))


def _done(act: Callable[..., object], key: str, args: tuple[object, ...]) -> None:
    state.toggle(key)
    act(*args)
