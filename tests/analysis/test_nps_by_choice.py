"""NPS of a selection that was itself made from the answers: said plainly, on every question of the score."""

import io

import pytest
from pptx import Presentation

from insight.analysis import registry
from insight.audience import parse, scoped_query
from insight.export import deck, deck_beside
from insight.export.pack import Wanted, collect
from insight.i18n.catalog import Words
from tests.build import workspace

DETRACTORS = "nps.score;by=nps_group;@group_key=detractor"
# Twelve of each kind, every customer one answer and one purchase.
ANSWERS = [
    {"customer_id": f"{kind}{n}", "score": score, "answered_on": "2025-05-01", "touchpoint": "butik"}
    for kind, score in (("p", 10), ("m", 8), ("d", 3))
    for n in range(12)
]


@pytest.fixture(scope="module")
def data():
    made = workspace([(one["customer_id"], "2025-06-01", 100) for one in ANSWERS], answers=ANSWERS)
    yield made
    made.close()


def told(data, key: str, link: str) -> bool:
    with scoped_query(data, parse(link)) as query:
        found = registry.run(query, key)
    return "nps_chosen_by_score" in {note.code for note in found.notes}


@pytest.mark.parametrize(
    "link",
    [
        DETRACTORS,
        "nps.score;@group_key=3",  # without a grouping the groups are the scores
        "nps.groups;@group=detractor",
        "nps.spread;@score=3",
        "nps.act;@list=detractors",
        f"not({DETRACTORS})",
        f"and(segments.lifecycle|{DETRACTORS})",
        f"within(segments.lifecycle|{DETRACTORS})",
    ],
)
def test_a_scope_made_from_the_score_is_known_however_it_is_joined(data, link):
    assert told(data, "nps.score", link)


@pytest.mark.parametrize("link", ["nps.score;by=touchpoint;@group_key=butik", "segments.lifecycle"])
def test_other_scopes_leave_the_score_as_it_is(data, link):
    assert not told(data, "nps.score", link)


@pytest.mark.parametrize("key", ["nps.by_step", "nps.groups"])
@pytest.mark.parametrize(
    ("link", "by_spend"),
    [("segments.lifecycle", True), (f"not({DETRACTORS})", False), ("nps.score;by=touchpoint;@group_key=butik", False)],
)
def test_a_scope_made_by_purchases_is_said_where_nps_is_held_against_them(data, key, link, by_spend):
    with scoped_query(data, parse(link)) as query:
        assert ("chosen_by_spend" in {note.code for note in registry.run(query, key).notes}) == by_spend


def test_the_headline_says_so_instead_of_minus_one_hundred(data):
    with scoped_query(data, parse(DETRACTORS)) as query:
        for key in ("nps.score", "nps.trend"):
            found = registry.run(query, key)
            assert found.headline.key == "nps.headline_by_score"
            # The figure itself stands, without an interval that would lend it weight.
            nps = found.metrics["nps"]
            assert (nps.value, nps.low, nps.high) == (-100.0, None, None)
    with data.query() as query:
        assert registry.run(query, "nps.trend").headline.key != "nps.headline_by_score"


@pytest.mark.parametrize("language", ["sv", "en"])
def test_slides_of_one_group_and_of_two_carry_it_in_their_foot(data, language):
    words = Words(language)
    note = words.t("note.nps_chosen_by_score")
    scope = parse(DETRACTORS)
    alone, first, second = collect(
        data,
        [
            Wanted("nps.score", scope=scope),
            Wanted("nps.score", scope=scope, beside=parse("segments.lifecycle")),
            Wanted("nps.score", scope=parse("segments.lifecycle"), beside=scope),
        ],
        words,
    )
    slides = Presentation(io.BytesIO(deck.build([alone, first, second], words, about=""))).slides
    texts = ["\n".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame) for slide in slides]
    assert sum(text.count(note) for text in texts) == 3
    for item in (first, second):
        said = words.t("compare.by_score", first="", second="").rpartition(":")[2]
        assert deck_beside.headline(item, words).endswith(said)


@pytest.mark.parametrize("key", ["nps.score", "nps.by_step", "nps.groups", "nps.response", "nps.act"])
def test_a_selection_accounts_for_every_answer_of_the_data(data, key):
    """Twelve detractors of 36 who answered: the 24 others stand as outside the selection."""
    with scoped_query(data, parse(DETRACTORS)) as query:
        basis = registry.run(query, key).basis
    assert (basis.rows_used, basis.rows_left_out) == (12, {"out_of_scope": 24})
