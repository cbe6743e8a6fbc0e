"""NPS questions where the truth is known, in short runs; the long ones are `python -m bench.simulations_nps`.

Every limit is the promised one widened by four binomial standard errors of the number of runs.
"""

from bench import simulations_nps


def failed(checks):
    return [check for check in checks if not check.passed]


def test_the_scores_interval_holds_the_truth_as_often_as_promised():
    assert failed(simulations_nps.nps_answers(runs=40, seed=17)) == []


def test_four_answers_of_one_customer_are_not_four_customers():
    known, ignored = simulations_nps.repeated_answers(runs=600, seed=18)
    assert failed([known, ignored]) == []
    assert known.share > ignored.share + 0.1


def test_planted_slope_and_ratio_are_recovered_by_the_questions():
    assert failed(simulations_nps.nps_questions(runs=12, seed=19)) == []


def test_change_on_change_and_medians_hold_the_truth():
    assert failed(simulations_nps.changes(runs=500, seed=20)) == []
