"""Checks: can the test be trusted? Sizes against the plan, and the arms before the test."""

from ui import compare, show, trial, verdict

slots = trial.head("lift.checks")
result, chosen = trial.answer("lift.checks")
if not compare.instead(result, chosen, slots):
    show.head(result, slots)
    verdict.badges(result, show.words_of(result))
    trial.ask_shares(result)
    show.body(result, chosen)
    verdict.compared(result)
    verdict.size_parts(result)
    show.caveats(result)
    show.foot.row(result, chosen)
