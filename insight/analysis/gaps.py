"""What makes comparisons mislead: months without a single sale among months that have them, likely a missing file,
and customers who are only known better than before."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from insight.result import Note
from insight.settings import add_months, month_start
from insight.workspace.engine import Query

# Fewer months of sales, or more gaps than a quarter of them: sales that come now and then, nothing is missing.
_ENOUGH_MONTHS = 6
_MOST_GAPS = 0.25
_IDENTIFIED_MOVED = 0.02
_MONTHS = "SELECT month_no FROM month_cube GROUP BY month_no HAVING sum(n_lines) > 0 ORDER BY month_no"


def missing_months(query: Query) -> tuple[date, ...]:
    """First days of the calendar months without a sale between the first and the last, over all customers.

    Nothing where sales are not monthly: under six months with sales, or gaps more often than every fourth of them.
    """
    months = [int(row[0]) for row in query.rows(_MONTHS)]
    if len(months) < _ENOUGH_MONTHS:
        return ()
    runs = [(one + 1, other) for one, other in pairwise(months) if other > one + 1]
    if len(runs) > _MOST_GAPS * len(months):
        return ()
    return tuple(month_start(number) for begin, end in runs for number in range(begin, end))


def gap_notes(query: Query, *periods: tuple[date, date]) -> tuple[Note, ...]:
    """A warning where a whole month of one of the periods [start, end) that are set side by side has no sale at all."""
    hit = sorted(
        {
            month
            for month in missing_months(query)
            for start, end in periods
            if start <= month and add_months(month, 1) <= end
        }
    )
    if not hit:
        return ()
    return (Note("gap_in_comparison", {"n": len(hit), "first": hit[0], "last": hit[-1]}, "warning"),)


def identified_notes(before: Mapping[str, Any], now: Mapping[str, Any], customers: Decimal) -> tuple[Note, ...]:
    """More or fewer customers where the share of sales with one went the same way: some may only be known better.

    before, now: figures with `identified_share`, 0..1. customers: what the number of customers adds to sales.
    """
    then, since = before["identified_share"], now["identified_share"]
    if then is None or since is None or not customers or (since > then) != (customers > 0):
        return ()
    # A hair off, as 0.82 less 0.80 falls short of two hundredths in floating point.
    if abs(since - then) < _IDENTIFIED_MOVED - 1e-9:
        return ()
    return (Note("better_identified" if since > then else "worse_identified", {"before": then, "now": since}),)
