"""Headings that take more than one row: groups above them, a second row that says more, a survey tool's three."""

import re
from collections.abc import Sequence
from dataclasses import replace

from insight.ingest.cells import SPACES, kind_of
from insight.ingest.clues import ASKED
from insight.ingest.records import Record
from insight.ingest.schema import TABLES, fold

ALIASES = frozenset(
    alias for table in TABLES.values() for f in table.fields for alias in (f.name.replace("_", ""), *f.aliases)
) - {
    "", "at", "st", "kr", "kon", "completed", "submitted", "sent", "avslutad", "slutford", "purchase", "kop", "betalt",
    "inskickat", "sendt", "gesendet", "versandt", "lahetetty", "firma", "by",
    # … which stand in cells as often as above them
}  # fmt: skip
_BARE_WORDS = frozenset({"nr", "no", "id", "nummer", "number", "namn", "name", "kod", "code"})
# What Qualtrics puts below the headings: {"ImportId":"recordedDate","timeZone":"Europe/Stockholm"}
_IMPORT_ID = re.compile(r'\{"?ImportId')
_RULE = re.compile(r"[-=_+*~\u2500\u2550\u2014]{2,}")


def is_ruler(cells: Sequence[str]) -> bool:
    """Whether a record is a line drawn under headings or sums: nothing but dashes, three together at least once."""
    filled = [cell.strip(SPACES) for cell in cells if cell.strip(SPACES)]
    return any(len(cell) > 2 for cell in filled) and all(_RULE.fullmatch(cell) for cell in filled)


def with_import_ids(table: Sequence[Record]) -> tuple[Record, int] | None:
    """(headings, place of the first row of data) of a survey tool's export whose headings end in machine names."""
    for at in range(1, min(4, len(table) - 1)):
        filled = [cell for cell in table[at].cells if cell.strip(SPACES)]
        if len(filled) > 1 and sum(bool(_IMPORT_ID.match(cell)) for cell in filled) >= 0.5 * len(filled):
            header = table[0]
            if at > 1 and len(table[1].cells) == len(header.cells):
                pairs = zip(header.cells, table[1].cells, strict=True)
                header = replace(
                    header, cells=[_of_two(upper.strip(SPACES), lower.strip(SPACES)) for upper, lower in pairs]
                )
            return header, at + 1
    return None


def in_two_rows(header: Record, below: Sequence[Record], kinds: Sequence[str]) -> Record | None:
    """The headings with those of a second row ('Custom data 1' over 'kundnr'), as surveys have them; None without one.

    kinds: what the columns of the rows below are.
    """
    width = len(kinds)
    if len(below) < 4 or not len(header.cells) == len(below[0].cells) == width:
        return None
    cells = [cell.strip(SPACES) for cell in below[0].cells]
    typed = [at for at, kind in enumerate(kinds) if kind != "text"]
    filled = [cell for cell in cells if cell]
    plain = all(kind_of(cell) == "text" for cell in filled)
    sparse = 0 < len(filled) <= 0.6 * width
    unlike = len(typed) >= 2 and sum(not cells[at] for at in typed) >= 0.5 * len(typed)
    if not (plain and sparse and unlike):
        return None
    return replace(
        header, cells=[_of_two(upper.strip(SPACES), lower) for upper, lower in zip(header.cells, cells, strict=True)]
    )


def grouped(header: Record, table: Sequence[Record], width: int) -> Record:
    """Headings that say little by themselves ('Nr' twice) get the words of the merged cells above ('Kund', 'Order')."""
    above = [record for record in table if record.line < header.line and len(record.cells) == width]
    if not above or len(header.cells) != width:
        return header
    groups = [cell.strip(SPACES) for cell in above[-1].cells]
    # Merged cells leave blanks behind the first, or repeat it.
    merged = not all(groups) or len(set(groups)) < width
    if sum(map(bool, groups)) < 2 or not merged or not groups[0]:
        return header
    named: list[str] = []
    group = ""
    for cell, upper in zip(header.cells, groups, strict=True):
        group = upper or group
        named.append(f"{group} {cell}" if fold(cell) in _BARE_WORDS else cell)
    return replace(header, cells=named)


def _of_two(upper: str, lower: str) -> str:
    """One label of two: the one that we know, a question before the name of its scale."""
    if not (upper and lower) or fold(upper) == fold(lower):
        return upper or lower
    if ASKED.search(fold(upper)):
        return upper
    if fold(upper) in ALIASES:
        return upper if fold(lower) in ALIASES else f"{upper} ({lower})"
    return lower if fold(lower) in ALIASES else f"{upper} {lower}"
