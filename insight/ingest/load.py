"""A file into the workspace: opened, decoded, laid out, mapped, read and written, with a report of all of it."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from insight.errors import IngestError
from insight.ingest import containers, convert, fast, footers, mapping, privacy, profile, quality, raw, write
from insight.ingest.archive import no_pause
from insight.ingest.columns import Reader
from insight.ingest.containers import Source
from insight.ingest.detect import Layout, find_layout, read_head
from insight.ingest.encoding import Text, as_utf8
from insight.ingest.mapping import Mapped
from insight.ingest.normalise import Normalised, normalise
from insight.ingest.options import ReadOptions
from insight.ingest.records import Dialect
from insight.ingest.report import Decision, FileMessage, FileReport
from insight.ingest.schema import TABLES
from insight.ingest.watch import Watch, watching
from insight.result import Message

Progress = Callable[[float], None]


@dataclass
class Opened:
    """A file on its way: what it is, its layout, table and mapping, and what has been said so far."""

    source: Source
    text: Text | None
    layout: Layout
    mapped: Mapped
    messages: list[FileMessage]
    decisions: list[Decision]
    personal: dict[int, str] = field(default_factory=dict[int, str])


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
    raise error


def _home(con: DuckDBPyConnection) -> Path | None:
    """The folder of the connection's database file; None for a database in memory."""
    row = con.execute("SELECT path FROM duckdb_databases() WHERE database_name = current_database()").fetchone()
    return Path(row[0]).parent if row is not None and row[0] else None


@contextmanager
def _folder(work: Path | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=work, prefix="read-") as folder:
        yield Path(folder)


def open_file(
    con: DuckDBPyConnection, path: Path, name: str, options: ReadOptions, folder: Path, rows: int | None = None,
    pause: Callable[[], None] = no_pause,
) -> Opened:  # fmt: skip
    """Everything that is decided from the first rows. A Parquet file (its first `rows`) is in `raw` afterwards."""
    source = containers.open_source(path, name, folder, sheet=options.sheet, member=options.member, pause=pause)
    if source.format == "parquet":
        return _open_parquet(con, source, options, rows)
    text = as_utf8(source.path, folder, options.encoding if source.format == "text" else "utf-8")
    layout = find_layout(read_head(text.path), options)
    if layout.body == 0:
        raise IngestError("ingest.header_only", line=layout.header_line)
    return _mapped(source, text, layout, layout.sample, options, layout.header_line is not None)


def _open_parquet(con: DuckDBPyConnection, source: Source, options: ReadOptions, rows: int | None) -> Opened:
    labels = raw.from_parquet(con, source.path, rows)
    sample = raw.sample(con, len(labels))
    if not sample:
        raise IngestError("ingest.header_only", line=None)
    layout = Layout(Dialect(), labels, labels, None, 1, len(labels), tuple(sample), body=len(sample))
    return _mapped(source, None, layout, sample, options, True)


def _mapped(
    source: Source, text: Text | None, layout: Layout, sample: Sequence[Sequence[str]], options: ReadOptions, has_header: bool
) -> Opened:
    mapped = mapping.propose(layout.labels, sample, options, has_header)
    messages = [*source.messages, *(text.messages if text else ()), *layout.messages]
    decisions = [*layout.decisions, Decision("kind", mapped.kind, mapped.reason)]
    if text is not None:
        decisions.insert(0, Decision("encoding", text.encoding, Message("ingest.why_encoding_told" if options.encoding else "ingest.why_encoding")))
    if mapped.rivals:
        messages.append(FileMessage("kind_rivals", "note", {"kind": Message(f"ingest.kind_{mapped.kind}"), "others": ", ".join(mapped.rivals)}))
    opened = Opened(source, text, layout, mapped, messages, decisions)
    for at, label in enumerate(layout.labels):
        found = privacy.recognise(label, [row[at] for row in sample if at < len(row)]) if label else None
        if found is not None:
            opened.personal[at] = found
    return opened


def _read(
    con: DuckDBPyConnection, path: Path, name: str, file_id: int, options: ReadOptions, key: bytes, folder: Path, watch: Watch
) -> FileReport:
    clock = _Clock()
    opened = open_file(con, path, name, options, folder, pause=watch.check)
    clock.lap("open")
    done = _quickly(con, opened, file_id, options, watch) or _carefully(con, opened, file_id, options, key, folder, watch, clock)
    clock.lap("write")
    labels, mapped = opened.layout.labels, opened.mapped
    opened.messages += done.messages
    found, figures = quality.examine(con, mapped.kind, file_id, mapped, labels, done.figures)
    profiles = profile.profiles(con, opened.layout, mapped, done.changed, opened.personal, done.quick)
    clock.lap("quality")
    return FileReport(
        name=name, kind=mapped.kind, rows=done.rows, set_aside=done.set_aside, footers=done.footers, lines=done.lines,
        mapping={f: labels[at] for f, at in mapped.fields.items()}, messages=tuple([*opened.messages, *found]),
        decisions=tuple([*opened.decisions, *done.decisions]), columns=tuple(profiles), figures=figures, seconds=clock.laps,
    )  # fmt: skip


@dataclass
class Done:
    """What reading the rows led to. changed: cells rewritten, by field. figures: facts that the readings know."""

    rows: int
    set_aside: int = 0
    footers: int = 0
    lines: int = 0
    messages: list[FileMessage] = field(default_factory=list[FileMessage])
    decisions: list[Decision] = field(default_factory=list[Decision])
    changed: dict[str, int] = field(default_factory=dict[str, int])
    figures: dict[str, object] = field(default_factory=dict[str, object])
    quick: bool = False


def _quickly(con: DuckDBPyConnection, opened: Opened, file_id: int, options: ReadOptions, watch: Watch) -> Done | None:
    """The fast path for plain transactions; None when the file is not plain, and then nothing has happened."""
    text, layout = opened.text, opened.layout
    if text is None or not _is_bulk(opened):
        return None
    plan = fast.plan(layout, opened.mapped, options, text, opened.personal)
    expected = _data_lines(text, layout)
    if plan is None or expected <= 0:
        return None
    constants = fast.constants(opened.mapped, layout.labels, options)
    attributes = _attributes(con, opened, ())
    offset = opened.source.first_row - 1 + layout.first_line - 1
    if not fast.read(
        con, text, layout, plan, attributes, file_id=file_id, expected=expected, offset=offset, constants=constants
    ):  # fmt: skip
        return None
    watch.check()
    if options.if_exists != "replace":
        _same_currency(con, "staged")
    fast.settle(con, file_id)
    done = Done(expected, lines=expected, quick=True)
    for name, style in plan.styles.items():
        if style.decimal == ",":
            label = layout.labels[opened.mapped.fields[name]]
            why = "why_decimal_told" if options.decimal else "why_decimal"
            done.decisions.append(Decision("decimal", ",", Message(f"ingest.{why}", {"column": label}), label))
    return done


def _carefully(
    con: DuckDBPyConnection, opened: Opened, file_id: int, options: ReadOptions, key: bytes, folder: Path, watch: Watch, clock: "_Clock"
) -> Done:
    """Every cell looked at before anything is decided, and a reason for every row that is set aside."""
    careful = _fill_raw(con, opened, folder, watch) if opened.text is not None else None
    clock.lap("raw")
    watch.check()
    labels = opened.layout.labels
    hidden = _personal_numbers(con, opened, options, key)
    mapped = opened.mapped
    _join_time(con, mapped)
    foot = _take_footers(con, opened, careful)
    repeats = _repeated_headers(con, opened)
    reader = Reader(con, options, opened.source.epoch_1904)
    converted = convert.convert(con, mapped, labels, options, reader)
    _duplicate_customers(con, mapped)
    foot += _wordless_total(con, mapped)
    watch.check()
    rows, aside = _counts(con)
    early_aside = repeats + (careful.aside if careful else [])
    said = convert.aside_messages(con, mapped, labels)
    if rows == 0:
        raise _nothing(said, careful)
    clock.lap("convert")
    if mapped.kind == "transactions" and options.if_exists != "replace" and "currency" in converted.fields:
        _same_currency(con, "typed")
    attributes = _attributes(con, opened, hidden)
    write.write_rows(con, mapped.kind, [*converted.fields], file_id, attributes, merge=options.if_exists != "replace")
    write.write_aside(con, file_id, early_aside, opened.layout.width, hidden)
    messages = [*_careful_messages(careful, opened, early_aside), *reader.messages, *said]
    messages += quality.footer_messages(con, foot, mapped, labels, converted, reader)
    return Done(
        rows, aside + len(early_aside), len(foot), careful.lines if careful else rows + aside + len(foot) + len(repeats),
        messages, reader.decisions, {name: reading.changed for name, reading in converted.readings.items()},
        {"scale": converted.readings["score"].figures["scale"]} if "score" in converted.readings else {},
    )  # fmt: skip


class _Clock:
    """CPU seconds by step."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.process_time()

    def lap(self, name: str) -> None:
        now = time.process_time()
        self.laps[name] = round(now - self._last, 3)
        self._last = now


def _fill_raw(con: DuckDBPyConnection, opened: Opened, folder: Path, watch: Watch) -> Normalised | None:
    """The raw table: in bulk where the file is plain, else record by record (then what was mended is returned)."""
    text, layout, source = opened.text, opened.layout, opened.source
    assert text is not None
    repair = text.scan.mojibake > 0
    expected = _data_lines(text, layout)
    if _is_bulk(opened) and expected > 0 and raw.from_text(con, text.path, layout, expected, source.first_row - 1 + layout.first_line - 1):
        return None
    watch.check()
    careful = normalise(text.path, layout, folder, repair=repair, row_of=source.row_of, progress=lambda _rows: watch.check())
    short = sum(reason == "ragged" for _, reason, _ in careful.aside)
    if short >= 3 and short > 0.05 * careful.lines:  # noqa: PLR2004
        careful = normalise(text.path, layout, folder, repair=repair, row_of=source.row_of, pad=True, progress=lambda _rows: watch.check())
    if careful.lines == 0:
        raise IngestError("ingest.header_only", line=layout.header_line)
    raw.from_normalised(con, careful.path, layout.width)
    return careful


def _is_bulk(opened: Opened) -> bool:
    """Whether a bulk reader may be tried: a plain dialect, one kind of line end, no damaged or control characters."""
    assert opened.text is not None
    seen = opened.text.scan
    return opened.layout.plain and not (seen.controls or seen.mixed_newlines or seen.mojibake or len(opened.source.continued))


def _data_lines(text: Text, layout: Layout) -> int:
    """Lines from the first data record to the last that is not blank; -1 when the end can't be told."""
    tail = text.scan.tail
    end = tail.rstrip(b"\r\n")
    if not end:
        return -1
    blanks = max(0, tail[len(end) :].count(b"\n") - 1)
    return text.scan.lines - (layout.first_line - 1) - blanks


def _personal_numbers(con: DuckDBPyConnection, opened: Opened, options: ReadOptions, key: bytes) -> list[int]:
    """Personal numbers are never stored: hashed where they are the customer's id, dropped elsewhere."""
    hidden = [at for at, kind in opened.personal.items() if kind == "personal_number"]
    labels = opened.layout.labels
    for at in hidden:
        owner = next((name for name, column in opened.mapped.fields.items() if column == at), "")
        if owner == "customer_id" and options.personal_ids == "hash":
            values = [str(row[0]) for row in con.execute(f"SELECT DISTINCT c{at} FROM raw WHERE c{at} IS NOT NULL").fetchall()]  # noqa: S608
            con.execute("CREATE OR REPLACE TEMP TABLE hashed (cell VARCHAR, hash VARCHAR)")
            for start in range(0, len(values), 50_000):
                part = values[start : start + 50_000]
                con.execute(
                    "INSERT INTO hashed SELECT unnest($cells), unnest($hashes)",
                    {"cells": part, "hashes": [privacy.keyed_hash(value, key) for value in part]},
                )
            con.execute(f"UPDATE raw SET c{at} = hashed.hash FROM hashed WHERE hashed.cell = raw.c{at}")  # noqa: S608
            con.execute("DROP TABLE hashed")
            opened.messages.append(FileMessage("personal_hashed", "note", {}, column=labels[at]))
            continue
        if owner:
            fields = {name: column for name, column in opened.mapped.fields.items() if column != at}
            if any(f.required and f.name == owner for f in TABLES[opened.mapped.kind].fields):
                raise IngestError("ingest.personal_only_id", column=labels[at])
            opened.mapped = replace(opened.mapped, fields=fields)
        con.execute(f"UPDATE raw SET c{at} = NULL")  # noqa: S608
        opened.messages.append(FileMessage("personal_dropped", "note", {}, column=labels[at]))
    return hidden


def _join_time(con: DuckDBPyConnection, mapped: Mapped) -> None:
    """A column of times is put behind the date it belongs to."""
    target = mapped.fields.get("ordered_at", mapped.fields.get("at", mapped.fields.get("sent_at")))
    if mapped.time is None or target is None:
        return
    con.execute(
        f"UPDATE raw SET c{target} = regexp_replace(c{target}, '[ T]0?0:00(:00)?(\\.0+)?$', '') || ' ' || c{mapped.time} "  # noqa: S608
        f"WHERE c{target} IS NOT NULL AND c{mapped.time} IS NOT NULL"
    )


def _take_footers(con: DuckDBPyConnection, opened: Opened, careful: Normalised | None) -> list[tuple[int, list[str]]]:
    """Rows that sum up are taken out of the raw table before anything is decided from it."""
    mapped, width = opened.mapped, opened.layout.width
    date_at = next((mapped.fields[f.name] for f in TABLES[mapped.kind].fields if f.required and f.type in ("date", "datetime") and f.name in mapped.fields), None)
    key_at = mapped.fields.get("customer_id")
    columns = list(dict.fromkeys(at for at in (0, date_at, key_at) if at is not None))
    rows = dict(raw.tail(con, width)) | dict(raw.worded(con, width, columns, footers.SQL_WORDS))
    found = [(line, cells) for line, cells in sorted(rows.items()) if footers.is_footer(cells, date_at, key_at)]
    if found:
        raw.drop_lines(con, [line for line, _ in found])
    return found + (careful.footers if careful else [])


def _repeated_headers(con: DuckDBPyConnection, opened: Opened) -> list[tuple[int, str, str]]:
    """The header again further down, as it stands where exports were put one after the other."""
    header = [(at, cell) for at, cell in enumerate(opened.layout.header) if cell]
    if opened.layout.header_line is None or not header:
        return []
    same = " AND ".join(f"c{at} = $h{at}" for at, _ in header)
    rows = con.execute(f"SELECT line FROM raw WHERE {same} ORDER BY line", {f"h{at}": cell for at, cell in header}).fetchall()  # noqa: S608
    lines = [int(row[0]) for row in rows]
    if lines:
        raw.drop_lines(con, lines)
    text = ";".join(opened.layout.header)
    return [(line, "repeated_header", text) for line in lines]


def _wordless_total(con: DuckDBPyConnection, mapped: Mapped) -> list[tuple[int, list[str]]]:
    """A last row with nothing but the sum of all the others is a footer too."""
    if mapped.kind != "transactions":
        return []
    no_id = "AND customer_id IS NULL" if "customer_id" in mapped.fields else ""
    row = con.execute(
        f"SELECT line, amount FROM typed WHERE reason IN ('date_missing', 'date_unreadable') AND amount IS NOT NULL {no_id} "  # noqa: S608
        "AND line = (SELECT max(line) FROM typed) AND amount = (SELECT sum(amount) FROM typed WHERE reason IS NULL)"
    ).fetchone()
    if row is None:
        return []
    con.execute("DELETE FROM typed WHERE line = $line", {"line": row[0]})
    return [(int(row[0]), ["Σ", str(row[1])])]


def _duplicate_customers(con: DuckDBPyConnection, mapped: Mapped) -> None:
    """One row a customer: of several rows with one id in a customer file the last counts, the others are set aside."""
    if mapped.kind != "customers":
        return
    con.execute(
        "UPDATE typed SET reason = 'duplicate_customer' WHERE reason IS NULL AND line NOT IN "
        "(SELECT max(line) FROM typed WHERE reason IS NULL GROUP BY customer_id)"
    )


def _same_currency(con: DuckDBPyConnection, source: str) -> None:
    """A second file in another currency can't be added to the first: amounts are never converted."""
    wanted = "WHERE reason IS NULL" if source == "typed" else ""
    row = con.execute(
        f"SELECT (SELECT any_value(currency) FROM {source} {wanted}), (SELECT any_value(currency) FROM transactions)"  # noqa: S608
    ).fetchone()
    if row is not None and row[0] and row[1] and row[0] != row[1]:
        raise IngestError("ingest.other_currency", currency=row[0], there=row[1])


def _counts(con: DuckDBPyConnection) -> tuple[int, int]:
    row = con.execute("SELECT count(*) FILTER (WHERE reason IS NULL), count(*) FILTER (WHERE reason IS NOT NULL) FROM typed").fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def _nothing(said: Sequence[FileMessage], careful: Normalised | None) -> IngestError:
    """Why no row at all could be loaded: the most frequent reason."""
    if said:
        worst = max(said, key=lambda message: int(str(message.values["count"])))
        return IngestError("ingest.nothing_loaded", reason=worst.message, line=worst.line, column=worst.column)
    line = careful.aside[0][0] if careful and careful.aside else None
    return IngestError("ingest.all_ragged", line=line)


def _attributes(con: DuckDBPyConnection, opened: Opened, hidden: Sequence[int]) -> dict[str, str]:
    """Columns that map to no field are kept: a1 … → c0 …"""
    used = {*opened.mapped.fields.values(), opened.mapped.time, *hidden}
    free = {label: at for at, label in enumerate(opened.layout.labels) if label and at not in used}
    columns = write.attribute_columns(con, opened.mapped.kind, list(free))
    return {columns[label]: f"c{at}" for label, at in free.items()}


def _careful_messages(careful: Normalised | None, opened: Opened, aside: Sequence[tuple[int, str, str]]) -> list[FileMessage]:
    """What was mended or set aside before the cells were read."""
    found: list[FileMessage] = []
    repeated = [line for line, reason, _ in aside if reason == "repeated_header"]
    if repeated:
        found.append(FileMessage("repeated_header", "warning", {"count": len(repeated)}, line=repeated[0]))
    if opened.text and opened.text.scan.lost:
        found.append(FileMessage("letters_lost", "warning", {"count": opened.text.scan.lost}))
    if careful is None:
        return found
    ragged = [line for line, reason, _ in aside if reason == "ragged"]
    if ragged:
        shown = ", ".join(str(line) for line in ragged[:10]) + (" …" if len(ragged) > 10 else "")
        found.append(FileMessage("ragged", "warning", {"count": len(ragged), "lines": shown, "width": opened.layout.width}, line=ragged[0]))
    if careful.mended:
        shown = ", ".join(str(line) for line in careful.mended[:10])
        found.append(FileMessage("unclosed_quote", "warning", {"count": len(careful.mended), "lines": shown}, line=careful.mended[0]))
    if careful.controls:
        found.append(FileMessage("controls", "warning", {"count": careful.controls}, line=careful.control_line or None))
    if careful.repaired:
        found.append(FileMessage("mojibake", "warning", {"count": careful.repaired}, line=careful.repaired_line))
    if careful.padded:
        found.append(FileMessage("padded", "warning", {"count": careful.padded}, line=careful.padded_line))
    if careful.comments:
        found.append(FileMessage("comments", "note", {"count": careful.comments}))
    return found


def _drop_temporary(con: DuckDBPyConnection) -> None:
    rows = con.execute("SELECT table_name, table_type FROM information_schema.tables WHERE table_catalog = 'temp'").fetchall()
    for name, kind in rows:
        if name in ("raw", "typed", "shapes", "named_dates"):
            con.execute(f"DROP {'VIEW' if kind == 'VIEW' else 'TABLE'} temp.{name}")
