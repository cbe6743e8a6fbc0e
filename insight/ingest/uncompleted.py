"""Purchases that never came about by their status: what was called off is set aside, what still waits is counted."""

from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from insight.ingest.mapping import Mapped
from insight.ingest.options import Uncompleted
from insight.ingest.report import FileMessage
from insight.ingest.write import take_back

# Whole words, since 'Cancellation fee' and 'Avbeställningsskydd' are sold; what comes after a mark says why or by whom.
_CALLED_OFF = (
    "^(?:wc-)?(?:makuler(?:ad|at|ade|ing)?|annuller(?:ad|at|ade|et|t|ing)?|avbrut(?:en|et|na)|avbok(?:ad|at|ade|ning)"
    "|avbeställ(?:d|t|da|ning)|återkallad|cancell?ed|cancel|cancellation|void(?:ed)?|declined|nekad|nekat|failed|failure"
    "|payment failed|failed payment|offert|quot(?:e|ation)|utkast|draft|kladd|övergiv(?:en|et|na)|abandoned"
    "|test(?:order|köp|beställning)|misslyck(?:ad|at|ades)|betalning(?:en)? misslyckades|rejected|avvisad|avvisat"
    "|avböjd|avböjt|fehlgeschlagen|abgebrochen|storniert|kansellert|kanselleret|peruutettu|peruttu|epäonnist(?:ui|unut)"
    "|annulée?|(?:closed[ -]*)?lost|förlorad|förlorat)(?:[ ]*[-–:(,;/].*| (?:by|av|von|per) .*)?$"
)
_WAITING = (
    "^(?:wc-)?(?:väntar|väntande|inväntar|pending|awaiting|unpaid|obetald|obetalt|ej betald|expired|on[ -]hold"
    "|ikke betalt|ej slutförd|ofullständig|incomplete|offen|unbezahlt|ausstehend|maksamatta)"
)
_MOST_WORDS, _LONGEST = 3, 40


def settle(
    con: DuckDBPyConnection, mapped: Mapped, labels: Sequence[str], file_id: int, choice: Uncompleted, width: int | None
) -> tuple[int, list[FileMessage]]:
    """Set the file's purchases that never came about aside; how many, and what to say of them and of those that count.

    choice: 'cancelled' sets aside what was called off, 'all' also what waits, 'none' nothing. Where rows that were
    called off have a minus (they take an earlier row back), or where all were, those count as they stand. width: as
    for `write.take_back`.
    """
    if mapped.kind != "transactions" or "status" not in mapped.fields:
        return 0, []
    label = labels[mapped.fields["status"]]
    said: list[FileMessage] = []
    taken = 0
    for pattern, reason in ((_CALLED_OFF, "cancelled"), (_WAITING, "waiting")):
        count, values, line, stands = _look(con, file_id, pattern)
        if not count:
            continue
        aside = choice == "all" or (choice, reason) == ("cancelled", "cancelled")
        if aside and not stands:
            take_back(con, mapped, file_id, "uncompleted", reason, width)
            taken += count
        code = f"aside_{reason}" if aside and not stands else f"status_{reason}"
        code = "kept_cancelled" if (choice, reason) == ("none", "cancelled") and not stands else code
        said.append(FileMessage(code, "warning", values, line, label))
    return taken, said


def _look(con: DuckDBPyConnection, file_id: int, pattern: str) -> tuple[int, dict[str, object], int, bool]:
    """The file's purchases with such a status, their lines in the temporary table `uncompleted`.

    How many, what to say of them, the first line, and whether they count as they stand.
    """
    of_file = {"file_id": file_id}
    con.execute(
        "CREATE OR REPLACE TEMP TABLE uncompleted AS SELECT line, amount, trim(status) AS word FROM transactions "  # noqa: S608
        f"WHERE file_id = $file_id AND regexp_matches(lower(trim(status)), '{pattern}')",
        of_file,
    )
    row = con.execute(
        "SELECT count(*), sum(amount), min(line), coalesce(min(amount) < 0, false) OR count(*) = "
        "(SELECT count(*) FROM transactions WHERE file_id = $file_id) FROM uncompleted",
        of_file,
    ).fetchone()
    words = con.execute(
        f"SELECT word FROM uncompleted GROUP BY word ORDER BY count(*) DESC, word LIMIT {_MOST_WORDS}"  # noqa: S608
    ).fetchall()
    assert row is not None
    named = ", ".join(str(word)[:_LONGEST] for (word,) in words)
    return row[0], {"count": row[0], "sum": str(row[1]), "status": named}, row[2], row[3]
