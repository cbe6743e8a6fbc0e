"""Value tiers: A-B-C, Guld-Silver-Brons, or any other steps by what customers buy in a window."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa

from insight.analysis import segmenting
from insight.analysis.basis import basis, frame
from insight.analysis.ladder_rules import propose_bounds
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError, UsageError
from insight.result import Message, Metric, Note, Result
from insight.settings import AS_OF, Setting, Settings
from insight.stats import tiers as cut
from insight.workspace.engine import Query, money

KEY = "segments.value_tiers"
NO_NET = "no_net"
_LETTERS = tuple("abcdefgh")
_HALF_THIRTY_TWENTY = (("a", 0.5), ("b", 0.3), ("c", 0.2))
_WITHIN_ROUNDING = 0.001
_ABOVE_ALL = 2**63 - 1

_VALUES = """
    SELECT
        cast(
            CASE $basis WHEN 'orders' THEN n_orders WHEN 'margin' THEN coalesce(margin, 0) * 100 ELSE sales * 100 END
            AS BIGINT) AS value
    FROM bought WHERE outside IS NULL
"""
# Equal values share a tier, so each tier is a range of values: the customers need not come back by name.
_ASSIGNED = """
    SELECT
        valued.customer_id,
        coalesce(valued.outside, ranges.segment) AS segment,
        valued.value,
        valued.last_on,
        valued.n_orders,
        valued.sales,
        valued.margin
    FROM (
        SELECT *,
            CASE WHEN outside IS NULL THEN cast(
                CASE $basis WHEN 'orders' THEN n_orders WHEN 'margin' THEN coalesce(margin, 0) * 100 ELSE sales * 100
                END AS BIGINT) END AS value
        FROM bought) AS valued
    LEFT JOIN tier_ranges AS ranges ON valued.value >= ranges.least AND valued.value < ranges.below
"""
_LEAST = "SELECT segment, min(value) AS least FROM assigned WHERE value IS NOT NULL GROUP BY segment"
_HAS_MARGIN = "SELECT count(margin) > 0 AS found FROM orders"


def _names(settings: Settings) -> tuple[str, ...]:
    """The tiers' keys, best first. Raises UsageError when names and tiers do not agree in number."""
    names: tuple[str, ...] | None = settings["names"]
    method = settings["method"]
    if method == "shares":
        shares: tuple[tuple[str, float], ...] = settings["shares"]
        if any(part <= 0 for _, part in shares) or abs(sum(part for _, part in shares) - 1) > _WITHIN_ROUNDING:
            raise UsageError("tiers.shares_not_whole", total=sum(part for _, part in shares))
        needed, given = len(shares), tuple(name for name, _ in shares)
    elif method == "bounds" and settings["bounds"]:
        needed, given = len(settings["bounds"]) + 1, _LETTERS
    else:
        needed = len(names) if names else settings["groups"]
        given = _LETTERS
    if names and len(names) != needed and not (method == "bounds" and not settings["bounds"]):
        raise UsageError("tiers.names_differ", names=len(names), tiers=needed)
    if needed > len(_LETTERS) and not names and method != "shares":
        raise UsageError("tiers.too_many", most=len(_LETTERS))
    found = tuple(f"tier_{name.lower()}" if name.lower() in _LETTERS else name for name in (names or given)[:needed])
    if len(set(found)) != len(found):
        raise UsageError("tiers.same_name")
    return found


def _bounds(settings: Settings, values: cut.IntArray, tiers: int) -> tuple[Decimal, ...]:
    """The user's bounds, or proposed ones at even quantiles of the positive values, rounded so as to be said."""
    if settings["bounds"]:
        return settings["bounds"]
    unit = 1 if settings["basis"] == "orders" else 100
    positive = values[values > 0] / unit
    if not positive.size:
        return ()
    wanted = np.quantile(positive, [part / tiers for part in range(1, tiers)])
    return propose_bounds([float(value) for value in wanted], settings["basis"])


def _tiers(
    settings: Settings, values: cut.IntArray, names: tuple[str, ...]
) -> tuple[cut.IntArray, tuple[Decimal, ...]]:
    """The tier of every value, and the bounds where there are any."""
    if settings["method"] == "bounds":
        bounds = _bounds(settings, values, len(names))
        unit = 1 if settings["basis"] == "orders" else 100
        return cut.by_bounds(values, [int(bound * unit) for bound in bounds]), bounds
    if settings["method"] == "quantiles":
        return cut.by_rank(values, len(names)), ()
    shares = [Fraction(str(part)) for _, part in settings["shares"]]
    return cut.by_share(values, shares), ()


def assign(query: Query, settings: Settings, as_of: date, into: str) -> None:
    """Temporary table `into`: every customer with the tier at `as_of`, or why they stand outside."""
    names = _names(settings)
    segmenting.make_bought(query, segmenting.window_start(settings, as_of), as_of)
    found = query.arrow(_VALUES, basis=settings["basis"])
    values = found["value"].to_numpy().astype(np.int64)
    tiers, _ = _tiers(settings, values, names)
    query.put("tier_ranges", _ranges(values, tiers, names))
    query.make(into, _ASSIGNED, basis=settings["basis"])


def _ranges(values: cut.IntArray, tiers: cut.IntArray, names: tuple[str, ...]) -> pa.Table:
    """A row per tier that somebody has: segment, least and below, the values from `least` to under `below`."""
    there = [place for place in range(len(names)) if (tiers == place).any()]
    least = [int(values[tiers == place].min()) for place in there]
    below = [_ABOVE_ALL, *least][: len(least)]
    ranges = [*zip([names[place] for place in there], least, below, strict=True)]
    ranges.append((NO_NET, -_ABOVE_ALL, least[-1] if least else _ABOVE_ALL))
    return pa.table({
        "segment": pa.array([name for name, _, _ in ranges], pa.string()),
        "least": pa.array([low for _, low, _ in ranges], pa.int64()),
        "below": pa.array([high for _, _, high in ranges], pa.int64()),
    })  # fmt: skip


def members(query: Query, settings: Settings) -> None:
    """Temporary table `members` with `segment`; raises as `run` does."""
    _check(query, settings)
    segmenting.make_members(query, settings, assign)


def _check(query: Query, settings: Settings) -> None:
    if settings["basis"] == "margin" and not query.one(_HAS_MARGIN)[0]:
        raise NotEnoughDataError("tiers.no_margin")


def run(query: Query, settings: Settings) -> Result:
    """Customers by value tier at `as_of`, by sales, margin or orders of the `window` months before it.

    method 'shares' (default 50/30/20): best customers first, the tiers carry these shares of the total; 'bounds':
    fixed amounts, a lower bound belongs to its tier; 'quantiles': equal groups by rank. 0 or less: 'no_net'.
    Table: see `segmenting.UNITS`, and `least`: what the last customer in the tier has. Raises NotEnoughDataError
    without margins for basis=margin, UsageError for shares that are not a whole and names that do not match.
    """
    _check(query, settings)
    names = _names(settings)
    found = segmenting.by_segment(query, settings, assign, [*names, NO_NET])
    values = query.arrow("SELECT value FROM assigned WHERE value IS NOT NULL")["value"].to_numpy().astype(np.int64)
    bounds = _tiers(settings, values, names)[1]
    money_unit = settings["basis"] != "orders"
    least = {key: money(Decimal(value) / 100) if money_unit else value for key, value in query.rows(_LEAST)}
    table = frame(({**row, "least": least.get(row["segment"])} for row in found.rows), [*found.units, "least"])
    start, as_of = segmenting.window_start(settings, settings["as_of"]), settings["as_of"]
    rule = Message(
        f"segments.value_tiers.rule.{settings['method']}",
        {
            "basis": Message(f"segments.basis.{settings['basis']}"), "window": settings["window"], "as_of": as_of,
            "tiers": len(names), "bounds": ", ".join(f"{bound:g}" for bound in bounds),
            "shares": ", ".join(f"{name.upper()} {100 * part:g}" for name, part in settings["shares"]),
        },
    )  # fmt: skip
    metrics: dict[str, Metric] = {"customers": Metric(found.n, "count"), "sales": Metric(found.sales, "money")}
    if found.inside and found.inside[0]["segment"] in names:
        best, mark = found.inside[0], {"segment": found.inside[0]["segment"]}
        metrics["best"] = Metric(best["n_customers"], "count", before=best["n_customers_before"], better=0, mark=mark)
        metrics["best_share"] = Metric(best["share_sales"], "ratio", mark=mark)
        metrics["best_least"] = Metric(least[best["segment"]], "money" if money_unit else "count", better=0, mark=mark)
    return Result(
        key=KEY,
        headline=_headline(query, found, names),
        metrics=metrics,
        table=table,
        units={**found.units, "least": "money" if money_unit else "count"},
        basis=basis(
            found.account, start, as_of, rule=rule, formula="value_tiers", parts=found.parts, n_customers=found.n
        ),
        chart=segmenting.CHART,
        drill=("segment",),
        notes=(*segmenting.notes(query, found), *_notes(query, start)),
        labels=_labels(names),
    )


def _notes(query: Query, start: date | None) -> tuple[Note, ...]:
    first = query.extent()[0]
    return (Note("window_longer_than_data", {"first": first}),) if start and start < first else ()


def _labels(names: tuple[str, ...]) -> Mapping[str, str]:
    known = {name: f"label.{name}" for name in names if name.removeprefix("tier_") in _LETTERS}
    return {**known, NO_NET: "label.no_net", **{key: f"label.{key}" for key in segmenting.OUTSIDE}}


def _headline(query: Query, found: segmenting.Segments, names: tuple[str, ...]) -> Message:
    if plain := segmenting.plain_headline(found):
        return plain
    best = next(row for name in names for row in found.inside if row["segment"] == name)
    return segmenting.carries(query, best)


SETTINGS = (
    AS_OF,
    Setting("basis", "choice", "sales", choices=("sales", "margin", "orders")),
    Setting("method", "choice", "shares", choices=("shares", "bounds", "quantiles")),
    Setting("shares", "shares", _HALF_THIRTY_TWENTY),
    Setting("bounds", "amounts", None, low=0),
    Setting("groups", "integer", 3, low=2, high=8),
    Setting("names", "names", None),
    Setting("window", "integer", 12, low=1, high=120),
)
ANALYSES = (Analysis(KEY, run, SETTINGS, members, ("segment",), listed="n_orders > 0"),)
