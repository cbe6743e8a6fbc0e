"""What the ladder is trusted with: one ladder for all, changes only where data show them, sums and purchases."""

from decimal import Decimal

import pytest

from insight.audience import Mark, mark_of, pairs, select
from tests.build import run, workspace

YEARS = {"start": "2024-01-01", "end": "2025-01-01", "bounds": "1000", "window": "12"}
EDGES = [("edge", "2021-01-01", 1), ("edge", "2024-12-31", 1)]


def codes(result) -> dict[str, dict]:
    return {note.code: dict(note.values) for note in result.notes}


def test_bounds_are_those_of_all_customers_in_one_year_whatever_is_asked():
    """Base year 2023: sums 100, 200, … 2,000. Half are above 1,050, a fifth above 1,620, a twentieth above 1,905."""
    lines = [(f"c{n:02}", "2023-06-01", 100 * n) for n in range(1, 21)]
    lines += [(f"c{n:02}", "2024-06-01", 9000 * n) for n in range(1, 21)]
    made = workspace([*lines, ("c01", "2022-01-01", 1), ("c01", "2024-12-31", 1)])
    rich = Mark("ladder.steps", pairs({**YEARS, "bounds": "100000"}), pairs({"step": "step_2"}))
    try:
        asked = [
            {},
            {"start": "2022-06-01", "end": "2023-01-01", "window": "12"},
            {"end": "2024-06-01", "window": "12"},
        ]
        found = [run(made, "ladder.steps", {"window": "12", **more}).table["low_bound"].tolist() for more in asked]
        within = run(made, "ladder.steps", {"window": "12"}, rich)
        flow = run(made, "ladder.history", {"window": "12", "grain": "quarter"})
    finally:
        made.destroy()
    assert found[0][:-1] == [Decimal(2000), Decimal(1500), Decimal(1000), Decimal(0)]
    assert found[1] == found[2] == found[0] == within.table["low_bound"].tolist()
    assert within.table["n_customers"].sum() < 20
    assert set(flow.table["step"]) == {"step_1", "step_2", "step_3", "step_4", "none"}


def moves(*first_and_last) -> list[tuple]:
    """Two fall, one climbs, one comes back; the same movement a year before has three falls and two climbs."""
    then = [("t1", "2022-05-01", 2000), ("t2", "2022-05-01", 2000), ("t3", "2022-05-01", 2000)]
    then += [
        ("u1", "2022-05-01", 500),
        ("u2", "2022-05-01", 500),
        ("u1", "2023-05-01", 2000),
        ("u2", "2023-05-01", 2000),
    ]
    now = [("f1", "2023-05-01", 2000), ("f2", "2023-05-01", 2000), ("f2", "2024-05-01", 10)]
    now += [("k", "2023-05-01", 500), ("k", "2024-05-01", 1500), ("t1", "2024-05-01", 1500)]
    now += [("u1", "2024-05-01", 2000), ("u2", "2024-05-01", 2000)]
    # A line every month, so that no month is missing.
    months = [(None, f"{year}-{month:02}-01", 1) for year in (2021, 2022, 2023, 2024) for month in range(1, 13)]
    return [*then, *now, *[row for row in months if first_and_last[0] <= row[1] <= first_and_last[1]]]


def test_movements_are_set_against_those_of_a_year_before_where_the_data_show_them():
    made = workspace([*moves("2021-01-01", "2024-12-31"), *EDGES[1:]])
    try:
        result = run(made, "ladder.migration", YEARS)
        with select(made, mark_of("ladder.migration", pairs(YEARS), {"move": "down"}, None)) as query:
            fallen = sorted(query.rows("SELECT customer_id FROM selected"))
    finally:
        made.destroy()
    # f1 stopped and f2 fell; k climbed and t1 came back. A year before t1, t2 and t3 stopped; u1 and u2 climbed.
    assert [(result.metrics[name].value, result.metrics[name].before) for name in ("fell", "climbed")] == [
        (2, 3),
        (2, 2),
    ]
    assert fallen == [("f1",), ("f2",)]
    assert not {"climbed_not_compared", "months_missing", "months_missing_then"} & codes(result).keys()


def test_a_selection_made_by_how_customers_moved_is_not_set_against_another_movement():
    made = workspace([*moves("2021-01-01", "2024-12-31"), *EDGES[1:]])
    fell = Mark("ladder.migration", pairs(YEARS), pairs({"move": "down"}))
    bought = Mark("overview.key_figures", pairs({"start": "2023-01-01", "end": "2024-01-01"}), pairs({"group": "kept"}))
    try:
        within = run(made, "ladder.migration", YEARS, fell)
        other = run(made, "ladder.migration", YEARS, bought)
    finally:
        made.destroy()
    # All of them fell, as they were chosen to: what others did a year before says nothing of them.
    assert (within.metrics["fell"].value, within.metrics["fell"].before) == (2, None)
    assert set(within.table["share_then"]) == {None}
    assert "chosen_by_step" in codes(within)
    # u1 and u2 bought in both years and climbed a year before.
    assert other.metrics["climbed"].before == 2
    assert "chosen_by_step" not in codes(other)


def test_no_change_is_shown_of_what_short_data_cannot_show():
    short = [row for row in moves("2022-01-01", "2024-12-31") if row[1] >= "2022"]
    made = workspace([*short, *EDGES[1:]])
    try:
        result = run(made, "ladder.migration", YEARS)
    finally:
        made.destroy()
    # Nobody can be seen to have stopped before 2022, so nobody could come back in 2023.
    assert (result.metrics["climbed"].before, result.metrics["fell"].before) == (None, 3)
    assert "climbed_not_compared" in codes(result)


def test_no_change_is_shown_over_months_without_data():
    gap = [row for row in moves("2021-01-01", "2024-12-31") if not (row[0] is None and "2022-08" <= row[1] < "2022-10")]
    made = workspace([*gap, *EDGES[1:]])
    try:
        result = run(made, "ladder.migration", YEARS)
        steps = run(made, "ladder.steps", {**YEARS, "start": "2023-01-01", "end": "2024-01-01"})
    finally:
        made.destroy()
    assert (result.metrics["climbed"].before, result.metrics["fell"].before) == (None, None)
    assert codes(result)["months_missing_then"]["n"] == 2
    assert codes(steps)["months_missing"]["n"] == 2
    assert steps.metrics["on_ladder"].before is None


@pytest.mark.parametrize("basis", ["sales", "orders"])
def test_sums_and_purchases_are_told_apart(basis):
    """'back' bought and returned all in 2024: on no step, not lost. 'odd' did so in 2023: lost, but fell from none."""
    lines = [
        ("back", "2023-03-01", 700, "a"), ("back", "2024-03-01", 500, "b"), ("back", "2024-04-01", -500, "c"),
        ("odd", "2023-03-01", 500, "d"), ("odd", "2023-04-01", -500, "e"), ("gone", "2023-03-01", 700, "f"),
        ("here", "2023-03-01", 700, "g"), ("here", "2024-03-01", 700, "h"), ("edge", "2020-01-01", 1, "i"),
        (None, "2024-12-31", 1, "j"),
    ]  # fmt: skip
    made = workspace(lines)
    try:
        found = codes(run(made, "ladder.migration", {**YEARS, "basis": basis})).get("sums_not_purchases")
        bridge = run(made, "ladder.bridge", {name: YEARS[name] for name in ("start", "end", "window")}).table
    finally:
        made.destroy()
    lost = bridge.set_index("class")["n_customers"]["lost"]
    assert lost == 2
    if basis == "orders":
        assert found is None
    else:
        assert found == {"on_step": 1, "bought": 2, "stopped": 2, "lost": lost, "back": 0, "returned": 0}
