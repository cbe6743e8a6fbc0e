"""How a column writes its numbers: decided once for the whole column from the shapes of its cells.

A shape is a cell with every digit written 9 ('1 234,50 kr' → '9 999,99 kr'). A column of millions of cells has a few
dozen shapes, so the decision sees all of the column, and a shape that does not fit the decision is never read wrong.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from insight.ingest.cells import CURRENCIES, MINUS, MISSING, SPACES

_VAT = tuple(f"{how}{dot} {what}" for how in ("inkl", "ink", "exkl", "incl", "excl") for dot in ("", ".")
             for what in ("moms", "vat", "tax"))  # fmt: skip
# What a price is for: '349 kr/mån', '12.50 per month'.
_EACH = tuple(f"{by}{what}" for by in ("/", "/ ", " per ") for what in (
    "mån", "månad", "år", "vecka", "dag", "natt", "st", "styck", "person", "month", "mo", "year", "yr", "week", "day",
    "night", "pcs", "each", "kvartal", "quarter",
))  # fmt: skip
# Behind an amount that a note below the table says something of.
FOOTNOTE = "*"
_TOKENS = sorted((*CURRENCIES, ".-", "%", FOOTNOTE, "st", "st.", "pcs", *_VAT, *_EACH), key=len, reverse=True)
_TOKEN = re.compile("|".join(re.escape(token) for token in _TOKENS))
_QUOTES = "'’`´"
# Debit and credit behind or before an amount: the words of a pair, debit first.
PAIRS = (
    ("dr", "cr"), ("d", "c"), ("d", "k"), ("s", "h"), ("debit", "credit"), ("debet", "kredit"), ("debet", "credit"),
    ("deb", "kred"), ("soll", "haben"),
)  # fmt: skip
_SIDES = sorted({word for pair in PAIRS for word in pair}, key=len, reverse=True)
_SIDE = re.compile(
    rf"(?P<before>{'|'.join(_SIDES)})?\.?\s*(?P<rest>[^a-z](?:.*?[^a-z])??)\s*(?P<after>{'|'.join(_SIDES)})?\.?"
)
_LONGEST = 60
Verdict = Literal["bad", "main", "other", "exponent", "missing"]


@dataclass(frozen=True)
class Shape:
    """One shape read: `proven` is its decimal mark where it can be no other, `unsure` a mark that may be either."""

    text: str
    count: int
    proven: str = ""
    unsure: str = ""
    group: str = ""
    decimals: int = 0
    negative: str = ""
    tokens: tuple[str, ...] = ()
    exponent: bool = False
    whole: int = 0
    good: bool = True
    missing: bool = False
    side: str = ""
    colon: bool = False


@dataclass(frozen=True)
class NumberStyle:
    """The decision for a column. `verdicts` says for each shape how it is read; `unsure`: only ambiguous marks met.

    sides: the words of debit and credit beside the amounts, those that count as they stand first, then those whose
    sign is turned; side_counts: how many amounts have them. colon: öre stand behind a colon ('1 234:50').
    """

    decimal: str
    verdicts: Mapping[str, Verdict]
    tokens: tuple[str, ...] = ()
    negatives: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    decimals: int = 0
    unsure: bool = False
    mixed: bool = False
    currencies: Mapping[str, int] = field(default_factory=dict[str, int])
    percent: bool = False
    bad: int = 0
    changed: int = 0
    sides: tuple[str, str] = ("", "")
    side_counts: tuple[int, int] = (0, 0)
    colon: bool = False

    @property
    def plain(self) -> bool:
        """Whether a cast (after a comma is made a point) reads every cell."""
        return not (
            self.colon or self.tokens or self.negatives - {"-"} or self.groups or set(self.verdicts.values()) - {"main"}
        )


def read_shape(text: str, count: int) -> Shape:
    """What one shape says. `text` is lower case with all digits 9."""
    if text in MISSING:
        return Shape(text, count, missing=True)
    if len(text) > _LONGEST:
        return Shape(text, count, good=False)
    rest, side = _without_side(text)
    tokens = tuple(dict.fromkeys(_TOKEN.findall(rest)))
    if tokens:
        rest = _TOKEN.sub(" ", rest)
    rest = rest.strip(SPACES)
    negative = ""
    if rest.startswith("(") and rest.endswith(")"):
        negative, rest = "(", rest[1:-1].strip(SPACES)
    if rest[:1] and rest[0] in MINUS:
        plain = rest[0] == "-" and not negative and not tokens and text[0] == "-" and rest[1:2] not in SPACES
        negative, rest = ("-" if plain else "mark"), rest[1:].strip(SPACES)
    elif rest[:1] == "+":
        negative, rest = "plus", rest[1:].strip(SPACES)
    elif rest[-1:] and rest[-1] in MINUS:
        negative, rest = "end", rest[:-1].strip(SPACES)
    if re.fullmatch(r"9*[.,]?9*e[+-]?9+", rest) and rest[0] != "e":
        mark = "," if "," in rest else "." if "." in rest else ""
        return Shape(text, count, proven=mark, exponent=True, negative=negative, tokens=tokens, good=not side)
    colon = re.search(r"9:99$", rest) is not None
    parts = _core(rest[:-3] + "," + rest[-2:] if colon else rest)
    if parts is None:
        return Shape(text, count, good=False)
    proven, unsure, group, decimals, whole = parts
    good = not (side and negative)
    return Shape(
        text, count, proven, unsure, group, decimals, negative, tokens, False, whole, good, side=side, colon=colon
    )


def _without_side(text: str) -> tuple[str, str]:
    """A shape without the word of debit or credit at one of its ends, and that word ('' where there is none)."""
    match = _SIDE.fullmatch(text)
    if match is None or bool(match["before"]) == bool(match["after"]):
        return text, ""
    return match["rest"], match["before"] or match["after"]


def _pair(good: Sequence[Shape]) -> tuple[tuple[str, str], tuple[int, int]] | None:
    """(word that counts as it stands, word whose sign is turned) and their counts; None where the words are no pair.

    The commoner of the two is a sale: a ledger of customers debits them, a ledger of sales credits. Where most amounts
    have no word at all, only a credit turns the sign. A single letter alone says nothing.
    """
    counts = Counter[str]()
    for shape in good:
        counts[shape.side] += shape.count
    plain = counts.pop("", 0)
    for debit, credit in PAIRS:
        if not counts.keys() <= {debit, credit}:
            continue
        both = len(counts) == 2
        if plain:
            if len(credit) > 1 and debit not in counts:
                return ("", credit), (plain, counts[credit])
        elif both or (len(credit) > 1 and counts):
            first, second = (debit, credit) if counts[debit] >= counts[credit] else (credit, debit)
            return (first, second), (counts[first], counts[second])
    return None


def _core(rest: str) -> tuple[str, str, str, int, int] | None:
    """(proven decimal mark, unsure mark, group marks, decimals, digits before the mark) of digits and marks alone."""
    if not re.fullmatch(rf"[9{SPACES}.,{_QUOTES}]*9[.,]?", rest):
        return None
    for char in SPACES[1:]:
        rest = rest.replace(char, " ")
    for char in _QUOTES[1:]:
        rest = rest.replace(char, "'")
    plain = re.fullmatch(r"(9*)(?:([.,])(9*))?", rest)
    if plain:
        whole, mark, after = len(plain[1]), plain[2] or "", len(plain[3] or "")
        if mark and after == 3 and 1 <= whole <= 3:
            return "", mark, "", 3, whole
        return mark, "", "", after, whole
    grouped = re.fullmatch(r"9{1,3}(?:(?P<g>[ '.,])999)(?:(?P=g)999)*(?:([.,])(9*))?", rest)
    if grouped and grouped[1] != (grouped[2] or ""):
        mark, after = grouped[2] or "", len(grouped[3] or "")
        whole = len(re.sub(r"[^9]", "", rest)) - after
        if grouped[1] in " '" and mark and after == 3:
            return mark, "", grouped[1], after, whole
        if mark:
            return mark, "", grouped[1], after, whole
        if grouped[1] in ".,":
            return "," if grouped[1] == "." else ".", "", grouped[1], 0, whole
        return "", "", grouped[1], 0, whole
    lakhs = re.fullmatch(r"9{1,2}(?:,99)+,999(?:\.(9*))?", rest)
    if lakhs:
        return ".", "", ",", len(lakhs[1] or ""), len(re.sub(r"[^9]", "", rest.split(".")[0]))
    spaced = re.fullmatch(r"9{1,3}(?: 999)*,?\s?(?:,9*)?", rest)
    return (",", "", " ", 0, 0) if spaced and "," in rest else None


def decide(
    shapes: Sequence[tuple[str, int]], *, told: str | None = None, hint: str = "", fractions: bool = False
) -> NumberStyle:
    """The style of a column from its (shape, count) pairs.

    told: the user's decimal mark. hint: what the file's other columns prove. fractions: three digits after a mark are
    decimals when that is all there is (quantities as '1,000'), else thousands.
    """
    read = [read_shape(text, count) for text, count in shapes]
    good = [shape for shape in read if shape.good and not shape.missing]
    sided = _pair(good) if any(shape.side for shape in good) else None
    if sided is None and any(shape.side for shape in good):
        read = [replace(shape, good=shape.good and not shape.side) for shape in read]
        good = [shape for shape in good if not shape.side]
    votes: Counter[str] = Counter()
    for shape in good:
        if shape.proven:
            votes[shape.proven] += shape.count
    unsure_marks = Counter[str]()
    for shape in good:
        if shape.unsure:
            unsure_marks[shape.unsure] += shape.count
    unsure = False
    if told:
        decimal = told
    elif votes:
        decimal = votes.most_common(1)[0][0]
    elif unsure_marks:
        mark = unsure_marks.most_common(1)[0][0]
        other = "," if mark == "." else "."
        decimal = hint or (mark if fractions else other)
        unsure = not hint
    else:
        decimal = hint or "."
    verdicts: dict[str, Verdict] = {}
    bad = 0
    for shape in read:
        verdict = _verdict(shape, decimal, told is not None)
        verdicts[shape.text] = verdict
        bad += shape.count if verdict == "bad" else 0
    used = [shape for shape in good if verdicts[shape.text] != "bad"]
    currencies: Counter[str] = Counter()
    for shape in used:
        for token in shape.tokens:
            if token in CURRENCIES:
                currencies[CURRENCIES[token]] += shape.count
    groups = {shape.group for shape in used if shape.group}
    groups |= {shape.unsure for shape in used if shape.unsure and shape.unsure != decimal}
    words = {shape.side for shape in used if shape.side}
    return NumberStyle(
        decimal=decimal, verdicts=verdicts,
        tokens=tuple(sorted({t for s in used for t in s.tokens} | words, key=len, reverse=True)),
        negatives=frozenset(s.negative for s in used if s.negative), groups=frozenset(groups),
        decimals=max((s.decimals if (s.unsure == decimal or not s.unsure) else 0 for s in used), default=0),
        unsure=unsure, mixed=any(v == "other" for v in verdicts.values()), currencies=dict(currencies),
        percent=any("%" in s.tokens for s in used), bad=bad,
        changed=sum(s.count for s in used if s.tokens or s.group or s.side or s.colon or s.negative not in ("", "-")),
        sides=sided[0] if sided else ("", ""), side_counts=sided[1] if sided else (0, 0),
        colon=any(s.colon for s in used),
    )  # fmt: skip


def _verdict(shape: Shape, decimal: str, told: bool) -> Verdict:
    if shape.missing:
        return "missing"
    if not shape.good:
        return "bad"
    if shape.exponent:
        return "exponent"
    if shape.proven and shape.proven != decimal:
        # Unambiguous on its own ('12.5' among '12,50'): read as it is written, and said; never when the user has told.
        return "bad" if told else "other"
    return "main"


def number_sql(cell: str, style: NumberStyle, digits: int, scale: int, other: bool = False) -> str:
    """SQL that reads a cell (an expression over internal names) as DECIMAL(digits, scale) in the style."""
    decimal = style.decimal if not other else ("." if style.decimal == "," else ",")
    text = cell
    if style.colon:
        text = f"regexp_replace({text}, ':([0-9][0-9])([^0-9]|$)', '{decimal}\\1\\2')"
    sign = ""
    tokens = [token for token in style.tokens if any(char in ".,-" for char in token)]
    if tokens:
        pattern = "|".join(re.escape(token).replace("'", "''") for token in tokens)
        text = f"regexp_replace({text}, '(?i){pattern}', '', 'g')"
    negatives = style.negatives - {"-", "plus"}
    strip = "".join(SPACES) + _QUOTES + ("." if decimal == "," else ",") + "+"
    if negatives or style.tokens:
        sign = f"regexp_matches({text}, '[({MINUS[1:]}-]')"
        if turned := style.sides[1]:
            # Neither word of a pair is a part of the other ('d' in 'debet' is another pair's).
            sign = f"({sign} OR regexp_matches(lower({text}), '^[ ]*{turned}[^a-z]|[^a-z]{turned}[.]?[ ]*$'))"
        letters = "".join(dict.fromkeys(char for token in style.tokens for char in token.lower() + token.upper()))
        strip += MINUS + "()" + "".join(char for char in letters if char != decimal)
    if sign or style.groups or other or "plus" in style.negatives:
        text = f"translate({text}, '{strip.replace(chr(39), chr(39) * 2)}', '')"
    if decimal == ",":
        text = f"replace({text}, ',', '.')"
    if sign:
        text = f"CASE WHEN {sign} THEN '-' || {text} ELSE {text} END"
    return f"try_cast({text} AS DECIMAL({digits},{scale}))"


def exponent_sql(cell: str, digits: int, scale: int) -> str:
    """SQL for numbers with an exponent ('1,2E+3')."""
    return f"try_cast(try_cast(replace({cell}, ',', '.') AS DOUBLE) AS DECIMAL({digits},{scale}))"


def currency_sql(cell: str, style: NumberStyle) -> str:
    """SQL for the currency code that a cell names, or NULL."""
    by_code: dict[str, list[str]] = {}
    for token in style.tokens:
        if token in CURRENCIES:
            by_code.setdefault(CURRENCIES[token], []).append(re.escape(token).replace("'", "''"))
    # Longer codes first: 'us$' before '$', 'dkk' before 'kr'.
    cases = " ".join(
        f"WHEN regexp_matches(lower({cell}), '{'|'.join(tokens)}') THEN '{code}'" for code, tokens in by_code.items()
    )
    return f"CASE {cases} END" if cases else "CAST(NULL AS VARCHAR)"
