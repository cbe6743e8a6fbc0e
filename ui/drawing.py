"""Drawing a test on the page: the arms as a small table, who may be drawn, the draw, and the assignment file."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import unquote

import pandas as pd
import streamlit as st

from insight.analysis import registry
from insight.analysis.lift_draw import CONSENTS
from insight.analysis.lift_rules import is_control_word
from insight.analysis.lift_segments import AFTERWARDS, SEGMENTATIONS
from insight.audience import Pairs, pairs
from insight.errors import InsightError
from insight.export.as_csv import csv_text
from insight.result import Message
from insight.settings import Settings
from ui import cache, filters, foot, planning, show, state, tables, text, view

_DRAW = "lift.draw"
_ASKED = "lift.draw.asked"
_ARMS = ("arms", "channels", "cost")
_FIELDS = ("test", "size", "rest_days", "unknown_consent", "seed")
_BASE = "draw_rows_base"
_NO_CONSENT = "draw_no_consent"
_YEARS_AHEAD = 730
_Row = tuple[str, float, bool, bool, bool, float | None]


def draw_form() -> None:
    """What to draw; the draw itself is made when it is asked for, and again with every change."""
    words = view.words()
    st.space("medium")
    st.header(words.t("ui.lift.draw_title"), anchor=False)
    try:
        defaults = cache.defaults(_DRAW)
    except InsightError as refusal:
        st.markdown(text.grey(words.message(Message(refusal.key, refusal.values))))
        return
    with st.container(width=760):
        st.markdown(text.grey(words.t("lift.draw.help")))
    arms = _arms_form()
    _fields(defaults)
    st.button(words.t("ui.lift.draw_button"), key="draw_now", type="primary", on_click=_asked, args=(arms,))
    if not state.view().get(_ASKED):
        return
    unasked = _without_channel(arms)
    if unasked and state.widget(_NO_CONSENT) != arms["arms"]:
        _ask_channel(unasked, arms["arms"])
    else:
        _drawn(pairs({**dict(filters.chosen(_DRAW, shared=())), **arms}))


def _asked(arms: Mapping[str, str]) -> None:
    """The draw was asked for: the link holds its arms from now on."""
    for name, value in arms.items():
        state.change_view_of(f"{_DRAW}.{name}", value)
    state.change_view_of(_ASKED, "1")


# --- consent ----------------------------------------------------------------------------------------------------------


def _without_channel(arms: Mapping[str, str]) -> list[str]:
    """The contacted arms that tick no channel: for them nobody's consent would be asked."""
    ticked = _named(arms["channels"])
    return [name for name in _named(arms["arms"]) if name not in ticked and not is_control_word(name)]


def _ask_channel(unasked: Sequence[str], drawn: str) -> None:
    words = view.words()
    with st.container(border=True, key="ask_channel", width=760):
        said = words.t("lift.draw.no_channel", names=words.list(list(unasked)))
        st.markdown(f":orange[:material/warning: **{text.plain(said)}**]")
        st.markdown(text.grey(words.t("lift.draw.no_channel_help")))
        st.button(
            words.t("lift.draw.no_channel_draw"), key="draw_without_consent", on_click=_confirmed, args=(drawn,)
        )  # fmt: skip


def _confirmed(drawn: str) -> None:
    """These arms may be drawn without asking consent; other arms are asked about anew."""
    state.set_widget(_NO_CONSENT, drawn)


# --- the arms ---------------------------------------------------------------------------------------------------------


def _arms_form() -> dict[str, str]:
    """A row an arm: name, share, the channels that it uses, cost per contact; as the settings of the draw."""
    words = view.words()
    kept = f"{_BASE}_{words.language}"
    base = state.widget(kept)
    if base is None:
        base = _held_rows()
        state.set_widget(kept, base)
    heads = [words.t("ui.lift.arm_name"), words.t("lift.draw.share"), *(words.t(f"lift.draw.{c}") for c in CONSENTS),
             words.t("ui.lift.cost")]  # fmt: skip
    columns = st.column_config
    frame = pd.DataFrame(list(base), columns=heads).astype({heads[1]: "float64", heads[5]: "float64"})
    found = st.data_editor(
        frame, num_rows="dynamic", hide_index=True, placeholder="", key=f"draw_rows_{words.language}",
        column_config={
            heads[0]: columns.TextColumn(heads[0], required=True),
            heads[1]: columns.NumberColumn(heads[1], min_value=0, default=1.0, help=words.t("ui.lift.planned_help")),
            **{head: columns.CheckboxColumn(head, default=False) for head in heads[2:5]},
            heads[5]: columns.NumberColumn(heads[5], min_value=0, format="localized"),
        },
    )  # fmt: skip
    return _settings([tuple(row.values()) for row in found.to_dict("records")])


def _settings(rows: Sequence[tuple[Any, ...]]) -> dict[str, str]:
    arms: list[str] = []
    channels: list[str] = []
    costs: list[str] = []
    for name, share, *uses, cost in rows:
        if tables.undefined(name) or not str(name).strip():
            continue
        safe = _safe(str(name).strip())
        arms.append(f"{safe}:{0 if tables.undefined(share) else float(share):g}")
        used = [channel for channel, use in zip(CONSENTS, uses, strict=True) if not tables.undefined(use) and use]
        if used:
            channels.append(f"{safe}:{'+'.join(used)}")
        if not tables.undefined(cost):
            costs.append(f"{safe}:{float(cost):g}")
    return dict(zip(_ARMS, (",".join(arms), ",".join(channels), ",".join(costs)), strict=True))


def _safe(name: str) -> str:
    return name.replace("%", "%25").replace(",", "%2C")


def _held_rows() -> tuple[_Row, ...]:
    """The arms that a link holds; two to begin with. What cannot be read is left for the user to fill in."""
    held = {name: _named(state.view().get(f"{_DRAW}.{name}", "")) for name in _ARMS}
    if not held["arms"]:
        names = (view.t("lift.draw.first_control"), view.t("lift.draw.first_contacted"))
        return tuple((name, 1.0, False, False, False, None) for name in names)
    rows: list[_Row] = []
    for name, share in held["arms"].items():
        used = held["channels"].get(name, "").split("+")
        email, sms, post = (channel in used for channel in CONSENTS)
        rows.append((name, _real(share) or 0.0, email, sms, post, _real(held["cost"].get(name, ""))))
    return tuple(rows)


def _named(written: str) -> dict[str, str]:
    parts = [part.rpartition(":") for part in written.split(",") if ":" in part]
    return {unquote(name).strip(): value.strip() for name, _, value in parts if name.strip()}


def _real(written: str) -> float | None:
    try:
        found = float(written)
    except ValueError:
        return None
    return found if found >= 0 and found < float("inf") else None


# --- the rest ---------------------------------------------------------------------------------------------------------


def _fields(defaults: Settings) -> None:
    words = view.words()
    settings = {setting.name: setting for setting in registry.find(_DRAW).settings}
    with st.grid(3, min_column_width=260, gap=16):
        for name in _FIELDS[:1]:
            filters.one_setting(_DRAW, settings[name], defaults)
        _sent_on(defaults)
        for name in _FIELDS[1:]:
            filters.one_setting(_DRAW, settings[name], defaults)
        there = {key: own for key, own in cache.fields(True).items() if key not in AFTERWARDS}
        options = ["", *SEGMENTATIONS, *there]
        kept = f"{_DRAW}.within"
        held = state.view().get(kept, "")
        state.set_widget("w_draw_within", held if held in options else "")
        st.selectbox(
            words.t("setting.within.label"), options, key="w_draw_within", help=words.t("setting.within.help"),
            on_change=_changed, args=(kept, "w_draw_within"),
            format_func=lambda key: words.t("lift.draw.within_none") if not key
            else words.t(f"setting.by.{key}") if key in SEGMENTATIONS else filters.field_name(words, key, there[key]),
        )  # fmt: skip


def _sent_on(defaults: Settings) -> None:
    """The day of the send lies ahead, often far beyond the last purchase that is known."""
    words, kept = view.words(), f"{_DRAW}.sent_on"
    first: date = defaults["sent_on"]
    try:
        held = date.fromisoformat(state.view().get(kept, ""))
    except ValueError:
        held = first
    last = max(first, date.today()) + timedelta(days=_YEARS_AHEAD)
    state.set_widget("w_draw_sent_on", min(max(held, first), last))
    st.date_input(
        words.t("setting.sent_on.label"), min_value=first, max_value=last, format="YYYY-MM-DD", key="w_draw_sent_on",
        on_change=_changed, args=(kept, "w_draw_sent_on"),
    )  # fmt: skip


def _changed(kept: str, key: str) -> None:
    value = state.widget(key)
    state.change_view_of(kept, None if value in (None, "") else str(value))


def _drawn(chosen: Pairs) -> None:
    words = view.words()
    try:
        result = cache.run(_DRAW, chosen)
    except InsightError as refusal:
        st.markdown(f":red[{text.plain(words.message(Message(refusal.key, refusal.values)))}]")
        return
    st.subheader(text.plain(words.headline(result.headline)), anchor=False)
    left, right = st.columns((3, 2), gap="large")
    with left:
        planning.small_table(result, "arms", words.t("ui.lift.drawn_arms"))
    with right:
        planning.small_table(result, "excluded", words.t("ui.lift.excluded"))
    show.caveats(result)

    def build() -> bytes:
        return csv_text(list(result.table.columns), result.table.itertuples(index=False)).encode()

    st.download_button(
        words.t("ui.lift.assignment_file"), build, file_name=words.t("ui.lift.file_name"), key="assignment_file",
        mime="text/csv; charset=utf-8", icon=":material/download:", on_click="ignore",
    )  # fmt: skip
    st.markdown(text.grey(words.t("ui.lift.loads_back")))
    foot.row(result, chosen)
