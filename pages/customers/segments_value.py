"""Value classes: how the sales divide among the best, the middle and the rest."""

from ui import question

question.ask("segments.value_tiers", columns=question.SEGMENT_COLUMNS)
