"""Texts that fit and stay text, numbers in one unit, round ticks."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insight.charts import text
from insight.charts.scale import round_ticks, scale_for
from insight.i18n.catalog import Words
from insight.result import Unit

SV, EN = Words("sv"), Words("en")


@given(st.text(max_size=120), st.floats(20, 600))
def test_shortened_text_fits_and_begins_like_the_whole(whole: str, pixels: float):
    short = text.shorten(whole, pixels, 15)
    assert text.width(short, 15) <= max(pixels, text.width(text.ELLIPSIS, 15))
    assert short == whole or whole.startswith(short.rstrip(text.ELLIPSIS))


@given(st.text(st.characters(codec="latin-1", categories=("L", "N", "Zs")), max_size=120), st.floats(60, 400))
def test_wrapped_text_fits_and_loses_nothing_but_what_an_ellipsis_says(whole: str, pixels: float):
    rows = text.wrap(whole, pixels, 15, lines=3)
    assert 1 <= len(rows) <= 3
    assert all(text.width(row, 15) <= pixels for row in rows)
    if not any(row.endswith(text.ELLIPSIS) for row in rows):
        assert "".join(rows).replace(" ", "") == whole.replace(" ", "")


@given(st.text(st.characters(codec="latin-1", categories=("L", "N", "Zs")), max_size=300), st.floats(60, 400))
def test_folded_text_fits_and_loses_nothing(whole: str, pixels: float):
    rows = text.fold(whole, pixels, 14)
    assert all(text.width(row, 14) <= pixels for row in rows)
    assert "".join(rows).replace(" ", "") == whole.replace(" ", "")


def test_digits_are_as_wide_as_plex_draws_them():
    assert text.width("0123456789", 10) == pytest.approx(60)


def test_what_is_markup_elsewhere_is_shown_as_it_is():
    assert text.for_plotly("<b>5 & 6</b> $x$") == "&lt;b&gt;5 &amp; 6&lt;/b&gt; &#36;x&#36;"
    assert "{b}" not in text.for_echarts("{b}")
    assert text.for_echarts("{b}").replace("\u2060", "") == "{b}"
    assert text.for_tooltip("<i>") == "&lt;i&gt;"
    assert text.clean("a\n\tb\x00\u202ec") == "a bc"


@pytest.mark.parametrize(("words", "unit", "values", "value", "plain", "full"), [
    (SV, "money", [24_100_000, 300_000], 24_100_000, "24,1", "24,1\u00a0mn\u00a0kr"),
    (EN, "money", [24_100_000, 300_000], -24_100_000, "−24.1", "−SEK\u00a024.1m"),
    (SV, "money", [2_400_000_000], 2_400_000_000, "2,4", "2,4\u00a0md\u00a0kr"),
    (SV, "money", [4_830, 3_450], 4_830, "4\u00a0830", "4\u00a0830\u00a0kr"),
    (EN, "money", [38.4, 21.7], 38.4, "38.4", "SEK\u00a038.4"),
    (SV, "ratio", [0.28, 0.04], 0.28, "28", "28\u00a0%"),
    (EN, "ratio", [0.02, 0.04], 0.025, "2.5", "2.5%"),
    (SV, "count", [1810], 1810, "1\u00a0810", "1\u00a0810"),
    (SV, "days", [28], 28, "28", "28\u00a0dagar"),
    (SV, "number", [3.816], 3.816, "3,82", "3,82"),
    (SV, "points", [12.2, 52.4], 12.2, "12", "12"),
])  # fmt: skip
def test_a_value_in_the_unit_and_precision_of_its_figure(
    words: Words, unit: Unit, values: list[float], value: float, plain: str, full: str
):
    scale = scale_for(words, unit, values)
    assert scale.plain(value) == plain
    assert scale.full(value).replace(" ", "\u00a0") == full


def test_a_small_value_among_millions_is_not_rounded_away():
    scale = scale_for(SV, "money", [16_700_000, 4_000])
    assert scale.plain(4_000, signed=True) == "+0,004"
    assert scale.full(4_000) == "4\u00a0000\u00a0kr"
    assert scale.plain(0) == "0"
    assert scale.plain(math.nan) == "–"


def test_the_unit_is_a_word_of_its_own_unless_it_is_a_sign():
    assert scale_for(SV, "money", [2e6]).unit == "Mn\u00a0kr"
    assert scale_for(EN, "money", [2e6]).unit.replace("\u00a0", " ") == "SEK m"
    assert scale_for(SV, "ratio", [0.2]).unit == ""
    assert scale_for(SV, "count", [7]).unit == ""


def test_ticks_have_the_decimals_they_need_and_say_the_unit_once_if_asked():
    scale = scale_for(SV, "money", [38.4, -9.1])
    assert scale.ticks([-20, 0, 20, 40], signed=True, last_full=True) == ["−20", "0", "+20", "+40\u00a0kr"]
    assert scale_for(SV, "money", [9e6]).ticks([0, 2.5e6, 5e6]) == ["0", "2,5", "5,0"]


@given(st.floats(-1e9, 1e9), st.floats(1e-3, 1e9), st.integers(3, 6))
def test_ticks_are_few_round_even_and_inside(low: float, span: float, about: int):
    ticks = round_ticks(low, low + span, about)
    assert 1 <= len(ticks) <= about
    slack = span * 1e-6 + 1e-9 * abs(low)
    assert all(low - slack <= tick <= low + span + slack for tick in ticks)
    gaps = [b - a for a, b in pairwise(ticks)]
    assert all(gap == pytest.approx(gaps[0], rel=1e-6, abs=slack) for gap in gaps)


def test_ticks_hold_zero_when_it_lies_between():
    assert 0 in round_ticks(-19.6, 52.7)
    assert round_ticks(0, 24.1) == [0, 10, 20]
    assert round_ticks(5, 5) == [5]
