"""Personal data in files: which columns hold it, and what is stored instead of a personal number.

A column is recognised by its header and its content together: a header alone is believed when there is nothing to
read, content alone when it can hardly be anything else. The user sees what was recognised, and decides.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from statistics import median
from typing import Literal

from stdnum import luhn

from insight.ingest import person_names
from insight.ingest.schema import TABLES, fold

Kind = Literal["personal_number", "name", "email", "phone", "address", "birth_date", "free_text"]
Sex = Literal["female", "male"]

# 0.35 % of random ten-digit numbers pass date and check digit, so a few right ones by chance mean nothing.
ENOUGH = 20
VALID_SHARE = 0.8
# Without a header this many different values, all of them valid, can't be chance either.
FEW = 5
# Fewer different values than this, repeated, are brands, shops or subject lines rather than people.
VARIOUS = 12
# Longer cells are cut: no kind needs more to be told, and patterns stay quick on hostile cells.
_LONGEST = 300

_PERSONAL = re.compile(r"(\d{2})?(\d{2})(\d{2})(\d{2})\s?([-+]?)\s?(\d{4})")
_EMAIL = re.compile(r"[^@\s;,<>]+@[^@\s;,<>]+\.[^@\s;,.<>]{2,}")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_DATE_LIKE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T].*)?")
_BIRTH = re.compile(
    r"(?P<y>(?:18|19|20)\d{2})[-/. ]?(?P<m>\d{1,2})[-/. ]?(?P<d>\d{1,2})(?:[ T]0?0:00(?::00)?)?"
    r"|(?P<d2>\d{1,2})[-/. ](?P<m2>\d{1,2})[-/. ](?P<y2>(?:18|19|20)\d{2})"
)
_SHORT_BIRTH = re.compile(r"\d{2}[-/.]?\d{2}[-/.]?\d{2}|\d{1,2}[-/. ]+\w+\.?[-/. ]+\d{2,4}")
_PHONE_DIGITS = re.compile(r"\+?\d{6,15}")
_PHONE_SEPARATORS = re.compile(r"[\s\u00a0()/.\-–]")
_PHONE_SURE = re.compile(
    r"(?:\+|00(?=[1-9]\d{1,2}[\s-]))\d[\d\s\u00a0()/.\-–]{7,18}"
    r"|07\d(?:[\s\u00a0-]?\d){7}"
    r"|0\d{1,3}(?:\s?[-/–]\s?|\s)\d{2,3}(?:[\s\u00a0]?\d{2,3}){1,2}"
)
_POSTCODE = re.compile(
    r"(?:[A-Z]{1,2}[- ]?)?\d{3}[ \u00a0]?\d{2}|\d{4,5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", re.IGNORECASE
)
_POSTCODE_SURE = re.compile(r"(?:SE?-)?\d{3}[ \u00a0]\d{2}(?:\s[^\W\d_][\w\s-]*)?")
_STREET = re.compile(
    r"[^\W\d_][\w\s.'’:-]*(?:gatan|gata|vägen|väg|gränd|stigen|stig|torget|torg|backen|allén|allé|plan|gården|gård|kajen|leden"
    r"|platsen|gången|slingan|ringen|promenaden|street|st|road|rd|avenue|ave|lane|ln|drive|dr|square|close|way|court)"
    r"\.?\s+\d{1,4}\s?[A-Za-z]?\b.*"
    r"|\d{1,5}\s+[^\W\d_][\w\s.'’-]*\s(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|square|close|way|court)\b.*",
    re.IGNORECASE,
)  # fmt: skip
_ANY_ADDRESS = re.compile(r"(?=.*\d)(?=.*[^\W\d_]{3})[\w\s.,'’:/#-]{5,}|[^\W\d_][\w\s.'’-]{3,}")
_COMPANY = re.compile(
    r"\b(?:AB|HB|KB|Aktiebolag|Handelsbolag|Ltd|Limited|Inc|GmbH|AS|A/S|ApS|Oy|LLC|PLC|Corp)\b\.?", re.IGNORECASE
)
# Each alternative starts in its own way, so that no cell can be read in more than one.
_PERSON = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*(?:,? (?:[^\W\d_]\.?|[^\W\d_]{2,}(?:[-'’][^\W\d_]+)*))*")
_SINGLE_NAME = re.compile(r"[^\W\d_]{2,}(?:[-'’ ][^\W\d_]{2,})*\.?")


@cache
def _headers() -> dict[Kind, frozenset[str]]:
    """Folded headers that say what a column is: the schema's own, and those that map to no field."""
    more: dict[Kind, tuple[str, ...]] = {
        "personal_number": (
            "personnr", "personnummer", "pnr", "persnr", "personno", "ssn", "socialsecuritynumber", "personalnumber",
            "personalidentitynumber", "personalidentitynr", "nationalid", "samordningsnummer", "samordningsnr",
            "personalid", "pinnr", "fodelsenummer",
        ),
        "name": (
            "fornamn", "efternamn", "firstname", "lastname", "surname", "givenname", "familyname", "tilltalsnamn",
            "kontaktperson", "contactperson", "contactname", "kontaktnamn", "medlemsnamn", "membername", "mottagare",
            "clientname", "klientnamn", "fnamn", "enamn", "mellannamn", "middlename", "forename", "personnamn",
        ),
        "phone": (
            "tfn", "telnr", "mobiltfn", "hemtelefon", "mobiltel", "cell", "sms", "smsnummer", "msisdn", "telephone",
        ),
        "address": (
            "adress", "address", "gatuadress", "gata", "street", "streetaddress", "postadress", "besoksadress", "co",
            "leveransadress", "fakturaadress", "faktureringsadress", "hemadress", "bostadsadress", "adressrad",
            "addressline", "coadress", "utdelningsadress", "folkbokforingsadress", "postalcode",
        ),
        "birth_date": ("fodelsedata", "birth", "fodelse", "foddatum", "bday"),
        "free_text": (
            "kommentar", "comment", "comments", "kommentarer", "fritext", "freetext", "anteckning", "anteckningar",
            "notering", "noteringar", "notes", "note", "feedback", "verbatim", "meddelande", "ovrigt", "remarks",
            "remark",
        ),
    }  # fmt: skip
    known: dict[Kind, set[str]] = {kind: set(words) for kind, words in more.items()}
    for table in TABLES.values():
        for item in table.fields:
            for candidate in ("name", "email", "phone", "address", "birth_date", "free_text"):
                if item.personal == candidate:
                    known.setdefault(candidate, set()).update((*item.aliases, fold(item.sv), fold(item.en)))
    return {kind: frozenset(words) for kind, words in known.items()}


# Parts of longer headers ('kundens e-postadress', 'customer first name'); the content must agree.
_STEMS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("personal_number", re.compile(r"person(?:n(?:umm(?:e)?r|r)|alidentity|alnumber)|samordningsn|socialsecurity")),
    ("email", re.compile(r"epost|email|mailadr|mejladr")),
    ("phone", re.compile(r"telefon|phone|mobiln|mobiltel|tfn|telnr|^mobil|mobil$")),
    ("birth_date", re.compile(r"fodelsedat|fodelsedag|birthda|dateofbirth|^dob|dob$")),
    ("free_text", re.compile(r"kommentar|comment|fritext|freetext|anteckning|notering|feedback|verbatim")),
    ("address", re.compile(r"adress|address|postnummer|postnr|postcode|zipcode")),
    ("name", re.compile(
        r"fornamn|efternamn|firstname|lastname|surname|fullname"
        r"|(?:kund|medlem|person|kontakt|customer|member|contact|client)(?:s|ens)?nam[en]"
    )),
)  # fmt: skip


@cache
def _plain_headers() -> frozenset[str]:
    """Headers of fields that hold no personal data: there, only content that can be nothing else counts."""
    plain: set[str] = set()
    for table in TABLES.values():
        for item in table.fields:
            if not item.personal and item.name != "role":
                plain.update((*item.aliases, fold(item.sv), fold(item.en)))
    return frozenset(plain - frozenset().union(*_headers().values()))


# Some programs put other quotation marks around their cells than the reader takes off.
_QUOTES = "»«›‹“”„‟'\""


def recognise(header: str, sample: Sequence[str]) -> Kind | None:
    """The kind of personal data in a column, or None. `sample` is some of its cells as text; blanks are ignored.

    Personal numbers need a valid date and check digit in 80 % of at least 20 different values (or in every one of
    5), or in more than half when the header says so. Organisation numbers have a month above 20 and never pass.
    """
    filled = [text for cell in sample if (text := cell.strip().strip(_QUOTES)[:_LONGEST])]
    values = list(dict.fromkeys(filled))
    folded = fold(header)
    said = _said(folded)
    if not values:
        return said if said is not None and folded in _headers()[said] else None
    if _holds_personal_numbers(values, said == "personal_number"):
        return "personal_number"
    if _share(values, _EMAIL.fullmatch) >= 0.5:
        return "email"
    if said is not None and said != "personal_number" and _agrees(said, folded, values):
        return said
    if said == "personal_number" and _share(values, _is_birth_date) > 0.5:
        return "birth_date"
    return _by_content(folded, values, various=len(values) >= max(3, min(VARIOUS, len(filled) // 2)))


def _said(folded: str) -> Kind | None:
    for kind, words in _headers().items():
        if folded.rstrip("0123456789") in words or folded in words:
            return kind
    for kind, stem in _STEMS:
        if stem.search(folded):
            return kind
    return None


def _share(values: Sequence[str], test: Callable[[str], object]) -> float:
    return sum(1 for value in values if test(value)) / len(values)


def _holds_personal_numbers(values: Sequence[str], said: bool) -> bool:
    valid = _share(values, is_personal_number)
    if said:
        # Made-up check digits do not make a column of birth dates and serials less personal.
        return valid > 0.5 or _share(values, lambda value: _parts(value, _padded(value)) is not None) > 0.5
    return (len(values) >= ENOUGH and valid >= VALID_SHARE) or (len(values) >= FEW and valid == 1)


def _agrees(kind: Kind, folded: str, values: Sequence[str]) -> bool:
    """Whether the content can be what the header says."""
    if kind == "name":
        return _are_names(folded, values)
    if kind == "birth_date":
        return _share(values, lambda value: _is_birth_date(value) or _SHORT_BIRTH.fullmatch(value)) > 0.5
    if kind == "phone":
        return _share(values, _may_be_phone) > 0.5
    if kind == "address":
        if re.search(r"butik|store|shop|ip$|^ip|web|url|leverantor|supplier", folded):
            return False
        postal = re.search(r"post(?:n|code|al)|zip", folded)
        return _share(values, (_POSTCODE if postal else _ANY_ADDRESS).fullmatch) > 0.5
    if kind == "free_text":
        # A short note is free text too; codes, flags and numbers are not.
        return _share(values, lambda value: len(_WORDS.findall(value)) > 1) > 0.3
    return _share(values, _EMAIL.fullmatch) > 0.2


def _by_content(folded: str, values: Sequence[str], *, various: bool) -> Kind | None:
    """Content that speaks for itself, whatever the header says; more is asked where it names something else."""
    plain = folded in _plain_headers()
    if not plain or any("+" in value for value in values):
        sure = [v for v in values if _PHONE_SURE.fullmatch(v) and not _DATE_LIKE.fullmatch(v)]
        if len(sure) >= max(3, VALID_SHARE * len(values)):
            return "phone"
    if not various:
        return None
    if _share(values, _looks_like_person) >= 0.6 and _share(values, _known_first_name) >= 0.35:
        return "name"
    if plain or re.search(r"butik|store|shop|kategori|categor|produkt|product|artikel|article", folded):
        return None
    if _share(values, _STREET.fullmatch) >= 0.5 or _share(values, _POSTCODE_SURE.fullmatch) >= VALID_SHARE:
        return "address"
    if _spans_lives(values):
        return "birth_date"
    words = [len(_WORDS.findall(value)) for value in values]
    if len(values) >= FEW and median(words) >= 5 and median(map(len, values)) >= 25:
        return "free_text"
    return None


def _are_names(folded: str, values: Sequence[str]) -> bool:
    """Names of people: letters only, no companies; a bare 'name' can also be a product's, so people must show."""
    if _share(values, _COMPANY.search) > 0.5 or _share(values, _is_name) < 0.6:
        return False
    if folded in ("name", "namn", "mottagare"):
        return max(_share(values, _known_first_name), _share(values, _known_surname)) >= 0.15
    return True


def _is_name(value: str) -> bool:
    return bool(_SINGLE_NAME.fullmatch(value) or _PERSON.fullmatch(value))


def _looks_like_person(value: str) -> bool:
    return 1 < len(value.split()) < 6 and _PERSON.fullmatch(value) is not None and not _COMPANY.search(value)


def _known_first_name(value: str) -> bool:
    words = re.split(r"[\s,]+", value.casefold())
    return any(part in person_names.FIRST for word in words[:1] + words[1:2] for part in (word, word.split("-")[0]))


def _known_surname(value: str) -> bool:
    return any(
        len(word) > 5 and word.endswith(person_names.SURNAME_ENDINGS) for word in re.split(r"[\s,]+", value.casefold())
    )


def _may_be_phone(value: str) -> bool:
    return _PHONE_DIGITS.fullmatch(_PHONE_SEPARATORS.sub("", value)) is not None and not _DATE_LIKE.fullmatch(value)


def _is_birth_date(value: str) -> bool:
    found = _birth_year(value)
    return found is not None and 1880 <= found <= date.today().year


def _birth_year(value: str) -> int | None:
    match = _BIRTH.fullmatch(value)
    if match is None:
        return None
    year, month, day = (int(match[a] or match[b]) for a, b in (("y", "y2"), ("m", "m2"), ("d", "d2")))
    try:
        return date(year, month, day).year
    except ValueError:
        return year if day <= 12 and 12 < month <= 31 else None


def _spans_lives(values: Sequence[str]) -> bool:
    """Dates that reach back as only lives do: purchases and memberships do not start before 1975 in one of ten."""
    years = sorted(year for value in values if (year := _birth_year(value)) is not None)
    if len(values) < ENOUGH or len(years) < 0.9 * len(values):
        return False
    early, late = years[len(years) // 10], years[-1]
    return years[0] > 1880 and early < 1975 and late <= date.today().year and late - early >= 20


def _padded(value: str) -> str:
    """A spreadsheet's number drops the leading zero and may add '.0'."""
    text = value.strip().removesuffix(".0")
    return text.zfill(10) if re.fullmatch(r"\d{9}", text) else text


def _parts(value: str, text: str) -> tuple[int, str, str] | None:
    """(birth year, the ten digits, sign) of what has the form of a personal or coordination number and a true date."""
    match = _PERSONAL.fullmatch(text)
    if match is None or (len(value.strip()) < 9):
        return None
    century, year, month, day, sign, serial = match.groups()
    full = int(century + year) if century else _century(int(year), sign)
    born = int(day) - 60 if int(day) > 60 else int(day)
    try:
        when = date(full, int(month), born)
    except ValueError:
        return None
    if not full >= 1870 or when > date.today():
        return None
    return full, year + month + day + serial, sign


def _century(year: int, sign: str) -> int:
    """The full birth year of two digits: the latest that is not in the future, a century earlier after a '+'."""
    today = date.today().year
    full = today - (today - year) % 100
    return full - 100 if sign == "+" else full


def is_personal_number(value: str) -> bool:
    """Whether a text is a Swedish personal or coordination number (day + 60): true date, right check digit.

    10 or 12 digits, with '-', '+' (aged 100 or more), a blank or nothing before the last four. The check digit is
    Luhn's, over ten digits (Skatteverket, SKV 704 and SKV 707).
    """
    parts = _parts(value, _padded(value))
    return parts is not None and luhn.is_valid(parts[1])


def keyed_hash(value: str, key: bytes) -> str:
    """What is stored instead of a personal number: HMAC-SHA256 under the workspace's key, in hex.

    A plain hash could be reversed by trying all numbers. The same person hashes alike however the number is written:
    10 or 12 digits, with or without a separator. What is no such number is hashed as its trimmed text, any case.
    Raises ValueError without a key of at least 16 bytes.
    """
    if len(key) < 16:
        raise ValueError("a key needs at least 16 bytes")
    parts = _parts(value, _padded(value))
    text = f"{parts[0]:04d}{parts[1][2:]}" if parts else value.strip().casefold()
    return hmac.new(key, text.encode("utf-8"), hashlib.sha256).hexdigest()


def birth_year_and_sex(value: str) -> tuple[int, Sex] | None:
    """Birth year and sex that a personal number tells (its ninth digit is odd for men); None for anything else."""
    parts = _parts(value, _padded(value))
    if parts is None or not luhn.is_valid(parts[1]):
        return None
    return parts[0], "male" if int(parts[1][8]) % 2 else "female"
