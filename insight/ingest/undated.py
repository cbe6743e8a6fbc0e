"""The day of a control that was sent nothing: a mailing's export leaves it blank, and a comparison needs it."""

from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from insight.arms import CONTROL_WORDS
from insight.ingest.mapping import Mapped
from insight.ingest.report import FileMessage

_SHOWN = 5


def control_days(con: DuckDBPyConnection, mapped: Mapped, labels: Sequence[str]) -> list[FileMessage]:
    """Rows of a control without a day get the day of their test where all of its dated rows have the same.

    A row is of the control where the file's flag says so, or without a flag its arm's name. A blank name of the test
    is the file's only one. Where a test has several days, its control's rows get the reason `control_undated` and stay
    set aside. Works on `typed`, and on `raw` too where purchases take the mailing's day. Returns what was done.
    """
    if mapped.kind != "assignments" or "assigned_on" not in mapped.fields:
        return []
    words = ", ".join(f"'{word}'" for word in CONTROL_WORDS)
    named = f"lower(trim(arm)) IN ({words})"
    control = f"coalesce(is_control, {named})" if "is_control" in mapped.fields else named
    at = mapped.fields["assigned_on"]
    # A cell without a digit says in words that nothing was sent.
    waiting = (
        f"{control} AND (reason = 'date_missing' OR (reason = 'date_unreadable' AND line IN "  # noqa: S608
        f"(SELECT line FROM raw WHERE NOT regexp_matches(c{at}, '[0-9]'))))"
    )
    if con.execute(f"SELECT 1 FROM typed WHERE {waiting} LIMIT 1").fetchone() is None:  # noqa: S608
        return []
    test = "test" if "test" in mapped.fields else "CAST(NULL AS VARCHAR)"
    con.execute(
        "CREATE OR REPLACE TEMP TABLE test_days AS "  # noqa: S608
        f"SELECT {test} AS test, min(assigned_on) AS first, max(assigned_on) AS last, min(raw.c{at}) AS cell "
        "FROM typed JOIN raw USING (line) WHERE reason IS NULL GROUP BY 1"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE control_days AS SELECT waiting.line, days.test, days.first, days.last, days.cell "  # noqa: S608
        f"FROM (SELECT line, coalesce({test}, (SELECT any_value(test) FROM test_days HAVING count(*) = 1)) AS test, "
        f"{test} IS NULL AS blank FROM typed WHERE {waiting}) AS waiting "
        "LEFT JOIN test_days AS days ON days.test IS NOT DISTINCT FROM waiting.test "
        "WHERE days.first IS NOT NULL OR (blank AND EXISTS (SELECT 1 FROM test_days))"
    )
    con.execute(
        "UPDATE typed SET reason = 'control_undated' FROM control_days AS days "
        "WHERE days.line = typed.line AND coalesce(days.first <> days.last, true)"
    )
    con.execute("DELETE FROM control_days WHERE coalesce(first <> last, true)")
    found = con.execute("SELECT test, first, count(*), min(line) FROM control_days GROUP BY ALL ORDER BY 4").fetchall()
    if not found:
        return []
    values = "assigned_on = days.first, reason = NULL" + (", test = days.test" if "test" in mapped.fields else "")
    con.execute(f"UPDATE typed SET {values} FROM control_days AS days WHERE days.line = typed.line")  # noqa: S608
    if mapped.sales.get("ordered_at") == at:
        con.execute(f"UPDATE raw SET c{at} = days.cell FROM control_days AS days WHERE days.line = raw.line")  # noqa: S608
    days = ", ".join(f"{name}: {day}" if name else str(day) for name, day, _, _ in found[:_SHOWN])
    shown = {"count": sum(row[2] for row in found), "days": days + (" …" if len(found) > _SHOWN else "")}
    return [FileMessage("control_dated", "warning", shown, found[0][3], labels[at])]
