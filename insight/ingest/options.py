"""What a user may say about a file before it is read; everything not said is found out from the file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from insight.errors import UsageError
from insight.ingest.schema import TABLES

Returns = Literal["auto", "sign", "none"]
IfExists = Literal["append", "replace", "refuse"]

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
    "if_exists": ("append", "replace", "refuse"), "date_system": ("1900", "1904"), "personal_ids": ("hash", "drop"),
}  # fmt: skip


@dataclass(frozen=True)
class ReadOptions:
    """How to read one file. None (or empty) means: decide from the file, and say what was decided.

    kind: a canonical table. mapping: field → column label, or None to leave the field out. header_line: the line of
    the header (0: there is none). day_first: 3/4 is the third of April. decimal: the decimal mark. currency: the one
    currency to load (rows in others are set aside). returns: 'auto' turns the sign of returns where the file's rule
    is plain, 'sign' always does, 'none' never. if_exists is for the workspace: what a further file of a kind does.
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
    date_system: str | None = None
    personal_ids: str = "hash"
    if_exists: IfExists = "append"

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
        return cls(mapping=mapping, **values)  # pyright: ignore[reportArgumentType]


_OPTION_NAMES = frozenset(ReadOptions.__dataclass_fields__) - {"mapping", "kind"}


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
    if name == "day_first":
        if lowered not in _YES | _NO:
            raise UsageError("ingest.bad_setting", name=name, value=text, known="yes, no")
        return lowered in _YES
    if name == "delimiter":
        return _DELIMITERS.get(lowered, text)
    if name == "currency":
        return text.strip().upper()
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
