"""The value ladder as a staircase: what a customer on each step is worth, how many stand there, what the next adds."""

from itertools import pairwise

import numpy as np
import plotly.graph_objects as go

from insight.charts import plot, text
from insight.charts.drawn import Clickable, Mark
from insight.charts.scale import Scale
from insight.charts.subject import Floats, Subject

Figure = tuple[go.Figure, int, tuple[Mark, ...], tuple[Clickable, ...]]


def rises(values: Floats) -> bool:
    """Whether a ladder's rows climb. Where too few steps have a height to tell, the table's first is the best: a
    selection turns no ladder around."""
    known = values[np.isfinite(values)]
    return len(known) > 1 and bool(known[0] < known[-1])


def draw(subject: Subject) -> Figure:
    """Touching steps, lowest to the left: height is the first value column, a second one is how many stand there."""
    sizes, palette, count = subject.sizes, subject.palette, len(subject.table)
    values = subject.values(subject.ys[0])
    known = values[np.isfinite(values)]
    places = np.arange(count, dtype=float)[:: 1 if rises(values) else -1]
    measure = subject.measure(subject.ys[0])
    shades = palette.steps(count)
    colours = [shades[int(place)] for place in places]
    hovers = [subject.plotly_hover(_stair_hover(subject, row)) for row in range(count)]
    trace = plot.bars(subject, places, np.nan_to_num(values), colours, hovers, lying=False, thickness=1.0)
    chosen = subject.chosen
    trace["marker"]["line"] = plot.outline(subject, chosen.tolist(), rim=1.5)
    highest, lowest = float(max(known.max(initial=0), 0)) or 1.0, float(min(known.min(initial=0), 0))
    height, top = sizes.stair_height, subject.px(74)
    step = subject.width / max(count, 1)
    notes = [
        plot.note(
            subject, float(places[row]) - 0.5, max(float(np.nan_to_num(values[row])), 0.0),
            _tread(subject, row, measure, step), xanchor="left", yanchor="bottom", align="left",
            xshift=subject.px(10), yshift=subject.px(2), font={"color": palette.ink},
        )
        for row in range(count)
    ]  # fmt: skip
    pixels = (height - top - subject.px(4)) / (highest - lowest)
    notes += _risers(subject, places, values, measure, step, pixels)
    figure = plot.figure(
        subject, [trace], height, (0, top, 0, subject.px(4)),
        xaxis=plot.bare_axis(-0.5, count - 0.5), yaxis=plot.bare_axis(lowest, highest), annotations=notes, bargap=0,
    )  # fmt: skip
    return figure, height, subject.marks(), (Clickable(0, count),) if subject.mark_columns else ()


def _tread_lines(subject: Subject, row: int, measure: Scale, room: float) -> list[str]:
    size = subject.sizes.label
    name = subject.names(subject.chart.x)[row]
    value = subject.words.t("chart.per_customer", value=measure.full(float(subject.values(subject.ys[0])[row])))
    short = measure.full(float(subject.values(subject.ys[0])[row]))
    people = _people(subject, row)
    lines = [name, value if text.width(value, size) <= room else short, *([people] if people else [])]
    return [text.shorten(line, room, size) for line in lines]


def _people(subject: Subject, row: int) -> str:
    if len(subject.ys) > 1:
        count = subject.values(subject.ys[1])[row]
        return "" if np.isnan(count) else subject.words.t("chart.base.n_customers", n=int(count))
    return subject.base(row)


def _tread(subject: Subject, row: int, measure: Scale, step: float) -> str:
    first, *rest = (text.for_plotly(line) for line in _tread_lines(subject, row, measure, step - subject.px(14)))
    return "<br>".join([text.bold(first), *rest])


def _stair_hover(subject: Subject, row: int) -> list[str]:
    lines, people = subject.hover_lines(row, subject.ys[0]), _people(subject, row)
    return [*lines, people] if people and people not in lines else lines


def _risers(
    subject: Subject, places: Floats, values: Floats, measure: Scale, step: float, pixels: float
) -> list[plot.Spec]:
    """The difference to the next step, at the riser, where it fits; bold where the title speaks of these two steps."""
    size, palette = subject.sizes.label, subject.palette
    title = subject.chart.title
    spoken = {str(value) for value in title.values.values()} if title else set[str]()
    cells = [str(cell) for cell in subject.table[subject.chart.x].tolist()]
    order = np.argsort(places)
    found: list[plot.Spec] = []
    for here, there in pairwise(order.tolist()):
        rise = float(values[there] - values[here])
        if not np.isfinite(rise):
            continue
        words = measure.plain(rise, signed=True)
        up = rise * pixels
        above = up > size * 1.5
        bottom = up - size * 1.3 if above else max(up, 0.0)
        beside = _widest_at(subject, _tread_lines(subject, int(here), measure, step), bottom)
        if beside + text.width(words, size, strong=True) + subject.px(24) > step:
            continue
        named = {cells[here], cells[there]} <= spoken
        found.append(plot.note(
            subject, float(places[here]) + 0.5, max(float(values[there]), float(values[here])),
            text.bold(text.for_plotly(words)) if named else text.for_plotly(words),
            xanchor="right", yanchor="top" if above else "bottom", xshift=subject.px(-8),
            font={"color": palette.accent if named else palette.ink2},
        ))  # fmt: skip
    return found


def _widest_at(subject: Subject, lines: list[str], bottom: float) -> float:
    """Width of those lines on a tread, the last one lowest, that a text from `bottom` pixels above it up would meet."""
    size = subject.sizes.label
    high, met = size * 1.3, 0.0
    for place, line in enumerate(reversed(lines)):
        if place * high < bottom + high - 4 and (place + 1) * high > bottom + 4:
            met = max(met, text.width(line, size, strong=True) + subject.px(10))
    return met
