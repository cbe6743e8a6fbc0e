"""The quality page: what a reader of the figures should know about the data behind them."""

import pandas as pd
import streamlit as st

from insight.errors import InsightError
from insight.workspace.quality import month_names
from ui import cache, guards, reports, session, text, view


def head() -> None:
    """How much of what was read is used, in a sentence. The demo company has no files to speak of."""
    opened = session.ensure_workspace()
    found = cache.reports()
    if opened.manifest.demo or not found:
        guards.refused(InsightError("quality.none"), eyebrow=view.t("page.data.quality"))
        st.stop()
    lines = sum(report["lines"] for _, report in found)
    used = sum(report["rows"] for _, report in found)
    with st.container(gap=None):
        st.markdown(text.grey(view.t("page.data.quality")))
        key = "quality.headline_all" if used == lines else "quality.headline"
        st.title(text.plain(view.t(key, used=used, lines=lines, aside=lines - used)), anchor=False)


def findings() -> None:
    """What the tables say about each other, and what it means for the figures."""
    words = view.words()
    found = cache.findings()
    st.header(view.t("quality.findings"), anchor=False)
    if not found:
        st.markdown(text.plain(view.t("quality.no_findings")))
        return
    frame = pd.DataFrame(
        {
            view.t("upload.seen"): [
                text.plain(
                    words.t(
                        f"quality.finding_{f.code}",
                        n=f.n,
                        total=f.total,
                        share=f.n / f.total,
                        months=month_names(f, words),
                    )
                )
                for f in found
            ],
            view.t("quality.meaning"): [text.plain(words.t(f"quality.meaning_{f.code}")) for f in found],
            view.t("upload.weight"): [words.t(f"upload.severity_{f.severity}") for f in found],
        }
    )
    st.table(frame, border="horizontal", hide_index=True, alt=view.t("quality.findings"))


def files() -> None:
    """Every loaded file: what was seen and done in it, and column by column."""
    for file_id, report in reversed(cache.reports()):
        st.space("medium")
        reports.name_row(report["name"], report["outcome"])
        reports.messages(report)
        st.markdown(text.grey(view.t("quality.columns")))
        reports.columns(report, f"columns_{file_id}")
