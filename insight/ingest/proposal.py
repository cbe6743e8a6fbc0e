"""A quick look at a file before it is read: what it seems to be, which column is which, and its first rows."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from insight.errors import IngestError
from insight.ingest import archive, containers, load, memory, opening
from insight.ingest.clues import contents
from insight.ingest.mapping import Choice, is_crowded
from insight.ingest.opening import Opened
from insight.ingest.options import FileMemory, ReadOptions
from insight.ingest.report import Decision, FileMessage, Outcome, outcome_of
from insight.result import Message

_ROWS = 20
_LOOK = 400
_HEAD = 32 << 20


@dataclass(frozen=True)
class ProposedColumn:
    """One column as it would be read.

    content: what its cells look like (date, number, email, flag, text, empty). field: the canonical field proposed,
    '' for a column that is kept as an attribute. sure: 0–10, 10 when the header says so. personal: the kind of
    personal data recognised ('' for none); pages hide such cells until the user asks for them. beside: the field of
    another table ('transactions.amount') that a wide file's column fills; '' for all others.
    """

    label: str
    content: str
    examples: tuple[str, ...]
    field: str
    reason: Message
    sure: float
    personal: str
    beside: str = ""


@dataclass(frozen=True)
class Proposal:
    """What the reader would do with a file. `rows` are the first data rows as text, a cell a column.

    kind is '' for a file that can't be laid out; a file that would be refused has its reason last in `messages`.
    sheets, members (of an archive): names to choose from.
    memory: what would be remembered of the file. recalled: the columns of the earlier file it is read as, and
    remembered: the choices that were made for that one, by name.
    """

    name: str
    kind: str = ""
    kind_reason: Message | None = None
    rivals: tuple[str, ...] = ()
    columns: tuple[ProposedColumn, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    decisions: tuple[Decision, ...] = ()
    messages: tuple[FileMessage, ...] = ()
    sheets: tuple[str, ...] = ()
    sheet: str | None = None
    members: tuple[str, ...] = ()
    memory: FileMemory | None = None
    recalled: tuple[str, ...] = ()
    remembered: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def outcome(self) -> Outcome:
        """What is known so far: 'refuse' for a file that can't be read."""
        return outcome_of(self.messages)


def propose(path: Path, *, name: str, options: ReadOptions, work: Path | None = None) -> Proposal:
    """A look at a file without a workspace; nothing is kept. Refusals come as messages, not as errors."""
    with tempfile.TemporaryDirectory(dir=work, prefix="look-") as folder, duckdb.connect() as con:
        try:
            opened = opening.open_file(con, _head(path, Path(folder)), name, options, Path(folder), _LOOK)
        except IngestError as error:
            choice = _members(path) if error.key == "ingest.zip_choose" else ()
            return Proposal(name, messages=load.refused(name, error).messages, members=choice)
    sample = opened.layout.sample
    looks = contents(sample, len(opened.layout.labels))
    beside = {at: f"customers.{name}" for name, at in opened.mapped.customers.items()}
    beside |= {at: f"transactions.{name}" for name, at in opened.mapped.sales.items()}
    columns: list[ProposedColumn] = []
    shown: list[int] = []
    for at, label in enumerate(opened.layout.labels):
        if not label:
            continue
        choice, look = opened.mapped.choices[at], looks[at]
        shares = {"date": look.date, "number": look.number, "email": look.email, "flag": look.flag}
        content = (
            "empty" if look.filled == 0 else next((kind for kind, share in shares.items() if share >= 0.6), "text")
        )
        columns.append(
            ProposedColumn(
                label,
                content,
                _examples(sample, at),
                choice.field,
                _reason(choice, opened.personal.get(at, "")),
                choice.score,
                opened.personal.get(at, ""),
                "" if choice.field else beside.get(at, ""),
            )
        )
        shown.append(at)
    return Proposal(
        name, opened.mapped.kind, opened.mapped.reason, opened.mapped.rivals, tuple(columns),
        tuple(tuple(row[at] for at in shown) for row in sample[:_ROWS]), tuple(opened.decisions),
        _said(opened), tuple(sheet.name for sheet in opened.source.sheets), opened.source.sheet,
        opened.source.members,
        memory.of(opened.layout, opened.mapped, opened.options),
        opened.recalled.memory.columns if opened.recalled else (),
        _remembered(opened.recalled.memory) if opened.recalled else {},
    )  # fmt: skip


def _remembered(before: FileMemory) -> dict[str, str]:
    """The choices that hold for this file, too; how a file is laid out is found anew and stands in the decisions."""
    return {name: value for name, value in before.options.items() if name not in memory.LAYOUT}


def _said(opened: Opened) -> tuple[FileMessage, ...]:
    """What was said so far. A file that will be refused after all is not told to be read as something."""
    refusal = _crowd(opened)
    read_as = ("kind_lacks_date", "kind_unsure") if refusal else ()
    return (*(message for message in opened.messages if message.code not in read_as), *refusal)


def _crowd(opened: Opened) -> tuple[FileMessage, ...]:
    """Why a file that could only be customers will be refused: its customers come again and again."""
    mapped, sample = opened.mapped, opened.layout.sample
    if mapped.kind != "customers" or opened.options.kind is not None:
        return ()
    at = mapped.fields["customer_id"]
    ids = [row[at].strip() for row in sample if at < len(row) and row[at].strip()]
    if not is_crowded(len(ids), len(set(ids))):
        return ()
    values = {"count": len(ids), "customers": len(set(ids))}
    return (FileMessage("many_rows_proposed", "error", values, column=opened.layout.labels[at]),)


def _members(path: Path) -> tuple[str, ...]:
    """The names to choose from in an archive of several files."""
    return tuple(member.name for member in archive.data_members(archive.members(path)))


def _head(path: Path, folder: Path) -> Path:
    """The file itself, or the first part of a text that is large: a look need not wait for all of it."""
    if path.stat().st_size <= 2 * _HEAD or containers.kind_of(path) != "csv":
        return path
    head = folder / "head"
    with path.open("rb") as source:
        data = source.read(_HEAD)
    end = data.rfind(b"\n") + 1
    # Whole lines; in UTF-16 a line feed has a second byte, which may come after it.
    head.write_bytes(data[: end + end % 2] if b"\0" in data[:100] else data[: end or _HEAD])
    return head


def _reason(choice: Choice, personal: str) -> Message:
    """Why a column is read so; a personal number that is no id is not kept at all."""
    return Message("ingest.reason_personal") if personal == "personal_number" and not choice.field else choice.reason


def _examples(sample: Sequence[Sequence[str]], at: int) -> tuple[str, ...]:
    return tuple(list(dict.fromkeys(row[at].strip()[:60] for row in sample if row[at].strip()))[:3])
