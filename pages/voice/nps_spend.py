"""NPS and spend: does the score rise with what customers buy, and what are promoters worth?"""

from functools import partial

from ui import filters, question

question.ask(
    "nps.by_step",
    figures=("slope", "n_answers", "linearity_pvalue"),
    columns=(
        "step",
        "low_bound",
        "high_bound",
        "n_answers",
        "promoters",
        "passives",
        "detractors",
        "mean_value",
        "nps",
    ),
)
question.also(
    "nps.groups",
    table=True,
    columns=("group", "n_customers", "mean_spend", "median_spend", "mean_orders", "receipt", "multichannel_share"),
    picker=partial(filters.pick_choice, "nps.groups", "side"),
)
