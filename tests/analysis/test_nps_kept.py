"""What is kept for answers at load, and what a changed step is answered from, gives the same figures as the files."""

from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest

from insight.analysis import registry
from insight.audience import mark_of, pairs, select
from insight.workspace.engine import Query
from insight.workspace.store import Workspace
from tests.build import workspace

ROWS = [("ann", "2024-01-10", 100), ("ann", "2024-03-01", -40), ("ann", "2024-05-01", "0.30"), ("bo", "2024-04-30", 7)]
ANSWERS = [
    {"customer_id": "ann", "score": 9, "answered_on": "2024-05-01"},
    {"customer_id": "bo", "score": 3, "answered_on": "2024-05-01"},
    {"customer_id": "stranger", "score": 9, "answered_on": "2024-05-01"},
]


def by_step(query, **chosen):
    table = registry.run(query, "nps.by_step", {"bounds": "50", **chosen}).table
    return dict(zip(table["step"], table["n_answers"], strict=True))


def test_a_purchase_on_the_day_of_the_answer_is_after_it_and_a_return_lowers_what_was_bought_before():
    with workspace([*ROWS, ("cy", "2024-07-01", 1)], answers=ANSWERS).query() as query:
        before = registry.run(query, "nps.groups", {}).table.set_index("group")["sales"]
        after = registry.run(query, "nps.groups", {"side": "after", "months": "1"}).table.set_index("group")["sales"]
    assert before.to_dict() == {"promoter": 60, "detractor": 7}
    assert after.to_dict() == {"promoter": Decimal("0.30"), "detractor": 0}


def test_a_changed_step_is_answered_from_what_is_kept_and_equals_a_fresh_answer():
    made = workspace(ROWS, answers=ANSWERS)
    with made.query() as query:
        assert by_step(query) == {"step_1": 1, "step_2": 1}
    with made.query() as query:
        again = by_step(query, bounds="5,8,100")
    with Query(made.query()._cursor, kept={}) as fresh:
        assert again == by_step(fresh, bounds="5,8,100") == {"step_2": 1, "step_3": 1}


def test_a_workspace_loaded_before_the_tables_were_known_gives_the_same():
    made = workspace(ROWS, answers=ANSWERS)
    with made.query() as query:
        expected = by_step(query)
    made.close()
    with duckdb.connect(str(made.folder / made.manifest.database)) as con:
        for name in ("answer_files", "answer_facts", "answer_orders"):
            con.execute(f"DROP TABLE {name}")
    with Workspace.open(made.folder).query() as query:
        assert by_step(query) == expected


def test_who_is_forgotten_leaves_the_figures_as_they_were_and_the_lists_name_the_right_ones():
    made = workspace(ROWS, answers=ANSWERS)
    with made.query() as query:
        before = by_step(query)
    made.forget("ann")
    with made.query() as query:
        assert by_step(query) == before
    mark = mark_of("nps.by_step", pairs({"bounds": "50"}), {"step": "step_1"}, None)
    with select(made, mark) as query:
        assert query.rows("SELECT customer_id, sales FROM selected") == [("bo", 7)]


@pytest.mark.parametrize("by", ["rfm", "value_tiers", "lifecycle", "clusters", "ladder"])
def test_answers_are_told_apart_by_every_segmentation_one_after_the_other(by):
    rows = [(f"c{number:02}", f"2024-0{1 + number % 6}-10", 100 * (1 + number)) for number in range(60)]
    answers = [
        {"customer_id": f"c{number:02}", "score": number % 11, "answered_on": "2024-07-01"} for number in range(60)
    ]
    with workspace(rows, answers=answers).query() as query:
        found = [registry.run(query, "nps.score", {"by": by}).table["n_answers"].sum() for _ in range(2)]
        analysis = registry.find("nps.score")
        assert analysis.members is not None
        for _ in range(2):
            analysis.members(query, registry.settings_for(query, analysis, {"by": by}))
            found.append(query.one("SELECT sum(n_answers) FROM members")[0])
    assert found == [60, 60, 60, 60]


def test_a_name_can_be_a_table_then_a_view_then_a_table_made_from_it():
    with workspace(ROWS).query() as query:
        for _ in range(2):
            query.make("things", "SELECT 1 AS one")
            query.lend("things", pa.table({"one": [2, 3]}))
            query.make("things", "SELECT sum(one) AS one FROM things")
            assert query.rows("SELECT one FROM things") == [(5,)]
            query.view("things", "SELECT 7 AS one")
            query.put("things", pa.table({"one": [8]}))
            assert query.rows("SELECT one FROM things") == [(8,)]
