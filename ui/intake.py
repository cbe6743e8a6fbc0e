"""Files on their way in: from the browser to a private folder, and from there into the workspace."""

import secrets
import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from insight.audience import Pairs, pairs
from insight.i18n.catalog import say
from insight.ingest.options import ReadOptions
from insight.ingest.proposal import Proposal, propose
from insight.workspace.store import Progress, SourceFile, Workspace
from ui import session, state, view


class _Folder:
    """A private folder that is erased with the session that holds it, or with the process."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="kundkompass-in-"))
        weakref.finalize(self, state.erase, self.path)


@st.cache_resource(scope="session", show_spinner=False)
def _folder() -> _Folder:
    return _Folder()


def take(name: str, data: bytes | memoryview) -> None:
    """Put a dropped file in the private folder under a name of ours; the user's name is only ever shown."""
    path = _folder().path / secrets.token_hex(8)
    path.write_bytes(data)
    state.set_incoming((*state.incoming(), state.Incoming(path, name)))


def drop(file: state.Incoming) -> None:
    """Forget a file that waits."""
    file.path.unlink(missing_ok=True)
    state.set_incoming(tuple(kept for kept in state.incoming() if kept.path != file.path))


def choose(file: state.Incoming, **options: str | None) -> None:
    """Change how a waiting file will be read; None or '' goes back to what the file itself says."""
    wanted = {**dict(file.options), **{name: value or "" for name, value in options.items()}}
    changed = state.Incoming(file.path, file.name, pairs(wanted))
    state.set_incoming(tuple(changed if kept.path == file.path else kept for kept in state.incoming()))


def options_of(chosen: Pairs) -> ReadOptions:
    """The choices as reading options. Raises UsageError for a value that cannot be meant."""
    named = dict(chosen)
    kind = named.pop("kind", None)
    return ReadOptions.parse(named, kind=kind)


def proposal(file: state.Incoming) -> Proposal:
    """What the reader would do with the file as it is chosen now."""
    return _proposal(str(file.path), file.name, file.options)


@st.cache_data(scope="session", max_entries=40, show_spinner=False)
def _proposal(path: str, name: str, chosen: Pairs) -> Proposal:
    return propose(Path(path), name=name, options=options_of(chosen))


def load(files: Sequence[state.Incoming], progress: Progress) -> list[dict[str, object]]:
    """Read the files into the session's workspace; the demo company makes room for a fresh one.

    Returns the reports as forms. Refused files stay among those that wait, so that the choices can be changed.
    """
    opened = session.ensure_workspace()
    fresh = opened.manifest.demo
    target = Workspace.create() if fresh else opened
    sources = [SourceFile(file.path, file.name, options_of(file.options)) for file in files]
    reports = target.load(sources, progress=progress)
    accepted = [report.outcome != "refuse" for report in reports]
    if fresh and any(accepted):
        state.set_workspace(target)
        view.set_scope(None)
    elif fresh:
        target.destroy()
    for file, well in zip(files, accepted, strict=True):
        if well:
            drop(file)
    forms = [report.as_json(say) for report in reports]
    state.set_refused_reports([form for form in forms if form["outcome"] == "refuse"])
    return forms
