"""The demo company 'Nordlund & Co': a Swedish shop for home, garden and leisure, made from a seed in a moment.

`tables` makes all canonical tables; `TRUTHS` names what was planted, so that tests can look for it and a consultant
can tell it; `source_case` is the lift test of the source documents in its own size.
"""

import numpy as np
import pyarrow as pa

from data import baskets, club, contacts, customers, leak, orders, trials, voice
from data.clock import DAYS
from data.people import N_PEOPLE, make_people
from data.trials import source_case
from data.truths import TRUTHS, Truth

__all__ = ["CLUB_BOUNDS", "NAME", "TRUTHS", "Truth", "source_case", "tables"]

NAME = "Nordlund & Co"
# Its club's levels, as a setting of the ladder: Silver from 4,000 kr, Gold from 10,000 kr in twelve months.
CLUB_BOUNDS = "4000,10000"


def tables(seed: int = 2024) -> dict[str, pa.Table]:
    """The canonical tables of the demo company, 2022-11-01 to 2025-10-31.

    Keys are the names in `insight.ingest.schema.TABLES`; columns and types are the schema's. Money in kronor without
    VAT. The same seed gives the same tables.
    """
    people = make_people(seed)
    base = orders.identified(people, seed)
    letter, channel = trials.letter_test(people, base, seed), trials.channel_test(people, base, seed)
    every = orders.join(base, letter.orders, channel.orders, orders.unidentified(base, seed))
    goods = baskets.shelf()
    every, block = leak.summer_buyers(people, every, baskets.fill(every, people, goods, seed), seed)
    lines = leak.stay_away(baskets.fill(every, people, goods, seed), every, block)
    lines, owners = baskets.split_twins(lines, seed)

    before_aimed = baskets.spend_in(lines, trials.AIMED_DAY - 365, trials.AIMED_DAY, len(people) + len(owners))
    aimed = trials.aimed_campaign(people, before_aimed[:N_PEOPLE], seed)
    last_year = baskets.spend_in(lines, DAYS - 365, DAYS, len(people) + len(owners))[:N_PEOPLE]
    voices = voice.listen(people, lines, seed)
    born = customers.births(people, seed)
    messages = contacts.send(people, lines, voices, born, (letter, channel, aimed), seed)
    opted_out = np.zeros(N_PEOPLE, dtype=bool)
    opted_out[messages.customer[messages.left]] = True
    ids = customers.ids(len(owners))
    rewards, bonus = club.rewards(people, lines, born, ids, seed)
    return {
        "customers": customers.table(people, born, last_year, opted_out, owners, ids, seed),
        "transactions": baskets.table(lines, goods, bonus, ids, seed),
        "assignments": trials.assignments(letter, channel, aimed, ids, seed),
        "answers": voice.answers(voices, ids, seed),
        "contacts": contacts.table(messages, ids),
        "rewards": rewards,
        "events": club.events(people, lines, ids, seed),
        "agreements": club.agreements(people, ids, seed),
        "identities": club.identities(people, owners, ids, seed),
    }
