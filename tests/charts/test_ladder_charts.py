"""The ladder's own figures: what is stacked adds up, and every flow and state leads to its customers."""

from datetime import date
from itertools import pairwise

import pytest

from insight.charts import stages
from insight.charts.draw import draw
from insight.charts.theme import LIGHT
from insight.i18n.catalog import Words
from insight.result import Chart, Unit
from tests.charts.cases import result

DAYS = [date(2024, 1, 1), date(2024, 4, 1), date(2024, 7, 1)]


def drawn(made, **more):
    assert made.chart
    return draw(made, made.chart, Words("en"), LIGHT, **more)


def stacked():
    counts = {DAYS[0]: (1, 4, 5), DAYS[1]: (2, 3, 7)}
    columns = {
        "at_date": [day for day in counts for _ in range(3)],
        "step": ["gold", "bronze", "none"] * 2,
        "n_customers": [n for values in counts.values() for n in values],
    }
    units: dict[str, Unit] = {"at_date": "date", "step": "text", "n_customers": "count"}
    chart = Chart("stacked", x="at_date", y="n_customers", color="step")
    return result(chart, columns, units, ("at_date", "step"))


def test_parts_stand_on_each_other_and_nobody_lies_at_the_bottom():
    bars = drawn(stacked()).spec.data[0]
    assert list(bars.base) == [9, 5, 0, 10, 7, 0]
    assert list(bars.y) == [1, 4, 5, 2, 3, 7]
    assert [bars.marker.color[place] for place in (2, 5)] == [LIGHT.ghost] * 2
    totals = [note.text for note in drawn(stacked()).spec.layout.annotations]
    assert {"10", "12"} <= set(totals)


def test_names_keep_a_line_apart_also_where_the_last_bar_is_the_lowest():
    """Thin parts beside a first bar ten times as high: a line of the chart is that of its axis, not of the last bar."""
    made = stacked()
    made.table["n_customers"] = [10, 40, 50, 1, 1, 8]
    layout = drawn(made).spec.layout
    per_unit = (layout.height - layout.margin.t - layout.margin.b) / layout.yaxis.range[1]
    names = [note for note in layout.annotations if note.xanchor == "left" and note.yanchor == "middle"]
    places = sorted(note.y * per_unit + note.yshift for note in names)
    assert len(places) == 3
    assert min(later - earlier for earlier, later in pairwise(places)) >= 12, "less than a line of text"


def test_every_part_is_a_mark_in_the_order_of_the_rows():
    figure = drawn(stacked())
    event = {"selection": {"points": [{"curve_number": 0, "point_index": 4}]}}
    assert figure.mark_at(event) == {"at_date": DAYS[1], "step": "bronze"}


def staged():
    rows = [
        (0, "gold", "gold", 5), (0, "gold", "none", 2), (0, "new", "gold", 1),
        (1, "gold", "gold", 4), (1, "gold", "none", 2), (1, "none", "gold", 2),
    ]  # fmt: skip
    columns = {
        "from_date": [DAYS[place] for place, *_ in rows], "to_date": [DAYS[place + 1] for place, *_ in rows],
        "from_step": [row[1] for row in rows], "to_step": [row[2] for row in rows],
        "n_customers": [row[3] for row in rows],
    }  # fmt: skip
    units: dict[str, Unit] = {
        "from_date": "date", "to_date": "date", "from_step": "text", "to_step": "text", "n_customers": "count"
    }  # fmt: skip
    return result(Chart("flow", x="from_step", y="n_customers", color="to_step"), columns, units, tuple(columns)[:4])


def test_each_date_has_its_states_and_each_flow_its_neighbours():
    series = drawn(staged()).spec["series"][0]
    assert [node["name"] for node in series["data"]] == ["0 gold", "0 new", "1 gold", "1 none", "2 gold", "2 none"]
    assert [(link["source"], link["target"], link["value"]) for link in series["links"]][2:4] == [
        ("0 new", "1 gold", 1.0), ("1 gold", "2 gold", 4.0),
    ]  # fmt: skip
    falls = [link["lineStyle"]["color"] for link in series["links"] if link["target"].endswith("none")]
    assert set(falls) == {LIGHT.loss}


@pytest.mark.parametrize(
    ("kind", "index", "mark"),
    [
        ("edge", 1, {"from_date": DAYS[0], "to_date": DAYS[1], "from_step": "gold", "to_step": "none"}),
        ("node", 2, {"from_date": DAYS[1], "from_step": "gold"}),
        ("node", 5, {"to_date": DAYS[2], "to_step": "none"}),
    ],
)
def test_a_click_on_a_flow_or_a_state_names_its_customers(kind, index, mark):
    event = {"selection": {"selected": [{"series_index": 0, "data_type": kind, "data_indices": [index]}]}}
    assert drawn(staged()).mark_at(event) == mark


def test_two_columns_of_dates_make_stages():
    two_sided = result(
        Chart("flow", x="from_step", y="n", color="to_step"), {"from_step": ["a"], "to_step": ["b"], "n": [1]},
        {"from_step": "text", "to_step": "text", "n": "count"}, (),
    )  # fmt: skip
    assert [node["name"] for node in drawn(two_sided).spec["series"][0]["data"]] == ["from 0", "to 0"]
    assert stages.FROM in staged().table.columns
