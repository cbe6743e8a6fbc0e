"""What happened when: the holidays that move retail sales, and the client's own tests and campaigns, for time axes."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import holidays

from insight.workspace.engine import Query

# Where the money is Scandinavian or Finnish the holidays are those of that country; elsewhere none are assumed.
_COUNTRIES = {"SEK": "SE", "NOK": "NO", "DKK": "DK"}
_HOLIDAYS = {"Easter Sunday": "easter", "Midsummer Day": "midsummer", "Christmas Day": "christmas"}
_LARGEST_CAMPAIGNS = 4

_CAMPAIGNS = """
    SELECT name, min(sent_on) AS first_on, sum(n) AS n
    FROM (
        SELECT test AS name, assigned_on AS sent_on, count(*) AS n FROM assignments WHERE test IS NOT NULL
        GROUP BY test, assigned_on
        UNION ALL
        SELECT campaign_id, cast(sent_at AS DATE), count(*) FROM contacts WHERE campaign_id IS NOT NULL
        GROUP BY campaign_id, cast(sent_at AS DATE)) AS sent
    WHERE sent_on >= $start AND sent_on < $end
    GROUP BY name
    ORDER BY n DESC, name
    LIMIT $most
"""


@dataclass(frozen=True)
class Occasion:
    """A day to mark. `name` is the client's own for a campaign, a catalogue key `occasion.<name>` for a holiday."""

    on: date
    kind: Literal["holiday", "campaign"]
    name: str


def black_friday(year: int) -> date:
    """The day after the fourth Thursday of November."""
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 22)


def occasions(query: Query, start: date, end: date) -> tuple[Occasion, ...]:
    """The holidays in [start, end) that move sales, and the largest tests and campaigns that began in it, by day."""
    found = [Occasion(first_on, "campaign", str(name)) for name, first_on, _ in _largest(query, start, end)]
    country = _COUNTRIES.get(query.currency)
    if country:
        years = range(start.year, end.year + 1)
        days = holidays.country_holidays(country, years=list(years), language="en_US")
        found += [Occasion(day, "holiday", _HOLIDAYS[name]) for day, name in days.items() if name in _HOLIDAYS]
        found += [Occasion(black_friday(year), "holiday", "black_friday") for year in years]
    return tuple(sorted((o for o in found if start <= o.on < end), key=lambda o: (o.on, o.name)))


def _largest(query: Query, start: date, end: date) -> list[tuple[str, date, int]]:
    return [(r[0], r[1], r[2]) for r in query.rows(_CAMPAIGNS, start=start, end=end, most=_LARGEST_CAMPAIGNS)]
