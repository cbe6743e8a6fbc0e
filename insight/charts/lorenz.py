"""The Lorenz curve: the best customers from the left, how much of the sales they carry, the share spoken of."""

from dataclasses import replace

import numpy as np
import plotly.graph_objects as go

from insight.charts import plot, text
from insight.charts.drawn import Clickable, Mark
from insight.charts.subject import Floats, Subject

# The point spoken of where the table does not say: the best quarter.
_TOP = 0.25
_QUARTERS = [0.0, 0.25, 0.5, 0.75, 1.0]


def draw(subject: Subject) -> tuple[go.Figure, int, tuple[Mark, ...], tuple[Clickable, ...]]:
    """`x` cumulative share of customers, `y` of sales. `color` names a column that is true in the row to speak of."""
    known = np.isfinite(subject.values(subject.chart.x)) & np.isfinite(subject.values(subject.ys[0]))
    subject = replace(subject, table=subject.table[known].reset_index(drop=True))
    sizes, palette, count = subject.sizes, subject.palette, len(subject.table)
    x, y = subject.values(subject.chart.x), subject.values(subject.ys[0])
    spoken = spoken_row(subject, x)
    top, bottom, height = subject.px(16), subject.px(44), sizes.dots_height + subject.px(70)
    measure = subject.measure(subject.ys[0])
    shares = subject.measure(subject.chart.x)
    ticks = measure.ticks(_QUARTERS)
    left = round(max(text.width(tick, sizes.tick) for tick in ticks)) + subject.px(12)
    order = np.argsort(x, kind="stable")
    curve_x, curve_y = np.concatenate([[0.0], x[order]]), np.concatenate([[0.0], y[order]])
    quiet = count > 24
    chosen = subject.chosen
    marker_sizes = [sizes.dot if row == spoken or chosen[row] else sizes.line_marker for row in range(count)]
    points = plot.dots(
        subject, x, y, [palette.accent] * count, [_hover(subject, row) for row in range(count)], sizes.dot
    )
    points["marker"]["size"] = marker_sizes
    points["marker"]["line"] = plot.outline(subject, chosen.tolist())
    points["marker"]["opacity"] = [0 if quiet and row != spoken and not c else 1 for row, c in enumerate(chosen)]
    if quiet:
        # Points that are not shown stay unseen also when another one is chosen.
        points["selected"] = points["unselected"] = {}
    traces = [
        plot.line([0, 1], [0, 1], palette.ghost, sizes.comparison_line),
        plot.line(curve_x, curve_y, palette.accent, sizes.line),
        points,
    ]
    notes = [plot.note(
        subject, 0.55, 0.55, text.for_plotly(subject.words.t("chart.even")), xanchor="left", yanchor="top",
        xshift=subject.px(10), yshift=subject.px(-2), font={"size": sizes.tick},
    )]  # fmt: skip
    shapes = []
    if spoken is not None:
        notes.append(_finding(subject, float(x[spoken]), float(y[spoken])))
        shapes = [_guide(subject, float(x[spoken]), float(y[spoken]), down) for down in (True, False)]
    figure = plot.figure(
        subject, traces, height, (left, top, subject.px(26), bottom),
        xaxis=plot.ticked_axis(
            subject, 0, 1, _QUARTERS[1:], shares.ticks(_QUARTERS)[1:], ticklabelstandoff=subject.px(8)
        ),
        yaxis=plot.ticked_axis(subject, 0, 1.02, _QUARTERS, ticks, **plot.ruled(subject)),
        annotations=notes, shapes=shapes,
    )  # fmt: skip
    return figure, height, subject.marks(), (Clickable(2, count),) if subject.mark_columns else ()


def spoken_row(subject: Subject, x: Floats) -> int | None:
    """The row that the finding speaks of; None without one."""
    column = subject.chart.color
    if column and column in subject.table.columns:
        told = [row for row, cell in enumerate(subject.table[column].tolist()) if cell]
        return told[0] if told else None
    if not np.isfinite(x).any():
        return None
    return int(np.nanargmin(np.abs(x - _TOP)))


def _hover(subject: Subject, row: int) -> str:
    lines = subject.hover_lines(row, subject.ys[0])
    lines[0] = subject.words.t("chart.of_customers", share=float(subject.values(subject.chart.x)[row]))
    return subject.plotly_hover(lines)


def _finding(subject: Subject, x: float, y: float) -> plot.Spec:
    words = subject.words
    lines = [words.t("chart.of_customers", share=x), words.t("chart.of_sales", share=y)]
    shown = "<br>".join(text.bold(text.for_plotly(line)) for line in lines)
    return plot.note(
        subject, x, y, shown, xanchor="left", yanchor="top", align="left", xshift=subject.px(14), yshift=subject.px(-4),
        font={"color": subject.palette.ink},
    )  # fmt: skip


def _guide(subject: Subject, x: float, y: float, down: bool) -> plot.Spec:
    ends = {"x0": x, "x1": x, "y0": 0, "y1": y} if down else {"x0": 0, "x1": x, "y0": y, "y1": y}
    return {
        "type": "line",
        **ends,
        "line": {"color": subject.palette.grey, "width": 1, "dash": "dot"},
        "layer": "below",
    }
