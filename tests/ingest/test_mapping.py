"""Headers as real systems write them: which table they are, and which column is which field, judged by a person."""

import pytest

from insight.errors import IngestError
from insight.i18n.catalog import Words
from insight.ingest.detect import find_layout
from insight.ingest.mapping import Mapped, propose
from insight.ingest.options import ReadOptions

TILL = (
    "Kvittonr;Datum;Tid;Butik;Artikelnr;Artikelbenämning;Varugrupp;Antal;À-pris;Belopp inkl moms;Rabatt;Medlemsnr",
    "100{n};2024-03-1{n};1{n}:05;Lund;A{n};Skjorta;Dam;2;99,50;199,00;0,00;0000{n}",
)
WEB_SHOP = (
    "Ordernummer;Orderdatum;Kund-id;E-post;Ordersumma exkl. moms;TB;Säljkanal;Leveranssätt;Orderstatus",
    "10{n};2024-03-1{n};K{n};a{n}@example.se;{n}99,50;19,00;Webb;Ombud;Levererad",
)
INVOICES = (
    "Fakturanr;Kundnr;Kundnamn;Fakturadatum;Förfallodatum;Netto;Moms;Totalt;Valuta;Säljare",
    "500{n};10{n};Bygg AB;2024-03-1{n};2024-04-1{n};1 00{n},00;250,00;1 25{n},00;SEK;Eva",
)
ONLINE_RETAIL = (
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
    "53636{n},85123A,WHITE,6,12/1{n}/2010 8:26,2.55,17850,United Kingdom",
)
SUPERSTORE = (
    "Row ID,Order ID,Order Date,Ship Date,Customer ID,Customer Name,Segment,City,Product ID,Category,Sales,"
    "Quantity,Profit",
    "{n},CA-{n},11/2{n}/2016,11/2{n}/2016,CG-{n},Claire Gute,Consumer,Henderson,FUR-{n},Furniture,261.9{n},2,41.9{n}",
)
HOTEL = ("Bokningsnr;Gästnr;Ankomst;Avresa;Hotell;Belopp", "B{n};G1;2024-03-1{n};2024-03-2{n};Malmö;{n}99,00")
DONORS = ("Givarnr;Gåvodatum;Gåvobelopp;Kampanjkod", "G{n};2024-03-1{n};{n}00,00;V24")
REGISTER = (
    "Medlemsnummer;Förnamn;Efternamn;Mejl;Mobilnr;Postnr;Ort;Kön;Medlem sedan;Medlemsnivå;Samtycke e-post;Samtycke SMS",
    "10{n};Åsa;Ek;a{n}@example.se;070-12345{n};123 4{n};Lund;Kvinna;2020-01-1{n};Guld;Ja;Nej",
)
SURVEY = (
    "Svars-ID;Kundnummer;Hur sannolikt är det att du skulle rekommendera oss?;Motivering;Besvarad",
    "10{n};K{n};{n};Bra;2024-03-1{n}",
)
TEST = ("Kundnr;Urvalsgrupp;Utskicksdatum;Kampanj;Öppnat;Klickat", "10{n};A;2024-03-15;Vår;Ja;Nej")
MAILINGS = (
    "Kundnr;Skickat;Utskick;Kanal;Öppnad;Klickad;Avregistrerad",
    "{n};2024-03-1{n} 08:00;Vår;epost;Ja;Nej;Nej",
)
SUBSCRIPTIONS = ("Prenumerantnr;Start;Slut;Produkt;Pris", "P{n};2024-03-1{n};;Digital;99,00")
COMPANIES = ("Orgnr;Företagsnamn;Bransch;Antal anställda;Omsättning;Ort", "55601{n}-1231;Bygg AB;Bygg;{n}0;100000;Lund")
CHURN = (
    "customerID,gender,SeniorCitizen,tenure,Contract,MonthlyCharges,TotalCharges,Churn",
    "759{n}-VH,Female,0,{n},Month-to-month,29.8{n},29.8{n},No",
)
NEWSLETTER = ("Email Address,First Name,Last Name,OPTIN_TIME,TAGS", "a{n}@example.se,Åsa,Ek,2024-03-1{n} 10:00:00,x")


def _mapped(export: tuple[str, str], kind: str | None = None) -> tuple[Mapped, dict[str, str]]:
    header, row = export
    text = header + "\n" + "".join(row.format(n=n) + "\n" for n in range(1, 10))
    layout = find_layout(text, ReadOptions())
    mapped = propose(layout.labels, layout.sample, ReadOptions(kind=kind), layout.header_line is not None)
    return mapped, {name: layout.labels[at] for name, at in mapped.fields.items()}


@pytest.mark.parametrize(
    ("export", "kind", "fields"),
    [
        (TILL, "transactions", {"order_id": "Kvittonr", "ordered_at": "Datum", "store": "Butik",
                                "amount": "Belopp inkl moms",
                                "customer_id": "Medlemsnr", "quantity": "Antal", "unit_price": "À-pris",
                                "category": "Varugrupp"}),
        (WEB_SHOP, "transactions", {"amount": "Ordersumma exkl. moms", "margin": "TB", "channel": "Säljkanal",
                                    "customer_id": "Kund-id", "status": "Orderstatus"}),
        (INVOICES, "transactions", {"amount": "Netto", "ordered_at": "Fakturadatum", "currency": "Valuta"}),
        (ONLINE_RETAIL, "transactions", {"unit_price": "UnitPrice", "customer_id": "CustomerID",
                                         "order_id": "InvoiceNo"}),
        (SUPERSTORE, "transactions", {"amount": "Sales", "margin": "Profit", "ordered_at": "Order Date",
                                      "order_id": "Order ID"}),
        (HOTEL, "transactions", {"ordered_at": "Ankomst", "customer_id": "Gästnr", "order_id": "Bokningsnr"}),
        (DONORS, "transactions", {"customer_id": "Givarnr", "amount": "Gåvobelopp", "ordered_at": "Gåvodatum"}),
        (REGISTER, "customers", {"name": "Förnamn", "email": "Mejl", "joined_on": "Medlem sedan",
                                 "consent_sms": "Samtycke SMS"}),
        (SURVEY, "answers", {"score": "Hur sannolikt är det att du skulle rekommendera oss?",
                             "customer_id": "Kundnummer"}),
        (TEST, "assignments", {"arm": "Urvalsgrupp", "assigned_on": "Utskicksdatum", "opened": "Öppnat"}),
        (MAILINGS, "contacts", {"sent_at": "Skickat", "opted_out": "Avregistrerad"}),
        (SUBSCRIPTIONS, "agreements", {"started_on": "Start", "ended_on": "Slut", "fee": "Pris"}),
        (COMPANIES, "customers", {"customer_id": "Orgnr", "org_name": "Företagsnamn", "employees": "Antal anställda"}),
        (CHURN, "customers", {"customer_id": "customerID", "gender": "gender"}),
        (NEWSLETTER, "customers", {"customer_id": "Email Address", "name": "First Name"}),
    ],
)  # fmt: skip
def test_table_and_fields(export: tuple[str, str], kind: str, fields: dict[str, str]):
    mapped, found = _mapped(export)
    assert mapped.kind == kind
    assert {name: found.get(name) for name in fields} == fields


def test_a_column_has_one_field_at_most_and_every_column_a_reason():
    for export in (TILL, WEB_SHOP, REGISTER, SURVEY):
        mapped, found = _mapped(export)
        assert len(set(mapped.fields.values())) == len(found)
        for words in (Words("sv"), Words("en")):
            assert all(words.message(choice.reason) for choice in mapped.choices)


def test_the_users_kind_wins_and_a_missing_field_is_named():
    mapped, _ = _mapped(TILL, "customers")
    assert mapped.kind == "customers"
    with pytest.raises(IngestError) as caught:
        _mapped(CHURN, "transactions")
    assert "Order date" in str(caught.value.values["field"])
    assert "customerID" in str(caught.value.values["found"])


def test_a_file_about_something_else_is_not_taken_for_customers():
    with pytest.raises(IngestError):
        _mapped(("campaign_id,campaign_type,start_date,end_date", "{n},Type B,2017-03-0{n},2017-04-0{n}"))
