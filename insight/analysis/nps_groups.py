"""Promoters, passives and detractors in money: one fixed window before the answer, or one after it, never both."""

from collections.abc import Mapping
from typing import Any

from insight.analysis.basis import frame
from insight.analysis.nps_rules import GROUPS, MONTHS, NPS_END, NPS_START, Base, needs_nps
from insight.analysis.nps_windows import early_notes, make_windows
from insight.analysis.registry import Analysis
from insight.analysis.selected import spend_notes
from insight.errors import NotEnoughDataError
from insight.result import Chart, Message, Metric, Note, Result, Unit
from insight.settings import Setting, Settings
from insight.stats.means import one_sample
from insight.stats.moments import Moments
from insight.stats.nps_groups import MIN_CUSTOMERS, MeanRatio, StandardisedRatio, mean_ratio, standardised_ratio
from insight.workspace.engine import Query, money

SIDE = Setting("side", "choice", "before", choices=("before", "after"))
_MEASURES = {"spend": "sales", "orders": "n_orders", "margin": "margin"}
_UNITS: dict[str, Unit] = {
    "group": "text", "n_customers": "count", "sales": "money", "mean_spend": "money", "spend_low": "money",
    "spend_high": "money", "median_spend": "money", "mean_orders": "number", "receipt": "money",
    "mean_margin": "money", "bought_share": "ratio", "retained_share": "ratio", "multichannel_share": "ratio",
}  # fmt: skip

# One row a customer: the latest answer (after it: the latest whose window is whole). A customer already when the
# window opened is retained if something was bought in it.
_VALUES = """
    SELECT
        latest.customer_no, latest.nps_group, latest.score, latest.answered_on, latest.sales, latest.n_orders,
        latest.purchases, latest.margin, latest.several,
        coalesce(facts.first_order_on < latest.from_on, false) AS was_customer,
        coalesce(facts.main_channel, '') AS main_channel,
        coalesce(least(3, greatest(0, date_diff('month', facts.first_order_on, latest.answered_on) // 12)), 0) AS tenure
    FROM windows AS latest
    JOIN customer_facts AS facts ON facts.rowid = latest.customer_no
    WHERE latest.latest
"""

_MEMBERS = """
    SELECT facts.customer_id, nps_group AS "group", cast(found.score AS INTEGER) AS last_score,
        found.answered_on AS last_answered_on, found.sales, found.n_orders
    FROM nps_values AS found
    JOIN customer_facts AS facts ON facts.rowid = found.customer_no
"""

_TABLE = """
    SELECT
        nps_group,
        count(*) AS n_customers,
        sum(sales) AS sales,
        avg(cast(sales AS DOUBLE)) AS mean_spend,
        var_samp(cast(sales AS DOUBLE)) AS var_spend,
        median(cast(sales AS DOUBLE)) AS median_spend,
        avg(n_orders) AS mean_orders,
        sum(n_orders) AS n_orders,
        sum(purchases) AS purchases,
        avg(cast(coalesce(margin, 0) AS DOUBLE)) AS mean_margin,
        count(margin) AS n_margin,
        count(CASE WHEN n_orders > 0 THEN 1 END) AS n_bought,
        count(CASE WHEN was_customer THEN 1 END) AS n_were,
        count(CASE WHEN was_customer AND n_orders > 0 THEN 1 END) AS n_retained,
        count(CASE WHEN several THEN 1 END) AS n_several
    FROM nps_values
    GROUP BY nps_group
"""

_STRATA = """
    SELECT nps_group, tenure, main_channel, count(*) AS n,
        avg(cast(sales AS DOUBLE)) AS spend, var_samp(cast(sales AS DOUBLE)) AS var_spend,
        avg(n_orders) AS orders, var_samp(n_orders) AS var_orders,
        avg(cast(coalesce(margin, 0) AS DOUBLE)) AS margin, var_samp(cast(coalesce(margin, 0) AS DOUBLE)) AS var_margin
    FROM nps_values
    WHERE nps_group <> 'passive'
    GROUP BY nps_group, tenure, main_channel
    ORDER BY tenure, main_channel, nps_group
"""
_WHOLE = """
    SELECT nps_group, count(*) AS n,
        avg(cast(sales AS DOUBLE)) AS spend, var_samp(cast(sales AS DOUBLE)) AS var_spend,
        avg(n_orders) AS orders, var_samp(n_orders) AS var_orders,
        avg(cast(coalesce(margin, 0) AS DOUBLE)) AS margin, var_samp(cast(coalesce(margin, 0) AS DOUBLE)) AS var_margin
    FROM nps_values
    GROUP BY nps_group
"""


def _make(query: Query, settings: Settings) -> tuple[Base, int]:
    base = make_windows(query, settings, settings["side"], every=settings["side"] == "after")
    needs_nps(base)
    query.make("nps_values", _VALUES)
    return base, query.count("nps_values")


def _make_members(query: Query, settings: Settings) -> None:
    _make(query, settings)
    query.make("members", _MEMBERS)


def _row(group: str, found: Mapping[Any, Any]) -> dict[str, object]:
    """One group's figures per customer, those who bought nothing included."""
    n, orders = int(found["n_customers"]), int(found["n_orders"])
    mean = one_sample(Moments(n, found["mean_spend"], found["var_spend"]))
    return {
        "group": group,
        "n_customers": n,
        "sales": money(found["sales"]),
        "mean_spend": float(found["mean_spend"]),
        "spend_low": mean.ci_lower,
        "spend_high": mean.ci_upper,
        "median_spend": float(found["median_spend"]),
        "mean_orders": float(found["mean_orders"]),
        "receipt": float(found["purchases"]) / orders if orders else None,
        "mean_margin": float(found["mean_margin"]) if found["n_margin"] else None,
        "bought_share": int(found["n_bought"]) / n,
        "retained_share": int(found["n_retained"]) / int(found["n_were"]) if found["n_were"] else None,
        "multichannel_share": int(found["n_several"]) / int(found["n_bought"]) if found["n_bought"] else None,
    }


def _ratios(query: Query, *, with_margin: bool) -> dict[str, Metric]:
    """Promoters' mean over detractors', as a ratio and as so much more; plain, and at equal tenure and channel."""
    whole = {str(row["nps_group"]): row for row in query.frame(_WHOLE).to_dict("records")}
    strata: dict[tuple[int, str], dict[str, Mapping[Any, Any]]] = {}
    for row in query.frame(_STRATA).to_dict("records"):
        strata.setdefault((int(row["tenure"]), str(row["main_channel"])), {})[str(row["nps_group"])] = row
    metrics: dict[str, Metric] = {}
    for name in _MEASURES:
        if name == "margin" and not with_margin:
            continue
        plain = mean_ratio(_moments(whole.get("promoter"), name), _moments(whole.get("detractor"), name))
        even = standardised_ratio([
            (_moments(groups.get("promoter"), name), _moments(groups.get("detractor"), name))
            for groups in strata.values()
        ])  # fmt: skip
        metrics |= _told(f"{name}_ratio", f"{name}_more", plain)
        metrics |= _told(f"{name}_ratio_standardised", f"{name}_more_standardised", even)
    return metrics


def _moments(row: Mapping[Any, Any] | None, name: str) -> Moments:
    if row is None:
        return Moments(0, None, None)
    return Moments(int(row["n"]), float(row[name]), None if row[f"var_{name}"] is None else float(row[f"var_{name}"]))


def _told(ratio: str, more: str, found: MeanRatio | StandardisedRatio) -> dict[str, Metric]:
    shown = [None if part is None else part - 1 for part in (found.ratio, found.ci_lower, found.ci_upper)]
    return {
        ratio: Metric(found.ratio, "number", found.ci_lower, found.ci_upper),
        more: Metric(shown[0], "ratio", shown[1], shown[2]),
    }


def groups(query: Query, settings: Settings) -> Result:
    """What promoters, passives and detractors bought in a fixed window before or after their latest answer.

    Table: group, n_customers, sales, mean_spend with its t interval, median_spend, mean_orders, receipt, mean_margin,
    bought_share, retained_share (of those who were customers when the window opened), multichannel_share (of those who
    bought); means include those who bought nothing. Metrics: spend_ratio, orders_ratio, margin_ratio (promoters' mean
    over detractors', log-delta interval), each also `…_standardised` (equal tenure × channel) and as `…_more` (ratio
    − 1). Raises NotEnoughDataError on another scale than 0–10, and where no answer has its window.
    """
    base, n = _make(query, settings)
    if n == 0:
        raise NotEnoughDataError(f"nps.no_window_{settings['side']}", months=settings["months"])
    found = {str(row["nps_group"]): row for row in query.frame(_TABLE).to_dict("records")}
    with_margin = any(row["n_margin"] for row in found.values())
    table = frame([_row(group, found[group]) for group in GROUPS if group in found], list(_UNITS))
    metrics = {
        **_ratios(query, with_margin=with_margin),
        "n_customers": Metric(n, "count", better=0),
    }
    headline = _headline(metrics, settings)
    few = int((table["n_customers"] < MIN_CUSTOMERS).sum()) + len(GROUPS) - len(table)
    early = early_notes(query, settings) if settings["side"] == "before" else ()
    return Result(
        key="nps.groups",
        headline=headline,
        metrics=metrics,
        table=table,
        units=_UNITS,
        basis=base.basis(
            "nps_groups", Message(f"nps.groups_rule_{settings['side']}", {"months": settings["months"]}),
            unknown_customer=base.n_unknown, not_latest=base.n_counted - base.n_unknown - n,
        ),
        chart=Chart(
            "hbar", x="group", y="mean_spend", low="spend_low", high="spend_high", title=headline,
            subtitle=Message(f"nps.money_subtitle_{settings['side']}", {"months": settings["months"]}),
        ),
        drill=("group",),
        notes=(
            *base.notes, *spend_notes(query),
            *([Note("groups_too_few", {"n": few, "few": MIN_CUSTOMERS})] if few else []), *early,
        ),
        labels={group: f"nps.group.{group}" for group in GROUPS},
        evidence="association",
    )  # fmt: skip


def _headline(metrics: Mapping[str, Metric], settings: Settings) -> Message:
    more = metrics["spend_more"]
    if more.value is None or more.low is None or more.high is None:
        return Message("nps.money_few", {"few": MIN_CUSTOMERS})
    values: dict[str, object] = {"more": more.value, "low": more.low, "high": more.high}
    if more.low > 0:
        return Message(f"nps.money_more_{settings['side']}", values)
    return Message("nps.money_less" if more.high < 0 else "nps.money_same", values)


ANALYSES = (
    Analysis(
        "nps.groups", groups, (SIDE, MONTHS, NPS_START, NPS_END), _make_members, ("group",), ("answers", "transactions")
    ),
)
