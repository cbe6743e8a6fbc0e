"""The customers as they are inside: rhythm, taste, lifetime, and the groups that carry a planted truth."""

from dataclasses import dataclass

import numpy as np

from data import words
from data.clock import DAYS, MONTH_STARTS, stream

N_PEOPLE = 20_000
N_COMPANIES = 350
N_TWINS = 250  # web accounts of people who also have a club id

MEDIAN_ORDERS_A_YEAR = 2.0
RHYTHM_SPREAD = 0.87  # standard deviation of the log of the rhythm
TASTE_SPREAD = 0.40
TASTE_ON_RHYTHM = -0.12  # those who come often buy somewhat smaller baskets
YEARLY_CHURN = 1 / 3.6  # mean time as a customer: 3.6 years
NEVER = 10**6  # a day that never comes

REFERRED = words.JOIN_CHANNELS.index("tipsa en vän")


@dataclass(frozen=True)
class People:
    """One entry a customer. Days count from the first day of data; `joined` may be negative, `ends` beyond the data."""

    company: np.ndarray
    joined: np.ndarray
    ends: np.ndarray
    join_channel: np.ndarray
    home: np.ndarray
    rhythm: np.ndarray  # orders a year while a customer
    taste: np.ndarray  # 1 = ordinary; larger: dearer goods, fuller baskets
    favourite: np.ndarray  # category
    discounted_first: np.ndarray
    member: np.ndarray
    left: np.ndarray  # day of leaving the club, after the last purchase; a large number for those who stay
    child_born: np.ndarray  # day, or a large number without a child
    consent_email: np.ndarray  # 1 yes, 0 no, -1 unknown
    consent_sms: np.ndarray
    consent_post: np.ndarray

    def __len__(self) -> int:
        return len(self.joined)

    @property
    def new(self) -> np.ndarray:
        """Joined within the data."""
        return self.joined >= 0


def make_people(seed: int) -> People:
    """Draws the customers."""
    rng = stream(seed, "people")
    n = N_PEOPLE
    company = np.arange(n) >= n - N_COMPANIES
    old = rng.random(n) < 0.5
    joined = np.where(old, -1 - (2800 * rng.beta(1.0, 1.6, n)).astype(int), _join_days(rng, n))
    channel = rng.choice(len(words.JOIN_CHANNELS), n, p=[0.47, 0.22, 0.09, 0.07, 0.08, 0.07])
    weights = np.array([store.weight for store in words.STORES])
    home = rng.choice(len(weights), n, p=weights / weights.sum())
    log_rhythm = rng.normal(0, RHYTHM_SPREAD, n)
    taste = np.exp(rng.normal(0, TASTE_SPREAD, n) + TASTE_ON_RHYTHM * log_rhythm)
    rhythm = MEDIAN_ORDERS_A_YEAR * np.exp(log_rhythm)
    rhythm[company] *= 1.9
    new = joined >= 0
    discounted = new & (channel != REFERRED) & ~company & (rng.random(n) < 0.24)
    rhythm[discounted] *= 0.55
    referred = new & (channel == REFERRED)
    rhythm[referred] *= 0.8
    hazard = YEARLY_CHURN * np.where(discounted, 1.8, 1.0) * np.where(referred, 0.5, 1.0)
    ends = np.maximum(joined, 0) + np.maximum(1, rng.exponential(365.25 / hazard)).astype(int)
    category_weights = np.array([category.weight for category in words.CATEGORIES])
    child = rng.random(n) < 0.17
    email, sms, post = _consents(rng, n)
    member = ~company & (rng.random(n) < 0.88)
    left = ends + rng.integers(20, 240, n)
    leaves = member & (rng.random(n) < 0.14) & (left < DAYS)
    return People(
        company=company,
        joined=joined,
        ends=ends,
        join_channel=channel,
        home=home,
        rhythm=rhythm,
        taste=taste,
        favourite=rng.choice(len(category_weights), n, p=category_weights / category_weights.sum()),
        discounted_first=discounted,
        member=member,
        left=np.where(leaves, left, NEVER),
        child_born=np.where(child & ~company, DAYS - rng.integers(30, 16 * 365, n), NEVER),
        consent_email=email,
        consent_sms=sms,
        consent_post=post,
    )


def _join_days(rng: np.random.Generator, n: int) -> np.ndarray:
    """Days on which new customers join: a little more each year, more before Christmas."""
    month_weight = np.linspace(0.88, 1.12, len(MONTH_STARTS) - 1)
    month_weight[[0, 1, 12, 13, 24, 25]] *= 1.3
    month = rng.choice(len(month_weight), n, p=month_weight / month_weight.sum())
    length = np.diff(MONTH_STARTS)[month]
    return MONTH_STARTS[month] + (rng.random(n) * length).astype(int)


def _consents(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Consents for e-mail, text message and post; who says no to one often says no to the others."""
    mood = rng.normal(0, 1, n)

    def draw(yes: float, no: float) -> np.ndarray:
        level = 0.8 * mood + 0.6 * rng.normal(0, 1, n)
        low, high = np.quantile(level, [no, 1 - yes])
        return np.where(level < low, 0, np.where(level >= high, 1, -1))

    return draw(0.78, 0.13), draw(0.52, 0.22), draw(0.72, 0.08)
