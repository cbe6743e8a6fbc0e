"""Words of the trade: a hotel says 'gäst' and 'besök' where a shop says 'kund' and 'köp', in every form.

A term is told by its forms with commas between. Swedish: singular, definite, plural, definite plural, and if wanted the
form that joins ('gäst, gästen, gäster, gästerna, gäst'). English: singular, plural ('guest, guests'). The forms take
the place of ours in the texts of the catalogues, never in what comes from a file.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache

from insight.errors import UsageError

Terms = tuple[tuple[str, str], ...]
TERMS: Mapping[str, tuple[str, ...]] = {"sv": ("kund", "köp"), "en": ("customer", "purchase")}
PRESETS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "sv": {
        "kund": (
            "medlem, medlemmen, medlemmar, medlemmarna, medlems", "gäst, gästen, gäster, gästerna, gäst",
            "givare, givaren, givare, givarna, givar", "patient, patienten, patienter, patienterna, patient",
            "prenumerant, prenumeranten, prenumeranter, prenumeranterna, prenumerant",
            "besökare, besökaren, besökare, besökarna, besökar", "resenär, resenären, resenärer, resenärerna, resenärs",
        ),
        "köp": (
            "besök, besöket, besök, besöken, besöks", "gästnatt, gästnatten, gästnätter, gästnätterna, gästnatts",
            "gåva, gåvan, gåvor, gåvorna, gåvo", "bokning, bokningen, bokningar, bokningarna, boknings",
            "order, ordern, ordrar, ordrarna, order",
        ),
    },
    "en": {
        "customer": ("member, members", "guest, guests", "donor, donors", "patient, patients",
                     "subscriber, subscribers", "visitor, visitors", "traveller, travellers"),
        "purchase": ("visit, visits", "guest night, guest nights", "gift, gifts", "booking, bookings", "order, orders"),
    },
}  # fmt: skip
# Texts that speak of files and their columns keep our words: so are the headers called.
_KEPT = ("ingest.", "template.", "field.", "cli.")
_FORM = re.compile(r"[^\W\d_]+(?:[ -][^\W\d_]+)*")
_LONGEST = 40
_PLACE = re.compile(r"(\{[^}]*\})")
_CHOICE = re.compile(r"(\{\w+:one\|)([^|]*)\|([^|]*)\}")
_EACH = "varje "
# After these, 'köp' is one purchase; else it is several.
_ONE = r"(?:ett|sitt|ditt|sina första|första|senaste|sista|varje|per|något|inget|samma|ännu ett)"
_Change = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]


def read(language: str, term: str, text: str) -> tuple[str, ...]:
    """The forms of a term. Raises UsageError for an unknown term, the wrong number of forms, or what is no word."""
    if term not in TERMS.get(language, ()):
        raise UsageError("terms.unknown", term=term, known=", ".join(TERMS.get(language, ())))
    forms = tuple(form.strip() for form in text.split(","))
    if len(forms) not in ((4, 5) if language == "sv" else (2,)):
        raise UsageError("terms.forms", term=term, example=PRESETS[language][term][0])
    if any(len(form) > _LONGEST or not _FORM.fullmatch(form) for form in forms):
        raise UsageError("terms.letters", term=term)
    return forms if language == "en" or len(forms) == 5 else (*forms, forms[0])


def adapted(texts: Mapping[str, str], language: str, terms: Terms) -> Mapping[str, str]:
    """The catalogue's texts with the trade's words in place of ours. Raises UsageError as `read` does."""
    changes = _changes(language, terms)
    if not changes:
        return texts
    return {key: text if key.startswith(_KEPT) else _adapt(text, changes) for key, text in texts.items()}


def _adapt(text: str, changes: tuple[_Change, ...]) -> str:
    parts = _PLACE.split(text)
    for at, part in enumerate(parts):
        choice = _CHOICE.fullmatch(part)
        if choice:
            # Of a value's place only the words between which its number chooses are ours; the first are of one.
            place, one, many = choice.groups()
            parts[at] = f"{place}{_said(_EACH + one, changes).removeprefix(_EACH)}|{_said(many, changes)}}}"
        elif not at % 2:
            parts[at] = _said(part, changes)
    return "".join(parts)


def _said(text: str, changes: tuple[_Change, ...]) -> str:
    for pattern, put in changes:
        text = pattern.sub(put, text)
    return text


@cache
def _changes(language: str, terms: Terms) -> tuple[_Change, ...]:
    found: list[_Change] = []
    for term, text in terms:
        forms = read(language, term, text)
        found += _english(term, forms) if language == "en" else _swedish(term, forms)
    return tuple(found)


def _english(term: str, forms: tuple[str, ...]) -> list[_Change]:
    one, many = forms
    article = "an" if one[0].lower() in "aeio" else "a"
    return [
        _whole(rf"(a) {term}\b", lambda found: f"{_cased(article, found.group(1))} {one}"),
        _whole(rf"({term}s)\b", lambda found: _cased(many, found.group(1))),
        _whole(rf"({term})\b", lambda found: _cased(one, found.group(1))),
    ]


def _swedish(term: str, forms: tuple[str, ...]) -> list[_Change]:
    one, the, many, all_of, joined = forms
    ours = {"kund": ("kunden", "kunder", "kunderna"), "köp": ("köpet", "köp", "köpen")}[term]
    article = "ett" if the.endswith("t") else "en"
    changes = [
        _whole(rf"(en|ett) {term}\b", lambda found: f"{_cased(article, found.group(1))} {one}"),
        _whole(
            rf"(ingen|inget) {term}\b",
            lambda found: f"{_cased('inget' if article == 'ett' else 'ingen', found.group(1))} {one}",
        ),
    ]
    if term == "köp":
        changes.append(_whole(rf"({_ONE}) {term}\b", lambda found: f"{found.group(1)} {one}"))
        joins, apart = r"steg|rad|data|dag", ""
    else:
        # 'Kunde' is a word of its own, and so is the product's name.
        joins, apart = r"\w{2}", r"(?!kompass|en\b|er\b|erna\b)"
    pairs = [(ours[2], all_of), (ours[0], the), (ours[1], many)] + ([(term, one)] if term != ours[1] else [])
    for word, ours_now in pairs:
        changes.append(_whole(rf"({word})(s?)\b", lambda found, form=ours_now: _owned(form, found)))
    changes.append(_whole(rf"({term}){apart}(?={joins})", lambda found: _cased(joined, found.group(1))))
    return changes


def _whole(pattern: str, put: Callable[[re.Match[str]], str]) -> _Change:
    return re.compile(rf"\b{pattern}", re.IGNORECASE), put


def _owned(form: str, found: re.Match[str]) -> str:
    """The form, with the genitive's s where ours has one."""
    owns = "s" if found.group(2) and form[-1] not in "sxz" else ""
    return _cased(form + owns, found.group(1))


def _cased(word: str, like: str) -> str:
    return word[0].upper() + word[1:] if like[0].isupper() else word
