"""A visitor's run: page, language, scope, menu, and the last stop for errors."""

import streamlit as st
from streamlit.navigation.page import Page

from ui import chrome, faults, intake, nav, present, session, state, view


def run() -> None:
    """Draw the page that the visitor is on."""
    st.set_page_config(
        page_title="Kundkompass",
        page_icon="static/favicon.png",
        layout="wide",
        initial_sidebar_state=chrome.SIDEBAR,
    )
    view.adopt()
    presenting = view.presenting()
    page = st.navigation(nav.pages(view.words()), position="top" if presenting else "sidebar", expanded=True)
    st.set_page_config(page_title=f"{page.title} · Kundkompass")
    view.settle(page.url_path)
    chrome.dress(presenting)
    try:
        with faults.caught():
            session.ensure_workspace()
            intake.settle()
            if not presenting:
                chrome.sidebar()
            if presenting:
                present.bar(page)
            with chrome.paper(presenting):
                _page(page, presenting)
    finally:
        # Also after a page that stopped half-way, such as an empty one.
        chrome.last(presenting)


def _page(page: Page, presenting: bool) -> None:
    if not presenting:
        chrome.masthead(page.url_path)
    chrome.top(page.url_path)
    state.begin_page()
    with faults.caught():
        page.run()
