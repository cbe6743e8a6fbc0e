"""Progress and cancelling while the database works: a small thread asks, and interrupts when the user says stop."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from duckdb import DuckDBPyConnection

from insight.errors import IngestError

_PAUSE = 0.2


class Watch:
    """Whether the user has cancelled, and a place to stop between two steps."""

    def __init__(self, ask: Callable[[], bool] | None) -> None:
        self._ask = ask
        self.cancelled = False

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
    """While inside, `progress` gets the share of the running statement (0–1), and a cancel interrupts it."""
    watch = Watch(cancelled)
    if progress is None and cancelled is None:
        yield watch
        return
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(_PAUSE):
            if watch.look():
                con.interrupt()
            elif progress is not None:
                share = con.query_progress()
                if share > 0:
                    progress(min(1.0, share / 100))

    thread = threading.Thread(target=run, name="watch", daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        stop.set()
        thread.join()
