"""Rows that sum up instead of saying something new: 'Summa', 'Totalt', 'Antal rader: 40', a last line of the report.

The words are those of Swedish, English, Danish, Norwegian, Finnish and German reports.
"""

import re
from collections.abc import Sequence

from insight.ingest.cells import SPACES, kind_of

TOTAL = (
    r"(?:(?:del|slut|total|sub|grand|page|sid|års|månads|kvartals|grupp|mell[aeo][nm]|hoved|väli|loppu|kokonais|zwischen|end"
    r"|gesamt)[\s-]*)?(?:summor|summat?|summering|summe|totalt|totals|totala?|sum|totaler)"
    r"|i\salt|til\ssammen|tilsammans|sammenlagt|sammanlagt|yhteensä|gesamt(?:betrag)?|insgesamt|saldo|subtotaler"
    r"|s:a|transport(?:eras|erat)?|(?:in|ut)g[åa]ende\s(?:saldo|balans)|summa[\s]totalt"
    r"|total(?:t)?[\s](?:summa|antal|belopp|sum|amount)"
)
_COUNT = (
    r"antal(?:\s(?:rader|poster|kunder|transaktioner|order|ordrar|svar|köp|medlemmar))?|rader|poster|(?:number\sof\s|total\s)?(?:rows?|records?|lines)"
    r"|\d[\d ]*\s(?:rader|rows|poster|records|transaktioner)|anzahl|antall|rivejä"
    r"|row\scount|count|medel(?:värde)?|snitt|genomsnitt|average|mean"
)
_END = (
    r"slut(?:\spå\s(?:rapport(?:en)?|fil(?:en)?|data))?|end\sof\s(?:report|file|data)|eof|rapport(?:en)?\s(?:skapad|slut|genererad).*|genererad.*|skapad.*"
    r"|utskri(?:ven|vet|ft).*|printed.*|gedruckt.*|exporterad.*|exported.*|generated.*|created\s.*|källa.*|source:.*|page\s\d+.*|sida\s\d+.*|\(\d+\s(?:rows?|rader).*"
)
_NUMBERISH = (
    r"[\s:=.]*(?:\(?[\w\s]{0,20}\)?|(?:in|ex)kl?\.? (?:moms|vat|mva|mwst)"
    r"|\d{4}-\d\d-\d\d(?:\s*[-–]+\s*\d{4}-\d\d-\d\d)?"
    r"|\d{1,2}[./]\d{1,2}[./ -]\d{2,4})?"
    r"[\s:=.]*[-\u2212(]?[\d \u00a0\u202f.,]*\)?\s*(?:kr|sek|:-|€|\$|st|eur|usd|nok|dkk|chf|kpl|stk)?\.?\s*"
)
WORD = re.compile(rf"^[\s*=#-]*(?:{TOTAL}|{_COUNT}){_NUMBERISH}$|^[\s*=#-]*(?:{_END})[\s*=#-]*$", re.IGNORECASE)
_LONGEST = 120
# What an account held before and after: never a sale, whatever day and customer stand beside it.
_BALANCE = re.compile(
    r"[\s*]*(?:(?:ing(?:[åa]ende|\.)|utg(?:[åa]ende|\.)|opening|closing|beginning|ending|starting)\s*"
    r"(?:saldo|balans|balance)|(?:saldo|balance)\s(?:b/?f|c/?f|brought\sforward|carried\sforward|från\sföregående.*"
    r"|överfört.*|per\s\d{4}-\d\d-\d\d))[\s:.=]*(?:(?:per\s)?\d{4}-\d\d(?:-\d\d)?)?[\s*]*",
    re.IGNORECASE,
)
_SUM = re.compile(rf"^[\s*=#-]*(?:{TOTAL})", re.IGNORECASE)
_BARE = re.compile(rf"[\s*=#-]*(?:{TOTAL})[\s:.=*]*", re.IGNORECASE)
_PART = re.compile(
    r"^[\s*=#-]*(?:del|sub|page|sid|års|månads|kvartals|grupp|transport|ing|utg|väli|zwischen|mell[aeo][nm])",
    re.IGNORECASE,
)
# A pivot table ends each group with its name: '00011 Summa', 'Hem Totalt'.
_OF_GROUP = re.compile(
    r"\S.{0,60}\s(?:summa|totalt|total|delsumma|subtotal|yhteensä|gesamtergebnis|ergebnis|i alt|totalsumma)",
    re.IGNORECASE,
)
_CODE = re.compile(r"[A-Z]{3}")
# A list from an ERP marks its sums with stars alone.
_STARS = re.compile(r"[\s]*\*{1,4}[\s]*")
# What a row must hold before SQL fetches it to be looked at; wide on purpose.
SQL_WORDS = (
    r"^[\s*=#-]*\*$|^[\s*=#-]*(del|slut|sub|grand|page|sid|års|månads|kvartals|grupp|mell[aeo][nm]|hoved|väli|loppu"
    r"|kokonais|zwischen|end|gesamt)?[\s-]*(summ|total|s:a|antal|anzahl|rivejä|rader|i alt|til sammen|tilsammans"
    r"|samm[ae]nlagt|yhteensä|gesamt|insgesamt|saldo|[0-9 ]+ (rader|rows|poster|records)|utskri|gedruckt|printed"
    r"|created|export|källa|source|page [0-9]|sida [0-9]|poster|rows|records|sum|count"
    r"|medel|snitt|genomsnitt|average|row |number of|end of|eof|rapport|genererad|skapad|exported|generated|transport"
    r"|ing[åa.]|utg[åa.]|opening|closing|beginning|ending|starting|balance)"
    r"|\s(summa|totalt|total|delsumma|subtotal|yhteensä|ergebnis|gesamtergebnis|totalsumma|i alt)$"
)


def is_balance(cell: str) -> bool:
    """Whether a cell says that its row is an opening or closing balance."""
    return len(cell) <= _LONGEST and _BALANCE.fullmatch(cell) is not None


def says_footer(cell: str) -> bool:
    """Whether a cell is a word for a sum, a count or the end, perhaps with its number."""
    return len(cell) <= _LONGEST and (WORD.match(cell) is not None or _STARS.fullmatch(cell) is not None)


# A part sum with a date looks like any sale, but for its customer: no id is called so.
PART_SUMS = (
    "delsumma",
    "subtotal",
    "sub total",
    "sub-total",
    "deltotal",
    "månadssumma",
    "årssumma",
    "sidsumma",
    "gruppsumma",
    "mellansumma",
    "mellomsum",
    "mellemsum",
    "välisumma",
    "zwischensumme",
)


def is_footer(cells: Sequence[str], date_at: int | None, key_at: int | None, last: bool = False) -> bool:
    """Whether a row is a footer: a word for a sum or a count, and no date where each row of data has one.

    date_at, key_at: the columns of the required date and of the id, where there are any. A balance needs no more than
    its name. Without a date column the word must stand in the id's place or first, with nothing but numbers after it.
    last: the row is among the last ones, where 'Totalt' in the id's place is no customer, even with a date beside it.
    """
    filled = [(at, cell.strip(SPACES)) for at, cell in enumerate(cells) if cell and cell.strip(SPACES)]
    if not filled:
        return False
    if any(is_balance(cell) for _, cell in filled):
        return True
    words = [at for at, cell in filled if says_footer(cell) and kind_of(cell) != "number"]
    if not words:
        return _sums_group(filled, date_at)
    if key_at in words and _BARE.fullmatch(cells[key_at]) and (last or _PART.match(cells[key_at])):
        return True
    if date_at is not None and date_at < len(cells) and len(cells) > 1:
        if date_at in words:
            return True
        if kind_of(cells[date_at]) in ("date", "number"):
            return False
        return words[0] == filled[0][0] or all(at == words[0] or kind_of(cell) == "number" for at, cell in filled)
    first = filled[0][0]
    if words[0] != first and words[0] != key_at:
        return False
    return all(at in words or kind_of(cell) == "number" for at, cell in filled)


def _sums_group(filled: Sequence[tuple[int, str]], date_at: int | None) -> bool:
    """Whether a row has no date and nothing but numbers behind a group's name with 'Summa' or 'Total' after it."""
    if date_at is None or len(filled) < 2 or not _OF_GROUP.fullmatch(filled[0][1]):
        return False
    return all(at != date_at and (kind_of(cell) == "number" or _CODE.fullmatch(cell)) for at, cell in filled[1:])


def is_part(cells: Sequence[str]) -> bool:
    """Whether a footer sums up a part of the rows."""
    first = next((cell.strip(SPACES) for cell in cells if cell and cell.strip(SPACES)), "")
    return any(_PART.match(cell) for cell in cells if cell) or _OF_GROUP.fullmatch(first[:_LONGEST]) is not None


def is_total(cells: Sequence[str]) -> bool:
    """Whether a footer is the sum of the whole (not a part sum, not a count)."""
    return any(_SUM.match(cell) and not _PART.match(cell) for cell in cells if cell)
