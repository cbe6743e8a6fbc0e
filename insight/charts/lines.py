"""Lines over time or along a number: the main one petrol, the comparison grey, names and last values at the ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import plotly.graph_objects as go

from insight.charts import parts, plot, text
from insight.charts.drawn import Clickable, Mark
from insight.charts.plot import Spec
from insight.charts.scale import Scale, round_ticks
from insight.charts.subject import Annotation, Floats, Subject, as_date
from insight.charts.theme import alpha

_NOTES = 2
_CROWDED = 36
# The lines beside the main one have their bands too, as long as the eye can tell them apart.
_BANDS = 4
_QUIET_BAND = 0.13
# How far along the axis a line must have come for its name to fit over it.
_ROOM = 0.3


@dataclass(frozen=True)
class Series:
    """One line: the rows it goes through, its values, its name and how loud it is."""

    name: str
    column: str
    rows: tuple[int, ...]
    values: Floats
    colour: str
    main: bool
    clickable: bool = True


def draw(subject: Subject) -> tuple[go.Figure, int, tuple[Mark, ...], tuple[Clickable, ...]]:
    """Lines of the value columns, of the groups in `color`, and of `before`; a band where there is an interval."""
    places, axis_words = _along(subject)
    lines = series_of(subject)
    measure = subject.measure(*subject.ys, subject.chart.before)
    low, high = subject.reach or _range(subject, lines)
    height = subject.sizes.line_height
    top, bottom = subject.px(34 if measure.unit else 22), subject.px(50)
    ticks = round_ticks(low, high)
    tick_texts = measure.ticks(ticks)
    left = round(max((text.width(t, subject.sizes.tick) for t in tick_texts), default=0)) + subject.px(12)
    ends = [_end(subject, series, measure, alone=len(lines) == 1) for series in lines]
    right = round(max((text.width(a + b, subject.sizes.label, strong=True) for a, b in ends), default=0)) + subject.px(
        26
    )
    across = (float(np.nanmin(places)), float(np.nanmax(places))) if len(places) else (0.0, 1.0)
    pad = (across[1] - across[0]) * 0.02 or 0.5

    traces: list[Spec] = []
    clickables: list[Clickable] = []
    marks: list[Mark] = []
    traces += _bands(subject, lines, places)
    for series in sorted(lines, key=lambda s: s.main):
        drawn = _traces(subject, series, places)
        if series.clickable and subject.mark_columns:
            clickables.append(Clickable(len(traces) + len(drawn) - 1, len(series.rows), len(marks)))
            marks += subject.marks(series.rows)
        traces += drawn
    figure = plot.figure(
        subject, traces, height, (left, top, right, bottom),
        xaxis=_x_axis(subject, places, axis_words, (across[0] - pad, across[1] + pad), subject.width - left - right),
        yaxis=plot.ticked_axis(subject, low, high, ticks, tick_texts, **plot.ruled(subject), **plot.zero(subject, low)),
        annotations=[
            *_names(subject, lines, places, ends, (height - top - bottom) / (high - low)),
            *_remarks(subject, lines, places),
            *plot.tag(subject, measure.unit, left),
        ],
    )  # fmt: skip
    return figure, height, tuple(marks), tuple(clickables)


def _along(subject: Subject) -> tuple[Floats, list[str]]:
    """Where each row stands along the axis, and the words of its place: real numbers, else one step a category."""
    column = subject.chart.x
    if subject.unit(column) in ("days", "months", "number", "count", "ratio") and subject.table[column].dtype != object:
        return subject.values(column), []
    order: dict[object, int] = {}
    cells = [as_date(cell) or cell for cell in subject.table[column].tolist()]
    for cell in cells:
        order.setdefault(cell, len(order))
    return np.array([order[cell] for cell in cells], dtype=float), _place_words(subject, list(order))


def _place_words(subject: Subject, cells: Sequence[object]) -> list[str]:
    months = [cell for cell in cells if isinstance(cell, date) and cell.day == 1]
    if len(months) < len(cells) or not months:
        return [subject.name(cell, subject.unit(subject.chart.x)) for cell in cells]
    several = len({month.year for month in months}) > 1
    cut = parts.by_place(subject)
    named = [cut.get(month) or subject.words.day(month, form="MMM") for month in months]
    if not several:
        return named
    first_of_year = [place == 0 or months[place - 1].year != month.year for place, month in enumerate(months)]
    return [
        f"{name}\n{month.year}" if new else name for name, month, new in zip(named, months, first_of_year, strict=True)
    ]


def series_of(subject: Subject) -> list[Series]:
    """The lines of a figure: value columns, groups, and what was before."""
    chart, palette = subject.chart, subject.palette
    every = tuple(range(len(subject.table)))
    groups = grouping(subject)
    if groups:
        return _groups(subject, groups)
    colours = (palette.accent, *(palette.categories[1:] if len(subject.ys) > 2 else (palette.grey,)))
    later, earlier = _year_names(subject)
    lines = [
        Series(
            later if place == 0 and chart.before else subject.column(column), column, every, subject.values(column),
            colours[min(place, len(colours) - 1)], main=place == 0,
        )
        for place, column in enumerate(subject.ys)
    ]  # fmt: skip
    if chart.before:
        lines.append(
            Series(
                earlier, chart.before, every, subject.values(chart.before), palette.grey, main=False, clickable=False
            )
        )
    return lines


def grouping(subject: Subject) -> str:
    """The column whose groups have a line each: the chart's own or, where a time comes twice, what tells rows apart."""
    table, chart = subject.table, subject.chart
    if chart.color in table.columns or not table[chart.x].duplicated().any():
        return chart.color if chart.color in table.columns else ""
    others = [column for column in subject.mark_columns if column != chart.x]
    return next((column for column in others if not table.duplicated([chart.x, column]).any()), "")


def _groups(subject: Subject, column: str) -> list[Series]:
    """A line a group: with an interval the first (or chosen) one speaks and the rest are grey, else a colour each."""
    cells = subject.table[column].tolist()
    keys = list(dict.fromkeys(cells))
    spoken = next((k for k in keys if str(subject.selected.get(column, "")) == str(k)), keys[0] if keys else None)
    alone = bool(subject.chart.low) or len(keys) > len(subject.palette.categories)
    lines: list[Series] = []
    for place, key in enumerate(keys):
        rows = tuple(row for row, cell in enumerate(cells) if cell == key)
        main = key == spoken
        colour = subject.palette.accent if main else subject.palette.grey
        lines.append(Series(
            subject.name(key, subject.unit(column)), subject.ys[0], rows, subject.values(subject.ys[0])[list(rows)],
            colour if alone else subject.palette.categories[place], main,
        ))  # fmt: skip
    return lines


def _year_names(subject: Subject) -> tuple[str, str]:
    start, end = subject.result.basis.start, subject.result.basis.end
    if start and end and (start.month, start.day) == (1, 1) and end == date(start.year + 1, 1, 1):
        return str(start.year), str(start.year - 1)
    return subject.words.t("chart.now"), subject.words.t("chart.before")


def _range(subject: Subject, lines: Sequence[Series]) -> tuple[float, float]:
    columns = [subject.values(c) for c in (subject.chart.low, subject.chart.high) if c]
    together = np.concatenate([*(series.values for series in lines), *columns]) if lines else np.array([])
    finite = together[np.isfinite(together)]
    if not len(finite):
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    spread = (high - low) or abs(high) or 1.0
    near_zero = low >= 0 and (low < 0.6 * high or subject.unit(subject.ys[0]) in ("money", "count"))
    bottom = 0.0 if near_zero else low - 0.08 * spread
    return bottom, max(high, 0.0) + 0.08 * spread if low < 0 else high + 0.08 * (high - bottom or 1.0)


def _bands(subject: Subject, lines: Sequence[Series], places: Floats) -> list[Spec]:
    if not (subject.chart.low and subject.chart.high):
        return []
    low, high = subject.values(subject.chart.low), subject.values(subject.chart.high)
    palette, quiet = subject.palette, alpha(subject.palette.grey, _QUIET_BAND)
    found: list[Spec] = []
    for series in sorted(lines, key=lambda s: s.main):
        pieces = _unbroken(
            [row for row in series.rows if np.isfinite(low[row]) and np.isfinite(high[row])], series.rows
        )
        if pieces and (series.main or len(lines) <= _BANDS):
            x = [place for rows in pieces for place in (*places[rows], *places[rows][::-1], np.nan)]
            y = [end for rows in pieces for end in (*high[rows], *low[rows][::-1], np.nan)]
            fill = palette.band if series.main and not subject.chart.interim else quiet
            found.append(
                plot.line(x, y, palette.accent if series.main else palette.grey, 0, fill="toself", fillcolor=fill)
            )
    return found


def _unbroken(known: Sequence[int], rows: Sequence[int]) -> list[list[int]]:
    """The rows with an interval in stretches without a gap: a band does not bridge what is hidden."""
    order = {row: place for place, row in enumerate(rows)}
    pieces: list[list[int]] = []
    for row in known:
        if pieces and order[row] == order[pieces[-1][-1]] + 1:
            pieces[-1].append(row)
        else:
            pieces.append([row])
    return pieces


def _colours(subject: Subject, series: Series, rows: Sequence[int]) -> list[str]:
    """The colour of each point of a line: grey where the chart marks it as an interim one."""
    if not subject.chart.interim:
        return [series.colour] * len(rows)
    cells = subject.table[subject.chart.interim].tolist()
    return [series.colour if str(cells[row]) == "yes" else subject.palette.grey for row in rows]


def _traces(subject: Subject, series: Series, places: Floats) -> list[Spec]:
    """A line and, last, what of it takes clicks; stretches to and from parts are dashed, their markers hollow."""
    palette, chart = subject.palette, subject.chart
    x = places[list(series.rows)]
    thickness = subject.sizes.line if series.main else subject.sizes.comparison_line
    colour = palette.grey if chart.interim else series.colour
    partial = parts.of(subject, series.rows)
    if not any(partial):
        if not series.clickable:
            return [plot.line(x, series.values, series.colour, thickness)]
        return [plot.line(x, series.values, colour, thickness, **_markers(subject, series, partial, "lines+markers"))]
    whole = plot.line(x, parts.solid(series.values, partial), colour, thickness)
    dashed = plot.line(*parts.strokes(x, series.values, partial), colour, thickness, line={"dash": "dash"})
    if not series.clickable:
        return [whole, dashed]
    taken = plot.line(x, series.values, colour, thickness, **_markers(subject, series, partial, "markers"))
    return [whole, dashed, taken]


def _markers(subject: Subject, series: Series, partial: Sequence[bool], mode: str) -> Spec:
    """What takes hover and click."""
    sizes, palette, chart = subject.sizes, subject.palette, subject.chart
    rows = list(series.rows)
    ends = (chart.low, chart.high) if series.main else ("", "")
    hovers = [_hover(subject, series, row, ends) for row in rows]
    chosen = subject.chosen[rows]
    # Only markers take clicks; where points stand close they are there without being seen.
    quiet = len(rows) > _CROWDED or not series.main
    size = sizes.line_marker if series.main else sizes.line_marker * 0.7
    colours = _colours(subject, series, rows)
    rim = plot.outline(subject, chosen.tolist())
    for at, (part, taken) in enumerate(zip(partial, chosen, strict=True)):
        if part and not taken:
            rim["width"][at], rim["color"][at] = sizes.comparison_line, colours[at]
            colours[at] = palette.page
    return {
        "mode": mode,
        "marker": {
            "color": colours,
            "size": [sizes.dot if c else size * 1.3 if part else size for c, part in zip(chosen, partial, strict=True)],
            "opacity": [1 if c or part or not quiet else 0 for c, part in zip(chosen, partial, strict=True)],
            "line": rim,
        },
        "hovertext": hovers,
        "hoverinfo": "text",
        "selected": {"marker": {"color": palette.accent if series.main else series.colour}},
    }


def _hover(subject: Subject, series: Series, row: int, ends: tuple[str, str]) -> str:
    lines = subject.hover_lines(row, series.column, low=ends[0], high=ends[1])
    if grouping(subject):
        lines[0] = f"{series.name}, {lines[0]}"
    if days := parts.words(subject, row):
        lines[0] = f"{lines[0]}, {days}"
    return subject.plotly_hover(lines)


def _end(subject: Subject, series: Series, measure: Scale, *, alone: bool) -> tuple[str, str]:
    """What stands at a line's end: its name, unless it is the only line, and its last value."""
    known = series.values[np.isfinite(series.values)]
    name = "" if alone else text.shorten(series.name, subject.width * 0.26, subject.sizes.label)
    gap = "\u00a0 " if name else ""
    return name, f"{gap}{measure.label(float(known[-1]))}" if len(known) else ""


def _names(
    subject: Subject, lines: Sequence[Series], places: Floats, ends: Sequence[tuple[str, str]], pixels: float
) -> list[Spec]:
    """Names at the line ends, moved apart where lines end close to each other.

    A line that ends in the figure, where another goes on, has its name over or under itself, out of the other's way.
    """
    last: list[tuple[float, float, int]] = []
    early: dict[int, bool] = {}
    first, edge = _reached(lines, places)
    for place, series in enumerate(lines):
        known = [k for k, value in enumerate(series.values) if np.isfinite(value)]
        if known:
            y, x = float(series.values[known[-1]]), float(places[series.rows[known[-1]]])
            last.append((y, x, place))
            if first + _ROOM * (edge - first) <= x < edge and len(known) > 1:
                early[place] = y >= float(series.values[known[-2]])
    last.sort()
    crowd = [(y, place) for y, _, place in last if place not in early]
    apart = _apart([y * pixels for y, _ in crowd], subject.sizes.label * 1.35)
    shifts = {place: shift for (_, place), shift in zip(crowd, apart, strict=True)}
    found: list[Spec] = []
    for y, x, place in last:
        series, (name, value) = lines[place], ends[place]
        shown = text.bold(text.for_plotly(name)) if series.main else text.for_plotly(name)
        final = _colours(subject, series, series.rows[-1:]) != [subject.palette.grey]
        colour = subject.palette.accent if series.main and final else subject.palette.ink2
        if series.colour in subject.palette.categories[1:] and series.colour != subject.palette.grey:
            # Lines of equal rank end in a crowd: a dot in the line's colour says whose name it is; text stays legible.
            shown = f'<span style="color:{series.colour}">●</span> {shown}'
        where = {"xanchor": "left", "yanchor": "middle", "xshift": subject.px(11), "yshift": shifts.get(place, 0.0)}
        if place in early:
            above = early[place]
            where = {
                "xanchor": "right", "yanchor": "bottom" if above else "top", "xshift": subject.px(6),
                "yshift": subject.px(8 if above else -8),
            }  # fmt: skip
        font = {"color": colour, "size": subject.sizes.label}
        found.append(plot.note(subject, x, y, shown + text.for_plotly(value), **where, font=font))
    return found


def _reached(lines: Sequence[Series], places: Floats) -> tuple[float, float]:
    """Where along the axis the first line begins and the longest ends."""
    known = [
        float(places[row])
        for series in lines
        for row, y in zip(series.rows, series.values, strict=True)
        if np.isfinite(y)
    ]
    return min(known, default=0.0), max(known, default=0.0)


def _apart(heights: Sequence[float], gap: float) -> list[float]:
    """Shifts that set sorted heights at least `gap` apart, sharing the move evenly within each crowd."""
    crowds: list[list[float]] = []
    for height in heights:
        crowd = [height]
        while crowds and _span(crowds[-1], gap)[1] + gap > _span(crowd, gap)[0]:
            crowd = crowds.pop() + crowd
        crowds.append(crowd)
    shifts: list[float] = []
    for crowd in crowds:
        start = _span(crowd, gap)[0]
        shifts += [start + place * gap - height for place, height in enumerate(crowd)]
    return shifts


def _span(crowd: Sequence[float], gap: float) -> tuple[float, float]:
    middle, half = sum(crowd) / len(crowd), (len(crowd) - 1) * gap / 2
    return middle - half, middle + half


def _remarks(subject: Subject, lines: Sequence[Series], places: Floats) -> list[Spec]:
    main = next((series for series in lines if series.main), None)
    if main is None:
        return []
    cells = subject.table[subject.chart.x].tolist()
    found: list[Spec] = []
    for remark in subject.annotations[:_NOTES]:
        at = _row_of(remark, [cells[row] for row in main.rows])
        if at is None or not np.isfinite(main.values[at]):
            continue
        x = float(places[main.rows[at]])
        late = x > (np.nanmin(places) + np.nanmax(places)) / 2
        words = "<br>".join(text.for_plotly(text.clean(line)) for line in remark.text)
        found.append(plot.note(
            subject, x, float(main.values[at]), words, xanchor="right" if late else "left", yanchor="bottom",
            align="right" if late else "left", xshift=subject.px(-8 if late else 8), yshift=subject.px(6),
            font={"size": subject.sizes.tick},
        ))  # fmt: skip
    return found


def _row_of(remark: Annotation, cells: Sequence[object]) -> int | None:
    wanted = as_date(remark.at) or remark.at
    return next((place for place, cell in enumerate(cells) if (as_date(cell) or cell) == wanted), None)


def _x_axis(subject: Subject, places: Floats, words: Sequence[str], ends: tuple[float, float], pixels: float) -> Spec:
    """Time or categories under the plot: every label that fits, else every second, third …"""
    below = {"ticklabelstandoff": subject.px(12)}
    if not words:
        ticks = round_ticks(float(np.nanmin(places)), float(np.nanmax(places)), 6) if len(places) else []
        unit = subject.unit(subject.chart.x)
        numbers = subject.measure(subject.chart.x)
        texts = numbers.ticks(ticks)
        if unit in ("days", "months") and texts:
            texts[0] = subject.words.t(f"chart.{unit}", n=texts[0])
        return plot.ticked_axis(subject, *ends, ticks, [text.for_plotly(t) for t in texts], **below)
    size = subject.sizes.tick
    room = max(pixels / max(len(words), 1), 1.0)
    short = [[text.shorten(part, subject.width * 0.2, size) for part in word.split("\n")] for word in words]
    wide = [max(text.width(line, size) for line in word) + subject.px(10) for word in short]
    # What a part is called is longer than a month, and always said: a neighbour without room gives way.
    said = [at for at, word in enumerate(words) if word.split("\n")[0] in set(parts.by_place(subject).values())]
    widest = max((width for at, width in enumerate(wide) if at not in said), default=0.0)
    shown = _thinned(max(int(np.ceil(widest / room)), 1), [len(word) > 1 for word in short])
    shown = sorted({
        *said, *(at for at in shown if all((wide[at] + wide[part]) / 2 <= abs(part - at) * room for part in said))
    })  # fmt: skip
    safe = ["<br>".join(text.for_plotly(part) for part in short[place]) for place in shown]
    return plot.ticked_axis(subject, *ends, [float(place) for place in shown], safe, **below)


def _thinned(every: int, starts_year: Sequence[bool]) -> list[int]:
    """Which labels to show when only every n-th fits: the last one always, or for years the months that divide them."""
    count = len(starts_year)
    anchors = [place for place in range(1, count) if starts_year[place]]
    if not anchors:
        return [place for place in range(count) if (count - 1 - place) % every == 0]
    step = next((n for n in (1, 2, 3, 6, 12) if n >= every), 12 * int(np.ceil(every / 12)))
    return [place for place in range(count) if (place - anchors[0]) % step == 0]
