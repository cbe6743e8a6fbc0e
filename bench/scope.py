"""A changed selection on many lines: its customers found, and a page answered within it; seconds, and times by hand.

    python -m bench.scope                   1,000,000 lines
    python -m bench.scope --lines 10000000

By hand: the selection as one statement over the order table, kept as a table, and the page's main figures in one
statement within it. Seconds as they pass, since two cores share the work; medians of `--rounds`.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from bench import ladder
from insight.analysis import registry
from insight.audience import Mark, customer_ids, pairs, parse
from insight.workspace.store import Workspace

_CHANGES = {
    "a segment": "segments.rfm;@segment=champions",
    "a fall on the ladder": Mark(
        "ladder.migration", pairs({"bounds": "1000,5000"}), pairs({"from_step": "step_2", "to_step": "step_1"})
    ).link(),
    "both, the one without the other": "not(segments.rfm;@segment=champions|segments.lifecycle;@segment=lost)",
}
_PAGES = ("overview.key_figures", "segments.rfm", "ladder.steps")
_SELECT_BY_HAND = """
    CREATE OR REPLACE TEMP TABLE chosen AS
    SELECT customer_id FROM orders WHERE customer_id IS NOT NULL
    GROUP BY customer_id HAVING count(*) >= 5 AND sum(sales) >= 3000
"""
_PAGE_BY_HAND = """
    SELECT count(DISTINCT customer_id), count(*), sum(sales), sum(CASE WHEN sales < 0 THEN sales END)
    FROM orders WHERE customer_id IN (SELECT customer_id FROM chosen)
"""


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _answer(workspace: Workspace, link: str, page: str) -> None:
    """What a page does after a click on 'look within'."""
    found = customer_ids(workspace, parse(link))
    with workspace.query() as query:
        query.put("scope", found)
        query.scoped = True
        registry.run(query, page)


def main() -> None:
    """Fill a workspace, then change the selection and answer a page, ours and by hand in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kundkompass-bench-") as folder:
        made = Workspace.create(Path(folder) / "workspace")
        with duckdb.connect(str(made.folder / made.manifest.database)) as con:
            ladder.fill(con, wanted.lines)
        copied = shutil.copyfile(made.folder / made.manifest.database, Path(folder) / "by_hand.duckdb")
        by_hand = duckdb.connect(str(copied), read_only=True)
        print(f"{wanted.lines:,} lines; seconds, medians of {wanted.rounds}")
        for name, link in _CHANGES.items():
            for page in _PAGES:
                ours: list[float] = []
                hand: list[float] = []
                for _ in range(wanted.rounds):
                    # As another process would find it: nothing kept from the round before.
                    opened = Workspace(made.folder)
                    ours.append(_seconds(lambda: _answer(opened, link, page)))  # noqa: B023
                    opened.close()
                    hand.append(
                        _seconds(lambda: (by_hand.execute(_SELECT_BY_HAND), by_hand.execute(_PAGE_BY_HAND).fetchall()))
                    )
                mine, theirs = statistics.median(ours), statistics.median(hand)
                print(f"{name:<33} {page:<22} {mine:6.2f} s   by hand {theirs:6.2f} s   {mine / theirs:5.1f} times")
        by_hand.close()


if __name__ == "__main__":
    main()
