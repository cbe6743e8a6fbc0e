"""The process that opens a workbook, so that a hostile one can only take this process down.

Run as a script in isolated mode (`python -I excel_child.py`): it may import nothing of the app. The request is one
JSON object on stdin, the answer one on stdout; sheets are written as CSV files into the folder of the request.
Nothing else is printed: a library's error text may quote a cell.
"""

import csv
import datetime as dt
import errno
import json
import re
import sys
import unicodedata
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import python_calamine

MAX_SHEETS = 200
MAX_COLUMNS = 1000
# Cells between the first and the last used one that a workbook may have when nearly all of them are empty.
SPARSE_CELLS = 6_000_000
SPARSE_SHEET_BYTES = 20 << 20
CHUNK = 4 << 20
EXACT = 2**53
# A row among a sheet's first ones with so many known column names is a header: a table comes before a larger pivot.
HEADER_ROWS, KNOWN_ENOUGH = 15, 2

_ABOUT = re.compile(
    r"(förklaring|forklaring|explanation|read ?me|läs ?mig|info|instruktion|instruction|om\b|about|hjälp|help"
    r"|beskrivning|description|metadata|legend|innehåll|contents|framsida|cover|försättsblad|kolumner|columns)",
    re.IGNORECASE,
)
_ERRORS = frozenset(
    ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA",
     "#SAKNAS!", "#REFERENS!", "#VÄRDEFEL!", "#DIVISION/0!", "#NAMN?", "#OGILTIGT!", "#SKÄRNING!")
)  # fmt: skip
_CELL = re.compile(rb"<(?:\w+:)?c\b([^<>]*?)(/?)>(?!</)")
_REF = re.compile(rb"\br=[\"']([A-Z]{1,3})(\d{1,7})[\"']")
_STYLE = re.compile(rb"\bs=[\"'](\d+)[\"']")
_HIDDEN_ROW = re.compile(
    rb"<(?:\w+:)?row\b(?=[^<>]*\bhidden=[\"'](?:1|true)[\"'])[^<>]*>(?=<(?:\w+:)?c\b[^<>]*[^/<>]>)"
)
_ERROR_CELL = re.compile(rb"<(?:\w+:)?c\b(?=[^<>]*\bt=[\"']e[\"'])[^<>]*>")
# Currencies that number formats show beside amounts: signs, codes, and whose crowns kr are by the format's language.
_SIGNS = {"€": "EUR", "£": "GBP", "$": "USD", "¥": "JPY", "₹": "INR", "zł": "PLN", "Kč": "CZK", "kr": "kr", "kr.": "kr"}
_CODES = frozenset(("SEK", "EUR", "USD", "GBP", "NOK", "DKK", "ISK", "CHF", "PLN", "CZK", "CAD", "AUD", "JPY", "INR"))
_OF_PLACE = {
    "41D": "SEK", "81D": "SEK", "414": "NOK", "814": "NOK", "406": "DKK", "40F": "ISK", "1009": "CAD", "C09": "AUD",
}  # fmt: skip
_SIGN = re.compile(r"\[\$([^\]-]*)(?:-([0-9A-Fa-f]+))?\]")
_SHOWN_BESIDE = re.compile(rb">0\d+</|office:currency=")
_UNCALCULATED = re.compile(
    rb"<(?:\w+:)?c\b[^<>]*><(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<>]*</(?:\w+:)?f>)"
    rb"(?:<(?:\w+:)?v ?/>|<(?:\w+:)?v></(?:\w+:)?v>)?</(?:\w+:)?c>"
)


class RefusedError(Exception):
    """The workbook cannot be read; the text is a status that the parent knows."""


class SheetWriter:
    """Writes one sheet as CSV and counts on the way what the user should hear about."""

    def __init__(
        self, limit: int, zero_widths: dict[int, int], words: frozenset[str], units: dict[tuple[int, int], str]
    ) -> None:
        self.limit = limit
        self.units = units
        self.words = words
        self.zero_widths = zero_widths
        self.rows = 0
        self.table_rows = 0
        self.filled = 0
        self.columns = 0
        self.left = 0
        self.continued: list[int] = []
        self.lines = 0
        self.first_row = 0
        self.error_cells: list[str] = []
        self.n_errors = 0
        self.long_cells: list[str] = []
        self.n_long = 0
        self.dates: set[int] = set()
        self.times: set[int] = set()
        self.known = 0

    def write(self, sheet: python_calamine.CalamineSheet, target: Path, timed: frozenset[int] = frozenset()) -> None:
        """The used range of a sheet, from its first filled row; blank rows in between stay, as blank lines."""
        if sheet.end is None or sheet.start is None:
            return
        self.columns = sheet.end[1] - sheet.start[1] + 1
        if self.columns > MAX_COLUMNS:
            raise RefusedError("too_wide")
        self.left = sheet.start[1]
        last, waiting, size = 0, 0, 0
        with target.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            for number, cells in enumerate(sheet.iter_rows(), 1):
                texts, filled = self._texts(cells, number, timed)
                if not filled:
                    waiting += 1
                    continue
                if not self.first_row:
                    self.first_row, waiting = number, 0
                out.write("\n" * waiting)
                self.lines += waiting
                waiting, last = 0, number
                size += writer.writerow(texts)
                if size > self.limit:
                    raise RefusedError("too_large")
                self.filled += filled
                self.table_rows += filled > 1 or self.columns == 1
                self._count_lines(texts)
                if number - self.first_row < HEADER_ROWS:
                    self.known = max(self.known, sum(folded(text) in self.words for text in texts))
        self.rows = last - self.first_row + 1 if last else 0

    def _count_lines(self, texts: list[str]) -> None:
        self.lines += 1
        for _ in range(sum(text.count("\n") for text in texts)):
            self.lines += 1
            self.continued.append(self.lines)

    def _texts(self, cells: list[Any], row: int, timed: frozenset[int]) -> tuple[list[str], int]:
        texts: list[str] = []
        filled = 0
        for column, cell in enumerate(cells, self.left):
            if cell == "":
                texts.append("")
                continue
            text = self._text(cell, row, column, column in timed)
            filled += text != ""
            texts.append(text)
        return texts, filled

    def _text(self, cell: Any, row: int, column: int, timed: bool) -> str:
        if isinstance(cell, str):
            if cell in _ERRORS:
                self.n_errors += 1
                note(self.error_cells, row, column)
                return ""
            if "\r" in cell or "\0" in cell:
                return cell.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
            return cell
        if isinstance(cell, bool):
            return "true" if cell else "false"
        if isinstance(cell, (int, float)):
            if abs(cell) >= EXACT:
                self.n_long += 1
                note(self.long_cells, row, column)
            text = number_text(cell)
            if (row, column) in self.units:
                return f"{text} {self.units[row, column]}"
            return text.zfill(self.zero_widths[column]) if column in self.zero_widths and text.isdecimal() else text
        if isinstance(cell, dt.datetime):
            self.times.add(column)
            return cell.isoformat(" ", "seconds")
        if isinstance(cell, dt.date):
            self.dates.add(column)
            return f"{cell.isoformat()} 00:00:00" if timed else cell.isoformat()
        if isinstance(cell, dt.timedelta):
            minutes, seconds = divmod(round(cell.total_seconds()), 60)
            return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
        return cell.isoformat("seconds")


def folded(text: str) -> str:
    """A cell as the app folds column names; long cells are none."""
    if len(text) > 40:
        return ""
    plain = unicodedata.normalize("NFKD", text.lower().replace("ø", "o").replace("æ", "ae").replace("ß", "ss"))
    return re.sub(r"[^a-z0-9%]", "", plain)


def note(cells: list[str], row: int, column: int) -> None:
    """Remember the first few cells of a kind by their Excel names."""
    if len(cells) < 3:
        cells.append(f"{letters(column)}{row}")


def letters(column: int) -> str:
    """The Excel name of a column counted from 0: 0 is A, 26 is AA."""
    name, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def number_text(value: int | float) -> str:
    """A number as Excel holds it, 15 figures, no exponent; one too large to be exact keeps its exponent.

    The exponent tells the text reader that figures are lost, which matters for ids.
    """
    if isinstance(value, int):
        return str(value)
    if value.is_integer() and abs(value) < EXACT:
        return str(int(value))
    text = format(value, ".15g")
    if "e" not in text:
        return text
    return text.upper() if abs(value) >= EXACT else format(Decimal(text), "f")


class Parts:
    """The XML parts of an xlsx: where each sheet lies, the date epoch, and what calamine does not tell."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sheets: dict[str, str] = {}
        self.epoch_1904 = False
        self.zero_styles: dict[bytes, int] = {}
        self.money_styles: dict[bytes, str] = {}
        self.ods = False
        self._ods: tuple[dict[str, dict[int, int]], dict[str, list[tuple[int, int, str]]]] | None = None
        if not zipfile.is_zipfile(path):
            return
        with zipfile.ZipFile(path) as archive:
            names = {name.lower(): name for name in archive.namelist()}
            self.ods = "content.xml" in names
            book, rels = names.get("xl/workbook.xml"), names.get("xl/_rels/workbook.xml.rels")
            if book is None or rels is None:
                return
            targets = {
                e.get("Id"): e.get("Target", "") for e in ElementTree.fromstring(archive.read(rels)) if e.get("Target")
            }
            for element in ElementTree.fromstring(archive.read(book)).iter():
                tag = element.tag.rsplit("}", 1)[-1]
                if tag == "workbookPr":
                    self.epoch_1904 = element.get("date1904") in ("1", "true")
                if tag == "sheet":
                    key = next((v for k, v in element.attrib.items() if k.endswith("}id")), None)
                    target = targets.get(key, "")
                    name = names.get((target[1:] if target.startswith("/") else f"xl/{target}").lower())
                    if name:
                        self.sheets[element.get("name", "")] = name
            if "xl/styles.xml" in names:
                formats = cell_formats(ElementTree.fromstring(archive.read(names["xl/styles.xml"])))
                self.zero_styles = zero_styles(formats)
                self.money_styles = {style: unit for style, code in formats.items() if (unit := money_of(code))}

    def pieces(self, sheet: str) -> Iterator[bytes]:
        """The XML of a sheet in pieces that end between rows; nothing for formats that have none."""
        if sheet not in self.sheets:
            return
        rest = b""
        with zipfile.ZipFile(self.path) as archive, archive.open(self.sheets[sheet]) as part:
            while chunk := part.read(CHUNK):
                head, row_end, tail = (rest + chunk).rpartition(b"</row>")
                rest = tail
                if row_end:
                    yield head
        yield rest

    def zero_widths(self, sheet: str) -> dict[int, int]:
        """Columns whose numbers Excel shows with leading zeros: column from 0 → digits shown."""
        widths: dict[int, int] = {}
        if self.ods:
            return self._of_ods()[0].get(sheet, {})
        for piece in self.pieces(sheet) if self.zero_styles else ():
            for match in _CELL.finditer(piece):
                style, ref = _STYLE.search(match[1]), _REF.search(match[1])
                if style and ref and not match[2] and style[1] in self.zero_styles:
                    column = column_number(ref[1]) - 1
                    widths[column] = max(widths.get(column, 0), self.zero_styles[style[1]])
        return widths

    def units(self, sheet: str) -> Iterator[tuple[int, int, str]]:
        """Cells whose number format shows a currency: Excel row, column from 0, and its code or 'kr'."""
        yield from self._of_ods()[1].get(sheet, ()) if self.ods else ()
        for piece in self.pieces(sheet) if self.money_styles else ():
            for match in _CELL.finditer(piece):
                style, ref = _STYLE.search(match[1]), _REF.search(match[1])
                if style and ref and not match[2] and style[1] in self.money_styles:
                    yield int(ref[2]), column_number(ref[1]) - 1, self.money_styles[style[1]]

    def _of_ods(self) -> tuple[dict[str, dict[int, int]], dict[str, list[tuple[int, int, str]]]]:
        self._ods = self._ods or self._ods_cells()
        return self._ods

    def _ods_cells(self) -> tuple[dict[str, dict[int, int]], dict[str, list[tuple[int, int, str]]]]:
        """The same two of each sheet of an ods, whose cells hold what is shown and the currency beside the number."""
        widths: dict[str, dict[int, int]] = {}
        units: dict[str, list[tuple[int, int, str]]] = {}
        with zipfile.ZipFile(self.path) as archive:
            with archive.open("content.xml") as part:
                if not any(_SHOWN_BESIDE.search(chunk) for chunk in iter(lambda: part.read(CHUNK), b"")):
                    return widths, units
            here, row, column = "", 1, 0
            with archive.open("content.xml") as part:
                for event, element in ElementTree.iterparse(part, ("start", "end")):
                    tag = element.tag.rsplit("}", 1)[-1]
                    of = {key.rsplit("}", 1)[-1]: value for key, value in element.attrib.items()}
                    if event == "start":
                        here, row = (of.get("name", ""), 1) if tag == "table" else (here, row)
                        column = 0 if tag == "table-row" else column
                    elif tag in ("table-cell", "covered-table-cell"):
                        shown = "".join(e.text or "" for e in element if e.tag.endswith("}p"))
                        if shown.isdecimal() and shown.lstrip("0") == of.get("value") != shown:
                            sheet = widths.setdefault(here, {})
                            sheet[column] = max(sheet.get(column, 0), len(shown))
                        if (unit := of.get("currency", "")) in _CODES:
                            units.setdefault(here, []).append((row, column, unit))
                        column += int(of.get("number-columns-repeated", "1"))
                    elif tag == "table-row":
                        row += int(of.get("number-rows-repeated", "1"))
                        element.clear()
        return widths, units

    def guard_far_cell(self, sheet: str) -> None:
        """Refuse a sheet whose few cells lie so far apart that the empty ones between them would fill the memory."""
        if sheet not in self.sheets:
            return
        with zipfile.ZipFile(self.path) as archive:
            if archive.getinfo(self.sheets[sheet]).file_size > SPARSE_SHEET_BYTES:
                return
        rows, width, cells, far = 0, 0, 0, b""
        for match in _CELL.finditer(b"".join(self.pieces(sheet))):
            ref = _REF.search(match[1])
            if match[2] or ref is None:
                continue
            cells += 1
            column = column_number(ref[1])
            if int(ref[2]) > rows or column > width:
                rows, width, far = max(rows, int(ref[2])), max(width, column), ref[1] + ref[2]
        if rows * width > SPARSE_CELLS and rows * width > 50 * cells:
            raise RefusedError(f"far_cell:{far.decode('ascii')}")


def column_number(name: bytes) -> int:
    """The number of an Excel column, A is 1."""
    number = 0
    for letter in name:
        number = number * 26 + letter - 64
    return number


def cell_formats(styles: ElementTree.Element) -> dict[bytes, str]:
    """The number format of each cell style that has one of its own: style index → format code."""
    codes: dict[str | None, str] = {}
    cell_styles: list[str | None] = []
    for element in styles:
        tag = element.tag.rsplit("}", 1)[-1]
        if tag == "numFmts":
            codes = {item.get("numFmtId"): item.get("formatCode", "") for item in element}
        if tag == "cellXfs":
            cell_styles = [item.get("numFmtId") for item in element]
    return {str(at).encode(): codes[number] for at, number in enumerate(cell_styles) if number in codes}


def zero_styles(formats: dict[bytes, str]) -> dict[bytes, int]:
    """Cell styles whose number format is zeros only ('00000', '000000-0000'): style index → digits."""
    plain = {style: re.sub(r"[-\\s\\\\\"]", "", code) for style, code in formats.items()}
    return {style: len(zeros) for style, zeros in plain.items() if len(zeros) > 1 and not zeros.strip("0")}


def money_of(code: str) -> str:
    """The currency that a number format shows: its code, 'kr' where that is all it says, or ''."""
    section = code.split(";")[0]
    if match := _SIGN.search(section):
        sign, place = match[1].strip(), (match[2] or "").upper().lstrip("0")
        if place in _OF_PLACE and sign in ("kr", "kr.", "$"):
            return _OF_PLACE[place]
        return _SIGNS.get(sign, sign if sign in _CODES else "")
    words = re.findall(r"[^\W\d_]+\.?|[€£$¥₹]", section.replace("\\", ""))
    return next((_SIGNS.get(word, word) for word in words if word in _SIGNS or word in _CODES), "")


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Write the sheets of a workbook as CSV and say what was found. Raises RefusedError, and what calamine raises."""
    path, folder = Path(request["path"]), Path(request["folder"])
    parts = Parts(path)
    words = frozenset(request["words"])
    found: list[dict[str, Any]] = []
    # By content: a path's ending would choose the format.
    with path.open("rb") as file, python_calamine.CalamineWorkbook.from_filelike(file) as book:
        sheets = [s for s in book.sheets_metadata if s.typ == python_calamine.SheetTypeEnum.WorkSheet]
        if len(sheets) > MAX_SHEETS:
            raise RefusedError("too_many_sheets")
        wanted = request["sheet"]
        if wanted is not None and wanted not in [s.name for s in sheets]:
            return {"status": "no_sheet", "sheets": [{"name": s.name} for s in sheets]}
        for index, meta in enumerate(sheets):
            hidden = meta.visible != python_calamine.SheetVisibleEnum.Visible
            entry = {"name": meta.name, "hidden": hidden, "about": bool(_ABOUT.match(meta.name.strip())), "rows": None}
            found.append(entry)
            if wanted is None or wanted == meta.name:
                target = folder / f"sheet-{index}.csv"
                entry.update(_write_sheet(book, meta.name, parts, target, request["limit"], words), file=target.name)
    read = [entry for entry in found if entry["rows"]]
    if not read:
        return {"status": "empty", "sheets": found}
    best = max(read, key=lambda e: (not e["hidden"], not e["about"], e["table_rows"] > 1, e["known"], e["filled"]))
    best.update(_cell_notes(parts.pieces(best["name"])))
    return {"status": "ok", "sheets": found, "chosen": best["name"], "epoch_1904": parts.epoch_1904}


def _write_sheet(
    book: python_calamine.CalamineWorkbook, name: str, parts: Parts, target: Path, limit: int, words: frozenset[str]
) -> dict[str, Any]:
    parts.guard_far_cell(name)
    sheet = book.get_sheet_by_name(name)
    zeros = parts.zero_widths(name)
    money: dict[int, set[str]] = {}
    for _, column, unit in parts.units(name):
        money.setdefault(column, set()).add(unit)
    # One currency is the column's; where there are several, each amount gets its own written behind it.
    mixed_money = {column for column, found in money.items() if len(found) > 1}
    several = {(row, at): unit for row, at, unit in parts.units(name) if at in mixed_money} if mixed_money else {}
    writer = SheetWriter(limit, zeros, words, several)
    writer.write(sheet, target)
    if mixed := frozenset(writer.dates & writer.times):
        # Midnight comes as a bare date; one column, one form.
        writer = SheetWriter(limit, zeros, words, several)
        writer.write(sheet, target, mixed)
    return {
        "rows": writer.rows, "columns": writer.columns, "table_rows": writer.table_rows, "filled": writer.filled,
        "known": writer.known >= KNOWN_ENOUGH, "first_row": writer.first_row, "continued": writer.continued,
        "errors": writer.n_errors, "error_cells": writer.error_cells,
        "long": writer.n_long, "long_cells": writer.long_cells,
        "money": {column - writer.left: min(found) for column, found in money.items() if len(found) == 1},
    }  # fmt: skip


def _cell_notes(pieces: Iterator[bytes]) -> dict[str, Any]:
    """Cells that calamine shows as empty though Excel shows something, errors and formulas never calculated; and rows
    with cells that Excel hides, by a filter or by hand.
    """
    counts = {"xml_errors": 0, "uncalculated": 0, "hidden_rows": 0}
    cells: dict[str, list[str]] = {"xml_errors": [], "uncalculated": []}
    for piece in pieces:
        counts["hidden_rows"] += len(_HIDDEN_ROW.findall(piece))
        for key, hint, pattern in (("xml_errors", b'"e"', _ERROR_CELL), ("uncalculated", b"<f", _UNCALCULATED)):
            for match in pattern.finditer(piece) if hint in piece else ():
                counts[key] += 1
                ref = _REF.search(match[0])
                if ref and len(cells[key]) < 3:
                    cells[key].append((ref[1] + ref[2]).decode("ascii"))
    return {**counts, **{f"{key}_cells": names for key, names in cells.items()}}


def limit_process(memory: int, seconds: int) -> None:
    """Cap address space and processor time where the system can; elsewhere only the parent's clock holds."""
    if sys.platform == "win32":
        return
    import resource

    # macOS knows RLIMIT_AS by name only: setting it fails there.
    if sys.platform == "linux":
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        memory = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Answer the request on stdin. Whatever goes wrong inside becomes a status: the parent has the words."""
    request = json.loads(sys.stdin.buffer.read())
    limit_process(request["memory"], request["seconds"])
    try:
        reply = answer(request)
    except RefusedError as refused:
        reply = {"status": str(refused)}
    except python_calamine.PasswordError:
        reply = {"status": "password"}
    except MemoryError:
        reply = {"status": "too_large"}
    except OSError as error:
        reply = {"status": "disk" if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else "damaged"}
    except BaseException:  # noqa: BLE001 - a panic in the Rust library is not an Exception
        reply = {"status": "damaged"}
    sys.stdout.write(json.dumps(reply))


if __name__ == "__main__":
    main()
