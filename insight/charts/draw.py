"""A result's chart as a figure: `draw` picks the kind, cuts what no eye can read, and says in words what it shows.

What the columns of a chart mean, by kind (`low`/`high` are interval ends, `before` the compared period everywhere):

- bar, columns, hbar: x names, y values (several stand side by side). `bar` stands or lies as the names allow. `color`
  may hold states (core, growing, at_risk, dormant, lost); known segment keys have their state by themselves.
- line: x time or number; y values, the first is the main line; `color` makes a line a group.
- two_sided: x names, y = (left share, right share). staircase: x steps, y = (height, how many stand there).
- matrix, density: x columns, y rows, color the value. flow: x from, color to, y the value. Columns called `from…` and
  `to…` are put where they say. For `matrix` a value called `share…` colours, and n_customers stands in the cell.
- bridge: x names, y changes; the totals are rows `opening` and `closing`, or a metric whose before and value differ by
  their sum. lorenz: x and y cumulative shares, `color` true in the row to speak of (else the best quarter).
- interval: a forest (lying whiskers, grey where they hold 'no difference'), or along dates and days a line in its band.
  dots: standing along steps (a second y is the fitted line), a forest where evidence is against control.
- treemap: x names, y sizes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from insight.charts import bars, bridge, dots, flow, heat, lines, lorenz, plot, stacked, stairs, treemap, two_sided
from insight.charts.drawn import Clickable, Drawn, Engine, Mark
from insight.charts.subject import Annotation, Subject
from insight.charts.theme import Palette, sizes
from insight.i18n.catalog import Words
from insight.result import Chart, ChartKind, Result, Unit

__all__ = ["PLOTLY_CONFIG", "Annotation", "Drawn", "alt_of", "draw", "has_values", "subject_of"]

# For st.plotly_chart: no tool bar, nothing that zooms by accident under a presenter's hand.
PLOTLY_CONFIG: Mapping[str, object] = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}
CONTENT_WIDTH = 970
# Thirty values, and the rows that gather the rest: other values, not filled in, without a customer.
_MOST_BARS = 33
_PAIRED: tuple[ChartKind, ...] = ("matrix", "flow", "density")

_Drawer = Callable[[Subject], tuple[Any, int, tuple[Mark, ...], tuple[Clickable, ...]]]
_KINDS: Mapping[ChartKind, tuple[Engine, _Drawer]] = {
    "bar": ("plotly", bars.draw),
    "hbar": ("plotly", bars.lying),
    "columns": ("plotly", bars.standing),
    "line": ("plotly", lines.draw),
    "matrix": ("echarts", heat.matrix),
    "density": ("echarts", heat.density),
    "flow": ("echarts", flow.draw),
    "treemap": ("echarts", treemap.draw),
    "bridge": ("plotly", bridge.draw),
    "driver_tree": ("plotly", bars.lying),
    "staircase": ("plotly", stairs.draw),
    "stacked": ("plotly", stacked.draw),
    "two_sided": ("plotly", two_sided.draw),
    "lorenz": ("plotly", lorenz.draw),
    "dots": ("plotly", dots.dots),
    "interval": ("plotly", dots.interval),
}


def draw(
    result: Result,
    chart: Chart,
    words: Words,
    palette: Palette,
    *,
    scale: float = 1.0,
    width: int | None = None,
    selected: Mapping[str, object] | None = None,
    annotations: Sequence[Annotation] = (),
    reach: tuple[float, float] | None = None,
) -> Drawn:
    """The figure of one chart of a result.

    scale: 1, theme.PROJECTOR_SCALE in presentation mode, more on large screens. width: the pixels there will be (970
    unless told): what fits is decided by it, the figure itself stretches. selected: the chosen mark, outlined.
    annotations: for lines, the first two are shown. reach: the ends of the value axis of lines and dots, where another
    figure shares it. A chart without rows or values is drawn empty, with `Drawn.empty`.
    """
    subject = subject_of(
        result, chart, words, palette, scale=scale, width=width, selected=selected, annotations=annotations,
        reach=reach,
    )  # fmt: skip
    engine, drawer = _KINDS[chart.kind]
    if not has_values(subject):
        return _nothing(subject, engine)
    if drawer in (bars.lying, bars.draw, two_sided.draw) and len(subject.table) > _MOST_BARS:
        subject = replace(subject, table=subject.table.head(_MOST_BARS))
    spec, height, marks, clickables = drawer(subject)
    return Drawn(engine, spec, height, marks, alt_of(subject), clickables)


def subject_of(
    result: Result, chart: Chart, words: Words, palette: Palette, *, scale: float = 1.0, width: int | None = None,
    selected: Mapping[str, object] | None = None, annotations: Sequence[Annotation] = (),
    reach: tuple[float, float] | None = None,
) -> Subject:  # fmt: skip
    """What every kind of figure is made from: the table that holds the chart's columns, with words and colours.

    Raises ValueError when no table of the result has them all.
    """
    table, units = _table_of(result, chart)
    return Subject(
        result, chart, table, units, words.with_labels(result.labels), palette, sizes(scale), scale,
        width or CONTENT_WIDTH, dict(selected or {}), tuple(annotations), reach,
    )  # fmt: skip


def _table_of(result: Result, chart: Chart) -> tuple[pd.DataFrame, Mapping[str, Unit]]:
    """The first of the result's tables that has every column the chart names."""
    ys = (chart.y,) if isinstance(chart.y, str) else chart.y
    named = {c for c in (chart.x, *ys, chart.low, chart.high, chart.before, chart.color, *(chart.part or ())) if c}
    for name, table in (("", result.table), *result.tables.items()):
        if named <= set(table.columns):
            return table.reset_index(drop=True), {**result.units, **result.more_units.get(name, {})}
    missing = ", ".join(sorted(named - set(result.table.columns)))
    raise ValueError(
        f"no table of {result.key} has all columns of its {chart.kind} chart; the main one lacks {missing}"
    )


def has_values(subject: Subject) -> bool:
    """Whether there is anything to draw."""
    return bool(_measured(subject))


def _measured(subject: Subject) -> str:
    """The column that the figure is about: a value column, for pairs perhaps `color`; empty without values."""
    columns = [subject.chart.color, *subject.ys] if subject.chart.kind in _PAIRED else [*subject.ys]
    numbers = [c for c in columns if c in subject.table.columns and subject.unit(c) not in ("text", "date")]
    measures = [c for c in numbers if c not in subject.mark_columns]
    return next((c for c in measures or subject.ys if np.isfinite(subject.values(c)).any()), "")


def _nothing(subject: Subject, engine: Engine) -> Drawn:
    height = subject.px(48)
    blank = plot.bare_axis(0, 1)
    spec = (
        plot.figure(subject, [], height, (0, 0, 0, 0), xaxis=blank, yaxis=blank)
        if engine == "plotly"
        else {"series": []}
    )
    return Drawn(engine, spec, height, (), subject.words.t("chart.nothing"), empty=True)


def alt_of(subject: Subject) -> str:
    """What a screen reader says: finding, kind of figure, highest and lowest value; the table has the rest."""
    words, chart = subject.words, subject.chart
    column = _measured(subject)
    values = subject.values(column)
    parts = [words.message(chart.title)] if chart.title else []
    parts.append(
        words.t(
            "chart.alt",
            kind=words.t(f"chart.kind.{chart.kind}"),
            measure=subject.column(column),
            n=int(np.isfinite(values).sum()),
        )
    )
    if np.isfinite(values).any() and chart.kind != "lorenz":
        high, low = int(np.nanargmax(values)), int(np.nanargmin(values))
        ends = {"high": high, "low": low}
        said = {end: subject.said(float(values[row]), subject.unit(column)) for end, row in ends.items()}
        parts.append(
            words.t("chart.alt_ends", highest=_row_name(subject, high), lowest=_row_name(subject, low), **said)
        )
    return ". ".join(parts)


def _row_name(subject: Subject, row: int) -> str:
    """What a row is called: its category, for pairs both, for lines by group also the group."""
    chart, measured = subject.chart, _measured(subject)
    columns = (chart.y, chart.x) if chart.kind in _PAIRED and chart.color == measured else (chart.x, chart.color)
    named = [c for c in columns if isinstance(c, str) and c in subject.table.columns and c != measured]
    return " → ".join(subject.name(subject.table[c].iloc[row], subject.unit(c)) for c in dict.fromkeys(named))
