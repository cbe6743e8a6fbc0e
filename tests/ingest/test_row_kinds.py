"""Rows that are no sales, and columns that can't be what their header says: sums, customers and lines by hand."""

from decimal import Decimal

import pytest

from tests.ingest.reading import reading

SUM = "SELECT sum(amount) FROM transactions"
WHOSE = "SELECT customer_id, sum(amount) FROM transactions GROUP BY 1 ORDER BY 1"
HEAD = "Kundnr;Datum;Fakturanr;Belopp;"


def _sales(head: str, *rows: str) -> str:
    return "\n".join((head, *rows)) + "\n"


LEDGER = _sales(
    "Kundnr;Bokföringsdatum;Dokumenttyp;Dokumentnr;Belopp",
    "17;2024-01-15;Faktura;F1;1000,00", "17;2024-02-14;Betalning;B1;-1000,00", "18;2024-01-20;Faktura;F2;250,50",
    "18;2024-01-21;Kreditnota;K9;-50,50", "18;2024-02-20;Betalning;B2;-200,00",
)  # fmt: skip
# The credit note has no sign; that it is one stands in another column than the status.
TYPES = _sales(
    "Typ;Referensnr;Kund;Datum;Belopp;Status",
    "Faktura;1;17;2024-01-15;1000,00;Stängd", "Kreditnota;2;17;2024-01-30;300,00;Stängd",
    "Faktura;3;18;2024-02-16;250,50;Öppen",
)  # fmt: skip
LETTERS = _sales(
    "Type,Account Ref,Date,Net", "SI,17,15/01/2024,1000.00", "SC,17,30/01/2024,300.00", "SR,17,14/02/2024,700.00",
    "SI,18,16/02/2024,250.50",
)  # fmt: skip
PAYPAL = _sales(
    "Date,Type,Status,Gross,Fee,Net,From Email Address",
    "15/01/2024,Website Payment,Completed,1000.00,-30.00,970.00,a@example.se",
    "16/01/2024,General Withdrawal,Completed,-970.00,0.00,-970.00,",
    "16/02/2024,Website Payment,Completed,250.50,-7.50,243.00,b@example.se",
)  # fmt: skip
DEALS = _sales(
    "Deal - Value,Deal - Stage,Person - ID,Deal - Close Date,Deal - Deal created",
    "1000.00,Closed Won,17,2024-01-15,2023-12-01", "9000.00,Closed Lost,17,2024-01-16,2023-12-02",
    "7000.00,Negotiation,18,2024-03-30,2023-12-03", "250.50,Closed Won,18,2024-02-16,2023-12-04",
)  # fmt: skip
TILL = _sales(
    "Date,Receipt Number,Line Type,Customer Code,Total,Status",
    *(
        line
        for n, (whose, one, two) in enumerate((("17", 600, 400), ("18", 200, 50), ("18", 1, 2), ("17", 5, 6)), 1)
        for line in (
            f"2024-01-1{n},{n},Sale,{whose},{one + two}.00,CLOSED",
            f"2024-01-1{n},{n},Sale Line,{whose},{one}.00,CLOSED",
            f"2024-01-1{n},{n},Sale Line,{whose},{two}.00,CLOSED",
            f"2024-01-1{n},{n},Payment,{whose},{one + two}.00,CLOSED",
        )
    ),
)  # fmt: skip
REFUNDED = _sales(
    "id,Created date (UTC),Amount,Amount Refunded,Status,Customer ID",
    "ch_1,2024-01-15 10:00:00,1000.00,1000.00,Refunded,17", "ch_2,2024-02-16 10:00:00,250.50,0.00,Paid,18",
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "whose", "aside", "told"),
    [
        (LEDGER, {"17": "1000.00", "18": "200.00"}, 2, "aside_not_a_sale"),
        (TYPES, {"17": "700.00", "18": "250.50"}, 0, "returns_turned"),
        (LETTERS, {"17": "700.00", "18": "250.50"}, 1, "aside_not_a_sale"),
        (PAYPAL, {"a@example.se": "1000.00", "b@example.se": "250.50"}, 1, "aside_not_a_sale"),
        (DEALS, {"17": "1000.00", "18": "250.50"}, 2, "aside_not_won"),
        (TILL, {"17": "1011.00", "18": "253.00"}, 8, "aside_order_sum"),
        (REFUNDED, {"17": "1000.00", "18": "250.50"}, 0, "refund_not_drawn"),
    ],
)
def test_what_is_no_sale_is_not_added_to_the_sales(text: str, whose: dict[str, str], aside: int, told: str):
    with reading(text) as loaded:
        assert dict(loaded.rows(WHOSE)) == {who: Decimal(paid) for who, paid in whose.items()}
        assert loaded.report.set_aside == aside and told in loaded.codes and loaded.report.outcome == "warn"
        assert loaded.balanced()


def test_a_deal_counts_on_the_day_it_was_won():
    with reading(DEALS) as loaded:
        days = loaded.rows("SELECT ordered_at::DATE::TEXT FROM transactions ORDER BY 1")
        assert days == [("2024-01-15",), ("2024-02-16",)]


@pytest.mark.parametrize("far", [3, 1500])
def test_a_credit_note_far_down_is_seen_by_its_type_beside_the_status(far: int):
    rows = [f"{n % 7};2024-01-{n % 28 + 1:02d};{n};100,00;Faktura;Stängd" for n in range(2000)]
    rows[far] = "5;2024-01-09;9999;40,00;Kreditnota;Stängd"
    with reading(_sales(HEAD + "Typ;Status", *rows)) as loaded:
        assert loaded.one(SUM) == Decimal("199860.00")
        assert loaded.one("SELECT amount FROM transactions WHERE order_id = '9999'") == Decimal("-40.00")


def test_a_column_told_to_be_no_status_sets_nothing_aside():
    with reading(DEALS, **{"map.status": ""}) as loaded:
        assert loaded.one("SELECT count(*) FROM transactions") == 4


def test_net_beside_a_tax_is_net_of_tax_and_stays():
    text = _sales("customer_id,date,gross,tax,fee,net", "17,2024-01-15,125.00,25.00,3.00,100.00")
    with reading(text) as loaded:
        assert loaded.one(SUM) == Decimal("100.00")


def test_an_amount_called_no_more_than_without_vat_is_the_net():
    text = _sales("Fakturanr;Datum;Kundnr;Exkl. moms;Moms;Att betala", "1;2024-01-15;17;100,00;25,00;125,00")
    with reading(text) as loaded:
        assert loaded.one(SUM) == Decimal("100.00")


def test_our_own_account_on_every_row_is_not_the_customer():
    head = "ClientID,SubscriberKey,EventDate,EventType"
    with reading(_sales(head, *(f"7201234,S-{n},2024-03-{n + 10},Click" for n in range(12)))) as loaded:
        assert loaded.one("SELECT count(DISTINCT customer_id) FROM events") == 12
        assert loaded.one("SELECT min(customer_id) FROM events") == "S-0"


def test_nothing_else_than_one_customer_is_told():
    rows = (f"4711;2024-03-{n % 28 + 1:02d};10,00" for n in range(30))
    with reading(_sales("Kontonr;Datum;Belopp", *rows)) as loaded:
        assert "one_customer" in loaded.codes and loaded.report.outcome == "warn"


def test_a_blank_column_of_ids_gives_way_to_the_address():
    rows = ("2024-01-15,,a@example.se,100.00", "2024-01-16,,b@example.se,50.00", "2024-01-17,,a@example.se,1.00")
    with reading(_sales("date,customerref,email,amount", *rows)) as loaded:
        assert dict(loaded.rows(WHOSE)) == {"a@example.se": Decimal("101.00"), "b@example.se": Decimal("50.00")}


def test_a_days_sum_in_the_place_of_the_day_is_a_footer():
    text = _sales(
        "Kvitto;Kassa;Datum;Kundnr;Summa", "1;1;2024-01-15;17;100,00", "2;1;2024-01-15;;50,00",
        ";;Summa 2024-01-15;;150,00", "3;1;2024-01-16;18;25,00", ";;Summa 16/1 2024;;25,00", ";;TOTALT;;175,00",
    )  # fmt: skip
    with reading(text) as loaded:
        assert loaded.one(SUM) == Decimal("175.00") and loaded.report.footers == 3
        assert loaded.balanced()


ORDERS = (
    "Order Reference,Creation Date,Customer/Email,Order Lines/Product,Order Lines/Subtotal",
    "S1,2024-01-15,a@example.se,Mugg,100.00", ",,,Fat,50.00", ",,,Sked,5.00",
    "S2,2024-01-16,b@example.se,Mugg,25.00",
)  # fmt: skip


def test_lines_below_an_order_belong_to_it():
    with reading(_sales(*ORDERS)) as loaded:
        assert dict(loaded.rows(WHOSE)) == {"a@example.se": Decimal("155.00"), "b@example.se": Decimal("25.00")}
        assert loaded.one("SELECT max(ordered_at)::DATE::TEXT FROM transactions WHERE amount < 20") == "2024-01-15"
        assert "lines_continued" in loaded.codes


@pytest.mark.parametrize("word", ["", "Subtotal"])
def test_a_sum_below_an_order_is_none_of_its_lines(word: str):
    with reading(_sales(*ORDERS[:2], f",,,{word},100.00", ORDERS[4], f",,,{word},25.00")) as loaded:
        assert loaded.one(SUM) == Decimal("125.00")


def test_a_fee_a_month_makes_an_agreement():
    text = _sales(
        "Medlemsnr;Namn;Avtalstyp;Startdatum;Bundet t.o.m.;Slutdatum;Månadsavgift;Status",
        "300450;Åsa Ek;Guld;2023-02-01;2024-02-01;2024-03-05;349 kr/mån;Avslutad",
        "300451;Nils Dahl;Löpande;2023-03-01;2024-03-01;;449 kr/mån;Aktiv",
    )
    with reading(text) as loaded:
        assert loaded.report.kind == "agreements"
        assert loaded.one("SELECT sum(fee) FROM agreements") == Decimal("798.00")
        assert loaded.one("SELECT count(*) FROM agreements WHERE ended_on IS NULL") == 1


def test_do_not_allow_is_no_consent():
    text = _sales(
        "Customer ID,Name,Email,Do not allow Bulk Emails", "1,A Ek,a@x.se,Allow", "2,B Ek,b@x.se,Do Not Allow"
    )
    with reading(text) as loaded:
        assert loaded.rows("SELECT customer_id FROM customers WHERE NOT consent_email") == [("2",)]


def test_how_it_was_paid_is_no_return():
    text = _sales("order;date;customer;amount;Status;Card Type", *(
        f"{n};2024-01-{n + 10};{n};100.00;Done;{('Credit', 'Visa')[n % 2]}" for n in range(8)
    ))  # fmt: skip
    with reading(text) as loaded:
        assert loaded.one(SUM) == Decimal("800.00") and "returns_turned" not in loaded.codes


def test_a_return_by_type_and_an_order_called_off_by_status_both_count_for_what_they_are():
    text = _sales(
        "Order;Datum;Kundnr;Ordertyp;Orderstatus;Belopp", "1;2024-01-15;17;Försäljning;Klar;1000,00",
        "2;2024-01-16;17;Retur;Klar;300,00", "3;2024-01-17;18;Försäljning;Makulerad;70,00",
    )  # fmt: skip
    with reading(text) as loaded:
        assert loaded.one(SUM) == Decimal("700.00")
        assert {"returns_turned", "aside_cancelled"} <= loaded.codes


STOCK = ("Posting Date,Document No.,Source No.,Quantity,Sales Amount", "2024-01-15,1,17,-2,100.00",
         "2024-01-16,2,17,-1,50.00", "2024-01-17,3,18,-1,25.00", "2024-01-18,4,18,1,-25.00")  # fmt: skip


def test_pieces_that_leave_the_stock_with_a_minus_are_sold():
    with reading(_sales(*STOCK)) as loaded:
        assert dict(loaded.rows(WHOSE)) == {"17": Decimal("150.00"), "18": Decimal("0.00")}


def test_rent_by_the_month_from_a_day_is_an_agreement():
    text = _sales(
        "Kontraktsnr;Hyresgästnr;Fr.o.m.;T.o.m.;Hyra/mån", "K1;01-100;2015-01-01;2024-09-30;7 250",
        "K2;01-101;2016-02-01;;9 100",
    )  # fmt: skip
    with reading(text) as loaded:
        assert loaded.report.kind == "agreements"
        assert loaded.one("SELECT sum(fee) FROM agreements") == Decimal("16350.00")


def test_an_hour_of_parking_is_bought():
    rows = (f"{n};Zon 1;2024-01-{n} 10:00;2024-01-{n} 11:00;12,50" for n in range(10, 20))
    with reading(_sales("Parkerings-ID;Område;Starttid;Sluttid;Totalt inkl. moms", *rows)) as loaded:
        assert loaded.report.kind == "transactions" and loaded.one(SUM) == Decimal("125.00")
