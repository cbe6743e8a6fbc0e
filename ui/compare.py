"""Two groups side by side: the page's own customers and those that they are set beside, on every page."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from insight.audience import Audience, Pairs
from insight.charts.draw import PLOTLY_CONFIG, draw
from insight.charts.drawn import Drawn
from insight.charts.theme import palette
from insight.charts.together import same_scale
from insight.errors import InsightError
from insight.export import written
from insight.result import Chart, ChartKind, Metric, Result, Unit
from ui import audiences, cache, chrome, foot, guards, show, text, view
from ui.show import Slots

_FIGURES = 6
_HALF, _HALF_PROJECTOR, _WHOLE = 450, 780, 970
# Too wide for half a page: they stand under each other.
_WIDE: tuple[ChartKind, ...] = ("matrix", "flow", "density", "bridge", "two_sided")
# Names stand where the layers end, so the layers keep the height they were drawn for.
_OWN_SCALE: tuple[ChartKind, ...] = ("stacked",)
_NOT_DRAWN: tuple[ChartKind, ...] = ("driver_tree",)
# Of groups that differ in size these say more than sums and counts: the first that an answer has heads the page.
_TELLING = (
    "nps", "per_customer_on_ladder", "conversion", "share_again", "response_rate", "receipt", "median_gap", "top_share",
)  # fmt: skip


def show_result(
    result: Result, chosen: Pairs = (), *, slots: Slots | None = None, table: bool = True, columns: Sequence[str] = (),
    figures: Sequence[str] = (), picker: Callable[[], object] | None = None,
) -> None:  # fmt: skip
    """A page's answer as `show.show_result` gives it, or beside that of the customers who are compared with."""
    if not instead(result, chosen, slots, figures=figures, picker=picker):
        show.show_result(result, chosen, slots=slots, table=table, columns=columns, figures=figures, picker=picker)


def instead(
    result: Result, chosen: Pairs, slots: Slots | None, *, figures: Sequence[str] = (),
    picker: Callable[[], object] | None = None,
) -> bool:  # fmt: skip
    """The two groups side by side where somebody is compared with; whether anything was drawn."""
    other = view.beside()
    if other is None:
        return False
    place = slots or Slots(st.container(), st.container())
    place.eyebrow.markdown(show.eyebrow(result), width="content")
    found = _ask(result.key, chosen, other)
    line = _difference(result, found, _names(view.scope(), other))
    place.headline.title(text.plain(line[:1].upper() + line[1:]), anchor=False)
    _pair(result, found, other, figures, picker)
    foot.row(result, chosen)
    return True


def section(
    result: Result, chosen: Pairs = (), *, table: bool = False, columns: Sequence[str] = (),
    picker: Callable[[], object] | None = None,
) -> None:  # fmt: skip
    """A further answer on a page as `show.section` gives it, or beside the other group's."""
    other = view.beside()
    if other is None:
        show.section(result, chosen, table=table, columns=columns, picker=picker)
        return
    st.space("medium")
    st.header(text.plain(view.t(f"analysis.{result.key}.title")), anchor=False)
    _pair(result, _ask(result.key, chosen, other), other, (), picker)
    foot.row(result, chosen)


def figures_of(own: Audience | None, figures: Mapping[str, Metric], theirs: Mapping[str, Metric]) -> None:
    """Figures that are no analysis' (of a list), beside those of the other group; names are catalogue keys."""
    other = view.beside()
    if other is not None:
        named = [{view.t(key): value for key, value in shown.items()} for shown in (figures, theirs)]
        _table(named[0], named[1], _names(own, other))


def _ask(key: str, chosen: Pairs, other: Audience) -> Result | InsightError:
    try:
        return cache.run_within(key, chosen, other)
    except InsightError as refusal:
        return refusal


def _names(own: Audience | None, other: Audience) -> tuple[str, str]:
    first = audiences.name_of(own) if own else view.t("compare.all")
    return first, view.t("compare.everybody_else") if view.beside_others() else audiences.name_of(other)


def _pair(
    result: Result, found: Result | InsightError, other: Audience, figures: Sequence[str],
    picker: Callable[[], object] | None,
) -> None:  # fmt: skip
    names = _names(view.scope(), other)
    st.space("xsmall")
    for column, name, answer in zip(st.columns(2, gap="large"), names, (result, found), strict=True):
        with column, st.container(gap=None):
            st.header(text.plain(name), anchor=False)
            st.markdown(text.plain(_said(answer)))
    if picker:
        picker()
    own = _figures(result, figures)
    _table(own, found if isinstance(found, InsightError) else _figures(found, figures), names)
    _charts(result, found if isinstance(found, Result) else None, names)
    show.caveats(result)


def _said(answer: Result | InsightError) -> str:
    if isinstance(answer, InsightError):
        return guards.in_words(answer)
    return show.words_of(answer).headline(answer.headline)


# --- figures ----------------------------------------------------------------------------------------------------------


def _figures(result: Result, names: Sequence[str]) -> dict[str, Metric]:
    words = show.words_of(result)
    wanted = [name for name in (names or result.metrics) if name in result.metrics][:_FIGURES]
    return {written.metric_name(words, result, name): result.metrics[name] for name in wanted}


def _difference(result: Result, found: Result | InsightError, names: tuple[str, str]) -> str:
    """'Kronor per kund: 23 221 kr mot 9 210 kr', where the answer has a figure that can be set side by side so."""
    theirs = {} if isinstance(found, InsightError) else found.metrics
    for name in _TELLING:
        own, other = result.metrics.get(name), theirs.get(name)
        if own is not None and other is not None and own.value is not None and other.value is not None:
            words = show.words_of(result)
            return words.t(
                "compare.headline", metric=written.metric_name(words, result, name),
                first=words.value(own.value, own.unit), second=words.value(other.value, other.unit),
            )  # fmt: skip
    second = view.t("compare.everybody_else").lower() if view.beside_others() else names[1]
    return view.t("compare.two", first=names[0], second=second)


def _table(
    own: Mapping[str, Metric], other: Mapping[str, Metric] | InsightError, names: tuple[str, str]
) -> None:  # fmt: skip
    """A row a figure: the two groups' values and how far apart they are. A group without an answer has dashes."""
    words = view.words()
    values = {} if isinstance(other, InsightError) else other
    rows = [
        (name, _value(metric), _value(values[name]) if name in values else "–", _apart(metric, values.get(name)))
        for name, metric in own.items()
    ]
    heads = (words.t("compare.figure"), *(text.plain(name) for name in names), words.t("compare.difference"))
    frame = pd.DataFrame([[text.plain(cell) for cell in row] for row in rows], columns=list(_unlike(heads)))
    alt = words.t("compare.table_alt", first=names[0], second=names[1])
    st.table(frame, border="horizontal", hide_index=True, alt=alt)


def _unlike(heads: Sequence[str]) -> Sequence[str]:
    """Heads that can be told apart, also when two groups are called the same."""
    return [head if heads.index(head) == place else f"{head} ({place})" for place, head in enumerate(heads)]


def _value(metric: Metric) -> str:
    words = view.words()
    value = words.value(metric.value, metric.unit)
    if metric.low is None or metric.high is None:
        return value
    ends = words.t("ui.interval", low=words.value(metric.low, metric.unit), high=words.value(metric.high, metric.unit))
    return f"{value} ({ends})"


def _apart(own: Metric, other: Metric | None) -> str:
    if other is None or not _is_number(own.value) or not _is_number(other.value):
        return "–"
    return written.change_words(view.words(), float(str(own.value)), float(str(other.value)), own.unit)


def _is_number(value: object) -> bool:
    return value is not None and not hasattr(value, "year")


# --- charts -----------------------------------------------------------------------------------------------------------


def _charts(result: Result, found: Result | None, names: tuple[str, str]) -> None:
    """The main chart of both, on one scale where lengths and heights are compared."""
    chart = result.chart
    if chart is None or chart.kind in _NOT_DRAWN:
        chart = next((further for further in result.charts if further.kind not in _NOT_DRAWN), None)
    if chart is None:
        return
    wide = chart.kind in _WIDE
    half = _HALF_PROJECTOR if view.presenting() else _HALF
    own = _drawn(result, chart, _WHOLE if wide else half)
    same = _like(found, chart) if found else None
    other = _drawn(found, same, _WHOLE if wide else half) if found and same else None
    if chart.subtitle:
        st.markdown(text.grey(show.words_of(result).message(chart.subtitle)))
    alike = other is not None and chart.kind not in _OWN_SCALE and same_scale(own, other, _unit(result, chart))
    if other is not None and own.engine == "plotly" and not wide and not alike:
        st.markdown(text.grey(view.t("compare.own_scales")))
    places = [st.container(), st.container()] if wide else st.columns(2, gap="large")
    for side, (place, name, drawn) in enumerate(zip(places, names, (own, other), strict=True)):
        with place:
            st.markdown(text.strong(name))
            _figure(drawn, f"beside_{result.key}_{chart.kind}_{side}")


def _like(found: Result, chart: Chart) -> Chart | None:
    """The other answer's chart of the same kind and columns; a group may have none."""
    theirs = [found.chart, *found.charts] if found.chart else list(found.charts)
    return next((one for one in theirs if (one.kind, one.x, one.y) == (chart.kind, chart.x, chart.y)), None)


def _unit(result: Result, chart: Chart) -> Unit:
    column = chart.y if isinstance(chart.y, str) else chart.y[0]
    for units in (result.units, *result.more_units.values()):
        if column in units:
            return units[column]
    return "number"


def _drawn(result: Result, chart: Chart, width: int) -> Drawn:
    return draw(result, chart, view.words(), palette(chrome.dark()), scale=chrome.scale(view.presenting()), width=width)


def _figure(drawn: Drawn | None, key: str) -> None:
    if drawn is None or drawn.empty:
        st.markdown(text.grey(view.t("ui.nothing_to_draw")))
        return
    options: dict[str, Any] = {"key": f"{key}_{'dark' if chrome.dark() else 'light'}", "theme": None, "alt": drawn.alt}
    if drawn.engine == "plotly":
        st.plotly_chart(drawn.spec, config=dict(PLOTLY_CONFIG), height=drawn.height, **options)
    else:
        st.echarts_chart(drawn.spec, renderer="svg", height=drawn.height, **options)
