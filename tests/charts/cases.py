"""An invented result for every kind of chart, with the figures of the look's pictures: they can be compared by eye."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from insight.result import Basis, Chart, Evidence, Message, Metric, Result, Unit

YEAR = Basis(date(2024, 1, 1), date(2025, 1, 1), 1)


def result(
    chart: Chart,
    columns: Mapping[str, list[Any]],
    units: Mapping[str, Unit],
    drill: tuple[str, ...],
    *,
    labels: Mapping[str, str] | None = None,
    evidence: Evidence = "",
    metrics: Mapping[str, Metric] | None = None,
) -> Result:
    """A result with one table and one chart; whole money becomes exact decimals as the analyses give it."""
    table = pd.DataFrame(dict(columns))
    for column, unit in units.items():
        if unit == "money":
            exact = [None if cell is None else Decimal(str(cell)) for cell in columns[column]]
            table[column] = pd.Series(exact, dtype=object)
    return Result(
        key=f"test.{chart.kind}", headline=Message("chart.nothing"), metrics=metrics or {}, table=table, units=units,
        basis=YEAR, chart=chart, drill=drill, labels=labels or {}, evidence=evidence,
    )  # fmt: skip


def line() -> Result:
    """A year of monthly sales against the year before."""
    now = [12.4, 11.6, 12.8, 13.9, 14.9, 16.3, 13.2, 13.7, 15.1, 15.8, 20.4, 24.1]
    before = [12.1, 11.2, 13.0, 13.4, 15.2, 15.9, 12.8, 13.1, 13.9, 14.4, 17.6, 20.8]
    columns = {
        "month": [date(2024, month, 1) for month in range(1, 13)],
        "sales": [value * 1e6 for value in now], "sales_before": [value * 1e6 for value in before],
        "n_customers": [5000 + 37 * month for month in range(12)],
    }  # fmt: skip
    units: dict[str, Unit] = {"month": "date", "sales": "money", "sales_before": "money", "n_customers": "count"}
    return result(Chart("line", x="month", y="sales", before="sales_before"), columns, units, ("month",))


def interval() -> Result:
    """Cumulative net per customer by day since the letter, with its interval."""
    days = list(range(0, 29, 2))
    net = [-12 + 50 * day / (day + 4) for day in days]
    columns = {
        "day": days, "net_per_customer": net, "net_low": [v - 3 - day * 0.4 for v, day in zip(net, days, strict=True)],
        "net_high": [v + 3 + day * 0.4 for v, day in zip(net, days, strict=True)],
    }  # fmt: skip
    units: dict[str, Unit] = {"day": "days", "net_per_customer": "money", "net_low": "money", "net_high": "money"}
    return result(
        Chart("interval", x="day", y="net_per_customer", low="net_low", high="net_high"), columns, units, ("day",)
    )


def groups() -> Result:
    """Retention curves of four channels: lines by group that cross and end close to each other."""
    rows = [
        (c, m, max(0.1, s * 0.93**m))
        for c, s in (("store", 0.9), ("web", 0.88), ("app", 0.95), ("phone", 0.6))
        for m in range(25)
    ]
    columns = {"channel": [r[0] for r in rows], "months": [r[1] for r in rows], "survival": [r[2] for r in rows]}
    units: dict[str, Unit] = {"channel": "text", "months": "months", "survival": "ratio"}
    return result(Chart("line", x="months", y="survival", color="channel"), columns, units, ("channel",))


def hbar() -> Result:
    """Money per customer by kind of answerer, with intervals."""
    columns = {
        "group": ["promoters", "passives", "detractors"], "mean_spend": [4830, 4010, 3450],
        "spend_low": [4650, 3830, 3250], "spend_high": [5000, 4170, 3640], "n_customers": [5800, 3970, 2270],
    }  # fmt: skip
    units: dict[str, Unit] = {
        "group": "text", "mean_spend": "money", "spend_low": "money", "spend_high": "money", "n_customers": "count"
    }  # fmt: skip
    return result(
        Chart("hbar", x="group", y="mean_spend", low="spend_low", high="spend_high"), columns, units, ("group",),
        labels={"promoters": "Ambassadörer (9–10)", "passives": "Passiva (7–8)", "detractors": "Kritiker (0–6)"},
    )  # fmt: skip


def bar() -> Result:
    """Sales by store against the year before, names of all lengths."""
    columns = {
        "store": ["Göteborg Nordstan", "Malmö", "Stockholm Drottninggatan 53, nedre plan", "Umeå", "Webben", "Okänd"],
        "sales": [41_200_000, 28_100_000, 27_400_000, 12_900_000, 9_700_000, 800_000],
        "sales_before": [38_000_000, 29_900_000, 26_000_000, 13_100_000, 6_100_000, None],
    }  # fmt: skip
    units: dict[str, Unit] = {"store": "text", "sales": "money", "sales_before": "money"}
    return result(Chart("bar", x="store", y="sales", before="sales_before"), columns, units, ("store",))


def columns() -> Result:
    """Answers by score, standing."""
    table = {"score": list(range(11)), "n_answers": [120, 60, 85, 140, 210, 480, 620, 1610, 2360, 2580, 3220]}
    units: dict[str, Unit] = {"score": "score", "n_answers": "count"}
    return result(Chart("columns", x="score", y="n_answers"), table, units, ("score",))


def grouped() -> Result:
    """Observed and adjusted side by side, with money below zero."""
    table = {"channel": ["Brev", "E-post", "Sms"], "observed": [310, 120, -45], "adjusted": [190, 95, -60]}
    units: dict[str, Unit] = {"channel": "text", "observed": "money", "adjusted": "money"}
    labels = {"observed": "Som det ser ut", "adjusted": "Jämfört lika med lika"}
    return result(Chart("bar", x="channel", y=("observed", "adjusted")), table, units, ("channel",), labels=labels)


def two_sided() -> Result:
    """Segments: share of customers, share of sales."""
    columns = {
        "segment": [
            "champions", "loyal", "potential_loyal", "new", "need_attention", "at_risk", "cant_lose", "others", "lost"
        ],
        "share_customers": [0.06, 0.12, 0.08, 0.17, 0.10, 0.08, 0.02, 0.15, 0.22],
        "share_sales": [0.28, 0.23, 0.10, 0.08, 0.09, 0.07, 0.06, 0.05, 0.04],
        "n_customers": [1284, 2410, 1720, 3418, 2105, 1630, 388, 3100, 4400],
    }  # fmt: skip
    units: dict[str, Unit] = {
        "segment": "text",
        "share_customers": "ratio",
        "share_sales": "ratio",
        "n_customers": "count",
    }
    labels = {
        "champions": "Stamkunder", "loyal": "Lojala", "potential_loyal": "Lovande", "new": "Nya",
        "need_attention": "Behöver omsorg", "at_risk": "På väg bort", "cant_lose": "Får inte tappas",
        "others": "Vilande", "lost": "Tappade",
    }  # fmt: skip
    chart = Chart("two_sided", x="segment", y=("share_customers", "share_sales"))
    return result(chart, columns, units, ("segment",), labels=labels)


STEPS = ("platinum", "gold", "silver", "bronze", "none")
STEP_LABELS = {"platinum": "Platina", "gold": "Guld", "silver": "Silver", "bronze": "Brons", "none": "Inaktiv"}
_MOVES = (
    (438, 61, 14, 6, 9), (52, 1340, 412, 61, 39), (9, 301, 3402, 512, 186), (2, 48, 588, 6480, 1402),
    (1, 22, 140, 1088, 3020),
)  # fmt: skip
_MONEY = (
    (0.1, -1.1, -0.4, -0.2, -0.3), (1.2, 0.2, -3.1, -0.6, -0.5), (0.3, 1.6, 0.3, -1.2, -0.7),
    (0.1, 0.4, 1.5, 0.1, -1.4), (0.1, 0.2, 0.5, 1.1, 0.0),
)  # fmt: skip


def _moves(chart: Chart) -> Result:
    pairs = [(i, j) for i in range(5) for j in range(5)]
    columns = {
        "from_step": [STEPS[i] for i, _ in pairs], "to_step": [STEPS[j] for _, j in pairs],
        "n_customers": [_MOVES[i][j] for i, j in pairs], "share": [_MOVES[i][j] / sum(_MOVES[i]) for i, j in pairs],
        "money_change": [_MONEY[i][j] * 1e6 for i, j in pairs],
    }  # fmt: skip
    units: dict[str, Unit] = {
        "from_step": "text", "to_step": "text", "n_customers": "count", "share": "ratio", "money_change": "money"
    }  # fmt: skip
    return result(chart, columns, units, ("from_step", "to_step"), labels=STEP_LABELS)


def matrix() -> Result:
    """Customers who moved between steps, coloured by share of the row."""
    return _moves(Chart("matrix", x="to_step", y="from_step", color="share"))


def matrix_money() -> Result:
    """The same moves in money."""
    return _moves(Chart("matrix", x="to_step", y="from_step", color="money_change"))


def flow() -> Result:
    """The same moves as a flow."""
    return _moves(Chart("flow", x="from_step", y="n_customers", color="to_step"))


def bridge() -> Result:
    """From one quarter's sales to the next."""
    columns = {
        "class": ["new", "returned", "up", "down", "lost", "flat"],
        "money_change": [4_200_000, 1_900_000, 5_100_000, -6_600_000, -2_900_000, 700_000],
        "n_customers": [3418, 1200, 4100, 4400, 2406, 10],
    }  # fmt: skip
    units: dict[str, Unit] = {"class": "text", "money_change": "money", "n_customers": "count"}
    labels = {"new": "Nya", "returned": "Åter", "up": "Upp", "down": "Ned", "lost": "Borta", "flat": "Oförändrade"}
    metrics = {"closing": Metric(Decimal(48_500_000), "money", before=Decimal(46_100_000))}
    return result(
        Chart("bridge", x="class", y="money_change"), columns, units, ("class",), labels=labels, metrics=metrics
    )


def staircase() -> Result:
    """What a customer on each step is worth."""
    columns = {
        "step": ["bronze", "silver", "gold", "platinum"], "sales_per_customer": [640, 2010, 4910, 14_200],
        "n_customers": [8520, 4410, 1904, 528],
    }  # fmt: skip
    units: dict[str, Unit] = {"step": "text", "sales_per_customer": "money", "n_customers": "count"}
    title = Message("chart.nothing", {"from": "silver", "to": "gold"})
    chart = Chart("staircase", x="step", y=("sales_per_customer", "n_customers"), title=title)
    return result(chart, columns, units, ("step",), labels=STEP_LABELS)


def lorenz() -> Result:
    """A quarter of the customers carries 64 % of the sales."""
    shares = [k / 20 for k in range(1, 21)]
    columns = {
        "share_customers": shares,
        "share_sales": [1 - (1 - s) ** 3.55 for s in shares],
        "quantile": list(range(1, 21)),
    }
    units: dict[str, Unit] = {"share_customers": "ratio", "share_sales": "ratio", "quantile": "count"}
    return result(Chart("lorenz", x="share_customers", y="share_sales"), columns, units, ("quantile",))


def forest() -> Result:
    """Net per customer against control, four arms: two certain, two not."""
    columns = {
        "arm": ["Brev + e-post", "Brev", "E-post", "Sms"], "net_effect": [38.4, 21.7, 6.2, -9.1],
        "net_low": [24.1, 8.9, -4.8, -19.6], "net_high": [52.7, 34.5, 17.2, 1.4],
        "n_customers": [14_210, 14_180, 14_225, 14_200],
    }  # fmt: skip
    units: dict[str, Unit] = {
        "arm": "text",
        "net_effect": "money",
        "net_low": "money",
        "net_high": "money",
        "n_customers": "count",
    }
    chart = Chart("interval", x="arm", y="net_effect", low="net_low", high="net_high")
    return result(chart, columns, units, ("arm",), evidence="control")


def dots() -> Result:
    """NPS by step of spend, with its fitted line."""
    columns = {
        "step": ["0–0,5", "0,5–1", "1–2,5", "2,5–5", "5–10", "över 10"], "nps": [12.0, 19.0, 29.0, 35.0, 45.0, 52.0],
        "fitted": [11.5, 19.6, 27.7, 35.8, 43.9, 52.0], "nps_low": [8, 15.5, 26, 32, 40.5, 45],
        "nps_high": [16, 22.5, 32, 38, 49.5, 59],
        "n_answers": [1810, 2240, 3105, 2680, 1490, 715],
    }  # fmt: skip
    units: dict[str, Unit] = {
        "step": "text", "nps": "points", "fitted": "points", "nps_low": "points", "nps_high": "points",
        "n_answers": "count",
    }  # fmt: skip
    chart = Chart("dots", x="step", y=("nps", "fitted"), low="nps_low", high="nps_high")
    return result(chart, columns, units, ("step",), evidence="association")


def density() -> Result:
    """How many answered what, by spend."""
    bands = enumerate(("0–500", "500–2 000", "2 000–5 000", "över 5 000"))
    rows = [(s, band, round(400 / (1 + abs(s - 7 - k)) + 13 * k)) for k, band in bands for s in range(11)]
    columns = {"score": [r[0] for r in rows], "step": [r[1] for r in rows], "n_answers": [r[2] for r in rows]}
    units: dict[str, Unit] = {"score": "score", "step": "text", "n_answers": "count"}
    return result(Chart("density", x="score", y="step", color="n_answers"), columns, units, ("score", "step"))


def treemap() -> Result:
    """Sales by category."""
    columns = {
        "category": ["Skor", "Jackor", "Byxor", "Tröjor", "Accessoarer", "Skidor", "Tält", "Kök", "Övrigt"],
        "sales": [42_000_000, 31_000_000, 22_500_000, 18_000_000, 9_400_000, 7_700_000, 4_100_000, 1_900_000, 300_000],
    }  # fmt: skip
    units: dict[str, Unit] = {"category": "text", "sales": "money"}
    return result(Chart("treemap", x="category", y="sales"), columns, units, ("category",))


CASES = {
    case.__name__: case
    for case in (
        line, interval, groups, hbar, bar, columns, grouped, two_sided, matrix, matrix_money, flow, bridge, staircase,
        lorenz, forest, dots, density, treemap,
    )
}  # fmt: skip
