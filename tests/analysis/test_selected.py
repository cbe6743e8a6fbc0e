"""Within a selection: shares are said to be the selection's, and a selection made by movement says what follows."""

import pytest

from insight.audience import Combined, Mark, pairs
from insight.export import deck_beside
from insight.export.pack import Wanted, collect
from insight.i18n.catalog import Words, catalogue
from tests.build import run, workspace
from tests.contract.test_house import placeholders

YEAR = {"start": "2024-01-01", "end": "2025-01-01"}
LADDER = {**YEAR, "bounds": "1000", "window": "12"}
# Of three on the upper step one stops buying and one falls; e is new.
LINES = [(name, "2023-05-01", 2000) for name in ("a", "b", "c")]
LINES += [
    ("b", "2024-05-01", 10),
    ("c", "2024-05-01", 3000),
    ("d", "2023-05-01", 500),
    ("d", "2024-05-01", 400),
    ("e", "2024-05-01", 100),
]
LINES += [(None, f"{year}-{month:02}-01", 1) for year in (2021, 2022, 2023, 2024) for month in range(1, 13)]
LINES += [(None, "2024-12-31", 1)]
NEW_ONES = Mark("ladder.bridge", pairs({**YEAR, "window": "12"}), pairs({"class": "new"}))
NOT_NEW = Combined("not", (Mark("ladder.bridge", pairs({**YEAR, "window": "12"}), ()), NEW_ONES))
FELL = Mark("ladder.migration", pairs(LADDER), pairs({"move": "down"}))
OTHERS = Combined("not", (Mark("ladder.migration", pairs(LADDER), ()), FELL))
KEPT = Mark("overview.key_figures", pairs(YEAR), pairs({"group": "kept"}))


@pytest.fixture(scope="module")
def made():
    found = workspace(LINES)
    yield found
    found.destroy()


def said(result, message) -> list[str]:
    return [Words(language).with_labels(result.labels).headline(message) for language in ("sv", "en")]


@pytest.mark.parametrize(
    ("key", "chosen", "within"),
    [
        # Without e: c's 3,000 of 3,410; of the three on the upper step one stopped, 33 %.
        ("ladder.steps", LADDER, ("88\u00a0% av urvalets försäljning", "88% of the selection's sales")),
        ("ladder.migration", LADDER, ("33\u00a0% av Silver i urvalet lämnade", "33% of Silver in the selection")),
        ("segments.value_tiers", {"as_of": "2025-01-01"}, ("av urvalets försäljning", "of the selection's sales")),
        ("concentration.lorenz", {**YEAR, "top": "0.5"}, ("av kunderna i urvalet", "of the selection's customers")),
    ],
)
def test_shares_within_a_selection_are_said_to_be_of_the_selection(made, key, chosen, within):
    for scope, told in ((NOT_NEW, True), (None, False)):
        result = run(made, key, chosen, scope)
        message = result.chart.title if key == "ladder.migration" else result.headline
        for text, part in zip(said(result, message), within, strict=True):
            assert (part in text) == told, text
            assert ("urval" in text or "selection" in text) == told, text


@pytest.mark.parametrize(
    ("key", "chosen"), [("overview.key_figures", YEAR), ("ladder.steps", LADDER), ("ladder.bridge", YEAR)]
)
def test_growth_in_a_selection_made_by_movement_is_said_to_follow_from_the_choice(made, key, chosen):
    told = {
        name: "chosen_by_movement" in [note.code for note in run(made, key, chosen, scope).notes]
        for name, scope in {"fell": FELL, "all others": OTHERS, "bought both years": KEPT, "everybody": None}.items()
    }
    assert told == {"fell": True, "all others": True, "bought both years": False, "everybody": False}


def test_side_by_side_the_note_stands_on_the_slide_once(made):
    wanted = Wanted("overview.key_figures", pairs(YEAR), FELL, beside=OTHERS, apart=True)
    (item,) = collect(made, [wanted], Words("sv"))
    # a stopped buying and b fell; c, d and e, who is new, are all others.
    assert (item.size, item.other.size) == (2, 3)
    note = Words("sv").t("note.chosen_by_movement")
    assert deck_beside.below(item, Words("sv")).count(note) == 1


def test_what_a_headline_speaks_of_is_among_its_figures(made):
    asked = {"ladder.migration": LADDER, "ladder.flow": {**LADDER, "grain": "year"}, "ladder.bridge": YEAR}
    for key, chosen in asked.items():
        result = run(made, key, chosen)
        assert result.leads, key
        assert set(result.leads) <= set(result.metrics), key


@pytest.mark.parametrize("language", ["sv", "en"])
def test_what_is_said_within_a_selection_takes_the_same_values(language):
    texts = catalogue(language)
    pairs_of = [(key, key.replace("_within", "")) for key in texts if "_within" in key]
    found = [(own, plain) for own, plain in pairs_of if plain in texts]
    assert len(found) >= 15
    assert [own for own, plain in found if placeholders(texts[own]) != placeholders(texts[plain])] == []
