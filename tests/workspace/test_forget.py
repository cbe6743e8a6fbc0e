"""Forgetting: no byte of the person stays, no figure of the past moves, and the person does not come back."""

import json
from decimal import Decimal

import duckdb
import pytest

from insight.analysis import registry
from insight.cli import main
from insight.errors import WorkspaceError
from insight.ingest.options import ReadOptions
from insight.workspace import audit, forget
from insight.workspace.store import SourceFile, Workspace
from tests.build import empty, workspace

# What must be gone: two ids, name, address, telephone, an order number, a comment and a column of the client's own.
TRACES = [
    "AK-471100",
    "WEB-8812",
    "Ågot Xylander",
    "agot.x@example.se",
    "0701-993311",
    "ORD-66001",
    "hälsar Ågot",
    "Kaptensgatan",
]

FILES = {
    "kunder Ågot Xylander.csv": "kundnr;namn;e-post;telefon;ort;Gata\n"
    "AK-471100;Ågot Xylander;agot.x@example.se;0701-993311;Kil;Kaptensgatan 4\n"
    "AK-2;Bo Ek;bo@example.se;0702-111111;Umeå;Storgatan 1\n",
    "köp.csv": "kundnr;köpdatum;ordernr;belopp;Leverans till\n"
    "AK-471100;2024-01-05 10:15;ORD-66001;100,10;Kaptensgatan 4\n"
    "AK-471100;2024-01-05 10:15;ORD-66001;20,00;Kaptensgatan 4\n"
    "WEB-8812;2024-02-05 08:00;ORD-66002;99,50;Kaptensgatan 4\nAK-471100;2024-03-05 08:00;ORD-66003;-9,50;\n"
    "AK-2;2024-03-01 09:00;ORD-7;400,00;Storgatan 1\nAK-471100;i går;ORD-66009;1,00;Kaptensgatan 4\n",
    "nps.csv": "kundnr;betyg;datum;kommentar\nWEB-8812;9;2024-02-01;hälsar Ågot\nAK-2;4;2024-02-01;nja\n",
    "id.csv": "kundnr;annat id;slag\nAK-471100;WEB-8812;webb\n",
}


def load(made: Workspace, folder, name, text=None, **options):
    path = folder / "in.csv"
    path.write_text(FILES[name] if text is None else text, encoding="utf-8")
    (report,) = made.load([SourceFile(path, name, ReadOptions.parse(options))])
    return report


@pytest.fixture
def made(tmp_path):
    found = empty()
    for name in FILES:
        assert load(found, tmp_path, name).outcome != "refuse"
    return found


def traces(made: Workspace) -> set[str]:
    """What of the person can be found: in the bytes of every file, and in every cell of the database."""
    made.close()
    parts = [path.read_bytes() for path in made.folder.iterdir()]
    parts += [path.name.encode() for path in made.folder.iterdir()]
    with duckdb.connect(str(made.folder / made.manifest.database), read_only=True) as con:
        tables = [row[0] for row in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        parts += [repr(con.execute(f"SELECT * FROM {table}").fetchall()).encode() for table in tables]
    data = b"\n".join(parts).decode("utf-8", "replace").lower()
    return {trace for trace in TRACES if trace.lower() in data}


def past(made: Workspace) -> list:
    with made.query() as query:
        return [
            query.rows("SELECT * FROM month_cube ORDER BY ALL"),
            query.rows(
                "SELECT month_no, count(*), sum(n_orders), sum(sales) FROM customer_months GROUP BY 1 ORDER BY 1"
            ),
            query.rows(
                "SELECT n_orders, n_returns, sales, first_order_on, last_order_on FROM customer_facts ORDER BY ALL"
            ),
            query.rows("SELECT ordered_on, n_lines, sales, is_return FROM orders ORDER BY ALL"),
            query.rows("SELECT score, answered_on FROM answers ORDER BY ALL"),
            [dict(registry.run(query, key, {}).metrics) for key in ("overview.key_figures", "nps.score")],
        ]


def test_no_byte_of_the_person_stays_and_no_figure_of_the_past_moves(made):
    before = past(made)
    assert traces(made) == set(TRACES), "the test can find what it looks for"
    receipt = made.forget("WEB-8812")
    assert traces(made) == set()
    assert past(made) == before
    assert receipt.rows == {"transactions": 4, "answers": 1, "customers": 1, "identities": 1, "set_aside": 1}
    assert receipt.before["sales"] == receipt.after["sales"] == Decimal("610.10")
    assert (receipt.before["customers"], receipt.after["customers"]) == (2, 1)
    assert receipt.left_in == ()
    assert Workspace.open(made.folder).manifest.counts["transactions"] == 5
    with made.query() as query:
        (alias,) = query.one("SELECT DISTINCT customer_id FROM transactions WHERE customer_id LIKE 'anonym-%'")
        assert query.one("SELECT customer_id FROM answers WHERE score = 9") == (alias,)
        assert query.rows("SELECT reason, raw FROM set_aside") == [("date_unreadable", None)]
    assert alias not in json.dumps(receipt.as_json())
    assert [(event.action, event.values["rows"]) for event in audit.events(made.folder)][-1] == (
        "customer_forgotten",
        8,
    )


def test_the_person_does_not_come_back(made, tmp_path):
    made.forget("AK-471100")
    again = "kundnr;köpdatum;ordernr;belopp\nAK-471100;2024-06-05;ORD-66001;10,00\nWEB-8812;2024-06-05;ORD-9;20,00\n"
    again += "AK-2;2024-06-06;ORD-10;30,00\nAK-471100;i går;ORD-66001;40,00\n"
    report = load(made, tmp_path, "juni.csv", again)
    assert (report.rows, report.set_aside, report.lines, report.outcome) == (1, 3, 4, "warn")
    assert report.figures["amount_sum"] == "30.00"
    assert "aside_forgotten" in {message.code for message in report.messages}
    report = load(
        made, tmp_path, "kunder igen.csv", FILES["kunder Ågot Xylander.csv"] + "AK-3;Ny Kund;n@example.se;;Kil;A\n"
    )
    assert (report.kind, report.rows, report.set_aside) == ("customers", 2, 1)
    assert load(made, tmp_path, "id igen.csv", FILES["id.csv"] + "AK-2;WEB-1;webb\n").rows == 1
    assert traces(made) == set()
    with made.query() as query:
        assert query.rows("SELECT customer_id FROM customers ORDER BY 1") == [("AK-2",), ("AK-3",)]
        assert query.one("SELECT count(*) FROM set_aside WHERE reason = 'forgotten' AND raw IS NULL") == (4,)


def test_nor_with_a_large_plain_file(made, tmp_path):
    made.forget("AK-471100")
    lines = [f"{'AK-471100' if n % 10 == 0 else f'K{n % 37}'};2024-06-{1 + n % 28:02d};P{n};{n}.25" for n in range(400)]
    report = load(made, tmp_path, "stor.csv", "kundnr;datum;ordernr;belopp\n" + "\n".join(lines) + "\n")
    assert (report.rows, report.set_aside, report.lines) == (360, 40, 400)
    assert Decimal(report.figures["amount_sum"]) == sum(Decimal(n) + Decimal("0.25") for n in range(400) if n % 10)
    assert traces(made) == set()


def test_a_column_of_ones_own_keeps_what_five_others_have_too():
    rows = [{"customer_id": f"k-{n}", "ordered_at": "2024-01-03", "amount": n, "Säsong": "jul"} for n in range(6)]
    rows += [
        {"customer_id": "k-0", "ordered_at": "2024-01-04", "amount": 1, "Säsong": word} for word in ("hos mor", "rea")
    ]
    rows += [{"customer_id": f"k-{n}", "ordered_at": "2024-01-04", "amount": 1, "Säsong": "rea"} for n in range(1, 5)]
    made = workspace(rows)
    made.forget("k-0")
    with made.query() as query:
        kept = query.rows("SELECT a1 FROM transactions WHERE customer_id LIKE 'anonym%' ORDER BY a1 NULLS LAST")
    assert kept == [("jul",), (None,), (None,)]


def test_two_are_forgotten_one_after_the_other_and_keep_apart():
    rows = [("aa-1", "2024-01-03", 1), ("bb-2", "2024-01-03", 2), ("cc-3", "2024-01-03", 4)]
    made = workspace(rows, customers=[{"customer_id": "aa-1"}, {"customer_id": "bb-2"}])
    made.forget("aa-1")
    made.forget("bb-2")
    with made.query() as query:
        found = query.rows("SELECT customer_id, sales FROM customer_facts ORDER BY sales")
    assert [sales for _, sales in found] == [1, 2, 4]
    assert len({who for who, _ in found}) == 3
    with pytest.raises(WorkspaceError) as refused:
        made.forget("aa-1")
    assert refused.value.key == "forget.unknown"


def test_short_ids_leave_the_words_of_reports_alone(tmp_path):
    made = empty()
    load(made, tmp_path, "köp.csv", "kundnr;köpdatum;belopp\n1;2024-01-05;10,00\n2;2024-01-06;-1,00\n1;;5,00\n")
    made.forget("1")
    ((_, report),) = made.reports()
    assert report["rows"] == 2
    assert any("1" in message["sv"] for message in report["messages"])
    assert "1" not in next(column["examples"] for column in report["columns"] if column["field"] == "customer_id")
    with made.query() as query:
        assert query.rows("SELECT raw FROM set_aside") == [(None,)]


def test_a_change_of_a_past_figure_stops_it(made, monkeypatch):
    version = made.manifest.version
    monkeypatch.setattr(forget, "_ORDERS", forget._ORDERS.replace("'o' || order_id", "'o' || order_id || amount"))
    with pytest.raises(WorkspaceError) as refused:
        made.forget("AK-471100")
    assert refused.value.key == "workspace.sums_differ"
    assert Workspace.open(made.folder).manifest.version == version
    assert "AK-471100" in traces(made)


def test_a_log_that_was_tampered_with_stops_it_before_anything_is_done(made):
    audit.append(made.folder, "list_exported", {"rows": 3})
    log = made.folder / audit.LOG
    log.write_text(log.read_text(encoding="utf-8").replace("3", "2"), encoding="utf-8")
    with pytest.raises(WorkspaceError) as refused:
        made.forget("AK-471100")
    assert refused.value.key == "audit.broken"
    assert "AK-471100" in traces(made)


def test_what_somebody_else_put_in_the_folder_is_told(made):
    (made.folder / "lista.csv").write_text("AK-471100;Ågot Xylander\n", encoding="utf-8")
    assert made.forget("AK-471100").left_in == ("lista.csv",)


def test_the_command_prints_a_receipt_that_names_nobody(made, capsys):
    made.close()
    assert main(["forget", str(made.folder), "--customer", "AK-471100"]) == 0
    printed = capsys.readouterr().out
    assert "en kund är glömd" in printed
    assert "Försäljning: 610,10" in printed.replace("\u00a0", " ").replace("kr före", "före")
    assert not any(trace.lower() in printed.lower() for trace in TRACES)
    assert main(["forget", str(made.folder), "--customer", "AK-471100", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["key"] == "forget.unknown"
