"""All tests, losers kept: what each netted against its control, and what they netted together."""

from ui import compare, planning, question, view

slots = question.head("lift.register")
result, chosen = question.answer("lift.register")
compare.show_result(result, chosen, slots=slots, columns=planning.register_columns(result))
planning.small_table(result, "uncontrolled", view.t("ui.lift.uncontrolled"))
