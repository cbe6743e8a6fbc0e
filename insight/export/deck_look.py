"""Colours and number formats of a deck: the app's on our own template, a client's own on the client's."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pptx.dml.color import RGBColor
from pptx.enum.dml import MSO_THEME_COLOR
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml import parse_xml
from pptx.oxml.ns import qn
from pptx.util import Inches

from insight.charts.scale import Scale
from insight.charts.theme import SLIDE_ACCENTS, SLIDE_BODY_FONT, SLIDES, Palette, blend, contrast, text_on
from insight.export.deck_face import Face, wideness
from insight.export.deck_template import Paper

_READABLE = 2.2
_ACCENTS = (
    MSO_THEME_COLOR.ACCENT_1, MSO_THEME_COLOR.ACCENT_2, MSO_THEME_COLOR.ACCENT_3, MSO_THEME_COLOR.ACCENT_4,
    MSO_THEME_COLOR.ACCENT_5, MSO_THEME_COLOR.ACCENT_6,
)  # fmt: skip
# Excel's numbers for the two languages: programs that heed them write the separators of the deck's language.
_LOCALES = {"sv": "[$-41D]", "en": "[$-809]"}


@dataclass(frozen=True)
class Look:
    """The palette that charts are drawn with, and which of its colours are the theme's, so that they follow it."""

    palette: Palette
    themed: Mapping[str, MSO_THEME_COLOR]
    face: Face
    scale: float = 1.0

    @property
    def label(self) -> float:
        """Points of the type beside marks."""
        return 11 * self.scale

    @property
    def tick(self) -> float:
        """Points of the type along axes."""
        return 10 * self.scale

    def wide(self, text: str, *, tick: bool = False, strong: bool = False) -> float:
        """Points that a text beside a mark (or along an axis) takes."""
        return self.face.width(text, self.tick if tick else self.label, strong=strong)

    def length(self, inches: float) -> int:
        """A length that is so many inches on a slide of the usual size, in EMU."""
        return round(Inches(inches) * self.scale)

    def paint(self, colour: Any, wanted: str) -> None:
        """Give a colour of the library the wanted `#RRGGBB`, as the theme's colour where it is one."""
        theme = self.themed.get(wanted.upper())
        if theme is None:
            colour.rgb = RGBColor.from_string(wanted.lstrip("#"))
        else:
            colour.theme_color = theme

    def fill(self, thing: Any, wanted: str) -> None:
        """A flat fill."""
        thing.fill.solid()
        self.paint(thing.fill.fore_color, wanted)


def look_of(paper: Paper) -> Look:
    """How the deck looks on that paper."""
    if paper.own:
        palette = SLIDES
        themed = {colour.upper(): theme for colour, theme in zip(SLIDE_ACCENTS, _ACCENTS, strict=True)}
        themed |= {palette.ink: MSO_THEME_COLOR.TEXT_1, palette.ink2: MSO_THEME_COLOR.TEXT_2}
        return Look(palette, themed, Face(wideness(SLIDE_BODY_FONT)))
    theme = _theme(paper)
    colours = _theme_colours(paper, theme)
    page, ink = colours["bg1"], colours["tx1"]
    accents = [colours[f"accent{place}"] for place in range(1, 7)]
    themed = dict(zip(reversed(accents), reversed(_ACCENTS), strict=True))
    strong = [colour for colour in accents if contrast(colour, page) >= _READABLE] or [ink]
    accent = strong[0]
    loss = next((colour for colour in strong if colour != accent), ink)
    palette = replace(
        SLIDES, dark=text_on(page) == "#FFFFFF",
        page=page, panel=blend((page, ink), 0.05), ink=ink, ink2=blend((page, ink), 0.68),
        rule=blend((page, ink), 0.16), table_rule=blend((page, ink), 0.12), accent=accent, loss=loss,
        accent_tint=blend((page, accent), 0.12), loss_tint=blend((page, loss), 0.12), amber=ink,
        grey=blend((page, ink), 0.48), ghost=blend((page, ink), 0.24),
        sequential=tuple(blend((page, accent), 0.10 + 0.10 * step) for step in range(10)),
        diverging=tuple(blend((loss, blend((page, ink), 0.06), accent), step / 9) for step in range(10)),
        categories=(*strong, *accents)[:5], primary=accent,
    )  # fmt: skip
    heading, body = (_face_name(theme, part) for part in ("majorFont", "minorFont"))
    # Small slides are shown as large as others: their type is smaller in points, not on the wall.
    scale = min(max(min(paper.size.width / Inches(10), paper.size.height / Inches(7.5)), 0.5), 2.0)
    face = Face(wideness(body), wideness(heading) * 1.05)
    return Look(palette, {**themed, ink: MSO_THEME_COLOR.TEXT_1}, face, scale)


def _theme(paper: Paper) -> Any:
    master = paper.finding.slide_master
    return parse_xml(master.part.part_related_by(RELATIONSHIP_TYPE.THEME).blob)


def _face_name(theme: Any, part: str) -> str:
    latin = theme.find(f".//{qn(f'a:{part}')}/{qn('a:latin')}")
    return "" if latin is None else str(latin.get("typeface") or "")


def _theme_colours(paper: Paper, theme: Any) -> dict[str, str]:
    """The theme's colours by the names that a slide of the template knows them by (bg1, tx1, accent1 …)."""
    master = paper.finding.slide_master
    scheme = theme.find(f".//{qn('a:clrScheme')}")
    found: dict[str, str] = {}
    for entry in scheme:
        colour = entry[0]
        value = colour.get("lastClr") if colour.tag == qn("a:sysClr") else colour.get("val")
        found[entry.tag.rpartition("}")[2]] = f"#{(value or '000000').upper()}"
    names = dict(master.element.find(qn("p:clrMap")).attrib)
    return {name: found.get(own, "#000000") for name, own in names.items()}


def number_format(measure: Scale, *, full: bool = True, signed: bool = False) -> str:
    """The format of chart labels and cells that writes a figure's values as the app does: `0.0,,"\u00a0mn kr"`.

    full: with the unit; per cent always has it. The separators are those of the program that shows it, where it does
    not heed the language that the format names.
    """
    locale = _LOCALES[measure.words.language]
    body = _with_unit(measure) if full or measure.percent else _digits(measure)
    minus = f'{locale}"\u2212"{body}'
    return f"{locale}+{body};{minus};{locale}{body}" if signed else f"{locale}{body};{minus}"


def finer(measure: Scale, value: float) -> Scale:
    """The scale for a value that `measure` would round to nothing: whole units, or the decimals that show it.

    Nothing itself is 0 kr, not 0,0 mn kr.
    """
    whole = value == 0 and measure.divisor == 1
    if not math.isfinite(value) or whole or abs(value) / measure.divisor >= 0.5 * 10**-measure.decimals:
        return measure
    if measure.divisor > 1:
        before, _, after = measure.words.amount(1).partition("1")
        return replace(measure, divisor=1.0, decimals=0, before=before, after=after)
    return replace(measure, decimals=min(measure.decimals + 2, 4))


def _digits(measure: Scale) -> str:
    thousands = round(math.log(measure.divisor, 1000)) if measure.divisor > 1 else 0
    return "#,##0" + ("." + "0" * measure.decimals if measure.decimals else "") + "," * thousands


def _with_unit(measure: Scale) -> str:
    if measure.percent:
        return f"{_digits(measure)}{_quoted(measure.after.removesuffix('%'))}%"
    return f"{_quoted(measure.before)}{_digits(measure)}{_quoted(measure.after)}"


def _quoted(text: str) -> str:
    return f'"{text}"' if text else ""
