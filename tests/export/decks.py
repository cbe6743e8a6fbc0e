"""A deck opened again: what its charts, tables and texts hold, read by the library and the spreadsheet reader."""

import io
import re
from collections.abc import Iterator
from typing import Any

import openpyxl
from PIL import ImageFont
from pptx import Presentation
from pptx.oxml.ns import qn

POINT = 12_700


def opened(content: bytes) -> Any:
    return Presentation(io.BytesIO(content))


def text_of(slide: Any) -> str:
    """All text of a slide: boxes, placeholders, table cells."""
    found = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
    for shape in slide.shapes:
        if shape.has_table:
            found += [cell.text_frame.text for row in shape.table.rows for cell in row.cells]
    return "\n".join(found)


def charts(slide: Any) -> list[Any]:
    return [shape.chart for shape in slide.shapes if shape.has_chart]


def tables(slide: Any, name: str = "") -> list[Any]:
    return [shape.table for shape in slide.shapes if shape.has_table and name in ("", shape.name)]


def cached(chart: Any) -> Iterator[tuple[str, list[float | None]]]:
    """(reference, values) of everything numeric that the chart draws."""
    for reference in chart._chartSpace.iter(qn("c:numRef")):
        count = int(reference.find(f"{qn('c:numCache')}/{qn('c:ptCount')}").get("val"))
        values: list[float | None] = [None] * count
        for point in reference.iter(qn("c:pt")):
            values[int(point.get("idx"))] = float(point.find(qn("c:v")).text)
        yield reference.find(qn("c:f")).text, values


def drawn(chart: Any) -> list[list[float | None]]:
    """The values of each series: of a scatter chart those along the horizontal axis."""
    found: list[list[float | None]] = []
    for series in chart._chartSpace.iter(qn("c:ser")):
        x = series.find(qn("c:xVal"))
        holder = x if x is not None else series.find(qn("c:val"))
        count = int(next(holder.iter(qn("c:ptCount"))).get("val"))
        values: list[float | None] = [None] * count
        for point in holder.iter(qn("c:pt")):
            values[int(point.get("idx"))] = float(point.find(qn("c:v")).text)
        found.append(values)
    return found


def in_workbook(chart: Any, reference: str) -> list[float | None]:
    """What the chart's embedded workbook holds at a reference such as Sheet1!$B$2:$B$5."""
    book = openpyxl.load_workbook(io.BytesIO(chart.part.chart_workbook.xlsx_part.blob), data_only=True)
    sheet, cells = reference.replace("'", "").split("!")
    rows = book[sheet][cells.replace("$", "")]
    rows = rows if isinstance(rows, tuple) else ((rows,),)
    return [cell.value for row in rows for cell in (row if isinstance(row, tuple) else (row,))]


def number(text: str, language: str) -> float | None:
    """A written number as a number, whatever stands around it."""
    if language == "sv":
        plain = re.search(r"[+\u2212-]?\d[\d\u00a0]*(?:,\d+)?", text)
        said = plain[0].replace("\u00a0", "").replace(",", ".") if plain else ""
    else:
        plain = re.search(r"[+\u2212-]?\d[\d,]*(?:\.\d+)?", text)
        said = plain[0].replace(",", "") if plain else ""
    return float(said.replace("\u2212", "-")) if said else None


def decimals(text: str, language: str) -> int:
    found = re.search(r",(\d+)" if language == "sv" else r"\.(\d+)", text)
    return len(found[1]) if found else 0


# --- does the text fit? -----------------------------------------------------------------------------------------------


def lines_needed(text: str, width: float, size: float) -> int:
    """Lines that a text takes at `size` in `width` points, by a face that comes with the image library.

    Its letters are a twentieth wider than those of the deck's own face.
    """
    face, width = ImageFont.load_default(size=max(size, 1)), width * 1.05
    count = 0
    for part in re.split(r"[\n\v]", text):
        line, rows = "", 1
        for word in part.split(" "):
            longer = f"{line} {word}".strip(" ")
            if face.getlength(longer) <= width or not line:
                line = longer
            else:
                line, rows = word, rows + 1
        count += rows
    return count


def sizes_of(paragraph: Any) -> list[float]:
    return [run.font.size.pt for run in paragraph.runs if run.font.size is not None]


def too_long(shape: Any) -> float:
    """How many points the text of a box needs beyond its height; 0 or less where it fits."""
    frame = shape.text_frame
    width = (shape.width - (frame.margin_left or 0) - (frame.margin_right or 0)) / POINT
    needed = 0.0
    for paragraph in frame.paragraphs:
        size = max(sizes_of(paragraph), default=0.0)
        needed += lines_needed(paragraph.text, width, size) * size * 1.15 if size else 0.0
    return needed - shape.height / POINT


def table_too_long(shape: Any) -> float:
    """How many points the rows of a table need beyond what they are given, at the worst of them."""
    worst = 0.0
    for row in shape.table.rows:
        for cell, column in zip(row.cells, shape.table.columns, strict=True):
            sizes = [size for paragraph in cell.text_frame.paragraphs for size in sizes_of(paragraph)]
            if sizes:
                room = (column.width - cell.margin_left - cell.margin_right) / POINT
                needed = lines_needed(cell.text_frame.text, room, max(sizes)) * max(sizes) * 1.15
                worst = max(worst, needed - row.height / POINT)
    return worst
