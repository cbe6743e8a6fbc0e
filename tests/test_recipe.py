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
    words={"sv": {"kund": "medlem"}},
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
        {"name": "Våra bästa", "link": "segments.rfm;@segment=champions", "n_customers": None, "data_key": ""}
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
    ],
)
def test_what_is_not_a_recipe_is_refused_whole(change: object, key: str):
    text = change if isinstance(change, str) else json.dumps(change)
    with pytest.raises(UsageError) as refusal:
        recipe.from_text(text)
    assert refusal.value.key == key
