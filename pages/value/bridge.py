"""The money bridge: from the sales of one window to those of the next, every krona in one class, and where it was."""

from functools import partial

from ui import filters, question

question.ask("ladder.bridge")
# A customer can have bought in several categories, so those part no customers; the picker offers what does.
question.also("ladder.bridge_by", picker=partial(filters.pick_field, "ladder.bridge_by", "by", of_lines=False))
