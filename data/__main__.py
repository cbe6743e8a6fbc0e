"""The demo company as a workspace for the command line: `python -m data FOLDER`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from data import demo
from insight import ladder_lock, recipe
from insight.errors import InsightError
from insight.i18n.catalog import Words
from insight.recipe import Recipe
from insight.result import Message
from insight.workspace.store import Workspace


def main(argv: Sequence[str] | None = None) -> int:
    """Make the demo company in a new folder; 2 when it cannot be made there."""
    parser = argparse.ArgumentParser(prog="python -m data", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a new folder, which becomes the workspace")
    folder: Path = parser.parse_args(argv).folder
    try:
        made = Workspace.create(folder)
        made.load_tables(demo.tables(), name=demo.NAME, demo=True)
        _lock_the_clubs_bounds(made)
        made.close()
    except InsightError as refusal:
        sys.stderr.write(Words("en").message(Message(refusal.key, refusal.values)) + "\n")
        return 2
    sys.stdout.write(f"{demo.NAME}: {folder.name}\n")
    return 0


def _lock_the_clubs_bounds(made: Workspace) -> None:
    """The ladder counts by the club's own levels, as it does in the app."""
    with made.query() as query:
        found = ladder_lock.in_force(query, "ladder.steps", {"bounds": demo.CLUB_BOUNDS})
        last = query.extent()[1]
    if found is not None:
        recipe.write(made.folder, Recipe(ladders=(found.locked(last),)))


if __name__ == "__main__":
    sys.exit(main())
