"""The manifest: what a workspace holds, which database file is current, and what was loaded into it.

Writing the manifest is the moment a load becomes real: a new database file is complete beside the old one, then one
atomic rename of this small file makes it the current one. A crash before leaves the old workspace whole.
"""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from insight.errors import WorkspaceError

FORMAT = 1
MANIFEST = "manifest.json"
_FINGERPRINT = 12


@dataclass(frozen=True)
class Loaded:
    """One loaded file: the counts and the sum that must still be found when the workspace is opened."""

    file_id: int
    name: str
    kind: str
    file_hash: str
    rows: int


@dataclass(frozen=True)
class Manifest:
    """Everything about a workspace but its data. `version` grows by one with every change of the data."""

    workspace_id: str = field(default_factory=lambda: secrets.token_hex(8))
    version: int = 0
    currency: str = "SEK"
    demo: bool = False
    files: tuple[Loaded, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    amount_sum: str = "0.00"
    format: int = FORMAT

    @property
    def database(self) -> str:
        """The name of the current database file."""
        return f"data-{self.version}.duckdb"

    def next(self, **changes: object) -> "Manifest":
        """The manifest of the next version."""
        return replace(self, version=self.version + 1, **changes)  # pyright: ignore[reportArgumentType]


def changes(before: Manifest, after: Manifest) -> list[tuple[str, dict[str, object]]]:
    """What became of files from one version to the next, as lines of the audit log: (action, values).

    A file that is read again in another way is another entry, even if its number and rows are the same. A file is told
    by its number, what it holds and the beginning of its SHA-256: its name is free text that could name a customer.
    """
    gone = [entry for entry in before.files if not any(entry is kept for kept in after.files)]
    new = [entry for entry in after.files if not any(entry is kept for kept in before.files)]
    left = "file_replaced" if new else "file_removed"
    return [(left, _told(entry)) for entry in gone] + [("file_loaded", _told(entry)) for entry in new]


def _told(entry: Loaded) -> dict[str, object]:
    return {"file": entry.file_id, "table": entry.kind, "rows": entry.rows, "sha256": entry.file_hash[:_FINGERPRINT]}


def read(folder: Path) -> Manifest:
    """The manifest in the folder. Raises WorkspaceError when there is none or it cannot be read."""
    path = folder / MANIFEST
    if not path.is_file():
        raise WorkspaceError("workspace.not_found", name=folder.name)
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        files = tuple(Loaded(**entry) for entry in raw.pop("files"))
        manifest = Manifest(**raw, files=files)
    except (ValueError, TypeError, KeyError):
        raise WorkspaceError("workspace.manifest_damaged", name=folder.name) from None
    if manifest.format > FORMAT:
        raise WorkspaceError("workspace.too_new", name=folder.name)
    return manifest


def write(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest in one step that survives a crash."""
    temporary = folder / f"{MANIFEST}.new"
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(asdict(manifest), file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / MANIFEST)
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
