"""A mark in words: what leads to what, what stands beside what, and which score is which."""

from insight.audience import Mark, pairs
from insight.i18n.catalog import Words
from insight.words import mark_words, sentence


def test_a_mark_reads_in_the_order_of_its_columns():
    words = Words("sv")
    assert mark_words(words, "ladder.migration", {"to_step": "lost", "from_step": "new"}) == "Nya → Förlorade"
    assert mark_words(words, "segments.rfm", {"f": "1", "r": "5"}) == "R 5, F 1"
    assert mark_words(words, "segments.rfm", {"segment": "champions"}) == "Stamkunder"


def test_a_mark_with_its_question():
    assert sentence(Mark("segments.rfm", (), pairs({"r": 5, "f": 1})), Words("en")) == "RFM segments: R 5, F 1"
