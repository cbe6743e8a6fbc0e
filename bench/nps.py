"""NPS and spend on many answers: each page's questions cold, then a changed step, beside the same by hand.

    python -m bench.nps                                           100,000 answers, 1,000,000 lines
    python -m bench.nps --answers 1000000 --lines 10000000        what a large chain has

Cold: nothing is kept from an earlier question; a page is its questions in turn, as it asks them. Changed: another bound
of the steps, another figure to step by, or another window, on a page that is open. By hand: the page's main answer as
one statement over the order table, joined to the answers by customer and date. Wall seconds are what a reader waits;
CPU seconds include both cores. Medians of `--rounds`, ours and by hand in turn, and the ratio of CPU seconds.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

from bench.ladder import fill
from insight.analysis import registry
from insight.workspace.answers import build_answers
from insight.workspace.engine import Query

Asked = tuple[str, dict[str, str]]
_ANSWERS = """
    INSERT INTO answers (customer_id, score, answered_on, comment, touchpoint, wave, file_id, line)
    SELECT
        'K' || lpad(cast(cast(floor(pow(random(), 1.5) * $customers) AS INTEGER) AS VARCHAR), 7, '0'),
        cast(floor(least(10, random() * 14)) AS INTEGER),
        DATE '2023-03-01' + cast(180 * (i % 4) + floor(random() * 14) AS INTEGER),
        CASE WHEN random() < 0.3 THEN 'Leveransen var sen och kassan krånglade' END,
        (['web', 'store', 'phone'])[1 + cast(floor(random() * 3) AS INTEGER)], 'W' || (i % 4), 2, i
    FROM range($answers) AS numbers(i)
"""
_STEPS_BY_HAND = """
    SELECT step, 100 * avg(worth), count(*)
    FROM (
        SELECT
            CASE WHEN answers.score >= 9 THEN 1 WHEN answers.score <= 6 THEN -1 ELSE 0 END AS worth,
            CASE WHEN sum(coalesce(orders.sales, 0)) <= 0 THEN 0 WHEN sum(orders.sales) < 1000 THEN 1
                WHEN sum(orders.sales) < 3000 THEN 2 ELSE 3 END AS step
        FROM answers
        LEFT JOIN orders ON orders.customer_id = answers.customer_id AND orders.ordered_on < answers.answered_on
            AND orders.ordered_on >= answers.answered_on - INTERVAL 12 MONTH
        GROUP BY answers.line, answers.score) AS placed
    GROUP BY step
"""
_TREND_BY_HAND = """
    SELECT wave, 100 * avg(CASE WHEN score >= 9 THEN 1 WHEN score <= 6 THEN -1 ELSE 0 END), count(*)
    FROM (
        SELECT *, row_number() OVER (PARTITION BY customer_id, wave ORDER BY answered_on DESC, line DESC) AS place
        FROM answers) AS ranked
    WHERE place = 1 GROUP BY wave
"""
_RESPONSE_BY_HAND = """
    SELECT fifth, count(*), count(answered), sum(sales)
    FROM (
        SELECT bought.customer_id, bought.sales, ntile(5) OVER (ORDER BY bought.sales) AS fifth,
            who.customer_id AS answered
        FROM (
            SELECT customer_id, sum(sales) AS sales FROM orders
            WHERE ordered_on >= DATE '2024-03-26' AND customer_id IS NOT NULL GROUP BY customer_id) AS bought
        LEFT JOIN (SELECT DISTINCT customer_id FROM answers) AS who ON who.customer_id = bought.customer_id) AS placed
    GROUP BY fifth
"""
_BOTH_BY_HAND = """
    SELECT sign(score - 7), avg(before), avg(after), avg(after - before)
    FROM (
        SELECT answers.line, answers.score,
            sum(CASE WHEN orders.ordered_on < answers.answered_on THEN orders.sales ELSE 0 END) AS before,
            sum(CASE WHEN orders.ordered_on >= answers.answered_on THEN orders.sales ELSE 0 END) AS after
        FROM answers
        LEFT JOIN orders ON orders.customer_id = answers.customer_id
            AND orders.ordered_on < answers.answered_on + INTERVAL 12 MONTH
            AND orders.ordered_on >= answers.answered_on - INTERVAL 12 MONTH
        GROUP BY answers.line, answers.score) AS sums
    GROUP BY sign(score - 7)
"""
_SPEND: tuple[Asked, ...] = (("nps.by_step", {}), ("nps.groups", {}), ("nps.spread", {}))
_PAGES: dict[str, tuple[Sequence[Asked], str]] = {
    "NPS": ((("nps.trend", {}), ("nps.score", {})), _TREND_BY_HAND),
    "NPS and spend": (_SPEND, _STEPS_BY_HAND),
    "before and after": ((("nps.before_after", {}), ("nps.change", {})), _BOTH_BY_HAND),
    "who answered": ((("nps.response", {}),), _RESPONSE_BY_HAND),
    "what to do": ((("nps.act", {}), ("nps.themes", {})), _RESPONSE_BY_HAND),
}
# On the open page of spend: what is asked anew, the rest is as it was.
_CHANGES: dict[str, Sequence[Asked]] = {
    "another bound": (("nps.by_step", {"bounds": "1000,3000,{bound}"}),),
    "by orders": (("nps.by_step", {"on": "orders", "bounds": "2,4,{bound}"}), ("nps.spread", {"on": "orders"})),
    "another window": (("nps.by_step", {"months": "6"}),),
    "after the answer": (("nps.groups", {"side": "after", "months": "6"}),),
}


def _spent(work: Callable[[], object]) -> tuple[float, float]:
    """(CPU seconds, wall seconds) of some work."""
    used, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    work()
    now = resource.getrusage(resource.RUSAGE_SELF)
    return now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime, time.perf_counter() - began


class Pages:
    """The pages on one database: every question a cursor of its own, what is kept shared between them."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self._kept: dict[tuple[object, ...], Any] = {}
        self._bound = 6000

    def ask(self, asked: Sequence[Asked]) -> None:
        """Ask in turn; a bound is one that nobody has asked for before."""
        self._bound += 1
        for key, chosen in asked:
            settings = {name: value.replace("{bound}", str(self._bound)) for name, value in chosen.items()}
            with Query(self._con.cursor(), kept=self._kept) as query:
                registry.run(query, key, settings)

    def cold(self, asked: Sequence[Asked]) -> None:
        """A page on data that nobody has looked at."""
        self._kept.clear()
        self.ask(asked)

    def opened(self) -> None:
        """The page of spend as it stands open, before something on it is changed."""
        self.cold(_SPEND)


def _compare(
    name: str, ours: Callable[[], object], by_hand: Callable[[], object], rounds: int, before: Callable[[], object]
) -> None:
    pairs: list[tuple[tuple[float, float], tuple[float, float]]] = []
    for _ in range(rounds):
        before()
        pairs.append((_spent(ours), _spent(by_hand)))
    cpu, wall, hand_cpu, hand_wall = (median(pair[way][place] for pair in pairs) for way in (0, 1) for place in (0, 1))
    print(
        f"{name:<34} wall {wall:6.2f}   cpu {cpu:6.2f}   by hand: wall {hand_wall:6.2f}   cpu {hand_cpu:6.2f}"
        f"   {cpu / hand_cpu:5.2f} times"
    )


def main() -> None:
    """Fill a database, then measure the pages, ours and by hand in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=100_000)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kundkompass-bench-") as folder:
        con = duckdb.connect(str(Path(folder) / "bench.duckdb"))
        fill(con, wanted.lines)
        con.execute("SELECT setseed(0.17)")
        con.execute(_ANSWERS, {"customers": max(wanted.lines // 12, 1), "answers": wanted.answers})
        cpu, wall = _spent(lambda: build_answers(con))
        print(f"{wanted.answers:,} answers, {wanted.lines:,} lines; seconds, medians of {wanted.rounds}")
        print(f"{'made once, at load':<34} wall {wall:6.2f}   cpu {cpu:6.2f}")
        pages = Pages(con)
        pages.cold(_SPEND)
        for name, (asked, sql) in _PAGES.items():
            _compare(
                f"{name}, cold", lambda asked=asked: pages.cold(asked), lambda sql=sql: con.execute(sql).fetchall(),
                wanted.rounds, lambda: None,
            )  # fmt: skip
        for name, asked in _CHANGES.items():
            _compare(
                f"NPS and spend, {name}", lambda asked=asked: pages.ask(asked),
                lambda: con.execute(_STEPS_BY_HAND).fetchall(), wanted.rounds, pages.opened,
            )  # fmt: skip
        con.close()


if __name__ == "__main__":
    main()
