"""Names from files are shown as they are: on no page is one read as a link, an image, a colour or a formula."""

import re

import pytest

from tests.build import workspace
from tests.pages.screen import opened
from ui import nav
from ui.state import CardPlace
from ui.text import plain

EVIL = "![x](https://tracker.example/a.png) [in](https://evil.example) :red[y] $z$ **w** <b>"
# What a page may write with marks of its own: colours, badges, icons and bold around escaped text.
_LIVE = re.compile(r"(?<!\\)(!\[|\]\(|\$|<b>|https?:)|:red\[y")
PAGES = [f"{entry.section}/{entry.name}" for entry in nav.entries()]


@pytest.fixture(scope="module")
def visitor():
    rows = [
        {
            "customer_id": f"{EVIL} {number}", "ordered_at": f"2025-0{1 + number % 8}-05", "amount": 100 + number,
            "channel": f"{EVIL} {number % 2}", "store": EVIL, "category": EVIL, "article": EVIL,
            "order_id": str(number),
        }
        for number in range(40)
    ]  # fmt: skip
    customers = [
        {"customer_id": row["customer_id"], "name": EVIL, "region": EVIL, "member_level": EVIL, EVIL: EVIL}
        for row in rows
    ]
    arms = [
        {"customer_id": row["customer_id"], "arm": f"{EVIL} {number % 2}", "assigned_on": "2025-02-01", "test": EVIL}
        for number, row in enumerate(rows)
    ]
    answers = [
        {"customer_id": row["customer_id"], "score": number % 11, "answered_on": "2025-06-01", "comment": EVIL}
        for number, row in enumerate(rows)
    ]
    made = workspace(rows, customers, assignments=arms, answers=answers)
    app = opened(workspace=made)
    app.session_state["card_place"] = CardPlace("", "sales", True, 0)
    app.session_state["personal_shown"] = True
    yield app
    made.close()


def markdown_of(app) -> list[str]:
    """Every text of the page that Streamlit reads as markdown."""
    kinds = ("markdown", "title", "header", "subheader", "caption", "warning", "error", "info")
    found = [element.value for kind in kinds for element in app.get(kind)]
    found += [text for metric in app.metric for text in (metric.label, metric.value, metric.delta)]
    found += [getattr(part, "label", "") for kind in ("button", "selectbox", "expander") for part in app.get(kind)]
    found += [option for group in app.get("button_group") for option in group.options]
    found += [str(cell) for table in app.table for cell in [*table.value.columns, *table.value.to_numpy().ravel()]]
    return [text for text in found if isinstance(text, str)]


@pytest.mark.parametrize("page", PAGES)
def test_nothing_of_a_name_is_live(visitor, page):
    app = visitor.switch_page(f"pages/{page}.py").run()
    assert not app.exception
    assert not [text for text in markdown_of(app) if _LIVE.search(text)]


def test_a_card_shows_the_name_as_it_is(visitor):
    app = visitor.switch_page("pages/customers/card.py").run()
    assert any(plain(EVIL) in text for text in markdown_of(app))


def test_the_check_itself_sees_what_is_live():
    assert _LIVE.search(EVIL)
    assert _LIVE.search("a :red[y]")
    assert not _LIVE.search(r"\!\[x\]\(https\:\/\/tracker\) \:red\[y\]")
