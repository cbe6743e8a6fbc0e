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
from insight.workspace.engine import Query

NPS_START = Setting("start", "date", None)
NPS_END = Setting("end", "date", None)
ON = Setting("on", "choice", "spend", choices=("spend", "orders", "margin"))
MONTHS = Setting("months", "integer", 12, low=1, high=60)
GROUPS = ("promoter", "passive", "detractor")
_MOST_STRAY = Decimal("0.05")
_STAR = 5
# With fewer answers a range of 1–5 says nothing about the scale.
_LEAST_STARS = 5

_FILES = """
    SELECT file_id, count(*) AS n, min(score) AS lowest, max(score) AS highest,
        sum(CASE WHEN score >= 0 AND score <= 10 AND score = floor(score) THEN 1 ELSE 0 END) AS n_whole
    FROM answers GROUP BY file_id ORDER BY file_id
"""

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

# Why an answer is left out, by the number that the SQL gives.
_REASONS = {0: "repeated", 1: "future", 2: "other_scale", 3: "off_scale"}

# Every answer in the period and scope, with why it is left out (0: it counts). `place` 1 is the customer's latest in
# its wave among those that count.
_ANSWERS = """
    SELECT
        sorted.*,
        row_number() OVER (
            PARTITION BY customer_id, wave, left_out ORDER BY answered_on DESC, line DESC, file_id DESC) AS place
    FROM (
        SELECT
            answers.customer_id,
            facts.rowid AS customer_no,
            answers.score,
            answers.answered_on,
            coalesce(answers.touchpoint, '') AS touchpoint,
            coalesce(answers.wave, '') AS wave,
            answers.line,
            answers.file_id,
            CASE
                WHEN answers.answered_on >= $tomorrow THEN 1
                WHEN NOT list_contains($files, answers.file_id) THEN 2
                WHEN $is_nps AND NOT (score >= 0 AND score <= 10 AND score = floor(score)) THEN 3
                ELSE 0 END AS left_out
        FROM answers
        LEFT JOIN customer_facts AS facts ON facts.customer_id = answers.customer_id
        WHERE (CAST($start AS DATE) IS NULL OR answers.answered_on >= $start)
            AND (CAST($end AS DATE) IS NULL OR answers.answered_on < $end)
            AND (NOT $scoped OR answers.customer_id IN (SELECT customer_id FROM scope))) AS sorted
"""

# An answer's number is its file and line: the same whenever it is asked for.
_COUNTED = """
    SELECT
        1099511627776 * cast(file_id AS BIGINT) + line AS answer_no, customer_id, customer_no,
        cast(score AS DOUBLE) AS score, answered_on, touchpoint, wave,
        12 * year(answered_on) + month(answered_on) - 1 AS month_no,
        CASE WHEN NOT $is_nps THEN '' WHEN score >= 9 THEN 'promoter' WHEN score >= 7 THEN 'passive'
            ELSE 'detractor' END AS nps_group
    FROM all_answers
    WHERE left_out = 0 AND (place = 1 OR ($every AND wave = ''))
"""

_LEFT_OUT = """
    SELECT left_out, count(*) AS n FROM all_answers
    WHERE left_out <> 0 OR (place > 1 AND NOT ($every AND wave = ''))
    GROUP BY left_out ORDER BY left_out
"""

_SUMMARY = """
    SELECT count(*) AS n, count(CASE WHEN customer_no IS NULL THEN 1 END) AS n_unknown,
        min(score) AS lowest, max(score) AS highest, avg(score) AS mean,
        min(answered_on) AS first_on, max(answered_on) AS last_on, count(DISTINCT customer_id) AS n_customers,
        sum(CASE WHEN nps_group = 'promoter' THEN 1 ELSE 0 END) AS promoters,
        sum(CASE WHEN nps_group = 'passive' THEN 1 ELSE 0 END) AS passives,
        sum(CASE WHEN nps_group = 'detractor' THEN 1 ELSE 0 END) AS detractors
    FROM counted
"""

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
    """The scale of the answers: `is_nps` 0–10 in whole numbers, `files` those that are read, and their range."""

    is_nps: bool
    files: tuple[int, ...]
    lowest: Decimal
    highest: Decimal


@dataclass(frozen=True)
class Base:
    """The answers behind a figure. On another scale `scale.is_nps` is False: then only `mean` can be told.

    `left_out` counts by reason: repeated, off_scale, other_scale, future.
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
        files = query.rows(_FILES)
        if not files:
            raise NotEnoughDataError("nps.no_answers")
        scored = [row for row in files if _is_nps(*row[1:])]
        read = scored or files
        query.kept[key] = Scale(
            bool(scored), tuple(row[0] for row in read), min(row[2] for row in read), max(row[3] for row in read)
        )
    return query.kept[key]


def _is_nps(n: int, lowest: Decimal, highest: Decimal, n_whole: int) -> bool:
    stars = n >= _LEAST_STARS and highest <= _STAR and lowest >= 1
    return not stars and n - n_whole <= _MOST_STRAY * n


def _tomorrow(query: Query) -> date:
    """The first day that no answer can be from; sales dated ahead move it, so that an old clock hides nothing."""
    today = date.today()
    last = query.extent()[1] if query.count("transactions") else today
    return max(today, last) + timedelta(days=1)


def make_answers(query: Query, settings: Settings, *, every: bool = False) -> Base:
    """Temporary table `counted`, a row an answer that counts, and what was left out.

    every: also the earlier answers of customers in a file without waves, for questions that choose among them.

    Columns: answer_no, customer_id, customer_no (the row in customer_facts; NULL for an unknown customer), score,
    answered_on, touchpoint, wave, month_no, nps_group (empty on another scale).
    Raises NotEnoughDataError when there is no answer in the period and scope, or none that counts.
    """
    scale = scale_of(query)
    query.make(
        "all_answers", _ANSWERS, start=settings["start"], end=settings["end"], files=list(scale.files),
        is_nps=scale.is_nps, tomorrow=_tomorrow(query),
    )  # fmt: skip
    query.make("counted", _COUNTED, is_nps=scale.is_nps, every=every)
    left_out = {_REASONS[reason]: int(n) for reason, n in query.rows(_LEFT_OUT, every=every)}
    n, unknown, lowest, highest, mean, first, last, customers, *answers = query.one(_SUMMARY)
    if not n and left_out:
        raise NotEnoughDataError("nps.none_counts", n=sum(left_out.values()), future=left_out.get("future", 0))
    if not n:
        raise NotEnoughDataError("nps.no_answers")
    if not scale.is_nps:
        scale = replace(scale, lowest=Decimal(str(lowest)), highest=Decimal(str(highest)))
    base = Base(scale, n, customers, unknown, float(mean), first, last, Answers(*map(int, answers)), left_out)
    if not query.scoped:
        query.kept[_base_key(settings, every=every)] = base
    return base


def _base_key(settings: Settings, *, every: bool) -> tuple[object, ...]:
    return "nps.base", every, settings["start"], settings["end"], date.today()


def kept_base(query: Query, settings: Settings, *, every: bool = False) -> Base | None:
    """What an earlier question found out about the same answers; None within a scope or when nobody has asked."""
    return None if query.scoped else query.kept.get(_base_key(settings, every=every))


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
