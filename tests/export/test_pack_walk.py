"""Every question on a slide and on a sheet, opened again: its figures are the answer's, in both languages.

What a chart draws stands in the answer's tables, cell for cell; what a table writes rounds to them; the workbook
behind each chart holds what the chart shows; text fits its box and nothing stands on something else.
"""

import io
import posixpath
import re
import zipfile
from functools import cache
from itertools import combinations
from typing import Any, get_args

import numpy as np
import openpyxl
import pandas as pd
import pytest
from lxml import etree
from pptx.oxml.ns import qn

from insight.analysis import registry
from insight.audience import pairs
from insight.export import deck, deck_access, workbook, written
from insight.export.item import Item
from insight.export.pack import Wanted, collect
from insight.i18n.catalog import Language, Words
from insight.result import ChartKind, Result
from tests.contract.test_marks import TYPED, company
from tests.export import decks, schema

LANGUAGES: tuple[Language, ...] = ("sv", "en")
KEYS = sorted(registry.analyses())
# One share less another: sheets have them in percentage points.
SHARES_APART = {("lift.repeat", "difference"), ("lift.totals", "buyers_effect")}
POINTS = {"sv": "procentenheter", "en": "percentage points"}
KEY = re.compile(r"[a-z]+(_[a-z0-9]+)+")
# Cells of the files' own may look like keys; these are such words of the test company.
_STARTED = 0.005


def words(language: Language) -> Words:
    return Words(language)


@cache
def items(language: Language) -> list[Item]:
    return collect(company(), [Wanted(key, pairs(TYPED.get(key, {}))) for key in KEYS], words(language))


@cache
def the_file(language: Language) -> bytes:
    return deck.build(items(language), words(language), about="Test")


@cache
def the_deck(language: Language) -> Any:
    return decks.opened(the_file(language))


@cache
def the_book(language: Language) -> Any:
    return openpyxl.load_workbook(io.BytesIO(workbook.build(items(language), words(language))))


def slide_of(key: str, language: Language) -> Any:
    """The slide of an answer: after the opening and the summary's pages, in order."""
    every = list(the_deck(language).slides)
    summaries = sum(1 for slide in every if decks.tables(slide, "Summary"))
    return every[1 + summaries + KEYS.index(key)]


def item_of(key: str, language: Language) -> Item:
    return items(language)[KEYS.index(key)]


def answered(key: str, language: Language = "sv") -> Result:
    result = item_of(key, language).result
    assert result is not None, f"{key} has no answer on this data"
    return result


def figures(result: Result) -> set[float]:
    """Every number of the answer's tables and figures."""
    found: set[float] = {0.0, 1.0}
    for frame in (result.table, *result.tables.values()):
        for name in frame.columns:
            numbers = pd.to_numeric(frame[name], errors="coerce")
            found |= {float(value) for value in numbers.dropna()}
    for metric in result.metrics.values():
        found |= {
            float(v) for v in (metric.value, metric.before) if isinstance(v, int | float) or hasattr(v, "quantize")
        }
    return found


def is_bridge(chart: Any) -> bool:
    return [plot.overlap for plot in chart.plots if hasattr(plot, "overlap")] == [100] and len(decks.drawn(chart)) == 6


# --- slides -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", KEYS)
def test_what_a_chart_draws_is_the_answers(key):
    result = answered(key)
    known = figures(result)
    for chart in decks.charts(slide_of(key, "sv")):
        series = decks.drawn(chart)
        if result.chart and result.chart.kind == "flow":
            check_stages(result, series)
            continue
        if is_bridge(chart):
            check_bridge(result, series, known)
            continue
        for values in series:
            assert [value for value in values if value is not None and value not in known] == [], key


@pytest.mark.parametrize("key", [key for key in KEYS if key in ("nps.by_step", "nps.groups", "lift.verdict")])
def test_a_slides_key_figures_are_no_p_values(key):
    result = answered(key)
    figures_on_it = [shape.name for shape in slide_of(key, "sv").shapes if shape.name.startswith("Metric ")]
    units = {f"Metric {name}": metric.unit for name, metric in result.metrics.items()}
    assert figures_on_it
    assert not [name for name in figures_on_it if units[name] == "pvalue"]


def check_bridge(result: Result, series: list[list[float | None]], known: set[float]) -> None:
    base, totals, rises, falls, risen, fallen = series
    assert (rises, falls) == (risen, fallen)
    changes = [(up or 0.0) - (down or 0.0) for up, down in zip(rises, falls, strict=True)][1:-1]
    assert set(changes) <= known
    assert totals[0] in known
    assert totals[-1] in known
    assert totals[0] + sum(changes) == pytest.approx(totals[-1], abs=_STARTED)
    level = totals[0]
    for start, change in zip(base[1:-1], changes, strict=True):
        assert start == pytest.approx(min(level, level + change), abs=_STARTED)
        level += change


def check_stages(result: Result, series: list[list[float | None]]) -> None:
    """Bars at a date hold all who stood there: the flows into it, at the first date those out of it, newcomers not."""
    table, value = result.table, result.chart.y
    dates = sorted({*table["from_date"], *table["to_date"]})
    for place, day in enumerate(dates):
        stood = table["to_date"] == day if place else (table["from_date"] == day) & (table["from_step"] != "new")
        assert sum(values[place] or 0 for values in series) == table.loc[stood, value].sum()


@pytest.mark.parametrize("key", KEYS)
def test_the_workbook_behind_a_chart_holds_what_it_shows(key):
    answered(key)
    for chart in decks.charts(slide_of(key, "sv")):
        for reference, values in decks.cached(chart):
            held = decks.in_workbook(chart, reference)
            assert [None if v is None else pytest.approx(v, rel=1e-12, abs=1e-9) for v in values] == held, reference


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", KEYS)
def test_what_a_table_writes_rounds_to_the_answer(key, language):
    result = answered(key, language)
    for table in decks.tables(slide_of(key, language), "Table"):
        grid = [[cell.text_frame.text for cell in row.cells] for row in table.rows]
        check_grid(result, grid, language)


def check_grid(result: Result, grid: list[list[str]], language: Language) -> None:
    own = words(language).with_labels(result.labels)
    head, *body = grid
    tables = [(result.table, result.units), *((f, {**result.units, **result.more_units.get(n, {})})
                                             for n, f in result.tables.items())]  # fmt: skip
    frame, units = next((frame, units) for frame, units in tables if len(frame) == len(body))
    for place, said in enumerate(head):
        column = next(
            name for name in map(str, frame.columns)
            if written.named(own, result.key, name)
            and written.head(own, name, units.get(name, "text"), list(frame[name]), result.key) == said
        )  # fmt: skip
        if units.get(column, "text") in ("text", "date"):
            continue
        scale = 1e6 if said.endswith((", mn kr", ", SEK m")) else 1.0
        for row, value in zip(body, frame[column], strict=True):
            shown = decks.number(row[place], language)
            if written.undefined(value):
                assert row[place] == "–"
            elif units[column] != "pvalue":
                real = float(value) * (100 if units[column] == "ratio" else 1) / scale
                half = 0.5 * 10 ** -decks.decimals(row[place], language)
                assert shown == pytest.approx(real, abs=half + 1e-9), (column, row[place])


@pytest.mark.parametrize("key", KEYS)
def test_a_matrix_on_a_slide_has_the_answers_numbers(key):
    result = answered(key)
    known = np.array(sorted(figures(result)))
    for table in decks.tables(slide_of(key, "sv"), "Matrix"):
        cells = [cell.text_frame.text for row in list(table.rows)[1:] for cell in list(row.cells)[1:]]
        assert any(cells)
        for text in filter(None, cells):
            shown, places = decks.number(text, "sv"), decks.decimals(text, "sv")
            if shown is None:
                assert text == "–"
                continue
            near = [known, known * 100, known / 1e6]
            off = min(float(np.abs(part - shown).min()) for part in near)
            assert off <= 0.5 * 10**-places + 1e-9, (key, text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", KEYS)
def test_a_slide_says_finding_basis_and_method(key, language):
    item, slide, own = item_of(key, language), slide_of(key, language), words(language)
    notes = slide.notes_slide.notes_text_frame.text
    assert f"python -m insight run WORKSPACE {key}" in notes
    if item.result is None:
        assert slide.shapes.title.text_frame.text == own.headline(item.refusal).rstrip(".")
        assert own.t("pack.refused") in decks.text_of(slide)
        return
    own = own.with_labels(item.result.labels)
    assert slide.shapes.title.text_frame.text == own.headline(item.result.headline).rstrip(".")
    assert own.message(item.result.basis.rule) in notes
    assert own.t(f"analysis.{key}.title") in decks.text_of(slide)
    if item.result.basis.formula:
        assert own.t(f"definition.{item.result.basis.formula}") in notes
    shown = decks.charts(slide) + decks.tables(slide)
    assert shown or item.result.chart is None or item.result.table.empty


@pytest.mark.parametrize("language", LANGUAGES)
def test_most_answers_have_a_native_chart_and_none_a_picture(language):
    slides = [slide_of(key, language) for key in KEYS if item_of(key, language).result]
    assert sum(1 for slide in slides if decks.charts(slide)) > len(slides) / 2
    assert not [shape for slide in slides for shape in slide.shapes if shape.shape_type == 13]


@pytest.mark.parametrize("language", LANGUAGES)
def test_text_fits_and_nothing_stands_on_something_else(language):
    made = the_deck(language)
    wide, tall = made.slide_width, made.slide_height
    for number, slide in enumerate(made.slides, start=1):
        boxes = []
        for shape in slide.shapes:
            height = sum(row.height for row in shape.table.rows) if shape.has_table else shape.height
            assert shape.left >= 0, (number, shape.name)
            assert shape.top >= 0, (number, shape.name)
            assert shape.left + shape.width <= wide + 1, (number, shape.name)
            assert shape.top + height <= tall + 1, (number, shape.name)
            if shape.has_text_frame:
                assert decks.too_long(shape) <= 4, (number, shape.name, shape.text_frame.text)
            if shape.has_table:
                assert decks.table_too_long(shape) <= 2, (number, shape.name)
            boxes.append((shape.name, shape.left, shape.top, shape.left + shape.width, shape.top + height))
        for one, other in combinations(boxes, 2):
            across = min(one[3], other[3]) - max(one[1], other[1])
            down = min(one[4], other[4]) - max(one[2], other[2])
            # A twentieth of an inch is the air inside the boxes.
            assert across <= 45_720 or down <= 45_720, (number, one[0], other[0])


def test_the_package_holds_together():
    """No part twice, none missing that another points to, each of a known kind."""
    with zipfile.ZipFile(io.BytesIO(the_file("sv"))) as package:
        names = package.namelist()
        assert len(names) == len(set(names))
        assert package.testzip() is None
        kinds = etree.fromstring(package.read("[Content_Types].xml"))
        known = {part.get("PartName") or f".{part.get('Extension')}" for part in kinds}
        for name in names:
            assert f"/{name}" in known or f".{name.rpartition('.')[2]}" in known, name
            if not name.endswith(".rels"):
                continue
            owner = posixpath.dirname(posixpath.dirname(name))
            ids = [relation.get("Id") for relation in etree.fromstring(package.read(name))]
            assert len(ids) == len(set(ids)), name
            for relation in etree.fromstring(package.read(name)):
                assert relation.get("TargetMode") != "External", name
                target = posixpath.normpath(posixpath.join("/", owner, relation.get("Target"))).lstrip("/")
                assert target in names, (name, target)


def test_the_parts_of_every_chart_stand_in_the_schemas_order():
    found = [chart._chartSpace for slide in the_deck("sv").slides for chart in decks.charts(slide)]
    assert len(found) > 20
    assert [fault for space in found for fault in schema.faults(space)] == []
    ids = [[shape.shape_id for shape in slide.shapes] for slide in the_deck("sv").slides]
    assert all(len(own) == len(set(own)) for own in ids)


def test_bars_begin_at_zero():
    for slide in the_deck("sv").slides:
        for chart in decks.charts(slide):
            if any(plot._element.tag.endswith("barChart") for plot in chart.plots):
                values = [v for series in decks.drawn(chart) for v in series if v is not None]
                axis = chart.value_axis
                mixed = min(values, default=0.0) < 0 < max(values, default=0.0)
                assert mixed or 0 in (axis.minimum_scale, axis.maximum_scale) or (axis.minimum_scale or 1) < 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_deck_can_be_heard_and_spelled(language):
    """Titles tell slides apart; charts and tables have a description; all text has its language; faces the theme's."""
    tag = {"sv": "sv-SE", "en": "en-GB"}[language]
    made = the_deck(language)
    titles = [slide.shapes.title.text_frame.text for slide in made.slides]
    assert all(titles)
    assert len(titles) == len(set(titles))
    assert made.core_properties.language == tag
    for slide in made.slides:
        trees = [slide._element, *(chart._chartSpace for chart in decks.charts(slide))]
        trees += [slide.notes_slide._element] if slide.has_notes_slide else []
        for tree in trees:
            said = list(tree.iter(qn("a:r")))
            assert all(run.find(qn("a:rPr")) is not None and run.find(qn("a:rPr")).get("lang") == tag for run in said)
            assert {face.get("typeface") for face in tree.iter(qn("a:latin"))} <= {"+mj-lt", "+mn-lt"}
        for shape in slide.shapes:
            if shape.has_chart or shape.has_table:
                assert len(deck_access.described(shape)) > 5, shape.name
    described = [deck_access.described(shape) for slide in made.slides for shape in slide.shapes if shape.has_chart]
    kinds = [words(language).t(f"chart.kind.{kind}") for kind in get_args(ChartKind)]
    assert all(any(kind in said for kind in kinds) for said in described)


@pytest.mark.parametrize("key", KEYS)
def test_every_part_of_a_stack_stands_in_the_table_under_it(key):
    slide = slide_of(key, "sv")
    for table in decks.tables(slide, "Parts"):
        (chart,) = decks.charts(slide)
        series = list(chart.plots[0].series)[::-1]
        head, *rows = [[cell.text_frame.text for cell in row.cells] for row in table.rows]
        assert head[2:] == list(chart.plots[0].categories)
        assert [row[1] for row in rows] == [one.name for one in series]
        for row, one in zip(rows, series, strict=True):
            for said, value in zip(row[2:], one.values, strict=True):
                shown = decks.number(said, "sv")
                near = (value or 0.0, (value or 0.0) / 1e6)
                half = 0.5 * 10 ** -decks.decimals(said, "sv") + 1e-9
                assert (shown is None and value is None) or min(abs(v - (shown or 0.0)) for v in near) <= half


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_summary_has_every_finding(language):
    pages = [slide for slide in the_deck(language).slides if decks.tables(slide, "Summary")]
    said = [
        cell.text_frame.text for page in pages for row in decks.tables(page, "Summary")[0].rows for cell in row.cells
    ]
    for item in items(language):
        own = words(language).with_labels(item.result.labels) if item.result else words(language)
        finding = own.headline(item.result.headline if item.result else item.refusal).rstrip(".")
        assert finding in said


# --- sheets -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", KEYS)
def test_a_sheet_holds_every_table_cell_for_cell(key, language):
    result, book = answered(key, language), the_book(language)
    own = words(language).with_labels(result.labels)
    rows = [list(row) for row in book.worksheets[1 + KEYS.index(key)].iter_rows(values_only=True)]
    start = 0
    for name, frame in (("", result.table), *result.tables.items()):
        shown = [str(column) for column in frame.columns if written.named(own, result.key, str(column))]
        if not shown or frame.empty:
            continue
        units = {**result.units, **result.more_units.get(name, {})}
        unit = {c: own.unit_of_money() if units.get(c) == "money" else "" for c in shown}
        unit |= {c: POINTS[language] for c in shown if (key, c) in SHARES_APART}
        heads = [", ".join(filter(None, (written.column_name(own, key, c), unit[c]))) for c in shown]
        times = [100 if (key, c) in SHARES_APART else 1 for c in shown]
        start = next(i for i, row in enumerate(rows) if i >= start and row[: len(heads)] == heads) + 1
        for row, cells in zip(rows[start:], frame[shown].itertuples(index=False, name=None), strict=False):
            for got, cell, factor in zip(row, cells, times, strict=False):
                if isinstance(got, int | float) and not isinstance(got, bool):
                    assert got == pytest.approx(float(cell) * factor, rel=1e-12), (key, name)
                elif isinstance(got, str):
                    assert not KEY.fullmatch(got) or got == str(cell), (key, got)
                elif got is None:
                    assert written.undefined(cell) or cell == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_workbook_has_contents_and_definitions(language):
    book, own = the_book(language), words(language)
    first, last = book.worksheets[0], book.worksheets[-1]
    titles = [own.t(f"analysis.{key}.title") for key in KEYS]
    assert [row[1] for row in first.iter_rows(min_row=5, values_only=True)] == titles
    assert len(book.worksheets) == len(KEYS) + 2
    text = "\n".join(str(cell) for row in last.iter_rows(values_only=True) for cell in row if cell)
    for item in items(language):
        if item.result and item.result.basis.formula:
            assert own.t(f"definition.{item.result.basis.formula}") in text
    assert not [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
