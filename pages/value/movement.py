"""Movement: who climbed and who fell between two dates, the net over each bound, flows over several, and a scenario."""

from functools import partial

import streamlit as st

from ui import filters, ladder, question

COLUMNS = ("from_step", "to_step", "n_customers", "share", "n_customers_then", "share_then", "money_change")


def periods_ahead() -> None:
    """How far the scenario goes."""
    with st.container(width=200):
        filters.pick_value("ladder.scenario", "periods")


question.ask("ladder.migration", columns=COLUMNS, picker=partial(ladder.bounds_row, "ladder.migration"))
question.also("ladder.climb")
question.also("ladder.flow", picker=partial(filters.pick_choice, "ladder.flow", "grain"))
question.also("ladder.scenario", picker=periods_ahead)
