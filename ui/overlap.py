"""The choice about rows that an earlier file had already: one click reads the file again without them, or with them."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ui import intake, kept, view


def choice(file_id: int, report: Mapping[str, Any]) -> None:
    """The button beside a loaded file whose rows were partly there before; nothing for other files."""
    found = report.get("figures", {}).get("overlap")
    if not found or kept.find(file_id) is None:
        return
    left_out = bool(found["left_out"])
    label = view.t("upload.overlap_take_back" if left_out else "upload.overlap_leave_out", n=found["count"])
    st.button(
        label, type="tertiary", icon=":material/join_inner:", key=f"overlap_{file_id}",
        on_click=intake.read_again_with, args=(file_id, {"overlap": "keep" if left_out else "skip"}),
    )  # fmt: skip
