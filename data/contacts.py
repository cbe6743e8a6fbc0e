"""Messages: a monthly newsletter to everyone, thanks after a purchase, birthdays, surveys and the tests' mailings."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from data import columns, words
from data.baskets import ARTICLES, Lines
from data.clock import DAYS, MONTH_STARTS, anniversary, stream
from data.people import N_PEOPLE, People
from data.trials import AIMED_COST, AIMED_DAY, CHANNEL_COST, CHANNEL_DAY, LETTER_COST, LETTER_DAY, Draw
from data.voice import Voices

CHANNELS = ("e-post", "sms", "brev")
COSTS = (10, 35, 600)  # öre a message
LETTER_COSTS = (LETTER_COST[2], CHANNEL_COST[1], AIMED_COST)  # kronor, of the letters of the three campaigns
TYPES = ("nyhetsbrev", "tack för köpet", "födelsedag", "nps-enkät", "kampanj")
OPENING = (0.31, 0.62, 0.55, 0.45, 0.38)
CLICKING = (0.09, 0.14, 0.30, 0.40, 0.16)  # of those opened
OPTING_OUT = (0.0025, 0.0004, 0.0004, 0.0, 0.0020)  # a survey has no such link and goes out all the same
OFF_TASTE = 2.0  # how much likelier an opt-out is when the newsletter is about another category than the favourite
NEWSLETTERS = 12  # the last months


@dataclass(frozen=True)
class Contacts:
    """Columns of equal length, one entry a message, sorted by time."""

    customer: np.ndarray
    day: np.ndarray
    minute: np.ndarray
    channel: np.ndarray
    kind: np.ndarray
    category: np.ndarray
    campaign: np.ndarray
    opened: np.ndarray
    clicked: np.ndarray
    left: np.ndarray


def send(
    people: People, lines: Lines, voices: Voices, born: np.ndarray, draws: tuple[Draw, Draw, Draw], seed: int
) -> Contacts:
    """All messages. After an opt-out from e-mail nobody gets another e-mail."""
    rng = stream(seed, "contacts")
    parts = [_newsletters(rng, people), _thanks(people, lines), _birthdays(people, born), _surveys(voices)]
    parts += _campaigns(draws)
    customer, days, minute, channel, kind, category, campaign = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    order = np.lexsort((customer, minute, days))
    customer, days, minute, channel, kind, category, campaign = (
        column[order] for column in (customer, days, minute, channel, kind, category, campaign)
    )
    n = len(customer)
    mail = channel == 0
    opened = mail & (rng.random(n) < np.array(OPENING)[kind])
    clicked = opened & (rng.random(n) < np.array(CLICKING)[kind])
    beside = (kind == 0) & (category != people.favourite[customer])
    left = mail & (rng.random(n) < np.array(OPTING_OUT)[kind] * np.where(beside, OFF_TASTE, 1.0))
    first_out = np.full(N_PEOPLE, 10**6)
    np.minimum.at(first_out, customer[left], days[left])
    kept = ~mail | (kind == 3) | (days < first_out[customer]) | (left & (days == first_out[customer]))
    kept &= days < people.left[customer]
    return Contacts(*(column[kept] for column in (
        customer, days, minute, channel, kind, category, campaign, opened, clicked, left)))  # fmt: skip


def _part(customer: np.ndarray, days: np.ndarray, minute: int, channel: object, kind: int, category: object = -1,
          campaign: int = -1) -> tuple[np.ndarray, ...]:  # fmt: skip
    """The seven columns of one kind of message; single values are repeated."""
    values = (customer, days, minute, channel, kind, category, campaign)
    return tuple(np.broadcast_to(np.asarray(value), customer.shape) for value in values)


def _newsletters(rng: np.random.Generator, people: People) -> tuple[np.ndarray, ...]:
    """The same newsletter to everyone with consent, on the second Thursday or so of each month."""
    days = MONTH_STARTS[-1 - NEWSLETTERS : -1] + 9
    about = rng.permutation(np.arange(NEWSLETTERS) % len(words.CATEGORIES))
    gets = people.member & (people.consent_email == 1)
    send_number, customer = np.nonzero(gets & (people.joined < days[:, None]) & (people.ends > days[:, None] - 400))
    return _part(customer, days[send_number], 8 * 60, 0, 0, about[send_number])


def _thanks(people: People, lines: Lines) -> tuple[np.ndarray, ...]:
    """Thanks the day after a purchase, without an offer, about the category bought."""
    bought = lines.first & ~lines.returned & (lines.customer >= 0) & (lines.customer < N_PEOPLE)
    rows = np.flatnonzero(bought & (lines.day >= DAYS - 365) & (lines.day < DAYS - 1))
    customer = lines.customer[rows]
    gets = people.member[customer] & (people.consent_email[customer] == 1)
    rows, customer = rows[gets], customer[gets]
    return _part(customer, lines.day[rows] + 1, 10 * 60, 0, 1, lines.article[rows] // ARTICLES)


def _birthdays(people: People, born: np.ndarray) -> tuple[np.ndarray, ...]:
    """A greeting in the last twelve months, by e-mail or else by text message."""
    days = anniversary(born, 2025)
    days = np.where(days < DAYS, days, anniversary(born, 2024))
    mail, message = people.consent_email == 1, people.consent_sms == 1
    gets = people.member & (days > 0) & (mail | message) & (people.joined < days) & (people.ends > days - 400)
    customer = np.flatnonzero(gets)
    return _part(customer, days[customer], 9 * 60, np.where(mail, 0, 1)[customer], 2)


def _surveys(voices: Voices) -> tuple[np.ndarray, ...]:
    """The invitations to answer."""
    return _part(voices.customer, voices.invited, 16 * 60, 0, 3)


def _campaigns(draws: tuple[Draw, Draw, Draw]) -> list[tuple[np.ndarray, ...]]:
    """The tests' mailings: (test, arms, channel)."""
    letter, channel, aimed = draws
    rows = (
        (letter, (1, 3), 0, LETTER_DAY, 0), (letter, (2, 3), 2, LETTER_DAY, 0), (channel, (0,), 1, CHANNEL_DAY, 1),
        (channel, (1,), 2, CHANNEL_DAY, 1), (aimed, (1,), 2, AIMED_DAY, 2),
    )  # fmt: skip
    parts = []
    for draw, arms, way, start, campaign in rows:
        customer = draw.customer[np.isin(draw.arm, arms)]
        parts.append(_part(customer, np.full(len(customer), start), 11 * 60, way, 4, -1, campaign))
    return parts


def table(contacts: Contacts, ids: pa.Array) -> pa.Table:
    """The canonical contacts."""
    mail = contacts.channel == 0
    letter = (contacts.channel == 2) & (contacts.campaign >= 0)
    letter_cost = np.round(np.array(LETTER_COSTS) * 100).astype(int)[contacts.campaign]
    cost = np.where(letter, letter_cost, np.array(COSTS)[contacts.channel])
    return columns.table("contacts", {
        "customer_id": ids.take(pa.array(contacts.customer)),
        "sent_at": columns.times(contacts.day, contacts.minute),
        "channel": columns.text(contacts.channel, CHANNELS),
        "message_type": columns.text(contacts.kind, TYPES),
        "campaign_id": columns.text(contacts.campaign, words.TESTS),
        "category": columns.text(contacts.category, words.CATEGORY_NAMES),
        "opened": columns.flags(np.where(mail, contacts.opened, -1)),
        "clicked": columns.flags(np.where(mail, contacts.clicked, -1)),
        "opted_out": columns.flags(np.where(mail, contacts.left, -1)),
        "contact_cost": columns.price(cost),
    })  # fmt: skip
