"""Decks beyond the walk: a client's template, number formats, long words, odd answers; and the command line."""

import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import pptx
import pytest
from pptx import Presentation
from pptx.enum.dml import MSO_THEME_COLOR
from pptx.util import Inches

from insight.audience import pairs
from insight.charts.scale import scale_for
from insight.charts.theme import LIGHT, SLIDE_ACCENTS
from insight.cli import main
from insight.errors import NotEnoughDataError, UsageError
from insight.export import deck, workbook
from insight.export.deck_look import finer, number_format
from insight.export.item import Item
from insight.export.pack import Wanted, collect
from insight.i18n.catalog import Words
from insight.result import Basis, Chart, Message, Metric, Note, Result
from tests.build import workspace
from tests.contract.test_marks import company
from tests.export import decks

PLAIN = Path(pptx.__file__).parent / "templates" / "default.pptx"
PURPLE, GREEN = "6A1B9A", "2E7D32"


def answer(names=("Guld", "Silver"), *, notes: tuple[Note, ...] = ()) -> Result:
    return Result(
        key="segments.value_tiers",
        headline=Message("period.all"),
        metrics={"customers": Metric(3, "count"), "sales": Metric(Decimal("1227.25"), "money", before=Decimal(1000))},
        table=pd.DataFrame({
            "segment": list(names), "n_customers": [2, 1][: len(names)],
            "sales": [Decimal("1234.50"), Decimal("-7.25")][: len(names)],
        }),
        units={"segment": "text", "n_customers": "count", "sales": "money"},
        basis=Basis(date(2025, 1, 1), date(2025, 7, 1), 10, {}, Message("period.all"), "value_tiers"),
        chart=Chart("hbar", "segment", "sales"),
        notes=notes,
    )  # fmt: skip


def built(*items: Item, language="sv", **options):
    return decks.opened(deck.build(items, Words(language), **options))


def item(**changes) -> Item:
    return Item(**{"analysis": "segments.value_tiers", "outcome": answer(), "command": "python -m insight", **changes})


def template(*, accents: tuple[str, str] = (PURPLE, GREEN), slides: int = 2, kind: str = "presentation") -> bytes:
    """A client's 4:3 template with accent colours and slides of its own."""
    out = io.BytesIO()
    with zipfile.ZipFile(PLAIN) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "ppt/theme/theme1.xml":
                for place, colour in enumerate(accents, start=1):
                    own = rf'(<a:accent{place}><a:srgbClr val=")[0-9A-F]+'.encode()
                    content = re.sub(own, rb"\g<1>" + colour.encode(), content)
            target.writestr(name, content)
    made = Presentation(io.BytesIO(out.getvalue()))
    for number in range(slides):
        made.slides.add_slide(made.slide_layouts[1]).shapes.title.text = f"Old slide {number}"
    again = io.BytesIO()
    made.save(again)
    if kind == "presentation":
        return again.getvalue()
    renamed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(again.getvalue())) as source, zipfile.ZipFile(renamed, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content.replace(b"presentation.main+xml", b"template.main+xml"))
    return renamed.getvalue()


# --- our own template -------------------------------------------------------------------------------------------------


def test_our_paper_is_wide_with_the_apps_colours_and_real_placeholders():
    made = built(item())
    assert (made.slide_width, made.slide_height) == (Inches(40 / 3), Inches(7.5))
    theme = made.slide_masters[0].part.part_related_by(pptx.opc.constants.RELATIONSHIP_TYPE.THEME).blob.decode()
    assert all(f'<a:accent{n}><a:srgbClr val="{colour[1:]}"' in theme for n, colour in enumerate(SLIDE_ACCENTS, 1))
    assert {layout.name for layout in made.slide_layouts} == {"Title", "Text", "Finding"}
    finding = made.slides[1]
    assert finding.shapes.title.text_frame.text == "Hela perioden"
    assert {holder.placeholder_format.idx for holder in finding.placeholders} >= {0, 12, 13, 14}


def test_bars_have_the_apps_colours():
    series = decks.charts(built(item()).slides[1])[0].plots[0].series[0]
    assert series.format.fill.fore_color.theme_color == MSO_THEME_COLOR.ACCENT_1
    assert series.points[1].format.fill.fore_color.theme_color == MSO_THEME_COLOR.ACCENT_2
    assert SLIDE_ACCENTS[:2] == (LIGHT.accent, LIGHT.loss)


def test_the_presenters_own_words_come_first():
    slide = built(item(title="Our best customers", note="Ask Eva.", scope="Guld → Silver")).slides[1]
    assert slide.shapes.title.text_frame.text == "Our best customers"
    assert slide.notes_slide.notes_text_frame.text.startswith("Ask Eva.")
    assert "Guld → Silver" in decks.text_of(slide)


def test_a_refusal_is_a_slide_and_a_sheet_that_say_why():
    refused = item(outcome=NotEnoughDataError("error.no_answers"))
    made = built(refused, language="en")
    assert made.slides[1].shapes.title.text_frame.text.startswith("There are no NPS answers")
    book = openpyxl.load_workbook(io.BytesIO(workbook.build([refused], Words("en"))))
    assert str(book.worksheets[1]["A1"].value).startswith("There are no NPS answers")


def test_refusals_in_a_pack_share_a_slide_after_the_answers():
    other = replace(item(outcome=NotEnoughDataError("error.no_answers")), analysis="nps.score", note="Ask for scores.")
    third = replace(item(outcome=NotEnoughDataError("error.no_answers")), analysis="nps.trend")
    made = built(other, item(), third, language="en")
    # Opening, summary, the one answer, what is missing; the answer's definition ends the deck.
    missing = made.slides[3]
    rows = [[cell.text_frame.text for cell in row.cells] for row in decks.tables(missing, "Unanswered")[0].rows]
    assert [row[0] for row in rows] == ["NPS", "NPS over time"]
    assert all(row[1].startswith("There are no NPS answers") for row in rows)
    assert missing.shapes.title.text_frame.text == "Questions that the data cannot answer"
    assert "Ask for scores." in missing.notes_slide.notes_text_frame.text
    titles = [slide.shapes.title.text_frame.text for slide in made.slides]
    assert not [title for title in titles if title.startswith("There are no NPS answers")]


def test_one_page_alone():
    made = built(item(), item(), summary_only=True)
    assert len(made.slides) == 1
    assert len(decks.tables(made.slides[0], "Summary")[0].rows) == 2


@pytest.mark.parametrize("paper", [None, template()])
def test_the_opening_and_the_summary_name_the_selection_that_all_share(paper):
    chosen = item(scope="Guld → Inga köp", size=1204)
    opening, summary = list(built(chosen, chosen, about="Bolaget", template=paper).slides)[:2]
    assert "Guld → Inga köp (1\u00a0204 kunder)" in decks.text_of(opening)
    assert "Guld → Inga köp (1\u00a0204 kunder) · Bolaget" in decks.text_of(summary)


def test_where_selections_differ_each_line_of_the_summary_names_its_own():
    one, everybody = item(scope="Guld → Inga köp", size=1), item()
    beside = item(name="Gula", size=3, other=item(name="Alla andra", size=9))
    opening, summary = list(built(one, everybody, beside).slides)[:2]
    said = [row.cells[0].text_frame.text for row in decks.tables(summary, "Summary")[0].rows]
    named = [text.partition(" · ")[2] for text in said]
    assert named == ["Guld → Inga köp (1 kund)", "", "Gula (3 kunder) mot Alla andra (9 kunder)"]
    assert "Guld" not in opening.shapes.title.text_frame.text + decks.text_of(opening)


@pytest.mark.parametrize(
    ("values", "leads", "figure"),
    [
        ((0, 724, -5), (), "Föll: 724"),
        ((3, 724, -5), ("fell", "fell_money"), "Föll: 724 · Fallens förändring: \u22125\u00a0kr"),
        ((3, 0, 0), ("fell", "fell_money"), "Klättrade: 3"),
        ((0, None, 0), (), "Klättrade: 0"),
    ],
)
def test_the_summary_shows_the_figure_that_the_finding_is_about(values, leads, figure):
    climbed, fell, money = values
    metrics = {
        "climbed": Metric(climbed, "count"), "fell": Metric(fell, "count"), "fell_money": Metric(money, "money"),
    }  # fmt: skip
    moved = replace(answer(), key="ladder.migration", metrics=metrics, leads=leads)
    summary = built(item(outcome=moved, analysis="ladder.migration"), summary_only=True).slides[0]
    assert [row.cells[2].text_frame.text for row in decks.tables(summary, "Summary")[0].rows] == [figure]


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("paper", [None, template()])
def test_names_as_long_as_files_allow_stay_inside_their_boxes(language, paper):
    long = "Kundgruppen med det ovanligt långa namnet " * 5
    unbroken = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk" * 2
    notes = tuple(Note("customers_outside", {"n": 4}) for _ in range(6))
    made = built(item(outcome=answer((long, unbroken), notes=notes), title=long[:120]), language=language,
                 template=paper)  # fmt: skip
    for slide in made.slides:
        for shape in slide.shapes:
            assert shape.left + shape.width <= made.slide_width + 1
            height = sum(row.height for row in shape.table.rows) if shape.has_table else shape.height
            assert shape.top + height <= made.slide_height + 1, shape.name
            if shape.has_text_frame:
                assert decks.too_long(shape) <= 4, (shape.name, shape.text_frame.text)


def test_text_of_a_file_is_text_on_the_slide():
    names = ("=1+1", "<b>Guld</b> & Co\x0b\x01")
    made = built(item(outcome=answer(names)))
    text = decks.text_of(made.slides[1])
    assert "=1+1" in text
    assert "<b>Guld</b> & Co" in text
    book = openpyxl.load_workbook(io.BytesIO(workbook.build([item(outcome=answer(names))], Words("sv"))))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert "=1+1" in [cell.value for cell in cells]
    assert not [cell for cell in cells if cell.data_type == "f"]


# --- number formats ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "unit", "value", "form"),
    [
        ("sv", "money", 24_100_000, '[$-41D]#,##0.0,,"\u00a0mn\u00a0kr"'),
        ("en", "money", 24_100_000, '[$-809]"SEK\u00a0"#,##0.0,,"m"'),
        ("sv", "ratio", 0.64, '[$-41D]#,##0"\u00a0"%'),
        ("en", "ratio", 0.64, "[$-809]#,##0%"),
        ("sv", "count", 1810, "[$-41D]#,##0"),
    ],
)
def test_a_format_writes_what_the_app_writes(language, unit, value, form):
    assert number_format(scale_for(Words(language), unit, [value, 2 * value])) == f'{form};{form[:7]}"\u2212"{form[7:]}'


def test_a_value_that_would_round_to_nothing_has_its_own_precision():
    millions = scale_for(Words("sv"), "money", [24_100_000, 3_731])
    assert finer(millions, 24_100_000) is millions
    assert number_format(finer(millions, 3_731)).startswith('[$-41D]#,##0"\u00a0kr"')
    # Nothing is 0 kr, not 0,0 mn kr; among whole kronor it needs nothing of its own.
    assert number_format(finer(millions, 0)).startswith('[$-41D]#,##0"\u00a0kr"')
    whole = scale_for(Words("sv"), "money", [120, 3_731])
    assert finer(whole, 0) is whole


# --- a client's template ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["presentation", "template"])
def test_a_clients_template_gives_size_layouts_and_colours(kind):
    made = built(item(), item(), template=template(kind=kind))
    assert (made.slide_width, made.slide_height) == (Inches(10), Inches(7.5))
    assert "Old slide" not in "\n".join(decks.text_of(slide) for slide in made.slides)
    assert [slide.slide_layout.name for slide in made.slides][:3] == ["Title Slide", "Title Only", "Title Only"]
    chart = decks.charts(made.slides[2])[0]
    assert chart.plots[0].series[0].format.fill.fore_color.theme_color == MSO_THEME_COLOR.ACCENT_1
    names = zipfile.ZipFile(io.BytesIO(deck.build([item()], Words("sv"), template=template()))).namelist()
    assert len([name for name in names if re.fullmatch(r"ppt/slides/slide\d+\.xml", name)]) == 3


def test_no_empty_place_of_the_template_is_left_on_a_slide():
    for slide in built(item(), template=template()).slides:
        assert all(holder.text_frame.text for holder in slide.placeholders if holder.has_text_frame)


def without_titles() -> bytes:
    made = Presentation(str(PLAIN))
    for layout in made.slide_layouts:
        for holder in list(layout.placeholders):
            holder.element.getparent().remove(holder.element)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def zipped(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, "x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"not a template", "pack.template_not_read"),
        (b"", "pack.template_not_read"),
        (zipped("a.txt"), "pack.template_not_read"),
        (zipped("[Content_Types].xml"), "pack.template_not_read"),
        (workbook.build([item()], Words("sv")), "pack.template_not_read"),
        (template()[:5000], "pack.template_not_read"),
        (without_titles(), "pack.template_without_titles"),
    ],
)
def test_what_is_no_template_is_refused_with_a_sentence(content, key):
    with pytest.raises(UsageError) as refused:
        deck.build([item()], Words("sv"), template=content)
    assert refused.value.key == key
    assert Words("sv").t(key)


# --- the command line -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def place() -> str:
    return str(company().folder)


def test_the_command_line_writes_slides_with_settings_of_each_question(place, tmp_path, capsys):
    file = tmp_path / "deck.pptx"
    questions = ["segments.rfm", "ladder.migration", "window=6", "nps.trend"]
    assert main(["export", place, str(file), *questions, "--title", "Autumn", "--lang", "en", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(one["analysis"], one["answered"]) for one in told["items"]] == [
        ("segments.rfm", True), ("ladder.migration", True), ("nps.trend", True),
    ]  # fmt: skip
    slides = list(Presentation(str(file)).slides)
    assert slides[0].shapes.title.text_frame.text == "Autumn"
    notes = [slide.notes_slide.notes_text_frame.text for slide in slides[2:5]]
    assert "ladder.migration window=6" in notes[1]
    assert "window=6" not in notes[2]


def test_an_answer_that_is_missing_is_in_the_file_with_its_reason(place, tmp_path, capsys):
    for name in ("a.xlsx", "a.pptx", "a.csv"):
        assert main(["export", place, str(tmp_path / name), "lift.totals", "--json"]) == 0
        told = json.loads(capsys.readouterr().out)["items"][0]
        assert (told["answered"], bool(told["reason"]["sv"])) == (False, True)
    assert told["reason"]["sv"] in (tmp_path / "a.csv").read_text(encoding="utf-8-sig").replace('"', "")


@pytest.mark.parametrize(
    ("parts", "key"),
    [
        (["a.pptx", "no.such"], "analysis.unknown"),
        (["a.pptx", "segments.rfm", "no_such=1"], "setting.unknown"),
        (["a.pptx", "window=1"], "setting.not_a_pair"),
        (["a.docx", "segments.rfm"], "pack.unknown_kind"),
        (["a.csv", "segments.rfm", "nps.trend"], "pack.one_table_a_file"),
        (["no/a.pptx", "segments.rfm"], "pack.no_folder"),
        (["a.pptx", "segments.rfm", "--template", "no.pptx"], "cli.no_such_file"),
    ],
)
def test_wrong_use_ends_with_2_and_writes_nothing(parts, key, place, tmp_path, capsys):
    file, *rest = parts
    assert main(["export", place, str(tmp_path / file), *rest, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["key"] == key
    assert not (tmp_path / file).exists()


@pytest.mark.parametrize(("language", "newcomers"), [("sv", "Nya"), ("en", "New")])
def test_flows_on_a_slide_have_nobody_in_a_bar_before_they_came(language, newcomers):
    """Three dates by hand: five, six and six customers stand somewhere; 'late' comes in 2023 and in no bar before."""
    made = workspace([
        ("trip", "2022-03-01", 2000), ("trip", "2023-03-01", 100), ("trip", "2024-03-01", 3000),
        ("still", "2022-03-01", 2000), ("still", "2023-03-01", 2000), ("still", "2024-03-01", 2000),
        ("down", "2022-03-01", 2000), ("down", "2023-03-01", 100),
        ("peak", "2022-03-01", 100), ("peak", "2023-03-01", 2000), ("peak", "2024-03-01", 100),
        ("late", "2023-03-01", 100), ("late", "2024-03-01", 5000), ("other", "2021-12-31", 1),
    ])  # fmt: skip
    three = {"start": "2023-01-01", "end": "2025-01-01", "grain": "year", "window": "12", "bounds": "1000"}
    words = Words(language)
    slide = decks.opened(deck.build(collect(made, [Wanted("ladder.flow", pairs(three))], words), words)).slides[1]
    made.destroy()
    (chart,) = decks.charts(slide)
    # Silver: trip, still and down; still and peak; trip, still and late. Then Bronze, and those without purchases.
    assert sorted(decks.drawn(chart)) == [[1, 1, 2], [1, 3, 1], [3, 2, 3]]
    assert newcomers not in decks.text_of(slide).splitlines()
