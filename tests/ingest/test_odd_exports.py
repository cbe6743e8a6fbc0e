"""Exports as tills, ledgers, survey tools and query tools write them: sums to the öre, dates and tables by hand."""

import io
import zipfile
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from insight.ingest.load import read_into
from insight.ingest.options import ReadOptions
from insight.workspace.tables import create_tables
from tests.ingest.reading import reading

THREE = (("00012", "2024-01-31", "1 234,50"), ("00007", "2024-02-13", "-34,25"), ("00012", "2024-03-05", "99,75"))
SUM = Decimal("1300.00")


def _lines(form: str, rows=THREE) -> str:
    return "".join(form.format(*row) + "\n" for row in rows)


def _wide(*rows: tuple[str, ...]) -> str:
    return "".join("{:<10}{:<12}{:>10}".format(*row).rstrip() + "\n" for row in rows)


RULED = "KUND_ID    DATUM        BELOPP\n-------- ---------- ---------\n"
FOOT = "\n(3 rows affected)\n"
SALES = {
    "ruler": RULED + _lines("{0:>8} {1} {2:>9}") + FOOT,
    "fixed": _wide(("kundnr", "datum", "belopp"), *THREE),
    "quoted words": '"kundnr" "datum" "belopp"\n'
    + "".join(f'"{n}" "{a}" "{b}" "{c}"\n' for n, (a, b, c) in enumerate(THREE, 1)),
    "debit and credit": "kundnr;datum;debet;kredit\n00012;2024-01-31;1234,50;\n00007;2024-02-13;;34,25\n"
    "00012;2024-03-05;99,75;0,00\n",
    "credit signed": "kundnr,datum,Debit,Credit\n00012,2024-01-31,1234.50,0\n00007,2024-02-13,0,-34.25\n"
    "00012,2024-03-05,99.75,0\n",
    "merged headings": "Kund;Order;Order\nnummer;datum;belopp\n" + _lines("{};{};{}"),
    "öre behind a colon": "kundnr;datum;belopp\n" + _lines("{};{};{}").replace(",", ":"),
    "french": "N° client;Date de commande;Montant TTC\n" + _lines("{};{};{}"),
    ".NET": "kundnr;datum;belopp\n00012;/Date(1706659200000)/;1 234,50\n00007;/Date(1707782400000+0100)/;-34,25\n"
    "00012;/Date(1709596800000)/;99,75\n",
    "microseconds": "kundnr;event_timestamp;belopp\n00012;1706659200000000;1 234,50\n"
    "00007;1707782400000000;-34,25\n00012;1709596800000000;99,75\n",
    "database time": "kundnr;datum;belopp\n" + _lines("{};{}-10.11.12.123456;{}"),
    "what is left": "Kundnr;Bokföringsdatum;Ursprungligt belopp;Återstående belopp\n" + _lines("{};{};{};0,00"),
    "head and lines": "post;order;kundnr;datum;artikel;belopp\n"
    + "".join(
        f"H;{n};{a};{b};;{c}\nR;{n};{a};{b};Mössa;100,00\nR;{n};{a};{b};Skor;{d}\n"
        for n, (a, b, c, d) in enumerate(
            [*((*row, rest) for row, rest in zip(THREE, ("1 134,50", "-134,25", "-0,25"), strict=True)),
             ("00012", "2024-02-01", "0,50", "-99,50"), ("00012", "2024-02-01", "-0,50", "-100,50")]
        )
    ),
    "customer above": "kundnr;datum;belopp\n00012;;\n;2024-01-31;1 234,50\n;2024-03-05;99,75\n"
    "00007;;\n;2024-02-13;-34,25\n",
}  # fmt: skip


@pytest.mark.parametrize("name", SALES)
def test_the_same_three_sales(name: str):
    with reading(SALES[name], name="fil.txt") as loaded:
        assert loaded.report.kind == "transactions", loaded.said
        assert loaded.one("SELECT sum(amount) FROM transactions") == SUM
        assert loaded.one("SELECT min(amount) FROM transactions WHERE amount < -1") in (
            Decimal("-34.25"),
            Decimal("-134.25"),
        )
        assert loaded.rows("SELECT DISTINCT customer_id FROM transactions ORDER BY 1") == [("00007",), ("00012",)]
        days = loaded.rows("SELECT min(ordered_at)::DATE::TEXT, max(ordered_at)::DATE::TEXT FROM transactions")
        assert days == [("2024-01-31", "2024-03-05")]
        assert loaded.balanced()
        assert "signs_swapped" not in loaded.codes


def test_what_was_decided_of_signs_and_sums_is_told_and_can_be_turned():
    with reading(SALES["debit and credit"], signs="swap") as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == -SUM
        assert {"sides_swapped", "signs_swapped"} <= loaded.codes
    booked = "kundnr;datum;belopp\n" + "".join(f"{n};2024-01-{n};-{n},00\n" for n in range(10, 30))
    with reading(booked) as loaded:
        assert "mostly_negative" in loaded.codes
    with reading(booked, signs="swap") as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == sum(range(10, 30))
        assert not loaded.codes & {"mostly_negative", "negative_by_swap"}


@pytest.mark.parametrize(("total", "code"), [("390,00", "total_matches_swapped"), ("400,00", "total_differs_swapped")])
def test_with_signs_swapped_the_total_is_told_as_the_rows_are_and_no_further_swap_is_advised(total: str, code: str):
    # 10 + 11 + … + 29 = 390.
    rows = "".join(f"{n};2024-01-{n};{n},00\n" for n in range(10, 30))
    with reading(f"kundnr;datum;belopp\n{rows}Summa;;{total}\n", signs="swap") as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == -390
        (told,) = [message for message in loaded.report.messages if message.code.startswith("total_")]
        assert (told.code, told.values["total"]) == (code, f"-{total.replace(',', '.')}")
        assert "negative_by_swap" in loaded.codes
        assert "välj att byta" not in loaded.said


def test_whole_orders_can_be_kept():
    with reading(SALES["head and lines"]) as loaded:
        assert "aside_order_sum" in loaded.codes
        assert loaded.report.set_aside == 5
    with reading(SALES["head and lines"], order_sums="keep") as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == 2 * SUM


@pytest.mark.parametrize("cell", ["1-5", "-", "9" * 5000, "5-", "²", "1−", "(2)"])
def test_no_cell_stops_the_look_for_whole_orders(cell: str):
    with reading(SALES["head and lines"].replace("1 134,50", cell)) as loaded:
        assert loaded.report.kind == "transactions", loaded.said
        assert loaded.balanced()


def test_an_amount_on_both_sides_of_a_ledger_is_set_aside():
    with reading(
        "kundnr;datum;debet;kredit\n1;2024-01-31;10,00;\n2;2024-02-13;5,00;2,00\n3;2024-02-14;;1,00\n"
    ) as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal("9.00")
        assert loaded.rows("SELECT line, reason FROM set_aside") == [(3, "amount_unreadable")]


@pytest.mark.parametrize(
    ("header", "day"),
    [("v5 2024", "2024-01-29"), ("2024 v. 5", "2024-01-29"), ("2024/003", "2024-03-01"), ("5 févr. 2024", "2024-02-05"),
     ("31-JAN-24 10.11.12.000000 AM", "2024-01-31"), ("14 août 2024", "2024-08-14")],
)  # fmt: skip
def test_more_ways_to_write_a_day(header: str, day: str):
    with reading(f"kundnr;datum;belopp\n1;{header};1,00\n2;{header};2,00\n") as loaded:
        assert loaded.rows("SELECT DISTINCT ordered_at::DATE::TEXT FROM transactions") == [(day,)]


def test_year_and_the_months_name_make_a_day():
    with reading("kundnr;år;månad;belopp\n1;2024;januari;1,00\n1;2024;Dec;2,00\n2;2023;maj;3,00\n") as loaded:
        days = [str(row[0])[:10] for row in loaded.rows("SELECT ordered_at FROM transactions ORDER BY 1")]
        assert days == ["2023-05-01", "2024-01-01", "2024-12-01"]
        assert "date_month" in loaded.codes


CAMPAIGNS = (
    "kundnr;namn;vår_kanal;vår_datum;vår_köp;höst_kanal;höst_datum;höst_köp\n"
    "1;Åsa;sms;2024-03-01;100,50;brev;2024-09-02;\n2;Bo;;;;e-post;2024-09-02;20,00\n3;Cy;sms;2024-03-04;;;;\n4;Di;;;;;;\n"
)


def test_a_set_of_columns_a_campaign_becomes_a_row_a_campaign_with_what_was_bought():
    with reading(CAMPAIGNS) as loaded:
        sent = loaded.rows(
            "SELECT customer_id, campaign_id, channel, sent_at::DATE::TEXT, line FROM contacts ORDER BY 1, 4"
        )
        assert sent == [
            ("1", "vår", "sms", "2024-03-01", 2), ("1", "höst", "brev", "2024-09-02", 2),
            ("2", "höst", "e-post", "2024-09-02", 3), ("3", "vår", "sms", "2024-03-04", 4),
        ]  # fmt: skip
        bought = loaded.rows("SELECT customer_id, amount, ordered_at::DATE::TEXT FROM transactions ORDER BY 1")
        assert bought == [("1", Decimal("100.50"), "2024-03-01"), ("2", Decimal("20.00"), "2024-09-02")]
        told = next(message for message in loaded.report.messages if message.code == "sets_spread")
        assert (told.values["people"], told.values["rows"], told.values["blank"]) == (4, 4, 1)
        assert [d.value for d in loaded.report.decisions if d.name == "sets"] == ["spread"]
    with reading(CAMPAIGNS, sets="keep") as loaded:
        assert (loaded.report.kind, loaded.report.rows) == ("customers", 4)


def test_a_bad_day_in_a_set_is_set_aside_with_the_files_own_line():
    with reading(CAMPAIGNS.replace("2024-03-04", "2024-03-99")) as loaded:
        assert loaded.rows("SELECT line, reason FROM set_aside") == [(4, "date_unreadable")]
        assert [m.line for m in loaded.report.messages if m.code == "aside_date_unreadable"] == [4]
        assert loaded.balanced()


def test_sets_without_a_date_are_asked_about_and_parts_of_an_address_are_no_sets():
    undated = CAMPAIGNS.replace("_datum", "_vecka").replace("2024-03-01", "x").replace("2024-09-02", "x")
    with reading(undated.replace("2024-03-04", "x")) as loaded:
        assert "sets_undated" in loaded.codes
        assert loaded.report.outcome == "warn"
    with reading(
        "kundnr;billing_name;billing_city;shipping_name;shipping_city\n1;Å;Lund;Å;Lund\n2;B;Ystad;B;Ystad\n"
    ) as loaded:
        assert not loaded.codes & {"sets_undated", "sets_spread"}


SURVEY = (
    '"EndDate","Status","ResponseId","ExternalReference","Q1"\n'
    '"End Date","Response Type","Response ID","External Data Reference","How likely are you to recommend us?"\n'
    '"{""ImportId"":""endDate""}","{""ImportId"":""status""}","{""ImportId"":""_recordId""}",'
    '"{""ImportId"":""externalDataReference""}","{""ImportId"":""QID1""}"\n'
)


def test_the_three_header_rows_of_a_survey_tool():
    rows = "".join(f'"2024-01-{n + 10} 10:00:00","IP Address","R_{n}","k{n}","{n % 11}"\n' for n in range(12))
    with reading(SURVEY + rows) as loaded:
        assert (loaded.report.kind, loaded.report.rows, loaded.report.set_aside) == ("answers", 12, 0)
        assert loaded.one("SELECT sum(score) FROM answers") == sum(n % 11 for n in range(12))
        assert loaded.one("SELECT min(customer_id) FROM answers") == "k0"


@pytest.mark.parametrize(
    ("header", "line", "kind"),
    [
        ("Kundennummer;Antwortdatum;Wie wahrscheinlich ist es, dass Sie uns weiterempfehlen?", "{n};{d};7", "answers"),
        ("Kundenr;Svarsdatum;Hvor sannsynlig er det at du vil anbefale oss?", "{n};{d};7", "answers"),
        ("orderid;datecreated;store;customernumber;moneytotal_gross_all", "9{n};{d};Lund;{n};10.00", "transactions"),
        ("subscription_id,customer_id,plan,status,start_date,mrr", "s{n},{n},Pro,active,{d},99.00", "agreements"),
        ("Kundnr;Kampanj;Hållgrupp;Utskicksdag", "{n};Vår;Nej;{d}", "assignments"),
    ],
)
def test_what_a_file_is_where_its_headers_are_few_or_foreign(header: str, line: str, kind: str):
    rows = "".join(line.format(n=n, d=f"2024-01-{n}") + "\n" for n in range(10, 30))
    with reading(f"{header}\n{rows}") as loaded:
        assert loaded.report.kind == kind, loaded.said


def test_dates_without_a_place_beside_customer_numbers_are_asked_about():
    rows = "".join(f"{n};Ja;2024-01-{n}\n" for n in range(10, 30))
    with reading("Kundnr;Visat intresse;Mässdag\n" + rows) as loaded:
        assert (loaded.report.kind, loaded.report.outcome) == ("customers", "warn")
        assert "customers_dated" in loaded.codes


def _zip(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, b"\0" * 40)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "code", "word"),
    [
        (_zip("Index/Document.iwa"), "file_numbers", "numbers"),
        (_zip("word/document.xml"), "file_not_data", "word"),
        (b'ID;P\r\nC;Y1;X1;K"kundnr"\r\nE\r\n', "file_not_data", "sylk"),
        (b'TABLE\r\n0,1\r\n"EXCEL"\r\nVECTORS\r\n', "file_not_data", "dif"),
        (b"From: a@x.se\nTo: b@x.se\nSubject: Lista\n\nhej\n", "file_not_data", "mime"),
    ],
)
def test_other_files_are_refused_by_name(content: bytes, code: str, word: str):
    with reading(content) as loaded:
        assert loaded.report.outcome == "refuse"
        assert code in loaded.codes
        assert word in loaded.said


def test_a_table_whose_first_headings_are_id_and_p_is_no_sylk_file():
    with reading("ID;P;datum;belopp\n1;2;2024-01-31;5,00\n2;2;2024-02-13;6,00\n") as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal("11.00")


def test_ids_that_two_files_write_in_two_ways_are_told(tmp_path: Path):
    def load(con: duckdb.DuckDBPyConnection, text: str, file_id: int) -> set[str]:
        path = tmp_path / "upload"
        path.write_text(text, encoding="utf-8")
        key = b"a key of the tests, 16+"
        options = ReadOptions()
        report = read_into(con, path, name=f"{file_id}.csv", file_id=file_id, options=options, key=key)
        return {message.code for message in report.messages}

    sales = "kundnr;datum;belopp\n" + "".join(f"00{n}-1;2024-01-{n};1,00\n" for n in range(10, 20))
    with duckdb.connect() as con:
        create_tables(con)
        assert "ids_almost" not in load(con, "kundnr;namn\n" + "".join(f"{n} 1;Åsa\n" for n in range(10, 20)), 1)
        assert "ids_almost" in load(con, sales, 2)
        assert "ids_almost" not in load(con, sales.replace("-1;", " 1;").replace("\n00", "\n"), 3)
