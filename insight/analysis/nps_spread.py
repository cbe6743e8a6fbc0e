"""Every answer by its score and by what was bought before it: where most stand, and what is typical of each score."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pandas as pd

from insight.analysis.basis import frame
from insight.analysis.nps_rules import MONTHS, NPS_END, NPS_START, ON, Base
from insight.analysis.nps_steps import NONE, STEPS, keys_of, make_steps, names_of
from insight.analysis.nps_windows import early_notes
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError
from insight.result import Chart, Message, Metric, Result, Unit
from insight.settings import Settings
from insight.stats.nps import HIDE_BELOW
from insight.stats.nps_change import RankCorrelation, middle, rank_correlation
from insight.workspace.engine import Query, money

# Finer than the steps: the picture is of everybody, not of a rule.
_LEVELS = (0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.97)
_MOST_SCORES = 11
_SHOWN_P = 0.05

_CELLS = """
    SELECT score, step_no, count(*) AS n_answers, count(DISTINCT customer_no) AS n_customers
    FROM stepped GROUP BY score, step_no
"""
_SCORES = "SELECT score, count(DISTINCT customer_no) AS n_customers FROM stepped GROUP BY score ORDER BY score"
_POINTS = "SELECT score, cast(value AS DOUBLE) AS value FROM stepped"
_CUSTOMERS = "SELECT count(DISTINCT customer_no) FROM stepped"

_MEMBERS = """
    SELECT
        facts.customer_id,
        CASE WHEN stepped.score = floor(stepped.score) THEN cast(cast(stepped.score AS BIGINT) AS VARCHAR)
            ELSE cast(stepped.score AS VARCHAR) END AS score,
        CASE WHEN step_no = 0 THEN 'none' ELSE 'step_' || step_no END AS band,
        count(*) AS n_answers, max(stepped.answered_on) AS last_answered_on,
        max_by(stepped.sales, stepped.answered_on) AS sales,
        max_by(stepped.n_orders, stepped.answered_on) AS n_orders
    FROM stepped
    JOIN customer_facts AS facts ON facts.rowid = stepped.customer_no
    GROUP BY facts.customer_id, stepped.score, step_no
"""


def _make(query: Query, settings: Settings) -> tuple[Base, tuple[Decimal, ...]]:
    base, bounds = make_steps(query, settings, _LEVELS)
    if not base.is_nps and query.one("SELECT count(DISTINCT score) FROM stepped")[0] > _MOST_SCORES:
        raise NotEnoughDataError("nps.too_many_scores", **base.range)
    return base, bounds


def _make_members(query: Query, settings: Settings) -> None:
    _make(query, settings)
    query.make("members", _MEMBERS)


def spread(query: Query, settings: Settings) -> Result:
    """Answers by score and by band of what was bought in the `months` before; median per score with its interval.

    Table: a row a score and band that somebody stands in: score, band (none, step_1 …), low_bound, high_bound,
    n_answers, n_customers, share (of the score's answers). `tables["scores"]`: score, n_answers, n_customers,
    typical (median of all who gave the score, those without purchases included), typical_low, typical_high (95 %, order
    statistics), lower_quartile, upper_quartile, mean. Metrics: rank_correlation (Spearman) with its interval, the
    medians of the highest and lowest group. Association only.
    """
    base, bounds = _make(query, settings)
    keys = keys_of(bounds)
    unit: Unit = "count" if settings["on"] == "orders" else "money"
    scores = _scores(query, base, unit)
    table = _cells(query, keys, bounds, scores)
    points = query.arrow(_POINTS)
    across, up = points["score"].to_numpy(), points["value"].to_numpy()
    found = rank_correlation(across, up, int(query.one(_CUSTOMERS)[0]))
    metrics = {
        "rank_correlation": Metric(found.rho, "number", found.ci_lower, found.ci_upper, better=0),
        **_ends(across, up, base, unit),
        "n_answers": Metric(len(across), "count", better=0),
    }
    values = {"months": settings["months"], "measure": Message(f"nps.measure.{settings['on']}")}
    headline = _headline(found, metrics, settings, base)
    return Result(
        key="nps.spread",
        headline=headline,
        metrics=metrics,
        table=table,
        units={
            "score": "text", "band": "text", "low_bound": unit, "high_bound": unit, "n_answers": "count",
            "n_customers": "count", "share": "ratio",
        },
        basis=base.basis(
            "nps_spread", Message("nps.step_rule", {"months": settings["months"]}), unknown_customer=base.n_unknown
        ),
        chart=Chart(
            "density", x="score", y="band", color="n_answers", title=headline,
            subtitle=Message(f"nps.spread_subtitle_{unit}", values),
        ),
        charts=(
            Chart(
                "dots", x="score", y="typical", low="typical_low", high="typical_high",
                title=Message("nps.typical_title", values), subtitle=Message("nps.typical_subtitle", values),
            ),
        ),
        drill=("score", "band"),
        notes=(*base.notes, *early_notes(query, settings)),
        labels=names_of(bounds, whole=unit == "count"),
        evidence="association",
        tables={"scores": scores},
        more_units={"scores": {
            "score": "text", "n_answers": "count", "n_customers": "count", "typical": _typical(unit),
            "typical_low": _typical(unit), "typical_high": _typical(unit), "lower_quartile": _typical(unit),
            "upper_quartile": _typical(unit), "mean": _typical(unit),
        }},
    )  # fmt: skip


def _typical(unit: Unit) -> Unit:
    return "number" if unit == "count" else unit


def _key(score: float) -> str:
    return str(int(score)) if score == int(score) else str(score)


def _cells(query: Query, keys: Sequence[str], bounds: Sequence[Decimal], scores: pd.DataFrame) -> pd.DataFrame:
    """The cells, every score from the lowest with its bands from the lowest, so that both scales run as they should."""
    lows = dict(zip(keys, [None, Decimal(0), *bounds], strict=True))
    highs = dict(zip(keys, [Decimal(0), *bounds, None], strict=True))
    found = {(_key(score), keys[step]): (int(n), int(people)) for score, step, n, people in query.rows(_CELLS)}
    of_score = dict(zip(scores["score"], scores["n_answers"], strict=True))
    shown = [key for key in keys if key == NONE or any(band == key for _, band in found)]
    rows = [
        {
            "score": score, "band": band, "low_bound": lows[band], "high_bound": highs[band],
            "n_answers": found.get((score, band), (0, 0))[0], "n_customers": found.get((score, band), (0, 0))[1],
            "share": found.get((score, band), (0, 0))[0] / of_score[score] if of_score[score] else None,
        }
        for score in scores["score"] for band in shown
    ]  # fmt: skip
    return frame(rows, list(rows[0]))


def _scores(query: Query, base: Base, unit: Unit) -> pd.DataFrame:
    """What is typical of each score; on the scale 0–10 every score has its row."""
    points = query.arrow(_POINTS)
    across, up = points["score"].to_numpy(), points["value"].to_numpy()
    people = {float(score): int(n) for score, n in query.rows(_SCORES)}
    wanted = [float(score) for score in range(11)] if base.is_nps else sorted(people)
    rows: list[dict[str, object]] = []
    for score in wanted:
        found = middle(up[across == score])
        shown = found.n >= HIDE_BELOW
        figures = (
            found.median, found.ci_lower, found.ci_upper, found.lower_quartile, found.upper_quartile, found.mean
        )  # fmt: skip
        names = ("typical", "typical_low", "typical_high", "lower_quartile", "upper_quartile", "mean")
        rows.append({
            "score": _key(score), "n_answers": found.n, "n_customers": people.get(score, 0),
            **{
                name: None if figure is None or not shown else money(figure) if unit == "money" else figure
                for name, figure in zip(names, figures, strict=True)
            },
        })  # fmt: skip
    return frame(rows, list(rows[0]))


def _ends(across: np.ndarray, up: np.ndarray, base: Base, unit: Unit) -> dict[str, Metric]:
    """The medians of promoters and detractors with their intervals."""
    if not base.is_nps:
        return {}
    found: dict[str, Metric] = {}
    for name, chosen in (("promoter_median", across >= 9), ("detractor_median", across <= 6)):
        half = middle(up[chosen])
        if half.n < HIDE_BELOW or half.median is None:
            found[name] = Metric(None, _typical(unit))
            continue
        ends = [
            None if end is None else money(end) if unit == "money" else end for end in (half.ci_lower, half.ci_upper)
        ]
        found[name] = Metric(money(half.median) if unit == "money" else half.median, _typical(unit), ends[0], ends[1])
    return found


def _headline(found: RankCorrelation, metrics: dict[str, Metric], settings: Settings, base: Base) -> Message:
    """Whether score and purchases go together, in kronor where both ends are known."""
    measure = Message(f"nps.measure.{settings['on']}")
    if found.rho is None or found.pvalue is None:
        return Message("nps.spread_few", {"measure": measure})
    if found.pvalue >= _SHOWN_P:
        return Message("nps.spread_none", {"measure": measure, "seen": found.smallest_seen})
    way = "rises" if found.rho > 0 else "falls"
    high = metrics["promoter_median"].value if base.is_nps else None
    low = metrics["detractor_median"].value if base.is_nps else None
    if high is None or low is None or settings["on"] != "spend":
        return Message(f"nps.spread_{way}", {"measure": measure, "rho": found.rho})
    return Message(f"nps.spread_{way}_money", {"high": high, "low": low})


ANALYSES = (
    Analysis(
        "nps.spread",
        spread,
        (ON, STEPS, MONTHS, NPS_START, NPS_END),
        _make_members,
        ("score", "band"),
        ("answers", "transactions"),
    ),
)
