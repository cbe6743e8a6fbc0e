"""Flows from states before to states after: thick where many went, coloured where they went up or down."""

from typing import Any

import numpy as np

from insight.charts import option, stages, text
from insight.charts.drawn import Clickable, Mark
from insight.charts.option import Pairs, Spec
from insight.charts.scale import Scale
from insight.charts.subject import Subject

_NODE_ROW = 68


def draw(subject: Subject) -> tuple[Spec, int, tuple[Mark, ...], tuple[Clickable, ...]]:
    """Links (from → to) and the states on both sides take clicks. Best state first: upwards is petrol, down rust."""
    if stages.is_staged(subject):
        return stages.draw(subject)
    pairs = option.pairs(subject)
    rows = [row for row, value in enumerate(pairs.values) if np.isfinite(value) and value > 0]
    measure = subject.measure(pairs.value)
    nodes, node_marks = _nodes(subject, pairs, rows, measure)
    links = [_link(subject, pairs, row) for row in rows]
    sides = [_label_width(subject, [n for n in nodes if n["depth"] == depth]) for depth in (0, 1)]
    count = max(sum(1 for node in nodes if node["depth"] == depth) for depth in (0, 1)) if nodes else 1
    height = max(subject.px(_NODE_ROW) * count, subject.px(240))
    clickable = bool(subject.mark_columns)
    series: Spec = {
        "type": "sankey", "data": nodes, "links": links, "layoutIterations": 0, "draggable": False, "roam": False,
        "left": sides[0], "right": sides[1], "top": subject.px(6), "bottom": subject.px(6),
        "nodeWidth": subject.px(12), "nodeGap": subject.px(18), "nodeAlign": "justify",
        "selectedMode": "single" if clickable else False, "cursor": "pointer" if clickable else "default",
        "label": {"show": True, "fontSize": subject.sizes.label, "color": subject.palette.ink},
        "lineStyle": {"curveness": 0.5},
        "emphasis": {"focus": "none", "lineStyle": {"opacity": 0.8}},
        "select": {"itemStyle": _rim(subject), "lineStyle": {"opacity": 0.9}},
    }  # fmt: skip
    spec = option.option(subject, [series])
    if not clickable:
        return spec, height, (), ()
    marks = (*subject.marks(rows), *node_marks)
    edges = Clickable(0, len(links), data_type="edge")
    return spec, height, marks, (edges, Clickable(0, len(nodes), offset=len(links), data_type="node"))


def _rim(subject: Subject) -> Spec:
    return {"borderColor": subject.palette.ink, "borderWidth": subject.sizes.chosen_outline}


def _nodes(subject: Subject, pairs: Pairs, rows: list[int], measure: Scale) -> tuple[list[dict[str, Any]], list[Mark]]:
    """The states on the left, then those on the right; `from 2` and `to 2` since a state stands on both sides."""
    nodes: list[dict[str, Any]] = []
    marks: list[Mark] = []
    order = list(dict.fromkeys([*pairs.sources, *pairs.targets]))
    shades = subject.palette.steps(len(order))[::-1]
    for side, (column, cells) in enumerate(((pairs.source, pairs.sources), (pairs.target, pairs.targets))):
        for place, cell in enumerate(cells):
            own = [row for row in rows if pairs.places[row][side] == place]
            if not own:
                continue
            total = float(pairs.values[own].sum())
            mark = subject.mark(own[0], [column])
            name = subject.name(cell, subject.unit(column))
            said = f"{subject.column(pairs.value)}: {subject.said(total, subject.unit(pairs.value))}"
            shown = text.shorten(name, subject.width * 0.2, subject.sizes.label)
            colour = shades[order.index(cell)] if pairs.is_movement else subject.palette.accent
            chosen = subject.is_chosen(mark) and set(subject.selected) & set(subject.mark_columns) == set(mark)
            nodes.append({
                "name": f"{'to' if side else 'from'} {place}", "depth": side,
                "itemStyle": {"color": colour, **(_rim(subject) if chosen else {"borderWidth": 0})},
                "label": {
                    "position": "right" if side else "left", "fontWeight": "bold" if chosen else "normal",
                    "formatter": f"{text.for_echarts(shown)}\u00a0 {measure.label(total)}",
                },
                "tooltip": subject.tooltip([name, said]),
            })  # fmt: skip
            marks.append(mark)
    return nodes, marks


def _link(subject: Subject, pairs: Pairs, row: int) -> dict[str, Any]:
    palette, (down, over) = subject.palette, pairs.places[row]
    source, target = pairs.sources[down], pairs.targets[over]
    order = list(dict.fromkeys([*pairs.sources, *pairs.targets]))
    moved = order.index(target) - order.index(source) if pairs.is_movement else None
    colour = palette.ghost if not moved else palette.accent if moved < 0 else palette.loss
    chosen = subject.is_chosen(subject.mark(row)) and len(subject.mark(row)) == len(
        [column for column in subject.mark_columns if column in subject.selected]
    )
    names = [
        subject.name(cell, subject.unit(column)) for cell, column in ((source, pairs.source), (target, pairs.target))
    ]
    return {
        "source": f"from {down}", "target": f"to {over}", "value": float(pairs.values[row]),
        "lineStyle": {"color": colour, "opacity": 0.9 if chosen else 0.5},
        "tooltip": subject.tooltip(subject.hover_lines(row, pairs.value, name=" → ".join(names))),
    }  # fmt: skip


def _label_width(subject: Subject, nodes: list[dict[str, Any]]) -> int:
    shown = [str(node["label"]["formatter"]) for node in nodes]
    return round(
        max((text.width(label, subject.sizes.label, strong=True) for label in shown), default=0.0)
    ) + subject.px(12)
