"""Two groups side by side: the page's own customers and those that they are set beside, on every page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import streamlit as st

from insight import comparing
from insight.analysis import registry
from insight.audience import Audience, Pairs
from insight.charts.draw import draw
from insight.charts.drawn import Drawn
from insight.charts.theme import palette
from insight.charts.together import reach, same_scale
from insight.comparing import Row
from insight.errors import InsightError
from insight.result import Chart, ChartKind, Metric, Result, Unit
from ui import audiences, cache, charts, chrome, drill, foot, guards, headline, marks, show, state, text, view
from ui.show import Slots

_HALF, _HALF_PROJECTOR, _WHOLE = 450, 780, 970
# Too wide for half a page: they stand under each other.
_WIDE: tuple[ChartKind, ...] = ("matrix", "flow", "density", "bridge", "two_sided")
# Names stand where the layers end, so the layers keep the height they were drawn for.
_OWN_SCALE: tuple[ChartKind, ...] = ("stacked",)
_NOT_DRAWN: tuple[ChartKind, ...] = ("driver_tree",)
_PANEL = 570


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
    theirs = found if isinstance(found, Result) else None
    scope = view.scope()
    line = comparing.headline(
        result, theirs, show.words_of(result), _names(scope, other), apart=cache.apart(scope, other)
    )  # fmt: skip
    headline.title(place.headline, line)
    _pair(result, found, chosen, other, figures, picker)
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
    _pair(result, _ask(result.key, chosen, other), chosen, other, (), picker)
    foot.row(result, chosen)


def figures_of(own: Audience | None, figures: Mapping[str, Metric], theirs: Mapping[str, Metric]) -> None:
    """Figures that are no analysis' (of a list), beside those of the other group; names are catalogue keys."""
    other = view.beside()
    if other is None:
        return
    apart = cache.apart(own, other)
    rows = [
        Row(key, view.t(key), metric, theirs.get(key), comparing.difference(metric, theirs.get(key), apart=apart))
        for key, metric in figures.items()
    ]
    _table(rows, _names(own, other))


def _ask(key: str, chosen: Pairs, other: Audience) -> Result | InsightError:
    try:
        return cache.run_within(key, chosen, other)
    except InsightError as refusal:
        return refusal


def _names(own: Audience | None, other: Audience) -> tuple[str, str]:
    first = audiences.name_of(own) if own else view.t("compare.all")
    return first, view.t("compare.everybody_else") if view.beside_others() else audiences.name_of(other)


def _pair(
    result: Result, found: Result | InsightError, chosen: Pairs, other: Audience, figures: Sequence[str],
    picker: Callable[[], object] | None,
) -> None:  # fmt: skip
    scope = view.scope()
    names, apart = _names(scope, other), cache.apart(scope, other)
    theirs = found if isinstance(found, Result) else None
    st.space("xsmall")
    for column, name, answer in zip(st.columns(2, gap="large"), names, (result, found), strict=True):
        with column, st.container(gap=None):
            st.header(text.plain(name), anchor=False)
            st.markdown(text.plain(_said(answer)))
    if picker:
        picker()
    words = show.words_of(result)
    rows = comparing.rows(
        result, theirs, words, names=[name for name in figures if name in result.metrics], apart=apart
    )
    _table(rows, names)
    said = comparing.why_no_interval(rows, words, apart=apart)
    if said:
        st.markdown(text.grey(said))
    _charts([Side(result, chosen, None, names[0]), Side(theirs, chosen, other, names[1])])
    show.caveats(result)
    if theirs:
        # What holds of the other group only; what both share is said once.
        said_already = {note.code for note in result.notes}
        show.caveats(replace(theirs, notes=tuple(note for note in theirs.notes if note.code not in said_already)))


def _said(answer: Result | InsightError) -> str:
    if isinstance(answer, InsightError):
        return guards.in_words(answer)
    return show.words_of(answer).headline(answer.headline)


# --- figures ----------------------------------------------------------------------------------------------------------


def _table(rows: Sequence[Row], names: tuple[str, str]) -> None:
    """A row a figure: the two groups' values and how far apart they are. A group without an answer has dashes."""
    words = view.words()
    cells = [
        (
            row.name, *(comparing.value_words(words, own, row.key) for own in (row.first, row.second)),
            comparing.difference_words(words, row),
        )
        for row in rows
    ]  # fmt: skip
    heads = (words.t("compare.figure"), *(text.plain(name) for name in names), words.t("compare.difference"))
    frame = pd.DataFrame([[text.plain(cell) for cell in row] for row in cells], columns=list(_unlike(heads)))
    alt = words.t("compare.table_alt", first=names[0], second=names[1])
    st.table(frame, border="horizontal", hide_index=True, alt=alt)


def _unlike(heads: Sequence[str]) -> Sequence[str]:
    """Heads that can be told apart, also when two groups are called the same."""
    return [head if heads.index(head) == place else f"{head} ({place})" for place, head in enumerate(heads)]


# --- charts -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Side:
    """One group's answer. `other` is the group that stands beside the page's own, None for the page's own."""

    result: Result | None
    chosen: Pairs
    other: Audience | None
    name: str


def _charts(sides: Sequence[Side]) -> None:
    """The main chart of both, on one scale where lengths and heights are compared; and what is chosen in them."""
    result = sides[0].result
    assert result is not None
    chart = result.chart
    if chart is None or chart.kind in _NOT_DRAWN:
        chart = next((further for further in result.charts if further.kind not in _NOT_DRAWN), None)
    if chart is not None:
        _drawings(sides, result, chart)
    _choices(sides)


def _drawings(sides: Sequence[Side], result: Result, chart: Chart) -> None:
    wide = chart.kind in _WIDE
    width = _WHOLE if wide else _HALF_PROJECTOR if view.presenting() else _HALF
    figures = [_drawn(side, chart, width) for side in sides]
    own, other = figures
    if chart.subtitle:
        st.markdown(text.grey(show.words_of(result).message(chart.subtitle)))
    if own is not None and other is not None:
        alike = chart.kind not in _OWN_SCALE and same_scale(own, other, _unit(result, chart))
        ends = reach(own) if alike else None
        if ends is not None:
            # Ticks that were right for one group's values end too soon, or too late, on the scale of both.
            figures = [_drawn(side, chart, width, ends) for side in sides]
        if own.engine == "plotly" and not wide and not alike:
            st.markdown(text.grey(view.t("compare.own_scales")))
    places = [st.container(), st.container()] if wide else st.columns(2, gap="large")
    for number, (place, side, drawn) in enumerate(zip(places, sides, figures, strict=True)):
        with place:
            st.markdown(text.strong(side.name))
            _figure(drawn, side, f"beside_{result.key}_{chart.kind}_{number}")


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


def _drawn(
    side: Side, chart: Chart, width: int, ends: tuple[float, float] | None = None
) -> Drawn | None:  # fmt: skip
    """One group's figure. ends: of the value axis, where the two share it."""
    same = _like(side.result, chart) if side.result else None
    if side.result is None or same is None:
        return None
    picked = state.pick(marks.pick_key(side.result, side.chosen, side.other))
    return draw(
        side.result, same, view.words(), palette(chrome.dark()), scale=chrome.scale(view.presenting()),
        width=chrome.width(width, view.presenting()),
        selected=dict(picked), reach=ends,
    )  # fmt: skip


def _figure(drawn: Drawn | None, side: Side, key: str) -> None:
    if drawn is None or drawn.empty or side.result is None:
        st.markdown(text.grey(view.t("ui.nothing_to_draw")))
        return
    key = f"{key}_{'dark' if chrome.dark() else 'light'}"
    options: dict[str, Any] = {"key": key, "theme": None, "alt": drawn.alt}
    clickable = bool(drawn.marks) and registry.find(side.result.key).members is not None
    if clickable:
        options["on_select"] = charts.clicker(
            key, drawn, side.result.key, marks.pick_key(side.result, side.chosen, side.other)
        )  # fmt: skip
    charts.place(drawn, options)


def _choices(sides: Sequence[Side]) -> None:
    """Every mark of either group in a list, for the keyboard; then the customers of the one that was chosen last."""
    for column, side in zip(st.columns(2, gap="large"), sides, strict=True):
        if side.result is not None:
            with column:
                named = view.t("compare.choose_in", name=side.name)
                marks.selector(side.result, side.chosen, side.other, placeholder=named)
    latest = state.latest_pick()
    for side in sides:
        if side.result is None or latest is None:
            continue
        mark = marks.current(side.result, side.chosen, side.other)
        if mark is not None and latest[1] == marks.pick_key(side.result, side.chosen, side.other):
            with st.container(width=_PANEL):
                drill.panel(side.result, side.chosen, mark, other=side.other, among=side.name)
