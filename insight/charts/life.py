"""One customer's life on one time line: purchases as stems above, every other kind in a lane of its own below.

The lanes' names with their marks stand at the left and are the legend. A mark's shape tells its kind, its colour
whether it was good or bad; hover says it in words.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from insight.charts import plot, text
from insight.charts.draw import CONTENT_WIDTH
from insight.charts.drawn import Drawn
from insight.charts.scale import round_ticks, scale_for
from insight.charts.subject import Subject
from insight.charts.theme import Palette, alpha, sizes
from insight.i18n.catalog import Words
from insight.result import Chart, Message, Result

# Kinds that share a lane, and the shape of each kind's mark.
LANES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("steps", ("step_up", "step_down")), ("answer", ("answer",)), ("reward", ("reward",)), ("message", ("message",)),
    ("test", ("test",)), ("agreement", ("agreement",)), ("membership", ("membership",)), ("event", ("event",)),
)  # fmt: skip
SYMBOLS: Mapping[str, str] = {
    "purchase": "circle", "return": "circle-open", "step_up": "triangle-up", "step_down": "triangle-down",
    "answer": "square", "reward": "diamond", "message": "line-ns-open", "test": "star", "agreement": "line-ew-open",
    "membership": "pentagon", "event": "x-thin-open", "expected": "circle-open-dot",
}  # fmt: skip
_MONEY = ("purchase", "return")
_LANE, _ABOVE, _DAYS_A_YEAR = 30, 170, 365.25


def draw(
    result: Result, words: Words, palette: Palette, *, until: date, expected: date | None = None, scale: float = 1.0,
    width: int = CONTENT_WIDTH,
) -> Drawn:  # fmt: skip
    """The figure of `customer_life.as_result`, up to `until`; `expected`: the day of the next purchase, if told."""
    subject = Subject(
        result, Chart("columns", x="on", y="amount"), result.table, result.units, words.with_labels(result.labels),
        palette, sizes(scale), scale, width, {},
    )  # fmt: skip
    table = result.table
    lanes = [(name, kinds) for name, kinds in LANES if table["kind"].isin(kinds).any()]
    bought = table[table["kind"].isin(_MONEY)]
    amounts = bought["amount"].astype(float)
    measure = scale_for(words, "money", amounts.tolist() or [0.0])
    low, high = min(0.0, float(amounts.min()) if len(amounts) else 0.0), max(float(amounts.max()), 0.0)
    ticks = round_ticks(low, high or 1.0)
    low, high = min(low, ticks[0]), max(high, ticks[-1], 1.0)
    # Below the money each lane takes as many units of it as makes its share of the pixels.
    unit = (high - low) / _ABOVE * _LANE
    middles = [low - unit * (place + 0.9) for place in range(len(lanes))]
    bottom = low - unit * (len(lanes) + 0.5)
    first, last = _ends(table, until, expected)
    traces = _money(subject, bought, expected)
    for (_, kinds), at in zip(lanes, middles, strict=True):
        traces += _spans(subject, table[table["kind"].isin(kinds)], at, until)
        traces += [
            _marks(subject, table[table["kind"] == kind], kind, at) for kind in kinds if (table["kind"] == kind).any()
        ]
    names = [_lane_name(subject, name, kinds) for name, kinds in lanes]
    left = round(max(text.width(name, subject.sizes.tick) for name in [*names, *measure.ticks(ticks)])) + subject.px(18)
    days, day_words = _calendar(words, first, last)
    below = subject.px(34)
    height = subject.px(_ABOVE + _LANE * (len(lanes) + 0.5)) + subject.px(26) + below
    figure = plot.figure(
        subject, traces, height, (left, subject.px(26), subject.px(16), below),
        xaxis=plot.ticked_axis(subject, first, last, days, day_words, **plot.ruled(subject)),
        yaxis=plot.ticked_axis(
            subject, bottom, high * 1.08, [*ticks, *middles],
            [*measure.ticks(ticks), *(text.for_plotly(name) for name in names)], zeroline=True,
            zerolinecolor=palette.ink2, zerolinewidth=subject.sizes.zero_line, ticklabelstandoff=subject.px(8),
        ),
        annotations=plot.tag(subject, measure.unit, left),
    )  # fmt: skip
    alt = words.t("card.life.alt", n=len(table), kinds=words.list([words.t(f"card.lane.{name}") for name, _ in lanes]))
    return Drawn("plotly", figure, height, (), alt)


def _ends(table: pd.DataFrame, until: date, expected: date | None) -> tuple[float, float]:
    """The first and last day drawn, with some air."""
    days = [day.toordinal() for day in [*table["on"], until, *([expected] if expected else [])]]
    air = max(20, (max(days) - min(days)) * 0.02)
    return min(days) - air, max(days) + air


def _money(subject: Subject, bought: pd.DataFrame, expected: date | None) -> list[plot.Spec]:
    """A stem and a dot a purchase, up or down; a hollow dot on the line where the next one is expected."""
    palette = subject.palette
    traces: list[plot.Spec] = []
    for kind, colour in (("purchase", palette.accent), ("return", palette.loss)):
        rows = bought[bought["kind"] == kind]
        if rows.empty:
            continue
        days = [float(day.toordinal()) for day in rows["on"]]
        amounts = [float(amount) for amount in rows["amount"]]
        traces.append(plot.segments(
            [(day, 0.0) for day in days], list(zip(days, amounts, strict=True)), alpha(colour, 0.55),
            subject.sizes.comparison_line,
        ))  # fmt: skip
        traces.append(_scatter(subject, rows, SYMBOLS[kind], colour, days, amounts, size=9))
    if expected is not None:
        words = subject.words
        hover = subject.plotly_hover([words.day(expected), words.t("card.life.expected")])
        traces.append({
            **_scatter(subject, bought.head(0), SYMBOLS["expected"], palette.ink2, [float(expected.toordinal())], [0.0],
                       size=12),
            "hovertext": [hover],
        })  # fmt: skip
    return traces


def _spans(subject: Subject, rows: pd.DataFrame, at: float, until: date) -> list[plot.Spec]:
    """What lasts: a stroke from its first day to its last, or to the end of the data."""
    lasting = rows[rows["kind"] == "agreement"]
    if lasting.empty:
        return []
    starts = [(float(day.toordinal()), at) for day in lasting["on"]]
    ends = [(float((end or until).toordinal()), at) for end in lasting["until"]]
    return [plot.segments(starts, ends, subject.palette.accent, subject.sizes.whisker)]


def _marks(subject: Subject, rows: pd.DataFrame, kind: str, at: float) -> plot.Spec:
    palette = subject.palette
    colours = {1: palette.accent, 0: palette.grey, -1: palette.loss}
    days = [float(day.toordinal()) for day in rows["on"]]
    tones = [colours[int(tone)] for tone in rows["tone"]]
    return _scatter(subject, rows, SYMBOLS[kind], tones, days, [at] * len(days), size=11)


def _scatter(
    subject: Subject, rows: pd.DataFrame, symbol: str, colour: str | Sequence[str], x: Sequence[float],
    y: Sequence[float], *, size: float,
) -> plot.Spec:  # fmt: skip
    rim = (2, colour) if "open" in symbol else (1, subject.palette.page)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": np.asarray(x, dtype=float),
        "y": np.asarray(y, dtype=float),
        "marker": {
            "symbol": symbol, "size": subject.px(size), "color": colour, "opacity": 1,
            "line": {"width": rim[0], "color": rim[1]},
        },
        "hovertext": [_hover(subject, row) for row in rows.to_dict("records")],
        "hoverinfo": "text",
        "cliponaxis": False,
    }  # fmt: skip


def _hover(subject: Subject, row: Mapping[Any, Any]) -> str:
    """The day, what happened, and its money."""
    words, what = subject.words, row["what"]
    lines = [words.day(row["on"]), words.message(what) if isinstance(what, Message) else str(what)]
    if row["amount"] is not None and row["amount"] == row["amount"]:
        lines.append(words.amount(row["amount"]))
    return subject.plotly_hover(lines)


def _lane_name(subject: Subject, name: str, kinds: Sequence[str]) -> str:
    """'▲▼ Steg': the name with its marks, so that a name is its own legend."""
    glyphs = "".join(_GLYPHS[kind] for kind in kinds)
    return f"{subject.words.t(f'card.lane.{name}')} {glyphs}"


_GLYPHS: Mapping[str, str] = {
    "step_up": "▲", "step_down": "▼", "answer": "■", "reward": "◆", "message": "|", "test": "★", "agreement": "—",
    "membership": "⬟", "event": "×",
}  # fmt: skip


def _calendar(words: Words, first: float, last: float) -> tuple[list[float], list[str]]:
    """Ticks at new years, or at quarters or months where there are few of them."""
    years = (last - first) / _DAYS_A_YEAR
    step = 1 if years < 0.75 else 3 if years < 2.5 else 12
    start, end = date.fromordinal(max(1, int(first))), date.fromordinal(int(last))
    places = [
        date(year, month, 1)
        for year in range(start.year, end.year + 1)
        for month in range(1, 13, step)
        if first <= date(year, month, 1).toordinal() <= last
    ]
    every = max(1, -(-len(places) // 10))
    kept = places[::every]
    return [float(day.toordinal()) for day in kept], [
        str(day.year) if step == 12 else words.month(day) for day in kept
    ]  # fmt: skip
