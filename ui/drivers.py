"""The driver tree: sales = customers × purchases per customer × money per purchase, with what each gave in money."""

from decimal import Decimal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from insight.i18n.catalog import Words
from insight.result import Metric, Result
from ui import text, view

_FACTORS = ("customers", "frequency", "receipt")


def tree(result: Result) -> None:
    """Framed figures joined by =, × and +: what the product leaves out stands last, so that what is shown adds up.

    The pill is the contribution in money; the pills add up to the change.
    """
    words = view.words().with_labels(result.labels)
    chart = result.chart
    with st.container(gap=None):
        if chart and chart.title:
            st.header(text.plain(words.message(chart.title)), anchor=False)
        if chart and chart.subtitle:
            st.markdown(text.grey(words.message(chart.subtitle)))
    rows = {str(row["driver"]): row for row in result.tables["drivers"].to_dict("records")}
    others = [row for name, row in rows.items() if name not in _FACTORS and (row["contribution"] or row["sales"])]
    sales = result.metrics["sales"]
    change = sum((row["contribution"] for row in rows.values()), Decimal(0))
    largest = max(abs(row["contribution"]) for row in rows.values())
    signs = ["ui.equals", "ui.times", "ui.times", *(["ui.plus"] if others else [])]
    with st.container(key="drivers"):
        places = st.columns([10, *[1, 10] * len(signs)], gap="xsmall", vertical_alignment="center")
    for sign, place in zip(signs, places[1::2], strict=True):
        place.markdown(text.plain(words.t(sign)), text_alignment="center")
    cards = places[::2]
    _card(cards[0], words, words.t("metric.sales"), _money(words, sales.value), (change, largest), _share_change(sales))
    for place, name in zip(cards[1:], _FACTORS, strict=False):
        value, unit = result.metrics[name].value, result.metrics[name].unit
        written = words.value(value, unit)
        row = rows[name]
        _card(place, words, words.label(name), written, (row["contribution"], largest), row["change"])
    if others:
        named = words.label(str(others[0]["driver"])) if len(others) == 1 else words.t("ui.drivers_rest")
        left_out = sum((row["sales"] for row in others), Decimal(0))
        given = sum((row["contribution"] for row in others), Decimal(0))
        _card(cards[-1], words, named, _money(words, left_out), (given, largest), None)
        product = words.t("ui.drivers_product", sales=rows["receipt"]["sales"])
        said = [
            words.t("ui.also", name=words.label(str(row["driver"])), sales=row["sales"], value=row["contribution"])
            for row in others
        ]
        st.markdown(text.grey(" · ".join((product, *said))))


def _money(words: Words, value: object) -> str:
    return words.value(value, "money")


def _share_change(metric: Metric) -> float | None:
    if metric.value is None or not metric.before:
        return None
    return float(metric.value) / float(metric.before) - 1  # type: ignore[arg-type]


def _card(
    place: DeltaGenerator, words: Words, name: str, value: str, given: tuple[Decimal, Decimal], change: float | None
) -> None:
    """given: the contribution, and the largest of them, whose scale they all have."""
    contribution, largest = given
    undefined = change is None or change != change
    with place.container(border=True):
        st.metric(
            text.plain(name),
            text.plain(value),
            delta=text.plain(words.money(contribution, signed=True, like=largest)),
            delta_color="green" if contribution > 0 else "red" if contribution < 0 else "gray",
            delta_arrow="off",
            delta_description=None if undefined else text.plain(words.percent(change, 1, signed=True)),
        )
