"""What a user may say about a file before it is read; everything not said is found out from the file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from insight.errors import UsageError
from insight.ingest.schema import TABLES, fold

Returns = Literal["auto", "sign", "none"]
IfExists = Literal["append", "replace", "refuse"]
IfThere = Literal["keep", "skip"]
Uncompleted = Literal["cancelled", "all", "none"]

_YES = frozenset({"1", "true", "yes", "ja", "on"})
_NO = frozenset({"0", "false", "no", "nej", "off"})
_DELIMITERS = {
    "tab": "\t",
    "\\t": "\t",
    "comma": ",",
    "semicolon": ";",
    "pipe": "|",
    "space": " ",
    "spaces": "  ",
    "caret": "^",
}
_FIELDS = frozenset(field.name for table in TABLES.values() for field in table.fields)
_CHOICES: dict[str, tuple[str, ...]] = {
    "decimal": (",", "."), "vat": ("included", "excluded"), "returns": ("auto", "sign", "none"),
    "if_exists": ("append", "replace", "refuse"), "overlap": ("keep", "skip"),
    "signs": ("keep", "swap"), "order_sums": ("aside", "keep"), "sets": ("spread", "keep"),
    "uncompleted": ("cancelled", "all", "none"),
    "date_system": ("1900", "1904"), "personal_ids": ("hash", "drop", "birth"),
}  # fmt: skip
_SWITCHES = ("day_first", "memory")


@dataclass(frozen=True)
class FileMemory:
    """How one kind of file was read: its column labels in order, field → label (None: left out), the user's choices."""

    kind: str
    columns: tuple[str, ...]
    mapping: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])
    options: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def signature(self) -> frozenset[str]:
        """The columns as they are compared: order, case and separators do not matter."""
        return frozenset(fold(label) for label in self.columns)


@dataclass(frozen=True)
class ReadOptions:
    """How to read one file. None (or empty) means: decide from the file, and say what was decided.

    kind: a canonical table. mapping: field → column label, or None to leave the field out. header_line: the line of
    the header (0: there is none). day_first: 3/4 is the third of April. decimal: the decimal mark. currency: the one
    currency to load (rows in others are set aside). returns: 'auto' turns the sign of returns where the file's rule
    is plain, 'sign' always does, 'none' never. signs: 'swap' turns plus and minus of all amounts (what was taken for
    purchases are returns: a ledger that credits sales, debit and credit the other way round). order_sums: rows with
    the amount of a whole order beside its lines are set aside, or kept. uncompleted: by their status, purchases that
    were called off are set aside ('cancelled'), also those that wait ('all'), or neither ('none'); mailings that did
    not arrive are set aside, but for 'none'. sets: columns that come again for each campaign become rows, or stay
    columns. if_exists is for the workspace: what a further file of a kind does.
    personal_ids: personal numbers become keyed hashes where they are the id ('hash'), or are not read at all ('drop');
    'birth' keeps a customer's year of birth and sex of them besides.
    overlap: rows that an earlier file had already are kept, or set aside.
    memory: a file with columns as an earlier one's is read as that was; `memories` are those earlier files, `recalled`
    the fields and options that came from there, `closed` the fields that the same columns did not have.
    told: what was said in words, also where it is the default.
    """

    kind: str | None = None
    mapping: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    header_line: int | None = None
    day_first: bool | None = None
    decimal: str | None = None
    sheet: str | None = None
    member: str | None = None
    vat: str | None = None
    currency: str | None = None
    returns: Returns = "auto"
    signs: Literal["keep", "swap"] = "keep"
    order_sums: Literal["aside", "keep"] = "aside"
    uncompleted: Uncompleted = "cancelled"
    sets: Literal["spread", "keep"] = "spread"
    date_system: str | None = None
    personal_ids: str = "hash"
    if_exists: IfExists = "append"
    overlap: IfThere = "keep"
    memory: bool = True
    memories: tuple[FileMemory, ...] = ()
    recalled: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    told: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, settings: Mapping[str, str], kind: str | None = None) -> "ReadOptions":
        """Options from NAME=VALUE texts. A field's name (or `map.FIELD`) with a column label maps that field.

        Raises UsageError for an unknown name or a value that cannot be meant.
        """
        if kind is not None and kind not in TABLES:
            raise UsageError("ingest.unknown_kind", kind=kind, known=", ".join(TABLES))
        values: dict[str, object] = {"kind": kind}
        mapping: dict[str, str | None] = {}
        for name, text in settings.items():
            if name.startswith("map."):
                mapping[_known_field(name.removeprefix("map."))] = text or None
            elif name in _OPTION_NAMES:
                values[name] = _value(name, text)
            else:
                mapping[_known_field(name)] = text or None
        told = frozenset(name for name in (*settings, *(["kind"] if kind else ())) if name in {"kind", *_OPTION_NAMES})
        return cls(mapping=mapping, told=told, **values)  # pyright: ignore[reportArgumentType]

    def sure(self, name: str) -> object:
        """What the user says of this very file; None for what comes from an earlier one, or was not said."""
        return None if name in self.recalled else getattr(self, name)

    def before(self, name: str) -> object:
        """What was said of an earlier file: it settles what this one leaves open, and never goes against it."""
        return getattr(self, name) if name in self.recalled else None

    @property
    def choices(self) -> dict[str, str]:
        """What the user chose about the reading, as NAME=VALUE texts that `parse` takes."""
        chosen: dict[str, str] = {}
        for name in sorted(_OPTION_NAMES - {"if_exists", "overlap", "memory"}):
            value = getattr(self, name)
            if name in self.recalled or name in self.told or value != ReadOptions.__dataclass_fields__[name].default:
                chosen[name] = ("yes" if value else "no") if isinstance(value, bool) else str(value or "")
        if self.header_line == 0:
            chosen["header_line"] = "0"
        if self.personal_ids == "birth":
            del chosen["personal_ids"]  # asked for a file at a time
        return {name: text for name, text in chosen.items() if text}


_OPTION_NAMES = frozenset(ReadOptions.__dataclass_fields__) - {
    "mapping", "kind", "memories", "recalled", "closed", "told",
}  # fmt: skip


def _known_field(name: str) -> str:
    if name not in _FIELDS:
        raise UsageError("ingest.unknown_setting", name=name, known=", ".join(sorted(_OPTION_NAMES)))
    return name


def _value(name: str, text: str) -> object:
    choices = _CHOICES.get(name)
    lowered = text.strip().lower()
    if choices is not None:
        if lowered not in choices:
            raise UsageError("ingest.bad_setting", name=name, value=text, known=", ".join(choices))
        return lowered
    if name == "header_line":
        if not lowered.isdecimal():
            raise UsageError("ingest.bad_setting", name=name, value=text, known="0, 1, 2 …")
        return int(lowered)
    if name in _SWITCHES:
        if lowered not in _YES | _NO:
            raise UsageError("ingest.bad_setting", name=name, value=text, known="yes, no")
        return lowered in _YES
    if name == "delimiter":
        return _DELIMITERS.get(lowered, text)
    if name == "currency":
        code = text.strip().upper()
        if not (len(code) == 3 and code.isascii() and code.isalpha()):
            raise UsageError("ingest.bad_setting", name=name, value=text, known="SEK, NOK, DKK, EUR, USD …")
        return code
    if name == "encoding":
        return _known_encoding(text)
    return text


def _known_encoding(text: str) -> str:
    try:
        return ("".encode(text.strip()) and text) or text.strip()
    except LookupError:
        raise UsageError(
            "ingest.bad_setting", name="encoding", value=text, known="utf-8, windows-1252, mac-roman, cp850, utf-16"
        ) from None
