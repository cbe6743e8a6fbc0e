"""Steps, flows, what-if, movers, potential, the bound and the divided bridge: by hand, and what must hold anyway."""

from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insight.analysis import registry
from insight.audience import Mark, mark_of, pairs, select
from insight.errors import InsightError
from insight.export import written
from insight.i18n.catalog import Words
from tests.build import run, workspace

YEARS = {"start": "2024-01-01", "end": "2025-01-01", "bounds": "1000,5000", "window": "12"}
ROWS = [
    {"customer_id": who, "ordered_at": day, "amount": amount, "store": store, "category": "shoes", "margin": amount / 2}
    for who, day, amount, store in [
        ("top", "2023-03-01", 6000, "A"), ("top", "2024-03-01", 9000, "B"),
        ("climbs", "2023-05-01", 999, "A"), ("climbs", "2024-05-01", 2000, "A"), ("climbs", "2024-06-01", 1000, "A"),
        ("falls", "2023-06-01", 6000, "A"), ("falls", "2024-06-01", 500, "B"), ("falls", "2024-07-01", -100, "B"),
        ("sleeps", "2023-07-01", 2000, "B"),
        ("new", "2024-07-01", 300, "B"),
        (None, "2023-09-01", 70, "A"), (None, "2024-09-01", 90, "A"),
    ]
]  # fmt: skip


@pytest.fixture(scope="module")
def shop():
    made = workspace(ROWS)
    yield made
    made.destroy()


def rows(result, *columns) -> list[tuple]:
    return [tuple(row) for row in result.table[list(columns)].itertuples(index=False, name=None)]


# --- steps ------------------------------------------------------------------------------------------------------------


def test_steps_hold_what_their_customers_bought_in_the_window(shop):
    result = run(shop, "ladder.steps", YEARS)
    assert rows(result, "step", "n_customers", "n_orders", "sales", "margin", "n_customers_before") == [
        ("step_3", 1, 1, Decimal(9000), Decimal(4500), 2),
        ("step_2", 1, 2, Decimal(3000), Decimal(1500), 1),
        ("step_1", 2, 2, Decimal(700), Decimal(350), 1),
        ("none", 1, 0, Decimal(0), None, 0),
    ]
    table = result.table.set_index("step")
    # 9000 a customer on the top step, 3000 below it, 350 on the lowest.
    assert table["to_next"].tolist() == [None, Decimal(6000), Decimal(2650), Decimal(350)]
    assert table["receipt"].tolist() == [Decimal(9000), Decimal(1500), Decimal(350), None]
    assert table["share_sales"].tolist() == pytest.approx([9000 / 12700, 3000 / 12700, 700 / 12700, 0])


def test_steps_by_purchases_and_by_margin(shop):
    assert rows(run(shop, "ladder.steps", {**YEARS, "basis": "orders", "bounds": "2"}), "step", "n_customers") == [
        ("step_2", 1), ("step_1", 3), ("none", 1),
    ]  # fmt: skip
    by_margin = run(shop, "ladder.steps", {**YEARS, "basis": "margin", "bounds": "1500"})
    assert rows(by_margin, "step", "n_customers") == [("step_2", 2), ("step_1", 2), ("none", 1)]


def test_steps_matrix_and_history_count_the_same_customers(shop):
    steps = dict(rows(run(shop, "ladder.steps", YEARS), "step", "n_customers"))
    moved = run(shop, "ladder.migration", YEARS).table.groupby("to_step")["n_customers"].sum().to_dict()
    history = run(shop, "ladder.history", {**YEARS, "grain": "year"}).table
    last = history[history["at_date"] == date(2025, 1, 1)].set_index("step")["n_customers"]
    assert {step: n for step, n in steps.items() if n} == moved == {step: n for step, n in last.items() if n}


# --- flows ------------------------------------------------------------------------------------------------------------

TRIPS = [
    ("trip", "2022-03-01", 2000), ("trip", "2023-03-01", 100), ("trip", "2024-03-01", 3000),   # fell and came back
    ("still", "2022-03-01", 2000), ("still", "2023-03-01", 2000), ("still", "2024-03-01", 2000),
    ("down", "2022-03-01", 2000), ("down", "2023-03-01", 100),
    ("peak", "2022-03-01", 100), ("peak", "2023-03-01", 2000), ("peak", "2024-03-01", 100),
    ("late", "2023-03-01", 100), ("late", "2024-03-01", 5000),
    ("other", "2021-12-31", 1),
]  # fmt: skip
THREE = {"start": "2023-01-01", "end": "2025-01-01", "grain": "year", "window": "12", "bounds": "1000"}


@pytest.fixture(scope="module")
def trips():
    made = workspace(TRIPS)
    yield made
    made.destroy()


def test_a_round_trip_is_not_staying(trips):
    result = run(trips, "ladder.flow", THREE)
    paths = result.tables["paths"].set_index("path")["n_customers"].to_dict()
    assert paths == {
        "stayed": 1, "fell_and_back": 1, "fell": 1, "rose_and_back": 1, "inactive_throughout": 1, "came_later": 1
    }  # fmt: skip
    with select(trips, mark_of("ladder.flow", pairs(THREE), {"path": "fell_and_back"}, None)) as query:
        assert query.rows("SELECT customer_id, money_change FROM selected") == [("trip", Decimal(1000))]


@pytest.mark.parametrize(
    ("language", "headline", "names", "period"),
    [
        ("sv", "1 föll och kom tillbaka, 1 föll och blev kvar, 1 jan 2023 till 1 jan 2025",
         {"fell": "Föll och blev kvar", "climbed": "Klättrade utan att falla"},
         "jan 2022 – dec 2022 → jan 2024 – dec 2024"),
        ("en", "1 fell and came back, 1 fell and stayed down, 1 Jan 2023 to 1 Jan 2025",
         {"fell": "Fell and stayed down", "climbed": "Climbed without a fall"},
         "Jan 2022 – Dec 2022 → Jan 2024 – Dec 2024"),
    ],
)  # fmt: skip
def test_flows_and_a_movement_on_one_page_are_told_apart_by_words_and_dates(trips, language, headline, names, period):
    flow = run(trips, "ladder.flow", THREE)
    moved = run(trips, "ladder.migration", {name: THREE[name] for name in ("start", "end", "window", "bounds")})
    words = Words(language)
    assert words.headline(flow.headline).replace("\u00a0", " ") == headline
    for name, said in names.items():
        assert written.metric_name(words, flow, name) == said != written.metric_name(words, moved, name)
        assert words.with_labels(flow.labels).label(name) == said
    assert written.period_words(words, flow.basis).replace("\u00a0", " ") == period


@pytest.mark.parametrize(("last", "otherwise"), [(16, "8 %"), (15, "4 %")])
def test_a_leak_is_told_with_the_customers_behind_its_share(last: int, otherwise: str):
    """Twenty on the upper step; one falls and comes back, then 15 of the 19 left fall, of the five left one or none."""
    low = {2022: {0}, 2023: set(range(1, 16)), 2024: set(range(1, last + 1))}
    made = workspace([
        (f"c{who}", f"{year}-03-01", 100 if who in low.get(year, ()) else 2000)
        for who in range(20) for year in (2021, 2022, 2023, 2024)
    ])  # fmt: skip
    result = run(made, "ladder.flow", {**THREE, "start": "2022-01-01"})
    made.destroy()
    said = Words("sv").with_labels(result.labels).headline(result.headline).replace("\u00a0", " ")
    # At the other dates one of twenty and one, or none, of five: 2 or 1 of 25.
    assert said == f"79 % av Silver (15 av 19) föll till Brons från 1 jan 2023, mot {otherwise} annars"


def test_each_flow_is_the_matrix_of_its_two_dates(trips):
    flow = run(trips, "ladder.flow", THREE).table
    for start, end in (("2023-01-01", "2024-01-01"), ("2024-01-01", "2025-01-01")):
        matrix = run(trips, "ladder.migration", {"start": start, "end": end, "window": "12", "bounds": "1000"})
        own = flow[flow["from_date"] == date.fromisoformat(start)]
        columns = ["from_step", "to_step", "n_customers", "money_change"]
        assert own[columns].to_numpy().tolist() == matrix.table[columns].to_numpy().tolist()


def test_net_climb_counts_passes_over_each_bound(trips):
    climb = run(trips, "ladder.flow", THREE).tables["climb"].set_index("step")
    # Over 1,000: peak and late and trip up; trip, down and peak down. Over 0: late was new; down went silent.
    assert climb.loc["step_2"].tolist() == [3, 3, 0]
    assert climb.loc["step_1"].tolist() == [0, 1, -1]


def test_too_short_for_two_dates_is_said():
    made = workspace([("a", "2024-01-05", 10), ("a", "2024-02-20", 20)])
    with pytest.raises(InsightError) as refused:
        run(made, "ladder.flow", {"grain": "year"})
    made.destroy()
    assert refused.value.key == "ladder.too_few_dates"


# --- what if ----------------------------------------------------------------------------------------------------------


def test_a_moved_bound_moves_exactly_those_between(shop):
    result = run(shop, "ladder.what_if", {**YEARS, "new_bounds": "1000,10000", "level_costs": "0,10,100"})
    moved = [row for row in rows(result, "from_step", "to_step", "n_customers") if row[0] != row[1]]
    assert moved == [("step_3", "step_2", 1)]
    # Today 1 × 100 + 1 × 10; then 2 × 10.
    assert result.metrics["level_cost"].value == Decimal(20)
    assert result.metrics["level_cost"].before == Decimal(110)


def test_grace_keeps_a_step_that_was_reached_before(shop):
    # 'falls' had 6,000 a year earlier and 400 now: kept on the top step where 8 % of its bound suffices, else on the
    # one below, 8.01 % of whose bound 400 still is; without a keep rule the sum alone decides.
    for keep, kept in (("0.08", "step_3"), ("0.0801", "step_2"), ("", "step_1")):
        with shop.query() as query:
            analysis = registry.find("ladder.what_if")
            analysis.members(query, registry.settings_for(query, analysis, {**YEARS, "new_keep": keep}))
            assert query.rows("SELECT to_step FROM members WHERE customer_id = 'falls'") == [(kept,)]


def test_a_longer_window_is_another_rule(shop):
    result = run(shop, "ladder.what_if", {**YEARS, "new_window": "18"})
    # From July 2023 on: the 2,000 that 'sleeps' spent that month count again, nothing else does.
    assert rows(result, "from_step", "to_step", "n_customers") == [
        ("step_3", "step_3", 1), ("step_2", "step_2", 1), ("step_1", "step_1", 2), ("none", "step_2", 1),
    ]  # fmt: skip


def test_movers_have_one_cause_each(shop):
    result = run(shop, "ladder.movers", {**YEARS, "new_bounds": "1000,7000"})
    # By the rule at the old date 'top' falls to step 2, by the purchases it is back: several. 'falls' falls by the rule
    # to 2, by its purchases to 1: several. 'climbs' and 'sleeps' by their purchases alone.
    assert {row for row in rows(result, "cause", "move", "n_customers") if row[2]} == {
        ("several", "same", 1), ("several", "down", 1), ("real", "up", 1), ("real", "down", 1),
        ("came_later", "same", 1),
    }  # fmt: skip


def test_a_file_that_came_later_is_data_not_behaviour():
    made = workspace([("a", "2023-03-01", 900), ("a", "2024-03-01", 2000)])
    try:
        late = {"customer_id": ["a"], "ordered_at": ["2023-06-01"], "amount": ["200"]}
        made.load_tables({"transactions": pa.table(late)}, name="late")
        chosen = {"start": "2024-01-01", "end": "2025-01-01", "bounds": "1000", "window": "12"}
        same = {**chosen, "new_bounds": "1000"}
        moved = rows(run(made, "ladder.movers", {**same, "known_files": "1"}), "cause", "move", "n_customers")
        assert [row for row in moved if row[2]] == [("data", "up", 1)]
        assert rows(run(made, "ladder.movers", same), "cause", "move") == [("nothing", "same")]
    finally:
        made.destroy()


@pytest.mark.parametrize(
    ("chosen", "key"),
    [
        ({"new_bounds": "5000,1000"}, "setting.not_rising"),
        ({"new_window": "60"}, "ladder.window_too_long"),
        ({"level_costs": "1,x"}, "setting.not_a_number"),
        ({"level_costs": "1,2,3,4"}, "ladder.names_do_not_fit"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(shop, chosen, key):
    with pytest.raises(InsightError) as refused:
        run(shop, "ladder.what_if", {**YEARS, **chosen})
    assert refused.value.key == key


# --- potential and the bound ------------------------------------------------------------------------------------------


def test_headroom_is_up_to_the_upper_quarter_of_twins():
    # Sixty twins bought once for 100 a year ago; this year 45 bought for 100 and 15 for 500: the 75th percentile of
    # next year's sales lies between the 45th and 46th (numpy's rule, type 7: 100 + 0.25 × 400 = 200).
    lines = [(f"t{n}", day, 100) for n in range(60) for day in ("2022-06-01", "2023-06-01")]
    lines += [(f"t{n}", "2024-06-01", 100 if n < 45 else 500) for n in range(60)]
    made = workspace([*lines, ("single", "2024-11-01", 50)])
    try:
        chosen = {"start": "2024-01-01", "end": "2025-01-01", "window": "12", "bounds": "300"}
        result = run(made, "ladder.potential", chosen)
    finally:
        made.destroy()
    assert np.quantile([100] * 45 + [500] * 15, 0.75) == 200
    low = result.table.set_index("step").loc["step_1"]
    # 'single' is new: no twin had so short a time a year ago. The 45 have 100 each of room; 15 of 60 took a step up.
    assert (low["n_customers"], low["n_room"], low["headroom"], low["n_no_twins"]) == (46, 45, Decimal(4500), 1)
    assert low["step_up"] == 0.25
    assert low["potential"] == Decimal(1125)
    # From step 1 a quarter went to step 2 (500 a customer), the rest stayed where 4,550 / 46 is the mean.
    assert float(low["expected_per_customer"]) == pytest.approx(0.25 * (500 - 4550 / 46), abs=0.005)


def test_without_twins_the_potential_is_unknown_and_not_nought():
    # Everyone's first purchase was 20 months before the end; at the start, a year before, everyone was 8 months old.
    lines = [(f"n{n}", day, 100) for n in range(80) for day in ("2023-05-01", "2024-05-01")]
    made = workspace(lines)
    try:
        chosen = {"start": "2024-01-01", "end": "2025-01-01", "window": "8", "bounds": "300"}
        result = run(made, "ladder.potential", chosen)
    finally:
        made.destroy()
    low = result.table.set_index("step").loc["step_1"]
    assert (low["n_customers"], low["n_no_twins"]) == (80, 80)
    assert all(value is None for value in low[["headroom", "potential", "potential_low", "potential_high"]])
    assert result.metrics["potential"].value is None and result.metrics["best_step"].mark == {}
    assert result.headline.key == "ladder.potential_unknown"
    assert [chart.y for chart in (result.chart, *result.charts)] == [("expected_per_customer",)]


def test_a_planted_jump_at_the_bound_is_found_and_none_before():
    lines = []
    for n in range(200):
        running = 600 + 4 * n  # 600 to 1,396; the bound is 1,000
        lines += [(f"c{n:03}", "2022-06-01", running), (f"c{n:03}", "2023-06-01", running)]
        lines.append((f"c{n:03}", "2024-06-01", running + (500 if running >= 1000 else 0)))
    made = workspace([*lines, ("old", "2021-12-31", 1)])
    chosen = {"start": "2024-01-01", "end": "2025-01-01", "window": "12", "bounds": "1000", "at": "1000"}
    try:
        result = run(made, "ladder.around", chosen)
    finally:
        made.destroy()
    # Exactly on two lines: the jump is 500 and its interval has no width; before it there is none.
    assert float(result.metrics["jump"].value) == pytest.approx(500, abs=0.01)
    assert float(result.metrics["jump_before"].value) == pytest.approx(0, abs=0.01)
    assert (result.metrics["n_below"].value, result.metrics["n_above"].value) == (100, 100)


# --- the divided bridge -----------------------------------------------------------------------------------------------


def test_the_bridge_by_store_puts_the_money_where_it_was_spent(shop):
    result = run(shop, "ladder.bridge_by", {"start": "2024-01-01", "end": "2025-01-01", "window": "12", "by": "store"})
    found = {(value, group): (n, change) for value, group, n, change in rows(
        result, "value", "class", "n_customers", "money_change")}  # fmt: skip
    assert found == {
        ("A", "up"): (2, Decimal(-6000 + 2001)), ("A", "down"): (1, Decimal(-6000)),
        ("A", "unidentified"): (0, Decimal(20)),
        ("B", "up"): (1, Decimal(9000)), ("B", "down"): (1, Decimal(400)), ("B", "lost"): (1, Decimal(-2000)),
        ("B", "new"): (1, Decimal(300)),
    }  # fmt: skip


def test_the_bridge_by_category_divides_an_orders_lines():
    """One order of two categories in each window: what it was spent on changed, the customer's class is one."""
    made = workspace([
        {"customer_id": who, "ordered_at": day, "amount": amount, "category": category, "order_id": order}
        for who, day, amount, category, order in [
            ("a", "2023-05-01", 300, "shoes", "1"), ("a", "2023-05-01", 100, "hats", "1"),
            ("a", "2024-05-01", 200, "shoes", "2"), ("a", "2024-05-01", 250, "hats", "2"),
            ("b", "2024-06-01", 70, None, "3"), ("b", "2024-06-01", -20, "hats", "3"),
            (None, "2024-07-01", 5, "hats", "4"),
        ]
    ])  # fmt: skip
    result = run(made, "ladder.bridge_by", {
        "start": "2024-01-01", "end": "2025-01-01", "window": "12", "by": "category",
    })  # fmt: skip
    assert set(rows(result, "value", "class", "n_customers", "money_before", "money_after")) == {
        ("hats", "up", 1, Decimal(100), Decimal(250)), ("shoes", "up", 1, Decimal(300), Decimal(200)),
        ("hats", "new", 1, Decimal(0), Decimal(-20)), ("unknown", "new", 1, Decimal(0), Decimal(70)),
        ("hats", "unidentified", 0, Decimal(0), Decimal(5)),
    }  # fmt: skip
    assert result.metrics["difference"].value == 105
    made.destroy()


def test_the_bridge_in_customers_closes(shop):
    result = run(shop, "ladder.bridge", {"start": "2024-01-01", "end": "2025-01-01", "window": "12"})
    buyers = result.metrics["buyers"]
    assert (buyers.before, buyers.value) == (4, 4)  # one came, one left
    assert result.tables["customers"]["n_change"].sum() == buyers.value - buyers.before


_DAYS = st.dates(date(2023, 1, 1), date(2024, 12, 31))
_LINES = st.tuples(
    st.sampled_from(["a", "b", "c", None]),
    _DAYS,
    st.decimals("-500", "2900", places=2),
    st.sampled_from(["A", "B", None]),
)
_PERIOD = {"start": "2024-01-01", "end": "2025-01-01", "window": "12"}


@settings(max_examples=15)
@given(st.lists(_LINES, min_size=3, max_size=20), st.sampled_from([None, "step_1"]))
def test_any_history_adds_up_in_every_view(lines, step):
    made = workspace([
        {"customer_id": who, "ordered_at": day, "amount": amount, "store": store} for who, day, amount, store in lines
    ])  # fmt: skip
    scope = step and Mark("ladder.steps", pairs({**_PERIOD, "bounds": "1000"}), (("step", step),))
    try:
        whole = run(made, "ladder.bridge", _PERIOD, scope)
        steps = run(made, "ladder.steps", {**_PERIOD, "bounds": "1000"}, scope)
        matrix = run(made, "ladder.migration", {**_PERIOD, "bounds": "1000"}, scope)
        if any(store for *_, store in lines):
            divided = run(made, "ladder.bridge_by", {**_PERIOD, "by": "store"}, scope)
            assert sum(divided.table["money_change"]) == whole.metrics["difference"].value
    except InsightError as refused:
        assert refused.key in ("ladder.nobody", "ladder.window_too_long", "fields.none")
        return
    finally:
        made.destroy()
    assert sum(whole.table["money_change"]) == whole.metrics["difference"].value
    assert steps.table["n_customers"].sum() == matrix.table["n_customers"].sum()
    identified = whole.table[whole.table["class"] != "unidentified"]
    assert sum(matrix.table["money_change"]) == sum(identified["money_change"])
    assert sum(steps.table["sales"]) == sum(identified["money_after"])


# --- the file's own levels --------------------------------------------------------------------------------------------


def leveled(levels):
    return workspace(
        [("a", "2024-03-01", 6000), ("b", "2024-03-01", 100), ("c", "2024-03-01", 50), ("d", "2023-03-01", 10)],
        [{"customer_id": who, "member_level": level} for who, level in levels.items()],
    )


def test_the_files_levels_stand_beside_the_steps_by_purchases():
    made = leveled({"a": "Guld", "b": "Guld", "c": "Silver", "zoe": "Silver"})
    try:
        result = run(made, "ladder.levels", YEARS)
    finally:
        made.destroy()
    # 'zoe' never bought; 'd' bought long ago and has no level.
    assert rows(result, "level", "n_customers", "sales") == [
        ("Guld", 2, Decimal(6100)), ("Silver", 1, Decimal(50)), ("no_level", 1, Decimal(0)),
    ]  # fmt: skip
    assert [tuple(row) for row in result.tables["cross"].itertuples(index=False, name=None)] == [
        ("Guld", "step_3", 1, Decimal(6000)), ("Guld", "step_1", 1, Decimal(100)),
        ("Silver", "step_1", 1, Decimal(50)), ("no_level", "none", 1, Decimal(0)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("levels", "key"),
    [({"a": None}, "ladder.no_levels"), ({f"c{n}": f"level {n}" for n in range(400)}, "ladder.too_many_levels")],
)
def test_a_level_column_that_is_none_is_said(levels, key):
    made = leveled(levels)
    try:
        with pytest.raises(InsightError) as refused:
            run(made, "ladder.levels", YEARS)
    finally:
        made.destroy()
    assert refused.value.key == key
