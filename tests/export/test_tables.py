"""Files for people: what the spreadsheet opens is what the answer says, and nothing in it runs."""

import csv
import io
from datetime import date
from decimal import Decimal

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insight.export.tables import csv_bytes, result_csv, result_xlsx, safe_text
from insight.export.written import formatter
from insight.i18n.catalog import Words
from insight.result import Basis, Message, Note, Result, SumCheck

FORMULAS = ["=1+1", "+46701234567", "-2", "@SUM(A1)", "\tx", "\rx", " =1", '=HYPERLINK("http://x")']


def answer(names=("Guld", "=1+1")) -> Result:
    return Result(
        key="segments.value_tiers",
        headline=Message("period.all"),
        metrics={},
        table=pd.DataFrame(
            {"segment": list(names), "n_customers": [2, 1], "sales": [Decimal("1234.50"), Decimal("-7.25")]},
        ),
        units={"segment": "text", "n_customers": "count", "sales": "money"},
        basis=Basis(
            date(2025, 1, 1), date(2025, 7, 1), 10, {"later": 3}, Message("period.all"), "value_tiers",
            SumCheck(Decimal("1227.25"), {"a": Decimal("1234.50"), "b": Decimal("-7.25")}), 3,
        ),
        notes=(Note("customers_outside", {"n": 4}),),
    )  # fmt: skip


def test_swedish_csv_has_semicolons_decimal_commas_and_a_mark_for_excel():
    content = result_csv(answer(), Words("sv"))
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").splitlines() == [
        "Segment;Kunder;Försäljning, kr", "Guld;2;1234,50", "'=1+1;1;-7,25",
    ]  # fmt: skip


def test_english_csv_has_commas_and_decimal_points():
    assert result_csv(answer(), Words("en")).decode("utf-8-sig").splitlines() == [
        'Segment,Customers,"Sales, SEK"', "Guld,2,1234.50", "'=1+1,1,-7.25",
    ]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_would_run_is_made_text(text):
    assert safe_text(text).startswith("'")


@pytest.mark.parametrize("text", ["K-100", "a=b", "mån+tis", "", "12"])
def test_ordinary_text_is_left_alone(text):
    assert safe_text(text) == text


@given(st.lists(st.tuples(st.text(), st.decimals(-(10**9), 10**9, places=2)), max_size=8))
def test_csv_comes_back_cell_for_cell(rows):
    # A reader joins the two line breaks of Windows and Mac into one; no cell of ours keeps them apart.
    rows = [(text.replace("\r\n", "\n").replace("\r", "\n"), amount) for text, amount in rows]
    content = csv_bytes(["a", "b"], rows, "sv", ["text", "money"]).decode("utf-8-sig")
    back = list(csv.reader(io.StringIO(content, newline=""), delimiter=";"))[1:]
    assert [(text.removeprefix("'") if text[1:] == own else text, Decimal(amount.replace(",", ".")))
            for (text, amount), (own, _) in zip(back, rows, strict=True)] == rows  # fmt: skip


def test_ids_keep_their_zeros():
    assert b"00012" in csv_bytes(["id"], [("00012",)], "sv", ["text"])


def test_workbook_holds_the_figures_as_numbers_and_no_formula():
    book = openpyxl.load_workbook(io.BytesIO(result_xlsx(answer(), Words("sv"), command="python -m insight run X y")))
    table, basis = book.worksheets
    assert [[cell.value for cell in row] for row in table.iter_rows()] == [
        ["Segment", "Kunder", "Försäljning, kr"], ["Guld", 2, 1234.5], ["=1+1", 1, -7.25],
    ]  # fmt: skip
    assert table["A3"].data_type == "s"
    lines = {row[0].value: row[1].value for row in basis.iter_rows()}
    assert lines["Rader som räknas"] == "10"
    assert lines["Period"] == "jan 2025\u00a0– juni 2025"
    assert lines["Kontroll"] == "Kontroll: 2 delar ger tillsammans 1\u00a0227,25\u00a0kr. Differens 0,00\u00a0kr."
    assert lines["Kommandorad"] == "python -m insight run X y"


def test_costs_of_a_few_kronor_keep_their_ore_and_larger_money_does_not():
    words = Words("sv")
    assert formatter(words, "money", [2.6335, 0.1, None])(2.6335) == "2,63"
    assert formatter(words, "money", [2.6335, 45.0])(2.6335) == "3"
