"""What the ladder's pages have beyond other questions: the drawn test as a file."""

import streamlit as st

from insight.audience import Pairs, scoped_query
from insight.export.assignments import assignments_csv
from ui import filters, session, view


def draw_button(analysis: str) -> None:
    """Download the drawn test: a row a customer, as it loads back."""
    chosen: Pairs = filters.chosen(analysis)
    words, workspace, scope = view.words(), session.ensure_workspace(), view.scope()

    def build() -> bytes:
        with scoped_query(workspace, scope) as query:
            return assignments_csv(query, words, analysis, chosen)

    st.download_button(
        words.t("ladder.file_button"), build, file_name=words.t("ladder.file_name"), mime="text/csv; charset=utf-8",
        key="draw_file", type="primary", icon=":material/download:", on_click="ignore",
    )  # fmt: skip
