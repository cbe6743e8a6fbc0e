"""The corpus of odd files: each with the outcome, figures and words that its manifest asks for.

The folder comes from KUNDKOMPASS_BADFILES (else `shared/badfiles` beside the repository); skipped when it is not there.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.ingest.reading import Loaded, reading

FOLDER = Path(os.environ.get("KUNDKOMPASS_BADFILES", Path(__file__).parents[3] / "shared" / "badfiles"))
MANIFEST = FOLDER / "manifest.json"
CASES: list[dict[str, Any]] = json.loads(MANIFEST.read_text(encoding="utf-8")) if MANIFEST.is_file() else []

pytestmark = pytest.mark.skipif(not CASES, reason="no corpus: set KUNDKOMPASS_BADFILES to its folder")

_CONSENTS = {
    "consent_yes": "consent_email",
    "consent_no": "NOT consent_email",
    "consent_unknown": "consent_email IS NULL",
}


def _figure(loaded: Loaded, name: str, wanted: Any) -> Any:
    """One figure of the loaded table as the manifest writes it."""
    kind = loaded.report.kind
    if name == "quarantined":
        return loaded.report.set_aside
    if name == "id":
        return wanted if loaded.rows(f"SELECT 1 FROM {kind} WHERE customer_id = '{wanted}'") else None
    if name == "name":
        labels = [row[0] for row in loaded.rows(f"SELECT column_name FROM attributes WHERE table_name = '{kind}'")]
        quoted = wanted.replace("'", "''")
        return (
            wanted if any(loaded.rows(f"SELECT 1 FROM {kind} WHERE {label} = '{quoted}'") for label in labels) else None
        )
    if name in _CONSENTS:
        return loaded.one(f"SELECT count(*) FROM customers WHERE {_CONSENTS[name]}")
    select = {
        "rows": "count(*)", "ids": "count(DISTINCT customer_id)", "sum": "CAST(sum(amount) AS DOUBLE)",
        "neg": "CAST(coalesce(sum(amount) FILTER (WHERE amount < 0), 0) AS DOUBLE)",
        "first": "CAST(CAST(min(ordered_at) AS DATE) AS VARCHAR)",
        "last": "CAST(CAST(max(ordered_at) AS DATE) AS VARCHAR)",
    }[name]  # fmt: skip
    return loaded.one(f"SELECT {select} FROM {kind}")


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_outcome_figures_and_words(case: dict[str, Any]):
    kind = None if case["role"] == "any" else case["role"]
    content = (FOLDER / case["name"]).read_bytes()
    with reading(content, name=case["name"], kind=kind) as loaded:
        assert loaded.report.outcome == case["outcome"], loaded.said
        assert loaded.balanced()
        for name, wanted in case["figures"].items():
            assert _figure(loaded, name, wanted) == wanted, name
        missing = [words for words in case["tell"] if not any(word in loaded.said for word in words.split("|"))]
        assert not missing, loaded.said


def test_a_refused_file_leaves_no_row_behind():
    refused = next(case for case in CASES if case["outcome"] == "refuse")
    with reading((FOLDER / refused["name"]).read_bytes(), name=refused["name"]) as loaded:
        assert loaded.one("SELECT (SELECT count(*) FROM transactions) + (SELECT count(*) FROM customers)") == 0
        assert loaded.one("SELECT count(*) FROM set_aside") == 0
