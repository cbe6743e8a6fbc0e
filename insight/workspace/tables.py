"""The workspace's own tables: the only place that creates the canonical ones.

Every canonical table has the schema's fields in order, then `file_id` and `line` (the line in the file, as an editor
counts), then attribute columns `a1 … an` that a file brings along, named in `attributes`.
"""

from duckdb import DuckDBPyConnection

from insight.ingest.schema import SQL_TYPES, TABLES

_BOOKS = """
    CREATE TABLE IF NOT EXISTS files (
        file_id INTEGER, name VARCHAR, kind VARCHAR, file_hash VARCHAR, loaded_at TIMESTAMP, report VARCHAR);
    CREATE TABLE IF NOT EXISTS set_aside (file_id INTEGER, line BIGINT, reason VARCHAR, raw VARCHAR);
    CREATE TABLE IF NOT EXISTS attributes (table_name VARCHAR, column_name VARCHAR, label VARCHAR);
    CREATE TABLE IF NOT EXISTS facts_meta (name VARCHAR, value VARCHAR);
    CREATE TABLE IF NOT EXISTS forgotten (hash VARCHAR, forgotten_on DATE);
    CREATE TABLE IF NOT EXISTS persons (own_id VARCHAR, customer_id VARCHAR);
"""


def create_tables(con: DuckDBPyConnection) -> None:
    """Create the empty canonical tables and the workspace's books, where they do not exist."""
    con.execute(_BOOKS)
    for table in TABLES.values():
        columns = ", ".join(f'"{field.name}" {SQL_TYPES[field.type]}' for field in table.fields)
        con.execute(f"CREATE TABLE IF NOT EXISTS {table.name} ({columns}, file_id INTEGER, line BIGINT)")
