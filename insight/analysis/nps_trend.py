"""NPS over time: by wave or by month, and whether it has moved."""

import pandas as pd

from insight.analysis.nps_by import make_groups
from insight.analysis.nps_rules import NPS_END, NPS_START, Base, answers_of, make_answers
from insight.analysis.nps_score import (
    GROUPED,
    SIZE_LABELS,
    UNITS,
    effects_of,
    headline_of,
    make_group_members,
    metrics_of,
    scored,
    size_notes,
)
from insight.analysis.registry import Analysis
from insight.result import Chart, Message, Metric, Result
from insight.settings import Setting, Settings, month_start
from insight.stats.nps import compare_groups
from insight.workspace.engine import Query

TIME = Setting("time", "choice", "auto", choices=("auto", "wave", "month"))
_FIRST_DAYS = """
    SELECT coalesce(nullif(wave, ''), 'unknown'), min(answered_on) FROM counted GROUP BY wave ORDER BY min(answered_on)
"""


def _time_of(query: Query, settings: Settings) -> str:
    """What is asked for; by itself waves where the file has several, else months."""
    if settings["time"] != "auto":
        return settings["time"]
    return "wave" if query.one("SELECT count(DISTINCT wave) FROM counted")[0] > 1 else "month"


def _make_members(query: Query, settings: Settings) -> None:
    make_answers(query, settings)
    make_group_members(query, settings, _time_of(query, settings))


def trend(query: Query, settings: Settings) -> Result:
    """NPS over time: by wave where the file has waves, else by month; another scale's mean instead.

    Table: group_key (the wave, or the month number 12 × year + month − 1), period (its first day), then the columns of
    nps.score. The headline tests the last period with 30 answers against the first one.
    """
    base = make_answers(query, settings)
    time = _time_of(query, settings)
    make_groups(query, time, base)
    grouped = query.frame(GROUPED)
    table = scored(grouped, is_nps=base.is_nps).drop(columns=["difference", "pvalue_adjusted"], errors="ignore")
    effects = dict(zip((str(key) for key in grouped["group_key"]), effects_of(grouped), strict=True))
    first_days = dict(query.rows(_FIRST_DAYS)) if time == "wave" else {}
    days = [first_days[key] if time == "wave" else month_start(int(key)) for key in table["group_key"]]
    table.insert(1, "period", pd.Series(days, dtype=object))
    table = table.sort_values("period", ignore_index=True)
    metrics = metrics_of(query, base)
    shown = ("nps", "nps_low", "nps_high") if base.is_nps else ("mean_score", "mean_low", "mean_high")
    return Result(
        key="nps.trend",
        headline=_headline(base, table, metrics, effects),
        metrics=metrics,
        table=table,
        units={"period": "date", **{name: UNITS[name] for name in table.columns if name != "period"}},
        basis=base.basis("nps", Message("nps.rule")),
        chart=Chart(
            "line", x="period", y=shown[0], low=shown[1], high=shown[2],
            title=Message("nps.trend_title" if base.is_nps else "nps.means_trend_title"),
            subtitle=Message(f"nps.trend_subtitle_{time}"),
        ),
        drill=("group_key",),
        notes=(*base.notes, *size_notes(table)),
        labels={
            "unknown": "common.unknown", **SIZE_LABELS,
            **({str(key): f"{day:%Y-%m}" for key, day in zip(table["group_key"], table["period"], strict=True)}
               if time == "month" else {}),
        },
        evidence="association",
    )  # fmt: skip


def _headline(base: Base, table: pd.DataFrame, metrics: dict[str, Metric], effects: dict[str, float]) -> Message:
    """Rose, fell or stood still from the first to the last period with 30 answers, by the test of the difference."""
    large = table[table["base_size"] == "enough"]
    if not base.is_nps or base.by_score or len(large) < 2:
        return headline_of(base, metrics)
    first, last = large.iloc[0], large.iloc[-1]
    keys = {"last": str(last["group_key"]), "first": str(first["group_key"])}
    pair = compare_groups(
        {"last": answers_of(last), "first": answers_of(first)},
        effects={name: effects[key] for name, key in keys.items()},
    )[0]
    change = pair.difference.effect_size or 0.0
    values = {"first": first["nps"], "last": last["nps"], "change": change, "since": first["period"]}
    if pair.difference.pvalue is None or pair.difference.pvalue >= 0.05:
        return Message("nps.headline_steady", values)
    return Message("nps.headline_rose" if change > 0 else "nps.headline_fell", values)


ANALYSES = (Analysis("nps.trend", trend, (TIME, NPS_START, NPS_END), _make_members, ("group_key",), ("answers",)),)
