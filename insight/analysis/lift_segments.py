"""For whom did it work: the effect per group of customers, as they were before the test. Exploratory."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from insight.analysis import fields, lifecycle, rfm, segmenting, tiers
from insight.analysis.basis import frame
from insight.analysis.lift_reading import ARM, FIGURE, Reading, read
from insight.analysis.lift_rules import COMMON, make_customers
from insight.analysis.registry import Analysis
from insight.analysis.segmenting import Assign
from insight.errors import UsageError
from insight.result import Chart, Message, Metric, Note, Result, Unit
from insight.settings import Setting, Settings, resolve
from insight.stats.means import Difference, heterogeneity, welch
from insight.stats.moments import Moments
from insight.stats.multiplicity import benjamini_hochberg
from insight.stats.power import mde_mean
from insight.workspace.engine import Query

BY = Setting("by", "text", "value_tiers")
MOST_SEGMENTS = 12
OTHERS = "other_values"
FEWEST = 30

SEGMENTATIONS: dict[str, tuple[Assign, tuple[Setting, ...]]] = {
    "value_tiers": (tiers.assign, tiers.SETTINGS), "lifecycle": (lifecycle.assign, lifecycle.SETTINGS),
    "rfm": (rfm.assign, rfm.SETTINGS),
}  # fmt: skip
# What a customer's record says before any test. Main store and channel come from all purchases, also those that the
# test brought, and may not divide it.
AFTERWARDS = ("main_channel", "main_store", "n_channels")

_VALUED = """
    SELECT lift_customers.customer_id, lift_customers.arm, lift_customers.n_orders, lift_customers.sales,
        lift_customers.margin, lift_customers.cost, named.value
    FROM lift_customers LEFT JOIN lift_values AS named ON named.customer_id = lift_customers.customer_id
"""
_LARGEST = """
    SELECT value FROM lift_valued WHERE value IS NOT NULL GROUP BY value ORDER BY count(*) DESC, value LIMIT $most
"""
_PLACED = """
    SELECT
        found.customer_id, found.arm, found.n_orders, found.sales, found.margin, found.cost,
        CASE WHEN found.value IS NULL THEN 'unknown' ELSE coalesce(largest.value, 'other_values') END AS segment
    FROM lift_valued AS found LEFT JOIN lift_largest AS largest ON largest.value = found.value
"""
_MOMENTS = f"""
    SELECT arm, segment, count(*) AS n, sum(CASE WHEN n_orders > 0 THEN 1 ELSE 0 END) AS buyers,
        avg(y) AS mean, var_samp(y) AS var
    FROM (SELECT arm, segment, n_orders, {FIGURE} AS y FROM lift_placed) AS figures
    GROUP BY arm, segment
"""  # noqa: S608 - the figure is our own text
_MEMBERS = """
    SELECT customer_id, arm, CASE WHEN n_orders > 0 THEN 'yes' ELSE 'no' END AS bought, segment, n_orders, sales
    FROM lift_placed
"""
_RESPONSE = """
    SELECT arm, CASE WHEN n_orders > 0 THEN 'yes' ELSE 'no' END AS bought, segment, count(*) AS n_customers,
        sum(n_orders) AS n_orders, sum(sales) AS sales
    FROM lift_placed GROUP BY arm, CASE WHEN n_orders > 0 THEN 'yes' ELSE 'no' END, segment
    ORDER BY arm, segment, bought DESC
"""
_UNITS: dict[str, Unit] = {
    "segment": "text", "arm": "text", "other": "text", "n_customers": "count", "n_other": "count", "mean": "money",
    "effect": "money", "effect_low": "money", "effect_high": "money", "pvalue": "pvalue", "pvalue_adjusted": "pvalue",
}  # fmt: skip
_MORE_UNITS: dict[str, dict[str, Unit]] = {
    "all": _UNITS,
    "response": {
        "arm": "text", "bought": "text", "segment": "text", "n_customers": "count", "n_orders": "count",
        "sales": "money",
    },
    "interaction": {"arm": "text", "statistic": "number", "df": "count", "pvalue": "pvalue"},
}  # fmt: skip


def dimensions(query: Query) -> list[str]:
    """What the arms can be divided by: segmentations as they stood before the test, and fields of the customer."""
    return [*SEGMENTATIONS, *(key for key in fields.available(query, of_customers=True) if key not in AFTERWARDS)]


def make_values(query: Query, key: str, as_of: date) -> None:
    """Temporary table `lift_values`: customer_id, value of a dimension on a day. UsageError for one there is not."""
    if key in SEGMENTATIONS:
        assign, settings = SEGMENTATIONS[key]
        chosen = resolve(settings, {"as_of": as_of.isoformat()}, query)
        segmenting.make_assigned(query, chosen, assign, as_of, "lift_assigned")
        query.make("lift_values", "SELECT customer_id, segment AS value FROM lift_assigned WHERE segment IS NOT NULL")
        return
    known = dimensions(query)
    if key not in known:
        raise UsageError("fields.unknown", value=key, known=", ".join(known))
    fields.make_values(query, fields.find(query, key, of_customers=True), as_of)
    query.make("lift_values", "SELECT customer_id, value FROM field_values WHERE value IS NOT NULL")


def _make_placed(query: Query, settings: Settings, as_of: date) -> None:
    make_values(query, settings["by"], as_of)
    query.make("lift_valued", _VALUED)
    query.make("lift_largest", _LARGEST, most=MOST_SEGMENTS)
    query.view("lift_placed", _PLACED)


def _make_members(query: Query, settings: Settings) -> None:
    trial = make_customers(query, settings)
    _make_placed(query, settings, trial.first_on)
    query.make("members", _MEMBERS)


def _rows(query: Query, reading: Reading) -> list[dict[str, Any]]:
    """A row per arm and segment with the effect against what the arm is told against."""
    found: dict[tuple[str, str], tuple[Moments, int]] = {}
    for row in query.frame(_MOMENTS, metric=reading.trial.primary).to_dict("records"):
        fixed = reading.arms[row["arm"]].fixed if reading.trial.primary == "net_profit" else 0.0
        var = None if row["var"] is None or row["var"] != row["var"] else float(row["var"])
        found[row["arm"], row["segment"]] = (Moments(int(row["n"]), float(row["mean"]) - fixed, var), int(row["n"]))
    rows: list[dict[str, Any]] = []
    for (arm, segment), (own, n) in sorted(found.items()):
        if arm not in reading.against:
            continue
        other = reading.against[arm]
        base, n_other = found.get((other, segment), (Moments(0, None, None), 0))
        told = reading.claims and min(n, n_other) >= FEWEST
        effect = welch(own, base) if told else Difference(None, None, None, None, None, None)
        rows.append({
            "segment": segment, "arm": arm, "other": other, "n_customers": n, "n_other": n_other, "mean": own.mean,
            "effect": effect.effect_size, "effect_low": effect.ci_lower, "effect_high": effect.ci_upper,
            "pvalue": effect.pvalue, "pvalue_adjusted": None, "difference": effect,
        })  # fmt: skip
    tested = [row for row in rows if row["pvalue"] is not None]
    for row, pvalue in zip(tested, benjamini_hochberg([row["pvalue"] for row in tested]), strict=True):
        row["pvalue_adjusted"] = pvalue
    return rows


def _interactions(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Per arm: do its segments' effects differ by more than chance? Cochran's Q over those with thirty on each side."""
    found: list[dict[str, Any]] = []
    for arm in dict.fromkeys(row["arm"] for row in rows):
        test = heterogeneity([row["difference"] for row in rows if row["arm"] == arm])
        found.append({"arm": arm, "statistic": test.statistic, "df": test.df, "pvalue": test.pvalue})
    return found


def segments(query: Query, settings: Settings) -> Result:
    """The effect on the deciding figure within each group of `by`, for one arm (`arm`; the leading one unless said).

    Groups are as they stood on the day of the first assignment; the twelve largest, the rest together. Table: segment,
    arm, other, n_customers and n_other in each arm, mean, effect with 95 % interval, p, and p adjusted over all arms
    and segments (Benjamini-Hochberg); no effect where a side has fewer than thirty customers. `tables`: "all" the same
    for every arm, "interaction" Cochran's Q per arm, "response" arm by bought by segment. Exploratory: a difference
    between segments counts only where the interaction test says so. Effects are None where the checks stop them.
    Raises UsageError for an unknown field or arm.
    """
    reading = read(query, settings)
    trial = reading.trial
    arm = reading.leading(settings)
    _make_placed(query, settings, trial.first_on)
    every = _rows(query, reading)
    interactions = _interactions(every)
    own = sorted((row for row in every if row["arm"] == arm), key=_largest_first)
    test = next(row for row in interactions if row["arm"] == arm)
    few = sum(1 for row in own if min(row["n_customers"], row["n_other"]) < FEWEST)
    return Result(
        key="lift.segments",
        headline=reading.stop or _headline(own, test, reading.metric),
        metrics={"interaction": Metric(test["pvalue"], "pvalue", better=0)},
        table=frame(own, list(_UNITS)),
        units=dict(_UNITS),
        basis=trial.basis(
            Message("lift.segments_rule", {"day": trial.first_on, "window": trial.window}), "lift_segments"
        ),
        chart=Chart(
            "interval", x="segment", y="effect", low="effect_low", high="effect_high",
            title=Message("lift.segments_title", {"metric": reading.metric, "arm": arm, "other": reading.against[arm]}),
            subtitle=Message("lift.segments_subtitle"),
        ) if reading.claims else None,
        drill=("arm", "segment", "bought"),
        notes=(
            *reading.notes, Note("exploratory"), *((Note("few_in_segments", {"n": few}, "warning"),) if few else ()),
        ),
        labels={
            **_labels(query, settings["by"], {row["segment"] for row in every}),
            "yes": "lift.bought.yes", "no": "lift.bought.no",
        },
        evidence=reading.evidence,
        tables={
            "all": frame(every, list(_UNITS)), "response": query.frame(_RESPONSE),
            "interaction": frame(interactions, list(_MORE_UNITS["interaction"])),
        },
        more_units=dict(_MORE_UNITS),
    )  # fmt: skip


def _largest_first(row: Mapping[str, Any]) -> tuple[bool, float, str]:
    effect = row["effect"]
    return (effect is None, -(effect or 0.0), row["segment"])


def _labels(query: Query, by: str, values: set[str]) -> dict[str, str]:
    """Catalogue keys for our own segments; values of the user's own fields stay as they are."""
    own = {OTHERS, fields.UNKNOWN}
    if by in SEGMENTATIONS or not fields.find(query, by, of_customers=True).own:
        own |= set(fields.AGE_KEYS) | {"member", "no_member"}
    if by in SEGMENTATIONS:
        own |= values
    return {value: f"label.{value}" for value in values if value in own}


def _seen(effects: list[Difference]) -> float | None:
    """The smallest difference between two segments' effects that would have been seen: power 0.8 at 5 %, between the
    two that are known best."""
    errors = sorted(effect.standard_error for effect in effects if effect.standard_error)
    if len(errors) < 2:
        return None
    return mde_mean(errors[0] ** 2, 1, 1, var_treatment=errors[1] ** 2)


def _headline(own: list[dict[str, Any]], test: Mapping[str, Any], metric: Message) -> Message:
    told = [row for row in own if row["effect"] is not None]
    if test["pvalue"] is None or not told:
        return Message("lift.segments_too_few")
    if test["pvalue"] >= 0.05:
        values = {"n": test["df"] + 1, "p": test["pvalue"], "seen": _seen([row["difference"] for row in told])}
        return Message("lift.segments_alike", values)
    best = told[0]
    return Message(
        "lift.segments_differ",
        {"segment": best["segment"], "effect": best["effect"], "metric": metric, "arm": best["arm"]},
    )


ANALYSES = (
    Analysis(
        "lift.segments", segments, (*COMMON, BY, ARM), _make_members, ("arm", "bought", "segment"),
        ("assignments", "transactions"),
    ),
)  # fmt: skip
