"""The bridge from one total to the next: lying bars that hang on each other, petrol what came, rust what went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import plotly.graph_objects as go

from insight.charts import plot, text
from insight.charts.drawn import Clickable, Mark
from insight.charts.scale import Scale, scale_for
from insight.charts.subject import Floats, Subject

_OPENING = ("opening", "before", "start", "total_before")
_CLOSING = ("closing", "after", "end", "total_after")
_THICKNESS = 0.6


@dataclass(frozen=True)
class Spans:
    """The changes with where each bar starts and ends; the totals stand at the rows before and after them, if known."""

    rows: tuple[int, ...]
    changes: Floats
    starts: Floats
    ends: Floats
    opening: float | None
    closing: float | None
    names: tuple[str, str]

    @property
    def places(self) -> Floats:
        """The row on the figure of each change."""
        return np.arange(len(self.rows), dtype=float) + (self.opening is not None)

    @property
    def edges(self) -> tuple[float, float]:
        """The leftmost and rightmost place that any bar or total reaches."""
        every = [*self.starts, *self.ends, *(t for t in (self.opening, self.closing) if t is not None)]
        return (min(every), max(every)) if every else (0.0, 1.0)


def draw(subject: Subject) -> tuple[go.Figure, int, tuple[Mark, ...], tuple[Clickable, ...]]:
    """Rows keyed `opening` and `closing` (or `before`, `after`) are the totals; without them a metric that holds both
    periods and whose difference is the sum of the rows; without one either, the bars start at 0.
    """
    sizes, palette = subject.sizes, subject.palette
    spans = spans_of(subject)
    known = spans.opening is not None and spans.closing is not None
    both = [spans.opening or 0.0, spans.closing or 0.0]
    measure = scale_for(subject.words, subject.unit(subject.ys[0]), [*spans.changes, *both])
    chosen = [bool(subject.chosen[row]) for row in spans.rows]
    names, left = _gutter(subject, spans, chosen)
    count = len(names)
    labels = [measure.plain(float(change), signed=True) for change in spans.changes]
    hovers = [subject.plotly_hover(subject.hover_lines(row, subject.ys[0])) for row in spans.rows]
    colours = [palette.accent if change >= 0 else palette.loss for change in spans.changes]
    bars = plot.bars(
        subject, spans.places, spans.changes, colours, hovers, lying=True, thickness=_THICKNESS, base=spans.starts
    )
    bars["marker"]["line"] = plot.outline(subject, chosen)
    notes = [
        plot.note(
            subject, float(max(start, end)), float(place), text.bold(label) if c else label,
            xanchor="left", yanchor="middle", xshift=subject.px(8), font={"color": palette.ink, "size": sizes.value},
        )
        for start, end, place, label, c in zip(spans.starts, spans.ends, spans.places, labels, chosen, strict=True)
    ]  # fmt: skip
    tails = _tails(measure, spans)
    totals = _totals(spans, tails)
    unit = "" if known else measure.unit
    top = subject.px(34 if unit else 4)
    height = count * sizes.bar_row + top + subject.px(4)
    figure = plot.figure(
        subject, [_connectors(subject, spans), bars], height, (left, top, subject.px(4), subject.px(4)),
        xaxis=plot.bare_axis(*_range(subject, spans, labels, tails, left)),
        yaxis=plot.ticked_axis(
            subject, count - 0.5, -0.5, [float(row) for row in range(count)], names,
            tickfont={"size": sizes.label, "color": palette.ink}, ticklabelstandoff=subject.px(8),
        ),
        shapes=[_thick_tick(subject, place, at) for place, at, _ in totals],
        annotations=[*notes, *(_total(subject, *total) for total in totals), *plot.tag(subject, unit, left)],
        barmode="overlay",
    )  # fmt: skip
    marks = subject.marks(spans.rows)
    return figure, height, marks, (Clickable(1, len(spans.rows)),) if marks else ()


def spans_of(subject: Subject) -> Spans:
    """Where each change starts and ends, and the totals around them where they are known."""
    values = subject.values(subject.ys[0])
    keys = [str(cell) for cell in subject.table[subject.chart.x].tolist()]
    rows = tuple(row for row, key in enumerate(keys) if key not in _OPENING + _CLOSING)
    changes = np.nan_to_num(values[list(rows)])
    words = subject.names(subject.chart.x)
    first = next((row for row, key in enumerate(keys) if key in _OPENING), None)
    last = next((row for row, key in enumerate(keys) if key in _CLOSING), None)
    names = subject.words.t("chart.before_total"), subject.words.t("chart.after_total")
    opening = closing = None
    if first is not None:
        opening = float(values[first])
        closing = float(values[last]) if last is not None else opening + float(changes.sum())
        names = words[first], words[last] if last is not None else names[1]
    else:
        for metric in subject.result.metrics.values():
            if metric.before is None or metric.value is None or isinstance(metric.value, date):
                continue
            before, after = float(metric.before), float(metric.value)
            if abs(before + float(changes.sum()) - after) < 0.005:
                opening, closing = before, after
                break
    ends = (opening or 0.0) + np.cumsum(changes)
    return Spans(rows, changes, ends - changes, ends, opening, closing, names)


def _gutter(subject: Subject, spans: Spans, chosen: Sequence[bool]) -> tuple[list[str], int]:
    size, every = subject.sizes.label, subject.names(subject.chart.x)
    names, loud = [every[row] for row in spans.rows], list(chosen)
    if spans.opening is not None:
        names, loud = [spans.names[0], *names, spans.names[1]], [True, *loud, True]
    broken = [text.wrap(name, subject.width * 0.34, size) for name in names]
    widest = max((text.width(part, size, strong=True) for parts in broken for part in parts), default=0.0)
    marked = ["<br>".join(plot.strong(parts, [c] * len(parts))) for parts, c in zip(broken, loud, strict=True)]
    return marked, round(widest) + subject.px(14)


def _tails(measure: Scale, spans: Spans) -> tuple[str, str]:
    """What stands beside the totals: the sum, and at the end also how much it changed."""
    if spans.opening is None or spans.closing is None:
        return "", ""
    return measure.full(
        spans.opening
    ), f"{measure.full(spans.closing)}\n{measure.plain(spans.closing - spans.opening, signed=True)}"


def _totals(spans: Spans, tails: tuple[str, str]) -> list[tuple[int, float, str]]:
    if spans.opening is None or spans.closing is None:
        return []
    return [(0, spans.opening, tails[0]), (len(spans.rows) + 1, spans.closing, tails[1])]


def _total(subject: Subject, place: int, at: float, tail: str) -> plot.Spec:
    total, *change = (text.for_plotly(part) for part in tail.split("\n"))
    return plot.note(
        subject, at, place, "\u00a0\u00a0".join([text.bold(total), *change]), xanchor="left", yanchor="middle",
        xshift=subject.px(10), font={"color": subject.palette.ink, "size": subject.sizes.value},
    )  # fmt: skip


def _thick_tick(subject: Subject, place: int, at: float) -> plot.Spec:
    """A total is a thick tick, not a bar: so the changes fill the width and no bar starts at a false zero."""
    stroke = {"color": subject.palette.ink, "width": subject.sizes.whisker}
    return {"type": "line", "x0": at, "x1": at, "y0": place - 0.34, "y1": place + 0.34, "line": stroke}


def _connectors(subject: Subject, spans: Spans) -> plot.Spec:
    half = _THICKNESS / 2
    links = [
        ((end, place + half), (end, place + 1 - half)) for end, place in zip(spans.ends, spans.places, strict=True)
    ]
    if spans.opening is None:
        links = links[:-1]
    else:
        links.insert(0, ((spans.opening, 0.34), (spans.opening, 1 - half)))
    return plot.segments([start for start, _ in links], [end for _, end in links], subject.palette.grey, 1.0)


def _range(
    subject: Subject, spans: Spans, labels: Sequence[str], tails: tuple[str, str], left: int
) -> tuple[float, float]:
    """The axis from the leftmost edge to where the rightmost label ends: text has pixels, bars have units."""
    size, (low, high) = subject.sizes.value, spans.edges
    pixels = subject.width - left - subject.px(8)
    texts = [
        (max(s, e), text.width(label, size, strong=True))
        for s, e, label in zip(spans.starts, spans.ends, labels, strict=True)
    ]
    texts += [(at, text.width(tail, size, strong=True) + subject.px(12)) for _, at, tail in _totals(spans, tails)]
    span = (high - low) or abs(high) or 1.0
    per_pixel = span / pixels
    for _ in range(8):
        needed = max((at - low) / per_pixel + wide + subject.px(18) for at, wide in texts) if texts else pixels
        per_pixel *= max(needed / pixels, 1.0)
    return low - 2 * per_pixel, low + pixels * per_pixel
