"""A copy of a workspace in a private folder: same data, its own identity and its own key."""

import secrets
import shutil
from dataclasses import replace
from pathlib import Path

from insight.workspace import manifest as manifests
from insight.workspace.store import Workspace


def private_copy(source: Path) -> Workspace:
    """An independent copy of the closed workspace in `source`, in a new private temporary folder.

    Nothing is shared: what is loaded, removed or hashed in the copy never shows in the original or in other copies.
    """
    made = Workspace.create()
    original = manifests.read(source)
    (made.folder / made.manifest.database).unlink()
    shutil.copyfile(source / original.database, made.folder / original.database)
    manifests.write(made.folder, replace(original, workspace_id=secrets.token_hex(8)))
    return Workspace(made.folder)
