"""Answers counted in steps and groups, and how many customers stand behind them: one pass, whatever the bounds."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from insight.stats.nps_steps import SameCustomer

GROUPS = 3
"""Promoters (0), passives (1), detractors (2)."""
_SIGN = np.array([1.0, 0.0, -1.0])
_CUSTOMERS_AT_ONCE = 100_000


class Cells(NamedTuple):
    """Figures by step. `n` a row a step and a column a group; `customers` how many different ones.

    Over a step's customers, k their answers in it and s the sum of those as +1, 0 and -1: `squares` Σ s², `products`
    Σ s·k, `sizes` Σ k². `same`: the pairs of answers by one customer, for the slope; None where nobody answered twice.
    """

    n: NDArray[np.int64]
    customers: NDArray[np.int64]
    squares: NDArray[np.float64]
    products: NDArray[np.float64]
    sizes: NDArray[np.float64]
    same: SameCustomer | None


def count_cells(customer: NDArray[np.int64], step: NDArray[np.int64], group: NDArray[np.int64], n_steps: int) -> Cells:
    """Count answers by step and group; `customer` numbers from 0, `step` from 0 to `n_steps` - 1, `group` from 0 to 2.

    A customer's counts c in the cells make a row; the products of two cells, added up over customers, say how many
    pairs of answers stand in them, and with that everything that depends on who answered more than once.
    """
    cells = n_steps * GROUPS
    cell = step * GROUPS + group
    n = np.bincount(cell, minlength=cells).astype(np.int64)
    answered = np.bincount(customer)
    several = answered > 1
    again = several[customer]
    number, own = (np.cumsum(several) - 1)[customer[again]], cell[again]
    alone = np.bincount(cell[~again], minlength=cells)
    together, people = np.zeros((cells, cells)), alone.reshape(n_steps, GROUPS).sum(axis=1)
    for first in range(0, int(several.sum()), _CUSTOMERS_AT_ONCE):
        here = (number >= first) & (number < first + _CUSTOMERS_AT_ONCE)
        places = (number[here] - first) * cells + own[here]
        rows = np.bincount(places, minlength=(int(number[here].max()) - first + 1) * cells).reshape(-1, cells)
        together += rows.T.astype(float) @ rows.astype(float)
        people = people + (rows.reshape(-1, n_steps, GROUPS).sum(axis=2) > 0).sum(axis=0)
    own_sums = (together + np.diag(alone)).reshape(n_steps, GROUPS, n_steps, GROUPS)
    blocks = own_sums[np.arange(n_steps), :, np.arange(n_steps), :]
    return Cells(
        n.reshape(n_steps, GROUPS), people.astype(np.int64), _SIGN @ blocks @ _SIGN,
        (_SIGN @ blocks).sum(axis=1), blocks.sum(axis=(1, 2)), _pairs(together, n - alone),
    )  # fmt: skip


def _pairs(together: NDArray[np.float64], n: NDArray[np.int64]) -> SameCustomer | None:
    """Pairs of two answers by one customer, each once: within a cell those of an answer with itself are taken off."""
    count = np.triu(together, 1) + np.diag((np.diag(together) - n) / 2)
    first, second = np.nonzero(count)
    if not first.size:
        return None
    return SameCustomer(
        first // GROUPS, first % GROUPS, second // GROUPS, second % GROUPS,
        np.rint(count[first, second]).astype(np.int64),
    )  # fmt: skip


def customers_in(customer: NDArray[np.int64], cell: NDArray[np.int64], n_cells: int) -> NDArray[np.int64]:
    """How many different customers stand in each cell."""
    stands = np.sort(customer * n_cells + cell)
    return np.bincount(stands[np.diff(stands, prepend=-1) != 0] % n_cells, minlength=n_cells).astype(np.int64)
