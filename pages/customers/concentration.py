"""Concentration: how much of the sales the best customers carry."""

from ui import question

question.ask("concentration.lorenz", columns=question.CONCENTRATION_COLUMNS, figures=question.CONCENTRATION_FIGURES)
