"""Columns that could have been the amount or the day as well: told, so that nobody finds out from the figures."""

import re
from collections.abc import Sequence

from insight.ingest.clues import EXACT, NEAR, Content, by_header, contents, names_money
from insight.ingest.mapping import Mapped
from insight.ingest.options import ReadOptions
from insight.ingest.report import FileMessage
from insight.ingest.schema import TABLES, fold

# Days that are plainly not the day of the sale: of the delivery, of what falls due, of a change of the record.
_OTHER_DAY = re.compile(
    r"modif|updat|andra[dt]|andring|uppdat|change|forfall|due|payout|utbetal|expir|birth|fodel|lever|deliver|ship"
    r"|avsand|printed|utskriv|garanti|warranty|return"
)
_SHOWN = 6
_DAY = 10
# Tables whose one day decides the figures.
_DATED = {"transactions": "ordered_at", "answers": "answered_on", "contacts": "sent_at", "assignments": "assigned_on"}


def told(
    mapped: Mapped, labels: Sequence[str], rows: Sequence[Sequence[str]], options: ReadOptions
) -> list[FileMessage]:
    """Which column was taken for the amount and which for the day, where others could be it; [] where none could.

    A warning where the others hold something else than the one taken, since the figures then depend on the choice; a
    note where the first rows are the same, or where the other days are plainly of something else. What the user has
    said is not told back.
    """
    looks = contents(rows, len(labels))
    said = _amounts(mapped, labels, rows, looks) if "amount" not in options.mapping else []
    day = _DATED.get(mapped.kind)
    return said + (_days(mapped, labels, rows, looks, day) if day and day not in options.mapping else [])


def _amounts(
    mapped: Mapped, labels: Sequence[str], rows: Sequence[Sequence[str]], looks: Sequence[Content]
) -> list[FileMessage]:
    at = mapped.fields.get("amount")
    if mapped.kind != "transactions" or at is None or mapped.pair:
        return []
    # A price without a number of pieces is as near to what was paid as any sum.
    price = mapped.fields.get("unit_price") if "quantity" not in mapped.fields else None
    others = [
        place
        for place, label in enumerate(labels)
        if label
        and looks[place].number >= 0.5
        and (place == price or (place not in mapped.used and _may_be_amount(label, looks[place])))
        and place != at
    ]
    if not others:
        return []
    values = {"others": ", ".join(labels[place] for place in others[:_SHOWN])}
    severity = "warning" if any(_differs(rows, at, place) for place in others) else "note"
    return [FileMessage("amount_others", severity, values, column=labels[at])]


def _may_be_amount(label: str, look: Content) -> bool:
    spec = TABLES["transactions"].field("amount")
    return names_money(spec, label) or by_header(spec, label, look)[0] > 0.6 * NEAR


def _days(
    mapped: Mapped, labels: Sequence[str], rows: Sequence[Sequence[str]], looks: Sequence[Content], day: str
) -> list[FileMessage]:
    at = mapped.fields.get(day)
    if at is None or mapped.parts:
        return []
    others = [
        place
        for place, label in enumerate(labels)
        if label and place not in mapped.used and looks[place].date >= 0.8 and _differs(rows, at, place, _DAY)
    ]
    if not others:
        return []
    plain = _OTHER_DAY.search(fold(labels[at])) is None and mapped.choices[at].score > 0.9 * EXACT
    open_ = [place for place in others if not _OTHER_DAY.search(fold(labels[place]))]
    values = {"others": ", ".join(labels[place] for place in (open_ or others)[:_SHOWN])}
    return [FileMessage("date_others", "note" if plain and not open_ else "warning", values, column=labels[at])]


def _differs(rows: Sequence[Sequence[str]], at: int, other: int, length: int | None = None) -> bool:
    """Whether the cells of two columns are not the same, where both are filled."""
    pairs = ((row[at].strip()[:length], row[other].strip()[:length]) for row in rows)
    return any(one and two and one != two for one, two in pairs)
