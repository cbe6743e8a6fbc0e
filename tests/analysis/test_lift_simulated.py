"""The whole analysis where the truth is known, in short runs; the long ones are `python -m bench.simulations_lift`.

Every limit is the promised one widened by four binomial standard errors of the number of runs: a sound method fails
once in sixteen thousand seeds, and an analysis that forgets the zeros or halves its errors is seen at once.
"""

import numpy as np

from bench import simulations_lift


def test_a_a_verdicts_cover_and_hardly_ever_declare_a_winner():
    checks = simulations_lift.a_a_tests(runs=24, seed=31)
    assert [check for check in checks if not check.passed] == []


def test_a_b_verdicts_find_what_was_planted_as_often_as_the_planner_promised():
    results = list(
        simulations_lift.verdicts(np.random.default_rng(32), 24, [1830, 1830], 0.4, [1.0, 1.25])
    )  # the sizes that `lift.plan` asks for at 80 %, see the long run
    found = sum(result.headline.key == "lift.verdict_won" for result in results)
    assert 12 <= found <= 24  # 19 expected, four standard errors are 8
    truth = 0.4 * 0.4 * 0.25 * simulations_lift.MEAN_BASKET
    effects = [result.metrics["effect"].value for result in results]
    spread = np.std(effects, ddof=1) / np.sqrt(len(effects))
    assert abs(np.mean(effects) - truth) < 4 * spread
