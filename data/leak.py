"""The leak from gold to silver in the third quarter of 2024: a block of summer buyers who stay away one summer."""

from dataclasses import replace

import numpy as np

from data import words
from data.baskets import Lines, spend_in
from data.clock import day, stream
from data.orders import Orders
from data.people import N_PEOPLE, People

SILVER, GOLD = 4_000_00, 10_000_00  # net spend of twelve months, in öre
SUMMER, AUTUMN = day("2023-07-01"), day("2023-10-01")
LEAK_DAY, LEAK_END = day("2024-07-01"), day("2024-10-01")
SIZE = 260
KEPT_AFTER_SUMMER = 7_000_00  # öre a customer that stay outside the summer, on average


def summer_buyers(people: People, orders: Orders, lines: Lines, seed: int) -> tuple[Orders, np.ndarray]:
    """Gives a block of gold customers a summer: part of a year's orders moves into July to September 2023.

    They are worth as much over the twelve months before July 2024 as before, but only that summer holds them in
    gold. `lines` are the baskets of the orders as they stand. Returns the orders with their new days, and the block.
    """
    rng = stream(seed, "summer")
    worth = np.bincount(lines.order, lines.amount, len(orders))
    later = (orders.day >= AUTUMN) & (orders.day < LEAK_DAY) & (orders.customer >= 0)
    movable = later & (orders.store != words.STORE_NAMES.index(words.OPENED_STORE))
    year = spend_in(lines, SUMMER, LEAK_DAY, N_PEOPLE)
    rest = spend_in(lines, AUTUMN, LEAK_DAY, N_PEOPLE)
    share = np.append(np.clip(1 - KEPT_AFTER_SUMMER / np.maximum(rest, 1), 0, 1), 0)
    move = movable & (rng.random(len(orders)) < share[orders.customer])
    left = rest - np.bincount(orders.customer[move], worth[move], N_PEOPLE)
    able = (year > 1.08 * GOLD) & (year < 2.2 * GOLD) & (left > 1.05 * SILVER) & (left < 0.95 * GOLD)
    able &= ~people.company & (people.joined < SUMMER)
    block = np.sort(rng.permutation(np.flatnonzero(able))[:SIZE])
    move &= np.isin(orders.customer, block)
    return replace(orders, day=np.where(move, rng.integers(SUMMER, AUTUMN, len(orders)), orders.day)), block


def stay_away(lines: Lines, orders: Orders, block: np.ndarray) -> Lines:
    """The block buys nothing from July to September 2024: those orders go, with what came back of them."""
    gone = np.isin(orders.customer, block) & (orders.day >= LEAK_DAY) & (orders.day < LEAK_END)
    return lines.take(~gone[lines.order])
