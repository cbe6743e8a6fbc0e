"""Before and after the answer, and those who answered twice: what goes with what, without saying which came first."""

from functools import partial

from ui import question, voice

question.ask("nps.before_after", figures=("gap", "gap_pvalue", "n_customers"))
question.also(
    "nps.change",
    columns=("score_move", "spend_move", "n_customers", "share"),
    picker=partial(voice.figures, "nps.change"),
)
