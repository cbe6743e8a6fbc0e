"""How wide a deck's type is, so that text can be measured before it is written."""

from dataclasses import dataclass

from insight.charts.text import fold, width

# Against the face that widths are measured in; what stands in for a face that is not installed is seldom narrower.
_WIDE = {
    "arial": 1.0, "calibri": 0.94, "aptos": 1.0, "segoe ui": 1.02, "helvetica": 1.0, "open sans": 1.05, "roboto": 1.0,
    "verdana": 1.2, "dejavu sans": 1.2, "tahoma": 1.06, "georgia": 1.1, "century gothic": 1.14, "trebuchet ms": 1.02,
    "times new roman": 0.95, "garamond": 0.92, "cambria": 1.0, "montserrat": 1.16, "poppins": 1.16,
}  # fmt: skip
_UNKNOWN = 1.12
_STRONG = 1.1


def wideness(name: str) -> float:
    """How wide a face is against the measured one; a cautious guess for one that is not known."""
    return _WIDE.get(name.strip().casefold(), _UNKNOWN)


@dataclass(frozen=True)
class Face:
    """The body and heading faces of a deck by their wideness."""

    body: float = 1.0
    heading: float = 1.14

    def width(self, text: str, size: float, *, strong: bool = False) -> float:
        """Points that a line of body text takes."""
        return width(text, size * self.body * (_STRONG if strong else 1.0))

    def lines(self, text: str, room: float, size: float, *, strong: bool = False, heading: bool = False) -> int:
        """How many lines a text takes in `room` points."""
        wider = (self.heading if heading else self.body) * (_STRONG if strong else 1.0)
        return sum(len(fold(part, max(room / wider, 1.0), size)) for part in text.split("\n"))
