"""The customers of a selection: how many, what they bought for, who they are."""

import streamlit as st

from insight.errors import NotEnoughDataError
from ui import cache, guards, people, view

guards.require_customers()
audience = view.listed()
found = cache.summary(audience)
if found.n_customers == 0:
    guards.refused(NotEnoughDataError("error.empty_scope"), eyebrow=view.t("ui.list.question"))
    st.stop()
people.head(audience, found)
people.figures(found)
people.beside(audience, found)
people.ways(audience)
people.take_out(audience)
people.rows(audience)
people.profile(audience)
