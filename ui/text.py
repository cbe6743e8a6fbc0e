"""Text for the page: whatever came from a file stays text, wherever Streamlit would read it as markdown."""

import re

# Every ASCII punctuation mark may be escaped in CommonMark, and Streamlit's own marks (:red[], $$, ->) start with one.
# Not so in a number, whose point, comma and per cent mean nothing there: a tooltip would show the escapes.
_MARKS = re.compile(r"(\.(?!(?<=\d\.)\d)|[!-$&-+\-/:-@\[-`{-~])")


def plain(text: object) -> str:
    """The text as it is, in one line, with nothing in it read as markdown: no link, image, icon, colour or formula."""
    return _MARKS.sub(r"\\\1", re.sub(r"\s*[\r\n\u2028\u2029]\s*", " ", str(text)))


def shortened(text: str, most: int) -> str:
    """At most so many characters; what is left out is seen to be."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def grey(text: object) -> str:
    """Small grey text: eyebrow, subtitle, note."""
    return f":gray[:small[{plain(text)}]]"


def strong(text: object) -> str:
    """Text in bold."""
    return f"**{plain(text)}**"


def badge(text: object, colour: str = "gray") -> str:
    """A tinted badge in a line of text."""
    return f":{colour}-badge[{plain(text)}]"
