"""The workspace's recipe as the session changes it: saved audiences, story, settings. Read anew at every change."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from insight import ladder_lock, recipe
from insight.audience import Audience, parse
from insight.errors import InsightError, UsageError
from insight.ladder_lock import LockedBounds
from insight.recipe import Recipe, SavedAudience
from insight.workspace import audit
from ui import cache, session, state, view

LONGEST_NAME = 120


def current() -> Recipe:
    """What has been decided for the session's workspace. Raises UsageError for a damaged file."""
    return recipe.read(session.ensure_workspace().folder)


def keep(changed: Recipe) -> None:
    """Let this be what has been decided."""
    recipe.write(session.ensure_workspace().folder, changed)


def with_settings() -> Recipe:
    """The recipe with the settings as the view holds them now: what goes to a file."""
    return replace(current(), settings=view.settings())


def locks() -> Sequence[LockedBounds]:
    """The ladder's locked bounds."""
    path = session.ensure_workspace().folder / recipe.FILE
    return _locks(path, path.stat().st_mtime_ns) if path.is_file() else ()


@lru_cache(maxsize=64)
def _locks(path: Path, changed: int) -> Sequence[LockedBounds]:  # noqa: ARG001 - a changed file is read anew
    try:
        return recipe.read(path.parent).ladders
    except UsageError:
        # The recipe's own page says what is wrong with it; the ladder's stand on what the data propose.
        return ()


def lock(bounds: LockedBounds) -> None:
    """Let these be the bounds of their ladder from now on, in place of those that were typed."""
    known = current()
    keep(replace(known, ladders=ladder_lock.replaced(known.ladders, bounds)))
    state.change_view_of("ladder.bounds", None)


def unlock(bounds: LockedBounds) -> None:
    """Let go of locked bounds; those that were not what the data proposed stay as the reader's own."""
    known = current()
    keep(replace(known, ladders=ladder_lock.without(known.ladders, bounds.basis, bounds.window_kind)))
    if bounds.bounds != bounds.proposed:
        state.change_view_of("ladder.bounds", bounds.bounds)


def taken(text: str) -> Recipe:
    """The recipe of a file, made part of the workspace's own and of the view. Raises InsightError before it is."""
    found, folder = recipe.from_text(text), session.ensure_workspace().folder
    audit.ready(folder)
    keep(current().taking(found))
    audit.append(folder, "recipe_applied", found.counts())
    view.set_settings({**view.settings(), **found.settings})
    return found


def save(name: str, audience: Audience) -> None:
    """Save an audience under a name that is free, with its count."""
    opened = session.ensure_workspace()
    saved = SavedAudience(name, audience.link()).counted(cache.size(audience), opened.data_key)
    keep(current().saving(saved))


def counted() -> list[tuple[SavedAudience, InsightError | None]]:
    """Every saved audience with its count on the present data, or why it has none; new counts are kept."""
    known, key = current(), session.ensure_workspace().data_key
    found: list[tuple[SavedAudience, InsightError | None]] = []
    changed = known
    for saved in known.audiences:
        try:
            fresh = saved.counted(cache.size(parse(saved.link)), key)
        except InsightError as refusal:
            found.append((saved, refusal))
            continue
        changed = changed.saving(fresh)
        found.append((fresh, None))
    if changed != known:
        keep(changed)
    return found


def problem_with(name: str, *, besides: str = "") -> str:
    """The catalogue key that says why a name cannot be used; empty when it can. besides: the name that it replaces."""
    if not name:
        return "audiences.name_missing"
    if len(name) > LONGEST_NAME:
        return "audiences.name_too_long"
    names = {saved.name.casefold() for saved in current().audiences} - {besides.casefold()}
    return "audiences.name_taken" if name.casefold() in names else ""
