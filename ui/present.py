"""On the projector: the bar at the foot that leads on, by click, by arrow key or by the presenter's remote control."""

import streamlit as st
from streamlit.navigation.page import Page

from ui import nav, state, story, text, view

_NOTE = "story_note"
# A remote control sends Page Up and Page Down; a button has one key only, so those two press the arrows' buttons.
_REMOTE = """<script>
if (!window.kundkompassRemote) {
    window.kundkompassRemote = true;
    document.addEventListener('keydown', event => {
        const way = {PageDown: 'forward', PageUp: 'back'}[event.key];
        const button = way && document.querySelector(`.st-key-${way} button`);
        if (button && !button.disabled) { event.preventDefault(); button.click(); }
    });
}
</script>"""
# How high a figure can be, under what stands above it: the rest of the screen, or a screen of its own further down.
_ROOM = """<script>
if (!window.kundkompassRoom) {
    window.kundkompassRoom = true;
    let waiting;
    const measure = () => {
        const main = document.querySelector('[data-testid=stMain]');
        const bar = document.querySelector('[data-testid=stBottomBlockContainer]');
        if (!main || !bar) return;
        const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
        // No more air than the gap to what follows, whose upper edge would show above the bar.
        const end = bar.getBoundingClientRect().top - rem / 4;
        for (const box of document.querySelectorAll('[data-testid=stLayoutWrapper]:has(> [class*=st-key-fit_])')) {
            const left = end - box.getBoundingClientRect().top - main.scrollTop;
            const room = `${Math.round(left >= 10 * rem ? left : end - 8 * rem)}px`;
            if (box.style.getPropertyValue('--room') !== room) box.style.setProperty('--room', room);
        }
    };
    const soon = () => { clearTimeout(waiting); waiting = setTimeout(measure, 50); };
    new MutationObserver(soon).observe(document.body, {childList: true, subtree: true});
    window.addEventListener('resize', soon);
    soon();
}
</script>"""


def bar(page: Page) -> None:
    """Back and forward: through the story where one is played, else through the pages; and the way out."""
    number, count = _place()
    with st.bottom:
        if number and state.opened(_NOTE):
            note = story.findings()[number - 1].note
            st.markdown(text.grey(note or view.t("story.no_note")))
        with st.container(
            horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="presentation"
        ):
            with st.container(horizontal=True, vertical_alignment="center", width="content"):
                if number:
                    _through_story(number, count)
                else:
                    _through_pages(page)
            _ways_out(number)
    st.html(_REMOTE + _ROOM, unsafe_allow_javascript=True)


def _place() -> tuple[int, int]:
    """Which finding is shown, from 1, and of how many; 0 when no story is played."""
    held, count = state.view().get(view.FINDING, ""), len(story.findings())
    if not held:
        return 0, count
    if held.isdecimal() and 1 <= int(held) <= count:
        return int(held), count
    state.set_trouble("link.no_such_finding", n=held, of=count)
    state.change_view_of(view.FINDING, None)
    return 0, count


def _through_story(number: int, count: int) -> None:
    back, forward = _arrows(number > 1, number < count)
    st.markdown(text.grey(view.t("story.place", n=number, of=count)), width="content")
    if back:
        story.show(number - 1)
    if forward:
        story.show(number + 1)


def _through_pages(page: Page) -> None:
    entries = [entry for entry in nav.entries() if not entry.hidden]
    here = nav.at(page.url_path)
    at = entries.index(here) if here in entries else 0
    back, forward = _arrows(at > 0, at < len(entries) - 1)
    st.markdown(text.grey(page.title), width="content")
    wanted = entries[at - 1] if back else entries[at + 1] if forward else None
    if wanted:
        st.switch_page(wanted.path, query_params=view.parameters(wanted.address))


def _arrows(before: bool, after: bool) -> tuple[bool, bool]:
    back = st.button(view.t("story.back"), key="back", type="tertiary", shortcut="Left", disabled=not before)
    forward = st.button(view.t("story.forward"), key="forward", type="tertiary", shortcut="Right", disabled=not after)
    return back, forward


def _ways_out(number: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", width="content"):
        if number:
            st.button(
                view.t("story.note_button"), key="note", type="tertiary", icon=":material/notes:",
                on_click=state.toggle, args=(_NOTE,),
            )  # fmt: skip
        left = st.button(
            view.t("ui.leave_presentation"), key="leave", type="tertiary", icon=":material/close_fullscreen:",
            shortcut="Esc", on_click=None if number else _leave,
        )  # fmt: skip
    if left and number:
        story.leave()


def _leave() -> None:
    state.change_view_of(view.PRESENT, None)
