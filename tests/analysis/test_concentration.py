"""Concentration: by hand, equal customers, and independent numpy on real data."""

from collections.abc import Mapping
from decimal import Decimal

import numpy as np
import pytest

from insight.analysis import registry
from insight.audience import Mark, customer_ids, pairs
from insight.errors import NotEnoughDataError
from insight.result import Result
from insight.workspace.store import Workspace
from tests.analysis import real
from tests.build import workspace


def run(made: Workspace, chosen: Mapping[str, str] | None = None) -> Result:
    with made.query() as query:
        return registry.run(query, "concentration.lorenz", chosen)


def test_four_customers_by_hand() -> None:
    made = workspace(
        [("a", "2024-01-01", 60), ("b", "2024-01-02", 20), ("c", "2024-01-03", 15), ("d", "2024-01-04", 5)]
    )
    result = run(made)
    values = {name: metric.value for name, metric in result.metrics.items()}
    assert values["top_share"] == pytest.approx(0.6)
    assert values["best_vs_average"] == pytest.approx(2.4)
    assert values["best_vs_rest"] == pytest.approx(60 / (40 / 3))
    assert values["top1_vs_average"] == pytest.approx(60 / 25)
    assert values["share_needed_80"] == pytest.approx(0.5)
    # 2·(1·5 + 2·15 + 3·20 + 4·60)/(4·100) − 5/4
    assert values["gini"] == pytest.approx(0.425)
    assert values["gini_24"] is None
    assert result.headline.values == {"top": 0.25, "share": pytest.approx(0.6), "n": 1}
    assert result.table["group"].tolist() == ["decile_1", "decile_3", "decile_6", "decile_8"]
    assert result.table["cumulative_share"].tolist() == pytest.approx([0.6, 0.8, 0.95, 1])


def test_the_curve_the_headline_and_the_figure_speak_of_the_same_rounded_up_customers() -> None:
    """A quarter of 206 customers is 51.5: 52. The first 52 buy for 10 each, 154 for 1: 520 of 674, never 510."""
    made = workspace([(f"c{k:03d}", "2024-01-01", 10 if k < 52 else 1) for k in range(206)])
    result = run(made)
    assert result.metrics["top_share"].value == pytest.approx(520 / 674)
    assert result.headline.values == {"top": 52 / 206, "share": pytest.approx(520 / 674), "n": 52}
    curve = result.tables["curve"]
    spoken = curve[curve["spoken"]]
    assert spoken["best_customers"].tolist() == [52 / 206]
    assert spoken["their_sales"].tolist() == [pytest.approx(520 / 674)]


def test_the_best_share_opens_its_customers() -> None:
    made = workspace(
        [("a", "2024-01-01", 60), ("b", "2024-01-02", 20), ("c", "2024-01-03", 15), ("d", "2024-01-04", 5)]
    )
    best = Mark("concentration.lorenz", pairs({"top": 0.5}), pairs({"part": "top_best"}))
    assert customer_ids(made, best)["customer_id"].to_pylist() == ["a", "b"]
    with made.query() as query:
        metric = registry.run(query, "concentration.lorenz", {"top": "0.5"}).metrics["top_share"]
    assert metric.mark == {"part": "top_best"}


def test_who_only_returned_and_who_fell_below_zero_are_told() -> None:
    made = workspace([
        ("a", "2024-01-01", 60), ("b", "2024-01-02", 20), ("b", "2024-01-03", -50), ("c", "2024-01-03", -5),
        (None, "2024-01-03", 100),
    ])  # fmt: skip
    result = run(made)
    assert result.metrics["top_share"].value == 1
    assert [(note.code, note.values.get("n")) for note in result.notes][:2] == [
        ("sums_below_zero", 1), ("only_returned_apart", 1),
    ]  # fmt: skip
    assert result.basis.sum_check is not None
    assert result.basis.sum_check.parts == {
        "customers": Decimal(30), "only_returns": Decimal(-5), "unidentified": Decimal(100),
    }  # fmt: skip
    assert result.basis.sum_check.difference == 0


@pytest.mark.parametrize(
    ("rows", "key"),
    [
        ([("a", "2024-01-01", 10)], "concentration.one_customer"),
        ([("a", "2024-01-01", 10), ("b", "2024-01-01", 10)], "concentration.equal"),
        ([("a", "2024-01-01", 0), ("b", "2024-01-01", 0)], "concentration.no_net"),
    ],
)
def test_headlines_where_there_is_nothing_to_compare(rows: list[tuple[str, str, int]], key: str) -> None:
    assert run(workspace(rows)).headline.key == key


def test_only_returns_are_refused() -> None:
    with pytest.raises(NotEnoughDataError):
        run(workspace([("a", "2024-01-01", -10)]))


def test_online_retail_agrees_with_numpy() -> None:
    made, lines = real.online_retail()
    orders = real.orders_of(lines)
    buyers = orders.loc[~orders["is_return"], "customer_id"].unique()
    spend = (
        orders.groupby("customer_id")["cents"].sum().loc[buyers].clip(lower=0).sort_values(ascending=False).to_numpy()
    )
    metrics = run(made, {"start": "2009-12-01", "end": "2010-12-10"}).metrics
    k = int(np.ceil(0.25 * len(spend)))
    assert metrics["top_share"].value == pytest.approx(spend[:k].sum() / spend.sum())
    # Mean absolute difference over twice the mean: another form of Gini's coefficient.
    rising = np.sort(spend)
    weights = 2 * np.arange(1, len(rising) + 1) - len(rising) - 1
    assert metrics["gini"].value == pytest.approx((weights * rising).sum() / (len(rising) * rising.sum()))
    needed = np.searchsorted(np.cumsum(spend), 0.8 * spend.sum()) + 1
    assert metrics["share_needed_80"].value == pytest.approx(needed / len(spend))
