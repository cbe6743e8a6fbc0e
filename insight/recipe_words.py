"""A recipe in words: what it remembers, a line each, in the reader's language."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from insight.analysis import registry
from insight.audience import parse
from insight.i18n.catalog import Words
from insight.ingest.options import FileMemory
from insight.ingest.schema import TABLES
from insight.ladder_lock import LockedBounds, amounts
from insight.recipe import Finding, Recipe, SavedAudience
from insight.words import sentence

PARTS = ("files", "settings", "ladders", "words", "audiences", "story")
_PERIOD = {"period": "ui.period", "fy": "ui.fiscal_first_month"}


def lines(recipe: Recipe, words: Words, *, page_name: Callable[[Finding], str] | None = None,
          labels: Mapping[str, str] | None = None) -> dict[str, list[str]]:  # fmt: skip
    """What the recipe holds, by its parts in order; a part that holds nothing is left out.

    page_name: what a page of the story is called; its address unless told. labels: words for the marks' keys.
    """
    named = words.with_labels(labels or {})
    found: dict[str, Sequence[str]] = {
        "files": [_file(memory, words) for memory in recipe.files],
        "settings": [setting_line(name, value, words) for name, value in sorted(recipe.settings.items())],
        "ladders": [_lock(lock, words) for lock in recipe.ladders],
        "words": [
            words.t("recipe.word", ours=ours, theirs=theirs.split(",")[0])
            for terms in recipe.words.values()
            for ours, theirs in terms.items()
        ],
        "audiences": [_audience(saved, named) for saved in recipe.audiences],
        "story": [
            words.t("recipe.line", name=place, value=_finding(finding, page_name))
            for place, finding in enumerate(recipe.story, start=1)
        ],
    }
    return {part: list(found[part]) for part in PARTS if found[part]}


def _audience(saved: SavedAudience, words: Words) -> str:
    said = sentence(parse(saved.link), words)
    return said if saved.name == said else words.t("recipe.line", name=saved.name, value=said)


def _lock(lock: LockedBounds, words: Words) -> str:
    """'Försäljning, rullande månader (12): 2 000, 5 000 och 12 000, låsta 2026-11-22'."""
    kind = words.t(f"setting.window_kind.{lock.window_kind}").lower()
    what = f"{words.t(f'setting.basis.{lock.basis}')}, {kind}"
    day = date.fromisoformat(lock.locked_on)
    value = words.t("lock.said", bounds=amounts(lock.bounds), day=day)
    return words.t("recipe.line", name=f"{what} ({lock.window})", value=value)


def _file(memory: FileMemory, words: Words) -> str:
    """'Transaktioner: 3 kolumner; Köpdatum från Dag, Belopp från X17'."""
    known = {field.name: field.sv if words.language == "sv" else field.en for field in TABLES[memory.kind].fields}
    used = [
        words.t("recipe.from_column", field=known[name], column=label)
        for name, label in memory.mapping.items()
        if label is not None and name in known
    ]
    told = words.t("recipe.n_columns", n=len(memory.columns))
    value = words.t("recipe.and_so", first=told, rest=", ".join(used)) if used else told
    return words.t("recipe.line", name=words.t(f"table.{memory.kind}"), value=value)


def setting_line(parameter: str, value: str, words: Words) -> str:
    """'RFM-segment, antal steg: 4' for the parameter `segments.rfm.groups`."""
    owner, _, name = parameter.rpartition(".")
    label = words.t(_PERIOD[name]) if name in _PERIOD else _setting(name, words)
    if owner in registry.analyses():
        label = words.t("recipe.of_question", question=words.t(f"analysis.{owner}.title"), setting=label)
    choice = f"ui.period_{value}" if name == "period" else f"setting.{name}.{value}"
    return words.t("recipe.line", name=label, value=words.t(choice) if words.has(choice) else words.label(value))


def _setting(name: str, words: Words) -> str:
    key = f"setting.{name}.label"
    return words.t(key) if words.has(key) else name


def _finding(finding: Finding, page_name: Callable[[Finding], str] | None) -> str:
    page = page_name(finding) if page_name else finding.page
    return f"{finding.title} ({page})" if finding.title else page
