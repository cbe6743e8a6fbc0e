"""Who answered, who did not, and the score weighted to everybody."""

from ui import question

question.ask("nps.response")
