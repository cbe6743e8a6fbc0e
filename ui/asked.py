"""A question asked with the settings that the view holds; one that cannot be followed is left out, and said."""

from collections.abc import Iterator

import streamlit as st

from insight.audience import Pairs
from insight.errors import InsightError, UsageError
from insight.result import Result
from ui import cache, guards, state, text, view

_PERIOD = ("start", "end")


def run(analysis: str, chosen: Pairs, *, quietly: bool = False) -> tuple[Result, Pairs]:
    """The answer and the settings that it was made with; says once a page which setting was left out, and lives on.

    quietly: the page has said it already.

    Raises InsightError when the data cannot carry the question, whatever the settings.
    """
    try:
        return cache.run(analysis, chosen), chosen
    except UsageError as refusal:
        for fewer in _without(chosen, refusal):
            try:
                found = cache.run(analysis, fewer)
            except UsageError:
                continue
            if not quietly:
                _say(refusal, analysis)
            return found, fewer
        raise


def _without(chosen: Pairs, refusal: InsightError) -> Iterator[Pairs]:
    """The settings without the one that was refused, then without each of them in turn, at last without any."""
    named = refusal.values.get("name")
    if refusal.key == "setting.period_backwards":
        yield tuple(pair for pair in chosen if pair[0] not in _PERIOD)
    for name in (*(name for name, _ in chosen if name == named), *(name for name, _ in reversed(chosen))):
        yield tuple(pair for pair in chosen if pair[0] != name)
    if chosen:
        yield ()


def _say(refusal: InsightError, analysis: str) -> None:
    words = view.words()
    why = guards.in_words(refusal)
    if not state.first_said(why):
        return
    with st.container(horizontal=True, vertical_alignment="center", key=f"refused_{analysis}"):
        st.error(text.plain(words.t("ui.setting_left_out", why=why)), icon=":material/tune:")
        st.button(
            words.t("ui.default_settings"), key=f"reset_{analysis}", type="tertiary", on_click=view.set_settings,
            args=({},),
        )  # fmt: skip
