"""What reading a file led to: messages, decisions, column profiles and counts, in one frozen report.

The report is kept in the workspace's `files` table and shown on the quality page; its JSON form is what the command
line prints. Messages hold catalogue keys and values, so that they read in every language.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from insight.ingest.options import FileMemory
from insight.result import Message

Severity = Literal["note", "warning", "error"]
Outcome = Literal["accept", "warn", "refuse"]
Say = Callable[[Message, str, str], str]

_RANK: dict[Severity, int] = {"note": 0, "warning": 1, "error": 2}
_OUTCOMES: tuple[Outcome, ...] = ("accept", "warn", "refuse")


@dataclass(frozen=True)
class FileMessage:
    """One thing the user should know about a file. `code` is stable; its sentence is the catalogue's `ingest.<code>`.

    `line` is counted from 1 as an editor shows the file; `column` is the label of the column in the file.
    """

    code: str
    severity: Severity = "note"
    values: Mapping[str, object] = field(default_factory=dict[str, object])
    line: int | None = None
    column: str | None = None

    @property
    def message(self) -> Message:
        """The catalogue sentence; `line` and `column` are among its values."""
        values = {"line": self.line, "column": self.column, **self.values}
        return Message(f"ingest.{self.code}", values)

    def as_json(self, say: Say, currency: str = "SEK") -> dict[str, Any]:
        """The message in both languages; `say` turns a catalogue sentence, a language and a currency into text."""
        said = {language: say(self.message, language, currency) for language in ("sv", "en")}
        return {"code": self.code, "severity": self.severity, **said, "line": self.line, "column": self.column}


@dataclass(frozen=True)
class Decision:
    """One thing that was decided about a file, and why: `name` is a setting that `--set NAME=VALUE` overrides.

    `value` is what was decided, as text; `reason` a catalogue sentence; `column` the label it speaks of, if any.
    """

    name: str
    value: str
    reason: Message
    column: str | None = None


@dataclass(frozen=True)
class ColumnProfile:
    """One column of the file as it was read.

    `field` is the canonical field it became ('' = attribute), `type` the field's type; `filled` and `distinct` count
    cells; `changed` counts the cells whose text was rewritten on the way (signs, spaces, '.0' …); `failed` the cells
    that could not be read. `examples` are empty for columns that hold personal data. about: `distinct` is an estimate,
    as it is only for more than half a million different cells among millions.
    """

    label: str
    field: str
    type: str
    filled: int
    distinct: int
    examples: tuple[str, ...] = ()
    changed: int = 0
    failed: int = 0
    personal: str = ""
    about: bool = False


@dataclass(frozen=True)
class FileReport:
    """How one file was read: rows + set_aside + footers = lines, always (also when the file was refused: all 0).

    lines: data lines of the file: records after the header, blank lines and comment lines not counted.
    mapping: field → label of the column. figures: amounts and counts that a reader can check against the source,
    as text or integers. seconds: by step, of CPU and passed. memory: what to remember for the next file of the kind.
    """

    name: str
    kind: str = ""
    rows: int = 0
    set_aside: int = 0
    footers: int = 0
    lines: int = 0
    mapping: Mapping[str, str] = field(default_factory=dict[str, str])
    messages: tuple[FileMessage, ...] = ()
    decisions: tuple[Decision, ...] = ()
    columns: tuple[ColumnProfile, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict[str, Any])
    seconds: Mapping[str, float] = field(default_factory=dict[str, float])
    memory: FileMemory | None = None

    @property
    def outcome(self) -> Outcome:
        """accept, warn or refuse: the worst severity among the messages."""
        return outcome_of(self.messages)

    def as_json(self, say: Say) -> dict[str, Any]:
        """The stable form for the command line and the workspace's books."""
        currency = str(self.figures.get("currency") or self.figures.get("currency_taken") or "SEK")
        return {
            "name": self.name, "kind": self.kind, "outcome": self.outcome,
            "rows": self.rows, "set_aside": self.set_aside, "footers": self.footers, "lines": self.lines,
            "mapping": dict(self.mapping),
            "messages": [message.as_json(say, currency) for message in self.messages],
            "decisions": [
                {"name": d.name, "value": d.value, "column": d.column,
                 "sv": say(d.reason, "sv", currency), "en": say(d.reason, "en", currency)}
                for d in self.decisions
            ],
            "columns": [
                {"label": c.label, "field": c.field, "type": c.type, "filled": c.filled, "distinct": c.distinct,
                 "examples": list(c.examples), "changed": c.changed, "failed": c.failed, "personal": c.personal,
                 "about": c.about}
                for c in self.columns
            ],
            "figures": dict(self.figures), "seconds": dict(self.seconds),
        }  # fmt: skip


def outcome_of(messages: Iterable[FileMessage]) -> Outcome:
    """The worst severity as an outcome: note → accept, warning → warn, error → refuse."""
    return _OUTCOMES[max((_RANK[message.severity] for message in messages), default=0)]
