"""Lists as Swedish business systems and survey tools print them: what a person reads in them, sums added by hand."""

from decimal import Decimal

import pytest

from insight.ingest.footers import is_balance
from insight.ingest.schema import spelled
from tests.ingest.reading import reading


@pytest.mark.parametrize(
    ("header", "meant"),
    [
        ("Kd.nr", "kundnr"), ("Fakt.dat", "fakturadatum"), ("FaktDat", "fakturadatum"), ("ART NR", "artikelnr"),
        ("medl_nr", "medlemsnr"), ("kdnr", "kundnr"), ("Bel. exkl moms", "beloppexklmoms"),
        ("Kundnr", "Kundnr"), ("Art", "Art"), ("Belopp (kr)", "Belopp (kr)"), ("Best", "Best"), ("Beløp", "Beløp"),
    ],
)  # fmt: skip
def test_cut_words_of_a_header_are_written_out(header: str, meant: str):
    assert spelled(header) == meant


def test_a_list_with_cut_headers_is_sales():
    rows = "".join(f"10{n % 4};Ek AB;7{n};2024-03-{n};{n},50\n" for n in range(14, 24))
    with reading("Kd.nr;Kd.namn;Fakt.nr;Fakt.dat;Bel. exkl.\n" + rows) as loaded:
        assert loaded.report.mapping["customer_id"] == "Kd.nr"
        assert loaded.report.mapping["order_id"] == "Fakt.nr"
        assert loaded.one("SELECT sum(amount) FROM transactions") == sum(range(14, 24)) + 5


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("Ingående saldo", True), ("UTGÅENDE BALANS", True), ("Ing. saldo 2024-01-01", True), ("Opening balance", True),
        ("Balance brought forward", True), ("Saldo per 2024-12-31:", True),
        ("Faktura", False), ("New Balance", False), ("Ingående moms", False), ("Saldo", False),
    ],
)  # fmt: skip
def test_words_of_a_balance(cell: str, expected: bool):
    assert is_balance(cell) is expected


LEDGER = """Kundnr;Text;Datum;Belopp
;Ingående saldo;2024-01-01;125 000,00
101;Faktura 71;2024-01-15;1 000,50
102;Faktura 72;2024-01-16;2 000,25
101;Ingående saldo;2024-02-01;126 000,50
101;Kredit 73;2024-02-20;-500,75
;Utgående saldo;2024-12-31;127 500,00
"""


def test_balances_are_no_sales_whatever_stands_beside_them():
    with reading(LEDGER) as loaded:
        assert (loaded.report.rows, loaded.report.footers, loaded.balanced()) == (3, 3, True)
        assert loaded.one("SELECT sum(amount) FROM transactions") == Decimal("2500.00")
        assert loaded.report.outcome == "warn"


@pytest.mark.parametrize("gap", [" ", "T", "-"])
def test_a_short_day_with_a_time(gap: str):
    rows = "".join(f"K{n % 3};2403{n}{gap}14:3{n % 10};{n},00\n" for n in range(14, 24))
    with reading("Kundnr;Köptid;Belopp\n" + rows) as loaded:
        assert loaded.one("SELECT min(ordered_at)::VARCHAR FROM transactions") == "2024-03-14 14:34:00"
        assert "date_two_digit" in loaded.codes


def test_the_question_of_nps_goes_before_other_questions():
    rows = "".join(f"K{n};2024-03-{n + 10};{n % 5 + 1};{n};ok\n" for n in range(4, 11))
    header = "Kundnr;Slutförd;F1. Hur nöjd är du? (1-5);F2. Hur sannolikt är det att du rekommenderar oss?;F3. Annat\n"
    with reading(header + rows) as loaded:
        assert loaded.one("SELECT sum(score) FROM answers") == 4 + 5 + 6 + 7 + 8 + 9 + 10


SALES = [f"K{n % 5};2024-03-{n};{n},25" for n in range(10, 30)]


def test_an_export_that_is_in_the_file_twice_is_told():
    with reading("\n".join(["Kundnr;Datum;Belopp", *SALES, *SALES])) as loaded:
        told = next(m for m in loaded.report.messages if m.code == "rows_doubled")
        assert (told.severity, dict(told.values)) == ("warning", {"count": 40, "different": 20})


def test_rows_that_happen_to_be_alike_are_no_double_export():
    with reading("\n".join(["Kundnr;Datum;Belopp", *SALES, *SALES[1:]])) as loaded:
        assert "duplicate_rows" in loaded.codes
        assert "rows_doubled" not in loaded.codes


def test_the_day_a_member_left():
    with reading(
        "Medlemsnr;Namn;Medlem sedan;Utträdd\n1;Åsa Ek;2019-05-27;2023-12-31\n2;Bo Ek;2020-01-15;\n"
    ) as loaded:
        assert loaded.rows("SELECT customer_id FROM customers WHERE left_on = '2023-12-31'") == [("1",)]


@pytest.mark.parametrize(
    ("heads", "amount"),
    [
        ("Beløp eks. mva;MVA;Beløp", "Beløp eks. mva"), ("Belopp;Moms;Summa exkl. moms", "Summa exkl. moms"),
        ("Total;Tax;Subtotal excl. tax", "Subtotal excl. tax"), ("Belopp;Moms;Avgift exkl. moms", "Belopp"),
    ],
)  # fmt: skip
def test_the_amount_without_vat_goes_before_a_plain_one(heads: str, amount: str):
    rows = "".join(f"K{n % 4};2024-03-{n};{n}1,50;{n}2,25;{n}3,75\n" for n in range(12, 24))
    with reading(f"Kundnr;Fakturadatum;{heads}\n" + rows) as loaded:
        assert loaded.report.mapping["amount"] == amount


@pytest.mark.parametrize("header", ["Uppsagd", "Uppsagt", "Avslutat", "Avslutades"])
def test_a_participle_in_any_gender_names_its_day(header: str):
    rows = "".join(f"K{n};Mobil;2024-01-{n};{'2024-06-15' if n % 2 else ''};249 kr\n" for n in range(12, 22))
    with reading(f"Kundnr;Abonnemang;Tecknat;{header};Månadskostnad\n" + rows) as loaded:
        assert loaded.report.kind == "agreements"
        assert loaded.one("SELECT count(*) FROM agreements WHERE ended_on = '2024-06-15'") == 5


def test_cheques_that_are_redeemed_or_not_are_no_sales():
    rows = "".join(f"{n};BC{n:04d};75 kr;2024-02-{n};{'Ja' if n % 2 else 'Nej'}\n" for n in range(11, 27))
    with reading("Medlemsnr;Bonuscheck;Värde;Utfärdad;Inlöst\n" + rows) as loaded:
        assert (loaded.report.kind, loaded.one("SELECT sum(value) FROM rewards")) == ("rewards", 16 * 75)


def test_a_receipt_with_redeemed_bonus_is_a_sale():
    rows = "".join(f"{n};{n % 4};2024-02-{n};{n},50;5,00\n" for n in range(11, 27))
    with reading("Kvittonr;Medlemsnr;Datum;Belopp;Inlöst bonus\n" + rows) as loaded:
        assert loaded.report.kind == "transactions"


def _register(header: str, *cells: str) -> str:
    """Sixteen rows; n is the row's number, odd and even cells apart by 'a|b'."""
    rows = [";".join((cell.split("|") * 2)[n % 2].replace("#", str(n + 10)) for cell in cells) for n in range(16)]
    return "\n".join([header, *rows])


def test_test_and_control_in_one_column_are_the_arms():
    text = _register(
        "Medlemsnr;Målgrupp;Test/kontroll;Utskick;Datum", "#", "Sovande", "Test|Kontroll", "Väck", "2024-04-16"
    )
    with reading(text) as loaded:
        assert loaded.rows("SELECT arm, count(*) FROM assignments GROUP BY 1 ORDER BY 1") == [
            ("Kontroll", 8),
            ("Test", 8),
        ]


def test_a_treatment_with_a_price_is_a_sale():
    text = _register(
        "Boknings-ID;Behandling;Kundnr;Bokad tid;Pris", "B#", "Klipp|Färg", "7#", "2024-03-# 09:30", "450,00"
    )
    with reading(text) as loaded:
        assert (loaded.report.kind, loaded.one("SELECT sum(amount) FROM transactions")) == ("transactions", 16 * 450)


@pytest.mark.parametrize(
    ("cells", "opened"), [("Öppnad|Ej öppnad", 8), ("Opened|Not opened", 8), ("2024-03-15 10:00|", 8), ("3|0", 8)]
)
def test_a_flag_in_words_of_its_own(cells: str, opened: int):
    text = _register("Kundnr;Utskick;Skickat;Öppnad", "7#", "Vår", "2024-03-#", cells)
    with reading(text) as loaded:
        assert loaded.one("SELECT count(*) FROM contacts WHERE opened") == opened
        assert ("flag_own" in loaded.codes) == ("pened" in cells or "ppnad" in cells)


def test_control_said_in_words():
    text = _register("Kundnr;Grupp;Utskicksdatum;Kontrollgrupp", "7#", "A", "2024-03-15", "Får brev|Kontroll")
    with reading(text) as loaded:
        assert loaded.one("SELECT count(*) FROM assignments WHERE is_control") == 8


def test_coupons_with_the_day_they_were_used():
    text = _register(
        "Medlemsnr;Kupong;Kupongvärde;Utskickad;Inlösendatum", "7#", "K10", "10,00", "2024-03-#", "2024-04-01|"
    )
    with reading(text) as loaded:
        assert (loaded.report.kind, loaded.report.rows) == ("rewards", 16)
        assert loaded.one("SELECT count(redeemed_on) FROM rewards") == 8


def test_the_start_and_end_of_a_survey_are_no_agreement():
    text = _register("StartDate;EndDate;ResponseId;ExternalReference;Q1", "2024-03-#", "2024-03-#", "R_#", "7#", "9|10")
    with reading(text) as loaded:
        assert loaded.report.kind != "agreements"
        assert loaded.report.outcome != "accept"


def test_consents_in_words_of_their_own():
    header = "Kundnr;E-post;Marknadsföring via e-post;Samtycke sms"
    text = _register(header, "7#", "a#@x.se", "Tillåten|Ej tillåten", "Ja tack|Nej tack")
    with reading(text) as loaded:
        counts = "SELECT count(*) FILTER (WHERE {0}), count(*) FILTER (WHERE NOT {0}) FROM customers"
        assert loaded.rows(counts.format("consent_email")) == [(8, 0)]
        assert "consent_forms" in loaded.codes
        assert loaded.rows(counts.format("consent_sms")) == [(8, 8)]


@pytest.mark.parametrize("cell", ["NEVER_SUBSCRIBED", "Återkallat samtycke", "opted out", "Nej tack"])
def test_no_consent_in_other_words(cell: str):
    text = _register("Kundnr;E-post;Samtycke e-post", "7#", "a#@x.se", f"Ja|{cell}")
    with reading(text) as loaded:
        assert loaded.rows("SELECT count(*) FILTER (WHERE consent_email), count(consent_email) FROM customers") == [
            (8, 16)
        ]


@pytest.mark.parametrize(("header", "told"), [("Hur nöjd är du (1-7)?", True), ("Hur nöjd är du (0-10)?", False)])
def test_a_scale_in_the_header_is_told(header: str, told: bool):
    rows = "".join(f"K{n};2024-03-{n + 10};{n % 7 + 1}\n" for n in range(15))
    with reading(f"Kundnr;Datum;{header}\n" + rows) as loaded:
        assert ("score_scale_named" in loaded.codes) is told


def test_services_with_a_fee_a_month_are_agreements():
    header = "Kundnummer;Tjänst;Aktiverad;Avslutsdatum;Status;Avgift/mån"
    text = _register(header, "7#", "Fiber", "2024-03-#", "2025-02-28|", "Klar", "399,00")
    with reading(text) as loaded:
        assert loaded.report.kind == "agreements"
        assert loaded.rows("SELECT count(*), count(ended_on), sum(fee) FROM agreements") == [(16, 8, 16 * 399)]


def test_an_old_card_number_is_another_id():
    with reading(_register("Kundnr;Gammalt kortnr;Källa", "7#", "G#", "Gamla kassan")) as loaded:
        assert loaded.rows("SELECT count(*), min(other_id) FROM identities") == [(16, "G10")]


def test_parked_again_and_again_is_no_agreement():
    rows = "".join(f"K{n % 5};2024-03-{n} 08:00;2024-03-{n} 09:30;{n},50\n" for n in range(10, 26))
    with reading("Användar-ID;Starttid;Sluttid;Avgift (kr)\n" + rows) as loaded:
        assert (loaded.report.kind, loaded.report.outcome) != ("agreements", "accept")
