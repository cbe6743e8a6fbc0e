"""What the loaded data as a whole says about itself: gaps between tables, and the rows that were set aside."""

from dataclasses import dataclass
from typing import Literal

from insight.export.tables import csv_bytes
from insight.i18n.catalog import Words
from insight.settings import month_start
from insight.workspace import persons
from insight.workspace.engine import Query
from insight.workspace.store import Workspace

_ASIDE = "SELECT line, reason, raw FROM set_aside WHERE file_id = $file_id ORDER BY line"

_COUNTS = {
    "unidentified": """
        SELECT count(*), coalesce(sum(CASE WHEN customer_id IS NULL THEN 1 ELSE 0 END), 0) FROM transactions""",
    "buyers_not_in_file": """
        SELECT count(*), coalesce(sum(CASE WHEN facts.customer_id NOT IN (SELECT customer_id FROM customers)
            THEN 1 ELSE 0 END), 0)
        FROM customer_facts AS facts WHERE facts.has_transactions AND (SELECT count(*) FROM customers) > 0""",
    "customers_without_orders": """
        SELECT count(*), coalesce(sum(CASE WHEN facts.n_orders = 0 THEN 1 ELSE 0 END), 0)
        FROM customer_facts AS facts WHERE facts.customer_id IN (SELECT customer_id FROM customers)""",
    "lines_without_category": """
        SELECT count(*), coalesce(sum(CASE WHEN category IS NULL THEN 1 ELSE 0 END), 0)
        FROM transactions WHERE (SELECT count(category) FROM transactions) > 0""",
    "answers_unknown": """
        SELECT count(*), coalesce(sum(CASE WHEN customer_id NOT IN (SELECT customer_id FROM customer_facts)
            THEN 1 ELSE 0 END), 0) FROM answers""",
    "assigned_unknown": """
        SELECT count(*), coalesce(sum(CASE WHEN customer_id NOT IN (SELECT customer_id FROM customer_facts)
            THEN 1 ELSE 0 END), 0) FROM assignments""",
}

# Files of which one counts what another sets aside by the status; the code of a message stands in the file's report.
_STATUSES = """
    SELECT count(*) FILTER (WHERE counted), count(*) FILTER (WHERE counted OR aside), count(*) FILTER (WHERE aside)
    FROM (
        SELECT contains(report, $counted_code) AS counted, contains(report, $aside_code) AS aside FROM files
        WHERE kind = 'transactions')"""
_UNLIKE = (("kept_cancelled", "aside_cancelled"), ("kept_paid_back", "aside_paid_back"),
           ("status_waiting", "aside_waiting"))  # fmt: skip

_MONTHS = "SELECT month_no, sum(n_lines) AS n FROM month_cube GROUP BY month_no ORDER BY month_no"


@dataclass(frozen=True)
class Finding:
    """One thing to know: `n` of `total`, what it is (catalogue key `quality.finding_<code>`) and what it means for the
    figures (`quality.meaning_<code>`). months: month names where the finding is about months."""

    code: str
    n: int
    total: int
    severity: Literal["note", "warning"] = "note"
    months: tuple[int, ...] = ()


def findings(query: Query) -> list[Finding]:
    """Everything in the workspace that a reader of its figures should know; nothing where all is well."""
    found: list[Finding] = []
    for code, sql in _COUNTS.items():
        total, n = query.one(sql)
        if n:
            found.append(Finding(code, int(n), int(total), "warning" if n > total / 2 else "note"))
    found += _persons(query) + _unlike(query)
    months = [int(row[0]) for row in query.rows(_MONTHS)]
    missing = tuple(number for number in range(months[0], months[-1]) if number not in set(months)) if months else ()
    if missing:
        found.append(Finding("months_missing", len(missing), months[-1] - months[0] + 1, "warning", missing))
    return found


def joined(query: Query) -> persons.Joined:
    """What joining several ids of one person led to."""
    return persons.joined(query.rows("SELECT name, value FROM facts_meta"))


def _unlike(query: Query) -> list[Finding]:
    """Files that count purchases which never came about, beside files whose such purchases are set aside."""
    for counted_code, aside_code in _UNLIKE:
        counted, both, aside = query.one(_STATUSES, counted_code=f'"{counted_code}"', aside_code=f'"{aside_code}"')
        if counted and aside:
            return [Finding("files_unlike", int(counted), int(both), "warning")]
    return []


def _persons(query: Query) -> list[Finding]:
    """How many ids and customer rows went into a person's, and how many ids two persons claim."""
    led_to = joined(query)
    found: list[Finding] = []
    if led_to.merged:
        found.append(Finding("persons_merged", led_to.merged, led_to.ids))
    if led_to.customers_merged:
        customers = query.count("customers") + led_to.customers_merged
        found.append(Finding("customers_merged", led_to.customers_merged, customers))
    if led_to.conflicts:
        (others,) = query.one("SELECT count(DISTINCT other_id) FROM identities")
        found.append(Finding("persons_conflict", led_to.conflicts, int(others), "warning"))
    return found


def month_names(finding: Finding, words: Words, most: int = 6) -> str:
    """The missing months in words, the first few of them."""
    names = [words.month(month_start(number)) for number in finding.months[:most]]
    return words.list(names) + (" …" if len(finding.months) > most else "")


def set_aside_csv(workspace: Workspace, file_id: int, heads: list[str], words: Words) -> bytes:
    """The rows of a file that were set aside, with line and reason, as CSV in the language's form."""
    with workspace.query() as query:
        rows = query.rows(_ASIDE, file_id=file_id)
    told = [(line, _reason(str(reason), words), raw) for line, reason, raw in rows]
    return csv_bytes(heads, told, words.language, ["number", None, None])


def _reason(reason: str, words: Words) -> str:
    key = f"aside.{reason}"
    return words.t(key) if words.has(key) else reason
