"""NPS and spend: does the score rise with what customers buy, and what are promoters worth?"""

from ui import question, voice

STEP_COLUMNS = ("step", "n_answers", "promoters", "passives", "detractors", "mean_value", "mean_score", "nps")
GROUP_COLUMNS = (
    "group", "n_customers", "mean_spend", "median_spend", "mean_orders", "receipt", "mean_margin", "retained_share",
    "multichannel_share",
)  # fmt: skip

question.ask(
    "nps.by_step", hidden=("on", "bounds", "months"), columns=STEP_COLUMNS, picker=voice.steps,
    figures=("slope", "n_answers"),
)  # fmt: skip
question.also("nps.groups", table=True, columns=GROUP_COLUMNS, picker=voice.ratios)
question.also("nps.spread")
