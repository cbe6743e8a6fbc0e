"""The driver tree: sales = customers × purchases per customer × money per purchase, with what each gave in money."""

import streamlit as st

from insight.i18n.catalog import Words
from insight.result import Metric, Result
from ui import text, view

_FACTORS = ("customers", "frequency", "receipt")


def tree(result: Result) -> None:
    """Four framed figures joined by = and ×. The pill is the contribution in money; the pills add up to the change."""
    words = view.words().with_labels(result.labels)
    chart = result.chart
    with st.container(gap=None):
        if chart and chart.title:
            st.header(text.plain(words.message(chart.title)), anchor=False)
        if chart and chart.subtitle:
            st.markdown(text.grey(words.message(chart.subtitle)))
    rows = {str(row["driver"]): row for row in result.tables["drivers"].to_dict("records")}
    sales = result.metrics["sales"]
    change = sum(float(row["contribution"]) for row in rows.values())
    places = st.columns([10, 1, 10, 1, 10, 1, 10], gap="xsmall", vertical_alignment="center")
    with places[0]:
        _card(words, words.t("metric.sales"), sales, change, _share_change(sales))
    for place, name in enumerate(_FACTORS, start=1):
        with places[2 * place - 1]:
            st.markdown(text.plain(words.t("ui.equals" if place == 1 else "ui.times")), text_alignment="center")
        with places[2 * place]:
            row = rows[name]
            _card(words, words.label(name), result.metrics[name], float(row["contribution"]), row["change"])
    others = [
        words.t("ui.also", name=words.label(name), sales=row["sales"], value=row["contribution"])
        for name, row in rows.items()
        if name not in _FACTORS and (row["contribution"] or row["sales"])
    ]
    if others:
        product = words.t("ui.drivers_product", sales=rows["receipt"]["sales"])
        st.markdown(text.grey(" · ".join((product, *others))))


def _share_change(metric: Metric) -> float | None:
    if metric.value is None or not metric.before:
        return None
    return float(metric.value) / float(metric.before) - 1  # type: ignore[arg-type]


def _card(words: Words, name: str, metric: Metric, contribution: float, change: float | None) -> None:
    sign = (contribution > 0) - (contribution < 0)
    undefined = change is None or change != change
    with st.container(border=True):
        st.metric(
            text.plain(name),
            text.plain(words.value(metric.value, metric.unit)),
            delta=text.plain(words.money(contribution, signed=True)),
            delta_color="green" if sign > 0 else "red" if sign < 0 else "gray",
            delta_arrow="off",
            delta_description=None if undefined else text.plain(words.percent(change, 1, signed=True)),
        )
