"""What lies on disk of the sales, and what a plain file's fast way must leave to the careful one."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from insight.ingest import fast, load
from insight.ingest.cells import NO_CUSTOMER, NO_ID
from insight.ingest.footers import PART_SUMS
from insight.ingest.options import ReadOptions
from insight.ingest.raw import BLANKS
from insight.ingest.schema import TABLES
from insight.workspace.store import SourceFile, Workspace
from insight.workspace.stored import rewrite, room
from insight.workspace.tables import create_tables
from tests.ingest.reading import reading

STORED = """
    SELECT list(column_name ORDER BY ordinal_position) FROM information_schema.columns
    WHERE table_name = 'transactions' AND is_generated = 'NEVER'
"""


def stored(con: duckdb.DuckDBPyConnection) -> list[str]:
    return con.execute(STORED).fetchall()[0][0]


def plain(rows: int = 80, **odd: str) -> str:
    """Sales that look plain, but for odd cells in the last row but one: by the column's name."""
    lines = ["kundnr,datum,ordernr,antal,belopp"]
    for n in range(rows):
        cells = {"kundnr": f"K{n:03}", "datum": "2024-05-0" + str(1 + n % 9), "ordernr": f"O{n}", "antal": "1"}
        cells["belopp"] = f"{n + 1}.50"
        lines.append(",".join((cells | (odd if n == rows - 2 else {})).values()))
    return "\n".join(lines) + "\n"


def test_only_what_the_file_has_is_stored_and_all_fields_are_there():
    with reading(plain()) as loaded:
        assert stored(loaded.con) == [
            "ordered_at", "amount", "customer_id", "order_id", "quantity", "file_id", "line",
        ]  # fmt: skip
        there = [row[0] for row in loaded.con.execute("DESCRIBE transactions").fetchall()]
        assert there == [*(field.name for field in TABLES["transactions"].fields), "file_id", "line"]
        assert loaded.rows("SELECT count(*), count(store), count(margin) FROM transactions") == [(80, 0, 0)]


def test_a_later_file_brings_fields_that_the_first_had_not(tmp_path: Path):
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text(plain(), encoding="utf-8")
    rows = "".join(f"K{n:03};2024-06-01;Lund;{n},00;röd\n" for n in range(60))
    second.write_text("kundnr;datum;butik;belopp;färg\n" + rows, encoding="cp1252")
    made = Workspace.create(tmp_path / "w")
    made.load([SourceFile(first, first.name), SourceFile(second, second.name)])
    with made.query() as query:
        assert query.rows("SELECT count(*), count(store), count(order_id), sum(amount) FROM transactions") == [
            (140, 60, 80, Decimal("5050.00"))  # 1 + … + 80, half a krona on each, and 0 + … + 59
        ]
        assert query.rows(
            "SELECT file_id, store, order_id, a1 FROM transactions WHERE customer_id = 'K007' ORDER BY file_id"
        ) == [(1, None, "O7", None), (2, "Lund", None, "röd")]
    made.remove(2)
    with made.query() as query:
        assert query.rows("SELECT count(*), count(store) FROM transactions") == [(80, 0)]
    made.close()


def test_room_keeps_what_is_there():
    with duckdb.connect() as con:
        create_tables(con)
        room(con, ("customer_id", "ordered_at", "amount"))
        con.execute(
            "INSERT INTO transactions (customer_id, ordered_at, amount, file_id, line) VALUES "
            "('b', TIMESTAMP '2024-01-02', 5, 1, 2), ('a', TIMESTAMP '2024-01-03', 7, 1, 3)"
        )
        with pytest.raises(duckdb.Error):
            con.execute("UPDATE transactions SET store = 'Lund'")
        room(con, ("store",))
        con.execute("UPDATE transactions SET store = 'Lund' WHERE customer_id = 'a'")
        rewrite(con, "SELECT *, 'x' AS own_id FROM transactions")
        assert con.execute("SELECT customer_id, store, amount, line, own_id FROM transactions").fetchall() == [
            ("a", "Lund", Decimal("7.00"), 3, "x"), ("b", None, Decimal("5.00"), 2, "x"),
        ]  # fmt: skip
        assert stored(con) == ["ordered_at", "amount", "customer_id", "store", "file_id", "line", "own_id"]


def test_a_day_that_is_none_is_set_aside_with_its_line():
    for odd in ("epoch", "infinity", "2024-05-09 (BC)", "2024-13-01"):
        with reading(plain(datum=odd)) as loaded:
            assert (loaded.report.rows, loaded.report.set_aside, loaded.report.lines) == (79, 1, 80)
            assert loaded.rows("SELECT line, reason FROM set_aside") == [(80, "date_unreadable")]


def test_a_time_further_down_is_kept():
    with reading(plain(datum="2024-05-09 23:15:00")) as loaded:
        assert loaded.report.rows == 80
        assert loaded.one("SELECT max(ordered_at) FROM transactions") == datetime(2024, 5, 9, 23, 15)


def test_a_customer_who_is_nobody_further_down_is_nobody():
    for word in ("Anonym", "okänd kund", "N/A"):
        with reading(plain(kundnr=word)) as loaded:
            assert loaded.rows("SELECT count(*), count(customer_id) FROM transactions") == [(80, 79)]


def test_no_word_for_nobody_ends_in_a_digit():
    """The fast way looks for these words only where the id does not end in one."""
    assert [word for word in (*NO_CUSTOMER, *PART_SUMS, *NO_ID) if word[-1].isdigit()] == []


@pytest.mark.parametrize(("field", "words"), [("customer_id", {*NO_CUSTOMER, *PART_SUMS}), ("order_id", NO_ID)])
def test_every_word_for_nobody_is_doubted_however_it_is_written(field: str, words: set[str]):
    """Of the many ids of a plain file only those are looked at that one quick condition doubts."""
    cells = [write(word) for word in words for write in (str.lower, str.upper, str.title)]
    cells += [*(f"{blank}K1" for blank in BLANKS), *(f"K1{blank}" for blank in BLANKS), "'001", '="001"', "1,2E+07"]
    cells += ["12.0", "12,00", *(["Bo@Ek.se"] if field == "customer_id" else [])]
    with duckdb.connect() as con:
        found = con.execute(
            f"SELECT list(cell) FILTER (NOT {fast.doubtful(field)}) FROM unnest($cells) AS ids({field}), "
            f"LATERAL (SELECT {field} AS cell)",
            {"cells": [*cells, "K001", None]},
        ).fetchall()
    assert found == [(["K001"],)]


def test_a_quantity_of_more_than_nine_digits_further_down_is_kept():
    with reading(plain(antal="123456789012")) as loaded:
        assert loaded.rows("SELECT quantity FROM transactions WHERE line IN (79, 80) ORDER BY line") == [
            (Decimal(1),), (Decimal(123456789012),),
        ]  # fmt: skip
        assert loaded.balanced()


def test_marks_further_down_in_whole_numbers_are_seen():
    for odd, pieces in (("1.500", Decimal("1.5")), ("1_5", None)):
        with reading(plain(antal=odd)) as loaded:
            assert loaded.report.rows + loaded.report.set_aside == 80
            assert loaded.one("SELECT max(quantity) FROM transactions WHERE line = 80") == pieces


@pytest.mark.parametrize(
    ("column", "cell", "field", "kept"),
    [("kundnr", "123.00", "customer_id", "123"), ("ordernr", "1.0", "order_id", "1"),
     ("ordernr", "n/a", "order_id", None), ("ordernr", "-", "order_id", None), ("butik", "NULL", "store", None),
     ("säljare", "null", "a1", None), ("säljare", "Bo ", "a1", "Bo"), ("säljare", "\u00a0Bo", "a1", "Bo"),
     ("kundnr", "Anna@Ek.se", "customer_id", "anna@ek.se")],
)  # fmt: skip
def test_a_word_for_nothing_or_a_blank_further_down_is_none_whichever_way(
    column: str, cell: str, field: str, kept: str | None, monkeypatch: pytest.MonkeyPatch
):
    """The fast way, which sees it after its first rows only, and the careful one, which looks at every cell."""
    lines = ["kundnr;datum;ordernr;belopp;butik;säljare"]
    for n in range(500):
        cells = {"kundnr": f"K{n:03}", "datum": "2024-05-09", "ordernr": f"O{n}", "belopp": "1,50", "butik": "Lund"}
        lines.append(";".join((cells | {"säljare": "Åsa"} | ({column: cell} if n == 490 else {})).values()))
    for _ in range(2):
        with reading("\n".join(lines) + "\n") as loaded:
            assert loaded.rows(f"SELECT {field} FROM transactions WHERE line = 492") == [(kept,)]
            assert loaded.one("SELECT count(*) FROM transactions WHERE customer_id = 'K001'") == 1
            assert loaded.balanced()
        monkeypatch.setattr(load, "_quickly", lambda *_: None)


def test_one_address_among_numbers_leaves_the_numbers_as_they_are():
    """As they are in every other file of the same customers."""
    rows = "".join(f"{'Bo@Ek.se' if n == 3 else f'K{n}'};2024-05-09;1,50\n" for n in range(9))
    with reading("kundnr;datum;belopp\n" + rows) as loaded:
        assert loaded.rows("SELECT customer_id FROM transactions WHERE line IN (2, 5) ORDER BY line") == [
            ("K0",), ("bo@ek.se",),
        ]  # fmt: skip


def test_the_order_of_day_and_month_is_told_of_a_plain_file_too():
    rows = "".join(f"K{n};{1 + n % 28:02}/05/2024;1,50\n" for n in range(90))
    with reading("kundnr;datum;belopp\n" + rows) as loaded:
        told = [(d.value, d.column) for d in loaded.report.decisions if d.name == "day_first"]
        assert told == [("yes", "datum")]


@pytest.mark.parametrize("above", ["", "Export\n\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_large_file_in_two_halves_has_every_row_on_its_line(above: str, end: str, monkeypatch: pytest.MonkeyPatch):
    """Lines as an editor counts them: the header's is 1, or 3 below what stands above it."""
    monkeypatch.setattr(fast, "_LARGE", 0)
    with reading((above + plain(301)).replace("\n", end)) as loaded:
        first = 2 + above.count("\n")
        found = loaded.rows("SELECT line, order_id, amount FROM transactions ORDER BY line")
        assert found == [(first + n, f"O{n}", Decimal(n + 1) + Decimal("0.50")) for n in range(301)]
        assert loaded.balanced()


@pytest.mark.parametrize("blank", [3, 290])
def test_a_blank_line_in_either_half_moves_no_row(blank: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fast, "_LARGE", 0)
    lines = plain(301).splitlines()
    lines.insert(blank, "")
    with reading("\n".join(lines) + "\n") as loaded:
        assert loaded.one("SELECT count(DISTINCT order_id) FROM transactions") == 301
        assert loaded.rows("SELECT line FROM transactions WHERE order_id IN ('O0', 'O300') ORDER BY line") == [
            (2,), (303,),
        ]  # fmt: skip
        assert loaded.balanced()


def test_cells_that_are_filled_up_with_blanks_need_no_more_memory(tmp_path: Path):
    """As a database's CHAR columns come out: what was and what is do not both stay in memory."""
    lines = [f"K{n % 999:<40};2024-05-0{1 + n % 9};{n % 90 + 1},50;Lund {n % 7:<40}\n" for n in range(200_000)]
    file = tmp_path / "padded.csv"
    file.write_text("kundnr;datum;belopp;butik\n" + "".join(lines), encoding="utf-8")
    settings = {"memory_limit": "48MB", "temp_directory": str(tmp_path / "spill"), "threads": "2"}
    with duckdb.connect(str(tmp_path / "padded.duckdb"), config=settings) as con:
        create_tables(con)
        report = load.read_into(
            con, file, name=file.name, file_id=1, options=ReadOptions(), key=b"k" * 20, work=tmp_path
        )
        assert (report.rows, report.set_aside) == (200_000, 0), report.messages
        assert con.execute(
            "SELECT count(DISTINCT customer_id), count(DISTINCT store), max(strlen(store)), sum(amount) "
            "FROM transactions"
        ).fetchall() == [(999, 7, 6, sum(Decimal(n % 90 + 1) + Decimal("0.50") for n in range(200_000)))]
