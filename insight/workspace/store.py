"""A workspace: one folder with the client's data, opened hardened, changed only by building beside and renaming."""

import hashlib
import json
import os
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from duckdb import DuckDBPyConnection

from insight.errors import IngestError, WorkspaceError
from insight.i18n.catalog import say
from insight.ingest import load
from insight.ingest.options import ReadOptions
from insight.ingest.report import FileMessage, FileReport
from insight.ingest.schema import SQL_TYPES, TABLES
from insight.ingest.watch import watching
from insight.workspace import audit, forget, persons
from insight.workspace import manifest as manifests
from insight.workspace.connection import connect
from insight.workspace.engine import Query
from insight.workspace.facts import build_facts
from insight.workspace.forget import Receipt
from insight.workspace.manifest import Loaded, Manifest
from insight.workspace.stored import room
from insight.workspace.tables import create_tables

# The place of a file among those that are loaded, and the share of it that is read (0 to 1); after the last file, the
# share of the tables that are made from all of them.
Progress = Callable[[int, float], None]
_KEY = "key"
_SPACE_FACTOR = 3
_deciding = threading.Lock()
_changing: set[Path] = set()


@dataclass(frozen=True)
class SourceFile:
    """A file to load: where it lies, the name the user knows it by, and how to read it."""

    path: Path
    name: str
    options: ReadOptions = field(default_factory=ReadOptions)


def file_hash(path: Path) -> str:
    """SHA-256 of the file's bytes, to know the same export when it comes again."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(8 * 1024 * 1024):
            digest.update(block)
    return digest.hexdigest()


def _delete(con: DuckDBPyConnection, file_ids: Sequence[int]) -> None:
    """Take out every row of the files, whichever tables they went to: a wide file fills several."""
    for table in (*TABLES, "set_aside", "files"):
        con.execute(f"DELETE FROM {table} WHERE list_contains($gone, file_id)", {"gone": list(file_ids)})  # noqa: S608


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One change of a workspace at a time. Raises WorkspaceError when another is under way in this process."""
    with _deciding:
        if folder in _changing:
            raise WorkspaceError("workspace.changing")
        _changing.add(folder)
    try:
        yield
    finally:
        _changing.discard(folder)


def _write_anew(con: DuckDBPyConnection, path: Path) -> None:
    """Copy the database, table by table, into a new file: what was deleted is in none of its bytes."""
    (name,) = con.execute("SELECT current_database()").fetchall()[0]
    con.execute(f"ATTACH '{str(path).replace(chr(39), chr(39) * 2)}' AS fresh")
    con.execute(f'COPY FROM DATABASE "{name}" TO fresh')
    con.execute("DETACH fresh")


def _telling(progress: Progress | None, place: int) -> Callable[[float], None] | None:
    """The progress of one of several files."""
    return None if progress is None else lambda share: progress(place, share)


def _without(con: DuckDBPyConnection, draft: Manifest, file_id: int) -> Manifest:
    """Take a loaded file out. Raises WorkspaceError for a number that no file has."""
    if file_id not in {entry.file_id for entry in draft.files}:
        raise WorkspaceError("workspace.no_such_file")
    _delete(con, [file_id])
    return draft.next(files=tuple(entry for entry in draft.files if entry.file_id != file_id))


def _with_persons(
    con: DuckDBPyConnection, draft: Manifest, reports: Sequence[tuple[int, FileReport]]
) -> list[tuple[int, FileReport]]:
    """The reports by file number, saying also what joining several ids of one person did to each file."""
    there = {entry.file_id for entry in draft.files}
    found = persons.joined(con.execute("SELECT name, value FROM facts_meta").fetchall())
    told: list[tuple[int, FileReport]] = []
    for file_id, report in reports:
        if report.outcome != "refuse" and file_id in there:
            said = persons.messages(found, report.kind, persons.moved_of(con, file_id))
            if said:
                report = replace(report, messages=(*report.messages, *said))
                con.execute(
                    "UPDATE files SET report = $report WHERE file_id = $file_id",
                    {"report": _stored(report), "file_id": file_id},
                )
        told.append((file_id, report))
    return told


def _stored(report: FileReport) -> str:
    return json.dumps(report.as_json(say), ensure_ascii=False, default=str)


class Workspace:
    """The open workspace. `query()` gives a cursor; `load`, `load_tables` and `remove` change the data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = manifests.read(folder)
        self._con: DuckDBPyConnection | None = None
        self._kept: dict[tuple[object, ...], Any] = {}

    @classmethod
    def create(cls, folder: Path | None = None) -> "Workspace":
        """A new empty workspace in `folder`, or in a private temporary folder. Raises WorkspaceError if not empty."""
        if folder is None:
            folder = Path(tempfile.mkdtemp(prefix="kundkompass-"))
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if (folder / manifests.MANIFEST).exists():
            raise WorkspaceError("workspace.exists", name=folder.name)
        if any(folder.iterdir()):
            raise WorkspaceError("workspace.folder_not_empty", name=folder.name)
        key = folder / _KEY
        key.touch(mode=0o600)
        key.write_text(secrets.token_hex(32), encoding="ascii")
        first = Manifest()
        with duckdb.connect(str(folder / first.database)) as con:
            create_tables(con)
            build_facts(con)
        manifests.write(folder, first)
        return cls(folder)

    @classmethod
    def open(cls, folder: Path) -> "Workspace":
        """The workspace in `folder`, its database checked against the manifest's counts and sum."""
        workspace = cls(folder)
        if not (folder / workspace.manifest.database).is_file():
            raise WorkspaceError("workspace.database_missing", name=folder.name)
        with workspace.query() as query:
            workspace._check(query)
        workspace._sweep()
        return workspace

    @property
    def data_key(self) -> str:
        """Names this state of the data: workspace and version. Part of every cache key."""
        return f"{self.manifest.workspace_id}-{self.manifest.version}"

    def query(self) -> Query:
        """A cursor over all customers. `insight.audience.scoped_query` gives one within a scope."""
        if self._con is None:
            self._con = connect(self.folder / self.manifest.database)
        return Query(self._con.cursor(), currency=self.manifest.currency, kept=self._kept)

    def secret(self) -> bytes:
        """The workspace's own key for hashing personal numbers."""
        return bytes.fromhex((self.folder / _KEY).read_text(encoding="ascii"))

    def load(
        self,
        files: Iterable[SourceFile],
        *,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
        instead_of: int | None = None,
    ) -> list[FileReport]:
        """Load the files into the next version of the data; what was there stays as it was if nothing is accepted.

        instead_of: a loaded file (its number) that these take the place of: one that is read again in another way. It
        stays when one of them is refused. A report a file, in order; a refused file (outcome 'refuse') leaves no rows.
        Raises WorkspaceError when the disk or memory does not suffice or the audit log has been tampered with, and
        IngestError when `cancelled` says so; then nothing has changed.
        """
        # A link is followed here: the database may read in the named folders only, wherever a link within them leads.
        sources = [replace(file, path=file.path.resolve()) for file in files]
        reports: list[tuple[int, FileReport]] = []

        def fill(con: DuckDBPyConnection, draft: Manifest) -> Manifest:
            if instead_of is not None:
                draft = _without(con, draft, instead_of)
            for place, source in enumerate(sources):
                # Its bytes are summed meanwhile: the first file waits for that at the end alone.
                with ThreadPoolExecutor(1) as beside:
                    digest = beside.submit(file_hash, source.path)
                    draft, report = self._load_one(con, draft, source, _telling(progress, place), cancelled, digest)
                if cancelled is not None and cancelled():
                    raise IngestError("ingest.cancelled")
                reports.append((draft.files[-1].file_id if draft.files else 0, report))
            if instead_of is not None and any(report.outcome == "refuse" for _, report in reports):
                return self.manifest
            return draft

        def finish(con: DuckDBPyConnection, draft: Manifest) -> None:
            reports[:] = _with_persons(con, draft, reports)

        tell = _telling(progress, len(sources))
        folders = [source.path.parent for source in sources]
        before = self._change(fill, finish, reachable=folders, extra=sources, progress=tell, cancelled=cancelled)
        self._log_files(before)
        return [report for _, report in reports]

    def load_tables(self, tables: Mapping[str, pa.Table], *, name: str, demo: bool = False) -> None:
        """Load ready canonical tables (the demo company): columns named as in the schema, types to match."""

        def fill(con: DuckDBPyConnection, draft: Manifest) -> Manifest:
            loaded = list(draft.files)
            for kind, table in tables.items():
                file_id = 1 + max((entry.file_id for entry in loaded), default=0)
                columns = [field.name for field in TABLES[kind].fields if field.name in table.column_names]
                casts = ", ".join(f'cast("{c}" AS {SQL_TYPES[TABLES[kind].field(c).type]})' for c in columns)
                names = ", ".join(f'"{c}"' for c in columns)
                order = "ORDER BY customer_id, ordered_at, line" if kind == "transactions" else ""
                if kind == "transactions":
                    room(con, columns)
                numbered = table.append_column("line", pa.array(range(2, table.num_rows + 2), pa.int64()))
                con.register("arrow_input", numbered)
                con.execute(
                    f"INSERT INTO {kind} ({names}, file_id, line) "  # noqa: S608
                    f"SELECT {casts}, $file_id, line FROM arrow_input {order}",
                    {"file_id": file_id},
                )
                con.unregister("arrow_input")
                loaded.append(Loaded(file_id, f"{name}: {kind}", kind, "", table.num_rows))
            return draft.next(files=tuple(loaded), demo=demo)

        self._change(fill)

    def remove(self, file_id: int) -> None:
        """Take one loaded file out again, with its set-aside rows."""
        self._log_files(self._change(lambda con, draft: _without(con, draft, file_id)))

    def _log_files(self, before: Manifest) -> None:
        for action, values in manifests.changes(before, self.manifest):
            audit.append(self.folder, action, values)

    def forget(self, customer_id: str) -> Receipt:
        """Erase a person from the whole folder for good; see `insight.workspace.forget` for what stays.

        Raises WorkspaceError for an id that is not here, where the audit log has been tampered with, or if a figure of
        the past would change; then nothing has.
        """
        with self.query() as query:
            who, before = forget.person(query, customer_id), forget.figures(query)
        done: list[dict[str, int]] = []

        def fill(con: DuckDBPyConnection, draft: Manifest) -> Manifest:
            done.append(forget.erase(con, who, self.secret().hex()))
            files = tuple(replace(entry, name=forget.without(entry.name, who)) for entry in draft.files)
            return draft.next(files=files)

        self._change(fill, lambda con, _: forget.check(con, before))
        with self.query() as query:
            after = forget.figures(query)
        left_in = forget.found_in(self.folder, who, self.manifest.database)
        receipt = Receipt(
            secrets.token_hex(4), datetime.now(UTC).isoformat(timespec="seconds"), done[0], before, after, left_in
        )
        audit.append(self.folder, "customer_forgotten", {"receipt": receipt.number, "rows": sum(done[0].values())})
        return receipt

    def reports(self) -> list[tuple[int, dict[str, Any]]]:
        """The number and the stored report of every loaded file, oldest first, as `FileReport.as_json` gives it."""
        with self.query() as query:
            found = query.rows("SELECT file_id, report FROM files ORDER BY file_id")
        return [(file_id, json.loads(report)) for file_id, report in found]

    def refresh(self) -> None:
        """Take up what another object on the same folder has loaded."""
        self.close()
        self.manifest = manifests.read(self.folder)
        self._sweep()

    def close(self) -> None:
        """Close the database; the folder stays."""
        self._kept.clear()
        if self._con is not None:
            self._con.close()
            self._con = None

    def destroy(self) -> None:
        """Close and delete the whole folder."""
        self.close()
        shutil.rmtree(self.folder)

    def _load_one(
        self,
        con: DuckDBPyConnection,
        draft: Manifest,
        source: SourceFile,
        progress: Callable[[float], None] | None,
        cancelled: Callable[[], bool] | None,
        digest: Future[str],
    ) -> tuple[Manifest, FileReport]:
        if any(entry.file_hash == digest.result() for entry in draft.files) and source.options.if_exists != "replace":
            again = FileMessage("same_file_again", "error", {"name": source.name})
            return draft, FileReport(source.name, messages=(again,))
        file_id = 1 + max((entry.file_id for entry in draft.files), default=0)

        def read() -> FileReport:
            return load.read_into(
                con, source.path, name=source.name, file_id=file_id, options=source.options, key=self.secret(),
                progress=progress, cancelled=cancelled, work=self.folder,
            )  # fmt: skip

        report = read()
        if report.outcome == "refuse":
            return draft, report
        if source.options.if_exists == "refuse" and any(entry.kind == report.kind for entry in draft.files):
            _delete(con, [file_id])
            there = FileMessage("kind_already_loaded", "error", {"name": source.name, "kind": report.kind})
            return draft, FileReport(source.name, report.kind, messages=(there,))
        kept = draft.files
        if source.options.if_exists == "replace":
            dropped = [entry.file_id for entry in kept if entry.kind == report.kind]
            kept = tuple(entry for entry in kept if entry.kind != report.kind)
            if dropped:
                # A customer file updates those who are known in place: read it anew where the old ones are gone.
                _delete(con, [*dropped, file_id])
                report = read()
        report = forget.keep_out(con, file_id, report, self.secret().hex())
        con.execute(
            "INSERT INTO files VALUES ($file_id, $name, $kind, $hash, $at, $report)",
            {
                "file_id": file_id,
                "name": source.name,
                "kind": report.kind,
                "hash": digest.result(),
                "at": datetime.now(UTC).replace(tzinfo=None),
                "report": _stored(report),
            },
        )
        loaded = Loaded(file_id, source.name, report.kind, digest.result(), report.rows)
        currency = str(report.figures.get("currency") or draft.currency)
        return draft.next(files=(*kept, loaded), currency=currency, demo=False), report

    def _change(
        self,
        fill: Callable[[DuckDBPyConnection, Manifest], Manifest],
        finish: Callable[[DuckDBPyConnection, Manifest], None] | None = None,
        *,
        reachable: Sequence[Path] = (),
        extra: Sequence[SourceFile] = (),
        progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Manifest:
        """Build the next database beside the current one, check it, then make it current in one rename; the manifest
        of the one before.

        fill: changes the tables, where every row has the id of its file. finish: what is to be said or checked once
        the ids of a person are joined and the derived tables made.
        """
        audit.ready(self.folder)
        with _alone(self.folder):
            if manifests.read(self.folder).version != self.manifest.version:
                self.refresh()  # another object on the folder has changed it meanwhile
            before = self.manifest
            self._rebuild(fill, finish, reachable, extra, progress, cancelled)
        return before

    def _rebuild(
        self,
        fill: Callable[[DuckDBPyConnection, Manifest], Manifest],
        finish: Callable[[DuckDBPyConnection, Manifest], None] | None,
        reachable: Sequence[Path],
        extra: Sequence[SourceFile],
        progress: Callable[[float], None] | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        current = self.folder / self.manifest.database
        needed = _SPACE_FACTOR * (current.stat().st_size + sum(source.path.stat().st_size for source in extra))
        if shutil.disk_usage(self.folder).free < needed:
            raise WorkspaceError("workspace.disk_full", needed_mb=needed // 1024**2)
        building = self.folder / f"building-{secrets.token_hex(4)}.duckdb"
        fresh = building.with_suffix(".fresh")
        try:
            shutil.copyfile(current, building)
            con = connect(building, reachable=[*reachable, self.folder], read_only=False)
            try:
                create_tables(con)
                undone = persons.undo(con)
                draft = fill(con, self.manifest)
                if draft == self.manifest:
                    return
                with watching(con, progress, cancelled) as watch:
                    watch.stage(0.1)
                    persons.join(con, undone=undone)
                    watch.check()
                    watch.stage(1.0)
                    build_facts(con)
                    if finish is not None:
                        finish(con, draft)
                    watch.check()
                counts = {table: int(con.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]) for table in TABLES}  # noqa: S608
                amount = con.execute("SELECT coalesce(sum(amount), 0) FROM transactions").fetchall()[0][0]
                con.execute("CHECKPOINT")
                if forget.any_forgotten(con):
                    _write_anew(con, fresh)
            finally:
                con.close()
            if fresh.exists():
                fresh.replace(building)
            with building.open("rb+") as file:
                os.fsync(file.fileno())
            draft = self.manifest.next(
                files=draft.files, currency=draft.currency, demo=draft.demo, counts=counts, amount_sum=str(amount)
            )
            building.replace(self.folder / draft.database)
            manifests.write(self.folder, draft)
        except duckdb.InterruptException:
            raise IngestError("ingest.cancelled") from None
        except (duckdb.OutOfMemoryException, MemoryError):
            raise WorkspaceError("workspace.out_of_memory") from None
        except OSError as error:
            raise WorkspaceError("workspace.write_failed", reason=error.strerror or "") from None
        finally:
            building.unlink(missing_ok=True)
            fresh.unlink(missing_ok=True)
            building.with_name(building.name + ".wal").unlink(missing_ok=True)
        self.close()
        self.manifest = draft
        self._sweep()

    def _check(self, query: Query) -> None:
        for table, count in self.manifest.counts.items():
            if query.count(table) != count:
                raise WorkspaceError("workspace.counts_differ", table=table)
        if self.manifest.counts:
            found = query.one("SELECT coalesce(sum(amount), 0) FROM transactions")[0]
            if str(found) != self.manifest.amount_sum:
                raise WorkspaceError("workspace.counts_differ", table="transactions")

    def _sweep(self) -> None:
        """Remove database files that an interrupted or finished change left behind."""
        for path in (*self.folder.glob("data-*.duckdb*"), *self.folder.glob("building-*")):
            if path.name != self.manifest.database:
                # Where an open file can't be removed (Windows), it goes when whoever reads it has taken up the new one.
                with suppress(PermissionError):
                    path.unlink(missing_ok=True)
        for path in self.folder.glob("read-*"):
            shutil.rmtree(path, ignore_errors=True)
