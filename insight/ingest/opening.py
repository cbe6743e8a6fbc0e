"""A file before its rows are read: opened, decoded, laid out, and mapped from its first rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from duckdb import DuckDBPyConnection

from insight.errors import IngestError
from insight.ingest import containers, mapping, privacy, raw
from insight.ingest.archive import no_pause
from insight.ingest.containers import Source
from insight.ingest.detect import Layout, find_layout, read_head
from insight.ingest.encoding import Text, as_utf8
from insight.ingest.mapping import Mapped
from insight.ingest.options import ReadOptions
from insight.ingest.records import Dialect
from insight.ingest.report import Decision, FileMessage
from insight.result import Message


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
    source: Source,
    text: Text | None,
    layout: Layout,
    sample: Sequence[Sequence[str]],
    options: ReadOptions,
    has_header: bool,
) -> Opened:
    mapped = mapping.propose(layout.labels, sample, options, has_header)
    messages = [*source.messages, *(text.messages if text else ()), *layout.messages]
    decisions = [*layout.decisions, Decision("kind", mapped.kind, mapped.reason)]
    if text is not None:
        decisions.insert(
            0,
            Decision(
                "encoding",
                text.encoding,
                Message("ingest.why_encoding_told" if options.encoding else "ingest.why_encoding"),
            ),
        )
    if mapped.rivals:
        messages.append(
            FileMessage(
                "kind_rivals",
                "note",
                {"kind": Message(f"ingest.kind_{mapped.kind}"), "others": ", ".join(mapped.rivals)},
            )
        )
    opened = Opened(source, text, layout, mapped, messages, decisions)
    for at, label in enumerate(layout.labels):
        found = privacy.recognise(label, [row[at] for row in sample if at < len(row)]) if label else None
        if found is not None:
            opened.personal[at] = found
    return opened


def is_bulk(opened: Opened) -> bool:
    """Whether a bulk reader may be tried: a plain dialect, one kind of line end, no damaged or control characters."""
    assert opened.text is not None
    seen = opened.text.scan
    return opened.layout.plain and not (
        seen.controls or seen.mixed_newlines or seen.mojibake or len(opened.source.continued)
    )


def data_lines(text: Text, layout: Layout) -> int:
    """Lines from the first data record to the last that is not blank; -1 when the end can't be told."""
    tail = text.scan.tail
    end = tail.rstrip(b"\r\n")
    if not end:
        return -1
    blanks = max(0, tail[len(end) :].count(b"\n") - 1)
    return text.scan.lines - (layout.first_line - 1) - blanks
