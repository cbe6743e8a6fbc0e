"""A Result on the page: eyebrow, finding, metrics, charts, table, caveats, and why the number is what it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from insight import definitions
from insight.analysis import registry
from insight.audience import Mark, Pairs, pairs
from insight.export.written import against_words, change_of, eyebrow_parts, metric_name, metric_words
from insight.i18n.catalog import Words
from insight.result import Chart, Metric, Result
from insight.words import evidence_words
from ui import charts, drill, drivers, foot, headline, marks, tables, text, view

_METRICS = 5
# Designed for a page of 970 px; wider pages stretch.
_BESIDE = (7, 4)
_WIDTH, _WIDTH_HALF, _WIDTH_BESIDE = 970, 450, 570
Colour = Literal["green", "red", "gray"]
_COLOURS: dict[int, Colour] = {1: "green", -1: "red", 0: "gray"}


@dataclass(frozen=True)
class Slots:
    """The page's parts that are filled after the pickers are drawn: eyebrow and headline."""

    eyebrow: DeltaGenerator
    headline: DeltaGenerator


def show_result(
    result: Result, chosen: Pairs = (), *, slots: Slots | None = None, table: bool = True, columns: Sequence[str] = (),
    figures: Sequence[str] = (), picker: Callable[[], object] | None = None,
) -> None:  # fmt: skip
    """A whole page's worth of one answer. `chosen`: the settings it was made with, for its audiences and its foot.

    columns: which of the table's columns the page shows; all that have a name unless told. figures: which metrics, in
    order; the first five unless told. picker: what the reader may change, drawn over the main chart.
    """
    head(result, slots)
    metrics(result, chosen=chosen, names=figures)
    body(result, chosen, table=table, columns=columns, picker=picker)
    caveats(result)
    foot.row(result, chosen)


def section(
    result: Result, chosen: Pairs = (), *, table: bool = False, columns: Sequence[str] = (),
    picker: Callable[[], object] | None = None,
) -> None:  # fmt: skip
    """A further answer on a page: its own heading and chart, without a headline of the page."""
    st.space("medium")
    body(result, chosen, table=table, columns=columns, finding=True, picker=picker)
    caveats(result)
    foot.row(result, chosen)


def table(result: Result, chosen: Pairs = (), *, columns: Sequence[str] = ()) -> None:
    """The table of an answer whose charts stand further up; the chosen mark beside it, if not beside its chart."""
    st.space("medium")
    if result.chart and result.chart.kind != "driver_tree":
        tables.show(result, chosen, columns)
        return
    mark = marks.current(result, chosen)
    left, right = st.columns(_BESIDE, gap="large") if mark else (st.container(), None)
    with left:
        tables.show(result, chosen, columns)
        marks.selector(result, chosen)
    if mark and right is not None:
        with right:
            drill.panel(result, chosen, mark)


def words_of(result: Result) -> Words:
    """The session's words, knowing the result's own labels."""
    return view.words().with_labels(result.labels)


# --- head -------------------------------------------------------------------------------------------------------------


def head(result: Result, slots: Slots | None = None) -> None:
    """Eyebrow (question · period · base, and the evidence badge) and the headline."""
    words = words_of(result)
    place = slots or Slots(st.container(), st.container())
    place.eyebrow.markdown(eyebrow(result), help=evidence_help(result), width="content")
    headline.title(place.headline, words.headline(result.headline))


def eyebrow(result: Result) -> str:
    """'RFM-segment · nov 2024 – okt 2025 · 14 862 kunder   Samband'."""
    words = words_of(result)
    line = text.grey(" · ".join(eyebrow_parts(words, result)))
    return f"{line}   {text.badge(evidence_words(result, words)[0])}" if result.evidence else line


def evidence_help(result: Result) -> str | None:
    """What the evidence badge means, for the mark beside it."""
    return text.plain(evidence_words(result, view.words())[1]) if result.evidence else None


# --- metrics ----------------------------------------------------------------------------------------------------------


def metrics(result: Result, *, chosen: Pairs = (), names: Sequence[str] = ()) -> None:
    """At most five figures in a row, bare on the page."""
    shown = [(name, result.metrics[name]) for name in (names or result.metrics) if name in result.metrics][:_METRICS]
    if not shown:
        return
    st.space("xsmall")
    against = against_words(view.words(), result, chosen)
    words = words_of(result)
    with st.grid(len(shown), min_column_width=150 if len(shown) == _METRICS else 190, gap=24):
        for name, metric in shown:
            with st.container(gap="xxsmall"):
                metric_card(
                    words, metric_name(words, result, name), metric, against, key=name,
                    meaning=definitions.of_metric(words, result.key, name),
                )  # fmt: skip
                _behind(result, chosen, name, metric)


def _behind(result: Result, chosen: Pairs, name: str, metric: Metric) -> None:
    """The way from a figure to the customers behind it."""
    values = pairs(metric.mark)
    if not values or not metric.value or registry.find(result.key).members is None:
        return
    label = f":gray[:small[{view.t('ui.see_customers')}]]"
    if st.button(label, key=f"behind_{result.key}_{name}", type="tertiary"):
        view.set_listed(Mark(result.key, chosen, values, view.scope()))
        st.switch_page("pages/customers/list.py", query_params=view.parameters("list"))


def metric_card(
    words: Words, name: str, metric: Metric, against: str = "", meaning: str = "", key: str = ""
) -> None:  # fmt: skip
    """Label with what it means, value with unit, then the interval or the change, and the last points as a line."""
    delta, tone, grey = change_of(words, metric, key)
    if metric.unit == "ratio" and delta and metric.low is None:
        # The pill has room for the short form only.
        meaning = " ".join(part for part in (meaning, words.t("ui.points_help")) if part)
    grey = against if grey and against else grey
    st.metric(
        text.plain(name),
        text.plain(metric_words(words, key, metric)),
        help=text.plain(meaning) if meaning else None,
        delta=text.plain(delta) if delta else None,
        delta_color=_COLOURS[tone],
        delta_arrow="off",
        delta_description=text.plain(grey) if grey else None,
        chart_data=list(metric.series) if len(metric.series) > 1 else None,
        chart_type="line",
    )


# --- body -------------------------------------------------------------------------------------------------------------


def body(
    result: Result, chosen: Pairs, *, table: bool = True, columns: Sequence[str] = (), finding: bool = False,
    picker: Callable[[], object] | None = None,
) -> None:  # fmt: skip
    """The charts, the chosen mark beside the first of them, then the table."""
    alternatives, rest = _grouped(result)
    mark = marks.current(result, chosen)
    with st.container(gap="medium"):
        if alternatives and alternatives[0].kind == "driver_tree":
            drivers.tree(result)
        elif alternatives:
            left, right = st.columns(_BESIDE, gap="large") if mark else (st.container(), None)
            with left:
                width = _WIDTH_BESIDE if mark else _WIDTH
                charts.figure(result, alternatives, chosen, finding=finding, width=width, picker=picker)
                marks.selector(result, chosen)
            if mark and right is not None:
                with right:
                    drill.panel(result, chosen, mark)
        for place in range(0, len(rest), 2):
            pair = rest[place : place + 2]
            for column, chart in zip(st.columns(len(pair), gap="large"), pair, strict=True):
                with column:
                    charts.figure(result, [chart], chosen, width=_WIDTH if len(pair) == 1 else _WIDTH_HALF)
        if table and not result.table.empty:
            tables.show(result, chosen, columns)
            if not alternatives:
                marks.selector(result, chosen)


def _grouped(result: Result) -> tuple[list[Chart], list[Chart]]:
    """The main chart with those that show the same marks another way (a switch between them), and the others."""
    if result.chart is None:
        return [], list(result.charts)
    main = result.chart
    same = [chart for chart in result.charts if _same_marks(chart, main)]
    return [main, *same], [chart for chart in result.charts if chart not in same]


def _same_marks(chart: Chart, main: Chart) -> bool:
    """Whether two charts show the same marks, coloured or measured another way."""
    return chart.kind == main.kind and chart.x == main.x and (chart.y == main.y or chart.kind in ("bar", "hbar"))


def caveats(result: Result, *, said: Sequence[str] = ()) -> None:
    """What must be said beside the figures, in grey; a warning in amber. said: notes that the page has told already."""
    words = words_of(result)
    for note in (note for note in result.notes if note.code not in said):
        sentence = words.t(f"note.{note.code}", **note.values)
        if note.severity == "warning":
            st.markdown(f":orange[:material/warning:] :small[{text.plain(sentence)}]")
        else:
            with st.container(width=760):
                st.markdown(text.grey(sentence))
