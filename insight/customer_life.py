"""One customer's life on one time line: all that the tables tell with a date, and the rhythm of the purchases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import median
from typing import Any, Literal

import pandas as pd

from insight.analysis import registry
from insight.result import Basis, Message, Result
from insight.settings import add_months
from insight.workspace.engine import Query, money

Kind = Literal[
    "purchase", "return", "step_up", "step_down", "answer", "reward", "message", "test", "agreement", "membership",
    "event",
]  # fmt: skip
# From the top of the time line down: money first, then what it led to, then what was done.
KINDS: tuple[Kind, ...] = (
    "purchase", "return", "step_up", "step_down", "answer", "reward", "message", "test", "agreement", "membership",
    "event",
)  # fmt: skip
# A time line is for eyes: of a customer with more of one kind the latest stand there, and the page says so.
MOST = 400
NONE = "none"
HISTORY = "ladder.history"
# The ladder tells a dozen dates at a time.
_DOZEN, _DOZENS = 12, 8
_LEAST_GAPS = 2

_ORDERS = """
    SELECT ordered_on, sales, n_lines, store, channel, is_return FROM orders
    WHERE customer_id = $customer ORDER BY ordered_on DESC, order_key DESC LIMIT $most
"""
_MESSAGES = """
    SELECT cast(sent_at AS DATE) AS sent_on, channel, message_type, opened, clicked, opted_out
    FROM contacts WHERE customer_id = $customer ORDER BY sent_at DESC LIMIT $most
"""
_ANSWERS = """
    SELECT answered_on, score, touchpoint, wave, comment
    FROM answers WHERE customer_id = $customer ORDER BY answered_on DESC LIMIT $most
"""
_TESTS = """
    SELECT assigned_on, test, arm, channel, is_control
    FROM assignments WHERE customer_id = $customer ORDER BY assigned_on DESC LIMIT $most
"""
_REWARDS = """
    SELECT given_on, kind, value, redeemed_on
    FROM rewards WHERE customer_id = $customer ORDER BY given_on DESC LIMIT $most
"""
_EVENTS = """
    SELECT cast("at" AS DATE) AS happened_on, kind, step, channel
    FROM events WHERE customer_id = $customer ORDER BY "at" DESC LIMIT $most
"""
_AGREEMENTS = """
    SELECT started_on, ended_on, plan, fee
    FROM agreements WHERE customer_id = $customer ORDER BY started_on DESC LIMIT $most
"""
_MEMBERSHIP = """
    SELECT min(joined_on) AS joined_on, max(left_on) AS left_on, min(leave_reason) AS leave_reason
    FROM customers WHERE customer_id = $customer
"""
_DAYS = """
    SELECT DISTINCT ordered_on FROM orders WHERE customer_id = $customer AND NOT is_return ORDER BY ordered_on
"""
_STEPS = "SELECT at_date, step FROM members WHERE customer_id = $customer"


@dataclass(frozen=True)
class Happening:
    """Something on a day. what: a sentence; amount: its money, if any; until: the last day of what lasts.

    tone: 1 good, -1 bad, 0 neither (an answer's, a step's). comment: what the customer wrote; personal.
    """

    on: date
    kind: Kind
    what: Message
    amount: Decimal | None = None
    until: date | None = None
    tone: int = 0
    comment: str = ""


@dataclass(frozen=True)
class Rhythm:
    """How often a customer buys: days between purchase days. usual: the median; at least half of the gaps lie in
    [low, high], the gaps at or outside their quartiles.

    All None with fewer than two gaps. expected_on: the last purchase day and the usual gap; overdue: days past it at
    `as_of`, below 0 while it is still to come.
    """

    n_gaps: int
    days_since_last: int | None
    usual: float | None = None
    low: int | None = None
    high: int | None = None
    expected_on: date | None = None
    overdue: int | None = None


def rhythm(days: Sequence[date], as_of: date) -> Rhythm:
    """The rhythm of purchases on these days (rising, each once), seen from `as_of`."""
    since = (as_of - days[-1]).days if days else None
    gaps = sorted((later - earlier).days for earlier, later in pairwise(days))
    if len(gaps) < _LEAST_GAPS:
        return Rhythm(len(gaps), since)
    usual = float(median(gaps))
    low, high = gaps[(len(gaps) - 1) // 4], gaps[-1 - (len(gaps) - 1) // 4]
    expected = days[-1] + timedelta(days=round(usual))
    return Rhythm(len(gaps), since, usual, low, high, expected, (as_of - expected).days)


def purchase_days(query: Query, customer_id: str) -> list[date]:
    """The days on which the customer bought, rising."""
    return [row[0] for row in query.rows(_DAYS, customer=customer_id)]


def steps(query: Query, customer_id: str, chosen: Mapping[str, str], end: date) -> list[tuple[date, str]]:
    """The customer's step at the first of every month that the ladder can tell, rising; 'none' is no step.

    The query must be scoped to the customer; `chosen` must name the bounds, which are proposed from everybody's sums.
    """
    analysis = registry.find(HISTORY)
    assert analysis.members is not None
    known = {setting.name for setting in analysis.settings}
    asked = {name: value for name, value in chosen.items() if name in known and name not in ("start", "end", "grain")}
    found: dict[date, str] = {}
    for _ in range(_DOZENS):
        settings = registry.settings_for(query, analysis, {**asked, "grain": "month", "end": end.isoformat()})
        analysis.members(query, settings)
        before = len(found)
        found |= {day: str(step) for day, step in query.rows(_STEPS, customer=customer_id)}
        if len(found) < before + _DOZEN:
            break
        end = add_months(min(found), 1)
    return sorted(found.items())


def moves(standing: Sequence[tuple[date, str]], order: Sequence[str]) -> list[Happening]:
    """Steps up and down between the dates; `order` is the ladder from its lowest step. Where one begins is no move."""
    rank = {step: place for place, step in enumerate((NONE, *order))}
    found: list[Happening] = []
    for (_, was), (day, now) in pairwise(standing):
        if rank.get(now, 0) != rank.get(was, 0):
            up = rank.get(now, 0) > rank.get(was, 0)
            key = "card.life.step" if now != NONE else "card.life.off_ladder"
            values = {"was": was, "now": now}
            found.append(Happening(day, "step_up" if up else "step_down", Message(key, values), tone=1 if up else -1))
    return found


def happenings(query: Query, customer_id: str) -> list[Happening]:
    """All that the tables tell of a customer, newest first; of each kind at most the latest `MOST`."""
    found: list[Happening] = []
    for tell in (_orders, _messages, _answers, _tests, _rewards, _events, _agreements, _membership):
        found += tell(query, customer_id)
    return newest_first(found)


def newest_first(found: Sequence[Happening]) -> list[Happening]:
    """By day, the latest first; on one day in the order of the kinds."""
    place = {kind: number for number, kind in enumerate(KINDS)}
    return sorted(found, key=lambda one: (-one.on.toordinal(), place[one.kind]))


def _orders(query: Query, customer_id: str) -> list[Happening]:
    found: list[Happening] = []
    for day, sales, n_lines, store, channel, is_return in query.rows(_ORDERS, customer=customer_id, most=MOST):
        values = {"place": _joined(store, channel), "n": int(n_lines)}
        kind: Kind = "return" if is_return else "purchase"
        key = f"card.life.{kind}" if values["place"] else f"card.life.{kind}_plain"
        found.append(Happening(day, kind, Message(key, values), money(sales), tone=-1 if is_return else 0))
    return found


def _messages(query: Query, customer_id: str) -> list[Happening]:
    found: list[Happening] = []
    for day, channel, kind, opened, clicked, out in query.rows(_MESSAGES, customer=customer_id, most=MOST):
        answer = "opted_out" if out else "clicked" if clicked else "opened" if opened else ""
        values: dict[str, object] = {"what": _joined(kind, channel) or Message("card.kind.message")}
        key = f"card.life.message_{answer}" if answer else "card.life.plain"
        found.append(Happening(day, "message", Message(key, values), tone=-1 if out else 0))
    return found


def _answers(query: Query, customer_id: str) -> list[Happening]:
    found: list[Happening] = []
    for day, score, touchpoint, wave, comment in query.rows(_ANSWERS, customer=customer_id, most=MOST):
        place = _joined(touchpoint, wave)
        key = "card.life.answer_at" if place else "card.life.answer"
        tone = 1 if score >= 9 else -1 if score <= 6 else 0
        values = {"score": Decimal(str(score)), "place": place}
        found.append(Happening(day, "answer", Message(key, values), tone=tone, comment=str(comment or "")))
    return found


def _tests(query: Query, customer_id: str) -> list[Happening]:
    rows = query.rows(_TESTS, customer=customer_id, most=MOST)
    return [
        Happening(day, "test", Message("card.life.test" if test else "card.life.plain", {
            "test": str(test or ""), "arm": str(arm), "what": str(arm),
        }))
        for day, test, arm, _, _ in rows
    ]  # fmt: skip


def _rewards(query: Query, customer_id: str) -> list[Happening]:
    found: list[Happening] = []
    for day, kind, value, redeemed in query.rows(_REWARDS, customer=customer_id, most=MOST):
        what = str(kind) if kind else Message("card.kind.reward")
        amount = None if value is None else money(value)
        key = "card.life.reward_used" if redeemed else "card.life.reward_unused"
        found.append(
            Happening(day, "reward", Message(key, {"what": what, "day": redeemed}), amount, tone=1 if redeemed else 0)
        )
    return found


def _events(query: Query, customer_id: str) -> list[Happening]:
    rows = query.rows(_EVENTS, customer=customer_id, most=MOST)
    return [
        Happening(day, "event", Message("card.life.plain", {"what": _joined(kind, step, channel)}))
        for day, kind, step, channel in rows
    ]


def _agreements(query: Query, customer_id: str) -> list[Happening]:
    found: list[Happening] = []
    for started, ended, plan, fee in query.rows(_AGREEMENTS, customer=customer_id, most=MOST):
        what = str(plan) if plan else Message("card.kind.agreement")
        key = "card.life.agreement_ended" if ended else "card.life.agreement"
        amount = None if fee is None else money(fee)
        message = Message(key, {"what": what, "day": ended})
        found.append(Happening(started, "agreement", message, amount, until=ended, tone=-1 if ended else 0))
    return found


def _membership(query: Query, customer_id: str) -> list[Happening]:
    joined, left, reason = query.one(_MEMBERSHIP, customer=customer_id)
    found = [Happening(joined, "membership", Message("card.life.joined"))] if joined else []
    if left:
        key = "card.life.left_because" if reason else "card.life.left"
        found.append(Happening(left, "membership", Message(key, {"reason": str(reason or "")}), tone=-1))
    return found


def _joined(*parts: Any) -> str:
    """What is known of several words, with commas between; what says the same twice (Webb, webb) once."""
    told: dict[str, str] = {}
    for part in parts:
        if part:
            told.setdefault(str(part).casefold(), str(part))
    return ", ".join(told.values())


def as_result(found: Sequence[Happening], labels: Mapping[str, str]) -> Result:
    """The time line as a table for a figure: a row a happening, oldest first; `what` holds its sentence (a Message)."""
    rows = list(reversed(found))
    table = pd.DataFrame({
        "on": [one.on for one in rows], "until": [one.until for one in rows], "kind": [one.kind for one in rows],
        "what": [one.what for one in rows], "amount": [one.amount for one in rows], "tone": [one.tone for one in rows],
    })  # fmt: skip
    return Result(
        key="customer.card",
        headline=Message("card.life.title"),
        metrics={},
        table=table,
        units={"on": "date", "until": "date", "kind": "text", "what": "text", "amount": "money", "tone": "number"},
        basis=Basis(rows[0].on if rows else None, None, len(rows)),
        labels=labels,
    )
