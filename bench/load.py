"""A file of many lines to the segments, in CPU seconds, beside the bare SQL that reads and sorts the same file.

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
import time
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from insight.workspace.store import Workspace, file_hash

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


def measure(*command: str) -> tuple[float, int]:
    """CPU seconds and peak megabytes of a process and its children. Raises CalledProcessError when it fails."""
    wrapped = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
        "u = resource.getrusage(resource.RUSAGE_CHILDREN); print(u.ru_utime + u.ru_stime, u.ru_maxrss)"
    )
    out = subprocess.run(
        [sys.executable, "-c", wrapped, *command], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout.split()
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024
    return float(out[-2]), int(out[-1]) // unit


def _laps(folder: Path, read: Path) -> dict[str, float]:
    """CPU seconds of the reading (hashed, opened, decoded, typed, written in order) and of the quality report."""
    begun = time.process_time()
    file_hash(read)
    hashed = time.process_time() - begun
    workspace = Workspace.open(folder)
    seconds = workspace.reports()[0][1]["seconds"]
    workspace.close()
    return {"reading": hashed + seconds["open"] + seconds["write"], "quality": seconds["quality"]}


@dataclass
class _Runs:
    """What was measured of one file, a figure a round: CPU seconds, and the most megabytes at any time."""

    load: list[float] = field(default_factory=list[float])
    segments: list[float] = field(default_factory=list[float])
    laps: list[dict[str, float]] = field(default_factory=list[dict[str, float]])
    peak: int = 0

    def lap(self, name: str) -> float:
        return statistics.median(lap[name] for lap in self.laps)


def _round(runs: _Runs, read: Path, workspace: Path) -> None:
    """Load one file into a new workspace, ask for the segments, and take the workspace away."""
    seconds, peak = measure(sys.executable, "-m", "insight", "load", str(workspace), str(read))
    runs.load.append(seconds)
    runs.peak = max(runs.peak, peak)
    runs.laps.append(_laps(workspace, read))
    runs.segments.append(measure(sys.executable, "-m", "insight", "run", str(workspace), "segments.rfm")[0])
    shutil.rmtree(workspace)


def _report(name: str, runs: _Runs, bare: float, imports: float) -> None:
    load, segments = statistics.median(runs.load) - imports, statistics.median(runs.segments) - imports
    reading, quality = runs.lap("reading"), runs.lap("quality")
    print(f"{name}")
    print(f"  read, typed, sorted, on disk   {reading:6.2f} CPU s   {reading / bare:.2f} x bare")
    print(f"  quality report                 {quality:6.2f} CPU s   {quality / bare:.2f} x bare")
    print(f"  derived tables and the rest    {load - reading - quality:6.2f} CPU s")
    print(f"  the whole load                 {load:6.2f} CPU s   {load / bare:.2f} x bare   peak {runs.peak} MB")
    print(f"  segments on top of it          {segments:6.2f} CPU s   {(load + segments) / bare:.2f} x bare in all")


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
        imports: list[float] = []
        bare: list[float] = []
        found = {plain: _Runs(), swedish: _Runs()}
        peak = 0
        for number in range(args.rounds):
            database = work / f"bare{number}.duckdb"
            imports.append(measure(sys.executable, "-c", _NOTHING)[0])
            empty = measure(sys.executable, "-c", "import duckdb")[0]
            seconds, megabytes = measure(sys.executable, "-c", _BARE, str(plain), str(database))
            bare.append(seconds - empty)
            peak = max(peak, megabytes)
            database.unlink()
            for read, runs in found.items():
                _round(runs, read, work / "workspace")
        yardstick, drawn_off = statistics.median(bare), statistics.median(imports)
        print(f"{args.lines:,} lines, {plain.stat().st_size // 1_000_000} MB; medians of {args.rounds}")
        print(f"bare read and sort into a file   {yardstick:6.2f} CPU s   peak {peak} MB")
        _report("plain: utf-8, comma and point", found[plain], yardstick, drawn_off)
        _report("Swedish: windows-1252, semicolon and comma", found[swedish], yardstick, drawn_off)
        print(f"imports, drawn off               {drawn_off:6.2f} CPU s")
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
