"""A sign in a column of its own: debit and credit, S and H, plus and minus beside amounts without a sign."""

import re
from collections.abc import Collection, Sequence

from duckdb import DuckDBPyConnection

from insight.ingest import raw
from insight.ingest.numbers import PAIRS
from insight.ingest.report import FileMessage
from insight.ingest.schema import fold

# A header that says so makes single letters enough; without one the words must be whole.
_HEADER = re.compile(
    r"(?:debet|debit|soll)(?:kredit|credit|haben)|drcr|crdr|d[ck]|sh|shkz|tecken|sign|fortecken|vorzeichen|fortegn"
    r"|(?:sollhaben|sh|debetkredit|debitcredit|d[ck])(?:kennzeichen|kz|kod|code|indicator|flag|flagga)"
)
_WHOLE = frozenset(("debit", "debet", "soll", "credit", "kredit", "haben", "dr", "cr"))
_MOST = 4
# Words of two columns, debit first, that share an amount between them.
_COLUMNS = (
    ("debet", "kredit"), ("debit", "credit"), ("debet", "credit"), ("debit", "kredit"), ("soll", "haben"),
    ("debiterat", "krediterat"), ("debited", "credited"), ("moneyin", "moneyout"), ("paidin", "paidout"),
)  # fmt: skip
_AROUND = frozenset(
    {"", "belopp", "amount", "betrag", "sek", "kr", "gc", "nc", "gross", "net", "grossgc", "netnc", "eur"}
)


def columns(labels: Sequence[str], numeric: Sequence[bool], amount: int | None) -> tuple[int, ...]:
    """(debit, credit): two columns of numbers whose headers differ in that word alone; () where there is no such pair.

    amount: the column that is the amount so far; where it is one of a pair, that pair; any other is no half.
    """
    folded = {fold(label): at for at, label in enumerate(labels) if label}
    for debit, credit in _COLUMNS:
        for head, at in folded.items():
            if debit not in head or head.replace(debit, "", 1) not in _AROUND:
                continue
            other = folded.get(head.replace(debit, credit, 1))
            if other is not None and numeric[at] and numeric[other] and amount in (None, at, other):
                return at, other
    return ()


def join(con: DuckDBPyConnection, pair: Sequence[int], labels: Sequence[str], *, swapped: bool) -> list[FileMessage]:
    """Debit and credit in `raw` made into one column, the first of the pair; says which of them counts as purchases.

    The side that is filled more often is what sales are booked on, and the other one's amounts get a minus sign unless
    they have it already. A row with an amount on both sides can't be read and is set aside for that.
    swapped: plus and minus of all amounts are turned later, and it is said as it will be then.
    """
    if not pair:
        return []
    real = [f"coalesce(regexp_matches(c{at}, '[1-9]'), false)" for at in pair]
    minus = [f"({real[n]} AND regexp_matches(c{at}, '^[ ]*[-(\u2212]|-[ ]*$'))" for n, at in enumerate(pair)]
    row = con.execute(
        f"SELECT {', '.join(f'count(*) FILTER (WHERE {test})' for test in (*real, *minus))} FROM raw"  # noqa: S608
    ).fetchone()
    assert row is not None
    kept, turned = (0, 1) if row[0] >= row[1] else (1, 0)
    cell, other = f"c{pair[kept]}", f"c{pair[turned]}"
    signed = row[2 + turned] > 0.5 * row[turned]
    plain = f"trim(replace(replace({other}, '-', ''), '\u2212', ''))"
    back = other if signed else f"CASE WHEN {minus[turned]} THEN {plain} ELSE '-' || {other} END"
    both = f"WHEN {real[kept]} AND {real[turned]} THEN {cell} || ' / ' || {other}"
    joined = f"CASE {both} WHEN {real[turned]} THEN {back} ELSE coalesce({cell}, {other}) END"
    raw.change(con, "raw", {f"c{pair[0]}": joined})
    values = {"kept": labels[pair[kept]], "turned": labels[pair[turned]], "count": row[kept], "other": row[turned]}
    return [FileMessage("sides_swapped" if swapped else "sides_joined", "warning", values, column=labels[pair[0]])]


def candidates(labels: Sequence[str], used: Collection[int], rows: Sequence[Sequence[str]]) -> list[int]:
    """Columns without a field whose first cells are such a pair of words."""
    found: list[int] = []
    for at, label in enumerate(labels):
        if not label or at in used:
            continue
        words = {row[at].strip().lower().rstrip(".") for row in rows if at < len(row)} - {""}
        if pair_of(words, label) is not None:
            found.append(at)
    return found


def pair_of(words: Collection[str], label: str) -> tuple[str, str] | None:
    """The pair (debit, credit) that a column's words are; None where they are something else, or only one of two."""
    if not 2 <= len(words) <= _MOST:
        return None
    named = _HEADER.fullmatch(fold(label)) is not None or label.strip() in ("+/-", "±")
    for pair in (*PAIRS, ("+", "-")):
        if set(words) == set(pair) and (named or set(pair) <= _WHOLE):
            return pair
    return None


def rule(con: DuckDBPyConnection, labels: Sequence[str], at: int) -> tuple[str, dict[str, object]] | None:
    """SQL that is true for the rows of `typed` whose amount is to be turned, and the values of its sentence.

    The commoner side is what sales are booked on, as for words beside the amount itself. None where the column turns
    out to hold other words further down, or amounts have signs of their own.
    """
    word = f"rtrim(lower(trim(c{at})), '.')"
    counts = con.execute(
        f"SELECT {word}, count(*) FROM raw JOIN typed USING (line) "  # noqa: S608
        f"WHERE typed.reason IS NULL AND c{at} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {_MOST + 1}"
    ).fetchall()
    pair = pair_of([str(said) for said, _ in counts], labels[at])
    signed = con.execute("SELECT 1 FROM typed WHERE reason IS NULL AND amount < 0 LIMIT 1").fetchone()
    if pair is None or signed is not None:
        return None
    by_word = {str(said): int(n) for said, n in counts}
    kept, turned = pair if by_word[pair[0]] >= by_word[pair[1]] else (pair[1], pair[0])
    # The words are of our own lists, never the file's text.
    sql = f"line IN (SELECT line FROM raw WHERE {word} = '{turned}')"  # noqa: S608
    return sql, {"column": labels[at], "turned": turned.upper(), "kept": kept.upper()}
