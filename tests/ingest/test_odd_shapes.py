"""Files of odd shapes: tables on their side, order lines without amounts, machines' separators, workbooks misnamed."""

import io

import pytest
import xlsxwriter

from insight.ingest.options import ReadOptions
from insight.ingest.proposal import propose
from tests.ingest.reading import reading

SHOP = "Name,Email,Paid at,Total,Discount Amount,Lineitem quantity,Lineitem name,Lineitem price\n"


@pytest.mark.parametrize(
    ("total", "discount", "amounts", "codes"),
    [
        ("100.00", "0.00", [50, 50], {"order_lines_shared"}),
        ("90.00", "10.00", [40, 50], {"order_lines_shared"}),
        ("149.00", "0.00", [149, 0], {"order_lines_zero"}),  # freight is in the total
    ],
)
def test_lines_of_an_order_get_their_own_amounts_where_prices_agree(
    total: str, discount: str, amounts: list[int], codes: set[str]
):
    rows = f"#1,a@x.se,2024-02-01 10:00:00 +0100,{total},{discount},1,Tröja,50.00\n#1,a@x.se,,,,2,Mössa,25.00\n"
    with reading(SHOP + rows + rows.replace("#1", "#2")) as loaded:
        found = [row[0] for row in loaded.rows("SELECT amount FROM transactions ORDER BY line")]
        assert found == amounts * 2
        assert loaded.codes & {"order_lines_shared", "order_lines_zero"} == codes
        assert loaded.balanced()
        assert loaded.one("SELECT count(*) FROM transactions WHERE ordered_at = TIMESTAMP '2024-02-01 10:00:00'") == 4


def test_a_table_on_its_side_is_refused_with_the_way_out():
    text = "kundnr;1;2;3;4\ndatum;2024-01-05;2024-01-06;2024-01-07;2024-01-08\nbelopp;1,00;2,00;3,00;4,00\n"
    with reading(text) as loaded:
        assert loaded.report.outcome == "refuse"
        assert "on_its_side" in loaded.codes


def test_names_tell_customers_apart_only_where_nothing_better_does():
    rows = "".join(f"a{n}@x.se;Anna Ek;2024-03-0{n};10,00\n" for n in range(1, 6))
    with reading("E-post;Kund;Datum;Belopp\n" + rows) as loaded:
        assert loaded.one("SELECT count(DISTINCT customer_id) FROM transactions") == 5
    with reading("Ort;Kund;Datum;Belopp\n" + rows.replace("@x.se", "")) as loaded:
        assert loaded.one("SELECT count(DISTINCT customer_id) FROM transactions") == 1
        assert "customer_by_name" in loaded.codes


@pytest.mark.parametrize("padding", [b"\0" * 700, b""])
def test_nul_between_cells_and_in_the_last_block_is_dirt_not_a_program(padding: bytes):
    text = "kundnr;datum;belopp\n" + "".join(f"{n:05d};2024-03-0{n};10,50\n" for n in range(1, 6))
    data = text.encode() + padding if padding else text.replace(";", "\0;").encode()
    with reading(data) as loaded:
        assert (loaded.report.rows, loaded.one("SELECT sum(amount) FROM transactions")) == (5, 52.5)
        assert "controls" in loaded.codes


@pytest.mark.parametrize("mark", ["\x1f", "\x01"])
def test_machines_separators(mark: str):
    rows = ["kundnr;datum;belopp", *(f"{n:05d};2024-03-0{n};10,50" for n in range(1, 6))]
    with reading("\n".join(rows).replace(";", mark)) as loaded:
        assert (loaded.report.rows, loaded.one("SELECT sum(amount) FROM transactions")) == (5, 52.5)


@pytest.mark.parametrize("sign", ["\u200b", "\u00ad", "\u2060"])
def test_signs_that_nobody_sees_are_no_part_of_a_number_or_an_id(sign: str):
    rows = "".join(f"{sign}0000{n};2024-03-0{n};{sign}10,50\n" for n in range(1, 6))
    with reading("kundnr;datum;belopp\n" + rows) as loaded:
        assert loaded.one("SELECT sum(amount) FROM transactions") == 52.5
        assert loaded.one("SELECT min(customer_id) FROM transactions") == "00001"


def test_words_that_come_again_hide_no_lines_above_a_header():
    text = "[general]\nname=x\npath=/a\n[other]\nname=y\npath=/c\n" * 5 + "[last]\nname=z\n"
    with reading(text) as loaded:
        assert loaded.report.outcome == "refuse"


@pytest.mark.parametrize(
    ("start", "code"),
    [("<!-- made 2024 -->\n<table><tr><td>1</td></tr></table>", "file_html"),
     ("ID;PWXL;N;E\nC;Y1;X1;K\"kundnr\"\n", "file_not_data"), ("BEGIN:VCARD\nFN:Anna\nEND:VCARD\n", "file_not_data")],
)  # fmt: skip
def test_other_programs_files_are_refused_by_name(start: str, code: str):
    with reading(start) as loaded:
        assert loaded.codes == {code}


def test_several_scores_are_told():
    rows = "".join(f"{n};2024-03-0{n};{n};{10 - n}\n" for n in range(1, 10))
    with reading("kundnr;svarsdatum;NPS butik;NPS webb\n" + rows) as loaded:
        assert (loaded.report.kind, loaded.report.mapping["score"]) == ("answers", "NPS butik")
        assert "nps webb" in loaded.said
        assert loaded.report.outcome == "warn"


@pytest.mark.parametrize("header", ["kundnr;kanal;öppnat", "kundnr;kampanj;grupp"])
def test_what_is_proposed_is_what_will_happen_where_customers_come_again(tmp_path, header: str):
    text = header + "\n" + "".join(f"{n % 4};x{n % 3};test{n % 2}\n" for n in range(30))
    path = tmp_path / "fil"
    path.write_text(text, encoding="utf-8")
    found = propose(path, name="fil.csv", options=ReadOptions())
    assert (found.outcome, found.messages[-1].code) == ("refuse", "many_rows_proposed")
    assert [column.label for column in found.columns] == header.split(";")  # so that they can be chosen
    with reading(text) as loaded:
        assert loaded.codes == {"many_rows_a_customer"}
    chosen = propose(path, name="fil.csv", options=ReadOptions.parse({}, "customers"))
    assert chosen.outcome != "refuse"


def _book(tmp_path, name: str):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        data, pivot = book.add_worksheet("Köp"), book.add_worksheet("Pivot")
        for row, cells in enumerate(
            [("kundnr", "datum", "belopp"), ("007", "2024-03-01", 10.5), ("8", "2024-03-02", 1)]
        ):
            data.write_row(row, 0, cells)
        for row in range(20):
            pivot.write_row(row, 0, [f"M{row}", *range(20)])
    path = tmp_path / name
    path.write_bytes(out.getvalue())
    return path


def test_a_workbook_is_opened_by_its_content_and_the_sheet_with_a_known_header_is_read(tmp_path):
    path = _book(tmp_path, "fil.xls")
    found = propose(path, name="fil.xls", options=ReadOptions())
    assert (found.kind, found.sheet) == ("transactions", "Köp")
    assert {"file_mismatch", "excel_sheet"} <= {message.code for message in found.messages}
