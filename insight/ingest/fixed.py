"""Columns of a fixed width: where a printed list or a query's text output is cut, by its ruler or by its blanks.

A ruler is a line of dashes below the headings, one group a column, as query tools write it. Without one, a cut is
where every line is blank, and each part has a heading above it.
"""

import re
from collections.abc import Sequence

from insight.ingest.schema import fold

_RULER = re.compile(r"\s*(?:[-=_]{2,}|-)(?:\s+(?:[-=_]{2,}|-))+\s*")
_DIGITS = re.compile(r"[-\u2212+(]?[\d\s.,]+")
_FITS = 0.85
_MOST_BLANK = 0.95
_FEWEST = 4
_CLOSING = 3


def find_cuts(lines: Sequence[str], known: frozenset[str]) -> tuple[int, ...]:
    """Where each column begins; () where the lines are no table of fixed widths.

    known: words (as `fold` writes them) that are headings.
    """
    table = [line.rstrip("\r\n") for line in lines if line.strip()]
    if len(table) < _FEWEST or any("\t" in line for line in table[:50]):
        return ()
    for at, line in enumerate(table[:40]):
        if at and _RULER.fullmatch(line):
            cuts = tuple(match.start() for match in re.finditer(r"[-=_]+", line))
            below = [other for other in table[at + 1 :] if not _RULER.fullmatch(other)]
            return (0, *cuts[1:]) if _agree(below, cuts) else ()
    return _by_blanks(table, known)


def sliced(line: str, cuts: Sequence[int]) -> list[str]:
    """The cells of a line; one cell where text runs over a cut, since such a line is no row of the table."""
    if not _fits(line, cuts):
        return [line.strip()]
    return [line[start:end].strip() for start, end in zip(cuts, (*cuts[1:], None), strict=True)]


def _fits(line: str, cuts: Sequence[int]) -> bool:
    return all(line[cut - 1 : cut].strip() == "" for cut in cuts[1:])


def _agree(lines: Sequence[str], cuts: Sequence[int]) -> bool:
    """Whether nearly all lines fit, a few words at the end apart ('3 rows selected.')."""
    rows = list(lines)
    for _ in range(_CLOSING):
        if rows and not _fits(rows[-1], cuts):
            rows.pop()
    return bool(rows) and sum(_fits(row, cuts) for row in rows) >= _FITS * len(rows)


def _by_blanks(table: Sequence[str], known: frozenset[str]) -> tuple[int, ...]:
    """Cuts where the heading and all lines below it are blank."""
    heads = [sum(fold(word) in known for word in line.split()) for line in table[:40]]
    if max(heads) < 2:
        return ()
    rows = list(table[heads.index(max(heads)) :])
    if len(rows) < _FEWEST:
        return ()
    gaps = _gaps(rows, _MOST_BLANK)
    rows = [row for row in rows if all(" " in row[start:end].ljust(end - start) for start, end in gaps)]
    if len(rows) < _FITS * (len(table) - heads.index(max(heads))):
        return ()
    cuts = [0, *(end for _, end in _gaps(rows, 1.0))]
    return tuple(_headed(rows, cuts)) if len(cuts) > 1 else ()


def _gaps(rows: Sequence[str], share: float) -> list[tuple[int, int]]:
    """Runs of places, not at the edges, where at least that share of the rows is blank."""
    width = max(map(len, rows))
    filled = [0] * width
    for row in rows:
        for at, char in enumerate(row):
            filled[at] += char != " "
    most = len(rows) * (1 - share)
    blank = [count <= most for count in filled]
    first = next((at for at, empty in enumerate(blank) if not empty), width)
    found: list[tuple[int, int]] = []
    start: int | None = None
    for at in range(first, width):
        if blank[at] and start is None:
            start = at
        elif not blank[at] and start is not None:
            found.append((start, at))
            start = None
    return found


def _headed(rows: Sequence[str], cuts: list[int]) -> list[int]:
    """The cuts whose columns have headings: a part without one belongs to the number behind it or the text before.

    The thousands of right-aligned amounts are such a part: '1 234,50' below a heading over its end.
    """
    head = rows[0]
    kept = list(cuts)
    while True:
        spans = enumerate(zip(kept, (*kept[1:], None), strict=True))
        bare = next((at for at, (start, end) in spans if not head[start:end].strip()), None)
        if bare is None or len(kept) == 1:
            return kept
        end = kept[bare + 1] if bare + 1 < len(kept) else None
        cells = [row[kept[bare] : end].strip() for row in rows[1:]]
        number = end is not None and all(not cell or _DIGITS.fullmatch(cell) for cell in cells)
        del kept[bare + 1 if number or bare == 0 else bare]
