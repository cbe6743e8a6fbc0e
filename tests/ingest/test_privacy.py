"""Which columns hold personal data: rules by hand, published numbers, and 330 generated columns with known labels."""

import hashlib
import hmac
import random
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.se import personnummer

from insight.ingest.privacy import birth_year_and_sex, is_personal_number, keyed_hash, recognise

KEY = bytes(range(32))
_FIRST = (
    "Anna Erik Märta Zoë Per-Åke Linnéa Björn Göran Åsa Mohammed Fatima Karl-Johan Birgitta Ove Kerstin Sixten Yrsa "
    "Nils Gun-Britt Ahmed Lovisa Tindra Love Hjördis Botvid Maria Lars Eva Mikael Elisabeth Johan Kristina Oskar "
    "Emma Folke Dragan Svetlana Nguyen Aino Pekka Siri Ida Viktor Alma Elton Ebba Sara Jonas Malin Peter"
)
_LAST = (
    "Svensson Öberg Ek Sjö Müller Åkerlund Näs Håkansson af_Ugglas Nilsson Lindqvist Bergström Ali von_Essen Wall "
    "Hassan Sandberg Kovačević Virtanen Ståhl Rask Holm Lind Gustafsson Petrović O'Brien Dahlgren Björk Rosén Blom"
)
FIRST = _FIRST.split()
LAST = [name.replace("_", " ") for name in _LAST.split()]
STREETS = (
    "Storgatan",
    "Kungsvägen",
    "Östra Hamngatan",
    "Björkstigen",
    "Nytorget",
    "Skolgränd",
    "Parkallén",
    "Solbacken",
)
CITIES = ("Lund", "Malmö", "Göteborg", "Umeå", "Kiruna", "Örebro")
SENTENCES = (
    "Bra service men lång kö i kassan på lördagar", "Jag fick vänta tre veckor på leveransen och ingen svarade",
    "Personalen i butiken var väldigt hjälpsam och trevlig", "Too expensive compared with what it was last year",
    "Allt fungerade precis som jag hade hoppats på, tack", "Ring mig gärna på kvällen om ni vill veta mer om det",
    "The website was slow and I could not pay by card",
)  # fmt: skip


def check_digit(nine: str) -> str:
    """Luhn's digit for nine digits, by the book: double every other from the left, sum the digits of the products."""
    total = sum(sum(divmod(int(d) * (2 - i % 2), 10)) for i, d in enumerate(nine))
    return str(-total % 10)


def person(dice: random.Random, form: str = "10-") -> str:
    born = date(1930, 1, 1) + timedelta(days=dice.randrange(27_000))
    day = born.day + (60 if dice.random() < 0.1 else 0)
    nine = f"{born:%y%m}{day:02d}{dice.randrange(10, 1000):03d}"
    ten = nine + check_digit(nine)
    century = f"{born.year // 100}" if form.startswith("12") else ""
    sign = "" if not form.endswith("-") else "+" if date.today().year - born.year >= 100 and not century else "-"
    return f"{century}{ten[:6]}{sign}{ten[6:]}"


def organisation(dice: random.Random) -> str:
    nine = f"{dice.choice((55, 55, 76, 80, 21))}{dice.randrange(20, 100)}{dice.randrange(100_000):05d}"
    ten = nine + check_digit(nine)
    return f"{ten[:6]}-{ten[6:]}" if dice.random() < 0.7 else ten


def full_name(dice: random.Random) -> str:
    return f"{dice.choice(FIRST)} {dice.choice(LAST)}"


def email(dice: random.Random) -> str:
    return (
        f"k{dice.randrange(10**6)}.{dice.choice('abcdef')}@{dice.choice(('exempel.se', 'mail.example.com', 'a-b.nu'))}"
    )


def phone(dice: random.Random) -> str:
    n = f"{dice.randrange(10**7):07d}"
    return dice.choice(
        (f"07{dice.choice('02369')}-{n[:3]} {n[3:5]} {n[5:]}", f"07{dice.choice('02369')}{n}",
         f"+467{dice.choice('02369')}{n}", f"08-{n[:3]} {n[3:5]} {n[5:]}", f"+46 (0)70 {n[:3]} {n[3:]}",
         f"0046 70 {n[:3]} {n[3:]}")
    )  # fmt: skip


def mobile(dice: random.Random) -> str:
    return f"07{dice.choice('02369')}{dice.randrange(10**7):07d}"


def street(dice: random.Random) -> str:
    return f"{dice.choice(STREETS)} {dice.randrange(1, 90)}{dice.choice(('', '', 'A', ' B', ' lgh 1102'))}"


def postcode(dice: random.Random) -> str:
    n = dice.randrange(10_000, 98_000)
    return f"{n // 100} {n % 100:02d}"


def birth(dice: random.Random) -> str:
    return (date(1930, 1, 1) + timedelta(days=dice.randrange(28_000))).isoformat()


def purchase(dice: random.Random) -> str:
    return (date(2019, 1, 1) + timedelta(days=dice.randrange(2000))).isoformat()


def sentence(dice: random.Random) -> str:
    return f"{dice.choice(SENTENCES)} {dice.choice(('', 'och', 'fast'))} {dice.choice(SENTENCES).lower()}"


def date_based(dice: random.Random) -> str:
    return f"{date(2019, 1, 1) + timedelta(days=dice.randrange(2000)):%y%m%d}{dice.randrange(10_000):04d}"


Make = Callable[[random.Random], str]
PERSONAL: list[tuple[str, str, Make]] = [
    *[("personal_number", h, lambda d: person(d, "10-"))
      for h in ("personnummer", "kundnr", "Medlems-id", "ssn", "kolumn1")],
    *[("personal_number", h, lambda d: person(d, "12")) for h in ("Pnr", "kund", "id", "Personal number")],
    *[("personal_number", h, lambda d: person(d, "12-")) for h in ("Personnr", "ordernr", "A")],
    *[("personal_number", h, lambda d: person(d, "10")) for h in ("personnr", "customer_id", "nyckel")],
    *[("name", h, full_name)
      for h in ("Namn", "name", "Kundens namn", "Kundnamn", "Full name", "kund", "kolumn2", "Kontaktperson")],
    *[("name", h, lambda d: d.choice(FIRST)) for h in ("Förnamn", "first_name", "Tilltalsnamn")],
    *[("name", h, lambda d: d.choice(LAST)) for h in ("Efternamn", "Last name", "surname")],
    ("name", "namn", lambda d: full_name(d).upper()),
    ("name", "Namn", lambda d: "{1}, {0}".format(*full_name(d).split(" ", 1))),
    *[("email", h, email)
      for h in ("E-post", "email", "Mailadress", "login", "Kundens e-postadress", "kolumn3", "customer")],
    *[("phone", h, phone) for h in ("Telefon", "Phone number", "Mobil", "kontakt", "Telefon privat")],
    *[("phone", h, mobile) for h in ("mobilnummer", "kundnr", "kolumn4")],
    ("phone", "Mobil", lambda d: mobile(d)[1:]),
    *[("address", h, street) for h in ("Adress", "Gatuadress", "street_address", "c1", "Leveransadress")],
    *[("address", h, postcode) for h in ("Postnummer", "zip code", "kolumn7")],
    ("address", "Postnr", lambda d: postcode(d).replace(" ", "")),
    *[("birth_date", h, birth)
      for h in ("Födelsedatum", "birth_date", "Date of birth", "Kundens födelsedag", "datum2")],
    ("birth_date", "född", lambda d: birth(d).replace("-", "")),
    *[("free_text", h, sentence)
      for h in ("Kommentar", "comment", "Fritextsvar", "Vad tyckte du?", "Anteckning", "övrigt")],
    ("free_text", "Kommentar", lambda d: d.choice(("Bra", "Dåligt bemötande", "Lång kö", "Helt ok", "Toppen tack"))),
]  # fmt: skip
PLAIN: list[tuple[str, Make]] = [
    *[(h, lambda d: f"{d.randrange(10**9, 10**10)}")
      for h in ("ordernr", "Order number", "id", "kundnr", "ref", "kvittonr")],
    *[(h, date_based) for h in ("ordernr", "bong", "id")],
    *[(h, lambda d: f"20{date_based(d)}") for h in ("ordernr", "kvittonummer")],
    *[(h, lambda d: f"{d.randrange(10**6):010d}") for h in ("kundnr", "order_id", "nr")],
    *[(h, organisation) for h in ("orgnr", "Organisationsnummer", "company id", "kundnr")],
    *[(h, lambda d: f"73{d.randrange(10**11):011d}") for h in ("EAN", "artikelnr")],
    *[(h, purchase) for h in ("Köpdatum", "date", "Blev kund", "Registrerad")],
    ("tid", lambda d: f"{purchase(d)} {d.randrange(24):02d}:{d.randrange(60):02d}:00"),
    *[(h, lambda d: f"{d.randrange(-5000, 90_000) / 100:.2f}") for h in ("belopp", "Amount", "pris")],
    ("Belopp", lambda d: f"{d.randrange(1, 90)} {d.randrange(1000):03d},{d.randrange(100):02d} kr"),
    *[(h, lambda d: d.choice(("Kaffe 450 g", "Röd tröja", "Mjölk 3%", "Herrskor", "Bok", "Ost, lagrad")))
      for h in ("artikel", "namn", "Product name", "vara")],
    *[(h, lambda d: f"{d.choice(('WHITE', 'RED'))} HANGING HEART T-LIGHT HOLDER SET OF {d.randrange(99)}")
      for h in ("Description", "article")],
    *[(h, lambda d: d.choice(CITIES)) for h in ("Ort", "city", "region")],
    *[(h, lambda d: f"{d.choice(CITIES)} {d.choice(('City', 'Centrum', 'Nova'))}")
      for h in ("butik", "store name", "Kassa")],
    ("Butiksadress", lambda d: f"{STREETS[d.randrange(4)]} {d.randrange(1, 3)}"),
    *[(h, lambda d: f"{d.choice(LAST)} {d.choice(('Bygg', 'Invest', 'Data'))} AB")
      for h in ("Företag", "Kundnamn", "company")],
    *[(h, lambda d: d.choice("01")) for h in ("E-post öppnad", "email_opened", "sms", "telefonkontakt", "medlem")],
    *[(h, lambda d: d.choice(("Ja", "Nej"))) for h in ("nyhetsbrev", "Samtycke e-post", "adresserad reklam", "email")],
    *[(h, lambda d: str(d.randrange(11))) for h in ("betyg", "NPS", "score", "antal")],
    *[(h, lambda d: d.choice(("iPhone 14", "Galaxy S23", "Pixel 8"))) for h in ("telefonmodell", "device")],
    *[(h, lambda d: f"{d.randrange(256)}.{d.randrange(256)}.{d.randrange(256)}.{d.randrange(256)}")
      for h in ("ip-adress", "ip")],
    *[(h, lambda d: d.choice(("Kontroll", "Test", "Utskick"))) for h in ("grupp", "arm")],
    *[(h, lambda d: f"{d.choice(('A', 'B'))}-{d.randrange(10**5):05d}") for h in ("kundnr", "artikelnr", "sku")],
    *[(h, lambda d: str(d.randrange(1930, 2010))) for h in ("födelseår", "år", "startår")],
    *[(h, lambda d: d.choice(("Guld", "Silver", "Brons"))) for h in ("nivå", "Medlemsnivå", "status")],
    *[(h, lambda d: d.choice(("Kvinna", "Man", ""))) for h in ("kön", "gender")],
    *[(h, lambda d: d.choice(("Höstkampanj 2024", "Sommar rea", "Black Week", "VIP utskick maj")))
      for h in ("Kampanj", "utskick", "ämnesrad")],
    *[(h, lambda d: f"{d.randrange(10**15, 10**16)}") for h in ("kortnr", "transaktionsid")],
    *[(h, lambda d: f"{d.getrandbits(128):032x}") for h in ("hash", "kund_id", "cookie")],
    *[(h, lambda d: f"{d.randrange(60)}:{d.randrange(60):02d}") for h in ("längd", "Samtalstid telefon")],
]  # fmt: skip


def generated() -> list[tuple[str | None, str, list[str]]]:
    """Labelled columns: every recipe with small and large samples, blanks among them, until there are 330."""
    columns: list[tuple[str | None, str, list[str]]] = []
    recipes = [*PERSONAL, *((None, header, make) for header, make in PLAIN)]
    for round_number, size in enumerate((40, 200, 25)):
        for number, (label, header, make) in enumerate(recipes):
            dice = random.Random(1000 * round_number + number)
            columns.append((label, header, [make(dice) if dice.random() > 0.05 else " " for _ in range(size)]))
    return columns


def test_generated_columns_are_recognised():
    """Recall at least 99 %, precision at least 95 %, over at least 300 labelled columns; the kind must be right."""
    columns = generated()
    assert len(columns) >= 300
    found = [(label, recognise(header, sample), header) for label, header, sample in columns]
    personal = [row for row in found if row[0] is not None]
    claimed = [row for row in found if row[1] is not None]
    missed = [row for row in personal if row[0] != row[1]]
    wrong = [row for row in claimed if row[0] != row[1]]
    assert len(missed) <= 0.01 * len(personal), missed
    assert len(wrong) <= 0.05 * len(claimed), wrong


def test_order_numbers_of_ten_digits_are_no_personal_numbers():
    dice = random.Random(1)
    for _ in range(50):
        assert recognise("id", [f"{dice.randrange(10**9, 10**10)}" for _ in range(100)]) is None
        assert recognise("ordernr", [date_based(dice) for _ in range(100)]) is None


def test_personal_numbers_need_four_fifths_of_twenty():
    dice = random.Random(2)
    people = [person(dice) for _ in range(16)]
    others = [f"7{n:09d}" for n in range(5)]
    assert recognise("kod", people + others[:4]) == "personal_number"
    assert recognise("kod", people[:15] + others) is None
    assert recognise("personnr", people[:15] + others) == "personal_number"
    assert recognise("kod", people[:5]) == "personal_number"
    assert recognise("kod", people[:4]) is None


def test_a_sole_traders_organisation_number_is_a_personal_number():
    dice = random.Random(3)
    assert recognise("orgnr", [person(dice) for _ in range(30)]) == "personal_number"


def test_a_few_words_that_repeat_are_brands_shops_and_subjects_not_people():
    for word in ("Björn Borg", "Kungsgatan 12", "Missa inte årets bästa erbjudanden på sommarens kläder"):
        assert recognise("kolumn", [f"{word}", "Filippa K", "Storgatan 3", word] * 10) is None
    assert recognise("Säljare", ["Björn Borg", "Anna Svensson", "Eva Ek"]) == "name"


def test_a_header_alone_is_believed_when_the_column_is_empty():
    assert recognise("E-post", []) == "email"
    assert recognise("Personnummer", ["", " "]) == "personal_number"
    assert recognise("email_opened", []) is None
    assert recognise("belopp", []) is None


@pytest.mark.parametrize(
    ("number", "valid"),
    [
        ("811218-9876", True),  # the example of Skatteverket's folder SKV 704
        ("8112189876", True),
        ("198112189876", True),
        ("19811218-9876", True),
        ("811218+9876", True),
        ("811218 9876", True),
        ("701063-2391", True),  # the coordination number of SKV 707's example: born the 3rd, 3 + 60 = 63
        ("811218-9875", False),
        ("811318-9876", False),
        ("811232-9876", False),
        ("556016-0680", False),  # an organisation number
        ("99981218-9876", False),
        ("81121-89876", False),
        ("", False),
    ],
)
def test_published_numbers(number, valid):
    assert is_personal_number(number) is valid


@given(st.dates(date(1930, 1, 1), date(2020, 12, 31)), st.integers(0, 999), st.sampled_from(["", "-"]))
def test_personal_numbers_agree_with_stdnum(born, serial, sign):
    nine = f"{born:%y%m%d}{serial:03d}"
    number = f"{born:%Y%m%d}{sign}{serial:03d}{check_digit(nine)}"
    assert is_personal_number(number)
    assert personnummer.is_valid(number)
    assert birth_year_and_sex(number) == (
        born.year,
        personnummer.get_gender(number).replace("M", "male").replace("F", "female"),
    )


def test_birth_year_and_sex_by_hand():
    assert birth_year_and_sex("811218-9876") == (1981, "male")  # ninth digit 7
    assert birth_year_and_sex("701063-2391") == (1970, "male")  # ninth digit 9
    assert birth_year_and_sex("19811228-9874") == (1981, "male")
    assert birth_year_and_sex("811218+9876") == (1881, "male")
    assert birth_year_and_sex("00012") is None


def test_the_same_person_hashes_alike_however_the_number_is_written():
    spellings = ("811218-9876", "8112189876", "19811218-9876", "198112189876", " 811218-9876 ", "8112189876.0")
    assert len({keyed_hash(text, KEY) for text in spellings}) == 1
    assert keyed_hash("811218+9876", KEY) != keyed_hash("811218-9876", KEY)
    assert keyed_hash("010101-1230", KEY) == keyed_hash("101011230", KEY)


def test_the_hash_is_hmac_sha256_under_the_key():
    assert keyed_hash("811218-9876", KEY) == hmac.new(KEY, b"198112189876", hashlib.sha256).hexdigest()
    assert keyed_hash(" Kund-7 ", KEY) == hmac.new(KEY, b"kund-7", hashlib.sha256).hexdigest()
    assert keyed_hash("811218-9876", KEY) != keyed_hash("811218-9876", KEY[::-1])
    with pytest.raises(ValueError, match="16 bytes"):
        keyed_hash("811218-9876", b"short")


@given(st.text(), st.lists(st.text(max_size=400), max_size=30))
def test_any_header_and_any_cells_get_an_answer(header, sample):
    assert recognise(header, sample) in (
        None, "personal_number", "name", "email", "phone", "address", "birth_date", "free_text",
    )  # fmt: skip


@pytest.mark.parametrize(
    "piece",
    ["la le ", "a ", "a-", "a. ", "A, ", "gatan ", "0 ", "+1 ", "07-", "a@a.", "x'", "1 a ", "street ", "\u0434 "],
)
def test_no_cell_makes_a_pattern_try_endlessly(piece):
    """A pattern that can read a cell in two ways takes 2 to the power of its length; these would never end."""
    cells = [f"{piece * 150}{end}" for end in ("", "!", "1", "x")]
    headers = ("namn", "adress", "telefon", "epost", "kommentar", "personnr", "kolumn")
    assert "personal_number" not in [recognise(header, cells) for header in headers]
