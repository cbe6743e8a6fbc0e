"""NPS through the questions themselves, where the truth is known: do their intervals hold it as often as promised?

    python -m bench.simulations_nps            every check, some minutes
    python -m bench.simulations_nps --runs 200 quicker, with wider limits

Files of answers and purchases are drawn from a known truth, loaded, and asked as a user asks them. The score's own
interval, the slope and the ratio by themselves are in `bench.simulations`. With fewer runs the limits are widened by
four binomial standard errors. Exit code 1 when a check is outside its limits.
"""

import math
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from bench.simulations import Check, main, within
from insight.analysis import registry
from insight.stats.nps import Answers, design_effect, nps
from insight.stats.nps_change import line_slope, middle
from insight.workspace.store import Workspace

SCORES = np.array([10, 8, 3])


def survey(groups: int, size: int, mix: tuple[float, float, float], rng: np.random.Generator) -> pa.Table:
    """`groups` touchpoints of `size` answers each, every answer by a customer of its own."""
    drawn = SCORES[rng.choice(3, groups * size, p=mix)]
    return pa.table({
        "customer_id": [f"k{i}" for i in range(len(drawn))], "score": [str(score) for score in drawn],
        "answered_on": ["2024-06-01"] * len(drawn),
        "touchpoint": [f"t{i // size}" for i in range(len(drawn))],
    })  # fmt: skip


@contextmanager
def loaded(**tables: pa.Table) -> Iterator[Workspace]:
    """A workspace with these tables, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="kundkompass-bench-") as folder:
        made = Workspace.create(Path(folder) / "ws")
        made.load_tables(tables, name="simulated")
        yield made
        made.destroy()


def nps_answers(runs: int = 4000, seed: int = 7) -> list[Check]:
    """Coverage of the interval that the question itself gives, asked by touchpoint of a loaded file."""
    checks: list[Check] = []
    mixes = {"+30": (0.5, 0.3, 0.2), "-30": (0.2, 0.3, 0.5)}
    for n, low, high in ((50, 0.935, 0.97), (200, 0.94, 0.96), (1000, 0.94, 0.96)):
        groups = min(runs, 400_000 // n)
        for label, mix in mixes.items():
            rng, truth, hits, done = np.random.default_rng([seed, n]), 100 * (mix[0] - mix[2]), 0, 0
            while done < runs:
                with loaded(answers=survey(groups, n, mix, rng)) as made, made.query() as query:
                    table = registry.run(query, "nps.score", {"by": "touchpoint"}).table
                hits += int(((table["nps_low"] <= truth) & (truth <= table["nps_high"])).sum())
                done += len(table)
            checks.append(within(f"nps.score {label} of {n} answers: coverage", hits, done, low, high, 4000))
    return checks


def repeated_answers(runs: int = 4000, seed: int = 8, size: int = 200, times: int = 4) -> list[Check]:
    """Customers who answer four waves nearly alike: the interval of all waves must know it, the plain one does not."""
    rng, mix = np.random.default_rng(seed), (0.5, 0.3, 0.2)
    truth, held, plain = 100 * (mix[0] - mix[2]), 0, 0
    for _ in range(runs):
        own = rng.choice(3, size // times, p=mix)
        again = rng.choice(3, (times, len(own)), p=mix)
        worth = np.where(rng.random((times, len(own))) < 0.8, own, again)
        sums = (worth == 0).sum(axis=0) - (worth == 2).sum(axis=0)
        counts = Answers(*(int((worth == group).sum()) for group in range(3)))
        effect = design_effect(counts, float((sums**2).sum()), float((sums * times).sum()), float(len(own) * times**2))
        for score, kept in ((nps(counts, design_effect=effect), True), (nps(counts), False)):
            holds = (score.ci_lower or 0.0) <= truth <= (score.ci_upper or 0.0)
            held, plain = held + (holds and kept), plain + (holds and not kept)
    return [
        within("NPS of 50 customers with four answers each: coverage", held, runs, 0.92, 0.97, 4000),
        within("the same with answers taken for independent (what that costs)", plain, runs, 0.60, 0.80, 4000),
    ]


def planted(runs: int, rng: np.random.Generator, size: int = 600) -> dict[str, pa.Table]:
    """`runs` surveys a month apart with customers of their own: five steps of spend, +8 points and their spend a step.

    Among the surveys' customers promoters spend 1.4 times what detractors do in another, independent purchase window:
    the months after the answer.
    """
    people, days, scores, orders = [], [], [], []
    for survey_no in range(runs):
        day = date(1950, 1, 1) + timedelta(days=400 * survey_no)
        step = np.arange(size) % 5
        draw = rng.random(size)
        up, down = 0.30 + 0.04 * step, 0.40 - 0.04 * step
        worth = np.where(draw < up, 0, np.where(draw < 1 - down, 1, 2))
        later = rng.gamma(0.8, np.where(worth == 0, 175.0, np.where(worth == 1, 150.0, 125.0)))
        for i in range(size):
            who = f"s{survey_no}k{i}"
            people.append(who)
            days.append(day.isoformat())
            scores.append(str(SCORES[worth[i]]))
            orders.append((who, (day - timedelta(days=20)).isoformat(), f"{500 + 1000 * step[i]}"))
            orders.append((who, (day + timedelta(days=20)).isoformat(), f"{later[i]:.2f}"))
    orders.append(("last", (date(1950, 1, 1) + timedelta(days=400 * (runs + 1))).isoformat(), "1"))
    ids, ordered, amounts = (list(column) for column in zip(*orders, strict=True))
    return {
        "answers": pa.table({"customer_id": people, "score": scores, "answered_on": days}),
        "transactions": pa.table({"customer_id": ids, "ordered_at": ordered, "amount": amounts}),
    }


def nps_questions(runs: int = 1000, seed: int = 9) -> list[Check]:
    """Planted slope of 8 a step and ratio of 1.4, found by the questions themselves in loaded files: coverage."""
    rng, slope, ratio, done = np.random.default_rng(seed), 0, 0, 0
    while done < runs:
        batch = min(50, runs - done)
        with loaded(**planted(batch, rng)) as made, made.query() as query:
            for survey_no in range(batch):
                day = date(1950, 1, 1) + timedelta(days=400 * survey_no)
                period = {"start": day.isoformat(), "end": (day + timedelta(days=1)).isoformat()}
                steps = {**period, "bounds": "1000,2000,3000,4000", "months": "1"}
                found = registry.run(query, "nps.by_step", steps).metrics["slope"]
                slope += float(str(found.low)) <= 8 <= float(str(found.high))
                after = {**period, "side": "after", "months": "1"}
                found = registry.run(query, "nps.groups", after).metrics["spend_ratio"]
                ratio += float(str(found.low)) <= 1.4 <= float(str(found.high))
        done += batch
    return [
        within("nps.by_step, 8 points a step: coverage", slope, runs, 0.93, 0.97, 1000),
        within("nps.groups, ratio 1.4: coverage", ratio, runs, 0.93, 0.97, 1000),
    ]


def changes(runs: int = 4000, seed: int = 10) -> list[Check]:
    """Spend that moves 100 kr a point of score, long-tailed, 150 customers: coverage of the slope, and medians."""
    rng, held, middles = np.random.default_rng(seed), 0, 0
    for _ in range(runs):
        moved = rng.integers(-4, 5, 150)
        spend = rng.lognormal(6, 1, 150) - rng.lognormal(6, 1, 150) + 100 * moved
        slope = line_slope(moved, spend).difference
        held += (slope.ci_lower or 0.0) <= 100 <= (slope.ci_upper or 0.0)
        half = middle(rng.lognormal(6, 1, 60))
        middles += (half.ci_lower or 0.0) <= math.exp(6) <= (half.ci_upper or 0.0)
    return [
        within("change on change, 100 kr a point: coverage", held, runs, 0.94, 0.965, 4000),
        # Ranks are whole numbers, so the interval covers at least what it promises.
        within("median of 60 customers: coverage", middles, runs, 0.945, 0.98, 4000),
    ]


FAMILIES: dict[str, tuple[Callable[..., list[Check]], int]] = {
    "answers": (nps_answers, 4000),
    "repeated_answers": (repeated_answers, 4000),
    "questions": (nps_questions, 1000),
    "changes": (changes, 4000),
}


if __name__ == "__main__":
    raise SystemExit(main("python -m bench.simulations_nps", FAMILIES))
