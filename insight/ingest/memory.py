"""What was decided about an earlier file, for the next one like it: recognised by its columns, and said.

A file with the same columns is read as the earlier one was. With more columns, or with some of them gone, what still
fits is used, and what is missing is told. What the user says about this very file always wins.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from insight.errors import InsightError
from insight.ingest import mapping
from insight.ingest.cells import kind_of
from insight.ingest.clues import contents
from insight.ingest.detect import Layout
from insight.ingest.mapping import Mapped
from insight.ingest.options import FileMemory, ReadOptions
from insight.ingest.privacy import is_personal_number
from insight.ingest.report import FileMessage
from insight.ingest.schema import TABLES, fold
from insight.result import Message

# What has a say before the columns are known.
LAYOUT = ("encoding", "delimiter", "quote", "header_line", "sheet", "member")
_LEAST, _PARTLY, _VERY_ALIKE = 0.4, 0.5, 0.75
_LONGEST_LABEL = 200
# Choices that change what the figures say; what a file is read as without them changes nothing.
_WEIGHTY = ("signs", "currency", "day_first", "decimal", "returns", "vat", "order_sums", "uncompleted", "date_system")
_PLAIN = {"signs": "keep", "returns": "auto", "order_sums": "aside", "uncompleted": "cancelled"}
_NUMBERS = ("money", "price", "number", "integer", "score")


@dataclass(frozen=True)
class Recalled:
    """An earlier file, the options with what it adds to them, and what to say about it."""

    memory: FileMemory
    options: ReadOptions
    message: FileMessage


def of(layout: Layout, mapped: Mapped, options: ReadOptions) -> FileMemory | None:
    """What to remember of a file that was read; None where its labels can't be told from a customer's data."""
    labels = [label for label in layout.labels if label]
    if any(len(label) > _LONGEST_LABEL or _may_be_data(label) for label in labels):
        return None
    fields = {name: layout.labels[at] for name, at in mapped.fields.items()}
    # What is made of several columns is found anew.
    if mapped.last_name is not None:
        fields.pop("name")
    if mapped.parts:
        fields.pop("ordered_at")
    if mapped.pair and "amount" not in options.mapping:
        fields.pop("amount")
    return FileMemory(mapped.kind, tuple(labels), {**fields, **options.mapping}, options.choices)


def _may_be_data(label: str) -> bool:
    """A heading that looks like a cell: the first row may have been taken for the header."""
    return kind_of(label) == "email" or is_personal_number(label)


def recall(layout: Layout, options: ReadOptions, has_header: bool) -> Recalled | None:
    """The options as an earlier file with these columns completes them; None when none was like this."""
    memories = [m for m in options.memories if options.kind in (None, m.kind)] if options.memory else []
    if not memories:
        return None
    here = frozenset(fold(label) for label in layout.labels if label)
    for memory in reversed(memories):
        if same(memory, layout, has_header):
            return _taken(memory, layout, options, "memory_used", (), _detected(layout, options, has_header))
    if not has_header:
        return None
    detected = _detected(layout, options, has_header)
    ranked = sorted(memories, key=lambda m: _alike(m.signature, here))
    for memory in reversed(ranked):
        likeness = _alike(memory.signature, here)
        if likeness < _LEAST:
            break
        missing = [label for label in memory.mapping.values() if label is not None and fold(label) not in here]
        agreed = detected is None or detected.kind == memory.kind
        if not missing and (agreed or likeness >= _VERY_ALIKE):
            return _taken(memory, layout, options, "memory_used", (), detected)
        if missing and agreed and likeness >= _PARTLY:
            return _taken(memory, layout, options, "memory_partly", missing, detected)
    return None


def layouts(options: ReadOptions) -> list[tuple[FileMemory, ReadOptions]]:
    """How earlier files were laid out where the user had to say so, newest first, to be tried on this one."""
    found: list[tuple[FileMemory, ReadOptions]] = []
    for memory in reversed(options.memories) if options.memory else ():
        chosen = {name: text for name, text in memory.options.items() if name in LAYOUT and name not in options.told}
        if chosen and options.kind in (None, memory.kind):
            found.append((memory, _with(options, chosen)))
    return found


def same(memory: FileMemory, layout: Layout, has_header: bool) -> bool:
    """Whether the columns are exactly those of the earlier file; without a header they must hold the same, too."""
    here = frozenset(fold(label) for label in layout.labels if label)
    return memory.signature == here and (has_header or _suits(memory, layout))


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, len(one | other))


def _detected(layout: Layout, options: ReadOptions, has_header: bool) -> Mapped | None:
    """What the file itself says; None when it says nothing, or no more than that a column may be an id."""
    try:
        found = mapping.propose(layout.labels, layout.sample, options, has_header)
    except InsightError:
        return None
    return None if mapping.is_guess(found, layout.labels) else found


def _suits(memory: FileMemory, layout: Layout) -> bool:
    """Whether columns without a header hold what they held: that there are as many tells nothing."""
    looks = contents(layout.sample, len(layout.labels))
    by_label = {fold(label): at for at, label in enumerate(layout.labels)}
    for name, label in memory.mapping.items():
        if label is None or name not in {field.name for field in TABLES[memory.kind].fields}:
            continue
        kind, look = TABLES[memory.kind].field(name).type, looks[by_label[fold(label)]]
        if (kind in ("date", "datetime") and look.date < 0.5) or (kind in _NUMBERS and look.number < 0.5):
            return False
    return True


def _with(options: ReadOptions, chosen: dict[str, str]) -> ReadOptions:
    """The options with choices of before, where the user has not chosen anew."""
    fresh = {name: text for name, text in chosen.items() if name not in options.told}
    parsed = ReadOptions.parse(fresh)
    values = {name: getattr(parsed, name) for name in fresh}
    return replace(options, recalled=options.recalled | set(values), **values)


def _taken(
    memory: FileMemory, layout: Layout, options: ReadOptions, code: str, missing: Sequence[str],
    detected: Mapped | None,
) -> Recalled:  # fmt: skip
    """What of the memory is used here: kind, columns that are there and not spoken for, and choices."""
    by_fold = {fold(label): label for label in reversed(layout.labels) if label}
    spoken = {fold(label) for label in options.mapping.values() if label is not None}
    taken: dict[str, str | None] = {}
    for name, label in memory.mapping.items():
        if label is None:
            taken[name] = None
        elif fold(label) in by_fold and fold(label) not in spoken:
            taken[name] = by_fold[fold(label)]
    closed: set[str] = set()
    if memory.signature == frozenset(by_fold):
        # The very same columns: what was no field then is none now.
        closed = {field.name for field in TABLES[memory.kind].fields} - memory.mapping.keys() - options.mapping.keys()
    completed = _with(options, {name: text for name, text in memory.options.items() if name not in LAYOUT})
    kind = options.kind or memory.kind
    completed = replace(
        completed, kind=kind, mapping={**taken, **options.mapping}, closed=frozenset(closed),
        recalled=completed.recalled | (taken.keys() - options.mapping.keys()) | ({"kind"} - options.told),
    )  # fmt: skip
    said = _said(memory, taken, completed, layout, detected)
    values = {"kind": Message(f"ingest.kind_{kind}"), "taken": said or Message("ingest.memory_all")}
    if missing:
        return Recalled(memory, completed, FileMessage(code, "warning", {**values, "columns": ", ".join(missing)}))
    # What was chosen for another file decides the figures of this one: that is to be looked at.
    weighty = any(
        name in completed.recalled and memory.options[name] != _PLAIN.get(name)
        for name in _WEIGHTY
        if name in memory.options
    )
    return Recalled(memory, completed, FileMessage(code, "warning" if weighty else "note", values))


def _said(
    memory: FileMemory, taken: dict[str, str | None], options: ReadOptions, layout: Layout, detected: Mapped | None
) -> Message | None:
    """What came from memory and not from the file itself, as one sentence part; None when the file says the same."""
    found = {} if detected is None else {name: layout.labels[at] for name, at in detected.fields.items()}
    parts: list[Message] = []
    for name, label in taken.items():
        known = next((f for f in TABLES[memory.kind].fields if f.name == name), None)
        if known is None or found.get(name) == label:
            continue
        values = {"column": label or found.get(name), "sv": known.sv, "en": known.en}
        parts.append(Message("ingest.memory_column" if label is not None else "ingest.memory_left_out", values))
    chosen = [name for name in memory.options if name in options.recalled]
    parts += [_choice(name, memory.options[name]) for name in chosen]
    return Message("ingest.memory_taken", {"parts": _joined(parts)}) if parts else None


def _choice(name: str, value: str) -> Message:
    """A choice in words. Choices among a few have words of their own, others show their value."""
    few = name in ("day_first", "returns", "signs", "order_sums", "uncompleted", "sets", "vat", "personal_ids")
    shown = {"\t": "tab", " ": "space"}.get(value, value)
    return Message(f"ingest.choice_{name}_{value}" if few else f"ingest.choice_{name}", {"value": shown})


def _joined(parts: Sequence[Message]) -> Message:
    if len(parts) == 1:
        return parts[0]
    return Message("ingest.joined", {"first": parts[0], "rest": _joined(parts[1:])})
