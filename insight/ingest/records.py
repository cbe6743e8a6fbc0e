"""Text to records: a forgiving CSV reader that always knows the line, and never lets one quote swallow the file."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from insight.ingest.fixed import sliced

csv.field_size_limit(16_000_000)

# Marks that nobody sees: which way to write, where a word may be cut. They stand in no number, date or id.
DIRECTIONS = (0x00AD, 0x061C, 0x200B, 0x2060, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_CONTROL = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127, *DIRECTIONS))
# Control characters that part the cells of some machines' files.
MACHINE_MARKS = ("\x1f", "\x01")
MAX_SPAN = 200
_PART = 1 << 20
WIDE_BLANKS = "  "
_WIDE = re.compile(r" {2,}")


@dataclass(frozen=True)
class Dialect:
    """How cells are separated and quoted.

    A delimiter of '' means one column, ' ' runs of white space, '  ' runs of two blanks or more (a printed report).
    cuts: where columns of a fixed width begin.
    """

    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    skip_space: bool = False
    wrapped: bool = False
    cuts: tuple[int, ...] = ()

    def parse(self, text: str, quoting: bool = True, strict: bool = False) -> list[str]:
        """The cells of one record. Raises csv.Error in strict mode when the quotes do not close properly."""
        line = text.rstrip("\r\n")
        if self.wrapped:
            outer = next(csv.reader([line], strict=False), [""])
            line = outer[0] if len(outer) == 1 else line
        if self.delimiter == "":
            return [line.strip().strip('"')]
        if self.cuts:
            return sliced(line, self.cuts)
        if self.delimiter == " ":
            quoted = self.quote and self.quote in line
            return next(csv.reader([line], delimiter=" ", skipinitialspace=True), []) if quoted else line.split()
        if self.delimiter == WIDE_BLANKS:
            return _WIDE.split(line.strip(" "))
        if len(self.delimiter) > 1:
            line = line.replace(self.delimiter, "\x1f")
        reader = csv.reader(
            [line] if "\n" not in line and "\r" not in line else line.splitlines(keepends=True),
            delimiter="\x1f" if len(self.delimiter) > 1 else self.delimiter,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if quoting and self.quote else csv.QUOTE_NONE,
            escapechar=(self.escape or None) if quoting else None,
            doublequote=not self.escape,
            skipinitialspace=self.skip_space,
            strict=strict,
        )  # fmt: skip
        return next(reader, [])


@dataclass(frozen=True)
class Record:
    """One record: the line it starts on (from 1), its cells, its text, and whether an unclosed quote was mended."""

    line: int
    cells: list[str]
    text: str
    mended: bool = False


def without_controls(text: str) -> str:
    """The text without control characters (NUL, escape …); tab and line ends stay."""
    return text.translate(_CONTROL)


def lines_of(path: Path) -> Iterator[str]:
    """The lines of a UTF-8 file, their ends kept, without a mark at its beginning; read a part at a time."""

    def chunks() -> Iterator[str]:
        with path.open("r", encoding="utf-8", errors="replace", newline="") as file:
            first = True
            while chunk := file.read(_PART):
                yield chunk.removeprefix("\ufeff") if first else chunk
                first = False

    return split_lines(chunks())


def split_lines(chunks: Iterable[str]) -> Iterator[str]:
    """Lines with their ends kept, at LF, CR LF or bare CR, from chunks of text."""
    rest = ""
    for chunk in chunks:
        rest += chunk
        held = ""
        if rest.endswith("\r"):  # the LF of a CR LF may come with the next chunk
            rest, held = rest[:-1], "\r"
        pieces = _LINE_END.split(rest)
        # split keeps the ends as items of their own: text, end, text, end, …, rest
        for at in range(0, len(pieces) - 1, 2):
            yield pieces[at] + pieces[at + 1]
        rest = pieces[-1] + held
    if rest:
        yield rest


_LINE_END = re.compile(r"(\r\n|\n|\r)")


def read_records(lines: Iterable[str], dialect: Dialect, width: int | None = None, start: int = 1) -> Iterator[Record]:
    """Records with their lines. A quote that opens and never closes properly costs its own record only.

    `width` is the number of cells a record should have, where that is known: a quoted cell may then run over several
    lines only when the record it makes has that many cells.
    """
    waiting: list[str] = []
    source = iter(lines)
    line = start
    quote = dialect.quote
    while True:
        text = waiting.pop(0) if waiting else next(source, None)
        if text is None:
            return
        if not quote or text.count(quote) % 2 == 0 or not _opens(text, dialect):
            yield Record(line, dialect.parse(text), text)
            line += 1
            continue
        span = [text]
        closed: list[str] | None = None
        while len(span) < MAX_SPAN:
            more = waiting[len(span) - 1] if len(span) - 1 < len(waiting) else None
            if more is None:
                more = next(source, None)
                if more is None:
                    break
                waiting.append(more)
            span.append(more)
            if more.count(quote) % 2 == 1:
                closed = _joined(span, dialect, width)
                if closed is not None or _opens(more, dialect):
                    break
        if closed is not None:
            del waiting[: len(span) - 1]
            yield Record(line, closed, "".join(span))
            line += len(span)
        else:
            yield Record(line, _mended(text, dialect, width), text, mended=True)
            line += 1


def _opens(text: str, dialect: Dialect) -> bool:
    """Whether a line with an odd number of quotes leaves one open: one at the start of a cell, not in its middle."""
    try:
        dialect.parse(text, strict=True)
    except csv.Error as error:
        return "unexpected end" in str(error) or "expected after" in str(error)
    return False


def _joined(span: list[str], dialect: Dialect, width: int | None) -> list[str] | None:
    """The cells of a record over several lines, or None when it can't be one."""
    try:
        cells = dialect.parse("".join(span), strict=True)
    except csv.Error:
        return None
    if width is not None:
        if len(cells) != width:
            return None
        whole = sum(len(dialect.parse(inner, quoting=False)) == width for inner in span[1:-1])
        if width > 2 and whole > 0.5 * len(span):
            return None
    return cells


def _mended(text: str, dialect: Dialect, width: int | None) -> list[str]:
    """A line whose quote never closes, read without quoting; stray quotes at the ends of cells are dropped."""
    cells = dialect.parse(text, quoting=False)
    if width is not None and len(cells) != width:
        loose = dialect.parse(text)
        if len(loose) == width:
            return [cell.rstrip("\r\n") for cell in loose]
    return [
        cell.strip(dialect.quote)
        if cell.count(dialect.quote) % 2
        else cell.removeprefix(dialect.quote).removesuffix(dialect.quote)
        for cell in cells
    ]
