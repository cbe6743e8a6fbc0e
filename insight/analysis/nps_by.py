"""What NPS answers are told apart by: what the answer says, where the customer shops, who they are, a segment."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from insight.analysis import fields, registry
from insight.analysis.nps_rules import GROUPS, Base, texts
from insight.errors import UsageError
from insight.i18n.catalog import MINUS
from insight.settings import Setting
from insight.workspace.engine import Query

BY = Setting("by", "text", "score")
OWN = ("score", "nps_group", "touchpoint", "wave")
PLACES = ("store", "channel")
SEGMENTS = {
    "rfm": "segments.rfm", "value_tiers": "segments.value_tiers", "lifecycle": "segments.lifecycle",
    "clusters": "segments.clusters", "ladder": "ladder.steps",
}  # fmt: skip
# Where a customer shops most is 'store' and 'channel' here.
_SAME_AS_PLACES = ("main_store", "main_channel", "n_channels")
_MOST_SCORES, _BANDS = 11, 10

_ANSWER = """counted.answer_no, counted.customer_id, counted.customer_no, counted.nps_group, counted.score,
        counted.answered_on"""
_ANSWERS_OWN = """
    SELECT {answer},
        CASE $by WHEN 'touchpoint' THEN coalesce(nullif(touchpoint, ''), 'unknown')
            WHEN 'wave' THEN coalesce(nullif(wave, ''), 'unknown')
            WHEN 'month' THEN cast(month_no AS VARCHAR)
            WHEN 'nps_group' THEN nps_group ELSE cast(cast(score AS INTEGER) AS VARCHAR) END AS group_key
    FROM counted
""".replace("{answer}", _ANSWER)
_PLACES = """
    SELECT {answer},
        coalesce(CASE WHEN $by = 'store' THEN facts.main_store ELSE facts.main_channel END, 'unknown') AS group_key
    FROM counted LEFT JOIN customer_facts AS facts ON facts.rowid = counted.customer_no
""".replace("{answer}", _ANSWER)
_VALUES = """
    SELECT {answer}, coalesce(field_values.value, 'unknown') AS group_key
    FROM counted LEFT JOIN field_values ON field_values.customer_id = counted.customer_id
""".replace("{answer}", _ANSWER)
# Age in whole years on the day of the answer.
_AGES = """
    SELECT {answer},
        CASE WHEN age IS NULL OR age < 0 THEN 'unknown' WHEN age < 25 THEN 'age_0_24' WHEN age < 35 THEN 'age_25_34'
            WHEN age < 45 THEN 'age_35_44' WHEN age < 55 THEN 'age_45_54' WHEN age < 65 THEN 'age_55_64'
            WHEN age < 75 THEN 'age_65_74' ELSE 'age_75' END AS group_key
    FROM (
        SELECT counted.*,
            year(counted.answered_on) - year(born.birth_date)
                - CASE WHEN 100 * month(counted.answered_on) + day(counted.answered_on)
                    < 100 * month(born.birth_date) + day(born.birth_date) THEN 1 ELSE 0 END AS age
        FROM counted
        LEFT JOIN (SELECT customer_id, max(birth_date) AS birth_date FROM customers GROUP BY customer_id) AS born
            ON born.customer_id = counted.customer_id) AS counted
""".replace("{answer}", _ANSWER)
_SEGMENT = """
    SELECT {answer}, coalesce(placed.segment, 'unknown') AS group_key
    FROM counted LEFT JOIN placed ON placed.customer_id = counted.customer_id
""".replace("{answer}", _ANSWER)
_BANDED = """
    SELECT {answer}, bands.group_key
    FROM counted JOIN score_bands AS bands ON counted.score >= bands.low_bound AND counted.score < bands.high_bound
""".replace("{answer}", _ANSWER)


@dataclass(frozen=True)
class Grouping:
    """How the answers are grouped: `order` the groups that have one, `labels` their words."""

    by: str
    order: tuple[str, ...] = ()
    labels: Mapping[str, str] | None = None

    @property
    def of_scores(self) -> bool:
        """Whether the groups are the answers themselves, which have no NPS of their own."""
        return self.by in ("score", "nps_group")


def available(query: Query) -> dict[str, str]:
    """Every grouping that these data can carry, by key, with its catalogue key or the file's own name for it."""
    own = {key: f"setting.by.{key}" for key in ("score", "nps_group")}
    own |= {key: f"setting.by.{key}" for key in ("touchpoint", "wave") if query.has_values("answers", key)}
    there = fields.available(query, of_customers=True)
    own |= {key: f"setting.by.{key}" for key in PLACES if f"main_{key}" in there}
    named = {key: field.name for key, field in there.items() if key not in (*_SAME_AS_PLACES, *own)}
    segments = {key: f"setting.by.{key}" for key in SEGMENTS} if query.count("transactions") else {}
    return {**own, **named, **segments}


def make_groups(query: Query, by: str, base: Base) -> Grouping:
    """Temporary table `members_all`, a row a counted answer: what `counted` says of it, and group_key.

    Raises UsageError that lists what there is for a grouping that is not.
    """
    if by == "score" and not base.is_nps:
        return _make_bands(query)
    if by in (*OWN, "month"):
        query.make("members_all", _ANSWERS_OWN, by=by)
        known = {"score": tuple(str(score) for score in range(11)), "nps_group": GROUPS if base.is_nps else ("",)}
        return Grouping(by, known.get(by, ()), {"": "common.unknown"})
    if by in PLACES:
        query.make("members_all", _PLACES, by=by)
        return Grouping(by)
    if by == "age_band":
        query.make("members_all", _AGES)
        return Grouping(by, fields.AGE_KEYS)
    if by in SEGMENTS:
        return _make_segment(query, by)
    there = fields.available(query, of_customers=True)
    if by not in there:
        raise UsageError("fields.unknown", value=by, known=", ".join(available(query)))
    fields.make_values(query, there[by], base.last_on)
    query.make("members_all", _VALUES)
    return Grouping(by)


def _make_segment(query: Query, by: str) -> Grouping:
    """Today's segment or step of whoever answered; order and words are those of the segmentation itself."""
    analysis = registry.find(SEGMENTS[by])
    if analysis.members is None:
        raise UsageError("audience.no_customers", value=analysis.key)
    result = registry.run(query, analysis.key)
    analysis.members(query, registry.settings_for(query, analysis, {}))
    if by == "ladder":
        query.make("placed", "SELECT customer_id, step AS segment FROM members")
    else:
        query.make("placed", "SELECT customer_id, segment FROM members")
    query.make("members_all", _SEGMENT)
    column = "step" if by == "ladder" else "segment"
    return Grouping(by, tuple(str(key) for key in result.table[column]), result.labels)


def _make_bands(query: Query) -> Grouping:
    """Scores of another scale: each for itself where they are few and whole, else bands between whole numbers."""
    found = [row[0] for row in query.rows("SELECT DISTINCT score FROM counted ORDER BY score")]
    whole = all(score == math.floor(score) for score in found)
    if whole and len(found) <= _MOST_SCORES:
        lows, highs = found, [*found[1:], found[-1] + 1]
        names = [f"{score:.0f}" for score in found]
    else:
        width = next(step for step in _band_widths() if (found[-1] - found[0]) / step <= _BANDS)
        start = math.floor(found[0] / width) * width
        count = max(1, math.ceil((found[-1] - start) / width))
        lows = [float(start + width * number) for number in range(count)]
        # The highest score belongs to the last band.
        highs = [*lows[1:], max(lows[-1] + width, found[-1] + 1)]
        names = [f"{low:.0f}–{low + width:.0f}" for low in lows]
    keys = [f"score_{number}" for number in range(1, len(lows) + 1)]
    query.put(
        "score_bands",
        pa.table({
            "group_key": texts(keys), "low_bound": pa.array(lows, pa.float64()),
            "high_bound": pa.array(highs, pa.float64()),
        }),
    )  # fmt: skip
    query.make("members_all", _BANDED)
    return Grouping(
        "score", tuple(keys), {key: name.replace("-", MINUS) for key, name in zip(keys, names, strict=True)}
    )


def _band_widths() -> Iterator[int]:
    """1, 2, 5, 10, 20, 50 …"""
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10
