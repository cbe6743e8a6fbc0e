"""Flows over several dates: a column of states at each, so that a fall and a return are seen as what they are."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from insight.charts import option, text
from insight.charts.drawn import Clickable, Mark
from insight.charts.option import Spec
from insight.charts.subject import Subject, as_date

FROM, TO = "from_date", "to_date"
_STATELESS = ("none", "inactive", "new", "unknown")
_HEIGHT, _ROW_GAP = 460, 10


@dataclass(frozen=True)
class Stages:
    """The dates in order, the states best first, and the columns that hold the states before and after."""

    dates: tuple[Any, ...]
    states: tuple[str, ...]
    source: str
    target: str


def is_staged(subject: Subject) -> bool:
    """Whether the flows are between several dates."""
    return {FROM, TO} <= set(subject.table.columns)


def draw(subject: Subject) -> tuple[Spec, int, tuple[Mark, ...], tuple[Clickable, ...]]:
    """Links (from a state at a date to one at the next) and states take clicks; upwards is petrol, down rust."""
    stages, values = _stages(subject), subject.values(subject.ys[0])
    rows = [row for row in range(len(values)) if values[row] > 0]
    nodes, node_marks = _nodes(subject, stages, rows, values)
    links = [_link(subject, stages, row, float(values[row])) for row in rows]
    names = [subject.name(state) for state in stages.states]
    side = round(max((text.width(name, subject.sizes.label) for name in names), default=0)) + subject.px(14)
    head, height = subject.px(30), subject.px(_HEIGHT)
    margin = f"{100 * side / subject.width:.2f}%"
    clickable = bool(subject.mark_columns)
    rim = {"borderColor": subject.palette.ink, "borderWidth": subject.sizes.chosen_outline}
    series: Spec = {
        "type": "sankey", "data": nodes, "links": links, "layoutIterations": 0, "draggable": False, "roam": False,
        # In per cent, as the dates above: the figure stretches with the page.
        "left": margin, "right": margin, "top": head, "bottom": subject.px(6), "nodeWidth": subject.px(12),
        "nodeGap": subject.px(_ROW_GAP), "nodeAlign": "left", "selectedMode": "single" if clickable else False,
        "cursor": "pointer" if clickable else "default",
        "label": {"show": True, "fontSize": subject.sizes.label, "color": subject.palette.ink},
        "lineStyle": {"curveness": 0.5},
        "emphasis": {"focus": "none", "lineStyle": {"opacity": 0.8}},
        "select": {"itemStyle": rim, "lineStyle": {"opacity": 0.9}},
    }  # fmt: skip
    spec = option.option(subject, [series], title=_heads(subject, stages, side))
    if not clickable:
        return spec, height, (), ()
    edges = Clickable(0, len(links), data_type="edge")
    return spec, height, (*subject.marks(rows), *node_marks), (
        edges, Clickable(0, len(nodes), offset=len(links), data_type="node"),
    )  # fmt: skip


def _stages(subject: Subject) -> Stages:
    table, chart = subject.table, subject.chart
    target = chart.color or subject.ys[1]
    dates = sorted({*table[FROM].tolist(), *table[TO].tolist()})
    found = dict.fromkeys(map(str, [*table[chart.x].tolist(), *table[target].tolist()]))
    # A state that is missing at the first date must not end up below those that are no step at all.
    states = sorted(found, key=lambda state: _STATELESS.index(state) + 1 if state in _STATELESS else 0)
    return Stages(tuple(dates), tuple(states), chart.x, target)


def _nodes(subject: Subject, stages: Stages, rows: list[int], values: Any) -> tuple[list[dict[str, Any]], list[Mark]]:
    table, last = subject.table, len(stages.dates) - 1
    ordered = [state for state in stages.states if state not in _STATELESS]
    shades = dict(zip(ordered, subject.palette.steps(len(ordered))[::-1] if ordered else (), strict=True))
    nodes: list[dict[str, Any]] = []
    marks: list[Mark] = []
    for place, day in enumerate(stages.dates):
        when, column = (FROM, stages.source) if place < last else (TO, stages.target)
        for state in stages.states:
            own = [r for r in rows if table[when].iloc[r] == day and str(table[column].iloc[r]) == state]
            if not own:
                continue
            total, mark = float(values[own].sum()), subject.mark(own[0], [when, column])
            name = subject.name(state)
            said = f"{subject.column(subject.ys[0])}: {subject.said(total, subject.unit(subject.ys[0]))}"
            chosen = _is_the_chosen(subject, mark)
            edge = place in (0, last)
            nodes.append({
                "name": f"{place} {state}", "depth": place,
                "itemStyle": {
                    "color": shades.get(state, subject.palette.grey),
                    "borderColor": subject.palette.ink,
                    "borderWidth": subject.sizes.chosen_outline if chosen else 0,
                },
                "label": {
                    "show": edge, "position": "right" if place else "left",
                    "fontWeight": "bold" if chosen else "normal", "formatter": text.for_echarts(name),
                },
                "tooltip": subject.tooltip([f"{name}, {_day(subject, day)}", said]),
            })  # fmt: skip
            marks.append(mark)
    return nodes, marks


def _link(subject: Subject, stages: Stages, row: int, value: float) -> dict[str, Any]:
    table, palette = subject.table, subject.palette
    source, target = str(table[stages.source].iloc[row]), str(table[stages.target].iloc[row])
    place = stages.dates.index(table[FROM].iloc[row])
    moved = stages.states.index(target) - stages.states.index(source)
    colour = palette.ghost if not moved or source == "new" else palette.accent if moved < 0 else palette.loss
    chosen = _is_the_chosen(subject, subject.mark(row))
    dates = f"{_day(subject, table[FROM].iloc[row])} – {_day(subject, table[TO].iloc[row])}"
    name = f"{subject.name(source)} → {subject.name(target)}, {dates}"
    return {
        "source": f"{place} {source}", "target": f"{place + 1} {target}", "value": value,
        "lineStyle": {"color": colour, "opacity": 0.9 if chosen else 0.35 if not moved else 0.55},
        "tooltip": subject.tooltip(subject.hover_lines(row, subject.ys[0], name=name)),
    }  # fmt: skip


def _is_the_chosen(subject: Subject, mark: Mark) -> bool:
    """Whether exactly this is chosen: a state's mark is part of its flows' marks."""
    named = {column for column in subject.mark_columns if column in subject.selected}
    return subject.is_chosen(mark) and set(mark) == named


def _heads(subject: Subject, stages: Stages, side: int) -> list[Spec]:
    """The dates above their columns, every label that fits."""
    sizes, count = subject.sizes, len(stages.dates)
    words = [_day(subject, day) for day in stages.dates]
    apart = (subject.width - 2 * side) / max(count - 1, 1)
    widest = max((text.width(word, sizes.tick) for word in words), default=0.0) + subject.px(8)
    every = max(1, int(np.ceil(widest / max(apart, 1.0))))
    style = {"fontSize": sizes.tick, "fontWeight": "normal", "color": subject.palette.ink2}
    return [
        {
            "text": word, "left": f"{100 * (side + apart * place) / subject.width:.2f}%", "top": 0, "padding": 0,
            "textAlign": "center", "textStyle": style,
        }
        for place, word in enumerate(words) if (count - 1 - place) % every == 0
    ]  # fmt: skip


def _day(subject: Subject, cell: object) -> str:
    day = as_date(cell)
    return subject.words.day(day, form="MMM yy") if day and day.day == 1 else subject.name(cell)
