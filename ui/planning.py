"""Planning a test on the page, and the form for totals only."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from insight.analysis.lift_pasted import read_pasted
from insight.audience import Pairs, pairs
from insight.errors import InsightError
from insight.i18n.catalog import Words
from insight.result import Message, Result
from ui import asked, cache, filters, foot, guards, question, session, show, state, tables, text, verdict, view
from ui.show import Slots

_PLAN, _TOTALS = "lift.plan", "lift.totals"
_ASKED_FIRST = ("wanted", "n_arms", "cost_per_contact", "window")
_FIGURES = ("mde", "mde_cuped", "n_needed", "n_needed_cuped", "cost_needed")
_REGISTER = (
    "test", "arm", "other", "first_on", "n_customers", "outcome", "metric", "total", "pvalue_adjusted", "running",
)  # fmt: skip
# Two random groups, the same offer by text message and by letter: +2 346 % sales, and a loss.
_EXAMPLE = (
    ("sms", 200_000, 120, 54_000, None, 0.1, 1),
    ("brev", 200_000, 2_935, 1_320_750, None, 6, 1),
)
_EXAMPLE_PERCENT = 40.0
_TOTAL_FIGURES = ("total", "sample_ratio_pvalue")
_EMPTY_ROWS = 3
_PASTED, _REFUSED = "totals_pasted", "totals_refused"


def plan_page() -> None:
    """What a test can see: the questions as fields, then the answer; figures that nobody asked for are left out.

    Where the latest window cannot carry a plan the page says why; a draw may be made all the same.
    """
    slots = question.head(_PLAN, hidden=_ASKED_FIRST)
    with slots.headline:
        headline = st.container()
        with st.grid(len(_ASKED_FIRST), min_column_width=190, gap=16):
            for name in _ASKED_FIRST:
                filters.pick_value(_PLAN, name)
    try:
        result, chosen = asked.run(_PLAN, filters.chosen(_PLAN))
    except InsightError as refusal:
        slots.eyebrow.markdown(text.grey(view.t(f"analysis.{_PLAN}.title")))
        with headline:
            st.title(text.plain(view.t("ui.lift.plan_unknown")), anchor=False)
            st.markdown(text.grey(guards.in_words(refusal)))
        return
    figures = [name for name in _FIGURES if result.metrics[name].value is not None]
    known = [name for name in map(str, result.table) if any(not tables.undefined(cell) for cell in result.table[name])]
    show.show_result(result, chosen, slots=Slots(slots.eyebrow, headline), figures=figures, columns=known)


def register_columns(result: Result) -> list[str]:
    """The register's columns; what decides is named only where the tests decide on different figures."""
    alike = result.table["metric"].nunique() < 2
    return [name for name in _REGISTER if not (name == "metric" and alike)]


def small_table(result: Result, name: str, title: str) -> None:
    """One of an answer's further tables, under a heading of its own; nothing where it is empty."""
    found = result.tables[name]
    if found.empty:
        return
    words, units = show.words_of(result), result.more_units[name]
    kept = [column for column in map(str, found.columns) if any(not tables.undefined(cell) for cell in found[column])]
    heads = {column: tables.head(words, column, units[column], list(found[column]), result.key) for column in kept}
    st.header(text.plain(title), anchor=False)
    st.table(
        tables.styled(pd.DataFrame(found[kept]), units, words, heads), border="horizontal", hide_index=True,
        alt=words.t("ui.table_alt", title=title),
    )  # fmt: skip


# --- totals -----------------------------------------------------------------------------------------------------------


def totals_page() -> None:
    """A line a group typed in or pasted, and the verdict that they carry; on the projector the verdict stands first."""
    words = view.words()
    with st.container(gap=None):
        slots = Slots(st.container(), st.container())
    if view.presenting():
        carried, form = st.container(), st.container()
    else:
        form, carried = st.container(), st.container()
    with form:
        st.header(words.t("ui.lift.totals_title"), anchor=False)
        st.markdown(text.grey(words.t("ui.lift.totals_help")))
        chosen = _typed()
    with carried:
        _carried(words, chosen, slots)


def _carried(words: Words, chosen: Pairs, slots: Slots) -> None:
    """The verdict on the groups of the form, or what they lack for one."""
    try:
        result = cache.run(_TOTALS, chosen)
    except InsightError as refusal:
        slots.eyebrow.markdown(text.grey(words.t(f"analysis.{_TOTALS}.title")))
        slots.headline.title(text.plain(words.message(Message(refusal.key, refusal.values))), anchor=False)
        return
    show.head(result, slots)
    example = dict(chosen) == dict(_settings(_EXAMPLE, _EXAMPLE_PERCENT))
    if example:
        slots.eyebrow.markdown(text.badge(words.t("lift.story.badge"), "orange"))
    with slots.headline:
        verdict.losses(result)
    show.metrics(result, names=[name for name in _TOTAL_FIGURES if _told(result, name)])
    show.body(result, chosen, columns=_totals_columns(result))
    verdict.remarks(result)
    foot.row(result, chosen)
    if example:
        _story()


def _totals_columns(result: Result) -> list[str]:
    """The table's columns; the corrected p stands beside the plain one only where several arms make it another."""
    alike = all(
        row["pvalue"] == row["pvalue_adjusted"] for row in result.table.to_dict("records")
        if not tables.undefined(row["pvalue"])
    )  # fmt: skip
    return [name for name in map(str, result.table) if not (name == "pvalue_adjusted" and alike)]


def _story() -> None:
    """What the example on the page shows, in words: the same figures as in the table."""
    words = view.words()
    st.header(text.plain(words.t("lift.story.title")), anchor=False)
    with st.container(width=760):
        for part in ("drawn", "shines", "costs", "therefore"):
            st.markdown(text.plain(words.t(f"lift.story.{part}")))


def _told(result: Result, name: str) -> bool:
    return name in result.metrics and result.metrics[name].value is not None


def _typed() -> Pairs:
    """The settings that form and fields hold."""
    words = view.words()
    demo = session.ensure_workspace().manifest.demo
    heads = [words.t(f"ui.lift.{name}") for name in ("arm_name", "customers", "buyers", "sales", "squares", "cost")]
    heads.append(words.t("column.planned_parts"))
    found = _rows_form(heads, demo=demo)
    _paste_form()
    percent = st.number_input(
        words.t("ui.lift.margin_percent"), 0.0, 100.0, value=_EXAMPLE_PERCENT if demo else None, format="%.4g",
        key="totals_rate_demo" if demo else "totals_rate", width=260,
    )  # fmt: skip
    return _settings([tuple(row.values()) for row in found.to_dict("records") if _named(row, heads[0])], percent)


def _settings(rows: Sequence[tuple[Any, ...]], percent: float | None) -> Pairs:
    """Rows and margin as the settings of the question."""
    return pairs({
        "totals": ";".join(_line(row[:-1]) for row in rows), "planned": _planned(rows),
        "margin_rate": None if percent is None else f"{percent / 100:g}",
    })  # fmt: skip


def _planned(rows: Sequence[tuple[Any, ...]]) -> str:
    """The planned parts, when every group has them."""
    if any(tables.undefined(row[-1]) for row in rows):
        return ""
    return ",".join(f"{_safe(row[0])}:{float(row[-1]):g}" for row in rows)


def _rows_form(heads: list[str], *, demo: bool) -> pd.DataFrame:
    """A row a group: what was pasted last, in the demo the example, else empty rows to type in."""
    pasted = state.widget(_PASTED)
    first = pasted or (_EXAMPLE if demo else ((None,) * len(heads),) * _EMPTY_ROWS)
    kinds = {head: "float64" if place else "object" for place, head in enumerate(heads)}
    number = st.column_config.NumberColumn
    # Rows that are pasted are a table of their own: what was typed over the earlier ones does not belong to them.
    key = f"totals_rows_{view.words().language}_{'demo' if demo else 'own'}_{hash(pasted) if pasted else 0}"
    return st.data_editor(
        pd.DataFrame(list(first), columns=heads).astype(kinds), num_rows="dynamic", hide_index=True, placeholder="",
        key=key,
        column_config={
            heads[0]: st.column_config.TextColumn(heads[0]),
            **{head: number(head, min_value=0, step=1, format="localized") for head in heads[1:3]},
            **{head: number(head, format="localized") for head in heads[3:5]},
            heads[5]: number(heads[5], min_value=0, format="localized"),
            heads[6]: number(heads[6], min_value=0, format="localized", help=view.t("ui.lift.planned_help")),
        },
    )  # fmt: skip


def _paste_form() -> None:
    """Cells copied in a spreadsheet, as text: numbers with spaces or decimal commas are read, a header is used."""
    words = view.words()
    with st.popover(words.t("lift.paste.open"), icon=":material/content_paste:"), st.container(width=560):
        st.markdown(text.grey(words.t("lift.paste.help")))
        st.text_area(words.t("lift.paste.label"), key="totals_paste", height=160, label_visibility="collapsed",
                     placeholder=words.t("lift.paste.example"))  # fmt: skip
        st.button(words.t("lift.paste.use"), key="totals_paste_use", type="primary", on_click=_paste)
        refusal = state.widget(_REFUSED)
        if refusal:
            st.markdown(f":red[{text.plain(words.message(refusal))}]")


def _paste() -> None:
    try:
        found = read_pasted(str(state.widget("totals_paste") or ""))
    except InsightError as refusal:
        state.set_widget(_REFUSED, Message(refusal.key, refusal.values))
        return
    state.set_widget(_REFUSED, None)
    state.set_widget(_PASTED, tuple((*line, None) for line in found))


def _named(row: Mapping[Any, Any], head: str) -> bool:
    return not tables.undefined(row[head]) and str(row[head]).strip() != ""


def _line(row: Sequence[Any]) -> str:
    name, *cells = row
    return ",".join([_safe(name), *("" if tables.undefined(cell) else f"{float(cell):.15g}" for cell in cells)])


def _safe(name: object) -> str:
    return str(name).strip().replace("%", "%25").replace(",", "%2C").replace(";", "%3B")
