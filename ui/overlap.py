"""The choice about rows that an earlier file had already: one click reads the file again without them, or with them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import streamlit as st

from insight.errors import InsightError
from insight.i18n.catalog import say
from insight.ingest.report import FileReport
from insight.workspace.store import SourceFile
from ui import session, state, view


def keep(sources: Sequence[SourceFile], reports: Sequence[FileReport]) -> None:
    """Keep those of the files just read that may be read again: their rows were partly there before.

    A copy of ours moves aside, out of the reach of what erases files that are done with.
    """
    ours = {file.path: file.ours for file in state.incoming()}
    numbers = {entry.name: entry.file_id for entry in session.ensure_workspace().manifest.files}
    for source, report in zip(sources, reports, strict=True):
        if report.outcome == "refuse" or not report.figures.get("overlap") or source.name not in numbers:
            continue
        copied = ours.get(source.path, False)
        if copied:
            source = replace(source, path=source.path.replace(source.path.with_suffix(".kept")))
        state.set_kept_files({**state.kept_files(), _key(numbers[source.name]): (source, copied)})


def _key(file_id: int) -> str:
    return f"{session.ensure_workspace().manifest.workspace_id}-{file_id}"


def choice(file_id: int, report: Mapping[str, Any]) -> None:
    """The button beside a loaded file whose rows were partly there before; nothing for other files."""
    found = report.get("figures", {}).get("overlap")
    if not found or _key(file_id) not in state.kept_files():
        return
    left_out = bool(found["left_out"])
    label = view.t("upload.overlap_take_back" if left_out else "upload.overlap_leave_out", n=found["count"])
    st.button(
        label, type="tertiary", icon=":material/join_inner:", key=f"overlap_{file_id}", on_click=_read_again,
        args=(file_id, "keep" if left_out else "skip"),
    )  # fmt: skip


def _read_again(file_id: int, wanted: Literal["keep", "skip"]) -> None:
    opened = session.ensure_workspace()
    files = state.kept_files()
    source, ours = files.pop(_key(file_id))
    source = replace(source, options=replace(source.options, overlap=wanted))
    try:
        (report,) = opened.load([source], instead_of=file_id)
    except InsightError as refusal:
        state.tell(f"take_out_{file_id}", refusal.key, **refusal.values)
        return
    if report.outcome == "refuse":
        state.set_refused_reports([report.as_json(say)])
        return
    state.set_kept_files({**files, _key(opened.manifest.files[-1].file_id): (source, ours)})


def let_go(file_id: int | None = None) -> None:
    """Erase our copies of what was kept to be read again: of one loaded file, or of all."""
    files = state.kept_files()
    for key in list(files) if file_id is None else [_key(file_id)]:
        if key in files:
            source, ours = files.pop(key)
            if ours:
                source.path.unlink(missing_ok=True)
    state.set_kept_files(files)
