"""A set of columns per campaign beside each other ('vår_kanal; vår_datum; vår_köp; höst_kanal …'), made into rows.

Each customer's row becomes one row a campaign with something in it, and a column says which. Lines are numbered
apart on the way: the file's line times `APART`, and the place of the set; `told_line` takes that back.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from insight.ingest.cells import SPACES, kind_of
from insight.ingest.detect import Layout
from insight.ingest.heading_rows import ALIASES
from insight.ingest.labels import unique_labels
from insight.ingest.normalise import Normalised
from insight.ingest.records import Dialect
from insight.ingest.report import Decision, FileMessage
from insight.ingest.schema import TABLES, fold
from insight.result import Message

APART = 1000
_SAMPLE = 400
_PARTS = re.compile(r"[\s_./:()\[\]\u2013-]+")
_NUMBERED = re.compile(r"(.*\D)(\d{1,2})")
_PURCHASE = frozenset({"kop", "purchase", "purchases", "inkop", "order"})
_FIELDS = ALIASES | _PURCHASE | {"sent", "skickat", "skickad", "datum", "date", "oppnat", "klickat", "resultat"}
# Words that come before others in one and the same row: parts of an order, an address, a life.
_NO_CAMPAIGN = frozenset((
    "order", "kund", "customer", "billing", "shipping", "faktura", "leverans", "invoice", "delivery", "forsta",
    "first", "sista", "last", "senaste", "start", "slut", "end", "created", "updated", "home", "work", "hem",
    "arbete", "product", "produkt", "artikel", "article", "store", "butik", "medlem", "member", "konto", "account",
    "min", "max", "total", "sum", "antal", "ny", "nytt", "gammal", "old", "new", "sale", "sales", "kop", "purchase",
    "utskick", "kampanj", "campaign", "test",
))  # fmt: skip
_CHANNELS = {"mail", "epost", "email", "mejl", "sms", "brev", "dr", "push", "post", "telefon", "app"}
_ENGLISH = frozenset({"channel", "date", "amount", "group", "arm", "score", "sent", "opened", "clicked", "purchase"})
_SCORES = frozenset(TABLES["answers"].field("score").aliases)
_LONGEST = 40


@dataclass(frozen=True)
class Sets:
    """The sets found. fields: what each set holds; columns: campaign → field → column; dated: one of them is a date."""

    fields: tuple[str, ...]
    columns: dict[str, dict[str, int]]
    dated: bool

    @property
    def used(self) -> frozenset[int]:
        return frozenset(at for places in self.columns.values() for at in places.values())


def find(layout: Layout) -> Sets | None:
    """The sets of columns in a table's headings: two campaigns or more with the same two fields or more; else None."""
    for turned in (False, True):
        columns: dict[str, dict[str, int]] = {}
        named: dict[str, str] = {}
        for at, label in enumerate(layout.labels):
            for campaign, field in _splits(label, turned):
                key = fold(field)
                if key in _FIELDS and _may_be_campaign(campaign):
                    columns.setdefault(campaign.strip(SPACES).casefold(), {}).setdefault(key, at)
                    named.setdefault(key, field)
                    named.setdefault(campaign.strip(SPACES).casefold(), campaign.strip(SPACES))
                    break
        shared = {key for key in {k for places in columns.values() for k in places}
                  if sum(key in places for places in columns.values()) > 1}  # fmt: skip
        kept = {
            campaign: {key: at for key, at in places.items() if key in shared}
            for campaign, places in columns.items()
            if len(shared & places.keys()) > 1
        }
        if len(kept) > 1 and len(kept) < APART:
            keys = tuple(dict.fromkeys(key for places in kept.values() for key in places))
            dated = any(_is_date(layout, [places[key] for places in kept.values() if key in places]) for key in keys)
            return Sets(
                tuple(named[key] for key in keys),
                {named[campaign]: {named[key]: at for key, at in places.items()} for campaign, places in kept.items()},
                dated,
            )
    return None


def _splits(label: str, turned: bool) -> list[tuple[str, str]]:
    """(campaign, field) as a label may be read, the field as its last word, or its first when `turned`."""
    if not label or len(label) > _LONGEST:
        return []
    words = [word for word in _PARTS.split(label) if word]
    found: list[tuple[str, str]] = []
    if len(words) > 1:
        found.append((" ".join(words[1:]), words[0]) if turned else (" ".join(words[:-1]), words[-1]))
    elif turned and (match := _NUMBERED.fullmatch(label)):
        found.append((match[2], match[1]))
    return found


def _may_be_campaign(word: str) -> bool:
    folded = fold(word)
    return bool(folded) and folded not in _NO_CAMPAIGN and (folded not in ALIASES or folded in _CHANNELS)


def _is_date(layout: Layout, columns: Sequence[int]) -> bool:
    cells = [row[at] for row in layout.sample for at in columns if row[at].strip(SPACES)]
    return bool(cells) and sum(kind_of(cell) == "date" for cell in cells) >= 0.8 * len(cells)


def undated(sets: Sets) -> FileMessage:
    """What is said of sets without a date of their own, which stay columns."""
    values = {"campaigns": _listed(list(sets.columns)), "fields": _listed(list(sets.fields))}
    return FileMessage("sets_undated", "warning", values)


def spread(careful: Normalised, layout: Layout, sets: Sets, work: Path) -> Layout:
    """Write the rows of a normalised file as one row a set, and return the layout of that; `careful` then is of it."""
    still = [at for at in range(layout.width) if at not in sets.used and layout.labels[at]]
    named = [_heading(sets), *(_field_label(layout, sets, name) for name in sets.fields)]
    labels, _ = unique_labels([*(layout.labels[at] for at in still), *named], [True] * (len(still) + len(named)))
    out = work / "spread.csv"
    rows = blank = people = 0
    with careful.path.open(encoding="utf-8", newline="") as source, out.open("w", encoding="utf-8", newline="") as to:
        writer = csv.writer(to, lineterminator="\n", quoting=csv.QUOTE_ALL)
        for line, *cells in csv.reader(source):
            before, people = rows, people + 1
            for place, (campaign, places) in enumerate(sets.columns.items()):
                held = [cells[places[name]] if name in places else "" for name in sets.fields]
                if any(cell.strip(SPACES) for cell in held):
                    writer.writerow([int(line) * APART + place, *(cells[at] for at in still), campaign, *held])
                    rows += 1
            blank += rows == before
    _number_apart(careful, out, rows)
    with out.open(encoding="utf-8", newline="") as source:
        sample = tuple(tuple(row[1:]) for row in islice(csv.reader(source), _SAMPLE))
    values = {"campaigns": _listed(list(sets.columns)), "fields": _listed(list(sets.fields)), "people": people,
              "rows": rows, "blank": blank}  # fmt: skip
    return replace(
        layout, dialect=Dialect(), labels=labels, header=(), first_line=1, width=len(labels), sample=sample, merge=None,
        comments=False, plain=False, body=len(sample), rulers=False,
        messages=(*layout.messages, FileMessage("sets_spread", "warning", values)),
        decisions=(*layout.decisions, Decision("sets", "spread", Message("ingest.why_sets"))),
    )  # fmt: skip


def _number_apart(careful: Normalised, path: Path, rows: int) -> None:
    careful.lines = rows + len(careful.aside) + len(careful.footers)
    careful.path, careful.rows = path, rows
    careful.aside = [(line * APART, reason, text) for line, reason, text in careful.aside]
    careful.footers = [(line * APART, cells) for line, cells in careful.footers]
    careful.mended = [line * APART for line in careful.mended]
    careful.control_line *= APART
    careful.repaired_line *= APART
    careful.padded_line *= APART


def told_line(message: FileMessage) -> FileMessage:
    """The message with the lines of the file instead of those numbered apart."""
    values = dict(message.values)
    if isinstance(values.get("lines"), str):
        values["lines"] = re.sub(r"\d+", lambda match: str(int(match[0]) // APART), str(values["lines"]))
    return replace(message, values=values, line=None if message.line is None else message.line // APART)


def _heading(sets: Sets) -> str:
    """What the new column is called, so that it is known: the campaign, the wave of a survey, the channel."""
    english = any(fold(name) in _ENGLISH for name in sets.fields)
    if {fold(campaign) for campaign in sets.columns} <= _CHANNELS:
        return "Channel" if english else "Kanal"
    if any(fold(name) in _SCORES for name in sets.fields):
        return "Wave" if english else "Mätning"
    return "Campaign" if english else "Kampanj"


def _field_label(layout: Layout, sets: Sets, name: str) -> str:
    """A field's own word; 'köp' with sums below it is what was bought for."""
    if fold(name) not in _PURCHASE:
        return name
    columns = [places[name] for places in sets.columns.values() if name in places]
    cells = [row[at] for row in layout.sample for at in columns if row[at].strip(SPACES)]
    numbers = sum(kind_of(cell) == "number" for cell in cells) >= 0.8 * len(cells) > 0
    return ("Purchase amount" if fold(name).startswith("p") else "Köpbelopp") if numbers else name


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
