"""Two exports that share days: what was there already is told, kept unless asked, and set aside to the öre."""

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insight.cli import main
from insight.ingest import overlap
from insight.ingest.options import ReadOptions
from insight.workspace.store import SourceFile
from insight.workspace.tables import create_tables
from tests.build import empty

HEAD = "kundnr;köpdatum;ordernr;belopp;artikel\n"
JANUARY_TO_MARCH = [
    "1;2024-01-05;A1;100,10;skor", "1;2024-03-05;A2;50,00;skor", "1;2024-03-05;A2;50,00;skor",
    "2;2024-03-06;A3;70,00;jacka", ";2024-03-07;A4;10,00;strumpor",
]  # fmt: skip
MARCH_TO_MAY = [
    "1;2024-03-05;A2;50,00;skor", "1;2024-03-05;A2;50,00;skor", "1;2024-03-05;A2;50,00;skor",  # one more than before
    "2;2024-03-06;A3;70,00;jacka", ";2024-03-07;A4;10,00;strumpor", "2;2024-03-06;A3;71,00;jacka",
    "3;2024-05-01;A5;200,00;skor",
]  # fmt: skip


def read(made, folder, name, rows, head=HEAD, **options):
    path = folder / name
    path.write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    (report,) = made.load([SourceFile(path, name, ReadOptions.parse(options))])
    return report


def total(made) -> Decimal:
    with made.query() as query:
        return query.one("SELECT sum(amount) FROM transactions")[0]


def said(report) -> dict:
    return {message.code: message for message in report.messages}


def test_what_was_there_is_told_with_count_money_and_days_and_kept(tmp_path):
    made = empty()
    read(made, tmp_path, "a.csv", JANUARY_TO_MARCH)
    report = read(made, tmp_path, "b.csv", MARCH_TO_MAY)
    message = said(report)["sales_overlap"]
    assert message.severity == "warning"
    # Two of the three equal lines, the jacket and the socks: 50 + 50 + 70 + 10.
    assert message.values == {"count": 4, "first": "2024-03-05", "last": "2024-03-07", "sum": "180.00"}
    assert "period_overlap" not in said(report)
    assert (report.rows, report.set_aside, report.lines) == (7, 0, 7)
    assert total(made) == Decimal("280.10") + Decimal("501.00")


def test_skip_sets_exactly_those_rows_aside(tmp_path):
    made = empty()
    read(made, tmp_path, "a.csv", JANUARY_TO_MARCH)
    report = read(made, tmp_path, "b.csv", MARCH_TO_MAY, overlap="skip")
    assert (report.rows, report.set_aside, report.lines, report.outcome) == (3, 4, 7, "accept")
    assert said(report)["aside_already_loaded"].values["sum"] == "180.00"
    assert report.figures["amount_sum"] == "321.00"
    assert total(made) == Decimal("280.10") + Decimal("321.00")
    with made.query() as query:
        aside = query.rows("SELECT line, reason, raw FROM set_aside ORDER BY line")
    assert aside[0] == (2, "already_loaded", "1;2024-03-05;A2;50,00;skor")
    assert [row[0] for row in aside] == [2, 3, 5, 6]


def test_a_plain_large_file_takes_the_same_way(tmp_path):
    """Enough plain rows for the fast path, which has no cells as text any more."""
    made = empty()
    days = [f"{n % 9};2024-02-{1 + n % 28:02d};B{n};{n}.50;x" for n in range(400)]
    head = "customer_id;date;order_id;amount;article\n"
    read(made, tmp_path, "a.csv", days[:300], head)
    report = read(made, tmp_path, "b.csv", days[200:], head, overlap="skip")
    assert (report.rows, report.set_aside, report.lines) == (100, 100, 200)
    assert total(made) == sum(Decimal(n) + Decimal("0.50") for n in range(400))
    with made.query() as query:
        assert query.one("SELECT raw FROM set_aside WHERE line = 2") == ("2;2024-02-05;B200;200.50;x",)
        ids = query.rows("SELECT customer_id, ordered_at FROM transactions")
    assert ids == sorted(ids)


def test_all_there_already_is_refused_and_nothing_changes(tmp_path):
    made = empty()
    read(made, tmp_path, "a.csv", JANUARY_TO_MARCH)
    version = made.manifest.version
    report = read(made, tmp_path, "b.csv", JANUARY_TO_MARCH[:3], overlap="skip")
    assert report.outcome == "refuse"
    assert report.messages[-1].code == "all_already_loaded"
    assert made.manifest.version == version


def test_two_shops_that_sold_for_the_same_price_are_no_overlap(tmp_path):
    made = empty()
    head = "datum;belopp\n"
    first = [f"2024-02-{1 + n % 20:02d};{100 + n}" for n in range(20)]
    second = [f"2024-02-{1 + n % 20:02d};{100 + (n if n % 4 == 0 else 500 + n)}" for n in range(20)]
    read(made, tmp_path, "a.csv", first, head)
    report = read(made, tmp_path, "b.csv", second, head)
    assert "sales_overlap" not in said(report)
    # The same rows again are: there is nothing but days and amounts to go by, and nearly all agree.
    report = read(made, tmp_path, "c.csv", [*first[:18], "2024-02-20;1", "2024-02-20;2"], head)
    assert said(report)["sales_overlap"].values["count"] == 18


def test_columns_that_one_side_lacks_are_not_compared(tmp_path):
    made = empty()
    read(made, tmp_path, "a.csv", JANUARY_TO_MARCH)
    shorter = [row.rpartition(";")[0] for row in MARCH_TO_MAY]
    report = read(made, tmp_path, "b.csv", shorter, HEAD.replace(";artikel", ""))
    assert said(report)["sales_overlap"].values["count"] == 4


@pytest.mark.parametrize(
    ("kind", "head", "first", "second"),
    [
        ("answers", "kundnr;betyg;svarsdatum\n", ["1;9;2024-02-01", "2;3;2024-02-02"],
         ["2;3;2024-02-02", "2;4;2024-02-02"]),
        ("contacts", "kundnr;skickat;kampanjid;öppnad\n", ["1;2024-02-01;M1;nej", "2;2024-02-02;M1;nej"],
         ["2;2024-02-02;M1;ja", "3;2024-02-02;M1;ja"]),
    ],
)  # fmt: skip
def test_answers_and_mailings_too(tmp_path, kind, head, first, second):
    made = empty()
    assert read(made, tmp_path, "a.csv", first, head, kind=None).kind == kind
    report = read(made, tmp_path, "b.csv", second, head, overlap="skip")
    assert (report.kind, report.rows, report.set_aside) == (kind, 1, 1)
    assert made.manifest.counts[kind] == 3


def test_a_file_is_read_again_in_place_and_back(tmp_path):
    made = empty()
    read(made, tmp_path, "a.csv", JANUARY_TO_MARCH)
    read(made, tmp_path, "b.csv", MARCH_TO_MAY)
    before = total(made)
    number = made.manifest.files[-1].file_id
    again = SourceFile(tmp_path / "b.csv", "b.csv", ReadOptions(overlap="skip"))
    (report,) = made.load([again], instead_of=number)
    assert (report.rows, report.set_aside, len(made.manifest.files)) == (3, 4, 2)
    assert total(made) == Decimal("601.10")
    (report,) = made.load([SourceFile(again.path, "b.csv", ReadOptions())], instead_of=made.manifest.files[-1].file_id)
    assert (report.rows, total(made)) == (7, before)
    again.path.write_text("<html>", encoding="utf-8")
    (report,) = made.load([again], instead_of=made.manifest.files[-1].file_id)
    assert report.outcome == "refuse"
    assert (total(made), len(made.manifest.files)) == (before, 2)


def test_the_command_line_takes_the_choice(tmp_path, capsys):
    for name, rows in (("a.csv", JANUARY_TO_MARCH), ("b.csv", MARCH_TO_MAY)):
        (tmp_path / name).write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    folder = str(tmp_path / "ws")
    assert main(["load", folder, str(tmp_path / "a.csv")]) == 0
    assert main(["load", folder, str(tmp_path / "b.csv"), "--set", "overlap=skip"]) == 0
    printed = capsys.readouterr().out
    assert "4 rader fanns redan från en tidigare fil (2024-03-05 till 2024-03-07) och lades åt sidan" in printed
    assert main(["load", folder, str(tmp_path / "b.csv"), "--set", "overlap=both"]) == 2


rows = st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 3), st.sampled_from([10, 20])), max_size=14)


@given(rows, rows)
def test_equal_rows_are_counted_as_many_times_as_both_sides_have_them(first, second):
    import duckdb

    con = duckdb.connect()
    create_tables(con)
    for file_id, part in ((1, first), (2, second)):
        for line, (who, day, amount) in enumerate(part, 2):
            con.execute(
                "INSERT INTO transactions (customer_id, ordered_at, amount, file_id, line) VALUES (?, ?, ?, ?, ?)",
                [who, f"2024-03-{day:02d}", amount, file_id, line],
            )
    expected = Counter(first) & Counter(second)
    found = overlap.find(con, "transactions", 2)
    assert found.count == expected.total()
    if found.count:
        assert Decimal(found.total) == sum(amount * n for (_, _, amount), n in expected.items())
        kept = [row for line, row in enumerate(second, 2) if line not in lines(con)]
        assert Counter(kept) == Counter(second) - Counter(first)
    con.close()


def lines(con) -> set[int]:
    return {row[0] for row in con.execute("SELECT line FROM overlapping").fetchall()}
