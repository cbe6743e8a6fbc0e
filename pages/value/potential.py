"""Potential: what happens anyway, the room up to twins, and the customers just around a level's bound."""

from functools import partial

from ui import filters, question

COLUMNS = (
    "step", "n_customers", "sales_per_customer", "expected_per_customer", "headroom_per_customer", "step_up",
    "potential", "potential_low", "potential_high",
)  # fmt: skip
SHARED = ("bounds", "window", "basis", "names")
question.ask("ladder.potential", columns=COLUMNS)
question.also("ladder.around", picker=partial(filters.controls, "ladder.around", hidden=SHARED, period=False))
