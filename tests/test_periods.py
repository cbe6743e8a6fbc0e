"""Periods by the calendar on the wall."""

from datetime import date

import pytest

from insight.periods import (
    Period,
    as_far_as,
    calendar_year,
    fiscal_year,
    fiscal_years,
    last_whole_month,
    months_between,
    rolling,
    whole_months,
    year_to_date,
)  # fmt: skip


def test_rolling_twelve_ends_with_its_last_month():
    assert rolling(date(2025, 2, 1)) == Period(date(2024, 3, 1), date(2025, 3, 1))


def test_months_in_either_order_are_whole():
    wanted = Period(date(2024, 11, 1), date(2025, 2, 1))
    assert whole_months(date(2024, 11, 7), date(2025, 1, 31)) == wanted
    assert whole_months(date(2025, 1, 31), date(2024, 11, 7)) == wanted


def test_fiscal_year_is_named_after_the_year_it_ends_in():
    assert fiscal_year(2025, 9) == Period(date(2024, 9, 1), date(2025, 9, 1))
    assert fiscal_year(2025, 1) == calendar_year(2025) == Period(date(2025, 1, 1), date(2026, 1, 1))


@pytest.mark.parametrize(
    ("last", "month", "start"),
    [
        (date(2025, 10, 31), 1, date(2025, 1, 1)),
        (date(2025, 10, 31), 9, date(2025, 9, 1)),
        (date(2025, 8, 31), 9, date(2024, 9, 1)),
    ],
)
def test_year_to_date_begins_with_the_fiscal_year_and_counts_the_last_day(last, month, start):
    found = year_to_date(last, month)
    assert found.start == start
    assert (found.end - last).days == 1


def test_last_whole_month_needs_its_last_day():
    assert last_whole_month(date(2024, 2, 29)) == date(2024, 2, 1)
    assert last_whole_month(date(2024, 2, 28)) == date(2024, 1, 1)
    assert last_whole_month(date(2025, 12, 31)) == date(2025, 12, 1)


def test_fiscal_years_hold_the_data():
    assert fiscal_years(date(2022, 11, 1), date(2025, 10, 31), 9) == [2026, 2025, 2024, 2023]
    assert fiscal_years(date(2022, 11, 1), date(2025, 10, 31), 1) == [2025, 2024, 2023, 2022]
    assert fiscal_years(date(2025, 3, 1), date(2025, 8, 31), 9) == [2025]


def test_months_between_counts_both_ends():
    assert months_between(date(2024, 12, 31), date(2025, 2, 1)) == [
        date(2024, 12, 1),
        date(2025, 1, 1),
        date(2025, 2, 1),
    ]


def test_a_year_goes_as_far_as_the_data():
    ten_months = as_far_as(calendar_year(2025), date(2025, 10, 31))
    assert (ten_months.start, ten_months.end) == (date(2025, 1, 1), date(2025, 11, 1))
    whole = as_far_as(calendar_year(2024), date(2025, 10, 31))
    assert (whole.start, whole.end) == (date(2024, 1, 1), date(2025, 1, 1))
