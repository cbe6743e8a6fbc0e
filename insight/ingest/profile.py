"""What each column of a file holds and became, for the quality page."""

from collections.abc import Mapping, Sequence

from duckdb import DuckDBPyConnection

from insight.ingest.detect import Layout
from insight.ingest.mapping import Mapped
from insight.ingest.report import ColumnProfile
from insight.ingest.schema import TABLES

_EXAMPLES = 3


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
    parts = ", ".join(f"count({cell}), approx_count_distinct({cell})" for cell in cells)
    row = con.execute(f"SELECT {parts} FROM {'typed' if quick else 'raw'}").fetchone()  # noqa: S608
    assert row is not None
    found: list[ColumnProfile] = []
    for place, at in enumerate(used):
        name = fields.get(at, "")
        kind = TABLES[mapped.kind].field(name).type if name else "text"
        filled, distinct = int(row[2 * place]), int(row[2 * place + 1])
        examples = () if at in personal else _examples(layout.sample, at)
        found.append(
            ColumnProfile(
                layout.labels[at],
                name,
                kind,
                filled,
                min(distinct, filled),
                examples,
                changed.get(name, 0),
                0,
                personal.get(at, ""),
            )
        )
    return found


def _kept(con: DuckDBPyConnection, kind: str) -> dict[str, str]:
    """Label → our column, of the columns that map to no field and are kept."""
    found = con.execute("SELECT label, column_name FROM attributes WHERE table_name = $kind", {"kind": kind})
    return dict(found.fetchall())


def _examples(sample: Sequence[Sequence[str]], at: int) -> tuple[str, ...]:
    """Up to three different cells, as they stand in the file."""
    filled = (row[at].strip()[:60] for row in sample if at < len(row) and row[at].strip())
    return tuple(list(dict.fromkeys(filled))[:_EXAMPLES])
