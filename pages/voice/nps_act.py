"""What to do with the answers: lists to call, thank and ask; and what the comments are about."""

from ui import question

question.ask("nps.act")
question.also("nps.themes", table=True)
