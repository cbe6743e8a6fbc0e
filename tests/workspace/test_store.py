"""The workspace: built beside and renamed, checked when opened, closed to everything outside."""

import json

import duckdb
import pyarrow as pa
import pytest

from insight.errors import InsightError, WorkspaceError
from insight.ingest import load
from insight.ingest.options import ReadOptions
from insight.workspace.connection import connect
from insight.workspace.store import SourceFile, Workspace
from tests.build import workspace

ROWS = [("ann", "2024-01-03", "100.10"), ("bo", "2024-02-01", "-0.10"), (None, "2024-02-01", 20)]


def sums(made) -> tuple:
    with made.query() as query:
        return query.one("SELECT (SELECT sum(amount) FROM transactions), (SELECT sum(sales) FROM orders)")


def test_a_load_that_fails_midway_leaves_what_was_there(monkeypatch, tmp_path):
    made = workspace(ROWS)
    version = made.manifest.version
    path = tmp_path / "mer.csv"
    path.write_text("customer_id,date,amount\nx,2024-05-01,5\n")

    def breaks(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(load, "read_into", breaks)
    with pytest.raises(WorkspaceError) as refused:
        made.load([SourceFile(path, "mer.csv", ReadOptions())])
    assert refused.value.key == "workspace.write_failed"
    assert made.manifest.version == version
    again = Workspace.open(made.folder)
    assert sums(again) == sums(made)
    assert sorted(p.name for p in made.folder.glob("*.duckdb")) == [made.manifest.database]


def test_what_a_crash_left_behind_is_swept_and_the_old_state_opens(tmp_path):
    made = workspace(ROWS)
    made.close()
    (made.folder / "building-dead.duckdb").write_bytes(b"half")
    (made.folder / "data-99.duckdb").write_bytes(b"half")
    again = Workspace.open(made.folder)
    assert sums(again)[0] == sums(again)[1]
    assert [p.name for p in made.folder.glob("*.duckdb")] == [again.manifest.database]


def test_a_database_that_lost_rows_is_not_opened():
    made = workspace(ROWS)
    made.close()
    with duckdb.connect(str(made.folder / made.manifest.database)) as con:
        con.execute("DELETE FROM transactions WHERE customer_id = 'bo'")
    with pytest.raises(WorkspaceError) as refused:
        Workspace.open(made.folder)
    assert refused.value.key == "workspace.counts_differ"


def test_a_file_can_be_taken_out_again():
    made = workspace(ROWS, answers=[{"customer_id": "ann", "score": 9, "answered_on": "2024-01-10"}])
    answers = next(entry for entry in made.manifest.files if entry.kind == "answers")
    made.remove(answers.file_id)
    assert made.manifest.counts["answers"] == 0
    assert made.manifest.counts["transactions"] == 3
    with pytest.raises(InsightError):
        made.remove(answers.file_id)


def test_orders_keep_days_and_people_apart():
    made = workspace(
        [
            ("ann", "2024-01-03 10:00", 100, "7"), ("ann", "2024-01-03 10:05", 50, "7"),   # one order, two lines
            ("ann", "2024-02-03", -50, "7"),  # returned later: its own month
            ("bo", "2024-01-03", 10, "7"),                                                 # another's receipt 7
            ("cy", "2024-01-03 12:00", 1), ("cy", "2024-01-03 12:00", 2),                  # no number, same minute: one
            ("di", "2024-01-03", 1), ("di", "2024-01-03", 2),                              # no number, no time: two
        ]
    )  # fmt: skip
    with made.query() as query:
        found = query.rows(
            "SELECT customer_id, count(*), sum(n_lines), sum(CASE WHEN is_return THEN 1 ELSE 0 END) FROM orders "
            "GROUP BY customer_id ORDER BY customer_id"
        )
    assert found == [("ann", 2, 3, 1), ("bo", 1, 1, 0), ("cy", 1, 2, 0), ("di", 2, 2, 0)]


ESCAPES = [
    "SELECT * FROM read_text('/etc/hostname')",
    "SELECT * FROM read_blob('/etc/hostname')",
    "SELECT * FROM read_csv('/etc/hostname')",
    "SELECT * FROM '/etc/hostname'",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM sniff_csv('/etc/hostname')",
    "COPY (SELECT 1) TO '../kundkompass-escape.csv'",
    "ATTACH '../kundkompass-escape.duckdb'",
    "EXPORT DATABASE '../kundkompass-escape'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SELECT * FROM read_csv('https://example.com/x.csv')",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SET allowed_directories = ['/']",
    "SET memory_limit = '100GB'",
    "SET threads = 64",
    "CREATE TABLE intruder (a INTEGER)",
    "DELETE FROM transactions",
    "UPDATE transactions SET amount = 0",
    "DROP TABLE transactions",
]


@pytest.mark.parametrize("statement", ESCAPES)
def test_nothing_outside_the_workspace_can_be_reached(statement):
    made = workspace(ROWS)
    made.close()
    con = connect(made.folder / made.manifest.database)
    with pytest.raises(duckdb.Error):
        con.execute(statement)
    assert con.execute("SELECT count(*) FROM transactions").fetchall() == [(3,)]
    con.close()


def test_a_python_variable_is_no_table():
    made = workspace(ROWS)
    made.close()
    secret = pa.table({"a": [1]})
    con = connect(made.folder / made.manifest.database)
    with pytest.raises(duckdb.Error):
        con.execute("SELECT * FROM secret")
    assert secret.num_rows == 1
    con.close()


def test_two_writers_get_a_sentence_and_a_newer_workspace_is_told_apart(tmp_path):
    made = workspace(ROWS)
    made.close()
    manifest = made.folder / "manifest.json"
    held = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**held, "format": 99}))
    with pytest.raises(WorkspaceError) as refused:
        Workspace.open(made.folder)
    assert refused.value.key == "workspace.too_new"
    manifest.write_text("{")
    with pytest.raises(WorkspaceError) as refused:
        Workspace.open(made.folder)
    assert refused.value.key == "workspace.manifest_damaged"
    with pytest.raises(WorkspaceError) as refused:
        Workspace.create(made.folder)
    assert refused.value.key == "workspace.exists"
