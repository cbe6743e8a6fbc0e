"""The Net Promoter Score in all and by group, each with its interval and base size."""

import math
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from insight.analysis.basis import frame
from insight.analysis.nps_by import BY, Grouping, make_groups
from insight.analysis.nps_rules import CLUSTERED, COMMENTS, NPS_END, NPS_START, Base, answers_of, make_answers
from insight.analysis.registry import Analysis
from insight.result import Chart, Message, Metric, Note, Result, SumCheck, Unit
from insight.settings import Settings
from insight.stats.moments import two_sided_quantile
from insight.stats.nps import GREY_BELOW, HIDE_BELOW, Score, against_rest, compare_groups, design_effect, nps
from insight.workspace.engine import Query

_MOST_PAIRED, _MOST_DRAWN = 8, 15
_SHOWN_P = 0.05
UNITS: dict[str, Unit] = {
    "group_key": "text", "n_answers": "count", "n_customers": "count", "share": "ratio", "promoters": "count",
    "passives": "count", "detractors": "count", "mean_score": "score", "mean_low": "score", "mean_high": "score",
    "nps": "points", "nps_low": "points", "nps_high": "points", "difference": "points",
    "pvalue_adjusted": "pvalue", "base_size": "text",
}  # fmt: skip
_PAIR_UNITS: dict[str, Unit] = {
    "first": "text", "second": "text", "difference": "points", "low": "points", "high": "points",
    "pvalue_adjusted": "pvalue",
}  # fmt: skip
_OF_NPS = (
    "promoters", "passives", "detractors", "nps", "nps_low", "nps_high", "difference", "pvalue_adjusted",
)  # fmt: skip
SIZE_LABELS = {size: f"nps.size.{size}" for size in ("enough", "few", "hidden")}
_DRAWN_UNITS: dict[str, Unit] = {
    "group_key": "text", "n_answers": "count", "base_size": "text", "group_nps": "points", "group_low": "points",
    "group_high": "points", "group_mean": "score", "mean_from": "score", "mean_to": "score",
}  # fmt: skip

_MORE_UNITS: dict[str, dict[str, Unit]] = {"drawn": _DRAWN_UNITS, "pairs": _PAIR_UNITS}

# Answers of one customer in one group stand together first: squares, products and sizes say how alike they are.
GROUPED = """
    SELECT
        group_key,
        {clustered}
    FROM (
        SELECT group_key, customer_no, count(*) AS k,
            count(CASE WHEN nps_group = 'promoter' THEN 1 END) AS up,
            count(CASE WHEN nps_group = 'detractor' THEN 1 END) AS down,
            sum(score) AS total, sum(score * score) AS squared
        FROM members_all
        GROUP BY group_key, customer_no) AS per_customer
    GROUP BY group_key
    ORDER BY group_key
""".replace("{clustered}", CLUSTERED)

_ALIKE = """
    SELECT sum(cast(w * w AS DOUBLE)), sum(cast(w * k AS DOUBLE)), sum(cast(k * k AS DOUBLE))
    FROM (
        SELECT count(*) AS k, count(CASE WHEN nps_group = 'promoter' THEN 1 END)
            - count(CASE WHEN nps_group = 'detractor' THEN 1 END) AS w
        FROM counted GROUP BY customer_no) AS per_customer
"""

_MEMBERS = """
    SELECT grouped.customer_id, grouped.group_key, count(*) AS n_answers, max(grouped.answered_on) AS last_answered_on,
        cast(max_by(grouped.score, grouped.answered_on) AS {kind}) AS last_score,
        max_by(comments.comment, grouped.answered_on) AS last_comment
    FROM members_all AS grouped
    LEFT JOIN comments ON comments.answer_no = grouped.answer_no
    GROUP BY grouped.customer_id, grouped.group_key
"""
_MEMBERS_OF = {True: _MEMBERS.format(kind="INTEGER"), False: _MEMBERS.format(kind="DOUBLE")}


def make_group_members(query: Query, settings: Settings, by: str) -> None:
    """Temporary table `members`: a row a customer and group, with the latest score and comment."""
    base = make_answers(query, settings)
    make_groups(query, by, base)
    query.make("comments", COMMENTS)
    query.make("members", _MEMBERS_OF[base.is_nps])


def _make_members(query: Query, settings: Settings) -> None:
    make_group_members(query, settings, settings["by"])


def effects_of(table: pd.DataFrame) -> list[float]:
    """The design effect of each row of `GROUPED`."""
    return [
        design_effect(answers_of(row), float(row["squares"]), float(row["products"]), float(row["sizes"]))
        for _, row in table.iterrows()
    ]


def total_effect(query: Query, base: Base) -> float:
    """The design effect of all answers together: 1 where nobody answered twice."""
    if base.n_customers == base.n_counted:
        return 1.0
    return design_effect(base.answers, *(float(part) for part in query.one(_ALIKE)))


def scored(table: pd.DataFrame, *, is_nps: bool) -> pd.DataFrame:
    """The rows of `GROUPED` with score and mean, their intervals, and whether the base is large enough.

    Under ten answers score and mean are None; under thirty `base_size` is 'few'. On another scale there are no columns
    of NPS and the mean has the interval (t, of as many as customers).
    """
    rows = []
    for (_, row), effect in zip(table.iterrows(), effects_of(table), strict=True):
        found = nps(answers_of(row), design_effect=effect)
        n, customers, hidden = int(row["n_answers"]), int(row["n_customers"]), int(row["n_answers"]) < HIDE_BELOW
        show = is_nps and not hidden
        kept: dict[str, object] = {}
        kept |= dict.fromkeys(UNITS)
        kept |= {"group_key": row["group_key"], "n_answers": n, "n_customers": customers}
        if is_nps:
            kept |= {name: int(row[name]) for name in ("promoters", "passives", "detractors")}
        if show:
            kept |= {"nps": found.nps, "nps_low": found.ci_lower, "nps_high": found.ci_upper}
        if not hidden:
            mean, others = float(row["mean_score"]), max(1, customers - 1)
            reach = two_sided_quantile(0.95, others) * math.sqrt(max(0.0, float(row["spread"])) / others)
            kept |= {"mean_score": mean, "mean_low": mean - reach, "mean_high": mean + reach}
        kept["base_size"] = "hidden" if hidden else "few" if n < GREY_BELOW else "enough"
        rows.append(kept)
    made = frame(rows, [name for name in UNITS if is_nps or name not in _OF_NPS])
    made["share"] = made["n_answers"] / max(1, int(table["n_answers"].sum()))
    return made


def metrics_of(query: Query, base: Base) -> dict[str, Metric]:
    """The figures of all answers together."""
    found = nps(base.answers, design_effect=total_effect(query, base) if base.is_nps else 1.0)
    show = base.is_nps and not found.hidden
    n = base.answers.n
    return {
        "nps": _score_of(found, settled=base.by_score) if show else Metric(None, "points"),
        "n_answers": Metric(base.n_counted, "count", better=0),
        "promoter_share": Metric(base.answers.promoters / n if base.is_nps and n else None, "ratio"),
        "detractor_share": Metric(base.answers.detractors / n if base.is_nps and n else None, "ratio", better=-1),
        "mean_score": Metric(base.mean, "score"),
    }


def _score_of(found: Score, *, settled: bool) -> Metric:
    """The score with its interval; without one where the choice of customers has settled it."""
    return Metric(found.nps, "points") if settled else Metric(found.nps, "points", found.ci_lower, found.ci_upper)


def headline_of(base: Base, metrics: dict[str, Metric]) -> Message:
    """The score with its interval, or why there is none."""
    if not base.is_nps:
        return Message("nps.headline_other_scale", base.range)
    found = metrics["nps"]
    if base.by_score:
        return Message("nps.headline_by_score", {"n": base.n_counted})
    if found.value is None:
        return Message("nps.headline_few", {"n": base.n_counted, "needed": HIDE_BELOW})
    return Message(
        "nps.headline_score", {"nps": found.value, "low": found.low, "high": found.high, "n": base.n_counted}
    )


def size_notes(table: pd.DataFrame) -> tuple[Note, ...]:
    """How many groups are hidden or uncertain."""
    hidden = table[table["base_size"] == "hidden"]
    grey = int((table["base_size"] == "few").sum())
    found: list[Note] = []
    if len(hidden):
        values = {"n": len(hidden), "answers": int(hidden["n_answers"].sum()), "few": HIDE_BELOW}
        found.append(Note("groups_hidden", values))
    if grey:
        found.append(Note("groups_grey", {"n": grey, "few": GREY_BELOW}))
    return tuple(found)


def score(query: Query, settings: Settings) -> Result:
    """NPS in all and by one grouping, adjusted-Wald 95 % intervals (methods 2; Rocks 2016).

    Table: group_key, n_answers, n_customers, share (of answers), promoters, passives, detractors, mean_score, nps,
    nps_low, nps_high (points; None under 10 answers), difference (against all other answers) with Holm's p over the
    groups of at least 30, base_size (enough, few, hidden). By score or group of answers: the distribution only.
    `tables["pairs"]`: differences between the largest groups, Holm over the pairs. A customer's several answers are
    not taken for independent.
    """
    base = make_answers(query, settings)
    grouping = make_groups(query, settings["by"], base)
    grouped = query.frame(GROUPED)
    metrics = metrics_of(query, base)
    tables: dict[str, pd.DataFrame] = {}
    notes = base.notes
    if grouping.of_scores:
        table = _distribution(grouped, grouping)
        chart = Chart("columns", x="group_key", y="n_answers", title=Message("nps.distribution_title"))
    else:
        effects = dict(zip((str(key) for key in grouped["group_key"]), effects_of(grouped), strict=True))
        table = _ordered(_against_rest(scored(grouped, is_nps=base.is_nps), effects, base), grouping)
        tables["drawn"] = _drawn(table)
        if base.is_nps:
            tables |= _pairs(table, effects)
        cut = int((table["base_size"] != "hidden").sum()) - len(tables["drawn"])
        notes = (*notes, *size_notes(table), *([Note("groups_not_drawn", {"n": cut})] if cut else []))
        chart = _chart(table, base)
    counts = {str(key): int(n) for key, n in zip(grouped["group_key"], grouped["n_answers"], strict=True)}
    return Result(
        key="nps.score",
        headline=headline_of(base, metrics),
        metrics=metrics,
        table=table,
        units={name: UNITS[name] for name in table.columns},
        basis=replace(base.basis("nps", Message("nps.rule")), sum_check=SumCheck(base.n_counted, counts)),
        chart=chart,
        drill=("group_key",),
        notes=notes,
        labels={"unknown": "common.unknown", **SIZE_LABELS, **(grouping.labels or {})},
        evidence="association",
        tables=tables,
        more_units={name: _MORE_UNITS[name] for name in tables},
    )


def _distribution(grouped: pd.DataFrame, grouping: Grouping) -> pd.DataFrame:
    """How many gave each answer; every answer of the scale has its row, also those that nobody gave."""
    found = {str(row["group_key"]): row for _, row in grouped.iterrows()}
    all_answers = max(1, int(grouped["n_answers"].sum()))
    keys = grouping.order or tuple(found)
    sizes = {key: (int(row["n_answers"]), int(row["n_customers"])) for key, row in found.items()}
    rows: list[dict[str, object]] = []
    for key in keys:
        n, customers = sizes.get(key, (0, 0))
        rows.append({"group_key": key, "n_answers": n, "n_customers": customers, "share": n / all_answers})
    return frame(rows, ["group_key", "n_answers", "n_customers", "share"])


def _against_rest(table: pd.DataFrame, effects: Mapping[str, float], base: Base) -> pd.DataFrame:
    """Each group of at least 30 answers against all the others, Holm over those groups."""
    if not base.is_nps:
        return table
    large = {str(row["group_key"]): answers_of(row) for _, row in table[table["base_size"] == "enough"].iterrows()}
    found = {pair.first: pair for pair in against_rest(large, base.answers, effects=effects)}
    differences = [found[key].difference.effect_size if key in found else None for key in table["group_key"]]
    pvalues = [found[key].pvalue_adjusted if key in found else None for key in table["group_key"]]
    table["difference"] = pd.Series(differences, dtype=object)
    table["pvalue_adjusted"] = pd.Series(pvalues, dtype=object)
    return table


def _ordered(table: pd.DataFrame, grouping: Grouping) -> pd.DataFrame:
    """Groups with an order of their own in it, others from the best; those without a score last."""
    if grouping.order:
        places = {key: place for place, key in enumerate(grouping.order)}
        return table.sort_values(
            "group_key", key=lambda keys: keys.map(lambda key: places.get(str(key), len(places))), ignore_index=True
        )
    by = "nps" if "nps" in table.columns else "mean_score"
    return table.sort_values([by, "group_key"], ascending=[False, True], na_position="last", ignore_index=True)


def _drawn(table: pd.DataFrame) -> pd.DataFrame:
    """The groups that the figure has room for: the largest, in the table's order, hidden ones left out."""
    shown = table[table["base_size"] != "hidden"]
    largest = shown[shown["n_answers"].rank(method="first", ascending=False) <= _MOST_DRAWN]
    names = {
        "group_key": "group_key", "n_answers": "n_answers", "base_size": "base_size", "nps": "group_nps",
        "nps_low": "group_low", "nps_high": "group_high", "mean_score": "group_mean", "mean_low": "mean_from",
        "mean_high": "mean_to",
    }  # fmt: skip
    kept = [name for name in names if name in table.columns]
    return largest[kept].rename(columns=names).reset_index(drop=True)


def _chart(table: pd.DataFrame, base: Base) -> Chart:
    """A dot a group with its interval, grey where the base is small; the title says which group stands out."""
    if not base.is_nps:
        return Chart(
            "dots", x="group_key", y="group_mean", low="mean_from", high="mean_to",
            title=Message("nps.means_title"), subtitle=Message("nps.means_subtitle"),
        )  # fmt: skip
    sure = table[[p is not None and p < _SHOWN_P for p in table["pvalue_adjusted"]]]
    title = Message("nps.groups_same")
    if len(sure):
        row = sure.iloc[int(sure["difference"].astype(float).abs().to_numpy().argmax())]
        way = "above" if row["difference"] > 0 else "below"
        values = {"group": str(row["group_key"]), "difference": abs(row["difference"])}
        title = Message(f"nps.groups_{way}", values)
    elif (table["base_size"] == "enough").sum() < 2:
        title = Message("nps.groups_title")
    return Chart(
        "dots", x="group_key", y="group_nps", low="group_low", high="group_high", title=title,
        subtitle=Message("nps.groups_subtitle"),
    )  # fmt: skip


def _pairs(table: pd.DataFrame, effects: Mapping[str, float]) -> dict[str, pd.DataFrame]:
    """Every pair of groups with at least 30 answers (the eight largest), differences with Holm-adjusted p."""
    large = table[table["base_size"] == "enough"].nlargest(_MOST_PAIRED, "n_answers")
    groups = {str(row["group_key"]): answers_of(row) for _, row in large.iterrows()}
    rows = [
        {
            "first": pair.first, "second": pair.second, "difference": pair.difference.effect_size,
            "low": pair.difference.ci_lower, "high": pair.difference.ci_upper,
            "pvalue_adjusted": pair.pvalue_adjusted,
        }
        for pair in compare_groups(groups, effects=effects)
    ]  # fmt: skip
    return {"pairs": frame(rows, list(_PAIR_UNITS))} if rows else {}


ANALYSES = (Analysis("nps.score", score, (BY, NPS_START, NPS_END), _make_members, ("group_key",), ("answers",)),)
