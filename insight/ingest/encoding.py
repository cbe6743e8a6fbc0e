"""The encoding ladder: BOM → NUL pattern → strict UTF-8 → the likeliest of the old Swedish encodings. UTF-8 out.

Public detectors get short Swedish texts wrong (Central European, Chinese …), so the old encodings are told apart by
what Swedish text can and can't hold. A file that is UTF-8 but for a few lines has only those lines read as the old one.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from insight.errors import IngestError
from insight.ingest.archive import no_pause
from insight.ingest.report import FileMessage
from insight.ingest.scan import BLOCK, Scan, scan

LEGACY = ("cp1252", "mac-roman", "cp850", "iso8859-15")
NAMES = {
    "utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "utf-32-le": "UTF-32",
    "utf-32-be": "UTF-32", "cp1252": "Windows-1252", "mac-roman": "Mac Roman", "cp850": "DOS (cp850)",
    "iso8859-15": "ISO 8859-15",
}  # fmt: skip

_SWEDISH = frozenset("åäöÅÄÖ")
_COMMON = frozenset("éüÉÜ")
_FOREIGN = frozenset("èëáàøØæÆñçóíêßôâ")
_SIGNS = frozenset("€–—’‘”“…´`§°½×·£®©™•²³»«¨µ±¼")
_HIGH = re.compile(rb"[^\x80-\xff]?[\x80-\xff]+[^\x80-\xff]?")
# Blank cells side by side from which a file is too wide rather than empty.
_MANY_TABS = 1000
_ENOUGH = 4000


@dataclass(frozen=True)
class Text:
    """A file as UTF-8 text: where it is, what the scan saw, what it was, and what the user should know about that."""

    path: Path
    scan: Scan
    encoding: str
    messages: tuple[FileMessage, ...] = ()


def as_utf8(path: Path, work: Path, told: str | None = None, pause: Callable[[], None] = no_pause) -> Text:
    """The file as UTF-8: itself when it is so already, else a copy in `work`. Raises IngestError for binary files.

    `pause` is called between blocks; what it raises stops the work.
    """
    with path.open("rb") as file:
        head = file.read(1 << 16)
    if not head.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"):
        _refuse_if_blank(path)
    encoding = _canonical(told) if told else _wide(head)
    if encoding and encoding not in ("utf-8", "utf-8-sig"):
        return _decoded(path, work, encoding, told is not None, pause)
    seen = scan(path, pause)
    padding = len(seen.tail) - len(seen.tail.rstrip(b"\0"))
    if seen.nuls - padding > seen.size * 0.25 or seen.controls - seen.nuls > seen.size * 0.2:
        raise IngestError("ingest.file_binary")
    if seen.bad_from is None:
        return Text(path, seen, "utf-8")
    return _legacy(path, work, seen, pause)


def _canonical(name: str) -> str:
    known = {"windows-1252": "cp1252", "ansi": "cp1252", "latin-1": "cp1252", "iso-8859-1": "cp1252",
             "macroman": "mac-roman", "mac": "mac-roman", "utf8": "utf-8", "ibm850": "cp850"}  # fmt: skip
    return known.get(name.strip().lower().replace("_", "-"), name.strip().lower())


def _refuse_if_blank(path: Path) -> None:
    wide = False
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            if block.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"):
                return
            wide = wide or max(line.count(b"\t") for line in block.split(b"\n")) >= _MANY_TABS
    raise IngestError("ingest.too_many_columns_blank" if wide else "ingest.file_empty")


def _wide(head: bytes) -> str | None:
    """UTF-16 or UTF-32 by its BOM, or by where the NUL bytes of Western text lie."""
    for bom, encoding in (
        (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"), (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):  # fmt: skip
        if head.startswith(bom):
            return encoding
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = max(1, len(head) // 2)
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _decoded(path: Path, work: Path, encoding: str, told: bool, pause: Callable[[], None]) -> Text:
    """A UTF-8 copy of a file in one known encoding; bytes without meaning become U+FFFD and are reported."""
    out = work / "utf8.txt"
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    lost = 0
    with path.open("rb") as source, out.open("wb") as target:
        first = True
        while block := source.read(BLOCK):
            if encoding == "cp1252" and not _has_signs(block):
                text = block.decode("latin-1")  # the two are alike but for those signs, and this is four times as fast
            else:
                text = decoder.decode(block)
                lost += text.count("\ufffd")
            if first:
                text, first = text.removeprefix("\ufeff"), False
            target.write(text.encode("utf-8", "replace"))
            pause()
        target.write(decoder.decode(b"", True).encode("utf-8", "replace"))
    name = NAMES.get(encoding, encoding)
    messages: list[FileMessage] = []
    if encoding.startswith("utf-") or told:
        messages.append(FileMessage("encoding_wide", "note", {"encoding": name}))
    else:
        line = first_bad_line(path)
        messages.append(FileMessage("encoding_legacy", "warning", {"encoding": name}, line=line))
    if lost:
        messages.append(FileMessage("encoding_lost", "warning", {"encoding": name, "count": lost}))
    return Text(out, scan(out, pause), encoding, tuple(messages))


def _has_signs(block: bytes) -> bool:
    """Whether any byte is one of the 32 where Windows has quotes, dashes and the euro sign."""
    return bool(np.any((np.frombuffer(block, dtype=np.uint8) & 0xE0) == 0x80))


def _legacy(path: Path, work: Path, seen: Scan, pause: Callable[[], None]) -> Text:
    """Not UTF-8: one of the old encodings throughout, or UTF-8 with a few lines of the old one."""
    assert seen.bad_from is not None
    encoding = likeliest(_samples(path, seen.bad_from))
    if not seen.seen_utf8 and not _has_utf8(path, seen.bad_from):
        return _decoded(path, work, encoding, False, pause)
    out = work / "utf8.txt"
    fixed, first = 0, 0
    line = 1
    with path.open("rb") as source, out.open("wb") as target:
        for raw in _whole_lines(source.read, BLOCK):
            pause()
            try:
                raw.decode("utf-8")
                target.write(raw)
                line += raw.count(b"\n")
                continue
            except UnicodeDecodeError:
                pieces = raw.splitlines(keepends=True)
            for piece in pieces:
                try:
                    piece.decode("utf-8")
                    target.write(piece)
                except UnicodeDecodeError:
                    fixed += 1
                    first = first or line
                    target.write(_mend(piece, encoding))
                line += 1
    warning = FileMessage(
        "encoding_mixed", "warning", {"encoding": NAMES[encoding], "count": fixed}, line=first or None
    )  # fmt: skip
    return Text(out, scan(out, pause), "utf-8", (warning,))


def _mend(line: bytes, encoding: str) -> bytes:
    """One line with stray bytes: its valid UTF-8 stays, every other byte is read in the old encoding."""
    out: list[str] = []
    rest = line
    while rest:
        try:
            out.append(rest.decode("utf-8"))
            break
        except UnicodeDecodeError as error:
            out.append(rest[: error.start].decode("utf-8"))
            out.append(rest[error.start : error.start + 1].decode(encoding, "replace"))
            rest = rest[error.start + 1 :]
    return "".join(out).encode("utf-8")


def _whole_lines(read: Callable[[int], bytes], size: int) -> Iterator[bytes]:
    """Blocks that end at a line feed."""
    rest = b""
    while block := read(size):
        block = rest + block
        cut = block.rfind(b"\n") + 1
        rest = block[cut:]
        if cut:
            yield block[:cut]
    if rest:
        yield rest


def first_bad_line(path: Path) -> int | None:
    """The line (from 1) of the first byte that is not UTF-8."""
    line = 1
    with path.open("rb") as file:
        for block in _whole_lines(file.read, BLOCK):
            try:
                block.decode("utf-8")
            except UnicodeDecodeError as error:
                before = block[: error.start]
                return line + (before.count(b"\n") or before.count(b"\r"))
            line += block.count(b"\n")
    return None


def _has_utf8(path: Path, offset: int) -> bool:
    """Whether valid UTF-8 letters are a real part of the text after `offset`, or only chance."""
    valid = broken = 0
    with path.open("rb") as file:
        file.seek(offset)
        for _ in range(16):
            block = file.read(BLOCK)
            if not block:
                break
            text = block.decode("utf-8", "replace")
            lost = text.count("\ufffd")
            broken += lost
            valid += len(text) - len(text.encode("ascii", "ignore")) - lost
    return valid > 0.05 * broken


def _samples(path: Path, offset: int) -> list[bytes]:
    """Runs of high bytes with their neighbours, some thousands of them from `offset` on."""
    found: list[bytes] = []
    with path.open("rb") as file:
        file.seek(offset)
        while (block := file.read(BLOCK)) and len(found) < _ENOUGH:
            for match in _HIGH.finditer(block):
                try:
                    match[0].decode("utf-8")
                except UnicodeDecodeError:
                    found.append(match[0])
                if len(found) >= _ENOUGH:
                    break
    return found


def likeliest(samples: list[bytes]) -> str:
    """The old encoding under which the samples look most like Swedish text; Windows-1252 when they do not tell."""
    return max(
        LEGACY, key=lambda encoding: (sum(_plausible(sample, encoding) for sample in samples), encoding == "cp1252")
    )


def _plausible(sample: bytes, encoding: str) -> float:
    """How well a run of high bytes between two ordinary characters reads: letters belong to words, signs do not."""
    text = sample.decode(encoding, "replace")
    score = 0.0
    for at, char in enumerate(text):
        if char < "\x80":
            continue
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        in_word = before.isalpha() or after.isalpha()
        if char in _SWEDISH:
            score += 3 if in_word else -1
        elif char in _COMMON:
            score += 1.5 if in_word else -1
        elif char in _FOREIGN:
            score += 0.7 if in_word else -1
        elif char == "\xa0":
            score += 2 if before.isdigit() or after.isdigit() else 0.2
        elif char == "€" and (before.isdigit() or before.isspace() or after.isdigit()):
            score += 2
        elif char in _SIGNS:
            score += 1 if not (before.isalpha() and after.isalpha()) or char in "’´-" else -2
        elif char == "\ufffd" or not char.isprintable():
            score -= 5
        else:
            score -= 2
        if char.isupper() and (before.islower() or (before.isalpha() and after.islower())):
            score -= 3  # a capital within a word
    return score
