"""Numbers on figures: one unit and one precision for a whole figure, and round ticks, in the reader's language."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from insight.i18n.catalog import MINUS, Words
from insight.result import Unit

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Scale:
    """How a figure writes the values of one measure: divided, rounded, and with what before and after."""

    words: Words
    divisor: float
    decimals: int
    before: str = ""
    after: str = ""

    def plain(self, value: float, *, signed: bool = False) -> str:
        """The number alone: '24,1'. A value that rounding would hide keeps the decimals that show it."""
        if not math.isfinite(value):
            return "–"
        scaled, decimals = value / self.divisor, self.decimals
        while scaled and abs(scaled) < 0.5 * 10**-decimals and decimals < self.decimals + 2:
            decimals += 1
        return self.words.number(Decimal(repr(float(scaled))), 0 if scaled == 0 else decimals, signed=signed)

    def full(self, value: float, *, signed: bool = False) -> str:
        """The number with its unit: '24,1 mn kr', 'SEK 24.1m'."""
        text = self.plain(value, signed=signed)
        if not math.isfinite(value):
            return text
        if self.divisor > 1 and abs(value) < 0.05 * self.divisor:
            # 1 000 kr among millions says more than 0,001 mn kr, and 0 kr more than 0 mn kr.
            return self.words.money(value, signed=signed)
        sign, digits = (text[0], text[1:]) if text[:1] in (MINUS, "+") else ("", text)
        return f"{sign}{self.before}{digits}{self.after}"

    @property
    def percent(self) -> bool:
        """Whether the unit is the per cent sign, which follows every number instead of being said once."""
        return self.after.endswith("%")

    def label(self, value: float, *, signed: bool = False) -> str:
        """The number as a mark carries it where the unit is said elsewhere; per cent keeps its sign."""
        return self.full(value, signed=signed) if self.percent else self.plain(value, signed=signed)

    @property
    def unit(self) -> str:
        """The unit as a word of its own, empty where there is none to say: 'Mn kr', 'SEK m', 'Dagar'."""
        if self.percent:
            return ""
        text = f"{self.before}{self.after}".strip()
        return text[:1].upper() + text[1:]

    def ticks(self, values: Sequence[float], *, signed: bool = False, last_full: bool = False) -> list[str]:
        """Tick labels, as many decimals as the ticks themselves need; with `last_full` the last one says the unit."""
        scaled = [value / self.divisor for value in values]
        decimals = next((d for d in range(4) if all(abs(v - round(v, d)) < 1e-9 for v in scaled)), 4)
        even = Scale(self.words, self.divisor, decimals, self.before, self.after)
        texts = [even.label(value, signed=signed) for value in values]
        return [*texts[:-1], even.full(values[-1], signed=signed)] if last_full and texts else texts


def scale_for(words: Words, unit: Unit, values: Sequence[float]) -> Scale:
    """The scale that suits all these values of a unit: millions from a million up, per cent for ratios."""
    finite = [value for value in values if math.isfinite(value)]
    top = max((abs(value) for value in finite), default=0.0)
    whole = all(value == round(value) for value in finite)
    if unit == "money":
        return _money(words, top, whole)
    if unit == "ratio":
        before, _, after = words.percent(1).partition("100")
        close = bool(finite) and max(finite) - min(finite) < 0.05
        return Scale(words, 0.01, 1 if top < 0.1 or close else 0, before, after)
    if unit in ("days", "months"):
        before, _, after = words.t(f"unit.{unit}.value", value="1").partition("1")
        return Scale(words, 1.0, 0 if top >= 10 else 1, before, after)
    if unit == "count" or whole:
        return Scale(words, 1.0, 0 if whole else 1)
    if unit == "points":
        return Scale(words, 1.0, 0 if top >= 30 else 1)
    return Scale(words, 1.0, 0 if top >= 100 else 1 if top >= 10 or unit == "score" else 2)


def _money(words: Words, top: float, whole: bool) -> Scale:
    # The catalogue knows where currency and 'mn' stand; what surrounds a known number is what surrounds any.
    for size in (1e9, 1e6):
        if top >= size:
            before, _, after = words.money(int(size)).partition(words.number(1, 1))
            return Scale(words, size, 1, before, after)
    before, _, after = words.amount(1).partition("1")
    return Scale(words, 1.0, 0 if top >= 100 or whole else 1, before, after)


def round_ticks(low: float, high: float, about: int = 4) -> list[float]:
    """At most `about` round numbers between low and high, evenly apart, 0 among them where it lies between."""
    if not high > low:
        return [low]
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    for step in (factor * power * raised for raised in (1.0, 10.0) for factor in _STEPS):
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first + 1 <= about:
            return [round(place * step, 12) for place in range(first, last + 1)]
    return [low, high]
