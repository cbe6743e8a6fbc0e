"""Text on slides: measured, so that it fits its box; smaller where it is long, never cut."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Emu, Pt

from insight.charts.text import clean
from insight.export.deck_face import Face
from insight.export.deck_look import Look
from insight.export.deck_template import Box

LEADING = 1.2
_EMU_PER_POINT = 12_700


@dataclass(frozen=True)
class Line:
    """A paragraph: its text, its size against the box's, and how it looks; `gap` is air above, in lines."""

    text: str
    scale: float = 1.0
    bold: bool = False
    colour: str = ""
    gap: float = 0.0
    heading: bool = False
    right: bool = False


def points(length: int) -> float:
    """EMU as points."""
    return length / _EMU_PER_POINT


def height_of(lines: Sequence[Line], room: float, size: float, face: Face) -> float:
    """Points that the lines take in a box `room` points wide at `size`."""
    total = 0.0
    for line in lines:
        own = size * line.scale
        rows = face.lines(line.text, room, own, strong=line.bold, heading=line.heading)
        total += rows * own * LEADING + line.gap * own
    return total


def fitting(lines: Sequence[Line], box: Box, face: Face, largest: float, smallest: float) -> float:
    """The largest size, in half points, at which the lines fit the box; `smallest` where none does."""
    size, room = largest, points(box.width)
    while size > smallest and (
        height_of(lines, room, size, face) > points(box.height) or _breaks(lines, room, size, face)
    ):
        size -= 0.5
    return max(size, smallest)


def _breaks(lines: Sequence[Line], room: float, size: float, face: Face) -> bool:
    """Whether a word, or a figure with its unit, would have to be broken."""
    return any(
        face.width(word, size * line.scale, strong=line.bold) > room
        for line in lines
        for word in line.text.replace("\n", " ").split(" ")
    )


def kept(lines: Sequence[Line], box: Box, face: Face, size: float) -> list[Line]:
    """The lines that fit at `size`, from the first on: whole paragraphs only."""
    found: list[Line] = []
    for line in lines:
        if height_of([*found, line], points(box.width), size, face) > points(box.height):
            break
        found.append(line)
    return found


def put(
    slide: Any, box: Box, lines: Sequence[Line], look: Look, *, largest: float, smallest: float,
    anchor: MSO_ANCHOR = MSO_ANCHOR.TOP, name: str = "",
) -> Any:  # fmt: skip
    """A text box with the lines at the largest size that fits; sizes are those of a slide of the usual size."""
    shape = slide.shapes.add_textbox(*map(Emu, (box.left, box.top, box.width, box.height)))
    if name:
        shape.name = name
    frame = shape.text_frame
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    frame.vertical_anchor = anchor
    write(frame, lines, look, fitting(lines, box, look.face, largest * look.scale, smallest))
    return shape


def write(frame: Any, lines: Sequence[Line], look: Look, size: float | None) -> None:
    """The lines into a text frame; without `size` in the size that the placeholder has."""
    frame.word_wrap = True
    frame.auto_size = MSO_AUTO_SIZE.NONE if size is not None else MSO_AUTO_SIZE.TEXT_TO_FIT_SHAPE
    for place, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
        runs = add_runs(paragraph, line.text)
        if size is not None:
            own = Pt(round(size * line.scale * 2) / 2)
            for run in runs:
                run.font.size = own
            # A line break has a size of its own, else the usual one, which would push the next line down.
            for broken in paragraph._p.findall(qn("a:br")):
                broken.get_or_add_rPr().set("sz", str(own.centipoints))
            paragraph.line_spacing = 1.0
            paragraph.space_before = Pt(round(line.gap * size * line.scale))
            paragraph.space_after = Pt(0)
        if line.right:
            paragraph.alignment = PP_ALIGN.RIGHT
        for run in runs:
            if line.bold:
                run.font.bold = True
            if line.colour:
                look.paint(run.font.color, line.colour)
            if line.heading:
                run.font.name = "+mj-lt"


def add_runs(paragraph: Any, text: str) -> list[Any]:
    """The text as runs of a paragraph, control characters out, line breaks kept."""
    runs: list[Any] = []
    for place, part in enumerate(text.split("\n")):
        if place:
            paragraph.add_line_break()
        run = paragraph.add_run()
        run.text = clean(part)
        runs.append(run)
    return runs


def inherited_size(holder: Any, fallback: float) -> float:
    """The type size in points that a layout's placeholder gives its text."""
    master = holder.part.slide_layout.slide_master if hasattr(holder.part, "slide_layout") else None
    places = [holder.element.find(f".//{qn('a:lstStyle')}/{qn('a:lvl1pPr')}/{qn('a:defRPr')}")]
    if master is not None:
        places.append(master.element.find(f".//{qn('p:titleStyle')}/{qn('a:lvl1pPr')}/{qn('a:defRPr')}"))
    for place in places:
        if place is not None and place.get("sz"):
            return int(place.get("sz")) / 100
    return fallback
