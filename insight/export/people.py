"""Lists of customers that leave the app: for what, who may come along, and the file.

A list for analysis holds everybody that the screen counts, with the screen's columns. A list for e-mail, text
messages, post or an advertising platform holds those who have consented to that channel (no answer is no) and can be
reached by it, with the columns that the purpose needs and those that somebody chose besides. Who is left out is
counted by reason and said before the download, in the log and beside the rows (a workbook's second sheet; for CSV a
text of its own, since the tools that take such files take a head and rows and nothing else), so that rows and those
left out are as many as the screen says, always. Everybody comes along only where somebody writes why. Every list is
logged: how many, which columns, which consent, which reason; never who.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

import pyarrow as pa
import xlsxwriter

from insight import customer_list
from insight.audience import Audience, asked_by
from insight.customer_list import PERSONAL
from insight.errors import UsageError
from insight.export import people_hash
from insight.export.people_hash import HEADS, Platform
from insight.export.tables import check_words, column_words, csv_cell, safe_text, undefined
from insight.export.written import period_words
from insight.i18n.catalog import Language, Words
from insight.result import Result, Unit
from insight.words import sentence
from insight.workspace import audit
from insight.workspace.engine import Query
from insight.workspace.store import Workspace

Purpose = Literal["analysis", "email", "sms", "post", "ads"]
PURPOSES: tuple[Purpose, ...] = ("analysis", "email", "sms", "post", "ads")
# Why a customer is left out, in the order in which the reasons are told.
REASONS = ("refused", "opted_out", "unknown", "no_address")
# What a letter or message cannot go without; whatever else comes along somebody has chosen.
_NEEDED: Mapping[Purpose, tuple[str, ...]] = {
    "analysis": (), "email": ("name", "email"), "sms": ("name", "phone"), "post": ("name", "postcode", "city"),
    "ads": (),
}  # fmt: skip
_CHANNELS: Mapping[Purpose, tuple[str, ...]] = {
    "analysis": (), "email": ("consent_email",), "sms": ("consent_sms",), "post": ("consent_post",),
    "ads": ("consent_email", "consent_sms"),
}  # fmt: skip
# The address without which a message reaches nobody; it is asked for where the data hold any. A letter's is not: the
# street stands in the client's own register.
_ADDRESS: Mapping[str, str] = {"email": "email", "sms": "phone"}
_SIGNED = re.compile(r"[+-][\d\s\u00a0.,()/–-]*")
_MOST_ROWS = 1_048_575  # of a worksheet, below its head
_LEAST_REASON = 5
_WIDTHS: Mapping[Unit, int] = {"text": 28, "money": 16, "date": 12}

# A customer that several files speak of has consented only where none of them says no. Who has unsubscribed by a
# message is left out of its channel whatever the register says; a message without channel counts for all of them.
_CONSENTS = """
    SELECT
        listed.customer_id,
        CASE WHEN people.email THEN CASE WHEN gone.email THEN 'opted_out' ELSE 'yes' END
            WHEN people.email IS NULL THEN CASE WHEN gone.email THEN 'opted_out' ELSE 'unknown' END
            ELSE 'refused' END AS email,
        CASE WHEN people.sms THEN CASE WHEN gone.sms THEN 'opted_out' ELSE 'yes' END
            WHEN people.sms IS NULL THEN CASE WHEN gone.sms THEN 'opted_out' ELSE 'unknown' END
            ELSE 'refused' END AS sms,
        CASE WHEN people.post THEN CASE WHEN gone.post THEN 'opted_out' ELSE 'yes' END
            WHEN people.post IS NULL THEN CASE WHEN gone.post THEN 'opted_out' ELSE 'unknown' END
            ELSE 'refused' END AS post
    FROM listed
    LEFT JOIN (
        SELECT customer_id, bool_and(consent_email) AS email, bool_and(consent_sms) AS sms,
            bool_and(consent_post) AS post
        FROM customers GROUP BY customer_id) AS people ON people.customer_id = listed.customer_id
    LEFT JOIN (
        SELECT customer_id, bool_or(way IN ('email', 'all')) AS email, bool_or(way IN ('sms', 'all')) AS sms,
            bool_or(way IN ('post', 'all')) AS post
        FROM (
            SELECT customer_id,
                CASE WHEN channel IS NULL THEN 'all'
                    WHEN regexp_matches(lower(channel), 'e.?post|e.?mail|^mail|mejl|nyhetsbrev|newsletter') THEN 'email'
                    WHEN regexp_matches(lower(channel), 'sms|mms|text') THEN 'sms'
                    WHEN regexp_matches(lower(channel), 'post|brev|letter|direkt|direct|^dr$') THEN 'post'
                    ELSE '' END AS way
            FROM contacts WHERE opted_out AND customer_id IS NOT NULL) AS ways
        GROUP BY customer_id) AS gone ON gone.customer_id = listed.customer_id
"""
# An advertisement reaches who has consented to either way.
_STANDING = """
    SELECT customer_id, email, sms,
        CASE $purpose
            WHEN 'analysis' THEN 'yes' WHEN 'email' THEN email WHEN 'sms' THEN sms WHEN 'post' THEN post
            ELSE CASE WHEN 'yes' IN (email, sms) THEN 'yes' WHEN 'refused' IN (email, sms) THEN 'refused'
                WHEN 'opted_out' IN (email, sms) THEN 'opted_out' ELSE 'unknown' END
        END AS standing
    FROM consents
"""
_COUNTED = "SELECT standing, count(*) AS n FROM standings WHERE standing <> 'yes' GROUP BY standing"
_TAKE_OUT = """
    SELECT ordered.* FROM ordered JOIN standings ON standings.customer_id = ordered.customer_id
    WHERE standing = 'yes' OR ($everybody AND standing <> 'no_address')
"""
# What is written to is what the list shows: the first of a customer's addresses.
_REACHED = r"""
    SELECT standings.customer_id, standings.email, standings.sms,
        CASE WHEN NOT ($everybody OR standing = 'yes') OR coalesce(people.reached, false) THEN standing
            ELSE 'no_address' END AS standing
    FROM standings
    LEFT JOIN (
        SELECT customer_id,
            CASE WHEN $purpose = 'email' THEN regexp_full_match(trim(min(email)), '[^@\s]+@[^@\s.]+(\.[^@\s.]+)+')
                ELSE length(regexp_replace(min(phone), '\D', '', 'g')) >= 7 END AS reached
        FROM customers GROUP BY customer_id) AS people ON people.customer_id = standings.customer_id
"""
_ADDRESSES = """
    SELECT standings.customer_id,
        CASE WHEN $everybody OR standings.email = 'yes' THEN people.email END AS email,
        CASE WHEN $everybody OR standings.sms = 'yes' THEN people.phone END AS phone,
        people.country
    FROM standings
    LEFT JOIN (
        SELECT customer_id, min(email) AS email, min(phone) AS phone, min(country) AS country
        FROM customers GROUP BY customer_id) AS people ON people.customer_id = standings.customer_id
    WHERE $everybody OR standings.standing = 'yes'
    ORDER BY standings.customer_id
"""
_WITHOUT_ADDRESS = """
    SELECT customer_id, email, sms, CASE WHEN customer_id IN (SELECT customer_id FROM hashes) THEN standing
        WHEN standing = 'yes' OR $everybody THEN 'no_address' ELSE standing END AS standing
    FROM standings
"""


@dataclass(frozen=True)
class Wish:
    """What somebody wants of a list. reason: why those without consent come along too; without one they do not.

    personal: everything personal that the screen shows, in a list for analysis. columns: what else comes along in a
    list for e-mail, text messages or post. platform: for advertisements, whose rules the hashes follow.
    """

    purpose: Purpose = "analysis"
    reason: str = ""
    personal: bool = False
    platform: Platform = "google"
    sort: str = ""
    descending: bool = True
    search: str = ""
    columns: tuple[str, ...] = ()

    @property
    def everybody(self) -> bool:
        """Whether consents are set aside."""
        return self.purpose != "analysis" and bool(self.reason)


@dataclass(frozen=True)
class Account:
    """How many a list holds and how many come along. dropped: by reason, all of them together with `n_rows` the list.

    asked: whether the data say anything of consent to the channel.
    """

    n_customers: int
    dropped: Mapping[str, int] = field(default_factory=dict[str, int])
    asked: bool = True

    @property
    def n_rows(self) -> int:
        """Rows of the file."""
        return self.n_customers - self.n_dropped

    @property
    def n_dropped(self) -> int:
        """Customers of the list who are not in the file."""
        return sum(self.dropped.values())


def checked(wish: Wish) -> Wish:
    """The wish as it is. Raises UsageError for a reason too short to be one, or one where nothing is set aside."""
    reason = " ".join(wish.reason.split())
    if reason and len(reason) < _LEAST_REASON:
        raise UsageError("people.reason_too_short", least=_LEAST_REASON)
    if reason and wish.purpose == "analysis":
        raise UsageError("people.reason_without_consent")
    return wish


def count(workspace: Workspace, audience: Audience | None, wish: Wish) -> Account:
    """Who would come along, and who not and why. Raises InsightError when the audience cannot be resolved."""
    with _standings(workspace, audience, wish) as query:
        return _account(query, wish)


def _standings(workspace: Workspace, audience: Audience | None, wish: Wish, *, reached: bool = True) -> Query:
    """A query with tables `listed` and `standings` (customer_id, standing: yes or why not); the caller closes it.

    reached: an address is asked for, since it is in our data that the message would find it.
    """
    needed = wish.personal or bool({*_NEEDED[wish.purpose], *wish.columns} & set(PERSONAL))
    query = customer_list.listing(workspace, audience, personal=needed, search=wish.search)
    query.make("consents", _CONSENTS)
    query.make("standings", _STANDING, purpose=wish.purpose)
    address = _ADDRESS.get(wish.purpose, "")
    if reached and address and query.has_values("customers", address):
        query.make("reached", _REACHED, purpose=wish.purpose, everybody=wish.everybody)
        query.make("standings", "SELECT * FROM reached")
    if wish.purpose == "ads":
        rows = [row for row in _hashes(query, wish) if row[1] or row[2]]
        names = ("customer_id", "email", "phone")
        columns = [pa.array([row[place] for row in rows], pa.string()) for place in range(len(names))]
        query.put("hashes", pa.table(dict(zip(names, columns, strict=True))))
        query.make("reached", _WITHOUT_ADDRESS, everybody=wish.everybody)
        query.make("standings", "SELECT * FROM reached")
    return query


def _hashes(query: Query, wish: Wish) -> Iterator[tuple[str, str, str]]:
    for customer, email, phone, country in query.rows(_ADDRESSES, everybody=wish.everybody):
        yield (
            customer,
            people_hash.hashed_email(email, wish.platform),
            people_hash.hashed_phone(phone, wish.platform, country),
        )


def _account(query: Query, wish: Wish) -> Account:
    asked = not _CHANNELS[wish.purpose] or any(query.has_values("customers", name) for name in _CHANNELS[wish.purpose])
    found = {str(standing): int(n) for standing, n in query.rows(_COUNTED)}
    dropped = {reason: found[reason] for reason in REASONS if reason in found}
    if wish.everybody:
        dropped = {reason: n for reason, n in dropped.items() if reason == "no_address"}
    return Account(query.count("standings"), dropped, asked)


def kept_ids(workspace: Workspace, audience: Audience | None, wish: Wish) -> tuple[frozenset[str], Account]:
    """The ids of those who come along, for a file that has its own addresses (the client's); and the account."""
    with _standings(workspace, audience, wish, reached=False) as query:
        account = _account(query, wish)
        found = query.rows("SELECT customer_id, standing FROM standings")
    kept = {str(name) for name, standing in found if standing == "yes" or (wish.everybody and standing != "no_address")}
    return frozenset(kept), account


# --- files ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Sheet:
    """A list on its way to a file: names in order, their units, heads in words, rows not yet written."""

    names: Sequence[str]
    units: Sequence[Unit]
    heads: Sequence[str]
    rows: Iterator[tuple[Any, ...]]


def csv_file(workspace: Workspace, audience: Audience | None, words: Words, wish: Wish) -> bytes:
    """The list as CSV, a head and rows, and a line in the log. `about_text` says what it is and who was left out.

    For advertisements the platform's own form: hashes under its heads, with comma, ASCII.
    Raises UsageError for a reason that is none, or an unknown column.
    """
    checked(wish)
    with _standings(workspace, audience, wish) as query:
        account = _account(query, wish)
        if wish.purpose == "ads":
            found = query.rows("SELECT email, phone FROM hashes ORDER BY customer_id")
            made = "".join(f"{','.join(row)}\n" for row in (HEADS[wish.platform], *found)).encode("ascii")
            names: Sequence[str] = HEADS[wish.platform]
        else:
            sheet = _sheet(query, words, wish, asked_by(audience))
            names = sheet.names
            made = _csv(sheet, words.language)
    log(workspace, audience, wish, account, names)
    return made


def _csv(sheet: "_Sheet", language: Language) -> bytes:
    """`;` and decimal comma in Swedish, `,` in English, UTF-8 with BOM; telephone numbers keep their +."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";" if language == "sv" else ",", lineterminator="\r\n")
    writer.writerow([safe_text(head) for head in sheet.heads])
    columns = list(zip(sheet.names, sheet.units, strict=True))
    for row in sheet.rows:
        writer.writerow([
            safe_number(cell) if name == "phone" and cell else csv_cell(cell, language, unit)
            for cell, (name, unit) in zip(row, columns, strict=True)
        ])  # fmt: skip
    return out.getvalue().encode("utf-8-sig")


def safe_number(cell: str) -> str:
    """A number with its sign as it is; before other text that a spreadsheet would run, an apostrophe."""
    return cell if _SIGNED.fullmatch(cell.strip()) else safe_text(cell)


def xlsx_file(
    workspace: Workspace, audience: Audience | None, words: Words, wish: Wish, results: Sequence[Result] = ()
) -> bytes:
    """The list as a workbook, a second sheet saying what it is, who was left out and by which rules the customers were
    chosen (`results`: the answers behind it); and a line in the log.

    Raises UsageError for a reason that is none, an unknown column, for advertisements (the platforms take CSV), and for
    more rows than a sheet holds.
    """
    checked(wish)
    if wish.purpose == "ads":
        raise UsageError("people.ads_are_csv")
    with _standings(workspace, audience, wish) as query:
        account = _account(query, wish)
        if account.n_rows > _MOST_ROWS:
            raise UsageError("people.too_many_rows", n=account.n_rows, most=_MOST_ROWS)
        sheet = _sheet(query, words, wish, asked_by(audience))
        made = _workbook(words, sheet, about_lines(words, audience, wish, account, results))
    log(workspace, audience, wish, account, sheet.names)
    return made


def _sheet(query: Query, words: Words, wish: Wish, analysis: str) -> _Sheet:
    units = customer_list.units_of(query)
    customer_list.put_in_order(query, units, wish.sort, wish.descending)
    query.make("taken", _TAKE_OUT, everybody=wish.everybody)
    query.make("ordered", "SELECT * FROM taken")
    names = _names(units, wish)
    kinds: list[Unit] = [units[name] for name in names]
    heads = [column_words(words, name, analysis, unit) for name, unit in zip(names, kinds, strict=True)]
    rows = (
        tuple(_plain(words, name, unit, cell) for name, unit, cell in zip(names, kinds, row, strict=True))
        for row in customer_list.rows_of(query, names)
    )
    return _Sheet(names, kinds, heads, rows)


def _names(units: Mapping[str, Unit], wish: Wish) -> list[str]:
    """The columns that come along, in the screen's order. Raises UsageError for one that the list does not have."""
    if wish.purpose == "analysis":
        return [name for name in units if name not in PERSONAL or wish.personal]
    unknown = [name for name in wish.columns if name not in units]
    if unknown:
        raise UsageError("people.unknown_column", name=unknown[0], known=", ".join(units))
    wanted = {"customer_id", *_NEEDED[wish.purpose], *wish.columns}
    return [name for name in units if name in wanted]


def further_columns(units: Mapping[str, Unit], purpose: Purpose) -> list[str]:
    """What a list for the purpose can hold beyond what it needs: the list's other columns. Nothing for ads."""
    if purpose in ("analysis", "ads"):
        return []
    return [name for name in units if name != "customer_id" and name not in _NEEDED[purpose]]


def _plain(words: Words, name: str, unit: Unit, cell: Any) -> Any:
    """A cell as people read it: keys in words, shares and estimates with as many decimals as they can carry."""
    if undefined(cell):
        return None
    if unit == "text":
        # What names a person is theirs, whatever word of ours it may look like.
        return str(cell) if name == "customer_id" or name in PERSONAL else words.label(cell)
    if isinstance(cell, float) or (isinstance(cell, Decimal) and unit != "money"):
        return round(float(cell), {"ratio": 3, "days": 0}.get(unit, 2))
    return cell


def _workbook(words: Words, sheet: _Sheet, about: Sequence[tuple[str, str]]) -> bytes:
    out = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options)
    page = book.add_worksheet(words.t("people.sheet_list"))
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    forms = {
        unit: book.add_format({"num_format": form})
        for unit, form in (
            ("money", "#,##0.00"), ("ratio", "0.0%"), ("count", "#,##0"), ("days", "#,##0"), ("date", "yyyy-mm-dd"),
        )
    }  # fmt: skip
    for column, (title, unit) in enumerate(zip(sheet.heads, sheet.units, strict=True)):
        page.set_column(column, column, _WIDTHS.get(unit, 14))
        page.write_string(0, column, title, head)
    page.freeze_panes(1, 0)
    for number, row in enumerate(sheet.rows, start=1):
        for column, (cell, unit) in enumerate(zip(row, sheet.units, strict=True)):
            if cell is None:
                continue
            if unit == "date":
                page.write_datetime(number, column, cell, forms["date"])
            elif unit == "text":
                page.write_string(number, column, str(cell))
            else:
                page.write_number(number, column, float(cell), forms.get(unit))
    second = book.add_worksheet(words.t("people.sheet_about"))
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    second.set_column(0, 0, 28, wrapped)
    second.set_column(1, 1, 90, wrapped)
    for number, (what, value) in enumerate(about):
        second.write_string(number, 0, what)
        second.write_string(number, 1, value)
    book.close()
    return out.getvalue()


# --- words ------------------------------------------------------------------------------------------------------------


def account_words(words: Words, account: Account) -> str:
    """'1 218 av 1 630 kunder följer med. 412 utelämnas: 300 har sagt nej, 112 har inte svarat.'"""
    said = words.t("people.account", rows=account.n_rows, n=account.n_customers)
    if not account.n_dropped:
        return said
    reasons = words.list([words.t(f"people.dropped.{reason}", n=n) for reason, n in account.dropped.items()])
    return f"{said} {words.t('people.account_dropped', n=account.n_dropped, reasons=reasons)}"


def about_lines(
    words: Words, audience: Audience | None, wish: Wish, account: Account, results: Sequence[Result] = ()
) -> list[tuple[str, str]]:
    """What a list is, as (what, value): whom, for what, how many, who was left out and why; and of each answer behind
    it the question, the period, the rule and the sum check."""
    whom = sentence(audience, words) if audience else words.t("common.all_customers")
    lines = [
        (words.t("people.about.list"), whom),
        (words.t("people.about.purpose"), words.t(f"people.purpose.{wish.purpose}")),
        (words.t("people.about.rows"), account_words(words, account)),
    ]
    if wish.search:
        lines.append((words.t("people.about.search"), words.t("people.about.searched")))
    if wish.purpose != "analysis":
        rule = "people.about.rule_everybody" if wish.everybody else "people.about.rule_consent"
        lines.append((words.t("people.about.rule"), words.t(rule)))
        if not account.asked:
            lines.append((words.t("people.about.note"), words.t("people.no_consents")))
    if wish.everybody:
        lines.append((words.t("people.about.reason"), " ".join(wish.reason.split())))
    for result in results:
        known, basis = words.with_labels(result.labels), result.basis
        lines += [
            (known.t("basis.question"), known.t(f"analysis.{result.key}.title")),
            (known.t("basis.period"), period_words(known, basis)),
            (known.t("basis.rule"), known.message(basis.rule)),
            *([(known.t("basis.check"), check_words(result, known))] if basis.sum_check else []),
        ]
    return lines


def about_text(
    words: Words, audience: Audience | None, wish: Wish, account: Account, results: Sequence[Result] = ()
) -> bytes:
    """The same as a text to keep beside a CSV file, a line each; UTF-8 with BOM."""
    lines = about_lines(words, audience, wish, account, results)
    return "".join(f"{what}: {value}\r\n" for what, value in lines).encode("utf-8-sig")


def log(
    workspace: Workspace, audience: Audience | None, wish: Wish, account: Account, columns: Sequence[str],
    **more: object,
) -> None:  # fmt: skip
    """One line in the workspace's log: what was taken out for what, how many, by which rule; no customer's name."""
    values: dict[str, object] = {
        "purpose": wish.purpose,
        "rows": account.n_rows,
        "customers": account.n_customers,
        "dropped": account.n_dropped,
        "columns": list(columns),
        "consent": _consent(wish),
        "selection": audience.link() if audience else "",
        **more,
    }
    if wish.everybody:
        values["reason"] = " ".join(wish.reason.split())
    audit.append(workspace.folder, action="list_exported", values=values)


def _consent(wish: Wish) -> str:
    """The channel whose consent was asked for; or that none was."""
    if wish.purpose == "analysis":
        return "not_needed"
    return "set_aside" if wish.everybody else wish.purpose
