"""Exports as systems make them: shops, tills, settlements, ERP lists, surveys, mail systems. Sums are added by hand."""

from datetime import datetime
from decimal import Decimal

import pytest

from insight.ingest.options import ReadOptions
from insight.ingest.proposal import propose
from tests.ingest.reading import reading


def _sum(loaded) -> Decimal:
    return loaded.one("SELECT sum(amount) FROM transactions")


# ---- shops and tills --------------------------------------------------------------------------------------------

SHOP = """Name,Email,Financial Status,Paid at,Total,Currency,Lineitem quantity,Lineitem name,Lineitem price,Customer ID
#1001,a@example.com,paid,2024-02-01 10:00:00 +0100,149.00,SEK,1,Tröja,50.00,'7701
#1001,a@example.com,,,,,2,Mössa,25.00,
#1002,b@example.com,paid,2024-02-02 10:00:00 +0100,99.00,SEK,1,Tröja,50.00,'7702
#1003,a@example.com,paid,2024-02-03 10:00:00 +0100,74.00,SEK,1,Mössa,25.00,'7701
#1003,a@example.com,,,,,1,Mössa,25.00,
"""


def test_a_shops_further_lines_belong_to_their_order():
    with reading(SHOP) as loaded:
        assert (loaded.report.rows, loaded.report.set_aside, loaded.balanced()) == (5, 0, True)
        assert _sum(loaded) == 149 + 99 + 74
        orders = loaded.rows("SELECT order_id, min(customer_id), count(*), sum(quantity) FROM transactions GROUP BY 1")
        assert sorted(orders) == [("#1001", "7701", 2, 3), ("#1002", "7702", 1, 1), ("#1003", "7701", 2, 2)]
        assert {"order_lines_filled": "warning"}.items() <= {m.code: m.severity for m in loaded.report.messages}.items()


def test_an_anonymous_sale_is_no_further_line_of_another_day():
    rows = ["17;2024-03-01;K1;10,00", "17;2024-03-02;;20,00", "18;2024-03-02;K2;5,00"]
    with reading("\n".join(["kvittonr;datum;kundnr;belopp", *rows])) as loaded:
        assert loaded.one("SELECT count(*) FROM transactions WHERE customer_id IS NULL") == 1


def test_a_customers_note_is_no_customer():
    rows = "".join(f"{n},Completed,2024-03-0{n},Ring på,{n % 2 or ''},1{n}0.00\n" for n in range(1, 7))
    with reading(
        "Order Number,Order Status,Order Date,Customer Note,Customer User ID,Order Total Amount\n" + rows
    ) as loaded:
        assert loaded.report.mapping["customer_id"] == "Customer User ID"
        assert loaded.rows("SELECT customer_id, count(*) FROM transactions GROUP BY 1 ORDER BY 1 NULLS LAST") == [
            ("1", 3), (None, 3),
        ]  # fmt: skip


def test_tax_is_no_amount():
    rows = "".join(f"R{n};2024-03-0{n};K{n % 3};1;499.00;99.80\n" for n in range(1, 8))
    with reading("receiptNumber;transactionDate;memberNumber;quantity;grossPaidPrice;taxAmount\n" + rows) as loaded:
        assert (_sum(loaded), loaded.report.mapping["order_id"]) == (7 * 499, "receiptNumber")


@pytest.mark.parametrize("word", ["WALKIN", "Walk-in", "Kontantkund", "Gäst"])
def test_a_sale_to_nobody_has_no_customer(word: str):
    rows = "".join(f"{word if n % 3 == 0 else f'K{n % 2}'};2024-03-0{n};10,00\n" for n in range(1, 8))
    with reading("kundnr;datum;belopp\n" + rows) as loaded:
        assert loaded.one("SELECT count(*) FROM transactions WHERE customer_id IS NULL") == 2
        assert "customer_blank" in loaded.codes


@pytest.mark.parametrize(
    ("header", "yes", "code"), [("Makulerad", "Ja", "aside_cancelled"), ("Retur", "J", "returns_turned")]
)
def test_a_column_that_says_yes_to_cancelled_or_returned(header: str, yes: str, code: str):
    rows = "".join(f"{n};K{n % 3};2024-03-0{n};100,00;{yes if n == 4 else 'Nej'}\n" for n in range(1, 8))
    with reading(f"Fakturanr;Kundnr;Datum;Belopp;{header}\n{rows}") as loaded:
        assert _sum(loaded) == (600 if code == "aside_cancelled" else 500)
        assert code in loaded.codes


def test_fees_and_payouts_of_a_settlement_are_no_sales():
    rows = "SALE;2024-05-01;1;200,00\nFEE;2024-05-01;1;-3,25\nRETURN;2024-05-02;2;-50,00\nPAYOUT;2024-05-03;;-146,75\n"
    with reading("type;capture_date;order_id;amount\n" + rows) as loaded:
        assert (loaded.report.rows, loaded.report.set_aside, _sum(loaded)) == (2, 2, 150)
        assert "aside_not_a_sale" in loaded.codes


def test_a_deal_of_each_contact_is_no_sale():
    rows = "".join(f"{51 + n},Bo,Ek,h{n}@example.se,,2023-10-0{1 + n % 9},{1000 + n},2024-02-11\n" for n in range(12))
    header = "Record ID,First Name,Last Name,Email,Phone Number,Create Date,Recent Deal Amount,Recent Deal Close Date\n"
    with reading(header + rows) as loaded:
        assert (loaded.report.kind, loaded.report.rows) == ("customers", 12)


# ---- reports ----------------------------------------------------------------------------------------------------

ERP = """Lista över fakturor      Sida 1

----------------------------------------------------
|Kund      |Bel.datum |Fakturanr|   Nettovärde|Val.|
----------------------------------------------------
|0000004711|03.01.2024|  9000001|     1.234,50|SEK |
|0000004712|04.01.2024|  9000002|       100,00|SEK |
|0000004711|15.01.2024|  9000003|       34,50-|SEK |
|0000004713|16.01.2024|  9000004|        10,00|SEK |
----------------------------------------------------
|*         |          |         |     1.310,00|SEK |
----------------------------------------------------
"""


def test_a_list_between_bars_with_a_star_for_its_sum():
    with reading(ERP) as loaded:
        assert (_sum(loaded), loaded.report.rows, loaded.report.footers) == (Decimal("1310.00"), 4, 1)
        assert loaded.one("SELECT count(DISTINCT customer_id) FROM transactions") == 3
        assert loaded.balanced()


GROUPED = """"Konto","Kundnummer","Datum","Belopp"
"Ett","901","2024-06-01","100,00"
"","","2024-06-02","110,00"
"Delsumma","","","210,00"
"Två","902","2024-06-03","200,00"
"","","2024-06-04","220,00"
"","","2024-06-05","1,00"
"Delsumma","","","421,00"
"Totalsumma","","","631,00"
"""


def test_a_grouped_report_says_its_customer_once():
    with reading(GROUPED) as loaded:
        assert loaded.rows("SELECT customer_id, sum(amount) FROM transactions GROUP BY 1 ORDER BY 1") == [
            ("901", Decimal("210.00")), ("902", Decimal("421.00")),
        ]  # fmt: skip
        assert loaded.codes >= {"groups_filled", "total_matches"}
        assert loaded.report.footers == 3


def test_rows_that_name_their_customers_are_not_filled():
    with reading(GROUPED.replace('"","","2024-06-04"', '"","903","2024-06-04"')) as loaded:
        assert loaded.one("SELECT count(*) FROM transactions WHERE customer_id IS NULL") == 2


def test_sums_of_pages_are_footers():
    page = "Kundnr;Datum;Belopp\n1;2024-06-01;100,00\n2;2024-06-02;50,00\nSidsumma;;150,00\n"
    with reading(f"Sida 1\n{page}Sida 2\n{page.replace('2024', '2023')}Totalsumma;;300,00\n") as loaded:
        assert (_sum(loaded), loaded.report.footers, loaded.balanced()) == (300, 4, True)
        assert "total_matches" in loaded.codes


@pytest.mark.parametrize(
    ("line", "currency"), [("Valuta;EUR", "EUR"), ("Alla belopp i NOK;", "NOK"), ("Bolag;AB", None)]
)
def test_the_lines_above_the_table_name_the_currency(line: str, currency: str | None):
    with reading(
        f"Rapport;Försäljning\n{line}\n\nKundnr;Datum;Netto\n1;2024-06-01;10,00\n2;2024-06-02;20,00\n"
    ) as loaded:
        assert loaded.report.figures["currency"] == currency
        assert ("currency_taken" in loaded.codes) == (currency is None)


@pytest.mark.parametrize(("header", "currency"), [("Betrag CHF", "CHF"), ("Beløp (NOK)", "NOK"), ("amount_usd", "USD")])
def test_the_header_names_the_currency(header: str, currency: str):
    with reading(f"Kunde;Datum;{header}\n7;31.01.2024;1’200.50\n8;28.02.2024;99.50\n") as loaded:
        assert (loaded.report.figures["currency"], _sum(loaded)) == (currency, 1300)
        assert loaded.one("SELECT count(DISTINCT customer_id) FROM transactions") == 2


def test_amounts_without_a_currency_are_the_users_to_name():
    text = "kundnr;datum;belopp\n1;2024-06-01;10,00\n2;2024-06-02;20,00\n"
    with reading(text) as loaded:
        assert loaded.report.figures["currency_taken"] == "SEK"
        assert "sek" in loaded.said
    with reading(text, currency="eur") as loaded:
        assert loaded.report.figures["currency"] == "EUR"
        assert loaded.rows("SELECT DISTINCT currency FROM transactions") == [("EUR",)]


def test_marks_of_direction_are_no_part_of_a_cell():
    rows = "".join(f"\u200f{n % 3}\u200e;\u200e2024-06-1{n};\u200e{n}0,50\u200f\n" for n in range(1, 9))
    with reading("Kundnr;Datum;Belopp\n" + rows) as loaded:
        assert _sum(loaded) == 360 + 8 * Decimal("0.50")
        assert loaded.one("SELECT count(DISTINCT customer_id) FROM transactions") == 3


# ---- surveys ----------------------------------------------------------------------------------------------------


def test_a_form_with_swedish_noon_and_a_zone():
    times = ("2024/04/01 8:01:09 fm CET", "2024/04/02 1:30:00 em CET", "2024/04/03 12:05:00 fm GMT+2")
    rows = "".join(f'"{time}","{score}","K{score}"\n' for time, score in zip(times, (9, 3, 10), strict=True))
    question = "Hur sannolikt är det att du rekommenderar oss? (0-10)"
    with reading(f'"Tidsstämpel","{question}","Kundnummer"\n{rows}') as loaded:
        assert (loaded.report.kind, loaded.report.rows) == ("answers", 3)
        assert loaded.one("SELECT sum(score) FROM answers") == 22


def test_noon_in_swedish_is_read_to_the_hour():
    with reading("kundnr;datum;belopp\n1;2024-03-01 1:30 em;10,00\n2;2024-03-02 12:10 fm;5,00\n") as loaded:
        assert loaded.rows("SELECT ordered_at FROM transactions ORDER BY 1") == [
            (datetime(2024, 3, 1, 13, 30),), (datetime(2024, 3, 2, 0, 10),),
        ]  # fmt: skip


def test_a_survey_whose_header_has_two_rows():
    rows = "".join(f"118{n},04/{n}/2024 09:15,r{n}@example.com,60{n},{n},Bra\n" for n in range(11, 20))
    header = "Respondent ID,End Date,Email Address,Custom Data 1,How likely is it that you would recommend us?,Why?\n"
    with reading(header + ",,,kundnr,Score,Open-Ended Response\n" + rows.replace(",11,Bra", ",1,Bra")) as loaded:
        assert (loaded.report.kind, loaded.report.mapping["customer_id"]) == ("answers", "kundnr")
        assert loaded.report.lines == 9


def test_a_survey_where_a_comment_and_a_score_are_the_same_word():
    rows = "".join(f"2024-05-0{n};n{n}@example.se;70{n};{n};Helt ok;{n % 5 + 1}\n" for n in range(1, 10))
    with reading("Svarat;E-post;Kundnr;NPS - Rekommendera (0-10);NPS - Kommentar;Nöjdhet (1-5)\n" + rows) as loaded:
        assert (loaded.report.kind, loaded.one("SELECT sum(score) FROM answers")) == ("answers", 45)
        assert loaded.one("SELECT count(comment) FROM answers") == 9


# ---- mail systems -----------------------------------------------------------------------------------------------


def _mailing(bought) -> str:
    rows = [
        f"{n};k{n}@exempel.se;{'Test' if n % 2 else 'Kontroll'};Vår;2024-02-12 08:15;"
        f"{'2024-02-12 09:30' if n % 3 == 0 else ''};{bought(n)}"
        for n in range(20)
    ]
    return "\n".join(rows) + "\n"


WIDE = "kundnr;e-post;grupp;utskick;skickad;öppnad;köp;belopp\n"


def test_a_mailing_with_its_purchases_is_split():
    with reading(WIDE + _mailing(lambda n: f"2024-02-{13 + n};{n},50" if n % 5 == 1 else ";")) as loaded:
        assert (loaded.report.kind, loaded.report.rows) == ("assignments", 20)
        assert loaded.one("SELECT count(*) FROM assignments WHERE opened") == 7
        # The customers 1, 6, 11 and 16 bought: 1,50 + 6,50 + 11,50 + 16,50.
        assert (_sum(loaded), loaded.one("SELECT count(*) FROM customers")) == (Decimal("36.00"), 20)
        assert "sales_split" in loaded.codes


def test_purchases_without_a_day_get_the_mailings():
    with reading(WIDE + _mailing(lambda n: f"1;{n},50" if n % 5 == 1 else "0;0,00")) as loaded:
        assert (loaded.one("SELECT count(*) FROM transactions"), _sum(loaded)) == (4, Decimal("36.00"))
        assert loaded.rows("SELECT DISTINCT ordered_at::DATE::VARCHAR FROM transactions") == [("2024-02-12",)]
        assert "sales_split_undated" in loaded.codes


def test_an_english_mailing_with_counts_of_opens():
    rows = "".join(
        f"S{n},p{n}@example.com,Spring,{'ABH'[n % 3]},2024-03-12 09:30:00,{n % 4},{n % 2},"
        f"{'2024-03-15,20.50' if n == 4 else ','}\n"
        for n in range(20)
    ).replace(",H,", ",Holdout,")
    header = "Subscriber ID,Email Address,Campaign Name,Variant,Send Time,Opens,Clicks,Order Date,Revenue\n"
    with reading(header + rows) as loaded:
        assert (loaded.report.kind, loaded.report.rows, _sum(loaded)) == ("assignments", 20, Decimal("20.50"))
        assert loaded.rows("SELECT DISTINCT arm FROM assignments ORDER BY 1") == [("A",), ("B",), ("Holdout",)]
        assert loaded.one("SELECT count(*) FROM assignments WHERE opened") == 15


def test_opened_at_a_time_or_not():
    rows = "".join(
        f"r{n}@example.se;Brev;2024-03-04 07:00;{'2024-03-04 07:30' if n % 2 else '-'};-\n" for n in range(8)
    )
    with reading("E-post;Kampanj;Skickad;Öppnad;Klickad\n" + rows) as loaded:
        assert loaded.rows("SELECT count(*) FILTER (WHERE opened), count(*) FILTER (WHERE clicked) FROM contacts") == [
            (4, 0)
        ]


def test_who_got_which_campaign_without_a_day_is_no_register():
    rows = "".join(f"{campaign},{household}\n" for campaign in range(1, 6) for household in range(40))
    with reading("campaign_id,household_id\n" + rows) as loaded:
        assert loaded.report.outcome == "refuse"
        assert "200" in loaded.said
    with reading("campaign_id,household_id\n" + rows, kind="customers") as loaded:
        assert (loaded.report.rows, loaded.report.set_aside) == (40, 160)


# ---- dates and amounts as reports have them ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "cells", "days", "code"),
    [
        ("Vecka", ("2024-W01", "2024W05", "2024 v.52"), ("2024-01-01", "2024-01-29", "2024-12-23"), "date_week"),
        ("Kvartal", ("2024Q1", "2024 Q2", "2024-K4"), ("2024-01-01", "2024-04-01", "2024-10-01"), "date_quarter"),
        ("Månad", ("januari 2024", "feb 2024", "Dec-2024"), ("2024-01-01", "2024-02-01", "2024-12-01"), "date_month"),
    ],
)
def test_a_period_is_its_first_day(header: str, cells: tuple, days: tuple, code: str):
    rows = "".join(f"{n % 4};{cells[n % 3]};100,00\n" for n in range(12))
    with reading(f"Kundnr;{header};Belopp\n{rows}") as loaded:
        assert (loaded.report.kind, loaded.report.rows) == ("transactions", 12)
        found = loaded.rows("SELECT DISTINCT ordered_at::DATE::VARCHAR FROM transactions ORDER BY 1")
        assert tuple(row[0] for row in found) == days
        assert code in loaded.codes


@pytest.mark.parametrize(
    ("header", "cells", "days"),
    [
        ("År;Månad", "2024;{m}", ("2024-01-01", "2024-03-01")),
        ("År;Månad;Dag", "2024;{m};17", ("2024-01-17", "2024-03-17")),
    ],
)
def test_year_and_month_in_columns_of_their_own(header: str, cells: str, days: tuple):
    rows = "".join(f"{n % 4};{cells.format(m=1 + n % 3)};100,00\n" for n in range(12))
    with reading(f"Kundnr;{header};Belopp\n{rows}") as loaded:
        found = loaded.rows("SELECT min(ordered_at)::DATE::VARCHAR, max(ordered_at)::DATE::VARCHAR FROM transactions")
        assert found == [days]
        assert loaded.report.memory is not None
        assert "ordered_at" not in loaded.report.memory.mapping, "what is made of several columns is found anew"


def test_a_year_is_enough_of_a_members_history():
    rows = "".join(f"{n};{1950 + n};{2010 + n}\n" for n in range(12))
    with reading("kund_id;födelseår;medlem sedan\n" + rows) as loaded:
        assert loaded.rows("SELECT min(birth_date)::VARCHAR, max(joined_on)::VARCHAR FROM customers") == [
            ("1950-01-01", "2021-01-01"),
        ]  # fmt: skip


def test_a_year_is_no_day_of_a_purchase():
    with reading("kundnr;datum;belopp\n1;2024;10,00\n1;2023;20,00\n2;2024;5,00\n") as loaded:
        assert loaded.report.outcome == "refuse"


def test_payments_below_the_goods_of_a_receipt_are_not_sold_again():
    lines = ("Artikel;Skjorta;299,00", "Rabatt;Medlem;-29,90", "Betalning;Kort;269,10")
    rows = "".join(f"{n};2024-01-1{n};{line};M{n % 3}\n" for n in range(9) for line in lines)
    with reading("Kvitto;Datum;Radtyp;Artikel;Belopp;Medlem\n" + rows) as loaded:
        assert (_sum(loaded), loaded.report.set_aside) == (9 * Decimal("269.10"), 9)


def test_where_payments_are_the_sales_they_stay():
    rows = "".join(f"{n};2024-01-1{n};{'Refund' if n == 4 else 'Payment'};100,00;M{n % 3}\n" for n in range(9))
    with reading("Kvitto;Datum;Typ;Belopp;Medlem\n" + rows) as loaded:
        assert (_sum(loaded), loaded.report.rows) == (700, 9)


def test_a_discount_that_is_not_drawn_is_told():
    rows = "".join(f"{n % 4};2024-01-1{n};2;100,00;{10 if n == 3 else 0}\n" for n in range(9))
    with reading("Kundnr;Orderdatum;Antal;Styckpris;Rabatt %\n" + rows) as loaded:
        assert _sum(loaded) == 1800
        (told,) = [m for m in loaded.report.messages if m.code == "discount_not_drawn"]
        assert (told.severity, told.line, told.values["count"]) == ("warning", 5, 1)


def _orders(header: str) -> str:
    """Orders of two lines: 10·n for the first article and 5 for the second; the order's sum stands on both."""
    rows = "".join(f"{500 + n};{n % 4};2024-01-1{n};Vara {at};{p},00;{10 * n + 5},00\n" for n in range(1, 9)
                   for at, p in enumerate((10 * n, 5)))  # fmt: skip
    return header + "\n" + rows


def test_a_lines_own_amount_comes_before_its_orders():
    with reading(_orders("Ordernr;Kundnr;Datum;Artikel;Radpris;Ordersumma")) as loaded:
        assert _sum(loaded) == 10 * 36 + 5 * 8
        assert "amount_repeated" not in loaded.codes


def test_an_orders_sum_on_each_of_its_lines_is_told():
    with reading(_orders("Ordernr;Kundnr;Datum;Artikel;Xyz;Ordersumma")) as loaded:
        assert loaded.report.mapping["amount"] == "Ordersumma"
        assert ("amount_repeated", "warning") in {(m.code, m.severity) for m in loaded.report.messages}


def test_test_groups_without_a_date_are_told():
    rows = "".join(f"{n};{'Kontroll' if n % 3 == 0 else 'Test'}\n" for n in range(30))
    with reading("Kundnr;Testgrupp\n" + rows) as loaded:
        assert (loaded.report.kind, loaded.report.outcome) == ("customers", "warn")
        assert "kind_lacks_date" in loaded.codes


def test_companies_are_customers_by_their_number():
    rows = "".join(f"556{100 + n % 5}-{1000 + n % 5};Bolag {n % 5};2024-01-1{n};{100 + n},00\n" for n in range(9))
    with reading("Orgnr;Företag;Fakturadatum;Belopp\n" + rows) as loaded:
        assert loaded.one("SELECT count(DISTINCT customer_id) FROM transactions") == 5


def test_an_amount_in_words_with_its_vat():
    rows = "".join(f"{n % 4};2024-01-1{n};1 {200 + n} kr inkl moms\n" for n in range(9))
    with reading("Kund;Datum;Pris\n" + rows) as loaded:
        assert (loaded.report.kind, _sum(loaded)) == ("transactions", 9 * 1200 + 36)


def test_a_count_of_receipts_is_no_receipt():
    rows = "".join(f"2024-01-1{n};Lund;{10000 + n},00;{80 + n}\n" for n in range(9))
    with reading("Datum;Butik;Försäljning;Antal kvitton\n" + rows) as loaded:
        assert "order_id" not in loaded.report.mapping


def test_a_file_of_returns_takes_from_the_sales():
    rows = "".join(f"{n % 4};2024-01-1{n};1{n}0,00;Passform\n" for n in range(9))
    with reading("Kundnr;Returdatum;Returbelopp;Returorsak\n" + rows) as loaded:
        assert _sum(loaded) == -(9 * 100 + 360)
        assert "status" not in loaded.report.mapping
        assert "returns_turned" in loaded.codes
    with reading("Kundnr;Returdatum;Returbelopp;Returorsak\n" + rows, returns="none") as loaded:
        assert _sum(loaded) == 1260


def test_one_address_is_one_customer_in_capitals_or_not():
    rows = "".join(f"{'Anna' if n % 2 else 'anna'}{n % 3}@Example.com,2024-01-1{n},10.00\n" for n in range(9))
    with reading("email,created_at,total\n" + rows) as loaded:
        assert loaded.rows("SELECT DISTINCT customer_id FROM transactions ORDER BY 1") == [
            ("anna0@example.com",), ("anna1@example.com",), ("anna2@example.com",),
        ]  # fmt: skip


def test_one_id_with_and_without_zeros_is_told():
    rows = "".join(f"{n % 4 if n % 8 < 4 else f'{n % 4:05}'};2024-01-{10 + n};1,00\n" for n in range(16))
    with reading("kundnr;datum;belopp\n" + rows) as loaded:
        # 1, 2 and 3 stand as 00001 … too, and so does 0 as 00000.
        assert [m.values["count"] for m in loaded.report.messages if m.code == "id_zeros"] == [4]
        assert loaded.one("SELECT count(DISTINCT customer_id) FROM transactions") == 8


def test_headings_under_merged_cells():
    rows = "".join(f"{n % 4};Anna;{500 + n};2024-01-1{n};100,00\n" for n in range(9))
    with reading("Kund;;Order;;\nNr;Namn;Nr;Datum;Belopp\n" + rows) as loaded:
        assert (loaded.report.mapping["customer_id"], loaded.report.mapping["order_id"]) == ("Kund Nr", "Order Nr")


def test_a_row_of_units_below_the_header():
    rows = "".join(f"{n % 4};2024-01-1{n};100,00;{n},5\n" for n in range(9))
    with reading("Kundnr;Datum;Belopp;Vikt\n;;EUR;kg\n" + rows) as loaded:
        assert (loaded.report.lines, loaded.report.figures["currency"], _sum(loaded)) == (9, "EUR", 900)


@pytest.mark.parametrize("header", ["Ordervärde exkl moms", "Order value excl. VAT", "Belopp utan moms"])
def test_an_amount_says_that_it_is_without_vat(header: str):
    rows = "".join(f"{n % 4};2024-01-1{n};100,00\n" for n in range(9))
    with reading(f"Kundnr;Orderdatum;{header}\n{rows}") as loaded:
        assert (loaded.report.mapping["amount"], loaded.report.figures["vat"]) == (header, "excluded")


def test_web_ids_are_other_ids():
    with reading("Webb-ID;Kundnr\n" + "".join(f"W{n};{n // 2}\n" for n in range(12))) as loaded:
        assert (loaded.report.kind, loaded.report.rows) == ("identities", 12)


def test_offers_are_no_purchases():
    rows = "".join(f"{n};{n % 4};2024-01-1{n};100,00;{'Offert' if n < 3 else 'Order'}\n" for n in range(9))
    with reading("Nr;Kundnr;Datum;Belopp;Status\n" + rows) as loaded:
        (told,) = [m for m in loaded.report.messages if m.code == "aside_cancelled"]
        assert (told.values["count"], told.values["sum"], _sum(loaded)) == (3, "300.00", 600)


def test_the_user_decides_what_a_wide_file_is_split_into():
    text = WIDE + _mailing(lambda n: f"2024-02-{13 + n};{n},50" if n % 5 == 1 else ";")
    with reading(text, amount="", email="") as loaded:
        assert loaded.rows("SELECT (SELECT count(*) FROM transactions), (SELECT count(*) FROM customers)") == [(0, 0)]
        labels = {row[0] for row in loaded.rows("SELECT label FROM attributes WHERE table_name = 'assignments'")}
        assert labels == {"e-post", "köp", "belopp"}
    with reading(text.replace("belopp", "X17"), amount="X17") as loaded:
        assert _sum(loaded) == Decimal("36.00")


def test_a_look_says_what_goes_where(tmp_path):
    file = tmp_path / "utskick.csv"
    file.write_text(WIDE + _mailing(lambda n: f"2024-02-{13 + n};{n},50" if n % 5 == 1 else ";"), encoding="utf-8")
    found = propose(file, name="utskick.csv", options=ReadOptions())
    assert {column.label: column.beside for column in found.columns if column.beside} == {
        "e-post": "customers.email", "köp": "transactions.ordered_at", "belopp": "transactions.amount",
    }  # fmt: skip
