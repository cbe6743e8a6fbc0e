"""Texts in figures: made harmless, measured, shortened and wrapped. Names come from files and may hold anything."""

import html
import re
import unicodedata

ELLIPSIS = "…"
_LINE_BREAKS = re.compile(r"[\t\r\n\v\f\u2028\u2029]+")
_WORD_JOINER = "\u2060"
# Widths of IBM Plex Sans in shares of the font size, measured on the Regular face and rounded up a little.
_WIDTHS = {"narrow": 0.31, "space": 0.25, "lower": 0.575, "digit": 0.6, "upper": 0.67, "wide": 0.88}
_NARROW, _WIDE = set("iljtfrI.,:;'|!()[]·"), set("mwMW@%…—")
_BOLD = 1.05


def clean(text: object) -> str:
    """One line without control characters and without marks that turn the direction of what follows."""
    line = _LINE_BREAKS.sub(" ", str(text))
    return "".join(c for c in line if unicodedata.category(c) not in ("Cc", "Cs") and c not in _TURNING)


_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def for_plotly(text: str) -> str:
    """Text that Plotly shows as it is: it reads `<b>` and `<a>` as tags and `$…$` as a formula."""
    return html.escape(text, quote=False).replace("$", "&#36;")


def for_echarts(text: str) -> str:
    """Text that ECharts shows as it is: `{b}` in a label is a placeholder, so an invisible mark breaks it."""
    return text.replace("{", "{" + _WORD_JOINER)


def for_tooltip(text: str) -> str:
    """Text inside an ECharts tooltip, which is both a template and HTML."""
    return for_echarts(html.escape(text))


def bold(markup: str) -> str:
    """Bold for Plotly and tooltips; `markup` is already harmless."""
    return f"<b>{markup}</b>"


def width(text: str, size: float, *, strong: bool = False) -> float:
    """Width in pixels that a text takes in the body face at `size` pixels, rather too much than too little."""
    shares = sum(_WIDTHS[_kind(character)] for character in text)
    return shares * size * (_BOLD if strong else 1.0)


def _kind(character: str) -> str:
    if character in (" ", "\u00a0"):
        return "space"
    if character in _NARROW:
        return "narrow"
    if character in _WIDE or unicodedata.east_asian_width(character) in ("W", "F"):
        return "wide"
    if character.isdigit():
        return "digit"
    return "upper" if character.isupper() else "lower"


def shorten(text: str, pixels: float, size: float) -> str:
    """The text, cut with an ellipsis where it is wider than `pixels`."""
    if width(text, size) <= pixels:
        return text
    kept = text
    while kept and width(kept + ELLIPSIS, size) > pixels:
        kept = kept[:-1]
    return kept.rstrip() + ELLIPSIS


def wrap(text: str, pixels: float, size: float, lines: int = 2) -> list[str]:
    """The text in at most `lines` lines of `pixels` each, broken between words, the last one shortened."""
    words, rows = text.split(" "), [""]
    for place, word in enumerate(words):
        longer = f"{rows[-1]} {word}".strip(" ")
        if width(longer, size) <= pixels or not rows[-1]:
            rows[-1] = longer
        elif len(rows) < lines:
            rows.append(word)
        else:
            rows[-1] = " ".join([rows[-1], *words[place:]])
            break
    return [shorten(row, pixels, size) for row in rows]


def fold(text: str, pixels: float, size: float) -> list[str]:
    """The whole text in lines of `pixels`, as many as it takes; a word that is wider than a line is broken."""
    rows = [""]
    for word in text.split(" "):
        longer = f"{rows[-1]} {word}".strip(" ")
        if width(longer, size) <= pixels:
            rows[-1] = longer
            continue
        rows += [""] if rows[-1] else []
        for character in word:
            if rows[-1] and width(rows[-1] + character, size) > pixels:
                rows.append("")
            rows[-1] += character
    return rows
