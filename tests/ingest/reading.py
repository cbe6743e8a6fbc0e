"""Helpers for tests that read a file: text or bytes in, the report and the loaded tables out."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from insight.i18n.catalog import Words
from insight.ingest.load import read_into
from insight.ingest.options import ReadOptions
from insight.ingest.report import FileReport
from insight.workspace.tables import create_tables

SV, EN = Words("sv"), Words("en")


@dataclass
class Loaded:
    """A file that was read: its report, and the database it went into."""

    report: FileReport
    con: duckdb.DuckDBPyConnection

    @property
    def said(self) -> str:
        """All messages in both languages, lower case."""
        return " ".join(
            words.message(message.message) for message in self.report.messages for words in (SV, EN)
        ).lower()

    @property
    def codes(self) -> set[str]:
        """The codes of the messages."""
        return {message.code for message in self.report.messages}

    def rows(self, select: str) -> list[tuple]:
        """The rows of a query on the loaded tables."""
        return self.con.execute(select).fetchall()

    def one(self, select: str) -> object:
        """The only cell of a query."""
        (row,) = self.rows(select)
        return row[0]

    def balanced(self) -> bool:
        """Nothing vanished: rows + set aside + footers = data lines, and the tables hold what the report says."""
        report = self.report
        return report.rows + report.set_aside + report.footers == report.lines and (
            report.outcome == "refuse"
            or (
                self.one(f"SELECT count(*) FROM {report.kind}") == report.rows
                and self.one("SELECT count(*) FROM set_aside") == report.set_aside
            )
        )


@contextmanager
def reading(
    content: str | bytes, *, name: str = "fil.csv", kind: str | None = None, **settings: str
) -> Iterator[Loaded]:
    """Read a file of this content into a fresh database."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
        path = Path(folder) / "upload"
        path.write_bytes(data)
        create_tables(con)
        options = ReadOptions.parse(settings, kind)
        yield Loaded(read_into(con, path, name=name, file_id=1, options=options, key=b"a key of the tests, 16+"), con)
