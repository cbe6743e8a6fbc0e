"""Names of files that leave: what is in them and from when, in letters that every system takes."""

from datetime import date

import pytest

from insight.errors import NotEnoughDataError
from insight.export import file_names
from insight.export.item import Item
from insight.i18n.catalog import Words
from insight.result import Basis


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Översikt", "oversikt"),
        ("Ø & Æ – ß", "o-ae-ss"),
        ("../../etc/passwd", "etc-passwd"),
        ("a\n=cmd|'x'!", "a-cmd-x"),
        ("日本", ""),
        ("x" * 90, "x" * 48),
    ],
)
def test_a_text_becomes_plain_letters(text, named):
    assert file_names.slug(text) == named


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (date(2024, 1, 1), date(2025, 1, 1), "2024"),
        (date(2024, 11, 1), date(2025, 11, 1), "2024-11-2025-10"),
        (date(2024, 2, 1), date(2024, 3, 1), "2024-02"),
        (date(2024, 2, 3), date(2024, 2, 11), "2024-02-03-2024-02-10"),
        (None, date(2025, 1, 1), "2024-12-31"),
        (None, None, ""),
    ],
)
def test_the_period_is_in_the_name(start, end, said):
    assert file_names.period_part(Basis(start, end, 1)) == said


def test_names_say_product_answer_and_part():
    item = Item("overview.key_figures", NotEnoughDataError("pack.refused"), scope="Någon")
    assert file_names.of_answers([item], Words("sv"), "pptx") == "kundkompass-oversikt-urval.pptx"
    assert file_names.of_answers([item], Words("en"), "csv", named="Chosen") == "kundkompass-chosen-selection.csv"
    said = file_names.of_pack(Words("sv"), "pptx", until="2025-10-31", part="en-sida")
    assert said == "kundkompass-motespaket-en-sida-2025-10-31.pptx"


def test_a_list_is_named_by_whom_it_holds_for_what_and_until_when():
    said = file_names.of_list("kunder", whom="Guld → Silver", purpose="E-post", until="2025-10-31", part="om-listan")
    assert said == "kundkompass-kunder-guld-silver-e-post-2025-10-31-om-listan"
    said = file_names.of_list("kunder", whom="../../=cmd|'x'", purpose="Analys", until="2025-10-31")
    assert said == "kundkompass-kunder-cmd-x-analys-2025-10-31"
    assert file_names.of_list("kunder", whom="日本", purpose="Analys", until="") == "kundkompass-kunder-analys"
