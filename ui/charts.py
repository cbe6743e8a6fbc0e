"""A figure on the page: its finding, its measure, the drawing, and the click that chooses a mark."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from insight.analysis import registry
from insight.audience import Pairs
from insight.charts.draw import CONTENT_WIDTH, PLOTLY_CONFIG, draw
from insight.charts.drawn import Drawn
from insight.charts.theme import palette
from insight.i18n.catalog import Words
from insight.result import Chart, Result
from ui import chrome, marks, occasions, state, text, view


def figure(
    result: Result, alternatives: Sequence[Chart], chosen: Pairs, *, width: int = CONTENT_WIDTH, finding: bool = False,
    picker: Callable[[], object] | None = None,
) -> None:  # fmt: skip
    """One chart, or a switch between several that show the same marks (customers, money).

    width: the pixels the chart is designed for. finding: a chart without a title takes the answer's headline.
    picker: draws what the reader may change, between the finding and the chart.
    """
    words = view.words().with_labels(result.labels)
    chart = alternatives[0]
    name = f"chart_{result.key}_{chart.kind}_{chart.x}_{'_'.join(_ys(chart))}_{chart.color}"
    with st.container(gap="small"):
        head = st.container(gap=None)
        if picker:
            picker()
        if len(alternatives) > 1:
            place = st.segmented_control(
                words.t("ui.shown"), range(len(alternatives)), default=0, key=f"w_{name}", required=True,
                label_visibility="collapsed", persist_state="session",
                format_func=lambda i: column_name(words, result, alternatives[i].color or _ys(alternatives[i])[0]),
            )  # fmt: skip
            chart = alternatives[place or 0]
            name = f"{name}_{place or 0}"
        with head:
            title = chart.title or (result.headline if finding else None)
            if title:
                st.header(text.plain(words.headline(title)), anchor=False)
            if chart.subtitle:
                st.markdown(text.grey(words.message(chart.subtitle)))
        _drawing(result, chart, chosen, name, width)


def _ys(chart: Chart) -> tuple[str, ...]:
    return (chart.y,) if isinstance(chart.y, str) else tuple(chart.y)


def column_name(words: Words, result: Result, column: str) -> str:
    """A column's name in words: as a choice of what is shown, in this analysis, or in general."""
    for key in (f"shown_as.{result.key}.{column}", f"column.{result.key}.{column}", f"column.{column}"):
        if words.has(key):
            return words.t(key)
    return words.label(column)


def _drawing(result: Result, chart: Chart, chosen: Pairs, name: str, width: int) -> None:
    words = view.words()
    days = occasions.of(result, chart)
    drawn = draw(
        result, chart, words, palette(chrome.dark()), scale=chrome.scale(view.presenting()),
        width=chrome.width(width, view.presenting()), annotations=occasions.notes(days, chart, result),
        selected=dict(state.pick(marks.pick_key(result, chosen))),
    )  # fmt: skip
    if drawn.empty:
        st.markdown(text.grey(words.t("ui.nothing_to_draw")))
        return
    clickable = bool(drawn.marks) and registry.find(result.key).members is not None
    key = f"{name}_{'dark' if chrome.dark() else 'light'}"
    options: dict[str, Any] = {"key": key, "theme": None, "alt": drawn.alt}
    if clickable:
        options["on_select"] = clicker(key, drawn, result.key, marks.pick_key(result, chosen))
    place(drawn, options)
    occasions.below(days)


def place(drawn: Drawn, options: dict[str, Any]) -> None:
    """The figure on the page as high as it was drawn; on the projector no higher than the screen has room for."""
    fits = view.presenting()
    box = st.container(height=drawn.height, border=False, key=f"fit_{options['key']}") if fits else st.container()
    height: Any = "stretch" if fits else drawn.height
    with box:
        if drawn.engine == "plotly":
            if "on_select" in options:
                options = {**options, "selection_mode": "points"}
            st.plotly_chart(drawn.spec, config=dict(PLOTLY_CONFIG), height=height, **options)
        else:
            st.echarts_chart(drawn.spec, renderer="svg", height=height, **options)


def clicker(key: str, drawn: Drawn, analysis: str, kept: str) -> Callable[[], None]:
    """What a click on a figure does: choose the mark under it, kept as `kept`."""

    def clicked() -> None:
        mark = drawn.mark_at(state.widget(key))
        if mark is not None:
            marks.choose(analysis, kept, mark)

    return clicked
