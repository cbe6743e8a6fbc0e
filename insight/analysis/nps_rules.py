"""What all NPS questions share: which answers count, the scale, and each customer's purchases around the answer.

An answer counts when it is a whole number 0–10; of several from one customer in one wave the latest counts (without
waves: the latest of all). A file of another scale (stars 1–5, 0–100, decimals) has answers but no NPS.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pandas as pd

from insight.errors import NotEnoughDataError
from insight.result import Basis, Message, Note
from insight.settings import Setting, Settings
from insight.stats.nps import Answers
from insight.workspace.engine import Query

NPS_START = Setting("start", "date", None)
NPS_END = Setting("end", "date", None)
ON = Setting("on", "choice", "spend", choices=("spend", "orders", "margin"))
MONTHS = Setting("months", "integer", 12, low=1, high=60)
_MOST_STRAY = Decimal("0.05")
_STAR = 5

# Every answer in the period and scope, with what makes it count or not. `repeat_rank` 1 is the latest in its wave.
_ANSWERS = """
    SELECT
        answers.customer_id,
        answers.score,
        answers.answered_on,
        coalesce(answers.touchpoint, '') AS touchpoint,
        coalesce(answers.wave, '') AS wave,
        answers.comment,
        12 * year(answers.answered_on) + month(answers.answered_on) - 1 AS month_no,
        answers.score >= 0 AND answers.score <= 10 AND answers.score = floor(answers.score) AS on_scale,
        facts.customer_id IS NOT NULL AS known,
        row_number() OVER (
            PARTITION BY answers.customer_id, coalesce(answers.wave, '')
            ORDER BY answers.answered_on DESC, answers.line DESC, answers.file_id DESC) AS repeat_rank
    FROM answers
    LEFT JOIN customer_facts AS facts ON facts.customer_id = answers.customer_id
    WHERE (CAST($start AS DATE) IS NULL OR answers.answered_on >= $start)
        AND (CAST($end AS DATE) IS NULL OR answers.answered_on < $end)
        AND (NOT $scoped OR answers.customer_id IN (SELECT customer_id FROM scope))
"""

_COUNTED = """
    SELECT
        customer_id, cast(score AS INTEGER) AS score, answered_on, touchpoint, wave, comment, month_no, known,
        CASE WHEN score >= 9 THEN 'promoter' WHEN score >= 7 THEN 'passive' ELSE 'detractor' END AS nps_group
    FROM all_answers
    WHERE on_scale AND repeat_rank = 1
"""

_SCALE = """
    SELECT
        count(*) AS n,
        sum(CASE WHEN on_scale THEN 1 ELSE 0 END) AS n_on_scale,
        sum(CASE WHEN on_scale AND repeat_rank > 1 THEN 1 ELSE 0 END) AS n_repeated,
        sum(CASE WHEN on_scale AND repeat_rank = 1 AND NOT known THEN 1 ELSE 0 END) AS n_unknown,
        min(score) AS lowest, max(score) AS highest, avg(cast(score AS DOUBLE)) AS mean,
        min(answered_on) AS first_on, max(answered_on) AS last_on
    FROM all_answers
"""


@dataclass(frozen=True)
class Base:
    """The answers behind a figure. On another scale `is_nps` is False: then only `mean` and the range can be told."""

    n: int
    n_counted: int
    n_off_scale: int
    n_repeated: int
    n_unknown: int
    is_nps: bool
    lowest: Decimal
    highest: Decimal
    mean: float
    first_on: date
    last_on: date

    @property
    def notes(self) -> tuple[Note, ...]:
        """What must be said about the answers themselves."""
        found: list[Note] = []
        if not self.is_nps:
            values = {"lowest": self.lowest, "highest": self.highest, "mean": self.mean}
            found.append(Note("not_nps_scale", values, "warning"))
        if self.n_off_scale and self.is_nps:
            found.append(Note("answers_off_scale", {"n": self.n_off_scale}, "warning"))
        if self.n_unknown:
            found.append(Note("answers_unknown_customers", {"n": self.n_unknown}))
        return tuple(found)

    def basis(self, formula: str, rule: Message, **more_left_out: int) -> Basis:
        """The basis: answers used, and those left out by reason."""
        left = {"off_scale": self.n_off_scale, "repeated": self.n_repeated, **more_left_out}
        used = self.n_counted - sum(more_left_out.values())
        return Basis(self.first_on, self.last_on, used, {k: n for k, n in left.items() if n}, rule, formula)


def make_answers(query: Query, settings: Settings) -> Base:
    """Temporary table `counted`: customer_id, score, answered_on, touchpoint, wave, comment, month_no, known,
    nps_group; and what was left out. Raises NotEnoughDataError when there is no answer in the period and scope."""
    query.make("all_answers", _ANSWERS, start=settings["start"], end=settings["end"])
    n, on_scale, repeated, unknown, lowest, highest, mean, first, last = query.one(_SCALE)
    if not n:
        raise NotEnoughDataError("nps.no_answers")
    stray = n - on_scale
    stars = highest <= _STAR and lowest >= 1
    is_nps = not stars and stray <= _MOST_STRAY * n
    query.make("counted", _COUNTED)
    return Base(n, on_scale - repeated, stray, repeated, unknown, is_nps, lowest, highest, float(mean), first, last)


def answers_of(row: pd.Series) -> Answers:
    """The three counts of a table's row."""
    return Answers(int(row["promoters"]), int(row["passives"]), int(row["detractors"]))
