"""The import folder: files too large for the browser, read by path where they lie, on one's own computer only.

It is the folder `import` beside app.py, or the one that KUNDKOMPASS_IMPORT names. A server that others can reach does
not offer it unless the variable says so: whoever opens the page would see the names of the files there.
"""

import os
import stat
from pathlib import Path

import streamlit as st

_VARIABLE = "KUNDKOMPASS_IMPORT"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_MOST = 200
# What a browser may send at once; larger files are read from the folder.
MEGABYTES = 1000


def folder() -> Path | None:
    """The folder that is offered here; None where none is."""
    told = os.environ.get(_VARIABLE, "").strip()
    if told:
        return Path(told)
    if st.get_option("server.address") not in _LOOPBACK:
        return None
    return Path(__file__).resolve().parents[1] / "import"


def files() -> list[tuple[Path, int]]:
    """The regular files directly in the folder with their bytes, newest first; hidden ones and links are left out."""
    here = folder()
    if here is None or not here.is_dir():
        return []
    found: list[tuple[float, Path, int]] = []
    for path in here.iterdir():
        try:
            seen = path.lstat()
        except OSError:
            continue  # gone since it was listed
        if stat.S_ISREG(seen.st_mode) and not path.name.startswith("."):
            found.append((seen.st_mtime, path, seen.st_size))
    return [(path, size) for _, path, size in sorted(found, reverse=True)[:_MOST]]
