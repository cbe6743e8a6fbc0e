"""The money bridge: from the sales of one window to those of the next, every krona in one class."""

from ui import question

question.ask("ladder.bridge")
