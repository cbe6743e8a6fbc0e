"""What speaks for a column being a field: its header, and what its cells look like."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from insight.ingest.cells import MONTHS, kind_of
from insight.ingest.consents import consent_of, names_channel, refused_of
from insight.ingest.schema import TABLES, Field, Table, fold, spelled
from insight.result import Message

EXACT, NEAR, CONTENT = 10.0, 5.0, 2.0
_BRACKETS = re.compile(r"[\(\[{].*?[\)\]}]")
# Longer labels are cut where this pattern looks at them: an endless one would cost the square of its length.
_LONGEST_LABEL = 300
_TIME_OF_DAY = re.compile(r"^(?:kl\.?\s*)?\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:\s*[ap]m)?$", re.IGNORECASE)
_TIME_WORDS = ("tid", "time", "klock")
_DATES = ("date", "datetime")
_NUMBERS = ("money", "price", "number", "integer", "score")
# The question that a score answers, as a header.
ASKED = re.compile(
    r"rekommend|recommend|sannolikt|likely|likelihood|hurnojd|betyg|^nps|npsscore|npsbetyg"
    r"|sannsynlig|sandsynlig|anbefal|weiterempf|empfehlen|wahrscheinlich|suosittel|todennakois|recommander"
)
# Of several questions the one that NPS is counted from, before columns called no more than rating or stars.
_NPS = re.compile(r"rekommend|recommend|anbefal|weiterempf|empfehlen|suosittel")
_YEARS = frozenset({"birth_date", "child_birth_date", "joined_on", "left_on"})
_MONTH = re.compile(r"(?:19|20)\d{2}[-/](?:0[1-9]|1[0-2])")
_SIX = re.compile(r"\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[ tT-]\d\d:?\d\d(?::?\d\d)?)?")
# An answer from 0 to 10 with words behind it: '9 - mycket troligt', '10 (extremely likely)'.
_GRADED = re.compile(r"(?:10|\d)(?:[\s.:=)(–-]+\D.*|\s*/\s*10)?")
_INNER = re.compile(r"intern(?:al|t|a)?|unique|unikt?|1[58]digits?")
# What says in a header that it is a day or a time, before or behind the word for what happened.
_AT = re.compile(r"^(?:date|datum)(?:of)?|(?:datetime|timestamp|datum|date|time|tid|dag|day|at|on)(?:utc|gmt|local)?$")
_OTHER_ID = re.compile(
    r"^(?:gammal|gamla|tidigare|extern|annat|old|previous|former|legacy|external)[a-z]*?(?:id|nr|nummer|number|no)$"
)
_TESTED = re.compile(r"test|kontroll|control|grupp|group|variant|holdout|urval")
_ARMS = frozenset(
    {"test", "kontroll", "control", "testgrupp", "kontrollgrupp", "treatment", "behandling", "holdout", "variant"}
)


@dataclass(frozen=True)
class Content:
    """What the sample of a column holds: shares of the filled cells by kind, and a few facts.

    six: cells that can be days as 240131, perhaps with a time. graded: answers from 0 to 10 with words behind.
    wordy: running text. spaced: cells with a blank in them. percent: cells with a percent sign.
    marked: numbers as '#1001'. months: names of months.
    """

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
    arms: bool
    six: float
    graded: float
    wordy: float
    spaced: float
    percent: float
    marked: float
    months: float


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
    plain = [float(cell.replace(",", ".")) for cell in filled if re.fullmatch(r"-?\d{1,16}(?:[.,]\d+)?", cell)]
    months = sum(bool(_MONTH.fullmatch(cell)) for cell in filled)
    dates = kinds.count("date") + max(
        (many for many in (eight, months) if many >= 0.95 * n and len(set(filled)) > 1), default=0
    )
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
        arms=1 < len(set(filled)) <= 12 and any(cell.lower() in _ARMS for cell in set(filled)),
        six=sum(bool(_SIX.fullmatch(cell)) for cell in filled) / n,
        graded=sum(bool(_GRADED.fullmatch(cell)) for cell in filled) / n,
        wordy=sum(len(cell.split(maxsplit=2)) > 2 for cell in filled) / n,
        spaced=sum(" " in cell for cell in filled) / n,
        percent=sum(cell.endswith("%") for cell in filled) / n,
        months=sum(cell.lower().rstrip(".") in MONTHS for cell in filled) / n,
        marked=sum(bool(re.fullmatch(r"#\s?\d+", cell)) for cell in filled) / n,
    )  # fmt: skip


def aliases_of(field: Field) -> tuple[str, ...]:
    """Every folded header that names the field."""
    return (fold(field.name), fold(field.sv), fold(field.en), *field.aliases)


def lies_on_its_side(labels: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the column names stand below each other in the first column instead of in the header."""
    first = [fold(row[0]) for row in rows if row and row[0].strip()]
    known = sum(word in _NAMES for word in first)
    across = sum(fold(label) in _NAMES for label in labels)
    return fold(labels[0]) in _NAMES and known >= 2 and known >= 0.6 * len(first) and across == 1 and len(labels) > 3


def by_header(field: Field, label: str, look: Content) -> tuple[float, Message]:
    """How well a header names a field, weakened where the content is of another type."""
    folded = fold(label)
    aliases = aliases_of(field)
    text = label if folded in aliases else spelled(label)
    folded = fold(text)
    bare = fold(_BRACKETS.sub("", text[:_LONGEST_LABEL]))
    score, reason = 0.0, Message("ingest.reason_attribute")
    if field.type in ("consent", *_DATES) and refused_of(label) and folded not in aliases:
        return score, reason
    money = field.name in ("amount", "unit_price")
    without = _IN_CURRENCY.sub("", _OF_VAT.sub("", folded)) if money else ""
    # 'Köpdat', 'Fakt.dat': the day cut short, as lists of narrow columns do.
    cut = folded + "um" if field.type in _DATES and folded.endswith("dat") else ""
    inner, day = _without_inner(field, folded), _same_day(field, folded, aliases)
    for text, base in (
        (folded, EXACT), (bare, EXACT - 1), (without, EXACT - 1),
        (_OF_VAT.sub("", bare) if money else "", EXACT - 1), (_of_record(field, label), EXACT - 1.2),
        (cut, EXACT - 1), (inner, EXACT - 1),
        (day, EXACT - 1.5), (_last_part(field, label), EXACT - 1.2),
        (_bent(folded) if field.type in ("flag", *_DATES) else "", EXACT - 1),
    ):  # fmt: skip
        if text and text in aliases:
            score, reason = base - 0.02 * aliases.index(text), Message("ingest.reason_header", {"column": label})
            break
    else:
        near = [
            alias
            for alias in aliases
            if alias in folded and _speaks(alias, folded) and not _other_word(field, folded, alias)
        ]
        if field.type == "score" and ASKED.search(folded) and is_graded(look):
            score, reason = (
                EXACT - 0.15 if _NPS.search(folded) else NEAR,
                Message("ingest.reason_near", {"column": label}),
            )
        elif field.name == "other_id" and _OTHER_ID.search(folded):
            score, reason = EXACT - 1.5, Message("ingest.reason_near", {"column": label})
        elif field.name == "arm" and look.arms and _TESTED.search(folded):
            score, reason = EXACT - 1, Message("ingest.reason_near", {"column": label})
        elif field.type == "consent" and consent_of(label) == field.name:
            score = EXACT - (1.5 if names_channel(label) else 1.8)
            reason = Message("ingest.reason_near", {"column": label})
        elif near:
            alias = max(near, key=len)
            if field.name == "is_control" and look.arms:
                return 0.0, reason  # 'Test' and 'Kontroll' are the arms themselves
            score = NEAR * (0.4 + 0.6 * len(alias) / len(folded))
            reason = Message("ingest.reason_near", {"column": label})
    if score and field.name == "amount":
        if score > NEAR + 1 and _WITHOUT_VAT.search(folded):
            score += 2  # before a plain 'Belopp' beside it, which then has its VAT
        score += 0.3 * bool(re.search(r"exkl|exvat|excl|eks|utan|ohne|net|ht$", folded)) - 0.3 * bool(
            re.search(r"inkl|incl|brutto|gross|ttc$", folded)
        )
        score -= bool(_GUESSED.search(folded))  # what came of it stands beside, where it has come
    return score * _suits(field, look), reason


def _without_inner(field: Field, folded: str) -> str:
    """'Customer : Internal ID' is the customer's id; 'Internal ID' alone may be that of any record."""
    plain = _INNER.sub("", folded) if field.type == "id" else ""
    return plain if plain not in ("", "id", folded) else ""


def _of_record(field: Field, label: str) -> str:
    """'invoice_total' is the total of an invoice: what stands behind the name of the record, for a day or a sum."""
    behind = _RECORD.sub("", label[:_LONGEST_LABEL])
    return fold(behind) if field.name in ("ordered_at", "amount") and behind != label else ""


def _last_part(field: Field, label: str) -> str:
    """'Deal - Value' is the deal's value; the id of a deal is no customer's."""
    part = fold(re.split(r"\s-\s|:\s|(?<=[A-Za-z]{4})/(?=[A-Za-z]{4})", label[:_LONGEST_LABEL])[-1])
    return "" if field.name == "customer_id" and part == "id" else part


def _same_day(field: Field, folded: str, aliases: Sequence[str]) -> str:
    """The known header that differs in the word for a day alone: 'Response At' is 'response date'; '' for none."""
    if field.type not in _DATES or not _AT.search(folded):
        return ""
    stem = _AT.sub("", folded)
    if field.name == "ordered_at" and stem == "start":
        return ""  # a parking begins at an hour, an agreement on a day
    return next((alias for alias in aliases if len(stem) > 3 and _AT.sub("", alias) == stem), "")


def _bent(folded: str) -> str:
    """A Swedish participle in its other gender ('uppsagt' → 'uppsagd'), or of a passive ('skickades' → 'skickad')."""
    if folded.endswith("ades"):
        return folded.removesuffix("es")
    return folded[:-1] + ("d" if folded[-1] == "t" else "t") if folded.endswith(("t", "d")) else ""


def is_graded(look: Content) -> bool:
    """Whether cells are answers on a scale of numbers up to ten, with or without words behind them."""
    return look.graded > 0.8 or (look.number > 0.5 and look.highest <= 10)


def names_money(field: Field, label: str) -> bool:
    """Whether a header names that amount outright, with or without words for VAT or a bracket behind it."""
    folded = fold(label)
    texts = (folded, fold(_BRACKETS.sub("", label[:_LONGEST_LABEL])), _OF_VAT.sub("", folded))
    return any(text in aliases_of(field) for text in texts if text)


_VAGUE = frozenset({
    "status", "group", "grupp", "level", "value", "varde", "start", "slut", "plan", "test", "source", "title", "event",
    "order", "items", "units", "state", "total", "orsak", "medium", "system", "bonus", "partner", "price", "pris",
    "belopp", "typ", "type", "storlek", "cost", "kostnad", "points", "poang", "amount", "datum", "point", "enhet",
    "account",
})  # fmt: skip
_FIELD_WORDS = frozenset({
    "namn", "name", "typ", "type", "status", "grupp", "group", "adress", "address", "antal", "land", "ort", "klass",
    "orsak", "reason", "procent", "pct", "%", "andel", "medel", "snitt", "avg", "average", "count", "number", "code",
    "kod",
})  # fmt: skip
_ID_WORDS = ("number", "code")
_IDS = re.compile(r"(?:id|nr|no|num|number|nummer|key|code|kod|ref|reference|referens|uuid|guid|hash|kort|card)$")
_NOT_SALES = re.compile(
    r"tax|moms|skatt|vat|shipp|frakt|freight|porto|discount|rabatt|fee|avgift|balance|saldo|dricks|refund|limit"
    r"|aterstaende|remaining|outstanding|restbelopp|obetal|unpaid|cost|kostnad|inkop|provision|commission|budget|mal|target|prognos|forecast|potential|kvar|skuld|debt|due"
)
# 'ordervärde exkl moms' is the value of an order.
_OF_VAT = re.compile(
    r"(?:in(?:kl?|cl?)|ex(?:kl?|cl?)?|eks(?:kl)?|utan|med|net(?:of)?|fore|efter|ohne|zzgl|hors)[a-z]{0,6}?"
    r"(?:moms|vat|tax(?:es)?|skatt|mva|mwst|ust|tva|btw|alv)|(?:tax|vat|moms)(?:es)?(?:in|ex)(?:kl|cl)(?:uded|usive)?"
)
_WITHOUT_VAT = re.compile(
    r"(?:exk?l?|excl?|eks(?:kl)?|utan|ohne|hors|fore)[a-z]{0,6}?(?:moms|vat|tax|skatt|mva|mwst|tva|btw|alv)"
    r"|(?:tax|vat|moms)ex(?:kl|cl)"
)
# 'Belopp i SEK' is an amount; 'Belopp i valuta' beside it is one that no sum can be made of.
_IN_CURRENCY = re.compile(r"(?<=[a-z])(?:i|in)(?:sek|kr|kronor|svenskakronor|nok|dkk|eur|euro?|usd|gbp|chf)$")
_GUESSED = re.compile(r"^est(?=[a-z]*(?:revenue|value|amount))|estimat|expected|weighted|viktat|forvantat|uppskattat")
_RECORD = re.compile(r"^(?:invoice|order|transaction|charge|sale|faktura)[_ .]", re.IGNORECASE)
_TIMED = ("opened", "clicked", "opted_out", "delivered")
_SOFT = frozenset({"datum", "belopp", "amount", "pris", "price", "kostnad", "cost"})


def _speaks(alias: str, folded: str) -> bool:
    """Whether a known word within a header says enough: most of it, or a telling word of it."""
    if alias in _VAGUE and alias not in _SOFT:
        return False
    return len(alias) >= 5 and len(alias) >= (0.35 if alias in _SOFT else 0.5) * len(folded)


def _other_word(field: Field, folded: str, alias: str) -> bool:
    """'kundnamn' holds 'kund' but speaks of a name: what is left over must not be a field word of its own.

    A customer's id says so: 'kundnrintern', but not 'customernote'. An amount is what was sold for: no tax, no fee.
    """
    rest = folded.replace(alias, "", 1)
    if field.name == "customer_id" and not (_IDS.search(rest) or _IDS.search(alias)):
        return True
    if field.name in ("amount", "unit_price") and _NOT_SALES.search(_OF_VAT.sub("", rest)):
        return True
    words = [word for word in _FIELD_WORDS if len(word) > 3 and not (field.type == "id" and word in _ID_WORDS)]
    return rest in _FIELD_WORDS or any(rest.endswith(word) or rest.startswith(word) for word in words)


def _suits(field: Field, look: Content) -> float:
    """1 where the content can be the field's type, less where it is plainly something else."""
    if look.filled == 0:
        return 0.5
    if field.type in _DATES:
        numeric = 0.5 if look.number > 0.9 and look.date < 0.5 else 0.0
        serial = look.number > 0.9 and look.lowest >= 20_000 and look.highest <= 60_000
        epoch = (
            look.whole
            and look.lowest >= 8e8
            and (look.highest <= 2.2e12 or (look.lowest >= 8e14 and look.highest <= 2.2e15))
        )
        year = field.name in _YEARS and look.whole and look.lowest >= 1900 and look.highest <= 2100
        known = serial or epoch or year or look.six > 0.95
        return 1.0 if look.date >= 0.5 else 0.8 if known else max(0.15, numeric * 0.4, look.date)
    if field.type in _NUMBERS:
        if field.type == "score":
            return 1.0 if look.number >= 0.5 or look.flag == 0 else 0.2
        if field.type in ("money", "price") and look.percent > 0.5:
            return 0.0
        return 1.0 if look.number >= 0.5 and look.date < 0.9 else 0.15
    if field.type == "id":
        return 0.4 if look.email > 0.9 else 0.3 if look.date > 0.9 and not look.whole else 1.0
    if field.type in ("flag", "consent"):
        if look.email > 0.5:
            return 0.0
        if field.name in _TIMED and look.date > 0.5:
            return 1.0  # when it was opened says that it was
        return 0.2 if look.date > 0.5 or look.decimals > 0.5 or (look.distinct > 12 and look.flag < 0.2) else 1.0
    if field.name == "delivery":
        return 0.0 if look.date > 0.5 else 1.0
    if field.name == "vat":
        return 0.0 if look.number > 0.5 else 1.0
    if field.name == "arm":
        return 1.0 if look.distinct <= max(12, look.filled // 3) else 0.2
    if field.name in ("category", "store", "channel", "brand", "status"):
        return 0.3 if look.decimals > 0.5 else 1.0
    return 1.0


def time_column(table: Table, labels: Sequence[str], looks: Sequence[Content], taken: Collection[int]) -> int | None:
    """A column of times of day that belongs to a date column beside it ('Datum', 'Tid')."""
    if not any(field.type == "datetime" for field in table.fields) or not any(look.date > 0.9 for look in looks):
        return None
    for at, (label, look) in enumerate(zip(labels, looks, strict=True)):
        folded = fold(label)
        if look.time > 0.9 and at not in taken and (folded == "kl" or any(word in folded for word in _TIME_WORDS)):
            return at
    return None


def _specificity() -> dict[tuple[str, str], float]:
    """How much an alias speaks for one table: 1 when only one knows it, else shared. Every table has a customer."""
    homes: dict[str, set[str]] = {}
    for table in TABLES.values():
        for field in table.fields:
            for alias in aliases_of(field) if field.name != "customer_id" else ():
                homes.setdefault(alias, set()).add(table.name)
    return {(name, alias): 1 / len(tables) for alias, tables in homes.items() for name in tables}


_NAMES = frozenset(alias for table in TABLES.values() for field in table.fields for alias in aliases_of(field)) - {""}
SPECIFIC: Mapping[tuple[str, str], float] = _specificity()
