"""Movement: who climbed and who fell between two dates, in customers and in kronor, and the year before."""

from ui import question

COLUMNS = ("from_step", "to_step", "n_customers", "share", "n_customers_then", "share_then", "money_change")
question.ask("ladder.migration", columns=COLUMNS)
