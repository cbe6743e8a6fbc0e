"""A recipe goes to a file and back, and what is not one is refused whole."""

import json
from pathlib import Path

import pytest

from insight import recipe
from insight.errors import UsageError
from insight.recipe import FileMemory, Finding, Recipe, SavedAudience

FULL = Recipe(
    files=(FileMemory("transactions", ("Kund-nr", "X17"), {"amount": "X17", "channel": None}, {"day_first": "yes"}),),
    settings={"segments.rfm.groups": "4"},
    words={"sv": {"kund": "medlem, medlemmen, medlemmar, medlemmarna"}},
    audiences=(SavedAudience("Våra bästa", "segments.rfm;@segment=champions", 12, "abc-1"),),
    story=(Finding("segments-rfm", {"scope": "segments.lifecycle;@segment=active"}, "Vilka är de?", "Säg läget"),),
)


def test_to_a_folder_and_back(tmp_path: Path):
    assert recipe.read(tmp_path) == Recipe()
    recipe.write(tmp_path, FULL)
    assert recipe.read(tmp_path) == FULL
    assert [path.name for path in tmp_path.iterdir()] == [recipe.FILE]


def test_counts_of_this_data_do_not_leave_with_it():
    told = json.loads(recipe.to_text(FULL.for_others()))
    assert told["audiences"] == [
        {
            "name": "Våra bästa",
            "link": "segments.rfm;@segment=champions",
            "n_customers": None,
            "data_key": "",
            "n_before": None,
        }
    ]


def test_the_same_file_is_known_by_its_columns_whatever_their_order_and_case():
    again = FileMemory("transactions", ("x17", "KUND NR"), {"amount": "x17"})
    assert FULL.remembering(again).files == (again,)
    other = FileMemory("transactions", ("kundnr", "belopp"))
    assert len(FULL.remembering(other).files) == 2


def test_an_audience_of_the_same_name_takes_the_older_ones_place():
    newer = SavedAudience("Våra bästa", "segments.rfm;@segment=loyal")
    assert FULL.saving(newer).audiences == (newer,)
    assert FULL.saving(SavedAudience("Andra", newer.link)).without_audience("Våra bästa").audiences[0].name == "Andra"


def test_an_audience_is_counted_again_when_the_data_are_new_and_says_how_many_more():
    first = SavedAudience("Våra bästa", "segments.rfm;@segment=champions").counted(1167, "abc-1")
    assert (first.n_customers, first.change) == (1167, None)
    assert first.counted(9, "abc-1") == first, "the same data are not counted twice"
    assert first.counted(1204, "abc-2").change == 37
    assert first.counted(1204, "abc-2").counted(1200, "abc-3").change == -4
    assert first.counted(5, "other-1").change is None, "another client's customers are no change"


def test_taking_another_recipe_replaces_what_has_the_same_name_and_keeps_the_rest():
    own = Recipe(
        settings={"fy": "5", "segments.rfm.groups": "3"},
        words={"sv": {"köp": "besök"}},
        audiences=(SavedAudience("Våra bästa", "segments.rfm;@segment=loyal"), SavedAudience("Egna", "segments.rfm")),
        story=(Finding("list"),),
    )
    taken = own.taking(FULL)
    assert taken.settings == {"fy": "5", "segments.rfm.groups": "4"}
    assert [(saved.name, saved.link) for saved in taken.audiences] == [
        ("Våra bästa", "segments.rfm;@segment=champions"),
        ("Egna", "segments.rfm"),
    ]
    assert taken.words == {"sv": {"köp": "besök", "kund": "medlem, medlemmen, medlemmar, medlemmarna"}}
    assert (taken.story, taken.files) == (FULL.story, FULL.files)
    assert taken.taking(FULL) == taken, "twice is once"
    assert own.taking(Recipe()).story == own.story
    assert taken.renaming("Egna", "Andra").audiences[1] == SavedAudience("Andra", "segments.rfm")


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ("{", "recipe.not_a_recipe"),
        ("[1]", "recipe.not_a_recipe"),
        ({"kundkompass_recipe": 99}, "recipe.too_new"),
        ({"kundkompass_recipe": 1, "settings": [1]}, "recipe.bad_part"),
        ({"kundkompass_recipe": 1, "story": [{"page": 3}]}, "recipe.bad_part"),
        ({"kundkompass_recipe": 1, "audiences": [{"name": "a", "link": "nothing.known"}]}, "analysis.unknown"),
        ({"kundkompass_recipe": 1, "files": [{"kind": "cars", "columns": []}]}, "ingest.unknown_kind"),
        (
            {"kundkompass_recipe": 1, "files": [{"kind": "answers", "columns": [], "options": {"no": "1"}}]},
            "ingest.unknown_setting",
        ),
        ({"kundkompass_recipe": 1, "settings": {"a": "x" * 5_000}}, "recipe.bad_part"),
        ({"kundkompass_recipe": 1, "words": {"sv": {"kund": "medlem"}}}, "terms.forms"),
        ({"kundkompass_recipe": 1, "words": {"de": {"Kunde": "Gast"}}}, "terms.unknown"),
    ],
)
def test_what_is_not_a_recipe_is_refused_whole(change: object, key: str):
    text = change if isinstance(change, str) else json.dumps(change)
    with pytest.raises(UsageError) as refusal:
        recipe.from_text(text)
    assert refusal.value.key == key
