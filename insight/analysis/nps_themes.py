"""What the comments are about: a count of words, per score group. No model: the lists can be read and changed."""

import re
from collections.abc import Mapping

import pandas as pd
import pyarrow as pa

from insight.analysis.basis import frame
from insight.analysis.nps_rules import COMMENTS, GROUPS, NPS_END, NPS_START, Base, make_answers, texts
from insight.analysis.registry import Analysis
from insight.errors import NotEnoughDataError, UsageError
from insight.i18n.catalog import LANGUAGES, catalogue
from insight.result import Chart, Message, Metric, Result
from insight.settings import Setting, Settings
from insight.workspace.engine import Query

WORDS = Setting("words", "text", None)
LONGEST = 3_500
_WHOLE_UP_TO = 3
_PREFIX = "nps.words."

_SPEAK = "SELECT answer_no FROM comments WHERE regexp_matches(lower(comment), $pattern)"
_MEMBERS = """
    SELECT comments.customer_id, spoken.theme, count(*) AS n_comments,
        cast(max_by(comments.score, comments.answered_on) AS {kind}) AS last_score,
        max(comments.answered_on) AS last_answered_on, max_by(comments.comment, comments.answered_on) AS last_comment
    FROM spoken
    JOIN comments ON comments.answer_no = spoken.answer_no
    GROUP BY comments.customer_id, spoken.theme
"""
_MEMBERS_OF = {True: _MEMBERS.format(kind="INTEGER"), False: _MEMBERS.format(kind="DOUBLE")}
_TABLE = """
    SELECT spoken.theme, comments.nps_group, count(*) AS n FROM spoken
    JOIN comments ON comments.answer_no = spoken.answer_no
    GROUP BY spoken.theme, comments.nps_group
"""
_PEOPLE = "SELECT theme, count(*) FROM members GROUP BY theme"
_COMMENTED = "SELECT nps_group, count(*) FROM comments GROUP BY nps_group"


def themes_of(settings: Settings) -> dict[str, tuple[str, ...]]:
    """Theme → words, Swedish and English together; or the user's own, 'delivery: parcel, freight; price: dear'.

    Themes end at ';' or a new line. Raises UsageError for a text without a theme and its words.
    """
    if not settings["words"]:
        return {
            key: tuple(sorted({word for language in LANGUAGES for word in _split(catalogue(language)[_PREFIX + key])}))
            for key in own_themes()
        }
    own: dict[str, tuple[str, ...]] = {}
    typed = str(settings["words"])
    if len(typed) > LONGEST:
        raise UsageError("nps.words_too_long", n=len(typed), most=LONGEST, over=len(typed) - LONGEST)
    for part in re.split(r"[;\n]", typed):
        name, colon, words = part.partition(":")
        if not part.strip():
            continue
        if not colon or not name.strip() or not _split(words):
            raise UsageError("nps.words_unreadable", value=part.strip())
        own[name.strip()] = (*own.get(name.strip(), ()), *_split(words))
    if not own:
        raise UsageError("nps.words_unreadable", value=typed.strip())
    return own


def own_themes() -> list[str]:
    """The themes of the house."""
    return sorted(key.removeprefix(_PREFIX) for key in catalogue("sv") if key.startswith(_PREFIX))


def _split(words: str) -> list[str]:
    return [word.strip().lower() for word in words.split(",") if word.strip()]


def pattern(words: tuple[str, ...]) -> str:
    """One pattern for a theme: words begin so; those of three letters or fewer stand alone ('kö' is not in 'köpa')."""
    parts = [rf"{re.escape(word)}(?:[^\p{{L}}]|$)" if len(word) <= _WHOLE_UP_TO else re.escape(word) for word in words]
    return rf"(?:^|[^\p{{L}}])(?:{'|'.join(parts)})"


def _make(query: Query, settings: Settings) -> tuple[Base, Mapping[str, tuple[str, ...]]]:
    """Temporary tables `comments`, `spoken` (answer_no, theme) and `members`: a row per customer and theme."""
    base = make_answers(query, settings)
    themes = themes_of(settings)
    query.make("comments", COMMENTS)
    parts: list[pa.Table] = []
    for theme, words in themes.items():
        found = query.arrow(_SPEAK, pattern=pattern(words))
        parts.append(found.append_column("theme", texts([theme] * found.num_rows)))
    query.put("spoken", pa.concat_tables(parts))
    query.make("members", _MEMBERS_OF[base.is_nps])
    return base, themes


def _make_members(query: Query, settings: Settings) -> None:
    _make(query, settings)


def themes(query: Query, settings: Settings) -> Result:
    """How often each theme is spoken of in the comments, per score group: a count of words, nothing more.

    Table, most spoken of first: theme, words (the list), n_customers, n_comments, promoter_share, passive_share,
    detractor_share (of each group's comments; None on another scale). Raises NotEnoughDataError without comments.
    """
    base, lists = _make(query, settings)
    commented = {str(group): int(n) for group, n in query.rows(_COMMENTED)}
    if not commented:
        raise NotEnoughDataError("nps.no_comments")
    spoken: dict[str, dict[str, int]] = {}
    for theme, group, n in query.rows(_TABLE):
        spoken.setdefault(str(theme), {})[str(group)] = int(n)
    people = {str(theme): int(n) for theme, n in query.rows(_PEOPLE)}
    rows = [
        {
            "theme": theme, "words": ", ".join(lists[theme]), "n_customers": people[theme],
            "n_comments": sum(counts.values()),
            **{
                f"{group}_share": counts.get(group, 0) / commented[group] if commented.get(group) else None
                for group in GROUPS
            },
        }
        for theme, counts in spoken.items()
    ]  # fmt: skip
    columns = ["theme", "words", "n_customers", "n_comments", *(f"{group}_share" for group in GROUPS)]
    table = frame(sorted(rows, key=lambda row: (-int(str(row["n_comments"])), str(row["theme"]))), columns)
    own = bool(settings["words"])
    shares = ("promoter_share", "detractor_share")
    return Result(
        key="nps.themes",
        headline=_headline(table, own=own),
        metrics={"n_comments": Metric(sum(commented.values()), "count", better=0)},
        table=table,
        units={
            "theme": "text", "words": "text", "n_customers": "count", "n_comments": "count", "promoter_share": "ratio",
            "passive_share": "ratio", "detractor_share": "ratio",
        },
        basis=base.basis(
            "nps_themes", Message("nps.themes_rule"), without_comment=base.n_counted - sum(commented.values())
        ),
        chart=Chart(
            "hbar", x="theme", y=shares if base.is_nps else "n_comments", title=_headline(table, own=own),
            subtitle=Message("nps.themes_subtitle" if base.is_nps else "nps.themes_counted"),
        ),
        drill=("theme",),
        notes=base.notes,
        labels={} if own else {theme: f"nps.theme.{theme}" for theme in lists},
        evidence="association",
    )  # fmt: skip


def _headline(table: pd.DataFrame, *, own: bool) -> Message:
    """What detractors speak of most."""
    shares = table["detractor_share"].map(lambda share: share or 0.0) if len(table) else []
    if not len(table) or max(shares) == 0:
        return Message("nps.themes_none" if not len(table) else "nps.themes_title")
    row = table.iloc[int(shares.argmax())]  # pyright: ignore[reportAttributeAccessIssue]
    theme = str(row["theme"]) if own else Message(f"nps.theme.{row['theme']}")
    return Message("nps.themes_headline", {"theme": theme, "share": row["detractor_share"]})


ANALYSES = (Analysis("nps.themes", themes, (WORDS, NPS_START, NPS_END), _make_members, ("theme",), ("answers",)),)
