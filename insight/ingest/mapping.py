"""Which table a file is, and which column is which field: from headers and content, with a reason for each."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from insight.errors import IngestError
from insight.ingest import sides, unheaded
from insight.ingest.clues import (
    ASKED,
    CONTENT,
    EXACT,
    NEAR,
    SPECIFIC,
    Content,
    aliases_of,
    by_header,
    contents,
    is_graded,
    time_column,
)
from insight.ingest.kinds import is_subscribed, kind_score, known_as, other_kind
from insight.ingest.options import ReadOptions
from insight.ingest.schema import RECORD_IDS, RESPONDENTS, TABLES, Table, fold
from insight.ingest.wide import explained, widen
from insight.result import Message

_ORDER = (
    "transactions", "answers", "assignments", "rewards", "contacts", "agreements", "events", "identities", "customers",
)  # fmt: skip
_DATES = ("date", "datetime")
_CUSTOMERS = frozenset(
    {"customer", "kund", "client", "kunde", "kunden", "asiakas", "user", "buyer", "kopare", "shopper", "medlem"}
)
# What identifies a customer where nothing is called a customer id, best first.
_STAND_INS = ("household_id", "org_id", "email")
COMPANY_IDS = frozenset(aliases_of(TABLES["customers"].field("org_id"))) | {"hushall", "household", "hushallsnr"}
_LITTLE = 2
# Days of the record, of the payment or of what is still to come: the last to be taken for the day of the sale.
_OTHER_DAYS = re.compile(r"modif|updat|andra[dt]|uppdat|change|forfall|due|payout|utbetal|expir|birth|fodel")
_ENDED = re.compile(r"cancel|avslut|upphor|slut|end(?:ed|date|s)|next|nasta|uppsag")
_PAID = re.compile(r"paid|betal|payment|bokfor|posted")
_MONTHS = 12
_PARTS = (
    (("ar", "year", "forsaljningsar", "kopar"), 1980, 2100), (("manad", "month", "man", "mon"), 1, _MONTHS),
    (("dag", "day"), 1, 31),
)  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """One column's place: a field ('' for an attribute), the reason, and how sure it is (10: the header says so)."""

    field: str
    reason: Message
    score: float


@dataclass(frozen=True)
class Mapped:
    """A table and the columns that make it. fields: field → column index.

    time: the column with the time of day. last_name: the column that belongs behind the first name in `name`.
    parts: the columns of year, month and (if there is one) day that make the date together.
    pair: the columns of debit and credit that make the amount together.
    lacking: a kind of file that this would be but for a date, and the column that speaks for it.
    by_name: customers are told apart by nothing but their names.
    told: what was decided besides, by code, and the column that it is about.
    customers, sales: customer fields, and the date and amount of a purchase, that a wide file brings along.
    """

    kind: str
    reason: Message
    fields: Mapping[str, int]
    choices: tuple[Choice, ...]
    time: int | None = None
    rivals: tuple[str, ...] = ()
    last_name: int | None = None
    parts: tuple[int, ...] = ()
    pair: tuple[int, ...] = ()
    lacking: tuple[str, int] | None = None
    by_name: bool = False
    told: Mapping[str, int] = field(default_factory=dict[str, int])
    customers: Mapping[str, int] = field(default_factory=dict[str, int])
    sales: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def used(self) -> frozenset[int]:
        """The columns that have a place, so that they are no attributes."""
        joined = [*self.parts, *self.pair, *(at for at in (self.time, self.last_name) if at is not None)]
        return frozenset((*self.fields.values(), *self.customers.values(), *self.sales.values(), *joined))


def propose(
    labels: Sequence[str], rows: Sequence[Sequence[str]], options: ReadOptions, has_header: bool, spread: bool = False
) -> Mapped:
    """The table and mapping that suit the file best. With `options.kind` the table is given.

    spread: its rows were made of sets of columns, so that what was bought stands beside each mailing.

    Raises IngestError when a required field has no column (it names the field and the columns found).
    """
    looks = contents(rows, len(labels))
    if options.kind is not None:
        found = _map(TABLES[options.kind], labels, looks, options, has_header)
        missing = _missing(found)
        if missing:
            raise IngestError(
                "ingest.missing_column", field=_names(options.kind, missing), found=_list(labels),
                kind=Message(f"ingest.kind_{options.kind}"),
            )  # fmt: skip
        reason = Message("ingest.kind_recalled" if "kind" in options.recalled else "ingest.kind_told")
        return explained(widen(replace(found, reason=reason), labels, looks, options, spread), labels)
    best: tuple[float, Mapped] | None = None
    rivals: list[tuple[float, str]] = []
    maps: dict[str, Mapped] = {}
    for kind in _ORDER:
        found = _map(TABLES[kind], labels, looks, options, has_header)
        if _missing(found):
            continue
        score = kind_score(found, looks, labels, spread)
        if score is None:
            continue
        rivals.append((score, kind))
        maps[kind] = found
        if best is None or score > best[0]:
            best = (score, found)
    if best is None:
        raise IngestError("ingest.no_kind", found=_list(labels))
    chosen = replace(best[1], lacking=_lacking(best[1], labels, looks, options, has_header))
    known = ", ".join(labels[at] for name, at in chosen.fields.items() if name != "customer_id")
    others = tuple(
        kind for score, kind in sorted(rivals, reverse=True) if kind != chosen.kind and score > best[0] - 0.5
    )
    doubtful = other_kind(chosen, maps.get("transactions"), looks, labels)
    others += (doubtful,) if doubtful and doubtful not in others else ()
    reason = Message("ingest.kind_guessed", {"columns": known})
    if not known:
        reason = Message("ingest.kind_by_id", {"column": labels[chosen.fields["customer_id"]]})
    guessed = replace(chosen, reason=reason, rivals=others)
    return explained(widen(guessed, labels, looks, options, spread), labels)


def _lacking(
    chosen: Mapped, labels: Sequence[str], looks: Sequence[Content], options: ReadOptions, has_header: bool
) -> tuple[str, int] | None:
    """What a register of customers would rather be if it had a date: it has test groups, or answers to a question."""
    if chosen.kind != "customers":
        return None
    for kind, name in (("assignments", "arm"), ("answers", "score")):
        found = _map(TABLES[kind], labels, looks, options, has_header)
        at = found.fields.get(name)
        dates = [f.name for f in TABLES[kind].fields if f.required and f.type in _DATES]
        if at is None or _missing(found) != dates:
            continue
        if found.choices[at].score > 0.9 * EXACT or looks[at].arms or ASKED.search(fold(labels[at])):
            return kind, at
    return None


def is_guess(found: Mapped, labels: Sequence[str]) -> bool:
    """Whether a register of customers is made of nothing but a column that looks like an id."""
    names = [name for name in found.fields if found.choices[found.fields[name]].score > CONTENT]
    return found.kind == "customers" and not names and not known_as(labels[found.fields["customer_id"]])


def unclaimed_dates(found: Mapped, labels: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Dated columns of what was taken for a register of customers by their ids and little else; [] where it is one.

    A day in each row without a place says that the rows may be answers, mailings, agreements or sales.
    """
    if found.kind != "customers" or len(found.fields) > _LITTLE:
        return []
    looks = contents(rows, len(labels))
    return [
        label
        for at, label in enumerate(labels)
        if label and at not in found.used and looks[at].date >= 0.8 and not _OTHER_DAYS.search(fold(label))
    ]


def is_crowded(rows: int, customers: int) -> bool:
    """Whether rows that were guessed to be customers come again so often that most would be lost as duplicates."""
    return rows > 2 * customers + 2


def _list(labels: Sequence[str]) -> str:
    """The labels for a sentence; a hundred at most."""
    named = [label[:60] for label in labels if label]
    return ", ".join(named[:100]) + (" …" if len(named) > 100 else "")


def _names(kind: str, fields: Sequence[str]) -> str:
    return ", ".join(f"{TABLES[kind].field(name).sv} ({TABLES[kind].field(name).en})" for name in fields)


def _missing(found: Mapped) -> list[str]:
    """Required fields without a column. An amount may come from quantity × unit price, an arm from a control flag."""
    lacking = [f.name for f in TABLES[found.kind].fields if f.required and f.name not in found.fields]
    if found.kind == "transactions" and "unit_price" in found.fields and "quantity" in found.fields:
        lacking = [name for name in lacking if name != "amount"]
    if found.kind == "assignments" and "is_control" in found.fields:
        lacking = [name for name in lacking if name != "arm"]
    return lacking


def _map(
    table: Table, labels: Sequence[str], looks: Sequence[Content], options: ReadOptions, has_header: bool
) -> Mapped:
    """The best unique assignment of columns to the fields of one table."""
    taken: dict[str, int] = {}
    choices = [
        Choice("", Message("ingest.reason_attribute" if label else "ingest.reason_empty"), 0.0) for label in labels
    ]
    barred = _told(table, labels, options, taken, choices)
    time = time_column(table, labels, looks, taken.values())
    scored: list[tuple[float, int, str, Message]] = []
    for at, label in enumerate(labels):
        if not label or at == time or choices[at].score >= 2 * EXACT:
            continue
        for rank, spec in enumerate(table.fields):
            if spec.name in barred or spec.name in taken:
                continue
            score, reason = (
                by_header(spec, label, looks[at]) if has_header else (0.0, Message("ingest.reason_attribute"))
            )
            if score > 0:
                scored.append((score - 0.001 * rank, at, spec.name, reason))
    graded = [at for _, at, name, _ in scored if name == "score" and is_graded(looks[at])]
    for score, at, name, reason in sorted(scored, key=lambda item: (-item[0], item[1])):
        if name == "score" and graded and at not in graded:
            continue  # 'Omdöme' in words beside 'Betyg (1–5)' is what was written, not what was scored
        if name not in taken and not choices[at].field and score > 0:
            taken[name] = at
            choices[at] = Choice(name, reason, score)
    _by_content(_Places(table, labels, looks, taken, choices, barred, time), has_header)
    parts = _date_parts(table, labels, looks, options, taken, choices)
    pair = _sides(table, labels, looks, options, taken, choices)
    fields = {spec.name: taken[spec.name] for spec in table.fields if spec.name in taken}
    named = _named_customers(table, labels, looks, taken)
    return Mapped(
        table.name, Message("ingest.kind_told"), fields, tuple(choices), time, parts=parts, pair=pair, by_name=named
    )


def _sides(
    table: Table, labels: Sequence[str], looks: Sequence[Content], options: ReadOptions, taken: dict[str, int],
    choices: list[Choice],
) -> tuple[int, ...]:  # fmt: skip
    """Columns of debit and credit, which make the amount where no column holds it with its sign."""
    if table.name != "transactions" or "amount" in options.mapping or "amount" in options.closed:
        return ()
    pair = sides.columns(labels, [look.filled == 0 or look.number >= 0.5 for look in looks], taken.get("amount"))
    if not pair:
        return ()
    for at in pair:
        held = choices[at].field
        if held:
            taken.pop(held)
        choices[at] = Choice("", Message("ingest.reason_attribute"), 0.0)
    taken["amount"] = pair[0]
    choices[pair[0]] = Choice("amount", Message("ingest.reason_header", {"column": labels[pair[0]]}), EXACT)
    return pair


def _date_parts(
    table: Table, labels: Sequence[str], looks: Sequence[Content], options: ReadOptions, taken: dict[str, int],
    choices: list[Choice],
) -> tuple[int, ...]:  # fmt: skip
    """Columns of year, month and day beside each other, which make the date where no column holds a whole one."""
    name = "ordered_at"
    at = taken.get(name)
    if table.name != "transactions" or name in options.mapping or (at is not None and looks[at].date >= 0.5):
        return ()
    found: list[int] = []
    for words, lowest, highest in _PARTS:
        for place, label in enumerate(labels):
            look = looks[place]
            number = look.whole and lowest <= look.lowest and look.highest <= highest
            if fold(label) in words and (number or (highest == _MONTHS and look.months > 0.95)):
                found.append(place)
                break
        else:
            break
    if len(found) < 2:
        return ()
    if at is not None:
        choices[at] = Choice("", Message("ingest.reason_attribute"), 0.0)
    taken[name] = found[0]
    for place in found:
        held = choices[place].field
        if held and taken.get(held) == place and held != name:
            taken.pop(held)
        choices[place] = Choice(name, Message("ingest.reason_header", {"column": labels[place]}), EXACT)
    return tuple(found)


def _told(
    table: Table, labels: Sequence[str], options: ReadOptions, taken: dict[str, int], choices: list[Choice]
) -> set[str]:
    """The user's own mapping first; fields that the user left out are barred."""
    barred: set[str] = set(options.closed)
    names = {spec.name for spec in table.fields}
    by_label = {label: at for at, label in enumerate(labels)}
    folded = {fold(label): at for at, label in reversed(list(enumerate(labels)))}
    for name, label in options.mapping.items():
        if name not in names:
            continue
        if label is None:
            barred.add(name)
            continue
        at = by_label.get(label, folded.get(fold(label), -1))
        if at < 0:
            raise IngestError("ingest.column_not_found", column=label, found=_list(labels))
        taken[name] = at
        reason = Message("ingest.reason_recalled" if name in options.recalled else "ingest.reason_told")
        choices[at] = Choice(name, reason, 2 * EXACT)
    return barred


class _Places:
    """Which column has which field while a mapping is being made."""

    def __init__(
        self,
        table: Table,
        labels: Sequence[str],
        looks: Sequence[Content],
        taken: dict[str, int],
        choices: list[Choice],
        barred: set[str],
        time: int | None,
    ) -> None:
        self.table, self.labels, self.looks = table, labels, looks
        self.taken, self.choices, self.barred, self.time = taken, choices, barred, time
        self.told = frozenset(name for name, at in taken.items() if choices[at].score >= 2 * EXACT)

    def lacks(self, name: str) -> bool:
        """Whether the field has no column, and the user has not said that it has none."""
        return name not in self.taken and name not in self.barred

    def free(self, at: int) -> bool:
        """Whether a column may be taken: it holds something, and no required field has it."""
        held = self.choices[at].field
        required = bool(held) and self.table.field(held).required
        return bool(self.labels[at]) and at != self.time and self.looks[at].filled > 0 and not required

    def take(self, name: str, at: int) -> None:
        """Give the column to the field, by its content."""
        if self.choices[at].field:
            self.taken.pop(self.choices[at].field, None)
        self.taken[name] = at
        self.choices[at] = Choice(name, Message("ingest.reason_content", {"column": self.labels[at]}), CONTENT)


def _by_content(places: _Places, has_header: bool) -> None:
    """Required fields, and the customer, that no header names: the column whose content is of that kind."""
    for spec in places.table.fields:
        if not spec.required or not places.lacks(spec.name):
            continue
        if spec.type in _DATES:
            dates = [at for at in range(len(places.labels)) if places.free(at) and places.looks[at].date >= 0.8]
            folded = [fold(label) for label in places.labels]
            dates.sort(key=lambda at: [bool(mark.search(folded[at])) for mark in (_OTHER_DAYS, _ENDED, _PAID)])
            # With several, the first: only where the rest of the row says that these are sales.
            priced = "amount" in places.taken or "unit_price" in places.taken
            several = places.table.name == "transactions" and priced and _repeats(places)
            several |= places.table.name == "agreements" and any(is_subscribed(label) for label in places.labels)
            if dates and (len(dates) == 1 or not has_header or several):
                places.take(spec.name, dates[0])
        elif spec.name == "amount" and not ("unit_price" in places.taken and "quantity" in places.taken):
            _amount_by_content(places, has_header)
    _orders_by_content(places)
    _order_called_id(places)
    if places.lacks("customer_id"):
        _customer_by_content(places, has_header)
    elif _named_customers(places.table, places.labels, places.looks, places.taken):
        # 'Customer' with names below it: a number or an e-mail address tells two of the same name apart.
        numbers = [at for at, label in enumerate(places.labels) if _is_number_of_customer(places, at, label)]
        emails = [at for at, look in enumerate(places.looks) if look.email > 0.9 and places.free(at)]
        if (numbers or emails) and "customer_id" not in places.told:
            places.choices[places.taken["customer_id"]] = Choice("", Message("ingest.reason_attribute"), 0.0)
            places.take("customer_id", (*numbers, *emails)[0])


def _is_number_of_customer(places: _Places, at: int, label: str) -> bool:
    """Whether a column is a customer's id by its header and holds no names."""
    look, folded = places.looks[at], fold(label)
    said = by_header(TABLES["customers"].field("customer_id"), label, look)[0] > NEAR
    known = said and folded not in (*_CUSTOMERS, *RECORD_IDS, "id")
    return known and places.free(at) and look.spaced < 0.5 and look.distinct > 1


def _named_customers(table: Table, labels: Sequence[str], looks: Sequence[Content], taken: Mapping[str, int]) -> bool:
    """Whether the customer's column holds names: 'Kund' over first and last names, not over numbers."""
    at = taken.get("customer_id")
    if at is None or table.name == "customers" or fold(labels[at]) not in _CUSTOMERS:
        return False
    return looks[at].spaced > 0.5 and looks[at].number == 0 and looks[at].length > 5


def _orders_by_content(places: _Places) -> None:
    """Order numbers under another name: '#1001' is nothing else, also on lines that leave the order's 'Id' blank."""
    if places.table.name != "transactions":
        return
    held = places.taken.get("order_id")
    marked = [at for at, look in enumerate(places.looks) if places.free(at) and look.marked > 0.9]
    if not marked or places.choices[marked[0]].field:
        return
    named_id = held is not None and fold(places.labels[held]) == "id" and "order_id" not in places.told
    if held is not None and named_id and places.looks[held].filled < places.looks[marked[0]].filled:
        places.choices[held] = Choice("", Message("ingest.reason_attribute"), 0.0)
        places.taken.pop("order_id")
    if places.lacks("order_id"):
        places.take("order_id", marked[0])


def _order_called_id(places: _Places) -> None:
    """'ID' beside e-mail addresses in a file of sales is the order's: the customer is the address."""
    at = places.taken.get("customer_id")
    emails = [place for place, look in enumerate(places.looks) if look.email > 0.9 and places.free(place)]
    if places.table.name != "transactions" or at is None or fold(places.labels[at]) != "id" or not emails:
        return
    if "customer_id" in places.told or places.looks[at].distinct < places.looks[at].filled:
        return
    places.take("customer_id", emails[0])
    places.choices[at] = Choice("", Message("ingest.reason_attribute"), 0.0)
    if places.lacks("order_id"):
        places.take("order_id", at)


def _repeats(places: _Places) -> bool:
    """Whether rows are purchases and not customers: they have order numbers, or customers that come again."""
    at = places.taken.get("customer_id")
    return "order_id" in places.taken or (at is not None and places.looks[at].distinct < places.looks[at].filled)


def _amount_by_content(places: _Places, has_header: bool) -> None:
    if "unit_price" in places.taken and places.lacks("quantity"):
        # A price and no number of pieces: what was paid.
        places.take("amount", places.taken["unit_price"])
        return
    looks = enumerate(places.looks)
    plain = [at for at, look in looks if look.number >= 0.8 and not look.leading_zero and look.date < 0.5]
    numbers = [at for at in plain if places.free(at) and not places.choices[at].field]
    sharp = [at for at in numbers if places.looks[at].decimals > 0.3]
    if not has_header and numbers:
        places.take("amount", (sharp or numbers)[-1])
    elif len(sharp) == 1:
        places.take("amount", sharp[0])


def _customer_by_content(places: _Places, has_header: bool) -> None:
    """The customer, where no header says so: a stand-in (household, company, e-mail), else what looks like an id."""
    customers = places.table.name == "customers"
    if customers:
        for name in _STAND_INS:
            if name in places.taken:
                places.take("customer_id", places.taken[name])
                return
    companies = [
        at
        for at, label in enumerate(places.labels)
        if fold(label) in COMPANY_IDS and places.free(at) and places.looks[at].distinct > 1
    ]
    if companies and has_header:
        places.take("customer_id", companies[0])
        return
    people = [at for at, look in enumerate(places.looks) if look.email > 0.9 and places.free(at)]
    # Who answered, by the survey's own numbers, where nothing else says it.
    people += [at for at, label in enumerate(places.labels) if fold(label) in RESPONDENTS and places.free(at)]
    if people and has_header:
        places.take("customer_id", people[0])
        return
    if has_header and not customers:
        return
    found: list[int] = []
    for at, look in enumerate(places.looks):
        plain = look.date < 0.5 and look.decimals < 0.3 and look.length <= 40 and look.wordy < 0.5
        # Without a header, words and numbers that come again are no register: a log, a script, a letter.
        if not has_header and (look.spaced >= 0.5 or (customers and look.distinct < 0.9 * look.filled)):
            continue
        many = look.whole or look.distinct > 0.05 * look.filled
        key = at == 0 and look.distinct == look.filled and (look.whole or look.number == 0)
        other = fold(places.labels[at]) in _OTHER_THINGS or unheaded.is_group(places.labels[at])
        suits = plain and many and not other and (key or not has_header)
        if suits and places.free(at) and not places.choices[at].field:
            found.append(at)
    if found:
        places.take("customer_id", found[0] if customers else unheaded.customer(found, places.looks))


_OTHER_THINGS = frozenset(alias for (name, alias) in SPECIFIC if name != "customers")
