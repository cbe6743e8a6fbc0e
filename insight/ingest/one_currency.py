"""Which currency a header names, and amounts turned into one currency beside what was paid in the buyer's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from insight.ingest.options import ReadOptions
from insight.ingest.schema import fold
from insight.result import Message

if TYPE_CHECKING:
    from insight.ingest.mapping import Mapped

CODES = (
    "SEK", "EUR", "USD", "GBP", "NOK", "DKK", "ISK", "CHF", "PLN", "CZK", "HUF", "CAD", "AUD", "JPY", "CNY", "INR",
    "RON", "BGN", "NZD", "HKD", "SGD", "MXN", "BRL", "ZAR", "AED", "SAR", "ILS", "THB", "KRW", "RUB", "UAH",
)  # fmt: skip
_FOREIGN = re.compile(r"(?:valuta|currency|wahrung)(?=$|[ei])|foreign|utlandsk|originalbelopp|originalamount")
_RATE = re.compile(r"kurs|rate|kod|code")
_NUMBER = re.compile(r"[-\u2212]?[\d\s.,]*\d")


def crown_of(labels: Sequence[str]) -> str:
    """Whose kroner 'kr' are where the headers are Danish or Norwegian: DKK, NOK, or '' for neither."""
    text = " ".join(labels).lower()
    return "DKK" if re.search(r"beløb|køb", text) else "NOK" if re.search(r"beløp|kjøp|\bmva\b", text) else ""


def currency_in(label: str, labels: Sequence[str] = ()) -> str:
    """The currency that a header names ('Belopp (SEK)', 'amount_eur'), or ''; `labels` say whose kroner 'kr' are."""
    words = "".join(char if char.isalnum() or char in "€$£" else " " for char in label.lower()).split()
    codes = {"kr": crown_of(labels) or "SEK", "kronor": "SEK", "euro": "EUR", "€": "EUR", "$": "USD", "£": "GBP"}
    codes |= {code.lower(): code for code in CODES}
    return next((codes[word] for word in words if word in codes), "")


def converted(mapped: Mapped, labels: Sequence[str], rows: Sequence[Sequence[str]], options: ReadOptions) -> Mapped:
    """The mapping without the currency of each row, where the amount's header says that all are in one.

    Only where rows name several currencies, and another column of numbers is called the amount in the row's own.
    What the user has said of the currency stays.
    """
    at, code_at = mapped.fields.get("amount"), mapped.fields.get("currency")
    told = options.currency or {"currency", "amount"} & options.mapping.keys()
    if mapped.kind != "transactions" or told or at is None or code_at is None or not currency_in(labels[at], labels):
        return mapped
    several = len({row[code_at].strip().upper() for row in rows if row[code_at].strip()}) > 1
    foreign = any(
        _FOREIGN.search(fold(label)) and not _RATE.search(fold(label)) and _numbers(rows, place)
        for place, label in enumerate(labels)
        if place not in (at, code_at)
    )
    if not (several and foreign):
        return mapped
    choices = list(mapped.choices)
    choices[code_at] = replace(choices[code_at], field="", reason=Message("ingest.reason_attribute"), score=0.0)
    fields = {name: place for name, place in mapped.fields.items() if name != "currency"}
    return replace(mapped, fields=fields, choices=tuple(choices), told={**mapped.told, "amount_converted": at})


def _numbers(rows: Sequence[Sequence[str]], at: int) -> bool:
    filled = [row[at].strip() for row in rows if row[at].strip()]
    return bool(filled) and all(_NUMBER.fullmatch(cell) for cell in filled)
