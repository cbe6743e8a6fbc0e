"""Months without a single sale among months that have them: likely a missing file, so that comparisons mislead."""

from datetime import date
from itertools import pairwise

from insight.result import Note
from insight.settings import add_months, month_start
from insight.workspace.engine import Query

# Fewer months of sales, or more gaps than a quarter of them: sales that come now and then, nothing is missing.
_ENOUGH_MONTHS = 6
_MOST_GAPS = 0.25
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
