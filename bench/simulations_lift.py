"""Lift through the whole analysis, where the truth is known: coverage, false winners, and the power that was planned.

    python -m bench.simulations_lift            2,000 tests of each kind, a quarter of an hour
    python -m bench.simulations_lift --runs 200 quicker, with wider limits

Nothing is taken from the statistics library alone: customers with purchases and assignments are loaded as tables, and
`lift.verdict` and `lift.plan` are asked as a user asks them. The limits are those promised to the reader; with fewer
runs they are widened by four binomial standard errors. Exit code 1 when a check is outside its limits.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bench.simulations import BASKET_LEVEL, BASKET_SPREAD, MEAN_BASKET, VISIT_SPREAD, Check, main, within
from insight.analysis import registry
from insight.result import Result
from insight.workspace.engine import Query
from insight.workspace.facts import build_facts
from insight.workspace.tables import create_tables

SENT = date(2024, 9, 1)
WINDOW, BEFORE, FIRST = 30, 365, 400
MARGIN_RATE = 0.4
BATCH_CUSTOMERS = 400_000
Ints = NDArray[np.int64]


def _orders(rng: np.random.Generator, rate: NDArray[np.float64], days: tuple[int, int]) -> tuple[Ints, Ints]:
    """Customer and day of every purchase in [days): Poisson by each customer's own rate, days by lot."""
    customer = np.repeat(np.arange(len(rate)), rng.poisson(rate))
    return customer, rng.integers(*days, len(customer))


def _customers(
    rng: np.random.Generator, n: int, orders_per_customer: float, lift: NDArray[np.float64]
) -> tuple[Ints, Ints, NDArray[np.float64]]:
    """Customer, day after the send and amount of every purchase: an own rate and an own usual basket each.

    Everybody bought once long before; in the window the rate is `lift` times as high. Mean spend in the window:
    orders_per_customer · lift · MEAN_BASKET.
    """
    rate = orders_per_customer * rng.exponential(1.0, n)
    basket = rng.lognormal(BASKET_LEVEL, BASKET_SPREAD, n)
    parts = [
        (np.arange(n), np.full(n, -FIRST)), _orders(rng, 4 * rate, (-BEFORE, 0)), _orders(rng, rate * lift, (0, WINDOW))
    ]  # fmt: skip
    customer, day = (np.concatenate(part) for part in zip(*parts, strict=True))
    return customer, day, basket[customer] * rng.lognormal(0, VISIT_SPREAD, len(customer))


def _filled(
    customer: Ints, day: Ints, amount: NDArray[np.float64], assigned: pa.Table | None
) -> duckdb.DuckDBPyConnection:
    """A database in memory with these purchases, one until the window's end is past, and the assignments."""
    con = duckdb.connect(":memory:")
    create_tables(con)
    con.register("made", pa.table({"who": customer, "day": day, "amount": np.round(amount, 2)}))
    con.execute(
        """
        INSERT INTO transactions (customer_id, ordered_at, amount, order_id, file_id, line)
        SELECT cast(who AS VARCHAR), cast(cast($sent AS DATE) + cast(day AS INTEGER) AS TIMESTAMP),
            cast(amount AS DECIMAL(18, 2)), cast(row_number() OVER () AS VARCHAR), 1, row_number() OVER ()
        FROM made
        UNION ALL SELECT NULL, cast(cast($sent AS DATE) + cast($last AS INTEGER) AS TIMESTAMP), 1, 'last', 1, 0
        """,
        {"sent": SENT, "last": WINDOW - 1},
    )
    if assigned is not None:
        con.register("drawn", assigned)
        con.execute(
            """
            INSERT INTO assignments (customer_id, test, arm, assigned_on, contact_cost, is_control, file_id, line)
            SELECT cast(who AS VARCHAR), test, arm, cast($sent AS DATE), 0, arm = 'control', 1, row_number() OVER ()
            FROM drawn
            """,
            {"sent": SENT},
        )
    build_facts(con)
    return con


def verdicts(
    rng: np.random.Generator, runs: int, sizes: Sequence[int], orders_per_customer: float, lifts: Sequence[float]
) -> Iterator[Result]:
    """`lift.verdict` of so many tests, the first arm their control; many tests stand in one set of tables."""
    each = sum(sizes)
    batch = max(1, BATCH_CUSTOMERS // each)
    names = ["control", *(f"arm {place}" for place in range(1, len(sizes)))]
    planned = ",".join(f"{name}:{size}" for name, size in zip(names, sizes, strict=True))
    for start in range(0, runs, batch):
        count = min(batch, runs - start)
        arm = np.tile(np.repeat(np.arange(len(sizes)), sizes), count)
        customer, day, amount = _customers(rng, each * count, orders_per_customer, np.asarray(lifts)[arm])
        assigned = pa.table({
            "who": np.arange(each * count), "test": np.repeat([f"t{place}" for place in range(count)], each),
            "arm": np.asarray(names)[arm],
        })  # fmt: skip
        with closing(_filled(customer, day, amount, assigned)) as con, Query(con.cursor()) as query:
            for place in range(count):
                chosen = {"test": f"t{place}", "window": str(WINDOW), "planned": planned}
                yield registry.run(query, "lift.verdict", chosen | {"margin_rate": str(MARGIN_RATE)})


def _held(result: Result, table: str, truth: float) -> list[bool]:
    """Whether each arm's interval of net per customer holds the truth."""
    rows = (result.table if table == "plain" else result.tables["cuped"]).to_dict("records")
    return [
        row["effect_size_ci_lower"] <= truth <= row["effect_size_ci_upper"]
        for row in rows
        if row["metric"] == "net_profit" and row["effect_size"] is not None
    ]


def a_a_tests(runs: int = 2000, seed: int = 21, n: int = 1100) -> list[Check]:
    """Four arms that differ by chance alone, about 280 buyers in each: coverage, plain and CUPED, and false winners."""
    held, told, winners = {"plain": 0.0, "CUPED": 0.0}, 0, 0
    for result in verdicts(np.random.default_rng(seed), runs, [n] * 4, 0.4, [1.0] * 4):
        winners += result.headline.key in ("lift.verdict_won", "lift.verdict_several")
        if "cuped" not in result.tables:
            continue  # one draw in a thousand looks chosen, and nothing is told of it
        told += 1
        for name in held:
            parts = _held(result, name, 0.0)
            held[name] += sum(parts) / len(parts)
    return [
        *(
            within(f"A/A coverage of net per customer, {name}", hits, told, 0.94, 0.96, 1990)
            for name, hits in held.items()
        ),
        within("A/A verdicts that declare a winner", winners, runs, 0.0, 0.05, 2000),
        within("A/A draws taken for chosen", runs - told, runs, 0.0, 0.003, 2000),
    ]


def _planned(rng: np.random.Generator, rate: float, truth: float) -> dict[str, int]:
    """Customers that `lift.plan` asks for to see the effect, plain and with purchases before, from its history."""
    n = 400_000
    with closing(_filled(*_customers(rng, n, rate, np.ones(n)), None)) as con, Query(con.cursor()) as query:
        chosen = {"window": str(WINDOW), "wanted": f"{truth:.6f}", "margin_rate": str(MARGIN_RATE)}
        found = registry.run(query, "lift.plan", chosen).metrics
    return {"plain": int(str(found["n_needed"].value)), "CUPED": int(str(found["n_needed_cuped"].value))}


def a_b_tests(runs: int = 2000, seed: int = 22, lift: float = 1.25) -> list[Check]:
    """Purchases raised by a quarter, in groups of the size that the planner asked for: power and coverage."""
    rng = np.random.default_rng(seed)
    rate = 0.4
    truth = MARGIN_RATE * rate * (lift - 1) * MEAN_BASKET
    checks: list[Check] = []
    for name, size in _planned(rng, rate, truth).items():
        found = held = told = 0
        for result in verdicts(rng, runs, [math.ceil(size / 2)] * 2, rate, [1.0, lift]):
            if "cuped" not in result.tables:
                continue
            told += 1
            held += _held(result, name, truth)[0]
            if name == "plain":
                found += result.headline.key == "lift.verdict_won"
            else:
                row = result.tables["cuped"].query("metric == 'net_profit'").iloc[0]
                found += row["effect_size_ci_lower"] > 0
        checks += [
            within(f"A/B power at the planned {size:,} customers, {name}", found, told, 0.77, 0.83, 1990),
            # Not promised of one effect to a percentage point: chance is added at any number of runs.
            within(f"A/B coverage of net per customer, {name}", held, told, 0.94, 0.96, told + 1),
        ]
    return checks


FAMILIES = {"a_a_tests": (a_a_tests, 2000), "a_b_tests": (a_b_tests, 2000)}

if __name__ == "__main__":
    raise SystemExit(main("python -m bench.simulations_lift", FAMILIES))
