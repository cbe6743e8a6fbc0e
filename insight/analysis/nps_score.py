"""The Net Promoter Score: in all, by group, and over time, each with its interval and base size."""

from itertools import combinations

import pandas as pd

from insight.analysis import registry
from insight.analysis.nps_rules import NPS_END, NPS_START, Base, answers_of, make_answers
from insight.analysis.registry import Analysis
from insight.errors import UsageError
from insight.result import Chart, Message, Metric, Note, Result, Unit
from insight.settings import Setting, Settings, month_start
from insight.stats.nps import GREY_BELOW, HIDE_BELOW, Answers, compare_groups, nps
from insight.workspace.engine import Query

_OWN = ("score", "touchpoint", "wave", "nps_group")
_FIELDS = (
    "gender",
    "city",
    "region",
    "country",
    "customer_type",
    "industry",
    "member_level",
    "join_channel",
    "join_store",
)
_PLACES = {"store": "main_store", "channel": "main_channel"}
_SEGMENTS = {"rfm": "segments.rfm", "value_tiers": "segments.value_tiers", "lifecycle": "segments.lifecycle"}
BY = Setting("by", "choice", "score", choices=(*_OWN, *_PLACES, "age_band", *_FIELDS, *_SEGMENTS))
_AGE_YEARS = 10
_UNITS: dict[str, Unit] = {
    "n_answers": "count", "n_customers": "count", "promoters": "count", "passives": "count", "detractors": "count",
    "nps": "points", "nps_low": "points", "nps_high": "points", "share": "ratio",
}  # fmt: skip

_GROUPED = """
    SELECT
        grouped.group_key,
        count(*) AS n_answers,
        count(DISTINCT counted.customer_id) AS n_customers,
        sum(CASE WHEN counted.nps_group = 'promoter' THEN 1 ELSE 0 END) AS promoters,
        sum(CASE WHEN counted.nps_group = 'passive' THEN 1 ELSE 0 END) AS passives,
        sum(CASE WHEN counted.nps_group = 'detractor' THEN 1 ELSE 0 END) AS detractors
    FROM members_all AS grouped
    JOIN counted ON counted.customer_id = grouped.customer_id AND counted.wave = grouped.wave
    GROUP BY grouped.group_key
    ORDER BY grouped.group_key
"""

_OWN_GROUPS = {
    "score": "SELECT customer_id, wave, cast(score AS VARCHAR) AS group_key FROM counted",
    "touchpoint": "SELECT customer_id, wave, coalesce(nullif(touchpoint, ''), 'unknown') AS group_key FROM counted",
    "wave": "SELECT customer_id, wave, coalesce(nullif(wave, ''), 'unknown') AS group_key FROM counted",
    "nps_group": "SELECT customer_id, wave, nps_group AS group_key FROM counted",
    "month": "SELECT customer_id, wave, cast(month_no AS VARCHAR) AS group_key FROM counted",
    "store": """
        SELECT counted.customer_id, counted.wave, coalesce(facts.main_store, 'unknown') AS group_key
        FROM counted LEFT JOIN customer_facts AS facts ON facts.customer_id = counted.customer_id""",
    "channel": """
        SELECT counted.customer_id, counted.wave, coalesce(facts.main_channel, 'unknown') AS group_key
        FROM counted LEFT JOIN customer_facts AS facts ON facts.customer_id = counted.customer_id""",
    "age_band": """
        SELECT counted.customer_id, counted.wave,
            CASE WHEN min(birth_date) IS NULL THEN 'unknown'
                ELSE cast((year(counted.answered_on) - year(min(birth_date))) // 10 * 10 AS VARCHAR) || '–'
                    || cast((year(counted.answered_on) - year(min(birth_date))) // 10 * 10 + 9 AS VARCHAR)
                END AS group_key
        FROM counted LEFT JOIN customers ON customers.customer_id = counted.customer_id
        GROUP BY counted.customer_id, counted.wave, counted.answered_on""",
}

_FIELD_GROUPS = """
    SELECT counted.customer_id, counted.wave, coalesce(fields.value, 'unknown') AS group_key
    FROM counted
    LEFT JOIN (
        SELECT customer_id, min(CASE $field
            WHEN 'gender' THEN gender WHEN 'city' THEN city WHEN 'region' THEN region WHEN 'country' THEN country
            WHEN 'customer_type' THEN customer_type WHEN 'industry' THEN industry WHEN 'member_level' THEN member_level
            WHEN 'join_channel' THEN join_channel ELSE join_store END) AS value
        FROM customers GROUP BY customer_id) AS fields ON fields.customer_id = counted.customer_id
"""

_SEGMENT_GROUPS = """
    SELECT counted.customer_id, counted.wave, coalesce(segment.segment, 'unknown') AS group_key
    FROM counted LEFT JOIN segment_members AS segment ON segment.customer_id = counted.customer_id
"""

_MEMBERS = """
    SELECT grouped.customer_id, grouped.group_key, count(*) AS n_answers, max(counted.answered_on) AS last_answered_on,
        max_by(counted.score, counted.answered_on) AS last_score
    FROM members_all AS grouped
    JOIN counted ON counted.customer_id = grouped.customer_id AND counted.wave = grouped.wave
    GROUP BY grouped.customer_id, grouped.group_key
"""

_ALL = """
    SELECT count(*) AS n_answers, count(DISTINCT customer_id) AS n_customers,
        coalesce(sum(CASE WHEN nps_group = 'promoter' THEN 1 ELSE 0 END), 0) AS promoters,
        coalesce(sum(CASE WHEN nps_group = 'passive' THEN 1 ELSE 0 END), 0) AS passives,
        coalesce(sum(CASE WHEN nps_group = 'detractor' THEN 1 ELSE 0 END), 0) AS detractors
    FROM counted
"""


def _make_groups(query: Query, by: str) -> None:
    """Temporary table `members_all`: customer_id, wave, group_key, one row a counted answer."""
    if by in _OWN_GROUPS:
        query.make("members_all", _OWN_GROUPS[by])
    elif by in _SEGMENTS:
        segment = registry.find(_SEGMENTS[by])
        if segment.members is None:
            raise UsageError("audience.no_customers", value=segment.key)
        segment.members(query, registry.settings_for(query, segment, {}))
        query.make("segment_members", "SELECT customer_id, segment FROM members")
        query.make("members_all", _SEGMENT_GROUPS)
    else:
        query.make("members_all", _FIELD_GROUPS, field=by)


def _make_members(query: Query, settings: Settings) -> None:
    make_answers(query, settings)
    _make_groups(query, settings["by"])
    query.make("members", _MEMBERS)


def _make_trend_members(query: Query, settings: Settings) -> None:
    make_answers(query, settings)
    query.make("members_all", _OWN_GROUPS[_time_of(query)])
    query.make("members", _MEMBERS)


def scored(table: pd.DataFrame, *, is_nps: bool) -> pd.DataFrame:
    """The table with nps, nps_low, nps_high added: None on another scale and for fewer than ten answers."""
    scores = [nps(answers_of(row)) for _, row in table.iterrows()]
    shown = [is_nps and not score.hidden for score in scores]
    table["nps"] = [score.nps if show else None for score, show in zip(scores, shown, strict=True)]
    table["nps_low"] = [score.ci_lower if show else None for score, show in zip(scores, shown, strict=True)]
    table["nps_high"] = [score.ci_upper if show else None for score, show in zip(scores, shown, strict=True)]
    return table


def _total(query: Query) -> Answers:
    return answers_of(query.frame(_ALL).iloc[0])


def _metrics(query: Query, base: Base) -> dict[str, Metric]:
    answers = _total(query)
    score = nps(answers)
    show = base.is_nps and not score.hidden
    share = None if not answers.n or not base.is_nps else answers.promoters / answers.n
    critical = None if not answers.n or not base.is_nps else answers.detractors / answers.n
    return {
        "nps": Metric(
            score.nps if show else None, "points", score.ci_lower if show else None, score.ci_upper if show else None
        ),
        "n_answers": Metric(base.n_counted, "count"),
        "promoter_share": Metric(share, "ratio"),
        "detractor_share": Metric(critical, "ratio", better=-1),
        "mean_score": Metric(base.mean, "score"),
    }


def _headline(base: Base, metrics: dict[str, Metric]) -> Message:
    if not base.is_nps:
        return Message("nps.headline_other_scale", {"mean": base.mean, "lowest": base.lowest, "highest": base.highest})
    if metrics["nps"].value is None:
        return Message("nps.headline_few", {"n": base.n_counted, "needed": HIDE_BELOW})
    figures = metrics["nps"]
    return Message(
        "nps.headline_score", {"nps": figures.value, "low": figures.low, "high": figures.high, "n": base.n_counted}
    )


def _size_notes(table: pd.DataFrame) -> tuple[Note, ...]:
    hidden = int((table["n_answers"] < HIDE_BELOW).sum())
    grey = int(((table["n_answers"] >= HIDE_BELOW) & (table["n_answers"] < GREY_BELOW)).sum())
    found = [Note("groups_hidden", {"n": hidden, "few": HIDE_BELOW})] if hidden else []
    return (*found, Note("groups_grey", {"n": grey, "few": GREY_BELOW})) if grey else tuple(found)


def score(query: Query, settings: Settings) -> Result:
    """NPS in all and by one grouping, adjusted-Wald 95 % intervals (methods 2; Rocks 2016).

    Table: group_key, n_answers, n_customers, promoters, passives, detractors, share (of answers), nps, nps_low,
    nps_high (points; None under 10 answers). `tables["pairs"]`: differences between groups with Holm's p.
    """
    base = make_answers(query, settings)
    _make_groups(query, settings["by"])
    table = query.frame(_GROUPED)
    if settings["by"] == "score":
        table = table.sort_values("group_key", key=lambda column: column.astype(int), ignore_index=True)
    table["share"] = table["n_answers"] / max(1, int(table["n_answers"].sum()))
    table = scored(table, is_nps=base.is_nps and settings["by"] not in ("score", "nps_group"))
    pairs = _pairs(table) if base.is_nps and settings["by"] not in ("score", "nps_group", "wave") else pd.DataFrame()
    by_score = settings["by"] in ("score", "nps_group")
    metrics = _metrics(query, base)
    return Result(
        key="nps.score",
        headline=_headline(base, metrics),
        metrics=metrics,
        table=table,
        units={"group_key": "text", **_UNITS},
        basis=base.basis("nps", Message("nps.rule")),
        chart=Chart("columns", x="group_key", y="n_answers", title=Message("nps.distribution_title"))
        if by_score
        else Chart("dots", x="group_key", y="nps", low="nps_low", high="nps_high", title=Message("nps.groups_title")),
        drill=("group_key",),
        notes=(*base.notes, *(() if by_score else _size_notes(table))),
        labels={"unknown": "common.unknown"},
        evidence="association",
        tables={} if pairs.empty else {"pairs": pairs},
        more_units={} if pairs.empty else {"pairs": {"first": "text", "second": "text", "difference": "points",
                    "low": "points", "high": "points", "pvalue_adjusted": "pvalue"}},
    )  # fmt: skip


_MOST_PAIRED = 8


def _pairs(table: pd.DataFrame) -> pd.DataFrame:
    """Every pair of groups with at least 30 answers (the eight largest), differences with Holm-adjusted p."""
    large = table[table["n_answers"] >= GREY_BELOW].nlargest(_MOST_PAIRED, "n_answers")
    groups = {str(row["group_key"]): answers_of(row) for _, row in large.iterrows()}
    if len(list(combinations(groups, 2))) == 0:
        return pd.DataFrame()
    return pd.DataFrame(
        [
            {
                "first": pair.first, "second": pair.second, "difference": pair.difference.effect_size,
                "low": pair.difference.ci_lower, "high": pair.difference.ci_upper,
                "pvalue_adjusted": pair.pvalue_adjusted,
            }
            for pair in compare_groups(groups)
        ]
    )  # fmt: skip


def _time_of(query: Query) -> str:
    """Waves where the file has them, else months."""
    return "wave" if query.one("SELECT count(DISTINCT wave) FROM counted")[0] > 1 else "month"


def trend(query: Query, settings: Settings) -> Result:
    """NPS over time: by wave where the file has waves, else by month.

    Table: group_key (the wave, or the month number 12 × year + month − 1), period (its first day), n_answers,
    n_customers, promoters, passives, detractors, nps, nps_low, nps_high.
    """
    base = make_answers(query, settings)
    time = _time_of(query)
    query.make("members_all", _OWN_GROUPS[time])
    table = query.frame(_GROUPED)
    if time == "month":
        table["period"] = [month_start(int(key)) for key in table["group_key"]]
    else:
        first = dict(
            query.rows("SELECT coalesce(nullif(wave, ''), 'unknown'), min(answered_on) FROM counted GROUP BY wave")
        )
        table["period"] = [first[key] for key in table["group_key"]]
    table = scored(table.sort_values("period", ignore_index=True), is_nps=base.is_nps)
    metrics = _metrics(query, base)
    return Result(
        key="nps.trend",
        headline=_trend_headline(base, table, metrics),
        metrics=metrics,
        table=table,
        units={"group_key": "text", "period": "date", **_UNITS},
        basis=base.basis("nps", Message("nps.rule")),
        chart=Chart("line", x="period", y="nps", low="nps_low", high="nps_high", title=Message("nps.trend_title")),
        drill=("group_key",),
        notes=(*base.notes, *_size_notes(table)),
        labels={"unknown": "common.unknown"},
        evidence="association",
    )


def _trend_headline(base: Base, table: pd.DataFrame, metrics: dict[str, Metric]) -> Message:
    """Rose, fell or stood still from the first to the last period with 30 answers, by the test of the difference."""
    large = table[table["n_answers"] >= GREY_BELOW]
    if not base.is_nps or len(large) < 2:
        return _headline(base, metrics)
    first, last = large.iloc[0], large.iloc[-1]
    pair = compare_groups({"last": answers_of(last), "first": answers_of(first)})[0]
    change = pair.difference.effect_size or 0.0
    values = {"first": first["nps"], "last": last["nps"], "change": change, "since": first["period"]}
    if pair.difference.pvalue is None or pair.difference.pvalue >= 0.05:
        return Message("nps.headline_steady", values)
    return Message("nps.headline_rose" if change > 0 else "nps.headline_fell", values)


ANALYSES = (
    Analysis("nps.score", score, (BY, NPS_START, NPS_END), _make_members, ("group_key",), ("answers",)),
    Analysis("nps.trend", trend, (NPS_START, NPS_END), _make_trend_members, ("group_key",), ("answers",)),
)
