"""NPS: how many would recommend us, over time, and in which groups."""

from ui import question, voice

question.ask("nps.trend", figures=("nps", "n_answers", "promoter_share", "detractor_share", "mean_score"), table=False)
question.also("nps.score", table=True, columns=voice.score_columns(), picker=voice.grouping)
