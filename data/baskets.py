"""What is in the orders: lines with articles, prices, discounts and costs; and what comes back."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from data import columns, words
from data.clock import DAYS, day, stream
from data.orders import UNIDENTIFIED_TASTE, Orders
from data.people import N_PEOPLE, N_TWINS, NEVER, People

PRICE_DAY = day("2024-02-01")
PRICE_RISE, COST_RISE = 1.06, 1.035
FIRST_DISCOUNT = 0.30
RETURNED_ORDERS, RETURNED_IN_PART = 0.012, 0.030
ARTICLES = 36  # a category
SALES = (  # campaign, first and last day without the year, share of list price off, share of lines in it
    ("Black week", "11-22", "11-30", 0.25, 0.45),
    ("Mellandagsrea", "12-26", "12-31", 0.30, 0.50),
    ("Sommarrea", "07-01", "07-21", 0.25, 0.40),
)


@dataclass(frozen=True)
class Lines:
    """One entry an order line, sorted by time. `receipt` numbers receipts; a return has its own. Money in öre."""

    receipt: np.ndarray
    order: np.ndarray  # the order bought; a return carries that of its purchase
    customer: np.ndarray
    day: np.ndarray
    minute: np.ndarray
    store: np.ndarray
    trial: np.ndarray
    article: np.ndarray
    quantity: np.ndarray
    list_price: np.ndarray
    discount: np.ndarray
    cost: np.ndarray
    sale: np.ndarray  # discount campaign, -1 without
    returned: np.ndarray  # a return receipt
    first: np.ndarray  # the first line of its receipt

    @property
    def amount(self) -> np.ndarray:
        """Net of discount, in öre; negative for a return."""
        return self.quantity * self.list_price - self.discount

    def __len__(self) -> int:
        return len(self.day)

    def take(self, index: np.ndarray) -> "Lines":
        """The lines at these places (or where true)."""
        return Lines(**{name: getattr(self, name)[index] for name in Lines.__dataclass_fields__})


def spend_in(lines: Lines, start: int, end: int, n: int) -> np.ndarray:
    """Net spend in öre a customer in [start, end), returns taken off; unidentified sales left out."""
    inside = (lines.day >= start) & (lines.day < end) & (lines.customer >= 0)
    return np.bincount(lines.customer[inside], lines.amount[inside], n).astype(np.int64)


@dataclass(frozen=True)
class Shelf:
    """The articles, `ARTICLES` for each category from the cheapest up. Prices and costs in öre before the rise."""

    price: np.ndarray
    cost: np.ndarray
    names: tuple[str, ...]
    brand: np.ndarray


def shelf() -> Shelf:
    """The goods, the same for every seed: prices spread evenly in the logarithm and end in 9."""
    names, prices, costs, brands = [], [], [], []
    brand_names = sorted({brand for category in words.CATEGORIES for brand in category.brands})
    for category in words.CATEGORIES:
        for number in range(ARTICLES):
            kronor = category.price * np.exp(-1.0 + 2.0 * number / (ARTICLES - 1))
            kronor = max(19, round(float(kronor) / 10) * 10 - 1)
            noun = category.nouns[(number * 5) % len(category.nouns)]
            names.append(f"{noun} {words.LINES_OF_GOODS[number // len(category.nouns)]}")
            prices.append(kronor * 80)  # the tag says 25 % VAT included, the tables are without
            costs.append(round(kronor * 80 * (1 - category.margin)))
            brands.append(brand_names.index(category.brands[(number * 7 + 1) % len(category.brands)]))
    return Shelf(np.array(prices), np.array(costs), tuple(names), np.array(brands))


def fill(orders: Orders, people: People, goods: Shelf, seed: int) -> Lines:
    """Baskets for all orders, with returns, sorted by time."""
    rng = stream(seed, "baskets")
    n = len(orders)
    taste = np.append(people.taste, UNIDENTIFIED_TASTE)[orders.customer]
    per_order = np.minimum(1 + rng.poisson(1.38 * taste**0.5), 12)
    order = np.repeat(np.arange(n), per_order)
    category = _categories(rng, people, orders, order)
    place = (ARTICLES * rng.random(len(order)) ** (1 / taste[order])).astype(int)
    article = category * ARTICLES + place
    company = np.append(people.company, False)[orders.customer[order]]
    quantity = 1 + rng.poisson(np.where(company, 1.1, np.where(goods.price[article] < 300_00, 0.45, 0.08)))
    risen = orders.day[order] >= PRICE_DAY
    list_price = np.round(goods.price[article] * np.where(risen, PRICE_RISE, 1.0)).astype(int)
    cost = np.round(goods.cost[article] * np.where(risen, COST_RISE, 1.0)).astype(int) * quantity
    sale, off = _discounts(rng, orders.day[order])
    off = np.where(orders.discounted[order], FIRST_DISCOUNT, off)
    discount = np.round(list_price * quantity * off).astype(int)
    minute = np.where(orders.store == words.WEB, 420 + rng.integers(0, 960, n), 600 + rng.integers(0, 540, n))
    bought = (order, article, quantity, list_price, discount, cost, np.where(orders.discounted[order], -1, sale))
    back_order, back_day, back_lines = _returns(rng, orders, order)
    columns_ = [np.concatenate([column, column[back_lines]]) for column in bought]
    sign = np.where(np.arange(len(columns_[0])) < len(order), 1, -1)
    order, article, quantity, list_price, discount, cost, sale = columns_
    returned = sign < 0
    days = np.where(returned, np.append(back_day, 0)[_place(order, back_order)], orders.day[order])
    minutes = np.where(returned, np.clip(minute[order] + 61, 0, 1199), minute[order])
    receipt = order + n * returned
    dearest = -list_price * quantity
    rank = np.lexsort((dearest, receipt, minutes, days))
    receipt = receipt[rank]
    numbers, first_at = np.unique(receipt, return_index=True)
    renumbered = np.empty(len(numbers), dtype=int)
    renumbered[np.argsort(first_at)] = np.arange(len(numbers))  # receipts count up in time
    first = np.zeros(len(rank), dtype=bool)
    first[first_at] = True
    order, sign = order[rank], sign[rank]
    return Lines(
        receipt=renumbered[np.searchsorted(numbers, receipt)], order=order,
        customer=orders.customer[order], day=days[rank],
        minute=minutes[rank], store=orders.store[order], trial=orders.trial[order], article=article[rank],
        quantity=quantity[rank] * sign, list_price=list_price[rank], discount=discount[rank] * sign,
        cost=cost[rank] * sign, sale=sale[rank], returned=sign < 0, first=first,
    )  # fmt: skip


def _place(order: np.ndarray, back_order: np.ndarray) -> np.ndarray:
    """Where each order stands among the returned ones (the number of them where it is not returned)."""
    place = np.searchsorted(back_order, order)
    found = place < len(back_order)
    found[found] = back_order[place[found]] == order[found]
    return np.where(found, place, len(back_order))


def _categories(rng: np.random.Generator, people: People, orders: Orders, order: np.ndarray) -> np.ndarray:
    """Two lines in five from the customer's favourite category, more for children in homes with a young child."""
    weights = np.array([category.weight for category in words.CATEGORIES])
    category = rng.choice(len(weights), len(order), p=weights / weights.sum())
    customer = orders.customer[order]
    favourite = np.append(people.favourite, 0)[customer]
    loyal = (rng.random(len(order)) < 0.4) & (customer >= 0)
    category = np.where(loyal, favourite, category)
    age = orders.day[order] - np.append(people.child_born, NEVER)[customer]
    child = (age > -90) & (age < 11 * 365) & (rng.random(len(order)) < 0.22)
    return np.where(child, words.CATEGORY_NAMES.index("Barn"), category)


def _discounts(rng: np.random.Generator, days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Campaign number (-1 without) and share of the list price off, a line."""
    single = np.where(rng.random(len(days)) < 0.09, rng.choice([0.1, 0.15, 0.2], len(days)), 0.0)
    sale = np.full(len(days), -1)
    luck = rng.random(len(days))
    for number, (_, first, last, off, share) in enumerate(SALES):
        running = np.zeros(len(days), dtype=bool)
        for year in (2022, 2023, 2024, 2025):
            running |= (days >= day(f"{year}-{first}")) & (days <= day(f"{year}-{last}"))
        chosen = running & (luck < share)
        sale[chosen], single[chosen] = number, off
    return sale, single


def _returns(rng: np.random.Generator, orders: Orders, order: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Orders that come back (sorted), the day, and the lines that come back: all, or about half of them."""
    luck = rng.random(len(orders))
    comes = np.flatnonzero(luck < RETURNED_ORDERS + RETURNED_IN_PART)
    back = orders.day[comes] + (31 * rng.beta(1.2, 2.0, len(comes))).astype(int)
    comes, back = comes[back < DAYS], back[back < DAYS]
    whole, some = np.zeros(len(orders), dtype=bool), np.zeros(len(orders), dtype=bool)
    whole[comes[luck[comes] < RETURNED_ORDERS]] = True
    some[comes] = True
    first_line = np.append(True, order[1:] != order[:-1])
    lines = np.flatnonzero(whole[order] | (some[order] & (first_line | (rng.random(len(order)) < 0.3))))
    return comes, back, lines


def split_twins(lines: Lines, seed: int) -> tuple[Lines, np.ndarray]:
    """Moves the web purchases of some people to the web account that they also have.

    Returns the lines, where customers from `N_PEOPLE` on are the web accounts, and who owns each account.
    """
    rng = stream(seed, "twins")
    movable = (lines.store == words.WEB) & (lines.trial == 0)
    candidates = np.unique(lines.customer[movable & (lines.customer >= 0)])
    owners = np.sort(rng.permutation(candidates)[:N_TWINS])
    account = np.full(N_PEOPLE + 1, -1)  # unidentified sales read the last place
    account[owners] = N_PEOPLE + np.arange(len(owners))
    twin = account[lines.customer]
    return replace(lines, customer=np.where(movable & (twin >= 0), twin, lines.customer)), owners


def table(lines: Lines, goods: Shelf, bonus: np.ndarray, ids: pa.Array, seed: int) -> pa.Table:
    """The canonical transactions. `bonus` is the bonus used on each receipt, in öre."""
    rng = stream(seed, "checkout")
    receipts = int(lines.receipt.max()) + 1
    web = lines.store == words.WEB
    device = np.array([0, 1, 2])[np.searchsorted([0.48, 0.91], rng.random(receipts))]
    delivery = np.array([0, 1, 2])[np.searchsorted([0.45, 0.80], rng.random(receipts))]
    code_used = rng.random(receipts) < 0.7
    campaign = np.where((lines.trial > 0) & code_used[lines.receipt], len(SALES) - 1 + lines.trial, lines.sale)
    back = np.zeros(receipts, dtype=bool)
    back[lines.receipt] = lines.returned
    names = pa.array([f"{'R' if back[number] else 'O'}{100001 + number}" for number in range(receipts)])
    owners = pa.array(np.maximum(lines.customer, 0), mask=lines.customer < 0)
    numbers = [f"{10 + a // ARTICLES}{a % ARTICLES + 1:03d}" for a in range(len(goods.price))]
    brand_names = sorted({brand for category in words.CATEGORIES for brand in category.brands})
    used = np.where(lines.first, bonus[lines.receipt], 0)
    n = len(lines)
    return columns.table("transactions", {
        "ordered_at": columns.times(lines.day, lines.minute),
        "amount": columns.money(lines.amount),
        "unit_price": columns.price(lines.list_price),
        "currency": columns.constant("SEK", n),
        "vat": columns.constant("excluded", n),
        "customer_id": ids.take(owners),
        "order_id": names.take(pa.array(lines.receipt)),
        "quantity": columns.decimal(lines.quantity * 1000, 18, 3),
        "article_id": columns.text(lines.article, numbers),
        "article": columns.text(lines.article, goods.names),
        "category": columns.text(lines.article // ARTICLES, words.CATEGORY_NAMES),
        "brand": columns.text(goods.brand[lines.article], brand_names),
        "store": columns.text(lines.store, words.SALES_POINTS),
        "channel": columns.text(web.astype(int), ("butik", "webb")),
        "discount": columns.money(lines.discount),
        "cost": columns.money(lines.cost),
        "margin": columns.money(lines.amount - lines.cost),
        "bonus_used": columns.money(used),
        "device": columns.text(np.where(web, device[lines.receipt], -1), ("mobil", "dator", "surfplatta")),
        "delivery": columns.text(np.where(web, delivery[lines.receipt], -1), ("ombud", "hem", "hämtas i butik")),
        "campaign_id": columns.text(campaign, (*(sale[0] for sale in SALES), *words.TESTS[:2])),
    })  # fmt: skip
