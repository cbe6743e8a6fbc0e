"""What all ECharts figures share, and how a table of pairs (from, to, value) is read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from insight.charts.plot import FONT_STACK
from insight.charts.subject import Floats, Subject

Spec = dict[str, Any]
_FROM = re.compile(r"(^|_)(from|source|before|earlier|previous|first|cohort)(_|$)")
_TO = re.compile(r"(^|_)(to|target|after|later|now|next|second)(_|$)")


@dataclass(frozen=True)
class Pairs:
    """A table in long form as a grid: the row and column categories in order, and for each table row its place."""

    source: str
    target: str
    value: str
    sources: tuple[object, ...]
    targets: tuple[object, ...]
    places: tuple[tuple[int, int], ...]
    values: Floats

    @property
    def is_movement(self) -> bool:
        """Whether the same states stand on both sides, before and after, so that staying put is the diagonal."""
        says_so = _FROM.search(self.source) or _TO.search(self.target)
        return bool(says_so and set(self.sources) & set(self.targets))


def option(subject: Subject, series: Sequence[Spec], **more: Any) -> Spec:
    """An ECharts option on the page's paper with quiet tooltips; no animation: a click shall not meet a moving mark."""
    palette, sizes = subject.palette, subject.sizes
    return {
        "animation": False,
        "backgroundColor": palette.page,
        "textStyle": {"fontFamily": FONT_STACK, "fontSize": sizes.tick, "color": palette.ink},
        "tooltip": {
            "show": True,
            "trigger": "item",
            "confine": True,
            "backgroundColor": palette.panel,
            "borderColor": palette.rule,
            "borderWidth": 1,
            "textStyle": {"fontFamily": FONT_STACK, "fontSize": sizes.tick, "color": palette.ink},
            "extraCssText": f"box-shadow:none;white-space:normal;max-width:{subject.px(440)}px",
        },
        "series": list(series),
        **more,
    }


def foot(subject: Subject, words: str) -> Spec:
    """A quiet line at the bottom left: what the colours mean."""
    sizes = subject.sizes
    style = {"fontSize": sizes.tick, "fontWeight": "normal", "color": subject.palette.ink2, "fontFamily": FONT_STACK}
    return {
        "text": words[:1].upper() + words[1:],
        "left": 0,
        "bottom": 0,
        "padding": 0,
        "textStyle": {
            **style,
            "width": subject.width - subject.px(8),
            "overflow": "break",
            "lineHeight": round(sizes.tick * 1.35),
        },
    }


def pairs(subject: Subject) -> Pairs:
    """Which columns are from (rows), to (columns) and value.

    Where `color` is a measure it is the value, `y` the rows and `x` the columns; else `y` is the value, `x` the rows
    and `color` the columns. Columns whose names say from and to are put where they say.
    """
    chart, y = subject.chart, subject.ys[0]
    if chart.color and _is_measure(subject, chart.color):
        source, target, value = y, chart.x, chart.color
    else:
        source, target, value = chart.x, chart.color or (subject.ys[1] if len(subject.ys) > 1 else chart.x), y
    if _TO.search(source) or _FROM.search(target):
        source, target = target, source
    sources, targets = _ordered(subject, source), _ordered(subject, target)
    if (_FROM.search(source) or _TO.search(target)) and set(sources) & set(targets):
        whole = sources if len(sources) >= len(targets) else targets
        extra = [cell for cell in (*sources, *targets) if cell not in whole]
        order = [*whole, *dict.fromkeys(extra)]
        sources = tuple(cell for cell in order if cell in set(sources))
        targets = tuple(cell for cell in order if cell in set(targets))
    across, down = {cell: k for k, cell in enumerate(targets)}, {cell: k for k, cell in enumerate(sources)}
    cells = zip(subject.table[source].tolist(), subject.table[target].tolist(), strict=True)
    places = tuple((down[_key(a)], across[_key(b)]) for a, b in cells)
    return Pairs(source, target, value, sources, targets, places, subject.values(value))


def _is_measure(subject: Subject, column: str) -> bool:
    return subject.unit(column) not in ("text", "date") and column not in subject.mark_columns


def _ordered(subject: Subject, column: str) -> tuple[object, ...]:
    return tuple(dict.fromkeys(_key(cell) for cell in subject.table[column].tolist()))


def _key(cell: object) -> object:
    return None if isinstance(cell, float) and cell != cell else cell
