"""What each answering customer bought in the months before the answer, or in the months after it.

The two windows are as long as each other and never mixed: before is [answer − months, answer), after is
[answer, answer + months). Every purchase question of NPS reads the same table, made once and kept for the next one.
"""

from typing import Literal

import numpy as np
import pyarrow as pa

from insight.analysis.nps_rules import COUNTS, Base, base_of, period_of
from insight.errors import NotEnoughDataError
from insight.result import Note
from insight.settings import Settings
from insight.stats.nps_windows import Orders, window_sums
from insight.workspace.engine import Query

Side = Literal["before", "after"]
_KEPT_AT_ONCE = 2

# The answers of known customers, a customer's in order, as the table has them. `whole`: the window lies within the
# data.
_REACH = """
    SELECT
        answer_no, customer_no, score, nps_group, answered_on, from_on,
        from_on >= CAST($first AS DATE) AND to_on <= CAST($beyond AS DATE) AS whole,
        cast(from_on - DATE '2000-01-01' AS BIGINT) AS from_day, cast(to_on - DATE '2000-01-01' AS BIGINT) AS to_day
    FROM (
        SELECT
            answer_no, customer_no, score, nps_group, answered_on,
            CASE WHEN $after THEN answered_on
                ELSE cast(answered_on - to_months(cast($months AS INTEGER)) AS DATE) END AS from_on,
            CASE WHEN $after THEN cast(answered_on + to_months(cast($months AS INTEGER)) AS DATE)
                ELSE answered_on END AS to_on
        FROM answer_facts
        WHERE customer_no >= 0 AND {counts}) AS reach
""".replace("{counts}", COUNTS)
_BOUGHT = "SELECT customer_no, day_no, sales, margin, has_margin, is_purchase, channel_no FROM answer_orders"
_MONEY = pa.decimal128(18, 2)

_EARLY = "SELECT count(*) FROM windows WHERE NOT whole"


def make_windows(
    query: Query, settings: Settings, side: Side = "before", name: str = "windows", *, every: bool = False
) -> Base:
    """Table `name`, a row an answer that counts and comes from a known customer, with its window's figures.

    Columns: answer_no, customer_no (the customer's row in customer_facts), score, nps_group, answered_on, from_on,
    whole, sales (net), n_orders, purchases (without returns), margin (NULL where unknown), several, place (the
    customer's place among those who answered, from 0), latest (the customer's latest answer; after the answer: the
    latest whose window is whole). every: also earlier answers of customers in a file without waves, for questions that
    choose among a customer's. Raises NotEnoughDataError when no answer comes from a known customer. Without a scope the
    table is kept, without any id, so that a changed step is answered from it.
    """
    key = ("nps.windows", every, side, settings["months"], settings["start"], settings["end"])
    base = base_of(query, settings, every=every)
    if base.n_unknown == base.n_counted:
        raise NotEnoughDataError("nps.no_known_customers")
    if query.scoped or key not in query.kept:
        first, _ = query.extent()
        reach = query.arrow(
            _REACH, **period_of(query, settings, every=every), months=settings["months"], after=side == "after",
            first=first, beyond=query.day_after_last(),
        )  # fmt: skip
        found = _with_places(_with_sums(reach, query.arrow(_BOUGHT)), side)
    else:
        found = query.kept[key]
    query.lend(name, found)
    if not query.scoped:
        _keep(query, key, found)
    return base


def _with_sums(reach: pa.Table, bought: pa.Table) -> pa.Table:
    """The answers with what was bought in their windows."""
    orders = Orders(*(column.to_numpy() for column in bought.columns))
    ends = (reach[name].to_numpy() for name in ("customer_no", "from_day", "to_day"))
    sums = window_sums(orders, *ends)
    columns = {
        "sales": _money(sums.sales), "n_orders": pa.array(sums.n_orders), "purchases": _money(sums.purchases),
        "margin": _money(sums.margin, sums.n_margin > 0), "several": pa.array(sums.several),
    }  # fmt: skip
    found = reach.drop_columns(["from_day", "to_day"])
    for name, column in columns.items():
        found = found.append_column(name, column)
    return found


def _money(ore: np.ndarray, known: np.ndarray | None = None) -> pa.Array:
    """Whole öre as exact decimals, NULL where not known: Arrow's own form, 128 bits with the sign in the upper half."""
    words = np.column_stack([ore, ore >> 63])
    mask = None if known is None else pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.Array.from_buffers(_MONEY, len(ore), [mask, pa.py_buffer(words)])


def _with_places(found: pa.Table, side: Side) -> pa.Table:
    """The windows with each customer's place and latest answer; a customer's answers stand together, in order."""
    customers, whole = found["customer_no"].to_numpy(), found["whole"].to_numpy()
    begins = np.diff(customers, prepend=-1) != 0
    counted = np.flatnonzero(whole) if side == "after" else np.arange(len(customers))
    latest = np.zeros(len(customers), dtype=bool)
    latest[counted] = np.diff(customers[counted], append=-1) != 0
    columns = {"place": pa.array(np.cumsum(begins, dtype=np.int64) - 1), "latest": pa.array(latest)}
    for name, column in columns.items():
        found = found.append_column(name, column)
    return found


def _keep(query: Query, key: tuple[object, ...], found: pa.Table) -> None:
    """Keep this table, and one earlier at most: at a million answers each takes some ninety megabytes."""
    query.kept.pop(key, None)
    held = [other for other in list(query.kept) if other[0] == key[0]]
    for other in held[: max(0, len(held) + 1 - _KEPT_AT_ONCE)]:
        query.kept.pop(other, None)
    query.kept[key] = found


def early_notes(query: Query, settings: Settings) -> tuple[Note, ...]:
    """A warning where the data begin later than some answers' windows do; asked of table `windows`, side before."""
    early = query.one(_EARLY)[0]
    return (Note("answers_before_data", {"n": early, "months": settings["months"]}, "warning"),) if early else ()
