"""What each column of a file holds and became, for the quality page."""

from collections.abc import Mapping, Sequence

from duckdb import DuckDBPyConnection

from insight.ingest.convert import Converted
from insight.ingest.mapping import Mapped
from insight.ingest.report import ColumnProfile
from insight.ingest.schema import TABLES

_EXAMPLES = 3


def profiles(
    con: DuckDBPyConnection, labels: Sequence[str], mapped: Mapped, converted: Converted, personal: Mapping[int, str],
    hidden: Sequence[int],
) -> list[ColumnProfile]:  # fmt: skip
    """A profile a column, from the raw table. No examples of personal data."""
    used = [at for at, label in enumerate(labels) if label]
    parts = ", ".join(f"count(c{at}), approx_count_distinct(c{at})" for at in used)
    row = con.execute(f"SELECT {parts} FROM raw").fetchone()  # noqa: S608
    assert row is not None
    fields = {at: name for name, at in mapped.fields.items()}
    examples = _examples(con, [at for at in used if at not in personal and at not in hidden])
    found: list[ColumnProfile] = []
    for place, at in enumerate(used):
        name = fields.get(at, "")
        reading = converted.readings.get(name)
        kind = TABLES[mapped.kind].field(name).type if name else "text"
        found.append(
            ColumnProfile(
                labels[at], name, kind, int(row[2 * place]), min(int(row[2 * place + 1]), int(row[2 * place])),
                examples.get(at, ()), reading.changed if reading else 0, 0, personal.get(at, ""),
            )
        )  # fmt: skip
    return found


def _examples(con: DuckDBPyConnection, columns: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Up to three different cells a column, from the first rows."""
    if not columns:
        return {}
    rows = con.execute(f"SELECT {', '.join(f'c{at}' for at in columns)} FROM raw LIMIT 200").fetchall()  # noqa: S608
    return {
        at: tuple(list(dict.fromkeys(str(row[place])[:60] for row in rows if row[place] is not None))[:_EXAMPLES])
        for place, at in enumerate(columns)
    }
