"""The bytes of a text file, looked at once in large blocks before any parser sees them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from insight.errors import IngestError
from insight.ingest.archive import no_pause
from insight.ingest.records import DIRECTIONS

BLOCK = 1 << 20
MAX_LINE = 2_000_000
MAX_COLUMNS = 1_000

# What UTF-8 text looks like after it was decoded as something else and saved again: Ã…, Â, â€, √•, ├Ñ.
_MOJIBAKE = (b"\xc3\x83", b"\xc3\x82\xc2", b"\xc3\xa2\xe2\x82\xac", b"\xe2\x88\x9a", b"\xe2\x94\x9c")
_LOST = b"\xef\xbf\xbd"
_DIRECTIONS = tuple(chr(code).encode() for code in DIRECTIONS)
_STARTS = sorted({mark[0] for mark in (*_MOJIBAKE, _LOST, *_DIRECTIONS)})
_LF, _CR, _TAB, _QUOTE, _BLANK = b'\n\r\t" '


@dataclass(frozen=True)
class Scan:
    """Counts over the bytes of a file that is ASCII-compatible.

    line_feeds, returns, pairs: LF, CR and CR LF; controls: other control bytes (NUL included) but tab; quotes: double
    quotes; bad_from: offset of the first block that is not UTF-8 (None: all of it is); tail: the last bytes.
    """

    size: int
    line_feeds: int
    returns: int
    pairs: int
    controls: int
    nuls: int
    quotes: int
    mojibake: int
    lost: int
    ascii: bool
    bad_from: int | None
    seen_utf8: bool
    tail: bytes

    @property
    def mixed_newlines(self) -> bool:
        """More than one kind of line end, or bare carriage returns (which bulk readers do not take)."""
        return self.returns > 0 and not (self.returns == self.pairs == self.line_feeds)

    @property
    def lines(self) -> int:
        """Physical lines as an editor shows them, a last one without a line end included."""
        ends = self.line_feeds + self.returns - self.pairs
        return ends + (1 if self.tail and self.tail[-1:] not in (b"\n", b"\r") else 0)


def scan(path: Path, pause: Callable[[], None] = no_pause) -> Scan:
    """Count what matters before parsing. Refuses a line longer than 2 MB as soon as it is met.

    `pause` is called between blocks; what it raises stops the work.
    """
    seen = _Counter()
    with path.open("rb") as file:
        offset = 0
        while block := file.read(BLOCK):
            seen.take(block, offset)
            offset += len(block)
            pause()
    return seen.result(offset)


class _Counter:
    def __init__(self) -> None:
        self.run = 0
        self.line = 1
        self.line_feeds = self.returns = self.pairs = self.controls = 0
        self.nuls = self.quotes = self.mojibake = self.lost = 0
        self.ascii = True
        self.bad_from: int | None = None
        self.seen_utf8 = False
        self.carry = b""
        self.tail = b""
        self.last = b""

    def take(self, block: bytes, offset: int) -> None:
        cells = np.frombuffer(block, dtype=np.uint8)
        feeds = int(np.count_nonzero(cells == _LF))
        small = int(np.count_nonzero(cells < _BLANK)) - feeds
        returns = int(np.count_nonzero(cells == _CR)) if small else 0
        self._line_length(block)
        self.line += feeds or returns
        self.line_feeds += feeds
        self.returns += returns
        if returns:
            self.pairs += int(np.count_nonzero((cells[:-1] == _CR) & (cells[1:] == _LF)))
        if self.last == b"\r" and block[:1] == b"\n":
            self.pairs += 1
        self.quotes += int(np.count_nonzero(cells == _QUOTE))
        if small > returns and (odd := small - returns - int(np.count_nonzero(cells == _TAB))):
            self.controls += odd
            self.nuls += block.count(b"\0")
        if self.carry or not block.isascii():
            self._letters(block, offset)
        self.last = block[-1:]
        self.tail = (self.tail + block)[-65536:] if len(block) < 65536 else block[-65536:]

    def _line_length(self, block: bytes) -> None:
        first = min((at for at in (block.find(b"\n"), block.find(b"\r")) if at >= 0), default=-1)
        if self.run + (first if first >= 0 else len(block)) > MAX_LINE:
            raise IngestError("ingest.line_too_long", line=self.line, limit=MAX_LINE // 1_000_000)
        if first < 0:
            self.run += len(block)
        else:
            self.run = len(block) - 1 - max(block.rfind(b"\n"), block.rfind(b"\r"))

    def _letters(self, block: bytes, offset: int) -> None:
        self.ascii = False
        if self.bad_from is not None:
            return
        data = self.carry + block
        # A character may be cut by the block's end: up to three bytes wait for the next block.
        cut = len(data)
        for back in range(1, min(4, len(data)) + 1):
            byte = data[-back]
            if byte >= 0xC0:
                need = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
                cut = len(data) - back if back < need else len(data)
                break
            if byte < 0x80:
                break
        head, self.carry = data[:cut], data[cut:]
        if not _is_utf8(head):
            self.bad_from = max(0, offset - 4)
            self.carry = b""
            return
        self.seen_utf8 = self.seen_utf8 or not head.isascii()
        seconds = _seconds(head)
        self.controls += _count(head, _DIRECTIONS, seconds)
        self.mojibake += _count(head, _MOJIBAKE, seconds)
        self.lost += _count(head, (_LOST,), seconds)

    def result(self, size: int) -> Scan:
        if self.carry and self.bad_from is None:
            self.bad_from = max(0, size - len(self.carry))
        return Scan(
            size, self.line_feeds, self.returns, self.pairs, self.controls, self.nuls, self.quotes, self.mojibake,
            self.lost, self.ascii, self.bad_from, self.seen_utf8, self.tail,
        )  # fmt: skip


def _is_utf8(head: bytes) -> bool:
    """Whether the bytes are UTF-8: to decode them, which tells the same, takes five times as long."""
    ends = pa.py_buffer(np.array([0, len(head)], dtype=np.int32))
    try:
        pa.Array.from_buffers(pa.string(), 1, [None, ends, pa.py_buffer(head)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _seconds(head: bytes) -> dict[int, set[int]]:
    """The bytes that follow those which begin a mark: to look for pairs in the text itself takes ten times as long.

    In UTF-8 a letter's first byte and its second are both above ASCII: they stay neighbours without the rest.
    """
    cells = np.frombuffer(head, dtype=np.uint8)
    above = cells[cells >= 0x80]
    return {start: set(np.unique(above[1:][above[:-1] == start]).tolist()) for start in _STARTS}


def _count(head: bytes, marks: tuple[bytes, ...], seconds: dict[int, set[int]]) -> int:
    """How many of the marks there are."""
    return sum(head.count(mark) for mark in marks if mark[1] in seconds[mark[0]])
