"""Real data sets: counts and sums that their publishers, or a plain sum over the file, give.

The folder comes from KUNDKOMPASS_DATA (else `shared/data` beside the repository); skipped when it is not there.
"""

import csv
import os
from decimal import Decimal
from pathlib import Path

import pytest

from tests.ingest.reading import reading

FOLDER = Path(os.environ.get("KUNDKOMPASS_DATA", Path(__file__).parents[3] / "shared" / "data"))
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="no data sets: set KUNDKOMPASS_DATA to their folder")


def _sum(path: Path, column: str) -> Decimal:
    """The column's sum, each cell rounded to the öre (one cell of the grocer's is a float with a tail)."""
    with path.open(encoding="utf-8", newline="") as file:
        return sum((Decimal(row[column]).quantize(Decimal("0.01")) for row in csv.DictReader(file)), Decimal(0))


def test_online_retail_counts_every_row_and_keeps_sales_without_customer():
    path = FOLDER / "online_retail_II" / "online_retail_II_2009_10.parquet"
    with reading(path.read_bytes(), name=path.name) as loaded:
        report = loaded.report
        assert (report.kind, report.rows, report.set_aside, report.footers) == ("transactions", 525_461, 0, 0)
        assert loaded.one("SELECT count(*) FROM transactions WHERE customer_id IS NULL") == 107_927
        assert loaded.one("SELECT count(*) FROM transactions WHERE order_id LIKE 'C%'") == 10_206
        assert loaded.one("SELECT count(*) FROM transactions WHERE order_id LIKE 'C%' AND quantity > 0") == 1
        assert loaded.one("SELECT count(*) FROM transactions WHERE customer_id = '13085'") > 0
        assert dict(report.mapping) == {
            "ordered_at": "InvoiceDate", "unit_price": "Price", "customer_id": "Customer ID", "order_id": "Invoice",
            "quantity": "Quantity", "article_id": "StockCode", "article": "Description",
        }  # fmt: skip
        assert report.figures["duplicates"] == 6_865


def test_cdnow_orders_and_sum():
    path = FOLDER / "cdnow" / "transactions.csv"
    with reading(path.read_bytes(), name=path.name) as loaded:
        assert (loaded.report.outcome, loaded.report.rows) == ("accept", 6_919)
        assert loaded.one("SELECT count(DISTINCT customer_id) FROM transactions") == 2_357
        assert loaded.one("SELECT sum(amount) FROM transactions") == _sum(path, "amount")
        assert loaded.one("SELECT min(customer_id) FROM transactions") == "0001"
        assert loaded.report.mapping["quantity"] == "cds"


def test_complete_journey_lines_demographics_and_coupons():
    folder = FOLDER / "complete_journey_sample"
    lines = folder / "transactions_sample.csv"
    with reading(lines.read_bytes(), name=lines.name) as loaded:
        mapping = loaded.report.mapping
        assert (mapping["customer_id"], mapping["amount"], mapping["order_id"], mapping["ordered_at"]) == (
            "household_id", "sales_value", "basket_id", "transaction_timestamp",
        )  # fmt: skip
        assert loaded.report.rows == 75_000
        assert loaded.one("SELECT sum(amount) FROM transactions") == _sum(lines, "sales_value")
        # R wrote one basket as 4e+10; it stays a basket of its own.
        assert loaded.one("SELECT count(*) FROM transactions WHERE order_id IS NULL") == 0
    with reading((folder / "demographics.csv").read_bytes()) as loaded:
        assert (loaded.report.kind, loaded.report.rows) == ("customers", 801)
        labels = {row[0] for row in loaded.rows("SELECT label FROM attributes")}
        assert {"age", "income", "marital_status"} <= labels
    with reading((folder / "coupon_redemptions.csv").read_bytes()) as loaded:
        assert (loaded.report.kind, loaded.report.rows) == ("rewards", 2_102)


def test_rfm_orders_with_names_as_ids():
    path = FOLDER / "rfm_orders" / "orders.csv"
    with reading(path.read_bytes(), name=path.name) as loaded:
        assert (loaded.report.kind, loaded.report.rows) == ("transactions", 4_906)
        assert loaded.one("SELECT count(DISTINCT customer_id) FROM transactions") == 995
        assert loaded.one("SELECT sum(amount) FROM transactions") == _sum(path, "revenue")
