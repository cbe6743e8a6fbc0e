"""The ladder by hand: six customers whose steps, movements and kronor one can add in the head."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insight.analysis import registry
from insight.audience import mark_of, pairs, select
from insight.errors import InsightError
from tests.build import workspace

YEARS = {"start": "2024-01-01", "end": "2025-01-01", "bounds": "1000,5000", "window": "12"}

ROWS = [
    ("stays", "2023-03-01", 1000), ("stays", "2024-03-01", 4999.99),       # exactly on the bound: step 2, both years
    ("climbs", "2023-05-01", 999.99), ("climbs", "2024-05-01", 5000),      # step 1 → step 3
    ("falls", "2023-06-01", 6000), ("falls", "2024-06-01", 500),           # step 3 → step 1
    ("leaves", "2023-07-01", 2000),                                        # step 2 → none
    ("arrives", "2024-07-01", 300),                                        # new → step 1
    ("returns", "2023-08-01", 400), ("returns", "2024-01-01", -400),       # step 1 → none (only a return)
    ("wakes", "2022-02-01", 50), ("wakes", "2024-09-01", 100),             # none → step 1
    (None, "2023-09-01", 70), (None, "2024-09-01", 90.10),
]  # fmt: skip


@pytest.fixture(scope="module")
def years():
    made = workspace(ROWS)
    yield made
    made.destroy()


def cells(result) -> dict[tuple[str, str], tuple[int, Decimal]]:
    return {(row.from_step, row.to_step): (row.n_customers, row.money_change) for row in result.table.itertuples()}


def test_each_customer_stands_where_the_twelve_months_before_the_date_add_up_to(years):
    with years.query() as query:
        result = registry.run(query, "ladder.migration", YEARS)
    assert cells(result) == {
        ("step_3", "step_1"): (1, Decimal("-5500.00")),
        ("step_2", "step_2"): (1, Decimal("3999.99")),
        ("step_2", "none"): (1, Decimal("-2000.00")),
        ("step_1", "step_3"): (1, Decimal("4000.01")),
        ("step_1", "none"): (1, Decimal("-800.00")),
        ("none", "step_1"): (1, Decimal("100.00")),
        ("new", "step_1"): (1, Decimal("300.00")),
    }
    assert result.table["share"].tolist() == [1, 0.5, 0.5, 0.5, 0.5, 1, 1]
    assert result.metrics["climbed"].value == 2
    assert result.metrics["fell"].value == 3
    assert result.basis.sum_check is not None and result.basis.sum_check.difference == 0


def test_wilson_interval_of_one_in_two_is_the_published_one(years):
    with years.query() as query:
        row = registry.run(query, "ladder.migration", YEARS).table.iloc[1]
    # Wilson 1927, n = 2, one success, z = 1.96: (0.0945, 0.9055)
    assert (row["share_low"], row["share_high"]) == pytest.approx((0.0945, 0.9055), abs=5e-5)


def test_the_bridge_closes_and_every_krona_has_one_class(years):
    with years.query() as query:
        result = registry.run(query, "ladder.bridge", {k: v for k, v in YEARS.items() if k != "bounds"})
    found = {row[0]: tuple(row[1:]) for row in result.table.itertuples(index=False)}
    assert found == {
        "new": (1, Decimal("0"), Decimal("300"), Decimal("300")),
        "returned": (1, Decimal("0"), Decimal("100"), Decimal("100")),
        "up": (2, Decimal("1999.99"), Decimal("9999.99"), Decimal("8000")),
        "down": (1, Decimal("6000"), Decimal("500"), Decimal("-5500")),
        "lost": (2, Decimal("2400"), Decimal("-400"), Decimal("-2800")),
        "unidentified": (0, Decimal("70"), Decimal("90.10"), Decimal("20.10")),
    }
    assert result.metrics["opening"].value == Decimal("10469.99")
    assert result.metrics["closing"].value == Decimal("10590.09")
    assert result.metrics["difference"].value == Decimal("120.10")


def test_the_list_behind_a_cell_is_its_customers(years):
    mark = mark_of("ladder.migration", pairs(YEARS), {"from_step": "step_1", "to_step": "none"}, None)
    with select(years, mark) as query:
        assert query.rows("SELECT customer_id, money_change FROM selected") == [("returns", Decimal("-800.00"))]


@pytest.mark.parametrize(
    ("chosen", "key"),
    [
        ({"bounds": "5000,1000"}, "setting.not_rising"),
        ({"window": "48", "start": "2024-01-01"}, "ladder.window_too_long"),
        ({"bounds": "1,2,3,4,5,6,7,8"}, "ladder.too_many_bounds"),
        ({"bounds": "100", "names": "a,b,c"}, "ladder.names_do_not_fit"),
        ({"start": "2025-01-01", "end": "2024-01-01"}, "setting.period_backwards"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_sentence(years, chosen, key):
    with years.query() as query, pytest.raises(InsightError) as refused:
        registry.run(query, "ladder.migration", chosen)
    assert refused.value.key == key


def test_without_settings_the_two_latest_equal_windows_are_compared(years):
    with years.query() as query:
        basis = registry.run(query, "ladder.bridge").basis
    # Data from 2022-02-01 to 2024-09-01: twelve months twice fit, ending the day after the last purchase.
    assert (basis.start, basis.end) == (date(2022, 9, 2), date(2024, 9, 2))


_DAYS = st.dates(date(2023, 1, 1), date(2024, 12, 31))
_LINES = st.tuples(st.sampled_from(["a", "b", "c", "d", None]), _DAYS, st.decimals("-500", "900", places=2))


@settings(max_examples=25)
@given(st.lists(_LINES, min_size=2, max_size=25))
def test_any_history_bridges_to_the_cent(lines):
    made = workspace(lines)
    try:
        with made.query() as query:
            result = registry.run(query, "ladder.bridge", {"start": "2024-01-01", "end": "2025-01-01", "window": "12"})
    except InsightError as refused:
        assert refused.key in ("ladder.nobody", "ladder.window_too_long")
        return
    finally:
        made.destroy()
    before = sum((x for _, day, x in lines if day.year == 2023), Decimal(0))
    after = sum((x for _, day, x in lines if day.year == 2024), Decimal(0))
    assert sum(result.table["money_change"]) == after - before == result.metrics["difference"].value
    assert result.metrics["opening"].value == before
    people = {who for who, day, _ in lines if who is not None}
    assert result.table["n_customers"].sum() == len(people)
