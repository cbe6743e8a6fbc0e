"""Progress and cancelling while the database works: a small thread asks, and interrupts when the user says stop."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from duckdb import DuckDBPyConnection

from insight.errors import IngestError

_PAUSE = 0.2


class Watch:
    """How far the work has come, whether the user has cancelled, and a place to stop between two steps."""

    def __init__(self, tell: Callable[[float], None] | None, ask: Callable[[], bool] | None) -> None:
        self._tell = tell
        self._ask = ask
        self._from, self._until, self._told = 0.0, 0.0, 0.0
        self.cancelled = False

    def stage(self, until: float) -> None:
        """A step begins that ends at this share of the whole; the one before is done."""
        self._from, self._until = self._until, until
        self.part(0)

    def part(self, share: float) -> None:
        """Tell how much of the stage is done (0 to 1). What was told never shrinks."""
        done = self._from + min(1.0, max(0.0, share)) * (self._until - self._from)
        if self._tell is not None and done > self._told:
            self._told = done
            self._tell(done)

    def look(self) -> bool:
        """Ask whether the user has cancelled."""
        if self._ask is not None and self._ask():
            self.cancelled = True
        return self.cancelled

    def check(self) -> None:
        """Stop here when the user has cancelled. Raises IngestError."""
        if self.look():
            raise IngestError("ingest.cancelled")


@contextmanager
def watching(
    con: DuckDBPyConnection, progress: Callable[[float], None] | None, cancelled: Callable[[], bool] | None
) -> Iterator[Watch]:
    """While inside, `progress` gets the share done (0 to 1, of all stages), and a cancel interrupts the statement."""
    watch = Watch(progress, cancelled)
    if progress is None and cancelled is None:
        yield watch
        return
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(_PAUSE):
            if watch.look():
                con.interrupt()
            else:
                watch.part(con.query_progress() / 100)

    thread = threading.Thread(target=run, name="watch", daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        stop.set()
        thread.join()
