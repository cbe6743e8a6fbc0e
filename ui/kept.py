"""Loaded files that can be read again in another way: where they lie, how they were read, and when they are let go.

A copy of ours stays in the session's private folder until its file is taken out, a customer is forgotten or the session
ends; a file of the import folder stays the user's own.
"""

from collections.abc import Sequence
from dataclasses import replace

from insight.ingest.report import FileReport
from insight.workspace.manifest import Loaded
from insight.workspace.store import SourceFile
from ui import session, state

# What a further file does to those that are there has been done; a second reading is of this file alone.
_DONE = ("if_exists",)


def find(file_id: int) -> state.Incoming | None:
    """The file as it was read, if it still lies where it can be read again."""
    held = state.kept_files().get(_key(file_id))
    return held if held is not None and held.path.is_file() else None


def hold(file_id: int, file: state.Incoming) -> None:
    """Keep a file to be read again in the place of a loaded one."""
    chosen = tuple((name, value) for name, value in file.options if name not in _DONE)
    kept = replace(file, options=chosen, instead_of=None, refusal=None)
    state.set_kept_files({**state.kept_files(), _key(file_id): kept})


def keep(sources: Sequence[SourceFile], reports: Sequence[FileReport]) -> None:
    """Keep the files that have just been read: they wait no more. A copy of ours moves aside."""
    waited = {file.path: file for file in state.incoming()}
    loaded = list(session.ensure_workspace().manifest.files)
    for source, report in reversed(list(zip(sources, reports, strict=True))):
        if report.outcome == "refuse" or source.path not in waited:
            continue
        file = waited.pop(source.path)
        entry = next((e for e in reversed(loaded) if _same(e, report)), None)
        if entry is None:  # another file of the same reading has taken its place already
            if file.ours:
                file.path.unlink(missing_ok=True)
            continue
        loaded.remove(entry)
        if file.ours and file.path.suffix != ".kept":
            file = replace(file, path=file.path.replace(file.path.with_suffix(".kept")))
        hold(entry.file_id, replace(file, memories=source.options.memories))
    state.set_incoming(tuple(waited.values()))


def _same(entry: Loaded, report: FileReport) -> bool:
    return (entry.name, entry.kind, entry.rows) == (report.name, report.kind, report.rows)


def _key(file_id: int) -> str:
    return f"{session.ensure_workspace().manifest.workspace_id}-{file_id}"


def let_go(file_id: int | None = None) -> None:
    """Erase our copies of what was kept to be read again: of one loaded file, or of all."""
    files = state.kept_files()
    _erase(list(files) if file_id is None else [_key(file_id)])


def sweep() -> None:
    """Erase our copies of files that are loaded no more, and stop what would be read in their place."""
    there = {_key(entry.file_id) for entry in session.ensure_workspace().manifest.files}
    _erase([key for key in state.kept_files() if key not in there])


def _erase(keys: Sequence[str]) -> None:
    files = state.kept_files()
    gone = [files.pop(key) for key in keys if key in files]
    still = {file.path for file in files.values()}
    for file in gone:
        if file.ours and file.path not in still:
            file.path.unlink(missing_ok=True)
    state.set_kept_files(files)
    paths = {file.path for file in gone} - still
    state.set_incoming(tuple(f for f in state.incoming() if f.instead_of is None or f.path not in paths))
