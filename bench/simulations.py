"""Does the statistics library keep its promises where the truth is known?

    python -m bench.simulations            every check, a few minutes
    python -m bench.simulations --runs 300 quicker, with wider limits

Each check draws many tests or surveys from a known truth and counts how often the interval holds it, a winner is
declared or an effect is found. The limits are those promised to the reader; with fewer runs than the full number they
are widened by four binomial standard errors. Exit code 1 when a check is outside its limits.
"""

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from insight.stats.cuped import cuped
from insight.stats.decide import decide
from insight.stats.means import Difference, log_lift, welch
from insight.stats.moments import JointMoments, Moments, moments_of
from insight.stats.nps import Answers, nps
from insight.stats.nps_groups import mean_ratio
from insight.stats.nps_steps import step_slope
from insight.stats.power import sample_size_mean
from insight.stats.sample_ratio import sample_ratio_test
from insight.stats.sequential import always_valid

Floats = NDArray[np.float64]
BASKET_LEVEL, BASKET_SPREAD, VISIT_SPREAD = 5.5, 0.5, 0.6
MEAN_BASKET = math.exp(BASKET_LEVEL + BASKET_SPREAD**2 / 2 + VISIT_SPREAD**2 / 2)
WINS = ("beats_control", "best", "no_clear_winner")
CELLS_A_CHUNK = 1_000_000


class Check(NamedTuple):
    """How often something happened, and how often it may: all shares of `trials`."""

    name: str
    share: float
    trials: int
    low: float
    high: float

    @property
    def passed(self) -> bool:
        """Whether the share lies within its limits."""
        return self.low <= self.share <= self.high


def binomial_reach(share: float, trials: int) -> float:
    """Four standard errors: how far a share of so many independent trials strays from its truth by chance."""
    return 4 * math.sqrt(share * (1 - share) / trials)


def within(name: str, hits: float, trials: int, low: float, high: float, full: int) -> Check:
    """A share that should lie between two promised limits, themselves at the full number of trials; with fewer trials
    chance is added to them."""
    if trials >= full:
        return Check(name, hits / trials, trials, low, high)
    lowest, highest = max(0.0, low - binomial_reach(low, trials)), min(1.0, high + binomial_reach(high, trials))
    return Check(name, hits / trials, trials, lowest, highest)


def spend(
    rng: np.random.Generator, runs: int, n: int, orders_per_customer: float, lift: float = 1.0
) -> tuple[Floats, Floats]:
    """Spend before and in the test of `runs` arms of `n` customers, most of them 0, the rest log-normal baskets.

    A customer has an own rate of ordering (exponential around the mean) and an own usual basket, so the two periods are
    related. Mean in the test: orders_per_customer · lift · MEAN_BASKET.
    """
    rate = orders_per_customer * rng.exponential(1.0, (runs, n))
    basket = rng.lognormal(BASKET_LEVEL, BASKET_SPREAD, (runs, n))
    before = rng.poisson(rate) * basket * rng.lognormal(0, VISIT_SPREAD, (runs, n))
    after = rng.poisson(rate * lift) * basket * rng.lognormal(0, VISIT_SPREAD, (runs, n))
    return before, after


def joint_rows(before: Floats, after: Floats) -> list[JointMoments]:
    """Joint moments of every run (row): what one aggregate query returns per arm."""
    n = before.shape[1]
    x, y = before.mean(axis=1), after.mean(axis=1)
    var_x, var_y = before.var(axis=1, ddof=1), after.var(axis=1, ddof=1)
    cov = ((before - x[:, None]) * (after - y[:, None])).sum(axis=1) / (n - 1)
    return [JointMoments(n, *map(float, row)) for row in zip(x, y, var_x, var_y, cov, strict=True)]


def arms(
    rng: np.random.Generator, runs: int, sizes: list[int], orders_per_customer: float, lifts: list[float]
) -> Iterator[list[JointMoments]]:
    """One list of arms per simulated test, control first; drawn in chunks that fit in memory."""
    chunk = max(1, CELLS_A_CHUNK // max(sizes))
    for start in range(0, runs, chunk):
        count = min(chunk, runs - start)
        drawn = [
            joint_rows(*spend(rng, count, n, orders_per_customer, lift)) for n, lift in zip(sizes, lifts, strict=True)
        ]
        yield from (list(test) for test in zip(*drawn, strict=True))


def _plain(test: list[JointMoments]) -> list[Moments]:
    return [Moments(arm.n, arm.mean_y, arm.var_y) for arm in test]


def _holds(difference: Difference, truth: float) -> bool:
    return (
        difference.ci_lower is not None
        and difference.ci_upper is not None
        and (difference.ci_lower <= truth <= difference.ci_upper)
    )


def _verdict(arms_of_test: list[Moments]) -> str:
    control, *treated = arms_of_test
    named = {f"arm {i}": arm for i, arm in enumerate(treated, 1)}
    ratio = sample_ratio_test([arm.n for arm in arms_of_test], [arm.n for arm in arms_of_test])
    return decide(
        {name: welch(arm, control) for name, arm in named.items()},
        lambda a, b: welch(named[a], named[b]),
        sample_ratio_pvalue=ratio.pvalue,
        complete=True,
    ).code


def a_a_tests(runs: int = 2000, seed: int = 1, n: int = 4000) -> list[Check]:
    """Four arms that differ by chance alone, about 360 buyers in each: coverage, plain and CUPED, and false winners."""
    rng = np.random.default_rng(seed)
    held = {"plain": 0, "CUPED": 0}
    winners = dict.fromkeys(held, 0)
    for test in arms(rng, runs, [n] * 4, 0.1, [1.0] * 4):
        for name, figures in (("plain", _plain(test)), ("CUPED", list(cuped(test).arms))):
            held[name] += sum(_holds(welch(arm, figures[0]), 0.0) for arm in figures[1:])
            winners[name] += _verdict(figures) in WINS
    return [
        check
        for name in held
        for check in (
            # Three intervals share a control, so the limits count tests and not intervals.
            within(f"A/A coverage of the 95 % interval, {name}", held[name] / 3, runs, 0.94, 0.96, 2000),
            within(f"A/A declares a winner, {name}", winners[name], runs, 0.0, 0.05, 2000),
        )
    ]


def a_b_tests(runs: int = 2000, seed: int = 2, lift: float = 1.1) -> list[Check]:
    """Orders raised by 10 %, sizes from the planner at 80 % power: power and coverage, plain and CUPED."""
    rng = np.random.default_rng(seed)
    rate = 0.43  # about 30 % buy
    before, after = spend(rng, 1, 400_000, rate)
    history = joint_rows(before, after)[0]
    truth = rate * (lift - 1) * MEAN_BASKET
    correlation = (history.cov_xy or 0.0) / math.sqrt((history.var_x or 1.0) * (history.var_y or 1.0))
    checks: list[Check] = []
    for name, rho in (("plain", 0.0), ("CUPED", correlation)):
        var = history.var_y or 0.0
        sizes = sample_size_mean(truth, var, var_treatment=var * lift, correlation=rho)
        found, held, relative = 0, 0, 0
        for test in arms(rng, runs, [sizes.n_control, sizes.n_treatment], rate, [1.0, lift]):
            control, treatment = _plain(test) if name == "plain" else cuped(test).arms
            difference = welch(treatment, control)
            found += _verdict([control, treatment]) == "beats_control"
            held += _holds(difference, truth)
            shown = log_lift(treatment, control)
            relative += (shown.ci_lower or 0.0) <= lift - 1 <= (shown.ci_upper or 0.0)
        checks += [
            within(f"A/B power at the planned size, {name}", found, runs, 0.77, 0.83, 2000),
            within(f"A/B coverage of the 95 % interval, {name}", held, runs, 0.94, 0.96, 2000),
            within(f"A/B coverage of the relative lift, {name}", relative, runs, 0.94, 0.96, 2000),
        ]
    return checks


def peeking(runs: int = 2000, seed: int = 3) -> list[Check]:
    """79 looks at an A/A test: how often always-valid and plain intervals ever leave out 0."""
    rng = np.random.default_rng(seed)
    looks, planned = np.arange(500, 20_001, 250), 20_000
    valid = plain = 0
    for _ in range(runs):
        draws = rng.lognormal(3, 1, planned) * (rng.random(planned) < 0.3)
        side = rng.random(planned) < 0.5
        sums = [np.cumsum(np.where(arm, draws**p, 0.0)) for arm in (side, ~side) for p in (0, 1, 2)]
        found = [False, False]
        for n in looks:
            n_a, s_a, q_a, n_b, s_b, q_b = (float(total[n - 1]) for total in sums)
            a = Moments(int(n_a), s_a / n_a, (q_a - s_a**2 / n_a) / (n_a - 1))
            b = Moments(int(n_b), s_b / n_b, (q_b - s_b**2 / n_b) / (n_b - 1))
            difference = welch(a, b)
            found[0] = found[0] or not _holds(always_valid(difference, int(n), planned), 0.0)
            found[1] = found[1] or not _holds(difference, 0.0)
        valid += found[0]
        plain += found[1]
    return [
        within("79 looks, always-valid: false alarms", valid, runs, 0.0, 0.05, 1000),
        within("79 looks, plain intervals: false alarms (what peeking costs)", plain, runs, 0.25, 0.40, 1000),
    ]


def nps_scores(runs: int = 20_000, seed: int = 4) -> list[Check]:
    """Coverage of the adjusted Wald interval of the score, promised at n = 50, 200 and 1,000."""
    rng = np.random.default_rng(seed)
    mixes = {"+30": (0.5, 0.3, 0.2), "0": (0.3, 0.4, 0.3), "+60": (0.7, 0.2, 0.1), "-30": (0.2, 0.3, 0.5)}
    checks: list[Check] = []
    for n, low, high in ((50, 0.935, 0.97), (200, 0.94, 0.96), (1000, 0.94, 0.96)):
        for label, mix in mixes.items():
            truth = 100 * (mix[0] - mix[2])
            drawn, times = np.unique(rng.multinomial(n, mix, runs), axis=0, return_counts=True)
            hits = 0
            for counts, repeated in zip(drawn, times, strict=True):
                score = nps(Answers(*map(int, counts)))
                hits += int(repeated) * ((score.ci_lower or 0.0) <= truth <= (score.ci_upper or 0.0))
            checks.append(within(f"NPS {label} of {n} answers: coverage", hits, runs, low, high, 20_000))
    return checks


def nps_slopes(runs: int = 2000, seed: int = 5) -> list[Check]:
    """Eight points per step over five steps, 120 answers in each: coverage of the slope, false alarms of linearity."""
    rng = np.random.default_rng(seed)
    held = bent = 0
    for _ in range(runs):
        steps = []
        for j in range(5):
            up, down = 0.30 + 0.04 * j, 0.40 - 0.04 * j
            steps.append(Answers(*map(int, rng.multinomial(120, [up, 1 - up - down, down]))))
        slope = step_slope(steps)
        held += _holds(slope.difference, 8.0)
        bent += slope.linearity_pvalue is not None and slope.linearity_pvalue < 0.05
    return [
        within("NPS slope of 8 per step: coverage", held, runs, 0.94, 0.96, 2000),
        within("NPS linearity test on a true line: p < 0.05", bent, runs, 0.035, 0.065, 2000),
    ]


def nps_ratios(runs: int = 3000, seed: int = 6) -> list[Check]:
    """Promoters spend 40 % more than detractors: coverage of the ratio for small and large groups."""
    rng = np.random.default_rng(seed)
    checks: list[Check] = []
    for n_promoters, n_detractors in ((150, 50), (600, 200)):
        promoters = spend(rng, runs, n_promoters, 2.0, 1.4)[1]
        detractors = spend(rng, runs, n_detractors, 2.0)[1]
        hits = 0
        for p, d in zip(promoters, detractors, strict=True):
            result = mean_ratio(moments_of(p), moments_of(d))
            hits += (result.ci_lower or 0.0) <= 1.4 <= (result.ci_upper or 0.0)
        checks.append(
            within(f"Spend ratio 1.4, {n_promoters}/{n_detractors} customers: coverage", hits, runs, 0.925, 0.96, 3000)
        )
    return checks


FAMILIES: dict[str, tuple[Callable[..., list[Check]], int]] = {
    "a_a_tests": (a_a_tests, 2000),
    "a_b_tests": (a_b_tests, 2000),
    "peeking": (peeking, 1000),
    "nps_scores": (nps_scores, 20_000),
    "nps_slopes": (nps_slopes, 2000),
    "nps_ratios": (nps_ratios, 3000),
}


def main(name: str, families: Mapping[str, tuple[Callable[..., list[Check]], int]]) -> int:
    """Run the families asked for, print a line per check, return 1 when one is outside its limits."""
    parser = argparse.ArgumentParser(prog=name, description="Simulations with a known truth.")
    parser.add_argument("families", nargs="*", help=f"which to run, all when none is named: {', '.join(families)}")
    parser.add_argument("--runs", type=int, help="runs per check instead of the full number")
    asked = parser.parse_args()
    if unknown := [name for name in asked.families if name not in families]:
        parser.error(f"unknown: {', '.join(unknown)}")
    failed = 0
    for name in asked.families or families:
        run, full = families[name]
        started = time.perf_counter()
        checks = run(runs=asked.runs or full)
        print(f"{name} ({time.perf_counter() - started:.0f} s)")
        for check in checks:
            failed += not check.passed
            limits, verdict = f"{check.low:.2%}..{check.high:.2%}", "ok" if check.passed else "FAIL"
            print(f"  {verdict:4} {check.share:7.2%} in {limits}  {check.name}, {check.trials} runs")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main("python -m bench.simulations", FAMILIES))
