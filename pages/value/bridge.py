"""The money bridge: from the sales of one window to those of the next, every krona in one class, and where it was."""

from functools import partial

from ui import filters, question

question.ask("ladder.bridge")
question.also("ladder.bridge_by", picker=partial(filters.pick_field, "ladder.bridge_by", "by"))
