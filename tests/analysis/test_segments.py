"""Value tiers and lifecycle: by hand, ties, and independent pandas on real data."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insight.analysis import registry
from insight.errors import NotEnoughDataError, UsageError
from insight.result import Result
from insight.stats import tiers
from insight.workspace.store import Workspace
from tests.analysis import real
from tests.build import workspace


def run(made: Workspace, key: str, chosen: Mapping[str, str] | None = None) -> Result:
    with made.query() as query:
        return registry.run(query, key, chosen)


def segments_of(made: Workspace, key: str, chosen: Mapping[str, str] | None = None) -> dict[str, str]:
    analysis = registry.find(key)
    with made.query() as query:
        assert analysis.members is not None
        analysis.members(query, registry.settings_for(query, analysis, chosen or {}))
        return dict(query.rows("SELECT customer_id, segment FROM members"))


# --- value tiers ------------------------------------------------------------------------------------------------------


def test_tiers_by_share_by_hand() -> None:
    # Total 100. Half is 50: 40 begins at 0, 20 at 40 (passes 50) → best; the next begin at 60, 75 → second; 85 → third.
    values = np.array([5, 40, 20, 15, 10, 10, 0, -3])
    assert tiers.by_share(values, [Fraction(1, 2), Fraction(3, 10), Fraction(1, 5)]).tolist() == [
        2,
        0,
        0,
        1,
        1,
        1,
        -1,
        -1,
    ]


def test_bounds_and_ranks_by_hand() -> None:
    values = np.array([99, 100, 500, 0, -1, 500])
    assert tiers.by_bounds(values, [100, 500]).tolist() == [2, 1, 0, -1, -1, 0]
    assert tiers.by_rank(np.array([1, 2, 3, 4, 5, 6, 0]), 3).tolist() == [2, 2, 1, 1, 0, 0, -1]


@given(st.lists(st.integers(-50, 200), max_size=60), st.sampled_from([(1, 1, 1), (5, 3, 2), (80, 15, 5)]))
def test_tiers_by_share_keep_ties_and_pass_each_limit_by_one_group(values: list[int], weights: tuple[int, ...]) -> None:
    shares = [Fraction(weight, sum(weights)) for weight in weights]
    found = tiers.by_share(np.array(values, dtype=np.int64), shares).tolist()
    total = sum(value for value in values if value > 0)
    for value, tier in zip(values, found, strict=True):
        better = sum(other for other in values if other > max(value, 0))
        limits = [sum(shares[: k + 1], Fraction(0)) * total for k in range(len(shares) - 1)]
        assert tier == (-1 if value <= 0 else sum(better >= limit for limit in limits))


def shop() -> list[tuple[Any, ...]]:
    spends = {"ann": 500, "bo": 250, "cy": 150, "di": 60, "eva": 40}
    return [(name, "2024-05-01", amount) for name, amount in spends.items()] + [
        ("fia", "2024-05-01", 30), ("fia", "2024-05-02", -30), ("gun", "2020-05-01", 900), (None, "2024-05-01", 7),
    ]  # fmt: skip


def test_default_tiers_carry_half_a_third_and_the_rest() -> None:
    made = workspace(shop())
    assert segments_of(made, "segments.value_tiers") == {
        "ann": "tier_a", "bo": "tier_b", "cy": "tier_b", "di": "tier_c", "eva": "tier_c", "fia": "no_net",
        "gun": "none_in_window",
    }  # fmt: skip
    result = run(made, "segments.value_tiers")
    best = result.table.iloc[0]
    assert (best["n_customers"], best["sales"], best["share_sales"], best["least"]) == (1, 500, 0.5, 500)
    assert result.headline.values == {"segment": "tier_a", "n": 1, "sales": Decimal(500), "share": 0.5}
    assert result.basis.sum_check is not None
    assert result.basis.sum_check.total == Decimal(1007)
    assert result.basis.sum_check.difference == 0


def test_own_names_bounds_orders_and_equal_groups() -> None:
    made = workspace([*shop(), ("eva", "2024-05-03", 1), ("di", "2024-05-03", 0), ("di", "2024-05-04", 0)])
    named = {"method": "bounds", "bounds": "100,400", "names": "Guld,Silver,Brons"}
    assert {key: segments_of(made, "segments.value_tiers", named)[key] for key in ("ann", "bo", "di")} == {
        "ann": "Guld", "bo": "Silver", "di": "Brons",
    }  # fmt: skip
    by_orders = segments_of(made, "segments.value_tiers", {"basis": "orders", "method": "bounds", "bounds": "2,3"})
    assert {key: by_orders[key] for key in ("ann", "eva", "di")} == {"ann": "tier_c", "eva": "tier_b", "di": "tier_a"}
    halves = segments_of(made, "segments.value_tiers", {"method": "quantiles", "groups": "2"})
    assert [key for key, value in sorted(halves.items()) if value == "tier_a"] == ["ann", "bo", "cy"]


@pytest.mark.parametrize(
    "chosen",
    [
        {"shares": "a:0.5,b:0.2"}, {"shares": "a:1.5,b:-0.5"}, {"names": "Guld,Silver"}, {"names": "x,x,y"},
        {"method": "bounds", "bounds": "1,2,3", "names": "a,b"},
    ],
)  # fmt: skip
def test_tiers_that_do_not_add_up_are_refused(chosen: Mapping[str, str]) -> None:
    with pytest.raises(UsageError):
        run(workspace(shop()), "segments.value_tiers", chosen)


def test_tiers_by_margin_need_margins() -> None:
    with pytest.raises(NotEnoughDataError):
        run(workspace(shop()), "segments.value_tiers", {"basis": "margin"})
    rows = [
        {"customer_id": c, "ordered_at": "2024-01-01", "amount": 100, "cost": cost}
        for c, cost in (("a", 10), ("b", 90))
    ]
    found = segments_of(workspace(rows), "segments.value_tiers", {"basis": "margin"})
    assert found == {"a": "tier_a", "b": "tier_c"}  # 90 of 100 begin at 0, the last 10 at 90 %


def test_tiers_of_online_retail_agree_with_pandas() -> None:
    made, lines = real.online_retail()
    orders = real.orders_of(lines)
    buyers = orders.loc[~orders["is_return"], "customer_id"].unique()
    spend = orders.groupby("customer_id")["cents"].sum().loc[buyers]
    spend = spend[spend > 0].sort_values(ascending=False)
    begins = spend.groupby(spend).sum().sort_index(ascending=False).cumsum()
    before = {value: total - spend[spend == value].sum() for value, total in begins.items()}
    expected = spend.map(
        lambda value: int(before[value] >= spend.sum() * 0.5) + int(before[value] >= spend.sum() * 0.8)
    )
    found = pd.Series(segments_of(made, "segments.value_tiers", {"window": "24"}))
    assert found.loc[expected.index].map({"tier_a": 0, "tier_b": 1, "tier_c": 2}).tolist() == expected.tolist()


def test_a_year_before_by_the_same_rule_and_only_where_the_data_reach() -> None:
    rows = [("a", "2022-05-01", 100), ("a", "2023-05-01", 100), ("b", "2024-05-01", 10), ("c", "2024-05-02", 5)]
    found = run(workspace(rows), "segments.value_tiers", {"as_of": "2024-05-03"})
    sizes = {row["segment"]: (row["n_customers"], row["n_customers_before"]) for row in found.table.to_dict("records")}
    assert sizes == {"tier_a": (1, 1), "tier_b": (1, 0), "none_in_window": (1, 0)}
    short = run(workspace(rows[1:]), "segments.value_tiers", {"as_of": "2024-05-03"})
    assert set(short.table["n_customers_before"]) == {None}
    assert "no_year_before" in {note.code for note in short.notes}


def test_where_all_history_counts_a_longer_one_is_told_beside_the_changes() -> None:
    """Four customers a year ago, one of them lost; six now, four lost: nobody came to harm by the reckoning."""
    rows = [
        ("old", "2021-01-01", 10), ("a", "2023-01-01", 10), ("b", "2023-02-01", 10), ("c", "2023-03-01", 10),
        ("d", "2024-01-01", 10), ("e", "2024-02-01", 10),
    ]  # fmt: skip
    found = run(workspace(rows), "segments.lifecycle", {"as_of": "2024-05-01"})
    lost = {row["segment"]: row for row in found.table.to_dict("records")}["lost"]
    assert (lost["n_customers"], lost["n_customers_before"]) == (4, 1)
    assert (lost["share_customers"], lost["share_before"]) == (pytest.approx(4 / 6), 0.25)
    told = [note.values for note in found.notes if note.code == "history_a_year_longer"]
    assert told == [{"first": date(2021, 1, 1), "before": 4, "n": 6}]
    assert found.metrics["lost"].better == 0
    within = run(workspace(rows), "segments.lifecycle", {"as_of": "2024-05-01", "window": "24"})
    assert "history_a_year_longer" not in {note.code for note in within.notes}
    assert within.metrics["lost"].better == -1


# --- lifecycle --------------------------------------------------------------------------------------------------------


def days_ago(*days: int) -> list[date]:
    return [date(2024, 12, 31) - timedelta(days=day) for day in days]


def test_lifecycle_by_hand_on_the_very_bounds() -> None:
    history = {
        "new": [90], "not_new": [91], "active": [600, 300, 179], "slipping": [600, 300, 180], "not_lost": [700, 364],
        "lost": [700, 365], "won_back": [800, 455, 90], "away_too_short": [800, 454, 90],
        "back_but_earlier": [800, 120],
    }  # fmt: skip
    made = workspace([(name, day, 10) for name, days in history.items() for day in days_ago(*days)])
    assert segments_of(made, "segments.lifecycle", {"as_of": "2024-12-31"}) == {
        "new": "new", "not_new": "active", "active": "active", "slipping": "slipping", "not_lost": "slipping",
        "lost": "lost", "won_back": "returned", "away_too_short": "active", "back_but_earlier": "active",
    }  # fmt: skip


def test_a_return_is_no_sign_of_life() -> None:
    made = workspace([("a", days_ago(200)[0], 10), ("a", days_ago(3)[0], -2), ("b", days_ago(1)[0], 5)])
    assert segments_of(made, "segments.lifecycle", {"as_of": "2024-12-31"})["a"] == "slipping"


def test_the_rule_and_the_rhythm_stand_in_the_result() -> None:
    rows = [("a", day, 10) for day in days_ago(500, 400, 300, 100)] + [("a", days_ago(100)[0], 5)]
    result = run(workspace(rows), "segments.lifecycle", {"as_of": "2024-12-31", "active_days": "95"})
    assert result.metrics["median_gap"].value == 100  # gaps of 100, 100 and 200 days; two orders on a day are no gap
    assert result.basis.rule.values["active_days"] == 95
    assert "rhythm_longer_than_rule" in {note.code for note in result.notes}
    with pytest.raises(UsageError):
        run(workspace(rows), "segments.lifecycle", {"active_days": "400"})
