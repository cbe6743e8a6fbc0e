"""Answers as a PowerPoint deck: native charts that can be edited, the finding as headline, the basis in the foot."""

import io
from collections.abc import Callable, Sequence

from pptx.presentation import Presentation as Deck

from insight.export.deck_template import Paper, client_paper, own_paper
from insight.export.item import Item
from insight.export.tables import basis_lines
from insight.i18n.catalog import Words

Told = Callable[[float], None]


def build(
    items: Sequence[Item], words: Words, *, title: str = "", about: str = "", template: bytes | None = None,
    told: Told | None = None,
) -> bytes:  # fmt: skip
    """A deck (.pptx) of the answers, in the words' language.

    items: what goes on the slides, in order, one slide each; a refusal gives a slide that says why there is no answer.
    title, about: the opening slide's headline and the line under it (whose data, until when); ours where empty.
    template: a client's .pptx or .potx to write on, with its layouts, colours, fonts and slide size; our own 16:9
    template without one. told: called with the share that is done, 0..1.

    Raises UsageError when the template cannot be used. The figures are the Results', cell for cell.
    """
    paper = client_paper(template) if template is not None else own_paper()
    opening = paper.deck.slides.add_slide(paper.opening)
    for holder, text in zip(opening.placeholders, (title or words.t("pack.title"), about), strict=False):
        holder.text_frame.text = text
    for place, item in enumerate(items):
        _finding(paper, item, words)
        if told is not None:
            told((place + 1) / len(items))
    return _saved(paper.deck)


def _finding(paper: Paper, item: Item, words: Words) -> None:
    slide = paper.deck.slides.add_slide(paper.finding)
    result = item.result
    own = words.with_labels(result.labels) if result else words
    shape = slide.shapes.title
    if shape is not None:
        shape.text_frame.text = item.title or own.message(result.headline if result else item.refusal)
    if result:
        lines = [f"{what}: {value}" for what, value in basis_lines(result, words, item.scope)]
        slide.notes_slide.notes_text_frame.text = "\n".join([item.note, *lines, item.command])


def _saved(deck: Deck) -> bytes:
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()
