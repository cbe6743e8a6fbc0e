"""RFM: how recently, how often and for how much every customer has bought, in named groups."""

import re
from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from insight.analysis import segmenting
from insight.analysis.basis import basis
from insight.analysis.registry import Analysis
from insight.errors import UsageError
from insight.result import Chart, Message, Metric, Note, Result, Unit
from insight.settings import AS_OF, Setting, Settings
from insight.stats import rfm as score
from insight.workspace.engine import Query, money

KEY = "segments.rfm"
BEST = "champions"
LEAVING = ("need_attention", "about_to_sleep", "at_risk", "cant_lose")
DEFAULT_R_BOUNDS = (30, 90, 180, 365)
DEFAULT_F_BOUNDS = (2, 3, 5, 10)
_MAP_SCALE = 5
_RULE = re.compile(r"([^:,]+):(\d+)(?:-(\d+))?/(\d+)(?:-(\d+))?/(\d+)(?:-(\d+))?")

# In öre, so that equal amounts are equal and a bound is met exactly.
_FIGURES = """
    SELECT
        customer_id, outside, CASE WHEN outside IS NULL THEN cast($as_of AS DATE) - last_on END AS days,
        n_orders, sales, cast(sales * 100 AS BIGINT) AS cents, margin
    FROM bought
"""
_SCORES = """
    SELECT r, f, count(*) AS n_customers, sum(n_orders) AS n_orders, sum(sales) AS sales
    FROM members WHERE r IS NOT NULL GROUP BY r, f ORDER BY r DESC, f DESC
"""

_SCORE_UNITS: dict[str, Unit] = {
    "r": "score", "f": "score", "n_customers": "count", "n_orders": "count", "sales": "money",
}  # fmt: skip


def _levels(settings: Settings) -> tuple[int, int, int]:
    """How many scores recency, frequency and money have."""
    found: list[int] = []
    for name in ("r_bounds", "f_bounds", "m_bounds"):
        bounds = _bounds(settings, name)
        found.append(len(bounds) + 1 if bounds else settings["groups"])
    return found[0], found[1], found[2]


def _bounds(settings: Settings, name: str) -> tuple[float, ...]:
    """The bounds of one figure, in days, orders or öre; empty where it is scored by rank or quantile."""
    given = settings[name]
    if given:
        return tuple(float(bound * 100) if name == "m_bounds" else float(bound) for bound in given)
    if settings["scoring"] == "bounds" and name != "m_bounds":
        return DEFAULT_R_BOUNDS if name == "r_bounds" else DEFAULT_F_BOUNDS
    return ()


def read_map(text: str | None) -> tuple[score.SegmentRule, ...]:
    """Named groups from text such as 'core:4-5/4-5/4-5,new:4-5/1/1'; the default map without any.

    Raises UsageError for text that is not of that form, and for a group that begins above its own end.
    """
    if not text:
        return score.DEFAULT_SEGMENTS
    rules: list[score.SegmentRule] = []
    for part in text.split(","):
        found = _RULE.fullmatch(part.strip())
        if not found:
            raise UsageError("rfm.map_unreadable", value=part.strip())
        name, *limits = found.groups()
        pairs = [(int(low), int(high or low)) for low, high in zip(limits[::2], limits[1::2], strict=True)]
        if any(low > high for low, high in pairs):
            raise UsageError("rfm.map_unreadable", value=part.strip())
        rules.append(score.SegmentRule(name.strip(), pairs[0], pairs[1], pairs[2]))
    if len({rule.key for rule in rules} | {score.OTHERS}) != len(rules) + 1:
        raise UsageError("rfm.map_same_name")
    return tuple(rules)


def _scores(settings: Settings, found: pa.Table) -> list[NDArray[np.int64]]:
    """Scores of recency, frequency and money; best is highest, ties together."""
    cents = found["cents"].to_numpy()
    quantiles = settings["scoring"] == "quantile_cuts"
    figures = {
        "r_bounds": found["days"].to_numpy(), "f_bounds": found["n_orders"].to_numpy(),
        "m_bounds": cents if _bounds(settings, "m_bounds") or not quantiles else cents / 100,
    }  # fmt: skip
    scores: list[NDArray[np.int64]] = []
    for name, values in figures.items():
        reverse, bounds = name == "r_bounds", _bounds(settings, name)
        if bounds:
            scores.append(score.bound_scores(values, bounds, reverse=reverse))
        elif quantiles:
            scores.append(score.quantile_scores(values, settings["groups"], reverse=reverse))
        else:
            scores.append(score.rank_scores(values, settings["groups"], reverse=reverse))
    return scores


def _segments(settings: Settings, scores: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Places in `segment_keys`. The default map speaks of five scores: other scales are stretched to it."""
    levels = _levels(settings)
    rules = read_map(settings["map"])
    if settings["map"]:
        return score.assign_segments(*scores, rules=rules, groups=max(levels))
    stretched = [
        1 + ((_MAP_SCALE - 1) * (part - 1) * 2 + (n - 1)) // (2 * (n - 1)) if n > 1 else np.full_like(part, _MAP_SCALE)
        for part, n in zip(scores, levels, strict=True)
    ]
    return score.assign_segments(*stretched, rules=rules, groups=_MAP_SCALE)


def assign(query: Query, settings: Settings, as_of: date, into: str) -> None:
    """Temporary table `into`: every customer with scores and segment at `as_of`, or why they stand outside."""
    segmenting.make_bought(query, segmenting.window_start(settings, as_of), as_of)
    found = query.arrow(_FIGURES, as_of=as_of)
    outside = found["outside"].is_valid().to_numpy()
    inside = found.filter(pa.array(~outside))
    scores = _scores(settings, inside)
    keys = score.segment_keys(read_map(settings["map"]))
    places = _places(_segments(settings, scores), outside)
    # Groups of a map of the user's own say nothing about who is leaving, whatever they are called.
    leaving = [None if settings["map"] or key not in LEAVING else "leaving" for key in keys]
    segments = pa.chunked_array([pa.array(keys, pa.string()).take(places)])
    query.put(
        into,
        pa.table({
            "customer_id": found["customer_id"],
            "segment": pc.call_function("coalesce", [found["outside"], segments]),
            "days_since_last": found["days"],
            "n_orders": found["n_orders"],
            "spend": found["sales"],
            **{name: _places(part.astype(np.int8), outside) for name, part in zip("rfm", scores, strict=True)},
            "heading": pa.array(leaving, pa.string()).take(places),
            "sales": found["sales"],
            "margin": found["margin"],
        }),
    )  # fmt: skip


def _places(values: NDArray[np.signedinteger], outside: NDArray[np.bool_]) -> pa.Array:
    """What those inside have, in everybody's order; empty for those outside."""
    everybody = np.zeros(len(outside), dtype=values.dtype)
    everybody[~outside] = values
    return pa.array(everybody, mask=outside)


def members(query: Query, settings: Settings) -> None:
    """Temporary table `members` with `segment`, the scores and `heading`; raises as `run` does."""
    segmenting.make_members(query, settings, assign)


def run(query: Query, settings: Settings) -> Result:
    """Customers by RFM segment at `as_of`, from all orders before it or those of the `window` months before it.

    R: days since the last purchase; F: purchases; M: sales after returns. A return moves neither R nor F.
    scoring 'rank': floor(groups·(rank − 1)/N) + 1 with ties together; 'quantile_cuts': quantiles of type 7 plus one, as
    the public R package rfm; 'bounds': r_bounds (days), f_bounds, m_bounds (money); a given bound always counts, and a
    figure without any is scored by rank. Segments: first match in the map wins, else 'others'.
    Table: see `segmenting.UNITS`. tables['scores']: r, f, n_customers, n_orders, sales, a row a cell.
    Raises UsageError for a map that cannot be read, NotEnoughDataError for an empty scope.
    """
    keys = score.segment_keys(read_map(settings["map"]))
    found = segmenting.by_segment(query, settings, assign, keys)
    start, as_of = segmenting.window_start(settings, settings["as_of"]), settings["as_of"]
    scores = query.frame(_SCORES)
    rule = Message(f"segments.rfm.rule.{settings['scoring']}", {"as_of": as_of, "groups": settings["groups"]})
    leaving = [row for row in found.inside if row["segment"] in LEAVING]
    metrics: dict[str, Metric] = {"customers": Metric(found.n, "count"), "sales": Metric(found.sales, "money")}
    for row in found.rows:
        if row["segment"] == BEST:
            mark = {"segment": BEST}
            metrics["best"] = Metric(row["n_customers"], "count", before=row["n_customers_before"], mark=mark)
            metrics["best_share"] = Metric(row["share_sales"], "ratio", mark=mark)
    if not settings["map"]:
        mark = {"heading": "leaving"}
        metrics["leaving"] = Metric(sum(row["n_customers"] for row in leaving), "count", better=-1, mark=mark)
        metrics["leaving_sales"] = Metric(money(sum(row["sales"] for row in leaving)), "money", better=-1, mark=mark)
    return Result(
        key=KEY,
        headline=_headline(query, found),
        metrics=metrics,
        table=found.table,
        units=found.units,
        basis=basis(found.account, start, as_of, rule=rule, formula="rfm", parts=found.parts, n_customers=found.n),
        chart=segmenting.CHART,
        drill=("segment", "r", "f"),
        notes=(*segmenting.notes(query, found), *_notes(settings)),
        labels={**_labels(keys), "leaving": "metric.leaving"},
        charts=(Chart("matrix", x="f", y="r", color="n_customers", subtitle=Message("segments.rfm.matrix")),),
        tables={"scores": scores},
        more_units={"scores": _SCORE_UNITS},
    )


def _notes(settings: Settings) -> tuple[Note, ...]:
    remarks: list[Note] = []
    if not settings["map"] and _levels(settings) != (_MAP_SCALE,) * 3:
        remarks.append(Note("rfm_stretched"))
    if settings["scoring"] == "bounds" and not settings["m_bounds"]:
        remarks.append(Note("rfm_money_by_rank"))
    return tuple(remarks)


def _labels(keys: tuple[str, ...]) -> Mapping[str, str]:
    known = {rule.key for rule in score.DEFAULT_SEGMENTS} | {score.OTHERS}
    return {key: f"label.{key}" for key in (*keys, *segmenting.OUTSIDE) if key in known or key in segmenting.OUTSIDE}


def _headline(query: Query, found: segmenting.Segments) -> Message:
    if plain := segmenting.plain_headline(found):
        return plain
    rows = found.inside
    best = next((row for row in rows if row["segment"] == BEST), max(rows, key=lambda row: row["sales"]))
    return segmenting.carries(query, best)


SETTINGS = (
    AS_OF,
    Setting("scoring", "choice", "rank", choices=("rank", "quantile_cuts", "bounds")),
    Setting("groups", "integer", 5, low=2, high=10),
    Setting("r_bounds", "amounts", None, low=0),
    Setting("f_bounds", "amounts", None, low=0),
    Setting("m_bounds", "amounts", None),
    Setting("window", "integer", None, low=1, high=120),
    Setting("map", "text", None),
)
ANALYSES = (Analysis(KEY, run, SETTINGS, members, ("segment", "r", "f", "m", "heading"), listed="n_orders > 0"),)
