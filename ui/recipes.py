"""The workspace's recipe as the session changes it: saved audiences, story, settings. Read anew at every change."""

from insight import recipe
from insight.audience import Audience, parse
from insight.errors import InsightError
from insight.recipe import Recipe, SavedAudience
from insight.workspace import audit
from ui import cache, session, view

LONGEST_NAME = 80


def current() -> Recipe:
    """What has been decided for the session's workspace. Raises UsageError for a damaged file."""
    return recipe.read(session.ensure_workspace().folder)


def keep(changed: Recipe) -> None:
    """Let this be what has been decided."""
    recipe.write(session.ensure_workspace().folder, changed)


def with_settings() -> Recipe:
    """The recipe with the settings as the view holds them now: what goes to a file."""
    known = current()
    return Recipe(known.files, view.settings(), known.words, known.audiences, known.story)


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
    names = {saved.name.casefold() for saved in current().audiences} - {besides.casefold()}
    return "audiences.name_taken" if name.casefold() in names else ""
