"""Channel test: which arm really sold more, and did it pay."""

from ui import foot, tables, trial, verdict

slots = trial.head("lift.verdict")
result, chosen = trial.answer("lift.verdict")
verdict.card(result, slots)
verdict.effects(result, chosen)
verdict.people(result, chosen)
verdict.money(result)
verdict.gained(result)
verdict.remarks(result)
tables.show(result, chosen, verdict.COLUMNS)
foot.row(result, chosen)
