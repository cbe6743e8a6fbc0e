"""NPS by spend step: is it true here that the score rises with what customers buy, and by how much a step?"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa

from insight.analysis.basis import frame
from insight.analysis.ladder_rules import propose_bounds
from insight.analysis.nps_rules import MONTHS, NPS_END, NPS_START, ON, Base, answers_of
from insight.analysis.nps_score import SIZE_LABELS, UNITS, scored
from insight.analysis.nps_windows import early_notes, make_windows
from insight.analysis.registry import Analysis
from insight.analysis.selected import spend_notes
from insight.errors import UsageError
from insight.result import Chart, Message, Metric, Note, Result, Unit
from insight.settings import Setting, Settings
from insight.stats.nps import HIDE_BELOW, Answers
from insight.stats.nps_cells import count_cells
from insight.stats.nps_steps import (
    MIN_ANSWERS,
    SameCustomer,
    StepSlope,
    jonckheere_terpstra,
    slope_mde,
    slope_outcome,
    slope_reasons,
    step_slope,
)
from insight.workspace.engine import Query

NONE = "none"
MOST_BOUNDS = 9
_BASES = {"spend": "sales", "orders": "orders", "margin": "margin"}
_TOLD = ("linear", "uneven", "none")
STEPS = Setting("bounds", "amounts", None, low=0)
PRESETS = {"spend": "2000,5000,10000,20000", "orders": "2,3,5,10"}
"""Steps to compare with others by: six, from nothing and under 2 000 to over 20 000, and from one purchase to ten."""
_SURE = 0.05
_OF_GROUPS = ("group_key", "difference", "pvalue_adjusted")
_LEVELS = (0.2, 0.4, 0.6, 0.8)

QUANTILES = """
    SELECT quantile_cont(CASE $measure WHEN 'orders' THEN cast(n_orders AS DOUBLE)
        WHEN 'margin' THEN cast(margin AS DOUBLE) ELSE cast(sales AS DOUBLE) END, $levels) AS found
    FROM windows
    WHERE CASE $measure WHEN 'orders' THEN n_orders WHEN 'margin' THEN margin ELSE sales END > 0
"""

# The step is a count of the bounds that were reached; a bound that is not set is reached by nobody.
STEPPED = """
    SELECT
        *,
        CASE WHEN value <= 0 THEN 0 ELSE 1 + coalesce(cast(value >= $b1 AS INTEGER), 0)
            + coalesce(cast(value >= $b2 AS INTEGER), 0) + coalesce(cast(value >= $b3 AS INTEGER), 0)
            + coalesce(cast(value >= $b4 AS INTEGER), 0) + coalesce(cast(value >= $b5 AS INTEGER), 0)
            + coalesce(cast(value >= $b6 AS INTEGER), 0) + coalesce(cast(value >= $b7 AS INTEGER), 0)
            + coalesce(cast(value >= $b8 AS INTEGER), 0) + coalesce(cast(value >= $b9 AS INTEGER), 0) END AS step_no
    FROM (
        SELECT answer_no, customer_no, place, score, nps_group, answered_on, sales, n_orders,
            CASE $measure WHEN 'orders' THEN cast(n_orders AS DECIMAL(18, 2)) WHEN 'margin' THEN coalesce(margin, 0)
                ELSE sales END AS value
        FROM windows) AS valued
"""

# The same for counting: only numbers, the customer by the place among those who answered.
COUNTED = """
    SELECT place, step_no, score, cast(value AS DOUBLE) AS value,
        CASE nps_group WHEN 'promoter' THEN 0 WHEN 'detractor' THEN 2 ELSE 1 END AS group_no
    FROM ({stepped}) AS placed
""".replace("{stepped}", STEPPED)

_MEMBERS = """
    SELECT
        facts.customer_id, CASE WHEN step_no = 0 THEN 'none' ELSE 'step_' || step_no END AS step,
        count(*) AS n_answers, cast(max_by(stepped.score, stepped.answered_on) AS {kind}) AS last_score,
        max_by(stepped.sales, stepped.answered_on) AS sales,
        max_by(stepped.n_orders, stepped.answered_on) AS n_orders
    FROM stepped
    JOIN customer_facts AS facts ON facts.rowid = stepped.customer_no
    GROUP BY facts.customer_id, step_no
"""
_MEMBERS_OF = {True: _MEMBERS.format(kind="INTEGER"), False: _MEMBERS.format(kind="DOUBLE")}


def find_steps(query: Query, settings: Settings, levels: Sequence[float]) -> tuple[Base, tuple[Decimal, ...]]:
    """Table `windows` of what was bought before the answers, and the bounds of the steps.

    The user's bounds, else rounded quantiles of those who bought. Raises UsageError for more than nine.
    """
    base = make_windows(query, settings)
    asked: tuple[Decimal, ...] = tuple(bound for bound in settings["bounds"] or () if bound > 0)
    if settings["bounds"] and not 0 < len(asked) <= MOST_BOUNDS:
        raise UsageError("nps.too_many_bounds", most=MOST_BOUNDS)
    found = () if asked else query.one(QUANTILES, measure=settings["on"], levels=list(levels))[0] or ()
    bounds = asked or propose_bounds(found, _BASES[settings["on"]])
    return base, tuple(bound.quantize(Decimal("0.01")) for bound in bounds)


def step_params(settings: Settings, bounds: Sequence[Decimal]) -> dict[str, object]:
    """What `STEPPED` and `COUNTED` are to be told."""
    named = {f"b{number}": bounds[number - 1] if number <= len(bounds) else None for number in range(1, 10)}
    return {"measure": settings["on"], **named}


def make_steps(query: Query, settings: Settings, levels: Sequence[float]) -> Base:
    """Temporary table `stepped`: the windows before the answers with `value` and `step_no` (0: bought nothing)."""
    base, bounds = find_steps(query, settings, levels)
    query.make("stepped", STEPPED, **step_params(settings, bounds))
    return base


def _make_members(query: Query, settings: Settings) -> None:
    base = make_steps(query, settings, _LEVELS)
    query.make("members", _MEMBERS_OF[base.is_nps])


def keys_of(bounds: Sequence[Decimal]) -> tuple[str, ...]:
    """'none', then a key a step."""
    return (NONE, *(f"step_{number}" for number in range(1, len(bounds) + 2)))


def names_of(bounds: Sequence[Decimal], *, whole: bool) -> dict[str, str]:
    """Labels of the steps by their bounds, which each language writes its own way: '< 1 500', '1 500–3 000'.

    whole: whole numbers of purchases, where a step names its first and last number: '1', '2–3', '≥ 4'.
    """
    keys = keys_of(bounds)
    if whole and all(bound == int(bound) for bound in bounds):
        lows = [1, *(int(bound) for bound in bounds)]
        names = [_counts(low, high - 1) for low, high in pairwise(lows)]
    else:
        between = [f"nps.step.between|{low:f}|{high:f}" for low, high in pairwise(bounds)]
        names = [f"nps.step.below|{bounds[0]:f}", *between]
    return dict(zip(keys, [f"nps.step.{NONE}", *names, f"nps.step.from|{bounds[-1]:f}"], strict=True))


def _counts(first: int, last: int) -> str:
    return f"nps.step.one|{first}" if last <= first else f"nps.step.between|{first}|{last}"


def by_step(query: Query, settings: Settings) -> Result:
    """NPS per step of what was bought in the `months` before the answer, and the slope per step.

    Table: step (none, step_1 …), low_bound, high_bound, n_answers, n_customers, promoters, passives, detractors,
    mean_value, mean_score, nps, nps_low, nps_high, fitted (the line), base_size. Metrics: slope in points a step (OLS,
    cluster-robust HC1), linearity_pvalue (Wald χ², J − 2 df), trend_pvalue (Jonckheere-Terpstra, no distances between
    steps assumed). Association: satisfaction may follow spend or the other way. Methods 2.
    Raises NotEnoughDataError when no answer comes from a known customer.
    """
    base, bounds = find_steps(query, settings, _LEVELS)
    keys = keys_of(bounds)
    grouped, same = _grouped(query.arrow(COUNTED, **step_params(settings, bounds)), len(keys))
    table = scored(grouped, is_nps=base.is_nps)
    slope, numbers = _slope(grouped, same, base)
    outcome = _outcome(grouped, slope) if base.is_nps else "other_scale"
    told = outcome in _TOLD
    unit: Unit = "count" if settings["on"] == "orders" else "money"
    table = _with_bounds(table, grouped, keys, bounds, slope if told else None)
    figures = slope.difference
    metrics = {
        "slope": Metric(figures.effect_size, "points", figures.ci_lower, figures.ci_upper)
        if told else Metric(None, "points"),
        "slope_pvalue": Metric(figures.pvalue if told else None, "pvalue", better=0),
        "linearity_pvalue": Metric(slope.linearity_pvalue if told else None, "pvalue", better=0),
        "trend_pvalue": Metric(_trend(grouped, numbers) if told else None, "pvalue", better=0),
        "n_answers": Metric(int(grouped["n_answers"].sum()), "count", better=0),
    }  # fmt: skip
    return Result(
        key="nps.by_step",
        headline=Message(
            "nps.headline_by_score" if base.by_score else f"nps.step_{outcome}",
            {
                "slope": figures.effect_size, "low": figures.ci_lower, "high": figures.ci_upper,
                "seen": slope_mde(slope), "measure": Message(f"nps.measure.{settings['on']}"), **base.range,
            },
        ),
        metrics=metrics,
        table=table,
        units={
            "step": "text", "low_bound": unit, "high_bound": unit, "mean_value": "number" if unit == "count" else unit,
            "fitted": "points", **{name: UNITS[name] for name in table.columns if name in UNITS},
        },
        basis=base.basis(
            "nps_by_step", _rule(settings, metrics, told=told), unknown_customer=base.n_unknown
        ),
        chart=_chart(settings, told=told, is_nps=base.is_nps),
        drill=("step",),
        notes=(
            *base.notes, *spend_notes(query), *_shape(outcome, slope), *_notes(table, is_nps=base.is_nps),
            *early_notes(query, settings),
        ),
        labels={**SIZE_LABELS, **names_of(bounds, whole=unit == "count")},
        evidence="association",
    )  # fmt: skip


def _chart(settings: Settings, *, told: bool, is_nps: bool) -> Chart:
    values = {"months": settings["months"], "measure": Message(f"nps.measure.{settings['on']}")}
    return Chart(
        "dots", x="step", y=("nps", "fitted") if told else "nps" if is_nps else "mean_score",
        low="nps_low" if is_nps else "mean_low", high="nps_high" if is_nps else "mean_high",
        title=Message("nps.steps_title" if is_nps else "nps.steps_means_title"),
        subtitle=Message("nps.steps_subtitle" if is_nps else "nps.steps_means_subtitle", values),
    )  # fmt: skip


def _grouped(answers: pa.Table, n_steps: int) -> tuple[pd.DataFrame, SameCustomer | None]:
    """A row a step that somebody stands in, as `scored` reads it, and the pairs of answers by one customer."""
    step, score, value = (answers[name].to_numpy() for name in ("step_no", "score", "value"))
    cells = count_cells(answers["place"].to_numpy(), step, answers["group_no"].to_numpy(), n_steps)
    n = cells.n.sum(axis=1)
    filled = np.flatnonzero(n)
    counted = n[filled]

    def mean(values: np.ndarray) -> np.ndarray:
        return np.bincount(step, weights=values, minlength=n_steps)[filled] / counted

    mean_score = mean(score)
    found = pd.DataFrame({
        "group_key": filled, "n_answers": counted, "n_customers": cells.customers[filled],
        "promoters": cells.n[filled, 0], "passives": cells.n[filled, 1], "detractors": cells.n[filled, 2],
        "squares": cells.squares[filled], "products": cells.products[filled], "sizes": cells.sizes[filled],
        "mean_score": mean_score, "spread": mean(score * score) - mean_score * mean_score, "mean_value": mean(value),
    })  # fmt: skip
    return found, cells.same


def _slope(grouped: pd.DataFrame, same: SameCustomer | None, base: Base) -> tuple[StepSlope, list[int]]:
    """The slope over the steps with enough answers; customers in several of them are taken into account."""
    large = grouped[grouped["n_answers"] >= MIN_ANSWERS] if base.is_nps else grouped.head(0)
    numbers = [int(number) for number in large["group_key"]]
    if same is not None:
        place = np.full(MOST_BOUNDS + 2, -1)
        place[numbers] = np.arange(len(numbers))
        first, second = place[same.first_step], place[same.second_step]
        kept = (first >= 0) & (second >= 0)
        same = SameCustomer(first[kept], same.first_group[kept], second[kept], same.second_group[kept], same.n[kept])
    steps = [answers_of(row) for _, row in large.iterrows()]
    return step_slope(steps, [float(number) for number in numbers], same=same), numbers


def _outcome(grouped: pd.DataFrame, slope: StepSlope) -> str:
    large = grouped[grouped["n_answers"] >= MIN_ANSWERS]
    return slope_outcome(slope, slope_reasons([answers_of(row) for _, row in large.iterrows()]))


def _trend(grouped: pd.DataFrame, numbers: Sequence[int]) -> float | None:
    """Jonckheere-Terpstra over the same steps, detractors lowest."""
    large = grouped[grouped["group_key"].isin(numbers)]
    counts: list[Answers] = [answers_of(row) for _, row in large.iterrows()]
    return jonckheere_terpstra([tuple(reversed(step)) for step in counts]).pvalue


def _with_bounds(
    table: pd.DataFrame, grouped: pd.DataFrame, keys: Sequence[str], bounds: Sequence[Decimal], slope: StepSlope | None
) -> pd.DataFrame:
    """The scored rows with the step's key and bounds, what was bought on average, and the fitted line."""
    lows: Mapping[str, Decimal | None] = dict(zip(keys, [None, Decimal(0), *bounds], strict=True))
    highs: Mapping[str, Decimal | None] = dict(zip(keys, [Decimal(0), *bounds, None], strict=True))
    rows: list[dict[str, object]] = []
    for row, number, mean in zip(table.to_dict("records"), grouped["group_key"], grouped["mean_value"], strict=True):
        key = keys[int(number)]
        large = int(row["n_answers"]) >= MIN_ANSWERS
        line = slope.intercept if slope is not None and large else None
        step = slope.difference.effect_size if slope is not None else None
        rows.append({
            "step": key, "low_bound": lows[key], "high_bound": highs[key],
            **{str(name): cell for name, cell in row.items() if name not in _OF_GROUPS},
            "mean_value": float(mean),
            "fitted": None if line is None or step is None else line + step * int(number),
        })  # fmt: skip
    return frame(rows, list(rows[0]))


def _rule(settings: Settings, metrics: Mapping[str, Metric], *, told: bool) -> Message:
    """What was counted, and where there is a slope how its two tests came out."""
    values: dict[str, object] = {"months": settings["months"]}
    line, trend = metrics["linearity_pvalue"].value, metrics["trend_pvalue"].value
    if not told or line is None or trend is None:
        return Message("nps.step_rule", values)
    return Message("nps.step_rule_tested", {**values, "line": line, "trend": trend})


def _shape(outcome: str, slope: StepSlope) -> tuple[Note, ...]:
    """One sentence for what the tests of the slope and of the line say: which way it goes, and whether evenly."""
    if outcome not in _TOLD:
        return ()
    sure = slope.difference.pvalue is not None and slope.difference.pvalue < _SURE
    rises = (slope.difference.effect_size or 0.0) > 0
    way = ("rising" if rises else "falling") if sure else "level"
    return (Note(f"steps_{way}_{'unevenly' if outcome == 'uneven' else 'evenly'}"),)


def _notes(table: pd.DataFrame, *, is_nps: bool) -> tuple[Note, ...]:
    """How many steps are too small for the slope; another scale has none."""
    small = int((table["n_answers"] < MIN_ANSWERS).sum()) if is_nps else 0
    return (Note("steps_small", {"n": small, "few": MIN_ANSWERS, "hide": HIDE_BELOW}),) if small else ()


ANALYSES = (
    Analysis(
        "nps.by_step",
        by_step,
        (ON, STEPS, MONTHS, NPS_START, NPS_END),
        _make_members,
        ("step",),
        ("answers", "transactions"),
    ),
)
