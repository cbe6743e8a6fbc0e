"""A customer's card on the page. Nothing of it is in the address: who is shown stands in the session only."""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import streamlit as st

from insight import audience, customer_list
from insight.charts.draw import PLOTLY_CONFIG, draw
from insight.charts.theme import palette
from insight.customer_card import UNITS, Card, purchases
from insight.customer_list import PERSONAL
from insight.ingest.schema import TABLES
from insight.result import Message, Metric, Unit
from ui import cache, chrome, session, show, state, tables, text, view
from ui.state import CardPlace


def find(place: CardPlace) -> tuple[str, int]:
    """The customer at that place of the list, and how many the list has. Raises InsightError when it is empty."""
    wanted = audience.parse(place.audience) if place.audience else None
    return customer_list.customer_at(
        session.ensure_workspace(), wanted, sort=place.sort, descending=place.descending, index=place.index
    )


def head(place: CardPlace, found: Card, n: int) -> None:
    """Where we are in the list, previous and next, and the customer's story in a sentence."""
    words = view.words()
    with st.container(gap=None):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(text.grey(words.t("ui.card.question", place=place.index + 1, n=n)), width="content")
            with st.container(horizontal=True, width="content"):
                if st.button(words.t("ui.card.to_list"), key="to_list", type="tertiary", icon=":material/list:"):
                    st.switch_page("pages/customers/list.py", query_params=view.parameters("list"))
                _step("previous", ":material/chevron_left:", place, -1, place.index == 0)
                _step("next", ":material/chevron_right:", place, 1, place.index + 1 >= n)
        st.title(text.plain(_headline(found)), anchor=False)
        st.subheader(text.plain(found.customer_id), anchor=False)


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


def figures(found: Card) -> None:
    """Five figures of the customer."""
    words = view.words()
    shown: dict[str, Metric] = {
        "sales": Metric(found.sales, "money"),
        "n_orders": Metric(found.n_orders, "count"),
        "receipt": Metric(found.receipt, "money"),
        "days_since_last": Metric(found.days_since_last, "days"),
        "returns": Metric(found.n_returns, "count"),
    }
    st.space("xsmall")
    with st.grid(len(shown), min_column_width=150, gap=24):
        for name, metric in shown.items():
            show.metric_card(words, words.t(f"metric.{name}"), metric)


def over_time(found: Card) -> None:
    """The customer's sales month by month."""
    words = view.words()
    if len(found.months) == 0:
        return
    with st.container(gap=None):
        st.header(text.plain(words.t("ui.card.purchases")), anchor=False)
        st.markdown(text.grey(words.t("ui.card.purchases_subtitle", unit=words.unit_of_money())))
    result = purchases(found)
    assert result.chart is not None
    drawn = draw(result, result.chart, words, palette(chrome.dark()), scale=chrome.scale(view.presenting()))
    st.plotly_chart(
        drawn.spec, config=dict(PLOTLY_CONFIG), height=drawn.height, theme=None, key="card_months",
        alt=words.t("ui.card.purchases_alt", n=len(found.months)),
    )  # fmt: skip


def facts(found: Card) -> None:
    """What the customer file says; names and addresses only when they were asked for."""
    words = view.words()
    fields = TABLES["customers"]
    hidden = not state.personal_shown()
    lines: dict[str, str] = {}
    for name, value in found.known.items():
        if not (hidden and name in PERSONAL):
            known = fields.field(name)
            lines[known.sv if words.language == "sv" else known.en] = _fact(value)
    if found.other_ids and not hidden:
        lines[words.t("ui.card.other_ids")] = ", ".join(found.other_ids)
    lines |= found.attributes
    for name, value in (("main_store", found.main_store), ("main_channel", found.main_channel)):
        if value:
            lines[words.t(f"column.{name}")] = value
    st.header(text.plain(words.t("ui.card.facts")), anchor=False)
    if lines:
        frame = pd.DataFrame({"a": [text.plain(name) for name in lines], "b": [text.plain(v) for v in lines.values()]})
        st.table(frame, border="horizontal", hide_index=True, hide_header=True, alt=words.t("ui.card.facts"))
    if hidden and (found.other_ids or any(name in found.known for name in PERSONAL)):
        st.button(
            words.t("ui.list.personal"), key="show_personal", type="tertiary", icon=":material/visibility:",
            on_click=state.set_personal_shown, args=(True,),
        )  # fmt: skip


def _fact(value: object) -> str:
    words = view.words()
    if isinstance(value, bool):
        return words.t("common.yes" if value else "common.no")
    return words.label(str(value)[:10] if hasattr(value, "isoformat") else value)


def segments(found: Card) -> None:
    """The customer's segment in every segmentation, with the rule that put them there."""
    words = view.words()
    st.header(text.plain(words.t("ui.card.segments")), anchor=False)
    for result, segment in cache.segments_of(found.customer_id):
        known = words.with_labels(result.labels)
        title = words.t(f"analysis.{result.key}.title")
        st.markdown(f"{text.plain(title)}: {text.strong(known.label(segment))}")
        st.markdown(text.grey(words.message(Message(result.basis.rule.key, result.basis.rule.values))))


def histories(found: Card) -> None:
    """Orders, then every other table that knows the customer."""
    for name, frame in {"orders": found.orders, **found.histories}.items():
        if len(frame):
            st.header(text.plain(view.t(f"ui.card.{name}")), anchor=False)
            _table(name, frame, UNITS)


def _table(name: str, frame: pd.DataFrame, units: Mapping[str, Unit]) -> None:
    words = view.words()
    kept: dict[str, Unit] = {column: units.get(column, "text") for column in map(str, frame.columns)}
    heads = {column: tables.head(words, column, unit, tables.cells_of(frame, column)) for column, unit in kept.items()}
    tables.canvas(
        tables.styled(frame, kept, words, heads, escape=False),
        words.t("ui.table_alt", title=words.t(f"ui.card.{name}")),
    )
