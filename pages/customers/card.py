"""One customer's card, opened from a list."""

import streamlit as st

from insight.errors import NotEnoughDataError
from ui import cache, card, guards, state, view

place = state.card()
if place is None:
    guards.refused(NotEnoughDataError("ui.card.none"), eyebrow=view.t("page.customers.card"))
    st.stop()
customer_id, n_customers = card.find(place)
customer = cache.card(customer_id)
card.head(place, customer, n_customers)
card.figures(customer)
card.over_time(customer)
left, right = st.columns(2, gap="large")
with left:
    card.facts(customer)
with right:
    card.segments(customer)
card.histories(customer)
