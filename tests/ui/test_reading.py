"""Files read beside the page: followed, stopped without a trace, and never against the user's own files."""

import gzip
import os
from pathlib import Path

import pytest
from streamlit import config

from insight.errors import IngestError
from insight.workspace.store import SourceFile, Workspace
from ui import import_folder
from ui.reading import Job, rows_about


def sales(path: Path, rows: int = 60_000) -> SourceFile:
    lines = (f"K{n % 900:04};2024-{n % 12 + 1:02}-{n % 28 + 1:02};{n % 500},50\n" for n in range(rows))
    path.write_text("kundnr;datum;belopp\n" + "".join(lines), encoding="utf-8")
    return SourceFile(path, path.name)


def test_what_is_read_comes_back_with_a_workspace_of_its_own(tmp_path: Path):
    job = Job([sales(tmp_path / "a.csv", 500), sales(tmp_path / "b.csv", 700)], None)
    assert job.wait(60)
    made = job.outcome.made
    assert made is not None
    assert job.outcome.failure is None
    assert [report.rows for report in job.outcome.reports] == [500, 700]
    assert made.manifest.counts["transactions"] == 1200
    assert (job.share(0), job.share(1), job.overall) == (1.0, 1.0, 1.0)
    made.destroy()


def test_a_cancel_leaves_the_folder_as_it_was(tmp_path: Path):
    there = Workspace.create(tmp_path / "w")
    there.load([sales(tmp_path / "first.csv", 100)])
    before = {path.name: path.read_bytes() for path in there.folder.iterdir()}
    job = Job([sales(tmp_path / "a.csv"), sales(tmp_path / "b.csv", 90_000)], there.folder)
    job.cancel()
    assert job.wait(60)
    assert job.stopping
    assert isinstance(job.outcome.failure, IngestError)
    assert job.outcome.failure.key == "ingest.cancelled"
    assert job.outcome.reports == []
    assert {path.name: path.read_bytes() for path in there.folder.iterdir()} == before
    there.refresh()
    assert there.manifest.counts["transactions"] == 100
    there.close()


def test_a_cancelled_first_load_leaves_no_workspace(tmp_path: Path):
    job = Job([sales(tmp_path / "a.csv")], None)
    job.cancel()
    assert job.wait(60)
    assert job.outcome.made is None


def test_refused_files_make_no_workspace(tmp_path: Path):
    path = tmp_path / "tom.csv"
    path.write_text("kundnr;datum;belopp\n", encoding="utf-8")
    job = Job([SourceFile(path, "tom.csv")], None)
    assert job.wait(60)
    assert [report.outcome for report in job.outcome.reports] == ["refuse"]
    assert job.outcome.made is None


def test_two_at_a_time_do_not_mix(tmp_path: Path):
    there = Workspace.create(tmp_path / "w")
    jobs = [Job([sales(tmp_path / f"{name}.csv", rows)], there.folder) for name, rows in (("a", 60_000), ("b", 300))]
    assert all(job.wait(60) for job in jobs)
    there.refresh()
    loaded = sum(report.rows for job in jobs for report in job.outcome.reports)
    failures = [job.outcome.failure for job in jobs if job.outcome.failure is not None]
    assert [str(failure) for failure in failures] in ([], ["workspace.changing"])
    assert there.manifest.counts["transactions"] == loaded
    there.close()


@pytest.fixture
def offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KUNDKOMPASS_IMPORT", str(tmp_path))
    return tmp_path


def test_only_regular_files_directly_in_the_folder_are_offered(offered: Path, tmp_path_factory: pytest.TempPathFactory):
    outside = tmp_path_factory.mktemp("outside") / "secret.csv"
    outside.write_text("x", encoding="utf-8")
    (offered / "köp.csv").write_text("abc", encoding="utf-8")
    (offered / ".hidden").write_text("x", encoding="utf-8")
    (offered / "deeper").mkdir()
    (offered / "deeper" / "more.csv").write_text("x", encoding="utf-8")
    (offered / "link.csv").symlink_to(outside)
    if hasattr(os, "mkfifo"):
        os.mkfifo(offered / "pipe")
    assert import_folder.files() == [(offered / "köp.csv", 3)]


@pytest.mark.parametrize(
    ("address", "there"), [("localhost", True), ("127.0.0.1", True), ("0.0.0.0", False), (None, False)]
)
def test_it_is_offered_on_ones_own_computer_only(address: str | None, there: bool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("KUNDKOMPASS_IMPORT", raising=False)
    before = config.get_option("server.address")
    config.set_option("server.address", address)
    try:
        assert (import_folder.folder() is not None) == there
    finally:
        config.set_option("server.address", before)


def test_a_server_for_others_offers_it_when_told_to(offered: Path):
    assert import_folder.folder() == offered


def test_the_rows_of_a_file_are_told_by_its_first_part(tmp_path: Path):
    plain = tmp_path / "plain.csv"
    plain.write_text("a;b\n" + "1;2\n" * 999, encoding="utf-8")
    assert rows_about(plain) == 1000
    large = tmp_path / "large.csv"
    large.write_text("0123456;89012345\n" * 200_000, encoding="utf-8")
    assert rows_about(large) == pytest.approx(200_000, rel=0.001)
    packed = tmp_path / "packed.csv"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert rows_about(packed) is None


def test_the_rows_are_counted_where_the_beginning_tells_too_many(tmp_path: Path):
    path = tmp_path / "växer.csv"
    path.write_text("poäng;svar\n" + "1;a\n" * 300_000 + f"2;{'b' * 200}\n" * 10_000, encoding="utf-8")
    assert rows_about(path) == pytest.approx(3_230_000 / 4, rel=0.01)  # as if all lines had four bytes
    job = Job([SourceFile(path, path.name)], None)
    assert job.wait(60)
    assert job.rows(0) == 310_001
