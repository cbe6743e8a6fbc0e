"""One table of colours: config.toml repeats it, and what is read can be read."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insight.charts import theme
from insight.charts.theme import DARK, LIGHT, Palette, contrast

ROOT = Path(__file__).resolve().parents[2]
CONFIG = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))
BOTH = pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
COLOURS = st.from_regex(r"#[0-9A-F]{6}", fullmatch=True)


def section(colours: Palette) -> dict[str, object]:
    return CONFIG["theme"]["dark" if colours.dark else "light"]


@BOTH
def test_config_repeats_the_table(colours):
    told = {name: value for name, value in section(colours).items() if name != "sidebar"}
    hues = {
        "green": (colours.accent, colours.accent, colours.accent_tint),
        "blue": (colours.accent, colours.accent, colours.accent_tint),
        "red": (colours.loss, colours.loss, colours.loss_tint),
        "orange": (colours.amber, colours.amber, colours.amber_tint),
        "yellow": (colours.amber, colours.amber, colours.amber_tint),
        "violet": (colours.categories[2], colours.ink2, colours.panel),
        "gray": (colours.ink2, colours.ink2, colours.panel),
    }
    wanted = {
        "primaryColor": colours.primary,
        "backgroundColor": colours.page,
        "secondaryBackgroundColor": colours.panel,
        "textColor": colours.ink,
        "borderColor": colours.rule,
        "linkColor": colours.accent,
        "codeTextColor": colours.ink,
        "codeBackgroundColor": colours.panel,
        "dataframeBorderColor": colours.table_rule,
        "dataframeHeaderBackgroundColor": colours.page,
        "dataframeHeaderTextColor": colours.ink2,
        "chartCategoricalColors": list(colours.categories),
        "chartSequentialColors": list(colours.sequential),
        "chartDivergingColors": list(colours.diverging),
    }
    for name, (mark, text, tint) in hues.items():
        wanted |= {f"{name}Color": mark, f"{name}TextColor": text, f"{name}BackgroundColor": tint}
    assert told == wanted


@BOTH
def test_config_repeats_the_sidebar(colours):
    sidebar = section(colours)["sidebar"]
    assert sidebar["backgroundColor"] == colours.sidebar
    assert sidebar["textColor"] == colours.ink
    assert sidebar["borderColor"] == colours.rule


def test_typefaces_are_served_from_this_machine():
    faces = CONFIG["theme"]["fontFaces"]
    assert CONFIG["server"]["enableStaticServing"] is True
    for face in faces:
        assert face["url"].startswith("app/static/")
        assert (ROOT / face["url"].removeprefix("app/")).stat().st_size > 10_000
    assert {face["family"] for face in faces} == {theme.BODY_FONT}
    assert CONFIG["theme"]["font"].split(",")[0] == theme.BODY_FONT
    assert CONFIG["theme"]["headingFont"].split(",")[0] == theme.HEADING_FONT
    # Streamlit ignores a family whose name ends in a bare digit, without a word.
    assert not theme.HEADING_FONT.split()[-1].isdigit()


def test_config_keeps_to_itself():
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["client"]["showErrorDetails"] == "none"
    assert CONFIG["client"]["disableDataExport"] is True
    assert CONFIG["server"]["enableAgentApi"] is False
    assert CONFIG["server"]["maxUploadSize"] == 1000
    assert isinstance(CONFIG["server"]["allowedHosts"], list)
    assert "localhost" in CONFIG["server"]["allowedHosts"]
    assert "*" not in CONFIG["server"]["allowedHosts"]
    assert "address" not in CONFIG["server"], "a hosted app has to listen outside; run.py narrows it"
    assert "http" not in (ROOT / ".streamlit/config.toml").read_text(encoding="utf-8")


def test_contrast_of_known_pairs():
    # WCAG 2.2: black on white is 21; #767676 is the lightest grey that passes 4.5 on white, #777777 just fails.
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#FFFFFF", "#FFFFFF") == pytest.approx(1)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.005)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)


@BOTH
def test_text_reads(colours):
    """4.5 for everything that is text, on everything it stands on."""
    for ground in (colours.page, colours.panel, colours.sidebar):
        for text in (colours.ink, colours.ink2, colours.accent, colours.loss):
            assert contrast(text, ground) >= 4.5, (text, ground)
    for text, tint in (
        (colours.accent, colours.accent_tint),
        (colours.loss, colours.loss_tint),
        (colours.amber, colours.amber_tint),
        ("#FFFFFF", colours.primary),
    ):
        assert contrast(text, tint) >= 4.5, (text, tint)


@BOTH
def test_marks_are_seen(colours):
    """3 for marks that carry a figure; gridlines only have to be there and stay behind."""
    for mark in (colours.accent, colours.loss, colours.grey):
        assert contrast(mark, colours.page) >= 3, mark
    assert 1.1 < contrast(colours.rule, colours.page) < 2


@BOTH
def test_scales_have_ten_even_steps(colours):
    for scale in (colours.sequential, colours.diverging):
        assert len(set(scale)) == 10
    steps = [contrast(colour, colours.page) for colour in colours.sequential]
    assert steps == sorted(steps), "low lies near the page, high far from it"
    left, right = colours.diverging[0], colours.diverging[-1]
    assert contrast(left, colours.page) == pytest.approx(contrast(right, colours.page), rel=0.2)


@given(COLOURS)
def test_number_in_a_cell_always_reads(colour):
    # The worst colour for both white and black has luminance L with 1.05 / (L + 0.05) = (L + 0.05) / 0.05: ratio 4.58.
    assert contrast(theme.text_on(colour), colour) >= 4.58


@BOTH
def test_four_steps_are_the_third_fifth_seventh_and_ninth(colours):
    assert colours.steps(4) == tuple(colours.sequential[place - 1] for place in (3, 5, 7, 9))
    assert colours.steps(1) == (colours.sequential[8],)
    assert len(set(colours.steps(12))) == 12


def test_blend_meets_its_ends_and_its_middle():
    scale = ("#000000", "#808080", "#FFFFFF")
    assert theme.blend(scale, 0) == "#000000"
    assert theme.blend(scale, 0.25) == "#404040"
    assert theme.blend(scale, 0.5) == "#808080"
    assert theme.blend(scale, 1) == "#FFFFFF"
    assert theme.blend(scale, -3) == "#000000"
    assert theme.blend(scale, 7) == "#FFFFFF"


def test_change_is_symmetric_about_nothing():
    assert LIGHT.change_colour(-5, 5) == LIGHT.diverging[0]
    assert LIGHT.change_colour(5, 5) == LIGHT.diverging[9]
    assert LIGHT.change_colour(0, 5) == LIGHT.change_colour(3, 0) == theme.blend(LIGHT.diverging, 0.5)


def test_alpha_is_css():
    assert theme.alpha("#0B5A72", 0.14) == "rgba(11, 90, 114, 0.14)"
    assert theme.palette(dark=False).band == "rgba(11, 90, 114, 0.14)"
    assert theme.palette(dark=True).band == "rgba(99, 188, 211, 0.2)"


def test_projector_is_a_quarter_larger_and_nothing_is_small():
    plain, large = theme.sizes(), theme.sizes(theme.PROJECTOR_SCALE)
    assert (plain.tick, large.tick) == (14, 18)
    assert (plain.line_height, large.line_height) == (330, 412)
    assert large.line == 3.75
    assert min(plain.tick, plain.label, plain.value, plain.strong) >= 14
