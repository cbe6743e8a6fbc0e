"""What a single cell looks like: a number, a date, an id, an e-mail … Only for deciding, never for converting."""

import re
from collections.abc import Sequence
from typing import Literal

CellKind = Literal["empty", "number", "date", "email", "flag", "text"]

SPACES = "\u0020\u00a0\u202f\u2009\u2007\u2008\u2002\u2003\u200a\u3000\t"
MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "januari january januar jan janvier janv tammi tammikuu tammikuuta",
            "februari february februar feb febr février fevrier févr fevr fév helmi helmikuu helmikuuta",
            "mars march marts märz maerz mar mrz maalis maaliskuu maaliskuuta",
            "april apr avril avr huhti huhtikuu huhtikuuta",
            "maj may mai touko toukokuu toukokuuta",
            "juni june jun juin kesä kesäkuu kesäkuuta",
            "juli july jul juillet juil heinä heinäkuu heinäkuuta",
            "augusti august aug août aout elo elokuu elokuuta",
            "september sept sep septembre syys syyskuu syyskuuta",
            "oktober october okt oct octobre loka lokakuu lokakuuta",
            "november nov novembre marras marraskuu marraskuuta",
            "december dezember desember dec dez des décembre decembre déc joulu joulukuu joulukuuta",
        ),
        1,
    )
    for word in words.split()
}

_MONTH = "(?:" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\.?"
# The days of the week, whole or cut short, in the Nordic languages, German and English.
WEEKDAY = (
    r"(?:(?:mån|tis|ons|tors?|fre|lör|sön|mon|tue|tues|wed|thur?s?|fri|sat|sun|man|tir|lør|søn|ma|ti|ke|to|pe|la|su"
    r"|mo|di|mi|do|fr|sa|so)[a-zåäöø]*\.?,?\s+)?"
)
_TIME = (
    r"(?:(?:[T ]|,\s*|\s+(?:klo?\.?\s*)?)\s*\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)?\s*(?:[AaPpFfEe]\.?[Mm]\.?)?)?"
)
_ZONE = r"(?:\s?(?:Z|CES?T|EES?T|(?:UTC|GMT)(?:[+-]\d{1,2}(?::?\d{2})?)?|[+-]\d{2}(?::?\d{2})?))?"
DATE = re.compile(
    rf"^(?:\d{{1,2}}:\d{{2}}(?::\d{{2}})?(?:\s?[ap]m)?,?\s+)?{WEEKDAY}(?:"
    rf"\d{{4}}([-/.])\d{{1,2}}\1\d{{1,2}}(?:{_TIME}|-\d\d\.\d\d\.\d\d(?:\.\d+)?){_ZONE}|"
    rf"\d{{1,2}}([-/. ])\s?\d{{1,2}}\2\s?(?:\d{{4}}|\d{{2}}){_TIME}{_ZONE}|"
    rf"\d{{1,2}}/\d{{1,2}}[ -](?:\d{{4}}|\d{{2}}){_TIME}|"
    r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[ T]?\d{2}:?\d{2}(?::?\d{2})?Z?)?|"
    rf"(?:den\s+)?\d{{1,2}}(?:st|nd|rd|th|:e|\.)?[-/. ]*{_MONTH}[-/., ]*(?:\d{{4}}|\d{{2}}){_TIME}{_ZONE}|"
    rf"{_MONTH}[-/. ]*\d{{1,2}}(?:st|nd|rd|th)?,?[-/. ]+\d{{4}}{_TIME}{_ZONE}(?:\s\([A-Za-z ]+\))?|"
    rf"(?:19|20)\d{{2}}[- ]?(?:[WV]\.?\s?\d{{1,2}}(?:-?[1-7])?|KV?\.?\s?[1-4]|Q[1-4])|"
    rf"{_MONTH}(?:[-/. ]*(?:19|20)\d{{2}}|[-/']\d{{2}})|"
    rf"/Date\(-?\d{{10,14}}(?:[+-]\d{{4}})?\)/|(?:[WV]|VECKA|WEEK|KW)\.?\s?\d{{1,2}}[-/ ,]\s?(?:19|20)\d{{2}}"
    r")$",
    re.IGNORECASE,
)
CURRENCIES = {
    "kr": "SEK", "kr.": "SEK", "sek": "SEK", ":-": "SEK", ",-": "SEK", "kronor": "SEK", "€": "EUR", "eur": "EUR",
    "euro": "EUR", "$": "USD", "usd": "USD", "us$": "USD", "£": "GBP", "gbp": "GBP", "nok": "NOK", "dkk": "DKK",
    "isk": "ISK", "chf": "CHF", "sfr": "CHF", "fr.": "CHF", "pln": "PLN", "zł": "PLN", "skr": "SEK", "nkr": "NOK",
    "dkr": "DKK", "₹": "INR", "inr": "INR", "rs.": "INR", "¥": "JPY", "jpy": "JPY", "cny": "CNY", "rmb": "CNY",
    "₽": "RUB", "rub": "RUB", "₺": "TRY", "try": "TRY", "₩": "KRW", "krw": "KRW", "₪": "ILS", "ils": "ILS",
    "฿": "THB", "thb": "THB", "₴": "UAH", "uah": "UAH", "r$": "BRL", "brl": "BRL", "a$": "AUD", "au$": "AUD",
    "aud": "AUD", "c$": "CAD", "ca$": "CAD", "cad": "CAD", "nz$": "NZD", "nzd": "NZD", "hk$": "HKD", "hkd": "HKD",
    "s$": "SGD", "sgd": "SGD", "mx$": "MXN", "mxn": "MXN", "kč": "CZK", "czk": "CZK", "huf": "HUF", "ron": "RON",
    "lei": "RON", "bgn": "BGN", "zar": "ZAR", "aed": "AED", "sar": "SAR",
}  # fmt: skip
_WORDS = "|".join(re.escape(token) for token in sorted(CURRENCIES, key=len, reverse=True))
UNIT = rf"(?:{_WORDS}|%|st|p|[cd]r|(?:inkl?|exkl?|incl?|excl)\.? (?:moms|vat|tax))"
MINUS = "-\u2212\u2013\u2010\u2011\ufe63\uff0d"
_NUMBER = re.compile(
    rf"^[(]?[{MINUS}+]?\s*{UNIT}?\s*[{MINUS}+]?\s*(?:\d[\d{SPACES}.,'’]*|[.,]\d+)(?:[eE][+-]?\d+)?\s*{UNIT}?\s*[{MINUS}]?[)]?\s*{UNIT}?$",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"^[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+$")
YES = frozenset({"ja", "j", "yes", "y", "1", "true", "t", "x", "sant", "optin", "opt-in", "opt in", "subscribed",
                 "godkänd", "godkänt", "samtyckt", "accepted", "given", "on", "aktiv", "1.0", "ok", "✓",
                 "✔", "sann", "kyllä", "kylla", "oui", "wahr", "sandt", "tosi"})  # fmt: skip
NO = frozenset({"nej", "n", "no", "0", "false", "f", "falskt", "optout", "opt-out", "opt out", "unsubscribed", "nekad",
                "nekat", "avböjt", "declined", "denied", "off", "inaktiv", "0.0", "falsk", "-",
                "nei", "nein", "ei", "non", "usann", "falsch", "epätosi"})  # fmt: skip
UNKNOWN = frozenset({"", "?", "okänt", "okänd", "unknown", "ej angivet", "ej svarat", "na", "n/a", "null", "none",
                     "saknas", "uppgift saknas", "vet ej", "not set", "unspecified",
                     "ukjent", "ukendt", "vet ikke", "ved ikke", "unbekannt", "keine angabe", "tuntematon",
                     "ei tietoa"})  # fmt: skip
MISSING = frozenset(
    {"null", "none", "nan", "n/a", "#n/a", "#saknas!", "na", "nil", "\\n", "<na>", "nat", "-", "--", "—", "–"}
)
# Words that stand for no customer at all: thousands of sales to 'None' are not one customer's.
NO_ID = MISSING | (UNKNOWN - {""}) | {"(null)", "(blank)", "(tom)", "(empty)", "#null!", "#saknas", "#value!",
                                      "#värdefel!", "#ref!", "#referens!"}  # fmt: skip
# SQL pattern: a number that was written with an exponent where an id should stand (Excel, R, Java).
POWER = r"^[0-9]{1,3}(?:[.,][0-9]+)?[eE]\+[0-9]+$|^[0-9]{1,3}[.,][0-9]+[eE][0-9]{1,2}$"
# Words in the customer's place for a sale to nobody in particular.
NO_CUSTOMER = NO_ID | {
    "walkin", "walk-in", "walk in", "walk-in customer", "walk in customer", "guest", "guest customer", "gäst",
    "gästkund", "anonym", "anonym kund", "anonymous", "kontant", "kontantkund", "kassakund", "tillfällig kund",
    "diverse kund", "okänd kund", "unknown customer", "ej medlem", "icke medlem", "icke-medlem", "non-member",
    "no customer",     "ingen kund", "utan kund", "cash customer",
}  # fmt: skip

# No address is longer, and no number or date that the readers take: patterns with optional blanks take a high power of
# a hostile cell's length.
_LONGEST = 160
_LONGEST_VALUE = 80


def kind_of(cell: str) -> CellKind:
    """The kind of a cell by its looks. A bare number of 8 digits that can be a date counts as a number."""
    text = cell.strip(SPACES)
    if not text:
        return "empty"
    if len(text) > _LONGEST:
        return "text"
    if text[0].isdigit() and text.isdecimal():
        return "number"
    if len(text) <= _LONGEST_VALUE:
        if DATE.match(text):
            return "date"
        if _NUMBER.match(text):
            return "number"
    if "@" in text and _EMAIL.match(text):
        return "email"
    if len(text) <= 5 and text.lower() in ("ja", "nej", "yes", "no", "true", "false", "sant", "falskt"):
        return "flag"
    return "text"


def share(cells: Sequence[str], kind: CellKind) -> float:
    """The share of the filled cells that are of the kind (0 when none is filled)."""
    kinds = [kind_of(cell) for cell in cells]
    filled = [found for found in kinds if found != "empty"]
    return sum(found == kind for found in filled) / len(filled) if filled else 0.0
