"""Estimates with their intervals: a forest of lying whiskers round a zero line, or standing dots along steps."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go

from insight.charts import lines, plot, text
from insight.charts.drawn import Clickable, Mark
from insight.charts.scale import round_ticks
from insight.charts.subject import Floats, Subject, as_date
from insight.result import Message, Unit

Figure = tuple[go.Figure, int, tuple[Mark, ...], tuple[Clickable, ...]]
_STANDING_AT_MOST = 12
# The space under standing dots has so many lines of names; a name in two lines with its base needs one more.
_LINES_BELOW = 2
_SHOWN_PVALUE = 0.05
# A column of effects of several measures has no unit of its own; these measures have.
_UNITS: dict[str, Unit] = {
    "conversion": "ratio", "orders": "number", "spend": "money", "margin": "money", "net_profit": "money"
}  # fmt: skip
_TIMES = re.compile(r"(^|_)(ratio|times|factor)(_|$)")


def interval(subject: Subject) -> Figure:
    """Along time (dates, or more than a handful of days or months) a line in its band; otherwise a forest."""
    subject = one_measure(subject)
    cells = subject.table[subject.chart.x].tolist()
    along = all(as_date(cell) for cell in cells) or (
        subject.unit(subject.chart.x) in ("days", "months") and len(cells) > 5
    )
    return lines.draw(subject) if along else forest(subject)


def dots(subject: Subject) -> Figure:
    """A forest where arms are compared with something or names are many; standing dots along a few ordered steps."""
    subject = one_measure(subject)
    compared = subject.result.evidence in ("control", "before_after") or reference_of(subject) is not None
    return forest(subject) if compared or not stands(subject) else steps(subject)


def one_measure(subject: Subject) -> Subject:
    """Where `color` tells measures apart (an arm has a row for each), the rows of the one that the title speaks of.

    Rows without an estimate, such as the control that others are compared with, have no dot.
    """
    chart, table = subject.chart, subject.table
    estimated = np.isfinite(subject.values(subject.ys[0]))
    units = dict(subject.units)
    if chart.color in table.columns and table[chart.x].duplicated().any():
        keys = [str(cell) for cell in table[chart.color].tolist()]
        spoken = {subject.selected.get(chart.color), *(chart.title.values.values() if chart.title else ())}
        named = {value.key.rpartition(".")[2] if isinstance(value, Message) else str(value) for value in spoken}
        key = next((key for key in keys if key in named), keys[0])
        estimated &= np.array([own == key for own in keys])
        unit = _UNITS.get(key, subject.unit(subject.ys[0]))
        units |= dict.fromkeys([column for column in (subject.ys[0], chart.low, chart.high) if column], unit)
    return replace(subject, table=table[estimated].reset_index(drop=True), units=units)


def stands(subject: Subject) -> bool:
    """Whether dots stand along steps: few names, short enough for their places below."""
    room = subject.width * 0.94 / max(len(subject.table), 1) - subject.px(6)
    names = subject.names(subject.chart.x)
    words = [word for name in names for word in name.split(" ")]
    short = all(text.width(word, subject.sizes.tick) <= room for word in words)
    return (
        len(names) <= _STANDING_AT_MOST
        and short
        and all(len(text.wrap(n, room, subject.sizes.tick, 3)) < 3 for n in names)
    )


def reference_of(subject: Subject) -> float | None:
    """What 'no difference' is: 0 for differences, 1 for times as much, None for measures without such a thing."""
    column = subject.ys[0]
    if _TIMES.search(column) and subject.unit(column) == "number":
        return 1.0
    if subject.is_difference(column):
        return 0.0
    low = subject.values(subject.chart.low) if subject.chart.low else subject.values(column)
    signed = subject.unit(column) in ("money", "ratio", "count") and bool((low < 0).any())
    return 0.0 if signed else None


def ends_of(subject: Subject) -> tuple[Floats, Floats]:
    """Interval ends, the value itself where there is no interval."""
    values, chart = subject.values(subject.ys[0]), subject.chart
    if not (chart.low and chart.high):
        return values, values
    low, high = subject.values(chart.low), subject.values(chart.high)
    return np.where(np.isfinite(low), low, values), np.where(np.isfinite(high), high, values)


def _span(low: Floats, high: Floats, reference: float | None) -> tuple[float, float]:
    together = np.concatenate([low, high, [] if reference is None else [reference]])
    finite = together[np.isfinite(together)]
    if not len(finite):
        return 0.0, 1.0
    start, end = float(finite.min()), float(finite.max())
    pad = (end - start) * 0.06 or abs(end) * 0.2 or 1.0
    return start - pad, end + pad


def _by_base(subject: Subject) -> list[str]:
    """Petrol, grey where the table says in `base_size` that few stand behind the estimate."""
    palette = subject.palette
    if "base_size" not in subject.table.columns:
        return [palette.accent] * len(subject.table)
    return [palette.grey if cell == "few" else palette.accent for cell in subject.table["base_size"].tolist()]


def colours_of(subject: Subject, low: Floats, high: Floats, reference: float | None) -> list[str]:
    """Grey where the interval holds 'no difference', else petrol above it and rust below.

    Where the table has a p adjusted for all that was tested (`pvalue_adjusted`), what it does not show is grey too.
    """
    palette = subject.palette
    if reference is None:
        return _by_base(subject)
    known = [known and shown for known, shown in zip(_known_intervals(subject), _shown(subject), strict=True)]
    return [
        palette.grey
        if not known[row] or start <= reference <= end
        else palette.accent
        if start > reference
        else palette.loss
        for row, (start, end) in enumerate(zip(low, high, strict=True))
    ]


def _shown(subject: Subject) -> list[bool]:
    """False for rows whose p after correction is not below 5 per cent; their own interval may still exclude zero."""
    if "pvalue_adjusted" not in subject.table.columns:
        return [True] * len(subject.table)
    return [not pvalue >= _SHOWN_PVALUE for pvalue in subject.values("pvalue_adjusted")]


def _known_intervals(subject: Subject) -> list[bool]:
    chart = subject.chart
    if not (chart.low and chart.high):
        return [True] * len(subject.table)
    return (np.isfinite(subject.values(chart.low)) & np.isfinite(subject.values(chart.high))).tolist()


def _whiskers(subject: Subject, low: Floats, high: Floats, colours: Sequence[str], *, lying: bool) -> list[plot.Spec]:
    found: list[plot.Spec] = []
    for colour in dict.fromkeys(colours):
        rows = [row for row, own in enumerate(colours) if own == colour and high[row] > low[row]]
        starts = [(low[row], row) if lying else (row, low[row]) for row in rows]
        ends = [(high[row], row) if lying else (row, high[row]) for row in rows]
        found.append(plot.segments(starts, ends, colour, subject.sizes.whisker))
    return found


def _hovers(subject: Subject) -> list[str]:
    low, high = subject.chart.low, subject.chart.high
    return [
        subject.plotly_hover(subject.hover_lines(row, subject.ys[0], low=low, high=high))
        for row in range(len(subject.table))
    ]


def _clickable(subject: Subject, series: int) -> tuple[Clickable, ...]:
    return (Clickable(series, len(subject.table)),) if subject.mark_columns else ()


def forest(subject: Subject) -> Figure:
    """A row an arm: dot at the estimate, whisker over the interval, a line at 'no difference'."""
    sizes, palette, count = subject.sizes, subject.palette, len(subject.table)
    values, (low, high) = subject.values(subject.ys[0]), ends_of(subject)
    reference = reference_of(subject)
    signed = reference == 0.0
    measure = subject.measure(subject.ys[0], subject.chart.low, subject.chart.high)
    start, end = subject.reach or _span(low, high, reference)
    names, left = plot.gutter(subject, subject.names(subject.chart.x))
    colours = colours_of(subject, low, high, reference)
    places = np.arange(count, dtype=float)
    traces = _whiskers(subject, low, high, colours, lying=True)
    traces.append(plot.dots(subject, values, places, colours, _hovers(subject), sizes.dot))
    inks = palette.ink, palette.ink2
    traces.append({
        "type": "scatter", "mode": "text", "hoverinfo": "skip", "cliponaxis": False, "x": values, "y": places - 0.12,
        "text": [text.bold(text.for_plotly(measure.label(float(v), signed=signed))) for v in values],
        "textposition": "top center",
        "textfont": {"size": sizes.label, "color": [inks[c == palette.grey] for c in colours]},
    })  # fmt: skip
    ticks = round_ticks(start, end)
    words = measure.ticks(ticks, signed=signed, last_full=True)
    top, bottom = subject.px(14), subject.px(40)
    height = max(count * subject.px(76), subject.px(90)) + top + bottom
    shapes = [] if reference is None else [{
        "type": "line", "x0": reference, "x1": reference, "y0": -0.5, "y1": count - 0.5, "layer": "below",
        "line": {"color": palette.ink2, "width": sizes.zero_line},
    }]  # fmt: skip
    figure = plot.figure(
        subject, traces, height, (left, top, subject.px(30), bottom),
        xaxis=plot.ticked_axis(subject, start, end, ticks, words, ticklabelstandoff=subject.px(8)),
        yaxis=plot.ticked_axis(
            subject, count - 0.5, -0.65, places.tolist(), names, ticklabelstandoff=subject.px(10),
            tickfont={"size": sizes.label, "color": palette.ink},
        ),
        shapes=shapes,
    )  # fmt: skip
    return figure, height, subject.marks(), _clickable(subject, len(traces) - 2)


def steps(subject: Subject) -> Figure:
    """Standing dots with whiskers along ordered steps; a second value column is the fitted line behind them."""
    sizes, palette, count = subject.sizes, subject.palette, len(subject.table)
    column, *others = subject.ys
    values, (low, high) = subject.values(column), ends_of(subject)
    fitted = subject.values(others[0]) if others else values[:0]
    measure = subject.measure(column)
    start, end = _span(np.concatenate([low, fitted]), np.concatenate([high, fitted]), None)
    if not (low < 0).any() and (start < 0.4 * end or subject.unit(column) in ("money", "count")):
        start = 0.0
    start, end = subject.reach or (start, end)
    places = np.arange(count, dtype=float)
    ticks = round_ticks(start, end)
    tick_words = measure.ticks(ticks)
    left = round(max(text.width(w, sizes.tick) for w in tick_words)) + subject.px(12)
    room = (subject.width - left) / max(count, 1) - subject.px(6)
    traces: list[plot.Spec] = []
    if len(fitted):
        traces.append(plot.line(places, fitted, palette.ghost, sizes.comparison_line))
    colours = _by_base(subject)
    traces += _whiskers(subject, low, high, colours, lying=False)
    traces.append(plot.dots(subject, places, values, colours, _hovers(subject), sizes.dot))
    place = len(traces) - 1
    texts = [text.for_plotly(measure.label(float(v))) if np.isfinite(v) else "" for v in values]
    notes = [
        plot.note(subject, float(row), float(values[row]), text.bold(words), xanchor="right", yanchor="middle",
                  xshift=subject.px(-10), yshift=subject.px(13), font={"size": sizes.value, "color": palette.ink})
        for row, words in enumerate(texts) if words
    ]  # fmt: skip
    below = _below(subject, room)
    third = max(len(lines) for lines in below) > _LINES_BELOW
    top, bottom = subject.px(34 if measure.unit else 16), subject.px(58) + (round(1.35 * sizes.tick) if third else 0)
    height = sizes.dots_height + subject.px(30)
    figure = plot.figure(
        subject, traces, height, (left, top, subject.px(4), bottom),
        xaxis=plot.ticked_axis(
            subject, -0.5, count - 0.5, places.tolist(), ["<br>".join(lines) for lines in below],
            ticklabelstandoff=subject.px(8),
        ),
        yaxis=plot.ticked_axis(
            subject, start, end, ticks, tick_words, **plot.ruled(subject), **plot.zero(subject, start)
        ),
        annotations=[*notes, *plot.tag(subject, measure.unit, left)],
    )  # fmt: skip
    return figure, height, subject.marks(), _clickable(subject, place)


def _below(subject: Subject, room: float) -> list[list[str]]:
    """Under each dot, in lines, its step and how many stand behind it."""
    chosen, size = subject.chosen, subject.sizes.tick
    found: list[list[str]] = []
    for row, name in enumerate(subject.names(subject.chart.x)):
        lines_of = text.wrap(name, room, size)
        parts = plot.strong(lines_of, [bool(chosen[row])] * len(lines_of))
        base = subject.base(row)
        if base and text.width(base, size) <= room:
            parts.append(text.for_plotly(base))
        found.append(parts)
    return found
