"""The look as numbers: every colour, size and line width, in one place.

Pages (`.streamlit/config.toml`, compared by a test), Plotly, ECharts and PowerPoint all take their values from here.
Better is `accent`, worse is `loss`, whatever is only there for comparison is `grey`: a hue without a meaning has no
place in a chart.
"""

from dataclasses import dataclass, replace
from typing import Literal

SegmentState = Literal["core", "growing", "at_risk", "dormant", "lost"]

BODY_FONT = "IBM Plex Sans"
# Source Serif 4, by the name under which Streamlit ships and serves it.
HEADING_FONT = "Source Serif"

# The lighter half of a two-sided bar (share of customers) is the segment's own colour at this strength.
HALF_STRENGTH = 0.45
# In presentation mode charts grow at least so much; where the root size grows more, as on a large screen, they follow.
PROJECTOR_SCALE = 1.25


@dataclass(frozen=True)
class Palette:
    """The colours of one theme, as `#RRGGBB`. Scales run from low to high, the diverging one from worse to better."""

    dark: bool
    page: str
    panel: str
    sidebar: str
    ink: str
    ink2: str
    rule: str
    table_rule: str
    accent: str
    accent_tint: str
    loss: str
    loss_tint: str
    amber: str
    amber_tint: str
    grey: str
    ghost: str
    primary: str
    band_strength: float
    growing_step: int
    sequential: tuple[str, ...]
    diverging: tuple[str, ...]
    categories: tuple[str, ...]

    @property
    def has_own_hues(self) -> bool:
        """Whether better is petrol and worse rust: a client's colours are not called so."""
        return (self.accent, self.loss) in ((LIGHT.accent, LIGHT.loss), (DARK.accent, DARK.loss))

    @property
    def band(self) -> str:
        """Confidence band: the hue of its line, thin enough that gridlines and points show through."""
        return alpha(self.accent, self.band_strength)

    def segment(self, state: SegmentState) -> str:
        """Colour of a segment by its state; two segments of one state share it, since the hue means the state."""
        return {
            "core": self.accent,
            "growing": self.sequential[self.growing_step - 1],
            "at_risk": self.loss,
            "dormant": self.grey,
            "lost": self.grey,
        }[state]

    def steps(self, count: int) -> tuple[str, ...]:
        """Colours of `count` ordered steps, lowest first; four of them are the sequential colours 3, 5, 7 and 9."""
        first, last = 2 / 9, 8 / 9
        if count == 1:
            return (blend(self.sequential, last),)
        return tuple(blend(self.sequential, first + (last - first) * step / (count - 1)) for step in range(count))

    def change_colour(self, value: float, limit: float) -> str:
        """Diverging colour of a change, symmetric about 0; `limit` is the size that gets the strongest colour."""
        return blend(self.diverging, 0.5 if limit <= 0 else (value / limit + 1) / 2)


LIGHT = Palette(
    dark=False,
    page="#FCFBF8",
    panel="#F4F1EA",
    sidebar="#F4F1EA",
    ink="#171614",
    ink2="#5B574F",
    rule="#E2DDD3",
    table_rule="#F0ECE4",
    accent="#0B5A72",
    accent_tint="#E3EFF1",
    loss="#AF4419",
    loss_tint="#FAE9E1",
    amber="#7A5400",
    amber_tint="#FBF1DA",
    grey="#8C877C",
    ghost="#CFC9BC",
    primary="#0B5A72",
    band_strength=0.14,
    growing_step=5,
    sequential=(
        "#EBF6F7", "#CBE2E5", "#AACFD5", "#8ABBC5", "#6AA7B5", "#4C93A5", "#307F94", "#1B6A80", "#10566A", "#0D4253",
    ),
    diverging=(
        "#7B3618", "#A64F2B", "#C97655", "#E2A892", "#F1DAD1", "#CFE4EB", "#8EC1D1", "#4F9BB2", "#22778E", "#0D5668",
    ),
    categories=("#0B5A72", "#D9A13B", "#8C5A9E", "#7DB7C9", "#8C877C"),
)  # fmt: skip

DARK = Palette(
    dark=True,
    page="#13181B",
    panel="#1C2327",
    sidebar="#0E1214",
    ink="#EEECE6",
    ink2="#AEB4B4",
    rule="#313A3F",
    table_rule="#20282C",
    accent="#63BCD3",
    accent_tint="#173038",
    loss="#F09A73",
    loss_tint="#3A231A",
    amber="#E3B957",
    amber_tint="#352B14",
    grey="#7F898C",
    ghost="#4A555A",
    # Deeper than the accent: white text on a filled button needs 4.5, and bright petrol gives 2.2.
    primary="#217D96",
    band_strength=0.20,
    growing_step=6,
    sequential=(
        "#192930", "#1E3C46", "#244F5C", "#2C6372", "#347788", "#3E8D9D", "#4EA2B2", "#65B7C5", "#84CBD5", "#ABDDE3",
    ),
    diverging=(
        "#F6A884", "#DE8458", "#B56239", "#80472B", "#483025", "#233B42", "#2A606F", "#3C879B", "#58ACC3", "#7BCBE2",
    ),
    categories=("#63BCD3", "#E8B04A", "#9A5FA8", "#236578", "#7F898C"),
)  # fmt: skip

# Slides take the light column on white paper, since projectors and printers show warm paper as a stain.
SLIDES = replace(LIGHT, page="#FFFFFF")
# accent 1 to 6 of a PowerPoint theme: accent, loss, grey, amber, plum, sky
SLIDE_ACCENTS = (LIGHT.accent, LIGHT.loss, LIGHT.grey, "#D9A13B", "#8C5A9E", "#7DB7C9")
# What PowerPoint shows where the app's two faces are not installed.
SLIDE_HEADING_FONT = "Georgia"
SLIDE_BODY_FONT = "Arial"


@dataclass(frozen=True)
class Sizes:
    """Pixels in charts, made for 970 px of width. Nothing that is read goes under 14."""

    tick: int = 14
    label: int = 15
    value: int = 16
    strong: int = 17
    line: float = 3.0
    comparison_line: float = 2.0
    line_marker: float = 7.0
    dot: float = 15.0
    dot_rim: float = 2.0
    whisker: float = 4.0
    zero_line: float = 1.5
    chosen_outline: float = 2.5
    cell_gap: float = 3.0
    bar_row: int = 50
    matrix_row: int = 72
    line_height: int = 330
    dots_height: int = 330
    stair_height: int = 340


def palette(dark: bool) -> Palette:
    """The colours of the dark or the light theme."""
    return DARK if dark else LIGHT


def sizes(scale: float = 1.0) -> Sizes:
    """Chart sizes; `scale` as the page around the charts has it: PROJECTOR_SCALE on a projector, more on a wall."""
    return Sizes(
        **{
            name: round(value * scale) if isinstance(value, int) else value * scale
            for name, value in vars(Sizes()).items()
        }
    )


def alpha(colour: str, strength: float) -> str:
    """`colour` as CSS rgba with `strength` 0..1: for bands and the lighter half of two-sided bars."""
    red, green, blue = _channels(colour)
    return f"rgba({red}, {green}, {blue}, {strength:g})"


def blend(scale: tuple[str, ...], position: float) -> str:
    """Colour at `position` 0..1 on a scale of even steps, mixed in RGB between two of them as ECharts and Plotly do."""
    place = min(max(position, 0.0), 1.0) * (len(scale) - 1)
    below = min(int(place), len(scale) - 2)
    share = place - below
    mixed = (
        round(low + (high - low) * share)
        for low, high in zip(_channels(scale[below]), _channels(scale[below + 1]), strict=True)
    )
    return "#" + "".join(f"{channel:02X}" for channel in mixed)


def contrast(one: str, other: str) -> float:
    """Contrast ratio 1..21 of two colours (WCAG 2.2, relative luminance)."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def text_on(colour: str) -> str:
    """White or black, whichever reads better on `colour`: at least 4.58 on any colour there is."""
    return max("#FFFFFF", "#000000", key=lambda text: contrast(text, colour))


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    linear = [
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (channel / 255 for channel in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
