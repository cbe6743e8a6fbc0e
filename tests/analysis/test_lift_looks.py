"""Looks before the end: what is interim, and what holds while customers come in. By hand and from the sequence."""

import random
from datetime import date, timedelta

import numpy as np
import pytest
from scipy import stats

from insight.errors import InsightError
from insight.stats.means import Difference
from insight.stats.sequential import always_valid
from tests.analysis.test_lift import SENT, assigned, rows_of, run
from tests.build import workspace

PAIR = [assigned(who, arm) for who, arm in (("a1", "Brev"), ("a2", "Brev"), ("k1", "Kontroll"), ("k2", "Kontroll"))]


def running():
    return workspace(
        [("a1", "2024-09-01", 10), ("a1", "2024-09-03", 20, "two"), ("k1", "2024-09-02", 6), ("x", "2024-09-04", 1)],
        assignments=PAIR,
    )


def test_before_the_window_is_over_the_days_so_far_decide_nothing():
    result = run(running(), "lift.curve", window=30)
    assert result.table["effect"].tolist() == pytest.approx([5, 5 - 3, 15 - 3, 15 - 3])
    assert set(result.table["decides"]) == set(result.tables["arms"]["decides"]) == {"no"}
    assert result.headline.key == "lift.curve_interim"
    assert (result.headline.values["day"], result.headline.values["until"]) == (4, date(2024, 10, 1))
    assert result.chart.interim == "decides"
    assert result.metrics["paid_back"].value is None
    assert "interim_only" in {note.code for note in result.notes}
    with pytest.raises(InsightError) as refused:
        run(running(), "lift.verdict", window=30)
    assert refused.value.key == "lift.window_not_complete"


def test_a_window_that_is_over_decides_on_its_last_day():
    result = run(running(), "lift.curve", window=4)
    assert result.table["decides"].tolist() == ["no", "no", "no", "yes"]
    assert result.chart.interim == ""
    assert result.tables["looks"].empty


def test_on_the_day_of_the_send_there_is_nothing_to_look_at():
    made = workspace([("a1", "2024-08-31", 10)], assignments=PAIR)
    with pytest.raises(InsightError) as refused:
        run(made, "lift.curve", window=30)
    assert refused.value.key == "lift.window_not_complete"


def test_every_arm_has_its_own_mean_so_far_with_the_interval_of_one_sample():
    arms = run(running(), "lift.curve", window=4).tables["arms"]
    row = arms[(arms["arm"] == "Brev") & (arms["day"] == 3)].iloc[0]
    interval = stats.ttest_1samp([30, 0], 0).confidence_interval()
    assert row["so_far"] == pytest.approx(15)
    assert (row["so_far_low"], row["so_far_high"]) == pytest.approx((interval.low, interval.high))
    assert set(arms["arm"]) == {"Brev", "Kontroll"}


def arriving(n=400):
    """Customers drawn on 28 days in a row, one purchase each in their first days; one figure per customer."""
    chance = random.Random(7)
    lines, plan, rows = [("later", "2024-12-31", 1)], [], []
    for number in range(n):
        day, arm = SENT + timedelta(days=number % 28), ("Kontroll", "Brev")[number // 28 % 2]
        amount = round(chance.lognormvariate(5, 0.5), 2)
        lines.append((f"k{number}", str(day + timedelta(days=1)), amount, f"o{number}"))
        plan.append(assigned(f"k{number}", arm, on=day))
        rows.append((day, arm, amount))
    return workspace(lines, assignments=plan), rows


def test_looks_while_customers_come_in_hold_at_every_one_and_the_last_decides():
    made, rows = arriving()
    result = run(made, "lift.curve", window=10)
    looks = result.tables["looks"].to_dict("records")
    day = SENT + timedelta(days=20)
    look = next(row for row in looks if row["looked_on"] == day + timedelta(days=10))
    own, base = (np.array([x for on, arm, x in rows if on <= day and arm == name]) for name in ("Brev", "Kontroll"))
    error = np.sqrt(own.var(ddof=1) / own.size + base.var(ddof=1) / base.size)
    plain = Difference(own.mean() - base.mean(), None, None, None, error, None)
    held = always_valid(plain, own.size + base.size, 400)
    assert (look["n_obs"], look["decides"]) == (own.size + base.size, "no")
    assert look["effect"] == pytest.approx(plain.effect_size)
    assert (look["effect_low"], look["effect_high"]) == pytest.approx((held.ci_lower, held.ci_upper))
    verdict = rows_of(run(made, window=10), "spend")["Brev"]
    assert looks[-1]["decides"] == "yes"
    assert looks[-1]["effect_low"] == pytest.approx(verdict.effect_size_ci_lower)
    assert [chart.interim for chart in result.charts] == ["", "decides"]


def test_with_more_customers_planned_no_look_decides_yet():
    made, _ = arriving()
    looks = run(made, "lift.curve", window=10, looks="many", planned_size=1000).tables["looks"]
    assert set(looks["decides"]) == {"no"}
