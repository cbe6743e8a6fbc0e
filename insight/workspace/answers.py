"""What is asked of answers, made once at load: which count on which scale, and the orders of those who answered.

Without answers the tables are empty and cost nothing. A workspace of an earlier version has none of them; then they are
made on the query's own cursor, from the same text.
"""

from duckdb import DuckDBPyConnection

from insight.workspace.engine import Query

# The scale is judged file by file: 0–10 in whole numbers with at most one stray in twenty; at least five answers that
# are all 1–5 are stars.
_FILES = """
    SELECT
        file_id, lowest, highest,
        NOT (n >= 5 AND highest <= 5 AND lowest >= 1) AND 20 * (n - n_whole) <= n AS is_nps
    FROM (
        SELECT file_id, count(*) AS n, min(score) AS lowest, max(score) AS highest,
            count(CASE WHEN score >= 0 AND score <= 10 AND score = floor(score) THEN 1 END) AS n_whole
        FROM answers GROUP BY file_id) AS counted
    ORDER BY file_id
"""

# A row an answer. answer_no: its file and line, so that the same answer has the same number whenever it is asked for.
# customer_no: the row in customer_facts, below 0 for a customer that nothing else knows. verdict: 0 the answer can
# count, 2 its file has another scale than the rest, 3 it is no whole number 0–10. next_on: the day of the customer's
# next answer in the same wave that can count; the latest of a period is the one whose next is outside it.
_FACTS = """
    WITH scales AS (
        SELECT file_id, is_nps, bool_or(is_nps) OVER () AS some_nps FROM answer_files),
    numbered AS (
        SELECT
            answers.customer_id, facts.rowid AS known_no, cast(answers.score AS DOUBLE) AS value, answers.answered_on,
            coalesce(answers.touchpoint, '') AS place_name, coalesce(answers.wave, '') AS wave_name, some_nps,
            1099511627776 * cast(answers.file_id AS BIGINT) + coalesce(answers.line, 100000000000 + answers.rowid)
                AS answer_no,
            CASE WHEN some_nps AND NOT is_nps THEN 2
                WHEN some_nps AND NOT (score >= 0 AND score <= 10 AND score = floor(score)) THEN 3 ELSE 0 END AS verdict
        FROM answers
        JOIN scales ON scales.file_id = answers.file_id
        LEFT JOIN customer_facts AS facts ON facts.customer_id = answers.customer_id),
    strangers AS (
        SELECT customer_id, -row_number() OVER (ORDER BY customer_id) AS own_no
        FROM (SELECT DISTINCT customer_id FROM numbered WHERE known_no IS NULL) AS unknown),
    named AS (
        SELECT numbered.*, coalesce(numbered.known_no, strangers.own_no) AS customer_no
        FROM numbered LEFT JOIN strangers ON strangers.customer_id = numbered.customer_id)
    SELECT
        answer_no, customer_id, customer_no, value AS score, answered_on, place_name AS touchpoint, wave_name AS wave,
        CASE WHEN NOT some_nps THEN '' WHEN value >= 9 THEN 'promoter' WHEN value >= 7 THEN 'passive'
            ELSE 'detractor' END AS nps_group,
        verdict,
        lead(answered_on) OVER (PARTITION BY customer_no, wave_name, verdict ORDER BY answered_on, answer_no) AS next_on
    FROM named
    ORDER BY customer_no, answered_on, answer_no
"""

# The orders of known customers who answered, by customer and day. Money in öre, so that running sums of whole numbers
# are exact; channel_no: the channel of a purchase, -1 where there is none.
_ORDERS = """
    WITH channels AS (
        SELECT channel, row_number() OVER (ORDER BY channel) AS own_no
        FROM (SELECT DISTINCT channel FROM orders WHERE channel IS NOT NULL) AS there)
    SELECT
        asked.customer_no, cast(orders.ordered_on - DATE '2000-01-01' AS BIGINT) AS day_no,
        cast(100 * orders.sales AS BIGINT) AS sales, cast(100 * coalesce(orders.margin, 0) AS BIGINT) AS margin,
        cast(orders.margin IS NOT NULL AS TINYINT) AS has_margin, cast(NOT orders.is_return AS TINYINT) AS is_purchase,
        cast(CASE WHEN orders.is_return THEN -1 ELSE coalesce(channels.own_no, -1) END AS INTEGER) AS channel_no
    FROM orders
    JOIN (SELECT DISTINCT customer_id, customer_no FROM answer_facts WHERE customer_no >= 0) AS asked
        ON asked.customer_id = orders.customer_id
    LEFT JOIN channels ON channels.channel = orders.channel
    ORDER BY asked.customer_no, day_no
"""
TABLES = {"answer_files": _FILES, "answer_facts": _FACTS, "answer_orders": _ORDERS}


def build_answers(con: DuckDBPyConnection) -> None:
    """Make the tables anew, from the answers and the derived tables."""
    for name, sql in TABLES.items():
        con.execute(f"CREATE OR REPLACE TABLE {name} AS {sql}")


def ensure_answers(query: Query) -> None:
    """See to it that the tables are there, also in a workspace that was loaded before they were known."""
    if not query.rows("SELECT 1 FROM duckdb_tables() WHERE table_name = 'answer_orders'"):
        for name, sql in TABLES.items():
            query.make(name, sql)
