"""Treemap: parts of a whole as areas, each with its name and value, each of them clickable."""

from typing import Any

import numpy as np

from insight.charts import option, states, text
from insight.charts.drawn import Clickable, Mark
from insight.charts.option import Spec
from insight.charts.subject import Subject
from insight.charts.theme import blend, text_on

_HEIGHT = 380
# The smallest area keeps enough colour to stand out from the page.
_FAINTEST = 0.3


def draw(subject: Subject) -> tuple[Spec, int, tuple[Mark, ...], tuple[Clickable, ...]]:
    """The positive values, largest first; colours by state where the groups have one, else by size."""
    palette, sizes = subject.palette, subject.sizes
    values = subject.values(subject.ys[0])
    rows = [
        int(row)
        for row in np.argsort(-np.nan_to_num(values), kind="stable")
        if np.isfinite(values[row]) and values[row] > 0
    ]
    measure, names = subject.measure(subject.ys[0]), subject.names(subject.chart.x)
    whole, top = float(values[rows].sum()), float(values[rows[0]]) if rows else 1.0
    by_state = states.colours(subject)
    height = subject.px(_HEIGHT)
    data: list[dict[str, Any]] = []
    for row in rows:
        value = float(values[row])
        colour = by_state[row] if by_state else blend(palette.sequential, _FAINTEST + (0.9 - _FAINTEST) * value / top)
        mark = subject.mark(row)
        chosen = subject.is_chosen(mark)
        side = (subject.width * height * value / whole) ** 0.5
        lines = [text.shorten(names[row], side * 0.8, sizes.label), measure.full(value)]
        # Areas are seldom squares: a label shows where it would fit one clearly narrower.
        fits = max(text.width(line, sizes.label, strong=True) for line in lines) * 1.5 + subject.px(16) <= side
        share = subject.words.t("chart.of_all", share=value / whole)
        data.append({
            "name": f"{len(data)}", "value": value,
            "itemStyle": {"color": colour, "borderColor": palette.ink if chosen else palette.page,
                          "borderWidth": sizes.chosen_outline if chosen else 0},
            "label": {"show": fits, "color": text_on(colour), "fontWeight": "bold" if chosen else "normal",
                      "formatter": "\n".join(text.for_echarts(line) for line in lines)},
            "tooltip": subject.tooltip([*subject.hover_lines(row, subject.ys[0]), share]),
        })  # fmt: skip
    clickable = bool(subject.mark_columns)
    series: Spec = {
        "type": "treemap", "data": data, "left": 0, "right": 0, "top": 0, "bottom": 0, "sort": "desc",
        "roam": False, "nodeClick": False, "breadcrumb": {"show": False}, "animation": False,
        "selectedMode": "single" if clickable else False, "cursor": "pointer" if clickable else "default",
        "label": {
            "position": [subject.px(8), subject.px(8)], "fontSize": sizes.label, "lineHeight": round(sizes.label * 1.35)
        },
        "itemStyle": {"gapWidth": sizes.cell_gap, "borderColor": palette.page},
        "select": {"itemStyle": {"borderColor": palette.ink, "borderWidth": sizes.chosen_outline}},
        "emphasis": {"itemStyle": {"borderColor": palette.ink2, "borderWidth": 1.5}},
    }  # fmt: skip
    marks = subject.marks(rows)
    # ECharts counts a hidden root as 0, so the first area is 1.
    return option.option(subject, [series]), height, marks, (Clickable(0, len(rows), first=1),) if marks else ()
