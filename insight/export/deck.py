"""Answers as a PowerPoint deck: native charts that can be edited, the finding as headline, the basis in the foot."""

import io
from collections.abc import Callable, Sequence

from pptx import Presentation

from insight.export import deck_access, deck_slides, deck_whom
from insight.export.deck_look import look_of
from insight.export.deck_slides import Desk
from insight.export.deck_template import client_paper, own_paper
from insight.export.item import Item
from insight.i18n.catalog import Words

Told = Callable[[float], None]


def build(
    items: Sequence[Item], words: Words, *, title: str = "", about: str = "", template: bytes | None = None,
    summary_only: bool = False, told: Told | None = None,
) -> bytes:  # fmt: skip
    """A deck (.pptx) of the answers, in the words' language.

    items: what goes on the slides, in order, one slide each. Questions without an answer stand together on a slide of
    their own after the answers, each with its reason; a question that is asked alone has a slide that says why.
    Before them stand an opening slide and, for more than one, the one-page summary; after them the definitions. Both
    name the selection that all answers share; where they differ, the summary names each finding's.
    title, about: the opening slide's headline and the line under it (whose data, until when); ours where empty.
    template: a client's .pptx or .potx to write on, with its layouts, colours, fonts and slide size; our own 16:9
    template without one. summary_only: only the one-page summary. told: called with the share that is done, 0..1.

    Raises UsageError when the template cannot be used. The figures are the Results', cell for cell.
    """
    paper = client_paper(template) if template is not None else own_paper()
    desk = Desk(paper, look_of(paper), words)
    if summary_only:
        deck_slides.summary(desk, items, about)
    else:
        deck_slides.opening(desk, title or words.t("pack.title"), about, deck_whom.shared(items, words))
        if len(items) > 1:
            deck_slides.summary(desk, items, about)
        unanswered = [item for item in items if not item.results] if len(items) > 1 else []
        for place, item in enumerate(items, start=1):
            if not any(item is other for other in unanswered):
                deck_slides.finding(desk, item)
            if told is not None:
                told(place / len(items))
        deck_slides.without_answer(desk, unanswered)
        deck_slides.definitions(desk, items)
    deck_access.finish(paper.deck, words)
    paper.deck.core_properties.title = title or words.t("pack.title")
    paper.deck.core_properties.author = "Kundkompass"
    out = io.BytesIO()
    paper.deck.save(out)
    return out.getvalue()


def slide_count(made: bytes) -> int:
    """How many slides a finished deck has, as the program that opens it counts them: cover and definitions too."""
    return len(Presentation(io.BytesIO(made)).slides)
