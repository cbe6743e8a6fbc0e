"""Tables turned on their head: a row a customer, and a column a month or a year with what was bought in it."""

import re
from collections.abc import Sequence

from insight.ingest.cells import MONTHS, kind_of
from insight.ingest.dates import is_month
from insight.ingest.mapping import Mapped
from insight.ingest.report import FileMessage

_FEWEST = 3
_SHOWN = 4
_PERIOD = re.compile(
    r"(?:19|20)\d\d(?:[-/. ]?(?:0?[1-9]|1[0-2]))?|(?:19|20)\d\d[-/ ]?(?:q|kv\.?|kvartal|h|w|v\.?)\s?\d{1,2}"
    r"|(?:q|kv\.?|kvartal|h|w|v\.?|vecka|week)\s?\d{1,2}(?:[-/ ](?:19|20)?\d\d)?",
    re.IGNORECASE,
)
_LONGEST = 40


def is_period(label: str) -> bool:
    """Whether a header is a day, a week, a month, a quarter or a year."""
    text = label.strip()
    if not text or len(text) > _LONGEST:
        return False
    named = text.lower().rstrip(".") in MONTHS or is_month(text)
    return named or kind_of(text) == "date" or _PERIOD.fullmatch(text) is not None


def periods_across(mapped: Mapped, labels: Sequence[str], rows: Sequence[Sequence[str]]) -> list[FileMessage]:
    """A warning where customers have a column of numbers for each period: those are no purchases to the reader."""
    if mapped.kind != "customers":
        return []
    found = [at for at, label in enumerate(labels) if at not in mapped.used and is_period(label) and _numbers(rows, at)]
    if len(found) < _FEWEST:
        return []
    names = ", ".join(labels[at] for at in found[:_SHOWN]) + (" …" if len(found) > _SHOWN else "")
    return [FileMessage("periods_across", "warning", {"columns": names, "count": len(found)})]


def _numbers(rows: Sequence[Sequence[str]], at: int) -> bool:
    kinds = [kind_of(row[at]) for row in rows if at < len(row) and row[at].strip()]
    return bool(kinds) and kinds.count("number") > 0.8 * len(kinds)
