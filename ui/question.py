"""The body of a page that asks one question: guard, pickers, run, show. A new page is a few lines."""

from collections.abc import Callable, Sequence

import streamlit as st

from insight.audience import Pairs
from insight.errors import InsightError
from insight.result import Result
from ui import asked, compare, filters, guards, show, text, view
from ui.show import Slots

# What the page shows of every segmentation; the file has the rest.
SEGMENT_COLUMNS = (
    "segment", "n_customers", "share_customers", "share_before", "sales", "share_sales", "sales_per_customer", "change",
)  # fmt: skip
CONCENTRATION_COLUMNS = (
    "group",
    "n_customers",
    "sales",
    "share_sales",
    "cumulative_share",
    "sales_per_customer",
    "least",
)
CONCENTRATION_FIGURES = ("top_share", "share_needed_50", "gini", "best_vs_average", "top_share_24")


def head(analysis: str, *, hidden: Sequence[str] = (), period: bool = True) -> Slots:
    """The page's first rows: a place for the eyebrow with the pickers beside it, and one for the headline."""
    guards.require(analysis)
    with st.container(gap=None):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            eyebrow = st.container(width="content")
            with st.container(horizontal=True, width="content", key="controls"):
                filters.controls(analysis, hidden=hidden, period=period)
        headline = st.container()
    return Slots(eyebrow, headline)


def answer(analysis: str, *, quietly: bool = False) -> tuple[Result, Pairs]:
    """The answer with the settings that the view holds; one that cannot be followed is left out, and said.

    Stops with the empty page when the data cannot carry it. quietly: what was left out is not said once more.
    """
    try:
        return asked.run(analysis, filters.chosen(analysis), quietly=quietly)
    except InsightError as refusal:
        guards.refused(refusal)
        st.stop()


def ask(
    analysis: str, *, hidden: Sequence[str] = (), table: bool = True, columns: Sequence[str] = (),
    figures: Sequence[str] = (), picker: Callable[[], object] | None = None,
) -> None:  # fmt: skip
    """A whole page: one question and its answer. `picker` draws what the reader may change on the page itself."""
    slots = head(analysis, hidden=hidden)
    result, chosen = answer(analysis)
    compare.show_result(result, chosen, slots=slots, table=table, columns=columns, figures=figures, picker=picker)


def also(
    analysis: str, *, table: bool = False, columns: Sequence[str] = (), picker: Callable[[], object] | None = None
) -> None:
    """A further question on the same page, with a heading of its own; where it has no answer the page says why.

    picker: draws what the reader may change, under the heading.
    """
    try:
        result, chosen = asked.run(analysis, filters.chosen(analysis))
    except InsightError as refusal:
        if picker:
            picker()
        st.markdown(text.grey(guards.in_words(refusal)))
        guards.way_on(refusal, analysis)
        return
    compare.section(result, chosen, table=table, columns=columns, picker=picker)


def table_of(analysis: str, *, columns: Sequence[str] = ()) -> None:
    """The table of a question that was answered further up on the page; two groups side by side have one already."""
    if view.beside() is not None:
        return
    result, chosen = answer(analysis, quietly=True)
    show.table(result, chosen, columns=columns)
