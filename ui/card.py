"""A customer's card on the page. Nothing of it is in the address: who is shown stands in the session only."""

from dataclasses import replace
from datetime import timedelta

import pandas as pd
import streamlit as st

from insight import audience, customer_life, customer_list
from insight.analysis import registry
from insight.audience import Pairs
from insight.charts import life
from insight.charts.draw import CONTENT_WIDTH
from insight.charts.theme import palette
from insight.customer_card import Card
from insight.customer_life import Happening
from insight.customer_why import LIFECYCLE, NEXT_STEP, RFM, VALUE
from insight.errors import InsightError
from insight.i18n.catalog import Words
from insight.ingest.schema import TABLES
from insight.result import Message, Metric, Unit
from ui import cache, charts, chrome, filters, guards, people_words, session, show, state, tables, text, view
from ui.state import CardPlace

_SEGMENTATIONS = (RFM, VALUE, LIFECYCLE)
_UNITS: dict[str, Unit] = {"on": "date", "kind": "text", "what": "text", "amount": "money", "comment": "text"}


def nobody() -> None:
    """The page without a customer: what it is for, and the way to a list."""
    words = view.words()
    with st.container(gap=None):
        st.markdown(text.grey(words.t("page.customers.card")))
        st.title(text.plain(words.t("card.none")), anchor=False)
    with st.container(border=True, key="empty"):
        with st.container(width=760):
            st.markdown(text.plain(words.t("card.none_help")))
        if st.button(words.t("ui.card.to_list"), key="to_list", type="primary", icon=":material/list:"):
            st.switch_page("pages/customers/list.py", query_params=view.parameters("list"))


def find(place: CardPlace) -> tuple[str, int]:
    """The customer at that place of the list, and how many the list has. Raises InsightError when it is empty."""
    wanted = audience.parse(place.audience) if place.audience else None
    return customer_list.customer_at(
        session.ensure_workspace(), wanted, sort=place.sort, descending=place.descending, index=place.index,
        search=place.search,
    )  # fmt: skip


def head(place: CardPlace, found: Card, n: int) -> None:
    """Where we are in the list, previous and next, and the customer's story in a sentence."""
    words = view.words()
    with st.container(gap=None):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(text.grey(words.t("ui.card.question", place=place.index + 1, n=n)), width="content")
            with st.container(horizontal=True, width="content"):
                if st.button(words.t("ui.card.to_list"), key="to_list", type="tertiary", icon=":material/list:"):
                    _back(place)
                _step("previous", ":material/chevron_left:", place, -1, place.index == 0)
                _step("next", ":material/chevron_right:", place, 1, place.index + 1 >= n)
        st.title(text.plain(_headline(found)), anchor=False)
        st.header(text.plain(_called(found)), anchor=False)


def _back(place: CardPlace) -> None:
    """To the list that the card was opened from, at the page where this customer stands."""
    at = customer_list.PAGE_ROWS
    kept = state.ListPlace(place.sort, place.descending, place.index // at + 1, place.search)
    state.set_list_place(place.audience, kept)
    scope = view.scope()
    if place.audience and (scope is None or place.audience != scope.link()):
        view.set_listed(audience.parse(place.audience))
    st.switch_page("pages/customers/list.py", query_params=view.parameters("list"))


def _step(name: str, icon: str, place: CardPlace, by: int, stopped: bool) -> None:
    st.button(
        view.t(f"ui.card.{name}"), key=name, type="tertiary", icon=icon, disabled=stopped, on_click=state.set_card,
        args=(replace(place, index=place.index + by),),
    )  # fmt: skip


def _headline(found: Card) -> str:
    words = view.words()
    if found.n_orders == 0:
        return words.t("ui.card.headline_returns" if found.n_returns else "ui.card.headline_none", sales=found.sales)
    if found.n_orders == 1:
        return words.t("ui.card.headline_one", sales=found.sales, first=found.first_order_on)
    return words.t("ui.card.headline", n=found.n_orders, sales=found.sales, first=found.first_order_on)


def _called(found: Card) -> str:
    """The customer's id, with the name where personal data were asked for."""
    name = found.known.get("name") if state.personal_shown() else None
    shown = people_words.short_id(found.customer_id)
    return f"{name}, {shown}" if name else shown


def figures(found: Card) -> None:
    """Five figures of the customer's whole life."""
    words = view.words()
    shown: dict[str, Metric] = {
        "sales": Metric(found.sales, "money"),
        "n_orders": Metric(found.n_orders, "count"),
        "receipt": Metric(found.receipt, "money"),
        "days_since_last": Metric(found.rhythm.days_since_last, "days"),
        "returns": Metric(found.n_returns, "count"),
    }
    st.space("xsmall")
    with st.grid(len(shown), min_column_width=150, gap=24):
        for name, metric in shown.items():
            show.metric_card(words, words.t(f"metric.{name}"), metric)
    st.markdown(text.grey(words.t("card.all_time", day=found.as_of - timedelta(days=1)) if found.as_of else ""))


# --- the time line ----------------------------------------------------------------------------------------------------


def over_time(found: Card) -> list[Happening]:
    """The customer's life on one time line; returns all of it, newest first."""
    moves, labels = _moves(found)
    everything = customer_life.newest_first([*found.life, *moves])
    words = view.words().with_labels(labels)
    if not everything or found.as_of is None:
        return everything
    with st.container(gap=None):
        st.header(text.plain(words.t("card.life.title")), anchor=False)
        expected = found.rhythm.expected_on if _soon(found) else None
        said = words.t(f"card.life.subtitle{'_expected' if expected else ''}", unit=words.unit_of_money())
        st.markdown(text.grey(said))
    drawn = life.draw(
        customer_life.as_result(everything, labels), words, palette(chrome.dark()),
        until=found.as_of - timedelta(days=1), expected=expected,
        scale=chrome.scale(view.presenting()), width=chrome.width(CONTENT_WIDTH, view.presenting()),
    )  # fmt: skip
    name = f"card_life_{'dark' if chrome.dark() else 'light'}"
    charts.place(drawn, {"theme": None, "alt": drawn.alt, "key": name})
    return everything


def _soon(found: Card) -> bool:
    """Whether the next purchase is still to come, and near enough to stand on the time line."""
    overdue, usual = found.rhythm.overdue, found.rhythm.usual
    return overdue is not None and usual is not None and overdue <= 0


def _moves(found: Card) -> tuple[list[Happening], dict[str, str]]:
    """Steps up and down; none where the data carry no ladder, which its own page explains."""
    try:
        return cache.ladder_moves_of(found.customer_id, filters.chosen("ladder.steps", shared=()))
    except InsightError:
        return [], {}


def table(everything: list[Happening]) -> None:
    """All of it as rows, of one kind or all: the same as the figure, by keyboard and for screen readers."""
    if not everything:
        return
    words = view.words()
    kinds = [kind for kind in customer_life.KINDS if any(one.kind == kind for one in everything)]
    st.header(text.plain(words.t("card.table")), anchor=False)
    wanted = st.pills(
        words.t("card.table_kinds"), kinds, selection_mode="multi", key="w_kinds", label_visibility="collapsed",
        format_func=lambda kind: words.t(f"card.kind.{kind}"),
    )  # fmt: skip
    rows = [one for one in everything if not wanted or one.kind in wanted]
    if not rows:
        return
    labels = _moves_labels()
    known = words.with_labels(labels)
    frame = pd.DataFrame({
        "on": [one.on for one in rows],
        "kind": [words.t(f"card.kind.{one.kind}") for one in rows],
        "what": [known.message(one.what) for one in rows],
        "amount": [one.amount for one in rows],
    })  # fmt: skip
    if state.personal_shown() and any(one.comment for one in rows):
        frame["comment"] = [one.comment for one in rows]
    heads = {
        name: words.t(f"card.column.{name}")
        + (f", {words.unit_of_money()}" if name == "amount" else "")
        for name in map(str, frame.columns)
    }  # fmt: skip
    tables.canvas(
        tables.styled(frame, _UNITS, Words(words.language, words.currency), heads, escape=False),
        words.t("ui.table_alt", title=words.t("card.table")),
    )
    if any(sum(one.kind == kind for one in everything) >= customer_life.MOST for kind in kinds):
        st.markdown(text.grey(words.t("card.table_most", n=customer_life.MOST)))


def _moves_labels() -> dict[str, str]:
    try:
        return dict(cache.run_within("ladder.steps", filters.chosen("ladder.steps", shared=()), None).labels)
    except InsightError:
        return {}


# --- what it means ----------------------------------------------------------------------------------------------------


def rhythm(found: Card) -> None:
    """How often the customer buys, and when next."""
    words, known = view.words(), found.rhythm
    st.header(text.plain(words.t("card.rhythm.title")), anchor=False)
    if known.days_since_last is None:
        st.markdown(text.plain(words.t("card.rhythm.no_purchase")))
        return
    if known.usual is None:
        st.markdown(text.plain(words.t("card.rhythm.too_few", days=known.days_since_last)))
        return
    late = known.overdue or 0
    lines = [
        words.t(
            "card.rhythm.usual_even" if known.low == known.high else "card.rhythm.usual",
            usual=known.usual, low=known.low, high=known.high, n=known.n_gaps,
        ),
        words.t("card.rhythm.late" if late > 0 else "card.rhythm.expected", day=known.expected_on, late=late,
                days=known.days_since_last),
    ]  # fmt: skip
    st.markdown(text.plain(" ".join(lines)))


def next_step(found: Card) -> None:
    """Where the customer stands on the ladder, and what the next step takes."""
    words = view.words()
    st.header(text.plain(words.t("card.next.title")), anchor=False)
    try:
        said = cache.next_step_of(found.customer_id, filters.chosen(NEXT_STEP, shared=()))
        known = words.with_labels(_moves_labels())
        st.markdown(text.plain(" ".join(known.message(message) for message in said)))
    except InsightError as refusal:
        st.markdown(text.grey(guards.in_words(refusal)))


def facts(found: Card) -> None:
    """What the customer file says; what tells who somebody is only when it was asked for."""
    words = view.words()
    fields = TABLES["customers"]
    hidden = not state.personal_shown()
    lines: dict[str, str] = {}
    for name, value in found.known.items():
        if not (hidden and name in found.personal):
            known = fields.field(name)
            said = words.amount(value) if known.type == "money" else _fact(value, name)
            lines[known.sv if words.language == "sv" else known.en] = said
    if found.other_ids and not hidden:
        lines[words.t("ui.card.other_ids")] = ", ".join(found.other_ids)
    lines |= {label: value for label, value in found.attributes.items() if not (hidden and label in found.personal)}
    for name, value in (("main_store", found.main_store), ("main_channel", found.main_channel)):
        if value:
            lines[words.t(f"column.{name}")] = value
    st.header(text.plain(words.t("ui.card.facts")), anchor=False)
    if lines:
        frame = pd.DataFrame({"a": [text.plain(name) for name in lines], "b": [text.plain(v) for v in lines.values()]})
        st.table(frame, border="horizontal", hide_index=True, hide_header=True, alt=words.t("ui.card.facts"))
    elif not found.known and not found.attributes:
        st.markdown(text.grey(words.t("card.no_facts")))
    if found.other_ids or any(name in found.personal for name in (*found.known, *found.attributes)):
        st.button(
            words.t("ui.list.personal" if hidden else "card.hide_personal"), key="show_personal", type="tertiary",
            icon=":material/visibility:" if hidden else ":material/visibility_off:",
            on_click=state.set_personal_shown, args=(hidden,),
        )  # fmt: skip


def _fact(value: object, name: str) -> str:
    words = view.words()
    if words.has(f"card.{name}.{value}"):
        return words.t(f"card.{name}.{value}")
    if str(value) in ("True", "False"):
        return words.t("common.yes" if str(value) == "True" else "common.no")
    return str(value)[:10] if hasattr(value, "isoformat") else str(value)


def segments(found: Card) -> None:
    """The customer's segment in every segmentation, why they are there, and the rule."""
    words = view.words()
    st.header(text.plain(words.t("ui.card.segments")), anchor=False)
    for result, segment, why in cache.segments_of(found.customer_id, _settings()):
        known = words.with_labels(result.labels)
        with st.container(gap="xsmall", key=f"why_{result.key}"):
            st.markdown(
                f"{text.plain(words.t(f'analysis.{result.key}.title'))}: {text.strong(known.label(segment))}"
            )  # fmt: skip
            for message in why:
                st.markdown(f"- {text.plain(known.message(message))}")
            rule = words.message(Message(result.basis.rule.key, result.basis.rule.values))
            st.markdown(text.grey(words.t("card.rule", rule=rule)))


def _settings() -> dict[str, Pairs]:
    return {key: filters.chosen(key, shared=()) for key in _SEGMENTATIONS if key in registry.analyses()}
