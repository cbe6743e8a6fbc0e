"""What if: move a bound, the window or the keep rule, and see at once who changes step and what the levels cost."""

from functools import partial

import streamlit as st

from ui import compare, filters, ladder, question

TRIED = ("new_bounds", "new_window", "new_window_kind", "new_keep", "level_costs")
COLUMNS = ("from_step", "to_step", "n_customers", "share", "sales")
WHAT_IF, MOVERS = "ladder.what_if", "ladder.movers"
SHARED = ("bounds", "window", "window_kind", "basis", "keep", "names", *TRIED)

slots = question.head(WHAT_IF, hidden=TRIED)
st.space("xsmall")
ladder.bounds_row(WHAT_IF)
for place, name in zip(st.columns(len(TRIED)), TRIED, strict=True):
    with place:
        filters.pick_value(WHAT_IF, name)
result, chosen = question.answer(WHAT_IF)
compare.show_result(result, chosen, slots=slots, columns=COLUMNS)
question.also(MOVERS, picker=partial(filters.controls, MOVERS, hidden=SHARED, period=False))
