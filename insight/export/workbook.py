"""A workbook of answers: contents, a sheet an answer with all its tables, and why the numbers are what they are."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import xlsxwriter

from insight import comparing
from insight.charts.theme import LIGHT
from insight.export import deck_beside, written
from insight.export.item import Item
from insight.export.tables import (
    COLUMN_WIDTHS,
    basis_lines,
    column_words,
    for_people,
    forms_of,
    in_points,
    kinds_of,
    named_rows,
    units_of,
    write_cell,
)  # fmt: skip
from insight.i18n.catalog import Words
from insight.result import Metric, Result

_MOST_ROWS = 1_000_000
# Widths of columns in characters, heights of rows in points.
_WIDEST, _NUMBER, _AIR, _LINE = 46, 12, 2, 15
# By so many rows a column of text is measured; more than a page of them repeats its heads in print.
_MEASURED, _A_PAGE = 2_000, 30
_A4 = 9
# Where two groups stand side by side: the values and ends of both come before their difference.
_OWN_CELLS = 6
# Wider than so many characters, the columns go on to a second page: on one they could not be read.
_A_SHEET_WIDE = 230
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\']")


@dataclass(frozen=True)
class _Book:
    """The open workbook and its formats."""

    book: Any
    forms: dict[str, Any]
    title: Any
    strong: Any
    head: Any
    head_right: Any
    head_in: Any
    text_in: Any
    wrapped: Any
    link: Any


def build(items: Sequence[Item], words: Words, *, title: str = "", about: str = "") -> bytes:
    """An Excel workbook of the answers, in the words' language.

    First the contents (linked), then a sheet an answer with every table it has, units as number formats, then a sheet
    of basis and definitions. A refusal has a sheet that says why. Text is written as text: no cell is a formula.
    """
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    made = _Book(
        book, forms_of(book), book.add_format({"bold": True, "font_size": 16}), book.add_format({"bold": True}),
        book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom"}),
        book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom", "align": "right"}),
        book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom", "indent": 1}),
        book.add_format({"indent": 1}),
        book.add_format({"text_wrap": True, "valign": "top"}),
        book.add_format({"font_color": LIGHT.accent, "underline": 1}),
    )  # fmt: skip
    names = _sheet_names(items, words)
    _contents(made, items, names, words, title, about)
    for item, name in zip(items, names, strict=True):
        _answer(made, item, name, words)
    _basis(made, items, words)
    book.close()
    return out.getvalue()


def _sheet_names(items: Sequence[Item], words: Words) -> list[str]:
    """'1 RFM-segment', at most 31 characters and each its own, as spreadsheets want them."""
    found: list[str] = []
    for place, item in enumerate(items, start=1):
        name = _NOT_IN_A_NAME.sub(" ", words.t(f"analysis.{item.analysis}.title"))
        found.append(f"{place} {name}"[:31].rstrip())
    return found


def _known(item: Item, words: Words) -> Words:
    return words.with_labels(item.result.labels) if item.result else words


def _said(item: Item, words: Words) -> str:
    own = _known(item, words)
    if item.title:
        return item.title
    if item.other is not None and item.results:
        return deck_beside.headline(item, words)
    return own.headline(item.result.headline) if item.result else own.message(item.refusal) if item.refusal else ""


def _contents(made: _Book, items: Sequence[Item], names: Sequence[str], words: Words, title: str, about: str) -> None:
    sheet = made.book.add_worksheet(words.t("pack.contents"))
    sheet.set_column(0, 0, 5)
    sheet.set_column(1, 1, _WIDEST)
    sheet.set_column(2, 2, 80, made.wrapped)
    sheet.set_column(3, 4, 30, made.wrapped)
    sheet.write_string(0, 0, title or words.t("pack.title"), made.title)
    if about:
        sheet.write_string(1, 0, about)
    heads = ("", "basis.question", "basis.finding", "basis.period", "basis.scope")
    for column, key in enumerate(heads):
        sheet.write_string(3, column, words.t(key) if key else "", made.head)
    for row, (item, name) in enumerate(zip(items, names, strict=True), start=4):
        sheet.write_number(row, 0, row - 3)
        sheet.write_url(row, 1, f"internal:'{name}'!A1", made.link, words.t(f"analysis.{item.analysis}.title"))
        sheet.write_string(row, 2, _said(item, words))
        period = written.period_words(words, item.results[0].basis) if item.results else ""
        sheet.write_string(row, 3, period)
        whom = [side.scope or words.t("common.all_customers") for side in _sides(item)]
        sheet.write_string(row, 4, words.t("compare.two", first=whom[0], second=whom[1]) if whom[1:] else whom[0])
    sheet.freeze_panes(4, 0)
    sheet.repeat_rows(3)
    _paper(sheet)


def _answer(made: _Book, item: Item, sheet_name: str, words: Words) -> None:
    own = _known(item, words)
    sheet = made.book.add_worksheet(sheet_name)
    sheet.write_string(0, 0, _said(item, words), made.title)
    widths: dict[int, int] = {}
    if not item.results:
        sheet.write_string(1, 0, words.t("pack.refused"))
        return
    if item.other is not None:
        sheet.write_string(1, 0, " · ".join(deck_beside.above(item, own)))
        row = _both(made, sheet, 3, item, own, widths)
    else:
        parts = [*written.eyebrow_parts(own, item.results[0]), *([item.scope] if item.scope else [])]
        sheet.write_string(1, 0, " · ".join(parts))
        row = _metrics(made, sheet, 3, item.results[0], own, widths)
    for side in _sides(item):
        if side.result is None:
            sheet.write_string(row, 0, f"{side.name}: {_said(side, words)}", made.strong)
            row += 2
        else:
            row = _tables(made, sheet, row, side, words, widths)
    for column, width in widths.items():
        sheet.set_column(column, column, width)
    _paper(sheet)
    if sum(widths.values()) > _A_SHEET_WIDE:
        sheet.fit_to_pages(2, 0)
        sheet.repeat_columns(0)


def _paper(sheet: Any) -> None:
    """For print: A4 lying, all columns on the page, the sheet's name and the page below."""
    sheet.set_paper(_A4)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&A&R&P / &N")


def _heads(
    made: _Book, sheet: Any, row: int, heads: Sequence[str], right: Sequence[bool], widths: dict[int, int]
) -> None:
    """A row of heads, over numbers at the right as these are; as high as its longest head needs in its column."""
    for column, (said, is_number) in enumerate(zip(heads, right, strict=True)):
        longest = max((len(word) for word in said.split()), default=0) + _AIR
        widths[column] = max(widths.get(column, 0), min(longest, _WIDEST))
        # Words beside figures, which stand at the right, keep a little away from them.
        sheet.write_string(row, column, said, made.head_right if is_number else made.head_in if column else made.head)
    lines = max((_lines(said, widths[column]) for column, said in enumerate(heads)), default=1)
    sheet.set_row(row, _LINE * lines + 1)


def _lines(said: str, width: int) -> int:
    """The lines that bold words take in a column so many characters wide."""
    count, line = 1, 0
    for word in said.split():
        if line and line + 1 + len(word) > width - _AIR / 2:
            count, line = count + 1, 0
        line += len(word) + (1 if line else 0)
    return count


def _named_width(names: Sequence[str], widths: dict[int, int]) -> None:
    """The first column as wide as the names of the figures."""
    widths[0] = max(widths.get(0, 0), min(max((len(name) for name in names), default=0) + _AIR, _WIDEST))


def _sides(item: Item) -> list[Item]:
    """The answer, and that of the group that stands beside it."""
    return [item, item.other] if item.other is not None else [item]


def _tables(made: _Book, sheet: Any, row: int, side: Item, words: Words, widths: dict[int, int]) -> int:
    """Every table of one group's answer, under the group's name where there are two; returns the next free row."""
    result, own = side.result, _known(side, words)
    assert result is not None
    long: tuple[int, int] | None = None
    for place, name in enumerate(("", *result.tables)):
        frame = for_people(result, result.tables[name] if name else result.table, own)
        if len(frame) and len(frame.columns):
            heading = own.t("basis.sheet_table") + (f" {place + 1}" if place else "")
            heading = f"{side.name}: {heading}" if side.name else heading
            row = _table(made, sheet, row, heading, frame.head(_MOST_ROWS), units_of(result, name), own, result.key,
                         widths)  # fmt: skip
            if len(frame) > _A_PAGE:
                # What repeats in print does so to the sheet's end: only the last table's head may stay.
                long = (row - 2 - len(frame), place)
    if long and long[1] == len(result.tables):
        sheet.repeat_rows(long[0])
    return row


def _both(made: _Book, sheet: Any, row: int, item: Item, words: Words, widths: dict[int, int]) -> int:
    """Every figure of both groups with its interval, and their difference; returns the next free row."""
    first, second = deck_beside.names(item)
    low, high = words.t("pack.low"), words.t("pack.high")
    heads = (words.t("pack.figure"), first, low, high, second, low, high, words.t("compare.difference"), low, high)
    found = deck_beside.every_figure(item, words)
    before, _, after = words.t("ui.points", value="1").partition("1")
    in_pp = made.book.add_format({"num_format": f'{before}0.0"{after}"'})
    units = [_figure_unit(line.key, line.first, words) for line in found]
    names = [f"{line.name}, {unit}" if unit else line.name for line, unit in zip(found, units, strict=True)]
    _named_width(names, widths)
    widths |= {column: max(widths.get(column, 0), COLUMN_WIDTHS["money"]) for column in range(1, len(heads))}
    _heads(made, sheet, row, heads, [place > 0 for place in range(len(heads))], widths)
    for name, line in zip(names, found, strict=True):
        row += 1
        sheet.write_string(row, 0, name)
        other, apart = line.second, line.difference
        cells = [line.first.value, line.first.low, line.first.high]
        cells += [other.value, other.low, other.high] if other else [None] * 3
        cells += [apart.value, apart.low, apart.high] if apart else [None] * 3
        points = written.is_shares_apart(line.key, line.first.unit)
        for column, value in enumerate(cells, start=1):
            if points or (line.first.unit == "ratio" and column > _OWN_CELLS):
                write_cell(sheet, row, column, in_points(value), made.forms["points"] if points else in_pp)
            else:
                write_cell(sheet, row, column, value, made.forms.get(line.first.unit))
    said = comparing.why_no_interval(found, words, apart=item.apart)
    if said:
        sheet.write_string(row + 1, 0, said)
    return row + 3


def _metrics(made: _Book, sheet: Any, row: int, result: Result, words: Words, widths: dict[int, int]) -> int:
    """Every figure with its interval or its earlier value, as numbers; returns the next free row."""
    if not result.metrics:
        return row
    heads = [words.t(f"pack.{key}") for key in ("figure", "value", "low", "high", "before")]
    named = {name: written.metric_name(words, result, name) for name in result.metrics}
    units = {name: _figure_unit(name, metric, words) for name, metric in result.metrics.items()}
    labels = [f"{named[name]}, {units[name]}" if units[name] else named[name] for name in result.metrics]
    _named_width(labels, widths)
    widths |= {column: max(widths.get(column, 0), COLUMN_WIDTHS["money"]) for column in range(1, len(heads))}
    _heads(made, sheet, row, heads, [place > 0 for place in range(len(heads))], widths)
    for label, (name, metric) in zip(labels, result.metrics.items(), strict=True):
        row += 1
        sheet.write_string(row, 0, label)
        points = written.is_shares_apart(name, metric.unit)
        form = made.forms.get("points" if points else metric.unit)
        for column, value in enumerate((metric.value, metric.low, metric.high, metric.before), start=1):
            write_cell(sheet, row, column, in_points(value) if points else value, form)
    return row + 2


def _figure_unit(name: str, metric: Metric, words: Words) -> str:
    """What a figure's name says of its unit: the currency, or percentage points for one share less another."""
    if written.is_shares_apart(name, metric.unit):
        return words.t("common.percentage_points")
    return words.unit_of_money() if metric.unit == "money" else ""


def _table(
    made: _Book, sheet: Any, row: int, heading: str, frame: pd.DataFrame, units: Any, words: Words, analysis: str,
    widths: dict[int, int],
) -> int:  # fmt: skip
    sheet.write_string(row, 0, heading, made.strong)
    kinds = kinds_of(frame, units)
    rows = named_rows(frame, units, words)
    for column, unit in enumerate(kinds):
        longest = max((len(str(cells[column])) for cells in rows[:_MEASURED]), default=0) + _AIR
        own = min(longest, _WIDEST) if unit == "text" else COLUMN_WIDTHS.get(unit, _NUMBER)
        widths[column] = max(widths.get(column, 0), own)
    heads = [
        column_words(words, str(name), analysis, units.get(str(name), "text")) for name in frame.columns
    ]  # fmt: skip
    _heads(made, sheet, row + 1, heads, [unit not in ("text", "date") for unit in kinds], widths)
    row += 2
    for cells in rows:
        for column, (cell, unit) in enumerate(zip(cells, kinds, strict=True)):
            write_cell(sheet, row, column, cell, made.text_in if unit == "text" and column else made.forms.get(unit))
        row += 1
    return row + 1


def _basis(made: _Book, items: Sequence[Item], words: Words) -> None:
    """Rule, period, scope, rows, formula and sum check of every answer, one under the other."""
    sheet = made.book.add_worksheet(words.t("pack.basis_sheet"))
    sheet.set_column(0, 0, 30, made.wrapped)
    sheet.set_column(1, 1, 110, made.wrapped)
    _paper(sheet)
    row = 0
    for place, item in enumerate(items, start=1):
        sheet.write_string(row, 0, f"{place} {words.t(f'analysis.{item.analysis}.title')}", made.strong)
        row += 1
        lines = [(words.t("pack.own_note"), item.note)] if item.note else []
        for side in _sides(item):
            lines += [(side.name, "")] if side.name else []
            lines += basis_lines(side.result, words, side.scope) if side.result else [
                (words.t("basis.finding"), _said(replace(side, other=None, title=""), words))
            ]  # fmt: skip
            lines += [(words.t("basis.command"), side.command)] if side.command else []
        for what, value in lines:
            sheet.write_string(row, 0, what)
            sheet.write_string(row, 1, value)
            row += 1
        row += 1
