"""Movement: who climbed and who fell between two dates, in customers and in kronor, and the year before."""

from ui import question

COLUMNS = (
    "from_step", "to_step", "n_customers", "share", "share_then", "n_customers_then", "sales_before", "sales_after",
    "money_change",
)  # fmt: skip
question.ask("ladder.migration", columns=COLUMNS)
