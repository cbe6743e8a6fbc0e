"""Customers, mailings, answers and consents whose headers are Norwegian, Danish, German or Finnish."""

from datetime import date

import pytest

from tests.ingest.reading import reading


@pytest.mark.parametrize(
    "header",
    ["Kundenr;Navn;E-post;Mobilnummer;Fødselsdato;Postnummer;Poststed;Innmeldt",
     "Kundenummer;Navn;E-mail;Tlf.;Fødselsdag;Postnr.;By;Indmeldt",
     "Kundennummer;Name;E-Mail;Handynummer;Geburtsdatum;PLZ;Ort;Kunde seit",
     "Asiakasnumero;Nimi;Sähköposti;Puhelin;Syntymäaika;Postinumero;Postitoimipaikka;Liittymispäivä"],
)  # fmt: skip
def test_a_register_of_customers(header: str):
    rows = [f"K{n};Åse Ek;a{n}@exempel.se;+4670123456{n};1980-05-1{n};0115{n};Malmö;2021-03-0{n}" for n in range(1, 8)]
    with reading("\n".join([header, *rows]) + "\n") as loaded:
        assert (loaded.report.kind, loaded.report.outcome, loaded.report.rows) == ("customers", "accept", 7)
        fields = "name, email, phone, birth_date, postcode, city, joined_on"
        assert loaded.rows(f"SELECT {fields} FROM customers WHERE customer_id = 'K3'") == [
            ("Åse Ek", "a3@exempel.se", "+46701234563", date(1980, 5, 13), "01153", "Malmö", date(2021, 3, 3))
        ]


@pytest.mark.parametrize(
    ("header", "yes", "no"),
    [
        ("Kundenr;Sendt dato;Kampanje;Åpnet;Klikket", "ja", "nei"),
        ("Kundenummer;Afsendt;Kampagne;Åbnet;Klikket", "ja", "nej"),
        ("Kundennummer;Versanddatum;Kampagne;Geöffnet;Geklickt", "ja", "nein"),
        ("Asiakasnumero;Lähetyspäivä;Kampanja;Avattu;Klikattu", "kyllä", "ei"),
    ],
)
def test_a_mailing(header: str, yes: str, no: str):
    rows = [f"K{n % 4};2{n % 8}.03.2024;Våren;{yes if n % 2 else no};{yes if n % 5 == 0 else no}" for n in range(20)]
    with reading("\n".join([header, *rows]) + "\n") as loaded:
        assert (loaded.report.kind, loaded.report.outcome, loaded.report.rows) == ("contacts", "accept", 20)
        counts = "count(*) FILTER (WHERE opened), count(*) FILTER (WHERE NOT opened), count(*) FILTER (WHERE clicked)"
        assert loaded.rows(f"SELECT {counts}, count(DISTINCT campaign_id) FROM contacts") == [(10, 10, 4, 1)]


@pytest.mark.parametrize(
    "header",
    ["Kundenr;Svardato;Poengsum NPS;Kommentar", "Kundenummer;Besvaret;Karakter;Begrundelse",
     "Kundennummer;Antwortdatum;NPS-Bewertung;Bemerkung", "Asiakasnumero;Päivämäärä;NPS-arvosana;Perustelu",
     "Respondent ID;Response date;NPS score;Comment"],
)  # fmt: skip
def test_answers_to_nps(header: str):
    rows = [f"K{n};2{n % 8}.03.2024;{n % 11};Helt ok, takk" for n in range(22)]
    with reading("\n".join([header, *rows]) + "\n") as loaded:
        assert (loaded.report.kind, loaded.report.outcome, loaded.report.rows) == ("answers", "accept", 22)
        assert loaded.rows("SELECT sum(score), count(comment), max(answered_on) FROM answers") == [
            (110, 22, date(2024, 3, 27))
        ]


@pytest.mark.parametrize(
    ("header", "field", "cells", "counts"),
    [
        ("Samtykke e-post", "consent_email", "ja nei Ja Nei måske", (2, 2, 1)),
        ("Samtykke SMS", "consent_sms", "ja nei Ja kanskje kanskje", (2, 1, 2)),
        ("Einwilligung E-Mail", "consent_email", "Ja Nein nein unbekannt x", (2, 2, 1)),
        ("Zustimmung Brief", "consent_post", "Ja Nein vielleicht wahr falsch", (2, 2, 1)),
        ("Suostumus sähköposti", "consent_email", "kyllä ei Ei tuntematon ei", (1, 3, 1)),
        ("Sähköpostimarkkinointilupa", "consent_email", "kyllä ei kyllä ehkä kyllä", (3, 1, 1)),
        ("Ikke SMS", "consent_sms", "ja ja 0 ja ja", (0, 4, 1)),  # who is not to be written to has not said yes
    ],
)
def test_a_consent(header: str, field: str, cells: str, counts: tuple[int, int, int]):
    rows = "".join(f"K{n};a{n}@exempel.se;{cell}\n" for n, cell in enumerate(cells.split(), 1))
    with reading(f"Kundenr;E-post;{header}\n{rows}") as loaded:
        assert loaded.report.kind == "customers"
        select = ", ".join(f"count(*) FILTER (WHERE {field} {test})" for test in ("", "= false", "IS NULL"))
        assert loaded.rows(f"SELECT {select} FROM customers") == [counts]
