"""Lists to act on and what the comments are about, by hand."""

import pytest

from insight.analysis import registry
from insight.analysis.nps_themes import pattern, themes_of
from insight.audience import mark_of, pairs, select
from insight.errors import UsageError
from insight.settings import Settings
from tests.build import workspace

AS_OF = "2024-07-01"


def answer(who, score, on="2024-06-01", **more):
    return {"customer_id": who, "score": score, "answered_on": on, **more}


def run(made, key, **settings):
    with made.query() as query:
        return registry.run(query, key, {name: str(value) for name, value in settings.items()})


def lists(made, **settings):
    table = run(made, "nps.act", as_of=AS_OF, **settings).table
    return dict(zip(table["list"], table["n_customers"], strict=True))


def test_detractors_stand_by_what_they_are_worth_and_how_long_they_waited():
    rows = [(f"k{i}", "2024-06-15", 100 * (i + 1)) for i in range(4)]
    days = ("2024-06-28", "2024-06-10", "2024-05-01", "2023-01-01")
    made = workspace(rows, answers=[answer(f"k{i}", 2, day, comment=f"c{i}") for i, day in enumerate(days)])
    result = run(made, "nps.act", as_of=AS_OF)
    waiting = result.tables["waiting"].set_index("waiting")
    assert waiting["sales"].to_dict() == {"days_7": 100, "days_30": 200, "days_90": 300, "older": 400}
    assert result.metrics["value_at_stake"].value == 1000
    mark = mark_of("nps.act", pairs({"as_of": AS_OF}), {"list": "detractors", "waiting": "days_7"}, None)
    with select(made, mark) as query:
        found = query.rows("SELECT customer_id, sales, last_score, days_since_answer, last_comment FROM selected")
    assert found == [("k0", 100, 2, 3, "c0")]


def test_those_who_stopped_are_worth_what_they_bought_up_to_their_last_purchase():
    made = workspace(
        [
            ("gone", "2022-01-01", 50), ("gone", "2021-06-01", 70), ("gone", "2020-01-01", 900),
            ("here", "2024-06-20", 5), ("gone", "2024-06-01", -20),
        ],
        answers=[answer("gone", 8, "2022-02-01", comment="bättre förr")],
    )  # fmt: skip
    table = run(made, "nps.act", as_of=AS_OF).table.set_index("list")
    assert (table.loc["lapsed", "sales"], table.loc["lapsed", "n_orders"]) == (120, 2)
    with select(made, mark_of("nps.act", pairs({"as_of": AS_OF}), {"list": "lapsed"}, None)) as query:
        assert query.rows("SELECT last_score, last_comment FROM selected") == [(8, "bättre förr")]


def test_promoters_who_were_asked_are_not_asked_again():
    rows = [("best", "2024-06-15", 1000), *((f"k{i}", "2024-06-15", 1) for i in range(9))]
    answers = [answer("best", 10), answer("k0", 3)]
    sent = {"customer_id": "best", "sent_at": "2024-06-20", "message_type": "Värva en vän"}
    assert lists(workspace(rows, answers=answers)) == {"detractors": 1, "promoters_top": 1}
    result = run(workspace(rows, answers=answers, contacts=[sent]), "nps.act", as_of=AS_OF)
    assert result.table["list"].tolist() == ["detractors"]
    assert {note.code: note.values for note in result.notes}["promoters_asked"] == {"n": 1}
    news = workspace(rows, answers=answers, contacts=[{**sent, "message_type": "nyhetsbrev"}])
    assert lists(news) == {"detractors": 1, "promoters_top": 1}
    assert lists(news, asked="x,nyhetsbrev") == {"detractors": 1}


def test_a_theme_is_the_beginning_of_a_word_and_short_words_stand_alone():
    made = workspace(
        [("a", "2024-01-01", 1)],
        answers=[
            answer("a", 2, comment="Lång kö i kassan"), answer("b", 2, comment="Jag köpte två"),
            answer("c", 9, comment="KÖN gick fort"), answer("d", 9, comment="öppettiderna"),
            answer("e", 9, comment="sköt sig själv"),
        ],
    )  # fmt: skip
    table = run(made, "nps.themes", words="kassa: kö, kön; tider: öppet").table.set_index("theme")
    assert table["n_customers"].to_dict() == {"kassa": 2, "tider": 1}
    assert table.loc["kassa", ["promoter_share", "detractor_share"]].tolist() == pytest.approx([1 / 3, 1 / 2])


def test_own_words_are_read_a_theme_a_line_or_between_semicolons():
    lines = "leverans: frakt, Paket\npris: dyr"
    for text in (lines, lines.replace("\n", ";"), f"\n{lines}\n"):
        assert themes_of(Settings({"words": text}, {})) == {"leverans": ("frakt", "paket"), "pris": ("dyr",)}


@pytest.mark.parametrize("text", ["frakt, paket", "leverans:", ": frakt", ";;"])
def test_a_word_list_that_cannot_be_read_is_refused(text):
    with pytest.raises(UsageError) as refused:
        themes_of(Settings({"words": text}, {}))
    assert refused.value.key == "nps.words_unreadable"


def test_a_word_list_that_is_too_long_is_refused_and_not_cut():
    with pytest.raises(UsageError) as refused:
        themes_of(Settings({"words": "pris: " + "x" * 3_500}, {}))
    assert (refused.value.key, refused.value.values["over"]) == ("nps.words_too_long", 6)


def test_words_are_words_and_no_patterns():
    made = workspace(
        [("a", "2024-01-01", 1)],
        answers=[answer("a", 2, comment="pris (högt) 50%"), answer("b", 2, comment="vad som helst")],
    )
    found = run(made, "nps.themes", words="tecken: (högt), .*, 50%; mellanrum: som helst").table
    assert dict(zip(found["theme"], found["n_customers"], strict=True)) == {"tecken": 1, "mellanrum": 1}
    assert pattern(("kö",)) != pattern(("köer",))
