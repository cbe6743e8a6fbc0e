"""Native lines and points: series over time, estimates with whiskers, the Lorenz curve."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_TICK_LABEL_POSITION
from pptx.util import Pt

from insight.charts import bars, dots, lines, lorenz, parts
from insight.charts.lines import Series
from insight.charts.scale import Scale
from insight.charts.subject import Floats, Subject, as_date
from insight.charts.theme import blend
from insight.export.deck_bars import names_of
from insight.export.deck_chart import (
    Canvas,
    colour_bars,
    colour_line,
    dashed,
    dress,
    every_for,
    hide_values,
    hollow,
    inner_plot,
    label,
    name_axis,
    only_points,
    point,
    point_label,
    ticked,
    value_axis,
)  # fmt: skip
from insight.export.deck_look import number_format
from insight.export.deck_sheet import Column, Numbers, add_chart, style_whiskers
from insight.export.deck_tables import forest_table
from insight.export.deck_template import Box
from insight.export.deck_text import add_runs, points

_FEW, _MARKED = 14, 20
_NUMBERS = ("days", "months", "number", "count", "ratio", "money")
_CROWDED = 0.07
# The share of a dot's place along the axis that the words under it may take.
_BASES_ROOM = 0.82
_HALF_A_SLIDE = 560


def series_over(canvas: Canvas, subject: Subject) -> None:
    """Lines over time or along a number; names and last values at their ends, intervals as whiskers or thin lines."""
    column = subject.chart.x
    numeric = subject.unit(column) in _NUMBERS and subject.table[column].dtype != object
    if numeric and not any(as_date(cell) for cell in subject.table[column].tolist()):
        _along_numbers(canvas, subject)
    else:
        _along_names(canvas, subject)


def _bounds(subject: Subject, low: Floats, high: Floats) -> tuple[float, float]:
    """The value axis: from zero for money, counts and whatever reaches near it."""
    bottom, top = float(np.nanmin(low)), float(np.nanmax(high))
    spread = (top - bottom) or abs(top) or 1.0
    near = bottom >= 0 and (bottom < 0.6 * top or subject.unit(subject.ys[0]) in ("money", "count"))
    return (0.0 if near else bottom - 0.08 * spread), top + 0.1 * spread


def _reach(subject: Subject, every: list[Series]) -> tuple[float, float]:
    values = [series.values for series in every]
    ends = [subject.values(c) for c in (subject.chart.low, subject.chart.high) if c]
    together = np.concatenate([*values, *ends])
    return _bounds(subject, together, together)


def _along_names(canvas: Canvas, subject: Subject) -> None:
    every = [series for series in lines.series_of(subject) if np.isfinite(series.values).any()]
    cells = [as_date(cell) or cell for cell in subject.table[subject.chart.x].tolist()]
    order = list(dict.fromkeys(cells))
    words = dict(zip(cells, names_of(subject), strict=True)) | parts.by_place(subject)
    measure = subject.measure(*subject.ys, subject.chart.before)
    form = number_format(measure, full=False)
    ends = _ends(subject)
    columns: list[Column] = []
    for series in every:
        grid = {"value": np.full(len(order), np.nan), "low": np.full(len(order), np.nan),
                "high": np.full(len(order), np.nan)}  # fmt: skip
        for row, value in zip(series.rows, series.values, strict=True):
            at = order.index(cells[row])
            grid["value"][at] = value
            if ends is not None:
                grid["low"][at], grid["high"][at] = ends[0][row], ends[1][row]
        whiskers = (grid["low"], grid["high"]) if ends is not None and series.main else (None, None)
        columns.append(Column(series.name, grid["value"], *whiskers))
    named = parts.by_place(subject)
    whole, cut = _cut(subject, every, columns, np.array([cell in named for cell in order]))
    drawn_too = [part.column for part in cut]
    numbers = Numbers([*whole, *drawn_too], [words[cell] for cell in order], form, end_names=_end_names(subject))
    chart = add_chart(canvas.slide, canvas.box, XL_CHART_TYPE.LINE_MARKERS, numbers)
    room = _finish(canvas, subject, chart, every, whole, measure, cut) * points(canvas.box.width)
    shown = every_for(canvas.look, numbers.categories, room)
    name_axis(chart.category_axis, canvas.look, every=shown)
    for drawn, part in zip(list(chart.plots[0].series)[len(every) :], cut, strict=True):
        _part_line(canvas, drawn, part, form)


@dataclass(frozen=True)
class _Cut:
    """The stretches of a line to and from points that hold only part of their time, and which points those are."""

    line: Series
    column: Column
    partial: NDArray[np.bool_]

    @property
    def at_end(self) -> bool:
        """Whether the line ends with such a point."""
        return bool(self.partial[np.flatnonzero(np.isfinite(self.column.values))[-1]])


def _cut(
    subject: Subject, every: list[Series], columns: list[Column], places: NDArray[np.bool_]
) -> tuple[list[Column], list[_Cut]]:
    """The lines without those stretches, and the stretches.

    Programs that show slides do not all draw one stretch of a line in its own way, so these are lines of their own.
    """
    whole: list[Column] = []
    found: list[_Cut] = []
    for series, column in zip(every, columns, strict=True):
        partial = places & np.isfinite(column.values)
        rest = np.where(partial, np.nan, column.values)
        if not partial.any() or not np.isfinite(rest).any():
            whole.append(column)
            continue
        near = partial.copy()
        near[:-1] |= partial[1:]
        near[1:] |= partial[:-1]
        name = subject.words.t("chart.part_of", name=series.name)
        found.append(_Cut(series, Column(name, np.where(near, column.values, np.nan)), partial))
        whole.append(replace(column, values=rest))
    return whole, found


def _part_line(canvas: Canvas, drawn: Any, part: _Cut, form: str) -> None:
    """A dashed line with rings where it holds only part of a time; the value where the line ends there."""
    main = part.line.main
    colour_line(drawn, canvas.look, part.line.colour, main=main, markers=False)
    dashed(drawn)
    for place in np.flatnonzero(part.partial):
        hollow(drawn.points[int(place)], canvas.look, part.line.colour, 8 if main else 6)
    if part.at_end and main:
        last = int(np.flatnonzero(part.partial)[-1])
        point_label(
            drawn.points[last], canvas.look, form, bold=True, colour=canvas.look.palette.ink,
            position=XL_LABEL_POSITION.RIGHT,
        )  # fmt: skip


def _ends(subject: Subject) -> tuple[Floats, Floats] | None:
    chart = subject.chart
    return (subject.values(chart.low), subject.values(chart.high)) if chart.low and chart.high else None


def _end_names(subject: Subject) -> tuple[str, str]:
    chart = subject.chart
    if not (chart.low and chart.high):
        return "", ""
    return subject.column(chart.low), subject.column(chart.high)


def _along_numbers(canvas: Canvas, subject: Subject) -> None:
    """A scatter chart with lines: the places along the axis are numbers. Ends of an interval are lines of their own."""
    every = [series for series in lines.series_of(subject) if np.isfinite(series.values).any()]
    along = subject.values(subject.chart.x)
    measure = subject.measure(*subject.ys, subject.chart.before)
    form = number_format(measure, full=False)
    columns = [Column(series.name, series.values, x=along[list(series.rows)]) for series in every]
    ends = _ends(subject)
    main = next((series for series in every if series.main), None)
    bands: list[Column] = []
    if ends is not None and main is not None:
        rows = list(main.rows)
        bands = [
            Column(f"{main.name}: {subject.column(name)}", values[rows], x=along[rows])
            for name, values in zip((subject.chart.low, subject.chart.high), ends, strict=True)
        ]
    kind = XL_CHART_TYPE.XY_SCATTER_LINES
    chart = add_chart(canvas.slide, canvas.box, kind, Numbers([*columns, *bands], form=form))
    palette = canvas.look.palette
    for series in list(chart.plots[0].series)[len(columns) :]:
        colour_line(series, canvas.look, blend((palette.page, palette.accent), 0.5), main=False, markers=False)
        series.format.line.width = Pt(1)
        dashed(series)
    _finish(canvas, subject, chart, every, columns, measure)
    axis = chart.category_axis
    places = subject.measure(subject.chart.x)
    unit = subject.unit(subject.chart.x)
    named = subject.words.t(f"pack.axis_{unit}") if unit in ("days", "months") else subject.column(subject.chart.x)
    across = float(np.nanmin(along)), float(np.nanmax(along))
    if 0 < across[0] < 0.2 * across[1]:
        across = 0.0, across[1]
    ticked(axis, canvas.look, replace(places, before="", after="") if unit in ("days", "months") else places, *across,
           about=6)  # fmt: skip
    axis.minimum_scale, axis.maximum_scale = across
    axis.has_major_gridlines = False
    axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    axis.has_title = True
    axis.axis_title.text_frame.text = f"{named}, {places.unit}" if places.unit and unit == "money" else named
    run = axis.axis_title.text_frame.paragraphs[0].runs[0]
    run.font.size, run.font.bold = Pt(canvas.look.tick), False


def _finish(
    canvas: Canvas, subject: Subject, chart: Any, every: list[Series], columns: list[Column], measure: Scale,
    cut: Sequence[_Cut] = (),
) -> float:  # fmt: skip
    """Colours, axis, and what stands at the line ends; a legend where the ends stand too close for names.

    cut: what of the lines is drawn apart, named in the legend.

    Returns the share of the width that the plot has.
    """
    low, high = _reach(subject, every)
    last = sorted(float(series.values[np.isfinite(series.values)][-1]) for series in every)
    crowded = any(b - a < _CROWDED * (high - low) for a, b in pairwise(last)) or len(every) > 5 or bool(cut)
    elsewhere = [part.line for part in cut if part.at_end]
    dress(chart, canvas.look, legend=crowded)
    ticked(chart.value_axis, canvas.look, measure, low, high)
    many = max((len(series.rows) for series in every), default=0) > _MARKED
    form, palette = number_format(measure, full=False), canvas.look.palette
    for series, line, column in zip(chart.plots[0].series, every, columns, strict=False):
        colour_line(series, canvas.look, line.colour, main=line.main, markers=not many and line.main)
        style_whiskers(series, blend((palette.page, line.colour), 0.45), 2)
        if (line.main or not crowded) and not any(line is other for other in elsewhere):
            known = np.flatnonzero(np.isfinite(column.values))
            at = len(known) - 1 if column.x is not None else int(known[-1])
            point_label(
                series.points[at], canvas.look, form, bold=line.main, named=not crowded and len(every) > 1,
                colour=palette.ink if line.main else palette.ink2, position=XL_LABEL_POSITION.RIGHT,
            )  # fmt: skip
    names = [] if crowded or len(every) == 1 else [series.name for series in every]
    widest = max((canvas.look.wide(name, strong=True) for name in names), default=0.0)
    values = max((canvas.look.wide(measure.label(value), strong=True) for value in last), default=0.0)
    room, tall = points(canvas.box.width), points(canvas.box.height)
    left = (max(canvas.look.wide(measure.label(v), tick=True) for v in (low, high)) + 16) / room
    right = min((min(widest, 150) + values + 26) / room, 0.36)
    named = [*(column.name for column in columns), *(part.column.name for part in cut)]
    legend = sum(canvas.look.wide(name, tick=True) + 44 for name in named)
    rows = math.ceil(legend / room) if crowded else 0
    below = (26 + (6 + 16 * rows if rows else 0) + (20 if columns[0].x is not None else 0)) / tall
    inner_plot(chart, left, 0.04, 1 - left - right, 0.96 - below)
    return 1 - left - right


# --- estimates --------------------------------------------------------------------------------------------------------


def interval(canvas: Canvas, subject: Subject) -> None:
    """Along time a line; otherwise a forest."""
    subject = dots.one_measure(subject)
    cells = subject.table[subject.chart.x].tolist()
    numbers = subject.unit(subject.chart.x) in ("days", "months") and len(cells) > 5
    if all(as_date(cell) for cell in cells) or numbers:
        series_over(canvas, subject)
    else:
        forest(canvas, subject)


def dotted(canvas: Canvas, subject: Subject) -> None:
    """Standing dots along a few steps, a forest where arms are compared."""
    subject = dots.one_measure(subject)
    compared = subject.result.evidence in ("control", "before_after") or dots.reference_of(subject) is not None
    if compared or len(subject.table) > _FEW:
        forest(canvas, subject)
    else:
        steps(canvas, subject)


def steps(canvas: Canvas, subject: Subject) -> None:
    """Standing dots with whiskers; a second value column is the fitted line behind them."""
    column, *others = subject.ys
    values, (low, high) = subject.values(column), dots.ends_of(subject)
    measure = subject.measure(column)
    form = number_format(measure, full=False)
    fitted = [Column(subject.column(name), subject.values(name)) for name in others[:1]]
    # How many stand behind each dot, where the dots are far enough apart; else it stands in the table beside.
    bases = [subject.base(row) for row in range(len(values))]
    room = _BASES_ROOM * points(canvas.box.width) / max(len(values), 1)
    fits = all(canvas.look.wide(base, tick=True) <= room for base in bases)
    named = zip(subject.names(subject.chart.x), bases, strict=True)
    names = [f"{name}\n{base}" if base and fits else name for name, base in named]
    columns = [*fitted, Column(subject.column(column), values, low, high)]
    numbers = Numbers(columns, names, form, end_names=_end_names(subject))
    chart = add_chart(canvas.slide, canvas.box, XL_CHART_TYPE.LINE_MARKERS, numbers)
    dress(chart, canvas.look)
    every = list(chart.plots[0].series)
    for series in every[:-1]:
        colour_line(series, canvas.look, canvas.look.palette.ghost, main=False, markers=False)
    palette = canvas.look.palette
    only_points(every[-1], canvas.look, [palette.accent] * len(values))
    style_whiskers(every[-1], palette.accent, 3)
    label(every[-1], canvas.look, form, position=XL_LABEL_POSITION.RIGHT, bold=True)
    ticked(chart.value_axis, canvas.look, measure, *_bounds(subject, low, high))
    name_axis(chart.category_axis, canvas.look)


@dataclass(frozen=True)
class _Beside:
    """A plot beside a table: its rows' values and interval ends, and the place of the plot, level with the rows."""

    subject: Subject
    low: Floats
    high: Floats
    plot: Box

    @property
    def values(self) -> Floats:
        """The estimates."""
        return self.subject.values(self.subject.ys[0])


def _beside(canvas: Canvas, subject: Subject) -> _Beside:
    """Names, estimates and intervals as a table on the left; each row's plot stands level with its line."""
    subject = replace(subject, table=subject.table.head(_FEW))
    box = canvas.box
    # On half a slide the names and figures need the larger part of it.
    left = round(box.width * (0.46 if points(box.width) > _HALF_A_SLIDE * canvas.look.scale else 0.64))
    head, row_height = forest_table(canvas.within(box.part(width=left)), subject)
    count = len(subject.table)
    plot = Box(box.left + left, box.top + head, box.width - left, row_height * count)
    return _Beside(subject, *dots.ends_of(subject), plot)


def _span(low: Floats, high: Floats, reference: float | None) -> tuple[float, float]:
    start, end = float(np.nanmin(low)), float(np.nanmax(high))
    if reference is not None:
        start, end = min(start, reference), max(end, reference)
    pad = (end - start) * 0.06 or abs(end) * 0.2 or 1.0
    return start - pad, end + pad


def forest(canvas: Canvas, subject: Subject) -> None:
    """Dots and lying whiskers round 'no difference'. A series is a row: its lower end, its estimate, its upper end."""
    beside = _beside(canvas, subject)
    subject, values, low, high = beside.subject, beside.values, beside.low, beside.high
    reference = dots.reference_of(subject)
    colours = dots.colours_of(subject, low, high, reference)
    count = len(values)
    places = count - 0.5 - np.arange(count, dtype=float)
    names = subject.names(subject.chart.x)
    columns = [
        Column(names[row], np.full(3, places[row]), x=np.array([low[row], values[row], high[row]]))
        for row in range(count)
        if np.isfinite(values[row])
    ]
    shades = [colours[row] for row in range(count) if np.isfinite(values[row])]
    if reference is not None:
        heights = np.array([0.0, count / 2, float(count)])
        columns.insert(0, Column(subject.words.t("pack.no_difference"), heights, x=np.full(3, reference)))
    chart = add_chart(canvas.slide, beside.plot, XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS, Numbers(columns))
    dress(chart, canvas.look)
    every = list(chart.plots[0].series)
    if reference is not None:
        colour_line(every.pop(0), canvas.look, canvas.look.palette.ink2, main=False, markers=False)
    for series, colour in zip(every, shades, strict=True):
        colour_line(series, canvas.look, colour, markers=False)
        series.format.line.width = Pt(3)
        point(series.points[1], canvas.look, colour)
    hide_values(chart.value_axis)
    hide_values(chart.category_axis)
    chart.value_axis.minimum_scale, chart.value_axis.maximum_scale = 0, count
    chart.category_axis.minimum_scale, chart.category_axis.maximum_scale = _span(low, high, reference)
    inner_plot(chart, 0.04, 0, 0.92, 1)


def estimated_bars(canvas: Canvas, subject: Subject) -> None:
    """Bars from zero with whiskers, level with the table that names them."""
    beside = _beside(canvas, subject)
    subject, values = beside.subject, beside.values
    form = number_format(subject.measure(subject.ys[0]))
    column = Column(subject.column(subject.ys[0]), values, beside.low, beside.high)
    numbers = Numbers([column], subject.names(subject.chart.x), form, end_names=_end_names(subject))
    chart = add_chart(canvas.slide, beside.plot, XL_CHART_TYPE.BAR_CLUSTERED, numbers)
    dress(chart, canvas.look)
    hide_values(chart.value_axis)
    name_axis(chart.category_axis, canvas.look, lying=True)
    chart.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.NONE
    chart.plots[0].gap_width = 70
    series = chart.plots[0].series[0]
    colour_bars(series, canvas.look, bars.colours_of(subject, values, 0))
    style_whiskers(series, canvas.look.palette.ink, 1.75)
    start, end = _span(np.fmin(beside.low, 0), np.fmax(beside.high, 0), 0.0)
    chart.value_axis.minimum_scale = start if (values < 0).any() else 0
    chart.value_axis.maximum_scale = end
    inner_plot(chart, 0.04, 0, 0.92, 1)


# --- concentration ----------------------------------------------------------------------------------------------------


def lorenz_curve(canvas: Canvas, subject: Subject) -> None:
    """The curve, the line of equal shares, and the point that the finding speaks of."""
    known = np.isfinite(subject.values(subject.chart.x)) & np.isfinite(subject.values(subject.ys[0]))
    subject = replace(subject, table=subject.table[known].reset_index(drop=True))
    x, y = subject.values(subject.chart.x), subject.values(subject.ys[0])
    order = np.argsort(x, kind="stable")
    spoken = lorenz.spoken_row(subject, x)
    words, palette = subject.words, canvas.look.palette
    even_column = Column(words.t("chart.even"), x[order], x=x[order])
    columns = [even_column, Column(subject.column(subject.ys[0]), y[order], x=x[order])]
    form = number_format(subject.measure(subject.ys[0]))
    chart = add_chart(canvas.slide, canvas.box, XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS, Numbers(columns, form=form))
    dress(chart, canvas.look)
    even, curve = chart.plots[0].series
    colour_line(even, canvas.look, palette.ghost, main=False, markers=False)
    colour_line(curve, canvas.look, palette.accent, markers=False)
    if spoken is not None:
        spot = curve.points[int(np.flatnonzero(order == spoken)[0])]
        point(spot, canvas.look, palette.accent)
        shown = spot.data_label
        # To the left of a curve that bends down there is nothing else.
        shown.position = XL_LABEL_POSITION.LEFT
        frame = shown.text_frame
        said = f"{words.percent(x[spoken])} → {words.percent(y[spoken])}"
        for run in add_runs(frame.paragraphs[0], said):
            run.font.size, run.font.bold = Pt(canvas.look.label), True
            canvas.look.paint(run.font.color, palette.ink)
    for axis in (chart.value_axis, chart.category_axis):
        value_axis(axis, canvas.look, form)
        axis.minimum_scale, axis.maximum_scale, axis.major_unit = 0, 1, 0.25
    chart.category_axis.has_major_gridlines = False
