"""A file of many lines to the segments, in CPU seconds, beside the bare SQL that reads and sorts the same file.

    python -m bench.load                 1,000,000 lines
    python -m bench.load --lines 200000  fewer, quicker
    python -m bench.load --swedish       the same lines as windows-1252 with ; and decimal comma

Each step runs in a process of its own, in turn with the yardstick, so that what else the machine does falls on both.
Imports are measured by a process that does nothing else and are drawn off. Figures are medians of `--rounds`.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
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
_BARE = """
import duckdb, sys
con = duckdb.connect(sys.argv[2])
con.execute("CREATE TABLE t AS SELECT * FROM read_csv($path) ORDER BY kund_id, datum", {"path": sys.argv[1]})
con.close()
"""
_NOTHING = "import insight.cli, insight.analysis.registry as r; r.analyses()"


def make_file(path: Path, lines: int, *, swedish: bool) -> None:
    """Write the file: three lines an order, twelve lines a customer, returns, dates in order."""
    with duckdb.connect() as con:
        con.execute("SELECT setseed(0.42)")
        con.execute(_ORDERS, {"orders": lines // 3 + 1, "customers": lines // 12})
        con.execute(f"COPY ({_LINES.replace('$lines', str(lines))}) TO '{path}' (HEADER)")
    if swedish:
        plain = path.read_text(encoding="utf-8").splitlines()
        rows = (line.replace(",", ";") for line in plain)
        turned = (line[: line.rfind(".")] + "," + line[line.rfind(".") + 1 :] if "." in line else line for line in rows)
        path.write_bytes("\r\n".join(turned).encode("cp1252"))


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


def _laps(folder: Path) -> dict[str, float]:
    """CPU seconds of the file's reading (opened, decoded, typed, written in order) and of its quality report."""
    workspace = Workspace.open(folder)
    seconds = workspace.reports()[0][1]["seconds"]
    workspace.close()
    return {"reading": seconds["open"] + seconds["write"], "quality": seconds["quality"]}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--swedish", action="store_true")
    args = parser.parse_args()
    python, work = sys.executable, Path(tempfile.mkdtemp(prefix="kundkompass-bench-"))
    try:
        source = work / "lines.csv"
        make_file(source, args.lines, swedish=False)
        read = source
        if args.swedish:
            read = work / "svensk.csv"
            make_file(read, args.lines, swedish=True)
        found: dict[str, list[tuple[float, int]]] = {name: [] for name in ("imports", "bare", "load", "rfm")}
        laps: list[dict[str, float]] = []
        for number in range(args.rounds):
            workspace = str(work / f"ws{number}")
            found["imports"].append(measure(python, "-c", _NOTHING))
            found["bare"].append(measure(python, "-c", _BARE, str(source), str(work / f"bare{number}.duckdb")))
            found["load"].append(measure(python, "-m", "insight", "load", workspace, str(read)))
            laps.append(_laps(Path(workspace)))
            found["rfm"].append(measure(python, "-m", "insight", "run", workspace, "segments.rfm"))
        cpu = {name: statistics.median(seconds for seconds, _ in runs) for name, runs in found.items()}
        peak = max(megabytes for _, megabytes in found["load"])
        load, rfm = cpu["load"] - cpu["imports"], cpu["rfm"] - cpu["imports"]
        print(f"{args.lines:,} lines, {source.stat().st_size // 1_000_000} MB; medians of {args.rounds}")
        print(f"bare read and sort into a file   {cpu['bare']:6.2f} CPU s")
        reading, quality = (statistics.median(lap[name] for lap in laps) for name in ("reading", "quality"))
        print(f"read, typed and sorted           {reading:6.2f} CPU s   {reading / cpu['bare']:.1f} x bare")
        print(f"quality report                   {quality:6.2f} CPU s")
        print(f"load with derived tables         {load:6.2f} CPU s   {load / cpu['bare']:.1f} x bare   peak {peak} MB")
        print(f"segments on top of it            {rfm:6.2f} CPU s   {(load + rfm) / cpu['bare']:.1f} x bare in all")
        print(f"imports, drawn off               {cpu['imports']:6.2f} CPU s")
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
