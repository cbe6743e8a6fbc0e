"""Bars from zero with their values beside them, standing or lying; whiskers, and strokes for what was before."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from insight.charts import plot, states, text
from insight.charts.drawn import Clickable, Mark
from insight.charts.plot import Spec
from insight.charts.scale import Scale
from insight.charts.subject import Floats, Subject, as_date


@dataclass(frozen=True)
class Parts:
    """What makes up a figure of bars, gathered series by series."""

    traces: list[Spec]
    notes: list[Spec]
    clickables: list[Clickable]
    marks: list[Mark]


Figure = tuple[go.Figure, int, tuple[Mark, ...], tuple[Clickable, ...]]
THICKNESS = 0.62
_STANDING_AT_MOST = 12
# How much of a figure's width the bars themselves take, about, and what a value needs besides its own width.
_BARS_SHARE, _STROKE_ROOM = 0.65, 24


def draw(subject: Subject) -> Figure:
    """Bars that stand where names are few and short, or are times; else they lie."""
    return standing(subject) if _stands(subject) else lying(subject)


def _stands(subject: Subject) -> bool:
    cells = subject.table[subject.chart.x].tolist()
    if all(as_date(cell) for cell in cells):
        return True
    if len(cells) > _STANDING_AT_MOST or len(subject.ys) > 1:
        return False
    room = subject.width / max(len(cells), 1) - subject.px(8)
    words = " ".join(subject.names(subject.chart.x)).split()
    return (
        all(text.width(word, subject.sizes.tick) <= room for word in words)
        and max(len(text.wrap(name, room, subject.sizes.tick, 3)) for name in subject.names(subject.chart.x)) <= 2
    )


def lying(subject: Subject) -> Figure:
    """Lying bars, names to the left, a row each."""
    sizes, count = subject.sizes, len(subject.table)
    names, left = plot.gutter(subject, subject.names(subject.chart.x))
    measure = subject.measure(*subject.ys, subject.chart.before)
    places = np.arange(count, dtype=float)
    parts = _series(subject, measure, places, lying=True)
    low, high = _reach(subject)
    room = subject.width - left - subject.px(8)
    low, high = _with_room(subject, measure, low, high, room)
    key = _tick_note(subject)
    top, bottom = subject.px(8), subject.px(34 if key else 10)
    height = (
        count * sizes.bar_row + top + bottom
        if len(subject.ys) == 1
        else round(count * sizes.bar_row * 1.6) + top + bottom
    )
    shapes = _strokes(subject, lying=True)
    if low < 0:
        shapes.append(_zero_line(subject, count, lying=True))
    figure = plot.figure(
        subject, parts.traces, height, (left, top, subject.px(8), bottom),
        xaxis=plot.bare_axis(low, high),
        yaxis=plot.ticked_axis(
            subject, count - 0.5, -0.5, places.tolist(), names,
            tickfont={"size": sizes.label, "color": subject.palette.ink}, ticklabelstandoff=subject.px(8),
        ),
        shapes=shapes, annotations=[*parts.notes, *plot.foot(subject, key, left, subject.px(8))], barmode="overlay",
    )  # fmt: skip
    return figure, height, tuple(parts.marks), tuple(parts.clickables)


def standing(subject: Subject) -> Figure:
    """Standing bars, names below; values above while there is room for them, else a few ticks."""
    sizes, count = subject.sizes, len(subject.table)
    measure = subject.measure(*subject.ys, subject.chart.before)
    places = np.arange(count, dtype=float)
    parts = _series(subject, measure, places, lying=False)
    low, high = _reach(subject)
    height = sizes.line_height
    key = _tick_note(subject)
    top, bottom = subject.px(40 if measure.unit else 30), subject.px(56 + (26 if key else 0))
    span = (high - low) or 1.0
    head = span * subject.px(26) / (height - top - bottom)
    shapes = _strokes(subject, lying=False)
    if low < 0:
        shapes.append(_zero_line(subject, count, lying=False))
    ticks, words = _below(subject)
    figure = plot.figure(
        subject, parts.traces, height, (0, top, 0, bottom),
        xaxis=plot.ticked_axis(subject, -0.5, count - 0.5, ticks, words, ticklabelstandoff=subject.px(8)),
        yaxis=plot.bare_axis(low - (head if low < 0 else 0), high + head),
        shapes=shapes, barmode="overlay",
        annotations=[*parts.notes, *plot.tag(subject, measure.unit, 0), *plot.foot(subject, key, 0, subject.px(54))],
    )  # fmt: skip
    return figure, height, tuple(parts.marks), tuple(parts.clickables)


def _below(subject: Subject) -> tuple[list[float], list[str]]:
    names, count = subject.names(subject.chart.x), len(subject.table)
    room = subject.width / max(count, 1) - subject.px(8)
    cells = [as_date(cell) for cell in subject.table[subject.chart.x].tolist()]
    if all(cells):
        years = {cell.year for cell in cells if cell}
        form = "MMM" if len(years) == 1 else "MMM yy"
        names = [
            subject.words.day(cell, form=form) if cell and cell.day == 1 else name
            for cell, name in zip(cells, names, strict=True)
        ]
    every = max(1, int(np.ceil(subject.px(44) / max(room, 1)))) if all(cells) else 1
    shown = [place for place in range(count) if (count - 1 - place) % every == 0]
    chosen = subject.chosen
    words = []
    for place in shown:
        parts = text.wrap(names[place], room * every, subject.sizes.tick)
        words.append("<br>".join(plot.strong(parts, [bool(chosen[place])] * len(parts))))
    return [float(place) for place in shown], words


def _series(subject: Subject, measure: Scale, places: Floats, *, lying: bool) -> Parts:
    """The bars of every value column side by side, with their whiskers and values."""
    many = len(subject.ys)
    thickness = THICKNESS / many
    parts = Parts([], [], [], [])
    whiskers: list[Spec] = []
    for order, column in enumerate(subject.ys):
        along = places + (order - (many - 1) / 2) * thickness
        values = subject.values(column)
        hovers = [subject.plotly_hover(_hover(subject, row, column, order)) for row in range(len(values))]
        if subject.mark_columns:
            parts.clickables.append(Clickable(len(parts.traces), len(values), len(parts.marks)))
            parts.marks.extend(subject.marks())
        colours, wide = colours_of(subject, values, order), thickness * (0.94 if many > 1 else 1)
        parts.traces.append(plot.bars(subject, along, values, colours, hovers, lying=lying, thickness=wide))
        if order == 0 and subject.chart.low and subject.chart.high:
            whiskers.append(_whiskers(subject, along, lying=lying))
        names = [subject.column(column) if many > 1 and row == 0 else "" for row in range(len(values))]
        parts.notes.extend(_texts(subject, measure, along, values, names, order, lying=lying))
    parts.traces.extend(whiskers)
    return parts


def _hover(subject: Subject, row: int, column: str, order: int) -> list[str]:
    low, high = (subject.chart.low, subject.chart.high) if order == 0 else ("", "")
    return subject.hover_lines(row, column, low=low, high=high)


def colours_of(subject: Subject, values: Floats, order: int) -> list[str]:
    """Colours of a series of bars: by state where there is one, else petrol and, below zero, rust; others grey."""
    palette = subject.palette
    group = states.of_column(subject.ys[order]) if len(subject.ys) > 1 else None
    if group:
        return [palette.segment(group)] * len(values)
    if order:
        others = palette.categories[1:] if len(subject.ys) > 2 else (palette.grey,)
        return [others[(order - 1) % len(others)]] * len(values)
    by_state = states.colours(subject)
    if by_state:
        return by_state
    return [palette.loss if value < 0 else palette.accent for value in values]


def _texts(
    subject: Subject, measure: Scale, along: Floats, values: Floats, names: Sequence[str], order: int, *, lying: bool
) -> list[Spec]:
    """Every bar's value beyond its own end: that of the bar or its whisker.

    Where the stroke of before leaves no room for it there, it stands beyond the stroke.
    """
    found: list[Spec] = []
    ends = values.copy()
    if order == 0:
        for column in (subject.chart.low, subject.chart.high):
            ends = _farther(values, ends, subject.values(column) if column else values)
        ends = _past_strokes(subject, measure, values, ends, lying=lying)
    if not lying and _too_narrow(subject, measure, values):
        return found
    ends = np.where(np.isfinite(ends), ends, 0.0)
    chosen = subject.chosen
    signed = subject.is_difference(subject.ys[order])
    for row, value in enumerate(values):
        number = text.for_plotly((measure.full if lying else measure.label)(float(value), signed=signed))
        shown = text.bold(number) if chosen[row] else number
        if names[row]:
            shown += f"\u00a0\u00a0{text.for_plotly(names[row])}"
        note = _beside(subject, float(along[row]), float(ends[row]), shown, below=value < 0, lying=lying)
        if names[row] and not lying:
            wide = text.width(f"{number}\u00a0\u00a0{names[row]}", subject.sizes.label)
            note["xshift"] = _inwards((float(along[row]) + 0.5) / len(values) * subject.width, wide, subject.width)
        found.append(note)
    return found


def _inwards(middle: float, wide: float, room: float) -> float:
    """How far a text around `middle` moves sideways to stay within the figure, in pixels."""
    return max(wide / 2 - middle, 0.0) or min(room - wide / 2 - middle, 0.0)


def _farther(values: Floats, ends: Floats, others: Floats) -> Floats:
    return np.where(values < 0, np.fmin(ends, others), np.fmax(ends, others))


def _past_strokes(subject: Subject, measure: Scale, values: Floats, ends: Floats, *, lying: bool) -> Floats:
    """Beyond the stroke of before, unless a lying bar's value finds room between its end and the stroke."""
    if not subject.chart.before:
        return ends
    beyond = _farther(values, ends, _before(subject))
    reach = float(np.nanmax(np.abs(beyond), initial=0.0))
    if not lying or not reach:
        return beyond
    widths = [text.width(measure.full(float(value)), subject.sizes.value) for value in values]
    room = np.abs(beyond - ends) / reach * subject.width * _BARS_SHARE
    return np.where(room > np.array(widths) + subject.px(_STROKE_ROOM), ends, beyond)


def _beside(subject: Subject, along: float, end: float, shown: str, *, below: bool, lying: bool) -> Spec:
    """A value beside the end of its bar: right or, below zero, left of a lying one; above or below a standing one."""
    sizes = subject.sizes
    away = subject.px(8 if lying else 3) * (-1 if below else 1)
    place: Spec = {"xanchor": "right" if below else "left", "yanchor": "middle", "xshift": away} if lying else {
        "xanchor": "center", "yanchor": "top" if below else "bottom", "yshift": away
    }  # fmt: skip
    at = (end, along) if lying else (along, end)
    font = {"color": subject.palette.ink, "size": sizes.value if lying else sizes.label}
    return plot.note(subject, *at, shown, font=font, **place)


def _too_narrow(subject: Subject, measure: Scale, values: Floats) -> bool:
    widest = max(
        (text.width(measure.label(float(v)), subject.sizes.label) for v in values if np.isfinite(v)), default=0.0
    )
    return widest > subject.width / max(len(values), 1) - 2


def _whiskers(subject: Subject, along: Floats, *, lying: bool) -> Spec:
    low, high = subject.values(subject.chart.low), subject.values(subject.chart.high)
    known = np.isfinite(low) & np.isfinite(high)
    starts = [(v, p) if lying else (p, v) for p, v in zip(along[known], low[known], strict=True)]
    ends = [(v, p) if lying else (p, v) for p, v in zip(along[known], high[known], strict=True)]
    return plot.segments(starts, ends, subject.palette.ink, subject.sizes.comparison_line)


def _before(subject: Subject) -> Floats:
    return subject.values(subject.chart.before) if subject.chart.before else np.array([])


def _tick_note(subject: Subject) -> str:
    column = subject.chart.before
    if not column:
        return ""
    if subject.words.has(f"column.{column}"):
        return subject.words.t("chart.stroke_is", name=subject.column(column))
    return subject.words.t("chart.stroke_is_before")


def _strokes(subject: Subject, *, lying: bool) -> list[Spec]:
    """Where the bars ended before: strokes wider than the bars, rimmed so that they show on them and beside them."""
    found: list[Spec] = []
    for place, value in enumerate(_before(subject)):
        near, far = place - THICKNESS / 2 - 0.07, place + THICKNESS / 2 + 0.07
        ends = {"x0": value, "x1": value, "y0": near, "y1": far}
        if not lying:
            ends = {"x0": near, "x1": far, "y0": value, "y1": value}
        thin, palette = subject.sizes.comparison_line, subject.palette
        for colour, thickness in ((palette.page, 3 * thin), (palette.ink2, thin)):
            if np.isfinite(value):
                found.append({"type": "line", **ends, "line": {"color": colour, "width": thickness}})
    return found


def _zero_line(subject: Subject, count: int, *, lying: bool) -> Spec:
    ends = (
        {"x0": 0, "x1": 0, "y0": -0.5, "y1": count - 0.5}
        if lying
        else {"x0": -0.5, "x1": count - 0.5, "y0": 0, "y1": 0}
    )
    return {"type": "line", **ends, "line": {"color": subject.palette.ink2, "width": subject.sizes.zero_line}}


def _reach(subject: Subject) -> tuple[float, float]:
    columns = [*subject.ys, subject.chart.low, subject.chart.high, subject.chart.before]
    together = np.concatenate([subject.values(column) for column in columns if column])
    finite = together[np.isfinite(together)]
    if not len(finite):
        return 0.0, 1.0
    low, high = min(float(finite.min()), 0.0), max(float(finite.max()), 0.0)
    return (low, high) if high > low else (0.0, 1.0)


def _with_room(subject: Subject, measure: Scale, low: float, high: float, pixels: float) -> tuple[float, float]:
    """The range widened so that the longest value, and a series' name after it, fits beside its bar."""
    size = subject.sizes.value
    values = np.concatenate([subject.values(column) for column in subject.ys])
    longest = max((text.width(measure.full(float(v)), size, strong=True) for v in values), default=0.0) + subject.px(20)
    if len(subject.ys) > 1:
        longest += max(text.width(subject.column(column), size) for column in subject.ys)
    share = min(longest / max(pixels, 1.0), 0.6)
    right = share if (values >= 0).any() else 0.0
    left = share if (values < 0).any() else 0.0
    span = (high - low) / max(1 - left - right, 0.2)
    return low - left * span, high + right * span
