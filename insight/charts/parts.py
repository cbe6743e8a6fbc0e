"""Points that hold only part of their time, such as a month that has just begun: which they are, what they are called.

A part drawn as a whole falls towards zero and frightens a room; so it is drawn apart and named by its days.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import numpy as np

from insight.charts.subject import Floats, Subject, as_date

_DAY = "d MMM"


def of(subject: Subject, rows: Iterable[int]) -> list[bool]:
    """For each of the rows whether its point holds only part of its time."""
    return [_days(subject, row) is not None for row in rows]


def words(subject: Subject, row: int) -> str:
    """The days of a part: 't.o.m. 9 nov', 'fr.o.m. 12 mars' or '5–9 nov'; '' for a point that is whole."""
    days = _days(subject, row)
    if days is None:
        return ""
    first, last = days
    own = subject.words
    if first.day == 1:
        return own.t("chart.to_day", day=own.day(last, form=_DAY))
    if (last + timedelta(days=1)).day == 1:
        return own.t("chart.from_day", day=own.day(first, form=_DAY))
    return own.t("chart.between_days", first=first.day, last=own.day(last, form=_DAY))


def by_place(subject: Subject) -> dict[object, str]:
    """The days of every part by its cell along the axis."""
    cells = [as_date(cell) or cell for cell in subject.table[subject.chart.x].tolist()]
    named = {cell: words(subject, row) for row, cell in enumerate(cells)}
    return {cell: said for cell, said in named.items() if said}


def solid(values: Floats, partial: Sequence[bool]) -> Floats:
    """The values of the whole points, a gap at every part."""
    return np.where(partial, np.nan, values)


def strokes(places: Floats, values: Floats, partial: Sequence[bool]) -> tuple[Floats, Floats]:
    """The stretches of a line that lead to or from a part, as separate strokes."""
    x: list[float] = []
    y: list[float] = []
    for at in range(1, len(values)):
        if partial[at - 1] or partial[at]:
            x += [places[at - 1], places[at], np.nan]
            y += [values[at - 1], values[at], np.nan]
    return np.array(x), np.array(y)


def _days(subject: Subject, row: int) -> tuple[date, date] | None:
    columns = subject.chart.part
    if columns is None:
        return None
    first, last = (as_date(subject.table[column].iloc[row]) for column in columns)
    return None if first is None or last is None else (first, last)
