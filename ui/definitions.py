"""The page of definitions: what every word and measure means, and how every question is counted."""

import streamlit as st

from insight.definitions import Definition, everything
from ui import text, view

_COLUMNS = (2, 5)
_WIDTH = 980


def page() -> None:
    """Heading, a search, then the three parts; a part that holds nothing of what is looked for is left out."""
    words = view.words()
    st.markdown(text.grey(words.t("definitions.title")), width="content")
    st.title(words.t("definitions.headline"), anchor=False)
    entries = everything(words)
    with st.container(width=_WIDTH):
        st.markdown(text.grey(words.t("definitions.lead")))
        looked_for = st.text_input(
            words.t("definitions.search", n=len(entries)), key="definitions_search", icon=":material/search:"
        )
        found = [entry for entry in entries if entry.mentions(looked_for)]
        if not found:
            st.markdown(text.grey(words.t("definitions.nothing")))
        for section in ("terms", "measures", "how"):
            _part(section, [entry for entry in found if entry.section == section])


def _part(section: str, entries: list[Definition]) -> None:
    if not entries:
        return
    words = view.words()
    st.space("small")
    st.header(words.t(f"definitions.{section}"), anchor=False)
    for entry in entries:
        name, said = st.columns(_COLUMNS, gap="large")
        name.markdown(f"**{text.plain(entry.name)}**")
        with said:
            if entry.question:
                st.markdown(text.plain(entry.question))
            st.markdown(text.plain(entry.text) if not entry.question else text.grey(entry.text))
            if entry.settings:
                st.markdown(text.grey(f"{words.t('definitions.settings')}: {', '.join(entry.settings)}"))
            if entry.command:
                st.code(entry.command, language=None, wrap_lines=True)
