"""Downloads: the file is built when it is asked for, by another thread, from what it was given here."""

from collections.abc import Callable

import streamlit as st

from insight.audience import Pairs
from insight.export.pack import command as same_by_command
from insight.export.tables import result_csv, result_xlsx
from insight.result import Result
from insight.words import sentence
from ui import cache, view

_CSV = "text/csv; charset=utf-8"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def command(result: Result, chosen: Pairs) -> str:
    """The command line that gives the same figures."""
    return same_by_command(result.key, chosen, view.scope(), place=view.t("ui.workspace_placeholder"))


def result_buttons(result: Result, chosen: Pairs) -> None:
    """Download the table of an answer, alone or with its basis."""
    words, scope = view.words(), view.scope()
    named = sentence(scope, words.with_labels(cache.labels(scope))) if scope else ""
    line = command(result, chosen)
    name = result.key.replace(".", "-")
    files: list[tuple[str, Callable[[], bytes], str, str]] = [
        ("ui.download_csv", lambda: result_csv(result, words), f"{name}.csv", _CSV),
        ("ui.download_xlsx", lambda: result_xlsx(result, words, scope=named, command=line), f"{name}.xlsx", _XLSX),
    ]
    for label, build, file_name, mime in files:
        st.download_button(
            words.t(label), build, file_name=file_name, mime=mime, key=f"{label}_{result.key}", type="tertiary",
            on_click="ignore",
        )  # fmt: skip
