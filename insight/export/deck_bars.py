"""Native bars: lying, standing, stacked, two-sided, the staircase and the bridge."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION

from insight.charts import bars, bridge, stacked, stairs, states
from insight.charts.scale import Scale
from insight.charts.subject import Floats, Subject, as_date
from insight.charts.theme import blend, text_on
from insight.export.deck_chart import (
    Canvas,
    colour_bars,
    dress,
    every_for,
    fine_labels,
    from_zero,
    hide_values,
    inner_plot,
    label,
    name_axis,
    point_label,
    unlabel,
    unseen,
)  # fmt: skip
from insight.export.deck_look import finer, number_format
from insight.export.deck_sheet import Column, Numbers, add_chart
from insight.export.deck_tables import parts_table
from insight.export.deck_template import Box
from insight.export.deck_text import Line, points, put

_MOST_LYING, _MOST_PAIRED, _MOST_STANDING = 14, 8, 16
_HALF = 0.55


def drawn(canvas: Canvas, subject: Subject) -> None:
    """Bars from zero: lying where names are long or many, standing along time and where names are few and short."""
    if subject.chart.kind == "columns" or (subject.chart.kind == "bar" and _stands(canvas, subject)):
        _standing(canvas, subject)
    else:
        _lying(canvas, subject)


def _stands(canvas: Canvas, subject: Subject) -> bool:
    cells = subject.table[subject.chart.x].tolist()
    if all(as_date(cell) for cell in cells):
        return True
    room = points(canvas.box.width) / max(len(cells), 1) - 4
    words = " ".join(subject.names(subject.chart.x)).split()
    return len(cells) <= _MOST_STANDING and all(canvas.look.wide(word, tick=True) <= room for word in words)


def names_of(subject: Subject) -> list[str]:
    """The names along an axis; months short."""
    cells = [as_date(cell) for cell in subject.table[subject.chart.x].tolist()]
    names = subject.names(subject.chart.x)
    return [
        subject.words.day(cell, form="MMM yy") if cell and cell.day == 1 else name
        for cell, name in zip(cells, names, strict=True)
    ]


def _columns(subject: Subject) -> list[Column]:
    chart = subject.chart
    found = [Column(subject.column(name), subject.values(name)) for name in subject.ys]
    if chart.before:
        known = subject.words.has(f"column.{chart.before}")
        name = subject.column(chart.before) if known else subject.words.t("chart.before_total")
        found.append(Column(name, subject.values(chart.before)))
    return found


def _finish(
    canvas: Canvas,
    subject: Subject,
    chart: Any,
    measure: Scale,
    form: str,
    columns: list[Column],
    full: bool = True,
) -> None:
    """Colours, labels at the ends, and a legend where several series stand side by side."""
    look, palette = canvas.look, canvas.look.palette
    dress(chart, look, legend=len(columns) > 1)
    hide_values(chart.value_axis)
    from_zero(chart.value_axis, np.concatenate([column.values for column in columns]))
    chart.plots[0].gap_width = 45
    chart.plots[0].overlap = -5 if len(columns) > 1 else 0
    for place, (series, column) in enumerate(zip(chart.plots[0].series, columns, strict=True)):
        is_before = bool(subject.chart.before) and place == len(columns) - 1
        colours = [palette.ghost] * len(column.values) if is_before else bars.colours_of(subject, column.values, place)
        colour_bars(series, look, colours)
        label(series, look, form, position=XL_LABEL_POSITION.OUTSIDE_END, colour=palette.ink2 if is_before else "")
        signed = form == number_format(measure, full=full, signed=True)
        fine_labels(series, look, measure, column.values, full=full, signed=signed)


def text_on_all(colours: list[str]) -> str:
    """White on the dark colours of a series, black where they are light."""
    return text_on(max(dict.fromkeys(colours), key=colours.count))


def _lying(canvas: Canvas, subject: Subject) -> None:
    columns = _columns(subject)
    subject = replace(subject, table=subject.table.head(_MOST_LYING if len(columns) == 1 else _MOST_PAIRED))
    columns = _columns(subject)
    measure = subject.measure(*subject.ys, subject.chart.before)
    form = number_format(measure, signed=any(subject.is_difference(column) for column in subject.ys))
    numbers = Numbers(columns, names_of(subject), form)
    chart = add_chart(canvas.slide, canvas.box, XL_CHART_TYPE.BAR_CLUSTERED, numbers)
    _finish(canvas, subject, chart, measure, form, columns)
    name_axis(chart.category_axis, canvas.look, lying=True)
    _with_room(canvas, chart, measure, [value for column in columns for value in column.values])


def _with_room(canvas: Canvas, chart: Any, measure: Scale, values: Sequence[float]) -> None:
    """The value axis so wide that a value beyond the end of a bar below zero does not stand on the names."""
    finite = [float(value) for value in values if np.isfinite(value)]
    low, high = min([*finite, 0.0]), max([*finite, 0.0])
    if low >= 0:
        return
    longest = max(canvas.look.wide(measure.full(value, signed=True)) for value in finite) + 14
    share = min(longest / (points(canvas.box.width) * 0.62), 0.35)
    span = (high - low) / (1 - 2 * share)
    chart.value_axis.minimum_scale = low - share * span
    chart.value_axis.maximum_scale = high + share * span


def _standing(canvas: Canvas, subject: Subject) -> None:
    columns = _columns(subject)
    measure = subject.measure(*subject.ys, subject.chart.before)
    written = [measure.full(float(v)) for column in columns for v in column.values if np.isfinite(v)]
    full = max((canvas.look.wide(said) for said in written), default=0.0)
    room = points(canvas.box.width) / max(len(subject.table) * len(columns), 1)
    form = number_format(measure, full=full <= room)
    numbers = Numbers(columns, names_of(subject), form)
    chart = add_chart(canvas.slide, canvas.box, XL_CHART_TYPE.COLUMN_CLUSTERED, numbers)
    _finish(canvas, subject, chart, measure, form, columns, full=full <= room)
    name_axis(
        chart.category_axis, canvas.look, every=every_for(canvas.look, numbers.categories, points(canvas.box.width))
    )


def staircase(canvas: Canvas, subject: Subject) -> None:
    """Touching steps from dark to light, lowest to the left; how many stand there under the name."""
    if not stairs.rises(subject.values(subject.ys[0])):
        subject = replace(subject, table=subject.table.iloc[::-1].reset_index(drop=True))
    column = Column(subject.column(subject.ys[0]), subject.values(subject.ys[0]))
    measure = subject.measure(subject.ys[0])
    form = number_format(measure)
    people = [""] * len(subject.table)
    if len(subject.ys) > 1:
        counts = subject.values(subject.ys[1])
        people = [subject.words.t("chart.base.n_customers", n=int(n)) if np.isfinite(n) else "" for n in counts]
    names = [
        f"{name}\n{count}" if count else name
        for name, count in zip(subject.names(subject.chart.x), people, strict=True)
    ]
    extra = [Column(subject.column(name), subject.values(name)) for name in subject.ys[1:]]
    numbers = Numbers([column], names, form, extra=extra)
    chart = add_chart(canvas.slide, canvas.box, XL_CHART_TYPE.COLUMN_CLUSTERED, numbers)
    dress(chart, canvas.look)
    hide_values(chart.value_axis)
    from_zero(chart.value_axis, column.values)
    name_axis(chart.category_axis, canvas.look)
    chart.plots[0].gap_width = 2
    series = chart.plots[0].series[0]
    colour_bars(series, canvas.look, list(canvas.look.palette.steps(len(names))))
    label(series, canvas.look, form, position=XL_LABEL_POSITION.OUTSIDE_END, bold=True, size=canvas.look.label + 1)


def stacked_bars(canvas: Canvas, subject: Subject) -> None:
    """Standing bars over time, divided by the groups; the first group on top and darkest."""
    table = subject.table
    times = list(dict.fromkeys(table[subject.chart.x].tolist()))
    groups = list(dict.fromkeys(str(cell) for cell in table[subject.chart.color].tolist()))
    values = np.clip(np.nan_to_num(subject.values(subject.ys[0])), 0, None)
    grid = {group: np.full(len(times), np.nan) for group in groups}
    for time, group, value in zip(table[subject.chart.x], table[subject.chart.color], values, strict=True):
        grid[str(group)][times.index(time)] = value
    names = [_time(subject, time) for time in times]
    stack(canvas, subject, names, [Column(subject.name(group), grid[group]) for group in groups],
          stacked.shades_of(subject, groups))  # fmt: skip


def _time(subject: Subject, cell: object) -> str:
    day = as_date(cell)
    return subject.words.day(day, form="MMM yy") if day and day.day == 1 else subject.name(cell)


def stack(canvas: Canvas, subject: Subject, names: list[str], columns: list[Column], colours: list[str]) -> None:
    """Stacked columns, given from the top down, every value in a table under its column.

    Without room for the table the parts are named at the right and say their value where it fits.
    """
    measure = subject.measure(subject.ys[0])
    form = number_format(measure, full=False)
    numbers = Numbers(columns[::-1], names, form)
    plot = parts_table(canvas, names, columns, colours, measure)
    chart = add_chart(canvas.slide, plot or canvas.box, XL_CHART_TYPE.COLUMN_STACKED, numbers)
    dress(chart, canvas.look, legend=plot is None)
    hide_values(chart.value_axis)
    from_zero(chart.value_axis, np.concatenate([column.values for column in columns]))
    name_axis(chart.category_axis, canvas.look, every=every_for(canvas.look, names, points(canvas.box.width) * 0.8))
    chart.plots[0].gap_width = 35
    chart.plots[0].overlap = 100
    for series, colour in zip(chart.plots[0].series, colours[::-1], strict=True):
        colour_bars(series, canvas.look, [colour] * len(names))
    if plot is None:
        chart.legend.position = XL_LEGEND_POSITION.RIGHT
        _stack_labels(canvas, chart, measure, names, columns, colours)
    else:
        chart.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.NONE
        inner_plot(chart, 0, 0.03, 1, 0.97)


def _stack_labels(
    canvas: Canvas, chart: Any, measure: Scale, names: list[str], columns: list[Column], colours: list[str]
) -> None:
    """Values in the parts that are tall and wide enough for them."""
    form = number_format(measure, full=False)
    tallest = float(np.nansum([column.values for column in columns], axis=0).max()) or 1.0
    room = points(canvas.box.width) * 0.8 / max(len(names), 1)
    for series, column, colour in zip(chart.plots[0].series, columns[::-1], colours[::-1], strict=True):
        small = [place for place, v in enumerate(column.values) if not np.isfinite(v) or v < 0.07 * tallest]
        written = [measure.label(float(v)) for v in column.values if np.isfinite(v)]
        wide = max((canvas.look.wide(said, tick=True) for said in written), default=0.0)
        if wide <= room and len(small) < len(names):
            label(
                series,
                canvas.look,
                form,
                position=XL_LABEL_POSITION.CENTER,
                colour=text_on_all([colour]),
                size=canvas.look.tick,
            )
            unlabel(series, small)


def two_sided(canvas: Canvas, subject: Subject) -> None:
    """Two charts that share their names: left values grow leftwards in the lighter colour, right ones rightwards."""
    left_name, right_name = subject.ys[0], subject.ys[-1]
    inside = np.isfinite(subject.values(left_name)) | np.isfinite(subject.values(right_name))
    subject = replace(subject, table=subject.table[inside].reset_index(drop=True).head(_MOST_LYING))
    names = subject.names(subject.chart.x)
    palette = canvas.look.palette
    colours = states.colours(subject) or [palette.accent] * len(names)
    light = [blend((palette.page, colour), _HALF) for colour in colours]
    box = canvas.box
    room = points(box.width)
    middle = min(max(canvas.look.wide(name, strong=True) for name in names) + 16, room * 0.32) / room
    left = round(box.width * (1 - middle) * 0.45)
    gap, top = 0.02, canvas.look.length(0.3)
    for side, name, shades, place in (
        ("left", left_name, light, Box(box.left, box.top + top, left, box.height - top)),
        ("right", right_name, colours, Box(box.left + left, box.top + top, box.width - left, box.height - top)),
    ):
        values = subject.values(name)
        measure = subject.measure(name)
        form = number_format(measure)
        numbers = Numbers([Column(subject.column(name), values)], names, form)
        chart = add_chart(canvas.slide, place, XL_CHART_TYPE.BAR_CLUSTERED, numbers)
        dress(chart, canvas.look)
        shift = 0 if side == "left" else round(middle * box.width)
        head = box.part(left=place.left - box.left + shift, width=place.width - shift, height=top)
        line = Line(subject.column(name), colour=palette.ink2, right=side == "left")
        put(canvas.slide, head, [line], canvas.look, largest=canvas.look.label, smallest=7, name=f"Head {side}")
        hide_values(chart.value_axis)
        name_axis(chart.category_axis, canvas.look, lying=True)
        chart.category_axis.format.line.fill.background()
        highest = float(np.nanmax(values)) if np.isfinite(values).any() else 1.0
        # Room beyond the longest bar for its value.
        chart.value_axis.minimum_scale, chart.value_axis.maximum_scale = 0, (highest or 1.0) * 1.22
        chart.plots[0].gap_width = 40
        series = chart.plots[0].series[0]
        colour_bars(series, canvas.look, shades)
        label(series, canvas.look, form, position=XL_LABEL_POSITION.OUTSIDE_END)
        fine_labels(series, canvas.look, measure, values)
        if side == "left":
            chart.value_axis.reverse_order = True
            chart.category_axis.visible = False
            inner_plot(chart, 0, 0.01, 1 - gap, 0.98)
        else:
            names_share = middle * box.width / place.width
            inner_plot(chart, names_share, 0.01, 1 - names_share - gap, 0.98)


def bridge_bars(canvas: Canvas, subject: Subject) -> None:
    """From one total to the other: bars that hang on each other; signed bars from zero where they cannot."""
    spans = bridge.spans_of(subject)
    low = min(spans.edges)
    largest = float(np.abs(spans.changes).max(initial=0.0))
    if spans.opening is None or spans.closing is None or low < 0 or largest < 0.02 * max(spans.edges):
        keep = subject.table.index.isin(spans.rows)
        _signed(canvas, replace(subject, table=subject.table[keep].reset_index(drop=True)))
        return
    _waterfall(canvas, subject, spans)


def _signed(canvas: Canvas, subject: Subject) -> None:
    column = subject.ys[0]
    measure = subject.measure(column)
    form = number_format(measure, signed=True)
    numbers = Numbers([Column(subject.column(column), subject.values(column))], subject.names(subject.chart.x), form)
    chart = add_chart(canvas.slide, canvas.box, XL_CHART_TYPE.BAR_CLUSTERED, numbers)
    dress(chart, canvas.look)
    hide_values(chart.value_axis)
    from_zero(chart.value_axis, subject.values(column))
    name_axis(chart.category_axis, canvas.look, lying=True)
    chart.plots[0].gap_width = 45
    palette = canvas.look.palette
    colours = [palette.loss if value < 0 else palette.accent for value in subject.values(column)]
    colour_bars(chart.plots[0].series[0], canvas.look, colours)
    label(chart.plots[0].series[0], canvas.look, form, position=XL_LABEL_POSITION.OUTSIDE_END)
    fine_labels(chart.plots[0].series[0], canvas.look, measure, subject.values(column), signed=True)
    _with_room(canvas, chart, measure, subject.values(column).tolist())


def _waterfall(canvas: Canvas, subject: Subject, spans: bridge.Spans) -> None:
    """Stacked: an unseen base, then the total, the rise or the fall, which the workbook computes from the change."""
    assert spans.opening is not None and spans.closing is not None
    every = subject.names(subject.chart.x)
    names = [spans.names[0], *(every[row] for row in spans.rows), spans.names[1]]
    blank = np.array([np.nan])

    def framed(values: Floats) -> Floats:
        return np.concatenate([blank, values, blank])

    totals = np.concatenate([[spans.opening], np.full(len(spans.rows), np.nan), [spans.closing]])
    rises = np.where(spans.changes >= 0, spans.changes, np.nan)
    falls = np.where(spans.changes < 0, -spans.changes, np.nan)
    words = subject.words
    columns = [
        Column("\u00a0", framed(np.minimum(spans.starts, spans.ends))),
        Column(words.t("pack.total"), totals),
        Column(words.t("pack.rise"), framed(rises)),
        Column(words.t("pack.fall"), framed(falls)),
        # Stacked bars take no label beyond their end, so unseen bars of the same cells carry the labels.
        Column("\u00a0", framed(rises), formula="=D{r}"),
        Column("\u00a0", framed(falls), formula="=E{r}"),
    ]
    change = Column(subject.column(subject.ys[0]), framed(spans.changes))
    measure = subject.measure(subject.ys[0])
    top = max(spans.edges)
    full = number_format(measure)
    risen_form, fallen_form = number_format(measure, full=False, signed=True).split(";")[:2]
    chart = add_chart(
        canvas.slide, canvas.box, XL_CHART_TYPE.BAR_STACKED, Numbers(columns, names, full, extra=[change])
    )
    dress(chart, canvas.look)
    hide_values(chart.value_axis)
    chart.value_axis.minimum_scale, chart.value_axis.maximum_scale = 0, top * 1.15
    name_axis(chart.category_axis, canvas.look, lying=True)
    chart.plots[0].gap_width = 40
    chart.plots[0].overlap = 100
    palette = canvas.look.palette
    base, total, rise, fall, risen, fallen = chart.plots[0].series
    for series in (base, risen, fallen):
        unseen(series)
    for series, colour in ((total, palette.grey), (rise, palette.accent), (fall, palette.loss)):
        colour_bars(series, canvas.look, [colour] * len(names))
    inside, after = XL_LABEL_POSITION.INSIDE_END, XL_LABEL_POSITION.INSIDE_BASE
    label(total, canvas.look, full, position=inside, colour=text_on(palette.grey), bold=True)
    label(risen, canvas.look, risen_form, position=after)
    label(fallen, canvas.look, fallen_form, position=after)
    for series, sign, values in ((risen, 0, rises), (fallen, 1, falls)):
        for place, value in enumerate(values, start=1):
            scale = finer(measure, float(value))
            if scale is not measure:
                own = number_format(scale, signed=True).split(";")[sign]
                point_label(series.points[place], canvas.look, own, bold=False, position=after)
