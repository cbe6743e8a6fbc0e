"""What each answering customer bought in a stretch of days, from running sums: two look-ups an answer, no join.

Money is whole öre, so that the difference of two running sums is exact.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Whole = NDArray[np.int64]
_DAYS = 1 << 20
"""More days than there are between any two dates (1 – 2 871 years)."""


class Orders(NamedTuple):
    """Orders of customers, in the order of customer and day. Money in öre; `channel` below 0: none, or a return.

    `has_margin` and `is_purchase` are 1 or 0; a margin that is not known is 0.
    """

    customer: Whole
    day: Whole
    sales: Whole
    margin: Whole
    has_margin: NDArray[np.int8]
    is_purchase: NDArray[np.int8]
    channel: NDArray[np.int32]


class Sums(NamedTuple):
    """What was bought in each stretch; `purchases` without returns, `several`: in more than one channel."""

    sales: Whole
    purchases: Whole
    n_orders: Whole
    margin: Whole
    n_margin: Whole
    several: NDArray[np.bool_]


def window_sums(orders: Orders, customer: ArrayLike, first: ArrayLike, beyond: ArrayLike) -> Sums:
    """The sums of each customer's orders on the days [first, beyond). ValueError when the orders are out of order."""
    places = orders.customer * _DAYS + orders.day
    if (np.diff(places) < 0).any():
        raise ValueError("Orders must stand in the order of customer and day.")
    who = np.asarray(customer, dtype=np.int64) * _DAYS
    low = np.searchsorted(places, who + np.asarray(first, dtype=np.int64))
    high = np.maximum(low, np.searchsorted(places, who + np.asarray(beyond, dtype=np.int64)))

    def between(values: NDArray[np.signedinteger]) -> Whole:
        running = _running(values)
        return running[high] - running[low]

    return Sums(
        between(orders.sales), between(orders.sales * orders.is_purchase), between(orders.is_purchase),
        between(orders.margin), between(orders.has_margin), _several(orders.channel, low, high),
    )  # fmt: skip


def _running(values: NDArray[np.signedinteger]) -> Whole:
    """The sum of all before each place, and of all."""
    found = np.zeros(len(values) + 1, dtype=np.int64)
    found[1:] = values
    return np.cumsum(found, out=found)


def _several(channel: NDArray[np.int32], low: NDArray[np.intp], high: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Whether the channel changes from one purchase to the next anywhere within [low, high)."""
    known = channel >= 0
    before, codes = _running(known.view(np.int8)), channel[known]
    changes = np.zeros(len(codes) + 1, dtype=np.int64)
    changes[1:-1] = codes[1:] != codes[:-1]
    np.cumsum(changes, out=changes)
    begin, end = before[low], before[high]
    # From the first purchase of the stretch to the last; a stretch of none or one holds no change.
    last = np.maximum(begin, end - 1)
    return changes[last] > changes[np.minimum(begin, last)]
