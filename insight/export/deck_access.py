"""What a deck needs beyond what is seen: the language of its text, a description of every chart and table.

A screen reader speaks them; the program spells text by its language and not by the reader's own.
"""

from collections.abc import Iterator
from typing import Any

from pptx.oxml.ns import qn

from insight.export.deck_xml import element
from insight.i18n.catalog import Words

_TAGS = {"sv": "sv-SE", "en": "en-GB"}


def describe(frame: Any, said: str) -> None:
    """Give a chart or a table on a slide the sentence that is read aloud in its place."""
    frame._element.nvGraphicFramePr.cNvPr.set("descr", said)


def described(frame: Any) -> str:
    """The sentence that is read aloud in place of a chart or a table; '' for none."""
    return frame._element.nvGraphicFramePr.cNvPr.get("descr") or ""


def finish(deck: Any, words: Words) -> None:
    """Name the language of all text, and describe by its slide's title what has no description of its own."""
    tag = _TAGS[words.language]
    deck.core_properties.language = tag
    for slide in deck.slides:
        title = slide.shapes.title
        for shape in slide.shapes:
            if shape.has_chart:
                _tell_chart(shape.chart, tag)
            if (shape.has_chart or shape.has_table) and not described(shape) and title is not None:
                describe(shape, title.text_frame.text)
        for tree in _trees(slide):
            _tell(tree, tag)


def _trees(slide: Any) -> Iterator[Any]:
    yield slide._element
    if slide.has_notes_slide:
        yield slide.notes_slide._element


def _tell(tree: Any, tag: str) -> None:
    for run in tree.iter(qn("a:r"), qn("a:br")):
        run.get_or_add_rPr().set("lang", tag)
    for end in tree.iter(qn("a:endParaRPr")):
        end.set("lang", tag)


def _tell_chart(chart: Any, tag: str) -> None:
    """The chart's language stands right after its date system, and on the text it writes itself."""
    space = chart._chartSpace
    told = space.find(qn("c:lang"))
    if told is None:
        told = element("c:lang")
        space.insert(1 if space[0].tag == qn("c:date1904") else 0, told)
    told.set("val", tag)
    for text in space.iter(qn("a:defRPr"), qn("a:endParaRPr")):
        text.set("lang", tag)
    for run in space.iter(qn("a:r")):
        run.get_or_add_rPr().set("lang", tag)
