"""Several columns that could be the amount or the day, files that could be of two kinds, ids in merged cells."""

from datetime import date
from decimal import Decimal

import pytest

from tests.ingest.reading import reading


def _rows(line: str, days: int = 12) -> str:
    """The line for January 10th and on; {n}: a customer of four, {u}: one each, {d}, {later}: the day, 9 days on."""
    return "".join(
        line.format(n=n % 4 + 1, u=1000 + n, d=f"2024-01-{n}", later=f"2024-02-{n}", plain=n, more=2 * n) + "\n"
        for n in range(10, 10 + days)
    )


@pytest.mark.parametrize(
    ("header", "line", "field", "code", "other"),
    [
        ("Kundnr;Datum;Netto;Brutto", "{n};{d};{plain},00;{more},00", "Netto", "amount_others", "Brutto"),
        ("Kundnr;Datum;Moms;Summa;Att betala", "{n};{d};1,00;{plain},00;{more},00", "Summa", "amount_others", "Att"),
        ("kund;datum;pris;summa", "{n};{d};{more},00;{plain},00", "summa", "amount_others", "pris"),
        ("Customer ID,Order date,Subtotal,Total", "{n},{d},{more}.00,{plain}.00", "Total", "amount_others", "Subtotal"),
        ("Kundnr;Betaldatum;Orderdatum;Belopp", "{n};{later};{d};{plain},00", "Orderdatum", "date_others", "Betald"),
        ("Medlem;Fakturadatum;Orderdatum;Summa", "{n};{later};{d};{plain},00", "Orderdatum", "date_others", "Faktura"),
        ("Customer ID,Paid,Created,Amount", "{n},{later},{d},{plain}.00", "Created", "date_others", "Paid"),
    ],
)
def test_of_several_columns_one_is_taken_and_the_others_are_told(
    header: str, line: str, field: str, code: str, other: str
):
    with reading(f"{header}\n{_rows(line)}") as loaded:
        told = [message for message in loaded.report.messages if message.code == code]
        assert [(message.severity, message.column) for message in told] == [("warning", field)]
        assert other in str(told[0].values["others"])
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal(sum(range(10, 22)))
        assert loaded.one("SELECT CAST(max(ordered_at) AS DATE) FROM transactions") == date(2024, 1, 21)


@pytest.mark.parametrize(
    ("header", "line", "code"),
    [
        ("Kundnr;Orderdatum;Förfallodatum;Belopp", "{n};{d};{later};{plain},00", "date_others"),
        ("Kundnr;Datum;Belopp;Summa", "{n};{d};{plain},00;{plain},00", "amount_others"),
    ],
)
def test_no_question_is_asked_where_the_figures_do_not_depend_on_it(header: str, line: str, code: str):
    with reading(f"{header}\n{_rows(line)}") as loaded:
        assert {message.severity for message in loaded.report.messages if message.code == code} == {"note"}
        assert loaded.report.outcome == "accept"


def test_what_the_user_has_chosen_is_not_told_back():
    with reading(f"Kundnr;Datum;Netto;Brutto\n{_rows('{n};{d};{plain},00;{more},00')}", amount="Brutto") as loaded:
        assert "amount_others" not in loaded.codes
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal(2 * sum(range(10, 22)))


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("Kundnr;Namn;E-post;Ort;Datum;Belopp", "{u};Åsa Ek;a{u}@x.se;Lund;{d};{plain},00"),
        ("Senaste köpdatum;Kundnr;Total omsättning", "{d};{u};{plain},00"),
    ],
)
def test_customers_with_a_day_and_a_sum_may_be_sales(header: str, line: str):
    with reading(f"{header}\n{_rows(line)}") as loaded:
        assert (loaded.report.kind, loaded.report.outcome) == ("customers", "warn")
        assert "transaktioner" in loaded.said


def test_ids_of_merged_cells_are_filled_down():
    rows = "".join(f"{id_};2024-0{month}-05;1,00\n" for n in range(1, 7) for month, id_ in enumerate([n, "", ""], 1))
    with reading("Kundnr;Datum;Belopp\n" + rows) as loaded:
        assert "ids_filled" in loaded.codes
        owners = loaded.one("SELECT count(*) FROM (SELECT 1 FROM transactions GROUP BY customer_id HAVING count(*)=3)")
        assert owners == 6


def test_sales_to_nobody_in_a_list_by_day_stay_so():
    rows = "".join(f"{n if n % 2 == 0 else ''};2024-01-{n};1,00\n" for n in range(10, 30))
    with reading("Kundnr;Datum;Belopp\n" + rows) as loaded:
        assert {"ids_maybe_merged", "customer_blank"} <= loaded.codes
        assert loaded.one("SELECT count(*) FROM transactions WHERE customer_id IS NULL") == 10


def test_stars_of_footnotes_are_read_and_told():
    rows = "".join(f"{n};2024-01-{n};{n},50{'*' if n == 15 else ''}\n" for n in range(10, 20))
    with reading("Kundnr;Datum;Belopp\n" + rows) as loaded:
        assert "number_footnotes" in loaded.codes
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal("150.00")


@pytest.mark.parametrize("written", ["{n}/1 2024", "{n}/1-24"])
def test_days_with_a_stroke_and_the_year_apart_are_day_first(written: str):
    rows = "".join(f"{n};{written.format(n=n)};1,00\n" for n in range(2, 12))
    with reading("Kundnr;Datum;Belopp\n" + rows) as loaded:
        assert loaded.one("SELECT CAST(max(ordered_at) AS DATE) FROM transactions") == date(2024, 1, 11)


def test_a_file_of_nothing_but_tabs_is_too_wide():
    with reading("\t" * 200_000 + "\n") as loaded:
        assert loaded.report.outcome == "refuse"
        assert "too_many_columns_blank" in loaded.codes
