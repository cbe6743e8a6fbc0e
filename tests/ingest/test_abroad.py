"""Files as they are written elsewhere: words of other languages, debit and credit, a sign in its own column."""

from decimal import Decimal

import pytest

from insight.ingest.dates import read_named
from tests.ingest.reading import reading


def _file(amounts: list[str], header: str = "Kundnr;Datum;Belopp") -> str:
    return header + "\n" + "".join(f"K{n};2024-03-0{n};{amount}\n" for n, amount in enumerate(amounts, 1))


@pytest.mark.parametrize(
    ("amounts", "code"),
    [
        (["100,00 DR", "50,00 DR", "30,00 CR"], "number_sides"),
        (["100,00", "50,00", "30,00CR"], "number_side"),
        (["1.100,00 S", "50,00 S", "1.030,00 H"], "number_sides"),
        (["100,00 K", "50,00 K", "30,00 D"], "number_sides"),  # a ledger of sales credits them
        (["D 100,00", "D 50,00", "C 30,00"], "number_sides"),
    ],
)
def test_debit_and_credit_beside_amounts(amounts: list[str], code: str):
    with reading(_file(amounts)) as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal(120)
        assert loaded.one("SELECT min(amount) FROM transactions") < 0
        assert code in loaded.codes
        assert loaded.report.outcome == "warn"


def test_debit_and_credit_are_read_as_they_stand_when_asked():
    with reading(_file(["100,00 DR", "50,00 DR", "30,00 CR"]), returns="none") as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == 180


@pytest.mark.parametrize("amounts", [["100,00", "50,00 K", "30,00"], ["100,00 D", "50,00 H", "30,00 S"]])
def test_letters_that_are_no_pair_are_not_read(amounts: list[str]):
    with reading(_file(amounts)) as loaded:
        assert "aside_amount_unreadable" in loaded.codes or loaded.report.outcome == "refuse"


@pytest.mark.parametrize(
    ("header", "words"),
    [("S/H", ("S", "H")), ("Debet/kredit", ("D", "K")), ("Konteringssida", ("Debet", "Kredit")), ("+/-", ("+", "-"))],
)
def test_a_sign_in_a_column_of_its_own(header: str, words: tuple[str, str]):
    rows = "".join(f"K{n};2024-03-0{n};100,00;{words[n == 4]}\n" for n in range(1, 6))
    with reading(f"Kundnr;Datum;Belopp;{header}\n{rows}") as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == 300
        assert "returns_turned" in loaded.codes


def test_sizes_are_no_sides():
    rows = "".join(f"K{n};2024-03-0{n};100,00;{'SH'[n == 4]}\n" for n in range(1, 6))
    with reading(f"Kundnr;Datum;Belopp;Modell\n{rows}") as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == 500


@pytest.mark.parametrize("word", ["Gutschrift", "Kreditnota", "Hyvityslasku", "Storno"])
def test_credit_notes_of_other_languages_are_returns(word: str):
    rows = "".join(f"{n};K{n};2024-03-0{n};100,00;{word if n == 4 else 'x'}\n" for n in range(1, 6))
    with reading(f"Fakturanr;Kundnr;Datum;Belopp;Typ\n{rows}") as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == 300


@pytest.mark.parametrize(
    "footer",
    ["I alt;;{}", "Yhteensä (3 kpl);;{}", "Gesamtsumme;;{}", "Summe EUR;;{}", "Sammanlagt;;{}", "Summa inkl. moms;;{}",
     "Totalt 2024-03-01 - 2024-03-31;;{}", "Loppusumma;;{}"],
)  # fmt: skip
def test_sums_in_other_words(footer: str):
    with reading(_file(["100,00", "50,00", "30,00"]) + footer.format("180,00") + "\n") as loaded:
        assert (loaded.report.rows, loaded.report.footers, loaded.report.set_aside) == (3, 1, 0)
        assert "total_matches" in loaded.codes
        assert loaded.balanced()


@pytest.mark.parametrize(
    ("cells", "last"),
    [
        (["3. januar 2024", "24. März 2024", "5. Dezember 2024"], "2024-12-05"),
        (["3. tammikuuta 2024", "24. maaliskuuta 2024", "5. joulukuuta 2024"], "2024-12-05"),
        (["03-Jan-24", "24-Mrz-24", "05-Dez-24"], "2024-12-05"),
        (["2024-W01-3", "2024-W13-7", "2024-W49-4"], "2024-12-05"),
        (["3.1.2024 klo 14.05", "24.3.2024 klo 9.00", "5.12.2024 klo 10.00"], "2024-12-05"),
        (["3. 1. 2024", "24. 3. 2024", "5. 12. 2024"], "2024-12-05"),
        (["Mi, 03.01.2024", "So, 24.03.2024", "Do, 05.12.2024"], "2024-12-05"),
        (["20240103T101500Z", "20240324T101500Z", "20241205T101500Z"], "2024-12-05"),
        (["Wed, 3 Jan 2024 10:15:00 +0100", "Sun, 24 Mar 2024 10:15:00 +0100", "Thu, 5 Dec 2024 10:15:00 +0100"],
         "2024-12-05"),
        (["01/2024", "03/2024", "12/2024"], "2024-12-01"),
        (["jan-24", "maj-24", "dec-24"], "2024-12-01"),
    ],
)  # fmt: skip
def test_dates_of_other_places(cells: list[str], last: str):
    with reading("kundnr;datum;belopp\n" + "".join(f"K{n};{cell};1,50\n" for n, cell in enumerate(cells))) as loaded:
        assert loaded.report.rows == 3
        assert loaded.one("SELECT CAST(CAST(max(ordered_at) AS DATE) AS VARCHAR) FROM transactions") == last
        assert loaded.one("SELECT CAST(min(month(ordered_at)) AS INTEGER) FROM transactions") == 1


def test_a_month_and_a_day_are_not_taken_for_a_month_and_a_year():
    assert read_named("jan 24") is None


def test_what_stands_for_nobody_and_what_was_paid_back_are_told():
    rows = "".join(
        f"{n};{'0' if n % 2 else n};2024-03-0{n};100,00;{'10,00' if n == 3 else '0,00'}\n" for n in range(1, 8)
    )
    with reading(f"order;kundnr;datum;belopp;återbetalt belopp\n{rows}") as loaded:
        assert {"id_placeholder", "refund_not_drawn"} <= loaded.codes
        assert loaded.one("SELECT sum(amount) FROM transactions") == 700
