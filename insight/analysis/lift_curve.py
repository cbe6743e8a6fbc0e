"""The response over the days since the send: what each arm has brought so far against the other, with its band.

In a mailing everybody is assigned on the same day and every further look adds outcome time, so the estimate itself
moves: one day decides, the last of the window. The days before it are shown as what they are, interim looks.
"""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from insight.analysis.basis import frame
from insight.analysis.lift_looks import LOOK_UNITS, looks_table, make_so_far, read_so_far
from insight.analysis.lift_measures import Arm
from insight.analysis.lift_reading import Reading
from insight.analysis.lift_rules import COMMON
from insight.analysis.registry import Analysis
from insight.result import Chart, Message, Metric, Note, Result, Unit
from insight.settings import Settings
from insight.stats.means import Difference, one_sample, welch
from insight.stats.moments import Moments
from insight.workspace.engine import Query

# A customer's sum so far rises on few days; the sums of squares move by what each rise adds to its own square.
_STEPS = """
    WITH days AS (
        SELECT
            found.customer_id,
            found.arm,
            date_diff('day', found.assigned_on, orders.ordered_on) AS day,
            CASE
                WHEN $metric = 'spend' THEN cast(sum(orders.sales) AS DOUBLE)
                WHEN $rate IS NULL THEN cast(coalesce(sum(orders.margin), 0) AS DOUBLE)
                ELSE cast($rate AS DOUBLE) * cast(sum(orders.sales) AS DOUBLE)
            END AS y
        FROM lift_customers AS found
        JOIN orders ON orders.customer_id = found.customer_id
            AND orders.ordered_on >= found.assigned_on
            AND orders.ordered_on < found.assigned_on + cast($window AS INTEGER)
        GROUP BY found.customer_id, found.arm, found.assigned_on, orders.ordered_on
        UNION ALL
        SELECT customer_id, arm, -1 AS day, -cast(cost AS DOUBLE) AS y
        FROM lift_customers WHERE $metric = 'net_profit' AND cost <> 0),
    summed AS (
        SELECT customer_id, arm, day, y, sum(y) OVER (PARTITION BY customer_id ORDER BY day) AS so_far FROM days)
    SELECT
        arm,
        greatest(day, 0) AS day_no,
        sum(y) AS rise,
        sum(so_far * so_far - (so_far - y) * (so_far - y)) AS square_rise
    FROM summed
    GROUP BY arm, greatest(day, 0)
"""
_MEMBERS = """
    SELECT
        found.customer_id,
        found.arm,
        min(date_diff('day', found.assigned_on, orders.ordered_on)) AS day,
        sum(orders.sales) AS sales,
        count(CASE WHEN NOT orders.is_return THEN 1 END) AS n_orders
    FROM lift_customers AS found
    JOIN orders ON orders.customer_id = found.customer_id
        AND orders.ordered_on >= found.assigned_on
        AND orders.ordered_on < found.assigned_on + cast($window AS INTEGER)
    GROUP BY found.customer_id, found.arm
"""
_UNITS: dict[str, Unit] = {
    "arm": "text", "day": "days", "n_obs": "count", "mean": "money", "other": "text", "effect": "money",
    "effect_low": "money", "effect_high": "money", "decides": "text",
}  # fmt: skip
_ARM_UNITS: dict[str, Unit] = {
    "arm": "text", "day": "days", "n_obs": "count", "so_far": "money", "so_far_low": "money", "so_far_high": "money",
    "decides": "text",
}  # fmt: skip


def _running(query: Query, reading: Reading, settings: Settings) -> Mapping[str, list[Moments]]:
    """Per arm the moments of the sum so far, one for each day of the window."""
    trial = reading.trial
    steps = query.frame(_STEPS, metric=trial.primary, rate=settings["margin_rate"], window=trial.window)
    rises = {
        (str(row["arm"]), int(row["day_no"])): (float(row["rise"]), float(row["square_rise"]))
        for row in steps.to_dict("records")
    }
    return {name: _arm_days(name, arm, rises, trial.window, trial.primary) for name, arm in reading.arms.items()}


def _arm_days(
    name: str, arm: Arm, rises: Mapping[tuple[str, int], tuple[float, float]], window: int, metric: str
) -> list[Moments]:
    total = squares = 0.0
    found: list[Moments] = []
    known = arm.fixed if metric == "net_profit" else 0.0
    for day in range(window):
        rise, square_rise = rises.get((name, day), (0.0, 0.0))
        total, squares = total + rise, squares + square_rise
        mean = total / arm.n
        var = max(squares - arm.n * mean**2, 0.0) / (arm.n - 1) if arm.n > 1 else None
        found.append(Moments(arm.n, mean - known, var))
    return found


def curve(query: Query, settings: Settings) -> Result:
    """The deciding figure per assigned customer so far, for every day of the window, arm by arm.

    Table: arm, day (0 is the day of the assignment), n_obs, mean so far, and against `other` (the control; without one
    the best other arm) effect with its 95 % Welch interval; decides 'yes' on the last day only. Contact cost falls on
    day 0. Effects are None where the checks stop them. `tables`: "arms" every arm's own mean so far with its interval,
    "looks" the difference as customers came in (where they did so over two weeks or more), with intervals that hold at
    every look. Before the first window is over the days that there are, of which none decides. Metrics: effect on the
    last day, and paid_back: the first day from which the leading arm's effect stays above 0 (None when it does not).
    """
    reading, until = read_so_far(query, settings)
    trial = reading.trial
    running = _running(query, reading, settings)
    rows: list[dict[str, object]] = []
    for name in sorted(reading.against, key=lambda arm: -(running[arm][-1].mean or 0.0)):
        other = reading.against[name]
        for day, (own, base) in enumerate(zip(running[name], running[other], strict=True)):
            found = welch(own, base) if reading.claims else Difference(None, None, None, None, None, None)
            rows.append({
                "arm": name, "day": day, "n_obs": own.n, "mean": own.mean, "other": other, "effect": found.effect_size,
                "effect_low": found.ci_lower, "effect_high": found.ci_upper,
                "decides": "yes" if day == trial.window - 1 and until is None else "no",
            })  # fmt: skip
    table = frame(rows, list(_UNITS)).astype({"day": int})
    leader = str(table["arm"].iloc[0])
    own = [row for row in rows if row["arm"] == leader]
    paid_back = _paid_back([row["effect"] for row in own]) if until is None else None
    last, looks = own[-1], looks_table(query, reading) if until is None else frame([], list(LOOK_UNITS))
    return Result(
        key="lift.curve",
        headline=reading.stop or _headline(reading, leader, last, paid_back, until),
        metrics={
            "effect": Metric(
                _number(last["effect"]), "money", _number(last["effect_low"]), _number(last["effect_high"])
            ),
            "paid_back": Metric(paid_back, "days", better=-1),
        },
        table=table,
        units=dict(_UNITS),
        basis=trial.basis(Message("lift.rule", {"window": trial.window}), "lift_curve"),
        chart=_difference_chart(reading, until) if reading.claims else None,
        charts=_more_charts(reading, until, has_looks=not looks.empty) if reading.claims else (),
        drill=("arm", "day"),
        notes=(*reading.notes, *_notes(reading, until, has_looks=not looks.empty)),
        evidence=reading.evidence,
        tables={"arms": _arms_table(running, leader, decides=until is None), "looks": looks},
        more_units={"arms": _ARM_UNITS, "looks": LOOK_UNITS},
    )  # fmt: skip


def _arms_table(running: Mapping[str, list[Moments]], leader: str, *, decides: bool) -> pd.DataFrame:
    """Every arm's own mean so far with its t interval, the leading arm first."""
    rows: list[dict[str, object]] = []
    for name in sorted(running, key=lambda arm: (arm != leader, -(running[arm][-1].mean or 0.0))):
        for day, moments in enumerate(running[name]):
            found = one_sample(moments)
            rows.append({
                "arm": name, "day": day, "n_obs": moments.n, "so_far": moments.mean, "so_far_low": found.ci_lower,
                "so_far_high": found.ci_upper, "decides": "yes" if decides and day == len(running[name]) - 1 else "no",
            })  # fmt: skip
    return frame(rows, list(_ARM_UNITS)).astype({"day": int})


def _difference_chart(reading: Reading, until: date | None) -> Chart:
    values = {"last": reading.trial.window - 1, "until": until}
    return Chart(
        "line", x="day", y="effect", low="effect_low", high="effect_high", color="arm",
        interim="" if until is None else "decides",
        title=Message("lift.curve_title", {"metric": reading.metric}),
        subtitle=Message("lift.curve_subtitle" if until is None else "lift.curve_subtitle_interim", values),
    )  # fmt: skip


def _more_charts(reading: Reading, until: date | None, *, has_looks: bool) -> tuple[Chart, ...]:
    arms = Chart(
        "line", x="day", y="so_far", low="so_far_low", high="so_far_high", color="arm",
        interim="" if until is None else "decides",
        title=Message("lift.curve_arms_title", {"metric": reading.metric}),
        subtitle=Message("lift.curve_arms_subtitle" if until is None else "lift.curve_arms_subtitle_interim"),
    )  # fmt: skip
    if not has_looks:
        return (arms,)
    looks = Chart(
        "line", x="looked_on", y="effect", low="effect_low", high="effect_high", color="arm", interim="decides",
        title=Message("lift.looks_title", {"metric": reading.metric}), subtitle=Message("lift.looks_subtitle"),
    )  # fmt: skip
    return arms, looks


def _notes(reading: Reading, until: date | None, *, has_looks: bool) -> tuple[Note, ...]:
    if until is not None:
        return (Note("interim_only", {"day": reading.trial.window, "until": until}, "warning"),)
    return (Note("looks_hold" if has_looks else "one_day_decides", {"day": reading.trial.window - 1}),)


def _paid_back(effects: list[object]) -> int | None:
    """The first day from which the effect stays above 0."""
    values = [_number(effect) for effect in effects]
    if not values or any(value is None for value in values):
        return None
    below = [day for day, value in enumerate(values) if value is not None and value <= 0]
    first = below[-1] + 1 if below else 0
    return first if first < len(values) else None


def _number(cell: object) -> float | None:
    return None if cell is None else float(str(cell))


def _headline(
    reading: Reading, leader: str, last: Mapping[str, object], paid_back: int | None, until: date | None
) -> Message:
    if until is not None:
        return Message("lift.curve_interim", {"day": reading.trial.window, "until": until})
    values = {
        "arm": leader, "other": last["other"], "metric": reading.metric, "effect": last["effect"], "day": paid_back,
        "last": reading.trial.window - 1,
    }  # fmt: skip
    if paid_back is None:
        return Message("lift.curve_never" if reading.trial.control else "lift.curve_equal", values)
    paid = paid_back > 0 and reading.trial.control is not None and reading.trial.primary == "net_profit"
    return Message("lift.curve_paid" if paid else "lift.curve_above", values)


def _make_members(query: Query, settings: Settings) -> None:
    query.make("members", _MEMBERS, window=make_so_far(query, settings).window)


ANALYSES = (Analysis("lift.curve", curve, COMMON, _make_members, ("arm", "day"), ("assignments", "transactions")),)
