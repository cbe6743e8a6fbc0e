"""What to do with the answers: lists to call, thank and ask; and what the comments are about."""

from ui import question, voice

THEME_COLUMNS = ("theme", "n_customers", "n_comments", "promoter_share", "passive_share", "detractor_share")

question.ask(
    "nps.act", table=False, figures=("value_at_stake", "n_detractors", "n_promoters_top", "n_lapsed", "n_silent_top")
)
voice.called()
question.also("nps.themes", table=True, columns=THEME_COLUMNS, picker=voice.word_list)
