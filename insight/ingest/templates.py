"""Template files: for each table an empty file to fill in and a filled example, as CSV and Excel, in two languages.

They are made from the schema, so that the words in them are the words that the reader knows.
"""

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import xlsxwriter
from xlsxwriter.format import Format as CellFormat
from xlsxwriter.worksheet import Worksheet

from insight.i18n.catalog import Language, Words
from insight.ingest.examples import TABLE_EXAMPLES, Cell
from insight.ingest.schema import TABLES, Field, FieldType, Table, fold

Form = Literal["csv", "xlsx"]

# Excel shows a cell as the field's type asks; '@' keeps ids as the text they are.
_FORMATS: dict[FieldType, str] = {
    "id": "@", "text": "@", "date": "yyyy-mm-dd", "datetime": "yyyy-mm-dd hh:mm", "money": "#,##0.00",
    "price": "#,##0.00##", "number": "0.###", "integer": "0", "flag": "@", "consent": "@", "score": "0",
}  # fmt: skip

_MOST_ALIASES = 8


def file_name(table: str, language: Language, form: Form, *, filled: bool = False) -> str:
    """What the file is called when it is downloaded: 'mall-kunder.xlsx', 'example-customers.csv'."""
    words = Words(language)
    label = (TABLES[table].sv if language == "sv" else TABLES[table].en).lower().replace(" ", "-")
    return f"{words.t('template.example' if filled else 'template.empty')}-{label}.{form}"


def template(table: str, language: Language, form: Form, *, filled: bool = False) -> bytes:
    """The file itself: the schema's headers, with invented rows when `filled`. Raises KeyError for an unknown table.

    CSV is UTF-8 with a byte order mark, so that Excel reads it right: semicolons and decimal comma in Swedish, commas
    and decimal point in English. Excel has real dates and numbers, ids as text, and a second sheet that explains.
    """
    known = TABLES[table]
    rows = _rows(known, language) if filled else []
    return _csv(known, language, rows) if form == "csv" else _xlsx(known, language, rows)


def header(field: Field, language: Language) -> str:
    """The field's word in the language: the column's header."""
    return field.sv if language == "sv" else field.en


def _rows(table: Table, language: Language) -> list[list[Cell]]:
    columns = TABLE_EXAMPLES[table.name]
    count = len(columns["customer_id"])
    return [[_said(columns[f.name][row], language) for f in table.fields] for row in range(count)]


def _said(cell: Cell, language: Language) -> Cell:
    if isinstance(cell, tuple):
        return cell[0] if language == "sv" else cell[1]
    if isinstance(cell, bool):
        return Words(language).t("common.yes" if cell else "common.no")
    return cell


def _csv(table: Table, language: Language, rows: list[list[Cell]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";" if language == "sv" else ",")
    writer.writerow([header(field, language) for field in table.fields])
    for row in rows:
        writer.writerow([_text(cell, language) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def _text(cell: Cell, language: Language) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "minutes")
    if isinstance(cell, Decimal) and language == "sv":
        return str(cell).replace(".", ",")
    return str(cell)


def _xlsx(table: Table, language: Language, rows: list[list[Cell]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        # A fixed date: the same template is the same file, byte for byte.
        book.set_properties({"title": header_title(table, language), "created": datetime(2024, 1, 1)})
        bold = book.add_format({"bold": True})
        formats = {kind: book.add_format({"num_format": code}) for kind, code in _FORMATS.items()}
        sheet = book.add_worksheet(header_title(table, language))
        sheet.freeze_panes(1, 0)
        for at, field in enumerate(table.fields):
            word, kind = header(field, language), formats[field.type]
            sheet.set_column(at, at, max(12, len(word) + 2), kind)
            sheet.write_string(0, at, word, bold)
            for line, row in enumerate(rows, 1):
                _write(sheet, line, at, row[at], kind)
        _explain(book, table, language, bold)
    return out.getvalue()


def header_title(table: Table, language: Language) -> str:
    """The table's name in the language, which is the sheet's name."""
    return table.sv if language == "sv" else table.en


def _write(sheet: Worksheet, row: int, column: int, cell: Cell, kind: CellFormat) -> None:
    if isinstance(cell, date):
        moment = cell if isinstance(cell, datetime) else datetime(cell.year, cell.month, cell.day)
        sheet.write_datetime(row, column, moment, kind)
    elif isinstance(cell, (int, Decimal)):
        sheet.write_number(row, column, float(cell), kind)
    elif isinstance(cell, str):
        sheet.write_string(row, column, cell, kind)


def _explain(book: xlsxwriter.Workbook, table: Table, language: Language, bold: CellFormat) -> None:
    """The second sheet: what each column is, whether it is needed, and what other headers are understood."""
    words = Words(language)
    sheet = book.add_worksheet(words.t("template.sheet"))
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    titles = ("column", "required", "type", "written", "aliases")
    for at, (title, width) in enumerate(zip(titles, (24, 12, 18, 34, 60), strict=True)):
        sheet.set_column(at, at, width, wrap)
        sheet.write_string(0, at, words.t(f"template.title.{title}"), bold)
    for line, field in enumerate(table.fields, 1):
        shown = header(field, language)
        others = [alias for alias in field.aliases if alias != fold(shown)][:_MOST_ALIASES]
        texts = (
            shown,
            words.t("common.yes" if field.required else "common.no"),
            words.t(f"template.type.{field.type}"),
            words.t(f"template.form.{field.type}"),
            ", ".join(others),
        )
        for at, text in enumerate(texts):
            sheet.write_string(line, at, text, wrap)
