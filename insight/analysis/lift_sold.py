"""What sold: which goods, stores and channels carry the difference, and what the other arm bought anyway."""

from decimal import Decimal
from typing import Any

from insight.analysis import fields
from insight.analysis.basis import frame
from insight.analysis.lift_measures import difference
from insight.analysis.lift_reading import ARM, Reading, read
from insight.analysis.lift_rules import COMMON, make_customers
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError, UsageError
from insight.result import Basis, Chart, Message, Metric, Note, Result, SumCheck, Unit
from insight.settings import Setting, Settings
from insight.stats.means import Difference, welch
from insight.stats.moments import moments_of_sums
from insight.stats.multiplicity import benjamini_hochberg
from insight.workspace.engine import Query, money

_FIELDS = ("category", "article", "brand", "store", "channel")
MOST_VALUES = 20
OTHERS = "other_values"


def _there(query: Query) -> list[str]:
    """What the purchases can be divided by; an article may have a number only."""
    held = [name for name in _FIELDS if query.has_values("transactions", name)]
    return held if "article" in held or not query.has_values("transactions", "article_id") else [*held, "article"]


def _first_there(query: Query) -> str:
    return next(iter(_there(query)), _FIELDS[0])


OF = Setting("of", "choice", _first_there, choices=_FIELDS)

# Lines where goods are told apart, orders otherwise; the field is one of ours and is chosen by name.
_BOUGHT_LINES = """
    SELECT
        found.customer_id,
        found.arm,
        CASE $of WHEN 'category' THEN lines.category WHEN 'article' THEN coalesce(lines.article, lines.article_id)
            ELSE lines.brand END AS value,
        sum(lines.amount) AS sales
    FROM lift_customers AS found
    JOIN transactions AS lines ON lines.customer_id = found.customer_id
        AND lines.ordered_at >= found.assigned_on
        AND lines.ordered_at < found.assigned_on + cast($window AS INTEGER)
    GROUP BY found.customer_id, found.arm,
        CASE $of WHEN 'category' THEN lines.category WHEN 'article' THEN coalesce(lines.article, lines.article_id)
            ELSE lines.brand END
"""
_BOUGHT_ORDERS = """
    SELECT
        found.customer_id,
        found.arm,
        CASE $of WHEN 'store' THEN orders.store ELSE orders.channel END AS value,
        sum(orders.sales) AS sales
    FROM lift_customers AS found
    JOIN orders ON orders.customer_id = found.customer_id
        AND orders.ordered_on >= found.assigned_on
        AND orders.ordered_on < found.assigned_on + cast($window AS INTEGER)
    GROUP BY found.customer_id, found.arm, CASE $of WHEN 'store' THEN orders.store ELSE orders.channel END
"""
_MEMBERS = """
    SELECT
        bought.customer_id, bought.arm,
        CASE WHEN bought.value IS NULL THEN 'unknown' WHEN ranked.place <= $most THEN bought.value
            ELSE 'other_values' END AS value,
        sum(bought.sales) AS sales
    FROM lift_bought AS bought
    LEFT JOIN (
        SELECT value, row_number() OVER (ORDER BY sum(abs(sales)) DESC, value) AS place
        FROM lift_bought WHERE value IS NOT NULL GROUP BY value) AS ranked ON ranked.value = bought.value
    GROUP BY bought.customer_id, bought.arm,
        CASE WHEN bought.value IS NULL THEN 'unknown' WHEN ranked.place <= $most THEN bought.value
            ELSE 'other_values' END
"""
_SUMS = """
    SELECT arm, value, count(*) AS n_customers, sum(sales) AS sales,
        sum(cast(sales AS DOUBLE) * cast(sales AS DOUBLE)) AS squares
    FROM members GROUP BY arm, value
"""
_UNITS: dict[str, Unit] = {
    "value": "text", "arm": "text", "other": "text", "n_customers": "count", "n_other": "count", "sales": "money",
    "mean": "money", "anyway": "money", "effect": "money", "effect_low": "money", "effect_high": "money",
    "share_difference": "ratio", "pvalue": "pvalue", "pvalue_adjusted": "pvalue",
}  # fmt: skip


def _make(query: Query, of: str, window: int) -> None:
    sql = _BOUGHT_ORDERS if of in ("store", "channel") else _BOUGHT_LINES
    query.make("lift_bought", sql, of=of, window=window)
    query.make("members", _MEMBERS, most=MOST_VALUES)


def _make_members(query: Query, settings: Settings) -> None:
    _make(query, settings["of"], make_customers(query, settings).window)


def _rows(query: Query, reading: Reading, arm: str) -> list[dict[str, Any]]:
    other = reading.against[arm]
    found = {(row["arm"], row["value"]): row for row in query.frame(_SUMS).to_dict("records")}
    nothing = {"n_customers": 0, "sales": Decimal(0), "squares": 0.0}
    whole = difference(reading.arms[arm], reading.arms[other], "spend").effect_size if reading.claims else None
    rows: list[dict[str, Any]] = []
    for value in sorted({value for _, value in found}):
        own, base = (found.get((name, value), nothing) for name in (arm, other))
        mine, theirs = (
            moments_of_sums(reading.arms[name].n, float(part["sales"]), float(part["squares"]))
            for name, part in ((arm, own), (other, base))
        )
        effect = welch(mine, theirs) if reading.claims else Difference(None, None, None, None, None, None)
        rows.append({
            "value": value, "arm": arm, "other": other, "n_customers": int(own["n_customers"]),
            "n_other": int(base["n_customers"]), "sales": money(own["sales"]), "mean": mine.mean,
            "anyway": theirs.mean, "effect": effect.effect_size, "effect_low": effect.ci_lower,
            "effect_high": effect.ci_upper, "pvalue": effect.pvalue, "pvalue_adjusted": None,
            "share_difference": effect.effect_size / whole if effect.effect_size is not None and whole else None,
        })  # fmt: skip
    tested = [row for row in rows if row["pvalue"] is not None]
    for row, pvalue in zip(tested, benjamini_hochberg([row["pvalue"] for row in tested]), strict=True):
        row["pvalue_adjusted"] = pvalue
    return sorted(rows, key=lambda row: (-(row["effect"] or 0.0), row["value"]))


def sold(query: Query, settings: Settings) -> Result:
    """Sales per assigned customer by goods, store or channel: one arm against the one it is told against.

    `of` says by what; the twenty largest, the rest together. Table: value, arm, other, n_customers and n_other who
    bought it, sales in the arm, mean per assigned customer, anyway (the same in the other arm: what would have been
    bought without), effect with 95 % interval, its share of the whole difference, p, and p adjusted over the values
    (Benjamini-Hochberg; exploratory). The values' sales add up to the arm's. Effects are None where the checks stop
    them. Raises UsageError when the data do not say `of`, NotEnoughDataError when
    they say nothing of what was bought.
    """
    of = settings["of"]
    there = _there(query)
    if not there:
        raise NotEnoughDataError("lift.nothing_named")
    if of not in there:
        raise UsageError("fields.unknown", value=of, known=", ".join(there))
    reading = read(query, settings)
    trial, arm = reading.trial, reading.leading(settings)
    _make(query, of, trial.window)
    rows = _rows(query, reading, arm)
    if not rows:
        raise NotEnoughDataError("lift.no_sales", window=trial.window, first=trial.first_on)
    base = trial.basis(Message("lift.sold_rule", {"window": trial.window}), "lift_sold")
    total = sum((row["sales"] for row in rows), Decimal("0.00"))
    known = [row for row in rows if row["value"] not in (OTHERS, fields.UNKNOWN)]
    top = known[0] if known else rows[0]
    return Result(
        key="lift.sold",
        headline=reading.stop or Message(
            "lift.sold_headline" if (top["effect"] or 0) > 0 else "lift.sold_nothing",
            {"value": top["value"], "effect": top["effect"], "arm": arm, "other": reading.against[arm]},
        ),
        metrics={
            "carried": Metric(top["share_difference"], "ratio", mark={"arm": arm, "value": top["value"]}),
            "anyway": Metric(reading.arms[reading.against[arm]].mean("spend"), "money"),
        },
        table=frame(rows, list(_UNITS)),
        units=dict(_UNITS),
        basis=Basis(
            base.start, base.end, base.rows_used, base.rows_left_out, base.rule, base.formula,
            SumCheck(_arm_sales(query, arm), {row["value"]: row["sales"] for row in rows} or {"none": total}),
            base.n_customers,
        ),
        chart=Chart(
            "interval", x="value", y="effect", low="effect_low", high="effect_high",
            title=Message("lift.sold_title", {"arm": arm, "other": reading.against[arm]}),
            subtitle=Message("lift.sold_subtitle"),
        ) if reading.claims else None,
        charts=(Chart(
            "hbar", x="value", y="anyway", title=Message("lift.basket_title", {"other": reading.against[arm]}),
            subtitle=Message("lift.basket_subtitle"),
        ),) if reading.claims else (),
        drill=("arm", "value"),
        notes=(*reading.notes, Note("exploratory")),
        labels={value: f"label.{value}" for value in (OTHERS, fields.UNKNOWN)},
        evidence=reading.evidence,
    )  # fmt: skip


def _arm_sales(query: Query, arm: str) -> Decimal:
    return money(query.one("SELECT sum(sales) FROM lift_customers WHERE arm = $arm", arm=arm)[0])


ANALYSES = (
    Analysis("lift.sold", sold, (*COMMON, OF, ARM), _make_members, ("arm", "value"), ("assignments", "transactions")),
)
