"""Two groups side by side: what each has, how far apart they are, and what is said where one has no answer."""

from collections.abc import Iterator

import pytest

from insight.workspace.store import Workspace
from tests.build import workspace
from tests.pages.screen import headline, opened, plain, texts
from ui import nav

# a and b buy every month for 100 kr, c and d once for 40 kr in January: a and b are active, the others slip away.
ROWS = [
    *((name, f"2025-{month:02d}-10", 100) for name in "ab" for month in range(1, 11)),
    *((name, "2025-01-15", 40) for name in "cd"),
]
ACTIVE = "segments.lifecycle;@segment=active"


@pytest.fixture(scope="module")
def data() -> Iterator[Workspace]:
    made = workspace(ROWS)
    yield made
    made.close()


def rows(app) -> dict[str, list[str]]:
    """The first table of two groups: figure → the two values and their difference."""
    table = next(t.value for t in app.table if "Mått" in t.value.columns)
    return {row[0]: [cell.replace("\\", "") for cell in row[1:]] for row in table.itertuples(index=False)}


def test_list_sets_the_scope_beside_everybody_else(data):
    app = opened("customers/list", workspace=data, scope=ACTIVE, beside="others")
    assert rows(app)["Kunder"][:2] == ["2", "2"]
    assert rows(app)["Försäljning"][:2] == ["2\u00a0000\u00a0kr", "80\u00a0kr"]
    assert rows(app)["Kronor per kund"][:2] == ["1\u00a0000\u00a0kr", "40\u00a0kr"]


def test_page_shows_figures_and_chart_of_both_and_their_difference(data):
    app = opened("", workspace=data, scope=ACTIVE, beside="others", start="2025-01-01", end="2025-11-01")
    # 20 purchases for 100 kr against two for 40.
    said = headline(app).replace("\u00a0", " ")
    assert said == "Aktiva handlar för 60 kr mer per köp än alla andra (100 kr mot 40 kr)"
    assert rows(app)["Försäljning"][:2] == ["2\u00a0000\u00a0kr", "80\u00a0kr"]
    charts = [chart for chart in app.get("plotly_chart") if "beside_overview.series" in str(chart.proto.id)]
    assert len(charts) == 2


@pytest.mark.parametrize(("end", "within"), [("", ACTIVE), ("_beside", f"not({ACTIVE})")])
def test_marks_of_either_group_open_that_groups_customers(data, end, within):
    app = opened("customers/segments_value", workspace=data, scope=ACTIVE, beside="others")
    picker = app.get_by_key(f"w_mark_segments.value_tiers{end}")
    chosen = picker.options[0]
    picker.select_index(0).run()
    assert not app.exception
    assert any(plain(sub.value) == chosen for sub in app.subheader)
    app.get_by_key("show_list_segments.value_tiers").click().run()
    assert app.session_state["view"]["of"].endswith(f"|{within})")
    assert app.session_state["view"]["of"].startswith("within(segments.value_tiers")


def test_why_this_number_accounts_for_both_groups(data):
    app = opened("customers/segments_value", workspace=data, scope=ACTIVE, beside="others")
    app.get_by_key("why_segments.value_tiers").click().run()
    assert not app.exception
    # Twenty purchases against two.
    counted = [t.value.iloc[-1, 1] for t in app.table if "Steg" in t.value.columns]
    assert counted == [20, 2]
    commands = [block.value for block in app.code]
    assert [f"--scope '{ACTIVE}'" in line for line in commands] == [True, False]
    assert f"not({ACTIVE})" in commands[1]


def test_group_that_cannot_carry_the_question_says_so_in_its_column(data):
    app = opened("customers/segments_rfm", workspace=data, beside="segments.lifecycle;@segment=returned")
    assert any("Urvalet är tomt" in text for text in texts(app))
    assert [row[1:] for row in rows(app).values()] == [["–", "–"]] * len(rows(app))
    assert rows(app)["Kunder"][0] == "4"


def test_everybody_else_needs_somebody(data):
    app = opened(workspace=data, beside="others")
    assert ["inget urval är valt" in warning.value for warning in app.warning] == [True]
    assert "beside" not in app.session_state["view"]


def test_comparison_goes_with_its_chip_and_with_the_scope(data):
    app = opened("customers/list", workspace=data, scope=ACTIVE)
    app.get_by_key("compare_others").click().run()
    assert app.session_state["view"]["beside"] == "others"
    app.get_by_key("show_all").click().run()
    assert "beside" not in app.session_state["view"]


@pytest.mark.parametrize("page", [f"{entry.section}/{entry.name}" for entry in nav.entries()])
def test_every_page_stands_beside_somebody(page, demo_visitor):
    app = demo_visitor.switch_page(f"pages/{page}.py").run()
    assert not app.exception
    assert "Något gick fel hos oss" not in texts(app)


@pytest.fixture(scope="module")
def demo_visitor():
    return opened(scope="segments.rfm;@segment=champions", beside="others")
