"""What a drawn figure is, and how a click on it is read back as the thing that was clicked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Engine = Literal["plotly", "echarts"]
Mark = Mapping[str, object]


@dataclass(frozen=True)
class Clickable:
    """A series that takes clicks: its data from index `first` on are the marks from `offset` on, `count` of them.

    `data_type` is 'main' for ordinary series; a Sankey diagram has 'edge' and 'node'.
    """

    series: int
    count: int
    offset: int = 0
    first: int = 0
    data_type: str = "main"


@dataclass(frozen=True)
class Drawn:
    """A figure ready for the page.

    spec: a Plotly figure or an ECharts option. height: pixels. marks: for every clickable datum the values that name
    its customers, in the order of the figure's data. alt: what a screen reader says. empty: there was nothing to draw
    and the page says so in words.
    """

    engine: Engine
    spec: Any
    height: int
    marks: tuple[Mark, ...]
    alt: str
    clickables: tuple[Clickable, ...] = ()
    empty: bool = False

    def mark_at(self, event: object) -> Mark | None:
        """The mark that a selection event of `st.plotly_chart` or `st.echarts_chart` points at, None for no mark.

        Indices are checked: an event that outlived its data gives None or, at worst, a mark of the present figure;
        so keep the mark (its meaning) when the click comes, never the event.
        """
        for series, data_type, index in _places(event):
            for clickable in self.clickables:
                inside = 0 <= index - clickable.first < clickable.count
                if inside and (series, data_type) == (clickable.series, clickable.data_type):
                    return self.marks[clickable.offset + index - clickable.first]
        return None


def _places(event: object) -> list[tuple[int, str, int]]:
    selection = _part(event, "selection")
    points = _part(selection, "points")
    if isinstance(points, Sequence):
        found = [(_part(point, "curve_number"), "main", _part(point, "point_index")) for point in points]
        return [
            (curve, kind, index) for curve, kind, index in found if isinstance(curve, int) and isinstance(index, int)
        ]
    places: list[tuple[int, str, int]] = []
    for group in _part(selection, "selected") or ():
        series, kind = _part(group, "series_index"), str(_part(group, "data_type") or "main")
        places += [(int(series or 0), kind, int(index)) for index in _part(group, "data_indices") or ()]
    return places


def _part(thing: Any, name: str) -> Any:
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)
