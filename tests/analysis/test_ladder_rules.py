"""The ladder's rules: calendar years, levels that are kept, levels of the file's own, and what must hold for any."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insight.analysis import registry
from insight.analysis.ladder_rules import BOUNDS, WINDOW
from insight.audience import Mark, mark_of, pairs, scoped_query, select
from insight.errors import InsightError, UsageError
from insight.i18n.catalog import Words
from insight.result import Message
from insight.settings import Setting, add_months, read_value
from tests.build import run, workspace

YEARS = {"start": "2024-01-01", "end": "2025-01-01", "bounds": "1000,5000", "window": "12"}


def rows(result, *columns) -> list[tuple]:
    return [tuple(row) for row in result.table[list(columns)].itertuples(index=False, name=None)]


def steps_of(made, key, chosen, column="step") -> dict[str, str]:
    analysis = registry.find(key)
    with made.query() as query:
        assert analysis.members
        analysis.members(query, registry.settings_for(query, analysis, chosen))
        return dict(query.rows("SELECT customer_id, {} FROM members".replace("{}", column)))


# --- calendar years ---------------------------------------------------------------------------------------------------

CALENDAR = [
    ("spread", "2023-11-01", 800), ("spread", "2024-02-01", 700),   # 1,500 in twelve months, never 1,000 in a year
    ("whole", "2023-12-31", 1200), ("whole", "2024-01-01", 300),    # New Year's Eve is the old year, the day after new
    ("old", "2022-03-01", 50), ("late", "2024-06-30", 2000),
]  # fmt: skip


@pytest.fixture(scope="module")
def calendar():
    made = workspace(CALENDAR)
    yield made
    made.destroy()


def test_a_calendar_window_begins_with_the_year_and_new_year_sees_the_whole_of_the_old_one(calendar):
    asked = {"bounds": "1000", "window_kind": "calendar"}
    at_new_year = steps_of(calendar, "ladder.steps", {**asked, "start": "2023-01-01", "end": "2024-01-01"})
    assert at_new_year == {"spread": "step_1", "whole": "step_2", "old": "none"}
    in_spring = steps_of(calendar, "ladder.steps", {**asked, "start": "2023-07-01", "end": "2024-07-01"})
    assert in_spring == {"spread": "step_1", "whole": "step_1", "old": "none", "late": "step_2"}
    rolling = steps_of(
        calendar, "ladder.steps", {"bounds": "1000", "window": "12", "start": "2023-07-01", "end": "2024-07-01"}
    )
    assert rolling == {"spread": "step_2", "whole": "step_2", "old": "none", "late": "step_2"}


def test_the_bridge_of_a_calendar_year_is_like_for_like(calendar):
    result = run(calendar, "ladder.bridge", {"window_kind": "calendar", "start": "2023-07-01", "end": "2024-07-01"})
    # Nothing was sold from January to June 2023; 700 + 300 + 2,000 were in 2024.
    assert (result.metrics["opening"].value, result.metrics["closing"].value) == (Decimal(0), Decimal(3000))


def test_every_question_agrees_on_a_calendar_year(calendar):
    asked = {"bounds": "1000", "window_kind": "calendar", "start": "2023-07-01", "end": "2024-07-01"}
    matrix = steps_of(calendar, "ladder.migration", asked, "to_step")
    assert (
        matrix == steps_of(calendar, "ladder.steps", asked) == steps_of(calendar, "ladder.what_if", asked, "from_step")
    )
    history = run(calendar, "ladder.history", {**asked, "start": "2023-01-01", "grain": "quarter"}).table
    last = history[history["at_date"] == date(2024, 7, 1)].set_index("step")["n_customers"].to_dict()
    assert last == {"step_2": 1, "step_1": 2, "none": 1}


def test_part_of_a_calendar_year_is_refused_by_name(calendar):
    with pytest.raises(UsageError) as refused:
        run(calendar, "ladder.steps", {"window_kind": "calendar", "window": "6"})
    assert (refused.value.key, refused.value.values["name"]) == ("ladder.whole_years", "window")


def test_days_left_of_a_calendar_year_and_who_does_not_reach_the_old_step(calendar):
    asked = {"bounds": "1000", "window_kind": "calendar", "start": "2023-07-01", "end": "2024-07-01"}
    # 184 days from 1 July to New Year. 'whole' was on the upper step when the year began and is at 300 now.
    left = steps_of(calendar, "ladder.next_step", asked, "days_left")
    assert left == {"spread": 184, "whole": 184, "late": 184}
    assert steps_of(calendar, "ladder.next_step", asked, "fall") == {
        "spread": "safe", "whole": "slipping_step", "late": "safe"
    }  # fmt: skip


# --- levels that are kept ---------------------------------------------------------------------------------------------

KEPT = [
    ("a", "2022-01-10", 5000),                                # on top until the sum falls below 80 % of 5,000
    ("a", "2023-01-05", 4200), ("a", "2023-12-20", 900),
    ("b", "2022-06-01", 5000), ("b", "2023-05-01", 3900),     # below 4,000 for June: falls, and below the bound stays
    ("c", "2022-03-01", 1000),
    (None, "2021-12-31", 1), (None, "2024-06-01", 1),
]  # fmt: skip


def test_a_step_is_kept_review_by_review_and_lost_for_good():
    made = workspace(KEPT)
    try:
        asked = {"bounds": "1000,5000", "window": "12", "keep": "0.8", "start": "2023-03-01"}
        found = {
            end: steps_of(made, "ladder.steps", {**asked, "end": end})
            for end in ("2023-04-01", "2023-07-01", "2024-01-01", "2024-02-01")
        }
        without = steps_of(made, "ladder.steps", {**asked, "keep": "", "end": "2023-07-01"})
    finally:
        made.destroy()
    # 'a' has 4,200 from February 2023: kept; 5,100 at New Year; 900 in February 2024: 90 % of the lower bound.
    assert [found[end]["a"] for end in found] == ["step_3", "step_3", "step_3", "step_2"]
    # 'b' has 8,900 in May 2023 and 3,900 from June on: below 4,000, so step 2.
    assert [found[end]["b"] for end in found] == ["step_3", "step_2", "step_2", "step_2"]
    assert [found[end]["c"] for end in found] == ["none", "none", "none", "none"]
    assert (without["a"], without["b"]) == ("step_2", "step_2")


DAYS = st.dates(date(2022, 1, 1), date(2024, 12, 31))
LINES = st.lists(st.tuples(st.sampled_from("abc"), DAYS, st.integers(-300, 900)), min_size=3, max_size=25)


def placed(sums: list[int], reviewed: list[bool], keep: Decimal) -> int:
    """The step after the reviews: told from the definition, one by one."""
    step = 0
    for total, settled in zip(sums, reviewed, strict=True):
        entered = 0 if total <= 0 else 1 + (total >= 400) + (total >= 1000)
        kept = 0 if total <= 0 else 1 + (total >= keep * 400) + (total >= keep * 1000)
        step = max(entered, min(step, kept) if settled else step)
    return step


@settings(max_examples=20)
@given(LINES, st.sampled_from(["0", "0.5", "0.8", "1"]), st.sampled_from(["rolling", "calendar"]))
def test_kept_steps_of_every_question_are_those_of_the_definition(lines, keep, kind):
    end = date(2024, 10, 1)
    lines = [*lines, ("first", date(2022, 1, 1), 1), ("last", date(2024, 12, 31), 1)]
    if kind == "rolling":
        ends = [add_months(end, -back) for back in range(33, -1, -1)]
        windows = [(add_months(day, -12), day, True) for day in ends if day > date(2022, 1, 1)]
    else:
        windows = [(date(year - 1, 1, 1), date(year, 1, 1), True) for year in (2023, 2024)]
        windows.append((date(2024, 1, 1), end, False))
    expected = {}
    for who in {who for who, day, _ in lines if day < end}:
        sums = [sum(x for one, day, x in lines if one == who and a <= day < b) for a, b, _ in windows]
        place = placed(sums, [settled for *_, settled in windows], Decimal(keep))
        expected[who] = f"step_{place}" if place else "none"
    asked = {"bounds": "400,1000", "window_kind": kind, "keep": keep, "start": "2023-10-01", "end": str(end)}
    made = workspace(lines)
    try:
        assert steps_of(made, "ladder.steps", asked) == expected
        assert steps_of(made, "ladder.migration", asked, "to_step") == expected
        assert steps_of(made, "ladder.what_if", {**asked, "new_bounds": "400,1000"}, "to_step") == expected
        history = run(made, "ladder.history", {**asked, "window": "12", "grain": "quarter"}).table
    finally:
        made.destroy()
    last = history[history["at_date"] == end].set_index("step")["n_customers"].to_dict()
    assert {step: n for step, n in last.items() if n} == {
        step: list(expected.values()).count(step) for step in set(expected.values())
    }


def test_movers_know_the_keep_rule_that_was_in_force():
    made = workspace([("x", "2022-06-01", 2000), ("x", "2023-06-01", 900), ("x", "2024-06-01", 900)])
    try:
        same = {**YEARS, "bounds": "1000", "keep": "0.8", "new_bounds": "1000"}
        # Kept at 900 at both dates: nobody moves. With 95 % tried instead, the rule moves the customer down.
        assert rows(run(made, "ladder.movers", same), "cause", "move", "n_customers") == [("nothing", "same", 1)]
        stricter = rows(run(made, "ladder.movers", {**same, "new_keep": "0.95"}), "cause", "move", "n_customers")
    finally:
        made.destroy()
    assert [row for row in stricter if row[2]] == [("rule", "down", 1)]


# --- the file's own levels --------------------------------------------------------------------------------------------

BOUGHT = [("a", "2023-03-01", 50), ("a", "2024-03-01", 6000), ("b", "2024-03-01", 100), ("c", "2023-02-01", 9)]
HELD = [{"customer_id": "a", "member_level": "Guld"}, {"customer_id": "b", "member_level": "Bas"}]


def test_levels_of_today_make_the_ladder_of_today_only():
    made = workspace(BOUGHT, HELD)
    try:
        result = run(made, "ladder.steps", {"basis": "level"})
        assert rows(result, "step", "n_customers", "n_customers_before") == [
            ("step_2", 1, None), ("step_1", 1, None), ("none", 1, None),
        ]  # fmt: skip
        assert "low_bound" not in result.table
        assert (result.labels["step_2"], result.labels["step_1"]) == ("Guld", "Bas")
        upside_down = run(made, "ladder.steps", {"basis": "level", "names": "Guld,Bas"})
        assert upside_down.labels["step_1"] == "Guld"
        for key, more in (
            ("ladder.migration", {}), ("ladder.flow", {"grain": "month", "window": "6"}),
            ("ladder.history", {"grain": "month", "window": "6"}),
        ):  # fmt: skip
            with pytest.raises(UsageError) as refused:
                run(made, key, {"basis": "level", **more})
            assert (refused.value.key, refused.value.values["name"]) == ("ladder.level_of_today", "basis")
        with pytest.raises(UsageError) as refused:
            run(made, "ladder.steps", {"basis": "level", "names": "Guld,Silver"})
        assert refused.value.key == "ladder.names_are_not_levels"
    finally:
        made.destroy()


def test_levels_with_their_days_can_be_followed():
    events = [
        {"customer_id": who, "at": day, "kind": kind, "step": level}
        for who, day, kind, level in [
            ("a", "2022-05-01", "Nivå", "Bas"), ("a", "2024-02-01", "nivå", "Guld"), ("b", "2024-03-02", "nivå", "Bas"),
            ("b", "2024-04-01", "visit", "Guld"),
        ]
    ]  # fmt: skip
    made = workspace([*BOUGHT, ("a", "2022-01-01", 1), ("d", "2024-12-31", 1)], events=events)
    try:
        matrix = run(made, "ladder.migration", {**YEARS, "bounds": "", "basis": "level"})
        assert rows(matrix, "from_step", "to_step", "n_customers") == [
            ("step_1", "step_2", 1), ("none", "none", 1), ("new", "step_1", 1), ("new", "none", 1),
        ]  # fmt: skip
        history = run(made, "ladder.history", {"basis": "level", "grain": "year", "window": "12"}).table
    finally:
        made.destroy()
    assert rows_of(history, date(2024, 1, 1)) == {"step_2": 0, "step_1": 1, "none": 1}
    assert rows_of(history, date(2025, 1, 1)) == {"step_2": 1, "step_1": 1, "none": 2}


def rows_of(history, day) -> dict[str, int]:
    return history[history["at_date"] == day].set_index("step")["n_customers"].to_dict()


# --- bounds passed, and a scenario ------------------------------------------------------------------------------------

MOVES = [
    ("up2", "2023-05-01", 500), ("up2", "2024-05-01", 6000),
    ("down1", "2023-05-01", 6000), ("down1", "2024-05-01", 2000),
    ("gone", "2023-05-01", 2000), ("stays", "2023-05-01", 2000), ("stays", "2024-05-01", 2000),
    ("new", "2024-05-01", 300), ("new2", "2024-05-01", 7000),
]  # fmt: skip


@pytest.fixture(scope="module")
def moves():
    made = workspace([*MOVES, (None, "2022-01-01", 1), (None, "2024-12-31", 1)])
    yield made
    made.destroy()


def test_each_bound_knows_who_passed_it_and_its_bar_opens_them(moves):
    result = run(moves, "ladder.climb", YEARS)
    assert rows(result, "step", "way", "n_customers", "money_change") == [
        ("step_3", "passed_up", 1, Decimal(5500)), ("step_3", "passed_down", 1, Decimal(-4000)),
        ("step_2", "passed_up", 1, Decimal(5500)), ("step_2", "passed_down", 1, Decimal(-2000)),
        ("step_1", "passed_down", 1, Decimal(-2000)),
    ]  # fmt: skip
    net = result.tables["net"].set_index("step")
    assert net["net_climb"].to_dict() == {"step_3": 0, "step_2": 0, "step_1": -1}
    with select(moves, mark_of("ladder.climb", pairs(YEARS), {"step": "step_2"}, None)) as query:
        assert sorted(query.rows("SELECT customer_id FROM selected")) == [("gone",), ("up2",)]
    with select(moves, mark_of("ladder.climb", pairs(YEARS), {"step": "step_1", "way": "passed_down"}, None)) as query:
        assert query.rows("SELECT customer_id, from_step, to_step FROM selected") == [("gone", "step_2", "none")]


def test_those_who_stopped_buying_are_part_of_the_headline(moves):
    headline = run(moves, "ladder.migration", YEARS).headline
    # The fall from the top took 4,000; of step 2 one stopped and took 2,000: the former is told.
    assert (headline.key, headline.values["money"]) == ("ladder.headline_fell_one", Decimal(4000))
    higher = run(moves, "ladder.migration", {**YEARS, "bounds": "100,10000"}).headline
    assert (higher.key, higher.values["n"], higher.values["money"]) == ("ladder.headline_stopped_one", 1, Decimal(2000))


def test_the_scenario_is_the_matrix_times_today_plus_the_newcomers():
    """By hand: 2 of 4 on the lower step stay, 1 climbs, 1 stops; the one above stays; who stopped stays away; 2 new."""
    many = [
        ("a", "2023-05-01", 100), ("a", "2024-05-01", 100), ("b", "2023-05-01", 100), ("b", "2024-05-01", 100),
        ("c", "2023-05-01", 100), ("c", "2024-05-01", 2000), ("d", "2023-05-01", 100),
        ("t", "2023-05-01", 3000), ("t", "2024-05-01", 3000), ("z", "2022-06-01", 5),
        ("n1", "2024-05-01", 100), ("n2", "2024-05-01", 100), (None, "2024-12-31", 1), (None, "2021-12-01", 1),
    ]  # fmt: skip
    made = workspace(many)
    try:
        result = run(made, "ladder.scenario", {**YEARS, "bounds": "1000", "periods": "2"})
    finally:
        made.destroy()
    found = {(row.at_date, row.step): row.n_expected for row in result.table.itertuples()}
    # Now: lower 4 (a, b and two new), upper 2 (c, t), none 2 (d, z). Next: 4 / 2 + 2 new = 4, 2 + 4 / 4 = 3, 2 + 1 = 3.
    assert [found[date(2025, 1, 1), step] for step in ("step_1", "step_2", "none")] == [4, 2, 2]
    assert [found[date(2026, 1, 1), step] for step in ("step_1", "step_2", "none")] == [4, 3, 3]
    assert [found[date(2027, 1, 1), step] for step in ("step_1", "step_2", "none")] == [4, 4, 4]
    assert result.headline.values["after"] == 4


# --- the bridge, for every period and filter --------------------------------------------------------------------------

_BY_DAY = st.tuples(
    st.sampled_from(["a", "b", "c", None]), st.dates(date(2022, 6, 1), date(2024, 12, 31)),
    st.decimals("-500", "900", places=2), st.sampled_from(["o1", "o2", "o3"]),
)  # fmt: skip


@settings(max_examples=25)
@given(
    st.lists(_BY_DAY, min_size=4, max_size=30),
    st.tuples(st.dates(date(2022, 9, 1), date(2024, 6, 1)), st.integers(1, 500)),
    st.integers(1, 12), st.sampled_from(["rolling", "calendar"]), st.booleans(),
)  # fmt: skip
def test_the_bridge_closes_for_any_period_window_and_scope(lines, period, months, kind, scoped):
    start, end = period[0], min(period[0] + timedelta(days=period[1]), date(2025, 1, 1))
    asked = {"start": str(start), "end": str(end), "window_kind": kind}
    asked |= {"window": str(months)} if kind == "rolling" else {}
    lines = [*lines, ("a", date(2022, 6, 1), Decimal(1), "first"), ("b", date(2024, 12, 31), Decimal(1), "last")]
    made = workspace(lines)
    scope = Mark("ladder.bridge", pairs(asked), pairs({"class": "up"})) if scoped else None
    try:
        with scoped_query(made, scope) as query:
            inside = {row[0] for row in query.rows("SELECT customer_id FROM scope")}
            result = registry.run(query, "ladder.bridge", asked)
    except InsightError as refused:
        assert refused.key in ("ladder.nobody", "ladder.window_too_long")
        return
    finally:
        made.destroy()

    def sold(closed: date) -> Decimal:
        opened = add_months(closed, -months)
        if kind == "calendar":
            opened = date((closed - timedelta(days=1)).year, 1, 1)
        return sum(
            (x for who, day, x, _ in lines if opened <= day < closed and (not scoped or who in inside)), Decimal(0)
        )

    assert result.metrics["opening"].value == sold(start)
    assert result.metrics["closing"].value == sold(end)
    assert sum(result.table["money_change"]) == sold(end) - sold(start) == result.metrics["difference"].value
    assert ("unidentified" in set(result.table["class"])) == (not scoped)


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_kept_sums_answer_as_fresh_ones_do(moves):
    with moves.query() as query:
        query.kept.clear()
    for bounds in ("1000,5000", "400,2500", "100"):
        for key in ("ladder.migration", "ladder.flow"):
            asked = {**YEARS, "bounds": bounds} | ({"grain": "year"} if key == "ladder.flow" else {})
            warm = run(moves, key, asked).table
            with moves.query() as query:
                query.kept.clear()
            assert warm.equals(run(moves, key, asked).table)


def test_what_a_scope_narrows_is_not_kept(moves):
    scope = Mark("ladder.climb", pairs(YEARS), pairs({"step": "step_1"}))
    assert rows(run(moves, "ladder.migration", YEARS, scope), "from_step", "to_step", "n_customers") == [
        ("step_2", "none", 1)
    ]
    assert run(moves, "ladder.migration", YEARS).table["n_customers"].sum() == 6


@pytest.mark.parametrize(
    ("setting", "text", "said"),
    [
        (BOUNDS, "-5,100", "det ska vara minst 0"),
        (WINDOW, "61", "det ska ligga mellan 1 och 60"),
        (Setting("periods", "integer", None, high=9), "10", "det ska vara högst 9"),
    ],
)
def test_a_value_out_of_range_is_told_the_ends_that_there_are(setting, text, said):
    with pytest.raises(UsageError) as refused:
        read_value(setting, text)
    assert said in Words("sv").message(Message(refused.value.key, refused.value.values))
