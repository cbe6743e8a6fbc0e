"""The recipe: what was decided about a client's data, without any of the data.

How each file was mapped, the settings, the words of the trade, the saved audiences and the story. It lies in the
workspace's folder, and goes to a file and back: to the same client next month, or to the next client.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from insight import audience
from insight.errors import UsageError
from insight.i18n import terms
from insight.ingest.options import FileMemory, ReadOptions
from insight.ladder_lock import LockedBounds, checked, replaced

FORMAT = 1
FILE = "recipe.json"
MAX_BYTES = 2_000_000
_MAX_PARTS, _MAX_TEXT = 500, 4_000


@dataclass(frozen=True)
class SavedAudience:
    """An audience with a name. `n_customers` was counted on the data `data_key` names; None: never counted.

    `n_before`: how many it was the time before, on earlier data of the same workspace; None where there was none.
    """

    name: str
    link: str
    n_customers: int | None = None
    data_key: str = ""
    n_before: int | None = None

    def counted(self, n_customers: int, data_key: str) -> "SavedAudience":
        """With its count on the present data; what it was on the data before is kept beside."""
        if data_key == self.data_key:
            return self
        same = data_key.rpartition("-")[0] == self.data_key.rpartition("-")[0]
        before = self.n_customers if same else None
        return replace(self, n_customers=n_customers, n_before=before, data_key=data_key)

    @property
    def change(self) -> int | None:
        """Customers more (below 0: fewer) than the time before."""
        return None if self.n_customers is None or self.n_before is None else self.n_customers - self.n_before


@dataclass(frozen=True)
class Finding:
    """One step of a story: a page's address, the view's parameters there (settings, scope), and what to say."""

    page: str
    view: Mapping[str, str] = field(default_factory=dict[str, str])
    title: str = ""
    note: str = ""


@dataclass(frozen=True)
class Recipe:
    """What was decided. `settings`: parameters of the view. `words`: language → our word → the word of the trade.

    `ladders`: the bounds that were locked, at most one for each ladder.
    """

    files: tuple[FileMemory, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, "Mapping[str, str]"])
    audiences: tuple[SavedAudience, ...] = ()
    story: tuple[Finding, ...] = ()
    ladders: tuple[LockedBounds, ...] = ()

    def remembering(self, memory: FileMemory) -> "Recipe":
        """With this memory in place of an older one of the same kind and columns."""
        kept = [m for m in self.files if (m.kind, m.signature) != (memory.kind, memory.signature)]
        return replace(self, files=(*kept, memory))

    def saving(self, saved: SavedAudience) -> "Recipe":
        """With this audience, in place of an older one of the same name."""
        names = [known.name for known in self.audiences]
        if saved.name in names:
            return replace(
                self, audiences=tuple(saved if known.name == saved.name else known for known in self.audiences)
            )
        return replace(self, audiences=(*self.audiences, saved))

    def without_audience(self, name: str) -> "Recipe":
        """Without the audience of that name."""
        return replace(self, audiences=tuple(known for known in self.audiences if known.name != name))

    def renaming(self, name: str, wanted: str) -> "Recipe":
        """With the audience under another name, in its place."""
        renamed = (replace(known, name=wanted) if known.name == name else known for known in self.audiences)
        return replace(self, audiences=tuple(renamed))

    def taking(self, other: "Recipe") -> "Recipe":
        """With all of another recipe: what has the same name is replaced, and the story if the other has one."""
        taken = self
        for memory in other.files:
            taken = taken.remembering(memory)
        for saved in other.audiences:
            taken = taken.saving(saved)
        for lock in other.ladders:
            taken = replace(taken, ladders=replaced(taken.ladders, lock))
        return replace(
            taken,
            settings={**self.settings, **other.settings},
            words={
                language: {**self.words.get(language, {}), **other.words.get(language, {})}
                for language in (*self.words, *(language for language in other.words if language not in self.words))
            },
            story=other.story or self.story,
        )

    def counts(self) -> dict[str, object]:
        """How much it holds of each part, for the log."""
        return {
            "files": len(self.files), "settings": len(self.settings), "audiences": len(self.audiences),
            "words": sum(len(own) for own in self.words.values()), "story": len(self.story),
            "ladders": len(self.ladders),
        }  # fmt: skip

    def words_alone(self) -> "Recipe":
        """What is left of it when a client's data are put away: the words of the trade."""
        return Recipe(words=self.words)

    def for_others(self) -> "Recipe":
        """As it goes to a file: counts belong to the data they were made on and stay here."""
        return replace(self, audiences=tuple(SavedAudience(known.name, known.link) for known in self.audiences))


def read(folder: Path) -> Recipe:
    """The recipe in a workspace's folder; an empty one where there is none. Raises UsageError for a damaged file."""
    path = folder / FILE
    return from_text(path.read_text(encoding="utf-8")) if path.is_file() else Recipe()


def write(folder: Path, recipe: Recipe) -> None:
    """Replace the recipe in a workspace's folder, in one step."""
    temporary = folder / f"{FILE}.new"
    with temporary.open("w", encoding="utf-8") as file:
        file.write(to_text(recipe))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / FILE)


def to_text(recipe: Recipe) -> str:
    """The recipe as JSON that people can read and compare."""
    return json.dumps({"kundkompass_recipe": FORMAT, **asdict(recipe)}, ensure_ascii=False, indent=1) + "\n"


def from_text(text: str) -> Recipe:
    """The recipe of a text. Raises UsageError that says which part cannot be read; nothing of it is used then."""
    if len(text.encode()) > MAX_BYTES:
        raise UsageError("recipe.too_big")
    try:
        raw = json.loads(text)
    except ValueError:
        raise UsageError("recipe.not_a_recipe") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("kundkompass_recipe"), int):
        raise UsageError("recipe.not_a_recipe")
    if raw["kundkompass_recipe"] > FORMAT:
        raise UsageError("recipe.too_new")
    return Recipe(
        files=tuple(_memory(part) for part in _parts(raw, "files")),
        settings=_texts(raw.get("settings", {}), "settings"),
        words={language: _own_words(language, own) for language, own in _mapping(raw, "words").items()},
        audiences=tuple(_saved(part) for part in _parts(raw, "audiences")),
        story=tuple(_finding(part) for part in _parts(raw, "story")),
        ladders=tuple(_lock(part) for part in _parts(raw, "ladders")),
    )


def _bad(part: str) -> UsageError:
    return UsageError("recipe.bad_part", part=part)


def _mapping(raw: Mapping[str, Any], part: str) -> Mapping[str, Any]:
    found = raw.get(part, {})
    if not isinstance(found, dict):
        raise _bad(part)
    return found


def _parts(raw: Mapping[str, Any], part: str) -> Sequence[Mapping[str, Any]]:
    found = raw.get(part, [])
    if not isinstance(found, list) or len(found) > _MAX_PARTS or not all(isinstance(entry, dict) for entry in found):
        raise _bad(part)
    return found


def _text(value: object, part: str) -> str:
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        raise _bad(part)
    return value


def _texts(value: object, part: str) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > _MAX_PARTS:
        raise _bad(part)
    return {_text(name, part): _text(text, part) for name, text in value.items()}


def _own_words(language: str, raw: object) -> dict[str, str]:
    own = _texts(raw, "words")
    for term, forms in own.items():
        terms.read(language, term, forms)
    return own


def _memory(raw: Mapping[str, Any]) -> FileMemory:
    columns, mapping = raw.get("columns"), raw.get("mapping", {})
    if not isinstance(columns, list) or not isinstance(mapping, dict):
        raise _bad("files")
    options = _texts(raw.get("options", {}), "files")
    kind = _text(raw.get("kind"), "files")
    labels = {_text(name, "files"): None if label is None else _text(label, "files") for name, label in mapping.items()}
    # What the reader would refuse is refused now, with the same sentence, and not in the middle of a load.
    ReadOptions.parse({**options, **{f"map.{name}": label or "" for name, label in labels.items()}}, kind=kind)
    return FileMemory(kind, tuple(_text(label, "files") for label in columns), labels, options)


def _saved(raw: Mapping[str, Any]) -> SavedAudience:
    name, link = _text(raw.get("name"), "audiences"), _text(raw.get("link"), "audiences")
    counts = raw.get("n_customers"), raw.get("n_before")
    if not name or not all(count is None or isinstance(count, int) for count in counts):
        raise _bad("audiences")
    audience.parse(link)
    return SavedAudience(name, link, counts[0], _text(raw.get("data_key", ""), "audiences"), counts[1])


def _lock(raw: Mapping[str, Any]) -> LockedBounds:
    names = ("basis", "window_kind", "window", "bounds", "proposed", "locked_on")
    found = LockedBounds(**{name: _text(raw.get(name), "ladders") for name in names})
    try:
        return checked(found)
    except (UsageError, ValueError):
        raise _bad("ladders") from None


def _finding(raw: Mapping[str, Any]) -> Finding:
    return Finding(
        _text(raw.get("page"), "story"), _texts(raw.get("view", {}), "story"),
        _text(raw.get("title", ""), "story"), _text(raw.get("note", ""), "story"),
    )  # fmt: skip
