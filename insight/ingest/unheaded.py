"""Which column is the customer where no header says so: what speaks for it against a number of the row itself."""

import re
from collections.abc import Sequence

from insight.ingest.clues import Content
from insight.ingest.schema import fold

_LAST_SMALL = 99
_SHARE = 0.2
# What totals are made by, not what they are made of: 'Default channel group' of a web report.
_GROUPS = re.compile(
    r"(?:channel(?:s|group|grouping)?|campaign|medium|country|region|category|kategori|kanal|kampanj)$"
)


def is_group(label: str) -> bool:
    """Whether a header says that its column groups others, so that it is nobody's id."""
    return _GROUPS.search(fold(label)) is not None


def customer(found: Sequence[int], looks: Sequence[Content]) -> int:
    """The column of the customer among those of purchases that may be it, in order.

    A dump of a table begins with the number of its row, which never comes again: before it goes the first column of
    codes or large numbers that does, but not one that says the same on nearly every row (a store, a currency).
    """
    first = looks[found[0]]
    if not first.whole or first.distinct < first.filled or first.filled < 5:
        return found[0]
    for at in found[1:]:
        look = looks[at]
        coded = not look.whole or look.highest > _LAST_SMALL
        if coded and look.number in (0, 1) and _SHARE * look.filled < look.distinct < look.filled:
            return at
    return found[0]
