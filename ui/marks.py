"""Marks: what can be chosen in an answer, what is chosen, and the ways to choose that need no mouse.

A chosen mark is kept as its meaning ('segment' is 'lost'), never as a place in a figure, so that other data, another
language or another drawing of the same answer cannot turn it into something else.
"""

from collections.abc import Mapping

import streamlit as st

from insight.analysis import registry
from insight.audience import Audience, Mark, Pairs, pairs
from insight.i18n.catalog import Words
from insight.result import Result
from insight.words import mark_words
from ui import state, view

_LONGEST = 400


def pick_key(result: Result, chosen: Pairs, other: Audience | None = None) -> str:
    """Under what the chosen mark is kept: other settings are other marks.

    other: the group whose answer it is, where that stands beside the page's own.
    """
    return Mark(result.key, chosen, within=other).link()


def current(result: Result, chosen: Pairs, other: Audience | None = None) -> Mark | None:
    """The chosen mark of an answer as an audience within its group; None when none is chosen."""
    picked = state.pick(pick_key(result, chosen, other))
    return Mark(result.key, chosen, picked, other or view.scope()) if picked else None


def drillable(result: Result) -> bool:
    """Whether customers stand behind the rows of the table."""
    return bool(_columns(result)) and registry.find(result.key).members is not None and not result.table.empty


def _columns(result: Result) -> list[str]:
    known = registry.find(result.key).marks
    return [name for name in result.drill if name in result.table.columns and name in known]


def of_rows(result: Result) -> list[Pairs]:
    """The mark of every row of the table, in its order."""
    columns = _columns(result)
    return [
        pairs(dict(zip(columns, row, strict=True))) for row in result.table[columns].itertuples(index=False, name=None)
    ]


def of_further_tables(result: Result) -> list[Pairs]:
    """The marks of the tables that further charts are drawn from: what a click there can choose, a key can too."""
    known = registry.find(result.key).marks
    found: list[Pairs] = []
    for table in result.tables.values():
        columns = [name for name in result.drill if name in table.columns and name in known]
        rows = table[columns].itertuples(index=False, name=None) if columns else ()
        found += [pairs(dict(zip(columns, row, strict=True))) for row in rows]
    return found


def in_words(words: Words, result: Result, mark: Pairs) -> str:
    """A mark in words that know the result's labels, in the order of the analysis' mark columns."""
    return mark_words(words, result.key, dict(mark))


def choose(analysis: str, kept: str, mark: Mapping[str, object]) -> None:
    """Keep the mark's meaning; the same mark once more lets go of it."""
    known = registry.find(analysis).marks
    wanted = pairs({name: value for name, value in mark.items() if name in known})
    state.set_pick(kept, () if wanted == state.pick(kept) else wanted)


def selector(result: Result, chosen: Pairs, other: Audience | None = None, *, placeholder: str = "") -> None:
    """The way to a mark that needs no mouse: every mark of the answer, its metrics' too, in a list.

    other: the group whose answer it is, where that stands beside the page's own.
    """
    if not drillable(result):
        return
    words = view.words().with_labels(result.labels)
    kept = pick_key(result, chosen, other)
    key = f"w_mark_{result.key}_beside" if other else f"w_mark_{result.key}"
    of_metrics = [pairs(metric.mark) for metric in result.metrics.values()]
    options = list(dict.fromkeys(mark for mark in (*of_rows(result), *of_further_tables(result), *of_metrics) if mark))
    options = options[:_LONGEST]
    picked = state.pick(kept)
    state.set_widget(key, picked if picked in options else None)
    with st.container(width=360):
        st.selectbox(
            words.t("ui.choose_mark"),
            options,
            index=None,
            key=key,
            placeholder=placeholder or words.t("ui.choose_placeholder"),
            format_func=lambda mark: in_words(words, result, mark),
            on_change=_selected,
            args=(kept, key),
            label_visibility="collapsed",
        )


def _selected(kept: str, key: str) -> None:
    state.set_pick(kept, state.widget(key) or ())
