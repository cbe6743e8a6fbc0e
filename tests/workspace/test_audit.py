"""The audit log: what was written stays readable, what was tampered with is found, nobody's data gets in."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest

from insight import recipe
from insight.cli import main
from insight.errors import WorkspaceError
from insight.i18n.catalog import Words
from insight.ingest.options import ReadOptions
from insight.words import audit_line
from insight.workspace import audit
from insight.workspace.store import SourceFile, file_hash
from tests.build import empty, workspace

NOON = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    for rows in (120, 3, 7):
        audit.append(tmp_path, "list_exported", {"rows": rows, "columns": ["name", "city"], "reason": "vår"}, at=NOON)
    return tmp_path


def lines(folder) -> list[str]:
    return (folder / audit.LOG).read_text(encoding="utf-8").splitlines(keepends=True)


def test_events_come_back_as_they_were_said(folder):
    found = audit.events(folder)
    assert [event.values["rows"] for event in found] == [120, 3, 7]
    assert (found[0].at, found[0].action) == ("2025-03-01T12:00:00+00:00", "list_exported")
    assert found[0].values["columns"] == ["name", "city"]
    assert audit.verify(folder) == audit.Verdict(3, None)
    assert audit.verify(folder / "nothing here").whole


def changed(all_lines):
    return [all_lines[0], all_lines[1].replace('"rows": 3', '"rows": 2'), all_lines[2]]


@pytest.mark.parametrize(
    ("tamper", "where"),
    [
        (changed, 2),
        (lambda all_lines: [all_lines[0], all_lines[2]], 2),
        (lambda all_lines: [all_lines[1], all_lines[0], all_lines[2]], 1),
        (lambda all_lines: [*all_lines, all_lines[2]], 4),
        (lambda all_lines: [all_lines[0], "not json\n", all_lines[2]], 2),
        (lambda all_lines: all_lines[:2], 3),
        (lambda all_lines: [], 1),
        (lambda all_lines: [*all_lines[:2], all_lines[2].rstrip("\n")], 3),
    ],
    ids=["changed", "taken out", "moved", "repeated", "overwritten", "cut at the end", "emptied", "last torn"],
)
def test_tampering_is_found_at_its_line_and_stops_the_log(folder, tamper, where):
    (folder / audit.LOG).write_text("".join(tamper(lines(folder))), encoding="utf-8")
    assert audit.verify(folder).broken == where
    with pytest.raises(WorkspaceError) as refused:
        audit.append(folder, "list_exported", {})
    assert refused.value.key == "audit.broken"


def test_a_line_forged_with_its_own_hash_does_not_fit_the_next(folder):
    entry = json.loads(lines(folder)[1])
    entry["values"]["rows"] = 2
    body = {name: value for name, value in entry.items() if name != "hash"}
    forged = json.dumps({**body, "hash": audit._digest(body)}, ensure_ascii=False) + "\n"
    kept = lines(folder)
    (folder / audit.LOG).write_text("".join([kept[0], forged, kept[2]]), encoding="utf-8")
    assert audit.verify(folder).broken == 3


def test_a_crash_while_a_line_was_written_breaks_nothing(folder):
    with (folder / audit.LOG).open("a", encoding="utf-8") as file:
        file.write('{"number": 4, "at": "20')
    assert audit.verify(folder).whole
    audit.append(folder, "list_exported", {"rows": 9})
    assert [event.values["rows"] for event in audit.events(folder)] == [120, 3, 7, 9]
    assert audit.verify(folder).whole


def test_a_crash_before_the_latest_hash_was_kept_breaks_nothing(folder):
    head = (folder / audit.HEAD).read_text()
    audit.append(folder, "list_exported", {"rows": 9})
    (folder / audit.HEAD).write_text(head)
    assert audit.verify(folder) == audit.Verdict(4, None)
    audit.append(folder, "list_exported", {"rows": 10})
    assert audit.verify(folder) == audit.Verdict(5, None)


def test_addresses_and_numbers_of_people_are_left_out(folder):
    said = {
        "reason": "för anna.ek@example.se, 811218-9876, 070-123 45 67 i mars",
        "deep": [{"note": "19811218 9876"}],
        "period": "2024-01-01",
    }
    audit.append(folder, "list_exported", said)
    text = lines(folder)[-1]
    assert not any(part in text for part in ("anna", "9876", "123 45"))
    assert audit.events(folder)[-1].values["period"] == "2024-01-01"
    assert "i mars" in audit.events(folder)[-1].values["reason"]


def test_many_at_once_all_get_in(tmp_path):
    writers = [
        Thread(target=lambda: [audit.append(tmp_path, "list_exported", {"rows": n}) for n in range(5)])
        for _ in range(4)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert audit.verify(tmp_path) == audit.Verdict(20, None)


def test_every_line_says_who_did_it_unless_that_is_not_known(tmp_path, monkeypatch):
    monkeypatch.setenv(audit.USER, "anna")
    assert audit.append(tmp_path, "list_exported", {"rows": 1}).who == "anna"
    monkeypatch.setenv(audit.USER, "")  # a server that several people reach
    audit.append(tmp_path, "list_exported", {"rows": 2})
    monkeypatch.delenv(audit.USER)
    monkeypatch.setattr(audit.getpass, "getuser", lambda: "root")
    audit.append(tmp_path, "list_exported", {"rows": 3})

    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr(audit.getpass, "getuser", nobody)
    audit.append(tmp_path, "list_exported", {"rows": 4})
    assert [event.who for event in audit.events(tmp_path)] == ["anna", "", "root", ""]
    text = "".join(lines(tmp_path)).replace('"who": "anna"', '"who": "bo"')
    (tmp_path / audit.LOG).write_text(text, encoding="utf-8")
    assert audit.verify(tmp_path).broken == 1


def test_lines_of_a_log_from_before_names_were_kept_still_hold(tmp_path):
    body = {"number": 1, "at": NOON.isoformat(), "action": "list_exported", "values": {"rows": 5}, "before": "0" * 64}
    digest = audit._digest(body)
    (tmp_path / audit.LOG).write_text(json.dumps({**body, "hash": digest}) + "\n", encoding="utf-8")
    (tmp_path / audit.HEAD).write_text(f"1 {digest}\n", encoding="ascii")
    audit.append(tmp_path, "list_exported", {"rows": 6})
    assert audit.verify(tmp_path) == audit.Verdict(2, None)
    assert audit.events(tmp_path)[0].who == ""


def test_files_in_out_and_again_and_a_recipe_are_logged_without_a_name(tmp_path):
    made = empty()
    first, second = tmp_path / "Anna Eks köp.csv", tmp_path / "feb.csv"
    first.write_text("kund;datum;belopp\nAnna;2024-01-02;10,00\nBo;2024-01-03;20,00\n", encoding="utf-8")
    second.write_text("kund;datum;belopp\nBo;2024-02-03;20,00\n", encoding="utf-8")
    made.load([SourceFile(first, first.name)])
    made.load([SourceFile(second, second.name, ReadOptions(if_exists="replace"))])
    made.load([SourceFile(first, first.name)])
    made.remove(made.manifest.files[-1].file_id)
    told = [(event.action, event.values["table"], event.values["rows"]) for event in audit.events(made.folder)]
    assert told == [
        ("file_loaded", "transactions", 2),
        ("file_replaced", "transactions", 2),
        ("file_loaded", "transactions", 1),
        ("file_loaded", "transactions", 2),
        ("file_removed", "transactions", 2),
    ]
    assert audit.events(made.folder)[0].values["sha256"] == file_hash(first)[:12]
    again = made.manifest.files[0].file_id
    made.load([SourceFile(second, second.name)], instead_of=again)
    assert [event.action for event in audit.events(made.folder)][-2:] == ["file_replaced", "file_loaded"]
    assert main(["recipe", str(made.folder), "--apply", str(saved(tmp_path))]) == 0
    event = audit.events(made.folder)[-1]
    assert (event.action, event.values["words"], event.values["story"]) == ("recipe_applied", 1, 0)
    assert main(["export", str(made.folder), str(tmp_path / "a.csv"), "overview.key_figures"]) == 0
    assert audit.events(made.folder)[-1].values == {"format": "csv", "analyses": ["overview.key_figures"]}
    written = (made.folder / audit.LOG).read_text(encoding="utf-8")
    assert "Anna" not in written
    assert audit.verify(made.folder).whole


def saved(folder) -> Path:
    path = folder / "recept.json"
    words = {"sv": {"kund": "gäst, gästen, gäster, gästerna, gäst"}}
    path.write_text(recipe.to_text(recipe.Recipe(words=words)), encoding="utf-8")
    return path


def test_a_log_that_was_tampered_with_stops_a_load_before_anything_is_done(tmp_path):
    made = workspace([("ann", "2024-01-03", 1)])
    audit.append(made.folder, "list_exported", {"rows": 1})
    (made.folder / audit.LOG).write_text("", encoding="utf-8")
    path = tmp_path / "x.csv"
    path.write_text("kund;datum;belopp\nBo;2024-01-03;20,00\n", encoding="utf-8")
    with pytest.raises(WorkspaceError, match=r"audit\.broken"):
        made.load([SourceFile(path, path.name)])
    assert made.manifest.version == 1


def test_the_log_reads_in_both_languages():
    event = audit.Event(4, "2025-03-01T12:00:00+00:00", "list_exported", {
        "purpose": "email", "rows": 1, "columns": ["name", "city"], "consent": "email",
        "selection": "segments.rfm;@segment=champions", "reason": "",
    }, "anna")  # fmt: skip
    assert audit_line(event, Words("sv")) == (
        "4  2025-03-01 12:00:00  anna  Lista hämtad: ändamål E-post; rader 1; kolumner Namn, Ort;"
        " samtycke ja till e-post; urval RFM-segment: Stamkunder"
    )
    assert "consent yes to email; selection RFM segments: Champions" in audit_line(event, Words("en"))
    odd = replace(event, values={"selection": "gone.question;@x=1"})
    assert audit_line(odd, Words("en")).endswith("selection gone.question;@x=1")


def test_the_command_prints_and_checks_it(capsys, monkeypatch):
    monkeypatch.setenv(audit.USER, "anna")
    made = workspace([("ann", "2024-01-03", 1)])
    audit.append(made.folder, "list_exported", {"rows": 120, "columns": ["city"], "filtered": True}, at=NOON)
    assert main(["audit", str(made.folder)]) == 0
    printed = capsys.readouterr().out
    assert "2025-03-01 12:00:00  anna  Lista hämtad: rader 120; kolumner Ort; filtered ja" in printed
    assert main(["audit", str(made.folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["whole"]
    assert found["events"][-1]["values"]["rows"] == 120
    log = made.folder / audit.LOG
    log.write_text(log.read_text().replace("120", "12"))
    assert main(["audit", str(made.folder), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["broken"] is not None


def test_a_files_fingerprint_stays_whole_however_many_digits_it_has(tmp_path):
    # Ten digits in a row, as in a personal number: of a hash they say nothing of anybody, of other texts they may.
    audit.append(tmp_path, "file_read", {"sha256": "cb0689303470", "reason": "cb0689303470"})
    audit.append(tmp_path, "file_read", {"sha256": "ring 070-123 45 67 89"})
    first, second = audit.events(tmp_path)
    assert first.values == {"sha256": "cb0689303470", "reason": "cb…"}
    assert second.values == {"sha256": "ring …"}
