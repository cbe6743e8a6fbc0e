"""Every sentence that the reader can say exists in both languages, with the same values in it."""

import re
from pathlib import Path
from string import Formatter

import pytest

import insight.ingest
from insight.i18n.catalog import catalogue
from insight.ingest.schema import TABLES

SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in Path(insight.ingest.__path__[0]).glob("*.py"))
CALLS = re.findall(r'(?:FileMessage\(|\.tell\()\s*"([a-z0-9_]+)"', SOURCE)
KEYS = {f"ingest.{code}" for code in CALLS} | set(re.findall(r'"(ingest\.[a-z0-9_]+)"', SOURCE))
KEYS |= {f"ingest.kind_{kind}" for kind in TABLES} | {f"ingest.order_{order}" for order in ("dmy", "mdy", "ymd")}
KEYS |= {f"ingest.returns_by_{rule}" for rule in ("quantity", "status", "order_id")}
KEYS |= {f"ingest.aside_{word}_{what}" for word in ("date", "amount", "score") for what in ("missing", "unreadable")}
KEYS |= {f"ingest.aside_{word}_missing" for word in ("id", "arm", "kind")}
KEYS |= {"ingest.aside_id_unreadable", "ingest.aside_duplicate_customer", "ingest.aside_control_undated"}


@pytest.mark.parametrize("key", sorted(KEYS))
def test_the_sentence_exists_in_both_languages_with_the_same_values(key: str):
    values = [
        {name for _, name, _, _ in Formatter().parse(catalogue(language)[key]) if name} for language in ("sv", "en")
    ]
    assert values[0] == values[1]


def test_enough_sentences_were_found():
    assert len(KEYS) > 120
