"""What to do with the answers: whom to call, whom to thank and ask, who fell silent, and who never answered."""

import pandas as pd

from insight.analysis.basis import frame
from insight.analysis.nps_rules import COMMENTS, MONTHS, NPS_END, NPS_START, Base, make_answers, make_spent, needs_nps
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError
from insight.i18n.catalog import LANGUAGES, catalogue
from insight.result import Chart, Message, Metric, Note, Result
from insight.settings import AS_OF, Setting, Settings
from insight.workspace.engine import Query, money

LISTS = ("detractors", "promoters_top", "lapsed", "silent_top")
WAITING = ("days_7", "days_30", "days_90", "older")
LAPSED_DAYS = Setting("lapsed_days", "integer", 365, low=1, high=3650)
ASKED = Setting("asked", "names", None)
_TOP_SHARE = 0.1

_LATEST = """
    SELECT
        counted.customer_id, max(counted.answered_on) AS answered_on,
        max_by(counted.score, counted.answered_on) AS score,
        max_by(counted.nps_group, counted.answered_on) AS nps_group,
        max_by(comments.comment, counted.answered_on) AS last_comment
    FROM counted
    LEFT JOIN comments ON comments.answer_no = counted.answer_no
    WHERE counted.answered_on < $as_of
    GROUP BY counted.customer_id
"""

# The kinds of messages that ask for a recommendation, by words in their kind or campaign.
_ASKED = """
    SELECT DISTINCT contacts.customer_id
    FROM contacts
    JOIN (
        SELECT DISTINCT coalesce(message_type, '') AS kind, coalesce(campaign_id, '') AS campaign
        FROM contacts) AS kinds
        ON kinds.kind = coalesce(contacts.message_type, '') AND kinds.campaign = coalesce(contacts.campaign_id, '')
    WHERE contacts.sent_at < $as_of
        AND len(list_filter($words, lambda word: contains(lower(kinds.kind || ' ' || kinds.campaign), word))) > 0
"""

# A customer stands in at most one list, the first that fits: a detractor who buys, a promoter among the best tenth who
# has not been asked, one who has answered but stopped buying, one of the best tenth who has never answered. Those who
# stopped are worth what they bought in the months up to their last purchase.
_MEMBERS = """
    WITH ranked AS (
        SELECT spent.*, spent.sales > 0 AND rank() OVER (ORDER BY spent.sales DESC)
            <= greatest(1, $top * sum(CASE WHEN spent.sales > 0 THEN 1 ELSE 0 END) OVER ()) AS is_top
        FROM spent),
    sorted AS (
        SELECT ranked.*, latest.score, latest.answered_on, latest.last_comment,
            CASE
                WHEN latest.nps_group = 'detractor' AND ranked.sales > 0 THEN 'detractors'
                WHEN latest.nps_group = 'promoter' AND ranked.is_top THEN
                    CASE WHEN asked.customer_id IS NULL THEN 'promoters_top' ELSE 'asked' END
                WHEN latest.customer_id IS NOT NULL AND ranked.last_order_on IS NOT NULL
                    AND date_diff('day', ranked.last_order_on, CAST($as_of AS DATE)) > $lapsed_days THEN 'lapsed'
                WHEN latest.customer_id IS NULL AND ranked.is_top THEN 'silent_top' END AS list
        FROM ranked
        LEFT JOIN latest ON latest.customer_id = ranked.customer_id
        LEFT JOIN asked ON asked.customer_id = ranked.customer_id),
    once AS (
        SELECT sorted.customer_id, coalesce(sum(orders.sales), 0) AS sales,
            count(CASE WHEN NOT orders.is_return THEN 1 END) AS n_orders
        FROM sorted
        LEFT JOIN orders ON orders.customer_id = sorted.customer_id AND orders.ordered_on <= sorted.last_order_on
            AND orders.ordered_on > cast(sorted.last_order_on - to_months(cast($months AS INTEGER)) AS DATE)
        WHERE sorted.list = 'lapsed'
        GROUP BY sorted.customer_id)
    SELECT
        sorted.customer_id, sorted.list,
        CASE WHEN sorted.answered_on IS NULL THEN NULL
            WHEN date_diff('day', sorted.answered_on, CAST($as_of AS DATE)) <= 7 THEN 'days_7'
            WHEN date_diff('day', sorted.answered_on, CAST($as_of AS DATE)) <= 30 THEN 'days_30'
            WHEN date_diff('day', sorted.answered_on, CAST($as_of AS DATE)) <= 90 THEN 'days_90'
            ELSE 'older' END AS waiting,
        cast(coalesce(once.sales, sorted.sales) AS DECIMAL(38, 2)) AS sales,
        coalesce(once.n_orders, sorted.n_orders) AS n_orders,
        cast(sorted.score AS {kind}) AS last_score, sorted.answered_on AS last_answered_on,
        date_diff('day', sorted.answered_on, CAST($as_of AS DATE)) AS days_since_answer,
        sorted.last_comment
    FROM sorted
    LEFT JOIN once ON once.customer_id = sorted.customer_id
    WHERE sorted.list IS NOT NULL
"""
_MEMBERS_OF = {True: _MEMBERS.format(kind="INTEGER"), False: _MEMBERS.format(kind="DOUBLE")}

_TABLE = """
    SELECT list, count(*) AS n_customers, sum(sales) AS sales, sum(n_orders) AS n_orders,
        avg(cast(last_score AS DOUBLE)) AS mean_score, median(days_since_answer) AS median_days_since_answer,
        count(last_comment) AS n_comments
    FROM members
    GROUP BY list
"""
_WAITING = """
    SELECT waiting, count(*) AS n_customers, sum(sales) AS sales FROM members WHERE list = 'detractors' GROUP BY waiting
"""


def _asked_words(settings: Settings) -> list[str]:
    """Words that tell a message which asks for a recommendation or a review: the user's, else both languages'."""
    own: tuple[str, ...] | None = settings["asked"]
    if own:
        return [word.lower() for word in own]
    return sorted(
        {word.strip() for language in LANGUAGES for word in catalogue(language)["nps.asked_words"].split(",")}
    )


def _make(query: Query, settings: Settings) -> tuple[Base, int]:
    """Temporary table `members` of the lists; and how many promoters were left out since they have been asked."""
    base = make_answers(query, settings)
    query.make("comments", COMMENTS)
    query.make("latest", _LATEST, as_of=settings["as_of"])
    make_spent(query, settings)
    query.make("asked", _ASKED, as_of=settings["as_of"], words=_asked_words(settings))
    query.make(
        "members", _MEMBERS_OF[base.is_nps], as_of=settings["as_of"], months=settings["months"], top=_TOP_SHARE,
        lapsed_days=settings["lapsed_days"],
    )  # fmt: skip
    asked = int(query.one("SELECT count(*) FROM members WHERE list = 'asked'")[0])
    query.make("members", "SELECT * FROM members WHERE list <> 'asked'")
    return base, asked


def _make_members(query: Query, settings: Settings) -> None:
    _make(query, settings)


def act(query: Query, settings: Settings) -> Result:
    """Four lists to act on, with what their customers bought in the `months` before `as_of`.

    Table: list (detractors, promoters_top, lapsed, silent_top), n_customers, sales (of the lapsed: in the months up to
    their last purchase), n_orders, mean_score, median_days_since_answer, n_comments. A customer stands in one list
    only; promoters who have been sent a message that asks for a recommendation (`asked`: words in its kind) in none.
    `tables["waiting"]`: the detractors by days since their answer. Metric value_at_stake: sales of the detractors.
    """
    base, n_asked = _make(query, settings)
    table = query.frame(_TABLE)
    if table.empty:
        needs_nps(base)
        raise NotEnoughDataError("nps.no_lists")
    table = table.sort_values("list", key=lambda column: column.map(LISTS.index), ignore_index=True)
    found = {str(row["list"]): row for row in table.to_dict("records")}
    at_stake = money(found["detractors"]["sales"]) if "detractors" in found else money(0)
    counts = {name: int(found[name]["n_customers"]) if name in found else 0 for name in LISTS}
    waiting = _waiting(query)
    return Result(
        key="nps.act",
        headline=_headline(base, counts, at_stake),
        metrics={
            "value_at_stake": Metric(
                at_stake if base.is_nps else None, "money", better=-1,
                mark={"list": "detractors"} if counts["detractors"] else {},
            ),
            **{
                f"n_{name}": Metric(counts[name], "count", better=0, mark={"list": name} if counts[name] else {})
                for name in LISTS
            },
        },
        table=table,
        units={
            "list": "text", "n_customers": "count", "sales": "money", "n_orders": "count", "mean_score": "score",
            "median_days_since_answer": "days", "n_comments": "count",
        },
        basis=base.basis(
            "nps_act", Message("nps.act_rule", {"months": settings["months"], "as_of": settings["as_of"]})
        ),
        chart=Chart(
            "hbar", x="list", y="sales", title=Message("nps.act_title"),
            subtitle=Message("nps.act_subtitle", {"months": settings["months"]}),
        ),
        charts=() if waiting.empty else (
            Chart("columns", x="waiting", y="sales", title=Message("nps.waiting_title"),
                  subtitle=Message("nps.waiting_subtitle")),
        ),
        drill=("list", "waiting"),
        notes=(*base.notes, *_notes(query, n_asked)),
        labels={
            **{name: f"nps.list.{name}" for name in LISTS}, **{band: f"nps.waiting.{band}" for band in WAITING},
        },
        evidence="association",
        tables={} if waiting.empty else {"waiting": waiting},
        more_units={} if waiting.empty else {
            "waiting": {"list": "text", "waiting": "text", "n_customers": "count", "sales": "money"}
        },
    )  # fmt: skip


def _waiting(query: Query) -> pd.DataFrame:
    """The detractors who buy by how long they have waited, each band in its row."""
    found = {str(band): (int(n), money(sales)) for band, n, sales in query.rows(_WAITING)}
    if not found:
        return pd.DataFrame()
    rows = [
        {
            "list": "detractors", "waiting": band, "n_customers": found.get(band, (0, None))[0],
            "sales": found[band][1] if band in found else money(0),
        }
        for band in WAITING
    ]  # fmt: skip
    return frame(rows, ["list", "waiting", "n_customers", "sales"])


def _headline(base: Base, counts: dict[str, int], at_stake: object) -> Message:
    if not base.is_nps:
        return Message("nps.act_other_scale", base.range)
    if not counts["detractors"]:
        return Message("nps.act_none")
    return Message("nps.act_headline", {"n": counts["detractors"], "sales": at_stake})


def _notes(query: Query, n_asked: int) -> tuple[Note, ...]:
    if n_asked:
        return (Note("promoters_asked", {"n": n_asked}),)
    return () if query.count("contacts") else (Note("asked_unknown"),)


ANALYSES = (
    Analysis(
        "nps.act",
        act,
        (AS_OF, MONTHS, LAPSED_DAYS, ASKED, NPS_START, NPS_END),
        _make_members,
        ("list", "waiting"),
        ("answers", "transactions"),
    ),
)
