"""The audit log: what was put into a workspace, taken out of it or changed in it, when, why and by whom, never about
which customer.

By whom is the name that the computer knows its user by, or the one in `KUNDKOMPASS_USER`; empty where that says so, as
on a server that several people reach.

One JSON object a line, only ever added to. Each line carries the hash of its own content and of the line before it, so
a line that is changed, moved or taken out breaks the chain; a small file beside keeps the latest hash, so that lines
cut off at the end are missed too. Someone who may write in the folder can forge the whole of it: the log tells a
mistake or a quiet correction, it is no seal against the owner of the machine.
"""

import getpass
import hashlib
import json
import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from insight.errors import WorkspaceError

LOG = "audit.jsonl"
HEAD = "audit.head"
USER = "KUNDKOMPASS_USER"
_LOCK = "audit.lock"
_START = "0" * 64
_ACTION = re.compile(r"[a-z][a-z0-9_]*")
_here = threading.Lock()

# What must not come along in a text that somebody wrote: addresses, personal numbers and telephone numbers.
_PERSONAL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+|\+?\d(?:[\s-]?\d){8,}")
# The beginning of a file's hash tells nobody, though its digits can look as a number of somebody's.
_FINGERPRINT = ("sha256", re.compile(r"[0-9a-f]{12}"))


@dataclass(frozen=True)
class Event:
    """One line of the log. at: UTC, ISO with seconds. values: counts, names of columns, filters, a reason. who: the
    user's name on the computer, empty where it is not known."""

    number: int
    at: str
    action: str
    values: Mapping[str, Any]
    who: str = ""


@dataclass(frozen=True)
class Verdict:
    """What a check of the chain found. lines: lines in the log; broken: the number of the first line that is not as it
    was written (one past the last where the end is missing), None when all of it holds."""

    lines: int
    broken: int | None

    @property
    def whole(self) -> bool:
        """Whether every line is there as it was written."""
        return self.broken is None


def user() -> str:
    """Who the log says did it."""
    if USER in os.environ:
        return os.environ[USER].strip()
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A process without a user's name, as in some containers: then the line has none.
        return ""


def append(
    folder: Path, action: str, values: Mapping[str, object] | None = None, *, at: datetime | None = None
) -> Event:
    """Add one event to the log in the workspace folder; it is on disk when this returns.

    action: a stable name (`list_exported`), its sentence is the catalogue's `audit.action.<action>`. values: rows,
    columns, consent filter, reason …: numbers, texts, lists of them. E-mail addresses and long numbers in texts are
    replaced by '…'. at: UTC, now when not said.
    Raises WorkspaceError when the folder cannot be written or the end of the log has been tampered with.
    """
    if not _ACTION.fullmatch(action):
        raise ValueError(f"{action} is no action's name")
    when = (at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")
    told = _told(values or {})
    try:
        with _locked(folder):
            number, last = _latest(folder)
            who = str(_plain(user()))
            body = {"number": number + 1, "at": when, "who": who, "action": action, "values": told, "before": last}
            digest = _digest(body)
            with (folder / LOG).open("ab") as file:
                file.truncate(_sound_bytes(folder))
                file.write(_line({**body, "hash": digest}))
                file.flush()
                os.fsync(file.fileno())
            _write_head(folder, number + 1, digest)
    except OSError as error:
        raise WorkspaceError("workspace.write_failed", reason=error.strerror or "") from None
    return Event(number + 1, when, action, told, who)


def ready(folder: Path) -> None:
    """Before what has to be logged is done: raise WorkspaceError where the log would not take another line."""
    with _locked(folder):
        _latest(folder)


def events(folder: Path) -> list[Event]:
    """Every event that can be read, oldest first."""
    found: list[Event] = []
    for entry in _entries(folder):
        if entry is not None:
            values = entry.get("values")
            found.append(
                Event(
                    len(found) + 1, str(entry.get("at", "")), str(entry.get("action", "")),
                    values if isinstance(values, dict) else {}, str(entry.get("who", "")),
                )
            )  # fmt: skip
    return found


def verify(folder: Path) -> Verdict:
    """Follow the chain from the first line to the last and to the kept latest hash."""
    before, number = _START, 0
    for entry in _entries(folder):
        number += 1
        if entry is None:
            return Verdict(_count(folder), number)
        body = {name: value for name, value in entry.items() if name != "hash"}
        if body.get("number") != number or body.get("before") != before or _digest(body) != entry.get("hash"):
            return Verdict(_count(folder), number)
        before = str(entry["hash"])
    kept_number, kept_hash = _head(folder)
    # A crash between the line and the kept hash leaves one sound line more than the head knows.
    if kept_number > number or (kept_number == number and kept_hash != before) or kept_number < number - 1:
        return Verdict(number, number + 1)
    return Verdict(number, None)


def _told(values: Mapping[str, object]) -> dict[str, object]:
    """Names and values as JSON holds them."""
    return {str(name): part if _is_fingerprint(name, part) else _plain(part) for name, part in values.items()}


def _plain(value: object) -> object:
    """The value as JSON holds it, without what tells who somebody is."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Decimal | date):
        return str(value)
    if isinstance(value, Mapping):
        return _told(value)
    if isinstance(value, list | tuple | set | frozenset):
        parts = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [_plain(part) for part in parts]
    return _PERSONAL.sub("…", str(value))


def _is_fingerprint(name: object, value: object) -> bool:
    known, form = _FINGERPRINT
    return name == known and isinstance(value, str) and form.fullmatch(value) is not None


def _digest(body: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(body, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _line(entry: Mapping[str, object]) -> bytes:
    return json.dumps(entry, ensure_ascii=False).encode() + b"\n"


def _entries(folder: Path) -> Iterator[dict[str, Any] | None]:
    """Each line as an object; None for one that is no object. What a crash left without its end of line is no line."""
    path = folder / LOG
    if not path.is_file():
        return
    with path.open("rb") as file:
        for raw in file:
            if not raw.endswith(b"\n"):
                return
            try:
                entry = json.loads(raw)
            except ValueError:
                yield None
            else:
                yield entry if isinstance(entry, dict) else None


def _sound_bytes(folder: Path) -> int:
    """The length of the log up to its last end of line: after that comes only what a crash left half written."""
    with (folder / LOG).open("rb") as file:
        return sum(len(raw) for raw in file if raw.endswith(b"\n"))


def _count(folder: Path) -> int:
    return sum(1 for _ in _entries(folder))


def _latest(folder: Path) -> tuple[int, str]:
    """Number and hash of the last line, which the next one builds on. Raises WorkspaceError when it is not sound."""
    verdict = verify(folder)
    if not verdict.whole:
        raise WorkspaceError("audit.broken", line=verdict.broken)
    last = _START
    for entry in _entries(folder):
        if entry is not None:
            last = str(entry["hash"])
    return verdict.lines, last


def _head(folder: Path) -> tuple[int, str]:
    path = folder / HEAD
    if not path.is_file():
        return 0, _START
    number, _, digest = path.read_text(encoding="ascii", errors="replace").strip().partition(" ")
    return (int(number), digest) if number.isdecimal() else (-1, "")


def _write_head(folder: Path, number: int, digest: str) -> None:
    temporary = folder / f"{HEAD}.new"
    temporary.write_text(f"{number} {digest}\n", encoding="ascii")
    temporary.replace(folder / HEAD)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One writer at a time: threads of this process, and other processes where the system has file locks."""
    with _here, (folder / _LOCK).open("w", encoding="ascii") as handle:
        if os.name == "posix":
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
