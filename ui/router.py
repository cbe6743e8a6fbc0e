"""A visitor's run: page, language, scope, menu, and the last stop for errors."""

import streamlit as st

from ui import chrome, faults, nav, session, view


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
    view.settle(page.url_path)
    chrome.dress(presenting)
    with faults.caught():
        session.ensure_workspace()
        if not presenting:
            chrome.sidebar()
        with chrome.paper(presenting):
            chrome.top()
            with faults.caught():
                page.run()
            if presenting:
                chrome.leave_presentation()
