"""What became of a file: counts that add up, one bar, what was seen and done, and the rows that were set aside."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from insight import recipe
from insight.charts.shares import share_bar
from insight.charts.theme import palette
from insight.errors import InsightError
from insight.ingest.schema import TABLES
from insight.workspace import quality
from ui import again_ways, chrome, confirm, kept, overlap, session, state, tables, text, view

_BADGES = {
    "accept": ("blue", ":material/check:"), "warn": ("orange", ":material/warning:"),
    "refuse": ("red", ":material/error:"), "waiting": ("gray", ":material/schedule:"),
    "changing": ("gray", ":material/tune:"),
}  # fmt: skip
_MESSAGES = 12
_COUNTED = ("filled", "distinct", "changed", "failed")
_CALLED = {"cp1252": "windows-1252", "none": "–"}
_DELIMITERS = {";": "semicolon", ",": "comma", "tab": "tab", "\t": "tab", "|": "pipe"}


def name_row(name: str, outcome: str) -> None:
    """The file's name and, as a badge, how it went."""
    colour, icon = _BADGES[outcome]
    badge = f":{colour}-badge[{icon} {text.plain(view.t(f'upload.outcome_{outcome}'))}]"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(text.plain(name), anchor=False, width="content")
        st.markdown(badge, width="content")


def refused(report: Mapping[str, Any]) -> None:
    """A file that was not read: what, where, what to do, and that what was there is still there."""
    language = view.language()
    reasons = [message[language] for message in report["messages"] if message["severity"] == "error"]
    sentence = text.strong(view.t("upload.not_read", name=report["name"])) + " " + text.plain(" ".join(reasons))
    st.error(f"{sentence} {text.plain(view.t('upload.nothing_lost'))}", icon=":material/error:")


def loaded(file_id: int, report: Mapping[str, Any]) -> None:
    """A file that was read."""
    words = view.words()
    figures: Mapping[str, Any] = report.get("figures", {})
    with st.container(border=True, key=f"file_{file_id}"):
        name_row(report["name"], report["outcome"])
        st.markdown(text.grey(_eyebrow(report, figures)))
        with st.grid(4, min_column_width=150, gap=24):
            for name in ("lines", "rows", "set_aside", "footers"):
                st.metric(view.t(f"upload.count_{name}"), text.plain(words.count(report[name])))
        _bar(report, figures, f"bar_{file_id}")
        messages(report)
        again_ways.for_messages(file_id, report)
        _decisions(report, file_id)
        with st.container(horizontal=True):
            if report["set_aside"]:
                _set_aside_button(file_id, report["name"])
            overlap.choice(file_id, report)
            again_ways.button(file_id)
            confirm.button(
                view.t("upload.take_out"), _take_out, key=f"take_out_{file_id}", icon=":material/delete:",
                question=_take_out_question(report["name"]), args=(file_id,),
            )  # fmt: skip
        again_ways.bring_back(file_id)
        refusal = state.told(f"take_out_{file_id}")
        if refusal:
            st.error(text.plain(words.message(refusal)), icon=":material/error:")


def _eyebrow(report: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    decided = {entry["name"]: entry["value"] for entry in report.get("decisions", ()) if not entry.get("column")}
    delimiter = _DELIMITERS.get(decided.get("delimiter", ""))
    parts = [view.t(f"table.{report['kind']}")]
    parts += [view.t(f"upload.delimiter_{delimiter}")] if delimiter else []
    parts += [str(decided["encoding"])] if decided.get("encoding") else []
    parts += [f"{figures['first']} – {figures['last']}"] if figures.get("first") and figures.get("last") else []
    return " · ".join(parts)


def _bar(report: Mapping[str, Any], figures: Mapping[str, Any], key: str) -> None:
    words = view.words()
    colours = palette(chrome.dark())
    anonymous = int(figures.get("unidentified") or 0) if report["kind"] == "transactions" else 0
    parts = [
        ("upload.part_used", report["rows"] - anonymous, colours.accent),
        ("upload.part_anonymous", anonymous, colours.sequential[3]),
        ("upload.part_aside", report["set_aside"], colours.amber),
        ("upload.part_footers", report["footers"], colours.grey),
    ]
    sized = [(words.t(name, n=size), size, colour) for name, size, colour in parts]
    if any(size for _, size, _ in sized):
        st.plotly_chart(
            share_bar(sized, colours), key=key, theme=None, config={"displayModeBar": False, "staticPlot": False},
            alt=words.list([name for name, size, _ in sized if size]),
        )  # fmt: skip
        st.markdown(text.grey(" · ".join(name for name, size, _ in sized if size)))


def messages(report: Mapping[str, Any]) -> None:
    """What was seen in a file and done about it, the weightiest first."""
    language = view.language()
    rank = {"error": 0, "warning": 1, "note": 2}
    said = sorted(report["messages"], key=lambda message: rank[message["severity"]])
    if not said:
        return
    frame = pd.DataFrame(
        {
            view.t("upload.seen"): [text.plain(message[language]) for message in said],
            view.t("upload.weight"): [view.t(f"upload.severity_{message['severity']}") for message in said],
            view.t("upload.line"): [str(message["line"]) if message["line"] else "–" for message in said],
        }
    )
    st.table(frame.head(_MESSAGES), border="horizontal", hide_index=True, alt=view.t("upload.seen"))
    if len(said) > _MESSAGES:
        with st.expander(view.t("upload.more_messages", n=len(said) - _MESSAGES)):
            st.table(frame.iloc[_MESSAGES:], border="horizontal", hide_index=True, alt=view.t("upload.seen"))


def _decisions(report: Mapping[str, Any], file_id: int) -> None:
    """How the file was read, and why so; each of them can be chosen otherwise."""
    language, decided = view.language(), report.get("decisions", ())
    if not decided:
        return
    with st.expander(view.t("upload.decided"), key=f"decided_{file_id}"):
        frame = pd.DataFrame(
            {
                view.t("upload.choice"): [view.t(f"upload.option_{entry['name']}") for entry in decided],
                view.t("upload.decision"): [text.plain(_value(entry)) for entry in decided],
                view.t("upload.why"): [text.plain(entry[language]) for entry in decided],
            }
        )
        st.table(frame, border="horizontal", hide_index=True, alt=view.t("upload.decided"))


def _value(entry: Mapping[str, Any]) -> str:
    """What was decided, in the words of the choices."""
    name, value = entry["name"], str(entry["value"])
    words = {
        "kind": f"table.{value}", "decimal": f"upload.decimal_{'comma' if value == ',' else 'point'}",
        "day_first": f"upload.{'day_first' if value == 'yes' else 'month_first'}",
        "delimiter": f"upload.delimiter_{_DELIMITERS.get(value, '')}",
        "header_line": "upload.no_header" if value == "0" else "",
    }  # fmt: skip
    key = words.get(name, "")
    return view.t(key) if key and view.words().has(key) else _CALLED.get(value, value)


def _set_aside_button(file_id: int, name: str) -> None:
    workspace, heads = (
        session.ensure_workspace(),
        [view.t("upload.line"), view.t("upload.reason"), view.t("upload.raw")],
    )
    words = view.words()
    st.download_button(
        view.t("upload.download_aside"), lambda: quality.set_aside_csv(workspace, file_id, heads, words),
        file_name=view.t("upload.aside_file"), mime="text/csv; charset=utf-8", key=f"aside_{file_id}", type="tertiary",
        icon=":material/download:", on_click="ignore", help=text.plain(name),
    )  # fmt: skip


def _take_out(file_id: int) -> None:
    opened = session.ensure_workspace()
    try:
        opened.remove(file_id)
    except InsightError as refusal:
        state.tell(f"take_out_{file_id}", refusal.key, **refusal.values)
        return
    kept.let_go(file_id)


def _take_out_question(name: str) -> str:
    """Whether to take it out, and what was saved and is counted again without it."""
    known = recipe.read(session.ensure_workspace().folder)
    question = view.t("ui.take_out_question", name=name)
    said = [
        view.t(f"again.{what}", n=n)
        for what, n in (("audiences", len(known.audiences)), ("findings", len(known.story)))
        if n
    ]
    return f"{question} {view.t('again.counted', what=view.words().list(said))}" if said else question


def columns(report: Mapping[str, Any], key: str) -> None:
    """Column by column: what it became, how many cells are filled, distinct, changed and unreadable, and examples."""
    words = view.words()
    found = report.get("columns", ())
    if not found:
        return
    heads = {
        "label": "upload.column", "field": "upload.read_as", "type": "quality.type", "filled": "quality.filled",
        "distinct": "quality.distinct", "changed": "quality.changed", "failed": "quality.failed",
        "examples": "upload.examples",
    }  # fmt: skip
    frame = pd.DataFrame(
        [
            {
                **{name: column[name] for name in ("label", *_COUNTED)},
                "field": _field(report["kind"], column["field"]),
                "type": words.t(f"quality.type_{column['type'] or 'text'}"),
                "examples": words.t(f"quality.personal_{column['personal']}")
                if column["personal"]
                else ", ".join(column["examples"]),
            }
            for column in found
        ],
        columns=list(heads),
    )
    named = {name: words.t(word) for name, word in heads.items()}
    made = tables.styled(frame, dict.fromkeys(_COUNTED, "count"), words, named, escape=False)
    st.dataframe(made, hide_index=True, alt=words.t("quality.columns"), key=key)
    about = [column["label"] for column in found if column.get("about")]
    if about:
        st.markdown(text.grey(words.t("quality.about", columns=words.list(about))))


def _field(kind: str, field: str) -> str:
    if not field or kind not in TABLES:
        return view.t("upload.as_attribute")
    known = TABLES[kind].field(field)
    return known.sv if view.language() == "sv" else known.en
