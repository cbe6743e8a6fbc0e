"""Files on their way in: from the browser to a private folder, and from there into the workspace."""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import streamlit as st

from insight import loading, recipe
from insight.audience import Pairs
from insight.errors import InsightError, UsageError
from insight.i18n.catalog import say
from insight.ingest.options import FileMemory, ReadOptions
from insight.ingest.proposal import Proposal, propose
from insight.recipe import Recipe
from insight.workspace.store import SourceFile, file_hash
from ui import kept, session, state, view
from ui.reading import Job

# Reading that is done within this many seconds needs no bar.
_AT_ONCE = 1.5


def take(name: str, data: bytes | memoryview) -> None:
    """Put a dropped file in the private folder under a name of ours; the user's name is only ever shown."""
    path = state.folder_for_files() / secrets.token_hex(8)
    path.write_bytes(data)
    state.set_incoming((*state.incoming(), state.Incoming(path, name)))


def take_from(path: Path) -> None:
    """Let a file of the import folder wait, where it lies."""
    if all(file.path != path for file in state.incoming()):
        state.set_incoming((*state.incoming(), state.Incoming(path, path.name, ours=False)))


def drop(file: state.Incoming) -> None:
    """Forget a file that waits; a copy of ours is erased, the user's own and one that is loaded are left alone."""
    if file.ours and file.instead_of is None:
        file.path.unlink(missing_ok=True)
    state.set_incoming(tuple(kept for kept in state.incoming() if kept.path != file.path))


def drop_everything() -> None:
    """Forget every file: those that are loaded and kept to be read again, those that wait and those that were refused.

    Copies of ours are erased; files of the user's own are left where they lie.
    """
    kept.let_go()
    for file in state.incoming():
        drop(file)
    _proposal.clear()


def choose(file: state.Incoming, **options: str | None) -> None:
    """Change how a waiting file will be read; None or '' goes back to what the file itself says."""
    wanted = {**dict(file.options), **{name: value or "" for name, value in options.items()}}
    # An empty mapping says that a field has no column; any other empty choice is none.
    said = {name: value for name, value in wanted.items() if value or name.startswith("map.")}
    _put(replace(file, options=tuple(sorted(said.items())), refusal=None))


def _put(changed: state.Incoming) -> None:
    state.set_incoming(tuple(changed if known.path == changed.path else known for known in state.incoming()))


def waiting() -> tuple[state.Incoming, ...]:
    """The files that wait to be read for the first time."""
    return tuple(file for file in state.incoming() if file.instead_of is None)


def options_of(chosen: Pairs) -> ReadOptions:
    """The choices as reading options. Raises UsageError for a value that cannot be meant."""
    named = dict(chosen)
    kind = named.pop("kind", None)
    return ReadOptions.parse(named, kind=kind)


def proposal(file: state.Incoming) -> Proposal:
    """What the reader would do with the file as it is chosen now, and as files like it were read before.

    What is chosen for one of the files that wait holds for others with the same columns.
    """
    return _proposal(*_named(file), _as_text(_memories(file)))


def _memories(file: state.Incoming) -> tuple[FileMemory, ...]:
    """How files were read before, and how others that wait are chosen to be; for one that is read again, as it was."""
    if file.memories is not None:
        return file.memories
    before = recipe.read(session.ensure_workspace().folder).files
    chosen = [other for other in waiting() if other.options and other.path != file.path]
    beside: list[FileMemory] = []
    for other in chosen:
        with suppress(UsageError):  # said at that file, not at this one
            memory = _proposal(*_named(other), _as_text(before)).memory
            beside += [memory] if memory is not None else []
    return (*before, *beside)


def _as_text(memories: Sequence[FileMemory]) -> str:
    return recipe.to_text(Recipe(files=tuple(memories)))


def _named(file: state.Incoming) -> tuple[str, str, Pairs, int]:
    """What a proposal depends on; the user's own file may be saved anew."""
    return str(file.path), file.name, file.options, file.path.stat().st_mtime_ns if file.path.exists() else 0


@st.cache_data(scope="session", max_entries=80, show_spinner=False)
def _proposal(path: str, name: str, chosen: Pairs, changed: int, memories: str) -> Proposal:
    del changed
    options = replace(options_of(chosen), memories=recipe.from_text(memories).files)
    return propose(Path(path), name=name, options=options)


def read_anew(file: state.Incoming, columns: Sequence[str]) -> None:
    """Forget how files with these columns were read before, and read this one as if it were the first."""
    loading.forget(session.ensure_workspace(), columns)
    choose(file, memory="no")


def start(files: Sequence[state.Incoming]) -> None:
    """Begin to read the files into the session's workspace; the demo company makes room for a fresh one.

    Small files are there at once; `settle` takes up what takes longer.
    """
    folder = None if session.ensure_workspace().manifest.demo else session.ensure_workspace().folder
    _begin(Job([_source(file) for file in files], folder))


def _source(file: state.Incoming) -> SourceFile:
    return SourceFile(file.path, file.name, replace(options_of(file.options), memories=_memories(file)))


def _begin(job: Job) -> None:
    opened = session.ensure_workspace()
    if not opened.manifest.demo:
        opened.query().close()  # the pages keep what they read while the files change beside them
    state.set_job(job)
    if job.wait(_AT_ONCE):
        settle()


def being_changed(file_id: int) -> state.Incoming | None:
    """The loaded file with the choices that it will be read again with, if the user has begun to change them."""
    return next((file for file in state.incoming() if file.instead_of == file_id), None)


def change_reading(file_id: int) -> None:
    """Begin to change how a loaded file is read, from how it was read; its rows stay until it has been read again."""
    held = kept.find(file_id)
    if held is not None and being_changed(file_id) is None:
        state.set_incoming((*state.incoming(), replace(held, instead_of=file_id)))


def bring_back(file_id: int, name: str, data: bytes | memoryview) -> bool:
    """Take a loaded file that is no longer here once more, to be read again; False where it is another file."""
    opened = session.ensure_workspace()
    path = state.folder_for_files() / f"{secrets.token_hex(8)}.kept"
    path.write_bytes(data)
    entry = next((entry for entry in opened.manifest.files if entry.file_id == file_id), None)
    if entry is None or file_hash(path) != entry.file_hash:
        path.unlink()
        return False
    kept.hold(file_id, state.Incoming(path, name, memories=recipe.read(opened.folder).files))
    change_reading(file_id)
    return True


def read_again(file: state.Incoming) -> None:
    """Begin to read a loaded file again as it is chosen now; what was read before stays until that has succeeded."""
    _begin(Job([_source(file)], session.ensure_workspace().folder, instead_of=file.instead_of))


def read_again_with(file_id: int, options: Mapping[str, str]) -> None:
    """The same in one step, from how it was read with these choices changed."""
    change_reading(file_id)
    file = being_changed(file_id)
    if file is not None:
        choose(file, **options)
        read_again(replace(file, options=tuple(sorted({**dict(file.options), **options}.items()))))


def settle() -> None:
    """Take up what was read since the last run, if it is done.

    Refused files stay among those that wait with the reason, so that the choices can be changed; so do all after a
    cancel.
    """
    job = state.job()
    if job is None or not job.done:
        return
    state.set_job(None)
    outcome = job.outcome
    if isinstance(outcome.failure, InsightError):
        place = "upload" if job.instead_of is None else f"file_{job.instead_of}"
        state.tell(place, outcome.failure.key, **outcome.failure.values)
        return
    if outcome.failure is not None:
        raise outcome.failure
    if outcome.made is not None:
        state.set_workspace(outcome.made)
        view.set_scope(None)
    else:
        session.ensure_workspace().refresh()
    refused = {
        source.path: report.as_json(say)
        for source, report in zip(job.files, outcome.reports, strict=True)
        if report.outcome == "refuse"
    }
    state.set_incoming(tuple(replace(f, refusal=refused.get(f.path, f.refusal)) for f in state.incoming()))
    kept.keep(job.files, outcome.reports)
    kept.sweep()
