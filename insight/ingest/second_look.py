"""A second look at a mapping: what the cells of the columns beside say against the first choice by header."""

import re
from collections.abc import Sequence
from dataclasses import replace

from insight.ingest import one_currency, order_totals, row_kinds
from insight.ingest.clues import CONTENT, NEAR, Content, by_header, contents
from insight.ingest.mapping import COMPANY_IDS, Choice, Mapped
from insight.ingest.options import ReadOptions
from insight.ingest.schema import TABLES, fold
from insight.result import Message

# Fewer rows may well be one customer's.
_SOME = 10
_LAST_ACCOUNT = 9999
_OURS = frozenset({"user", "anvandare", "userid", "anvandarid"})
_FEE = re.compile(
    r"^(?:transaktions|transaction|processing|payment|betal|stripe|paypal|adyen|klarna)*"
    r"(?:fees?|avgift(?:er)?|gebuhr(?:en)?|commission|provision|feetotal|totalfees?)(?:nc|eur|sek|usd|gbp)?$"
)
_VAT = re.compile(r"tax|vat|moms|mwst|skatt|mva|tva")
_AFTER_FEE = re.compile(
    r"^(?:net|netto|netamount|nettobelopp|nettobetrag|auszahlung|payout|utbetalt)(?:eur|sek|usd|gbp)?$"
)
_BEFORE_FEE = re.compile(
    r"^(?:gross|brutto|grossamount|bruttobelopp|bruttobetrag|amount|belopp|betrag)(?:eur|sek|usd|gbp)?$"
)


def second_look(mapped: Mapped, labels: Sequence[str], rows: Sequence[Sequence[str]], options: ReadOptions) -> Mapped:
    """The mapping, with another column where the one chosen can't be it. What the user has said stays."""
    looks = contents(rows, len(labels))
    mapped = _customer(mapped, labels, looks, options)
    mapped = _before_fees(mapped, labels, looks, options)
    mapped = one_currency.converted(mapped, labels, rows, options)
    mapped = order_totals.by_lines(mapped, rows, options)
    return _status(mapped, labels, rows, options)


def give(mapped: Mapped, name: str, at: int, label: str) -> Mapped:
    """The mapping with the field in another column, for its content; the one that had it becomes an attribute."""
    choices = list(mapped.choices)
    held = mapped.fields.get(name)
    if held is not None:
        choices[held] = Choice("", Message("ingest.reason_attribute"), 0.0)
    choices[at] = Choice(name, Message("ingest.reason_content", {"column": label}), CONTENT)
    order = [spec.name for spec in TABLES[mapped.kind].fields]
    fields = {**mapped.fields, name: at}
    placed = {field: fields[field] for field in order if field in fields}
    return replace(mapped, fields=placed, choices=tuple(choices))


def _customer(mapped: Mapped, labels: Sequence[str], looks: Sequence[Content], options: ReadOptions) -> Mapped:
    """A column of ids that is blank, or the same all through (our own account), gives way to one that is neither."""
    at = mapped.fields.get("customer_id")
    if "customer_id" in options.mapping or "customer_id" in options.closed:
        return mapped
    if at is None:
        # An account's code is a subscriber's, unless it is a short number from the books.
        codes = [
            place
            for place, label in enumerate(labels)
            if fold(label) == "accountcode" and place not in mapped.used and not _of_books(looks[place])
        ]
        return give(mapped, "customer_id", codes[0], labels[codes[0]]) if codes else mapped
    blank, same = looks[at].filled == 0, looks[at].distinct == 1 and looks[at].filled >= _SOME
    companies = [
        place
        for place, label in enumerate(labels)
        if fold(label) in COMPANY_IDS and place not in mapped.used and looks[place].distinct > 1
    ]
    if companies and fold(labels[at]) in _OURS and mapped.kind == "transactions":
        # 'Användare' beside 'Företags-ID' is who sold it.
        return give(mapped, "customer_id", companies[0], labels[companies[0]])
    if not (blank or same):
        return mapped
    free = [
        place
        for place, label in enumerate(labels)
        if label
        and place not in mapped.used
        and looks[place].distinct > 1
        and 2 * looks[place].filled > looks[place].total
    ]
    spec = TABLES[mapped.kind].field("customer_id")
    scored = [(by_header(spec, labels[place], looks[place])[0], -place) for place in free if looks[place].email < 0.5]
    best = max(scored, default=(0.0, 0))
    if best[0] > NEAR + 1:
        return give(mapped, "customer_id", -best[1], labels[-best[1]])
    emails = [place for place in free if looks[place].email > 0.9]
    return give(mapped, "customer_id", emails[0], labels[emails[0]]) if emails else mapped


def _of_books(look: Content) -> bool:
    return look.distinct < 2 or (look.number > 0 and look.highest <= _LAST_ACCOUNT)


def _before_fees(mapped: Mapped, labels: Sequence[str], looks: Sequence[Content], options: ReadOptions) -> Mapped:
    """What a payment provider calls net is after its own fee: what the customer paid stands before it."""
    at = mapped.fields.get("amount")
    if mapped.kind != "transactions" or at is None or mapped.pair or "amount" in options.mapping:
        return mapped
    folded = [fold(label) for label in labels]
    if not _AFTER_FEE.search(folded[at]) or not any(map(_FEE.search, folded)) or any(map(_VAT.search, folded)):
        return mapped
    before = [
        place
        for place, text in enumerate(folded)
        if _BEFORE_FEE.search(text) and place not in mapped.used and looks[place].number > 0.5
    ]
    return give(mapped, "amount", before[0], labels[before[0]]) if before else mapped


def _status(mapped: Mapped, labels: Sequence[str], rows: Sequence[Sequence[str]], options: ReadOptions) -> Mapped:
    """Of several columns that say what a row is, the one whose words tell sales from other rows."""
    if mapped.kind != "transactions" or "status" in options.mapping or "status" in options.closed:
        return mapped
    held = mapped.fields.get("status")
    if held is not None and row_kinds.speaks({row[held] for row in rows}):
        return mapped
    for at, label in enumerate(labels):
        if label and at not in mapped.used and row_kinds.may_say(label) and row_kinds.speaks({row[at] for row in rows}):
            return give(mapped, "status", at, label)
        if label and held is None and at not in mapped.used and row_kinds.is_state(label, {row[at] for row in rows}):
            return give(mapped, "status", at, label)
    return mapped
