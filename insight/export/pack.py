"""A meeting pack: the answers that were asked for, each run within its own audience, ready for deck and workbook."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from insight import comparing
from insight.analysis import registry
from insight.audience import Audience, Combined, Pairs, customer_ids, scoped_query
from insight.errors import InsightError, UsageError
from insight.export.item import Item
from insight.i18n.catalog import Words
from insight.result import Result
from insight.words import sentence
from insight.workspace.store import Workspace

PLACEHOLDER = "WORKSPACE"


@dataclass(frozen=True)
class Wanted:
    """A question for the pack: the analysis, what was chosen, whom it speaks of, the presenter's own words.

    beside: whom they are set beside, on the same slide; apart: the two have no customer in common. names: what the two
    are called where the user has names for them; '' leaves it to us.
    """

    analysis: str
    settings: Pairs = ()
    scope: Audience | None = None
    title: str = ""
    note: str = ""
    beside: Audience | None = None
    apart: bool = False
    names: tuple[str, str] = ("", "")


def collect(workspace: Workspace, wanted: Sequence[Wanted], words: Words, *, place: str = PLACEHOLDER) -> list[Item]:
    """Run every question. What the data cannot carry comes back as its refusal, to stand on its slide.

    place: what the command lines in the notes call the workspace. Raises UsageError for an unknown analysis or setting.
    """

    def run(one: Wanted) -> Result:
        with scoped_query(workspace, one.scope) as query:
            return registry.run(query, one.analysis, dict(one.settings))

    @cache
    def size(scope: Audience) -> int:
        return customer_ids(workspace, scope).num_rows

    return [item(one, run, words, size=size, place=place) for one in wanted]


def item(
    one: Wanted, run: Callable[[Wanted], Result], words: Words, *, size: Callable[[Audience], int],
    place: str = PLACEHOLDER,
) -> Item:  # fmt: skip
    """A question's answer, by whoever runs it and counts its customers, with all that its slide says."""
    registry.find(one.analysis)
    own = _side(one, one.scope, run, words, size, place)
    if one.beside is None:
        return replace(own, title=one.title, note=one.note)
    other = _side(one, one.beside, run, words, size, place)
    first, second = (
        given or _name(audience, one, run, words)
        for given, audience in zip(one.names, (one.scope, one.beside), strict=True)
    )
    return replace(
        own, title=one.title, note=one.note, name=first, other=replace(other, name=second), apart=one.apart
    )  # fmt: skip


def _side(
    one: Wanted, scope: Audience | None, run: Callable[[Wanted], Result], words: Words,
    size: Callable[[Audience], int], place: str,
) -> Item:  # fmt: skip
    """The answer for one group."""
    try:
        outcome: Result | InsightError = run(Wanted(one.analysis, one.settings, scope))
    except InsightError as refusal:
        if isinstance(refusal, UsageError) and refusal.key.startswith(("setting.", "audience.")):
            raise
        outcome = refusal
    named = "" if scope is None else sentence(scope, words.with_labels(_labels(scope, run)))
    line = command(one.analysis, one.settings, scope, place=place)
    return Item(one.analysis, outcome, one.settings, named, line, size=_size(scope, size))


def _size(scope: Audience | None, size: Callable[[Audience], int]) -> int | None:
    try:
        return None if scope is None else size(scope)
    except InsightError:
        # The answer refuses for the same reason, and its slide says it.
        return None


def _name(audience: Audience | None, one: Wanted, run: Callable[[Wanted], Result], words: Words) -> str:
    """What a group is called beside another."""
    if audience is None:
        return words.t("compare.all")
    if audience == one.beside and comparing.is_everybody_else(audience, one.scope):
        return words.t("compare.everybody_else")
    return comparing.name_of(audience, words.with_labels(_labels(audience, run)))


def _labels(audience: Audience, run: Callable[[Wanted], Result]) -> Mapping[str, str]:
    """Words for the stable keys in an audience's marks, as its analyses give them."""
    if isinstance(audience, Combined):
        return {key: word for part in audience.parts for key, word in _labels(part, run).items()}
    found = dict(_labels(audience.within, run)) if audience.within else {}
    try:
        return {**found, **run(Wanted(audience.analysis, audience.settings, audience.within)).labels}
    except InsightError:
        # Nothing to name on this data; the slide says the same of the audience itself.
        return found


def command(analysis: str, settings: Pairs, scope: Audience | None, *, place: str = PLACEHOLDER) -> str:
    """The command line that gives the same figures."""
    parts = ["python", "-m", "insight", "run", place, analysis, *(f"{name}={value}" for name, value in settings)]
    if scope is not None:
        parts += ["--scope", scope.link()]
    return shlex.join(parts)
