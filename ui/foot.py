"""The quiet row under an answer: why this number, and the file."""

from decimal import Decimal

import pandas as pd
import streamlit as st

from insight.audience import Pairs
from insight.export.item import Item
from insight.export.tables import check_words
from insight.export.written import period_words
from insight.i18n.catalog import Words
from insight.result import Result, SumCheck
from insight.words import sentence
from ui import cache, downloads, guards, meeting, state, text, view

_MOST_PARTS = 15


def row(result: Result, chosen: Pairs) -> None:
    """Why this number, and download; the account unfolds under the row. Of both groups where two stand beside."""
    words = view.words()
    name = f"why_{result.key}"
    is_open = state.opened(name)
    both = meeting.both(result, chosen)
    with st.container(horizontal=True, key=f"foot_{result.key}"):
        st.button(
            words.t("ui.why"), key=name, type="tertiary", on_click=state.toggle, args=(name,),
            icon=":material/expand_less:" if is_open else ":material/info:",
        )  # fmt: skip
        with st.popover(words.t("ui.download"), type="tertiary", icon=":material/download:"):
            downloads.result_buttons(result, chosen, both)
        meeting.menu(result, chosen)
    if is_open:
        _why(result, chosen, both)


def _why(result: Result, chosen: Pairs, both: Item | None) -> None:
    words = view.words().with_labels(result.labels)
    basis, scope = result.basis, view.scope()
    with st.container(border=True, key=f"account_{result.key}"):
        st.subheader(text.plain(words.t("ui.why")), anchor=False)
        with st.container(width=760):
            st.markdown(text.plain(words.message(basis.rule)))
        if both and both.other:
            for column, side in zip(st.columns(2, gap="large"), (both, both.other), strict=True):
                with column:
                    _side(side)
        else:
            _counted(result, sentence(scope, words.with_labels(cache.labels(scope))) if scope else "")
        if basis.formula:
            with st.container(width=760):
                st.markdown(text.grey(words.t("ui.definition", text=words.t(f"definition.{basis.formula}"))))
        st.markdown(text.grey(words.t("ui.same_by_command")))
        commands = [both.command, both.other.command] if both and both.other else [downloads.command(result, chosen)]
        for line in commands:
            st.code(line, language=None, wrap_lines=True)


def _side(side: Item) -> None:
    """One of two groups: its name, and what its answer was counted from or why it has none."""
    st.markdown(text.strong(side.name))
    if isinstance(side.outcome, Result):
        _counted(side.outcome, side.scope)
    else:
        st.markdown(text.plain(guards.in_words(side.outcome)))


def _counted(result: Result, scope: str) -> None:
    """Period and scope, the rows that were read and counted, and the sum check. scope: in words, '' for everybody."""
    words = view.words().with_labels(result.labels)
    whom = scope or words.t("common.all_customers")
    with st.container(width=760):
        said = words.t("ui.why_period", period=period_words(words, result.basis), scope=whom)
        st.markdown(text.grey(said))
    _account(result)
    if result.basis.sum_check:
        st.markdown(text.grey(check_words(result, words)))
        _parts(result.basis.sum_check, words)


def _parts(check: SumCheck, words: Words) -> None:
    """What the sum is made of, to the öre for money, so that it can be followed with a finger."""
    if len(check.parts) > _MOST_PARTS:
        return
    exact = isinstance(check.total, Decimal)
    rows = [*((words.label(name), part) for name, part in check.parts.items()), (words.t("ui.sum"), check.total)]
    part, amount = words.t("ui.part"), words.t("ui.amount" if exact else "ui.number")
    frame = pd.DataFrame({
        part: [text.plain(name) for name, _ in rows],
        amount: [words.amount(value, 2) if exact else words.count(value) for _, value in rows],
    })  # fmt: skip
    st.table(
        frame.style.set_properties(subset=[amount], **{"text-align": "right"}), border="horizontal", hide_index=True
    )


def _account(result: Result) -> None:
    words = view.words()
    basis = result.basis
    read = basis.rows_used + sum(basis.rows_left_out.values())
    steps = [
        (words.t("ui.rows_read"), read),
        *((f"– {words.label(reason)}", n) for reason, n in basis.rows_left_out.items()),
        (words.t("ui.rows_counted"), basis.rows_used),
    ]
    step, rows = words.t("ui.step"), words.t("ui.rows")
    frame = pd.DataFrame({step: [text.plain(name) for name, _ in steps], rows: [float(n) for _, n in steps]})
    st.table(frame.style.format({rows: words.count}), border="horizontal", hide_index=True)
