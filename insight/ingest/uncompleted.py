"""Purchases that came to nothing by their status: called off or paid back is set aside, what still waits is counted."""

from duckdb import DuckDBPyConnection

from insight.ingest.convert import refunds_in
from insight.ingest.opening import Opened
from insight.ingest.options import ReadOptions, Uncompleted
from insight.ingest.report import FileMessage
from insight.ingest.row_kinds import PAID_BACK, PARTLY
from insight.ingest.write import take_back

# A status may have its number before it, as in '1000 Makulerad'.
_NUMBERED = r"^(?:wc-|\d{1,4}[ .:–-]+)?"
# Whole words, since 'Cancellation fee' and 'Avbeställningsskydd' are sold; what comes after a mark says why or by whom.
_CALLED_OFF = (
    rf"{_NUMBERED}(?:makuler(?:ad|at|ade|ing)?|annuller(?:ad|at|ade|et|t|ing)?|avbrut(?:en|et|na)|avbok(?:ad|at|ade|ning)"
    "|avbeställ(?:d|t|da|ning)|återkallad|cancell?ed|cancel|cancellation|void(?:ed)?|declined|nekad|nekat|failed|failure"
    "|payment failed|failed payment|offert|quot(?:e|ation)|utkast|draft|kladd|övergiv(?:en|et|na)|abandoned"
    "|test(?:order|köp|beställning)|misslyck(?:ad|at|ades)|betalning(?:en)? misslyckades|rejected|avvisad|avvisat"
    "|avböjd|avböjt|fehlgeschlagen|abgebrochen|storniert|kansellert|kanselleret|peruutettu|peruttu|epäonnist(?:ui|unut)"
    "|annulée?|(?:closed[ -]*)?lost|förlorad|förlorat)(?:[ ]*[-–:(,;/].*| (?:by|av|von|per) .*)?$"
)
_WAITING = (
    rf"{_NUMBERED}(?:väntar|väntande|inväntar|pending|awaiting|unpaid|obetald|obetalt|ej betald|expired|on[ -]hold"
    "|ikke betalt|ej slutförd|ofullständig|incomplete|offen|unbezahlt|ausstehend|maksamatta)"
)
_BACK = "refund|return|retur|återbetal|tilbage|tilbake|kredit|credit|erstatt|rembours"
_STATES = {
    "cancelled": f"regexp_matches(lower(trim(status)), '{_CALLED_OFF}')",
    "waiting": f"regexp_matches(lower(trim(status)), '{_WAITING}')",
    "paid_back": PAID_BACK,
    "partly": f"({PARTLY} AND regexp_matches(lower(status), '{_BACK}'))",
}
# From which choice on rows with such a status are set aside, and which choices hold another one.
_ASIDE = {"cancelled": "cancelled", "paid_back": "cancelled", "waiting": "all", "partly": ""}
_ALSO: dict[Uncompleted, tuple[str, ...]] = {"none": (), "cancelled": (), "all": ("cancelled",)}
_MOST_WORDS, _LONGEST = 3, 40


def settle(
    con: DuckDBPyConnection, opened: Opened, file_id: int, options: ReadOptions, *, quick: bool
) -> tuple[int, list[FileMessage]]:
    """Set the file's purchases that came to nothing aside; how many, and what to say of them and of those that count.

    options.uncompleted: 'cancelled' sets aside what was called off, and what was paid back where that is the same row
    as the purchase; 'all' also what waits, 'none' nothing. Where such rows have a minus (they take another row back),
    or where all rows are such, they count as they stand; a minus that waits is one of its own.
    quick: as for `write.take_back`.
    """
    mapped, labels = opened.mapped, opened.layout.labels
    if mapped.kind != "transactions" or "status" not in mapped.fields:
        return 0, []
    label, choice = labels[mapped.fields["status"]], options.uncompleted
    # What was paid back stands in a column of its own, or the user has said that returns are read as they stand.
    silent = {"paid_back", "partly"} if refunds_in(mapped, labels) or options.returns == "none" else set[str]()
    said: list[FileMessage] = []
    taken = 0
    for reason, test in _STATES.items():
        if reason in silent:
            continue
        count, values, line, negative, whole = _look(con, file_id, test)
        stands = whole or (negative and reason != "waiting")
        if not count or (stands and reason == "paid_back"):
            continue
        aside = not stands and _ASIDE[reason] in (choice, *_ALSO[choice])
        if aside:
            take_back(con, opened, file_id, "uncompleted", reason, quick=quick)
            taken += count
        kept = choice == "none" and not stands and _ASIDE[reason] == "cancelled"
        word = "aside" if aside else "kept" if kept else "status"
        said.append(FileMessage(f"{word}_{reason}", "warning", values, line, label))
    return taken, said


def _look(con: DuckDBPyConnection, file_id: int, test: str) -> tuple[int, dict[str, object], int, bool, bool]:
    """The file's purchases with such a status, their lines in the temporary table `uncompleted`.

    How many, what to say of them, the first line, whether some have a minus, whether all of the file's are such.
    """
    of_file = {"file_id": file_id}
    con.execute(
        "CREATE OR REPLACE TEMP TABLE uncompleted AS SELECT line, amount, trim(status) AS word FROM transactions "  # noqa: S608
        f"WHERE file_id = $file_id AND {test}",
        of_file,
    )
    row = con.execute(
        "SELECT count(*), sum(amount), min(line), coalesce(min(amount) < 0, false), count(*) = "
        "(SELECT count(*) FROM transactions WHERE file_id = $file_id) FROM uncompleted",
        of_file,
    ).fetchone()
    words = con.execute(
        f"SELECT word FROM uncompleted GROUP BY word ORDER BY count(*) DESC, word LIMIT {_MOST_WORDS}"  # noqa: S608
    ).fetchall()
    assert row is not None
    named = ", ".join(str(word)[:_LONGEST] for (word,) in words)
    return row[0], {"count": row[0], "sum": str(row[1]), "status": named}, row[2], row[3], row[4]
