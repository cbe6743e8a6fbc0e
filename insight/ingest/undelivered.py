"""Mailings that did not arrive, by what a column says of each: bounced, refused, never delivered.

They are set aside, since nobody was reached by them; the choice `uncompleted=none` counts them all the same.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from insight.ingest.cells import MISSING, NO, UNKNOWN
from insight.ingest.flags import within
from insight.ingest.opening import Opened
from insight.ingest.options import ReadOptions
from insight.ingest.report import FileMessage
from insight.ingest.row_kinds import words_of
from insight.ingest.schema import fold
from insight.ingest.write import take_back

_WHAT = (
    r"(?:(?:e-?mail|mejl|e-?post|mail|message|meddelande(?:t)?|sms|push|utskick(?:et)?|brev(?:et)?|delivery|send(?:ing)?"
    r"|leverans(?:en)?|contact|recipient)[ _.:-]*)?"
)
# A word alone, or with the reason behind a mark or a preposition; '5.1.1' or '550' may stand before it.
_FAILED = (
    rf"^(?:\d[\d.]*[ :–-]+)?{_WHAT}(?:fail(?:ed|ure|s)?|(?:perm|temp)(?:anent|orary)?(?:ly)?[ _-]*fail(?:ed|ure)?"
    "|dropped|drop|reject(?:ed|ion)?|policy[ _-]?rejection|suppress(?:ed|ion)|block(?:ed)?|undeliver(?:ed|able)|unsent"
    "|skipped|(?:not|never|non)[ _-]?(?:delivered|sent|received)|notsent|expired|error|invalid|could not be delivered"
    "|(?:ej|inte|icke|aldrig) (?:levererad|levererat|levererade|skickad|skickat|framkommen|framme|mottagen|mottaget)"
    "|olevererad|olevererat|olevererbar|kom (?:inte|ej) fram|misslyck(?:ad|at|ade|ades|ande|anden|as)"
    "|blockera(?:d|t|de)|spärra(?:d|t|de)"
    "|avvisa(?:d|t|de)|stoppa(?:d|t|de)|ogiltig|returned to sender|return to sender|åter avsändaren"
    "|retur till avsändaren?|adressat(?:en)? okänd|okänd adress|unzustellbar|nicht zugestellt|fehlgeschlagen"
    "|ikke (?:levert|leveret|sendt)|avvist|afvist|mislykke(?:t|des)|ei toimitettu|epäonnistu(?:i|nut))"
    r"(?:[ _-]?(?:e-?mail|mejl|mail|message|sms|push|address|adress|recipient|event))?"
    r"(?:[ ]*[-–:(,;/_].*| (?:by|due|because|av|på|hos|to|till) .*)?$"
)
_BOUNCED = r"(?:^|[^a-zåäö])(?:hard|soft|block|hård|hårt|mjuk|mjukt)?(?:bounc|studs)"
_DENIED = r"^(?:not?|non|never|ej|inte|icke|inga|ingen|aldrig|un|o)[ _-]?(?:hard|soft|hård|mjuk)?[ _-]?(?:bounc|studs)"
_REACHED = re.compile(
    r"sent\b|send$|deliver|open|click|process|accept|receiv|success|queue|complet|skicka|leverera|framme|framkom|öppn"
    r"|klick|motta|lyckad|läst|^read$|^ok$|unsub|avreg|zugestellt|geöffnet|levert|leveret|toimitettu"
)
# Headers below which one word is enough; below any other, what did arrive has to be told there too.
_STATUS = re.compile(
    r"status|utfall|outcome|result|^(?:last|senaste|email|mail|message)?(?:event|handelse)|bounc|studs"
)
_DELIVERY = re.compile(r"deliver|leverans|leverer|framkom|^framme$|^mottagen$|^(?:is|was|ar)?(?:sent|skickad|skickat)$")
# A column that is filled only for what did not arrive: 'Bounced' (yes or a time), 'Bounce type', 'Studsorsak'.
_BOUNCE = re.compile(
    r"^(?:is|has|was|ar)?(?:e?mail|epost|mejl|message|utskick)?(?:hard|soft|mjuk)?(?:bounc|studs)|^undeliver|^olevere"
)
# A share of many mailings, or what is said of the customer or an order and not of the mailing.
_OTHER = re.compile(
    r"rate$|^andel|andel$|procent|percent|%|^(?:kund|customer|medlem|member|subscri|prenumer|order|betal|payment|account|avtal)"
)
_LATER = r"open|click|öppn|klick|unsub|avreg|complain|spam|geöffnet|åpn|åbn"
_THERE = "deliver|lever|framme|framkom|zugestellt|toimitettu"
_FEW, _MOST_WORDS, _LONGEST = 40, 3, 40
_HOURS = 48


@dataclass(frozen=True)
class _Column:
    """A column that tells which mailings did not arrive, and the condition on its cells. worded: a status or event."""

    at: int
    failed: str
    worded: bool


def settle(
    con: DuckDBPyConnection, opened: Opened, file_id: int, options: ReadOptions, *, quick: bool
) -> tuple[int, list[FileMessage]]:
    """Set the file's mailings that did not arrive aside; how many, and what to say of them.

    A log of events, where a message has a row for each thing that happened to it, is left as it is: the row of the
    bounce stands beside the one of the sending. So is a file of nothing but mailings that did not arrive; that is told.
    options.uncompleted: 'none' counts them all, told. quick: as for `write.take_back`.
    """
    if opened.mapped.kind != "contacts" or quick:
        return 0, []
    columns = _columns(con, opened)
    if not columns:
        return 0, []
    _find(con, columns, file_id)
    row = con.execute(
        "SELECT count(*), min(line), count(*) = (SELECT count(*) FROM contacts WHERE file_id = $file_id), "
        "min_by(place, line) FROM undelivered",
        {"file_id": file_id},
    ).fetchone()
    assert row is not None
    count, line, whole, place = row
    if not count or (not whole and _is_event_log(con, columns, file_id)):
        return 0, []
    values = {"count": count, "status": _named(con)}
    word = "status" if whole else "kept" if options.uncompleted == "none" else "aside"
    if word == "aside":
        take_back(con, opened, file_id, "undelivered", "undelivered", quick=quick)
    said = FileMessage(f"{word}_undelivered", "warning", values, line, opened.layout.labels[place])
    return (count if word == "aside" else 0), [said]


def _columns(con: DuckDBPyConnection, opened: Opened) -> list[_Column]:
    """The columns that tell of mailings that did not arrive, those of status and event first."""
    mapped, found = opened.mapped, list[_Column]()
    taken = mapped.used - {mapped.fields.get("message_type", -1)}
    for at, label in enumerate(opened.layout.labels):
        folded = fold(label)
        if not label or at in taken or _OTHER.search(folded):
            continue
        cell = f"lower(trim(raw.c{at}))"
        failed = f"(regexp_matches({cell}, '{_FAILED}') OR {_bounced(cell)})"
        if _BOUNCE.search(folded) and not folded.endswith("status"):
            nothing = within(cell, NO | UNKNOWN | MISSING)
            said = f"regexp_matches({cell}, '{_DENIED}|^0+(?:[.,]0+)?$|^(?:ej|inte|not|never|no|non|none|ingen) ?')"
            found.append(_Column(at, f"({cell} <> '' AND NOT ({nothing} OR {said}) AND NOT {_reached(cell)})", False))
        elif _DELIVERY.search(folded) and not _STATUS.search(folded):
            found.append(_Column(at, f"({failed} OR {within(cell, NO - MISSING)})", True))
        elif _STATUS.search(folded) or _tells(words_of(con, "raw", f"c{at}")):
            found.append(_Column(at, failed, True))
    return sorted(found, key=lambda column: not column.worded)


def _bounced(cell: str) -> str:
    return f"(regexp_matches({cell}, '{_BOUNCED}') AND NOT regexp_matches({cell}, '{_DENIED}'))"


def _reached(cell: str) -> str:
    """SQL: the cell says 'delivered' or 'sent', and nothing else."""
    return (
        f"regexp_matches({cell}, '^(?:delivered|sent|opened|clicked|levererad|levererat|skickad|skickat|framme|ok)$')"
    )


def _tells(words: set[str]) -> bool:
    """Whether the words of a column under any header tell mailings that arrived from those that did not."""
    low = {word.lower() for word in words}
    if not 1 < len(low) <= _FEW:
        return False
    lost = {word for word in low if re.search(_FAILED, word) or _is_bounce(word)}
    return bool(lost) and any(_REACHED.search(word) for word in low - lost)


def _is_bounce(word: str) -> bool:
    return re.search(_BOUNCED, word) is not None and re.search(_DENIED, word) is None


def _find(con: DuckDBPyConnection, columns: Sequence[_Column], file_id: int) -> None:
    """The lines of what did not arrive in the temporary table `undelivered`, with what says so and in which column."""
    tests = " ".join(f"WHEN coalesce({column.failed}, false) THEN {column.at}" for column in columns)
    words = " ".join(f"WHEN {column.at} THEN trim(c{column.at})" for column in columns)
    cells = ", ".join(f"raw.c{column.at}" for column in columns)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE undelivered AS SELECT line, place, CASE place {words} END AS word FROM ("  # noqa: S608
        f"SELECT raw.line, {cells}, CASE {tests} END AS place FROM raw "
        "WHERE raw.line IN (SELECT line FROM contacts WHERE file_id = $file_id)) WHERE place IS NOT NULL",
        {"file_id": file_id},
    )


def _is_event_log(con: DuckDBPyConnection, columns: Sequence[_Column], file_id: int) -> bool:
    """Whether a message has several rows: most of those that tell how it went stand after its sending.

    That is a row of the same customer, campaign and channel with another word, at most two days earlier, for at least
    half of the rows that tell of a bounce (which no delivery comes before), or of an opening or a click.
    """
    worded = [column for column in columns if column.worded]
    if not worded:
        return False
    cell = f"lower(trim(raw.c{worded[0].at}))"
    con.execute(
        "CREATE OR REPLACE TEMP TABLE message_rows AS SELECT contacts.line, customer_id, "  # noqa: S608
        f"coalesce(campaign_id, '') AS campaign, coalesce(channel, '') AS way, sent_at, {cell} AS word, "
        "contacts.line IN (SELECT line FROM undelivered) AS lost, "
        f"coalesce(regexp_matches({cell}, '{_LATER}'), false) AS later, regexp_matches({cell}, '{_THERE}') AS there "
        "FROM contacts JOIN raw ON raw.line = contacts.line WHERE file_id = $file_id",
        {"file_id": file_id},
    )
    row = con.execute(
        "SELECT count(*) FILTER (WHERE lost), count(*) FILTER (WHERE lost AND before), "  # noqa: S608
        "count(*) FILTER (WHERE later), count(*) FILTER (WHERE later AND before) FROM ("
        "SELECT lost, later, EXISTS (SELECT 1 FROM message_rows AS first WHERE first.customer_id = told.customer_id "
        "AND first.campaign = told.campaign AND first.way = told.way AND first.word <> told.word "
        "AND NOT first.lost AND NOT first.later AND NOT (told.lost AND first.there) "
        f"AND first.sent_at <= told.sent_at AND first.sent_at >= told.sent_at - INTERVAL {_HOURS} HOUR) AS before "
        "FROM message_rows AS told WHERE lost OR later)"
    ).fetchone()
    assert row is not None
    lost, lost_after, later, later_after = row
    return (lost > 0 and 2 * lost_after >= lost) or (later > 0 and 2 * later_after >= later)


def _named(con: DuckDBPyConnection) -> str:
    """The most common words; a reason that quotes an address is not repeated."""
    rows = con.execute(
        "SELECT word FROM undelivered WHERE NOT contains(word, '@') "  # noqa: S608
        f"GROUP BY word ORDER BY count(*) DESC, word LIMIT {_MOST_WORDS}"
    ).fetchall()
    return ", ".join(str(word)[:_LONGEST] for (word,) in rows) or "…"
