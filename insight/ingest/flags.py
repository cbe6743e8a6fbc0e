"""Whether a column says yes or no: in those words, by being filled at all, or in words of its own."""

from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from insight.ingest.cells import NO, UNKNOWN, YES

_DENIED = (
    r"(^|[ /(-])(ej|inte|icke|aldrig|ingen|inga|not|never|none|utan|ikke|nicht|kein|keine|ei)([ /)-]|$)"
    r"|^(o(öppn|klick|lever)|un(open|click|deliv|sub|sent)|in(aktiv|val)|studs|bounc|hard|soft|fail|miss|fel|rejec"
    r"|avvis|avbr|block|spärr|utebl)"
)
# Consents have words of their own, too; 'ej godkänt' is neither, and is told.
_GRANTED = (
    r"^(tillåt|godkän|godtar|accept|samtyck|ja[ ,]|yes[ ,]|opt(ed)?[ _-]?in|subscr|prenumer|grant|allow|permit"
    r"|samtykke|tillad|einwillig|eingewillig|zugestimmt|erlaubt|suostu|hyväks)"
)
_REFUSED = (
    r"^(nej[ ,]|no[ ,]|avböj|nek(a|ar|at)|opt(ed)?[ _-]?out|unsub|never|revok|withdr|återkall|återtag"
    r"|drag(it)? tillbaka|avreg|avanm|spärr|deni|refus|declin"
    r"|nei[ ,]|nein[ ,]|avmeld|afmeld|frameld|abgemeld|abgelehnt|widerruf|kielt|trukket)"
)
_CONTROL = "kontroll|control|hold|håll"


@dataclass(frozen=True)
class Flags:
    """How the cells are read: SQL for true, false or NULL, and in what way.

    way: words (yes and no), filled (a time or a count), own (words of its own). odd: filled cells that say neither yes
    nor no, the first on odd_line; blank: empty cells. yes, no: how many cells are read so where the way is not filled.
    """

    sql: str
    way: str
    yes: int
    no: int
    blank: int
    odd: int
    odd_line: int | None


def decide(con: DuckDBPyConnection, at: str, kind: str, name: str) -> Flags:
    """How a column of `raw` says yes and no. at: the column in SQL; kind: flag or consent; name: the field's."""
    cell = f"lower({at})"
    yes, no = within(cell, YES), within(cell, NO)
    if kind == "consent":
        denied = f"regexp_matches({cell}, '{_DENIED}|{_REFUSED}')"
        yes = f"({yes} OR (regexp_matches({cell}, '{_GRANTED}') AND NOT {denied}))"
        no = f"({no} OR regexp_matches({cell}, '{_REFUSED}'))"
    # A consent that somebody wrote as unknown is no blank: it is told how it was read.
    unsaid = "false" if kind == "consent" else within(cell, UNKNOWN)
    neither = f"{at} IS NOT NULL AND NOT ({yes} OR {no} OR {unsaid})"
    row = con.execute(
        f"SELECT count(*) FILTER (WHERE {yes}), count(*) FILTER (WHERE {no}), "  # noqa: S608
        f"count(*) FILTER (WHERE {at} IS NULL OR {unsaid}), count(*), min(line) FILTER (WHERE {neither}), "
        f"count(*) FILTER (WHERE {neither} AND NOT regexp_matches({at}, '^[0-9]')), "
        f"count(*) FILTER (WHERE {at} IS NOT NULL AND regexp_matches({at}, '^[0-9]')), "
        f"count(*) FILTER (WHERE NOT (regexp_matches({at}, '^[0-9]') OR {within(cell, NO | UNKNOWN)})), "
        f"count(*) FILTER (WHERE {neither} AND regexp_matches({cell}, '{_CONTROL}')) FROM raw"
    ).fetchone()
    assert row is not None
    n_yes, n_no, blank, total, odd_line, worded, digits, words, controls = row
    odd = total - n_yes - n_no - blank
    mostly = odd > 0.5 * max(1, total - blank)
    if kind == "flag" and mostly and worded > 0.5 * odd:
        own = f"regexp_matches({cell}, '{_CONTROL}')" if name == "is_control" and controls else ""
        said = own or f"NOT ({no} OR regexp_matches({cell}, '{_DENIED}'))"
        sql = f"CASE WHEN {at} IS NULL OR {unsaid} THEN NULL WHEN {yes} THEN true ELSE {said} END"
        counts = con.execute(f"SELECT count(*) FILTER (WHERE {sql}), count(*) FILTER (WHERE NOT {sql}) FROM raw")  # noqa: S608
        row = counts.fetchone()
        assert row is not None
        return Flags(sql, "own", row[0], row[1], blank, odd, odd_line)
    # Times of opening and counts of clicks begin with a digit, and hardly a yes stands beside them.
    counted = odd > 0 and words == 0 and n_yes <= digits
    if kind == "flag" and (mostly or counted):
        sql = f"CASE WHEN {at} IS NULL THEN NULL WHEN {no} THEN false ELSE true END"
        return Flags(sql, "filled", n_yes, n_no, blank, odd, odd_line)
    return Flags(f"CASE WHEN {yes} THEN true WHEN {no} THEN false END", "words", n_yes, n_no, blank, odd, odd_line)


def within(cell: str, words: frozenset[str]) -> str:
    """SQL: the cell is one of the words."""
    quoted = ", ".join("'" + word.replace("'", "''") + "'" for word in sorted(words))
    return f"{cell} IN ({quoted})"
