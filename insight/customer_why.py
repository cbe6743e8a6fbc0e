"""Why a customer is in a segment: the customer's own figures against the bounds of the rule, in words."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from insight.analysis import registry
from insight.analysis.rfm import read_map
from insight.analysis.segmenting import OUTSIDE
from insight.customer_life import NONE
from insight.result import Message, Result
from insight.settings import Settings
from insight.stats.rfm import DEFAULT_SEGMENTS, OTHERS
from insight.workspace.engine import Query, money

RFM, VALUE, LIFECYCLE, NEXT_STEP = "segments.rfm", "segments.value_tiers", "segments.lifecycle", "ladder.next_step"
_SCORES = (("r", "days_since_last", "days"), ("f", "n_orders", "orders"), ("m", "sales", "money"))


def members(query: Query, key: str, chosen: Mapping[str, str]) -> tuple[pa.Table, Settings]:
    """Everybody's row in an analysis' list, and the settings in force. Raises InsightError where it cannot be made."""
    analysis = registry.find(key)
    assert analysis.members is not None
    settings = registry.settings_for(query, analysis, chosen)
    analysis.members(query, settings)
    return query.arrow("SELECT * FROM members"), settings


def row_of(table: pa.Table, customer_id: str) -> dict[str, Any] | None:
    """A customer's row as plain values; None for a customer who is not there."""
    found = table.filter(pc.field("customer_id") == customer_id)
    return found.slice(0, 1).to_pylist()[0] if found.num_rows else None


def reasons(result: Result, table: pa.Table, row: Mapping[str, Any], settings: Settings) -> list[Message]:
    """The sentences that say why this row stands in its segment; the rule itself is the answer's own."""
    if row["segment"] in OUTSIDE:
        return [Message(f"card.why.{row['segment']}")]
    if result.key == RFM:
        return _rfm(table, row, settings)
    if result.key == VALUE:
        return _value(result, row, settings)
    if result.key == LIFECYCLE:
        return _lifecycle(row, settings)
    return []


def _rfm(table: pa.Table, row: Mapping[str, Any], settings: Settings) -> list[Message]:
    """Each score with the customer's figure and the figures that give that score; then what the segment asks for."""
    found: list[Message] = []
    for score, column, unit in _SCORES:
        same = table.filter(pc.field(score) == row[score])[column].cast(pa.float64()).to_numpy()
        low, high = float(same.min()), float(same.max())
        values: dict[str, object] = {"score": row[score], "value": row[column], "low": low, "high": high}
        if unit == "money":
            values |= {name: money(values[name]) for name in ("value", "low", "high")}
        key = f"card.why.rfm_{score}_alone" if low == high else f"card.why.rfm_{score}"
        found.append(Message(key, values))
    rules = {rule.key: rule for rule in (read_map(settings["map"]) if settings["map"] else DEFAULT_SEGMENTS)}
    if row["segment"] == OTHERS or row["segment"] not in rules:
        return [*found, Message("card.why.rfm_others")]
    rule = rules[row["segment"]]
    limits = {
        name: _range(low, high)
        for name, (low, high) in zip("rfm", (rule.recency, rule.frequency, rule.money), strict=True)
    }
    return [*found, Message("card.why.rfm_rule", {"segment": row["segment"], **limits})]


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}–{high}"


def _value(result: Result, row: Mapping[str, Any], settings: Settings) -> list[Message]:
    """What the customer bought for, where the tier begins, and where the one above does."""
    if row["segment"] == "no_net":
        return [Message("card.why.no_net", {"sales": money(row["sales"])})]
    least = dict(zip(result.table["segment"], result.table["least"], strict=True))
    order = [key for key in result.table["segment"] if key in least and least[key] is not None]
    counted: str = settings["basis"]
    column = {"sales": "sales", "margin": "margin", "orders": "n_orders"}[counted]
    value = row[column] if counted == "orders" else money(row[column])
    form = "orders" if counted == "orders" else "money"
    values: dict[str, object] = {
        "value": value, "least": least.get(row["segment"]), "segment": row["segment"],
        "basis": Message(f"segments.basis.{counted}"),
    }  # fmt: skip
    found = [Message(f"card.why.tier_{form}", values)]
    place = order.index(row["segment"]) if row["segment"] in order else 0
    if place:
        above = {"segment": order[place - 1], "least": least[order[place - 1]]}
        found.append(Message(f"card.why.tier_above_{form}", above))
    return found


def _lifecycle(row: Mapping[str, Any], settings: Settings) -> list[Message]:
    """The days that decide, beside the bounds in days."""
    days = {name: settings[name] for name in ("new_days", "active_days", "lost_days")}
    return [Message(f"card.why.{row['segment']}", {**days, "days": row["days_since_last"], "first": row["first_on"]})]


def next_step(row: Mapping[str, Any] | None, counted: str) -> list[Message]:
    """Where the customer stands on the ladder and what the next step takes, in money and purchases."""
    if row is None or row["step"] == NONE:
        return [Message("card.next.none")]
    found = [Message("card.next.stands", {"step": row["step"]})]
    if row["to_next"] is None:
        found.append(Message("card.next.top"))
    elif counted == "orders":
        found.append(Message("card.next.orders", {"n": int(row["to_next"])}))
    else:
        left = row["purchases_left"]
        key = "card.next.money" if left is None else "card.next.money_one" if left == 1 else "card.next.money_n"
        receipt = None if row["usual_receipt"] is None else money(row["usual_receipt"])
        found.append(Message(key, {"missing": money(row["to_next"]), "n": left, "receipt": receipt}))
    if row["fall"] == "slipping_step":
        found.append(Message("card.next.falls"))
    return found
