"""Cross tables, profiles and clusters: by hand, against pandas, and the same whatever the order of rows."""

import random
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pandas as pd
import pytest

from insight.analysis import registry
from insight.audience import Mark, scoped_query
from insight.errors import NotEnoughDataError, UsageError
from insight.i18n.catalog import Words
from insight.result import Result
from insight.workspace.store import Workspace
from tests.analysis import real
from tests.build import workspace


def run(made: Workspace, key: str, chosen: Mapping[str, str] | None = None, scope: Mark | None = None) -> Result:
    with scoped_query(made, scope) as query:
        return registry.run(query, key, chosen)


@cache
def club() -> Workspace:
    """Ten customers: in the north 3 of 4 are members, in the south 1 of 5; one from nowhere; one who never bought."""
    places = ["north"] * 4 + ["south"] * 5 + [None]
    members = [True, True, True, False, True, False, False, False, False, False]
    customers = [
        {"customer_id": f"c{k}", "region": place, "is_member": str(member).lower()}
        for k, (place, member) in enumerate(zip(places, members, strict=True))
    ]
    rows = [(f"c{k}", date(2024, 1, 1 + k), 10 * (k + 1)) for k in range(10)]
    return workspace([*rows, ("gone", "2024-01-02", -3)], [*customers, {"customer_id": "never", "region": "north"}])


def test_a_cross_table_by_hand() -> None:
    result = run(club(), "segments.cross", {"rows": "region", "columns": "is_member"})
    found = {(row["row"], row["column"]): row for row in result.table.to_dict("records")}
    assert {key: (row["n_customers"], row["sales"]) for key, row in found.items()} == {
        ("north", "member"): (3, 60), ("north", "no_member"): (1, 40), ("south", "member"): (1, 50),
        ("south", "no_member"): (4, 300), ("unknown", "no_member"): (1, 100),
    }  # fmt: skip
    assert found["north", "member"]["index"] == pytest.approx(100 * (3 / 4) / (4 / 10))
    assert found["north", "member"]["share_of_row"] == 0.75
    assert result.tables["rows"].to_dict("list") == {
        "row": ["south", "north", "unknown"], "n_customers": [5, 4, 1], "sales": [350, 100, 100],
        "share": [0.5, 0.4, 0.1],
    }  # fmt: skip
    assert result.tables["columns"]["n_customers"].sum() == 10
    assert [note.values["n"] for note in result.notes] == [2]
    assert result.headline.key == "segments.cross.even"


def test_a_clear_connection_is_told() -> None:
    customers = [
        {"customer_id": f"c{k}", "region": "n" if k < 40 else "s", "gender": "K" if k < 36 else "M"} for k in range(90)
    ]
    result = run(workspace([(f"c{k}", "2024-01-01", 1) for k in range(90)], customers), "segments.cross", {
        "rows": "region", "columns": "gender",
    })  # fmt: skip
    assert result.headline.values == {"row": "n", "column": "K", "times": pytest.approx((36 / 40) / (36 / 90))}


def test_cross_refuses_the_same_twice_and_fields_that_are_not_there() -> None:
    for chosen in ({"rows": "region", "columns": "region"}, {"rows": "region", "columns": "moon"}):
        with pytest.raises(UsageError):
            run(club(), "segments.cross", chosen)


def test_a_scope_keeps_the_segments_that_customers_have_among_all() -> None:
    made, _ = real.online_retail()
    scope = Mark("segments.lifecycle", mark=(("segment", "slipping"),))
    crossed = run(made, "segments.cross", {"rows": "rfm", "columns": "lifecycle"})
    inside = run(made, "segments.rfm", scope=scope)
    cells = {row["row"]: row["n_customers"] for row in crossed.table.to_dict("records") if row["column"] == "slipping"}
    sizes = {row["segment"]: row["n_customers"] for row in inside.table.to_dict("records")}
    assert {key: n for key, n in sizes.items() if n} == cells
    assert inside.basis.n_customers == sum(cells.values())


def test_rfm_by_store_of_online_retail_agrees_with_pandas() -> None:
    made, lines = real.online_retail()
    result = run(made, "segments.cross", {"rows": "main_store", "columns": "value_tiers"})
    orders = lines[lines["customer_id"].notna()].groupby(["customer_id", "order_id", "day"], as_index=False).agg(
        cents=("cents", "sum"), store=("store", "min")
    )  # fmt: skip
    bought = orders[orders["cents"] >= 0]
    counts = bought.groupby(["customer_id", "store"]).size().reset_index(name="n")
    main = counts.sort_values(["n", "store"]).groupby("customer_id")["store"].last()
    margins = result.tables["rows"].set_index("row")["n_customers"]
    expected = main.value_counts()
    assert margins["United Kingdom"] == expected["United Kingdom"]
    assert margins["Germany"] == expected["Germany"]
    assert margins.sum() == len(main)
    known = orders[orders["customer_id"].isin(main.index)]
    assert result.metrics["sales"].value == Decimal(int(known["cents"].sum())) / 100


def test_a_profile_tells_shares_inside_and_among_all() -> None:
    scope = Mark("segments.cross", (("columns", "is_member"), ("rows", "region")), (("row", "north"),))
    result = run(club(), "segments.profile", scope=scope)
    found = {(row["field"], row["value"]): row for row in result.table.to_dict("records")}
    member = found["is_member", "member"]
    assert (member["n_customers"], member["n_customers_all"]) == (3, 4)
    assert (member["share_customers"], member["share_all"]) == (0.75, 0.4)
    assert member["index"] == pytest.approx(187.5)
    # The region is what the selection was chosen by: no news of it.
    assert "region" not in set(result.table["field"])
    shown = Words("sv").with_labels(result.labels)
    assert (shown.label("is_member"), shown.label("lifecycle")) == ("Medlemskap", "Livscykel")
    assert result.metrics["share_of_all"].value == pytest.approx(0.4)
    whole = run(club(), "segments.profile")
    assert set(whole.table["index"]) == {100.0}
    assert whole.headline.key == "segments.profile.no_scope"


# --- clusters ---------------------------------------------------------------------------------------------------------


def two_kinds() -> list[tuple[str, date, int, str]]:
    """Forty who buy weekly and little, thirty who bought once, long ago and for much, from one seed."""
    chance = random.Random(4)
    last = date(2024, 12, 1)
    often = [
        (f"often{k}", last - timedelta(7 * week + chance.randrange(3)), 50 + chance.randrange(9), f"o{k}-{week}")
        for k in range(40) for week in range(20 + chance.randrange(5))
    ]  # fmt: skip
    once = [
        (f"once{k:02}", date(2023, 1, 1) + timedelta(chance.randrange(40)), 5000 + chance.randrange(900), f"x{k}")
        for k in range(30)
    ]
    return [*often, *once]


def test_two_kinds_of_customers_fall_apart_and_are_described() -> None:
    result = run(workspace(two_kinds()), "segments.clusters", {"k": "2"})
    assert result.table["n_customers"].tolist() == [30, 40]
    features = result.tables["features"].set_index(["segment", "feature"])["apart"]
    assert features["cluster_1", "feature_receipt"] > 1 > 0 > features["cluster_2", "feature_receipt"]
    assert result.metrics["stability"].value == pytest.approx(1)
    assert set(result.labels["cluster_1"].split("_")[-1:]) <= {"high", "low"}
    assert result.labels["cluster_1"] != result.labels["cluster_2"]


def test_clusters_are_the_same_whatever_the_order_of_rows() -> None:
    rows = two_kinds()
    shuffled = random.Random(1).sample(rows, len(rows))
    one, other = (run(workspace(lines), "segments.clusters") for lines in (rows, shuffled))
    pd.testing.assert_frame_equal(one.table, other.table)
    assert one.labels == other.labels


@pytest.mark.parametrize(
    ("rows", "key"),
    [
        ([("a", "2024-01-01", 1)], "clusters.too_few"),
        ([(f"c{k}", "2024-01-01", 100) for k in range(40)], "clusters.alike"),
    ],
)
def test_too_few_or_too_alike_are_refused(rows: list[tuple[Any, ...]], key: str) -> None:
    with pytest.raises(NotEnoughDataError) as refused:
        run(workspace(rows), "segments.clusters")
    assert refused.value.key == key
