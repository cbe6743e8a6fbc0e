"""One bar that divides a whole: the rows of a file into used, without customer and set aside."""

from collections.abc import Sequence

import plotly.graph_objects as go

from insight.charts.text import clean, for_plotly
from insight.charts.theme import Palette

HEIGHT = 28


def share_bar(parts: Sequence[tuple[str, int, str]], palette: Palette) -> go.Figure:
    """A thin bar of parts (words, size, colour), left to right; the words stand in the hover."""
    figure = go.Figure()
    for words, size, colour in parts:
        if size:
            figure.add_bar(
                x=[size], y=[""], orientation="h",
                marker={"color": colour, "line": {"width": 1, "color": palette.page}},
                hovertemplate=f"{for_plotly(clean(words))}<extra></extra>",
            )  # fmt: skip
    figure.update_layout(
        barmode="stack", height=HEIGHT, margin={"l": 0, "r": 0, "t": 0, "b": 0}, showlegend=False, bargap=0,
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", dragmode=False,
    )  # fmt: skip
    figure.update_xaxes(visible=False, fixedrange=True, range=[0, sum(size for _, size, _ in parts)])
    figure.update_yaxes(visible=False, fixedrange=True)
    return figure
