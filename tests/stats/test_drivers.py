"""The parts of a change: by hand, and properties that must hold whatever the numbers."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from insight.stats.drivers import Contributions, Level, contributions


def test_only_customers_change() -> None:
    # 10 customers × 2 orders × 50 → 15 customers × 2 orders × 50: all 500 from customers.
    assert contributions(Level(10, 20, 1000), Level(15, 30, 1500)) == Contributions(500, 0, 0)


def test_three_factors_by_hand() -> None:
    # 2 × 2 × 3 = 12 → 4 × 3 × 5 = 60. Customers: 2·(2·6 + 10 + 9 + 2·15)/6 = 2·61/6 = 20.33; frequency:
    # 1·(2·6 + 10 + 12 + 2·20)/6 = 74/6 = 12.33; receipt: 2·(2·4 + 2·3 + 4·2 + 2·12)/6 = 2·46/6 = 15.33. Sum 48.
    found = contributions(Level(2, 4, 12), Level(4, 12, 60))
    assert sum(found) == 48
    assert [abs(part - exact) < 1 for part, exact in zip(found, (61 / 3, 37 / 3, 46 / 3), strict=True)] == [True] * 3


def test_from_nothing_everything_is_due_to_customers() -> None:
    assert contributions(Level(0, 0, 0), Level(3, 6, 900)) == Contributions(900, 0, 0)
    assert contributions(Level(3, 6, 900), Level(0, 0, 0)) == Contributions(-900, 0, 0)
    assert contributions(Level(0, 0, 0), Level(0, 0, 0)) == Contributions(0, 0, 0)


@st.composite
def levels(draw: st.DrawFn) -> Level:
    customers = draw(st.integers(1, 500))
    return Level(customers, customers + draw(st.integers(0, 900)), draw(st.integers(-10_000, 10_000_000)))


@given(levels(), levels())
def test_parts_add_up_are_the_mean_over_all_orders_and_turn_sign_backwards(before: Level, after: Level) -> None:
    found = contributions(before, after)
    assert sum(found) == after.sales - before.sales

    ends = [(level.customers, level.orders / level.customers, level.sales / level.orders) for level in (before, after)]
    mean = [0.0, 0.0, 0.0]
    for order in permutations(range(3)):
        now = list(ends[0])
        for i in order:
            earlier = now[0] * now[1] * now[2]
            now[i] = ends[1][i]
            mean[i] += (now[0] * now[1] * now[2] - earlier) / 6
    assert all(abs(part - expected) <= 1 + 1e-6 * abs(expected) for part, expected in zip(found, mean, strict=True))

    backwards = contributions(after, before)
    assert all(abs(there + back) <= 1 for there, back in zip(found, backwards, strict=True))
