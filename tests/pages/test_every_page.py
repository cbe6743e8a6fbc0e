"""Every page in both languages: on the demo company, on tiny data, on none, and on customers that do not exist."""

import re
from functools import cache

import pytest
from streamlit.testing.v1 import AppTest

from insight.i18n.catalog import Language, Words
from insight.workspace.store import Workspace
from tests.build import workspace
from tests.pages.screen import foreign, headline, opened, texts
from ui import nav

LANGUAGES: tuple[Language, ...] = ("sv", "en")
PAGES = [f"{entry.section}/{entry.name}" for entry in nav.entries()]
NOBODY = "not(segments.rfm;@segment=lost|segments.rfm;@segment=lost)"
# Values of the demo company's own files, which no language translates.
DATA_WORDS = {"butik", "webb", "app", "Kanaltest", "Guld", "Silver", "Brons"}
_KEY = re.compile(r"(ui|setting|metric|column|label|note|analysis|period|error)(\.[a-z_0-9]+)+")


def one_purchase() -> Workspace:
    return workspace([("ann", "2025-03-05", "120.50")])


def same_for_all() -> Workspace:
    return workspace([(name, "2025-03-05", 100) for name in ("ann", "bo", "cy")])


def only_unidentified() -> Workspace:
    return workspace([(None, "2025-03-05", 100), (None, "2025-04-05", 50)])


def only_customers() -> Workspace:
    return workspace(customers=[{"customer_id": "ann", "region": "Skåne"}])


def nothing() -> Workspace:
    return workspace()


TINY = {maker.__name__: maker for maker in (one_purchase, same_for_all, only_unidentified, only_customers, nothing)}


@cache
def visitor(data: str, language: Language, scope: str = "") -> AppTest:
    """One visitor on that data, who walks from page to page."""
    address = {"lang": language, **({"scope": scope} if scope else {})}
    return opened(workspace=TINY[data]() if data in TINY else None, **address)


def check(app: AppTest, language: Language) -> None:
    assert not app.exception, [error.value for error in app.exception]
    said = texts(app)
    assert Words(language).t("ui.fault_title") not in said
    assert headline(app)
    strays = (foreign(language) & set(said)) - DATA_WORDS
    assert not strays, f"in the other language: {strays}"
    assert not [text for text in said if _KEY.fullmatch(text)]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_on_the_demo_company(language, page):
    check(visitor("demo", language).switch_page(f"pages/{page}.py").run(), language)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_within_customers_that_do_not_exist(language, page):
    app = visitor("demo", language, NOBODY).switch_page(f"pages/{page}.py").run()
    check(app, language)
    assert Words(language).t("ui.show_all") in texts(app)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("data", TINY)
def test_on_tiny_data(data, page):
    check(visitor(data, "sv").switch_page(f"pages/{page}.py").run(), "sv")
