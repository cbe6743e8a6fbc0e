"""RFM segments: who carries the sales, and who is about to leave."""

from ui import question

question.ask("segments.rfm", columns=question.SEGMENT_COLUMNS)
