"""Odd things of known kinds in files that no corpus holds; every expected value is written down by hand."""

import zipfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from insight.errors import UsageError
from insight.ingest.options import ReadOptions
from insight.ingest.proposal import propose
from tests.ingest.reading import reading


def _plain(late: dict[str, str], *, rows: int = 600, amount: str = "12,50") -> str:
    """A file that is plain all through, but for the cells of its line 502 (long after the first rows)."""
    lines = ["kundnr;datum;belopp"]
    for at in range(rows):
        row = {"kundnr": f"{at % 90:05d}", "datum": f"2023-{at % 12 + 1:02d}-{at % 28 + 1:02d}", "belopp": amount}
        lines.append(";".join((row | late if at == 500 else row).values()))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("cell", ["\u00a000012", "\ufeff00012", "00012\t", '"=""00012"""', "12.0", "\u200b00012"])
def test_an_id_that_is_dressed_up_far_down_is_the_same_customer(cell: str):
    with reading(_plain({"kundnr": cell})) as loaded:
        (ids,) = {str(row[0]) for row in loaded.rows("SELECT customer_id FROM transactions WHERE line = 502")}
        assert ids == ("12" if cell == "12.0" else "00012")
        assert loaded.balanced()


@pytest.mark.parametrize("word", ["NULL", "None", "-", "(null)", "#SAKNAS!", "n/a", "okänd", "?"])
@pytest.mark.parametrize("rows", [501, 600])
def test_a_word_for_nothing_is_no_customer(word: str, rows: int):
    with reading(_plain({"kundnr": word}, rows=rows)) as loaded:
        assert loaded.one("SELECT count(*) FROM transactions WHERE customer_id IS NULL") == 1
        assert loaded.one("SELECT count(DISTINCT customer_id) FROM transactions") == 90
        assert ("customer_blank", 502) in {(m.code, m.line) for m in loaded.report.messages}


@pytest.mark.parametrize("cell", ["epoch", "infinity", "-infinity", "now", "2023-05-05 24:30:00", "20230505x"])
def test_words_that_a_database_takes_for_dates_are_set_aside(cell: str):
    with reading(_plain({"datum": cell})) as loaded:
        assert (loaded.report.rows, loaded.report.set_aside) == (599, 1)
        assert [m.line for m in loaded.report.messages if m.code == "aside_date_unreadable"] == [502]


def test_a_late_twelve_hour_clock_is_read_as_afternoon():
    with reading(_plain({"datum": "2023-05-05 10:30 PM"})) as loaded:
        assert loaded.one("SELECT ordered_at FROM transactions WHERE line = 502") == datetime(2023, 5, 5, 22, 30)


@pytest.mark.parametrize(("cell", "kronor"), [("1.500", "1500.00"), ("1.230", "1230.00"), ("1.234,50", "1234.50")])
def test_a_late_point_among_decimal_commas_marks_thousands(cell: str, kronor: str):
    with reading(_plain({"belopp": cell})) as loaded:
        assert loaded.one("SELECT amount FROM transactions WHERE line = 502") == Decimal(kronor)
        assert loaded.one("SELECT sum(amount) FROM transactions") == 599 * Decimal("12.50") + Decimal(kronor)


def test_a_number_with_underscores_is_none():
    with reading(_plain({"belopp": "1_500"})) as loaded:
        assert (loaded.report.rows, loaded.report.set_aside) == (599, 1)


@pytest.mark.parametrize(
    ("header", "cells", "first", "last"),
    [
        ("datum", ("240131", "240229", "241231"), "2024-01-31", "2024-12-31"),
        ("datum", ("45322,4375", "45351,5", "45657,25"), "2024-01-31", "2024-12-31"),
        ("månad", ("2024-01", "2024-02", "2024-12"), "2024-01-01", "2024-12-01"),
        ("period", ("2023-05", "2023-11", "2024-02"), "2023-05-01", "2024-02-01"),
    ],
)
def test_purchases_stay_purchases_however_their_day_is_written(header: str, cells: tuple, first: str, last: str):
    rows = "".join(f"{10 + at % 2};Bo Ek;{cells[at % 3]};100,00\n" for at in range(12))
    with reading(f"kundnr;namn;{header};belopp\n{rows}") as loaded:
        assert (loaded.report.kind, loaded.report.outcome, loaded.report.rows) == ("transactions", "warn", 12)
        assert loaded.one("SELECT CAST(CAST(min(ordered_at) AS DATE) AS VARCHAR) FROM transactions") == first
        assert loaded.one("SELECT CAST(CAST(max(ordered_at) AS DATE) AS VARCHAR) FROM transactions") == last
        assert loaded.one("SELECT sum(amount) FROM transactions") == 1200


def test_cards_of_customers_are_identities():
    rows = "".join(f"{at // 2:05d};96{at:08d};kort\n" for at in range(20))
    with reading("Kundnr;Kortnr;Typ\n" + rows) as loaded:
        assert (loaded.report.kind, loaded.report.rows, loaded.report.outcome) == ("identities", 20, "accept")


@pytest.mark.parametrize(
    ("question", "answers", "total"),
    [
        (
            "Hur sannolikt är det att du rekommenderar oss?",
            ("9 - mycket troligt", "10 (extremt troligt)", "0: nej"),
            19,
        ),
        ("How likely are you to recommend our shop to a friend?", ("7", "8", "2"), 17),
        ("Hur troligt är det att du skulle rekommendera butiken?", ("9/10", "10/10", "3/10"), 22),
    ],
)
def test_the_question_itself_is_the_header_of_the_score(question: str, answers: tuple, total: int):
    rows = "".join(f"{at};2024-04-{10 + at};{cell}\n" for at, cell in enumerate(answers))
    with reading(f"Kundnr;Svarsdatum;{question}\n{rows}") as loaded:
        assert (loaded.report.kind, loaded.report.rows) == ("answers", 3)
        assert loaded.one("SELECT sum(score) FROM answers") == total


def test_a_date_alone_makes_no_reward_and_no_mailing():
    rows = "".join(f"{at:03d};2024-04-{10 + at};villa\n" for at in range(9))
    with reading("kundnr;besiktningsdatum;boende\n" + rows) as loaded:
        assert (loaded.report.kind, loaded.report.rows) == ("customers", 9)


def test_a_script_is_no_register_of_customers():
    text = "CREATE TABLE kund (id INT);\n" + "INSERT INTO kund VALUES (1,'a','2024-01-01');\n" * 3
    with reading(text) as loaded:
        assert loaded.report.outcome == "refuse"


def _sales(*rows: str, header: str = "kundnr;datum;belopp") -> str:
    return "\n".join([header, *rows]) + "\n"


def test_a_total_with_a_date_is_no_customer():
    lines = [f"{at:03d};2024-03-{at + 10};{at}0,50" for at in range(1, 10)]
    with reading(_sales(*lines, "Totalt;2024-03-31;454,50")) as loaded:
        assert (loaded.report.rows, loaded.report.footers, loaded.report.outcome) == (9, 1, "warn")
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal("454.50")
        assert "total_matches" in loaded.codes


def test_part_sums_with_dates_far_down_are_no_customers():
    lines = [f"{at % 50:03d};2024-{at % 12 + 1:02d}-15;10,00" for at in range(700)]
    lines.insert(600, "Delsumma;2024-03-31;6000,00")
    with reading(_sales(*lines)) as loaded:
        assert (loaded.report.rows, loaded.report.footers) == (700, 1)
        assert loaded.one("SELECT sum(amount) FROM transactions") == 7000


def test_a_customer_called_total_in_the_middle_stays():
    lines = [f"{name};2024-03-{at + 10};100,00" for at, name in enumerate(("Total", "Shell", "Total", "Circle K"))]
    with reading(_sales(*lines, *(f"Kund {at};2024-04-{at + 10};1,00" for at in range(8)))) as loaded:
        assert (loaded.report.rows, loaded.report.footers) == (12, 0)


@pytest.mark.parametrize(
    ("word", "sign"),
    [("Retur", -1), ("Retur – hel order", -1), ("Refunded (partly)", 1), ("Refunded", -1), ("Credit", -1),
     ("Credit card", 1), ("Returning", 1), ("Kreditkort", 1), ("Retail", 1)],
)  # fmt: skip
def test_which_words_of_a_status_make_a_return(word: str, sign: int):
    rows = [f"{at};2024-03-{at + 10};100,00;{word if at == 4 else 'Levererad'}" for at in range(9)]
    with reading(_sales(*rows, header="kundnr;datum;belopp;orderstatus")) as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == 800 + 100 * sign
        assert ("returns_turned" in loaded.codes) == (sign < 0)


def test_dates_that_can_not_be_are_told():
    rows = ["1;2024-03-10;1,00", "2;1900-01-01;2,00", "3;2098-12-31;4,00"]
    with reading(_sales(*rows)) as loaded:
        told = {m.code: (m.severity, m.line) for m in loaded.report.messages}
        assert told["date_early"] == ("warning", 3)
        assert told["date_future"] == ("warning", 4)
        assert loaded.report.rows == 3


def test_agreements_may_end_in_the_future():
    with reading("kundnr;startdatum;slutdatum;avgift\n1;2024-01-01;2098-01-01;99,00\n") as loaded:
        assert loaded.report.kind == "agreements"
        assert loaded.report.outcome == "accept"


def test_the_header_says_that_vat_is_included():
    with reading(_sales("1;2024-03-10;125,00", header="kundnr;datum;belopp inkl. moms")) as loaded:
        assert loaded.rows("SELECT amount, vat FROM transactions") == [(Decimal("125.00"), "included")]
        assert "vat_included" in loaded.codes
        assert loaded.report.outcome == "accept"


def test_a_stray_eleven_is_set_aside_and_the_rest_is_nps():
    rows = [f"{at};2024-04-{at % 28 + 1:02d};{11 if at == 12 else at % 11}" for at in range(40)]
    with reading(_sales(*rows, header="kundnr;svarsdatum;nps")) as loaded:
        assert (loaded.report.rows, loaded.report.set_aside) == (39, 1)
        assert loaded.report.figures["scale"] == "0-10"
        assert loaded.one("SELECT max(score) FROM answers") == 10


def test_a_printed_report_is_cut_at_its_wide_blanks():
    rows = [("kundnr", "namn", "datum", "belopp"), ("00012", "Åsa Öberg", "2024-03-10", "1 234,50"),
            ("00013", "Bo Ek", "2024-03-11", "-10,00"), ("00014", "", "2024-03-12", "5,00"),
            ("00015", "Per-Åke Näs", "2024-03-14", "7,00")]  # fmt: skip
    text = "".join(f"{a:<10}{b:<20}{c:<14}{d:>12}\n" for a, b, c, d in rows)
    with reading(text) as loaded:
        assert (loaded.report.kind, loaded.report.rows, loaded.report.set_aside) == ("transactions", 4, 0)
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal("1236.50")
        assert loaded.one("SELECT count(*) FROM transactions WHERE customer_id = '00014'") == 1


@pytest.mark.parametrize("unit", ["tkr", "KSEK", "MSEK", "öre", "in thousands", "cents"])
def test_amounts_in_thousands_or_cents_are_told(unit: str):
    with reading(_sales("1;2024-03-10;12,50", header=f"kundnr;datum;belopp ({unit})")) as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal("12.50")
        assert loaded.report.outcome == "warn"
        assert unit.split()[-1].lower() in loaded.said


@pytest.mark.parametrize("header", ["belopp (SEK)", "belopp kr", "centrumbelopp", "belopp exkl moms"])
def test_amounts_in_whole_kronor_need_no_word(header: str):
    with reading(_sales("1;2024-03-10;12,50", header=f"kundnr;datum;{header}")) as loaded:
        assert "amount_unit" not in loaded.codes


def test_a_discount_in_percent_is_no_money():
    rows = [f"{at};2024-03-{at + 10};100,00;{at}0%" for at in range(1, 9)]
    with reading(_sales(*rows, header="kundnr;datum;belopp;rabatt")) as loaded:
        assert loaded.one("SELECT count(discount) FROM transactions") == 0
        assert loaded.one("SELECT count(DISTINCT a1) FROM transactions") == 8


def test_pieces_after_a_quantity_are_left_out():
    rows = ["1;2024-03-10;100,00;2 st", "2;2024-03-11;50,00;1 st."]
    with reading(_sales(*rows, header="kundnr;datum;belopp;antal")) as loaded:
        assert loaded.one("SELECT sum(quantity) FROM transactions") == 3


def test_the_header_again_in_capitals_is_no_row():
    rows = [f"{at};2024-03-{at + 10};1,00" for at in range(4)]
    with reading(_sales(*rows, "KUNDNR;DATUM;BELOPP", *rows)) as loaded:
        assert (loaded.report.rows, loaded.report.set_aside) == (8, 1)
        assert ("repeated_header", 6) in {(m.code, m.line) for m in loaded.report.messages}


def test_a_backslash_at_the_end_of_a_quoted_cell_is_a_backslash():
    rows = [f'{at},"C:\\kund\\",2024-03-{at + 10},1.50' for at in range(5)]
    with reading(_sales(*rows, header="kundnr,mapp,datum,belopp")) as loaded:
        assert loaded.report.rows == 5
        assert loaded.one("SELECT any_value(a1) FROM transactions") == "C:\\kund\\"


def test_a_backslash_before_a_quote_within_a_cell_is_none():
    rows = [f'{at},"Bo \\"Bosse\\" Ek",2024-03-{at + 10},1.50' for at in range(5)]
    with reading(_sales(*rows, header="kundnr,namn,datum,belopp")) as loaded:
        assert loaded.one("SELECT any_value(a1) FROM transactions") == 'Bo "Bosse" Ek'


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"2024-01-{at + 10} 10:00:00 INFO started worker {at}\n" for at in range(20)),
        "kunder:\n" + "  - kundnr: 1\n    datum: 2024-01-01\n    belopp: 5\n" * 5,
    ],
)
def test_what_is_no_table_is_not_taken_for_customers(text: str):
    with reading(text) as loaded:
        assert loaded.report.outcome == "refuse"


def test_wide_tables_are_read_and_words_for_nothing_are_empty():
    more = [f"x{at}" for at in range(120)]
    cells = ["1"] * 119 + ["NULL"]
    text = _sales(";".join(["7", "2024-02-15", "12,50", *cells]), header=";".join(["kundnr;datum;belopp", *more]))
    with reading(text) as loaded:
        assert loaded.rows("SELECT amount, a1, a120 FROM transactions") == [(Decimal("12.50"), "1", None)]


def _guessed(header: str, *cells: str) -> str:
    """The kind that is guessed for ten rows; '{0}' in a cell is the row's number."""
    rows = [";".join(cell.format(at, at % 3, f"2024-03-{at + 10}") for cell in cells) for at in range(10)]
    with reading(_sales(*rows, header=header)) as loaded:
        return loaded.report.kind


@pytest.mark.parametrize(
    ("kind", "header", "cells"),
    [
        ("customers", "kundnr;namn;senaste köp;antal köp;köpt för totalt", ("{0}", "Bo", "{2}", "4", "120,50")),
        ("customers", "customer_id;first_purchase;total_spend", ("{0}", "{2}", "120.50")),
        ("transactions", "kundnr;datum;belopp", ("{0}", "{2}", "120,50")),
        ("transactions", "medlemskort;datum;belopp", ("{1}", "{2}", "120,50")),
        ("transactions", "id;user;ts;value", ("o-{0}", "u-{1}", "{2}T10:00:00Z", "12.50")),
        ("agreements", "sub_id;customer_id;plan;started_at;cancelled_at;mrr",
         ("s{0}", "{0}", "Pro", "{2}", "", "9.00")),
        ("identities", "Gammalt kundnr;Nytt kundnr", ("{0}", "9{0}")),
        ("", "kampanjkod;namn;startdatum;slutdatum;budget", ("V{0}", "Vår", "{2}", "{2}", "5000,00")),
        ("", "artikelnr;benämning;varugrupp;inpris;utpris", ("5{0}", "Sko", "Skor", "10,00", "20,00")),
        ("", "butiksnr;butiksnamn;ort", ("{0}", "Lund C", "Lund")),
    ],
)  # fmt: skip
def test_what_a_file_is_by_its_headers(kind: str, header: str, cells: tuple):
    assert _guessed(header, *cells) == kind


@pytest.mark.parametrize("label", ["Medlemskort", "Kundkort", "Bonuskort", "Loyalty card"])
def test_a_card_is_the_customers_id(label: str):
    with reading(_sales("7001;2024-02-15;12,50", "7002;2024-02-16;13,50", header=f"{label};Datum;Belopp")) as loaded:
        assert loaded.report.mapping["customer_id"] == label


def test_every_column_of_a_plain_file_has_its_profile_and_names_are_known_as_personal():
    lines = [f"{n % 7};2024-03-{n % 28 + 1:02};{n}.50;Anna;anna{n}@example.com;red" for n in range(1, 400)]
    with reading(_sales(*lines, header="customer_id;order_date;revenue;first_name;email;colour")) as loaded:
        found = {column.label: column for column in loaded.report.columns}
        assert list(found) == ["customer_id", "order_date", "revenue", "first_name", "email", "colour"]
        assert found["first_name"].personal
        assert found["email"].personal
        assert not found["email"].examples
        assert (found["colour"].filled, found["colour"].distinct, found["colour"].personal) == (399, 1, "")


def test_an_archive_of_several_files_offers_their_names_and_reads_the_one_chosen(tmp_path: Path):
    path = tmp_path / "both.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("may.csv", "kundnr;datum;belopp\n1;2024-05-02;10\n2;2024-05-03;11\n")
        packed.writestr("june.csv", "kundnr;datum;belopp\n3;2024-06-02;12\n4;2024-06-03;13\n")
    asked = propose(path, name="both.zip", options=ReadOptions())
    assert (asked.outcome, asked.members) == ("refuse", ("may.csv", "june.csv"))
    chosen = propose(path, name="both.zip", options=ReadOptions.parse({"member": "june.csv"}))
    assert (chosen.members, chosen.rows[0]) == (("may.csv", "june.csv"), ("3", "2024-06-02", "12"))


@pytest.mark.parametrize("code", ["E'); DROP", "kr", "EURO", "1,5", ""])
def test_what_is_no_currency_is_refused_and_not_passed_over(code: str):
    with pytest.raises(UsageError) as refusal:
        ReadOptions.parse({"currency": code})
    assert refusal.value.key == "ingest.bad_setting"
    assert ReadOptions.parse({"currency": " eur "}).currency == "EUR"
