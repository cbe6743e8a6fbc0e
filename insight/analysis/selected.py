"""What an answer must say of itself within a selection: that its shares are the selection's, and how that was made."""

from insight.result import Note
from insight.workspace.engine import Query


def of_scope(query: Query, key: str) -> str:
    """The catalogue key of a sentence about shares: within a selection it has words that say of what they are."""
    return f"{key}_within" if query.scoped else key


def chosen_by_step(query: Query) -> bool:
    """Whether the scope was made, wholly or in part, from where its customers stood on the ladder or how they moved."""
    return any(analysis.startswith("ladder.") for analysis, _, _ in query.scope_marks)


# Questions whose groups are made from what customers have bought.
_BY_SPEND = ("ladder.", "segments.", "concentration.", "nps.by_step")


def spend_notes(query: Query) -> tuple[Note, ...]:
    """That a scope made by purchases narrows what NPS is held against; nothing for others."""
    chosen = any(analysis.startswith(_BY_SPEND) for analysis, _, _ in query.scope_marks)
    return (Note("chosen_by_spend", {}, "warning"),) if chosen else ()


def movement_notes(query: Query) -> tuple[Note, ...]:
    """That growth or fall in a scope made by steps or movement follows from how it was made; nothing for others."""
    return (Note("chosen_by_movement", {}, "warning"),) if chosen_by_step(query) else ()
