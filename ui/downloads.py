"""Downloads: the file is built when it is asked for, by another thread, from what it was given here."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import streamlit as st

from insight.audience import Pairs
from insight.export import file_names, workbook
from insight.export.item import Item
from insight.export.pack import command as same_by_command
from insight.export.tables import both_csv, result_csv, result_xlsx
from insight.result import Result
from insight.words import sentence
from insight.workspace import audit
from ui import cache, session, view

_CSV = "text/csv; charset=utf-8"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def logged(folder: Path, build: Callable[[], bytes], kind: str, analyses: Sequence[str]) -> Callable[[], bytes]:
    """The build with a line in the log: which answers left, as what. The folder is given, since a download is built
    outside the session."""

    def built() -> bytes:
        content = build()
        audit.append(folder, "answers_exported", {"format": kind, "analyses": list(analyses)})
        return content

    return built


def command(result: Result, chosen: Pairs) -> str:
    """The command line that gives the same figures."""
    return same_by_command(result.key, chosen, view.scope(), place=view.t("ui.workspace_placeholder"))


def result_buttons(result: Result, chosen: Pairs, both: Item | None = None) -> None:
    """Download the table of an answer, alone or with its basis; both: with that of the group that stands beside it."""
    words, scope = view.words(), view.scope()
    named = sentence(scope, words.with_labels(cache.labels(scope))) if scope else ""
    line = command(result, chosen)
    name = partial(file_names.of_answers, [both or Item(result.key, result, chosen, named)], words)

    def as_csv() -> bytes:
        return both_csv(both, words) if both else result_csv(result, words)

    def as_xlsx() -> bytes:
        return workbook.build([both], words) if both else result_xlsx(result, words, scope=named, command=line)

    files: list[tuple[str, Callable[[], bytes], str, str]] = [
        ("ui.download_csv", as_csv, name("csv"), _CSV),
        ("ui.download_xlsx", as_xlsx, name("xlsx"), _XLSX),
    ]
    folder = session.ensure_workspace().folder
    for label, build, file_name, mime in files:
        st.download_button(
            words.t(label), logged(folder, build, label.rpartition("_")[2], [result.key]), file_name=file_name,
            mime=mime, key=f"{label}_{result.key}", type="tertiary", on_click="ignore",
        )  # fmt: skip
