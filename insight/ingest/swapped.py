"""Days and months that Excel changed places of: dates typed in one country's order, opened in another's Excel."""

from duckdb import DuckDBPyConnection

from insight.ingest.mapping import Mapped
from insight.ingest.report import FileMessage
from insight.ingest.schema import TABLES

_MONTHS = 12
# By chance alone, ten dates in a row have a day of 12 or less once in ten thousand columns.
_DATES, _TEXTS = 10, 3


def swapped_days(con: DuckDBPyConnection, mapped: Mapped, labels: tuple[str, ...]) -> list[FileMessage]:
    """A warning for each date column of a workbook that Excel has read half of, and in the wrong order.

    '03/04/2024' became a date, '15/04/2024' stayed text since there is no month 15: so no date has a day above 12, and
    each text has a number above 12 in the same place. The dates are read as they stand; `count` of them.
    """
    said: list[FileMessage] = []
    for spec in TABLES[mapped.kind].fields:
        if spec.type not in ("date", "datetime") or spec.name not in mapped.fields:
            continue
        at = mapped.fields[spec.name]
        day = rf"try_cast(regexp_extract(c{at}, '^[0-9]{{4}}-[0-9]{{2}}-([0-9]{{2}})', 1) AS INTEGER)"
        parts = "'^([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ][0-9]{4}'"
        first, second = (f"try_cast(regexp_extract(c{at}, {parts}, {group}) AS INTEGER)" for group in (1, 2))
        row = con.execute(
            f"SELECT count({day}), max({day}), count({first}), min({first}), min({second}) FROM raw"  # noqa: S608
        ).fetchone()
        assert row is not None
        dates, highest, texts, *lowest = row
        if dates >= _DATES and highest <= _MONTHS and texts >= _TEXTS and max(lowest) > _MONTHS:
            values = {"count": dates, "texts": texts}
            said.append(FileMessage("date_swapped", "warning", values, column=labels[at]))
    return said
