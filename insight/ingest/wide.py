"""What the rows of a file bring along besides its own table: customers' names and addresses, and a purchase each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from insight.ingest.clues import EXACT, Content, aliases_of, by_header
from insight.ingest.options import ReadOptions
from insight.ingest.schema import TABLES, fold
from insight.result import Message

if TYPE_CHECKING:
    from insight.ingest.mapping import Mapped

FIRST_NAMES = ("fornamn", "firstname", "givenname", "forename", "fnamn", "tilltalsnamn")
LAST_NAMES = ("efternamn", "lastname", "surname", "familyname", "enamn")
_WIDE = ("assignments", "answers", "contacts")


def widen(found: Mapped, labels: Sequence[str], looks: Sequence[Content], options: ReadOptions, spread: bool) -> Mapped:
    """What a row a customer brings along besides: names and addresses of customers, one purchase with its date.

    What the user says of a field of customers or purchases holds here, too.
    """
    free = [at for at, label in enumerate(labels) if label and at not in found.used]
    if found.kind == "customers":
        first = next((at for at in free if fold(labels[at]) in FIRST_NAMES), None)
        last = next((at for at in free if fold(labels[at]) in LAST_NAMES), None)
        if "name" not in found.fields and first is not None and last is not None:
            return replace(found, fields={**found.fields, "name": first}, last_name=last)
        return found
    if found.kind not in _WIDE:
        return found
    told = {
        name: _place(label, labels) if label is not None else -1
        for name, label in options.mapping.items()
        if name not in found.fields
    }
    free = [at for at in free if at not in told.values()]
    customers = {
        f.name: told.get(f.name, at)
        for f in TABLES["customers"].fields
        if f.type == "text" and f.name not in found.fields and f.name != "member_level"
        for at in (*free, *({told[f.name]} if f.name in told else ()))
        if f.name in told or fold(labels[at]) in aliases_of(f)
    }
    customers = {name: at for name, at in customers.items() if at >= 0}
    sales: dict[str, int] = {}
    day = found.fields.get("assigned_on", found.fields.get("sent_at"))
    if day is not None and (spread or found.kind == "assignments"):
        rest = [at for at in free if at not in customers.values()]
        for spec in TABLES["transactions"].fields:
            if spec.name in ("ordered_at", "amount") and told.get(spec.name) != -1:
                hits = (
                    [told[spec.name]]
                    if spec.name in told
                    else [
                        at
                        for at in rest
                        if by_header(spec, labels[at], looks[at])[0] > 0.8 * EXACT and at not in sales.values()
                    ]
                )
                if hits:
                    sales[spec.name] = hits[0]
        if "amount" in sales and looks[sales["amount"]].number > 0.8 and "ordered_at" not in told:
            # A purchase without a day of its own: it came of the mailing, whose day it gets.
            sales.setdefault("ordered_at", day)
    return replace(found, customers=customers, sales=sales if len(sales) == 2 else {})


def _place(label: str, labels: Sequence[str]) -> int:
    """The column of that label; -1 where there is none."""
    return next((at for at, known in enumerate(labels) if fold(known) == fold(label)), -1)


def explained(found: Mapped, labels: Sequence[str]) -> Mapped:
    """The mapping, with a reason for the columns that go elsewhere than to a field of the table itself."""
    choices = list(found.choices)
    for at in found.customers.values():
        choices[at] = replace(choices[at], reason=Message("ingest.reason_customers", {"column": labels[at]}))
    for at in found.sales.values():
        if not choices[at].field:
            choices[at] = replace(choices[at], reason=Message("ingest.reason_sales", {"column": labels[at]}))
    for at, beside in (
        (found.time, "ordered_at"),
        (found.last_name, "name"),
        ((found.pair[1:] or (None,))[0], "amount"),
    ):
        to = found.fields.get(beside, found.fields.get("at", found.fields.get("sent_at")))
        if at is not None and to is not None:
            choices[at] = replace(choices[at], reason=Message("ingest.reason_joined", {"column": labels[to]}))
    return replace(found, choices=tuple(choices))
