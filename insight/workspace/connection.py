"""Hardened connections: no network, no extensions, no files but the named folders, settings locked."""

import os
from collections.abc import Sequence
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from insight.errors import WorkspaceError

_QUERY_LIMIT_MS = 60_000
# A load sorts what does not fit on disk, so that ten million lines take less than two gigabytes.
_TO_READ, _TO_LOAD = 8 * 1024**3, 1_600 * 1024**2
# How far a statement has come can be asked for; nothing is printed.
_MEASURED = {"enable_progress_bar": "true", "enable_progress_bar_print": "false", "progress_bar_time": "0"}


def _memory_limit(most: int) -> str:
    """A third of the machine's memory, but no more than `most` bytes: several connections may live in one process."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        total = 6 * 1024**3
    return f"{min(most, total // 3) // 1024**2}MB"


def connect(path: Path, *, reachable: Sequence[Path] = (), read_only: bool = True) -> DuckDBPyConnection:
    """A hardened connection: no network, no extensions, no files but `reachable`, settings locked.

    Raises WorkspaceError when another process is writing the file or the file is damaged.
    """
    spill = path.parent / "spill"
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "allow_persistent_secrets": False,
        "python_enable_replacements": False,
        "memory_limit": _memory_limit(_TO_READ if read_only else _TO_LOAD),
        "temp_directory": str(spill),
        "preserve_insertion_order": True,
    }
    try:
        con = duckdb.connect(str(path), read_only=read_only, config=config)
    except duckdb.IOException:
        raise WorkspaceError("workspace.busy") from None
    except duckdb.Error:
        raise WorkspaceError("workspace.database_damaged") from None
    if con.execute("SELECT current_setting('lock_configuration')").fetchall()[0][0]:
        return con  # this process has the file open already, hardened: settings belong to the database, not to us
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET allowed_directories = $folders", {"folders": [str(folder) for folder in reachable]})
    con.execute("SET enable_external_access = false")
    if read_only:
        con.execute("SET max_execution_time = $limit", {"limit": _QUERY_LIMIT_MS})
    else:
        for name, value in _MEASURED.items():
            con.execute(f"SET {name} = {value}")
    con.execute("SET lock_configuration = true")
    return con
