"""A chart of an answer as native shapes of a slide: which drawer each kind has."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from pptx.enum.text import MSO_ANCHOR

from insight.charts import stages
from insight.charts.draw import alt_of, has_values, subject_of
from insight.charts.subject import Subject
from insight.charts.theme import blend
from insight.export import deck_access, deck_bars, deck_points, deck_tables
from insight.export.deck_chart import Canvas
from insight.export.deck_look import Look
from insight.export.deck_sheet import Column
from insight.export.deck_text import Line, put
from insight.i18n.catalog import Words
from insight.result import Chart, ChartKind, Result

# Kinds that are tables of their own, or need the slide's whole width.
_WHOLE: tuple[ChartKind, ...] = ("matrix", "density", "flow", "interval", "stacked")
_MANY_TIMES = 7
_STATELESS = ("none", "inactive", "new", "unknown")


def subject(result: Result, chart: Chart, words: Words, look: Look) -> Subject:
    """The chart with the deck's colours and words."""
    return subject_of(result, chart, words, look.palette)


def is_empty(result: Result, chart: Chart, words: Words, look: Look) -> bool:
    """Whether there is nothing to draw."""
    return not has_values(subject(result, chart, words, look))


def chart_of(result: Result, words: Words, look: Look) -> Chart | None:
    """The main chart; where it has nothing to draw, the first that has."""
    every = [chart for chart in (result.chart, *result.charts) if chart is not None]
    return next((chart for chart in every if not is_empty(result, chart, words, look)), None)


def measure_words(found: Subject) -> str:
    """What a figure measures and in which unit, where its labels do not say it."""
    measure = found.measure(*found.ys)
    unit = "" if measure.percent else f"{measure.before}{measure.after}".strip()
    subtitle = found.words.headline(found.chart.subtitle) if found.chart.subtitle else ""
    if found.chart.kind == "flow":
        # What the app draws as ribbons stands here as bars or cells, whose colours mean something else.
        key = "pack.flow_stages" if stages.is_staged(found) else "pack.flow_pairs"
        subtitle = found.words.t(key, measure=found.column(found.ys[0]))
    known = not unit or unit.casefold() in subtitle.casefold()
    return subtitle if known else f"{subtitle}, {unit}" if subtitle else f"{unit[:1].upper()}{unit[1:]}"


def head(canvas: Canvas, found: Subject, headline: str) -> Canvas:
    """The chart's own finding and measure above it; returns what is left for the chart."""
    look, title = canvas.look, found.words.headline(found.chart.title) if found.chart.title else ""
    # A chart that says the slide's own headline once more says nothing.
    lines = [Line(title, bold=True)] if title and title != headline else []
    said = measure_words(found)
    lines += [Line(said, scale=0.86, colour=look.palette.ink2)] if said else []
    if not lines:
        return canvas
    height = look.length(0.52 if len(lines) > 1 else 0.3)
    put(canvas.slide, canvas.box.part(height=height), lines, look, largest=13, smallest=8, anchor=MSO_ANCHOR.TOP,
        name="Chart title")  # fmt: skip
    return canvas.within(canvas.box.part(top=height + look.length(0.06)))


def takes_whole_width(found: Subject) -> bool:
    """Whether the figure leaves no room for a table beside it."""
    kind, rows = found.chart.kind, len(found.table)
    estimated = kind in ("bar", "hbar", "columns") and bool(found.chart.low)
    compared = kind == "dots" and found.result.evidence in ("control", "before_after")
    return kind in _WHOLE or estimated or compared or (kind == "line" and rows > _MANY_TIMES)


def draw(canvas: Canvas, found: Subject) -> None:
    """Draw it, described for those who do not see it."""
    before = len(canvas.slide.shapes)
    _DRAWERS[found.chart.kind](canvas, found)
    for shape in list(canvas.slide.shapes)[before:]:
        if shape.has_chart or shape.has_table:
            deck_access.describe(shape, alt_of(found))


def _bars(canvas: Canvas, found: Subject) -> None:
    if found.chart.low and found.chart.high and len(found.ys) == 1:
        deck_points.estimated_bars(canvas, found)
    else:
        deck_bars.drawn(canvas, found)


def _treemap(canvas: Canvas, found: Subject) -> None:
    """Areas as bars, largest first: there is no native chart of areas that every program shows."""
    order = np.argsort(-np.nan_to_num(found.values(found.ys[0])), kind="stable")
    deck_bars.drawn(canvas, replace(found, table=found.table.iloc[order].reset_index(drop=True)))


def _density(canvas: Canvas, found: Subject) -> None:
    deck_tables.matrix(canvas, found, upward=True)


def _flow(canvas: Canvas, found: Subject) -> None:
    """Flows over several dates as bars of who stood in each state at each date; else as the matrix they are.

    Who arrives between two dates stands nowhere at the first of them: 'new' is where flows begin, and no bar.
    """
    if not stages.is_staged(found):
        deck_tables.matrix(canvas, found)
        return
    table, values = found.table, found.values(found.ys[0])
    target = found.chart.color or found.ys[1]
    dates = sorted({*table[stages.FROM].tolist(), *table[stages.TO].tolist()})
    seen = dict.fromkeys(map(str, [*table[found.chart.x].tolist(), *table[target].tolist()]))
    seen.pop("new", None)
    states = sorted(seen, key=lambda state: _STATELESS.index(state) + 1 if state in _STATELESS else 0)
    columns: list[Column] = []
    for state in states:
        totals = np.full(len(dates), np.nan)
        for place, day in enumerate(dates):
            # Flows into a date hold everyone who stands there; the first date has only those out of it.
            when, column = (stages.TO, target) if place else (stages.FROM, found.chart.x)
            own = (table[when] == day).to_numpy() & (table[column].astype(str) == state).to_numpy()
            if own.any():
                totals[place] = float(np.nansum(values[own]))
        columns.append(Column(found.name(state), totals))
    ordered = [state for state in states if state not in _STATELESS]
    palette = canvas.look.palette
    shades = dict(zip(ordered, palette.steps(len(ordered))[::-1] if ordered else (), strict=True))
    names = [found.words.day(day, form="MMM yy") if getattr(day, "day", 0) == 1 else found.name(day) for day in dates]
    # Those on no step are grey, each in a grey of its own.
    greys = [blend((palette.page, palette.grey), strength) for strength in (0.45, 0.7, 0.25, 0.9)]
    shades |= dict(zip((state for state in states if state in _STATELESS), greys, strict=False))
    deck_bars.stack(canvas, found, names, columns, [shades[state] for state in states])


_DRAWERS: Mapping[ChartKind, Callable[[Canvas, Subject], None]] = {
    "bar": _bars,
    "hbar": _bars,
    "columns": _bars,
    "driver_tree": _bars,
    "treemap": _treemap,
    "staircase": deck_bars.staircase,
    "stacked": deck_bars.stacked_bars,
    "two_sided": deck_bars.two_sided,
    "bridge": deck_bars.bridge_bars,
    "line": deck_points.series_over,
    "interval": deck_points.interval,
    "dots": deck_points.dotted,
    "lorenz": deck_points.lorenz_curve,
    "matrix": deck_tables.matrix,
    "density": _density,
    "flow": _flow,
}
