"""Two-sided bars: share of the customers to the left, names in the middle, share of the sales to the right."""

from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from insight.charts import plot, states, text
from insight.charts.drawn import Clickable, Mark
from insight.charts.subject import Floats, Subject
from insight.charts.theme import HALF_STRENGTH, alpha

_ROW, _THICKNESS = 46, 0.64
# Names and values keep their room also where the page gives less than it was drawn for.
_NARROWEST = 640


def draw(subject: Subject) -> tuple[go.Figure, int, tuple[Mark, ...], tuple[Clickable, ...]]:
    """Left is the first value column, right the last; the halves of a pair share their colour, the left one lighter."""
    left_column, right_column = subject.ys[0], subject.ys[-1]
    # Rows with neither share stand outside the whole that is divided; the table shows them.
    inside = np.isfinite(subject.values(left_column)) | np.isfinite(subject.values(right_column))
    subject = replace(subject, table=subject.table[inside].reset_index(drop=True))
    sizes, palette, count = subject.sizes, subject.palette, len(subject.table)
    left, right = np.fmax(subject.values(left_column), 0), np.fmax(subject.values(right_column), 0)
    names = subject.names(subject.chart.x)
    chosen = subject.chosen
    room = subject.width * 0.3
    broken = [text.wrap(name, room, sizes.label) for name in names]
    widest = max(text.width(part, sizes.label, strong=True) for parts in broken for part in parts)
    middle = (widest + subject.px(36)) / _least_width(subject)
    # The right side carries the money and gets the larger half.
    split = (1 - middle) * 0.45
    places = np.arange(count, dtype=float)
    colours = states.colours(subject) or [palette.accent] * count
    traces = []
    for side, values in enumerate((left, right)):
        shades = [alpha(colour, HALF_STRENGTH) for colour in colours] if side == 0 else colours
        hovers = [subject.plotly_hover(_hover(subject, row, left_column, right_column)) for row in range(count)]
        bars = plot.bars(subject, places, values, shades, hovers, lying=True, thickness=_THICKNESS)
        if side == 0:
            bars["marker"]["line"]["width"] = [0.0] * count
        bars["xaxis"] = "x" if side == 0 else "x2"
        traces.append(bars)
    spans = [_span(subject, left_column, split), _span(subject, right_column, 1 - middle - split)]
    top, bottom = subject.px(40), subject.px(6)
    height = count * subject.px(_ROW) + top + bottom
    centre = split + middle / 2
    middles = [
        plot.note(
            subject, centre, float(row), "<br>".join(plot.strong(parts, [bool(chosen[row])] * len(parts))),
            xref="paper", xanchor="center", yanchor="middle", font={"color": palette.ink},
        )
        for row, parts in enumerate(broken)
    ]  # fmt: skip
    heads = [
        _head(subject, subject.column(left_column), split, "right"),
        _head(subject, subject.column(right_column), split + middle, "left"),
    ]
    shown = [
        *_values(subject, left_column, left, chosen, leftward=True),
        *_values(subject, right_column, right, chosen, leftward=False),
    ]
    figure = plot.figure(
        subject, traces, height, (0, top, 0, bottom),
        xaxis=plot.bare_axis(spans[0], 0, domain=[0, split]),
        xaxis2=plot.bare_axis(0, spans[1], domain=[split + middle, 1], anchor="y"),
        yaxis=plot.bare_axis(count - 0.5, -0.5),
        annotations=[*middles, *heads, *shown], barmode="overlay",
    )  # fmt: skip
    marks = subject.marks() * 2
    clickables = (Clickable(0, count), Clickable(1, count, offset=count)) if marks else ()
    return figure, height, marks, clickables


def _values(
    subject: Subject, column: str, lengths: Floats, chosen: NDArray[np.bool_], *, leftward: bool
) -> list[plot.Spec]:
    """The value beyond the end of every bar of a side, the side that is compared with in the quieter ink."""
    measure, colour = subject.measure(column), subject.palette.ink2 if leftward else subject.palette.ink
    found: list[plot.Spec] = []
    for row, value in enumerate(subject.values(column)):
        words = text.for_plotly(measure.full(float(value)))
        found.append(plot.note(
            subject, float(np.nan_to_num(lengths[row])), row, text.bold(words) if chosen[row] else words,
            xref="x" if leftward else "x2", xanchor="right" if leftward else "left", yanchor="middle",
            xshift=subject.px(-7 if leftward else 7), font={"color": colour},
        ))  # fmt: skip
    return found


def _hover(subject: Subject, row: int, left: str, right: str) -> list[str]:
    lines = subject.hover_lines(row, left)
    if right != left:
        lines.insert(2, subject.hover_lines(row, right)[1])
    return lines


def _span(subject: Subject, column: str, share: float) -> float:
    """The end of a side's axis: its longest bar and the widest value beside it fill the side."""
    values = np.nan_to_num(np.fmax(subject.values(column), 0))
    measure = subject.measure(column)
    widest = max(text.width(measure.full(float(v)), subject.sizes.label, strong=True) for v in values) + subject.px(16)
    longest = float(values.max()) or 1.0
    return longest / max(1 - widest / (share * _least_width(subject)), 0.3)


def _least_width(subject: Subject) -> float:
    return min(subject.width, subject.px(_NARROWEST))


def _head(subject: Subject, words: str, at: float, anchor: str) -> plot.Spec:
    return plot.note(
        subject, at, 1, text.for_plotly(words), xref="paper", yref="paper", xanchor=anchor, yanchor="bottom",
        yshift=subject.px(8), font={"size": subject.sizes.tick},
    )  # fmt: skip
