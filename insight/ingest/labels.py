"""The columns' names: unique, and '' for a column that is neither named nor filled."""

import re
from collections.abc import Sequence

from insight.ingest.cells import SPACES
from insight.ingest.records import Record
from insight.ingest.schema import fold


def merged(cells: list[str], at: int | None) -> list[str]:
    """Cells with a split decimal ('12', '50') put together again ('12,50') at a place."""
    if at is None or at + 1 >= len(cells):
        return cells
    return [*cells[:at], f"{cells[at]},{cells[at + 1]}", *cells[at + 2 :]]


def used_columns(cells: Sequence[str], width: int, body: Sequence[Record], merge: int | None) -> list[bool]:
    """Which columns are real: a label, or any cell filled."""
    rows = [merged(r.cells, merge) for r in body]
    return [
        bool(at < len(cells) and cells[at]) or any(at < len(row) and row[at].strip(SPACES) for row in rows)
        for at in range(width)
    ]


def unique_labels(cells: Sequence[str], used: Sequence[bool]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Unique labels, and those that occur twice. A column without label or content gets '' (and is left out)."""
    labels: list[str] = []
    seen: dict[str, int] = {}
    duplicates: list[str] = []
    for at, real in enumerate(used):
        cell = re.sub(r"\s+", " ", cells[at]).strip() if at < len(cells) else ""
        if not cell:
            labels.append(f"Kolumn {at + 1}" if real else "")
            continue
        key = fold(cell) or cell.lower()
        seen[key] = seen.get(key, 0) + 1
        if seen[key] > 1:
            duplicates.append(cell)
            cell = f"{cell} ({seen[key]})"
        labels.append(cell)
    return tuple(labels), tuple(duplicates)
