"""What all NPS questions share: which answers count, on which scale, and what was left out.

An answer counts when it is a whole number 0–10; of several from one customer in one wave the latest counts (without
waves: the latest of all). The scale is that of the file, whatever part of it is asked about: a file of stars 1–5, of
0–100 or of decimals has a mean but no NPS, and stands aside where another file has scores 0–10.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

import pandas as pd
import pyarrow as pa

from insight.errors import NotEnoughDataError
from insight.result import Basis, Message, Note
from insight.settings import Setting, Settings
from insight.stats.nps import Answers
from insight.workspace.answers import ensure_answers
from insight.workspace.engine import Query

NPS_START = Setting("start", "date", None)
NPS_END = Setting("end", "date", None)
ON = Setting("on", "choice", "spend", choices=("spend", "orders", "margin"))
MONTHS = Setting("months", "integer", 12, low=1, high=60)
GROUPS = ("promoter", "passive", "detractor")
# The note of answers whose givers were chosen by those answers.
BY_SCORE = "nps_chosen_by_score"

# A group's figures from its customers' own: of a customer's k answers `up` are promoters' and `down` detractors'; their
# scores add up to `total`, the squares of those to `squared`. squares, products and sizes say how alike the answers of
# one customer are.
CLUSTERED = """
        cast(sum(k) AS BIGINT) AS n_answers,
        count(*) AS n_customers,
        cast(sum(up) AS BIGINT) AS promoters,
        cast(sum(k - up - down) AS BIGINT) AS passives,
        cast(sum(down) AS BIGINT) AS detractors,
        sum(cast((up - down) * (up - down) AS DOUBLE)) AS squares,
        sum(cast((up - down) * k AS DOUBLE)) AS products,
        sum(cast(k * k AS DOUBLE)) AS sizes,
        sum(total) / sum(k) AS mean_score,
        sum(squared) / sum(k) - (sum(total) / sum(k)) * (sum(total) / sum(k)) AS spread
"""

# Which answers count: on the scale, in the period and scope, and the customer's latest in its wave ($every: also the
# earlier ones where there are no waves). $before: the first day that is too late.
COUNTS = """
    verdict = 0 AND answered_on < $before AND (CAST($start AS DATE) IS NULL OR answered_on >= $start)
    AND (next_on IS NULL OR next_on >= $before OR ($every AND wave = ''))
    AND (NOT $scoped OR customer_id IN (SELECT customer_id FROM scope))
"""

# What every customer bought lately, answered or not.
_SPENT = """
    WITH bought AS (
        SELECT customer_id, sum(sales) AS net, count(CASE WHEN NOT is_return THEN 1 END) AS n
        FROM orders
        WHERE customer_id IS NOT NULL AND ordered_on < $as_of
            AND ordered_on >= cast(CAST($as_of AS DATE) - to_months(cast($months AS INTEGER)) AS DATE)
        GROUP BY customer_id)
    SELECT facts.customer_id, facts.main_channel, facts.last_order_on, coalesce(bought.net, 0) AS sales,
        coalesce(bought.n, 0) AS n_orders
    FROM customer_facts AS facts
    LEFT JOIN bought ON bought.customer_id = facts.customer_id
    WHERE NOT $scoped OR facts.customer_id IN (SELECT customer_id FROM scope)
"""
_COUNTED = """
    SELECT
        answer_no, customer_id, customer_no, score, answered_on, touchpoint, wave,
        12 * year(answered_on) + month(answered_on) - 1 AS month_no, nps_group
    FROM answer_facts
    WHERE {counts}
""".replace("{counts}", COUNTS)

# Why an answer is left out, by the number that the SQL gives.
_REASONS = {0: "repeated", 1: "future", 2: "other_scale", 3: "off_scale", 4: "out_of_scope"}

_LEFT_OUT = """
    SELECT left_out, count(*) AS n
    FROM (
        SELECT CASE
                WHEN $scoped AND NOT coalesce(customer_id IN (SELECT customer_id FROM scope), false) THEN 4
                WHEN answered_on >= $tomorrow THEN 1
                ELSE verdict
            END AS left_out
        FROM answer_facts
        WHERE (CAST($start AS DATE) IS NULL OR answered_on >= $start)
            AND (CAST($end AS DATE) IS NULL OR answered_on < $end)
            AND NOT coalesce({counts}, false)) AS reasons
    GROUP BY left_out ORDER BY left_out
""".replace("{counts}", COUNTS)

_SUMMARY = """
    SELECT count(*) AS n, count(CASE WHEN customer_no < 0 THEN 1 END) AS n_unknown,
        min(score) AS lowest, max(score) AS highest, avg(score) AS mean,
        min(answered_on) AS first_on, max(answered_on) AS last_on, count(DISTINCT customer_no) AS n_customers,
        count(CASE WHEN nps_group = 'promoter' THEN 1 END) AS promoters,
        count(CASE WHEN nps_group = 'passive' THEN 1 END) AS passives,
        count(CASE WHEN nps_group = 'detractor' THEN 1 END) AS detractors
    FROM answer_facts
    WHERE {counts}
""".replace("{counts}", COUNTS)

# The comments of answers that count, from the file again: they are long, and few questions read them.
COMMENTS = """
    SELECT counted.answer_no, counted.customer_id, counted.nps_group, counted.score, counted.answered_on,
        trim(answers.comment) AS comment
    FROM counted
    JOIN answers ON 1099511627776 * cast(answers.file_id AS BIGINT) + answers.line = counted.answer_no
    WHERE answers.comment IS NOT NULL AND trim(answers.comment) <> ''
"""


@dataclass(frozen=True)
class Scale:
    """The scale of the answers: `is_nps` 0–10 in whole numbers, and the range of the files that are read."""

    is_nps: bool
    lowest: Decimal
    highest: Decimal


@dataclass(frozen=True)
class Base:
    """The answers behind a figure. On another scale `scale.is_nps` is False: then only `mean` can be told.

    `left_out` counts by reason: repeated, off_scale, other_scale, future. `by_score`: the scope was chosen by what its
    customers answered, so that the score within it was settled by the choice.
    """

    scale: Scale
    n_counted: int
    n_customers: int
    n_unknown: int
    mean: float
    first_on: date
    last_on: date
    answers: Answers
    left_out: Mapping[str, int] = field(default_factory=dict[str, int])
    by_score: bool = False

    @property
    def is_nps(self) -> bool:
        """Whether there is an NPS to speak of."""
        return self.scale.is_nps

    @property
    def range(self) -> dict[str, object]:
        """What a sentence about another scale says."""
        return {"lowest": self.scale.lowest, "highest": self.scale.highest, "mean": self.mean}

    @property
    def notes(self) -> tuple[Note, ...]:
        """What must be said about the answers themselves."""
        found: list[Note] = [] if self.is_nps else [Note("not_nps_scale", self.range, "warning")]
        if self.by_score:
            found.append(Note(BY_SCORE, {}, "warning"))
        told = [reason for reason in ("off_scale", "other_scale", "future") if self.left_out.get(reason)]
        found += [Note(f"answers_{reason}", {"n": self.left_out[reason]}, "warning") for reason in told]
        if self.n_unknown:
            found.append(Note("answers_unknown_customers", {"n": self.n_unknown}))
        if self.left_out.get("repeated"):
            found.append(Note("answers_repeated", {"n": self.left_out["repeated"]}))
        return tuple(found)

    def basis(self, formula: str, rule: Message, **more_left_out: int) -> Basis:
        """The basis: answers used, and those left out by reason."""
        left = {**self.left_out, **{reason: n for reason, n in more_left_out.items() if n}}
        used = self.n_counted - sum(more_left_out.values())
        return Basis(self.first_on, self.last_on + timedelta(days=1), used, left, rule, formula)


def scale_of(query: Query) -> Scale:
    """The scale of the answers of all the data, judged file by file. Raises NotEnoughDataError without answers."""
    key = ("nps.scale",)
    if key not in query.kept:
        ensure_answers(query)
        files = query.rows("SELECT file_id, lowest, highest, is_nps FROM answer_files ORDER BY file_id")
        if not files:
            raise NotEnoughDataError("nps.no_answers")
        read = [row for row in files if row[3]] or files
        query.kept[key] = Scale(bool(read[0][3]), min(row[1] for row in read), max(row[2] for row in read))
    return query.kept[key]


def _tomorrow(query: Query) -> date:
    """The first day that no answer can be from; sales dated ahead move it, so that an old clock hides nothing."""
    today = date.today()
    last = query.extent()[1] if query.count("transactions") else today
    return max(today, last) + timedelta(days=1)


def period_of(query: Query, settings: Settings, *, every: bool = False) -> dict[str, object]:
    """What `COUNTS` is to be told: start, before, every."""
    before = _tomorrow(query)
    if settings["end"] is not None:
        before = min(before, settings["end"])
    return {"start": settings["start"], "before": before, "every": every}


def chosen_by_score(query: Query) -> bool:
    """Whether the scope was made, wholly or in part, from what its customers answered."""
    return any(_is_of_score(*mark) for mark in query.scope_marks)


def _is_of_score(analysis: str, settings: Mapping[str, str], mark: Mapping[str, str]) -> bool:
    if analysis == "nps.score":
        return "group_key" in mark and settings.get("by", "score") in ("score", "nps_group")
    if analysis == "nps.act":
        return "waiting" in mark or mark.get("list") in ("detractors", "promoters_top")
    named = {"nps.groups": "group", "nps.before_after": "group", "nps.spread": "score", "nps.change": "score_move"}
    return named.get(analysis, "") in mark


def base_of(query: Query, settings: Settings, *, every: bool = False) -> Base:
    """How many answers count, on which scale, and what was left out; the table `answer_facts` is there afterwards.

    every: also the earlier answers of customers in a file without waves, for questions that choose among them.
    Raises NotEnoughDataError when there is no answer in the period and scope, or none that counts.
    """
    scale = scale_of(query)
    ensure_answers(query)
    key = ("nps.base", every, settings["start"], settings["end"], date.today())
    if not query.scoped and key in query.kept:
        return query.kept[key]
    period = period_of(query, settings, every=every)
    left_out = {
        _REASONS[reason]: int(n)
        for reason, n in query.rows(_LEFT_OUT, **period, end=settings["end"], tomorrow=_tomorrow(query))
    }
    n, unknown, lowest, highest, mean, first, last, customers, *answers = query.one(_SUMMARY, **period)
    inside = sum(left_out.values()) - left_out.get("out_of_scope", 0)
    if not n and inside:
        raise NotEnoughDataError("nps.none_counts", n=inside, future=left_out.get("future", 0))
    if not n:
        raise NotEnoughDataError("nps.no_answers")
    if not scale.is_nps:
        scale = replace(scale, lowest=Decimal(str(lowest)), highest=Decimal(str(highest)))
    counted = Answers(*map(int, answers))
    base = Base(
        scale, n, customers, unknown, float(mean), first, last, counted, left_out, chosen_by_score(query)
    )  # fmt: skip
    if not query.scoped:
        query.kept[key] = base
    return base


def make_answers(query: Query, settings: Settings, *, every: bool = False) -> Base:
    """Temporary table `counted`, a row an answer that counts; what counts and raises as in `base_of`.

    Columns: answer_no, customer_id, customer_no (the row in customer_facts; below 0 for an unknown customer), score,
    answered_on, touchpoint, wave, month_no, nps_group (empty on another scale).
    """
    base = base_of(query, settings, every=every)
    query.make("counted", _COUNTED, **period_of(query, settings, every=every))
    return base


def make_spent(query: Query, settings: Settings) -> None:
    """Temporary table `spent`, a row a customer of the selection: customer_id, main_channel, last_order_on, and sales
    (returns drawn off) and n_orders (returns not counted) in the `months` before `as_of`, 0 without any."""
    query.make("spent", _SPENT, as_of=settings["as_of"], months=settings["months"])


def needs_nps(base: Base) -> None:
    """Raises NotEnoughDataError where the answers are on another scale than 0–10."""
    if not base.is_nps:
        raise NotEnoughDataError("nps.other_scale", **base.range)


def answers_of(row: pd.Series) -> Answers:
    """The three counts of a table's row."""
    return Answers(int(row["promoters"]), int(row["passives"]), int(row["detractors"]))


def texts(values: list[str]) -> pa.Array:
    """Words as an Arrow column."""
    return pa.array(values, pa.string())
