"""From a chosen mark to its customers: the panel beside the chart, and what can be done with them."""

import streamlit as st

from insight.audience import Audience, Mark, Pairs
from insight.customer_list import Summary
from insight.errors import InsightError
from insight.result import Message, Metric, Result
from insight.words import sentence
from ui import audiences, cache, marks, people_out, people_words, state, tables, text, view

_FIGURE = 170


def panel(
    result: Result, chosen: Pairs, mark: Mark, *, other: Audience | None = None, among: str = ""
) -> None:  # fmt: skip
    """Name, sentence with count and money, two figures, five customers, and what can be done with them.

    other, among: the group that the mark was chosen in and its name, where it stands beside the page's own.
    """
    words = view.words().with_labels(result.labels)
    kept = marks.pick_key(result, chosen, other)
    with st.container(border=True, key=f"panel_{result.key}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(
                text.grey(words.t("compare.shown_in", name=among) if among else words.t("ui.chosen_mark")),
                width="content",
            )
            st.button(
                words.t("ui.close"), key=f"close_panel_{result.key}", type="tertiary", icon=":material/close:",
                on_click=state.set_pick, args=(kept, ()),
            )  # fmt: skip
        st.subheader(text.plain(marks.in_words(words, result, mark.mark) or sentence(mark, words)), anchor=False)
        try:
            found = cache.summary(mark)
        except InsightError as refusal:
            st.markdown(text.plain(words.message(Message(refusal.key, refusal.values))))
            return
        about(mark, found)
        if found.n_customers:
            first = found.first.assign(customer_id=found.first["customer_id"].map(people_words.short_id))
            st.table(tables.few(first, found.units, found.lead, mark.analysis), border="horizontal", hide_index=True)
        actions(mark, found)


def about(mark: Mark, found: Summary) -> None:
    """Count and money of an audience in a sentence with its period, then what each is worth, or before and after."""
    words = view.words()
    st.markdown(text.plain(people_words.bought(mark, found)))
    # Side by side where both are seen whole, else one under the other.
    with st.grid(2, min_column_width=_FIGURE, gap=16):
        for name, metric in figures(found).items():
            st.metric(text.plain(words.t(name)), text.plain(words.value(metric.value, metric.unit)))


def figures(found: Summary) -> dict[str, Metric]:
    """Two figures by the key of their name: money before and after where the mark has both, else those per customer."""
    if found.before_after:
        before, after = found.before_after
        return {"people.period.before": Metric(before, "money"), "people.period.after": Metric(after, "money")}
    return {f"metric.{name}": metric for name, metric in found.per_customer().items()}


def actions(mark: Mark, found: Summary) -> None:
    """Show all, look within, download."""
    words = view.words()
    if st.button(
        words.t("ui.show_n", n=found.n_customers), key=f"show_list_{mark.analysis}", type="primary", width="stretch",
        disabled=not found.n_customers,
    ):  # fmt: skip
        view.set_listed(mark)
        st.switch_page("pages/customers/list.py", query_params=view.parameters("list"))
    with st.container(horizontal=True):
        st.button(
            words.t("ui.look_within"), key=f"look_within_{mark.analysis}", type="tertiary",
            icon=":material/filter_alt:",
            on_click=view.look_within, args=(mark,), disabled=not found.n_customers,
        )  # fmt: skip
        people_out.button(mark, key=f"download_mark_{mark.analysis}")
        audiences.more(mark)
