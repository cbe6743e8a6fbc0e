"""A process that dies at any line of a change leaves a workspace with the old data or the new, never a mix."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from decimal import Decimal
from pathlib import Path

import pytest

from insight.workspace import audit
from insight.workspace.store import Workspace
from tests.build import workspace

OLD = {"rows": 3, "sum": Decimal("30.10"), "people": ["ann-1", "bo-22"]}
LOADED = {"rows": 5, "sum": Decimal("1040.60"), "people": ["ann-1", "bo-22", "cy-333"]}
FILE = "customer_id;date;amount;order_id\ncy-333;2024-05-01;1000,00;A\ncy-333;2024-05-02;10,50;B\n"

# Forks before anything is opened: the first child counts the lines of the watched functions, each of the others dies at
# one of them. Every line at night; else the last ones, where the change becomes real, and some of those before.
DRIVER = """
    import os, shutil, sys
    from pathlib import Path
    from insight.ingest.options import ReadOptions
    from insight.workspace import forget, manifest, store
    from insight.workspace.store import SourceFile, Workspace

    template, cases, file, change, every = *map(Path, sys.argv[1:4]), sys.argv[4], sys.argv[5] == "every"
    WATCHED = {(store.__file__, name) for name in ("_rebuild", "_change", "_sweep", "_write_anew", "forget")}
    WATCHED |= {(manifest.__file__, "write"), (forget.__file__, "erase")}

    def die_at(number):
        def lines(frame, event, _):
            global passed
            if event == "line":
                passed += 1
                if passed == number:
                    os._exit(9)
            return lines

        def calls(frame, event, _):
            watched = (frame.f_code.co_filename, frame.f_code.co_name) in WATCHED
            return lines if watched else None

        sys.settrace(calls)

    def run(number):
        folder = cases / f"{number:03d}"
        shutil.copytree(template, folder)
        child = os.fork()
        if child == 0:
            opened = Workspace.open(folder)
            die_at(number)
            if change == "load":
                opened.load([SourceFile(file, "more.csv", ReadOptions())])
            else:
                opened.forget("ann-1")
            (cases / "lines").write_text(str(passed))
            os._exit(0)
        os.waitpid(child, 0)

    passed = 0
    run(999)
    total = int((cases / "lines").read_text())
    (cases / "lines").unlink()
    for number in range(1, total + 1):
        if every or number > total - 14 or number % 12 == 1:
            run(number)
"""


def state(folder: Path) -> dict:
    made = Workspace.open(folder)
    with made.query() as query:
        (rows, total) = query.one("SELECT count(*), sum(amount) FROM transactions")
        (facts,) = query.one("SELECT sum(sales) FROM customer_facts")
        people = sorted(row[0].split("-")[0] + "-" + row[0].split("-")[1] for row in query.rows("FROM customer_facts"))
    made.close()
    assert facts == total
    left = {path.name for path in folder.iterdir()} - {audit.LOG, audit.HEAD, "audit.lock", "audit.head.new"}
    assert left - {"manifest.json.new"} == {"manifest.json", "key", made.manifest.database}
    return {"rows": rows, "sum": total, "people": people}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.parametrize(
    ("change", "which"),
    [
        ("load", "some"),
        pytest.param("load", "every", marks=pytest.mark.nightly),
        pytest.param("forget", "every", marks=pytest.mark.nightly),
    ],
)
def test_dying_at_any_line_leaves_the_old_or_the_new(tmp_path, change, which):
    made = workspace([("ann-1", "2024-01-03", "10.10"), ("ann-1", "2024-02-03", "15"), ("bo-22", "2024-02-01", 5)])
    made.close()
    cases, file = tmp_path / "cases", tmp_path / "more.csv"
    cases.mkdir()
    file.write_text(FILE, encoding="utf-8")
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(DRIVER), str(made.folder), str(cases), str(file), change, which],
        check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    found = [state(folder) for folder in sorted(cases.iterdir())]
    if change == "forget":
        new = [one for one in found if one["people"] != OLD["people"]]
        assert all(one["rows"] == 3 and one["sum"] == OLD["sum"] and len(one["people"]) == 2 for one in found)
        assert all("ann-1" not in one["people"] for one in new)
    else:
        new = [one for one in found if one == LOADED]
        assert all(one in (OLD, LOADED) for one in found)
    # Old for long, then new to the end: there is one moment at which it becomes real.
    assert 0 < len(new) < len(found)
    assert found[-len(new) :] == new
    assert len(found) > 15


STEADY = """
    import sys
    from pathlib import Path
    from insight.ingest.options import ReadOptions
    from insight.workspace.store import SourceFile, Workspace
    opened = Workspace.open(Path(sys.argv[1]))
    while True:
        opened.load([SourceFile(Path(sys.argv[2]), "more.csv", ReadOptions())])
        print("loaded", flush=True)
        opened.remove(opened.manifest.files[-1].file_id)
        print("removed", flush=True)
"""


@pytest.mark.nightly
def test_two_hundred_kills_at_random_moments(tmp_path):
    made = workspace([("ann-1", "2024-01-03", "10.10"), ("ann-1", "2024-02-03", "15"), ("bo-22", "2024-02-01", 5)])
    made.close()
    file = tmp_path / "more.csv"
    file.write_text(FILE, encoding="utf-8")
    chance = random.Random(7)
    acknowledged = 0
    for number in range(200):
        folder = tmp_path / "case"
        shutil.copytree(made.folder, folder)
        child = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(STEADY), str(folder), str(file)], stdout=subprocess.PIPE, text=True,
            cwd=Path(__file__).parents[2],
        )  # fmt: skip
        assert child.stdout is not None
        said = [child.stdout.readline().strip()] if number % 2 else []
        time.sleep(chance.random() * (0.4 if number % 2 else 2.0))
        os.kill(child.pid, signal.SIGKILL)
        said += [line.strip() for line in child.stdout.read().splitlines()]
        child.wait()
        acknowledged += bool(said)
        assert state(folder) in (OLD, LOADED), json.dumps(said)
        shutil.rmtree(folder)
    assert acknowledged >= 100
