"""Several ids of one person: who belongs together by an independent count, nothing lost, and all of it undone."""

import csv
import io
import itertools
import json
from collections import defaultdict
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insight.cli import main
from insight.customer_card import card
from insight.i18n.catalog import Words
from insight.ingest.options import ReadOptions
from insight.workspace import persons
from insight.workspace.facts import build_facts
from insight.workspace.quality import findings
from insight.workspace.store import SourceFile, Workspace
from insight.workspace.tables import create_tables
from tests.build import empty, workspace

IDS = [f"k{n}" for n in range(9)]
pairs = st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)), max_size=12)
sales = st.lists(
    st.tuples(st.one_of(st.none(), st.sampled_from(IDS)), st.integers(1, 28), st.integers(-5000, 90000)), max_size=25
)


def union_find(claims: set[tuple[str, str]]) -> tuple[dict[str, str], int]:
    """id → person, and the number of conflicts, counted the plain way."""
    claims = {(mine, other) for mine, other in claims if mine != other}
    claimants = defaultdict(set)
    for mine, other in claims:
        claimants[other].add(mine)
    leader = {name: name for pair in claims for name in pair}

    def find(name):
        while leader[name] != name:
            name = leader[name]
        return name

    accepted = {other for other, who in claimants.items() if len(who) == 1}
    waiting = set(claimants) - accepted
    for other in accepted:
        leader[find(other)] = find(*claimants[other])
    settled = True
    while settled:
        settled = {other for other in waiting if len({find(who) for who in claimants[other]}) == 1}
        for other in settled:
            leader[find(other)] = find(next(iter(claimants[other])))
        waiting -= settled
        accepted |= settled
    used = {(mine, other) for mine, other in claims if other in accepted}
    groups = defaultdict(set)
    for name in leader:
        groups[find(name)].add(name)
    person = {}
    for group in groups.values():
        heads = sorted(group - {other for _, other in used}) or sorted(group & {mine for mine, _ in used})
        person |= dict.fromkeys(group, heads[0])
    return person, len(waiting)


def filled(identities, transactions, customers=()):
    con = duckdb.connect()
    create_tables(con)
    con.executemany("INSERT INTO identities (customer_id, other_id) VALUES (?, ?)", identities or [("x", "x")])
    for line, (who, day, cents) in enumerate(transactions, 2):
        con.execute(
            "INSERT INTO transactions (customer_id, ordered_at, amount, file_id, line) VALUES (?, ?, ?, 1, ?)",
            [who, f"2024-03-{day:02d}", Decimal(cents) / 100, line],
        )
    for line, row in enumerate(customers, 2):
        con.execute(
            "INSERT INTO customers (customer_id, city, region, consent_email, file_id, line) VALUES (?, ?, ?, ?, 2, ?)",
            [*row, line],
        )
    return con


@given(pairs, sales)
def test_rows_go_where_an_independent_count_says_and_money_stays(identities, transactions):
    person, conflicts = union_find(set(identities))
    con = filled(identities, transactions)
    before = con.execute("SELECT * FROM transactions ORDER BY line").fetchall()
    undone = persons.undo(con)
    persons.join(con, undone=undone)
    build_facts(con)

    expected = defaultdict(Decimal)
    for who, _, cents in transactions:
        if who is not None:
            expected[person.get(who, who)] += Decimal(cents) / 100
    assert dict(con.execute("SELECT customer_id, sales FROM customer_facts").fetchall()) == expected
    total = con.execute("SELECT coalesce(sum(amount), 0) FROM transactions").fetchone()[0]
    assert total == sum((Decimal(cents) for *_, cents in transactions), Decimal(0)) / 100

    found = persons.joined(con.execute("SELECT name, value FROM facts_meta").fetchall())
    ids = {who for who, *_ in transactions if who is not None}
    moved = sum(1 for who, *_ in transactions if who is not None and person.get(who, who) != who)
    assert found == persons.Joined(len(ids), len({person.get(who, who) for who in ids}), moved, 0, conflicts)

    assert persons.undo(con) == any(name != who for name, who in person.items())
    assert con.execute("SELECT * FROM transactions ORDER BY line").fetchall() == before
    con.close()


@pytest.mark.parametrize(
    ("identities", "expected"),
    [
        ([("A", "B"), ("B", "C")], {"B": "A", "C": "A"}),                                  # a chain
        ([("B", "A"), ("C", "B"), ("A", "C")], {"B": "A", "C": "A"}),                      # a circle
        ([("A", "X"), ("B", "X")], {}),                                                    # two strangers want X
        ([("A", "X"), ("B", "X"), ("A", "B")], {"X": "A", "B": "A"}),                      # two who are one
        ([("A", "A"), ("A", "B"), ("A", "B")], {"B": "A"}),                                # oneself, and twice
        ([("A", "X"), ("B", "X"), ("A", "B"), ("X", "Y"), ("B", "Y")], {"X": "A", "B": "A", "Y": "A"}),
        ([("A", "X"), ("B", "X"), ("X", "Y")], {"Y": "X"}),                                # X stays, with what is X's
    ],
)  # fmt: skip
def test_who_is_who(identities, expected):
    con = filled(identities, [])
    persons.join(con, undone=False)
    assert dict(con.execute("SELECT own_id, customer_id FROM persons").fetchall()) == expected
    assert union_find(set(identities))[0] | expected == union_find(set(identities))[0]
    con.close()


def test_a_long_chain_is_one_person():
    names = [f"{(n * 7919) % 2003:04d}" for n in range(2003)]
    con = filled(list(itertools.pairwise(names)), [])
    persons.join(con, undone=False)
    assert con.execute("SELECT count(*), min(customer_id), max(customer_id) FROM persons").fetchall() == [
        (2002, names[0], names[0])
    ]
    con.close()


def test_of_several_rows_for_a_person_the_first_filled_counts_and_a_no_stands():
    customers = [
        ("B", "Lund", "Öst", True),
        ("A", None, "Syd", None),
        ("C", "Umeå", None, False),
        ("D", "Kil", None, None),
    ]
    con = filled([("A", "B"), ("A", "C")], [], customers)
    before = con.execute("SELECT * FROM customers ORDER BY line").fetchall()
    persons.join(con, undone=False)
    found = con.execute("SELECT customer_id, city, region, consent_email FROM customers ORDER BY 1").fetchall()
    assert found == [("A", "Lund", "Syd", False), ("D", "Kil", None, None)]
    assert persons.joined(con.execute("SELECT name, value FROM facts_meta").fetchall()).customers_merged == 2
    persons.undo(con)
    assert con.execute("SELECT * FROM customers ORDER BY line").fetchall() == before
    con.close()


FILES = {
    "kunder.csv": "kundnr;ort\n1;Lund\n2;\n3;Umeå\n",
    "köp.csv": "kundnr;köpdatum;ordernr;belopp\n1;2024-01-05;A1;100,10\nW2;2024-01-05;A2;99,50\nW2;2024-02-05;A3;1,00\n"
    "3;2024-03-01;A4;400,00\n;2024-03-10;A5;50,00\n",
    "nps.csv": "kundnr;betyg;datum\nW1;9;2024-02-01\n3;4;2024-02-01\n",
    "test.csv": "kundnr;grupp;datum\nW2;test;2024-01-01\n3;kontroll;2024-01-01\n",
    "id.csv": "kundnr;annat id;slag\n1;W1;webb\n2;W2;webb\n",
}
FACTS = (
    "SELECT * EXCLUDE (first_store, first_channel, main_store, main_channel, n_channels) FROM customer_facts ORDER BY 1"
)


def load(made: Workspace, folder, names) -> dict[str, list[str]]:
    codes = {}
    for name in names:
        (folder / name).write_text(FILES[name], encoding="utf-8")
        (report,) = made.load([SourceFile(folder / name, name, ReadOptions())])
        codes[name] = [message.code for message in report.messages]
    return codes


def facts(made: Workspace) -> list:
    with made.query() as query:
        return [
            query.rows(FACTS),
            query.rows("SELECT customer_id, city FROM customers ORDER BY 1"),
            query.rows("SELECT customer_id, score FROM answers ORDER BY 1"),
            query.rows("SELECT customer_id, arm FROM assignments ORDER BY 1"),
            query.rows("SELECT customer_id, first_at, sales FROM orders ORDER BY 2, 3"),
            query.rows("SELECT name, value FROM facts_meta ORDER BY 1"),
        ]


def test_the_order_of_files_does_not_matter_and_taking_the_ids_out_leaves_no_trace(tmp_path):
    first, last, without = empty(), empty(), empty()
    others = [name for name in FILES if name != "id.csv"]
    said = load(first, tmp_path, ["id.csv", *others])
    assert said["id.csv"] == ["persons_none"]
    assert "persons_rows" in said["köp.csv"]
    assert load(last, tmp_path, [*reversed(others), "id.csv"])["id.csv"] == ["persons_joined"]
    assert facts(first) == facts(last)
    by_person = {row[0]: row[3] for row in facts(first)[0]}
    assert by_person == {"1": 1, "2": 2, "3": 1}

    load(without, tmp_path, others)
    entry = next(entry for entry in first.manifest.files if entry.kind == "identities")
    first.remove(entry.file_id)
    assert facts(first) == facts(without)
    assert first.manifest.counts == without.manifest.counts
    with first.query() as query, without.query() as plain:
        for table in ("transactions", "answers", "customers"):
            assert query.rows(f"DESCRIBE {table}") == plain.rows(f"DESCRIBE {table}")


def test_a_later_file_finds_its_people_and_updates_the_right_row(tmp_path):
    made = empty()
    load(made, tmp_path, FILES)
    (tmp_path / "mer.csv").write_text("kundnr;ort\n2;Visby\n4;Kil\n", encoding="utf-8")
    made.load([SourceFile(tmp_path / "mer.csv", "mer.csv", ReadOptions())])
    again = Workspace.open(made.folder)
    assert facts(again)[1] == [("1", "Lund"), ("2", "Visby"), ("3", "Umeå"), ("4", "Kil")]


def test_the_command_line_tells_and_lists_persons(tmp_path, capsys):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    folder = str(tmp_path / "ws")
    assert main(["load", folder, *(str(tmp_path / name) for name in FILES)]) == 0
    printed = capsys.readouterr().out
    assert "2 av 5 kund-id hör till en person som har ett annat: 3 personer återstår" in printed
    assert main(["describe", folder, "--json"]) == 0
    described = json.loads(capsys.readouterr().out)
    assert described["persons"] == {
        "ids": 5, "persons": 3, "rows_moved": 4, "customers_merged": 0, "conflicts": 0,
    }  # fmt: skip
    assert described["tables"]["transactions"]["customers"] == 3
    assert described["tables"]["transactions"]["amount_sum"] == "650.60"
    assert main(["customers", folder, "segments.rfm", "--csv"]) == 0
    listed = {row["customer_id"]: row for row in csv.DictReader(io.StringIO(capsys.readouterr().out))}
    assert sorted(listed) == ["1", "2", "3"]
    assert listed["2"]["n_orders"] == "2"


def test_the_quality_page_and_the_card_know_it():
    made = workspace(
        [("A", "2024-01-03", 100), ("B", "2024-01-04", 50), ("X", "2024-02-01", 7)],
        customers=[{"customer_id": "A"}, {"customer_id": "B"}],
        identities=[{"customer_id": who, "other_id": other} for who, other in ("AB", "AX", "QX")],
    )
    with made.query() as query:
        found = {finding.code: (finding.n, finding.total, finding.severity) for finding in findings(query)}
        shown = card(query, "A")
    assert found["persons_merged"] == (1, 3, "note")
    assert found["customers_merged"] == (1, 2, "note")
    assert found["persons_conflict"] == (1, 2, "warning")
    assert shown.other_ids == ("B",)
    assert (shown.sales, shown.n_orders) == (Decimal("150.00"), 2)
    for language in ("sv", "en"):
        words = Words(language)
        assert all(words.has(f"quality.{part}_{code}") for part in ("finding", "meaning") for code in found)


def test_personal_numbers_meet_as_hashes_wherever_they_stand(tmp_path):
    """Numbers from a published list for tests; one file has them as ids, another says whose they are."""
    numbers = ["811228-9874", "670919-9530", "121212-1212", "900118-9811", "640823-3234"] * 5
    made = empty()
    (tmp_path / "id.csv").write_text(
        "kundnr;annat id\n" + "".join(f"K{n};{number}\n" for n, number in enumerate(numbers[:5])), encoding="utf-8"
    )
    (tmp_path / "köp.csv").write_text(
        "personnummer;köpdatum;belopp\n" + "".join(f"{number};2024-01-05;10,00\n" for number in numbers),
        encoding="utf-8",
    )
    reports = made.load([SourceFile(tmp_path / name, name, ReadOptions()) for name in ("id.csv", "köp.csv")])
    assert [report.outcome for report in reports] != ["refuse", "refuse"]
    with made.query() as query:
        assert query.rows("SELECT customer_id, sales FROM customer_facts ORDER BY 1") == [
            (f"K{n}", 50) for n in range(5)
        ]
    made.close()
    data = b"".join(path.read_bytes() for path in made.folder.iterdir())
    assert not any(number.encode() in data or number.replace("-", "").encode() in data for number in numbers)
