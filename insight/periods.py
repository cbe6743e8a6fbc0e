"""Periods that people speak of, as half-open days [start, end): months, rolling twelve, calendar and fiscal years."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from insight.settings import add_months

Kind = Literal["rolling", "months", "calendar", "fiscal", "to_date", "range"]
KINDS: tuple[Kind, ...] = ("rolling", "months", "calendar", "fiscal", "to_date", "range")


@dataclass(frozen=True)
class Period:
    """The days from `start` up to, but not including, `end`."""

    start: date
    end: date


def first_of_month(day: date) -> date:
    """The first day of the day's month."""
    return day.replace(day=1)


def months_between(first: date, last: date) -> list[date]:
    """The first day of every month from `first`'s to `last`'s, oldest first."""
    start = first_of_month(first)
    count = 12 * (last.year - start.year) + last.month - start.month + 1
    return [add_months(start, step) for step in range(max(0, count))]


def last_whole_month(last_day: date) -> date:
    """The first day of the latest month that the data holds to its end."""
    month = first_of_month(last_day)
    return month if last_day + timedelta(days=1) == add_months(month, 1) else add_months(month, -1)


def rolling(last_month: date, months: int = 12) -> Period:
    """`months` whole months, `last_month` (its first day) being the last of them."""
    end = add_months(last_month, 1)
    return Period(add_months(end, -months), end)


def whole_months(first_month: date, last_month: date) -> Period:
    """From the first to the last of two months, in either order."""
    low, high = sorted((first_of_month(first_month), first_of_month(last_month)))
    return Period(low, add_months(high, 1))


def calendar_year(year: int) -> Period:
    """January to December."""
    return Period(date(year, 1, 1), date(year + 1, 1, 1))


def fiscal_year(year: int, first_month: int) -> Period:
    """Twelve months from `first_month`; named after the year in which it ends."""
    start = date(year if first_month == 1 else year - 1, first_month, 1)
    return Period(start, add_months(start, 12))


def as_far_as(period: Period, last_day: date) -> Period:
    """The part of the period that the data reach, so that ten months are set against the same ten a year before."""
    return Period(period.start, max(min(period.end, last_day + timedelta(days=1)), period.start + timedelta(days=1)))


def year_to_date(last_day: date, first_month: int = 1) -> Period:
    """From the beginning of the (fiscal) year to the last day with data, that day included."""
    year = last_day.year if last_day.month >= first_month else last_day.year - 1
    return Period(date(year, first_month, 1), last_day + timedelta(days=1))


def fiscal_years(first_day: date, last_day: date, first_month: int) -> list[int]:
    """The names of the fiscal years that hold any of the days, latest first."""
    last = last_day.year + (1 if first_month > 1 and last_day.month >= first_month else 0)
    first = first_day.year + (1 if first_month > 1 and first_day.month >= first_month else 0)
    return list(range(last, first - 1, -1))
