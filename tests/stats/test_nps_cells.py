"""Answers counted by step and group, with the customers behind them, against plain loops over customers."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insight.stats import nps_cells
from insight.stats.nps_cells import count_cells, customers_in


def counted(rows, steps=3):
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return count_cells(*columns, steps)


def test_three_answers_of_two_customers_by_hand():
    # One customer is a promoter in both steps, the other a detractor in the second.
    found = counted([(0, 0, 0), (0, 1, 0), (1, 1, 2)], steps=2)
    assert found.n.tolist() == [[1, 0, 0], [1, 0, 1]]
    assert found.customers.tolist() == [1, 2]
    assert (found.squares.tolist(), found.products.tolist(), found.sizes.tolist()) == ([1, 2], [1, 0], [1, 2])
    assert [int(part[0]) for part in found.same] == [0, 0, 1, 0, 1]


def test_nobody_who_answered_twice_leaves_no_pairs():
    assert counted([(0, 0, 0), (1, 0, 0), (2, 2, 1)]).same is None


answers = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=40)


@pytest.mark.parametrize("at_once", [1, 100_000])
@given(rows=answers)
def test_every_figure_is_that_of_a_plain_loop(at_once, rows):
    known = sorted({who for who, _, _ in rows})
    rows = [(known.index(who), step, group) for who, step, group in rows]
    before, nps_cells._CUSTOMERS_AT_ONCE = nps_cells._CUSTOMERS_AT_ONCE, at_once
    try:
        found = counted(rows)
    finally:
        nps_cells._CUSTOMERS_AT_ONCE = before
    for step in range(3):
        own = [[1 - group for who, at, group in rows if (who, at) == (person, step)] for person in range(len(known))]
        assert found.customers[step] == sum(bool(signs) for signs in own)
        assert found.sizes[step] == sum(len(signs) ** 2 for signs in own)
        assert found.products[step] == sum(len(signs) * sum(signs) for signs in own)
        assert found.squares[step] == sum(sum(signs) ** 2 for signs in own)
    pairs: dict[frozenset, int] = {}
    for one, two in combinations(rows, 2):
        if one[0] == two[0]:
            pairs[frozenset((one[1:], two[1:]))] = pairs.get(frozenset((one[1:], two[1:])), 0) + 1
    told = {} if found.same is None else {
        frozenset(((int(a), int(b)), (int(c), int(d)))): int(n) for a, b, c, d, n in zip(*found.same, strict=True)
    }  # fmt: skip
    assert told == pairs


@given(rows=answers)
def test_different_customers_are_counted_once_a_cell(rows):
    who, step, _ = np.array(rows, dtype=np.int64).T
    assert customers_in(who, step, 3).tolist() == [len({w for w, s, _ in rows if s == at}) for at in range(3)]
