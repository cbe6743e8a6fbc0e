"""Every kind of chart: draws whatever the table holds, says the same in every language, and knows what was clicked."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from insight.charts.draw import draw
from insight.charts.drawn import Drawn
from insight.charts.theme import DARK, LIGHT, PROJECTOR_SCALE, Palette
from insight.i18n.catalog import Words
from insight.result import Result
from tests.charts.cases import CASES, forest, line, matrix, two_sided

HOSTILE = (
    "M" * 200, "<b>x</b>",
    "$\\href{javascript:alert(1)}{x}$", "{b} {@[0]}", "<a href='http://x'>x</a>", "\u202etxt\nrow",
)  # fmt: skip
SV, EN = Words("sv"), Words("en")


def drawn(result: Result, words: Words = SV, palette: Palette = LIGHT, **more: Any) -> Drawn:
    assert result.chart
    return draw(result, result.chart, words, palette, **more)


def spec_of(figure: Drawn) -> dict[str, Any]:
    return figure.spec.to_plotly_json() if figure.engine == "plotly" else figure.spec


def leaves(thing: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value in a spec with the path of names that leads to it."""
    if isinstance(thing, dict):
        for name, part in thing.items():
            yield from leaves(part, f"{path}.{name}")
    elif isinstance(thing, (list, tuple, np.ndarray)):
        for part in thing:
            yield from leaves(part, path)
    else:
        yield path, thing


def shown_texts(figure: Drawn) -> list[str]:
    """What a reader can see: labels, ticks, hovers, notes."""
    names = ("text", "ticktext", "hovertext", "formatter", "data", "value")
    found = [str(v) for path, v in leaves(spec_of(figure)) if path.rpartition(".")[2] in names and isinstance(v, str)]
    return [re.sub(r"<[^>]+>", " ", text) for text in found]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(
    ("words", "palette", "scale", "width"), [(SV, LIGHT, 1.0, 970), (EN, DARK, PROJECTOR_SCALE, 420)]
)
def test_every_kind_draws(name: str, words: Words, palette: Palette, scale: float, width: int):
    figure = drawn(CASES[name](), words, palette, scale=scale, width=width)
    assert not figure.empty
    assert figure.marks
    assert figure.height >= 100
    assert len(figure.alt) > 20
    if figure.engine == "echarts":
        assert json.loads(json.dumps(figure.spec)) == figure.spec
    else:
        assert figure.spec.layout.height == figure.height


@pytest.mark.parametrize("name", CASES)
def test_one_row_draws(name: str):
    result = CASES[name]()
    figure = drawn(replace(result, table=result.table.head(1)))
    assert not figure.empty
    assert len(figure.marks) in (1, 2, 3), (
        "one datum, twice where there are two bars or two columns, thrice with its nodes"
    )


@pytest.mark.parametrize("name", CASES)
def test_no_rows_and_no_values_are_an_empty_figure(name: str):
    result = CASES[name]()
    numbers = {
        c: None for c in result.table.columns if result.units[c] not in ("text", "date", "score", "days", "months")
    }
    for table in (result.table.head(0), result.table.assign(**numbers)):
        figure = drawn(replace(result, table=table))
        assert figure.empty
        assert figure.marks == ()
        assert figure.mark_at({"selection": {"points": [{"curve_number": 0, "point_index": 0}]}}) is None


@pytest.mark.parametrize("name", CASES)
def test_holes_among_the_values_draw(name: str):
    result = CASES[name]()
    table = result.table.copy()
    for column in table.columns:
        if result.units[column] in ("money", "ratio", "points"):
            table[column] = [None if row % 3 == 1 else cell for row, cell in enumerate(table[column])]
    assert not drawn(replace(result, table=table)).empty


def hostile(result: Result) -> Result:
    table = result.table.copy()
    for column in table.columns:
        if result.units[column] == "text":
            keys = list(dict.fromkeys(table[column]))
            table[column] = table[column].map(
                {key: HOSTILE[k % 6] + (str(k) if k > 5 else "") for k, key in enumerate(keys)}
            )
    return replace(result, table=table)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if "text" in case().units.values()])
@pytest.mark.parametrize("width", [970, 400])
def test_hostile_names_stay_text(name: str, width: int):
    figure = drawn(hostile(CASES[name]()), width=width)
    ours = re.compile(r"</?b>|<br/?>|</?span[^<>]*>")
    for path, value in leaves(spec_of(figure)):
        if not isinstance(value, str):
            continue
        leaf = path.rpartition(".")[2]
        if figure.engine == "plotly" and leaf in ("text", "ticktext", "hovertext"):
            assert "<" not in ours.sub("", value)
            assert "$" not in value
        if leaf == "formatter":
            assert not re.search(r"\{[abc@]", value.replace("{@[3]}", "")), (
                "a placeholder of the user's would be filled in"
            )
            if "tooltip" in path:
                assert "<" not in ours.sub("", value)
        assert "\u202e" not in value
    whole = "".join(shown_texts(figure)).replace(" ", "").replace("…", "")
    assert "M" * 200 in whole, "the whole name stands in the hover"


@pytest.mark.parametrize("name", ["hbar", "two_sided", "bridge", "forest", "matrix", "flow", "treemap", "staircase"])
def test_long_names_are_shortened_where_they_are_labels(name: str):
    figure = drawn(hostile(CASES[name]()), width=970)
    spec = spec_of(figure)
    labels = [
        v
        for path, v in leaves(spec)
        if "tooltip" not in path and not path.endswith(("hovertext", "bdata")) and isinstance(v, str)
    ]
    assert max(len(re.sub(r"<[^>]+>", "", label)) for label in labels) < 130


def label_of(result: Result, mark: dict[str, Any], words: Words) -> list[str]:
    told = words.with_labels(result.labels)
    return [words.month(v) if hasattr(v, "month") else str(told.label(v)) for v in mark.values()]


@pytest.mark.parametrize("name", [name for name in CASES if name != "lorenz"])
def test_marks_stand_in_the_order_of_the_data(name: str):
    result = CASES[name]()
    figure = drawn(result)
    spec = spec_of(figure)
    for clickable in figure.clickables:
        if figure.engine == "plotly":
            hovers = list(spec["data"][clickable.series]["hovertext"])
        else:
            series = spec["series"][clickable.series]
            hovers = [
                item["tooltip"]["formatter"] for item in series["links" if clickable.data_type == "edge" else "data"]
            ]
        assert len(hovers) == clickable.count
        for place, hover in enumerate(hovers):
            mark = figure.marks[clickable.offset + place]
            plain = hover.replace("<br>", " ").replace("<br/>", " ")
            assert all(label in plain for label in label_of(result, dict(mark), SV)), (mark, hover)
    assert sum(c.count for c in figure.clickables) == len(figure.marks)


def test_every_mark_names_a_row_of_the_table():
    for name, case in CASES.items():
        result = case()
        for mark in drawn(result).marks:
            rows = result.table
            for column, value in mark.items():
                rows = rows[rows[column] == value]
            assert len(rows), (name, mark)


def test_a_plotly_event_becomes_its_mark():
    result = two_sided()
    figure = drawn(result)
    for curve in (0, 1):
        event = {"selection": {"points": [{"curve_number": curve, "point_index": 5, "customdata": None}]}}
        assert figure.mark_at(event) == {"segment": "at_risk"}
    point = SimpleNamespace(curve_number=1, point_index=0)
    assert figure.mark_at(SimpleNamespace(selection=SimpleNamespace(points=[point]))) == {"segment": "champions"}


def test_the_comparison_line_takes_no_click_and_the_main_line_does():
    figure = drawn(line())
    curves = {c.series for c in figure.clickables}
    assert len(figure.spec.data) == 2
    assert curves == {1}, "the grey line lies under the main one"
    event = {"selection": {"points": [{"curve_number": 0, "point_index": 4}]}}
    assert figure.mark_at(event) is None
    event["selection"]["points"][0]["curve_number"] = 1
    assert str(figure.mark_at(event)) == str({"month": line().table["month"][4]})


def echarts_event(data_type: str, *indices: int, series: int = 0) -> dict[str, Any]:
    return {"selection": {"selected": [{"series_index": series, "data_type": data_type, "data_indices": [*indices]}]}}


def test_a_matrix_click_becomes_from_and_to():
    figure = drawn(matrix())
    assert figure.mark_at(echarts_event("main", 7)) == {"from_step": "gold", "to_step": "silver"}
    assert figure.spec["series"][0]["data"][7]["value"][:2] == [2, 1], "column 2, row 1"


def test_a_flow_click_is_a_link_or_a_state():
    figure = drawn(CASES["flow"]())
    assert figure.mark_at(echarts_event("edge", 7)) == {"from_step": "gold", "to_step": "silver"}
    assert figure.mark_at(echarts_event("node", 1)) == {"from_step": "gold"}
    assert figure.mark_at(echarts_event("node", 7)) == {"to_step": "silver"}


def test_a_treemap_counts_its_hidden_root():
    figure = drawn(CASES["treemap"]())
    assert figure.mark_at(echarts_event("main", 0)) is None
    assert figure.mark_at(echarts_event("main", 1)) == {"category": "Skor"}
    assert figure.mark_at(echarts_event("main", 9)) == {"category": "Övrigt"}


@pytest.mark.parametrize("event", [
    None, {}, {"selection": {}}, {"selection": {"points": []}}, {"selection": {"selected": []}},
    echarts_event("main", 25), echarts_event("main", -1), echarts_event("edge", 3), echarts_event("main", 0, series=4),
    {"selection": {"points": [{"x": 1}]}},
])  # fmt: skip
def test_no_mark_for_events_that_mean_none(event: object):
    assert drawn(matrix()).mark_at(event) is None


def test_without_customers_behind_it_nothing_takes_a_click():
    for case in CASES.values():
        figure = drawn(replace(case(), drill=()))
        assert figure.marks == ()
        assert figure.clickables == ()
        if figure.engine == "echarts":
            assert figure.spec["series"][0]["selectedMode"] is False


def test_the_chosen_cell_is_drawn_on_top_and_lets_clicks_through():
    mark = {"from_step": "gold", "to_step": "silver"}
    figure = drawn(matrix(), selected=mark)
    below, above = figure.spec["series"]
    assert above["silent"] is True
    assert above["z"] > below.get("z", 2)
    assert [item["value"] for item in above["data"]] == [below["data"][7]["value"]]
    assert figure.mark_at(echarts_event("main", 0, series=1)) == mark


@pytest.mark.parametrize(("name", "mark"), [
    ("hbar", {"group": "passives"}), ("bridge", {"class": "down"}), ("staircase", {"step": "gold"}),
    ("forest", {"arm": "Sms"}), ("dots", {"step": "1–2,5"}), ("lorenz", {"quantile": 7}), ("columns", {"score": 9}),
])  # fmt: skip
def test_the_chosen_mark_alone_is_outlined_in_ink(name: str, mark: dict[str, Any]):
    figure = drawn(CASES[name](), selected=mark)
    (clickable,) = figure.clickables
    trace = figure.spec.data[clickable.series]
    outlined = [place for place, colour in enumerate(trace.marker.line.color) if colour == LIGHT.ink]
    assert [figure.marks[clickable.offset + place] for place in outlined] == [mark]


@pytest.mark.parametrize("name", CASES)
def test_swedish_figures_have_no_english_numbers_and_english_ones_no_swedish(name: str):
    swedish = " ".join(shown_texts(drawn(CASES[name]())))
    assert not re.search(r"\d\.\d", swedish)
    assert not re.search(r"\d,\d{3}\b", swedish)
    assert "SEK" not in swedish
    assert not re.search(r"(?<![\d,])-\d", swedish), "minus is U+2212"
    english = " ".join(t for t in shown_texts(drawn(CASES[name](), EN)) if not re.search("[–>]|över|Brev", t))
    assert not re.search(r"\d,\d{1,2}\b", english)
    assert not re.search(r"\d\u00a0(kr|mn|%)", english)


COLOUR = re.compile(r"#[0-9A-Fa-f]{3,8}\b|rgba?\([^)]*\)")


def channels(colour: str) -> tuple[int, ...]:
    if colour.startswith("#"):
        return tuple(int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return tuple(int(part) for part in re.findall(r"[\d.]+", colour)[:3])


def on_scale(colour: tuple[int, ...], scale: tuple[str, ...]) -> bool:
    """Whether a colour lies, within a rounding, on the straight way between two neighbours of a scale."""
    for one, other in pairwise(scale):
        low, high = np.array(channels(one)), np.array(channels(other))
        share = np.dot(np.array(colour) - low, high - low) / np.dot(high - low, high - low)
        if 0 <= share <= 1 and np.abs(low + share * (high - low) - colour).max() <= 1:
            return True
    return False


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", CASES)
def test_colours_come_from_the_palette_only(name: str, palette: Palette):
    own = {channels(v) for v in vars(palette).values() if isinstance(v, str)} | {(255, 255, 255), (0, 0, 0)}
    own |= {channels(colour) for colour in (*palette.categories, *palette.sequential, *palette.diverging)}
    figure = drawn(CASES[name](), SV, palette, selected={"segment": "loyal", "from_step": "gold", "to_step": "gold"})
    for path, value in leaves(spec_of(figure)):
        for colour in COLOUR.findall(value) if isinstance(value, str) else []:
            found = channels(colour)
            assert found in own or on_scale(found, palette.sequential) or on_scale(found, palette.diverging), (
                path,
                colour,
            )


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_smaller_than_14_pixels_and_the_projector_enlarges(name: str):
    fonts = {}
    for scale in (1.0, PROJECTOR_SCALE):
        sizes = [
            v for path, v in leaves(spec_of(drawn(CASES[name](), scale=scale)))
            if re.search(r"(font|Font)\.size$|fontSize$", path) and isinstance(v, (int, float))
        ]  # fmt: skip
        fonts[scale] = min(sizes)
    assert fonts[1.0] >= 14
    assert fonts[PROJECTOR_SCALE] >= 17


def test_data_go_to_plotly_as_numpy():
    for case in CASES.values():
        figure = drawn(case())
        if figure.engine == "plotly":
            assert all(isinstance(trace[axis], np.ndarray) for trace in figure.spec.data for axis in ("x", "y"))


def test_alt_says_the_ends_in_words():
    assert "Högst Brev + e-post, 38,4\u00a0kr" in drawn(forest()).alt
    assert "Lägst Sms, −9,1\u00a0kr" in drawn(forest()).alt


def test_a_chart_of_columns_that_no_table_has_is_our_fault():
    result = two_sided()
    with pytest.raises(ValueError, match="share_customers"):
        drawn(replace(result, table=pd.DataFrame({"segment": ["new"]})))
