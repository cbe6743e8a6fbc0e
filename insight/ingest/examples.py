"""Invented rows for the template files: one small company whose tables agree with each other.

Customer ids keep their leading zeros, telephone numbers are from the series that is set aside for fiction, and no
name or address belongs to anyone. A text in two languages is a pair (Swedish, English).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

Cell = str | int | Decimal | date | datetime | bool | tuple[str, str] | None
Columns = Mapping[str, Sequence[Cell]]

_KLADER, _SKOR = ("Kläder", "Clothes"), ("Skor", "Shoes")
_BUTIK, _WEBB = ("Butik", "Store"), ("Webb", "Web")
_SALD = ("Såld", "Sold")
_PRIVAT, _FORETAG = ("Privat", "Person"), ("Företag", "Company")
_KVINNA, _MAN = ("Kvinna", "Female"), ("Man", "Male")


def _d(text: str) -> date:
    return date.fromisoformat(text)


def _t(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _kr(*texts: str) -> list[Decimal]:
    return [Decimal(text) for text in texts]


_CUSTOMERS: Columns = {
    "customer_id": ["00012", "00027", "00031", "00045", "00058", "00064"],
    "name": ["Anna Exempelsson", "Erik Påhitt", "Sara Provdotter", "Nils Mallén", "Maria Utkast", "Lars Schablon"],
    "email": [f"{who}@exempel.example" for who in ("anna", "erik", "sara", "nils", "maria", "lars")],
    "phone": [f"070-174 06 {n:02d}" for n in range(5, 11)],
    "birth_date": [_d("1984-03-12"), _d("1971-11-02"), _d("1996-06-25"), _d("1958-01-30"), _d("1989-09-14"), None],
    "gender": [_KVINNA, _MAN, _KVINNA, _MAN, _KVINNA, _MAN],
    "postcode": ["114 55", "211 34", "411 06", "903 26", "222 22", "702 10"],
    "city": ["Stockholm", "Malmö", "Göteborg", "Umeå", "Lund", "Örebro"],
    "region": ["Stockholm", "Skåne", "Västra Götaland", "Västerbotten", "Skåne", "Örebro"],
    "country": ["SE"] * 6,
    "customer_type": [_PRIVAT] * 5 + [_FORETAG],
    "org_id": [None] * 5 + ["559999-0001"],
    "org_name": [None] * 5 + ["Schablon Bygg AB"],
    "workplace_id": [None] * 5 + ["A-7"],
    "role": [None] * 5 + [("Inköpare", "Buyer")],
    "industry": [None] * 5 + [("Bygg", "Construction")],
    "employees": [None] * 5 + [14],
    "household_id": ["H1", "H2", "H3", "H4", "H2", None],
    "joined_on": [_d(f"2024-0{month}-{day}") for month, day in ((1, 15), (1, 20), (2, 11), (3, 18), (4, 22), (5, 27))],
    "join_channel": [_BUTIK, _WEBB, _WEBB, _BUTIK, _BUTIK, _WEBB],
    "join_store": ["Stockholm City", None, None, "Umeå", "Lund", None],
    "is_member": [True, True, False, True, True, False],
    "member_level": [("Guld", "Gold"), "Silver", None, "Silver", ("Brons", "Bronze"), None],
    "left_on": [None, None, None, _d("2024-11-30"), None, None],
    "leave_reason": [None, None, None, ("Flyttat", "Moved"), None, None],
    "consent_email": [True, True, False, False, True, True],
    "consent_sms": [True, False, False, False, True, False],
    "consent_post": [True, True, True, False, False, True],
    "child_birth_date": [_d("2015-05-20"), None, None, None, _d("2020-02-17"), None],
    "potential": _kr("12000", "8000", "6000", "5000", "9000", "60000"),
}

# Amount = quantity × unit price − discount − bonus; margin = amount − cost. The fourth row returns part of the first.
_TRANSACTIONS: Columns = {
    "ordered_at": [_t(f"2024-{moment}") for moment in (
        "01-15 13:05", "01-20 17:40", "02-13 09:12", "02-16 11:30",
        "03-18 18:22", "04-22 12:01", "05-27 10:45", "06-13 15:33",
    )],
    "amount": _kr("598.00", "749.25", "499.00", "-299.00", "1198.00", "249.00", "4990.00", "899.00"),
    "unit_price": _kr("299.00", "799.25", "499.00", "299.00", "599.00", "299.00", "499.00", "899.00"),
    "currency": ["SEK"] * 8,
    "vat": [("exkl. moms", "excluded")] * 8,
    "status": [_SALD, _SALD, _SALD, ("Retur", "Return"), _SALD, _SALD, _SALD, _SALD],
    "customer_id": ["00012", "00027", "00031", "00012", "00045", "00058", "00064", "00012"],
    "order_id": ["10001", "10002", "10003", "10004", "10005", "10006", "10007", "10008"],
    "quantity": [2, 1, 1, -1, 2, 1, 10, 1],
    "article_id": ["A-100", "B-220", "A-310", "A-100", "B-240", "A-100", "A-310", "B-260"],
    "article": [
        ("T-tröja", "T-shirt"), ("Löparsko", "Running shoe"), ("Skjorta", "Shirt"), ("T-tröja", "T-shirt"),
        ("Sandal", "Sandal"), ("T-tröja", "T-shirt"), ("Skjorta", "Shirt"), ("Känga", "Boot"),
    ],
    "category": [_KLADER, _SKOR, _KLADER, _KLADER, _SKOR, _KLADER, _KLADER, _SKOR],
    "brand": ["Norrsken", "Fjällväg", "Norrsken", "Norrsken", "Fjällväg", "Norrsken", "Norrsken", "Fjällväg"],
    "store": ["Stockholm City", "Webb", "Webb", "Stockholm City", "Umeå", "Lund", "Webb", "Stockholm City"],
    "channel": [_BUTIK, _WEBB, _WEBB, _BUTIK, _BUTIK, _BUTIK, _WEBB, _BUTIK],
    "discount": _kr("0", "0", "0", "0", "0", "50", "0", "0"),
    "cost": _kr("240.00", "350.00", "210.00", "-120.00", "520.00", "120.00", "2100.00", "410.00"),
    "margin": _kr("358.00", "399.25", "289.00", "-179.00", "678.00", "129.00", "2890.00", "489.00"),
    "bonus_used": _kr("0", "50", "0", "0", "0", "0", "0", "0"),
    "device": [None, ("Mobil", "Mobile"), ("Dator", "Computer"), None, None, None, ("Dator", "Computer"), None],
    "delivery": [None, ("Ombud", "Pick-up point"), ("Hem", "Home"), None, None, None, ("Hem", "Home"), None],
    "link": [None] * 6 + [("Återförsäljare", "Reseller"), None],
    "campaign_id": [None, "VAR24", "VAR24", None, "VAR24", None, None, None],
}  # fmt: skip

_IDS = ["00012", "00027", "00031", "00045", "00058", "00064"]
_KONTO = ("Webbkonto", "Web account")
_KONTROLL, _BREV = ("kontroll", "control"), ("brev", "letter")

TABLE_EXAMPLES: Mapping[str, Columns] = {
    "customers": _CUSTOMERS,
    "transactions": _TRANSACTIONS,
    "assignments": {
        "customer_id": _IDS,
        "arm": [_BREV, _KONTROLL, _BREV, _BREV, _KONTROLL, _BREV],
        "test": ["Vår 2024"] * 6,
        "assigned_on": [_d("2024-03-18")] * 6,
        "channel": [("Post", "Post")] * 6,
        "contact_cost": _kr("8.50", "0", "8.50", "8.50", "0", "8.50"),
        "is_control": [False, True, False, False, True, False],
        "delivered": [True, False, True, True, False, True],
        "opened": [False] * 6,
        "clicked": [False] * 6,
    },
    "answers": {
        "customer_id": _IDS,
        "score": [9, 10, 6, 8, 10, 3],
        "answered_on": [_d(f"2024-06-{day}") for day in (13, 14, 17, 18, 20, 25)],
        "comment": [
            ("Snabb hjälp i butiken", "Quick help in the store"), None, ("Lång leveranstid", "Slow delivery"),
            ("Bra utbud men dyrt", "Good range but expensive"), ("Trevlig personal", "Friendly staff"),
            ("Fel vara två gånger", "Wrong item twice"),
        ],
        "touchpoint": [_BUTIK, _WEBB, _WEBB, _BUTIK, _BUTIK, _WEBB],
        "wave": ["2024-2"] * 6,
    },
    "contacts": {
        "customer_id": _IDS,
        "sent_at": [_t(f"2024-03-18 08:{minute:02d}") for minute in range(0, 30, 5)],
        "channel": [("E-post", "Email")] * 5 + ["SMS"],
        "message_type": [("Nyhetsbrev", "Newsletter")] * 6,
        "campaign_id": ["VAR24"] * 6,
        "category": [_SKOR] * 6,
        "opened": [True, True, False, True, False, True],
        "clicked": [True, False, False, False, False, True],
        "opted_out": [False, False, True, False, False, False],
        "contact_cost": _kr("0.05", "0.05", "0.05", "0.05", "0.05", "0.45"),
    },
    "rewards": {
        "customer_id": ["00012", "00027", "00045", "00058"],
        "given_on": [_d("2024-02-16"), _d("2024-02-20"), _d("2024-04-15"), _d("2024-05-22")],
        "kind": [("Bonuscheck", "Bonus voucher")] * 4,
        "value": _kr("100", "50", "100", "50"),
        "redeemed_on": [_d("2024-06-13"), None, None, _d("2024-06-20")],
        "store": ["Stockholm City", None, None, "Lund"],
    },
    "events": {
        "customer_id": ["00012", "00027", "00031", "00031", "00045"],
        "at": [_t(f"2024-{moment}") for moment in (
            "01-15 13:00", "01-20 17:31", "02-13 08:55", "02-13 09:02", "03-18 18:00",
        )],
        "kind": [
            ("Inloggning", "Login"), ("Varukorg", "Basket"), ("Inloggning", "Login"), ("Varukorg", "Basket"),
            ("Butiksbesök", "Store visit"),
        ],
        "step": [("Start", "Start"), ("Betalning", "Payment"), ("Start", "Start"), ("Betalning", "Payment"), None],
        "channel": [_WEBB, _WEBB, _WEBB, _WEBB, _BUTIK],
        "value": [0, 1, 0, 2, 0],
    },
    "agreements": {
        "customer_id": ["00012", "00027", "00045", "00064"],
        "started_on": [_d("2024-01-15"), _d("2024-01-20"), _d("2024-03-18"), _d("2024-05-27")],
        "ended_on": [None, None, _d("2024-11-30"), None],
        "bound_until": [_d("2024-07-15"), None, _d("2024-09-18"), _d("2025-05-27")],
        "plan": [("Månad", "Monthly"), ("År", "Yearly"), ("Månad", "Monthly"), ("År", "Yearly")],
        "fee": _kr("99.00", "990.00", "99.00", "2490.00"),
    },
    "identities": {
        "customer_id": ["00012", "00012", "00027", "00045"],
        "other_id": ["W-88120", "00077", "W-88231", "W-88305"],
        "kind": [_KONTO, ("Gammalt kundnr", "Old number"), _KONTO, _KONTO],
    },
}  # fmt: skip
