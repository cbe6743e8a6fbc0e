"""Who buys when and where: one entry an order, before anything is in the basket."""

from dataclasses import dataclass, replace

import numpy as np

from data import words
from data.clock import CALENDAR_MONTH, MONTH_OF_DAY, MONTH_STARTS, MONTHS, day, stream
from data.people import REFERRED, People

# Orders in a calendar month against the average month, January first.
SEASON = np.array([0.88, 0.82, 0.92, 1.00, 1.06, 1.00, 0.68, 0.93, 0.96, 0.98, 1.20, 1.57])
WEB_SHARE = 0.36  # by lot for every order, whoever buys: so several channels follow from several orders
FIRST_ON_JOINING = 0.955
REFERRED_GROWTH = 0.50  # a year, in the logarithm of the rhythm
CLOSING_DAY, OPENING_DAY = day("2025-02-01"), day("2024-03-01")
LOST_AT_CLOSING = 0.6  # of the closed store's orders; the others go to the neighbour
UNIDENTIFIED_FIRST, UNIDENTIFIED_LAST = 0.205, 0.105  # share of sales, first and last month
UNIDENTIFIED_BASKET = 0.77  # against an identified customer's basket, as it turns out with the taste below
UNIDENTIFIED_TASTE = 0.68
ANONYMOUS = -1


@dataclass(frozen=True)
class Orders:
    """Columns of equal length: customer (-1 unidentified), day, store code, first purchase at a discount, trial."""

    customer: np.ndarray
    day: np.ndarray
    store: np.ndarray
    discounted: np.ndarray
    trial: np.ndarray  # 0 none, else the number of the randomised test that caused the order

    def __len__(self) -> int:
        return len(self.day)

    def take(self, index: np.ndarray) -> "Orders":
        """The orders at these places (or where true)."""
        return Orders(
            self.customer[index], self.day[index], self.store[index], self.discounted[index], self.trial[index]
        )


def join(*parts: Orders) -> Orders:
    """Orders one after another."""
    return Orders(*(np.concatenate([getattr(part, name) for part in parts]) for name in Orders.__dataclass_fields__))


def plain(customer: np.ndarray, days: np.ndarray, store: np.ndarray, trial: int = 0) -> Orders:
    """Ordinary orders."""
    n = len(days)
    return Orders(customer, days, store, np.zeros(n, dtype=bool), np.full(n, trial, dtype=np.int8))


def identified(people: People, seed: int) -> Orders:
    """Orders of known customers: a Poisson count a customer and month, and a first purchase on joining."""
    rng = stream(seed, "orders")
    begin = np.maximum(people.joined + 1, MONTH_STARTS[:-1, None])  # month × customer
    finish = np.minimum(people.ends, MONTH_STARTS[1:, None])
    alive = np.clip(finish - begin, 0, None)
    expected = (alive * SEASON[CALENDAR_MONTH][:, None] * people.rhythm / 365.25) * _change(people)
    counts = rng.poisson(expected)
    month, customer = np.nonzero(counts)
    repeat = counts[month, customer]
    month, customer = np.repeat(month, repeat), np.repeat(customer, repeat)
    first = begin[month, customer]
    days = _to_saturday(
        rng, first + (rng.random(len(first)) * alive[month, customer]).astype(int), first, finish[month, customer]
    )
    later = plain(customer, days, _stores(rng, people.home[customer], days))
    joiners = np.flatnonzero(people.new & (rng.random(len(people)) < FIRST_ON_JOINING))
    at_join = people.joined[joiners]
    opening = plain(joiners, at_join, _stores(rng, people.home[joiners], at_join))
    opening = replace(opening, discounted=people.discounted_first[joiners])
    both = join(later, opening)
    lost = (both.store == words.STORE_NAMES.index(words.CLOSED_STORE)) & (both.day >= CLOSING_DAY)
    kept = both.take(~(lost & (rng.random(len(both)) < LOST_AT_CLOSING)))
    return replace(kept, store=_open_store(kept.store, kept.day))


def _change(people: People) -> np.ndarray:
    """How the rhythm moves by month (rows) and customer: the referred climb."""
    change = np.ones((MONTHS, len(people)))
    middle = (MONTH_STARTS[:-1] + MONTH_STARTS[1:]) / 2
    referred = np.flatnonzero(people.new & (people.join_channel == REFERRED))
    years = np.clip((middle[:, None] - people.joined[referred]) / 365.25, 0, 2.5)
    change[:, referred] = np.exp(REFERRED_GROWTH * years)
    return change


def _to_saturday(rng: np.random.Generator, days: np.ndarray, first: np.ndarray, end: np.ndarray) -> np.ndarray:
    """A fifth of the purchases move to the Saturday of their week, where the customer's month has it."""
    saturday = days + (5 - (days + 1) % 7)  # day 0 is a Tuesday
    move = (rng.random(len(days)) < 0.2) & (saturday >= first) & (saturday < end)
    return np.where(move, saturday, days)


def _stores(rng: np.random.Generator, home: np.ndarray, days: np.ndarray) -> np.ndarray:
    """The web by lot, else mostly the home store."""
    n = len(days)
    store = np.where(rng.random(n) < 0.92, home, rng.integers(0, len(words.STORES), n))
    return np.where(rng.random(n) < WEB_SHARE, words.WEB, store)


def _open_store(store: np.ndarray, days: np.ndarray) -> np.ndarray:
    """The store, or its neighbour while it is not open."""
    closed, opened = words.STORE_NAMES.index(words.CLOSED_STORE), words.STORE_NAMES.index(words.OPENED_STORE)
    shut = ((store == closed) & (days >= CLOSING_DAY)) | ((store == opened) & (days < OPENING_DAY))
    neighbour = np.array([words.STORE_NAMES.index(s.neighbour) for s in words.STORES] + [words.WEB])
    return np.where(shut, neighbour[store], store)


def unidentified(known: Orders, seed: int) -> Orders:
    """Store purchases without a customer: their share of sales falls in a straight line over the months."""
    rng = stream(seed, "unidentified")
    share = np.linspace(UNIDENTIFIED_FIRST, UNIDENTIFIED_LAST, MONTHS)
    per_month = np.bincount(MONTH_OF_DAY[known.day], minlength=MONTHS)
    counts = np.round(per_month * share / (1 - share) / UNIDENTIFIED_BASKET).astype(int)
    month = np.repeat(np.arange(MONTHS), counts)
    days = MONTH_STARTS[month] + (rng.random(len(month)) * np.diff(MONTH_STARTS)[month]).astype(int)
    days = _to_saturday(rng, days, MONTH_STARTS[month], MONTH_STARTS[month + 1])
    weight = np.array([store.weight for store in words.STORES]) * np.linspace(1.6, 0.7, len(words.STORES))
    store = rng.choice(len(weight), len(days), p=weight / weight.sum())
    return plain(np.full(len(days), ANONYMOUS), days, _open_store(store, days))


def last_day_before(orders: Orders, before: int, n: int) -> np.ndarray:
    """Day of each customer's last order before a day; far in the past without one."""
    last = np.full(n, -(10**6))
    earlier = (orders.day < before) & (orders.customer >= 0)
    np.maximum.at(last, orders.customer[earlier], orders.day[earlier])
    return last


def count_in(orders: Orders, start: int, end: int, n: int) -> np.ndarray:
    """Number of orders a customer in [start, end)."""
    inside = (orders.day >= start) & (orders.day < end) & (orders.customer >= 0)
    return np.bincount(orders.customer[inside], minlength=n)
