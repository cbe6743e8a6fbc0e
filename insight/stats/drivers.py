"""Drivers: how much of a change of sales comes from each of its factors, exact to the smallest coin."""

from fractions import Fraction
from typing import NamedTuple


class Level(NamedTuple):
    """One period: customers who bought, their orders, and their sales in the smallest coin (öre)."""

    customers: int
    orders: int
    sales: int


class Contributions(NamedTuple):
    """Parts of the change of sales, in the smallest coin; they add up to it."""

    customers: int
    frequency: int
    receipt: int


def contributions(before: Level, after: Level) -> Contributions:
    """The change of sales = customers × orders per customer × sales per order, parted on the three factors.

    Each factor gets its average effect over all six orders in which the three can change (Shapley 1953; for three
    factors: the complete, symmetric decomposition of Sun 1998, Energy Economics 20:85–100), computed in exact
    fractions. A period without orders takes the factors of the other, so that all of it is due to customers.
    Rounded to whole coins by largest remainder, so that the parts still add up.
    """
    first, last = _factors(before, after), _factors(after, before)
    exact: list[Fraction] = []
    for i in range(3):
        b0, b1, c0, c1 = (*_pair(first, last, (i + 1) % 3), *_pair(first, last, (i + 2) % 3))
        others = (2 * b0 * c0 + b0 * c1 + b1 * c0 + 2 * b1 * c1) / 6
        exact.append((last[i] - first[i]) * others)
    whole = [part.numerator // part.denominator for part in exact]
    missing = after.sales - before.sales - sum(whole)
    largest = sorted(range(3), key=lambda i: (whole[i] - exact[i], i))
    for i in largest[:missing]:
        whole[i] += 1
    return Contributions(*whole)


def _factors(level: Level, other: Level) -> tuple[Fraction, Fraction, Fraction]:
    source = level if level.orders else other
    if not source.orders:
        return Fraction(level.customers), Fraction(0), Fraction(0)
    return Fraction(level.customers), Fraction(source.orders, source.customers), Fraction(source.sales, source.orders)


def _pair(first: tuple[Fraction, ...], last: tuple[Fraction, ...], i: int) -> tuple[Fraction, Fraction]:
    return first[i], last[i]
