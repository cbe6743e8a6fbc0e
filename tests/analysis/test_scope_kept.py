"""What is kept for a changed selection gives what would be found without it, and no more than memory has room for."""

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from insight.analysis import registry, segmenting
from insight.analysis.basis import account
from insight.audience import customer_ids, parse, scoped_query
from insight.workspace.store import SourceFile, Workspace
from tests.build import workspace

ROWS = [
    ("ann", "2024-01-10", 100), ("ann", "2025-03-10", 50), ("bo", "2024-06-01", 70), ("bo", "2025-05-01", -20),
    ("cy", "2025-02-02", -30), ("di", "2024-02-01", 900), ("di", "2025-05-20", 900), (None, "2025-04-01", 11),
    (None, "2024-04-01", 22),
]  # fmt: skip
SEGMENTATIONS = ("segments.rfm", "segments.value_tiers", "segments.lifecycle")


@pytest.fixture
def shop():
    made = workspace(ROWS, customers=[{"customer_id": "ewa"}])
    yield made
    made.close()


def members(made: Workspace, key: str, link: str = "") -> list[tuple[object, ...]]:
    analysis = registry.find(key)
    assert analysis.members is not None
    with scoped_query(made, parse(link) if link else None) as query:
        analysis.members(query, registry.settings_for(query, analysis, {}))
        return query.rows("SELECT * FROM members ORDER BY customer_id")


@pytest.mark.parametrize("key", SEGMENTATIONS)
def test_a_kept_segmentation_is_the_same_within_every_selection(shop, key):
    everybody = members(shop, key)
    again = members(shop, key)  # kept now
    assert again == everybody
    fresh = Workspace(shop.folder)
    for link in ("segments.lifecycle;@segment=slipping", "not(segments.value_tiers;@segment=tier_a)"):
        inside = set(customer_ids(shop, parse(link))["customer_id"].to_pylist())
        expected = [row for row in everybody if row[0] in inside]
        assert members(shop, key, link) == expected == members(fresh, key, link)
        assert 0 < len(inside) < len(everybody)
    fresh.close()


def test_facts_of_all_history_say_what_the_orders_say(shop):
    """Until the last day the orders are counted; from the day after, the facts: the same but for the last day."""
    with shop.query() as query:
        segmenting.make_bought(query, None, date(2025, 5, 21))
        facts = query.rows("SELECT * FROM bought ORDER BY customer_id")
        kinds = query.rows("SELECT column_name, column_type FROM (DESCRIBE bought)")
        segmenting.make_bought(query, date(1, 1, 1), date(2025, 5, 21))
        orders = query.rows("SELECT * FROM bought ORDER BY customer_id")
        assert query.rows("SELECT column_name, column_type FROM (DESCRIBE bought)") == kinds
    assert facts == orders
    assert [(row[0], row[1], row[4], row[5]) for row in facts] == [
        ("ann", None, 2, Decimal("150.00")),
        ("bo", None, 1, Decimal("50.00")),
        ("cy", "only_returns", 0, Decimal("-30.00")),
        ("di", None, 2, Decimal("1800.00")),
        ("ewa", "none_no_orders", 0, Decimal("0.00")),
    ]


def test_another_setting_or_changed_data_is_not_what_was_kept(shop, tmp_path):
    two = [row[1] for row in members(shop, "segments.value_tiers")]
    analysis = registry.find("segments.value_tiers")
    assert analysis.members is not None
    with shop.query() as query:
        chosen = {"method": "bounds", "bounds": "100,1000", "names": "stor,mellan,liten"}
        analysis.members(query, registry.settings_for(query, analysis, chosen))
        named = dict(query.rows("SELECT customer_id, segment FROM members"))
    assert (named["ann"], named["bo"], named["di"]) == ("liten", "liten", "mellan")  # 50, 70 - 20, 900 in twelve months
    assert two != list(named.values())
    file = tmp_path / "more.csv"
    file.write_text("kund;datum;belopp\nbo;2025-05-20;9,00\n", encoding="utf-8")
    shop.load([SourceFile(file, file.name)])
    assert {row[0]: row[2] for row in members(shop, "segments.lifecycle")}["bo"] == 1  # days since the last


def test_no_more_rows_are_kept_than_there_is_room_for(shop, monkeypatch):
    monkeypatch.setattr(segmenting, "_MOST_KEPT", 12)
    with shop.query() as query:
        for key in SEGMENTATIONS:
            registry.run(query, key)
        held = [table for key, table in query.kept.items() if key[0] == "segments"]
    assert 0 < sum(table.num_rows for table in held) <= 12


def test_the_account_puts_every_row_in_one_place(shop):
    """By hand: 9 rows of 2 003.00 in all; ann and di within 2025: 50 + 900, before it 100 + 900."""
    start, end = date(2025, 1, 1), date(2025, 6, 1)
    with shop.query() as query:
        found = account(query, start, end)
        assert dict(found.rows) == {"used": 4, "earlier": 4, "unidentified": 1}
        assert (found.total, found.unidentified) == (Decimal("911.00"), Decimal("11.00"))
        assert dict(account(query, None, date(2024, 3, 1)).rows) == {"used": 2, "later": 7}
        query.put("scope", pa.table({"customer_id": ["ann", "di"]}))
        query.scoped = True
        found = account(query, start, end)
        assert dict(found.rows) == {"used": 2, "earlier": 2, "out_of_scope": 5}
        assert found.sales["out_of_scope"] == Decimal("53.00")
        assert found.total == Decimal("950.00")
