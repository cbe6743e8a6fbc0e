"""What all native charts of a deck share: type, axes, labels, series colours."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pptx.enum.chart import XL_LABEL_POSITION, XL_LEGEND_POSITION, XL_MARKER_STYLE, XL_TICK_LABEL_POSITION, XL_TICK_MARK
from pptx.enum.dml import MSO_LINE
from pptx.oxml.ns import qn
from pptx.util import Pt

from insight.charts.scale import Scale, round_ticks
from insight.charts.subject import Floats
from insight.export.deck_look import Look, finer, number_format
from insight.export.deck_template import Box
from insight.export.deck_xml import child, element

_LINE, _COMPARISON = 2.5, 1.75


@dataclass(frozen=True)
class Canvas:
    """Where a figure is drawn: the slide, its place there, and the deck's look."""

    slide: Any
    box: Box
    look: Look

    def within(self, box: Box) -> "Canvas":
        """Another place on the same slide."""
        return Canvas(self.slide, box, self.look)


def dress(chart: Any, look: Look, *, legend: bool = False) -> None:
    """Body type in quiet ink, no title, the legend below where several series need one."""
    chart.has_title = False
    chart.font.size = Pt(look.tick)
    look.paint(chart.font.color, look.palette.ink2)
    chart.has_legend = legend
    if legend:
        chart.legend.position = XL_LEGEND_POSITION.BOTTOM
        chart.legend.include_in_layout = False
        chart.legend.font.size = Pt(look.tick)
        look.paint(chart.legend.font.color, look.palette.ink2)


def hide_values(axis: Any) -> None:
    """A value axis that nobody reads, since every mark says its own value."""
    axis.visible = False
    axis.has_major_gridlines = False
    axis.has_minor_gridlines = False


def from_zero(axis: Any, values: Sequence[float] | Floats) -> None:
    """Bars begin at zero, also where all are much alike: programs else choose where the axis begins by themselves."""
    known = [value for value in values if np.isfinite(value)]
    if all(value >= 0 for value in known):
        axis.minimum_scale = 0
    elif all(value <= 0 for value in known):
        axis.maximum_scale = 0


def value_axis(axis: Any, look: Look, form: str) -> None:
    """A value axis of light rules and a few ticks."""
    axis.has_major_gridlines = True
    line = axis.major_gridlines.format.line
    line.width = Pt(0.75)
    look.paint(line.color, look.palette.rule)
    axis.format.line.fill.background()
    axis.major_tick_mark = axis.minor_tick_mark = XL_TICK_MARK.NONE
    axis.tick_labels.number_format = form
    axis.tick_labels.number_format_is_linked = False
    axis.tick_labels.font.size = Pt(look.tick)
    look.paint(axis.tick_labels.font.color, look.palette.ink2)


def name_axis(axis: Any, look: Look, *, lying: bool = False, every: int = 1) -> None:
    """The axis of names or times: no ticks, names outside the plot also where bars go below zero, upright text."""
    axis.has_major_gridlines = False
    axis.major_tick_mark = axis.minor_tick_mark = XL_TICK_MARK.NONE
    axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    axis.tick_labels.font.size = Pt(look.label if lying else look.tick)
    look.paint(axis.tick_labels.font.color, look.palette.ink if lying else look.palette.ink2)
    look.paint(axis.format.line.color, look.palette.ink2)
    axis.format.line.width = Pt(0.75)
    body = axis._element.find(f"{qn('c:txPr')}/{qn('a:bodyPr')}")
    body.set("rot", "0")
    body.set("vert", "horz")
    if lying:
        axis.reverse_order = True
    if every > 1:
        for name in ("tickLblSkip", "tickMarkSkip"):
            skip = child(axis._element, f"c:{name}")
            skip.set("val", str(every))
            last = axis._element.find(qn("c:noMultiLvlLbl"))
            if last is not None:
                last.addprevious(skip)


def every_for(look: Look, names: Sequence[str], room: float) -> int:
    """Every how manieth name has a place along an axis of `room` points, none broken within a word."""
    widest = max((look.wide(word, tick=True) for name in names for word in name.split(" ")), default=0.0)
    return max(1, round(len(names) / 13), math.ceil((widest + 4) * len(names) / max(room, 1.0)))


def label(
    series: Any, look: Look, form: str, *, position: XL_LABEL_POSITION | None = None, colour: str = "",
    bold: bool = False, size: float = 0.0,
) -> None:  # fmt: skip
    """Values beside all marks of a series, written by number format so that they follow the cells."""
    labels = series.data_labels
    labels.show_value = True
    labels.number_format = form
    labels.number_format_is_linked = False
    labels.font.size = Pt(size or look.label)
    labels.font.bold = bold
    look.paint(labels.font.color, colour or look.palette.ink)
    if position is not None:
        labels.position = position
    _on_one_line(labels._element)


def _on_one_line(labels: Any) -> None:
    """A figure is never broken in two."""
    body = labels.find(f"{qn('c:txPr')}/{qn('a:bodyPr')}")
    if body is not None:
        body.set("wrap", "none")


def unlabel(series: Any, points: Sequence[int]) -> None:
    """Take the label from some points of a series."""
    labels = series.data_labels._element
    for place in sorted(points, reverse=True):
        one = element("c:dLbl")
        child(one, "c:idx", val=str(place))
        child(one, "c:delete", val="1")
        labels.insert(0, one)


def colour_bars(series: Any, look: Look, colours: Sequence[str]) -> None:
    """The bars of a series: one colour for all where it is one, else a colour a bar."""
    series.invert_if_negative = False
    most = max(dict.fromkeys(colours), key=list(colours).count)
    look.fill(series.format, most)
    for place, colour in enumerate(colours):
        if colour != most:
            look.fill(series.points[place].format, colour)


def colour_line(series: Any, look: Look, colour: str, *, main: bool = True, markers: bool = True) -> None:
    """A line and its markers in one colour, thinner where it is only there for comparison."""
    series.smooth = False
    series.format.line.width = Pt(_LINE if main else _COMPARISON)
    look.paint(series.format.line.color, colour)
    series.marker.style = XL_MARKER_STYLE.CIRCLE if markers else XL_MARKER_STYLE.NONE
    if markers:
        series.marker.size = 6 if main else 5
        look.fill(series.marker.format, colour)
        series.marker.format.line.fill.background()


def only_points(series: Any, look: Look, colours: Sequence[str], *, size: int = 10) -> None:
    """Dots without a line between them, each in its colour."""
    series.format.line.fill.background()
    series.smooth = False
    series.marker.style = XL_MARKER_STYLE.CIRCLE
    series.marker.size = size
    most = max(dict.fromkeys(colours), key=list(colours).count)
    look.fill(series.marker.format, most)
    series.marker.format.line.fill.background()
    for place, colour in enumerate(colours):
        if colour != most:
            point(series.points[place], look, colour, size)


def point(spot: Any, look: Look, colour: str, size: int = 10) -> None:
    """One point of a line as a dot."""
    spot.marker.style = XL_MARKER_STYLE.CIRCLE
    spot.marker.size = size
    look.fill(spot.marker.format, colour)
    spot.marker.format.line.fill.background()


def hollow(spot: Any, look: Look, colour: str, size: int) -> None:
    """One point of a line as a ring: what it holds is not whole yet."""
    spot.marker.style = XL_MARKER_STYLE.CIRCLE
    spot.marker.size = size
    look.fill(spot.marker.format, look.palette.page)
    look.paint(spot.marker.format.line.color, colour)
    spot.marker.format.line.width = Pt(1.5)


def unseen(series: Any) -> None:
    """A series that only carries others."""
    series.format.fill.background()
    series.format.line.fill.background()


def dashed(series: Any) -> None:
    """A line as dashes."""
    series.format.line.dash_style = MSO_LINE.DASH


def inner_plot(chart: Any, left: float, top: float, width: float, height: float) -> None:
    """Fix the plot's own area (without its labels), as shares of the chart."""
    area = chart._chartSpace.find(f"{qn('c:chart')}/{qn('c:plotArea')}")
    old = area.find(qn("c:layout"))
    if old is not None:
        area.remove(old)
    layout = element("c:layout")
    manual = child(layout, "c:manualLayout")
    child(manual, "c:layoutTarget", val="inner")
    for name in ("xMode", "yMode"):
        child(manual, f"c:{name}", val="edge")
    for name, value in (("x", left), ("y", top), ("w", width), ("h", height)):
        child(manual, f"c:{name}", val=f"{value:.5f}")
    area.insert(0, layout)


def fine_labels(
    series: Any, look: Look, measure: Scale, values: Floats, *, full: bool = True, signed: bool = False
) -> None:  # fmt: skip
    """Values that the figure's own precision would write as 0 get a label of their own precision."""
    for place, value in enumerate(values):
        scale = finer(measure, float(value))
        if scale is not measure:
            point_label(series.points[place], look, number_format(scale, full=full, signed=signed), bold=False)


def point_label(
    spot: Any, look: Look, form: str, *, bold: bool, named: bool = False, colour: str = "",
    position: XL_LABEL_POSITION | None = None,
) -> None:  # fmt: skip
    """The label of one point: its value by a format of its own; `named`: the series' name before it."""
    shown = spot.data_label
    if position is not None:
        shown.position = position
    shown.font.size = Pt(look.label)
    shown.font.bold = bold
    look.paint(shown.font.color, colour or look.palette.ink)
    inner = shown._dLbl
    flags = {"showLegendKey": "0", "showVal": "1", "showCatName": "0", "showSerName": "1" if named else "0"}
    for name, value in flags.items():
        inner.find(qn(f"c:{name}")).set("val", value)
    _on_one_line(inner)
    number = element("c:numFmt", formatCode=form, sourceLinked="0")
    before = inner.find(qn("c:spPr")) if inner.find(qn("c:spPr")) is not None else inner.find(qn("c:txPr"))
    before.addprevious(number)
    if named:
        child(inner, "c:separator").text = "  "


def ticked(
    axis: Any, look: Look, measure: Scale, low: float, high: float, *, about: int = 5, full: bool = False
) -> None:
    """A value axis from `low` to `high`, widened to round ticks, with the decimals that those need."""
    ticks = round_ticks(low, high, about)
    step = ticks[1] - ticks[0] if len(ticks) > 1 else (high - low) or 1.0
    scaled = [tick / measure.divisor for tick in ticks]
    decimals = next((d for d in range(4) if all(abs(v - round(v, d)) < 1e-9 for v in scaled)), 4)
    value_axis(axis, look, number_format(replace(measure, decimals=decimals), full=full))
    axis.minimum_scale = math.floor(low / step + 1e-9) * step
    axis.maximum_scale = max(ticks[-1], high)
    axis.major_unit = step
