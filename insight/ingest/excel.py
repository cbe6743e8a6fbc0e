"""Workbooks: checked, then read by a child process with limits; one sheet becomes a plain CSV file.

The child is `excel_child.py`. It can be killed, run out of memory or be aborted by its library without harm here;
each of these ends becomes one sentence.
"""

import contextlib
import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from insight.errors import IngestError
from insight.ingest import archive
from insight.ingest.report import FileMessage
from insight.ingest.schema import TABLES

Pause = Callable[[], None]

_CHILD = Path(__file__).with_name("excel_child.py")
_BASE_MEMORY = 450 << 20
_MAX_MEMORY = 4 << 30
_MEMORY_PER_BYTE = 60
_BASE_SECONDS = 4
_BYTES_PER_SECOND = 700_000
# Real sheets pack 5 to 40 times; what packs better gets no more than the base limits.
_HONEST_RATIO = 60
_BASE_OUTPUT = 256 << 20
_PAUSE = 0.2
_WORDS = frozenset(
    alias
    for table in TABLES.values()
    for f in table.fields
    if f.required or f.name == "customer_id"
    for alias in f.aliases
)
_MARKS = (";", ",", "\t", "|")
_MARK_LOCKED = "EncryptedPackage".encode("utf-16-le")
_MARK_MACRO = "_VBA_PROJECT".encode("utf-16-le")
# A FORMAT record of an xls that is zeros only: what calamine reads as 12 is shown as 00012.
_ZERO_FORMAT = re.compile(rb"\x1e\x04.\0..(.)\0(?:\0(0{2,20})|\x01((?:0\0){2,20}))", re.DOTALL)


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook. `rows` is the height of its filled part; None when it was not looked at."""

    name: str
    rows: int | None = None
    hidden: bool = False


@dataclass(frozen=True)
class SheetFile:
    """A sheet written as CSV (UTF-8, comma, RFC 4180): where, which, and what the user should know.

    `first_row` is the Excel row of the file's first line; `continued` holds the lines, counted from 1, that continue
    a cell with line breaks; `epoch_1904` is the workbook's date system, for dates that are plain numbers. `money`:
    columns whose cells show one currency by their number format, with its code, or 'kr'.
    """

    path: Path
    sheet: str
    sheets: tuple[Sheet, ...]
    messages: tuple[FileMessage, ...]
    first_row: int
    continued: "array[int]"
    epoch_1904: bool
    money: Mapping[int, str]


@dataclass(frozen=True)
class _Limits:
    memory: int
    seconds: int
    output: int


def is_workbook(names: frozenset[str]) -> str:
    """Which kind of workbook a zip with these entries is (xlsx, xlsm, xlsb, ods), or '' for none."""
    if "xl/workbook.bin" in names:
        return "xlsb"
    if "xl/workbook.xml" in names:
        return "xlsm" if "xl/vbaproject.bin" in names else "xlsx"
    return "ods" if "content.xml" in names and "mimetype" in names else ""


def read_zipped(
    path: Path, work: Path, found: tuple[archive.Member, ...], sheet: str | None, pause: Pause = archive.no_pause
) -> SheetFile:
    """Read a sheet of an xlsx, xlsm, xlsb or ods file. Raises IngestError with one sentence for the user.

    `pause` is called several times a second while the child works; what it raises ends the child.
    """
    archive.refuse_entities(path, found)
    if any(m.name == "META-INF/manifest.xml" and _is_locked_ods(path, m) for m in found):
        raise IngestError("ingest.excel_password")
    unpacked, packed = sum(m.size for m in found), path.stat().st_size
    messages: list[FileMessage] = []
    if any(m.name.lower().endswith("vbaproject.bin") or m.name.startswith("Basic/") for m in found):
        messages.append(FileMessage("excel_macro", "warning"))
    return _read(path, work, sheet, _limits(packed, unpacked), messages, pause)


def read_ole(path: Path, work: Path, sheet: str | None, pause: Pause = archive.no_pause) -> SheetFile:
    """Read a sheet of an old xls file. Raises IngestError; a locked xlsx, which hides in this container, too."""
    macro = False
    with path.open("rb") as file:
        tail = b""
        while chunk := file.read(archive.CHUNK):
            seen = tail + chunk
            if _MARK_LOCKED in seen:
                raise IngestError("ingest.excel_password")
            macro = macro or _MARK_MACRO in seen
            tail = chunk[-64:]
    messages = [FileMessage("excel_macro", "warning")] if macro else []
    if zeros := shown_zeros(path):
        messages.append(FileMessage("excel_zero_format", "warning", {"format": zeros}))
    size = path.stat().st_size
    return _read(path, work, sheet, _limits(size, size), messages, pause)


def shown_zeros(path: Path) -> str:
    """The longest number format of zeros only ('00000') that an old xls file has, or ''."""
    found, tail = "", b""
    with path.open("rb") as file:
        while chunk := file.read(archive.CHUNK):
            for match in _ZERO_FORMAT.finditer(tail + chunk):
                shown = (match[2] or match[3]).replace(b"\0", b"").decode("ascii")
                found = max(found, shown) if match[1][0] == len(shown) else found
            tail = chunk[-64:]
    return found


def _is_locked_ods(path: Path, manifest: archive.Member) -> bool:
    return any(b"encryption-data" in chunk for chunk in archive.inflate(path, manifest.info))


def _limits(packed: int, unpacked: int) -> _Limits:
    earned = packed if unpacked <= _HONEST_RATIO * packed else 0
    return _Limits(
        memory=min(_MAX_MEMORY, _BASE_MEMORY + _MEMORY_PER_BYTE * earned),
        seconds=_BASE_SECONDS + earned // _BYTES_PER_SECOND,
        output=_BASE_OUTPUT + 4 * (unpacked if earned else 0),
    )


def _read(
    path: Path, work: Path, sheet: str | None, limits: _Limits, messages: list[FileMessage], pause: Pause
) -> SheetFile:
    folder = work / f"sheets-{uuid.uuid4().hex}"
    folder.mkdir()
    try:
        reply = _ask(path, folder, sheet, limits, pause)
        chosen = _chosen(reply)
        target = work / f"{uuid.uuid4().hex}.csv"
        (folder / chosen["file"]).replace(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if sheet is None:
        messages += _sheet_messages(chosen, reply["sheets"])
    messages += _cell_messages(chosen)
    if chosen["columns"] == 1 and (mark := _unpack_lines(target, work)):
        shown = {"\t": "tab"}.get(mark, mark)
        messages.append(FileMessage("excel_one_column", "warning", {"mark": shown}))
    return SheetFile(
        path=target, sheet=chosen["name"],
        sheets=tuple(Sheet(s["name"], s["rows"], s["hidden"]) for s in reply["sheets"]),
        messages=tuple(messages), first_row=chosen["first_row"],
        continued=array("q", chosen["continued"]), epoch_1904=reply["epoch_1904"],
        money={int(column): unit for column, unit in chosen["money"].items()},
    )  # fmt: skip


def _unpack_lines(sheet: Path, work: Path) -> str:
    """A sheet whose only column holds the lines of a CSV file is written as those lines; the mark between their cells.

    So it becomes when a CSV file is opened in an Excel that expects another mark. '' where cells are no such lines.
    """
    with sheet.open(encoding="utf-8", newline="") as file:
        head = next(iter(csv.reader(file)), [""])[0]
        mark = max(_MARKS, key=head.count)
        if head.count(mark) < 2:
            return ""
        file.seek(0)
        lines = short = 0
        for cells in csv.reader(file):
            lines += bool(cells)
            short += bool(cells) and cells[0].count(mark) < head.count(mark)
        if lines < 2 or short > 0.1 * lines:
            return ""
        file.seek(0)
        unpacked = work / f"{uuid.uuid4().hex}.csv"
        with unpacked.open("w", encoding="utf-8", newline="") as out:
            for cells in csv.reader(file):
                out.write((cells[0] if cells else "") + "\n")
    unpacked.replace(sheet)
    return mark


def _ask(path: Path, folder: Path, sheet: str | None, limits: _Limits, pause: Pause) -> dict[str, Any]:
    request = {
        "path": str(path.resolve()), "folder": str(folder.resolve()), "sheet": sheet,
        "words": sorted(_WORDS), "memory": limits.memory, "seconds": limits.seconds, "limit": limits.output,
    }  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-I", str(_CHILD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as child:  # fmt: skip
        try:
            # A busy machine gives a process less than its share: the wall clock is the wider limit.
            out = _wait(child, json.dumps(request).encode(), 3 * limits.seconds + 10, pause)
        except BaseException:
            _kill(child)
            raise
    if child.returncode == 0:
        return json.loads(out)
    if sys.platform != "win32" and child.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise IngestError("ingest.excel_slow")
    # The Rust library aborts when it is refused memory; there is no exception to catch in the child.
    raise IngestError("ingest.excel_too_large")


def _wait(child: "subprocess.Popen[bytes]", request: bytes, patience: float, pause: Pause) -> bytes:
    """The child's answer. Raises IngestError when it takes longer than `patience` seconds, and what `pause` raises."""
    deadline = time.monotonic() + patience
    told: bytes | None = request
    while True:
        try:
            return child.communicate(told, timeout=_PAUSE)[0]
        except subprocess.TimeoutExpired:
            told = None  # the request is on its way; it can be given once
        pause()
        if time.monotonic() > deadline:
            raise IngestError("ingest.excel_slow")


def _kill(child: "subprocess.Popen[bytes]") -> None:
    """End the child and whatever it may have started."""
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            child.kill()
        else:
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()


_REFUSALS: Mapping[str, str] = {
    "password": "ingest.excel_password",
    "damaged": "ingest.file_damaged",
    "empty": "ingest.excel_empty",
    "too_wide": "ingest.excel_wide",
    "too_large": "ingest.excel_too_large",
    "too_many_sheets": "ingest.excel_too_large",
    "disk": "ingest.disk_full",
}


def _chosen(reply: Mapping[str, Any]) -> dict[str, Any]:
    """The entry of the sheet that was read; raises the refusal that the child's status stands for."""
    status, _, cell = str(reply["status"]).partition(":")
    if status == "no_sheet":
        raise IngestError("ingest.excel_no_sheet", names=_listed(s["name"] for s in reply["sheets"]))
    if status == "far_cell":
        raise IngestError("ingest.excel_far_cell", cell=cell)
    if status != "ok":
        raise IngestError(_REFUSALS[status])
    return next(s for s in reply["sheets"] if s["name"] == reply["chosen"])


def _sheet_messages(chosen: dict[str, Any], sheets: list[dict[str, Any]]) -> list[FileMessage]:
    """Which sheet was read. A warning when another one holds a table, or when an earlier one was passed over."""
    others = [s for s in sheets if s is not chosen and s["rows"]]
    if not others:
        return []
    passed = any(s["rows"] and not s["hidden"] for s in sheets[: sheets.index(chosen)])
    tables = any(s["table_rows"] > 1 and not s["about"] for s in others)
    severity = "warning" if tables or passed else "note"
    return [
        FileMessage("excel_sheet", severity, {"sheet": chosen["name"], "others": _listed(s["name"] for s in others)})
    ]


def _cell_messages(chosen: Mapping[str, Any]) -> list[FileMessage]:
    messages: list[FileMessage] = []
    if n := chosen["errors"] + chosen["xml_errors"]:
        cells = (chosen["error_cells"] + chosen["xml_errors_cells"])[:3]
        messages.append(FileMessage("excel_errors", "warning", {"n": n, "cells": _listed(cells)}))
    if n := chosen["uncalculated"]:
        values = {"n": n, "cells": _listed(chosen["uncalculated_cells"])}
        messages.append(FileMessage("excel_uncalculated", "warning", values))
    if n := chosen["hidden_rows"]:
        messages.append(FileMessage("excel_hidden_rows", "warning", {"n": n}))
    if n := chosen["long"]:
        messages.append(FileMessage("excel_long_numbers", "warning", {"n": n, "cells": _listed(chosen["long_cells"])}))
    return messages


def _listed(names: Any, most: int = 12) -> str:
    shown = list(names)
    return ", ".join(shown[:most]) + (" …" if len(shown) > most else "")
