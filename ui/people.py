"""The list of customers: what they are together, one page of rows, and the way to each one's card."""

import pandas as pd
import streamlit as st

from insight.analysis import registry
from insight.audience import Audience, Mark, asked_by
from insight.customer_list import PAGE_ROWS, ListPage, Summary
from insight.errors import InsightError
from insight.export.written import column_name
from insight.export.written import named as has_name
from insight.result import Metric
from insight.words import sentence
from ui import (
    audiences,
    cache,
    compare,
    drill,
    guards,
    headline,
    people_out,
    people_words,
    show,
    state,
    tables,
    text,
    view,
)
from ui.state import CardPlace, ListPlace

_PROFILE = "segments.profile"


def link(audience: Audience | None) -> str:
    """Under what a list is remembered."""
    return audience.link() if audience else ""


def head(audience: Audience | None, found: Summary) -> None:
    """Eyebrow with the selection and the period in words, headline with count and money."""
    words = view.words()
    named = (
        sentence(audience, words.with_labels(cache.labels(audience))) if audience else words.t("common.all_customers")
    )
    with st.container(gap=None):
        st.markdown(text.grey(" · ".join((words.t("ui.list.question"), named, _period(audience, found)))))
        if found.before_after:
            before, after = found.before_after
            said = words.t("people.headline_changed", n=found.n_customers, before=before, after=after)
        else:
            said = words.t("ui.list.headline", n=found.n_customers, sales=found.sales)
        headline.title(st.container(), said)


def _period(audience: Audience | None, found: Summary) -> str:
    """'köp sammanlagt', 'köp nov 2024 – okt 2025': in what the money was bought."""
    if found.before_after:
        return view.t("people.period.two")
    return view.t("people.period.bought", period=people_words.period(audience, found))


def figures(found: Summary) -> None:
    """The list's figures, all of the period that the head names."""
    words, shown = view.words(), _figures(found)
    st.space("xsmall")
    with st.grid(len(shown), min_column_width=190, gap=24):
        for name, metric in shown.items():
            show.metric_card(words, words.t(name), metric)


def _figures(found: Summary) -> dict[str, Metric]:
    shown = {"metric.customers": Metric(found.n_customers, "count")}
    if not found.before_after:
        shown["metric.sales"] = Metric(found.sales, "money")
    return shown | drill.figures(found)


def beside(audience: Audience | None, found: Summary) -> None:
    """The same figures of those who are compared with, where somebody is."""
    other = view.beside()
    if other is None:
        return
    try:
        theirs = _figures(cache.summary(other))
    except InsightError as refusal:
        st.markdown(text.grey(guards.in_words(refusal)))
        return
    compare.figures_of(audience, _figures(found), theirs)


def ways(audience: Audience | None) -> None:
    """Look within them, download them, show who they are."""
    words = view.words()
    with st.container(horizontal=True, vertical_alignment="center", key="list_ways"):
        if audience is not None and audience != view.scope():
            st.button(
                words.t("ui.look_within"), key="look_within", type="primary", icon=":material/filter_alt:",
                on_click=view.set_scope, args=(audience,),
            )  # fmt: skip
        if audience is not None:
            audiences.save_button(audience)
        people_out.opener()
        state.set_widget("w_personal", state.personal_shown())
        st.toggle(words.t("ui.list.personal"), key="w_personal", on_change=_personal_chosen)


def _personal_chosen() -> None:
    state.set_personal_shown(bool(state.widget("w_personal")))


def take_out(audience: Audience | None) -> None:
    """What it takes to get the list as a file, unfolded: as it stands, sorted and searched."""
    place = state.list_place(link(audience))
    people_out.section(audience, sort=place.sort, descending=place.descending, search=place.search)


def rows(audience: Audience | None) -> None:
    """One page of the list, searched and sorted; a row opens its customer's card."""
    words = view.words().with_labels(cache.labels(audience) if audience else {})
    place = state.list_place(link(audience))
    found = cache.list_page(
        audience, place.sort, place.descending, place.page, state.personal_shown(), place.search
    )  # fmt: skip
    _finding(audience, found, place)
    if found.rows.empty:
        return
    fixed = fixed_columns(audience)
    names = [str(name) for name in found.rows.columns if name not in fixed]
    asked = asked_by(audience)
    heads = {
        name: tables.head(words, name, found.units[name], tables.cells_of(found.rows, name), asked) for name in names
    }
    first = (found.number - 1) * PAGE_ROWS
    key = tables.sized(f"w_list_{found.number}_{found.sort}_{found.descending}")

    def opened() -> None:
        event = state.widget(key)
        cells = event["selection"]["cells"] if event else []
        if cells:
            open_card(audience, found, first + cells[0][0], place.search)

    tables.canvas(
        tables.styled(_shown(found, names), found.units, words, heads, escape=False),
        words.t("ui.list.alt", page=found.number, pages=found.n_pages), key, opened,
    )  # fmt: skip
    _paging(audience, found, first, place.search)


def _shown(found: ListPage, names: list[str]) -> pd.DataFrame:
    """The page's columns, ids short enough to be read."""
    frame = pd.DataFrame(found.rows[names])
    frame["customer_id"] = [people_words.short_id(name) for name in frame["customer_id"]]
    return frame


def fixed_columns(audience: Audience | None) -> set[str]:
    """Columns that say the same of everyone in the list, since they are the mark itself."""
    return {name for name, _ in audience.mark} if isinstance(audience, Mark) else set()


def open_card(audience: Audience | None, found: ListPage, index: int, search: str) -> None:
    """Open the card of the customer at that place in the list."""
    state.set_card(CardPlace(link(audience), found.sort, found.descending, index, search))
    st.switch_page("pages/customers/card.py", query_params=view.parameters("card"))


def _finding(audience: Audience | None, found: ListPage, place: ListPlace) -> None:
    """Search and sort, and what the search found."""
    words = view.words()
    kept = link(audience)

    def chosen() -> None:
        typed = str(state.widget("w_search") or "").strip()
        state.set_list_place(kept, ListPlace(state.widget("w_sort"), state.widget("w_way") != "rising", 1, typed))

    def named(column: str) -> str:
        asked = asked_by(audience)
        return column_name(words, asked, column) if has_name(words, asked, column) else words.label(column)

    state.set_widget("w_search", place.search)
    state.set_widget("w_sort", found.sort)
    state.set_widget("w_way", "falling" if found.descending else "rising")
    with st.container(horizontal=True, vertical_alignment="bottom", key="sorting"):
        st.text_input(
            words.t("people.search"), key="w_search", type="search", on_change=chosen, max_chars=100, width=320,
            placeholder=words.t("people.search_placeholder"), autocomplete="off", icon=":material/search:",
        )  # fmt: skip
        st.selectbox(
            words.t("ui.list.sort"), list(found.units), key="w_sort", format_func=named, on_change=chosen, width=220
        )
        st.segmented_control(
            words.t("ui.list.sort"), ["falling", "rising"], key="w_way", required=True, on_change=chosen,
            label_visibility="collapsed", format_func=lambda way: words.t(f"ui.list.{way}"),
        )  # fmt: skip
    if place.search:
        said = (
            words.t("people.found", n=found.n_customers, m=cache.summary(audience).n_customers)
            if found.n_customers
            else words.t("people.found_none")
        )
        st.markdown(text.grey(said))


def _paging(audience: Audience | None, found: ListPage, first: int, search: str) -> None:
    words = view.words()
    kept = link(audience)
    ids = [str(value) for value in found.rows["customer_id"]]
    turning = f"w_page_{found.number}_{found.n_pages}"

    def turned() -> None:
        state.set_list_place(
            kept, ListPlace(found.sort, found.descending, int(state.widget(turning) or 1), search)
        )  # fmt: skip

    def picked() -> None:
        choice = state.widget("w_open")
        if choice is not None:
            state.forget_widget("w_open")
            open_card(audience, found, first + ids.index(choice), search)

    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="paging"):
        st.markdown(
            text.grey(words.t("ui.list.rows_shown", first=first + 1, last=first + len(ids), n=found.n_customers)),
            width="content",
        )
        if found.n_pages > 1:
            st.pagination(found.n_pages, default=found.number, key=turning, on_change=turned)
        st.selectbox(
            words.t("ui.list.open_label"), ids, index=None, key="w_open", placeholder=words.t("ui.list.open_label"),
            label_visibility="collapsed", on_change=picked, width=260, format_func=people_words.short_id,
        )  # fmt: skip


def profile(audience: Audience | None) -> None:
    """What sets them apart from everybody else, where the product can say so."""
    if audience is None or _PROFILE not in registry.analyses():
        return
    try:
        result = cache.run_within(_PROFILE, (), audience)
    except InsightError as refusal:
        st.markdown(text.grey(view.words().t(refusal.key, **refusal.values)))
        return
    st.space("medium")
    st.header(text.plain(view.t("ui.list.profile")), anchor=False)
    show.body(result, ())
    show.caveats(result)
