"""Small files made by hand, one rule each: what must come out can be added in the head."""

import codecs
from datetime import date, datetime
from decimal import Decimal

import pytest

from insight.errors import UsageError
from insight.ingest import profile
from insight.ingest.options import ReadOptions
from tests.ingest.reading import reading

SALES = "SELECT customer_id, CAST(ordered_at AS DATE), amount FROM transactions ORDER BY line"


def _sales(*cells: tuple[str, str, str], delimiter: str = ";") -> str:
    return "\n".join(delimiter.join(row) for row in (("kundnr", "datum", "belopp"), *cells)) + "\n"


# ---- numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "amounts", "outcome"),
    [
        (["1 234,50 kr", "-12,00 kr", "7,25 kr"], ["1234.50", "-12.00", "7.25"], "accept"),
        (["1\u00a0234,50", "\u221212,00", "7,25"], ["1234.50", "-12.00", "7.25"], "accept"),
        (["1\u202f234,50", "12", "1\u202f000"], ["1234.50", "12.00", "1000.00"], "accept"),
        (["1.234,50", "-12,00", "1.000"], ["1234.50", "-12.00", "1000.00"], "accept"),
        (["1,234.50", "(12.00)", "1,000"], ["1234.50", "-12.00", "1000.00"], "accept"),
        (["1'234.50", "45-", "7"], ["1234.50", "-45.00", "7.00"], "accept"),
        (["$1,234.50", "-$12.00", "$7.25"], ["1234.50", "-12.00", "7.25"], "accept"),
        (["€ 1.234,50", "€ -12,00", "7,25 €"], ["1234.50", "-12.00", "7.25"], "accept"),
        (["1 234:-", "12:-", "7,50"], ["1234.00", "12.00", "7.50"], "accept"),
        (["12,5", "13.5", "14,5"], ["12.50", "13.50", "14.50"], "warn"),
        (["1.000", "2.500", "12.345"], ["1000.00", "2500.00", "12345.00"], "warn"),
    ],
)
def test_numbers_are_read_as_their_column_writes_them(cells: list[str], amounts: list[str], outcome: str):
    content = _sales(*((f"0000{at}", "2024-03-25", cell) for at, cell in enumerate(cells)))
    with reading(content, kind="transactions") as loaded:
        assert [row[2] for row in loaded.rows(SALES)] == [Decimal(amount) for amount in amounts]
        assert loaded.report.outcome == outcome, loaded.said


def test_thousands_that_may_be_decimals_are_told_and_can_be_switched():
    content = _sales(("1", "2024-03-25", "1.000"), ("2", "2024-03-26", "2.500"))
    with reading(content) as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal("3500.00")
        assert "tusen" in loaded.said
        assert "decimal" in loaded.said
    with reading(content, decimal=".") as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal("3.50")
        assert "number_ambiguous" not in loaded.codes


def test_quantities_with_three_zero_decimals_are_not_thousands():
    content = "ordernr;kundnr;datum;antal;pris\n1;a;2024-03-25;1,000;10,50\n2;b;2024-03-26;3,000;2,25\n"
    with reading(content) as loaded:
        assert loaded.rows("SELECT quantity, amount FROM transactions ORDER BY line") == [
            (Decimal("1.000"), Decimal("10.50")), (Decimal("3.000"), Decimal("6.75")),
        ]  # fmt: skip


def test_amounts_from_quantity_and_price_round_half_up_and_say_the_difference():
    # 3 × 0.335 = 1.005 → 1.01 (half up); 1 × 2.00 stays: the difference is 0.005, shown as 0.01 or 0.00.
    content = "ordernr,kundnr,datum,antal,pris\n1,a,2024-03-25,3,0.335\n2,b,2024-03-26,1,2.00\n"
    with reading(content) as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal("3.01")
        assert "amount_rounded" in loaded.codes
        assert loaded.report.outcome == "accept"


def test_currencies_are_never_mixed():
    content = _sales(("1", "2024-03-25", "10,00 kr"), ("2", "2024-03-26", "20,00 kr"), ("3", "2024-03-27", "5,00 €"))
    with reading(content) as loaded:
        assert loaded.rows("SELECT sum(amount), min(currency), max(currency) FROM transactions") == [
            (Decimal("30.00"), "SEK", "SEK")
        ]
        assert (loaded.report.outcome, loaded.report.set_aside) == ("warn", 1)
        assert "valut" in loaded.said
        assert loaded.balanced()
    with reading(content, currency="EUR") as loaded:
        assert loaded.rows("SELECT sum(amount), any_value(currency) FROM transactions") == [(Decimal("5.00"), "EUR")]
        assert loaded.report.set_aside == 2


# ---- dates -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "days", "outcome"),
    [
        (["31/1/2024", "3/4/2024"], [date(2024, 1, 31), date(2024, 4, 3)], "accept"),
        (["1/31/2024", "3/4/2024"], [date(2024, 1, 31), date(2024, 3, 4)], "accept"),
        (["1/2/2024", "3/4/2024"], [date(2024, 2, 1), date(2024, 4, 3)], "warn"),
        (["01.02.2024", "03.04.2024"], [date(2024, 2, 1), date(2024, 4, 3)], "accept"),
        (["20240131", "20240403"], [date(2024, 1, 31), date(2024, 4, 3)], "accept"),
        (["31 jan 2024", "1 maj 2024"], [date(2024, 1, 31), date(2024, 5, 1)], "accept"),
        (["31 jan. 2024", "3 augusti 2024"], [date(2024, 1, 31), date(2024, 8, 3)], "accept"),
        (["Jan 31, 2024", "May 1, 2024"], [date(2024, 1, 31), date(2024, 5, 1)], "accept"),
        (["31-Jan-24", "1-Oct-24"], [date(2024, 1, 31), date(2024, 10, 1)], "accept"),
        (["24-01-31", "24-04-03"], [date(2024, 1, 31), date(2024, 4, 3)], "accept"),
        (["2024-01-31T23:59:59Z", "2024-04-03T00:00:01Z"], [date(2024, 1, 31), date(2024, 4, 3)], "accept"),
        (["45322", "45385"], [date(2024, 1, 31), date(2024, 4, 3)], "warn"),
        (["1706659200", "1712102400"], [date(2024, 1, 31), date(2024, 4, 3)], "warn"),
        (["2024-01-31", "3 april 2024"], [date(2024, 1, 31), date(2024, 4, 3)], "warn"),
    ],
)
def test_dates_are_read_as_their_column_writes_them(cells: list[str], days: list[date], outcome: str):
    content = _sales(*((f"{at}", f'"{cell}"', "10,50") for at, cell in enumerate(cells)))
    with reading(content, kind="transactions") as loaded:
        assert [row[1] for row in loaded.rows(SALES)] == days
        assert loaded.report.outcome == outcome, loaded.said


def test_an_open_order_of_day_and_month_is_told_and_can_be_switched():
    content = _sales(("1", "01/02/2024", "1,50"), ("2", "03/04/2024", "2,50"))
    with reading(content) as loaded:
        assert "date_ambiguous" in loaded.codes
        assert "månad" in loaded.said
    with reading(content, day_first="no") as loaded:
        assert [row[1] for row in loaded.rows(SALES)] == [date(2024, 1, 2), date(2024, 3, 4)]
        assert loaded.report.outcome == "accept"


def test_a_day_above_twelve_far_down_decides_the_whole_column():
    rows = [("1", f"0{1 + at % 9}/03/2024", "1,50") for at in range(3000)]
    rows[2900] = ("2", "03/25/2024", "1,50")
    with reading(_sales(*rows)) as loaded:
        assert loaded.report.set_aside == 0
        assert loaded.one("SELECT count(*) FROM transactions WHERE month(ordered_at) = 1") == sum(
            at % 9 == 0 for at in range(3000)
        )


def test_serials_from_1904_when_told():
    with reading(_sales(("1", "43860", "1,50"), ("2", "43923", "2,50")), date_system="1904") as loaded:
        assert [row[1] for row in loaded.rows(SALES)] == [date(2024, 1, 31), date(2024, 4, 3)]


def test_a_time_in_its_own_column_joins_its_date():
    content = "kundnr;datum;tid;belopp\na;2024-03-25;09:15;1,50\na;2024-03-25;17:45:30;2,50\n"
    with reading(content) as loaded:
        assert [row[0] for row in loaded.rows("SELECT ordered_at FROM transactions ORDER BY line")] == [
            datetime(2024, 3, 25, 9, 15), datetime(2024, 3, 25, 17, 45, 30),
        ]  # fmt: skip


@pytest.mark.parametrize("bad", ["0000-00-00", "2024-02-30", "ej datum", ""])
def test_a_date_that_is_none_sets_its_row_aside_with_its_line(bad: str):
    with reading(_sales(("1", "2024-03-25", "1,50"), ("2", bad, "2,50"), ("3", "2024-03-26", "3,50"))) as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal("5.00")
        assert loaded.rows("SELECT line FROM set_aside") == [(3,)]
        assert loaded.report.outcome == "warn"
        assert "rad 3" in loaded.said
        assert loaded.balanced()


# ---- ids -------------------------------------------------------------------------------------------------------------


def test_ids_are_text_whatever_they_look_like():
    ids = ["00012", "12", "12345678901234567890123", "A-77", "0"]
    with reading(_sales(*((i, "2024-03-25", "1,50") for i in ids))) as loaded:
        assert [row[0] for row in loaded.rows(SALES)] == ids


def test_ids_that_became_decimals_become_whole_again():
    with reading(_sales(("123.0", "2024-03-25", "1,50"), ("123", "2024-03-26", "1,50"))) as loaded:
        assert loaded.rows("SELECT DISTINCT customer_id FROM transactions") == [("123",)]
        assert "id_decimals" in loaded.codes
        assert loaded.report.outcome == "warn"


def test_ids_that_lost_digits_are_refused():
    with reading(_sales(("1.2E+11", "2024-03-25", "1,50"), ("1.3E+11", "2024-03-26", "1,50"))) as loaded:
        assert loaded.report.outcome == "refuse"
        assert "expon" in loaded.said


def test_blank_ids_are_sales_without_a_customer():
    content = _sales(
        (" 00001 ", "2024-03-25", "1,50"),
        ("", "2024-03-26", "2,50"),
        ("  ", "2024-03-27", "3,50"),
        ("NULL", "2024-03-28", "4,50"),
    )
    with reading(content) as loaded:
        assert [row[0] for row in loaded.rows(SALES)] == ["00001", None, None, None]
        assert (loaded.report.rows, loaded.report.figures["unidentified"]) == (4, 3)
        assert "kundnr saknas" in loaded.said


def test_blank_ids_in_a_customer_file_are_set_aside():
    with reading("kundnr;namn;ort\n1;Åsa Öberg;Lund\n;Bo Ek;Ystad\n", kind="customers") as loaded:
        assert (loaded.report.rows, loaded.report.set_aside) == (1, 1)


def test_the_last_row_of_a_customer_counts():
    with reading("kundnr;namn;ort\n1;Åsa Öberg;Lund\n2;Bo Ek;Ystad\n1;Åsa Öberg;Malmö\n", kind="customers") as loaded:
        assert loaded.rows("SELECT customer_id, city FROM customers ORDER BY 1") == [("1", "Malmö"), ("2", "Ystad")]
        assert loaded.rows("SELECT line, reason FROM set_aside") == [(2, "duplicate_customer")]
        assert loaded.balanced()


# ---- the text and its table ------------------------------------------------------------------------------------------

PLAIN = (
    "kundnr,namn,datum,belopp\n00001,Åsa Öberg,2024-03-25,1.50\n"
    "00002,Zoë Müller,2024-03-26,2.25\n00003,Märta Näs,2024-03-27,-3.00\n"
)


@pytest.mark.parametrize(
    ("content", "outcome"),
    [
        (PLAIN.encode(), "accept"),
        (codecs.BOM_UTF8 + PLAIN.encode(), "accept"),
        (codecs.BOM_UTF16_LE + PLAIN.encode("utf-16-le"), "accept"),
        (codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"), "accept"),
        (PLAIN.encode("utf-16-le"), "accept"),
        (PLAIN.encode("utf-16-be"), "accept"),
        (PLAIN.encode("cp1252"), "warn"),
        (PLAIN.encode("mac-roman"), "warn"),
        (PLAIN.encode("cp850"), "warn"),
        (PLAIN.encode().replace("Müller".encode(), b"M\xfcller"), "warn"),
        (PLAIN.encode().decode("cp1252", "replace").replace("\ufffd", "\x81").encode(), "warn"),
        (PLAIN.replace("\n", "\r\n").encode(), "accept"),
        (PLAIN.replace("\n", "\r").encode(), "accept"),
        (PLAIN.replace("\n", "\r\n", 2).encode(), "accept"),
        (PLAIN.replace("\n", "\n\n").encode(), "accept"),
        (PLAIN.rstrip("\n").encode(), "accept"),
        (PLAIN.replace("Zoë", "Zo\0ë").encode(), "warn"),
        (("sep=,\r\n" + PLAIN).encode(), "accept"),
        (("# export\n# 2024\n" + PLAIN).encode(), "accept"),
        (("Försäljning 2024\nSkapad 2024-12-31\n\n" + PLAIN).encode(), "accept"),
        (("Försäljning 2024,,,\nPeriod: 2024,,,\n" + PLAIN).encode(), "accept"),
        (PLAIN.replace(",", "^").encode(), "accept"),
        (PLAIN.replace(",", "|").encode(), "accept"),
        (PLAIN.replace(",", "\t").encode(), "accept"),
        (PLAIN.replace(",", "~").encode(), "accept"),
        (PLAIN.replace(",", "||").encode(), "accept"),
        (PLAIN.replace("\n", ",\n").encode(), "accept"),
        (PLAIN.replace("Åsa Öberg", "'Åsa Öberg'").encode(), "accept"),
        ("\n".join(f'"{line}"' for line in PLAIN.splitlines()).encode(), "accept"),
        (PLAIN.split("\n", 1)[1].encode(), "warn"),
    ],
)  # fmt: skip
def test_the_same_three_rows_in_every_dress(content: bytes, outcome: str):
    with reading(content, kind="transactions") as loaded:
        assert loaded.report.outcome == outcome, loaded.said
        assert [(row[0], row[2]) for row in loaded.rows(SALES)] == [
            ("00001", Decimal("1.50")), ("00002", Decimal("2.25")), ("00003", Decimal("-3.00")),
        ]  # fmt: skip
        (label,) = [row[0] for row in loaded.rows("SELECT column_name FROM attributes LIMIT 1")]
        assert [row[0].strip("'") for row in loaded.rows(f"SELECT {label} FROM transactions ORDER BY line")] == [
            "Åsa Öberg", "Zoë Müller", "Märta Näs",
        ]  # fmt: skip
        assert loaded.balanced()


@pytest.mark.parametrize(
    ("extra", "line"),
    [("00009,Ek, Bo,2024-05-05,5.00\n", 5), ("00009,Ek\n", 5), ("00009\n", 5)],
)
def test_ragged_rows_are_set_aside_with_their_line(extra: str, line: int):
    with reading(PLAIN + extra, kind="transactions") as loaded:
        assert (loaded.report.rows, loaded.report.set_aside) == (3, 1)
        assert loaded.rows("SELECT line FROM set_aside") == [(line,)]
        assert f"rad {line}" in loaded.said
        assert "kolumn" in loaded.said


def test_lines_are_counted_as_an_editor_shows_them():
    content = (
        'kundnr,namn,datum,belopp\n1,"Storgatan 1\nLund",2024-03-25,1.50\n2,"x\n\ny",2024-03-26,2.50\n3,z,ej,3.50\n'
    )
    with reading(content, kind="transactions") as loaded:
        assert [row[0] for row in loaded.rows("SELECT line FROM transactions ORDER BY line")] == [2, 4]
        assert loaded.rows("SELECT line FROM set_aside") == [(7,)]


def test_a_bare_carriage_return_within_quotes_is_text():
    content = 'kundnr,namn,datum,belopp\r\n1,"a\rb",2024-03-25,1.50\r\n2,"c\r\nd",2024-03-26,2.50\r\n'
    with reading(content, kind="transactions") as loaded:
        assert loaded.rows("SELECT a1 FROM transactions ORDER BY line") == [("a\rb",), ("c\r\nd",)]


@pytest.mark.parametrize("wrapped", ['="{}"', "'{}", '"=""{}"""'])
def test_what_keeps_excel_off_an_id_is_taken_off(wrapped: str):
    rows = [(wrapped.format(f"0000{at}"), "2024-03-25", "1,50") for at in range(1, 4)]
    with reading(_sales(*rows)) as loaded:
        assert [row[0] for row in loaded.rows(SALES)] == ["00001", "00002", "00003"]


def test_a_single_row_without_header_is_data():
    with reading("00001;2024-03-25;12,50\n", kind="transactions") as loaded:
        assert loaded.rows(SALES) == [("00001", date(2024, 3, 25), Decimal("12.50"))]


def test_the_euro_sign_of_iso_8859_15():
    content = _sales(("1", "2024-03-25", "1 234,50 €"), ("2", "2024-03-26", "7,00 €")).encode("iso8859-15")
    with reading(content) as loaded:
        assert loaded.rows("SELECT sum(amount), any_value(currency) FROM transactions") == [(Decimal("1241.50"), "EUR")]


@pytest.mark.parametrize("header", ["kundenummer;dato;beløp", "Kundennummer;Datum;Betrag", "Customer no;Date;Amount"])
def test_headers_of_the_neighbours(header: str):
    with reading(f"{header}\n1;2024-03-25;12,50\n") as loaded:
        assert loaded.rows(SALES) == [("1", date(2024, 3, 25), Decimal("12.50"))]


def test_an_unclosed_quote_costs_no_other_row():
    content = PLAIN.replace("Åsa Öberg", '"Åsa Öberg')
    with reading(content, kind="transactions") as loaded:
        assert loaded.report.rows + loaded.report.set_aside == 3
        assert loaded.one("SELECT count(*) FROM transactions WHERE customer_id IN ('00002', '00003')") == 2
        assert "unclosed_quote" in loaded.codes
        assert "rad 2" in loaded.said


@pytest.mark.parametrize(
    ("footer", "code"),
    [(",,Summa,0.75\n", "total_matches"), ("Totalt,,,0.75\n", "total_matches"), (",,,0.75\n", "total_matches"),
     ("Grand total,,,9.99\n", "total_differs"), ("\nAntal rader: 3\n", "footers")],
)  # fmt: skip
def test_footers_are_no_rows_and_their_total_is_compared(footer: str, code: str):
    with reading(PLAIN + footer, kind="transactions") as loaded:
        assert (loaded.report.rows, loaded.report.set_aside, loaded.report.footers) == (3, 0, 1)
        assert code in loaded.codes
        assert loaded.report.outcome == "warn"
        assert loaded.balanced()


def test_a_customer_called_total_is_no_footer():
    with reading(PLAIN + "00004,Total AB,2024-03-28,4.00\n", kind="transactions") as loaded:
        assert (loaded.report.rows, loaded.report.footers) == (4, 0)


def test_a_header_repeated_in_the_middle_is_set_aside():
    with reading(PLAIN + PLAIN, kind="transactions") as loaded:
        assert (loaded.report.rows, loaded.report.set_aside) == (6, 1)
        assert "repeated_header" in loaded.codes


def test_duplicate_headers_are_named():
    with reading("kundnr,datum,belopp,Belopp,\n1,2024-03-25,1.50,7,\n2,2024-03-26,2.50,7,\n") as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal("4.00")
        assert "duplicate_header" in loaded.codes
        assert "belopp" in loaded.said


def test_decimal_commas_that_split_their_amounts_are_put_together():
    content = "kundnr,datum,belopp\n1,2024-03-25,12,50\n2,2024-03-26,7,25\n"
    with reading(content, kind="transactions") as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal("19.75")
        assert loaded.report.outcome == "warn"


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("", "tom"),
        ("  \r\n\r\n", "tom"),
        ("kundnr,datum,belopp\n", "inga"),
        ('[{"kundnr": 1}]', "json"),
        ("<html><table><tr><td>kundnr</td></tr></table></html>", "html"),
        ("," * 100_000 + "\n", "kolumn"),
        (",".join(f"k{at}" for at in range(1500)) + "\n" + ",".join("1" * 1500) + "\n", "kolumn"),
        ("kundnr,namn\n1," + "x" * 2_500_000 + "\n", "lång"),
        ("kundnr,namn,belopp\n1,Åsa,5\n2,Bo,6\n", "datum"),
        ("kundnr,datum\n1,2024-03-25\n2,2024-03-26\n", "belopp"),
        ("kundnr,datum,belopp\n1,x,5\n2,y,6\n", "ingen rad"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(content: str, word: str):
    with reading(content, kind="transactions") as loaded:
        assert loaded.report.outcome == "refuse"
        assert word in loaded.said
        assert (loaded.report.rows, loaded.report.lines) == (0, 0)
        assert loaded.one("SELECT count(*) FROM transactions") == 0


# ---- returns, consents, scores, kinds --------------------------------------------------------------------------------


def test_returns_by_status_get_their_sign_and_it_is_said():
    content = "ordernr;kundnr;datum;belopp;status\n1;a;2024-03-25;10,00;Levererad\n2;a;2024-03-26;4,00;Retur\n"
    with reading(content) as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal("6.00")
        assert "returns_turned" in loaded.codes
    with reading(content, returns="none") as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal("14.00")


def test_returns_by_order_number_and_by_quantity():
    credit = "Invoice,Customer ID,InvoiceDate,Amount\n" + "".join(f"50{at},a,2024-03-25,10\n" for at in range(10, 15))
    with reading(credit + "C5099,a,2024-03-26,4\n") as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal("46.00")
    back = "ordernr;kundnr;datum;antal;belopp\n1;a;2024-03-25;2;10,00\n2;a;2024-03-26;-1;5,00\n"
    with reading(back) as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal("5.00")


def test_consents_are_yes_no_or_unknown():
    content = "kundnr,epost,samtycke_epost\n" + "".join(
        f"{at},k{at}@example.se,{word}\n"
        for at, word in enumerate(["Ja", "nej", "1", "0", "", "TRUE", "kanske", "x", "okänt"])
    )
    with reading(content, kind="customers") as loaded:
        assert loaded.rows("SELECT consent_email FROM customers ORDER BY line") == [
            (True,), (False,), (True,), (False,), (None,), (True,), (None,), (True,), (None,),
        ]  # fmt: skip
        assert loaded.report.figures["consent_email"] == {"yes": 4, "no": 2, "unknown": 3}
        assert "consent_forms" in loaded.codes


@pytest.mark.parametrize(
    ("scores", "read", "outcome"),
    [
        (["9 - mycket troligt", "0 – inte alls", "10"], ["9", "0", "10"], "accept"),
        (["9/10", "7/10", "10/10"], ["9", "7", "10"], "accept"),
        (["8,5", "9", "10"], ["8.5", "9", "10"], "warn"),
        (["85", "90", "100"], ["85", "90", "100"], "warn"),
    ],
)
def test_scores(scores: list[str], read: list[str], outcome: str):
    content = "kundnr;betyg;svarsdatum\n" + "".join(f"{at};{score};2024-03-25\n" for at, score in enumerate(scores))
    with reading(content) as loaded:
        assert loaded.report.kind == "answers"
        assert [row[0] for row in loaded.rows("SELECT score FROM answers ORDER BY line")] == [
            Decimal(score) for score in read
        ]
        assert loaded.report.outcome == outcome


def test_a_control_flag_makes_the_test_groups():
    content = "kundnr;kontrollgrupp;utskicksdatum;öppnad\n1;ja;2024-03-25;\n2;nej;2024-03-25;ja\n"
    with reading(content) as loaded:
        assert loaded.report.kind == "assignments"
        assert loaded.rows("SELECT customer_id, arm, is_control, opened FROM assignments ORDER BY 1") == [
            ("1", "kontroll", True, None), ("2", "test", False, True),
        ]  # fmt: skip


def test_years_as_headers_are_headers_of_customers():
    with reading("kundnr,2022,2023,2024\n00001,10,20,30\n00002,11,21,31\n00003,12,22,32\n") as loaded:
        assert (loaded.report.kind, loaded.report.rows) == ("customers", 3)
        assert [row[0] for row in loaded.rows("SELECT label FROM attributes")] == ["2022", "2023", "2024"]


def test_evil_headers_are_only_labels():
    content = 'kundnr,"n""; DROP TABLE transactions; --",datum,belopp\n1,x,2024-03-25,1.50\n'
    with reading(content) as loaded:
        assert loaded.rows("SELECT label FROM attributes") == [('n"; DROP TABLE transactions; --',)]
        assert loaded.one("SELECT count(*) FROM transactions") == 1


def test_personal_numbers_are_hashed_as_ids_and_dropped_elsewhere():
    ids = ["811218-9876", "640823-3234", "701063-2391", "670919-9530", "811288-9871"]
    sales = "personnr;datum;belopp\n" + "".join(f"{i};2024-03-25;1,50\n" for i in ids)
    with reading(sales, kind="transactions") as loaded:
        stored = [row[0] for row in loaded.rows("SELECT DISTINCT customer_id FROM transactions")]
        assert len(stored) == 5
        assert not set(stored) & set(ids)
        assert "personal_hashed" in loaded.codes
    known = "kundnr;personnr;ort\n" + "".join(f"{at};{i};Lund\n" for at, i in enumerate(ids))
    with reading(known, kind="customers") as loaded:
        tables = [loaded.rows(f"SELECT * FROM {name}") for name in ("customers", "attributes", "set_aside")]
        assert not any(i[:6] in str(tables) for i in ids)
        assert "personal_dropped" in loaded.codes


def test_no_header_is_mapped_by_content():
    content = "".join(f"0000{at % 4},Åsa Öberg,2024-03-2{at},{at}.50\n" for at in range(1, 9))
    with reading(content) as loaded:
        assert loaded.report.kind == "transactions"
        assert "no_header" in loaded.codes
        assert "rubrik" in loaded.said


# ---- options, a second file ------------------------------------------------------------------------------------------


def test_the_users_mapping_wins():
    content = "kundnr;datum;belopp;netto\n1;2024-03-25;10,00;8,00\n"
    with reading(content, amount="netto") as loaded:
        assert loaded.one("SELECT amount FROM transactions") == Decimal("8.00")
    with reading(content, **{"map.amount": "belopp"}) as loaded:
        assert loaded.one("SELECT amount FROM transactions") == Decimal("10.00")
    with reading(content, amount="finns inte") as loaded:
        assert loaded.report.outcome == "refuse"


@pytest.mark.parametrize(
    "settings",
    [{"nonsense": "1"}, {"decimal": "x"}, {"day_first": "perhaps"}, {"encoding": "klingon"}, {"header_line": "a"}],
)
def test_settings_that_can_not_be_meant_are_refused(settings: dict[str, str]):
    with pytest.raises(UsageError):
        ReadOptions.parse(settings)


def test_many_duplicate_headers_are_told_in_one_sentence():
    names = [f"fält{number}" for number in range(40)]
    content = ",".join(["kundnr", "datum", "belopp", *names, *names]) + "\n"
    content += ",".join(["1", "2024-03-25", "1.50", *["a"] * 80]) + "\n"
    with reading(content, kind="transactions") as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal("1.50")
        told = [message for message in loaded.report.messages if message.code.startswith("duplicate_header")]
        assert [message.values["count"] for message in told] == [40]


def test_rows_longer_than_the_first_megabyte_are_read_all_the_same():
    rows = [f"{number};2024-03-2{number};{number},50;{'x' * 1_500_000}" for number in (1, 2, 3)]
    with reading("\n".join(["kundnr;datum;belopp;text", *rows]) + "\n", kind="transactions") as loaded:
        assert (loaded.report.rows, loaded.report.set_aside) == (3, 0)
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal("7.50")


DISTINCT = "kundnr,datum,belopp\n" + "".join(
    f"K{number % 2357:05},2024-01-{1 + number % 28:02},{number % 1201}.50\n" for number in range(6919)
)


@pytest.mark.parametrize("kind", ["transactions", "customers"])
def test_distinct_cells_are_counted_to_the_last_one(kind):
    rows = DISTINCT if kind == "transactions" else "".join(DISTINCT.splitlines(keepends=True)[:2358])
    with reading(rows, kind=kind) as loaded:
        found = {column.label: (column.filled, column.distinct, column.about) for column in loaded.report.columns}
    much = (6919, 2357, 1201) if kind == "transactions" else (2357, 2357, 1201)
    assert found["kundnr"] == (much[0], much[1], False)
    assert found["datum"] == (much[0], 28, False)
    assert found["belopp"] == (much[0], much[2], False)


def test_more_distinct_cells_than_are_counted_are_an_estimate_that_says_so(monkeypatch):
    monkeypatch.setattr(profile, "_EXACT_CELLS", 1000)
    monkeypatch.setattr(profile, "_EXACT_DISTINCT", 1500)
    with reading(DISTINCT, kind="transactions") as loaded:
        found = {column.label: (column.distinct, column.about) for column in loaded.report.columns}
    assert found["datum"] == (28, False)
    distinct, about = found["kundnr"]
    assert about and distinct == pytest.approx(2357, rel=0.1) and distinct % 100 == 0


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("kundnr,da\x00tum,belopp\n1,2024-03-25,1.50\n", 1),
        ("kundnr,datum,belopp\n1,2024-03-25,1.50\n2,2024-03-2\x006,2.50\n", 3),
        ("kundnr,datum,belopp\n1,2024-03-25,1.50\n\x1a", 3),
    ],
)
def test_the_first_control_character_is_found_where_it_stands(text, line):
    with reading(text, kind="transactions") as loaded:
        (told,) = [message for message in loaded.report.messages if message.code == "controls"]
        assert (told.line, told.values["count"]) == (line, 1)


def test_headers_with_damaged_letters_are_put_right_as_the_cells_are():
    plain = "Kundnr;Köpdatum;Belopp;Säljare\n" + "".join(f"{n};2024-03-0{n};{n},50;Åsa Öberg\n" for n in range(1, 9))
    with reading(plain.encode().decode("cp1252").encode(), kind="transactions") as loaded:
        assert loaded.report.mapping["ordered_at"] == "Köpdatum"
        assert loaded.rows("SELECT label FROM attributes") == [("Säljare",)]
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal("40.00")
