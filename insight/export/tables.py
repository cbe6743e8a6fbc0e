"""Answers and lists as files for people: CSV and XLSX in the reader's language, safe to open in a spreadsheet.

Text that a spreadsheet would run as a formula is made text: with an apostrophe in CSV, as string cells in XLSX.
Numbers are never touched.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter

from insight.export.item import Item
from insight.export.written import column_name, is_shares_apart, named, period_words, undefined
from insight.i18n.catalog import Language, Words
from insight.result import Message, Result, Unit
from insight.words import evidence_words

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_EXCEL_NUMBER = 15
# A share of 0.1234 is 12.34 %; what comes after is the arithmetic's, not the answer's.
_DECIMALS: Mapping[Unit, int] = {"ratio": 4, "points": 4, "number": 4, "score": 4, "pvalue": 6}
COLUMN_WIDTHS: Mapping[str, int] = {"text": 28, "money": 16, "date": 12}


def safe_text(value: str) -> str:
    """Text that no spreadsheet reads as a formula: an apostrophe before = + - @ tab and line breaks."""
    return f"'{value}" if value.lstrip(" \u00a0").startswith(_STARTS) or value.startswith(_STARTS) else value


def csv_cell(value: Any, language: Language, unit: Unit | None = None) -> str:
    """A cell of a CSV file: decimal comma in Swedish, ISO dates, ids and other text made safe."""
    if undefined(value):
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ") if value.time() != datetime.min.time() else value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool) or unit == "text" or isinstance(value, str):
        return safe_text(str(value))
    if isinstance(value, float) and unit is not None and unit in _DECIMALS:
        plain = f"{value:.{_DECIMALS[unit]}f}".rstrip("0").rstrip(".")
        plain = "0" if plain == "-0" else plain
    else:
        plain = f"{value:f}" if isinstance(value, Decimal) else str(value)
    return plain.replace(".", ",") if language == "sv" else plain


def csv_bytes(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], language: Language, units: Sequence[Unit | None] = ()
) -> bytes:
    """A CSV file that the language's Excel opens: `;` and decimal comma in Swedish, `,` in English; UTF-8 with BOM."""
    kinds: list[Unit | None] = [*units, *([None] * (len(columns) - len(units)))]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";" if language == "sv" else ",", lineterminator="\r\n")
    writer.writerow([safe_text(name) for name in columns])
    for row in rows:
        writer.writerow([csv_cell(value, language, unit) for value, unit in zip(row, kinds, strict=True)])
    return out.getvalue().encode("utf-8-sig")


def column_words(words: Words, column: str, analysis: str = "", unit: Unit | None = None) -> str:
    """A column's head in words, with the currency for money and percentage points for one share less another."""
    name = column_name(words, analysis, column)
    if is_shares_apart(column, unit):
        return f"{name}, {words.t('common.percentage_points')}"
    return f"{name}, {words.unit_of_money()}" if unit == "money" else name


def for_people(result: Result, frame: pd.DataFrame, words: Words) -> pd.DataFrame:
    """The columns that have a name; the others are there for figures and marks."""
    shown = [name for name in frame.columns if named(words, result.key, str(name))]
    return pd.DataFrame(frame[shown])


def units_of(result: Result, table: str = "") -> Mapping[str, Unit]:
    """The units of one of a result's tables."""
    return {**result.units, **result.more_units.get(table, {})}


def kinds_of(frame: pd.DataFrame, units: Mapping[str, Unit]) -> list[Unit]:
    """The units in which `named_rows` gives the columns: shares less shares are points there."""
    own: list[tuple[str, Unit]] = [(str(name), units.get(str(name), "text")) for name in frame.columns]
    return ["points" if is_shares_apart(name, unit) else unit for name, unit in own]


def named_rows(frame: pd.DataFrame, units: Mapping[str, Unit], words: Words) -> list[tuple[Any, ...]]:
    """Rows with stable keys spelled out, in every column that holds text; shares less shares in percentage points."""
    writers = [_writer(str(name), units.get(str(name), "text"), words) for name in frame.columns]
    return [
        tuple(write(cell) if write else cell for cell, write in zip(row, writers, strict=True))
        for row in frame.itertuples(index=False, name=None)
    ]


def _writer(column: str, unit: Unit, words: Words) -> Callable[[Any], Any] | None:
    """What becomes of the cells of a column in a file; None where they go as they are."""
    if unit == "text":
        return lambda cell: _in_words(cell, words)
    return in_points if is_shares_apart(column, unit) else None


def in_points(share: Any) -> Any:
    """One share less another in percentage points; nothing where there is none."""
    return share if undefined(share) else share * 100


def _in_words(cell: Any, words: Words) -> Any:
    if isinstance(cell, bool | np.bool_):
        return words.t("common.yes" if cell else "common.no")
    return words.label(cell) if isinstance(cell, str) else cell


def result_csv(result: Result, words: Words) -> bytes:
    """The table of an answer in the words' language: money exact, shares to the hundredth of a per cent."""
    known = words.with_labels(result.labels)
    frame = for_people(result, result.table, known)
    heads = [column_words(known, str(name), result.key, result.units.get(str(name))) for name in frame.columns]
    return csv_bytes(
        heads, named_rows(frame, result.units, known), words.language, kinds_of(frame, result.units)
    )  # fmt: skip


def both_csv(item: Item, words: Words) -> bytes:
    """The tables of two groups side by side under each other, the group's name first in every row."""
    sides = [side for side in (item, item.other) if side is not None and side.result is not None]
    heads: list[str] = [words.t("compare.group")]
    units: list[Unit | None] = ["text"]
    columns: list[str] = []
    rows: list[list[Any]] = []
    for side in sides:
        result = side.result
        assert result is not None
        known = words.with_labels(result.labels)
        frame = for_people(result, result.table, known)
        for name, kind in zip(map(str, frame.columns), kinds_of(frame, result.units), strict=True):
            if name in columns:
                continue
            columns.append(name)
            units.append(kind)
            heads.append(column_words(known, name, result.key, result.units.get(name)))
        places = [str(name) for name in frame.columns]
        for cells in named_rows(frame, result.units, known):
            held = dict(zip(places, cells, strict=True))
            rows.append([side.name, *(held.get(name) for name in columns)])
    filled = [[*row, *([None] * (len(heads) - len(row)))] for row in rows]
    return csv_bytes(heads, filled, words.language, units)


def basis_lines(result: Result, words: Words, scope: str = "") -> list[tuple[str, str]]:
    """Why this number, as (what, value) lines: question, finding, period, scope, rule, rows, formula, sum check."""
    known = words.with_labels(result.labels)
    basis = result.basis
    lines = [
        (known.t("basis.question"), known.t(f"analysis.{result.key}.title")),
        (known.t("basis.finding"), known.headline(result.headline)),
        (known.t("basis.period"), period_words(known, basis)),
        (known.t("basis.scope"), scope or known.t("common.all_customers")),
        (known.t("basis.rule"), known.message(basis.rule)),
        (known.t("basis.rows_used"), known.count(basis.rows_used)),
        *((known.label(reason), known.count(-n)) for reason, n in basis.rows_left_out.items()),
    ]
    if basis.n_customers is not None:
        lines.append((known.t("basis.customers"), known.count(basis.n_customers)))
    if basis.formula:
        lines.append((known.t("basis.formula"), known.t(f"definition.{basis.formula}")))
    if result.evidence:
        lines.append((known.t("basis.evidence"), evidence_words(result, known)[0]))
    if basis.sum_check:
        lines.append((known.t("basis.check"), check_words(result, known)))
    lines += [
        (known.t("basis.note"), known.message(Message(f"note.{note.code}", note.values))) for note in result.notes
    ]
    return lines


def check_words(result: Result, words: Words) -> str:
    """The sum check in a sentence, to the öre for money."""
    check = result.basis.sum_check
    if check is None:
        return ""
    exact = isinstance(check.total, Decimal)
    total, difference = (
        words.amount(value, 2) if exact else words.count(value) for value in (check.total, check.difference)
    )
    return words.t("basis.check_sentence", n=len(check.parts), total=total, difference=difference)


def result_xlsx(result: Result, words: Words, *, scope: str = "", command: str = "") -> bytes:
    """A workbook: the table, any further tables, and a sheet that says why the numbers are what they are."""
    known = words.with_labels(result.labels)
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    _table_sheet(book, known.t("basis.sheet_table"), result, "", known)
    for number, name in enumerate(result.tables, start=2):
        _table_sheet(book, f"{known.t('basis.sheet_table')} {number}", result, name, known)
    sheet = book.add_worksheet(known.t("basis.sheet_basis"))
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 28, wrapped)
    sheet.set_column(1, 1, 90, wrapped)
    lines = basis_lines(result, known, scope)
    if command:
        lines.append((known.t("basis.command"), command))
    for row, (what, value) in enumerate(lines):
        sheet.write_string(row, 0, what)
        sheet.write_string(row, 1, value)
    book.close()
    return out.getvalue()


def forms_of(book: Any) -> dict[str, Any]:
    """Units as number formats; the spreadsheet writes the separators of its own language."""
    formats = {
        "money": "#,##0.00", "ratio": "0.0%", "count": "#,##0", "date": "yyyy-mm-dd", "points": "0.0", "score": "0.00",
        "number": "#,##0.00", "days": "#,##0", "months": "#,##0", "pvalue": "0.000",
    }  # fmt: skip
    # A date stands at the left like the text beside it.
    return {
        unit: book.add_format({"num_format": form, **({"align": "left", "indent": 1} if unit == "date" else {})})
        for unit, form in formats.items()
    }


def _table_sheet(book: Any, title: str, result: Result, table: str, words: Words) -> None:
    sheet = book.add_worksheet(title[:31])
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    forms, units = forms_of(book), units_of(result, table)
    frame = for_people(result, result.tables[table] if table else result.table, words)
    kinds = kinds_of(frame, units)
    for column, (name, unit) in enumerate(zip(frame.columns, kinds, strict=True)):
        sheet.write_string(0, column, column_words(words, str(name), result.key, units.get(str(name))), head)
        sheet.set_column(column, column, COLUMN_WIDTHS.get(unit, 14))
    for row, cells in enumerate(named_rows(frame, units, words), start=1):
        for column, (cell, unit) in enumerate(zip(cells, kinds, strict=True)):
            write_cell(sheet, row, column, cell, forms.get(unit))
    sheet.freeze_panes(1, 0)


def write_cell(sheet: Any, row: int, column: int, cell: Any, form: Any) -> None:
    """A value as what it is: a number, a date, else text that is never a formula; nothing where it is undefined."""
    if undefined(cell):
        return
    if isinstance(cell, date):
        sheet.write_datetime(row, column, cell, form)
    elif isinstance(cell, str | bool):
        sheet.write_string(row, column, str(cell), form)
    elif isinstance(cell, int | float | Decimal) or hasattr(cell, "item"):
        number = float(cell)
        if abs(number) < 10**_EXCEL_NUMBER:
            sheet.write_number(row, column, number, form)
        else:
            sheet.write_string(row, column, str(cell))
    else:
        sheet.write_string(row, column, str(cell))
