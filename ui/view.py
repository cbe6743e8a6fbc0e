"""The view and the address: what a link restores, read from the address and written back to it.

The session's view is the truth. An address with parameters that we did not write (a link, the back button) replaces
it; one without any (a click in the menu drops them) does not: the browser is told what it lacks, in place, so that
every step of its history shows what its address says. Nothing here can name a customer.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from urllib.parse import urlencode

import streamlit as st

from insight import audience
from insight.analysis import registry
from insight.audience import Audience, Combined, Mark
from insight.errors import InsightError
from insight.i18n.catalog import Language, Words
from insight.result import Message
from ui import state, terms

LANGUAGE, PRESENT, SCOPE, LIST = "lang", "visa", "scope", "of"
# The customers that a page's own are set beside, the chosen mark, and which finding of the story is shown.
BESIDE, MARK, FINDING = "beside", "mark", "finding"
OTHERS = "others"
PAGE_WIDE = frozenset({LANGUAGE, PRESENT, SCOPE, LIST, BESIDE, MARK, FINDING})
_PERIOD = ("period", "fy")
_MAX_PARAMETERS = 60
_DEFAULT_LANGUAGE: Language = "sv"
_MAX_VALUE = 4_000


def adopt() -> None:
    """Take over what the address says, if it is news: a link that was opened, or the browser's back button."""
    found = st.query_params.to_dict()
    if not found or found == state.written_view():
        return
    if found == state.offered_view():
        # Our own way to another page: the view is what it was.
        state.set_written_view(found)
        return
    if len(found) > _MAX_PARAMETERS or any(len(value) > _MAX_VALUE for value in found.values()):
        state.set_trouble("link.too_long")
    kept = {name: value for name, value in list(found.items())[:_MAX_PARAMETERS] if len(value) <= _MAX_VALUE}
    open_view(kept)
    state.set_written_view(found)


def open_view(parameters: Mapping[str, str]) -> None:
    """Let the view be what these parameters say; a name that nothing here answers to is left out."""
    kept = {name: value for name, value in parameters.items() if known(name) and name != MARK}
    if kept.get(LANGUAGE) == _DEFAULT_LANGUAGE:
        del kept[LANGUAGE]
    state.set_view(kept)
    state.set_picks({})
    if parameters.get(MARK):
        _choose(parameters[MARK])


def _choose(link: str) -> None:
    try:
        chosen = audience.parse(link)
    except InsightError as error:
        state.set_trouble("link.mark_dropped", why=_why(error))
        return
    if isinstance(chosen, Mark):
        kept = Mark(chosen.analysis, chosen.settings, within=chosen.within).link()
        state.set_picks({kept: chosen.mark})
        state.set_latest_pick(None, kept)


def known(name: str) -> bool:
    """Whether a parameter means something: one of the page's own, a setting, or one of an analysis or a family."""
    family, dot, _ = name.rpartition(".")
    return family in _families() if dot else name in PAGE_WIDE or name in _PERIOD or name in _settings()


@cache
def _families() -> frozenset[str]:
    return frozenset(part for key in registry.analyses() for part in (key, key.partition(".")[0]))


@cache
def _settings() -> frozenset[str]:
    return frozenset(setting.name for analysis in registry.analyses().values() for setting in analysis.settings)


def settle(page: str) -> None:
    """Give the address what the view holds, so that copying it copies the view, without what cannot be followed."""
    same_page = state.page_before() == page
    state.set_page_before(page)
    check(page)
    latest = state.latest_pick()
    if latest and latest[0] is None:
        state.set_latest_pick(page, latest[1])
    wanted = parameters(page)
    state.set_bare(not st.query_params.to_dict())
    if wanted != state.written_view():
        if same_page or not state.bare():
            st.query_params.from_dict(wanted)
        state.set_written_view(wanted)


def completion() -> str:
    """What the browser runs where the address says nothing: give it the view, in place, without a step of its own.

    Written as a step, the address without parameters would stand in the history as a page that nobody saw.
    """
    query = urlencode(state.written_view() or {}).replace("'", "%27")
    return f"if (!location.search) history.replaceState(history.state, '', location.pathname + '?{query}');"


def parameters(page: str) -> dict[str, str]:
    """The view as parameters; which customers a list shows belongs to the list page only, a mark to its own page.

    What was given last is known again when it comes back as the address of the page that it led to.
    """
    # The language is always said: an address without anything is one that was not completed yet.
    held = {LANGUAGE: language(), **state.view()}
    if page != "list":
        held.pop(LIST, None)
    latest = state.latest_pick()
    if latest and latest[0] == page and state.pick(latest[1]):
        chosen = audience.parse(latest[1])
        if isinstance(chosen, Mark):
            held[MARK] = replace(chosen, mark=state.pick(latest[1])).link()
    found = dict(sorted(held.items()))
    state.set_offered_view(found)
    return found


def settings() -> dict[str, str]:
    """What was set on the pages: period and settings, without scope, language and what else is of the moment."""
    return {name: value for name, value in sorted(state.view().items()) if name not in PAGE_WIDE}


def set_settings(values: Mapping[str, str]) -> None:
    """Let these be the settings; scope and language stay."""
    kept = {name: value for name, value in state.view().items() if name in PAGE_WIDE}
    state.set_view({**{name: value for name, value in values.items() if known(name) and name not in PAGE_WIDE}, **kept})


def language() -> Language:
    """Swedish, or English when asked for."""
    return "en" if state.view().get(LANGUAGE) == "en" else "sv"


def presenting() -> bool:
    """Whether the page is shown on a projector (`?visa=1`)."""
    return state.view().get(PRESENT) == "1"


def words() -> Words:
    """The words of the session's language, with its data's currency and its client's own terms."""
    opened = state.workspace()
    currency = opened.manifest.currency if opened else "SEK"
    return Words(language(), currency, terms=terms.words_of(opened, language()))


def t(key: str, **values: object) -> str:
    """A text of the catalogue in the session's language."""
    return words().t(key, **values)


def check(page: str) -> None:
    """Try every audience that the page will ask for, so that what cannot be followed is said before it is drawn."""
    scope()
    beside()
    if page == "list":
        listed()


def _audience(name: str) -> Audience | None:
    link = state.view().get(name)
    if not link:
        return None
    try:
        return audience.parse(link)
    except InsightError as error:
        state.set_trouble(f"link.{name}_dropped", why=_why(error))
        state.change_view_of(name, None)
        return None


def _why(error: InsightError) -> Message:
    """The reason in a sentence; not with the names of every analysis there is."""
    if error.key == "analysis.unknown":
        return Message("link.unknown_analysis", {"value": error.values.get("value", "")})
    return Message(error.key, error.values)


def scope() -> Audience | None:
    """The customers that every page speaks of; None means all. A link that cannot be read is dropped and said so."""
    return _audience(SCOPE)


def set_scope(wanted: Audience | None) -> None:
    """Let every page speak of those customers only; a mark that was chosen among others is let go."""
    if wanted is not None and len(wanted.link()) > audience.MAX_LINK:
        state.set_trouble("link.selection_too_long")
        return
    state.change_view_of(SCOPE, wanted.link() if wanted else None)
    state.set_picks({})
    if wanted is None and state.view().get(BESIDE) == OTHERS:
        state.change_view_of(BESIDE, None)


def look_within(wanted: Audience) -> None:
    """Let every page speak of those customers, from the middle of a page: the top, where it is said, is shown."""
    set_scope(wanted)
    state.to_top()


def beside() -> Audience | None:
    """The customers that the page's own are set beside; None where nothing is compared."""
    if state.view().get(BESIDE) != OTHERS:
        return _audience(BESIDE)
    own = scope()
    if own is None:
        state.set_trouble("link.nobody_else")
        state.change_view_of(BESIDE, None)
        return None
    return Combined("not", (own,))


def beside_others() -> bool:
    """Whether the page's customers are set beside everybody else."""
    return state.view().get(BESIDE) == OTHERS


def set_beside(wanted: Audience | str | None) -> None:
    """Set every page's customers beside these: an audience, `OTHERS` for everybody else, None for nobody.

    A mark that was chosen among those that stood there before is let go.
    """
    state.set_picks({})
    state.change_view_of(BESIDE, wanted if isinstance(wanted, str) else wanted.link() if wanted else None)


def listed() -> Audience | None:
    """The customers that the list page shows; the scope when no list was asked for."""
    return _audience(LIST) or scope()


def set_listed(wanted: Audience) -> None:
    """Let the list page show those customers."""
    state.change_view_of(LIST, wanted.link())
