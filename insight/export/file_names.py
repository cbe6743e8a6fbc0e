"""What a file that leaves is called: the product, what is in it, from when; in plain letters."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import timedelta

from insight.export.item import Item
from insight.i18n.catalog import Words
from insight.result import Basis

_PRODUCT, _LONGEST = "kundkompass", 48
# Letters that do not come apart into a plain one and its accent.
_PLAIN = str.maketrans({"æ": "ae", "ø": "o", "ß": "ss", "đ": "d", "ł": "l", "œ": "oe", "þ": "th", "ð": "d"})
_OTHERS = re.compile(r"[^a-z0-9]+")


def slug(text: str) -> str:
    """A text as part of a file name: small letters a–z, digits and hyphens, at most 48; '' where nothing is left."""
    folded = unicodedata.normalize("NFKD", text.lower().translate(_PLAIN))
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return _OTHERS.sub("-", plain).strip("-")[:_LONGEST].rstrip("-")


def period_part(basis: Basis) -> str:
    """'2024', '2024-11-2025-10' for whole months, else days; the last day that counts where a period has no start."""
    start, end = basis.start, basis.end
    if end is None:
        return start.isoformat() if start else ""
    last = end - timedelta(days=1)
    if start is None:
        return last.isoformat()
    if start.day == 1 and end.day == 1:
        if start.month == 1 and end.month == 1 and end.year == start.year + 1:
            return str(start.year)
        months = dict.fromkeys((f"{start:%Y-%m}", f"{last:%Y-%m}"))
        return "-".join(months)
    return "-".join(dict.fromkeys((start.isoformat(), last.isoformat())))


def of_answers(items: Sequence[Item], words: Words, ending: str, *, named: str = "") -> str:
    """'kundkompass-oversikt-2024.pptx': the answer's name (or `named`), whether a selection, the first one's period."""
    first = items[0]
    title = named or words.t(f"analysis.{first.analysis}.title")
    whom = "pack.file_beside" if first.other else "pack.file_scope" if first.scope else ""
    when = period_part(first.results[0].basis) if first.results else ""
    parts = [_PRODUCT, slug(title), slug(words.t(whom)) if whom else "", when]
    return f"{'-'.join(part for part in parts if part)}.{ending}"


def of_pack(words: Words, ending: str, *, until: str, part: str = "") -> str:
    """'kundkompass-motespaket-en-sida-2025-10-31.pptx'."""
    parts = [_PRODUCT, slug(words.t("page.data.pack")), slug(part), until]
    return f"{'-'.join(piece for piece in parts if piece)}.{ending}"


def of_list(kind: str, *, whom: str, purpose: str, until: str, part: str = "") -> str:
    """'kundkompass-kunder-guld-silver-e-post-2025-10-31', without its ending: which customers, for what, until when.

    All in words: kind is what the file is, whom the selection ('' for everybody), part what is with it. What was
    searched for is left out, since that may be a person.
    """
    parts = [_PRODUCT, slug(kind), slug(whom), slug(purpose), until, slug(part)]
    return "-".join(piece for piece in parts if piece)
