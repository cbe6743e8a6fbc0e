"""A control is sent nothing and has no day of its own: it takes the day of its test where there is just one."""

from datetime import date
from decimal import Decimal

import pytest

from tests.ingest.reading import EN, SV, Loaded, reading

HEADER = "kundnr;test;grupp;datum\n"
ONE = date(2024, 3, 1)


def _rows(*groups: tuple[str, str, int, str]) -> str:
    """Rows of (test, arm, how many, date), customers numbered from 1001 on."""
    each = [(test, arm, day) for test, arm, count, day in groups for _ in range(count)]
    return "".join(f"{1001 + at};{test};{arm};{day}\n" for at, (test, arm, day) in enumerate(each))


def _days(loaded: Loaded) -> dict[tuple, int]:
    """(test, arm, day) → how many."""
    return {
        tuple(row[:3]): row[3]
        for row in loaded.rows("SELECT test, lower(arm), assigned_on, count(*) FROM assignments GROUP BY ALL")
    }


@pytest.mark.parametrize(
    ("arm", "blank"),
    [("kontroll", ""), ("Control", "-"), (" Holdout ", "NULL"), ("kontroll", "ej skickat"), ("Inget utskick", "")],
)
def test_a_control_without_a_day_takes_its_tests_only_day(arm: str, blank: str):
    rows = _rows(("Vår", "A", 8, "2024-03-01"), ("Vår", "B", 7, "2024-03-01 09:30"), ("Vår", arm, 5, blank))
    with reading(HEADER + rows) as loaded:
        assert _days(loaded) == {
            ("Vår", "a", ONE): 8, ("Vår", "b", ONE): 7, ("Vår", arm.strip().lower(), ONE): 5
        }  # fmt: skip
        (said,) = [message for message in loaded.report.messages if message.code == "control_dated"]
        assert (said.values["count"], said.line, said.column, said.severity) == (5, 17, "datum", "warning")
        assert all("Vår: 2024-03-01" in words.message(said.message) for words in (SV, EN))
        assert loaded.report.set_aside == 0
        assert loaded.balanced()


def test_a_control_of_a_test_with_several_days_waits_and_it_is_said_what_to_do():
    rows = _rows(
        ("Vår", "A", 8, "2024-03-01"), ("Vår", "A", 8, "2024-03-02"), ("Vår", "kontroll", 4, ""),
        ("Höst", "A", 6, "2024-09-01"), ("Höst", "kontroll", 3, ""),
    )  # fmt: skip
    with reading(HEADER + rows) as loaded:
        assert loaded.rows("SELECT reason, count(*), min(line) FROM set_aside GROUP BY 1") == [
            ("control_undated", 4, 18)
        ]
        assert _days(loaded)["Höst", "kontroll", date(2024, 9, 1)] == 3
        waiting = next(message for message in loaded.report.messages if message.code == "aside_control_undated")
        assert (waiting.values["count"], waiting.line, waiting.column) == (4, 18, "datum")
        assert "läs in den igen" in SV.message(waiting.message)
        assert "aside_date_missing" not in loaded.codes
        assert loaded.balanced()


def test_only_the_control_is_given_a_day():
    rows = _rows(("Vår", "A", 8, "2024-03-01"), ("Vår", "A", 2, ""), ("Vår", "kontroll", 5, "2024-02-30"))
    with reading(HEADER + rows) as loaded:
        assert _days(loaded) == {("Vår", "a", ONE): 8}
        assert loaded.rows("SELECT reason, count(*) FROM set_aside GROUP BY 1 ORDER BY 1") == [
            ("date_missing", 2), ("date_unreadable", 5),
        ]  # fmt: skip
        assert not loaded.codes & {"control_dated", "aside_control_undated"}


def test_the_files_flag_says_who_is_control():
    """Without a column of arms, and where an arm's name alone would say otherwise."""
    flagged = "".join(f"{n};{'ja' if n % 3 == 0 else 'nej'};{'' if n % 3 == 0 else '2024-03-01'}\n" for n in range(30))
    with reading("kundnr;kontrollgrupp;utskicksdatum\n" + flagged) as loaded:
        assert _days(loaded) == {(None, "kontroll", ONE): 10, (None, "test", ONE): 20}
    rows = "".join(f"{n};{'Z' if n % 3 == 0 else 'A'};{'ja' if n % 3 == 0 else 'nej'};"
                   f"{'' if n % 3 == 0 else '2024-03-01'}\n" for n in range(30))  # fmt: skip
    with reading("kundnr;grupp;kontroll;utskicksdatum\n" + rows) as loaded:
        assert loaded.one("SELECT count(*) FROM assignments WHERE arm = 'Z' AND assigned_on = DATE '2024-03-01'") == 10


def test_a_control_without_the_tests_name_belongs_to_the_files_only_test():
    rows = _rows(("Vår", "A", 8, "2024-03-01"), ("", "kontroll", 5, ""))
    with reading(HEADER + rows) as loaded:
        assert _days(loaded) == {("Vår", "a", ONE): 8, ("Vår", "kontroll", ONE): 5}
    with reading(HEADER + rows + _rows(("Höst", "A", 6, "2024-09-01"))) as loaded:
        assert _days(loaded) == {("Vår", "a", ONE): 8, ("Höst", "a", date(2024, 9, 1)): 6}
        assert loaded.rows("SELECT DISTINCT reason FROM set_aside") == [("control_undated",)]


def test_a_test_without_any_day_has_none_to_give():
    rows = _rows(("Vår", "A", 8, "2024-03-01"), ("Höst", "A", 3, ""), ("Höst", "kontroll", 5, ""))
    with reading(HEADER + rows) as loaded:
        assert loaded.rows("SELECT reason, count(*) FROM set_aside GROUP BY 1") == [("date_missing", 8)]


def test_the_controls_purchases_in_a_wide_file_get_the_day_too():
    """Purchases without a day take the mailing's; the control's would be lost, and the lift too large."""
    rows = "".join(
        f"{1000 + n};a{n}@x.se;{'kontroll' if n % 2 else 'A'};Vår;{'' if n % 2 else '2024-03-01'};ja;1;{n},50\n"
        for n in range(20)
    )
    with reading("kundnr;e-post;grupp;utskick;skickad;öppnad;köp;belopp\n" + rows) as loaded:
        assert _days(loaded) == {("Vår", "a", ONE): 10, ("Vår", "kontroll", ONE): 10}
        # 0,50 + 1,50 + … + 19,50
        assert loaded.rows("SELECT count(*), sum(amount), max(ordered_at)::DATE FROM transactions") == [
            (20, Decimal("200.00"), ONE)
        ]
        assert loaded.one("SELECT count(*) FROM customers") == 20
