"""Year of birth and sex of personal numbers: only on request, and never a digit of the numbers kept."""

from pathlib import Path

import pytest

from insight.ingest.options import ReadOptions
from insight.workspace.store import SourceFile, Workspace
from tests.ingest.reading import reading

# The tax agency's own examples (SKV 704), and made-up ones with Luhn's check digit; an odd ninth digit is a man's.
PEOPLE = {"19811228-9874": ("1981", "Man"), "6408233234": ("1964", "Man"), "670919-9530": ("1967", "Man"),
          "20010101-0007": ("2001", "Kvinna"), "640823-3226": ("1964", "Kvinna")}  # fmt: skip
FILE = "kundnr;personnummer;ort\n" + "".join(f"K{at};{number};Umeå\n" for at, number in enumerate(PEOPLE))
IDS = "personnummer;ort\n" + "".join(f"{number};Umeå\n" for number in PEOPLE)
KNOWN = [(f"K{at}", f"{year}-01-01", sex) for at, (year, sex) in enumerate(PEOPLE.values())]
SELECT = "SELECT customer_id, birth_date::VARCHAR, gender FROM customers ORDER BY customer_id"


def test_on_request_year_and_sex_are_kept():
    with reading(FILE, personal_ids="birth") as loaded:
        assert loaded.rows(SELECT) == KNOWN
        assert loaded.codes >= {"birth_kept", "personal_dropped"}


@pytest.mark.parametrize("wanted", ["hash", "drop"])
def test_without_a_request_they_are_not(wanted: str):
    with reading(FILE, personal_ids=wanted) as loaded:
        assert loaded.rows(SELECT) == [(f"K{at}", None, None) for at in range(len(PEOPLE))]


def test_where_the_number_is_the_id_it_is_hashed_besides():
    with reading(IDS, personal_ids="birth") as loaded:
        assert sorted(row[1:] for row in loaded.rows(SELECT)) == sorted(row[1:] for row in KNOWN)
        assert all(len(str(row[0])) == 64 for row in loaded.rows(SELECT))


def test_what_the_file_says_itself_stays():
    text = "kundnr;personnummer;kön\nK0;19811228-9874;Kvinna\nK1;6408233234;\nK2;670919-9530;X\n"
    with reading(text, personal_ids="birth") as loaded:
        assert [row[2] for row in loaded.rows(SELECT)] == ["Kvinna", "Man", "X"]


def test_other_kinds_of_files_say_that_they_can_not():
    rows = "".join(f"{number};2024-01-0{at + 1};100,00\n" for at, number in enumerate(PEOPLE))
    with reading("personnummer;köpdatum;belopp\n" + rows, personal_ids="birth") as loaded:
        assert (loaded.report.kind, loaded.report.rows) == ("transactions", 5)
        assert "birth_only_of_customers" in loaded.codes


@pytest.mark.parametrize("text", [FILE, IDS, FILE + "K9;811228-9874;Umeå;för;många\n"])
def test_no_digit_of_a_number_is_found_in_the_folder(text: str, tmp_path: Path):
    file = tmp_path / "kunder.csv"
    file.write_text(text, encoding="utf-8")
    workspace = Workspace.create(tmp_path / "w")
    (report,) = workspace.load([SourceFile(file, "kunder.csv", ReadOptions.parse({"personal_ids": "birth"}))])
    workspace.close()
    assert report.rows == 5
    held = b"".join(path.read_bytes() for path in (tmp_path / "w").rglob("*") if path.is_file())
    assert b"Ume" in held
    for number in PEOPLE:
        digits = number.replace("-", "")[-10:]
        for form in (digits, f"{digits[:6]}-{digits[6:]}", f"-{digits[6:]}"):
            assert form.encode() not in held
            assert form.encode("utf-16-le") not in held
