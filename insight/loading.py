"""Files into a workspace, read as their like were before: the recipe's memory goes in, what was learnt comes back."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from insight import recipe
from insight.ingest.options import FileMemory
from insight.ingest.report import FileReport
from insight.recipe import Recipe
from insight.workspace.store import Progress, SourceFile, Workspace

# More kinds of files than this, and the oldest are forgotten: a recipe stays small enough to send.
_MOST = 60


def load(
    workspace: Workspace, files: Sequence[SourceFile], *, further: Sequence[FileMemory] = (),
    progress: Progress | None = None, cancelled: Callable[[], bool] | None = None, instead_of: int | None = None,
) -> list[FileReport]:  # fmt: skip
    """Load files as their like were read before, and remember in the workspace's recipe how each was read now.

    further: memories of another recipe, which come before the workspace's own, as those that a file's own options hold
    come before both. instead_of: a loaded file that they take the place of, read again; what was learnt of it goes with
    it, so that only their own options say how they are read. Raises WorkspaceError as the workspace's
    own `load` does, and UsageError for a damaged recipe; then nothing has changed.
    """
    known = recipe.read(workspace.folder)
    before = () if instead_of is not None else (*known.files, *further)
    sources = [
        replace(file, options=replace(file.options, memories=(*before, *file.options.memories))) for file in files
    ]
    reports = workspace.load(sources, progress=progress, cancelled=cancelled, instead_of=instead_of)
    learnt = known
    for report in reports:
        if report.outcome != "refuse" and report.memory is not None:
            learnt = _without(learnt, report.memory) if instead_of is not None else learnt
            learnt = learnt.remembering(report.memory)
    if learnt != known:
        recipe.write(workspace.folder, replace(learnt, files=learnt.files[-_MOST:]))
    return reports


def forget(workspace: Workspace, columns: Sequence[str]) -> None:
    """Forget how files with these columns were read; the next one is read as if it were the first."""
    recipe.write(workspace.folder, _without(recipe.read(workspace.folder), FileMemory("", tuple(columns))))


def _without(known: Recipe, memory: FileMemory) -> Recipe:
    """The recipe without what it remembers of files with the same columns, whatever they were taken for."""
    return replace(known, files=tuple(m for m in known.files if m.signature != memory.signature))
