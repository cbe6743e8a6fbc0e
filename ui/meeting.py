"""To the meeting: an answer, its whole page or a view of the story as slides and sheets, with the session's choices."""

import re
from collections.abc import Callable, Sequence

import streamlit as st

from insight.analysis import registry
from insight.audience import Pairs
from insight.errors import InsightError
from insight.export import deck, file_names, workbook
from insight.export.item import Item
from insight.export.pack import Wanted, item
from insight.i18n.catalog import Words
from insight.result import Result
from ui import asked, audiences, cache, downloads, filters, nav, session, state, text, view

PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ASKED = re.compile(r'"([a-z]+\.[a-z_]+)"')
_FIRST = re.compile(r'(?:ask|answer)\(\s*"([a-z]+\.[a-z_]+)"')
# Pages whose body stands elsewhere do not name their question in the file.
_ELSEWHERE = {("campaigns", "plan"): ("lift.plan",), ("campaigns", "totals"): ("lift.totals",)}


def questions(entry: nav.Entry) -> tuple[str, ...]:
    """The analyses that a page asks, its main one first; none for lists and for what is about the data."""
    if (entry.section, entry.name) in _ELSEWHERE:
        return _ELSEWHERE[entry.section, entry.name]
    source = (nav.ROOT / entry.section / f"{entry.name}.py").read_text(encoding="utf-8")
    found = dict.fromkeys([*_FIRST.findall(source), *_ASKED.findall(source)])
    return tuple(key for key in found if key in registry.analyses())


def wanted(entry: nav.Entry, *, title: str = "", note: str = "") -> list[Wanted]:
    """A page's questions with the settings and the scope that the view holds; title and note go with the first."""
    return [
        _asked_for(entry, key, title=title if place == 0 else "", note=note if place == 0 else "")
        for place, key in enumerate(questions(entry))
    ]


def main(entry: nav.Entry) -> Wanted:
    """A page's main question; it must have one."""
    return _asked_for(entry, questions(entry)[0])


def _asked_for(entry: nav.Entry, key: str, *, title: str = "", note: str = "") -> Wanted:
    shared = filters.OF_TESTS if entry.section == "campaigns" and key != "lift.plan" else filters.SHARED
    chosen = filters.chosen(key, shared=shared)
    try:
        _, chosen = asked.run(key, chosen, quietly=True)
    except InsightError:
        # The slide says why there is no answer, whatever was chosen.
        chosen = ()
    return one(key, chosen, title=title, note=note)


def one(key: str, chosen: Pairs, *, title: str = "", note: str = "") -> Wanted:
    """A question within the view's scope, beside those that the view compares with."""
    scope, other = view.scope(), view.beside()
    if other is None:
        return Wanted(key, chosen, scope, title, note)
    names = (audiences.saved_name(scope), audiences.saved_name(other))
    return Wanted(key, chosen, scope, title, note, other, cache.apart(scope, other), names)


def made(asked_for: Wanted, words: Words) -> Item:
    """A question with its answer, out of the session's cache where it has been asked before."""
    return item(
        asked_for, lambda own: cache.run_within(own.analysis, own.settings, own.scope), words,
        size=cache.size, place=words.t("ui.workspace_placeholder"),
    )  # fmt: skip


def both(result: Result, chosen: Pairs) -> Item | None:
    """An answer with that of the group that stands beside it; None where nothing is compared."""
    return made(one(result.key, chosen), view.words()) if view.beside() is not None else None


def about(words: Words) -> str:
    """Whose data, until when."""
    opened = session.ensure_workspace()
    parts = [session.DEMO_NAME] if opened.manifest.demo else []
    if opened.manifest.counts.get("transactions"):
        parts.append(words.t("ui.data_as_of", day=cache.extent()[1]))
    return " · ".join(parts)


# --- under an answer --------------------------------------------------------------------------------------------------


def menu(result: Result, chosen: Pairs) -> None:
    """This answer, or all that its page answers, as slides or sheets; built when it is asked for."""
    words = view.words()
    with st.popover(
        words.t("pack.menu"), type="tertiary", icon=":material/slideshow:", key=f"meeting_{result.key}",
        on_change="rerun",
    ) as box:  # fmt: skip
        if not box.open:
            return
        own = [made(one(result.key, chosen), words)]
        _buttons("pack.this_answer", own, words, f"answer_{result.key}", "")
        entry = nav.at(state.page_before() or "")
        if entry is not None and len(questions(entry)) > 1:
            whole = [made(question, words) for question in wanted(entry)]
            answers = [answer for answer in whole if answer.results]
            _buttons("pack.this_page", answers, words, f"page_{result.key}", words.t(entry.title))
        if nav.exists("data", "pack"):
            st.page_link(nav.path("data", "pack"), label=words.t("pack.to_page"), query_params=view.parameters("pack"))


def _buttons(heading: str, items: Sequence[Item], words: Words, key: str, named: str) -> None:
    said, folder = about(words), session.ensure_workspace().folder
    builds: tuple[tuple[str, Callable[[], bytes], str, str], ...] = (
        ("pack.as_slides", lambda: deck.build(items, words, about=said), "pptx", PPTX),
        ("pack.as_sheets", lambda: workbook.build(items, words, about=said), "xlsx", XLSX),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(text.plain(words.t(heading, n=len(items))), width="content")
        for label, build, kind, mime in builds:
            st.download_button(
                words.t(label), downloads.logged(folder, build, kind, [one.analysis for one in items]),
                file_name=file_names.of_answers(items, words, kind, named=named), mime=mime, key=f"{label}_{key}",
                type="tertiary", on_click="ignore",
            )  # fmt: skip
