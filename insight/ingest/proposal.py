"""A quick look at a file before it is read: what it seems to be, which column is which, and its first rows."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from insight.errors import IngestError
from insight.ingest import load, memory, opening
from insight.ingest.clues import contents
from insight.ingest.options import FileMemory, ReadOptions
from insight.ingest.report import Decision, FileMessage, Outcome, outcome_of
from insight.result import Message

_ROWS = 20
_LOOK = 400


@dataclass(frozen=True)
class ProposedColumn:
    """One column as it would be read.

    content: what its cells look like (date, number, email, flag, text, empty). field: the canonical field proposed,
    '' for a column that is kept as an attribute. sure: 0–10, 10 when the header says so. personal: the kind of
    personal data recognised ('' for none); pages hide such cells until the user asks for them.
    """

    label: str
    content: str
    examples: tuple[str, ...]
    field: str
    reason: Message
    sure: float
    personal: str


@dataclass(frozen=True)
class Proposal:
    """What the reader would do with a file. `rows` are the first data rows as text, a cell a column.

    kind is '' for a file that would be refused; then `messages` ends with the reason. sheets: names to choose from.
    memory: what would be remembered of the file. recalled: the columns of the earlier file it is read as.
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
    memory: FileMemory | None = None
    recalled: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """What is known so far: 'refuse' for a file that can't be read."""
        return outcome_of(self.messages)


def propose(path: Path, *, name: str, options: ReadOptions, work: Path | None = None) -> Proposal:
    """A look at a file without a workspace; nothing is kept. Refusals come as messages, not as errors."""
    with tempfile.TemporaryDirectory(dir=work, prefix="look-") as folder, duckdb.connect() as con:
        try:
            opened = opening.open_file(con, path, name, options, Path(folder), _LOOK)
        except IngestError as error:
            return Proposal(name, messages=load.refused(name, error).messages)
    sample = opened.layout.sample
    looks = contents(sample, len(opened.layout.labels))
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
                choice.reason,
                choice.score,
                opened.personal.get(at, ""),
            )
        )
        shown.append(at)
    return Proposal(
        name, opened.mapped.kind, opened.mapped.reason, opened.mapped.rivals, tuple(columns),
        tuple(tuple(row[at] for at in shown) for row in sample[:_ROWS]), tuple(opened.decisions),
        tuple(opened.messages), tuple(sheet.name for sheet in opened.source.sheets), opened.source.sheet,
        memory.of(opened.layout, opened.mapped, opened.options),
        opened.recalled.memory.columns if opened.recalled else (),
    )  # fmt: skip


def _examples(sample: Sequence[Sequence[str]], at: int) -> tuple[str, ...]:
    return tuple(list(dict.fromkeys(row[at].strip()[:60] for row in sample if row[at].strip()))[:3])
