"""The card of a loaded file whose reading is being changed: all its choices, and what was read until then stays."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ui import intake, reports, session, state, text, upload, view


def being_changed(file_id: int, report: Mapping[str, Any], file: state.Incoming) -> None:
    """What the file is taken for as it is chosen now, every choice, the button that reads it, and the way out."""
    place = f"again_{file_id}"
    with st.container(border=True, key=f"file_{file_id}"):
        found = upload.look(file)
        can = upload.can_be_read(found)
        reports.name_row(file.name, "changing" if can and file.refusal is None else "refuse")
        st.markdown(text.grey(view.t("again.stays", n=report["rows"])))
        said = state.told(f"file_{file_id}")
        if said is not None:
            st.warning(text.plain(view.words().message(said)), icon=":material/info:")
        upload.as_chosen(place, file, found)
        later = _updated_by(file_id) if report["kind"] == "customers" else []
        if later:
            st.markdown(text.grey(view.t("again.updated_by", names=view.words().list(later))))
        with st.grid(4, min_column_width=200):
            upload.choices(place, file, found)
        with st.container(horizontal=True):
            if st.button(view.t("again.read"), type="primary", key=f"read_again_{file_id}", disabled=not can):
                intake.read_again(file)
                st.rerun()
            if st.button(view.t("again.leave"), type="tertiary", key=f"leave_{file_id}"):
                intake.drop(file)
                st.rerun()


def _updated_by(file_id: int) -> list[str]:
    """Customer files that were read later: what they say of the same customers has been taken over."""
    files = session.ensure_workspace().manifest.files
    return [entry.name for entry in files if entry.kind == "customers" and entry.file_id > file_id]
