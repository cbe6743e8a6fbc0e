"""The careful path for text that a bulk reader can't be trusted with: record by record, nothing lost.

Ragged rows, unclosed quotes, mixed line ends, control characters, comments and damaged letters are
dealt with here, each with its line; the result is a plain UTF-8 CSV whose first column is the line in the file.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import ftfy

from insight.errors import IngestError
from insight.ingest.cells import SPACES, kind_of
from insight.ingest.detect import Layout
from insight.ingest.footers import says_footer
from insight.ingest.heading_rows import is_ruler
from insight.ingest.labels import merged
from insight.ingest.records import MACHINE_MARKS, lines_of, read_records, without_controls

_BROKEN = ("Ã", "Â", "â", "√", "├")
_STEP = 20_000
# So many lines without a single row of the table, and no more are looked at.
_ENOUGH = 20_000


@dataclass
class Normalised:
    """What came out: the plain file, the records set aside, footers, and what was mended on the way.

    lines: data records. aside: (line, reason, text) of ragged rows. footers: (line, cells).
    """

    path: Path
    lines: int = 0
    rows: int = 0
    aside: list[tuple[int, str, str]] = field(default_factory=list[tuple[int, str, str]])
    footers: list[tuple[int, list[str]]] = field(default_factory=list[tuple[int, list[str]]])
    mended: list[int] = field(default_factory=list[int])
    controls: int = 0
    control_line: int = 0
    repaired: int = 0
    repaired_line: int = 0
    padded: int = 0
    padded_line: int = 0
    comments: int = 0


def normalise(
    path: Path, layout: Layout, work: Path, *, repair: bool, row_of: Callable[[int], int],
    pad: bool = False, progress: Callable[[int], None] | None = None,
) -> Normalised:  # fmt: skip
    """Rewrite a text as plain CSV: the line, then the cells. `row_of` turns a line of the text into the user's line.

    pad: rows that lack their last cells are filled up with blanks instead of set aside.
    """
    out = Normalised(work / "plain.csv")
    repaired: dict[str, str] = {}
    with out.path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        # The writer does not quote a bare CR, which a reader may take for a line end.
        careful_writer = csv.writer(target, lineterminator="\n", quoting=csv.QUOTE_ALL)
        lines = _lines(path, out, layout.dialect.delimiter in MACHINE_MARKS, row_of)
        for record in read_records(lines, layout.dialect, layout.width + (1 if layout.merge is not None else 0)):
            if record.line < layout.first_line:
                continue
            cells = merged(record.cells, layout.merge) if layout.merge is not None else record.cells
            if layout.comments and record.text.startswith("#") and len(cells) != layout.width:
                out.comments += 1
                continue
            if not any(cells) or not any(cell.strip(SPACES) for cell in cells):
                continue
            if layout.rulers and is_ruler(cells):
                continue
            line = row_of(record.line)
            out.lines += 1
            if record.mended:
                out.mended.append(line)
            if len(cells) != layout.width:
                cells = _fitted(cells, layout.width, pad, out, line)
                if cells is None:
                    _put_aside(out, line, record.cells, record.text)
                    continue
            if repair:
                cells = [_repaired(cell, repaired, out, line) for cell in cells]
            (careful_writer if any("\r" in cell for cell in cells) else writer).writerow([line, *cells])
            out.rows += 1
            if progress and out.rows % _STEP == 0:
                progress(out.rows)
    return out


def _lines(path: Path, out: Normalised, marked: bool, row_of: Callable[[int], int]) -> Iterator[str]:
    """The lines of the text, control characters removed and counted; not where one of them parts the cells."""
    for number, line in enumerate(lines_of(path), start=1):
        if marked or line.isprintable():
            yield line
            continue
        clean = without_controls(line)
        out.controls += len(line) - len(clean)
        if out.controls and not out.control_line:
            out.control_line = row_of(number)
        yield clean


def _fitted(cells: list[str], width: int, pad: bool, out: Normalised, line: int) -> list[str] | None:
    """A record of another length made to fit: blank cells too many are cut, and blanks filled up where asked for."""
    if len(cells) > width:
        return cells[:width] if not any(cell.strip(SPACES) for cell in cells[width:]) else None
    if pad and len(cells) > 1:
        out.padded += 1
        out.padded_line = out.padded_line or line
        return [*cells, *[""] * (width - len(cells))]
    return None


def _put_aside(out: Normalised, line: int, cells: list[str], text: str) -> None:
    filled = [cell.strip(SPACES) for cell in cells if cell.strip(SPACES)]
    # A word for a sum, first or in a column of its own behind nothing but numbers.
    if filled and (
        says_footer(filled[0]) or (says_footer(filled[-1]) and all(kind_of(cell) == "number" for cell in filled[:-1]))
    ):
        out.footers.append((line, cells))
        return
    if len(out.aside) >= _ENOUGH and not out.rows:
        raise IngestError("ingest.all_ragged", line=out.aside[0][0])
    if len(out.aside) > 2_000_000:
        raise IngestError("ingest.too_ragged", line=line)
    out.aside.append((line, "ragged", text.rstrip("\r\n")[:20_000]))


def mended(text: str) -> str:
    """A text with letters that went through the wrong encoding put right."""
    return ftfy.fix_encoding(text) if any(mark in text for mark in _BROKEN) else text


def _repaired(cell: str, known: dict[str, str], out: Normalised, line: int) -> str:
    """A cell with its damaged letters put right ('Ã…sa' → 'Åsa')."""
    if not any(mark in cell for mark in _BROKEN):
        return cell
    fixed = known.get(cell)
    if fixed is None:
        fixed = mended(cell)
        if len(known) < 200_000:
            known[cell] = fixed
    if fixed != cell:
        out.repaired += 1
        out.repaired_line = out.repaired_line or line
    return fixed
