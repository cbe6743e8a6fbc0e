"""For whom it worked, and what sold: the difference by groups of customers, goods, stores and channels."""

from functools import partial

from ui import compare, filters, trial, verdict

slots = trial.head("lift.segments")
result, chosen = trial.answer("lift.segments")
if not compare.instead(result, chosen, slots):
    verdict.for_whom(result, chosen, slots)
trial.also("lift.sold", columns=verdict.SOLD_COLUMNS, picker=partial(filters.pick_choice, "lift.sold", "of"))
