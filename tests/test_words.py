"""A mark in words: what leads to what, what stands beside what, and which score is which."""

from insight.audience import Mark, pairs
from insight.export.written import change_of, metric_words
from insight.i18n.catalog import Words
from insight.result import Metric
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


def test_a_correlation_and_its_interval_have_two_decimals():
    rho = Metric(0.1177, "number", 0.0891, 0.1461)
    assert metric_words(Words("sv"), "rank_correlation", rho) == "0,12"
    assert change_of(Words("sv"), rho, "rank_correlation")[0] == "0,09 till 0,15"
    # What stands beside a figure has its decimals.
    assert change_of(Words("en"), Metric(9.81, "number", 9.4, 10.2))[0] == "9.40 to 10.20"
    assert metric_words(Words("en"), "top1_vs_average", Metric(23.98, "number")) == "24.0"


def test_one_share_less_another_is_told_in_percentage_points():
    more = Metric(0.127, "ratio", 0.104, 0.15)
    assert metric_words(Words("sv"), "more_buyers", more) == "+12,7 pe"
    assert change_of(Words("en"), more, "more_buyers")[0] == "+10.4 pp to +15.0 pp"
    assert metric_words(Words("sv"), "conversion", more) == "13\u00a0%"
