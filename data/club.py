"""The club: rewards with their redemption, subscription boxes, other ids, and steps in app and shop."""

import numpy as np
import pyarrow as pa

from data import columns, words
from data.baskets import Lines
from data.clock import DAYS, START, anniversary, day, stream
from data.people import N_PEOPLE, People

BIRTHDAY_KIND, CHEQUE_KIND = "födelsedagsgåva", "bonuscheck"
BIRTHDAY_VALUE = 100_00
BOUGHT_WHEN_FETCHED = 0.49  # of the birthday gifts that are fetched, with a purchase the same day
CHEQUES = ((2_000_00, 50_00), (5_000_00, 100_00), (10_000_00, 200_00))  # a quarter's spend, the cheque for it
CHEQUE_DAYS = 180
BOXES = (("Säsongslådan månad", 199_00, 3), ("Säsongslådan kvartal", 449_00, 6))  # plan, fee, months bound
N_BOXES = 1_500
N_APP_IDS = 600


class Receipts:
    """Purchases by customer and day, to find the first one on or after a day."""

    def __init__(self, lines: Lines, only_stores: bool = False) -> None:
        bought = lines.first & ~lines.returned & (lines.customer >= 0) & (lines.customer < N_PEOPLE)
        if only_stores:
            bought &= lines.store != words.WEB
        rows = np.flatnonzero(bought)
        key = lines.customer[rows].astype(np.int64) * 4096 + lines.day[rows]
        order = np.argsort(key, kind="stable")
        self._rows, self._key = rows[order], key[order]
        self._lines = lines

    def next(self, customer: np.ndarray, since: np.ndarray, within: int) -> np.ndarray:
        """The line that opens the first receipt in [since, since + within], -1 where there is none."""
        if not len(self._rows):
            return np.full(len(customer), -1)
        place = np.searchsorted(self._key, customer.astype(np.int64) * 4096 + np.clip(since, 0, 4095))
        row = self._rows[np.minimum(place, len(self._rows) - 1)]
        found = (place < len(self._rows)) & (self._lines.customer[row] == customer)
        found &= self._lines.day[row] <= since + within
        return np.where(found, row, -1)


def rewards(people: People, lines: Lines, born: np.ndarray, ids: pa.Array, seed: int) -> tuple[pa.Table, np.ndarray]:
    """The canonical rewards, and the bonus used on each receipt in öre. `born` are the birth dates, NaT if unknown."""
    rng = stream(seed, "rewards")
    gifts = _gifts(rng, people, lines, born)
    cheques, bonus = _cheques(rng, people, lines)
    customer, given, value, redeemed, store = (np.concatenate(pair) for pair in zip(gifts, cheques, strict=True))
    kind = np.repeat([0, 1], [len(gifts[0]), len(cheques[0])])
    order = np.argsort(given, kind="stable")
    customer, given, value, redeemed, store = (column[order] for column in (customer, given, value, redeemed, store))
    return columns.table("rewards", {
        "customer_id": ids.take(pa.array(customer)),
        "given_on": columns.dates(given),
        "kind": columns.text(kind[order], (BIRTHDAY_KIND, CHEQUE_KIND)),
        "value": columns.money(value),
        "redeemed_on": columns.dates(np.maximum(redeemed, 0), redeemed < 0),
        "store": columns.text(np.where(redeemed < 0, -1, store), words.SALES_POINTS),
    }), bonus  # fmt: skip


def _gifts(rng: np.random.Generator, people: People, lines: Lines, born: np.ndarray) -> tuple[np.ndarray, ...]:
    """Birthday gifts to members who bought in the last year; fetched in a store, half of them while shopping."""
    stays, shops = Receipts(lines), Receipts(lines, only_stores=True)
    parts = []
    for year in (2023, 2024, 2025):
        given = anniversary(born, year)
        able = people.member & (given > 0) & (given < DAYS - 30) & (people.joined < given) & (given < people.left)
        customer = np.flatnonzero(able)
        customer = customer[stays.next(customer, given[customer] - 365, 365) >= 0]
        parts.append((customer, given[customer]))
    customer, given = (np.concatenate(column) for column in zip(*parts, strict=True))
    row = shops.next(customer, given, 30)
    shopping = (row >= 0) & (rng.random(len(row)) < 0.7)
    alone = np.flatnonzero(row < 0)
    n_alone = round(np.count_nonzero(shopping) * (1 / BOUGHT_WHEN_FETCHED - 1))
    alone = rng.permutation(alone)[:n_alone]
    home = np.array(words.STORE_NAMES)[people.home[customer]]
    shut = (home == words.CLOSED_STORE) | (home == words.OPENED_STORE)
    neighbour = np.array([words.STORE_NAMES.index(store.neighbour) for store in words.STORES])
    store = np.where(shut, neighbour[people.home[customer]], people.home[customer])
    redeemed = np.full(len(customer), -1)
    redeemed[shopping], store[shopping] = lines.day[row[shopping]], lines.store[row[shopping]]
    web_day = stays.next(customer[alone], given[alone], 30)
    redeemed[alone] = given[alone] + rng.integers(0, 31, len(alone))
    # A fetched gift counts as fetched while shopping if there is any purchase that day, the web's too: not here.
    clash = (web_day >= 0) & (lines.day[web_day] == redeemed[alone])
    redeemed[alone[clash]] += 1
    return customer, given, np.full(len(customer), BIRTHDAY_VALUE), redeemed, store


def _cheques(rng: np.random.Generator, people: People, lines: Lines) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Bonus cheques each quarter for the spend of the quarter before; used on the next receipt that is large enough."""
    shops = Receipts(lines)
    receipts = int(lines.receipt.max()) + 1
    total = np.bincount(lines.receipt, lines.amount, receipts)
    bonus = np.zeros(receipts, dtype=np.int64)
    starts = [day(f"{year}-{month:02d}-01") for year in (2023, 2024, 2025) for month in (1, 4, 7, 10)]
    parts = []
    for start in starts:
        quarter = (lines.day < start) & (lines.day >= start - 91) & (lines.customer >= 0) & (lines.customer < N_PEOPLE)
        spend = np.bincount(lines.customer[quarter], lines.amount[quarter], N_PEOPLE)
        level = np.searchsorted([bound for bound, _ in CHEQUES], spend, side="right")
        customer = np.flatnonzero((level > 0) & people.member)
        value = np.array([0, *(cheque for _, cheque in CHEQUES)])[level[customer]]
        given = np.full(len(customer), start + 4)
        row = shops.next(customer, given + 1, CHEQUE_DAYS)
        receipt = lines.receipt[row]
        used = (row >= 0) & (rng.random(len(row)) < 0.9) & (total[receipt] >= 3 * value) & (bonus[receipt] == 0)
        bonus[receipt[used]] = value[used]
        parts.append((customer, given, value, np.where(used, lines.day[row], -1), lines.store[row]))
    merged = tuple(np.concatenate(column) for column in zip(*parts, strict=True))
    return merged, bonus


def agreements(people: People, ids: pa.Array, seed: int) -> pa.Table:
    """Subscription boxes: nobody leaves while bound, then each month some do, the impatient first."""
    rng = stream(seed, "agreements")
    customer = np.sort(rng.permutation(np.flatnonzero(people.member & (people.ends > 0)))[:N_BOXES])
    n = len(customer)
    plan = (rng.random(n) < 0.38).astype(int)
    earliest = np.maximum(people.joined[customer], -500)
    start = earliest + (rng.random(n) * (DAYS - 5 - earliest)).astype(int)
    starts = START + start.astype(np.int64)
    starts = starts - np.maximum((starts - starts.astype("M8[M]")).astype(int) - 27, 0)  # the 28th at the latest
    bound = np.array([months for _, _, months in BOXES])[plan]
    chance = rng.beta(1.1, 10.0, n)
    months = bound + rng.geometric(np.maximum(chance, 1e-4))
    in_month = starts - starts.astype("M8[M]")
    ended = (starts.astype("M8[M]") + np.minimum(months, 2000)).astype("M8[D]") + in_month
    bound_until = (starts.astype("M8[M]") + bound).astype("M8[D]") + in_month
    order = np.argsort(starts, kind="stable")
    running = ended >= START + DAYS
    return columns.table("agreements", {
        "customer_id": ids.take(pa.array(customer[order])),
        "started_on": pa.array(starts[order]),
        "ended_on": pa.array(ended[order], mask=running[order]),
        "bound_until": pa.array(bound_until[order]),
        "plan": columns.text(plan[order], [name for name, _, _ in BOXES]),
        "fee": columns.money(np.array([fee for _, fee, _ in BOXES])[plan[order]]),
    })  # fmt: skip


def identities(people: People, owners: np.ndarray, ids: pa.Array, seed: int) -> pa.Table:
    """Web accounts that buy under an id of their own, and ids that only the app knows."""
    rng = stream(seed, "identities")
    with_app = np.sort(rng.permutation(np.flatnonzero(people.member))[:N_APP_IDS])
    accounts = ids.slice(N_PEOPLE, len(owners))
    app = pa.array([f"APP-{number:05d}" for number in range(1, len(with_app) + 1)])
    return columns.table("identities", {
        "customer_id": ids.take(pa.array(np.concatenate([owners, with_app]))),
        "other_id": pa.concat_arrays([accounts, app]),
        "kind": columns.text(np.repeat([0, 1], [len(owners), len(with_app)]), ("webbkonto", "app")),
    })  # fmt: skip


def events(people: People, lines: Lines, ids: pa.Array, seed: int) -> pa.Table:
    """Steps of the last year: visits, searches and views before purchases, guides and reviews after them."""
    rng = stream(seed, "events")
    since = DAYS - 365
    bought = lines.first & ~lines.returned & (lines.customer >= 0) & (lines.customer < N_PEOPLE) & (lines.day >= since)
    rows = np.flatnonzero(bought)
    web = lines.store[rows] == words.WEB
    customer, when = lines.customer[rows], lines.day[rows]
    kinds = (  # kind, step, days from the purchase, chance on the web and in a store, points
        ("produktvisning", 1, -1, 0.75, 0.18, 1), ("varukorg", 2, 0, 0.90, 0.0, 3),
        ("guide läst", 3, 6, 0.16, 0.10, 2), ("recension", 4, 14, 0.07, 0.05, 5),
    )  # fmt: skip
    parts = []
    for number, (_, step, offset, on_web, in_store, points) in enumerate(kinds):
        done = rng.random(len(rows)) < np.where(web, on_web, in_store)
        at = when[done] + offset + (rng.integers(-2, 1, done.sum()) if offset < 0 else 0)
        parts.append(
            (customer[done], at, np.full(done.sum(), number), np.full(done.sum(), step), np.full(done.sum(), points))
        )
    living = np.flatnonzero((people.ends > since + 30) & people.member & (rng.random(N_PEOPLE) < 0.35))
    visits = np.repeat(living, rng.poisson(3.0, len(living)))
    at = since + (rng.random(len(visits)) * 365).astype(int)
    parts.append(
        (visits, at, np.full(len(visits), 4), np.zeros(len(visits), dtype=int), np.ones(len(visits), dtype=int))
    )
    who, at, kind, step, points = (np.concatenate(column) for column in zip(*parts, strict=True))
    inside = (at >= since) & (at < DAYS) & (at >= people.joined[who])
    who, at, kind, step, points = (column[inside] for column in (who, at, kind, step, points))
    minute = np.where(kind == 1, 421, 430) + rng.integers(0, 900, len(who))
    order = np.lexsort((minute, at))
    who, at, kind, step, points, minute = (column[order] for column in (who, at, kind, step, points, minute))
    in_app = rng.random(len(who)) < 0.4
    return columns.table("events", {
        "customer_id": ids.take(pa.array(who)),
        "at": columns.times(at, minute),
        "kind": columns.text(kind, (*(name for name, *_ in kinds), "appbesök")),
        "step": columns.text(step, ("intresse", "research", "köpa", "använda", "lojalitet")),
        "channel": columns.text(np.where((kind == 4) | in_app, 0, 1), ("app", "webb")),
        "value": columns.decimal(points * 1000, 18, 3),
    })  # fmt: skip
