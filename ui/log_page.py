"""The page of the log: what was read in, taken out and changed, the latest first, and whether it all still stands."""

import pandas as pd
import streamlit as st

from insight.export.tables import csv_bytes
from insight.i18n.catalog import Words
from insight.result import Unit
from insight.words import event_action, event_details, event_time
from insight.workspace import audit
from insight.workspace.audit import Event
from ui import session, tables, text, view

_COLUMNS = ("number", "at", "who", "action", "details")
_SHOWN = 100
_UNITS: dict[str, Unit] = {"number": "count", "at": "text", "who": "text", "action": "text", "details": "text"}


def page() -> None:
    """Heading, whether the chain holds, every event, and the way to a file."""
    words, folder = view.words(), session.ensure_workspace().folder
    found, verdict = audit.events(folder), audit.verify(folder)
    with st.container(gap=None):
        st.markdown(text.grey(words.t("audit.title")))
        said = words.t("audit.headline", n=len(found)) if found else words.t("audit.headline_empty")
        st.title(text.plain(said if verdict.whole else words.t("audit.headline_broken")), anchor=False)
    with st.container(width=760):
        st.markdown(text.plain(words.t("audit.lead")))
    if not verdict.whole:
        st.error(text.plain(words.t("audit.broken", line=verdict.broken)), icon=":material/error:")
    if not found:
        return
    rows = [_row(event, words) for event in reversed(found)]
    heads = {name: words.t(f"audit.column.{name}") for name in _COLUMNS}
    frame = pd.DataFrame(rows[:_SHOWN], columns=list(_COLUMNS))
    st.table(tables.styled(frame, _UNITS, words, heads), border="horizontal", hide_index=True, alt=words.t("audit.alt"))
    if len(rows) > _SHOWN:
        st.markdown(text.grey(words.t("audit.shown", n=_SHOWN)))
    st.download_button(
        words.t("audit.download"), csv_bytes(list(heads.values()), rows, words.language, list(_UNITS.values())),
        file_name=f"{words.t('audit.file')}.csv", mime="text/csv; charset=utf-8", key="download_log", type="tertiary",
        icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def _row(event: Event, words: Words) -> tuple[int, str, str, str, str]:
    details = "; ".join(event_details(event, words))
    return event.number, event_time(event), event.who or "–", event_action(event, words), details
