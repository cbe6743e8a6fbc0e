"""Which table a file is, and which column is which field: from headers and content, with a reason for each."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from insight.errors import IngestError
from insight.ingest.cells import kind_of
from insight.ingest.options import ReadOptions
from insight.ingest.schema import TABLES, Field, Table, fold
from insight.result import Message

_EXACT, _NEAR, _CONTENT = 10.0, 5.0, 2.0
_BRACKETS = re.compile(r"[\(\[{].*?[\)\]}]")
_TIME_OF_DAY = re.compile(r"^(?:kl\.?\s*)?\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:\s*[ap]m)?$", re.IGNORECASE)
_TIME_LABELS = ("tid", "time", "klock", "kl", "tidpunkt", "timma")
_ORDER = (
    "transactions",
    "answers",
    "assignments",
    "rewards",
    "contacts",
    "agreements",
    "events",
    "identities",
    "customers",
)
_PERSON = frozenset({"name", "email", "phone", "birth_date", "gender", "postcode", "city", "joined_on", "is_member",
                     "member_level", "consent_email", "consent_sms", "consent_post", "household_id",
                     "org_id"})  # fmt: skip
_DATES = ("date", "datetime")
_NUMBERS = ("money", "price", "number", "integer", "score")


@dataclass(frozen=True)
class Content:
    """What the sample of a column holds: shares of the filled cells by kind, and a few facts."""

    filled: int
    total: int
    number: float
    date: float
    email: float
    flag: float
    decimals: float
    time: float
    distinct: int
    whole: bool
    leading_zero: bool
    lowest: float
    highest: float
    length: float

    @property
    def date_like(self) -> float:
        """The share that can be dates, bare 8-digit dates among the numbers included."""
        return self.date


@dataclass(frozen=True)
class Choice:
    """One column's place: a field ('' for an attribute), the reason, and how sure it is (10: the header says so)."""

    field: str
    reason: Message
    score: float


@dataclass(frozen=True)
class Mapped:
    """A table and the columns that make it. fields: field → column index. time: column that holds the time of day."""

    kind: str
    reason: Message
    fields: Mapping[str, int]
    choices: tuple[Choice, ...]
    time: int | None = None
    rivals: tuple[str, ...] = ()


def contents(rows: Sequence[Sequence[str]], width: int) -> list[Content]:
    """A look at each column of sampled rows."""
    return [_content([row[at] for row in rows if at < len(row)]) for at in range(width)]


def _content(cells: Sequence[str]) -> Content:
    filled = [cell.strip() for cell in cells if cell.strip()]
    kinds = [kind_of(cell) for cell in filled]
    n = max(1, len(filled))
    eight = sum(
        bool(re.fullmatch(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:\d{4}|\d{6})?", cell)) for cell in filled
    )
    plain = [float(cell) for cell in filled if re.fullmatch(r"-?\d{1,15}(?:\.\d+)?", cell)]
    dates = kinds.count("date") + (eight if eight >= 0.95 * n and len(set(filled)) > 1 else 0)
    return Content(
        filled=len(filled), total=len(cells),
        number=kinds.count("number") / n, date=dates / n, email=kinds.count("email") / n, flag=kinds.count("flag") / n,
        decimals=sum(
            kind == "number" and bool(re.search(r"\d[.,]\d{1,2}(?!\d)", cell))
            for cell, kind in zip(filled, kinds, strict=True)
        ) / n,
        time=sum(bool(_TIME_OF_DAY.match(cell)) for cell in filled) / n,
        distinct=len(set(filled)),
        whole=bool(filled) and all(cell.isdecimal() for cell in filled),
        leading_zero=any(cell.startswith("0") and len(cell) > 1 and cell.isdecimal() for cell in filled),
        lowest=min(plain, default=0.0), highest=max(plain, default=0.0),
        length=sum(map(len, filled)) / n,
    )  # fmt: skip


def propose(labels: Sequence[str], rows: Sequence[Sequence[str]], options: ReadOptions, has_header: bool) -> Mapped:
    """The table and mapping that suit the file best. With `options.kind` the table is given.

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
        return replace(found, reason=Message("ingest.kind_told"))
    best: tuple[float, Mapped] | None = None
    rivals: list[tuple[float, str]] = []
    for kind in _ORDER:
        found = _map(TABLES[kind], labels, looks, options, has_header)
        if _missing(found):
            continue
        score = _kind_score(found, looks, labels)
        rivals.append((score, kind))
        if best is None or score > best[0]:
            best = (score, found)
    if best is None:
        raise IngestError("ingest.no_kind", found=_list(labels))
    chosen = best[1]
    known = ", ".join(labels[at] for field, at in chosen.fields.items() if field != "customer_id") or "–"
    others = tuple(
        kind for score, kind in sorted(rivals, reverse=True) if kind != chosen.kind and score > best[0] - 0.5
    )
    return replace(chosen, reason=Message("ingest.kind_guessed", {"columns": known}), rivals=others)


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


def _specificity() -> dict[tuple[str, str], float]:
    """How much an alias speaks for one table: 1 when only one knows it, else shared."""
    homes: dict[str, set[str]] = {}
    for table in TABLES.values():
        for field in table.fields:
            for alias in _aliases(field):
                homes.setdefault(alias, set()).add(table.name)
    return {(name, alias): 1 / len(tables) for alias, tables in homes.items() for name in tables}


def _aliases(field: Field) -> tuple[str, ...]:
    return (fold(field.name), fold(field.sv), fold(field.en), *field.aliases)


_SPECIFIC = _specificity()


def _kind_score(found: Mapped, looks: Sequence[Content], labels: Sequence[str]) -> float:
    score = 0.0
    for field, at in found.fields.items():
        if field == "customer_id":
            continue
        choice = found.choices[at]
        weight = _SPECIFIC.get((found.kind, fold(labels[at])), 0.5)
        score += weight * min(1.0, choice.score / _EXACT)
    core = found.fields
    if found.kind == "transactions":
        both = "ordered_at" in core and ("amount" in core or "unit_price" in core)
        sure = all(found.choices[core[name]].score >= _CONTENT for name in ("ordered_at", "amount") if name in core)
        score += 1.5 if both and sure else 0.5
        ids = looks[core["customer_id"]] if "customer_id" in core else None
        personal = sum(bool(_known(labels[at]) & _PERSON) for at in range(len(labels)))
        if (
            ids
            and ids.filled >= 10
            and ids.distinct == ids.filled
            and personal >= 3
            and not core.keys() & {"order_id", "quantity", "article_id", "article"}
        ):
            score -= 2.5
    elif found.kind in ("answers", "assignments"):
        score += 1.0
    return score


def _known(label: str) -> frozenset[str]:
    folded = fold(label)
    return frozenset(field.name for field in TABLES["customers"].fields if folded in _aliases(field))


def _map(
    table: Table, labels: Sequence[str], looks: Sequence[Content], options: ReadOptions, has_header: bool
) -> Mapped:
    """The best unique assignment of columns to the fields of one table."""
    taken: dict[str, int] = {}
    choices = [
        Choice("", Message("ingest.reason_attribute" if label else "ingest.reason_empty"), 0.0) for label in labels
    ]
    barred = _told(table, labels, options, taken, choices)
    time = _time_column(table, labels, looks, taken)
    scored: list[tuple[float, int, str, Message]] = []
    for at, label in enumerate(labels):
        if not label or at == time or choices[at].score >= 2 * _EXACT:
            continue
        for rank, field in enumerate(table.fields):
            if field.name in barred or field.name in taken:
                continue
            score, reason = (
                _by_header(field, label, looks[at]) if has_header else (0.0, Message("ingest.reason_attribute"))
            )
            if score > 0:
                scored.append((score - 0.001 * rank, at, field.name, reason))
    for score, at, name, reason in sorted(scored, key=lambda item: (-item[0], item[1])):
        if name not in taken and not choices[at].field and score > 0:
            taken[name] = at
            choices[at] = Choice(name, reason, score)
    _by_content(table, labels, looks, taken, choices, barred, time, has_header)
    fields = {field.name: taken[field.name] for field in table.fields if field.name in taken}
    return Mapped(table.name, Message("ingest.kind_told"), fields, tuple(choices), time)


def _told(
    table: Table, labels: Sequence[str], options: ReadOptions, taken: dict[str, int], choices: list[Choice]
) -> set[str]:
    """The user's own mapping first; fields that the user left out are barred."""
    barred: set[str] = set()
    names = {field.name for field in table.fields}
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
        choices[at] = Choice(name, Message("ingest.reason_told"), 2 * _EXACT)
    return barred


def _by_header(field: Field, label: str, look: Content) -> tuple[float, Message]:
    """How well a header names a field, weakened where the content is of another type."""
    folded = fold(label)
    bare = fold(_BRACKETS.sub("", label))
    aliases = _aliases(field)
    score, reason = 0.0, Message("ingest.reason_attribute")
    for text, base in ((folded, _EXACT), (bare, _EXACT - 1)):
        if text and text in aliases:
            score, reason = base - 0.02 * aliases.index(text), Message("ingest.reason_header", {"column": label})
            break
    else:
        near = [
            alias for alias in aliases if alias in folded and _speaks(alias, folded) and not _other_word(folded, alias)
        ]
        if near:
            alias = max(near, key=len)
            score = _NEAR * (0.4 + 0.6 * len(alias) / len(folded))
            reason = Message("ingest.reason_near", {"column": label})
    if score and field.name == "amount":
        score += 0.3 * bool(re.search(r"exkl|exvat|exclvat|excl|net", folded)) - 0.3 * bool(
            re.search(r"inkl|incl|brutto|gross", folded)
        )
    return score * _suits(field, look), reason


_VAGUE = frozenset({
    "status", "group", "grupp", "level", "value", "varde", "start", "slut", "plan", "test", "source", "title", "event",
    "order", "items", "units", "state", "total", "orsak", "medium", "system", "bonus", "partner", "price", "pris",
    "belopp", "typ", "type", "storlek", "cost", "kostnad", "points", "poang", "amount", "datum", "point", "enhet",
    "account",
})  # fmt: skip
_FIELD_WORDS = frozenset({
    "namn", "name", "typ", "type", "status", "grupp", "group", "adress", "address", "antal", "land", "ort", "klass",
    "procent", "pct", "%", "andel", "medel", "snitt", "avg", "average", "count", "number",
})  # fmt: skip
_SOFT = frozenset({"datum", "belopp", "amount", "pris", "price", "kostnad", "cost"})


def _speaks(alias: str, folded: str) -> bool:
    """Whether a known word within a header says enough: most of it, or a telling word of it."""
    if alias in _VAGUE and alias not in _SOFT:
        return False
    return len(alias) >= 5 and len(alias) >= (0.35 if alias in _SOFT else 0.5) * len(folded)


def _other_word(folded: str, alias: str) -> bool:
    """'kundnamn' holds 'kund' but speaks of a name: what is left over must not be a field word of its own."""
    rest = folded.replace(alias, "", 1)
    return rest in _FIELD_WORDS


def _suits(field: Field, look: Content) -> float:
    """1 where the content can be the field's type, less where it is plainly something else."""
    if look.filled == 0:
        return 0.5
    if field.type in _DATES:
        numeric = 0.5 if look.number > 0.9 and look.date < 0.5 else 0.0
        serial = look.whole and look.lowest >= 20_000 and look.highest <= 60_000
        epoch = look.whole and look.lowest >= 8e8 and look.highest <= 2.2e12
        return 1.0 if look.date >= 0.5 else 0.8 if serial or epoch else max(0.15, numeric * 0.4, look.date)
    if field.type in _NUMBERS:
        if field.type == "score":
            return 1.0 if look.number >= 0.5 or look.flag == 0 else 0.2
        return 1.0 if look.number >= 0.5 and look.date < 0.9 else 0.15
    if field.type == "id":
        return 0.4 if look.email > 0.9 else 0.3 if look.date > 0.9 and not look.whole else 1.0
    if field.type in ("flag", "consent"):
        return 0.2 if look.date > 0.5 or look.decimals > 0.5 or (look.distinct > 12 and look.flag < 0.2) else 1.0
    if field.name == "arm":
        return 1.0 if look.distinct <= max(12, look.filled // 3) else 0.2
    if field.name in ("category", "store", "channel", "brand", "status"):
        return 0.3 if look.decimals > 0.5 else 1.0
    return 1.0


def _time_column(table: Table, labels: Sequence[str], looks: Sequence[Content], taken: Mapping[str, int]) -> int | None:
    """A column of times of day that belongs to a date column beside it ('Datum', 'Tid')."""
    if not any(field.type == "datetime" for field in table.fields):
        return None
    for at, (label, look) in enumerate(zip(labels, looks, strict=True)):
        if (
            look.time > 0.9
            and at not in taken.values()
            and fold(label).startswith(_TIME_LABELS)
            and any(other.date > 0.9 for other in looks)
        ):
            return at
        if (
            look.time > 0.9
            and at not in taken.values()
            and any(word in fold(label) for word in ("tid", "time", "klock"))
            and any(other.date > 0.9 for other in looks)
        ):
            return at
    return None


def _by_content(
    table: Table, labels: Sequence[str], looks: Sequence[Content], taken: dict[str, int], choices: list[Choice],
    barred: set[str], time: int | None, has_header: bool,
) -> None:  # fmt: skip
    """Required fields (and the customer) that no header names: the one column whose content is of that kind."""

    def free(at: int) -> bool:
        return (
            bool(labels[at])
            and at != time
            and looks[at].filled > 0
            and not (choices[at].field and _required(table, choices[at].field))
        )

    def take(name: str, at: int) -> None:
        if choices[at].field:
            taken.pop(choices[at].field, None)
        taken[name] = at
        choices[at] = Choice(name, Message("ingest.reason_content", {"column": labels[at]}), _CONTENT)

    for field in table.fields:
        if field.name in taken or field.name in barred or not field.required:
            continue
        if field.type in _DATES:
            dates = [at for at in range(len(labels)) if free(at) and looks[at].date >= 0.8]
            if dates and (len(dates) == 1 or not has_header):
                take(field.name, dates[0])
        elif field.name == "amount" and not ("unit_price" in taken and "quantity" in taken):
            numbers = [
                at
                for at in range(len(labels))
                if free(at)
                and looks[at].number >= 0.8
                and not looks[at].leading_zero
                and not choices[at].field
                and looks[at].date < 0.5
            ]
            sharp = [at for at in numbers if looks[at].decimals > 0.3]
            if not has_header and (sharp or numbers):
                take("amount", (sharp or numbers)[-1])
            elif len(sharp) == 1:
                take("amount", sharp[0])
    if "customer_id" not in taken and "customer_id" not in barred and (not has_header or table.name == "customers"):
        for at in range(len(labels)):
            look = looks[at]
            if (
                free(at)
                and not choices[at].field
                and fold(labels[at]) not in _OTHER_THINGS
                and look.date < 0.5
                and look.decimals < 0.3
                and look.length <= 40
                and (look.whole or look.distinct > 0.05 * look.filled)
                and (not has_header or (at == 0 and look.distinct == look.filled and (look.whole or look.number == 0)))
            ):
                take("customer_id", at)
                break
    if "customer_id" not in taken and "customer_id" not in barred and "household_id" in taken:
        take("customer_id", taken["household_id"])


_OTHER_THINGS = frozenset(alias for (name, alias) in _SPECIFIC if name != "customers")


def _required(table: Table, name: str) -> bool:
    return table.field(name).required
