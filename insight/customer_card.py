"""One customer's card: facts, what the customer file says, and the whole life on one time line.

Not in the registry of analyses, since a card is never linked, exported with a deck or run by a nightly job.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from insight.customer_life import Happening, Rhythm, happenings, purchase_days, rhythm
from insight.errors import NotEnoughDataError
from insight.ingest.schema import TABLES
from insight.workspace.engine import Query, money

_FACTS = """
    SELECT first_order_on, last_order_on, n_orders, n_returns, sales, margin, main_store, main_channel
    FROM customer_facts WHERE customer_id = $customer
"""
_OTHER_IDS = "SELECT own_id FROM persons WHERE customer_id = $customer ORDER BY own_id"
# Fields that say who somebody is, beyond those that the schema marks.
_TELLING = frozenset(("city", "org_id", "org_name", "household_id", "workplace_id"))


@dataclass(frozen=True)
class Card:
    """One customer. Money is exact.

    as_of: the day after the last transaction of the data. known: the customer file's fields that hold something, by
    field name; attributes: other columns of that file by their label; personal: which of both say who somebody is.
    life: all that is known with a date, newest first. other_ids: further ids that the files know the person by.
    """

    customer_id: str
    as_of: date | None
    first_order_on: date | None
    last_order_on: date | None
    n_orders: int
    n_returns: int
    sales: Decimal
    margin: Decimal | None
    main_store: str | None
    main_channel: str | None
    rhythm: Rhythm
    known: Mapping[str, object] = field(repr=False)
    attributes: Mapping[str, str] = field(repr=False)
    personal: frozenset[str] = field(repr=False)
    life: Sequence[Happening] = field(repr=False)
    other_ids: tuple[str, ...] = field(default=(), repr=False)

    @property
    def receipt(self) -> Decimal | None:
        """Sales per purchase, after returns."""
        return money(self.sales / self.n_orders) if self.n_orders else None


def card(query: Query, customer_id: str) -> Card:
    """All that the workspace holds of a customer. Raises NotEnoughDataError for an id that is not there."""
    facts = query.rows(_FACTS, customer=customer_id)
    if not facts:
        raise NotEnoughDataError("error.empty_scope")
    first, last, n_orders, n_returns, sales, margin, store, channel = facts[0]
    known, attributes, personal = _known(query, customer_id)
    as_of = query.day_after_last() if query.count("transactions") else None
    days = purchase_days(query, customer_id)
    return Card(
        customer_id, as_of, first, last, int(n_orders), int(n_returns), money(sales),
        None if margin is None else money(margin), store, channel, rhythm(days, as_of or date.max),
        known, attributes, personal, happenings(query, customer_id),
        tuple(str(row[0]) for row in query.rows(_OTHER_IDS, customer=customer_id)),
    )  # fmt: skip


def _known(query: Query, customer_id: str) -> tuple[dict[str, object], dict[str, str], frozenset[str]]:
    frame = query.frame("SELECT * FROM customers WHERE customer_id = $customer LIMIT 1", customer=customer_id)
    if frame.empty:
        return {}, {}, frozenset()
    row = frame.iloc[0]
    fields = [one for one in TABLES["customers"].fields if one.name != "customer_id"]
    known = {one.name: row[one.name] for one in fields if row[one.name] is not None and row[one.name] == row[one.name]}
    labels = query.rows("SELECT column_name, label FROM attributes WHERE table_name = 'customers'")
    others = {
        label: str(row[column]) for column, label in labels if column in frame.columns and row[column] is not None
    }
    return known, others, _TELLING | {one.name for one in fields if one.personal} | _recognised(query)


def _recognised(query: Query) -> set[str]:
    """Labels of columns that were recognised as names, addresses and the like when their file was read."""
    reports = [json.loads(row[0]) for row in query.rows("SELECT report FROM files")]
    return {column["label"] for report in reports for column in report["columns"] if column["personal"]}
