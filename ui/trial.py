"""What the pages about tests share: which test is looked at, and what is assumed about it.

The choices hold for all of those pages; another test starts over, since its arms are others.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import pandas as pd
import streamlit as st

from insight.analysis.lift_rules import DEFAULT_WINDOW, LIFT_WINDOW, MOST_ARMS
from insight.analysis.lift_segments import AFTERWARDS, SEGMENTATIONS
from insight.audience import Pairs
from insight.errors import InsightError
from insight.result import Result
from ui import asked, cache, compare, filters, guards, state, text, view
from ui.show import Slots

TEST, WINDOW, CONTROL, PLANNED, COST, FIXED, RATE = (
    "test", "window", "control", "planned", "cost", "fixed_cost", "margin_rate",
)  # fmt: skip
LOOKS = "looks"
_BUTTONS_AT_MOST = 4
_NUMBER = re.compile(r"\d+(\.\d+)?")


def chosen(analysis: str) -> Pairs:
    """The settings of an analysis of tests: the shared choices and its own."""
    return filters.chosen(analysis, shared=filters.OF_TESTS)


def head(analysis: str) -> Slots:
    """The page's first rows: the eyebrow with test and assumptions beside it, and a place for the headline."""
    guards.require(analysis)
    with st.container(gap=None):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            eyebrow = st.container(width="content")
            with st.container(horizontal=True, width="content", vertical_alignment="center", key="controls"):
                _pickers()
        headline = st.container()
    return Slots(eyebrow, headline)


def answer(analysis: str) -> tuple[Result, Pairs]:
    """The answer with the shared choices; one that cannot be followed is left out, and said.

    Stops with the empty page when the data cannot carry it.
    """
    try:
        return asked.run(analysis, chosen(analysis))
    except InsightError as refusal:
        guards.refused(refusal)
        st.stop()


def also(analysis: str, *, columns: Sequence[str] = (), picker: Callable[[], object] | None = None) -> None:
    """A further question about the same test, with a heading of its own; where it has no answer the page says why."""
    try:
        result, settings = asked.run(analysis, chosen(analysis))
    except InsightError as refusal:
        if picker:
            picker()
        st.markdown(text.grey(guards.in_words(refusal)))
        return
    compare.section(result, settings, table=True, columns=columns, picker=picker)


def pick_arm(analysis: str, arms: Sequence[str], current: str) -> None:
    """Which arm the page shows, where there are several."""
    if len(arms) < 2:
        return
    key = f"w_row_{analysis}.arm"
    state.set_widget(key, current)
    st.segmented_control(
        view.t("setting.arm.label"), arms, key=key, required=True, label_visibility="collapsed", format_func=text.plain,
        on_change=_changed, args=(f"{analysis}.arm", key, str),
    )  # fmt: skip


def pick_by(analysis: str) -> None:
    """What the arms are divided by: segmentations as they stood before the test, and fields of the customer."""
    words = view.words()
    there = {key: own for key, own in cache.fields(True).items() if key not in AFTERWARDS}
    options = [*SEGMENTATIONS, *there]
    held, key = state.view().get(f"{analysis}.by"), f"w_row_{analysis}.by"
    state.set_widget(key, held if held in options else options[0])
    st.selectbox(
        words.t("ui.field"), options, key=key, width=260, label_visibility="collapsed", on_change=_changed,
        args=(f"{analysis}.by", key, str),
        format_func=lambda name: words.t(f"setting.by.{name}") if name in SEGMENTATIONS
        else filters.field_name(words, name, there[name]),
    )  # fmt: skip


def _pickers() -> None:
    try:
        every = cache.run("lift.tests").table
    except InsightError:
        # The page says in full what is missing; there is nothing to choose from.
        return
    names, current = _names(every), _current(every)
    if len(names) > 1:
        _test_picker(names, current)
    arms = every[every["test"] == current]
    with st.popover(view.t("ui.lift.assumptions"), type="tertiary", icon=":material/tune:"), st.container(width=640):
        _assumptions(arms)


def _names(every: pd.DataFrame) -> list[str]:
    """Tests that compare something first, the latest of them first."""
    counts = every["test"].value_counts()
    names = list(dict.fromkeys(every["test"]))
    return [name for name in names if counts[name] > 1] + [name for name in names if counts[name] == 1]


def _test_picker(names: Sequence[str], current: str) -> None:
    words = view.words()
    state.set_widget("w_test", current)
    options: dict[str, Any] = {
        "key": "w_test", "label_visibility": "collapsed", "on_change": _test_chosen, "args": (names[0],),
        "format_func": lambda name: text.plain(name) if name else words.t("ui.lift.no_test"),
    }  # fmt: skip
    if len(names) <= _BUTTONS_AT_MOST:
        st.segmented_control(words.t("ui.lift.test"), names, required=True, **options)
    else:
        st.selectbox(words.t("ui.lift.test"), names, width=280, **options)


def _test_chosen(first: str) -> None:
    name = state.widget("w_test")
    state.change_view(
        test=None if name == first else name, control=None, planned=None, cost=None, fixed_cost=None, window=None
    )
    for key in (PLANNED, COST, FIXED):
        for row in range(MOST_ARMS):
            state.forget_widget(f"w_arm_{key}_{row}")


def _assumptions(arms: pd.DataFrame) -> None:
    words = view.words()
    held = state.view()
    left, middle, right = st.columns(3)
    with left:
        days = held.get(WINDOW, "")
        state.set_widget("w_window", int(days) if days.isdecimal() and int(days) > 0 else None)
        st.number_input(
            words.t("ui.lift.window"), min_value=1, max_value=LIFT_WINDOW.high, value=None, step=1, key="w_window",
            placeholder=words.t("lift.automatic_window", days=DEFAULT_WINDOW), help=words.t("lift.window_help"),
            on_change=_changed, args=(WINDOW, "w_window", lambda days: None if days is None else str(days)),
        )  # fmt: skip
    with middle:
        state.set_widget("w_control", held.get(CONTROL, ""))
        st.selectbox(
            words.t("setting.control.label"), ["", *arms["arm"]], key="w_control", help=words.t("setting.control.help"),
            format_func=lambda name: name or words.t("ui.lift.automatic"), on_change=_changed,
            args=(CONTROL, "w_control", str),
        )  # fmt: skip
    with right:
        rate = held.get(RATE)
        state.set_widget("w_rate", float(rate) * 100 if rate else None)
        st.number_input(
            words.t("ui.lift.margin_percent"), min_value=0.0, max_value=100.0, value=None, step=1.0, key="w_rate",
            placeholder=words.t("ui.lift.automatic"), help=words.t("setting.margin_rate.help"), format="%.4g",
            on_change=_changed, args=(RATE, "w_rate", _share),
        )  # fmt: skip
    _per_arm(arms)
    state.set_widget("w_looks", held.get(LOOKS) if held.get(LOOKS) in ("one", "many") else "one")
    st.segmented_control(
        words.t("setting.looks.label"), ["one", "many"], required=True, key="w_looks",
        help=words.t("setting.looks.help"), format_func=lambda value: words.t(f"setting.looks.{value}"),
        on_change=_changed, args=(LOOKS, "w_looks", lambda value: None if value == "one" else value),
    )  # fmt: skip


def ask_shares(result: Result) -> None:
    """The question that only the user can answer, how the arms were meant to be divided, where it has no answer yet.

    On the projector it is not asked: it is answered before the meeting, and the room is the figure's.
    """
    found = result.tables["checks"]
    if view.presenting() or not ((found["check"] == "sizes") & (found["state"] == "ask")).any():
        return
    words, every = view.words(), cache.run("lift.tests").table
    names = list(every[every["test"] == _current(every)]["arm"])
    with st.container(horizontal=True, vertical_alignment="center", key="ask_shares"):
        st.markdown(f":orange[:material/help:] {text.plain(words.t('lift.ask.question'))}", width="content")
        st.button(words.t("lift.ask.equal"), key="ask_equal", on_click=_equal, args=(names,))
        with st.popover(words.t("lift.ask.other")):
            st.markdown(text.grey(words.t("ui.lift.planned_help")))
            for row, name in enumerate(names):
                st.number_input(text.plain(name), min_value=0.0, value=None, key=f"w_ask_{row}", format="%.6g")
            st.button(words.t("lift.ask.check"), key="ask_other", on_click=_asked, args=(names,))


def _asked(names: Sequence[str]) -> None:
    given = {name: state.widget(f"w_ask_{row}") for row, name in enumerate(names)}
    if all(given.values()):
        state.change_view_of(PLANNED, _written(given))


def _current(every: pd.DataFrame) -> str:
    """The test that is looked at: the chosen one, else the latest that compares something."""
    names, held = _names(every), state.view().get(TEST)
    return held if held in names else names[0]


def _share(percent: float | None) -> str | None:
    return None if percent is None else f"{percent / 100:g}"


def _changed(name: str, key: str, as_text: Callable[[Any], str | None]) -> None:
    state.change_view_of(name, as_text(state.widget(key)))


def _per_arm(arms: pd.DataFrame) -> None:
    """A row an arm: its planned share, its cost per contact, its fixed cost."""
    words = view.words()
    names = list(arms["arm"])
    known = dict(zip(names, arms["cost_per_contact"], strict=True))
    widths = (2, 1, 1, 1)
    for place, (column, key) in enumerate(zip(st.columns(widths), ("", PLANNED, COST, FIXED), strict=True)):
        if place:
            column.markdown(text.grey(words.t(f"setting.{key}.label")), help=words.t(f"setting.{key}.help"))
    for row, name in enumerate(names):
        cells = st.columns(widths, vertical_alignment="center")
        cells[0].markdown(text.plain(name))
        for cell, key in zip(cells[1:], (PLANNED, COST, FIXED), strict=True):
            widget = f"w_arm_{key}_{row}"
            held = _held(key)
            if held:
                state.set_widget(widget, held.get(name.lower()))
            cost = known[name] if key == COST else None
            cell.number_input(
                f"{words.t(f'setting.{key}.label')}: {name}", min_value=0.0, value=None, key=widget, format="%.6g",
                placeholder="" if cost is None or cost != cost else words.number(cost, 2), label_visibility="collapsed",
                on_change=_arm_changed, args=(key, names),
            )  # fmt: skip
    st.button(words.t("ui.lift.equal_shares"), key="equal_shares", type="tertiary", on_click=_equal, args=(names,))


def _held(key: str) -> Mapping[str, float | None]:
    found: dict[str, float | None] = {}
    for part in state.view().get(key, "").split(","):
        name, _, value = part.rpartition(":")
        # A link that was written by hand may hold anything: the page itself says what is wrong with it.
        if _NUMBER.fullmatch(value):
            found[unquote(name).strip().lower()] = float(value)
    return found


def _arm_changed(key: str, names: Sequence[str]) -> None:
    values = {name: state.widget(f"w_arm_{key}_{row}") for row, name in enumerate(names)}
    given = {name: value for name, value in values.items() if value is not None and (value > 0 or key != PLANNED)}
    whole = len(given) == len(names) or key != PLANNED
    state.change_view_of(key, _written(given) if whole and given else None)


def _equal(names: Sequence[str]) -> None:
    state.change_view_of(PLANNED, _written(dict.fromkeys(names, 1.0)))


def _written(values: Mapping[str, float]) -> str:
    """ARM:number,… with the commas in names made harmless."""
    return ",".join(f"{name.replace('%', '%25').replace(',', '%2C')}:{value:g}" for name, value in values.items())
