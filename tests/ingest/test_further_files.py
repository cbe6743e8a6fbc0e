"""A second file beside the first: appended in order, merged, refused in another currency; every table can be read."""

import io
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from insight.ingest.load import read_into
from insight.ingest.options import ReadOptions
from insight.ingest.proposal import propose
from insight.ingest.report import FileReport
from insight.workspace.tables import create_tables
from tests.ingest.reading import EN, SV, reading

KEY = b"a key of the tests, 16+"


@pytest.fixture
def con():
    with duckdb.connect() as connection:
        create_tables(connection)
        yield connection


def _read(con: duckdb.DuckDBPyConnection, folder: Path, content: str, file_id: int, **settings: str) -> FileReport:
    path = folder / f"upload{file_id}"
    path.write_text(content, encoding="utf-8", newline="")
    return read_into(con, path, name=f"fil{file_id}.csv", file_id=file_id, options=ReadOptions.parse(settings), key=KEY)


def _sales(n: int, start: int, month: str, amount: str = "1.50", more: str = "") -> str:
    """n lines of sales, long enough for the fast path."""
    return f"kundnr,datum,belopp{',' + more if more else ''}\n" + "".join(
        f"{(start + 7 * at) % 50:05d},{month}-{1 + at % 28:02d},{amount}{',x' if more else ''}\n" for at in range(n)
    )


def _in_order(con: duckdb.DuckDBPyConnection) -> bool:
    rows = con.execute("SELECT customer_id, ordered_at FROM transactions").fetchall()
    return rows == sorted(rows)


def test_appended_transactions_stay_sorted_and_the_overlap_is_told(con: duckdb.DuckDBPyConnection, tmp_path: Path):
    assert _read(con, tmp_path, _sales(100, 0, "2024-03"), 1).rows == 100
    report = _read(con, tmp_path, _sales(80, 3, "2024-03", more="säljare"), 2)
    assert report.rows == 80
    assert con.execute("SELECT count(*), count(a1), sum(amount) FROM transactions").fetchone() == (
        180,
        80,
        Decimal("270.00"),
    )
    assert _in_order(con)
    overlap = next(message for message in report.messages if message.code == "period_overlap")
    assert overlap.values["count"] == 100


def test_the_fast_and_the_careful_way_load_the_same(con: duckdb.DuckDBPyConnection, tmp_path: Path):
    plain = _sales(200, 0, "2024-03", more="säljare")
    quoted = "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in plain.splitlines()) + "\n"
    careful = plain.replace("\n", "\n# a comment\n", 1)
    tables: list[list[tuple[object, ...]]] = []
    for content in (plain, quoted, careful):
        with reading(content) as loaded:
            assert loaded.report.rows == 200
            tables.append(loaded.rows("SELECT customer_id, ordered_at, amount, a1 FROM transactions ORDER BY line"))
    assert tables[0] == tables[1] == tables[2]


@pytest.mark.parametrize(
    ("line", "aside", "ids"),
    [("00001,2024-03-77,1.50", 1, 50), ("00001,2024-03-25,x", 1, 50), (" 00001,2024-03-25,1.50", 0, 50),
     ("123.0,2024-03-25,1.50", 0, 51), (",2024-03-25,1.50", 0, 50), ("00001,2024-03-25", 1, 50),
     ("1,2024-03-25,1,50", 1, 50)],
)  # fmt: skip
def test_one_odd_line_far_down_a_plain_file_is_treated_like_any(line: str, aside: int, ids: int):
    rows = _sales(3000, 0, "2024-03").splitlines()
    rows.insert(2500, line)
    with reading("\n".join(rows) + "\n") as loaded:
        assert (loaded.report.rows, loaded.report.set_aside) == (3001 - aside, aside)
        assert loaded.one("SELECT count(DISTINCT customer_id) FROM transactions") == ids
        assert [row[0] for row in loaded.rows("SELECT line FROM set_aside")] == [2501] * aside
        assert loaded.balanced()


def test_another_currency_is_refused_and_changes_nothing(con: duckdb.DuckDBPyConnection, tmp_path: Path):
    _read(con, tmp_path, "kundnr;datum;belopp\n1;2024-03-25;10,00 kr\n2;2024-03-26;10,00 kr\n", 1)
    for content in (
        "kundnr;datum;belopp\n1;2024-04-25;10,00 €\n",
        _sales(100, 0, "2024-04").replace("belopp", "belopp (EUR)"),
    ):
        report = _read(con, tmp_path, content, 2)
        assert report.outcome == "refuse"
        assert "EUR" in SV.message(report.messages[-1].message)
    assert con.execute("SELECT count(*), sum(amount) FROM transactions").fetchone() == (2, Decimal("20.00"))


def test_a_later_customer_file_updates_and_adds(con: duckdb.DuckDBPyConnection, tmp_path: Path):
    _read(con, tmp_path, "kundnr;namn;ort;bilmärke\n1;Åsa Öberg;Lund;Volvo\n2;Bo Ek;Ystad;\n", 1)
    report = _read(con, tmp_path, "kundnr;namn;ort;epost\n2;Bo Ek;Malmö;bo@example.se\n3;Cy Ask;Kivik;\n", 2)
    assert report.rows == 2
    assert con.execute("SELECT customer_id, city, email, a1, file_id FROM customers ORDER BY 1").fetchall() == [
        ("1", "Lund", None, "Volvo", 1), ("2", "Malmö", "bo@example.se", None, 1), ("3", "Kivik", None, None, 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "header", "line", "select", "first"),
    [
        ("contacts", "kundnr;skickat;kanal;utskick;öppnad", "1;2024-03-25 08:00;e-post;Vår;ja",
         "channel, opened", ("e-post", True)),
        ("rewards", "kundnr;utdelad;förmån;värde;inlöst", "1;2024-03-25;bonuscheck;50,00;2024-04-01",
         "kind, value", ("bonuscheck", Decimal("50.00"))),
        ("events", "kundnr;tidpunkt;händelse;kanal", "1;2024-03-25 08:00;inloggning;app",
         "kind, channel", ("inloggning", "app")),
        ("agreements", "kundnr;startdatum;slutdatum;abonnemang;avgift", "1;2024-03-01;;Bas;99,00",
         "plan, fee", ("Bas", Decimal("99.00"))),
        ("identities", "kundnr;annat id;slag", "1;web-77;webb", "other_id, kind", ("web-77", "webb")),
        ("answers", "medlemsnr;NPS;svarsdatum;kommentar", "1;9;2024-03-25;Bra",
         "score, comment", (Decimal("9.00"), "Bra")),
        ("assignments", "kund-id;testgrupp;tilldelad;levererad", "1;kontroll;2024-03-25;ja",
         "arm, delivered", ("kontroll", True)),
        ("customers", "medlemsnr;namn;ort;födelsedatum", "1;Åsa Öberg;Lund;1980-01-31",
         "name, city", ("Åsa Öberg", "Lund")),
    ],
)  # fmt: skip
def test_every_table_is_recognised_and_read(kind: str, header: str, line: str, select: str, first: tuple[object, ...]):
    with reading(f"{header}\n{line}\n") as loaded:
        assert loaded.report.kind == kind, loaded.said
        assert loaded.rows(f"SELECT {select} FROM {kind}") == [first]
        assert loaded.balanced()


def test_a_look_before_loading_says_what_would_happen(tmp_path: Path):
    path = tmp_path / "upload"
    path.write_bytes(
        "kundnr;namn;datum;belopp\n00001;Åsa Öberg;2024-03-25;1 234,50 kr\n00002;Bo Ek;2024-03-26;7,00 kr\n".encode(
            "cp1252"
        )
    )
    look = propose(path, name="köp.csv", options=ReadOptions())
    assert (look.kind, look.outcome) == ("transactions", "warn")
    assert [(c.label, c.content, c.field, c.personal) for c in look.columns] == [
        ("kundnr", "number", "customer_id", ""), ("namn", "text", "", "name"), ("datum", "date", "ordered_at", ""),
        ("belopp", "number", "amount", ""),
    ]  # fmt: skip
    assert look.rows[0] == ("00001", "Åsa Öberg", "2024-03-25", "1 234,50 kr")
    decided = {decision.name: decision.value for decision in look.decisions}
    assert (decided["encoding"], decided["delimiter"], decided["header_line"]) == ("cp1252", ";", "1")
    assert all(words.message(c.reason) for c in look.columns for words in (SV, EN))


def test_a_look_at_a_refused_file_says_why(tmp_path: Path):
    path = tmp_path / "upload"
    path.write_bytes(b"")
    look = propose(path, name="tom.csv", options=ReadOptions())
    assert (look.kind, look.outcome) == ("", "refuse")


def test_cancelling_leaves_nothing_behind(con: duckdb.DuckDBPyConnection, tmp_path: Path):
    path = tmp_path / "upload"
    path.write_text(_sales(100, 0, "2024-03"), encoding="utf-8")
    report = read_into(con, path, name="a", file_id=1, options=ReadOptions(), key=KEY, cancelled=lambda: True)
    assert [message.code for message in report.messages] == ["cancelled"]
    assert con.execute("SELECT count(*) FROM transactions").fetchone() == (0,)


def test_a_wide_test_file_is_split_into_groups_customers_and_sales():
    content = (
        "kundnr;namn;epost;grupp;skickad;köpbelopp;orderdatum\n"
        "1;Åsa Ek;a@example.se;test;2024-03-15;95,50;2024-04-01\n2;Bo Al;b@example.se;kontroll;2024-03-15;;\n"
    )
    with reading(content) as loaded:
        assert (loaded.report.kind, loaded.report.rows, loaded.report.outcome) == ("assignments", 2, "warn")
        assert loaded.rows("SELECT customer_id, arm FROM assignments ORDER BY 1") == [("1", "test"), ("2", "kontroll")]
        assert loaded.rows("SELECT customer_id, name, email FROM customers ORDER BY 1") == [
            ("1", "Åsa Ek", "a@example.se"), ("2", "Bo Al", "b@example.se"),
        ]  # fmt: skip
        assert loaded.rows("SELECT customer_id, amount FROM transactions") == [("1", Decimal("95.50"))]
        assert {"customers_split", "sales_split"} <= loaded.codes
        assert loaded.balanced()


def test_first_and_last_names_make_a_name():
    with reading("medlemsnr;förnamn;efternamn;ort\n1;Åsa;Öberg;Lund\n2;Bo;;Ystad\n") as loaded:
        assert loaded.rows("SELECT name FROM customers ORDER BY line") == [("Åsa Öberg",), ("Bo",)]
        assert loaded.rows("SELECT label FROM attributes") == []


@pytest.mark.parametrize(
    ("header", "vat", "currency"),
    [("belopp inkl moms", "included", None), ("netto", "excluded", None), ("belopp", None, None),
     ("Belopp (SEK)", None, "SEK"), ("belopp exkl moms kr", "excluded", "SEK")],
)  # fmt: skip
@pytest.mark.parametrize("n", [2, 100])
def test_the_amounts_header_tells_vat_and_currency(header: str, vat: str | None, currency: str | None, n: int):
    content = f"kundnr,datum,{header}\n" + "".join(f"{at},2024-03-{1 + at % 28:02d},1.50\n" for at in range(n))
    with reading(content, kind="transactions") as loaded:
        assert loaded.rows("SELECT DISTINCT vat, currency FROM transactions") == [(vat, currency)]


def test_three_shapes_of_the_same_swedish_export_load_the_same(tmp_path: Path):
    rows = [
        (f"{at % 13:05d}", f"Åsa Öberg {at}", date(2024, 1, 1) + timedelta(at), at * 131.25 - 900) for at in range(90)
    ]
    lines = ["kundnr;namn;datum;belopp", *(f"{i};{n};{d};{a:.2f}".replace(".", ",") for i, n, d, a in rows)]
    windows = ("\r\n".join(lines) + "\r\n").encode("cp1252")
    wide = "\ufeff" + "\r\n".join(lines).replace(";", "\t")
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as workbook:
        sheet = workbook.add_worksheet()
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, ["kundnr", "namn", "datum", "belopp"])
        for at, (customer, name, when, amount) in enumerate(rows, 1):
            sheet.write_string(at, 0, customer)
            sheet.write_string(at, 1, name)
            sheet.write_datetime(at, 2, datetime.combine(when, datetime.min.time()), day)
            sheet.write_number(at, 3, amount)
    loads: list[list[tuple[object, ...]]] = []
    for content in (windows, wide.encode("utf-16-le"), book.getvalue()):
        with reading(content) as loaded:
            assert loaded.report.rows == 90, loaded.said
            loads.append(loaded.rows("SELECT customer_id, ordered_at, amount, a1 FROM transactions ORDER BY line"))
    assert loads[0] == loads[1] == loads[2]
    assert loads[0][0] == ("00000", datetime(2024, 1, 1), Decimal("-900.00"), "Åsa Öberg 0")


def test_parquet_with_its_own_types(tmp_path: Path):
    path = tmp_path / "köp.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT 13085.0 AS \"Customer ID\", TIMESTAMP '2024-03-25 10:30:00' AS ordered, "
            f"DATE '2024-03-26' AS shipped, CAST(12.5 AS DOUBLE) AS amount, true AS gift) TO '{path}' (FORMAT parquet)"
        )
    with reading(path.read_bytes(), name=path.name) as loaded:
        assert loaded.rows("SELECT customer_id, ordered_at, amount FROM transactions") == [
            ("13085", datetime(2024, 3, 25, 10, 30), Decimal("12.50"))
        ]
        assert loaded.report.outcome == "accept"


def test_personal_numbers_are_not_kept_in_rows_that_were_set_aside():
    ids = ["811218-9876", "640823-3234", "701063-2391", "670919-9530", "811288-9871"]
    content = "kundnr;personnr;datum;belopp\n" + "".join(f"{at};{i};2024-03-25;1,50\n" for at, i in enumerate(ids))
    with reading(content + f"7;{ids[0]};ej;1,50\n8;{ids[1]};2024-03-25;1;2;3\n", kind="transactions") as loaded:
        assert loaded.report.set_aside == 2
        kept = str(loaded.rows("SELECT raw FROM set_aside"))
        assert not any(number in kept for number in ids)
