"""Files made to do harm: each is refused with a sentence, or contained, and the process lives on within its memory.

Every file is opened in a child whose address space is capped, so that one that gets through ends the child and fails
the test instead of the machine.
"""

import gzip
import json
import os
import random
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from insight.errors import IngestError
from insight.i18n.catalog import LANGUAGES, Words
from insight.ingest.containers import open_source

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory limits are set the Linux way")

ROOT = Path(__file__).parents[2]
# The cap holds for this child and for the child it starts, each for itself.
CAPPED = """
import json, resource, sys
from pathlib import Path
from insight.errors import IngestError
from insight.ingest.containers import open_source
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (512 << 20),) * 2)
for path in map(Path, sys.argv[2:]):
    try:
        source = open_source(path, path.name, Path(sys.argv[1]))
        reply = {"format": source.format, "size": source.path.stat().st_size}
    except IngestError as error:
        reply = {"key": error.key.removeprefix("ingest."), "values": error.values}
    print(json.dumps(reply))
"""


READ = """
import json, resource, sys
from pathlib import Path
import duckdb
from insight.ingest.load import read_into
from insight.ingest.options import ReadOptions
from insight.workspace.tables import create_tables
con = duckdb.connect(config={"threads": 1, "memory_limit": "300MB"})
create_tables(con)
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (512 << 20),) * 2)
work, options = Path(sys.argv[1]), ReadOptions()
for path in map(Path, sys.argv[2:]):
    report = read_into(con, path, name=path.name, file_id=1, options=options, key=bytes(32), work=work)
    print(json.dumps({"outcome": report.outcome, "codes": [m.code for m in report.messages if m.severity == "error"]}))
con.execute("SELECT count(*) FROM customers").fetchone()
"""


def opened(tmp_path: Path, *paths: Path, script: str = CAPPED) -> list[dict[str, object]]:
    """What came of each file, by a process that had 512 MB to do it in; every refusal has words."""
    work = tmp_path / "work"
    work.mkdir(exist_ok=True)
    run = subprocess.run(
        [sys.executable, "-c", script, str(work), *map(str, paths)], check=False, cwd=ROOT, timeout=120,
        capture_output=True, text=True, env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-2000:]
    replies = [json.loads(line) for line in run.stdout.splitlines()]
    for reply in replies:
        if "key" in reply:
            for language in LANGUAGES:
                assert Words(language).t(f"ingest.{reply['key']}", **reply["values"])
    assert len(replies) == len(paths)
    return replies


def key(tmp_path: Path, path: Path) -> object:
    [reply] = opened(tmp_path, path)
    return reply.get("key", reply.get("format"))


def good_workbook(path: Path, rows: int = 40) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Blad1")
        sheet.write_row(0, 0, ["kundnr", "namn", "belopp"])
        for n in range(1, rows):
            sheet.write_row(n, 0, [f"{n:05d}", f"Åsa {n}", n * 1.5])
    return path


def with_sheet(path: Path, xml: bytes, *, source: Path) -> Path:
    """A good workbook whose first sheet is replaced."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            content = xml if info.filename == "xl/worksheets/sheet1.xml" else old.read(info)
            new.writestr(info.filename, content)
    return path


def zeros(size: int) -> bytes:
    """`size` zero bytes, deflated without ever being held."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = bytes(1 << 20)
    return b"".join(packer.compress(block) for _ in range(size >> 20)) + packer.flush()


def lying_zip(path: Path, name: str, packed: bytes, claimed: int) -> Path:
    """A zip of one entry whose directory claims any size it likes."""
    encoded = name.encode()
    fields = (20, 0, 8, 0, 33, 0, len(packed), claimed, len(encoded))
    local = b"PK\x03\x04" + struct.pack("<HHHHHLLLHH", *fields, 0) + encoded
    entry = b"PK\x01\x02" + struct.pack("<HHHHHHLLLHHHHHLL", 20, *fields, 0, 0, 0, 0, 0, 0) + encoded
    offset = len(local) + len(packed)
    end = b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, 1, 1, len(entry), offset, 0)
    path.write_bytes(local + packed + entry + end)
    return path


def test_zip_bombs_are_refused_by_what_the_directory_says(tmp_path):
    path = lying_zip(tmp_path / "bomb.zip", "a.csv", zeros(60 << 20), 60 << 20)
    assert key(tmp_path, path) == "zip_bomb"
    assert key(tmp_path, lying_zip(tmp_path / "stor.zip", "a.csv", zeros(1 << 20), 3 << 30)) == "zip_too_large"


def test_a_directory_that_lies_is_found_out_while_unpacking(tmp_path):
    path = lying_zip(tmp_path / "lögn.zip", "a.csv", zeros(60 << 20), 1000)
    assert key(tmp_path, path) == "zip_bomb"
    assert list((tmp_path / "work").iterdir()) == []


def test_a_gzip_bomb_is_refused(tmp_path):
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(bytes(60 << 20)))
    assert key(tmp_path, path) == "zip_bomb"


def test_a_workbook_bomb_is_refused(tmp_path):
    good = good_workbook(tmp_path / "bra.xlsx")
    xml = (
        b"<worksheet><sheetData>" + b'<row r="1"><c r="A1"><v>1</v></c></row>' * 1_000_000 + b"</sheetData></worksheet>"
    )
    assert key(tmp_path, with_sheet(tmp_path / "bomb.xlsx", xml, source=good)) == "zip_bomb"


def test_packed_in_packed_is_refused(tmp_path):
    inner = gzip.compress(b"a,b\n1,2\n")
    paths = [tmp_path / "a.csv.gz.gz", tmp_path / "b.zip", tmp_path / "c.zip"]
    paths[0].write_bytes(gzip.compress(inner))
    with zipfile.ZipFile(paths[1], "w") as archive:
        archive.writestr("a.csv.gz", inner)
    with zipfile.ZipFile(paths[2], "w") as archive:
        archive.write(paths[1], "b.zip")
    assert [reply.get("key") for reply in opened(tmp_path, *paths)] == ["zip_nested"] * 3


def test_a_directory_of_countless_entries_is_refused_unread(tmp_path):
    path = tmp_path / "många.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for n in range(6_000):
            archive.writestr(f"{n:01000d}", b"")
    assert key(tmp_path, path) == "zip_directory"


@pytest.mark.parametrize("name", ["../../ut.csv", "/etc/ut.csv", "..\\..\\ut.csv", "C:\\ut.csv", "a/../../ut.csv"])
def test_names_in_a_zip_are_never_a_path(tmp_path, name):
    work = tmp_path / "djup" / "work"
    work.mkdir(parents=True)
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, b"kundnr,namn\n1,a\n")
    source = open_source(path, "../../a.zip", work)
    assert source.path.parent == work and source.path.read_bytes() == b"kundnr,namn\n1,a\n"
    assert not list(tmp_path.rglob("*ut.csv*"))


def test_a_cell_at_the_end_of_the_sheet_is_refused_by_name(tmp_path):
    book = openpyxl.Workbook()
    book.active["A1"] = "kundnr"
    book.active["XFD1048576"] = 1
    book.save(tmp_path / "far.xlsx")
    [reply] = opened(tmp_path, tmp_path / "far.xlsx")
    assert reply == {"key": "excel_far_cell", "values": {"cell": "XFD1048576"}}


@pytest.mark.parametrize(
    "cell",
    [
        b'<x:c r="XFD1048576"><x:v>1</x:v></x:c>',
        b"<c r='XFD1048576'><v>1</v></c>",
        b'<c t="n" r="XFD1048576"><v>1</v></c>',
    ],
)
def test_the_far_cell_in_other_spellings_does_not_get_through(tmp_path, cell):
    start = b'<worksheet xmlns="http://a" xmlns:x="http://a"><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
    good = good_workbook(tmp_path / "bra.xlsx")
    path = with_sheet(
        tmp_path / "far.xlsx", start + b'<row r="1048576">' + cell + b"</row></sheetData></worksheet>", source=good
    )
    [reply] = opened(tmp_path, path)
    assert reply.get("key") in ("excel_far_cell", "excel_too_large", "excel_empty") or reply["size"] < 1000


def test_a_row_number_alone_can_take_memory_only_in_the_child(tmp_path):
    rows = b"".join(b'<row r="%d"><c><v>1</v></c></row>' % n for n in (1, 1_048_576))
    wide = b'<row r="2">' + b"<c><v>1</v></c>" * 16_000 + b"</row>"
    xml = b"<worksheet><sheetData>" + rows + wide + b"</sheetData></worksheet>"
    path = with_sheet(tmp_path / "rad.xlsx", xml, source=good_workbook(tmp_path / "bra.xlsx"))
    assert key(tmp_path, path) in ("excel_too_large", "excel_wide", "file_damaged")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entity_bombs_are_refused_in_any_encoding(tmp_path, encoding):
    declared = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    xml = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE w [<!ENTITY e0 "aaaaaaaaaa">{declared}]><worksheet/>'
    path = with_sheet(tmp_path / "e.xlsx", xml.encode(encoding), source=good_workbook(tmp_path / "bra.xlsx"))
    assert key(tmp_path, path) == "excel_entities"


def test_one_long_text_in_very_many_cells_does_not_fill_the_disk(tmp_path):
    path = tmp_path / "text.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        for row in range(15_000):
            sheet.write_string(row, 0, "x" * 32_000)
    assert key(tmp_path, path) in ("excel_too_large", "zip_bomb", "excel_slow")
    assert list((tmp_path / "work").iterdir()) == []


def test_a_workbook_of_1500_columns_is_refused(tmp_path):
    path = tmp_path / "bred.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        for row in range(3):
            sheet.write_row(row, 0, [f"c{n}" for n in range(1500)])
    assert key(tmp_path, path) == "excel_wide"


def test_every_truncation_of_a_good_workbook_is_refused(tmp_path):
    content = good_workbook(tmp_path / "bra.xlsx").read_bytes()
    paths = []
    for length in [*range(4, len(content), len(content) // 40), len(content) - 1, len(content) - 22]:
        paths.append(tmp_path / f"kort{length}.xlsx")
        paths[-1].write_bytes(content[:length])
    for path, reply in zip(paths, opened(tmp_path, *paths), strict=True):
        assert reply.get("key") == "file_damaged", (path.name, reply)


def test_random_bytes_behind_any_magic_end_as_a_sentence(tmp_path):
    dice = random.Random(7)
    paths = []
    for magic in (b"", b"PK\x03\x04", b"\x1f\x8b\x08\0", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PAR1", b"%PDF"):
        for size in (100, 3000, 70_000):
            paths.append(tmp_path / f"slump{len(paths)}.xlsx")
            paths[-1].write_bytes(magic + dice.randbytes(size))
    assert all("key" in reply for reply in opened(tmp_path, *paths))


def test_a_parquet_whose_footer_claims_too_much_is_refused(tmp_path):
    paths = []
    for length in (0, 1, 100, 0x7FFFFFFF, 0xFFFFFFFF):
        paths.append(tmp_path / f"{length}.parquet")
        paths[-1].write_bytes(b"PAR1" + bytes(200) + struct.pack("<L", length) + b"PAR1")
    assert [reply.get("key") for reply in opened(tmp_path, *paths)] == ["file_damaged"] * 5


def test_a_million_columns_and_endless_lines_are_refused_by_the_reader(tmp_path):
    contents = {
        "bred.csv": b"," * 1_000_000 + b"\n",
        "rubriker.csv": b",".join(b"c%d" % n for n in range(5000)) + b"\n" + b"1," * 4999 + b"1\n",
        "lång.csv": b"kundnr,namn\n1," + b"x" * 30_000_000 + b"\n",
        "citat.csv": b'kundnr,namn\n1,"' + b"x" * 30_000_000,
        "nollor.csv": bytes(20_000_000),
        "tomma.csv": b"\r\n" * 5_000_000,
    }
    paths = []
    for name, content in contents.items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(content)
    replies = opened(tmp_path, *paths, script=READ)
    assert [reply["outcome"] for reply in replies] == ["refuse"] * len(contents)
    assert all(len(reply["codes"]) == 1 for reply in replies)
    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.parametrize(
    ("header", "cell"),
    [("(" * 60_000, "5"), ("( " * 30_000, "5"), ("datum", "2024-01-01" + " " * 60_000 + "x"),
     ("datum", "1 jan 2024" + "\t" * 9000 + "x"), ("belopp", "(" + " " * 60_000 + "x"), ("belopp", "-" * 60_000),
     ("namn", "la le " * 10_000), ("epost", "a@" * 30_000)],
)  # fmt: skip
def test_no_header_and_no_cell_is_looked_at_for_the_square_of_its_length(tmp_path, header, cell):
    """Patterns with optional blanks took minutes for each of these."""
    path = tmp_path / "elak.csv"
    rows = [f"{n};{cell if n % 2 else '2024-01-02'};{cell if n % 3 else '5'};{cell}" for n in range(20)]
    path.write_text(f"kundnr;datum;belopp;{header} 2\n" + "\n".join(rows), encoding="utf-8")
    [reply] = opened(tmp_path, path, script=READ)
    assert reply["outcome"] in ("accept", "warn", "refuse")


def test_a_full_disk_is_a_sentence(tmp_path, monkeypatch):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n1,2\n"))

    def full(_packed: Path, target: Path, _pause: object) -> None:
        target.write_bytes(b"a")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("insight.ingest.archive.gunzip", full)
    work = tmp_path / "work"
    work.mkdir()
    with pytest.raises(IngestError) as caught:
        open_source(path, path.name, work)
    assert caught.value.key == "ingest.disk_full"
    assert list(work.iterdir()) == []
