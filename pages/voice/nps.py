"""NPS: how many would recommend us, over time, and in which groups."""

from functools import partial

from ui import filters, question

GROUPINGS = ("score", "touchpoint", "store", "channel", "age_band", "member_level", "rfm", "lifecycle")

question.ask("nps.trend", figures=("nps", "n_answers", "promoter_share", "detractor_share", "mean_score"), table=False)
question.also("nps.score", table=True, picker=partial(filters.pick_choice, "nps.score", "by", options=GROUPINGS))
