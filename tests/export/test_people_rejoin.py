"""The client's own file again: the rows of the selected customers as they stand, and not a digit of it kept."""

import csv
import io

import pytest
import xlsxwriter

from insight.audience import parse
from insight.errors import InsightError
from insight.export.people import Wish
from insight.export.people_rejoin import rejoin
from insight.ingest import privacy
from insight.ingest.options import ReadOptions
from insight.workspace import audit
from insight.workspace.store import SourceFile, Workspace

TOP = parse("concentration.lorenz;@group=decile_1")


def numbers(n: int) -> list[str]:
    """Made-up personal numbers with right check digits, born 1950 and on."""
    found = []
    for place in range(n):
        nine = f"{50 + place % 40:02d}{1 + place % 12:02d}{1 + place % 28:02d}{100 + place:03d}"
        digits = [int(digit) * (2 if at % 2 == 0 else 1) for at, digit in enumerate(nine)]
        check = -sum(digit // 10 + digit % 10 for digit in digits) % 10
        found.append(f"19{nine[:6]}-{nine[6:]}{check}")
    return found


PEOPLE = numbers(40)
HEAD = ["Personnummer", "Namn", "Köpdatum", "Belopp"]
ROWS = [[person, f"Namn {at}", f"2025-0{1 + at % 9}-05", str(100 + at)] for at, person in enumerate(PEOPLE)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rejoin")
    path = folder / "kunder.csv"
    text = "\n".join(";".join(row) for row in [HEAD, *ROWS])
    path.write_text(text, encoding="utf-8")
    made = Workspace.create(folder / "ws")
    reports = made.load([SourceFile(path, path.name, ReadOptions.parse({}, kind="transactions"))])
    assert reports[0].rows == len(PEOPLE), reports
    yield made
    made.close()


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def best(shop: Workspace, n: int) -> set[str]:
    """The personal numbers of the n with most money, told by the rows above: the last ones."""
    return set(PEOPLE[-n:])


def test_output_rows_are_the_input_rows_of_the_selected(shop, tmp_path):
    path = tmp_path / "igen.csv"
    # The same people, written in other ways and with columns of the client's own.
    mine = [
        ["Anteckning", "pnr", "Ringd"],
        *([f"rad {at}", p[2:].replace("-", ""), "+46 70 1"] for at, p in enumerate(PEOPLE)),
    ]
    path.write_text("\n".join(";".join(row) for row in mine), encoding="cp1252")
    found = rejoin(shop, TOP, Wish(), path, path.name)
    wanted = [row for row, person in zip(mine[1:], PEOPLE, strict=True) if person in best(shop, found.account.n_rows)]
    assert rows_of(found.content) == [mine[0], *wanted]
    assert (found.column, found.n_rows, found.missing) == ("pnr", len(wanted), 0)
    assert 0 < len(wanted) < len(PEOPLE)


def test_nothing_of_the_file_is_kept_in_the_workspace(shop, tmp_path):
    path = tmp_path / "igen.csv"
    path.write_text("\n".join(";".join(row) for row in [HEAD, *ROWS]), encoding="utf-8")
    rejoin(shop, None, Wish(), path, path.name)
    kept = b"".join(file.read_bytes() for file in shop.folder.rglob("*") if file.is_file())
    for person in PEOPLE:
        for digits in (person, person[2:], person.replace("-", ""), person[2:].replace("-", "")):
            assert digits.encode() not in kept
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["igen.csv"]
    assert audit.events(shop.folder)[-1].values["rejoined"] == len(PEOPLE)


def test_a_workbook_a_missing_customer_and_two_rows_of_one(shop, tmp_path):
    path = tmp_path / "igen.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate([HEAD, ROWS[39], ROWS[39], ROWS[0], *ROWS[1:30]]):
            sheet.write_row(place, 0, row)
    found = rejoin(shop, TOP, Wish(), path, path.name)
    assert (found.n_rows, found.missing) == (2, found.account.n_rows - 1)
    assert [row[0] for row in csv.reader(io.StringIO(found.content.decode("utf-8-sig")))][1:] == [PEOPLE[39]] * 2


def test_consents_hold_here_too(shop, tmp_path):
    path = tmp_path / "igen.csv"
    path.write_text("\n".join(";".join(row) for row in [HEAD, *ROWS]), encoding="utf-8")
    found = rejoin(shop, None, Wish("email"), path, path.name)
    assert (found.n_rows, found.account.n_dropped) == (0, len(PEOPLE))
    assert rejoin(shop, None, Wish("email", reason="varan återkallas"), path, path.name).n_rows == len(PEOPLE)


def test_cells_that_a_spreadsheet_would_run_are_made_text_and_signed_numbers_are_not(shop, tmp_path):
    path = tmp_path / "igen.csv"
    rows = [
        [person, cell]
        for person, cell in zip(PEOPLE, ["=1+1", "@x", "-5", "+46 70", "-5,50", "+cmd|x"] * 7, strict=False)
    ]
    path.write_text("\n".join(";".join(row) for row in [["pnr", "x"], *rows]), encoding="utf-8")
    cells = [row[1] for row in rows_of(rejoin(shop, None, Wish(), path, path.name).content)[1:7]]
    assert cells == ["'=1+1", "'@x", "-5", "+46 70", "-5,50", "'+cmd|x"]


def test_a_file_without_our_ids_is_refused(shop, tmp_path):
    path = tmp_path / "annat.csv"
    path.write_text("kund;belopp\n" + "\n".join(f"{at};{at}" for at in range(30)), encoding="utf-8")
    with pytest.raises(InsightError, match=r"people\.rejoin_no_ids"):
        rejoin(shop, None, Wish(), path, path.name)


def test_a_personal_number_finds_its_customer_by_search(shop):
    from insight import customer_list

    hashed = privacy.keyed_hash(PEOPLE[3], shop.secret())
    for written in (PEOPLE[3], PEOPLE[3][2:].replace("-", "")):
        assert customer_list.page(shop, None, search=written).rows["customer_id"].tolist() == [hashed]
