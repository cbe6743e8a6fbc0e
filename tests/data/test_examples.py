"""The example files: small, and the same slice in both dialects, read here without our own reader."""

import csv
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from data import examples_maker

FOLDER = examples_maker.FOLDER
PAIRS = [
    ("customers", "kunder"),
    ("transactions", "transaktioner"),
    ("assignments", "testgrupper"),
    ("answers", "nps-svar"),
]


def _read(path: Path, encoding: str, delimiter: str) -> list[list[str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


def _both(english: str, swedish: str, folder: Path = FOLDER) -> tuple[list[list[str]], list[list[str]]]:
    return (
        _read(folder / "iso" / f"{english}.csv", "utf-8", ","),
        _read(folder / "excel" / f"{swedish}.csv", "cp1252", ";"),
    )


def _kronor(text: str) -> Decimal:
    assert text.endswith(" kr")
    return Decimal(text.removesuffix(" kr").replace("\u00a0", "").replace(",", "."))


def test_no_file_is_above_60_kb():
    files = [path for path in FOLDER.rglob("*") if path.is_file()]
    assert len(files) == 9
    assert all(path.stat().st_size <= 60_000 for path in files)


@pytest.mark.parametrize(("english", "swedish"), PAIRS)
def test_both_dialects_hold_the_same_rows(english, swedish):
    iso, excel = _both(english, swedish)
    assert len(iso) == len(excel) > 100
    assert len(iso[0]) == len(excel[0])
    ids = iso[0].index("customer_id")
    assert [row[ids] for row in iso[1:]] == [row[ids] for row in excel[1:]]


def test_both_dialects_hold_the_same_amounts_some_of_them_negative_and_in_thousands():
    iso, excel = _both("transactions", "transaktioner")
    place = iso[0].index("amount")
    plain = [Decimal(row[place]) for row in iso[1:]]
    assert plain == [_kronor(row[place]) for row in excel[1:]]
    assert min(plain) < 0
    assert any("\u00a0" in row[place] for row in excel[1:])
    unidentified = [row for row in iso[1:] if not row[iso[0].index("customer_id")]]
    assert 0 < len(unidentified) < len(plain) / 4


def test_300_customers_and_all_three_kinds_of_consent():
    iso, excel = _both("customers", "kunder")
    assert len(iso) == 301
    place = iso[0].index("consent_sms")
    assert {row[place] for row in iso[1:]} == {"true", "false", ""}
    assert {row[place] for row in excel[1:]} == {"Ja", "Nej", ""}


def test_the_workbook_has_the_lines_of_the_receipts_since_august():
    sheet = openpyxl.load_workbook(FOLDER / "excel" / "orderrader.xlsx").active
    assert sheet is not None
    header, *lines = sheet.iter_rows(values_only=True)
    receipt, amount = header.index("Kvittonr"), header.index("Radbelopp")
    quantity, price, discount = header.index("Antal"), header.index("À-pris"), header.index("Rabatt")
    total: dict[object, float] = {}
    for line in lines:
        assert line[amount] == pytest.approx(line[quantity] * line[price] - line[discount], abs=0.005)
        total[line[receipt]] = total.get(line[receipt], 0) + line[amount]
    iso, _ = _both("transactions", "transaktioner")
    when, number, sold = (iso[0].index(name) for name in ("ordered_at", "order_id", "amount"))
    expected = {row[number]: float(row[sold]) for row in iso[1:] if row[when] >= "2025-08-01"}
    assert total == pytest.approx(expected, abs=0.005)


def test_the_maker_writes_the_files_that_are_kept(tmp_path):
    examples_maker.main(tmp_path)
    for english, swedish in PAIRS:
        assert [rows[0] for rows in _both(english, swedish, tmp_path)] == [rows[0] for rows in _both(english, swedish)]
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.*")) == sorted(
        path.relative_to(FOLDER) for path in FOLDER.rglob("*.*")
    )
