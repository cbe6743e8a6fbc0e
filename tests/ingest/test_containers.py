"""What a file really is, and the plain data that comes out of packed files, workbooks and Parquet."""

import csv
import datetime as dt
import gzip
import shutil
import subprocess
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from insight.errors import IngestError
from insight.i18n.catalog import LANGUAGES, Words, say
from insight.ingest.containers import Source, open_source
from insight.ingest.excel_child import letters, number_text

CSV = "kundnr;namn;datum;belopp\r\n00012;Åsa Öberg;2024-01-31;1 234,50\r\n".encode("cp1252")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def put(tmp_path: Path, name: str, content: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def workbook(tmp_path: Path, sheets: dict[str, list[list[object]]], name: str = "bok.xlsx", **options: object) -> Path:
    """An xlsx with the rows given; dates get a date format."""
    path = tmp_path / name
    with xlsxwriter.Workbook(str(path), options) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for title, rows in sheets.items():
            sheet = book.add_worksheet(title)
            for r, row in enumerate(rows):
                for c, cell in enumerate(row):
                    if isinstance(cell, dt.datetime):
                        sheet.write_datetime(r, c, cell, moment)
                    elif isinstance(cell, dt.date):
                        sheet.write_datetime(r, c, dt.datetime.combine(cell, dt.time()), day)
                    elif isinstance(cell, str):
                        sheet.write_string(r, c, cell)
                    elif cell is not None:
                        sheet.write(r, c, cell)
    return path


def cells(source: Source) -> list[list[str]]:
    with source.path.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.reader(file) if row]


def codes(source: Source) -> dict[str, str]:
    return {m.code: m.severity for m in source.messages}


def refusal(path: Path, work: Path, **choice: str) -> tuple[str, str]:
    """The key and the Swedish sentence of a refusal; both languages must have words, and nothing is left behind."""
    with pytest.raises(IngestError) as caught:
        open_source(path, path.name, work, **choice)
    sentences = [Words(language).t(caught.value.key, **caught.value.values) for language in LANGUAGES]
    assert all(sentences)
    return caught.value.key.removeprefix("ingest."), sentences[0]


def test_a_text_file_is_left_where_it_is(tmp_path, work):
    path = put(tmp_path, "köp.csv", CSV)
    source = open_source(path, "köp.csv", work)
    assert (source.path, source.format, source.messages) == (path, "text", ())
    assert source.row_of(7) == 7


@pytest.mark.parametrize(
    ("name", "actual"),
    [("a.xlsx", "csv"), ("a.xls", "csv"), ("a.csv", None), ("a.TXT", None), ("utan", None), ("export.v2", None)],
)
def test_an_ending_that_lies_is_a_warning_that_names_what_the_file_is(tmp_path, work, name, actual):
    source = open_source(put(tmp_path, name, CSV), name, work)
    assert [m.values.get("actual") for m in source.messages] == ([actual] if actual else [])
    assert all("csv" in say(m.message, language) for m in source.messages for language in LANGUAGES)


def test_a_workbook_named_csv_is_read_as_the_workbook_it_is(tmp_path, work):
    path = workbook(tmp_path, {"Blad1": [["kundnr", "belopp"], ["00012", 5]]}).rename(tmp_path / "bok.csv")
    source = open_source(path, "bok.csv", work)
    assert codes(source) == {"file_mismatch": "warning"}
    assert "xlsx" in say(source.messages[0].message, "sv")


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "file_empty"),
        (b"\r\n  \r\n\r\n", "file_empty"),
        (b"<html><table><tr><td>kundnr</td></tr></table></html>", "file_html"),
        (b"\xef\xbb\xbf<!DOCTYPE html><body>", "file_html"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "file_html"),
        ("\ufeff<table><tr><td>1</td></tr></table>".encode("utf-16"), "file_html"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "file_xml"),
        (b'[{"kundnr": 1}, {"kundnr": 2}]', "file_json"),
        (b'{\n "rows": []}', "file_json"),
        (b'{"kundnr": 1}\n{"kundnr": 2}\n', "file_json"),
        (b"%PDF-1.7\n%\xe2\xe3", "file_not_data"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "file_not_data"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "file_not_data"),
        (bytes(range(256)) * 50, "file_binary"),
    ],
)
def test_what_is_no_table_is_refused_by_its_content(tmp_path, work, content, key):
    assert refusal(put(tmp_path, "kunder.csv", content), work)[0] == key


@pytest.mark.parametrize(
    "content",
    [
        b"[kundnr],[belopp]\n1,2\n",
        b"[2022],[2023]\n1,2\n",
        b"<kundnr>;<namn>\n1;a\n",
        b"<script>alert(1)</script>,belopp\n1,2\n",
        b"kundnr\tnamn\n1\ta\x00\x01b\n",
        "kundnr\tnamn\n1\tÅsa\n".encode("utf-16"),
        "kundnr\tnamn\n1\tÅsa\n".encode("utf-16-le"),
        "kundnr\tnamn\n1\tÅsa\n".encode("utf-16-be"),
    ],
)
def test_odd_tables_are_still_text(tmp_path, work, content):
    assert open_source(put(tmp_path, "a.csv", content), "a.csv", work).format == "text"


def test_gzip_is_unpacked_also_when_it_is_several_members_in_a_row(tmp_path, work):
    path = put(tmp_path, "köp.csv.gz", gzip.compress(CSV) + gzip.compress(b"13;B;2024-02-01;5\r\n"))
    source = open_source(path, "köp.csv.gz", work)
    assert source.path.read_bytes() == CSV + b"13;B;2024-02-01;5\r\n"
    assert (source.path.parent, source.name, codes(source)) == (work, "köp.csv", {"unpacked": "note"})


def test_a_gzip_cut_short_is_refused_and_leaves_nothing(tmp_path, work):
    assert refusal(put(tmp_path, "a.csv.gz", gzip.compress(CSV * 50)[:-9]), work)[0] == "file_damaged"
    assert list(work.iterdir()) == []


def zipped(tmp_path: Path, entries: dict[str, bytes], name: str = "a.zip") -> Path:
    with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, content in entries.items():
            archive.writestr(entry, content)
    return tmp_path / name


def test_a_zip_with_one_data_file_is_that_file(tmp_path, work):
    path = zipped(
        tmp_path, {"__MACOSX/._köp.csv": b"x", "export/köp.csv": CSV, "LÄSMIG.txt": b"hej", ".DS_Store": b"x"}
    )
    source = open_source(path, "a.zip", work)
    assert (source.path.read_bytes(), source.name, source.member) == (CSV, "köp.csv", "export/köp.csv")


def test_a_zip_with_several_files_asks_which(tmp_path, work):
    path = zipped(tmp_path, {"kunder.csv": b"kundnr,namn\n1,a\n", "köp.csv": CSV})
    key, sentence = refusal(path, work)
    assert key == "zip_choose" and "kunder.csv, köp.csv" in sentence
    source = open_source(path, "a.zip", work, member="köp.csv")
    assert source.path.read_bytes() == CSV and source.members == ("kunder.csv", "köp.csv")
    assert refusal(path, work, member="../köp.csv")[0] == "zip_no_member"


def test_a_workbook_inside_a_zip_is_read(tmp_path, work):
    inner = workbook(tmp_path, {"Blad1": [["kundnr"], ["00012"]]}).read_bytes()
    source = open_source(zipped(tmp_path, {"bok.xlsx": inner}), "a.zip", work)
    assert (source.format, cells(source)) == ("excel", [["kundnr"], ["00012"]])
    assert list(work.iterdir()) == [source.path]


def test_a_locked_zip_says_so(tmp_path, work):
    content = bytearray(zipped(tmp_path, {"a.csv": CSV}).read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert refusal(put(tmp_path, "låst.zip", bytes(content)), work)[0] == "zip_password"


def test_cells_become_text_that_keeps_what_excel_holds(tmp_path, work):
    rows = [
        ["kundnr", "datum", "tid", "antal", "belopp", "ja", "text"],
        ["00012", dt.date(2024, 1, 31), dt.datetime(2024, 1, 31, 13, 5, 7), 3, 1234.5, True, 'sa "hej", sa han'],
        ["0013", dt.date(1999, 12, 31), dt.datetime(2024, 2, 1), 120000000000, 0.1 + 0.2, False, "rad 1\nrad 2"],
        [None, None, None, None, None, None, None],
        ["1e5", dt.date(2024, 2, 29), dt.datetime(2024, 2, 1, 0, 0, 1), -7, 0.000012, True, "=1+1"],
    ]
    source = open_source(workbook(tmp_path, {"Blad1": rows}), "bok.xlsx", work)
    assert cells(source)[1:] == [
        ["00012", "2024-01-31", "2024-01-31 13:05:07", "3", "1234.5", "true", 'sa "hej", sa han'],
        ["0013", "1999-12-31", "2024-02-01 00:00:00", "120000000000", "0.3", "false", "rad 1\nrad 2"],
        ["1e5", "2024-02-29", "2024-02-01 00:00:01", "-7", "0.000012", "true", "=1+1"],
    ]
    assert source.messages == ()
    # Lines of the file: 1 header, 2, 3 with its continuation 4, 5 blank, 6. The same rows in Excel: 1, 2, 3, 4, 5.
    assert [source.row_of(line) for line in (1, 2, 3, 4, 5, 6)] == [1, 2, 3, 3, 4, 5]


def test_rows_above_the_first_filled_one_count_in_the_row_that_is_named(tmp_path, work):
    rows: list[list[object]] = [[], [], [None, "kundnr", "belopp"], [None, "1", 2]]
    source = open_source(workbook(tmp_path, {"Blad1": rows}), "bok.xlsx", work)
    assert cells(source) == [["kundnr", "belopp"], ["1", "2"]]
    assert (source.row_of(1), source.row_of(2)) == (3, 4)


@pytest.mark.parametrize("epoch", [False, True])
def test_dates_are_the_same_in_both_date_systems(tmp_path, work, epoch):
    rows = [["datum"], [dt.date(2024, 2, 29)], [dt.date(2011, 1, 1)]]
    source = open_source(workbook(tmp_path, {"B": rows}, date_1904=epoch), "bok.xlsx", work)
    assert cells(source) == [["datum"], ["2024-02-29"], ["2011-01-01"]]
    assert source.epoch_1904 is epoch


def test_the_largest_table_is_read_and_the_others_are_named(tmp_path, work):
    table: list[list[object]] = [["kundnr", "belopp"], *([str(n), n] for n in range(30))]
    path = workbook(
        tmp_path, {"Info": [["Rapport"], ["2024"]], "Data": table, "Pivot": [["a", "b"], ["c", 1], ["d", 2]]}
    )
    source = open_source(path, "bok.xlsx", work)
    assert (source.sheet, codes(source)) == ("Data", {"excel_sheet": "warning"})
    assert [(s.name, s.rows) for s in source.sheets] == [("Info", 2), ("Data", 31), ("Pivot", 3)]
    assert "Data" in say(source.messages[0].message, "sv") and "Info, Pivot" in say(source.messages[0].message, "sv")
    other = open_source(path, "bok.xlsx", work, sheet="Pivot")
    assert (other.sheet, other.messages, cells(other)[1]) == ("Pivot", (), ["c", "1"])
    key, sentence = refusal(path, work, sheet="Blad9")
    assert key == "excel_no_sheet" and "Info, Data, Pivot" in sentence


def test_an_explaining_sheet_after_the_data_is_a_note_and_empty_ones_are_silent(tmp_path, work):
    table: list[list[object]] = [["kundnr", "belopp"], ["1", 2]]
    explained = {"Data": table, "Förklaring": [["kolumn", "betyder"], *(["a", "b"] for _ in range(40))]}
    assert codes(open_source(workbook(tmp_path, explained), "bok.xlsx", work)) == {"excel_sheet": "note"}
    assert codes(open_source(workbook(tmp_path, {"Data": table, "Blad2": []}), "bok.xlsx", work)) == {}


def test_errors_and_formulas_never_calculated_are_empty_and_counted(tmp_path, work):
    path = tmp_path / "fel.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["kundnr", "belopp"])
        sheet.write_string(1, 0, "1")
        sheet.write_formula(1, 1, "=NA()", None, "#N/A")
        sheet.write_row(2, 0, ["2", "#DIVISION/0!"])
        sheet.write_row(3, 0, ["3", 5])
    source = open_source(path, path.name, work)
    assert cells(source)[1:] == [["1", ""], ["2", ""], ["3", "5"]]
    [message] = source.messages
    assert (message.code, message.severity, message.values["n"]) == ("excel_errors", "warning", 2)

    book = openpyxl.Workbook()
    book.active.append(["kundnr", "belopp"])
    book.active.append(["1", "=2*3"])
    book.save(tmp_path / "formel.xlsx")
    [message] = open_source(tmp_path / "formel.xlsx", "formel.xlsx", work).messages
    assert (message.code, message.values) == ("excel_uncalculated", {"n": 1, "cells": "B2"})


def test_a_number_too_long_for_excel_is_told_because_ids_lose_their_last_digits(tmp_path, work):
    path = workbook(tmp_path, {"B": [["kundnr"], [12345678901234567890], [811218]]})
    source = open_source(path, path.name, work)
    assert codes(source) == {"excel_long_numbers": "warning"}
    assert cells(source) == [["kundnr"], ["1.23456789012346E+19"], ["811218"]]


def test_leading_zeros_that_only_a_number_format_shows_survive(tmp_path, work):
    path = tmp_path / "nollor.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        five, company = book.add_format({"num_format": "00000"}), book.add_format({"num_format": "000000-0000"})
        sheet.write_row(0, 0, ["kundnr", "orgnr", "belopp"])
        for row, (customer, number, amount) in enumerate(
            [(12, 212000142, 5), (54321, 5560160680, 7.5), (123456, 1, 0)], 1
        ):
            sheet.write_number(row, 0, customer, five)
            sheet.write_number(row, 1, number, company)
            sheet.write_number(row, 2, amount)
    source = open_source(path, path.name, work)
    assert cells(source)[1:] == [
        ["00012", "0212000142", "5"], ["54321", "5560160680", "7.5"], ["123456", "0000000001", "0"],
    ]  # fmt: skip


def test_a_huge_used_range_without_values_is_trimmed(tmp_path, work):
    path = tmp_path / "stor.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["kundnr", "belopp"])
        sheet.write_row(1, 0, ["1", 2])
        sheet.write_blank(1_048_575, 16_383, None, book.add_format({"bold": True}))
    source = open_source(path, path.name, work)
    assert source.path.read_text(encoding="utf-8") == "kundnr,belopp\n1,2\n"


def test_a_macro_is_never_run_and_always_told(tmp_path, work):
    path = workbook(tmp_path, {"B": [["kundnr"], ["1"]]}, "makro.xlsm")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0")
    source = open_source(path, path.name, work)
    assert codes(source) == {"excel_macro": "warning"}
    assert "makro" in say(source.messages[0].message, "sv") and "macro" in say(source.messages[0].message, "en")


def test_a_locked_workbook_is_refused_with_the_way_out(tmp_path, work):
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le") + bytes(2000)
    key, sentence = refusal(put(tmp_path, "låst.xlsx", ole), work)
    assert key == "excel_password" and "lösenord" in sentence


@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice to write the old formats")
@pytest.mark.parametrize("ending", ["xls", "ods"])
def test_other_programs_workbooks_read_the_same(tmp_path, work, ending):
    rows = [["kundnr", "datum", "belopp"], ["00012", dt.date(2024, 1, 31), 1234.5], ["0013", dt.date(2024, 2, 1), 7]]
    path = workbook(tmp_path, {"Blad1": rows})
    subprocess.run(
        ["soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to", ending,
         "--outdir", str(tmp_path), str(path)], check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    source = open_source(tmp_path / f"bok.{ending}", f"bok.{ending}", work)
    assert cells(source) == [
        ["kundnr", "datum", "belopp"],
        ["00012", "2024-01-31", "1234.5"],
        ["0013", "2024-02-01", "7"],
    ]
    assert source.messages == ()


def test_an_empty_workbook_is_refused(tmp_path, work):
    assert refusal(workbook(tmp_path, {"Blad1": [], "Blad2": []}), work)[0] == "excel_empty"


def parquet(tmp_path: Path, table: pa.Table) -> Path:
    pq.write_table(table, tmp_path / "a.parquet")
    return tmp_path / "a.parquet"


def test_parquet_is_checked_and_left_where_it_is(tmp_path, work):
    path = parquet(tmp_path, pa.table({"kundnr": ["00012", "7"], "belopp": [1.5, 2.0]}))
    source = open_source(path, path.name, work)
    assert (source.path, source.format, source.messages) == (path, "parquet", ())


@pytest.mark.parametrize("cut", [5, 40, -1, -5, -9])
def test_a_damaged_parquet_is_refused(tmp_path, work, cut):
    content = parquet(tmp_path, pa.table({"kundnr": ["00012", "7"], "belopp": [1.5, 2.0]})).read_bytes()
    assert refusal(put(tmp_path, "b.parquet", content[:cut]), work)[0] == "file_damaged"


def test_parquet_that_is_no_flat_table_is_refused(tmp_path, work):
    assert refusal(parquet(tmp_path, pa.table({f"c{i}": [1] for i in range(1001)})), work)[0] == "parquet_wide"
    assert refusal(parquet(tmp_path, pa.table({"a": pa.array([], pa.int64())})), work)[0] == "file_empty"
    assert refusal(parquet(tmp_path, pa.table({"rader": [[1, 2]]})), work)[0] == "parquet_nested"


def test_a_file_that_is_gone_is_a_sentence(tmp_path, work):
    assert refusal(tmp_path / "borta.csv", work)[0] == "file_unreadable"


class StoppedError(Exception):
    """What a user's cancel raises here."""


def test_a_cancel_ends_the_child_and_leaves_nothing(tmp_path, work, monkeypatch):
    sleeper = put(tmp_path, "sleeper.py", b"import sys, time\nsys.stdin.read()\ntime.sleep(600)\n")
    monkeypatch.setattr("insight.ingest.excel._CHILD", sleeper)
    asked: list[int] = []

    def pause() -> None:
        asked.append(1)
        if len(asked) == 3:
            raise StoppedError

    with pytest.raises(StoppedError):
        open_source(workbook(tmp_path, {"B": [["kundnr"], ["1"]]}), "bok.xlsx", work, pause=pause)
    assert list(work.iterdir()) == []


def test_a_child_that_never_answers_is_stopped(tmp_path, work, monkeypatch):
    sleeper = put(tmp_path, "sleeper.py", b"import sys, time\nsys.stdin.read()\ntime.sleep(600)\n")
    monkeypatch.setattr("insight.ingest.excel._CHILD", sleeper)
    monkeypatch.setattr("insight.ingest.excel._BASE_SECONDS", -3)
    assert refusal(workbook(tmp_path, {"B": [["kundnr"], ["1"]]}), work)[0] == "excel_slow"
    assert list(work.iterdir()) == []


def test_unpacking_can_be_stopped(tmp_path, work):
    def pause() -> None:
        raise StoppedError

    for path in (put(tmp_path, "a.csv.gz", gzip.compress(CSV)), zipped(tmp_path, {"a.csv": CSV})):
        with pytest.raises(StoppedError):
            open_source(path, path.name, work, pause=pause)
    assert list(work.iterdir()) == []


def test_excel_names_of_columns():
    assert [letters(n) for n in (0, 25, 26, 701, 702, 16_383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]


def test_number_text_has_no_noise_and_no_exponent():
    assert [number_text(n) for n in (124.0, -0.5, 1e15, 9007199254740991.0, 19.99 * 3, 1e-7, 12)] == [
        "124", "-0.5", "1000000000000000", "9007199254740991", "59.97", "0.0000001", "12",
    ]  # fmt: skip
    assert number_text(2.0**60) == "1.15292150460685E+18"


def test_both_catalogues_hold_the_same_sentences_with_the_same_values():
    import string
    import tomllib

    here = Path(__file__).parents[2] / "insight" / "i18n"
    texts = [
        tomllib.loads((here / code / "containers.toml").read_text(encoding="utf-8"))["ingest"] for code in LANGUAGES
    ]
    fields = [{k: sorted(f for _, f, _, _ in string.Formatter().parse(v) if f) for k, v in t.items()} for t in texts]
    assert fields[0].keys() == fields[1].keys()
    assert {k: set(v) for k, v in fields[0].items()} == {k: set(v) for k, v in fields[1].items()}
