"""The numbers behind a native chart: its embedded workbook, and error bars that point into it."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xlsxwriter
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.oxml.ns import qn
from pptx.util import Emu
from xlsxwriter.utility import xl_col_to_name

from insight.charts.subject import Floats
from insight.export.deck_template import Box
from insight.export.deck_xml import child

_SHEET = "Sheet1"


@dataclass(frozen=True)
class Column:
    """A series: its name, its values (NaN where undefined), the ends of its whiskers, its x where it has its own.

    formula: what Excel computes each value from, in place of the bare value; {r} is the row.
    """

    name: str
    values: Floats
    low: Floats | None = None
    high: Floats | None = None
    x: Floats | None = None
    formula: str = ""


@dataclass(frozen=True)
class Numbers:
    """All that a chart draws. `extra` columns stand in the workbook for the reader, and for formulas, undrawn."""

    columns: Sequence[Column]
    categories: Sequence[str] = ()
    form: str = "General"
    extra: Sequence[Column] = field(default=())
    end_names: tuple[str, str] = ("", "")


def add_chart(slide: Any, box: Box, kind: XL_CHART_TYPE, numbers: Numbers) -> Any:
    """A native chart with its workbook; whiskers where columns have them. Returns the library's chart."""
    xy = numbers.columns[0].x is not None
    data = _xy_data(numbers) if xy else _category_data(numbers)
    frame = slide.shapes.add_chart(kind, *map(Emu, (box.left, box.top, box.width, box.height)), data)
    chart = frame.chart
    places = _xy_places(numbers) if xy else _category_places(numbers)
    chart.part.chart_workbook.update_from_xlsx_blob(_xy_book(numbers) if xy else _category_book(numbers))
    series = [ser for plot in chart.plots for ser in plot.series]
    for one, column, place in zip(series, numbers.columns, places, strict=True):
        if column.low is not None and column.high is not None:
            _whiskers(one, column, place, lying=xy)
    return chart


def _cells(values: Floats) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]


def _category_data(numbers: Numbers) -> CategoryChartData:
    data = CategoryChartData(number_format=numbers.form)
    data.categories = [name or "\u00a0" for name in numbers.categories]
    for column in numbers.columns:
        data.add_series(column.name, _cells(column.values))
    return data


def _xy_data(numbers: Numbers) -> XyChartData:
    data = XyChartData(number_format=numbers.form)
    for column in numbers.columns:
        series = data.add_series(column.name)
        for x, y in _known(column):
            series.add_data_point(x, y)
    return data


def _known(column: Column) -> list[tuple[float, float]]:
    assert column.x is not None
    pairs = zip(column.x, column.values, strict=True)
    return [(float(x), float(y)) for x, y in pairs if np.isfinite(x) and np.isfinite(y)]


# --- the workbook -----------------------------------------------------------------------------------------------------


def _book() -> tuple[io.BytesIO, Any, Any]:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    return out, book, book.add_worksheet(_SHEET)


def _category_places(numbers: Numbers) -> list[tuple[int, int, int]]:
    """For each column where its whiskers stand: (column of the lower ends, first row, last row), from 0."""
    after = 1 + len(numbers.columns) + len(numbers.extra)
    found: list[tuple[int, int, int]] = []
    for column in numbers.columns:
        found.append((after, 1, len(column.values)))
        after += 4 if column.low is not None else 0
    return found


def _category_book(numbers: Numbers) -> bytes:
    """Categories in A, a column a series, then what is not drawn, then lower and upper ends and the whiskers' arms."""
    out, book, sheet = _book()
    form = book.add_format({"num_format": numbers.form})
    for row, name in enumerate(numbers.categories, start=1):
        sheet.write_string(row, 0, name)
    sheet.set_column(0, 0, 28)
    for place, column in enumerate((*numbers.columns, *numbers.extra), start=1):
        sheet.write_string(0, place, column.name)
        for row, value in enumerate(_cells(column.values), start=1):
            if column.formula and value is not None:
                sheet.write_formula(row, place, column.formula.format(r=row + 1), form, value)
            elif value is not None:
                sheet.write_number(row, place, value, form)
    for at, (column, place) in enumerate(zip(numbers.columns, _category_places(numbers), strict=True), start=1):
        _write_ends(sheet, form, numbers, column, place[0], place[1], value_column=at)
    book.close()
    return out.getvalue()


def _write_ends(
    sheet: Any, form: Any, numbers: Numbers, column: Column, place: int, first: int, *, value_column: int
) -> None:
    """The interval's ends as they are, then the arms from the value to them as formulas: what a whisker draws."""
    if column.low is None or column.high is None:
        return
    low, high = numbers.end_names
    heads = (low, high, f"{low} \u2212", f"{high} +")
    for offset, head in enumerate(heads):
        sheet.write_string(first - 1, place + offset, head)
    at = xl_col_to_name(value_column)
    for row, (low, high) in enumerate(zip(column.low, column.high, strict=True), start=first):
        if not (np.isfinite(low) and np.isfinite(high)):
            continue
        value = float(column.values[row - first] if column.x is None else column.x[row - first])
        sheet.write_number(row, place, float(low), form)
        sheet.write_number(row, place + 1, float(high), form)
        ends = xl_col_to_name(place), xl_col_to_name(place + 1)
        sheet.write_formula(row, place + 2, f"={at}{row + 1}-{ends[0]}{row + 1}", form, value - float(low))
        sheet.write_formula(row, place + 3, f"={ends[1]}{row + 1}-{at}{row + 1}", form, float(high) - value)


def _xy_places(numbers: Numbers) -> list[tuple[int, int, int]]:
    found: list[tuple[int, int, int]] = []
    top = 0
    for column in numbers.columns:
        count = len(_known(column))
        found.append((2, top + 1, top + count))
        top += count + 2
    return found


def _xy_book(numbers: Numbers) -> bytes:
    """A block a series, one under the other, as the library's references have them: x in A, y in B, ends after."""
    out, book, sheet = _book()
    form = book.add_format({"num_format": numbers.form})
    for column, (place, first, _) in zip(numbers.columns, _xy_places(numbers), strict=True):
        sheet.write_string(first - 1, 1, column.name)
        for row, (x, y) in enumerate(_known(column), start=first):
            sheet.write_number(row, 0, x, form)
            sheet.write_number(row, 1, y, form)
        _write_ends(sheet, form, numbers, column, place, first, value_column=0)
    book.close()
    return out.getvalue()


# --- whiskers ---------------------------------------------------------------------------------------------------------


def _whiskers(series: Any, column: Column, place: tuple[int, int, int], *, lying: bool) -> None:
    """Error bars whose arms are cells of the workbook."""
    assert column.low is not None and column.high is not None
    at = column.x if lying and column.x is not None else column.values
    owner = series._element
    bars = child(owner, "c:errBars")
    if lying:
        _value(bars, "errDir", "x")
    _value(bars, "errBarType", "both")
    _value(bars, "errValType", "cust")
    _value(bars, "noEndCap", "1")
    _arm(bars, "plus", column.high - at, place[0] + 3, place)
    _arm(bars, "minus", at - column.low, place[0] + 2, place)
    before = next(part for part in owner if part.tag in (qn("c:cat"), qn("c:val"), qn("c:xVal")))
    before.addprevious(bars)


def style_whiskers(series: Any, colour: str, points: float) -> None:
    """Colour and thickness of a series' whiskers."""
    bars = series._element.find(qn("c:errBars"))
    if bars is None:
        return
    shape = child(bars, "c:spPr")
    line = child(shape, "a:ln", w=str(round(points * 12_700)), cap="rnd")
    fill = child(line, "a:solidFill")
    child(fill, "a:srgbClr", val=colour.lstrip("#"))


def _value(parent: Any, name: str, value: str) -> None:
    child(parent, f"c:{name}", val=value)


def _arm(bars: Any, name: str, lengths: Floats, column: int, place: tuple[int, int, int]) -> None:
    arm = child(bars, f"c:{name}")
    reference = child(arm, "c:numRef")
    letter = xl_col_to_name(column)
    child(reference, "c:f").text = f"{_SHEET}!${letter}${place[1] + 1}:${letter}${place[2] + 1}"
    cache = child(reference, "c:numCache")
    child(cache, "c:formatCode").text = "General"
    _value(cache, "ptCount", str(len(lengths)))
    for row, length in enumerate(lengths):
        if np.isfinite(length):
            child(child(cache, "c:pt", idx=str(row)), "c:v").text = repr(float(length))
