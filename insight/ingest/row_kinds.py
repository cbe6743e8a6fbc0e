"""What a row is by its word in one column: a sale, a return, a payment, a deal that was never won."""

import re
from collections.abc import Collection, Mapping, Sequence

from duckdb import DuckDBPyConnection

from insight.ingest.cells import MISSING, NO, UNKNOWN
from insight.ingest.mapping import Mapped
from insight.ingest.schema import TABLES, fold

# What a status says of a return: a word alone ('kredit', but not 'kredit card'), or with more behind it ('Retur, hel').
_RETURN_WORDS = (
    "^(?:(?:retur|returer|return|returned|returnerad|returnerat|returorder|återköp"
    "|återköpt|återbetald|återbetalt|återbetalning|refund|refunded|kreditfaktura|kreditnota|credit note|credit memo"
    "|(?:sales|kund) ?(?:credit|kredit) ?(?:note|memo|nota|faktura)?"
    "|retoure?|returnert|refundert|refunderet|tilbagebetalt|tilbakebetalt|gutschrift|storno|stornorechnung|stornierung"
    "|rechnungskorrektur|rückgabe|erstattung|hyvitys|hyvityslasku|palautus|avoir|remboursement|remboursé|retour)"
    "(?:[^a-zåäö0-9].*)?|kredit|krediterad|kreditert|krediteret|credit|credited|cr|reversal|reversed)$"
)
# Only a part of it: the row is the whole purchase all the same.
PARTLY = (
    r"regexp_matches(lower(status), '(?:^|[^a-zåäö])(?:delvis|partly|partial|partially|partiel|partiell|teilweise)')"
)
RETURNED = f"(regexp_matches(lower(status), '{_RETURN_WORDS}') AND NOT {PARTLY})"
# What an order is said to be, where others are 'Paid': the purchase and its way back in one row.
_PAID_BACK = (
    "^(?:wc-)?(?:återbetal(?:d|t|da)|återköp(?:t|ta)|returnera(?:d|t|de)|krediterad|krediterat|refunded|returned|credited"
    "|returnert|refundert|refunderet|returneret|tilbagebetalt|tilbakebetalt|kreditert|krediteret|zurückgegeben|erstattet"
    "|palautettu|hyvitetty|remboursée?|chargeback|charged back)(?:[^a-zåäö0-9].*)?$"
)
PAID_BACK = f"(regexp_matches(lower(trim(status)), '{_PAID_BACK}') AND NOT {PARTLY})"
# Headers that are a question, and the status that a yes means.
FLAGS = {
    "makuler": "Makulerad", "annuller": "Annullerad", "cancel": "Cancelled", "void": "Void", "avbokad": "Avbokad",
    "struken": "Makulerad", "retur": "Retur", "return": "Return", "isreturn": "Return", "iscancel": "Cancelled",
}  # fmt: skip
# What a settlement from a payment provider books beside the sales.
_BESIDE = (
    "^(?:fees?|avgift(?:er)?|(?:merchant)?payouts?|utbetalning(?:ar)?|commission|provision"
    "|settlement|avräkning|reserve|holdback|insättning|deposit|(?:general |user initiated |auto )?withdrawals?|uttag"
    "|withdraw funds.*|(?:bank )?deposit to .*|(?:general )?currency conversion|transfer to bank.*|account hold.*"
    "|balance ?transfer|invoice ?deduction)$"
)
NOT_A_SALE = f"regexp_matches(lower(status), '{_BESIDE}')"
PAYMENT = "^(?:betalning|betalt|betalsätt|payment|tender|växel|change|kontant|kort|swish|presentkort ut)"
_GOODS = "^(?:artikel|vara|varor|item|article|product|produkt|goods|line|rad|försäljning|sale|sales|rabatt|discount)"
# A customer ledger holds what was paid below what was invoiced: the same money with the other sign.
_INVOICED = (
    "^(?:(?:kund|försäljnings|sales |customer )?(?:faktura|invoice)|kontantfaktura|(?:ausgangs)?rechnung|salgsfaktura"
    "|(?:myynti)?lasku|facture)$"
)
_PAID = (
    "^(?:(?:kund)?(?:in)?betalning(?:ar)?|(?:customer )?(?:payment|receipt)s?|zahlung(?:en)?|zahlungseingang"
    "|(?:kunde?)?(?:inn|ind)?betaling(?:er)?|(?:asiakas)?suoritus|maksu|paiement|kassarabatt|(?:kurs|valuta|öres)(?:differens|diff))$"
)
# A pipeline of deals: what was won is sold, the rest is hoped for or lost.
_WON = "^(?:closed[ -]*)?won$|^(?:stängd|avslutad|closed)?[ ,:–-]*(?:vunn(?:en|et|it)|vundet|gewonnen|voitettu)$"
_SOLD = f"{_WON}|^(?:order|såld|sålt|sold|kund)$"
_LOST = "^(?:closed[ -]*)?lost$|^(?:stängd|avslutad|closed)?[ ,:–-]*(?:förlorad|förlorat|tappad|tapt|tabt|verloren)"
# The types of an accounting program of two letters: sales invoice, credit, and what was received.
_LETTERS = {"si": "Invoice", "sc": "Credit note", "sr": "Payment", "sa": "Payment", "sd": "Payment", "sp": "Payment"}
_HEADERS = frozenset(TABLES["transactions"].field("status").aliases) | {
    "linetype", "rowtype", "postyp", "posttyp", "eventtype", "entrytype", "recordtype", "stage", "fas", "dealstage",
    "salesstage", "opportunitystage", "affarsfas", "affarsstatus", "dealstatus", "journaltype", "vorgang",
    "vorgangsart",
}  # fmt: skip
# 'Ordertyp', but not 'Card type' or 'Betaltyp', where 'Credit' is how it was paid.
_NAMED = re.compile(
    r"^(?:order|orders|kop|affars|transaktions?|transaction|dokument|document|verifikat|faktura|invoice|rad|line|post"
    r"|entry|sales?|boknings?|booking|kvitto|receipt)(?:typ|type|slag|status|stage)$"
)
# 'State' is a place as often: what stands below it says which.
_STATES = re.compile(r"(?:state|lage|utfall|outcome|result(?:at)?)$")
_STATE_WORDS = re.compile(
    r"paid|unpaid|failed|pending|processing|past[_ ]due|void(?:ed)?|cancell?ed|draft|completed?|declined"
    r"|succe(?:ss|eded)|successful|betald|obetald|makulerad|avbokad|avbruten|genomförd|misslyckad|nekad",
    re.IGNORECASE,
)
_SIDES = frozenset({"debit", "debet", "credit", "kredit", "dr", "cr", "soll", "haben"})
# What was plainly called off, whatever else the row is.
_CALLED_OFF = "^(?:wc-)?(?:makuler|annuller|cancel|void|avbok|avbest|storniert)"
_LONGEST, _MOST = 40, 40


def decides(words: Collection[str], *, status: bool) -> bool:
    """Whether rows of a plain file need the careful way for the words of a column: of the status, or of one beside it.

    Returns and what is no sale by the status's own word are looked for with their amounts.
    """
    low = {word.lower() for word in words}
    if status:
        return len(low) <= _MOST and bool(_rules(low) or _by_letters(low))
    return speaks(low) or (len(low) <= _MOST and any(re.search(_CALLED_OFF, word) for word in low))


def words_of(con: DuckDBPyConnection, table: str, column: str) -> set[str]:
    """The different cells of a column, one more than are looked at where there are many."""
    rows = con.execute(f'SELECT DISTINCT "{column}" FROM {table} LIMIT {_MOST + 1}').fetchall()  # noqa: S608
    return {str(row[0]).strip() for row in rows if row[0] is not None}


def may_say(label: str) -> bool:
    """Whether a header is one under which files write what each row is."""
    return (
        fold(label) in _HEADERS
        or _NAMED.search(fold(label)) is not None
        or fold(re.split(r"\s-\s|:\s", label[:100])[-1]) in _HEADERS
    )


def is_state(label: str, words: Collection[str]) -> bool:
    """Whether a column that files call in many ways says how far each purchase came: two of its words do."""
    return _STATES.search(fold(label)) is not None and sum(map(bool, map(_STATE_WORDS.fullmatch, words))) > 1


def speaks(words: Collection[str]) -> bool:
    """Whether the words of a column tell sales from what is no sale, or none that counts as it stands."""
    low = {word.strip().lower() for word in words} - {""}
    if not 1 < len(low) <= _MOST or low <= _SIDES or any(len(word) > _LONGEST for word in low):
        return False
    if any(re.search(_RETURN_WORDS, word) or re.search(_BESIDE, word) for word in low):
        return True
    paid = any(re.search(PAYMENT, word) for word in low) and any(re.search(_GOODS, word) for word in low)
    return bool(paid or _rules(low) or _by_letters(low))


def _by_letters(low: Collection[str]) -> bool:
    return "si" in low and len(low) > 1 and set(low) <= _LETTERS.keys()


def _rules(low: Collection[str]) -> list[tuple[str, str]]:
    """(SQL condition on the word, written $, and reason) for rows that are no sales by what else the column says."""

    def any_of(pattern: str) -> bool:
        return any(re.search(pattern, word) for word in low)

    found: list[tuple[str, str]] = []
    if any_of(_INVOICED) and any_of(_PAID):
        found.append((f"regexp_matches($, '{_PAID}')", "not_a_sale"))
    if any_of(_WON) and len(low) > 1:
        found.append((f"NOT regexp_matches($, '{_WON}')", "not_won"))
    elif any_of(_SOLD) and any_of(_LOST):
        found.append((f"NOT regexp_matches($, '{_SOLD}')", "not_won"))
    return found


def _words(con: DuckDBPyConnection, at: int) -> set[str]:
    return {word.lower() for word in words_of(con, "raw", f"c{at}")}


def status_column(con: DuckDBPyConnection, mapped: Mapped, labels: Sequence[str]) -> int | None:
    """The column of `raw` that says what each row is, where that is another one than the status; else None."""
    if mapped.kind != "transactions":
        return None
    held = mapped.fields.get("status")
    if held is not None and speaks(_words(con, held)):
        return None
    free = [at for at, label in enumerate(labels) if label and at not in mapped.used and may_say(label)]
    return next((at for at in free if speaks(_words(con, at))), None)


def branches(con: DuckDBPyConnection, mapped: Mapped, fields: Mapping[str, str]) -> list[str]:
    """CASE branches that set aside, by the status, what is no sale. `fields` have the status as `named` left it."""
    if mapped.kind != "transactions" or "status" not in fields:
        return []
    status = f"lower(trim({fields['status']}))"
    found = [f"WHEN {NOT_A_SALE.replace('lower(status)', status)} THEN 'not_a_sale'"]
    if "status" in mapped.fields:
        words = _words(con, mapped.fields["status"])
        low = {_LETTERS[word].lower() for word in words} if _by_letters(words) else words
        found += [f"WHEN {test.replace('$', status, 1)} THEN '{reason}'" for test, reason in _rules(low)]
    return found


def tender(con: DuckDBPyConnection, mapped: Mapped) -> str:
    """The branch that sets payments aside where a till lists them below the goods of the same receipt; else ''."""
    if mapped.kind != "transactions" or not {"status", "order_id"} <= mapped.fields.keys():
        return ""
    status, order = f"lower(raw.c{mapped.fields['status']})", f"raw.c{mapped.fields['order_id']}"
    row = con.execute(
        "SELECT count(*) FILTER (WHERE paid AND goods), count(*) FILTER (WHERE paid) FROM ("  # noqa: S608
        f"SELECT bool_or(regexp_matches({status}, '{PAYMENT}')) AS paid, "
        f"bool_or(regexp_matches({status}, '{_GOODS}')) AS goods FROM raw WHERE {order} IS NOT NULL GROUP BY {order})"
    ).fetchone()
    if row is None or not row[1] or row[0] < 0.9 * row[1]:
        return ""
    return f"WHEN regexp_matches({status}, '{PAYMENT}') THEN 'not_a_sale' "


def named(con: DuckDBPyConnection, mapped: Mapped, labels: Sequence[str], fields: dict[str, str]) -> None:
    """A status in whole words: a yes to 'Makulerad' or 'Retur' is the word of its header, SI and SC are spelled out.

    What another column says was called off is so, unless this one says that it is a return or no sale.
    """
    at = mapped.fields["status"]
    folded = fold(labels[at])
    cell = f"lower(raw.c{at})"
    if _by_letters(_words(con, at)):
        spelled = " ".join(f"WHEN '{letters}' THEN '{word}'" for letters, word in _LETTERS.items())
        fields["status"] = f"CASE trim({cell}) {spelled} END"
        return
    word = next((word for stem, word in FLAGS.items() if folded.startswith(stem)), "")
    if not word:
        for other in _others(con, mapped, labels):
            off = f"regexp_matches(lower(raw.c{other}), '{_CALLED_OFF}')"
            plain = f"NOT coalesce(regexp_matches({cell}, '{_RETURN_WORDS}'), false)"
            fields["status"] = f"CASE WHEN {off} AND {plain} THEN raw.c{other} ELSE {fields['status']} END"
        return
    said = ", ".join(f"'{no}'" for no in sorted((*NO, *UNKNOWN, *MISSING)))
    worded = f"regexp_matches({cell}, '^[a-zåäö]{{4,}}') AND NOT regexp_matches({cell}, '^(sant|true|yes)')"
    fields["status"] = (
        f"CASE WHEN raw.c{at} IS NULL OR {cell} IN ({said}) THEN NULL WHEN {worded} THEN raw.c{at} ELSE '{word}' END"
    )


def _others(con: DuckDBPyConnection, mapped: Mapped, labels: Sequence[str]) -> list[int]:
    """Columns beside the status in which some rows are called off."""
    free = [at for at, label in enumerate(labels) if label and at not in mapped.used and may_say(label)]
    return [at for at in free if any(re.search(_CALLED_OFF, word) for word in _words(con, at))]


def returned(con: DuckDBPyConnection, fields: Mapping[str, str]) -> str:
    """The SQL condition on `typed` for rows that are returns by their status.

    An order that is said to be paid back, and stands nowhere else in the file with the same amount, is no return of
    another row: it is the purchase itself.
    """
    if "order_id" not in fields:
        return RETURNED
    back, other = PAID_BACK.replace("status", "back.status"), PAID_BACK.replace("status", "sale.status")
    row = con.execute(
        "SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT 1 FROM typed AS sale WHERE sale.reason IS NULL "  # noqa: S608
        "AND sale.order_id = back.order_id AND sale.amount = back.amount AND sale.line <> back.line "
        f"AND NOT coalesce({other}, false))) FROM typed AS back "
        f"WHERE back.reason IS NULL AND back.amount > 0 AND back.order_id IS NOT NULL AND {back}"
    ).fetchone()
    alone = row is not None and row[0] and row[1] < 0.5 * row[0]
    return f"({RETURNED} AND NOT {PAID_BACK})" if alone else RETURNED


def paid_back(con: DuckDBPyConnection, columns: Sequence[int]) -> bool:
    """Whether rows whose status says 'refunded' carry what was paid back in a column of its own: they are the sale."""
    return any(
        con.execute(
            f"SELECT 1 FROM typed JOIN raw USING (line) WHERE reason IS NULL AND {RETURNED} "  # noqa: S608
            f"AND regexp_matches(raw.c{at}, '[1-9]') LIMIT 1"
        ).fetchone()
        for at in columns
    )
