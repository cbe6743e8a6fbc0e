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


def test_several_amounts_in_a_row_are_written_as_the_language_writes_them():
    values = {"bounds": (4000, 12500)}
    assert "4\u00a0000 och 12\u00a0500 prövas" in Words("sv").t("note.rule_proposed", **values)
    assert "4,000 and 12,500 is tried" in Words("en").t("note.rule_proposed", **values)
