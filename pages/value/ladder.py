"""The ladder: who stands on which step, what each is worth, and how the steps have grown."""

from functools import partial

from ui import filters, ladder, question

COLUMNS = (
    "step", "low_bound", "n_customers", "sales", "share_sales", "margin", "value_per_customer", "receipt", "frequency",
    "to_next",
)  # fmt: skip
LEVEL_COLUMNS = (
    "level", "n_customers", "sales", "share_sales", "sales_per_customer", "receipt", "frequency", "to_next",
)  # fmt: skip
question.ask("ladder.steps", columns=COLUMNS, picker=partial(ladder.bounds_row, "ladder.steps"))
question.also("ladder.history", picker=partial(filters.pick_choice, "ladder.history", "grain"))
question.also("ladder.levels", table=True, columns=LEVEL_COLUMNS)
