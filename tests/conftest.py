"""How every test runs: Hypothesis without a clock, Streamlit with its errors shown, no cache from file to file."""

import os
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

# Slow machines are no finding, so nothing is timed. The nightly profile searches ten times as long.
_CALM = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("default", max_examples=60, deadline=None, suppress_health_check=_CALM)
settings.register_profile("nightly", max_examples=1000, deadline=None, suppress_health_check=_CALM)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


class _OneBrowser(LoadScopeScheduling):
    """Every browser test on one worker, since they share a server; all others wherever there is room."""

    def _split_scope(self, nodeid: str) -> str:
        return "browser" if nodeid.startswith("tests/browser/") else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Marked groups are lost: what deals out the tests reads them from names that pytest 9 no longer lets it change."""
    return _OneBrowser(config, log)


@pytest.fixture(autouse=True, scope="module")
def _streamlit_for_tests():
    """Full error texts in AppTest (config.toml hides them from users), and empty caches for each test file."""
    if "streamlit" in sys.modules:
        import streamlit as st
        from streamlit import config

        config.set_option("client.showErrorDetails", "full")
        st.cache_data.clear()
        st.cache_resource.clear()
