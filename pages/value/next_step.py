"""The next step: who is near a bound, what it is worth if some make it, and a drawn control group to prove it."""

from functools import partial

import streamlit as st

from ui import filters, ladder, question

COLUMNS = ("step", "group", "n_customers", "to_next_per_customer", "days_left", "chance", "worth", "break_even")
SHARED = (
    "bounds", "window", "window_kind", "basis", "keep", "names", "horizon", "near", "benefit_cost", "aim",
)  # fmt: skip
FIGURES = ("about_to_climb", "chance_now", "worth", "break_even", "about_to_fall")
DRAW = "ladder.holdout"


def draw_settings() -> None:
    """What the draw alone has: who, how many are held out, seed, name and day; then the file."""
    with st.container(horizontal=True, vertical_alignment="center"):
        filters.pick_choice(DRAW, "aim")
        filters.controls(DRAW, hidden=SHARED, period=False)
        ladder.draw_button(DRAW)


question.ask(
    "ladder.next_step", columns=COLUMNS, figures=FIGURES, picker=partial(ladder.bounds_row, "ladder.next_step")
)
question.also(DRAW, picker=draw_settings)
