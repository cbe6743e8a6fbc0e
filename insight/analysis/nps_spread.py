"""Every answer by its score and by what was bought before it: where most stand, and what is typical of each score."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa

from insight.analysis.basis import frame
from insight.analysis.nps_rules import MONTHS, NPS_END, NPS_START, ON, Base
from insight.analysis.nps_steps import COUNTED, NONE, STEPS, find_steps, keys_of, make_steps, names_of, step_params
from insight.analysis.nps_windows import early_notes
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError
from insight.result import Chart, Message, Metric, Result, Unit
from insight.settings import Settings
from insight.stats.nps import GREY_BELOW, HIDE_BELOW
from insight.stats.nps_cells import customers_in
from insight.stats.nps_change import RankCorrelation, middle, rank_correlation
from insight.workspace.engine import Query, money

# Finer than the steps: the picture is of everybody, not of a rule.
_LEVELS = (0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.97)
_MOST_SCORES = 11
_SHOWN_P = 0.05

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


def _make_members(query: Query, settings: Settings) -> None:
    make_steps(query, settings, _LEVELS)
    query.make("members", _MEMBERS)


def spread(query: Query, settings: Settings) -> Result:
    """Answers by score and by band of what was bought in the `months` before; median per score with its interval.

    Table: a row a score and band that somebody stands in: score, band (none, step_1 …), low_bound, high_bound,
    n_answers, n_customers, share (of the score's answers). `tables["scores"]`: score, n_answers, n_customers,
    typical (median of all who gave the score, those without purchases included), typical_low, typical_high (95 %, order
    statistics), lower_quartile, upper_quartile, mean. Metrics: rank_correlation (Spearman) with its interval, the
    medians of the highest and lowest group. Association only.
    """
    base, bounds = find_steps(query, settings, _LEVELS)
    points = query.arrow(COUNTED, **step_params(settings, bounds))
    across, up = points["score"].to_numpy(), points["value"].to_numpy()
    given = [float(score) for score in range(11)] if base.is_nps else [float(score) for score in np.unique(across)]
    if len(given) > _MOST_SCORES:
        raise NotEnoughDataError("nps.too_many_scores", **base.range)
    unit: Unit = "count" if settings["on"] == "orders" else "money"
    customer, own = points["place"].to_numpy(), np.searchsorted(given, across)
    scores = _scores(given, up, own, customers_in(customer, own, len(given)), unit)
    table = _cells(points, own, keys_of(bounds), bounds, scores)
    found = rank_correlation(across, up, int(customer.max()) + 1)
    metrics = {
        "rank_correlation": Metric(found.rho, "number", found.ci_lower, found.ci_upper, better=0),
        **_ends(across, up, base, unit),
        "n_answers": Metric(len(across), "count", better=0),
    }
    values = {"months": settings["months"], "measure": Message(f"nps.measure.{settings['on']}")}
    enough = base.is_nps and min((across >= 9).sum(), (across <= 6).sum()) >= GREY_BELOW
    headline = _headline(found, metrics, settings, told=enough)
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


def _cells(
    points: pa.Table, own: np.ndarray, keys: Sequence[str], bounds: Sequence[Decimal], scores: pd.DataFrame
) -> pd.DataFrame:
    """The cells, every score from the lowest with its bands from the lowest, so that both scales run as they should."""
    lows = dict(zip(keys, [None, Decimal(0), *bounds], strict=True))
    highs = dict(zip(keys, [Decimal(0), *bounds, None], strict=True))
    cell, shape = own * len(keys) + points["step_no"].to_numpy(), (len(scores), len(keys))
    n = np.bincount(cell, minlength=len(scores) * len(keys)).reshape(shape)
    people = customers_in(points["place"].to_numpy(), cell, n.size).reshape(shape)
    of_score = n.sum(axis=1)
    shown = [place for place, key in enumerate(keys) if key == NONE or n[:, place].any()]
    rows = [
        {
            "score": score, "band": keys[band], "low_bound": lows[keys[band]], "high_bound": highs[keys[band]],
            "n_answers": int(n[place, band]), "n_customers": int(people[place, band]),
            "share": float(n[place, band] / of_score[place]) if of_score[place] else None,
        }
        for place, score in enumerate(scores["score"]) for band in shown
    ]  # fmt: skip
    return frame(rows, list(rows[0]))


def _scores(given: Sequence[float], up: np.ndarray, own: np.ndarray, people: np.ndarray, unit: Unit) -> pd.DataFrame:
    """What is typical of each score; on the scale 0–10 every score has its row."""
    rows: list[dict[str, object]] = []
    for place, score in enumerate(given):
        found = middle(up[own == place])
        shown = found.n >= HIDE_BELOW
        figures = (
            found.median, found.ci_lower, found.ci_upper, found.lower_quartile, found.upper_quartile, found.mean
        )  # fmt: skip
        names = ("typical", "typical_low", "typical_high", "lower_quartile", "upper_quartile", "mean")
        rows.append({
            "score": _key(score), "n_answers": found.n, "n_customers": int(people[place]),
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


def _headline(found: RankCorrelation, metrics: dict[str, Metric], settings: Settings, *, told: bool) -> Message:
    """Whether score and purchases go together. told: in kronor, since both ends have answers enough to be compared."""
    measure = Message(f"nps.measure.{settings['on']}")
    if found.rho is None or found.pvalue is None:
        return Message("nps.spread_few", {"measure": measure})
    if found.pvalue >= _SHOWN_P:
        return Message("nps.spread_none", {"measure": measure, "seen": found.smallest_seen})
    way = "rises" if found.rho > 0 else "falls"
    if not told or settings["on"] != "spend":
        return Message(f"nps.spread_{way}", {"measure": measure, "rho": found.rho})
    values = {"high": metrics["promoter_median"].value, "low": metrics["detractor_median"].value}
    return Message(f"nps.spread_{way}_money", values)


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
