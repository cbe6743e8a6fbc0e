"""Exports of shops, CRM, mail and survey platforms abroad: which column is the customer, the day and the sum."""

import datetime as dt
import io
import struct
import zipfile
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from insight.ingest.excel import shown_zeros
from tests.ingest.reading import reading


def test_parquet_beside_lists_and_records_is_read_without_them(tmp_path):
    path = tmp_path / "orders.parquet"
    tags, address = [["a", "b"], None], [{"city": "Lund"}, {"city": "Oslo"}]
    flat = {"customer_id": ["00012", "7"], "order_date": ["2024-01-31", "2024-02-13"]}
    pq.write_table(pa.table({"tags": tags, **flat, "address": address, "amount": [1234.5, -34.25]}), path)
    with reading(path.read_bytes(), name=path.name) as loaded:
        assert loaded.report.outcome == "warn"
        assert "tags, address" in loaded.said
        assert loaded.rows("SELECT customer_id, amount FROM transactions ORDER BY line") == [
            ("00012", Decimal("1234.50")), ("7", Decimal("-34.25")),
        ]  # fmt: skip
        assert loaded.balanced()


def test_a_column_of_formulas_never_calculated_is_called_so(tmp_path):
    book = openpyxl.Workbook()
    for row in (["Customer ID", "Order date", "Net amount"], ["12", "2024-01-31", "=1+1"], ["7", "2024-02-13", "=2+2"]):
        book.active.append(row)
    book.save(tmp_path / "formulas.xlsx")
    with reading((tmp_path / "formulas.xlsx").read_bytes(), name="formulas.xlsx") as loaded:
        assert loaded.report.outcome == "refuse"
        assert "formler" in loaded.said
        assert "c2, c3" in loaded.said


HEAD = "Customer ID;Order date;Amount\n"


@pytest.mark.parametrize(
    ("first", "second", "code", "total"),
    [
        ("₹1,23,456.78", "₹ 2,000.00", "INR", "125456.78"), ("R$ 1.234,50", "R$ -34,50", "BRL", "1200.00"),
        ("A$1,234.50", "-A$34.50", "AUD", "1200.00"), ("1 234,50 Kč", "-34,50 Kč", "CZK", "1200.00"),
        ("¥12,345", "¥1,000", "JPY", "13345.00"), ("1,234.50 CAD", "5.50 CAD", "CAD", "1240.00"),
    ],
)  # fmt: skip
def test_currencies_of_the_world_are_read_and_kept(first, second, code, total):
    with reading(HEAD + f"00012;2024-01-31;{first}\n00007;2024-02-13;{second}\n") as loaded:
        assert loaded.rows("SELECT sum(amount), any_value(currency) FROM transactions") == [(Decimal(total), code)]


@pytest.mark.parametrize(
    ("header", "cell", "code"),
    [
        ("Kundenummer;Købsdato;Beløb", "1.234,50 kr.", "DKK"), ("Kundenr;Kjøpsdato;Beløp", "1 234,50 kr", "NOK"),
        ("Kundenr;Dato;Beløp (kr)", "1234,50", "NOK"), ("Kundnr;Datum;Belopp", "1 234,50 kr", "SEK"),
        ("Kundenummer;Købsdato;Beløb", "1.234,50 SEK", "SEK"),
    ],
)  # fmt: skip
def test_kroner_are_those_of_the_headings_language(header, cell, code):
    with reading(f"{header}\n00012;2024-01-31;{cell}\n00007;2024-02-13;{cell}\n") as loaded:
        assert loaded.rows("SELECT sum(amount), any_value(currency) FROM transactions") == [(Decimal("2469.00"), code)]
        assert ("currency_crown" in loaded.codes) == (code != "SEK" and "kr" in cell)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Wed Jan 31 2024 10:22:33 GMT+0100 (Central European Standard Time)",
         "Tue Feb 13 2024 08:00:00 GMT+0100 (centraleuropeisk normaltid)"),
        ("Wed, 31 Jan 2024 10:22:33 +0100", "Tue, 13 Feb 2024 08:00:00 +0100"),
        ("31JAN2024:10:22:33", "13FEB2024:08:00:00"),
        ("10:22:33 31/01/2024", "8:00:00 13/02/2024"), ("10:22:33, 31.1.2024", "08:00:00, 13.2.2024"),
        ("10:22:33 AM 01/31/2024", "8:00:00 AM 02/13/2024"), ("10:22:33 31 jan 2024", "08:00:00 13 feb 2024"),
    ],
)  # fmt: skip
def test_dates_as_programs_print_them(first, second):
    with reading(HEAD + f"00012;{first};10,50\n00007;{second};5,00\n") as loaded:
        days = [str(row[0]) for row in loaded.rows("SELECT ordered_at FROM transactions ORDER BY 1")]
        assert days == ["2024-01-31 10:22:33", "2024-02-13 08:00:00"]


def test_particulars_above_a_table_that_stands_off_the_corner_are_no_rows(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    for at, (name, value) in enumerate([("Sales ledger", None), ("Period:", "2024"), ("From", "2024-01-01")], 2):
        sheet.cell(at, 2, name), sheet.cell(at, 3, value)
    rows = [("Customer ID", "Name", "Order date", "Net amount"), ("00012", "Ek", "2024-01-31", 10.5)]
    rows += [("00007", "Al", "2024-02-13", 5), ("00012", "Ek", "2024-03-05", 4.5)]
    for at, row in enumerate(rows, 7):
        for place, value in enumerate(row, 3):
            sheet.cell(at, place, value)
    book.save(tmp_path / "ledger.xlsx")
    with reading((tmp_path / "ledger.xlsx").read_bytes(), name="ledger.xlsx") as loaded:
        assert loaded.rows("SELECT count(*), sum(amount), count(DISTINCT customer_id) FROM transactions") == [
            (3, Decimal("20.00"), 2)
        ]
        assert loaded.report.set_aside == 0


CONTACTS = "Record ID,First Name,Last Name,Email,Create Date\n" + "".join(
    f"550{n},Eva,Ek,p{n}@example.org,2024-0{n}-01 10:22\n" for n in range(1, 6)
)
LEDGER = "Internal ID,Document Number,Date,Customer : Internal ID,Customer,Amount (Net)\n" + "".join(
    f"40{n},INV{n},1/{20 + n}/2024,80{n % 3},Eva Ek,10.50\n" for n in range(1, 6)
)
SENT = "SubscriberKey,EmailAddress,JobID,SendDate,Opened\n" + "".join(
    f"0000{n},p{n}@example.org,55,1/{20 + n}/2024 8:00:00 AM,True\n" for n in range(1, 6)
)
SURVEY = "Survey Response ID,Person ID,Person Email,Score,Comment,Survey Type,Response At,Sent At\n" + "".join(
    f"90{n},12{n},p{n}@example.org,{n},,nps,2024-01-2{n} 10:00:00,2024-01-1{n} 10:00:00\n" for n in range(1, 6)
)
VOUCHERS = "Voucher Code,Customer ID,Reward,Value,Assigned At,Redeemed At\n" + "".join(
    f"V-{n},0000{n},birthday,50.00,2024-01-1{n},2024-02-1{n}\n" for n in range(1, 6)
)


@pytest.mark.parametrize(
    ("content", "kind", "fields"),
    [
        (CONTACTS, "customers", {"customer_id": "Record ID"}),
        (LEDGER, "transactions", {"customer_id": "Customer : Internal ID", "order_id": "Document Number"}),
        (SENT, "contacts", {"customer_id": "SubscriberKey", "sent_at": "SendDate"}),
        (SURVEY, "answers", {"customer_id": "Person ID", "answered_on": "Response At", "score": "Score"}),
        (VOUCHERS, "rewards", {"given_on": "Assigned At", "redeemed_on": "Redeemed At", "value": "Value"}),
    ],
)
def test_kind_customer_and_day_of_a_platforms_export(content, kind, fields):
    with reading(content) as loaded:
        assert loaded.report.kind == kind
        assert {name: loaded.report.mapping.get(name) for name in fields} == fields
        assert loaded.report.rows == 5


@pytest.mark.parametrize("swapped", [True, False])
def test_dates_that_excel_took_half_of_are_told(tmp_path, swapped):
    book = openpyxl.Workbook()
    book.active.append(["Customer ID", "Order date", "Net amount"])
    for n in range(1, 25):
        # Typed as day/month: Excel in America makes dates of the first twelve and leaves the rest as text.
        date = dt.date(2024, n, 3) if n <= 12 else f"{n}/03/2024"
        date = dt.date(2024, 3, n) if not swapped and n <= 14 else date
        book.active.append([f"000{n}", date, 10.5])
    book.save(tmp_path / "typed.xlsx")
    with reading((tmp_path / "typed.xlsx").read_bytes(), name="typed.xlsx") as loaded:
        assert ("date_swapped" in loaded.codes) == swapped
        assert loaded.report.rows == 24


def test_order_lines_go_by_the_number_that_stands_on_every_line():
    lines = (
        "Name,Email,Paid at,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Id\n"
        "#2001,a@example.net,2024-01-31 10:00:00,25.00,2024-01-31 09:59:00,2,Cup,10.00,6101\n"
        "#2001,a@example.net,,,2024-01-31 09:59:00,1,Spoon,5.00,\n"
        "#2002,b@example.net,2024-02-13 11:00:00,7.50,2024-02-13 10:58:00,1,Plate,7.50,6102\n"
    )
    with reading(lines) as loaded:
        assert loaded.report.set_aside == 0
        assert loaded.rows("SELECT order_id, sum(amount) FROM transactions GROUP BY 1 ORDER BY 1") == [
            ("#2001", Decimal("25.00")), ("#2002", Decimal("7.50")),
        ]  # fmt: skip


@pytest.mark.parametrize("mark", [";", ",", "\t"])
def test_the_lines_of_a_csv_file_in_one_column_of_a_workbook(tmp_path, mark):
    book = openpyxl.Workbook()
    for cells in (
        ("Customer ID", "Name", "Order date", "Amount"), ("00012", '"Ek, Bo; Co"', "2024-01-31", "1234.50"),
        ("00007", '"Al\tBy ""B"""', "2024-02-13", "-34.50"),
    ):  # fmt: skip
        book.active.append([mark.join(cells)])
    book.save(tmp_path / "lines.xlsx")
    with reading((tmp_path / "lines.xlsx").read_bytes(), name="lines.xlsx") as loaded:
        assert loaded.rows("SELECT customer_id, amount FROM transactions ORDER BY line") == [
            ("00012", Decimal("1234.50")), ("00007", Decimal("-34.50")),
        ]  # fmt: skip
        assert "excel_one_column" in loaded.codes


def test_one_column_of_names_with_commas_is_no_csv_file(tmp_path):
    book = openpyxl.Workbook()
    for cell in ("Customer ID", "Ek, Bo, Lund", "Al, By, Oslo"):
        book.active.append([cell])
    book.save(tmp_path / "names.xlsx")
    with reading((tmp_path / "names.xlsx").read_bytes(), name="names.xlsx", kind="customers") as loaded:
        assert "excel_one_column" not in loaded.codes
        assert loaded.rows("SELECT customer_id FROM customers ORDER BY 1") == [("Al, By, Oslo",), ("Ek, Bo, Lund",)]


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        (("2024-01", "2024-02", "2024-03"), True), (("jan 2024", "feb 2024", "mar 2024"), True),
        (("2022", "2023", "2024"), True), (("Q1 2024", "Q2 2024", "Q3 2024"), True), (("v. 1", "v. 2", "v. 3"), True),
        (("Height", "Width", "Depth"), False), (("2023", "2024", "Children"), False),
    ],
)  # fmt: skip
def test_sums_in_a_column_for_each_period_are_no_purchases_and_told(columns, told):
    lines = [("Customer ID", "Name", *columns), ("00012", "Ek", "10.50", "0", "7"), ("00007", "Al", "1", "2.25", "")]
    with reading("\n".join(",".join(line) for line in lines) + "\n") as loaded:
        assert loaded.report.kind == "customers"
        assert ("periods_across" in loaded.codes) == told


ODS = """<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">
<office:body><office:spreadsheet><table:table table:name="Orders">{}</table:table></office:spreadsheet></office:body>
</office:document-content>"""


def test_zeros_and_currency_that_an_ods_shows_beside_a_number_are_kept():
    def cell(shown: str, value: str = "") -> str:
        kind = f'office:value-type="float" office:value="{value}"' if value else 'office:value-type="string"'
        kind += ' office:currency="NOK"' if "," in shown else ""
        return f"<table:table-cell {kind}><text:p>{shown}</text:p></table:table-cell>"

    rows = [[cell(text) for text in ("Customer ID", "Order date", "Amount")]]
    rows += [[cell("00012", "12"), cell("2024-01-31"), cell("10,50", "10.5")]]
    rows += [[cell("00007", "7"), cell("2024-02-13"), cell("0,50", "0.5")]]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        lines = "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in rows)
        archive.writestr("content.xml", ODS.format(lines))
        archive.writestr(
            "META-INF/manifest.xml", '<manifest xmlns="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
        )
    with reading(packed.getvalue(), name="orders.ods") as loaded:
        assert loaded.rows("SELECT customer_id, amount FROM transactions ORDER BY 2") == [
            ("00007", Decimal("0.50")), ("00012", Decimal("10.50")),
        ]  # fmt: skip
        assert loaded.one("SELECT any_value(currency) FROM transactions") == "NOK"


@pytest.mark.parametrize(("zeros", "found"), [(b"00000", "00000"), (b"0", ""), (b"0.00", "")])
def test_a_format_of_zeros_in_an_old_workbook_is_seen(tmp_path, zeros, found):
    record = b"\x1e\x04" + struct.pack("<HHHB", len(zeros) + 5, 164, len(zeros), 0) + zeros
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + record + bytes(600))
    assert shown_zeros(tmp_path / "old.xls") == found


SUBSCRIPTIONS = "subscription_id,customer_id,price,quantity,order_interval,created_at,cancelled_at,status\n" + "".join(
    f"50{n},9000{n},19.90,1,30,2024-01-1{n}T10:00:00,{'2024-03-01T00:00:00' if n == 2 else ''},active\n"
    for n in range(1, 6)
)
REVIEWS = "Reference ID,Review date,Stars,Review title\n" + "".join(
    f"000{n},2024-01-{n},{1 + n % 5},ok\n" for n in range(11, 26)
)


def test_subscriptions_with_a_price_are_agreements():
    with reading(SUBSCRIPTIONS) as loaded:
        assert loaded.report.kind == "agreements"
        assert loaded.rows("SELECT count(*), count(ended_on), min(started_on)::varchar FROM agreements") == [
            (5, 1, "2024-01-11")
        ]


def test_reviews_by_the_shops_own_reference_are_answers():
    with reading(REVIEWS) as loaded:
        assert loaded.report.kind == "answers"
        assert loaded.rows("SELECT count(*), sum(score), count(DISTINCT customer_id) FROM answers") == [(15, 45, 15)]
        assert "score_scale" in loaded.codes


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ('#,##0.00\\ [$€-407]', "EUR"), ('"€"#,##0.00;[Red]-"€"#,##0.00', "EUR"), ('[$$-409]#,##0.00', "USD"),
        ('#,##0.00\\ "kr"', "SEK"), ('#,##0.00\\ [$kr-414]', "NOK"), ('#,##0.00\\ [$kr.-406]', "DKK"),
        ("[$GBP] #,##0.00", "GBP"), ("[$-409]#,##0.00", None), ('0.00" pcs"', None),
    ],
)  # fmt: skip
def test_the_currency_of_a_workbooks_number_format(tmp_path, form, code):
    book = openpyxl.Workbook()
    book.active.append([None, "Customer ID", "Order date", "Amount"])
    for n in range(2, 5):
        book.active.append([None, f"000{n}", dt.date(2024, 1, 10 + n), 10.5])
        book.active.cell(n, 4).number_format = form
    book.save(tmp_path / "money.xlsx")
    with reading((tmp_path / "money.xlsx").read_bytes(), name="money.xlsx") as loaded:
        assert loaded.rows("SELECT sum(amount), any_value(currency) FROM transactions") == [(Decimal("31.50"), code)]


def test_amounts_of_several_currencies_by_their_number_formats_are_not_added(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Customer ID", "Order date", "Amount"])
    for n in range(2, 8):
        book.active.append([f"000{n}", dt.date(2024, 1, 10 + n), 10.5])
        book.active.cell(n, 3).number_format = '#,##0.00\\ "kr"' if n < 6 else '#,##0.00\\ "€"'
    book.save(tmp_path / "money.xlsx")
    with reading((tmp_path / "money.xlsx").read_bytes(), name="money.xlsx") as loaded:
        assert loaded.rows("SELECT sum(amount), any_value(currency) FROM transactions") == [(Decimal("42.00"), "SEK")]
        assert "currency_mixed" in loaded.codes
        assert loaded.report.set_aside == 2


def test_rows_that_a_filter_hides_are_read_and_told(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Customer ID", "Order date", "Amount"])
    for n in range(2, 6):
        book.active.append([f"000{n}", dt.date(2024, 1, 10 + n), 10.5])
    for row in (3, 4, 40):
        book.active.row_dimensions[row].hidden = True
    book.save(tmp_path / "filtered.xlsx")
    with reading((tmp_path / "filtered.xlsx").read_bytes(), name="filtered.xlsx") as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal("42.00")
        (told,) = [message for message in loaded.report.messages if message.code == "excel_hidden_rows"]
        assert told.values["n"] == 2


INVOICES = "Invoice Date,Invoice ID,Customer ID,Item Name,Item Price,Quantity,{},Total\n" + "".join(
    f"2024-01-1{n},INV{n},0000{n},{name},{price}.00,1,{price}.00,{30 + n}.00\n"
    for n in range(1, 8)
    for name, price in (("Cup", 10 + n), ("Cup", 20))
)
DEALS = (
    "Deal - ID,Deal - Title,Deal - Value,Deal - Currency of Value,Deal - Won time,Deal - Organization ID\n"
    + "".join(f"70{n},Deal {n},10.50,EUR,2024-01-1{n} 10:00:00,60{n % 3}\n" for n in range(1, 7))
)
RECHNUNGEN = "Kd.-Nr.;Rechnungsdatum;Menge;Einzelpreis;Gesamtpreis netto (EUR)\n" + "".join(
    f"0000{n};1{n}.01.2024;2,000;1.234,50;2.469,00\n" for n in range(1, 6)
)


def test_the_total_of_an_invoice_on_each_of_its_lines_is_not_counted_for_each():
    with reading(INVOICES.format("Item Total")) as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal(7 * 30 + 28)
    with reading(INVOICES.format("Other")) as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal(7 * 30 + 28)
        assert "order_on_lines" in loaded.codes


def test_headers_that_say_whose_value_it_is():
    with reading(DEALS) as loaded:
        assert loaded.report.mapping["customer_id"] == "Deal - Organization ID"
        assert loaded.rows(
            "SELECT sum(amount), any_value(currency), count(DISTINCT customer_id) FROM transactions"
        ) == [(Decimal("63.00"), "EUR", 3)]


def test_pieces_and_prices_of_a_german_invoice():
    with reading(RECHNUNGEN) as loaded:
        assert loaded.rows("SELECT sum(quantity), min(unit_price), sum(amount) FROM transactions") == [
            (Decimal(10), Decimal("1234.5"), Decimal("12345.00"))
        ]
