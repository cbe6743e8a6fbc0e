"""Day by day: when the purchases came, when the mailing had paid, and whether the buyers came back."""

from ui import show, trial

slots = trial.head("lift.curve")
result, chosen = trial.answer("lift.curve")
show.show_result(result, chosen, slots=slots, table=False)
trial.also("lift.repeat")
