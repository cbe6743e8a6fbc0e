"""The customer file: who the customers are to the outside. Names, addresses and firms are invented."""

import numpy as np
import pyarrow as pa

from data import columns, words
from data.clock import DAYS, START, stream
from data.leak import GOLD, SILVER
from data.people import N_PEOPLE, NEVER, People

STORE_RECRUITS = [words.JOIN_CHANNELS.index(name) for name in ("butik", "evenemang")]


def ids(n_twins: int) -> pa.Array:
    """Customer ids: K100001 and on, then the web accounts."""
    return pa.array([f"K{100_001 + n}" for n in range(N_PEOPLE)] + [f"W{50_001 + n}" for n in range(n_twins)])


def births(people: People, seed: int) -> np.ndarray:
    """Birth dates as datetime64, NaT if unknown; firms have none."""
    rng = stream(seed, "births")
    n = len(people)
    age = np.clip(rng.normal(47, 15, n), 18, 92)
    with_child = people.child_born < NEVER
    age = np.where(with_child, np.clip(rng.normal(38, 6, n), 22, 58), age)
    born = (START + DAYS - (age * 365.25).astype(int)).astype("M8[D]")
    known = ~people.company & (rng.random(n) < 0.91)
    return np.where(known, born, np.datetime64("NaT", "D"))


def table(
    people: People,
    born: np.ndarray,
    spend: np.ndarray,
    opted_out: np.ndarray,
    owners: np.ndarray,
    all_ids: pa.Array,
    seed: int,
) -> pa.Table:
    """The canonical customers: the people, then the web accounts with their owner's name and address.

    `spend` is the net spend of the last twelve months in öre, `opted_out` true where an e-mail was answered by an
    opt-out, `owners` who has each web account.
    """
    rng = stream(seed, "customers")
    row = np.concatenate([np.arange(N_PEOPLE), owners])  # who each row is about
    twin = np.arange(len(row)) >= N_PEOPLE
    gender, name, email, phone = _who(rng, people)
    town, region, postcode = _where(rng, people)
    household, mate = _households(rng, people)
    town, region, postcode = town[mate], region[mate], postcode[mate]
    company = people.company[row]
    org, org_text, org_columns = _organisations(rng, people)
    member = people.member[row] & ~twin
    level = np.digitize(spend, [SILVER, GOLD])[row]
    recruited = np.isin(people.join_channel[row], STORE_RECRUITS)
    left = np.where(twin, NEVER, people.left[row])
    reason = rng.choice(len(words.LEAVE_REASONS), len(row), p=[0.22, 0.27, 0.24, 0.12, 0.15])
    mail = np.where(opted_out, 0, people.consent_email)[row]
    joined = np.where(twin, np.maximum(people.joined[row], 0), people.joined[row])
    born_row = born[row]
    return columns.table("customers", {
        "customer_id": all_ids,
        "name": pa.array(name).take(pa.array(row)),
        "email": pa.array(email).take(pa.array(row)),
        "phone": columns.text(phone[row], words.PHONES),
        "birth_date": pa.array(born_row, mask=np.isnat(born_row)),
        "gender": columns.text(gender[row], words.GENDERS),
        "postcode": columns.text(postcode[row], _POSTCODES),
        "city": columns.text(town[row], _TOWNS),
        "region": columns.text(region[row], [store.region for store in words.STORES]),
        "country": columns.constant("Sverige", len(row)),
        "customer_type": columns.text(company.astype(int), ("person", "company")),
        **{field: org_columns[field].take(pa.array(org[row], mask=org[row] < 0)) for field in org_columns},
        "role": columns.text(org_text[row], words.ROLES),
        "household_id": columns.text(household[row], [f"H{n:05d}" for n in range(1, N_PEOPLE + 1)]),
        "joined_on": columns.dates(joined),
        "join_channel": columns.text(np.where(twin, 1, people.join_channel[row]), words.JOIN_CHANNELS),
        "join_store": columns.text(np.where(recruited & ~twin, people.home[row], -1), words.STORE_NAMES),
        "is_member": columns.flags(member),
        "member_level": columns.text(np.where(member & (left == NEVER), level, -1), words.LEVELS),
        "left_on": columns.dates(np.where(left < NEVER, left, 0), left == NEVER),
        "leave_reason": columns.text(np.where(left < NEVER, reason, -1), words.LEAVE_REASONS),
        "consent_email": columns.flags(mail),
        "consent_sms": columns.flags(people.consent_sms[row]),
        "consent_post": columns.flags(people.consent_post[row]),
        "child_birth_date": columns.dates(
            np.where(people.child_born[row] < NEVER, people.child_born[row], 0), people.child_born[row] == NEVER),
        "potential": _potential(rng, spend, company, row),
    })  # fmt: skip


def _who(rng: np.random.Generator, people: People) -> tuple[np.ndarray, list[str], list[str | None], np.ndarray]:
    """Gender code, name, e-mail, phone code (-1 unknown)."""
    n = len(people)
    gender = rng.choice([0, 1, 2, -1], n, p=[0.60, 0.34, 0.01, 0.05])
    woman = np.where(gender < 0, rng.random(n) < 0.6, gender != 1)
    firsts = words.WOMEN + words.MEN
    first = np.where(woman, rng.integers(0, len(words.WOMEN), n), len(words.WOMEN) + rng.integers(0, len(words.MEN), n))
    last = rng.integers(0, len(words.SURNAMES), n)
    known = rng.random(n) < 0.95
    plain = str.maketrans("åäöéÅÄÖ", "aaoeAAO")
    mails = (
        [word.translate(plain).lower() for word in firsts],
        [word.translate(plain).lower() for word in words.SURNAMES],
    )
    name, email = [], []
    for number, (one, two, has_mail) in enumerate(zip(first.tolist(), last.tolist(), known.tolist(), strict=True)):
        name.append(f"{firsts[one]} {words.SURNAMES[two]}")
        email.append(f"{mails[0][one]}.{mails[1][two]}{number}@example.se" if has_mail else None)
    phone = np.where(rng.random(n) < 0.7, rng.integers(0, len(words.PHONES), n), -1)
    return gender, name, email, phone


_TOWNS = tuple(town for store in words.STORES for town in store.towns)
_FIRST_TOWN = np.cumsum([0, *(len(store.towns) for store in words.STORES)])[:-1]
_POSTCODES = tuple(f"{store.postcode}{n // 10} {n % 10}0" for store in words.STORES for n in range(10, 100))


def _where(rng: np.random.Generator, people: People) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Town, region and postcode codes: most live in the town of their store."""
    n = len(people)
    others = np.array([len(store.towns) for store in words.STORES])[people.home] - 1
    step = np.where(rng.random(n) < 0.62, 0, 1 + (rng.random(n) * others).astype(int))
    return _FIRST_TOWN[people.home] + step, people.home, people.home * 90 + rng.integers(0, 90, n)


def _households(rng: np.random.Generator, people: People) -> tuple[np.ndarray, np.ndarray]:
    """Household code (-1 without) of pairs, and for everyone whose address is theirs: the first of the pair's."""
    pool = rng.permutation(np.flatnonzero(~people.company))[:3_000]
    pool = pool[np.argsort(people.home[pool], kind="stable")]
    one, two = pool[0::2], pool[1::2]
    household = np.full(len(people), -1)
    household[one] = household[two] = np.arange(len(one))
    address = np.arange(len(people))
    address[two] = one
    return household, address


def _organisations(rng: np.random.Generator, people: People) -> tuple[np.ndarray, np.ndarray, dict[str, pa.Array]]:
    """Which organisation a customer acts for (-1 none), the role, and the organisations' columns."""
    buyers = np.flatnonzero(people.company)
    n_orgs = len(buyers) * 3 // 5
    org, role = np.full(len(people), -1), np.full(len(people), -1)
    org[buyers] = np.concatenate([np.arange(n_orgs), rng.integers(0, n_orgs, len(buyers) - n_orgs)])
    role[buyers] = rng.integers(0, len(words.ROLES), len(buyers))
    first = rng.integers(0, len(words.ORG_FIRST), n_orgs).tolist()
    last = rng.integers(0, len(words.ORG_LAST), n_orgs).tolist()
    names = [
        f"{words.ORG_FIRST[a]}{words.ORG_LAST[b]} {n} AB" for n, (a, b) in enumerate(zip(first, last, strict=True), 1)
    ]
    staff = np.maximum(2, np.round(rng.lognormal(3.0, 1.0, n_orgs))).astype(np.int64)
    return org, role, {
        "org_id": pa.array([f"000000-{n:04d}" for n in range(1, n_orgs + 1)]),
        "org_name": pa.array(names),
        "workplace_id": pa.array([f"A{n:04d}" for n in range(1, n_orgs + 1)]),
        "industry": columns.text(rng.integers(0, len(words.INDUSTRIES), n_orgs), words.INDUSTRIES),
        "employees": pa.array(staff),
    }  # fmt: skip


def _potential(rng: np.random.Generator, spend: np.ndarray, company: np.ndarray, row: np.ndarray) -> pa.Array:
    """What a firm buys of such goods in a year anywhere, in whole hundreds: for firms only."""
    share = rng.beta(2.0, 3.0, len(spend)) * 0.85 + 0.1
    total = np.round(np.maximum(spend, 4_000_00) / share / 100_00).astype(np.int64) * 100_00
    return columns.money(total[row], ~company)
