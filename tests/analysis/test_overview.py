"""Overview: groups and drivers by hand, sums that close, and independent pandas on real data."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insight.analysis import fields, registry
from insight.charts.draw import draw
from insight.charts.theme import palette
from insight.errors import NotEnoughDataError, UsageError
from insight.i18n.catalog import Words
from insight.result import Message, Result
from insight.workspace.store import Workspace
from tests.analysis import real
from tests.build import workspace

YEAR = {"start": "2024-01-01", "end": "2025-01-01"}


def run(made: Workspace, key: str, chosen: Mapping[str, str] | None = None) -> Result:
    with made.query() as query:
        return registry.run(query, key, chosen)


def rows_of(result: Result, name: str) -> dict[Any, Any]:
    return {row[name]: row for row in result.table.to_dict("records")}


@cache
def company() -> Workspace:
    lines = [
        ("ann", "2023-01-10", 100, "web", None, "A", "1"), ("ann", "2024-01-10", 150, "web", None, "A", "2"),
        ("ann", "2024-01-10", 50, "web", None, "B", "2"), ("bo", "2023-03-10", 80, "store", "S1", "A", "3"),
        ("cy", "2020-12-10", 80, "store", "S1", "A", "4"), ("cy", "2024-03-10", 90, "store", "S1", "A", "5"),
        ("di", "2024-04-10", 90, "store", "S2", "B", "6"), ("di", "2024-04-12", -90, "store", "S2", "B", "7"),
        ("eva", "2024-05-01", -20, "store", "S2", "B", "8"), (None, "2024-05-01", 33, "store", "S2", "B", "9"),
        (None, "2023-05-01", 30, "store", "S2", "B", "10"),
    ]  # fmt: skip
    names = ("customer_id", "ordered_at", "amount", "channel", "store", "category", "order_id")
    customers = [
        {"customer_id": "ann", "region": "Skåne", "birth_date": "1989-06-15", "Housing": "house"},
        {"customer_id": "bo", "region": "Skåne", "birth_date": "1990-01-01", "Housing": "flat"},
    ]
    return workspace([dict(zip(names, line, strict=True)) for line in lines], customers)


def test_groups_of_customers_make_up_all_sales() -> None:
    result = run(company(), "overview.key_figures", YEAR)
    found = {
        row["group"]: (row["n_customers"], row["sales"], row["sales_before"]) for row in result.table.to_dict("records")
    }
    assert found == {
        "new": (1, Decimal(0), Decimal(0)), "kept": (1, Decimal(200), Decimal(100)),
        "returned": (1, Decimal(90), Decimal(0)), "lost": (1, Decimal(0), Decimal(80)),
        "only_returns": (1, Decimal(-20), Decimal(0)), "unidentified": (None, Decimal(33), Decimal(30)),
    }  # fmt: skip
    values = {name: (metric.value, metric.before) for name, metric in result.metrics.items()}
    assert values["sales"] == (Decimal(303), Decimal(210))
    assert values["customers"] == (3, 2)
    assert values["orders"] == (3, 2)
    assert values["receipt"] == (Decimal("96.67"), Decimal(90))
    assert values["identified_share"] == (pytest.approx(270 / 303), pytest.approx(180 / 210))
    assert values["new_customers"] == (1, 2)
    assert values["lost_customers"] == (1, 0)
    assert values["returns"] == (Decimal(110), Decimal(0))
    assert "margin" not in values


def test_drivers_by_hand_add_up_to_the_change() -> None:
    # Purchasers: 2 × 1 × 90 = 180 → 3 × 1 × 96.67 = 290: customers (90 + 96.67)/2 = 93.33, receipt 2.5 × 6.67 = 16.67.
    drivers = run(company(), "overview.key_figures", YEAR).tables["drivers"]
    assert dict(zip(drivers["driver"], drivers["contribution"], strict=True)) == {
        "customers": Decimal("93.33"), "frequency": Decimal(0), "receipt": Decimal("16.67"),
        "returns": Decimal(-20), "unidentified": Decimal(3),
    }  # fmt: skip
    assert drivers["contribution"].sum() == Decimal(93)
    # What the product leaves out stands beside it: 290 − 20 + 33 = 303.
    sums = dict(zip(drivers["driver"], drivers["sales"], strict=True))
    assert (sums["receipt"], sums["returns"], sums["unidentified"]) == (Decimal(290), Decimal(-20), Decimal(33))
    assert drivers["sales"].dropna().sum() == Decimal(303)


@pytest.mark.parametrize(
    ("chosen", "key"),
    [
        (YEAR, "overview.key_figures.grew"),
        ({"start": "2023-01-01", "end": "2024-01-01", "compare": "none"}, "overview.key_figures.alone"),
        ({"start": "2024-05-01", "end": "2024-06-01", "compare": "none"}, "overview.key_figures.unknown"),
        ({"start": "2024-04-11", "end": "2024-04-30"}, "overview.key_figures.no_net"),
    ],
)
def test_headline_for_each_outcome(chosen: Mapping[str, str], key: str) -> None:
    assert run(company(), "overview.key_figures", chosen).headline.key == key


def test_a_fall_is_told_with_its_main_driver() -> None:
    made = workspace([("a", "2023-05-01", 100), ("b", "2023-05-02", 100), ("a", "2024-05-01", 100)])
    headline = run(made, "overview.key_figures", {"start": "2024-05-01", "end": "2025-05-01"}).headline
    assert headline.key == "overview.key_figures.fell"
    assert headline.values["change"] == pytest.approx(0.5)
    assert headline.values["driver"].key == "overview.driver.customers.down"  # type: ignore[attr-defined]


def test_no_growth_is_told_against_a_period_that_the_data_do_not_cover() -> None:
    made = workspace(
        [("a", "2023-12-01", 10), ("b", "2023-12-10", 5), ("a", "2024-06-01", 500), ("c", "2024-07-01", 70)]
    )
    result = run(made, "overview.key_figures", YEAR)
    assert result.headline.key == "overview.key_figures.alone"
    assert result.metrics["sales"].before is None
    assert "comparison_not_whole" in {note.code for note in result.notes}
    assert "drivers" not in result.tables
    opened = workspace([("a", "2023-01-03", 10), ("a", "2024-06-01", 500)])  # closed on the first two days of the year
    assert run(opened, "overview.key_figures", YEAR).metrics["sales"].before == 10


def test_new_customers_are_compared_only_where_both_periods_look_equally_far_back() -> None:
    """Two who come back after two years: with the first year cut away they would look new in the period before."""
    lines = [
        ("old", "2020-12-01", 10), ("back", "2022-05-01", 10), ("away", "2022-06-01", 10), ("b", "2023-06-01", 10),
        ("away", "2023-07-01", 10), ("back", "2024-06-01", 10), ("a", "2024-07-01", 10),
    ]  # fmt: skip
    whole = run(workspace(lines), "overview.key_figures", YEAR)
    # 2024: a. 2023: b; who bought in 2022 is known as old for both.
    assert (whole.metrics["new_customers"].value, whole.metrics["new_customers"].before) == (1, 1)
    cut = run(workspace([line for line in lines if line[1] >= "2022-06"]), "overview.key_figures", YEAR)
    assert (cut.metrics["new_customers"].value, cut.metrics["new_customers"].before) == (2, None)
    assert cut.metrics["sales"].before is not None
    short = run(workspace([line for line in lines if line[1] >= "2023-07"]), "overview.key_figures", YEAR)
    # Half a year before the period: nobody can be told to have been silent for twelve months throughout it.
    assert short.metrics["lost_customers"].value is None
    assert short.metrics["lost_customers"].series == short.metrics["new_customers"].series == ()
    assert {"new_may_be_old", "lost_not_known"} <= {note.code for note in short.notes}


def test_data_hardly_longer_than_a_year_are_looked_at_whole_and_nobody_in_them_is_called_new() -> None:
    lines = [("a", "2023-12-31", 10), ("b", "2024-05-01", 20), ("a", "2025-01-15", 30)]
    whole = run(workspace(lines), "overview.key_figures")
    assert (whole.basis.start, whole.basis.end) == (date(2023, 12, 31), date(2025, 1, 16))
    assert whole.metrics["sales"].value == 60
    assert whole.metrics["new_customers"].value is None
    assert whole.labels["new"] == "overview.group.bought"
    assert "data_begin_with_period" in {note.code for note in whole.notes}
    longer = run(workspace([("c", "2023-12-01", 5), *lines]), "overview.key_figures")
    assert (longer.basis.start, longer.metrics["sales"].value) == (date(2024, 1, 16), 50)
    assert longer.metrics["new_customers"].value == 1  # b


def test_a_period_without_transactions_is_refused_with_the_extent() -> None:
    with pytest.raises(NotEnoughDataError) as refused:
        run(company(), "overview.key_figures", {"start": "2022-01-01", "end": "2022-06-01"})
    assert refused.value.key == "error.no_orders_in_period"


def test_twelve_points_end_with_the_period() -> None:
    made = workspace([("a", date(2023 + k // 12, k % 12 + 1, 15), 10 * (k + 1)) for k in range(24)])
    metric = run(made, "overview.key_figures", {"start": "2024-01-11", "end": "2024-12-11"}).metrics["sales"]
    # A month runs from the 11th to the 10th: the first holds 15 December 2023 (number 11), the last 15 November 2024.
    assert metric.series == tuple(float(10 * (k + 1)) for k in range(11, 23))


def test_months_with_the_year_before() -> None:
    made = company()
    result = run(made, "overview.series", {"start": "2024-01-01", "end": "2024-06-01"})
    found = [(row["sales"], row["n_customers"], row["before"]) for row in result.table.to_dict("records")]
    assert found == [(200, 1, 100), (0, 0, 0), (90, 1, 80), (0, 1, 0), (13, 0, 30)]
    assert result.headline.values["above"] == 2
    part = run(made, "overview.series", {"start": "2024-01-11", "end": "2024-03-11", "measure": "customers"})
    assert part.table["n_customers"].tolist() == [0, 0, 1]
    assert [note.values["month"] for note in part.notes] == [date(2024, 1, 1), date(2024, 3, 1)]


def test_months_are_counted_as_above_the_year_before_only_where_that_year_has_sales() -> None:
    """2023 has sales in January, February and March, 2024 in four months: two are above, April is above nothing."""
    before = [("a", "2022-12-01", 1), *(("a", f"2023-0{month}-10", 100) for month in (1, 2, 3))]
    now = [("a", f"2024-0{month}-10", amount) for month, amount in ((1, 90), (2, 110), (3, 120), (4, 500))]
    told = run(workspace([*before, *now]), "overview.series", {"start": "2024-01-01", "end": "2024-05-01"}).headline
    # April ends with the data, on the 10th.
    assert (told.key, told.values["above"], told.values["n"]) == ("overview.series.against_whole", 2, 3)
    few = run(workspace([*before[:2], *now]), "overview.series", {"start": "2024-01-01", "end": "2024-05-01"}).headline
    # April's 500 are by the 10th: the best of the whole months is March, whatever April comes to.
    assert (few.key, few.values) == ("overview.series.best", {"month": date(2024, 3, 1), "sales": 120})


def test_the_months_of_data_that_are_looked_at_whole_add_up_to_their_sales() -> None:
    # Thirteen calendar months, a year and one day: no month is left outside the page's own sum.
    days = [date(2017, month, 1) for month in range(1, 13)] + [date(2018, 1, 1)]
    made = workspace([("a", day, 10) for day in days])
    series, whole = run(made, "overview.series", {}), run(made, "overview.key_figures", {})
    assert sum(series.table["sales"]) == whole.metrics["sales"].value == 130
    assert Words("sv").message(Message("note.month_not_whole", series.notes[0].values)) == (
        "En månad är inte hel: jan 2018 är räknad bara 1 jan 2018."
    )


def test_the_months_are_of_the_same_days_as_the_key_figures() -> None:
    """Data to 13 December 2024: the year is from 14 December 2023, and its first days' 7 are in the chart too."""
    made = workspace([("a", "2022-01-01", 1), ("a", "2023-12-20", 7), ("b", "2024-06-01", 20), ("a", "2024-12-13", 5)])
    series, whole = run(made, "overview.series"), run(made, "overview.key_figures")
    assert sum(series.table["sales"]) == whole.metrics["sales"].value == 32
    assert (series.table["month"].iloc[0], series.table["sales"].iloc[0]) == (date(2023, 12, 1), 7)
    assert [note.values["month"] for note in series.notes if note.code.startswith("month_not_whole")] == [
        date(2023, 12, 1), date(2024, 12, 1),
    ]  # fmt: skip


def test_a_day_of_a_month_is_no_month_above_the_year_before() -> None:
    """Data to 30 December: 31 December 2023, eleven whole months above the year before, and 30 days that fell."""
    days = [(f"{year}-{month:02}-05", 10 * (year - 2022)) for year in (2023, 2024) for month in range(1, 12)]
    made = workspace([("a", day, amount) for day, amount in [
        ("2022-01-01", 1), ("2022-12-31", 4), ("2023-12-05", 30), ("2023-12-31", 8), *days, ("2024-12-30", 20),
    ]])  # fmt: skip
    result = run(made, "overview.series")
    assert (len(result.table), result.table["sales"].iloc[0]) == (13, 8)
    said = [Words(language).headline(result.headline) for language in ("sv", "en")]
    assert said == [
        "Försäljningen låg över året före i 11 av 11 hela månader",
        "Sales beat the year before in 11 of 11 whole months",
    ]  # fmt: skip


def test_nobody_is_lost_where_the_data_are_too_short_to_tell() -> None:
    """Eighteen months: 'gone' bought in the first of them, but who was silent before that cannot be told."""
    made = workspace([("gone", "2023-01-05", 10), ("a", "2023-08-01", 20), ("a", "2024-06-30", 30)])
    result = run(made, "overview.key_figures", {"start": "2023-07-01", "end": "2024-07-01"})
    assert result.metrics["lost_customers"].value is None
    assert "lost" not in result.table["group"].tolist()


@pytest.mark.parametrize(
    ("known_before", "n_now", "code"),
    # Of 100 before and 200 now: 80 % and 82 % with a customer, or 80 % and 81.9 %.
    [(80, 164, "better_identified"), (80, "163.80", None), (84, 164, None)],
)
def test_more_customers_may_only_be_known_better(known_before: int, n_now: Any, code: str | None) -> None:
    without = Decimal(200) - Decimal(n_now)
    made = workspace([
        ("a", "2022-12-01", 1), ("a", "2023-05-01", known_before), (None, "2023-05-01", 100 - known_before),
        ("a", "2024-05-01", Decimal(n_now) / 2), ("b", "2024-05-01", Decimal(n_now) / 2), (None, "2024-05-01", without),
    ])  # fmt: skip
    notes = run(made, "overview.key_figures", YEAR).notes
    found = [note.code for note in notes if note.code in ("better_identified", "worse_identified")]
    assert found == ([code] if code else [])


def test_a_series_ends_with_the_data() -> None:
    result = run(company(), "overview.series", {"start": "2019-01-01", "end": "2030-01-01"})
    assert (result.table["month"].iloc[0], result.table["month"].iloc[-1]) == (date(2020, 12, 1), date(2024, 5, 1))


def test_breakdowns_by_order_line_customer_age_and_own_column() -> None:
    made = company()
    by_channel = rows_of(run(made, "overview.breakdown", {**YEAR, "by": "channel"}), "value")
    assert {key: (row["sales"], row["n_customers"], row["sales_listed"]) for key, row in by_channel.items()} == {
        "web": (200, 1, 200), "store": (103, 2, 90),
    }  # fmt: skip
    by_category = rows_of(run(made, "overview.breakdown", {**YEAR, "by": "category"}), "value")
    assert {key: (row["sales"], row["n_customers"], row["n_orders"]) for key, row in by_category.items()} == {
        "A": (240, 2, 2), "B": (63, 2, 2),
    }  # fmt: skip
    by_region = rows_of(run(made, "overview.breakdown", {**YEAR, "by": "region"}), "value")
    assert {key: (row["sales"], row["n_customers"]) for key, row in by_region.items()} == {
        "Skåne": (200, 1), "unknown": (70, 2), "unidentified": (33, None),
    }  # fmt: skip
    for day, band in (("2024-06-14", "age_25_34"), ("2024-06-15", "age_35_44")):  # ann turns 35 on the latter
        by_age = rows_of(
            run(made, "overview.breakdown", {"start": "2024-01-01", "end": day, "by": "age_band"}), "value"
        )
        assert by_age[band]["sales"] == 200
    by_housing = rows_of(run(made, "overview.breakdown", {**YEAR, "by": "Housing"}), "value")
    assert by_housing["house"]["sales"] == 200
    assert by_housing["flat"]["change"] == -80
    with pytest.raises(UsageError):
        run(made, "overview.breakdown", {"by": "moon"})


def test_many_values_are_gathered_and_still_make_up_the_total() -> None:
    made = workspace(
        [{"customer_id": f"c{k}", "ordered_at": "2024-03-01", "amount": k, "store": f"S{k}"} for k in range(1, 51)]
    )
    result = run(made, "overview.breakdown")
    assert len(result.table) == 31
    assert rows_of(result, "value")["other_values"]["sales"] == sum(range(1, 21))
    assert result.table["sales"].sum() == sum(range(1, 51))
    assert result.chart is not None
    bars = draw(result, result.chart, Words("sv"), palette(dark=False)).spec.data[0]
    # The rest, 1 + … + 20 = 210, has a bar of its own beside the thirty.
    assert (len(bars.x), min(bars.x), max(bars.x)) == (31, 21, 210)


def test_one_category_on_every_line_gives_the_orders_of_the_orders_table() -> None:
    rows = [
        {"customer_id": who, "ordered_at": at, "amount": amount, "order_id": number, "category": "x"}
        for who, at, amount, number in (
            ("a", "2024-01-01 10:00", 5, None), ("a", "2024-01-01 10:00", 6, None), ("a", "2024-01-01 11:00", 7, None),
            ("a", "2024-01-02", 7, None), ("a", "2024-01-02", 8, None), ("b", "2024-01-02", 8, "7"),
            ("b", "2024-01-02", -9, "7"), ("b", "2024-01-03", 9, "7"), ("c", "2024-01-03", 0, None),
        )
    ]  # fmt: skip
    made = workspace(rows)
    assert run(made, "overview.breakdown", {"by": "category"}).table["n_orders"].tolist() == [6]
    assert run(made, "overview.key_figures").metrics["orders"].value == 6


lines = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bo", "cy", None]), st.integers(0, 800), st.integers(-20_000, 90_000),
        st.sampled_from(["web", "store", None]),
    ),
    min_size=1, max_size=30,
)  # fmt: skip


@given(lines, st.sampled_from(["year_before", "previous_period"]))
@settings(max_examples=5, deadline=None)
def test_drivers_and_groups_close_on_any_history(
    made: list[tuple[str | None, int, int, str | None]], compare: str
) -> None:
    rows: list[dict[str, Any]] = [
        {
            "customer_id": who,
            "ordered_at": date(2023, 1, 1) + timedelta(days=day),
            "amount": Decimal(cents) / 100,
            "channel": way,
        }
        for who, day, cents, way in made
    ]
    there = workspace([*rows, {"customer_id": None, "ordered_at": "2024-06-30", "amount": 0, "channel": "web"}])
    chosen = {"start": "2024-03-01", "end": "2024-09-01", "compare": compare}
    result = run(there, "overview.key_figures", chosen)
    sales = result.metrics["sales"]
    total = sum((row["amount"] for row in rows if date(2024, 3, 1) <= row["ordered_at"] < date(2024, 9, 1)), Decimal(0))
    assert sales.value == total == result.table["sales"].sum()
    assert result.basis.sum_check is not None
    assert result.basis.sum_check.difference == 0
    if sales.before is not None:
        assert result.tables["drivers"]["contribution"].sum() == total - Decimal(str(sales.before))
        assert result.table["sales_before"].sum() == sales.before
    by_channel = run(there, "overview.breakdown", {**chosen, "by": "channel"})
    assert by_channel.table["sales"].sum() == total
    assert run(there, "overview.series", {"start": "2024-03-01", "end": "2024-09-01"}).table["sales"].sum() == total


def test_key_figures_of_online_retail_agree_with_pandas() -> None:
    made, lines = real.online_retail()
    start, middle, end = (pd.Timestamp(day) for day in ("2010-06-01", "2010-09-01", "2010-12-01"))
    metrics = run(made, "overview.key_figures", {
        "start": "2010-09-01", "end": "2010-12-01", "compare": "previous_period",
    }).metrics  # fmt: skip
    orders = real.orders_of(lines)
    first = orders[~orders["is_return"]].groupby("customer_id")["day"].min()
    for attribute, low, high in (("value", middle, end), ("before", start, middle)):
        inside = lines[(lines["day"] >= low) & (lines["day"] < high)]
        here = orders[(orders["day"] >= low) & (orders["day"] < high)]
        bought = here[~here["is_return"]]
        buyers = set(bought["customer_id"])
        expected = {
            "sales": Decimal(int(inside["cents"].sum())) / 100,
            "identified_sales": Decimal(int(here["cents"].sum())) / 100,
            "customers": len(buyers), "orders": len(bought),
            "new_customers": int(((first >= low) & (first < high)).sum()),
        }  # fmt: skip
        if attribute == "before":
            # Seven months of history before the one period, ten before the other: old customers look new unequally.
            expected["new_customers"] = None
        for name, value in expected.items():
            assert getattr(metrics[name], attribute) == value, (name, attribute)
        receipt = here.loc[here["customer_id"].isin(buyers), "cents"].sum() / 100 / len(bought)
        assert float(getattr(metrics["receipt"], attribute)) == pytest.approx(receipt, abs=0.005)


def _monthly(*, without: set[str]) -> Workspace:
    months = [f"{year}-{month:02d}" for year in (2023, 2024) for month in range(1, 13)]
    return workspace([("a", f"{month}-05", 100) for month in months if month not in without])


@pytest.mark.parametrize(
    ("without", "compare", "n"),
    [
        (set(), "year_before", None),
        ({"2023-04"}, "year_before", 1),
        ({"2023-04", "2023-05", "2024-07"}, "year_before", 3),
        ({"2023-04"}, "none", None),
        ({f"{year}-{month:02d}" for year in (2023, 2024) for month in range(2, 12, 2)}, "year_before", None),
    ],
)
def test_a_month_without_sales_among_those_compared_is_told(without: set[str], compare: str, n: int | None) -> None:
    notes = run(_monthly(without=without), "overview.key_figures", {**YEAR, "compare": compare}).notes
    found = [note for note in notes if note.code == "gap_in_comparison"]
    assert [note.values["n"] for note in found] == ([n] if n else [])


def test_the_breakdown_begins_with_a_field_that_tells_the_latest_orders_apart() -> None:
    """The channel was noted three years ago only; the store tells this year's orders apart."""
    row: dict[str, Any] = {"customer_id": "a", "amount": 10}
    old = [{**row, "ordered_at": f"2022-0{n}-01", "channel": channel} for n, channel in enumerate("xy", 1)]
    new = [{**row, "ordered_at": f"2025-0{n}-01", "store": store} for n, store in enumerate("pqq", 1)]
    made = workspace([*old, *new])
    with made.query() as query:
        assert fields.first(query) == "store"
        result = registry.run(query, "overview.breakdown", {"start": "2025-01-01", "end": "2025-04-01"})
    assert sorted(result.table["value"]) == ["p", "q"]
    made.close()
    alike = workspace([{**line, "store": "one"} for line in new])
    with alike.query() as query:
        assert fields.first(query) == "store"  # it tells nothing apart, but there is nothing else
    alike.close()
    with workspace([("a", "2025-01-01", 1)]).query() as query:
        assert fields.first(query) is None
