"""Days on the time axis: holidays by the calendar on the wall, campaigns by the client's own files."""

from datetime import date

import pytest

from insight.analysis import registry
from insight.occasions import Occasion, black_friday, occasions
from tests.build import workspace
from ui import occasions as on_page


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


@pytest.mark.parametrize(("end", "marked"), [("2024-12-14", []), ("2024-12-26", ["christmas"]), ("", ["christmas"])])
def test_a_month_counted_to_the_13th_has_no_christmas(monkeypatch, end, marked):
    made = workspace([("a", "2023-12-20", 7), ("b", "2024-12-13", 5), ("a", "2024-12-31", 1)])
    with made.query() as query:
        chosen = {"start": "2024-12-01"} | ({"end": end} if end else {})
        result = registry.run(query, "overview.series", chosen)
    christmas = Occasion(date(2024, 12, 25), "holiday", "christmas")
    monkeypatch.setattr(on_page.cache, "occasions", lambda start, end: (christmas,))
    assert result.chart is not None
    assert [occasion.name for occasion in on_page.of(result, result.chart)] == marked
