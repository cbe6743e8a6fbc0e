"""What a page needs before it runs, and the page that says what is missing."""

from collections.abc import Mapping

import streamlit as st

from insight.analysis import registry
from insight.errors import InsightError
from insight.ingest.schema import TABLES
from insight.result import Message
from ui import cache, confirm, intake, nav, session, state, text, view

# Refusals of a question that wants a column which no loaded file has.
_LACK_A_COLUMN = ("ladder.no_levels", "fields.none")


def require(analysis: str) -> None:
    """Stop with an empty page when the tables that the question needs hold no rows."""
    opened = session.ensure_workspace()
    for table in registry.find(analysis).tables:
        if opened.manifest.counts.get(table, 0) == 0:
            refused(InsightError(f"error.no_{table}"), eyebrow=view.t(f"analysis.{analysis}.title"))
            st.stop()


def require_customers() -> None:
    """Stop with an empty page when no table knows any customer."""
    if cache.n_customers() == 0:
        refused(InsightError("error.no_customers"), eyebrow=view.t("ui.list.question"))
        st.stop()


def refused(refusal: InsightError, *, eyebrow: str = "") -> None:
    """The empty page: the headline says what is missing, the frame what is needed; one filled way out."""
    sentence = in_words(refusal)
    headline, _, rest = sentence.partition(". ")
    with st.container(gap=None):
        if eyebrow:
            st.markdown(text.grey(eyebrow))
        st.title(text.plain(headline.rstrip(".")), anchor=False)
    with st.container(border=True, key="empty"):
        if rest:
            with st.container(width=760):
                st.markdown(text.plain(rest))
        _ways_out()


def in_words(refusal: InsightError) -> str:
    """What a refusal says, in the session's language."""
    return view.words().message(Message(refusal.key, _named(refusal)))


def _named(refusal: InsightError) -> Mapping[str, object]:
    """The refusal's values, a setting called by the name that it has on the page."""
    words, name = view.words(), refusal.values.get("name")
    label = f"setting.{name}.label"
    if refusal.key.startswith("setting.") and words.has(label):
        return {**refusal.values, "name": words.t(label)}
    return refusal.values


def _ways_out() -> None:
    scoped = view.scope() is not None
    ways = [
        *([("ui.show_all", _show_all)] if scoped else []),
        *([("ui.load_files", _to_upload)] if nav.exists("data", "upload") else []),
        *([("ui.default_settings", _reset)] if _has_settings() else []),
    ]
    with st.container(horizontal=True):
        for place, (label, act) in enumerate(ways):
            if st.button(view.t(label), key=label, type="secondary" if place else "primary"):
                act()
        back_to_demo("ui.back_to_demo")


def back_to_demo(key: str) -> None:
    """The way back to the demo company, which takes the session's own files away and what was decided about them.

    Nothing where the demo company is open already, nor while files are being read.
    """
    if session.ensure_workspace().manifest.demo or state.job() is not None:
        return
    confirm.button(
        view.t("ui.back_to_demo"), _to_demo, key=key, question=view.t("again.demo_question"),
        icon=":material/restart_alt:",
    )  # fmt: skip


def way_on(refusal: InsightError, analysis: str) -> None:
    """Under a section that lacks a table: the way to load it. Other refusals have their way on in the sentence."""
    if not _lacks_a_file(refusal) or not nav.exists("data", "upload"):
        return
    if st.button(view.t("ui.load_files"), key=f"load_for_{analysis}", icon=":material/upload_file:"):
        _to_upload()


def _lacks_a_file(refusal: InsightError) -> bool:
    return refusal.key in _LACK_A_COLUMN or refusal.key.removeprefix("error.no_") in TABLES


def _has_settings() -> bool:
    return bool(view.settings())


def _show_all() -> None:
    view.set_scope(None)
    st.rerun()


def _to_upload() -> None:
    st.switch_page("pages/data/upload.py", query_params=view.parameters("upload"))


def _to_demo() -> None:
    intake.drop_everything()
    session.open_demo()
    state.forget_the_data()
    view.set_settings({})
    view.set_scope(None)


def _reset() -> None:
    view.set_settings({})
    st.rerun()
