"""What a file really is, by its content, and the plain data inside: packed files, workbooks, Parquet.

`open_source` is the door to the reader: behind it there is text, a sheet written as text, or a Parquet file.
Names that come with files are shown and compared, never used as a path.
"""

import errno
import re
import struct
import uuid
from array import array
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Literal

from insight.errors import IngestError
from insight.ingest import archive, excel
from insight.ingest.excel import Sheet
from insight.ingest.report import FileMessage

Format = Literal["text", "excel", "parquet"]

MAX_COLUMNS = 1000
MAX_PARQUET_ROWS = 1_000_000_000
MAX_FOOTER = 64 << 20
_HEAD = 1 << 16
# Share of control characters from which a file is no text; random bytes have 9 % of those that mean nothing in one.
_BINARY_SHARE = 0.05
# NUL, SOH, RS and US stand between the cells of some machines' files.
_MARKS_SHARE = 0.25

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"), (b"\x1f\x8b", "gzip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"), (b"PAR1", "parquet"), (b"PARE", "parquet"),
    (b"%PDF", "PDF"), (b"\x89PNG", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF"), (b"{\\rtf", "RTF"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"), (b"Rar!\x1a", "RAR"), (b"BZh9", "bzip2"), (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"), (b"SQLite format 3", "SQLite"), (b"\x7fELF", "program"), (b"MZ\x90\x00", "program"),
    (b"ID;PWXL", "SYLK"), (b"ID;PCALC", "SYLK"), (b"ID;PSCALC", "SYLK"), (b"%!PS", "PostScript"),
    (b"BEGIN:VC", "vCard"), (b"ARROW1", "Arrow"), (b"Obj\x01", "Avro"), (b"$FL2@", "SPSS"), (b"$FL3@", "SPSS"),
)  # fmt: skip
# Formats that begin with words: what follows them tells them from a table whose first column is called so.
_BEGINNINGS = (
    ("SYLK", re.compile(rb"ID;P[^\r\n]{0,80}\r?\n[A-Z];")),
    ("DIF", re.compile(rb"TABLE\r?\n0,1\r?\n\"")),
    ("LDIF", re.compile(rb"(?:version: 1\r?\n\s*)?dn: [^\r\n]+\r?\n[A-Za-z]+: ")),
    (
        "MIME",
        re.compile(
            rb"(?:[A-Z][A-Za-z-]+: [^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*){0,40}?(?:Subject|Message-ID): ", re.IGNORECASE
        ),
    ),
)
_HTML = re.compile(r"<(?:!doctype html|html|head|body|table|tr|meta|div|style|center)\b", re.IGNORECASE)
_COMMENTS = re.compile(r"(?:<!--.*?-->\s*)+", re.DOTALL)
_XML = re.compile(r"<\?xml|<[A-Za-z][\w:.-]*\s[^<>]*xmlns")
_JSON = re.compile(r"""\{\s*(?:"|\}|$)|\[\s*(?:[{["\]]|$)""")
_SPREADSHEETS = frozenset(("xlsx", "xlsm", "xltx", "xltm", "xlsb", "xls", "xlt", "ods"))
_TEXTS = frozenset(("csv", "tsv", "tab", "txt", "skv", "prn", "asc"))
_PACKED = frozenset(("zip", "gz", "gzip", "json", "html", "htm", "xml", "parquet", "pdf"))
# Endings that say the same thing: a macro-free workbook saved as xlsm is no surprise worth a warning.
_ALIKE: dict[str, frozenset[str]] = {
    "xlsx": frozenset(("xlsx", "xltx", "xlsm", "xltm")), "xlsm": frozenset(("xlsx", "xlsm", "xltm", "xltx")),
    "xlsb": frozenset(("xlsb",)), "xls": frozenset(("xls", "xlt")), "ods": frozenset(("ods",)),
    "csv": _TEXTS, "zip": frozenset(("zip",)), "gzip": frozenset(("gz", "gzip")),
    "parquet": frozenset(("parquet", "pq")),
}  # fmt: skip


@dataclass(frozen=True)
class Source:
    """A file opened: where its plain data lies and how it got there.

    path: the data; for 'text' and 'parquet' the file itself or its unpacked copy, for 'excel' a CSV file (UTF-8,
    comma, RFC 4180) made from one sheet. name: the innermost name, for display. sheet, sheets: of a workbook.
    member, members: of a zip. messages: what the user should know. first_row, continued: see `row_of`.
    epoch_1904: dates that are plain numbers count from 1904. money: see `excel.SheetFile`.
    """

    path: Path
    format: Format
    name: str
    sheet: str | None = None
    sheets: tuple[Sheet, ...] = ()
    member: str | None = None
    members: tuple[str, ...] = ()
    messages: tuple[FileMessage, ...] = ()
    first_row: int = 1
    continued: "array[int]" = field(default_factory=lambda: array("q"))
    epoch_1904: bool = False
    money: Mapping[int, str] = field(default_factory=dict[int, str])

    def row_of(self, line: int) -> int:
        """The row that the user's program shows for a line of `path` (both from 1): the Excel row, or the line."""
        return self.first_row + line - 1 - bisect_right(self.continued, line)


def open_source(
    path: Path, name: str, work: Path, *, sheet: str | None = None, member: str | None = None,
    pause: Callable[[], None] = archive.no_pause,
) -> Source:  # fmt: skip
    """Decide by content what a file is, unpack it into `work`, and refuse what is no data or may do harm.

    `name` is the file's name as the user knows it; it is compared with the content and shown, nothing else. `sheet`
    and `member` choose inside a workbook or a zip. New files in `work` get random names. `pause` is called often
    during long work; what it raises stops the work, and nothing is left behind.

    Raises IngestError with one sentence for everything that is refused; several data files in a zip are refused
    with their names until `member` says which.
    """
    try:
        return _open(path, name, _Visit(work, sheet, member, pause))
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise IngestError("ingest.disk_full") from error
        raise IngestError("ingest.file_unreadable") from error


@dataclass(frozen=True)
class _Visit:
    """What holds for one opening: where to write, what was chosen, how to stop."""

    work: Path
    sheet: str | None
    member: str | None
    pause: Callable[[], None]


def _open(path: Path, name: str, visit: _Visit) -> Source:
    kind = kind_of(path)
    if kind == "gzip":
        inner_name = re.sub(r"\.gz(?:ip)?$", "", name, flags=re.IGNORECASE)
        return _inner(lambda to: archive.gunzip(path, to, visit.pause), inner_name, visit, _mismatch(name, kind))
    if kind != "zip":
        return _plain(path, name, kind, visit)
    found = archive.members(path)
    _refuse_documents(found)
    if workbook := _workbook(found):
        return _sheet(name, workbook, excel.read_zipped(path, visit.work, found, visit.sheet, visit.pause))
    data = archive.data_members(found)
    chosen = _choose(data, visit.member)
    source = _inner(
        lambda to: archive.unpack_member(path, chosen, to, visit.pause), chosen.name, visit, _mismatch(name, kind)
    )
    return replace(source, member=chosen.name, members=tuple(m.name for m in data))


def _inner(unpack: Callable[[Path], None], inner_name: str, visit: _Visit, said: list[FileMessage]) -> Source:
    """The source inside a packed file, which may be a workbook but not another packed file."""
    shown = PurePosixPath(inner_name).name
    inner = visit.work / uuid.uuid4().hex
    try:
        unpack(inner)
        source = _read_inner(inner, shown, visit)
    except BaseException:
        inner.unlink(missing_ok=True)
        raise
    if source.path != inner:
        inner.unlink()
    unpacked = FileMessage("unpacked", "note", {"name": shown})
    return replace(source, messages=(*said, unpacked, *source.messages))


def _read_inner(inner: Path, name: str, visit: _Visit) -> Source:
    kind = kind_of(inner)
    found = archive.members(inner) if kind == "zip" else ()
    _refuse_documents(found)
    workbook = _workbook(found)
    if kind == "gzip" or (kind == "zip" and not workbook):
        raise IngestError("ingest.zip_nested")
    if workbook:
        return _sheet(name, workbook, excel.read_zipped(inner, visit.work, found, visit.sheet, visit.pause))
    return _plain(inner, name, kind, visit)


def _plain(path: Path, name: str, kind: str, visit: _Visit) -> Source:
    if kind == "xls":
        return _sheet(name, kind, excel.read_ole(path, visit.work, visit.sheet, visit.pause))
    said = _mismatch(name, kind)
    if kind == "parquet" and (nested := check_parquet(path)):
        said.append(FileMessage("parquet_nested_left", "warning", {"columns": ", ".join(nested)}))
    return Source(path, "parquet" if kind == "parquet" else "text", name, messages=tuple(said))


def _sheet(name: str, workbook: str, read: excel.SheetFile) -> Source:
    return Source(
        read.path, "excel", name, sheet=read.sheet, sheets=read.sheets,
        messages=(*_mismatch(name, workbook), *read.messages),
        first_row=read.first_row, continued=read.continued, epoch_1904=read.epoch_1904, money=read.money,
    )  # fmt: skip


def _refuse_documents(found: tuple[archive.Member, ...]) -> None:
    """Refuse what is a zip by its make only: Apple's Numbers, and documents of text or pictures."""
    names = {member.name.lower() for member in found}
    if any(name.endswith(".iwa") or name in ("index.zip", "index.apxl") for name in names):
        raise IngestError("ingest.file_numbers")
    kinds = {"word/document.xml": "Word", "ppt/presentation.xml": "PowerPoint", "meta-inf/container.xml": "EPUB"}
    for mark, kind in kinds.items():
        if mark in names:
            raise IngestError("ingest.file_not_data", kind=kind)


def _workbook(found: tuple[archive.Member, ...]) -> str:
    return excel.is_workbook(frozenset(m.name.lower() for m in found))


def _choose(data: tuple[archive.Member, ...], member: str | None) -> archive.Member:
    names = ", ".join(m.name for m in data[:20]) + (" …" if len(data) > 20 else "")
    if member is not None:
        for candidate in data:
            if member == candidate.name:
                return candidate
        raise IngestError("ingest.zip_no_member", names=names)
    if not data:
        raise IngestError("ingest.file_empty")
    if len(data) > 1:
        raise IngestError("ingest.zip_choose", names=names, n=len(data))
    return data[0]


def kind_of(path: Path) -> str:
    """What a file's content is: 'csv' for any text, 'zip' (also new workbooks), 'gzip', 'xls' (OLE) or 'parquet'.

    Raises IngestError for what is no table: an empty file, HTML, XML, JSON, pictures, programs, other packers.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
        size = file.seek(0, 2)
    if not head:
        raise IngestError("ingest.file_empty")
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            if kind in ("zip", "gzip", "xls", "parquet"):
                return kind
            raise IngestError("ingest.file_not_data", kind=kind)
    if head[257:262] == b"ustar":
        raise IngestError("ingest.file_not_data", kind="tar")
    for name, pattern in _BEGINNINGS:
        if pattern.match(head):
            raise IngestError("ingest.file_not_data", kind=name)
    if size <= _HEAD and not head.translate(None, b" \t\r\n\x0b\x0c\x00\x1a").removeprefix(b"\xef\xbb\xbf"):
        raise IngestError("ingest.file_empty")
    text = _decoded(head)
    if text is None:
        raise IngestError("ingest.file_binary")
    _refuse_markup(text)
    return "csv"


def _decoded(head: bytes) -> str | None:
    """The first characters, good enough to tell markup from a table; None for what is no text."""
    for mark, code in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"\xef\xbb\xbf", "utf-8")):
        if head.startswith(mark):
            return head[len(mark) :].decode(code, "replace")
    even, odd = head[::2].count(0) * 2, head[1::2].count(0) * 2
    # Text of western letters in UTF-16 has a NUL in nearly every second place, and only there.
    if max(even, odd) > 0.5 * len(head) and min(even, odd) < 0.05 * len(head):
        return head.decode("utf-16-be" if even > odd else "utf-16-le", "replace")
    # Some programs fill their last block with NUL.
    body = head.rstrip(b"\0")
    marks = len(body) - len(body.translate(None, b"\0\x01\x1e\x1f"))
    controls = len(body) - len(body.translate(None, bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b")) + b"\x7f"))
    if controls - marks > max(8, _BINARY_SHARE * len(body)) or marks > max(8, _MARKS_SHARE * len(body)):
        return None
    return head.decode("latin-1")


def _refuse_markup(text: str) -> None:
    start = text.lstrip("\ufeff \t\r\n\0")[:4096]
    if comments := _COMMENTS.match(start):
        start = start[comments.end() :]
    if _HTML.match(start) or (_XML.match(start) and "<html" in start.lower()):
        raise IngestError("ingest.file_html")
    if _XML.match(start):
        raise IngestError("ingest.file_xml")
    if start.startswith("MIME-Version:"):
        raise IngestError("ingest.file_html")
    if _JSON.match(start):
        raise IngestError("ingest.file_json")


def _mismatch(name: str, kind: str) -> list[FileMessage]:
    """A warning when the ending of the name says something else than the content; unknown endings say nothing."""
    ending = PurePosixPath(name.replace("\\", "/")).suffix.lower().removeprefix(".")
    if ending in _ALIKE[kind] or ending not in _SPREADSHEETS | _TEXTS | _PACKED:
        return []
    return [FileMessage("file_mismatch", "warning", {"claimed": ending, "actual": kind})]


def check_parquet(path: Path) -> list[str]:
    """Look at a Parquet file's frame: magic at both ends, a footer that can be read, columns and rows within limits.

    Returns the columns that hold lists or records instead of values, which are not read; a file of nothing else is
    refused. Raises IngestError. The pages themselves are checked where they are read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(4) != b"PAR1":
            raise IngestError("ingest.parquet_locked")
        file.seek(max(0, size - 8))
        tail = file.read()
    if size < 12 or tail[4:] == b"PARE" or tail[4:] != b"PAR1":
        raise IngestError("ingest.parquet_locked" if tail[4:] == b"PARE" else "ingest.file_damaged")
    if not 0 < struct.unpack("<L", tail[:4])[0] <= min(MAX_FOOTER, size - 12):
        raise IngestError("ingest.file_damaged")
    try:
        with pq.ParquetFile(
            path, thrift_string_size_limit=MAX_FOOTER, thrift_container_size_limit=5_000_000
        ) as parquet:
            columns, rows = len(parquet.schema_arrow.names), parquet.metadata.num_rows
            nested = [f.name for f in parquet.schema_arrow if pa.types.is_nested(f.type)]
    except (pa.ArrowException, OSError, ValueError, UnicodeError) as error:
        raise IngestError("ingest.file_damaged") from error
    if columns > MAX_COLUMNS:
        raise IngestError("ingest.parquet_wide", n=columns, limit=MAX_COLUMNS)
    if not columns or not rows:
        raise IngestError("ingest.file_empty")
    if rows > MAX_PARQUET_ROWS or rows < 0:
        raise IngestError("ingest.file_damaged")
    if len(nested) == columns:
        raise IngestError("ingest.parquet_nested", column=nested[0])
    return nested
