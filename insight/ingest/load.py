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
from insight.ingest import containers, convert, footers, mapping, privacy, profile, quality, raw, write
from insight.ingest.columns import Reader
from insight.ingest.containers import Source
from insight.ingest.detect import Layout, find_layout, read_head
from insight.ingest.encoding import Text, as_utf8
from insight.ingest.mapping import Mapped
from insight.ingest.normalise import Normalised, normalise
from insight.ingest.options import ReadOptions
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
    the keyed hash of personal numbers. `work` is a folder for intermediate files (a temporary one when None); the
    connection must be allowed to read there and at `path`.
    """
    with _folder(work) as folder, watching(con, progress, cancelled) as watch:
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


@contextmanager
def _folder(work: Path | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=work, prefix="read-") as folder:
        yield Path(folder)


def open_file(path: Path, name: str, options: ReadOptions, folder: Path) -> Opened:
    """Everything that is decided before the whole file is read (not for Parquet, whose columns are typed)."""
    source = containers.open_source(path, name, folder, sheet=options.sheet, member=options.member)
    text = as_utf8(source.path, folder, options.encoding if source.format == "text" else "utf-8")
    layout = find_layout(read_head(text.path), options)
    if layout.body == 0:
        raise IngestError("ingest.header_only", line=layout.header_line)
    return _mapped(source, text, layout, layout.sample, options, layout.header_line is not None)


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
    early = containers.kind_of(path) if path.stat().st_size else ""
    if early == "parquet":
        opened, careful = _open_parquet(con, path, name, options, folder), None
    else:
        opened = open_file(path, name, options, folder)
        careful = None if opened.source.format == "parquet" else _fill_raw(con, opened, folder, watch)
    clock.lap("open")
    if opened.source.format == "parquet" and early != "parquet":
        opened = _open_parquet(con, opened.source.path, name, options, folder)
    watch.check()
    mapped, width = opened.mapped, opened.layout.width
    hidden = _personal_numbers(con, opened, options, key)
    mapped = opened.mapped
    _join_time(con, mapped)
    foot = _take_footers(con, opened, careful)
    reader = Reader(con, options, opened.source.epoch_1904)
    converted = convert.convert(con, mapped, opened.layout.labels, options, reader)
    _duplicate_customers(con, mapped, reader)
    foot += _wordless_total(con, mapped, reader)
    watch.check()
    rows, aside = _counts(con)
    early_aside = careful.aside if careful else []
    lines = careful.lines if careful else rows + aside + len(foot)
    said = convert.aside_messages(con, mapped, opened.layout.labels)
    if rows == 0:
        raise _nothing(said, careful)
    clock.lap("convert")
    attributes = _attributes(con, opened, hidden)
    write.write_rows(con, mapped.kind, [*converted.fields], file_id, attributes)
    write.write_aside(con, file_id, early_aside, width, hidden)
    clock.lap("write")
    opened.messages += [*_careful_messages(careful, opened), *reader.messages, *said]
    opened.messages += quality.footer_messages(con, foot, mapped, opened.layout.labels, converted, reader)
    found, figures = quality.examine(con, mapped.kind, file_id, mapped, opened.layout.labels, converted)
    opened.messages += found
    profiles = profile.profiles(con, opened.layout.labels, mapped, converted, opened.personal, hidden)
    clock.lap("quality")
    return FileReport(
        name=name, kind=mapped.kind, rows=rows, set_aside=aside + len(early_aside), footers=len(foot), lines=lines,
        mapping={f: opened.layout.labels[at] for f, at in mapped.fields.items()},
        messages=tuple(opened.messages), decisions=tuple([*opened.decisions, *reader.decisions]),
        columns=tuple(profiles), figures=figures, seconds=clock.laps,
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


def _open_parquet(con: DuckDBPyConnection, path: Path, name: str, options: ReadOptions, folder: Path) -> Opened:
    source = containers.open_source(path, name, folder)
    labels = raw.from_parquet(con, source.path)
    rows = raw.sample(con, len(labels))
    if not rows:
        raise IngestError("ingest.header_only")
    layout = Layout(
        dialect=find_layout("a,b\n1,2\n", ReadOptions()).dialect, labels=labels, header=labels, header_line=None, first_line=1,
        width=len(labels), sample=tuple(rows), body=len(rows),
    )  # fmt: skip
    return _mapped(source, None, layout, rows, options, True)


def _fill_raw(con: DuckDBPyConnection, opened: Opened, folder: Path, watch: Watch) -> Normalised | None:
    """The raw table: in bulk where the file is plain, else record by record (then what was mended is returned)."""
    text, layout, source = opened.text, opened.layout, opened.source
    assert text is not None
    seen = text.scan
    repair = seen.mojibake > 0
    bulk = layout.plain and not (seen.controls or seen.mixed_newlines or repair or len(source.continued))
    expected = _data_lines(text, layout)
    if bulk and expected > 0 and raw.from_text(con, text.path, layout, expected, source.first_row - 1 + layout.first_line - 1):
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


def _wordless_total(con: DuckDBPyConnection, mapped: Mapped, reader: Reader) -> list[tuple[int, list[str]]]:
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
    del reader
    return [(int(row[0]), ["Σ", str(row[1])])]


def _duplicate_customers(con: DuckDBPyConnection, mapped: Mapped, reader: Reader) -> None:
    """One row a customer: of several rows with one id in a customer file the last counts, the others are set aside."""
    if mapped.kind != "customers":
        return
    con.execute(
        "UPDATE typed SET reason = 'duplicate_customer' WHERE reason IS NULL AND line NOT IN "
        "(SELECT max(line) FROM typed WHERE reason IS NULL GROUP BY customer_id)"
    )
    del reader


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


def _careful_messages(careful: Normalised | None, opened: Opened) -> list[FileMessage]:
    """What the careful path mended or set aside."""
    if careful is None:
        lost = opened.text.scan.lost if opened.text else 0
        return [FileMessage("letters_lost", "warning", {"count": lost})] if lost else []
    found: list[FileMessage] = []
    ragged = [line for line, reason, _ in careful.aside if reason == "ragged"]
    if ragged:
        shown = ", ".join(str(line) for line in ragged[:10]) + (" …" if len(ragged) > 10 else "")  # noqa: PLR2004
        found.append(FileMessage("ragged", "warning", {"count": len(ragged), "lines": shown, "width": opened.layout.width}, line=ragged[0]))
    repeated = [line for line, reason, _ in careful.aside if reason == "repeated_header"]
    if repeated:
        found.append(FileMessage("repeated_header", "warning", {"count": len(repeated)}, line=repeated[0]))
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
    if opened.text and opened.text.scan.lost:
        found.append(FileMessage("letters_lost", "warning", {"count": opened.text.scan.lost}))
    return found


def _drop_temporary(con: DuckDBPyConnection) -> None:
    for name in ("raw", "typed", "shapes", "named_dates"):
        con.execute(f"DROP TABLE IF EXISTS temp.{name}")
