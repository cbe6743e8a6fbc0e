"""What frames every page: the sheet of paper, the sidebar, the chips, the projector's larger type."""

from contextlib import AbstractContextManager
from zlib import crc32

import streamlit as st

from insight.audience import Audience
from insight.charts.theme import PROJECTOR_SCALE
from insight.errors import InsightError
from insight.words import sentence
from ui import audiences, cache, guards, nav, returning, screen, session, state, story, text, view
from ui.reading import Job
from ui.scope import chips

SIDEBAR = 236
_WIDTH, _WIDTH_PROJECTOR = 1360, 1680
# A language is named in itself, for those who look for it.
_LANGUAGES = {"sv": "Svenska", "en": "English"}
_UPLOAD = "[data-testid=stFileUploaderDropzone] button"
_FRAME, _FIGURE = "[data-testid=stFullScreenFrame]", ":is([data-testid=stPlotlyChart], [data-testid=stEChartsChart])"
_SHEET = "[data-testid=stLayoutWrapper]:has(> .st-key-paper)"
# On a dark page no one colour reads both as text on the page and under white text: chosen controls keep the page's ink.
_CSS = (
    "button[data-variant=segmented_control][data-selected=true], button[data-variant=pills][data-selected=true]"
    " {color: inherit !important}"
    # A quiet button that is pointed at, pressed or open takes a shade of the filled ones, too dark for a dark page.
    " button[kind=tertiary]:is(:hover, :focus, :active, [aria-expanded=true]):not(:disabled)"
    " {color: inherit !important}"
    " button[kind=tertiary]:is(:hover, [aria-expanded=true]):not(:disabled) p"
    " {text-decoration: underline; text-underline-offset: 0.2em}"
    # Streamlit marks the menu's link that has the keyboard by a tint that is hard to see.
    " [data-testid=stSidebarNavLink]:focus-visible {outline: 2px solid currentColor; outline-offset: -2px}"
    # Five boxes in a row: their figures are a size smaller, and take two lines before anything of them is cut.
    " .st-key-drivers [data-testid=stMetricValue] {font-size: 1.375rem}"
    " .st-key-drivers :is([data-testid=stMetricLabel], [data-testid=stMetricValue]) :is(div, p)"
    " {white-space: normal; overflow: visible}"
    # What a figure is set against stands whole, on a line of its own where it has no room beside the change.
    " div:has(> [data-testid=stMetricDelta]) {flex-wrap: wrap}"
    " [data-testid=stMetric] :is([data-testid=stMetricLabel], [data-testid^=stMetricDelta]) :is(div, p)"
    " {white-space: normal; overflow: visible}"
    # A sentence in a table takes the line that the table has room for.
    " [data-testid=stTable] td > div {max-width: 44rem !important}"
    # What Streamlit says in English only: "Press Enter to apply", "Upload", "200MB per file".
    " [data-testid=InputInstructions], [data-testid=stFileUploaderDropzoneInstructions] {display: none}"
    # Without size and not taken away: a button whose only words stand in the style has no name for many readers.
    f" {_UPLOAD} p {{font-size: 0}} [data-testid=stFileUploaderDropzoneInput] {{visibility: hidden}}"
    # A date or an amount beside a figure stays on its line; only a name of many words may break.
    " [class*=st-key-panel_] [data-testid=stTable] td:not(:first-child) {white-space: nowrap}"
    # A wide table fits a low laptop's sheet with a little less air between its columns.
    " @media (max-width: 1400px) {[data-testid=stTable] :is(th, td)"
    " {padding-left: 0.25rem !important; padding-right: 0.25rem !important}}"
    # and a little less margin beside the sheet.
    " @media (min-width: 900px) and (max-width: 1400px)"
    " {:is([data-testid=stMainBlockContainer], [data-testid=stBottomBlockContainer])"
    " {padding-left: 3rem; padding-right: 3rem}}"
    # On a phone a figure keeps the width that its words need, and is moved sideways by hand.
    f" @media (max-width: 640px) {{[data-testid=stElementContainer]:has(> {_FRAME} {_FIGURE}) {{overflow-x: auto}}"
    f" {_FRAME}:has({_FIGURE}) {{min-width: 40rem}}}}"
    # Beyond 1920 type, paper and menu grow with the screen: at 3840 by a quarter and by half.
    " @media (min-width: 1921px) {html {font-size: calc(16px + (100vw - 1920px) / 480)}"
    f" {_SHEET}, .st-key-paper {{width: calc({_WIDTH}px + (100vw - 1920px) * 0.4) !important; max-width: 100%}}"
    f" [data-testid=stSidebar]:not([aria-expanded=false]) {{min-width: {SIDEBAR / 16:g}rem !important}}}}"
)

# On the projector the sidebar goes at once: the browser would keep it, emptied, until the next click.
_ON_PROJECTOR, _ON_LOW_PROJECTOR = 24, 18
_DRAWN = "[class*=st-key-fit_] [data-testid=stFullScreenFrame]:has([data-testid=stEChartsChart])"
_PRESENTING = (
    f"html {{font-size: {_ON_PROJECTOR:g}px}} [data-testid=stSidebar] {{display: none}}"
    " [data-testid=stMainBlockContainer] {padding-top: 3.25rem; padding-bottom: 1rem}"
    " [data-testid=stBottomBlockContainer] {padding-top: 0.25rem; padding-bottom: 0.5rem}"
    # What stands between headline and figure closes up: the room is the figure's.
    " .st-key-paper, .st-key-paper [data-testid=stVerticalBlock] {gap: 0.4rem}"
    " [data-testid=stMain] h1 {padding: 0.25rem 0 0.8rem}"
    # A figure is never higher than what the screen has left under headline and figures, as the page measures it.
    " [data-testid=stLayoutWrapper]:has(> [class*=st-key-fit_]) {max-height: var(--room, calc(100vh - 24rem))}"
    " [class*=st-key-fit_] {max-height: 100%; overflow: hidden}"
    # Streamlit holds a chart of ECharts to the height it was asked for, also where its box is lower: rows were cut.
    f" {_DRAWN} > div, {_DRAWN} > div > div:last-child {{height: 100% !important; min-height: 0 !important}}"
    # What is set before the meeting takes no room in it; the figure's marks lead to the customers.
    " [class*=st-key-bounds_] {display: none}"
    " [data-testid=stMain]:has([class*=st-key-fit_]) [class*=st-key-behind_] {display: none}"
    # A frame round the page, where a click gave it the keyboard, says nothing to a room.
    " [data-testid=stMain]:focus-visible {outline: none; box-shadow: none}"
    # On a low screen the type steps down.
    f" @media (max-height: 900px) {{html {{font-size: {_ON_LOW_PROJECTOR:g}px}}"
    " [data-testid=stMain] h1 {font-size: 1.75rem} [data-testid=stMetricValue] {font-size: 1.5rem}}"
    " @media (min-width: 1921px) and (min-height: 901px)"
    f" {{html {{font-size: calc({_ON_PROJECTOR:g}px + (100vw - 1920px) / 240)}}"
    f" {_SHEET}, .st-key-paper {{width: calc({_WIDTH_PROJECTOR}px + (100vw - 1920px) * 0.6) !important}}}}"
)

# Once each time it is asked for; the keyboard goes along, to what says that the page has been narrowed.
_TOP = """<script>
if (window.kundkompassTop !== NUMBER) {
    window.kundkompassTop = NUMBER;
    document.querySelector('[data-testid=stMain]').scrollTo(0, 0);
    const told = document.querySelector('.st-key-scope') || document.querySelector('[data-testid=stMain] h1');
    if (told) { told.tabIndex = -1; told.focus({preventScroll: true}); }
}
</script>"""


def dress(presenting: bool) -> None:
    """The rules of style, the projector's type size; on the desk the logo."""
    choose = f"{_UPLOAD} :has(> p)::after {{content: '{view.t('ui.choose_files')}'; font-size: 0.875rem}}"
    st.html(f"<style>{_CSS} {choose} {_PRESENTING if presenting else ''}</style>")
    if presenting:
        return
    st.logo(f"static/logo-{'dark' if dark() else 'light'}.svg", size="large")


def last(presenting: bool) -> None:
    """What the browser is told: the page's language, for screen readers, the visit's name, and to tell its type size.

    Last, since these take a gap; and by then the visit holds what this run has read.
    """
    with st.container(gap=None):
        said = f"document.documentElement.lang='{view.language()}'; {returning.script()}"
        st.html(f"<script>{said}</script>", unsafe_allow_javascript=True)
        if state.bare():
            # The number makes it another script each time: the same one is not run again.
            st.html(f"<script>/* {state.bare()} */ {view.completion()}</script>", unsafe_allow_javascript=True)
        if state.tops():
            st.html(_TOP.replace("NUMBER", str(state.tops())), unsafe_allow_javascript=True)
        screen.listen(least_scale(presenting))


def dark() -> bool:
    """Whether the visitor's page is dark."""
    return st.context.theme.type == "dark"


def scale(presenting: bool) -> float:
    """How much larger than on a usual desk charts are drawn."""
    return screen.scale(least_scale(presenting))


def least_scale(presenting: bool) -> float:
    """How much larger charts are drawn on any screen."""
    return PROJECTOR_SCALE if presenting else 1.0


def width(pixels: int, presenting: bool) -> int:
    """The pixels that a chart made for so many has where the sheet has grown with the screen."""
    return round(pixels * scale(presenting) / least_scale(presenting))


def paper(presenting: bool) -> AbstractContextManager[object]:
    """One centred column for all that a page says."""
    with st.container(horizontal_alignment="center"):
        return st.container(width=_WIDTH_PROJECTOR if presenting else _WIDTH, key="paper")


def masthead(page: str) -> None:
    """In the upper corner, so that it is seen however long the menu grows: whose data, until when, which language."""
    opened = session.ensure_workspace()
    words = view.words()
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", key="masthead"):
        if opened.manifest.counts.get("transactions"):
            st.markdown(text.grey(words.t("ui.data_as_of", day=cache.extent()[1])), width="content")
        if opened.manifest.demo:
            name = text.plain(words.t("ui.demo_badge", name=session.DEMO_NAME))
            st.markdown(f":orange-background[:orange[:small[{name}]]]", width="content")
        audiences.menu()
        story.menu(page)
        other = "sv" if view.language() == "en" else "en"
        st.button(
            _LANGUAGES[other], key="language", type="tertiary", help=text.plain(words.t("ui.language")),
            on_click=state.change_view_of, args=(view.LANGUAGE, other if other == "en" else None),
        )  # fmt: skip


def sidebar() -> None:
    """Under the menu: the way to the projector."""
    with st.sidebar:
        st.button(
            view.t("ui.present"), key="present", type="tertiary", icon=":material/present_to_all:",
            on_click=state.change_view_of, args=(view.PRESENT, "1"),
        )  # fmt: skip


def top(page: str) -> None:
    """Above every page: files that are being read, what of a link could not be followed, whom the page speaks of.

    Raises InsightError when the scope cannot be told on this data; every page would say the same.
    """
    view.check(state.page_before() or "")
    words = view.words()
    job = state.job()
    if job is not None and page != nav.FILES:
        _reading(job)
    for message in state.troubles():
        st.warning(text.plain(words.message(message)), icon=":material/link_off:")
    scope = view.scope()
    if scope is not None:
        _scope(scope)
    other = view.beside()
    if other is not None:
        _beside(other)


@st.fragment(run_every=1)
def _reading(job: Job) -> None:
    """On any page but that of the files: what is shown is what was open before. Ends by itself with the new data."""
    if job.done:
        st.rerun()
    st.info(text.plain(view.t("upload.reading_elsewhere", n=len(job.files))), icon=":material/hourglass_top:")


def _scope(scope: Audience) -> None:
    words = view.words()
    size = cache.scope_size()
    with st.container(horizontal=True, vertical_alignment="center", key="scope"):
        st.markdown(text.grey(words.t("ui.within")), width="content")
        _chips(scope)
        st.markdown(text.grey(words.t("ui.n_of_m", n=size, m=cache.n_customers())), width="content")
        st.button(words.t("ui.show_all"), key="show_all", type="tertiary", on_click=view.set_scope, args=(None,))
        if view.beside() is None and not view.presenting():
            st.button(
                words.t("compare.with_others"), key="compare_others", type="tertiary", icon=":material/compare:",
                on_click=view.set_beside, args=(view.OTHERS,),
            )  # fmt: skip
    if size == 0:
        named = sentence(scope, words.with_labels(cache.labels(scope)))
        st.warning(text.plain(words.t("link.not_in_data", name=named)), icon=":material/group_off:")


def _beside(other: Audience) -> None:
    """Whom the page's customers are set beside."""
    words = view.words()
    name = words.t("compare.everybody_else") if view.beside_others() else audiences.name_of(other)
    with st.container(horizontal=True, vertical_alignment="center", key="beside"):
        st.markdown(text.grey(words.t("compare.beside")), width="content")
        key = f"beside_chip_{crc32(other.link().encode())}"
        st.pills(
            words.t("compare.beside"), [0], selection_mode="multi", default=[0], key=key, label_visibility="collapsed",
            format_func=lambda _: f"{text.plain(name)} :material/close:", on_change=view.set_beside, args=(None,),
        )  # fmt: skip
        try:
            st.markdown(text.grey(words.t("ui.n_customers", n=cache.size(other))), width="content")
        except InsightError as refusal:
            st.markdown(text.grey(guards.in_words(refusal)), width="content")


def _chips(scope: Audience) -> None:
    words = view.words().with_labels(cache.labels(scope))
    names = [sentence(part, words) for part, _ in chips(scope)]
    key = f"chips_{crc32(scope.link().encode())}"
    st.pills(
        words.t("ui.scope"), list(range(len(names))), selection_mode="multi", default=list(range(len(names))),
        format_func=lambda place: f"{text.plain(names[place])} :material/close:", key=key,
        label_visibility="collapsed", on_change=_chip_removed, args=(key,),
    )  # fmt: skip


def _chip_removed(key: str) -> None:
    parts = chips(view.scope())
    kept = state.widget(key) or []
    gone = [place for place in range(len(parts)) if place not in kept]
    if gone:
        view.set_scope(parts[gone[0]][1])
    state.forget_widget(key)
