"""A month that has begun is drawn apart, named by its days and set against the same days, on page and slide."""

from datetime import date
from typing import Any

import pytest

from insight.analysis import registry
from insight.charts.draw import draw
from insight.charts.theme import LIGHT
from insight.export import deck
from insight.export.item import Item
from insight.i18n.catalog import Language, Words
from insight.result import Result
from tests.build import workspace
from tests.export import decks

# One purchase a day at 10 kr, 2 January 2023 to 9 November 2024.
DAYS = [date.fromordinal(day) for day in range(date(2023, 1, 2).toordinal(), date(2024, 11, 9).toordinal() + 1)]
MADE = workspace([("a", day, 10) for day in DAYS])


def series(**chosen: str) -> Result:
    with MADE.query() as query:
        return registry.run(query, "overview.series", chosen)


def traces(result: Result) -> list[Any]:
    assert result.chart
    return list(draw(result, result.chart, Words("sv"), LIGHT).spec.data)


def test_nine_days_are_set_against_nine_days() -> None:
    result = series(start="2024-01-01", end="2024-11-10")
    last = result.table.iloc[-1]
    assert (last["sales"], last["before"]) == (90, 90)
    assert (last["part_from"], last["part_to"]) == (date(2024, 11, 1), date(2024, 11, 9))
    assert result.table["part_to"].iloc[:-1].isna().all()
    assert [note.code for note in result.notes] == ["month_not_whole_either"]
    # Asked for longer than there are data, the year before is not counted longer either.
    later = series(start="2024-01-01", end="2025-01-01")
    assert later.table.equals(result.table)


def test_whole_months_have_no_part() -> None:
    result = series(start="2024-01-01", end="2024-11-01")
    assert result.chart
    assert result.chart.part is None
    assert "part_to" not in result.table
    assert not result.notes
    assert all(trace.line.dash is None for trace in traces(result))


@pytest.mark.parametrize(
    ("language", "start", "end", "named"),
    [
        ("sv", "2024-01-01", "2024-11-10", "t.o.m. 9 nov"),
        ("en", "2024-01-01", "2024-11-10", "to 9 Nov"),
        ("sv", "2024-03-12", "2024-09-01", "fr.o.m. 12 mars"),
        ("en", "2024-03-05", "2024-03-10", "5–9 Mar"),
    ],
)
def test_a_part_is_named_by_its_days(language: Language, start: str, end: str, named: str) -> None:
    result = series(start=start, end=end)
    assert result.chart
    figure = draw(result, result.chart, Words(language), LIGHT).spec
    assert [tick.split("<br>")[0] for tick in figure.layout.xaxis.ticktext].count(named) == 1
    hovers = [said for trace in figure.data for said in trace.hovertext or ()]
    assert sum(named in said for said in hovers) == 1


def test_the_stretch_to_a_part_is_dashed_and_its_marker_hollow() -> None:
    result = series(start="2024-01-01", end="2024-11-10")
    found = traces(result)
    dashed = [trace for trace in found if trace.line.dash == "dash"]
    assert [[y for y in trace.y if y == y] for trace in dashed] == [[310, 90], [310, 90]], "October to November, twice"
    taken = found[-1]
    assert len(taken.x) == 11, "every month still takes clicks"
    assert [colour == LIGHT.page for colour in taken.marker.color] == [False] * 10 + [True]
    solid = [trace for trace in found if trace.mode == "lines" and trace.line.dash is None]
    assert all(trace.y[-1] != trace.y[-1] for trace in solid), "no solid line leads to the part"


def test_a_slide_has_the_part_as_a_line_of_its_own() -> None:
    result = series(start="2024-01-01", end="2024-11-10")
    words = Words("en")
    slide = decks.opened(deck.build([Item("overview.series", result)], words)).slides[1]
    (chart,) = decks.charts(slide)
    now, before, part_now, part_before = chart.plots[0].series
    assert (now.values[-1], before.values[-1]) == (None, None)
    assert [v for v in part_now.values if v is not None] == [310, 90]
    assert [v for v in part_before.values if v is not None] == [310, 90]
    assert part_now.name == words.t("chart.part_of", name=now.name)
    assert list(chart.plots[0].categories)[-1] == "to 9 Nov"
    assert "1 Nov 2024 to 9 Nov 2024" in decks.text_of(slide)
