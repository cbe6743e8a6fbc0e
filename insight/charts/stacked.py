"""Stacked standing bars over time: the parts of a whole at each date, groups from dark to light, named at right."""

import numpy as np
import plotly.graph_objects as go

from insight.charts import plot, text
from insight.charts.drawn import Clickable, Mark
from insight.charts.subject import Floats, Subject, as_date

_THICKNESS = 0.74
_NOBODY = ("none", "inactive", "unknown")


def draw(subject: Subject) -> tuple[go.Figure, int, tuple[Mark, ...], tuple[Clickable, ...]]:
    """A bar a value of `x`, divided by the groups in `color`; the first group stands on top and is darkest.

    Groups that mean 'no step' are grey, at the bottom. Values below 0 are not drawn: a part cannot be negative.
    """
    sizes, table = subject.sizes, subject.table
    times = list(dict.fromkeys(table[subject.chart.x].tolist()))
    groups = list(dict.fromkeys(str(cell) for cell in table[subject.chart.color].tolist()))
    values = np.clip(np.nan_to_num(subject.values(subject.ys[0])), 0, None)
    columns = np.array([times.index(cell) for cell in table[subject.chart.x].tolist()])
    ranks = np.array([groups.index(str(cell)) for cell in table[subject.chart.color].tolist()])
    base = np.array([
        values[(columns == column) & (ranks > rank)].sum() for column, rank in zip(columns, ranks, strict=True)
    ])  # fmt: skip
    shades = shades_of(subject, groups)
    hovers = [subject.plotly_hover(_hover(subject, row)) for row in range(len(table))]
    trace = plot.bars(
        subject, columns.astype(float), values, [shades[rank] for rank in ranks], hovers, lying=False,
        thickness=_THICKNESS, base=base,
    )  # fmt: skip
    trace["marker"]["line"] = plot.outline(subject, subject.chosen.tolist(), rim=1.0)
    height, top, bottom = sizes.line_height, subject.px(36), subject.px(34)
    highest = float(max((base + values).max(initial=0), 0)) or 1.0
    names = [subject.name(group) for group in groups]
    right = round(max((text.width(name, sizes.label) for name in names), default=0)) + subject.px(12)
    last = columns == len(times) - 1
    scale = (height - top - bottom) / highest
    notes = _names(subject, names, ranks[last], (base + values / 2)[last], values[last], len(times), scale)
    every = max(1, int(np.ceil(subject.px(64) * len(times) / max(subject.width - right, 1))))
    shown = [place for place in range(len(times)) if (len(times) - 1 - place) % every == 0]
    measure = subject.measure(subject.ys[0])
    figure = plot.figure(
        subject, [trace], height, (0, top, right, bottom),
        xaxis=plot.ticked_axis(
            subject, -0.5, len(times) - 0.5, [float(place) for place in shown],
            [text.for_plotly(_time(subject, times[place])) for place in shown], ticklabelstandoff=subject.px(8),
        ),
        yaxis=plot.bare_axis(0, highest),
        annotations=[
            *notes, *_totals(subject, base + values, columns, len(times)), *plot.tag(subject, measure.unit, 0),
        ],
        barmode="overlay", bargap=0,
    )  # fmt: skip
    return figure, height, subject.marks(), (Clickable(0, len(table)),) if subject.mark_columns else ()


def shades_of(subject: Subject, groups: list[str]) -> list[str]:
    """First group darkest; those without a step grey."""
    ordered = [group for group in groups if group not in _NOBODY]
    steps = dict(zip(ordered, subject.palette.steps(len(ordered))[::-1] if ordered else (), strict=True))
    return [steps.get(group, subject.palette.ghost) for group in groups]


def _hover(subject: Subject, row: int) -> list[str]:
    group = subject.name(subject.table[subject.chart.color].iloc[row])
    when = _time(subject, subject.table[subject.chart.x].iloc[row])
    return subject.hover_lines(row, subject.ys[0], name=f"{group}, {when}")


def _time(subject: Subject, cell: object) -> str:
    day = as_date(cell)
    return subject.words.day(day, form="MMM yy") if day and day.day == 1 else subject.name(cell)


def _names(
    subject: Subject, names: list[str], ranks: Floats, middles: Floats, values: Floats, count: int, scale: float
) -> list[plot.Spec]:
    """The groups' names beside the last bar, at their part's middle, kept a line apart.

    scale: pixels per unit of the axis.
    """
    order = np.argsort(middles)
    size = subject.sizes.label
    found: list[plot.Spec] = []
    free = -np.inf
    for row in order.tolist():
        if values[row] <= 0:
            continue
        wanted = float(middles[row]) * scale
        place = max(wanted, free + size * 1.3)
        free = place
        found.append(plot.note(
            subject, count - 0.5, float(middles[row]), text.for_plotly(names[int(ranks[row])]),
            xanchor="left", yanchor="middle", xshift=subject.px(6), yshift=round(place - wanted),
            font={"color": subject.palette.ink},
        ))  # fmt: skip
    return found


def _totals(subject: Subject, tops: Floats, columns: Floats, count: int) -> list[plot.Spec]:
    """The whole above each bar, where there is room for it."""
    measure, size = subject.measure(subject.ys[0]), subject.sizes.tick
    wholes = [float(tops[columns == place].max(initial=0)) for place in range(count)]
    words = [measure.label(whole) for whole in wholes]
    if max((text.width(word, size) for word in words), default=0) > subject.width / max(count, 1) - 4:
        return []
    return [
        plot.note(
            subject, float(place), whole, text.for_plotly(word), yanchor="bottom", yshift=subject.px(2),
            font={"size": size},
        )
        for place, (whole, word) in enumerate(zip(wholes, words, strict=True))
    ]  # fmt: skip
