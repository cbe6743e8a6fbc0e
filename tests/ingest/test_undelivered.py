"""Mailings that did not arrive: which they are, the user's choice, and logs of events that stay as they are."""

import pytest

from tests.ingest.reading import EN, SV, Loaded, reading

ROWS = "SELECT line FROM contacts ORDER BY line"


def _log(header: str, *words: str) -> str:
    """A mailing to a customer a row, each on a day of its own."""
    rows = (f"kund{n}@example.se,Brev {n % 3},2025-09-{10 + n} 08:00,{word},No\n" for n, word in enumerate(words))
    return f"Email Address,Campaign Name,Send Time,{header},Opened\n" + "".join(rows)


def _told(loaded: Loaded) -> dict[str, tuple[object, object, int | None, str | None]]:
    return {m.code: (m.values["count"], m.values["status"], m.line, m.column) for m in loaded.report.messages
            if m.code.endswith("_undelivered")}  # fmt: skip


@pytest.mark.parametrize(
    ("header", "arrived", "lost"),
    [
        ("Status", "Delivered", "Bounced"), ("Status", "Sent", "Hard bounce"), ("Status", "Sent", "soft_bounce"),
        ("Delivery status", "Delivered", "Failed: mailbox full"), ("Delivery status", "Delivered", "Undelivered"),
        ("Email status", "Opened", "Bounced Email"), ("Message status", "sent", "Suppressed"),
        ("Event", "delivered", "dropped"), ("Result", "OK", "Rejected"), ("Outcome", "Accepted", "Blocked"),
        ("Leveransstatus", "Levererad", "Ej levererad"), ("Leveransstatus", "Levererad", "Studsade"),
        ("Status", "Skickad", "Misslyckad"), ("Status", "Skickat", "Hård studs"), ("Händelse", "Levererad", "Studs"),
        ("Utfall", "Framme", "Kom inte fram"), ("Typ", "Levererat", "Studsad"), ("Note", "Delivered", "Bounced"),
        ("Bounced", "No", "Yes"), ("Bounce", "0", "1"), ("Studsade", "", "2025-09-11"), ("Bounce type", "", "Hard"),
        ("Studsorsak", "ingen studs", "Brevlådan är full"), ("Delivered", "Yes", "No"), ("Levererad", "Ja", "Nej"),
    ],
)  # fmt: skip
def test_what_did_not_arrive_is_set_aside_with_its_word_and_line(header: str, arrived: str, lost: str):
    text = _log(header, arrived, lost, arrived, arrived)
    with reading(text, kind="contacts") as loaded:
        assert loaded.rows(ROWS) == [(2,), (4,), (5,)]
        assert (loaded.report.rows, loaded.report.set_aside, loaded.report.lines) == (3, 1, 4)
        assert loaded.balanced()
        assert _told(loaded) == {"aside_undelivered": (1, lost, 3, header)}
        (aside,) = loaded.rows("SELECT line, reason, raw FROM set_aside")
        assert aside == (3, "undelivered", text.splitlines()[2].replace(",", ";"))
        assert loaded.report.outcome == "warn"


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("Status", ("Delivered", "Not bounced", "Sent", "Opened")), ("Bounce rate", ("0.02", "0.1", "0", "0.3")),
        ("Bounced", ("No", "", "0", "Not bounced")), ("Kundstatus", ("Aktiv", "Spärrad", "Aktiv", "Blockerad")),
        ("Type", ("Newsletter", "Drop", "Welcome", "Drop")), ("Orderstatus", ("Levererad", "Ej levererad", "", "")),
    ],
)  # fmt: skip
def test_what_says_nothing_of_the_delivery_leaves_all_mailings(header: str, words: tuple[str, ...]):
    with reading(_log(header, *words), kind="contacts") as loaded:
        assert (loaded.report.rows, loaded.report.set_aside, _told(loaded)) == (4, 0, {})


@pytest.mark.parametrize(
    ("choice", "rows", "code"),
    [("cancelled", 3, "aside_undelivered"), ("all", 3, "aside_undelivered"), ("none", 6, "kept_undelivered")],
)
def test_the_user_decides_what_counts_and_is_told_in_both_languages(choice: str, rows: int, code: str):
    text = _log("Status", "Delivered", "Bounced", "Failed", "Delivered", "Bounced", "Opened")
    with reading(text, uncompleted=choice) as loaded:
        assert loaded.balanced()
        assert (loaded.report.kind, loaded.report.rows) == ("contacts", rows)
        assert _told(loaded) == {code: (3, "Bounced, Failed", 3, "Status")}
        (told,) = (m.message for m in loaded.report.messages if m.code == code)
        assert "inte kom fram (Bounced, Failed)" in SV.message(told)
        assert "did not arrive (Bounced, Failed)" in EN.message(told)


def test_two_columns_count_a_mailing_once_and_an_address_in_a_reason_is_not_repeated():
    head = "Email Address,Campaign Name,Send Time,Delivery status,Bounce reason\n"
    rows = (
        "a@example.se,Brev,2025-09-10 08:00,Delivered,\nb@example.se,Brev,2025-09-10 08:00,Bounced,Mailbox full\n"
        "c@example.se,Brev,2025-09-10 08:00,Sent,c@example.se is unknown\n"
    )
    with reading(head + rows) as loaded:
        assert loaded.rows(ROWS) == [(2,)]
        assert _told(loaded) == {"aside_undelivered": (2, "Bounced", 3, "Delivery status")}


def test_a_list_of_nothing_but_bounces_counts_and_says_so():
    with reading(_log("Status", "Bounced", "Bounced")) as loaded:
        assert (loaded.report.rows, loaded.report.set_aside) == (2, 0)
        assert set(_told(loaded)) == {"status_undelivered"}


@pytest.mark.parametrize(
    ("header", "sent", "delivered", "opened", "bounced"),
    [("Status", "Sent", "Delivered", "Opened", "Bounced"), ("Händelse", "Skickad", "Levererad", "Öppnad", "Studsade")],
)
def test_a_log_of_events_stays_as_it_is(header: str, sent: str, delivered: str, opened: str, bounced: str):
    """Four mailings with a row for each thing that happened to them: nine rows, two of them bounces."""
    events = [
        ("a", "08:00", sent), ("a", "08:01", delivered), ("a", "09:30", opened), ("b", "08:00", sent),
        ("b", "08:02", bounced), ("c", "08:00", sent), ("c", "08:01", delivered), ("d", "08:00", sent),
        ("d", "08:01", bounced),
    ]  # fmt: skip
    rows = "".join(f"{who}@example.se,Brev,2025-09-10 {time},{word}\n" for who, time, word in events)
    with reading(f"Email Address,Campaign Name,Send Time,{header}\n{rows}", kind="contacts") as loaded:
        assert (loaded.report.rows, loaded.report.set_aside, _told(loaded)) == (9, 0, {})


def test_a_mailing_that_came_the_second_time_is_no_log_of_events():
    rows = (
        "a@example.se,Brev,2025-09-10 08:00,Soft bounce\na@example.se,Brev,2025-09-10 12:00,Delivered\n"
        "b@example.se,Brev,2025-09-10 08:00,Delivered\nb@example.se,Brev,2025-09-11 08:00,Bounced\n"
    )
    with reading("Email Address,Campaign Name,Send Time,Status\n" + rows) as loaded:
        assert loaded.rows(ROWS) == [(3,), (4,)]
        assert _told(loaded) == {"aside_undelivered": (2, "Bounced, Soft bounce", 2, "Status")}
