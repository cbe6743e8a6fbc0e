"""How well each table explains a file's columns, so that the file is taken for the one that does it best."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from insight.ingest.clues import ASKED, CONTENT, EXACT, NEAR, SPECIFIC, Content, aliases_of
from insight.ingest.schema import TABLES, fold
from insight.ingest.wide import FIRST_NAMES, LAST_NAMES

if TYPE_CHECKING:
    from insight.ingest.mapping import Mapped

_PERSON = frozenset({"name", "email", "phone", "birth_date", "gender", "postcode", "city", "joined_on", "is_member",
                     "member_level", "consent_email", "consent_sms", "consent_post", "household_id",
                     "org_id"})  # fmt: skip
_RUNNING = frozenset({"joined_on", "member_level"})
# 'Senaste köp', 'last purchase': the day of one of many purchases, so the row sums up a customer.
_SUMMED = re.compile(r"senast|forsta|sista|last(?!n)|first|latest|recent")
# 'Senaste order, belopp', 'lifetime value': one sum for a customer, not a sale.
_OF_MANY = r"senast|recent|last(?!n)|lifetime|livstid|ackum|totaltkopt|totalspend|totalspent|snittkop|averageorder"
_NAMES = (*FIRST_NAMES, *LAST_NAMES)
# What says where something happened, in any table: nothing of which table it is.
_BESIDE = ("store", "channel", "category")
_SUBSCRIBED = re.compile(
    r"subscription|abonnemang|prenumeration|forsakringsn|bindningstid|^mrr$|orderinterval|recurring"
    r"|(?:avgift|pris|kostnad|premie|hyra)(?:per)?(?:manad|man|ar)$|(?:manads|ars)(?:avgift|pris|kostnad|premie|hyra)|medlemsavgift|bunde[nt](?:till|tom)"
)
_REDEEMED = re.compile(r"inlos|inlost|redeem|bonuscheck|kupong|coupon|voucher")
_SURVEY = re.compile(r"respon[sd]|survey|enkat|svars|recordeddate|durationinsec")
_CLOCK = re.compile(r"tid$|time$")
_ANY_GROUP = frozenset({"behandling", "treatment", "cell", "grupp", "group", "ab"})
_ORDERS = frozenset(aliases_of(TABLES["transactions"].field("order_id"))) - {"id", "order", "orderid"}
_SOLD = _ORDERS.union(
    alias for name in ("amount", "unit_price", "quantity") for alias in aliases_of(TABLES["transactions"].field(name))
) - {"value", "varde"}
_EACH = 0.9
# What every message has a number of its own for, in the log of a mail system.
_HAPPENED = frozenset({"event", "eventtype", "eventname", "handelse", "handelsetyp", "activity", "activitytype"})
_VOUCHER = re.compile(
    r"^(?:voucher|coupon|kupong|presentkort|gift ?card|vardebevis)s?(?:code|kod|id|nr|nummer|number)$"
)
_MESSAGES = re.compile(r"^(?:message|delivery|send|sending|mailing|utskicks?|broadcast)(?:id|uuid|guid)$")
# What a row of a sale has and a customer has not.
_LINES = frozenset({"order_id", "quantity", "article_id", "article"})


def kind_score(found: Mapped, looks: Sequence[Content], labels: Sequence[str], spread: bool) -> float | None:
    """How well a table explains the columns; None when nothing but a customer and some date speaks for it."""
    score, named = 0.0, 0
    core = found.fields
    for name, at in core.items():
        if name == "customer_id":
            continue
        choice = found.choices[at]
        weight = SPECIFIC.get((found.kind, fold(labels[at])), 0.5)
        score += weight * min(1.0, choice.score / EXACT)
        named += choice.score > 0.98 * NEAR and weight >= 0.3 and name not in _BESIDE
    if spread:
        # Rows made of a set of columns a campaign: mailings, unless each has its sum.
        sums = looks[core["amount"]] if "amount" in core else None
        if found.kind == "transactions" and sums is not None and sums.filled < _EACH * sums.total:
            return None
        score -= 2 * (found.kind == "customers")
        named += found.kind == "contacts" and bool({"channel", "opened", "clicked"} & core.keys())
    if found.kind == "transactions":
        if "customer_id" not in core and "amount" in core and found.choices[core["amount"]].score == CONTENT:
            return None  # neither a customer nor an amount by name: budgets, price lists
        both = [found.choices[core[name]].score for name in ("ordered_at", "amount") if name in core]
        # By their content alone a day and a sum are in many tables.
        sure = 0.5 if min(both) < CONTENT else 1.5 - 0.5 * both.count(CONTENT)
        # A price and how many of it, with neither an order nor a sum: what is subscribed to, not what was bought.
        running = not {"order_id", "amount"} & core.keys() and any(map(is_subscribed, labels))
        return score + sure - (2.5 if running or _is_register(core, looks, labels) else 0)
    if found.kind == "customers":
        ids = looks[core["customer_id"]]
        return score - (2 if ids.filled >= 5 and ids.distinct < 0.8 * ids.filled else 0)
    if not named:
        return None
    if found.kind == "assignments" and "arm" in core:
        arm = core["arm"]
        # A 'Behandling' or 'Grupp' beside a price or an order number is what was bought.
        sold = any(fold(label) in _SOLD and looks[at].filled for at, label in enumerate(labels))
        score += 3 if looks[arm].arms else -3 if sold and fold(labels[arm]) in _ANY_GROUP else 0
    if found.kind == "agreements" and any(map(is_subscribed, labels)):
        # Its days and its status are the agreement's as much as a customer's.
        score += 1.5 if _personal(labels, but=_RUNNING) < 3 else 0
    if found.kind == "rewards" and any(_REDEEMED.search(fold(label)) for label in labels):
        # A day that only a benefit has, 'Utfärdad', or the day it was redeemed, and no order that it was used in.
        only = SPECIFIC.get(("rewards", fold(labels[core["given_on"]])), 0.0) == 1
        ordered = any(fold(label) in _ORDERS for label in labels)
        score += 1.0 * (only or ("redeemed_on" in core and not ordered))
    if found.kind == "agreements" and _CLOCK.search(fold(labels[core["started_on"]])):
        ids = looks[core["customer_id"]]
        if ids.distinct < ids.filled:
            return None  # parked or rented for a while, and again: what was bought
    if found.kind == "agreements" and not core.keys() & {"plan", "fee"} and any(map(_SURVEY.search, map(fold, labels))):
        return None  # a survey tool's StartDate and EndDate
    folded = frozenset(map(fold, labels))
    if found.kind == "contacts" and any(map(_MESSAGES.search, folded)) and not folded & _HAPPENED:
        score += 2
    if found.kind == "answers" and ASKED.search(fold(labels[core["score"]])):
        score += 3
    return score + (1.0 if found.kind in ("answers", "assignments") else 0)


def other_kind(chosen: Mapped, sales: Mapped | None, looks: Sequence[Content], labels: Sequence[str]) -> str | None:
    """What a file of customers or of sales could be as well, whatever speaks for its kind; None where it is plain.

    Customers with a day and a sum by name may be their purchases. Sales to ten customers or more, one each and with
    personal data of several sorts, may be customers.
    """
    if chosen.kind == "customers" and sales is not None and {"ordered_at", "amount"} <= sales.fields.keys():
        sure = min(sales.choices[sales.fields[name]].score for name in ("ordered_at", "amount"))
        return "transactions" if sure > CONTENT else None
    at = chosen.fields.get("customer_id")
    if chosen.kind == "transactions" and at is not None and not chosen.fields.keys() & (_LINES - {"order_id"}):
        for label, look in zip(labels, looks, strict=True):
            if _VOUCHER.search(fold(label)) and look.filled == look.total:
                return "rewards"  # a voucher on every row: vouchers that were given or used
    if chosen.kind != "transactions" or at is None or chosen.fields.keys() & _LINES:
        return None
    ids = looks[at]
    return "customers" if 10 <= ids.filled == ids.distinct and _personal(labels) >= 2 else None


def _personal(labels: Sequence[str], but: frozenset[str] = frozenset()) -> int:
    return sum(bool(known_as(label) & _PERSON - but) or fold(label) in _NAMES for label in labels)


def _is_register(core: Mapping[str, int], looks: Sequence[Content], labels: Sequence[str]) -> bool:
    """A row a customer, with personal data or the last day of many: a register that has a date and a sum too."""
    ids = looks[core["customer_id"]] if "customer_id" in core else None
    summed = "ordered_at" in core and _SUMMED.search(fold(labels[core["ordered_at"]])) is not None
    if summed and ids is not None and 1 < ids.filled == ids.distinct:
        return True
    personal = _personal(labels)
    lines = core.keys() & _LINES
    amount = fold(labels[core["amount"]]) if "amount" in core else ""
    if ids is not None and 1 < ids.filled == ids.distinct and not lines and re.search(_OF_MANY, amount):
        return True
    return ids is not None and ids.filled >= 10 and ids.distinct == ids.filled and personal >= 3 and not lines


def is_subscribed(label: str) -> bool:
    """Whether a header speaks of subscriptions, insurances or what else runs until somebody ends it."""
    return _SUBSCRIBED.search(fold(label)) is not None


def known_as(label: str) -> frozenset[str]:
    """The fields of a customer that a header names."""
    folded = fold(label)
    return frozenset(f.name for f in TABLES["customers"].fields if folded in aliases_of(f))
