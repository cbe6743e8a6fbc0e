"""The paper of a deck: our own 16:9 template, made here in code, or a client's, with its slides taken out."""

import io
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import pptx
from pptx import Presentation
from pptx.exc import PythonPptxError
from pptx.opc.oxml import serialize_part_xml
from pptx.oxml import parse_xml
from pptx.oxml.ns import qn
from pptx.presentation import Presentation as Deck
from pptx.slide import SlideLayout
from pptx.util import Emu, Inches, Length

from insight.charts.theme import LIGHT, SLIDE_ACCENTS, SLIDE_BODY_FONT, SLIDE_HEADING_FONT, SLIDES
from insight.errors import UsageError
from insight.export.deck_xml import child

MOST_BYTES = 60_000_000
_MOST_UNPACKED = 400_000_000
WIDTH, HEIGHT = Inches(40 / 3), Inches(7.5)
MARGIN = Inches(0.6)
EYEBROW, FOOT = 13, 14
_TITLES = ("title", "ctrTitle")
_FURNITURE = ("dt", "ftr", "sldNum")
_TEMPLATE_TYPE = b"application/vnd.openxmlformats-officedocument.presentationml.template.main+xml"
_DECK_TYPE = b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
_SPACES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
)


@dataclass(frozen=True)
class Box:
    """A place on a slide, in EMU."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The lower edge."""
        return self.top + self.height

    def part(self, *, top: int = 0, height: int | None = None, left: int = 0, width: int | None = None) -> "Box":
        """A part of it, counted from its upper left corner."""
        return Box(
            self.left + left, self.top + top, self.width - left if width is None else width,
            self.height - top if height is None else height,
        )  # fmt: skip


@dataclass(frozen=True)
class Paper:
    """A presentation without slides, and which of its layouts carry what.

    own: whether it is our template (its layouts have places for eyebrow and foot). body: where a client's template
    wants content, and on ours everything between headline and foot.
    """

    deck: Deck
    own: bool
    opening: SlideLayout
    finding: SlideLayout
    prose: SlideLayout
    body: Box

    @property
    def size(self) -> Box:
        """The whole slide."""
        return Box(0, 0, int(self.deck.slide_width or WIDTH), int(self.deck.slide_height or HEIGHT))


def own_paper() -> Paper:
    """An empty presentation on our own template."""
    deck = Presentation(io.BytesIO(_own_file()))
    by_name = {layout.name: layout for layout in deck.slide_layouts}
    body = Box(MARGIN, Inches(1.66), WIDTH - 2 * MARGIN, Inches(4.76))
    return Paper(deck, True, by_name["Title"], by_name["Finding"], by_name["Text"], body)


# --- a client's template ----------------------------------------------------------------------------------------------


def client_paper(content: bytes) -> Paper:
    """An empty presentation on a client's template (.pptx or .potx). Raises UsageError for a file that is no template.

    Its slides, sections and custom shows go; masters, layouts, colours, fonts and slide size stay.
    """
    deck = _opened(content)
    _without_slides(deck)
    layouts = [layout for master in deck.slide_masters for layout in master.slide_layouts]
    titled = [layout for layout in layouts if _placeholders(layout) & {*_TITLES}]
    if not titled:
        raise UsageError("pack.template_without_titles")
    finding = min(titled, key=_extra_for_finding)
    prose = min(titled, key=_extra_for_prose)
    opening = next((layout for layout in titled if _kind(layout) == "title"), titled[0])
    return Paper(deck, False, opening, finding, prose, _content_box(deck, finding, prose))


def _opened(content: bytes) -> Deck:
    if len(content) > MOST_BYTES:
        raise UsageError("pack.template_too_big", limit=MOST_BYTES // 1_000_000)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MOST_UNPACKED:
                raise UsageError("pack.template_too_big", limit=MOST_BYTES // 1_000_000)
            types = archive.read("[Content_Types].xml")
        if _TEMPLATE_TYPE in types:
            content = _rezipped(content, {"[Content_Types].xml": types.replace(_TEMPLATE_TYPE, _DECK_TYPE)})
        return Presentation(io.BytesIO(content))
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, NotImplementedError, RuntimeError) as error:
        raise UsageError("pack.template_not_read") from error
    except (PythonPptxError, SyntaxError) as error:
        raise UsageError("pack.template_not_read") from error


def _without_slides(deck: Deck) -> None:
    presentation: Any = deck.element
    slides = presentation.get_or_add_sldIdLst()
    for slide in list(slides):
        deck.part.drop_rel(slide.rId)
        slides.remove(slide)
    # Sections and custom shows name slides by number; a deck that keeps them without the slides asks to be repaired.
    for name in ("p:custShowLst", "p:extLst"):
        found = presentation.find(qn(name))
        if found is not None:
            presentation.remove(found)


def _kind(layout: SlideLayout) -> str:
    return str(layout.element.get("type") or "")


def _placeholders(layout: SlideLayout) -> set[str]:
    return {str(holder.element.ph.get("type") or "obj") for holder in layout.placeholders}


def _extra(layout: SlideLayout) -> int:
    """How many places there are on it besides headline, date, footer and number."""
    kinds = [str(holder.element.ph.get("type") or "obj") for holder in layout.placeholders]
    return sum(1 for kind in kinds if kind not in (*_TITLES, *_FURNITURE))


def _extra_for_finding(layout: SlideLayout) -> tuple[bool, bool, int]:
    """A headline alone is best; then the layout with the fewest other places, whatever it is called."""
    return _kind(layout) != "titleOnly", "ctrTitle" in _placeholders(layout), _extra(layout)


def _extra_for_prose(layout: SlideLayout) -> tuple[bool, bool, int]:
    """Headline and one place for text."""
    return _kind(layout) not in ("obj", "tx"), "ctrTitle" in _placeholders(layout), abs(_extra(layout) - 1)


def _box_of(holder: object) -> Box | None:
    edges = [getattr(holder, name, None) for name in ("left", "top", "width", "height")]
    return None if any(edge is None for edge in edges) else Box(*(int(edge or 0) for edge in edges))


def _content_box(deck: Deck, finding: SlideLayout, prose: SlideLayout) -> Box:
    """Where the template itself puts content; without such a place, what is left under the headline."""
    width, height = int(deck.slide_width or WIDTH), int(deck.slide_height or HEIGHT)
    title = _title_box(finding)
    for holder in (*prose.placeholders, *finding.slide_master.placeholders):
        kind = str(holder.element.ph.get("type") or "obj")
        box = _box_of(holder)
        roomy = box is not None and box.width > width * 0.5 and box.height > height * 0.3
        below = box is not None and (title is None or box.top >= title.top)
        if kind in ("obj", "body") and box is not None and roomy and below:
            bottom = min(box.bottom, height - Inches(0.2))
            return Box(box.left, box.top, min(box.width, width - box.left), bottom - box.top)
    top = title.bottom if title is not None and title.bottom < height * 0.5 else round(height * 0.22)
    edge = round(width * 0.05)
    return Box(edge, top + Inches(0.05), width - 2 * edge, round(height * 0.9) - top)


def _title_box(layout: SlideLayout) -> Box | None:
    found = [h for h in layout.placeholders if str(h.element.ph.get("type") or "obj") in _TITLES]
    return _box_of(found[0]) if found else None


# --- our own template -------------------------------------------------------------------------------------------------


def _rezipped(content: bytes, changed: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, changed.get(name) or source.read(name))
    return out.getvalue()


@cache
def _own_file() -> bytes:
    """The library's empty deck with our theme, our master and three layouts of ours; the other layouts go."""
    plain = (Path(pptx.__file__).parent / "templates" / "default.pptx").read_bytes()
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        theme = archive.read("ppt/theme/theme1.xml")
        master = archive.read("ppt/slideMasters/slideMaster1.xml")
    changed = {
        "ppt/theme/theme1.xml": _theme(theme),
        "ppt/slideMasters/slideMaster1.xml": _master(master),
        "ppt/slideLayouts/slideLayout1.xml": _layout("Title", "title", _OPENING),
        "ppt/slideLayouts/slideLayout2.xml": _layout("Text", "obj", _PROSE),
        "ppt/slideLayouts/slideLayout6.xml": _layout("Finding", "titleOnly", _FINDING),
    }
    deck = Presentation(io.BytesIO(_rezipped(plain, changed)))
    deck.slide_width, deck.slide_height = Emu(WIDTH), Emu(HEIGHT)
    deck.element.find(qn("p:sldSz")).attrib.pop("type", None)
    for layout in list(deck.slide_layouts):
        if layout.name not in ("Title", "Text", "Finding"):
            deck.slide_layouts.remove(layout)
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def _theme(xml: bytes) -> bytes:
    root = parse_xml(xml)
    root.set("name", "Kundkompass")
    colours = root.find(f".//{qn('a:clrScheme')}")
    colours.set("name", "Kundkompass")
    accents = {f"accent{place}": colour for place, colour in enumerate(SLIDE_ACCENTS, start=1)}
    values = {
        "dk1": LIGHT.ink, "lt1": SLIDES.page, "dk2": LIGHT.ink2, "lt2": LIGHT.panel, **accents,
        "hlink": LIGHT.accent, "folHlink": LIGHT.ink2,
    }  # fmt: skip
    for name, colour in values.items():
        entry = colours.find(qn(f"a:{name}"))
        for old in list(entry):
            entry.remove(old)
        child(entry, "a:srgbClr", val=colour.lstrip("#"))
    for part, face in (("majorFont", SLIDE_HEADING_FONT), ("minorFont", SLIDE_BODY_FONT)):
        root.find(f".//{qn(f'a:{part}')}/{qn('a:latin')}").set("typeface", face)
    return serialize_part_xml(root)


@dataclass(frozen=True)
class _Place:
    """A placeholder of a layout: what it is, where, and how its text looks."""

    kind: str
    idx: int
    box: tuple[float, float, float, float]
    size: float
    colour: str = "tx1"
    heading: bool = False
    anchor: str = "t"
    align: str = "l"
    field: str = ""


_WIDE = 40 / 3 - 1.2
_TITLE = _Place("title", 0, (0.6, 0.66, _WIDE, 0.98), 26, heading=True)
_EYEBROW = _Place("body", EYEBROW, (0.6, 0.34, _WIDE, 0.32), 12, "tx2")
_NUMBER = _Place("sldNum", 12, (0.6 + _WIDE - 0.8, 7.13, 0.8, 0.26), 9, "tx2", align="r", field="slidenum")
_FOOTER = _Place("ftr", 11, (8.6, 0.1, 4.13, 0.24), 9, "tx2", align="r")
_FINDING = (_TITLE, _EYEBROW, _Place("body", FOOT, (0.6, 6.5, _WIDE - 0.9, 0.86), 10, "tx2"), _FOOTER, _NUMBER)
_PROSE = (_TITLE, _EYEBROW, _Place("obj", 1, (0.6, 1.66, _WIDE, 5.3), 16), _FOOTER, _NUMBER)
_OPENING = (
    _Place("ctrTitle", 0, (0.6, 2.2, 10.4, 1.7), 40, heading=True, anchor="b"),
    _Place("subTitle", 1, (0.6, 4.15, 10.4, 1.6), 18, "tx2"),
)


def _sp(number: int, place: _Place) -> str:
    """A placeholder as XML, its text style set on it so that new slides of the layout take it over."""
    left, top, width, height = (round(Inches(edge)) for edge in place.box)
    face = "+mj-lt" if place.heading else "+mn-lt"
    index = f' idx="{place.idx}"' if place.idx else ""
    kind = "" if place.kind == "obj" else f' type="{place.kind}"'
    text = (
        '<a:fld id="{C1FF6DA9-008F-8B48-92A6-B652298478BF}" type="slidenum"><a:rPr lang="sv-SE"/><a:t>‹#›</a:t></a:fld>'
        if place.field
        else ""
    )
    bold = ' b="1"' if place.heading else ""
    style = (
        f'<a:lvl1pPr marL="0" indent="0" algn="{place.align}"><a:lnSpc><a:spcPct val="100000"/></a:lnSpc>'
        f'<a:spcBef><a:spcPts val="0"/></a:spcBef><a:buNone/><a:defRPr sz="{round(place.size * 100)}"{bold}>'
        f'<a:solidFill><a:schemeClr val="{place.colour}"/></a:solidFill><a:latin typeface="{face}"/></a:defRPr>'
        "</a:lvl1pPr>"
    )
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="{number}" name={quoteattr(f"{place.kind} {number}")}/>'
        f'<p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr><p:nvPr><p:ph{kind}{index}/></p:nvPr></p:nvSpPr>'
        f'<p:spPr><a:xfrm><a:off x="{left}" y="{top}"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr>'
        f'<p:txBody><a:bodyPr vert="horz" lIns="0" tIns="0" rIns="0" bIns="0" anchor="{place.anchor}">'
        f"<a:normAutofit/></a:bodyPr><a:lstStyle>{style}</a:lstStyle><a:p>{text}"
        '<a:endParaRPr lang="sv-SE"/></a:p></p:txBody></p:sp>'
    )


_GROUP = (
    '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr><a:xfrm>'
    '<a:off x="0" y="0"/><a:ext cx="0" cy="0"/><a:chOff x="0" y="0"/><a:chExt cx="0" cy="0"/></a:xfrm></p:grpSpPr>'
)


def _layout(name: str, kind: str, places: tuple[_Place, ...]) -> bytes:
    shapes = "".join(_sp(number, place) for number, place in enumerate(places, start=2))
    line = _hairline() if kind != "title" else _band()
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><p:sldLayout {_SPACES} type="{kind}" preserve="1">'
        f"<p:cSld name={quoteattr(name)}><p:spTree>{_GROUP}{shapes}{line}</p:spTree></p:cSld>"
        "<p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr></p:sldLayout>"
    ).encode()


def _hairline() -> str:
    """Between what is shown and what it was counted from."""
    return _rect(90, Inches(0.6), Inches(6.42), Inches(_WIDE), Emu(9525), LIGHT.rule)


def _band() -> str:
    """The one piece of colour on the opening slide."""
    return _rect(90, Inches(0.6), Inches(1.72), Inches(0.9), Emu(57150), LIGHT.accent)


def _rect(number: int, left: Length, top: Length, width: Length, height: Length, colour: str) -> str:
    fill = '<a:schemeClr val="accent1"/>' if colour == LIGHT.accent else f'<a:srgbClr val="{colour.lstrip("#")}"/>'
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="{number}" name="Line"/><p:cNvSpPr/><p:nvPr userDrawn="1"/></p:nvSpPr><p:spPr>'
        f'<a:xfrm><a:off x="{int(left)}" y="{int(top)}"/><a:ext cx="{int(width)}" cy="{int(height)}"/></a:xfrm>'
        f'<a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:solidFill>{fill}</a:solidFill><a:ln><a:noFill/></a:ln>'
        "</p:spPr></p:sp>"
    )


def _master(xml: bytes) -> bytes:
    """The master's own placeholders where ours stand, so that a layout the user adds looks like the rest."""
    root = parse_xml(xml)
    tree = root.find(f".//{qn('p:spTree')}")
    for shape in tree.findall(qn("p:sp")):
        tree.remove(shape)
    body = _Place("body", 1, (0.6, 1.66, _WIDE, 4.76), 16)
    date = _Place("dt", 2, (8.8, 7.13, 2.6, 0.26), 9, "tx2", align="r")
    footer = _Place("ftr", 3, _FOOTER.box, 9, "tx2")
    number = _Place("sldNum", 4, _NUMBER.box, 9, "tx2", align="r", field="slidenum")
    for place, part in enumerate((_TITLE, body, date, footer, number), start=2):
        tree.append(parse_xml(_sp(place, part).replace("<p:sp>", f"<p:sp {_SPACES}>", 1)))
    styles = root.find(qn("p:txStyles"))
    title = styles.find(f"{qn('p:titleStyle')}/{qn('a:lvl1pPr')}")
    title.set("algn", "l")
    title.find(qn("a:defRPr")).set("sz", "2600")
    for place, size in enumerate((1600, 1400, 1200, 1200, 1200), start=1):
        level = styles.find(f"{qn('p:bodyStyle')}/{qn(f'a:lvl{place}pPr')}")
        level.find(qn("a:defRPr")).set("sz", str(size))
    return serialize_part_xml(root)
