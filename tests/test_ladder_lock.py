"""Locked bounds of the ladder: the same after more data, in the recipe, and followed by the command line."""

import json
from decimal import Decimal

import pytest

from insight import ladder_lock, recipe
from insight.cli import main
from insight.errors import UsageError
from insight.ladder_lock import LockedBounds
from insight.recipe import Recipe
from tests.build import workspace

LOCK = LockedBounds("sales", "rolling", "12", "400,900", "300,900", "2024-12-31")
# Twelve customers a year with 100, 200 … 1,200 kr each: the quantiles of a window lie within those.
SMALL = [(f"c{n:02}", f"{year}-03-{n + 1:02}", 100 * (n + 1)) for n in range(12) for year in (2022, 2023)]
LARGE = [(f"d{n:02}", f"{year}-03-{n + 1:02}", 9000 * (n + 1)) for n in range(12) for year in (2022, 2023)]


def test_a_lock_is_followed_unless_the_question_says_bounds_or_counts_something_else():
    follow = ladder_lock.following
    assert follow("ladder.migration", {}, [LOCK]) == {"bounds": "400,900", "window": "12"}
    assert follow("ladder.migration", {"window": "6"}, [LOCK]) == {"bounds": "400,900", "window": "6"}
    assert follow("ladder.migration", {"bounds": "7"}, [LOCK]) == {"bounds": "7"}
    assert follow("ladder.migration", {"basis": "orders"}, [LOCK]) == {"basis": "orders"}
    assert follow("ladder.migration", {"window_kind": "calendar"}, [LOCK]) == {"window_kind": "calendar"}
    assert follow("segments.value", {}, [LOCK]) == {}, "not the ladder's bounds"
    assert follow("ladder.potential", {}, [LOCK])["bounds"] == "400,900", "it counts sales without saying so"


def test_a_lock_takes_the_place_of_its_own_ladders_older_one_only():
    of_orders = LockedBounds("orders", "rolling", "12", "2,5", "2,5", "2024-12-31")
    newer = LockedBounds("sales", "rolling", "12", "500", "300,900", "2025-01-31")
    assert ladder_lock.replaced((LOCK, of_orders), newer) == (of_orders, newer)
    assert ladder_lock.without((LOCK, of_orders), "sales", "rolling") == (of_orders,)


def test_bounds_that_are_locked_stay_when_more_data_would_propose_others():
    before = workspace(SMALL)
    with before.query() as query:
        found = ladder_lock.in_force(query, "ladder.steps", {})
    assert found is not None
    assert found.bounds == found.proposed
    assert max(found.bounds) <= 1200, "quantiles of 100 to 1,200 kr"
    lock = found.locked(found.closed)
    with workspace([*SMALL, *LARGE]).query() as query:
        settings = ladder_lock.following("ladder.steps", {}, [lock])
        later = ladder_lock.in_force(query, "ladder.steps", settings)
    assert later is not None
    assert later.bounds == found.bounds
    assert max(later.proposed) > 9000, "what would be proposed now"


def test_the_command_line_follows_the_recipe(capsys):
    made = workspace(SMALL)
    recipe.write(made.folder, Recipe(ladders=(LOCK,)))
    assert main(["run", str(made.folder), "ladder.steps", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    place = answer["table"]["columns"].index("low_bound")
    assert sorted({Decimal(str(row[place])) for row in answer["table"]["rows"] if row[place] is not None}) == [
        0, 400, 900,
    ]  # fmt: skip
    assert answer["settings"] == {"bounds": "400,900", "window": "12"}


def test_locks_go_with_the_recipe_and_back():
    known = Recipe(ladders=(LOCK,))
    assert recipe.from_text(recipe.to_text(known.for_others())) == known
    assert Recipe().taking(known).ladders == (LOCK,)


@pytest.mark.parametrize(
    "wrong", [{"bounds": "900,400"}, {"bounds": ""}, {"basis": "level"}, {"window": "900"}, {"locked_on": "i går"}]
)
def test_a_lock_that_no_ladder_could_follow_is_refused_with_the_recipe(wrong):
    raw = json.loads(recipe.to_text(Recipe(ladders=(LOCK,))))
    raw["ladders"][0] |= wrong
    with pytest.raises(UsageError) as refused:
        recipe.from_text(json.dumps(raw))
    assert refused.value.values == {"part": "ladders"}
