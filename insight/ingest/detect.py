"""Finding the dialect and the header of a text file from its first records."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from insight.errors import IngestError
from insight.ingest.cells import SPACES, kind_of
from insight.ingest.fixed import find_cuts
from insight.ingest.heading_rows import ALIASES, grouped, in_two_rows, is_ruler, with_import_ids
from insight.ingest.labels import merged, unique_labels, used_columns
from insight.ingest.options import ReadOptions
from insight.ingest.records import (
    MACHINE_MARKS,
    WIDE_BLANKS,
    Dialect,
    Record,
    read_records,
    split_lines,
    without_controls,
)
from insight.ingest.report import Decision, FileMessage
from insight.ingest.scan import MAX_COLUMNS, MAX_LINE
from insight.ingest.schema import TABLES, fold
from insight.result import Message

HEAD_BYTES = 1 << 20
_FEW_LINES = 4
_NAMED = 6
# Rows in which a heading is looked for, and the share of its cells that a row of particulars above it has at most.
_UPPER, _SPARSE = 60, 0.6
HEAD_RECORDS = 400
DELIMITERS = (",", ";", "\t", "|", "^", "~", ":", "§", "¦", "\x1f", "\x01", "#", "!", "||", "::", ";;",
              WIDE_BLANKS)  # fmt: skip
_SEP = re.compile(r'^"?sep=(.|\\t|\|\||::)"?\s*$', re.IGNORECASE)
_YEAR = re.compile(r"^(?:19|20)\d\d(?:[-/ ]?(?:q|kv|kvartal|h|w|v|m)?\s?\d{1,2})?$", re.IGNORECASE)
_DATE_ALIASES = frozenset(
    alias for table in TABLES.values() for f in table.fields if f.type in ("date", "datetime") for alias in f.aliases
)


@dataclass(frozen=True)
class Layout:
    """Where the table lies in the text.

    labels: a name a column, unique. header_line: the line of the header, None without one. first_line: the line of the
    first data record. pad: cells that the header lacks (data lines end in a delimiter). columns: which cells of a
    record are kept. above: the lines over the header, as text. rulers: lines of dashes stand among the records.
    """

    dialect: Dialect
    labels: tuple[str, ...]
    header: tuple[str, ...]
    header_line: int | None
    first_line: int
    width: int
    sample: tuple[tuple[str, ...], ...]
    comments: bool = False
    messages: tuple[FileMessage, ...] = ()
    decisions: tuple[Decision, ...] = ()
    merge: int | None = None
    plain: bool = True
    duplicates: tuple[str, ...] = ()
    body: int = 0
    above: tuple[str, ...] = ()
    rulers: bool = False


def read_head(path: Path, size: int = HEAD_BYTES) -> str:
    """The first part of a UTF-8 file as text, up to its last line end; more of it where the lines are very long."""
    with path.open("rb") as file:
        data = file.read(size)
        if data.count(b"\n") + data.count(b"\r") < _FEW_LINES:
            data += file.read(_FEW_LINES * MAX_LINE)
        cut = bool(file.read(1))
    if cut:
        end = max(data.rfind(b"\n"), data.rfind(b"\r"))
        data = data[: end + 1] if end > 0 else data
    return data.decode("utf-8", "replace").removeprefix("\ufeff")


def find_layout(head: str, options: ReadOptions) -> Layout:
    """Dialect, header and labels of a text. Raises IngestError for what is no table (empty, too many columns)."""
    lines = list(split_lines([head]))
    if not any(line.strip(" \t\r\n;,|") for line in lines):
        raise IngestError("ingest.file_empty" if len(head) < 10_000 else _too_wide(lines))
    skip, told = _sep_line(lines, options)
    dialect, decision = (told, None) if told else _choose(lines[skip:], options)
    records = _records(lines[skip:], dialect, skip + 1)
    widest = max((len(record.cells) for record in records), default=0)
    if widest > MAX_COLUMNS and Counter(len(r.cells) for r in records).most_common(1)[0][0] > MAX_COLUMNS:
        raise IngestError("ingest.too_many_columns", count=widest, limit=MAX_COLUMNS)
    layout = _layout(records, dialect, options)
    if layout.width > MAX_COLUMNS:
        raise IngestError("ingest.too_many_columns", count=layout.width, limit=MAX_COLUMNS)
    if decision is None:
        decision = Decision(
            "delimiter", _shown(dialect.delimiter), Message("ingest.why_sep" if skip else "ingest.why_told")
        )
    return replace(layout, decisions=(decision, *layout.decisions))


def _too_wide(lines: Sequence[str]) -> str:
    return "ingest.too_many_columns_blank" if any(len(line) > MAX_COLUMNS for line in lines) else "ingest.file_empty"


def _sep_line(lines: Sequence[str], options: ReadOptions) -> tuple[int, Dialect | None]:
    match = _SEP.match(lines[0].strip("\r\n")) if lines else None
    if options.delimiter is not None:
        return (1 if match else 0), _finished(Dialect(options.delimiter, options.quote or '"'), lines)
    if match is None:
        return 0, None
    mark = "\t" if match[1] == "\\t" else match[1]
    return 1, _finished(Dialect(mark, options.quote or '"'), lines[1:])


def _finished(dialect: Dialect, lines: Sequence[str]) -> Dialect:
    """The dialect with its escape character and blanks after delimiters, as the text shows them."""
    text = "".join(lines[:200])
    q = dialect.quote
    # A backslash before a quote that ends its cell ('C:\\kund\\') is a backslash.
    escaped = q and re.search(rf"\\{q}(?!\s*(?:{re.escape(dialect.delimiter)}|\r|\n|$))", text)
    escape = "\\" if escaped and f"{q}{q}" not in text.replace(f"{dialect.delimiter}{q}{q}", "") else ""
    skip = bool(q) and f"{dialect.delimiter} {q}" in text and dialect.delimiter not in ("", " ")
    return Dialect(dialect.delimiter, q, escape, skip, dialect.wrapped)


def _choose(lines: Sequence[str], options: ReadOptions) -> tuple[Dialect, Decision]:
    """The dialect under which the first lines look most like a table."""
    head = [
        without_controls(line) if "\x1f" not in line and "\x01" not in line else line for line in lines[:HEAD_RECORDS]
    ]
    best, best_score = Dialect(""), 0.0
    text = "".join(head)
    quotes = [options.quote] if options.quote is not None else ['"', "'"]
    for delimiter in DELIMITERS:
        if delimiter not in text:
            continue
        for quote in quotes if delimiter != WIDE_BLANKS else [""]:
            if quote == "'" and not re.search(
                rf"(?:^|{re.escape(delimiter)})'[^'\n]*'(?:{re.escape(delimiter)}|\r?$)", text, re.MULTILINE
            ):
                continue
            dialect = _finished(Dialect(delimiter, quote), head)
            score = _score(_records(head, dialect, 1), delimiter)
            if score > best_score + 1e-9:
                best, best_score = dialect, score
    for dialect, why in _spaced(head, text):
        score = _score(_records(head, dialect, 1), dialect.delimiter)
        if score > best_score + 1e-9:
            return dialect, Decision("delimiter", _shown(dialect.delimiter), Message(why))
    wrapped = _wrapped(head)
    if wrapped is not None and best_score < 0.5:
        return wrapped, Decision("delimiter", _shown(wrapped.delimiter), Message("ingest.why_wrapped"))
    if best_score == 0.0 and _by_blanks(head):
        return Dialect(" ", ""), Decision("delimiter", "space", Message("ingest.why_blanks"))
    return best, Decision("delimiter", _shown(best.delimiter), Message("ingest.why_consistent"))


def _spaced(head: Sequence[str], text: str) -> list[tuple[Dialect, str]]:
    """Dialects whose cells are set apart by blanks: columns of a fixed width, quoted words with one blank between."""
    cuts = find_cuts(head, ALIASES) if "  " in text or "-- --" in text else ()
    found = [(Dialect(WIDE_BLANKS, "", cuts=cuts), "ingest.why_fixed")] if len(cuts) > 1 else []
    if re.search(r'^"[^"\n]*" "', text):
        found.append((Dialect(" ", '"'), "ingest.why_blanks"))
    return found


def _wrapped(lines: Sequence[str]) -> Dialect | None:
    """Every line one quoted cell that holds the real record: what some tools make of a CSV that is saved twice."""
    filled = [line.strip() for line in lines if line.strip()]
    if len(filled) < 2 or not all(line.startswith('"') and line.endswith('"') for line in filled):
        return None
    inner = [Dialect(",", '"').parse(line) for line in filled]
    if any(len(cells) != 1 for cells in inner):
        return None
    dialect, _ = _choose([cells[0] + "\n" for cells in inner], ReadOptions(quote='"'))
    return Dialect(dialect.delimiter, '"', "", False, wrapped=True) if dialect.delimiter else None


def _by_blanks(lines: Sequence[str]) -> bool:
    """Columns set apart by white space alone: the same number of words in (nearly) every line, most of them numbers."""
    rows = [line.split() for line in lines if line.strip()]
    if len(rows) < 3:
        return False
    width, count = Counter(len(row) for row in rows).most_common(1)[0]
    typed = [kind_of(cell) in ("number", "date") for row in rows for cell in row]
    return width > 1 and count >= 0.9 * len(rows) and sum(typed) > 0.6 * len(typed)


def _score(records: Sequence[Record], delimiter: str) -> float:
    """How much the records look like a table: equal widths, cells of known kinds, header words that we know."""
    rows = [record.cells for record in records if any(cell.strip() for cell in record.cells)]
    if not rows:
        return 0.0
    width, _ = max(
        ((w, n) for w, n in Counter(len(_trimmed(row)) if len(row) > 1 else 1 for row in rows).items()),
        key=lambda item: (item[1] * (item[0] > 1), item[0]),
    )  # fmt: skip
    width = max(width, Counter(len(row) for row in rows).most_common(1)[0][0])
    if width < 2:
        return 0.0
    equal = sum(len(row) == width or len(_trimmed(row)) == width for row in rows) / len(rows)
    cells = [cell for row in rows[:150] for cell in row]
    good = sum(_goodness(cell) for cell in cells) / len(cells)
    known = max((sum(fold(cell) in ALIASES for cell in row) for row in rows[:30]), default=0)
    rare = 0.0 if delimiter in ",;\t|" else 0.15
    return (
        equal * equal * good * (1 - 1 / width)
        + 0.25 * min(known, 4) / 4
        + 0.02 * min(width, 10) / 10
        - rare * (known == 0)
    )


def _trimmed(row: list[str]) -> list[str]:
    end = len(row)
    while end and not row[end - 1].strip():
        end -= 1
    return row[:end]


def _goodness(cell: str) -> float:
    kind = kind_of(cell)
    if kind == "text":
        return 0.3 if re.search(r"[;\t|]|,\S", cell) else 0.7
    return 0.6 if kind == "empty" else 1.0


def _records(lines: Sequence[str], dialect: Dialect, start: int) -> list[Record]:
    keep = dialect.delimiter in MACHINE_MARKS
    clean = (line if keep else without_controls(line) for line in lines)
    found: list[Record] = []
    for record in read_records(clean, dialect, None, start):
        found.append(record)
        if len(found) >= HEAD_RECORDS:
            break
    return found


def _shown(delimiter: str) -> str:
    return {"\t": "tab", "": "none", " ": "space", WIDE_BLANKS: "spaces", "\x1f": "US", "\x01": "SOH"}.get(
        delimiter, delimiter
    )


def _layout(records: Sequence[Record], dialect: Dialect, options: ReadOptions) -> Layout:
    filled = [r for r in records if any(cell.strip(SPACES) for cell in r.cells)]
    comments = any(_is_comment(r, 0) for r in filled)
    widths = Counter(len(r.cells) for r in filled if not (comments and r.text.startswith("#")))
    width = max(widths.items(), key=lambda item: (item[1] * (1 if item[0] > 1 else 0.3), item[0]))[0] if widths else 1
    rulers = any(is_ruler(r.cells) for r in filled)
    table = [r for r in filled if not _is_comment(r, width) and not is_ruler(r.cells)]
    several = with_import_ids(table) if options.header_line is None else None
    if several is not None:
        header, first = several[0], table[several[1]].line
    else:
        header, first = _header(table, width, options)
    if header is not None and several is None and options.header_line is None:
        below = [r for r in table if r.line >= first]
        if (both := in_two_rows(header, below, _column_kinds(below, width))) is not None:
            header, first = both, _line_after(table, below[0])
        header = grouped(header, table, width)
    body = [r for r in table if r.line >= first]
    messages: list[FileMessage] = []
    merge: int | None = None
    cells = [cell.strip(SPACES) for cell in header.cells] if header else []
    if header and header.text.lstrip().startswith("#") and cells:
        cells[0] = cells[0].lstrip("# ")
    if header:
        while len(cells) > width and not cells[-1]:
            cells.pop()
        if len(cells) > width:
            width = len(cells)
        elif len(cells) < width:
            cells, merge = _narrow(cells, width, body)
            width = len(cells) if merge is not None else width
    else:
        messages.append(FileMessage("no_header", "warning", {}, line=first))
    used = used_columns(cells, width, body, merge)
    labels, duplicates = unique_labels(cells if header else [""] * width, used)
    messages += _doubled(duplicates, header.line if header else None)
    if merge is not None:
        messages.append(FileMessage("decimal_comma_split", "warning", {}, column=labels[merge]))
    sample = tuple(
        tuple(merged(r.cells, merge)) for r in body if len(merged(r.cells, merge)) == width
    )  # fmt: skip
    why = Message("ingest.why_header" if header else "ingest.why_no_header")
    decision = Decision("header_line", str(header.line if header else 0), why)
    plain = (
        merge is None and not comments and not rulers and not dialect.wrapped
        and len(dialect.delimiter) == 1 and dialect.delimiter != " "
        and dialect.quote == '"' and not dialect.escape and not dialect.skip_space
        and all(len(r.cells) == width for r in body) and not any("\n" in r.text[:-2] or r.mended for r in body)
    )  # fmt: skip
    return Layout(
        dialect, labels, tuple(cells), header.line if header else None, first, width, sample, comments,
        tuple(messages), (decision,), merge, plain, duplicates, len(body),
        tuple(" ".join(r.cells)[:300] for r in filled if header and r.line < header.line)[:30], rulers,
    )  # fmt: skip


def _is_comment(record: Record, width: int) -> bool:
    """A line that starts with # and is no record of the table."""
    if not record.text.startswith("#"):
        return False
    if width == 0:
        return True
    known = sum(fold(cell) in ALIASES for cell in record.cells)
    return len(record.cells) != width or (
        known == 0 and not any(kind_of(cell) in ("number", "date") for cell in record.cells)
    )


def _doubled(duplicates: Sequence[str], line: int | None) -> list[FileMessage]:
    """Headers that come more than once: each by itself, or all in one message where they are many."""
    names = list(dict.fromkeys(duplicates))
    if len(names) > _NAMED:
        listed = ", ".join(names[:_NAMED])
        return [FileMessage("duplicate_headers", "warning", {"count": len(names), "columns": listed}, line=line)]
    return [FileMessage("duplicate_header", "warning", {}, line=line, column=name) for name in names]


def _narrow(cells: list[str], width: int, body: Sequence[Record]) -> tuple[list[str], int | None]:
    """A header with fewer cells than its rows: ends in a delimiter, row names first, or decimals cut in two."""
    lacking = width - len(cells)
    rows = [r.cells for r in body if len(r.cells) == width]
    if all(not cell.strip() for row in rows for cell in row[len(cells) :]):
        return [*cells, *[""] * lacking], None
    if lacking == 1 and rows:
        numbered = all(row[0].isdecimal() for row in rows) and [int(row[0]) for row in rows[:20]] == list(
            range(int(rows[0][0]), int(rows[0][0]) + min(20, len(rows)))
        )
        if numbered and _dates_agree(cells, rows, 1) >= _dates_agree(cells, rows, 0):
            return ["", *cells], None
        for at in range(len(cells) - 1, -1, -1):
            if all(
                re.fullmatch(r"[-\u2212]?[\d  ]*\d", row[at].strip()) and re.fullmatch(r"\d{1,2}", row[at + 1].strip())
                for row in rows
            ):
                return cells, at
    raise IngestError("ingest.header_narrow", columns=len(cells), cells=width)


def _dates_agree(cells: Sequence[str], rows: Sequence[list[str]], shift: int) -> int:
    """How many headers that name a date have dates below them when the rows are shifted against the header."""
    return sum(
        fold(cell) in _DATE_ALIASES and kind_of(rows[0][at + shift]) == "date"
        for at, cell in enumerate(cells)
        if at + shift < len(rows[0])
    )


def _header(table: Sequence[Record], width: int, options: ReadOptions) -> tuple[Record | None, int]:
    """The header record (None without one) and the line where the data begins."""
    if not table:
        raise IngestError("ingest.file_empty")
    if options.header_line is not None:
        if options.header_line == 0:
            return None, table[0].line
        for record in table:
            if record.line >= options.header_line:
                return record, _line_after(table, record)
        raise IngestError("ingest.header_line_missing", line=options.header_line)
    kinds = _column_kinds(table, width)
    repeats = False
    if len(table) == 1 and _lone_data(table[0].cells):
        return None, table[0].line
    candidates: list[Record] = []
    named = _named_row(table, kinds, width)
    for at, record in enumerate(table[:_UPPER]):
        if _is_data(record.cells, kinds, width):
            if named is not None and record.line < named.line and _filled(record) <= _SPARSE * _filled(named):
                continue  # 'Period: | 2024' above the headings is no row of the table
            break
        candidates.append(record)
        if (
            all(kind == "text" for kind in kinds)
            and len(record.cells) >= max(1, width - 1)
            and _filled(record) > 0.6 * width
        ):
            # No column has a type of its own: the first full row is the header unless it repeats below.
            known = sum(fold(cell) in ALIASES for cell in record.cells)
            later = {tuple(r.cells) for r in table[at + 1 :]}
            again = tuple(record.cells) in later
            if known or (len(set(record.cells)) == len(record.cells) and not again and not repeats):
                return record, _line_after(table, record)
            repeats = repeats or again
    if repeats and all(kind == "text" for kind in kinds):
        # Words that come again and again: what stands above them is no title to be passed over.
        return None, next(r.line for r in table if len(r.cells) == width)
    header = _best_header(candidates, width)
    if header is not None:
        return header, _line_after(table, header)
    # Without a header, rows as wide as the table are data from the first on; narrower ones above them are titles.
    return None, next((r.line for r in table if len(r.cells) == width), table[0].line)


def _named_row(table: Sequence[Record], kinds: Sequence[str], width: int) -> Record | None:
    """The first of the upper rows that names columns: three words that we know, or two and no other kind of cell."""
    for record in table[:_UPPER]:
        known = len({fold(cell) for cell in record.cells} & ALIASES)
        plain = all(kind_of(cell) in ("text", "empty") for cell in record.cells)
        if (
            len(record.cells) == width
            and known >= 2
            and (known > 2 or plain)
            and not _is_data(record.cells, kinds, width)
        ):
            return record
    return None


def _lone_data(cells: Sequence[str]) -> bool:
    """Whether the only row of a file is data: it holds a date, and no header that we know."""
    return any(kind_of(cell) == "date" for cell in cells) and not any(fold(cell) in ALIASES for cell in cells)


def _line_after(table: Sequence[Record], header: Record) -> int:
    """The line of the first record below the header."""
    return next(
        (r.line for r in table if r.line > header.line), header.line + header.text.count("\n") or header.line + 1
    )


def _filled(record: Record) -> int:
    return sum(bool(cell.strip(SPACES)) for cell in record.cells)


def _column_kinds(table: Sequence[Record], width: int) -> list[str]:
    """number, date, email or text a column: what at least 60 % of its filled cells are, the first rows apart."""
    rows = [r.cells for r in table if len(r.cells) == width]
    rows = rows[1:] if len(rows) > 1 else []
    kinds: list[str] = []
    for at in range(width):
        seen = Counter(kind_of(row[at]) for row in rows)
        seen.pop("empty", None)
        kind, count = seen.most_common(1)[0] if seen else ("text", 0)
        kinds.append(kind if kind != "text" and count >= 0.6 * sum(seen.values()) else "text")
    return kinds


def _is_data(cells: list[str], kinds: Sequence[str], width: int) -> bool:
    if len(cells) != width:
        return False
    found = [kind_of(cell) for cell in cells]
    hits = sum(f == k for f, k in zip(found, kinds, strict=True) if k != "text")
    misses = sum(f not in (k, "empty") for f, k in zip(found, kinds, strict=True) if k != "text")
    numbers = [cell.strip() for cell, f in zip(cells, found, strict=True) if f == "number"]
    others = sum(f in ("date", "email", "flag") for f in found)
    if numbers and not others and misses and len(set(numbers)) == len(numbers) and all(_YEAR.match(n) for n in numbers):
        return False
    known = sum(fold(cell) in ALIASES for cell in cells)
    return hits > 0 and (misses == 0 or (others > 0 and known == 0 and misses < hits))


def _best_header(candidates: Sequence[Record], width: int) -> Record | None:
    """Among the rows above the data: the one with most known words, then the most filled, then the nearest."""
    best: tuple[tuple[int, float, int], Record] | None = None
    for record in candidates:
        filled = _filled(record)
        if filled == 0 or (width > 1 and filled < max(2, 0.5 * min(width, 12))):
            continue
        known = len({fold(cell) for cell in record.cells} & ALIASES)
        rank = (known, filled, record.line)
        if best is None or rank >= best[0]:
            best = (rank, record)
    return best[1] if best else None
