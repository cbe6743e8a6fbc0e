"""What frames every page: the sheet of paper, the sidebar, the chips, the projector's larger type."""

from contextlib import AbstractContextManager

import streamlit as st

from insight.charts.theme import PROJECTOR_SCALE
from insight.result import Message
from insight.words import sentence
from ui import cache, session, state, text, view
from ui.scope import chips

SIDEBAR = 236
_WIDTH, _WIDTH_PROJECTOR = 1360, 1680
# On a dark page no one colour reads both as text on the page and under white text: chosen controls keep the page's ink.
_CSS = (
    "button[data-variant=segmented_control][data-selected=true], button[data-variant=pills][data-selected=true]"
    " {color: inherit !important}"
)


def dress(presenting: bool) -> None:
    """Language of the document for screen readers, the one rule of style, the projector's type size, the logo."""
    size = f"html {{font-size: {16 * PROJECTOR_SCALE:g}px}}" if presenting else ""
    st.html(f"<style>{_CSS} {size}</style>")
    language = view.language()
    st.html(
        f"<script>document.documentElement.lang='{language}'</script>",
        unsafe_allow_javascript=True,
    )
    st.logo(f"static/logo-{'dark' if dark() else 'light'}.svg", size="large")


def dark() -> bool:
    """Whether the visitor's page is dark."""
    return st.context.theme.type == "dark"


def scale(presenting: bool) -> float:
    """How much larger than on a desk charts are drawn."""
    return PROJECTOR_SCALE if presenting else 1.0


def paper(presenting: bool) -> AbstractContextManager[object]:
    """One centred column for all that a page says."""
    with st.container(horizontal_alignment="center"):
        return st.container(width=_WIDTH_PROJECTOR if presenting else _WIDTH, key="paper")


def sidebar() -> None:
    """Under the menu: whose data this is and until when, the language, the way to the projector."""
    opened = session.ensure_workspace()
    words = view.words()
    with st.sidebar:
        with st.container(gap="xsmall"):
            if opened.manifest.demo:
                name = text.plain(words.t("ui.demo_badge", name=session.DEMO_NAME))
                st.markdown(f":orange-background[:orange[:small[{name}]]]")
            if opened.manifest.counts.get("transactions"):
                st.markdown(text.grey(words.t("ui.data_as_of", day=cache.extent()[1])))
        state.set_widget("w_lang", view.language())
        st.segmented_control(
            words.t("ui.language"), ["sv", "en"], key="w_lang", required=True, label_visibility="collapsed",
            format_func=lambda code: {"sv": "Svenska", "en": "English"}[code], on_change=_language_chosen,
        )  # fmt: skip
        st.button(
            words.t("ui.present"), key="present", type="tertiary", icon=":material/present_to_all:",
            on_click=state.change_view_of, args=(view.PRESENT, "1"),
        )  # fmt: skip


def _language_chosen() -> None:
    chosen = state.widget("w_lang")
    state.change_view_of(view.LANGUAGE, "en" if chosen == "en" else None)


def leave_presentation() -> None:
    """The way back to the desk, at the foot of the page."""
    st.button(
        view.t("ui.leave_presentation"), key="leave", type="tertiary", icon=":material/close_fullscreen:",
        on_click=state.change_view_of, args=(view.PRESENT, None),
    )  # fmt: skip


def top() -> None:
    """Above every page: what of a link could not be followed, and the chips of the scope."""
    scope = view.scope()
    trouble = state.trouble()
    if trouble:
        st.warning(text.plain(view.words().message(Message(*trouble))), icon=":material/link_off:")
    if scope is None:
        return
    words = view.words()
    parts = chips(scope)
    labels = cache.labels(scope)
    names = [sentence(part, words.with_labels(labels)) for part, _ in parts]
    key = f"chips_{abs(hash(scope.link()))}"
    with st.container(horizontal=True, vertical_alignment="center", key="scope"):
        st.markdown(text.grey(words.t("ui.within")), width="content")
        st.pills(
            words.t("ui.scope"), list(range(len(parts))), selection_mode="multi", default=list(range(len(parts))),
            format_func=lambda place: f"{text.plain(names[place])} :material/close:", key=key,
            label_visibility="collapsed", on_change=_chip_removed, args=(key,),
        )  # fmt: skip
        st.markdown(
            text.grey(words.t("ui.n_of_m", n=cache.scope_size(), m=cache.n_customers())),
            width="content",
        )
        st.button(words.t("ui.show_all"), key="show_all", type="tertiary", on_click=view.set_scope, args=(None,))


def _chip_removed(key: str) -> None:
    parts = chips(view.scope())
    kept = state.widget(key) or []
    gone = [place for place in range(len(parts)) if place not in kept]
    if gone:
        view.set_scope(parts[gone[0]][1])
    state.forget_widget(key)
