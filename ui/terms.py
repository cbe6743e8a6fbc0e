"""Which words of the trade the session's client uses."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from insight import recipe
from insight.errors import UsageError
from insight.workspace.store import Workspace


def words_of(opened: Workspace | None, language: str) -> Mapping[str, str]:
    """The trade's words in a language: our word → its forms; empty where the client uses ours."""
    path = opened.folder / recipe.FILE if opened else None
    if path is None or not path.is_file():
        return {}
    return _read(path, path.stat().st_mtime_ns).get(language, {})


@lru_cache(maxsize=64)
def _read(path: Path, changed: int) -> Mapping[str, Mapping[str, str]]:  # noqa: ARG001 - a changed file is read anew
    try:
        return recipe.read(path.parent).words
    except UsageError:
        # Every page needs words, also the one that says what is wrong with the recipe.
        return {}
