"""The ladder on many lines: a changed bound and a click, in CPU seconds, beside the same query by hand in DuckDB.

    python -m bench.ladder                  1,000,000 lines
    python -m bench.ladder --lines 10000000 what a large chain has
    python -m bench.ladder --data FILE      the same with a database that is kept: made where there is none

By hand: one statement over the order table that classes every customer by two windows' sums and counts the cells, and
one that lists the customers of a cell. Ours also compares with a year before, gives intervals and closes the account.
First: nothing is kept yet. Changed: another bound on the page that is open, whose sums a customer are kept; a page is
all its questions. CPU seconds include both cores, wall seconds are what a reader waits; medians of `--rounds`, the two
ways in turn.
"""

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from insight.analysis import registry
from insight.workspace.engine import Query
from insight.workspace.facts import build_facts
from insight.workspace.tables import create_tables

_ORDERS = """
    CREATE TEMP TABLE made AS SELECT
        i AS number,
        'K' || lpad(cast(cast(floor(pow(random(), 1.5) * $customers) AS INTEGER) AS VARCHAR), 7, '0') AS customer_id,
        TIMESTAMP '2022-01-01' + to_days(cast(floor(random() * 1180) AS INTEGER)) AS ordered_at,
        CASE WHEN random() < 0.03 THEN -1 ELSE 1 END AS sign
    FROM range($orders) AS numbers(i)
"""
_LINES = """
    INSERT INTO transactions (customer_id, ordered_at, amount, order_id, channel, category, file_id, line)
    SELECT
        made.customer_id, made.ordered_at, cast(made.sign * exp(5 + random() * 1.5) AS DECIMAL(18, 2)),
        'O' || made.number, 'web', 'shoes', 1, lines.i
    FROM range($lines) AS lines(i) JOIN made ON made.number = lines.i // 3
    ORDER BY made.customer_id, made.ordered_at, lines.i
"""
_CELLS_BY_HAND = """
    WITH sums AS (
        SELECT customer_id,
            sum(CASE WHEN ordered_on < $start AND ordered_on >= $opened THEN sales ELSE 0 END) AS before,
            sum(CASE WHEN ordered_on >= $start THEN sales ELSE 0 END) AS after
        FROM orders WHERE ordered_on < $end AND customer_id IS NOT NULL GROUP BY customer_id)
    SELECT
        CASE WHEN before <= 0 THEN 0 WHEN before < 1000 THEN 1 WHEN before < 5000 THEN 2 ELSE 3 END AS from_step,
        CASE WHEN after <= 0 THEN 0 WHEN after < 1000 THEN 1 WHEN after < 5000 THEN 2 ELSE 3 END AS to_step,
        count(*) AS n, sum(after - before) AS change
    FROM sums GROUP BY 1, 2
"""
_CLICK_BY_HAND = """
    SELECT customer_id, before, after FROM (
        SELECT customer_id,
            sum(CASE WHEN ordered_on < $start AND ordered_on >= $opened THEN sales ELSE 0 END) AS before,
            sum(CASE WHEN ordered_on >= $start THEN sales ELSE 0 END) AS after
        FROM orders WHERE ordered_on < $end AND customer_id IS NOT NULL GROUP BY customer_id) AS sums
    WHERE before >= 1000 AND before < 5000 AND after > 0 AND after < 1000
"""
_DAYS = {"opened": date(2023, 1, 1), "start": date(2024, 1, 1), "end": date(2025, 1, 1)}
_QUARTERS = {"grain": "quarter", "start": "2022-04-01"}
_CELL = "from_step = 'step_2' AND to_step = 'step_1'"
_MOVEMENT = ("ladder.migration", "ladder.climb", "ladder.flow", "ladder.scenario")
_LADDER = ("ladder.steps", "ladder.history")
_BRIDGE = ("ladder.bridge", "ladder.bridge_by")
_OF_CELL = "SELECT * FROM members WHERE {mark}"


def fill(con: duckdb.DuckDBPyConnection, lines: int) -> None:
    """A database of made-up order lines from one seed, with its derived tables."""
    con.execute("SELECT setseed(0.42)")
    create_tables(con)
    con.execute(_ORDERS, {"orders": lines // 3 + 1, "customers": max(lines // 12, 1)})
    con.execute(_LINES, {"lines": lines})
    build_facts(con)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _spent(work: Callable[[], object]) -> tuple[float, float]:
    """(CPU seconds, wall seconds) of some work."""
    cpu, wall = _cpu(), time.perf_counter()
    work()
    return _cpu() - cpu, time.perf_counter() - wall


class Page:
    """A page on the data: every question a cursor of its own, what is kept shared between them."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self._kept: dict[tuple[object, ...], Any] = {}
        self._asked = 0

    def first(self, *keys: str, **more: str) -> None:
        """The questions on data that nobody has looked at."""
        self._kept.clear()
        self.changed(*keys, **more)

    def changed(self, *keys: str, **more: str) -> None:
        """The questions with a bound that nobody has asked for before; each takes the settings that it has."""
        self._asked += 1
        chosen = {"window": "12", "bounds": f"{1000 + self._asked},5000", **more}
        for key in keys:
            known = {setting.name for setting in registry.find(key).settings}
            with Query(self._con.cursor(), kept=self._kept) as query:
                registry.run(query, key, {name: value for name, value in chosen.items() if name in known})

    def click(self, key: str, mark: str, **more: str) -> None:
        """The customers of a cell, as a click on the open page asks for them."""
        analysis = registry.find(key)
        with Query(self._con.cursor(), kept=self._kept) as query:
            assert analysis.members is not None
            chosen = {"window": "12", "bounds": "1000,5000", **more}
            analysis.members(query, registry.settings_for(query, analysis, chosen))
            query.make("selected", _OF_CELL.replace("{mark}", mark))
            query.rows("SELECT * FROM selected ORDER BY money_change DESC LIMIT 5")


def main() -> None:
    """Fill a database, then measure ours and by hand in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path, help="a database to keep")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kundkompass-bench-") as folder:
        path = wanted.data or Path(folder) / "bench.duckdb"
        made = path.exists()
        con = duckdb.connect(str(path))
        if not made:
            fill(con, wanted.lines)
        page = Page(con)

        def cells() -> object:
            return con.execute(_CELLS_BY_HAND, _DAYS).fetchall()

        def listed() -> object:
            return con.execute(_CLICK_BY_HAND, _DAYS).fetchall()

        cases: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
            "two dates, first": (lambda: page.first("ladder.migration"), cells),
            "two dates, changed": (lambda: page.changed("ladder.migration"), cells),
            "a click on a cell": (lambda: page.click("ladder.migration", _CELL), listed),
            "a click on a bound": (lambda: page.click("ladder.climb", "step = 'step_2'"), listed),
            "twelve quarters, first": (lambda: page.first("ladder.flow", **_QUARTERS), cells),
            "twelve quarters, changed": (lambda: page.changed("ladder.flow", **_QUARTERS), cells),
            "proposed bounds, changed": (lambda: page.changed("ladder.flow", **{**_QUARTERS, "bounds": ""}), cells),
            "movement page, first": (lambda: page.first(*_MOVEMENT, grain="quarter"), cells),
            "movement page, changed": (lambda: page.changed(*_MOVEMENT, grain="quarter"), cells),
            "ladder page, first": (lambda: page.first(*_LADDER, grain="quarter"), cells),
            "ladder page, changed": (lambda: page.changed(*_LADDER, grain="quarter"), cells),
            "bridge page": (lambda: page.first(*_BRIDGE), cells),
            "kept levels, two dates": (lambda: page.first("ladder.migration", keep="0.8"), cells),
            "kept levels, quarters": (lambda: page.first("ladder.flow", keep="0.8", **_QUARTERS), cells),
            "kept levels, page changed": (lambda: page.changed(*_MOVEMENT, keep="0.8", grain="quarter"), cells),
            "kept levels, a click": (lambda: page.click("ladder.migration", _CELL, keep="0.8"), listed),
        }
        lines = con.execute("SELECT count(*) FROM transactions").fetchall()[0][0]
        print(f"{lines:,} lines; seconds, medians of {wanted.rounds}; CPU ratio to the query by hand")
        for name, (ours, by_hand) in cases.items():
            ours()
            pairs = [(_spent(ours), _spent(by_hand)) for _ in range(wanted.rounds)]
            mine, wall = (statistics.median(pair[0][place] for pair in pairs) for place in (0, 1))
            hand = statistics.median(pair[1][0] for pair in pairs)
            print(f"{name:<26} cpu {mine:6.2f}   wall {wall:6.2f}   by hand {hand:6.2f}   {mine / hand:5.1f} times")
        con.close()


if __name__ == "__main__":
    main()
