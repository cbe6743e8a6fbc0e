"""Movement: who climbed and who fell between two dates, and the flows over several."""

from functools import partial

from ui import filters, question

COLUMNS = ("from_step", "to_step", "n_customers", "share", "n_customers_then", "share_then", "money_change")
question.ask("ladder.migration", columns=COLUMNS)
question.also("ladder.flow", picker=partial(filters.pick_choice, "ladder.flow", "grain"))
