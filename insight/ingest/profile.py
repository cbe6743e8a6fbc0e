"""What each column of a file holds and became, for the quality page."""

from collections.abc import Mapping, Sequence

from duckdb import DuckDBPyConnection

from insight.ingest.detect import Layout
from insight.ingest.mapping import Mapped
from insight.ingest.report import ColumnProfile
from insight.ingest.schema import TABLES

_EXAMPLES = 3
_EXACT_CELLS = 2_000_000
_EXACT_DISTINCT = 500_000


def profiles(
    con: DuckDBPyConnection,
    layout: Layout,
    mapped: Mapped,
    changed: Mapping[str, int],
    personal: Mapping[int, str],
    quick: bool,
) -> list[ColumnProfile]:
    """A profile a column, counted over the whole file. No examples of personal data.

    quick: the file took the fast path, so the cells are counted in `typed` instead of `raw`.
    """
    fields = {at: name for name, at in mapped.fields.items()}
    used = [at for at, label in enumerate(layout.labels) if label and at not in (mapped.time, mapped.last_name)]
    if quick:
        kept = _kept(con, mapped.kind)
        held = {at: fields.get(at) or kept.get(layout.labels[at], "") for at in used}
        used = [at for at in used if held[at]]
        cells = [f'"{held[at]}"' for at in used]
    else:
        cells = [f"c{at}" for at in used]
    counted = _counted(con, "typed" if quick else "raw", cells)
    found: list[ColumnProfile] = []
    for place, at in enumerate(used):
        name = fields.get(at, "")
        kind = TABLES[mapped.kind].field(name).type if name else "text"
        filled, distinct, about = counted[place]
        examples = () if at in personal else _examples(layout.sample, at)
        found.append(
            ColumnProfile(
                layout.labels[at],
                name,
                kind,
                filled,
                distinct,
                examples,
                changed.get(name, 0),
                0,
                personal.get(at, ""),
                about,
            )
        )
    return found


def _counted(con: DuckDBPyConnection, table: str, cells: Sequence[str]) -> list[tuple[int, int, bool]]:
    """Filled cells, different cells, and whether the latter is about: only where both are too many to count quickly.

    What is about has two figures left, the precision of the estimate (HyperLogLog, a few per cent).
    """
    if not cells:
        return []
    parts = ", ".join(f"count({cell}), approx_count_distinct({cell})" for cell in cells)
    row = con.execute(f"SELECT {parts} FROM {table}").fetchone()  # noqa: S608
    assert row is not None
    found: list[tuple[int, int, bool]] = []
    for cell, filled, guess in zip(cells, row[::2], row[1::2], strict=True):
        if filled > _EXACT_CELLS and guess > _EXACT_DISTINCT:
            found.append((filled, min(_two_figures(guess), filled), True))
            continue
        # One column at a time: the sets of a wide file would not fit in memory together.
        exact = con.execute(f"SELECT count(DISTINCT {cell}) FROM {table}").fetchone()  # noqa: S608
        assert exact is not None
        found.append((filled, exact[0], False))
    return found


def _two_figures(count: int) -> int:
    unit = 10 ** (len(str(count)) - 2)
    return round(count / unit) * unit


def _kept(con: DuckDBPyConnection, kind: str) -> dict[str, str]:
    """Label → our column, of the columns that map to no field and are kept."""
    found = con.execute("SELECT label, column_name FROM attributes WHERE table_name = $kind", {"kind": kind})
    return dict(found.fetchall())


def _examples(sample: Sequence[Sequence[str]], at: int) -> tuple[str, ...]:
    """Up to three different cells, as they stand in the file."""
    filled = (row[at].strip()[:60] for row in sample if at < len(row) and row[at].strip())
    return tuple(list(dict.fromkeys(filled))[:_EXAMPLES])
