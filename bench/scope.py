"""A changed selection on many lines: its customers found, and a page answered within it; seconds, and times by hand.

    python -m bench.scope                   1,000,000 lines
    python -m bench.scope --lines 10000000
    python -m bench.scope --keep FOLDER     the filled workspace stays there and is used again

Clicked: what a reader waits for, who picks a mark on an answer that is open and looks within it on the page that is
open: what both rest on is kept. First: nothing is, as after a start. By hand: the selection as one statement over the
order table, kept as a table, and the page's main figures in one statement within it. Seconds as they pass, since two
cores share the work; medians of `--rounds`.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import duckdb

from bench import ladder
from insight.analysis import registry
from insight.audience import Audience, Mark, customer_ids, pairs, parse
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


def _answer(workspace: Workspace, link: str, page: str) -> None:
    """What a page does after a click on 'look within'."""
    found = customer_ids(workspace, parse(link))
    with workspace.query() as query:
        query.put("scope", found)
        query.scoped = True
        registry.run(query, page)


def _open(folder: Path, link: str, page: str) -> Workspace:
    """A workspace where the selection's own answers and the page have been looked at, for everybody."""
    opened = Workspace(folder)
    for key, settings in [*_asked(parse(link)), (page, {})]:
        with opened.query() as query:
            registry.run(query, key, settings)
    return opened


def _asked(audience: Audience) -> list[tuple[str, dict[str, str]]]:
    if isinstance(audience, Mark):
        return [(audience.analysis, dict(audience.settings))]
    return [one for part in audience.parts for one in _asked(part)]


def _measure(folder: Path, by_hand: duckdb.DuckDBPyConnection, rounds: int) -> None:
    for name, link in _CHANGES.items():
        for page in _PAGES:
            found: dict[str, list[float]] = {"clicked": [], "first": [], "hand": []}
            for _ in range(rounds):
                for kind in ("clicked", "first"):
                    opened = _open(folder, link, page) if kind == "clicked" else Workspace(folder)
                    began = time.perf_counter()
                    _answer(opened, link, page)
                    found[kind].append(time.perf_counter() - began)
                    opened.close()
                began = time.perf_counter()
                by_hand.execute(_SELECT_BY_HAND)
                by_hand.execute(_PAGE_BY_HAND).fetchall()
                found["hand"].append(time.perf_counter() - began)
            clicked, first, hand = (statistics.median(found[kind]) for kind in found)
            print(f"{name:<33} {page:<22} clicked {clicked:5.2f} s   first {first:5.2f} s   by hand {hand:5.2f} s")


def _filled(folder: Path, lines: int) -> Path:
    if not (folder / "manifest.json").is_file():
        made = Workspace.create(folder)
        with duckdb.connect(str(made.folder / made.manifest.database)) as con:
            ladder.fill(con, lines)
    return folder


def main() -> None:
    """Fill a workspace, then change the selection and answer a page, ours and by hand in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    wanted = parser.parse_args()
    registry.analyses()
    with tempfile.TemporaryDirectory(prefix="kundkompass-bench-") as folder:
        filled = _filled(wanted.keep or Path(folder) / "workspace", wanted.lines)
        copied = shutil.copyfile(filled / Workspace(filled).manifest.database, Path(folder) / "by_hand.duckdb")
        with duckdb.connect(str(copied), read_only=True) as by_hand:
            print(f"{wanted.lines:,} lines; seconds, medians of {wanted.rounds}")
            _measure(filled, by_hand, wanted.rounds)


if __name__ == "__main__":
    main()
