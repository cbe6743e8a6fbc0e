"""What was said about one month's file holds for the next month's: kind, columns, choices; and what is gone is told."""

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from insight import loading, recipe
from insight.cli import main
from insight.ingest.options import FileMemory, ReadOptions
from insight.ingest.report import FileReport
from insight.workspace.store import SourceFile, Workspace

HEADER = "Kod;Dag;X17;Y4"


def month(number: int, *, header: str = HEADER) -> str:
    """Twelve purchases in a month; neither header nor content says which number is the amount, or which is the day."""
    more = ";" * (header.count(";") - 3)
    rows = [f"K{n:03};0{number}/0{1 + n % 9}/2024;{n + 100 * number},50;{n},25{more}" for n in range(12)]
    return "\n".join([header, *rows]) + "\n"


@pytest.fixture
def opened(tmp_path: Path):
    workspace = Workspace.create(tmp_path / "w")
    yield workspace
    workspace.close()


def put(opened: Workspace, name: str, text: str, *, kind: str | None = None, **said: str) -> FileReport:
    path = opened.folder.parent / name
    path.write_text(text, encoding="utf-8")
    (report,) = loading.load(opened, [SourceFile(path, name, ReadOptions.parse(said, kind))])
    return report


def codes(report: FileReport) -> Mapping[str, str]:
    return {message.code: message.severity for message in report.messages}


TOLD = {"amount": "X17", "customer_id": "Kod", "day_first": "no", "vat": "included"}


def test_next_month_needs_no_telling(opened: Workspace):
    first = put(opened, "jan.csv", month(1), kind="transactions", **TOLD)
    second = put(opened, "feb.csv", month(2))
    assert (second.kind, second.rows, second.mapping) == ("transactions", 12, first.mapping)
    assert codes(second)["memory_used"] == "warning", "the order of the day was decided for another file"
    # Month first: 02/03/2024 is the third of February. Sums by hand: 12 × n100,50 + (0 + … + 11).
    with opened.query() as query:
        months = query.rows("SELECT DISTINCT month(ordered_at), file_id FROM transactions ORDER BY 2")
        sums = query.rows("SELECT sum(amount), any_value(vat) FROM transactions GROUP BY file_id ORDER BY file_id")
    assert months == [(1, 1), (2, 2)]
    assert sums == [(Decimal("1272.00"), "included"), (Decimal("2472.00"), "included")]


def test_without_the_memory_the_same_file_is_asked_about(opened: Workspace):
    put(opened, "jan.csv", month(1), kind="transactions", **TOLD)
    second = put(opened, "feb.csv", month(2), memory="no")
    assert second.outcome != "accept"
    assert "memory_used" not in codes(second)


def test_what_is_said_now_wins(opened: Workspace):
    put(opened, "jan.csv", month(1), kind="transactions", **TOLD)
    second = put(opened, "feb.csv", month(2), amount="Y4", vat="excluded")
    assert second.mapping["amount"] == "Y4"
    assert second.figures["vat"] == "excluded"
    assert put(opened, "mar.csv", month(3)).mapping["amount"] == "Y4", "the latest word is what is remembered"


def test_a_column_that_is_gone_is_named_and_the_rest_is_used(opened: Workspace):
    put(opened, "jan.csv", month(1), kind="transactions", vat="included", store="Y4", customer_id="Kod")
    second = put(opened, "feb.csv", month(2, header="Kod;Dag;X17;Y5"))
    (told,) = [message for message in second.messages if message.code == "memory_partly"]
    assert (told.severity, told.values["columns"]) == ("warning", "Y4")
    assert second.figures["vat"] == "included"


def test_a_further_column_is_no_hindrance(opened: Workspace):
    put(opened, "jan.csv", month(1), kind="transactions", **TOLD)
    second = put(opened, "feb.csv", month(2, header=HEADER + ";Nytt"))
    assert (second.mapping["amount"], codes(second).get("memory_used")) == ("X17", "warning")


@pytest.mark.parametrize(
    ("said", "severity"),
    [({}, "note"), ({"returns": "auto"}, "note"), ({"signs": "keep"}, "note"), ({"signs": "swap"}, "warning"),
     ({"currency": "EUR"}, "warning"), ({"decimal": ","}, "warning"), ({"day_first": "yes"}, "warning")],
)  # fmt: skip
def test_what_was_chosen_before_is_a_warning_where_figures_depend_on_it(opened: Workspace, said, severity: str):
    put(opened, "jan.csv", month(1), kind="transactions", customer_id="Kod", amount="X17", **said)
    assert codes(put(opened, "feb.csv", month(2)))["memory_used"] == severity


def test_another_kind_of_file_with_some_of_the_columns_is_not_taken_for_it(opened: Workspace):
    put(opened, "kunder.csv", "kundnr;namn\n1;Bo Ek\n2;Åsa Öst\n", kind="customers")
    report = put(opened, "köp.csv", "kundnr;namn;datum;belopp\n1;Bo Ek;2024-01-02;10,00\n1;Bo Ek;2024-01-03;20,00\n")
    assert report.kind == "transactions"
    assert not codes(report).keys() & {"memory_used", "memory_partly"}


def test_dates_that_say_the_opposite_are_believed(opened: Workspace):
    put(opened, "jan.csv", month(1), kind="transactions", **TOLD)
    text = month(2).replace("02/01/2024", "23/02/2024").replace("02/02/2024", "24/02/2024")
    second = put(opened, "feb.csv", text)
    assert second.rows == 12
    with opened.query() as query:
        assert query.one("SELECT max(ordered_at)::DATE::VARCHAR FROM transactions WHERE file_id = 2")[0] == "2024-09-02"


def test_where_the_headings_stand_is_remembered(opened: Workspace):
    text = "kundnr;köpdatum;belopp\nx;x;x\nKod;Dag;X17\n" + "".join(f"{n};2024-01-1{n};{n},00\n" for n in range(1, 9))
    told = {"customer_id": "Kod", "amount": "X17", "header_line": "3"}
    put(opened, "jan.csv", text, kind="transactions", **told)
    second = put(opened, "feb.csv", text.replace("2024-01", "2024-02"))
    assert (second.rows, second.mapping["amount"]) == (8, "X17")
    plain = put(opened, "annan.csv", "kundnr;köpdatum;belopp\n1;2024-03-01;5,00\n2;2024-03-02;6,00\n")
    assert (plain.rows, plain.mapping["amount"]) == (2, "belopp")


def test_columns_without_headings_are_known_by_what_they_hold(opened: Workspace):
    rows = "".join(f"K{n:03};{n},50;2024-01-1{n};A{n}\n" for n in range(1, 9))
    put(opened, "jan.csv", rows, kind="transactions", customer_id="Kolumn 1", amount="Kolumn 2")
    again = put(opened, "feb.csv", rows.replace("2024-01", "2024-02"))
    assert codes(again)["memory_used"] == "note"
    other = put(opened, "annat.csv", "".join(f"2024-01-1{n};K{n:03};{n},50;7\n" for n in range(1, 9)))
    assert "memory_used" not in codes(other)
    assert other.mapping["amount"] == "Kolumn 3"


def test_a_file_that_is_utf8_now_is_not_forced_into_what_it_was(opened: Workspace):
    header = "kundnr;datum;belopp;försäljare"
    text = header + "\n" + "".join(f"{n};2024-01-1{n};{n},00;Åsa\n" for n in range(1, 9))
    path = opened.folder.parent / "jan.csv"
    path.write_bytes(text.encode("cp1252"))
    loading.load(opened, [SourceFile(path, "jan.csv", ReadOptions.parse({"encoding": "windows-1252"}))])
    again = put(opened, "feb.csv", text.replace("2024-01", "2024-02"))
    assert again.outcome == "accept"
    with opened.query() as query:
        assert query.rows("SELECT DISTINCT a1 FROM transactions") == [("Åsa",)]


def test_the_recipe_holds_columns_and_choices_but_no_cell(opened: Workspace):
    put(opened, "jan.csv", month(1), kind="transactions", **TOLD)
    text = (opened.folder / recipe.FILE).read_text(encoding="utf-8")
    (kept,) = recipe.read(opened.folder).files
    assert kept == FileMemory(
        "transactions", ("Kod", "Dag", "X17", "Y4"),
        {"ordered_at": "Dag", "amount": "X17", "customer_id": "Kod"}, {"day_first": "no", "vat": "included"},
    )  # fmt: skip
    assert "K001" not in text
    assert "101,50" not in text


def test_first_rows_taken_for_headings_are_not_remembered(opened: Workspace):
    text = "anna@example.se;2024;15\nbo@example.se;x;16\ncy@example.se;y;17\n"
    report = put(opened, "x.csv", text, kind="customers", header_line="1", customer_id="anna@example.se")
    assert report.rows == 2
    assert report.memory is None


def test_what_was_remembered_can_be_forgotten(opened: Workspace):
    put(opened, "jan.csv", month(1), kind="transactions", **TOLD)
    loading.forget(opened, ["y4", "KOD", "dag", "x17"])
    assert recipe.read(opened.folder).files == ()


def test_a_refused_file_teaches_nothing(opened: Workspace):
    put(opened, "tom.csv", "kundnr;datum;belopp\n")
    assert not (opened.folder / recipe.FILE).exists()


def test_another_workspaces_recipe_reads_this_ones_file(opened: Workspace, tmp_path: Path, capsys):
    put(opened, "jan.csv", month(1), kind="transactions", **TOLD)
    file = tmp_path / "feb.csv"
    file.write_text(month(2), encoding="utf-8")
    said = ["load", str(tmp_path / "other"), str(file), "--json", "--recipe", str(opened.folder / recipe.FILE)]
    assert main(said) == 0
    (report,) = json.loads(capsys.readouterr().out)["files"]
    assert (report["mapping"]["amount"], report["rows"]) == ("X17", 12)
    assert recipe.read(tmp_path / "other").files == recipe.read(opened.folder).files


def test_a_recipe_that_is_none_stops_before_anything_is_read(tmp_path: Path, capsys):
    file = tmp_path / "feb.csv"
    file.write_text(month(2), encoding="utf-8")
    assert main(["load", str(tmp_path / "w"), str(file), "--json", "--recipe", str(file)]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["key"] == "recipe.not_a_recipe"
    assert not (tmp_path / "w").exists()


def test_choices_are_told_apart_from_what_was_found():
    told = ReadOptions.parse({"day_first": "no", "header_line": "1", "personal_ids": "drop", "returns": "auto"})
    assert told.choices == {"day_first": "no", "header_line": "1", "personal_ids": "drop", "returns": "auto"}
    assert ReadOptions().choices == {}
    assert replace(told, recalled=frozenset({"day_first"})).sure("day_first") is None
