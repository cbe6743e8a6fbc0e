"""Zip and gzip files as they come from outside: counted before they are unpacked, and again while they are.

A directory can lie, so every limit is checked twice. Names inside an archive are only ever shown and compared,
never used as a path.
"""

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from insight.errors import IngestError

MAX_UNPACKED = 1 << 30
MAX_RATIO = 200
# Below this size a high ratio is harmless: small repetitive files pack well.
RATIO_FROM = 10 << 20
MAX_DIRECTORY = 4 << 20
CHUNK = 1 << 20

_LOCAL_HEADER = struct.Struct("<4s22xHH")
_END_SIZE = 22
_ENTITY_MARKS = tuple(
    mark.encode(code) for mark in ("<!DOCTYPE", "<!ENTITY") for code in ("utf-8", "utf-16-le", "utf-16-be")
)
_LEFT_BEHIND = (".ds_store", "thumbs.db", "desktop.ini")
_README = ("readme", "läsmig", "lasmig", "läs mig", "license", "licens")


@dataclass(frozen=True)
class Member:
    """One file inside a zip: the name as it is shown, its unpacked size in bytes, and its directory entry."""

    name: str
    size: int
    info: zipfile.ZipInfo


class Unpacker(Protocol):
    """What `zlib.decompressobj` returns, as far as it is used here."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes: ...


def members(path: Path) -> tuple[Member, ...]:
    """The files in a zip in directory order; folders and what operating systems leave behind are skipped.

    Raises IngestError for a directory that is broken, too large, or promises more than the limits allow.
    """
    if _directory_size(path) > MAX_DIRECTORY:
        raise IngestError("ingest.zip_directory")
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, struct.error, OSError) as error:
        raise IngestError("ingest.file_damaged") from error
    if sum(info.file_size for info in infos) > MAX_UNPACKED:
        raise IngestError("ingest.zip_too_large", limit_mb=MAX_UNPACKED >> 20)
    for info in infos:
        _guard_ratio(info.file_size, info.compress_size)
    return tuple(Member(_shown(info), info.file_size, info) for info in infos if _is_file(info))


def data_members(found: tuple[Member, ...]) -> tuple[Member, ...]:
    """The members that may hold data: all but read-me files, unless there is nothing else."""
    data = tuple(m for m in found if not Path(m.name).stem.lower().startswith(_README))
    return data or found


def no_pause() -> None:
    """What is called between two chunks when nobody wants to stop: nothing."""


def unpack_member(path: Path, member: Member, target: Path, pause: Callable[[], None] = no_pause) -> None:
    """Write one member to `target`, counting. Raises IngestError when it is locked, damaged or larger than promised.

    `pause` is called between chunks; what it raises stops the work.
    """
    check_sum = 0
    with target.open("wb") as out:
        for chunk in inflate(path, member.info):
            pause()
            check_sum = zlib.crc32(chunk, check_sum)
            out.write(chunk)
    if check_sum != member.info.CRC:
        raise IngestError("ingest.file_damaged")


def inflate(path: Path, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of one zip entry in chunks; at most CHUNK bytes are unpacked at a time, and the limits hold.

    `zipfile` stops at the size that the directory claims, so a lying directory would go unseen there.
    """
    if info.flag_bits & 0x1:
        raise IngestError("ingest.zip_password")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise IngestError("ingest.zip_method")
    with path.open("rb") as file:
        file.seek(info.header_offset)
        header = file.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
            raise IngestError("ingest.file_damaged")
        _, name_length, extra_length = _LOCAL_HEADER.unpack(header)
        file.seek(info.header_offset + 30 + name_length + extra_length)
        if info.compress_type == zipfile.ZIP_STORED:
            yield from _stored(file, info.compress_size)
        else:
            yield from _inflated(file, zlib.decompressobj(-15), info.compress_size)


def gunzip(path: Path, target: Path, pause: Callable[[], None] = no_pause) -> None:
    """Unpack a gzip file (several members in a row are one file) to `target`. Raises IngestError as `unpack_member`."""
    packed = path.stat().st_size
    with path.open("rb") as file, target.open("wb") as out:
        rest, total = file.read(CHUNK), 0
        while rest:
            unpacker = zlib.decompressobj(31)
            for chunk in _inflated(file, unpacker, packed - file.tell(), rest, total, packed):
                pause()
                total += len(chunk)
                out.write(chunk)
            # gzip itself allows zeros after the last member.
            rest = (unpacker.unused_data or file.read(CHUNK)).lstrip(b"\0")


def refuse_entities(path: Path, found: tuple[Member, ...]) -> None:
    """Refuse XML that declares entities or a document type: no spreadsheet needs them, and bombs are made of them."""
    overlap = max(len(mark) for mark in _ENTITY_MARKS) - 1
    for member in found:
        text = member.name.lower().endswith((".xml", ".rels", ".vml"))
        tail = b""
        for chunk in inflate(path, member.info):
            if text and any(mark in tail + chunk for mark in _ENTITY_MARKS):
                raise IngestError("ingest.excel_entities")
            tail = chunk[-overlap:]


def _inflated(
    file: BinaryIO,
    unpacker: Unpacker,
    packed: int,
    rest: bytes = b"",
    total: int = 0,
    ratio_of: int | None = None,
) -> Iterator[bytes]:
    left = packed
    while not unpacker.eof:
        source = rest or unpacker.unconsumed_tail
        rest = b""
        if not source:
            source = file.read(min(CHUNK, left))
            left -= len(source)
        if not source:
            raise IngestError("ingest.file_damaged")
        try:
            chunk = unpacker.decompress(source, CHUNK)
        except zlib.error as error:
            raise IngestError("ingest.file_damaged") from error
        total += len(chunk)
        if total > MAX_UNPACKED:
            raise IngestError("ingest.zip_too_large", limit_mb=MAX_UNPACKED >> 20)
        _guard_ratio(total, packed if ratio_of is None else ratio_of)
        if chunk:
            yield chunk


def _stored(file: BinaryIO, size: int) -> Iterator[bytes]:
    left = size
    while left:
        chunk = file.read(min(CHUNK, left))
        if not chunk:
            raise IngestError("ingest.file_damaged")
        left -= len(chunk)
        yield chunk


def _guard_ratio(unpacked: int, packed: int) -> None:
    if unpacked > RATIO_FROM and unpacked > MAX_RATIO * max(packed, 1):
        raise IngestError("ingest.zip_bomb", ratio=MAX_RATIO)


def _directory_size(path: Path) -> int:
    """Bytes of the central directory, from the end record; `zipfile` would read it whole, whatever it claims."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _END_SIZE - 0xFFFF - 76))
        tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) - end < _END_SIZE:
        raise IngestError("ingest.file_damaged")
    claimed = int(struct.unpack_from("<L", tail, end + 12)[0])
    wide = tail.rfind(b"PK\x06\x06", 0, end)
    if wide >= 0 and end - wide >= 56:
        claimed = max(claimed if claimed != 0xFFFFFFFF else 0, int(struct.unpack_from("<Q", tail, wide + 40)[0]))
    return claimed


def _is_file(info: zipfile.ZipInfo) -> bool:
    parts = info.filename.replace("\\", "/").lower().split("/")
    return not info.is_dir() and parts[0] != "__macosx" and parts[-1] not in _LEFT_BEHIND


def _shown(info: zipfile.ZipInfo) -> str:
    """The name as its maker saw it: macOS writes UTF-8 without the flag that says so."""
    name = info.orig_filename
    if not info.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = info.orig_filename
    return "".join(c if c.isprintable() else "_" for c in name.replace("\\", "/"))
