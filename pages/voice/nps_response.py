"""Who answered, who did not, and the score weighted to everybody."""

from ui import question

question.ask(
    "nps.response",
    columns=("step", "n_customers", "n_answered", "response_rate", "mean_spend_answered", "mean_spend_silent"),
)
