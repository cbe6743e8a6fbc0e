"""Consents in the words of many systems, and columns that say who wants nothing: judged by a person."""

import pytest

from insight.ingest.consents import CONSENTS, consent_of, refused_of
from tests.ingest.reading import reading

EMAIL, SMS, POST = CONSENTS


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Accepterar e-post", EMAIL), ("Godkänner utskick via e-post", EMAIL), ("Får mejlas", EMAIL),
        ("Vill ha nyhetsbrev", EMAIL), ("Email opt-in", EMAIL), ("allowEmail", EMAIL),
        ("Subscribed to newsletter", EMAIL),
        ("OK för SMS", SMS), ("SMS-godkännande", SMS), ("Tillåter SMS-reklam", SMS), ("gdpr_consent_sms", SMS),
        ("Accepterar post", POST), ("Samtycke till marknadsföring via brev", POST), ("Accepts direct mail", POST),
        ("E-post", ""), ("E-post bekräftad", ""), ("Email opt-in date", ""), ("Postort", ""), ("Accepterat datum", ""),
        ("Marknadsföring via e-post", EMAIL), ("SMS-reklam", SMS), ("Kontakt e-post", ""),
        ("Ej SMS", ""), ("Nyhetsbrevsspärr", ""), ("Samtycke e-post och SMS", ""),
    ],
)  # fmt: skip
def test_a_header_asks_for_a_consent(header: str, field: str):
    assert consent_of(header) == field


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        ("Reklamspärr", CONSENTS), ("Inga utskick", CONSENTS), ("Do not contact", CONSENTS), ("Unsubscribed", CONSENTS),
        ("Avregistrerad nyhetsbrev", (EMAIL,)), ("HasOptedOutOfEmail", (EMAIL,)), ("DoNotEmail", (EMAIL,)),
        ("SMS-spärr", (SMS,)), ("Önskar ej post", (POST,)), ("DR-spärr", (POST,)),
        ("Spärrad", ()), ("Avregistrerad", ()), ("Ej avregistrerad", ()), ("Vill ha reklam", ()), ("E-post", ()),
    ],
)  # fmt: skip
def test_a_header_says_who_wants_nothing(header: str, fields: tuple[str, ...]):
    assert refused_of(header) == fields


CONSENTED = "SELECT customer_id, consent_email, consent_sms, consent_post FROM customers ORDER BY 1"
MEMBERS = """Kund-ID,Förnamn,Efternamn,E-post,Accepterar e-post,Accepterar SMS,Accepterar post
1,Åsa,Ek,a@example.se,Ja,Nej,Ja
2,Bo,Ek,b@example.se,Ja,Ja,
3,Siv,Ek,c@example.se,Nej,Ja,Nej
"""


def test_consents_are_taken_from_other_words_for_them():
    with reading(MEMBERS) as loaded:
        assert loaded.rows(CONSENTED) == [
            ("1", True, False, True), ("2", True, True, None), ("3", False, True, False),
        ]  # fmt: skip


BLOCKED = """Kundnr;Namn;E-post;Samtycke e-post;Samtycke SMS;Reklamspärr;Nyhetsbrevsspärr
1;Åsa Ek;a@example.se;Ja;Ja;Nej;
2;Bo Ek;b@example.se;Ja;Ja;Ja;
3;Siv Ek;c@example.se;Ja;Ja;;2024-03-05
4;Ulf Ek;d@example.se;Nej;;;Nej
"""


def test_whoever_is_blocked_has_not_consented():
    with reading(BLOCKED) as loaded:
        assert loaded.rows(CONSENTED) == [
            ("1", True, True, None), ("2", False, False, False), ("3", False, True, None), ("4", False, None, None),
        ]  # fmt: skip
        assert loaded.report.outcome == "warn"
        assert [(m.column, m.severity) for m in loaded.report.messages if m.code == "consent_refused"] == [
            ("Reklamspärr", "warning"), ("Nyhetsbrevsspärr", "warning"),
        ]  # fmt: skip


def test_a_score_is_a_number_where_words_stand_beside_it():
    with reading(
        "Kundnr;Datum;Betyg (1-5);Omdöme\n1;2024-03-15;5;Bra!\n2;2024-03-16;2;Lång kö\n3;2024-03-17;4;\n"
        "4;2024-03-18;5;Bra!\n"
    ) as loaded:
        assert loaded.one("SELECT sum(score) FROM answers") == 16


def test_the_day_cut_short_is_a_day():
    rows = "".join(f"{1 + n % 3};2403{n:02d};{n},50\n" for n in range(14, 26))
    with reading("Kundnr;Köpdat;Belopp\n" + rows) as loaded:
        assert loaded.one("SELECT min(ordered_at)::DATE::VARCHAR || max(ordered_at)::DATE FROM transactions") == (
            "2024-03-142024-03-25"
        )
