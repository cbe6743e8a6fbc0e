"""A file before its rows are read: opened, decoded, laid out, and mapped from its first rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from duckdb import DuckDBPyConnection

from insight.errors import IngestError
from insight.ingest import column_sets, containers, mapping, memory, periods, privacy, raw, rivals
from insight.ingest.archive import no_pause
from insight.ingest.clues import lies_on_its_side
from insight.ingest.containers import Source
from insight.ingest.detect import Layout, find_layout, read_head
from insight.ingest.encoding import LEGACY, Text, as_utf8
from insight.ingest.mapping import Mapped
from insight.ingest.normalise import Normalised, mended, normalise
from insight.ingest.options import ReadOptions
from insight.ingest.records import Dialect
from insight.ingest.report import Decision, FileMessage
from insight.ingest.schema import TABLES, fold
from insight.ingest.second_look import second_look
from insight.result import Message


@dataclass
class Opened:
    """A file on its way: what it is, its layout, table and mapping, and what has been said so far.

    options: what the user says, and what an earlier file like this one (`recalled`) adds to it. spread: the file with
    its sets of columns made into rows, where it has such.
    """

    source: Source
    text: Text | None
    layout: Layout
    mapped: Mapped
    options: ReadOptions
    messages: list[FileMessage]
    decisions: list[Decision]
    personal: dict[int, str] = field(default_factory=dict[int, str])
    recalled: memory.Recalled | None = None
    spread: Normalised | None = None


@dataclass(frozen=True)
class _Laid:
    """A file decoded and laid out, before anybody asks what its columns mean."""

    source: Source
    text: Text | None
    layout: Layout
    has_header: bool
    spread: Normalised | None = None

    def differs(self, options: ReadOptions) -> bool:
        """Whether these options, said beforehand, would lay the file out in another way."""
        dialect, header = self.layout.dialect, self.layout.header_line or 0
        said = {"delimiter": dialect.delimiter, "quote": dialect.quote, "header_line": header,
                "sheet": self.source.sheet, "member": self.source.member}  # fmt: skip
        if self.text is not None and self.text.encoding in LEGACY:
            said["encoding"] = self.text.encoding
        return any(getattr(options, name) not in (None, value) for name, value in said.items())


def open_file(
    con: DuckDBPyConnection, path: Path, name: str, options: ReadOptions, folder: Path, rows: int | None = None,
    pause: Callable[[], None] = no_pause,
) -> Opened:  # fmt: skip
    """Everything that is decided from the first rows. A Parquet file (its first `rows`) is in `raw` afterwards.

    A file like one of `options.memories` is read as that one was, where `options` do not say otherwise.
    """

    def lay_out(chosen: ReadOptions, work: Path) -> _Laid:
        return _lay_out(con, path, name, chosen, work, rows, pause)

    laid, options = _as_before(lay_out, options, folder)
    recalled = memory.recall(laid.layout, options, laid.has_header)
    opened = _mapped(laid, recalled.options if recalled else options, recalled)
    if opened.spread is None or opened.mapped.kind != "customers":
        return opened
    # Sets of columns that make no mailings, answers or sales of the rows are the customers' own.
    return open_file(con, path, name, replace(options, sets="keep"), folder, rows, pause)


def _as_before(
    lay_out: Callable[[ReadOptions, Path], _Laid], options: ReadOptions, folder: Path
) -> tuple[_Laid, ReadOptions]:
    """The file laid out: as it looks, or as an earlier file was told to be, where that gives the same columns."""
    laid: _Laid | None = None
    problem: IngestError | None = None
    try:
        laid = lay_out(options, folder)
    except IngestError as error:
        problem = error
    for place, (known, chosen) in enumerate(memory.layouts(options)):
        if laid is None or (laid.text is not None and laid.text.encoding not in LEGACY):
            # What is plainly UTF-8 or UTF-16 stays so, whatever it was before.
            chosen = replace(chosen, encoding=options.encoding)
        if laid is not None and not laid.differs(chosen):
            continue
        work = folder / f"as-before-{place}"
        work.mkdir()
        try:
            other = lay_out(chosen, work)
        except IngestError:
            continue
        if memory.same(known, other.layout, other.has_header):
            return other, chosen
    if laid is None:
        assert problem is not None
        raise problem
    return laid, options


def _lay_out(
    con: DuckDBPyConnection, path: Path, name: str, options: ReadOptions, folder: Path, rows: int | None,
    pause: Callable[[], None],
) -> _Laid:  # fmt: skip
    source = containers.open_source(path, name, folder, sheet=options.sheet, member=options.member, pause=pause)
    if source.format == "parquet":
        labels = raw.from_parquet(con, source.path, rows)
        sample = raw.sample(con, len(labels))
        if not sample:
            raise IngestError("ingest.header_only", line=None)
        layout = Layout(Dialect(), labels, labels, None, 1, len(labels), tuple(sample), body=len(sample))
        return _Laid(source, None, layout, True)
    text = as_utf8(source.path, folder, options.encoding if source.format == "text" else "utf-8", pause)
    layout = find_layout(read_head(text.path), options)
    if text.scan.mojibake:
        # Headers are put right as the cells are: they name fields, and become names of fields.
        layout = replace(
            layout, labels=tuple(map(mended, layout.labels)), header=tuple(map(mended, layout.header)),
            sample=tuple(tuple(map(mended, row)) for row in layout.sample),
        )  # fmt: skip
    if layout.body == 0:
        raise IngestError("ingest.header_only", line=layout.header_line)
    has_header = layout.header_line is not None
    sets = column_sets.find(layout) if has_header and options.sets == "spread" else None
    if options.kind == "customers":
        sets = None
    if sets is None:
        return _Laid(source, text, layout, has_header)
    wide = _Laid(source, text, layout, has_header)
    if not sets.dated:
        return _asked(wide, sets) if _is_mail(sets) else wide
    work = folder / f"spread-{len(list(folder.iterdir()))}"
    work.mkdir()
    careful = normalise(text.path, layout, work, repair=text.scan.mojibake > 0, row_of=source.row_of)
    long = column_sets.spread(careful, layout, sets, work)
    return _Laid(source, text, long, has_header, careful) if long.sample else wide


def _asked(laid: _Laid, sets: column_sets.Sets) -> _Laid:
    messages = (*laid.layout.messages, column_sets.undated(sets))
    return replace(laid, layout=replace(laid.layout, messages=messages))


def _is_mail(sets: column_sets.Sets) -> bool:
    """Whether sets without a date are of mailings all the same: they have a channel, a group or an answer."""
    words = {fold(name) for name in sets.fields}
    return any(
        words & set(TABLES[kind].field(name).aliases)
        for kind, name in (("contacts", "channel"), ("assignments", "arm"), ("answers", "score"))
    )


def _mapped(laid: _Laid, options: ReadOptions, recalled: memory.Recalled | None) -> Opened:
    source, text, layout, sample = laid.source, laid.text, laid.layout, laid.layout.sample
    if laid.has_header and lies_on_its_side(layout.labels, sample):
        raise IngestError("ingest.on_its_side", column=layout.labels[0])
    mapped = mapping.propose(layout.labels, sample, options, laid.has_header, laid.spread is not None)
    mapped = second_look(mapped, layout.labels, sample, options) if laid.has_header else mapped
    messages = [*source.messages, *(text.messages if text else ()), *layout.messages]
    if recalled is not None:
        messages.append(recalled.message)
    # A workbook's sheet comes as text of our own making: how that is written says nothing of the file.
    ours = laid.source.format == "excel"
    decisions = [entry for entry in layout.decisions if not (ours and entry.name == "delimiter")]
    decisions.append(Decision("kind", mapped.kind, mapped.reason))
    if text is not None and not ours:
        reason = Message("ingest.why_encoding_told" if options.encoding else "ingest.why_encoding")
        decisions.insert(0, Decision("encoding", text.encoding, reason))
    if mapping.is_guess(mapped, layout.labels) and options.kind is None:
        column = layout.labels[mapped.fields["customer_id"]]
        messages.append(FileMessage("kind_unsure", "warning", {}, column=column))
    dated = mapping.unclaimed_dates(mapped, layout.labels, sample) if options.kind is None else []
    if dated and not mapped.lacking:
        messages.append(FileMessage("customers_dated", "warning", {"columns": ", ".join(dated[:4])}))
    messages += periods.periods_across(mapped, layout.labels, sample)
    if mapped.by_name:
        column = layout.labels[mapped.fields["customer_id"]]
        messages.append(FileMessage("customer_by_name", "warning", {}, column=column))
    if mapped.lacking is not None:
        kind, at = mapped.lacking
        values = {"kind": Message(f"ingest.kind_{kind}")}
        messages.append(FileMessage("kind_lacks_date", "warning", values, column=layout.labels[at]))
    if mapped.rivals:
        sales = "transactions" in (mapped.kind, *mapped.rivals)
        values = {"kind": Message(f"ingest.kind_{mapped.kind}"), "others": _kinds(mapped.rivals)}
        messages.append(
            FileMessage("kind_open", "warning", values) if sales else FileMessage("kind_rivals", "note", values)
        )
    messages += [FileMessage(code, "warning", {}, column=layout.labels[at]) for code, at in mapped.told.items()]
    messages += rivals.told(mapped, layout.labels, sample, options)
    opened = Opened(source, text, layout, mapped, options, messages, decisions, recalled=recalled, spread=laid.spread)
    for at, label in enumerate(layout.labels):
        found = privacy.recognise(label, [row[at] for row in sample if at < len(row)]) if label else None
        if found is not None:
            opened.personal[at] = found
    return opened


def _kinds(names: Sequence[str]) -> Message:
    """Kinds of files as one part of a sentence."""
    first, *rest = names
    said = Message(f"ingest.kind_{first}")
    return Message("ingest.joined", {"first": said, "rest": _kinds(rest)}) if rest else said


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
