"""A channel test on many lines: the verdict cold, again when only a cost changes, and the pages beside it.

    python -m bench.lift                                1,000,000 lines, 4 arms of 40,000 customers
    python -m bench.lift --lines 10000000 --arm 400000  what a large chain has
    python -m bench.lift --folder data10                keep what was made, and use it again

Wall and CPU seconds (of all cores), the best and the median of `--rounds`; on a machine that does nothing else wall is
about CPU over cores. Cold: the question for the first time on an open database. A cost changed: the same question with
another cost per contact, whose answer needs nothing more of the data. The first verdict in the process also pays for
imports, which a running app has paid: it has a row of its own. The other questions come after the verdict, as its
pages do, and read what it kept.
"""

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from insight.analysis import registry
from insight.workspace.engine import Query
from insight.workspace.facts import build_facts
from insight.workspace.tables import create_tables

_LINES = """
    INSERT INTO transactions
        (customer_id, ordered_at, amount, margin, order_id, channel, category, store, file_id, line)
    SELECT
        'K' || lpad(cast(made.customer AS VARCHAR), 8, '0'), made.ordered_at,
        cast(made.basket * (0.5 + 0.5 * (lines.i % 3)) AS DECIMAL(18, 2)),
        cast(0.4 * made.basket * (0.5 + 0.5 * (lines.i % 3)) AS DECIMAL(18, 2)),
        'O' || made.number, made.channel, 'shoes', 'Lund', 1, lines.i
    FROM range($lines) AS lines(i)
    JOIN (
        SELECT
            number, cast(floor(random() * $customers) AS INTEGER) AS customer,
            TIMESTAMP '2022-06-01' + to_days(cast(floor(random() * 1180) AS INTEGER)) AS ordered_at,
            exp(4 + random() * 1.5) AS basket, CASE WHEN random() < 0.5 THEN 'web' ELSE 'store' END AS channel
        FROM range($orders) AS orders(number)) AS made ON made.number = lines.i // 3
    ORDER BY 1, 2, lines.i
"""
_ASSIGNED = """
    INSERT INTO assignments (customer_id, test, arm, assigned_on, contact_cost, is_control, file_id, line)
    SELECT 'K' || lpad(cast(number AS VARCHAR), 8, '0'), 'letter',
        CASE number % 4 WHEN 0 THEN 'control' WHEN 1 THEN 'email' WHEN 2 THEN 'letter' ELSE 'both' END,
        DATE '2025-06-01', CASE number % 4 WHEN 0 THEN 0 WHEN 1 THEN 0.1 WHEN 2 THEN 6 ELSE 6.1 END,
        number % 4 = 0, 2, number
    FROM range($assigned) AS numbers(number)
"""
# The further questions about a test, each as its page asks it first.
_BESIDE = ("lift.checks", "lift.curve", "lift.repeat", "lift.segments", "lift.sold", "lift.register")
_PLANNED = "control:1,email:1,letter:1,both:1"


Spent = tuple[float, float]


def _fill(con: duckdb.DuckDBPyConnection, lines: int, each: int) -> None:
    con.execute("SELECT setseed(0.42)")
    create_tables(con)
    con.execute(_LINES, {"orders": lines // 3 + 1, "customers": max(5 * each, 1), "lines": lines})
    con.execute(_ASSIGNED, {"assigned": 4 * each})
    build_facts(con)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _seconds(work: Callable[[], object]) -> Spent:
    """Wall and CPU seconds of a piece of work."""
    began, used = time.perf_counter(), _cpu()
    work()
    return time.perf_counter() - began, _cpu() - used


def _opened(folder: Path, lines: int, each: int) -> duckdb.DuckDBPyConnection:
    """The database of so many lines in a folder, made where it is not there yet."""
    path = folder / f"lift-{lines}-{each}.duckdb"
    there = path.exists()
    con = duckdb.connect(str(path))
    if not there:
        _fill(con, lines, each)
        con.execute("CHECKPOINT")
    return con


def _ask(con: duckdb.DuckDBPyConnection, kept: dict[tuple[object, ...], object], key: str, **chosen: str) -> Spent:
    known = {setting.name for setting in registry.find(key).settings}
    asked = {name: text for name, text in ({"window": "30", "planned": _PLANNED} | chosen).items() if name in known}
    with Query(con.cursor(), kept=kept) as query:
        return _seconds(lambda: registry.run(query, key, asked))


def _measure(con: duckdb.DuckDBPyConnection, rounds: int) -> dict[str, list[Spent]]:
    """Every question once a round, nothing kept from the round before."""
    found: dict[str, list[Spent]] = {}
    for number in range(rounds):
        kept: dict[tuple[object, ...], object] = {}
        name = "verdict, cold" if number else "first of all"
        found.setdefault(name, []).append(_ask(con, kept, "lift.verdict"))
        if not number:
            found["verdict, cold"] = [_ask(con, {}, "lift.verdict")]
        for place in range(2):
            spent = _ask(con, kept, "lift.verdict", cost=f"letter:{5 + number}.{place}")
            found.setdefault("a cost changed", []).append(spent)
        for key in _BESIDE:
            found.setdefault(key.removeprefix("lift."), []).append(_ask(con, kept, key))
    return found


def main() -> None:
    """Fill a database, or open one that is kept, then ask the questions of a test."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--arm", type=int, default=40_000, help="customers in each of the four arms")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the database is kept for the next time")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kundkompass-bench-") as passing:
        folder = wanted.folder or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        con = _opened(folder, wanted.lines, wanted.arm)
        registry.analyses()  # the program is started once, not with every question
        found = _measure(con, wanted.rounds)
        con.close()
    print(f"{wanted.lines:,} lines, 4 arms of {wanted.arm:,} customers; {wanted.rounds} rounds")
    for name, times in found.items():
        for kind, spent in zip(("wall", "CPU"), zip(*times, strict=True), strict=True):
            print(f"{name:<16} {kind:<5} best {min(spent):6.3f}   median {statistics.median(spent):6.3f}")


if __name__ == "__main__":
    main()
