"""Two figures on one scale: a length means the same in both."""

import pandas as pd
import pytest

from insight.charts.draw import draw
from insight.charts.theme import LIGHT
from insight.charts.together import reach, same_scale
from insight.i18n.catalog import Words
from insight.result import Basis, Chart, Message, Result, Unit


def figure(values: list[float], kind: str, unit: Unit = "ratio", ends: tuple[float, float] | None = None):
    table = pd.DataFrame({"segment": ["lost", "loyal", "new"], "share": values})
    chart = Chart(kind, x="segment", y="share")  # type: ignore[arg-type]
    result = Result(
        "segments.rfm", Message("rule.none"), {}, table, {"segment": "text", "share": unit}, Basis(None, None, 3), chart
    )
    return draw(result, chart, Words("sv"), LIGHT, width=450, reach=ends)


@pytest.mark.parametrize(("kind", "axis"), [("hbar", "xaxis"), ("columns", "yaxis")])
def test_value_axes_hold_both_and_the_rows_stay(kind, axis):
    small, large = figure([0.1, 0.2, 0.3], kind), figure([0.2, 0.5, 0.9], kind)
    other = "yaxis" if axis == "xaxis" else "xaxis"
    rows, widest = small.spec.layout[other].range, max(large.spec.layout[axis].range)
    assert same_scale(small, large, "ratio")
    assert small.spec.layout[axis].range == large.spec.layout[axis].range
    assert max(small.spec.layout[axis].range) == widest
    assert small.spec.layout[other].range == rows


def test_sums_of_groups_that_differ_much_in_size_keep_their_own_scale():
    small, large = figure([1, 2, 3], "hbar", "count"), figure([100, 200, 300], "hbar", "count")
    before = small.spec.layout.xaxis.range
    assert not same_scale(small, large, "count")
    assert small.spec.layout.xaxis.range == before
    assert same_scale(figure([1, 2, 3], "hbar", "count"), figure([2, 4, 6], "hbar", "count"), "count")


@pytest.mark.parametrize("kind", ["line", "dots"])
def test_ticks_reach_all_along_a_shared_axis(kind):
    # The first group's axis is the longer one, but ends at 10 %: its own ticks stop far below the second's 50 %.
    low, high = figure([-0.7, -0.3, 0.1], kind), figure([0.1, 0.3, 0.5], kind)
    assert same_scale(low, high, "ratio")
    ends = reach(low)
    assert ends == reach(high) and ends is not None and ends[0] < -0.7 and ends[1] > 0.5
    for values in ([-0.7, -0.3, 0.1], [0.1, 0.3, 0.5]):
        drawn = figure(values, kind, ends=ends)
        assert reach(drawn) == ends
        ticks = [axis.tickvals for axis in (drawn.spec.layout.xaxis, drawn.spec.layout.yaxis)]
        assert [-0.5, 0, 0.5] in [list(places) for places in ticks]
