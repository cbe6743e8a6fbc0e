"""No error's text in the log, and none on the page: it can quote a row of a customer."""

import logging
import re

import pytest
from streamlit import error_util

from tests.pages.screen import headline, opened, texts
from ui import cache, logs

SECRET = "811218-9876 Anna"


@pytest.fixture
def guarded():
    logger = logging.getLogger("streamlit.error_util")
    before = list(logger.filters)
    logs.guard()
    yield
    logger.filters[:] = before


def test_streamlits_own_log_of_an_error_names_the_place_only(guarded, caplog):
    try:
        raise ValueError(SECRET)
    except ValueError as fault:
        error_util._log_uncaught_app_exception(fault)
    assert "ValueError at test_logs.py:" in caplog.text
    assert SECRET not in caplog.text


def test_a_fault_of_ours_is_a_page_with_a_code_that_the_log_has_too(monkeypatch, caplog):
    def broken(*_):
        raise RuntimeError(SECRET)

    monkeypatch.setattr(cache, "run", broken)
    app = opened("customers/segments_rfm")
    assert headline(app) == "Något gick fel hos oss"
    said = " ".join(texts(app))
    found = re.search(r"felkod (RuntimeError-[0-9a-f]{6})", said)
    assert found, said
    assert found[1] in caplog.text
    assert SECRET not in caplog.text + said
