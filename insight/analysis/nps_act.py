"""What to do with the answers: whom to call, whom to thank, whom to ask; and what the comments are about."""

import re
from collections import Counter

import pandas as pd
import pyarrow as pa

from insight.analysis.nps_rules import MONTHS, NPS_END, NPS_START, make_answers
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError
from insight.i18n.catalog import catalogue
from insight.result import Chart, Message, Metric, Result
from insight.settings import AS_OF, Setting, Settings
from insight.workspace.engine import Query, money

LISTS = ("detractors", "promoters_top", "lapsed", "silent_top")
LAPSED_DAYS = Setting("lapsed_days", "integer", 365, low=1, high=3650)
_TOP_SHARE = 0.1

# A customer stands in at most one list, the first that fits: a detractor who buys, a promoter among the best tenth,
# one who has answered but stopped buying, one of the best tenth who has never answered.
_MEMBERS = """
    WITH latest AS (
        SELECT customer_id, max(answered_on) AS answered_on, max_by(score, answered_on) AS score,
            max_by(nps_group, answered_on) AS nps_group
        FROM counted
        WHERE answered_on < $as_of
        GROUP BY customer_id),
    spent AS (
        SELECT facts.customer_id, facts.last_order_on, coalesce(sum(orders.sales), 0) AS sales,
            count(CASE WHEN NOT orders.is_return THEN 1 END) AS n_orders
        FROM customer_facts AS facts
        LEFT JOIN orders ON orders.customer_id = facts.customer_id AND orders.ordered_on < $as_of
            AND orders.ordered_on >= cast(CAST($as_of AS DATE) - to_months(cast($months AS INTEGER)) AS DATE)
        WHERE NOT $scoped OR facts.customer_id IN (SELECT customer_id FROM scope)
        GROUP BY facts.customer_id, facts.last_order_on),
    ranked AS (
        SELECT spent.*, spent.sales > 0 AND rank() OVER (ORDER BY spent.sales DESC)
            <= greatest(1, $top * sum(CASE WHEN spent.sales > 0 THEN 1 ELSE 0 END) OVER ()) AS is_top
        FROM spent),
    listed AS (
        SELECT ranked.customer_id, ranked.sales, ranked.n_orders, ranked.last_order_on, latest.score AS last_score,
            latest.answered_on AS last_answered_on,
            date_diff('day', latest.answered_on, CAST($as_of AS DATE)) AS days_since_answer,
            CASE
                WHEN latest.nps_group = 'detractor' AND ranked.sales > 0 THEN 'detractors'
                WHEN latest.nps_group = 'promoter' AND ranked.is_top THEN 'promoters_top'
                WHEN latest.customer_id IS NOT NULL AND ranked.last_order_on IS NOT NULL
                    AND date_diff('day', ranked.last_order_on, CAST($as_of AS DATE)) > $lapsed_days THEN 'lapsed'
                WHEN latest.customer_id IS NULL AND ranked.is_top THEN 'silent_top' END AS list
        FROM ranked
        LEFT JOIN latest ON latest.customer_id = ranked.customer_id)
    SELECT * FROM listed WHERE list IS NOT NULL
"""

_TABLE = """
    SELECT list, count(*) AS n_customers, sum(sales) AS sales, sum(n_orders) AS n_orders,
        avg(cast(last_score AS DOUBLE)) AS mean_score, median(days_since_answer) AS median_days_since_answer
    FROM members
    GROUP BY list
"""


def _make_members(query: Query, settings: Settings) -> None:
    make_answers(query, settings)
    query.make(
        "members", _MEMBERS, as_of=settings["as_of"], months=settings["months"], top=_TOP_SHARE,
        lapsed_days=settings["lapsed_days"],
    )  # fmt: skip


def act(query: Query, settings: Settings) -> Result:
    """Four lists to act on, with what their customers bought in the `months` before `as_of`.

    Table: list (detractors, promoters_top, lapsed, silent_top), n_customers, sales, n_orders, mean_score,
    median_days_since_answer. A customer stands in one list only. Metric value_at_stake: sales of the detractors.
    """
    base = make_answers(query, settings)
    _make_members(query, settings)
    table = query.frame(_TABLE)
    if table.empty:
        raise NotEnoughDataError("nps.no_lists")
    table = table.sort_values("list", key=lambda column: column.map(LISTS.index), ignore_index=True)
    by_list = {str(row["list"]): row for _, row in table.iterrows()}
    at_stake = money(by_list["detractors"]["sales"]) if "detractors" in by_list else money(0)
    n_detractors = int(by_list["detractors"]["n_customers"]) if "detractors" in by_list else 0
    metrics = {
        "value_at_stake": Metric(at_stake, "money", better=-1, mark={"list": "detractors"}),
        **{f"n_{name}": Metric(int(by_list[name]["n_customers"]) if name in by_list else 0, "count", better=0,
                               mark={"list": name}) for name in LISTS},
    }  # fmt: skip
    return Result(
        key="nps.act",
        headline=Message("nps.act_headline", {"n": n_detractors, "sales": at_stake})
        if n_detractors else Message("nps.act_none"),
        metrics=metrics,
        table=table,
        units={"list": "text", "n_customers": "count", "sales": "money", "n_orders": "count", "mean_score": "score",
               "median_days_since_answer": "days"},
        basis=base.basis(
            "nps_act", Message("nps.act_rule", {"months": settings["months"], "as_of": settings["as_of"]})
        ),
        chart=Chart("hbar", x="list", y="sales", title=Message("nps.act_title")),
        drill=("list",),
        notes=base.notes,
        labels={name: f"nps.list.{name}" for name in LISTS},
        evidence="association",
    )  # fmt: skip


WORDS = Setting("words", "text", None)
_COMMENTS = """
    SELECT customer_id, nps_group, score, answered_on, comment
    FROM counted
    WHERE comment IS NOT NULL AND trim(comment) <> ''
"""


def _themes(settings: Settings) -> dict[str, tuple[str, ...]]:
    """Theme → word beginnings, Swedish and English together; the user's own as 'leverans:frakt,paket;pris:dyr'."""
    if settings["words"]:
        own: dict[str, tuple[str, ...]] = {}
        for part in str(settings["words"]).split(";"):
            name, _, words = part.partition(":")
            own[name.strip()] = tuple(word.strip().lower() for word in words.split(",") if word.strip())
        return {name: words for name, words in own.items() if name and words}
    found: dict[str, set[str]] = {}
    for language in ("sv", "en"):
        for key, words in catalogue(language).items():
            if key.startswith("nps.words."):
                found.setdefault(key.removeprefix("nps.words."), set()).update(w.strip() for w in words.split(","))
    return {name: tuple(sorted(words)) for name, words in sorted(found.items())}


def _make_theme_members(query: Query, settings: Settings) -> pd.DataFrame:
    """Temporary table `members`: a row per customer and theme that the customer's comments touch."""
    make_answers(query, settings)
    comments = query.frame(_COMMENTS)
    patterns = {
        theme: re.compile("|".join(rf"\b{re.escape(word)}" for word in words), re.IGNORECASE)
        for theme, words in _themes(settings).items()
    }
    rows = [
        (row.customer_id, theme, row.nps_group, int(str(row.score)))
        for row in comments.itertuples()
        for theme, pattern in patterns.items()
        if pattern.search(str(row.comment))
    ]
    found = pd.DataFrame(rows, columns=["customer_id", "theme", "nps_group", "score"])
    unique = found.groupby(["customer_id", "theme"], as_index=False).agg(
        n_comments=("score", "size"), last_score=("score", "last")
    )
    query.put("members", _arrow(unique))
    found.attrs["n_comments"] = len(comments)
    found.attrs["groups"] = Counter(str(group) for group in comments["nps_group"])
    return found


def _arrow(frame: pd.DataFrame) -> pa.Table:
    return pa.table(
        {
            "customer_id": pa.array(frame["customer_id"].astype(str).tolist(), pa.string()),
            "theme": pa.array(frame["theme"].astype(str).tolist(), pa.string()),
            "n_comments": pa.array(frame["n_comments"].tolist(), pa.int64()),
            "last_score": pa.array(frame["last_score"].tolist(), pa.int64()),
        }
    )


def themes(query: Query, settings: Settings) -> Result:
    """How often each theme is spoken of in the comments, per score group: a count of word beginnings, nothing more.

    Table: theme, n_customers, n_comments, promoter_share, passive_share, detractor_share (of each group's comments).
    Raises NotEnoughDataError without comments.
    """
    base = make_answers(query, settings)
    found = _make_theme_members(query, settings)
    if not found.attrs["n_comments"]:
        raise NotEnoughDataError("nps.no_comments")
    groups: Counter[str] = found.attrs["groups"]
    rows = []
    for theme, part in found.groupby("theme"):
        spoken = part["nps_group"].value_counts()
        shares = {
            f"{group}_share": float(spoken.get(group, 0)) / groups[group] if groups[group] else None
            for group in ("promoter", "passive", "detractor")
        }
        rows.append({"theme": theme, "n_customers": part["customer_id"].nunique(), "n_comments": len(part), **shares})
    columns = ["theme", "n_customers", "n_comments", "promoter_share", "passive_share", "detractor_share"]
    table = pd.DataFrame(rows, columns=columns).sort_values(
        ["n_comments", "theme"], ascending=[False, True], ignore_index=True
    )
    top = table.sort_values("detractor_share", ascending=False, na_position="last").iloc[0] if len(table) else None
    return Result(
        key="nps.themes",
        headline=_themes_headline(top, own_words=bool(settings["words"])),
        metrics={"n_comments": Metric(int(found.attrs["n_comments"]), "count", better=0)},
        table=table,
        units={"theme": "text", "n_customers": "count", "n_comments": "count", "promoter_share": "ratio",
               "passive_share": "ratio", "detractor_share": "ratio"},
        basis=base.basis("nps_themes", Message("nps.themes_rule")),
        chart=Chart("hbar", x="theme", y="n_comments", title=Message("nps.themes_title")),
        drill=("theme",),
        notes=base.notes,
        labels={} if settings["words"] else {theme: f"nps.theme.{theme}" for theme in table["theme"]},
        evidence="association",
    )  # fmt: skip


def _themes_headline(top: pd.Series | None, *, own_words: bool) -> Message:
    if top is None or not top["detractor_share"]:
        return Message("nps.themes_none")
    theme = str(top["theme"]) if own_words else Message(f"nps.theme.{top['theme']}")
    return Message("nps.themes_headline", {"theme": theme, "share": top["detractor_share"]})


def _make_theme_list(query: Query, settings: Settings) -> None:
    _make_theme_members(query, settings)


ANALYSES = (
    Analysis(
        "nps.act",
        act,
        (AS_OF, MONTHS, LAPSED_DAYS, NPS_START, NPS_END),
        _make_members,
        ("list",),
        ("answers", "transactions"),
    ),
    Analysis("nps.themes", themes, (WORDS, NPS_START, NPS_END), _make_theme_list, ("theme",), ("answers",)),
)
