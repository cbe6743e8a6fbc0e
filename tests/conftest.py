"""How every test runs: Hypothesis without a clock, Streamlit with its errors shown, no cache from file to file."""

import os
import sys

import pytest
from hypothesis import HealthCheck, settings

# Slow machines are no finding, so nothing is timed. The nightly profile searches ten times as long.
_CALM = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("default", max_examples=60, deadline=None, suppress_health_check=_CALM)
settings.register_profile("nightly", max_examples=1000, deadline=None, suppress_health_check=_CALM)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(autouse=True, scope="module")
def _streamlit_for_tests():
    """Full error texts in AppTest (config.toml hides them from users), and empty caches for each test file."""
    if "streamlit" in sys.modules:
        import streamlit as st
        from streamlit import config

        config.set_option("client.showErrorDetails", "full")
        st.cache_data.clear()
        st.cache_resource.clear()
