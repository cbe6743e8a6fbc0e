"""What customers bought in a stretch of days, by hand and against plain loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insight.stats.nps_windows import Orders, window_sums


def orders(*rows):
    """Rows of customer, day, sales in öre, margin (None: not known), channel (below 0: none), whether a return."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * 6
    who, day, sales, margin, channel, back = (list(column) for column in columns)
    return Orders(
        np.array(who, np.int64), np.array(day, np.int64), np.array(sales, np.int64),
        np.array([value or 0 for value in margin], np.int64),
        np.array([value is not None for value in margin], np.int8),
        np.array([not value for value in back], np.int8), np.array(channel, np.int32),
    )  # fmt: skip


def test_the_first_day_counts_and_the_last_does_not():
    made = orders((7, 10, 100, None, -1, False), (7, 20, 1, None, -1, False), (8, 15, 5000, None, -1, False))
    found = window_sums(made, [7, 7, 7], [10, 11, 0], [20, 21, 10])
    assert found.sales.tolist() == [100, 1, 0]
    assert found.n_orders.tolist() == [1, 1, 0]


def test_a_return_lowers_sales_and_is_no_purchase():
    found = window_sums(orders((1, 5, 9_999, 10, 0, False), (1, 6, -1_099, -3, -1, True)), [1], [0], [9])
    assert [int(part[0]) for part in found[:5]] == [8_900, 9_999, 1, 7, 2]


def test_a_margin_is_known_only_where_an_order_has_one():
    made = orders((1, 1, 1, None, -1, False), (1, 2, 1, 40, -1, False))
    assert window_sums(made, [1, 1], [0, 2], [2, 3]).n_margin.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("channels", "several"),
    [([3], False), ([3, 3], False), ([3, -1, 3], False), ([3, -1, 4], True), ([-1, -1], False), ([], False)],
)
def test_two_channels_are_several_and_orders_without_one_say_nothing(channels, several):
    # Another customer on either side, with other channels, and one order outside the window.
    inside = [(2, 10 + place, 1, None, channel, False) for place, channel in enumerate(channels)]
    made = orders((1, 12, 1, None, 8, False), (2, 9, 1, None, 7, False), *inside, (3, 10, 1, None, 9, False))
    assert bool(window_sums(made, [2], [10], [20]).several[0]) is several


def test_orders_out_of_order_are_refused():
    with pytest.raises(ValueError, match="order of customer and day"):
        window_sums(orders((1, 5, 1, None, -1, False), (1, 4, 1, None, -1, False)), [1], [0], [9])


row = st.tuples(
    st.integers(0, 3), st.integers(0, 12), st.integers(-500, 900), st.none() | st.integers(-9, 9),
    st.integers(-1, 2), st.booleans(),
)  # fmt: skip


@given(st.lists(row, max_size=25), st.integers(0, 4), st.integers(0, 12), st.integers(-2, 12))
def test_the_running_sums_are_those_of_a_plain_loop(rows, who, first, length):
    rows = sorted((who, day, sales, margin, -1 if back else channel, back) for who, day, sales, margin, channel, back
                  in ((*row[:3], row[3] or 0, *row[4:]) for row in rows))  # fmt: skip
    found = window_sums(orders(*rows), [who], [first], [first + length])
    mine = [row for row in rows if row[0] == who and first <= row[1] < first + length]
    assert found.sales[0] == sum(row[2] for row in mine)
    assert found.purchases[0] == sum(row[2] for row in mine if not row[5])
    assert found.n_orders[0] == sum(not row[5] for row in mine)
    assert found.margin[0] == sum(row[3] for row in mine)
    assert found.several[0] == (len({row[4] for row in mine if row[4] >= 0}) > 1)
