"""Overview: how sales stand, what drove the change, month by month, and by any field."""

from functools import partial

from ui import filters, question

question.ask(
    "overview.key_figures",
    figures=("sales", "new_customers", "lost_customers", "returned_customers", "identified_share"),
    table=False,
)
question.also("overview.series", picker=partial(filters.pick_choice, "overview.series", "measure"))
question.also("overview.breakdown", picker=partial(filters.pick_field, "overview.breakdown", "by"))
question.table_of("overview.key_figures", columns=("group", "n_customers", "sales", "sales_before", "change"))
