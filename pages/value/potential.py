"""Potential: what happens anyway, the room up to twins, and the customers just around a level's bound."""

from functools import partial

from ui import filters, ladder, question

COLUMNS = (
    "step", "n_customers", "sales_per_customer", "expected_per_customer", "headroom_per_customer", "step_up",
    "potential", "potential_low", "potential_high",
)  # fmt: skip
SHARED = ("bounds", "window", "window_kind", "names")
question.ask("ladder.potential", columns=COLUMNS, picker=partial(ladder.bounds_row, "ladder.potential"))
ladder.plan_button("ladder.potential")
question.also("ladder.around", picker=partial(filters.controls, "ladder.around", hidden=SHARED, period=False))
