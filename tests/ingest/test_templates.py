"""Template files: headers are the schema's, examples agree with each other, and what is written can be read back."""

import csv
import io
from datetime import datetime

import duckdb
import openpyxl
import pytest

from insight.i18n.catalog import LANGUAGES
from insight.ingest.examples import TABLE_EXAMPLES
from insight.ingest.load import read_into
from insight.ingest.options import ReadOptions
from insight.ingest.schema import TABLES
from insight.ingest.templates import file_name, header, template
from insight.workspace.tables import create_tables

ALL = [(table, language) for table in TABLES for language in LANGUAGES]


def csv_rows(content: bytes, language: str) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(
        csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";" if language == "sv" else ",")
    )


def sheets(content: bytes) -> list[list[list[object]]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [[list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book]


@pytest.mark.parametrize(("table", "language"), ALL)
def test_headers_are_the_schemas_words(table, language):
    expected = [header(field, language) for field in TABLES[table].fields]
    for filled in (False, True):
        [first, *rows] = csv_rows(template(table, language, "csv", filled=filled), language)
        assert first == expected
        assert bool(rows) is filled
        data, explained = sheets(template(table, language, "xlsx", filled=filled))
        assert data[0] == expected
        assert (len(data) > 1) is filled
        assert [row[0] for row in explained[1:]] == expected


@pytest.mark.parametrize(("table", "language"), ALL)
def test_both_files_hold_the_same_example(table, language):
    rows = csv_rows(template(table, language, "csv", filled=True), language)[1:]
    data = sheets(template(table, language, "xlsx", filled=True))[0][1:]
    decimal = "," if language == "sv" else "."
    for row, cells in zip(rows, data, strict=True):
        for text, cell, field in zip(row, cells, TABLES[table].fields, strict=True):
            if cell is None:
                assert text == ""
            elif isinstance(cell, datetime):
                assert datetime.fromisoformat(text) == cell
            elif field.type in ("id", "text", "flag", "consent"):
                assert isinstance(cell, str) and text == cell
            else:
                assert float(text.replace(decimal, ".")) == pytest.approx(cell)


@pytest.mark.parametrize("table", TABLES)
def test_every_field_has_an_example_and_required_ones_are_never_empty(table):
    columns = TABLE_EXAMPLES[table]
    assert list(columns) == [field.name for field in TABLES[table].fields]
    assert len({len(cells) for cells in columns.values()}) == 1
    for field in TABLES[table].fields:
        assert any(cell is not None for cell in columns[field.name])
        assert not field.required or None not in columns[field.name]


@pytest.mark.parametrize(("table", "language"), ALL)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_filled_example_loads_as_its_own_kind_with_every_column_and_no_warning(tmp_path, table, language, form):
    path = tmp_path / file_name(table, language, form, filled=True)
    path.write_bytes(template(table, language, form, filled=True))
    with duckdb.connect(config={"threads": 1}) as con:
        create_tables(con)
        report = read_into(con, path, name=path.name, file_id=1, options=ReadOptions(), key=bytes(32))
        [(loaded, zeros)] = con.execute(
            f"SELECT count(*), count(*) FILTER (WHERE customer_id = '00012') FROM {table}"
        ).fetchall()
    examples = TABLE_EXAMPLES[table]["customer_id"]
    assert (report.kind, report.outcome, report.rows) == (table, "accept", len(examples))
    assert (loaded, zeros) == (len(examples), list(examples).count("00012"))
    labels = {field.name: header(field, language) for field in TABLES[table].fields}
    assert dict(report.mapping) == labels


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_an_empty_template_is_refused_because_there_is_nothing_in_it(tmp_path, form):
    path = tmp_path / f"tom.{form}"
    path.write_bytes(template("transactions", "sv", form))
    with duckdb.connect() as con:
        create_tables(con)
        report = read_into(con, path, name=path.name, file_id=1, options=ReadOptions(), key=bytes(32))
    assert (report.outcome, report.rows) == ("refuse", 0)


def test_the_examples_are_one_company():
    known = set(TABLE_EXAMPLES["customers"]["customer_id"])
    assert "00012" in known
    for columns in TABLE_EXAMPLES.values():
        assert set(columns["customer_id"]) <= known
    sold = TABLE_EXAMPLES["transactions"]
    for row in range(len(sold["amount"])):
        amount, price, quantity, cost, margin, discount, bonus = (
            sold[name][row] for name in ("amount", "unit_price", "quantity", "cost", "margin", "discount", "bonus_used")
        )
        assert amount == price * quantity - discount - bonus
        assert margin == amount - cost
    test = TABLE_EXAMPLES["assignments"]
    assert [arm[1] == "control" for arm in test["arm"]] == list(test["is_control"])


def test_the_explanation_says_what_is_required_and_how_it_is_written():
    explained = sheets(template("answers", "sv", "xlsx"))[1]
    assert explained[0] == ["Kolumn", "Måste finnas", "Slag", "Så skrivs det", "Andra rubriker som förstås"]
    rows = {row[0]: row[1:] for row in explained[1:]}
    assert rows["Betyg"][:3] == ["Ja", "Betyg 0–10", "Ett heltal från 0 till 10"]
    assert rows["Kommentar"][0] == "Nej"
    assert "nps" in rows["Betyg"][3]


def test_files_are_named_in_the_readers_language():
    assert file_name("customers", "sv", "xlsx") == "mall-kunder.xlsx"
    assert file_name("customers", "en", "csv", filled=True) == "example-customers.csv"


def test_the_same_template_is_the_same_file():
    assert template("events", "sv", "xlsx", filled=True) == template("events", "sv", "xlsx", filled=True)
