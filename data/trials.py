"""Randomised tests and one aimed campaign: who was drawn, and the purchases that a message caused."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from data import columns, words
from data.clock import day, stream
from data.orders import ANONYMOUS, Orders, count_in, last_day_before, plain
from data.people import N_PEOPLE, People

LETTER_TEST, CHANNEL_TEST, AIMED = words.TESTS
LETTER_DAY, CHANNEL_DAY, AIMED_DAY = day("2025-09-01"), day("2025-03-03"), day("2025-04-07")
LETTER_ARMS = ("kontroll", "e-post", "brev", "brev + e-post")
LETTER_COST = (0.0, 0.10, 36.00, 36.10)  # kronor a contact; the letter is a printed catalogue
LETTER_EXTRA = (0.0, 0.030, 0.008, 0.145)  # planted: share of the arm that makes one purchase more
CHANNEL_ARMS = ("sms", "brev")
CHANNEL_COST = (0.35, 6.00)
CHANNEL_SIZE = 1000
CHANNEL_BUYERS = (5, 122)  # planted: 24.4 times as many
AIMED_SIZE, AIMED_COST = 900, 36.00

SOURCE_SIZE = 200_000
SOURCE_BUYERS = (120, 2935)  # 24.46 times: the source's +2 346 %
SOURCE_BASKET = 450_00  # öre, mean of either group
SOURCE_OTHERS = 4  # unidentified purchases a day beside them


@dataclass(frozen=True)
class Draw:
    """Customers of one test with the number of their arm, and the orders that the test caused."""

    customer: np.ndarray
    arm: np.ndarray
    orders: Orders


def letter_test(people: People, base: Orders, seed: int) -> Draw:
    """Four equal arms among members who bought in the last two years, drawn in fours of like order counts."""
    rng = stream(seed, "letter test")
    earlier = count_in(base, LETTER_DAY - 365, LETTER_DAY, N_PEOPLE)
    known = count_in(base, LETTER_DAY - 730, LETTER_DAY, N_PEOPLE) > 0
    reachable = people.member & (people.left > LETTER_DAY) & (people.consent_email == 1) & (people.consent_post != 0)
    able = np.flatnonzero(reachable & known & (people.ends > LETTER_DAY - 500))
    able = able[np.lexsort((rng.random(len(able)), earlier[able]))]
    able = able[: len(able) // 4 * 4]
    arm = np.argsort(rng.random((len(able) // 4, 4)), axis=1).ravel()
    # Every k-th of the arm buys once more: the planted share is met exactly, who it is stays by lot.
    bought = np.zeros(len(able), dtype=bool)
    for number, share in enumerate(LETTER_EXTRA):
        members = np.flatnonzero(arm == number)
        bought[rng.permutation(members)[: round(share * len(members))]] = True
    return Draw(able, arm, _caused(rng, people, able[bought], LETTER_DAY, 1))


def channel_test(people: People, base: Orders, seed: int) -> Draw:
    """Two equal arms among members silent for a year, who by themselves buy nothing: the source's case in small."""
    rng = stream(seed, "channel")
    last = last_day_before(base, CHANNEL_DAY, N_PEOPLE)
    silent = (
        (last > -(10**6))
        & (last < CHANNEL_DAY - 365)
        & (people.ends < CHANNEL_DAY - 60)
        & (people.left > CHANNEL_DAY + 60)
    )
    able = np.flatnonzero(silent & people.member & (people.consent_sms != 0) & (people.consent_post != 0))
    drawn = rng.permutation(able)[: 2 * CHANNEL_SIZE]
    arm = np.arange(len(drawn)) % 2
    buyers = np.concatenate([drawn[arm == number][:size] for number, size in enumerate(CHANNEL_BUYERS)])
    return Draw(drawn, arm, _caused(rng, people, buyers, CHANNEL_DAY, 2))


def _caused(rng: np.random.Generator, people: People, customers: np.ndarray, start: int, trial: int) -> Orders:
    """One order a customer within 28 days: sooner is likelier."""
    delay = 1 + (27 * rng.beta(1.1, 2.2, len(customers))).astype(int)
    home = people.home[customers]
    home = np.where(np.array(words.STORE_NAMES)[home] == words.CLOSED_STORE, words.WEB, home)
    store = np.where(rng.random(len(customers)) < 0.36, words.WEB, home)
    return plain(customers, start + delay, store, trial)


def aimed_campaign(people: People, spend_before: np.ndarray, seed: int) -> Draw:
    """The best customers of the last year get the letter, twice as many others stand beside: chosen, not drawn."""
    rng = stream(seed, "aimed")
    able = np.flatnonzero(people.member & (people.left > AIMED_DAY) & (spend_before > 0))
    able = able[np.argsort(-spend_before[able], kind="stable")]
    others = rng.permutation(able[AIMED_SIZE:])[: 2 * AIMED_SIZE]
    customer = np.concatenate([able[:AIMED_SIZE], others])
    arm = np.repeat([1, 0], [AIMED_SIZE, len(others)])
    nothing = np.empty(0, dtype=int)
    return Draw(customer, arm, plain(nothing, nothing, nothing))


def assignments(letter: Draw, channel: Draw, aimed: Draw, ids: pa.Array, seed: int) -> pa.Table:
    """The canonical table of all three, one row a customer and test."""
    rng = stream(seed, "assignments")
    arms = (*LETTER_ARMS, *CHANNEL_ARMS, "ej utskick", "utskick")
    channels = ("e-post", "brev", "brev + e-post", "sms")
    ways = np.array([-1, 0, 1, 2, 3, 1, -1, 1])
    costs = np.round(np.array([*LETTER_COST, *CHANNEL_COST, 0.0, AIMED_COST]) * 100).astype(int)
    controls = np.array([1, 0, 0, 0, 0, 0, 1, 0])
    arm = np.concatenate([letter.arm, len(LETTER_ARMS) + channel.arm, len(LETTER_ARMS) + len(CHANNEL_ARMS) + aimed.arm])
    test = np.repeat([0, 1, 2], [len(letter.arm), len(channel.arm), len(aimed.arm)])
    customer = np.concatenate([letter.customer, channel.customer, aimed.customer])
    way, n = ways[arm], len(arm)
    by_mail = np.isin(way, (0, 2))
    opened = np.where(by_mail, rng.random(n) < 0.38, -1)
    clicked = np.where(by_mail, (opened == 1) & (rng.random(n) < 0.16), -1)
    return columns.table("assignments", {
        "customer_id": ids.take(pa.array(customer)),
        "arm": columns.text(arm, arms),
        "test": columns.text(test, (LETTER_TEST, CHANNEL_TEST, AIMED)),
        "assigned_on": columns.dates(np.array([LETTER_DAY, CHANNEL_DAY, AIMED_DAY])[test]),
        "channel": columns.text(way, channels),
        "contact_cost": columns.price(costs[arm]),
        "is_control": columns.flags(controls[arm]),
        "delivered": columns.flags(np.where(way < 0, -1, rng.random(n) < 0.985)),
        "opened": columns.flags(opened),
        "clicked": columns.flags(clicked),
    })  # fmt: skip


def source_case(seed: int = 2024) -> tuple[pa.Table, pa.Table]:
    """The source's own case: two random groups of 200,000, one offer, two channels, +2,346 % in sales and a loss.

    Returns (assignments, transactions) in canonical columns. 120 of the group that got a text message buy, and
    2,935 of the group that got a letter at 6 kr; baskets come from one distribution and are scaled to the same
    mean of 450 kr in both groups (margin 40 %), so that sales stand as 24.46 to 1. The letter group earns about
    528,000 kr in margin and costs 1,200,000 kr. All purchases fall within 28 days; the shop's other, unidentified
    sales go on for two months, so that windows up to 60 days are complete.
    """
    rng = stream(seed, "source")
    n = 2 * SOURCE_SIZE
    ids = pa.array([f"S{number:06d}" for number in range(1, n + 1)])
    arm = (np.argsort(rng.random(n)) % 2).astype(int)
    assigned = columns.table("assignments", {
        "customer_id": ids,
        "arm": columns.text(arm, CHANNEL_ARMS),
        "test": columns.constant("Kanaltest 2 × 200 000", n),
        "assigned_on": columns.dates(np.full(n, CHANNEL_DAY)),
        "channel": columns.text(arm, CHANNEL_ARMS),
        "contact_cost": columns.price(np.array([35, 600])[arm]),
        "is_control": columns.flags(np.zeros(n)),
    })  # fmt: skip
    buyers = [rng.permutation(np.flatnonzero(arm == a))[:size] for a, size in enumerate(SOURCE_BUYERS)]
    amounts = [_baskets(rng, size) for size in SOURCE_BUYERS]
    customer, amount = np.concatenate(buyers), np.concatenate(amounts)
    days = CHANNEL_DAY + 1 + (27 * rng.beta(1.1, 2.2, len(customer))).astype(int)
    others = np.repeat(CHANNEL_DAY + np.arange(-30, 60), SOURCE_OTHERS)
    customer = np.concatenate([customer, np.full(len(others), ANONYMOUS)])
    amount, days = np.concatenate([amount, _baskets(rng, len(others))]), np.concatenate([days, others])
    order = np.argsort(days, kind="stable")
    customer, amount, days = customer[order], amount[order], days[order]
    margin = np.round(amount * 0.4).astype(int)
    bought = columns.table("transactions", {
        "ordered_at": columns.times(days, 540 + rng.integers(0, 600, len(days))),
        "amount": columns.money(amount),
        "customer_id": ids.take(pa.array(np.maximum(customer, 0), mask=customer < 0)),
        "order_id": pa.array([f"SO{number:05d}" for number in range(1, len(days) + 1)]),
        "quantity": columns.decimal(np.full(len(days), 1000), 18, 3),
        "cost": columns.money(amount - margin),
        "margin": columns.money(margin),
    })  # fmt: skip
    return assigned, bought


def _baskets(rng: np.random.Generator, n: int) -> np.ndarray:
    """Amounts in öre with the source case's mean to the öre."""
    raw = rng.lognormal(0, 0.6, n)
    ore = np.floor(raw / raw.sum() * SOURCE_BASKET * n).astype(int)
    ore[-1] += SOURCE_BASKET * n - ore.sum()
    return ore
