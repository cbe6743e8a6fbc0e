"""Lists from the command line: the plain list as it always was, consents and hashes on request, all of it logged."""

import csv
import io
import json

import openpyxl
import pytest

from insight.cli import main
from insight.workspace import audit

SALES = "kundnr;köpdatum;ordernr;belopp\n" + "".join(f"{at};2024-01-{at:02d};A{at};{at}00,00\n" for at in range(1, 9))
# By hand: e-mail yes 1, 2, 3; no 4; unknown 5; 6, 7 and 8 are in no register.
PEOPLE = """kundnr;namn;e-post;telefon;samtycke e-post;samtycke sms
1;Ann Berg;a@x.se;070-1740657;ja;ja
2;Bo Ek;b@x.se;;ja;nej
3;Cia Lind;;070-2222222;ja;nej
4;Dan Ask;d@x.se;;nej;
5;Eva Sjö;e@x.se;;;
"""
MARK = ("segments.lifecycle", "as_of=2024-02-01", "--mark", "segment=new")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    home = tmp_path_factory.mktemp("cli")
    for name, text in (("kvitton.csv", SALES), ("kunder.csv", PEOPLE)):
        (home / name).write_text(text, encoding="utf-8")
    assert main(["load", str(home / "ws"), str(home / "kvitton.csv"), str(home / "kunder.csv"), "--json"]) == 0
    return home


def call(capsys, folder, *more) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(["customers", str(folder / "ws"), *MARK, *map(str, more)])
    said = capsys.readouterr()
    return code, said.out, said.err


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def last(folder) -> dict[str, object]:
    return dict(audit.events(folder / "ws")[-1].values)


def test_the_plain_list_is_the_analysis_own_and_is_logged(capsys, folder):
    code, out, err = call(capsys, folder, "--csv")
    assert (code, err) == (0, "")
    head, *listed = rows(out)
    assert head[:2] == ["customer_id", "segment"]
    assert [row[:2] for row in listed] == [[str(at), "new"] for at in range(1, 9)]
    assert (last(folder)["rows"], last(folder)["consent"]) == (8, "not_needed")


def test_consent_keeps_the_columns_and_says_who_is_left_out(capsys, folder):
    code, out, err = call(capsys, folder, "--csv", "--consent", "email")
    assert code == 0
    assert [row[0] for row in rows(out)[1:]] == ["1", "2", "3"]
    assert "3 av 8 kunder följer med. 5 utelämnas: 1 har sagt nej och 4 har inte svarat." in err
    assert (last(folder)["rows"], last(folder)["dropped"]) == (3, 5)
    found = json.loads(call(capsys, folder, "--json", "--consent", "sms")[1])
    assert (found["count"], [row[0] for row in found["rows"]]) == (1, ["1"])
    assert found["dropped"] == {"refused": 2, "unknown": 5}


def test_everybody_needs_a_reason(capsys, folder):
    assert call(capsys, folder, "--csv", "--consent", "email", "--reason", "ja")[0] == 2
    assert call(capsys, folder, "--csv", "--reason", "varan återkallas")[0] == 2
    code, out, _ = call(capsys, folder, "--csv", "--consent", "email", "--reason", "varan återkallas")
    assert (code, len(rows(out))) == (0, 9)
    assert last(folder)["reason"] == "varan återkallas"


def test_hashes_for_a_platform(capsys, folder):
    code, out, _ = call(capsys, folder, "--hash", "google")
    assert (code, rows(out)[0], len(rows(out))) == (0, ["Email", "Phone"], 3)  # 3 has no e-mail and no to messages
    form = json.loads(call(capsys, folder, "--hash", "meta", "--json")[1])
    assert (form["columns"], form["count"]) == (["email", "phone"], 2)
    assert call(capsys, folder, "--hash", "meta", "--consent", "sms")[0] == 2


def test_files_as_the_page_gives_them(capsys, folder, tmp_path):
    assert call(capsys, folder, "--out", tmp_path / "lista.xlsx", "--consent", "email")[0] == 0
    book = openpyxl.load_workbook(tmp_path / "lista.xlsx")
    assert [cell.value for cell in next(book.worksheets[0].iter_rows())][:3] == ["Kund", "Namn", "E-post"]
    # 3 has consented without leaving an address.
    assert [cell.value for cell in book.worksheets[0]["A"]] == ["Kund", "2", "1"]
    more = ("--consent", "email", "--columns", "sales")
    assert call(capsys, folder, "--out", tmp_path / "brev.csv", *more)[0] == 0
    assert (tmp_path / "brev.csv").read_text(encoding="utf-8-sig").splitlines()[:2] == [
        "Kund;Namn;E-post;Försäljning, kr", "2;Bo Ek;b@x.se;200,00"
    ]  # fmt: skip
    told = (tmp_path / "brev-om-listan.txt").read_text(encoding="utf-8-sig")
    assert "2 av 8 kunder följer med" in told
    assert "Regel: " in told
    assert call(capsys, folder, "--csv", "--columns", "sales")[0] == 2
    assert call(capsys, folder, "--out", tmp_path / "lista.csv")[0] == 0
    assert (tmp_path / "lista.csv").read_text(encoding="utf-8-sig").splitlines()[1].split(";")[1] == "Nya"
    assert call(capsys, folder, "--out", tmp_path / "lista.pdf")[0] == 2


def test_the_clients_own_rows(capsys, folder, tmp_path):
    path = tmp_path / "egen.csv"
    path.write_text("id,text\n2,två\n9,nio\n1,ett\n", encoding="utf-8")
    code, out, err = call(capsys, folder, "--own", path, "--consent", "email")
    assert "2 rader för 2 av 3 kunder" in err
    assert "1 av kunderna finns inte i filen." in err
    assert (code, rows(out)) == (0, [["id", "text"], ["2", "två"], ["1", "ett"]])
    form = json.loads(call(capsys, folder, "--own", path, "--json")[1])
    assert (form["count"], form["missing"], form["column"]) == (2, 6, "id")
    assert call(capsys, folder, "--own", tmp_path / "saknas.csv")[0] == 2
