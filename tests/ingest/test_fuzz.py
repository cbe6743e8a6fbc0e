"""Injured files through the whole reader: it never dies, nothing escapes it, and no row is lost.

300 inputs here; thousands with `python -m bench.fuzz`.
"""

import random

import pytest

from bench.fuzz import fuzz, inputs, judge, mutate, seeds
from insight.ingest.report import FileMessage, FileReport

# Narrow tables read fastest; the wide ones are in the long run.
QUICK = ("answers", "identities", "rewards", "agreements", "köp")


def test_300_injured_files_are_read_or_refused():
    tally = fuzz([seed for seed in seeds() if seed.name.startswith(QUICK)], runs=300, seed=20)
    assert sum(tally.outcomes.values()) == 300
    # Injuries that refused everything, or nothing, would show nothing.
    assert tally.outcomes["refuse"] > 30
    assert tally.outcomes["accept"] + tally.outcomes["warn"] > 30
    assert tally.findings == []


def test_the_same_seed_gives_the_same_inputs():
    found = seeds()
    assert list(inputs(found, 20, 3)) == list(inputs(found, 20, 3))
    assert list(inputs(found, 20, 3)) != list(inputs(found, 20, 4))


def test_injuries_change_the_file():
    dice = random.Random(5)
    content = b"kundnr;belopp\r\n1;2\r\n" * 10
    assert sum(mutate(content, dice, b"x;y\n") != content for _ in range(100)) > 80


@pytest.mark.parametrize(
    ("report", "wrong"),
    [
        (FileReport("a.csv", rows=3, set_aside=1, footers=1, lines=5), False),
        (FileReport("a.csv", rows=3, lines=5), True),
        (FileReport("a.csv", rows=1, lines=1, messages=(FileMessage("file_empty", "error"),)), True),
        (FileReport("a.csv", messages=(FileMessage("file_empty", "error"),)), False),
        (FileReport("a.csv", messages=(FileMessage("no_such_code", "note"),)), True),
    ],
)
def test_a_report_that_does_not_add_up_is_a_finding(report, wrong):
    assert bool(judge(report)) is wrong
