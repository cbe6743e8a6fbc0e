"""RFM: the published segments, the rules for ties, lines and returns, and independent pandas on real data."""

import csv
import math
import random
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insight.analysis import registry
from insight.audience import Mark, customer_ids
from insight.errors import UsageError
from insight.i18n.catalog import Words
from insight.stats.rfm import DEFAULT_SEGMENTS
from insight.workspace.store import Workspace
from tests.analysis import real
from tests.build import workspace

# The R package rfm, tests/testthat/test-rfm-segment.R and test-rfm-table.R: champions 158 customers, 1,234 orders,
# revenue 120,178; the others by the same rule in pandas. (customers, orders, revenue)
PUBLISHED = {
    "about_to_sleep": (50, 127, 10914), "at_risk": (86, 438, 44178), "champions": (158, 1234, 120178),
    "lost": (111, 244, 20955), "loyal": (278, 1708, 166712), "need_attention": (35, 144, 13287),
    "others": (48, 210, 22061), "potential_loyal": (229, 801, 65873),
}  # fmt: skip


def rfm_orders() -> list[tuple[str, str, str]]:
    with real.path("rfm_orders/orders.csv").open(encoding="utf-8") as file:
        return [(row["customer_id"], row["order_date"], row["revenue"]) for row in csv.DictReader(file)]


def table_of(made: Workspace, chosen: Mapping[str, str]) -> dict[str, tuple[int, int, Decimal]]:
    with made.query() as query:
        table: Any = registry.run(query, "segments.rfm", chosen).table
    return {row.segment: (row.n_customers, row.n_orders, row.sales) for row in table.itertuples()}


def members_of(made: Workspace, chosen: Mapping[str, str] | None = None) -> Any:
    analysis = registry.find("segments.rfm")
    with made.query() as query:
        assert analysis.members is not None
        analysis.members(query, registry.settings_for(query, analysis, chosen or {}))
        return query.frame("SELECT * FROM members ORDER BY customer_id").set_index("customer_id")


def test_published_segments_of_the_r_package_rfm() -> None:
    made = workspace(rfm_orders())
    assert table_of(made, {"scoring": "quantile_cuts", "as_of": "2006-12-31"}) == PUBLISHED


def test_the_same_cut_points_given_as_bounds_give_the_published_segments() -> None:
    rows = rfm_orders()
    orders: Any = pd.DataFrame(rows, columns=["customer", "day", "revenue"])
    orders["revenue"] = orders["revenue"].astype(float)
    per = orders.groupby("customer").agg(last=("day", "max"), n=("day", "size"), spend=("revenue", "sum"))
    days = (pd.Timestamp("2006-12-31") - pd.to_datetime(per["last"])).dt.days
    bounds = {
        name: ",".join(f"{cut + 1:.2f}" for cut in np.quantile(values, [0.2, 0.4, 0.6, 0.8]))
        for name, values in (("r_bounds", days), ("f_bounds", per["n"]), ("m_bounds", per["spend"]))
    }
    assert table_of(workspace(rows), {"scoring": "bounds", "as_of": "2006-12-31", **bounds}) == PUBLISHED


def test_ten_customers_by_hand() -> None:
    # Customer k buys k times, last on day k of January, for k × 100 kr in all: ten distinct values of everything.
    rows = [
        (f"c{k:02}", date(2024, 1, k) - timedelta(days=30 * i), Decimal(100)) for k in range(1, 11) for i in range(k)
    ]
    found = members_of(workspace(rows), {"as_of": "2024-01-11"})
    assert found["days_since_last"].tolist() == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert found["n_orders"].tolist() == list(range(1, 11))
    assert found["spend"].tolist() == [Decimal(100 * k) for k in range(1, 11)]
    two_a_score = [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]  # floor(5·(rank − 1)/10) + 1
    for name in "rfm":
        assert found[name].tolist() == two_a_score
    assert found["segment"].tolist() == ["lost"] * 2 + ["need_attention"] * 2 + ["loyal"] * 2 + ["champions"] * 4


def test_who_is_leaving_can_be_listed_as_many_as_the_figure_says() -> None:
    # The ten customers above: the third and the fourth need attention, and nobody else is in a group that leaves.
    rows = [
        (f"c{k:02}", date(2024, 1, k) - timedelta(days=30 * i), Decimal(100)) for k in range(1, 11) for i in range(k)
    ]
    with workspace(rows).query() as query:
        metric = registry.run(query, "segments.rfm", {"as_of": "2024-01-11"}).metrics["leaving"]
    found = members_of(workspace(rows), {"as_of": "2024-01-11"})
    assert (metric.value, dict(metric.mark or {})) == (2, {"heading": "leaving"})
    assert found.index[found["heading"] == "leaving"].tolist() == ["c03", "c04"]
    own = members_of(workspace(rows), {"as_of": "2024-01-11", "map": "at_risk:1-5/1-5/1-5"})
    assert own["heading"].isna().all(), "a map of one's own says nothing about who leaves"


def test_equal_customers_share_every_score() -> None:
    found = members_of(workspace([(name, "2024-03-01", 50) for name in "abcdefg"]))
    assert set(found["r"]) == set(found["f"]) == set(found["m"]) == {1}


def test_bounds_belong_to_the_step_above() -> None:
    rows = [("once", "2024-01-31", 499.99), ("twice", "2024-01-01", 250), ("twice", "2024-01-02", 250)]
    found = members_of(workspace(rows), {"as_of": "2024-02-01", "r_bounds": "30", "f_bounds": "2", "m_bounds": "500"})
    assert found.loc["once", ["r", "f", "m"]].tolist() == [2, 1, 1]
    assert found.loc["twice", ["days_since_last", "r", "f", "m"]].tolist() == [30, 1, 2, 2]


def test_everybody_is_accounted_for_and_the_outside_stands_in_rows_of_its_own() -> None:
    rows = [
        ("buyer", "2024-01-05", 100), ("other", "2024-01-06", 80), ("returner", "2024-01-07", -40),
        ("early", "2020-01-01", 70), ("late", "2024-06-01", 30), (None, "2024-01-05", 11),
    ]  # fmt: skip
    made = workspace(rows, customers=[{"customer_id": "buyer"}, {"customer_id": "stranger"}])
    with made.query() as query:
        result = registry.run(query, "segments.rfm", {"as_of": "2024-02-01", "window": "12"})
    chosen = (("as_of", "2024-02-01"), ("window", "12"))
    assert customer_ids(made, Mark("segments.rfm", chosen))["customer_id"].to_pylist() == ["buyer", "other"]
    apart = Mark("segments.rfm", chosen, (("segment", "none_no_orders"),))
    assert customer_ids(made, apart)["customer_id"].to_pylist() == ["stranger"]
    sizes = dict(zip(result.table["segment"], result.table["n_customers"], strict=True))
    outside = {key: sizes.pop(key) for key in ("only_returns", "none_in_window", "none_yet", "none_no_orders")}
    assert outside == {"only_returns": 1, "none_in_window": 1, "none_yet": 1, "none_no_orders": 1}
    assert sum(sizes.values()) == 2 == result.basis.n_customers
    assert result.basis.rows_left_out == {"earlier": 1, "later": 1, "unidentified": 1}
    check = result.basis.sum_check
    assert check is not None
    assert (check.total, check.difference) == (Decimal("151.00"), 0)


def test_an_order_of_nothing_is_a_purchase_and_a_negative_one_a_return() -> None:
    found = members_of(workspace([("a", "2024-01-01", 10), ("a", "2024-01-05", 0), ("a", "2024-01-09", -4)]))
    assert found.loc["a", ["n_orders", "days_since_last", "spend"]].tolist() == [2, 5, Decimal("6.00")]


def test_own_groups_and_other_numbers_of_scores() -> None:
    rows = [(f"c{k}", date(2024, 1, k), k) for k in range(1, 10)]
    found = members_of(workspace(rows), {"groups": "3", "map": "top:3/1-3/3,middle:2/1-3/2"})
    assert found["segment"].tolist() == ["others"] * 3 + ["middle"] * 3 + ["top"] * 3


@pytest.mark.parametrize("text", ["top", "top:5", "top:5/5", "top:3-1/1/1", "top:5/5/5,top:4/4/4", "others:1/1/1"])
def test_a_map_that_cannot_be_read_is_refused(text: str) -> None:
    with workspace([("a", "2024-01-01", 1)]).query() as query, pytest.raises(UsageError):
        registry.run(query, "segments.rfm", {"map": text})


customers = st.sampled_from(["ann", "bo", "cy", "di", "eva"])
orders = st.lists(st.tuples(customers, st.integers(0, 400), st.integers(0, 90_000)), min_size=1, max_size=25)


def lines_of(made: list[tuple[str, int, int]]) -> list[tuple[str, date, Decimal, str]]:
    return [
        (name, date(2023, 1, 1) + timedelta(days=day), Decimal(cents) / 100, f"o{number}")
        for number, (name, day, cents) in enumerate(made)
    ]


@given(orders, st.randoms(use_true_random=False))
@settings(max_examples=8, deadline=None)
def test_order_of_rows_lines_per_order_and_returns_move_no_score(
    made: list[tuple[str, int, int]], chance: random.Random
) -> None:
    lines = lines_of(made)
    before = members_of(workspace(lines), {"as_of": "2024-06-01"})
    halves = [
        (name, day, part, order) for name, day, amount, order in lines
        for part in (math.floor(amount * 50) / Decimal(100), amount - math.floor(amount * 50) / Decimal(100))
    ]  # fmt: skip
    chance.shuffle(halves)
    pd.testing.assert_frame_equal(before, members_of(workspace(halves), {"as_of": "2024-06-01"}))

    returned = members_of(workspace([*lines, (lines[0][0], "2024-05-30", -5, "r1")]), {"as_of": "2024-06-01"})
    pd.testing.assert_frame_equal(
        before[["days_since_last", "n_orders", "r", "f"]], returned[["days_since_last", "n_orders", "r", "f"]]
    )
    assert returned.loc[lines[0][0], "spend"] == before.loc[lines[0][0], "spend"] - 5


def test_scores_of_online_retail_agree_with_pandas() -> None:
    made, lines = real.online_retail()
    orders = real.orders_of(lines)
    bought = orders[~orders["is_return"]].groupby("customer_id").agg(last=("day", "max"), n=("day", "size"))
    bought["cents"] = orders.groupby("customer_id")["cents"].sum().reindex(bought.index)
    found = members_of(made)
    inside = found[found["n_orders"] > 0]
    assert inside.index.tolist() == bought.index.tolist()
    assert (inside["n_orders"].to_numpy() == bought["n"].to_numpy()).all()
    days = (lines["day"].max() + pd.Timedelta(days=1) - bought["last"]).dt.days
    assert (inside["days_since_last"].to_numpy() == days.to_numpy()).all()
    assert [int(spend * 100) for spend in inside["spend"]] == bought["cents"].tolist()
    n = len(bought)
    for name, values in (("r", -days), ("f", bought["n"]), ("m", bought["cents"])):
        expected = (5 * (values.rank(method="min") - 1) // n + 1).astype(int)
        assert (inside[name].astype(int).to_numpy() == expected.to_numpy()).all(), name
    assert len(found) == lines["customer_id"].nunique()


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_method_names_every_group_with_its_three_ranges(language):
    words = Words(language)
    said = words.t("definition.rfm")
    ranges = [
        (rule.key, [f"{low}–{high}" if low < high else f"{low}" for low, high in rule[1:]]) for rule in DEFAULT_SEGMENTS
    ]
    assert [key for key, three in ranges if f"{words.t(f'label.{key}')} {', '.join(three)};" not in said] == []
