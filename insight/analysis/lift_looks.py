"""Looks before the end: a test whose window is not over yet, and what was seen while customers came in over time.

In a mailing everybody is assigned on the same day and every further look adds outcome time: nothing is told before the
window is over, and what there is so far is shown as interim. Where customers arrive over time each look adds customers
whose window is over, and an always-valid interval holds at every one of them (methods 1).
"""

from datetime import date
from typing import Any

import numpy as np

from insight.analysis.basis import frame
from insight.analysis.lift_measures import Arm, records, told_difference
from insight.analysis.lift_reading import FIGURE, Reading, read
from insight.analysis.lift_rules import ARRIVE_DAYS, COMMON, Trial, make_customers
from insight.errors import NotEnoughDataError
from insight.result import Unit
from insight.settings import Settings, resolve
from insight.stats.means import Difference, welch
from insight.stats.moments import Moments, pool
from insight.stats.sequential import always_valid
from insight.workspace.engine import Query

_FEWEST = 30
_MOST_LOOKS = 30
_BY_DAY = f"""
    SELECT arm, assigned_on, count(*) AS n, avg(y) AS mean, var_samp(y) AS var
    FROM (SELECT arm, assigned_on, {FIGURE} AS y FROM lift_customers) AS figures
    GROUP BY arm, assigned_on ORDER BY assigned_on
"""  # noqa: S608 - the figure is our own text
LOOK_UNITS: dict[str, Unit] = {
    "looked_on": "date", "arm": "text", "other": "text", "n_obs": "count", "effect": "money", "effect_low": "money",
    "effect_high": "money", "decides": "text",
}  # fmt: skip


def read_so_far(query: Query, settings: Settings) -> tuple[Reading, date | None]:
    """The reading of a test, and None; where nobody's window is over yet, the reading of the days that there are, and
    the day on which the first windows are over. Raises what `read` raises for everything else."""
    try:
        return read(query, settings), None
    except NotEnoughDataError as refusal:
        shorter = _shorter(query, settings, refusal)
        return read(query, shorter), refusal.values["until"]  # type: ignore[return-value]


def make_so_far(query: Query, settings: Settings) -> Trial:
    """`make_customers`, with as many days as there are where nobody's window is over yet."""
    try:
        return make_customers(query, settings)
    except NotEnoughDataError as refusal:
        return make_customers(query, _shorter(query, settings, refusal))


def _shorter(query: Query, settings: Settings, refusal: NotEnoughDataError) -> Settings:
    """The same settings with a window that everybody, or with arrivals the earlier half, has behind them."""
    if refusal.key != "lift.window_not_complete":
        raise refusal
    first, last, after = refusal.values["first"], refusal.values["last"], query.day_after_last()
    days = (after - last).days if after > last else (after - first).days // 2  # type: ignore[operator]
    if days < 1:
        raise refusal
    names = {setting.name for setting in COMMON}
    kept = {name: text for name, text in settings.chosen if name in names}
    return resolve(COMMON, kept | {"window": str(days)}, query)


def looks_table(query: Query, reading: Reading) -> Any:
    """What the deciding difference was as customers came in, by day; empty for a mailing or where nothing is told.

    A row per look (thirty at most) and arm: looked_on (the day when their windows were over), other, n_obs (of
    both arms so far), effect per customer with the interval that holds at every look. The last row decides, with the
    interval of the verdict, once the planned number of customers is there.
    """
    trial = reading.trial
    if not reading.claims or (trial.last_on - trial.first_on).days < ARRIVE_DAYS:
        return frame([], list(LOOK_UNITS))
    found = records(query.frame(_BY_DAY, metric=trial.primary))
    days = sorted({row["assigned_on"] for row in found})
    places = sorted({round(float(place)) for place in np.linspace(0, len(days) - 1, min(len(days), _MOST_LOOKS))})
    sums = {name: _so_far(found, days, name, _fixed(reading, reading.arms[name])) for name in reading.arms}
    rows: list[dict[str, Any]] = []
    for name, other in reading.against.items():
        planned = trial.planned_size or reading.arms[name].n + reading.arms[other].n
        for place in places:
            own, base = sums[name][place], sums[other][place]
            if min(own.n, base.n) < _FEWEST:
                continue
            n = own.n + base.n
            decides = place == len(days) - 1 and n >= planned
            effect: Difference = (
                told_difference(trial, reading.arms[name], reading.arms[other], trial.primary) if decides
                else always_valid(welch(own, base), n, planned)
            )  # fmt: skip
            rows.append({
                "looked_on": _over(days[place], trial), "arm": name, "other": other, "n_obs": n,
                "effect": effect.effect_size, "effect_low": effect.ci_lower, "effect_high": effect.ci_upper,
                "decides": "yes" if decides else "no",
            })  # fmt: skip
    return frame(rows, list(LOOK_UNITS))


def _over(assigned_on: Any, trial: Trial) -> date:
    return date.fromordinal(assigned_on.toordinal() + trial.window)


def _fixed(reading: Reading, arm: Arm) -> float:
    return arm.fixed if reading.trial.primary == "net_profit" else 0.0


def _so_far(found: list[dict[str, Any]], days: list[Any], arm: str, fixed: float) -> list[Moments]:
    """Moments of everybody assigned up to each day."""
    own = {row["assigned_on"]: row for row in found if row["arm"] == arm}
    total, moments = Moments(0, None, None), []
    for day in days:
        if day in own:
            row = own[day]
            var = None if row["var"] is None or row["var"] != row["var"] else float(row["var"])
            total = pool([total, Moments(int(row["n"]), float(row["mean"]) - fixed, var)])
        moments.append(total)
    return moments
