"""Lifecycle: who is new, active, slipping and lost, by a rule that is shown and can be changed."""

from ui import question

question.ask("segments.lifecycle", columns=question.SEGMENT_COLUMNS)
