"""Lists out: who may come along, counted by hand; the file says the same as the account, and the log never who."""

import csv
import io
import json
from dataclasses import replace

import openpyxl
import pytest

from insight import customer_list
from insight.analysis import registry
from insight.audience import parse
from insight.errors import UsageError
from insight.export import written
from insight.export.people import PURPOSES, Wish, about_text, account_words, count, csv_file, kept_ids, xlsx_file
from insight.i18n.catalog import Words
from insight.workspace import audit
from tests.build import workspace

SV, EN = Words("sv"), Words("en")
PURCHASES = [(name, "2025-05-01", 100 * place) for place, name in enumerate("abcdefg", start=1)]
# Consent to e-mail, by hand: yes a, b, g; no c; unknown d, e (e only by text message); f is in no register.
CUSTOMERS = [
    {"customer_id": "a", "name": "=cmd()", "email": "a@x.se", "phone": "070-1740657", "consent_email": True},
    {"customer_id": "b", "name": "Bo", "email": "b@x.se", "consent_email": True, "consent_sms": False},
    {"customer_id": "c", "name": "Cia", "email": "c@x.se", "phone": "0701740657", "consent_email": False},
    {"customer_id": "d", "name": "Dan", "email": "d@x.se"},
    {"customer_id": "e", "name": "Eva", "phone": "070-2 22 22 22", "consent_sms": True},
    {"customer_id": "g", "name": "Gun", "consent_email": True},
]
CONTACTS = [{"customer_id": "b", "sent_at": "2025-06-01", "channel": "E-post", "opted_out": True}]


@pytest.fixture
def shop():
    made = workspace(PURCHASES, customers=CUSTOMERS, contacts=CONTACTS)
    yield made
    made.close()


@pytest.fixture
def silent():
    """Customers of whose consent nothing is known."""
    made = workspace(PURCHASES, customers=[{"customer_id": name, "email": f"{name}@x.se"} for name in "abc"])
    yield made
    made.close()


def read(content: bytes, delimiter: str = ";") -> tuple[list[str], list[list[str]]]:
    """The head and the rows: nothing else stands in such a file."""
    head, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=delimiter)
    assert all(len(row) == len(head) for row in rows)
    return head, rows


def about(shop, wish: Wish, words: Words = SV) -> str:
    """The text beside the file."""
    return about_text(words, None, wish, count(shop, None, wish)).decode("utf-8-sig")


def test_only_a_yes_comes_along_and_the_rest_is_counted_by_reason(shop):
    found = count(shop, None, Wish("email"))
    # a comes along; b has unsubscribed since, and g said yes without leaving an address.
    assert (found.n_customers, found.n_rows) == (7, 1)
    assert dict(found.dropped) == {"refused": 1, "opted_out": 1, "unknown": 3, "no_address": 1}
    assert kept_ids(shop, None, Wish("email"))[0] == {"a", "g"}  # the address may stand in the client's own file
    assert kept_ids(shop, None, Wish("sms"))[0] == {"e"}
    assert kept_ids(shop, None, Wish("analysis"))[0] == set("abcdefg")
    assert not count(shop, None, Wish("post")).asked
    assert account_words(SV, found) == (
        "1 av 7 kunder följer med. 6 utelämnas: 1 har sagt nej, 1 har avregistrerat sig, 3 har inte svarat"
        " och 1 saknar användbar adress."
    )


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("link", ["", "not(segments.rfm;@segment=champions)"], ids=["everybody", "some"])
@pytest.mark.parametrize("reason", ["", "produkten återkallas"])
def test_rows_and_those_left_out_are_what_the_screen_counts(shop, purpose, link, reason):
    if purpose == "analysis" and reason:
        return
    audience = parse(link) if link else None
    wish = Wish(purpose, reason=reason)
    account = count(shop, audience, wish)
    _, rows = read(csv_file(shop, audience, SV, wish), "," if purpose == "ads" else ";")
    assert len(rows) == account.n_rows
    assert account.n_rows + account.n_dropped == customer_list.summary(shop, audience).n_customers
    assert audit.events(shop.folder)[-1].values["rows"] == account.n_rows
    if purpose != "ads":
        book = openpyxl.load_workbook(io.BytesIO(xlsx_file(shop, audience, SV, wish)), read_only=True)
        assert len(list(book.worksheets[0].rows)) - 1 == account.n_rows


def test_the_file_says_who_was_left_out_and_holds_only_what_the_purpose_needs(shop):
    wish = Wish("email", sort="customer_id", descending=False)
    head, rows = read(csv_file(shop, None, SV, wish))
    assert (head, rows) == (["Kund", "Namn", "E-post"], [["a", "'=cmd()", "a@x.se"]])  # no formula
    assert "6 utelämnas" in about(shop, wish)
    head, rows = read(csv_file(shop, None, SV, replace(wish, columns=("sales", "phone"))))
    assert head == ["Kund", "Namn", "E-post", "Telefon", "Försäljning, kr"]
    assert rows == [["a", "'=cmd()", "a@x.se", "070-1740657", "100,00"]]
    with pytest.raises(UsageError, match=r"people\.unknown_column"):
        csv_file(shop, None, SV, replace(wish, columns=("salary",)))
    book = openpyxl.load_workbook(io.BytesIO(xlsx_file(shop, None, EN, Wish("email", sort="customer_id"))))
    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} == {"s"}
    assert "=cmd()" in {cell.value for cell in cells}
    assert "6 are left out" in str(list(book.worksheets[1].iter_rows(values_only=True)))


def test_a_list_for_analysis_is_as_on_the_screen_without_head_lines_and_names(shop):
    head, rows = read(csv_file(shop, None, SV, Wish()))
    assert head == ["Kund", "Köp", "Försäljning, kr", "Senaste köp"]
    assert [row[0] for row in rows] == customer_list.page(shop, None).rows["customer_id"].tolist() == list("gfedcba")
    assert "Namn" in read(csv_file(shop, None, SV, Wish(personal=True)))[0]


def test_segments_are_words_and_shares_have_few_decimals():
    """Three who bought in both years: 'step_1' is Brons on the page and in the file; chances are thirds."""
    rows = [
        (name, f"{year}-0{month}-10", 100) for name in "abc" for year in (2023, 2024, 2025) for month in range(1, 9)
    ]
    made = workspace([*rows, ("a", "2025-08-20", 5000)])
    audience = parse("ladder.next_step;bounds=700,2000")
    with made.query() as query:
        result = registry.run(query, audience.analysis, dict(audience.settings))
    known = SV.with_labels(result.labels)
    head, found = read(csv_file(made, audience, known, Wish()))
    assert result.basis.start is not None
    told = about_text(known, audience, Wish(), count(made, audience, Wish()), [result]).decode("utf-8-sig")
    made.close()
    assert f"Regel: {known.message(result.basis.rule)}" in told
    assert known.period(result.basis.start, result.basis.end) in told
    assert {row[head.index("Steg")] for row in found} <= {"Brons", "Silver", "Guld"}
    assert all("_" not in cell for row in [head, *found] for cell in row)
    parts = [cell.partition(",")[2] for row in found for cell in row if cell.replace(",", "", 1).isdecimal()]
    assert max(map(len, parts)) <= 3


@pytest.mark.parametrize(("language", "period"), [("sv", "Period: till och med 1 jan 2018"),
                                                   ("en", "Period: up to and including 1 Jan 2018")])  # fmt: skip
def test_a_list_of_a_day_says_its_last_day_as_the_page_does(language, period):
    made = workspace([("a", "2017-06-01", 100), ("b", "2018-01-01", 50)])
    with made.query() as query:
        result = registry.run(query, "segments.lifecycle", {})
    words = Words(language).with_labels(result.labels)
    told = about_text(words, None, Wish(), count(made, None, Wish()), [result]).decode("utf-8-sig")
    made.close()
    assert period in told.replace("\u00a0", " ").splitlines()
    assert f"Period: {written.period_words(words, result.basis)}" in told


def test_everybody_comes_along_only_with_a_reason_that_is_written_down(shop):
    with pytest.raises(UsageError, match=r"people\.reason_too_short"):
        csv_file(shop, None, SV, Wish("email", reason=" ja  "))
    with pytest.raises(UsageError, match=r"people\.reason_without_consent"):
        csv_file(shop, None, SV, Wish("analysis", reason="därför att"))
    assert audit.events(shop.folder) == []
    wish = Wish("email", reason="varan  återkallas")
    _, rows = read(csv_file(shop, None, SV, wish))
    assert len(rows) == 4  # e and g have no address, f is in no register
    assert "Skäl: varan återkallas\r\n" in about(shop, wish)
    event = audit.events(shop.folder)[-1]
    assert event.action == "list_exported"
    assert event.values["reason"] == "varan återkallas"
    assert event.values["consent"] == "set_aside"


def test_data_without_consents_leave_everybody_out_and_say_so(silent):
    found = count(silent, None, Wish("email"))
    assert (found.n_rows, dict(found.dropped), found.asked) == (0, {"unknown": 7}, False)
    assert read(csv_file(silent, None, SV, Wish("email")))[1] == []
    assert "säger inget om samtycke" in about(silent, Wish("email"))
    assert count(silent, None, Wish("email", reason="varan återkallas")).n_rows == 3  # who has an address
    # Where the data hold no telephone number at all, the list is one of ids: the numbers stand elsewhere.
    assert count(silent, None, Wish("sms", reason="varan återkallas")).n_rows == 7
    assert count(silent, None, Wish("analysis")).asked


def test_an_advertisement_gets_each_address_only_by_its_own_consent(shop):
    found = csv_file(shop, None, SV, Wish("ads")).decode("ascii").splitlines()
    # a: e-mail yes, text messages unknown; e: the other way round; b unsubscribed, g has no address.
    assert found[0] == "Email,Phone"
    assert [[bool(part) for part in line.split(",")] for line in found[1:]] == [[True, False], [False, True]]
    assert dict(count(shop, None, Wish("ads")).dropped) == {"refused": 2, "unknown": 2, "no_address": 1}
    everybody = csv_file(shop, None, SV, Wish("ads", reason="varan återkallas", platform="meta")).decode("ascii")
    assert everybody.splitlines()[0] == "email,phone"
    assert len(everybody.splitlines()) - 1 == 5  # f is in no register, g has no address
    with pytest.raises(UsageError, match=r"people\.ads_are_csv"):
        xlsx_file(shop, None, SV, Wish("ads"))


def test_the_log_holds_counts_and_columns_and_nobody(shop):
    csv_file(shop, None, SV, Wish("email", search="a@x.se", personal=True))
    csv_file(shop, None, SV, Wish("ads", reason="till a@x.se, 070-174 06 57"))
    written = (shop.folder / audit.LOG).read_text(encoding="utf-8")
    assert [json.loads(line)["values"]["rows"] for line in written.splitlines()] == [1, 5]
    assert not any(word in written for word in ("a@x.se", "174 06 57", "Cia", "c@x.se"))
    assert audit.verify(shop.folder).whole


def test_a_telephone_number_keeps_its_plus_and_nothing_else_can_run():
    made = workspace(PURCHASES, customers=[
        {"customer_id": "a", "phone": "+46 70-174 06 57", "consent_sms": True},
        {"customer_id": "b", "phone": "+46701740657+cmd|x", "consent_sms": True},
        {"customer_id": "c", "phone": "ring ej", "consent_sms": True},
    ])  # fmt: skip
    _, rows = read(csv_file(made, None, SV, Wish("sms", sort="customer_id", descending=False)))
    made.close()
    assert [row[-1] for row in rows] == ["+46 70-174 06 57", "'+46701740657+cmd|x"]


def test_a_search_narrows_screen_and_file_alike(shop):
    for typed, expected in (("B", {"b"}), ("D@X", {"d"}), ("cia", {"c"}), ("x.se", set("abcd")), ("100%", set())):
        wish = Wish(search=typed, sort="customer_id", descending=False)
        _, rows = read(csv_file(shop, None, SV, wish))
        assert {row[0] for row in rows} == expected
        assert customer_list.page(shop, None, search=typed).n_customers == len(expected)
