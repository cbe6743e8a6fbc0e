"""Exports of shops, CRM, mail and survey platforms abroad: which column is the customer, the day and the sum."""

from decimal import Decimal

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from tests.ingest.reading import reading


def test_parquet_beside_lists_and_records_is_read_without_them(tmp_path):
    path = tmp_path / "orders.parquet"
    tags, address = [["a", "b"], None], [{"city": "Lund"}, {"city": "Oslo"}]
    flat = {"customer_id": ["00012", "7"], "order_date": ["2024-01-31", "2024-02-13"]}
    pq.write_table(pa.table({"tags": tags, **flat, "address": address, "amount": [1234.5, -34.25]}), path)
    with reading(path.read_bytes(), name=path.name) as loaded:
        assert loaded.report.outcome == "warn"
        assert "tags, address" in loaded.said
        assert loaded.rows("SELECT customer_id, amount FROM transactions ORDER BY line") == [
            ("00012", Decimal("1234.50")), ("7", Decimal("-34.25")),
        ]  # fmt: skip
        assert loaded.balanced()


def test_a_column_of_formulas_never_calculated_is_called_so(tmp_path):
    book = openpyxl.Workbook()
    for row in (["Customer ID", "Order date", "Net amount"], ["12", "2024-01-31", "=1+1"], ["7", "2024-02-13", "=2+2"]):
        book.active.append(row)
    book.save(tmp_path / "formulas.xlsx")
    with reading((tmp_path / "formulas.xlsx").read_bytes(), name="formulas.xlsx") as loaded:
        assert loaded.report.outcome == "refuse"
        assert "formler" in loaded.said
        assert "c2, c3" in loaded.said
