"""Day by day: when the purchases came, when the mailing had paid, and whether the buyers came back."""

from ui import compare, trial

slots = trial.head("lift.curve")
result, chosen = trial.answer("lift.curve")
known = [name for name, metric in result.metrics.items() if metric.value is not None]
compare.show_result(result, chosen, slots=slots, table=False, figures=known)
trial.also("lift.repeat")
