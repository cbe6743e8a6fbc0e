"""One arm beside the other, every figure of it, per customer or in all; and the deciding difference in other ways."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from insight.analysis.lift_measures import records
from insight.export.written import undefined
from insight.i18n.catalog import Words
from insight.result import Result
from ui import show, state, tables, text

_MONEY = ("spend", "margin", "contact_cost", "net_profit", "receipt", "break_even_cost")
_SHARES = ("conversion", "top_share")
_UNSIGNED = ("roi", "break_even_cost")
_EACH_ONLY = ("receipt", "top_share", "roi", "break_even_cost")
_BUTTONS_AT_MOST = 4
_PICKED, _MODE = "w_sheet_arm", "w_sheet_mode"


def sheet(result: Result) -> None:
    """Every figure of one arm beside the arm it is told against: absolute and relative, each with its interval."""
    words, every = show.words_of(result), result.tables["figures"]
    arms = list(dict.fromkeys(every["arm"]))
    leader = result.metrics["effect"].mark.get("arm") if "effect" in result.metrics else None
    heading = st.container()
    with st.container(horizontal=True):
        arm = _pick(words, arms, str(leader or arms[0]))
        whole = _mode(words) == "total"
    rows = [row for row in records(every) if row["arm"] == arm]
    heading.header(text.plain(_capital(words.t("lift.sheet.title", arm=arm, other=rows[0]["other"]))), anchor=False)
    shown = [row for row in rows if not (whole and row["figure"] in _EACH_ONLY)]
    st.table(
        _styled(words, shown, arm, str(rows[0]["other"]), whole=whole), border="horizontal", hide_index=True,
        alt=words.t("ui.table_alt", title=words.t("lift.sheet.title", arm=arm, other=rows[0]["other"])),
    )  # fmt: skip
    with st.container(width=760):
        st.markdown(text.grey(words.t("lift.sheet.whole" if whole else "lift.sheet.each")))


def _capital(title: str) -> str:
    """A heading begins with a capital, whatever the client calls the arm it begins with."""
    return title[:1].upper() + title[1:]


def _pick(words: Words, arms: list[str], first: str) -> str:
    if len(arms) < 2:
        return arms[0]
    held = state.widget(_PICKED)
    state.set_widget(_PICKED, held if held in arms else first)
    options: dict[str, Any] = {"key": _PICKED, "label_visibility": "collapsed", "format_func": text.plain}
    if len(arms) <= _BUTTONS_AT_MOST:
        return str(st.segmented_control(words.t("setting.arm.label"), arms, required=True, **options))
    return str(st.selectbox(words.t("setting.arm.label"), arms, width=280, **options))


def _mode(words: Words) -> str:
    found = st.segmented_control(
        words.t("ui.shown"), ["each", "total"], default="each", required=True, key=_MODE, persist_state="session",
        label_visibility="collapsed", format_func=lambda name: words.t(f"lift.sheet.mode.{name}"),
    )  # fmt: skip
    return str(found or "each")


def _styled(words: Words, rows: list[dict[str, Any]], arm: str, other: str, *, whole: bool) -> Any:
    """Numbers stay numbers underneath, each row in its own unit, so that they stand right."""
    own, base, effect = ("total", "total_other", "total_effect") if whole else ("mean", "mean_other", "effect")
    heads = [words.t("column.metric"), text.plain(arm), text.plain(other), words.t("column.effect_size"),
             words.t("column.range"), words.t("column.rel_effect_size"), words.t("column.rel_range"),
             words.t("column.pvalue_adjusted")]  # fmt: skip
    heads = _different(heads)
    low, high = ("total_low", "total_high") if whole else ("effect_low", "effect_high")
    made: dict[str, list[Any]] = {head: [] for head in heads}
    for row in rows:
        write = _writer(words, row["figure"], whole=whole)
        cells = [
            text.plain(words.t(f"lift.figure{'_total' if whole else ''}.{row['figure']}")), *(
                _number(row[name]) for name in (own, base, effect)
            ),
            text.plain(_ends(words, row, low, high)), _number(row["rel"]),
            text.plain(_ends(words, row, "rel_low", "rel_high")), _number(row["pvalue_adjusted"]),
        ]  # fmt: skip
        for head, cell in zip(heads, cells, strict=True):
            made[head].append(cell)
    frame = pd.DataFrame(made)
    told = any(not undefined(row["effect"]) for row in rows if row["figure"] != "contact_cost")
    relative = told and not whole and any(not undefined(row["rel"]) for row in rows)
    kept = heads[:3] if not told else heads[:5] if whole else heads if relative else [*heads[:5], heads[7]]
    frame = pd.DataFrame(frame[kept])
    style = frame.style
    for place, row in enumerate(rows):
        write = _writer(words, row["figure"], whole=whole)
        style = style.format(_defined(write, signed=False), subset=pd.IndexSlice[[place], heads[1:3]])
        if told:
            style = style.format(_defined(write, signed=True), subset=pd.IndexSlice[[place], heads[3:4]])
    if relative:
        style = style.format(_defined(_percent(words), signed=True), subset=[heads[5]])
    if told and not whole:
        style = style.format(lambda p: "" if undefined(p) else words.pvalue(p), subset=[heads[7]])
    return style


def _different(heads: list[str]) -> list[str]:
    """Heads must differ: an arm may be called as one of our columns is."""
    found: list[str] = []
    for head in heads:
        while head in found:
            head += "\u00a0"
        found.append(head)
    return found


def _number(cell: object) -> float:
    return math.nan if undefined(cell) else float(str(cell))


def _defined(write: Callable[..., str], *, signed: bool) -> Callable[[object], str]:
    return lambda value: "" if undefined(value) else write(float(str(value)), signed=signed)


def _writer(words: Words, figure: str, *, whole: bool) -> Callable[..., str]:
    """How a figure is written, with its unit: the rows of the sheet have different ones."""
    if figure in ("conversion", "orders") and whole:
        return lambda value, signed=False: words.number(value, signed=signed)
    if figure in _SHARES:
        return lambda value, signed=False: (
            words.t("ui.points", value=words.number(value * 100, 1, signed=True)) if signed
            else words.percent(value, 1)
        )  # fmt: skip
    if figure == "orders":
        return lambda value, signed=False: words.number(value, 2, signed=signed)
    if figure == "roi":
        return lambda value, signed=False: words.amount(1 + value, 2)  # noqa: ARG005 - back per krona has no sign
    if figure == "break_even_cost":
        return lambda value, signed=False: words.amount(value, 1 if abs(value) < 1000 else 0)  # noqa: ARG005
    if figure in _MONEY and whole:
        return lambda value, signed=False: words.amount(value, signed=signed)
    return lambda value, signed=False: words.amount(value, 1 if abs(value) < 1000 else 0, signed=signed)


def _percent(words: Words) -> Callable[..., str]:
    return lambda value, signed=False: words.percent(value, 1 if abs(value) < 0.1 else 0, signed=signed)


def _ends(words: Words, row: Mapping[str, Any], low: str, high: str) -> str:
    """'+42,1 till +106': bare numbers, since the row's other cells have the unit."""
    if undefined(row[low]) or undefined(row[high]):
        return ""
    ends = [float(str(row[low])), float(str(row[high]))]
    figure = str(row["figure"])
    if figure == "roi":
        ends = [1 + end for end in ends]
    percent = low == "rel_low" or (figure in _SHARES and low == "effect_low")
    ends = [100 * end for end in ends] if percent else ends
    counted = low == "total_low" or max(map(abs, ends)) >= 1000
    decimals = 0 if counted or low == "rel_low" else 2 if figure in ("orders", "roi") else 1
    said = [words.number(end, decimals, signed=figure not in _UNSIGNED) for end in ends]
    return words.t("ui.interval", low=said[0], high=said[1])


# --- the same difference in other ways --------------------------------------------------------------------------------


def ways(result: Result) -> None:
    """The leading arm's deciding difference, counted four ways: which decides, and that the others stand beside it."""
    found = result.tables.get("ways")
    if found is None or found.empty or "effect" not in result.metrics:
        return
    words = show.words_of(result)
    arms = list(dict.fromkeys(found["arm"]))
    held = state.widget(_PICKED)
    arm = str(held if held in arms else result.metrics["effect"].mark["arm"])
    rows = [row for row in records(found) if row["arm"] == arm and not undefined(row["effect"])]
    st.header(text.plain(_capital(words.t("lift.ways.title", arm=arm))), anchor=False)
    heads = {"way": words.t("lift.ways.way"), "effect": words.t("column.effect"), "range": words.t("column.range"),
             "says": words.t("lift.ways.says")}  # fmt: skip
    write = _writer(words, "net_profit", whole=False)
    frame = pd.DataFrame([
        {
            "way": row["way"], "effect": row["effect"], "says": _says(words, row),
            "range": _ends(words, row | {"figure": "net_profit"}, "effect_low", "effect_high"),
        }
        for row in rows
    ])  # fmt: skip
    styled = tables.styled(
        frame[["way", "effect", "range", "says"]],
        {"way": "text", "effect": "number", "range": "text", "says": "text"}, words, heads,
    )  # fmt: skip
    style = styled.format(_defined(write, signed=True), subset=[text.plain(heads["effect"])])
    st.table(
        style, border="horizontal", hide_index=True,
        alt=words.t("ui.table_alt", title=words.t("lift.ways.title", arm=arm)),
    )  # fmt: skip


def _says(words: Words, row: Mapping[str, Any]) -> str:
    if row["way"] == "cuped" and not undefined(row["variance_reduction"]):
        share = max(0.0, row["variance_reduction"])
        return words.t("lift.ways.cuped" if share >= 0.005 else "lift.ways.cuped_nothing", share=share)
    return words.t(f"lift.ways.{row['way']}")
