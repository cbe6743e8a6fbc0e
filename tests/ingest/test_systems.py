"""Exports of order, mail and survey systems and of databases, each with what makes a hasty reader go wrong."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from tests.ingest.reading import reading


def test_a_status_with_its_number_before_it_is_known():
    rows = "".join(f"{1000 + at};{at % 5:05d};2024-01-{at + 1:02d};100,00;450 Hämtad\n" for at in range(8))
    head = "Ordernummer;Kundnummer;Skapad;Ordervärde;Orderstatus\n"
    text = head + rows + "1008;00007;2024-01-20;900,00;1000 Makulerad\n1009;00007;2024-01-21;50,00;210 Väntar\n"
    with reading(text) as loaded:
        assert "aside_cancelled" in loaded.codes
        assert "status_waiting" in loaded.codes
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal("850.00")
        assert loaded.balanced()


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("Marketing Permission", "1/1"), ("Accepts marketing", "1/1"), ("Godkänt marknadsföring", "1/1"),
        ("Marketing channel", "0/0"), ("Contact allowed by", "0/0"),
    ],
)  # fmt: skip
def test_a_permission_for_marketing_names_no_channel(header, says):
    text = f"Customer ID,Email,{header}\n12,a@example.se,true\n7,b@example.se,false\n"
    with reading(text) as loaded:
        count = "count(*) FILTER (WHERE consent_email) || '/' || count(*) FILTER (WHERE NOT consent_email)"
        assert loaded.one(f"SELECT {count} FROM customers") == says


def test_a_consent_for_email_goes_before_one_that_names_no_channel():
    text = "Customer ID,Email,Marketing permission,Godkänner e-post\n12,a@example.se,true,nej\n7,b@example.se,true,ja\n"
    with reading(text) as loaded:
        assert loaded.rows("SELECT customer_id FROM customers WHERE consent_email") == [("7",)]


def test_times_of_opening_say_that_the_list_is_of_mailings():
    text = (
        "E-postadress;Namn;Skickat;Öppnat;Klickat;Avregistrerad\n"
        "a@example.se;Åsa Ek;2024-05-14 09:00;2024-05-14 10:05;2024-05-14 10:06;\n"
        "b@example.se;Bo Sjö;2024-05-14 09:00;2024-05-14 11:05;;2024-05-15 08:00\n"
        "c@example.se;Li Berg;2024-05-14 09:00;;;\n"
    )
    with reading(text) as loaded:
        assert loaded.report.kind == "contacts"
        counts = ", ".join(f"count(*) FILTER (WHERE {name})" for name in ("opened", "clicked", "opted_out"))
        assert loaded.rows(f"SELECT {counts} FROM contacts") == [(2, 1, 1)]
        assert str(loaded.one("SELECT min(sent_at) FROM contacts")) == "2024-05-14 09:00:00"


def test_numbers_of_messages_say_that_the_log_is_of_mailings():
    head = "createdAt,email,userId,campaignId,messageId\n"
    with reading(head + "".join(f"2024-03-0{n},p{n}@example.se,u-{n},77,m{n}a\n" for n in range(1, 6))) as loaded:
        assert loaded.report.kind == "contacts"
        assert loaded.rows("SELECT customer_id, campaign_id FROM contacts ORDER BY line LIMIT 1") == [("u-1", "77")]


def test_the_day_a_norwegian_survey_was_finished_is_that_of_the_answer():
    text = (
        "ID;Kundenr;Startet;Fullført;Q1;Q2\n;;;;Hvor sannsynlig er det at du vil anbefale oss? (0-10);Kommentar\n"
        + "".join(f"{n};{n * 11};0{n}.03.2024 10:00:00;1{n}.03.2024 10:04:00;{n + 3};Bra\n" for n in range(1, 7))
    )
    with reading(text) as loaded:
        assert loaded.report.kind == "answers"
        assert loaded.rows("SELECT min(answered_on), sum(score), min(customer_id) FROM answers") == [
            (date(2024, 3, 11), Decimal("39.00"), "11")
        ]


def test_the_number_of_the_row_is_no_customer_where_a_code_comes_again():
    names = ("Åsa Ek", "Bo Sjö", "Li Berg")
    text = "".join(
        f"{50001 + n}\t{'C' + str(100 + n % 6) if n != 4 else chr(92) + 'N'}\t{names[n % 3]}"
        f"\t2024-01-{n + 1:02d} 10:00:00\t{n + 1}.50\tSEK\n"
        for n in range(20)
    )
    with reading(text) as loaded:
        assert "no_header" in loaded.codes
        assert loaded.rows("SELECT count(DISTINCT customer_id), count(*) FILTER (WHERE customer_id IS NULL), "
                           "sum(amount) FROM transactions") == [(6, 1, Decimal("220.00"))]  # fmt: skip


def test_without_a_header_the_first_column_is_the_customer_when_nothing_else_comes_again():
    text = "".join(f"{70001 + n};2024-01-{n + 1:02d};{n % 3};{n + 1}.50\n" for n in range(20))
    with reading(text) as loaded:
        assert loaded.one("SELECT count(DISTINCT customer_id) FROM transactions") == 20


def test_the_sum_that_stands_in_a_column_of_its_own_is_a_footer():
    rows = "".join(f"U{n},T{n},2024010{n},{n}.50\n" for n in range(1, 7))
    text = "Effective user ID,Transaction ID,Date,Purchase revenue\n,,,24.00,Grand total\n" + rows
    with reading(text) as loaded:
        assert (loaded.report.rows, loaded.report.footers, loaded.report.set_aside) == (6, 1, 0)
        assert loaded.rows("SELECT min(customer_id), sum(amount) FROM transactions") == [("U1", Decimal("24.00"))]


def test_what_totals_are_made_by_is_no_customer():
    head = "Default Channel Group,Users,Sessions,Revenue\n"
    with reading(head + "Organic Search,12,15,kr300.00\nDirect,9,11,kr512.00\nEmail,4,4,kr99.00\n") as loaded:
        assert loaded.report.outcome == "refuse"


def test_a_pivot_table_ends_each_group_with_its_name():
    text = (
        "Kundnr;Orderdatum;Summa av Belopp\n00011;2024-01-03;100,00\n;2024-02-03;50,00\n00011 Summa;;150,00\n"
        "00048;2024-01-04;70,00\n;2024-02-05;30,00\n00048 Summa;;100,00\nTotalsumma;;250,00\n"
    )
    with reading(text) as loaded:
        assert (loaded.report.rows, loaded.report.footers, loaded.report.set_aside) == (4, 3, 0)
        sums = "SELECT customer_id, sum(amount) FROM transactions GROUP BY 1 ORDER BY 1"
        assert loaded.rows(sums) == [("00011", Decimal("150.00")), ("00048", Decimal("100.00"))]
        assert "total_matches" in loaded.codes


def test_a_firm_called_total_keeps_its_sale():
    text = "Kund;Orderdatum;Belopp\n" + "".join(f"Nordic Total;2024-01-0{n};{n},50\n" for n in range(1, 8))
    with reading(text) as loaded:
        assert (loaded.report.rows, loaded.report.footers) == (7, 0)


def _orders(total_of) -> str:
    """Five orders of a lamp and two cups; `total_of(lamp, cups, lines)` stands as the order's sum on both lines."""
    text = "Ordernummer,Orderdatum,E-post,Produkt,Antal,Styckpris,Ordersumma\n"
    for n in range(1, 6):
        lamp, cups = Decimal(100 * n), Decimal("20.50")
        total = total_of(lamp, cups)
        text += f"{n},2024-01-0{n},a{n}@example.se,Lampa,1,{lamp},{total}\n"
        text += f"{n},2024-01-0{n},a{n}@example.se,Kopp,2,{cups},{total}\n"
    return text


def test_the_orders_sum_on_each_line_gives_way_to_what_the_lines_come_to():
    with reading(_orders(lambda lamp, cups: lamp + 2 * cups)) as loaded:
        # 100 + 200 + 300 + 400 + 500 for lamps, 5 × 2 × 20.50 for cups
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal("1705.00")
        assert "order_on_lines" in loaded.codes
        assert "Ordersumma" in " ".join(m.column or "" for m in loaded.report.messages)


def test_a_sum_that_the_lines_do_not_come_to_stays_and_is_told():
    with reading(_orders(lambda lamp, cups: lamp + 2 * cups + 49)) as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal(2 * (1500 + 205 + 5 * 49))
        assert "amount_repeated" in loaded.codes


def test_an_amount_turned_into_one_currency_counts_on_every_row():
    text = (
        "Fakturanr;Kundnr;Fakturadatum;Valuta;Belopp i valuta exkl. moms;Belopp i SEK exkl. moms\n"
        "1;12;2024-01-31;SEK;100,00;100,00\n2;7;2024-02-13;EUR;10,00;115,00\n3;12;2024-03-01;NOK;50,00;49,00\n"
    )
    with reading(text) as loaded:
        assert loaded.rows("SELECT sum(amount), min(currency), max(currency) FROM transactions") == [
            (Decimal("264.00"), "SEK", "SEK")
        ]
        assert "amount_converted" in loaded.codes


def test_without_amounts_in_their_own_currency_other_currencies_stay_apart():
    text = (
        "Kundnr;Datum;Valuta;Belopp i SEK\n12;2024-01-31;SEK;100,00\n7;2024-02-13;EUR;10,00\n12;2024-03-01;SEK;5,00\n"
    )
    with reading(text) as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal("105.00")
        assert "currency_mixed" in loaded.codes


def test_the_name_that_a_buyer_goes_by_is_the_customer():
    head = "Order Number,Buyer Username,Buyer Name,Sale Date,Total Price\n"
    with reading(head + "1,lamp_fan,Bo Sjö,Mar-05-24,$10.00\n2,cup7,Li Ek,Mar-06-24,$4.00\n") as loaded:
        assert loaded.rows("SELECT customer_id FROM transactions ORDER BY line") == [("lamp_fan",), ("cup7",)]


def test_what_an_invoice_has_is_called_after_it():
    head = "invoice_id,account_code,state,invoice_total,invoice_created_at,invoice_closed_at\n"
    states = ["paid", "failed", "paid", "pending", "paid"]
    rows = "".join(
        f"{n:x}f,acc-{n % 3},{s},{n + 1}0.00,2024-01-0{n + 1},2024-02-0{n + 1}\n" for n, s in enumerate(states)
    )
    with reading(head + rows) as loaded:
        # 10 + 30 + 40 + 50; the 20 failed
        assert loaded.rows("SELECT sum(amount), min(customer_id), min(ordered_at) FROM transactions") == [
            (Decimal("130.00"), "acc-0", datetime(2024, 1, 1))
        ]
        assert {"aside_cancelled", "status_waiting"} <= loaded.codes


def test_a_state_of_the_union_is_no_status():
    head = "Customer ID,Order date,Amount,State\n"
    with reading(head + "12,2024-01-31,10.00,NY\n7,2024-02-13,20.00,CA\n") as loaded:
        assert "status" not in loaded.report.mapping


def test_an_account_of_the_books_is_no_customer():
    with reading("Date,Amount,AccountCode\n2024-01-31,10.00,3001\n2024-02-13,20.00,3041\n") as loaded:
        assert "customer_id" not in loaded.report.mapping


@pytest.mark.parametrize(
    ("first", "second", "taken"),
    [
        ("Slutpris (SEK)", "Slutpris utan moms (SEK)", 1), ("Est. Revenue", "Actual Revenue", 1),
        ("Actual Revenue", "Est. Revenue", 0), ("Weighted value", "Value", 1),
        ("Total value in order currency", "Total value in SEK", 1),
    ],
)  # fmt: skip
def test_of_two_sums_the_one_that_was_paid_counts(first, second, taken):
    head = f"Customer ID,Order date,{first},{second}\n"
    with reading(head + "12,2024-01-31,100.00,80.00\n7,2024-02-13,50.00,40.00\n") as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal((150, 120)[taken])


def test_the_user_who_sold_is_no_customer_beside_a_company():
    head = "Order-ID;Företags-ID;Företag;Datum;Ordervärde;Användare\n"
    rows = "".join(f"{n};{n % 4 + 500};Bolag {n % 4} AB;2024-01-{n:02d};100,00;{'Tove Ek' if n % 2 else 'Bo Sjö'}\n"
                   for n in range(1, 13))  # fmt: skip
    with reading(head + rows) as loaded:
        assert loaded.one("SELECT count(DISTINCT customer_id) FROM transactions") == 4


def test_the_status_of_a_subscription_to_mail_is_a_consent():
    head = "Customer ID,Email Address,Email Subscription Status\n"
    with reading(head + "1,a@example.se,subscribed\n2,b@example.se,unsubscribed\n3,c@example.se,unknown\n") as loaded:
        assert loaded.rows("SELECT consent_email FROM customers ORDER BY line") == [(True,), (False,), (None,)]


def test_a_voucher_on_every_row_may_be_what_was_given_and_not_what_was_sold():
    head = "Date,Voucher Code,Customer ID,Amount,Order ID\n"
    with reading(head + "".join(f"2024-03-0{n},V-{n},{n},50.00,o{n}\n" for n in range(1, 9))) as loaded:
        assert "kind_open" in loaded.codes
    with reading(
        head + "".join(f"2024-03-0{n},{'V-1' if n == 3 else ''},{n},50.00,o{n}\n" for n in range(1, 9))
    ) as loaded:
        assert loaded.report.kind == "transactions"
        assert "kind_open" not in loaded.codes


def test_the_log_of_what_was_opened_is_of_events():
    head = "SendID,SubscriberKey,EmailAddress,EventDate,EventType\n"
    with reading(head + "".join(f"44,k{n},p{n}@example.se,2024-04-0{n},Open\n" for n in range(1, 7))) as loaded:
        assert loaded.report.kind == "events"


def test_the_sum_of_a_store_with_its_currency_is_a_footer():
    rows = "".join(f"Lund;2024-01-0{n};{n + 10};{n};{n},00;SEK\n" for n in range(1, 6))
    with reading("Butik;Datum;Kvitto;Kundnummer;Netto;Valuta\n" + rows + "Lund totalt;;;;15,00;SEK\n" + rows) as loaded:
        assert (loaded.report.rows, loaded.report.footers, loaded.report.set_aside) == (10, 1, 0)
