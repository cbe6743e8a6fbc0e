"""A slide and a sheet of two groups side by side, opened again: both sides' figures and bases, charts on one scale."""

import io
from dataclasses import replace
from decimal import Decimal

import openpyxl
import pandas as pd
import pytest

from insight import comparing
from insight.audience import Combined, parse
from insight.export import deck, workbook
from insight.export.item import Item
from insight.export.pack import Wanted, collect
from insight.i18n.catalog import Words
from insight.result import Basis, Chart, Message, Metric, Result
from tests.contract.test_marks import company
from tests.export import decks

SCOPE = parse("segments.lifecycle;@segment=active")
KEYS = ("overview.key_figures", "segments.value_tiers", "nps.score", "ladder.steps", "segments.cross")


@pytest.fixture(scope="module", params=["sv", "en"])
def made(request):
    words = Words(request.param)
    wanted = [Wanted(key, scope=SCOPE, beside=Combined("not", (SCOPE,)), apart=True) for key in KEYS]
    return words, collect(company(), wanted, words)


@pytest.fixture(scope="module")
def slides(made):
    words, items = made
    every = list(decks.opened(deck.build(items, words)).slides)
    return [slide for slide in every if decks.tables(slide, "Figures")]


def test_each_answer_has_one_slide_with_both_groups_figures(made, slides):
    words, items = made
    assert len(slides) == len(KEYS)
    for item, slide in zip(items, slides, strict=True):
        assert item.result is not None
        assert item.other is not None
        assert item.other.result is not None
        head, *body = [[cell.text_frame.text for cell in row.cells] for row in decks.tables(slide, "Figures")[0].rows]
        assert head[1:3] == [item.name, words.t("compare.everybody_else")]
        assert len(body) == min(len(item.result.metrics), comparing.MOST_FIGURES)
        for line, (name, metric) in zip(body, item.result.metrics.items(), strict=False):
            theirs = item.other.result.metrics[name]
            assert line[1].startswith(words.value(metric.value, metric.unit))
            assert line[2].startswith(words.value(theirs.value, theirs.unit))


def test_charts_of_both_stand_on_one_scale_and_hold_each_groups_own_values(made, slides):
    _, items = made
    at = KEYS.index("segments.value_tiers")
    charts = decks.charts(slides[at])
    assert len(charts) == 4
    for first, second in zip(charts[:2], charts[2:], strict=True):
        assert first.value_axis.maximum_scale == second.value_axis.maximum_scale
        assert decks.drawn(first) != decks.drawn(second)
    for side, chart in zip((items[at], items[at].other), charts[::2], strict=True):
        shares = {float(value) for value in side.result.table[side.result.chart.y[0]].dropna()}
        assert {value for value in decks.drawn(chart)[0] if value is not None} <= shares


def test_headline_names_both_and_notes_have_both_bases(made, slides):
    words, items = made
    slide = slides[KEYS.index("nps.score")]
    item = items[KEYS.index("nps.score")]
    title = slide.shapes.title.text_frame.text
    assert item.name in title
    assert words.t("compare.everybody_else").lower() in title
    notes = slide.notes_slide.notes_text_frame.text
    assert notes.count(words.t("basis.rule") + ":") == 2
    assert "--scope 'segments.lifecycle;@segment=active'" in notes
    assert "--scope 'not(segments.lifecycle;@segment=active)'" in notes


def test_everything_has_its_place_on_the_slide(slides):
    for slide in slides:
        for shape in slide.shapes:
            if shape.has_text_frame and shape.name != "Basis" and not shape.is_placeholder:
                assert decks.too_long(shape) <= 1, (shape.name, shape.text_frame.text)
        tops = [shape.top for shape in slide.shapes if shape.has_chart]
        table = next(shape for shape in slide.shapes if shape.name == "Figures")
        assert all(top >= table.top + sum(row.height for row in table.table.rows) for top in tops)


def test_sheet_has_both_groups_figures_their_difference_and_both_tables(made):
    words, items = made
    book = openpyxl.load_workbook(io.BytesIO(workbook.build(items, words)))
    item = items[KEYS.index("nps.score")]
    sheet = book.worksheets[1 + KEYS.index("nps.score")]
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    at = next(place for place, row in enumerate(rows) if row[1] == item.name)
    assert rows[at][4] == words.t("compare.everybody_else")
    own, theirs = item.result.metrics["nps"], item.other.result.metrics["nps"]
    line = next(row for row in rows[at + 1 :] if row[1] == pytest.approx(float(own.value)))
    assert line[4] == pytest.approx(float(theirs.value))
    assert line[7] == pytest.approx(float(own.value) - float(theirs.value))
    assert line[8] < line[7] < line[9]
    headings = [row[0] for row in rows if isinstance(row[0], str)]
    for side in (item, item.other):
        assert f"{side.name}: {words.t('basis.sheet_table')}" in headings


def test_group_without_an_answer_says_why_on_its_side():
    words = Words("sv")
    wanted = [Wanted("nps.score", scope=parse("segments.lifecycle;@segment=nobody"), beside=SCOPE)]
    (item,) = collect(company(), wanted, words)
    (slide,) = [s for s in decks.opened(deck.build([item], words)).slides if decks.tables(s, "Figures")]
    assert item.result is None
    assert len(decks.charts(slide)) == 1
    assert words.message(item.refusal) in decks.text_of(slide)


def test_short_bars_below_zero_keep_room_for_their_values_on_the_longer_scale():
    def side(values: list[int]) -> Item:
        table = pd.DataFrame({"driver": ["customers", "receipt"], "change": [Decimal(value) for value in values]})
        return Item("overview.key_figures", Result(
            "overview.key_figures", Message("period.all"), {"sales": Metric(Decimal(1), "money")}, table,
            {"driver": "text", "change": "money"}, Basis(None, None, 1, {}, Message("period.all")),
            Chart("hbar", "driver", "change"),
        ), name="Guld")  # fmt: skip

    both = replace(side([-300, -200]), other=side([700, 400]))
    slide = next(s for s in decks.opened(deck.build([both], Words("sv"))).slides if decks.tables(s, "Figures"))
    fewer, more = (chart.value_axis for chart in decks.charts(slide))
    assert (fewer.minimum_scale, fewer.maximum_scale) == (more.minimum_scale, more.maximum_scale)
    span = fewer.maximum_scale - fewer.minimum_scale
    # '−300 kr' beyond the bar takes some 45 of the 300 points of half a slide's plot.
    assert (-300 - fewer.minimum_scale) / span > 0.12
    assert fewer.maximum_scale > 700
