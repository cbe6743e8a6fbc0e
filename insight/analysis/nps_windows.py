"""What each answering customer bought in the months before the answer, or in the months after it.

The two windows are as long as each other and never mixed: before is [answer − months, answer), after is
[answer, answer + months). Every purchase question of NPS reads the same table, made once and kept for the next one.
"""

from typing import Literal

from insight.analysis.nps_rules import Base, kept_base, make_answers
from insight.errors import NotEnoughDataError
from insight.result import Note
from insight.settings import Settings
from insight.workspace.engine import Query

Side = Literal["before", "after"]
_KEPT_AT_ONCE = 2

# A row an answer of a known customer. `whole`: its window lies within the data. `several`: bought in more than one
# channel. Money is cast before it is added up, where it fits in a machine word.
_WINDOWS = """
    WITH reach AS (
        SELECT
            answer_no, customer_id,
            CASE WHEN $after THEN answered_on
                ELSE cast(answered_on - to_months(cast($months AS INTEGER)) AS DATE) END AS from_on,
            CASE WHEN $after THEN cast(answered_on + to_months(cast($months AS INTEGER)) AS DATE)
                ELSE answered_on END AS to_on
        FROM counted
        WHERE customer_no IS NOT NULL),
    sums AS (
        SELECT
            reach.answer_no,
            sum(cast(orders.sales AS DECIMAL(18, 2))) AS sales,
            sum(CASE WHEN orders.is_return THEN 0 ELSE cast(orders.sales AS DECIMAL(18, 2)) END) AS purchases,
            count(CASE WHEN NOT orders.is_return THEN 1 END) AS n_orders,
            sum(cast(orders.margin AS DECIMAL(18, 2))) AS margin,
            coalesce(min(CASE WHEN NOT orders.is_return THEN orders.channel END)
                <> max(CASE WHEN NOT orders.is_return THEN orders.channel END), false) AS several
        FROM reach
        JOIN orders ON orders.customer_id = reach.customer_id
        WHERE orders.ordered_on >= reach.from_on AND orders.ordered_on < reach.to_on
        GROUP BY reach.answer_no)
    SELECT
        counted.answer_no, counted.customer_no, counted.score, counted.nps_group, counted.answered_on,
        reach.from_on, reach.from_on >= CAST($first AS DATE) AND reach.to_on <= CAST($beyond AS DATE) AS whole,
        cast(coalesce(sums.sales, 0) AS DECIMAL(18, 2)) AS sales,
        coalesce(sums.n_orders, 0) AS n_orders,
        cast(coalesce(sums.purchases, 0) AS DECIMAL(18, 2)) AS purchases,
        cast(sums.margin AS DECIMAL(18, 2)) AS margin,
        coalesce(sums.several, false) AS several
    FROM counted
    JOIN reach ON reach.answer_no = counted.answer_no
    LEFT JOIN sums ON sums.answer_no = counted.answer_no
"""

_EARLY = "SELECT count(*) FROM windows WHERE NOT whole"


def make_windows(
    query: Query, settings: Settings, side: Side = "before", name: str = "windows", *, every: bool = False
) -> Base:
    """Temporary table `name`, a row an answer that counts and comes from a known customer, with its window's figures.

    Columns: answer_no, customer_no (the customer's row in customer_facts), score, nps_group, answered_on, from_on,
    whole, sales (net), n_orders, purchases (without returns), margin (NULL where unknown), several.
    every: also earlier answers of customers in a file without waves, for questions that choose among a customer's.
    Raises NotEnoughDataError when no answer comes from a known customer. Without a scope the table is kept, without
    any id, so that a changed step is answered from it.
    """
    key = ("nps.windows", every, side, settings["months"], settings["start"], settings["end"])
    base = kept_base(query, settings, every=every)
    if base is not None and key in query.kept:
        query.put(name, query.kept[key])
        return base
    base = make_answers(query, settings, every=every)
    if base.n_unknown == base.n_counted:
        raise NotEnoughDataError("nps.no_known_customers")
    first, _ = query.extent()
    query.make(
        name, _WINDOWS, months=settings["months"], after=side == "after", first=first, beyond=query.day_after_last()
    )
    if not query.scoped:
        _keep(query, key, name)
    return base


def _keep(query: Query, key: tuple[object, ...], name: str) -> None:
    """Keep this table, and one earlier at most: at a million answers each takes some eighty megabytes."""
    held = [other for other in list(query.kept) if other[0] == key[0]]
    for other in held[: max(0, len(held) + 1 - _KEPT_AT_ONCE)]:
        query.kept.pop(other, None)
    query.kept[key] = query.arrow(_ALL[name])


_ALL = {"windows": "SELECT * FROM windows", "windows_after": "SELECT * FROM windows_after"}


def early_notes(query: Query, settings: Settings) -> tuple[Note, ...]:
    """A warning where the data begin later than some answers' windows do; asked of table `windows`, side before."""
    early = query.one(_EARLY)[0]
    return (Note("answers_before_data", {"n": early, "months": settings["months"]}, "warning"),) if early else ()
