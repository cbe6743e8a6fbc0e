"""Native tables of a deck: the small table beside a chart, the matrix, the forest's names and figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Emu, Pt

from insight.charts import dots, heat, option
from insight.charts.scale import Scale
from insight.charts.subject import Subject
from insight.charts.theme import blend, text_on
from insight.export import written
from insight.export.deck_chart import Canvas
from insight.export.deck_face import Face
from insight.export.deck_look import Look
from insight.export.deck_sheet import Column
from insight.export.deck_template import Box
from insight.export.deck_text import LEADING, Line, add_runs, points, put
from insight.export.deck_xml import child, element
from insight.i18n.catalog import Words
from insight.result import Result, Unit

_SMALLEST = 6.5
_PAD_X, _PAD_Y = 4.0, 3.0
_BESIDE = 4
_LONGEST_BESIDE = 13
_ROOMY = 5
# The most of a box that the table under a stack takes.
_UNDER = 0.56
_FIGURES = (
    "n_customers", "n_answers", "share_customers", "sales", "share_sales", "money_change", "change", "nps",
    "sales_per_customer", "value_per_customer", "mean_spend", "response_rate", "n_orders", "share",
)  # fmt: skip
_POINT = 12_700


@dataclass(frozen=True)
class Cell:
    """A cell of a table: its text and how it looks. `fill` colours it, `colour` its text."""

    text: str
    right: bool = False
    bold: bool = False
    fill: str = ""
    colour: str = ""
    centre: bool = False


Rows = Sequence[Sequence[Cell]]


def lines_in(face: Face, cell: Cell, room: float, size: float) -> int:
    """How many lines a cell's text takes in a column `room` points wide."""
    return face.lines(cell.text, max(room - 2 * _PAD_X, 8), size, strong=cell.bold)


def heights(face: Face, rows: Rows, widths: Sequence[float], size: float) -> list[float]:
    """Points that each row needs."""
    return [
        max(lines_in(face, cell, room, size) for cell, room in zip(row, widths, strict=True)) * size * LEADING
        + 2 * _PAD_Y
        for row in rows
    ]


def size_for(face: Face, rows: Rows, widths: Sequence[float], room: float, largest: float) -> float:
    """The largest type size at which the rows fit in `room` points of height and no word is broken."""
    size = largest
    while size > _SMALLEST and (sum(heights(face, rows, widths, size)) > room or _breaks(face, rows, widths, size)):
        size -= 0.5
    return size


def words_in(said: str) -> list[str]:
    """What may not be broken: words, and figures with their no-break spaces."""
    return said.replace("\n", " ").split(" ")


def _breaks(face: Face, rows: Rows, widths: Sequence[float], size: float) -> bool:
    return any(
        face.width(word, size, strong=cell.bold) > room - 2 * _PAD_X
        for row in rows
        for cell, room in zip(row, widths, strict=True)
        for word in words_in(cell.text)
    )


def draw(
    canvas: Canvas, rows: Rows, widths: Sequence[float], *, head: bool = True, row_height: float = 0.0,
    size: float | None = None, gaps: bool = False, name: str = "",
) -> list[float]:  # fmt: skip
    """The table at the box's upper left: `widths` in points. Returns the heights of its rows in points.

    head: the first row is a head, in quiet ink. row_height: at least so high. gaps: white lines between the cells, as
    a matrix has, instead of hairlines under the rows.
    """
    size = (
        size_for(canvas.look.face, rows, widths, points(canvas.box.height), canvas.look.label) if size is None else size
    )
    tall = [max(height, row_height) for height in heights(canvas.look.face, rows, widths, size)]
    shape = canvas.slide.shapes.add_table(
        len(rows), len(widths), Emu(canvas.box.left), Emu(canvas.box.top),
        Emu(round(sum(widths) * _POINT)), Emu(round(sum(tall) * _POINT)),
    )  # fmt: skip
    if name:
        shape.name = name
    table = shape.table
    _plain(shape, head)
    for place, width in enumerate(widths):
        table.columns[place].width = Emu(round(width * _POINT))
    for row, (cells, height) in enumerate(zip(rows, tall, strict=True)):
        table.rows[row].height = Emu(round(height * _POINT))
        for column, cell in enumerate(cells):
            _cell(table.cell(row, column), cell, canvas.look, size, quiet=head and row == 0, gaps=gaps)
    return tall


def _plain(shape: Any, head: bool) -> None:
    """No style of the program's: no bands, no colours but ours."""
    properties = shape._element.find(f".//{qn('a:tblPr')}")
    for name in ("bandRow", "firstRow", "firstCol"):
        properties.attrib.pop(name, None)
    if head:
        # For screen readers; without a style it colours nothing.
        properties.set("firstRow", "1")
    style = properties.find(qn("a:tableStyleId"))
    if style is not None:
        style.text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"


def _cell(target: Any, cell: Cell, look: Look, size: float, *, quiet: bool, gaps: bool) -> None:
    palette = look.palette
    target.margin_left = target.margin_right = Pt(_PAD_X)
    target.margin_top = target.margin_bottom = Pt(_PAD_Y - 1)
    target.vertical_anchor = MSO_ANCHOR.BOTTOM if quiet else MSO_ANCHOR.MIDDLE
    target.text_frame.word_wrap = True
    paragraph = target.text_frame.paragraphs[0]
    for run in add_runs(paragraph, cell.text):
        run.font.size = Pt(size)
        run.font.bold = cell.bold
        look.paint(run.font.color, cell.colour or (palette.ink2 if quiet else palette.ink))
    if not cell.text:
        # An empty cell would else be as tall as the program's usual type; an empty run would keep it so.
        for run in list(paragraph._p.r_lst):
            paragraph._p.remove(run)
        child(paragraph._p, "a:endParaRPr", sz=str(Pt(size).centipoints))
    paragraph.alignment = PP_ALIGN.CENTER if cell.centre else PP_ALIGN.RIGHT if cell.right else PP_ALIGN.LEFT
    paragraph.line_spacing = 1.0
    if cell.fill:
        look.fill(target, cell.fill)
    else:
        target.fill.background()
    for edge in ("L", "R", "T", "B"):
        colour = palette.page if gaps else palette.rule if edge == "B" else ""
        _edge(target, edge, colour, 2.25 if gaps else 0.75)


def _edge(target: Any, edge: str, colour: str, width: float) -> None:
    properties = target._tc.get_or_add_tcPr()
    line = element(f"a:ln{edge}", w=str(round(width * _POINT)) if colour else "0")
    if colour:
        child(child(line, "a:solidFill"), "a:srgbClr", val=colour.lstrip("#"))
    else:
        child(line, "a:noFill")
    # Borders come before the fill in the cell's properties, left, right, top, bottom.
    place = len([part for part in properties if part.tag.startswith(qn("a:ln"))])
    properties.insert(place, line)


# --- beside a chart ---------------------------------------------------------------------------------------------------


def beside_columns(face: Face, result: Result, words: Words, room: float, size: float) -> list[str]:
    """Which columns the small table shows in `room` points at `size` or a little less.

    The names, then at most four figures, the most telling. Empty where a table would say nothing more or not fit.
    """
    if not 1 < len(result.table) <= _LONGEST_BESIDE:
        return []
    columns = [str(name) for name in result.table.columns if written.shown(words, result, str(name))]
    names = [name for name in columns if result.units.get(name, "text") in ("text", "date")]
    # A second name where the first does not tell the rows apart.
    names = names[: 1 if names and not result.table[names[0]].duplicated().any() else 2]
    figures = [
        name
        for name in columns
        if result.units.get(name, "text") not in ("text", "date")
        and not all(written.undefined(cell) for cell in result.table[name])
    ]
    # Of the others what the figure draws comes first: one of two that are set against each other says little.
    ys = result.chart.y if result.chart else ()
    drawn = (ys,) if isinstance(ys, str) else ys
    place = {
        name: _FIGURES.index(name) if name in _FIGURES else len(_FIGURES) + (name not in drawn) for name in figures
    }
    ranked = sorted(figures, key=lambda name: place[name])[:_BESIDE]
    while names and len(ranked) > 1:
        chosen = [*names, *(name for name in figures if name in ranked)]
        rows = frame_rows(pd.DataFrame(result.table[chosen]), result.units, words, result.key)
        if sum(_least(face, rows, 0.82 * size)) <= room:
            return chosen
        ranked.pop()
    return []


def beside(canvas: Canvas, result: Result, columns: Sequence[str], words: Words) -> None:
    """The small table of an answer, units in the heads."""
    rows = frame_rows(pd.DataFrame(result.table[list(columns)]), result.units, words, result.key)
    draw(canvas, rows, column_widths(canvas.look.face, rows, points(canvas.box.width), canvas.look.label), name="Table")


def frame_rows(frame: pd.DataFrame, units: dict[str, Unit] | Any, words: Words, analysis: str) -> list[list[Cell]]:
    """A frame as cells: heads with units, numbers as the language writes them."""
    heads: list[Cell] = []
    body: list[list[Cell]] = [[] for _ in range(len(frame))]
    for name in map(str, frame.columns):
        unit: Unit = units.get(name, "text")
        values = list(frame[name])
        is_text = unit in ("text", "date")
        heads.append(Cell(written.head(words, name, unit, values, analysis), right=not is_text))
        write = written.formatter(words, unit, values, signed=written.is_change(name))
        if _all_months(values):
            write = words.month
        for row, value in enumerate(values):
            body[row].append(Cell(write(value), right=not is_text))
    return [heads, *body]


def _all_months(values: Sequence[Any]) -> bool:
    return bool(values) and all(isinstance(value, date) and value.day == 1 for value in values)


def _least(face: Face, rows: Rows, size: float) -> list[float]:
    """Points that each column needs at the least, so that no word is broken."""
    return [
        max(face.width(word, size, strong=cell.bold) for cell in column for word in words_in(cell.text))
        + 2 * _PAD_X
        + 2
        for column in zip(*rows, strict=True)
    ]


def column_widths(face: Face, rows: Rows, room: float, size: float, *, spread: bool = False) -> list[float]:
    """Points for each column: what its words need, heads in two lines; the rest to the names, or `spread` over all."""
    pad = 2 * _PAD_X + 2
    columns = list(zip(*rows, strict=True))
    least = _least(face, rows, size)
    wanted = [
        max(face.width(column[0].text, size) * 0.62, *(face.width(cell.text, size) for cell in column[1:]), low - pad)
        + pad
        for column, low in zip(columns, least, strict=True)
    ]
    if sum(wanted) <= room:
        left = room - sum(wanted)
        if spread:
            return [width + min(left / len(wanted), 40) for width in wanted]
        return [wanted[0] + left, *wanted[1:]]
    free, over = room - sum(least), sum(wanted) - sum(least)
    if free > 0 and over > 0:
        return [low + (high - low) * free / over for low, high in zip(least, wanted, strict=True)]
    return [low * room / sum(least) for low in least]


# --- under a stack ----------------------------------------------------------------------------------------------------


def parts_table(
    canvas: Canvas, names: Sequence[str], columns: Sequence[Column], colours: Sequence[str], measure: Scale
) -> Box | None:
    """Every value of stacked columns as a table at the foot of the box, each under its column; names with their colour.

    Returns the place above it for the chart, None where the figures have no room at a size that can be read.
    """
    look, face = canvas.look, canvas.look.face
    values = [[measure.label(float(v)) if np.isfinite(v) else "–" for v in column.values] for column in columns]
    rows = [[Cell(""), Cell(""), *(Cell(name, centre=True) for name in names)]]
    rows += [
        [Cell("", fill=colour), Cell(column.name), *(Cell(said, centre=True) for said in line)]
        for column, colour, line in zip(columns, colours, values, strict=True)
    ]
    room, most, swatch = points(canvas.box.width), points(canvas.box.height) * _UNDER, look.tick
    first = max(face.width(column.name, look.tick) for column in columns) + 2 * _PAD_X + 2
    widths = [swatch, first, *([(room - swatch - first) / len(names)] * len(names))]
    size = size_for(face, rows, widths, most, look.tick)
    tall = sum(heights(face, rows, widths, size))
    if first > room * 0.3 or tall > most or size < 0.75 * look.tick or _breaks(face, rows, widths, size):
        return None
    under = canvas.box.part(top=canvas.box.height - round(tall * _POINT))
    draw(canvas.within(under), rows, widths, size=size, name="Parts")
    left = round((swatch + first) * _POINT)
    return Box(canvas.box.left + left, canvas.box.top, canvas.box.width - left, under.top - canvas.box.top)


# --- the matrix -------------------------------------------------------------------------------------------------------


def matrix(canvas: Canvas, subject: Subject, *, upward: bool = False) -> None:
    """A cell a pair, coloured as in the app: from = rows, to = columns; what the colours mean stands below."""
    if upward:
        pairs, shades = heat.density_of(subject)
    else:
        pairs = option.pairs(subject)
        shades = heat.shades_of(subject, pairs)
    column = heat.shown_column(subject, pairs)
    measure, values = subject.measure(column), subject.values(column)
    signed = bool((values < 0).any())
    grid: dict[tuple[int, int], Cell] = {}
    for row, place in enumerate(pairs.places):
        position = float(shades.positions[row])
        fill = blend(shades.colours, position if np.isfinite(position) else 0.0)
        grid[place] = Cell(measure.label(float(values[row]), signed=signed), fill=fill, colour=text_on(fill),
                           centre=True)  # fmt: skip
    downs = [heat.category(subject, pairs.source, cell, named=True) for cell in pairs.sources]
    overs = [heat.category(subject, pairs.target, cell, named=True) for cell in pairs.targets]
    bare = [heat.category(subject, pairs.target, cell, named=False) for cell in pairs.targets]
    foot = ". ".join(part for part in (_across(subject, pairs.target, overs, bare), shades.words) if part)
    panel = canvas.look.palette.panel
    body = [
        [Cell(name), *(grid.get((down, over), Cell("", fill=panel, centre=True)) for over in range(len(overs)))]
        for down, name in enumerate(downs)
    ]
    heads = [Cell(""), *(Cell(name, centre=True) for name in bare)]
    rows = [*body[::-1], heads] if upward else [heads, *body]
    box = canvas.box
    room = points(box.width)
    face = canvas.look.face
    first = min(max(face.width(name, canvas.look.label) for name in downs) + 2 * _PAD_X + 4, room * 0.3)
    widths = [first, *([(room - first) / len(overs)] * len(overs))]
    below = round(30 * canvas.look.scale * _POINT)
    inner = canvas.within(box.part(height=box.height - below))
    size = size_for(canvas.look.face, rows, widths, points(inner.box.height), canvas.look.label)
    row_height = min(points(inner.box.height) / len(rows), 44.0 * canvas.look.scale)
    tall = draw(inner, rows, widths, head=not upward, row_height=row_height, size=size, gaps=True, name="Matrix")
    top = round(sum(tall) * _POINT) + 4 * _POINT
    foot = foot[:1].upper() + foot[1:]
    line = Line(foot, colour=canvas.look.palette.ink2)
    put(canvas.slide, box.part(top=top, height=max(box.height - top, 12 * _POINT)), [line], canvas.look,
        largest=10, smallest=7, name="Colours")  # fmt: skip


def _across(subject: Subject, target: str, overs: list[str], bare: list[str]) -> str:
    return subject.words.t("chart.across", scale=subject.column(target)) if bare != overs else ""


# --- the forest -------------------------------------------------------------------------------------------------------


def forest_table(canvas: Canvas, subject: Subject) -> tuple[int, int]:
    """Names, estimates and intervals, a row a dot. Returns the height of the head and of a row in EMU."""
    chart, words = subject.chart, subject.words
    column = subject.ys[0]
    unit = subject.unit(column)
    values = list(subject.table[column])
    signed = subject.is_difference(column) or dots.reference_of(subject) == 0.0
    ends = [list(subject.table[name]) if name else [] for name in (chart.low, chart.high)]
    head = written.head(words, column, unit, values, subject.result.key)
    rows = [[Cell(""), Cell(head, right=True), *([Cell(words.t("pack.likely"), right=True)] if ends[0] else [])]]
    write = written.formatter(words, unit, [*values, *ends[0], *ends[1]], signed=signed)
    for row, name in enumerate(subject.names(chart.x)):
        base = subject.base(row)
        between = "\n" if len(values) <= _ROOMY else ", "
        cells = [Cell(f"{name}{between}{base}" if base else name), Cell(write(values[row]), right=True, bold=True)]
        if ends[0]:
            low, high = ends[0][row], ends[1][row]
            none = written.undefined(low) or written.undefined(high)
            said = "–" if none else words.t("ui.interval", low=write(low), high=write(high))
            cells.append(Cell(said, right=True))
        rows.append(cells)
    box = canvas.box
    widths = column_widths(canvas.look.face, rows, points(box.width), canvas.look.label)
    room = points(box.height)
    size = size_for(canvas.look.face, rows, widths, room, canvas.look.label)
    top = heights(canvas.look.face, rows[:1], widths, size)[0]
    tallest = max(heights(canvas.look.face, rows[1:], widths, size))
    even = min(room / len(rows), 46.0 * canvas.look.scale)
    row_height = max(tallest, even if even > top else min((room - top) / max(len(rows) - 1, 1), even))
    draw(canvas, rows, widths, row_height=row_height, size=size, name="Estimates")
    # The head takes a row's height too, so that the dots stand level with their lines.
    first = max(top, row_height)
    return round(first * _POINT), round(max(row_height, tallest) * _POINT)
