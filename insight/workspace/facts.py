"""The derived tables: orders, customer months, customer facts, the month cube, and what is asked of answers."""

from importlib.resources import files

from duckdb import DuckDBPyConnection

from insight.errors import WorkspaceError
from insight.workspace.answers import build_answers

FACT_TABLES = ("orders", "customer_months", "customer_facts", "month_cube")

_SUMS = """
    SELECT
        (SELECT coalesce(sum(amount), 0) FROM transactions) AS lines,
        (SELECT coalesce(sum(sales), 0) FROM orders) AS orders,
        (SELECT coalesce(sum(sales), 0) FROM month_cube) AS cube,
        (SELECT coalesce(sum(sales), 0) FROM customer_months)
            + (SELECT coalesce(sum(sales), 0) FROM orders WHERE customer_id IS NULL) AS months
"""


def build_facts(con: DuckDBPyConnection) -> None:
    """Build every derived table from the canonical ones and check that each carries the same money, to the öre.

    Raises WorkspaceError if a sum differs: then nothing may be shown.
    """
    for statement in files("insight.workspace").joinpath("facts.sql").read_text(encoding="utf-8").split(";\n"):
        if statement.strip():
            con.execute(statement)
    build_answers(con)
    sums = con.execute(_SUMS).fetchall()[0]
    if len(set(sums)) != 1:
        raise WorkspaceError("workspace.sums_differ")
