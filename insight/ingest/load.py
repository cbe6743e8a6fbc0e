"""A file into the workspace: opened, decoded, laid out, mapped, read and written, with a report of all of it."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from insight.errors import IngestError
from insight.ingest import (
    column_sets,
    fast,
    fill,
    memory,
    order_sums,
    overlap,
    profile,
    quality,
    uncompleted,
    undelivered,
)
from insight.ingest.careful import Done, attributes_of, read_carefully, same_currency
from insight.ingest.opening import Opened, data_lines, is_bulk, open_file
from insight.ingest.options import ReadOptions
from insight.ingest.report import Decision, FileMessage, FileReport
from insight.ingest.watch import Watch, watching
from insight.ingest.write import take_back
from insight.result import Message

Progress = Callable[[float], None]
_TEMPORARY = (
    "raw", "typed", "staged", "shapes", "named_dates", "overlapping", "order_lines", "line_amounts", "test_days",
    "control_days", "order_heads", "uncompleted", "undelivered", "message_rows",
)  # fmt: skip


def read_into(
    con: DuckDBPyConnection, path: Path, *, name: str, file_id: int, options: ReadOptions, key: bytes,
    progress: Progress | None = None, cancelled: Callable[[], bool] | None = None, work: Path | None = None,
) -> FileReport:  # fmt: skip
    """Read one file into the canonical tables of `con` and report what happened.

    A file that is refused (its report's outcome) leaves the database as it was. `key` is the workspace's secret for
    the keyed hash of personal numbers. `work` is a folder for intermediate files (None: beside the database's file,
    where the connection may read); the connection must be allowed to read at `path` too.
    """
    with _folder(work or _home(con)) as folder, watching(con, progress, cancelled) as watch:
        con.execute("BEGIN TRANSACTION")
        try:
            report = _read(con, path, name, file_id, options, key, folder, watch)
        except IngestError as error:
            con.execute("ROLLBACK")
            return refused(name, error)
        except duckdb.Error as error:
            con.execute("ROLLBACK")
            return refused(name, _as_refusal(error, watch))
        except OSError:
            con.execute("ROLLBACK")
            return refused(name, IngestError("ingest.disk"))
        except BaseException:
            con.execute("ROLLBACK")
            raise
        con.execute("COMMIT")
        _drop_temporary(con)
        return report


def refused(name: str, error: IngestError, messages: Sequence[FileMessage] = ()) -> FileReport:
    """The report of a file that was not loaded."""
    values = dict(error.values)
    line, column = values.pop("line", None), values.pop("column", None)
    said = FileMessage(
        error.key.removeprefix("ingest."), "error", values,
        line if isinstance(line, int) else None, str(column) if column is not None else None,
    )  # fmt: skip
    return FileReport(name, messages=(*messages, said))


def _as_refusal(error: duckdb.Error, watch: Watch) -> IngestError:
    """A database error as a sentence; its own text may quote cells and is not passed on."""
    if isinstance(error, duckdb.InterruptException) and watch.cancelled:
        return IngestError("ingest.cancelled")
    if isinstance(error, duckdb.OutOfMemoryException):
        return IngestError("ingest.too_big")
    if isinstance(error, duckdb.IOException):
        return IngestError("ingest.disk")
    return IngestError("ingest.unreadable", reason=type(error).__name__)


def _home(con: DuckDBPyConnection) -> Path | None:
    """The folder of the connection's database file; None for a database in memory."""
    row = con.execute("SELECT path FROM duckdb_databases() WHERE database_name = current_database()").fetchone()
    return Path(row[0]).parent if row is not None and row[0] else None


@contextmanager
def _folder(work: Path | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=work, prefix="read-") as folder:
        yield Path(folder)


def _read(
    con: DuckDBPyConnection,
    path: Path,
    name: str,
    file_id: int,
    options: ReadOptions,
    key: bytes,
    folder: Path,
    watch: Watch,
) -> FileReport:
    clock = _Clock()
    watch.stage(0.15)
    opened = open_file(con, path, name, options, folder, pause=watch.check)
    options = opened.options
    learnt = memory.of(opened.layout, opened.mapped, options)
    clock.lap("open")
    done = _quickly(con, opened, file_id, options, folder, watch) or read_carefully(
        con, opened, file_id, options, key, folder, watch, clock.lap
    )
    clock.lap("write")
    watch.stage(1.0)
    labels, mapped = opened.layout.labels, opened.mapped
    for settle in (uncompleted.settle, undelivered.settle):
        taken, said = settle(con, opened, file_id, options, quick=done.quick)
        done.rows -= taken
        done.set_aside += taken
        done.messages += said
    there = _overlap(con, opened, done, file_id, options)
    opened.messages += done.messages
    found, figures = quality.examine(
        con, mapped.kind, file_id, mapped, labels, done.figures, swapped=options.signs == "swap"
    )
    if there:
        found = [message for message in found if message.code != "period_overlap"]
        figures["overlap"] = {**there, "left_out": options.overlap == "skip"}
    profiles = profile.profiles(con, opened.layout, mapped, done.changed, opened.personal, done.quick)
    clock.lap("quality")
    if opened.spread is not None:
        opened.messages = [column_sets.told_line(message) for message in opened.messages]
        found = [column_sets.told_line(message) for message in found]
        for table in {mapped.kind, "customers", "transactions", "set_aside"}:
            con.execute(f"UPDATE {table} SET line = line // {column_sets.APART} WHERE file_id = {file_id}")  # noqa: S608
    return FileReport(
        name=name, kind=mapped.kind, rows=done.rows, set_aside=done.set_aside, footers=done.footers, lines=done.lines,
        mapping={f: labels[at] for f, at in mapped.fields.items()}, messages=(*opened.messages, *found),
        decisions=(*opened.decisions, *done.decisions), columns=tuple(profiles), figures=figures,
        seconds=clock.laps, memory=learnt,
    )  # fmt: skip


def _overlap(
    con: DuckDBPyConnection, opened: Opened, done: Done, file_id: int, options: ReadOptions
) -> dict[str, object]:
    """Rows that earlier files had already: told, and set aside where that is asked for; what is known of them."""
    kind = opened.mapped.kind
    others = f"SELECT 1 FROM {kind} WHERE file_id <> $file_id LIMIT 1"  # noqa: S608
    if options.if_exists == "replace" or con.execute(others, {"file_id": file_id}).fetchone() is None:
        return {}
    found = overlap.find(con, kind, file_id)
    if not found.count:
        return {}
    if options.overlap == "keep":
        done.messages.append(found.message())
        return found.values
    if found.count == done.rows:
        raise IngestError("ingest.all_already_loaded", count=found.count)
    take_back(con, opened, file_id, "overlapping", "already_loaded", quick=done.quick)
    done.rows -= found.count
    done.set_aside += found.count
    done.messages.append(FileMessage("aside_already_loaded", "note", found.values))
    return found.values


def _quickly(
    con: DuckDBPyConnection, opened: Opened, file_id: int, options: ReadOptions, folder: Path, watch: Watch
) -> Done | None:
    """The fast path for plain transactions; None when the file is not plain, and then nothing has happened."""
    text, layout = opened.text, opened.layout
    if text is None or not is_bulk(opened):
        return None
    if order_sums.suspect(opened.mapped, layout.labels, layout.sample) is not None:
        return None
    owner = opened.mapped.fields.get("customer_id")
    if owner is not None and fill.may_be_merged([row[owner] for row in layout.sample]):
        return None
    plan = fast.plan(layout, opened.mapped, options, text, opened.personal)
    expected = data_lines(text, layout)
    if plan is None or expected <= 0:
        return None
    constants = fast.constants(opened, options)
    attributes = attributes_of(con, opened, ())
    watch.stage(0.85)
    offset = opened.source.first_row - 1 + layout.first_line - 1
    if not fast.read(
        con, text, layout, plan, attributes, folder,
        file_id=file_id, expected=expected, offset=offset, constants=constants,
    ):  # fmt: skip
        con.execute("ROLLBACK")
        con.execute("BEGIN TRANSACTION")
        return None
    watch.check()
    watch.stage(0.95)
    if options.if_exists != "replace" and "currency" in {**plan.values, **constants}:
        same_currency(con, "staged")
    fast.settle(con, file_id)
    done = Done(expected, lines=expected, quick=True)
    for name, style in plan.styles.items():
        if style.decimal == ",":
            label = layout.labels[opened.mapped.fields[name]]
            why = "why_decimal_told" if options.decimal else "why_decimal"
            done.decisions.append(Decision("decimal", ",", Message(f"ingest.{why}", {"column": label}), label))
    if plan.order:
        label = layout.labels[opened.mapped.fields["ordered_at"]]
        values = {"column": label, "order": Message(f"ingest.order_{plan.order}")}
        why = Message("ingest.why_order_told" if plan.told else "ingest.why_order", values)
        done.decisions.append(Decision("day_first", "yes" if plan.order == "dmy" else "no", why, label))
    return done


class _Clock:
    """CPU seconds by step, and the seconds that passed meanwhile as `<step>_passed`."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.process_time(), time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.process_time(), time.perf_counter()
        self.laps[name], self.laps[f"{name}_passed"] = (
            round(after - before, 3) for after, before in zip(now, self._last, strict=True)
        )
        self._last = now


def _drop_temporary(con: DuckDBPyConnection) -> None:
    rows = con.execute(
        "SELECT table_name, table_type FROM information_schema.tables WHERE table_catalog = 'temp'"
    ).fetchall()
    for name, kind in rows:
        if name in _TEMPORARY:
            con.execute(f"DROP {'VIEW' if kind == 'VIEW' else 'TABLE'} temp.{name}")
