"""Reading files beside the page: a thread that can be followed and stopped, and leaves nothing behind when it is.

The thread knows nothing of the page. It works on an object of its own for the workspace's folder, so that the pages
can be used meanwhile; the session takes up what was read at its next run.
"""

import threading
import time
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from insight import loading
from insight.ingest.options import FileMemory
from insight.ingest.report import FileReport
from insight.workspace.store import SourceFile, Workspace

_SAMPLE = 1 << 20
# Archives, workbooks and Parquet: their bytes say nothing of their rows.
_PACKED = (b"PK", b"\x1f\x8b", b"PAR1", b"\xd0\xcf\x11\xe0")

# What the tables made from all files cost, beside the reading.
_TABLES = 0.25


@dataclass
class _Progress:
    """What the thread and the page both see, a value a file; shares and begun have one more, for the tables made of all
    of them."""

    rows: list[int | None]
    shares: list[float]
    begun: list[float]
    stop: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)
    alone: bool = False

    def tell(self, place: int, share: float) -> None:
        """Called by the thread."""
        if not self.begun[place]:
            self.begun[place] = time.monotonic()
        self.shares[place] = share


@dataclass
class Outcome:
    """What came of it: the reports, or what went wrong, and the workspace that was made for it, if one was."""

    reports: list[FileReport] = field(default_factory=list[FileReport])
    failure: BaseException | None = None
    made: Workspace | None = None


class Job:
    """Files being read. Without a `folder` they go into a new workspace; instead_of: in the place of a loaded file."""

    def __init__(
        self, files: Sequence[SourceFile], folder: Path | None, further: Sequence[FileMemory] = (),
        instead_of: int | None = None,
    ) -> None:  # fmt: skip
        self.files = tuple(files)
        self.instead_of = instead_of
        self._sizes = [max(1, file.path.stat().st_size) for file in files]
        n = len(self.files) + 1
        self._progress = _Progress([rows_about(file.path) for file in files], [0.0] * n, [0.0] * n)
        self.outcome = Outcome()
        # A visitor who leaves takes the job along: nobody would ever see what it read.
        weakref.finalize(self, _leave, self._progress)
        threading.Thread(
            target=_run, args=(self.files, folder, tuple(further), self._progress, self.outcome, instead_of),
            name="reading", daemon=True,
        ).start()  # fmt: skip

    @property
    def done(self) -> bool:
        """Whether the thread has ended, one way or another."""
        return self._progress.done.is_set()

    @property
    def stopping(self) -> bool:
        """Whether the user has asked it to stop."""
        return self._progress.stop.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait a little for the end; whether it came."""
        return self._progress.done.wait(seconds)

    def cancel(self) -> None:
        """Ask the thread to stop; it does within a moment, and takes back all that it did."""
        self._progress.stop.set()

    def share(self, place: int) -> float:
        """How much of a file is read, 0 to 1."""
        return 1.0 if any(self._progress.begun[place + 1 :]) else self._progress.shares[place]

    def size(self, place: int) -> int:
        """The bytes of a file."""
        return self._sizes[place]

    def rows(self, place: int) -> int | None:
        """How many lines a file has: by its beginning, soon counted. None where that cannot be told beforehand."""
        return self._progress.rows[place]

    def seconds_left(self, place: int) -> float | None:
        """How long a file will still take, by the pace so far; None before there is one."""
        begun, share = self._progress.begun[place], self.share(place)
        if not begun or share < 0.02:
            return None
        return (time.monotonic() - begun) * (1 - share) / share

    @property
    def tables(self) -> float:
        """How much of the tables made of all files is there, 0 to 1."""
        return self._progress.shares[-1]

    @property
    def overall(self) -> float:
        """How much of it all is done, 0 to 1: files by their size, then the tables."""
        read = sum(self.share(place) * size for place, size in enumerate(self._sizes)) / sum(self._sizes)
        return (1 - _TABLES) * read + _TABLES * self.tables


def rows_about(path: Path) -> int | None:
    """How many lines a text file has, by its first megabyte; None for a packed one."""
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
    if head.startswith(_PACKED) or not head:
        return None
    lines = head.count(b"\n") or head.count(b"\r")
    return round(lines * path.stat().st_size / len(head))


def _count(files: Sequence[SourceFile], progress: _Progress) -> None:
    """Count the lines of the text files: by their beginning, files whose numbers grow seem a tenth longer."""
    for place, file in enumerate(files):
        if progress.rows[place] is None:
            continue
        lines = returns = 0
        with file.path.open("rb") as source:
            while not progress.stop.is_set() and (block := source.read(_SAMPLE)):
                lines += block.count(b"\n")
                returns += 0 if lines else block.count(b"\r")
        progress.rows[place] = lines or returns or 1


def _run(
    files: Sequence[SourceFile], folder: Path | None, further: Sequence[FileMemory], progress: _Progress,
    outcome: Outcome, instead_of: int | None,
) -> None:  # fmt: skip
    workspace: Workspace | None = None
    try:
        workspace = Workspace.create() if folder is None else Workspace(folder)
        _count(files, progress)
        outcome.reports = loading.load(
            workspace,
            files,
            further=further,
            progress=progress.tell,
            cancelled=progress.stop.is_set,
            instead_of=instead_of,
        )
        workspace.close()
        progress.shares[:] = [1.0] * len(progress.shares)
    except BaseException as failure:  # noqa: BLE001 - handed to the page, which says it or passes it on
        outcome.failure = failure
    accepted = any(report.outcome != "refuse" for report in outcome.reports)
    if folder is None and workspace is not None:
        if accepted and not progress.alone:
            outcome.made = workspace
        else:
            workspace.destroy()
    progress.done.set()


def _leave(progress: _Progress) -> None:
    progress.alone = True
    progress.stop.set()
