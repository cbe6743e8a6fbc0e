"""A file of many lines to the segments, in CPU seconds and passed ones, beside bare SQL that reads and sorts it.

    python -m bench.load                    1,000,000 lines
    python -m bench.load --lines 200000     fewer, quicker
    python -m bench.load --data FOLDER      the files are kept there, and used again the next time

Two files: a plain one, and the same lines as a Swedish office saves them (windows-1252, ; and decimal comma, CR LF).
The yardstick for both is the database's own CREATE TABLE AS SELECT from the plain file, its dialect and types told,
ordered by customer and day, into a file. The reading is what stands in the reports: the file's bytes looked through and
decoded, its rows typed, checked, sorted and on disk. The quality report and the derived tables have rows of their own.

Each step runs in a process of its own, in turn with the yardstick, so that what else the machine does falls on both.
Imports are measured by processes that do nothing else and are drawn off, the yardstick's too. Figures are medians of
`--rounds`.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from insight.workspace.store import Workspace

ROOT = Path(__file__).parent.parent

_ORDERS = """
    CREATE TABLE orders AS SELECT
        i AS number,
        'K' || lpad(cast(cast(floor(random() * $customers) AS INTEGER) AS VARCHAR), 7, '0') AS customer,
        DATE '2022-01-01' + cast(floor(random() * 1095) AS INTEGER) AS day,
        (['Lund', 'Umeå', 'Solna', 'Gävle'])[1 + cast(floor(random() * 4) AS INTEGER)] AS store,
        (['butik', 'webb'])[1 + cast(floor(random() * 2) AS INTEGER)] AS channel,
        CASE WHEN random() < 0.03 THEN -1 ELSE 1 END AS sign
    FROM range($orders) AS numbers(i)
"""
_LINES = """
    SELECT
        orders.customer AS kund_id, strftime(orders.day, '%Y-%m-%d') AS datum, 'O' || orders.number AS ordernr,
        'A' || cast(floor(random() * 500) AS INTEGER) AS artikelnr,
        (['Skor', 'Jackor', 'Byxor', 'Tröjor'])[1 + cast(floor(random() * 4) AS INTEGER)] AS varugrupp,
        orders.store AS butik, orders.channel AS kanal, cast(1 + floor(random() * 3) AS INTEGER) AS antal,
        cast(orders.sign * exp(5 + random() * 1.5) AS DECIMAL(12, 2)) AS belopp
    FROM range($lines) AS numbers(i)
    JOIN orders ON orders.number = i // 3
    ORDER BY orders.day, orders.number
"""
_BARE = '''
import duckdb, sys
con = duckdb.connect(sys.argv[2])
con.execute("""
    CREATE TABLE t AS SELECT * FROM read_csv($path, auto_detect = false, header = true, delim = ',', quote = '"',
        escape = '"', columns = {'kund_id': 'VARCHAR', 'datum': 'DATE', 'ordernr': 'VARCHAR', 'artikelnr': 'VARCHAR',
        'varugrupp': 'VARCHAR', 'butik': 'VARCHAR', 'kanal': 'VARCHAR', 'antal': 'INTEGER', 'belopp': 'DECIMAL(18, 2)'})
    ORDER BY kund_id, datum""", {"path": sys.argv[1]})
con.close()
'''
_NOTHING = "import insight.cli, insight.analysis.registry as r; r.analyses()"


def make_files(plain: Path, swedish: Path, lines: int) -> None:
    """Write both files: three lines an order, twelve lines a customer, returns, dates in order."""
    half = swedish.with_suffix(".half")
    with duckdb.connect() as con:
        con.execute("SELECT setseed(0.42)")
        con.execute(_ORDERS, {"orders": lines // 3 + 1, "customers": lines // 12})
        con.execute(f"COPY ({_LINES.replace('$lines', str(lines))}) TO '{plain}' (HEADER)")
        turned = f"SELECT * REPLACE (replace(belopp, '.', ',') AS belopp) FROM read_csv('{plain}', all_varchar = true)"
        con.execute(f"COPY ({turned}) TO '{half}' (HEADER, DELIMITER ';')")
    with half.open(encoding="utf-8") as source, swedish.open("w", encoding="cp1252", newline="\r\n") as target:
        shutil.copyfileobj(source, target, 1 << 22)
    half.unlink()


@dataclass(frozen=True)
class Spent:
    """CPU seconds, both cores added up, and the seconds that passed."""

    cpu: float
    passed: float

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(self.cpu + other.cpu, self.passed + other.passed)

    def __sub__(self, other: "Spent") -> "Spent":
        return Spent(self.cpu - other.cpu, self.passed - other.passed)


def median(found: Iterable[Spent]) -> Spent:
    """The median of each."""
    several = list(found)
    return Spent(statistics.median(one.cpu for one in several), statistics.median(one.passed for one in several))


def measure(*command: str) -> tuple[Spent, int]:
    """What a process and its children took, and their peak megabytes. Raises CalledProcessError when it fails."""
    wrapped = (
        "import resource, subprocess, sys, time; began = time.perf_counter();"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); passed = time.perf_counter() - began;"
        "u = resource.getrusage(resource.RUSAGE_CHILDREN); print(u.ru_utime + u.ru_stime, passed, u.ru_maxrss)"
    )
    out = subprocess.run(
        [sys.executable, "-c", wrapped, *command], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout.split()
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024
    return Spent(float(out[-3]), float(out[-2])), int(out[-1]) // unit


def _laps(folder: Path) -> dict[str, Spent]:
    """The reading (hashed, opened, decoded, typed, written in order) and the quality report."""
    workspace = Workspace.open(folder)
    seconds = workspace.reports()[0][1]["seconds"]
    workspace.close()
    steps = {name: Spent(seconds[name], seconds[f"{name}_passed"]) for name in ("open", "write", "quality")}
    return {"reading": steps["open"] + steps["write"], "quality": steps["quality"]}


@dataclass
class _Runs:
    """What was measured of one file, a figure a round, and the most megabytes at any time."""

    load: list[Spent] = field(default_factory=list[Spent])
    segments: list[Spent] = field(default_factory=list[Spent])
    laps: list[dict[str, Spent]] = field(default_factory=list[dict[str, Spent]])
    peak: int = 0

    def lap(self, name: str) -> Spent:
        return median(lap[name] for lap in self.laps)


def _round(runs: _Runs, read: Path, workspace: Path) -> None:
    """Load one file into a new workspace, ask for the segments, and take the workspace away."""
    spent, peak = measure(sys.executable, "-m", "insight", "load", str(workspace), str(read))
    runs.load.append(spent)
    runs.peak = max(runs.peak, peak)
    runs.laps.append(_laps(workspace))
    runs.segments.append(measure(sys.executable, "-m", "insight", "run", str(workspace), "segments.rfm")[0])
    shutil.rmtree(workspace)


def _line(name: str, spent: Spent, bare: Spent | None = None, more: str = "") -> None:
    cpu = f"   {spent.cpu / bare.cpu:.2f} x bare" if bare else ""
    passed = f"   {spent.passed / bare.passed:.2f} x bare" if bare else ""
    print(f"{name:<32} {spent.cpu:6.2f} CPU s{cpu:<14}   {spent.passed:6.2f} s passed{passed:<14}{more}".rstrip())


def _report(name: str, runs: _Runs, bare: Spent, imports: Spent) -> None:
    load, segments = median(runs.load) - imports, median(runs.segments) - imports
    reading, quality = runs.lap("reading"), runs.lap("quality")
    each = ", ".join(f"{lap['reading'].cpu:.2f}" for lap in runs.laps)
    print(name)
    _line("  read, typed, sorted, on disk", reading, bare, f"   CPU s each round: {each}")
    _line("  quality report", quality, bare)
    _line("  derived tables and the rest", load - reading - quality)
    _line("  the whole load", load, bare, f"   peak {runs.peak} MB")
    _line("  segments on top of it", segments)
    _line("  all of it", load + segments, bare)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path)
    args = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="kundkompass-bench-", dir=args.data))
    try:
        plain, swedish = (Path(args.data or work) / f"{name}-{args.lines}.csv" for name in ("plain", "swedish"))
        if not swedish.exists():
            make_files(plain, swedish, args.lines)
        imports: list[Spent] = []
        bare: list[Spent] = []
        found = {plain: _Runs(), swedish: _Runs()}
        peak = 0
        for number in range(args.rounds):
            database = work / f"bare{number}.duckdb"
            imports.append(measure(sys.executable, "-c", _NOTHING)[0])
            empty = measure(sys.executable, "-c", "import duckdb")[0]
            spent, megabytes = measure(sys.executable, "-c", _BARE, str(plain), str(database))
            bare.append(spent - empty)
            peak = max(peak, megabytes)
            database.unlink()
            for read, runs in found.items():
                _round(runs, read, work / "workspace")
        yardstick, drawn_off = median(bare), median(imports)
        print(f"{args.lines:,} lines, {plain.stat().st_size // 1_000_000} MB; medians of {args.rounds}")
        each = ", ".join(f"{one.cpu:.2f}" for one in bare)
        _line("bare read and sort into a file", yardstick, more=f"   CPU s each round: {each}   peak {peak} MB")
        _report("plain: utf-8, comma and point", found[plain], yardstick, drawn_off)
        _report("Swedish: windows-1252, semicolon and comma", found[swedish], yardstick, drawn_off)
        _line("imports, drawn off", drawn_off)
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
