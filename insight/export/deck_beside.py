"""A slide of two groups side by side: one table of both and their difference, and a chart of each on one scale."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from pptx.enum.chart import XL_CHART_TYPE

from insight import comparing
from insight.charts.together import MOST_APART, OF_SIZE
from insight.export import deck_figure, deck_tables, written
from insight.export.deck_chart import Canvas
from insight.export.deck_tables import Cell
from insight.export.deck_text import Line, points, put
from insight.export.item import Item
from insight.export.tables import basis_lines
from insight.i18n.catalog import Words
from insight.result import Chart, Result
from insight.words import evidence_words

_GAP, _HEAD, _TABLE_SHARE = 0.3, 0.5, 0.42
_FEW_FIGURES = 2
# What the bars keep of a plot at least, however long the values beyond them are.
_LEAST_PLOT = 0.3
_XY = (XL_CHART_TYPE.XY_SCATTER_LINES, XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS)
_STACKED = (XL_CHART_TYPE.COLUMN_STACKED, XL_CHART_TYPE.BAR_STACKED)
# Beyond the longest bar its value stands.
_ROOM = 1.15


def sides(item: Item) -> tuple[Item, Item]:
    """The two groups' answers."""
    assert item.other is not None
    return item, item.other


def names(item: Item) -> tuple[str, str]:
    """What the two are called."""
    first, second = sides(item)
    return first.name, second.name


def _results(item: Item) -> tuple[Result | None, Result | None]:
    first, second = sides(item)
    return first.result, second.result


def headline(item: Item, words: Words) -> str:
    """The figure that tells the two apart, by both names."""
    return comparing.headline(*_results(item), words, names(item), apart=item.apart)


def key_figure(item: Item, words: Words) -> str:
    """The same figure and its difference, for the summary."""
    row = comparing.telling(*_results(item), words, apart=item.apart)
    return f"{words.t('compare.difference')}: {comparing.difference_words(words, row)}" if row else ""


def above(item: Item, words: Words) -> list[str]:
    """The line above the headline: question, period, the two, what it rests on."""
    one = item.results[0]
    between = words.t("compare.two", first=names(item)[0], second=names(item)[1])
    evidence = [evidence_words(one, words)[0]] if one.evidence else []
    return [words.t(f"analysis.{one.key}.title"), written.period_words(words, one.basis), between, *evidence]


def below(item: Item, words: Words) -> list[str]:
    """The foot: where each side's figures come from, the rule, then what must be said beside them."""
    counted: list[str] = []
    for side in sides(item):
        if side.result is not None:
            basis = side.result.basis
            n = [words.t("ui.n_customers", n=basis.n_customers)] if basis.n_customers is not None else []
            parts = [written.period_words(words, basis), *n, words.t("pack.rows_used", n=basis.rows_used)]
            counted.append(f"{side.name}: {', '.join(parts)}")
    caveats = dict.fromkeys(
        words.with_labels(one.labels).t(f"note.{note.code}", **note.values)
        for one in item.results
        for note in one.notes
    )
    said = comparing.why_no_interval(_rows(item, words), words, apart=item.apart)
    rule = words.message(item.results[0].basis.rule)
    return [" · ".join(counted), rule, *([said] if said else []), *caveats]


def notes(item: Item, words: Words) -> list[str]:
    """Both sides' method, definition, sum check and command line, one after the other."""
    found: list[str] = []
    for side in sides(item):
        found += ["", side.name] if found else [side.name]
        if side.result is None:
            found.append(_why_none(side, words))
        else:
            found += [f"{what}: {value}" for what, value in basis_lines(side.result, words, side.scope)]
        if side.command:
            found.append(f"{words.t('basis.command')}: {side.command}")
    return found


def _why_none(side: Item, words: Words) -> str:
    assert side.refusal is not None
    return words.t("compare.no_answer", why=words.message(side.refusal))


def every_figure(item: Item, words: Words) -> list[comparing.Row]:
    """All figures of both, also those that a slide has no room for."""
    every = tuple(dict.fromkeys(name for result in item.results for name in result.metrics))
    return comparing.rows(*_results(item), words, names=every, apart=item.apart, most=len(every))


def _rows(item: Item, words: Words) -> list[comparing.Row]:
    return comparing.rows(*_results(item), words, apart=item.apart)


# --- the slide --------------------------------------------------------------------------------------------------------


def content(canvas: Canvas, item: Item, words: Words) -> None:
    """The table of figures, then under each group's name what was found in it and its chart."""
    look, box = canvas.look, canvas.box
    chart = _chart(item, words, canvas)
    named = chart is not None and _names_its_rows(item, chart, words, canvas)
    top = _figures(canvas, item, words, _FEW_FIGURES if named else comparing.MOST_FIGURES)
    gap, line = look.length(_GAP), look.length(_HEAD)
    half = (box.width - gap) // 2
    places = [box.part(top=top, left=side * (half + gap), width=half) for side in range(2)]
    for side, place in zip(sides(item), places, strict=True):
        said = words.with_labels(side.result.labels).headline(side.result.headline) if side.result else ""
        lines = [Line(side.name, bold=True), *([Line(said, scale=0.86, colour=look.palette.ink2)] if said else [])]
        put(canvas.slide, place.part(height=line), lines, look, largest=13, smallest=7, name="Group")
    drawn: list[list[Any]] = []
    for side, place in zip(sides(item), places, strict=True):
        before = len(canvas.slide.shapes)
        _side(canvas.within(place.part(top=line)), side, chart, words)
        drawn.append([shape.chart for shape in list(canvas.slide.shapes)[before:] if shape.has_chart])
    if chart is not None and all(drawn):
        _one_scale(drawn[0], drawn[1], of_size=_unit(item, chart) in OF_SIZE)


def _names_its_rows(item: Item, chart: Chart, words: Words, canvas: Canvas) -> bool:
    """Whether the chart stands beside a table of its own, which takes height."""
    result = next(one for one in item.results if _like(one, chart))
    found = deck_figure.subject(result, chart, words, canvas.look)
    return deck_figure.takes_whole_width(found) and chart.kind in ("interval", "dots", "bar", "hbar", "columns")


def _figures(canvas: Canvas, item: Item, words: Words, most: int) -> int:
    """A row a figure: the two values and their difference; returns where the charts begin."""
    found, look = _rows(item, words)[:most], canvas.look
    if not found:
        return 0
    heads = ["compare.figure", "compare.difference"]
    first, last = (words.t(key) for key in heads)
    rows = [[Cell(first), *(Cell(name, right=True) for name in names(item)), Cell(last, right=True)]]
    rows += [
        [
            Cell(row.name),
            Cell(comparing.value_words(words, row.first, row.key), right=True),
            Cell(comparing.value_words(words, row.second, row.key), right=True),
            Cell(comparing.difference_words(words, row), right=True, bold=True),
        ]
        for row in found
    ]
    room, height = points(canvas.box.width), points(canvas.box.height) * _TABLE_SHARE
    widths = [room * share for share in (0.28, 0.24, 0.24, 0.24)]
    size = deck_tables.size_for(look.face, rows, widths, height, look.label)
    tall = deck_tables.draw(canvas, rows, widths, size=size, name="Figures")
    return round(sum(tall) * 12_700) + look.length(0.16)


def _chart(item: Item, words: Words, canvas: Canvas) -> Chart | None:
    """The chart that both are drawn as: the first group's, else the second's."""
    found = (deck_figure.chart_of(result, words, canvas.look) for result in item.results)
    return next((chart for chart in found if chart is not None), None)


def _like(result: Result, chart: Chart) -> Chart | None:
    every = [one for one in (result.chart, *result.charts) if one is not None]
    return next((one for one in every if (one.kind, one.x, one.y) == (chart.kind, chart.x, chart.y)), None)


def _side(canvas: Canvas, side: Item, chart: Chart | None, words: Words) -> None:
    """One group's chart with its measure, or in words why there is none."""
    look = canvas.look
    same = _like(side.result, chart) if side.result and chart else None
    if side.result is None or same is None or deck_figure.is_empty(side.result, same, words, look):
        said = words.t("compare.no_figure") if side.result else _why_none(side, words)
        put(canvas.slide, canvas.box.part(height=look.length(0.8)), [Line(said, colour=look.palette.ink2)], look,
            largest=13, smallest=8, name="Reason")  # fmt: skip
        return
    found = deck_figure.subject(side.result, same, words, look)
    said = deck_figure.measure_words(found)
    height = look.length(0.26) if said else 0
    if said:
        line = Line(said, colour=look.palette.ink2)
        put(canvas.slide, canvas.box.part(height=height), [line], look, largest=11, smallest=6.5, name="Measure")
    deck_figure.draw(canvas.within(canvas.box.part(top=height)), found)


def _unit(item: Item, chart: Chart) -> str:
    column = chart.y if isinstance(chart.y, str) else chart.y[0]
    units = (known for result in item.results for known in (result.units, *result.more_units.values()))
    return next((known[column] for known in units if column in known), "number")


# --- one scale --------------------------------------------------------------------------------------------------------


def _one_scale(first: Sequence[Any], second: Sequence[Any], *, of_size: bool) -> None:
    """Value axes that hold both charts, so that lengths and heights compare; not for sums of groups far apart."""
    for one, other in zip(first, second, strict=False):
        if one.chart_type != other.chart_type:
            continue
        for name in ("value_axis", "category_axis") if one.chart_type in _XY else ("value_axis",):
            axes = [getattr(one, name), getattr(other, name)]
            if one.chart_type in _XY and name == "value_axis" and not axes[0].visible:
                # A row a series: its places are no values.
                continue
            ends = [_ends(chart, axis) for chart, axis in zip((one, other), axes, strict=True)]
            low, high = min(low for low, _ in ends), max(high for _, high in ends)
            least = min(high - low for low, high in ends)
            if low >= high or (of_size and high - low > MOST_APART * least):
                continue
            ticked = max((axis for axis in axes if axis.major_unit), key=lambda axis: axis.major_unit, default=None)
            if ticked is not None:
                # Programs that show slides count the ticks from the axis's beginning.
                low = math.floor(low / ticked.major_unit + 1e-9) * ticked.major_unit
            elif low < 0 and one.chart_type == XL_CHART_TYPE.BAR_CLUSTERED:
                low, high = _with_room((one, other), ends)
            for axis in axes:
                axis.minimum_scale, axis.maximum_scale = low, high
                if ticked is not None:
                    _tick_as(axis, ticked)


def _with_room(charts: Sequence[Any], ends: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """A scale for both on which the values beyond the bars have the share of the width that they have alone.

    Bars that are short on the longer scale would else have their values on the names.
    """
    reached = [_reached(chart) for chart in charts]
    spans = [high - low for low, high in ends]
    before = max((far[0] - low) / span for far, (low, _), span in zip(reached, ends, spans, strict=True))
    after = max((high - far[1]) / span for far, (_, high), span in zip(reached, ends, spans, strict=True))
    low, high = min(far[0] for far in reached), max(far[1] for far in reached)
    span = (high - low) / max(1 - before - after, _LEAST_PLOT)
    return low - before * span, high + after * span


def _reached(chart: Any) -> tuple[float, float]:
    """From the longest bar below zero to the longest above."""
    values = [float(value) for series in _series(chart) for value in series.values if value is not None]
    return min([0.0, *values]), max([0.0, *values])


def _tick_as(axis: Any, ticked: Any) -> None:
    """The ticks of the other chart, with the decimals that they need where both are written in the same size."""
    axis.major_unit = ticked.major_unit
    form, other = axis.tick_labels.number_format, ticked.tick_labels.number_format
    if form.count(",") == other.count(","):
        axis.tick_labels.number_format = other


def _ends(chart: Any, axis: Any) -> tuple[float, float]:
    """From where to where an axis goes: as it was told, else from 0 to a little beyond its longest bar."""
    if axis.minimum_scale is not None and axis.maximum_scale is not None:
        return float(axis.minimum_scale), float(axis.maximum_scale)
    grid = [[np.nan if value is None else value for value in series.values] for series in _series(chart)]
    values = np.array(grid, dtype=float)
    if chart.chart_type in _STACKED:
        values = np.nansum(values, axis=0)
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    return min(low * _ROOM, 0.0), max(high * _ROOM, 0.0)


def _series(chart: Any) -> Iterable[Any]:
    return [series for plot in chart.plots for series in plot.series]
