"""The view and the address: what a link restores, read from the address and written back to it.

The session's view is the truth. An address with parameters that we did not write (a link, the back button) replaces
it; one without any (a click in the menu drops them) does not. Nothing here can name a customer.
"""

import streamlit as st

from insight import audience
from insight.audience import Audience
from insight.errors import InsightError
from insight.i18n.catalog import Language, Words
from ui import state

LANGUAGE, PRESENT, SCOPE, LIST = "lang", "visa", "scope", "of"
_MAX_PARAMETERS = 60
_MAX_VALUE = 4_000


def adopt() -> None:
    """Take over what the address says, if it is news: a link that was opened, or the browser's back button."""
    found = {name: value for name, value in st.query_params.to_dict().items() if len(value) <= _MAX_VALUE}
    if found and found != state.written_view() and len(found) <= _MAX_PARAMETERS:
        state.set_view(found)
        state.set_written_view(found)


def settle(page: str) -> None:
    """Give the address what the view holds, so that copying it copies the view."""
    same_page = state.page_before() == page
    state.set_page_before(page)
    wanted = parameters(page)
    bare = not st.query_params.to_dict()
    if bare and same_page and wanted == state.written_view():
        # Back to an entry without parameters: leave it alone, or the back button would never get past it.
        return
    if wanted != state.written_view() or (bare and wanted):
        st.query_params.from_dict(wanted)
        state.set_written_view(wanted)


def parameters(page: str) -> dict[str, str]:
    """The view as parameters; which customers a list shows belongs to the list page only."""
    return {name: value for name, value in sorted(state.view().items()) if name != LIST or page == "list"}


def language() -> Language:
    """Swedish, or English when asked for."""
    return "en" if state.view().get(LANGUAGE) == "en" else "sv"


def presenting() -> bool:
    """Whether the page is shown on a projector (`?visa=1`)."""
    return state.view().get(PRESENT) == "1"


def words() -> Words:
    """The words of the session's language, with its data's currency."""
    opened = state.workspace()
    return Words(language(), opened.manifest.currency if opened else "SEK")


def t(key: str, **values: object) -> str:
    """A text of the catalogue in the session's language."""
    return words().t(key, **values)


def _audience(name: str) -> Audience | None:
    link = state.view().get(name)
    if not link:
        return None
    try:
        return audience.parse(link)
    except InsightError as error:
        state.set_trouble(error.key, error.values)
        state.change_view_of(name, None)
        return None


def scope() -> Audience | None:
    """The customers that every page speaks of; None means all. A link that cannot be read is dropped and said so."""
    return _audience(SCOPE)


def set_scope(wanted: Audience | None) -> None:
    """Let every page speak of those customers only."""
    state.change_view_of(SCOPE, wanted.link() if wanted else None)


def listed() -> Audience | None:
    """The customers that the list page shows; the scope when no list was asked for."""
    return _audience(LIST) or scope()


def set_listed(wanted: Audience) -> None:
    """Let the list page show those customers."""
    state.change_view_of(LIST, wanted.link())
