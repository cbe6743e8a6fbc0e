"""Matrices: a number in every cell, colour for its weight, the chosen cell framed on top of its neighbours."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from insight.charts import option, text
from insight.charts.drawn import Clickable, Mark
from insight.charts.option import Pairs, Spec
from insight.charts.subject import Floats, Subject
from insight.charts.theme import Palette, blend, text_on

Figure = tuple[Spec, int, tuple[Mark, ...], tuple[Clickable, ...]]
# Row shares above this get the strongest colour: on a ladder nearly all stay where they are.
_STRONG_SHARE = 0.8
_SELF_EXPLAINED = ("text", "date", "money", "days", "months")


@dataclass(frozen=True)
class Shades:
    """Colour of each cell as a position 0..1 on a scale, and the sentence that says what the colours mean."""

    positions: Floats
    colours: tuple[str, ...]
    words: str


def matrix(subject: Subject) -> Figure:
    """From = rows, to = columns. Colour: counts by share of the row, signed values diverging, else size."""
    pairs = option.pairs(subject)
    return _draw(subject, pairs, shades_of(subject, pairs), row_height=subject.sizes.matrix_row, upward=False)


def density(subject: Subject) -> Figure:
    """How many are where two scales meet; `x` runs to the right, the other scale upwards, colour by number."""
    pairs, shades = density_of(subject)
    return _draw(subject, pairs, shades, row_height=subject.px(46), upward=True)


def density_of(subject: Subject) -> tuple[Pairs, Shades]:
    """The pairs with `x` along the columns, and their colours by number."""
    pairs = option.pairs(subject)
    if pairs.target != subject.chart.x and pairs.source == subject.chart.x:
        pairs = Pairs(
            pairs.target, pairs.source, pairs.value, pairs.targets, pairs.sources,
            tuple((down, across) for across, down in pairs.places), pairs.values,
        )  # fmt: skip
    shares = _of_largest(pairs.values)
    words = subject.words.t(
        f"chart.colour_size_{_paper(subject.palette)}", measure=subject.column(pairs.value)
    )  # fmt: skip
    return pairs, Shades(shares, subject.palette.sequential, words)


def _paper(palette: Palette) -> str:
    """On dark paper the strongest colour is the lightest one."""
    return "dark" if palette.dark else "light"


def _of_largest(values: Floats) -> Floats:
    top = float(np.nanmax(values)) if np.isfinite(values).any() else 0.0
    return np.clip(values / top, 0, 1) if top > 0 else np.zeros_like(values)


def shades_of(subject: Subject, pairs: Pairs) -> Shades:
    """What colours the cells: counts by share of the row, signed values diverging, else size."""
    words, palette, values = subject.words, subject.palette, pairs.values
    unit = subject.unit(pairs.value)
    unit_words = subject.measure(pairs.value).unit
    named = "" if palette.has_own_hues else "_plain"
    if pairs.value == "index":
        return Shades(np.clip(values / 200, 0, 1), palette.diverging, words.t(f"chart.colour_index{named}"))
    if (values < 0).any():
        limit = float(np.nanmax(np.abs(values)))
        kind = "change" if subject.is_difference(pairs.value) else "sign"
        moved = words.t(f"chart.colour_{kind}") if palette.has_own_hues else ""
        said = ", ".join(part for part in (unit_words, moved) if part)
        return Shades((values / limit + 1) / 2, palette.diverging, said)
    if unit == "count" or shown_column(subject, pairs) != pairs.value:
        shares = values if unit == "ratio" else _row_shares(pairs)
        said = words.t(f"chart.colour_row_share_{_paper(palette)}", top=_STRONG_SHARE)
        return Shades(np.clip(shares / _STRONG_SHARE, 0, 1), palette.sequential, said)
    said = words.t(f"chart.colour_size_{_paper(palette)}", measure=subject.column(pairs.value))
    positions = np.clip(values, 0, 1) if unit == "ratio" else _of_largest(values)
    return Shades(positions, palette.sequential, f"{unit_words}. {said}" if unit_words else said)


def _row_shares(pairs: Pairs) -> Floats:
    rows = np.array([down for down, _ in pairs.places])
    sums = np.array([np.nansum(pairs.values[rows == down]) for down in range(len(pairs.sources))])
    return np.divide(pairs.values, sums[rows], out=np.zeros_like(pairs.values), where=sums[rows] > 0)


def shown_column(subject: Subject, pairs: Pairs) -> str:
    """The column whose numbers stand in the cells: for a share of the row it is how many customers that is."""
    of_row = subject.unit(pairs.value) == "ratio" and "share" in pairs.value.split("_")
    return "n_customers" if of_row and "n_customers" in subject.table.columns else pairs.value


def _draw(subject: Subject, pairs: Pairs, shades: Shades, *, row_height: int, upward: bool) -> Figure:
    sizes, palette = subject.sizes, subject.palette
    downs, overs, left, cell_width, across = _axes(subject, pairs)
    texts = _texts(subject, pairs)
    size = _fitting(subject, texts, cell_width)
    items = [_item(subject, pairs, shades, row, size, texts[row]) for row in range(len(pairs.places))]
    chosen = [row for row in range(len(items)) if subject.is_chosen(subject.mark(row))]
    series = [_series(subject, items, bool(subject.mark_columns))]
    if chosen:
        series.append(_frame(subject, [items[row] for row in chosen]))
    line_height = round(sizes.label * 1.35)
    top = subject.px(14) + max(head.count("\n") + 1 for head in overs) * line_height
    bottom = subject.px(40)
    label: Spec = {"fontSize": sizes.label, "color": palette.ink2, "interval": 0, "lineHeight": line_height}
    axis: Spec = {"type": "category"} | {part: {"show": False} for part in ("axisLine", "axisTick", "splitLine")}
    spec = option.option(
        subject, series,
        grid={"left": left, "right": 0, "top": 0 if upward else top, "bottom": bottom + (top if upward else 0)},
        xAxis={**axis, "data": overs, "position": "bottom" if upward else "top",
               "axisLabel": {**label, "margin": subject.px(10)}},
        yAxis={**axis, "data": downs, "inverse": not upward, "axisLabel": {**label, "margin": subject.px(12)}},
        visualMap={"show": False, "type": "continuous", "dimension": 2, "min": 0, "max": 1,
                   "seriesIndex": list(range(len(series))), "inRange": {"color": list(shades.colours)}},
        title=option.foot(subject, ". ".join(part for part in (across, shades.words) if part)),
    )  # fmt: skip
    marks = subject.marks()
    framed = tuple(marks[row] for row in chosen) if marks else ()
    clickables = [Clickable(0, len(items))] if marks else []
    if framed:
        clickables.append(Clickable(1, len(framed), len(items)))
    return spec, top + len(downs) * row_height + bottom, (*marks, *framed), tuple(clickables)


def _axes(subject: Subject, pairs: Pairs) -> tuple[list[str], list[str], int, float, str]:
    """Row names, column names in lines, the pixels left of the cells, the width of a cell, what the columns are."""
    size, across = subject.sizes.label, ""
    downs = [category(subject, pairs.source, cell, named=True) for cell in pairs.sources]
    widest = max((text.width(name, size) for name in downs), default=0.0)
    room = min(widest, subject.width * 0.34)
    left = round(room) + subject.px(12)
    cell_width = (subject.width - left) / max(len(pairs.targets), 1)
    overs = [category(subject, pairs.target, cell, named=True) for cell in pairs.targets]
    bare = [category(subject, pairs.target, cell, named=False) for cell in pairs.targets]
    if bare != overs and any(text.width(name, size) > cell_width - 6 for name in overs):
        # Where the scale's name does not fit over every column it is said once, below.
        overs, across = bare, subject.words.t("chart.across", scale=subject.column(pairs.target))
    heads = ["\n".join(text.wrap(name, cell_width - 6, size)) for name in overs]
    return [text.shorten(name, room + 2, size) for name in downs], heads, left, cell_width, across


def category(subject: Subject, column: str, cell: object, *, named: bool) -> str:
    """A row's or column's name; a bare number says also what it is a number of: 'R 5'."""
    unit, name = subject.unit(column), subject.name(cell, subject.unit(column))
    return f"{subject.column(column)} {name}" if named and unit not in _SELF_EXPLAINED else name


def _texts(subject: Subject, pairs: Pairs) -> list[str]:
    column = shown_column(subject, pairs)
    measure, values = subject.measure(column), subject.values(column)
    signed = bool((values < 0).any())
    return [measure.label(float(value), signed=signed) for value in values]


def _fitting(subject: Subject, texts: list[str], cell_width: float) -> int:
    """The size of the numbers: as the look says, smaller down to a tick's where cells are narrow, 0 where none fits."""
    for size in range(subject.sizes.value, subject.sizes.tick - 1, -1):
        if all(text.width(number, size, strong=True) <= cell_width - 4 for number in texts):
            return size
    return 0


def _item(subject: Subject, pairs: Pairs, shades: Shades, row: int, size: int, number: str) -> dict[str, Any]:
    down, over = pairs.places[row]
    position = float(shades.positions[row])
    colour = blend(shades.colours, position if np.isfinite(position) else 0.0)
    lines = subject.hover_lines(row, pairs.value, name=_pair_name(subject, pairs, row))
    item: dict[str, Any] = {
        # ECharts takes equal names for one thing and outlines them together.
        "name": f"{down}:{over}",
        "value": [over, down, position if np.isfinite(position) else "-", number],
        "tooltip": subject.tooltip(lines),
        "label": {"color": text_on(colour), "show": size > 0, "fontSize": max(size, subject.sizes.tick)},
    }
    return item


def _pair_name(subject: Subject, pairs: Pairs, row: int) -> str:
    down, over = pairs.places[row]
    source = category(subject, pairs.source, pairs.sources[down], named=True)
    target = category(subject, pairs.target, pairs.targets[over], named=True)
    return f"{source} → {target}" if pairs.is_movement else f"{source}, {target}"


def _series(subject: Subject, items: list[dict[str, Any]], clickable: bool) -> Spec:
    palette, sizes = subject.palette, subject.sizes
    frame = {"borderColor": palette.ink, "borderWidth": sizes.chosen_outline}
    return {
        "type": "heatmap", "data": items, "selectedMode": "single" if clickable else False,
        "cursor": "pointer" if clickable else "default",
        "label": {"show": True, "formatter": "{@[3]}", "fontSize": sizes.value},
        "itemStyle": {"borderColor": palette.page, "borderWidth": sizes.cell_gap},
        "emphasis": {"itemStyle": {"borderColor": palette.ink2, "borderWidth": 1.5}},
        "select": {"itemStyle": frame},
    }  # fmt: skip


def _frame(subject: Subject, items: list[dict[str, Any]]) -> Spec:
    """The chosen cell once more, on top: else its neighbours' gaps cover its frame. Clicks go through to the cell."""
    palette, sizes = subject.palette, subject.sizes
    return {
        "type": "heatmap", "silent": True, "z": 5,
        "data": [{**item, "name": f"chosen {item['name']}"} for item in items],
        "label": {"show": True, "formatter": "{@[3]}", "fontSize": sizes.value, "fontWeight": "bold"},
        "itemStyle": {"borderColor": palette.ink, "borderWidth": sizes.chosen_outline},
        "emphasis": {"disabled": True},
    }  # fmt: skip
