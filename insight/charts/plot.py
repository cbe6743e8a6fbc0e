"""What all Plotly figures share: paper, axes without lines, hover box, bars, dots, strokes and notes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from insight.charts import text
from insight.charts.subject import Floats, Subject
from insight.charts.theme import BODY_FONT

Spec = dict[str, Any]
FONT_STACK = f"{BODY_FONT}, Arial, sans-serif"
# Without these a chosen mark would fade all others; look: colours unchanged, an outline instead.
_UNFADED: Spec = {"selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}}}


def figure(
    subject: Subject, traces: Sequence[Spec], height: int, margin: tuple[int, int, int, int], **layout: Any
) -> go.Figure:
    """A figure on the page's paper. `margin` is left, top, right, bottom in pixels; `layout` adds axes and notes."""
    palette, sizes = subject.palette, subject.sizes
    left, top, right, bottom = margin
    base: Spec = {
        "template": go.layout.Template(),
        "height": height,
        "margin": {"l": left, "t": top, "r": right, "b": bottom, "pad": 0},
        "paper_bgcolor": palette.page,
        "plot_bgcolor": palette.page,
        "font": {"family": FONT_STACK, "size": sizes.tick, "color": palette.ink2},
        "hoverlabel": {
            "bgcolor": palette.panel,
            "bordercolor": palette.rule,
            "font": {"family": FONT_STACK, "size": sizes.tick, "color": palette.ink},
            "align": "left",
            "namelength": -1,
        },
        "showlegend": False,
        "hovermode": "closest",
        "clickmode": "event+select",
        "dragmode": False,
    }
    if subject.words.language == "sv":
        base["separators"] = ",\u00a0"
    return go.Figure(data=list(traces), layout={**base, **layout})


def bare_axis(low: float, high: float, **more: Any) -> Spec:
    """An axis that only places things: no line, no ticks, no grid, not to be dragged."""
    return {
        "range": [low, high],
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
        "showline": False,
        "showticklabels": False,
        "ticks": "",
        **more,
    }


def ticked_axis(
    subject: Subject, low: float, high: float, ticks: Sequence[float], texts: Sequence[str], **more: Any
) -> Spec:
    """An axis with our own tick texts (already harmless) and nothing else."""
    words = {
        "showticklabels": True,
        "tickmode": "array",
        "tickvals": np.asarray(ticks, dtype=float),
        "ticktext": list(texts),
        "tickangle": 0,
        "tickfont": {"size": subject.sizes.tick, "color": subject.palette.ink2},
    }
    return bare_axis(low, high, **{**words, **more})


def ruled(subject: Subject) -> Spec:
    """Light rules at the ticks."""
    return {"showgrid": True, "gridcolor": subject.palette.rule, "gridwidth": 1}


def zero(subject: Subject, low: float) -> Spec:
    """A line at 0 on an axis that goes below it."""
    if low >= 0:
        return {}
    return {"zeroline": True, "zerolinecolor": subject.palette.ink2, "zerolinewidth": subject.sizes.zero_line}


def bars(subject: Subject, along: Floats, values: Floats, colours: Sequence[str], hovers: Sequence[str], *,
         lying: bool, thickness: float, base: Floats | None = None) -> Spec:  # fmt: skip
    """Bars at the places `along`, the chosen rows outlined; standing unless `lying`."""
    chosen = subject.chosen if len(subject.table) == len(values) else np.zeros(len(values), dtype=bool)
    trace: Spec = {
        "type": "bar",
        "orientation": "h" if lying else "v",
        "x": values if lying else along,
        "y": along if lying else values,
        "width": thickness,
        "marker": {"color": list(colours), "line": outline(subject, chosen.tolist())},
        "hovertext": list(hovers),
        "hoverinfo": "text",
        **_UNFADED,
    }
    if base is not None:
        trace["base"] = base
    return trace


def outline(subject: Subject, chosen: Sequence[bool], rim: float = 0.0) -> Spec:
    """The line round marks: ink round the chosen ones, `rim` pixels of page colour round the others."""
    sizes, palette = subject.sizes, subject.palette
    return {
        "width": [sizes.chosen_outline if c else rim for c in chosen],
        "color": [palette.ink if c else palette.page for c in chosen],
    }


def dots(subject: Subject, x: Floats, y: Floats, colours: Sequence[str], hovers: Sequence[str], size: float) -> Spec:
    """Dots with a rim in page colour, or in ink where chosen."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": x,
        "y": y,
        "marker": {
            "color": list(colours),
            "size": size,
            "opacity": 1,
            "line": outline(subject, subject.chosen.tolist(), subject.sizes.dot_rim),
        },
        "hovertext": list(hovers),
        "hoverinfo": "text",
        "cliponaxis": False,
        **_UNFADED,
    }


def line(x: Sequence[float] | Floats, y: Sequence[float] | Floats, colour: str, thickness: float, **more: Any) -> Spec:
    """A line that takes neither hover nor click."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": np.asarray(x, dtype=float),
        "y": np.asarray(y, dtype=float),
        "line": {"color": colour, "width": thickness, **more.pop("line", {})},
        "hoverinfo": "skip",
        "cliponaxis": False,
        **more,
    }


def segments(
    starts: Sequence[tuple[float, float]], ends: Sequence[tuple[float, float]], colour: str, thickness: float
) -> Spec:
    """Separate straight strokes in one series: whiskers and connectors."""
    x: list[float] = []
    y: list[float] = []
    for start, end in zip(starts, ends, strict=True):
        x += [start[0], end[0], np.nan]
        y += [start[1], end[1], np.nan]
    return line(x, y, colour, thickness)


def note(subject: Subject, x: float, y: float, markup: str, **more: Any) -> Spec:
    """A text at a place of the data, `markup` already harmless. Anchors and shifts go in `more`."""
    return {
        "x": x,
        "y": y,
        "text": markup,
        "showarrow": False,
        "font": {"size": subject.sizes.label, "color": subject.palette.ink2, **more.pop("font", {})},
        **more,
    }


def tag(subject: Subject, words: str, left: int) -> list[Spec]:
    """The unit, said once, above the figure at the page's left edge; nothing where there is none."""
    if not words:
        return []
    place: Spec = {
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "bottom",
        "xshift": -left,
        "yshift": subject.px(8),
    }
    return [note(subject, 0, 1, text.for_plotly(words), font={"size": subject.sizes.tick}, **place)]


def foot(subject: Subject, words: str, left: int, below: int) -> list[Spec]:
    """A quiet line under the figure that says what a stroke means; `below` is the pixels from plot to line."""
    if not words:
        return []
    place: Spec = {
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "top",
        "xshift": -left,
        "yshift": -below,
    }
    return [note(subject, 0, 0, text.for_plotly(words), font={"size": subject.sizes.tick}, **place)]


def strong(names: Sequence[str], chosen: Sequence[bool]) -> list[str]:
    """Names as markup, the chosen ones bold."""
    return [text.bold(text.for_plotly(n)) if c else text.for_plotly(n) for n, c in zip(names, chosen, strict=True)]


def gutter(subject: Subject, names: Sequence[str], share: float = 0.34) -> tuple[list[str], int]:
    """Names for the left of lying figures, broken in two lines or shortened, as markup; and the pixels they take."""
    size, room = subject.sizes.label, subject.width * share
    broken = [text.wrap(name, room, size) for name in names]
    widest = max((text.width(part, size, strong=True) for parts in broken for part in parts), default=0.0)
    chosen = subject.chosen
    marked = [
        "<br>".join(strong(parts, [row < len(chosen) and bool(chosen[row])] * len(parts)))
        for row, parts in enumerate(broken)
    ]
    return marked, round(widest) + subject.px(14)
