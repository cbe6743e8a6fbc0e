"""Channel test: which arm really sold more, and did it pay."""

from ui import compare, foot, trial, verdict

slots = trial.head("lift.verdict")
result, chosen = trial.answer("lift.verdict")
if not compare.instead(result, chosen, slots):
    verdict.card(result, slots)
    verdict.evidence(result, chosen)
    foot.row(result, chosen)
