"""Mutated files through the whole reader: nothing may crash, escape uncaught, take too long or lose a row.

    python -m bench.fuzz [--runs 10000] [--seed 1] [--corpus FOLDER] [--keep FOLDER]

Each input is a small file (generated here, or from the corpus) with a few random injuries; packed files are also
injured inside and packed again. A worker process reads them; one that dies is a finding and is replaced. The same
seed gives the same inputs. Exit code 1 when anything was found; the inputs are kept with `--keep`.
"""

import argparse
import gzip
import io
import multiprocessing
import random
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from insight.i18n.catalog import LANGUAGES, say
from insight.ingest.load import read_into
from insight.ingest.options import ReadOptions
from insight.ingest.report import FileReport
from insight.ingest.schema import TABLES
from insight.ingest.templates import template
from insight.workspace.tables import create_tables

CPU_SECONDS = 5.0
HANG_SECONDS = 60.0
EXTRA_MB = 512
LARGEST = 200_000
_FILES_PER_DATABASE = 25
_TOKENS = (
    b'"', b'""', b";", b",", b"\t", b"|", b"\r", b"\n", b"\r\n", b"\0", b"\xef\xbb\xbf", b"\xff\xfe", b"\xc2\xa0",
    b"\xe5\xe4\xf6", b"\xc3\xa5", b"\xe2\x80\xa8", b"\xf0\x9f\x98\x80", b"=1+1", b"-", b"(", b"1e400", b"NaN",
    b"0" * 40, b"9" * 40, b"2024-02-30", b"0000-00-00", b"31/12/99", b"Summa", b"sep=;\r\n", b"#", b"'", b"\\",
    b"{", b"<", b"$x", b"%s", b"{0}", b"](x)", b"; DROP TABLE raw; --", b"\x1a", b" " * 300,
)  # fmt: skip


@dataclass(frozen=True)
class Seed:
    """A good file to injure."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Finding:
    """What went wrong with one input: which, how, and where (never a cell of the file)."""

    run: int
    name: str
    kind: str
    what: str


@dataclass
class Tally:
    """What a run of the fuzzer came to."""

    outcomes: Counter[str] = field(default_factory=Counter[str])
    findings: list[Finding] = field(default_factory=list[Finding])
    slowest: float = 0.0
    seconds: float = 0.0


def seeds(corpus: Path | None = None) -> list[Seed]:
    """Small files of every form: the filled templates in other encodings and packings, Parquet, and the corpus."""
    found: list[Seed] = []
    for table in TABLES:
        swedish, english = template(table, "sv", "csv", filled=True), template(table, "en", "csv", filled=True)
        text = swedish.decode("utf-8-sig")
        found += [
            Seed(f"{table}.csv", english),
            Seed(f"{table}-1252.csv", text.encode("cp1252")),
            Seed(f"{table}-mac.csv", text.replace("\r\n", "\r").encode("mac-roman")),
            Seed(f"{table}.txt", text.replace(";", "\t").encode("utf-16")),
            Seed(f"{table}.xlsx", template(table, "sv", "xlsx", filled=True)),
        ]
    rows = b"".join(b"%05d;2024-%02d-1%d;%d,50\r\n" % (n, n % 12 + 1, n % 9, n) for n in range(60))
    plain = b"kundnr;datum;belopp\r\n" + rows
    out = io.BytesIO()
    pq.write_table(
        pa.table({"kundnr": ["00012", "7"], "datum": ["2024-01-31", "2024-02-01"], "belopp": [1.5, 2.0]}), out
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("köp.csv", plain)
    found += [
        Seed("köp.csv", plain), Seed("köp.csv.gz", gzip.compress(plain, mtime=0)), Seed("köp.zip", packed.getvalue()),
        Seed("köp.parquet", out.getvalue()),
    ]  # fmt: skip
    if corpus is not None:
        for path in sorted(corpus.iterdir()):
            if path.is_file() and path.suffix not in (".md", ".json", ".py") and path.stat().st_size <= LARGEST:
                found.append(Seed(path.name, path.read_bytes()))
    return found


def mutate(content: bytes, dice: random.Random, other: bytes) -> bytes:
    """One to four injuries: bits, cuts, repeats, odd tokens, a piece of another file."""
    data = bytearray(content)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(data) + 1)
        size = min(dice.choice((1, 1, 2, 8, 64, 512)), len(data) - at)
        injury = dice.randrange(8)
        if injury == 0 and at < len(data):
            data[at] ^= 1 << dice.randrange(8)
        elif injury == 1:
            del data[at : at + size]
        elif injury == 2:
            data[at:at] = data[at : at + size] * dice.choice((1, 2, 50))
        elif injury == 3:
            data[at:at] = dice.choice(_TOKENS) * dice.choice((1, 1, 3, 100))
        elif injury == 4:
            data[at : at + size] = dice.randbytes(size)
        elif injury == 5:
            del data[at:]
        elif injury == 6:
            start = dice.randrange(len(other) + 1)
            data[at:at] = other[start : start + dice.choice((20, 200, 2000))]
        else:
            old, new = dice.choice(_TOKENS), dice.choice(_TOKENS)
            data = bytearray(bytes(data).replace(old, new, dice.choice((1, 5, 1000))))
    return bytes(data[:LARGEST])


def injured(seed: Seed, dice: random.Random, other: Seed) -> bytes:
    """A mutated file; half of the packed ones are injured inside, so that they open."""
    if dice.random() < 0.5:
        if zipfile.is_zipfile(io.BytesIO(seed.content)):
            return _repacked(seed.content, dice)
        if seed.content.startswith(b"\x1f\x8b"):
            return gzip.compress(mutate(gzip.decompress(seed.content), dice, other.content), mtime=0)
    return mutate(seed.content, dice, other.content)


def _repacked(content: bytes, dice: random.Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        parts = [(info.filename, old.read(info)) for info in old.infolist()]
        chosen = dice.randrange(len(parts))
        for at, (name, part) in enumerate(parts):
            new.writestr(name, mutate(part, dice, parts[dice.randrange(len(parts))][1]) if at == chosen else part)
    return out.getvalue()


def judge(report: FileReport) -> str:
    """What is wrong with a report: rows that do not add up, a refusal without words; '' when it is in order."""
    if report.outcome == "refuse":
        if (report.rows, report.set_aside, report.footers, report.lines) != (0, 0, 0, 0):
            return "a refused file has rows"
    elif report.rows + report.set_aside + report.footers != report.lines:
        return f"rows {report.rows} + aside {report.set_aside} + footers {report.footers} are not lines {report.lines}"
    try:
        report.as_json(say)
    except (KeyError, ValueError, TypeError) as error:
        return f"a message without words: {error}"
    return "" if all(say(m.message, language) for m in report.messages for language in LANGUAGES) else "empty words"


def work(pipe: Connection) -> None:
    """The worker: reads (path, name), answers (outcome, trouble, CPU seconds, extra MB), until the pipe closes."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    con, count, before = None, 0, _peak_mb()
    while True:
        try:
            path, name = pipe.recv()
        except EOFError:
            return
        if con is None or count % _FILES_PER_DATABASE == 0:
            con = duckdb.connect(config={"threads": 1, "memory_limit": "400MB"})
            create_tables(con)
        count += 1
        started = time.process_time()
        try:
            report = read_into(con, Path(path), name=name, file_id=count, options=ReadOptions(), key=bytes(32))
            outcome, trouble = str(report.outcome), judge(report)
        except Exception as error:  # noqa: BLE001 - whatever escapes is what this looks for
            outcome, trouble, con = "uncaught", _where(error), None
        pipe.send((outcome, trouble, time.process_time() - started, max(0, _peak_mb() - before)))


def _where(error: BaseException) -> str:
    """The error's type and the innermost line of ours: its text may quote a cell."""
    place, trace = "", error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if "insight" in Path(code.co_filename).parts:
            place = f"{Path(code.co_filename).name}:{trace.tb_lineno} {code.co_name}"
        trace = trace.tb_next
    return f"{type(error).__name__} in {place}"


def _peak_mb() -> int:
    if sys.platform == "win32":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "linux" else 1 << 20)


class Worker:
    """A process that reads files, replaced when it dies."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._start()

    def _start(self) -> None:
        self._pipe, theirs = self._context.Pipe()
        self._process = self._context.Process(target=work, args=(theirs,), daemon=False)
        self._process.start()
        theirs.close()

    def read(self, path: Path, name: str) -> tuple[str, str, float, int]:
        """What came of a file: (outcome, trouble, CPU seconds, extra MB); 'crash' and 'hang' are outcomes too."""
        try:
            self._pipe.send((str(path), name))
            if self._pipe.poll(HANG_SECONDS):
                reply: tuple[str, str, float, int] = self._pipe.recv()
                return reply
            outcome = "hang"
        except (EOFError, OSError):
            outcome = "crash"
        self.close()
        code = self._process.exitcode
        self._start()
        return outcome, f"exit code {code}", HANG_SECONDS if outcome == "hang" else 0.0, 0

    def close(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def inputs(found: Sequence[Seed], runs: int, seed: int) -> Iterator[tuple[int, str, bytes]]:
    """The injured files of a run, the same for the same seed."""
    for run in range(runs):
        dice = random.Random(seed * 1_000_003 + run)
        chosen, other = dice.choice(found), dice.choice(found)
        yield run, chosen.name, injured(chosen, dice, other)


def fuzz(found: Sequence[Seed], runs: int, seed: int, keep: Path | None = None) -> Tally:
    """Read `runs` injured files and count what came of them."""
    tally, worker, started = Tally(), Worker(), time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
            for run, name, content in inputs(found, runs, seed):
                path = Path(folder) / "input"
                path.write_bytes(content)
                finding = _count(tally, run, name, worker.read(path, name))
                if finding is not None and keep is not None:
                    keep.mkdir(parents=True, exist_ok=True)
                    (keep / f"{run}-{name}").write_bytes(content)
    finally:
        worker.close()
    tally.seconds = time.monotonic() - started
    return tally


def _count(tally: Tally, run: int, name: str, reply: tuple[str, str, float, int]) -> Finding | None:
    outcome, trouble, seconds, extra = reply
    tally.outcomes[outcome] += 1
    tally.slowest = max(tally.slowest, seconds)
    kind = outcome if outcome in ("crash", "hang", "uncaught") else "report" if trouble else ""
    if not kind and seconds > CPU_SECONDS:
        kind, trouble = "slow", f"{seconds:.1f} s"
    if not kind and extra > EXTRA_MB:
        kind, trouble = "memory", f"{extra} MB"
    if not kind:
        return None
    tally.findings.append(Finding(run, name, kind, trouble))
    return tally.findings[-1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, help="a folder of files to mutate too")
    parser.add_argument("--keep", type=Path, help="where to put inputs that found something")
    given: Any = parser.parse_args(arguments)
    tally = fuzz(seeds(given.corpus), given.runs, given.seed, given.keep)
    print(f"{sum(tally.outcomes.values())} inputs in {tally.seconds:.0f} s, slowest {tally.slowest:.2f} s CPU")
    print(", ".join(f"{name} {count}" for name, count in sorted(tally.outcomes.items())))
    for finding in tally.findings:
        print(f"{finding.kind}: run {finding.run} {finding.name}: {finding.what}")
    print(f"{len(tally.findings)} findings")
    return 1 if tally.findings else 0


if __name__ == "__main__":
    sys.exit(main())
