"""Real data sets for tests that compare with independent code; skipped, visibly, where the folder is not there."""

import os
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from insight.workspace.store import Workspace
from tests.build import empty

FOLDER = Path(os.environ.get("KUNDKOMPASS_DATA", "../shared/data"))


def path(name: str) -> Path:
    """A file of the real data. Skips the test when it is not there."""
    found = FOLDER / name
    if not found.is_file():
        pytest.skip(f"{found} is not there: set KUNDKOMPASS_DATA to the folder of the real data sets")
    return found


@cache
def online_retail() -> tuple[Workspace, Any]:
    """Online Retail II (CC BY 4.0, UCI, doi 10.24432/C5CG6D): a workspace, and the same lines for independent code."""
    source = path("online_retail_II/online_retail_II_2009_10.parquet")
    found: Any = duckdb.connect().sql(f"""
        SELECT
            cast(cast("Customer ID" AS BIGINT) AS VARCHAR) AS customer_id,
            cast("InvoiceDate" AS TIMESTAMP) AS ordered_at,
            cast("Quantity" * cast("Price" AS DECIMAL(18, 4)) AS DECIMAL(18, 2)) AS amount,
            "Invoice" AS order_id,
            "Country" AS store
        FROM '{source}'""")  # fmt: skip
    lines = found.to_arrow_table()
    made = empty()
    made.load_tables({"transactions": lines}, name="Online Retail II")
    frame: Any = lines.to_pandas()
    frame["cents"] = (frame["amount"] * 100).astype("int64")
    frame["day"] = frame["ordered_at"].dt.normalize()
    return made, frame


def orders_of(lines: Any) -> Any:
    """Identified orders of independent code: one a customer, invoice and day, a return where its net is below 0."""
    known = lines[lines["customer_id"].notna()]
    orders = known.groupby(["customer_id", "order_id", "day"], as_index=False)["cents"].sum()
    orders["is_return"] = orders["cents"] < 0
    return orders
