"""The command line as a nightly job meets it: files in, JSON out, exit codes that mean something."""

import csv
import io
import json
import sys

import pytest

from data.__main__ import main as data_main
from insight.cli import main
from insight.workspace import audit

SALES = """kundnr;köpdatum;ordernr;belopp
00001;2024-01-05;A1;1 000,50
00001;2024-01-05;A1;99,50
00002;2024-03-01;A2;400,00
00002;2024-03-09;A3;-100,00
;2024-03-10;A4;50,00
00003;2024-06-30;A5;0,00
"""


@pytest.fixture
def sales(tmp_path):
    path = tmp_path / "kvitton.csv"
    path.write_bytes(SALES.encode("cp1252"))
    return path


def call(capsys, *parts) -> tuple[int, dict]:
    code = main([*map(str, parts), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_swedish_excel_export_from_file_to_segments(capsys, tmp_path, sales):
    code, loaded = call(capsys, "load", tmp_path / "ws", sales)
    report = loaded["files"][0]
    assert code == 0
    assert (report["kind"], report["rows"], report["set_aside"], report["footers"], report["lines"]) == (
        "transactions", 6, 0, 0, 6,
    )  # fmt: skip
    assert report["mapping"]["amount"] == "belopp"

    code, described = call(capsys, "describe", tmp_path / "ws")
    table = described["tables"]["transactions"]
    assert (table["rows"], table["customers"]) == (6, 3)
    assert (table["amount_sum"], table["amount_negative_sum"]) == ("1450.00", "-100.00")
    assert (table["first"], table["last"]) == ("2024-01-05", "2024-06-30")

    code, answer = call(capsys, "run", tmp_path / "ws", "segments.rfm", "as_of=2024-07-01")
    assert code == 0
    columns = answer["table"]["columns"]
    assert sum(row[columns.index("n_customers")] for row in answer["table"]["rows"]) == 3
    assert set(answer["headline"]) >= {"key", "values", "sv", "en"}

    assert main(["customers", str(tmp_path / "ws"), "segments.rfm", "as_of=2024-07-01", "--csv"]) == 0
    rows = {row["customer_id"]: row for row in csv.DictReader(io.StringIO(capsys.readouterr().out))}
    # A return lowers spend, is no order and moves no date; an order of 0 kr is an order.
    found = {who: (row["days_since_last"], row["n_orders"], row["spend"]) for who, row in rows.items()}
    assert found == {
        "00001": ("178", "1", "1100.00"), "00002": ("122", "1", "300.00"), "00003": ("1", "1", "0.00"),
    }  # fmt: skip


def test_money_in_json_keeps_both_decimals(capsys, tmp_path, sales):
    main(["load", str(tmp_path / "ws"), str(sales)])
    capsys.readouterr()
    main(["run", str(tmp_path / "ws"), "overview.key_figures", "start=2024-01-01", "end=2025-01-01", "--json"])
    text = capsys.readouterr().out
    assert '"value": 1450.00' in text


def test_a_mark_lists_its_customers_and_its_link_is_a_scope(capsys, tmp_path, sales):
    workspace = tmp_path / "ws"
    main(["load", str(workspace), str(sales)])
    capsys.readouterr()
    _, answer = call(capsys, "run", workspace, "segments.rfm")
    columns = answer["table"]["columns"]
    first = answer["table"]["rows"][0]
    segment, n = first[columns.index("segment")], first[columns.index("n_customers")]
    code, listed = call(capsys, "customers", workspace, "segments.rfm", "--mark", f"segment={segment}")
    assert (code, listed["count"], len(listed["rows"])) == (0, n, n)
    assert set(listed["audience"]) == {"sv", "en", "link"}
    assert answer["labels"][segment]["sv"] in listed["audience"]["sv"]
    _, within = call(capsys, "run", workspace, "overview.key_figures", "--scope", listed["audience"]["link"])
    assert within["metrics"]["identified_share"]["value"] in (1, None)


@pytest.mark.parametrize(
    ("parts", "key"),
    [
        (["run", "WS", "segments.rmf"], "analysis.unknown"),
        (["run", "WS", "segments.rfm", "as_off=2024-01-01"], "setting.unknown"),
        (["run", "WS", "segments.rfm", "as_of=igår"], "setting.not_a_date"),
        (["run", "WS", "segments.rfm", "oops"], "setting.not_a_pair"),
        (["run", "WS", "segments.rfm", "--scope", "nonsense("], "analysis.unknown"),
        (["customers", "WS", "segments.rfm", "--mark", "customer_id=1"], "audience.unknown_mark"),
        (["describe", "NOWHERE"], "workspace.not_found"),
        (["load", "WS", "missing.csv"], "cli.no_such_file"),
        (["load", "WS", "SALES", "--set", "encodign=utf-8"], "ingest.unknown_setting"),
        (["explode"], "cli.usage"),
    ],
)
def test_wrong_use_is_refused_with_exit_2_and_one_object(capsys, tmp_path, sales, parts, key):
    main(["load", str(tmp_path / "WS"), str(sales)])
    capsys.readouterr()
    named = {"WS": tmp_path / "WS", "NOWHERE": tmp_path / "NOWHERE", "SALES": sales}
    code, answer = call(capsys, *[named.get(part, part) for part in parts])
    assert code == 2
    assert answer["error"]["key"] == key
    assert answer["error"]["sv"] and answer["error"]["en"]


def test_settings_may_stand_after_the_options(capsys, tmp_path, sales):
    main(["load", str(tmp_path / "WS"), str(sales)])
    capsys.readouterr()
    code, answer = call(capsys, "run", tmp_path / "WS", "segments.rfm", "--lang", "en", "as_of=2025-01-01")
    assert (code, answer["settings"]) == (0, {"as_of": "2025-01-01"})
    code, answer = call(capsys, "run", tmp_path / "WS", "segments.rfm", "--lang", "en", "--nonsense")
    assert (code, answer["error"]["key"]) == (2, "cli.usage")


def test_a_refused_file_leaves_the_others_and_says_so(capsys, tmp_path, sales):
    empty = tmp_path / "tom.csv"
    empty.write_text("")
    code, loaded = call(capsys, "load", tmp_path / "ws", sales, empty)
    assert code == 2
    assert [report["outcome"] for report in loaded["files"]][1] == "refuse"
    _, described = call(capsys, "describe", tmp_path / "ws")
    assert described["tables"]["transactions"]["rows"] == 6


def test_the_same_file_again_is_refused_and_another_is_appended(capsys, tmp_path, sales):
    call(capsys, "load", tmp_path / "ws", sales)
    code, again = call(capsys, "load", tmp_path / "ws", sales)
    assert (code, again["files"][0]["messages"][0]["code"]) == (2, "same_file_again")
    more = tmp_path / "mer.csv"
    more.write_text("kundnr;köpdatum;belopp\n00009;2024-07-01;10,00\n", encoding="utf-8")
    call(capsys, "load", tmp_path / "ws", more)
    _, described = call(capsys, "describe", tmp_path / "ws")
    assert described["tables"]["transactions"]["rows"] == 7
    call(capsys, "load", tmp_path / "ws", more, "--set", "if_exists=replace")
    _, described = call(capsys, "describe", tmp_path / "ws")
    assert described["tables"]["transactions"]["rows"] == 1


def test_replacing_a_customer_file_keeps_the_customers_it_has_again(capsys, tmp_path):
    old, new = tmp_path / "kunder-1.csv", tmp_path / "kunder-2.csv"
    old.write_text("kundnr;ort\n1;Lund\n2;Solna\n", encoding="utf-8")
    new.write_text("kundnr;ort\n2;Umeå\n3;Kiruna\n", encoding="utf-8")
    call(capsys, "load", tmp_path / "ws", old)
    code, loaded = call(capsys, "load", tmp_path / "ws", new, "--set", "if_exists=replace")
    assert (code, loaded["files"][0]["rows"]) == (0, 2)
    _, described = call(capsys, "describe", tmp_path / "ws")
    assert described["tables"]["customers"]["rows"] == 2


def test_a_forgotten_workspace_is_gone(capsys, tmp_path, sales):
    call(capsys, "load", tmp_path / "ws", sales)
    code, refused = call(capsys, "forget", tmp_path / "ws")
    assert (code, refused["error"]["key"]) == (2, "cli.forget_needs_yes")
    assert (tmp_path / "ws" / "manifest.json").exists()
    code, _ = call(capsys, "forget", tmp_path / "ws", "--yes")
    assert code == 0
    assert not (tmp_path / "ws").exists()


@pytest.mark.parametrize(
    ("lang", "typed", "code", "asked"),
    [
        ("sv", "nej\n", 2, "Radera arbetsytan"), ("sv", "\n", 2, "Radera arbetsytan"), ("sv", "j\n", 0, "för gott"),
        ("en", "n\n", 2, "Erase the workspace"), ("en", "y\n", 0, "Erase the workspace"),
    ],
)  # fmt: skip
def test_who_sits_at_the_terminal_is_asked_before_a_folder_goes(
    capsys, tmp_path, sales, monkeypatch, lang, typed, code, asked
):
    call(capsys, "load", tmp_path / "ws", sales)
    terminal = io.StringIO(typed)
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    assert main(["forget", str(tmp_path / "ws"), "--lang", lang]) == code
    assert asked in capsys.readouterr().err
    assert (tmp_path / "ws").exists() == (code == 2)


@pytest.mark.parametrize(
    ("lang", "said"), [("sv", "others (Övriga)"), ("en", "others (Others)")]
)  # fmt: skip
def test_a_value_that_no_mark_has_is_refused_with_those_there_are(capsys, tmp_path, sales, lang, said):
    workspace = tmp_path / "ws"
    main(["load", str(workspace), str(sales)])
    capsys.readouterr()
    lines = len(audit.events(workspace))
    code = main(["customers", str(workspace), "segments.rfm", "--mark", "segment=gold", "--csv", "--lang", lang])
    out = capsys.readouterr()
    assert (code, out.out) == (2, "")
    assert "gold" in out.err and said in out.err
    assert len(audit.events(workspace)) == lines, "a list that was refused is not logged as one"
    # A segment that nobody is in just now is a segment still.
    assert main(["customers", str(workspace), "segments.rfm", "--mark", "segment=champions", "--csv"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_in_words_sums_have_their_currency_fields_their_names_and_choices_their_setting(capsys, tmp_path):
    file = tmp_path / "köp.csv"
    file.write_text("kundnr;köpdatum;belopp\n1;03/04/2024;1234,50\n2;03/05/2024;10,00\n", encoding="utf-8")
    main(["load", str(tmp_path / "ws"), str(file)])
    told = capsys.readouterr().out.splitlines()
    assert "  Köpdatum ← köpdatum" in told
    assert not any("ordered_at" in line for line in told)
    assert told[next(i for i, line in enumerate(told) if "dag och månad" in line) + 1].endswith("--set day_first=no")
    assert any(line.endswith("--set currency=EUR") for line in told)
    main(["load", str(tmp_path / "other"), str(file), "--set", "currency=EUR", "--lang", "en"])
    assert "  Order date ← köpdatum" in capsys.readouterr().out.splitlines()
    main(["describe", str(tmp_path / "other"), "--lang", "en"])
    assert "EUR 1,244.50" in capsys.readouterr().out.replace("\u00a0", " ")
    main(["describe", str(tmp_path / "ws")])
    assert "summa 1 244,50 kr" in capsys.readouterr().out.replace("\u00a0", " ")


def test_a_list_to_read_has_words_for_heads_each_once(capsys, tmp_path, sales):
    main(["load", str(tmp_path / "ws"), str(sales)])
    for lang, word in (("sv", "Försäljning"), ("en", "Sales")):
        capsys.readouterr()
        assert main(["customers", str(tmp_path / "ws"), "segments.rfm", "--lang", lang]) == 0
        head = capsys.readouterr().out.splitlines()[1]
        assert head.count(word) == 1
        assert "heading" not in head and "_" not in head


def test_the_ends_of_an_interval_have_names(capsys, tmp_path, sales):
    main(["load", str(tmp_path / "ws"), str(sales)])
    capsys.readouterr()
    windows = ("start=2024-04-01", "end=2024-07-01")
    assert main(["run", str(tmp_path / "ws"), "ladder.migration", *windows]) == 0
    out = capsys.readouterr().out
    assert "Andel av raden, lägst" in out and "Andel av raden, högst" in out
    assert "share_low" not in out


def test_help_of_the_demo_makes_no_folder(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for argument, code in (("--help", 0), ("--hjälp", 2)):
        with pytest.raises(SystemExit) as stopped:
            data_main([argument])
        assert stopped.value.code == code
    said = capsys.readouterr()
    assert "FOLDER" in said.out and "FOLDER" in said.err
    assert list(tmp_path.iterdir()) == []


def test_the_demo_company_has_its_clubs_levels_on_the_command_line_too(tmp_path, capsys):
    folder = tmp_path / "demo"
    assert data_main([str(folder)]) == 0
    capsys.readouterr()
    assert main(["run", str(folder), "ladder.steps", "--json"]) == 0
    table = json.loads(capsys.readouterr().out)["table"]
    bounds = [row[table["columns"].index("low_bound")] for row in table["rows"]]
    assert sorted(float(bound) for bound in bounds if bound) == [4000, 10000]


def test_recipe_is_printed_and_taken_from_a_file(tmp_path, capsys):
    folder, file = tmp_path / "data", tmp_path / "sales.csv"
    file.write_text("Kund-nr;Datum;Belopp\n1;2025-01-02;100,50\n2;2025-02-02;20\n", encoding="utf-8")
    assert main(["load", str(folder), str(file)]) == 0
    capsys.readouterr()
    given = tmp_path / "recipe.json"
    given.write_text(
        '{"kundkompass_recipe": 1, "audiences": [{"name": "Bäst", "link": "segments.rfm;@segment=champions"}]}',
        encoding="utf-8",
    )
    assert main(["recipe", str(folder), "--apply", str(given)]) == 0
    told = capsys.readouterr().out
    assert "Belopp från Belopp" in told
    assert "Bäst: RFM-segment: Stamkunder" in told
    assert main(["recipe", str(folder), "--json"]) == 0
    form = json.loads(capsys.readouterr().out)
    assert [saved["name"] for saved in form["audiences"]] == ["Bäst"]
    assert form["files"][0]["columns"] == ["Kund-nr", "Datum", "Belopp"]
    given.write_text('{"kundkompass_recipe": 99}', encoding="utf-8")
    assert main(["recipe", str(folder), "--apply", str(given)]) == 2
    assert "nyare" in capsys.readouterr().err
