"""The story: ordered findings, each a view of a page with what to say about it; prepared here, played in `present`."""

from dataclasses import replace

import streamlit as st

from insight.audience import parse
from insight.errors import InsightError
from insight.export.deck_slides import finding_words
from insight.recipe import Finding
from insight.result import Message
from insight.words import sentence
from ui import cache, confirm, meeting, nav, recipes, state, text, view

MENU, _GOING = "w_story", "story_going"
_NEW_TITLE, _NEW_NOTE = "w_story_title", "w_story_note"
_WIDTH, _LONGEST_TITLE, _LONGEST_NOTE = 460, 120, 2_000
_OF_THE_MOMENT = frozenset({view.LANGUAGE, view.PRESENT, view.FINDING})


def findings() -> tuple[Finding, ...]:
    """The story in its order."""
    return recipes.current().story


def played() -> Finding | None:
    """The finding that the page is shown for; None where no story is played, or the number is none of its."""
    held = state.view().get(view.FINDING, "")
    number = int(held) if held.isdecimal() else 0
    return findings()[number - 1] if 1 <= number <= len(findings()) else None


def entry_of(finding: Finding) -> nav.Entry | None:
    """The page of a finding; None when the product has no such page (a story from elsewhere)."""
    return nav.at(finding.page)


def name_of(finding: Finding) -> str:
    """What a finding is called: its title, else what it says now and of whom, else its page."""
    if finding.title:
        return finding.title
    entry = entry_of(finding)
    if entry is None:
        return finding.page
    whom = finding.view.get(view.SCOPE, "")
    parts = [_found(finding, entry) or view.t(entry.title), *([_audience(whom)] if whom else [])]
    return " · ".join(parts)


def _found(finding: Finding, entry: nav.Entry) -> str:
    """The headline of a finding's page, with its own period, settings and customers; '' where it has no question."""
    if not meeting.questions(entry):
        return ""
    here = {name: value for name, value in finding.view.items() if name not in _OF_THE_MOMENT}
    with state.viewing({**here, view.LANGUAGE: state.view().get(view.LANGUAGE, "")}):
        try:
            item, words = meeting.made(meeting.main(entry), view.words()), view.words()
            return finding_words(item, words.with_labels(item.result.labels) if item.result else words)
        except InsightError:
            # The finding itself says what is wrong with it when it is shown.
            return ""


def about(finding: Finding) -> str:
    """Page, chosen mark, selection and comparison of a finding, in words."""
    entry = entry_of(finding)
    parts = [view.t(entry.title) if entry else view.t("story.no_page", page=finding.page)]
    for name, key in ((view.MARK, "story.chosen"), (view.SCOPE, "story.within"), (view.BESIDE, "story.beside")):
        if finding.view.get(name):
            parts.append(view.t(key, name=_audience(finding.view[name])))
    return " · ".join(parts)


def _audience(link: str) -> str:
    if link == view.OTHERS:
        return view.t("compare.everybody_else")
    saved = {known.link: known.name for known in recipes.current().audiences}
    try:
        audience = parse(link)
    except InsightError as refusal:
        return view.t(refusal.key, **refusal.values)
    return saved.get(link) or sentence(audience, view.words().with_labels(cache.labels(audience)))


# --- adding, on every page --------------------------------------------------------------------------------------------


def menu(page: str) -> None:
    """Add this view to the story, play it, or go and put it in order; on every page."""
    words = view.words()
    going = state.widget(_GOING)
    if going is not None:
        state.forget_widget(_GOING)
        if going:
            show(going)
        st.switch_page(nav.path("data", "story"), query_params=view.parameters("story"))
    with st.popover(
        words.t("story.menu"), type="tertiary", icon=":material/auto_stories:", key=MENU, on_change="rerun"
    ) as box:
        if not box.open:
            return
        with st.container(width=_WIDTH, gap="small"):
            _add_form(page)
            count = len(findings())
            st.markdown(text.grey(words.t("story.count", n=count)))
            with st.container(horizontal=True):
                if count:
                    st.button(
                        words.t("story.play"), key="play_menu", icon=":material/play_arrow:", on_click=_go, args=(1,)
                    )
                st.button(words.t("story.arrange"), key="arrange", type="tertiary", on_click=_go, args=(0,))


def _go(number: int) -> None:
    """To a finding, or with 0 to the story's page, and close the menu on the way."""
    state.set_widget(MENU, False)
    state.set_widget(_GOING, number)


def _add_form(page: str) -> None:
    words = view.words()
    entry = nav.at(page)
    if entry is None or entry.hidden or entry.section == "data":
        st.markdown(text.grey(words.t("story.not_this_page")))
        return
    with st.form("story_form", border=False):
        st.text_input(
            words.t("story.title"), key=_NEW_TITLE,
            placeholder=name_of(Finding(entry.address, _held(page)))[:_LONGEST_TITLE],
        )  # fmt: skip
        st.text_area(words.t("story.note", most=_LONGEST_NOTE), key=_NEW_NOTE, height=80)
        st.form_submit_button(words.t("story.add"), on_click=_add, args=(page,), type="primary")
    _say_too_long(_NEW_TITLE, _NEW_NOTE)
    told = state.told(MENU)
    if told:
        st.markdown(text.grey(words.message(told)))


def _add(page: str) -> None:
    if _too_long(_NEW_TITLE, _NEW_NOTE):
        return
    entry = nav.at(page)
    added = Finding(entry.address if entry else page, _held(page), _typed(_NEW_TITLE), _typed(_NEW_NOTE))
    for key in (_NEW_TITLE, _NEW_NOTE):
        state.set_widget(key, "")
    known = recipes.current()
    recipes.keep(replace(known, story=(*known.story, added)))
    state.tell(MENU, "story.added", n=len(known.story) + 1)


def _held(page: str) -> dict[str, str]:
    """What a finding keeps of the view: period, settings, selection, comparison and chosen mark."""
    return {name: value for name, value in view.parameters(page).items() if name not in _OF_THE_MOMENT}


def _typed(key: str) -> str:
    return str(state.widget(key) or "").strip()


def _too_long(title: str, note: str) -> list[Message]:
    """What is longer than a finding can hold. Nothing of it is saved and nothing cut: the fields keep it all."""
    found = [("title", len(_typed(title)), _LONGEST_TITLE), ("note", len(_typed(note)), _LONGEST_NOTE)]
    return [
        Message(f"story.{what}_too_long", {"n": n, "most": most, "over": n - most})
        for what, n, most in found if n > most
    ]  # fmt: skip


def _say_too_long(title: str, note: str) -> None:
    for message in _too_long(title, note):
        st.markdown(f":red[:material/error: {text.plain(view.words().message(message))}]")


def show(number: int) -> None:
    """Show a finding of the story on the projector, as it was when it was added; a page that is gone is said.

    Where the first was asked for is where the presenter comes back to.
    """
    if not view.presenting():
        state.set_left_from(state.page_before() or "", view.parameters(state.page_before() or ""))
    finding = findings()[number - 1]
    entry = entry_of(finding)
    if entry is None:
        state.set_trouble("story.no_page", page=finding.page)
    here = {view.PRESENT: "1", view.FINDING: str(number)}
    if view.language() != "sv":
        here[view.LANGUAGE] = view.language()
    st.switch_page(entry.path if entry else nav.path(*nav.FIRST), query_params={**finding.view, **here})


def leave() -> None:
    """Off the projector, back to where the story was started, as it stood there; to the story's page after a link."""
    page, held = state.left_from() or ("story", {})
    now = state.view().get(view.LANGUAGE, "")
    view.open_view({**{name: value for name, value in held.items() if name not in _OF_THE_MOMENT}, view.LANGUAGE: now})
    entry = nav.at(page) or nav.Entry("data", "story")
    st.switch_page(entry.path, query_params=view.parameters(entry.address))


# --- the page ---------------------------------------------------------------------------------------------------------


def page() -> None:
    """The findings in their order: move, change, show, take away; and play them."""
    words, story = view.words(), findings()
    with st.container(gap=None):
        st.markdown(text.grey(words.t("page.data.story")))
        key = "story.headline" if len(story) > 1 else "story.headline_one" if story else "story.headline_none"
        st.title(text.plain(words.t(key, n=len(story))), anchor=False)
    with st.container(width=760):
        st.markdown(text.plain(words.t("story.help")))
    if not story:
        if st.button(words.t("upload.to_overview"), key="story_begin", icon=":material/arrow_forward:"):
            st.switch_page(nav.path(*nav.FIRST), query_params=view.parameters("overview"))
        return
    with st.container(horizontal=True, vertical_alignment="center", key="story_ways"):
        if st.button(words.t("story.play"), key="play", type="primary", icon=":material/play_arrow:"):
            show(1)
        if nav.exists("data", "pack") and st.button(
            words.t("story.to_pack"), key="story_to_pack", type="tertiary", icon=":material/slideshow:"
        ):
            st.switch_page(nav.path("data", "pack"), query_params=view.parameters("pack"))
        confirm.button(
            words.t("story.clear"), _keep, key="clear_story", args=([],), icon=":material/delete_sweep:",
            question=words.t("story.clear_question", n=len(story)),
        )  # fmt: skip
    for place, finding in enumerate(story):
        _row(place, finding, len(story))


def _row(place: int, finding: Finding, count: int) -> None:
    row = st.container(border=True, key=f"finding_{place}")
    with row, st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(gap=None, width=600):
            st.subheader(text.plain(f"{place + 1}. {name_of(finding)}"), anchor=False)
            st.markdown(text.grey(about(finding)))
            if finding.note:
                st.markdown(text.plain(finding.note))
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            _ways(place, finding, count)


def _ways(place: int, finding: Finding, count: int) -> None:
    words = view.words()
    for step, icon, way in ((-1, "arrow_upward", "up"), (1, "arrow_downward", "down")):
        st.button(
            "", key=f"{way}_{place}", type="tertiary", icon=f":material/{icon}:", help=words.t(f"story.{way}"),
            disabled=not 0 <= place + step < count, on_click=_move, args=(place, step),
        )  # fmt: skip
    _change(place, finding)
    if st.button(words.t("story.show"), key=f"show_{place}", type="tertiary"):
        show(place + 1)
    confirm.button(
        words.t("story.delete"), _delete, key=f"delete_finding_{place}", args=(place,),
        question=words.t("story.delete_question", n=place + 1),
    )  # fmt: skip


def _change(place: int, finding: Finding) -> None:
    words = view.words()
    change = st.popover(words.t("story.change"), type="tertiary", key=f"change_{place}")
    with change, st.container(width=_WIDTH), st.form(f"change_form_{place}", border=False):
        st.text_input(words.t("story.title"), finding.title, key=f"w_title_{place}")
        st.text_area(words.t("story.note", most=_LONGEST_NOTE), finding.note, key=f"w_note_{place}")
        st.form_submit_button(words.t("story.save"), on_click=_changed, args=(place,), key=f"save_{place}")
        _say_too_long(f"w_title_{place}", f"w_note_{place}")


def _changed(place: int) -> None:
    if _too_long(f"w_title_{place}", f"w_note_{place}"):
        return
    changed = replace(findings()[place], title=_typed(f"w_title_{place}"), note=_typed(f"w_note_{place}"))
    _keep([changed if at == place else known for at, known in enumerate(findings())])


def _move(place: int, step: int) -> None:
    story = list(findings())
    story.insert(place + step, story.pop(place))
    _keep(story)


def _delete(place: int) -> None:
    _keep([known for at, known in enumerate(findings()) if at != place])


def _keep(story: list[Finding]) -> None:
    """The fields of a row speak of another finding when the order is new: they start over."""
    for place in range(len(findings())):
        for key in (f"w_title_{place}", f"w_note_{place}"):
            state.forget_widget(key)
    recipes.keep(replace(recipes.current(), story=tuple(story)))
