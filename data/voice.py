"""NPS answers in five waves: who is asked, who answers, the score, and what they write.

The score goes with what the customer bought in the 12 months before the answer. Within a neighbourhood of like
customers the shares of promoters and detractors are met as closely as whole answers allow (stratified draws), so
that the planted slopes show through the noise of one seed; who in the neighbourhood is content follows a mood that
the customer keeps from wave to wave.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from data import columns
from data.baskets import Lines
from data.clock import day, stream
from data.comments import write_comments
from data.people import N_PEOPLE, People

WAVES = (("2023 höst", "2023-11-13"), ("2024 vår", "2024-05-13"), ("2024 höst", "2024-11-11"),
         ("2025 vår", "2025-05-12"), ("2025 höst", "2025-09-15"))  # fmt: skip
INVITED = 6_000  # a wave
TOUCHPOINTS = ("butik", "webb", "kundtjänst", "leverans")
TOUCHPOINT_SHARE = (0.46, 0.32, 0.12, 0.10)
CUSTOMER_SERVICE = TOUCHPOINTS.index("kundtjänst")
SPEND_BOUNDS = (2_000_00, 4_000_00, 8_000_00, 16_000_00)  # öre; five steps
ORDER_SCALE = ((1, 2, 3, 4, 5.6, 9.5, 16), (1, 2, 3, 4, 5, 6, 6.6))  # orders, and where they stand on six steps

# NPS points, calibrated over ten seeds so that the slopes on spend steps and on order steps, each alone, come out
# at 8 and 10.5, and promoters' spend and orders at 1.4 and 1.8 times the detractors'. Orders rise more than spend,
# so promoters' receipts are smaller: at equal order count the score falls with spend.
NPS_BASE = -21.6
NPS_PER_ORDER_STEP = 16.1
NPS_PER_DOUBLED_SPEND = -7.85
NPS_PER_DOUBLED_SPEND_SQUARED = -1.16
NPS_OUTSIDE_PASSIVES = 63.9  # promoters and detractors together, per cent of the answers
SERVICE_NPS = -24.0


@dataclass(frozen=True)
class Voices:
    """Columns of equal length, one entry an invitation. `score` is -1 without an answer."""

    customer: np.ndarray
    wave: np.ndarray
    invited: np.ndarray
    answered: np.ndarray
    touchpoint: np.ndarray
    score: np.ndarray


def before(lines: Lines, customers: np.ndarray, days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Net spend in öre and number of orders in the 365 days before each customer's day; customers are distinct."""
    answer_day = np.full(N_PEOPLE, -(10**6))
    answer_day[customers] = days
    own = (lines.customer >= 0) & (lines.customer < N_PEOPLE)
    since = answer_day[np.where(own, lines.customer, 0)] - lines.day
    inside = own & (since > 0) & (since <= 365)
    spend = np.bincount(lines.customer[inside], lines.amount[inside], N_PEOPLE).astype(np.int64)
    bought = inside & lines.first & ~lines.returned
    return spend[customers], np.bincount(lines.customer[bought], minlength=N_PEOPLE)[customers]


def listen(people: People, lines: Lines, seed: int) -> Voices:
    """Invitations and answers of all waves."""
    rng = stream(seed, "voices")
    mood = rng.normal(0, 1, N_PEOPLE)
    waves = [_wave(rng, people, lines, mood, number) for number in range(len(WAVES))]
    return Voices(*(np.concatenate([getattr(wave, name) for wave in waves]) for name in Voices.__dataclass_fields__))


def _wave(rng: np.random.Generator, people: People, lines: Lines, mood: np.ndarray, number: int) -> Voices:
    start = day(WAVES[number][1])
    everyone = np.arange(N_PEOPLE)
    _, orders = before(lines, everyone, np.full(N_PEOPLE, start))
    able = np.flatnonzero((orders > 0) & ~people.company & (people.consent_email != 0) & (people.left > start + 14))
    customer = np.sort(rng.permutation(able)[:INVITED])
    answered = start + 1 + (13 * rng.beta(1.0, 2.5, len(customer))).astype(int)
    spend, orders = before(lines, customer, answered)
    spend_step = 1 + np.searchsorted(SPEND_BOUNDS, spend, side="right")
    answers = rng.random(len(customer)) < 0.09 + 0.032 * spend_step
    touchpoint = rng.choice(len(TOUCHPOINTS), len(customer), p=TOUCHPOINT_SHARE)
    score = np.full(len(customer), -1)
    own = np.flatnonzero(answers)
    score[own] = _scores(rng, spend[own], orders[own], touchpoint[own], mood[customer[own]])
    return Voices(customer, np.full(len(customer), number), np.full(len(customer), start), answered, touchpoint, score)


def _scores(
    rng: np.random.Generator, spend: np.ndarray, orders: np.ndarray, touchpoint: np.ndarray, mood: np.ndarray
) -> np.ndarray:
    """Scores 0–10: promoter, passive or detractor by purchases and touchpoint, then the number within the group."""
    n = len(spend)
    order_step = np.interp(orders, *ORDER_SCALE)
    doubled = np.log2(np.clip(spend, 500_00, 64_000_00) / 4_000_00)
    level = (
        NPS_BASE
        + NPS_PER_ORDER_STEP * order_step
        + NPS_PER_DOUBLED_SPEND * doubled
        + NPS_PER_DOUBLED_SPEND_SQUARED * doubled**2
        + SERVICE_NPS * ((touchpoint == CUSTOMER_SERVICE) - TOUCHPOINT_SHARE[CUSTOMER_SERVICE])
    )
    promoters = np.clip((NPS_OUTSIDE_PASSIVES + level) / 200, 0.02, 0.96)
    detractors = np.clip((NPS_OUTSIDE_PASSIVES - level) / 200, 0.02, 0.98 - promoters)
    like = np.lexsort((spend, order_step, touchpoint == CUSTOMER_SERVICE))
    block = np.empty(n, dtype=int)
    block[like] = np.arange(n) // 8
    rank = np.lexsort((mood + rng.normal(0, 0.7, n), block))
    position = np.empty(n, dtype=int)
    position[rank] = np.arange(n) % 8
    size = np.bincount(block)[block]
    luck = (position + rng.random(n)) / size
    low = np.searchsorted(np.cumsum([0.05, 0.03, 0.06, 0.09, 0.09, 0.28]), rng.random(n))
    return np.select(
        [luck < detractors, luck >= 1 - promoters],
        [low, np.where(rng.random(n) < 0.56, 9, 10)],
        np.where(rng.random(n) < 0.4, 7, 8),
    )


def answers(voices: Voices, ids: pa.Array, seed: int) -> pa.Table:
    """The canonical table of the answers."""
    rng = stream(seed, "comments")
    given = np.flatnonzero(voices.score >= 0)
    given = given[np.argsort(voices.answered[given], kind="stable")]
    score, touchpoint = voices.score[given], voices.touchpoint[given]
    comments = write_comments(rng, score, touchpoint == CUSTOMER_SERVICE)
    return columns.table("answers", {
        "customer_id": ids.take(pa.array(voices.customer[given])),
        "score": columns.decimal(score * 100, 6, 2),
        "answered_on": columns.dates(voices.answered[given]),
        "comment": pa.array(comments, type=pa.string()),
        "touchpoint": columns.text(touchpoint, TOUCHPOINTS),
        "wave": columns.text(voices.wave[given], [name for name, _ in WAVES]),
    })  # fmt: skip
