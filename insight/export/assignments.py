"""A drawn test as a file: the people who send the offer work from it, and it loads back as test assignments."""

from insight.analysis import registry
from insight.analysis.ladder_holdout import UNNAMED
from insight.audience import Pairs
from insight.export.tables import csv_bytes
from insight.i18n.catalog import Words
from insight.ingest.schema import TABLES
from insight.result import Unit
from insight.workspace.engine import Query

_COLUMNS = ("customer_id", "test", "arm", "assigned_on", "contact_cost", "is_control")
_ROWS = """
    SELECT customer_id, test, arm, assigned_on, contact_cost, is_control FROM members ORDER BY step, arm, customer_id
"""


def assignments_csv(query: Query, words: Words, analysis: str, chosen: Pairs) -> bytes:
    """Everyone in a drawn test, a row each, under the schema's own names in the language of `words`.

    The arms keep their stable keys, so that a file in one language reads the same in the other.
    Raises InsightError when the draw cannot be made.
    """
    found = registry.find(analysis)
    assert found.members is not None
    found.members(query, registry.settings_for(query, found, dict(chosen)))
    fields = {field.name: field for field in TABLES["assignments"].fields}
    heads = [fields[name].sv if words.language == "sv" else fields[name].en for name in _COLUMNS]
    units: list[Unit] = ["text", "text", "text", "date", "money", "text"]
    flags = {True: words.t("common.yes"), False: words.t("common.no")}
    names = {UNNAMED: words.t("ladder.unnamed_test")}
    rows = [(who, names.get(test, test), *row, flags[bool(last)]) for who, test, *row, last in query.rows(_ROWS)]
    return csv_bytes(heads, rows, words.language, units)
