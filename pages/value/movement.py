"""Movement: who climbed and who fell between two dates, the net over each bound, flows over several, and a scenario."""

from functools import partial

from ui import filters, question

COLUMNS = ("from_step", "to_step", "n_customers", "share", "n_customers_then", "share_then", "money_change")
question.ask("ladder.migration", columns=COLUMNS)
question.also("ladder.climb")
question.also("ladder.flow", picker=partial(filters.pick_choice, "ladder.flow", "grain"))
question.also("ladder.scenario", picker=partial(filters.pick_value, "ladder.scenario", "periods"))
