"""Every word that a user reads, in Swedish and English, and every number, amount and date as the language writes it.

Catalogues are TOML files, one a family of texts, in `sv/` and `en/`: the same keys in both. A template names values
with a format: `{sales:money}` (184,2 mn kr), `{total:about}` (165 000 kr, three figures), `{sales:amount}` (184 213
kr), `{sales:exact}` (with öre), `{x:signed}` (money with its sign), `{share:percent}`, `{share:percent1}`,
`{n:count}`, `{x:number}`, `{x:number1}`, `{x:score}` (9; 7,5),
`{x:plain}` (1 500; 12,5), `{p:pvalue}`, `{x:points}`, `{bounds:amounts}`
(several in a row), `{day:date}`, `{day:month}`, `{key:label}` (a cell's key as words), `{name:text}` or nothing (as
it is). `{n:one|rad|rader}` is the first where n is 1, else the second: a count that may be 1 says so.
"""

import string
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from babel.dates import format_date
from babel.numbers import format_decimal

from insight.i18n.terms import Terms, adapted
from insight.result import Message, Unit

Language = Literal["sv", "en"]
LANGUAGES: tuple[Language, ...] = ("sv", "en")
NBSP = "\u00a0"
MINUS = "\u2212"
_LOCALES = {"sv": "sv_SE", "en": "en_GB"}
_SYMBOLS = {"SEK": "kr", "NOK": "kr", "DKK": "kr"}
_MILLIONS = {"sv": "mn", "en": "m"}
_LEAST_P = Decimal("0.001")
_FINE_BELOW = 10
_BILLIONS = {"sv": "md", "en": "bn"}
_ONE = "one|"


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Every text of a language by its dotted key, from all families."""
    texts: dict[str, str] = {}
    for path in sorted(files("insight.i18n").joinpath(language).iterdir(), key=lambda p: p.name):
        if path.name.endswith(".toml"):
            _flatten(tomllib.loads(path.read_text(encoding="utf-8")), "", texts)
    return texts


@cache
def _texts(language: Language, terms: Terms) -> Mapping[str, str]:
    """The catalogue in the words of a trade; a handful of trades a process."""
    return adapted(catalogue(language), language, terms)


def _flatten(tree: Mapping[str, Any], prefix: str, into: dict[str, str]) -> None:
    for name, value in tree.items():
        key = f"{prefix}.{name}" if prefix else name
        if isinstance(value, Mapping):
            _flatten(value, key, into)
        else:
            into[key] = str(value)


class Words:
    """The words of one language, with the workspace's currency and the user's own terms of the trade."""

    def __init__(
        self,
        language: Language,
        currency: str = "SEK",
        labels: Mapping[str, str] | None = None,
        terms: Mapping[str, str] | None = None,
    ) -> None:
        self.language: Language = language
        self.currency = currency
        self._labels = dict(labels or {})
        self._terms = dict(terms or {})
        self._texts = _texts(language, tuple(sorted(self._terms.items())))
        self._formatter = _Formatter(self)

    def with_labels(self, labels: Mapping[str, str]) -> "Words":
        """The same words, knowing also a result's labels ({cell key: catalogue key})."""
        return Words(self.language, self.currency, {**self._labels, **labels}, self._terms)

    def has(self, key: str) -> bool:
        """Whether the catalogue holds the key."""
        return key in self._texts

    def keys(self, prefix: str) -> Sequence[str]:
        """The catalogue's keys that begin so, in its order."""
        return [key for key in self._texts if key.startswith(prefix)]

    def t(self, key: str, **values: object) -> str:
        """The text of a key with its values in place. Raises KeyError for a key that no catalogue holds."""
        return self._formatter.vformat(self._texts[key], (), values)

    def message(self, message: Message) -> str:
        """A message as a sentence; values that are messages themselves are spelled out first."""
        values = {
            name: self.message(value) if isinstance(value, Message) else value for name, value in message.values.items()
        }
        return self.t(message.key, **values)

    def headline(self, message: Message) -> str:
        """A message as a heading: begins with a capital, whatever the client calls the thing it begins with."""
        said = self.message(message)
        return said[:1].upper() + said[1:]

    def label(self, key: object) -> str:
        """A cell's stable key in words: the result's label, else `label.<key>`, else the key itself (user text).

        A label with numbers in it is `<catalogue key>|low|high`, so that each language writes them its own way.
        """
        text = "" if key is None else str(key)
        if text in self._labels:
            found, *bounds = self._labels[text].split("|")
            if not self.has(found):
                return self._labels[text]
            return self.t(found, **dict(zip(("low", "high"), map(Decimal, bounds), strict=False)))
        return self.t(f"label.{text}") if self.has(f"label.{text}") else text

    def number(self, value: object, decimals: int = 0, *, signed: bool = False) -> str:
        """A number with the language's separators, U+2212 for minus, a fixed number of decimals."""
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        exact = _rounded(value, decimals)
        text = format_decimal(abs(exact), pattern, locale=_LOCALES[self.language])
        sign = MINUS if exact < 0 else "+" if signed and exact > 0 else ""
        return sign + text

    def count(self, value: object) -> str:
        """A whole number."""
        return self.number(value)

    def percent(self, value: object, decimals: int = 0, *, signed: bool = False) -> str:
        """A ratio as per cent: '64 %' in Swedish, '64%' in English."""
        gap = NBSP if self.language == "sv" else ""
        return self.number(Decimal(str(value)) * 100, decimals, signed=signed) + gap + "%"

    def pvalue(self, value: object) -> str:
        """A p value: three decimals, '< 0,001' below."""
        exact = Decimal(str(value))
        return f"<{NBSP}{self.number(_LEAST_P, 3)}" if exact < _LEAST_P else self.number(exact, 3)

    def unit_of_money(self) -> str:
        """'kr' in Swedish for Scandinavian crowns, else the currency code."""
        return _SYMBOLS.get(self.currency, self.currency) if self.language == "sv" else self.currency

    def _with_currency(self, text: str) -> str:
        if self.language == "sv":
            return f"{text}{NBSP}{self.unit_of_money()}"
        sign, digits = (text[0], text[1:]) if text[:1] in (MINUS, "+") else ("", text)
        return f"{sign}{self.unit_of_money()}{NBSP}{digits}"

    def amount(self, value: object, decimals: int = 0, *, signed: bool = False) -> str:
        """Money in whole units (or with `decimals`): '184 213 kr', 'SEK 184,213'."""
        return self._with_currency(self.number(value, decimals, signed=signed))

    def money(self, value: object, *, signed: bool = False, like: object = None) -> str:
        """Money as a card or headline says it: '184,2 mn kr' from a million up, whole units below.

        like: an amount that it stands beside, in whose scale it is written.
        """
        size = abs(Decimal(str(value if like is None else like)))
        if size < 1_000_000:
            return self.amount(value, signed=signed)
        scale, words = (Decimal(10**9), _BILLIONS) if size >= 10**9 else (Decimal(10**6), _MILLIONS)
        text = self.number(Decimal(str(value)) / scale, 1, signed=signed)
        gap = NBSP if self.language == "sv" else ""
        return self._with_currency(f"{text}{gap}{words[self.language]}")

    def about(self, value: object) -> str:
        """Money as a headline says an estimate, three significant figures: '165 000 kr', '74,5 kr'."""
        exact = Decimal(str(value))
        if abs(exact) < 100:
            return self.amount(exact, 1)
        return self.money(exact.quantize(Decimal(1).scaleb(exact.adjusted() - 2), rounding=ROUND_HALF_UP))

    def day(self, value: date, *, form: str = "d MMM y") -> str:
        """A day: '3 mars 2024'."""
        return format_date(value, form, locale=_LOCALES[self.language]).replace(".", "")

    def month(self, value: date) -> str:
        """A month: 'mars 2024'."""
        return format_date(value, "MMM y", locale=_LOCALES[self.language]).replace(".", "")

    def period(self, start: date | None, end: date | None) -> str:
        """A half-open period [start, end) in words, its last day included: '1 nov 2024 – 31 okt 2025'."""
        if start is None or end is None:
            return self.t("period.all") if start is None and end is None else self.day(start or end or date.min)
        last = end - timedelta(days=1)
        if start.day == 1 and end.day == 1:
            first_month, last_month = self.month(start), self.month(last)
            if first_month == last_month:
                return first_month
            return f"{first_month}{NBSP}– {last_month}"
        return f"{self.day(start)}{NBSP}– {self.day(last)}"

    def value(self, value: object, unit: Unit, *, like: object = None) -> str:
        """A figure of a result as text, by its unit; a dash where it is undefined.

        like: a figure that it stands beside, whose decimals it takes. A bare number below ten (a correlation, a
        coefficient, times as much) has two.
        """
        if value is None or value != value:
            return "–"
        if unit == "money":
            return self.money(value)
        if unit == "ratio":
            return self.percent(value, 1 if abs(Decimal(str(value))) < Decimal("0.1") else 0)
        if unit == "count":
            return self.count(value)
        if unit == "pvalue":
            return self.pvalue(value)
        if unit in ("points", "number", "score", "days", "months"):
            small = unit == "number" and abs(Decimal(str(value if like is None else like))) < _FINE_BELOW
            text = self.number(value, 0 if unit in ("days", "months") else 2 if small else 1)
            return self.t(f"unit.{unit}.value", value=text) if unit in ("days", "months") else text
        if isinstance(value, date):
            return self.day(value)
        return self.label(value)

    def list(self, parts: Sequence[str]) -> str:
        """'a, b och c'."""
        if len(parts) < 2:
            return "".join(parts)
        return f"{', '.join(parts[:-1])} {self.t('common.and')} {parts[-1]}"


def _rounded(value: object, decimals: int) -> Decimal:
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return exact if exact != 0 else abs(exact)


def say(message: Message, language: str, currency: str = "SEK") -> str:
    """A message in a language named by its code, for forms that hold both; its amounts are in that currency."""
    return Words("en" if language == "en" else "sv", currency).message(message)


class _Formatter(string.Formatter):
    """Fills templates; the format after the colon is one of ours."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def format_field(self, value: Any, format_spec: str) -> str:
        words = self._words
        if isinstance(value, Message):
            return self.format_field(words.message(value), format_spec)
        if format_spec.startswith(_ONE):
            one, many = format_spec.removeprefix(_ONE).split("|")
            return one if value == 1 else many
        if value is None:
            return "–"
        forms = {
            "money": lambda: words.money(value),
            "about": lambda: words.about(value),
            "signedmoney": lambda: words.money(value, signed=True),
            "amount": lambda: words.amount(value),
            "exact": lambda: words.amount(value, 2),
            "signed": lambda: words.amount(value, signed=True),
            "percent": lambda: words.percent(value),
            "percent1": lambda: words.percent(value, 1),
            "signedpercent": lambda: words.percent(
                value, 1 if abs(Decimal(str(value))) < Decimal("0.01") else 0, signed=True
            ),
            "count": lambda: words.count(value),
            "number": lambda: words.number(value),
            "number1": lambda: words.number(value, 1),
            "number2": lambda: words.number(value, 2),
            "pvalue": lambda: words.pvalue(value),
            "score": lambda: words.number(value, 0 if Decimal(str(value)) % 1 == 0 else 1),
            "points": lambda: words.number(value, 1),
            "signedpoints": lambda: words.number(value, 1, signed=True),
            "plain": lambda: words.number(value, max(0, -int(Decimal(value).normalize().as_tuple().exponent))),
            "amounts": lambda: words.list([words.number(part) for part in value]),
            "date": lambda: words.day(value),
            "month": lambda: words.month(value),
            "label": lambda: words.label(value),
            "text": lambda: str(value),
        }
        if format_spec in forms:
            return forms[format_spec]()
        if format_spec:
            raise ValueError(f"{format_spec} is not a format of the catalogues")
        return words.day(value) if isinstance(value, date) else str(value)
