"""The client's own file again, only the rows of the selected customers: for data whose ids were personal numbers.

Of a personal number the workspace keeps a keyed hash and nothing else, so a list cannot say whom it means. Here the
client's file is read once more, its id column hashed with the workspace's key, and the rows of those who are meant
are given back as they stand. What has to be written to read the file (an unpacked workbook) lies in a private folder
outside the workspace for as long as that takes; nothing of the file is kept.
"""

import csv
import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from insight.audience import Audience
from insight.errors import IngestError, UsageError
from insight.export.people import Account, Wish, checked, kept_ids, log, safe_number
from insight.ingest import containers, privacy
from insight.ingest.detect import Layout, find_layout, read_head
from insight.ingest.encoding import as_utf8
from insight.ingest.options import ReadOptions
from insight.ingest.records import Record, lines_of, read_records
from insight.workspace.store import Workspace

_TRIED = 400
_KNOWN = """
    SELECT customer_id FROM customer_facts WHERE list_contains($ids, customer_id)
    UNION SELECT own_id FROM persons WHERE list_contains($ids, own_id)
"""
# Ids that were found to be the same person's: the file may call the person by any of them.
_PERSONS = "SELECT own_id, customer_id FROM persons"


@dataclass(frozen=True)
class Rejoined:
    """What came of it. column: the header of the id column. missing: selected customers whom the file does not have."""

    content: bytes
    account: Account
    column: str
    n_rows: int
    missing: int


def rejoin(workspace: Workspace, audience: Audience | None, wish: Wish, path: Path, name: str) -> Rejoined:
    """The rows of the client's file that belong to the selected customers, in its order, and a line in the log.

    CSV in UTF-8 with the file's own delimiter and header; a workbook's rows as text. Consents are respected as in every
    list. Cells that a spreadsheet would run are made text; signed numbers stay as they are.
    Raises IngestError for a file that cannot be read, UsageError where no column of it holds this workspace's ids.
    """
    checked(wish)
    kept, account = kept_ids(workspace, audience, wish)
    with tempfile.TemporaryDirectory(prefix="kundkompass-rejoin-") as folder:
        source = containers.open_source(path, name, Path(folder))
        if source.format == "parquet":
            raise IngestError("people.rejoin_not_parquet")
        plain = as_utf8(source.path, Path(folder)).path
        layout = find_layout(read_head(plain), ReadOptions())
        at, known_as = _id_column(workspace, layout)
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=layout.dialect.delimiter, lineterminator="\r\n")
        with workspace.query() as query:
            persons = dict(query.rows(_PERSONS))
        found: set[str] = set()
        n_rows = 0
        if layout.header_line is not None:
            writer.writerow([safe_number(label) for label in layout.header])
        for record in _records(plain, layout):
            own_id = known_as(record.cells[at]) if at < len(record.cells) else ""
            customer = persons.get(own_id, own_id)
            if customer in kept:
                writer.writerow([safe_number(cell) for cell in record.cells])
                found.add(customer)
                n_rows += 1
    label = layout.labels[at]
    log(workspace, audience, wish, account, list(layout.labels), rejoined=n_rows)
    return Rejoined(out.getvalue().encode("utf-8-sig"), account, label, n_rows, len(kept - found))


def _records(path: Path, layout: Layout) -> Iterator[Record]:
    for record in read_records(lines_of(path), layout.dialect, layout.width):
        if record.line >= layout.first_line and any(cell.strip() for cell in record.cells):
            yield record


def _id_column(workspace: Workspace, layout: Layout) -> tuple[int, Callable[[str], str]]:
    """Which column holds the workspace's ids, and how a cell becomes one: hashed, or as it stands.

    The one in whose first rows most are known. Raises UsageError when none is.
    """
    key = workspace.secret()

    def hashed(cell: str) -> str:
        return privacy.keyed_hash(cell.strip(), key) if cell.strip() else ""

    best: tuple[int, int, Callable[[str], str]] = (0, 0, hashed)
    for at in range(layout.width):
        cells = list(dict.fromkeys(row[at] for row in layout.sample[:_TRIED] if at < len(row) and row[at].strip()))
        for known_as in (hashed, str.strip):
            n = _n_known(workspace, [known_as(cell) for cell in cells])
            if n > best[0]:
                best = (n, at, known_as)
    if not best[0]:
        raise UsageError("people.rejoin_no_ids")
    return best[1], best[2]


def _n_known(workspace: Workspace, ids: Sequence[str]) -> int:
    with workspace.query() as query:
        return len(query.rows(_KNOWN, ids=list(ids)))
