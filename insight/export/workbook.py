"""A workbook of answers: contents, a sheet an answer with all its tables, and why the numbers are what they are."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import xlsxwriter

from insight.charts.theme import LIGHT
from insight.export import written
from insight.export.item import Item
from insight.export.tables import (
    COLUMN_WIDTHS,
    basis_lines,
    column_words,
    for_people,
    forms_of,
    named_rows,
    units_of,
    write_cell,
)  # fmt: skip
from insight.i18n.catalog import Words
from insight.result import Result, Unit

_MOST_ROWS = 1_000_000
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\']")


@dataclass(frozen=True)
class _Book:
    """The open workbook and its formats."""

    book: Any
    forms: dict[str, Any]
    title: Any
    strong: Any
    head: Any
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
        book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
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
    return own.headline(item.result.headline) if item.result else own.message(item.refusal) if item.refusal else ""


def _contents(made: _Book, items: Sequence[Item], names: Sequence[str], words: Words, title: str, about: str) -> None:
    sheet = made.book.add_worksheet(words.t("pack.contents"))
    sheet.set_column(0, 0, 5)
    sheet.set_column(1, 1, 32)
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
        period = written.period_words(words, item.result.basis) if item.result else ""
        sheet.write_string(row, 3, period)
        sheet.write_string(row, 4, item.scope or words.t("common.all_customers"))
    sheet.freeze_panes(4, 0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _answer(made: _Book, item: Item, sheet_name: str, words: Words) -> None:
    own = _known(item, words)
    sheet = made.book.add_worksheet(sheet_name)
    sheet.write_string(0, 0, _said(item, words), made.title)
    if item.result is None:
        sheet.write_string(1, 0, words.t("pack.refused"))
        return
    result = item.result
    parts = [*written.eyebrow_parts(own, result), *([item.scope] if item.scope else [])]
    sheet.write_string(1, 0, " · ".join(parts))
    row = _metrics(made, sheet, 3, result, own)
    widths: dict[int, int] = {}
    for place, name in enumerate(("", *result.tables)):
        frame = for_people(result, result.tables[name] if name else result.table, own)
        if len(frame) and len(frame.columns):
            heading = own.t("basis.sheet_table") + (f" {place + 1}" if place else "")
            row = _table(made, sheet, row, heading, frame.head(_MOST_ROWS), units_of(result, name), own, result.key,
                         widths)  # fmt: skip
    for column, width in widths.items():
        sheet.set_column(column, column, width)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _metrics(made: _Book, sheet: Any, row: int, result: Result, words: Words) -> int:
    """Every figure with its interval or its earlier value, as numbers; returns the next free row."""
    if not result.metrics:
        return row
    heads = ("pack.figure", "pack.value", "pack.low", "pack.high", "pack.before")
    for column, key in enumerate(heads):
        sheet.write_string(row, column, words.t(key), made.head)
    for name, metric in result.metrics.items():
        row += 1
        unit = words.unit_of_money() if metric.unit == "money" else ""
        label = written.metric_name(words, result, name)
        sheet.write_string(row, 0, f"{label}, {unit}" if unit else label)
        for column, value in enumerate((metric.value, metric.low, metric.high, metric.before), start=1):
            write_cell(sheet, row, column, value, made.forms.get(metric.unit))
    return row + 2


def _table(
    made: _Book, sheet: Any, row: int, heading: str, frame: pd.DataFrame, units: Any, words: Words, analysis: str,
    widths: dict[int, int],
) -> int:  # fmt: skip
    sheet.write_string(row, 0, heading, made.strong)
    kinds: list[Unit] = [units.get(str(name), "text") for name in frame.columns]
    for column, (name, unit) in enumerate(zip(frame.columns, kinds, strict=True)):
        sheet.write_string(row + 1, column, column_words(words, str(name), analysis, unit), made.head)
        widths[column] = max(widths.get(column, 0), COLUMN_WIDTHS.get(unit, 14))
    row += 2
    for cells in named_rows(frame, units, words):
        for column, (cell, unit) in enumerate(zip(cells, kinds, strict=True)):
            write_cell(sheet, row, column, cell, made.forms.get(unit))
        row += 1
    return row + 1


def _basis(made: _Book, items: Sequence[Item], words: Words) -> None:
    """Rule, period, scope, rows, formula and sum check of every answer, one under the other."""
    sheet = made.book.add_worksheet(words.t("pack.basis_sheet"))
    sheet.set_column(0, 0, 30, made.wrapped)
    sheet.set_column(1, 1, 110, made.wrapped)
    row = 0
    for place, item in enumerate(items, start=1):
        sheet.write_string(row, 0, f"{place} {words.t(f'analysis.{item.analysis}.title')}", made.strong)
        row += 1
        lines = basis_lines(item.result, words, item.scope) if item.result else [
            (words.t("basis.finding"), _said(item, words))
        ]  # fmt: skip
        if item.command:
            lines = [*lines, (words.t("basis.command"), item.command)]
        if item.note:
            lines = [(words.t("pack.own_note"), item.note), *lines]
        for what, value in lines:
            sheet.write_string(row, 0, what)
            sheet.write_string(row, 1, value)
            row += 1
        row += 1
