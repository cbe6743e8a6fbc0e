"""NPS and spend: does the score rise with what customers buy, and what are promoters worth?"""

from functools import partial

from ui import filters, question

question.ask("nps.by_step", figures=("slope", "n_answers", "linearity_pvalue"))
question.also("nps.groups", table=True, picker=partial(filters.pick_choice, "nps.groups", "side"))
