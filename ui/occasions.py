"""Holidays and campaigns beside a line over time: two notes in the chart, all of them in words below it."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from insight.charts.subject import Annotation
from insight.i18n.catalog import Words
from insight.occasions import Occasion
from insight.result import Chart, Result
from ui import cache, text, view


def of(result: Result, chart: Chart) -> tuple[Occasion, ...]:
    """The occasions that the chart's months cover; none for charts without a line over time."""
    days = _days(result, chart) if chart.kind == "line" else []
    found = cache.occasions(min(days), _after(max(days))) if days else ()
    # A month that is counted for some of its days only has nothing of an occasion on the others.
    return tuple(occasion for occasion in found if _counted(result, chart, occasion.on))


def _days(result: Result, chart: Chart) -> list[date]:
    """The chart's points in time, from whichever of the answer's tables it draws."""
    table = next((t for t in (result.table, *result.tables.values()) if chart.x in t.columns), None)
    days = [] if table is None else [day for day in table[chart.x] if isinstance(day, date)]
    # Only months: a wave or another odd day has no stretch of its own that an occasion could fall in.
    return days if all(day.day == 1 for day in days) else []


def _after(last: date) -> date:
    """The first day of the month after: a month's point stands for all of it."""
    return date(last.year + last.month // 12, last.month % 12 + 1, 1)


def notes(found: Sequence[Occasion], chart: Chart, result: Result) -> tuple[Annotation, ...]:
    """The latest campaign and the latest Christmas, at the point of their month."""
    if not found:
        return ()
    points = _days(result, chart)
    wanted = [
        *[o for o in found if o.kind == "campaign"][-1:],
        *[o for o in found if o.name == "christmas"][-1:],
    ]
    placed: dict[date, list[str]] = {}
    for occasion in wanted:
        at = max((day for day in points if day <= occasion.on), default=None)
        if at is not None:
            placed.setdefault(at, []).append(_name(view.words(), occasion))
    return tuple(Annotation(at, tuple(names)) for at, names in placed.items())


def _counted(result: Result, chart: Chart, on: date) -> bool:
    """Whether the day is among those that its month's point is counted from."""
    if chart.part is None:
        return True
    cut = result.table.dropna(subset=list(chart.part))
    return all(
        first <= on <= last
        for month, first, last in cut[[chart.x, *chart.part]].itertuples(index=False, name=None)
        if month == on.replace(day=1)
    )


def below(found: Sequence[Occasion]) -> None:
    """Every occasion with its day, holidays and campaigns each on a line."""
    words = view.words()
    form = "d MMM" if _unique(found) else "d MMM y"
    for kind, key in (("holiday", "occasion.holidays"), ("campaign", "occasion.campaigns")):
        names = [
            words.t("occasion.at", name=_name(words, o), day=words.day(o.on, form=form))
            for o in found
            if o.kind == kind
        ]
        if names:
            st.markdown(text.grey(words.t(key, names=words.list(names))))


def _unique(found: Sequence[Occasion]) -> bool:
    return len({o.name for o in found}) == len(found)


def _name(words: Words, occasion: Occasion) -> str:
    return words.t(f"occasion.{occasion.name}") if occasion.kind == "holiday" else occasion.name
