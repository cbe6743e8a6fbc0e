"""What the figures show: lengths, places and colours, against numbers that can be added in the head."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from insight.charts.draw import Annotation, draw
from insight.charts.theme import LIGHT, contrast
from insight.i18n.catalog import Words
from insight.result import Chart, Message, Metric, Result, Unit
from tests.charts.cases import CASES, bridge, forest, line, lorenz, matrix, matrix_money, result, staircase, two_sided

SV = Words("sv")


def spec(case: Result, **more: Any) -> Any:
    assert case.chart
    return draw(case, case.chart, SV, LIGHT, **more).spec


@pytest.mark.parametrize("name", ["hbar", "bar", "columns", "grouped", "two_sided", "staircase"])
def test_bars_start_at_zero(name: str):
    figure = spec(CASES[name]())
    for trace in figure.data:
        if trace.type == "bar":
            assert trace.base is None
    lying = any(trace.orientation == "h" for trace in figure.data if trace.type == "bar")
    axis = figure.layout.xaxis if lying else figure.layout.yaxis
    assert min(axis.range) <= 0 <= max(axis.range)


def test_a_bridge_hangs_together_and_ends_at_the_closing_total():
    figure = spec(bridge())
    bars = figure.data[1]
    ends = np.array(bars.base) + np.array(bars.x)
    assert bars.base[0] == pytest.approx(46.1e6)
    assert ends[:-1] == pytest.approx(np.array(bars.base)[1:])
    assert ends[-1] == pytest.approx(48.5e6)
    totals = list(figure.layout.shapes)
    assert [total.x0 for total in totals] == pytest.approx([46.1e6, 48.5e6])
    assert min(figure.layout.xaxis.range) > 40e6, "no false zero: the changes fill the width"
    said = " ".join(note.text for note in figure.layout.annotations)
    assert "46,1\u00a0mn\u00a0kr" in said
    assert "+2,4" in said
    assert "−6,6" in said


def test_a_bridge_takes_its_totals_only_where_they_add_up():
    case = replace(bridge(), metrics={"closing": Metric(Decimal(48_500_001), "money", before=Decimal(46_100_000))})
    figure = spec(case)
    assert figure.data[1].base[0] == 0
    assert not figure.layout.shapes


def test_a_bridge_reads_totals_from_rows_too():
    table = {"class": ["opening", "new", "lost", "closing"], "money_change": [100, 30, -50, 80]}
    units: dict[str, Unit] = {"class": "text", "money_change": "money"}
    case = result(Chart("bridge", x="class", y="money_change"), table, units, ("class",))
    drawn = draw(case, case.chart, SV, LIGHT)  # pyright: ignore[reportArgumentType]
    assert [*drawn.spec.data[1].base] == [100, 130]
    assert drawn.marks == ({"class": "new"}, {"class": "lost"})


def test_an_arm_is_grey_when_its_interval_holds_zero_and_rust_when_it_is_below():
    case = forest()
    ends = pd.Series([*case.table["net_high"][:3], Decimal("-1.2")], dtype=object)
    case = replace(case, table=case.table.assign(net_high=ends))
    colours = list(spec(case).data[-2].marker.color)
    assert colours == [LIGHT.accent, LIGHT.accent, LIGHT.grey, LIGHT.loss]


def test_an_arm_that_the_correction_does_not_show_is_grey_though_its_own_interval_leaves_zero():
    case = forest()
    ends = pd.Series([*case.table["net_high"][:3], Decimal("-1.2")], dtype=object)
    case = replace(case, table=case.table.assign(net_high=ends, pvalue_adjusted=[0.001, 0.2, 0.6, 0.06]))
    assert list(spec(case).data[-2].marker.color) == [LIGHT.accent, LIGHT.grey, LIGHT.grey, LIGHT.grey]


def test_a_measure_that_is_no_difference_has_no_zero_line_and_no_grey():
    case = CASES["dots"]()
    figure = spec(
        replace(case, evidence="control", chart=Chart("interval", x="step", y="nps", low="nps_low", high="nps_high"))
    )
    assert not figure.layout.shapes
    assert set(figure.data[-2].marker.color) == {LIGHT.accent}


def test_times_as_much_are_compared_with_one():
    table = {"group": ["a", "b"], "spend_ratio": [1.4, 1.1], "low": [1.2, 0.9], "high": [1.6, 1.3]}
    units: dict[str, Unit] = {"group": "text", "spend_ratio": "number", "low": "number", "high": "number"}
    figure = spec(
        result(Chart("interval", x="group", y="spend_ratio", low="low", high="high"), table, units, ("group",))
    )
    assert figure.layout.shapes[0].x0 == 1
    assert list(figure.data[-2].marker.color) == [LIGHT.accent, LIGHT.grey]


def test_of_several_measures_the_forest_shows_the_one_in_the_title():
    table = {
        "arm": ["control", "control", "letter", "letter"], "metric": ["conversion", "spend"] * 2,
        "effect_size": [None, None, 0.02, 40.0], "low": [None, None, 0.01, -5.0], "high": [None, None, 0.03, 85.0],
    }  # fmt: skip
    units: dict[str, Unit] = {
        "arm": "text",
        "metric": "text",
        "effect_size": "number",
        "low": "number",
        "high": "number",
    }
    title = Message("lift.effect_title", {"metric": Message("common.none")})
    chart = Chart("interval", x="arm", y="effect_size", low="low", high="high", color="metric", title=title)
    for metric, texts in (("spend", ["<b>+40</b>"]), ("conversion", ["<b>+2,0\u00a0%</b>"])):
        told = replace(chart, title=replace(title, values={"metric": metric}), subtitle=None)
        case = result(replace(told, title=None), table, units, ("arm",))
        figure = draw(case, replace(told, title=None), SV, LIGHT, selected={"metric": metric}).spec
        assert list(figure.data[-1].text) == texts


def test_two_sided_halves_share_their_colour_and_lose_rows_outside_the_whole():
    case = two_sided()
    case.table.loc[8, ["share_customers", "share_sales"]] = None
    figure = spec(case)
    left, right = figure.data
    assert len(left.y) == len(right.y) == 8
    assert right.marker.color[0] == LIGHT.accent
    assert left.marker.color[0].startswith("rgba(11, 90, 114, 0.45")
    assert right.marker.color[5] == LIGHT.loss
    assert figure.layout.xaxis.range[0] > figure.layout.xaxis.range[1], "the left side grows to the left"


def test_a_staircase_climbs_whatever_the_order_of_the_rows():
    case = staircase()
    turned = replace(case, table=case.table.iloc[::-1].reset_index(drop=True))
    for one in (case, turned):
        bars = spec(one).data[0]
        heights = [height for _, height in sorted(zip(bars.x, bars.y, strict=True))]
        assert heights == [640, 2010, 4910, 14_200]
    said = [note.text for note in spec(case).layout.annotations]
    assert "<b>+2\u00a0900</b>" in said, "the step that the title speaks of is bold"
    assert "+9\u00a0290" in said


def test_a_staircase_where_all_stand_on_one_step_is_not_turned_around():
    """Best first in the table, best to the right: also where the others are empty, as among the best alone."""
    case = staircase()
    table = case.table.iloc[::-1].reset_index(drop=True).astype({"sales_per_customer": float, "n_customers": float})
    alone = table.copy()
    alone.loc[1:, ["sales_per_customer", "n_customers"]] = None
    (whole,), (bars,) = spec(replace(case, table=table)).data, spec(replace(case, table=alone)).data
    assert list(bars.x) == list(whole.x) == [3, 2, 1, 0]
    assert list(bars.marker.color) == list(whole.marker.color)


def test_the_lorenz_curve_speaks_of_the_best_quarter_or_of_the_row_it_is_told():
    words = [note.text for note in spec(lorenz()).layout.annotations]
    assert any("25\u00a0% av kunderna" in text and "64\u00a0% av försäljningen" in text for text in words)
    case = lorenz()
    case.table["spoken"] = [row == 3 for row in range(20)]
    told = replace(case, units={**case.units, "spoken": "text"})
    chart = replace(told.chart, color="spoken")  # pyright: ignore[reportArgumentType, reportCallIssue]
    words = [note.text for note in draw(told, chart, SV, LIGHT).spec.layout.annotations]
    assert any("20\u00a0% av kunderna" in text for text in words)


def test_a_matrix_of_shares_counts_customers_and_colours_by_row_share():
    series = spec(matrix())["series"][0]["data"]
    assert series[7]["value"][3] == "412"
    assert series[7]["value"][2] == pytest.approx(412 / 1904 / 0.8)
    assert series[0]["value"][2] == 1.0, "83 % of the row is stronger than the scale's end"
    assert len({item["name"] for item in series}) == 25


def test_a_matrix_of_changes_is_symmetric_about_zero():
    option = spec(matrix_money())
    series = option["series"][0]["data"]
    assert series[7]["value"][2:] == [pytest.approx(0.0), "−3,1"]
    assert series[24]["value"][2:] == [pytest.approx(0.5), "0"]
    assert option["visualMap"]["inRange"]["color"] == list(LIGHT.diverging)
    assert option["visualMap"]["dimension"] == 2
    assert option["title"]["text"].startswith("Mn\u00a0kr")


def test_a_measure_that_is_a_score_is_the_value_of_its_matrix():
    table = {"segment": ["a", "a", "b", "b"], "feature": ["x", "y"] * 2, "apart": [-0.5, 1.0, 0.25, -1.0]}
    units: dict[str, Unit] = {"segment": "text", "feature": "text", "apart": "score"}
    option = spec(result(Chart("matrix", x="feature", y="segment", color="apart"), table, units, ("segment",)))
    cells = {tuple(item["value"][:2]): item["value"][2:] for item in option["series"][0]["data"]}
    assert cells[1, 0] == [1.0, "+1,0"]
    assert cells[1, 1] == [0.0, "−1,0"]
    assert cells[0, 0] == [0.25, "−0,5"]
    assert option["title"]["text"] == "Rost under 0, petrol över 0"


def test_an_index_diverges_about_the_average():
    table = {"row": ["a", "a"], "column": ["x", "y"], "index": [100.0, 50.0]}
    units: dict[str, Unit] = {"row": "text", "column": "text", "index": "number"}
    option = spec(result(Chart("matrix", x="column", y="row", color="index"), table, units, ("row", "column")))
    assert [item["value"][2] for item in option["series"][0]["data"]] == [0.5, 0.25]


def test_numbers_in_cells_can_be_read_on_their_colour():
    for case in (matrix(), matrix_money()):
        option = spec(case)
        scale = option["visualMap"]["inRange"]["color"]
        for item in option["series"][0]["data"]:
            nearest = scale[min(int(item["value"][2] * 9 + 0.5), 9)]
            assert contrast(item["label"]["color"], nearest) > 3.9


def test_lines_end_in_year_names_with_their_last_value():
    words = [note.text for note in spec(line()).layout.annotations]
    assert any("<b>2024</b>" in text and "24,1" in text for text in words)
    assert any("2023" in text and "20,8" in text for text in words)
    assert "Mn\u00a0kr" in words


def test_names_at_line_ends_keep_apart():
    case = CASES["groups"]()
    figure = spec(case)
    notes = [note for note in figure.layout.annotations if note.xanchor == "left" and note.yanchor == "middle"]
    low, high = figure.layout.yaxis.range
    pixels = (figure.layout.height - figure.layout.margin.t - figure.layout.margin.b) / (high - low)
    heights = sorted(note.y * pixels + note.yshift for note in notes)
    assert len(heights) == 4
    assert min(b - a for a, b in pairwise(heights)) >= 20


@pytest.mark.parametrize(("before", "yanchor"), [(4.0, "bottom"), (9.0, "top")])
def test_the_name_of_a_line_that_ends_early_stays_out_of_the_others_way(before, yanchor):
    table = {
        "at": ["a", "b", "c", "d", "e"],
        "under": [1.0, before, 6.0, None, None],
        "over": [None, None, None, 3.0, 8.0],
    }
    units: dict[str, Unit] = {"at": "text", "under": "number", "over": "number"}
    notes = spec(result(Chart("line", x="at", y=("under", "over")), table, units, ())).layout.annotations
    early = next(note for note in notes if note.x == 2)
    assert (early.xanchor, early.yanchor) == ("right", yanchor)
    late = next(note for note in notes if note.x == 4)
    assert (late.xanchor, late.yanchor) == ("left", "middle")


def test_the_name_of_the_first_column_stays_within_the_figure():
    long = "what_the_first_column_shows_in_so_many_words_that_it_is_wider_than_its_place"
    table = {"step": ["a", "b", "c", "d"], long: [0.0, 5.0, 5.0, 5.0], "then": [-2.0, 3.0, 3.0, 3.0]}
    units: dict[str, Unit] = {"step": "text", long: "number", "then": "number"}
    figure = spec(result(Chart("columns", x="step", y=(long, "then")), table, units, ()))
    named, below = (note for note in figure.layout.annotations if note.x < 1 and "\u00a0\u00a0" in note.text)
    # The first of two columns stands left of the middle of its place: a name as wide as several has to go right.
    assert named.x < 0 < named.xshift
    assert below.xshift == 0


def test_at_most_two_remarks_at_their_points():
    case = line()
    remarks = [Annotation(date(2024, m, 1), (f"remark {m}",)) for m in (11, 3, 5)]
    figure = spec(case, annotations=remarks)
    found = {note.text: note.y for note in figure.layout.annotations if "remark" in note.text}
    assert found == {"remark 11": pytest.approx(20.4e6), "remark 3": pytest.approx(12.8e6)}


def test_a_time_with_rows_for_several_groups_becomes_a_line_a_group():
    case = CASES["groups"]()
    chart = Chart("line", x="months", y="survival")
    drawn = draw(case, chart, SV, LIGHT)
    assert len([trace for trace in drawn.spec.data if trace.mode == "lines+markers"]) == 4


def test_names_that_do_not_fit_under_columns_make_them_lie():
    case = CASES["bar"]()
    assert spec(case).data[0].orientation == "h"
    short = replace(case, table=case.table.assign(store=list("abcdef")))
    assert spec(short).data[0].orientation == "v"


def test_the_stroke_of_before_is_explained_and_stands_at_its_value():
    figure = spec(CASES["bar"]())
    strokes = {shape.x0 for shape in figure.layout.shapes}
    assert 38_000_000 in strokes
    assert any(note.text.startswith("Strecket visar") for note in figure.layout.annotations)


def test_a_flow_upwards_is_petrol_and_downwards_rust():
    links = spec(CASES["flow"]())["series"][0]["links"]
    colours = {(link["source"], link["target"]): link["lineStyle"]["color"] for link in links}
    assert colours["from 1", "to 0"] == LIGHT.accent, "gold to platinum"
    assert colours["from 1", "to 2"] == LIGHT.loss, "gold to silver"
    assert colours["from 1", "to 1"] == LIGHT.ghost, "stayed"


def test_many_bars_are_cut_at_what_an_eye_can_read():
    table = {"store": [f"s{k}" for k in range(200)], "sales": [200 - k for k in range(200)]}
    units: dict[str, Unit] = {"store": "text", "sales": "money"}
    case = result(Chart("bar", x="store", y="sales"), table, units, ("store",))
    drawn = draw(case, case.chart, SV, LIGHT)  # pyright: ignore[reportArgumentType]
    assert len(drawn.marks) == 33  # thirty, and the three rows that gather the rest
    assert drawn.marks[0] == {"store": "s0"}


def test_a_band_does_not_bridge_what_is_hidden():
    days = [date(2024, month, 1) for month in range(1, 8)]
    hidden = [None if place in (2, 4) else 20.0 for place in range(7)]
    columns = {
        "period": days, "nps": hidden, "low": [None if x is None else x - 5 for x in hidden],
        "high": [None if x is None else x + 5 for x in hidden],
    }  # fmt: skip
    units: dict[str, Unit] = {"period": "date", "nps": "points", "low": "points", "high": "points"}
    case = result(Chart("line", x="period", y="nps", low="low", high="high"), columns, units, ())
    band = next(trace for trace in spec(case).data if trace.fill == "toself")
    # January and February, the fourth month, the two last ones: each closed, and then a gap.
    assert [end != end for end in band.y] == [*[False] * 4, True, *[False] * 2, True, *[False] * 4, True]
