"""The demo company as a workspace for the command line: `python -m data FOLDER`."""

import sys
from pathlib import Path

from data import demo
from insight.errors import InsightError
from insight.i18n.catalog import Words
from insight.result import Message
from insight.workspace.store import Workspace


def main() -> int:
    """Make the demo company in a new folder; 2 when it cannot be made there."""
    if len(sys.argv) != 2:
        sys.stderr.write("python -m data FOLDER\n")
        return 2
    folder = Path(sys.argv[1])
    try:
        made = Workspace.create(folder)
        made.load_tables(demo.tables(), name=demo.NAME, demo=True)
        made.close()
    except InsightError as refusal:
        sys.stderr.write(Words("en").message(Message(refusal.key, refusal.values)) + "\n")
        return 2
    sys.stdout.write(f"{demo.NAME}: {folder.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
