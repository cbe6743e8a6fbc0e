"""One customer's card, opened from a list."""

import streamlit as st

from ui import cache, card, forget, state

forget.receipt()
place = state.card()
if place is None:
    card.nobody()
    st.stop()
customer_id, n_customers = card.find(place)
customer = cache.card(customer_id)
card.head(place, customer, n_customers)
card.figures(customer)
everything = card.over_time(customer)
left, right = st.columns(2, gap="large")
with left:
    card.rhythm(customer)
    card.next_step(customer)
    card.facts(customer)
with right:
    card.segments(customer)
card.table(everything)
forget.offer(customer_id)
