"""Two figures of the same question side by side: on one scale, so that lengths and heights can be compared by eye."""

from typing import Any

from insight.charts.drawn import Drawn
from insight.result import Unit

# Sums and counts of a small group beside those of a large one would be flat lines: from this factor each has its own.
MOST_APART = 3.0
OF_SIZE: tuple[Unit, ...] = ("count", "money")


def same_scale(first: Drawn, second: Drawn, unit: Unit) -> bool:
    """Give both figures the value axes that hold the two of them; whether they now share a scale.

    unit: of the measure. Figures of another kind than bars, lines and dots are left as they are, and so are sums and
    counts that differ in size so much that the smaller could not be read.
    """
    if first.engine != "plotly" or second.engine != "plotly" or first.empty or second.empty:
        return False
    pairs = list(zip(_value_axes(first.spec), _value_axes(second.spec), strict=False))
    if not pairs:
        return False
    if unit in OF_SIZE and any(_apart(one.range, other.range) > MOST_APART for one, other in pairs):
        return False
    for one, other in pairs:
        ends = [*one.range, *other.range]
        whole = (min(ends), max(ends))
        for axis in (one, other):
            axis.range = whole if axis.range[0] <= axis.range[1] else whole[::-1]
    return True


def reach(figure: Drawn) -> tuple[float, float] | None:
    """The ends of a figure's value axis where it has ticks, so that it can be drawn anew with ticks all along it."""
    axes = _value_axes(figure.spec) if figure.engine == "plotly" else []
    ticked = next((axis for axis in axes if axis.tickvals is not None), None)
    return None if ticked is None else (float(min(ticked.range)), float(max(ticked.range)))


def _value_axes(figure: Any) -> list[Any]:
    """The axes along which values stand: those of lying figures (whose rows run downwards), else the upright one."""
    rows = figure.layout.yaxis.range
    if rows is None:
        return []
    lying = rows[0] > rows[1]
    axes = list(figure.select_xaxes()) if lying else [figure.layout.yaxis]
    return [axis for axis in axes if axis.range is not None]


def _apart(one: tuple[float, float], other: tuple[float, float]) -> float:
    sizes = sorted(max(abs(float(end)) for end in ends) for ends in (one, other))
    return sizes[1] / sizes[0] if sizes[0] else float("inf") if sizes[1] else 1.0
