"""Checks: can the test be trusted? Sizes against the plan, and the arms before the test."""

from ui import compare, show, trial, verdict, view

slots = trial.head("lift.checks")
result, chosen = trial.answer("lift.checks")
if not compare.instead(result, chosen, slots):
    show.head(result, slots)
    # The form below asks for the planned shares: neither a badge nor a note says once more that they are missing.
    verdict.badges(result, show.words_of(result), asked=not view.presenting())
    trial.ask_shares(result)
    show.body(result, chosen)
    verdict.compared(result)
    verdict.size_parts(result)
    show.caveats(result, said=("sample_ratio_unchecked",))
    show.foot.row(result, chosen)
