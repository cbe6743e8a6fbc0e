"""One customer's card: facts, purchases over time, orders, and whatever else the tables hold of them.

Not in the registry of analyses, since a card is never linked, exported with a deck or run by a nightly job.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from insight.analysis import registry
from insight.errors import NotEnoughDataError
from insight.ingest.schema import TABLES
from insight.result import Basis, Chart, Message, Result, Unit
from insight.settings import month_start
from insight.workspace.engine import Query, money

SEGMENTATIONS = ("segments.rfm", "segments.value_tiers", "segments.lifecycle")
_ROWS = 50

_FACTS = """
    SELECT first_order_on, last_order_on, n_orders, n_returns, sales, margin, main_store, main_channel
    FROM customer_facts WHERE customer_id = $customer
"""
_MONTHS = """
    SELECT month_no, sales, n_orders FROM customer_months WHERE customer_id = $customer ORDER BY month_no
"""
_OTHER_IDS = "SELECT own_id FROM persons WHERE customer_id = $customer ORDER BY own_id"
_ORDERS = """
    SELECT
        orders.ordered_on, orders.sales, orders.n_lines, orders.store, orders.channel,
        CASE WHEN orders.is_return THEN 'is_return' ELSE 'is_purchase' END AS order_kind
    FROM orders WHERE customer_id = $customer
    ORDER BY ordered_on DESC, order_key DESC LIMIT $most
"""
# Newest first; personal fields (comments) stay out of the card's tables.
_HISTORIES: Mapping[str, str] = {
    "contacts": """
        SELECT cast(sent_at AS DATE) AS sent_on, channel, message_type, opened, clicked
        FROM contacts WHERE customer_id = $customer ORDER BY sent_at DESC LIMIT $most""",
    "answers": """
        SELECT answered_on, score, touchpoint, wave
        FROM answers WHERE customer_id = $customer ORDER BY answered_on DESC LIMIT $most""",
    "assignments": """
        SELECT assigned_on, test, arm, channel
        FROM assignments WHERE customer_id = $customer ORDER BY assigned_on DESC LIMIT $most""",
    "rewards": """
        SELECT given_on, kind, value AS reward_value, redeemed_on
        FROM rewards WHERE customer_id = $customer ORDER BY given_on DESC LIMIT $most""",
    "events": """
        SELECT cast("at" AS DATE) AS happened_on, kind, step, channel
        FROM events WHERE customer_id = $customer ORDER BY "at" DESC LIMIT $most""",
    "agreements": """
        SELECT started_on, ended_on, bound_until, plan, fee
        FROM agreements WHERE customer_id = $customer ORDER BY started_on DESC LIMIT $most""",
}
UNITS: Mapping[str, Unit] = {
    "ordered_on": "date", "sales": "money", "n_lines": "count", "sent_on": "date", "answered_on": "date",
    "score": "score", "assigned_on": "date", "given_on": "date", "reward_value": "money", "redeemed_on": "date",
    "happened_on": "date", "started_on": "date", "ended_on": "date", "bound_until": "date", "fee": "money",
}  # fmt: skip


@dataclass(frozen=True)
class Card:
    """One customer. Money is exact; `histories` holds only tables with rows, newest first, at most 50 rows each.

    known: the customer file's fields that hold something, by field name; attributes: other columns of that file by
    their label. `months` has a row a month from the first to the last purchase: month, sales, n_orders. other_ids:
    further ids that the files know the person by.
    """

    customer_id: str
    first_order_on: date | None
    last_order_on: date | None
    days_since_last: int | None
    n_orders: int
    n_returns: int
    sales: Decimal
    margin: Decimal | None
    main_store: str | None
    main_channel: str | None
    known: Mapping[str, object] = field(repr=False)
    attributes: Mapping[str, str] = field(repr=False)
    months: pd.DataFrame = field(repr=False)
    orders: pd.DataFrame = field(repr=False)
    histories: Mapping[str, pd.DataFrame] = field(repr=False)
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
    known, attributes = _known(query, customer_id)
    histories = {name: query.frame(sql, customer=customer_id, most=_ROWS) for name, sql in _HISTORIES.items()}
    as_of = query.day_after_last() if last else None
    return Card(
        customer_id, first, last, (as_of - last).days if as_of and last else None, int(n_orders), int(n_returns),
        money(sales), None if margin is None else money(margin), store, channel, known, attributes,
        _months(query, customer_id), _filled(query.frame(_ORDERS, customer=customer_id, most=_ROWS)),
        {name: _filled(frame) for name, frame in histories.items() if not frame.empty},
        tuple(row[0] for row in query.rows(_OTHER_IDS, customer=customer_id)),
    )  # fmt: skip


def _filled(frame: pd.DataFrame) -> pd.DataFrame:
    """The columns that hold anything."""
    return pd.DataFrame({name: frame[name] for name in frame.columns if any(cell is not None for cell in frame[name])})


def _known(query: Query, customer_id: str) -> tuple[dict[str, object], dict[str, str]]:
    frame = query.frame("SELECT * FROM customers WHERE customer_id = $customer LIMIT 1", customer=customer_id)
    if frame.empty:
        return {}, {}
    row = frame.iloc[0]
    names = [name.name for name in TABLES["customers"].fields if name.name != "customer_id"]
    known = {name: row[name] for name in names if row[name] is not None and row[name] == row[name]}
    labels = query.rows("SELECT column_name, label FROM attributes WHERE table_name = 'customers'")
    others = {
        label: str(row[column]) for column, label in labels if column in frame.columns and row[column] is not None
    }
    return known, others


def _months(query: Query, customer_id: str) -> pd.DataFrame:
    found = {month: (sales, n) for month, sales, n in query.rows(_MONTHS, customer=customer_id)}
    if not found:
        return pd.DataFrame({"month": [], "sales": [], "n_orders": []})
    months = range(min(found), max(found) + 1)
    return pd.DataFrame(
        {
            "month": [month_start(month) for month in months],
            "sales": [money(found[month][0]) if month in found else money(0) for month in months],
            "n_orders": [int(found[month][1]) if month in found else 0 for month in months],
        }
    )


def purchases(found: Card) -> Result:
    """The customer's sales month by month, to be drawn."""
    return Result(
        key="customer.card",
        headline=Message("ui.card.purchases"),
        metrics={},
        table=found.months,
        units={"month": "date", "sales": "money", "n_orders": "count"},
        basis=Basis(found.first_order_on, None, len(found.months)),
        chart=Chart("columns", x="month", y="sales"),
    )


def members(query: Query, key: str) -> pa.Table:
    """Everybody's segment in a segmentation: customer_id, segment. Raises InsightError where it cannot be made."""
    analysis = registry.find(key)
    assert analysis.members is not None
    analysis.members(query, registry.settings_for(query, analysis, {}))
    return query.arrow("SELECT customer_id, cast(segment AS VARCHAR) AS segment FROM members")


def segment_in(table: pa.Table, customer_id: str) -> str | None:
    """A customer's segment; None for a customer who is in none."""
    found = table.filter(pc.field("customer_id") == customer_id)["segment"]
    return found[0].as_py() if len(found) else None
