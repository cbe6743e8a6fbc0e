"""Days on the time axis: holidays by the calendar on the wall, campaigns by the client's own files."""

from datetime import date

import pytest

from insight.occasions import black_friday, occasions
from tests.build import workspace


@pytest.mark.parametrize(("year", "day"), [(2023, 24), (2024, 29), (2025, 28), (2018, 23)])
def test_black_friday_as_it_was(year, day):
    assert black_friday(year) == date(year, 11, day)


def test_a_year_has_its_holidays_and_the_largest_campaigns():
    made = workspace(
        [("a", "2025-01-01", 1)],
        assignments=[
            {"customer_id": who, "arm": "A", "test": "Höstbrev", "assigned_on": "2025-09-02"} for who in ("a", "b")
        ],
        contacts=[{"customer_id": "a", "sent_at": "2025-05-06 09:00", "campaign_id": "vår"},
                  {"customer_id": "a", "sent_at": "2023-05-06 09:00", "campaign_id": "gammal"}],
    )  # fmt: skip
    with made.query() as query:
        found = [(o.on.isoformat(), o.name) for o in occasions(query, date(2025, 1, 1), date(2026, 1, 1))]
    # Easter Sunday 2025 was 20 April; Midsummer Day the Saturday 21 June.
    assert found == [
        ("2025-04-20", "easter"), ("2025-05-06", "vår"), ("2025-06-21", "midsummer"), ("2025-09-02", "Höstbrev"),
        ("2025-11-28", "black_friday"), ("2025-12-25", "christmas"),
    ]  # fmt: skip
