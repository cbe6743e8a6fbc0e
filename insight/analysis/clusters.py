"""Clusters: groups that the purchases themselves suggest, described by what sets each apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from insight.analysis import segmenting
from insight.analysis.basis import basis, frame
from insight.analysis.registry import Analysis
from insight.analysis.selected import of_scope
from insight.errors import NotEnoughDataError, UsageError
from insight.result import Chart, Message, Metric, Note, Result, Unit
from insight.settings import AS_OF, Setting, Settings, resolve
from insight.stats import clusters as kmeans
from insight.workspace.engine import Query

KEY = "segments.clusters"
FEATURES = ("recency", "frequency", "receipt", "spend", "tenure", "channels", "returns")
_LOGGED = ("recency", "frequency", "receipt", "spend", "tenure")
_FEATURE_UNITS: dict[str, Unit] = {
    "segment": "text",
    "feature": "text",
    "mean": "number",
    "overall": "number",
    "apart": "score",
}
_PROPOSED = (3, 4, 5, 6, 7, 8)
_NEEDED = 30
_STABLE = 0.8

_FIGURES = """
    SELECT
        bought.customer_id,
        cast(cast($as_of AS DATE) - bought.last_on AS DOUBLE) AS recency,
        cast(bought.n_orders AS DOUBLE) AS frequency,
        cast(CASE WHEN bought.sales > 0 THEN bought.sales ELSE 0 END AS DOUBLE) / bought.n_orders AS receipt,
        cast(CASE WHEN bought.sales > 0 THEN bought.sales ELSE 0 END AS DOUBLE) AS spend,
        cast(cast($as_of AS DATE) - bought.first_on AS DOUBLE) AS tenure,
        cast(ways.channels AS DOUBLE) AS channels,
        CASE WHEN ways.paid > 0 THEN least(cast(ways.returned AS DOUBLE) / cast(ways.paid AS DOUBLE), 1) ELSE 0 END
            AS returns
    FROM bought
    JOIN (
        SELECT
            customer_id,
            count(DISTINCT CASE WHEN is_return THEN NULL ELSE channel END) AS channels,
            sum(CASE WHEN is_return THEN 0 ELSE sales END) AS paid,
            -sum(CASE WHEN is_return THEN sales ELSE 0 END) AS returned
        FROM orders WHERE customer_id IS NOT NULL AND ordered_on < $as_of GROUP BY customer_id) AS ways
    ON ways.customer_id = bought.customer_id
    WHERE bought.outside IS NULL
"""
_ASSIGNED = """
    SELECT
        bought.customer_id,
        coalesce(bought.outside, clustered.segment) AS segment,
        cast($as_of AS DATE) - bought.last_on AS days_since_last,
        bought.n_orders,
        bought.sales,
        bought.margin
    FROM bought LEFT JOIN clustered ON clustered.customer_id = bought.customer_id
"""


@dataclass(frozen=True)
class Division:
    """The fitted clusters, best spenders first: their keys, the trait that names each, and the figures' means."""

    model: kmeans.Model
    order: tuple[int, ...]
    keys: tuple[str, ...]
    traits: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]

    @property
    def labels(self) -> dict[str, str]:
        """The catalogue key that names each cluster."""
        return {key: f"segments.clusters.trait.{trait}" for key, trait in zip(self.keys, self.traits, strict=True)}


def _figures(query: Query, as_of: date) -> tuple[pa.Table, NDArray[np.float64]]:
    segmenting.make_bought(query, None, as_of)
    found = query.arrow(_FIGURES, as_of=as_of)
    return found, np.column_stack([found[name].to_numpy().astype(np.float64) for name in FEATURES])


def _scaled(figures: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithms where the figure has a long tail: days, orders, money."""
    scaled = figures.copy()
    logged = [FEATURES.index(name) for name in _LOGGED]
    scaled[:, logged] = np.log1p(scaled[:, logged])
    return scaled


def divide(query: Query, settings: Settings) -> Division:
    """The clusters of everyone with a purchase before `as_of`.

    Raises NotEnoughDataError below 30 customers or when they are too alike to tell apart.
    """
    _, figures = _figures(query, settings["as_of"])
    if len(figures) < _NEEDED:
        raise NotEnoughDataError("clusters.too_few", n=len(figures), needed=_NEEDED)
    scaled = _scaled(figures)
    different = kmeans.distinct(scaled)
    counts = tuple(k for k in _counts(settings) if k < different)
    if not counts:
        raise NotEnoughDataError("clusters.alike", n=len(figures))
    model = kmeans.fit(scaled, counts, settings["seed"])
    labels = model.assign(scaled)
    spends = {
        int(label): float(figures[labels == label, FEATURES.index("spend")].mean()) for label in np.unique(labels)
    }
    order = tuple(sorted(spends, key=lambda label: (-spends[label], label)))
    keys = tuple(f"cluster_{place}" for place in range(1, len(order) + 1))
    apart = model.standard(scaled)
    means = np.array([apart[labels == label].mean(axis=0) for label in order])
    rows = tuple(
        {
            "segment": keys[place], "feature": f"feature_{name}",
            "mean": float(figures[labels == label, column].mean()), "overall": float(figures[:, column].mean()),
            "apart": float(means[place, column]),
        }
        for place, label in enumerate(order) for column, name in enumerate(FEATURES)
    )  # fmt: skip
    return Division(model, order, keys, _traits(means), rows)


def _counts(settings: Settings) -> tuple[int, ...]:
    if settings["k"] == "auto":
        return _PROPOSED
    try:
        count = int(settings["k"])
    except ValueError:
        raise UsageError("clusters.k_unreadable", value=settings["k"]) from None
    if not 2 <= count <= 12:
        raise UsageError("clusters.k_unreadable", value=settings["k"])
    return (count,)


def _traits(means: NDArray[np.float64]) -> tuple[str, ...]:
    """For each cluster the trait that sets it most apart and that no cluster before it in clearness has taken."""
    places, columns = range(len(means)), range(len(FEATURES))
    claims = sorted(
        ((float(abs(means[place, column])), place, column) for place in places for column in columns),
        key=lambda claim: (-claim[0], claim[1], claim[2]),
    )
    named: dict[int, str] = {}
    for _, place, column in claims:
        trait = f"{FEATURES[column]}_{'high' if means[place, column] >= 0 else 'low'}"
        if place not in named and trait not in named.values():
            named[place] = trait
    return tuple(named[place] for place in range(len(means)))


def _assign(division: Division, query: Query, _settings: Settings, as_of: date, into: str) -> None:
    found, figures = _figures(query, as_of)
    rank = np.empty(len(division.model.centres), dtype=np.int64)
    rank[:] = len(division.order) - 1
    for place, label in enumerate(division.order):
        rank[label] = place
    places = rank[division.model.assign(_scaled(figures))] if len(figures) else np.zeros(0, dtype=np.int64)
    segments = pa.array(division.keys, pa.string()).take(pa.array(places))
    query.put("clustered", pa.table({"customer_id": found["customer_id"], "segment": segments}))
    query.make(into, _ASSIGNED, as_of=as_of)


def assign(query: Query, settings: Settings, as_of: date, into: str) -> None:
    """Temporary table `into`: every customer with the cluster at `as_of`, or why they stand outside."""
    _assign(divide(query, settings), query, settings, as_of, into)


def members(query: Query, settings: Settings) -> None:
    """Temporary table `members` with the cluster as `segment`; raises as `run` does."""
    segmenting.make_members(query, settings, assign)


def labels_of(query: Query, as_of: date) -> dict[str, str]:
    """The words of the default clusters at `as_of`, for tables that hold their keys."""
    return divide(query, resolve(SETTINGS, {"as_of": as_of.isoformat()}, query)).labels


def run(query: Query, settings: Settings) -> Result:
    """Customers in clusters by k-means, with what sets each apart.

    Figures per customer, from all purchases before `as_of`: days since the last, orders, sales per order, sales, days
    since the first (all as log(1 + x)), channels, returns as a share of purchases; standardised. k: 'auto' takes the
    widest mean silhouette among 3 to 8. Fitted on at most 50,000 customers from a seed; everybody is assigned. Table:
    see `segmenting.UNITS`; a year before = the figures then, against today's centres. tables['features']: segment,
    feature, mean, overall, apart (standard deviations from the mean of all). Metrics: clusters, silhouette, stability
    (mean adjusted Rand index against five other seeds). Raises NotEnoughDataError below 30 or for too alike customers.
    """
    division = divide(query, settings)
    found = segmenting.by_segment(query, settings, partial(_assign, division), division.keys)
    as_of, model = settings["as_of"], division.model
    rule = Message("segments.clusters.rule", {"as_of": as_of, "k": len(division.keys), "seed": settings["seed"]})
    remarks = [*segmenting.notes(query, found)]
    if model.stability < _STABLE:
        remarks.append(Note("clusters_unstable", {"stability": model.stability}, "warning"))
    return Result(
        key=KEY,
        headline=segmenting.plain_headline(found) or _headline(query, found, model),
        metrics={
            "customers": Metric(found.n, "count"),
            "clusters": Metric(len(division.keys), "count", better=0),
            "silhouette": Metric(model.silhouette, "number"),
            "stability": Metric(model.stability, "number"),
        },
        table=found.table,
        units=found.units,
        basis=basis(found.account, None, as_of, rule=rule, formula="clusters", parts=found.parts, n_customers=found.n),
        chart=segmenting.CHART,
        drill=("segment",),
        notes=tuple(remarks),
        labels={
            **division.labels,
            **{key: f"label.{key}" for key in segmenting.OUTSIDE},
            **{f"feature_{name}": f"segments.clusters.feature.{name}" for name in FEATURES},
        },
        evidence="association",
        charts=(
            Chart("matrix", x="feature", y="segment", color="apart", subtitle=Message("segments.clusters.measure")),
        ),
        tables={"features": frame(division.rows, list(_FEATURE_UNITS))},
        more_units={"features": _FEATURE_UNITS},
    )  # fmt: skip


def _headline(query: Query, found: segmenting.Segments, model: kmeans.Model) -> Message:
    best = max(found.inside, key=lambda row: row["sales"])
    carries = of_scope(query, "segments.clusters.carries")
    key = carries if model.stability >= _STABLE else "segments.clusters.loose"
    return Message(
        key, {"k": len(found.inside), "segment": best["segment"], "sales": best["sales"], "share": best["share_sales"]}
    )


SETTINGS = (AS_OF, Setting("k", "text", "auto"), Setting("seed", "integer", 1, low=0))
ANALYSES = (Analysis(KEY, run, SETTINGS, members, ("segment",), listed="n_orders > 0"),)
